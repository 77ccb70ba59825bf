/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * view_types.c - live objects by type, and what changed since mark A.
 */
#include "tui/rows.h"
#include "tui/view.h"

#include <string.h>

enum { COL_TYPE, COL_LIVE, COL_BYTES, COL_DLIVE, COL_DBYTES, COLS };

static const struct table_column columns[COLS] = {
    [COL_TYPE] = {"type", 0, 9, true, 14},     [COL_LIVE] = {"live", 8, 6, false, 0},
    [COL_BYTES] = {"bytes", 8, 7, false, 0},   [COL_DLIVE] = {"live +/-", 9, 4, false, 0},
    [COL_DBYTES] = {"change", 9, 5, false, 0},
};

struct types_data {
    struct rows rows;
    bool had_diff;
};

/* ------------------------------------------------------------------ rows */

struct row {
    struct type_count now;
    int64_t d_live, d_bytes; /* since mark A */
};

static struct row row_of(const struct explorer *x, uint32_t type) {
    struct row r = {.now = frame_type(x->frame, type)};
    struct type_count a = {0};
    if (x->a.set && type < x->a.n)
        a = x->a.types[type];
    r.d_live = (int64_t)(r.now.live - a.live);
    r.d_bytes = (int64_t)(r.now.bytes - a.bytes);
    return r;
}

static size_t more(void *arg, uint64_t *at, uint64_t *ids, size_t max) {
    const struct explorer *x = ((struct view *)arg)->x;
    uint32_t n = reel_types(x->reel), seen = 0;
    size_t got = 0;
    for (; *at < n && got < max && seen < ROWS_SLICE; ++*at, seen++) {
        struct row r = row_of(x, (uint32_t)*at);
        bool any = r.now.live > 0 || (x->diff && (r.d_live != 0 || r.d_bytes != 0));
        if (any)
            ids[got++] = *at;
    }
    return got;
}

static int64_t magnitude(int64_t v) {
    return v < 0 ? -v : v;
}

static int64_t key(void *arg, uint64_t id, int col) {
    const struct explorer *x = ((struct view *)arg)->x;
    struct row r = row_of(x, (uint32_t)id);
    const int64_t keys[COLS] = {
        [COL_TYPE] = col == COL_TYPE ? rows_text_key(reel_type(x->reel, (uint32_t)id)->name) : 0,
        [COL_LIVE] = (int64_t)r.now.live,
        [COL_BYTES] = (int64_t)r.now.bytes,
        [COL_DLIVE] = magnitude(r.d_live),
        [COL_DBYTES] = magnitude(r.d_bytes),
    };
    return keys[col];
}

static int tie(void *arg, int col, uint64_t a, uint64_t b) {
    const reel *r = ((struct view *)arg)->x->reel;
    return col == COL_TYPE ? rows_text_tie(reel_type(r, (uint32_t)a)->name, reel_type(r, (uint32_t)b)->name) : 0;
}

/* ------------------------------------------------------------------ drawing */

static enum role fill(void *arg, uint64_t id, struct table_cell *cells) {
    const struct explorer *x = ((struct view *)arg)->x;
    struct row r = row_of(x, (uint32_t)id);
    char word[TIME_TEXT];
    explorer_type(x, (uint32_t)id, cells[COL_TYPE].text, TABLE_TEXT);
    snprintf(cells[COL_LIVE].text, TABLE_TEXT, "%s", count_text(r.now.live, word));
    snprintf(cells[COL_BYTES].text, TABLE_TEXT, "%s", bytes_text(r.now.bytes, word));
    cells[COL_DLIVE].role = explorer_change(r.d_live, false, cells[COL_DLIVE].text, TABLE_TEXT);
    cells[COL_DBYTES].role = explorer_change(r.d_bytes, true, cells[COL_DBYTES].text, TABLE_TEXT);
    if (id == 0)
        cells[COL_TYPE].role = ROLE_DIM;
    return ROLE_TEXT;
}

static bool wanted(void *arg, uint64_t id) {
    return explorer_type_wanted(((struct view *)arg)->x, (uint32_t)id);
}

static const struct rows_source source = {.cols = columns,
                                          .ncols = COLS,
                                          .least_first = 1u << COL_TYPE,
                                          .more = more,
                                          .key = key,
                                          .tie = tie,
                                          .fill = fill,
                                          .wanted = wanted,
                                          .narrow = NARROW_TYPES + 1};

/* Where differences are shown, what changed most since then comes first, unless the person has chosen an order. */
static void sort_for(struct rows *r, bool diff) {
    int usual = diff ? COL_DBYTES : COL_BYTES;
    bool gone = !diff && (r->sort == COL_DBYTES || r->sort == COL_DLIVE);
    if (r->sort != r->usual && !gone)
        return;
    rows_sort(r, usual);
    r->usual = usual;
}

static bool work(struct view *v) {
    struct types_data *d = v->data;
    const struct explorer *x = v->x;
    rows_setup(&d->rows, &source, v, COL_BYTES);
    if (x->diff != d->had_diff) {
        d->had_diff = x->diff;
        sort_for(&d->rows, x->diff);
    }
    rows_narrow(&d->rows, x->narrow[NARROW_TYPES]);
    rows_renew(&d->rows, explorer_stamp(x));
    bool some = d->rows.state != ROWS_SETTLED;
    rows_work(&d->rows, ROWS_SLICE);
    return some;
}

static void draw(struct view *v, const struct pen *p) {
    struct types_data *d = v->data;
    if (view_missing(v, p, false))
        return;
    unsigned wanted = 1u << COL_TYPE | 1u << COL_LIVE | 1u << COL_BYTES;
    if (v->x->diff)
        wanted |= 1u << COL_DLIVE | 1u << COL_DBYTES;
    work(v);
    rows_draw(&d->rows, p, wanted, ROWS_NONE, v->focus);
}

static void title(struct view *v, char *dst, size_t cap) {
    struct explorer *x = v->x;
    char t[TIME_TEXT];
    dst[0] = '\0';
    if (x->diff && reel_info(x->reel)->allocfree)
        snprintf(dst, cap, "since A at %s", time_text(x->a.at.t, t));
    else if (reel_info(x->reel)->allocfree)
        snprintf(dst, cap, "%s live object%s", count_text(frame_totals(x->frame)->objects, t),
                 frame_totals(x->frame)->objects == 1 ? "" : "s");
}

/* ------------------------------------------------------------------ keys */

/* The map shows the selected type, where it shows one. */
static bool answer(struct view *v, enum rows_answer got) {
    struct types_data *d = v->data;
    uint64_t type = rows_chosen(&d->rows);
    if (got != ROWS_NOT_MINE && type != ROWS_NONE)
        v->x->map_type = (uint32_t)type;
    if (got == ROWS_ENTERED)
        v->x->want = link_to(LINK_TYPE, rows_chosen(&d->rows));
    return got != ROWS_NOT_MINE;
}

static bool act(struct view *v, enum action a) {
    struct types_data *d = v->data;
    if (!d->rows.source)
        return false;
    if (a == ACT_OTHER && rows_chosen(&d->rows) != ROWS_NONE) {
        explorer_find_live(v->x, (uint32_t)rows_chosen(&d->rows));
        return true;
    }
    return answer(v, rows_act(&d->rows, a == ACT_PAGE ? ACT_ENTER : a));
}

static void click(struct view *v, int x, int y, bool again) {
    struct types_data *d = v->data;
    if (d->rows.source)
        answer(v, rows_click(&d->rows, x, y, again));
}

static void wheel(struct view *v, int dir) {
    struct types_data *d = v->data;
    rows_wheel(&d->rows, dir);
}

static struct rows *sorted(struct view *v) {
    struct types_data *d = v->data;
    rows_setup(&d->rows, &source, v, COL_BYTES);
    return &d->rows;
}

static void done(struct view *v) {
    struct types_data *d = v->data;
    rows_free(&d->rows);
}

static const char *const words[] = {"type", "live", NULL};

const struct view_ops types_view = {.name = "types",
                                    .words = words,
                                    .size = sizeof(struct types_data),
                                    .title = title,
                                    .draw = draw,
                                    .work = work,
                                    .act = act,
                                    .click = click,
                                    .wheel = wheel,
                                    .rows = sorted,
                                    .done = done};
