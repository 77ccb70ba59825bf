/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_usual.c - events give the same whichever way they are read.
 *
 * The straight way (traces/usual.c) takes only short numbers. A number may be padded with zero groups and means the
 * same then: so a recording whose every dt takes six bytes is read event by event, each by its rule. And the ways that
 * write many events at once (traces/block.c) need room for them, which a caller who reads one at a time doesn't give.
 * Both forms must give the same events, marks and losses, as recorded and with events changed and left out at random.
 */
#include "tests/fixtures.h"
#include "tests/made.h"

enum { ROUNDS = 12, MOST_BODY = 50000, ODDS = 400, READ = 100 };

struct scanner {
    const uint8_t *p, *end;
};

static uint64_t next(struct scanner *s) {
    uint64_t v = 0;
    for (unsigned shift = 0; s->p < s->end; shift += 7) {
        v |= (uint64_t)(*s->p & 0x7f) << shift;
        if (*s->p++ < 0x80) {
            break;
        }
    }
    return v;
}

static void padded(struct bytes *b, uint64_t v, bool pad) {
    if (!pad) {
        number(b, v);
        return;
    }
    for (int i = 0; i < 5; i++, v >>= 7) {
        byte(b, (unsigned)(v & 0x7f) | 0x80);
    }
    assert_true(v < 0x80);
    byte(b, (unsigned)v);
}

/* What a round does to events: the same numbers from the same seed, so that both forms are changed alike. */
struct round {
    uint64_t seed;
    bool change, pad;
};

/* One batch of events anew, in several where it would get too long when padded. */
static void events(struct bytes *out, struct scanner body, uint64_t gen, uint64_t m, uint64_t ts, struct round *r) {
    struct bytes now = {0};
    uint64_t at = ts, carried = 0;
    size_t longest = 0; /* what the body takes at most in either form */
    while (body.p < body.end) {
        uint8_t type = *body.p++;
        uint64_t dt = carried + next(&body), arg[TRACE_MAX_ARGS] = {0};
        unsigned n = trace_event_spec(type)->nargs;
        for (unsigned i = 0; i < n; i++) {
            arg[i] = next(&body);
        }
        uint32_t luck = random_next(&r->seed) % ODDS, which = random_next(&r->seed);
        carried = 0;
        if (r->change && luck == 0) {
            carried = dt;
            continue;
        }
        if (r->change && luck <= 2 && n > 0) {
            arg[which % n] ^= 1;
        }
        if (longest > MOST_BODY) {
            batch(out, gen, m, ts, &now);
            ts = at;
            longest = 0;
        }
        at += dt;
        byte(&now, type);
        padded(&now, dt, r->pad);
        for (unsigned i = 0; i < n; i++) {
            number(&now, arg[i]);
        }
        longest += 60;
    }
    batch(out, gen, m, ts, &now);
    free(now.data);
}

/* A whole trace anew: batches of events as said, all else as it is. */
static struct bytes rewrite(const uint8_t *data, size_t size, struct round r) {
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

static void same_event(const struct trace_event *a, const struct trace_event *b) {
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
static uint64_t same_trace(const struct bytes *x, const struct bytes *y) {
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

static uint64_t both_ways(const uint8_t *data, size_t size, uint64_t seed, bool change) {
    struct bytes x = rewrite(data, size, (struct round){seed, change, false});
    struct bytes y = rewrite(data, size, (struct round){seed, change, true});
    uint64_t losses = same_trace(&x, &y);
    free(x.data);
    free(y.data);
    return losses;
}

static const char *const names[] = {"pingpong-1.22", "pingpong-1.26", "plain-1.22",    "annotate-1.26",
                                    "stacks-1.23",   "mixed-1.26",    "mapchurn-1.26", NULL};

static void as_recorded(void **state) {
    (void)state;
    for (int i = 0; names[i] != NULL; i++) {
        size_t size;
        uint8_t *data = fixture_bytes(names[i], &size);
        assert_int_equal(both_ways(data, size, 1, false), 0);
        free(data);
    }
}

static void changed(void **state) {
    (void)state;
    uint64_t losses = 0; /* rounds that had some */
    for (int i = 0; names[i] != NULL; i++) {
        size_t size;
        uint8_t *data = fixture_bytes(names[i], &size);
        for (uint64_t round = 0; round < ROUNDS; round++) {
            losses += both_ways(data, size, round, true) > 0;
        }
        free(data);
    }
    assert_true(losses > 3 * ROUNDS); /* there was something to tell apart */
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_recorded), cmocka_unit_test(changed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
