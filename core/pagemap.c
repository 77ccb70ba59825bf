/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pagemap.c - entering pages, and the order of chunks.
 */
#include "core/pagemap.h"
#include "traces/grow.h"

void pagemap_init(struct pagemap *m) {
    *m = (struct pagemap){.last_chunk = NO_ID};
}

void pagemap_free(struct pagemap *m) {
    free(m->chunk);
    free(m->keys);
    idmap_free(&m->chunk_of);
    pagemap_init(m);
}

void pagemap_clear(struct pagemap *m) {
    if (m->nchunks > 0) {
        memset(m->chunk, 0xff, m->nchunks * sizeof *m->chunk);
    }
}

static bool set_page(struct pagemap *m, uint64_t page, uint32_t span) {
    uint64_t key = page >> PAGEMAP_BITS;
    uint32_t c = idmap_get(&m->chunk_of, key);
    if (c == IDMAP_NONE) {
        if (span == NO_ID) {
            return true;
        }
        if (!GROW(m->chunk, m->nchunks, m->cap_chunks) || !idmap_put(&m->chunk_of, key, (uint32_t)m->nchunks)) {
            return false;
        }
        c = (uint32_t)m->nchunks++;
        memset(m->chunk[c], 0xff, sizeof m->chunk[c]);
    }
    m->chunk[c][page & (PAGEMAP_CHUNK - 1)] = span;
    return true;
}

bool pagemap_set(struct pagemap *m, uint64_t page, uint64_t npages, uint32_t span) {
    for (uint64_t i = 0; i < npages && i < PAGEMAP_HEAD; i++) {
        if (!set_page(m, page + i, span)) {
            return false;
        }
    }
    return npages <= PAGEMAP_HEAD || set_page(m, page + npages - 1, span);
}

static int compare_keys(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

const uint64_t *pagemap_keys(struct pagemap *m, size_t *n) {
    if (m->nkeys != m->nchunks) {
        if (!grow_to((void **)&m->keys, &m->cap_keys, m->nchunks, sizeof *m->keys)) {
            *n = 0;
            return NULL;
        }
        m->nkeys = 0;
        for (size_t i = 0; m->chunk_of.val != NULL && i <= m->chunk_of.mask; i++) {
            if (m->chunk_of.val[i] != IDMAP_NONE) {
                m->keys[m->nkeys++] = m->chunk_of.key[i];
            }
        }
        qsort(m->keys, m->nkeys, sizeof *m->keys, compare_keys);
    }
    *n = m->nkeys;
    return m->keys;
}
