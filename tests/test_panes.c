/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_panes.c - the arrangement of panes over every size of screen: nothing overlaps, nothing lies outside, nothing is
 * lost where there is room. Linked without curses.
 */
#include "tests/cmocka.h"
#include "tui/panes.h"

#include <string.h>

enum { COLS = 260, ROWS = 90 };

/* Count each rectangle's cells into a grid: any cell counted twice is an overlap. */
static void cover(uint8_t (*grid)[COLS], struct rect r, int cols, int rows) {
    if (rect_empty(r))
        return;
    assert_within(r.x, 0, cols - 1);
    assert_within(r.y, 0, rows - 1);
    assert_true(r.x + r.w <= cols && r.y + r.h <= rows);
    for (int y = r.y; y < r.y + r.h; y++)
        for (int x = r.x; x < r.x + r.w; x++)
            assert_int_equal(grid[y][x]++, 0);
}

static void check(int cols, int rows, enum layout layout, enum pane zoomed, enum pane focus) {
    static uint8_t grid[ROWS][COLS];
    struct panes p;
    memset(grid, 0, sizeof grid);
    panes_arrange(cols, rows, layout, zoomed, focus, &p);
    if (p.too_small)
        return;
    cover(grid, p.header, cols, rows);
    cover(grid, p.footer, cols, rows);
    for (int i = 0; i < PANES; i++)
        cover(grid, p.pane[i], cols, rows);
    for (int i = 0; i < PANES_GAPS; i++)
        cover(grid, p.gap[i], cols, rows);
    assert_false(rect_empty(p.pane[zoomed < PANES ? zoomed : focus]));
    for (int y = 0; y < rows; y++)
        for (int x = 0; x < cols; x++)
            assert_int_equal(grid[y][x], 1);
}

static void test_every_size(void **state) {
    (void)state;
    for (int cols = 1; cols <= COLS; cols += cols < 100 ? 1 : 7)
        for (int rows = 1; rows <= ROWS; rows++)
            for (int focus = 0; focus < PANES; focus++)
                check(cols, rows, (enum layout)((cols + rows) % LAYOUTS), PANES, (enum pane)focus);
}

static void test_zoomed(void **state) {
    (void)state;
    for (int cols = 1; cols <= COLS; cols += 3)
        for (int rows = 1; rows <= ROWS; rows += 2)
            for (int zoomed = 0; zoomed < PANES; zoomed++)
                check(cols, rows, LAYOUT_AUTO, (enum pane)zoomed, (enum pane)zoomed);
}

/* From 80x24 on every pane has its title and at least three rows. */
static void test_all_panes_from_80x24(void **state) {
    (void)state;
    for (int cols = 80; cols <= COLS; cols++)
        for (int rows = 24; rows <= ROWS; rows++) {
            struct panes p;
            panes_arrange(cols, rows, LAYOUT_AUTO, PANES, PANE_MAP, &p);
            for (int i = 0; i < PANES; i++) {
                assert_true(p.pane[i].h >= 4);
                assert_true(p.pane[i].w >= 30);
            }
        }
}

/* A tall narrow screen shows all panes as well, and so does any layout that has room for them. */
static void test_tall_shows_all(void **state) {
    (void)state;
    struct panes p;
    for (int layout = LAYOUT_AUTO; layout < LAYOUTS; layout++) {
        panes_arrange(40, 60, (enum layout)layout, PANES, PANE_MAP, &p);
        for (int i = 0; i < PANES; i++)
            assert_true(layout == LAYOUT_ONE || (p.pane[i].w == 40 && p.pane[i].h >= 5));
    }
    panes_arrange(250, 70, LAYOUT_AUTO, PANES, PANE_MAP, &p);
    assert_true(p.pane[PANE_CENTRAL].h == p.pane[PANE_TYPES].h && p.pane[PANE_CENTRAL].h > 40); /* lists side by side */
    panes_arrange(250, 70, LAYOUT_STACK, PANES, PANE_MAP, &p);
    assert_int_equal(p.pane[PANE_SPAN].w, 250);
}

/* One pane at a time: the timeline stands above it where both have room, and the map below the timeline itself. */
static void test_one_has_the_timeline(void **state) {
    (void)state;
    struct panes p;
    panes_arrange(60, 30, LAYOUT_ONE, PANES, PANE_SPAN, &p);
    assert_true(p.pane[PANE_TIMELINE].h > 0 && p.pane[PANE_SPAN].h > 0 && p.pane[PANE_MAP].h == 0);
    panes_arrange(60, 30, LAYOUT_ONE, PANES, PANE_TIMELINE, &p);
    assert_true(p.pane[PANE_TIMELINE].h > 0 && p.pane[PANE_MAP].h > 0);
    panes_arrange(60, 15, LAYOUT_ONE, PANES, PANE_SPAN, &p);
    assert_true(p.pane[PANE_TIMELINE].h > 0 && p.pane[PANE_SPAN].h > 0);
    panes_arrange(60, 15, LAYOUT_ONE, PANES, PANE_TIMELINE, &p);
    assert_true(p.pane[PANE_TIMELINE].h > 10 && p.pane[PANE_MAP].h == 0);
}

static void test_tiny_is_too_small(void **state) {
    (void)state;
    struct panes p;
    panes_arrange(1, 1, LAYOUT_AUTO, PANES, PANE_MAP, &p);
    assert_true(p.too_small);
    panes_arrange(23, 50, LAYOUT_FOUR, PANES, PANE_MAP, &p);
    assert_true(p.too_small);
    panes_arrange(24, 5, LAYOUT_FOUR, PANES, PANE_MAP, &p);
    assert_false(p.too_small);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_size),           cmocka_unit_test(test_zoomed),
        cmocka_unit_test(test_all_panes_from_80x24), cmocka_unit_test(test_tall_shows_all),
        cmocka_unit_test(test_tiny_is_too_small),    cmocka_unit_test(test_one_has_the_timeline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
