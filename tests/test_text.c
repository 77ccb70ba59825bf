/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_text.c - texts of a trace made harmless, and numbers for people. */
#include "core/core.h"
#include "tests/cmocka.h"

#include <string.h>

static text bytes(const char *s, size_t n) {
    return (text){s, n};
}

#define SAFE(in, want)                                                                                                 \
    do {                                                                                                               \
        char dst_[256];                                                                                                \
        size_t n_ = text_safe(dst_, sizeof dst_, bytes(in, sizeof in - 1));                                            \
        assert_string_equal(dst_, want);                                                                               \
        assert_int_equal(n_, strlen(want));                                                                            \
    } while (0)

#define ASCII(in, want)                                                                                                \
    do {                                                                                                               \
        char dst_[256];                                                                                                \
        text_ascii(dst_, sizeof dst_, bytes(in, sizeof in - 1));                                                       \
        assert_string_equal(dst_, want);                                                                               \
    } while (0)

static void test_plain_text_stays(void **state) {
    (void)state;
    SAFE("main.(*T[go.shape.int]).f", "main.(*T[go.shape.int]).f");
    SAFE("gr\xc3\xb6\xc3\x9f"
         "e \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x98\x80",
         "gr\xc3\xb6\xc3\x9f"
         "e \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x98\x80");
    SAFE("", "");
    char dst[4] = "xxx";
    assert_int_equal(text_safe(dst, sizeof dst, (text){NULL, 0}), 0);
    assert_string_equal(dst, "");
}

static void test_controls_are_shown(void **state) {
    (void)state;
    SAFE("a\x1b[31mb", "a\\x1b[31mb");
    SAFE("a\nb\tc\rd\x00"
         "e\x7f",
         "a\\x0ab\\x09c\\x0dd\\x00e\\x7f");
    SAFE("\xc2\x9b"
         "31m",
         "\\u009b31m"); /* the one-byte CSI, as UTF-8 */
    SAFE("\x9b"
         "31m",
         "\\x9b31m"); /* and as a byte */
}

static void test_hidden_letters_are_shown(void **state) {
    (void)state;
    SAFE("a\xe2\x80\xae"
         "b",
         "a\\u202eb"); /* right-to-left override */
    SAFE("\xe2\x81\xa6x\xe2\x81\xa9", "\\u2066x\\u2069");
    SAFE("\xe2\x80\x8e\xe2\x80\x8f\xd8\x9c", "\\u200e\\u200f\\u061c");
    SAFE("\xe2\x80\xa8\xe2\x80\xa9", "\\u2028\\u2029");
    SAFE("\xe2\x80\x8b\xef\xbb\xbf\xc2\xad", "\\u200b\\ufeff\\u00ad");
    SAFE("\xf3\xa0\x81\x81", "\\U000e0041"); /* a tag letter */
}

static void test_invalid_bytes_are_shown(void **state) {
    (void)state;
    SAFE("\xff\xfe", "\\xff\\xfe");
    SAFE("\xc0\xaf", "\\xc0\\xaf");                   /* overlong */
    SAFE("\xed\xa0\x80", "\\xed\\xa0\\x80");          /* a surrogate */
    SAFE("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"); /* beyond Unicode */
    SAFE("\xe2\x82", "\\xe2\\x82");                   /* cut off */
    SAFE("\xe2\x82z", "\\xe2\\x82z");
}

/* Whatever the bytes: no control byte gets through, and the result fits and ends. */
static void test_every_pair_of_bytes_is_harmless(void **state) {
    (void)state;
    for (unsigned a = 0; a < 256; a++)
        for (unsigned b = 0; b < 256; b++) {
            char in[4] = {(char)a, (char)b, (char)0x80, 'z'}, dst[64];
            size_t n = text_safe(dst, sizeof dst, bytes(in, sizeof in));
            assert_int_equal(n, strlen(dst));
            for (size_t i = 0; i < n; i++)
                assert_true((unsigned char)dst[i] >= 0x20 && dst[i] != 0x7f);
            n = text_ascii(dst, sizeof dst, bytes(in, sizeof in));
            for (size_t i = 0; i < n; i++)
                assert_true(dst[i] >= 0x20 && dst[i] < 0x7f);
        }
}

static void test_ascii(void **state) {
    (void)state;
    ASCII("\xc3\xa9t\xc3\xa9", "\\u00e9t\\u00e9");
    ASCII("\xf0\x9f\x98\x80", "\\U0001f600");
    ASCII("a\x1b", "a\\x1b");
}

static void test_long_text_is_cut_between_letters(void **state) {
    (void)state;
    char dst[9];
    assert_int_equal(text_safe(dst, sizeof dst, bytes("12345678", 8)), 8);
    assert_string_equal(dst, "12345678");
    assert_int_equal(text_safe(dst, sizeof dst, bytes("123456789", 9)), 8);
    assert_string_equal(dst, "12345...");
    text_safe(dst, sizeof dst, bytes("1234\xc3\xa9\xc3\xa9\xc3\xa9", 10)); /* an e acute won't fit whole */
    assert_string_equal(dst, "1234...");
    text_safe(dst, sizeof dst, bytes("12\x1b\x1b\x1b", 5)); /* nor a stand-in */
    assert_string_equal(dst, "12...");
    for (size_t cap = 1; cap < sizeof dst; cap++) {
        size_t n = text_safe(dst, cap, bytes("\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5", 12));
        assert_true(n < cap);
        assert_int_equal(dst[n], 0);
    }
}

static void test_same(void **state) {
    (void)state;
    assert_true(text_same((text){"map", 3}, (text){"maple", 3}));
    assert_false(text_same((text){"map", 3}, (text){"mop", 3}));
    assert_false(text_same((text){"map", 3}, (text){"maple", 5}));
    assert_false(text_same((text){"map", 3}, (text){"Map", 3}));
    assert_true(text_same((text){NULL, 0}, (text){"", 0}));
    assert_true(text_same((text){"a\0b", 3}, (text){"a\0b", 3}) && !text_same((text){"a\0b", 3}, (text){"a\0c", 3}));
}

static void test_width(void **state) {
    (void)state;
    assert_int_equal(text_width("abc", 3), 3);
    assert_int_equal(text_width("\xc3\xa9", 2), 1);
    assert_int_equal(text_width("\xe6\x97\xa5\xe6\x9c\xac", 6), 4);
    assert_int_equal(text_width("e\xcc\x81", 3), 1); /* a combining accent */
}

static void test_times(void **state) {
    char d[TIME_TEXT];
    (void)state;
    assert_string_equal(time_text(0, d), "0.000 000 s");
    assert_string_equal(time_text(1203441000, d), "1.203 441 s");
    assert_string_equal(time_text(1203441640, d), "1.203 441 640 s");
    assert_string_equal(time_text(-1500000000, d), "-1.500 000 s");
    assert_string_equal(time_text(NO_TIME, d), "-");
    assert_string_equal(time_text(INT64_MAX, d), "9223372036.854 775 807 s");
    assert_string_equal(time_text(INT64_MIN + 1, d), "-9223372036.854 775 807 s");
}

static void test_durations(void **state) {
    char d[TIME_TEXT];
    (void)state;
    assert_string_equal(duration_text(0, d), "0 ns");
    assert_string_equal(duration_text(734, d), "734 ns");
    assert_string_equal(duration_text(1500, d), "1.50 us");
    assert_string_equal(duration_text(15200000, d), "15.2 ms");
    assert_string_equal(duration_text(120400, d), "120 us");
    assert_string_equal(duration_text(9999, d), "10.0 us");
    assert_string_equal(duration_text(99960, d), "100 us");
    assert_string_equal(duration_text(61000000000, d), "61.0 s");
    assert_string_equal(duration_text(-15200000, d), "-15.2 ms");
    assert_string_equal(duration_text(NO_TIME, d), "-");
}

static void test_sizes_and_counts(void **state) {
    char d[TIME_TEXT];
    (void)state;
    assert_string_equal(bytes_text(0, d), "0 B");
    assert_string_equal(bytes_text(1023, d), "1023 B");
    assert_string_equal(bytes_text(1024, d), "1.0 KB");
    assert_string_equal(bytes_text(35756442, d), "34.1 MB");
    assert_string_equal(bytes_text(UINT64_MAX, d), "16383 PB");
    assert_string_equal(count_text(0, d), "0");
    assert_string_equal(count_text(999, d), "999");
    assert_string_equal(count_text(402118, d), "402 118");
    assert_string_equal(count_text(UINT64_MAX, d), "18 446 744 073 709 551 615");
}

static void test_addresses_without_a_reel(void **state) {
    char d[ADDRESS_TEXT];
    uint64_t a = 0;
    (void)state;
    assert_string_equal(reel_address_text(NULL, 0xc000012340, d), "0xc000012340");
    assert_true(reel_parse_address(NULL, "0xc000012340", &a));
    assert_true(a == 0xc000012340);
    assert_true(reel_parse_address(NULL, "C000", &a));
    assert_true(a == 0xc000);
    assert_true(reel_parse_address(NULL, "0xffffffffffffffff", &a));
    assert_false(reel_parse_address(NULL, "0x1ffffffffffffffff", &a));
    assert_false(reel_parse_address(NULL, "0x", &a));
    assert_false(reel_parse_address(NULL, "", &a));
    assert_false(reel_parse_address(NULL, "0xzz", &a));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_text_stays),
        cmocka_unit_test(test_controls_are_shown),
        cmocka_unit_test(test_hidden_letters_are_shown),
        cmocka_unit_test(test_invalid_bytes_are_shown),
        cmocka_unit_test(test_every_pair_of_bytes_is_harmless),
        cmocka_unit_test(test_ascii),
        cmocka_unit_test(test_long_text_is_cut_between_letters),
        cmocka_unit_test(test_same),
        cmocka_unit_test(test_width),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_durations),
        cmocka_unit_test(test_sizes_and_counts),
        cmocka_unit_test(test_addresses_without_a_reel),
    };
    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
