/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_sort.c - the sort and heap that decide ties. What Go's slices.SortFunc leaves of many equal times was recorded
 * with Go 1.26 as a hash (FNV-1a) over the order of the indexes.
 */
#include "tests/cmocka.h"
#include "tests/fixtures.h"
#include "traces/sort.h"

#include <stdlib.h>

enum { MOST = 5000 };

static const struct {
    unsigned n, kind;
    uint32_t hash;
} recorded[] = {
    {5, 0, 0x5c2ad711u},    {5, 1, 0x8977bd11u},    {5, 2, 0x83822681u},    {5, 3, 0x10b7c401u},
    {12, 0, 0x74bb30a5u},   {12, 1, 0x468c3515u},   {12, 2, 0x9830a585u},   {12, 3, 0x4ac6e9b5u},
    {13, 0, 0x9cf745c9u},   {13, 1, 0xbed01ef9u},   {13, 2, 0x543549e9u},   {13, 3, 0x862e0d29u},
    {40, 0, 0x73d931c5u},   {40, 1, 0x7d3c9795u},   {40, 2, 0x5537fbb5u},   {40, 3, 0xbce77225u},
    {50, 0, 0xde54e794u},   {50, 1, 0xcc9bf164u},   {50, 2, 0xa51172b4u},   {50, 3, 0x21b0e374u},
    {100, 0, 0xb1222b55u},  {100, 1, 0x068effc5u},  {100, 2, 0x3eb38b55u},  {100, 3, 0xc9231915u},
    {1000, 0, 0x0966cf3du}, {1000, 1, 0xe638c0c1u}, {1000, 2, 0x225868d1u}, {1000, 3, 0xee5222b1u},
    {5000, 0, 0xe03f1481u}, {5000, 1, 0xc3b277f1u}, {5000, 2, 0xf2e8a2bdu}, {5000, 3, 0x4641a32du},
};

/* Many equal times, in four patterns. */
static int64_t pattern(unsigned kind, unsigned i, unsigned n, uint32_t r) {
    switch (kind) {
    case 0:
        return r % (n / 3 + 1);
    case 1:
        return i / 3 + r % 2;
    case 2:
        return (n - i) / 4;
    default:
        return r % 3;
    }
}

static uint32_t hash_order(const struct sort_key *k, unsigned n) {
    uint32_t h = 2166136261u;
    for (unsigned i = 0; i < n; i++) {
        for (unsigned s = 0; s < 32; s += 8) {
            h = (h ^ (k[i].index >> s & 0xff)) * 16777619u;
        }
    }
    return h;
}

static void equal_times_as_go_orders_them(void **state) {
    (void)state;
    static struct sort_key k[MOST];
    for (size_t c = 0; c < sizeof recorded / sizeof recorded[0]; c++) {
        unsigned n = recorded[c].n;
        uint64_t x = n * 10 + recorded[c].kind;
        for (unsigned i = 0; i < n; i++) {
            k[i] = (struct sort_key){pattern(recorded[c].kind, i, n, random_next(&x)), i};
        }
        sort_by_time(k, n);
        for (unsigned i = 1; i < n; i++) {
            assert_true(k[i - 1].time <= k[i].time);
        }
        if (hash_order(k, n) != recorded[c].hash) {
            fail_msg("n %u, pattern %u: another order than Go's", n, recorded[c].kind);
        }
    }
}

static void heap_gives_the_least(void **state) {
    (void)state;
    struct sort_key h[64];
    size_t n = 0;
    uint64_t x = 1;
    for (uint32_t i = 0; i < 64; i++) {
        heap_push(h, &n, (struct sort_key){random_next(&x) % 20, i});
    }
    for (int step = 0; step < 5000 && n > 0; step++) {
        for (size_t i = 1; i < n; i++) {
            assert_true(h[(i - 1) / 2].time <= h[i].time);
        }
        size_t i = random_next(&x) % n;
        if (step % 50 == 49) {
            heap_remove(h, &n, i);
        } else {
            h[i].time = random_next(&x) % 20;
            heap_update(h, n, i);
        }
    }
    assert_int_equal(n, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_times_as_go_orders_them),
        cmocka_unit_test(heap_gives_the_least),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
