/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_link.c - what the program sends over a slow link: nothing at rest, only what changed after a key, one picture
 * for keys that were typed together, and a film no faster than it is told. Bytes are counted in a pseudo-terminal.
 *
 * A letter of the screen is at most 3 bytes in UTF-8; a change of colour 11 bytes, a move of the cursor up to 8.
 */
#include "core/clock.h"
#include "tests/cmocka.h"
#include "tests/pty.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COLS = 80, ROWS = 24, QUIET = 250, WAIT = 20000 };

static char trace[PTY_PATH], program[PTY_PATH];
static struct pty p;

static int start(void **state) {
    (void)state;
    if (!pty_settle("mapchurn-1.26", program, trace))
        return -1;
    char *const argv[] = {program, (char *)"--no-session", (char *)"--no-config", trace, NULL};
    if (!pty_start(&p, COLS, ROWS, "xterm-256color", -1, argv) || !pty_wait_for(&p, 0, "quit", WAIT))
        return -1;
    pty_drain(&p, QUIET, 3000);
    return 0;
}

static int end(void **state) {
    (void)state;
    pty_end(&p);
    return 0;
}

/* What comes after these keys. */
static size_t cost(const char *keys) {
    size_t from = p.n;
    pty_send(&p, keys);
    for (int tries = 0; p.n == from && tries < 24; tries++)
        pty_drain(&p, QUIET, QUIET);
    pty_drain(&p, QUIET, 2000);
    return p.n - from;
}

/* `least`: the key must be seen to do something. */
static void check(const char *what, const char *keys, size_t least, size_t most) {
    size_t got = cost(keys);
    print_message("%s: %zu bytes, %zu at most\n", what, got, most);
    if (got < least || got > most)
        fail_msg("%s: %zu bytes, not %zu to %zu", what, got, least, most);
}

static void test_rest_is_silent(void **state) {
    (void)state;
    assert_int_equal(pty_drain(&p, 1500, 1500), 0);
    cost("?");
    assert_int_equal(pty_drain(&p, 700, 700), 0);
    cost("?:summ");
    assert_int_equal(pty_drain(&p, 700, 700), 0);
    cost("\033"); /* out of the prompt */
}

/* A whole screen with a change of colour every three letters: 80 * 24 * (3 + 11 / 3). */
static void test_whole_screen(void **state) {
    (void)state;
    check("the first screen", "\014", COLS * ROWS / 2, COLS * ROWS * 7);
}

static void test_keys_send_what_changed(void **state) {
    (void)state;
    cost("\033OH]]");                             /* into the trace */
    check("a letter of the prompt", ":", 1, 600); /* it takes the place of the hints: a line */
    check("  ... the next ones", "s", 1, 24);     /* a letter, a move, a colour */
    cost("\033");
    check("a key that does nothing", "~", 1, 600); /* a line of words in the place of the hints */
    cost("z");
    cost("z");
    /* The header's time, a row of the bucket, a dot in the span, numbers of two lists, words on the bottom line. */
    check("a heap event", ".", 1, 1200);
    check("a heap event back", ",", 1, 1200);
    cost("\t\t\t\t"); /* to the list of types */
    cost("\033OB");
    check("a row further in a list", "\033OB", 1, 2 * COLS * 3 + 200); /* two rows change their colours */
    check("a row back", "\033OA", 1, 2 * COLS * 3 + 200);
    /* A column of the timeline gets its colours back, another one is the cursor; all panes are at another instant. */
    check("a column later", "l", 1, COLS * ROWS * 3);
    check("the pane as a whole", "z", 1, COLS * ROWS * 6);
    check("  ... and back", "z", 1, COLS * ROWS * 6);
}

/* Over a link that takes 200 ms keys come in heaps: each heap is one picture. */
static void test_keys_typed_together(void **state) {
    (void)state;
    char keys[41];
    cost("\033OH");
    size_t one = cost("l"), most = one;
    for (int i = 0; i < 4; i++) {
        size_t next = cost("l");
        most = next > most ? next : most;
    }
    cost("\033OH");
    memset(keys, 'l', 40);
    keys[40] = '\0';
    size_t forty = cost(keys);
    print_message("one: %zu, forty together: %zu\n", most, forty);
    assert_true(forty > 0 && forty < COLS * ROWS * 4); /* one picture, of another instant */
    assert_true(forty < 10 * most);
    memset(keys, '+', 20);
    memset(keys + 20, '-', 20);
    cost(keys);
    assert_true(cost(keys) < 200); /* there and back: nothing is different */
}

/* Bytes in two seconds of a film. */
static size_t film(const char *pictures) {
    char line[64];
    snprintf(line, sizeof line, ":set pictures %s\r", pictures);
    cost(line);
    cost("\033OH");
    size_t from = p.n;
    pty_send(&p, " ");
    int64_t begin = now_ns(), took;
    do {
        pty_drain(&p, 100, 200);
        took = now_ns() - begin;
    } while (took < 2000000000);
    size_t got = p.n - from;
    cost(" ");
    return (size_t)((double)got * 2e9 / (double)took);
}

static void test_film(void **state) {
    (void)state;
    size_t many = film("30"), few = film("2");
    print_message("a film: %zu bytes a second, with two pictures a second %zu\n", many / 2, few / 2);
    assert_true(few > 0);
    assert_true(few <= 5 * COLS * ROWS * 2); /* five pictures in two seconds, half of the screen each */
    assert_true(many <= 62 * COLS * ROWS / 2);
    assert_true(few < many);
}

int main(void) {
    if (!pty_there()) {
        puts("1..0 # SKIP no pseudo-terminals here");
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rest_is_silent),
        cmocka_unit_test(test_whole_screen),
        cmocka_unit_test(test_keys_send_what_changed),
        cmocka_unit_test(test_keys_typed_together),
        cmocka_unit_test(test_film),
    };
    return cmocka_run_group_tests(tests, start, end);
}
