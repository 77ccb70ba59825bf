/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * frame_look.c - what is where in a frame: spans by address, their state, slots, types, and sums.
 *
 * Nothing here changes what the frame holds; sums that cost a pass over the spans are kept until it moves.
 */
#include "core/frame.h"
#include "core/reel.h"

size_t frame_spans(const frame *f, const uint32_t **ids) {
    *ids = f->used;
    return f->nused;
}

size_t frame_spans_from(const frame *f, uint64_t page, uint32_t *ids, size_t max) {
    struct pagemap *m = (struct pagemap *)(uintptr_t)&f->pages; /* sorts its keys when asked: no change that shows */
    size_t nkeys, n = 0;
    const uint64_t *keys = pagemap_keys(m, &nkeys);
    for (size_t k = 0; k < nkeys && n < max; k++) {
        uint64_t first = keys[k] << PAGEMAP_BITS;
        if (first + PAGEMAP_CHUNK <= page) {
            continue;
        }
        for (uint64_t i = page > first ? page - first : 0; i < PAGEMAP_CHUNK && n < max; i++) {
            uint32_t id = frame_at(f, first + i);
            if (id != NO_ID && f->r->spans[id].page == first + i) {
                ids[n++] = id;
            }
        }
    }
    return n;
}

/* Inner pages of large spans aren't in the page map. */
static uint32_t find_large(const frame *f, uint64_t page) {
    for (size_t i = 0; i < f->nused; i++) {
        const struct span *s = &f->r->spans[f->used[i]];
        if (s->npages > PAGEMAP_HEAD && page - s->page < s->npages) {
            return f->used[i];
        }
    }
    return NO_ID;
}

uint32_t frame_find(const frame *f, uint64_t addr, uint32_t *slot) {
    uint64_t offset = addr - f->r->info.base;
    uint64_t page = offset / f->r->info.page_size;
    uint32_t id = frame_at(f, page);
    if (id == NO_ID) {
        id = find_large(f, page);
    }
    if (id != NO_ID && slot != NULL) {
        const struct span *s = &f->r->spans[id];
        uint64_t inside = offset - s->page * f->r->info.page_size;
        *slot = s->nelems > 1 ? (uint32_t)(inside / s->elem) : 0;
        *slot = s->nelems > 0 && *slot >= s->nelems ? s->nelems - 1 : *slot; /* the tail that holds no slot */
    }
    return id;
}

/* Held by an mcache when the last GC ended. */
static bool is_stale(const frame *f, const struct frame_span *s) {
    return s->place == PLACE_MCACHE && s->swept_at != f->gc;
}

static enum known swept_state(const frame *f, const struct frame_span *s) {
    if (s->swept_at == f->gc) {
        return KNOWN_YES;
    }
    return frame_sweeping(f) || s->swept_at == SWEPT_NOT_KNOWN || is_stale(f, s) ? KNOWN_NOT : KNOWN_NO;
}

/*
 * May the state be another one just now, though no event has told it yet? The mcaches of idle Ps are flushed right
 * after mark termination (gcMarkTermination); no event says so before who ended marking goes on (stops.c). In the
 * runtime a span has an object all its life: its first one comes some time after the span, and the last one goes before
 * it. And what a thread is in the middle of shows in its events before and after (passing.c).
 */
static bool is_passing(const struct frame *f, const struct frame_span *s) {
    return is_stale(f, s) || s->live == 0 || frame_is_passing(f, s->span);
}

/* Behind missing events a full span may have given way in its mcache to one that was never told. */
static bool may_be_gone(const struct frame *f, const struct frame_span *s) {
    bool full = s->place == PLACE_MCACHE && s->live >= f->r->spans[s->span].nelems;
    return full && reel_gap_before(f->r, f->pos);
}

bool frame_state(const frame *f, uint32_t id, struct span_state *out) {
    if (!frame_in_use(f, id)) {
        return false;
    }
    const struct frame_span *s = frame_seat(f, id);
    bool lacks = gaps_reach(f->r, f->pos, id);
    if (s->nwords == 0) { /* without slots there is nothing to sweep */
        *out = (struct span_state){.p = -1, .place = PLACE_NONE, .swept = KNOWN_YES, .sure = !lacks, .lacks = lacks};
        return true;
    }
    *out = (struct span_state){.live = s->live, .p = s->p, .place = s->place, .swept = (uint8_t)swept_state(f, s)};
    out->lacks = lacks;
    out->sure = s->sure && !lacks && !may_be_gone(f, s) && !is_passing(f, s);
    return true;
}

enum slot_state frame_slot(const frame *f, uint32_t id, uint32_t slot) {
    if (!frame_in_use(f, id) || slot >= f->r->spans[id].nelems) {
        return SLOT_UNKNOWN;
    }
    return frame_bit(f, id, slot) ? SLOT_LIVE : f->r->spans[id].class == 0 ? SLOT_UNKNOWN : SLOT_FREE;
}

struct type_count frame_type(const frame *f, uint32_t type) {
    static const struct tally none;
    if (reel_shown_type(type) != type || (type | TYPE_OLD) >= f->cap_types) {
        return (struct type_count){0};
    }
    const struct tally *t = &f->types[type], *old = &f->types[type | TYPE_OLD];
    const struct tally *more = type == 0 && f->cap_types > TYPE_UNREPORTED ? &f->types[TYPE_UNREPORTED] : &none;
    return (struct type_count){.live = t->live + old->live + more->live,
                               .bytes = t->bytes + old->bytes + more->bytes,
                               .allocs = t->allocs,
                               .frees = t->frees + old->frees,
                               .old = old->live,
                               .old_bytes = old->bytes};
}

/* ---- sums */

static void sum_span(frame *f, uint32_t id) {
    const struct span *s = &f->r->spans[id];
    const struct frame_span *fs = frame_seat(f, id);
    if (s->kind != SPAN_HEAP) {
        return;
    }
    struct central *c = &f->central[s->class * 2u + s->noscan];
    uint64_t free_slots = s->nelems - fs->live, free_bytes = free_slots * s->elem;
    c->elem = s->class == 0 ? 0 : s->elem;
    c->spans++;
    c->objects += fs->live;
    c->slots += s->nelems;
    c->free_slots += free_slots;
    c->bytes += s->npages * f->r->info.page_size;
    c->unswept += swept_state(f, fs) == KNOWN_NO;
    uint64_t *in_place[] = {&c->unknown, &c->mcache, &c->nonempty, &c->empty, &c->unknown};
    ++*in_place[fs->place];
    uint64_t *free_in[] = {&f->totals.unknown_bytes, &f->totals.free_in_mcache, &f->totals.free_in_nonempty, NULL,
                           NULL};
    if (s->class == 0) {
        f->totals.unknown_bytes += free_bytes;
    } else if (free_in[fs->place] != NULL) {
        *free_in[fs->place] += free_bytes;
    }
}

static void make_sums(frame *f) {
    if (f->sums_known) {
        return;
    }
    memset(f->central, 0, sizeof f->central);
    f->totals.free_in_mcache = f->totals.free_in_nonempty = f->totals.unknown_bytes = 0;
    f->totals.old_objects = f->totals.old_bytes = 0;
    for (size_t i = TYPE_OLD; i < f->cap_types && i < f->r->ntypes; i += 2) {
        f->totals.old_objects += f->types[i].live;
        f->totals.old_bytes += f->types[i].bytes;
    }
    for (size_t i = 0; i < f->nused; i++) {
        sum_span(f, f->used[i]);
    }
    f->sums_known = true;
}

const struct totals *frame_totals(frame *f) {
    make_sums(f);
    return &f->totals;
}

const struct central *frame_central(frame *f) {
    make_sums(f);
    return f->central;
}
