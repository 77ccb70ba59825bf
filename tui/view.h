/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * view.h - what a pane is: a const record of functions. A new pane is one file, one line in views.c, and a
 * rectangle in panes.c.
 *
 * A view draws the explorer's state and changes it only in `act`, `click` and `wheel`. Its own state (scrolling, the
 * order of rows) is the block of `size` zeroed bytes at `data`.
 */
#ifndef HEAPREEL_VIEW_H
#define HEAPREEL_VIEW_H

#include "tui/draw.h"
#include "tui/explorer.h"
#include "tui/keys.h"

struct view;
struct rows;

/* What a filter is about here, and how many of how many it lets through (shown UINT64_MAX: not counted yet). */
struct narrowed {
    enum narrow_kind kind;
    uint64_t shown, all;
};

struct view_ops {
    const char *name; /* in the title line */
    size_t size;      /* of data */
    /* More for the title line, "" for nothing. */
    void (*title)(struct view *v, char *dst, size_t cap);
    /* Draw into the pane below its title line. */
    void (*draw)(struct view *v, const struct pen *p);
    /* False: not an action of this pane. */
    bool (*act)(struct view *v, enum action a);
    /* A click at a cell of the pane below its title; `again`: the second on the same cell. */
    void (*click)(struct view *v, int x, int y, bool again);
    /* The mouse was pressed at one column and is at another now; `over`: let go there. May be NULL. */
    void (*drag)(struct view *v, int from, int to, bool over);
    void (*wheel)(struct view *v, int dir);
    /* Go on with long work for some milliseconds; true if something was done: another picture shows it. May be NULL. */
    bool (*work)(struct view *v);
    struct rows *(*rows)(struct view *v); /* its sorted table; may be NULL */
    /* What the filter shows of how much, where that isn't to be seen in `rows`; may be NULL. */
    struct narrowed (*narrowed)(struct view *v);
    const char *const *words;     /* of the glossary, NULL at the end: what it shows beside columns */
    void (*done)(struct view *v); /* free what data holds; may be NULL */
};

struct view {
    const struct view_ops *ops;
    struct explorer *x;
    void *data;
    bool focus;
};

/* By enum pane. */
extern const struct view_ops *const view_table[PANES];

/* Views that say why they are empty: true where there is no alloc/free data, after drawing the words. */
bool view_missing(struct view *v, const struct pen *p, bool in_full);
/* Columns of the timeline's plot in a pane w cells wide: the step of the cursor. */
int timeline_columns(int w);
/* Words wrapped at spaces into the pen's width from row y on; returns the row after the last. */
int view_wrap(const struct pen *p, int x, int y, enum role role, const char *words);

#endif
