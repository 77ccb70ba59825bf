/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sweeps.c - what each P swept after each GC cycle, counted from the facts when asked for.
 *
 * Objects are freed by sweeping only, so each free belongs to the cycle whose mark ended last. Frees without a P are
 * those of an mcache that is flushed before its P runs.
 */
#include "core/reel.h"
#include "traces/grow.h"

struct count {
    reel *r;
    struct sweep_share *shares;
    size_t n, cap;
    struct idmap of; /* cycle and P -> index of its share */
    size_t cycle;    /* place of the cycle under way in `shares`' terms: cycles begun before `next` */
    uint64_t key;    /* the last one looked up */
    struct sweep_share *share;
    uint32_t span; /* of its last free */
    bool ok;
};

/* Cycles whose mark had ended at t. */
static size_t marked(const reel *r, int64_t t) {
    size_t lo = 0, hi = r->ncycles;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        int64_t end = r->cycles[mid].phase[PHASE_SWEEP][0];
        if (end != NO_TIME && end <= t) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo;
}

static struct sweep_share *share_of(struct count *c, size_t cycle, int32_t p, int64_t t) {
    uint64_t key = (uint64_t)cycle << 32 | (uint32_t)p;
    if (c->share == NULL || c->key != key) {
        uint32_t at = idmap_get(&c->of, key);
        if (at == IDMAP_NONE) {
            if (!GROW(c->shares, c->n, c->cap) || !idmap_put(&c->of, key, (uint32_t)c->n)) {
                c->ok = false;
                return NULL;
            }
            at = (uint32_t)c->n++;
            uint32_t gc = cycle > 0 ? c->r->cycles[cycle - 1].gc : NO_ID;
            c->shares[at] = (struct sweep_share){.gc = gc, .p = p, .begin = t, .end = t};
        }
        c->key = key;
        c->share = &c->shares[at];
        c->span = NO_ID;
    }
    c->share->begin = t < c->share->begin ? t : c->share->begin;
    c->share->end = t > c->share->end ? t : c->share->end;
    return c->share;
}

static void count_fact(struct count *c, const struct fact *x) {
    bool heap = x->span != NO_ID && c->r->spans[x->span].kind == SPAN_HEAP;
    if (!heap || (x->kind == FACT_FREE && x->inferred) || (x->kind != FACT_FREE && x->kind != FACT_SPAN_FREE)) {
        return;
    }
    if (c->cycle < c->r->ncycles && c->r->cycles[c->cycle].phase[PHASE_SWEEP][0] != NO_TIME &&
        c->r->cycles[c->cycle].phase[PHASE_SWEEP][0] <= x->t) {
        c->cycle = marked(c->r, x->t);
    }
    struct sweep_share *s = share_of(c, c->cycle, x->p, x->t);
    if (s == NULL) {
        return;
    }
    if (x->kind == FACT_SPAN_FREE) {
        s->spans_freed++;
        return;
    }
    s->objects_freed++;
    s->bytes_freed += c->r->spans[x->span].elem;
    s->spans_swept += c->span != x->span;
    c->span = x->span;
}

static void count_facts(struct count *c, uint64_t from, uint64_t to, bool (*stop)(void *), void *arg) {
    c->cycle = marked(c->r, reel_time(c->r, from));
    for (uint64_t b = from / BLOCK_FACTS; b * BLOCK_FACTS < to && c->ok && !(stop != NULL && stop(arg)); b++) {
        uint32_t n;
        const struct fact *x = reel_block(c->r, b, &n);
        c->ok &= x != NULL;
        for (uint32_t i = 0; c->ok && i < n; i++) {
            uint64_t at = b * BLOCK_FACTS + i;
            if (at >= from && at < to) {
                count_fact(c, &x[i]);
            }
        }
    }
}

static void count_ranges(struct count *c, int64_t from, int64_t to) {
    const struct range *x;
    size_t n = reel_ranges(c->r, RANGE_SWEEP, &x);
    for (size_t i = 0; i < n && c->ok; i++) {
        if (x[i].begin < from || x[i].begin >= to) {
            continue;
        }
        int64_t end = x[i].end == NO_TIME ? c->r->info.duration : x[i].end;
        size_t cycle = marked(c->r, x[i].begin);
        share_of(c, cycle, x[i].p, x[i].begin);
        struct sweep_share *s = share_of(c, cycle, x[i].p, end);
        if (s != NULL) {
            s->ranges++;
            s->range_ns += end - x[i].begin;
            s->swept += x[i].swept;
            s->reclaimed += x[i].reclaimed;
        }
    }
}

/* Cycles are numbered in order; what was swept before the first comes first. */
static int by_cycle(const void *a, const void *b) {
    const struct sweep_share *x = a, *y = b;
    uint32_t i = x->gc + 1, k = y->gc + 1;
    return i != k ? (i < k ? -1 : 1) : (x->p > y->p) - (x->p < y->p);
}

size_t reel_sweeps(reel *r, int64_t from, int64_t to, bool (*stop)(void *), void *stop_arg, struct sweep_share **out) {
    struct count c = {.r = r, .ok = true};
    /* whole cycles: from the mark's end before `from` to the one after `to` */
    size_t first = marked(r, from), last = marked(r, to);
    from = first > 0 ? r->cycles[first - 1].phase[PHASE_SWEEP][0] : INT64_MIN;
    to = last < r->ncycles && r->cycles[last].phase[PHASE_SWEEP][0] != NO_TIME ? r->cycles[last].phase[PHASE_SWEEP][0]
                                                                               : INT64_MAX;
    uint64_t end = to == INT64_MAX ? reel_facts(r) : reel_pos(r, to);
    count_facts(&c, from == INT64_MIN ? 0 : reel_pos(r, from - 1), end, stop, stop_arg);
    count_ranges(&c, from, to);
    idmap_free(&c.of);
    if (!c.ok) {
        free(c.shares);
        *out = NULL;
        return 0;
    }
    if (c.n > 0) {
        qsort(c.shares, c.n, sizeof *c.shares, by_cycle);
    }
    *out = c.shares;
    return c.n;
}
