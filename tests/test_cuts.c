/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_cuts.c - files that end before their trace does, and files that go on with another one. Where a recording may
 * end and be whole is known from its batches: behind a generation, and nowhere else.
 */
#include "tests/cmocka.h"
#include "tests/fixtures.h"
#include "tests/framing.h"
#include "traces/traces.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static uint64_t read_all(trace *t) {
    struct trace_event ev[256];
    uint64_t events = 0;
    for (size_t n; (n = trace_read(t, ev, 256)) > 0; events += n) {
    }
    return events;
}

static uint64_t count(const uint8_t *data, size_t size, struct trace_loss *loss) {
    struct trace_error err;
    trace *t = trace_open_memory(data, size, &err);
    assert_non_null(t);
    uint64_t events = read_all(t);
    *loss = *trace_loss(t);
    trace_close(&t);
    return events;
}

/* A program that was killed between two batches: the file has no broken bytes, and still something is said. */
static void killed_between_batches(void **state) {
    (void)state;
    unsigned cuts = 0, ends = 0;
    for (int i = 0; fixture_names[i] != NULL; i++) {
        size_t size;
        uint8_t *data = fixture_bytes(fixture_names[i], &size);
        bool new = data[5] == '2' && data[6] >= '2', marked = data[6] >= '6';
        uint64_t gen = 0;
        struct framed f;
        for (size_t at = WIRE_HEADER; new &&framed_at(data, size, at, &f); at = f.end) {
            bool mark = f.type == TRACE_EV_END_OF_GENERATION, first = f.gen != gen;
            gen = mark ? 0 : f.gen;
            if (at == WIRE_HEADER) {
                continue;
            }
            struct trace_loss loss;
            bool end = !mark && first; /* behind an end mark, or before another number */
            (void)count(data, at, &loss);
            if (loss.code != (end ? TRACE_OK : TRACE_E_TRUNCATED) || loss.bytes != 0) {
                fail_msg("%s cut at %zu (%s): %s", fixture_names[i], at, marked ? "end marks" : "no marks",
                         trace_loss_text(&loss));
            }
            assert_true(end || loss.at == at);
            cuts++;
            ends += end;
        }
        free(data);
    }
    assert_true(cuts > 100 && ends >= 4);
}

/* The bytes of a, and those of b behind them. */
static uint8_t *joined(const char *a, const char *b, size_t *first, size_t *size) {
    size_t second;
    uint8_t *data = fixture_bytes(a, first), *other = fixture_bytes(b, &second);
    data = realloc(data, *first + second);
    assert_non_null(data);
    memcpy(data + *first, other, second);
    free(other);
    *size = *first + second;
    return data;
}

/* What is known where an old trace begins at `first` of `size` bytes, behind a new one of `events`. */
static void check_passed_over(trace *t, uint64_t events, uint64_t got, size_t first, size_t size) {
    const struct trace_loss *l = trace_loss(t);
    assert_int_equal(got, events);
    assert_int_equal(l->count, 1);
    assert_int_equal(l->code, TRACE_E_GENERATION);
    assert_int_equal(l->at, first);
    assert_int_equal(l->bytes, size - first);
    assert_int_equal(l->by_time, 0);
    assert_non_null(strstr(trace_loss_text(l), "Go 1.21 or before begins here"));
    assert_null(trace_warning(t));
    assert_int_equal(trace_starts(t), 1);
    assert_int_equal(trace_bytes(t), size);
    assert_int_equal(trace_position(t), size);
}

/* The same from a pipe, in pieces: read as far as it goes each time. */
static void from_pipe(const uint8_t *data, size_t first, size_t size, uint64_t events) {
    int fd[2];
    char path[32];
    assert_int_equal(pipe(fd), 0);
    assert_int_equal(write(fd[1], data, WIRE_HEADER), WIRE_HEADER);
    snprintf(path, sizeof path, "/dev/fd/%d", fd[0]);
    struct trace_error err;
    struct trace_options opt = {.dont_wait = true};
    trace *t = trace_open_with(path, &opt, &err);
    assert_non_null(t);
    close(fd[0]);
    uint64_t got = 0;
    for (size_t at = WIRE_HEADER; at < size;) {
        size_t n = size - at < 777 ? size - at : 777;
        assert_int_equal(write(fd[1], data + at, n), n);
        at += n;
        got += read_all(t);
        assert_true(trace_waiting(t));
    }
    close(fd[1]);
    got += read_all(t);
    assert_false(trace_waiting(t));
    check_passed_over(t, events, got, first, size);
    trace_close(&t);
}

/* A trace of Go 1.21 or before behind a later one: the first comes out as if it stood alone. */
static void old_behind_new(void **state) {
    (void)state;
    static const char *const new[] = {"plain-1.22", "mixed-1.24", "flight-1.25", "plain-1.26"};
    static const char *const old[] = {"plain-1.21", "basics-1.5", "basics-1.11", "basics-1.19"};
    for (size_t i = 0; i < sizeof new / sizeof new[0]; i++) {
        size_t first, size;
        uint8_t *data = joined(new[i], old[i], &first, &size);
        struct trace_loss loss;
        uint64_t events = count(data, first, &loss);
        assert_int_equal(loss.code, TRACE_OK);
        struct trace_error err;
        trace *t = trace_open_memory(data, size, &err);
        uint64_t got = read_all(t);
        check_passed_over(t, events, got, first, size);
        trace_close(&t);
        from_pipe(data, first, size, events);
        free(data);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_between_batches),
        cmocka_unit_test(old_behind_new),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
