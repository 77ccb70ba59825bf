/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_timeline.c - which rows of the timeline have room, the labels of its axis, and strips. Linked without curses.
 */
#include "tests/cmocka.h"
#include "tui/strips.h"
#include "tui/timeline.h"

#include <stdlib.h>
#include <string.h>

/* Rows follow each other without holes and overlaps and fill the pane; none that is off has room. */
static void test_rows_fill_the_pane(void **state) {
    (void)state;
    for (unsigned on = 0; on < 1u << TIMELINE_ROWS; on += on < 64 ? 1 : 37)
        for (int h = 0; h < 70; h++)
            for (size_t procs = 0; procs < 300; procs = procs * 3 + 1) {
                struct timeline_layout l;
                int y = 0;
                timeline_arrange(h, on, procs, &l);
                for (int row = 0; row < TIMELINE_ROWS; row++) {
                    assert_int_equal(l.y[row], y);
                    assert_true(l.h[row] >= 0 && (l.h[row] == 0 || on >> row & 1));
                    y += l.h[row];
                }
                if (l.axis >= 0)
                    assert_int_equal(l.axis, y++);
                if (l.legend >= 0)
                    assert_int_equal(l.legend, y++);
                assert_true(y <= h);
                assert_true((size_t)l.h[ROW_PROCS] <= procs);
                if (on & 1 << ROW_HEAP)
                    assert_true(y == h && (h == 0 || l.h[ROW_HEAP] > 0));
            }
}

/* At 80x24 seven rows are there: the heap in three, and what tells most. */
static void test_usual_rows(void **state) {
    (void)state;
    struct timeline_layout l;
    timeline_arrange(7, TIMELINE_USUAL, 2, &l);
    assert_int_equal(l.h[ROW_HEAP], 3);
    assert_true(l.h[ROW_PHASE] && l.h[ROW_STOPS] && l.h[ROW_NOTES] && l.axis == 6);
    timeline_arrange(13, TIMELINE_USUAL, 2, &l);
    assert_int_equal(l.h[ROW_PROCS], 2);
    timeline_arrange(60, TIMELINE_USUAL, 64, &l);
    assert_true(l.h[ROW_PROCS] >= 10 && l.h[ROW_HEAP] >= 24);
}

static void test_steps_are_round(void **state) {
    (void)state;
    for (int64_t len = 200; len < INT64_C(1000000000000000); len = len * 7 / 3)
        for (int n = 10; n < 500; n = n * 3 / 2)
            for (int least = 5; least < 20; least += 7) {
                struct window w = {.from = 12345, .to = 12345 + len};
                int64_t step = timescale_step(w, n, least), one = step;
                while (one % 10 == 0)
                    one /= 10;
                assert_true(one == 1 || one == 2 || one == 5);
                /* wide enough, and the next smaller one would not be */
                assert_true((double)step * n >= (double)len * least * 0.999);
                assert_true(step == 1 || (double)step / 2 * n < (double)len * least * 1.3);
                assert_true(timescale_tick(w.from, step) % step == 0);
                assert_true(timescale_tick(w.from, step) >= w.from && timescale_tick(w.from, step) < w.from + step);
            }
}

static void test_labels(void **state) {
    (void)state;
    static const struct {
        int64_t t, step;
        const char *want;
    } cases[] = {
        {0, 1000000000, "0 s"},
        {12000000000, 2000000000, "12 s"},
        {1500000000, 500000000, "1.5 s"},
        {150000000, 50000000, "0.15 s"},
        {1203440000, 10000, "1.203 44 s"},
        {90666432, 1, "0.090 666 432 s"},
        {7000000100, 100, "7.000 000 1 s"},
    };
    char words[TICK_TEXT];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int n = timescale_label(cases[i].t, cases[i].step, words);
        assert_string_equal(words, cases[i].want);
        assert_int_equal(n, (int)strlen(words));
    }
    static const struct {
        int64_t by;
        const char *want;
    } after[] = {{40, "+40 ns"},         {2000, "+2 us"},        {1500, "+1.5 us"},
                 {150000000, "+150 ms"}, {1500000000, "+1.5 s"}, {0, "+0 ns"}};
    for (size_t i = 0; i < sizeof after / sizeof *after; i++) {
        timescale_label_after(after[i].by, words);
        assert_string_equal(words, after[i].want);
    }
}

/* A bucket: span from 10, object 20 .. 40 and 50 .. 51, span gone at 80. */
static void test_strip_of_a_bucket(void **state) {
    (void)state;
    struct event_row rows[] = {
        {.fact = {.t = 10, .kind = FACT_SPAN_ALLOC}}, {.fact = {.t = 20, .kind = FACT_ALLOC}},
        {.fact = {.t = 40, .kind = FACT_FREE}},       {.fact = {.t = 50, .kind = FACT_ALLOC}},
        {.fact = {.t = 51, .kind = FACT_FREE}},       {.fact = {.t = 80, .kind = FACT_SPAN_FREE}},
    };
    struct history h = {.rows = rows, .n = 6};
    struct strip s = strip_of_bucket(&h);
    assert_true(strip_bucket(&s, 0, 10) < 0);
    assert_true(strip_bucket(&s, 10, 20) == 0);
    assert_true(strip_bucket(&s, 20, 30) == 1);
    assert_true(strip_bucket(&s, 30, 50) == 0.5);
    double spike = strip_bucket(&s, 50, 70);
    assert_true(spike > 0 && spike < 0.1);
    assert_true(strip_bucket(&s, 70, 81) == 0);
    assert_true(strip_bucket(&s, 81, 90) < 0);
    enum role role;
    enum glyph glyph, none;
    strip_look(spike, &role, &glyph);
    strip_look(0, &role, &none);
    assert_true(glyph != none);
}

static void test_strip_of_a_span(void **state) {
    (void)state;
    struct event_row rows[] = {
        {.live = 0, .fact = {.t = 10, .kind = FACT_SPAN_ALLOC}}, {.live = 1, .fact = {.t = 20, .kind = FACT_ALLOC}},
        {.live = 2, .fact = {.t = 21, .kind = FACT_ALLOC}},      {.live = 1, .fact = {.t = 22, .kind = FACT_FREE}},
        {.live = 0, .fact = {.t = 60, .kind = FACT_FREE}},       {.live = 0, .fact = {.t = 70, .kind = FACT_SPAN_FREE}},
    };
    struct history h = {.rows = rows, .n = 6};
    struct strip s = strip_of_span(&h, 4);
    assert_true(strip_span(&s, 0, 10) < 0);
    assert_true(strip_span(&s, 10, 20) == 0);
    assert_true(strip_span(&s, 20, 30) == 0.5);
    assert_true(strip_span(&s, 30, 40) == 0.25);
    assert_true(strip_span(&s, 40, 65) == 0.25);
    assert_true(strip_span(&s, 65, 71) == 0);
    assert_true(strip_span(&s, 71, 90) < 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_fill_the_pane), cmocka_unit_test(test_usual_rows),
        cmocka_unit_test(test_steps_are_round),    cmocka_unit_test(test_labels),
        cmocka_unit_test(test_strip_of_a_bucket),  cmocka_unit_test(test_strip_of_a_span),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
