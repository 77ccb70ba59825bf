/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * script.c - see script.h.
 */
#include "tui/script.h"
#include "tui/prompt.h"
#include "tui/term.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct player {
    struct ui *u;
    int feed;
};

/* The bytes that a terminal sends for a key. */
static const char *key_bytes(int key, char one[2]) {
    static const struct {
        int key;
        const char *bytes;
    } table[] = {
        {KEY_CODE_UP, "\033[A"},   {KEY_CODE_DOWN, "\033[B"}, {KEY_CODE_RIGHT, "\033[C"},   {KEY_CODE_LEFT, "\033[D"},
        {KEY_CODE_HOME, "\033[H"}, {KEY_CODE_END, "\033[F"},  {KEY_CODE_BACKSPACE, "\177"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].key == key)
            return table[i].bytes;
    one[0] = key > 0 && key < 128 ? (char)key : '\0';
    one[1] = '\0';
    return one;
}

/* Let the prompt read what was written into its stream. */
static void feed_prompt(struct player *p, const char *bytes) {
    struct pollfd in = {.fd = fileno(prompt_stream()), .events = POLLIN};
    if (write(p->feed, bytes, strlen(bytes)) < 0)
        return;
    while (prompt_is_open() && poll(&in, 1, 0) > 0)
        ui_prompt_byte(p->u);
    if (prompt_waits_after_escape())
        prompt_cancel();
}

static void press(struct player *p, int key) {
    char one[2];
    if (prompt_is_open())
        feed_prompt(p, key_bytes(key, one));
    else
        ui_key(p->u, key);
}

static bool do_key(struct player *p, const char *arg) {
    char name[KEY_NAME];
    int count = 1;
    if (sscanf(arg, "%15s %d", name, &count) < 1)
        return false;
    int key = keys_from_name(name);
    for (int i = 0; i < count && !p->u->quit; i++)
        press(p, key);
    return key != KEY_CODE_NONE;
}

static bool do_type(struct player *p, const char *arg) {
    if (prompt_is_open()) {
        feed_prompt(p, arg);
        return true;
    }
    for (; *arg && !p->u->quit; arg++)
        press(p, (unsigned char)*arg);
    return true;
}

static bool do_click(struct player *p, const char *arg) {
    int x, y;
    if (sscanf(arg, "%d %d", &x, &y) != 2)
        return false;
    ui_click(p->u, x, y);
    return true;
}

static bool do_drag(struct player *p, const char *arg) {
    int x, y;
    if (sscanf(arg, "%d %d", &x, &y) != 2)
        return false;
    ui_drag(p->u, x, y);
    return true;
}

static bool do_release(struct player *p, const char *arg) {
    int x, y;
    if (sscanf(arg, "%d %d", &x, &y) != 2)
        return false;
    ui_release(p->u, x, y);
    return true;
}

static bool do_wheel(struct player *p, const char *arg) {
    char dir[8];
    int x, y;
    if (sscanf(arg, "%7s %d %d", dir, &x, &y) != 3)
        return false;
    ui_wheel(p->u, x, y, strcmp(dir, "up") == 0 ? -1 : 1);
    return true;
}

static bool do_size(struct player *p, const char *arg) {
    int cols, rows;
    if (sscanf(arg, "%dx%d", &cols, &rows) != 2 || cols < 1 || rows < 1 || cols > 1000 || rows > 1000)
        return false;
    term_resize(cols, rows);
    return ui_resize(p->u, cols, rows);
}

static bool do_screen(struct player *p, const char *arg) {
    ui_draw(p->u);
    while (ui_work(p->u))
        ;
    ui_draw(p->u);
    term_show(&p->u->sheet);
    term_dump(stdout, arg);
    return true;
}

static bool step(struct player *p, char *line) {
    static const struct {
        const char *name;
        bool (*run)(struct player *, const char *);
    } steps[] = {
        {"key", do_key},         {"type", do_type},   {"click", do_click}, {"drag", do_drag},
        {"release", do_release}, {"wheel", do_wheel}, {"size", do_size},   {"screen", do_screen},
    };
    line[strcspn(line, "\r\n")] = '\0';
    if (line[0] == '#' || line[0] == '\0')
        return true;
    char *arg = strchr(line, ' ');
    if (arg)
        *arg++ = '\0';
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (strcmp(steps[i].name, line) == 0)
            return steps[i].run(p, arg ? arg : "");
    return false;
}

bool script_run(struct ui *u, const char *path, int feed) {
    struct player p = {.u = u, .feed = feed};
    FILE *in = fopen(path, "r");
    char *line = NULL;
    size_t cap = 0;
    bool ok = true;
    if (!in) {
        fprintf(stderr, "heapreel: %s: this script can not be read\n", path);
        return false;
    }
    for (int n = 1; ok && !u->quit && getline(&line, &cap, in) >= 0; n++) {
        ok = step(&p, line);
        if (!ok)
            fprintf(stderr, "heapreel: %s:%d: not a step of a script\n", path, n);
    }
    free(line);
    fclose(in);
    return ok;
}
