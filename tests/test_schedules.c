/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_schedules.c - made schedules give the same whichever way they are read (tests/padded.h): of two threads that
 * take turns after an event or two (traces/turns.c), and of many (traces/throng.c; of objects, traces/crowd.c).
 */
#include "tests/fixtures.h"
#include "tests/padded.h"

enum { ROUNDS = 16 };

/* Goroutines that run on some threads, each event on any of these: turns are short. */
enum { GOROUTINES = 50, MOST_GOROUTINES = 2000, STEPS = 9000, PARTS = 6, MOST_THREADS = 12 };

struct worker {
    struct bytes body;
    uint64_t last, own, seq; /* time of its last event; the goroutine it runs, 0: none; its P's sequence */
    bool calls, sweeps;
    bool stolen; /* its P, while it was in a call */
};

/* What is wrong with what they write. */
enum odd {
    NOTHING_ODD,
    LATE_EVENT,
    GO_WITHOUT_STATUS,
    GO_ON_TWO_THREADS,
    ODDITIES,
    BACK_IN_TIME = ODDITIES,
    FAR_AHEAD
};
#define YEARS (UINT64_C(1) << 51) /* ticks of 64 ns */

struct scheduler {
    enum odd odd;
    struct worker on[MOST_THREADS];
    uint64_t now, seed, n; /* goroutines */
    uint64_t objects;      /* events of a hundred that are about objects, or sweeping */
    uint64_t seq[MOST_GOROUTINES];
    uint8_t status[MOST_GOROUTINES];
};

static uint64_t chance(struct scheduler *s, uint64_t n) {
    return random_next(&s->seed) % n;
}

static void emit(struct scheduler *s, struct worker *w, unsigned type, int n, uint64_t a, uint64_t b, uint64_t c) {
    const uint64_t arg[] = {a, b, c};
    byte(&w->body, type);
    number(&w->body, s->now - w->last);
    for (int i = 0; i < n; i++) {
        number(&w->body, arg[i]);
    }
    w->last = s->now;
}

/* Any goroutine with this status; 0: none was met. */
static uint64_t any_with(struct scheduler *s, uint8_t status) {
    for (int tries = 0; tries < 40; tries++) {
        uint64_t g = 1 + chance(s, s->n);
        if (s->status[g] == status) {
            return g;
        }
    }
    return 0;
}

static void leaves(struct scheduler *s, struct worker *w, uint8_t status) {
    s->status[w->own] = status;
    w->own = 0;
}

static void object(struct scheduler *s, struct worker *w, uint64_t what) {
    if (what > 8) {
        emit(s, w, what % 2 != 0 ? TRACE_EV_HEAP_OBJECT_ALLOC : TRACE_EV_HEAP_OBJECT_FREE, 1 + what % 2, s->now, what,
             0);
    } else if (what > 4 || w->stolen) {
        emit(s, w, TRACE_EV_SPAN_ALLOC, 3, s->now, 1, what);
    } else {
        emit(s, w, w->sweeps ? TRACE_EV_GC_SWEEP_END : TRACE_EV_GC_SWEEP_BEGIN, 1 + w->sweeps, 0, 0, 0);
        w->sweeps = !w->sweeps;
    }
}

/* A P whose thread is in a system call. */
static bool steal(struct scheduler *s, struct worker *w) {
    uint64_t from = chance(s, MOST_THREADS);
    struct worker *v = &s->on[from];
    if (w->calls || !v->calls || v->stolen || v->sweeps) {
        return false;
    }
    emit(s, w, TRACE_EV_PROC_STEAL, 3, from, ++v->seq, 1 + from);
    v->stolen = true;
    return true;
}

/* Out of the call without a P, which it then has again. */
static void come_back(struct scheduler *s, struct worker *w) {
    emit(s, w, TRACE_EV_GO_SYSCALL_END_BLOCKED, 0, 0, 0, 0);
    leaves(s, w, TRACE_GO_RUNNABLE);
    emit(s, w, TRACE_EV_PROC_START, 2, (uint64_t)(w - s->on), ++w->seq, 0);
    w->calls = w->stolen = false;
}

/* One event of w's, or none. */
static void step(struct scheduler *s, struct worker *w) {
    uint64_t what = chance(s, 100), g;
    if (s->objects > 0 && chance(s, 100) < s->objects) {
        object(s, w, what);
    } else if (w->stolen) {
        come_back(s, w);
    } else if (s->objects > 0 && what < 40 && steal(s, w)) {
        return;
    } else if (w->calls) {
        emit(s, w, TRACE_EV_GO_SYSCALL_END, 0, 0, 0, 0);
        w->calls = false;
    } else if (w->own == 0 && (g = any_with(s, TRACE_GO_RUNNABLE)) != 0) {
        emit(s, w, TRACE_EV_GO_START, 2, g, ++s->seq[g], 0);
        s->status[g] = TRACE_GO_RUNNING;
        w->own = g;
    } else if ((w->own == 0 || what < 45) && (g = any_with(s, TRACE_GO_WAITING)) != 0) {
        emit(s, w, TRACE_EV_GO_UNBLOCK, 3, g, ++s->seq[g], 0);
        s->status[g] = TRACE_GO_RUNNABLE;
    } else if (w->own == 0) {
        return;
    } else if (what < 75) {
        emit(s, w, TRACE_EV_GO_BLOCK, 2, 0, 0, 0);
        leaves(s, w, TRACE_GO_WAITING);
    } else if (what < 85) {
        emit(s, w, TRACE_EV_GO_STOP, 2, 0, 0, 0);
        leaves(s, w, TRACE_GO_RUNNABLE);
    } else if (what < 91) {
        emit(s, w, TRACE_EV_GO_SYSCALL_BEGIN, 2, ++w->seq, 0, 0);
        w->calls = true;
    } else if (what < 95 && s->n + 1 < MOST_GOROUTINES) {
        emit(s, w, TRACE_EV_GO_CREATE, 3, ++s->n, 0, 0);
        s->status[s->n] = TRACE_GO_RUNNABLE;
    } else if (what < 98) {
        emit(s, w, TRACE_EV_GO_DESTROY, 0, 0, 0, 0);
        leaves(s, w, TRACE_GO_BAD);
    } else {
        emit(s, w, TRACE_EV_HEAP_ALLOC, 1, what, 0, 0);
    }
}

/* What stands at a generation's begin: what all are doing, and sequences that begin anew. */
static void statuses(struct scheduler *s, uint64_t threads) {
    for (uint64_t i = 0; i < threads; i++) {
        struct worker *w = &s->on[i];
        w->seq = 0;
        emit(s, w, TRACE_EV_PROC_STATUS, 2, i, w->calls ? TRACE_PROC_SYSCALL : TRACE_PROC_RUNNING, 0);
        if (w->own != 0) {
            emit(s, w, TRACE_EV_GO_STATUS, 3, w->own, 1 + i, w->calls ? TRACE_GO_SYSCALL : TRACE_GO_RUNNING);
        }
    }
    for (uint64_t g = 1; g <= s->n; g++) {
        s->seq[g] = 0;
        if (s->status[g] == TRACE_GO_WAITING || s->status[g] == TRACE_GO_RUNNABLE) {
            emit(s, &s->on[0], TRACE_EV_GO_STATUS, 3, g, UINT64_MAX, s->status[g]);
        }
    }
    if (s->odd == GO_ON_TWO_THREADS && s->on[0].own != 0 && !s->on[0].calls) {
        emit(s, &s->on[1], TRACE_EV_GO_STATUS, 3, s->on[0].own, 2, TRACE_GO_RUNNING);
        emit(s, &s->on[0], TRACE_EV_GO_STOP, 2, 0, 0, 0);
        emit(s, &s->on[0], TRACE_EV_GO_START, 2, s->on[0].own, ++s->seq[s->on[0].own], 0);
        s->now++;
        emit(s, &s->on[0], TRACE_EV_GO_DESTROY, 0, 0, 0, 0);
        leaves(s, &s->on[0], TRACE_GO_BAD);
        s->now++;
        emit(s, &s->on[1], TRACE_EV_HEAP_ALLOC, 1, 99, 0, 0);
    }
}

static void frequency(struct bytes *b, struct bytes *body, uint64_t gen) {
    byte(body, TRACE_EV_FREQUENCY);
    number(body, 15625000);
    batch(b, gen, UINT64_MAX, 1, body);
}

static void batches(struct scheduler *s, struct bytes *b, uint64_t threads, uint64_t gen, uint64_t from) {
    for (uint64_t i = 0; i < threads; i++) {
        batch(b, gen, 1 + i, from, &s->on[i].body);
        s->on[i].last = s->now;
    }
}

/* Samples of the CPU profiler, from a time on. */
static void samples(struct scheduler *s, struct bytes *b, uint64_t gen, uint64_t from) {
    struct bytes body = {0};
    byte(&body, TRACE_EV_CPU_SAMPLES);
    for (uint64_t i = 0; i < 30; i++) {
        byte(&body, TRACE_EV_CPU_SAMPLE);
        number(&body, from + chance(s, STEPS / PARTS));
        number(&body, 1);
        number(&body, 0);
        number(&body, i);
        number(&body, 0);
    }
    batch(b, gen, 0, from, &body);
    free(body.data);
}

/* An event of a thread, of which the trace is otherwise full, at a time that makes no sense. */
static void untimely(struct worker *w, uint64_t ticks) {
    byte(&w->body, TRACE_EV_HEAP_OBJECT_FREE);
    number(&w->body, ticks);
    number(&w->body, ticks);
}

/* In the middle of a part. */
static void be_odd(struct scheduler *s, uint64_t part) {
    if (s->odd == BACK_IN_TIME && part == 3) {
        untimely(&s->on[1], BACK);
    } else if (s->odd == FAR_AHEAD && part == PARTS - 1) {
        untimely(&s->on[1], YEARS);
    }
    if (s->odd == LATE_EVENT && part == 0) {
        s->on[0].last -= LEAP;
    } else if (s->odd == GO_WITHOUT_STATUS && part == 2) {
        emit(s, &s->on[0], TRACE_EV_GO_UNBLOCK, 3, MOST_GOROUTINES, 1, 0);
    }
}

/* So many threads, which take turns after so many events at most, in three generations of two batches each. */
static struct bytes scheduled(uint64_t threads, uint64_t longest, uint64_t objects, uint64_t seed, enum odd odd) {
    struct scheduler *s = calloc(1, sizeof *s);
    struct bytes b = {0};
    assert_non_null(s);
    put(&b, "go 1.23 trace\0\0\0", 16);
    s->seed = seed;
    s->odd = odd;
    s->objects = objects;
    s->now = 200;
    for (s->n = 0; s->n < GOROUTINES;) {
        s->status[++s->n] = TRACE_GO_WAITING;
    }
    for (uint64_t part = 0; part < PARTS; part++) {
        uint64_t from = s->now;
        bool done = false;
        for (uint64_t i = 0; i < threads; i++) {
            s->on[i].last = from;
        }
        if (part % 2 == 0) {
            frequency(&b, &s->on[0].body, 1 + part / 2);
            statuses(s, threads);
        }
        if (part == 0 && odd == GO_WITHOUT_STATUS) {
            emit(s, &s->on[0], TRACE_EV_GO_STATUS, 3, MOST_GOROUTINES, UINT64_MAX, TRACE_GO_WAITING);
        }
        for (uint64_t n = 0, i = 0; n < STEPS / PARTS;) {
            i = (i + 1 + chance(s, 4) / 3) % threads;
            struct worker *w = &s->on[i];
            for (uint64_t turn = 1 + chance(s, longest); turn > 0; turn--, n++) {
                s->now += chance(s, 3);
                step(s, w);
            }
            if (!done && n > STEPS / PARTS / 2) {
                be_odd(s, part);
                done = true;
            }
        }
        for (uint64_t i = 0; i < threads; i++) {
            if (s->on[i].stolen) {
                come_back(s, &s->on[i]);
            }
        }
        batches(s, &b, threads, 1 + part / 2, from);
        if (objects > 0 && seed % 2 != 0) {
            samples(s, &b, 1 + part / 2, from);
        }
    }
    for (uint64_t i = 0; i < threads; i++) {
        free(s->on[i].body.data);
    }
    free(s);
    return b;
}

static void short_turns(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < ROUNDS; seed++) {
        struct bytes b = scheduled(2 + seed % 2, 1 + seed / 2 % 3, 0, seed, NOTHING_ODD);
        (void)both_ways(b.data, b.size, seed, false);
        uint64_t losses = 0;
        for (uint64_t round = 0; round < ROUNDS; round++) {
            losses += both_forms(b.data, b.size, round, true, true) > 0;
        }
        assert_true(losses > 0);
        free(b.data);
    }
}

/* The same on more threads: what traces/throng.c is for. Some events are about objects, and there are samples then. */
static void short_turns_of_many(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 2 * ROUNDS; seed++) {
        for (enum odd odd = NOTHING_ODD; odd <= FAR_AHEAD; odd++) {
            struct bytes b = scheduled(3 + seed % (MOST_THREADS - 2), 1 + seed / 4 % 2, seed / 2 % 2, seed, odd);
            (void)both_ways(b.data, b.size, seed, false);
            if (odd == NOTHING_ODD) {
                (void)both_forms(b.data, b.size, seed, true, true);
            }
            free(b.data);
        }
    }
}

/* Objects on many threads: what traces/crowd.c is for. */
static void in_a_crowd(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < ROUNDS; seed++) {
        struct bytes b = scheduled(3 + seed % (MOST_THREADS - 2), 1 + seed / 2 % 3, 85 + seed % 15, seed, NOTHING_ODD);
        assert_int_equal(both_ways(b.data, b.size, seed, false), 0);
        for (uint64_t round = 0; round < ROUNDS / 2; round++) {
            (void)both_forms(b.data, b.size, round, true, true);
        }
        free(b.data);
    }
}

/* Events whose times can't be, among the objects of a crowd. */
static void untimely_in_a_crowd(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < ROUNDS; seed++) {
        for (enum odd odd = BACK_IN_TIME; odd <= FAR_AHEAD; odd++) {
            struct bytes b = scheduled(3 + seed % 5, 2, 97, seed, odd);
            (void)both_ways(b.data, b.size, seed, false);
            free(b.data);
        }
    }
}

/* One of four threads leaps years ahead, while they take turns after each event. */
static void far_ahead(void **state) {
    (void)state;
    struct bytes b, body;
    begin(&b, &body);
    for (uint64_t m = 1; m <= 4; m++) {
        for (uint64_t i = 0; i < 400; i++) {
            byte(&body, TRACE_EV_HEAP_OBJECT_FREE);
            number(&body, m == 2 && i == 350 ? YEARS : 4);
            number(&body, i);
        }
        batch(&b, 1, m, 10 + m, &body);
    }
    assert_int_equal(both_ways(b.data, b.size, 1, false), 0);
    free(b.data);
    free(body.data);
}

/* Each of some threads starts and stops a goroutine of its own, by turns; thread 2 leaps years ahead, or back. */
static struct bytes leaping(uint64_t threads, uint64_t times, uint64_t ticks, bool back) {
    struct bytes b, body;
    begin(&b, &body);
    body.size = 0;
    for (uint64_t m = 1; m <= threads; m++) {
        event(&body, TRACE_EV_PROC_STATUS, 2, m, TRACE_PROC_RUNNING, 0);
        event(&body, TRACE_EV_GO_STATUS, 3, m, UINT64_MAX, TRACE_GO_RUNNABLE);
        uint64_t ts = 10 + m;
        for (uint64_t i = 1; i <= times; i++) {
            bool leaps = m == 2 && i == times * 7 / 8;
            if (leaps && back) {
                batch(&b, 1, m, ts, &body);
                ts += times * 8 - ticks;
            }
            byte(&body, TRACE_EV_GO_START);
            number(&body, leaps && !back ? ticks : 4);
            number(&body, m);
            number(&body, i);
            byte(&body, TRACE_EV_GO_STOP);
            number(&body, 4 + m % 2);
            number(&body, 0);
            number(&body, 0);
        }
        batch(&b, 1, m, ts, &body);
    }
    free(body.data);
    return b;
}

static void leaps_among_short_turns(void **state) {
    (void)state;
    for (uint64_t threads = 3; threads < 9; threads++) {
        struct bytes ahead = leaping(threads, 400, YEARS, false), back = leaping(threads, 400, 1600, true);
        assert_int_equal(both_ways(ahead.data, ahead.size, threads, false), 0);
        (void)both_ways(back.data, back.size, threads, false);
        free(ahead.data);
        free(back.data);
    }
}

/* What is written is what was meant: nothing is wrong with it but what was to be. */
static void odd_among_short_turns(void **state) {
    (void)state;
    static const enum trace_code code[ODDITIES] = {TRACE_OK, TRACE_E_EVENT, TRACE_E_ORDER, TRACE_E_RULE};
    for (int odd = NOTHING_ODD; odd < ODDITIES; odd++) {
        struct bytes b = scheduled(2, 2, 0, 1, (enum odd)odd);
        struct trace_error err;
        struct trace_event ev[READ];
        trace *t = trace_open_memory(b.data, b.size, &err);
        size_t all = 0;
        assert_non_null(t);
        for (size_t n; (n = trace_read(t, ev, READ)) > 0;) {
            all += n;
        }
        if (odd == NOTHING_ODD) {
            assert_int_equal(trace_loss(t)->count, 0);
        } else {
            assert_true(trace_loss(t)->of_code[code[odd]] > 0);
        }
        assert_true(odd == GO_ON_TWO_THREADS || trace_loss(t)->of_code[code[odd]] <= 1);
        assert_within(all, STEPS * 9 / 10, STEPS + 8 * GOROUTINES);
        trace_close(&t);
        (void)both_ways(b.data, b.size, 1, false);
        free(b.data);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(short_turns),
                                       cmocka_unit_test(short_turns_of_many),
                                       cmocka_unit_test(in_a_crowd),
                                       cmocka_unit_test(untimely_in_a_crowd),
                                       cmocka_unit_test(far_ahead),
                                       cmocka_unit_test(leaps_among_short_turns),
                                       cmocka_unit_test(odd_among_short_turns)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
