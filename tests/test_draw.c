/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_draw.c - sheets and pens: clipping, wide letters, ASCII twins, and that no control byte gets into a cell.
 * Linked without curses.
 */
#include "tests/cmocka.h"
#include "tui/draw.h"

#include <locale.h>
#include <string.h>

static struct sheet sheet;

static struct pen fresh(int cols, int rows) {
    assert_true(sheet_resize(&sheet, cols, rows));
    return pen_on(&sheet, (struct rect){.x = 0, .y = 0, .w = cols, .h = rows});
}

static uint32_t at(int x, int y) {
    return sheet_at(&sheet, x, y)->ch[0];
}

static void test_clipping(void **state) {
    (void)state;
    fresh(10, 3);
    struct pen p = pen_on(&sheet, (struct rect){.x = 2, .y = 1, .w = 4, .h = 1});
    assert_int_equal(pen_text(&p, 0, 0, ROLE_TEXT, "abcdefgh"), 4);
    assert_int_equal(at(2, 1), 'a');
    assert_int_equal(at(4, 1), 'c');
    assert_int_equal(at(6, 1), ' ');
    pen_text(&p, 0, 1, ROLE_TEXT, "below");
    pen_text(&p, 0, -1, ROLE_TEXT, "above");
    pen_char(&p, -1, 0, ROLE_TEXT, 'x');
    for (int x = 0; x < 10; x++) {
        assert_int_equal(at(x, 0), ' ');
        assert_int_equal(at(x, 2), ' ');
    }
    assert_int_equal(at(1, 1), ' ');
    struct pen q = pen_part(&p, (struct rect){.x = 2, .y = 0, .w = 100, .h = 100});
    assert_int_equal(q.r.w, 2);
    assert_int_equal(q.r.h, 1);
}

static void test_nothing_steers_the_terminal(void **state) {
    (void)state;
    struct pen p = fresh(80, 1);
    char all[256];
    for (int i = 0; i < 255; i++)
        all[i] = (char)(i + 1);
    all[255] = '\0';
    pen_text(&p, 0, 0, ROLE_TEXT, all);
    for (int from = 1; from < 256; from += 40)
        pen_text(&p, from % 7, 0, ROLE_TEXT, all + from - 1);
    pen_text(&p, 0, 0, ROLE_TEXT,
             "\033]0;x\007\xc2\x9b"
             "31m\xe2\x80");
    for (int x = 0; x < 80; x++)
        for (int i = 0; i < CELL_CHARS; i++) {
            uint32_t c = sheet_at(&sheet, x, 0)->ch[i];
            assert_false(c > 0 && c < 0x20);
            assert_false(c >= 0x7f && c < 0xa0);
        }
}

static void test_wide_letters(void **state) {
    (void)state;
    if (!setlocale(LC_CTYPE, "C.UTF-8") && !setlocale(LC_CTYPE, "en_US.UTF-8"))
        skip();
    struct pen p = fresh(6, 1);
    assert_int_equal(pen_text(&p, 0, 0, ROLE_TEXT, "a\xe6\xbc\xa2z"), 4);
    assert_int_equal(at(1, 0), 0x6f22);
    assert_int_equal(at(2, 0), 0);
    assert_int_equal(at(3, 0), 'z');
    pen_char(&p, 2, 0, ROLE_TEXT, 'x'); /* half of it is overwritten: the other half goes too */
    assert_int_equal(at(1, 0), ' ');
    p = fresh(6, 1);
    pen_text(&p, 3, 0, ROLE_TEXT, "ab\xe6\xbc\xa2");
    assert_int_equal(at(5, 0), 0x2026); /* cut, not half drawn */
    p = fresh(6, 1);
    assert_int_equal(pen_text(&p, 0, 0, ROLE_TEXT, "e\xcc\x81x"), 2);
    assert_int_equal(sheet_at(&sheet, 0, 0)->ch[1], 0x301);
    setlocale(LC_CTYPE, "C");
}

static void test_ascii_twins(void **state) {
    (void)state;
    for (int g = 0; g < GLYPH_LIMIT; g++) {
        uint32_t twin = glyph_char((enum glyph)g, true);
        assert_within(twin, 0x21, 0x7e);
        assert_true(glyph_char((enum glyph)g, false) >= 0x21);
    }
    sheet.ascii = true;
    struct pen p = fresh(8, 1);
    pen_text(&p, 0, 0, ROLE_TEXT, "a\xc2\xb7\xc3\xa9");
    assert_int_equal(at(1, 0), '|');
    assert_int_equal(at(2, 0), '?');
    sheet.ascii = false;
}

/* On a console nothing is left that code page 437 lacks. */
static void test_console_twins(void **state) {
    (void)state;
    static const uint32_t font[] = {0x2500, 0x2502, 0x2524, 0x251c, 0x253c, 0x252c, 0xb7,   0x258c, 0x2588, 0x2592,
                                    0x2584, 0x2580, 0x25bc, 0x25ba, 0x2591, 0x2593, 0x25a0, 0x25b2, 0x2194};
    for (uint32_t g = 0; g < GLYPH_LIMIT + 256; g++) {
        uint32_t ch = console_char(g < GLYPH_LIMIT ? glyph_char((enum glyph)g, false) : 0x2800 + g - GLYPH_LIMIT);
        bool there = ch < 0x80;
        for (size_t i = 0; i < sizeof font / sizeof *font; i++)
            there |= font[i] == ch;
        assert_true(there);
    }
    assert_int_equal(console_char(0x28ff), 0x2588);
    assert_int_equal(console_char(0x28e4), 0x2584);
    assert_int_equal(console_char(0x2812), 0x2500);
    assert_int_equal(console_char(0x2800), ' ');
    sheet.console = true;
    struct pen p = fresh(4, 1);
    pen_char(&p, 0, 0, ROLE_TEXT, 0x28ff);
    pen_char(&p, 1, 0, ROLE_TEXT, 0x2026);
    assert_int_equal(at(0, 0), 0x2588);
    assert_int_equal(at(1, 0), '~');
    sheet.console = false;
}

static int done(void **state) {
    (void)state;
    sheet_free(&sheet);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clipping),      cmocka_unit_test(test_nothing_steers_the_terminal),
        cmocka_unit_test(test_wide_letters),  cmocka_unit_test(test_ascii_twins),
        cmocka_unit_test(test_console_twins),
    };
    return cmocka_run_group_tests(tests, NULL, done);
}
