/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_fact.c - packing of facts, elements per span, curves: the parts of core/ that need no trace.
 */
#include "core/fact.h"
#include "core/layout.h"
#include "core/reel.h"
#include "core/store.h"
#include "tests/cmocka.h"
#include "tests/fixtures.h"

#include <stdlib.h>
#include <string.h>

enum { SPANS = 500 };

static struct span_state random_state(uint64_t *x) {
    struct span_state s = {.p = (int32_t)(random_next(x) % 6) - 1, .place = (uint8_t)(random_next(x) % 5)};
    s.swept = (uint8_t)(random_next(x) % 3);
    s.sure = random_next(x) % 2;
    return s;
}

static struct fact random_fact(uint64_t *x, int64_t *t) {
    *t += random_next(x) % 4 == 0 ? (int64_t)(random_next(x) % 100000) : (int64_t)(random_next(x) % 50) * 64;
    struct fact f = {.t = *t, .kind = (uint8_t)(random_next(x) % FACT_KINDS), .p = (int32_t)(random_next(x) % 5) - 1};
    f.g = random_next(x) % 3 == 0 ? NO_ID : random_next(x) % 100;
    f.inferred = random_next(x) % 2;
    f.before.p = f.after.p = -1;
    f.span = f.kind == FACT_GC || f.kind == FACT_SWEEP ? NO_ID : random_next(x) % SPANS;
    if (f.kind == FACT_EXISTS || f.kind == FACT_ALLOC || f.kind == FACT_SUBALLOC || f.kind == FACT_FREE) {
        f.slot = random_next(x) % 1024;
        f.type = random_next(x) % 3 == 0 ? random_next(x) % 5000 : 7;
    }
    if (f.kind == FACT_PLACE || f.kind == FACT_SPAN_FREE) {
        f.why = (uint8_t)(random_next(x) % WHY_LIMIT);
        f.by = (uint8_t)random_next(x);
        f.before = random_state(x);
    }
    if (f.kind == FACT_PLACE) {
        f.after = random_state(x);
        f.before.live = f.after.live = random_next(x) % 1025;
    }
    return f;
}

/* As most of a trace is: a P allocates slot after slot of one span and type, another one frees. */
static struct fact usual_fact(uint64_t *x, int64_t *t, struct fact last[2]) {
    int who = random_next(x) % 2;
    struct fact *f = &last[who];
    *t += (int64_t)(random_next(x) % 70) * 64;
    f->t = *t;
    f->slot += random_next(x) % 8 == 0 ? random_next(x) % 300 : 1;
    if (f->slot >= 1000) {
        f->slot = random_next(x) % 2;
        f->span = random_next(x) % SPANS;
    }
    f->type = random_next(x) % 16 == 0 ? random_next(x) % 5000 : f->type;
    return *f;
}

static bool same_state(const struct span_state *a, const struct span_state *b) {
    return a->live == b->live && a->p == b->p && a->place == b->place && a->swept == b->swept && a->sure == b->sure;
}

static void facts_come_back(void **state) {
    (void)state;
    static struct fact in[BLOCK_FACTS], out[BLOCK_FACTS];
    static struct span spans[SPANS];
    uint8_t *packed = malloc((size_t)BLOCK_FACTS * FACT_MAX_BYTES);
    uint64_t x = 5;
    for (uint32_t i = 0; i < SPANS; i++) {
        spans[i] = (struct span){.class = (uint8_t)(random_next(&x) % SIZE_CLASSES), .noscan = random_next(&x) % 2};
    }
    struct packer *k = malloc(sizeof *k);
    struct unpacker *u = malloc(sizeof *u);
    for (int round = 0; round < 30; round++) {
        uint32_t n = 1 + random_next(&x) % BLOCK_FACTS;
        int64_t t = (int64_t)random_next(&x) << 20;
        struct fact last[2] = {{.kind = FACT_ALLOC, .g = 5, .p = 0}, {.kind = FACT_FREE, .g = NO_ID, .p = 33}};
        last[0].before.p = last[0].after.p = last[1].before.p = last[1].after.p = -1;
        for (uint32_t i = 0; i < n; i++) {
            in[i] = round % 2 == 0 || random_next(&x) % 50 == 0 ? random_fact(&x, &t) : usual_fact(&x, &t, last);
        }
        pack_begin(k, packed, in[0].t);
        for (uint32_t i = 0; i < n; i++) {
            bool object = in[i].kind >= FACT_EXISTS && in[i].kind <= FACT_FREE;
            pack_fact(k, &in[i], object ? spans[in[i].span].class * 2u + spans[in[i].span].noscan : 0);
        }
        assert_true(k->at <= packed + (size_t)n * FACT_MAX_BYTES);
        facts_unpack(u, packed, n, out);
        for (uint32_t i = 0; i < n; i++) {
            assert_true(in[i].t == out[i].t && in[i].span == out[i].span && in[i].slot == out[i].slot);
            assert_true(in[i].type == out[i].type && in[i].g == out[i].g && in[i].p == out[i].p);
            assert_true(in[i].kind == out[i].kind && in[i].why == out[i].why && in[i].by == out[i].by &&
                        in[i].inferred == out[i].inferred);
            assert_true(same_state(&in[i].before, &out[i].before) && same_state(&in[i].after, &out[i].after));
        }
    }
    free(packed);
    free(k);
    free(u);
}

/* Blocks of all sizes come back, whether they are in memory or in the file; memory keeps to its limit. */
static void stored_blocks_come_back(void **state) {
    (void)state;
    enum { BLOCKS = 4000, LIMIT = 3 << 20, MOST = 9000 };
    static uint8_t data[MOST + 256];
    static uint64_t at[BLOCKS];
    uint64_t x = 3, sizes[BLOCKS];
    struct store s;
    store_init(&s, LIMIT);
    for (size_t i = 0; i < sizeof data; i++) {
        data[i] = (uint8_t)random_next(&x);
    }
    for (size_t i = 0; i < BLOCKS; i++) {
        sizes[i] = 1 + random_next(&x) % MOST;
        assert_true(store_put(&s, data + i % 256, sizes[i], &at[i]));
        assert_true(s.in_memory <= LIMIT + (1 << 20));
    }
    assert_true(s.file >= 0 && s.file_bytes > LIMIT);
    for (int round = 0; round < 20000; round++) {
        size_t i = random_next(&x) % BLOCKS;
        const uint8_t *back = store_get(&s, at[i], sizes[i]);
        assert_non_null(back);
        assert_memory_equal(back, data + i % 256, sizes[i]);
    }
    assert_false(store_put(&s, data, (1 << 20) + 1, &at[0]));
    store_free(&s);
}

/* Figures read out of running programs of Go 1.23 to 1.26 (linux/amd64, gdb: mspan.nelems). */
static void elements_as_the_runtime_counts_them(void **state) {
    (void)state;
    static const struct {
        unsigned class;
        uint32_t scan, noscan, tea_scan, tea_noscan;
    } known[] = {
        {1, 1008, 1024, 1008, 1024}, {2, 504, 512, 496, 504}, {3, 336, 341, 330, 336}, {5, 168, 170, 165, 168},
        {10, 63, 64, 62, 63},        {18, 31, 32, 31, 31},    {26, 15, 16, 15, 15},    {27, 14, 14, 14, 14},
        {35, 11, 11, 11, 11},        {52, 6, 6, 6, 6},        {67, 1, 1, 1, 1},
    };
    struct layout classic = {.ptr = 8}, tea = {.ptr = 8, .inline_marks = true}, small = {.ptr = 4};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        unsigned c = known[i].class;
        assert_int_equal(layout_nelems(&classic, c, false, 8192), known[i].scan);
        assert_int_equal(layout_nelems(&classic, c, true, 8192), known[i].noscan);
        assert_int_equal(layout_nelems(&tea, c, false, 8192), known[i].tea_scan);
        assert_int_equal(layout_nelems(&tea, c, true, 8192), known[i].tea_noscan);
        assert_true(layout_max_nelems(c, 8192) >= known[i].noscan);
    }
    assert_int_equal(layout_nelems(&small, 1, false, 8192), 992);
    assert_int_equal(layout_nelems(&small, 10, false, 8192), 62);
    assert_int_equal(layout_nelems(&small, 11, false, 8192), 56);
}

static void curves_sum_up_any_stretch(void **state) {
    (void)state;
    enum { N = 20000 };
    static uint64_t v[N];
    struct curve c = {0};
    uint64_t x = 9;
    for (int i = 0; i < N; i++) {
        v[i] = random_next(&x);
        assert_true(curve_add(&c, i * 10, v[i]));
    }
    for (int round = 0; round < 2000; round++) {
        size_t a = random_next(&x) % N, b = a + 1 + random_next(&x) % (N - a);
        uint64_t min = UINT64_MAX, max = 0;
        for (size_t i = a; i < b; i++) {
            min = v[i] < min ? v[i] : min;
            max = v[i] > max ? v[i] : max;
        }
        struct extent e = curve_extent(&c, a, b);
        assert_true(e.min == min && e.max == max);
    }
    curve_free(&c);
}

/* A spike of one value in a million must show in a plot of any width. */
static void plots_keep_a_spike(void **state) {
    (void)state;
    reel *r = reel_blank();
    struct curve *c = &r->curves[SERIES_HEAP_LIVE];
    for (int i = 0; i < 100000; i++) {
        assert_true(curve_add(c, i, i == 54321 ? 1000000 : 5));
    }
    struct column col[200];
    for (size_t width = 1; width <= 200; width++) {
        reel_series(r, SERIES_HEAP_LIVE, 0, 100000, col, width);
        uint64_t max = 0;
        for (size_t i = 0; i < width; i++) {
            assert_true(col[i].known && col[i].min == 5);
            max = col[i].max > max ? col[i].max : max;
        }
        assert_int_equal(max, 1000000);
    }
    reel_series(r, SERIES_HEAP_LIVE, 54400, 54500, col, 7);
    assert_int_equal(col[0].max, 5);
    reel_series(r, SERIES_HEAP_GOAL, 0, 100, col, 7);
    assert_false(col[6].known);
    uint64_t v;
    assert_true(reel_value(r, SERIES_HEAP_LIVE, 54321, &v) && v == 1000000);
    assert_false(reel_value(r, SERIES_HEAP_LIVE, -1, &v));
    reel_close(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(facts_come_back),
        cmocka_unit_test(stored_blocks_come_back),
        cmocka_unit_test(elements_as_the_runtime_counts_them),
        cmocka_unit_test(curves_sum_up_any_stretch),
        cmocka_unit_test(plots_keep_a_spike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
