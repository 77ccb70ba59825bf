/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * list.h - a list on the screen that owns no rows: where it is scrolled to, which row is selected.
 *
 * Invariants after list_fit: 0 <= top, 0 <= selected < n (0 where n is 0), and the selected row is in view.
 */
#ifndef HEAPREEL_LIST_H
#define HEAPREEL_LIST_H

#include <stdbool.h>

struct list {
    int n;   /* rows */
    int top; /* first row in view */
    int selected;
    int height; /* rows in view */
};

/* Take over the number of rows and the height of the pane. */
void list_fit(struct list *l, int n, int height);
void list_select(struct list *l, int row);
void list_move(struct list *l, int by);
/* Scroll without moving the selection further than needed. */
void list_scroll(struct list *l, int by);
/* The row at screen row y of the list, -1 none. */
int list_row_at(const struct list *l, int y);

#endif
