/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * idset.h - which ids a map holds, as bits: asked for every event that names a string or a stack.
 *
 * Writers give out ids from 1 on, so that bits cover nearly all of them; what lies beyond 64 times as many ids as there
 * are is asked of the map. Id 0 (nothing) is always there.
 */
#ifndef HEAPREEL_IDSET_H
#define HEAPREEL_IDSET_H

#include "traces/grow.h"
#include "traces/idmap.h"

struct idset {
    uint64_t *bits;
    size_t cap;
    uint64_t limit; /* ids below have a bit */
    uint64_t whole; /* no id up to this one is missing; 0: nothing is known */
    const struct idmap *map;
};

static inline void idset_free(struct idset *s) {
    free(s->bits);
    *s = (struct idset){0};
}

/* Where memory is short there are no bits: the map is asked. */
static inline void idset_build(struct idset *s, const struct idmap *map) {
    uint64_t most = 0, bound = ((uint64_t)map->len + 1) * 64;
    for (uint32_t i = 0; map->val != NULL && i <= map->mask; i++) {
        most = map->val[i] != IDMAP_NONE && map->key[i] < bound && map->key[i] > most ? map->key[i] : most;
    }
    size_t words = (size_t)(most / 64 + 1);
    s->map = map;
    s->limit = 0;
    s->whole = most == map->len ? most : 0;
    if (!grow_to((void **)&s->bits, &s->cap, words, sizeof *s->bits)) {
        return;
    }
    memset(s->bits, 0, words * sizeof *s->bits);
    s->limit = (uint64_t)words * 64;
    s->bits[0] = 1;
    for (uint32_t i = 0; map->val != NULL && i <= map->mask; i++) {
        if (map->val[i] != IDMAP_NONE && map->key[i] < s->limit) {
            s->bits[map->key[i] / 64] |= UINT64_C(1) << (map->key[i] % 64);
        }
    }
}

static inline bool idset_has(const struct idset *s, uint64_t id) {
    if (id <= s->whole) {
        return true;
    }
    if (id < s->limit) {
        return (s->bits[id / 64] >> (id % 64) & 1) != 0;
    }
    return id == 0 || idmap_get(s->map, id) != IDMAP_NONE;
}

#endif
