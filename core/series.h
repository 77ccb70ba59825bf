/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * series.h - a curve: values over time, with the least and greatest of every 16, 256, 4096 ... of them, so that any
 * stretch of it is summed up in the time of a few look-ups. For core/ only.
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
    size_t n, cap_t, cap_v;
    struct extent *level[CURVE_LEVELS]; /* level k: of CURVE_FAN^(k+1) values each */
    size_t nlevel[CURVE_LEVELS], cap_level[CURVE_LEVELS];
};

/* Append a value; times don't decrease. False: out of memory. */
bool curve_add(struct curve *c, int64_t t, uint64_t v);
/* Values at once: make room for n in t and v, set them and c->n, then sum them up. Nothing is added after that. */
bool curve_fit(struct curve *c, size_t n);
bool curve_sum_up(struct curve *c);
void curve_free(struct curve *c);
/* Least and greatest of values [from, to), from < to. */
struct extent curve_extent(const struct curve *c, size_t from, size_t to);

#endif
