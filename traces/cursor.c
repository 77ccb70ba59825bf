/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cursor.c - decode events.
 *
 * Three loops. Objects allocated and freed, which a trace with them mostly consists of, have one of their own with
 * nothing else in it. Other events are read number by number, without looking for the end while as many bytes are left
 * in the batch as the longest event takes. The last few of a batch are read with every byte checked.
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

/*
 * An object allocated or freed, as eight bytes show it: its type, one byte of dt, four or three bytes of object id, and
 * for an allocation one byte of type id. Of numbers only the bits that tell where they end are looked at.
 */
#define SHAPE_MASK   UINT64_C(0x8080808080ff)
#define SHAPE_FOUR   UINT64_C(0x008080800000)
#define SHAPE_TYPE_4 (UINT64_C(0x80) << 48) /* the top bits of what must be the type id */
#define SHAPE_THREE  UINT64_C(0x80800000)
#define SHAPE_TYPE_3 (UINT64_C(0x80) << 40)

static inline bool is_object(const uint8_t *p) {
    return p[0] == TRACE_EV_HEAP_OBJECT_ALLOC || p[0] == TRACE_EV_HEAP_OBJECT_FREE;
}

/* The number in four bytes: seven bits of each, in two steps that each take up half of the gaps. */
static inline uint64_t four_bytes(uint64_t w) {
    uint32_t x = (uint32_t)w & 0x7f7f7f7f;
    x -= x >> 1 & 0x7f807f80;
    return x - 3 * (x >> 2 & 0x0fffc000);
}

size_t cursor_room(uint64_t bytes) {
    uint64_t most = bytes / 2 + 1; /* no event is shorter than its type and dt */
    return (size_t)(most < CURSOR_AHEAD ? most : CURSOR_AHEAD) + CURSOR_GUARD;
}

void cursor_open(struct cursor *c, const struct source *src, const struct batch_thread *t, struct decoded *ahead,
                 struct decoded_rest *rest, size_t room) {
    *c = (struct cursor){.next = t->first, .m = t->m, .readable = src->data + src->size, .thread = UINT32_MAX};
    c->p = c->end = c->from = src->data;
    c->now = c->stop = c->ahead = ahead;
    c->rest = rest;
    c->room = (uint32_t)room - CURSOR_GUARD;
}

static bool enter_batch(struct cursor *c, const struct generation *g, const struct source *src) {
    if (c->next == NO_BATCH) {
        return false;
    }
    const struct batch *b = &g->batches[c->batch = c->next];
    c->p = src->data + b->offset;
    c->end = c->p + b->size;
    c->base = generation_ns(g, b->ts);
    c->latest = generation_latest(g, c->next);
    c->last = 0;
    c->next = b->next;
    return true;
}

/* The time of an event dt after the last one of its batch (last 0: the first one). */
static inline int64_t event_time(const struct generation *g, int64_t base, int64_t last, uint64_t dt) {
    return (int64_t)((uint64_t)(last != 0 ? last : base) + (uint64_t)generation_ns(g, dt));
}

/* How the end of every decoded event of one type looks, as one word. */
static inline uint64_t tail_of(uint32_t generation, uint8_t type) {
    const struct decoded d = {.generation = generation, .type = type};
    uint64_t tail;
    memcpy(&tail, &d.generation, sizeof tail);
    return tail;
}

/* Finish the event at d, whose numbers are there; `two` are its third and fourth. */
static inline void put(struct cursor *c, struct decoded *d, uint8_t type, unsigned nargs, int64_t time,
                       const uint64_t *two, uint32_t generation) {
    uint8_t plain = order_plain[type];
    d->generation = generation;
    d->type = type;
    d->flags = 0;
    d->none = 0;
    if (plain != 0 && nargs <= 2) {
        d->key = time;
        c->needs |= plain;
    } else {
        d->key = CURSOR_NOT_PLAIN;
        c->rest[d - c->ahead] = (struct decoded_rest){time, 0, {two[0], two[1]}};
    }
}

/*
 * Where decoding stands: between the start of a batch and its last few events, where WIRE_MAX_EVENT bytes may be read.
 */
struct progress {
    const uint8_t *p, *stop;
    struct decoded *d;
    const struct decoded *full;
    int64_t last;
};

/*
 * Objects allocated or freed, as long as nothing else comes. Kept apart, so that all of the loop's state stays in
 * registers.
 */
static void decode_objects(struct progress *at, uint64_t unit, uint32_t generation) {
    const uint64_t alloc = tail_of(generation, TRACE_EV_HEAP_OBJECT_ALLOC);
    const uint64_t freed = tail_of(generation, TRACE_EV_HEAP_OBJECT_FREE);
    const uint8_t *p = at->p, *stop = at->stop;
    struct decoded *d = at->d;
    const struct decoded *full = at->full;
    uint64_t last = (uint64_t)at->last;
    while (p <= stop && d < full) {
        uint64_t w = load8(p), shape = w & SHAPE_MASK, id;
        if (shape == (SHAPE_FOUR | TRACE_EV_HEAP_OBJECT_FREE)) {
            id = four_bytes(w >> 16);
            memcpy(&d->generation, &freed, sizeof freed);
            p += 6;
        } else if (shape == (SHAPE_FOUR | TRACE_EV_HEAP_OBJECT_ALLOC) && (w & SHAPE_TYPE_4) == 0) {
            id = four_bytes(w >> 16);
            d->arg[1] = w >> 48 & 0x7f;
            memcpy(&d->generation, &alloc, sizeof alloc);
            p += 7;
        } else if ((shape & 0xffffffffff) == (SHAPE_THREE | TRACE_EV_HEAP_OBJECT_FREE)) {
            id = four_bytes(w >> 16 & 0xffffff);
            memcpy(&d->generation, &freed, sizeof freed);
            p += 5;
        } else if ((shape & 0xffffffffff) == (SHAPE_THREE | TRACE_EV_HEAP_OBJECT_ALLOC) && (w & SHAPE_TYPE_3) == 0) {
            id = four_bytes(w >> 16 & 0xffffff);
            d->arg[1] = w >> 40 & 0x7f;
            memcpy(&d->generation, &alloc, sizeof alloc);
            p += 6;
        } else {
            break;
        }
        last += (w >> 8 & 0x7f) * unit;
        d->key = (int64_t)last;
        d->arg[0] = id;
        d++;
    }
    at->p = p;
    at->d = d;
    at->last = (int64_t)last;
}

/* Events of any type: the one at hand, and more until an object comes. False where one can't be understood. */
static bool decode_others(struct cursor *c, const struct generation *g, struct progress *at, uint32_t generation) {
    const uint8_t *p = at->p, *stop = at->stop;
    struct decoded *d = at->d;
    const struct decoded *full = at->full;
    struct decoded_rest *rest = c->rest + (d - c->ahead);
    uint64_t unit = g->whole_ns;
    int64_t last = at->last, base = c->base;
    uint8_t needs = c->needs;
    uint64_t leap = 0;
    const uint64_t tail = tail_of(generation, 0), step = tail_of(generation, 1) - tail;
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
            after = wire_uint_fast(after, &rest->arg[0], &wrong);
        }
        if (n > 3) {
            after = wire_uint_fast(after, &rest->arg[1], &wrong);
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
        bool easy = plain != 0 && n <= 2;
        d->key = easy ? last : CURSOR_NOT_PLAIN;
        rest->time = last;
        needs |= easy ? plain : 0;
        uint64_t end = tail + type * step;
        memcpy(&d->generation, &end, sizeof end);
        p = after;
        d++;
        rest++;
    } while (p <= stop && d < full && !is_object(p));
    c->needs = needs;
    c->steady &= leap >> 53 == 0;
    *at = (struct progress){p, stop, d, full, last};
    return understood;
}

/* As many events as fit and can be decoded without looking for the batch's end. */
static struct decoded *decode_many(struct cursor *c, const struct generation *g, struct decoded *d,
                                   const struct decoded *full, uint32_t generation) {
    if (c->end - c->p < WIRE_MAX_EVENT) {
        return d;
    }
    struct progress at = {c->p, c->end - WIRE_MAX_EVENT, d, full, c->last};
    bool objects = g->whole_ns != 0 && c->base > 0, understood = true;
    while (understood && at.p <= at.stop && at.d < full) {
        if (objects && is_object(at.p)) {
            at.last = at.last != 0 ? at.last : c->base;
            decode_objects(&at, g->whole_ns, generation);
        }
        understood = at.p > at.stop || at.d == full || decode_others(c, g, &at, generation);
    }
    /* 256 times 2^53 can't go round twice. */
    c->steady &= at.last >= c->last && at.last >= c->base;
    c->last = at.last;
    c->p = at.p;
    return at.d;
}

/* The place where c reads next. */
static struct place cursor_here(const struct cursor *c, const struct generation *g, const struct source *src) {
    const struct batch *b = &g->batches[c->batch];
    return (struct place){(uint64_t)(c->p - src->data), b->offset - b->header, g->number};
}

static void lose_rest(struct cursor *c, const struct generation *g, struct scan *s, const char *what) {
    bool cut = c->end == c->readable && g->damaged;
    struct place at = cursor_here(c, g, s->src);
    const uint8_t *resume = cut ? c->end : salvage(c->p, c->end);
    scan_lost_at(s, cut ? TRACE_E_TRUNCATED : TRACE_E_EVENT, at, (uint64_t)(resume - c->p),
                 cut ? "the file ends in the middle of an event" : what);
    c->p = resume;
}

/* One event, every byte checked. False where it can't be understood: c stands where salvage resumes. */
static bool decode_one(struct cursor *c, const struct generation *g, struct scan *s, struct decoded *d,
                       uint32_t generation) {
    const uint8_t *p = c->p;
    uint8_t type = *p++;
    const struct trace_spec *spec = &wire_specs[type];
    if (!spec->timed) {
        lose_rest(c, g, s, "an event of an unknown type");
        return false;
    }
    uint64_t dt, two[2] = {0};
    bool whole = wire_uint(&p, c->end, &dt);
    for (unsigned i = 0; i < spec->nargs && whole; i++) {
        whole = wire_uint(&p, c->end, i < 2 ? &d->arg[i] : &two[i - 2]);
    }
    if (!whole) {
        lose_rest(c, g, s, "an event that runs over its batch");
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
    put(c, d, type, spec->nargs, c->last, two, generation);
    c->p = p;
    return true;
}

bool cursor_decode(struct cursor *c, const struct generation *g, struct scan *s, uint32_t generation) {
    struct decoded *d = c->ahead, *full = c->ahead + c->room;
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
        d = decode_many(c, g, d, full, generation);
        if (c->last > c->latest) { /* one of them is wrong: each is looked at */
            d = c->ahead;
            c->p = c->from;
            c->last = last;
        }
        while (d < full && c->p < c->end && decode_one(c, g, s, d, generation)) {
            d++;
        }
    }
    c->now = c->ahead;
    c->stop = d;
    for (int i = 0; i < CURSOR_GUARD; i++) {
        d[i].key = CURSOR_NOT_PLAIN;
    }
    return true;
}

bool cursor_decode_one(struct cursor *c, const struct generation *g, const struct source *src, uint32_t generation) {
    if (c->p == c->end && !enter_batch(c, g, src)) {
        return false;
    }
    if (c->end - c->p < WIRE_MAX_EVENT || g->whole_ns == 0 || c->base <= 0 || c->last < 0) {
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
    cursor_hold_one(c, type, (int64_t)time, arg, generation);
    c->p = p;
    return true;
}

struct place cursor_place(const struct cursor *c, const struct generation *g, const struct source *src) {
    const struct batch *b = &g->batches[c->batch];
    const uint8_t *p = c->from;
    for (const struct decoded *d = c->ahead; d < c->now; d++) {
        uint64_t skipped;
        for (unsigned n = wire_specs[*p++].nargs + 1u; n > 0 && wire_uint(&p, c->end, &skipped); n--) {
        }
    }
    return (struct place){(uint64_t)(p - src->data), b->offset - b->header, g->number};
}
