/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * draft.h - the facts of a block before they are packed. For core/ only.
 *
 * Recording writes lines and thinks of nothing else; a block is packed when it is full, in one loop, by whoever has
 * time for it: a draft holds all that this needs. No field of a draft depends on other drafts but `from`, the time of
 * the last fact before it.
 */
#ifndef HEAPREEL_DRAFT_H
#define HEAPREEL_DRAFT_H

#include "core/fact.h"

/* A fact about an object; or, of kind LINE_OTHER, another one: number `type` of the draft's others. */
struct line {
    int64_t t;
    uint64_t who;
    uint32_t span, type;
    uint16_t slot;
    uint8_t kind; /* with KIND_INFERRED */
    uint8_t lane;
};
_Static_assert(sizeof(struct line) == 32, "two to a line of cache");
enum { LINE_OTHER = FACT_KINDS };

/* An entry of a block's directory. */
struct posting {
    uint32_t span, before; /* before: the last block with facts of this span, NO_ID */
};

struct draft {
    uint32_t block; /* its number */
    uint32_t n, nother, ndirectory;
    int64_t from;
    struct line line[BLOCK_FACTS];
    struct posting directory[BLOCK_FACTS];
    struct fact other[BLOCK_FACTS];
};

/* Bytes that the largest block may take, with its directory. */
enum { POSTING_BYTES = 16, DRAFT_MAX_BYTES = BLOCK_FACTS * (FACT_MAX_BYTES + POSTING_BYTES) + 32 };

static inline void draft_begin(struct draft *d, uint32_t block, int64_t from) {
    d->block = block;
    d->n = d->nother = d->ndirectory = 0;
    d->from = from;
}

/* Any fact; `lane` is its span class for objects that come. */
void draft_add(struct draft *d, const struct fact *x, unsigned lane);

/* Packed into `out`, of DRAFT_MAX_BYTES: returns the size; *directory is the offset of the directory. */
uint32_t draft_pack(const struct draft *d, struct packer *k, uint8_t *out, uint32_t *directory);

#endif
