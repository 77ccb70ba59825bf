/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * made_reel.h - a reel of a trace that a test made (made.h), loaded by one thread to its end.
 */
#ifndef HEAPREEL_TESTS_MADE_REEL_H
#define HEAPREEL_TESTS_MADE_REEL_H

#include "core/core.h"
#include "tests/cmocka.h"
#include "tests/made.h"

/* Whatever is wrong with it. */
static inline reel *load_bytes(const struct bytes *b) {
    struct trace_error err;
    struct reel_options opt = {.threads = 1};
    reel *r = reel_open_memory(b->data, b->size, &opt, &err);
    assert_non_null(r);
    assert_int_equal(reel_load(r, 0), REEL_DONE);
    return r;
}

/* `body` becomes the trace's only batch of events, and is freed; the reel reads from `b` until close_made. */
static inline reel *load_made(struct bytes *b, struct bytes *body) {
    batch(b, 1, 1, 1, body);
    if (memcmp(b->data, "go 1.26", 7) == 0) {
        byte(b, TRACE_EV_END_OF_GENERATION);
    }
    free(body->data);
    *body = (struct bytes){0};
    return load_bytes(b);
}

static inline void close_made(reel **r, struct bytes *b) {
    reel_close(r);
    free(b->data);
    *b = (struct bytes){0};
}

/* What is said of the span at a page, at a position of the reel. */
static inline struct span_state said_there(reel *r, uint64_t pos, uint64_t page) {
    frame *f = frame_new(r);
    struct span_state st = {0};
    assert_true(f != NULL && frame_seek(f, pos));
    uint32_t id = frame_find(f, reel_page_address(r, page), NULL);
    assert_true(id != NO_ID && frame_state(f, id, &st));
    frame_free(&f);
    return st;
}

#endif
