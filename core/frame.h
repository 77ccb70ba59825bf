/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * frame.h - inside of a frame: what facts change. For core/ only.
 *
 * A frame at pos n is the heap after the first n facts. apply and unapply are exact inverses, so a frame can walk
 * either way; states that a fact ends (of a span that goes, an object that is freed) are carried by the fact itself.
 *
 * Swept: a span remembers the number of GC ends (`gc`) that had happened when it was last swept; it is swept in a frame
 * where that is the frame's own number. So one FACT_GC makes every span unswept without touching it.
 */
#ifndef HEAPREEL_FRAME_H
#define HEAPREEL_FRAME_H

#include "core/pagemap.h"

#define SWEPT_NOT_KNOWN UINT32_MAX

struct frame_span {
    uint64_t bits;  /* live slots, one bit each, where all fit; else unused */
    uint32_t words; /* where they don't: index of the first word in the frame's pool */
    uint32_t live;
    int32_t p;         /* whose mcache, -1 */
    uint32_t swept_at; /* gc number, SWEPT_NOT_KNOWN */
    uint32_t used;     /* place in the frame's list of spans in use; NO_ID: not in use */
    uint8_t place;     /* enum place */
    bool sure;
};

enum { MAX_WORDS = 16 }; /* 1024 slots: 8-byte elements in one page of 8192; larger pages take more classes of words */

struct frame {
    reel *r;
    uint64_t pos;
    uint32_t gc;             /* FACT_GC facts applied */
    struct frame_span *span; /* by span id */
    size_t cap_spans;
    uint32_t *used; /* ids in use */
    size_t nused, cap_used;
    uint64_t *pool; /* bitmaps of spans with more than 64 slots */
    size_t npool, cap_pool;
    uint32_t free_words[MAX_WORDS + 1]; /* free bitmaps by size, chained through their first word; NO_ID */
    struct pagemap pages;
    struct type_count *types; /* by type */
    size_t cap_types;
    struct totals totals; /* objects, spans and their bytes are kept up to date; the rest is made when asked for */
    struct central central[SPAN_CLASSES];
    bool sums_known; /* totals and central are those of pos */
    bool memory_short;
};

/* Make room for what the reel has by now (spans, types). False: out of memory. */
bool frame_fit(struct frame *f);
void frame_apply(struct frame *f, const struct fact *x);
void frame_unapply(struct frame *f, const struct fact *x);

/* A snapshot of a frame, in one block of memory. */
struct checkpoint {
    uint64_t pos;
    size_t size; /* bytes, all in all */
    void *data;
};
bool checkpoint_take(const struct frame *f, struct checkpoint *out);
/* Make f what it was when the checkpoint was taken. False: out of memory (f is then at pos 0). */
bool checkpoint_restore(struct frame *f, const struct checkpoint *c);

uint64_t *frame_bits(struct frame *f, uint32_t id);

static inline bool frame_in_use(const struct frame *f, uint32_t id) {
    return id < f->cap_spans && f->span[id].used != NO_ID;
}

static inline bool frame_bit(const struct frame *f, uint32_t id, uint32_t slot, unsigned words) {
    const struct frame_span *s = &f->span[id];
    uint64_t w = words <= 1 ? s->bits : f->pool[s->words + slot / 64];
    return w >> (slot % 64) & 1;
}

#endif
