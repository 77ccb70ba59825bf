/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_wire.c - numbers, the event table, the id map.
 */
#include "tests/cmocka.h"
#include "tests/fixtures.h"
#include "traces/idmap.h"
#include "traces/wire.h"

#include <string.h>

static size_t put(uint8_t *p, uint64_t v) {
    size_t n = 0;
    while (v >= 0x80) {
        p[n++] = (uint8_t)(v | 0x80);
        v >>= 7;
    }
    p[n++] = (uint8_t)v;
    return n;
}

static void numbers_come_back(void **state) {
    (void)state;
    uint64_t x = 7;
    for (int i = 0; i < 200000; i++) {
        uint64_t v = ((uint64_t)random_next(&x) << 33 ^ (uint64_t)random_next(&x) << 5) >> (random_next(&x) % 64);
        uint8_t b[16] = {0};
        size_t n = put(b, v);
        const uint8_t *p = b;
        uint64_t got = 0;
        assert_true(wire_uint(&p, b + n, &got));
        assert_true(got == v && p == b + n);
        bool wrong = false;
        assert_true(wire_uint_fast(b, &got, &wrong) == b + n && got == v && !wrong);
        p = b;
        assert_false(wire_uint(&p, b + n - 1, &got)); /* cut */
        assert_ptr_equal(p, b);
    }
}

static void numbers_end_at_64_bits(void **state) {
    (void)state;
    static const uint8_t most[10] = {255, 255, 255, 255, 255, 255, 255, 255, 255, 1};
    static const uint8_t more[10] = {255, 255, 255, 255, 255, 255, 255, 255, 255, 2};
    static const uint8_t endless[11] = {128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 0};
    static const uint8_t padded[10] = {129, 128, 128, 128, 128, 128, 128, 128, 128, 0};
    uint64_t v = 0;
    const uint8_t *p = most;
    assert_true(wire_uint(&p, most + 10, &v));
    assert_true(v == UINT64_MAX);
    p = more;
    assert_false(wire_uint(&p, more + 10, &v));
    bool wrong = false;
    assert_ptr_equal(wire_uint_fast(more, &v, &wrong), more);
    assert_true(wrong);
    p = endless;
    assert_false(wire_uint(&p, endless + 11, &v));
    wrong = false;
    assert_ptr_equal(wire_uint_fast(endless, &v, &wrong), endless);
    assert_true(wrong);
    p = padded;
    assert_true(wire_uint(&p, padded + 10, &v));
    assert_int_equal(v, 1);
    wrong = false;
    assert_ptr_equal(wire_uint_fast(padded, &v, &wrong), padded + 10);
    assert_false(wrong);
    assert_int_equal(v, 1);
}

static void table_is_whole(void **state) {
    (void)state;
    int timed = 0;
    for (unsigned i = 0; i < 256; i++) {
        const struct trace_spec *s = trace_event_spec(i);
        timed += s->timed;
        for (unsigned a = 0; a < TRACE_MAX_ARGS && s->name != NULL; a++) {
            assert_int_equal(s->arg[a] != NULL, a < s->nargs);
        }
    }
    assert_int_equal(timed, 40 + 9); /* 9 to 48, and AllocFree's 128 to 136 */
    assert_string_equal(trace_event_spec(TRACE_EV_HEAP_OBJECT_ALLOC)->name, "HeapObjectAlloc");
    assert_null(trace_event_spec(200)->name);
    assert_null(trace_event_spec(70000)->name);
}

/* Against an array of the same size as the range of ids. */
static void map_keeps_what_it_is_told(void **state) {
    (void)state;
    enum { IDS = 3000 };
    static uint32_t want[IDS];
    memset(want, 0xff, sizeof want);
    struct idmap m = {0};
    uint64_t x = 3;
    for (int i = 0; i < 200000; i++) {
        uint32_t k = random_next(&x) % IDS;
        uint64_t id = (uint64_t)k * UINT64_C(0x100000001); /* both halves change */
        if (random_next(&x) % 3 == 0) {
            idmap_remove(&m, id);
            want[k] = IDMAP_NONE;
        } else {
            want[k] = random_next(&x) % 1000;
            assert_true(idmap_put(&m, id, want[k]));
        }
        uint32_t other = random_next(&x) % IDS;
        assert_int_equal(idmap_get(&m, (uint64_t)other * UINT64_C(0x100000001)), want[other]);
    }
    idmap_free(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_come_back),
        cmocka_unit_test(numbers_end_at_64_bits),
        cmocka_unit_test(table_is_whole),
        cmocka_unit_test(map_keeps_what_it_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
