/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * made.h - traces made up by tests, of any size: bytes that grow, and the pieces of today's format put behind them.
 */
#ifndef HEAPREEL_TESTS_MADE_H
#define HEAPREEL_TESTS_MADE_H

#include "tests/cmocka.h"
#include "traces/traces.h"

#include <stdlib.h>
#include <string.h>

struct bytes {
    uint8_t *data;
    size_t size, cap;
};

static inline void put(struct bytes *b, const void *data, size_t n) {
    if (b->size + n > b->cap) {
        b->cap = 2 * (b->size + n);
        b->data = realloc(b->data, b->cap);
        assert_non_null(b->data);
    }
    if (n > 0) {
        memcpy(b->data + b->size, data, n);
    }
    b->size += n;
}
static inline void byte(struct bytes *b, unsigned v) {
    uint8_t x = (uint8_t)v;
    put(b, &x, 1);
}
static inline void number(struct bytes *b, uint64_t v) {
    for (; v >= 0x80; v >>= 7) {
        byte(b, (unsigned)(v & 0x7f) | 0x80);
    }
    byte(b, (unsigned)v);
}
/* The type, dt = 1, and n arguments. */
static inline void event(struct bytes *b, unsigned type, int n, uint64_t a0, uint64_t a1, uint64_t a2) {
    uint64_t arg[] = {a0, a1, a2};
    byte(b, type);
    number(b, 1);
    for (int i = 0; i < n; i++) {
        number(b, arg[i]);
    }
}
/* A batch of a thread; its body is emptied. */
static inline void batch(struct bytes *b, uint64_t gen, uint64_t m, uint64_t ts, struct bytes *body) {
    byte(b, TRACE_EV_EVENT_BATCH);
    number(b, gen);
    number(b, m);
    number(b, ts);
    number(b, body->size);
    put(b, body->data, body->size);
    body->size = 0;
}
/* The batch of names of types, which the alloc/free experiment writes on no thread; its body is emptied. */
static inline void type_batch(struct bytes *b, struct bytes *body) {
    byte(b, TRACE_EV_EXPERIMENTAL_BATCH);
    byte(b, 1);
    number(b, 1);
    number(b, UINT64_MAX);
    number(b, 1);
    number(b, body->size);
    put(b, body->data, body->size);
    body->size = 0;
}

/* The same, split where it gets too long. Bodies end between events of at most `longest` bytes. */
enum { BODY = 60000 };
static inline void flush(struct bytes *b, struct bytes *body, uint64_t *ts, size_t from) {
    if (body->size > from) {
        batch(b, 1, 1, *ts, body);
        *ts += BODY;
    }
}
static inline void begin(struct bytes *b, struct bytes *body) {
    *b = *body = (struct bytes){0};
    put(b, "go 1.23 trace\0\0\0", 16);
    byte(body, TRACE_EV_FREQUENCY);
    number(body, 15625000);
    batch(b, 1, UINT64_MAX, 1, body);
    event(body, TRACE_EV_PROC_STATUS, 2, 0, TRACE_PROC_RUNNING, 0);
    event(body, TRACE_EV_GO_STATUS, 3, 1, 1, TRACE_GO_RUNNING);
}

#endif
