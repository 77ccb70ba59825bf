/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_ending.c - a refill that is under way when the trace ends: announced, but its object is missing. Which span it
 * took is a guess, and said to be one; but mostly only one can have been it.
 */
#include "tests/made_threads.h"

enum { X = PAGE, Y = X + 3, Z = Y + 3, U = Z + 3, V = U + 3, W = V + 3 };
enum { ROOM = 3 * 8192 - 12288 }; /* in a span of two slots with one object, and what lies behind them */

static void fill(struct made *x, unsigned class, uint64_t page) {
    grow(x, 0, class, page);
    alloc(x, 0, class, page, 0);
    alloc(x, 0, class, page, 1);
}

/* X and Y, then U of another class, each on its list with room for one object; and a full one in the mcache. */
static void two_with_room(struct made *x) {
    start(x);
    fill(x, TWO, X);
    fill(x, TWO, Y);
    fill(x, TWO, Z);
    fill(x, TWO | NOSCAN, U);
    fill(x, TWO | NOSCAN, V);
    collect(x, 2);
}

static void sweep_both(struct made *x) {
    sweep(x, 0, IN_CREDIT, TWO, X, 0);
    release(x, 0, TWO, Y, 0);
    sweep_end(x, 0, TWO);
}

static void is_guess(reel *r, uint64_t page, enum place place) {
    struct span_state st = at_end(r, page);
    assert_true(st.place == place && !st.sure);
    assert_int_equal(st.live, place == PLACE_MCACHE ? 2 : 1);
}

/* Swept spans are taken in the order in which they came to their list. */
static void a_refill_takes_the_first_with_room(void **state) {
    (void)state;
    struct made x;
    two_with_room(&x);
    sweep_both(&x);
    announce(&x, 0, ROOM);
    reel *r = load_threads(&x);
    is_guess(r, X, PLACE_MCACHE);
    is_guess(r, Y, PLACE_NONEMPTY);
    close_made(&r, &x.b);
}

/* Where it swept, the one that lost something has room. */
static void a_refill_that_sweeps_takes_what_it_swept(void **state) {
    (void)state;
    struct made x;
    two_with_room(&x);
    sweep(&x, 1, IN_CREDIT, TWO, X, 0);
    sweep_end(&x, 1, TWO);
    sweep(&x, 0, IN_CACHE, TWO, Y, 0);
    sweep_end(&x, 0, TWO);
    announce(&x, 0, ROOM);
    reel *r = load_threads(&x);
    is_guess(r, X, PLACE_NONEMPTY);
    is_guess(r, Y, PLACE_MCACHE);
    close_made(&r, &x.b);
}

/* X is first in its list, U in its own; the goroutine that was given one of them stops with this stack. */
static reel *stopped_in(struct made *x, unsigned stack) {
    two_with_room(x);
    sweep_both(x);
    sweep(x, 0, IN_CREDIT, TWO | NOSCAN, U, 0);
    sweep_end(x, 0, TWO);
    announce(x, 0, ROOM);
    emit(x, 0, TRACE_EV_GO_BLOCK, 2, MARKTERM, stack, 0);
    return load_threads(x);
}

/* malloc has functions of its own for objects without pointers, and for size classes. */
static void the_stack_tells_what_is_wanted(void **state) {
    (void)state;
    struct made x;
    reel *r = stopped_in(&x, IN_CREDIT);
    is_guess(r, X, PLACE_NONEMPTY);
    is_guess(r, U, PLACE_NONEMPTY);
    close_made(&r, &x.b);
    r = stopped_in(&x, IN_NOSCAN);
    is_guess(r, U, PLACE_MCACHE);
    assert_true(at_end(r, X).place == PLACE_NONEMPTY && at_end(r, X).sure);
    close_made(&r, &x.b);
    r = stopped_in(&x, IN_CLASS_5);
    assert_true(at_end(r, X).place == PLACE_NONEMPTY && at_end(r, X).sure);
    assert_true(at_end(r, U).place == PLACE_NONEMPTY && at_end(r, U).sure);
    close_made(&r, &x.b);
}

/* The mcache changes only when the refill is announced. */
static void a_growth_alone_is_a_guess(void **state) {
    (void)state;
    struct made x;
    start(&x);
    fill(&x, TWO, X);
    span_alloc(&x, 0, TWO, Y);
    reel *r = load_threads(&x);
    assert_false(at_end(r, X).sure);
    assert_false(at_end(r, Y).sure);
    close_made(&r, &x.b);
}

/* The span in the mcache gives way to the one that is only guessed to come. */
static void what_gives_way_is_a_guess_too(void **state) {
    (void)state;
    struct made x;
    two_with_room(&x);
    sweep_both(&x);
    fill(&x, TWO, W);
    announce(&x, 0, ROOM);
    reel *r = load_threads(&x);
    is_guess(r, X, PLACE_MCACHE);
    assert_true(at_end(r, W).place == PLACE_EMPTY && !at_end(r, W).sure);
    close_made(&r, &x.b);
}

/* A thread is stopped in mid-sweep, and another one allocates thousands of objects until the trace ends. */
static void a_sweeper_may_be_stopped_for_long(void **state) {
    (void)state;
    struct made x;
    two_with_room(&x);
    sweep(&x, 1, IN_CREDIT, TWO, X, 0);
    grow(&x, 0, SMALL, W);
    for (unsigned i = 0; i < 2048; i++) {
        alloc(&x, 0, SMALL, W, i % 128);
    }
    reel *r = load_threads(&x);
    assert_false(at_end(r, X).sure);
    close_made(&r, &x.b);
    two_with_room(&x);
    sweep(&x, 1, IN_CREDIT, TWO, X, 0);
    sweep_end(&x, 1, TWO);
    r = load_threads(&x);
    assert_true(at_end(r, X).sure);
    close_made(&r, &x.b);
}

/* From Go 1.26 on a stack may name the size class: so it tells in which span the slot was taken. */
static void the_stack_tells_where_a_slot_is_taken(void **state) {
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct made x;
        start(&x);
        grow(&x, 0, SMALL, X);
        alloc(&x, 0, SMALL, X, 0);
        grow(&x, 0, HALF, Y);
        alloc(&x, 0, HALF, Y, 0);
        emit(&x, 0, TRACE_EV_GO_STOP, 2, MARKTERM, i == 0 ? IN_CLASS_5 : IN_CREDIT, 0);
        reel *r = load_threads(&x);
        assert_int_equal(at_end(r, X).sure, i == 1);
        assert_true(at_end(r, Y).sure);
        close_made(&r, &x.b);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refill_takes_the_first_with_room),
        cmocka_unit_test(a_refill_that_sweeps_takes_what_it_swept),
        cmocka_unit_test(the_stack_tells_what_is_wanted),
        cmocka_unit_test(a_growth_alone_is_a_guess),
        cmocka_unit_test(what_gives_way_is_a_guess_too),
        cmocka_unit_test(a_sweeper_may_be_stopped_for_long),
        cmocka_unit_test(the_stack_tells_where_a_slot_is_taken),
    };
    return cmocka_run_group_tests_name("ending", tests, NULL, NULL);
}
