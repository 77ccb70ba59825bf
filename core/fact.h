/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fact.h - facts packed into blocks. For core/ only.
 *
 * A block holds up to BLOCK_FACTS facts and can be unpacked on its own: it holds no pointers and no reference to other
 * blocks' bytes. Nearly all facts are allocations and frees, two or three bytes each; fact.c describes the form.
 *
 * Packer and unpacker keep the same memory (struct packing), made new for each block, and change it in the same way
 * with every fact. What happens to objects is inline, since every event of a trace goes through it.
 */
#ifndef HEAPREEL_FACT_H
#define HEAPREEL_FACT_H

#include "core/core.h"
#include "core/number.h"

/* Saved reels hold blocks as they are, by block what curves come to, and which spans had changed before a fact says so:
 * raise it whenever any of that comes to mean something else, or is new. */
enum { FACTS_FORM = 5 };

enum {
    BLOCK_FACTS = 1024,
    FACT_MAX_BYTES = 96,
    FACTS_BEYOND = 8, /* bytes behind a block that must be readable: numbers are taken eight bytes at once */
    PACK_CODES = 256,
    PACK_PLACES = 64,
    PACK_PROCS = 32,  /* P numbers are taken modulo this */
    PACK_LANES = 256, /* a P's span classes; one more for frees */
    LANE_FREE = PACK_LANES - 1
};

/* The first byte of a fact: its form, and the ticks of 64 ns since the fact before. */
enum pack_form { FORM_NEXT, FORM_SLOT, FORM_SPAN, FORM_OTHER };
enum { FORM_SHIFT = 6, TICKS_ESCAPE = 63, TICK_SHIFT = 6, KIND_INFERRED = 0x80 };

/* An object that comes or goes? `kind` without KIND_INFERRED. */
static inline bool fact_of_object(uint8_t kind) {
    return kind == FACT_EXISTS || kind == FACT_ALLOC || kind == FACT_SUBALLOC || kind == FACT_FREE;
}

struct packing {
    int64_t t;
    uint32_t span;               /* of the last fact that named one in full */
    uint64_t who[PACK_PROCS];    /* the goroutine and P that act, by P */
    uint64_t code[PACK_CODES];   /* what an object fact's code stands for: kind, row and type */
    uint64_t place[PACK_PLACES]; /* the same for a change of place: P's place, why, states before and after */
    struct lane {
        uint32_t span, slot;
    } lane[PACK_PROCS * PACK_LANES]; /* by row: where its last object was; good once a code of this block names it */
};

/* A goroutine and a P as one number. */
static inline uint64_t pack_who(uint32_t g, int32_t p) {
    return g | (uint64_t)(uint32_t)p << 32;
}
static inline unsigned pack_proc(uint64_t who) {
    return (unsigned)(who >> 32) % PACK_PROCS;
}

/* ---- packing */

struct packer {
    struct packing m;
    uint8_t *at; /* the next byte */
};

/*
 * A fact that waits to be packed, in half a line of cache. `what` is an object's type; of a change of place, or a span
 * that goes, a place key without its row. Of a change of place `slot` is how many objects live in the span.
 */
struct late {
    int64_t t;
    uint64_t who, what;
    uint32_t span;
    uint16_t slot;
    uint8_t kind; /* with KIND_INFERRED */
    uint8_t lane; /* of an object: its span class, or LANE_FREE */
};
_Static_assert(sizeof(struct late) == 32, "two to a line of cache");

/* A span's state as one number, and the place key: state before, state after, why, the event that proves it, and so on.
 */
enum {
    STATE_SURE = 3,
    STATE_SWEPT = 4,
    STATE_P = 6,
    STATE_P_BITS = 13,
    KEY_AFTER = STATE_P + STATE_P_BITS,
    KEY_WHY = 2 * KEY_AFTER,
    KEY_BY = KEY_WHY + 8,
    KEY_INFERRED = KEY_BY + 8,
    KEY_ROW = KEY_INFERRED + 1
};
/* P numbers up to 8190 have one. */
static inline uint64_t pack_state(uint8_t place, bool sure, uint8_t swept, int32_t p) {
    return place | (uint64_t)sure << STATE_SURE | (uint64_t)(swept & 3) << STATE_SWEPT |
           (uint64_t)((uint32_t)p + 1) << STATE_P;
}

static inline struct span_state pack_state_of(uint64_t key) {
    return (struct span_state){.place = key & 7,
                               .sure = key >> STATE_SURE & 1,
                               .swept = key >> STATE_SWEPT & 3,
                               .p = (int32_t)(key >> STATE_P & ((1 << STATE_P_BITS) - 1)) - 1};
}

/* Begin a block at `out`, which has room for FACT_MAX_BYTES a fact. The first fact's time goes before it. */
void pack_begin(struct packer *k, uint8_t *out, int64_t t);
/* Any fact; `lane` is its span class for objects that come. */
void pack_fact(struct packer *k, const struct fact *x, unsigned lane);
void pack_late(struct packer *k, const struct late *x);
/* A fact in brief; its slot and the P numbers of its states fit. */
void pack_brief(const struct fact *x, unsigned lane, struct late *to);
/* A code's meaning: kind (with KIND_INFERRED), row, type. */
static inline uint64_t pack_key(uint8_t kind, unsigned row, uint32_t type) {
    return kind | (uint64_t)row << 8 | (uint64_t)type << 32;
}
static inline unsigned pack_code(uint64_t key) {
    return (unsigned)(key * UINT64_C(0x9e3779b97f4a7c15) >> 56);
}

/* The same for a change of place. */
static inline unsigned pack_place_code(uint64_t key) {
    return (unsigned)(key * UINT64_C(0x9e3779b97f4a7c15) >> 58);
}

static inline unsigned pack_row(uint64_t key) {
    return (unsigned)(key >> 8) % (PACK_PROCS * PACK_LANES);
}

/* A slot of a span as one number. */
static inline uint64_t pack_place(uint32_t span, uint32_t slot) {
    return span | (uint64_t)slot << 32;
}

static inline uint32_t pack_span_of(uint64_t place) {
    return (uint32_t)place;
}
static inline uint32_t pack_slot_of(uint64_t place) {
    return (uint32_t)(place >> 32);
}

/* The row of an object fact. */
static inline unsigned late_row(const struct late *x) {
    return pack_proc(x->who) * PACK_LANES + x->lane;
}

static inline unsigned pack_row_of(const struct fact *x, unsigned lane) {
    return pack_proc(pack_who(x->g, x->p)) * PACK_LANES + (x->kind == FACT_FREE ? LANE_FREE : lane);
}

/* What changes with every fact: in registers while many are packed. */
struct pack_run {
    int64_t t;
    uint8_t *at;
};

/*
 * An object comes or goes at `place`. `t` is not before the last fact's. False: nothing is done, it is none of the two
 * common forms. Where it is one of them, the block had a fact of this span before, in the same row and no later slot.
 */
static inline __attribute__((always_inline)) bool pack_common(struct packing *m, struct pack_run *run, int64_t t,
                                                              uint64_t who, uint64_t key, uint64_t place) {
    uint64_t dt = (uint64_t)(t - run->t);
    uint64_t ticks = dt >> TICK_SHIFT | dt << (64 - TICK_SHIFT); /* small only where whole */
    unsigned code = pack_code(key), row = pack_row(key);
    /* slots forward; going back, and the span's difference, make it great */
    struct lane *l = &m->lane[row];
    uint64_t step = place - pack_place(l->span, l->slot);
    step = step >> 32 | step << 32;
    if (m->code[code] != key || m->who[row / PACK_LANES] != who || ticks >= TICKS_ESCAPE || step > 128) {
        return false;
    }
    l->slot = (uint32_t)(place >> 32);
    uint8_t *to = run->at;
    unsigned form = step != 1; /* FORM_NEXT, FORM_SLOT */
    run->t = t;
    run->at = to + 2 + form;
    to[0] = (uint8_t)(ticks | form << FORM_SHIFT);
    to[1] = (uint8_t)code;
    to[2] = (uint8_t)(step - 1);
    return true;
}
/* The same in any form, where it is none of the two. */
void pack_uncommon(struct packer *k, int64_t t, uint64_t who, uint64_t key, uint64_t place);

/* ---- unpacking */

/* Time goes on; what a saved reel says may go round. */
static inline int64_t pack_later(int64_t t, uint64_t by) {
    return (int64_t)((uint64_t)t + by);
}

struct unpacker {
    struct packing m;
    const uint8_t *at;
    uint32_t actors; /* how often a P was named with its goroutine */
};

/* An object fact as it was packed; its time is m.t. */
struct object_fact {
    uint8_t kind; /* with KIND_INFERRED */
    uint16_t row;
    uint32_t span, slot, type;
    uint64_t who;
};

void unpack_begin(struct unpacker *k, const uint8_t *in);
/* The same without forgetting the codes of the last block, which no whole block asks for. */
void unpack_resume(struct unpacker *k, const uint8_t *in);
/*
 * What is not in the two common forms, read as far as it must be to go on: an object fact after all, in *o; a change of
 * place, of which only x->span and x->after.live are set, and *key, with which unpack_place makes it whole; or another
 * fact, in *x.
 */
enum rare_form { RARE_OBJECT, RARE_PLACE, RARE_OTHER };
enum rare_form unpack_skim(struct unpacker *k, struct object_fact *o, struct fact *x, uint64_t *key);
void unpack_place(const struct unpacker *k, uint64_t key, struct fact *x);
/* The same, whole: true where it is an object fact, else *x is the fact. */
static inline bool unpack_rare(struct unpacker *k, struct object_fact *o, struct fact *x) {
    uint64_t key;
    enum rare_form form = unpack_skim(k, o, x, &key);
    if (form == RARE_PLACE) {
        unpack_place(k, key, x);
    }
    return form == RARE_OBJECT;
}
/* The whole fact of an object fact just unpacked. */
void unpack_object(const struct unpacker *k, const struct object_fact *o, struct fact *x);

/* The object fact of a code, now that its row's lane is set. */
static inline struct object_fact unpack_coded(const struct unpacker *k, uint64_t key, const struct lane *l) {
    unsigned row = pack_row(key);
    return (struct object_fact){(uint8_t)key, (uint16_t)row,         l->span,
                                l->slot,      (uint32_t)(key >> 32), k->m.who[row / PACK_LANES]};
}

/* The next fact: true where it is in *o, else it is in *x. */
static inline bool unpack_next(struct unpacker *k, struct object_fact *o, struct fact *x) {
    const uint8_t *p = k->at;
    unsigned head = p[0], form = head >> FORM_SHIFT;
    if (form > FORM_SLOT) {
        return unpack_rare(k, o, x);
    }
    uint64_t key = k->m.code[p[1]];
    unsigned row = pack_row(key);
    struct lane *l = &k->m.lane[row];
    k->m.t = pack_later(k->m.t, (uint64_t)(head % (1 << FORM_SHIFT)) << TICK_SHIFT);
    l->slot += 1 + (form == FORM_SLOT ? (uint32_t)(int8_t)p[2] : 0);
    k->at = p + 2 + form;
    *o = unpack_coded(k, key, l);
    return true;
}

/* Unpack the first n facts of a block; the inverse of packing, exact in every field. */
void facts_unpack(struct unpacker *k, const uint8_t *in, uint32_t n, struct fact *out);

/* ---- numbers, as blocks hold them */

static inline uint8_t *put_number(uint8_t *p, uint64_t v) {
    while (v >= 0x80) {
        *p++ = (uint8_t)(v | 0x80);
        v >>= 7;
    }
    *p++ = (uint8_t)v;
    return p;
}

/* Of more than four bytes: rarely any. Of more than ten only where somebody made a saved reel so. */
const uint8_t *get_long_number(const uint8_t *p, uint64_t *out);

/* FACTS_BEYOND bytes behind it may be read. */
static inline const uint8_t *get_number(const uint8_t *p, uint64_t *out) {
    unsigned n = number_in_half((uint32_t)number_word(p), out);
    return n > 0 ? p + n : get_long_number(p, out);
}

/* A number near another one. */
static inline uint8_t *put_near(uint8_t *p, uint32_t v, uint32_t from) {
    int64_t d = (int64_t)v - (int64_t)from;
    return put_number(p, ((uint64_t)d << 1) ^ (uint64_t)(d >> 63));
}
static inline const uint8_t *get_near(const uint8_t *p, uint32_t *v, uint32_t from) {
    uint64_t d;
    p = get_number(p, &d);
    *v = (uint32_t)(from + (d >> 1 ^ (0 - (d & 1))));
    return p;
}

#endif
