/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * settings.h - what a person can set: one table of names, values and words for the configuration file, the prompt's
 * :set, completion, and the file that :config writes. Knows no screen.
 *
 * A value is a number: the place in the list of words, bits of enum timeline_row, or what its words say.
 */
#ifndef HEAPREEL_SETTINGS_H
#define HEAPREEL_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum setting {
    SET_THEME,      /* enum theme */
    SET_LAYOUT,     /* enum layout */
    SET_MOUSE,      /* bool */
    SET_GLYPHS,     /* enum glyphs_setting */
    SET_ROWS,       /* of the timeline: bits */
    SET_MAP,        /* enum map_colouring */
    SET_FILM_SPEED, /* ns of the trace a second, 0: by the window */
    SET_PICTURES,   /* a second, of the film and of what loads */
    SET_SESSION,    /* bool */
    SET_INDEX,      /* bool */
    SETTINGS
};

/* console: what the font of a Linux console has. */
enum glyphs_setting { GLYPHS_AUTO, GLYPHS_UNICODE, GLYPHS_CONSOLE, GLYPHS_ASCII };

struct settings {
    int64_t value[SETTINGS];
    uint32_t given; /* bits of enum setting: chosen by the person */
};

enum { SETTING_TEXT = 128, SETTING_WHY = 320 };

void settings_usual(struct settings *s);
const char *setting_name(enum setting which);
/* One line about it, and whether it counts at the start of the program alone. */
const char *setting_about(enum setting which);
bool setting_at_start(enum setting which);
/* SETTINGS: there is none of this name. */
enum setting setting_named(const char *name);
/* The i-th word that it takes, NULL behind the last. */
const char *setting_word(enum setting which, size_t i);
/* What it takes, in words: "auto, dark, light ...". Returns dst. */
char *setting_takes(enum setting which, char dst[SETTING_TEXT]);
/* Its value as it is written. Returns dst. */
char *setting_text(const struct settings *s, enum setting which, char dst[SETTING_TEXT]);
/* False, with a line in why, where `words` is no value of it; then it stays as it was. */
bool setting_read(struct settings *s, enum setting which, const char *words, char why[SETTING_WHY]);

#endif
