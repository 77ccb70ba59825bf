/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * block.c - many events of two threads merged at once.
 *
 * Which of two threads comes next can't be foretold, so no branch depends on it: it is a mask, all bits set for the
 * second thread. And the times that are compared next are loaded before it is known which of them it will be: else each
 * step would wait for the one before it.
 */
#include "traces/block.h"

/* Steps below which turns are as fast. */
enum { WORTH = 4 };

/* How many of the n events at d are earlier than the time. Mostly all are. */
static size_t earlier(const struct decoded *d, size_t n, int64_t time) {
    if (n == 0 || d[n - 1].time < time) {
        return n;
    }
    size_t from = 0;
    while (n > 0) {
        size_t half = n / 2;
        from += (n - half) & -(size_t)(d[from + half].time < time);
        n = half;
    }
    return from;
}

/* One of two numbers. */
static inline uint64_t either(uint64_t second, uint64_t a, uint64_t b) {
    return a ^ ((a ^ b) & second);
}

/*
 * That many events of the two, each of which has more than that. `second` is whose the last event was; returns the
 * same. The compiler is kept from knowing what `second` may be: it would make a branch of it.
 */
static uint64_t merge_steps(struct side *on, size_t steps, uint64_t second, two_words start, struct trace_event *ev) {
    const struct decoded *a = on[0].next, *b = on[1].next;
    uint64_t at = (uint64_t)a->time, bt = (uint64_t)b->time;
    for (size_t i = 0; i < steps; i++) {
        uint64_t a_next = (uint64_t)a[1].time, b_next = (uint64_t)b[1].time;
        second = -(uint64_t)(bt < at - second);
        __asm__("" : "+r"(second));
        at = either(second, a_next, at);
        bt = either(second, bt, b_next);
        uintptr_t b_step = sizeof *b & second;
        const struct decoded *d = (const struct decoded *)either(second, (uintptr_t)a, (uintptr_t)b);
        const struct side *s = (const struct side *)((uintptr_t)on + (sizeof *on & second));
        write_plain(s, d, start, &ev[i]);
        b = (const struct decoded *)((uintptr_t)b + b_step);
        a = (const struct decoded *)((uintptr_t)a + sizeof *a - b_step);
    }
    on[0].next = a;
    on[1].next = b;
    return second;
}

size_t write_block(struct side *on, int64_t others, two_words start, bool *second, struct trace_event *ev, size_t max) {
    const struct decoded *a_stop = on[0].next + earlier(on[0].next, (size_t)(on[0].stop - on[0].next), others);
    const struct decoded *b_stop = on[1].next + earlier(on[1].next, (size_t)(on[1].stop - on[1].next), others);
    uint64_t turn = -(uint64_t)*second;
    size_t n = 0;
    for (;;) {
        size_t na = (size_t)(a_stop - on[0].next), nb = (size_t)(b_stop - on[1].next), steps = na < nb ? na : nb;
        steps = steps <= max - n ? steps : max - n + 1;
        if (steps <= WORTH) {
            break;
        }
        turn = merge_steps(on, steps - 1, turn, start, &ev[n]);
        n += steps - 1;
    }
    *second = turn != 0;
    return n;
}
