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

static bool sound_fact(const reel *r, const struct fact *x) {
    bool acts = (x->g == NO_ID || x->g < r->ngos) && x->p >= -1 && x->p < SAVED_PROCS;
    if (!acts || x->kind >= FACT_KINDS) {
        return false;
    }
    switch ((enum fact_kind)x->kind) {
    case FACT_GC:
    case FACT_SWEEP:
        return true;
    case FACT_EXISTS:
    case FACT_ALLOC:
    case FACT_SUBALLOC:
    case FACT_FREE:
        return x->span < r->nspans && x->slot < r->spans[x->span].nelems && x->type < r->ntypes;
    case FACT_PLACE:
    case FACT_SPAN_FREE:
        return x->span < r->nspans && x->why < WHY_LIMIT && sound_state(&x->before) && sound_state(&x->after);
    case FACT_SPAN_EXISTS:
    case FACT_SPAN_ALLOC:
        return x->span < r->nspans;
    case FACT_KINDS:
        break;
    }
    return false;
}

static bool sound_facts(reel *r, const uint8_t *in, size_t size, uint32_t n) {
    struct unpacker *k = &r->unpacker;
    unpack_begin(k, in);
    for (uint32_t i = 0; i < n; i++) {
        struct object_fact o;
        struct fact x;
        if (unpack_next(k, &o, &x)) {
            unpack_object(k, &o, &x);
        }
        if (k->at > in + size || !sound_fact(r, &x)) {
            return false;
        }
    }
    return k->at == in + size;
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

bool saved_check(reel *r, uint32_t block, const uint8_t *bytes, size_t size, uint32_t n, uint32_t directory) {
    struct saved *x = r->saved;
    /* a fact takes a byte at least, and reads no more than FACT_MAX_BYTES past the end */
    if (n > BLOCK_FACTS || directory > size || n > directory ||
        !sound_directory(r, block, bytes + directory, size - directory) ||
        !grow_to((void **)&x->scratch, &x->cap_scratch, (size_t)directory + BLOCK_FACTS + FACT_MAX_BYTES, 1)) {
        return false;
    }
    memcpy(x->scratch, bytes, directory);
    memset(x->scratch + directory, 0, FACT_MAX_BYTES);
    return sound_facts(r, x->scratch, directory, n);
}
