/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * view_central.c - mcentral: one row for each span class in use, and where its spans are.
 */
#include "tui/rows.h"
#include "tui/view.h"

#include <string.h>

enum { COL_CLASS, COL_ELEM, COL_NONEMPTY, COL_EMPTY, COL_MCACHE, COL_FREE, COL_OBJECTS, COL_BYTES, COLS };

static const struct table_column columns[COLS] = {
    [COL_CLASS] = {"class", 12, 9, true, 0},       [COL_ELEM] = {"elem", 7, 5, false, 0},
    [COL_NONEMPTY] = {"nonempty", 8, 8, false, 0}, [COL_EMPTY] = {"empty", 5, 8, false, 0},
    [COL_MCACHE] = {"mcache", 6, 7, false, 0},     [COL_FREE] = {"free slots", 10, 4, false, 0},
    [COL_OBJECTS] = {"objects", 8, 3, false, 0},   [COL_BYTES] = {"bytes", 9, 2, false, 0},
};

struct central_data {
    struct rows rows;
};

/* By column; what isn't a count is 0. */
static void counts_of(const struct central *c, uint64_t out[COLS]) {
    const uint64_t counts[COLS] = {
        [COL_NONEMPTY] = c->nonempty, [COL_EMPTY] = c->empty,     [COL_MCACHE] = c->mcache,
        [COL_FREE] = c->free_slots,   [COL_OBJECTS] = c->objects, [COL_BYTES] = c->bytes,
    };
    memcpy(out, counts, sizeof counts);
}

/* What is shown: what is, or where differences are shown, what changed since mark A. */
static int64_t shown_count(const struct explorer *x, uint64_t id, int col) {
    uint64_t now[COLS], then[COLS] = {0};
    counts_of(&frame_central(x->frame)[id], now);
    if (x->diff)
        counts_of(&x->a.central[id], then);
    return (int64_t)(now[col] - then[col]);
}

static size_t more(void *arg, uint64_t *at, uint64_t *ids, size_t max) {
    const struct explorer *x = ((struct view *)arg)->x;
    const struct central *c = frame_central(x->frame);
    size_t got = 0;
    for (; *at < SPAN_CLASSES && got < max; ++*at)
        if (c[*at].spans > 0 || (x->diff && x->a.central[*at].spans > 0))
            ids[got++] = *at;
    return got;
}

static int64_t key(void *arg, uint64_t id, int col) {
    const struct explorer *x = ((struct view *)arg)->x;
    if (col == COL_CLASS)
        return (int64_t)id;
    if (col == COL_ELEM)
        return (int64_t)frame_central(x->frame)[id].elem;
    int64_t n = shown_count(x, id, col);
    return n < 0 ? -n : n;
}

/* The selected span's class, ROWS_NONE. */
static uint64_t class_here(const struct explorer *x) {
    const struct span *s = x->span == NO_ID ? NULL : reel_span(x->reel, x->span);
    return s && s->kind == SPAN_HEAP ? (uint64_t)s->class * 2 + s->noscan : ROWS_NONE;
}

static enum role fill(void *arg, uint64_t id, struct table_cell *cells) {
    struct view *v = arg;
    const struct central *c = &frame_central(v->x->frame)[id];
    char word[TIME_TEXT];
    if (id / 2 == 0)
        snprintf(cells[COL_CLASS].text, TABLE_TEXT, "large %s", id % 2 ? "noscan" : "scan");
    else
        snprintf(cells[COL_CLASS].text, TABLE_TEXT, "%2u %s", (unsigned)id / 2, id % 2 ? "noscan" : "scan");
    uint64_t elem = c->elem ? c->elem : v->x->diff ? v->x->a.central[id].elem : 0;
    snprintf(cells[COL_ELEM].text, TABLE_TEXT, "%s", elem ? bytes_text(elem, word) : "");
    for (int i = COL_NONEMPTY; i < COLS; i++) {
        int64_t n = shown_count(v->x, id, i);
        enum role role = explorer_change(n, i == COL_BYTES, cells[i].text, TABLE_TEXT);
        cells[i].role = n == 0 ? ROLE_DIM : v->x->diff ? role : ROLE_TEXT;
        if (!v->x->diff && n > 0) /* no sign */
            memmove(cells[i].text, cells[i].text + 1, strlen(cells[i].text));
    }
    return id == class_here(v->x) ? ROLE_STRONG : ROLE_TEXT;
}

static bool wanted(void *arg, uint64_t id) {
    return explorer_class_wanted(((struct view *)arg)->x, (uint32_t)id);
}

static const struct rows_source source = {.cols = columns,
                                          .ncols = COLS,
                                          .least_first = 1u << COL_CLASS,
                                          .more = more,
                                          .key = key,
                                          .fill = fill,
                                          .wanted = wanted,
                                          .narrow = NARROW_CLASSES + 1};

static void draw(struct view *v, const struct pen *p) {
    struct central_data *d = v->data;
    if (view_missing(v, p, false))
        return;
    rows_setup(&d->rows, &source, v, COL_BYTES);
    rows_narrow(&d->rows, v->x->narrow[NARROW_CLASSES]);
    rows_renew(&d->rows, explorer_stamp(v->x));
    rows_work(&d->rows, ROWS_SLICE); /* never more than SPAN_CLASSES rows */
    rows_draw(&d->rows, p, ~0u, class_here(v->x), v->focus);
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
    if (v->x->diff) {
        snprintf(dst, cap, "since A at %s", time_text(v->x->a.at.t, n));
        return;
    }
    snprintf(dst, cap, "%s span%s, sorted by %s", count_text(spans, n), spans == 1 ? "" : "s",
             columns[((struct central_data *)v->data)->rows.sort].name);
}

static bool answer(struct view *v, enum rows_answer got) {
    struct central_data *d = v->data;
    if (got == ROWS_ENTERED)
        v->x->want = link_to(LINK_CLASS, rows_chosen(&d->rows));
    return got != ROWS_NOT_MINE;
}

static bool act(struct view *v, enum action a) {
    struct central_data *d = v->data;
    if (!d->rows.source)
        return false;
    if (a == ACT_OTHER && rows_chosen(&d->rows) != ROWS_NONE) {
        explorer_select_class(v->x, (uint32_t)rows_chosen(&d->rows));
        return true;
    }
    return answer(v, rows_act(&d->rows, a == ACT_PAGE ? ACT_ENTER : a));
}

static void click(struct view *v, int x, int y, bool again) {
    struct central_data *d = v->data;
    if (d->rows.source)
        answer(v, rows_click(&d->rows, x, y, again));
}

static void wheel(struct view *v, int dir) {
    struct central_data *d = v->data;
    rows_wheel(&d->rows, dir);
}

static struct rows *sorted(struct view *v) {
    struct central_data *d = v->data;
    rows_setup(&d->rows, &source, v, COL_BYTES);
    return &d->rows;
}

static void done(struct view *v) {
    struct central_data *d = v->data;
    rows_free(&d->rows);
}

static const char *const words[] = {"mcentral", "span class", "place", "refill", NULL};

const struct view_ops central_view = {.name = "mcentral",
                                      .words = words,
                                      .size = sizeof(struct central_data),
                                      .title = title,
                                      .draw = draw,
                                      .act = act,
                                      .click = click,
                                      .wheel = wheel,
                                      .rows = sorted,
                                      .done = done};
