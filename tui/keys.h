/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * keys.h - the one table of keys: what each does, in which panes, and the words for it.
 *
 *   keys.c        the table as it comes, and the names of actions
 *   keymap.c      the table as the person has bound it
 *   key_names.c   keys, panes and the manual's section in words
 *
 * The same rows answer a key press, fill the help pane and the hints line, are written as a configuration file, and
 * make the KEYS section of the manual: they can not drift apart. There is one keyboard, so its map is static.
 *
 * A key is a character (its code point), a control character, or one of enum key; with KEY_ALT, Alt is held.
 */
#ifndef HEAPREEL_KEYS_H
#define HEAPREEL_KEYS_H

#include "tui/panes.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define CTRL(c) ((c)&31)

enum key {
    KEY_CODE_NONE = 0,
    KEY_CODE_TAB = '\t',
    KEY_CODE_ENTER = '\r',
    KEY_CODE_ESCAPE = 27,
    KEY_CODE_UP = 0x110000, /* beyond Unicode */
    KEY_CODE_DOWN,
    KEY_CODE_LEFT,
    KEY_CODE_RIGHT,
    KEY_CODE_SHIFT_LEFT,
    KEY_CODE_SHIFT_RIGHT,
    KEY_CODE_HOME,
    KEY_CODE_END,
    KEY_CODE_PAGE_UP,
    KEY_CODE_PAGE_DOWN,
    KEY_CODE_BACK_TAB,
    KEY_CODE_BACKSPACE,
    KEY_CODE_INSERT,
    KEY_CODE_DELETE,
    KEY_CODE_F1,
    KEY_CODE_F12 = KEY_CODE_F1 + 11,
    KEY_CODE_UNKNOWN,   /* a key that terminals have and we don't name */
    KEY_ALT = 0x1000000 /* a bit beside the key */
};

enum action {
    ACT_NONE,
    ACT_CYCLE_NEXT,
    ACT_CYCLE_PREV,
    ACT_PHASE_NEXT,
    ACT_PHASE_PREV,
    ACT_EVENT_NEXT,
    ACT_EVENT_PREV,
    ACT_NOTE_NEXT,
    ACT_NOTE_PREV,
    ACT_BUCKET_NEXT,
    ACT_BUCKET_PREV,
    ACT_SPAN_NEXT,
    ACT_SPAN_PREV,
    ACT_TURN_NEXT,
    ACT_TURN_PREV,
    ACT_PLAY,
    ACT_PLAY_BACK,
    ACT_FASTER,
    ACT_SLOWER,
    ACT_TIME_LEFT,
    ACT_TIME_RIGHT,
    ACT_TIME_LEFT_FAR,
    ACT_TIME_RIGHT_FAR,
    ACT_START,
    ACT_END,
    ACT_GOTO,
    ACT_ZOOM_IN,
    ACT_ZOOM_OUT,
    ACT_ZOOM_ALL,
    ACT_UP,
    ACT_DOWN,
    ACT_LEFT,
    ACT_RIGHT,
    ACT_PAGE_UP,
    ACT_PAGE_DOWN,
    ACT_TOP,
    ACT_BOTTOM,
    ACT_ENTER,
    ACT_OTHER,
    ACT_PAGE,
    ACT_ROWS,
    ACT_BACK,
    ACT_FORWARD,
    ACT_COLUMNS,
    ACT_SORT,
    ACT_SORT_TURN,
    ACT_COARSER,
    ACT_FINER,
    ACT_COLOUR_NEXT,
    ACT_COLOUR_PREV,
    ACT_SEARCH,
    ACT_SEARCH_NEXT,
    ACT_SEARCH_PREV,
    ACT_FILTER,
    ACT_BOOKMARK,
    ACT_COPY,
    ACT_WRITE,
    ACT_MARK,
    ACT_MARK_B,
    ACT_MARK_JUMP,
    ACT_MARK_DIFF,
    ACT_MARK_ZOOM,
    ACT_CHANGES,
    ACT_REPORTS,
    ACT_FOCUS_NEXT,
    ACT_FOCUS_PREV,
    ACT_ZOOM_PANE,
    ACT_PROMPT,
    ACT_HELP,
    ACT_HELP_TURN,
    ACT_WHAT,
    ACT_TOUR_NEXT,
    ACT_TOUR_PREV,
    ACT_TOUR_END,
    ACT_MOUSE,
    ACT_REDRAW,
    ACT_SUSPEND,
    ACT_CLOSE,
    ACT_QUIT,
    ACT_LINE, /* a line of the prompt, bound by the person */
    ACT_LIMIT
};

/* Where a binding counts: bits of enum pane, the panes that cover the body, and pages (IN_PANES has them, too). */
enum {
    IN_TIMELINE = 1 << PANE_TIMELINE,
    IN_MAP = 1 << PANE_MAP,
    IN_SPAN = 1 << PANE_SPAN,
    IN_CENTRAL = 1 << PANE_CENTRAL,
    IN_TYPES = 1 << PANE_TYPES,
    IN_BUCKET = 1 << PANE_BUCKET,
    IN_PAGER = 1 << PANES, /* help and the output of commands */
    IN_PAGE = 1 << (PANES + 1),
    IN_LISTS = IN_CENTRAL | IN_TYPES | IN_BUCKET,
    IN_GRIDS = IN_MAP | IN_SPAN,
    IN_PANES = (IN_PAGER - 1) | IN_PAGE,
    IN_ALL = IN_PANES | IN_PAGER
};

enum { KEYS_MAX = 6 };
enum { HINT_PANE, HINT_FIRST, HINT_MORE, HINT_LAST, HINT_RANKS };

struct binding {
    int key[KEYS_MAX]; /* 0: no more */
    uint8_t action;    /* enum action */
    uint16_t panes;    /* IN_ bits */
    const char *group; /* heading in the help; NULL: as the row before */
    const char *help;  /* one line; of ACT_LINE the line itself, without its colon */
    const char *hint;  /* a word for the bottom line, NULL none; "+": shares the next row's */
    uint8_t rank;      /* of the hint: HINT_, the least first */
};

/* ------------------------------------------------------------------ the table */

/* As it comes; and as it is bound now, where rows may have no key. The latter is good until the next change. */
size_t keys_usual(const struct binding **out);
size_t keys_table(const struct binding **out);

/* What an action is called in the configuration file; ACT_NONE: there is none of this name. */
const char *action_name(enum action a);
enum action action_named(const char *name);

/* ------------------------------------------------------------------ the map */

/* The row of a key in a pane (one IN_ bit), NULL none; and what the key does there, ACT_NONE for nothing. */
const struct binding *keys_row(int key, unsigned pane);
enum action keys_find(int key, unsigned pane);

enum { KEYS_WHY = 160 };
/*
 * Give a key in some panes to an action, or with ACT_LINE to a line of the prompt, whatever it did there. Panes in
 * which the action has no meaning keep what they had. False, with a line in why: it has none in any of them.
 */
bool keys_bind(int key, unsigned panes, enum action a, const char *line, char why[KEYS_WHY]);
/* Take a key away. False, with a line in why: it did nothing there. */
bool keys_unbind(int key, unsigned panes, char why[KEYS_WHY]);
/* Back to the table as it comes. */
void keys_reset(void);
/* Write the map in the language of the configuration file: what is taken away, then all that is bound. */
void keys_write(FILE *out);

/* ------------------------------------------------------------------ names */

/* The name of a key, "PgUp", "^L", "S-Tab". Returns dst. */
enum { KEY_NAME = 16 };
char *keys_name(int key, char dst[KEY_NAME]);
/* The key of a name (also a single character), KEY_CODE_NONE where there is none. */
int keys_from_name(const char *name);
/* The key that an action has in a pane now, for messages; "(no key)". Returns dst. */
char *keys_for(enum action a, unsigned pane, char dst[KEY_NAME]);

/* All keys of a binding: "] [", in the form for people. Returns dst. */
char *binding_keys(const struct binding *b, char *dst, size_t cap);

/* Names of the panes that a binding is for, "" for all. Returns dst. */
char *binding_panes(const struct binding *b, char *dst, size_t cap);

/* Panes as the configuration file has them: "map,span", "lists", "panes", "all"; and back: IN_ bits, 0 none. */
enum { PANES_TEXT = 80 };
char *panes_text(unsigned panes, char dst[PANES_TEXT]);
unsigned panes_named(const char *words);

#endif
