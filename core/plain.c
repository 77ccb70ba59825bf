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
#include "core/recorder.h"

/* All of this becomes one loop with what it needs in registers. */
#define PLAIN static inline __attribute__((always_inline))

/* ---- who acts */

static const struct known_actor *learn(struct recorder *rec, const struct actor *a, struct known_actor *to) {
    to->g = names_go(rec, a->g);
    to->who = pack_who(to->g, a->p >= 0 && a->p < MAX_PROCS ? (int32_t)a->p : -1);
    to->known = true;
    return to;
}

/* ---- looking ahead */

/* The slot of an object; nelems or more where the span has none that is found so simply. */
PLAIN uint32_t slot_in(const struct frame_span *s, uint64_t offset) {
    return (uint32_t)((offset - s->page * HEAP_PAGE_BYTES) * s->reciprocal >> 32);
}

void plain_find_seats(const struct recorder *rec, const struct brief *ev, size_t n, uint32_t *hint) {
    const struct frame *f = rec->head;
    const struct pagemap *pages = &f->pages;
    uint64_t unit = rec->r->min_align, nnear = pages->nnear;
    for (size_t i = 0; i < n; i++) {
        uint64_t page = ev[i].id * unit / HEAP_PAGE_BYTES, key = page >> PAGEMAP_BITS;
        uint32_t at = NO_ID;
        if (key < nnear) {
            at = pages->chunk[pages->near[key]][page % PAGEMAP_CHUNK];
        }
        hint[i] = at;
        __builtin_prefetch(&f->seat[at != NO_ID ? at : 0], 1);
    }
}

/* Sweeping frees what was allocated long ago; what is allocated lies at hand. */
void plain_fetch_slots(const struct recorder *rec, const struct brief *ev, size_t n, const uint32_t *hint) {
    const struct frame *f = rec->head;
    uint64_t unit = rec->r->min_align;
    for (size_t i = 0; i < n; i++) {
        if (ev[i].type != TRACE_EV_HEAP_OBJECT_FREE || hint[i] == NO_ID) {
            continue;
        }
        const struct frame_span *s = &f->seat[hint[i]];
        uint64_t inside = ev[i].id * unit - s->page * HEAP_PAGE_BYTES;
        if (inside < s->plain_bytes) {
            uint32_t slot = (uint32_t)(inside * s->reciprocal >> 32);
            __builtin_prefetch(&f->pool[s->words + slot / 64], 1);
            __builtin_prefetch(&rec->slot_types[(size_t)s->words * 64 + slot], 1);
        }
    }
}

/* ---- recording: nothing of this changes while events are plain, but what is counted */

struct view {
    struct recorder *rec;
    reel *r;
    struct frame *f;
    struct frame_span *seat;
    uint64_t *pool;
    uint32_t *slot_types;
    struct tally *types;
    const uint32_t *memo; /* of types */
    uint64_t unit;        /* of object ids, bytes */
    uint32_t gc;
    struct draft *draft;
    struct line *line, *first, *stop; /* the next one; where counting began; where a milestone is */
    int64_t last;
    uint64_t comes_bytes, goes, goes_bytes, subs; /* since counting began: objects; lines that count nothing */
};

PLAIN void count_lines(struct view *v) {
    v->draft = v->r->draft;
    v->first = v->line = &v->draft->line[v->draft->n];
    v->stop = v->line + (SAMPLE_EVERY - v->r->nfacts % SAMPLE_EVERY);
    v->last = v->r->last;
    v->comes_bytes = v->goes = v->goes_bytes = v->subs = 0;
}

PLAIN struct view look(struct recorder *rec) {
    struct frame *f = rec->head;
    struct view v = {.rec = rec,
                     .r = rec->r,
                     .f = f,
                     .seat = f->seat,
                     .pool = f->pool,
                     .slot_types = rec->slot_types,
                     .types = f->types,
                     .memo = rec->types,
                     .unit = rec->r->min_align,
                     .gc = f->gc};
    count_lines(&v);
    return v;
}

/* What was counted goes where it belongs. */
PLAIN void settle(struct view *v) {
    uint32_t n = (uint32_t)(v->line - v->first);
    v->draft->n += n;
    v->r->nfacts += n;
    v->r->last = v->last;
    v->f->pos = v->r->nfacts;
    v->f->totals.objects += n - v->subs - 2 * v->goes;
    v->f->totals.object_bytes += v->comes_bytes - v->goes_bytes;
    v->rec->freed_objects += v->goes;
    v->rec->freed_bytes += v->goes_bytes;
}

/* The fact itself; the frame has changed already. */
PLAIN void append(struct view *v, int64_t t, uint64_t who, uint8_t kind, uint8_t lane, struct frame_span *s,
                  uint32_t slot, uint32_t type) {
    if (s->last_block != v->draft->block) {
        s->last_block = v->draft->block;
        reel_post(v->r, s->span);
    }
    v->last = t > v->last ? t : v->last;
    *v->line++ = (struct line){v->last, who, s->span, type, (uint16_t)slot, kind, lane};
    if (v->line == v->stop) {
        settle(v);
        reel_milestone(v->r, v->f);
        count_lines(v);
    }
}

/* The seat of the span that holds an offset, where it is one of small objects; else NULL. */
PLAIN struct frame_span *seat_of(const struct view *v, uint64_t offset, uint32_t hint) {
    struct frame_span *s = &v->seat[hint];
    if (hint != NO_ID && offset - s->page * HEAP_PAGE_BYTES < s->plain_bytes) {
        return s;
    }
    uint32_t at = pagemap_get(&v->f->pages, offset / HEAP_PAGE_BYTES);
    s = &v->seat[at];
    return at != NO_ID && offset - s->page * HEAP_PAGE_BYTES < s->plain_bytes ? s : NULL;
}

PLAIN bool may_allocate(const struct view *v, const struct frame_span *s, const struct known_actor *a, int64_t m) {
    const struct recorder *rec = v->rec;
    return s->place == PLACE_MCACHE && s->swept_at == v->gc &&
           (rec->owners_settled || !rec->mind[s - v->seat].owner_unknown) &&
           (rec->npending == 0 || place_own_pending(rec, s->span, a->g, m) == SIZE_MAX);
}

/* False, with nothing done, where more than the allocation may follow. */
PLAIN bool alloc(struct view *v, const struct known_actor *a, int64_t m, const struct brief *ev, uint32_t hint) {
    uint64_t offset = ev->id * v->unit;
    struct frame_span *s = seat_of(v, offset, hint);
    uint32_t type = ev->heap_type < TYPE_MEMO ? v->memo[ev->heap_type] - 1 : NO_ID;
    if (s == NULL || type == NO_ID || !may_allocate(v, s, a, m)) {
        return false;
    }
    uint32_t slot = slot_in(s, offset);
    uint64_t *word = &v->pool[s->words + slot / 64], bit = UINT64_C(1) << slot % 64, elem = s->elem;
    uint32_t *slot_type = &v->slot_types[(size_t)s->words * 64 + slot];
    if ((*word & bit) != 0) { /* one more piece of a tiny block, or an event for a slot already counted */
        if (slot >= s->hi || s->ask) {
            return false;
        }
        type = s->span_class == TINY_SPAN_CLASS ? type : *slot_type;
        v->subs++;
        append(v, ev->t, a->who, FACT_SUBALLOC, s->span_class, s, slot, type);
        return true;
    }
    *word |= bit;
    s->live++;
    s->hi = slot < s->hi ? s->hi : (uint16_t)(slot + 1);
    *slot_type = type;
    v->types[type].live++;
    v->types[type].bytes += elem;
    v->types[type].allocs++;
    v->comes_bytes += elem;
    append(v, ev->t, a->who, FACT_ALLOC, s->span_class, s, slot, type);
    return true;
}

PLAIN bool release(struct view *v, const struct known_actor *a, const struct brief *ev, uint32_t hint) {
    uint64_t offset = ev->id * v->unit;
    struct frame_span *s = seat_of(v, offset, hint);
    if (s == NULL || s->hi >= s->plain_elems || s->swept_at != v->gc || s->ask || s->full_list) {
        return false;
    }
    uint32_t slot = slot_in(s, offset);
    uint64_t *word = &v->pool[s->words + slot / 64], bit = UINT64_C(1) << slot % 64, elem = s->elem;
    if ((*word & bit) == 0) {
        return false;
    }
    uint32_t type = v->slot_types[(size_t)s->words * 64 + slot];
    *word &= ~bit;
    s->live--;
    v->types[type].live--;
    v->types[type].bytes -= elem;
    v->types[type].frees++;
    v->goes++;
    v->goes_bytes += elem;
    append(v, ev->t, a->who, FACT_FREE, LANE_FREE, s, slot, type);
    return true;
}

size_t plain_run(struct recorder *rec, const struct stretch *from, const struct brief *ev, size_t n,
                 const uint32_t *hint) {
    struct view v = look(rec);
    size_t i = 0;
    for (; i < n && ev[i].type != 0; i++) {
        const struct actor *who = &from->actor[ev[i].actor];
        const struct known_actor *a = &rec->actors[ev[i].actor];
        a = a->known ? a : learn(rec, who, &rec->actors[ev[i].actor]);
        bool done = ev[i].type == TRACE_EV_HEAP_OBJECT_ALLOC ? alloc(&v, a, who->m, &ev[i], hint[i])
                                                             : release(&v, a, &ev[i], hint[i]);
        if (!done) {
            break;
        }
    }
    settle(&v);
    return i;
}
