/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pagemap.c - entering pages, and the order of chunks.
 */
#include "core/pagemap.h"
#include "traces/grow.h"

void pagemap_init(struct pagemap *m) {
    *m = (struct pagemap){0};
}

void pagemap_free(struct pagemap *m) {
    free(m->chunk);
    free(m->near);
    free(m->key);
    free(m->keys);
    idmap_free(&m->far);
    pagemap_init(m);
}

void pagemap_clear(struct pagemap *m) {
    if (m->nchunks > 0) {
        memset(m->chunk, 0xff, m->nchunks * sizeof *m->chunk);
    }
}

/* A new chunk without pages. False: out of memory. */
static bool add_chunk(struct pagemap *m, uint64_t key) {
    if (!GROW(m->chunk, m->nchunks, m->cap_chunks) || !GROW(m->key, m->nchunks, m->cap_key)) {
        return false;
    }
    memset(m->chunk[m->nchunks], 0xff, sizeof m->chunk[0]);
    m->key[m->nchunks++] = key;
    return true;
}

/* The chunk of a key, made where it isn't there. 0: out of memory. */
static uint32_t near_chunk(struct pagemap *m, uint64_t key) {
    size_t had = m->nnear;
    if ((m->nchunks == 0 && !add_chunk(m, UINT64_MAX)) ||
        !grow_to((void **)&m->near, &m->nnear, (size_t)key + 1, sizeof *m->near)) {
        return 0;
    }
    if (m->nnear > had) {
        memset(m->near + had, 0, (m->nnear - had) * sizeof *m->near);
    }
    if (m->near[key] == 0 && add_chunk(m, key)) {
        m->near[key] = (uint32_t)m->nchunks - 1;
    }
    return m->near[key];
}

static uint32_t far_chunk(struct pagemap *m, uint64_t key) {
    uint32_t c = idmap_get(&m->far, key);
    if (c != IDMAP_NONE) {
        return c;
    }
    if ((m->nchunks == 0 && !add_chunk(m, UINT64_MAX)) || !add_chunk(m, key)) {
        return 0;
    }
    c = (uint32_t)m->nchunks - 1;
    return idmap_put(&m->far, key, c) ? c : 0;
}

/* The chunk of a key, 0 where there is none. */
static uint32_t chunk_of(const struct pagemap *m, uint64_t key) {
    if (key < m->nnear) {
        return m->near[key];
    }
    uint32_t c = idmap_get(&m->far, key);
    return c == IDMAP_NONE ? 0 : c;
}

/* n pages, a chunk at a time. */
static bool set_pages(struct pagemap *m, uint64_t page, uint64_t n, uint32_t value) {
    while (n > 0) {
        uint64_t key = page >> PAGEMAP_BITS, from = page % PAGEMAP_CHUNK;
        uint64_t some = n < PAGEMAP_CHUNK - from ? n : PAGEMAP_CHUNK - from;
        uint32_t c = chunk_of(m, key);
        if (c == 0 && value != NO_ID) {
            c = key < PAGEMAP_NEAR ? near_chunk(m, key) : far_chunk(m, key);
            if (c == 0) {
                return false;
            }
        }
        for (uint64_t i = 0; i < some && c != 0; i++) {
            m->chunk[c][from + i] = value;
        }
        page += some;
        n -= some;
    }
    return true;
}

bool pagemap_set(struct pagemap *m, uint64_t page, uint64_t npages, uint32_t value) {
    uint64_t head = npages < PAGEMAP_HEAD ? npages : PAGEMAP_HEAD;
    return set_pages(m, page, head, value) && (npages <= PAGEMAP_HEAD || set_pages(m, page + npages - 1, 1, value));
}

static int compare_keys(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

const uint64_t *pagemap_keys(struct pagemap *m, size_t *n) {
    *n = m->nchunks > 0 ? m->nchunks - 1 : 0;
    if (m->nkeys != *n) {
        if (!grow_to((void **)&m->keys, &m->cap_keys, *n, sizeof *m->keys)) {
            *n = 0;
            return NULL;
        }
        memcpy(m->keys, m->key + 1, *n * sizeof *m->keys);
        qsort(m->keys, *n, sizeof *m->keys, compare_keys);
        m->nkeys = *n;
    }
    return m->keys;
}
