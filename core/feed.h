/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * feed.h - the events of a trace in order, from the trace itself or from a saved reel. For core/ only.
 *
 * Ids of strings, stacks and types in an event mean something until the next feed_read only. Those of a saved reel are
 * not the trace's own: strings and stacks are numbered anew in every piece.
 */
#ifndef HEAPREEL_FEED_H
#define HEAPREEL_FEED_H

#include "core/core.h"

enum { FEED_FRAMES = 128 }; /* of a stack that are kept */

/* What `info` counts. */
struct event_counts {
    uint64_t count[TRACE_EV_LIMIT];
    uint64_t events;
    int64_t last, procs; /* time of the last event; GOMAXPROCS at the end, -1 unknown */
    bool under_way;      /* a GC cycle was, when the trace began: cycle 0 */
    bool base_known;     /* the trace names the heap's base */
};
void counts_begin(struct event_counts *c);
void counts_add(struct event_counts *c, const struct trace_event *ev, size_t n);

struct feed;
/* NULL with *err set where nothing can be read. */
struct feed *feed_open(const char *path, struct trace_error *err);
/* The same for bytes in memory, which must outlive it. */
struct feed *feed_open_memory(const void *data, size_t size, struct trace_error *err);
void feed_close(struct feed **f);

/* Up to max events; 0 at the end. */
size_t feed_read(struct feed *f, struct trace_event *ev, size_t max);
/* Events before t aren't wanted: some of them need not be read. Before the first feed_read. */
void feed_from(struct feed *f, int64_t t);

/* Changes whenever ids do: in a trace with its generations. */
uint64_t feed_epoch(const struct feed *f);

/* As their namesakes of traces.h say, but that a type has a name only: *name. False where there is no such type. */
text feed_string(const struct feed *f, uint64_t id);
size_t feed_stack(struct feed *f, uint64_t id, struct trace_frame *frames, size_t max);
bool feed_type(const struct feed *f, uint64_t id, text *name);

/* What is known of the trace; complete once feed_read has returned 0. */
struct feed_info {
    int version;
    uint64_t bytes, file_bytes, generations;
    bool base_known;
    const char *warning;
    const struct trace_loss *loss;
};
struct feed_info feed_info(const struct feed *f);
/* Counted already, when the reel was saved; NULL: count them. */
const struct event_counts *feed_counts(struct feed *f);

#endif
