/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * intake.h - the events of a trace a stretch at a time, read when they are asked for or ahead, on a thread of its own.
 * For core/ only.
 *
 * What is looked up by an event (strings, stacks, types) belongs to its generation: the thread reads on within it, and
 * waits at its end until all of it was given back. A pipe is read by whoever asks, so that signals and dont_wait mean
 * what they say in traces.h; so are traces of Go 1.21 and before, which are read and looked up all at once.
 */
#ifndef HEAPREEL_INTAKE_H
#define HEAPREEL_INTAKE_H

#include "core/belt.h"
#include "core/core.h"

enum { STRETCH_EVENTS = 2048, STRETCH_ACTORS = 256 };

/* How far reading has come: see the functions of traces.h of these names. */
struct progress {
    bool waiting;
    uint64_t trace_bytes, file_bytes, position, generations, starts;
    double share;
    struct trace_loss loss;
};
void progress_take(struct progress *p, const trace *t);

/* An event as most are: an object allocated or freed. Of other types: number `id` of the stretch's others. */
struct brief {
    uint64_t id;
    uint32_t since;     /* ns since the stretch began; not of others */
    uint16_t heap_type; /* its id in the trace */
    uint8_t type;       /* enum trace_type; 0: one of the others, whatever its type */
    uint8_t actor;      /* of the stretch; not of others */
};
_Static_assert(sizeof(struct brief) == 16, "four to a line of cache");

/* A thread, and the P and goroutine it runs. */
struct actor {
    int64_t m, p, g;
};

/* Events of one generation, and how far reading had come with them. */
struct stretch {
    size_t n; /* 0: the end, or waiting */
    size_t nactors, nothers;
    uint32_t generation;
    int64_t begin, end; /* times of the first and the last event */
    struct progress progress;
    struct brief ev[STRETCH_EVENTS];
    struct actor actor[STRETCH_ACTORS];
    struct trace_event other[STRETCH_EVENTS];
};

struct intake {
    trace *t;
    struct belt *belt;       /* NULL: read when asked */
    struct stretch *stretch; /* BELT_SLOTS, or one */
};

/* `ahead`: on a thread of its own, where that can be had. False: out of memory. */
bool intake_open(struct intake *in, trace *t, bool ahead);
/* Can this trace be read ahead? */
bool intake_may_be_ahead(const trace *t);
void intake_close(struct intake *in);

/* The next stretch; good until intake_done, which must be called before the next one. */
const struct stretch *intake_next(struct intake *in);
void intake_done(struct intake *in);

#endif
