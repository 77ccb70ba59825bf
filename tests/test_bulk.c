/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_bulk.c - trace_read_bulk gives what trace_read gives: events, marks and losses, of whole recordings, of their
 * prefixes, of damaged ones, and where more goroutines act than a bulk has room for.
 */
#include "tests/cmocka.h"
#include "tests/fixtures.h"
#include "tests/forms.h"
#include "tests/made.h"

enum { PREFIXES = 12, CHANGES = 40, MOST_CHANGED = 1 << 20 };

/* 0: in bulk. */
static const size_t grains[] = {0, 1, 3, 64, 255, TRACE_BULK};

static size_t grain(uint64_t *seed) {
    return grains[random_next(seed) % (sizeof grains / sizeof grains[0])];
}

static void both_forms(const char *name, const uint8_t *data, size_t size, uint64_t *seed) {
    struct trace_error err;
    trace *t = trace_open_memory(data, size, &err), *u = trace_open_memory(data, size, &err);
    assert_int_equal(t == NULL, u == NULL);
    if (t != NULL) {
        size_t by = grain(seed);
        const char *what = forms_differ(t, by > 0 ? by : 100, u, 0, grain(seed));
        if (what != NULL) {
            fail_msg("%s, %zu bytes of it: %s differs", name, size, what);
        }
    }
    trace_close(&t);
    trace_close(&u);
}

static void whole_ones_and_prefixes(void **state) {
    (void)state;
    uint64_t seed = 1;
    for (int i = 0; fixture_names[i] != NULL; i++) {
        size_t size;
        uint8_t *data = fixture_bytes(fixture_names[i], &size);
        both_forms(fixture_names[i], data, size, &seed);
        for (int k = 0; k < PREFIXES; k++) {
            both_forms(fixture_names[i], data, random_next(&seed) % size, &seed);
        }
        free(data);
    }
}

static void damaged_ones(void **state) {
    (void)state;
    uint64_t seed = 2;
    for (int i = 0; fixture_names[i] != NULL; i++) {
        size_t size;
        uint8_t *data = fixture_bytes(fixture_names[i], &size);
        for (int k = 0; k < CHANGES && size < MOST_CHANGED; k++) {
            uint8_t *byte_at = &data[16 + random_next(&seed) % (size - 16)], was = *byte_at;
            *byte_at ^= (uint8_t)(1u << random_next(&seed) % 8);
            both_forms(fixture_names[i], data, size, &seed);
            *byte_at = random_next(&seed) % 2 != 0 ? was : *byte_at; /* some damage stays, and adds up */
        }
        free(data);
    }
}

/* One thread runs one goroutine after the other, each of which frees an object: a context for every three events. */
static void more_contexts_than_there_is_room_for(void **state) {
    (void)state;
    enum { GOROUTINES = 400 };
    struct bytes b, body;
    uint64_t seed = 3;
    begin(&b, &body);
    event(&body, TRACE_EV_GO_STOP, 2, 0, 0, 0);
    for (uint64_t g = 10; g < 10 + GOROUTINES; g++) {
        event(&body, TRACE_EV_GO_STATUS, 3, g, UINT64_MAX, TRACE_GO_RUNNABLE);
    }
    for (uint64_t g = 10; g < 10 + GOROUTINES; g++) {
        event(&body, TRACE_EV_GO_START, 2, g, 1, 0);
        event(&body, TRACE_EV_HEAP_OBJECT_FREE, 1, g, 0, 0);
        event(&body, TRACE_EV_GO_STOP, 2, 0, 0, 0);
    }
    batch(&b, 1, 1, 1000, &body);
    struct trace_error err;
    trace *t = trace_open_memory(b.data, b.size, &err);
    assert_non_null(t);
    static struct trace_bulk bulk;
    uint32_t most = 0, whole = 0;
    uint64_t freed = 0;
    for (size_t n; (n = trace_read_bulk(t, &bulk)) > 0;) {
        most = bulk.ncontexts > most ? bulk.ncontexts : most;
        for (size_t i = 0; i < n; i++) {
            struct trace_event ev;
            trace_bulk_event(&bulk, i, &ev);
            if (ev.type == TRACE_EV_HEAP_OBJECT_FREE) {
                assert_int_equal(ev.g, ev.arg[0]);
                whole += (bulk.record[i].flags & TRACE_WHOLE) != 0;
                freed++;
            }
        }
    }
    assert_int_equal(freed, GOROUTINES);
    assert_int_equal(trace_loss(t)->code, TRACE_OK);
    assert_int_equal(most, TRACE_BULK_CONTEXTS);
    assert_true(whole > 0 && whole < GOROUTINES / 2);
    trace_close(&t);
    both_forms("many goroutines", b.data, b.size, &seed);
    free(b.data);
    free(body.data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_ones_and_prefixes),
        cmocka_unit_test(damaged_ones),
        cmocka_unit_test(more_contexts_than_there_is_room_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
