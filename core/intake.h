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
#include "core/fact.h"

enum { STRETCH_EVENTS = 2048, STRETCH_BEYOND = 16, STRETCH_ACTORS = 256 };

/* How far reading has come: see the functions of traces.h of these names. */
struct progress {
    bool waiting;
    uint64_t trace_bytes, file_bytes, position, generations, starts;
    double share;
    struct trace_loss loss;
};
void progress_take(struct progress *p, const trace *t);

/*
 * An event as most are: an object allocated or freed. Of other types: number `id` of the stretch's others.
 *
 * Once recorded it is the fact that came of it, brief_fact, or where more or less came of it than one brief fact, of
 * type 0 and `id` facts: the next ones of the stretch's `late`.
 */
struct brief {
    uint64_t id;
    uint32_t since;     /* ns since the stretch began; not of others */
    uint16_t heap_type; /* its id in the trace; recorded: the object's type */
    uint8_t type;       /* enum trace_type; 0: one of the others, whatever its type */
    uint8_t actor;      /* of the stretch; not of others */
};
_Static_assert(sizeof(struct brief) == 16, "four to a line of cache");

/* What `id` becomes: a fact's span and slot, as a lane has them, its kind and lane, as a key has them (fact.h). */
enum { BRIEF_KEY = 48 };
static inline uint64_t brief_fact(uint64_t kind_and_lane, uint32_t slot, uint32_t span) {
    return span | (uint64_t)slot << 32 | kind_and_lane << BRIEF_KEY;
}
static inline uint64_t brief_place(uint64_t fact) {
    return fact & ((UINT64_C(1) << BRIEF_KEY) - 1);
}

/*
 * What the other thread has just read is written over here: asked for at once to be written, a line of cache comes over
 * once. Compilers make an ordinary fetch of it where they can't be sure that all processors know the other one.
 */
static inline void intake_own(const void *p) {
#if defined(__x86_64__)
    __asm__ volatile("prefetchw %0" : : "m"(*(const char *)p));
#else
    __builtin_prefetch(p, 1);
#endif
}

/* A thread, and the P and goroutine it runs. */
struct actor {
    int64_t m, p, g;
};

/*
 * Events of one generation, and how far reading had come with them. Whoever records them leaves the facts here: who
 * fills a stretch again binds what is in it before (binding.c).
 */
struct stretch {
    size_t n;        /* 0: the end, or waiting */
    size_t recorded; /* events that have become facts */
    size_t bound;    /* events whose facts are in blocks */
    struct late *late;
    size_t nlate, cap_late, late_bound;
    size_t late_from; /* where those of the event being recorded begin */
    struct acting {
        uint64_t who;         /* pack_who */
        uint64_t row;         /* the first one of its P, as a key has it */
    } acting[STRETCH_ACTORS]; /* those that brief facts name */
    size_t nactors, nothers;
    uint32_t generation;
    int64_t begin, end; /* times of the first and the last event */
    struct progress progress;
    struct brief ev[STRETCH_EVENTS + STRETCH_BEYOND]; /* those beyond are only looked at ahead */
    struct actor actor[STRETCH_ACTORS];
    struct trace_event other[STRETCH_EVENTS];
};

/* What is done with a recorded stretch, by whoever comes to it: one at a time, in order. */
typedef void intake_binder(void *arg, struct stretch *s);

struct intake {
    trace *t;
    struct belt *belt;       /* NULL: read when asked */
    struct stretch *stretch; /* BELT_SLOTS, or one */
    size_t nstretches;
    intake_binder *bind;
    void *arg;
    uint64_t given; /* stretches given back by intake_done: known to the thread that records */
    uint64_t bound; /* of these, bound; for whoever is in belt_alone */
};

/* `ahead`: on a thread of its own, where that can be had. False: out of memory. */
bool intake_open(struct intake *in, trace *t, bool ahead, intake_binder *bind, void *arg);
/* Can this trace be read ahead? */
bool intake_may_be_ahead(const trace *t);
void intake_close(struct intake *in);

/* The next stretch; good until intake_done, which must be called before the next one. NULL: it isn't there by
 * `deadline`, as belt_load_until counts, and the other thread reads on. */
struct stretch *intake_next(struct intake *in, int64_t deadline);
void intake_done(struct intake *in);
/* All that was given back is bound; until the next intake_done no other thread binds anything. */
void intake_settle(struct intake *in);

#endif
