/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_visits.c - back and forward, and the lines with links that pages are made of. Linked without curses.
 */
#include "tests/cmocka.h"
#include "tui/doc.h"
#include "tui/visits.h"

#include <stdlib.h>
#include <string.h>

static struct visit at(uint64_t n) {
    return (struct visit){.page = link_to(LINK_TYPE, n), .pos = n};
}

static void test_back_and_forward(void **state) {
    (void)state;
    struct visits v = {0};
    struct visit now = at(0), to;
    assert_false(visits_back(&v, &now, &to));
    assert_false(visits_forward(&v, &now, &to));
    for (uint64_t i = 0; i < 5; i++, now = at(i))
        visits_leave(&v, &now);
    /* now is 5; back to 2 */
    for (uint64_t i = 5; i-- > 2; now = to) {
        assert_true(visits_back(&v, &now, &to));
        assert_true(to.pos == i);
    }
    /* What was changed before leaving is found again. */
    now.place.row = 77;
    assert_true(visits_forward(&v, &now, &to));
    assert_true(to.pos == 3);
    now = to;
    assert_true(visits_back(&v, &now, &to));
    assert_true(to.pos == 2 && to.place.row == 77);
    now = to;
    /* A new way from here forgets 3, 4 and 5. */
    visits_leave(&v, &now);
    now = at(9);
    assert_false(visits_forward(&v, &now, &to));
    for (uint64_t i = 3; i-- > 0; now = to) {
        assert_true(visits_back(&v, &now, &to));
        assert_true(to.pos == i);
    }
    assert_false(visits_back(&v, &now, &to));
    for (uint64_t i = 1; i <= 3; i++, now = to) {
        assert_true(visits_forward(&v, &now, &to));
        assert_true(to.pos == (i == 3 ? 9 : i));
    }
    assert_false(visits_forward(&v, &now, &to));
}

static void test_the_oldest_are_forgotten(void **state) {
    (void)state;
    struct visits v = {0};
    struct visit now = at(0), to;
    uint64_t n = 3 * VISITS_MAX;
    for (uint64_t i = 0; i < n; i++, now = at(i))
        visits_leave(&v, &now);
    uint64_t back = 0;
    for (; visits_back(&v, &now, &to); now = to)
        assert_true(to.pos == n - ++back);
    assert_int_equal(back, VISITS_MAX);
    for (uint64_t i = n - back; visits_forward(&v, &now, &to); now = to)
        assert_true(to.pos == ++i);
    assert_true(now.pos == n);
}

static void test_links_in_lines(void **state) {
    (void)state;
    struct doc d = {.ascii = true};
    struct sheet s = {.ascii = true};
    assert_true(sheet_resize(&s, 30, 4));
    struct pen p = pen_on(&s, (struct rect){.w = 30, .h = 4});
    doc_text(&d, ROLE_DIM, "first ");
    doc_link(&d, link_to(LINK_SPAN, 7), "span %d", 7);
    doc_line(&d);
    doc_glyphs(&d, ROLE_FREE, GLYPH_PAGE_FREE, 3);
    doc_glyphs(&d, ROLE_LIVE, GLYPH_PAGE_FULL, 2);
    assert_int_equal(doc_columns(&d), 5);
    doc_link(&d, link_to(LINK_TYPE, 8), "type");
    doc_line(&d);
    assert_int_equal(d.lines, 2);
    assert_int_equal(d.nlinks, 2);
    doc_draw(&d, &p, 0, 1, true);
    assert_int_equal(sheet_at(&s, 7, 0)->ch[0], 's');
    assert_int_equal(sheet_at(&s, 7, 0)->role, ROLE_LINK);
    assert_int_equal(sheet_at(&s, 1, 1)->ch[0], glyph_char(GLYPH_PAGE_FREE, true));
    assert_int_equal(sheet_at(&s, 5, 1)->ch[0], glyph_char(GLYPH_PAGE_FULL, true));
    assert_int_equal(sheet_at(&s, 6, 1)->role, ROLE_SELECT);
    assert_int_equal(doc_link_at(&d, 0, 7), 0);
    assert_int_equal(doc_link_at(&d, 0, 12), 0);
    assert_int_equal(doc_link_at(&d, 0, 13), -1);
    assert_int_equal(doc_link_at(&d, 0, 6), -1);
    assert_int_equal(doc_link_at(&d, 1, 6), 1);
    assert_int_equal(doc_link_line(&d, 1), 1);
    /* Scrolled by a line; and made anew. */
    sheet_blank(&s);
    doc_draw(&d, &p, 1, -1, true);
    assert_int_equal(sheet_at(&s, 6, 0)->ch[0], 't');
    doc_clear(&d);
    assert_int_equal(d.nlinks, 0);
    doc_free(&d);
    sheet_free(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_back_and_forward),
        cmocka_unit_test(test_the_oldest_are_forgotten),
        cmocka_unit_test(test_links_in_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
