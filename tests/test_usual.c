/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_usual.c - events give the same whichever way they are read (tests/padded.h): those of recordings, and what
 * stands in none.
 */
#include "tests/fixtures.h"
#include "tests/padded.h"

enum { ROUNDS = 16 };

static const char *const names[] = {"pingpong-1.22", "pingpong-1.26", "plain-1.22",    "annotate-1.26",
                                    "stacks-1.23",   "mixed-1.26",    "mapchurn-1.26", NULL};

static void as_recorded(void **state) {
    (void)state;
    for (int i = 0; names[i] != NULL; i++) {
        size_t size;
        uint8_t *data = fixture_bytes(names[i], &size);
        assert_int_equal(both_ways(data, size, 1, false), 0);
        free(data);
    }
}

static void changed(void **state) {
    (void)state;
    uint64_t losses = 0; /* rounds that had some */
    for (int i = 0; names[i] != NULL; i++) {
        size_t size;
        uint8_t *data = fixture_bytes(names[i], &size);
        for (uint64_t round = 0; round < ROUNDS; round++) {
            losses += both_ways(data, size, round, true) > 0;
        }
        free(data);
    }
    assert_true(losses > 3 * ROUNDS); /* there was something to tell apart */
}

enum { FIRST = 300, BEHIND = 40 }; /* events so many that those between are read the straight way */

static void creates(struct bytes *body, uint64_t *g, int n) {
    for (; n > 0; n--) {
        event(body, TRACE_EV_GO_CREATE, 3, ++*g, 0, 0);
    }
}

/*
 * What changes by chance don't come to, all on one thread: in the second generation nothing is known of a goroutine or
 * of the P, though what happens to it is the next in its sequence; a goroutine in a system call creates another; an
 * event is later than the batch behind it.
 */
static void by_hand(void **state) {
    (void)state;
    enum { GO_UNKNOWN, PROC_UNKNOWN, CREATES_IN_SYSCALL, LATE, CASES };
    for (int way = 0; way < CASES; way++) {
        struct bytes b, body;
        uint64_t g = 10, gen = way <= PROC_UNKNOWN ? 2 : 1;
        begin(&b, &body);
        event(&body, TRACE_EV_GO_STATUS, 3, 2, UINT64_MAX, TRACE_GO_WAITING);
        if (gen == 2) {
            batch(&b, 1, 1, 10, &body);
            byte(&body, TRACE_EV_FREQUENCY);
            number(&body, 15625000);
            batch(&b, 2, UINT64_MAX, 1000, &body);
            event(&body, TRACE_EV_GO_STATUS, 3, 1, 1, TRACE_GO_RUNNING);
        }
        if (way == GO_UNKNOWN) {
            event(&body, TRACE_EV_PROC_STATUS, 2, 0, TRACE_PROC_RUNNING, 0);
        }
        creates(&body, &g, FIRST);
        if (way == GO_UNKNOWN) {
            event(&body, TRACE_EV_GO_UNBLOCK, 3, 2, 1, 0);
        } else if (way == LATE) {
            byte(&body, TRACE_EV_GO_CREATE);
            number(&body, LEAP);
            put(&body, "\5\0", 3);
        } else {
            event(&body, TRACE_EV_GO_SYSCALL_BEGIN, 2, 1, 0, 0);
        }
        creates(&body, &g, BEHIND);
        batch(&b, gen, 1, 2000, &body);
        creates(&body, &g, BEHIND);
        batch(&b, gen, 1, 3000, &body);
        if (both_ways(b.data, b.size, 1, false) == 0) {
            fail_msg("case %d is in order", way);
        }
        free(b.data);
        free(body.data);
    }
}

/*
 * Two threads that sweep by turns, with objects between: on one P, so that to each the other's spans are open; on one
 * P from the middle on; each on its own, but with stacks that no table holds; and where a delta makes no sense.
 */
static void by_turns(void **state) {
    (void)state;
    enum { SHARED, SHARED_LATER, UNKNOWN_STACK, BACK_IN_TIME, CASES };
    for (int way = 0; way < CASES; way++) {
        struct bytes b, body;
        begin(&b, &body);
        for (uint64_t m = 1; m <= 2; m++) {
            if (m == 2) {
                event(&body, TRACE_EV_PROC_STATUS, 2, way == SHARED ? 0 : 1, TRACE_PROC_RUNNING, 0);
                event(&body, TRACE_EV_GO_STATUS, 3, 2, 2, TRACE_GO_RUNNING);
            }
            for (uint64_t i = 0; i < 4 * FIRST; i++) {
                uint64_t step = (i + 7 * m) % 20;
                bool middle = m == 2 && i == 2 * FIRST;
                if (middle && way == SHARED_LATER) {
                    event(&body, TRACE_EV_PROC_STATUS, 2, 0, TRACE_PROC_RUNNING, 0);
                } else if (middle && way == BACK_IN_TIME) {
                    byte(&body, TRACE_EV_HEAP_OBJECT_FREE);
                    number(&body, BACK);
                    number(&body, i);
                } else if (step == 0) {
                    event(&body, TRACE_EV_GC_SWEEP_BEGIN, 1, way == UNKNOWN_STACK ? 99 : 0, 0, 0);
                } else if (step == 10) {
                    event(&body, TRACE_EV_GC_SWEEP_END, 2, 8192, 8192, 0);
                } else {
                    event(&body, TRACE_EV_HEAP_OBJECT_ALLOC, 2, i + 3000000, 5, 0);
                }
            }
            batch(&b, 1, m, 10, &body);
        }
        bool told = both_ways(b.data, b.size, 1, false) > 0;
        assert_true(told || way == BACK_IN_TIME);
        free(b.data);
        free(body.data);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_recorded), cmocka_unit_test(changed),
                                       cmocka_unit_test(by_hand), cmocka_unit_test(by_turns)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
