/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ui_commands.c - what can be typed at the prompt: the screen's own commands, and core's, whose output fills the pager.
 */
#include "tui/prompt.h"
#include "tui/timeline.h"
#include "tui/ui.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_OUTPUT = 32 << 20 }; /* bytes of output that the pager takes */

/* ------------------------------------------------------------------ the screen's own */

static bool run_goto(struct ui *u, const char *rest) {
    ui_leave(u);
    return explorer_go_text(&u->x, rest);
}

static bool run_select(struct ui *u, const char *rest) {
    uint64_t addr;
    if (!reel_parse_address(u->x.reel, rest, &addr)) {
        explorer_say(&u->x, ROLE_ERROR, "select takes an address: 0xc000...");
        return false;
    }
    explorer_select(&u->x, addr);
    return true;
}

static bool run_find(struct ui *u, const char *rest) {
    return explorer_find(&u->x, rest, false);
}

static bool run_open(struct ui *u, const char *rest) {
    struct link to;
    if (!ui_find_page(u, rest, &to)) {
        explorer_say(&u->x, ROLE_ERROR,
                     "open takes gc:7, G19, P1, class 5, 0xc000... or a type's name that this trace has");
        return false;
    }
    ui_follow(u, to);
    return true;
}

/* Which of the timeline's rows a word names, TIMELINE_ROWS none. */
static int row_named(const char *word) {
    int row = 0;
    while (row < TIMELINE_ROWS && strcmp(timeline_row_name((enum timeline_row)row), word) != 0)
        row++;
    return row;
}

static bool run_rows(struct ui *u, const char *rest) {
    if (!*rest) {
        ui_follow(u, link_to(LINK_ROWS, 0));
        return true;
    }
    int row = row_named(rest);
    if (row == TIMELINE_ROWS) {
        explorer_say(&u->x, ROLE_ERROR, "the timeline has no such row: rows alone shows them all");
        return false;
    }
    ui_follow(u, link_to(LINK_ROW, (uint64_t)row));
    return true;
}

static bool run_mark(struct ui *u, const char *rest) {
    explorer_mark(&u->x, rest[0] == 'B' || rest[0] == 'b' ? MARK_B : MARK_A);
    return true;
}

static bool run_keys(struct ui *u, const char *rest) {
    (void)rest;
    pager_show_keys(&u->pager);
    return true;
}

static bool run_quit(struct ui *u, const char *rest) {
    (void)rest;
    u->quit = true;
    return true;
}

static const struct {
    const char *name, *args, *about;
    bool (*run)(struct ui *, const char *rest);
} own[] = {
    {"goto", "TIME", "move the cursor: 1.203s, 15ms, 37%, gc:7, gc:7:mark, start, end", run_goto},
    {"select", "ADDR", "select the bucket that holds an address", run_select},
    {"find", "TEXT", "search, as / does", run_find},
    {"open", "WHAT", "open the page of gc:7, G19, P1, class 5 noscan, 0xc000... or a type", run_open},
    {"rows", "[NAME]", "switch a row of the timeline on or off; without a name: choose", run_rows},
    {"mark", "[A|B]", "set mark A (or B) at the cursor, as A does", run_mark},
    {"keys", "", "all keys", run_keys},
    {"quit", "", "leave", run_quit},
};
enum { OWN = sizeof own / sizeof *own };

/* ------------------------------------------------------------------ core's commands */

struct output {
    struct ui *u;
    FILE *out;
    bool full, stopped;
};

static bool stop(void *arg) {
    struct output *o = arg;
    o->full = ftell(o->out) > MAX_OUTPUT;
    o->stopped = o->u->x.stop && o->u->x.stop(o->u->x.stop_arg);
    return o->full || o->stopped;
}

static void show(struct ui *u, const char *line, const struct output *o, const struct command_env *env,
                 const char *words, size_t len) {
    char title[160];
    explorer_text(&u->x, (struct trace_text){.ptr = line, .len = strlen(line)}, title, sizeof title);
    pager_start(&u->pager, title);
    bool whole = pager_add_text(&u->pager, ROLE_TEXT, words, len) && !o->full;
    if (len == 0 && !o->stopped)
        pager_add_text(&u->pager, ROLE_DIM, "(no rows)", 9);
    if (env->warning[0])
        pager_add_text(&u->pager, ROLE_WARN, env->warning, strlen(env->warning));
    if (env->damage[0])
        pager_add_text(&u->pager, ROLE_WARN, env->damage, strlen(env->damage));
    if (o->stopped)
        explorer_say(&u->x, ROLE_WARN, "stopped: the output is not complete");
    else if (!whole)
        explorer_say(&u->x, ROLE_WARN, "too long to show: this is the first part; -o FILE writes all of it");
}

/* Commands that read the trace themselves read the copy of a pipe, which must be whole. */
static bool readable(struct ui *u, const char *name) {
    const struct command *c = command_find(name);
    bool reads = c && !c->needs_reel && strcmp(c->name, "help") != 0 && u->read_path != u->path;
    if (reads && u->loading)
        explorer_say(&u->x, ROLE_WARN, "%s reads the whole trace, and that is still being written", c->name);
    else if (reads && u->copy_failed && *u->copy_failed)
        explorer_say(&u->x, ROLE_ERROR, "%s: the copy of standard input could not be written (no room in TMPDIR)",
                     c->name);
    else
        return true;
    return false;
}

static void run_core(struct ui *u, const char *line, int argc, char **argv) {
    if (!readable(u, argv[0]))
        return;
    char *buffer = NULL;
    size_t len = 0;
    struct output o = {.u = u, .out = open_memstream(&buffer, &len)};
    if (!o.out) {
        explorer_say(&u->x, ROLE_ERROR, "out of memory");
        return;
    }
    struct command_env env = {.reel = u->x.reel,
                              .path = u->read_path,
                              .now = u->x.now.t,
                              .format = FORMAT_TEXT,
                              .stop = stop,
                              .stop_arg = &o,
                              .ascii = u->x.ascii};
    if (u->busy)
        u->busy(u->busy_arg, line);
    bool ok = command_print(&env, argc, argv, o.out);
    fclose(o.out);
    if (!ok)
        explorer_say(&u->x, ROLE_ERROR, "%s", env.error[0] ? env.error : "that failed");
    else if (len == 0 && env.opt.output)
        explorer_say(&u->x, ROLE_TEXT, "written");
    else
        show(u, line, &o, &env, buffer, len);
    free(buffer);
}

/* ------------------------------------------------------------------ lines */

static const char *rest_of(const char *line) {
    while (*line && *line != ' ')
        line++;
    while (*line == ' ')
        line++;
    return line;
}

static bool run_own(struct ui *u, const char *line, const char *name) {
    for (int i = 0; i < OWN; i++)
        if (strcmp(own[i].name, name) == 0 || (strcmp(name, "q") == 0 && strcmp(own[i].name, "quit") == 0)) {
            own[i].run(u, rest_of(line));
            return true;
        }
    return false;
}

void ui_line(struct ui *u, const char *line) {
    while (*line == ' ')
        line++;
    u->x.message[0] = '\0';
    if (!*line)
        return;
    char **argv = NULL;
    int argc = words_split(line, &argv);
    int64_t t;
    const char *why;
    if (argc < 0)
        explorer_say(&u->x, ROLE_ERROR, "a quote is not closed");
    else if (argc > 0 && !run_own(u, line, argv[0])) {
        if (!command_find(argv[0]) && when_parse(u->x.reel, line, &t, &why))
            explorer_go(&u->x, t);
        else
            run_core(u, line, argc, argv);
    }
    if (argc >= 0)
        words_free(&argv, argc);
}

void ui_search_line(struct ui *u, const char *line) {
    u->x.message[0] = '\0';
    if (!*line)
        return;
    if (u->busy)
        u->busy(u->busy_arg, line);
    ui_leave(u);
    explorer_find(&u->x, line, false);
}

/* ------------------------------------------------------------------ completion */

static void complete_names(void (*add)(const char *)) {
    const struct command *c;
    size_t n = command_table(&c);
    for (int i = 0; i < OWN; i++)
        add(own[i].name);
    for (size_t i = 0; i < n; i++)
        if (!c[i].hidden)
            add(c[i].name);
}

static void complete_times(const struct explorer *x, void (*add)(const char *)) {
    static const char *const parts[] = {"", ":mark", ":markterm", ":sweep", ":end"};
    const struct cycle *c;
    size_t n = reel_cycles(x->reel, &c);
    add("start");
    add("end");
    for (size_t i = 0; i < n && i < 10000; i++)
        for (size_t k = 0; k < sizeof parts / sizeof *parts; k++) {
            char word[48];
            snprintf(word, sizeof word, "gc:%u%s", c[i].gc, parts[k]);
            add(word);
        }
}

static void complete_types(const struct explorer *x, void (*add)(const char *)) {
    char name[256];
    for (uint32_t i = 0; i < reel_types(x->reel); i++)
        if (reel_type(x->reel, i)->name.len > 0)
            add(explorer_type(x, i, name, sizeof name));
}

static void complete_notes(const struct explorer *x, void (*add)(const char *)) {
    const struct note *notes;
    size_t n = reel_notes(x->reel, &notes);
    char words[128];
    for (size_t i = 0; i < n && i < 1000; i++)
        add(explorer_note(x, &notes[i], words, sizeof words));
}

static void complete_options(void (*add)(const char *)) {
    const struct command_option *o;
    size_t n = command_option_table(&o);
    for (size_t i = 0; i < n; i++)
        add(o[i].name);
}

/* Whether the word before `start` is one that a TIME follows. */
static bool after_time_word(const char *line, int start) {
    static const char *const words[] = {"goto", "--at", "--from", "--to", "--since"};
    int end = start;
    while (end > 0 && line[end - 1] == ' ')
        end--;
    int from = end;
    while (from > 0 && line[from - 1] != ' ')
        from--;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if ((int)strlen(words[i]) == end - from && strncmp(line + from, words[i], strlen(words[i])) == 0)
            return true;
    return false;
}

void ui_complete(void *arg, const char *line, int start, void (*add)(const char *word)) {
    struct ui *u = arg;
    int first = 0;
    if (prompt_kind_now() == PROMPT_SEARCH) {
        complete_notes(&u->x, add);
        complete_types(&u->x, add);
        return;
    }
    while (line[first] == ' ')
        first++;
    if (start <= first)
        complete_names(add);
    else if (line[start] == '-')
        complete_options(add);
    else if (after_time_word(line, start))
        complete_times(&u->x, add);
    else if (strncmp(line + first, "find", 4) == 0)
        complete_types(&u->x, add);
    else if (strncmp(line + first, "help", 4) == 0)
        complete_names(add);
}
