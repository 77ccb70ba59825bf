/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * draft.h - the block under way. For core/ only.
 *
 * Whoever adds a fact (binding.c) packs it with draft.k, counts it, and, where it is the first one of its span in this
 * block, enters the span into the directory.
 */
#ifndef HEAPREEL_DRAFT_H
#define HEAPREEL_DRAFT_H

#include "core/fact.h"

/* An entry of a block's directory. */
struct posting {
    uint32_t span, before; /* before: the last block with facts of this span, NO_ID */
};

/* Bytes that the largest block may take, with its directory. */
enum { POSTING_BYTES = 16, DRAFT_MAX_BYTES = BLOCK_FACTS * (FACT_MAX_BYTES + POSTING_BYTES) + 32 };

struct draft {
    struct packer k; /* writes to `bytes` */
    uint32_t block;  /* its number */
    uint32_t n;      /* facts in it */
    uint32_t ndirectory;
    struct posting directory[BLOCK_FACTS];
    uint8_t bytes[DRAFT_MAX_BYTES];
};

/* An empty one; `from` is the time of the last fact before it. */
void draft_begin(struct draft *d, uint32_t block, int64_t from);

/*
 * The directory behind the facts: returns the size of all in `bytes`; *directory is its offset. Facts may still be
 * added, and lie over it then.
 */
uint32_t draft_end(struct draft *d, uint32_t *directory);

#endif
