/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_concluded.c - what events prove of places and sweeps that no event tells: made-up traces, each with one such
 * case.
 *
 * Spans are of one page, at PAGE and behind; ids count 8 bytes, and times ticks of 64 ns. Rules are those of the
 * runtime (mgc.go: GC, gcStart; proc.go: startTheWorldWithSema).
 */
#include "tests/made_reel.h"

enum { PAGE = 5, SMALL = 5, LARGER = 6 }; /* size classes of 48 and 64 bytes */
enum { WAITS = 1, MARKTERM, SWEEPTERM, GC_FUNC, MAIN_FUNC };
enum { IN_GC = 1, OUTSIDE };

static const uint64_t elem[] = {[SMALL] = 48, [LARGER] = 64};

static void alloc(struct bytes *body, unsigned class, uint64_t slot) {
    uint64_t page = PAGE + (class == LARGER);
    event(body, TRACE_EV_HEAP_OBJECT_ALLOC, 2, page * 8192 / 8 + slot * elem[class] / 8, 1, 0);
}
static void release(struct bytes *body, unsigned class, uint64_t slot) {
    uint64_t page = PAGE + (class == LARGER);
    event(body, TRACE_EV_HEAP_OBJECT_FREE, 1, page * 8192 / 8 + slot * elem[class] / 8, 0, 0);
}
static void announce(struct bytes *body, uint64_t live) {
    event(body, TRACE_EV_HEAP_ALLOC, 1, live, 0, 0);
}
static void grow(struct bytes *body, unsigned class, uint64_t live) {
    event(body, TRACE_EV_SPAN_ALLOC, 3, PAGE + (class == LARGER), 1, class << 2);
    announce(body, live);
}

static void a_text(struct bytes *body, unsigned id, const char *s) {
    byte(body, TRACE_EV_STRING);
    number(body, id);
    number(body, strlen(s));
    put(body, s, strlen(s));
}
static void frame_of(struct bytes *body, unsigned func) {
    number(body, func);
    number(body, func);
    number(body, 0);
    number(body, 1);
}

/* P 0 with goroutine 1 running, and goroutine 2 that can run; texts and stacks. Two events. */
static void start(struct bytes *b, struct bytes *body) {
    struct bytes tables = {0};
    begin(b, body);
    byte(&tables, TRACE_EV_STRINGS);
    a_text(&tables, WAITS, "wait until GC ends");
    a_text(&tables, MARKTERM, "GC mark termination");
    a_text(&tables, SWEEPTERM, "GC sweep termination");
    a_text(&tables, GC_FUNC, "runtime.GC");
    a_text(&tables, MAIN_FUNC, "main.main");
    batch(b, 1, UINT64_MAX, 1, &tables);
    byte(&tables, TRACE_EV_STACKS);
    byte(&tables, TRACE_EV_STACK);
    number(&tables, IN_GC);
    number(&tables, 2);
    frame_of(&tables, GC_FUNC);
    frame_of(&tables, MAIN_FUNC);
    byte(&tables, TRACE_EV_STACK);
    number(&tables, OUTSIDE);
    number(&tables, 1);
    frame_of(&tables, MAIN_FUNC);
    batch(b, 1, UINT64_MAX, 1, &tables);
    free(tables.data);
    event(body, TRACE_EV_GO_STATUS, 3, 2, UINT64_MAX, TRACE_GO_RUNNABLE);
}

/* The state of a class's span after so many of the events that each test counts; the first three are start's. */
static struct span_state look(reel *r, int64_t events, unsigned class) {
    frame *f = frame_new(r);
    assert_non_null(f);
    struct span_state st = {0};
    assert_true(frame_seek(f, reel_pos(r, (events + 2) * 64)));
    uint32_t id = frame_find(f, reel_page_address(r, PAGE + (class == LARGER)), NULL);
    assert_true(id != NO_ID && frame_state(f, id, &st));
    frame_free(&f);
    return st;
}

/* A collection that goroutine 1 waits for, in runtime.GC or not. */
static void collect(struct bytes *b, struct bytes *body, uint64_t waits_in) {
    start(b, body);
    grow(body, SMALL, 8192);                                  /* 1, 2 */
    alloc(body, SMALL, 0);                                    /* 3 */
    event(body, TRACE_EV_GC_BEGIN, 2, 2, IN_GC, 0);           /* 4 */
    event(body, TRACE_EV_GO_BLOCK, 2, WAITS, waits_in, 0);    /* 5 */
    event(body, TRACE_EV_GO_START, 2, 2, 1, 0);               /* 6 */
    event(body, TRACE_EV_STW_BEGIN, 2, MARKTERM, OUTSIDE, 0); /* 7 */
    event(body, TRACE_EV_GC_END, 1, 3, 0, 0);                 /* 8 */
    event(body, TRACE_EV_GO_UNBLOCK, 3, 1, 1, OUTSIDE);       /* 9 */
    event(body, TRACE_EV_STW_END, 0, 0, 0, 0);                /* 10 */
    event(body, TRACE_EV_GO_STOP, 2, MAIN_FUNC, OUTSIDE, 0);  /* 11 */
    event(body, TRACE_EV_GO_START, 2, 1, 2, 0);               /* 12 */
    event(body, TRACE_EV_GO_STOP, 2, MAIN_FUNC, IN_GC, 0);    /* 13 */
    event(body, TRACE_EV_GO_START, 2, 1, 3, 0);               /* 14 */
    event(body, TRACE_EV_GO_STOP, 2, MAIN_FUNC, OUTSIDE, 0);  /* 15 */
}

static reel *collected(struct bytes *b, uint64_t waits_in) {
    struct bytes body;
    collect(b, &body, waits_in);
    return load_made(b, &body);
}

/*
 * runtime.GC doesn't return before all is swept: so its caller, seen outside of it, ends the sweep. debug.SetGCPercent
 * waits for the end of marking alone.
 */
static void caller_of_gc_proves_the_sweep(void **state) {
    (void)state;
    const struct cycle *c;
    struct bytes b;
    reel *r = collected(&b, OUTSIDE);
    assert_int_equal(reel_cycles(r, &c), 1);
    assert_true(c[0].end == NO_TIME);
    close_made(&r, &b);
    r = collected(&b, IN_GC);
    assert_int_equal(reel_cycles(r, &c), 1);
    assert_int_equal(c[0].end, (15 + 2) * 64);
    assert_int_equal(c[0].phase[PHASE_SWEEP][1], c[0].end);
    assert_int_equal(look(r, 8, SMALL).swept, KNOWN_NOT); /* held by an mcache, whose flush no event tells */
    assert_int_equal(look(r, 15, SMALL).swept, KNOWN_YES);
    close_made(&r, &b);
}

/* Its sweeper's clock runs ahead of the thread that goes on: the cycle ends with what that frees. */
static void frees_behind_the_end(void **state) {
    (void)state;
    struct bytes b, body;
    collect(&b, &body, IN_GC);                         /* 1 to 15 */
    event(&body, TRACE_EV_GO_START, 2, 1, 4, 0);       /* 16 */
    release(&body, SMALL, 0);                          /* 17 */
    event(&body, TRACE_EV_GC_BEGIN, 2, 4, OUTSIDE, 0); /* 18 */
    reel *r = load_made(&b, &body);
    const struct cycle *c;
    const struct phase_change *of;
    assert_int_equal(reel_cycles(r, &c), 2);
    assert_int_equal(c[0].end, (17 + 2) * 64);
    assert_int_equal(c[0].phase[PHASE_SWEEP][1], c[0].end);
    size_t n = reel_phases(r, &of);
    assert_true(n > 2 && of[n - 2].phase == PHASE_OFF && of[n - 2].gc == 1 && of[n - 2].t == c[0].end);
    assert_true(of[n - 1].phase == PHASE_SWEEPTERM && of[n - 1].gc == 2);
    close_made(&r, &b);
}

/* Two spans on their lists, both swept: each was flushed after a collection, and lost an object. 13 events; heap 16384.
 */
static void two_on_lists(struct bytes *body) {
    grow(body, SMALL, 8192);
    alloc(body, SMALL, 0);
    alloc(body, SMALL, 1);
    grow(body, LARGER, 16384);
    alloc(body, LARGER, 0);
    alloc(body, LARGER, 1);
    event(body, TRACE_EV_GC_BEGIN, 2, 2, 0, 0);
    event(body, TRACE_EV_STW_BEGIN, 2, MARKTERM, OUTSIDE, 0);
    event(body, TRACE_EV_GC_END, 1, 3, 0, 0);
    release(body, SMALL, 0);
    release(body, LARGER, 0);
}

/* The same, and then the smaller one's class is refilled from its list. 16 events; heap 24000. */
static void one_refilled(struct bytes *body) {
    two_on_lists(body);
    event(body, TRACE_EV_STW_END, 0, 0, 0, 0);
    announce(body, 24000);
    alloc(body, SMALL, 0);
}

/*
 * The world is about to go on, and threads are made for its Ps: what was announced then is a refill. Before, the heap
 * was counted anew.
 */
static void refill_while_the_world_starts(void **state) {
    (void)state;
    struct bytes b, body;
    start(&b, &body);
    two_on_lists(&body);                             /* 1 to 13 */
    event(&body, TRACE_EV_PROCS_CHANGE, 2, 1, 0, 0); /* 14 */
    announce(&body, 24000);                          /* 15 */
    alloc(&body, LARGER, 0);                         /* 16 */
    event(&body, TRACE_EV_STW_END, 0, 0, 0, 0);      /* 17 */
    reel *r = load_made(&b, &body);
    struct span_state st = look(r, 14, LARGER);
    assert_true(st.place == PLACE_NONEMPTY && st.swept == KNOWN_YES);
    st = look(r, 17, LARGER);
    assert_true(st.place == PLACE_MCACHE && st.p == 0 && st.sure);
    assert_int_equal(look(r, 17, SMALL).place, PLACE_NONEMPTY);
    close_made(&r, &b);
}

/* Whoever stopped the world for another reason, as for a goroutine profile, may allocate meanwhile. */
static void refill_while_the_world_is_stopped(void **state) {
    (void)state;
    struct bytes b, body;
    start(&b, &body);
    one_refilled(&body);                                    /* 1 to 16 */
    event(&body, TRACE_EV_STW_BEGIN, 2, WAITS, OUTSIDE, 0); /* 17 */
    announce(&body, 30000);                                 /* 18 */
    alloc(&body, LARGER, 0);                                /* 19 */
    event(&body, TRACE_EV_PROCS_CHANGE, 2, 1, 0, 0);        /* 20 */
    event(&body, TRACE_EV_STW_END, 0, 0, 0, 0);             /* 21 */
    reel *r = load_made(&b, &body);
    assert_int_equal(look(r, 18, LARGER).place, PLACE_NONEMPTY);
    struct span_state st = look(r, 21, LARGER);
    assert_true(st.place == PLACE_MCACHE && st.p == 0 && st.sure);
    close_made(&r, &b);
}

/*
 * A goroutine has taken a slot of a span that it was given, and before it tells so it waits to start a GC; what it
 * waits with is an object in a span that its P has held before. The first one comes later, when it runs elsewhere.
 */
static void object_within_an_allocation(void **state) {
    (void)state;
    struct bytes b, body;
    start(&b, &body);
    one_refilled(&body);     /* 1 to 16 */
    announce(&body, 32000);  /* 17 */
    alloc(&body, SMALL, 2);  /* 18: the one within */
    alloc(&body, LARGER, 0); /* 19 */
    reel *r = load_made(&b, &body);
    assert_true(look(r, 16, SMALL).place == PLACE_MCACHE && look(r, 18, LARGER).place == PLACE_NONEMPTY);
    struct span_state st = look(r, 19, LARGER);
    assert_true(st.place == PLACE_MCACHE && st.p == 0 && st.sure);
    assert_int_equal(look(r, 19, SMALL).place, PLACE_MCACHE);
    close_made(&r, &b);
}

/* While objects of a span are freed one by one the runtime still has all of them; and it has no span without any. */
static void what_is_just_changing_is_a_guess(void **state) {
    (void)state;
    struct bytes b, body;
    start(&b, &body);
    one_refilled(&body);                         /* 1 to 16 */
    event(&body, TRACE_EV_GC_BEGIN, 2, 4, 0, 0); /* 17 */
    event(&body, TRACE_EV_GC_END, 1, 5, 0, 0);   /* 18 */
    release(&body, SMALL, 0);                    /* 19 */
    release(&body, SMALL, 1);                    /* 20 */
    alloc(&body, LARGER, 2);                     /* 21 */
    reel *r = load_made(&b, &body);
    assert_false(look(r, 2, SMALL).sure);
    assert_true(look(r, 3, SMALL).sure);
    assert_true(look(r, 16, SMALL).sure);
    struct span_state st = look(r, 19, SMALL);
    assert_true(st.live == 1 && !st.sure);
    assert_true(look(r, 19, LARGER).sure);
    close_made(&r, &b);
}

/* Before the world goes on to mark, all that nobody had swept is. */
static void sweep_termination_leaves_nothing_unswept(void **state) {
    (void)state;
    struct bytes b, body;
    start(&b, &body);
    two_on_lists(&body);                                        /* 1 to 13 */
    event(&body, TRACE_EV_STW_END, 0, 0, 0, 0);                 /* 14 */
    event(&body, TRACE_EV_GC_BEGIN, 2, 4, 0, 0);                /* 15 */
    event(&body, TRACE_EV_GC_END, 1, 5, 0, 0);                  /* 16 */
    event(&body, TRACE_EV_GC_BEGIN, 2, 6, 0, 0);                /* 17 */
    event(&body, TRACE_EV_STW_BEGIN, 2, SWEEPTERM, OUTSIDE, 0); /* 18 */
    event(&body, TRACE_EV_STW_END, 0, 0, 0, 0);                 /* 19 */
    reel *r = load_made(&b, &body);
    assert_int_equal(look(r, 16, SMALL).swept, KNOWN_NO);
    assert_int_equal(look(r, 18, SMALL).swept, KNOWN_NOT);
    assert_int_equal(look(r, 19, SMALL).swept, KNOWN_YES);
    assert_int_equal(look(r, 19, LARGER).swept, KNOWN_YES);
    close_made(&r, &b);
}

/* As long as the P frees on in the same span, and no longer. */
static void a_sweep_ends_with_the_next_span(void **state) {
    (void)state;
    struct bytes b, body;
    start(&b, &body);
    grow(&body, SMALL, 8192);                    /* 1, 2 */
    alloc(&body, SMALL, 0);                      /* 3 */
    alloc(&body, SMALL, 1);                      /* 4 */
    alloc(&body, SMALL, 2);                      /* 5 */
    event(&body, TRACE_EV_GC_BEGIN, 2, 2, 0, 0); /* 6 */
    event(&body, TRACE_EV_GC_END, 1, 3, 0, 0);   /* 7 */
    release(&body, SMALL, 0);                    /* 8 */
    release(&body, SMALL, 1);                    /* 9 */
    grow(&body, LARGER, 16384);                  /* 10, 11 */
    alloc(&body, LARGER, 0);                     /* 12 */
    reel *r = load_made(&b, &body);
    assert_false(look(r, 8, SMALL).sure);
    assert_true(look(r, 9, SMALL).sure);
    assert_true(look(r, 12, SMALL).sure);
    close_made(&r, &b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(caller_of_gc_proves_the_sweep),   cmocka_unit_test(frees_behind_the_end),
        cmocka_unit_test(refill_while_the_world_starts),   cmocka_unit_test(refill_while_the_world_is_stopped),
        cmocka_unit_test(object_within_an_allocation),     cmocka_unit_test(what_is_just_changing_is_a_guess),
        cmocka_unit_test(a_sweep_ends_with_the_next_span), cmocka_unit_test(sweep_termination_leaves_nothing_unswept),
    };
    return cmocka_run_group_tests_name("concluded", tests, NULL, NULL);
}
