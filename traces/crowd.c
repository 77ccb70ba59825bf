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

/* The heap, and by lane the cursor, and the P and the goroutine that its thread has while it is looked at; NO_INDEX. */
struct gathering {
    struct crowd crowd;
    size_t lanes;
    uint32_t cursor[CROWD_MOST], proc[CROWD_MOST], go[CROWD_MOST];
};

/* It has to be looked at again. */
static void close_lane(struct gathering *g, size_t lane) {
    g->crowd.side[lane].next = g->crowd.side[lane].stop = NULL;
    g->proc[lane] = g->go[lane] = NO_INDEX;
}

/* False: times are too far apart. */
static bool gather(struct merge *m, struct gathering *g) {
    struct crowd *k = &g->crowd;
    k->n = m->nfront;
    k->origin = m->last;
    for (size_t i = 0; i < k->n; i++) {
        k->heap[i] = crowd_key(k->origin, m->front[i].time, i);
        if (k->heap[i] == UINT64_MAX) {
            return false;
        }
        g->cursor[i] = m->front[i].index;
        close_lane(g, i);
    }
    g->lanes = k->n;
    k->heap[k->n] = UINT64_MAX;
    k->limit = UINT64_MAX;
    if (m->sample < m->gen->nsamples) {
        k->limit = crowd_key(k->origin, m->gen->samples[m->sample].time, CROWD_MOST - 1);
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

static bool is_among(const uint32_t *those, size_t n, uint32_t it) {
    bool found = false;
    for (size_t i = 0; i < n; i++) {
        found |= those[i] == it;
    }
    return found;
}

/*
 * In damaged traces two threads can hold one P, or run one goroutine, or one that is gone: what each does then shows to
 * the other. False where that may be.
 */
static bool is_its_own(const struct merge *m, struct gathering *g, size_t lane, const struct thread_state *t) {
    if ((t->p != NO_INDEX && is_among(g->proc, g->lanes, t->p)) ||
        (t->g != NO_INDEX && (!m->order.gos[t->g].live || is_among(g->go, g->lanes, t->g)))) {
        return false;
    }
    g->proc[lane] = t->p;
    g->go[lane] = t->g;
    return true;
}

/* A thread's turn, for the first time since anything about it changed. False: it is not for the crowd. */
static bool look_at(struct merge *m, struct gathering *g, size_t lane, struct outlet *to) {
    struct crowd *k = &g->crowd;
    struct cursor *c = &m->cursors[g->cursor[lane]];
    if (!c->steady || cursor_time(c) < m->last) {
        return false;
    }
    struct side s;
    if (!side_take(m, c, &s, to) || c->thread == NO_INDEX || !is_its_own(m, g, lane, &m->order.threads[c->thread])) {
        return false;
    }
    k->side[lane] = s;
    k->then[lane] = crowd_key(k->origin, s.next[1].time, lane);
    return true;
}

/* The first thread's time has grown, or it has no more events. False: the rest is no crowd, or times are too far
 * apart. */
static bool go_on(struct merge *m, struct gathering *g, size_t lane, struct cursor *c) {
    struct crowd *k = &g->crowd;
    uint64_t key;
    close_lane(g, lane);
    if (c->now != c->stop || merge_fetch(m, c)) {
        key = crowd_key(k->origin, cursor_time(c), lane);
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
        if (crowd_key(k->origin, cursor_time(c), lane) != k->heap[0] || order_concerns_others(c->now->type) ||
            merge_try(m, c, &to->whole[to->n]) != ADVANCED) {
            return false;
        }
        outlet_put(to, 1);
        cursor_step(c);
    }
    return go_on(m, g, lane, c);
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
    do {
        size_t room = to->max - to->n;
        size_t n = to->record != NULL ? m->writer[0]->crowd(k, to->record + to->n, room)
                                      : m->writer[1]->crowd(k, to->whole + to->n, room);
        to->n += n;
        if (n > 0) {
            merge_keep_last(m, to);
        }
    } while ((is_spent(m, &g) || (to->n < to->max && k->heap[0] <= k->limit)) && attend(m, &g, to));
    disperse(m, &g);
}
