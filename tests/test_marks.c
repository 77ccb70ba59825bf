/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_marks.c - whether spans hold their own mark bits: made-up traces of programs with and without them.
 *
 * Elements of a page's span without pointers, by hand from runtime/mheap.go, initSpan: 8192 bytes, with mark bits 128
 * less, by the size of an element. Spans are at PAGE and behind, ids count 8 bytes.
 */
#include "tests/made_reel.h"

enum { PAGE = 5, KINDS = 4, VERSION_AT = 6 };

static const struct kind {
    uint64_t class, elem;
    unsigned plain, marks; /* elements */
} kinds[KINDS] = {{2, 16, 512, 504}, {5, 48, 170, 168}, {6, 64, 128, 126}, {26, 512, 16, 15}};

static void begin_of(struct bytes *b, struct bytes *body, unsigned version) {
    *b = *body = (struct bytes){0};
    put(b, "go 1.25 trace\0\0\0", 16);
    b->data[VERSION_AT] = (uint8_t)('0' + version % 10);
    byte(body, TRACE_EV_SYNC);
    byte(body, TRACE_EV_FREQUENCY);
    number(body, 15625000);
    byte(body, TRACE_EV_CLOCK_SNAPSHOT);
    for (int i = 0; i < 4; i++) {
        number(body, 1);
    }
    batch(b, 1, UINT64_MAX, 1, body);
    event(body, TRACE_EV_PROC_STATUS, 2, 0, TRACE_PROC_RUNNING, 0);
    event(body, TRACE_EV_GO_STATUS, 3, 1, 1, TRACE_GO_RUNNING);
}

static uint64_t object(unsigned kind, uint64_t page, unsigned slot) {
    return page * 1024 + slot * kinds[kind].elem / 8;
}

/* A span of the snapshot whose first `n` slots are taken. */
static void there(struct bytes *body, unsigned kind, uint64_t page, unsigned n) {
    event(body, TRACE_EV_SPAN, 3, page, 1, kinds[kind].class << 2 | 2);
    for (unsigned i = 0; i < n; i++) {
        event(body, TRACE_EV_HEAP_OBJECT, 2, object(kind, page, i), 0, 0);
    }
}

/* A refill with a new span, whose first `n` slots are then allocated. */
static void filled(struct bytes *body, unsigned kind, uint64_t page, unsigned n) {
    event(body, TRACE_EV_SPAN_ALLOC, 3, page, 1, kinds[kind].class << 2 | 2);
    event(body, TRACE_EV_HEAP_ALLOC, 1, page * 8192, 0, 0);
    for (unsigned i = 0; i < n; i++) {
        event(body, TRACE_EV_HEAP_OBJECT_ALLOC, 2, object(kind, page, i), 1, 0);
    }
}

static uint32_t nelems(reel *r, uint64_t page) {
    for (uint32_t id = 0; id < reel_spans(r); id++) {
        if (reel_span(r, id)->page == page) {
            return reel_span(r, id)->nelems;
        }
    }
    return 0;
}

/* Where a span is at the end. */
static struct span_state end_state(reel *r, uint64_t page) {
    frame *f = frame_new(r);
    struct span_state st = {0};
    assert_non_null(f);
    assert_true(frame_seek(f, reel_facts(r)));
    uint32_t id = frame_find(f, reel_page_address(r, page), NULL);
    assert_true(id != NO_ID && frame_state(f, id, &st));
    frame_free(&f);
    return st;
}

static reel *with_snapshot(struct bytes *b, unsigned version, unsigned nfull, unsigned behind) {
    struct bytes body;
    begin_of(b, &body, version);
    for (unsigned i = 0; i < nfull; i++) {
        there(&body, i % KINDS, PAGE + i, kinds[i % KINDS].marks);
    }
    there(&body, 0, PAGE + nfull, behind);
    event(&body, TRACE_EV_HEAP_OBJECT_ALLOC, 2, object(0, PAGE + nfull, behind), 1, 0);
    return load_made(b, &body);
}

static void check_all(reel *r, unsigned n, bool marks) {
    for (unsigned i = 0; i < n; i++) {
        const struct kind *k = &kinds[i % KINDS];
        assert_int_equal(nelems(r, PAGE + i), marks ? k->marks : k->plain);
        struct span_state st = end_state(r, PAGE + i);
        assert_int_equal(st.live, k->marks);
        assert_int_equal(st.place, marks ? PLACE_EMPTY : PLACE_NONEMPTY);
    }
}

static void snapshot_of_full_spans_shows_them(void **state) {
    (void)state;
    struct bytes b;
    reel *r = with_snapshot(&b, 25, KINDS, 1);
    check_all(r, KINDS, true);
    close_made(&r, &b);
}

static void two_full_spans_are_chance(void **state) {
    (void)state;
    struct bytes b;
    reel *r = with_snapshot(&b, 25, 2, 1);
    assert_int_equal(nelems(r, PAGE), kinds[0].plain);
    assert_int_equal(nelems(r, PAGE + 1), kinds[1].plain);
    close_made(&r, &b);
}

static void an_object_behind_disproves_them(void **state) {
    (void)state;
    struct bytes b;
    reel *r = with_snapshot(&b, 25, KINDS, kinds[0].marks + 1);
    check_all(r, KINDS, false);
    close_made(&r, &b);
    r = with_snapshot(&b, 26, KINDS, kinds[0].marks + 1); /* Go 1.26 built without */
    check_all(r, KINDS, false);
    close_made(&r, &b);
    r = with_snapshot(&b, 26, KINDS, 1);
    check_all(r, KINDS, true);
    close_made(&r, &b);
}

/* As a flight recorder's: no snapshot, so that only refills tell. */
static reel *refilled(struct bytes *b, unsigned replaced, unsigned lacking) {
    struct bytes body;
    begin_of(b, &body, 25);
    for (unsigned i = 0; i < replaced; i++) {
        filled(&body, 1, PAGE + i, kinds[1].marks - (i == 0 ? lacking : 0));
    }
    filled(&body, 1, PAGE + replaced, 1);
    return load_made(b, &body);
}

static void refills_show_them(void **state) {
    (void)state;
    struct bytes b;
    for (unsigned replaced = 1; replaced < 6; replaced++) {
        reel *r = refilled(&b, replaced, 0);
        for (unsigned i = 0; i <= replaced; i++) {
            assert_int_equal(nelems(r, PAGE + i), replaced < 3 ? kinds[1].plain : kinds[1].marks);
        }
        if (replaced >= 3) {
            struct span_state st = end_state(r, PAGE + replaced - 1);
            assert_int_equal(st.place, PLACE_EMPTY);
            assert_int_equal(st.live, kinds[1].marks);
        }
        close_made(&r, &b);
    }
    reel *r = refilled(&b, 3, 1); /* one of them wasn't full */
    assert_int_equal(nelems(r, PAGE), kinds[1].plain);
    close_made(&r, &b);
}

/* What is said after so many of the body's facts; no span ever has more objects than slots. */
static void check_walk(reel *r) {
    frame *f = frame_new(r);
    assert_non_null(f);
    for (uint64_t pos = 0; pos <= reel_facts(r); pos++) {
        const uint32_t *ids;
        struct span_state st;
        assert_true(frame_seek(f, pos));
        for (size_t i = 0, n = frame_spans(f, &ids); i < n; i++) {
            assert_true(frame_state(f, ids[i], &st) && st.live <= reel_span(r, ids[i])->nelems);
        }
    }
    frame_free(&f);
}

/*
 * As refilled, but a collection sweeps the first span before the others show anything. Is a slot behind taken up to
 * then, where mark bits would be?
 */
static reel *swept_early(struct bytes *b, bool behind, int64_t *before) {
    struct bytes body;
    unsigned marks = kinds[1].marks, n = marks + behind;
    begin_of(b, &body, 25);
    filled(&body, 1, PAGE + behind, behind ? marks : n);
    filled(&body, 1, PAGE + !behind, behind ? n : marks); /* no refill replaces this one */
    for (uint64_t gc = 1; gc < 3; gc++) {
        event(&body, TRACE_EV_GC_BEGIN, 2, 2 * gc, 0, 0);
        event(&body, TRACE_EV_GC_END, 1, 2 * gc + 1, 0, 0);
    }
    for (unsigned i = 0; behind && i < n; i += marks) {
        event(&body, TRACE_EV_HEAP_OBJECT_FREE, 1, object(1, PAGE, i), 0, 0);
    }
    *before = (2 + 4 + n + marks + 4 + (behind ? 2 : 0)) * 64;
    for (unsigned i = 2; i < 6; i++) {
        filled(&body, 1, PAGE + i, marks);
    }
    return load_made(b, &body);
}

static void nothing_lies_behind(void **state) {
    (void)state;
    struct bytes b;
    int64_t before;
    reel *r = swept_early(&b, false, &before);
    check_walk(r);
    assert_int_equal(nelems(r, PAGE), kinds[1].marks);
    assert_int_equal(end_state(r, PAGE).place, PLACE_EMPTY);
    frame *f = frame_new(r);
    assert_true(f != NULL && frame_seek(f, reel_pos(r, before)));
    struct span_state st;
    assert_true(frame_state(f, frame_find(f, reel_page_address(r, PAGE), NULL), &st) && !st.sure);
    assert_int_equal(st.live, kinds[1].marks);
    frame_free(&f);
    close_made(&r, &b);
    r = swept_early(&b, true, &before);
    check_walk(r);
    assert_int_equal(nelems(r, PAGE), kinds[1].plain);
    close_made(&r, &b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(snapshot_of_full_spans_shows_them),
        cmocka_unit_test(two_full_spans_are_chance),
        cmocka_unit_test(an_object_behind_disproves_them),
        cmocka_unit_test(refills_show_them),
        cmocka_unit_test(nothing_lies_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
