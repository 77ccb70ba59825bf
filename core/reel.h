/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reel.h - inside of a reel: the recording and everything that was learned while recording. For core/ only.
 *
 * Facts are kept in blocks of BLOCK_FACTS, packed; the last, unfinished block lies open. Fact numbers, span ids, type
 * and goroutine indexes never change once given. Everything is appended in order of time.
 */
#ifndef HEAPREEL_REEL_H
#define HEAPREEL_REEL_H

#include "core/fact.h"
#include "core/frame.h"
#include "core/layout.h"
#include "core/series.h"
#include "core/texts.h"
#include "traces/idmap.h"

enum {
    BLOCKS_KEPT = 8,   /* unpacked blocks at hand */
    SAMPLE_EVERY = 256 /* facts between two points of the curves that are made from facts */
};

struct block {
    uint8_t *data;
    uint32_t size;
    uint32_t n;     /* facts: BLOCK_FACTS in all but the last */
    int64_t t0, t1; /* of the first and the last fact */
};

struct posting {
    uint32_t block, before; /* before: the next older posting of the same span, NO_ID */
};

struct open_block {
    uint64_t block; /* number, NO_POS: none */
    uint64_t used;  /* when last asked for */
    struct fact *facts;
};

struct reel {
    trace *t;             /* only while loading */
    struct recorder *rec; /* the same */
    struct reel_info info;
    struct layout layout;
    uint64_t min_align, min_stack;

    struct block *blocks; /* finished ones */
    size_t nblocks, cap_blocks;
    struct fact *tail; /* the open block, BLOCK_FACTS long */
    uint32_t ntail;

    struct posting *postings; /* which finished blocks have facts of a span: a chain for each span, newest first */
    size_t npostings, cap_postings;
    uint32_t *last_posting; /* by span id, NO_ID: in no finished block yet */
    size_t cap_last_posting;

    struct open_block kept[BLOCKS_KEPT];
    uint64_t clock;   /* for `used` */
    uint8_t *scratch; /* to pack into */

    struct checkpoint *checkpoints;
    size_t ncheckpoints, cap_checkpoints;
    size_t checkpoint_bytes, checkpoint_limit;
    uint64_t packed_bytes, packed_at_checkpoint;

    struct span *spans;
    size_t nspans, cap_spans;
    uint64_t page_lo, page_hi;

    struct heap_type *types;
    size_t ntypes, cap_types;
    struct idmap type_of; /* address (or generation and id, where there is none) -> type */

    struct goroutine *gos;
    size_t ngos, cap_gos;
    struct idmap go_of; /* goid -> goroutine */

    struct cycle *cycles;
    size_t ncycles, cap_cycles;
    struct phase_change *phases;
    size_t nphases, cap_phases;
    struct range *ranges[RANGE_KINDS];
    size_t nranges[RANGE_KINDS], cap_ranges[RANGE_KINDS];
    struct note *notes;
    size_t nnotes, cap_notes;
    struct curve curves[SERIES_KINDS];
    struct texts texts;

    bool limit_given; /* for checkpoints; else it follows the trace's size */
    char warning[160], go[32];

    bool memory_short;
};

/* Pages are of this size on every port so far; the info batch says so in each trace. */
#define HEAP_PAGE_BYTES UINT64_C(8192)

/* The runtime's span class: size class * 2 + noscan. */
static inline unsigned reel_span_class(const reel *r, uint32_t span) {
    return r->spans[span].class * 2u + r->spans[span].noscan;
}

/* Words of a span's bitmap, 0 for manual spans. */
static inline unsigned frame_span_words(const struct frame *f, uint32_t id) {
    return f->r->spans[id].words;
}

/* ---- recording (reel.c) */

/* Append a fact: applied to `head`, packed when its block is full. Times are made not to decrease. */
void reel_append(reel *r, struct frame *head, struct fact *x);
/* Put what is left of the open block where readers find it. */
uint32_t reel_add_span(reel *r, const struct span *s);
/* The unpacked facts of a block (n of them), good until BLOCKS_KEPT other blocks were asked for. NULL: out of memory.
 */
const struct fact *reel_block(reel *r, uint64_t block, uint32_t *n);
uint64_t reel_block_count(const reel *r);
/*
 * The finished blocks that have facts of a span, newest first: begin with reel_newest_posting, go on with reel_posting
 * of `before`; NULL ends it. The open block, number nblocks, is in no chain.
 */
static inline const struct posting *reel_posting(const reel *r, uint32_t at) {
    return at == NO_ID ? NULL : &r->postings[at];
}
static inline const struct posting *reel_newest_posting(const reel *r, uint32_t span) {
    return span < r->cap_last_posting ? reel_posting(r, r->last_posting[span]) : NULL;
}

/* ---- names (names.c) */
/* A text of the trace, kept. */
static inline text reel_keep_text(reel *r, text t) {
    return texts_keep(&r->texts, t, &r->memory_short);
}
uint32_t reel_intern_go(reel *r, uint64_t goid);
uint32_t reel_intern_type(reel *r, uint32_t generation, uint64_t id);

/* ---- time (cycle.c, note.c): fed by the recorder with every event */
struct timeline;
struct timeline *timeline_new(void);
void timeline_free(struct timeline **tl);

#endif
