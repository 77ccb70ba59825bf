/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * press.h - full drafts become blocks of the reel: at once, or on a thread of its own. For core/ only.
 *
 * Between press_put and press_settle the reel's finished blocks, their store and packed_bytes are the press's.
 */
#ifndef HEAPREEL_PRESS_H
#define HEAPREEL_PRESS_H

#include "core/belt.h"
#include "core/draft.h"

struct reel;

struct press {
    struct reel *r;
    struct belt *belt;   /* NULL: in turn */
    struct draft *draft; /* BELT_SLOTS, or one */
    struct packer *packer;
    uint8_t *out;        /* DRAFT_MAX_BYTES: where blocks are packed */
    _Atomic bool failed; /* out of memory: from some block on they are lost */
};

/* `aside`: on a thread of its own, where that can be had. False: out of memory. */
bool press_open(struct press *p, struct reel *r, bool aside);
void press_close(struct press *p);

/* The draft to write to, empty; `from` is the time of the last fact before it. */
struct draft *press_begin(struct press *p, uint32_t block, int64_t from);
/* It is full. False: out of memory, for this one or one before it. */
bool press_put(struct press *p, struct draft *d);
/* Wait for all blocks that are under way. False as above. */
bool press_settle(struct press *p);

#endif
