/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_prefixes.c - every prefix of the small recordings, and a thousand changed bytes in each: reading ends cleanly.
 *
 * Of recordings up to WHOLE bytes every prefix is read; of larger ones the first and the last ones, those around the
 * begin of every batch, and some hundred between. PREFIXES=all in the environment reads all of those up to LARGE bytes.
 * Recordings up to SMALL bytes get a thousand changes, larger ones (tests/test_reader.c has them as well) fewer.
 * Cleanly means: no access out of bounds and no leak (this program is built with the sanitizers where the compiler has
 * them), each event known and none before its predecessor, and a failure or loss that says what and where.
 */
#include "tests/cmocka.h"
#include "tests/fixtures.h"
#include "tests/framing.h"
#include "traces/traces.h"

#include <stdlib.h>
#include <string.h>

enum { WHOLE = 5000, SMALL = 45000, LARGE = 110000, CHANGES = 1000, FEWER = 4 };

/* Which prefixes of those that are not read all: at each end, around each batch's begin, and how many between. */
struct choice {
    size_t ends, around, between;
};
static const struct choice of_small = {200, 6, 100}, of_large = {10, 1, 30};

/* Read a copy of its very size, so that a sanitizer sees a read beyond; returns how many events there were. */
static uint64_t read_copy(const uint8_t *data, size_t size) {
    struct trace_event ev[128];
    struct trace_error err = {0};
    uint8_t *copy = malloc(size > 0 ? size : 1);
    assert_non_null(copy);
    memcpy(copy, data, size);
    trace *t = trace_open_memory(copy, size, &err);
    uint64_t events = 0;
    if (t == NULL) {
        assert_int_not_equal(err.code, TRACE_OK);
        assert_true(err.text[0] != '\0' && strchr(err.text, '\n') == NULL);
    } else {
        int64_t last = 0;
        for (size_t n; (n = trace_read(t, ev, 128)) > 0; events += n) {
            for (size_t i = 0; i < n; i++) {
                assert_true(ev[i].time >= last && trace_event_spec(ev[i].type)->name != NULL);
                last = ev[i].time;
            }
        }
        const struct trace_loss *l = trace_loss(t);
        assert_true(l->bytes <= size && l->at <= size && l->by_time <= events);
        assert_true((l->code == TRACE_OK) == (l->count == 0));
        assert_true(l->code == TRACE_OK || (l->first.text[0] != '\0' && l->first.offset <= size));
        trace_close(&t);
    }
    free(copy);
    return events;
}

/* Marks the prefixes that end near a batch's begin. The old format has no lengths to follow; its recordings are small.
 */
static void mark_batches(const uint8_t *data, size_t size, size_t around, bool *wanted) {
    struct framed f;
    for (size_t at = WIRE_HEADER; at < size; at = f.end) {
        for (size_t i = at - around; i <= at + around && i <= size; i++) {
            wanted[i] = true;
        }
        if (!framed_at(data, size, at, &f)) {
            return;
        }
    }
}

static void prefixes_end_cleanly(void **state) {
    (void)state;
    bool all = getenv("PREFIXES") != NULL && strcmp(getenv("PREFIXES"), "all") == 0;
    for (int i = 0; fixture_names[i] != NULL; i++) {
        size_t size;
        uint8_t *data = fixture_bytes(fixture_names[i], &size);
        bool *wanted = calloc(size + 1, 1);
        assert_non_null(wanted);
        if (size <= LARGE) {
            struct choice c = size <= SMALL ? of_small : of_large;
            uint64_t whole = read_copy(data, size);
            for (size_t n = 0; n <= size; n++) {
                wanted[n] = all || size <= WHOLE || n < c.ends || n + c.ends > size || n % (size / c.between + 1) == 0;
            }
            mark_batches(data, size, c.around, wanted);
            for (size_t n = 0; n <= size; n++) {
                if (wanted[n]) {
                    assert_true(read_copy(data, n) <=
                                whole + 1); /* a GoStatus may stand where a later event was to tell */
                }
            }
        }
        free(wanted);
        free(data);
    }
}

static void changed_bytes_end_cleanly(void **state) {
    (void)state;
    uint64_t seed = 7;
    for (int i = 0; fixture_names[i] != NULL; i++) {
        size_t size;
        uint8_t *data = fixture_bytes(fixture_names[i], &size);
        for (int k = 0; k < (size <= SMALL ? CHANGES : FEWER); k++) {
            size_t at = random_next(&seed) % size;
            uint8_t was = data[at];
            data[at] = (uint8_t)random_next(&seed);
            read_copy(data, size);
            data[at] = was;
        }
        free(data);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prefixes_end_cleanly),
        cmocka_unit_test(changed_bytes_end_cleanly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
