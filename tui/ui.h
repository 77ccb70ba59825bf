/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ui.h - one screen from one state: panes, focus, pager, prompt and messages. Knows neither curses nor readline's
 * streams; a terminal or a script feeds it keys and copies its sheet.
 *
 *   ui.c           keys and mouse become actions
 *   ui_draw.c      header, titles, panes, bottom line
 *   ui_page.c      pages over the panes, back and forward
 *   ui_commands.c  the prompt's lines: the screen's own commands, and core's
 *   ui_own.c       the screen's own commands
 *   ui_complete.c  what Tab offers at the prompt
 *   ui_config.c    settings and keys while the program runs
 *   ui_help.c      the glossary in the help pane, and what of it is about a pane
 *   ui_session.c   what is kept of a trace
 */
#ifndef HEAPREEL_UI_H
#define HEAPREEL_UI_H

#include "core/session.h"
#include "tui/conf.h"
#include "tui/explorer.h"
#include "tui/page.h"
#include "tui/pager.h"
#include "tui/tour.h"
#include "tui/view.h"
#include "tui/visits.h"

struct ui {
    struct explorer x;
    struct sheet sheet;
    struct panes panes;
    struct view view[PANES];
    enum pane focus, zoomed; /* zoomed PANES: none */
    struct page page;        /* over the panes but the timeline */
    struct visits visits;
    struct pager pager;
    struct tour tour;
    const char *path;
    const char *read_path;   /* where commands read the trace anew */
    const bool *copy_failed; /* true: read_path lacks the end of the trace; may be NULL */
    bool loading;
    bool waiting; /* loading, but a pipe has no more for now */
    bool quit;
    bool suspend;                           /* the terminal shall suspend the program, then clear this */
    bool redraw;                            /* the terminal shall draw everything anew, then clear this */
    struct settings set;                    /* as chosen; what can change otherwise lies where it counts */
    enum theme auto_theme;                  /* what the theme auto stands for here */
    bool console;                           /* the terminal is a Linux console */
    bool no_colors;                         /* the terminal has none */
    bool no_utf8;                           /* the locale has plain letters only */
    bool mouse;                             /* the mouse belongs to the program */
    int click_x, click_y;                   /* of the last click, -1 none */
    void (*busy)(void *, const char *what); /* long work has begun: show it; may be NULL */
    void *busy_arg;
    void (*copy)(void *, const char *words, size_t len); /* to the terminal's clipboard; may be NULL */
    void *copy_arg;
    struct session session; /* as kept; its bookmarks are those in use */
    char *session_path;     /* NULL: nothing is kept of this trace */
    bool session_kept;      /* something was kept of it */
    bool session_waits;     /* what is about an instant is to be put back once it is loaded */
    bool session_forgotten;
    const struct config_notes *notes; /* what was wrong with the configuration file; may be NULL */
};

/* `no_utf8`: the locale has plain letters only. False: out of memory. Free with ui_free. */
bool ui_init(struct ui *u, reel *r, const char *path, bool no_utf8);
void ui_free(struct ui *u);

bool ui_resize(struct ui *u, int cols, int rows);
/* The terminal's background is dark, or light: the theme auto goes by that. */
void ui_background(struct ui *u, bool dark);
/* Take over settings, and what was wrong with the file they come from (may be NULL). */
void ui_settings(struct ui *u, const struct settings *s, const struct config_notes *notes);
/* Run set, bind or unbind: a whole line. False with a message where it makes no sense. */
bool ui_config_line(struct ui *u, const char *line);
/* Show all settings and keys in the language of the file. */
void ui_config_show(struct ui *u);
/* Load for a while; true while there is more. Then `waiting` tells whether it pays to call it again at once. */
bool ui_load(struct ui *u, int64_t budget_ns);
/* Go on with the long work of the panes in view for some milliseconds; true if something was done, so that a picture
 * after a false shows it all. */
bool ui_work(struct ui *u);
/* Show the next picture of the film at wall time `now` (ns); true while it plays. */
bool ui_film(struct ui *u, int64_t now);
/* A key, not while the prompt is open. */
void ui_key(struct ui *u, int key);
void ui_click(struct ui *u, int x, int y);
/* The mouse is moved with the button held. */
void ui_drag(struct ui *u, int x, int y);
/* The button was let go, maybe elsewhere than where ui_click said it was pressed. */
void ui_release(struct ui *u, int x, int y);
void ui_wheel(struct ui *u, int x, int y, int dir);
/* The prompt is open and its stream has a byte. */
void ui_prompt_byte(struct ui *u);
/* Run a line of the prompt: a command, or what to search. */
void ui_line(struct ui *u, const char *line);
void ui_search_line(struct ui *u, const char *line);
/* Search the lines of the pager; "": the same again. */
void ui_search_pager(struct ui *u, const char *line, bool back);
/* The screen's own commands. */
struct own_command {
    const char *name, *args, *about;
    bool (*run)(struct ui *u, const char *rest);
};
size_t own_commands(const struct own_command **out);
const struct own_command *own_command_find(const char *name); /* NULL: none */

/*
 * Read what is kept of a trace and put it on the screen, or `view` (see session_from_text; NULL: none) in its place.
 * What is about an instant follows in ui_session_put, called while the trace loads.
 */
void ui_session_begin(struct ui *u, const char *trace_path, const char *view);
void ui_session_put(struct ui *u);
/* Take what is on the screen; keep it. False: it could not be written, and a message says so. */
void ui_session_take(struct ui *u, struct session *s);
/* Leave out of a view what ui_session_begin takes for granted in one. */
void ui_session_shorten(struct session *s);
bool ui_session_save(struct ui *u);
/* Keep it for the last time, and forget it here. False: it could not be written, why says why. */
bool ui_session_end(struct ui *u, char why[256]);

/* What the prompt's Tab offers; see prompt.h. */
void ui_complete(void *u, const char *line, int start, void (*add)(const char *word));
/* Where the person is. */
struct visit ui_present(const struct ui *u);
/* The person is about to go somewhere else: Backspace shall come back here. */
void ui_leave(struct ui *u);
/* What a view or a command wants: the focus elsewhere, a page. */
void ui_follow_wish(struct ui *u);
/* Open a page, or go to an instant. */
void ui_follow(struct ui *u, struct link to);
void ui_close_page(struct ui *u);
/* Back, or forward again. */
void ui_back(struct ui *u, int forward);
/* The page that a word means: gc:7, G19, P1, class 5 noscan, 0xc000..., a type's name. False: none. */
bool ui_find_page(struct ui *u, const char *word, struct link *to);
/* The page of a report asked at an instant. False: the line has none, or is wrong. */
bool ui_report_link(struct ui *u, const char *line, int64_t now, struct link *to);
/* Where keys count now: one IN_ bit. */
unsigned ui_where(const struct ui *u);
struct rect ui_page_rect(const struct ui *u);
/* The help: the keys, the glossary, or what of it is about the pane (or page) in focus. */
void ui_help(struct ui *u, enum pager_help what);
/* Draw everything onto the sheet. */
void ui_draw(struct ui *u);

#endif
