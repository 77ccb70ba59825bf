/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_escape.c - bytes to keys: letters, Alt, sequences that nobody knows, answers of the terminal. What is expected
 * follows from ECMA-48, RFC 3629 and xterm's control sequences. Linked without curses.
 */
#include "tests/cmocka.h"
#include "tui/escape.h"
#include "tui/keys.h"

#include <stdlib.h>
#include <string.h>

enum { MOST = 64 };

struct got {
    int key[MOST];
    size_t n;
    char answer[ESCAPE_TEXT];
    struct escape_mouse mouse[MOST];
    size_t nmouse;
};

/* Bytes that come at once, and then nothing more for a while. */
static void feed(struct escape *e, int64_t *ms, const char *bytes, size_t len, struct got *out) {
    for (size_t i = 0; i < len; i++) {
        bool again = true;
        while (again) {
            int key = -1;
            enum escape_got got = escape_byte(e, (unsigned char)bytes[i], *ms, &key, &again);
            if (got == ESCAPE_KEY && out->n < MOST)
                out->key[out->n++] = key;
            if (got == ESCAPE_ANSWER)
                memcpy(out->answer, e->text, sizeof out->answer);
            if (got == ESCAPE_MOUSE && out->nmouse < MOST)
                out->mouse[out->nmouse++] = e->mouse;
        }
    }
    int key;
    if (escape_pause(e, &key) == ESCAPE_KEY && out->n < MOST)
        out->key[out->n++] = key;
    *ms += 50;
}

static struct got keys_of(const char *bytes) {
    struct escape e = {0};
    struct got out = {.n = 0};
    int64_t ms = 1000;
    feed(&e, &ms, bytes, strlen(bytes), &out);
    return out;
}

static void check(const char *bytes, size_t n, const int *keys) {
    struct got out = keys_of(bytes);
    assert_int_equal(out.n, n);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(out.key[i], keys[i]);
}
#define CHECK(bytes, ...) check(bytes, sizeof((int[]){__VA_ARGS__}) / sizeof(int), (int[]){__VA_ARGS__})

static void test_letters(void **state) {
    (void)state;
    CHECK("aZ~", 'a', 'Z', '~');
    CHECK("\303\244\303\251", 0xe4, 0xe9);              /* ä é */
    CHECK("\320\271x\344\270\255", 0x439, 'x', 0x4e2d); /* й x 中 */
    CHECK("\360\235\204\236", 0x1d11e);
    CHECK("\344x", KEY_CODE_UNKNOWN, 'x'); /* of Latin-1: no letter of ours, and what follows is whole */
    CHECK("\377\200q", KEY_CODE_UNKNOWN, KEY_CODE_UNKNOWN, 'q');
    CHECK("\355\240\200", KEY_CODE_UNKNOWN); /* a surrogate */
    CHECK("\342\200\256", KEY_CODE_UNKNOWN); /* turns the direction of letters round */
    CHECK("\303\033", KEY_CODE_UNKNOWN, KEY_CODE_ESCAPE);
}

static void check_mouse(const char *bytes, int button, int x, int y, bool released, bool moved) {
    struct got out = keys_of(bytes);
    assert_true(out.n == 0 && out.nmouse == 1);
    const struct escape_mouse *m = &out.mouse[0];
    assert_true(m->button == button && m->x == x && m->y == y && m->released == released && m->moved == moved);
}

/* Both forms of xterm's; what looks like one and isn't is a key without a name. */
static void test_mouse(void **state) {
    (void)state;
    check_mouse("\033[<0;1;1M", 0, 0, 0, false, false);
    check_mouse("\033[<0;250;70m", 0, 249, 69, true, false);
    check_mouse("\033[<32;12;7M", 0, 11, 6, false, true);
    check_mouse("\033[<16;12;7M", 0, 11, 6, false, false); /* with Ctrl */
    check_mouse("\033[<65;12;7M", 65, 11, 6, false, false);
    check_mouse("\033[M !!", 0, 0, 0, false, false);
    check_mouse("\033[M#\377\360", 3, 222, 207, true, false);
    check_mouse("\033[M@+*", 0, 10, 9, false, true);
    check_mouse("\033[M`+*", 64, 10, 9, false, false);
    CHECK("\033[<0;1M", KEY_CODE_UNKNOWN);
    CHECK("\033[<0;1;0Mq", KEY_CODE_UNKNOWN, 'q');
    CHECK("\033[<0;1;1;1M", KEY_CODE_UNKNOWN);
    CHECK("\033[<;;M", KEY_CODE_UNKNOWN);
    CHECK("\033[<0;1;1X", KEY_CODE_UNKNOWN);
    CHECK("\033[M\001!!q", KEY_CODE_UNKNOWN, 'q');
    struct got out = keys_of("\033[<0;99999999999999999999;1M\033[<0;2;2Ma");
    assert_true(out.nmouse == 2 && out.mouse[0].x > 1000 && out.mouse[1].x == 1 && out.n == 1 && out.key[0] == 'a');
}

static void test_escape_and_alt(void **state) {
    (void)state;
    CHECK("\033", KEY_CODE_ESCAPE);
    CHECK("\033\033", KEY_CODE_ESCAPE, KEY_CODE_ESCAPE);
    CHECK("\033q", KEY_ALT | 'q');
    CHECK("\033\303\244b", KEY_ALT | 0xe4, 'b'); /* one key only */
    CHECK("\033\r", KEY_ALT | '\r');
    struct escape e = {0};
    struct got out = {.n = 0};
    int64_t ms = 0;
    feed(&e, &ms, "\033", 1, &out); /* pressed alone, and then another key */
    feed(&e, &ms, "q", 1, &out);
    assert_int_equal(out.n, 2);
    assert_int_equal(out.key[0], KEY_CODE_ESCAPE);
    assert_int_equal(out.key[1], 'q');
    bool again;
    int key;
    assert_int_equal(escape_byte(&e, 27, ms, &key, &again), ESCAPE_MORE);
    assert_int_equal(escape_byte(&e, KEY_CODE_LEFT, ms, &key, &again), ESCAPE_KEY);
    assert_int_equal(key, KEY_ALT | KEY_CODE_LEFT);
}

static void test_sequences_are_one_key(void **state) {
    (void)state;
    CHECK("\033[1;5Dx", KEY_CODE_UNKNOWN, 'x');
    CHECK("\033[200~q\033[201~", KEY_CODE_UNKNOWN, 'q', KEY_CODE_UNKNOWN);
    CHECK("\033Owx", KEY_CODE_UNKNOWN, 'x');
    CHECK("\033[A\033OB\033[C\033OD", KEY_CODE_UP, KEY_CODE_DOWN, KEY_CODE_RIGHT, KEY_CODE_LEFT);
    CHECK("\033[H\033OF\033[1~\033[4~\033[Z", KEY_CODE_HOME, KEY_CODE_END, KEY_CODE_HOME, KEY_CODE_END,
          KEY_CODE_BACK_TAB);
    CHECK("\033[5~\033[6~\033[1;2C", KEY_CODE_PAGE_UP, KEY_CODE_PAGE_DOWN, KEY_CODE_SHIFT_RIGHT);
    CHECK("\033[6~x\033[66~", KEY_CODE_PAGE_DOWN, 'x', KEY_CODE_UNKNOWN);
    CHECK("\033Pq$abc\033\\x", KEY_CODE_UNKNOWN, 'x');
    struct escape e = {0};
    struct got out = {.n = 0};
    int64_t ms = 0;
    feed(&e, &ms, "\033[1;", 4, &out); /* in two parts */
    feed(&e, &ms, "5Dx", 3, &out);
    assert_int_equal(out.n, 2);
    assert_int_equal(out.key[1], 'x');
    feed(&e, &ms, "\033[", 2, &out); /* the rest never comes */
    ms += 5000;
    feed(&e, &ms, "q", 1, &out);
    assert_int_equal(out.n, 3);
    assert_int_equal(out.key[2], 'q');
}

static void test_answers(void **state) {
    (void)state;
    static const char *const ends[] = {"\a", "\033\\"};
    for (int i = 0; i < 2; i++) {
        char bytes[80];
        snprintf(bytes, sizeof bytes, "x\033]11;rgb:1e1e/1e1e/2e2e%sq", ends[i]);
        struct got out = keys_of(bytes);
        assert_int_equal(out.n, 2);
        assert_int_equal(out.key[0], 'x');
        assert_int_equal(out.key[1], 'q');
        assert_string_equal(out.answer, "11;rgb:1e1e/1e1e/2e2e");
    }
    char longest[ESCAPE_LONGEST + 200] = "\033]"; /* without an end: keys come through again */
    memset(longest + 2, 'a', sizeof longest - 3);
    struct got out = keys_of(longest);
    assert_true(out.n > 1 && out.key[0] == KEY_CODE_UNKNOWN && out.key[1] == 'a' && !out.answer[0]);
}

static void test_background(void **state) {
    (void)state;
    static const struct {
        const char *words;
        bool is, dark;
    } tries[] = {
        {"11;rgb:0000/0000/0000", true, true},
        {"11;rgb:ffff/ffff/ffff", true, false},
        {"11;rgb:fd/f6/e3", true, false}, /* a light one of two digits */
        {"11;rgba:0000/2b2b/3636/ffff", true, true},
        {"11;rgb:0/f/0", true, false}, /* green is the lightest */
        {"11;rgb:0/0/f", true, true},
        {"10;rgb:ffff/ffff/ffff", false, false},
        {"11;rgb:ffff/ffff", false, false},
        {"11;rgb:fffff/0/0", false, false},
        {"11;rgb:x/y/z", false, false},
        {"11;?", false, false},
        {"", false, false},
    };
    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
        bool dark = false;
        assert_true(escape_background(tries[i].words, &dark) == tries[i].is);
        if (tries[i].is)
            assert_true(dark == tries[i].dark);
    }
}

/* Whatever comes, plain letters come through once it is over. */
static void test_random_bytes(void **state) {
    (void)state;
    unsigned seed = 1;
    for (int round = 0; round < 2000; round++) {
        struct escape e = {0};
        struct got out = {.n = 0};
        int64_t ms = 0;
        char bytes[40];
        for (size_t i = 0; i < sizeof bytes; i++) {
            static const char liked[] = "\033\033[]O\\\a;:1";
            seed = seed * 1103515245u + 12345u;
            bytes[i] = (seed >> 16) % 3 ? (char)(seed >> 18) : liked[(seed >> 20) % (sizeof liked - 1)];
        }
        feed(&e, &ms, bytes, sizeof bytes, &out);
        for (size_t i = 0; i < out.n; i++) {
            char name[KEY_NAME];
            assert_true(strlen(keys_name(out.key[i], name)) < KEY_NAME);
        }
        ms += 10000;
        out.n = 0;
        feed(&e, &ms, "q", 1, &out);
        assert_true(out.n == 1 && out.key[0] == 'q');
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_letters),        cmocka_unit_test(test_mouse),
        cmocka_unit_test(test_escape_and_alt), cmocka_unit_test(test_sequences_are_one_key),
        cmocka_unit_test(test_answers),        cmocka_unit_test(test_background),
        cmocka_unit_test(test_random_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
