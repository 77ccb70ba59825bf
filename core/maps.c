/* SPDX-License-Identifier: GPL-3.0-or-later */
/* maps.c - see maps.h. */
#include "core/maps.h"
#include "traces/grow.h"

enum { MOST_GROUPS = 128, HEADER_BYTES = 8, HEADER_FROM = 512 };
enum { AT_ONCE = 1000 }; /* ns from a directory to its first table */

static const struct {
    const char *name;
    uint8_t part;
    bool whole;
} parts[] = {
    {"map.bucket[", MAP_BUCKETS, false},   {"map.group[", MAP_GROUPS, false}, {"runtime.hmap", MAP_HEADER, true},
    {"maps.Map", MAP_HEADER, true},        {"maps.table", MAP_TABLE, true},   {"*maps.table", MAP_DIRECTORY, true},
    {"runtime.mapextra", MAP_EXTRA, true},
};

enum map_part map_part(text name, text *kv) {
    *kv = (text){0};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        size_t len = strlen(parts[i].name);
        if (name.len < len || memcmp(name.ptr, parts[i].name, len) != 0 || (parts[i].whole && name.len != len))
            continue;
        if (!parts[i].whole)
            *kv = (text){name.ptr + len - 1, name.len - (len - 1)};
        return parts[i].part;
    }
    return MAP_NONE;
}

bool map_watch_init(struct map_watch *m, const reel *r, bool keep_dead) {
    *m = (struct map_watch){.r = r, .keep_dead = keep_dead, .free_object = NO_ID, .ngos = r->ngos};
    m->part = calloc(r->ntypes + 1, 1);
    m->maker = calloc(r->ngos + 1, sizeof *m->maker);
    m->newest = malloc((r->ntypes + 1) * sizeof *m->newest);
    m->last_array = malloc((r->ntypes + 1) * sizeof *m->last_array);
    if (m->newest != NULL && m->last_array != NULL) {
        memset(m->newest, 0xff, (r->ntypes + 1) * sizeof *m->newest);
        memset(m->last_array, 0xff, (r->ntypes + 1) * sizeof *m->last_array);
    }
    for (size_t i = 0; m->part != NULL && i < r->ntypes; i++) {
        text kv;
        m->part[i] = (uint8_t)map_part(r->types[i].name, &kv);
    }
    return m->part != NULL && m->maker != NULL && m->newest != NULL && m->last_array != NULL;
}

void map_watch_free(struct map_watch *m) {
    free(m->part);
    free(m->maker);
    free(m->newest);
    free(m->last_array);
    free(m->objects);
    idmap_free(&m->live);
}

uint32_t map_base_buckets(uint32_t n) {
    return n == 0 ? 0 : UINT32_C(1) << (31 - (unsigned)__builtin_clz(n));
}

/* Elements of the type that fit into the slot; behind the header that large scan objects have. */
static uint32_t elements(const reel *r, uint8_t part, const struct walked *w) {
    const struct span *s = &r->spans[w->span];
    uint64_t size = r->types[w->type].size, room = s->elem;
    if (size == 0) {
        return 1;
    }
    if (!s->noscan && s->class != 0 && room > HEADER_FROM) {
        room -= HEADER_BYTES;
    }
    uint64_t n = room / size;
    uint32_t fit = n == 0 ? 1 : n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
    return part == MAP_BUCKETS ? fit : map_base_buckets(fit); /* tables and directories have a power of two of them */
}

static uint64_t place_of(const struct walked *w) {
    return (uint64_t)w->span << 16 | (w->slot & 0xffff);
}

static uint32_t new_object(struct map_watch *m) {
    uint32_t i = m->free_object;
    if (i != NO_ID) {
        m->free_object = m->objects[i].before;
        return i;
    }
    if (m->n >= NO_ID - 1 || !GROW(m->objects, m->n, m->cap)) {
        m->memory_short = true;
        return NO_ID;
    }
    return (uint32_t)m->n++;
}

/* ---- what replaced what */

static void link_live(struct map_watch *m, uint32_t at) {
    struct map_object *x = &m->objects[at];
    x->prev = m->newest[x->type];
    x->next = NO_ID;
    if (x->prev != NO_ID) {
        m->objects[x->prev].next = at;
    }
    m->newest[x->type] = at;
}

static void unlink_live(struct map_watch *m, uint32_t at) {
    struct map_object *x = &m->objects[at];
    if (x->next != NO_ID) {
        m->objects[x->next].prev = x->prev;
    } else if (m->newest[x->type] == at) {
        m->newest[x->type] = x->prev;
    } else {
        return; /* is in no chain */
    }
    if (x->prev != NO_ID) {
        m->objects[x->prev].next = x->next;
    }
    x->prev = x->next = NO_ID;
}

static uint32_t weight(const struct map_object *x) {
    return x->part == MAP_BUCKETS ? map_base_buckets(x->n) : x->n;
}

/* The only one of so many elements; NO_ID where there is none, or (with *several) more than one. */
static uint32_t only_one(const struct map_watch *m, uint32_t type, uint32_t n, bool *several) {
    uint32_t found = NO_ID;
    for (uint32_t i = m->newest[type]; i != NO_ID; i = m->objects[i].prev) {
        if (weight(&m->objects[i]) != n) {
            continue;
        }
        if (found != NO_ID) {
            *several = true;
            return NO_ID;
        }
        found = i;
    }
    return found;
}

/* The second array of a split comes right behind the first, from the same goroutine. */
static bool second_half(const struct map_watch *m, const struct map_object *x) {
    uint32_t last = m->last_array[x->type];
    if (x->part != MAP_GROUPS || x->n != MOST_GROUPS || last == NO_ID) {
        return false;
    }
    const struct map_object *l = &m->objects[last];
    bool split = l->rivals || (l->before != NO_ID && m->objects[l->before].n == MOST_GROUPS);
    return l->n == MOST_GROUPS && l->g == x->g && !l->half && split && l->died == NO_TIME;
}

/* What a new array stands for: the only one that it can, else nobody knows. */
static void find_before(struct map_watch *m, uint32_t at) {
    struct map_object *x = &m->objects[at];
    uint32_t n = weight(x), found;
    if (second_half(m, x)) {
        const struct map_object *l = &m->objects[m->last_array[x->type]];
        x->half = true;
        x->before = l->before;
        x->rivals = l->rivals;
        return;
    }
    found = only_one(m, x->type, n / 2, &x->rivals);
    bool same = x->part == MAP_BUCKETS || n == MOST_GROUPS; /* a clean-up of overflow buckets; a split */
    if (found == NO_ID && !x->rivals && same) {
        found = only_one(m, x->type, n, &x->rivals);
    }
    if (found != NO_ID) {
        x->before = found;
        m->objects[found].after = at;
        unlink_live(m, found);
    } else if (x->part == MAP_GROUPS && n < MOST_GROUPS) {
        x->rivals = true; /* it replaced one all the same: on a stack, or of no type in the snapshot */
    }
}

static void array_comes(struct map_watch *m, uint32_t at, bool first) {
    struct map_object *x = &m->objects[at];
    if (x->overflow || (x->part != MAP_BUCKETS && x->part != MAP_GROUPS && x->part != MAP_DIRECTORY)) {
        return;
    }
    if (x->n > 1 && !first) {
        find_before(m, at);
    }
    link_live(m, at);
    m->last_array[x->type] = x->n > 1 ? at : m->last_array[x->type];
}

static bool single_is_overflow(struct map_maker *g, bool was_there) {
    if (was_there) {
        return false;
    }
    if (g->headers == 0) {
        return true;
    }
    g->headers--;
    return false;
}

/*
 * Of a Swiss map, made by g: true where x is the first array in its place, as of a map made with room for many. Behind
 * the two tables of a split a directory may be either's; then it announces tables only if the first of them follows at
 * once and is another map's.
 */
static bool first_of_table(struct map_maker *g, const struct map_object *x) {
    if (x->part == MAP_DIRECTORY) {
        g->announced = x->n == 1 && g->last_n == 2 ? 0 : x->n;
        g->doubt = x->n > 1 && g->last_n == MOST_GROUPS && g->n_before == MOST_GROUPS;
        g->last_n = g->n_before = 0;
        g->directory_t = x->born;
    } else if (x->part == MAP_TABLE && g->doubt && x->born - g->directory_t > AT_ONCE) {
        g->announced = 0;
    } else if (x->part == MAP_GROUPS && g->announced > 0 && x->n > 1 && !(g->doubt && x->type == g->last_type)) {
        g->announced--;
        g->doubt = false;
        return true;
    } else if (x->part == MAP_GROUPS || x->part == MAP_HEADER) {
        g->announced = 0;
        g->n_before = x->part == MAP_HEADER ? 0 : g->last_n;
        g->last_n = x->part == MAP_HEADER ? 0 : x->n;
        g->last_type = x->type;
    }
    return false;
}

const struct map_object *map_watch_comes(struct map_watch *m, const struct walked *w, uint64_t n) {
    uint8_t part = m->part[w->type];
    uint32_t g = walked_g(w);
    struct map_maker *maker = &m->maker[g == NO_ID || g >= m->ngos ? m->ngos : g];
    bool there = w->kind == FACT_EXISTS, after_header = maker->just_header;
    if (part == MAP_NONE || m->memory_short) {
        return NULL;
    }
    maker->just_header = part == MAP_HEADER && !there;
    maker->headers += part == MAP_HEADER && !there;
    uint32_t at = new_object(m);
    if (at == NO_ID) {
        return NULL;
    }
    struct map_object *x = &m->objects[at];
    *x = (struct map_object){.type = w->type,
                             .span = w->span,
                             .slot = w->slot,
                             .n = elements(m->r, part, w),
                             .g = g,
                             .born = there ? NO_TIME : w->t,
                             .died = NO_TIME,
                             .pos = n,
                             .part = part,
                             .before = NO_ID,
                             .after = NO_ID,
                             .prev = NO_ID,
                             .next = NO_ID};
    if (part == MAP_BUCKETS && x->n == 1) {
        x->overflow = single_is_overflow(maker, there);
    } else if (part == MAP_BUCKETS && after_header && maker->headers > 0) {
        maker->headers--; /* made with room for many: the array is the first */
        there = true;
    } else if (!there) {
        there = first_of_table(maker, x);
    }
    if (m->keep_dead) {
        array_comes(m, at, there);
    }
    m->memory_short |= !idmap_put(&m->live, place_of(w), at);
    return x;
}

const struct map_object *map_watch_goes(struct map_watch *m, const struct walked *w) {
    uint32_t at = m->part[w->type] != MAP_NONE ? idmap_get(&m->live, place_of(w)) : IDMAP_NONE;
    if (at == IDMAP_NONE) {
        return NULL;
    }
    idmap_remove(&m->live, place_of(w));
    struct map_object *x = &m->objects[at];
    x->died = w->t;
    if (m->keep_dead) {
        unlink_live(m, at);
    }
    bool told = m->keep_dead && (x->n > 1 || x->after != NO_ID);
    if (!told) {
        x->before = m->free_object;
        m->free_object = at;
    }
    return x;
}
