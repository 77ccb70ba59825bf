/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * maps.h - the memory of Go maps among a trace's objects: which types are whose, arrays and their successors, overflow
 * buckets, tables and groups. For core/ only.
 *
 * Up to Go 1.23 a map has an array of 2^B buckets, from B = 4 on with 2^(B-4) spare ones behind them, and overflow
 * buckets beside it (runtime/map.go); from Go 1.24 tables of 2^k groups, at most 128 each, and a directory of them
 * (Swiss maps, internal/runtime/maps). map[K]V itself never is an object's type: its parts are, and their names give K
 * and V away.
 *
 * A single bucket is a small map's only one, or an overflow bucket; nothing tells them apart by itself. The first one
 * that a goroutine allocates after a map's header counts as the former: a guess, where headers lie on stacks.
 *
 * A Swiss map made with room for many gets its directory first and then all its tables; one that grows gets a table
 * (its first, of two groups) or two (a split) and then perhaps a directory (NewMap, growToTable, installTableSplit in
 * internal/runtime/maps/map.go). So it is known which tables replaced none.
 */
#ifndef HEAPREEL_MAPS_H
#define HEAPREEL_MAPS_H

#include "core/walk.h"

enum map_part {
    MAP_NONE,
    MAP_BUCKETS,   /* map.bucket[K]V: an array of buckets, or a single one */
    MAP_GROUPS,    /* map.group[K]V: an array of groups, or a single one */
    MAP_HEADER,    /* runtime.hmap, maps.Map */
    MAP_TABLE,     /* maps.table */
    MAP_DIRECTORY, /* *maps.table */
    MAP_EXTRA      /* runtime.mapextra */
};

/* What a type is to maps; *kv is its "[K]V" where it has one. */
enum map_part map_part(text name, text *kv);

/* A map's array, single bucket or group, table or directory. */
struct map_object {
    uint32_t type, span, slot;
    uint32_t n; /* buckets, groups or tables */
    uint32_t g;
    int64_t born, died; /* NO_TIME: before the trace; still alive */
    uint64_t pos;       /* number of the fact that made it; of one from before the trace, of that */
    uint8_t part;
    bool overflow;       /* a single bucket that is none of a small map */
    uint32_t before;     /* what it replaced: index; NO_ID none or not known */
    bool rivals;         /* there were several that it may have replaced, or it replaced one that isn't in the trace */
    bool half;           /* the second half of a table that was split */
    uint32_t after;      /* what replaced it, the last; NO_ID */
    uint32_t prev, next; /* live ones of its type that nothing has replaced yet; NO_ID */
};

struct map_watch {
    const reel *r;
    uint8_t *part;  /* by type */
    bool keep_dead; /* find what replaced what, and remember both */
    struct map_object *objects;
    size_t n, cap;
    uint32_t free_object;   /* of those not remembered: a chain through `before` */
    struct idmap live;      /* span << 16 | slot -> object */
    struct map_maker {      /* a goroutine that makes and grows maps */
        uint32_t headers;   /* whose first bucket hasn't come */
        bool just_header;   /* its last object of maps was a header */
        bool doubt;         /* the directory may be that of a split */
        uint32_t announced; /* tables for which a directory was made ahead of them: of a map made with room for many */
        uint32_t last_n, n_before; /* groups of the last two arrays that no directory has followed; 0 none */
        uint32_t last_type;        /* of the last of them */
        int64_t directory_t;
    } * maker;
    uint32_t *newest;     /* by type: the last of the live ones that nothing has replaced */
    uint32_t *last_array; /* by type: the last array that came */
    size_t ngos;
    bool memory_short;
};

bool map_watch_init(struct map_watch *m, const reel *r, bool keep_dead);
void map_watch_free(struct map_watch *m);
static inline bool map_watch_wants(const struct map_watch *m, uint32_t type) {
    return m->part[type] != MAP_NONE;
}
/* An object of a wanted type comes, or goes. NULL: none that counts. Good until the next one comes. */
const struct map_object *map_watch_comes(struct map_watch *m, const struct walked *w, uint64_t n);
const struct map_object *map_watch_goes(struct map_watch *m, const struct walked *w);

/* Buckets that keys hash to, of an array of n: a power of two. */
uint32_t map_base_buckets(uint32_t n);

#endif
