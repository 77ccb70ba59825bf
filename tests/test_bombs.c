/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_bombs.c - traces made to cost more than they weigh: what reading and recording them takes must grow with their
 * size and no faster.
 *
 * Counted are things that are the same on every machine: facts, threads tried out of turn, bytes allocated. Each bomb
 * is built at one size and at four times that size. Time is only bounded where a cost shows in nothing else, and so
 * generously that no busy machine fails.
 */
#include "core/core.h"
#include "tests/bench.h"
#include "tests/cmocka.h"
#include "tests/made.h"

#include <stdlib.h>

/* ---- the bombs: n parts each */

typedef void bomb(struct bytes *b, struct bytes *body, uint64_t n);

/* Every thread waits for a goroutine that never comes. */
static void threads_never_ready(struct bytes *b, struct bytes *body, uint64_t n) {
    body->size = 0;
    for (uint64_t i = 0; i < n; i++) {
        for (int k = 0; k < 4; k++) {
            event(body, TRACE_EV_GO_START, 2, i + 9, 7, 0);
        }
        batch(b, 1, i, i, body);
    }
}
/* Threads wait for a long time while one that is always late goes on. */
static void threads_wait_long(struct bytes *b, struct bytes *body, uint64_t n) {
    for (uint64_t i = 0; i < n; i++) {
        event(body, TRACE_EV_GO_CREATE, 3, i + 100, 0, 0);
    }
    flush(b, body, &(uint64_t){n + 10}, 0);
    for (uint64_t i = 0; i < n; i++) {
        event(body, TRACE_EV_GO_UNBLOCK, 3, 1, 50, 0);
        batch(b, 1, i + 2, 1, body);
    }
}
static void tiny_batches(struct bytes *b, struct bytes *body, uint64_t n) {
    for (uint64_t i = 0; i < n; i++) {
        event(body, TRACE_EV_PROC_STOP, 0, 0, 0, 0);
        batch(b, 1, i % 3 == 0 ? 1 : i, i, body);
    }
}
static void empty_batches(struct bytes *b, struct bytes *body, uint64_t n) {
    for (uint64_t i = 0; i < n; i++) {
        batch(b, 1, i, i, body);
    }
}
static void goroutines(struct bytes *b, struct bytes *body, uint64_t n) {
    uint64_t ts = 2;
    for (uint64_t i = 0; i < n; i++) {
        event(body, TRACE_EV_GO_CREATE, 3, i * i + 2, 0, 0);
        flush(b, body, &ts, BODY);
    }
    flush(b, body, &ts, 0);
}
static void regions_never_closed(struct bytes *b, struct bytes *body, uint64_t n) {
    uint64_t ts = 2;
    for (uint64_t i = 0; i < n; i++) {
        event(body, TRACE_EV_USER_REGION_BEGIN, 3, i, 0, 0);
        flush(b, body, &ts, BODY);
    }
    flush(b, body, &ts, 0);
}
static void spans_far_apart(struct bytes *b, struct bytes *body, uint64_t n) {
    uint64_t ts = 2;
    for (uint64_t i = 0; i < n; i++) {
        event(body, TRACE_EV_SPAN_ALLOC, 3, (i * UINT64_C(0x9e3779b97f4a7c15)) >> 14, 1, 5 << 2);
        flush(b, body, &ts, BODY);
    }
    flush(b, body, &ts, 0);
}
static void spans_of_any_size(struct bytes *b, struct bytes *body, uint64_t n) {
    uint64_t ts = 2;
    for (uint64_t i = 0; i < n; i++) {
        event(body, TRACE_EV_SPAN_ALLOC, 3, i % 977, (UINT64_C(1) << (i % 48)) + 1, 0);
        event(body, TRACE_EV_SPAN_FREE, 1, i % 31, 0, 0);
        flush(b, body, &ts, BODY);
    }
    flush(b, body, &ts, 0);
}
/* A heap of many spans, then cycle after cycle: each sweeps all of them. */
static void cycles_over_spans(struct bytes *b, struct bytes *body, uint64_t n) {
    uint64_t ts = 2;
    for (uint64_t i = 0; i < n; i++) {
        event(body, TRACE_EV_SPAN_ALLOC, 3, i, 1, 5 << 2);
        flush(b, body, &ts, BODY);
    }
    for (uint64_t i = 0; i < n; i++) {
        event(body, TRACE_EV_GC_BEGIN, 2, 2 * i + 1, 0, 0);
        event(body, TRACE_EV_GC_END, 1, 2 * i + 2, 0, 0);
        flush(b, body, &ts, BODY);
    }
    flush(b, body, &ts, 0);
}
/* One object in the last slot of a span makes all before it taken once the span is swept. */
static void last_slots(struct bytes *b, struct bytes *body, uint64_t n) {
    uint64_t ts = 2;
    for (uint64_t i = 0; i < n; i++) {
        event(body, TRACE_EV_SPAN_ALLOC, 3, 5, 1, 1 << 2 | 1 << 1);
        event(body, TRACE_EV_HEAP_OBJECT_ALLOC, 2, 5 * 1024 + 1000, 0, 0);
        event(body, TRACE_EV_GC_BEGIN, 2, 2 * i + 1, 0, 0);
        event(body, TRACE_EV_GC_END, 1, 2 * i + 2, 0, 0);
        event(body, TRACE_EV_SPAN_FREE, 1, 5, 0, 0);
        flush(b, body, &ts, BODY);
    }
    flush(b, body, &ts, 0);
}
/* The last cycle's sweep goes on while the next one stops the world to end, and doesn't, again and again. */
static void frees_between_stops(struct bytes *b, struct bytes *body, uint64_t n) {
    uint64_t ts = 2;
    for (uint64_t i = 0; i < n; i++) {
        event(body, TRACE_EV_SPAN_ALLOC, 3, i, 1, 0);
        event(body, TRACE_EV_HEAP_OBJECT_ALLOC, 2, i * 1024, 0, 0);
        flush(b, body, &ts, BODY);
    }
    event(body, TRACE_EV_GC_BEGIN, 2, 1, 0, 0);
    event(body, TRACE_EV_GC_END, 1, 2, 0, 0);
    event(body, TRACE_EV_GC_BEGIN, 2, 3, 0, 0);
    for (uint64_t i = 0; i < n; i++) {
        event(body, TRACE_EV_STW_BEGIN, 2, 1, 0, 0);
        event(body, TRACE_EV_STW_END, 0, 0, 0, 0);
        event(body, TRACE_EV_HEAP_OBJECT_FREE, 1, i * 1024, 0, 0);
        flush(b, body, &ts, BODY);
    }
    flush(b, body, &ts, 0);
    byte(body, TRACE_EV_STRINGS);
    byte(body, TRACE_EV_STRING);
    number(body, 1);
    number(body, strlen("GC mark termination"));
    put(body, "GC mark termination", strlen("GC mark termination"));
    batch(b, 1, UINT64_MAX, 1, body);
}
static void proc_numbers(struct bytes *b, struct bytes *body, uint64_t n) {
    for (uint64_t i = 0; i < n; i++) {
        event(body, TRACE_EV_PROC_STATUS, 2, 4095 - i % 4096, TRACE_PROC_RUNNING, 0);
        event(body, TRACE_EV_SPAN_ALLOC, 3, i, 1, 5 << 2);
        event(body, TRACE_EV_HEAP_ALLOC, 1, i, 0, 0);
        batch(b, 1, i + 1, i, body);
    }
}
/* Large tables first, then generations of a few bytes each. */
static void generations(struct bytes *b, struct bytes *body, uint64_t n) {
    batch(b, 1, 1, 1, body);
    for (uint64_t i = 0; i < n;) {
        byte(body, TRACE_EV_STRINGS);
        for (; i < n && body->size < BODY; i++) {
            byte(body, TRACE_EV_STRING);
            number(body, i + 1);
            number(body, 0);
        }
        batch(b, 1, UINT64_MAX, 1, body);
    }
    for (uint64_t i = 0; i < n; i++) {
        event(body, TRACE_EV_PROC_STOP, 0, 0, 0, 0);
        batch(b, i + 2, 1, i, body);
    }
}
static void unused_stacks(struct bytes *b, struct bytes *body, uint64_t n) {
    batch(b, 1, 1, 1, body);
    for (uint64_t i = 0; i < n;) {
        byte(body, TRACE_EV_STACKS);
        for (; i < n && body->size < BODY; i++) {
            byte(body, TRACE_EV_STACK);
            number(body, i + 1);
            number(body, i % 3);
            for (uint64_t k = 0; k < 4 * (i % 3); k++) {
                number(body, i + k);
            }
        }
        batch(b, 1, UINT64_MAX, 1, body);
    }
}
static void long_numbers(struct bytes *b, struct bytes *body, uint64_t n) {
    uint64_t ts = 2;
    for (uint64_t i = 0; i < n; i++) {
        event(body, TRACE_EV_HEAP_OBJECT_ALLOC, 2, UINT64_MAX - i, UINT64_MAX - i, 0);
        event(body, TRACE_EV_SPAN_ALLOC, 3, UINT64_MAX, UINT64_MAX, UINT64_MAX);
        flush(b, body, &ts, BODY);
    }
    flush(b, body, &ts, 0);
}
static void garbage(struct bytes *b, struct bytes *body, uint64_t n) {
    batch(b, 1, 1, 1, body);
    for (uint64_t i = 0; i < n; i++) {
        put(b, "\x01\x01\x01\x01\xff\xff\x7f", 7);
    }
}

/* ---- what they cost */

struct cost {
    uint64_t bytes, work, facts, memory;
    double seconds;
};

static struct cost cost_of(bomb *make, uint64_t n) {
    struct bytes b, body;
    begin(&b, &body);
    make(&b, &body, n);
    struct cost c = {.bytes = b.size};
    struct trace_error err;
    struct trace_event ev[256];
    double from = cpu_time();
    trace *t = trace_open_memory(b.data, b.size, &err);
    assert_non_null(t);
    while (trace_read(t, ev, 256) > 0) {
    }
    c.work = trace_work(t);
    trace_close(&t);
    uint64_t before = memory_held();
    reel *r = reel_open_memory(b.data, b.size, NULL, &err);
    assert_non_null(r);
    assert_int_equal(reel_load(r, 0), REEL_DONE);
    c.facts = reel_facts(r);
    frame *f = frame_new(r);
    assert_true(f != NULL && frame_seek(f, c.facts));
    c.memory = memory_held() - before;
    frame_free(&f);
    reel_close(&r);
    c.seconds = cpu_time() - from;
    free(b.data);
    free(body.data);
    return c;
}

enum { FIRST = 20000, TIMES = 4 };

static const struct {
    const char *name;
    bomb *make;
} bombs[] = {
    {"threads never ready", threads_never_ready},
    {"threads wait long", threads_wait_long},
    {"tiny batches", tiny_batches},
    {"empty batches", empty_batches},
    {"goroutines", goroutines},
    {"regions never closed", regions_never_closed},
    {"spans far apart", spans_far_apart},
    {"spans of any size", spans_of_any_size},
    {"cycles over spans", cycles_over_spans},
    {"last slots", last_slots},
    {"frees between stops", frees_between_stops},
    {"P numbers", proc_numbers},
    {"generations", generations},
    {"unused stacks", unused_stacks},
    {"long numbers", long_numbers},
    {"garbage", garbage},
};

static void costs_grow_with_size(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof bombs / sizeof bombs[0]; i++) {
        struct cost a = cost_of(bombs[i].make, FIRST), b = cost_of(bombs[i].make, (uint64_t)TIMES * FIRST);
        if (getenv("SHOW") != NULL) {
            print_message("# %s: %llu bytes, a byte: %.2f tries, %.2f facts, %.0f bytes, %.0f ns; first %.0f ns\n",
                          bombs[i].name, (unsigned long long)b.bytes, (double)b.work / (double)b.bytes,
                          (double)b.facts / (double)b.bytes, (double)b.memory / (double)b.bytes,
                          b.seconds * 1e9 / (double)b.bytes, a.seconds * 1e9 / (double)a.bytes);
        }
        bool ok = b.work <= 8 * b.bytes && b.facts <= 40 * b.bytes + 200000 && b.memory <= 400 * b.bytes + (8 << 20) &&
                  b.seconds <= 20 * TIMES * (a.seconds + 0.05);
        if (!ok) {
            fail_msg("%s: %llu bytes took %llu tries, %llu facts, %llu bytes of memory, %.2f s; a quarter took %.2f s",
                     bombs[i].name, (unsigned long long)b.bytes, (unsigned long long)b.work,
                     (unsigned long long)b.facts, (unsigned long long)b.memory, b.seconds, a.seconds);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(costs_grow_with_size)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
