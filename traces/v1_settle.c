/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * v1_settle.c - what is settled once the order of an old trace is known: when system calls really ended, which of them
 * blocked, and which wake-ups were futile (facts: 3.4, 3.6, 3.8).
 */
#include "traces/grow.h"
#include "traces/v1.h"

/* An exit of a system call at its own time; `index` is where it stood. */
struct moved {
    struct v1_event ev;
    size_t index;
};

static struct v1_raw decode_at(const struct v1 *v, uint64_t at) {
    struct v1_raw raw;
    const uint8_t *p = v->src->data + at;
    (void)v1_decode(&v->format, &p, v->src->data + v->src->size, &raw);
    return raw;
}

static void forget_states(struct v1 *v) {
    for (size_t i = 0; i < v->ngos; i++) {
        v->gos[i] = (struct v1_go){.id = v->gos[i].id, .regions = NO_MARK};
    }
}

static int by_time(const void *a, const void *b) {
    const struct moved *x = a, *y = b;
    if (x->ev.ts != y->ev.ts) {
        return x->ev.ts < y->ev.ts ? -1 : 1;
    }
    return x->index < y->index ? -1 : x->index > y->index;
}

/* Clocks of CPUs that differ: times never go back here. */
static void hold_times(struct v1 *v) {
    bool noted = false;
    for (size_t i = 1; i < v->nevents; i++) {
        struct v1_event *e = &v->events[i];
        if (e->ts < e[-1].ts) {
            if (!noted) {
                v1_lost(v, TRACE_E_ORDER, e->at, 0, "times contradict the order of events: clocks differ");
                noted = true;
            }
            e->ts = e[-1].ts;
        }
    }
}

/* Where events are missing, those that waited for them in vain were taken last: their place is where their time is. */
static bool sort_events(struct v1 *v) {
    struct moved *all = malloc((v->nevents + 1) * sizeof *all);
    if (all == NULL) {
        return false;
    }
    for (size_t i = 0; i < v->nevents; i++) {
        all[i] = (struct moved){v->events[i], i};
    }
    qsort(all, v->nevents, sizeof *all, by_time);
    for (size_t i = 0; i < v->nevents; i++) {
        v->events[i] = all[i].ev;
    }
    free(all);
    return true;
}

/* The exit's own time, if it makes sense. */
static bool own_time(struct v1 *v, const struct v1_event *e, int64_t *ts) {
    struct v1_raw raw = decode_at(v, e->at);
    uint32_t g = idmap_get(&v->go_of, e->g);
    int64_t block = g == IDMAP_NONE ? 0 : v->gos[g].sysblock;
    *ts = (int64_t)raw.arg[2];
    if (*ts == 0) {
        return false;
    }
    if (block == 0 || *ts < block) {
        v1_lost(v, TRACE_E_ORDER, e->at, 0, "a system call that ended before it began");
        return false;
    }
    return true;
}

/* Takes the exits out of the sequence, which stays sorted; what remains is v->nevents long. */
static bool take_out(struct v1 *v, struct moved **moved, size_t *n, size_t *cap, size_t **origin) {
    size_t kept = 0;
    for (size_t i = 0; i < v->nevents; i++) {
        struct v1_event *e = &v->events[i];
        int64_t ts;
        if (e->type == V1_GO_SYSBLOCK || e->type == V1_GO_IN_SYSCALL) {
            struct v1_go *g = v1_go(v, e->g);
            if (g == NULL) {
                return false;
            }
            g->sysblock = e->ts;
        } else if (e->type == V1_GO_SYSEXIT && own_time(v, e, &ts) && ts != e->ts) {
            if (!GROW(*moved, *n, *cap)) {
                return false;
            }
            (*moved)[*n] = (struct moved){*e, i};
            (*moved)[(*n)++].ev.ts = ts;
            continue;
        }
        (*origin)[kept] = i;
        v->events[kept++] = *e;
    }
    v->nevents = kept;
    return true;
}

/* From the end, in place: of equal times the one that stood later stays later. */
static void put_in(struct v1 *v, const struct moved *moved, size_t n, const size_t *origin) {
    size_t a = v->nevents, b = n, to = a + b;
    v->nevents = to;
    while (b > 0) {
        const struct moved *x = &moved[b - 1];
        bool stays =
            a > 0 && (v->events[a - 1].ts > x->ev.ts || (v->events[a - 1].ts == x->ev.ts && origin[a - 1] > x->index));
        v->events[--to] = stays ? v->events[--a] : moved[--b].ev;
    }
}

static bool move_exits(struct v1 *v) {
    struct moved *moved = NULL;
    size_t n = 0, cap = 0, *origin = malloc((v->nevents + 1) * sizeof *origin);
    bool ok = origin != NULL && take_out(v, &moved, &n, &cap, &origin);
    if (ok && n > 0) {
        qsort(moved, n, sizeof *moved, by_time);
        put_in(v, moved, n, origin);
    }
    free(origin);
    free(moved);
    return ok;
}

/* Backwards: a call blocked if the goroutine's next event says so. */
static bool mark_blocked(struct v1 *v) {
    forget_states(v);
    for (size_t i = v->nevents; i-- > 0;) {
        struct v1_event *e = &v->events[i];
        struct v1_go *g = v1_go(v, e->g);
        if (g == NULL) {
            return false;
        }
        if (e->type == V1_GO_SYSCALL && g->early) {
            e->flags |= V1_BLOCKED;
        }
        g->early = e->type == V1_GO_SYSBLOCK;
    }
    return true;
}

static bool starts_chain(uint8_t type) {
    return type == V1_GO_UNBLOCK || type == V1_GO_UNBLOCK_LOCAL;
}

static bool continues_chain(uint8_t type) {
    return type == V1_GO_START || type == V1_GO_START_LOCAL || type == V1_GO_PREEMPT || type == V1_FUTILE_WAKEUP;
}

static bool ends_chain(uint8_t type) {
    return type == V1_GO_BLOCK || (type >= V1_GO_BLOCK_SEND && type <= V1_GO_BLOCK_COND);
}

/*
 * Up to 1.10 a goroutine could be woken only to find that it had to block again: from the unblocking to the new block
 * nothing of that is shown. Events of a goroutine's chain are linked backwards; `seq` is the last one, plus 1.
 */
static bool hide_futile(struct v1 *v) {
    size_t *before = malloc((v->nevents + 1) * sizeof *before);
    bool ok = before != NULL;
    forget_states(v);
    for (size_t i = 0; ok && i < v->nevents; i++) {
        struct v1_event *e = &v->events[i];
        bool first = starts_chain(e->type), end = ends_chain(e->type);
        if (!first && !end && !continues_chain(e->type)) {
            continue;
        }
        struct v1_go *g = v1_go(v, first ? decode_at(v, e->at).arg[0] : e->g);
        if (g == NULL) {
            ok = false;
            break;
        }
        before[i] = first ? 0 : g->seq;
        g->seq = i + 1;
        g->early = g->early || e->type == V1_FUTILE_WAKEUP;
        if (end) {
            for (size_t k = g->early ? g->seq : 0; k > 0; k = before[k - 1]) {
                v->events[k - 1].flags |= V1_HIDDEN;
            }
            g->seq = 0;
            g->early = false;
        }
    }
    free(before);
    return ok;
}

bool v1_settle(struct v1 *v) {
    if (v->forced && !sort_events(v)) {
        return false;
    }
    hold_times(v);
    forget_states(v);
    if (v->format.version >= 7 && !move_exits(v)) {
        return false;
    }
    if ((v->format.version < 11 && !hide_futile(v)) || !mark_blocked(v)) {
        return false;
    }
    forget_states(v);
    return true;
}
