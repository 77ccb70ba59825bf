/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * block.h - plain events of one or two threads are written out as records: the merge's inner loops, which know of
 * nothing but decoded events and their times.
 *
 * Two threads take turns: the one whose turn it is goes on as long as its next event is no later than the other's. So
 * where times are equal, it is the last event that decides who comes next.
 */
#ifndef HEAPREEL_BLOCK_H
#define HEAPREEL_BLOCK_H

#include "traces/cursor.h"

/*
 * What all plain events of a thread have in common: `more` is added to each, word by word: less the time of the trace's
 * start, and the number of their context; or, where events are written whole, the generation, and the context behind.
 */
struct common {
    struct trace_record more;
    int64_t context[4]; /* 0, which goes where a fourth argument would be; m, p, g */
};
static inline struct trace_record common_more(uint32_t number, int64_t start) {
    return (struct trace_record){.context = number, .time = (int64_t)(0 - (uint64_t)start)};
}

/* A thread whose plain events are being written: the next one, and the end of them. */
struct side {
    const struct trace_record *next, *stop;
    struct common common;
};

/*
 * Plain events of s that are not later than the limit, and no more than `max`, to an array of what the writer writes.
 * Returns how many. Behind s->stop CURSOR_GUARD more may be looked at.
 */
typedef size_t write_run(struct side *s, int64_t limit, void *to, size_t max);

/*
 * Events of the two threads at `on` that are earlier than `others`, in the order of their turns, as long as each has
 * one more. Times must not go down, and not be below 0. *second says whose turn it is: before, and after. Returns how
 * many were written, up to `max`; 0 where it isn't worth the while.
 */
typedef size_t write_block(struct side *on, int64_t others, bool *second, void *to, size_t max);

/* The same loops, with or without wide registers; for records, or for whole events. */
struct writer {
    write_run *run;
    write_block *block;
};

/* The best this machine has; or, not wide, those that any machine has. `whole`: it writes struct trace_event. */
const struct writer *writer_for(bool wide, bool whole);

#endif
