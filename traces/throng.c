/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * throng.c - the scheduler's commonest events of many threads that take turns, as on machines with many processors: see
 * lanes.h.
 */
#include "traces/throng.h"
#include "traces/block.h"

_Static_assert(THRONG_LANES + 0 < CROWD_MOST + 0, "all lanes fit into keys");
/* What an event that goes by its rule costs, in others. */
enum { RULE_COSTS = 3 };
/* Behind all of the heap, and so is what is below it. */
enum { NOWHERE = 2 * THRONG_LANES + 1 };

/* The merge's heap as one of small keys (crowd_key()), with UINT64_MAX below each that has nothing there. */
struct sinking {
    uint64_t heap[2 * NOWHERE + 3];
    size_t n, levels;
    int64_t origin;
    uint64_t limit; /* no key above has its turn */
    uint64_t ruled; /* events that went by their rules */
};

/*
 * A level of the heap: the lesser one of the two below *i comes up if it is less than the key, and leaves its place to
 * it; else the key stands there, and whatever comes below does so NOWHERE: no branch depends on it, and nothing is
 * written twice, which would make the next one wait. Returns what is at *i then.
 */
INLINE uint64_t sink_once(uint64_t *h, size_t *i, uint64_t key) {
    size_t child = 2 * *i + 1, next = NOWHERE;
    uint64_t kid = h[child], other = h[child + 1], put = key, times = ~(uint64_t)(CROWD_MOST - 1);
#if defined(__x86_64__)
    __asm__("cmp %[bound], %[other]\n\t"
            "cmovb %[other], %[kid]\n\t"
            "adc $0, %[child]\n\t"
            "cmp %[less], %[kid]\n\t"
            "cmovb %[kid], %[put]\n\t"
            "cmovb %[child], %[next]"
            : [kid] "+&r"(kid), [child] "+&r"(child), [put] "+&r"(put), [next] "+&r"(next)
            : [bound] "r"(kid & times), [other] "r"(other), [less] "r"(key & times)
            : "cc");
#else
    uint64_t second = -(uint64_t)(other < (kid & times));
    kid = either(second, kid, other);
    child -= (size_t)second;
    uint64_t goes = -(uint64_t)(kid < (key & times));
    put = either(goes, key, kid);
    next = (size_t)either(goes, NOWHERE, child);
#endif
    h[*i] = put;
    *i = next;
    return put;
}

/* The first one's key has become another, which sinks to its place as heap_settle() has it. Returns the first one. */
INLINE uint64_t sink(struct sinking *k, uint64_t key) {
    size_t i = 0;
    uint64_t first = sink_once(k->heap, &i, key);
    for (size_t level = 1; level < k->levels; level++) {
        (void)sink_once(k->heap, &i, key);
    }
    k->heap[i] = key;
    return first;
}

INLINE size_t any_many(struct lanes *x, struct sinking *k, struct outlet *out, bool bulk, bool wide) {
    struct trace_event *const ev = out->whole + out->n;
    struct trace_record *record = bulk ? out->record + out->n : NULL;
    struct trace_event *const full = out->whole + out->max, *to = ev;
    uint64_t first = k->heap[0];
    while (to < full) {
        struct lane *l = &x->lane[first % CROWD_MOST];
        const struct trace_record *d = l->next;
        if (d == NULL || first > k->limit) {
            break;
        }
        four_words common;
        deliver(x, l, d, to, bulk ? record : NULL, &common);
        if (!happens(x, l, d, &common, wide) && !lanes_take_other(x, l, d)) {
            break;
        }
        to++;
        if (bulk) {
            record++;
        }
        l->next = d + 1;
        uint64_t key = l->then;
        if (key == UINT64_MAX) {
            break;
        }
        l->then = crowd_key(k->origin, d[2].time, first % CROWD_MOST);
        first = sink(k, key);
    }
    out->n += (size_t)(to - ev);
    return (size_t)(to - ev);
}

static size_t narrow_many(struct lanes *x, struct sinking *k, struct outlet *out) {
    return out->record != NULL ? any_many(x, k, out, true, false) : any_many(x, k, out, false, false);
}
#if defined(__x86_64__)
__attribute__((target("avx2"))) static size_t wide_many(struct lanes *x, struct sinking *k, struct outlet *out) {
    return out->record != NULL ? any_many(x, k, out, true, true) : any_many(x, k, out, false, true);
}
#endif

static size_t take_many(struct lanes *x, struct sinking *k, struct outlet *out) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) {
        return wide_many(x, k, out);
    }
#endif
    return narrow_many(x, k, out);
}

/* False: times are too far apart. */
static bool gather(struct merge *m, struct lanes *x, struct sinking *k) {
    k->n = m->nfront;
    k->origin = m->last;
    for (size_t i = 0; i < k->n; i++) {
        k->heap[i] = crowd_key(k->origin, m->front[i].time, i);
        if (k->heap[i] == UINT64_MAX) {
            return false;
        }
        x->lane[i] = (struct lane){.c = &m->cursors[m->front[i].index]};
    }
    for (size_t i = k->n; i < 2 * k->n + 1; i++) {
        k->heap[i] = UINT64_MAX;
    }
    for (k->levels = 0; (size_t)2 << k->levels <= k->n; k->levels++) {
    }
    k->heap[2 * NOWHERE + 1] = k->heap[2 * NOWHERE + 2] = UINT64_MAX;
    k->limit = UINT64_MAX - 1;
    k->ruled = 0;
    if (m->sample < m->gen->nsamples) {
        k->limit = crowd_key(k->origin, m->gen->samples[m->sample].time, CROWD_MOST - 1);
    }
    lanes_number(x, k->n);
    return true;
}

/* All that was written has happened, and the merge's heap is what has become of the throng's. */
static void disperse(struct merge *m, struct lanes *x, const struct sinking *k) {
    m->nfront = k->n;
    for (size_t i = 0; i < k->n; i++) {
        struct lane *l = &x->lane[k->heap[i] % CROWD_MOST];
        if (l->next != NULL) {
            lanes_put_back(x, l, l->next);
        }
        m->front[i] = (struct sort_key){cursor_time(l->c), (uint32_t)(l->c - m->cursors)};
    }
    heap_settle(m->front, m->nfront, 0);
}

/* The first thread's time has grown, or it has no more events. False: the rest is no throng, or times are too far
 * apart.
 */
static bool go_on(struct merge *m, struct sinking *k, size_t at, struct cursor *c) {
    uint64_t key;
    if (c->now != c->stop || merge_fetch(m, c)) {
        key = crowd_key(k->origin, cursor_time(c), at);
        if (key == UINT64_MAX) {
            return false;
        }
    } else {
        key = k->heap[--k->n];
        k->heap[k->n] = UINT64_MAX;
    }
    (void)sink(k, key);
    return k->n > 2;
}

/*
 * The first thread isn't set up yet, or its next event is for its rule or still to be decoded. False: that is not for
 * the throng.
 */
static bool attend(struct merge *m, struct lanes *x, struct sinking *k, struct outlet *to) {
    size_t at = k->heap[0] % CROWD_MOST;
    struct lane *l = &x->lane[at];
    struct cursor *c = l->c;
    if (l->next == NULL) {
        lanes_decode_ahead(m, c);
        if (cursor_time(c) < m->last || !lanes_set_up(x, l, c)) {
            return false;
        }
        l->then = crowd_key(k->origin, l->next[1].time, at);
        return true;
    }
    lanes_put_back(x, l, l->next);
    *l = (struct lane){.c = c};
    if (c->now != c->stop) {
        if (crowd_key(k->origin, cursor_time(c), at) != k->heap[0] || order_concerns_others(c->now->type) ||
            merge_try(m, c, &to->whole[to->n]) != ADVANCED) {
            return false;
        }
        lanes_find_gos(x);
        outlet_put(to, 1);
        cursor_step(c);
        k->ruled++;
    }
    return go_on(m, k, at, c);
}

/* Is the first thread's next event still to be decoded? */
static bool is_spent(const struct lanes *x, const struct sinking *k) {
    const struct lane *l = &x->lane[k->heap[0] % CROWD_MOST];
    return l->next == l->c->stop;
}

size_t throng(struct merge *m, struct lanes *x, struct outlet *to, size_t *worth) {
    struct sinking k;
    *worth = 0;
    if (m->nfront > THRONG_LANES || !gather(m, x, &k)) {
        return 0;
    }
    size_t before = to->n;
    do {
        if (take_many(x, &k, to) > 0) {
            merge_keep_last(m, to);
        }
    } while ((is_spent(x, &k) || (to->n < to->max && k.heap[0] <= k.limit)) && attend(m, x, &k, to));
    disperse(m, x, &k);
    size_t n = to->n - before;
    *worth = n > RULE_COSTS * k.ruled ? n - RULE_COSTS * k.ruled : 0;
    return n;
}
