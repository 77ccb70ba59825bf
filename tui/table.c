/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * table.c - see table.h.
 */
#include "tui/table.h"

#include <string.h>

static int needed(const struct table *t, unsigned shown) {
    int w = 1;
    for (int i = 0; i < t->ncols; i++)
        if (shown >> i & 1)
            w += (t->cols[i].width ? t->cols[i].width : t->cols[i].least) + 1;
    return w;
}

/* The column that rows go by stays as long as any but the first in rank: what a list is sorted by is to be seen. */
static int rank(const struct table *t, int i, int first) {
    return i == first ? 256 : i == t->sorted ? 255 : t->cols[i].keep;
}

void table_arrange(struct table *t, int width, unsigned wanted) {
    unsigned shown = wanted & ((1u << t->ncols) - 1);
    int first = -1;
    t->cut = false;
    for (int i = 0; i < t->ncols; i++)
        if (shown >> i & 1 && (first < 0 || t->cols[i].keep > t->cols[first].keep))
            first = i;
    while (needed(t, shown) > width) {
        int least = -1;
        for (int i = 0; i < t->ncols; i++)
            if (shown >> i & 1 && (least < 0 || rank(t, i, first) <= rank(t, least, first)))
                least = i;
        if (least < 0 || !(shown & (shown - 1)))
            break;
        shown &= ~(1u << least);
        t->cut = true;
    }
    int rest = width - needed(t, shown), x = 1;
    for (int i = 0; i < t->ncols; i++) {
        t->x[i] = x;
        t->w[i] = 0;
        if (!(shown >> i & 1))
            continue;
        t->w[i] = t->cols[i].width ? t->cols[i].width : t->cols[i].least + rest;
        if (t->w[i] < 1)
            t->w[i] = 1;
        x += t->w[i] + 1;
    }
}

static void put(const struct table *t, const struct pen *p, int i, int y, enum role role, const char *s) {
    int w = text_columns(s);
    if (t->cols[i].left || w >= t->w[i])
        pen_text_max(p, t->x[i], y, t->w[i], role, s);
    else
        pen_text(p, t->x[i] + t->w[i] - w, y, role, s);
}

static void draw_heading(const struct table *t, const struct pen *p) {
    for (int i = 0; i < t->ncols; i++) {
        if (!t->w[i])
            continue;
        put(t, p, i, 0, i == t->sorted ? ROLE_STRONG : ROLE_COLUMN, t->cols[i].name);
        if (i == t->sorted) {
            int w = text_columns(t->cols[i].name), x = t->x[i] + t->w[i] - w - 1;
            if (t->cols[i].left)
                x = t->x[i] + w;
            pen_glyph(p, x, 0, ROLE_STRONG, t->ascending ? GLYPH_LEAST_FIRST : GLYPH_MOST_FIRST);
        }
    }
}

static void draw_row(const struct table *t, const struct pen *p, int y, struct table_cell *cells, enum role role) {
    for (int i = 0; i < t->ncols; i++)
        if (t->w[i])
            put(t, p, i, y, cells[i].role != ROLE_TEXT ? cells[i].role : role, cells[i].text);
}

/* Rows above and below those in view, told by the column that tables leave free at the right. */
static void draw_more(const struct pen *p, int y, const struct list *l, int n) {
    if (l->height > 1 && l->top > 0)
        pen_glyph(p, p->r.w - 1, y, ROLE_KEY, GLYPH_LEAST_FIRST);
    if (l->height > 0 && l->top + l->height < n)
        pen_glyph(p, p->r.w - 1, y + l->height - 1, ROLE_KEY, GLYPH_MOST_FIRST);
}

void table_draw(const struct table *t, const struct pen *p, struct list *l, int n, int current, bool focus,
                table_row fill, void *arg) {
    int top = t->heading ? 1 : 0;
    if (t->heading)
        draw_heading(t, p);
    list_fit(l, n, p->r.h - top);
    for (int y = 0; y < l->height && l->top + y < n; y++) {
        struct table_cell cells[TABLE_MAX];
        int row = l->top + y;
        for (int i = 0; i < t->ncols; i++)
            cells[i] = (struct table_cell){.text = "", .role = ROLE_TEXT};
        enum role role = fill(arg, row, cells);
        draw_row(t, p, top + y, cells, role);
        if (row == current)
            pen_glyph(p, 0, top + y, ROLE_STRONG, GLYPH_CURRENT);
        if (row == l->selected && focus)
            pen_tint(p, 0, top + y, p->r.w, ROLE_SELECT);
        else if (row == l->selected)
            pen_look(p, 1, top + y, p->r.w - 1, LOOK_BOLD);
    }
    draw_more(p, top, l, n);
}

int table_row_at(const struct table *t, const struct list *l, int y) {
    return list_row_at(l, y - (t->heading ? 1 : 0));
}

int table_column_at(const struct table *t, int x) {
    for (int i = 0; i < t->ncols; i++)
        if (t->w[i] && x >= t->x[i] - 1 && x < t->x[i] + t->w[i])
            return i;
    return -1;
}
