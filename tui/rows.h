/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rows.h - a sorted table in a pane, for all lists: sorts by any column, scrolls through millions of rows, keeps the
 * selected row while rows come, go and move, and never waits for all of them.
 *
 * A row is an id that its source gives it: a type, a span, an address. When the state of affairs changes (rows_renew
 * with another stamp, another column to sort by) rows are collected and sorted anew in slices by rows_work; until that
 * is over the old order stays on the screen, filled with new values, and the first time rows stand as they were
 * collected. So `fill` and `key` must bear ids of rows that are no more.
 *
 * Order: greatest first, but least first in the columns of `least_first`; rows_act turns it round. Equal rows go by
 * `tie`, and then by id: every order is total, so the same rows always stand in the same order.
 */
#ifndef HEAPREEL_ROWS_H
#define HEAPREEL_ROWS_H

#include "core/core.h"
#include "tui/keys.h"
#include "tui/table.h"

#define ROWS_NONE UINT64_MAX /* no row */

struct rows_source {
    const struct table_column *cols;
    int ncols;
    uint32_t least_first; /* bits of columns: names, addresses, times */
    uint32_t costly;      /* bits of columns whose keys cost some ten µs each: fewer of them go into a slice */
    /*
     * Collect on for at most some ten µs: write up to max ids, move *at (0 at first; the source's own) on; returns how
     * many. 0 ends it, unless *at has moved.
     */
    size_t (*more)(void *arg, uint64_t *at, uint64_t *ids, size_t max);
    int64_t (*key)(void *arg, uint64_t id, int col);
    /* < 0, 0, > 0: the order of two rows with equal keys; NULL: by id. */
    int (*tie)(void *arg, int col, uint64_t a, uint64_t b);
    enum role (*fill)(void *arg, uint64_t id, struct table_cell *cells);
    /* Whether the filter in use lets a row through; asked only where rows_narrow was told that there is one. */
    bool (*wanted)(void *arg, uint64_t id);
    uint8_t narrow; /* enum narrow_kind + 1 of its rows; 0: no filter is for them */
};

struct rows_item {
    int64_t key;
    uint64_t id;
};

enum rows_state { ROWS_SETTLED, ROWS_COLLECTING, ROWS_MERGING };

struct rows {
    const struct rows_source *source;
    void *arg;
    struct list list;
    struct table table;
    int sort;    /* column */
    int usual;   /* the column it is sorted by where nobody has chosen one, -1: somebody has */
    bool turned; /* the other way round */
    uint64_t chosen;
    bool fresh;    /* nothing was ever collected */
    bool plain;    /* no heading: there is little room */
    bool narrowed; /* only rows that are `wanted` */
    int hidden;    /* so many columns behind the first are left out, for those further right */
    int line;      /* of the screen that `chosen` is to stand on, from 1; 0: any */
    int edge;      /* the first (-1) or last (1) row of the order under way is to be chosen */
    uint64_t stamp;

    struct rows_item *shown; /* the order on the screen */
    size_t n, cap_shown;
    uint64_t all, shown_all;     /* rows before the filter: up to now, of the order on the screen */
    struct rows_item *from, *to; /* being sorted: runs of `width` in from, merged into to */
    size_t count, cap;
    enum rows_state state;
    uint64_t at;
    size_t width, lo, i, j;
    bool memory_short; /* rows are missing for want of memory */
};

/* Begin, on zeroed bytes; does nothing the next times. `sort`: the first column to sort by. Free with rows_free. */
void rows_setup(struct rows *r, const struct rows_source *source, void *arg, int sort);
void rows_free(struct rows *r);

/* Whether a filter is in use, before rows_renew; each other filter wants another stamp. */
void rows_narrow(struct rows *r, bool narrowed);
/* Rows belong to `stamp`: where it is another than before they are collected anew. */
void rows_renew(struct rows *r, uint64_t stamp);
/* Sort by a column. */
void rows_sort(struct rows *r, int col);
/* How a list is sorted and what of it is in view, to come back to; once rows_setup was called. */
enum { ROWS_COLUMN = 32 };
struct rows_order {
    char column[ROWS_COLUMN]; /* its name; "": the usual one */
    bool turned;
    uint8_t hidden; /* columns scrolled away */
    int16_t line;   /* of the screen that the chosen row stands on, from 1; 0: any */
};
struct rows_order rows_order(const struct rows *r);
/* False: there is no such column, and the order stays. */
bool rows_put_order(struct rows *r, const struct rows_order *o);
/* Go on with what is to be done, by about `budget` rows looked at. True while there is more. */
enum { ROWS_SLICE = 1 << 16 };
bool rows_work(struct rows *r, size_t budget);

/* Rows on the screen's list, and the id of one (ROWS_NONE outside). */
size_t rows_count(const struct rows *r);
/* How many there would be without the filter. */
uint64_t rows_all(const struct rows *r);
uint64_t rows_id(const struct rows *r, size_t row);
/* The selected row's id, ROWS_NONE where there are no rows. */
uint64_t rows_chosen(const struct rows *r);
/* Select a row by its id, also one that is still to come. */
void rows_choose(struct rows *r, uint64_t id);

/* Draw; `wanted`: bits of columns; `current`: the row marked at the left, ROWS_NONE none. */
void rows_draw(struct rows *r, const struct pen *p, unsigned wanted, uint64_t current, bool focus);

enum rows_answer { ROWS_NOT_MINE, ROWS_MOVED, ROWS_ENTERED };
/* Up, down, pages, sorting; ROWS_ENTERED: the person wants into the selected row (where there is one). */
enum rows_answer rows_act(struct rows *r, enum action a);
/* A click on a heading sorts, on a row selects; again: ROWS_ENTERED. */
enum rows_answer rows_click(struct rows *r, int x, int y, bool again);
void rows_wheel(struct rows *r, int dir);

/* A key that sorts a text by its first letters; equal keys are left to `tie`. */
int64_t rows_text_key(text t);
int rows_text_tie(text a, text b);
/* One stamp of two. */
uint64_t rows_stamp(uint64_t a, uint64_t b);

#endif
