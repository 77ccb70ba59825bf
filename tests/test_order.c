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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_span_may_go_long_before_its_refill_is_told),
        cmocka_unit_test(a_sweep_may_take_long),
    };
    return cmocka_run_group_tests_name("order", tests, NULL, NULL);
}
