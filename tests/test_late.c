/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_late.c - events that come in another order than what they tell of: made-up traces, each with one such case, and
 * what must be true after each of its events.
 *
 * Objects are of 48 bytes (size class 5), in the span at page 5; ids count 8 bytes, and times ticks of 64 ns.
 */
#include "tests/made_reel.h"

/* core/saved.h, which has other `bytes` than made.h: a part of a reel. */
reel *saved_cut(reel *r, int64_t from, int64_t until);

enum { PAGE = 5, CLASS = 5, SLOT_UNITS = 6, SCAN = CLASS << 2 };

static uint64_t object(uint64_t slot) {
    return PAGE * 8192 / 8 + slot * SLOT_UNITS;
}
static void alloc(struct bytes *body, uint64_t slot, uint64_t type) {
    event(body, TRACE_EV_HEAP_OBJECT_ALLOC, 2, object(slot), type, 0);
}
static void release(struct bytes *body, uint64_t slot) {
    event(body, TRACE_EV_HEAP_OBJECT_FREE, 1, object(slot), 0, 0);
}
static void grow(struct bytes *body) {
    event(body, TRACE_EV_SPAN_ALLOC, 3, PAGE, 1, SCAN);
    event(body, TRACE_EV_HEAP_ALLOC, 1, 8192, 0, 0);
}
static void collect(struct bytes *body, uint64_t n) {
    event(body, TRACE_EV_GC_BEGIN, 2, 2 * n, 0, 0);
    event(body, TRACE_EV_GC_END, 1, 2 * n + 1, 0, 0);
}

/* The heap after `events` of the body's events, which begin with two about P and goroutine. */
struct view {
    uint64_t objects, live, allocs, frees; /* live and so on: of the type asked for */
    uint32_t in_span;
    bool there, sure;
};

static struct view look(reel *r, uint64_t events, uint32_t type) {
    frame *f = frame_new(r);
    assert_non_null(f);
    int64_t t = ((int64_t)events + 1) * 64;
    assert_true(frame_seek(f, reel_pos(r, t)));
    uint32_t id = frame_find(f, reel_page_address(r, PAGE), NULL);
    struct view v = {.there = id != NO_ID, .objects = frame_totals(f)->objects};
    struct span_state st;
    if (v.there && frame_state(f, id, &st)) {
        v.in_span = st.live;
        v.sure = st.sure;
    }
    struct type_count c = frame_type(f, type);
    v.live = c.live;
    v.allocs = c.allocs;
    v.frees = c.frees;
    frame_free(&f);
    return v;
}

static uint32_t type_of_slot(reel *r, uint64_t slot) {
    struct event_row last;
    assert_true(slot_last(r, 0, (uint32_t)slot, reel_facts(r), &last));
    return last.fact.type;
}

/* A goroutine was stopped inside malloc: its slot is taken, its event comes two collections later. */
static void object_is_concluded_and_then_reported(void **state) {
    (void)state;
    struct bytes b, body;
    begin(&b, &body);
    grow(&body);        /* 1, 2 */
    alloc(&body, 0, 1); /* 3 */
    alloc(&body, 1, 1); /* 4 */
    alloc(&body, 3, 1); /* 5: slot 2 is taken as well */
    collect(&body, 1);  /* 6, 7 */
    release(&body, 0);  /* 8: the sweep of the span; what isn't freed is there */
    collect(&body, 2);  /* 9, 10 */
    alloc(&body, 2, 1); /* 11 */
    collect(&body, 3);  /* 12, 13 */
    release(&body, 2);  /* 14 */
    reel *r = load_made(&b, &body);
    uint32_t type = type_of_slot(r, 1);
    assert_int_not_equal(type, 0);

    struct view v = look(r, 5, type), none = look(r, 5, 0);
    assert_true(v.in_span == 3 && v.live == 3 && v.allocs == 3 && none.live == 0);
    v = look(r, 8, type), none = look(r, 8, 0);
    assert_true(v.in_span == 3 && v.objects == 3 && !v.sure);
    assert_true(v.live == 2 && v.allocs == 3 && v.frees == 1);
    assert_true(none.live == 1 && none.allocs == 0 && none.frees == 0);
    v = look(r, 11, type), none = look(r, 11, 0);
    assert_true(v.in_span == 3 && v.objects == 3 && v.sure);
    assert_true(v.live == 3 && v.allocs == 4 && v.frees == 1);
    assert_true(none.live == 0 && none.allocs == 0 && none.frees == 0);
    v = look(r, 14, type);
    assert_true(v.in_span == 2 && v.live == 2 && v.allocs == 4 && v.frees == 2);
    assert_int_equal(type_of_slot(r, 2), type);

    const struct cycle *c;
    assert_int_equal(reel_cycles(r, &c), 3);
    assert_true(c[0].objects_freed == 1 && c[1].objects_freed == 0 && c[2].objects_freed == 1);
    close_made(&r, &b);
}

/* Where a part of that trace begins: its sums are those of the whole, less what came before. */
static void part_of_it(reel *r, uint64_t from, uint32_t type) {
    reel *part = saved_cut(r, ((int64_t)from + 1) * 64, reel_info(r)->duration);
    assert_non_null(part);
    for (unsigned which = 0; which < 2; which++) {
        uint32_t of = which == 0 ? 0 : type;
        struct view begun = look(r, from, of);
        for (uint64_t events = from; events <= 14; events++) {
            struct view v = look(part, events, of), all = look(r, events, of);
            assert_true(v.objects == all.objects && v.in_span == all.in_span && v.sure == all.sure);
            assert_int_equal(v.live, all.live);
            assert_int_equal(v.allocs, all.allocs - begun.allocs);
            assert_int_equal(v.frees, all.frees - begun.frees);
        }
    }
    reel_close(&part);
}

static void concluded_objects_of_a_part(void **state) {
    (void)state;
    struct bytes b, body;
    begin(&b, &body);
    grow(&body);
    alloc(&body, 0, 1);
    alloc(&body, 1, 1);
    alloc(&body, 3, 1);
    collect(&body, 1);
    release(&body, 0); /* 8: the third object is concluded */
    collect(&body, 2);
    alloc(&body, 2, 1); /* 11: and reported */
    collect(&body, 3);
    release(&body, 2); /* 14 */
    reel *r = load_made(&b, &body);
    uint32_t type = type_of_slot(r, 1);
    for (uint64_t from = 3; from < 14; from++) {
        part_of_it(r, from, type);
    }
    close_made(&r, &b);
}

/* A slot's next object sorts before the free of the one before it. */
static void free_of_the_former_object(void **state) {
    (void)state;
    struct bytes b, body;
    begin(&b, &body);
    grow(&body);        /* 1, 2 */
    alloc(&body, 0, 1); /* 3 */
    alloc(&body, 1, 1); /* 4 */
    collect(&body, 1);  /* 5, 6 */
    alloc(&body, 0, 2); /* 7 */
    release(&body, 0);  /* 8: of the first object; what was allocated since the GC isn't freed by its sweep */
    collect(&body, 2);  /* 9, 10 */
    release(&body, 0);  /* 11 */
    reel *r = load_made(&b, &body);
    uint32_t first = type_of_slot(r, 1), second = type_of_slot(r, 0);
    assert_int_not_equal(first, second);
    struct view v = look(r, 7, first);
    assert_true(v.in_span == 2 && v.objects == 2);
    v = look(r, 8, first);
    assert_true(v.in_span == 2 && v.live == 1 && v.allocs == 2 && v.frees == 1);
    v = look(r, 8, second);
    assert_true(v.live == 1 && v.allocs == 1 && v.frees == 0);
    v = look(r, 11, second);
    assert_true(v.in_span == 1 && v.live == 0 && v.frees == 1);
    close_made(&r, &b);
}

/* An event that is only late, of an object that was counted already, brings nothing and is owed nothing. */
static void repeated_event(void **state) {
    (void)state;
    struct bytes b, body;
    begin(&b, &body);
    grow(&body);        /* 1, 2 */
    alloc(&body, 0, 1); /* 3 */
    alloc(&body, 1, 1); /* 4 */
    collect(&body, 1);  /* 5, 6 */
    alloc(&body, 0, 1); /* 7 */
    collect(&body, 2);  /* 8, 9 */
    release(&body, 0);  /* 10 */
    reel *r = load_made(&b, &body);
    uint32_t type = type_of_slot(r, 1);
    struct view v = look(r, 7, type);
    assert_true(v.in_span == 2 && v.live == 2 && v.allocs == 2 && v.frees == 0);
    v = look(r, 10, type);
    assert_true(v.in_span == 1 && v.live == 1 && v.allocs == 2 && v.frees == 1);
    close_made(&r, &b);
}

/* Pages are handed out again before the free of what was there: the next free is that one's. */
static void free_of_the_former_span(void **state) {
    (void)state;
    struct bytes b, body;
    begin(&b, &body);
    grow(&body);                                     /* 1, 2 */
    alloc(&body, 0, 1);                              /* 3 */
    grow(&body);                                     /* 4, 5 */
    alloc(&body, 0, 1);                              /* 6 */
    release(&body, 0);                               /* 7: of the first span */
    event(&body, TRACE_EV_SPAN_FREE, 1, PAGE, 0, 0); /* 8: it */
    alloc(&body, 1, 1);                              /* 9 */
    event(&body, TRACE_EV_SPAN_FREE, 1, PAGE, 0, 0); /* 10 */
    reel *r = load_made(&b, &body);
    assert_true(look(r, 3, 0).objects == 1 && look(r, 6, 0).objects == 1);
    assert_true(look(r, 8, 0).there && look(r, 8, 0).objects == 1);
    assert_true(look(r, 9, 0).there && look(r, 9, 0).objects == 2);
    assert_true(!look(r, 10, 0).there && look(r, 10, 0).objects == 0);
    close_made(&r, &b);
}

/* A work buffer or a stack gives way to a heap span before its free is told. Four events. */
static void manual_gives_way(struct bytes *b, struct bytes *body) {
    begin(b, body);
    event(body, TRACE_EV_SPAN_ALLOC, 3, PAGE, 4, 1); /* 1 */
    grow(body);                                      /* 2, 3 */
    alloc(body, 0, 1);                               /* 4 */
}

/* The heap span's first sweep is far: the free that comes isn't its own. */
static void free_of_a_work_buffer(void **state) {
    (void)state;
    struct bytes b, body;
    manual_gives_way(&b, &body);
    event(&body, TRACE_EV_SPAN_FREE, 1, PAGE, 0, 0); /* 5: the buffer's */
    alloc(&body, 1, 1);                              /* 6 */
    collect(&body, 1);                               /* 7, 8 */
    release(&body, 0);                               /* 9 */
    release(&body, 1);                               /* 10 */
    event(&body, TRACE_EV_SPAN_FREE, 1, PAGE, 0, 0); /* 11 */
    alloc(&body, 2, 1);                              /* 12: nowhere */
    reel *r = load_made(&b, &body);
    assert_true(look(r, 5, 0).there && look(r, 5, 0).objects == 1);
    assert_true(look(r, 10, 0).there && look(r, 10, 0).objects == 0);
    assert_false(look(r, 11, 0).there);
    close_made(&r, &b);
}

/* Where that free was lost, as a stack's may be, the next one is the heap span's own. */
static void free_that_is_lost(void **state) {
    (void)state;
    struct bytes b, body;
    manual_gives_way(&b, &body);
    collect(&body, 1);                               /* 5, 6 */
    release(&body, 0);                               /* 7 */
    event(&body, TRACE_EV_SPAN_FREE, 1, PAGE, 0, 0); /* 8 */
    alloc(&body, 2, 1);                              /* 9: nowhere */
    reel *r = load_made(&b, &body);
    assert_true(look(r, 7, 0).there && look(r, 7, 0).objects == 0);
    assert_false(look(r, 8, 0).there);
    close_made(&r, &b);
}

/* Once the late free of two pages has come nothing is owed for either of them. */
static void free_of_a_former_span_of_two_pages(void **state) {
    (void)state;
    struct bytes b, body;
    begin(&b, &body);
    event(&body, TRACE_EV_SPAN_ALLOC, 3, PAGE - 1, 2, 0);                 /* 1: a large object, over PAGE too */
    event(&body, TRACE_EV_HEAP_OBJECT_ALLOC, 2, (PAGE - 1) * 1024, 1, 0); /* 2 */
    grow(&body);                                                          /* 3, 4 */
    alloc(&body, 0, 1);                                                   /* 5 */
    event(&body, TRACE_EV_HEAP_OBJECT_FREE, 1, (PAGE - 1) * 1024, 0, 0);  /* 6: of the large one */
    event(&body, TRACE_EV_SPAN_FREE, 1, PAGE - 1, 0, 0);                  /* 7 */
    collect(&body, 1);                                                    /* 8, 9 */
    release(&body, 0);                                                    /* 10 */
    reel *r = load_made(&b, &body);
    assert_int_equal(look(r, 2, 0).objects, 1);
    assert_true(look(r, 7, 0).there && look(r, 7, 0).objects == 1);
    assert_true(look(r, 10, 0).there && look(r, 10, 0).objects == 0);
    close_made(&r, &b);
}

/* The free of a stack was lost (up to Go 1.23), and a large object comes to lie over it. */
static void large_span_over_a_stack(void **state) {
    (void)state;
    struct bytes b, body;
    begin(&b, &body);
    event(&body, TRACE_EV_SPAN_ALLOC, 3, PAGE, 4, 1);           /* 1 */
    event(&body, TRACE_EV_SPAN_ALLOC, 3, PAGE + 30, 4, 1);      /* 2 */
    event(&body, TRACE_EV_SPAN_ALLOC, 3, PAGE + 4, 38, 1 << 1); /* 3 */
    reel *r = load_made(&b, &body);
    frame *f = frame_new(r);
    assert_non_null(f);
    const uint32_t *ids;
    assert_true(frame_seek(f, reel_facts(r)));
    assert_int_equal(frame_spans(f, &ids), 2);
    assert_int_equal(frame_totals(f)->spans, 1);
    assert_int_equal(frame_totals(f)->stack_spans, 1);
    assert_int_equal(frame_totals(f)->stack_bytes, 4 * 8192);
    for (uint64_t page = 4; page < 4 + 38; page++) { /* the inner ones are in no table */
        assert_int_equal(frame_find(f, reel_page_address(r, PAGE + page), NULL), 2);
    }
    assert_int_equal(frame_find(f, reel_page_address(r, PAGE + 4 + 38), NULL), NO_ID);
    frame_free(&f);
    close_made(&r, &b);
}

/* The next cycle has begun before the last frees of this one's sweep are told: it ends with them. */
static void end_of_a_cycle(void **state) {
    (void)state;
    struct bytes b, body;
    begin(&b, &body);
    grow(&body);                                     /* 1, 2 */
    alloc(&body, 0, 1);                              /* 3 */
    alloc(&body, 1, 1);                              /* 4 */
    collect(&body, 1);                               /* 5, 6 */
    release(&body, 0);                               /* 7 */
    event(&body, TRACE_EV_GC_BEGIN, 2, 4, 0, 0);     /* 8 */
    release(&body, 1);                               /* 9 */
    event(&body, TRACE_EV_HEAP_ALLOC, 1, 0, 0, 0);   /* 10 */
    event(&body, TRACE_EV_SPAN_FREE, 1, PAGE, 0, 0); /* 11 */
    event(&body, TRACE_EV_HEAP_ALLOC, 1, 0, 0, 0);   /* 12 */
    event(&body, TRACE_EV_GC_END, 1, 5, 0, 0);       /* 13 */
    grow(&body);                                     /* 14, 15 */
    reel *r = load_made(&b, &body);
    const struct cycle *c;
    assert_int_equal(reel_cycles(r, &c), 2);
    assert_int_equal(c[0].end, 12 * 64);
    assert_int_equal(c[0].phase[PHASE_SWEEP][1], c[0].end);
    assert_true(c[0].objects_freed == 2 && c[0].spans_freed == 1);
    assert_int_equal(c[1].begin, 9 * 64);
    assert_true(c[1].end == NO_TIME && c[1].objects_freed == 0 && c[1].spans_freed == 0);
    const struct phase_change *of;
    size_t n = reel_phases(r, &of);
    for (size_t i = 1; i < n; i++) {
        assert_true(of[i].t >= of[i - 1].t);
    }
    uint32_t gc;
    assert_int_equal(reel_phase(r, c[0].end, &gc), PHASE_SWEEPTERM);
    assert_int_equal(gc, 2);
    close_made(&r, &b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(object_is_concluded_and_then_reported),
        cmocka_unit_test(concluded_objects_of_a_part),
        cmocka_unit_test(free_of_the_former_object),
        cmocka_unit_test(repeated_event),
        cmocka_unit_test(free_of_the_former_span),
        cmocka_unit_test(free_of_a_work_buffer),
        cmocka_unit_test(free_that_is_lost),
        cmocka_unit_test(free_of_a_former_span_of_two_pages),
        cmocka_unit_test(large_span_over_a_stack),
        cmocka_unit_test(end_of_a_cycle),
    };
    return cmocka_run_group_tests_name("late", tests, NULL, NULL);
}
