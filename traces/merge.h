/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * merge.h - the threads of one generation, and its CPU samples, become one sequence of events. What is known of Ps,
 * goroutines and GC cycles lives on from one generation to the next.
 */
#ifndef HEAPREEL_MERGE_H
#define HEAPREEL_MERGE_H

#include "traces/block.h"
#include "traces/order.h"
#include "traces/pace.h"

/*
 * Where events go, n of `max` up to now. Read in bulk they stand in `record`, and those that are no plain ones also in
 * `whole`, at the places of their records; `context` has room for TRACE_BULK_CONTEXTS. Else `record` is NULL, and all
 * of them stand in `whole`.
 */
struct outlet {
    struct trace_record *record;
    struct trace_event *whole;
    struct trace_context *context;
    uint32_t ncontexts;
    size_t n, max;
};

/* What happened stands in `whole`, at the next places: `more` events. */
static inline void outlet_put(struct outlet *to, size_t more) {
    struct trace_record *r = to->record;
    const struct trace_event *ev = to->whole;
    size_t i = to->n, upto = i + more;
    for (; r != NULL && i < upto; i++) {
        r[i] = (struct trace_record){.type = ev[i].type, .flags = ev[i].flags | TRACE_WHOLE, .time = ev[i].time};
    }
    to->n = upto;
}

struct merge {
    struct scan *scan;      /* where losses are noted */
    struct generation *gen; /* the one under way; marked damaged when its order is lost */
    struct order order;
    const struct writer *writer[2]; /* of records, of whole events */
    struct cursor *cursors;
    size_t ncursors, cap_cursors;
    struct trace_record *ahead; /* the cursors', as are the next two */
    struct more *more;
    uint16_t *bars;
    size_t cap_ahead, cap_more, cap_bars;
    struct sort_key *front; /* heap: index is into cursors */
    size_t nfront, cap_front;
    struct side *sides; /* the cursors', while many threads take turns (crowd.c) */
    size_t cap_sides;
    struct crowded crowded;
    size_t sample;       /* next one of gen->samples */
    uint32_t generation; /* counts from 0 */
    uint32_t forced;     /* events, in this generation */
    uint64_t searched;   /* threads tried out of turn, in this generation */
    uint64_t work;       /* the same, in all */
    struct pace pace;
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

/* Events of the generation to where there is room; none at its end. */
void merge_read(struct merge *m, struct outlet *to);

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

/* The one that heap work would put first in place of the first; 0: there is none. */
static inline size_t merge_rival(const struct merge *m) {
    const struct sort_key *f = m->front;
    return m->nfront < 2 ? 0 : m->nfront > 2 && f[2].time < f[1].time ? 2 : 1;
}

/*
 * All that c has decoded has happened: its next event, and more where that is worth while. False: there are no more.
 * How many are decoded ahead must not show in the order, so what is wrong with one is noticed at the same place either
 * way.
 */
static inline bool merge_fetch(struct merge *m, struct cursor *c) {
    const struct source *src = m->scan->src;
    return (m->pace.brisk > 0 && cursor_decode_scheduler(c, m->gen, src)) || cursor_decode_one(c, m->gen, src) ||
           cursor_decode(c, m->gen, m->scan);
}

/* Let the event that c holds happen, if it may: it then stands in ev. */
enum advance merge_try(struct merge *m, struct cursor *c, struct trace_event *ev);

/* The time held by c, the thread at front[0], has grown, or all its decoded events are gone. */
void merge_settle_first(struct merge *m, struct cursor *c);

/* m->last becomes the time of the last event written: it is never less than before. */
void merge_keep_last(struct merge *m, const struct outlet *to);

/* Bytes of the generation's events that are still to be decoded. */
uint64_t merge_left(const struct merge *m);

#endif
