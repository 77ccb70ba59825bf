/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * idmap.h - a map from any 64-bit id to a 32-bit index (an array elsewhere holds what belongs to the id).
 *
 * Open addressing, linear probing, at most 5/8 full. IDMAP_NONE is no value: it marks empty places. Removal shifts
 * later entries back, so there are no tombstones and a map in steady use never degrades.
 *
 * Ids come from files that may have been made to collide: where an id lands depends on where the map's memory happens
 * to lie, which no file knows. So the order of places means nothing, and nobody may rely on it.
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
    uint64_t seed;
};

/* Two multiplications spread neighbouring ids and page numbers well enough over the low bits. */
static inline uint32_t idmap_hash(const struct idmap *m, uint64_t id) {
    id ^= m->seed;
    id ^= id >> 32;
    id *= UINT64_C(0xd6e8feb86659fd93);
    id += m->seed;
    id ^= id >> 32;
    id *= UINT64_C(0xd6e8feb86659fd93);
    return (uint32_t)(id >> 32);
}

/* Addresses of the heap and of the stack (n lies there) are chosen anew for every process. */
static inline uint64_t idmap_seed(const struct idmap *m) {
    uint64_t x = (uint64_t)(uintptr_t)m->key + ((uint64_t)(uintptr_t)m << 20);
    x = (x ^ x >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
    return x ^ x >> 32;
}

static inline void idmap_free(struct idmap *m) {
    free(m->key);
    free(m->val);
    *m = (struct idmap){0};
}

/* A map that was hardly used gives its memory back: else emptying it again and again would cost what it once held. */
static inline void idmap_clear(struct idmap *m) {
    if (m->val != NULL && (uint64_t)m->len * 16 <= m->mask && m->mask >= 1024) {
        idmap_free(m);
    } else if (m->len > 0) {
        memset(m->val, 0xff, ((size_t)m->mask + 1) * sizeof *m->val);
    }
    m->len = 0;
}

/* The value of an id, or IDMAP_NONE. */
static inline uint32_t idmap_get(const struct idmap *m, uint64_t id) {
    if (m->val == NULL) {
        return IDMAP_NONE;
    }
    for (uint32_t i = idmap_hash(m, id) & m->mask;; i = (i + 1) & m->mask) {
        if (m->val[i] == IDMAP_NONE || m->key[i] == id) {
            return m->val[i];
        }
    }
}

static inline void idmap_place(struct idmap *m, uint64_t id, uint32_t v) {
    uint32_t i = idmap_hash(m, id) & m->mask;
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
    n.seed = idmap_seed(&n);
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

/* Set the value of an id that isn't there yet. False: out of memory. */
static inline bool idmap_add(struct idmap *m, uint64_t id, uint32_t v) {
    if ((m->val == NULL || (uint64_t)m->len * 8 >= ((uint64_t)m->mask + 1) * 5) && !idmap_rehash(m)) {
        return false;
    }
    idmap_place(m, id, v);
    m->len++;
    return true;
}

/* Set an id's value, new or not. False: out of memory. */
static inline bool idmap_put(struct idmap *m, uint64_t id, uint32_t v) {
    if (m->val != NULL) {
        for (uint32_t i = idmap_hash(m, id) & m->mask; m->val[i] != IDMAP_NONE; i = (i + 1) & m->mask) {
            if (m->key[i] == id) {
                m->val[i] = v;
                return true;
            }
        }
    }
    return idmap_add(m, id, v);
}

/* Remove an id; nothing happens where it isn't there. */
static inline void idmap_remove(struct idmap *m, uint64_t id) {
    if (m->val == NULL) {
        return;
    }
    uint32_t i = idmap_hash(m, id) & m->mask;
    while (m->val[i] != IDMAP_NONE && m->key[i] != id) {
        i = (i + 1) & m->mask;
    }
    if (m->val[i] == IDMAP_NONE) {
        return;
    }
    uint32_t hole = i;
    for (uint32_t j = (i + 1) & m->mask; m->val[j] != IDMAP_NONE; j = (j + 1) & m->mask) {
        uint32_t home = idmap_hash(m, m->key[j]) & m->mask;
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
