/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_stops.c - programs that sweep while the world is stopped: where GODEBUG=gcstoptheworld=2 makes them (mgc.go:
 * gcSweep), or for a heap dump (heapdump.go: mdump). Made-up traces of two threads, of which the first one collects.
 *
 * Spans are of one page, from PAGE on; ids count 8 bytes, and times ticks of 64 ns. Rule R13 of doc/inference.md.
 */
#include "tests/made_threads.h"

enum { OTHER = PAGE + 1 };

/* Two spans with three objects each; the second one has left its mcache. Thread 0 then stops the world. */
static void two_spans(struct made *x) {
    start(x);
    for (unsigned i = 0; i < 2; i++) {
        grow(x, i, SMALL, PAGE + i);
        for (unsigned slot = 0; slot < 3; slot++) {
            alloc(x, i, SMALL, PAGE + i, slot);
        }
    }
}
static void stop(struct made *x, uint64_t seq) {
    emit(x, 0, TRACE_EV_GC_BEGIN, 2, seq, 0, 0);
    emit(x, 0, TRACE_EV_STW_BEGIN, 2, MARKTERM, 0, 0);
}
static int64_t go_on(struct made *x, uint64_t seq) {
    emit(x, 0, TRACE_EV_GC_END, 1, seq, 0, 0);
    int64_t at = (int64_t)(x->now - 1) * 64;
    emit(x, 0, TRACE_EV_STW_END, 0, 0, 0, 0);
    return at - 64; /* the trace begins with its first event */
}

static void all_is_swept_before_the_gc_ends(void **state) {
    (void)state;
    struct made x;
    two_spans(&x);
    stop(&x, 2);
    int64_t begins = ((int64_t)x.now - 1) * 64;
    release(&x, 0, SMALL, PAGE, 0);
    release(&x, 0, SMALL, PAGE, 2);
    int64_t ends = go_on(&x, 3);
    alloc(&x, 1, SMALL, OTHER, 0); /* told twice; for a last fact */
    reel *r = load_threads(&x);
    const struct cycle *c;
    assert_int_equal(reel_cycles(r, &c), 1);
    assert_int_equal(c[0].objects_freed, 2);
    assert_int_equal(c[0].phase[PHASE_MARKTERM][1], begins);
    assert_true(c[0].phase[PHASE_SWEEP][0] == begins && c[0].phase[PHASE_SWEEP][1] == ends && c[0].end == ends);
    struct span_state st = at_end(r, PAGE), other = at_end(r, OTHER);
    assert_true(st.swept == KNOWN_YES && st.place == PLACE_NONEMPTY && st.live == 1 && st.sure);
    assert_true(other.swept == KNOWN_YES && other.place == PLACE_NONEMPTY && other.live == 3);
    close_made(&r, &x.b);
}

/* A program does so in all cycles: also where nothing was to be freed. */
static void and_so_it_is_ever_after(void **state) {
    (void)state;
    struct made x;
    two_spans(&x);
    stop(&x, 2);
    release(&x, 0, SMALL, PAGE, 0);
    (void)go_on(&x, 3);
    stop(&x, 4);
    int64_t ends = go_on(&x, 5);
    reel *r = load_threads(&x);
    const struct cycle *c;
    assert_int_equal(reel_cycles(r, &c), 2);
    assert_true(c[0].objects_freed == 1 && c[1].objects_freed == 0 && c[1].end == ends);
    assert_int_equal(at_end(r, PAGE).swept, KNOWN_YES);
    assert_int_equal(at_end(r, OTHER).swept, KNOWN_YES);
    close_made(&r, &x.b);
}

/* Frees of the sweep before may come so late as well, from a thread whose clock runs ahead. */
static void late_frees_of_others_are_none_of_it(void **state) {
    (void)state;
    struct made x;
    two_spans(&x);
    collect(&x, 2);
    stop(&x, 4);
    release(&x, 1, SMALL, OTHER, 0);
    (void)go_on(&x, 5);
    reel *r = load_threads(&x);
    const struct cycle *c;
    assert_int_equal(reel_cycles(r, &c), 2);
    assert_true(c[0].objects_freed == 1 && c[1].objects_freed == 0);
    assert_int_equal(c[1].end, NO_TIME);
    assert_int_not_equal(at_end(r, PAGE).swept, KNOWN_YES);
    assert_int_not_equal(at_end(r, OTHER).swept, KNOWN_YES);
    close_made(&r, &x.b);
}

static void stop_for(struct made *x, uint64_t why) {
    emit(x, 0, TRACE_EV_STW_BEGIN, 2, why, 0, 0);
    emit(x, 0, TRACE_EV_PROCS_CHANGE, 2, 2, 0, 0);
    emit(x, 0, TRACE_EV_STW_END, 0, 0, 0, 0);
}

/* Both empty all mcaches; only a dump sweeps what isn't swept yet. */
static void a_heap_dump_sweeps_all(void **state) {
    (void)state;
    for (unsigned why = DUMP; why <= STATS; why++) {
        struct made x;
        two_spans(&x);
        stop_for(&x, STATS); /* on lists, where the collection finds them */
        collect(&x, 2);
        grow(&x, 1, HALF, OTHER + 1);
        alloc(&x, 1, HALF, OTHER + 1, 0);
        stop_for(&x, why);
        alloc(&x, 0, SMALL, PAGE, 0); /* told twice; for a last fact */
        reel *r = load_threads(&x);
        struct span_state st = at_end(r, OTHER), fresh = at_end(r, OTHER + 1);
        assert_int_equal(st.swept, why == DUMP ? KNOWN_YES : KNOWN_NOT);
        assert_int_equal(st.place, PLACE_NONEMPTY);
        assert_true(fresh.swept == KNOWN_YES && fresh.place == PLACE_NONEMPTY && fresh.p == -1);
        close_made(&r, &x.b);
    }
}

/* ---- stops whose kind is lost, as at the end of a trace that was cut short */

enum { LOST = NAMES + 7, SWEEPER = 2, NEXT_STATES = 5 };

static int64_t unnamed_stop(struct made *x) {
    emit(x, 0, TRACE_EV_STW_BEGIN, 2, LOST, 0, 0);
    return (int64_t)(x->now - 2) * 64;
}
static int64_t goes_on(struct made *x) {
    emit(x, 0, TRACE_EV_STW_END, 0, 0, 0, 0);
    return (int64_t)(x->now - 2) * 64;
}

/* A cycle with another stop within its marking; the sweeper waits before, and parks after it. */
static void stops_are_known_by_their_place(void **state) {
    (void)state;
    struct made x;
    two_spans(&x);
    emit(&x, 1, TRACE_EV_GO_BLOCK, 2, LOST, 0, 0);
    emit(&x, 0, TRACE_EV_GC_BEGIN, 2, 1, 0, 0);
    unnamed_stop(&x);
    int64_t marks = goes_on(&x);
    unnamed_stop(&x);
    goes_on(&x);
    int64_t marked = unnamed_stop(&x);
    emit(&x, 0, TRACE_EV_GO_UNBLOCK, 3, SWEEPER, 1, 0);
    emit(&x, 0, TRACE_EV_GC_END, 1, 2, 0, 0);
    int64_t sweeps = (int64_t)(x.now - 2) * 64;
    goes_on(&x);
    emit(&x, 1, TRACE_EV_GO_START, 2, SWEEPER, 2, 0);
    emit(&x, 1, TRACE_EV_GO_BLOCK, 2, LOST, 0, 0);
    int64_t swept = (int64_t)(x.now - 2) * 64;
    alloc(&x, 0, SMALL, PAGE, 0); /* told twice; for a last fact */
    byte(&x.body[0], 0xfe);       /* something is missing */
    reel *r = load_lossy(&x);
    const struct cycle *c;
    const struct phase_change *p;
    assert_int_equal(reel_cycles(r, &c), 1);
    assert_true(c[0].phase[PHASE_SWEEPTERM][1] == marks && c[0].phase[PHASE_MARK][0] == marks);
    assert_true(c[0].phase[PHASE_MARK][1] == marked && c[0].phase[PHASE_MARKTERM][0] == marked);
    assert_true(c[0].phase[PHASE_MARKTERM][1] == sweeps && c[0].phase[PHASE_SWEEP][0] == sweeps);
    assert_true(c[0].phase[PHASE_SWEEP][1] == swept && c[0].end == swept);
    assert_int_equal(reel_phases(r, &p), NEXT_STATES);
    assert_true(p[1].phase == PHASE_MARK && p[2].phase == PHASE_MARKTERM && p[2].t == marked);
    assert_int_equal(at_end(r, OTHER).swept, KNOWN_YES);
    assert_false(at_end(r, OTHER).sure);
    close_made(&r, &x.b);
}

/* One that was over before isn't it. */
static void a_stop_that_is_over_ends_no_marking(void **state) {
    (void)state;
    struct made x;
    two_spans(&x);
    emit(&x, 0, TRACE_EV_GC_BEGIN, 2, 1, 0, 0);
    unnamed_stop(&x);
    goes_on(&x);
    unnamed_stop(&x);
    goes_on(&x);
    emit(&x, 0, TRACE_EV_GC_END, 1, 2, 0, 0);
    reel *r = load_lossy(&x);
    const struct cycle *c;
    assert_int_equal(reel_cycles(r, &c), 1);
    assert_true(c[0].phase[PHASE_MARKTERM][0] == NO_TIME && c[0].phase[PHASE_SWEEP][0] != NO_TIME);
    assert_int_equal(c[0].phase[PHASE_MARK][1], c[0].phase[PHASE_SWEEP][0]);
    close_made(&r, &x.b);
}

/* ---- behind mark termination: whoever ended marking waits until the mcaches of all Ps are flushed */

enum { WAKEN = 3 };

/* What thread 1's mcache held at the end, where mark termination by thread 0 was followed by such an event. */
static struct span_state behind_mark_termination(unsigned thread, unsigned type, bool in_the_stop) {
    static const int nargs[TRACE_EV_LIMIT] = {[TRACE_EV_GO_BLOCK] = 2,
                                              [TRACE_EV_GO_STOP] = 2,
                                              [TRACE_EV_GO_SYSCALL_BEGIN] = 2,
                                              [TRACE_EV_GO_UNBLOCK] = 3,
                                              [TRACE_EV_STW_BEGIN] = 2};
    struct made x;
    two_spans(&x);
    stop(&x, 2);
    if (!in_the_stop) {
        (void)go_on(&x, 3);
    } else {
        emit(&x, 0, TRACE_EV_GC_END, 1, 3, 0, 0);
    }
    if (type == TRACE_EV_HEAP_OBJECT_ALLOC) {
        alloc(&x, thread, SMALL, PAGE + thread, 3);
    } else {
        emit(&x, thread, type, nargs[type], type == TRACE_EV_GO_UNBLOCK ? WAKEN : 1, 1, 0);
    }
    reel *r = load_lossy(&x);
    struct span_state st = at_end(r, OTHER);
    close_made(&r, &x.b);
    return st;
}

static void who_ended_marking_has_flushed_all(void **state) {
    (void)state;
    static const uint8_t goes_on[] = {TRACE_EV_GO_BLOCK, TRACE_EV_GO_STOP, TRACE_EV_GO_UNBLOCK,
                                      TRACE_EV_GO_SYSCALL_BEGIN};
    for (size_t i = 0; i < sizeof goes_on; i++) {
        struct span_state st = behind_mark_termination(0, goes_on[i], false);
        assert_true(st.place == PLACE_NONEMPTY && st.p == -1 && st.swept == KNOWN_YES && st.sure);
    }
    assert_int_equal(behind_mark_termination(1, TRACE_EV_STW_BEGIN, false).place, PLACE_NONEMPTY);
}

/* Others go on meanwhile, new threads are allocated for its Ps, and in the stop itself it makes goroutines ready. */
static void others_and_allocations_show_no_flush(void **state) {
    (void)state;
    struct span_state st[] = {behind_mark_termination(1, TRACE_EV_GO_UNBLOCK, false),
                              behind_mark_termination(0, TRACE_EV_HEAP_OBJECT_ALLOC, false),
                              behind_mark_termination(0, TRACE_EV_GO_UNBLOCK, true)};
    for (size_t i = 0; i < sizeof st / sizeof *st; i++) {
        assert_true(st[i].place == PLACE_MCACHE && st[i].p == 1 && st[i].swept != KNOWN_YES && !st[i].sure);
    }
}

/*
 * Two spans of a snapshot, which lie on lists or in mcaches. After the collection the second one is seen swept by a
 * sweeper who came past where the first would lie; then who ended marking goes on, or not.
 */
static struct span_state silent_behind_the_first_gc(bool goes_on) {
    struct made x;
    start(&x);
    emit(&x, 0, TRACE_EV_STW_BEGIN, 2, IN_CREDIT, 0, 0);
    emit(&x, 0, TRACE_EV_PROCS_CHANGE, 2, 2, 0, 0);
    for (unsigned i = 0; i < 2; i++) {
        unsigned class = i == 0 ? SMALL : HALF;
        emit(&x, 0, TRACE_EV_SPAN, 3, PAGE + i, npages[class], class << 2);
        emit(&x, 0, TRACE_EV_HEAP_OBJECT, 2, object_id(class, PAGE + i, 1), 0, 0);
        emit(&x, 0, TRACE_EV_HEAP_OBJECT, 2, object_id(class, PAGE + i, 3), 0, 0);
    }
    emit(&x, 0, TRACE_EV_STW_END, 0, 0, 0, 0);
    collect(&x, 2);
    sweep(&x, 1, IN_CREDIT, HALF, OTHER, 1);
    sweep_end(&x, 1, HALF);
    if (goes_on) {
        emit(&x, 0, TRACE_EV_GO_STOP, 2, IN_CREDIT, 0, 0);
    }
    reel *r = load_threads(&x);
    struct span_state st = at_end(r, PAGE);
    close_made(&r, &x.b);
    return st;
}

/* Where nobody knows whether a span of the snapshot is in some mcache, a list tells of it only once those are empty. */
static void silence_tells_of_the_snapshot_once_all_is_flushed(void **state) {
    (void)state;
    for (int goes_on = 0; goes_on < 2; goes_on++) {
        struct span_state st = silent_behind_the_first_gc(goes_on != 0);
        assert_true(st.place == PLACE_NONEMPTY && st.swept == KNOWN_YES && st.live == 2);
        assert_int_equal(st.sure, goes_on);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_is_swept_before_the_gc_ends),
        cmocka_unit_test(and_so_it_is_ever_after),
        cmocka_unit_test(late_frees_of_others_are_none_of_it),
        cmocka_unit_test(a_heap_dump_sweeps_all),
        cmocka_unit_test(stops_are_known_by_their_place),
        cmocka_unit_test(a_stop_that_is_over_ends_no_marking),
        cmocka_unit_test(who_ended_marking_has_flushed_all),
        cmocka_unit_test(others_and_allocations_show_no_flush),
        cmocka_unit_test(silence_tells_of_the_snapshot_once_all_is_flushed),
    };
    return cmocka_run_group_tests_name("stops", tests, NULL, NULL);
}
