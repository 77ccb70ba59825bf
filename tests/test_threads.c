/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_threads.c - loading on several threads gives what loading on one gives: all facts, tables, curves and losses, of
 * whole, cut and changed recordings, at once or in slices; and it can be broken off at any point.
 */
#include "core/belt.h"
#include "core/clock.h"
#include "tests/fixture_reel.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Threads are asked for, however small the trace is. */
static const struct reel_options one = {.threads = 1}, more = {.threads = 3};

static bool same_state(const struct span_state *a, const struct span_state *b) {
    return a->p == b->p && a->place == b->place && a->swept == b->swept && a->sure == b->sure;
}

static void compare_facts(reel *a, reel *b) {
    assert_int_equal(reel_facts(a), reel_facts(b));
    for (uint64_t i = 0; i < reel_facts(a); i++) {
        struct fact x, y;
        assert_true(reel_fact(a, i, &x) && reel_fact(b, i, &y));
        bool same = x.t == y.t && x.span == y.span && x.slot == y.slot && x.type == y.type && x.g == y.g &&
                    x.p == y.p && x.kind == y.kind && x.why == y.why && x.inferred == y.inferred;
        assert_true(same && same_state(&x.before, &y.before) && same_state(&x.after, &y.after));
    }
}

static void compare_text(text a, text b) {
    assert_int_equal(a.len, b.len);
    assert_memory_equal(a.ptr, b.ptr, a.len);
}

static void compare_tables(reel *a, reel *b) {
    assert_int_equal(reel_spans(a), reel_spans(b));
    for (uint32_t i = 0; i < reel_spans(a); i++) {
        const struct span *x = reel_span(a, i), *y = reel_span(b, i);
        assert_true(x->page == y->page && x->npages == y->npages && x->born == y->born && x->died == y->died);
        assert_true(x->elem == y->elem && x->nelems == y->nelems && x->kind == y->kind && x->class == y->class);
    }
    assert_int_equal(reel_types(a), reel_types(b));
    for (uint32_t i = 0; i < reel_types(a); i++) {
        compare_text(reel_type(a, i)->name, reel_type(b, i)->name);
        assert_int_equal(reel_type(a, i)->size, reel_type(b, i)->size);
    }
    assert_int_equal(reel_goroutines(a), reel_goroutines(b));
    for (uint32_t i = 0; i < reel_goroutines(a); i++) {
        assert_int_equal(reel_goroutine(a, i)->id, reel_goroutine(b, i)->id);
        compare_text(reel_goroutine(a, i)->entry, reel_goroutine(b, i)->entry);
    }
}

static void compare_time(reel *a, reel *b) {
    const struct cycle *x, *y;
    assert_int_equal(reel_cycles(a, &x), reel_cycles(b, &y));
    for (size_t i = 0; i < reel_cycles(a, &x); i++) {
        assert_true(x[i].gc == y[i].gc && x[i].begin == y[i].begin && x[i].end == y[i].end);
        assert_true(x[i].objects_freed == y[i].objects_freed && x[i].bytes_freed == y[i].bytes_freed);
        assert_true(x[i].spans_freed == y[i].spans_freed && x[i].assists == y[i].assists);
    }
    const struct note *m, *n;
    assert_int_equal(reel_notes(a, &m), reel_notes(b, &n));
    for (size_t i = 0; i < reel_notes(a, &m); i++) {
        assert_true(m[i].begin == n[i].begin && m[i].end == n[i].end && m[i].g == n[i].g);
        compare_text(m[i].name, n[i].name);
        compare_text(m[i].value, n[i].value);
    }
    for (int k = 0; k < SERIES_KINDS; k++) {
        static struct column p[500], q[500];
        reel_series(a, (enum series_kind)k, 0, reel_info(a)->duration, p, 500);
        reel_series(b, (enum series_kind)k, 0, reel_info(b)->duration, q, 500);
        for (int i = 0; i < 500; i++) {
            assert_true(p[i].min == q[i].min && p[i].max == q[i].max && p[i].last == q[i].last);
        }
    }
}

static void compare_info(const struct reel_info *a, const struct reel_info *b) {
    assert_int_equal(a->trace_bytes, b->trace_bytes);
    assert_int_equal(a->events, b->events);
    assert_int_equal(a->generations, b->generations);
    assert_int_equal(a->duration, b->duration);
    assert_int_equal(a->procs, b->procs);
    assert_int_equal(a->odd_events, b->odd_events);
    assert_int_equal(a->sweeps_cut, b->sweeps_cut);
    assert_int_equal(a->base, b->base);
    assert_int_equal(a->loss.code, b->loss.code);
    assert_int_equal(a->loss.bytes, b->loss.bytes);
    assert_int_equal(a->loss.count, b->loss.count);
    assert_int_equal(a->loss.by_time, b->loss.by_time);
    assert_string_equal(a->loss.first.text, b->loss.first.text);
    assert_string_equal(a->go, b->go);
    assert_string_equal(a->warning != NULL ? a->warning : "", b->warning != NULL ? b->warning : "");
}

static void compare_reels(reel *a, reel *b) {
    compare_facts(a, b);
    compare_tables(a, b);
    compare_time(a, b);
    compare_info(reel_info(a), reel_info(b));
    frame *f = frame_new(a), *g = frame_new(b);
    assert_true(frame_seek(f, reel_facts(a)) && frame_seek(g, reel_facts(b)));
    assert_memory_equal(frame_totals(f), frame_totals(g), sizeof(struct totals));
    assert_memory_equal(frame_central(f), frame_central(g), SPAN_CLASSES * sizeof(struct central));
    frame_free(&f);
    frame_free(&g);
}

static reel *open_bytes(const uint8_t *data, size_t size, const struct reel_options *opt) {
    struct trace_error err;
    reel *r = reel_open_memory(data, size, opt, &err);
    assert_non_null(r);
    return r;
}

static void threads_change_nothing(void **state) {
    (void)state;
    for (int i = 0; fixture_names[i] != NULL; i++) {
        reel *a = fixture_reel_on(fixture_names[i], one.threads), *b = fixture_reel_on(fixture_names[i], more.threads);
        compare_reels(a, b);
        reel_close(&a);
        reel_close(&b);
    }
}

/* Two traces in one, so that generations change often, in slices as short as can be; all can be asked between them. */
static void slices_change_nothing(void **state) {
    (void)state;
    static const char *const names[] = {"mapchurn-1.24", "mixed-1.26", "annotate-1.26"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        size_t size;
        uint8_t *data = fixture_bytes(names[i], &size);
        reel *a = open_bytes(data, size, &one), *b = open_bytes(data, size, &more);
        frame *f = frame_new(b);
        assert_int_equal(reel_load(a, 0), REEL_DONE);
        while (reel_load(b, 1) == REEL_LOADING) {
            assert_true(frame_seek(f, reel_facts(b)));
            assert_int_equal(frame_pos(f), reel_facts(b));
            assert_true(reel_info(b)->read_bytes <= reel_info(b)->trace_bytes);
            assert_int_equal(reel_fd(b), -1);
        }
        compare_reels(a, b);
        frame_free(&f);
        reel_close(&a);
        reel_close(&b);
        free(data);
    }
}

static void damage_changes_nothing(void **state) {
    (void)state;
    size_t size;
    uint8_t *data = fixture_bytes("mixed-1.25", &size);
    uint64_t x = 5;
    for (int round = 0; round < 24; round++) {
        size_t at = 16 + random_next(&x) % (size - 16), end = round % 3 == 0 ? at : size;
        uint8_t was = data[at];
        data[at] ^= (uint8_t)(round % 3 == 0 ? 0 : 1 + random_next(&x) % 255);
        reel *a = open_bytes(data, end, &one), *b = open_bytes(data, end, &more);
        assert_int_equal(reel_load(a, 0), REEL_DONE);
        assert_int_equal(reel_load(b, 0), REEL_DONE);
        compare_reels(a, b);
        reel_close(&a);
        reel_close(&b);
        data[at] = was;
    }
    free(data);
}

/* Another trace behind the first one ends the reel, with the same word about it. */
static void a_second_trace_ends_the_reel(void **state) {
    (void)state;
    size_t size;
    uint8_t *data = fixture_bytes("annotate-1.26", &size), *both = malloc(2 * size);
    memcpy(both, data, size);
    memcpy(both + size, data, size);
    reel *a = open_bytes(both, 2 * size, &one), *b = open_bytes(both, 2 * size, &more);
    assert_int_equal(reel_load(a, 0), REEL_DONE);
    assert_int_equal(reel_load(b, 0), REEL_DONE);
    assert_non_null(reel_info(b)->warning);
    compare_facts(a, b);
    compare_tables(a, b);
    assert_string_equal(reel_info(a)->warning, reel_info(b)->warning);
    reel_close(&a);
    reel_close(&b);
    free(both);
    free(data);
}

/* Closed before the end, threads end with the reel. */
static void loading_can_be_broken_off(void **state) {
    (void)state;
    size_t size;
    uint8_t *data = fixture_bytes("mapchurn-1.26", &size);
    for (int slices = 0; slices < 20; slices++) {
        reel *r = open_bytes(data, size, &more);
        for (int i = 0; i < slices; i++) {
            (void)reel_load(r, 1);
        }
        reel_close(&r);
        assert_null(r);
    }
    free(data);
}

/* ---- belts */

enum { ROUNDS = 20000 };

struct counting {
    uint32_t slot[BELT_SLOTS];
    uint32_t next; /* the number that has to come */
    bool wrong;
};

static void take_all(void *arg, struct belt *b) {
    struct counting *c = arg;
    for (int slot; (slot = belt_load(b)) != BELT_NONE; belt_give(b)) {
        c->wrong |= c->slot[slot] != c->next++;
    }
}

/* All that is put arrives in order, and after belt_drain it has arrived. */
static void belts_keep_order(void **state) {
    (void)state;
    struct counting c = {.wrong = false};
    struct belt *b = belt_start(take_all, &c);
    if (b == NULL) {
        skip(); /* built without threads */
    }
    for (uint32_t i = 0; i < ROUNDS; i++) {
        int slot = belt_room(b);
        assert_true(slot >= 0 && slot < BELT_SLOTS);
        c.slot[slot] = i;
        belt_put(b);
        if (i % 1000 == 7) {
            assert_true(belt_drain(b));
            assert_int_equal(c.next, i + 1);
        }
    }
    assert_true(belt_drain(b));
    assert_int_equal(c.next, ROUNDS);
    assert_false(c.wrong);
    belt_stop(&b);
    assert_null(b);
}

/* One slot, once somebody says so. */
static void put_when_told(void *arg, struct belt *b) {
    char told;
    if (read(*(int *)arg, &told, 1) == 1 && belt_room(b) != BELT_NONE) {
        belt_put(b);
        belt_flush(b);
    }
}

/* Who can't wait for ever is told that nothing has come, and gets it later. */
static void belts_wait_no_longer_than_asked(void **state) {
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    struct belt *b = belt_start(put_when_told, &ends[0]);
    if (b == NULL) {
        skip(); /* built without threads */
    }
    int64_t deadline = now_ns() + 2000000;
    assert_int_equal(belt_load_until(b, deadline), BELT_NONE);
    assert_true(now_ns() >= deadline);
    assert_int_equal(belt_load_until(b, 0), BELT_NONE);
    assert_int_equal(write(ends[1], "x", 1), 1);
    assert_int_equal(belt_load_until(b, INT64_MAX), 0);
    assert_int_equal(belt_load_until(b, 0), 0);
    belt_give(b);
    assert_int_equal(belt_load_until(b, 0), BELT_NONE);
    belt_stop(&b);
    close(ends[0]);
    close(ends[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_change_nothing),          cmocka_unit_test(slices_change_nothing),
        cmocka_unit_test(damage_changes_nothing),          cmocka_unit_test(a_second_trace_ends_the_reel),
        cmocka_unit_test(loading_can_be_broken_off),       cmocka_unit_test(belts_keep_order),
        cmocka_unit_test(belts_wait_no_longer_than_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
