/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cursor.h - one thread's events within a generation, decoded one at a time.
 *
 * The cursor always holds its next event; `time` is ns of the trace's clock. A batch's base and every delta are
 * truncated to ns on their own, and a running time of 0 means "take the base again": so the reference does it.
 */
#ifndef HEAPREEL_CURSOR_H
#define HEAPREEL_CURSOR_H

#include "traces/generation.h"
#include "traces/wire.h"

struct cursor {
    const uint8_t *p, *end;  /* of the batch: p stands after the event that is held */
    const uint8_t *readable; /* up to here bytes of the source may be touched */
    int64_t base, last;      /* of the batch: its own time; time of the last event, 0: none yet */
    int64_t time;            /* of the event held */
    uint64_t arg[TRACE_MAX_ARGS];
    uint8_t type;   /* of the event held */
    uint32_t batch; /* the one it is in: index, once entered */
    uint32_t next;  /* batch after this one, NO_BATCH */
    int64_t m;
    uint32_t thread; /* index in the merge's state, once resolved */
};

/* Set up for a thread; no event is held yet. */
void cursor_open(struct cursor *c, const struct source *src, const struct batch_thread *t);

/*
 * Hold the thread's next event. False when it has no more. What can't be decoded is noted in s and the rest of its
 * batch is passed over: the length of an event that isn't understood is unknown.
 */
bool cursor_next(struct cursor *c, const struct generation *g, struct scan *s);

/* Where the event that c holds begins. Its batch is decoded once more up to there. */
struct place cursor_place(const struct cursor *c, const struct generation *g, const struct source *src);

/* dt and n arguments, where WIRE_MAX_EVENT bytes may be read; the place after them, NULL where a number is too long. */
static inline const uint8_t *cursor_decode(const uint8_t *p, unsigned n, uint64_t *dt, uint64_t *arg) {
    p = wire_uint_fast(p, dt);
    if (n > 0 && p != NULL) {
        p = wire_uint_fast(p, &arg[0]);
    }
    if (n > 1 && p != NULL) {
        p = wire_uint_fast(p, &arg[1]);
    }
    for (unsigned i = 2; i < n && p != NULL; i++) {
        p = wire_uint_fast(p, &arg[i]);
    }
    return p;
}

/* The time of an event dt after the last one of its batch (last 0: the first one). */
static inline int64_t cursor_time(const struct generation *g, int64_t base, int64_t last, uint64_t dt) {
    return (int64_t)((uint64_t)(last != 0 ? last : base) + (uint64_t)generation_ns(g, dt));
}

#endif
