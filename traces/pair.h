/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pair.h - which of two threads comes next, without a branch: nobody can foretell it. And what else the loops that
 * write events many at once have in common (block.c, turns.c).
 *
 * The times that are compared next are loaded before it is known which of them it will be: else each step would wait
 * for the one before it. So behind the next event of each there is one that may be looked at. Times are not below 0.
 */
#ifndef HEAPREEL_PAIR_H
#define HEAPREEL_PAIR_H

#include "traces/traces.h"

#define INLINE static inline __attribute__((always_inline))

/* Four words at once, wherever they lie; where the machine can't, the compiler makes pieces of them. */
typedef uint64_t four_words __attribute__((vector_size(32), aligned(8), may_alias));

/* Two threads: the next event of each, its time, and whose the last one was (1: the second's). */
struct pair {
    const struct trace_record *a, *b;
    uint64_t at, bt, second;
    void *who[2]; /* what belongs to each */
};

/* One of two numbers; the mask has all bits set for the second. */
INLINE uint64_t either(uint64_t mask, uint64_t a, uint64_t b) {
    return a ^ ((a ^ b) & mask);
}

/* The event that comes next, which x then stands behind, and who[] of its thread. The compiler is kept from making
 * branches. */
INLINE const struct trace_record *choose(struct pair *x, void **by) {
    const struct trace_record *a = x->a, *b = x->b;
    uint64_t a_next = (uint64_t)a[1].time, b_next = (uint64_t)b[1].time, mask = -(uint64_t)(x->bt < x->at + x->second);
    __asm__("" : "+r"(mask));
    x->second = mask & 1;
    x->at = either(mask, a_next, x->at);
    x->bt = either(mask, x->bt, b_next);
    x->a = (const struct trace_record *)either(mask, (uintptr_t)(a + 1), (uintptr_t)a);
    x->b = (const struct trace_record *)either(mask, (uintptr_t)b, (uintptr_t)(b + 1));
    *by = x->who[x->second];
    return (const struct trace_record *)either(mask, (uintptr_t)a, (uintptr_t)b);
}

/* d was chosen last, and it is still to come. */
INLINE void unchoose(struct pair *x, const struct trace_record *d) {
    if (x->second != 0) {
        x->b = d;
        x->bt = (uint64_t)d->time;
    } else {
        x->a = d;
        x->at = (uint64_t)d->time;
    }
}

#if defined(__x86_64__)
/* The same with one comparison and conditional moves, which no compiler makes of it. */
INLINE const struct trace_record *choose_moving(struct pair *x, void **by) {
    const struct trace_record *d = x->a, *a = x->a + 1, *b = x->b + 1;
    uint64_t limit = x->at + x->second;
    __asm__("cmp %[limit], %[bt]\n\t"
            "cmovb %[old_b], %[d]\n\t"
            "cmovae %[a_next], %[at]\n\t"
            "cmovb %[b_next], %[bt]\n\t"
            "cmovb %[old_a], %[a]\n\t"
            "cmovae %[old_b], %[b]\n\t"
            "setb %b[second]"
            : [d] "+&r"(d), [at] "+&r"(x->at), [bt] "+&r"(x->bt), [a] "+&r"(a), [b] "+&r"(b), [second] "+&r"(x->second)
            : [limit] "r"(limit), [old_a] "r"(x->a), [old_b] "r"(x->b), [a_next] "m"(x->a[1].time),
              [b_next] "m"(x->b[1].time)
            : "cc");
    x->a = a;
    x->b = b;
    *by = x->who[x->second];
    return d;
}
#else
#define choose_moving choose
#endif

#endif
