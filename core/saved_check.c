/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * saved_check.c - facts of a saved reel, looked through once before they are unpacked for use.
 *
 * Unpacking believes what it reads: that a block was packed by pack_fact. Whoever unpacks for winding or for histories
 * does so on the file's bytes; here it is done first on a copy with zeros behind it, which end every number and every
 * fact, and what comes out must lie in bounds: span, slot, type, goroutine, states, and the end of the last fact. What
 * a block leaves undefined (a code that stands for nothing yet) has all bits set.
 *
 * Facts in the two common forms take all but the slot from what others said before them, so that only the slot is
 * looked at, and its bound is kept by row.
 *
 * Whether a fact makes sense where it stands (a free of what was never allocated) is seen when winding: frame.c.
 */
#include "core/saved.h"
#include "traces/grow.h"

/* No fact reads further past the end: behind it there are such of two bytes, and a last one. */
enum { ZEROS = 2 * BLOCK_FACTS + FACT_MAX_BYTES };

static bool sound_state(const struct span_state *s) {
    return s->place <= PLACE_NONE && s->swept <= KNOWN_NOT && s->p >= -1 && s->p < SAVED_PROCS;
}

static bool sound_actor(const reel *r, uint64_t who) {
    int32_t p = (int32_t)(who >> 32);
    return ((uint32_t)who == NO_ID || (uint32_t)who < r->ngos) && p >= -1 && p < SAVED_PROCS;
}

/* Whether an object fact may be used; how many slots of its span follow is what its row may take. */
static bool sound_object(const reel *r, struct fact_check *c, const struct object_fact *o) {
    bool object = fact_of_object(o->kind & (uint8_t)~KIND_INFERRED);
    struct slots_left *l = &c->row[o->row];
    l->of = o->span < r->nspans ? r->spans[o->span].nelems : 0;
    l->left = (int64_t)l->of - 1 - o->slot;
    return object && l->left >= 0 && o->type < r->ntypes;
}

static bool sound_fact(const reel *r, const struct fact *x) {
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

/* All who act, after one more of them was named. */
static bool sound_actors(const reel *r, const struct unpacker *k) {
    bool sound = true;
    for (int i = 0; i < PACK_PROCS; i++) {
        sound &= sound_actor(r, k->m.who[i]);
    }
    return sound;
}

/* What a change of place is like is the same again and again. */
static bool sound_place(const reel *r, struct fact_check *c, uint64_t key, struct fact *x) {
    uint64_t *known = &c->places[pack_place_code(key)];
    bool sound = *known == key;
    if (!sound) {
        unpack_place(&c->k, key, x);
        sound = sound_fact(r, x);
        *known = sound ? key : *known;
    }
    return sound && x->span < r->nspans;
}

/* A fact in one of the rare forms; what it is goes to *form, *o, *x and *key, as from unpack_skim. */
static bool sound_rare(const reel *r, struct fact_check *c, enum rare_form *form, struct object_fact *o, struct fact *x,
                       uint64_t *key) {
    uint32_t actors = c->k.actors;
    int64_t t = c->k.m.t;
    *form = unpack_skim(&c->k, o, x, key);
    bool sound = *form == RARE_OBJECT  ? sound_object(r, c, o)
                 : *form == RARE_PLACE ? sound_place(r, c, *key, x)
                                       : sound_fact(r, x);
    return sound && c->k.m.t >= t && (actors == c->k.actors || sound_actors(r, &c->k));
}

/*
 * The same as sound_rare; where the facts are taken, this one goes to *at, with what it needs in `to`. False also where
 * memory is short.
 */
static bool take_rare(const reel *r, struct fact_check *c, struct unpacked *to, size_t *nother, struct walked *at) {
    struct object_fact o;
    struct fact checked, *x = &checked;
    enum rare_form form;
    uint64_t key;
    if (to != NULL) {
        if (!GROW(to->other, *nother, to->cap_other)) {
            return false;
        }
        x = &to->other[*nother];
    }
    bool sound = sound_rare(r, c, &form, &o, x, &key);
    if (to == NULL || !sound) {
        return sound;
    }
    if (form == RARE_OBJECT) {
        *at = walked_object(c->k.m.t, &o);
        return true;
    }
    if (form == RARE_PLACE) {
        unpack_place(&c->k, key, x);
    }
    *at = walked_other(x, (*nother)++);
    return true;
}

/* An object fact in a common form, whose row has `l` left. */
static inline struct walked walked_common(const struct unpacker *k, int64_t t, uint64_t key,
                                          const struct slots_left *l) {
    struct lane at = {k->m.lane[pack_row(key)].span, (uint32_t)(l->of - 1 - l->left)};
    struct object_fact o = unpack_coded(k, key, &at);
    return walked_object(t, &o);
}

/* Times don't decrease, and the last one is `t1`. Facts are taken where `to` isn't NULL. */
static inline __attribute__((always_inline)) bool sound_facts(const reel *r, struct fact_check *c, const uint8_t *end,
                                                              uint32_t n, int64_t t1, struct unpacked *to) {
    struct unpacker *k = &c->k;
    const uint8_t *p = k->at;
    int64_t begin = k->m.t, sound = begin; /* not negative */
    uint64_t ticks = 0;                    /* since k->m.t: few */
    size_t nother = 0;
    struct walked *at = to != NULL ? to->at : NULL;
    for (uint32_t i = 0; i < n; i++) {
        if (p[0] < 1 << FORM_SHIFT) { /* FORM_NEXT */
            uint64_t key = k->m.code[p[1]];
            struct slots_left *l = &c->row[pack_row(key)];
            sound |= --l->left | (int64_t)key;
            ticks += p[0];
            p += 2;
            if (to != NULL) {
                at[i] = walked_common(k, pack_later(k->m.t, ticks << TICK_SHIFT), key, l);
            }
            continue;
        }
        if (p[0] < 2 << FORM_SHIFT) { /* FORM_SLOT */
            uint64_t key = k->m.code[p[1]];
            struct slots_left *l = &c->row[pack_row(key)];
            l->left -= 1 + (int8_t)p[2];
            sound |= l->left | (l->of - 1 - l->left) | (int64_t)key;
            ticks += p[0] % (1 << FORM_SHIFT);
            p += 3;
            if (to != NULL) {
                at[i] = walked_common(k, pack_later(k->m.t, ticks << TICK_SHIFT), key, l);
            }
            continue;
        }
        if (sound < 0) {
            return false;
        }
        k->m.t = pack_later(k->m.t, ticks << TICK_SHIFT);
        k->at = p;
        ticks = 0;
        sound |= k->m.t | (take_rare(r, c, to, &nother, to != NULL ? &at[i] : NULL) ? 0 : -1);
        p = k->at;
    }
    k->m.t = pack_later(k->m.t, ticks << TICK_SHIFT);
    return sound >= 0 && p == end && k->m.t >= begin && k->m.t == t1;
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
    return !in.bad && (uint64_t)(in.end - in.at) == n * POSTED_BYTES;
}

bool saved_check_directory(const reel *r, uint32_t block, const uint8_t *bytes, const struct piece *p) {
    /* a fact takes a byte at least */
    return p->a <= BLOCK_FACTS && p->c <= p->size && p->a <= p->c &&
           sound_directory(r, block, bytes + p->c, (size_t)(p->size - p->c));
}

/* Begin with a copy of a block that zeros follow. NULL: out of memory; else the end of its facts. */
static const uint8_t *begin_check(struct fact_check *c, const uint8_t *bytes, size_t size) {
    if (!grow_to((void **)&c->copy, &c->cap_copy, size + ZEROS, 1)) {
        return NULL;
    }
    memcpy(c->copy, bytes, size);
    memset(c->copy + size, 0, ZEROS);
    unpack_begin(&c->k, c->copy);
    return c->copy + size;
}

const uint8_t *saved_check_facts(const reel *r, struct fact_check *c, const uint8_t *bytes, const struct piece *p) {
    const uint8_t *end = begin_check(c, bytes, (size_t)p->c);
    return end != NULL && sound_facts(r, c, end, (uint32_t)p->a, (int64_t)p->b, NULL) ? c->copy : NULL;
}

bool saved_unpack_facts(const reel *r, struct fact_check *c, const uint8_t *bytes, const struct piece *p,
                        struct unpacked *to) {
    const uint8_t *end = begin_check(c, bytes, (size_t)p->c);
    return end != NULL && sound_facts(r, c, end, (uint32_t)p->a, (int64_t)p->b, to);
}
