/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_words.c - a typed line taken apart. */
#include "core/core.h"
#include "tests/cmocka.h"

#include <string.h>

static void split(const char *line, int n, const char *const *want) {
    char **w;
    assert_int_equal(words_split(line, &w), n);
    for (int i = 0; i < n; i++)
        assert_string_equal(w[i], want[i]);
    words_free(&w, n);
    assert_null(w);
}

#define SPLIT(line, ...)                                                                                               \
    do {                                                                                                               \
        static const char *const want_[] = {__VA_ARGS__};                                                              \
        split(line, (int)(sizeof want_ / sizeof want_[0]), want_);                                                     \
    } while (0)

static void test_blanks(void **state) {
    (void)state;
    SPLIT("spans", "spans");
    SPLIT("  spans \t --at  1s\n", "spans", "--at", "1s");
    split("", 0, NULL);
    split(" \t ", 0, NULL);
}

static void test_quotes(void **state) {
    (void)state;
    SPLIT("a 'b c' d", "a", "b c", "d");
    SPLIT("a \"b c\"d", "a", "b cd");
    SPLIT("''", "");
    SPLIT("'a\\b' \"a\\b\" \"a\\\"b\" \"a\\\\b\"", "a\\b", "a\\b", "a\"b", "a\\b");
    SPLIT("a\\ b \\'", "a b", "'");
    SPLIT("\"it's\"", "it's");
}

static void test_open_quotes(void **state) {
    (void)state;
    static const char *const bad[] = {"'", "a 'b", "\"a", "\"a\\\"", "a\\"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char **w;
        assert_int_equal(words_split(bad[i], &w), -1);
        assert_null(w);
    }
}

static void test_many_words(void **state) {
    (void)state;
    char line[2001];
    for (int i = 0; i < 1000; i++)
        memcpy(line + 2 * i, "x ", 2);
    line[2000] = '\0';
    char **w;
    assert_int_equal(words_split(line, &w), 1000);
    assert_string_equal(w[999], "x");
    words_free(&w, 1000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blanks),
        cmocka_unit_test(test_quotes),
        cmocka_unit_test(test_open_quotes),
        cmocka_unit_test(test_many_words),
    };
    return cmocka_run_group_tests_name("words", tests, NULL, NULL);
}
