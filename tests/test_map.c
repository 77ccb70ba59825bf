/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_map.c - the geometry of the heap map: pages to cells and back, scrolling, scales. Linked without curses.
 */
#include "tests/cmocka.h"
#include "tui/map.h"

#include <stdlib.h>

static uint64_t seed = 9;
static uint64_t any(uint64_t below) {
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (seed >> 20) % below;
}

static struct map_geometry any_geometry(void) {
    struct map_geometry g = {.lo = any(1u << 30),
                             .pages = 1 + any(any(2) ? 50 : 1u << 22),
                             .shift = (int)any(MAP_SHIFT_MAX + 1),
                             .w = 1 + (int)any(120),
                             .h = 1 + (int)any(60)};
    g.top = any(map_rows(&g));
    map_clamp(&g);
    return g;
}

/* Cells in view follow each other without holes, and each page of one leads back to it. */
static void test_pages_and_cells(void **state) {
    (void)state;
    for (int round = 0; round < 300; round++) {
        struct map_geometry g = any_geometry();
        uint64_t from, to, next = g.lo + ((g.top * (uint64_t)g.w) << g.shift);
        for (int y = 0; y < g.h; y++)
            for (int x = 0; x < g.w; x++) {
                size_t cell;
                if (!map_pages_at(&g, x, y, &from, &to)) {
                    assert_true(next == g.lo + g.pages);
                    continue;
                }
                assert_true(from == next && to > from && to - from <= (uint64_t)1 << g.shift);
                assert_true(map_cell_of(&g, from, &cell) && cell == (size_t)(y * g.w + x));
                assert_true(map_cell_of(&g, to - 1, &cell) && cell == (size_t)(y * g.w + x));
                next = to;
            }
        assert_false(map_pages_at(&g, g.w, 0, &from, &to));
        assert_false(map_pages_at(&g, 0, g.h, &from, &to));
        size_t cell;
        assert_false(map_cell_of(&g, g.lo + g.pages, &cell));
        assert_false(g.lo > 0 && map_cell_of(&g, g.lo - 1, &cell));
    }
}

/* A page that is revealed is in view; one that was in view stays where it was. */
static void test_reveal(void **state) {
    (void)state;
    for (int round = 0; round < 2000; round++) {
        struct map_geometry g = any_geometry();
        uint64_t page = g.lo + any(g.pages), top = g.top;
        size_t before, after;
        bool was = map_cell_of(&g, page, &before);
        map_reveal(&g, page);
        assert_true(map_cell_of(&g, page, &after));
        assert_true(!was || (g.top == top && before == after));
        assert_true(g.top == 0 || g.top + (uint64_t)g.h <= map_rows(&g));
    }
}

static void test_scales(void **state) {
    (void)state;
    assert_int_equal(map_shift_for(100, 10, 10), 0);
    assert_int_equal(map_shift_for(101, 10, 10), 1);
    assert_int_equal(map_shift_for(800, 10, 10), 3);
    assert_int_equal(map_shift_for(UINT64_C(1) << 40, 10, 10), MAP_SHIFT_AUTO);
    for (int round = 0; round < 500; round++) {
        uint64_t pages = 1 + any(1u << 20);
        int w = 1 + (int)any(100), h = 1 + (int)any(60), shift = map_shift_for(pages, w, h);
        struct map_geometry g = {.pages = pages, .shift = shift, .w = w, .h = h};
        assert_true(shift == MAP_SHIFT_AUTO || map_rows(&g) <= (uint64_t)h);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pages_and_cells),
        cmocka_unit_test(test_reveal),
        cmocka_unit_test(test_scales),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
