/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_hostile.c - every prefix of small recordings, and a thousand changed bytes in each: all end cleanly.
 *
 * The small ones are those of the fuzzers' corpus (real recordings with most events left out), so that all of it takes
 * seconds. Of the whole recordings some changes are tried. What must hold is what fuzz_trace and fuzz_reel check.
 */
#include "core/core.h"
#include "tests/cmocka.h"
#include "tests/fixtures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const small[] = {"annotate-1.26", "pingpong-1.22", "pingpong-1.26", "plain-1.22", "plain-1.26",
                                    "stacks-1.23",   "mixed-1.25",    "mixed-1.26",    NULL};

static uint8_t *small_bytes(const char *name, size_t *size) {
    char path[4096];
    const char *src = getenv("HEAPREEL_SRC");
    snprintf(path, sizeof path, "%s/tests/fuzz/corpus/trace/%s", src != NULL ? src : ".", name);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    uint8_t *data = malloc(1 << 16);
    *size = fread(data, 1, 1 << 16, f);
    assert_true(*size > 1000 && *size < 1 << 16);
    fclose(f);
    return data;
}

/* Read to the end; what holds of every trace. */
static void read_all(const uint8_t *data, size_t size) {
    struct trace_error err;
    trace *t = trace_open_memory(data, size, &err);
    if (t == NULL) {
        assert_int_not_equal(err.code, TRACE_OK);
        assert_true(err.text[0] != '\0');
        return;
    }
    struct trace_event ev[128];
    int64_t last = 0;
    for (size_t n; (n = trace_read(t, ev, 128)) > 0;) {
        for (size_t i = 0; i < n; i++) {
            assert_true(ev[i].time >= last);
            last = ev[i].time;
        }
    }
    const struct trace_loss *l = trace_loss(t);
    assert_true(l->bytes <= size && l->at <= size);
    assert_int_equal(l->code == TRACE_OK, l->count == 0);
    trace_close(&t);
}

/* Record it, wind to its end, its middle and back. */
static void record(const uint8_t *data, size_t size) {
    struct trace_error err;
    reel *r = reel_open_memory(data, size, NULL, &err);
    if (r == NULL) {
        return;
    }
    assert_int_equal(reel_load(r, 0), REEL_DONE);
    frame *f = frame_new(r);
    assert_non_null(f);
    uint64_t end = reel_facts(r);
    assert_true(frame_seek(f, end));
    struct totals whole = *frame_totals(f);
    assert_true(frame_seek(f, end / 2) && frame_seek(f, 0));
    assert_int_equal(frame_totals(f)->objects + frame_totals(f)->spans + frame_totals(f)->stack_spans, 0);
    assert_true(frame_seek(f, end));
    assert_memory_equal(&whole, frame_totals(f), sizeof whole);
    frame_free(&f);
    reel_close(&r);
}

static void all_prefixes_end_cleanly(void **state) {
    (void)state;
    for (int i = 0; small[i] != NULL; i++) {
        size_t size;
        uint8_t *data = small_bytes(small[i], &size);
        for (size_t n = 0; n <= size; n++) {
            uint8_t *part = malloc(n + 1); /* of the very size, so that a sanitizer sees a read beyond */
            memcpy(part, data, n);
            read_all(part, n);
            if (n % 5 == 0) {
                record(part, n);
            }
            free(part);
        }
        free(data);
    }
}

static void change(uint8_t *data, size_t size, int times, int recorded, uint64_t *seed) {
    for (int k = 0; k < times; k++) {
        size_t at = random_next(seed) % size;
        uint8_t was = data[at];
        data[at] = (uint8_t)random_next(seed);
        read_all(data, size);
        if (k < recorded) {
            record(data, size);
        }
        data[at] = was;
    }
}

static void thousand_changes_end_cleanly(void **state) {
    (void)state;
    uint64_t seed = 3;
    for (int i = 0; small[i] != NULL; i++) {
        size_t size;
        uint8_t *data = small_bytes(small[i], &size);
        change(data, size, 1000, 300, &seed);
        free(data);
    }
}

static void changes_in_whole_recordings_end_cleanly(void **state) {
    (void)state;
    uint64_t seed = 5;
    for (int i = 0; fixture_names[i] != NULL; i++) {
        size_t size;
        uint8_t *data = fixture_bytes(fixture_names[i], &size);
        change(data, size, size < 100000 ? 200 : 20, 3, &seed);
        free(data);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_prefixes_end_cleanly),
        cmocka_unit_test(thousand_changes_end_cleanly),
        cmocka_unit_test(changes_in_whole_recordings_end_cleanly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
