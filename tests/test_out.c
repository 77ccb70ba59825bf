/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_out.c - the four output forms, byte for byte, with ordinary and with hostile values. */
#include "core/core.h"
#include "tests/cmocka.h"

#include <cbor.h>
#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct result_column cols[] = {{"name", UNIT_NONE, ""},
                                            {"t", UNIT_TIME, ""},
                                            {"bytes", UNIT_BYTES, ""},
                                            {"n", UNIT_COUNT, ""},
                                            {"ok", UNIT_NONE, ""}};
enum { COLS = sizeof cols / sizeof cols[0] };

#define T(lit)                                                                                                         \
    {                                                                                                                  \
        .kind = VALUE_TEXT, .s = { lit, sizeof lit - 1 }                                                               \
    }
#define I(v)                                                                                                           \
    { .kind = VALUE_INT, .i = v }
#define U(v)                                                                                                           \
    { .kind = VALUE_UINT, .u = v }
#define B(v)                                                                                                           \
    { .kind = VALUE_BOOL, .b = v }
#define N                                                                                                              \
    { .kind = VALUE_NULL }

static char *out;
static size_t out_len;

static void check(const char *want, size_t len) {
    if (out_len != len || memcmp(out, want, len) != 0)
        fprintf(stderr, "got:\n%.*s\nwant:\n%.*s\n", (int)out_len, out, (int)len, want);
    assert_int_equal(out_len, len);
    assert_memory_equal(out, want, len);
}

#define CHECK(s) check(s, sizeof s - 1)

static void drop(void) {
    free(out);
    out = NULL;
}

/* Rows of ncols values each, one after another. */
static void print(enum format fmt, const struct result_column *c, size_t ncols, const struct value *v, size_t nrows) {
    drop();
    FILE *f = open_memstream(&out, &out_len);
    struct sink *s = sink_new(fmt, f, NULL);
    assert_non_null(s);
    assert_true(s->begin(s, c, ncols));
    for (size_t i = 0; i < nrows; i++)
        assert_true(s->row(s, v + i * ncols, NULL, NULL, 0));
    assert_true(s->end(s));
    sink_free(&s);
    assert_null(s);
    fclose(f);
}

static void print_one(enum format fmt, struct value v) {
    static const struct result_column one[] = {{"v", UNIT_NONE, ""}};
    print(fmt, one, 1, &v, 1);
}

static const struct value rows[] = {
    T("main.rec"), I(1203441640), U(35756442), U(402118), B(true), N, N, N, N, N, T("b"), I(0), U(1), U(0), B(false),
};

static void test_jsonl(void **state) {
    (void)state;
    print(FORMAT_JSONL, cols, COLS, rows, 3);
    CHECK("{\"name\":\"main.rec\",\"t\":1203441640,\"bytes\":35756442,\"n\":402118,\"ok\":true}\n"
          "{\"name\":null,\"t\":null,\"bytes\":null,\"n\":null,\"ok\":null}\n"
          "{\"name\":\"b\",\"t\":0,\"bytes\":1,\"n\":0,\"ok\":false}\n");
}

static void test_csv(void **state) {
    (void)state;
    print(FORMAT_CSV, cols, COLS, rows, 3);
    CHECK("name,t,bytes,n,ok\r\nmain.rec,1203441640,35756442,402118,true\r\n,,,,\r\nb,0,1,0,false\r\n");
}

static void test_text(void **state) {
    (void)state;
    print(FORMAT_TEXT, cols, COLS, rows, 3);
    CHECK("name                    t    bytes        n  ok\n"
          "main.rec  1.203 441 640 s  34.1 MB  402 118  yes\n"
          "-                       -        -        -  -\n"
          "b         0.000 000 000 s      1 B        0  no\n");
}

static void test_no_rows(void **state) {
    (void)state;
    print(FORMAT_JSONL, cols, COLS, NULL, 0);
    CHECK("");
    print(FORMAT_CSV, cols, COLS, NULL, 0);
    CHECK("name,t,bytes,n,ok\r\n");
    print(FORMAT_TEXT, cols, COLS, NULL, 0);
    CHECK("(none)\n");
}

static void test_extreme_numbers(void **state) {
    (void)state;
    static const struct value v[] = {N, I(INT64_MIN), U(UINT64_MAX), U(100), I(-1)};
    print(FORMAT_JSONL, cols, COLS, v, 1);
    CHECK("{\"name\":null,\"t\":-9223372036854775808,\"bytes\":18446744073709551615,\"n\":100,\"ok\":-1}\n");
    print(FORMAT_CSV, cols, COLS, v, 1);
    CHECK("name,t,bytes,n,ok\r\n,-9223372036854775808,18446744073709551615,100,-1\r\n");
}

static void test_json_strings(void **state) {
    (void)state;
    print_one(FORMAT_JSONL, (struct value)T("a\"b\\c\n\t\x01\x1b[0m\x7f"));
    CHECK("{\"v\":\"a\\\"b\\\\c\\n\\t\\u0001\\u001b[0m\\u007f\"}\n");
    print_one(FORMAT_JSONL, (struct value)T("\xc3\xa9\xff\xe2\x82z\xed\xa0\x80"));
    CHECK("{\"v\":\"\xc3\xa9\xef\xbf\xbd\xef\xbf\xbdz\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"}\n");
    print_one(FORMAT_JSONL, (struct value)T("\xe2\x80\xae\xc2\x9b\xf3\xa0\x81\x81"));
    CHECK("{\"v\":\"\\u202e\\u009b\\udb40\\udc41\"}\n");
    print_one(FORMAT_JSONL, (struct value)T("a\0b"));
    CHECK("{\"v\":\"a\\u0000b\"}\n");
}

static void test_csv_strings(void **state) {
    (void)state;
    print_one(FORMAT_CSV, (struct value)T("a,b"));
    CHECK("v\r\n\"a,b\"\r\n");
    print_one(FORMAT_CSV, (struct value)T("say \"x\"\n"));
    CHECK("v\r\n\"say \"\"x\"\"\n\"\r\n");
    print_one(FORMAT_CSV, (struct value)T(""));
    CHECK("v\r\n\"\"\r\n");
    print_one(FORMAT_CSV, (struct value)T("\xff"));
    CHECK("v\r\n\xef\xbf\xbd\r\n");
}

static void test_text_strings(void **state) {
    (void)state;
    print_one(FORMAT_TEXT, (struct value)T("a\x1b[2J\nb\xe2\x80\xae"));
    CHECK("v\na\\x1b[2J\\x0ab\\u202e\n");
}

static void test_unsure_values(void **state) {
    (void)state;
    struct value v = T("mcache");
    v.unsure = true;
    print_one(FORMAT_TEXT, v);
    CHECK("v\nmcache?\n");
    print_one(FORMAT_JSONL, v);
    CHECK("{\"v\":\"mcache\"}\n");
}

static void test_compound_values(void **state) {
    (void)state;
    static const struct count_entry counts[] = {{{"GoStart", 7}, 12}, {{"a\"b", 3}, 1}};
    static const struct trace_frame frames[] = {{0x401000, {"main.f", 6}, {"a.go", 4}, 7}};
    struct value pair = {.kind = VALUE_PAIR, .pair = {5, 1005}}, open = {.kind = VALUE_PAIR, .pair = {5, NO_TIME}};
    struct value map = {.kind = VALUE_COUNTS, .counts = {counts, 2}};
    struct value stack = {.kind = VALUE_FRAMES, .frames = {frames, 1}};
    struct value addr = {.kind = VALUE_ADDRESS, .u = 0xc000};
    print_one(FORMAT_JSONL, pair);
    CHECK("{\"v\":[5,1005]}\n");
    print_one(FORMAT_JSONL, open);
    CHECK("{\"v\":[5,null]}\n");
    print_one(FORMAT_JSONL, map);
    CHECK("{\"v\":{\"GoStart\":12,\"a\\\"b\":1}}\n");
    print_one(FORMAT_JSONL, stack);
    CHECK("{\"v\":[{\"func\":\"main.f\",\"file\":\"a.go\",\"line\":7,\"pc\":\"0x401000\"}]}\n");
    print_one(FORMAT_JSONL, addr);
    CHECK("{\"v\":\"0xc000\"}\n");
    print_one(FORMAT_CSV, pair);
    CHECK("v\r\n\"[5,1005]\"\r\n");
    print_one(FORMAT_CSV, map);
    CHECK("v\r\n\"{\"\"GoStart\"\":12,\"\"a\\\"\"b\"\":1}\"\r\n");
    print_one(FORMAT_CSV, addr);
    CHECK("v\r\n0xc000\r\n");
    print_one(FORMAT_TEXT, pair);
    CHECK("      v\n1.00 us\n");
}

static void test_extra_values(void **state) {
    (void)state;
    static const struct result_column one[] = {{"ev", UNIT_NONE, ""}};
    static const char *const names[] = {"arg_g", "reason"};
    static const struct value v = T("GoBlock"), extra[] = {I(-1), T("chan send")};
    static const char *const want[] = {[FORMAT_TEXT] = "ev\nGoBlock  arg_g=-1 reason=\"chan send\"\n",
                                       [FORMAT_CSV] = "ev\r\nGoBlock\r\n",
                                       [FORMAT_JSONL] = "{\"ev\":\"GoBlock\",\"arg_g\":-1,\"reason\":\"chan send\"}\n"};
    for (int fmt = FORMAT_TEXT; fmt <= FORMAT_JSONL; fmt++) {
        drop();
        FILE *f = open_memstream(&out, &out_len);
        struct sink *s = sink_new((enum format)fmt, f, NULL);
        assert_true(s->begin(s, one, 1) && s->row(s, &v, names, extra, 2) && s->end(s));
        sink_free(&s);
        fclose(f);
        check(want[fmt], strlen(want[fmt]));
    }
}

static void test_records_and_notes(void **state) {
    (void)state;
    drop();
    FILE *f = open_memstream(&out, &out_len);
    struct sink *s = sink_new(FORMAT_TEXT, f, NULL);
    s->record = true;
    s->note(s, "before");
    assert_true(s->begin(s, cols, COLS));
    s->note(s, "after");
    assert_true(s->row(s, rows, NULL, NULL, 0) && s->end(s));
    sink_free(&s);
    fclose(f);
    CHECK("before\n"
          "name   main.rec\n"
          "t      1.203 441 640 s\n"
          "bytes  34.1 MB\n"
          "n      402 118\n"
          "ok     yes\n"
          "\nafter\n");
}

/* Widths are settled once 2000 rows are in; all rows must come out, in order, before and after. */
static void test_many_rows(void **state) {
    (void)state;
    static const struct result_column one[] = {{"n", UNIT_NONE, ""}};
    drop();
    FILE *f = open_memstream(&out, &out_len);
    struct sink *s = sink_new(FORMAT_TEXT, f, NULL);
    s->begin(s, one, 1);
    for (uint64_t i = 0; i < 5000; i++) {
        struct value v = U(i);
        assert_true(s->row(s, &v, NULL, NULL, 0));
    }
    s->end(s);
    sink_free(&s);
    fclose(f);
    char *line = out, *next;
    assert_int_equal(strncmp(line, "   n\n", 5), 0);
    for (long i = 0; i < 5000; i++) {
        line = strchr(line, '\n') + 1;
        assert_int_equal(strtol(line, &next, 10), i);
        assert_int_equal(next - line, 4);
    }
    assert_string_equal(strchr(line, '\n'), "\n");
}

static void test_cbor_bytes(void **state) {
    (void)state;
    static const struct result_column two[] = {{"a", UNIT_NONE, ""}, {"b", UNIT_NONE, ""}};
    static const struct value v[] = {I(-1), T("x\xff")};
    print(FORMAT_CBOR, two, 2, v, 1);
    CHECK("\xa2\x61"
          "a\x20\x61"
          "b\x64x\xef\xbf\xbd");
}

static const cbor_item_t *cbor_get(const cbor_item_t *map, const char *key) {
    struct cbor_pair *p = cbor_map_handle(map);
    for (size_t i = 0; i < cbor_map_size(map); i++)
        if (cbor_string_length(p[i].key) == strlen(key) && memcmp(cbor_string_handle(p[i].key), key, strlen(key)) == 0)
            return p[i].value;
    return NULL;
}

/* What libcbor makes of a sequence: each item begins where the last one ended. */
static void test_cbor_sequence(void **state) {
    (void)state;
    print(FORMAT_CBOR, cols, COLS, rows, 3);
    size_t at = 0, n = 0;
    for (; at < out_len; n++) {
        struct cbor_load_result res;
        cbor_item_t *item = cbor_load((unsigned char *)out + at, out_len - at, &res);
        assert_int_equal(res.error.code, CBOR_ERR_NONE);
        assert_true(cbor_isa_map(item));
        assert_int_equal(cbor_map_size(item), COLS);
        assert_non_null(cbor_get(item, "ok"));
        if (n == 0) {
            assert_int_equal(cbor_get_int(cbor_get(item, "t")), 1203441640);
            assert_int_equal(cbor_string_length(cbor_get(item, "name")), 8);
            assert_true(cbor_get_bool(cbor_get(item, "ok")));
        } else if (n == 1) {
            assert_true(cbor_is_null(cbor_get(item, "bytes")));
        }
        at += res.read;
        cbor_decref(&item);
    }
    assert_int_equal(n, 3);
}

/* A reader that goes away is told apart from a disk that is full, and stops the rows. */
static void test_closed_pipe(void **state) {
    (void)state;
    int fd[2];
    assert_int_equal(pipe(fd), 0);
    close(fd[0]);
    FILE *f = fdopen(fd[1], "w");
    struct sink *s = sink_new(FORMAT_JSONL, f, NULL);
    bool ok = s->begin(s, cols, COLS);
    for (int i = 0; ok && i < 100000; i++)
        ok = s->row(s, rows, NULL, NULL, 0);
    assert_false(ok);
    assert_int_equal(s->error, EPIPE);
    sink_free(&s);
    fclose(f);
}

static void test_full_disk(void **state) {
    (void)state;
    FILE *f = fopen("/dev/full", "w");
    if (!f)
        skip();
    struct sink *s = sink_new(FORMAT_CSV, f, NULL);
    s->begin(s, cols, COLS);
    s->row(s, rows, NULL, NULL, 0);
    assert_false(s->end(s));
    assert_int_equal(s->error, ENOSPC);
    sink_free(&s);
    fclose(f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_jsonl),
        cmocka_unit_test(test_csv),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_no_rows),
        cmocka_unit_test(test_extreme_numbers),
        cmocka_unit_test(test_json_strings),
        cmocka_unit_test(test_csv_strings),
        cmocka_unit_test(test_text_strings),
        cmocka_unit_test(test_unsure_values),
        cmocka_unit_test(test_compound_values),
        cmocka_unit_test(test_extra_values),
        cmocka_unit_test(test_records_and_notes),
        cmocka_unit_test(test_many_rows),
        cmocka_unit_test(test_cbor_bytes),
        cmocka_unit_test(test_cbor_sequence),
        cmocka_unit_test(test_closed_pipe),
        cmocka_unit_test(test_full_disk),
    };
    signal(SIGPIPE, SIG_IGN);
    setlocale(LC_ALL, "C.UTF-8");
    int failed = cmocka_run_group_tests_name("out", tests, NULL, NULL);
    drop();
    return failed;
}
