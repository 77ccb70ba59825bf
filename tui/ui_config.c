/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ui_config.c - settings and keys while the program runs. What else can change a setting (the key for the mouse, the
 * rows of the timeline) changes it where it counts; :config takes it from there.
 */
#include "tui/map.h"
#include "tui/prompt.h"
#include "tui/ui.h"

#include <stdlib.h>
#include <string.h>

static void put_glyphs(struct ui *u, int64_t v) {
    u->x.ascii = u->sheet.ascii = v == GLYPHS_ASCII || (v == GLYPHS_AUTO && u->no_utf8);
    u->sheet.console = v == GLYPHS_CONSOLE || (v == GLYPHS_AUTO && u->console);
}

static void put_theme(struct ui *u, int64_t v) {
    u->sheet.theme = (uint8_t)(v == THEME_AUTO ? u->auto_theme : (enum theme)v);
}

void ui_background(struct ui *u, bool dark) {
    u->auto_theme = dark ? THEME_DARK : THEME_LIGHT;
    put_theme(u, u->set.value[SET_THEME]);
}

static void put_layout(struct ui *u, int64_t v) {
    (void)v;
    ui_resize(u, u->sheet.cols, u->sheet.rows);
}

static void put_mouse(struct ui *u, int64_t v) {
    u->mouse = v != 0;
}

static int64_t mouse_now(const struct ui *u) {
    return u->mouse;
}

static void put_rows(struct ui *u, int64_t v) {
    u->x.rows = (unsigned)v;
}

static int64_t rows_now(const struct ui *u) {
    return u->x.rows;
}

static void put_map(struct ui *u, int64_t v) {
    map_set_colouring(&u->view[PANE_MAP], (enum map_colouring)v);
}

static int64_t map_now(const struct ui *u) {
    enum map_colouring c = map_colouring(&u->view[PANE_MAP]);
    return c == COLOUR_CHANGE ? u->set.value[SET_MAP] : (int64_t)c;
}

static void put_speed(struct ui *u, int64_t v) {
    u->x.film.speed = v;
}

/* What is looked at when it counts needs neither. */
static const struct {
    void (*put)(struct ui *u, int64_t v);
    int64_t (*now)(const struct ui *u);
} live[SETTINGS] = {
    [SET_THEME] = {put_theme, NULL},      [SET_LAYOUT] = {put_layout, NULL}, [SET_MOUSE] = {put_mouse, mouse_now},
    [SET_GLYPHS] = {put_glyphs, NULL},    [SET_ROWS] = {put_rows, rows_now}, [SET_MAP] = {put_map, map_now},
    [SET_FILM_SPEED] = {put_speed, NULL},
};

void ui_settings(struct ui *u, const struct settings *s, const struct config_notes *notes) {
    u->set = *s;
    u->notes = notes;
    for (int i = 0; i < SETTINGS; i++)
        if (live[i].put)
            live[i].put(u, s->value[i]);
    size_t n = notes ? notes->n + notes->more : 0;
    if (n > 0)
        explorer_say(&u->x, ROLE_WARN, "%zu line%s of the configuration %s left out: :config shows which and why", n,
                     n == 1 ? "" : "s", n == 1 ? "was" : "were");
}

static struct settings settings_now(const struct ui *u) {
    struct settings s = u->set;
    for (int i = 0; i < SETTINGS; i++)
        if (live[i].now)
            s.value[i] = live[i].now(u);
    return s;
}

/* Which setting a line is about, SETTINGS none. */
static enum setting set_by(const char *line) {
    char name[32];
    return sscanf(line, " set %31s", name) == 1 ? setting_named(name) : SETTINGS;
}

/* set NAME: what it is now. */
static bool say_value(struct ui *u, const char *line) {
    char name[32], more[2], value[SETTING_TEXT], takes[SETTING_TEXT];
    enum setting which = set_by(line);
    if (which == SETTINGS || sscanf(line, " set %31s %1s", name, more) != 1)
        return false;
    struct settings s = settings_now(u);
    explorer_say(&u->x, ROLE_TEXT, "%s is %s; it takes %s", setting_name(which), setting_text(&s, which, value),
                 setting_takes(which, takes));
    return true;
}

bool ui_config_line(struct ui *u, const char *line) {
    char why[CONFIG_WHY], value[SETTING_TEXT];
    if (say_value(u, line))
        return true;
    if (!config_line(&u->set, line, why)) {
        explorer_say(&u->x, ROLE_ERROR, "%s", why);
        return false;
    }
    enum setting which = set_by(line);
    if (which == SETTINGS) {
        explorer_say(&u->x, ROLE_TEXT, "done, until the program ends; :config shows what to put into the file");
        return true;
    }
    if (live[which].put)
        live[which].put(u, u->set.value[which]);
    explorer_say(&u->x, ROLE_TEXT, "%s is %s%s", setting_name(which), setting_text(&u->set, which, value),
                 setting_at_start(which)              ? " (counts at the start: put it into the file)"
                 : which == SET_THEME && u->no_colors ? "; but this terminal has no colours"
                                                      : "");
    return true;
}

void ui_config_show(struct ui *u) {
    char *words = NULL, *path = config_path();
    size_t len = 0;
    FILE *out = open_memstream(&words, &len);
    struct settings s = settings_now(u);
    if (out) {
        config_write(out, &s);
        fclose(out);
    }
    pager_start(&u->pager, "config");
    for (size_t i = 0; u->notes && i < u->notes->n; i++)
        pager_add_text(&u->pager, ROLE_WARN, u->notes->line[i], strlen(u->notes->line[i]));
    if (words)
        pager_add_text(&u->pager, ROLE_TEXT, words, len);
    char shown[160];
    if (path)
        explorer_say(&u->x, ROLE_TEXT, "the file is %s; :write FILE saves these lines",
                     explorer_text(&u->x, (text){path, strlen(path)}, shown, sizeof shown));
    free(words);
    free(path);
}
