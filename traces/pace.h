/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pace.h - how long the turns of threads are that run goroutines: which of two loops is faster for them.
 *
 * usual.h needs a third of the instructions, but guesses wrong whenever the turn changes. turns.h guesses nothing, as
 * long as no third thread has its turn.
 */
#ifndef HEAPREEL_PACE_H
#define HEAPREEL_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Turns, and calls of turns.h, that are looked at before it is decided. */
enum { PACE_LOOK = 64 };
/* Less than five events in two turns are worth the other loop; less than this many in a call of it are not. */
enum { PACE_CALL = 4 };
/* With less than this many in a call more than two threads are tried, for which a call has to give that many. */
enum { PACE_PAIR = 12, PACE_MANY = 12 };
/* Events for which a decision holds. */
enum { PACE_HOLDS = 1 << 15, PACE_MANY_HOLDS = 1 << 16 };

struct pace {
    uint32_t brisk;  /* events to go for which turns are taken to be short */
    uint32_t looked; /* turns or calls */
    uint32_t events; /* in these */
    uint32_t calm;   /* events to go for which they are taken to be long, whatever they are */
    uint32_t many;   /* events to go for which they are taken to be those of more than two threads */
};

/* A turn had n events. */
static inline void pace_turn(struct pace *p, uint64_t n) {
    p->events += (uint32_t)n;
    if (++p->looked < PACE_LOOK) {
        return;
    }
    if (p->calm > p->events) {
        p->calm -= p->events;
    } else {
        p->calm = 0;
        p->brisk = p->events * 2 < PACE_LOOK * 5 ? PACE_HOLDS : 0;
    }
    p->looked = p->events = 0;
}

/* A call gave n; there are so many threads. */
static inline void pace_call(struct pace *p, uint64_t n, size_t threads) {
    p->events += (uint32_t)n;
    p->brisk -= p->brisk < n ? p->brisk : (uint32_t)n;
    bool many = p->many > 0;
    p->many -= p->many < n ? p->many : (uint32_t)n;
    if (++p->looked < PACE_LOOK) {
        return;
    }
    if (!many && p->events < PACE_LOOK * PACE_PAIR && threads > 2) {
        p->many = PACE_MANY_HOLDS;
        p->brisk += p->many;
    } else if (p->events < PACE_LOOK * (many ? PACE_MANY : PACE_CALL)) {
        p->brisk = p->many = 0;
        p->calm = PACE_HOLDS;
    }
    p->looked = p->events = 0;
}

/*
 * How many events come by each call of the ways through the merge that know of two threads at most. Where they are few,
 * and there are more threads, the way for many is faster (crowd.c), for as many events as that holds.
 */
enum { CROWD_LOOK = 64, CROWD_FEW = 6, CROWD_HOLDS = 1 << 13 };
/* What a call of the way for many costs, in events. */
enum { CROWD_COSTS = 16 };

struct crowded {
    uint32_t calls, events, holds;
};

/* A call gave n. */
static inline void crowded_call(struct crowded *c, uint64_t n) {
    c->events += (uint32_t)n;
    if (++c->calls == CROWD_LOOK) {
        *c = (struct crowded){.holds = c->events < CROWD_LOOK * CROWD_FEW ? CROWD_HOLDS : 0};
    }
}

/* The way for many gave n. */
static inline void crowded_many(struct crowded *c, uint64_t n) {
    uint64_t used = n + CROWD_COSTS;
    c->holds -= c->holds < used ? c->holds : (uint32_t)used;
}

#endif
