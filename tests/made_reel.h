/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * made_reel.h - a reel of a trace that a test made (made.h), loaded by one thread to its end.
 */
#ifndef HEAPREEL_TESTS_MADE_REEL_H
#define HEAPREEL_TESTS_MADE_REEL_H

#include "core/core.h"
#include "tests/cmocka.h"
#include "tests/made.h"

/* `body` becomes the trace's only batch of events, and is freed; the reel reads from `b` until close_made. */
static inline reel *load_made(struct bytes *b, struct bytes *body) {
    batch(b, 1, 1, 1, body);
    if (memcmp(b->data, "go 1.26", 7) == 0) {
        byte(b, TRACE_EV_END_OF_GENERATION);
    }
    free(body->data);
    *body = (struct bytes){0};
    struct trace_error err;
    struct reel_options opt = {.threads = 1};
    reel *r = reel_open_memory(b->data, b->size, &opt, &err);
    assert_non_null(r);
    assert_int_equal(reel_load(r, 0), REEL_DONE);
    return r;
}

static inline void close_made(reel **r, struct bytes *b) {
    reel_close(r);
    free(b->data);
    *b = (struct bytes){0};
}

#endif
