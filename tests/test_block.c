/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_block.c - the loops that write many events at once, with wide registers and without, against the rule of turns
 * itself; and events of all lengths between objects, which are decoded many at a time, against what was put in.
 */
#include "tests/fixtures.h"
#include "tests/made.h"
#include "traces/block.h"

enum { ROUNDS = 3000, MOST = 200, START = 1000 };

/* Events of one thread: times that are often equal, and now and then far apart. */
static void fill(struct decoded *d, size_t n, unsigned whose, uint64_t *seed) {
    int64_t time = START + random_next(seed) % 8;
    for (size_t i = 0; i < n; i++) {
        time += random_next(seed) % 16 == 0 ? random_next(seed) % 50 : random_next(seed) % 3;
        d[i] = (struct decoded){7, TRACE_EV_SPAN_ALLOC, 0, (uint16_t)(whose * 1000 + i), time, {whose, i}};
    }
    for (size_t i = 0; i < CURSOR_GUARD; i++) {
        d[n + i] = (struct decoded){.time = INT64_MAX};
    }
}

/* The i-th event of a thread, as written. */
static void assert_written(const struct trace_event *ev, const struct decoded *d, unsigned whose) {
    assert_int_equal(ev->generation, 7);
    assert_int_equal(ev->type, TRACE_EV_SPAN_ALLOC);
    assert_int_equal(ev->flags, 0);
    assert_int_equal(ev->time, d->time - START);
    assert_int_equal(ev->arg[0], whose);
    assert_int_equal(ev->arg[1], d->arg[1]);
    assert_int_equal(ev->arg[2], d->third);
    assert_int_equal(ev->m, 10 + whose);
    assert_int_equal(ev->p, 20 + whose);
    assert_int_equal(ev->g, 30 + whose);
}

static struct side side_of(const struct decoded *d, size_t n, int whose) {
    return (struct side){d, d + n, {0, 10 + whose, 20 + whose, 30 + whose}};
}

static void one_thread(void **state) {
    (void)state;
    static struct decoded d[MOST + CURSOR_GUARD];
    static struct trace_event ev[MOST];
    uint64_t seed = 1;
    for (int round = 0; round < ROUNDS; round++) {
        const struct writer *w = writer_for(round % 2 == 0);
        size_t n = random_next(&seed) % MOST, max = random_next(&seed) % (MOST + 1), want = 0;
        fill(d, n, 0, &seed);
        int64_t limit = START + random_next(&seed) % 400;
        while (want < n && want < max && d[want].time <= limit) {
            want++;
        }
        struct side s = side_of(d, n, 0);
        assert_int_equal(w->run(&s, limit, START, ev, max), want);
        assert_ptr_equal(s.next, d + want);
        for (size_t i = 0; i < want; i++) {
            assert_written(&ev[i], &d[i], 0);
        }
    }
}

/* The one whose turn it is goes on as long as its next event is no later than the other's. */
static void two_threads(void **state) {
    (void)state;
    static struct decoded d[2][MOST + CURSOR_GUARD];
    static struct trace_event ev[2 * MOST];
    uint64_t seed = 2;
    size_t written = 0;
    for (int round = 0; round < ROUNDS; round++) {
        const struct writer *w = writer_for(round % 2 == 0);
        struct side s[2];
        for (unsigned i = 0; i < 2; i++) {
            size_t n = 1 + random_next(&seed) % (MOST - 1);
            fill(d[i], n, i, &seed);
            s[i] = side_of(d[i], n, (int)i);
        }
        bool second = random_next(&seed) % 2 != 0, after = second;
        int64_t others = random_next(&seed) % 2 != 0 ? INT64_MAX : START + random_next(&seed) % 300;
        size_t max = random_next(&seed) % (2 * MOST), at[2] = {0, 0};
        size_t n = w->block(s, others, START, &after, ev, max);
        assert_true(n <= max);
        for (size_t i = 0; i < n; i++) {
            second = d[!second][at[!second]].time < d[second][at[second]].time ? !second : second;
            const struct decoded *e = &d[second][at[second]++];
            assert_true(e->time < others && e < s[second].stop);
            assert_written(&ev[i], e, second);
        }
        assert_int_equal(after, second);
        assert_ptr_equal(s[0].next, d[0] + at[0]);
        assert_ptr_equal(s[1].next, d[1] + at[1]);
        written += n;
    }
    assert_true(written > ROUNDS * 20);
}

/* A number of any length, small ones most often. */
static uint64_t any_number(uint64_t *seed) {
    static const unsigned bits[] = {1, 7, 7, 7, 8, 14, 15, 16, 17, 21, 22, 28, 28, 29, 35, 42, 64};
    uint64_t v = (uint64_t)random_next(seed) << 32 | random_next(seed);
    return v >> (64 - bits[random_next(seed) % (sizeof bits / sizeof bits[0])]);
}

/* Objects, and what stands between them: all as they were put in. */
static void numbers_of_all_lengths(void **state) {
    (void)state;
    static const uint8_t types[] = {TRACE_EV_HEAP_OBJECT_ALLOC, TRACE_EV_HEAP_OBJECT_ALLOC, TRACE_EV_HEAP_OBJECT_FREE,
                                    TRACE_EV_HEAP_OBJECT_FREE,  TRACE_EV_HEAP_OBJECT,       TRACE_EV_SPAN,
                                    TRACE_EV_SPAN_ALLOC,        TRACE_EV_SPAN_FREE,         TRACE_EV_HEAP_ALLOC,
                                    TRACE_EV_HEAP_GOAL,         TRACE_EV_GC_SWEEP_BEGIN,    TRACE_EV_GC_SWEEP_END};
    enum { EVENTS = 60000, AT_ONCE = 256 };
    static struct one {
        uint64_t dt, arg[3];
        uint8_t type;
    } put_in[EVENTS];
    struct bytes b, body;
    uint64_t seed = 3, ts = 1;
    bool sweeping = false;
    begin(&b, &body);
    for (size_t i = 0; i < EVENTS; i++) {
        struct one *o = &put_in[i];
        o->type = i > 0 && random_next(&seed) % 2 != 0 ? put_in[i - 1].type : types[random_next(&seed) % sizeof types];
        if (o->type == TRACE_EV_GC_SWEEP_BEGIN || o->type == TRACE_EV_GC_SWEEP_END) {
            o->type = sweeping ? TRACE_EV_GC_SWEEP_END : TRACE_EV_GC_SWEEP_BEGIN;
            sweeping = !sweeping;
        }
        o->dt = random_next(&seed) % 8 != 0 ? random_next(&seed) % 4 : random_next(&seed) % 300;
        byte(&body, o->type);
        number(&body, o->dt);
        for (unsigned a = 0; a < trace_event_spec(o->type)->nargs; a++) {
            o->arg[a] = o->type == TRACE_EV_GC_SWEEP_BEGIN ? 0 : any_number(&seed);
            number(&body, o->arg[a]);
        }
        if (body.size > 50000 || i + 1 == EVENTS) {
            batch(&b, 1, 1, ts, &body);
            ts += 20000000;
        }
    }
    struct trace_error err;
    trace *t = trace_open_memory(b.data, b.size, &err);
    assert_non_null(t);
    static struct trace_event ev[AT_ONCE];
    size_t seen = 0;
    for (size_t n; (n = trace_read(t, ev, AT_ONCE)) > 0;) {
        for (size_t i = 0; i < n; i++) {
            if (ev[i].type == TRACE_EV_PROC_STATUS || ev[i].type == TRACE_EV_GO_STATUS) {
                continue;
            }
            const struct one *o = &put_in[seen++];
            assert_int_equal(ev[i].type, o->type);
            assert_int_equal(ev[i].flags, 0);
            assert_int_equal(ev[i].p, 0);
            for (unsigned a = 0; a < trace_event_spec(o->type)->nargs; a++) {
                assert_int_equal(ev[i].arg[a], o->arg[a]);
            }
        }
    }
    assert_int_equal(seen, EVENTS);
    trace_close(&t);
    free(b.data);
    free(body.data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_thread),
        cmocka_unit_test(two_threads),
        cmocka_unit_test(numbers_of_all_lengths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
