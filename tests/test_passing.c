/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_passing.c - what may just be changing at an instant in the middle of a trace: what a thread tells when it goes
 * on may be done already, and what it told last not yet. Only where it was silent for long is that worth a mark.
 */
#include "tests/made_threads.h"

enum { X = PAGE, Y = X + 3, Z = Y + 3, TICK = 64, SHORT = 0, LONG = 1000 };
enum { HALF_SLOTS = 15 }; /* of a span of class HALF: its pointer bits take 128 bytes */

/* All is silent for a while; the time of the last event before. */
static int64_t pause(struct made *x, uint64_t ticks) {
    int64_t t = (int64_t)(x->now - 2) * TICK;
    x->now += ticks;
    return t;
}

static void fill(struct made *x, uint64_t page) {
    grow(x, 0, TWO, page);
    alloc(x, 0, TWO, page, 0);
    alloc(x, 0, TWO, page, 1);
}

/* X, Y and Z are full when a collection ends. */
static void collect_full(struct made *x) {
    start(x);
    fill(x, X);
    fill(x, Y);
    fill(x, Z);
    collect(x, 2);
}

static void slot_of_the_next_object(uint64_t ticks, bool same, bool sure) {
    struct made x;
    start(&x);
    grow(&x, 0, HALF, X);
    alloc(&x, 0, HALF, X, 0);
    int64_t t = pause(&x, ticks);
    alloc(&x, same ? 0 : 1, HALF, X, 1);
    reel *r = load_threads(&x);
    assert_int_equal(said(r, t, X).sure, sure);
    assert_int_equal(said(r, t, X).live, 1);
    close_made(&r, &x.b);
}

/* A slot is taken before its object is told. */
static void the_next_object_may_have_its_slot(void **state) {
    (void)state;
    slot_of_the_next_object(LONG, true, false);
    slot_of_the_next_object(SHORT, true, true);
    slot_of_the_next_object(LONG, false, true); /* another P: nothing is known of how long that one was silent */
}

static void mcache_after_growth(uint64_t ticks, bool sure) {
    struct made x;
    start(&x);
    fill(&x, X);
    span_alloc(&x, 0, TWO, Y);
    int64_t t = pause(&x, ticks);
    announce(&x, 0, 3 * 8192);
    alloc(&x, 0, TWO, Y, 0);
    reel *r = load_threads(&x);
    struct span_state st = said(r, t, X);
    assert_true(st.place == PLACE_EMPTY && st.sure == sure);
    close_made(&r, &x.b);
}

/* A growth is told before the mcache changes. */
static void what_gives_way_may_still_be_there(void **state) {
    (void)state;
    mcache_after_growth(LONG, false);
    mcache_after_growth(SHORT, true);
}

/* Thread 0 announces a refill, which brings X, with a free slot; Z gives way. */
static void announce_one(struct made *x) {
    fill(x, X);
    fill(x, Y);
    collect(x, 2);
    sweep(x, 0, IN_CREDIT, TWO, X, 0);
    sweep_end(x, 0, TWO);
    fill(x, Z);
    announce(x, 0, 12288);
}

static void mcache_before_refill(uint64_t ticks, bool sure) {
    struct made x;
    start(&x);
    announce_one(&x);
    int64_t t = pause(&x, ticks);
    alloc(&x, 0, TWO, X, 0);
    reel *r = load_threads(&x);
    assert_true(said(r, t, X).place == PLACE_NONEMPTY && said(r, t, X).sure == sure);
    assert_true(said(r, t, Z).place == PLACE_MCACHE && said(r, t, Z).sure == sure);
    close_made(&r, &x.b);
}

/* A refill is over before its object is told. */
static void a_refill_may_be_over(void **state) {
    (void)state;
    mcache_before_refill(LONG, false);
    mcache_before_refill(SHORT, true);
}

/* A sweeper is stopped behind the last free of a span, and before it puts that on its list. */
static void a_span_may_still_be_swept(void **state) {
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct made x;
        collect_full(&x);
        sweep(&x, 0, IN_CREDIT, TWO, X, 0);
        int64_t t = pause(&x, i == 0 ? LONG : SHORT);
        release(&x, 0, TWO, Y, 0);
        sweep_end(&x, 0, TWO);
        reel *r = load_threads(&x);
        assert_int_equal(said(r, t, X).sure, i == 1);
        close_made(&r, &x.b);
    }
}

/* Whatever the sweeper tells next ends it; here that is no fact about a span. */
static void a_sweep_ends_with_the_next_event(void **state) {
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct made x;
        start(&x);
        fill(&x, X);
        fill(&x, Y);
        collect(&x, 2);
        sweep(&x, 0, IN_CREDIT, TWO, X, 0);
        int64_t t = pause(&x, i == 0 ? LONG : SHORT);
        sweep_end(&x, 0, TWO);
        grow(&x, 1, HALF, Z);
        int64_t after = pause(&x, SHORT);
        reel *r = load_threads(&x);
        assert_int_equal(said(r, t, X).sure, i == 1);
        assert_true(said(r, after, X).sure);
        close_made(&r, &x.b);
    }
}

/* Goroutine 1 stops with this stack, and tells its object when it goes on. */
static void stop_in(unsigned stack, bool sure) {
    struct made x;
    start(&x);
    grow(&x, 0, HALF, X);
    alloc(&x, 0, HALF, X, 0);
    int64_t before = pause(&x, SHORT);
    alloc(&x, 0, HALF, X, 1);
    emit(&x, 0, TRACE_EV_GO_STOP, 2, MARKTERM, stack, 0);
    grow(&x, 1, TWO, Y);
    alloc(&x, 1, TWO, Y, 0);
    int64_t meanwhile = pause(&x, SHORT);
    alloc(&x, 1, TWO, Y, 1);
    emit(&x, 0, TRACE_EV_GO_START, 2, 1, 1, 0);
    alloc(&x, 0, HALF, X, 2);
    int64_t after = pause(&x, SHORT);
    alloc(&x, 0, HALF, X, 3);
    reel *r = load_threads(&x);
    assert_true(said(r, before, X).sure && said(r, after, X).sure);
    assert_int_equal(said(r, meanwhile, X).sure, sure);
    assert_true(said(r, meanwhile, Y).sure);
    close_made(&r, &x.b);
}

static void who_stops_inside_malloc_may_have_a_slot(void **state) {
    (void)state;
    stop_in(IN_NOSCAN, false);
    stop_in(IN_CREDIT, true);
}

/* X and Y were swept by thread 1, whose clock runs ahead: thread 0 has told objects in their slots before it tells that
 * those were free. */
static void freed_behind_the_next_object(uint64_t ticks, bool sure) {
    struct made x;
    collect_full(&x);
    for (uint64_t page = X; page <= Y; page += Y - X) {
        announce(&x, 0, 12288);
        alloc(&x, 0, TWO, page, 0);
    }
    int64_t t = pause(&x, ticks);
    release(&x, 1, TWO, X, 0);
    release(&x, 1, TWO, X, 1);
    int64_t meanwhile = pause(&x, SHORT);
    release(&x, 1, TWO, Y, 0);
    reel *r = load_threads(&x);
    assert_true(said(r, t, X).live == 2 && said(r, t, X).sure == sure);
    assert_true(said(r, t, Y).live == 2 && said(r, t, Y).sure == sure);
    assert_true(said(r, t, Z).sure);
    assert_true(said(r, meanwhile, X).live == 1 && said(r, meanwhile, X).sure);
    assert_int_equal(said(r, meanwhile, Y).sure, sure);
    assert_int_equal(at_end(r, Y).live, 2);
    close_made(&r, &x.b);
}

/* Up to the free of the slot's former object more of them seem to be there than were. */
static void a_sweep_may_be_told_late(void **state) {
    (void)state;
    freed_behind_the_next_object(LONG, false);
    freed_behind_the_next_object(SHORT, true);
}

/* Thread 0 announces a refill, and tells an object of another span; then one of X, which the refill brought. */
static void refill_told_late(uint64_t ticks, bool sure) {
    struct made x;
    start(&x);
    fill(&x, X);
    fill(&x, Y);
    collect(&x, 2);
    grow(&x, 0, HALF, Z + 3);
    alloc(&x, 0, HALF, Z + 3, 0);
    sweep(&x, 0, IN_CREDIT, TWO, X, 0);
    sweep_end(&x, 0, TWO);
    fill(&x, Z);
    announce(&x, 0, 12288);
    pause(&x, ticks);
    alloc(&x, 0, HALF, Z + 3, 1);
    int64_t t = pause(&x, SHORT);
    alloc(&x, 0, TWO, X, 0);
    reel *r = load_threads(&x);
    assert_true(said(r, t, X).place == PLACE_NONEMPTY && said(r, t, X).sure == sure);
    assert_true(said(r, t, Z).place == PLACE_MCACHE && said(r, t, Z).sure == sure);
    assert_true(said(r, t, Z + 3).sure);
    close_made(&r, &x.b);
}

/* X came and Z went when the refill was announced, whenever that shows. */
static void a_refill_may_show_late(void **state) {
    (void)state;
    refill_told_late(LONG, false);
    refill_told_late(SHORT, true);
}

static void run_instead(struct made *x, uint64_t g, uint64_t seq) {
    emit(x, 0, TRACE_EV_GO_STOP, 2, MARKTERM, IN_CREDIT, 0);
    emit(x, 0, TRACE_EV_GO_START, 2, g, seq, 0);
}

/*
 * Goroutine 1 announces a refill, and stops before it tells its object. Goroutine 3 takes its place, and the last slot
 * of the span that the refill brought: so it refills too, with W.
 */
static void refilled_twice(uint64_t ticks, bool sure) {
    enum { W = Z + 3 };
    struct made x;
    start(&x);
    emit(&x, 0, TRACE_EV_GO_CREATE, 3, 3, 0, 0);
    announce_one(&x);
    run_instead(&x, 3, 1);
    int64_t first = pause(&x, ticks);
    grow(&x, 0, TWO, W);
    alloc(&x, 0, TWO, W, 0);
    run_instead(&x, 1, 1);
    int64_t before = pause(&x, SHORT);
    alloc(&x, 0, TWO, X, 0);
    int64_t t = pause(&x, SHORT);
    alloc(&x, 0, TWO, W, 1);
    reel *r = load_threads(&x);
    assert_true(said(r, first, Z).place == PLACE_MCACHE && said(r, first, Z).sure == sure);
    assert_true(said(r, first, X).place == PLACE_NONEMPTY && said(r, first, X).sure == sure);
    assert_true(said(r, before, X).place == PLACE_NONEMPTY && said(r, before, X).sure == sure);
    assert_true(said(r, before, W).place == PLACE_MCACHE && said(r, before, W).sure);
    assert_true(said(r, t, X).place == PLACE_EMPTY && said(r, t, X).sure && said(r, t, X).live == 2);
    assert_true(said(r, t, W).place == PLACE_MCACHE && said(r, t, W).sure && said(r, t, W).live == 1);
    assert_true(said(r, t, Z).place == PLACE_EMPTY && said(r, t, Z).sure);
    close_made(&r, &x.b);
}

/* What a refill brought may be gone when it shows, because the next refill of the same mcache showed before. */
static void a_refill_may_show_after_the_next(void **state) {
    (void)state;
    refilled_twice(LONG, false);
    refilled_twice(SHORT, true);
}

/* Who took the last slot of X is told before who refilled with X: X isn't in the mcache for that, W is. */
static void a_slot_may_show_before_its_refill(void **state) {
    (void)state;
    struct made x;
    start(&x);
    emit(&x, 0, TRACE_EV_GO_CREATE, 3, 3, 0, 0);
    emit(&x, 0, TRACE_EV_GO_CREATE, 3, 4, 0, 0);
    for (uint64_t page = X; page <= Y; page += Y - X) {
        grow(&x, 0, HALF, page);
        for (uint64_t slot = 0; slot < HALF_SLOTS; slot++) {
            alloc(&x, 0, HALF, page, slot);
        }
    }
    collect(&x, 2);
    sweep(&x, 0, IN_CREDIT, HALF, X, 0);
    release(&x, 0, HALF, X, 1);
    sweep_end(&x, 0, HALF);
    announce(&x, 0, 1024); /* X; goroutine 1 has slot 0, 3 has slot 1 */
    run_instead(&x, 4, 1);
    grow(&x, 0, HALF, Z);
    alloc(&x, 0, HALF, Z, 0);
    run_instead(&x, 3, 1);
    alloc(&x, 0, HALF, X, 1);
    int64_t before = pause(&x, SHORT);
    run_instead(&x, 1, 1);
    alloc(&x, 0, HALF, X, 0);
    int64_t t = pause(&x, SHORT);
    alloc(&x, 0, HALF, Z, 1);
    reel *r = load_threads(&x);
    assert_true(said(r, before, X).place == PLACE_NONEMPTY && said(r, before, Z).place == PLACE_MCACHE);
    assert_true(said(r, t, X).place == PLACE_EMPTY && said(r, t, X).sure && said(r, t, X).live == HALF_SLOTS);
    assert_true(said(r, t, Z).place == PLACE_MCACHE && said(r, t, Z).sure);
    close_made(&r, &x.b);
}

/* Of two refills in a row the first is the one that gives way. */
static void the_refill_before_gives_way(void **state) {
    (void)state;
    struct made x;
    collect_full(&x);
    sweep(&x, 0, IN_CREDIT, TWO, X, 0);
    release(&x, 0, TWO, Y, 0);
    sweep_end(&x, 0, TWO);
    announce(&x, 0, 12288);
    alloc(&x, 0, TWO, X, 0);
    announce(&x, 0, 12288);
    alloc(&x, 0, TWO, Y, 0);
    int64_t t = pause(&x, SHORT);
    grow(&x, 1, HALF, Z + 3);
    reel *r = load_threads(&x);
    assert_true(said(r, t, X).place == PLACE_EMPTY && said(r, t, X).sure);
    assert_true(said(r, t, Y).place == PLACE_MCACHE && said(r, t, Y).sure);
    close_made(&r, &x.b);
}

/* P 1's mcache is flushed by its thread, before it has the P: spans of three classes, and the middle one tells. */
static void flushed_with(uint64_t ticks, bool over, bool sure) {
    struct made x;
    start(&x);
    grow(&x, 1, SMALL, X);
    alloc(&x, 1, SMALL, X, 0);
    grow(&x, 1, HALF, Y);
    alloc(&x, 1, HALF, Y, 0);
    alloc(&x, 1, HALF, Y, 1);
    grow(&x, 1, TWO, Z);
    alloc(&x, 1, TWO, Z, 0);
    emit(&x, 1, TRACE_EV_GO_STOP, 2, MARKTERM, IN_CREDIT, 0);
    emit(&x, 1, TRACE_EV_PROC_STOP, 0, 0, 0, 0);
    collect(&x, 2);
    int64_t before = pause(&x, SHORT);
    release(&x, 1, HALF, Y, 0);
    int64_t t = pause(&x, ticks);
    if (over) {
        emit(&x, 1, TRACE_EV_PROC_START, 2, 1, 1, 0);
        grow(&x, 1, ONE, Z + 3);
    }
    int64_t after = pause(&x, SHORT);
    reel *r = load_threads(&x);
    assert_int_equal(said(r, before, Z).place, PLACE_MCACHE);
    assert_true(said(r, t, X).place == PLACE_NONEMPTY && said(r, t, X).sure);
    assert_true(said(r, t, Z).place == PLACE_NONEMPTY && said(r, t, Z).sure == sure);
    assert_true(!over || said(r, after, Z).sure);
    close_made(&r, &x.b);
}

/* Of a flush only spans that lose an object tell; those of higher classes are flushed later, the last when the P
 * starts. */
static void a_flush_takes_its_time(void **state) {
    (void)state;
    flushed_with(LONG, true, false);
    flushed_with(SHORT, true, true);
    flushed_with(SHORT, false, false);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_next_object_may_have_its_slot),
        cmocka_unit_test(what_gives_way_may_still_be_there),
        cmocka_unit_test(a_refill_may_be_over),
        cmocka_unit_test(a_span_may_still_be_swept),
        cmocka_unit_test(a_sweep_ends_with_the_next_event),
        cmocka_unit_test(who_stops_inside_malloc_may_have_a_slot),
        cmocka_unit_test(a_sweep_may_be_told_late),
        cmocka_unit_test(a_refill_may_show_late),
        cmocka_unit_test(a_refill_may_show_after_the_next),
        cmocka_unit_test(a_slot_may_show_before_its_refill),
        cmocka_unit_test(a_flush_takes_its_time),
        cmocka_unit_test(the_refill_before_gives_way),
    };
    return cmocka_run_group_tests_name("passing", tests, NULL, NULL);
}
