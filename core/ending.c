/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ending.c - what was under way when the trace ended, and what that leaves in doubt.
 *
 * Three things can be cut in two: a goroutine that was stopped inside malloc has its slot, but not yet its event; a
 * refill was announced, but the object that shows which span it got is missing; a span was being swept. What follows
 * all the same is said, and what doesn't is marked as a guess.
 */
#include "core/recorder.h"

enum {
    MAX_REFILLS = 32,           /* announced and not seen; of more than that the older ones are no refills */
    NEAR_LOOK = BLOCK_FACTS,    /* facts before the end among which a P's last one is looked for; */
    FAR_LOOK = 256 * NEAR_LOOK, /* more where a thread was seen to sweep, and did nothing else since that is known */
    MAX_SWEEPERS = 256
};

static void doubt(struct recorder *rec, uint32_t span) {
    struct span_state st = rec_state(rec, span);
    st.sure = false;
    rec_place(rec, span, st, WHY_CUT);
}

/* ---- refills */

/* May the refill have taken this span? It is on a list, and has as many free bytes as the live heap grew by. */
static bool may_be_taken(const struct recorder *rec, uint32_t span, const struct pending *x) {
    const struct span *s = &rec->r->spans[span];
    const struct frame_span *f = rec_seat(rec, span);
    if (s->kind != SPAN_HEAP || s->class == 0 || f->place != PLACE_NONEMPTY) {
        return false;
    }
    uint32_t old = rec->procs[x->p].cache[f->span_class];
    return (old == NO_ID || rec_full(rec, old)) && wanted_fits(rec, x->wanted, s) &&
           x->growth == (int64_t)(s->npages * HEAP_PAGE_BYTES - f->live * s->elem);
}

/*
 * Of these, would it have taken just this one? A refill takes the first swept one of a list; or it sweeps until one has
 * room: that is the one that lost objects, or it had room before and lost none.
 */
static bool is_its_turn(const struct recorder *rec, uint32_t span, const struct pending *x) {
    if (!x->swept) {
        return sweep_is_first(rec, span);
    }
    return x->freed != NO_ID ? span == x->freed : rec_mind(rec, span)->silent || sweep_is_unswept(rec, span);
}

/* The spans that P p's mcache held, and has to give up where it is refilled. */
static void doubt_cached(struct recorder *rec, int32_t p, unsigned span_class) {
    uint32_t old = rec->procs[p].cache[span_class];
    if (old != NO_ID) {
        doubt(rec, old);
    }
}

/* It is refilled for an object, which takes the first free slot; a GC may start before that is told. */
static void take_first(struct recorder *rec, uint32_t span) {
    struct frame_span *f = rec_seat(rec, span);
    uint32_t slot = f->hi;
    while (slot < f->plain_elems && frame_bit(rec->head, span, slot)) {
        slot++;
    }
    f->hi = (uint16_t)(slot < f->plain_elems ? slot + 1 : slot);
}

static void settle_refill(struct recorder *rec, struct pending x) {
    const uint32_t *ids;
    size_t n = frame_spans(rec->head, &ids), candidates = 0, likely = 0;
    uint32_t last = NO_ID, next = NO_ID;
    for (size_t i = 0; i < n; i++) {
        if (may_be_taken(rec, ids[i], &x)) {
            doubt_cached(rec, x.p, rec_span_class(rec, ids[i]));
            doubt(rec, ids[i]);
            candidates++;
            last = ids[i];
            if (is_its_turn(rec, last, &x)) {
                likely++;
                next = last;
            }
        }
    }
    if (candidates == 1 || likely == 1) {
        uint32_t span = likely == 1 ? next : last;
        uint32_t old = rec->procs[x.p].cache[rec_span_class(rec, span)];
        place_refill(rec, x.p, span, place_refill_of(&x));
        take_first(rec, span);
        doubt(rec, span);
        if (old != NO_ID) {
            doubt(rec, old); /* it is no more certain to be gone than that one is to be there */
        }
    }
}

/* A span was grown, and its refill not announced: it may be in its mcache by now or not, and the one before as well. */
static void doubt_growths(struct recorder *rec) {
    for (unsigned i = 0; i < rec->ngrowers; i++) {
        const uint32_t span[] = {rec->growers[i].span, rec->growers[i].old};
        bool there = span[0] != NO_ID && frame_in_use(rec->head, span[0]) && place_fresh(rec, span[0]);
        for (size_t k = 0; k < 2 && there; k++) {
            if (span[k] != NO_ID && frame_in_use(rec->head, span[k])) {
                doubt(rec, span[k]);
            }
        }
    }
}

static void settle_refills(struct recorder *rec) {
    struct pending left[MAX_REFILLS];
    size_t n = 0;
    for (size_t i = rec->npending; i-- > 0 && n < MAX_REFILLS;) {
        const struct pending *x = &rec->pending[i];
        if (!x->soft && x->gc == rec->head->gc && place_proc(rec, x->p) != NULL) {
            left[n++] = *x;
        }
    }
    rec->npending = 0;
    for (size_t i = 0; i < n && rec_may_conclude(rec); i++) {
        settle_refill(rec, left[i]);
    }
}

/* ---- objects */

/* A span is made for an object, but a GC may start before that one is told. */
static bool is_new(const struct recorder *rec, uint32_t span) {
    const struct frame_span *f = rec_seat(rec, span);
    bool before = rec->r->spans[span].at_start;
    return f->heap && !before && f->live == 0 && !rec_mind(rec, span)->swept_once;
}

static void settle_objects(struct recorder *rec) {
    const uint32_t *ids;
    size_t n = frame_spans(rec->head, &ids);
    for (size_t i = 0; i < n; i++) {
        struct frame_span *f = rec_seat(rec, ids[i]);
        f->hi = f->hi == 0 && is_new(rec, ids[i]) ? 1 : f->hi;
        if (f->hi > 0) {
            sweep_settle(rec, ids[i]);
            if (rec_mind(rec, ids[i])->unreported > 0) {
                doubt(rec, ids[i]);
            }
        }
    }
}

/* ---- sweeps */

/* Ps whose last fact was found, and the spans in which it freed an object. */
struct lasts {
    int32_t proc[MAX_SWEEPERS];
    uint32_t span[MAX_SWEEPERS];
    size_t nprocs, nspans;
};

/* x is the fact at position `at`; all behind it have been looked at. */
static void look_at(const struct recorder *rec, uint64_t at, const struct fact *x, struct lasts *found) {
    size_t i = 0;
    while (i < found->nprocs && found->proc[i] != x->p) {
        i++;
    }
    if (i < found->nprocs || x->inferred) {
        return;
    }
    found->proc[found->nprocs++] = x->p;
    /* it did nothing else since */
    if (x->kind == FACT_FREE && rec->touched[x->p + 1] <= at) {
        found->span[found->nspans++] = x->span;
    }
}

/* Facts from position `from` on, the last one first. */
static void find_lasts(struct recorder *rec, uint64_t from, struct lasts *found) {
    uint32_t n;
    uint64_t at = reel_facts(rec->r);
    while (at > from) {
        uint64_t first = (at - 1) / BLOCK_FACTS * BLOCK_FACTS;
        const struct fact *x = reel_block(rec->r, first / BLOCK_FACTS, &n);
        if (x == NULL) {
            return;
        }
        for (first = first > from ? first : from; at > first; at--) {
            if (found->nprocs == MAX_SWEEPERS) {
                return;
            }
            look_at(rec, at - 1, &x[(at - 1) % BLOCK_FACTS], found);
        }
    }
}

/*
 * A P whose last fact is a free may be in the middle of sweeping that span: for as long as its thread is stopped, while
 * others go on.
 */
static void doubt_sweeps(struct recorder *rec) {
    struct lasts found = {.nprocs = 0};
    uint64_t end = reel_facts(rec->r), look = rec->nunder_way > 0 ? FAR_LOOK : NEAR_LOOK;
    reel_settle(rec->r); /* so that facts can be read */
    find_lasts(rec, end > look ? end - look : 0, &found);
    for (size_t i = 0; i < found.nspans; i++) {
        if (frame_in_use(rec->head, found.span[i])) {
            doubt(rec, found.span[i]);
        }
    }
}

/* A goroutine that is stopped with its slot taken, where its stack tells the span. */
static void doubt_stopped(struct recorder *rec) {
    for (size_t i = 0; i < rec->nstopped; i++) {
        uint32_t span = rec->stopped[i].span;
        if (span != NO_ID && frame_in_use(rec->head, span)) {
            doubt(rec, span);
        }
    }
}

void heap_trace_ends(struct recorder *rec) {
    doubt_stopped(rec);
    doubt_sweeps(rec);
    doubt_growths(rec);
    settle_refills(rec);
    settle_objects(rec);
    untold_ends(rec);
}
