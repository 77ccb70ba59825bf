/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * explorer_words.c - what is looked at in words: texts of the trace made harmless, types, annotations, facts, spans.
 *
 * What was inferred and not recorded ends with a question mark.
 */
#include "tui/explorer.h"

#include <string.h>

char *explorer_say_span(const struct span *s, char *dst, size_t cap) {
    char elem[TIME_TEXT];
    const char *plural = s->npages == 1 ? "" : "s";
    if (s->kind != SPAN_HEAP)
        snprintf(dst, cap, "%s memory, %llu page%s: no objects in it",
                 s->kind == SPAN_STACK ? "stack" : "manual (stack or GC work)", (unsigned long long)s->npages, plural);
    else if (s->class == 0)
        snprintf(dst, cap, "large %s: one object of %s, %llu page%s", s->noscan ? "noscan" : "scan",
                 bytes_text(s->elem, elem), (unsigned long long)s->npages, plural);
    else
        snprintf(dst, cap, "class %u %s: %u slot%s of %s, %llu page%s", s->class, s->noscan ? "noscan" : "scan",
                 s->nelems, s->nelems == 1 ? "" : "s", bytes_text(s->elem, elem), (unsigned long long)s->npages,
                 plural);
    return dst;
}

char *explorer_say_place(const struct span_state *st, char *dst, size_t cap) {
    const char *mark = st->sure ? "" : "?";
    const char *swept = st->swept == KNOWN_YES  ? ", swept"
                        : st->swept == KNOWN_NO ? ", not swept yet"
                                                : ", swept or not: unknown";
    if (st->place == PLACE_MCACHE && st->p >= 0)
        snprintf(dst, cap, "in P%d's mcache%s: P%d allocates from it%s", st->p, mark, st->p, swept);
    else if (st->place == PLACE_MCACHE)
        snprintf(dst, cap, "in some P's mcache%s%s", mark, swept);
    else if (st->place == PLACE_NONEMPTY)
        snprintf(dst, cap, "on mcentral's nonempty (partial) list%s%s", mark, swept);
    else if (st->place == PLACE_EMPTY)
        snprintf(dst, cap, "on mcentral's empty (full) list%s%s", mark, swept);
    else
        snprintf(dst, cap, "in an mcache or on a list: the trace has not told yet%s", swept);
    return dst;
}

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

char *explorer_say_selected(const struct explorer *x, char *dst, size_t cap) {
    static const char *const holds[] = {[SLOT_FREE] = "free", [SLOT_LIVE] = "live", [SLOT_UNKNOWN] = "unknown"};
    char addr[ADDRESS_TEXT], base[ADDRESS_TEXT], words[96];
    struct hole h;
    reel_address_text(x->reel, x->addr, addr);
    if (x->span == NO_ID) {
        bool hole = explorer_hole(x, explorer_page(x), &h);
        snprintf(dst, cap, "%s: %s", addr,
                 hole ? explorer_say_hole(x, h, words, sizeof words) : "no span is in use here at this instant");
        return dst;
    }
    const struct span *s = reel_span(x->reel, x->span);
    reel_address_text(x->reel, reel_page_address(x->reel, s->page), base);
    if (s->kind != SPAN_HEAP)
        snprintf(dst, cap, "%s: in span %s of %s", addr, base, span_kind_name((enum span_kind)s->kind));
    else if (s->class == 0)
        snprintf(dst, cap, "%s: in the large span %s, %s", addr, base, holds[frame_slot(x->frame, x->span, x->slot)]);
    else
        snprintf(dst, cap, "%s: slot %u of span %s, class %u %s, %s", addr, x->slot, base, s->class,
                 s->noscan ? "noscan" : "scan", holds[frame_slot(x->frame, x->span, x->slot)]);
    return dst;
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
