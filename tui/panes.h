/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * panes.h - where each pane lies: a pure function of the screen's size, the layout, the zoomed pane and the focus.
 *
 * Rectangles never overlap and never leave the screen. A pane that has no room gets an empty rectangle (w or h 0).
 * A pane's first row is its title. Units: cells.
 */
#ifndef HEAPREEL_PANES_H
#define HEAPREEL_PANES_H

#include <stdbool.h>

/* In the order of Tab. */
enum pane { PANE_TIMELINE, PANE_MAP, PANE_SPAN, PANE_CENTRAL, PANE_TYPES, PANE_BUCKET, PANES };

struct rect {
    int x, y, w, h;
};

/*
 * one: the timeline and the pane in focus (the map, while the timeline is); stack: all, one above the other; two,
 * three, four: columns below the timeline. auto takes what suits the screen. A layout that has no room gives way to the
 * next smaller one.
 */
enum layout { LAYOUT_AUTO, LAYOUT_ONE, LAYOUT_STACK, LAYOUT_TWO, LAYOUT_THREE, LAYOUT_FOUR, LAYOUTS };
extern const char *const layout_words[LAYOUTS + 1]; /* their names; NULL at the end */

/* The least screen that anything can be shown on. */
enum { PANES_MIN_COLS = 24, PANES_MIN_ROWS = 5 };

enum { PANES_GAPS = 3 };

struct panes {
    int cols, rows;
    bool too_small;             /* nothing but one line fits */
    struct rect header, footer; /* one row each */
    struct rect pane[PANES];
    struct rect gap[PANES_GAPS]; /* columns one cell wide between panes */
    struct rect body;            /* all between header and footer: for pager and help */
};

/* `zoomed`: a pane that has the body for itself, or PANES. `focus`: shown first where not all have room. */
void panes_arrange(int cols, int rows, enum layout wanted, enum pane zoomed, enum pane focus, struct panes *out);

static inline bool rect_empty(struct rect r) {
    return r.w <= 0 || r.h <= 0;
}

static inline bool rect_holds(struct rect r, int x, int y) {
    return x >= r.x && x < r.x + r.w && y >= r.y && y < r.y + r.h;
}

#endif
