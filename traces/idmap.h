/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * idmap.h - a map from any 64-bit id to a 32-bit index (an array elsewhere holds what belongs to the id).
 *
 * Open addressing, linear probing, at most 5/8 full. IDMAP_NONE is no value: it marks empty places. Removal shifts
 * later entries back, so there are no tombstones and a map in steady use never degrades.
 */
#ifndef HEAPREEL_IDMAP_H
#define HEAPREEL_IDMAP_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define IDMAP_NONE UINT32_MAX

struct idmap {
    uint64_t *key;
    uint32_t *val;
    uint32_t mask; /* capacity - 1; 0 while empty */
    uint32_t len;
};

/* Two multiplications spread neighbouring ids and page numbers well enough over the low bits. */
static inline uint32_t idmap_hash(uint64_t id) {
    id ^= id >> 32;
    id *= UINT64_C(0xd6e8feb86659fd93);
    id ^= id >> 32;
    id *= UINT64_C(0xd6e8feb86659fd93);
    return (uint32_t)(id >> 32);
}

static inline void idmap_free(struct idmap *m) {
    free(m->key);
    free(m->val);
    *m = (struct idmap){0};
}

static inline void idmap_clear(struct idmap *m) {
    if (m->val != NULL) {
        memset(m->val, 0xff, ((size_t)m->mask + 1) * sizeof *m->val);
    }
    m->len = 0;
}

/* The value of an id, or IDMAP_NONE. */
static inline uint32_t idmap_get(const struct idmap *m, uint64_t id) {
    if (m->val == NULL) {
        return IDMAP_NONE;
    }
    for (uint32_t i = idmap_hash(id) & m->mask;; i = (i + 1) & m->mask) {
        if (m->val[i] == IDMAP_NONE || m->key[i] == id) {
            return m->val[i];
        }
    }
}

static inline void idmap_place(struct idmap *m, uint64_t id, uint32_t v) {
    uint32_t i = idmap_hash(id) & m->mask;
    while (m->val[i] != IDMAP_NONE) {
        i = (i + 1) & m->mask;
    }
    m->key[i] = id;
    m->val[i] = v;
}

static inline bool idmap_rehash(struct idmap *m) {
    size_t cap = m->val == NULL ? 16 : 2 * ((size_t)m->mask + 1);
    if (cap > UINT32_MAX / 2) {
        return false;
    }
    struct idmap n = {.key = malloc(cap * sizeof *n.key), .val = malloc(cap * sizeof *n.val)};
    if (n.key == NULL || n.val == NULL) {
        idmap_free(&n);
        return false;
    }
    n.mask = (uint32_t)(cap - 1);
    n.len = m->len;
    memset(n.val, 0xff, cap * sizeof *n.val);
    for (size_t i = 0; m->val != NULL && i <= m->mask; i++) {
        if (m->val[i] != IDMAP_NONE) {
            idmap_place(&n, m->key[i], m->val[i]);
        }
    }
    idmap_free(m);
    *m = n;
    return true;
}

/* Set an id's value, new or not. False: out of memory. */
static inline bool idmap_put(struct idmap *m, uint64_t id, uint32_t v) {
    if (m->val != NULL) {
        for (uint32_t i = idmap_hash(id) & m->mask; m->val[i] != IDMAP_NONE; i = (i + 1) & m->mask) {
            if (m->key[i] == id) {
                m->val[i] = v;
                return true;
            }
        }
    }
    if (m->val == NULL || (uint64_t)m->len * 8 >= ((uint64_t)m->mask + 1) * 5) {
        if (!idmap_rehash(m)) {
            return false;
        }
    }
    idmap_place(m, id, v);
    m->len++;
    return true;
}

/* Remove an id; nothing happens where it isn't there. */
static inline void idmap_remove(struct idmap *m, uint64_t id) {
    if (m->val == NULL) {
        return;
    }
    uint32_t i = idmap_hash(id) & m->mask;
    while (m->val[i] != IDMAP_NONE && m->key[i] != id) {
        i = (i + 1) & m->mask;
    }
    if (m->val[i] == IDMAP_NONE) {
        return;
    }
    uint32_t hole = i;
    for (uint32_t j = (i + 1) & m->mask; m->val[j] != IDMAP_NONE; j = (j + 1) & m->mask) {
        uint32_t home = idmap_hash(m->key[j]) & m->mask;
        if (((j - home) & m->mask) >= ((j - hole) & m->mask)) {
            m->key[hole] = m->key[j];
            m->val[hole] = m->val[j];
            hole = j;
        }
    }
    m->val[hole] = IDMAP_NONE;
    m->len--;
}

#endif
