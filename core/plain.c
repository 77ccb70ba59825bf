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

static int32_t proc_of(const struct actor *by) {
    return by->p >= 0 && by->p < MAX_PROCS ? (int32_t)by->p : -1;
}

/* Now it is known who an actor of the stretch is. */
static __attribute__((noinline)) void learn(struct recorder *rec, struct stretch *from, uint8_t actor) {
    const struct actor *by = &from->actor[actor];
    uint32_t g = names_go(rec, by->g);
    rec->actors[actor] = (struct known_actor){by->m, g};
    rec->asks[actor] = place_pending_bit(g);
    uint64_t who = pack_who(g, proc_of(by));
    from->acting[actor] = (struct acting){who, pack_key(0, pack_proc(who) * PACK_LANES, 0)};
    rec->acted[proc_of(by) + 1] = reel_facts(rec->r);
}

/* ---- looking ahead */

enum { OWN_AHEAD = 32 };

/* Chunks are looked up without asking whether they are: what a far page leads to is another span, as a stale hint. */
void plain_find_seats(const struct recorder *rec, const struct brief *ev, size_t n, struct plain_hint *hint) {
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
        hint[i].seat = (uint64_t)at * sizeof(struct frame_span);
        __builtin_prefetch((const void *)(seat + hint[i].seat), 1);
        intake_own(&ev[i + OWN_AHEAD]);
    }
}

PLAIN struct frame_span *seat_at(struct frame_span *first, const struct plain_hint *hint) {
    return (struct frame_span *)(void *)((char *)first + hint->seat);
}

/* Where an event is about, if that is in this span. */
PLAIN void aim(struct plain_hint *hint, const struct frame_span *s, uint64_t offset) {
    uint64_t inside = offset - s->page * HEAP_PAGE_BYTES, slot = (uint32_t)(inside * s->reciprocal >> 32);
    hint->at = (uint64_t)s->words * 64 + slot;
    hint->place = inside < s->plain_bytes ? slot << 32 | s->span : PLAIN_NOWHERE;
}

PLAIN void fetch_slots(const struct recorder *rec, const struct brief *ev, size_t n, struct plain_hint *hint,
                       unsigned unit) {
    struct frame_span *seat = rec->head->seat;
    const uintptr_t pool = (uintptr_t)rec->head->pool, slot_types = (uintptr_t)rec->slot_types;
    const uint32_t gc = rec->head->gc;
    for (size_t i = 0; i < n; i++) {
        const struct frame_span *s = seat_at(seat, &hint[i]);
        aim(&hint[i], s, ev[i].id << unit);
        __builtin_prefetch((const void *)(pool + hint[i].at / 64 * sizeof(uint64_t)), 1);
        __builtin_prefetch((const void *)(slot_types + hint[i].at * sizeof(uint32_t)), 1);
        if (s->swept_at != gc) {
            plain_fetch_span(rec, s);
            __builtin_prefetch(&rec->mind[s - seat], 1);
        }
    }
}

/*
 * Sweeping frees what was allocated long ago; what is allocated lies at hand, but to fetch it all the same is cheaper
 * than to ask. Where the hint is wrong, so is what is fetched.
 */
void plain_fetch_slots(const struct recorder *rec, const struct brief *ev, size_t n, struct plain_hint *hint) {
    if (rec->head->seat == NULL) {
        for (size_t i = 0; i < n; i++) {
            hint[i].place = PLAIN_NOWHERE;
        }
        return;
    }
    if (rec->unit_shift == UNIT_8) { /* shifts by a constant are cheaper */
        fetch_slots(rec, ev, n, hint, UNIT_8);
    } else {
        fetch_slots(rec, ev, n, hint, rec->unit_shift);
    }
}

/* ---- recording */

/* What stays as it is while events are plain; in registers, as far as these go. */
struct view {
    struct recorder *rec;
    struct stretch *from;
    struct frame_span *seat;
    uint64_t *pool;
    uint32_t *slot_types;
    struct tally *types;
    const uint32_t *memo; /* of types */
    uint32_t gc;
    uint64_t asking; /* place_pending_bit of those that may have announced a refill, and UNKNOWN_ACTOR */
    bool asks_frees; /* each free may tell more */
};

/* Objects that are there, and their bytes, beside what the head counts: modulo 2^64. */
struct sums {
    uint64_t objects, bytes;
};

PLAIN struct view look(struct recorder *rec, struct stretch *from) {
    const struct frame *f = rec->head;
    return (struct view){.rec = rec,
                         .from = from,
                         .seat = f->seat,
                         .pool = f->pool,
                         .slot_types = rec->slot_types,
                         .types = f->types,
                         .memo = rec->types,
                         .gc = f->gc,
                         .asking = rec->asking | UNKNOWN_ACTOR,
                         .asks_frees = marks_open(rec) || rec->stw == STW_MARKTERM};
}

/* n facts are recorded, the last one at time t: what was counted goes where it belongs. */
PLAIN void settle(struct recorder *rec, size_t n, int64_t t) {
    reel *r = rec->r;
    struct frame *f = rec->head;
    r->nfacts += n;
    r->last = t;
    f->pos = r->nfacts;
    if (r->nfacts % BLOCK_FACTS == 0) {
        reel_milestone(r, f);
    }
}

/* The hint was wrong: where is the event about? NULL: in no span of small objects. */
static __attribute__((noinline)) struct frame_span *look_again(const struct recorder *rec, uint64_t id,
                                                               struct plain_hint *hint) {
    uint64_t offset = id << rec->unit_shift;
    uint32_t seat = pagemap_get(&rec->head->pages, offset / HEAP_PAGE_BYTES);
    if (seat == NO_ID) {
        return NULL;
    }
    struct frame_span *s = &rec->head->seat[seat];
    hint->seat = (uint64_t)seat * sizeof *s;
    aim(hint, s, offset);
    return hint->place != PLAIN_NOWHERE ? s : NULL;
}

PLAIN struct frame_span *span_of(const struct view *v, const struct brief *ev, struct plain_hint *hint) {
    struct frame_span *s = seat_at(v->seat, hint);
    return s->span == pack_span_of(hint->place) ? s : look_again(v->rec, ev->id, hint);
}

/* Who allocates may have announced a refill, or isn't known yet: is this allocation plain all the same? */
static __attribute__((noinline)) bool announces_nothing(struct recorder *rec, struct stretch *from, uint8_t actor,
                                                        uint32_t span) {
    if (rec->asks[actor] == UNKNOWN_ACTOR) {
        int32_t p = proc_of(&from->actor[actor]);
        untold_silent(rec, p, rec->touched[p + 1], span);
        learn(rec, from, actor);
    }
    const struct known_actor *a = &rec->actors[actor];
    return (rec->asking & rec->asks[actor]) == 0 ||
           (place_own_pending(rec, span, a->g, a->m) == SIZE_MAX && !untold_waits(rec, a->g));
}

PLAIN bool may_allocate(const struct view *v, const struct frame_span *s, uint8_t actor) {
    struct recorder *rec = v->rec;
    return s->place == PLACE_MCACHE && s->swept_at == v->gc &&
           (rec->owners_settled || !rec->mind[s - v->seat].owner_unknown) &&
           ((v->asking & rec->asks[actor]) == 0 || announces_nothing(rec, v->from, actor, s->span));
}

/* The event becomes the fact itself; the frame has changed already. */
PLAIN void become(struct brief *ev, uint8_t kind, uint8_t lane, uint64_t place, uint32_t type) {
    ev->id = place | (kind | (uint64_t)lane << 8) << BRIEF_KEY;
    ev->heap_type = (uint16_t)type;
}

/* One more piece of a tiny block, or an event for a slot already counted. False: more may follow. */
static __attribute__((noinline)) bool take_piece(const uint32_t *slot_type, struct brief *ev,
                                                 const struct frame_span *s, uint64_t place, uint32_t type) {
    type = s->span_class == TINY_SPAN_CLASS ? type : *slot_type;
    if (pack_slot_of(place) >= s->hi || s->ask || type > UINT16_MAX) {
        return false;
    }
    become(ev, FACT_SUBALLOC, s->span_class, place, type);
    return true;
}

/* Events up to `end`, and where they are about. */
struct row {
    struct brief *ev;
    const struct brief *end;
    struct plain_hint *hint;
};

/*
 * Allocations, up to the first event that is another, or from which more may follow, or whose type has too great a
 * number: returns what is left.
 */
PLAIN struct row allocate(const struct view *v, struct row row, struct sums *sum) {
    struct brief *ev = row.ev;
    struct plain_hint *hint = row.hint;
    uint64_t objects = sum->objects, bytes = sum->bytes;
    for (; ev < row.end && ev->type == TRACE_EV_HEAP_OBJECT_ALLOC; ev++, hint++) {
        struct frame_span *s = span_of(v, ev, hint);
        uint32_t type = v->memo[ev->heap_type] - 1;
        if (type > UINT16_MAX || s == NULL || !may_allocate(v, s, ev->actor)) {
            break;
        }
        uint64_t place = hint->place, at = hint->at, *word = &v->pool[at / 64], had = *word;
        if ((had >> at % 64 & 1) != 0) {
            if (!take_piece(&v->slot_types[at], ev, s, place, type)) {
                break;
            }
            continue;
        }
        *word = had | UINT64_C(1) << at % 64;
        s->live++;
        if (pack_slot_of(place) >= s->hi) {
            s->hi = (uint16_t)(pack_slot_of(place) + 1);
        }
        v->slot_types[at] = type;
        struct tally *of = &v->types[type];
        uint64_t elem = s->elem;
        of->live++;
        of->bytes += elem;
        of->allocs++;
        objects++;
        bytes += elem;
        become(ev, FACT_ALLOC, s->span_class, place, type);
    }
    *sum = (struct sums){objects, bytes};
    return (struct row){ev, row.end, hint};
}

/* Frees, as far. */
PLAIN struct row release(const struct view *v, struct row row, struct sums *sum) {
    struct brief *ev = row.ev;
    struct plain_hint *hint = row.hint;
    uint64_t objects = sum->objects, bytes = sum->bytes;
    for (; ev < row.end && ev->type == TRACE_EV_HEAP_OBJECT_FREE && !v->asks_frees; ev++, hint++) {
        struct frame_span *s = span_of(v, ev, hint);
        if (s == NULL || s->hi >= s->plain_elems || s->swept_at != v->gc || s->ask || s->full_list) {
            break;
        }
        if (v->rec->asks[ev->actor] == UNKNOWN_ACTOR) {
            learn(v->rec, v->from, ev->actor);
        }
        uint64_t place = hint->place, at = hint->at, *word = &v->pool[at / 64], had = *word;
        uint32_t type = v->slot_types[at];
        if ((had >> at % 64 & 1) == 0 || type > UINT16_MAX) {
            break;
        }
        *word = had & ~(UINT64_C(1) << at % 64);
        s->live--;
        struct tally *of = &v->types[type];
        uint64_t elem = s->elem;
        of->live--;
        of->bytes -= elem;
        of->frees++;
        objects--;
        bytes -= elem;
        become(ev, FACT_FREE, LANE_FREE, place, type);
    }
    *sum = (struct sums){objects, bytes};
    return (struct row){ev, row.end, hint};
}

/*
 * Up to n events, none of which leads past a milestone. Where objects stop coming or going their curves have an
 * extreme.
 */
static size_t run(struct recorder *rec, struct stretch *from, struct brief *ev, size_t n, struct plain_hint *hint) {
    const struct view v = look(rec, from);
    struct totals *total = &rec->head->totals;
    struct row row = {ev, ev + n, hint};
    const struct brief *before;
    do {
        struct sums sum = {total->objects, total->object_bytes};
        before = row.ev;
        row = allocate(&v, row, &sum);
        course_note_objects(rec->r, sum.objects, sum.bytes);
        const struct sums most = sum;
        row = release(&v, row, &sum);
        course_note_objects(rec->r, sum.objects, sum.bytes);
        total->objects = sum.objects;
        total->object_bytes = sum.bytes;
        rec->freed_objects += most.objects - sum.objects;
        rec->freed_bytes += most.bytes - sum.bytes;
        rec->last_free = most.objects > sum.objects ? from->begin + row.ev[-1].since : rec->last_free;
    } while (row.ev > before && row.ev < row.end && row.ev->type == TRACE_EV_HEAP_OBJECT_ALLOC);
    size_t done = (size_t)(row.ev - ev);
    if (done > 0) {
        settle(rec, done, from->begin + row.ev[-1].since);
    }
    return done;
}

size_t plain_run(struct recorder *rec, struct stretch *from, struct brief *ev, size_t n, struct plain_hint *hint) {
    size_t done = 0, most, some;
    if (from->begin + ev->since < rec->r->last || rec->head->nseats == 0) {
        return 0; /* times of facts don't decrease, whatever the event's */
    }
    do {
        most = BLOCK_FACTS - rec->r->nfacts % BLOCK_FACTS;
        most = most < n - done ? most : n - done;
        some = run(rec, from, ev + done, most, hint + done);
        done += some;
    } while (some == most && done < n && !rec->r->memory_short);
    return done;
}
