/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * walk.h - the one pass over the facts of a window that reports make. For core/ only.
 *
 * Facts come in order, a block of up to BLOCK_FACTS at a time, as small records: a visitor loops over them by itself,
 * so that the pass costs little more than unpacking. A block begins where the window does, and ends where it ends.
 *
 * `slots` is memory beside a walk: 64 bits for each slot of the spans in use, and the place of a span's ones. It
 * follows the facts of spans that the visitor hands it, and costs what the heap in use has slots, not what the trace
 * has.
 */
#ifndef HEAPREEL_WALK_H
#define HEAPREEL_WALK_H

#include "core/reel.h"

/* A fact of an object; of another kind: `kind` is WALK_OTHER and `type` its index in `other`. */
struct walked {
    int64_t t;
    uint64_t who; /* pack_who of goroutine and P */
    uint32_t span, type, slot;
    uint8_t kind; /* FACT_EXISTS, FACT_ALLOC, FACT_SUBALLOC, FACT_FREE, or WALK_OTHER */
    bool old;     /* of an object that was there before the trace began */
};
enum { WALK_OTHER = FACT_KINDS };

static inline uint32_t walked_g(const struct walked *w) {
    return (uint32_t)w->who;
}
static inline int32_t walked_p(const struct walked *w) {
    return (int32_t)(w->who >> 32);
}

static inline struct walked walked_object(int64_t t, const struct object_fact *o) {
    uint8_t kind = o->kind & (uint8_t)~KIND_INFERRED;
    return (struct walked){t, o->who, o->span, reel_shown_type(o->type), o->slot, kind, o->type % 2 == TYPE_OLD};
}
/* Of a fact that isn't of an object; `at` is its index in `other`. */
static inline struct walked walked_other(const struct fact *x, size_t at) {
    return (struct walked){x->t, pack_who(x->g, x->p), x->span, (uint32_t)at, 0, WALK_OTHER, false};
}

/* A block's facts, unpacked; `at` has room for BLOCK_FACTS, `other` grows. */
struct unpacked {
    struct walked *at;
    struct fact *other;
    size_t cap_other;
};

struct walk_block {
    uint64_t first; /* number of the first fact */
    uint32_t n;
    const struct walked *at;
    const struct fact *other;
};

typedef void walk_visitor(void *arg, const struct walk_block *b);

/* How a walk ended. */
enum walk_end { WALK_DONE, WALK_STOPPED, WALK_NO_MEMORY };

/*
 * Call `visit` with all facts number from .. to - 1. Between blocks `step` is asked, with the share done; it may be
 * NULL, and ends the walk by returning false.
 */
enum walk_end reel_walk(reel *r, uint64_t from, uint64_t to, walk_visitor *visit, void *arg,
                        bool (*step)(void *arg, double share), void *step_arg);

/* ---- 64 bits a slot */

struct slots {
    const reel *r;
    struct slots_span {
        uint32_t at;   /* the first of its slots in the pool; NO_ID: not in use */
        uint32_t elem; /* bytes a slot; 0: more than fit */
        uint8_t span_class;
    } * span;         /* by span id: what facts of objects ask for, together */
    size_t cap_spans; /* as many as the reel has */
    uint64_t *pool;
    size_t npool, cap_pool;
    uint32_t *spare; /* by number of slots: a pool place that was given back, chained through its first word */
    uint64_t fill;
    unsigned shift; /* of times in words that hold a type as well */
    bool memory_short;
};

/* Every slot begins as `fill`. False: out of memory. */
bool slots_init(struct slots *s, const reel *r, uint64_t fill);
void slots_free(struct slots *s);
/* A heap span comes into use, or goes, where the fact says so. */
void slots_fact(struct slots *s, const struct fact *x);
/* All spans in use at `pos`. */
bool slots_begin(struct slots *s, const frame *f);

/* The slot's word; NULL where its span isn't in use. */
static inline uint64_t *slots_word(const struct slots *s, uint32_t span, uint32_t slot) {
    uint32_t at = s->span[span].at;
    return at == NO_ID ? NULL : &s->pool[at + slot];
}

/* Of a span in use. */
static inline unsigned slots_class(const struct slots *s, uint32_t span) {
    return s->span[span].span_class;
}
static inline uint64_t slots_elem(const struct slots *s, uint32_t span) {
    uint64_t elem = s->span[span].elem;
    return elem != 0 ? elem : s->r->spans[span].elem;
}

/*
 * A type and a time in one word. The type takes the upper bits, so times of traces of more than 18 minutes lose their
 * lowest ones (a bit for each doubling). NO_TIME is kept. No word is 0.
 */
enum { SLOTS_TIME_BITS = 40 };
static inline uint64_t slots_pack(const struct slots *s, uint32_t type, int64_t t) {
    return (uint64_t)type << SLOTS_TIME_BITS | (t == NO_TIME ? 1 : ((uint64_t)t >> s->shift) + 2);
}
static inline uint32_t slots_type(uint64_t word) {
    return (uint32_t)(word >> SLOTS_TIME_BITS);
}
static inline int64_t slots_time(const struct slots *s, uint64_t word) {
    uint64_t t = word & ((UINT64_C(1) << SLOTS_TIME_BITS) - 1);
    return t < 2 ? NO_TIME : (int64_t)((t - 2) << s->shift);
}

/* Fetch what a fact a little further on will need. */
static inline void slots_fetch(const struct slots *s, const struct walked *w) {
    if (w->kind != WALK_OTHER && s->span[w->span].at != NO_ID) {
        __builtin_prefetch(&s->pool[s->span[w->span].at + w->slot], 1);
    }
}
enum { WALK_AHEAD = 12 };

#endif
