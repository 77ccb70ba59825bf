/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * crowd.c - plain events of many threads that take turns after a few of them, as on machines with many processors.
 *
 * The heap of the merge becomes one of small keys, and each thread's events are at hand, for as long as there is room
 * for what is read (block.c has the loop). Events that aren't plain go by their rules in between, as long as they
 * concern nobody but their own thread. Invariant: a lane's side is good since its thread was last looked at.
 *
 * Times are ns of the trace's clock.
 */
#include "traces/sides.h"

/* For fewer events it isn't worth the while. */
enum { CROWD_ROOM = 16 };

/* The heap, whose its lanes are, and by P the lane that was last looked at and had it. */
struct gathering {
    struct crowd crowd;
    uint32_t cursor[CROWD_MOST];
    uint8_t holder[CROWD_MOST];
};
_Static_assert(CROWD_MOST <= UINT8_MAX, "a lane is a byte");

/* May an event of this type change what another thread runs, or the P it has (order_sched.c)? */
static bool concerns_others(uint8_t type) {
    return type == TRACE_EV_PROC_STATUS || type == TRACE_EV_PROC_STEAL || type == TRACE_EV_GO_STATUS ||
           type == TRACE_EV_GO_STATUS_STACK;
}

/* False: times are too far apart. */
static bool gather(struct merge *m, struct gathering *g) {
    struct crowd *k = &g->crowd;
    k->n = m->nfront;
    k->origin = m->last;
    for (size_t i = 0; i < k->n; i++) {
        k->heap[i] = crowd_key(k, m->front[i].time, i);
        if (k->heap[i] == UINT64_MAX) {
            return false;
        }
        g->cursor[i] = m->front[i].index;
        k->side[i].next = k->side[i].stop = NULL;
    }
    memset(g->holder, 0, sizeof g->holder);
    k->heap[k->n] = UINT64_MAX;
    k->limit = UINT64_MAX;
    if (m->sample < m->gen->nsamples) {
        k->limit = crowd_key(k, m->gen->samples[m->sample].time, CROWD_MOST - 1);
    }
    return true;
}

/* All that was written has happened, and the merge's heap is what has become of the crowd's. */
static void disperse(struct merge *m, struct gathering *g) {
    const struct crowd *k = &g->crowd;
    m->nfront = k->n;
    for (size_t i = 0; i < k->n; i++) {
        size_t lane = k->heap[i] % CROWD_MOST;
        struct cursor *c = &m->cursors[g->cursor[lane]];
        if (k->side[lane].next != NULL) {
            side_step(m, c, k->side[lane].next);
        }
        m->front[i] = (struct sort_key){cursor_time(c), g->cursor[lane]};
    }
    heap_settle(m->front, m->nfront, 0);
}

/* A thread's turn, for the first time since anything about it changed. False: it is not for the crowd. */
static bool look_at(struct merge *m, struct gathering *g, size_t lane, struct outlet *to) {
    struct crowd *k = &g->crowd;
    struct cursor *c = &m->cursors[g->cursor[lane]];
    if (!c->steady || cursor_time(c) < m->last) {
        return false;
    }
    uint32_t p = side_proc(m, c);
    if (p != NO_INDEX) {
        size_t other = p < CROWD_MOST ? g->holder[p] : lane;
        if (p >= CROWD_MOST ||
            (other != lane && k->side[other].next != NULL && side_proc(m, &m->cursors[g->cursor[other]]) == p)) {
            return false; /* in damaged traces two threads can hold one */
        }
        g->holder[p] = (uint8_t)lane;
    }
    struct side s;
    if (!side_take(m, c, &s, to)) {
        return false;
    }
    k->side[lane] = s;
    k->then[lane] = crowd_key(k, s.next[1].time, lane);
    return true;
}

/* The first thread's time has grown, or it has no more events. False: the rest is no crowd, or times are too far
 * apart. */
static bool go_on(struct merge *m, struct crowd *k, size_t lane, struct cursor *c) {
    k->side[lane].next = k->side[lane].stop = NULL;
    uint64_t key;
    if (c->now != c->stop || merge_fetch(m, c)) {
        key = crowd_key(k, cursor_time(c), lane);
        if (key == UINT64_MAX) {
            return false;
        }
    } else {
        key = k->heap[--k->n];
        k->heap[k->n] = UINT64_MAX;
    }
    crowd_sink(k->heap, k->n, key);
    return k->n > 2;
}

/*
 * The first thread has no event to be written: it is looked at, or its event goes by its rule, or more are decoded.
 * False: that is not for the crowd.
 */
static bool attend(struct merge *m, struct gathering *g, struct outlet *to) {
    struct crowd *k = &g->crowd;
    size_t lane = k->heap[0] % CROWD_MOST;
    struct cursor *c = &m->cursors[g->cursor[lane]];
    if (k->side[lane].next == NULL) {
        return look_at(m, g, lane, to);
    }
    side_step(m, c, k->side[lane].next);
    if (c->now != c->stop) {
        if (crowd_key(k, cursor_time(c), lane) != k->heap[0] || concerns_others(c->now->type) ||
            merge_try(m, c, &to->whole[to->n]) != ADVANCED) {
            return false;
        }
        outlet_put(to, 1);
        cursor_step(c);
    }
    return go_on(m, k, lane, c);
}

/* Is the first thread's next event still to be decoded? */
static bool is_spent(const struct merge *m, const struct gathering *g) {
    size_t lane = g->crowd.heap[0] % CROWD_MOST;
    return g->crowd.side[lane].next == m->cursors[g->cursor[lane]].stop;
}

void crowd(struct merge *m, struct outlet *to) {
    struct gathering g;
    struct crowd *k = &g.crowd;
    if (m->nfront < 3 || m->nfront > CROWD_MOST || !m->started || to->max - to->n < CROWD_ROOM || !gather(m, &g)) {
        return;
    }
    bool on = true;
    while (on && (is_spent(m, &g) || (to->n < to->max && k->heap[0] <= k->limit))) {
        size_t room = to->max - to->n;
        size_t n = to->record != NULL ? m->writer[0]->crowd(k, to->record + to->n, room)
                                      : m->writer[1]->crowd(k, to->whole + to->n, room);
        to->n += n;
        if (n > 0) {
            merge_keep_last(m, to);
        }
        if (is_spent(m, &g) || (to->n < to->max && k->heap[0] <= k->limit)) {
            on = attend(m, &g, to);
        }
    }
    disperse(m, &g);
}
