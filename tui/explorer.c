/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * explorer.c - life of an explorer, loading, the cursor and the window of time.
 */
#include "tui/explorer.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

bool explorer_init(struct explorer *x, reel *r, const char *path) {
    *x = (struct explorer){
        .reel = r,
        .path = path,
        .follow = true,
        .whole = true,
        .columns = 80,
        .span = NO_ID,
        .slot = NO_ID,
        .search_type = NO_ID,
        .live_type = NO_ID,
        .want_focus = PANES,
        .win = timescale_whole(0),
    };
    x->frame = frame_new(r);
    return x->frame != NULL;
}

void explorer_free(struct explorer *x) {
    frame_free(&x->frame);
    history_free(&x->bucket);
    explorer_mark_free(&x->a);
    explorer_mark_free(&x->b);
    *x = (struct explorer){0};
}

void explorer_say(struct explorer *x, enum role role, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(x->message, sizeof x->message, fmt, ap);
    va_end(ap);
    x->message_role = role;
}

int64_t explorer_end(const struct explorer *x) {
    return reel_info(x->reel)->duration;
}

static uint64_t mix(uint64_t h, uint64_t v) {
    h = (h ^ v) * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ h >> 32;
}

uint64_t explorer_stamp(const struct explorer *x) {
    uint64_t h = mix(mix(1, x->now.pos), (uint64_t)x->now.t);
    return x->a.set ? mix(mix(mix(h, x->a.at.pos + 1), (uint64_t)x->a.at.t), x->diff) : h;
}

/* ------------------------------------------------------------------ the cursor */

static void find_selected(struct explorer *x) {
    x->span = x->slot = NO_ID;
    if (!x->selected)
        return;
    uint32_t slot = 0;
    uint32_t span = frame_find(x->frame, x->addr, &slot);
    if (span == NO_ID || !frame_state(x->frame, span, &x->state))
        return;
    x->span = span;
    x->slot = slot;
}

/* The frame may not reach pos where memory runs out: the cursor then tells where it stands. */
static void settle(struct explorer *x, struct cursor to) {
    x->now = to;
    if (!frame_seek(x->frame, to.pos)) {
        explorer_say(x, ROLE_ERROR, "out of memory: the heap could not be wound to this instant");
        x->now.pos = frame_pos(x->frame);
        x->now.t = reel_time(x->reel, x->now.pos);
    }
    find_selected(x);
    if (!x->whole)
        x->win = timescale_follow(x->win, x->now.t, explorer_end(x));
}

void explorer_go(struct explorer *x, int64_t t) {
    int64_t end = explorer_end(x);
    if (t > end)
        t = end;
    if (t < 0)
        t = 0;
    x->follow = false;
    settle(x, (struct cursor){.t = t, .pos = reel_pos(x->reel, t)});
}

void explorer_go_pos(struct explorer *x, uint64_t pos) {
    if (pos > reel_facts(x->reel))
        pos = reel_facts(x->reel);
    x->follow = false;
    settle(x, (struct cursor){.t = reel_time(x->reel, pos), .pos = pos});
}

void explorer_go_cursor(struct explorer *x, struct cursor to) {
    explorer_go(x, to.t);
    if (x->now.pos != to.pos)
        explorer_go_pos(x, to.pos);
}

bool explorer_go_text(struct explorer *x, const char *words) {
    int64_t t = 0;
    const char *why = NULL;
    while (*words == ' ')
        words++;
    if (!when_parse(x->reel, words, &t, &why)) {
        explorer_say(x, ROLE_ERROR, "%s", why ? why : "not a time");
        return false;
    }
    explorer_go(x, t);
    return true;
}

/* ------------------------------------------------------------------ loading */

/* Something to look at before the person has chosen: the first small span in use. */
static void select_first(struct explorer *x) {
    uint32_t ids[256];
    uint64_t page = 0;
    size_t n;
    while ((n = frame_spans_from(x->frame, page, ids, 256)) > 0) {
        for (size_t i = 0; i < n; i++) {
            const struct span *s = reel_span(x->reel, ids[i]);
            if (s->kind == SPAN_HEAP && s->nelems > 1) {
                explorer_select_slot(x, ids[i], 0);
                x->picked = true;
                return;
            }
        }
        const struct span *last = reel_span(x->reel, ids[n - 1]);
        page = last->page + last->npages;
    }
}

bool explorer_load(struct explorer *x, int64_t budget_ns) {
    const struct reel_info *info = reel_info(x->reel);
    if (info->done)
        return false;
    enum reel_state state = reel_load(x->reel, budget_ns);
    bool more = state == REEL_LOADING || state == REEL_WAITING;
    x->waiting = state == REEL_WAITING;
    if (state == REEL_OUT_OF_MEMORY)
        explorer_say(x, ROLE_ERROR, "out of memory while loading: what was read can be used");
    if (x->whole)
        x->win = timescale_whole(info->duration);
    int64_t t;
    const char *why;
    if (x->at_text && when_parse(x->reel, x->at_text, &t, &why) && (t <= info->duration || !more)) {
        x->at_text = NULL;
        explorer_go(x, t);
    } else if (x->at_text && !more) {
        explorer_go_text(x, x->at_text);
        x->at_text = NULL;
    }
    if (x->follow)
        settle(x, (struct cursor){.t = info->duration, .pos = reel_facts(x->reel)});
    if (!x->selected || (x->picked && x->follow && x->span == NO_ID))
        select_first(x);
    return more;
}

/* ------------------------------------------------------------------ the window */

void explorer_zoom(struct explorer *x, int num, int den) {
    int64_t end = explorer_end(x);
    x->win = timescale_zoom(x->win, x->now.t, num, den, end);
    struct window all = timescale_whole(end);
    x->whole = x->win.from == all.from && x->win.to == all.to;
}

void explorer_window(struct explorer *x, int64_t from, int64_t to) {
    int64_t end = explorer_end(x);
    x->win = timescale_between(from, to, end);
    struct window all = timescale_whole(end);
    x->whole = x->win.from == all.from && x->win.to == all.to;
}

void explorer_zoom_all(struct explorer *x) {
    x->whole = true;
    x->win = timescale_whole(explorer_end(x));
}

/* ------------------------------------------------------------------ words */

char *explorer_text(const struct explorer *x, text t, char *dst, size_t cap) {
    if (x->ascii)
        text_ascii(dst, cap, t);
    else
        text_safe(dst, cap, t);
    return dst;
}

char *explorer_type(const struct explorer *x, uint32_t type, char *dst, size_t cap) {
    const struct heap_type *h = type < reel_types(x->reel) ? reel_type(x->reel, type) : NULL;
    if (h && h->name.len > 0)
        return explorer_text(x, h->name, dst, cap);
    if (type == 0 || !h || h->address == 0)
        snprintf(dst, cap, "(no type)");
    else
        snprintf(dst, cap, "(type at 0x%llx)", (unsigned long long)h->address);
    return dst;
}

char *explorer_note(const struct explorer *x, const struct note *n, char *dst, size_t cap) {
    return explorer_text(x, n->value.len > 0 ? n->value : n->name, dst, cap);
}

enum role explorer_change(int64_t by, bool bytes, char *dst, size_t cap) {
    char word[TIME_TEXT];
    uint64_t size = by < 0 ? -(uint64_t)by : (uint64_t)by;
    snprintf(dst, cap, "%s%s",
             by > 0   ? "+"
             : by < 0 ? "-"
                      : "",
             bytes ? bytes_text(size, word) : count_text(size, word));
    return by > 0 ? ROLE_MORE : by < 0 ? ROLE_LESS : ROLE_DIM;
}

static const char *place_words(const struct span_state *s) {
    const char *name = place_name((enum place)s->place);
    return name ? name : "no known list";
}

char *explorer_fact(struct explorer *x, uint64_t pos, char *dst, size_t cap) {
    struct fact f;
    dst[0] = '\0';
    if (pos == 0 || !reel_fact(x->reel, pos - 1, &f))
        return dst;
    if (f.span == NO_ID) {
        snprintf(dst, cap,
                 f.kind == FACT_GC ? "a GC cycle ended: every span is unswept now"
                                   : "sweeping begins: what loses no object is swept without a sign");
        return dst;
    }
    const struct span *s = reel_span(x->reel, f.span);
    char addr[ADDRESS_TEXT], type[80], size[TIME_TEXT];
    if (f.kind == FACT_PLACE) {
        reel_address_text(x->reel, reel_page_address(x->reel, s->page), addr);
        int n = snprintf(dst, cap, "span %s %s: %s", addr, place_reason_text((enum place_reason)f.why),
                         place_words(&f.after));
        if (f.after.p >= 0 && n > 0 && (size_t)n < cap)
            snprintf(dst + n, cap - (size_t)n, " of P%d", f.after.p);
    } else if (f.kind == FACT_SPAN_EXISTS || f.kind == FACT_SPAN_ALLOC || f.kind == FACT_SPAN_FREE) {
        reel_address_text(x->reel, reel_page_address(x->reel, s->page), addr);
        snprintf(dst, cap, "%s %s, %llu page%s of %s", fact_name((enum fact_kind)f.kind), addr,
                 (unsigned long long)s->npages, s->npages == 1 ? "" : "s", span_kind_name((enum span_kind)s->kind));
    } else {
        reel_address_text(x->reel, reel_slot_address(x->reel, f.span, f.slot), addr);
        snprintf(dst, cap, "%s %s, %s: %s", fact_name((enum fact_kind)f.kind), addr, bytes_text(s->elem, size),
                 explorer_type(x, f.type, type, sizeof type));
    }
    return dst;
}
