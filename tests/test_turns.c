/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_turns.c - what one span tells of others, and what it doesn't: made-up traces of spans of one class on mcentral's
 * lists, and of a heap that was there before the trace.
 *
 * Spans are of size class 44 without pointers: two slots of 4096 bytes, one page, number n at page PAGE + n. Ids count
 * 8 bytes, and times ticks of 64 ns. Rules are those of the runtime (mcentral.go: cacheSpan; mgcsweep.go: ensureSwept).
 */
#include "tests/made_reel.h"

enum { PAGE = 5, CLASS = 44, NOSCAN = CLASS << 2 | 2, SLOT_UNITS = 512, MOST_SPANS = 16 };
enum { START_TRACE = 1, CACHE_FUNC, SWEEPTERM };
enum { IN_CACHE = 1 };

/* A trace under way: how many events it has, and of which spans these spoke. */
struct tale {
    struct bytes b, body;
    int64_t events;
    uint64_t live; /* the heap, as HeapAlloc has it */
};

static void tell(struct tale *x, unsigned type, int n, uint64_t a0, uint64_t a1, uint64_t a2) {
    event(&x->body, type, n, a0, a1, a2);
    x->events++;
}
static void alloc(struct tale *x, uint64_t span, uint64_t slot) {
    tell(x, TRACE_EV_HEAP_OBJECT_ALLOC, 2, (PAGE + span) * 1024 + slot * SLOT_UNITS, 1, 0);
}
static void release(struct tale *x, uint64_t span, uint64_t slot) {
    tell(x, TRACE_EV_HEAP_OBJECT_FREE, 1, (PAGE + span) * 1024 + slot * SLOT_UNITS, 0, 0);
}
static void announce(struct tale *x) {
    tell(x, TRACE_EV_HEAP_ALLOC, 1, x->live += 4096, 0, 0);
}
static void grow(struct tale *x, uint64_t span) {
    tell(x, TRACE_EV_SPAN_ALLOC, 3, PAGE + span, 1, NOSCAN);
    announce(x);
}
static void fill(struct tale *x, uint64_t span) {
    grow(x, span);
    alloc(x, span, 0);
    alloc(x, span, 1);
}
/* A refill sweeps so many bytes; what it frees is told in between. */
static void sweep_begins(struct tale *x) {
    tell(x, TRACE_EV_GC_SWEEP_BEGIN, 1, IN_CACHE, 0, 0);
}
static void sweep_ends(struct tale *x, uint64_t bytes) {
    tell(x, TRACE_EV_GC_SWEEP_END, 2, bytes, 0, 0);
}
/* All that is unswept is swept; then a collection, whose end leaves all unswept. */
static void collect(struct tale *x, uint64_t n) {
    tell(x, TRACE_EV_GC_BEGIN, 2, 2 * n, 0, 0);
    tell(x, TRACE_EV_GC_END, 1, 2 * n + 1, 0, 0);
}

static void a_text(struct bytes *body, unsigned id, const char *s) {
    byte(body, TRACE_EV_STRING);
    number(body, id);
    number(body, strlen(s));
    put(body, s, strlen(s));
}

/* P 0 with goroutine 1 running: two events. */
static void start(struct tale *x) {
    struct bytes tables = {0};
    *x = (struct tale){.events = 2};
    begin(&x->b, &x->body);
    byte(&tables, TRACE_EV_STRINGS);
    a_text(&tables, START_TRACE, "start trace");
    a_text(&tables, CACHE_FUNC, "runtime.(*mcentral).cacheSpan");
    a_text(&tables, SWEEPTERM, "GC sweep termination");
    batch(&x->b, 1, UINT64_MAX, 1, &tables);
    byte(&tables, TRACE_EV_STACKS);
    byte(&tables, TRACE_EV_STACK);
    const uint64_t stack[] = {IN_CACHE, 1, CACHE_FUNC, CACHE_FUNC, 0, 1}; /* id, frames; pc, function, file, line */
    for (size_t i = 0; i < sizeof stack / sizeof stack[0]; i++) {
        number(&tables, stack[i]);
    }
    batch(&x->b, 1, UINT64_MAX, 1, &tables);
    free(tables.data);
}

/* The state of a span after so many events. */
static struct span_state look(reel *r, int64_t events, uint64_t span) {
    frame *f = frame_new(r);
    struct span_state st = {0};
    assert_non_null(f);
    assert_true(frame_seek(f, reel_pos(r, (events - 1) * 64)));
    uint32_t id = frame_find(f, reel_page_address(r, PAGE + span), NULL);
    assert_true(id != NO_ID && frame_state(f, id, &st));
    frame_free(&f);
    return st;
}

/*
 * Four spans on mcentral's lists, unswept: 0, 1 and 2 partly filled, in that order, 3 full. The last one of class is in
 * the mcache of P 0, which goes on after the collection.
 */
static void lists(struct tale *x) {
    start(x);
    for (uint64_t i = 0; i < 5; i++) {
        fill(x, i);
    }
    collect(x, 1);
    for (uint64_t i = 0; i < 3; i++) {
        release(x, i, 0);
    }
    collect(x, 2);
}

/* A refill that sweeps takes the first of the list: whatever lay before the span that it got was swept. */
static void a_refill_that_sweeps_tells_of_those_before(void **state) {
    (void)state;
    struct tale x;
    lists(&x);
    sweep_begins(&x);
    sweep_ends(&x, 8192);
    announce(&x);
    int64_t before = x.events;
    alloc(&x, 1, 0);
    reel *r = load_made(&x.b, &x.body);
    assert_int_equal(look(r, before, 0).swept, KNOWN_NOT);
    assert_int_equal(look(r, x.events, 0).swept, KNOWN_YES);
    assert_int_equal(look(r, x.events, 1).place, PLACE_MCACHE);
    assert_int_equal(look(r, x.events, 2).swept, KNOWN_NOT);
    assert_int_equal(look(r, x.events, 3).swept, KNOWN_NOT);
    close_made(&r, &x.b);
}

/* One that doesn't sweep found a swept span, which was so out of turn: that tells nothing of others. */
static void a_refill_without_a_sweep_tells_nothing(void **state) {
    (void)state;
    struct tale x;
    lists(&x);
    announce(&x);
    alloc(&x, 1, 0);
    reel *r = load_made(&x.b, &x.body);
    struct span_state st = look(r, x.events, 1);
    assert_true(st.place == PLACE_MCACHE && st.swept == KNOWN_YES && st.sure);
    assert_int_equal(look(r, x.events, 0).swept, KNOWN_NOT);
    assert_int_equal(look(r, x.events, 2).swept, KNOWN_NOT);
    close_made(&r, &x.b);
}

/* The heap grows only when no partly filled span is left to sweep. */
static void a_growth_tells_of_all_that_had_room(void **state) {
    (void)state;
    struct tale x;
    lists(&x);
    int64_t before = x.events;
    grow(&x, 9);
    reel *r = load_made(&x.b, &x.body);
    for (uint64_t i = 0; i < 3; i++) {
        assert_int_equal(look(r, before, i).swept, KNOWN_NO);
        assert_int_equal(look(r, x.events, i).swept, KNOWN_YES);
    }
    assert_int_equal(look(r, x.events, 3).swept, KNOWN_NO);
    close_made(&r, &x.b);
}

/* Full spans are swept for a refill once no other is left; the P's own was flushed before, so it lies swept. */
static void a_full_span_swept_for_a_refill_tells_of_all_that_had_room(void **state) {
    (void)state;
    struct tale x;
    lists(&x);
    sweep_begins(&x);
    release(&x, 3, 1);
    int64_t at = x.events;
    sweep_ends(&x, 8192);
    announce(&x);
    alloc(&x, 3, 1);
    reel *r = load_made(&x.b, &x.body);
    for (uint64_t i = 0; i < 3; i++) {
        assert_int_equal(look(r, at, i).swept, KNOWN_YES);
    }
    assert_int_equal(look(r, x.events, 3).place, PLACE_MCACHE);
    close_made(&r, &x.b);
}

/*
 * Once a span of the class was seen to be swept out of turn, silent sweeps say nothing of the order in which the spans
 * lie: the last collection's full spans 0 and 1 may have been pushed in any order, and 1 tells nothing of 0.
 */
static reel *silent_survivors(struct tale *x, bool out_of_turn, int64_t *seen) {
    start(x);
    for (uint64_t i = 0; i < 5; i++) {
        fill(x, i);
    }
    collect(x, 1);
    if (out_of_turn) {
        release(x, 3, 0); /* by nobody who sweeps in order */
    }
    sweep_begins(x);
    release(x, 2, 0);
    sweep_ends(x, 3 * 8192); /* with 0 and 1 before it, which keep what they have */
    collect(x, 2);
    sweep_begins(x);
    release(x, 1, 0);
    *seen = x->events;
    sweep_ends(x, 8192);
    return load_made(&x->b, &x->body);
}

static void order_of_silent_sweeps_holds_until_one_is_out_of_turn(void **state) {
    (void)state;
    struct tale x;
    int64_t seen;
    reel *r = silent_survivors(&x, false, &seen);
    assert_int_equal(look(r, seen, 0).swept, KNOWN_YES);
    close_made(&r, &x.b);
    r = silent_survivors(&x, true, &seen);
    assert_int_equal(look(r, seen, 0).swept, KNOWN_NOT);
    close_made(&r, &x.b);
}

/*
 * Spans 0 and 1 come through a collection without an event, one behind the other. In the next one span 0 is swept, a
 * new one is filled, and then a span is swept that lay behind both: span 1 may have been swept before the new one was
 * filled or after it, so in the third collection span 1 tells nothing of the new one.
 */
static void what_lies_behind_an_earlier_span_was_unswept_only_then(void **state) {
    (void)state;
    struct tale x;
    start(&x);
    for (uint64_t i = 0; i < 2; i++) {
        fill(&x, i);
    }
    grow(&x, 2);
    collect(&x, 1);
    alloc(&x, 2, 0); /* told late: the mcache is flushed meanwhile */
    for (uint64_t i = 3; i < 6; i++) {
        fill(&x, i);
    }
    collect(&x, 2);
    sweep_begins(&x);
    release(&x, 0, 0);
    sweep_ends(&x, 8192);
    announce(&x);
    alloc(&x, 0, 0);
    for (uint64_t i = 7; i < 9; i++) {
        fill(&x, i);
    }
    sweep_begins(&x);
    release(&x, 3, 0);
    sweep_ends(&x, 2 * 8192);
    announce(&x);
    alloc(&x, 3, 0);
    collect(&x, 3);
    sweep_begins(&x);
    release(&x, 1, 0);
    int64_t seen = x.events;
    sweep_ends(&x, 8192);
    reel *r = load_made(&x.b, &x.body);
    assert_int_equal(look(r, seen, 7).swept, KNOWN_NOT);
    close_made(&r, &x.b);
}

/* A span is made for an object: where that one's event is still to come when the trace ends, it is there all the same.
 */
static void a_new_span_has_an_object(void **state) {
    (void)state;
    struct tale x;
    start(&x);
    fill(&x, 0);
    grow(&x, 1);
    tell(&x, TRACE_EV_SPAN_ALLOC, 3, PAGE + 2, 5, 2); /* a large one */
    announce(&x);
    int64_t last = x.events;
    reel *r = load_made(&x.b, &x.body);
    for (uint64_t i = 1; i < 3; i++) {
        struct span_state st = look(r, last, i);
        assert_true(st.live == 1 && !st.sure);
    }
    assert_true(look(r, last, 0).sure);
    close_made(&r, &x.b);
}

/* The slot that a refill was for is taken, where its length tells which span it got. */
static void a_refill_at_the_end_has_its_object(void **state) {
    (void)state;
    struct tale x;
    lists(&x);
    sweep_begins(&x);
    release(&x, 0, 1);
    tell(&x, TRACE_EV_SPAN_FREE, 1, PAGE, 0, 0);
    release(&x, 2, 1);
    tell(&x, TRACE_EV_SPAN_FREE, 1, PAGE + 2, 0, 0);
    sweep_ends(&x, 3 * 8192);
    announce(&x);
    int64_t last = x.events;
    reel *r = load_made(&x.b, &x.body);
    struct span_state st = look(r, last, 1);
    assert_true(st.place == PLACE_MCACHE && st.p == 0 && st.live == 2 && !st.sure);
    close_made(&r, &x.b);
}

/*
 * A program that has never collected has each partly filled span in some mcache, and none has two of one class: of two
 * such spans in one chunk of 64 pages the second is another P's.
 */
static void owners_before_the_trace_differ(void **state) {
    (void)state;
    struct tale x;
    start(&x);
    tell(&x, TRACE_EV_PROCS_CHANGE, 2, 2, 0, 0);
    tell(&x, TRACE_EV_STW_BEGIN, 2, START_TRACE, 0, 0);
    for (uint64_t i = 0; i < 2; i++) {
        tell(&x, TRACE_EV_SPAN, 3, PAGE + i, 1, NOSCAN);
        tell(&x, TRACE_EV_HEAP_OBJECT, 2, (PAGE + i) * 1024, 0, 0);
    }
    tell(&x, TRACE_EV_STW_END, 0, 0, 0, 0);
    int64_t at = x.events;
    alloc(&x, 1, 1);
    reel *r = load_made(&x.b, &x.body);
    struct span_state a = look(r, at, 0), b = look(r, at, 1);
    assert_true(a.place == PLACE_MCACHE && b.place == PLACE_MCACHE && !a.sure && !b.sure);
    assert_int_equal(a.p, 0);
    assert_int_equal(b.p, 1);
    /* P 0 allocates in the second one, so it is P 0's, and the first one is not */
    a = look(r, x.events, 0);
    b = look(r, x.events, 1);
    assert_true(b.place == PLACE_MCACHE && b.p == 0 && b.sure);
    assert_true(a.place == PLACE_MCACHE && a.p == 1 && !a.sure);
    close_made(&r, &x.b);
}

static void sweep_termination(struct tale *x, uint64_t n) {
    tell(x, TRACE_EV_STW_BEGIN, 2, SWEEPTERM, 0, 0);
    tell(x, TRACE_EV_GC_BEGIN, 2, 2 * n, 0, 0);
    tell(x, TRACE_EV_STW_END, 0, 0, 0, 0);
}

/* Full spans of the snapshot may be the last ones of an mcache, until a whole collection has emptied all of them. */
static void full_before_the_trace_may_be_cached(void **state) {
    (void)state;
    struct tale x;
    start(&x);
    tell(&x, TRACE_EV_STW_BEGIN, 2, START_TRACE, 0, 0);
    for (uint64_t i = 0; i < 3; i++) {
        tell(&x, TRACE_EV_SPAN, 3, PAGE + i, 1, NOSCAN);
        for (uint64_t slot = i / 2; slot < 2; slot++) { /* the last one lacks its first, as after collections */
            tell(&x, TRACE_EV_HEAP_OBJECT, 2, (PAGE + i) * 1024 + slot * SLOT_UNITS, 0, 0);
        }
    }
    tell(&x, TRACE_EV_STW_END, 0, 0, 0, 0);
    int64_t first = x.events;
    sweep_termination(&x, 1);
    int64_t marking = x.events;
    tell(&x, TRACE_EV_GC_END, 1, 3, 0, 0);
    int64_t sweeping = x.events;
    sweep_termination(&x, 2);
    reel *r = load_made(&x.b, &x.body);
    for (uint64_t i = 0; i < 2; i++) {
        assert_false(look(r, first, i).sure);
        struct span_state st = look(r, marking, i);
        assert_true(st.place == PLACE_EMPTY && st.swept == KNOWN_YES && !st.sure);
        assert_false(look(r, sweeping, i).sure);
        st = look(r, x.events, i);
        assert_true(st.place == PLACE_EMPTY && st.swept == KNOWN_YES && st.sure);
    }
    close_made(&r, &x.b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refill_that_sweeps_tells_of_those_before),
        cmocka_unit_test(a_refill_without_a_sweep_tells_nothing),
        cmocka_unit_test(a_growth_tells_of_all_that_had_room),
        cmocka_unit_test(a_full_span_swept_for_a_refill_tells_of_all_that_had_room),
        cmocka_unit_test(order_of_silent_sweeps_holds_until_one_is_out_of_turn),
        cmocka_unit_test(what_lies_behind_an_earlier_span_was_unswept_only_then),
        cmocka_unit_test(a_new_span_has_an_object),
        cmocka_unit_test(a_refill_at_the_end_has_its_object),
        cmocka_unit_test(owners_before_the_trace_differ),
        cmocka_unit_test(full_before_the_trace_may_be_cached),
    };
    return cmocka_run_group_tests_name("turns", tests, NULL, NULL);
}
