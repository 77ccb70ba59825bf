/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plain.c - the allocations and frees from which nothing follows but themselves: nearly all events of a trace.
 *
 * An allocation is plain where its span is swept and in an mcache, and its goroutine has announced nothing; a free,
 * where its span was seen swept before and the object is there. What happens to them is what objects.c would do,
 * without the questions that are answered already. All else goes there.
 *
 * Sweeping goes from span to span through the whole heap: what is known of each has long left the caches, and fetching
 * it takes as long as some twenty events. So each stretch of events is looked through before it is recorded: which
 * seats they are about, then, once these are there, what the seats lead to. What was found so is a hint: a span that
 * came or went in between makes it wrong, and it is looked up again.
 */
#include "core/course.h"
#include "core/recorder.h"

#include <string.h>

/* All of this becomes one loop with what it needs in registers. */
#define PLAIN static inline __attribute__((always_inline))

/* ---- who acts */

static __attribute__((noinline)) void learn(struct recorder *rec, struct stretch *from, uint8_t actor) {
    const struct actor *by = &from->actor[actor];
    struct known_actor *to = &rec->actors[actor];
    to->g = names_go(rec, by->g);
    to->m = by->m;
    to->pending_bit = place_pending_bit(to->g);
    to->known = true;
    uint64_t who = pack_who(to->g, by->p >= 0 && by->p < MAX_PROCS ? (int32_t)by->p : -1);
    from->acting[actor] = (struct acting){who, pack_key(0, pack_proc(who) * PACK_LANES, 0)};
}

/* ---- looking ahead */

enum { OWN_AHEAD = 32 };

/* Chunks are looked up without asking whether they are: what a far page leads to is another span, as a stale hint. */
void plain_find_seats(const struct recorder *rec, const struct brief *ev, size_t n, uint32_t *hint) {
    const struct frame *f = rec->head;
    const struct pagemap *pages = &f->pages;
    const uint32_t *near = pages->near, (*chunk)[PAGEMAP_CHUNK] = pages->chunk;
    const uintptr_t seat = (uintptr_t)f->seat;
    const uint64_t mask = pages->nnear - 1;
    const unsigned to_page = rec->page_shift;
    if (pages->nnear == 0) {
        memset(hint, 0, n * sizeof *hint);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        uint64_t page = ev[i].id >> to_page;
        uint32_t at = chunk[near[page >> PAGEMAP_BITS & mask]][page % PAGEMAP_CHUNK];
        at += at == NO_ID;
        hint[i] = at;
        __builtin_prefetch((const void *)(seat + (uintptr_t)at * sizeof(struct frame_span)), 1);
        intake_own(&ev[i + OWN_AHEAD]);
    }
}

/*
 * Sweeping frees what was allocated long ago; what is allocated lies at hand, but to fetch it all the same is cheaper
 * than to ask. Where the hint is wrong, so is what is fetched.
 */
void plain_fetch_slots(const struct recorder *rec, const struct brief *ev, size_t n, const uint32_t *hint) {
    const struct frame_span *seat = rec->head->seat;
    const uintptr_t pool = (uintptr_t)rec->head->pool, slot_types = (uintptr_t)rec->slot_types;
    const unsigned unit = rec->unit_shift;
    const uint32_t gc = rec->head->gc;
    for (size_t i = 0; i < n && seat != NULL; i++) {
        const struct frame_span *s = &seat[hint[i]];
        uint64_t inside = (ev[i].id << unit) - s->page * HEAP_PAGE_BYTES;
        uint64_t slot = (uint64_t)s->words * 64 + (uint32_t)(inside * s->reciprocal >> 32);
        __builtin_prefetch((const void *)(pool + slot / 64 * sizeof(uint64_t)), 1);
        __builtin_prefetch((const void *)(slot_types + slot * sizeof(uint32_t)), 1);
        if (s->swept_at != gc) {
            plain_fetch_span(rec, s);
            __builtin_prefetch(&rec->mind[hint[i]], 1);
        }
    }
}

/* ---- recording */

/* What stays as it is while events are plain; in registers, as far as these go. */
struct view {
    struct recorder *rec;
    struct frame_span *seat;
    uint64_t *pool;
    uint32_t *slot_types;
    struct tally *types;
    const uint32_t *memo; /* of types */
    uint32_t gc;
    uint64_t asking; /* pending_bit of those that may have announced a refill */
};

/* Objects that came and went. */
struct sums {
    uint64_t comes, bytes, goes, freed;
    bool falling; /* the last of them went */
};

/* An event, and where it is about. */
struct place_of {
    struct frame_span *s;
    uint64_t inside; /* bytes from the span's begin */
};

PLAIN struct view look(struct recorder *rec) {
    const struct frame *f = rec->head;
    return (struct view){.rec = rec,
                         .seat = f->seat,
                         .pool = f->pool,
                         .slot_types = rec->slot_types,
                         .types = f->types,
                         .memo = rec->types,
                         .gc = f->gc,
                         .asking = rec->asking};
}

/* Objects stop coming or going: their curves have an extreme here. */
static __attribute__((noinline)) void note_extreme(const struct recorder *rec, const struct sums *sum) {
    const struct totals *s = &rec->head->totals;
    course_note_objects(rec->r, s->objects + sum->comes - sum->goes, s->object_bytes + sum->bytes - sum->freed);
}

/* n facts are recorded, the last one at time t: what was counted goes where it belongs. */
PLAIN void settle(struct recorder *rec, size_t n, int64_t t, const struct sums *sum) {
    reel *r = rec->r;
    struct frame *f = rec->head;
    r->nfacts += n;
    r->last = t;
    f->pos = r->nfacts;
    f->totals.objects += sum->comes - sum->goes;
    f->totals.object_bytes += sum->bytes - sum->freed;
    course_note_objects(r, f->totals.objects, f->totals.object_bytes);
    rec->freed_objects += sum->goes;
    rec->freed_bytes += sum->freed;
    if (n > 0 && r->nfacts % BLOCK_FACTS == 0) {
        reel_milestone(r, f);
    }
}

/* Where an event is about, if that is a span of small objects. */
PLAIN bool locate(const struct view *v, uint64_t offset, uint32_t hint, struct place_of *at) {
    at->s = &v->seat[hint];
    at->inside = offset - at->s->page * HEAP_PAGE_BYTES;
    if (at->inside < at->s->plain_bytes) {
        return true;
    }
    uint32_t seat = pagemap_get(&v->rec->head->pages, offset / HEAP_PAGE_BYTES);
    at->s = &v->seat[seat];
    at->inside = seat == NO_ID ? UINT64_MAX : offset - at->s->page * HEAP_PAGE_BYTES;
    return seat != NO_ID && at->inside < at->s->plain_bytes;
}

PLAIN bool may_allocate(const struct view *v, const struct frame_span *s, const struct known_actor *a) {
    const struct recorder *rec = v->rec;
    return s->place == PLACE_MCACHE && s->swept_at == v->gc &&
           (rec->owners_settled || !rec->mind[s - v->seat].owner_unknown) &&
           ((v->asking & a->pending_bit) == 0 || place_own_pending(rec, s->span, a->g, a->m) == SIZE_MAX);
}

/* The event becomes the fact itself; the frame has changed already. */
PLAIN void become(struct brief *ev, uint8_t kind, uint8_t lane, const struct frame_span *s, uint32_t slot,
                  uint32_t type) {
    ev->id = brief_fact(kind | (uint64_t)lane << 8, slot, s->span);
    ev->heap_type = (uint16_t)type;
}

/* False, with nothing done, where more than the allocation may follow, or the type has too great a number. */
PLAIN bool alloc(const struct view *v, const struct place_of *at, struct brief *ev, const struct known_actor *a,
                 struct sums *sum) {
    struct frame_span *s = at->s;
    uint32_t type = v->memo[ev->heap_type] - 1;
    if (type > UINT16_MAX || !may_allocate(v, s, a)) {
        return false;
    }
    uint32_t slot = (uint32_t)(at->inside * s->reciprocal >> 32);
    uint64_t *word = &v->pool[s->words + slot / 64], bit = UINT64_C(1) << slot % 64, elem = s->elem;
    uint32_t *slot_type = &v->slot_types[(size_t)s->words * 64 + slot];
    if ((*word & bit) != 0) { /* one more piece of a tiny block, or an event for a slot already counted */
        type = s->span_class == TINY_SPAN_CLASS ? type : *slot_type;
        if (slot >= s->hi || s->ask || type > UINT16_MAX) {
            return false;
        }
        become(ev, FACT_SUBALLOC, s->span_class, s, slot, type);
        return true;
    }
    if (sum->falling) {
        note_extreme(v->rec, sum);
        sum->falling = false;
    }
    *word |= bit;
    s->live++;
    s->hi = slot < s->hi ? s->hi : (uint16_t)(slot + 1);
    *slot_type = type;
    struct tally *of = &v->types[type];
    of->live++;
    of->bytes += elem;
    of->allocs++;
    sum->comes++;
    sum->bytes += elem;
    become(ev, FACT_ALLOC, s->span_class, s, slot, type);
    return true;
}

PLAIN bool release(const struct view *v, const struct place_of *at, struct brief *ev, struct sums *sum) {
    struct frame_span *s = at->s;
    if (s->hi >= s->plain_elems || s->swept_at != v->gc || s->ask || s->full_list) {
        return false;
    }
    uint32_t slot = (uint32_t)(at->inside * s->reciprocal >> 32);
    uint64_t *word = &v->pool[s->words + slot / 64], bit = UINT64_C(1) << slot % 64, elem = s->elem;
    uint32_t type = v->slot_types[(size_t)s->words * 64 + slot];
    if ((*word & bit) == 0 || type > UINT16_MAX) {
        return false;
    }
    if (!sum->falling) {
        note_extreme(v->rec, sum);
        sum->falling = true;
    }
    *word &= ~bit;
    s->live--;
    struct tally *of = &v->types[type];
    of->live--;
    of->bytes -= elem;
    of->frees++;
    sum->goes++;
    sum->freed += elem;
    become(ev, FACT_FREE, LANE_FREE, s, slot, type);
    return true;
}

/* Up to n events, none of which leads past a milestone. */
static size_t run(struct recorder *rec, struct stretch *from, struct brief *ev, size_t n, const uint32_t *hint) {
    const struct view v = look(rec);
    struct sums sum = {0};
    const unsigned unit = rec->unit_shift;
    size_t i = 0;
    for (; i < n && ev[i].type != 0; i++) {
        const struct known_actor *a = &rec->actors[ev[i].actor];
        struct place_of at;
        if (!locate(&v, ev[i].id << unit, hint[i], &at)) {
            break;
        }
        if (!a->known) {
            learn(rec, from, ev[i].actor);
        }
        bool done =
            ev[i].type == TRACE_EV_HEAP_OBJECT_FREE ? release(&v, &at, &ev[i], &sum) : alloc(&v, &at, &ev[i], a, &sum);
        if (!done) {
            break;
        }
    }
    settle(rec, i, i > 0 ? from->begin + ev[i - 1].since : rec->r->last, &sum);
    return i;
}

size_t plain_run(struct recorder *rec, struct stretch *from, struct brief *ev, size_t n, const uint32_t *hint) {
    size_t done = 0, most, some;
    if (from->begin + ev->since < rec->r->last) { /* times of facts don't decrease, whatever the event's */
        return 0;
    }
    do {
        most = BLOCK_FACTS - rec->r->nfacts % BLOCK_FACTS;
        most = most < n - done ? most : n - done;
        some = rec->head->nseats > 0 ? run(rec, from, ev + done, most, hint + done) : 0;
        done += some;
    } while (some == most && done < n && !rec->r->memory_short);
    return done;
}
