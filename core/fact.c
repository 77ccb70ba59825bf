/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fact.c - packing and unpacking a block of facts.
 *
 * Both sides keep the same little memory (struct memory), made new for each block, and change it in the same way with
 * every fact.
 */
#include "core/fact.h"
#include "core/reel.h"

#include <string.h>

enum {
    KIND_MASK = 0x0f,
    F_CONTEXT = 0x10, /* another goroutine or P than the last fact's */
    F_INFERRED = 0x20,
    F_SPAN = 0x40, /* another span than expected */
    F_TYPE = 0x80  /* another type than expected */
};

enum { CONTEXTS = 64, EXPECTED = 256 };

struct context {
    uint32_t g;
    int32_t p;
};

struct expected {
    uint32_t span, slot, type;
};

struct memory {
    int64_t t;
    uint32_t span;               /* of the last span or place fact */
    unsigned context, ncontexts; /* the current one; how many were defined (the table is reused round and round) */
    struct context contexts[CONTEXTS];
    struct expected expected[EXPECTED];
    uint32_t free_span, free_slot, free_type;
};

static void memory_init(struct memory *m, int64_t t) {
    memset(m, 0, sizeof *m);
    m->t = t;
    m->contexts[0] = (struct context){NO_ID, -1};
    m->ncontexts = 1;
}

static uint8_t *put(uint8_t *p, uint64_t v) {
    while (v >= 0x80) {
        *p++ = (uint8_t)(v | 0x80);
        v >>= 7;
    }
    *p++ = (uint8_t)v;
    return p;
}

static const uint8_t *get(const uint8_t *p, uint64_t *out) {
    uint64_t v = *p++;
    if (v >= 0x80) {
        v &= 0x7f;
        unsigned shift = 7;
        uint8_t b;
        do {
            b = *p++;
            v |= (uint64_t)(b & 0x7f) << shift;
            shift += 7;
        } while (b >= 0x80);
    }
    *out = v;
    return p;
}

static uint64_t zigzag(int64_t v) {
    return ((uint64_t)v << 1) ^ (uint64_t)(v >> 63);
}
static int64_t unzigzag(uint64_t v) {
    return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}
static uint8_t *put_delta(uint8_t *p, uint32_t v, uint32_t from) {
    return put(p, zigzag((int64_t)v - (int64_t)from));
}
static const uint8_t *get_delta(const uint8_t *p, uint32_t *v, uint32_t from) {
    uint64_t d;
    p = get(p, &d);
    *v = (uint32_t)((int64_t)from + unzigzag(d));
    return p;
}

/* Most clocks tick in 64 ns: whole ticks take half the bytes. */
static uint8_t *put_time(uint8_t *p, uint64_t dt) {
    return put(p, dt % 64 == 0 ? dt / 64 * 2 : dt * 2 + 1);
}
static const uint8_t *get_time(const uint8_t *p, uint64_t *dt) {
    uint64_t v;
    p = get(p, &v);
    *dt = v & 1 ? v >> 1 : (v >> 1) * 64;
    return p;
}

static bool is_object(uint8_t kind) {
    return kind == FACT_EXISTS || kind == FACT_ALLOC || kind == FACT_SUBALLOC || kind == FACT_FREE;
}

/* ---- contexts */

static unsigned find_context(const struct memory *m, const struct fact *x) {
    unsigned n = m->ncontexts < CONTEXTS ? m->ncontexts : CONTEXTS;
    for (unsigned i = 0; i < n; i++) {
        if (m->contexts[i].g == x->g && m->contexts[i].p == x->p) {
            return i;
        }
    }
    return CONTEXTS;
}

static void define_context(struct memory *m, uint32_t g, int32_t p) {
    m->context = m->ncontexts++ % CONTEXTS;
    m->contexts[m->context] = (struct context){g, p};
}

static uint8_t *put_context(struct memory *m, const struct fact *x, uint8_t *p) {
    unsigned i = find_context(m, x);
    p = put(p, i);
    if (i < CONTEXTS) {
        m->context = i;
        return p;
    }
    define_context(m, x->g, x->p);
    p = put(p, (uint64_t)x->g + 1);
    return put(p, (uint64_t)((int64_t)x->p + 1));
}

static const uint8_t *get_context(struct memory *m, const uint8_t *p) {
    uint64_t i, g, proc;
    p = get(p, &i);
    if (i < CONTEXTS) {
        m->context = (unsigned)i;
        return p;
    }
    p = get(p, &g);
    p = get(p, &proc);
    define_context(m, (uint32_t)(g - 1), (int32_t)((int64_t)proc - 1));
    return p;
}

/* ---- states of a span */

static uint8_t *put_state(uint8_t *p, const struct span_state *s) {
    *p++ = (uint8_t)(s->place | s->sure << 3 | (s->swept & 3) << 4 | (s->p >= 0) << 6);
    return s->p >= 0 ? put(p, (uint64_t)s->p) : p;
}

static const uint8_t *get_state(const uint8_t *p, struct span_state *s) {
    uint8_t b = *p++;
    *s = (struct span_state){.p = -1, .place = b & 7, .sure = b >> 3 & 1, .swept = b >> 4 & 3};
    if (b >> 6 & 1) {
        uint64_t v;
        p = get(p, &v);
        s->p = (int32_t)v;
    }
    return p;
}

/* ---- objects */

static struct expected free_expected(const struct memory *m) {
    return (struct expected){m->free_span, m->free_slot, m->free_type};
}

static void remember(struct memory *m, const struct fact *x, uint8_t row) {
    struct expected e = {x->span, x->slot, x->type};
    if (x->kind == FACT_FREE) {
        m->free_span = e.span;
        m->free_slot = e.slot;
        m->free_type = e.type;
    } else {
        m->expected[row] = e;
    }
}

static uint8_t *pack_object(struct memory *m, const reel *r, const struct fact *x, uint8_t *p, uint8_t *flags) {
    const struct span *s = &r->spans[x->span];
    uint8_t row = (uint8_t)(s->class * 2u + s->noscan + m->context * 61u);
    struct expected e = x->kind == FACT_FREE ? free_expected(m) : m->expected[row];
    if (x->kind != FACT_FREE) {
        *p++ = row;
    }
    if (e.span != x->span) {
        *flags |= F_SPAN;
        p = put_delta(p, x->span, e.span);
    }
    p = put_delta(p, x->slot, e.slot + 1);
    if (e.type != x->type) {
        *flags |= F_TYPE;
        p = put(p, x->type);
    }
    remember(m, x, row);
    return p;
}

static const uint8_t *unpack_object(struct memory *m, struct fact *x, const uint8_t *p, uint8_t flags) {
    uint8_t row = x->kind != FACT_FREE ? *p++ : 0;
    struct expected e = x->kind == FACT_FREE ? free_expected(m) : m->expected[row];
    x->span = e.span;
    x->type = e.type;
    if (flags & F_SPAN) {
        p = get_delta(p, &x->span, e.span);
    }
    p = get_delta(p, &x->slot, e.slot + 1);
    if (flags & F_TYPE) {
        uint64_t v;
        p = get(p, &v);
        x->type = (uint32_t)v;
    }
    remember(m, x, row);
    return p;
}

/* ---- spans and places */

static uint8_t *pack_span(struct memory *m, const struct fact *x, uint8_t *p) {
    p = put_delta(p, x->span, m->span);
    m->span = x->span;
    if (x->kind == FACT_PLACE || x->kind == FACT_SPAN_FREE) {
        *p++ = x->why;
        p = put_state(p, &x->before);
    }
    if (x->kind == FACT_PLACE) {
        p = put_state(p, &x->after);
    }
    return p;
}

static const uint8_t *unpack_span(struct memory *m, struct fact *x, const uint8_t *p) {
    p = get_delta(p, &x->span, m->span);
    m->span = x->span;
    if (x->kind == FACT_PLACE || x->kind == FACT_SPAN_FREE) {
        x->why = *p++;
        p = get_state(p, &x->before);
    }
    if (x->kind == FACT_PLACE) {
        p = get_state(p, &x->after);
    }
    return p;
}

/* ---- blocks: the time of the first fact, then the facts */

size_t facts_pack(const reel *r, const struct fact *in, uint32_t n, uint8_t *out) {
    struct memory m;
    memory_init(&m, in[0].t);
    uint8_t *p = put(out, (uint64_t)in[0].t);
    for (const struct fact *x = in; x < in + n; x++) {
        uint8_t *head = p++;
        uint8_t flags = (uint8_t)(x->kind | (x->inferred ? F_INFERRED : 0));
        p = put_time(p, (uint64_t)(x->t - m.t));
        m.t = x->t;
        if (m.contexts[m.context].g != x->g || m.contexts[m.context].p != x->p) {
            flags |= F_CONTEXT;
            p = put_context(&m, x, p);
        }
        if (is_object(x->kind)) {
            p = pack_object(&m, r, x, p, &flags);
        } else if (x->kind != FACT_GC) {
            p = pack_span(&m, x, p);
        }
        *head = flags;
    }
    return (size_t)(p - out);
}

void facts_unpack(const uint8_t *in, uint32_t n, struct fact *out) {
    uint64_t t, dt;
    const uint8_t *p = get(in, &t);
    struct memory m;
    memory_init(&m, (int64_t)t);
    for (struct fact *x = out; x < out + n; x++) {
        uint8_t flags = *p++;
        *x = (struct fact){.span = NO_ID, .kind = flags & KIND_MASK, .inferred = (flags & F_INFERRED) != 0};
        x->before.p = x->after.p = -1;
        p = get_time(p, &dt);
        x->t = m.t += (int64_t)dt;
        if (flags & F_CONTEXT) {
            p = get_context(&m, p);
        }
        x->g = m.contexts[m.context].g;
        x->p = m.contexts[m.context].p;
        if (is_object(x->kind)) {
            p = unpack_object(&m, x, p, flags);
        } else if (x->kind != FACT_GC) {
            p = unpack_span(&m, x, p);
        }
    }
}
