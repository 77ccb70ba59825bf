/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fact.c - packing and unpacking a block of facts: the rare forms.
 *
 *     block    first fact's time, facts
 *     NEXT     head, code                         the slot after the last one of the code's row
 *     SLOT     head, code, step                   not the one after it
 *     SPAN     head, code, span, slot             another span
 *     OTHER    head, [time], kind, ...            kind tells what follows:
 *       object kinds         code, row, type, span, slot: the code stands for kind, row and type from here on
 *       WHO                  P's place, goroutine, P: no fact; from here on these act at that place
 *       STATES               code, what it stands for, span, live: a change of place, as others of that code from here
 *                            on; live are the objects in the span
 *       a code of these      span, live
 *       the others           P's place, span, states, [live]
 *
 * A row is a P and one of its span classes (or its frees): so a code tells who acts, in what class, and the type. The
 * head's low bits are the time since the last fact in ticks of 64 ns, which Go's clocks count in; TICKS_ESCAPE, which
 * only OTHER has, puts a number behind it: twice the ticks, or twice the nanoseconds and one.
 */
#include "core/fact.h"

enum { KIND_WHO = 0x7f, KIND_STATES = 0x7e, KIND_CODED = 0x20 /* and PACK_PLACES - 1 more */ };

static void begin(struct packing *m, int64_t t) {
    m->t = t;
    m->span = 0;
    memset(m->who, 0xff, sizeof m->who);
    memset(m->code, 0xff, sizeof m->code);
    memset(m->place, 0xff, sizeof m->place);
}

static bool has_span(uint8_t kind) {
    return kind != FACT_GC && kind != FACT_SWEEP;
}

/* ---- packing */

void pack_begin(struct packer *k, uint8_t *out, int64_t t) {
    begin(&k->m, t);
    k->at = put_number(out, (uint64_t)t);
}

/* Head of a rare fact. */
static uint8_t *put_time(struct packer *k, int64_t t) {
    uint64_t dt = (uint64_t)(t - k->m.t), ticks = dt >> TICK_SHIFT;
    bool whole = dt % (1 << TICK_SHIFT) == 0;
    k->m.t = t;
    uint8_t *p = k->at;
    if (whole && ticks < TICKS_ESCAPE) {
        *p++ = (uint8_t)(FORM_OTHER << FORM_SHIFT | ticks);
        return p;
    }
    *p++ = FORM_OTHER << FORM_SHIFT | TICKS_ESCAPE;
    return put_number(p, whole ? ticks << 1 : dt << 1 | 1);
}

static void put_who(struct packer *k, uint64_t who) {
    unsigned at = pack_proc(who);
    if (k->m.who[at] == who) {
        return;
    }
    k->m.who[at] = who;
    uint8_t *p = k->at;
    *p++ = FORM_OTHER << FORM_SHIFT;
    *p++ = KIND_WHO;
    *p++ = (uint8_t)at;
    p = put_number(p, (uint64_t)(uint32_t)(who + 1)); /* no goroutine is 0 */
    k->at = put_number(p, (uint64_t)((uint32_t)(who >> 32) + 1));
}

static void pack_whole(struct packer *k, int64_t t, uint64_t who, uint64_t key, struct lane at) {
    put_who(k, who);
    unsigned code = pack_code(key), row = pack_row(key);
    uint8_t *p = put_time(k, t);
    *p++ = (uint8_t)key;
    *p++ = (uint8_t)code;
    p = put_number(p, row);
    p = put_number(p, key >> 32);
    p = put_near(p, at.span, k->m.span);
    k->at = put_number(p, at.slot);
    k->m.span = at.span;
    k->m.code[code] = key;
    k->m.lane[row] = at;
}

static void pack_span(struct packer *k, uint64_t ticks, uint64_t key, struct lane at) {
    struct lane *lane = &k->m.lane[pack_row(key)];
    uint8_t *p = k->at;
    *p++ = (uint8_t)(FORM_SPAN << FORM_SHIFT | ticks);
    *p++ = (uint8_t)pack_code(key);
    p = put_near(p, at.span, lane->span);
    k->at = put_number(p, at.slot);
    *lane = at;
}

void pack_uncommon(struct packer *k, int64_t t, uint64_t who, uint64_t key, uint64_t place) {
    uint64_t dt = (uint64_t)(t - k->m.t), ticks = dt >> TICK_SHIFT;
    bool whole_ticks = dt % (1 << TICK_SHIFT) == 0 && ticks < TICKS_ESCAPE;
    struct lane at = {(uint32_t)place, (uint32_t)(place >> 32)};
    if (whole_ticks && k->m.code[pack_code(key)] == key && k->m.who[pack_row(key) / PACK_LANES] == who) {
        k->m.t = t;
        pack_span(k, ticks, key, at);
    } else {
        pack_whole(k, t, who, key, at);
    }
}

static void pack_object(struct packer *k, int64_t t, uint64_t who, uint64_t key, uint64_t place) {
    struct pack_run run = {k->m.t, k->at};
    if (!pack_common(&k->m, &run, t, who, key, place)) {
        pack_uncommon(k, t, who, key, place);
        return;
    }
    k->m.t = run.t;
    k->at = run.at;
}

static uint8_t *put_state(uint8_t *p, const struct span_state *s) {
    *p++ = (uint8_t)(s->place | s->sure << 3 | (s->swept & 3) << 4 | (s->p >= 0) << 6);
    return s->p >= 0 ? put_number(p, (uint64_t)s->p) : p;
}

static uint64_t state_key(const struct span_state *s) {
    return pack_state(s->place, s->sure, s->swept, s->p);
}

static bool has_key(const struct span_state *s) {
    return (uint32_t)(s->p + 1) < 1 << STATE_P_BITS;
}

/* Most changes of place are like others of their block. */
static uint8_t *put_coded_place(struct packer *k, uint8_t *p, uint64_t key, uint32_t span, uint32_t live) {
    unsigned code = pack_place_code(key);
    if (k->m.place[code] == key) {
        *p++ = (uint8_t)(KIND_CODED + code);
    } else {
        k->m.place[code] = key;
        *p++ = KIND_STATES;
        *p++ = (uint8_t)code;
        p = put_number(p, key);
    }
    p = put_near(p, span, k->m.span);
    k->m.span = span;
    return put_number(p, live);
}

static uint8_t *put_other(struct packer *k, uint8_t *p, const struct fact *x, uint64_t who) {
    *p++ = (uint8_t)(x->kind | (x->inferred ? KIND_INFERRED : 0));
    *p++ = (uint8_t)pack_proc(who);
    if (has_span(x->kind)) {
        p = put_near(p, x->span, k->m.span);
        k->m.span = x->span;
    }
    if (x->kind == FACT_PLACE || x->kind == FACT_SPAN_FREE) {
        *p++ = x->why;
        *p++ = x->by;
        p = put_state(p, &x->before);
    }
    return x->kind == FACT_PLACE ? put_number(put_state(p, &x->after), x->after.live) : p;
}

void pack_late(struct packer *k, const struct late *x) {
    uint8_t kind = x->kind & (uint8_t)~KIND_INFERRED;
    if (fact_of_object(kind)) {
        uint64_t key = pack_key(x->kind, late_row(x), (uint32_t)x->what);
        pack_object(k, x->t, x->who, key, pack_place(x->span, x->slot));
        return;
    }
    put_who(k, x->who);
    uint8_t *p = put_time(k, x->t);
    if (kind == FACT_PLACE) {
        k->at = put_coded_place(k, p, x->what | (uint64_t)pack_proc(x->who) << KEY_ROW, x->span, x->slot);
        return;
    }
    struct fact other = {.span = x->span, .kind = kind, .inferred = kind != x->kind};
    other.why = (uint8_t)(x->what >> KEY_WHY);
    other.by = (uint8_t)(x->what >> KEY_BY);
    other.before = pack_state_of(x->what);
    k->at = put_other(k, p, &other, x->who);
}

void pack_brief(const struct fact *x, unsigned lane, struct late *to) {
    *to = (struct late){x->t,
                        pack_who(x->g, x->p),
                        x->type,
                        x->span,
                        (uint16_t)(x->kind == FACT_PLACE ? x->after.live : x->slot),
                        (uint8_t)(x->kind | (x->inferred ? KIND_INFERRED : 0)),
                        (uint8_t)(x->kind == FACT_FREE ? LANE_FREE : lane)};
    if (x->kind == FACT_PLACE || x->kind == FACT_SPAN_FREE) {
        to->what = state_key(&x->before) | state_key(&x->after) << KEY_AFTER | (uint64_t)x->why << KEY_WHY |
                   (uint64_t)x->by << KEY_BY | (uint64_t)x->inferred << KEY_INFERRED;
    }
}

void pack_fact(struct packer *k, const struct fact *x, unsigned lane) {
    struct late brief;
    pack_brief(x, lane, &brief);
    if (fact_of_object(x->kind)) {
        uint64_t key = pack_key(brief.kind, late_row(&brief), x->type);
        pack_object(k, x->t, brief.who, key, pack_place(x->span, x->slot));
    } else if (x->kind == FACT_PLACE && has_key(&x->before) && has_key(&x->after)) {
        pack_late(k, &brief);
    } else {
        put_who(k, brief.who);
        k->at = put_other(k, put_time(k, x->t), x, brief.who);
    }
}

/* ---- unpacking */

const uint8_t *get_long_number(const uint8_t *p, uint64_t *out) {
    unsigned n = number_in(number_word(p), out);
    if (n > 0) {
        return p + n;
    }
    uint64_t v = 0;
    for (unsigned shift = 0;; shift += 7) {
        v |= (uint64_t)(*p & 0x7f) << (shift & 63); /* a saved reel's numbers may be too long */
        if (*p++ < 0x80) {
            *out = v;
            return p;
        }
    }
}

void unpack_begin(struct unpacker *k, const uint8_t *in) {
    begin(&k->m, 0);
    unpack_resume(k, in);
}

void unpack_resume(struct unpacker *k, const uint8_t *in) {
    uint64_t t;
    k->at = get_number(in, &t);
    k->m.t = (int64_t)t;
    k->m.span = 0;
    memset(k->m.who, 0xff, sizeof k->m.who);
}

static const uint8_t *get_state(const uint8_t *p, struct span_state *s) {
    uint8_t b = *p++;
    *s = (struct span_state){.p = -1, .place = b & 7, .sure = b >> 3 & 1, .swept = b >> 4 & 3};
    if (b >> 6 & 1) {
        uint64_t v;
        p = get_number(p, &v);
        s->p = (int32_t)v;
    }
    return p;
}

static const uint8_t *get_time(struct unpacker *k, const uint8_t *p) {
    uint64_t v = *p++ % (1 << FORM_SHIFT);
    if (v == TICKS_ESCAPE) {
        p = get_number(p, &v);
        k->m.t = pack_later(k->m.t, v & 1 ? v >> 1 : v >> 1 << TICK_SHIFT);
    } else {
        k->m.t = pack_later(k->m.t, v << TICK_SHIFT);
    }
    return p;
}

static const uint8_t *get_who(struct unpacker *k, const uint8_t *p) {
    unsigned at = *p++ % PACK_PROCS;
    uint64_t g, proc;
    p = get_number(p, &g);
    p = get_number(p, &proc);
    k->m.who[at] = pack_who((uint32_t)g - 1, (int32_t)((uint32_t)proc - 1));
    k->actors++;
    return p;
}

static const uint8_t *define_object(struct unpacker *k, const uint8_t *p, uint8_t kind, struct object_fact *o) {
    uint64_t row, type, slot;
    unsigned code = *p++;
    p = get_number(p, &row);
    p = get_number(p, &type);
    p = get_near(p, &k->m.span, k->m.span);
    p = get_number(p, &slot);
    row %= PACK_PROCS * PACK_LANES;
    k->m.code[code] = pack_key(kind, (unsigned)row, (uint32_t)type);
    k->m.lane[row] = (struct lane){k->m.span, (uint32_t)slot};
    *o = unpack_coded(k, k->m.code[code], &k->m.lane[row]);
    return p;
}

static const uint8_t *get_span(struct unpacker *k, const uint8_t *p, struct object_fact *o) {
    k->m.t = pack_later(k->m.t, (uint64_t)(*p++ % (1 << FORM_SHIFT)) << TICK_SHIFT);
    uint64_t key = k->m.code[*p++], slot;
    struct lane *l = &k->m.lane[pack_row(key)];
    p = get_near(p, &l->span, l->span);
    p = get_number(p, &slot);
    l->slot = (uint32_t)slot;
    *o = unpack_coded(k, key, l);
    return p;
}

static bool is_coded_place(uint8_t kind) {
    return kind == KIND_STATES || (unsigned)kind - KIND_CODED < PACK_PLACES;
}

static const uint8_t *get_live(const uint8_t *p, struct fact *x) {
    uint64_t live;
    p = get_number(p, &live);
    x->before.live = x->after.live = (uint32_t)live;
    return p;
}

static const uint8_t *get_coded_place(struct unpacker *k, const uint8_t *p, uint8_t kind, struct fact *x,
                                      uint64_t *key) {
    unsigned code = kind == KIND_STATES ? *p++ % PACK_PLACES : (unsigned)kind - KIND_CODED;
    if (kind == KIND_STATES) {
        p = get_number(p, &k->m.place[code]);
    }
    *key = k->m.place[code];
    p = get_near(p, &k->m.span, k->m.span);
    x->span = k->m.span;
    return get_live(p, x);
}

void unpack_place(const struct unpacker *k, uint64_t key, struct fact *x) {
    uint64_t who = k->m.who[key >> KEY_ROW & (PACK_PROCS - 1)];
    uint32_t live = x->after.live;
    *x = (struct fact){.t = k->m.t, .span = x->span, .g = (uint32_t)who, .p = (int32_t)(who >> 32), .kind = FACT_PLACE};
    x->why = (uint8_t)(key >> KEY_WHY);
    x->by = (uint8_t)(key >> KEY_BY);
    x->inferred = key >> KEY_INFERRED & 1;
    x->before = pack_state_of(key);
    x->after = pack_state_of(key >> KEY_AFTER);
    x->before.live = x->after.live = live;
}

static const uint8_t *get_other(struct unpacker *k, const uint8_t *p, uint8_t kind, struct fact *x) {
    uint64_t who = k->m.who[*p++ % PACK_PROCS];
    *x = (struct fact){.t = k->m.t, .span = NO_ID, .g = (uint32_t)who, .p = (int32_t)(who >> 32)};
    x->kind = kind & (uint8_t)~KIND_INFERRED;
    x->inferred = (kind & KIND_INFERRED) != 0;
    x->before.p = x->after.p = -1;
    if (has_span(x->kind)) {
        p = get_near(p, &x->span, k->m.span);
        k->m.span = x->span;
    }
    if (x->kind == FACT_PLACE || x->kind == FACT_SPAN_FREE) {
        x->why = *p++;
        x->by = *p++;
        p = get_state(p, &x->before);
    }
    if (x->kind == FACT_PLACE) {
        p = get_state(p, &x->after);
        p = get_live(p, x);
    }
    return p;
}

enum rare_form unpack_skim(struct unpacker *k, struct object_fact *o, struct fact *x, uint64_t *key) {
    const uint8_t *p = k->at;
    if (*p >> FORM_SHIFT != FORM_OTHER) {
        k->at = get_span(k, p, o);
        return RARE_OBJECT;
    }
    for (;;) {
        p = get_time(k, p);
        uint8_t kind = *p++;
        if (kind == KIND_WHO) { /* stands before the fact that needs it, which is of the same form */
            p = get_who(k, p);
            continue;
        }
        if (is_coded_place(kind)) {
            k->at = get_coded_place(k, p, kind, x, key);
            return RARE_PLACE;
        }
        bool object = fact_of_object(kind & (uint8_t)~KIND_INFERRED);
        k->at = object ? define_object(k, p, kind, o) : get_other(k, p, kind, x);
        return object ? RARE_OBJECT : RARE_OTHER;
    }
}

void unpack_object(const struct unpacker *k, const struct object_fact *o, struct fact *x) {
    *x = (struct fact){.t = k->m.t,
                       .span = o->span,
                       .slot = o->slot,
                       .type = o->type,
                       .g = (uint32_t)o->who,
                       .p = (int32_t)(o->who >> 32)};
    x->kind = o->kind & (uint8_t)~KIND_INFERRED;
    x->inferred = (o->kind & KIND_INFERRED) != 0;
    x->before.p = x->after.p = -1;
}

void facts_unpack(struct unpacker *k, const uint8_t *in, uint32_t n, struct fact *out) {
    unpack_begin(k, in);
    for (struct fact *x = out; x < out + n; x++) {
        struct object_fact o;
        if (unpack_next(k, &o, x)) {
            unpack_object(k, &o, x);
        }
    }
}
