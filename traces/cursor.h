/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cursor.h - one thread's events within a generation, decoded some way ahead of the merge.
 *
 * Decoding and merging are two loops, each tight: the first runs along a batch and depends on nothing but its bytes,
 * the second only compares times. Between them stand up to CURSOR_AHEAD decoded events for each thread. A thread gets
 * no more room than its bytes can fill, so that a file of many tiny threads costs what its size justifies.
 *
 * Times are ns of the trace's clock. A batch's base and every delta are truncated to ns on their own, and a running
 * time of 0 means "take the base again": so the reference does it.
 */
#ifndef HEAPREEL_CURSOR_H
#define HEAPREEL_CURSOR_H

#include "traces/generation.h"
#include "traces/wire.h"

/* Events decoded ahead; behind them stand a few whose times are beyond all: the merge looks at some at once. */
enum { CURSOR_AHEAD = 256, CURSOR_GUARD = 4 };

/*
 * `third` of an event of the scheduler's that is as it should be as far as its bytes tell: its numbers are short, and
 * the strings and stacks that they name are there. More than any status, to which it is added (turns.c).
 */
enum { CURSOR_USUAL = 256 };

/*
 * An event before its turn is a record (traces.h) with its time by the trace's clock and no context yet (0). What lies
 * beyond the arguments of its type means nothing. Plain events have no more than two arguments, or a third that is
 * small; those of others stand apart, two to an event.
 */
/* The third and the fourth. */
struct more {
    uint64_t arg[TRACE_MAX_ARGS - 2];
};

_Static_assert(offsetof(struct trace_event, arg[2]) == sizeof(struct trace_record),
               "events begin as records do, with the generation in place of the context");

/*
 * A plain event wants no more than some context, and changes nothing that the order depends on. All others are bars:
 * where they stand among the events decoded is listed apart.
 */
struct cursor {
    const struct trace_record *now, *stop; /* the event held, and the end of those decoded; they stand in `ahead` */
    const uint16_t *bar;                   /* the first bar that is not behind `now`, as an index in `ahead` */
    struct trace_record *ahead;
    struct more *more; /* of the events in `ahead` that have so many arguments */
    uint16_t *bars;    /* of the events in `ahead`; the list ends with the index of `stop` */
    uint32_t room;     /* of all three, without the guard */
    uint32_t batch;    /* the one being decoded, once there is one */
    uint32_t next;     /* the one after it, NO_BATCH */
    uint32_t thread;   /* index in the merge's state, once resolved */
    uint8_t needs;     /* enum order_need: what the plain ones among those decoded want */
    bool steady;       /* the times of those decoded never go down */
    bool one;          /* the one held is the only one decoded: it stands at from, after an event at before */
    uint8_t type;      /* of the event held, as the next: after cursor_hold, while its ev lives */
    const uint64_t *arg;
    int64_t m;
    const uint8_t *p, *end;  /* of the batch: p stands after the last event decoded */
    const uint8_t *from;     /* where the first of `ahead` stands: to tell where an event lies */
    const uint8_t *readable; /* up to here bytes of the source may be touched */
    uint64_t left;           /* bytes of the batches after this one */
    int64_t latest;          /* no event of the batch can be later */
    int64_t before;          /* see one */
    int64_t base, last;      /* of the batch: its own time; time of the last event decoded, 0: none yet */
};

/* The time of the event held. */
static inline int64_t cursor_time(const struct cursor *c) {
    return c->now->time;
}

/* Is the event held none of the plain ones? */
static inline bool cursor_at_bar(const struct cursor *c) {
    return c->now == c->ahead + *c->bar;
}

/* The event held is done with; the next one may have to be decoded. */
static inline void cursor_step(struct cursor *c) {
    c->bar += cursor_at_bar(c);
    c->now++;
}

/* Lay the event held out whole in ev, all but generation, context and time; c->type and c->arg then show it. */
static inline void cursor_hold(struct cursor *c, struct trace_event *ev) {
    memcpy(ev, c->now, sizeof *c->now);
    memcpy(&ev->arg[2], &c->more[c->now - c->ahead], sizeof *c->more);
    c->type = c->now->type;
    c->arg = ev->arg;
}

/* Decoded events (guard and all) that a thread of so many bytes of batches gets. */
size_t cursor_room(uint64_t bytes);

/* Set up for a thread; no event is held yet. `ahead`, `more` and `bars` have `room` places and stay the caller's. */
void cursor_open(struct cursor *c, const struct source *src, const struct batch_thread *t, struct trace_record *ahead,
                 struct more *more, uint16_t *bars, size_t room);

/*
 * Hold the events behind those decoded up to now: c->now is then the next one. False when the thread has no more. What
 * can't be decoded is noted in s and passed over, up to where the rest of its batch makes sense (salvage.h).
 */
bool cursor_decode(struct cursor *c, const struct generation *g, struct scan *s);

/*
 * The same for the one event behind those decoded up to now, where it is none of those that it is worth decoding many
 * of (plain ones mostly come by the thousand), and in no way odd. False otherwise: nothing has changed.
 */
bool cursor_decode_one(struct cursor *c, const struct generation *g, const struct source *src);

/*
 * The same for as many of the scheduler's commonest events as come one behind the other, all of them as they should be
 * as far as their bytes tell: so nothing is found out by this that cursor_decode_one wouldn't find out in its turn.
 */
bool cursor_decode_scheduler(struct cursor *c, const struct generation *g, const struct source *src);

/* Where the event held begins: decodes again from the start of `ahead`, so it isn't for every event. */
struct place cursor_place(const struct cursor *c, const struct generation *g, const struct source *src);

/*
 * Hold one event that was decoded elsewhere and ends where c->p will be put; it began at c->p, and its time is none
 * that makes no sense. It is delivered by itself, whatever it is.
 */
static inline void cursor_hold_one(struct cursor *c, uint8_t type, int64_t time, const uint64_t *arg) {
    *c->ahead = (struct trace_record){0, type, 0, 0, time, {arg[0], arg[1]}};
    *c->more = (struct more){{arg[2], arg[3]}};
    c->ahead[1].time = INT64_MAX; /* nobody looks further than one behind it */
    c->bars[0] = 0;
    c->bars[1] = 1;
    c->bar = c->bars;
    c->now = c->ahead;
    c->stop = c->ahead + 1;
    c->from = c->p;
    c->before = c->last != 0 ? c->last : c->base;
    c->last = time;
    c->one = true;
}

/* The one that c holds has not been decoded. */
static inline void cursor_let_go(struct cursor *c) {
    c->p = c->from;
    c->last = c->before;
    c->now = c->stop;
    c->one = false;
}

#endif
