/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cursor.c - decode events.
 *
 * Four loops. Objects allocated and freed, which a trace with them mostly consists of, have one of their own, with
 * nothing else in it but the few types that come between them; and so have the commonest events of a busy scheduler.
 * Other events are read number by number, without looking for the end while as many bytes are left in the batch as the
 * longest event takes. The last few of a batch are read with every byte checked.
 */
#include "traces/cursor.h"
#include "traces/order.h"
#include "traces/salvage.h"
#include "traces/wire.h"

/* Bytes in the order of the file, whatever the machine's. */
static inline uint64_t load8(const uint8_t *p) {
    return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24 | (uint64_t)p[4] << 32 |
           (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 | (uint64_t)p[7] << 56;
}

static inline bool is_object(const uint8_t *p) {
    return p[0] == TRACE_EV_HEAP_OBJECT_ALLOC || p[0] == TRACE_EV_HEAP_OBJECT_FREE;
}

/* The number in four bytes: seven bits of each, in two steps that each take up half of the gaps. */
static inline uint64_t four_bytes(uint64_t w) {
    uint32_t x = (uint32_t)w & 0x7f7f7f7f;
    x -= x >> 1 & 0x7f807f80;
    return x - 3 * (x >> 2 & 0x0fffc000);
}

/* The bits of w that are set in the mask, put together. Only where gathers() says so. */
static inline uint64_t gather_bits(uint64_t w, uint64_t mask) {
#if defined(__x86_64__)
    __asm__("pext %2, %1, %0" : "=r"(w) : "r"(w), "r"(mask));
    return w;
#else
    return four_bytes(w & mask);
#endif
}

/* Whether this machine has an instruction for that, and a fast one. */
static inline bool gathers(void) {
#if defined(__x86_64__)
    return __builtin_cpu_supports("bmi2") && !__builtin_cpu_is("znver1") && !__builtin_cpu_is("znver2");
#else
    return false;
#endif
}

size_t cursor_room(uint64_t bytes) {
    uint64_t most = bytes / 2 + 1; /* no event is shorter than its type and dt */
    return (size_t)(most < CURSOR_AHEAD ? most : CURSOR_AHEAD) + CURSOR_GUARD;
}

void cursor_open(struct cursor *c, const struct source *src, const struct batch_thread *t, struct trace_record *ahead,
                 struct more *more, uint16_t *bars, size_t room) {
    *c = (struct cursor){.next = t->first, .m = t->m, .readable = src->data + src->size, .thread = UINT32_MAX};
    c->p = c->end = c->from = src->data;
    c->now = c->stop = c->ahead = ahead;
    c->more = more;
    c->bar = c->bars = bars;
    c->room = (uint32_t)room - CURSOR_GUARD;
}

static bool enter_batch(struct cursor *c, const struct generation *g, const struct source *src) {
    if (c->next == NO_BATCH) {
        return false;
    }
    const struct batch *b = &g->batches[c->batch = c->next];
    c->p = src->data + b->offset;
    c->end = c->p + b->size;
    c->left -= b->size;
    c->base = generation_ns(g, b->ts);
    c->latest = generation_latest(g, c->next);
    c->last = 0;
    c->next = b->next;
    return true;
}

/* Is the event none that can be written as it is? If it can, and has three arguments, it is made ready for that. */
static inline bool is_bar(const struct cursor *c, struct trace_record *d) {
    if (order_plain[d->type] == 0) {
        return true;
    }
    if (wire_specs[d->type].nargs > 2) {
        uint64_t third = c->more[d - c->ahead].arg[0];
        d->third = (uint16_t)third;
        return third > UINT16_MAX;
    }
    return false;
}

/* The time of an event dt after the last one of its batch (last 0: the first one). */
static inline int64_t event_time(const struct generation *g, int64_t base, int64_t last, uint64_t dt) {
    return (int64_t)((uint64_t)(last != 0 ? last : base) + (uint64_t)generation_ns(g, dt));
}

/* How every record of one type begins, as one word. */
static inline uint64_t head_of(uint8_t type) {
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    return (uint64_t)type << 24;
#else
    return (uint64_t)type << 32;
#endif
}

/* The same with CURSOR_USUAL. */
static inline uint64_t usual_head(uint8_t type) {
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    return head_of(type) | CURSOR_USUAL;
#else
    return head_of(type) | (uint64_t)CURSOR_USUAL << 48;
#endif
}

static inline void put_head(struct trace_record *d, uint64_t head) {
    memcpy(d, &head, sizeof head);
}

/*
 * Where decoding stands: between the start of a batch and its last few events, where WIRE_MAX_EVENT bytes may be read.
 */
struct progress {
    const uint8_t *p, *stop;
    struct trace_record *d;
    const struct trace_record *full;
    uint16_t *bar; /* where the next one is noted */
    int64_t last;
};

/*
 * An event whose dt takes one byte and whose first number `size` bytes, as the first eight bytes of it show: an object
 * allocated or freed, or what mostly comes between them.
 */
struct shape {
    unsigned size;
    bool alloc;
    uint64_t bits, want; /* the type, and where numbers end: of dt, id and, for an allocation, of the type id */
    uint64_t id;         /* bits of the first number */
};

#define GROUPS(n) (UINT64_C(0x80808080) & ((UINT64_C(1) << 8 * (n)) - 1)) /* the bits that say "more follows" */
#define SHAPE(type, n)                                                                                                 \
    { n, false, 0x80ff | GROUPS(n) << 16, type | GROUPS(n - 1) << 16, GROUPS(n) / 128 * 127 << 16 }
#define ALLOC_SHAPE(n)                                                                                                 \
    {                                                                                                                  \
        n, true, 0x80ff | GROUPS(n) << 16 | UINT64_C(0x80) << (16 + 8 * n),                                            \
            TRACE_EV_HEAP_OBJECT_ALLOC | GROUPS(n - 1) << 16, GROUPS(n) / 128 * 127 << 16                              \
    }
static const struct shape alloc_4 = ALLOC_SHAPE(4), free_4 = SHAPE(TRACE_EV_HEAP_OBJECT_FREE, 4);
static const struct shape alloc_3 = ALLOC_SHAPE(3), free_3 = SHAPE(TRACE_EV_HEAP_OBJECT_FREE, 3);
static const struct shape heap_alloc_4 = SHAPE(TRACE_EV_HEAP_ALLOC, 4),
                          sweep_begin_1 = SHAPE(TRACE_EV_GC_SWEEP_BEGIN, 1), span_free_2 = SHAPE(TRACE_EV_SPAN_FREE, 2),
                          span_free_3 = SHAPE(TRACE_EV_SPAN_FREE, 3);
#undef GROUPS
#undef SHAPE
#undef ALLOC_SHAPE

static inline bool has_shape(uint64_t w, const struct shape *s) {
    return (w & s->bits) == s->want;
}

/*
 * Objects of one shape, as long as nothing else comes. Which shape comes next can be foretold, so the next one need not
 * wait until this one's length is known.
 */
static inline __attribute__((always_inline)) void decode_shape(struct progress *at, const struct trace_record *upto,
                                                               const struct shape *s, bool gather, uint64_t unit) {
    const uint8_t *p = at->p;
    struct trace_record *d = at->d;
    uint64_t last = (uint64_t)at->last, w = load8(p);
    do {
        put_head(d, head_of((uint8_t)s->want));
        last += p[1] * unit;
        d->time = (int64_t)last;
        d->arg[0] = gather ? gather_bits(w, s->id) : four_bytes((w & s->id) >> 16);
        if (s->alloc) {
            d->arg[1] = p[2 + s->size];
        }
        d++;
        p += 2 + s->size + s->alloc;
        w = load8(p);
    } while (d < upto && has_shape(w, s));
    at->p = p;
    at->d = d;
    at->last = (int64_t)last;
}

/*
 * The types that come between objects by the thousand, with how many arguments each has: all are plain, or begin and
 * end a sweep.
 */
static const uint8_t brief[256] = {
    [TRACE_EV_GC_SWEEP_BEGIN] = 1, [TRACE_EV_GC_SWEEP_END] = 2,      [TRACE_EV_HEAP_ALLOC] = 1,
    [TRACE_EV_SPAN] = 3,           [TRACE_EV_SPAN_ALLOC] = 3,        [TRACE_EV_SPAN_FREE] = 1,
    [TRACE_EV_HEAP_OBJECT] = 2,    [TRACE_EV_HEAP_OBJECT_ALLOC] = 2, [TRACE_EV_HEAP_OBJECT_FREE] = 1,
};

/* Those of them with two arguments and with three, by the low bits of the type: a shift is sooner done than a look. */
#define TYPE_BIT(t) (UINT64_C(1) << (t) % 64)
#define WITH_TWO                                                                                                       \
    (TYPE_BIT(TRACE_EV_GC_SWEEP_END) | TYPE_BIT(TRACE_EV_HEAP_OBJECT) | TYPE_BIT(TRACE_EV_HEAP_OBJECT_ALLOC))
#define WITH_THREE (TYPE_BIT(TRACE_EV_SPAN) | TYPE_BIT(TRACE_EV_SPAN_ALLOC))

/* All bits up to the lowest one that is set; all, where none is. */
static inline uint64_t up_to(uint64_t bits) {
    return bits ^ (bits - 1);
}

/* The same without that bit. */
static inline uint64_t but_lowest(uint64_t bits) {
    return bits & (bits - 1);
}

enum { BRIEF_BYTES = 9 }; /* the longest of them that the loop below takes */

/*
 * One event of such a type whose numbers take no more than eight bytes together, with no branch that depends on how
 * many each takes: that can't be foretold. False: it is none.
 */
static inline __attribute__((always_inline)) bool decode_brief(struct cursor *c, struct progress *at, uint64_t unit) {
    const uint64_t tops = UINT64_C(0x8080808080808080);
    uint8_t type = *at->p;
    uint64_t w = load8(at->p + 1), first = ~w & tops; /* where its numbers end */
    uint64_t second = but_lowest(first), third = but_lowest(second), fourth = but_lowest(third);
    uint64_t end = (WITH_TWO >> type % 64 & 1) != 0 ? third : second;
    end = (WITH_THREE >> type % 64 & 1) != 0 ? fourth : end;
    uint64_t dt = gather_bits(w, up_to(first) & ~tops);
    uint64_t last_arg = gather_bits(w, (up_to(fourth) ^ up_to(third)) & ~tops);
    if (end == 0 || brief[type] == 0 || dt >> 40 != 0 || (brief[type] == 3 && last_arg > UINT16_MAX)) {
        return false;
    }
    struct trace_record *d = at->d;
    size_t i = (size_t)(d - c->ahead);
    at->last = (int64_t)((uint64_t)at->last + dt * unit);
    put_head(d, head_of(type));
    d->third = (uint16_t)last_arg;
    d->time = at->last;
    d->arg[0] = gather_bits(w, (up_to(second) ^ up_to(first)) & ~tops);
    d->arg[1] = gather_bits(w, (up_to(third) ^ up_to(second)) & ~tops);
    c->more[i].arg[0] = last_arg;
    c->needs |= order_plain[type];
    *at->bar = (uint16_t)i;
    at->bar += order_plain[type] == 0;
    at->d = d + 1;
    at->p += 2 + (unsigned)__builtin_ctzll(end) / 8;
    return true;
}

/*
 * One event between them in the shape that its type mostly has. Like a run it goes where it is foretold to: the next
 * event need not wait until the length of this one is known, as behind decode_brief.
 */
static inline __attribute__((always_inline)) void decode_usual(struct cursor *c, struct progress *at,
                                                               const struct shape *s, bool gather, uint64_t unit) {
    uint8_t plain = order_plain[(uint8_t)s->want];
    c->needs |= plain;
    if (plain == 0) {
        *at->bar++ = (uint16_t)(at->d - c->ahead);
    }
    decode_shape(at, at->d + 1, s, gather, unit);
}

/* Objects allocated or freed, and the brief ones between them where `gather`, as long as nothing else comes. */
static inline __attribute__((always_inline)) void decode_objects(struct cursor *c, struct progress *at, bool gather,
                                                                 uint64_t unit) {
    struct progress o = *at;
    bool known = true;
    while (known && o.p <= o.stop && o.d < o.full) {
        size_t most = (size_t)(o.stop - o.p) / BRIEF_BYTES + 1, left = (size_t)(o.full - o.d);
        const struct trace_record *upto = o.d + (most < left ? most : left);
        do {
            uint64_t w = load8(o.p);
            if (has_shape(w, &alloc_4)) {
                decode_shape(&o, upto, &alloc_4, gather, unit);
            } else if (has_shape(w, &alloc_3)) {
                decode_shape(&o, upto, &alloc_3, gather, unit);
            } else if (has_shape(w, &free_4)) {
                decode_shape(&o, upto, &free_4, gather, unit);
            } else if (has_shape(w, &free_3)) {
                decode_shape(&o, upto, &free_3, gather, unit);
            } else if (has_shape(w, &heap_alloc_4)) {
                decode_usual(c, &o, &heap_alloc_4, gather, unit);
            } else if (has_shape(w, &sweep_begin_1)) {
                decode_usual(c, &o, &sweep_begin_1, gather, unit);
            } else if (has_shape(w, &span_free_2)) {
                decode_usual(c, &o, &span_free_2, gather, unit);
            } else if (has_shape(w, &span_free_3)) {
                decode_usual(c, &o, &span_free_3, gather, unit);
            } else {
                known = gather && decode_brief(c, &o, unit);
            }
        } while (known && o.d < upto);
    }
    *at = o;
}

typedef void decode_fn(struct cursor *c, struct progress *at, uint64_t unit);

static void decode_anywhere(struct cursor *c, struct progress *at, uint64_t unit) {
    decode_objects(c, at, false, unit);
}

static void decode_gathering(struct cursor *c, struct progress *at, uint64_t unit) {
    decode_objects(c, at, true, unit);
}

/* Events of any type: the one at hand, and more until an object comes. False where one can't be understood. */
static bool decode_others(struct cursor *c, const struct generation *g, struct progress *at) {
    const uint8_t *p = at->p, *stop = at->stop;
    struct trace_record *d = at->d;
    const struct trace_record *full = at->full;
    uint16_t *bar = at->bar;
    uint64_t unit = g->whole_ns;
    int64_t last = at->last, base = c->base;
    uint8_t needs = c->needs;
    uint64_t leap = 0;
    bool understood = true;
    do {
        uint8_t type = *p;
        const struct trace_spec *spec = &wire_specs[type];
        unsigned n = spec->nargs;
        uint8_t plain = order_plain[type];
        uint64_t dt;
        bool wrong = !spec->timed;
        const uint8_t *after = wire_uint_fast(p + 1, &dt, &wrong);
        if (n > 0) {
            after = wire_uint_fast(after, &d->arg[0], &wrong);
        }
        if (n > 1) {
            after = wire_uint_fast(after, &d->arg[1], &wrong);
        }
        if (n > 2) {
            after = wire_uint_fast(after, &c->more[d - c->ahead].arg[0], &wrong);
        }
        if (n > 3) {
            after = wire_uint_fast(after, &c->more[d - c->ahead].arg[1], &wrong);
        }
        if (wrong) {
            understood = false;
            break;
        }
        if (unit == 0 || dt >> 40 != 0) {
            dt = (uint64_t)generation_ns(g, dt);
        } else {
            dt *= unit;
        }
        last = (int64_t)((uint64_t)(last != 0 ? last : base) + dt);
        leap |= dt;
        d->time = last;
        needs |= plain;
        *bar = (uint16_t)(d - c->ahead);
        put_head(d, head_of(type));
        bar += is_bar(c, d);
        p = after;
        d++;
    } while (p <= stop && d < full && !is_object(p));
    c->needs = needs;
    c->steady &= leap >> 53 == 0;
    *at = (struct progress){p, stop, d, full, bar, last};
    return understood;
}

/* As many events as fit and can be decoded without looking for the batch's end. */
static struct trace_record *decode_many(struct cursor *c, const struct generation *g, uint16_t **bar) {
    if (c->end - c->p < WIRE_MAX_EVENT) {
        return c->ahead;
    }
    struct progress at = {c->p, c->end - WIRE_MAX_EVENT, c->ahead, c->ahead + c->room, c->bars, c->last};
    bool objects = g->whole_ns != 0 && c->base > 0 && c->last >= 0, understood = true;
    decode_fn *decode_run = gathers() ? decode_gathering : decode_anywhere;
    while (understood && at.p <= at.stop && at.d < at.full) {
        if (objects && is_object(at.p)) {
            at.last = at.last != 0 ? at.last : c->base;
            decode_run(c, &at, g->whole_ns);
        }
        understood = at.p > at.stop || at.d == at.full || decode_others(c, g, &at);
    }
    /* 256 times 2^53 can't go round twice. */
    c->steady &= at.last >= c->last && at.last >= c->base;
    c->last = at.last;
    c->p = at.p;
    *bar = at.bar;
    return at.d;
}

/* The place where c reads next. */
static struct place cursor_here(const struct cursor *c, const struct generation *g, const struct source *src) {
    const struct batch *b = &g->batches[c->batch];
    return (struct place){(uint64_t)(c->p - src->data), b->offset - b->header, g->number};
}

/* The event at c->p can't be understood; `what` is NULL where its batch ends before it does. */
static void lose_rest(struct cursor *c, const struct generation *g, struct scan *s, const char *what) {
    bool cut = what == NULL && c->end == c->readable && g->damaged;
    struct place at = cursor_here(c, g, s->src);
    const uint8_t *resume = cut ? c->end : salvage(c->p, c->end);
    scan_lost_at(s, cut ? TRACE_E_TRUNCATED : TRACE_E_EVENT, at, (uint64_t)(resume - c->p),
                 cut            ? "the file ends in the middle of an event"
                 : what == NULL ? "an event that runs over its batch"
                                : what);
    c->p = resume;
}

/* One event, every byte checked. False where it can't be understood: c stands where salvage resumes. */
static bool decode_one(struct cursor *c, const struct generation *g, struct scan *s, struct trace_record *d) {
    const uint8_t *p = c->p;
    uint8_t type = *p++;
    const struct trace_spec *spec = &wire_specs[type];
    if (!spec->timed) {
        lose_rest(c, g, s, "an event of an unknown type");
        return false;
    }
    uint64_t dt, arg[TRACE_MAX_ARGS] = {0};
    bool whole = wire_uint(&p, c->end, &dt);
    for (unsigned i = 0; i < spec->nargs && whole; i++) {
        whole = wire_uint(&p, c->end, &arg[i]);
    }
    if (!whole) {
        lose_rest(c, g, s, c->end - p < WIRE_MAX_NUMBER ? NULL : "a number of more than 64 bits");
        return false;
    }
    int64_t time = event_time(g, c->base, c->last, dt);
    if (time > c->latest) {
        scan_lost_at(s, TRACE_E_EVENT, cursor_here(c, g, s->src), 0,
                     "an event later than what comes after it: it is given its predecessor's time");
        time = c->last != 0 ? c->last : c->base;
    }
    c->steady &= time >= c->last && time >= c->base;
    c->last = time;
    c->needs |= order_plain[type];
    *d = (struct trace_record){0, type, 0, 0, time, {arg[0], arg[1]}};
    c->more[d - c->ahead] = (struct more){{arg[2], arg[3]}};
    c->p = p;
    return true;
}

/* Those up to d are decoded; `bar` is where the list of bars ends. */
static void hold_first(struct cursor *c, struct trace_record *d, uint16_t *bar) {
    c->now = c->ahead;
    c->stop = d;
    *bar = (uint16_t)(d - c->ahead);
    c->bar = c->bars;
    for (int i = 0; i < CURSOR_GUARD; i++) {
        d[i].time = INT64_MAX;
    }
}

bool cursor_decode(struct cursor *c, const struct generation *g, struct scan *s) {
    struct trace_record *d = c->ahead, *full = c->ahead + c->room;
    uint16_t *bar = c->bars;
    c->needs = order_plain[TRACE_EV_HEAP_OBJECT_ALLOC];
    c->steady = true;
    c->one = false;
    while (d == c->ahead) {
        while (c->p == c->end) {
            if (!enter_batch(c, g, s->src)) {
                return false;
            }
        }
        c->from = c->p;
        int64_t last = c->last;
        d = decode_many(c, g, &bar);
        if (c->last > c->latest) { /* one of them is wrong: each is looked at */
            d = c->ahead;
            bar = c->bars;
            c->p = c->from;
            c->last = last;
        }
        for (; d < full && c->p < c->end && decode_one(c, g, s, d); d++) {
            *bar = (uint16_t)(d - c->ahead);
            bar += is_bar(c, d);
        }
    }
    hold_first(c, d, bar);
    return true;
}

/* Is there an event, not at its batch's very end, whose time takes one multiplication and one sum? */
static bool is_even(struct cursor *c, const struct generation *g, const struct source *src) {
    return (c->p != c->end || enter_batch(c, g, src)) && c->end - c->p >= WIRE_MAX_EVENT && g->whole_ns != 0 &&
           c->base > 0 && c->last >= 0;
}

bool cursor_decode_one(struct cursor *c, const struct generation *g, const struct source *src) {
    if (!is_even(c, g, src)) {
        return false;
    }
    uint8_t type = *c->p;
    const struct trace_spec *spec = &wire_specs[type];
    const uint8_t *p = c->p + 1;
    uint64_t dt, arg[TRACE_MAX_ARGS] = {0};
    if (type >= TRACE_EV_SPAN || !spec->timed || !wire_uint_short(&p, &dt)) {
        return false;
    }
    for (unsigned i = 0; i < spec->nargs; i++) {
        if (!wire_uint_short(&p, &arg[i])) {
            return false;
        }
    }
    uint64_t time = (uint64_t)(c->last != 0 ? c->last : c->base) + dt * g->whole_ns;
    if (c->latest < 0 || time > (uint64_t)c->latest) {
        return false;
    }
    cursor_hold_one(c, type, (int64_t)time, arg);
    c->p = p;
    return true;
}

/* Ids up to these stand in the tables. */
struct known {
    uint64_t strings, stacks;
};

static inline bool two_short(const uint8_t **p, uint64_t *arg) {
    return wire_uint_short(p, &arg[0]) && wire_uint_short(p, &arg[1]);
}

/* The numbers of one of the scheduler's commonest events, behind its dt: short as they mostly are. */
static inline bool short_args(uint8_t type, const uint8_t **p, uint64_t *arg, struct more *more,
                              const struct known *known) {
    switch (type) {
    case TRACE_EV_GO_START:
        return two_short(p, arg);
    case TRACE_EV_GO_UNBLOCK:
        return two_short(p, arg) && wire_uint_short(p, &more->arg[0]) && more->arg[0] <= known->stacks;
    case TRACE_EV_GO_CREATE:
        return two_short(p, arg) && wire_uint_short(p, &more->arg[0]) && arg[1] <= known->stacks &&
               more->arg[0] <= known->stacks;
    case TRACE_EV_GO_BLOCK:
    case TRACE_EV_GO_STOP:
        return two_short(p, arg) && arg[0] <= known->strings && arg[1] <= known->stacks;
    case TRACE_EV_GO_SYSCALL_BEGIN:
        return two_short(p, arg) && arg[1] <= known->stacks;
    case TRACE_EV_GO_DESTROY:
    case TRACE_EV_GO_SYSCALL_END:
        return true;
    default:
        return false;
    }
}

bool cursor_decode_scheduler(struct cursor *c, const struct generation *g, const struct source *src) {
    if (!is_even(c, g, src)) {
        return false;
    }
    const struct known known = {g->known_strings.whole, g->known_stacks.whole};
    const uint64_t unit = g->whole_ns;
    const uint8_t *p = c->p, *stop = c->end - WIRE_MAX_EVENT;
    struct trace_record *d = c->ahead, *full = d + c->room;
    struct more *more = c->more;
    uint64_t last = (uint64_t)(c->last != 0 ? c->last : c->base);
    for (; p <= stop && d < full; d++, more++) {
        uint8_t type = *p;
        const uint8_t *q = p + 1;
        uint64_t dt;
        if (!wire_uint_short(&q, &dt) || !short_args(type, &q, d->arg, more, &known)) {
            break;
        }
        last += dt * unit;
        d->time = (int64_t)last;
        put_head(d, usual_head(type));
        p = q;
    }
    if (d == c->ahead || c->latest < 0 || last > (uint64_t)c->latest) {
        return false;
    }
    c->from = c->p;
    c->p = p;
    c->last = (int64_t)last;
    c->steady = true;
    c->one = false;
    for (uint16_t i = 0; i < d - c->ahead; i++) {
        c->bars[i] = i;
    }
    hold_first(c, d, &c->bars[d - c->ahead]);
    return true;
}

struct place cursor_place(const struct cursor *c, const struct generation *g, const struct source *src) {
    const struct batch *b = &g->batches[c->batch];
    const uint8_t *p = c->from, *next = p;
    for (const struct trace_record *d = c->ahead; d < c->now && next != NULL; d++) {
        next = wire_behind(p, c->end);
        p = next != NULL ? next : p;
    }
    return (struct place){(uint64_t)(p - src->data), b->offset - b->header, g->number};
}
