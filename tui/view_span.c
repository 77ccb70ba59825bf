/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * view_span.c - the selected span: what it is and where it stands, in words, and its slots.
 *
 * What was inferred and not recorded ends with a question mark.
 */
#include "traces/grow.h"
#include "tui/events.h"
#include "tui/rows.h"
#include "tui/view.h"

#include <stdlib.h>
#include <string.h>

struct slots {
    int top;     /* first row of slots in view */
    int w, h, y; /* slots a row, rows in view, screen row of the first */
    uint64_t shown;
    bool *wanted; /* by slot: the filter lets it through */
    size_t nwanted, cap;
    uint64_t stamp, matches; /* what `wanted` was made for, 0: nothing; how many it lets through */
};

/* ------------------------------------------------------------------ words */

static void title(struct view *v, char *dst, size_t cap) {
    struct explorer *x = v->x;
    char addr[ADDRESS_TEXT];
    dst[0] = '\0';
    if (!x->selected)
        return;
    if (x->span == NO_ID) {
        snprintf(dst, cap, "%s", reel_address_text(x->reel, x->addr, addr));
        return;
    }
    const struct span *s = reel_span(x->reel, x->span);
    reel_address_text(x->reel, reel_page_address(x->reel, s->page), addr);
    if (s->nelems > 0)
        snprintf(dst, cap, "%s \302\267 %u/%u live%s", addr, x->state.live, s->nelems, x->state.lacks ? "?" : "");
    else
        snprintf(dst, cap, "%s", addr);
}

/* ------------------------------------------------------------------ the filter */

/* A slot goes by the last event of an object in it: its allocation, or where it is free, its free. */
static void take_last(const struct explorer *x, struct slots *d, const struct history *life, uint64_t *last) {
    size_t end = (size_t)(explorer_bucket_row(x, life) + 1);
    for (size_t i = 0; i < end; i++) {
        const struct fact *f = &life->rows[i].fact;
        if (event_is_object(f) && f->span == x->span && f->slot < d->nwanted)
            last[f->slot] = i + 1;
    }
    for (size_t slot = 0; slot < d->nwanted; slot++) {
        const struct event_row *e = last[slot] ? &life->rows[last[slot] - 1] : NULL;
        bool live = frame_slot(x->frame, x->span, (uint32_t)slot) == SLOT_LIVE;
        d->wanted[slot] = e && explorer_event_wanted(x, &e->fact, e->pos - 1, live ? KNOWN_YES : KNOWN_NO);
        d->matches += d->wanted[slot];
    }
}

/* Find out which slots match, where that isn't known yet; false where there is no filter for them. */
static bool narrow(struct view *v) {
    struct slots *d = v->data;
    struct explorer *x = v->x;
    uint64_t stamp = rows_stamp(explorer_stamp(x), x->span);
    size_t n = x->span == NO_ID ? 0 : reel_span(x->reel, x->span)->nelems;
    if (!x->narrow[NARROW_EVENTS] || n == 0)
        return false;
    if (d->stamp == stamp && d->nwanted == n)
        return true;
    const struct history *life = explorer_life(x);
    uint64_t *last = calloc(n, sizeof *last);
    bool ok = life && last && grow_to((void **)&d->wanted, &d->cap, n, sizeof *d->wanted);
    d->stamp = ok ? stamp : 0;
    d->nwanted = ok ? n : 0;
    d->matches = 0;
    if (ok)
        take_last(x, d, life, last);
    free(last);
    return ok;
}

static struct narrowed narrowed(struct view *v) {
    const struct slots *d = v->data;
    return (struct narrowed){
        .kind = NARROW_EVENTS, .shown = d->stamp && v->x->span != NO_ID ? d->matches : UINT64_MAX, .all = d->nwanted};
}

/* ------------------------------------------------------------------ slots */

static void bring_into_view(struct slots *d, const struct explorer *x, int rows) {
    if (d->shown != x->addr) {
        d->shown = x->addr;
        int row = (int)x->slot / d->w;
        if (row < d->top)
            d->top = row;
        if (row >= d->top + d->h)
            d->top = row - d->h + 1;
    }
    if (d->top + d->h > rows)
        d->top = rows > d->h ? rows - d->h : 0;
}

static void draw_slots(struct view *v, const struct pen *p, const struct span *s) {
    static const struct {
        enum role role;
        enum glyph glyph;
    } looks[] = {
        [SLOT_FREE] = {ROLE_SLOT_FREE, GLYPH_SLOT_FREE},
        [SLOT_LIVE] = {ROLE_SLOT_LIVE, GLYPH_SLOT_LIVE},
        [SLOT_UNKNOWN] = {ROLE_GUESS, GLYPH_SLOT_UNKNOWN},
    };
    struct slots *d = v->data;
    struct explorer *x = v->x;
    int rows = ((int)s->nelems + d->w - 1) / d->w;
    bool some = narrow(v);
    bring_into_view(d, x, rows);
    for (int y = 0; y < d->h; y++)
        for (int c = 0; c < d->w; c++) {
            uint32_t slot = (uint32_t)((d->top + y) * d->w + c);
            if (slot >= s->nelems)
                return;
            enum slot_state st = frame_slot(x->frame, x->span, slot);
            if (some && !d->wanted[slot])
                pen_glyph(p, 1 + c, d->y + y, ROLE_FREE, GLYPH_PAGE_FREE);
            else
                pen_glyph(p, 1 + c, d->y + y, looks[st].role, looks[st].glyph);
            if (slot == x->slot) {
                pen_tint(p, 1 + c, d->y + y, 1, v->focus ? ROLE_SELECT : ROLE_STRONG);
                if (!v->focus)
                    pen_look(p, 1 + c, d->y + y, 1, LOOK_REVERSE);
            }
        }
}

static int draw_words(struct view *v, const struct pen *p, const struct span *s) {
    struct explorer *x = v->x;
    char words[200], t[TIME_TEXT];
    explorer_say_span(s, words, sizeof words);
    int y = view_wrap(p, 1, 0, ROLE_TEXT, words);
    if (s->kind == SPAN_HEAP) {
        explorer_say_place(&x->state, words, sizeof words);
        y = view_wrap(p, 1, y, x->state.sure ? ROLE_TEXT : ROLE_GUESS, words);
    }
    uint32_t then;
    if (x->diff && s->nelems > 0) {
        bool was = explorer_marked(x, x->span, &then);
        enum role role = explorer_change((int64_t)x->state.live - then, false, t, sizeof t);
        snprintf(words, sizeof words, was ? "%s object%s since A" : "not in use at A", t,
                 x->state.live - then == 1 || then - x->state.live == 1 ? "" : "s");
        y = view_wrap(p, 1, y, role, words);
    }
    if (p->r.h >= 9) {
        struct fact f;
        if (s->at_start)
            snprintf(words, sizeof words, "was there when the trace began");
        else if (reel_fact(x->reel, s->born, &f))
            snprintf(words, sizeof words, "in use since %s", time_text(f.t, t));
        else
            words[0] = '\0';
        y = view_wrap(p, 1, y, ROLE_DIM, words);
    }
    return y;
}

static void draw_hole(const struct explorer *x, const struct pen *p) {
    char words[96], from[ADDRESS_TEXT], line[240];
    struct hole h;
    if (!explorer_hole(x, explorer_page(x), &h)) {
        view_wrap(p, 1, 0, ROLE_DIM, "At this instant no span is in use here.");
        return;
    }
    snprintf(line, sizeof line, "At this instant no span is in use here: %s has %s.",
             reel_address_text(x->reel, reel_page_address(x->reel, h.from), from),
             explorer_say_hole(x, h, words, sizeof words));
    view_wrap(p, 1, 0, ROLE_DIM, line);
}

static void draw(struct view *v, const struct pen *p) {
    struct slots *d = v->data;
    struct explorer *x = v->x;
    d->h = 0;
    d->stamp = v->x->narrow[NARROW_EVENTS] ? d->stamp : 0;
    if (view_missing(v, p, false))
        return;
    if (!x->selected) {
        pen_text(p, 1, 0, ROLE_DIM, "no span is selected");
        return;
    }
    if (x->span == NO_ID) {
        draw_hole(x, p);
        return;
    }
    const struct span *s = reel_span(x->reel, x->span);
    int y = draw_words(v, p, s);
    if (s->nelems <= 1)
        return;
    if (p->r.h - y > ((int)s->nelems - 1) / (p->r.w > 2 ? p->r.w - 2 : 1) + 1)
        y++;
    d->w = p->r.w > 2 ? p->r.w - 2 : 1;
    d->y = y < p->r.h ? y : p->r.h - 1;
    d->h = p->r.h - d->y;
    draw_slots(v, p, s);
}

/* ------------------------------------------------------------------ moving */

static void move(struct view *v, int64_t by) {
    struct explorer *x = v->x;
    if (x->span == NO_ID)
        return;
    int64_t n = reel_span(x->reel, x->span)->nelems, slot = (int64_t)x->slot + by;
    if (n == 0)
        return;
    explorer_select_slot(x, x->span, (uint32_t)(slot < 0 ? 0 : slot >= n ? n - 1 : slot));
}

static bool act(struct view *v, enum action a) {
    struct slots *d = v->data;
    int w = d->w > 0 ? d->w : 1, page = w * (d->h > 1 ? d->h - 1 : 1);
    static const int8_t sign[ACT_LIMIT] = {
        [ACT_LEFT] = -1, [ACT_RIGHT] = 1, [ACT_UP] = -1, [ACT_DOWN] = 1, [ACT_PAGE_UP] = -1, [ACT_PAGE_DOWN] = 1};
    if (a == ACT_ENTER) {
        v->x->want_focus = PANE_BUCKET;
        return true;
    }
    if (a == ACT_PAGE) {
        explorer_want_span(v->x);
        return true;
    }
    if (!sign[a])
        return false;
    move(v, sign[a] * (a == ACT_LEFT || a == ACT_RIGHT ? 1 : a == ACT_UP || a == ACT_DOWN ? w : page));
    return true;
}

static void click(struct view *v, int x, int y, bool again) {
    struct slots *d = v->data;
    if (v->x->span == NO_ID || d->h == 0 || x < 1 || x > d->w || y < d->y)
        return;
    uint32_t slot = (uint32_t)((d->top + y - d->y) * d->w + x - 1);
    if (slot >= reel_span(v->x->reel, v->x->span)->nelems)
        return;
    if (again && slot == v->x->slot)
        v->x->want_focus = PANE_BUCKET;
    else
        explorer_select_slot(v->x, v->x->span, slot);
}

static void wheel(struct view *v, int dir) {
    struct slots *d = v->data;
    if (d->top + dir >= 0)
        d->top += dir;
}

static void done(struct view *v) {
    free(((struct slots *)v->data)->wanted);
}

static const char *const words[] = {"slot", "page", "sure", NULL};

const struct view_ops span_view = {.name = "span",
                                   .words = words,
                                   .size = sizeof(struct slots),
                                   .title = title,
                                   .draw = draw,
                                   .act = act,
                                   .click = click,
                                   .wheel = wheel,
                                   .narrowed = narrowed,
                                   .done = done};
