/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pagemap.h - which span holds a page: from page number to span id.
 *
 * Pages are kept in chunks of 64, found through a hash, so that a heap at any address costs memory by what it uses. Of
 * a span larger than PAGEMAP_HEAD pages only the first ones and the last one are entered: a hostile page count costs
 * nothing. The inner pages of such spans are found by their owner (frame_find) with a scan.
 */
#ifndef HEAPREEL_PAGEMAP_H
#define HEAPREEL_PAGEMAP_H

#include "core/core.h"
#include "traces/idmap.h"

enum { PAGEMAP_BITS = 6, PAGEMAP_CHUNK = 1 << PAGEMAP_BITS, PAGEMAP_HEAD = 16 };

struct pagemap {
    uint32_t (*chunk)[PAGEMAP_CHUNK];
    size_t nchunks, cap_chunks;
    struct idmap chunk_of; /* page >> PAGEMAP_BITS -> chunk */
    uint64_t last_key;     /* of the chunk found last */
    uint32_t last_chunk;   /* NO_ID: none */
    uint64_t *keys;        /* chunk numbers in order of address, made when asked for */
    size_t nkeys, cap_keys;
};

void pagemap_init(struct pagemap *m);
void pagemap_free(struct pagemap *m);
void pagemap_clear(struct pagemap *m);

/* Enter (or, with NO_ID, leave) the pages of a span. False: out of memory. */
bool pagemap_set(struct pagemap *m, uint64_t page, uint64_t npages, uint32_t span);

/* The chunk numbers in order of address; n keys. NULL: out of memory, or none. */
const uint64_t *pagemap_keys(struct pagemap *m, size_t *n);

static inline uint32_t pagemap_get(struct pagemap *m, uint64_t page) {
    uint64_t key = page >> PAGEMAP_BITS;
    if (key != m->last_key || m->last_chunk == NO_ID) {
        uint32_t c = idmap_get(&m->chunk_of, key);
        if (c == IDMAP_NONE) {
            return NO_ID;
        }
        m->last_key = key;
        m->last_chunk = c;
    }
    return m->chunk[m->last_chunk][page & (PAGEMAP_CHUNK - 1)];
}

#endif
