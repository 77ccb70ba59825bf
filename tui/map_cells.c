/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * map_cells.c - pages to cells and back, and what is in the cells in view. A picture costs the spans in view.
 */
#include "traces/grow.h"
#include "tui/map.h"

#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------ geometry */

static uint64_t cells_of(const struct map_geometry *g) {
    return (g->pages + ((uint64_t)1 << g->shift) - 1) >> g->shift;
}

uint64_t map_rows(const struct map_geometry *g) {
    uint64_t w = g->w > 0 ? (uint64_t)g->w : 1;
    return (cells_of(g) + w - 1) / w;
}

bool map_pages_at(const struct map_geometry *g, int x, int y, uint64_t *from, uint64_t *to) {
    if (x < 0 || y < 0 || x >= g->w || y >= g->h)
        return false;
    uint64_t cell = (g->top + (uint64_t)y) * (uint64_t)g->w + (uint64_t)x;
    if (cell >= cells_of(g))
        return false;
    uint64_t a = cell << g->shift, b = (cell + 1) << g->shift;
    *from = g->lo + a;
    *to = g->lo + (b < g->pages ? b : g->pages);
    return true;
}

bool map_cell_of(const struct map_geometry *g, uint64_t page, size_t *cell) {
    if (page < g->lo || page - g->lo >= g->pages || g->w <= 0)
        return false;
    uint64_t at = (page - g->lo) >> g->shift, first = g->top * (uint64_t)g->w;
    if (at < first || at - first >= (uint64_t)g->w * (uint64_t)g->h)
        return false;
    *cell = (size_t)(at - first);
    return true;
}

void map_clamp(struct map_geometry *g) {
    uint64_t rows = map_rows(g), h = (uint64_t)g->h;
    if (g->top + h > rows)
        g->top = rows > h ? rows - h : 0;
}

void map_reveal(struct map_geometry *g, uint64_t page) {
    uint64_t w = g->w > 0 ? (uint64_t)g->w : 1, h = (uint64_t)g->h;
    uint64_t row = page < g->lo ? 0 : ((page - g->lo) >> g->shift) / w;
    if (row < g->top)
        g->top = row;
    if (row >= g->top + h)
        g->top = row - h + 1;
    map_clamp(g);
}

int map_shift_for(uint64_t pages, int w, int h) {
    uint64_t cells = (uint64_t)w * (uint64_t)h;
    int shift = 0;
    while (shift < MAP_SHIFT_AUTO && pages >> shift > cells)
        shift++;
    return shift;
}

/* ------------------------------------------------------------------ ages */

/* Cycles begin in order of time, so their positions are ordered, too. */
static void learn_ages(struct view *v, struct map_ages *a) {
    const struct cycle *c;
    size_t n = reel_cycles(v->x->reel, &c);
    while (a->n < n && GROW(a->begun, a->n, a->cap)) {
        a->begun[a->n] = c[a->n].begin == NO_TIME ? 0 : reel_pos(v->x->reel, c[a->n].begin);
        a->n++;
    }
}

static size_t begun_by(const struct map_ages *a, uint64_t pos) {
    size_t lo = 0, hi = a->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (a->begun[mid] <= pos)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

uint32_t map_age(struct view *v, uint32_t span) {
    struct map *m = v->data;
    learn_ages(v, &m->ages);
    size_t then = begun_by(&m->ages, reel_span(v->x->reel, span)->born), now = begun_by(&m->ages, v->x->now.pos);
    return now > then ? (uint32_t)(now - then) : 0;
}

/* ------------------------------------------------------------------ cells */

/* Misra and Gries: what takes more than a fifth of the cell is certain to be found. */
static void add_kind(struct map_cell *c, uint16_t what, uint64_t pages) {
    int free_at = -1;
    for (int i = 0; i < MAP_KINDS; i++) {
        if (c->kind[i].pages > 0 && c->kind[i].what == what) {
            c->kind[i].pages += pages;
            return;
        }
        if (c->kind[i].pages == 0)
            free_at = i;
    }
    if (free_at >= 0) {
        c->kind[free_at].what = what;
        c->kind[free_at].pages = pages;
        return;
    }
    for (int i = 0; i < MAP_KINDS; i++)
        c->kind[i].pages -= pages < c->kind[i].pages ? pages : c->kind[i].pages;
}

static void add_span(struct view *v, uint32_t id, struct map_cell *cells) {
    struct map *m = v->data;
    const struct map_geometry *g = &m->g;
    const struct span *s = reel_span(v->x->reel, id);
    struct span_state st;
    if (!frame_state(v->x->frame, id, &st))
        return;
    uint64_t first = g->lo + ((g->top * (uint64_t)g->w) << g->shift);
    uint64_t last = first + (((uint64_t)g->w * (uint64_t)g->h) << g->shift);
    uint64_t a = s->page < first ? first : s->page, b = s->page + s->npages > last ? last : s->page + s->npages;
    double part = 1 / (double)s->npages, elem = (double)s->elem;
    uint32_t then = 0;
    if (m->colour == COLOUR_CHANGE)
        explorer_marked(v->x, id, &then);
    uint32_t typed = m->colour == COLOUR_TYPE && id < m->type.n ? m->type.count[id] : 0;
    uint16_t what = s->kind == SPAN_HEAP ? map_what(v, id, &st) : 0;
    bool unknown = s->nelems > 0 && frame_slot(v->x->frame, id, s->nelems - 1) == SLOT_UNKNOWN;
    bool wanted = explorer_span_wanted(v->x, id);
    while (a < b) {
        size_t i = (size_t)((a - first) >> g->shift);
        struct map_cell *c = &cells[i];
        uint64_t end = first + ((uint64_t)(i + 1) << g->shift), n = (b < end ? b : end) - a;
        double share = part * (double)n;
        c->spans++;
        if (s->kind == SPAN_HEAP) {
            c->heap += n;
            c->room += elem * s->nelems * share;
            c->live += elem * st.live * share;
            c->then += elem * then * share;
            c->typed += typed;
            c->objects += st.live;
            add_kind(c, what, n);
        } else {
            c->other += n;
        }
        c->wanted += wanted ? n : 0;
        c->selected |= id == v->x->span;
        c->unknown |= unknown;
        a += n;
    }
}

/* What was there at mark A and is no more. */
static void add_gone(struct view *v, struct map_cell *cells) {
    const struct explorer *x = v->x;
    const struct map *m = v->data;
    for (size_t i = 0; i < x->a.nspans; i++) {
        struct span_state st;
        size_t cell;
        const struct span *s = reel_span(x->reel, x->a.spans[i].span);
        if (x->a.spans[i].live > 0 && !frame_state(x->frame, x->a.spans[i].span, &st) &&
            map_cell_of(&m->g, s->page, &cell))
            cells[cell].then += (double)s->elem * x->a.spans[i].live;
    }
}

struct map_cell *map_fill(struct view *v) {
    struct map *m = v->data;
    struct explorer *x = v->x;
    const struct map_geometry *g = &m->g;
    size_t n = (size_t)g->w * (size_t)g->h;
    if (!grow_to((void **)&m->cells, &m->cap, n, sizeof *m->cells))
        return NULL;
    memset(m->cells, 0, n * sizeof *m->cells);
    uint64_t first = g->lo + ((g->top * (uint64_t)g->w) << g->shift), last = first + ((uint64_t)n << g->shift);
    uint32_t ids[256], before = frame_find(x->frame, reel_page_address(x->reel, first), NULL);
    uint64_t page = first;
    if (before != NO_ID && reel_span(x->reel, before)->page < first)
        add_span(v, before, m->cells);
    bool more = true;
    for (size_t got; more && page < last && (got = frame_spans_from(x->frame, page, ids, 256)) > 0;)
        for (size_t i = 0; i < got && more; i++) {
            const struct span *s = reel_span(x->reel, ids[i]);
            more = s->page < last;
            if (more)
                add_span(v, ids[i], m->cells);
            page = s->page + s->npages;
        }
    if (m->colour == COLOUR_CHANGE)
        add_gone(v, m->cells);
    return m->cells;
}
