/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * strips.h - the life of a bucket or a span as a strip over time: how full it was, column by column from the left.
 *
 * A strip walks its history once: columns are asked for in order of time. A share is 0 .. 1, below 0 where nothing was
 * there (no span in use).
 */
#ifndef HEAPREEL_STRIPS_H
#define HEAPREEL_STRIPS_H

#include "core/core.h"
#include "tui/draw.h"

struct strip {
    const struct history *h;
    size_t at;       /* rows up to here lie before the column */
    bool live, span; /* of a bucket, before the column */
    uint32_t nelems; /* of a span */
    int64_t died;    /* of a span; INT64_MAX: not, as far as is known */
};

/* The share of the time that an object was in the slot; more than 0 for the shortest. */
struct strip strip_of_bucket(const struct history *h);
double strip_bucket(void *strip, int64_t from, int64_t to);
/* The most objects at once, as a share of the slots. h: life_history */
struct strip strip_of_span(const struct history *h, uint32_t nelems);
double strip_span(void *strip, int64_t from, int64_t to);

/* How a share looks. */
void strip_look(double share, enum role *role, enum glyph *glyph);

#endif
