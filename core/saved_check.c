/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * saved_check.c - facts of a saved reel, looked through once before they are unpacked for use.
 *
 * Unpacking believes what it reads: that a block was packed by pack_fact. Whoever unpacks for winding or for histories
 * does so on the file's bytes; here it is done first on a copy with zeros behind it, which end every number and every
 * fact, and what comes out must lie in bounds: span, slot, type, goroutine, states, and the end of the last fact. What
 * a block leaves undefined (a code that stands for nothing yet) unpacks to a kind that doesn't exist.
 *
 * Whether a fact makes sense where it stands (a free of what was never allocated) is seen when winding: frame.c.
 */
#include "core/saved.h"

static bool sound_state(const struct span_state *s) {
    return s->place <= PLACE_NONE && s->swept <= KNOWN_NOT && s->p >= -1 && s->p < SAVED_PROCS;
}

static bool sound_actor(const reel *r, uint64_t who) {
    int32_t p = (int32_t)(who >> 32);
    return ((uint32_t)who == NO_ID || (uint32_t)who < r->ngos) && p >= -1 && p < SAVED_PROCS;
}

static bool sound_object(const reel *r, const struct object_fact *o) {
    uint8_t kind = o->kind & (uint8_t)~KIND_INFERRED;
    bool object = kind == FACT_EXISTS || kind == FACT_ALLOC || kind == FACT_SUBALLOC || kind == FACT_FREE;
    return object && o->span < r->nspans && o->slot < r->spans[o->span].nelems && o->type < r->ntypes &&
           sound_actor(r, o->who);
}

static bool sound_fact(const reel *r, const struct fact *x) {
    if (!sound_actor(r, pack_who(x->g, x->p))) {
        return false;
    }
    switch (x->kind) {
    case FACT_GC:
    case FACT_SWEEP:
        return true;
    case FACT_PLACE:
    case FACT_SPAN_FREE:
        return x->span < r->nspans && x->why < WHY_LIMIT && sound_state(&x->before) && sound_state(&x->after);
    case FACT_SPAN_EXISTS:
    case FACT_SPAN_ALLOC:
        return x->span < r->nspans;
    default:
        break;
    }
    return false;
}

/* Times don't decrease, and the last one is `t1`. */
static bool sound_facts(reel *r, const uint8_t *in, size_t size, uint32_t n, int64_t t1) {
    struct unpacker *k = &r->unpacker;
    unpack_begin(k, in);
    int64_t t = k->m.t;
    bool sound = t >= 0;
    for (uint32_t i = 0; i < n && sound; i++) {
        struct object_fact o;
        struct fact x;
        bool object = unpack_next(k, &o, &x);
        sound = k->at <= in + size && k->m.t >= t && (object ? sound_object(r, &o) : sound_fact(r, &x));
        t = k->m.t;
    }
    return sound && k->at == in + size && t == t1;
}

/* The spans of the directory are there, and the blocks that it names come before. */
static bool sound_directory(const reel *r, uint32_t block, const uint8_t *bytes, size_t size) {
    struct reading in = {bytes, bytes + size, false};
    uint64_t n = read_below(&in, BLOCK_FACTS + 1), span = 0;
    for (uint64_t i = 0; i < n && !in.bad; i++) {
        span = read_near(&in, span);
        uint64_t back = read_u(&in);
        in.bad |= span >= r->nspans || back > block;
    }
    return !in.bad && in.at == in.end;
}

bool saved_check_directory(const reel *r, uint32_t block, const uint8_t *bytes, const struct piece *p) {
    /* a fact takes a byte at least */
    return p->a <= BLOCK_FACTS && p->c <= p->size && p->a <= p->c &&
           sound_directory(r, block, bytes + p->c, (size_t)(p->size - p->c));
}

bool saved_check_facts(reel *r, const uint8_t *bytes, const struct piece *p) {
    struct saved *x = r->saved;
    size_t size = (size_t)p->c;
    if (!grow_to((void **)&x->scratch, &x->cap_scratch, size + FACT_MAX_BYTES, 1)) {
        return false;
    }
    memcpy(x->scratch, bytes, size);
    memset(x->scratch + size, 0, FACT_MAX_BYTES); /* no fact reads further past the end */
    return sound_facts(r, x->scratch, size, (uint32_t)p->a, (int64_t)p->b);
}
