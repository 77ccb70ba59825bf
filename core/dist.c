/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dist.c - see dist.h. */
#include "core/dist.h"

#include <stdlib.h>
#include <string.h>

/* The middle of a bucket, and the least value in it. */
static uint64_t bucket_low(unsigned i) {
    unsigned shift = i >> DIST_BITS;
    if (shift <= 1) {
        return i;
    }
    shift--;
    return (uint64_t)(i - (shift << DIST_BITS)) << shift;
}

static uint64_t bucket_middle(unsigned i) {
    uint64_t low = bucket_low(i), high = i + 1 < DIST_BUCKETS ? bucket_low(i + 1) : UINT64_MAX;
    return low + (high - low - 1) / 2;
}

static bool pour(struct dist *d) {
    d->bucket = calloc(DIST_BUCKETS, sizeof *d->bucket);
    if (d->bucket == NULL) {
        d->memory_short = true;
        return false;
    }
    for (uint32_t i = 0; i < d->n; i++) {
        d->bucket[dist_index(d->exact[i])]++;
    }
    free(d->exact);
    d->exact = NULL;
    return true;
}

static bool fit(struct dist *d) {
    if (d->n < d->cap) {
        return true;
    }
    uint32_t cap = d->cap == 0 ? 16 : d->cap * 2;
    uint64_t *exact = realloc(d->exact, cap * sizeof *exact);
    if (exact == NULL) {
        d->memory_short = true;
        return false;
    }
    d->exact = exact;
    d->cap = cap;
    return true;
}

void dist_add_slowly(struct dist *d, uint64_t v) {
    if (d->n == DIST_EXACT && pour(d)) {
        dist_add(d, v);
        return;
    }
    if (d->memory_short || !fit(d)) {
        return;
    }
    d->min = d->n == 0 || v < d->min ? v : d->min;
    d->max = v > d->max ? v : d->max;
    d->sum += (double)v;
    d->exact[d->n++] = v;
    d->sorted = false;
}

void dist_join(struct dist *d, const struct dist *from) {
    if (from->n == 0) {
        return;
    }
    if (from->bucket == NULL) {
        for (uint64_t i = 0; i < from->n; i++) {
            dist_add(d, from->exact[i]);
        }
        return;
    }
    if (d->bucket == NULL && !pour(d)) {
        return;
    }
    d->min = d->n == 0 || from->min < d->min ? from->min : d->min;
    d->max = from->max > d->max ? from->max : d->max;
    d->n += from->n;
    d->sum += from->sum;
    for (unsigned i = 0; i < DIST_BUCKETS; i++) {
        d->bucket[i] += from->bucket[i];
    }
}

void dist_free(struct dist *d) {
    free(d->exact);
    free(d->bucket);
    *d = (struct dist){0};
}

static int by_value(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

uint64_t dist_percentile(struct dist *d, double percent) {
    if (d->n == 0) {
        return 0;
    }
    double want = percent / 100 * (double)d->n;
    uint64_t rank = (uint64_t)want;
    rank += (double)rank < want;
    rank = rank < 1 ? 1 : rank > d->n ? d->n : rank;
    if (d->bucket == NULL) {
        if (!d->sorted) {
            qsort(d->exact, (size_t)d->n, sizeof *d->exact, by_value);
            d->sorted = true;
        }
        return d->exact[rank - 1];
    }
    uint64_t seen = 0;
    for (unsigned i = 0; i < DIST_BUCKETS; i++) {
        seen += d->bucket[i];
        if (seen >= rank) {
            uint64_t v = bucket_middle(i);
            return v < d->min ? d->min : v > d->max ? d->max : v;
        }
    }
    return d->max;
}

uint64_t dist_mean(const struct dist *d) {
    return d->n == 0 ? 0 : (uint64_t)(d->sum / (double)d->n + 0.5);
}

uint64_t dist_between(const struct dist *d, uint64_t from, uint64_t to) {
    uint64_t n = 0;
    if (d->bucket == NULL) {
        for (uint64_t i = 0; i < d->n; i++) {
            n += d->exact[i] >= from && d->exact[i] < to;
        }
        return n;
    }
    for (unsigned i = dist_index(from), end = dist_index(to); i < end; i++) {
        n += d->bucket[i];
    }
    return n;
}
