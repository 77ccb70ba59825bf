/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ui_own.c - the screen's own commands: what can be typed at the prompt and is about what one sees.
 */
#include "tui/export_screen.h"
#include "tui/timeline.h"
#include "tui/ui.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The panes that an address is in: from any other one the next key shall be about it. On a page it is the next page. */
static void show_selected(struct ui *u) {
    if (page_is_open(&u->page) && page_open(&u->page, &u->x, link_to(LINK_BUCKET, u->x.addr)))
        return;
    if (u->focus != PANE_MAP && u->focus != PANE_SPAN && u->focus != PANE_BUCKET)
        u->x.want_focus = PANE_SPAN;
}

static bool run_goto(struct ui *u, const char *rest) {
    ui_leave(u);
    bool gone = explorer_go_text(&u->x, rest);
    if (gone && explorer_is_address(rest))
        show_selected(u);
    return gone;
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

static bool run_filter(struct ui *u, const char *rest) {
    return explorer_narrow(&u->x, rest);
}

static bool run_mark(struct ui *u, const char *rest) {
    explorer_mark(&u->x, rest[0] == 'B' || rest[0] == 'b' ? MARK_B : MARK_A);
    return true;
}

/* ------------------------------------------------------------------ bookmarks */

static bool run_bookmark(struct ui *u, const char *rest) {
    struct explorer *x = &u->x;
    char name[BOOKMARK_NAME], t[TIME_TEXT], key[KEY_NAME];
    size_t n = strcspn(rest, " ");
    const char *note = rest + n + strspn(rest + n, " ");
    snprintf(name, sizeof name, "%.*s", (int)(n < sizeof name ? n : sizeof name - 1), rest);
    if (n == 0 || n >= sizeof name || !bookmark_name_ok(name)) {
        explorer_say(x, ROLE_ERROR, "bookmark NAME [NOTE]: the name is of letters, digits, - and _, %d at most",
                     BOOKMARK_NAME - 1);
        return false;
    }
    if (strlen(note) >= BOOKMARK_NOTE) {
        explorer_say(x, ROLE_ERROR, "that note is longer than %d bytes", BOOKMARK_NOTE - 1);
        return false;
    }
    if (!bookmarks_set(&u->session.bookmarks, name, x->now.t, x->now.pos, note)) {
        explorer_say(x, ROLE_ERROR, "no more bookmarks can be set");
        return false;
    }
    explorer_say(x, ROLE_NOTE, "bookmark %s at %s%s; %s @%s comes back", name, time_text(x->now.t, t),
                 u->session_path ? "" : " (until you leave)", keys_for(ACT_GOTO, IN_ALL, key), name);
    return ui_session_save(u);
}

static bool run_unbookmark(struct ui *u, const char *rest) {
    if (!bookmarks_drop(&u->session.bookmarks, rest)) {
        explorer_say(&u->x, ROLE_ERROR, "there is no bookmark of this name");
        return false;
    }
    explorer_say(&u->x, ROLE_TEXT, "that bookmark is gone");
    return ui_session_save(u);
}

static bool run_forget(struct ui *u, const char *rest) {
    (void)rest;
    bookmarks_free(&u->session.bookmarks);
    bool gone = u->session_path && unlink(u->session_path) == 0;
    u->session_forgotten = true;
    explorer_find_end(&u->x);
    explorer_narrow_end(&u->x);
    explorer_say(&u->x, ROLE_TEXT,
                 gone ? "what was kept of this trace is forgotten" : "nothing was kept of this trace");
    return true;
}

/* ------------------------------------------------------------------ copying, sharing, saving */

static void copy(struct ui *u, const char *words, size_t len, const char *what) {
    if (u->copy)
        u->copy(u->copy_arg, words, len);
    explorer_say(&u->x, ROLE_TEXT, "%s copied, if the terminal takes it (OSC 52)", what);
}

/* A word for a shell: in quotes where it must be. */
static void put_quoted(FILE *out, const char *s) {
    if (*s && strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/:-+@") == strlen(s)) {
        fputs(s, out);
        return;
    }
    fputc('\'', out);
    for (; *s; s++)
        fputs(*s == '\'' ? "'\\''" : (char[]){*s, '\0'}, out);
    fputc('\'', out);
}

static void add_wrapped(struct ui *u, const char *words) {
    size_t width = u->sheet.cols > 22 ? (size_t)u->sheet.cols - 2 : 20;
    while (*words) {
        size_t n = strlen(words);
        if (n > width)
            for (n = width; n > 1 && (words[n] & 0xc0) == 0x80;) /* not within a letter */
                n--;
        pager_add(&u->pager, ROLE_TEXT, 0, words, n);
        words += n;
    }
}

static bool run_share(struct ui *u, const char *rest) {
    char view[SESSION_VIEW], *line = NULL, shown[2 * SESSION_VIEW];
    size_t len = 0;
    struct session s = {.whole = true};
    (void)rest;
    ui_session_take(u, &s);
    s.cursor = (struct session_place){.set = true, .t = u->x.now.t, .pos = u->x.now.pos};
    ui_session_shorten(&s);
    session_to_text(&s, view, sizeof view);
    FILE *out = open_memstream(&line, &len);
    if (!out)
        return false;
    fputs("heapreel ", out);
    put_quoted(out, u->path);
    fputs(" --view ", out);
    put_quoted(out, view);
    fclose(out);
    copy(u, line, len, "the line");
    pager_start(&u->pager, "share");
    explorer_text(&u->x, (text){line, len}, shown, sizeof shown);
    add_wrapped(u, shown);
    pager_add(&u->pager, ROLE_DIM, 0, "", 0);
    pager_add_text(&u->pager, ROLE_DIM, "This line opens the same view, wherever that trace is.", 54);
    free(line);
    return true;
}

static char *screen_text(struct ui *u, size_t *len) {
    char *words = NULL;
    FILE *out = open_memstream(&words, len);
    if (!out)
        return NULL;
    u->x.message[0] = '\0';
    ui_draw(u);
    export_screen(out, &u->sheet, EXPORT_TEXT, "");
    fclose(out);
    return words;
}

static bool copy_text(struct ui *u, char *words, size_t len, const char *what) {
    if (words)
        copy(u, words, len, what);
    free(words);
    return words != NULL;
}

static bool run_copy(struct ui *u, const char *rest) {
    char word[64];
    size_t len = 0;
    if (strcmp(rest, "screen") == 0)
        return copy_text(u, screen_text(u, &len), len, "the screen");
    if (strcmp(rest, "time") == 0) {
        snprintf(word, sizeof word, "%lldns", (long long)u->x.now.t);
        copy(u, word, strlen(word), "the time");
        return true;
    }
    if (rest[0] && strcmp(rest, "address") != 0) {
        explorer_say(&u->x, ROLE_ERROR, "copy takes address, time or screen");
        return false;
    }
    if (u->pager.open) {
        char *words = pager_text(&u->pager, &len);
        return copy_text(u, words, len, "the output");
    }
    if (!u->x.selected) {
        explorer_say(&u->x, ROLE_WARN, "nothing is selected");
        return false;
    }
    reel_address_text(u->x.reel, u->x.addr, word);
    copy(u, word, strlen(word), word);
    return true;
}

static bool save(struct ui *u, const char *path, const char *words, size_t len) {
    char error[256], shown[160];
    struct out_file *file = out_file_open(path, error);
    enum export_form form = export_form_of(path);
    if (!file) {
        explorer_say(&u->x, ROLE_ERROR, "%s", error);
        return false;
    }
    if (words)
        fwrite(words, 1, len, out_file_stream(file));
    else
        export_screen(out_file_stream(file), &u->sheet, form, u->path);
    if (!out_file_close(&file, true, error)) {
        explorer_say(&u->x, ROLE_ERROR, "%s", error);
        return false;
    }
    explorer_text(&u->x, (text){path, strlen(path)}, shown, sizeof shown);
    explorer_say(&u->x, ROLE_TEXT, "written to %s", shown);
    return true;
}

static bool run_screen(struct ui *u, const char *rest) {
    if (!rest[0]) {
        explorer_say(&u->x, ROLE_ERROR, "screen FILE: .txt, .ans, .svg or .html tell the form");
        return false;
    }
    ui_draw(u);
    return save(u, rest, NULL, 0);
}

/* What is open: the output of a command as text, else the screen. */
static bool run_write(struct ui *u, const char *rest) {
    size_t len;
    if (!u->pager.open || export_form_of(rest) != EXPORT_TEXT)
        return run_screen(u, rest);
    if (!rest[0]) {
        explorer_say(&u->x, ROLE_ERROR, "write FILE: the output of this pane as text");
        return false;
    }
    char *words = pager_text(&u->pager, &len);
    bool ok = words && save(u, rest, words, len);
    free(words);
    return ok;
}

/* ------------------------------------------------------------------ the program */

/* These are lines of the configuration file. */
static bool run_set(struct ui *u, const char *rest) {
    char line[400];
    if (!*rest) {
        ui_config_show(u);
        return true;
    }
    snprintf(line, sizeof line, "set %s", rest);
    return ui_config_line(u, line);
}

static bool run_bind(struct ui *u, const char *rest) {
    char line[2100];
    snprintf(line, sizeof line, "bind %s", rest);
    return ui_config_line(u, line);
}

static bool run_unbind(struct ui *u, const char *rest) {
    char line[400];
    snprintf(line, sizeof line, "unbind %s", rest);
    return ui_config_line(u, line);
}

static bool run_config(struct ui *u, const char *rest) {
    (void)rest;
    ui_config_show(u);
    return true;
}

static bool run_keys(struct ui *u, const char *rest) {
    (void)rest;
    pager_show_keys(&u->pager, IN_ALL, u->sheet.cols - 1);
    return true;
}

static bool run_quit(struct ui *u, const char *rest) {
    (void)rest;
    u->quit = true;
    return true;
}

static const struct own_command table[] = {
    {"goto", "TIME",
     "move the cursor: 1.203s, 15ms, 37%, gc:7:mark, note:TEXT, @bookmark, start, end; 0xc000...: what lies there",
     run_goto},
    {"select", "ADDR", "select the bucket that holds an address", run_select},
    {"find", "FILTER", "search, as / does", run_find},
    {"open", "WHAT", "open the page of gc:7, cycles, G19, P1, class 5 noscan, 0xc000... or a type", run_open},
    {"rows", "[NAME]", "switch a row of the timeline on or off; without a name: choose", run_rows},
    {"filter", "[FILTER]", "show only what matches in lists, slots and map, as f does; nothing: all", run_filter},
    {"mark", "[A|B]", "set mark A (or B) at the cursor, as A does", run_mark},
    {"bookmark", "NAME [NOTE]", "name this instant: @NAME stands for it from now on", run_bookmark},
    {"unbookmark", "NAME", "drop a bookmark", run_unbookmark},
    {"forget", "", "forget what is kept of this trace: bookmarks, marks, view", run_forget},
    {"share", "", "a line that opens this view elsewhere; it is copied too", run_share},
    {"copy", "[address|time|screen]", "copy through the terminal (OSC 52), as y does", run_copy},
    {"screen", "FILE", "save the screen: .txt, .ans (colours), .svg or .html", run_screen},
    {"write", "FILE", "save what is open: the output of a command, else the screen", run_write},
    {"set", "[NAME VALUE]", "change a setting until the program ends: set theme mono; NAME alone: what it is", run_set},
    {"bind", "PANES KEY ACTION", "give a key to an action, or to a :COMMAND: bind panes F5 :types", run_bind},
    {"unbind", "PANES KEY", "take a key away", run_unbind},
    {"config", "", "all settings and keys, as the configuration file has them", run_config},
    {"keys", "", "all keys", run_keys},
    {"quit", "", "leave", run_quit},
};

size_t own_commands(const struct own_command **out) {
    *out = table;
    return sizeof table / sizeof *table;
}

const struct own_command *own_command_find(const char *name) {
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(table[i].name, name) == 0 || (strcmp(name, "q") == 0 && strcmp(table[i].name, "quit") == 0))
            return &table[i];
    return NULL;
}
