/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_procs.c - what each P does over time, against the trace's own events, and its sums against its changes.
 */
#include "core/procs.h"
#include "core/reel.h"
#include "tests/fixture_reel.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool runs(enum proc_state s) {
    return s != PROC_IDLE && s != PROC_STOPPED && s != PROC_UNKNOWN;
}

static const char *const names[] = {"mapchurn-1.26", "mixed-1.24", "pingpong-1.22", "pingpong-1.21", "basics-1.11"};

/* A P as the events of its goroutines show it. */
struct walked {
    bool running, has_go;
    int64_t last; /* time of the last event that said anything of it, -1: none */
};

/* What an event says of a P, by its number; -1: nothing. */
static int64_t walk(const struct trace_event *ev, struct walked *now) {
    *now = (struct walked){.last = ev->time};
    switch (ev->type) {
    case TRACE_EV_PROC_START:
        now->running = true;
        return (int64_t)ev->arg[0];
    case TRACE_EV_PROC_STOP:
        return ev->p;
    case TRACE_EV_PROC_STEAL:
        return (int64_t)ev->arg[0];
    case TRACE_EV_GO_START:
    case TRACE_EV_GO_SWITCH:
    case TRACE_EV_GO_SWITCH_DESTROY:
        now->has_go = true;
        now->running = true;
        return ev->p;
    case TRACE_EV_GO_STOP:
    case TRACE_EV_GO_BLOCK:
    case TRACE_EV_GO_DESTROY:
        now->running = true;
        return ev->p;
    default:
        return -1;
    }
}

/*
 * Between two events that change what runs on a P it runs if it was started and has a goroutine, or will have one
 * within 10 us.
 */
static void test_runs_with_a_goroutine(void **state) {
    (void)state;
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        struct trace_error err;
        reel *r = fixture_reel(names[k]);
        trace *t = trace_open(fixture_path(names[k]), &err);
        assert_non_null(t);
        struct walked p[64];
        size_t seen = 0, alone = 0;
        for (int i = 0; i < 64; i++) {
            p[i] = (struct walked){.last = -1};
        }
        struct trace_event ev[256];
        size_t n;
        while ((n = trace_read(t, ev, 256)) > 0) {
            for (size_t i = 0; i < n; i++) {
                struct walked now;
                int64_t at = walk(&ev[i], &now);
                assert_true(at < 64);
                if (at < 0) {
                    continue;
                }
                struct walked was = p[at];
                p[at] = now;
                int64_t lasted = ev[i].time - was.last;
                if (was.last >= 0 && lasted > 0) {
                    bool want = was.running && (was.has_go || lasted < 10000);
                    assert_int_equal(runs(reel_proc_state(r, (uint32_t)at, was.last)), want);
                    assert_int_equal(runs(reel_proc_state(r, (uint32_t)at, ev[i].time - 1)), want);
                    alone += was.running && !want;
                    seen++;
                }
            }
        }
        assert_true(seen > 0 && (k > 0 || alone > 0));
        trace_close(&t);
        reel_close(&r);
    }
}

/* Sums over any stretch are those of the single changes; and they add up to the stretch. */
static void test_sums(void **state) {
    (void)state;
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        reel *r = fixture_reel(names[k]);
        uint64_t seed = 5;
        int64_t end = reel_info(r)->duration;
        for (uint32_t p = 0; p < reel_procs(r); p++) {
            for (int round = 0; round < 40; round++) {
                seed = seed * UINT64_C(6364136223846793005) + 1;
                int64_t a = (int64_t)((seed >> 20) % (uint64_t)(end + 1)), b, want[PROC_STATES] = {0}, got[PROC_STATES];
                seed = seed * UINT64_C(6364136223846793005) + 1;
                b = a + (int64_t)((seed >> 20) % (uint64_t)(end + 1 - a));
                int64_t at = 0, t;
                enum proc_state s = PROC_UNKNOWN, next;
                for (size_t i = 0;; i++) {
                    bool any = reel_proc_change(r, p, i, &t, &next);
                    int64_t from = at > a ? at : a, to = any && t < b ? t : b;
                    want[s] += to > from ? to - from : 0;
                    if (!any) {
                        break;
                    }
                    assert_true(t >= at && (i == 0 || next != s));
                    at = t;
                    s = next;
                }
                reel_proc_time(r, p, a, b, got);
                int64_t sum = 0;
                for (int i = 0; i < PROC_STATES; i++) {
                    assert_true(got[i] == want[i]);
                    sum += got[i];
                }
                assert_true(sum == b - a);
            }
        }
        reel_close(&r);
    }
}

/* Marking happens from a cycle's begin to the end of its mark termination, and hardly after. */
static void test_marks_before_the_sweep(void **state) {
    (void)state;
    reel *r = fixture_reel("mapchurn-1.26");
    const struct cycle *c;
    size_t n = reel_cycles(r, &c);
    int64_t inside = 0, all[PROC_STATES], total = 0;
    for (uint32_t p = 0; p < reel_procs(r); p++) {
        reel_proc_time(r, p, 0, reel_info(r)->duration, all);
        total += all[PROC_MARK];
        for (size_t i = 0; i < n; i++) {
            int64_t part[PROC_STATES];
            reel_proc_time(r, p, c[i].begin, c[i].phase[PHASE_SWEEP][0], part);
            inside += part[PROC_MARK];
        }
    }
    assert_true(total > 1000000 && inside * 100 > total * 98);
    reel_close(&r);
}

/* A saved reel says the same. */
static void test_saved(void **state) {
    (void)state;
    char file[] = "/tmp/heapreel-procs-XXXXXX";
    int fd = mkstemp(file);
    assert_true(fd >= 0);
    close(fd);
    reel *r = fixture_reel("mixed-1.24");
    char *argv[] = {(char *)(uintptr_t) "save", file, NULL};
    struct command_env env = {.reel = r, .path = fixture_path("mixed-1.24")};
    FILE *out = fopen("/dev/null", "w");
    assert_non_null(out);
    assert_true(command_print(&env, 2, argv, out));
    fclose(out);
    struct trace_error err;
    reel *saved = reel_open(file, NULL, &err);
    assert_non_null(saved);
    reel_load(saved, 0);
    unlink(file);
    assert_true(reel_procs(r) > 1 && reel_procs(saved) == reel_procs(r));
    for (uint32_t p = 0; p < reel_procs(r); p++) {
        size_t i = 0;
        for (int64_t a, b;; i++) {
            enum proc_state x, y;
            bool any = reel_proc_change(r, p, i, &a, &x);
            assert_int_equal(reel_proc_change(saved, p, i, &b, &y), any);
            if (!any) {
                break;
            }
            assert_true(a == b && x == y);
        }
        assert_true(i > 1);
    }
    reel_close(&saved);
    reel_close(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_runs_with_a_goroutine),
        cmocka_unit_test(test_sums),
        cmocka_unit_test(test_marks_before_the_sweep),
        cmocka_unit_test(test_saved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
