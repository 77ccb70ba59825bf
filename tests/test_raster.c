/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_raster.c - dots, glyphs and scales of plots; time to columns; lists. Linked without curses.
 */
#include "tests/cmocka.h"
#include "tui/list.h"
#include "tui/raster.h"
#include "tui/timescale.h"

/* ------------------------------------------------------------------ dots */

static void test_each_dot_has_its_bit(void **state) {
    (void)state;
    /* U+2800 plus the bit that Unicode gives to each dot, by row and column. */
    static const uint32_t want[4][2] = {{0x2801, 0x2808}, {0x2802, 0x2810}, {0x2804, 0x2820}, {0x2840, 0x2880}};
    for (int y = 0; y < 4; y++)
        for (int x = 0; x < 2; x++) {
            struct raster r;
            assert_true(raster_init(&r, 3, 2));
            raster_dot(&r, 2 + x, 4 + y);
            assert_int_equal(raster_braille(raster_cell(&r, 1, 1)), want[y][x]);
            assert_int_equal(raster_cell(&r, 0, 0), 0);
            raster_free(&r);
        }
}

static void test_outside_is_ignored(void **state) {
    (void)state;
    struct raster r;
    assert_true(raster_init(&r, 2, 2));
    raster_dot(&r, -1, 0);
    raster_dot(&r, 4, 0);
    raster_dot(&r, 0, 8);
    raster_bar(&r, 0, -100, -50);
    for (int i = 0; i < 4; i++)
        assert_int_equal(raster_cell(&r, i % 2, i / 2), 0);
    raster_bar(&r, 1, 100, -100);
    assert_int_equal(raster_braille(raster_cell(&r, 0, 0)), 0x28b8);
    assert_int_equal(raster_cell(&r, 7, 7), 0);
    raster_free(&r);
}

static void test_empty_canvas(void **state) {
    (void)state;
    struct raster r;
    assert_true(raster_init(&r, 0, -3));
    raster_bar(&r, 0, 0, 10);
    assert_int_equal(raster_level(&r, 5, 10), 0);
    raster_free(&r);
}

static void test_ascii_grows_with_dots(void **state) {
    (void)state;
    assert_int_equal(raster_ascii(0), ' ');
    assert_int_equal(raster_ascii(0x01), '.');
    assert_int_equal(raster_ascii(0x1f), ':');
    assert_int_equal(raster_ascii(0xff), '#');
}

static void test_levels(void **state) {
    (void)state;
    struct raster r;
    assert_true(raster_init(&r, 1, 3));
    assert_int_equal(raster_level(&r, 0, 100), 11);
    assert_int_equal(raster_level(&r, 100, 100), 0);
    assert_int_equal(raster_level(&r, 1000, 100), 0);
    assert_int_equal(raster_level(&r, UINT64_MAX, UINT64_MAX), 0);
    assert_int_equal(raster_level(&r, 5, 0), 11);
    raster_free(&r);
}

static void test_scale_ends_are_round_and_above(void **state) {
    (void)state;
    assert_int_equal(raster_round_up(0), 1);
    assert_int_equal(raster_round_up(7), 8);
    assert_int_equal(raster_round_up(1000), 1024);
    assert_int_equal(raster_round_up(5u << 20), 5u << 20);
    assert_int_equal(raster_round_up((5u << 20) + 1), 6u << 20);
    for (uint64_t v = 1; v < UINT64_MAX / 3; v = v * 3 / 2 + 1)
        assert_true(raster_round_up(v) >= v);
    assert_true(raster_round_up(UINT64_MAX) == UINT64_MAX);
}

/* ------------------------------------------------------------------ time */

static void test_columns_cover_the_window(void **state) {
    (void)state;
    static const struct window windows[] = {{0, 200}, {1203441, 1203441 + 777}, {0, INT64_MAX}, {5, 5 + 70}};
    for (size_t i = 0; i < sizeof windows / sizeof *windows; i++)
        for (int n = 1; n < 300; n++) {
            assert_true(timescale_start(windows[i], n, 0) == windows[i].from);
            assert_true(timescale_start(windows[i], n, n) == windows[i].to);
            for (int c = 0; c < n; c++) {
                int64_t a = timescale_start(windows[i], n, c), b = timescale_start(windows[i], n, c + 1);
                assert_true(a <= b);
                if (a < b) {
                    assert_int_equal(timescale_column(windows[i], n, a), c);
                    assert_int_equal(timescale_column(windows[i], n, b - 1), c);
                }
            }
        }
}

static void test_outside_the_window(void **state) {
    (void)state;
    struct window w = {100, 400};
    assert_int_equal(timescale_column(w, 30, 99), -1);
    assert_int_equal(timescale_column(w, 30, 400), 30);
    assert_int_equal(timescale_column(w, 30, 399), 29);
}

static void test_zoom_keeps_the_cursor_and_the_trace(void **state) {
    (void)state;
    const int64_t end = 2410000000;
    for (int64_t t = 0; t <= end; t += end / 13) {
        struct window w = timescale_whole(end);
        for (int i = 0; i < 40; i++) {
            w = timescale_zoom(w, t, 1, 2, end);
            assert_true(w.from <= t && t < w.to && w.from >= 0 && w.to <= end + 1);
        }
        assert_int_equal(w.to - w.from, WINDOW_MIN_NS);
        for (int i = 0; i < 40; i++)
            w = timescale_zoom(w, t, 2, 1, end);
        assert_true(w.from == 0 && w.to == end + 1);
    }
}

static void test_follow_moves_no_more_than_needed(void **state) {
    (void)state;
    struct window w = {1000, 2000};
    struct window same = timescale_follow(w, 1500, 10000);
    assert_true(same.from == 1000 && same.to == 2000);
    for (int64_t t = 0; t <= 10000; t += 7) {
        struct window f = timescale_follow(w, t, 10000);
        assert_true(f.from <= t && t < f.to);
        assert_int_equal(f.to - f.from, 1000);
    }
}

/* ------------------------------------------------------------------ lists */

static void test_selection_stays_in_view(void **state) {
    (void)state;
    struct list l = {0};
    list_fit(&l, 100, 7);
    for (int i = 0; i < 500; i++) {
        list_move(&l, (i * 37) % 41 - 20);
        list_scroll(&l, (i * 13) % 9 - 4);
        list_fit(&l, 100 - i % 95, 1 + i % 11);
        assert_within(l.selected, 0, l.n - 1);
        assert_true(l.top >= 0 && l.selected >= l.top && l.selected < l.top + l.height);
        assert_int_equal(list_row_at(&l, l.selected - l.top), l.selected);
    }
}

static void test_empty_list(void **state) {
    (void)state;
    struct list l = {.selected = 5, .top = 3};
    list_fit(&l, 0, 10);
    list_move(&l, 3);
    list_scroll(&l, -2);
    assert_int_equal(l.selected, 0);
    assert_int_equal(l.top, 0);
    assert_int_equal(list_row_at(&l, 0), -1);
    list_fit(&l, 4, 0);
    list_move(&l, 2);
    assert_int_equal(l.selected, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_dot_has_its_bit),
        cmocka_unit_test(test_outside_is_ignored),
        cmocka_unit_test(test_empty_canvas),
        cmocka_unit_test(test_ascii_grows_with_dots),
        cmocka_unit_test(test_levels),
        cmocka_unit_test(test_scale_ends_are_round_and_above),
        cmocka_unit_test(test_columns_cover_the_window),
        cmocka_unit_test(test_outside_the_window),
        cmocka_unit_test(test_zoom_keeps_the_cursor_and_the_trace),
        cmocka_unit_test(test_follow_moves_no_more_than_needed),
        cmocka_unit_test(test_selection_stays_in_view),
        cmocka_unit_test(test_empty_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
