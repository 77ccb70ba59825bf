/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dist.h - a distribution of durations or sizes: how many, mean, least, greatest, percentiles. For core/ only.
 *
 * Number, sum, least and greatest are exact. So are percentiles of up to DIST_EXACT values; of more they come from
 * buckets that are a 128th of their value wide, and so are at most 0.4 % off. A percentile p is the smallest value that
 * at least p % of all don't exceed (nearest rank). Memory grows with the number of values up to 32 KB, and no further.
 */
#ifndef HEAPREEL_DIST_H
#define HEAPREEL_DIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DIST_EXACT = 4096, DIST_BITS = 7, DIST_BUCKETS = (64 - DIST_BITS + 1) << DIST_BITS };

struct dist {
    uint64_t n, min, max;
    double sum;
    uint64_t *exact; /* the values, while they are few */
    uint32_t cap;
    uint32_t *bucket; /* DIST_BUCKETS of them, once they are many */
    bool sorted, memory_short;
};

static inline unsigned dist_index(uint64_t v) {
    unsigned bits = v == 0 ? 0 : 64 - (unsigned)__builtin_clzll(v);
    unsigned shift = bits > DIST_BITS + 1 ? bits - (DIST_BITS + 1) : 0;
    return (shift << DIST_BITS) + (unsigned)(v >> shift);
}

void dist_add_slowly(struct dist *d, uint64_t v);

static inline void dist_add(struct dist *d, uint64_t v) {
    if (d->bucket == NULL) {
        dist_add_slowly(d, v);
        return;
    }
    d->n++;
    d->sum += (double)v;
    d->min = v < d->min ? v : d->min;
    d->max = v > d->max ? v : d->max;
    d->bucket[dist_index(v)]++;
}

/* All of `from` into d as well. */
void dist_join(struct dist *d, const struct dist *from);
void dist_free(struct dist *d);
/* 0 where there are no values. */
uint64_t dist_percentile(struct dist *d, double percent);
uint64_t dist_mean(const struct dist *d);
/* How many values v have from <= v < to; both are rounded to bounds of buckets where values are many. */
uint64_t dist_between(const struct dist *d, uint64_t from, uint64_t to);

#endif
