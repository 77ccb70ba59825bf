/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_order.c - which of two spans came to its list first, where a thread may have been stopped for a while: made-up
 * traces of two threads, each with a P and a goroutine. A sweeper takes spans from the head of a list: so what lay
 * before the one that it is seen to sweep is swept, and what may have lain behind it isn't known to be.
 */
#include "tests/made_reel.h"

enum { PAGE = 5, SMALL = 5, ONE = 51, TWO = 56 }; /* size classes: of 48 bytes; one slot a span, and two */
enum { CREDIT = 1, MARKTERM, IN_SWEEP = 1 };
enum { THREADS = 2 };

static const uint64_t elem[] = {[SMALL] = 48, [ONE] = 8192, [TWO] = 12288 / 2};
static const uint64_t npages[] = {[SMALL] = 1, [ONE] = 1, [TWO] = 3};

struct made {
    struct bytes b, body[THREADS];
    uint64_t last[THREADS], now; /* ticks: each event is one later than the one before, whoever's */
    uint64_t live;
};

static void emit(struct made *x, unsigned thread, unsigned type, int n, uint64_t a0, uint64_t a1, uint64_t a2) {
    uint64_t arg[] = {a0, a1, a2};
    byte(&x->body[thread], type);
    number(&x->body[thread], x->now - x->last[thread]);
    for (int i = 0; i < n; i++) {
        number(&x->body[thread], arg[i]);
    }
    x->last[thread] = x->now++;
}

static void alloc(struct made *x, unsigned thread, unsigned class, uint64_t page, uint64_t slot) {
    uint64_t header = elem[class] > 512 ? 1 : 0;
    emit(x, thread, TRACE_EV_HEAP_OBJECT_ALLOC, 2, page * 8192 / 8 + slot * elem[class] / 8 + header, 1, 0);
}
static void release(struct made *x, unsigned thread, unsigned class, uint64_t page, uint64_t slot) {
    emit(x, thread, TRACE_EV_HEAP_OBJECT_FREE, 1, page * 8192 / 8 + slot * elem[class] / 8, 0, 0);
}
/* The P's mcache gets a fresh span, and gives back the one it had. */
static void grow(struct made *x, unsigned thread, unsigned class, uint64_t page) {
    emit(x, thread, TRACE_EV_SPAN_ALLOC, 3, page, npages[class], class << 2);
    x->live += npages[class] * 8192;
    emit(x, thread, TRACE_EV_HEAP_ALLOC, 1, x->live, 0, 0);
}

static void start(struct made *x) {
    static const char *const words[] = {"", "runtime.deductSweepCredit", "GC mark termination"};
    struct bytes tables = {0};
    *x = (struct made){.now = 1};
    put(&x->b, "go 1.23 trace\0\0\0", 16);
    byte(&tables, TRACE_EV_FREQUENCY);
    number(&tables, 15625000);
    batch(&x->b, 1, UINT64_MAX, 1, &tables);
    byte(&tables, TRACE_EV_STRINGS);
    for (unsigned i = CREDIT; i <= MARKTERM; i++) {
        byte(&tables, TRACE_EV_STRING);
        number(&tables, i);
        number(&tables, strlen(words[i]));
        put(&tables, words[i], strlen(words[i]));
    }
    batch(&x->b, 1, UINT64_MAX, 1, &tables);
    static const uint8_t stack[] = {TRACE_EV_STACKS, TRACE_EV_STACK, IN_SWEEP, 1, CREDIT, CREDIT, 0, 1};
    put(&tables, stack, sizeof stack);
    batch(&x->b, 1, UINT64_MAX, 1, &tables);
    free(tables.data);
    for (unsigned i = 0; i < THREADS; i++) {
        x->last[i] = 1;
        emit(x, i, TRACE_EV_PROC_STATUS, 2, i, TRACE_PROC_RUNNING, 0);
        emit(x, i, TRACE_EV_GO_STATUS, 3, i + 1, i + 1, TRACE_GO_RUNNING);
    }
}

static void collect(struct made *x, uint64_t seq) {
    emit(x, 0, TRACE_EV_GC_BEGIN, 2, seq, 0, 0);
    emit(x, 0, TRACE_EV_STW_BEGIN, 2, MARKTERM, 0, 0);
    emit(x, 0, TRACE_EV_GC_END, 1, seq + 1, 0, 0);
    emit(x, 0, TRACE_EV_STW_END, 0, 0, 0, 0);
}

/* What is said of a span when the trace is over. */
static struct span_state finish(struct made *x, uint64_t page) {
    for (unsigned i = 0; i < THREADS; i++) {
        batch(&x->b, 1, i + 1, 1, &x->body[i]);
        free(x->body[i].data);
    }
    struct trace_error err;
    struct reel_options opt = {.threads = 1};
    reel *r = reel_open_memory(x->b.data, x->b.size, &opt, &err);
    assert_non_null(r);
    assert_int_equal(reel_load(r, 0), REEL_DONE);
    assert_int_equal(reel_info(r)->loss.code, TRACE_OK);
    frame *f = frame_new(r);
    struct span_state st = {0};
    assert_true(f != NULL && frame_seek(f, reel_facts(r)));
    uint32_t id = frame_find(f, reel_page_address(r, page), NULL);
    assert_true(id != NO_ID && frame_state(f, id, &st));
    frame_free(&f);
    reel_close(&r);
    free(x->b.data);
    return st;
}

/* Thread 0 sweeps the first span at `page` that there is. */
static void sweep(struct made *x, unsigned thread, unsigned class, uint64_t page, uint64_t slot) {
    emit(x, thread, TRACE_EV_GC_SWEEP_BEGIN, 1, IN_SWEEP, 0, 0);
    release(x, thread, class, page, slot);
}
static void sweep_end(struct made *x, unsigned thread, unsigned class) {
    emit(x, thread, TRACE_EV_GC_SWEEP_END, 2, npages[class] * 8192, elem[class], 0);
}

enum heard { NOTHING, PLAIN, OTHER };

/*
 * Thread 0 gives X back some time after it filled it, thread 1 gives back Y; then X is seen swept. What is said of Y.
 * `heard` is what thread 0 did between the two.
 */
static struct span_state after_refills(enum heard heard) {
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
    sweep(&x, 1, ONE, X, 0);
    return finish(&x, Y);
}

/* A refill gives the old span back when it begins, and is announced when it ends. */
static void a_span_may_go_long_before_its_refill_is_told(void **state) {
    (void)state;
    assert_int_equal(after_refills(NOTHING).swept, KNOWN_NOT);
    assert_int_equal(after_refills(PLAIN).swept, KNOWN_YES);
    assert_int_equal(after_refills(OTHER).swept, KNOWN_YES);
}

/*
 * After a collection thread 0 sweeps X, thread 1 Y; after the next one Y is seen swept. What is said of X. `through`:
 * thread 0 is through with X before Y's turn comes.
 */
static struct span_state after_sweeps(bool through) {
    enum { X = PAGE, Y = X + 3, Z = Y + 3 };
    struct made x;
    start(&x);
    for (uint64_t page = X; page <= Z; page += 3) {
        grow(&x, 0, TWO, page);
        alloc(&x, 0, TWO, page, 0);
        alloc(&x, 0, TWO, page, 1);
    }
    collect(&x, 2);
    sweep(&x, 0, TWO, X, 0);
    if (through) {
        sweep_end(&x, 0, TWO);
    }
    sweep(&x, 1, TWO, Y, 0);
    sweep_end(&x, 1, TWO);
    if (!through) {
        sweep_end(&x, 0, TWO);
    }
    collect(&x, 4);
    sweep(&x, 0, TWO, Y, 1);
    return finish(&x, X);
}

/* A span goes to its list when its sweeper is through with it. */
static void a_sweep_may_take_long(void **state) {
    (void)state;
    assert_int_equal(after_sweeps(true).swept, KNOWN_YES);
    assert_int_equal(after_sweeps(false).swept, KNOWN_NOT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_span_may_go_long_before_its_refill_is_told),
        cmocka_unit_test(a_sweep_may_take_long),
    };
    return cmocka_run_group_tests_name("order", tests, NULL, NULL);
}
