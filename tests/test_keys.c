/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_keys.c - the key table: no row is hidden by another, every key has a name that leads back to it, help, hints and
 * manual say the same. Linked without curses.
 */
#include "tests/cmocka.h"
#include "tui/keys.h"
#include "tui/pager.h"
#include "tui/tui.h"

#include <stdlib.h>
#include <string.h>

static void test_each_row_is_reached(void **state) {
    (void)state;
    const struct binding *b;
    size_t n = keys_table(&b);
    for (size_t i = 0; i < n; i++)
        for (int k = 0; k < KEYS_MAX && b[i].key[k]; k++)
            for (unsigned pane = 1; pane <= IN_PAGER; pane <<= 1)
                if (b[i].panes & pane)
                    assert_int_equal(keys_find(b[i].key[k], pane), b[i].action);
}

static void test_each_row_speaks(void **state) {
    (void)state;
    const struct binding *b;
    size_t n = keys_table(&b);
    assert_non_null(b[0].group);
    for (int a = 1; a < ACT_LIMIT; a++)
        assert_true(a == ACT_LINE || action_named(action_name((enum action)a)) == (enum action)a);
    for (size_t i = 0; i < n; i++) {
        assert_true(b[i].key[0] != 0 && b[i].action != ACT_NONE && b[i].action < ACT_LIMIT && b[i].panes != 0);
        assert_true(b[i].help && strlen(b[i].help) > 1 && strlen(b[i].help) < 100);
    }
}

static void test_names_lead_back(void **state) {
    (void)state;
    const struct binding *b;
    size_t n = keys_table(&b);
    char name[KEY_NAME];
    for (size_t i = 0; i < n; i++)
        for (int k = 0; k < KEYS_MAX && b[i].key[k]; k++)
            assert_int_equal(keys_from_name(keys_name(b[i].key[k], name)), b[i].key[k]);
    for (int c = 1; c < 127; c++)
        assert_int_equal(keys_from_name(keys_name(c, name)), c);
    static const struct {
        const char *name;
        int key;
    } others[] = {{"\303\244", 0xe4},
                  {"\320\271", 0x439},
                  {"M-q", KEY_ALT | 'q'},
                  {"M--", KEY_ALT | '-'},
                  {"M-Left", KEY_ALT | KEY_CODE_LEFT},
                  {"M-\303\251", KEY_ALT | 0xe9},
                  {"M-^A", KEY_ALT | CTRL('A')},
                  {"M-F5", KEY_ALT | (KEY_CODE_F1 + 4)}};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_int_equal(keys_from_name(others[i].name), others[i].key);
        assert_string_equal(keys_name(others[i].key, name), others[i].name);
    }
    /* Esc is how Alt comes; a mark that turns letters round, two letters, half a letter */
    static const char *const none[] = {"M-Esc", "M-M-x", "M-", "\342\200\256", "\303\244\303\244", "\303"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_int_equal(keys_from_name(none[i]), KEY_CODE_NONE);
    assert_int_equal(keys_from_name("NoSuchKey"), KEY_CODE_NONE);
    assert_int_equal(keys_from_name(""), KEY_CODE_NONE);
}

static void test_unknown_keys_do_nothing(void **state) {
    (void)state;
    assert_int_equal(keys_find(KEY_CODE_UNKNOWN, IN_MAP), ACT_NONE);
    assert_int_equal(keys_find(0, IN_MAP), ACT_NONE);
    assert_int_equal(keys_find(0x4e00, IN_PAGER), ACT_NONE);
}

static bool pager_says(const struct pager *p, const char *words) {
    for (int i = 0; i < p->n; i++)
        if (strstr(p->lines[i].text, words))
            return true;
    return false;
}

static void test_help_and_manual_have_every_row(void **state) {
    (void)state;
    const struct binding *b;
    size_t n = keys_table(&b), len = 0;
    struct pager p = {0};
    char *man = NULL;
    FILE *out = open_memstream(&man, &len);
    assert_non_null(out);
    tui_dump_keys_man(out);
    fclose(out);
    pager_show_keys(&p, IN_ALL, 0);
    size_t entries = 0;
    for (const char *s = man; (s = strstr(s, ".TP\n")) != NULL; s++)
        entries++;
    assert_int_equal(entries, n);
    for (size_t i = 0; i < n; i++)
        assert_true(pager_says(&p, b[i].help));
    for (size_t i = 0; i < n; i++)
        assert_true(pager_says(&p, action_name((enum action)b[i].action)));
    assert_int_equal(strncmp(man, ".SH KEYS\n", 9), 0);
    free(man);
    pager_free(&p);
}

static void test_pager_scrolls_within_its_lines(void **state) {
    (void)state;
    static const enum action moves[] = {ACT_DOWN, ACT_PAGE_DOWN, ACT_BOTTOM, ACT_UP, ACT_PAGE_UP, ACT_TOP};
    struct pager p = {0};
    pager_start(&p, "t");
    assert_true(pager_add_text(&p, ROLE_TEXT, "a\nb\n\nd", 6));
    assert_int_equal(p.n, 4);
    p.height = 3;
    for (size_t i = 0; i < 100; i++) {
        assert_true(pager_act(&p, moves[i * 7 % 6]));
        assert_within(p.top, 0, 1);
    }
    assert_false(pager_act(&p, ACT_QUIT));
    pager_free(&p);
}

/* Every line about a key presses that key; those of the pane come first. */
static void test_the_list_of_keys_presses_them(void **state) {
    (void)state;
    struct pager p = {0};
    const struct binding *b;
    size_t n = keys_table(&b), lines = 0;
    pager_show_keys(&p, IN_MAP, 0);
    p.height = 10;
    assert_true(pager_chosen(&p) && keys_find(pager_chosen(&p)->key, IN_MAP) == pager_chosen(&p)->action);
    for (int i = 0; i < p.n; i++)
        lines += p.lines[i].key != KEY_CODE_NONE;
    assert_true(lines >= n);
    int first = p.chosen;
    assert_true(pager_act(&p, ACT_DOWN) && p.chosen > first);
    assert_true(pager_act(&p, ACT_BOTTOM) && p.chosen == p.n - 1);
    assert_true(pager_act(&p, ACT_TOP) && p.chosen == first);
    pager_free(&p);
}

/* In few columns each line is folded: it fits, loses no word, and still is one to choose. */
static void test_keys_fit_any_width(void **state) {
    (void)state;
    struct pager whole = {0};
    pager_show_keys(&whole, IN_ALL, 0);
    for (int width = 33; width < 130; width += 7) {
        struct pager p = {0};
        pager_show_keys(&p, IN_ALL, width);
        assert_true(p.n >= whole.n);
        for (int i = 0, k = 0; i < whole.n; i++) {
            char words[500];
            assert_int_equal(p.lines[k].action, whole.lines[i].action);
            assert_false(p.lines[k].folded);
            int len = snprintf(words, sizeof words, "%s", p.lines[k].text);
            for (k++; k < p.n && p.lines[k].folded; k++) {
                const char *more = p.lines[k].text + strspn(p.lines[k].text, " ");
                assert_int_equal(p.lines[k].action, ACT_NONE);
                len += snprintf(words + len, sizeof words - (size_t)len, " %s", more);
            }
            assert_string_equal(words, whole.lines[i].text);
        }
        for (int k = 0; k < p.n; k++)
            assert_within(text_columns(p.lines[k].text), 0, width);
        p.height = 12;
        while (pager_act(&p, ACT_DOWN) && p.chosen < p.n - 8) { /* all of what is chosen is in view */
            int last = p.chosen;
            while (p.lines[last + 1].folded)
                last++;
            assert_true(p.top <= p.chosen && last < p.top + p.height);
        }
        pager_free(&p);
    }
    pager_free(&whole);
}

static void test_pager_is_searched(void **state) {
    (void)state;
    struct pager p = {0};
    int i, n;
    pager_start(&p, "t");
    assert_true(pager_add_text(&p, ROLE_TEXT, "one\nTwo\nthree\ntwo\nfour\n", 23));
    p.height = 2;
    assert_false(pager_find(&p, "five", false, &i, &n));
    assert_true(pager_find(&p, "TWO", false, &i, &n) && i == 1 && n == 2 && p.found == 1);
    assert_true(pager_find(&p, "", false, &i, &n) && i == 2 && n == 2 && p.found == 3);
    assert_true(p.top <= 3 && p.top + p.height > 3);
    assert_true(pager_find(&p, "", false, &i, &n) && i == 1 && p.found == 1); /* round the end */
    assert_true(pager_find(&p, "", true, &i, &n) && i == 2 && p.found == 3);
    assert_true(pager_find(&p, "", true, &i, &n) && i == 1 && p.found == 1);
    size_t len;
    char *all = pager_text(&p, &len);
    assert_string_equal(all, "one\nTwo\nthree\ntwo\nfour\n");
    free(all);
    pager_free(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_list_of_keys_presses_them),
        cmocka_unit_test(test_keys_fit_any_width),
        cmocka_unit_test(test_pager_is_searched),
        cmocka_unit_test(test_each_row_is_reached),
        cmocka_unit_test(test_each_row_speaks),
        cmocka_unit_test(test_names_lead_back),
        cmocka_unit_test(test_unknown_keys_do_nothing),
        cmocka_unit_test(test_help_and_manual_have_every_row),
        cmocka_unit_test(test_pager_scrolls_within_its_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
