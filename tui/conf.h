/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * conf.h - the language of the configuration file, which is the prompt's too:
 *
 *   set NAME VALUE              what settings.h has
 *   bind PANES KEY ACTION       PANES: all, panes, lists, or names of panes with commas between
 *   bind PANES KEY :COMMAND     a line of the prompt
 *   unbind PANES KEY
 *   # a comment, also behind a line that takes no command
 *
 * A line that makes no sense is left out, and says so; the others count.
 */
#ifndef HEAPREEL_CONF_H
#define HEAPREEL_CONF_H

#include "tui/settings.h"

#include <stdio.h>

enum { CONFIG_WHY = 512, CONFIG_NOTES = 50 };

/* What was wrong, a line each, in the order of the file: "config:3: ...". */
struct config_notes {
    char *line[CONFIG_NOTES];
    size_t n;    /* kept */
    size_t more; /* not kept: there were too many */
};

/* Run one line. False, with a line in why: it is left out. */
bool config_line(struct settings *s, const char *line, char why[CONFIG_WHY]);
/* Read a file. `must`: that there is none is worth a note. Free the notes with config_notes_free. */
void config_read(struct settings *s, const char *path, bool must, struct config_notes *notes);
void config_notes_free(struct config_notes *notes);
/* $XDG_CONFIG_HOME/heapreel/config, ~/.config/heapreel/config where that isn't set; NULL: nowhere. Free it. */
char *config_path(void);
/* Write all settings and keys in that language. */
void config_write(FILE *out, const struct settings *s);
/* The i-th word of the commands above that may stand behind `words` words of a line; NULL behind the last. For Tab. */
const char *config_word(const char *line, int words, size_t i);

#endif
