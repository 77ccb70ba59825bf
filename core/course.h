/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * course.h - the curves that facts make: objects, their bytes, bytes of heap spans and of stacks, after every fact. For
 * core/ only.
 *
 * Kept are, for each whole block of facts, the values at its end and the least and greatest within it (series.h). What
 * lies inside of a block is unpacked when it is asked for, so answers are exact to the fact, at the cost of a block or
 * two for each. The open block has no entry and is always unpacked.
 *
 * At a time a curve has the value after all facts of that time. Of facts of one time the values in between count as its
 * extents all the same: they belong to a spike however short.
 */
#ifndef HEAPREEL_COURSE_H
#define HEAPREEL_COURSE_H

#include "core/reel.h"

static inline bool course_is(enum series_kind kind) {
    return kind >= SERIES_OBJECTS;
}

/* ---- recording: head's totals, up to date */

void course_begin(reel *r);

/* Values that are there now count as extents of the block under way. */
void course_note(reel *r, const struct totals *now);
/* The same for those of objects alone, which most facts change. */
static inline void course_note_objects(reel *r, uint64_t objects, uint64_t bytes) {
    struct extent *e = r->course;
    e[0] = extent_join(e[0], extent_of(objects));
    e[1] = extent_join(e[1], extent_of(bytes));
}
/* A block is full. False: out of memory. */
bool course_block(reel *r, const struct totals *now);

void course_free(reel *r);

/*
 * Keep of what lies within blocks no more than befits `memory` bytes in all (0: as much as pays). Returns how many
 * bytes that may come to.
 */
size_t course_limit(reel *r, uint64_t memory);

/* ---- asking, as core.h says of reel_series, reel_value, reel_extremes and reel_turning */

void course_series(const reel *r, enum series_kind kind, int64_t from, int64_t to, struct column *out, size_t n);
bool course_value(const reel *r, enum series_kind kind, int64_t t, uint64_t *out);
bool course_extremes(const reel *r, enum series_kind kind, int64_t from, int64_t to, struct extremes *out);
bool course_turning(const reel *r, enum series_kind kind, uint64_t swing, int64_t t, bool back, struct turning *out);

#endif
