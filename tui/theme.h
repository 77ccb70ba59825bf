/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * theme.h - what a piece of the screen is (its role), and how each role looks in each theme, at 256, 8/16 and no
 * colours.
 *
 * Views name roles and nothing else. Without colours a role may use bold, dim, underline and reverse; wherever a
 * difference carries meaning, glyphs, words or these looks differ too.
 */
#ifndef HEAPREEL_THEME_H
#define HEAPREEL_THEME_H

#include <stdbool.h>
#include <stdint.h>

enum role {
    ROLE_TEXT,
    ROLE_DIM, /* what is there but not needed now */
    ROLE_STRONG,
    ROLE_HEADER, /* the first line */
    ROLE_HEADER_STRONG,
    ROLE_BORDER,
    ROLE_TITLE,
    ROLE_TITLE_FOCUS,
    ROLE_COLUMN, /* names over columns */
    ROLE_SELECT, /* selected row of the pane in focus */
    ROLE_SELECT_IDLE,
    ROLE_KEY,   /* a key in the hints and the help */
    ROLE_LINK,  /* leads to another page */
    ROLE_GUESS, /* inferred, not recorded */
    ROLE_WARN,
    ROLE_ERROR,
    ROLE_LIVE,  /* plot: heap live, always reached */
    ROLE_RANGE, /* plot: between a column's least and greatest value */
    ROLE_GOAL,
    ROLE_AXIS,
    ROLE_STOP, /* world stopped */
    ROLE_MARKING,
    ROLE_SWEEP,
    ROLE_ASSIST,
    ROLE_NOTE, /* user annotations */
    ROLE_CURSOR,
    ROLE_MARK_A,
    ROLE_SCAN, /* heap spans with pointers, without, large objects */
    ROLE_NOSCAN,
    ROLE_LARGE,
    ROLE_STACK,
    ROLE_FREE,
    ROLE_SLOT_LIVE,
    ROLE_SLOT_FREE,
    ROLE_ALLOC, /* history rows */
    ROLE_RELEASE,
    ROLE_PLACE,
    ROLE_MORE, /* grew since mark A */
    ROLE_LESS,
    ROLE_LIMIT
};

enum look { LOOK_BOLD = 1, LOOK_DIM = 2, LOOK_UNDERLINE = 4, LOOK_REVERSE = 8 };

/* Colours are terminal colour numbers, -1: the terminal's own. */
struct style {
    int16_t fg, bg;
    uint8_t looks; /* enum look */
};

/*
 * Themes keep to the terminal's own background. auto: colours that can be read on any; colour-blind: after the palette
 * of Okabe and Ito (2002), and with looks besides where elsewhere colour alone tells kinds apart.
 */
enum theme { THEME_AUTO, THEME_DARK, THEME_LIGHT, THEME_SAFE, THEME_SAFE_LIGHT, THEME_MONO, THEMES };
extern const char *const theme_words[THEMES + 1]; /* their names; NULL at the end */

enum depth { DEPTH_NONE, DEPTH_8, DEPTH_256, DEPTHS };

/* The style of a role. Without colours every theme is mono. */
struct style theme_style(enum theme t, enum depth d, enum role r);

/* What a terminal with that many colours can show. */
enum depth theme_depth(int colors);

/* The theme that auto stands for: mono where no colours are wanted, else by COLORFGBG ("15;0"; NULL: not set). */
enum theme theme_auto(bool no_color, const char *colorfgbg);

#endif
