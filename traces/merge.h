/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * merge.h - the threads of one generation, and its CPU samples, become one sequence of events. What is known of Ps,
 * goroutines and GC cycles lives on from one generation to the next.
 */
#ifndef HEAPREEL_MERGE_H
#define HEAPREEL_MERGE_H

#include "traces/block.h"
#include "traces/order.h"

struct merge {
    struct scan *scan;      /* where losses are noted */
    struct generation *gen; /* the one under way; marked damaged when its order is lost */
    struct order order;
    const struct writer *writer;
    struct cursor *cursors;
    size_t ncursors, cap_cursors;
    struct decoded *ahead; /* the cursors', as are the next two */
    struct more *more;
    uint16_t *bars;
    size_t cap_ahead, cap_more, cap_bars;
    struct sort_key *front; /* heap: index is into cursors */
    size_t nfront, cap_front;
    size_t sample;       /* next one of gen->samples */
    uint32_t generation; /* counts from 0 */
    uint32_t forced;     /* events, in this generation */
    uint64_t searched;   /* threads tried out of turn, in this generation */
    uint64_t work;       /* the same, in all */
    bool anew;           /* the clock of a trace that began behind another is not yet known */
    bool started;        /* the first event was delivered */
    int64_t start, last; /* ns of the trace's clock: first event, last one */
};

/* `scan` and `gen` are the reader's; they stay where they are while m is used. */
void merge_init(struct merge *m, struct scan *scan, struct generation *gen);
void merge_free(struct merge *m);

/* Another trace begins in the same file: nothing is known of its Ps and goroutines. */
void merge_anew(struct merge *m);

/* *gen has been read anew: begin with it. False: out of memory. */
bool merge_generation(struct merge *m, uint32_t generation);

/* Up to `max` events of the generation; 0 at its end. */
size_t merge_read(struct merge *m, struct trace_event *ev, size_t max);

/* Is the generation at its end? */
static inline bool merge_done(const struct merge *m) {
    return m->nfront == 0 && m->sample == m->gen->nsamples;
}

/* The latest time at which the thread at the front may go on before anybody else's turn comes. */
static inline int64_t merge_limit(const struct merge *m) {
    int64_t limit = INT64_MAX;
    if (m->nfront > 1) {
        limit = m->front[1].time < limit ? m->front[1].time : limit;
    }
    if (m->nfront > 2) {
        limit = m->front[2].time < limit ? m->front[2].time : limit;
    }
    if (m->sample < m->gen->nsamples && m->gen->samples[m->sample].time < limit) {
        limit = m->gen->samples[m->sample].time;
    }
    return limit;
}

/* The earliest time that neither the first thread nor the one at front[j], a child of it, holds. */
static inline int64_t merge_others(const struct merge *m, size_t j) {
    const size_t at[] = {3 - j, 2 * j + 1, 2 * j + 2};
    int64_t time = INT64_MAX;
    for (size_t i = 0; i < 3; i++) {
        if (at[i] < m->nfront && m->front[at[i]].time < time) {
            time = m->front[at[i]].time;
        }
    }
    bool sample = m->sample < m->gen->nsamples && m->gen->samples[m->sample].time < time;
    return sample ? m->gen->samples[m->sample].time : time;
}

/* All that c has decoded has happened: its next event, and more where that is worth while. False: there are no more. */
static inline bool merge_fetch(struct merge *m, struct cursor *c) {
    return cursor_decode_one(c, m->gen, m->scan->src, m->generation) ||
           cursor_decode(c, m->gen, m->scan, m->generation);
}

/* Let the event that c holds happen, if it may: it then stands in ev. */
enum advance merge_try(struct merge *m, struct cursor *c, struct trace_event *ev);

/* Bytes of the generation's events that are still to be decoded. */
uint64_t merge_left(const struct merge *m);

#endif
