/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * heaplive.c - one walk: what refills and large objects add since the count was last known.
 *
 * It is known from the metric at the trace's begin, at each mark termination, and when mcaches were flushed in between
 * (runtime.ReadMemStats, a P destroyed: releaseAll takes off what was free in them, also in spans of which it isn't
 * known that they lay there).
 *
 * A refill's metric comes before the object that shows which span it was: the goroutine may have been stopped in
 * between, as the one is that begins the cycle. So a cycle that begins with more metrics than spans waits for as many
 * more refills, whatever Ps they are of.
 */
#include "core/heaplive.h"
#include "core/series.h"

struct reckoning {
    reel *r;
    const struct curve *metric;
    const struct cycle *c, *end; /* the next one to begin; behind the last one that is asked for */
    uint64_t *at;                /* of c */
    int64_t marked_at;           /* when the marking under way ends; NO_TIME: none is */
    uint64_t marked;             /* what it will have marked */
    uint64_t base, sum;          /* when last known; since then */
    size_t of_base, metrics;     /* the metric that base is; metrics up to now */
    size_t changes, owing;       /* added since base; refills that the cycle begun last still waits for */
    size_t stop;                 /* of the world, the last one that was asked for */
    struct idmap refilled;       /* spans that were, since base */
    bool memory_short;
};

static void count_metrics(struct reckoning *k, int64_t t) {
    while (k->metrics < k->metric->n && k->metric->t[k->metrics] <= t) {
        k->metrics++;
    }
}

static void known_again(struct reckoning *k, uint64_t base, int64_t t) {
    count_metrics(k, t);
    k->base = base;
    k->of_base = k->metrics - (k->metrics > 0);
    k->sum = k->changes = k->owing = 0;
    idmap_clear(&k->refilled);
}

static void begin_cycle(struct reckoning *k) {
    const struct cycle *c = k->c++;
    count_metrics(k, c->begin);
    size_t due = k->metrics - (k->metrics > 0) - k->of_base;
    *k->at++ = k->base != HEAPLIVE_UNKNOWN ? k->base + k->sum : HEAPLIVE_UNKNOWN;
    k->owing = due > k->changes ? due - k->changes : 0;
    k->marked_at = c->phase[PHASE_SWEEP][0];
    k->marked = c->heap_end; /* UINT64_MAX, where it isn't known, is HEAPLIVE_UNKNOWN */
    if (k->marked_at == NO_TIME) {
        k->base = HEAPLIVE_UNKNOWN;
    }
}

/* What happened to the count before t. */
static void catch_up(struct reckoning *k, int64_t t) {
    for (;;) {
        if (k->marked_at != NO_TIME && k->marked_at < t) {
            known_again(k, k->marked, k->marked_at);
            k->marked_at = NO_TIME;
        } else if (k->c < k->end && k->c->begin < t) {
            begin_cycle(k);
        } else {
            break;
        }
    }
    count_metrics(k, t);
}

/* When the stop of the world around t ends. Mcaches are emptied within it, and the count is told behind that. */
static int64_t stop_end(struct reckoning *k, int64_t t) {
    const struct range *stop;
    size_t n = reel_ranges(k->r, RANGE_STW, &stop);
    while (k->stop + 1 < n && stop[k->stop + 1].begin <= t) {
        k->stop++;
    }
    bool within = k->stop < n && stop[k->stop].begin <= t && stop[k->stop].end != NO_TIME && stop[k->stop].end >= t;
    return within ? stop[k->stop].end : t;
}

static void add(struct reckoning *k, uint64_t bytes) {
    k->sum += bytes;
    k->changes++;
}

/* A refill; one that comes before any metric since base is in it. */
static void refilled(struct reckoning *k, uint64_t bytes) {
    if (k->metrics <= k->of_base + 1) {
        return;
    }
    add(k, bytes);
    if (k->owing > 0 && k->at[-1] != HEAPLIVE_UNKNOWN) {
        k->owing--;
        k->at[-1] += bytes;
    }
}

static void take(struct reckoning *k, const struct fact *x) {
    const struct span *s = x->span != NO_ID ? reel_span(k->r, x->span) : NULL;
    uint64_t bytes = s ? s->npages * reel_info(k->r)->page_size : 0;
    if (x->kind == FACT_SPAN_ALLOC && s->kind == SPAN_HEAP && s->class == 0) {
        add(k, bytes);
    }
    if (x->kind != FACT_PLACE) {
        return;
    }
    uint64_t live = (uint64_t)x->after.live * s->elem, more = bytes > live ? bytes - live : 0;
    if (x->why == WHY_GROWN && x->after.place == PLACE_MCACHE) {
        add(k, more);
    } else if (x->why == WHY_REFILLED) {
        refilled(k, more);
        k->memory_short |= !idmap_put(&k->refilled, x->span, 1);
    } else if ((x->why == WHY_STATS || x->why == WHY_PROC_GONE) && k->metrics > 0) {
        count_metrics(k, stop_end(k, x->t));
        known_again(k, k->metric->v[k->metrics - 1], x->t);
    }
}

/*
 * An object in a span that a refill has taken: it was swept before that, and its sweeper's clock runs ahead. So its
 * slot was one of those that the refill got. One that was only concluded, and turns out to come now, wasn't freed.
 */
static void freed(struct reckoning *k, const struct walked *w, uint64_t number) {
    struct fact x;
    bool taken = idmap_get(&k->refilled, w->span) != IDMAP_NONE;
    if (taken && (w->type != 0 || (reel_fact(k->r, number, &x) && !x.concluded))) {
        k->sum += reel_span(k->r, w->span)->elem;
    }
}

static void visit(void *arg, const struct walk_block *b) {
    struct reckoning *k = arg;
    for (const struct walked *w = b->at, *end = w + b->n; w < end; w++) {
        if (w->kind == WALK_OTHER) {
            catch_up(k, w->t);
            take(k, &b->other[w->type]);
        } else if (w->kind == FACT_FREE) {
            freed(k, w, b->first + (uint64_t)(w - b->at));
        }
    }
}

/* From where: behind the marking of the cycle before; else from the trace's first metric on. */
static uint64_t set_out(struct reckoning *k, const struct cycle *before) {
    int64_t t = before ? before->phase[PHASE_SWEEP][0] : NO_TIME;
    if (t == NO_TIME || before->heap_end == UINT64_MAX) {
        t = k->metric->t[0];
        known_again(k, before ? HEAPLIVE_UNKNOWN : k->metric->v[0], t);
    } else {
        known_again(k, before->heap_end, t);
    }
    return reel_pos(k->r, t);
}

bool heaplive_reckon(struct command_env *env, size_t first, size_t end, uint64_t *at) {
    const struct cycle *c;
    reel *r = env->reel;
    struct reckoning k = {.r = r, .metric = curve_of(r, SERIES_HEAP_LIVE), .at = at, .marked_at = NO_TIME};
    reel_cycles(r, &c);
    for (size_t i = first; i < end; i++) {
        at[i - first] = HEAPLIVE_UNKNOWN;
    }
    if (first == end || !k.metric || k.metric->n == 0 || !reel_info(r)->snapshot) {
        return true;
    }
    k.c = c + first;
    k.end = c + end;
    uint64_t from = set_out(&k, first > 0 ? k.c - 1 : NULL), to = reel_pos(r, c[end - 1].begin);
    int64_t marked = c[end - 1].phase[PHASE_SWEEP][0];
    to = marked != NO_TIME ? reel_pos(r, marked) : to; /* for what the last one waits for */
    bool ok = report_walk(env, from, to, visit, &k) && (!k.memory_short || report_no_memory(env));
    if (ok) {
        catch_up(&k, c[end - 1].begin + 1);
    }
    idmap_free(&k.refilled);
    return ok;
}
