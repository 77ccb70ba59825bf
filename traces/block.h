/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * block.h - plain events of one, two or many threads are written out as records: the merge's inner loops, which know
 * of nothing but decoded events and their times.
 *
 * Two threads take turns: the one whose turn it is goes on as long as its next event is no later than the other's. So
 * where times are equal, it is the last event that decides who comes next.
 */
#ifndef HEAPREEL_BLOCK_H
#define HEAPREEL_BLOCK_H

#include "traces/cursor.h"
#include "traces/sort.h"

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

/*
 * Many threads, in a heap that keeps step with the merge's (sort.h). A key is a time since `origin` and, in its lowest
 * bits, which thread: where times are equal these bits must not count.
 */
enum { CROWD_MOST = 128 };
#define CROWD_SPAN (UINT64_MAX / CROWD_MOST) /* times since the origin are less: two years in ns, and more */

struct crowd {
    uint64_t heap[CROWD_MOST + 1]; /* n keys, and one that is UINT64_MAX */
    size_t n;
    int64_t origin;
    uint64_t limit;            /* no key above is written */
    uint64_t then[CROWD_MOST]; /* by lane: the key of the event behind the side's next one, fetched in good time */
    struct side side[CROWD_MOST];
};

/* UINT64_MAX: the time is too far from the origin. */
static inline uint64_t crowd_key(int64_t origin, int64_t time, size_t lane) {
    uint64_t since = (uint64_t)time - (uint64_t)origin;
    return since < CROWD_SPAN ? since * CROWD_MOST | lane : UINT64_MAX;
}

/* Is the time in key x less than that in y? */
static inline bool crowd_less(uint64_t x, uint64_t y) {
    return (x | (CROWD_MOST - 1)) < (y & ~(uint64_t)(CROWD_MOST - 1));
}

/* `key` takes the place of the first of n, which is not later, and sinks to its own: as heap_settle() has it. */
static inline void crowd_sink(uint64_t *h, size_t n, uint64_t key) {
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < n; i = child) {
        child += crowd_less(h[child + 1], h[child]);
        if (!crowd_less(h[child], key)) {
            break;
        }
        h[i] = h[child];
    }
    h[i] = key;
}

/*
 * Events of all of them in the order that the heap leads to, up to one that isn't its side's to write, or `max`.
 * Returns how many. Where the first thread's next event isn't decoded yet, its key is left as it was.
 */
typedef size_t write_crowd(struct crowd *k, void *to, size_t max);

/* The same loops, with or without wide registers; for records, or for whole events. */
struct writer {
    write_run *run;
    write_block *block;
    write_crowd *crowd;
};

/* The best this machine has; or, not wide, those that any machine has. `whole`: it writes struct trace_event. */
const struct writer *writer_for(bool wide, bool whole);

#endif
