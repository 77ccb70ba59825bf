/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stream.h - what came out of a trace, in one number; and a pipe with the test at both ends.
 */
#ifndef HEAPREEL_TESTS_STREAM_H
#define HEAPREEL_TESTS_STREAM_H

#include "tests/cmocka.h"
#include "tests/fixtures.h"
#include "traces/traces.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- what was read */

struct digest {
    uint64_t events, hash;
};

/* Everything about the events, and the first bytes of their texts. */
static inline void read_on(trace *t, struct digest *d) {
    struct trace_event ev[64];
    for (size_t n; (n = trace_read(t, ev, 64)) > 0; d->events += n) {
        for (size_t i = 0; i < n; i++) {
            const struct trace_spec *s = trace_event_spec(ev[i].type);
            uint64_t parts[] = {(uint64_t)ev[i].time, ev[i].type, (uint64_t)ev[i].m, (uint64_t)ev[i].p,
                                (uint64_t)ev[i].g};
            for (size_t k = 0; k < sizeof parts / sizeof parts[0]; k++) {
                mix(&d->hash, parts[k]);
            }
            for (size_t k = 0; k < s->nargs; k++) {
                mix(&d->hash, ev[i].arg[k]);
                struct trace_text x =
                    s->kind[k] == TRACE_ARG_STRING ? trace_string(t, ev[i].arg[k]) : (struct trace_text){"", 0};
                for (size_t c = 0; c < x.len; c++) {
                    mix(&d->hash, (uint8_t)x.ptr[c]);
                }
            }
        }
    }
}

static inline struct digest read_memory(const void *data, size_t size) {
    struct trace_error err;
    struct digest d = {0};
    trace *t = trace_open_memory(data, size, &err);
    assert_non_null(t);
    read_on(t, &d);
    assert_false(trace_waiting(t));
    trace_close(&t);
    return d;
}

/* ---- a pipe with this process at both ends */

struct line {
    int to;
    char path[32];
    trace *t;
};

static inline void put(int fd, const uint8_t *data, size_t n) {
    for (size_t done = 0; done < n;) {
        ssize_t k = write(fd, data + done, n - done);
        assert_true(k > 0);
        done += (size_t)k;
    }
}

/* Opens once `first` bytes are in the pipe. */
static inline struct line open_line(const uint8_t *data, size_t first) {
    int fd[2];
    struct line l;
    assert_int_equal(pipe(fd), 0);
    fcntl(fd[1], F_SETPIPE_SZ, 1 << 20);
    put(fd[1], data, first);
    snprintf(l.path, sizeof l.path, "/dev/fd/%d", fd[0]);
    struct trace_error err;
    struct trace_options opt = {.dont_wait = true};
    l.t = trace_open_with(l.path, &opt, &err);
    assert_non_null(l.t);
    close(fd[0]);
    l.to = fd[1];
    return l;
}

static inline void close_line(struct line *l, struct digest *d) {
    close(l->to);
    read_on(l->t, d);
    assert_false(trace_waiting(l->t));
    assert_int_equal(trace_fd(l->t), -1);
    assert_true(trace_share(l->t) == 1);
    trace_close(&l->t);
}

static inline void same(const char *name, struct digest a, struct digest b) {
    if (a.events != b.events || a.hash != b.hash) {
        fail_msg("%s: %llu events, not %llu", name, (unsigned long long)a.events, (unsigned long long)b.events);
    }
}

#endif
