/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pagemap.h - what holds a page: from page number to an index of the owner's (a seat of a frame).
 *
 * Pages are kept in chunks of 64. Those of the first PAGEMAP_NEAR chunks (half a terabyte of heap) are found in a
 * table, others through a hash, so that a heap at any address costs memory by what it uses. Of a span larger than
 * PAGEMAP_HEAD pages only the first ones and the last one are entered: a hostile page count costs nothing. The inner
 * pages of such spans are found by their owner (frame_find) with a scan.
 */
#ifndef HEAPREEL_PAGEMAP_H
#define HEAPREEL_PAGEMAP_H

#include "core/core.h"
#include "traces/idmap.h"

enum { PAGEMAP_BITS = 6, PAGEMAP_CHUNK = 1 << PAGEMAP_BITS, PAGEMAP_HEAD = 16, PAGEMAP_NEAR = 1 << 20 };

struct pagemap {
    uint32_t (*chunk)[PAGEMAP_CHUNK]; /* chunk 0 is nobody's: where pages lead that were never entered */
    size_t nchunks, cap_chunks;
    uint32_t *near; /* page >> PAGEMAP_BITS -> chunk, below nnear */
    size_t nnear;
    struct idmap far; /* the same for others */
    uint64_t *key;    /* by chunk: page >> PAGEMAP_BITS */
    size_t cap_key;
    uint64_t *keys; /* of all but chunk 0, in order of address, made when asked for */
    size_t nkeys, cap_keys;
};

void pagemap_init(struct pagemap *m);
void pagemap_free(struct pagemap *m);
void pagemap_clear(struct pagemap *m);

/* Enter (or, with NO_ID, leave) the pages of a span. False: out of memory. */
bool pagemap_set(struct pagemap *m, uint64_t page, uint64_t npages, uint32_t value);

/* The chunk numbers in order of address; n keys. NULL: out of memory, or none. */
const uint64_t *pagemap_keys(struct pagemap *m, size_t *n);

static inline uint32_t pagemap_get(const struct pagemap *m, uint64_t page) {
    uint64_t key = page >> PAGEMAP_BITS;
    if (key < m->nnear) {
        return m->chunk[m->near[key]][page % PAGEMAP_CHUNK];
    }
    uint32_t c = idmap_get(&m->far, key);
    return c == IDMAP_NONE ? NO_ID : m->chunk[c][page % PAGEMAP_CHUNK];
}

#endif
