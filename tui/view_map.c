/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * view_map.c - the page heap as a map: one cell for a power of two of pages, from arenas down to single pages, and at
 * the finest scale one cell for a slot. What is selected is told in words.
 *
 * Cells count from the lowest page that a heap span ever used, row by row. The map scrolls when the selection leaves
 * the part in view.
 */
#include "tui/map.h"
#include "tui/page.h"

#include <stdlib.h>
#include <string.h>

static uint64_t pages_of(struct view *v, uint64_t *lo) {
    uint64_t hi;
    reel_page_range(v->x->reel, lo, &hi);
    return hi > *lo ? hi - *lo : 0;
}

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
    return explorer_span_before(v->x, page);
}

/* ------------------------------------------------------------------ words */

static void say_span(struct view *v, uint32_t id, char *dst, size_t cap) {
    const struct explorer *x = v->x;
    const struct span *s = reel_span(x->reel, id);
    struct span_state st;
    char what[160], addr[ADDRESS_TEXT];
    if (!frame_state(x->frame, id, &st))
        return;
    reel_address_text(x->reel, reel_page_address(x->reel, s->page), addr);
    if (s->kind != SPAN_HEAP) {
        snprintf(dst, cap, "%s: %s", addr, explorer_say_span(s, what, sizeof what));
        return;
    }
    static const char *const on[PLACE_NONE + 1] = {[PLACE_MCACHE] = "in an mcache",
                                                   [PLACE_NONEMPTY] = "on the nonempty list",
                                                   [PLACE_EMPTY] = "on the empty list"};
    uint32_t age = map_age(v, id);
    const char *place = on[st.place];
    snprintf(dst, cap, "%s: %s, %u/%u live%s, %s%s, %s%u GC cycle%s old", addr,
             page_class_name(s->class * 2u + s->noscan, what, sizeof what), st.live, s->nelems, st.lacks ? "?" : "",
             place ? place : "list unknown", st.sure || !place ? "" : "?", s->at_start ? "at least " : "", age,
             age == 1 ? "" : "s");
}

/* The selected place, and how many spans share its cell. */
static void say_place(struct view *v, const struct map_cell *cells, char *dst, size_t cap) {
    const struct map *m = v->data;
    const struct explorer *x = v->x;
    char addr[ADDRESS_TEXT], words[96];
    struct hole h;
    size_t cell;
    dst[0] = '\0';
    if (!x->selected)
        return;
    if (x->span == NO_ID && explorer_hole(x, explorer_page(x), &h))
        snprintf(dst, cap, "%s: %s", reel_address_text(x->reel, reel_page_address(x->reel, h.from), addr),
                 explorer_say_hole(x, h, words, sizeof words));
    else if (x->span == NO_ID)
        snprintf(dst, cap, "%s: no span is in use here", reel_address_text(x->reel, x->addr, addr));
    else
        say_span(v, x->span, dst, cap);
    size_t n = strlen(dst);
    if (cells && x->span != NO_ID && map_cell_of(&m->g, explorer_page(x), &cell) && cells[cell].spans > 1)
        snprintf(dst + n, cap - n, "; %u more in this cell", cells[cell].spans - 1);
}

static void title(struct view *v, char *dst, size_t cap) {
    const struct map *m = v->data;
    char bytes[TIME_TEXT], type[80] = "";
    dst[0] = '\0';
    if (!reel_info(v->x->reel)->allocfree)
        return;
    uint64_t pages = m->g.shift >= 0 ? 1ull << m->g.shift : 0;
    int n = 0;
    if (m->g.shift < 0)
        n = snprintf(dst, cap, "1 cell = 1 slot");
    else if (m->g.shift == 0)
        n = snprintf(dst, cap, "1 cell = 1 page of %s", bytes_text(explorer_page_size(v->x), bytes));
    else if (pages * explorer_page_size(v->x) == 64u << 20)
        n = snprintf(dst, cap, "1 cell = 1 arena of %s", bytes_text(64u << 20, bytes));
    else
        n = snprintf(dst, cap, "1 cell = %llu pages", (unsigned long long)pages);
    if (m->colour == COLOUR_FILL || n < 0 || (size_t)n >= cap)
        return;
    if (m->colour == COLOUR_TYPE && m->type.set)
        explorer_type(v->x, m->type.type, type, sizeof type);
    snprintf(dst + n, cap - (size_t)n, " \302\267 by %s%s%s%s", map_colouring_name((enum map_colouring)m->colour),
             type[0] ? " " : "", type, m->colour == COLOUR_TYPE && m->type.done != v->x->now.pos ? ", counting" : "");
}

/* ------------------------------------------------------------------ drawing pages */

static void put_look(const struct pen *p, int x, int y, struct map_look look, bool selected, bool focus) {
    if (look.ch)
        pen_char(p, x, y, look.role, look.ch);
    else
        pen_glyph(p, x, y, look.role, look.glyph);
    if (!selected)
        return;
    pen_tint(p, x, y, 1, focus ? ROLE_SELECT : ROLE_STRONG);
    if (!focus)
        pen_look(p, x, y, 1, LOOK_REVERSE);
}

static struct map_cell *draw_pages(struct view *v, const struct pen *p) {
    struct map *m = v->data;
    struct map_geometry *g = &m->g;
    if (v->x->selected && m->shown != v->x->addr) {
        m->shown = v->x->addr;
        map_reveal(g, explorer_page(v->x));
    }
    map_clamp(g);
    struct map_cell *cells = map_fill(v);
    uint64_t from, to, free_page = v->x->selected && v->x->span == NO_ID ? explorer_page(v->x) : UINT64_MAX;
    for (int y = 0; cells && y < g->h; y++)
        for (int x = 0; x < g->w; x++)
            if (map_pages_at(g, x, y, &from, &to)) {
                const struct map_cell *c = &cells[y * g->w + x];
                put_look(p, 1 + x, y, map_look(v, c), c->selected || (free_page >= from && free_page < to), v->focus);
            }
    return cells;
}

/* ------------------------------------------------------------------ drawing slots */

/* Rows that a span takes: its name, and its slots. */
static uint64_t slot_rows(const struct map *m, const struct span *s) {
    uint64_t w = m->g.w > 0 ? (uint64_t)m->g.w : 1;
    return 1 + (s->nelems + w - 1) / w;
}

static void draw_span_slots(struct view *v, const struct pen *p, uint32_t id, int y) {
    static const struct map_look looks[] = {[SLOT_FREE] = {ROLE_SLOT_FREE, 0, GLYPH_SLOT_FREE},
                                            [SLOT_LIVE] = {ROLE_SLOT_LIVE, 0, GLYPH_SLOT_LIVE},
                                            [SLOT_UNKNOWN] = {ROLE_GUESS, 0, GLYPH_SLOT_UNKNOWN}};
    const struct map *m = v->data;
    const struct span *s = reel_span(v->x->reel, id);
    const struct map_look out = {ROLE_FREE, 0, GLYPH_PAGE_FREE}; /* what the filter leaves out */
    bool wanted = explorer_span_wanted(v->x, id);
    char words[200];
    words[0] = '\0';
    say_span(v, id, words, sizeof words);
    if (y >= 0)
        pen_text_max(p, 1, y, m->g.w, id == v->x->span ? ROLE_STRONG : ROLE_DIM, words);
    for (uint32_t slot = 0; slot < s->nelems; slot++) {
        int row = y + 1 + (int)(slot / (uint32_t)m->g.w);
        if (row < 0)
            continue;
        if (row >= m->g.h)
            break;
        put_look(p, 1 + (int)(slot % (uint32_t)m->g.w), row, wanted ? looks[frame_slot(v->x->frame, id, slot)] : out,
                 id == v->x->span && slot == v->x->slot, v->focus);
    }
}

/* The selected slot's row is in view: where it isn't, its span begins the pane, or the slot's row does. */
static void reveal_slot(struct view *v) {
    struct map *m = v->data;
    const struct explorer *x = v->x;
    if (x->span == NO_ID) {
        m->first = explorer_page(x);
        m->offset = 0;
        return;
    }
    const struct span *s = reel_span(x->reel, x->span);
    uint64_t row = s->nelems ? 1 + x->slot / (uint32_t)m->g.w : 0, at = 0, page = m->first;
    uint32_t ids[64];
    bool found = false;
    size_t n;
    while (!found && page <= s->page && at < m->offset + (uint64_t)m->g.h &&
           (n = frame_spans_from(x->frame, page, ids, 64)) > 0)
        for (size_t i = 0; i < n && !found; i++) {
            const struct span *other = reel_span(x->reel, ids[i]);
            found = ids[i] == x->span;
            at += found ? 0 : slot_rows(m, other);
            page = other->page + other->npages;
        }
    if (found && at + row >= m->offset && at + row < m->offset + (uint64_t)m->g.h)
        return;
    m->first = s->page;
    m->offset = row < (uint64_t)m->g.h ? 0 : row;
}

static void draw_slots(struct view *v, const struct pen *p) {
    struct map *m = v->data;
    if (v->x->selected && m->shown != v->x->addr) {
        m->shown = v->x->addr;
        reveal_slot(v);
    }
    uint32_t ids[64];
    uint64_t page = m->first;
    int64_t y = -(int64_t)m->offset;
    size_t n;
    while (y < m->g.h && (n = frame_spans_from(v->x->frame, page, ids, 64)) > 0)
        for (size_t i = 0; i < n && y < m->g.h; i++) {
            const struct span *s = reel_span(v->x->reel, ids[i]);
            draw_span_slots(v, p, ids[i], (int)y);
            y += (int64_t)slot_rows(m, s);
            page = s->page + s->npages;
        }
}

/* ------------------------------------------------------------------ the pane */

/* Of the types that are looked at the one on the open page counts; else the one with most bytes. */
static uint32_t type_to_show(const struct explorer *x) {
    uint32_t best = 0;
    if (x->map_type != NO_ID)
        return x->map_type;
    for (uint32_t i = 1; i < reel_types(x->reel); i++)
        if (frame_type(x->frame, i).bytes > frame_type(x->frame, best).bytes || best == 0)
            best = i;
    return best;
}

/* Count on which spans the filter lets through. */
static bool count(struct view *v) {
    enum { SPANS_AT_ONCE = 2048 };
    struct map_count *c = &((struct map *)v->data)->count;
    uint64_t stamp = explorer_stamp(v->x);
    uint32_t ids[256];
    if (!v->x->narrow[NARROW_SPANS] || (c->over && c->stamp == stamp))
        return false;
    if (!c->begun || c->stamp != stamp)
        *c = (struct map_count){.stamp = stamp, .begun = true, .shown = c->shown, .shown_all = c->shown_all};
    for (int seen = 0; !c->over && seen < SPANS_AT_ONCE;) {
        size_t n = frame_spans_from(v->x->frame, c->page, ids, 256);
        for (size_t i = 0; i < n; i++) {
            const struct span *s = reel_span(v->x->reel, ids[i]);
            c->all += s->kind == SPAN_HEAP;
            c->wanted += explorer_span_wanted(v->x, ids[i]);
            c->page = s->page + s->npages;
        }
        seen += (int)n;
        if (n == 0) {
            c->over = true;
            c->shown = c->wanted;
            c->shown_all = c->all;
        }
    }
    return true;
}

static struct narrowed narrowed(struct view *v) {
    const struct map_count *c = &((struct map *)v->data)->count;
    return (struct narrowed){.kind = NARROW_SPANS, .shown = c->shown_all ? c->shown : UINT64_MAX, .all = c->shown_all};
}

static bool work(struct view *v) {
    struct map *m = v->data;
    bool more = count(v);
    if (m->colour != COLOUR_TYPE)
        return more;
    if (!m->type.set || v->x->map_type != NO_ID)
        map_type_choose(v, type_to_show(v->x));
    return map_type_work(v) || more;
}

static void draw(struct view *v, const struct pen *p) {
    struct map *m = v->data;
    struct map_geometry *g = &m->g;
    if (view_missing(v, p, true))
        return;
    if (m->colour == COLOUR_CHANGE && !v->x->a.set)
        m->colour = COLOUR_FILL;
    struct sheet none = {0};
    struct pen blind = {.sheet = &none, .r = p->r};
    int legend = map_legend(v, &blind, 0), words = p->r.h >= 24 ? 3 : p->r.h >= 12 ? 2 : p->r.h >= 8;
    if (p->r.h < legend + words + 4)
        legend = 0;
    g->w = p->r.w > 2 ? p->r.w - 2 : 1;
    g->h = p->r.h - legend - words > 0 ? p->r.h - legend - words : 1;
    g->pages = pages_of(v, &g->lo);
    if (!m->chosen)
        g->shift = map_shift_for(g->pages, g->w, g->h);
    work(v);
    struct map_cell *cells = NULL;
    if (g->shift == MAP_SLOTS)
        draw_slots(v, p);
    else
        cells = draw_pages(v, p);
    if (words) {
        char line[320];
        say_place(v, cells, line, sizeof line);
        struct pen below = pen_part(p, (struct rect){.y = g->h, .w = p->r.w, .h = words});
        view_wrap(&below, 1, 0, ROLE_TEXT, line);
    }
    if (legend)
        map_legend(v, p, p->r.h - legend);
}

/* ------------------------------------------------------------------ moving */

static void move(struct view *v, int64_t by) {
    struct explorer *x = v->x;
    uint64_t page = explorer_page(x), end = page + 1;
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

/* At the finest scale: from slot to slot, and from a span's last one to the next span. */
static void move_slot(struct view *v, int64_t by) {
    struct explorer *x = v->x;
    const struct span *s = x->span == NO_ID ? NULL : reel_span(x->reel, x->span);
    int64_t slot = (int64_t)x->slot + by, n = s ? s->nelems : 0;
    if (s && slot >= 0 && slot < n) {
        explorer_select_slot(x, x->span, (uint32_t)slot);
        return;
    }
    uint32_t before = x->span;
    move(v, by < 0 ? -1 : 1);
    if (x->span == NO_ID || x->span == before || by > 0)
        return;
    s = reel_span(x->reel, x->span);
    explorer_select_slot(x, x->span, s->nelems ? s->nelems - 1 : 0);
}

static void scale(struct view *v, int by) {
    struct map *m = v->data;
    int shift = m->g.shift + by;
    m->chosen = true;
    m->g.shift = shift < MAP_SLOTS ? MAP_SLOTS : shift > MAP_SHIFT_MAX ? MAP_SHIFT_MAX : shift;
    m->shown = v->x->addr + 1;
}

static void recolour(struct view *v, int by) {
    struct map *m = v->data;
    int n = v->x->a.set ? COLOURINGS : COLOUR_CHANGE;
    m->colour = (uint8_t)((m->colour + n + by) % n);
    explorer_say(v->x, ROLE_TEXT, "the map shows %s", map_colouring_name((enum map_colouring)m->colour));
}

/* The largest stretch of free pages; from one that is selected on, the next smaller one. */
static void select_hole(struct view *v) {
    struct explorer *x = v->x;
    struct hole here, next;
    char words[96];
    bool in_one = x->selected && x->span == NO_ID && explorer_hole(x, explorer_page(x), &here);
    bool further = in_one && explorer_next_hole(x, &here, &next);
    if (!further && !explorer_next_hole(x, NULL, &next)) {
        explorer_say(x, ROLE_WARN, "no page is free between the lowest and the highest that the heap ever used");
        return;
    }
    explorer_select(x, reel_page_address(x->reel, next.from));
    explorer_say(x, ROLE_TEXT, "%s: %s", further ? "the next largest hole" : "the largest hole",
                 explorer_say_hole(x, next, words, sizeof words));
}

void map_set_colouring(struct view *v, enum map_colouring c) {
    struct map *m = v->data;
    m->colour = (uint8_t)c;
}

enum map_colouring map_colouring(const struct view *v) {
    const struct map *m = v->data;
    return (enum map_colouring)m->colour;
}

static bool act(struct view *v, enum action a) {
    struct map *m = v->data;
    static const int8_t sign[ACT_LIMIT] = {
        [ACT_LEFT] = -1, [ACT_RIGHT] = 1, [ACT_UP] = -1, [ACT_DOWN] = 1, [ACT_PAGE_UP] = -1, [ACT_PAGE_DOWN] = 1};
    bool any = reel_info(v->x->reel)->allocfree;
    if (!any)
        return false;
    int64_t cells = a == ACT_LEFT || a == ACT_RIGHT ? 1 : m->g.w > 0 ? m->g.w : 1;
    if (a == ACT_PAGE_UP || a == ACT_PAGE_DOWN)
        cells *= m->g.h > 0 ? m->g.h : 1;
    if (sign[a] && m->g.shift == MAP_SLOTS)
        move_slot(v, sign[a] * cells);
    else if (sign[a])
        move(v, sign[a] * (cells == 1 ? 1 : (int64_t)((uint64_t)cells << m->g.shift)));
    else if (a == ACT_COARSER || a == ACT_FINER)
        scale(v, a == ACT_COARSER ? 1 : -1);
    else if (a == ACT_COLOUR_NEXT || a == ACT_COLOUR_PREV)
        recolour(v, a == ACT_COLOUR_NEXT ? 1 : -1);
    else if (a == ACT_OTHER)
        select_hole(v);
    else if (a == ACT_PAGE)
        explorer_want_span(v->x);
    else if (a == ACT_ENTER)
        v->x->want_focus = PANE_SPAN;
    else
        return false;
    return true;
}

/* ------------------------------------------------------------------ mouse */

static void click_slot(struct view *v, int x, int y, bool again) {
    struct map *m = v->data;
    uint32_t ids[64];
    uint64_t page = m->first;
    int64_t top = -(int64_t)m->offset;
    size_t n;
    while (top <= y && (n = frame_spans_from(v->x->frame, page, ids, 64)) > 0)
        for (size_t i = 0; i < n && top <= y; i++) {
            const struct span *s = reel_span(v->x->reel, ids[i]);
            int64_t rows = (int64_t)slot_rows(m, s), row = y - top - 1, slot = row * m->g.w + x - 1;
            if (y < top + rows) {
                if (again && ids[i] == v->x->span)
                    v->x->want_focus = PANE_BUCKET;
                else if (row < 0 || slot < s->nelems)
                    explorer_select_slot(v->x, ids[i], row < 0 ? 0 : (uint32_t)slot);
                m->shown = v->x->addr;
                return;
            }
            top += rows;
            page = s->page + s->npages;
        }
}

static void click(struct view *v, int x, int y, bool again) {
    struct map *m = v->data;
    uint64_t page, end;
    if (x < 1 || x > m->g.w || y >= m->g.h || !reel_info(v->x->reel)->allocfree)
        return;
    if (m->g.shift == MAP_SLOTS) {
        click_slot(v, x, y, again);
        return;
    }
    if (!map_pages_at(&m->g, x - 1, y, &page, &end))
        return;
    uint32_t id = span_at(v, page), first;
    if (id == NO_ID && frame_spans_from(v->x->frame, page, &first, 1) == 1 && reel_span(v->x->reel, first)->page < end)
        id = first;
    if (id == NO_ID) {
        explorer_select(v->x, reel_page_address(v->x->reel, page));
        return;
    }
    if (id != v->x->span)
        explorer_select_slot(v->x, id, 0);
    else if (again)
        v->x->want_focus = PANE_SPAN;
}

static void wheel(struct view *v, int dir) {
    struct map *m = v->data;
    if (m->g.shift == MAP_SLOTS) {
        if (dir > 0 || m->offset > 0)
            m->offset = (uint64_t)((int64_t)m->offset + dir);
        return;
    }
    if (dir > 0)
        m->g.top++;
    else if (m->g.top > 0)
        m->g.top--;
}

static void done(struct view *v) {
    struct map *m = v->data;
    free(m->ages.begun);
    free(m->cells);
    map_type_free(&m->type);
}

static const char *const words[] = {"page", "occupancy", "unknown", "arena", NULL};

const struct view_ops map_view = {.name = "heap map",
                                  .size = sizeof(struct map),
                                  .title = title,
                                  .draw = draw,
                                  .work = work,
                                  .act = act,
                                  .click = click,
                                  .words = words,
                                  .wheel = wheel,
                                  .narrowed = narrowed,
                                  .done = done};
