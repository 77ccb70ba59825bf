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
static void fill(struct trace_record *d, size_t n, unsigned whose, uint64_t *seed) {
    int64_t time = START + random_next(seed) % 8;
    for (size_t i = 0; i < n; i++) {
        time += random_next(seed) % 16 == 0 ? random_next(seed) % 50 : random_next(seed) % 3;
        d[i] = (struct trace_record){0, TRACE_EV_SPAN_ALLOC, 0, (uint16_t)(whose * 1000 + i), time, {whose, i}};
    }
    for (size_t i = 0; i < CURSOR_GUARD; i++) {
        d[n + i] = (struct trace_record){.time = INT64_MAX};
    }
}

/* What is written to: records, or whole events. */
union written {
    struct trace_record record;
    struct trace_event whole;
};

/* The i-th event, which is d of a thread, as written. */
static void assert_written(const void *to, size_t i, bool whole, const struct trace_record *d, unsigned whose) {
    struct trace_event x;
    if (whole) {
        x = ((const struct trace_event *)to)[i];
        assert_int_equal(x.m, 10 + whose);
        assert_int_equal(x.p, 20 + whose);
        assert_int_equal(x.g, 30 + whose);
    } else {
        const struct trace_record *r = &((const struct trace_record *)to)[i];
        x = (struct trace_event){r->context, r->type, r->flags, r->time, {r->arg[0], r->arg[1], r->third}, 0, 0, 0};
    }
    assert_int_equal(x.generation, 60 + whose);
    assert_int_equal(x.type, TRACE_EV_SPAN_ALLOC);
    assert_int_equal(x.flags, 0);
    assert_int_equal(x.time, d->time - START);
    assert_int_equal(x.arg[0], whose);
    assert_int_equal(x.arg[1], d->arg[1]);
    assert_int_equal(x.arg[2], d->third);
}

static struct side side_of(const struct trace_record *d, size_t n, unsigned whose) {
    return (struct side){d, d + n, {common_more(60 + whose, START), {0, 10 + whose, 20 + whose, 30 + whose}}};
}

static void one_thread(void **state) {
    (void)state;
    static struct trace_record d[MOST + CURSOR_GUARD];
    static union written to[MOST];
    uint64_t seed = 1;
    for (int round = 0; round < ROUNDS; round++) {
        bool whole = round % 4 < 2;
        const struct writer *w = writer_for(round % 2 == 0, whole);
        size_t n = random_next(&seed) % MOST, max = random_next(&seed) % (MOST + 1), want = 0;
        fill(d, n, 0, &seed);
        int64_t limit = START + random_next(&seed) % 400;
        while (want < n && want < max && d[want].time <= limit) {
            want++;
        }
        struct side s = side_of(d, n, 0);
        assert_int_equal(w->run(&s, limit, to, max), want);
        assert_ptr_equal(s.next, d + want);
        for (size_t i = 0; i < want; i++) {
            assert_written(to, i, whole, &d[i], 0);
        }
    }
}

/* The one whose turn it is goes on as long as its next event is no later than the other's. */
static void two_threads(void **state) {
    (void)state;
    static struct trace_record d[2][MOST + CURSOR_GUARD];
    static union written to[2 * MOST];
    uint64_t seed = 2;
    size_t written = 0;
    for (int round = 0; round < ROUNDS; round++) {
        bool whole = round % 4 < 2;
        const struct writer *w = writer_for(round % 2 == 0, whole);
        struct side s[2];
        for (unsigned i = 0; i < 2; i++) {
            size_t n = 1 + random_next(&seed) % (MOST - 1);
            fill(d[i], n, i, &seed);
            s[i] = side_of(d[i], n, i);
        }
        bool second = random_next(&seed) % 2 != 0, after = second;
        int64_t others = random_next(&seed) % 2 != 0 ? INT64_MAX : START + random_next(&seed) % 300;
        size_t max = random_next(&seed) % (2 * MOST), at[2] = {0, 0};
        size_t n = w->block(s, others, &after, to, max);
        assert_true(n <= max);
        for (size_t i = 0; i < n; i++) {
            second = d[!second][at[!second]].time < d[second][at[second]].time ? !second : second;
            const struct trace_record *e = &d[second][at[second]++];
            assert_true(e->time < others && e < s[second].stop);
            assert_written(to, i, whole, e, second);
        }
        assert_int_equal(after, second);
        assert_ptr_equal(s[0].next, d[0] + at[0]);
        assert_ptr_equal(s[1].next, d[1] + at[1]);
        written += n;
    }
    assert_true(written > ROUNDS * 20);
}

/*
 * The first of the heap goes on, and sinks in it, until the next event isn't written: `model` is that heap, and `at`
 * how far each has come.
 */
static size_t assert_crowd(const struct crowd *k, struct sort_key *model, struct trace_record (*d)[MOST + CURSOR_GUARD],
                           size_t *at, const void *to, size_t n, bool whole) {
    for (size_t i = 0; i < n; i++) {
        uint32_t who = model[0].index;
        const struct trace_record *e = &d[who][at[who]++];
        assert_true(e < k->side[who].stop && (uint64_t)e->time - START <= k->limit / CROWD_MOST);
        assert_written(to, i, whole, e, who);
        model[0].time = e[1].time;
        heap_settle(model, k->n, 0);
    }
    return model[0].index;
}

static void many_threads(void **state) {
    (void)state;
    enum { MANY = 20 };
    static struct trace_record d[MANY][MOST + CURSOR_GUARD];
    static union written to[2 * MOST];
    static struct crowd k;
    uint64_t seed = 3;
    size_t written = 0;
    for (int round = 0; round < ROUNDS; round++) {
        bool whole = round % 4 < 2;
        const struct writer *w = writer_for(round % 2 == 0, whole);
        struct sort_key model[MANY];
        size_t at[MANY] = {0}, n = 0, max = random_next(&seed) % (2 * MOST);
        k.n = 3 + random_next(&seed) % (MANY - 2);
        k.origin = START;
        k.limit = random_next(&seed) % 2 != 0 ? UINT64_MAX : (random_next(&seed) % 200 + 1) * CROWD_MOST - 1;
        for (uint32_t i = 0; i < k.n; i++) {
            size_t events = 2 + random_next(&seed) % (MOST - 2);
            fill(d[i], events, i, &seed);
            k.side[i] = side_of(d[i], events - random_next(&seed) % 2, i);
            k.then[i] = crowd_key(k.origin, d[i][1].time, i);
            heap_push(model, &n, (struct sort_key){d[i][0].time, i});
        }
        for (size_t i = 0; i < n; i++) {
            k.heap[i] = crowd_key(k.origin, model[i].time, model[i].index);
        }
        k.heap[n] = UINT64_MAX;
        n = w->crowd(&k, to, max);
        assert_true(n <= max);
        size_t last = assert_crowd(&k, model, d, at, to, n, whole);
        for (size_t i = 0; i < k.n; i++) {
            assert_ptr_equal(k.side[i].next, d[i] + at[i]);
        }
        bool stopped = n < max && k.limit == UINT64_MAX;
        bool spent = k.side[k.heap[0] % CROWD_MOST].next->time == INT64_MAX;
        assert_true(spent || k.heap[0] % CROWD_MOST == last);
        assert_true(!stopped || spent || k.side[last].next == k.side[last].stop);
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

/* Objects and heap sizes of a thread, one after the other; what is swept shows whether two have the same P. */
static void put_plain(struct bytes *body, int n, bool sweeps) {
    for (int i = 0; i < n; i++) {
        event(body, TRACE_EV_HEAP_OBJECT_FREE, 1, (uint64_t)i + 100, 0, 0);
        if (sweeps) {
            event(body, TRACE_EV_GC_SWEEP_BEGIN, 1, 0, 0, 0);
            event(body, TRACE_EV_GC_SWEEP_END, 2, 1, 1, 0);
        }
        event(body, TRACE_EV_HEAP_ALLOC, 1, (uint64_t)i + 4096, 0, 0);
    }
}

/* Two threads by turns, and what the second one does in the middle. */
enum surprise { EARLIER_BATCH, STOLEN_P, SHARED_P, SURPRISES };

static struct bytes surprising(enum surprise what, unsigned shift) {
    struct bytes b, body, other = {0};
    begin(&b, &body);
    if (what == STOLEN_P) {
        event(&body, TRACE_EV_GO_SYSCALL_BEGIN, 2, 1, 0, 0);
    }
    put_plain(&body, 40, what == SHARED_P);
    batch(&b, 1, 1, 1000, &body);
    event(&other, TRACE_EV_PROC_STATUS, 2, 1, TRACE_PROC_RUNNING, 0);
    event(&other, TRACE_EV_GO_STATUS, 3, 2, 2, TRACE_GO_RUNNING);
    put_plain(&other, 10, what == SHARED_P);
    for (unsigned i = 0; i < shift; i++) {
        event(&other, TRACE_EV_HEAP_OBJECT_FREE, 1, i, 0, 0);
    }
    if (what == STOLEN_P) {
        event(&other, TRACE_EV_PROC_STEAL, 3, 0, 2, 1);
    } else if (what == SHARED_P) {
        event(&other, TRACE_EV_PROC_STATUS, 2, 0, TRACE_PROC_RUNNING, 0);
    }
    put_plain(&other, 10, what == SHARED_P);
    batch(&b, 1, 2, 1020, &other);
    if (what == EARLIER_BATCH) {
        put_plain(&other, 10, what == SHARED_P);
        batch(&b, 1, 2, 2, &other);
    }
    free(body.data);
    free(other.data);
    return b;
}

/* All events of a trace, so many at a time. */
static size_t read_by(const struct bytes *b, size_t at_once, struct trace_event *ev, size_t most) {
    struct trace_error err;
    trace *t = trace_open_memory(b->data, b->size, &err);
    assert_non_null(t);
    size_t all = 0;
    for (size_t n; all + at_once <= most && (n = trace_read(t, &ev[all], at_once)) > 0;) {
        all += n;
    }
    trace_close(&t);
    return all;
}

/* Reading one at a time leaves no room for merging many at once: both must give the same. */
static void turns_end_where_something_else_happens(void **state) {
    (void)state;
    enum { EVENTS = 1000 };
    static struct trace_event one[EVENTS], many[EVENTS];
    for (unsigned form = 0; form < SURPRISES * 4; form++) { /* wherever in a turn it comes */
        struct bytes b = surprising(form / 4, form % 4);
        size_t n = read_by(&b, 1, one, EVENTS);
        assert_int_equal(read_by(&b, 256, many, EVENTS), n);
        assert_true(n >= 124);
        for (size_t i = 0; i < n; i++) {
            assert_int_equal(many[i].type, one[i].type);
            assert_int_equal(many[i].flags, one[i].flags);
            assert_int_equal(many[i].time, one[i].time);
            assert_int_equal(many[i].m, one[i].m);
            assert_int_equal(many[i].p, one[i].p);
            assert_int_equal(many[i].g, one[i].g);
            assert_int_equal(many[i].arg[0], one[i].arg[0]);
            assert_true(i == 0 || one[i].time >= one[i - 1].time);
        }
        free(b.data);
    }
}

/* What lies behind a batch is none of it, however much it looks like more of the same. */
static void batches_keep_their_end(void **state) {
    (void)state;
    enum { MOST_INSIDE = 300, INSIDE = 1 << 21, OUTSIDE = 1 << 22, BEHIND = 200 };
    static struct trace_event ev[MOST_INSIDE + 2 * BEHIND];
    for (unsigned n = 1; n <= MOST_INSIDE; n++) {
        struct bytes b, body, next = {0};
        begin(&b, &body);
        for (unsigned i = 0; i < n; i++) {
            event(&body, i % 3 == 0 ? TRACE_EV_HEAP_ALLOC : TRACE_EV_HEAP_OBJECT_FREE, 1, INSIDE + i, 0, 0);
        }
        batch(&b, 1, 1, 1000, &body);
        for (unsigned i = 0; i < BEHIND; i++) {
            event(&b, TRACE_EV_HEAP_OBJECT_FREE, 1, OUTSIDE + i, 0, 0);
        }
        for (unsigned m = 2; m < 4; m++) {
            event(&next, TRACE_EV_HEAP_OBJECT_FREE, 1, INSIDE, 0, 0);
            batch(&b, 1, m, 2000, &next);
        }
        size_t all = read_by(&b, MOST_INSIDE, ev, sizeof ev / sizeof *ev), inside = 0;
        for (size_t i = 0; i < all; i++) {
            inside += ev[i].type == TRACE_EV_HEAP_OBJECT_FREE || ev[i].type == TRACE_EV_HEAP_ALLOC;
            assert_true(ev[i].arg[0] < OUTSIDE);
        }
        assert_int_equal(inside, n + 2);
        free(b.data);
        free(body.data);
        free(next.data);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_thread),
        cmocka_unit_test(two_threads),
        cmocka_unit_test(many_threads),
        cmocka_unit_test(numbers_of_all_lengths),
        cmocka_unit_test(turns_end_where_something_else_happens),
        cmocka_unit_test(batches_keep_their_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
