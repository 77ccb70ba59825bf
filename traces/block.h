/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * block.h - plain events of one or two threads are written out: the merge's inner loops, which know of nothing but
 * decoded events and their times.
 *
 * Two threads take turns: the one whose turn it is goes on as long as its next event is no later than the other's. So
 * where times are equal, it is the last event that decides who comes next.
 */
#ifndef HEAPREEL_BLOCK_H
#define HEAPREEL_BLOCK_H

#include "traces/cursor.h"

/* A thread whose plain events are being written: the next one, the end of them, and the context all happen on. */
struct side {
    const struct decoded *next, *stop;
    int64_t context[3]; /* m, p, g */
};

/* Two words at once. */
typedef uint64_t two_words __attribute__((vector_size(16)));

/* What is taken from the first two words of an event, so that its time is given out since `start`. */
static inline two_words since(uint64_t start) {
    return (two_words){0, start};
}

/* d happens on s. */
static inline void write_plain(const struct side *s, const struct decoded *d, two_words start, struct trace_event *ev) {
    two_words head;
    memcpy(&head, d, sizeof head);
    head -= start;
    memcpy(ev, &head, sizeof head);
    memcpy(ev->arg, d->arg, sizeof d->arg);
    memcpy(&ev->m, s->context, sizeof s->context);
}

/*
 * Up to four plain events not later than the limit: returns how many. Two threads that allocate take turns after two or
 * three events, and nobody can foretell which: so four are written whatever comes, and one sum tells how many of them
 * count.
 */
static inline size_t write_four(struct side *s, int64_t limit, two_words start, struct trace_event *ev) {
    const struct decoded *d = s->next;
    write_plain(s, d, start, ev);
    write_plain(s, d + 1, start, ev + 1);
    write_plain(s, d + 2, start, ev + 2);
    write_plain(s, d + 3, start, ev + 3);
    size_t one = d[0].time <= limit, two = one & (d[1].time <= limit), three = two & (d[2].time <= limit);
    size_t n = one + two + three + (three & (d[3].time <= limit)), most = (size_t)(s->stop - d);
    n = n < most ? n : most;
    s->next += n;
    return n;
}

/*
 * Events of the two threads at `on` that are earlier than `others`, in the order of their turns, as long as each has
 * one more. Times must not go down, and not be below 0. *second says whose turn it is: before, and after. Returns how
 * many were written, up to `max`; 0 where it isn't worth the while.
 */
size_t write_block(struct side *on, int64_t others, two_words start, bool *second, struct trace_event *ev, size_t max);

#endif
