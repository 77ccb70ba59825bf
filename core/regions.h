/* SPDX-License-Identifier: GPL-3.0-or-later */
/* regions.h - in which region of the program a goroutine is at an instant. For core/ only. */
#ifndef HEAPREEL_REGIONS_H
#define HEAPREEL_REGIONS_H

#include "core/core.h"

struct regions {
    const reel *r;
    const struct note *notes;
    uint32_t *of;    /* indexes of regions among the notes, by goroutine and begin */
    uint32_t *outer; /* beside each: index in `of` of the region around it, NO_ID */
    uint32_t *first; /* by goroutine: where its regions begin in `of`; one more for the end */
    size_t n, ngos;
};

bool regions_init(struct regions *x, const reel *r);
void regions_free(struct regions *x);
/* The innermost region of goroutine g at t: index of its note; NO_ID none. */
uint32_t regions_at(const struct regions *x, uint32_t g, int64_t t);
/* From t on the answer stays the same up to this time. */
int64_t regions_until(const struct regions *x, uint32_t g, int64_t t);
/* The task that a region belongs to: index of its note; NO_ID none known. */
uint32_t regions_task(const struct regions *x, uint32_t note);

#endif
