/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * framing.h - where the batches of a trace of Go 1.22 or later lie, found by a few lines of the tests' own.
 */
#ifndef HEAPREEL_TESTS_FRAMING_H
#define HEAPREEL_TESTS_FRAMING_H

#include "traces/wire.h"

#include <stdbool.h>

/* A batch, or an end mark (of one byte, without a body). Offsets are bytes of the trace. */
struct framed {
    size_t at, body, end;
    uint8_t type, experiment;
    uint64_t gen, m, ts;
};

/* The batch at `at`; false where none stands there whole. */
static inline bool framed_at(const uint8_t *data, size_t size, size_t at, struct framed *f) {
    *f = (struct framed){.at = at, .body = at + 1, .end = at + 1};
    if (at >= size) {
        return false;
    }
    const uint8_t *p = data + at, *end = data + size;
    uint64_t head[4];
    f->type = *p++;
    if (f->type == TRACE_EV_END_OF_GENERATION) {
        return true;
    }
    if (f->type == TRACE_EV_EXPERIMENTAL_BATCH && p < end) {
        f->experiment = *p++;
    }
    for (int i = 0; i < 4; i++) {
        if (!wire_uint(&p, end, &head[i])) {
            return false;
        }
    }
    f->gen = head[0];
    f->m = head[1];
    f->ts = head[2];
    f->body = (size_t)(p - data);
    f->end = f->body + (size_t)head[3];
    return head[3] <= size - f->body;
}

#endif
