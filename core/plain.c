/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plain.c - the allocations and frees from which nothing follows but themselves: nearly all events of a trace.
 *
 * An allocation is plain where its span is swept and in an mcache, its slot was free and ahead of all that was taken,
 * and its goroutine has announced nothing; a free, where its span was seen swept before and the object is there. What
 * happens to them is what objects.c would do, without the questions that are answered already. All else goes there.
 */
#include "core/recorder.h"

/* All of this becomes one loop with what it needs in registers. */
#define PLAIN static inline __attribute__((always_inline))

/* ---- who acts */

static const struct actor *learn(struct recorder *rec, struct actor *a, const struct trace_event *ev) {
    int32_t p = ev->p >= 0 && ev->p < MAX_PROCS ? (int32_t)ev->p : -1;
    *a = (struct actor){.m = ev->m, .p = ev->p, .g = ev->g, .g_index = names_go(rec, ev->g), .p_index = p};
    a->known = true;
    a->who = pack_who(a->g_index, p);
    return a;
}

PLAIN bool is_actor(const struct actor *a, const struct trace_event *ev) {
    return a->m == ev->m && a->g == ev->g && a->p == ev->p;
}

PLAIN const struct actor *actor_of(struct recorder *rec, const struct trace_event *ev) {
    struct actor *a = &rec->actors[(uint64_t)(ev->m ^ ev->p) % ACTOR_MEMO];
    return is_actor(a, ev) && a->known ? a : learn(rec, a, ev);
}

const struct actor *plain_actor(struct recorder *rec, const struct trace_event *ev) {
    return actor_of(rec, ev);
}

/* ---- where things are: nothing of this changes while events are plain */

struct view {
    struct recorder *rec;
    reel *r;
    struct frame *f;
    struct frame_span *seat;
    uint64_t *pool;
    uint32_t *slot_types;
    struct type_count *types;
    uint64_t unit; /* of object ids, bytes */
    uint32_t gc;
};

PLAIN struct view look(struct recorder *rec) {
    struct frame *f = rec->head;
    return (struct view){rec, rec->r, f, f->seat, f->pool, rec->slot_types, f->types, rec->r->min_align, f->gc};
}

/* The slot of an object; past nelems where it has none that is found so simply. */
PLAIN uint32_t slot_in(const struct frame_span *s, uint64_t offset) {
    return (uint32_t)((offset - s->page * HEAP_PAGE_BYTES) * s->reciprocal >> 32);
}

PLAIN uint64_t *word_of(const struct view *v, struct frame_span *s, uint32_t slot) {
    return &v->pool[s->words + slot / 64];
}

PLAIN uint32_t *type_of(const struct view *v, const struct frame_span *s, uint32_t slot) {
    return &v->slot_types[(size_t)s->words * 64 + slot];
}

/* The fact itself; the frame has changed already. */
PLAIN void append(const struct view *v, int64_t t, uint64_t who, uint8_t kind, struct frame_span *s, uint32_t slot,
                  uint32_t type) {
    reel *r = v->r;
    uint32_t block = (uint32_t)r->nblocks;
    if (s->last_block != block) {
        reel_post(r, s->span);
        s->last_block = block;
    }
    unsigned lane = kind == FACT_FREE ? LANE_FREE : s->span_class;
    pack_object(&r->packer, t > r->packer.m.t ? t : r->packer.m.t, who, kind, lane, s->span, slot, type);
    v->f->pos = ++r->nfacts;
    if (r->nfacts % SAMPLE_EVERY == 0) {
        reel_milestone(r, v->f);
    }
}

/* False, with nothing done, where more than the allocation may follow. */
PLAIN bool alloc(const struct view *v, const struct actor *a, const struct trace_event *ev) {
    struct recorder *rec = v->rec;
    uint64_t offset = ev->arg[0] * v->unit, id = ev->arg[1];
    uint32_t at = pagemap_get(&v->f->pages, offset / HEAP_PAGE_BYTES);
    if (at == NO_ID || id >= TYPE_MEMO || rec->types[id] == 0) {
        return false;
    }
    struct frame_span *s = &v->seat[at];
    uint32_t slot = slot_in(s, offset), type = rec->types[id] - 1;
    if (slot >= s->plain_elems || s->place != PLACE_MCACHE || s->swept_at != v->gc ||
        (!rec->owners_settled && rec->mind[at].owner_unknown) ||
        (rec->npending > 0 && place_own_pending(rec, s->span, a->g_index, ev->m) != SIZE_MAX)) {
        return false;
    }
    uint64_t *word = word_of(v, s, slot), bit = UINT64_C(1) << slot % 64, elem = s->elem;
    if ((*word & bit) != 0) {
        return false;
    }
    *word |= bit;
    s->live++;
    s->hi = slot < s->hi ? s->hi : (uint16_t)(slot + 1);
    *type_of(v, s, slot) = type;
    v->types[type].live++;
    v->types[type].bytes += elem;
    v->types[type].allocs++;
    v->f->totals.objects++;
    v->f->totals.object_bytes += elem;
    append(v, ev->time, a->who, FACT_ALLOC, s, slot, type);
    return true;
}

PLAIN bool release(const struct view *v, const struct actor *a, const struct trace_event *ev) {
    uint64_t offset = ev->arg[0] * v->unit;
    uint32_t at = pagemap_get(&v->f->pages, offset / HEAP_PAGE_BYTES);
    if (at == NO_ID) {
        return false;
    }
    struct frame_span *s = &v->seat[at];
    uint32_t slot = slot_in(s, offset);
    if (slot >= s->plain_elems || s->hi >= s->plain_elems || s->swept_at != v->gc || s->ask || s->full_list) {
        return false;
    }
    uint64_t *word = word_of(v, s, slot), bit = UINT64_C(1) << slot % 64, elem = s->elem;
    uint32_t type = *type_of(v, s, slot);
    if ((*word & bit) == 0) {
        return false;
    }
    *word &= ~bit;
    s->live--;
    v->types[type].live--;
    v->types[type].bytes -= elem;
    v->types[type].frees++;
    v->f->totals.objects--;
    v->f->totals.object_bytes -= elem;
    v->rec->freed_objects++;
    v->rec->freed_bytes += elem;
    append(v, ev->time, a->who, FACT_FREE, s, slot, type);
    return true;
}

/* ---- looking ahead */

/*
 * Sweeping goes from span to span through the whole heap: what is known of each has long left the caches, and fetching
 * it takes as long as some twenty events. So it is fetched while those before are recorded: first the span, then what
 * the span leads to.
 */
enum { FAR = 24, NEAR = 10 };

/* The seat that a free to come is about, where the last one looked at was about another page. */
PLAIN uint32_t next_seat(const struct view *v, const struct trace_event *ev, uint64_t *last) {
    if (ev->type != TRACE_EV_HEAP_OBJECT_FREE) {
        return NO_ID;
    }
    uint64_t page = ev->arg[0] * v->unit / HEAP_PAGE_BYTES;
    if (page == *last) {
        return NO_ID;
    }
    *last = page;
    return pagemap_get(&v->f->pages, page);
}

PLAIN void look_ahead(const struct view *v, const struct trace_event *ev, uint64_t last[2]) {
    uint32_t far = next_seat(v, ev + FAR, &last[0]), near = next_seat(v, ev + NEAR, &last[1]);
    if (far != NO_ID) {
        __builtin_prefetch(&v->seat[far], 1);
    }
    if (near != NO_ID && v->seat[near].nwords > 0) {
        const struct frame_span *s = &v->seat[near];
        __builtin_prefetch(&v->pool[s->words], 1);
        __builtin_prefetch(type_of(v, s, slot_in(s, ev[NEAR].arg[0] * v->unit) % 1024));
    }
}

const struct trace_event *plain_run(struct recorder *rec, const struct trace_event *ev, const struct trace_event *end) {
    const struct view v = look(rec);
    if (ev == end) {
        return ev;
    }
    const struct actor *a = actor_of(rec, ev);
    const struct trace_event *ahead = end - ev > FAR ? end - FAR : ev;
    uint64_t last[2] = {rec->looked_at[0], rec->looked_at[1]};
    for (; ev < end && (ev->type == TRACE_EV_HEAP_OBJECT_ALLOC || ev->type == TRACE_EV_HEAP_OBJECT_FREE); ev++) {
        if (ev < ahead) {
            look_ahead(&v, ev, last);
        }
        a = is_actor(a, ev) ? a : actor_of(rec, ev);
        if (!(ev->type == TRACE_EV_HEAP_OBJECT_ALLOC ? alloc(&v, a, ev) : release(&v, a, ev))) {
            break;
        }
    }
    rec->looked_at[0] = last[0];
    rec->looked_at[1] = last[1];
    return ev;
}
