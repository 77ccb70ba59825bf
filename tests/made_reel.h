/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * made_reel.h - a reel of a trace that a test made (made.h), loaded by one thread to its end.
 */
#ifndef HEAPREEL_TESTS_MADE_REEL_H
#define HEAPREEL_TESTS_MADE_REEL_H

#include "core/core.h"
#include "tests/cmocka.h"
#include "tests/made.h"

/* `body` becomes the trace's only batch of events. Both are given up; the caller closes the reel. */
static inline reel *load_made(struct bytes *b, struct bytes *body) {
    batch(b, 1, 1, 1, body);
    struct trace_error err;
    struct reel_options opt = {.threads = 1};
    reel *r = reel_open_memory(b->data, b->size, &opt, &err);
    assert_non_null(r);
    assert_int_equal(reel_load(r, 0), REEL_DONE);
    free(b->data);
    free(body->data);
    return r;
}

#endif
