/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_truth.c - every change of place has a reason, and an event of the trace that proves it; what was freed after a
 * cycle is the sum of what each P freed.
 */
#include "tests/fixture_reel.h"

#include <stdlib.h>
#include <string.h>

/* ---- proofs */

/* The events at one time, as bits by type. Times of a trace don't decrease. */
struct moment {
    int64_t t;
    uint64_t types[3];
};

struct moments {
    struct moment *at;
    size_t n;
    int64_t snapshot_end;
};

static struct moments read_moments(const char *name) {
    struct moments m = {.snapshot_end = -1};
    struct trace_error err;
    struct trace_event ev[256];
    trace *t = trace_open(fixture_path(name), &err);
    assert_non_null(t);
    size_t cap = 0, n;
    while ((n = trace_read(t, ev, 256)) > 0) {
        for (size_t i = 0; i < n; i++) {
            if (m.n == 0 || m.at[m.n - 1].t != ev[i].time) {
                if (m.n == cap) {
                    cap = cap * 2 + 1024;
                    m.at = realloc(m.at, cap * sizeof *m.at);
                    assert_non_null(m.at);
                }
                m.at[m.n++] = (struct moment){.t = ev[i].time};
            }
            m.at[m.n - 1].types[ev[i].type / 64] |= UINT64_C(1) << ev[i].type % 64;
            if (ev[i].type == TRACE_EV_HEAP_OBJECT || ev[i].type == TRACE_EV_SPAN) {
                m.snapshot_end = ev[i].time;
            }
        }
    }
    trace_close(&t);
    return m;
}

static bool happened(const struct moments *m, int64_t t, const char *name) {
    size_t lo = 0, hi = m->n;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (m->at[mid].t < t) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    for (unsigned type = 0; lo < m->n && m->at[lo].t == t && type < TRACE_EV_LIMIT; type++) {
        if ((m->at[lo].types[type / 64] >> type % 64 & 1) != 0 && strcmp(trace_event_spec(type)->name, name) == 0) {
            return true;
        }
    }
    return false;
}

static void check_row(const struct moments *m, const struct event_row *e, uint64_t seen[]) {
    static const char *const words[] = {"start", "grown",     "refilled", "uncached", "flushed", "swept",
                                        "freed", "proc-gone", "stats",    "seen",     "cut",     "evicted"};
    const char *reason = event_row_reason(e), *proof = event_row_proof(e);
    assert_non_null(reason);
    size_t i = 0;
    while (i < sizeof words / sizeof words[0] && strcmp(words[i], reason) != 0) {
        i++;
    }
    assert_true(i < sizeof words / sizeof words[0]);
    seen[i]++;
    bool sure = !e->fact.inferred && (e->fact.kind != FACT_PLACE || e->fact.after.sure);
    assert_true(!sure || proof != NULL);
    if (proof != NULL && e->fact.t > m->snapshot_end) {
        assert_true(happened(m, e->fact.t, proof));
    }
}

static void every_change_of_place_is_proved(void **state) {
    (void)state;
    static const char *const names[] = {"mapchurn-1.23", "mapchurn-1.26", "mixed-1.24", "mixed-1.25", "stacks-1.26"};
    uint64_t seen[12] = {0};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct moments m = read_moments(names[i]);
        reel *r = fixture_reel(names[i]);
        for (uint32_t id = 0; id < reel_spans(r); id += 3) {
            struct history h;
            assert_true(
                span_history(r, reel_page_address(r, reel_span(r, id)->page), reel_span(r, id)->born, false, &h));
            for (size_t k = 0; k < h.n; k++) {
                check_row(&m, &h.rows[k], seen);
            }
            history_free(&h);
        }
        reel_close(&r);
        free(m.at);
    }
    for (int i = 0; i < 7; i++) {
        assert_true(seen[i] > 0);
    }
}

/* ---- sweeps */

static void shares_add_up_to_cycles(void **state) {
    (void)state;
    for (int i = 0; fixture_names[i] != NULL; i++) {
        reel *r = fixture_reel(fixture_names[i]);
        const struct cycle *c;
        const struct range *x;
        struct sweep_share *s;
        size_t ncycles = reel_cycles(r, &c), nranges = reel_ranges(r, RANGE_SWEEP, &x), at = 0, ranges = 0;
        size_t n = reel_sweeps(r, INT64_MIN, INT64_MAX, NULL, NULL, &s);
        for (size_t k = 0; k < ncycles; k++) {
            uint64_t sum[3] = {0};
            while (at < n && s[at].gc == NO_ID) {
                ranges += s[at++].ranges;
            }
            for (; at < n && s[at].gc == c[k].gc; at++) {
                assert_true(s[at].begin <= s[at].end && s[at].begin >= c[k].begin);
                assert_true(at == 0 || s[at - 1].gc != s[at].gc || s[at - 1].p < s[at].p);
                assert_true(s[at].spans_swept <= s[at].objects_freed);
                sum[0] += s[at].objects_freed;
                sum[1] += s[at].bytes_freed;
                sum[2] += s[at].spans_freed;
                ranges += s[at].ranges;
            }
            assert_int_equal(sum[0], c[k].objects_freed);
            assert_int_equal(sum[1], c[k].bytes_freed);
            assert_int_equal(sum[2], c[k].spans_freed);
        }
        for (; at < n; at++) {
            assert_int_equal(s[at].gc, NO_ID);
            ranges += s[at].ranges;
        }
        assert_int_equal(ranges, nranges);
        free(s);
        reel_close(&r);
    }
}

/* Chosen cycles alone: the same shares as among all. */
static void shares_of_some_cycles(void **state) {
    (void)state;
    reel *r = fixture_reel("mixed-1.26");
    const struct cycle *c;
    struct sweep_share *all, *some;
    size_t ncycles = reel_cycles(r, &c), n = reel_sweeps(r, INT64_MIN, INT64_MAX, NULL, NULL, &all);
    assert_true(ncycles > 3);
    int64_t t = c[2].phase[PHASE_SWEEP][0] + 1000;
    size_t few = reel_sweeps(r, t, t, NULL, NULL, &some), at = 0;
    assert_true(few > 0);
    while (at < n && all[at].gc != c[2].gc) {
        at++;
    }
    for (size_t i = 0; i < few; i++, at++) {
        assert_true(at < n && all[at].gc == c[2].gc);
        assert_memory_equal(&all[at], &some[i], sizeof *all);
    }
    assert_true(at == n || all[at].gc != c[2].gc);
    free(all);
    free(some);
    reel_close(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_change_of_place_is_proved),
        cmocka_unit_test(shares_add_up_to_cycles),
        cmocka_unit_test(shares_of_some_cycles),
    };
    return cmocka_run_group_tests_name("truth", tests, NULL, NULL);
}
