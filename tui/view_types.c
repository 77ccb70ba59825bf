/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * view_types.c - live objects by type, and what changed since mark A.
 */
#include "tui/table.h"
#include "tui/view.h"

#include <stdlib.h>
#include <string.h>

enum { COL_TYPE, COL_LIVE, COL_BYTES, COL_DLIVE, COL_DBYTES, COLS };

static const struct table_column columns[COLS] = {
    [COL_TYPE] = {"type", 0, 9, true, 14},     [COL_LIVE] = {"live", 8, 6, false, 0},
    [COL_BYTES] = {"bytes", 8, 7, false, 0},   [COL_DLIVE] = {"live +/-", 9, 4, false, 0},
    [COL_DBYTES] = {"change", 9, 5, false, 0},
};

struct row {
    uint32_t type;
    uint64_t live, bytes;
    int64_t d_live, d_bytes;
};

struct types_data {
    struct list list;
    struct table table;
    int sort; /* COL_ */
    bool set, had_mark;
    uint32_t chosen; /* type of the selected row */
    struct row *rows;
    int n;
    size_t cap;
};

/* ------------------------------------------------------------------ rows */

static int64_t magnitude(int64_t v) {
    return v < 0 ? -v : v;
}

static int by_type(const void *pa, const void *pb) {
    const struct row *a = pa, *b = pb;
    return (a->type > b->type) - (a->type < b->type);
}

#define DESCENDING(field, of)                                                                                          \
    static int by_##field(const void *pa, const void *pb) {                                                            \
        const struct row *a = pa, *b = pb;                                                                             \
        return of(a->field) != of(b->field) ? (of(a->field) < of(b->field) ? 1 : -1) : by_type(pa, pb);                \
    }
#define AS_IS(v) (v)
DESCENDING(live, AS_IS)
DESCENDING(bytes, AS_IS)
DESCENDING(d_live, magnitude)
DESCENDING(d_bytes, magnitude)

static int (*const orders[COLS])(const void *, const void *) = {[COL_TYPE] = by_type,
                                                                [COL_LIVE] = by_live,
                                                                [COL_BYTES] = by_bytes,
                                                                [COL_DLIVE] = by_d_live,
                                                                [COL_DBYTES] = by_d_bytes};

static void collect(struct view *v) {
    struct types_data *d = v->data;
    struct explorer *x = v->x;
    uint32_t n = reel_types(x->reel);
    if (!d->set) {
        d->set = true;
        d->sort = COL_BYTES;
        d->chosen = NO_ID;
    }
    if (x->a.set != d->had_mark) {
        d->had_mark = x->a.set;
        d->sort = x->a.set ? COL_DBYTES : COL_BYTES;
    }
    d->n = 0;
    if (n > d->cap) {
        struct row *rows = realloc(d->rows, n * sizeof *rows);
        if (!rows)
            return;
        d->rows = rows;
        d->cap = n;
    }
    for (uint32_t i = 0; i < n; i++) {
        struct type_count c = frame_type(x->frame, i), a = {0};
        if (x->a.set && i < x->a.n)
            a = x->a.types[i];
        struct row r = {.type = i,
                        .live = c.live,
                        .bytes = c.bytes,
                        .d_live = (int64_t)(c.live - a.live),
                        .d_bytes = (int64_t)(c.bytes - a.bytes)};
        if (c.live > 0 || (x->a.set && (r.d_live != 0 || r.d_bytes != 0)))
            d->rows[d->n++] = r;
    }
    if (d->n > 1)
        qsort(d->rows, (size_t)d->n, sizeof *d->rows, orders[d->sort]);
    for (int i = 0; i < d->n; i++)
        if (d->rows[i].type == d->chosen)
            d->list.selected = i;
}

static void choose(struct types_data *d) {
    if (d->list.selected >= 0 && d->list.selected < d->n)
        d->chosen = d->rows[d->list.selected].type;
}

/* ------------------------------------------------------------------ drawing */

static enum role difference(struct table_cell *c, int64_t by, bool bytes) {
    char word[TIME_TEXT];
    uint64_t size = (uint64_t)magnitude(by);
    snprintf(c->text, TABLE_TEXT, "%s%s",
             by > 0   ? "+"
             : by < 0 ? "-"
                      : "",
             bytes ? bytes_text(size, word) : count_text(size, word));
    return by > 0 ? ROLE_MORE : by < 0 ? ROLE_LESS : ROLE_DIM;
}

static enum role fill(void *arg, int row, struct table_cell *cells) {
    struct view *v = arg;
    const struct types_data *d = v->data;
    const struct row *r = &d->rows[row];
    char word[TIME_TEXT];
    explorer_type(v->x, r->type, cells[COL_TYPE].text, TABLE_TEXT);
    snprintf(cells[COL_LIVE].text, TABLE_TEXT, "%s", count_text(r->live, word));
    snprintf(cells[COL_BYTES].text, TABLE_TEXT, "%s", bytes_text(r->bytes, word));
    cells[COL_DLIVE].role = difference(&cells[COL_DLIVE], r->d_live, false);
    cells[COL_DBYTES].role = difference(&cells[COL_DBYTES], r->d_bytes, true);
    if (r->type == 0)
        cells[COL_TYPE].role = ROLE_DIM;
    return ROLE_TEXT;
}

static void draw(struct view *v, const struct pen *p) {
    struct types_data *d = v->data;
    d->n = 0;
    if (view_missing(v, p, false))
        return;
    collect(v);
    d->table = (struct table){.cols = columns, .ncols = COLS, .sorted = d->sort, .heading = p->r.h > 1};
    unsigned wanted = 1u << COL_TYPE | 1u << COL_LIVE | 1u << COL_BYTES;
    if (v->x->a.set)
        wanted |= 1u << COL_DLIVE | 1u << COL_DBYTES;
    table_arrange(&d->table, p->r.w, wanted);
    table_draw(&d->table, p, &d->list, d->n, -1, v->focus, fill, v);
}

static void title(struct view *v, char *dst, size_t cap) {
    struct explorer *x = v->x;
    char t[TIME_TEXT];
    dst[0] = '\0';
    if (x->a.set && reel_info(x->reel)->allocfree)
        snprintf(dst, cap, "since A at %s", time_text(x->a.at.t, t));
    else if (reel_info(x->reel)->allocfree)
        snprintf(dst, cap, "%s live objects", count_text(frame_totals(x->frame)->objects, t));
}

/* ------------------------------------------------------------------ keys */

static bool act(struct view *v, enum action a) {
    struct types_data *d = v->data;
    static const int8_t by[ACT_LIMIT] = {[ACT_UP] = -1, [ACT_DOWN] = 1, [ACT_PAGE_UP] = -2, [ACT_PAGE_DOWN] = 2};
    if (by[a]) {
        int page = d->list.height > 1 ? d->list.height - 1 : 1;
        list_move(&d->list, by[a] / 2 ? by[a] / 2 * page : by[a]);
        choose(d);
        return true;
    }
    if (a == ACT_SORT) {
        d->sort = (d->sort + 1) % (v->x->a.set ? COLS : COL_DLIVE);
        return true;
    }
    if (a == ACT_ENTER) {
        choose(d);
        if (d->n > 0)
            explorer_find_live(v->x, d->rows[d->list.selected].type);
        return true;
    }
    return false;
}

static void click(struct view *v, int x, int y, bool again) {
    struct types_data *d = v->data;
    (void)x;
    int row = table_row_at(&d->table, &d->list, y);
    if (row < 0 || row >= d->n)
        return;
    list_select(&d->list, row);
    choose(d);
    if (again)
        act(v, ACT_ENTER);
}

static void wheel(struct view *v, int dir) {
    struct types_data *d = v->data;
    list_scroll(&d->list, dir);
    choose(d);
}

static void done(struct view *v) {
    struct types_data *d = v->data;
    free(d->rows);
}

const struct view_ops types_view = {.name = "types",
                                    .size = sizeof(struct types_data),
                                    .title = title,
                                    .draw = draw,
                                    .act = act,
                                    .click = click,
                                    .wheel = wheel,
                                    .done = done};
