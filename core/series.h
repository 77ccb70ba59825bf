/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * series.h - a curve: values over time, with the least and greatest of every 16, 256, 4096 ... of them, so that any
 * stretch of it is summed up in the time of a few look-ups. For core/ only.
 *
 * Curves of events have a value at each of their times. Those made from facts (course.c) have one behind each whole
 * block of facts, with the least and greatest that there were in it, and no times: blocks know theirs.
 */
#ifndef HEAPREEL_SERIES_H
#define HEAPREEL_SERIES_H

#include "core/core.h"

enum { CURVE_FAN = 16, CURVE_LEVELS = 8 };

struct extent {
    uint64_t min, max;
};

struct curve {
    int64_t *t;
    uint64_t *v;
    struct extent *within; /* of curves made from facts: by value, the extent of its block */
    size_t n, cap_t, cap_v, cap_within;
    struct extent *level[CURVE_LEVELS]; /* level k: of CURVE_FAN^(k+1) values each */
    size_t nlevel[CURVE_LEVELS], cap_level[CURVE_LEVELS];
};

/* Append a value; times don't decrease. False: out of memory. */
bool curve_add(struct curve *c, int64_t t, uint64_t v);
/* The same for a curve made from facts: the value at a block's end, and the extent of it. */
bool curve_add_block(struct curve *c, uint64_t v, struct extent within);
/* Values at once: make room for n in t (or within) and v, set them and c->n, then sum them up. Nothing is added after
 * that. */
bool curve_fit(struct curve *c, size_t n);
bool curve_fit_blocks(struct curve *c, size_t n);
bool curve_sum_up(struct curve *c);
void curve_free(struct curve *c);
/* Least and greatest of values [from, to), from < to. */
struct extent curve_extent(const struct curve *c, size_t from, size_t to);

static inline struct extent extent_join(struct extent a, struct extent b) {
    return (struct extent){a.min < b.min ? a.min : b.min, a.max > b.max ? a.max : b.max};
}
static inline struct extent extent_of(uint64_t v) {
    return (struct extent){v, v};
}

/* A curve of a reel; those of saved ones are read when they are asked for. */
const struct curve *curve_of(const reel *r, enum series_kind kind);

/*
 * Turning points, found from a curve's begin on: the least and the greatest value since the last one, and `id`, by
 * which the caller knows where it was: the latest such.
 */
struct zigzag_end {
    uint64_t v, id;
};
struct zigzag {
    struct zigzag_end low, high;
    int way; /* 1 rising, -1 falling, 0 not known yet */
};
/* Take in a value, not the first. True: *at is a turning point that it proves, *peak whether it is a high one. */
bool zigzag_next(struct zigzag *z, struct zigzag_end now, uint64_t swing, struct zigzag_end *at, bool *peak);

#endif
