/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * table.h - rows and columns in a pane: which columns fit, their heading, the rows in view. Owns no rows.
 *
 * Columns are given in order of the screen; where the pane is too narrow those with the least `keep` go first. One
 * column may have width 0: it takes what is left.
 */
#ifndef HEAPREEL_TABLE_H
#define HEAPREEL_TABLE_H

#include "tui/draw.h"
#include "tui/list.h"

struct table_column {
    const char *name;
    int8_t width; /* cells, 0: what is left */
    uint8_t keep; /* importance */
    bool left;    /* texts stand at the left of the column */
    int8_t least; /* cells, where width is 0 */
};

enum { TABLE_MAX = 16, TABLE_TEXT = 160 };

struct table_cell {
    char text[TABLE_TEXT];
    enum role role;
};

struct table {
    const struct table_column *cols;
    int ncols;
    int sorted;                     /* column, -1 none */
    bool ascending;                 /* the sorted one: least first */
    bool heading;                   /* a row with the names */
    int x[TABLE_MAX], w[TABLE_MAX]; /* w 0: left out */
    bool cut;                       /* some that are wanted have no room */
};

/*
 * Choose and place the columns for a width: those with the greatest keep, and the one that is sorted. `wanted`: bits of
 * columns that are wanted at all.
 */
void table_arrange(struct table *t, int width, unsigned wanted);

/* Fill cell[] for a row; returns the row's own role (ROLE_TEXT for none). */
typedef enum role (*table_row)(void *arg, int row, struct table_cell *cells);

/* Draw heading and rows; `current`: a row to be marked at the left, -1 none. Fits `l` to the pane. */
void table_draw(const struct table *t, const struct pen *p, struct list *l, int n, int current, bool focus,
                table_row fill, void *arg);
/* The row of the list at a cell row of the pane, -1 none. */
int table_row_at(const struct table *t, const struct list *l, int y);

/* The column at a cell of the heading, -1 none. */
int table_column_at(const struct table *t, int x);

#endif
