/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * keys.h - the one table of keys: what each does, in which panes, and the words for it.
 *
 * The same rows answer a key press, fill the help pane and the hints line, and make the KEYS section of the manual:
 * they can not drift apart.
 *
 * A key is a code point, a control character, or one of enum key.
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
    KEY_CODE_F1,
    KEY_CODE_UNKNOWN /* a key that terminals have and we don't name */
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

enum { KEYS_MAX = 3 };
enum { HINT_PANE, HINT_FIRST, HINT_MORE, HINT_LAST, HINT_RANKS };

struct binding {
    int key[KEYS_MAX]; /* 0: no more */
    uint8_t action;    /* enum action */
    uint16_t panes;    /* IN_ bits */
    const char *group; /* heading in the help; NULL: as the row before */
    const char *help;  /* one line */
    const char *hint;  /* a word for the bottom line, NULL none; "+": shares the next row's */
    uint8_t rank;      /* of the hint: HINT_, the least first */
};

size_t keys_table(const struct binding **out);

/* What a key does in a pane (one IN_ bit), ACT_NONE for nothing. */
enum action keys_find(int key, unsigned pane);

/* The name of a key, "PgUp", "^L", "S-Tab". Returns dst. */
enum { KEY_NAME = 16 };
char *keys_name(int key, char dst[KEY_NAME]);
/* The key of a name (also a single character), KEY_CODE_NONE where there is none. */
int keys_from_name(const char *name);

/* All keys of a binding: "] [", in the form for people. Returns dst. */
char *binding_keys(const struct binding *b, char *dst, size_t cap);

/* Names of the panes that a binding is for, "" for all. Returns dst. */
char *binding_panes(const struct binding *b, char *dst, size_t cap);

#endif
