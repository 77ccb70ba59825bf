/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_winding.c - a frame winds to an instant from where that is least work: from where it stands, from the checkpoint
 * before, or back from the one behind. Work is counted in blocks of facts.
 *
 * The trace fills one page of 8-byte objects after the other; it is long enough for some checkpoints.
 */
#include "core/frame.h"
#include "core/reel.h"
#include "tests/cmocka.h"
#include "tests/made.h"

enum { PAGE = 5, SPANS = 1600, SLOTS = 1024, EIGHT_BYTES = 1 << 2 | 2, CLOSE = 4 };

struct winding {
    reel *r;
    struct bytes b;
};

static int load(void **state) {
    static struct winding w;
    struct bytes body;
    uint64_t ts = 1;
    begin(&w.b, &body);
    for (uint64_t i = 0; i < SPANS; i++) {
        event(&body, TRACE_EV_SPAN_ALLOC, 3, PAGE + i, 1, EIGHT_BYTES);
        event(&body, TRACE_EV_HEAP_ALLOC, 1, i * 8192, 0, 0);
        for (uint64_t slot = 0; slot < SLOTS; slot++) {
            event(&body, TRACE_EV_HEAP_OBJECT_ALLOC, 2, (PAGE + i) * SLOTS + slot, 1, 0);
        }
        flush(&w.b, &body, &ts, BODY - 9 * SLOTS);
    }
    flush(&w.b, &body, &ts, 0);
    free(body.data);
    struct trace_error err;
    struct reel_options opt = {.threads = 1};
    w.r = reel_open_memory(w.b.data, w.b.size, &opt, &err);
    if (w.r == NULL || reel_load(w.r, 0) != REEL_DONE) {
        return -1;
    }
    *state = &w;
    return 0;
}

static int unload(void **state) {
    struct winding *w = *state;
    reel_close(&w->r);
    free(w->b.data);
    return 0;
}

/* How many blocks of facts are gone through. */
static uint64_t seek(struct winding *w, frame *f, uint64_t pos) {
    uint64_t before = w->r->clock;
    assert_true(frame_seek(f, pos));
    assert_int_equal(f->pos, pos);
    return w->r->clock - before;
}

/* Objects that live then: as many as were allocated, for none is freed. */
static uint64_t allocated(struct winding *w, uint64_t pos) {
    uint64_t n = 0;
    struct fact x;
    for (uint64_t i = 0; i < pos; i++) {
        assert_true(reel_fact(w->r, i, &x));
        n += x.kind == FACT_ALLOC;
    }
    return n;
}

static void nearest_checkpoint_is_taken(void **state) {
    struct winding *w = *state;
    assert_true(w->r->ncheckpoints >= 2);
    for (size_t i = 0; i < w->r->ncheckpoints; i++) {
        uint64_t pos = w->r->checkpoints[i].pos;
        frame *f = frame_new(w->r);
        assert_non_null(f);
        assert_true(seek(w, f, pos + CLOSE * BLOCK_FACTS) <= CLOSE + 1); /* from the one before */
        frame_free(&f);
        f = frame_new(w->r);
        assert_non_null(f);
        assert_true(seek(w, f, pos - CLOSE * BLOCK_FACTS) <= CLOSE + 1); /* back from the one behind */
        assert_int_equal(frame_totals(f)->objects, allocated(w, pos - CLOSE * BLOCK_FACTS));
        frame_free(&f);
    }
}

static void steps_are_walked(void **state) {
    struct winding *w = *state;
    uint64_t pos = w->r->checkpoints[0].pos / 2;
    frame *f = frame_new(w->r);
    assert_non_null(f);
    seek(w, f, pos);
    for (uint64_t step = 1; step < BLOCK_FACTS; step *= 3) {
        assert_true(seek(w, f, pos + step) <= 2);
        assert_true(seek(w, f, pos) <= 2);
    }
    assert_int_equal(frame_totals(f)->objects, allocated(w, pos));
    frame_free(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nearest_checkpoint_is_taken),
        cmocka_unit_test(steps_are_walked),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
