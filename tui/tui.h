/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tui.h - the terminal program: what main.c calls.
 *
 *   tui.c                        opens the terminal (or a script), runs the loop, closes
 *   ui.c, ui_draw.c              panes, focus, prompt and messages: one screen from one state
 *   ui_commands.c                the prompt's commands: the screen's own, and core's
 *   explorer.c, explorer_*.c     the state: cursor, window, selection, mark, search; no screen code
 *   keys.c                       the one key table
 *   panes.c, timescale.c         pure geometry: rectangles, time to columns
 *   raster.c, draw.c, theme.c    plots as dots, the sheet of cells that panes draw on, roles to colours
 *   list.c, table.c, pager.c     widgets
 *   views.c, view_*.c            one file for each pane
 *   prompt.c                     the readline prompt
 *   script.c                     keys from a file, screens to stdout (tests)
 *   term.c, term_*.c             the only files that know curses
 *
 * Units: times are ns since the first event; screen positions are cells, x to the right, y down, from 0.
 */
#ifndef HEAPREEL_TUI_H
#define HEAPREEL_TUI_H

#include "tui/conf.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct reel;

struct tui_options {
    const char *path;                 /* of the trace, for the header line */
    const char *read_path;            /* where commands can read it again: the copy of a pipe; NULL: path */
    const bool *copy_failed;          /* becomes true where that copy can't be made; may be NULL */
    struct settings set;              /* of the configuration file and the command line */
    const struct config_notes *notes; /* what was wrong with that file; may be NULL */
    const char *script;               /* NULL: a terminal; else a file of keys, screens go to stdout */
    int cols, rows;                   /* of the script's screen; 0: 80 by 24 */
    int64_t at;                       /* where the cursor starts, if at_set */
    bool at_set;
    const char *view;    /* what to show, as :share writes it; NULL: what is kept of this trace */
    bool no_session;     /* neither read nor write what is kept of this trace */
    bool tour;           /* begin the guided tour */
    const char *at_text; /* a TIME to be resolved once the trace is loaded far enough; NULL: none */
};

/* Run until the user leaves. Returns the exit status: 0, 1 (the trace is damaged), 2 (no terminal). */
int tui_run(struct reel *r, const struct tui_options *opt);

/* Print the KEYS section of the manual page, made from the key table. */
void tui_dump_keys_man(FILE *out);

#endif
