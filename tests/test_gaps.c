/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_gaps.c - traces that lack events: from the begin of a generation that does, what was in use in it is not sure;
 * what later ones bring is. Made of generations with one thread and one span each, some of them damaged.
 */
#include "core/reel.h"
#include "tests/made_reel.h"

/* core/saved.h, which has other `bytes` than made.h: a part of a reel. */
reel *saved_cut(reel *r, int64_t from, int64_t until);

enum { GENERATIONS = 3, PAGE = 5, VERSION_AT = 6, NOSCAN = 2, FAR = 1000 };
enum { HALF = 26, HALF_ELEM = 512, HALF_SLOTS = 16, HALF_MARKED = 15, ONE = 51 }; /* size classes; ONE has one slot */

/* What is wrong in a generation. */
enum damage { WHOLE, GARBAGE, BAD_EVENT, BAD_TABLE, CUT };

struct generations {
    struct bytes b, body;
    unsigned version, number; /* from 1 on */
    uint64_t live;
};

static void put_clock(struct generations *x) {
    static const uint8_t snapshot[] = {TRACE_EV_CLOCK_SNAPSHOT, 1, 1, 1, 1};
    if (x->version >= 25) {
        byte(&x->body, TRACE_EV_SYNC);
    }
    byte(&x->body, TRACE_EV_FREQUENCY);
    number(&x->body, 15625000);
    if (x->version >= 25) {
        put(&x->body, snapshot, sizeof snapshot);
    }
    batch(&x->b, x->number, UINT64_MAX, (uint64_t)x->number * FAR, &x->body);
}

static void open_generation(struct generations *x) {
    x->number++;
    put_clock(x);
    event(&x->body, TRACE_EV_PROC_STATUS, 2, 0, TRACE_PROC_RUNNING, 0);
    event(&x->body, TRACE_EV_GO_STATUS, 3, 1, 1, TRACE_GO_RUNNING);
}

static void close_generation(struct generations *x, enum damage d) {
    static const uint8_t garbage[] = {0xff, 0xfe, 0xff, 0xfd, 0xff};
    if (d == BAD_EVENT) {
        byte(&x->body, 0xfe);
    }
    batch(&x->b, x->number, 1, (uint64_t)x->number * FAR + 1, &x->body);
    if (d == GARBAGE) {
        put(&x->b, garbage, sizeof garbage);
    }
    if (d == BAD_TABLE) {
        byte(&x->body, TRACE_EV_STRINGS);
        byte(&x->body, 0xfe);
        batch(&x->b, x->number, UINT64_MAX, (uint64_t)x->number * FAR + 2, &x->body);
    }
    if (x->version >= 26 && d != CUT) {
        byte(&x->b, TRACE_EV_END_OF_GENERATION);
    }
    x->b.size -= d == CUT && x->version < 26 ? 1 : 0;
}

static void grow(struct generations *x, uint64_t class, uint64_t page) {
    event(&x->body, TRACE_EV_SPAN_ALLOC, 3, page, 1, class << 2 | NOSCAN);
    event(&x->body, TRACE_EV_HEAP_ALLOC, 1, x->live += 8192, 0, 0);
}
static void alloc(struct generations *x, uint64_t elem, uint64_t page, uint64_t slot) {
    event(&x->body, TRACE_EV_HEAP_OBJECT_ALLOC, 2, page * 1024 + slot * elem / 8, 1, 0);
}

static void begin_of(struct generations *x, unsigned version) {
    *x = (struct generations){.version = version};
    put(&x->b, "go 1.23 trace\0\0\0", 16);
    x->b.data[VERSION_AT] = (uint8_t)('0' + version % 10);
}

static reel *load(struct generations *x) {
    free(x->body.data);
    return load_bytes(&x->b);
}

/* Three generations: each brings a span with half of its slots, in its P's mcache, or a stack. */
static reel *make(struct generations *x, unsigned version, const enum damage d[GENERATIONS]) {
    begin_of(x, version);
    for (unsigned i = 0; i < GENERATIONS; i++) {
        open_generation(x);
        grow(x, HALF + 2 * i, PAGE + i);
        event(&x->body, TRACE_EV_HEAP_OBJECT_ALLOC, 2, (PAGE + i) * 1024, 1, 0);
        close_generation(x, d[i]);
    }
    return load(x);
}

/* The fact that made generation i's span. */
static uint64_t born(reel *r, unsigned i) {
    return reel_span(r, i)->born;
}

static void check(unsigned version, enum damage a, enum damage b, enum damage c, size_t gaps, const bool sure[],
                  const bool sure_before) {
    const enum damage d[] = {a, b, c};
    struct generations x;
    reel *r = make(&x, version, d);
    assert_int_equal(reel_spans(r), GENERATIONS);
    assert_int_equal(r->ngaps, gaps);
    for (unsigned i = 0; i < GENERATIONS; i++) {
        assert_int_equal(said_there(r, reel_facts(r), PAGE + i).sure, sure[i]);
    }
    assert_int_equal(said_there(r, born(r, 1), PAGE).sure, sure_before); /* before the second generation's first fact */
    close_made(&r, &x.b);
}

static void what_was_there_is_not_sure(void **state) {
    (void)state;
    static const bool all[] = {true, true, true}, last[] = {false, false, true}, none[] = {false, false, false};
    for (unsigned version = 23; version <= 26; version += version == 23 ? 2 : 1) {
        check(version, WHOLE, WHOLE, WHOLE, 0, all, true);
        check(version, WHOLE, GARBAGE, WHOLE, 1, last, true);
        check(version, WHOLE, BAD_EVENT, WHOLE, 1, last, true);
        check(version, WHOLE, WHOLE, CUT, 1, none, true);
        check(version, WHOLE, GARBAGE, BAD_EVENT, 1, none, true);
        check(version, BAD_EVENT, BAD_EVENT, WHOLE, 1, last, false);
        check(version, GARBAGE, WHOLE, BAD_EVENT, 2, none, false);
    }
}

/* Tables only name things. */
static void a_damaged_table_leaves_the_heap_sure(void **state) {
    (void)state;
    static const bool all[] = {true, true, true};
    check(23, WHOLE, BAD_TABLE, WHOLE, 0, all, true);
    check(26, BAD_TABLE, WHOLE, BAD_TABLE, 0, all, true);
}

/* Behind the second of two gaps, what came between them. */
static void between_two_gaps_it_is_sure(void **state) {
    (void)state;
    static const enum damage d[] = {BAD_EVENT, WHOLE, BAD_EVENT};
    struct generations x;
    reel *r = make(&x, 23, d);
    uint64_t before_third = born(r, 2);
    assert_false(said_there(r, before_third, PAGE).sure);
    assert_true(said_there(r, before_third, PAGE + 1).sure);
    assert_false(said_there(r, before_third + 1, PAGE + 1).sure);
    assert_true(reel_gap_before(r, before_third) && !reel_gap_before(r, 0));
    close_made(&r, &x.b);
}

/* It is told, with what was lost. */
static void when_it_begins_is_said(void **state) {
    (void)state;
    char line[LOSS_LINE];
    static const enum damage second[] = {WHOLE, GARBAGE, WHOLE}, first[] = {GARBAGE, WHOLE, WHOLE};
    struct generations x;
    reel *r = make(&x, 23, second);
    int64_t t = (2 * FAR + 2 - (FAR + 2)) * 64; /* a tick takes 64 ns */
    assert_true(reel_info(r)->sure_until == t);
    assert_true(loss_line(&reel_info(r)->loss, reel_salvage(r), line, sizeof line));
    assert_non_null(strstr(line, "; the heap is sure up to 0.000 064 s"));
    close_made(&r, &x.b);
    r = make(&x, 23, first);
    assert_true(reel_info(r)->sure_until == 0);
    assert_true(loss_line(&reel_info(r)->loss, reel_salvage(r), line, sizeof line));
    assert_non_null(strstr(line, "; nothing in the heap is sure"));
    close_made(&r, &x.b);
}

/* The span that a full one gave way to in its mcache may be one of those that nobody told of. */
static void a_full_span_may_have_given_way(void **state) {
    (void)state;
    struct generations x;
    for (unsigned damaged = 0; damaged < 2; damaged++) {
        begin_of(&x, 23);
        open_generation(&x);
        grow(&x, HALF, PAGE);
        alloc(&x, HALF_ELEM, PAGE, 0);
        close_generation(&x, damaged ? BAD_EVENT : WHOLE);
        open_generation(&x);
        grow(&x, ONE, PAGE + 1);
        alloc(&x, 8192, PAGE + 1, 0);
        grow(&x, HALF, PAGE + 2);
        alloc(&x, HALF_ELEM, PAGE + 2, 0);
        close_generation(&x, WHOLE);
        reel *r = load(&x);
        assert_int_equal(said_there(r, reel_facts(r), PAGE + 1).place, PLACE_MCACHE);
        assert_int_equal(said_there(r, reel_facts(r), PAGE + 1).sure, !damaged);
        assert_true(said_there(r, reel_facts(r), PAGE + 2).sure);
        close_made(&r, &x.b);
    }
}

/* Nor does an object in such a span tell of all others whether they hold mark bits. */
static void an_object_behind_a_gap_proves_no_layout(void **state) {
    (void)state;
    static const struct {
        enum damage first;
        uint64_t span;
        uint32_t slots;
    } of[] = {{WHOLE, PAGE, HALF_SLOTS}, {BAD_EVENT, PAGE, HALF_MARKED}, {BAD_EVENT, PAGE + 1, HALF_SLOTS}};
    for (size_t i = 0; i < sizeof of / sizeof of[0]; i++) {
        struct generations x;
        begin_of(&x, 26);
        open_generation(&x);
        grow(&x, HALF, PAGE);
        alloc(&x, HALF_ELEM, PAGE, 0);
        close_generation(&x, of[i].first);
        open_generation(&x);
        grow(&x, HALF, PAGE + 1);
        alloc(&x, HALF_ELEM, of[i].span, HALF_SLOTS - 1);
        close_generation(&x, WHOLE);
        reel *r = load(&x);
        assert_int_equal(reel_span(r, 0)->nelems, of[i].slots);
        close_made(&r, &x.b);
    }
}

static void a_part_of_a_reel_has_its_own(void **state) {
    (void)state;
    static const enum damage d[] = {BAD_EVENT, WHOLE, WHOLE}, late[] = {WHOLE, WHOLE, BAD_EVENT};
    struct generations x;
    reel *r = make(&x, 23, d);
    int64_t second = FAR * 64 + 64, end = reel_info(r)->duration;
    reel *part = saved_cut(r, second, end);
    assert_non_null(part);
    assert_false(said_there(part, reel_pos(part, second), PAGE).sure);
    assert_false(said_there(part, reel_facts(part), PAGE).sure);
    assert_true(said_there(part, reel_facts(part), PAGE + 1).sure && said_there(part, reel_facts(part), PAGE + 2).sure);
    assert_true(reel_info(part)->sure_until == second);
    reel_close(&part);
    close_made(&r, &x.b);

    r = make(&x, 23, late);
    part = saved_cut(r, 0, second);
    assert_non_null(part);
    assert_int_equal(part->ngaps, 0);
    assert_true(reel_info(part)->sure_until == NO_TIME);
    reel_close(&part);
    part = saved_cut(r, second, end);
    assert_non_null(part);
    assert_int_equal(part->ngaps, 1);
    assert_true(said_there(part, reel_pos(part, second), PAGE).sure);
    assert_false(said_there(part, reel_facts(part), PAGE).sure);
    assert_true(reel_info(part)->sure_until == reel_info(r)->sure_until);
    reel_close(&part);
    close_made(&r, &x.b);
}

/* Spans are counted as far as the part has them. */
static void a_part_counts_its_own_spans(void **state) {
    (void)state;
    struct generations x;
    begin_of(&x, 23);
    open_generation(&x);
    grow(&x, ONE, PAGE);
    alloc(&x, 8192, PAGE, 0);
    event(&x.body, TRACE_EV_HEAP_OBJECT_FREE, 1, PAGE * 1024, 0, 0);
    event(&x.body, TRACE_EV_SPAN_FREE, 1, PAGE, 0, 0);
    grow(&x, HALF, PAGE + 1);
    alloc(&x, HALF_ELEM, PAGE + 1, 0);
    close_generation(&x, BAD_EVENT);
    open_generation(&x);
    grow(&x, HALF + 2, PAGE + 2);
    event(&x.body, TRACE_EV_HEAP_OBJECT_ALLOC, 2, (PAGE + 2) * 1024, 1, 0);
    close_generation(&x, WHOLE);
    reel *r = load(&x);
    reel *part = saved_cut(r, (FAR - 1) * 64, reel_info(r)->duration);
    assert_non_null(part);
    assert_int_equal(reel_spans(part), 2);
    assert_false(said_there(part, reel_facts(part), PAGE + 1).sure);
    assert_true(said_there(part, reel_facts(part), PAGE + 2).sure);
    reel_close(&part);
    close_made(&r, &x.b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_there_is_not_sure),     cmocka_unit_test(a_damaged_table_leaves_the_heap_sure),
        cmocka_unit_test(between_two_gaps_it_is_sure),    cmocka_unit_test(when_it_begins_is_said),
        cmocka_unit_test(a_full_span_may_have_given_way), cmocka_unit_test(an_object_behind_a_gap_proves_no_layout),
        cmocka_unit_test(a_part_of_a_reel_has_its_own),   cmocka_unit_test(a_part_counts_its_own_spans),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
