/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rows.c - see rows.h. Runs of RUN rows are sorted as they are collected, then merged pass by pass from one array into
 * another; a pass can stop anywhere and go on later. `from` always holds every row collected.
 */
#include "tui/rows.h"

#include <stdlib.h>
#include <string.h>

enum {
    RUN = 16,
    CHUNK = 1024,
    COSTLY = 16,  /* such keys in a chunk */
    NARROWED = 64 /* rows to be asked of a filter */
};

/* ------------------------------------------------------------------ life */

static void restart(struct rows *r) {
    r->state = ROWS_COLLECTING;
    r->count = r->lo = 0;
    r->at = r->all = 0;
    r->memory_short = false;
}

void rows_setup(struct rows *r, const struct rows_source *source, void *arg, int sort) {
    r->arg = arg;
    if (r->source)
        return;
    r->source = source;
    r->sort = r->usual = sort;
    r->chosen = ROWS_NONE;
    r->fresh = true;
}

void rows_free(struct rows *r) {
    free(r->shown);
    free(r->from);
    free(r->to);
    *r = (struct rows){0};
}

void rows_renew(struct rows *r, uint64_t stamp) {
    if (!r->fresh && r->stamp == stamp)
        return;
    r->stamp = stamp;
    r->fresh = false;
    restart(r);
}

void rows_narrow(struct rows *r, bool narrowed) {
    r->narrowed = narrowed && r->source->wanted;
}

void rows_sort(struct rows *r, int col) {
    r->turned = false;
    r->sort = col;
    if (!r->fresh)
        restart(r);
}

struct rows_order rows_order(const struct rows *r) {
    struct rows_order o = {.turned = r->turned, .hidden = (uint8_t)r->hidden};
    int line = r->list.selected - r->list.top;
    if (r->list.selected >= 0 && line >= 0 && line < r->list.height && line < INT16_MAX)
        o.line = (int16_t)(line + 1);
    if (r->source && r->sort != r->usual && r->sort < r->source->ncols)
        snprintf(o.column, sizeof o.column, "%s", r->source->cols[r->sort].name);
    return o;
}

bool rows_put_order(struct rows *r, const struct rows_order *o) {
    int col = o->column[0] ? 0 : r->usual < 0 ? r->sort : r->usual;
    while (o->column[0] && col < r->source->ncols && strcmp(r->source->cols[col].name, o->column) != 0)
        col++;
    if (o->column[0] && col == r->source->ncols)
        return false;
    if (col != r->sort || o->turned != r->turned)
        rows_sort(r, col);
    r->turned = o->turned;
    r->hidden = o->hidden;
    r->line = o->line;
    return true;
}

/* ------------------------------------------------------------------ order */

/* Keys are stored so that the least comes first. */
static int64_t stored_key(const struct rows *r, uint64_t id) {
    int64_t k = r->source->key(r->arg, id, r->sort);
    bool least = (r->source->least_first >> r->sort & 1) != 0;
    return least != r->turned ? k : ~k;
}

static int compare(const struct rows *r, const struct rows_item *a, const struct rows_item *b) {
    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    int tie = r->source->tie ? r->source->tie(r->arg, r->sort, a->id, b->id) : 0;
    if (tie)
        return r->turned ? -tie : tie;
    return (a->id > b->id) - (a->id < b->id);
}

/* The place of an item in the settled order: the first that isn't before it. */
static size_t place_of(const struct rows *r, const struct rows_item *x) {
    size_t lo = 0, hi = r->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (compare(r, &r->shown[mid], x) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* A chosen row that is no more leaves the selection where it is. */
static void select_chosen(struct rows *r) {
    if (r->edge != 0 && r->n > 0)
        r->chosen = r->shown[r->edge < 0 ? 0 : r->n - 1].id;
    r->edge = 0;
    if (r->chosen == ROWS_NONE || r->n == 0)
        return;
    struct rows_item x = {.key = stored_key(r, r->chosen), .id = r->chosen};
    size_t at = place_of(r, &x);
    if (at >= r->n || at > INT32_MAX || r->shown[at].id != r->chosen)
        return;
    r->list.n = r->n > INT32_MAX ? INT32_MAX : (int)r->n;
    list_select(&r->list, (int)at);
    if (r->line > 0)
        r->list.top = (int)at - r->line + 1;
    r->line = 0;
}

/* ------------------------------------------------------------------ collecting and merging */

static bool make_room(struct rows *r, size_t n) {
    if (n <= r->cap)
        return true;
    size_t cap = r->cap * 2 > n ? r->cap * 2 : n;
    struct rows_item *from = realloc(r->from, cap * sizeof *from);
    if (from)
        r->from = from;
    struct rows_item *to = from ? realloc(r->to, cap * sizeof *to) : NULL;
    if (!to)
        return false;
    r->to = to;
    r->cap = cap;
    return true;
}

static void sort_run(const struct rows *r, struct rows_item *x, size_t n) {
    for (size_t i = 1; i < n; i++) {
        struct rows_item one = x[i];
        size_t j = i;
        for (; j > 0 && compare(r, &one, &x[j - 1]) < 0; j--)
            x[j] = x[j - 1];
        x[j] = one;
    }
}

/* While rows are collected, lo is where the first run begins that isn't sorted. */
static void sort_runs(struct rows *r, size_t least) {
    while (r->count - r->lo >= least && r->lo < r->count) {
        size_t n = r->count - r->lo < RUN ? r->count - r->lo : RUN;
        sort_run(r, r->from + r->lo, n);
        r->lo += n;
    }
}

static void begin_merging(struct rows *r) {
    sort_runs(r, 1);
    r->state = ROWS_MERGING;
    r->width = RUN;
    r->lo = r->i = 0;
    r->j = RUN < r->count ? RUN : r->count;
}

static size_t keep_wanted(const struct rows *r, uint64_t *ids, size_t n) {
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (!r->narrowed || r->source->wanted(r->arg, ids[i]))
            ids[kept++] = ids[i];
    return kept;
}

static size_t collect(struct rows *r) {
    uint64_t ids[CHUNK], before = r->at;
    bool costly = (r->source->costly >> r->sort & 1) != 0;
    size_t n = r->source->more(r->arg, &r->at, ids, costly ? COSTLY : r->narrowed ? NARROWED : CHUNK);
    r->all += n;
    n = keep_wanted(r, ids, n);
    if (n > 0 && !make_room(r, r->count + n)) {
        r->memory_short = true;
        n = 0;
    } else if (n == 0 && r->at != before) {
        return CHUNK; /* looked at some, none of them is a row */
    }
    for (size_t i = 0; i < n; i++)
        r->from[r->count + i] = (struct rows_item){.key = stored_key(r, ids[i]), .id = ids[i]};
    r->count += n;
    sort_runs(r, RUN);
    if (n == 0)
        begin_merging(r);
    return CHUNK;
}

static void settle(struct rows *r) {
    struct rows_item *old = r->shown;
    size_t cap = r->cap_shown;
    r->shown = r->from;
    r->cap_shown = r->cap;
    r->n = r->count;
    r->shown_all = r->all;
    r->state = ROWS_SETTLED;
    /* The old order's room serves the next sorting, where it is large enough. */
    r->from = old;
    if (cap < r->cap) {
        free(r->from);
        free(r->to);
        r->from = r->to = NULL;
        r->cap = 0;
    }
    select_chosen(r);
}

static size_t run_end(const struct rows *r, size_t from) {
    return from + r->width < r->count ? from + r->width : r->count;
}

/* Merge on within the present pair of runs. */
static size_t merge(struct rows *r, size_t budget) {
    if (r->width >= r->count) {
        settle(r);
        return 1;
    }
    size_t mid = run_end(r, r->lo), end = run_end(r, mid), done = 0;
    while (done < budget && (r->i < mid || r->j < end)) {
        bool left = r->j >= end || (r->i < mid && compare(r, &r->from[r->i], &r->from[r->j]) <= 0);
        size_t k = r->i + r->j - mid;
        r->to[k] = r->from[left ? r->i : r->j];
        r->i += left;
        r->j += !left;
        done++;
    }
    if (r->i < mid || r->j < end)
        return done;
    r->lo = end;
    if (end == r->count) {
        struct rows_item *x = r->from;
        r->from = r->to;
        r->to = x;
        r->lo = 0;
        r->width *= 2;
    }
    r->i = r->lo;
    r->j = run_end(r, r->lo);
    return done + 1;
}

bool rows_work(struct rows *r, size_t budget) {
    size_t done = 0;
    while (r->state != ROWS_SETTLED && done < budget)
        done += r->state == ROWS_COLLECTING ? collect(r) : merge(r, budget - done);
    return r->state != ROWS_SETTLED;
}

/* ------------------------------------------------------------------ rows on the screen */

/* The very first time there is no old order to show. */
static const struct rows_item *on_screen(const struct rows *r, size_t *n) {
    bool first = r->n == 0 && r->state != ROWS_SETTLED;
    *n = first ? r->count : r->n;
    if (*n > INT32_MAX)
        *n = INT32_MAX;
    return first ? r->from : r->shown;
}

size_t rows_count(const struct rows *r) {
    size_t n;
    on_screen(r, &n);
    return n;
}

uint64_t rows_all(const struct rows *r) {
    return r->n == 0 && r->state != ROWS_SETTLED ? r->all : r->shown_all;
}

uint64_t rows_id(const struct rows *r, size_t row) {
    size_t n;
    const struct rows_item *x = on_screen(r, &n);
    return row < n ? x[row].id : ROWS_NONE;
}

uint64_t rows_chosen(const struct rows *r) {
    return r->list.selected < 0 ? ROWS_NONE : rows_id(r, (size_t)r->list.selected);
}

void rows_choose(struct rows *r, uint64_t id) {
    r->chosen = id;
    r->edge = 0;
    if (r->state == ROWS_SETTLED)
        select_chosen(r);
}

static void take_choice(struct rows *r) {
    r->chosen = rows_chosen(r);
    r->edge = 0;
}

/* Of the old order for now; and once the new one is settled, of that. */
static void go_to_edge(struct rows *r, int edge) {
    list_select(&r->list, edge < 0 ? 0 : r->list.n);
    take_choice(r);
    r->edge = r->fresh || r->state != ROWS_SETTLED ? edge : 0;
}

static enum role fill_row(void *arg, int row, struct table_cell *cells) {
    struct rows *r = arg;
    return r->source->fill(r->arg, rows_id(r, (size_t)row), cells);
}

/* Rows in view are few: the marked one is looked for among them. */
static int row_in_view(const struct rows *r, uint64_t id) {
    for (int y = 0; id != ROWS_NONE && y < r->list.height; y++)
        if (rows_id(r, (size_t)(r->list.top + y)) == id)
            return r->list.top + y;
    return -1;
}

/* The columns behind the first of those that are wanted, from the left, as many as are hidden. */
static unsigned hidden_columns(const struct rows *r, unsigned wanted) {
    unsigned hidden = 0;
    int first = -1, left = r->hidden;
    for (int i = 0; i < r->source->ncols && left > 0; i++) {
        if (!(wanted >> i & 1))
            continue;
        if (first < 0)
            first = i;
        else if (left-- > 0)
            hidden |= 1u << i;
    }
    return hidden;
}

void rows_draw(struct rows *r, const struct pen *p, unsigned wanted, uint64_t current, bool focus) {
    int n = (int)rows_count(r);
    bool least = (r->source->least_first >> r->sort & 1) != 0;
    r->table = (struct table){.cols = r->source->cols,
                              .ncols = r->source->ncols,
                              .sorted = r->sort,
                              .ascending = least != r->turned,
                              .heading = p->r.h > 1 && !r->plain};
    table_arrange(&r->table, p->r.w, wanted & ~hidden_columns(r, wanted));
    list_fit(&r->list, n, p->r.h - (r->table.heading ? 1 : 0));
    table_draw(&r->table, p, &r->list, n, row_in_view(r, current), focus, fill_row, r);
    if (r->table.heading && (r->table.cut || r->hidden > 0))
        pen_glyph(p, p->r.w - 1, 0, ROLE_KEY, GLYPH_MORE);
}

/* ------------------------------------------------------------------ keys and mouse */

/* The next column that is on the screen. */
static void sort_next(struct rows *r, int by) {
    int n = r->source->ncols, col = r->sort;
    for (int i = 0; i < n; i++) {
        col = (col + by + n) % n;
        if (r->table.w[col] > 0)
            break;
    }
    rows_sort(r, col);
}

enum rows_answer rows_act(struct rows *r, enum action a) {
    static const int8_t by[ACT_LIMIT] = {[ACT_UP] = -1, [ACT_DOWN] = 1, [ACT_PAGE_UP] = -2, [ACT_PAGE_DOWN] = 2};
    if (by[a]) {
        int page = r->list.height > 1 ? r->list.height - 1 : 1;
        list_move(&r->list, by[a] / 2 ? by[a] / 2 * page : by[a]);
        take_choice(r);
        return ROWS_MOVED;
    }
    if (a == ACT_TOP || a == ACT_BOTTOM) {
        go_to_edge(r, a == ACT_TOP ? -1 : 1);
        return ROWS_MOVED;
    }
    if (a == ACT_COLUMNS) { /* until all that are left have room */
        r->hidden = r->table.cut ? r->hidden + 1 : 0;
        return ROWS_MOVED;
    }
    if (a == ACT_SORT) {
        sort_next(r, 1);
        return ROWS_MOVED;
    }
    if (a == ACT_SORT_TURN) {
        r->turned = !r->turned;
        restart(r);
        return ROWS_MOVED;
    }
    if (a != ACT_ENTER)
        return ROWS_NOT_MINE;
    take_choice(r);
    return r->chosen == ROWS_NONE ? ROWS_MOVED : ROWS_ENTERED;
}

enum rows_answer rows_click(struct rows *r, int x, int y, bool again) {
    if (y == 0 && r->table.heading) {
        int col = table_column_at(&r->table, x);
        if (col >= 0 && col == r->sort)
            rows_act(r, ACT_SORT_TURN);
        else if (col >= 0)
            rows_sort(r, col);
        return ROWS_MOVED;
    }
    int row = table_row_at(&r->table, &r->list, y);
    if (row < 0 || (size_t)row >= rows_count(r))
        return ROWS_MOVED;
    list_select(&r->list, row);
    take_choice(r);
    return again ? ROWS_ENTERED : ROWS_MOVED;
}

void rows_wheel(struct rows *r, int dir) {
    list_scroll(&r->list, dir);
    take_choice(r);
}

/* ------------------------------------------------------------------ keys of rows */

int64_t rows_text_key(text t) {
    uint64_t k = 0;
    for (size_t i = 0; i < 8; i++)
        k = k << 8 | (i < t.len ? (unsigned char)t.ptr[i] : 0);
    return (int64_t)(k >> 1);
}

int rows_text_tie(text a, text b) {
    size_t n = a.len < b.len ? a.len : b.len;
    int c = n ? memcmp(a.ptr, b.ptr, n) : 0;
    return c ? c : (a.len > b.len) - (a.len < b.len);
}

uint64_t rows_stamp(uint64_t a, uint64_t b) {
    uint64_t h = a * UINT64_C(0x9e3779b97f4a7c15) ^ b;
    return (h ^ h >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
}
