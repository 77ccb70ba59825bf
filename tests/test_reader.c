/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_reader.c - whole recordings, and what is left of them when they are cut, changed or made up.
 *
 * How many events each recording holds, and a hash over their order, type, context and arguments, was taken when all of
 * them had been compared event for event with the reference reader (tests/test-reference.sh, which does it anew where
 * Go is present).
 */
#include "tests/cmocka.h"
#include "tests/fixtures.h"
#include "traces/traces.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct digest {
    uint64_t events, hash;
    int64_t last;
};

static void mix(uint64_t *h, uint64_t v) {
    *h = (*h ^ v) * UINT64_C(0x9e3779b97f4a7c15);
    *h ^= *h >> 29;
}

/* Reads to the end; checks what holds of every trace, damaged or not. */
static struct digest read_all(trace *t) {
    struct digest d = {0};
    struct trace_event ev[100];
    struct trace_frame frames[4];
    for (size_t n; (n = trace_read(t, ev, 100)) > 0;) {
        for (size_t i = 0; i < n; i++) {
            const struct trace_event *e = &ev[i];
            const struct trace_spec *s = trace_event_spec(e->type);
            assert_non_null(s->name);
            assert_true(e->time >= d.last);
            d.last = e->time;
            uint64_t parts[] = {e->type, (uint64_t)e->m, (uint64_t)e->p, (uint64_t)e->g};
            for (size_t k = 0; k < 4; k++) {
                mix(&d.hash, parts[k]);
            }
            for (size_t k = 0; k < s->nargs; k++) {
                mix(&d.hash, e->arg[k]);
                if (s->kind[k] == TRACE_ARG_STRING) {
                    assert_true(trace_string(t, e->arg[k]).len <= 1024);
                } else if (s->kind[k] == TRACE_ARG_STACK) {
                    assert_true(trace_stack(t, e->arg[k], frames, 4) <= 128);
                }
            }
        }
        d.events += n;
    }
    assert_true(trace_loss(t)->bytes <= trace_bytes(t));
    return d;
}

static trace *open_bytes(const uint8_t *data, size_t size) {
    struct trace_error err;
    trace *t = trace_open_memory(data, size, &err);
    if (t == NULL) {
        assert_int_not_equal(err.code, TRACE_OK);
        assert_true(strlen(err.text) > 0);
    }
    return t;
}

static const struct {
    const char *name;
    uint64_t events, hash;
} recorded[] = {
#include "tests/test_reader_recorded.h"
};

static void recordings_read_whole(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof recorded / sizeof recorded[0]; i++) {
        struct trace_error err;
        trace *t = trace_open(fixture_path(recorded[i].name), &err);
        assert_non_null(t);
        struct digest d = read_all(t);
        if (getenv("GENERATE") != NULL) {
            printf("# {\"%s\", %llu, 0x%016llx},\n", recorded[i].name, (unsigned long long)d.events,
                   (unsigned long long)d.hash);
        } else if (d.events != recorded[i].events || d.hash != recorded[i].hash) {
            fail_msg("%s: %llu events, hash %llx", recorded[i].name, (unsigned long long)d.events,
                     (unsigned long long)d.hash);
        }
        assert_int_equal(trace_loss(t)->code, TRACE_OK);
        trace_close(&t);
        assert_null(t);
    }
}

static void two_traces_at_once(void **state) {
    (void)state;
    struct trace_error err;
    trace *a = trace_open(fixture_path("mixed-1.24"), &err), *b = trace_open(fixture_path("plain-1.22"), &err);
    struct trace_event ea, eb;
    uint64_t na = 0, nb = 0;
    for (bool more = true; more;) {
        size_t x = trace_read(a, &ea, 1), y = trace_read(b, &eb, 1);
        na += x;
        nb += y;
        more = x + y > 0;
    }
    for (size_t i = 0; i < sizeof recorded / sizeof recorded[0]; i++) {
        if (strcmp(recorded[i].name, "mixed-1.24") == 0) {
            assert_int_equal(na, recorded[i].events);
        } else if (strcmp(recorded[i].name, "plain-1.22") == 0) {
            assert_int_equal(nb, recorded[i].events);
        }
    }
    trace_close(&a);
    trace_close(&b);
}

/* A prefix never gives an error without an offset in it, nor more events than the whole. */
static void cut(const uint8_t *data, size_t at, uint64_t whole) {
    uint8_t *part = malloc(at + 1); /* of the very size, so that a sanitizer sees a read beyond */
    assert_non_null(part);
    memcpy(part, data, at);
    trace *t = open_bytes(part, at);
    if (t != NULL) {
        struct digest d = read_all(t);
        const struct trace_loss *l = trace_loss(t);
        assert_true(d.events <= whole);
        assert_true(l->at <= at);
        if (d.events > 0 && d.events < whole && trace_version(t) >= 26) { /* older ones may end at any batch */
            assert_int_not_equal(l->code, TRACE_OK);
        }
        trace_close(&t);
    }
    free(part);
}

static void every_cut_ends_cleanly(void **state) {
    (void)state;
    for (int i = 0; fixture_names[i] != NULL; i++) {
        size_t size;
        uint8_t *data = fixture_bytes(fixture_names[i], &size);
        trace *t = open_bytes(data, size);
        uint64_t whole = read_all(t).events;
        trace_close(&t);
        for (size_t at = 0; at < 400 && at < size; at++) {
            cut(data, at, whole);
        }
        for (size_t at = 400; at < size; at += size / 30 + 1) {
            cut(data, at, whole);
        }
        for (size_t at = size > 200 ? size - 200 : 0; at < size; at += 7) {
            cut(data, at, whole);
        }
        free(data);
    }
}

static void changed_bytes_end_cleanly(void **state) {
    (void)state;
    uint64_t x = 11;
    for (int i = 0; fixture_names[i] != NULL; i++) {
        size_t size;
        uint8_t *data = fixture_bytes(fixture_names[i], &size);
        for (int k = 0; k < 30; k++) {
            size_t at = random_next(&x) % size;
            uint8_t was = data[at];
            data[at] = (uint8_t)random_next(&x);
            trace *t = open_bytes(data, size);
            if (t != NULL) {
                read_all(t);
                trace_close(&t);
            }
            data[at] = was;
        }
        free(data);
    }
}

/* Bytes lost in the middle: what lies behind the damage is still read. */
static void reading_resumes_behind_damage(void **state) {
    (void)state;
    size_t size;
    uint8_t *data = fixture_bytes("mapchurn-1.24", &size);
    trace *t = open_bytes(data, size);
    struct digest whole = read_all(t);
    trace_close(&t);
    memset(data + size / 3, 0xff, 1000);
    t = open_bytes(data, size);
    struct digest d = read_all(t);
    assert_int_not_equal(trace_loss(t)->code, TRACE_OK);
    assert_true(trace_loss(t)->bytes > 0);
    assert_true(d.events > whole.events / 2);
    assert_true(d.last > whole.last / 2);
    trace_close(&t);
    free(data);
}

static void foreign_files_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
        enum trace_code code;
    } cases[] = {
        {"", 0, TRACE_E_HEADER},
        {"go", 2, TRACE_E_HEADER},
        {"hello, this is no trace at all", 30, TRACE_E_HEADER},
        {"go 1.99 trace\0\0\0", 16, TRACE_E_VERSION},
        {"go 1.22 trace\0\0x", 16, TRACE_E_HEADER},
        {"go 1. trace\0\0\0\0\0", 16, TRACE_E_HEADER},
        {"\x28\xb5\x2f\xfd garbage garbage", 20, TRACE_E_PACKED},
        {"\x1f\x8b\x08 garbage garbage", 19, TRACE_E_PACKED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct trace_error err;
        trace *t = trace_open_memory(cases[i].bytes, cases[i].size, &err);
        assert_null(t);
        assert_int_equal(err.code, cases[i].code);
        assert_true(strlen(err.text) > 0);
    }
    struct trace_error err;
    assert_null(trace_open("/nonexistent/file", &err));
    assert_int_equal(err.code, TRACE_E_OPEN);
    assert_null(trace_open("/", &err));
    assert_int_equal(err.code, TRACE_E_OPEN);
}

/* A packed file cut in the middle: what could be unpacked is read, and the loss is told. */
static void packed_files_may_be_cut(void **state) {
    (void)state;
    static uint8_t packed[1 << 20];
    FILE *in = fopen(fixture_path("mapchurn-1.24"), "rb");
    assert_non_null(in);
    size_t size = fread(packed, 1, sizeof packed, in);
    fclose(in);
    trace *t = open_bytes(packed, size);
    uint64_t whole = read_all(t).events;
    assert_int_equal(trace_loss(t)->code, TRACE_OK);
    trace_close(&t);
    t = open_bytes(packed, size - size / 8);
    assert_non_null(t);
    uint64_t part = read_all(t).events;
    assert_true(part > 0 && part < whole);
    assert_int_equal(trace_loss(t)->code, TRACE_E_PACKED);
    trace_close(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recordings_read_whole),         cmocka_unit_test(two_traces_at_once),
        cmocka_unit_test(every_cut_ends_cleanly),        cmocka_unit_test(changed_bytes_end_cleanly),
        cmocka_unit_test(reading_resumes_behind_damage), cmocka_unit_test(foreign_files_are_refused),
        cmocka_unit_test(packed_files_may_be_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
