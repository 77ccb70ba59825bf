/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_silent.c - threads that the machine leaves stopped inside malloc while others go on, for so long that looking
 * around an instant doesn't show it: what they tell when they go on may have been done at any time since.
 */
#include "core/reel.h"
#include "tests/made_threads.h"

enum { X = PAGE, Y = X + 3, Z = Y + 3, BUSY = Z + 3, W = BUSY + 3 };
enum { TICK = 64, MANY = 20000, FEW = 4000, LONG = 1000, SHORT = 0, HALF_SLOTS = 15 };

/* The time of the last event. */
static int64_t now(const struct made *x) {
    return (int64_t)(x->now - 2) * TICK;
}

/* Thread 1 tells so many objects, each of them the same one: returns the time in the middle. */
static int64_t meanwhile(struct made *x, unsigned n) {
    int64_t t = 0;
    for (unsigned i = 0; i < n; i++) {
        alloc(x, 1, HALF, BUSY, 0);
        t = i == n / 2 ? now(x) : t;
    }
    return t;
}

static void set_out(struct made *x) {
    start(x);
    grow(x, 1, HALF, BUSY);
    alloc(x, 1, HALF, BUSY, 0);
    grow(x, 0, HALF, X);
    alloc(x, 0, HALF, X, 0);
}

/* Thread 0 has the slot of its next object, and stands still; `apart`: it tells something else before. */
static void stopped_with_slot(unsigned n, bool sure_after, bool apart) {
    struct made x;
    set_out(&x);
    int64_t before = now(&x);
    alloc(&x, 0, HALF, X, 1);
    int64_t t = meanwhile(&x, n);
    int64_t last = now(&x);
    if (apart) {
        grow(&x, 0, TWO, Y);
    }
    alloc(&x, 0, HALF, X, 2);
    meanwhile(&x, FEW);
    int64_t after = now(&x);
    meanwhile(&x, MANY);
    alloc(&x, 1, HALF, BUSY, 1);
    reel *r = load_threads(&x);
    assert_true(said(r, before, X).live == 1);
    assert_true(said(r, t, X).live == 2 && said(r, t, X).sure == apart);
    assert_true(said(r, last, X).live == 2 && said(r, last, X).sure == apart);
    assert_true(said(r, t, BUSY).sure);
    assert_true(said(r, after, X).live == 3 && said(r, after, X).sure == sure_after);
    close_made(&r, &x.b);
}

static void a_thread_may_stand_still_for_long(void **state) {
    (void)state;
    stopped_with_slot(2 * MANY, true, false);
    stopped_with_slot(FEW, true, false);
    stopped_with_slot(2 * MANY, true, true); /* what it told in between came first */
}

/* They are found by their end, and saved by it, whichever was known first. */
static void they_are_kept_by_their_end(void **state) {
    (void)state;
    struct made x;
    set_out(&x);
    meanwhile(&x, 2 * MANY);
    alloc(&x, 0, HALF, X, 1);
    span_alloc(&x, 0, HALF, Y);
    x.now += LONG;
    announce(&x, 0, 8192);
    meanwhile(&x, 3);
    reel *r = load_threads(&x);
    assert_int_equal(r->nuntold, 2);
    assert_true(r->untold[0].to <= r->untold[1].to);
    close_made(&r, &x.b);
}

/* There are fewer Ps now than there were: the one that stands still is one of those. */
static void ps_may_have_been_more(void **state) {
    (void)state;
    struct made x;
    set_out(&x);
    alloc(&x, 0, HALF, X, 1);
    int64_t t = meanwhile(&x, FEW);
    alloc(&x, 0, HALF, X, 2);
    emit(&x, 0, TRACE_EV_GO_STOP, 2, MARKTERM, IN_CREDIT, 0);
    emit(&x, 0, TRACE_EV_PROC_STOP, 0, 0, 0, 0);
    emit(&x, 1, TRACE_EV_PROCS_CHANGE, 2, 1, IN_CREDIT, 0);
    meanwhile(&x, FEW);
    reel *r = load_threads(&x);
    assert_int_equal(reel_info(r)->procs, 1);
    assert_false(said(r, t, X).sure);
    close_made(&r, &x.b);
}

/* Thread 0 stands still, and then its goroutine is preempted, before it tells its object. */
static void preempted_after(uint64_t ticks, bool sure) {
    struct made x;
    set_out(&x);
    emit(&x, 0, TRACE_EV_GO_CREATE, 3, 3, 0, 0);
    alloc(&x, 0, HALF, X, 1);
    x.now += ticks;
    int64_t t = meanwhile(&x, 3);
    x.now += ticks;
    emit(&x, 0, TRACE_EV_GO_STOP, 2, MARKTERM, IN_NOSCAN, 0);
    meanwhile(&x, 1);
    int64_t stopped = now(&x);
    emit(&x, 0, TRACE_EV_GO_START, 2, 3, 1, 0);
    grow(&x, 0, TWO, Y);
    alloc(&x, 0, TWO, Y, 0);
    emit(&x, 0, TRACE_EV_GO_STOP, 2, MARKTERM, IN_CREDIT, 0);
    emit(&x, 0, TRACE_EV_GO_START, 2, 1, 1, 0);
    alloc(&x, 0, HALF, X, 2);
    reel *r = load_threads(&x);
    assert_int_equal(said(r, t, X).sure, sure);
    assert_false(said(r, stopped, X).sure);
    close_made(&r, &x.b);
}

static void a_thread_may_stand_still_before_its_goroutine_stops(void **state) {
    (void)state;
    preempted_after(LONG, false);
    preempted_after(SHORT, true);
}

/* A growth is told, and then the thread stands still; what it tells next is no fact about a span. */
static void grown_and_stopped(uint64_t ticks, bool sure) {
    struct made x;
    set_out(&x);
    span_alloc(&x, 0, HALF, Y);
    x.now += ticks;
    int64_t t = meanwhile(&x, 3);
    x.now += ticks;
    announce(&x, 0, 8192);
    emit(&x, 0, TRACE_EV_GO_STOP, 2, MARKTERM, IN_CREDIT, 0);
    meanwhile(&x, 1);
    int64_t after = now(&x);
    meanwhile(&x, 3);
    reel *r = load_threads(&x);
    assert_true(said(r, t, X).place != PLACE_MCACHE && said(r, t, X).sure == sure);
    assert_true(said(r, after, X).sure);
    close_made(&r, &x.b);
}

static void what_gives_way_may_stay_for_long(void **state) {
    (void)state;
    grown_and_stopped(LONG, false);
    grown_and_stopped(SHORT, true);
}

/* The stack grows between the slot and the object's event. */
static void a_stack_may_grow_in_between(void **state) {
    (void)state;
    struct made x;
    set_out(&x);
    alloc(&x, 0, HALF, X, 1);
    int64_t t = now(&x);
    x.now += LONG;
    emit(&x, 0, TRACE_EV_SPAN_ALLOC, 3, Y, 4, 1);
    alloc(&x, 0, HALF, X, 2);
    meanwhile(&x, 3);
    reel *r = load_threads(&x);
    assert_false(said(r, t, X).sure);
    close_made(&r, &x.b);
}

static void fill_half(struct made *x, unsigned thread, uint64_t page) {
    grow(x, thread, HALF, page);
    for (uint64_t slot = 0; slot < HALF_SLOTS; slot++) {
        alloc(x, thread, HALF, page, slot);
    }
}

/* X is full, and a refill was announced: mark termination finds X in the mcache, or what came instead. */
static void flushed_when_announced(bool announced, bool full) {
    struct made x;
    start(&x);
    grow(&x, 0, HALF, X);
    for (uint64_t slot = 0; slot + !full < HALF_SLOTS; slot++) {
        alloc(&x, 0, HALF, X, slot);
    }
    grow(&x, 1, HALF, BUSY);
    alloc(&x, 1, HALF, BUSY, 0);
    if (announced) {
        announce(&x, 0, 1024);
    }
    emit(&x, 0, TRACE_EV_GO_STOP, 2, MARKTERM, IN_CREDIT, 0);
    emit(&x, 0, TRACE_EV_GO_CREATE, 3, 3, 0, 0);
    emit(&x, 0, TRACE_EV_GO_START, 2, 3, 1, 0);
    collect(&x, 2);
    int64_t t = now(&x);
    meanwhile(&x, 3);
    reel *r = load_threads(&x);
    assert_int_equal(said(r, t, X).place, full ? PLACE_EMPTY : PLACE_NONEMPTY);
    assert_int_equal(said(r, t, X).sure, !announced || !full);
    close_made(&r, &x.b);
}

static void a_refill_may_be_over_before_the_flush(void **state) {
    (void)state;
    flushed_when_announced(true, true);
    flushed_when_announced(false, true);
    flushed_when_announced(true, false);
}

/*
 * P 1's mcache is flushed by its thread, which has no P yet, and tells a free of a span that seemed to be elsewhere:
 * all the same those of higher classes are flushed later.
 */
static void a_flush_goes_on_past_other_frees(void **state) {
    (void)state;
    struct made x;
    start(&x);
    fill_half(&x, 1, W);
    grow(&x, 1, HALF, Y);
    alloc(&x, 1, HALF, Y, 0);
    alloc(&x, 1, HALF, Y, 1);
    grow(&x, 1, TWO, Z);
    alloc(&x, 1, TWO, Z, 0);
    emit(&x, 1, TRACE_EV_GO_STOP, 2, MARKTERM, IN_CREDIT, 0);
    emit(&x, 1, TRACE_EV_PROC_STOP, 0, 0, 0, 0);
    collect(&x, 2);
    release(&x, 1, HALF, Y, 0);
    release(&x, 1, HALF, W, 3);
    x.now += LONG;
    grow(&x, 0, SMALL, X);
    int64_t t = now(&x);
    x.now += LONG;
    emit(&x, 1, TRACE_EV_PROC_START, 2, 1, 1, 0);
    alloc(&x, 0, SMALL, X, 0);
    alloc(&x, 0, SMALL, X, 1);
    int64_t after = now(&x);
    reel *r = load_threads(&x);
    assert_true(said(r, t, Z).place == PLACE_NONEMPTY && !said(r, t, Z).sure);
    assert_true(said(r, after, Z).sure);
    close_made(&r, &x.b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thread_may_stand_still_for_long),
        cmocka_unit_test(they_are_kept_by_their_end),
        cmocka_unit_test(ps_may_have_been_more),
        cmocka_unit_test(a_thread_may_stand_still_before_its_goroutine_stops),
        cmocka_unit_test(what_gives_way_may_stay_for_long),
        cmocka_unit_test(a_stack_may_grow_in_between),
        cmocka_unit_test(a_refill_may_be_over_before_the_flush),
        cmocka_unit_test(a_flush_goes_on_past_other_frees),
    };
    return cmocka_run_group_tests_name("silent", tests, NULL, NULL);
}
