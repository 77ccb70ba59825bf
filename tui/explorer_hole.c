/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * explorer_hole.c - stretches of pages that no span uses at the cursor, between the lowest and the highest page that
 * heap spans ever used. Whether the OS has them back isn't known here.
 */
#include "tui/explorer.h"

#include <string.h>

enum { AT_ONCE = 256 };

static uint64_t end_of(const struct explorer *x, uint32_t id) {
    const struct span *s = reel_span(x->reel, id);
    return s->page + s->npages;
}

/* The last span that begins in [from, to), NO_ID none. */
static uint32_t last_within(const struct explorer *x, uint64_t from, uint64_t to) {
    uint32_t ids[AT_ONCE], last = NO_ID;
    size_t n;
    while (from < to && (n = frame_spans_from(x->frame, from, ids, AT_ONCE)) > 0)
        for (size_t i = 0; i < n; i++) {
            const struct span *s = reel_span(x->reel, ids[i]);
            if (s->page >= to)
                return last;
            last = ids[i];
            from = s->page + 1;
        }
    return last;
}

uint32_t explorer_span_before(const struct explorer *x, uint64_t page) {
    uint64_t lo, hi;
    reel_page_range(x->reel, &lo, &hi);
    uint32_t id = NO_ID;
    page = page > hi ? hi : page;
    for (uint64_t to = page, step = 64; id == NO_ID && to > lo; step *= 2) {
        uint64_t from = to - lo > step ? to - step : lo;
        id = last_within(x, from, to);
        to = from;
    }
    return id;
}

bool explorer_hole(const struct explorer *x, uint64_t page, struct hole *out) {
    uint64_t lo, hi;
    uint32_t next;
    reel_page_range(x->reel, &lo, &hi);
    if (page < lo || page >= hi)
        return false;
    uint32_t before = explorer_span_before(x, page);
    *out = (struct hole){.from = before == NO_ID ? lo : end_of(x, before), .to = hi};
    if (frame_spans_from(x->frame, page, &next, 1) == 1 && reel_span(x->reel, next)->page < hi)
        out->to = reel_span(x->reel, next)->page;
    return out->from <= page && page < out->to;
}

/* Greater ones come first, and of those alike the lower ones. */
static bool comes_first(struct hole a, struct hole b) {
    uint64_t na = a.to - a.from, nb = b.to - b.from;
    return na != nb ? na > nb : a.from < b.from;
}

bool explorer_next_hole(const struct explorer *x, const struct hole *after, struct hole *out) {
    uint64_t lo, hi, page, free_from;
    uint32_t ids[AT_ONCE];
    bool found = false, more = true;
    const struct hole limit = after ? *after : (struct hole){.to = UINT64_MAX}; /* `out` may be the same */
    reel_page_range(x->reel, &lo, &hi);
    for (page = free_from = lo; more;) {
        size_t n = frame_spans_from(x->frame, page, ids, AT_ONCE);
        more = n > 0;
        for (size_t i = 0; i <= n; i++) {
            bool last = i == n; /* behind the last span lies one, too */
            if (last && more)
                break;
            uint64_t to = last || reel_span(x->reel, ids[i])->page > hi ? hi : reel_span(x->reel, ids[i])->page;
            struct hole h = {.from = free_from, .to = to};
            if (h.to > h.from && comes_first(limit, h) && (!found || comes_first(h, *out))) {
                *out = h;
                found = true;
            }
            if (!last)
                page = free_from = end_of(x, ids[i]);
        }
    }
    return found;
}

char *explorer_say_hole(const struct explorer *x, struct hole h, char *dst, size_t cap) {
    char n[TIME_TEXT], bytes[TIME_TEXT], addr[ADDRESS_TEXT];
    uint64_t pages = h.to - h.from;
    reel_address_text(x->reel, reel_page_address(x->reel, h.to), addr);
    snprintf(dst, cap, "%s free page%s (%s) up to %s", count_text(pages, n), pages == 1 ? "" : "s",
             bytes_text(reel_page_address(x->reel, h.to) - reel_page_address(x->reel, h.from), bytes), addr);
    return dst;
}
