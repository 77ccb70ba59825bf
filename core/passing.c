/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * passing.c - which spans may just be changing at an instant, though no event has told it yet, as the facts around
 * show.
 *
 * Frees of one span follow each other on one P, and in the runtime the span changes only when the last of them is done
 * (runtime/mgcsweep.go, sweepLocked.sweep). So a span is being swept where a P's last fact and its next one both free
 * an object of it.
 *
 * And what a P tells is done by then: a slot is taken first and told last (mallocgc), and so is a refill. In between a
 * thread may be stopped for as long as others have work. Mostly it isn't: so only where a P was silent for a while
 * between two facts of one goroutine it counts that the next one may be done already, and the last sweep not yet. Facts
 * without a P count as those of one P more. What takes longer than is looked at, the reel knows (untold.c), as it does
 * of growths.
 *
 * Invariant: what is kept belongs to one position, and to as many facts behind it as were looked at.
 */
#include "core/frame.h"
#include "core/reel.h"

enum { MAX_BESIDE = 64 }; /* Ps */

/* A P's facts next to the position. */
struct beside {
    int32_t p;
    uint32_t g;     /* of its last one */
    int64_t last;   /* its time */
    uint64_t from;  /* the position behind it */
    uint32_t freed; /* span that it freed an object of; NO_ID */
    bool told;      /* all of its next event was seen */
    bool silent;    /* long before that */
    int64_t next;   /* time of the next one, INT64_MIN: not seen yet */
    uint64_t to;    /* the position before it */
};

struct around {
    struct beside at[MAX_BESIDE];
    size_t n;
    size_t procs; /* of these, with a number */
};

static struct beside *find(struct around *a, int32_t p) {
    size_t i = 0;
    while (i < a->n && a->at[i].p != p) {
        i++;
    }
    return i < a->n ? &a->at[i] : NULL;
}

static bool is_of_span(const struct fact *x) {
    return !x->inferred && x->span != NO_ID;
}

/* A stack may grow between an object's slot and its event; and where a heap span comes, its places follow. */
static bool is_of_pages(const struct fact *x) {
    return x->kind == FACT_SPAN_ALLOC || x->kind == FACT_SPAN_FREE;
}

/* A span that a refill moves into an mcache or out of it; those that a sweep moves are where they were until it is
 * over. */
static bool is_refill(const struct fact *x) {
    return x->kind == FACT_PLACE && (x->why == WHY_UNCACHED || x->why == WHY_REFILLED);
}

static struct beside last_of(const struct fact *x, uint64_t at) {
    return (struct beside){.p = x->p,
                           .g = x->g,
                           .last = x->t,
                           .from = at,
                           .freed = x->kind == FACT_FREE ? x->span : NO_ID,
                           .next = INT64_MIN};
}

static void before(struct around *a, reel *r, uint64_t pos) {
    struct fact x;
    uint64_t end = pos > MAX_LOOK ? pos - MAX_LOOK : 0;
    size_t procs = reel_procs(r); /* that ever were, as their number changes */
    for (uint64_t at = pos; at > end && a->n < MAX_BESIDE && reel_fact(r, at - 1, &x); at--) {
        if (!is_of_span(&x)) {
            continue;
        }
        if (at + BLOCK_FACTS < pos && procs > 0 && a->procs >= procs) {
            break; /* the last event of each was seen */
        }
        if (find(a, x.p) == NULL) {
            a->at[a->n++] = last_of(&x, at);
            a->procs += x.p >= 0;
        }
    }
}

static void add(struct frame_passing *to, uint32_t span, uint64_t first, uint64_t last) {
    if (span != NO_ID && to->n < MAX_PASSING) {
        to->span[to->n++] = (struct untold){first, last + 1, span};
    }
}

/* The first fact of a P behind the position. */
static void see_next(struct frame_passing *to, struct beside *b, const struct fact *x, uint64_t at) {
    b->next = x->t;
    b->to = at;
    b->silent = x->g == b->g && x->t - b->last >= LONG_SILENT;
    if (b->silent || (x->kind == FACT_FREE && x->span == b->freed)) {
        add(to, b->freed, b->from, at);
    }
}

/* What comes next on each of these Ps. */
static void behind(struct frame_passing *to, struct around *a, reel *r, uint64_t pos) {
    struct fact x;
    size_t left = a->n;
    for (uint64_t at = pos; at < pos + MAX_LOOK && left > 0 && reel_fact(r, at, &x); at++) {
        struct beside *b = is_of_span(&x) && !is_of_pages(&x) ? find(a, x.p) : NULL;
        if (b == NULL || b->told) {
            continue;
        }
        if (b->next == INT64_MIN) {
            see_next(to, b, &x, at);
        }
        if (b->silent && b->next == x.t && (x.kind == FACT_ALLOC || is_refill(&x))) {
            add(to, x.span, b->from, b->to);
        }
        b->told = !b->silent || b->next != x.t || x.kind != FACT_PLACE;
        left -= b->told;
    }
}

void passing_beside(reel *r, uint64_t pos, struct frame_passing *out) {
    struct around a = {.n = 0};
    out->n = 0;
    before(&a, r, pos);
    behind(out, &a, r, pos);
}

/* Goroutines that had stopped with a slot taken. */
static void stopped(struct frame_passing *to, const reel *r, uint64_t pos) {
    for (size_t i = untold_from(r, pos); i < r->nuntold && r->untold[i].to - pos <= r->longest_untold; i++) {
        if (r->untold[i].from <= pos) {
            add(to, r->untold[i].span, r->untold[i].from, r->untold[i].to);
        }
    }
}

bool frame_is_passing(const struct frame *f, uint32_t span) {
    struct frame_passing *known = f->passing;
    uint64_t facts = reel_facts(f->r);
    facts = facts < f->pos + MAX_LOOK ? facts : f->pos + MAX_LOOK;
    if (known->pos != f->pos || known->facts != facts || known->untold != f->r->nuntold) {
        passing_beside(f->r, f->pos, known);
        stopped(known, f->r, f->pos);
        known->pos = f->pos;
        known->facts = facts;
        known->untold = f->r->nuntold;
    }
    for (size_t i = 0; i < known->n; i++) {
        if (known->span[i].span == span) {
            return true;
        }
    }
    return false;
}
