/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * frame.h - inside of a frame: what facts change. For core/ only.
 *
 * A frame at pos n is the heap after the first n facts. apply and unapply are exact inverses, so a frame can walk
 * either way; states that a fact ends (of a span that goes, an object that is freed) are carried by the fact itself.
 *
 * Swept: a span remembers the number of GC ends (`gc`) that had happened when it was last swept; it is swept in a frame
 * where that is the frame's own number. So one FACT_GC makes every span unswept without touching it. A sweep that finds
 * nothing to free leaves no event: once sweeping may have begun (FACT_SWEEP) the others are unswept or not, nobody
 * knows. FACT_GC and FACT_SWEEP take turns; a recording begins as if after a FACT_SWEEP.
 */
#ifndef HEAPREEL_FRAME_H
#define HEAPREEL_FRAME_H

#include "core/fact.h"
#include "core/pagemap.h"

#define SWEPT_NOT_KNOWN UINT32_MAX

/* A span in use, in its seat: all that most facts and events touch, in one line of cache. */
struct frame_span {
    _Alignas(64) uint64_t page; /* its first one */
    uint64_t elem;              /* bytes a slot */
    uint32_t words;             /* of its bitmap, the first one in the pool; NO_ID: has no slots */
    uint32_t span;              /* who sits here, NO_ID */
    uint32_t used;     /* place in the frame's list of spans in use; of an empty seat: the next empty one, NO_ID */
    uint32_t swept_at; /* gc number, SWEPT_NOT_KNOWN */
    int32_t p;         /* whose mcache, -1 */
    uint16_t live;
    uint8_t place;  /* enum place */
    uint8_t nwords; /* of its bitmap; 0 manual spans */
    bool sure : 1;
    bool heap : 1; /* not stacks and other manual spans */

    /* The rest is the recorder's, and means nothing in other frames than its head. */
    bool ask : 1;         /* its events are never plain: pages or slots of it are owed a free */
    bool full_list : 1;   /* it is in a list of full spans */
    uint8_t span_class;   /* not only of the recorder's frame */
    uint16_t plain_elems; /* slots that are found by `reciprocal`; 0 for large objects */
    uint16_t hi;          /* slots below are allocated, reported or not; since the last sweep */
    uint32_t reciprocal;  /* a slot is offset in the span * reciprocal >> 32; 0: large objects, manual spans */
    uint32_t plain_bytes; /* of these slots, from its begin */
    uint32_t npages;      /* UINT32_MAX: so many or more, the reel knows */
};
_Static_assert(sizeof(struct frame_span) == 64, "one line of cache");

/* Objects of a type; allocs and frees count since the trace began. */
struct tally {
    uint64_t live, bytes, allocs, frees;
};

enum { MAX_WORDS = 16 }; /* 1024 slots: 8-byte elements in one page of 8192; larger pages take more classes of words */

enum { LONG_SILENT = 10000 }; /* ns; between two objects of a goroutine there is a hundredth of that */

/* A span that may have changed before any event told it: at the positions in [from, to). */
struct untold {
    uint64_t from, to;
    uint32_t span;
};

/* Those at a position (passing.c), as the facts before and behind show. */
enum { MAX_PASSING = 256, MAX_LOOK = 16 * BLOCK_FACTS };
struct frame_passing {
    uint64_t pos;
    uint64_t facts; /* there were when it was looked at, as far as looked */
    size_t untold;  /* what the reel knew of these */
    size_t n;
    struct untold span[MAX_PASSING];
};

struct frame {
    reel *r;
    uint64_t pos;
    uint32_t gc;     /* FACT_GC facts applied */
    uint32_t sweeps; /* FACT_SWEEP facts applied: gc or gc - 1 */

    struct frame_span *seat; /* spans in use sit close together, however many have lived */
    size_t nseats, cap_seats;
    uint32_t empty_seat; /* the first of a chain, NO_ID */
    uint32_t *seat_of;   /* by span id; NO_ID: not in use */
    size_t cap_spans;
    uint32_t *used; /* ids in use */
    size_t nused, cap_used;

    uint64_t *pool; /* bitmaps of live slots */
    size_t npool, cap_pool;
    uint32_t free_words[MAX_WORDS + 1]; /* free bitmaps by size, chained through their first word; NO_ID */
    struct pagemap pages;               /* to seats */
    struct tally *types;                /* by type */
    size_t cap_types;
    struct totals totals; /* objects, spans and their bytes are kept up to date; the rest is made when asked for */
    struct central central[SPAN_CLASSES];
    bool sums_known; /* totals and central are those of pos */
    struct frame_passing *passing;
    bool memory_short;
};

/* Make room for what the reel has by now (spans, types). False: out of memory. */
bool frame_fit(struct frame *f);
void frame_apply(struct frame *f, const struct fact *x);

/* A snapshot of a frame, in one block of memory. */
struct piece;
struct checkpoint {
    uint64_t pos;
    size_t size; /* bytes, all in all */
    void *data;
    struct piece *piece; /* of a saved reel: it lies in the file */
};
bool checkpoint_take(struct frame *f, struct checkpoint *out);
/* Make f what it was when the checkpoint was taken. False: out of memory (f is then at pos 0). */
bool checkpoint_restore(struct frame *f, const struct checkpoint *c);

/* Of a bitmap whose first `live` bits are set, and no others: word `word`. */
uint64_t frame_prefix_word(uint32_t live, unsigned word);
/* Whether a span's bitmap is of that kind. */
bool frame_is_prefix(const struct frame_span *s, const uint64_t *word);
/* A span in the sums of spans and of their bytes. */
void frame_count_span(struct frame *f, const struct span *s, bool comes);

/* May spans be swept now, that leave no event? */
static inline bool frame_sweeping(const struct frame *f) {
    return f->sweeps == f->gc;
}

/* May this span be changing just now, at the frame's position, as the facts around show? Cost: these, once. */
bool frame_is_passing(const struct frame *f, uint32_t span);
/* The same, but for goroutines that had stopped: what facts right before and behind show. */
void passing_beside(reel *r, uint64_t pos, struct frame_passing *out);

/* Put a span into a seat of its own, its bitmap empty. NULL: out of memory. */
struct frame_span *frame_sit(struct frame *f, uint32_t id);

static inline bool frame_in_use(const struct frame *f, uint32_t id) {
    return id < f->cap_spans && f->seat_of[id] != NO_ID;
}

/* Pages of the span in a seat. */
uint64_t frame_pages(const struct frame *f, const struct frame_span *s);

/* The seat of a span in use. */
static inline struct frame_span *frame_seat(const struct frame *f, uint32_t id) {
    return &f->seat[f->seat_of[id]];
}

/* The span in use that was entered for a page, NO_ID. */
static inline uint32_t frame_at(const struct frame *f, uint64_t page) {
    uint32_t seat = pagemap_get(&f->pages, page);
    return seat == NO_ID ? NO_ID : f->seat[seat].span;
}

static inline uint64_t *frame_bits(struct frame *f, struct frame_span *s) {
    return s->nwords == 0 ? NULL : &f->pool[s->words];
}

static inline bool frame_bit(const struct frame *f, uint32_t id, uint32_t slot) {
    const struct frame_span *s = frame_seat(f, id);
    return f->pool[s->words + slot / 64] >> (slot % 64) & 1;
}

/* ---- objects coming and going: inline, since nearly all facts are of these */

static inline void frame_object_comes(struct frame *f, struct frame_span *s, uint32_t slot, uint32_t type) {
    frame_bits(f, s)[slot / 64] |= UINT64_C(1) << (slot % 64);
    s->live++;
    f->types[type].live++;
    f->types[type].bytes += s->elem;
    f->totals.objects++;
    f->totals.object_bytes += s->elem;
}

static inline void frame_object_goes(struct frame *f, struct frame_span *s, uint32_t slot, uint32_t type) {
    frame_bits(f, s)[slot / 64] &= ~(UINT64_C(1) << (slot % 64));
    s->live--;
    f->types[type].live--;
    f->types[type].bytes -= s->elem;
    f->totals.objects--;
    f->totals.object_bytes -= s->elem;
}

static inline void frame_apply_object(struct frame *f, struct frame_span *s, uint8_t kind, uint32_t slot,
                                      uint32_t type) {
    if (kind == FACT_FREE) {
        frame_object_goes(f, s, slot, type);
        f->types[type].frees++;
    } else if (kind != FACT_SUBALLOC) {
        frame_object_comes(f, s, slot, type);
        f->types[type].allocs += kind == FACT_ALLOC;
    }
}

static inline void frame_set_state(const struct frame *f, struct frame_span *s, const struct span_state *st) {
    s->place = st->place;
    s->p = st->p;
    s->sure = st->sure;
    s->swept_at = st->swept == KNOWN_NOT ? SWEPT_NOT_KNOWN : st->swept == KNOWN_YES ? f->gc : f->gc - 1;
}

#endif
