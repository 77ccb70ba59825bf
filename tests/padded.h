/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * padded.h - the same trace in two forms, of which the second is read event by event, each by its rule.
 *
 * The straight way (traces/usual.c) takes only short numbers. A number may be padded with zero groups and means the
 * same then: so a trace whose every dt takes six bytes isn't read so. And the ways that write many events at once
 * (traces/block.c) need room for them, which a caller who reads one at a time doesn't give. Both forms must give the
 * same events, marks and losses, as recorded and with events changed and left out at random.
 */
#ifndef HEAPREEL_TESTS_PADDED_H
#define HEAPREEL_TESTS_PADDED_H

#include "tests/made.h"

enum { MOST_BODY = 50000, ODDS = 2000, ODDS_OF_STATUS = 8, READ = 100 };
enum { LEAP = 1 << 27 };               /* a delta that is later than all recordings, however long their batches are */
#define BACK ((UINT64_C(1) << 58) - 5) /* a delta of so many times 64 ns that time would go round */

struct scanner {
    const uint8_t *p, *end;
};

static inline uint64_t next(struct scanner *s) {
    uint64_t v = 0;
    for (unsigned shift = 0; s->p < s->end; shift += 7) {
        v |= (uint64_t)(*s->p & 0x7f) << shift;
        if (*s->p++ < 0x80) {
            break;
        }
    }
    return v;
}

static inline void padded(struct bytes *b, uint64_t v, bool pad) {
    if (!pad) {
        number(b, v);
        return;
    }
    for (int i = 0; i < 5; i++, v >>= 7) {
        byte(b, (unsigned)(v & 0x7f) | 0x80);
    }
    number(b, v);
}

/* What a round does to events: the same numbers from the same seed, so that both forms are changed alike. */
struct round {
    uint64_t seed;
    bool change, pad;
    bool timely; /* deltas stay as they are: what is decoded ahead shows such damage earlier, and patience ends with it
                  */
};

struct one {
    uint64_t dt, arg[TRACE_MAX_ARGS];
    unsigned n;
    uint8_t type;
};

/* Types with as many numbers, which leave a goroutine or P in another state. */
static const uint8_t changed_type[256] = {
    [TRACE_EV_GO_BLOCK] = TRACE_EV_GO_STOP,          [TRACE_EV_GO_STOP] = TRACE_EV_GO_SYSCALL_BEGIN,
    [TRACE_EV_GO_SYSCALL_BEGIN] = TRACE_EV_GO_BLOCK, [TRACE_EV_GO_SYSCALL_END] = TRACE_EV_GO_DESTROY,
    [TRACE_EV_GO_DESTROY] = TRACE_EV_GO_SYSCALL_END, [TRACE_EV_GO_UNBLOCK] = TRACE_EV_GO_CREATE,
};

static inline bool is_status(uint8_t type) {
    return type == TRACE_EV_GO_STATUS || type == TRACE_EV_GO_STATUS_STACK || type == TRACE_EV_PROC_STATUS;
}

/* How often the event is there after a change: left out, changed or not, or twice. */
static inline int change(struct one *e, struct round *r) {
    uint32_t odds = is_status(e->type) ? ODDS_OF_STATUS : ODDS >> r->seed % 5;
    uint32_t luck = random_next(&r->seed) % odds, which = random_next(&r->seed);
    uint64_t unused = 0, *number = e->n > 0 ? &e->arg[which % e->n] : &unused;
    switch (luck) {
    case 0:
        return 0;
    case 1:
        *number ^= 1;
        return 1;
    case 2:
        *number ^= 1u << (which >> 8) % 20;
        return 1;
    case 3:
        e->dt += r->timely ? 0 : LEAP;
        return 1;
    case 4:
        e->type = changed_type[e->type] != 0 ? changed_type[e->type] : e->type;
        return 1;
    case 5:
        e->dt += r->timely ? 0 : BACK;
        return 1;
    case 6:
        return 2;
    default:
        return 1;
    }
}

/* One batch of events anew, in several where it would get too long when padded. */
static inline void events(struct bytes *out, struct scanner body, uint64_t gen, uint64_t m, uint64_t ts,
                          struct round *r) {
    struct bytes now = {0};
    uint64_t at = ts, carried = 0;
    size_t longest = 0; /* what the body takes at most in either form */
    while (body.p < body.end) {
        struct one e = {.type = *body.p++};
        e.dt = carried + next(&body);
        e.n = trace_event_spec(e.type)->nargs;
        for (unsigned i = 0; i < e.n; i++) {
            e.arg[i] = next(&body);
        }
        int times = r->change ? change(&e, r) : 1;
        carried = times > 0 ? 0 : e.dt;
        for (; times > 0; times--, e.dt = 0) {
            if (longest > MOST_BODY) {
                batch(out, gen, m, ts, &now);
                ts = at;
                longest = 0;
            }
            at += e.dt;
            byte(&now, e.type);
            padded(&now, e.dt, r->pad);
            for (unsigned i = 0; i < e.n; i++) {
                number(&now, e.arg[i]);
            }
            longest += 60;
        }
    }
    batch(out, gen, m, ts, &now);
    free(now.data);
}

/* A whole trace anew: batches of events as said, all else as it is. */
static inline struct bytes rewrite(const uint8_t *data, size_t size, struct round r) {
    struct bytes out = {0};
    struct scanner s = {data + 16, data + size};
    put(&out, data, 16);
    while (s.p < s.end) {
        const uint8_t *from = s.p;
        uint8_t type = *s.p++;
        if (type == TRACE_EV_END_OF_GENERATION) {
            byte(&out, type);
            continue;
        }
        if (type == TRACE_EV_EXPERIMENTAL_BATCH) {
            s.p++;
        }
        uint64_t gen = next(&s), m = next(&s), ts = next(&s), length = next(&s);
        struct scanner body = {s.p, s.p + length};
        bool timed = type == TRACE_EV_EVENT_BATCH && length > 0 && trace_event_spec(*body.p)->timed;
        if (timed) {
            events(&out, body, gen, m, ts, &r);
        } else {
            put(&out, from, (size_t)(body.end - from));
        }
        s.p = body.end;
    }
    return out;
}

static inline void same_event(const struct trace_event *a, const struct trace_event *b) {
    assert_int_equal(a->type, b->type);
    assert_int_equal(a->time, b->time);
    assert_int_equal(a->m, b->m);
    assert_int_equal(a->p, b->p);
    assert_int_equal(a->g, b->g);
    assert_int_equal(a->flags, b->flags);
    assert_int_equal(a->generation, b->generation);
    for (unsigned i = 0; i < trace_event_spec(a->type)->nargs; i++) {
        assert_int_equal(a->arg[i], b->arg[i]);
    }
}

/* Both to the end; returns how many losses there were. */
static inline uint64_t same_trace(const struct bytes *x, const struct bytes *y) {
    struct trace_error err;
    struct trace_event a[READ], b[READ];
    trace *s = trace_open_memory(x->data, x->size, &err), *t = trace_open_memory(y->data, y->size, &err);
    assert_non_null(s);
    assert_non_null(t);
    size_t n;
    uint64_t position = 0;
    do {
        n = trace_read(s, a, READ);
        assert_true(trace_position(s) >= position && trace_position(s) <= x->size);
        position = trace_position(s);
        for (size_t have = 0, k; have < n; have += k) {
            k = trace_read(t, b, 1); /* one at a time: no way that takes many at once */
            assert_true(k > 0);
            for (size_t i = 0; i < k; i++) {
                same_event(&a[have + i], &b[i]);
            }
        }
    } while (n > 0);
    assert_int_equal(trace_read(t, b, READ), 0);
    assert_int_equal(position, x->size);
    const struct trace_loss *p = trace_loss(s), *q = trace_loss(t);
    assert_int_equal(p->code, q->code);
    assert_int_equal(p->count, q->count);
    assert_int_equal(p->by_time, q->by_time);
    assert_memory_equal(p->of_code, q->of_code, sizeof p->of_code);
    assert_string_equal(p->first.text, q->first.text);
    assert_int_equal(p->first.generation, q->first.generation);
    uint64_t losses = p->count;
    trace_close(&s);
    trace_close(&t);
    return losses;
}

static inline uint64_t both_forms(const uint8_t *data, size_t size, uint64_t seed, bool change, bool timely) {
    struct bytes x = rewrite(data, size, (struct round){seed, change, false, timely});
    struct bytes y = rewrite(data, size, (struct round){seed, change, true, timely});
    uint64_t losses = same_trace(&x, &y);
    free(x.data);
    free(y.data);
    return losses;
}

static inline uint64_t both_ways(const uint8_t *data, size_t size, uint64_t seed, bool change) {
    return both_forms(data, size, seed, change, false);
}

#endif
