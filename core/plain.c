/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plain.c - the allocations and frees from which nothing follows but themselves: nearly all events of a trace.
 *
 * An allocation is plain where its span is swept and in an mcache, its slot was free and ahead of all that was taken,
 * and its goroutine has announced nothing; a free, where its span was seen swept before and the object is there. What
 * happens to them is what objects.c would do, without the questions that are answered already. All else goes there.
 */
#include "core/recorder.h"

static struct actor *learn(struct recorder *rec, struct actor *a, const struct trace_event *ev) {
    int32_t p = ev->p >= 0 && ev->p < MAX_PROCS ? (int32_t)ev->p : -1;
    *a = (struct actor){.m = ev->m, .p = ev->p, .g = ev->g, .g_index = names_go(rec, ev->g), .p_index = p};
    a->known = true;
    a->who = pack_who(a->g_index, p);
    return a;
}

static inline const struct actor *actor_of(struct recorder *rec, const struct trace_event *ev) {
    struct actor *a = &rec->actors[(uint64_t)(ev->m ^ ev->g ^ ev->p) % ACTOR_MEMO];
    bool same = a->known && a->m == ev->m && a->g == ev->g && a->p == ev->p;
    return same ? a : learn(rec, a, ev);
}

const struct actor *plain_actor(struct recorder *rec, const struct trace_event *ev) {
    return actor_of(rec, ev);
}

/* The slot of an object. Large objects have none that is found this way. */
static inline uint32_t slot_in(const struct frame_span *s, uint64_t offset) {
    return (uint32_t)((offset - s->page * HEAP_PAGE_BYTES) * s->reciprocal >> 32);
}

static inline bool is_live(const struct frame *f, const struct frame_span *s, uint32_t slot) {
    const uint64_t *bits = s->nwords <= 1 ? &s->bits : &f->pool[s->words];
    return bits[slot / 64] >> slot % 64 & 1;
}

static inline uint32_t *type_of(const struct recorder *rec, const struct frame_span *s, uint32_t slot) {
    return &rec->slot_types[(size_t)s->words * 64 + slot];
}

/* The fact itself; the frame has changed already. */
static inline void append(struct recorder *rec, int64_t t, uint64_t who, uint8_t kind, struct frame_span *s,
                          uint32_t slot, uint32_t type) {
    reel *r = rec->r;
    if (s->last_block != (uint32_t)r->nblocks) {
        reel_post(r, s->span);
        s->last_block = (uint32_t)r->nblocks;
    }
    unsigned lane = kind == FACT_FREE ? LANE_FREE : s->span_class;
    pack_object(&r->packer, t > r->packer.m.t ? t : r->packer.m.t, who, kind, lane, s->span, slot, type);
    rec->head->pos++;
    if (++r->nfacts % SAMPLE_EVERY == 0) {
        reel_milestone(r, rec->head);
    }
}

bool plain_alloc(struct recorder *rec, const struct trace_event *ev) {
    struct frame *f = rec->head;
    uint64_t offset = ev->arg[0] * rec->r->min_align, id = ev->arg[1];
    uint32_t at = pagemap_get(&f->pages, offset / HEAP_PAGE_BYTES);
    if (at == NO_ID || id >= TYPE_MEMO || rec->types[id].known_in != rec->generation + 1) {
        return false;
    }
    struct frame_span *s = &f->seat[at];
    uint32_t slot = slot_in(s, offset), type = rec->types[id].type;
    if (slot >= s->nelems || s->reciprocal == 0 || s->place != PLACE_MCACHE || s->swept_at != f->gc ||
        is_live(f, s, slot) || (!rec->owners_settled && rec->mind[at].owner_unknown)) {
        return false;
    }
    const struct actor *a = actor_of(rec, ev);
    if (rec->npending > 0 && place_own_pending(rec, a->g_index, ev->m) != SIZE_MAX) {
        return false;
    }
    *type_of(rec, s, slot) = type;
    s->hi = slot < s->hi ? s->hi : (uint16_t)(slot + 1);
    frame_object_comes(f, s, slot, type);
    f->types[type].allocs++;
    append(rec, ev->time, a->who, FACT_ALLOC, s, slot, type);
    return true;
}

bool plain_free(struct recorder *rec, const struct trace_event *ev) {
    struct frame *f = rec->head;
    uint64_t offset = ev->arg[0] * rec->r->min_align;
    uint32_t at = pagemap_get(&f->pages, offset / HEAP_PAGE_BYTES);
    if (at == NO_ID) {
        return false;
    }
    struct frame_span *s = &f->seat[at];
    uint32_t slot = slot_in(s, offset);
    if (slot >= s->nelems || s->reciprocal == 0 || s->ask || s->swept_at != f->gc || !is_live(f, s, slot) ||
        s->full_list || s->hi >= s->nelems) {
        return false;
    }
    uint32_t type = *type_of(rec, s, slot);
    frame_object_goes(f, s, slot, type);
    f->types[type].frees++;
    rec->freed_objects++;
    rec->freed_bytes += s->elem;
    append(rec, ev->time, actor_of(rec, ev)->who, FACT_FREE, s, slot, type);
    return true;
}

/* ---- looking ahead */

/*
 * Sweeping goes from span to span through the whole heap: what is known of each has long left the caches, and fetching
 * it takes as long as some twenty events. So it is fetched while those before are recorded: first the span, then what
 * the span leads to.
 */
static inline bool is_news(const struct recorder *rec, const struct trace_event *ev, uint64_t *last, uint32_t *at) {
    uint64_t page = ev->arg[0] * rec->r->min_align / HEAP_PAGE_BYTES;
    if (ev->type != TRACE_EV_HEAP_OBJECT_FREE || page == *last) {
        return false;
    }
    *last = page;
    *at = pagemap_get(&rec->head->pages, page);
    return *at != NO_ID;
}

void plain_far_ahead(struct recorder *rec, const struct trace_event *ev) {
    uint32_t at;
    if (is_news(rec, ev, &rec->far_page, &at)) {
        __builtin_prefetch(&rec->head->seat[at], 1);
        __builtin_prefetch(&rec->mind[at]);
    }
}

void plain_near_ahead(struct recorder *rec, const struct trace_event *ev) {
    uint32_t at;
    if (is_news(rec, ev, &rec->near_page, &at) && rec->head->seat[at].nwords > 0) {
        const struct frame_span *s = &rec->head->seat[at];
        uint32_t slot = slot_in(s, ev->arg[0] * rec->r->min_align);
        __builtin_prefetch(&rec->head->pool[s->words], 1);
        __builtin_prefetch(type_of(rec, s, slot));
    }
}
