/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fixture_reel.h - a recording of tests/data as a reel that is loaded to its end; the test fails where it can't be.
 */
#ifndef HEAPREEL_FIXTURE_REEL_H
#define HEAPREEL_FIXTURE_REEL_H

#include "core/core.h"
#include "tests/cmocka.h"
#include "tests/fixtures.h"

/* Loaded by as many threads as reel_options says. Free with reel_close. */
static inline reel *fixture_reel_on(const char *name, unsigned threads) {
    struct trace_error err;
    struct reel_options opt = {.threads = threads};
    reel *r = reel_open(fixture_path(name), &opt, &err);
    if (r == NULL) {
        fail_msg("%s: %s", name, err.text);
    }
    assert_int_equal(reel_load(r, 0), REEL_DONE);
    return r;
}

static inline reel *fixture_reel(const char *name) {
    return fixture_reel_on(name, 0);
}

#endif
