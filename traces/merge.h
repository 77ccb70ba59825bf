/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * merge.h - the threads of one generation, and its CPU samples, become one sequence of events. What is known of Ps,
 * goroutines and GC cycles lives on from one generation to the next.
 */
#ifndef HEAPREEL_MERGE_H
#define HEAPREEL_MERGE_H

#include "traces/order.h"

struct merge {
    struct scan *scan;      /* where losses are noted */
    struct generation *gen; /* the one under way; marked damaged when its order is lost */
    struct order order;
    struct cursor *cursors;
    size_t ncursors, cap_cursors;
    struct decoded *ahead; /* the cursors', as is the next */
    struct decoded_rest *rest;
    size_t cap_ahead, cap_rest;
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

/* Bytes of the generation's events that are still to be decoded. */
uint64_t merge_left(const struct merge *m);

#endif
