/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * view_map.c - the page heap as a map: one cell for a power of two of pages, how full they are, what they hold.
 *
 * Cells count from the lowest page that a heap span ever used, row by row. The map scrolls when the selection leaves
 * the part in view.
 */
#include "tui/view.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_SHIFT = 16, AUTO_SHIFT = 6 };

struct map {
    int shift;      /* log2 of pages a cell */
    bool chosen;    /* by the person; else it follows the size of the heap */
    uint64_t top;   /* first row in view */
    uint64_t shown; /* address that was last brought into view */
    int w, h;       /* cells in view when last drawn */
};

struct tally {
    double live, room;    /* bytes of objects, of slots */
    uint64_t heap, other; /* pages in use */
    uint64_t kind[3];     /* pages by scan, noscan, large */
    bool unknown, selected;
};

static uint64_t pages_of(struct view *v, uint64_t *lo) {
    uint64_t hi;
    reel_page_range(v->x->reel, lo, &hi);
    return hi > *lo ? hi - *lo : 0;
}

static uint64_t selected_page(const struct explorer *x) {
    if (x->span != NO_ID)
        return reel_span(x->reel, x->span)->page;
    uint64_t size = reel_info(x->reel)->page_size;
    return (x->addr - reel_page_address(x->reel, 0)) / (size ? size : 8192);
}

static int auto_shift(uint64_t pages, int w, int h) {
    uint64_t cells = (uint64_t)w * (uint64_t)h;
    int shift = 0;
    while (shift < AUTO_SHIFT && pages >> shift > cells)
        shift++;
    return shift;
}

/* Scroll so that the selection is in view, once for each selection. */
static void bring_into_view(struct view *v, struct map *m, uint64_t lo, uint64_t pages) {
    uint64_t rows = (((pages + ((uint64_t)1 << m->shift) - 1) >> m->shift) + (uint64_t)m->w - 1) / (uint64_t)m->w;
    uint64_t h = (uint64_t)m->h;
    if (v->x->selected && m->shown != v->x->addr) {
        m->shown = v->x->addr;
        uint64_t page = selected_page(v->x);
        uint64_t row = page < lo ? 0 : ((page - lo) >> m->shift) / (uint64_t)m->w;
        if (row < m->top)
            m->top = row;
        if (row >= m->top + h)
            m->top = row - h + 1;
    }
    if (m->top + h > rows)
        m->top = rows > h ? rows - h : 0;
}

/* ------------------------------------------------------------------ drawing */

static void add_span(struct view *v, uint32_t id, uint64_t first, size_t cells, int shift, struct tally *t) {
    const struct span *s = reel_span(v->x->reel, id);
    struct span_state st;
    if (!frame_state(v->x->frame, id, &st))
        return;
    uint64_t last = first + ((uint64_t)cells << shift), a = s->page, b = s->page + s->npages;
    if (a < first)
        a = first;
    if (b > last)
        b = last;
    double room = s->nelems ? (double)s->elem * s->nelems / (double)s->npages : 0;
    double live = s->nelems ? (double)s->elem * st.live / (double)s->npages : 0;
    int kind = s->class == 0 ? 2 : s->noscan ? 1 : 0;
    while (a < b) {
        size_t c = (size_t)((a - first) >> shift);
        uint64_t end = first + ((uint64_t)(c + 1) << shift), n = (b < end ? b : end) - a;
        if (s->kind == SPAN_HEAP) {
            t[c].heap += n;
            t[c].room += room * (double)n;
            t[c].live += live * (double)n;
            t[c].kind[kind] += n;
        } else {
            t[c].other += n;
        }
        t[c].selected |= id == v->x->span;
        a += n;
    }
}

static void add_spans(struct view *v, uint64_t first, size_t cells, int shift, struct tally *t) {
    struct explorer *x = v->x;
    uint64_t last = first + ((uint64_t)cells << shift), page = first;
    uint32_t ids[256], before = frame_find(x->frame, reel_page_address(x->reel, first), NULL);
    if (before != NO_ID && reel_span(x->reel, before)->page < first)
        add_span(v, before, first, cells, shift, t);
    for (size_t n; page < last && (n = frame_spans_from(x->frame, page, ids, 256)) > 0;) {
        for (size_t i = 0; i < n; i++) {
            const struct span *s = reel_span(x->reel, ids[i]);
            if (s->page >= last)
                return;
            add_span(v, ids[i], first, cells, shift, t);
            page = s->page + s->npages;
        }
    }
}

static enum glyph how_full(const struct tally *t) {
    double part = t->room > 0 ? t->live / t->room : 0;
    if (t->live <= 0)
        return GLYPH_PAGE_NONE;
    return part < 0.25 ? GLYPH_PAGE_LOW : part < 0.5 ? GLYPH_PAGE_HALF : part < 0.9 ? GLYPH_PAGE_HIGH : GLYPH_PAGE_FULL;
}

static void draw_cell(const struct pen *p, int x, int y, const struct tally *t, bool focus) {
    static const enum role roles[3] = {ROLE_SCAN, ROLE_NOSCAN, ROLE_LARGE};
    int kind = t->kind[1] > t->kind[0] ? 1 : 0;
    if (t->kind[2] > t->kind[kind])
        kind = 2;
    if (t->heap > 0)
        pen_glyph(p, x, y, roles[kind], how_full(t));
    else if (t->other > 0)
        pen_char(p, x, y, ROLE_STACK, 'S');
    else
        pen_glyph(p, x, y, ROLE_FREE, GLYPH_PAGE_FREE);
    if (t->selected) {
        pen_tint(p, x, y, 1, focus ? ROLE_SELECT : ROLE_STRONG);
        if (!focus)
            pen_look(p, x, y, 1, LOOK_REVERSE);
    }
}

struct sign {
    enum role role;
    enum glyph glyph; /* GLYPH_LIMIT: the word alone, in its colour */
    const char *words;
};

static int draw_signs(const struct pen *p, int y, const struct sign *s, size_t n) {
    int x = 1;
    for (size_t i = 0; i < n; i++) {
        int w = text_columns(s[i].words) + (s[i].glyph != GLYPH_LIMIT ? 2 : 0);
        if (x + w > p->r.w) {
            x = 1;
            y++;
        }
        if (s[i].glyph != GLYPH_LIMIT) {
            pen_glyph(p, x, y, s[i].role, s[i].glyph);
            pen_text(p, x + 2, y, ROLE_DIM, s[i].words);
        } else {
            pen_text(p, x, y, s[i].role, s[i].words);
        }
        x += w + 2;
    }
    return y;
}

static int draw_legend(const struct pen *p, int y) {
    static const struct sign signs[] = {
        {ROLE_TEXT, GLYPH_PAGE_LOW, "<25%"},  {ROLE_TEXT, GLYPH_PAGE_HALF, "<50%"},
        {ROLE_TEXT, GLYPH_PAGE_HIGH, "<90%"}, {ROLE_TEXT, GLYPH_PAGE_FULL, "full"},
        {ROLE_TEXT, GLYPH_PAGE_NONE, "none"}, {ROLE_FREE, GLYPH_PAGE_FREE, "free"},
        {ROLE_SCAN, GLYPH_LIMIT, "scan"},     {ROLE_NOSCAN, GLYPH_LIMIT, "noscan"},
        {ROLE_LARGE, GLYPH_LIMIT, "large"},   {ROLE_STACK, GLYPH_LIMIT, "S stack"},
    };
    return draw_signs(p, y, signs, sizeof signs / sizeof *signs);
}

static int legend_rows(const struct pen *p) {
    struct sheet none = {0};
    struct pen q = {.sheet = &none, .r = {.w = p->r.w, .h = p->r.h}};
    int rows = draw_legend(&q, 0) + 1;
    return p->r.h >= rows + 4 ? rows : 0;
}

static void draw(struct view *v, const struct pen *p) {
    struct map *m = v->data;
    if (view_missing(v, p, true))
        return;
    int legend = legend_rows(p);
    m->w = p->r.w > 2 ? p->r.w - 2 : 1;
    m->h = p->r.h - legend > 0 ? p->r.h - legend : 1;
    uint64_t lo, pages = pages_of(v, &lo);
    if (!m->chosen)
        m->shift = auto_shift(pages, m->w, m->h);
    bring_into_view(v, m, lo, pages);
    size_t cells = (size_t)m->w * (size_t)m->h;
    struct tally *t = calloc(cells, sizeof *t);
    if (!t)
        return;
    uint64_t before = m->top * (uint64_t)m->w;
    add_spans(v, lo + (before << m->shift), cells, m->shift, t);
    for (size_t c = 0; c < cells && (before + c) << m->shift < pages; c++)
        draw_cell(p, 1 + (int)(c % (size_t)m->w), (int)(c / (size_t)m->w), &t[c], v->focus);
    free(t);
    if (legend)
        draw_legend(p, p->r.h - legend);
}

static void title(struct view *v, char *dst, size_t cap) {
    struct map *m = v->data;
    uint64_t size = reel_info(v->x->reel)->page_size;
    char bytes[TIME_TEXT];
    if (!reel_info(v->x->reel)->allocfree)
        dst[0] = '\0';
    else if (m->shift == 0)
        snprintf(dst, cap, "1 cell = 1 page of %s", bytes_text(size, bytes));
    else
        snprintf(dst, cap, "1 cell = %llu pages", 1ull << m->shift);
}

/* ------------------------------------------------------------------ moving */

static uint32_t span_at(struct view *v, uint64_t page) {
    return frame_find(v->x->frame, reel_page_address(v->x->reel, page), NULL);
}

/* The span in use at a page, or the nearest one in that direction. */
static uint32_t span_near(struct view *v, uint64_t page, int dir) {
    uint32_t id = span_at(v, page);
    if (id != NO_ID)
        return id;
    if (dir > 0)
        return frame_spans_from(v->x->frame, page, &id, 1) == 1 ? id : NO_ID;
    uint64_t lo, n = pages_of(v, &lo);
    if (page >= lo + n)
        page = lo + n;
    while (page-- > lo)
        if ((id = span_at(v, page)) != NO_ID)
            return id;
    return NO_ID;
}

static void move(struct view *v, int64_t by) {
    struct explorer *x = v->x;
    uint64_t page = selected_page(x), end = page + 1;
    if (x->span != NO_ID)
        end = page + reel_span(x->reel, x->span)->npages;
    uint64_t step = (uint64_t)(by < 0 ? -by : by), target;
    if (by > 0) {
        target = page + step > end ? page + step : end;
    } else {
        if (page == 0)
            return;
        target = page > step ? page - step : 0;
    }
    uint32_t id = span_near(v, target, by > 0 ? 1 : -1);
    if (id == NO_ID)
        id = span_near(v, target, by > 0 ? -1 : 1);
    if (id != NO_ID && id != x->span)
        explorer_select_slot(x, id, 0);
}

static bool act(struct view *v, enum action a) {
    struct map *m = v->data;
    if (!reel_info(v->x->reel)->allocfree)
        return a == ACT_ENTER || a == ACT_LEFT || a == ACT_RIGHT || a == ACT_UP || a == ACT_DOWN;
    int64_t row = (int64_t)((uint64_t)(m->w > 0 ? m->w : 1) << m->shift);
    switch (a) {
    case ACT_LEFT:
        move(v, -1);
        return true;
    case ACT_RIGHT:
        move(v, 1);
        return true;
    case ACT_UP:
        move(v, -row);
        return true;
    case ACT_DOWN:
        move(v, row);
        return true;
    case ACT_PAGE_UP:
        move(v, -row * (m->h > 0 ? m->h : 1));
        return true;
    case ACT_PAGE_DOWN:
        move(v, row * (m->h > 0 ? m->h : 1));
        return true;
    case ACT_COARSER:
    case ACT_FINER:
        m->chosen = true;
        m->shift += a == ACT_COARSER ? (m->shift < MAX_SHIFT) : -(m->shift > 0);
        m->shown = v->x->addr + 1;
        return true;
    case ACT_ENTER:
        v->x->want_focus = PANE_SPAN;
        return true;
    case ACT_PAGE:
        explorer_want_span(v->x);
        return true;
    default:
        return false;
    }
}

static void click(struct view *v, int x, int y, bool again) {
    struct map *m = v->data;
    uint64_t lo, pages = pages_of(v, &lo);
    if (x < 1 || x > m->w || y >= m->h || !reel_info(v->x->reel)->allocfree)
        return;
    uint64_t cell = (m->top + (uint64_t)y) * (uint64_t)m->w + (uint64_t)(x - 1);
    uint64_t page = cell << m->shift, end = (cell + 1) << m->shift;
    for (; page < end && page < pages; page++) {
        uint32_t id = span_at(v, lo + page);
        if (id == NO_ID)
            continue;
        if (id != v->x->span)
            explorer_select_slot(v->x, id, 0);
        else if (again)
            v->x->want_focus = PANE_SPAN;
        return;
    }
}

static void wheel(struct view *v, int dir) {
    struct map *m = v->data;
    if (dir > 0)
        m->top++;
    else if (m->top > 0)
        m->top--;
}

const struct view_ops map_view = {.name = "heap map",
                                  .size = sizeof(struct map),
                                  .title = title,
                                  .draw = draw,
                                  .act = act,
                                  .click = click,
                                  .wheel = wheel};
