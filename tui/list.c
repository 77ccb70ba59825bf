/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * list.c - see list.h.
 */
#include "tui/list.h"

static int between(int v, int lo, int hi) {
    return v > hi ? (hi < lo ? lo : hi) : v < lo ? lo : v;
}

static void show_selected(struct list *l) {
    int h = l->height;
    if (h <= 0) /* list_fit will tell */
        return;
    if (l->selected < l->top)
        l->top = l->selected;
    if (l->selected >= l->top + h)
        l->top = l->selected - h + 1;
    l->top = between(l->top, 0, l->n - h);
}

void list_fit(struct list *l, int n, int height) {
    l->n = n > 0 ? n : 0;
    l->height = height > 0 ? height : 0;
    l->selected = between(l->selected, 0, l->n - 1);
    show_selected(l);
}

void list_select(struct list *l, int row) {
    l->selected = between(row, 0, l->n - 1);
    show_selected(l);
}

void list_move(struct list *l, int by) {
    list_select(l, l->selected + by);
}

void list_scroll(struct list *l, int by) {
    int h = l->height > 0 ? l->height : 1;
    l->top = between(l->top + by, 0, l->n - h);
    l->selected = between(l->selected, l->top, l->top + h - 1);
    l->selected = between(l->selected, 0, l->n - 1);
}

int list_row_at(const struct list *l, int y) {
    if (y < 0 || y >= l->height || l->top + y >= l->n)
        return -1;
    return l->top + y;
}
