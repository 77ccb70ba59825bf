/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * names.c - goroutines and types: from the trace's ids to the reel's indexes, and their names.
 *
 * A text of the trace is gone with its generation, so what is kept is a copy. A type's id means something in one
 * generation only; its address is the same in the whole process, so that is what types are known by. Where no table
 * names an id (flight recorder) the id of that generation stays a type of its own: the same number may mean another
 * type in the next one.
 */
#include "core/recorder.h"
#include "traces/grow.h"

enum { STACK_MAX = 128 };

uint32_t reel_goroutines(const reel *r) {
    return (uint32_t)r->ngos;
}
const struct goroutine *reel_goroutine(const reel *r, uint32_t g) {
    return &r->gos[g];
}
uint32_t reel_find_goroutine(const reel *r, uint64_t id) {
    for (size_t i = 0; i < r->ngos && r->saved != NULL; i++) { /* a saved reel has them in a list only */
        if (r->gos[i].id == id) {
            return (uint32_t)i;
        }
    }
    return idmap_get(&r->go_of, id);
}
uint32_t reel_types(const reel *r) {
    return (uint32_t)r->ntypes;
}
const struct heap_type *reel_type(const reel *r, uint32_t type) {
    return &r->types[type];
}

static uint32_t intern_go(reel *r, uint64_t goid) {
    uint32_t g = idmap_get(&r->go_of, goid);
    if (g != IDMAP_NONE) {
        return g;
    }
    if (!GROW(r->gos, r->ngos, r->cap_gos) || !idmap_put(&r->go_of, goid, (uint32_t)r->ngos)) {
        r->memory_short = true;
        return NO_ID;
    }
    r->gos[r->ngos] = (struct goroutine){.id = goid, .created = NO_TIME};
    return (uint32_t)r->ngos++;
}

uint32_t names_go(struct recorder *rec, int64_t goid) {
    if (goid < 0) {
        return NO_ID;
    }
    size_t i = (uint64_t)goid % GO_MEMO;
    if (rec->gos[i].id != (uint64_t)goid + 1) { /* + 1: zero is an empty place */
        rec->gos[i].g = intern_go(rec->r, (uint64_t)goid);
        rec->gos[i].id = (uint64_t)goid + 1;
    }
    return rec->gos[i].g;
}

/* ---- entry functions */

static text entry_of(struct recorder *rec, uint64_t stack, bool leaf) {
    struct trace_frame f[STACK_MAX];
    size_t n = trace_stack(rec->r->t, stack, f, STACK_MAX);
    return n == 0 || n > STACK_MAX ? (text){"", 0} : f[leaf ? 0 : n - 1].func;
}

static void learn_entry(struct recorder *rec, uint32_t g, uint64_t stack, bool leaf) {
    if (g == NO_ID || rec->r->gos[g].entry.len > 0) {
        return;
    }
    rec->r->gos[g].entry = reel_keep_text(rec->r, entry_of(rec, stack, leaf));
    static const char bgsweep[] = "runtime.bgsweep";
    text e = rec->r->gos[g].entry;
    if (e.len == sizeof bgsweep - 1 && memcmp(e.ptr, bgsweep, e.len) == 0) {
        rec->bgsweep = g;
    }
}

void names_goroutine_event(struct recorder *rec, const struct trace_event *ev) {
    if (ev->type == TRACE_EV_GO_CREATE || ev->type == TRACE_EV_GO_CREATE_BLOCKED) {
        uint32_t g = names_go(rec, (int64_t)ev->arg[0]);
        if (g != NO_ID) {
            rec->r->gos[g].created = ev->time;
            learn_entry(rec, g, ev->arg[1], true);
        }
    } else if (ev->type == TRACE_EV_GO_STATUS_STACK) {
        learn_entry(rec, names_go(rec, (int64_t)ev->arg[0]), ev->arg[3], false);
    } else if (ev->type == TRACE_EV_GO_BLOCK || ev->type == TRACE_EV_GO_STOP) {
        learn_entry(rec, rec->now.g, ev->arg[1], false);
    }
}

bool names_stack_has(struct recorder *rec, uint64_t stack, const char *func, size_t *depth) {
    struct trace_frame f[STACK_MAX];
    size_t n = trace_stack(rec->r->t, stack, f, STACK_MAX), len = strlen(func);
    for (size_t i = 0; i < n && i < STACK_MAX; i++) {
        if (f[i].func.len == len && memcmp(f[i].func.ptr, func, len) == 0) {
            *depth = i;
            return true;
        }
    }
    return false;
}

/* ---- types */

/* Keys of types without an address lie above every address that a program has. */
static uint64_t nameless_key(uint32_t generation, uint64_t id) {
    return UINT64_C(1) << 63 | (((uint64_t)generation << 32) ^ id);
}

static uint32_t intern_type(reel *r, uint32_t generation, uint64_t id) {
    const struct trace_heap_type *t = id != 0 ? trace_heap_type(r->t, id) : NULL;
    uint64_t key = t != NULL && t->address != 0 ? t->address : id != 0 ? nameless_key(generation, id) : 0;
    uint32_t type = idmap_get(&r->type_of, key);
    if (type == IDMAP_NONE) {
        if (!grow_to((void **)&r->types, &r->cap_types, r->ntypes + 2, sizeof *r->types) ||
            !idmap_put(&r->type_of, key, (uint32_t)r->ntypes)) {
            r->memory_short = true;
            return 0;
        }
        type = (uint32_t)r->ntypes;
        r->types[type] = r->types[type | TYPE_OLD] = (struct heap_type){.name = {"", 0}};
        r->ntypes += 2;
    }
    if (t != NULL && r->types[type].name.len == 0) {
        r->types[type] = (struct heap_type){.name = reel_keep_text(r, t->name), .address = t->address, .size = t->size};
    }
    return type;
}

bool reel_reserve_types(reel *r) {
    if (intern_type(r, 0, 0) != 0 || !grow_to((void **)&r->types, &r->cap_types, TYPES_RESERVED, sizeof *r->types)) {
        return false;
    }
    for (; r->ntypes < TYPES_RESERVED; r->ntypes++) {
        r->types[r->ntypes] = r->types[0];
    }
    return true;
}

uint32_t names_type(struct recorder *rec, uint64_t id) {
    if (id < TYPE_MEMO && rec->types[id] != 0) {
        return rec->types[id] - 1;
    }
    uint32_t type = intern_type(rec->r, rec->generation, id);
    if (!frame_fit(rec->head)) {
        rec->r->memory_short = true;
        return 0;
    }
    if (id < TYPE_MEMO) {
        rec->types[id] = type + 1;
    }
    return type;
}

/* Pointers are as large as a type whose name begins with "*": the info batch doesn't say (doc/inference.md 1). */
void names_generation(struct recorder *rec) {
    memset(rec->types, 0, TYPE_MEMO * sizeof *rec->types);
    for (uint64_t id = 1; id < TYPE_MEMO && rec->generation == 0; id++) {
        const struct trace_heap_type *t = trace_heap_type(rec->r->t, id);
        if (t == NULL) {
            return;
        }
        if (t->name.len > 1 && t->name.ptr[0] == '*' && (t->size == 4 || t->size == 8)) {
            rec->r->layout.ptr = (unsigned)t->size;
            return;
        }
    }
}
