/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_reader.c - whole recordings, and what is left of them when they are cut, changed or made up.
 *
 * How many events each recording holds, and a hash over their order, type, time, context and arguments, was taken when
 * all of them had been compared event for event with the reference reader (tests/test-reference.sh, which does it anew
 * where Go is present).
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

static void mix_event(uint64_t *h, const struct trace_event *e) {
    uint64_t parts[] = {e->type, (uint64_t)e->m, (uint64_t)e->p, (uint64_t)e->g, (uint64_t)e->time};
    for (size_t k = 0; k < 5; k++) {
        mix(h, parts[k]);
    }
    for (size_t k = 0; k < trace_event_spec(e->type)->nargs; k++) {
        mix(h, e->arg[k]);
    }
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
            mix_event(&d.hash, e);
            for (size_t k = 0; k < s->nargs; k++) {
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

/* How each of the versions before 1.11 would have written basics-1.11 (examples/older): what it had no events for. */
static void old_versions_lack_what_they_lack(void **state) {
    (void)state;
    static const struct {
        const char *name;
        uint64_t without; /* a bit for each event type */
    } old[] = {
        {"basics-1.5", UINT64_C(0x1f) << TRACE_EV_USER_TASK_BEGIN | UINT64_C(1) << TRACE_EV_GO_LABEL},
        {"basics-1.7", UINT64_C(0x1f) << TRACE_EV_USER_TASK_BEGIN | UINT64_C(1) << TRACE_EV_GO_LABEL},
        {"basics-1.8", UINT64_C(0x1f) << TRACE_EV_USER_TASK_BEGIN},
        {"basics-1.9", UINT64_C(0x1f) << TRACE_EV_USER_TASK_BEGIN},
        {"basics-1.10", UINT64_C(0x1f) << TRACE_EV_USER_TASK_BEGIN},
    };
    for (size_t i = 0; i < sizeof old / sizeof old[0]; i++) {
        struct trace_error err;
        trace *a = trace_open(fixture_path("basics-1.11"), &err), *b = trace_open(fixture_path(old[i].name), &err);
        struct trace_event x, y;
        assert_true(a != NULL && b != NULL);
        while (trace_read(a, &x, 1) > 0) {
            if ((old[i].without >> x.type & 1) != 0) {
                continue;
            }
            assert_int_equal(trace_read(b, &y, 1), 1);
            if (x.type != y.type || x.time != y.time || x.g != y.g || x.p != y.p || x.m != y.m) {
                fail_msg("%s: %s at %lld is %s at %lld", old[i].name, trace_event_spec(x.type)->name, (long long)x.time,
                         trace_event_spec(y.type)->name, (long long)y.time);
            }
        }
        assert_int_equal(trace_read(b, &y, 1), 0);
        trace_close(&a);
        trace_close(&b);
    }
}

/* Up to n events of one trace into its hash; false at its end. */
static bool read_some(trace *t, size_t n, struct digest *d) {
    struct trace_event ev[16];
    size_t got = trace_read(t, ev, n);
    for (size_t i = 0; i < got; i++) {
        mix_event(&d->hash, &ev[i]);
        d->events++;
        (void)trace_string(t, ev[i].arg[0]);
    }
    return got > 0;
}

/* Two of any formats open at once, read by turns: the same events as apart. */
static void two_traces_at_once(void **state) {
    (void)state;
    static const char *const pairs[][2] = {{"mixed-1.24", "pingpong-1.21"},
                                           {"basics-1.5", "plain-1.22"},
                                           {"basics-1.19", "basics-1.9"},
                                           {"mixed-1.26", "mixed-1.26"},
                                           {"basics-1.11", "basics-1.11"}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        struct trace_error err;
        trace *t[2] = {trace_open(fixture_path(pairs[i][0]), &err), NULL};
        t[1] = trace_open(fixture_path(pairs[i][1]), &err);
        struct digest d[2] = {{0}, {0}};
        assert_true(t[0] != NULL && t[1] != NULL);
        size_t turn = 0;
        for (bool more[2] = {true, true}; more[0] || more[1]; turn++) {
            for (size_t k = 0; k < 2; k++) {
                more[k] = more[k] && read_some(t[k], 1 + turn * (k + 3) % 16, &d[k]);
            }
        }
        for (size_t k = 0; k < 2; k++) {
            for (size_t n = 0; n < sizeof recorded / sizeof recorded[0]; n++) {
                if (strcmp(recorded[n].name, pairs[i][k]) == 0) {
                    assert_int_equal(d[k].events, recorded[n].events);
                    assert_int_equal(d[k].hash, recorded[n].hash);
                }
            }
            trace_close(&t[k]);
        }
    }
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
        {"go 1.24 trace\0\0\0", 16, TRACE_E_VERSION},
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
        cmocka_unit_test(recordings_read_whole),
        cmocka_unit_test(two_traces_at_once),
        cmocka_unit_test(old_versions_lack_what_they_lack),
        cmocka_unit_test(every_cut_ends_cleanly),
        cmocka_unit_test(changed_bytes_end_cleanly),
        cmocka_unit_test(reading_resumes_behind_damage),
        cmocka_unit_test(foreign_files_are_refused),
        cmocka_unit_test(packed_files_may_be_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
