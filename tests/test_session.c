/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_session.c - what is kept of a session comes back as it was; damaged files of one are left aside; bookmarks in
 * TIMEs; a view as a word.
 */
#include "core/session.h"
#include "tests/cmocka.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_KB = 200000 }; /* of memory, whatever a session file promises; a sanitizer alone takes a tenth of it */

static char folder[] = "/tmp/heapreel-session-XXXXXX";

static char *in_folder(const char *name) {
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static int make_folder(void **state) {
    (void)state;
    return mkdtemp(folder) ? setenv("XDG_STATE_HOME", folder, 1) : -1;
}

static int drop_folder(void **state) {
    char line[300];
    (void)state;
    snprintf(line, sizeof line, "rm -r '%s'", folder);
    return system(line);
}

static struct session made(void) {
    struct session s = {
        .cursor = {true, 90666432, 3025},
        .a = {true, 5, 1},
        .window_set = true,
        .window = {7, 1000000},
        .selected = true,
        .addr = 0xc4275ff2000,
        .focus = "types",
        .filter = "type~map live",
        .search = "size>=1k",
        .nsorts = 1,
        .rows = "heap phase",
        .colour = "list",
        .scale_set = true,
        .scale = -1,
        .page = {.kind = "span", .id = 17, .at = {true, 90666432, 3025}, .focus = 2, .row = 5},
        .visits = {{.at = {true, 3, 4}, .focus = 1, .selected = true, .addr = 0xc000000000, .row = UINT64_MAX},
                   {.kind = "type",
                    .id = 9,
                    .at = {true, 5, 6},
                    .focus = 3,
                    .row = 77,
                    .line = "delays --by type",
                    .column = "held",
                    .turned = true}},
        .nvisits = 2,
        .visit = 1};
    snprintf(s.sort[0].pane, sizeof s.sort[0].pane, "types");
    snprintf(s.sort[0].column, sizeof s.sort[0].column, "live");
    s.sort[0].turned = true;
    assert_true(bookmarks_set(&s.bookmarks, "peak", 500, 40, "where it's highest \xe2\x96\xb2"));
    assert_true(bookmarks_set(&s.bookmarks, "begin", 3, 2, ""));
    assert_true(bookmarks_set(&s.bookmarks, "low", 500, 44, "x"));
    return s;
}

static void test_comes_back(void **state) {
    struct session s = made(), back;
    char why[256];
    (void)state;
    assert_true(session_write(in_folder("deep/er/s.cbor"), &s, why));
    assert_true(session_read(in_folder("deep/er/s.cbor"), &back, why));
    assert_true(back.cursor.set && back.cursor.t == 90666432 && back.cursor.pos == 3025);
    assert_true(back.a.set && back.a.t == 5 && !back.b.set);
    assert_true(back.window_set && back.window[0] == 7 && back.window[1] == 1000000 && !back.whole);
    assert_true(back.selected && back.addr == 0xc4275ff2000);
    assert_string_equal(back.focus, "types");
    assert_string_equal(back.zoomed, "");
    assert_string_equal(back.filter, "type~map live");
    assert_string_equal(back.search, "size>=1k");
    assert_int_equal(back.nsorts, 1);
    assert_string_equal(back.sort[0].column, "live");
    assert_true(back.sort[0].turned);
    assert_string_equal(back.rows, "heap phase");
    assert_string_equal(back.colour, "list");
    assert_true(back.scale_set && back.scale == -1);
    assert_string_equal(back.page.kind, "span");
    assert_true(back.page.id == 17 && back.page.row == 5 && back.page.at.pos == 3025 && back.page.focus == 2);
    assert_true(back.nvisits == 2 && back.visit == 1);
    assert_true(back.visits[0].kind[0] == '\0' && back.visits[0].selected && back.visits[0].addr == 0xc000000000 &&
                back.visits[0].row == UINT64_MAX && back.visits[0].at.t == 3);
    assert_string_equal(back.visits[1].kind, "type");
    assert_true(back.visits[1].id == 9 && back.visits[1].row == 77 && !back.visits[1].selected);
    assert_string_equal(back.visits[1].line, "delays --by type");
    assert_string_equal(back.visits[1].column, "held");
    assert_true(back.visits[1].turned && !back.visits[0].turned && !back.visits[0].line[0]);
    assert_int_equal(back.bookmarks.n, 3);
    assert_string_equal(back.bookmarks.at[0].name, "begin");
    assert_string_equal(back.bookmarks.at[1].name, "low");
    assert_string_equal(back.bookmarks.at[2].note, "where it's highest \xe2\x96\xb2");
    struct stat st;
    assert_int_equal(stat(in_folder("deep/er/s.cbor"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    session_free(&s);
    session_free(&back);
}

static void test_bookmarks(void **state) {
    struct bookmarks b = {0};
    static const char *const wrong[] = {
        "", "a b", "a:b", "\x1b[2J", "@x", "\xc3\xa4", "0123456789012345678901234567890123"};
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(bookmarks_set(&b, wrong[i], 1, 1, ""));
    assert_true(bookmarks_set(&b, "x-1_y", 10, 1, ""));
    assert_true(bookmarks_set(&b, "y", 5, 1, ""));
    assert_true(bookmarks_set(&b, "x-1_y", 1, 0, "moved"));
    assert_true(b.n == 2 && strcmp(b.at[0].name, "x-1_y") == 0 && strcmp(b.at[0].note, "moved") == 0);
    assert_true(bookmarks_find(&b, "y") == &b.at[1]);
    assert_null(bookmarks_find(&b, "z"));
    assert_null(bookmarks_find(NULL, "z"));
    assert_true(bookmarks_drop(&b, "x-1_y"));
    assert_false(bookmarks_drop(&b, "x-1_y"));
    assert_int_equal(b.n, 1);
    bookmarks_free(&b);
}

/* Each byte changed, each length cut, and bytes of no sense: never more than what is well formed, and no crash. */
static void test_damaged(void **state) {
    struct session s = made(), back;
    char why[256];
    unsigned char bytes[4096];
    (void)state;
    assert_true(session_write(in_folder("s.cbor"), &s, why));
    FILE *in = fopen(in_folder("s.cbor"), "r");
    size_t n = fread(bytes, 1, sizeof bytes, in);
    fclose(in);
    assert_true(n > 100 && n < sizeof bytes);
    uint32_t seed = 7;
    for (size_t i = 0; i < 3 * n; i++) {
        unsigned char copy[sizeof bytes];
        size_t len = i < n ? i : n;
        memcpy(copy, bytes, n);
        for (size_t k = 0; i >= n && k < 1 + i % 3; k++) {
            seed = seed * 1664525 + 1013904223;
            copy[k ? (seed >> 8) % n : i % n] = (unsigned char)(seed >> 24);
        }
        FILE *out = fopen(in_folder("t.cbor"), "w");
        fwrite(copy, 1, len, out);
        fclose(out);
        bool ok = session_read(in_folder("t.cbor"), &back, why);
        assert_true(ok || why[0]);
        assert_true(i >= n || !ok); /* cut short */
        for (size_t k = 0; k < back.bookmarks.n; k++)
            assert_true(bookmark_name_ok(back.bookmarks.at[k].name) && back.bookmarks.at[k].t >= 0);
        session_free(&back);
    }
    static const char *const bombs[] = {"\x9b\x7f\xff\xff\xff\xff\xff\xff\xff",
                                        "\xbb\x0f\xff\xff\xff\xff\xff\xff\xff",
                                        "\x7b\x7f\xff\xff\xff\xff\xff\xff\xff",
                                        "\xbf\xff\xff",
                                        "\x9f\x9f\x9f\x9f\x9f\x9f",
                                        "\xa1\x61v\x9a\x7f\xff\xff\xff",
                                        "\x9a\x0f\xff\xff\xff\x9a\x0f\xff\xff\xff",
                                        "\xa1\x61v\xba\x0f\xff\xff\xff\x01\x02"};
    for (size_t i = 0; i < sizeof bombs / sizeof bombs[0]; i++) {
        FILE *out = fopen(in_folder("t.cbor"), "w");
        fwrite(bombs[i], 1, strlen(bombs[i]), out);
        fclose(out);
        assert_false(session_read(in_folder("t.cbor"), &back, why));
    }
    /* none of them was given memory for what it promised */
    struct rusage used;
    assert_int_equal(getrusage(RUSAGE_SELF, &used), 0);
    assert_true(used.ru_maxrss < MOST_KB);
    assert_false(session_read(in_folder("missing"), &back, why));
    assert_string_equal(why, "");
    assert_false(session_read(folder, &back, why)); /* no file at all */
    session_free(&s);
}

/* The same trace elsewhere has the same session, another one has another. */
static void test_path(void **state) {
    (void)state;
    for (int i = 0; i < 3; i++) {
        FILE *out = fopen(in_folder((const char *[]){"x", "y", "z"}[i]), "w");
        for (int k = 0; k < 200000; k++)
            putc(i == 2 && k == 199999 ? 1 : k & 255, out);
        fclose(out);
    }
    char *x = session_path(in_folder("x")), *y = session_path(in_folder("y")), *z = session_path(in_folder("z"));
    assert_true(x && y && z);
    assert_string_equal(x, y);
    assert_string_not_equal(x, z);
    assert_true(strncmp(x, folder, strlen(folder)) == 0);
    assert_null(session_path("-"));
    assert_null(session_path("/dev/null"));
    assert_null(session_path(in_folder("nowhere")));
    free(x);
    free(y);
    free(z);
}

static void test_text(void **state) {
    struct session s = made(), back;
    char words[1024];
    (void)state;
    session_to_text(&s, words, sizeof words);
    assert_string_equal(words, "at=90666432:3025,window=7:1000000,select=0xc4275ff2000,a=5:1,focus=types,"
                               "filter=type~map%20live,find=size%3e%3d1k,sort=types:live:1,rows=heap%20phase,"
                               "colour=list,scale=-1,page=span:17");
    assert_true(session_from_text(words, &back));
    assert_true(back.nsorts == 1 && back.sort[0].turned && strcmp(back.sort[0].column, "live") == 0);
    assert_true(back.scale_set && back.scale == -1 && back.page.id == 17 && back.page.row == UINT64_MAX);
    assert_string_equal(back.rows, "heap phase");
    char some[100]; /* parts that have no room are left out whole */
    session_to_text(&s, some, sizeof some);
    assert_true(strlen(some) < sizeof some && session_from_text(some, &back) && back.cursor.set);
    assert_true(session_from_text(words, &back));
    assert_true(back.cursor.set && back.cursor.pos == 3025 && back.a.t == 5 && !back.b.set && !back.whole);
    assert_string_equal(back.search, "size>=1k");
    assert_true(session_from_text("", &back) && back.whole && !back.cursor.set);
    static const char *const wrong[] = {"at",
                                        "at=",
                                        "at=1",
                                        "at=1:",
                                        "at=-1:2",
                                        "at=99999999999999999999:1",
                                        "window=5:5",
                                        "window=9:3",
                                        "select=zz",
                                        "nonsense=1",
                                        "find=%2",
                                        "find=%00",
                                        "find=%zz",
                                        ",",
                                        "a=1:2,,",
                                        "page=span",
                                        "page=:1",
                                        "page=span:",
                                        "page=span:x",
                                        "sort=types",
                                        "sort=:a",
                                        "sort=a:b:2",
                                        "scale=x",
                                        "scale=99",
                                        "colour=abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (session_from_text(wrong[i], &back))
            fail_msg("%s is taken", wrong[i]);
    session_free(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_comes_back), cmocka_unit_test(test_bookmarks), cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_path),       cmocka_unit_test(test_text),
    };
    return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
