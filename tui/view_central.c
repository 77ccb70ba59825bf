/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * view_central.c - mcentral: one row for each span class in use, and where its spans are.
 */
#include "tui/table.h"
#include "tui/view.h"

#include <stdlib.h>
#include <string.h>

enum { COL_CLASS, COL_ELEM, COL_NONEMPTY, COL_EMPTY, COL_MCACHE, COL_FREE, COL_OBJECTS, COL_BYTES, COLS };

static const struct table_column columns[COLS] = {
    [COL_CLASS] = {"class", 12, 9, true, 0},       [COL_ELEM] = {"elem", 7, 5, false, 0},
    [COL_NONEMPTY] = {"nonempty", 8, 8, false, 0}, [COL_EMPTY] = {"empty", 5, 8, false, 0},
    [COL_MCACHE] = {"mcache", 6, 7, false, 0},     [COL_FREE] = {"free slots", 10, 4, false, 0},
    [COL_OBJECTS] = {"objects", 8, 3, false, 0},   [COL_BYTES] = {"bytes", 8, 2, false, 0},
};

struct central_data {
    struct list list;
    struct table table;
    int sort;        /* COL_ */
    bool set;        /* sort and chosen are valid */
    uint32_t chosen; /* span class of the selected row */
    uint32_t row[SPAN_CLASSES];
    int n;
};

static uint64_t key(const struct central *c, uint32_t span_class, int col) {
    switch (col) {
    case COL_ELEM:
        return c->elem;
    case COL_NONEMPTY:
        return c->nonempty;
    case COL_EMPTY:
        return c->empty;
    case COL_MCACHE:
        return c->mcache;
    case COL_FREE:
        return c->free_slots;
    case COL_OBJECTS:
        return c->objects;
    case COL_BYTES:
        return c->bytes;
    default:
        return SPAN_CLASSES - span_class; /* small classes first */
    }
}

/* Descending, classes in order where equal. Insertion: there are never more than SPAN_CLASSES rows. */
static void collect(struct view *v) {
    struct central_data *d = v->data;
    const struct central *c = frame_central(v->x->frame);
    if (!d->set) {
        d->set = true;
        d->sort = COL_BYTES;
        d->chosen = NO_ID;
    }
    d->n = 0;
    for (uint32_t id = 0; id < SPAN_CLASSES; id++) {
        if (c[id].spans == 0)
            continue;
        int i = d->n++;
        for (; i > 0 && key(&c[d->row[i - 1]], d->row[i - 1], d->sort) < key(&c[id], id, d->sort); i--)
            d->row[i] = d->row[i - 1];
        d->row[i] = id;
    }
    for (int i = 0; i < d->n; i++)
        if (d->row[i] == d->chosen)
            d->list.selected = i;
}

static void choose(struct central_data *d) {
    if (d->list.selected >= 0 && d->list.selected < d->n)
        d->chosen = d->row[d->list.selected];
}

static enum role fill(void *arg, int row, struct table_cell *cells) {
    struct view *v = arg;
    struct central_data *d = v->data;
    uint32_t id = d->row[row];
    const struct central *c = &frame_central(v->x->frame)[id];
    const uint64_t counts[COLS] = {
        [COL_NONEMPTY] = c->nonempty, [COL_EMPTY] = c->empty, [COL_MCACHE] = c->mcache, [COL_OBJECTS] = c->objects};
    char word[TIME_TEXT];
    if (id / 2 == 0)
        snprintf(cells[COL_CLASS].text, TABLE_TEXT, "large %s", id % 2 ? "noscan" : "scan");
    else
        snprintf(cells[COL_CLASS].text, TABLE_TEXT, "%2u %s", id / 2, id % 2 ? "noscan" : "scan");
    snprintf(cells[COL_ELEM].text, TABLE_TEXT, "%s", c->elem ? bytes_text(c->elem, word) : "");
    for (int i = 0; i < COLS; i++)
        if (i == COL_NONEMPTY || i == COL_EMPTY || i == COL_MCACHE || i == COL_OBJECTS)
            snprintf(cells[i].text, TABLE_TEXT, "%s", count_text(counts[i], word));
    snprintf(cells[COL_FREE].text, TABLE_TEXT, "%s", count_text(c->free_slots, word));
    snprintf(cells[COL_BYTES].text, TABLE_TEXT, "%s", bytes_text(c->bytes, word));
    for (int i = COL_NONEMPTY; i < COLS; i++)
        if (strcmp(cells[i].text, "0") == 0)
            cells[i].role = ROLE_DIM;
    bool here = false;
    if (v->x->span != NO_ID) {
        const struct span *s = reel_span(v->x->reel, v->x->span);
        here = s->kind == SPAN_HEAP && (uint32_t)s->class * 2 + s->noscan == id;
    }
    return here ? ROLE_STRONG : ROLE_TEXT;
}

/* The class of the selected span is marked. */
static int current(struct view *v) {
    struct central_data *d = v->data;
    if (v->x->span == NO_ID)
        return -1;
    const struct span *s = reel_span(v->x->reel, v->x->span);
    for (int i = 0; i < d->n; i++)
        if (s->kind == SPAN_HEAP && d->row[i] == (uint32_t)s->class * 2 + s->noscan)
            return i;
    return -1;
}

static void draw(struct view *v, const struct pen *p) {
    struct central_data *d = v->data;
    d->n = 0;
    if (view_missing(v, p, false))
        return;
    collect(v);
    d->table = (struct table){.cols = columns, .ncols = COLS, .sorted = d->sort, .heading = p->r.h > 1};
    table_arrange(&d->table, p->r.w, ~0u);
    table_draw(&d->table, p, &d->list, d->n, current(v), v->focus, fill, v);
}

static void title(struct view *v, char *dst, size_t cap) {
    dst[0] = '\0';
    if (!reel_info(v->x->reel)->allocfree)
        return;
    const struct central *c = frame_central(v->x->frame);
    uint64_t spans = 0;
    for (int i = 0; i < SPAN_CLASSES; i++)
        spans += c[i].spans;
    char n[TIME_TEXT];
    snprintf(dst, cap, "%s spans, sorted by %s", count_text(spans, n),
             columns[((struct central_data *)v->data)->sort].name);
}

static bool act(struct view *v, enum action a) {
    struct central_data *d = v->data;
    static const int8_t by[ACT_LIMIT] = {[ACT_UP] = -1, [ACT_DOWN] = 1, [ACT_PAGE_UP] = -2, [ACT_PAGE_DOWN] = 2};
    if (by[a]) {
        int page = d->list.height > 1 ? d->list.height - 1 : 1;
        list_move(&d->list, by[a] / 2 ? by[a] / 2 * page : by[a]);
        choose(d);
        return true;
    }
    if (a == ACT_SORT) {
        d->sort = (d->sort + 1) % COLS;
        return true;
    }
    if (a == ACT_ENTER) {
        choose(d);
        if (d->n > 0)
            explorer_select_class(v->x, d->row[d->list.selected]);
        return true;
    }
    return false;
}

static void click(struct view *v, int x, int y, bool again) {
    struct central_data *d = v->data;
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
    struct central_data *d = v->data;
    list_scroll(&d->list, dir);
    choose(d);
}

const struct view_ops central_view = {.name = "mcentral",
                                      .size = sizeof(struct central_data),
                                      .title = title,
                                      .draw = draw,
                                      .act = act,
                                      .click = click,
                                      .wheel = wheel};
