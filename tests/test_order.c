/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_order.c - which of two spans came to its list first, where a thread may have been stopped for a while. A sweeper
 * takes spans from the head of a list: so what lay before the one that it is seen to sweep is swept, and what may have
 * lain behind it isn't known to be.
 */
#include "tests/made_threads.h"

static int swept_at_end(struct made *x, uint64_t page) {
    reel *r = load_threads(x);
    int swept = at_end(r, page).swept;
    close_made(&r, &x->b);
    return swept;
}

enum heard { NOTHING, PLAIN, OTHER };

/*
 * Thread 0 gives X back some time after it filled it, thread 1 gives back Y; then X is seen swept. What is said of Y.
 * `heard` is what thread 0 did between the two.
 */
static int after_refills(enum heard heard) {
    enum { X = PAGE, Y, Z, W, AT };
    struct made x;
    start(&x);
    grow(&x, 0, SMALL, AT);
    alloc(&x, 0, SMALL, AT, 0);
    alloc(&x, 0, SMALL, AT, 1);
    grow(&x, 0, ONE, X);
    alloc(&x, 0, ONE, X, 0);
    grow(&x, 1, ONE, Y);
    alloc(&x, 1, ONE, Y, 0);
    grow(&x, 1, ONE, Z);
    alloc(&x, 1, ONE, Z, 0);
    switch (heard) {
    case NOTHING:
        break;
    case PLAIN:
        alloc(&x, 0, SMALL, AT, 2);
        break;
    case OTHER:
        emit(&x, 0, TRACE_EV_HEAP_GOAL, 1, 1 << 20, 0, 0);
        break;
    }
    grow(&x, 0, ONE, W);
    alloc(&x, 0, ONE, W, 0);
    collect(&x, 2);
    sweep(&x, 1, IN_CREDIT, ONE, X, 0);
    return swept_at_end(&x, Y);
}

/* A refill gives the old span back when it begins, and is announced when it ends. */
static void a_span_may_go_long_before_its_refill_is_told(void **state) {
    (void)state;
    assert_int_equal(after_refills(NOTHING), KNOWN_NOT);
    assert_int_equal(after_refills(PLAIN), KNOWN_YES);
    assert_int_equal(after_refills(OTHER), KNOWN_YES);
}

/*
 * After a collection thread 0 sweeps X, thread 1 Y; after the next one Y is seen swept. What is said of X. `through`:
 * thread 0 is through with X before Y's turn comes.
 */
static int after_sweeps(bool through) {
    enum { X = PAGE, Y = X + 3, Z = Y + 3 };
    struct made x;
    start(&x);
    for (uint64_t page = X; page <= Z; page += 3) {
        grow(&x, 0, TWO, page);
        alloc(&x, 0, TWO, page, 0);
        alloc(&x, 0, TWO, page, 1);
    }
    collect(&x, 2);
    sweep(&x, 0, IN_CREDIT, TWO, X, 0);
    if (through) {
        sweep_end(&x, 0, TWO);
    }
    sweep(&x, 1, IN_CREDIT, TWO, Y, 0);
    sweep_end(&x, 1, TWO);
    if (!through) {
        sweep_end(&x, 0, TWO);
    }
    collect(&x, 4);
    sweep(&x, 0, IN_CREDIT, TWO, Y, 1);
    return swept_at_end(&x, X);
}

/* A span goes to its list when its sweeper is through with it. */
static void a_sweep_may_take_long(void **state) {
    (void)state;
    assert_int_equal(after_sweeps(true), KNOWN_YES);
    assert_int_equal(after_sweeps(false), KNOWN_NOT);
}

static void fill_half(struct made *x, unsigned thread, uint64_t page) {
    enum { SLOTS = 15 }; /* beside mark bits */
    grow(x, thread, HALF | NOSCAN, page);
    for (uint64_t i = 0; i < SLOTS; i++) {
        alloc(x, thread, HALF | NOSCAN, page, i);
    }
}

/*
 * After a collection a sweeper takes X and then Z from a list: Y between them is swept then, and so after U has come,
 * unless it was `reclaimed` long before. After the next one Y is seen swept. What is said of U.
 */
static int after_growth(bool reclaimed) {
    enum { X = PAGE, Y, Z, D, U, V };
    struct made x;
    start_of(&x, 26);
    for (uint64_t page = X; page <= D; page++) {
        fill_half(&x, 0, page);
    }
    collect(&x, 2);
    if (reclaimed) {
        emit(&x, 0, TRACE_EV_GC_SWEEP_BEGIN, 1, IN_ALLOC, 0, 0);
        emit(&x, 0, TRACE_EV_GC_SWEEP_END, 2, 8192, 0, 0);
    }
    fill_half(&x, 1, U);
    fill_half(&x, 1, V);
    sweep(&x, 1, IN_CREDIT, HALF | NOSCAN, X, 0);
    release(&x, 1, HALF | NOSCAN, Z, 0);
    sweep_end(&x, 1, HALF | NOSCAN);
    collect(&x, 4);
    sweep(&x, 1, IN_CREDIT, HALF | NOSCAN, Y, 0);
    return swept_at_end(&x, U);
}

/* With mark bits in spans, whoever looks for pages to reclaim sweeps spans that live on. */
static void reclaiming_follows_no_list(void **state) {
    (void)state;
    assert_int_equal(after_growth(false), KNOWN_YES);
    assert_int_equal(after_growth(true), KNOWN_NOT);
}

/*
 * A program that has never collected: whose mcaches its spans X and Y are in nobody knows, P 0's or P 1's. After its
 * first collection P 0 is flushed; then X loses an object, or P 1 starts anew.
 */
enum then { NO_MORE, ONE_FREE, ALL_FLUSHED };
static reel *first_collection(struct made *x, enum then then) {
    start(x);
    emit(x, 0, TRACE_EV_STW_BEGIN, 2, IN_CREDIT, 0, 0);
    emit(x, 0, TRACE_EV_PROCS_CHANGE, 2, 2, 0, 0);
    emit(x, 0, TRACE_EV_SPAN, 3, PAGE, npages[SMALL], SMALL << 2);
    emit(x, 0, TRACE_EV_HEAP_OBJECT, 2, object_id(SMALL, PAGE, 0), 0, 0);
    emit(x, 0, TRACE_EV_HEAP_OBJECT, 2, object_id(SMALL, PAGE, 1), 0, 0);
    emit(x, 0, TRACE_EV_SPAN, 3, PAGE + 1, npages[TWO], TWO << 2);
    emit(x, 0, TRACE_EV_HEAP_OBJECT, 2, object_id(TWO, PAGE + 1, 0), 0, 0);
    emit(x, 0, TRACE_EV_STW_END, 0, 0, 0, 0);
    collect(x, 2);
    switch (then) {
    case NO_MORE:
        break;
    case ONE_FREE:
        release(x, 1, SMALL, PAGE, 0);
        break;
    case ALL_FLUSHED:
        emit(x, 1, TRACE_EV_GO_STOP, 2, IN_CREDIT, 0, 0);
        emit(x, 1, TRACE_EV_PROC_STOP, 0, 0, 0, 0);
        emit(x, 1, TRACE_EV_PROC_START, 2, 1, 1, 0);
        break;
    }
    return load_threads(x);
}

/* Who is only supposed to have held a span tells nothing of when it was flushed. */
static void a_guess_of_the_owner_proves_no_flush(void **state) {
    (void)state;
    struct made x;
    reel *r = first_collection(&x, NO_MORE);
    struct span_state a = at_end(r, PAGE), b = at_end(r, PAGE + 1);
    assert_true(a.place == PLACE_MCACHE && !a.sure && a.swept == KNOWN_NOT);
    assert_true(b.place == PLACE_MCACHE && !b.sure && b.swept == KNOWN_NOT);
    close_made(&r, &x.b);
    r = first_collection(&x, ONE_FREE);
    a = at_end(r, PAGE), b = at_end(r, PAGE + 1);
    assert_true(a.place == PLACE_NONEMPTY && a.swept == KNOWN_YES);
    assert_true(b.place == PLACE_MCACHE && !b.sure && b.swept == KNOWN_NOT);
    close_made(&r, &x.b);
    r = first_collection(&x, ALL_FLUSHED);
    a = at_end(r, PAGE), b = at_end(r, PAGE + 1);
    assert_true(a.place == PLACE_NONEMPTY && a.sure && a.swept == KNOWN_YES);
    assert_true(b.place == PLACE_NONEMPTY && b.sure && b.swept == KNOWN_YES);
    close_made(&r, &x.b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_span_may_go_long_before_its_refill_is_told),
        cmocka_unit_test(a_sweep_may_take_long),
        cmocka_unit_test(reclaiming_follows_no_list),
        cmocka_unit_test(a_guess_of_the_owner_proves_no_flush),
    };
    return cmocka_run_group_tests_name("order", tests, NULL, NULL);
}
