/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sweep.c - mcentral's lists, and which spans have been swept.
 *
 * There are two sets of lists, swept and unswept, each with one list for every span class and fill (sweep class: 2 *
 * span class where full, one more where not; runtime/mgcsweep.go, sweepClass.split). A GC's end turns the swept set
 * into the unswept one. Spans are pushed at the tail and taken from the head, and sweepers go through the unswept lists
 * in a fixed order: so one span seen being swept tells that all before it were (doc/inference.md 5).
 *
 * A span that is swept and loses nothing leaves no event, so when it was pushed back is known only within bounds. One
 * span was pushed before another where its bounds end earlier, or where both were taken from one list, one after the
 * other (a chain). Only what is before in this sense is concluded; the rest is neither swept nor unswept until it
 * shows.
 *
 * Invariants: a heap span in use is in exactly one list, or in an mcache, or neither while it is being moved; a list is
 * sorted by `order`; FACT_GC and FACT_SWEEP take turns.
 */
#include "core/recorder.h"

enum { MAX_PASSED = 32 }; /* spans of unknown order that a look for known ones goes past */

/* Lists of even number are of full spans. */
static bool is_full_list(unsigned sweep_class) {
    return sweep_class % 2 == 0;
}

static struct list *list_of(struct recorder *rec, uint32_t span) {
    struct span_mind *s = rec_mind(rec, span);
    return &rec->lists[s->set][s->list];
}

void sweep_remove(struct recorder *rec, uint32_t span) {
    uint32_t at = rec->head->seat_of[span];
    struct span_mind *s = &rec->mind[at];
    if (s->list == NO_LIST) {
        return;
    }
    struct list *l = &rec->lists[s->set][s->list];
    *(s->prev == NO_ID ? &l->first : &rec->mind[s->prev].next) = s->next;
    *(s->next == NO_ID ? &l->last : &rec->mind[s->next].prev) = s->prev;
    s->list = NO_LIST;
    rec->head->seat[at].full_list = false;
}

void sweep_push(struct recorder *rec, uint32_t span, bool swept, uint32_t since, uint32_t chain) {
    sweep_remove(rec, span);
    uint32_t at = rec->head->seat_of[span];
    struct frame_span *seat = &rec->head->seat[at];
    struct span_mind *s = &rec->mind[at];
    s->set = (uint8_t)(swept ? rec->swept_set : !rec->swept_set);
    s->list = (uint16_t)(2 * seat->span_class + !rec_full(rec, span));
    s->order = rec->order;
    s->since = since < rec->order ? since : rec->order;
    s->chain = chain;
    seat->full_list = is_full_list(s->list);
    struct list *l = &rec->lists[s->set][s->list];
    s->prev = l->last;
    s->next = NO_ID;
    *(l->last == NO_ID ? &l->first : &rec->mind[l->last].next) = at;
    l->last = at;
    if (!swept) {
        rec->unswept_left = true;
        rec->drained = s->list < rec->drained ? s->list : rec->drained;
    }
}

void sweep_push_since(struct recorder *rec, uint32_t span, uint32_t since) {
    rec->order++;
    sweep_push(rec, span, true, since + 1, NO_CHAIN);
}

void sweep_push_now(struct recorder *rec, uint32_t span) {
    sweep_push_since(rec, span, rec->order);
}

bool sweep_is_unswept(const struct recorder *rec, uint32_t span) {
    return rec_seat(rec, span)->swept_at != rec->head->gc;
}

void sweep_begins(struct recorder *rec) {
    if (!frame_sweeping(rec->head)) {
        rec_fact(rec, FACT_SWEEP, NO_ID, 0, 0, false);
    }
}

void sweep_settle(struct recorder *rec, uint32_t span) {
    struct frame_span *s = rec_seat(rec, span);
    uint32_t slots = s->plain_elems == 0 ? 1 : marks_open(rec) ? marks_begin(rec, span) : s->plain_elems;
    uint32_t end = s->hi < slots ? s->hi : slots;
    for (uint32_t at = 0; at < end && rec_may_conclude(rec); at += 64) {
        uint64_t taken = end - at >= 64 ? UINT64_MAX : (UINT64_C(1) << (end - at)) - 1;
        for (uint64_t left = taken & ~frame_bits(rec->head, s)[at / 64]; left != 0; left &= left - 1) {
            uint32_t slot = at + (uint32_t)__builtin_ctzll(left);
            heap_conclude(rec, span, slot);
        }
    }
    s->hi = 0;
    rec_mind(rec, span)->swept_once = true;
}

/* Settle a listed span, back on the list that its fill asks for. */
static void sweep_one(struct recorder *rec, uint32_t span, uint32_t since, uint32_t chain, enum place_reason why) {
    sweep_settle(rec, span);
    struct span_state st = rec_state(rec, span);
    st.place = rec_full(rec, span) ? PLACE_EMPTY : PLACE_NONEMPTY;
    st.swept = KNOWN_YES;
    /* One of the snapshot may as well be in an mcache, and stale there, which silence doesn't tell. */
    bool seated = st.sure || why != WHY_SILENT || rec->owners_flushed;
    st.sure = seated && !rec_mind(rec, span)->owner_unknown && !marks_may_fill(rec, span);
    rec_place(rec, span, st, why);
    rec_mind(rec, span)->silent = why == WHY_SILENT;
    sweep_push(rec, span, true, since, chain);
}

/* ---- what one swept span tells of others */

static uint32_t chain_of(const struct recorder *rec, unsigned sweep_class) {
    return (rec->head->gc * SWEEP_CLASSES + sweep_class) * 2;
}

static bool in_chain(uint32_t chain, const struct span_mind *y) {
    return chain != NO_CHAIN && chain == y->chain;
}

static bool is_before(const struct span_mind *x, const struct span_mind *y) {
    return x->order < y->since || (in_chain(x->chain, y) && x->order < y->order);
}

bool sweep_is_first(const struct recorder *rec, uint32_t span) {
    const struct span_mind *s = rec_mind(rec, span);
    return s->list != NO_LIST && s->prev == NO_ID && (s->next == NO_ID || is_before(s, &rec->mind[s->next]));
}

/* Was x pushed after the span that a sweeper was last seen to take? Then it was unswept at that time. */
static bool is_behind_passed(const struct list *l, const struct span_mind *x) {
    return x->since > l->passed || (in_chain(l->passed_chain, x) && x->order > l->passed);
}

/* All of an unswept list that nobody went past was unswept at this point. */
static uint32_t unswept_since(const struct recorder *rec, unsigned sweep_class) {
    uint32_t seen = rec->lists[!rec->swept_set][sweep_class].seen;
    uint32_t since = sweep_class > rec->front && rec->front_seen > seen ? rec->front_seen : seen;
    return since > rec->gc_order ? since + 1 : rec->gc_order + 1;
}

/* A chain that is being forged from spans in the order of an old list. */
struct forge {
    uint32_t id;     /* of the chain */
    uint32_t last;   /* the greatest old order in it */
    uint32_t before; /* of those before the last ones of equal order */
    uint32_t chain;  /* old chain of the last one */
    uint32_t other;  /* the greatest old order of those of another chain */
    uint32_t number; /* new order of the last one, 0: none */
};

enum fit { FIT_NOT, FIT_TIE, FIT_BEHIND };

/* Is a span known to be behind all in the chain, or all but the last ones? */
static enum fit fits(const struct recorder *rec, const struct forge *f, const struct span_mind *s) {
    bool linked = in_chain(f->chain, s) && s->order > f->last && s->since > f->other;
    if (f->number == 0 || s->since > f->last || linked) {
        return FIT_BEHIND;
    }
    bool behind_others = f->before == 0 || s->since > f->before;
    return f->number == rec->order && behind_others ? FIT_TIE : FIT_NOT;
}

static void forge_on(struct recorder *rec, struct forge *f, const struct span_mind *s, enum fit fit) {
    bool same = in_chain(f->chain, s);
    if (fit == FIT_BEHIND) {
        f->before = f->last;
        f->other = same ? f->other : f->last;
        rec->order++;
    }
    f->chain = same || fit == FIT_BEHIND ? s->chain : NO_CHAIN;
    f->last = s->order;
    f->number = rec->order;
}

/*
 * The chain to which a span that is taken after others belongs, the one that grew last where it fits both. Spans that
 * may have been before or after each other must not become links of one chain; mostly these are the survivors of the
 * last sweep and what was allocated meanwhile, so two are enough. Spans of unknown mutual order get the same new one.
 */
static uint32_t choose_chain(struct recorder *rec, struct forge forge[2], const struct span_mind *s) {
    unsigned first = forge[1].number > forge[0].number;
    for (unsigned i = 0; i < 2; i++) {
        struct forge *f = &forge[first ^ i];
        enum fit fit = fits(rec, f, s);
        if (fit != FIT_NOT) {
            forge_on(rec, f, s, fit);
            return f->id;
        }
    }
    return NO_CHAIN;
}

/*
 * What a seat of a list leads to is fetched while those before it are looked at: the seat two places ahead, and of the
 * next one, which is there by now, what is kept by span.
 */
static uint32_t fetch_ahead(const struct recorder *rec, uint32_t next) {
    if (next == NO_ID) {
        return NO_ID;
    }
    const struct frame_span *s = &rec->head->seat[next];
    plain_fetch_span(rec, s);
    if (s->nwords > 0) {
        __builtin_prefetch(&rec->head->pool[s->words], 1);
    }
    uint32_t second = rec->mind[next].next;
    if (second != NO_ID) {
        __builtin_prefetch(&rec->mind[second], 1);
        __builtin_prefetch(&rec->head->seat[second], 1);
    }
    return next;
}

/*
 * mheap.reclaim goes by address, past the lists, and sweeps spans whose pages aren't marked. Where marks lie in the
 * span itself those with live objects may be among them (tryDeferToSpanScan), and leave no event.
 */
static bool may_be_reclaimed(const struct recorder *rec, unsigned span_class) {
    const struct layout *l = &rec->r->layout;
    return rec->reclaimed && l->inline_marks && span_class / 2 > 1 &&
           layout_elem(span_class / 2) <= layout_most_in_span(l);
}

/* Sweep what is known to be before span `until` in an unswept list, all of it for NO_ID. */
static void drain(struct recorder *rec, unsigned sweep_class, uint32_t until) {
    const struct list *l = &rec->lists[!rec->swept_set][sweep_class];
    uint32_t stop = until != NO_ID ? rec->head->seat_of[until] : NO_ID;
    bool in_turn = !rec->out_of_turn[sweep_class / 2] && !may_be_reclaimed(rec, sweep_class / 2);
    if (l->first == stop) {
        return;
    }
    rec->order++; /* what is swept now was so after all that was seen before */
    struct forge forge[2] = {{.id = chain_of(rec, sweep_class)}, {.id = chain_of(rec, sweep_class) + 1}};
    uint32_t since = unswept_since(rec, sweep_class), unknown = 0, next;
    for (uint32_t x = l->first; x != NO_ID && x != stop; x = next) {
        const struct span_mind *s = &rec->mind[x];
        next = fetch_ahead(rec, s->next);
        if (stop != NO_ID && !is_before(s, &rec->mind[stop])) {
            if (++unknown > MAX_PASSED || rec->mind[stop].chain == NO_CHAIN) { /* those behind it have no less order */
                break;
            }
            continue;
        }
        bool behind = in_turn && is_behind_passed(l, s);
        uint32_t chain = behind ? choose_chain(rec, forge, s) : NO_CHAIN;
        sweep_one(rec, rec->head->seat[x].span, behind ? since : rec->gc_order + 1, chain, WHY_SILENT);
    }
}

/* A sweeper took a span of an unswept list, at order `at` or later. */
static void list_seen(struct recorder *rec, uint32_t span, uint32_t at) {
    const struct span_mind *s = rec_mind(rec, span);
    struct list *l = list_of(rec, span);
    l->seen = at > l->seen ? at : l->seen;
    rec->order++;
    l->passed = s->order; /* the last one taken lay behind all before it, however well its order is known */
    l->passed_chain = s->chain;
}

/* sweepone took a span of this list: lower lists are drained, higher ones were untouched at order `at`. */
static void front_seen(struct recorder *rec, unsigned sweep_class, uint32_t at) {
    for (; rec->drained < sweep_class; rec->drained++) {
        drain(rec, rec->drained, NO_ID);
    }
    rec->front = sweep_class;
    rec->front_seen = rec->front_lost ? 0 : at;
}

static uint64_t bytes_of(const struct recorder *rec, uint32_t span) {
    return frame_pages(rec->head, rec_seat(rec, span)) * HEAP_PAGE_BYTES;
}

/* Who sweeps this span now; a range accounts for it. */
static enum sweeper sweeper_of(struct recorder *rec, uint32_t span) {
    if (rec->now.g != NO_ID && (rec->now.g == rec->bgsweep || (rec->stw_sweeps && rec->now.g == rec->stw_g))) {
        return SWEEPER_BACKGROUND;
    }
    struct proc_mind *p = place_proc(rec, rec->now.p);
    if (p == NULL) {
        return SWEEPER_OTHER;
    }
    p->seen += bytes_of(rec, span);
    return p->sweeper;
}

/* A span of an unswept list is swept in the order of the lists; by sweepone, or for a refill; taken since order `at`.
 */
static void taken_in_order(struct recorder *rec, uint32_t span, bool for_refill, uint32_t at) {
    unsigned sweep_class = rec_mind(rec, span)->list;
    if (for_refill && is_full_list(sweep_class)) {
        drain(rec, sweep_class + 1, NO_ID); /* it looks for partly filled ones first */
    }
    drain(rec, sweep_class, span);
    list_seen(rec, span, at);
    if (!for_refill) {
        front_seen(rec, sweep_class, at);
    }
}

/*
 * Whoever sets a finalizer, a cleanup or a weak pointer sweeps the span out of turn (ensureSwept); mostly that leaves
 * no event. Where it does, what silent sweeps of the class say of its order is worth nothing. runtime.GC sweeps in
 * order, flushes are done by nobody.
 */
static bool is_out_of_turn(const struct recorder *rec, enum sweeper by) {
    return by == SWEEPER_OTHER && rec->now.g != NO_ID && rec->now.g != rec->gc_caller;
}

/*
 * A span is pushed once all that it loses is told, and its sweeper may be stopped in between: so the latest order that
 * it can have is known at that thread's next event about something else. Where others were pushed meanwhile nobody
 * knows which was first.
 */
static void push_over(struct recorder *rec, uint32_t span) {
    if (!frame_in_use(rec->head, span) || rec_mind(rec, span)->list == NO_LIST) {
        return;
    }
    struct span_mind *s = rec_mind(rec, span);
    rec->order++;
    if (s->next == NO_ID) {
        s->order = rec->order;
    } else {
        sweep_push(rec, span, s->set == rec->swept_set, s->since, NO_CHAIN);
    }
}

/* A thread that flushes the mcache of the P it is about to start has done so when it tells anything but a free. */
static bool is_over(const struct recorder *rec, const struct under_way *x) {
    bool flushes = x->kind == UNDER_WAY_FLUSH && rec->now.p < 0 && rec_frees(rec->now.by);
    return x->m == rec->m && !flushes;
}

static void forget_under_way(struct recorder *rec, bool all) {
    size_t kept = 0, n = rec->nunder_way;
    for (size_t i = 0; i < n; i++) {
        if (all || is_over(rec, &rec->under_way[i])) {
            push_over(rec, rec->under_way[i].span);
            untold_swept(rec, &rec->under_way[i]);
        } else {
            rec->under_way[kept++] = rec->under_way[i];
        }
    }
    rec->nunder_way = kept;
}

void sweep_over(struct recorder *rec) {
    if (rec->nunder_way > 0) {
        forget_under_way(rec, false);
    }
}

void sweep_under_way(struct recorder *rec, uint32_t span, enum under_way_kind kind) {
    if (rec->nunder_way == MAX_UNDER_WAY) {
        forget_under_way(rec, true);
    }
    rec->under_way[rec->nunder_way++] = (struct under_way){rec->m, span, kind, reel_facts(rec->r), rec->now.t};
}

void sweep_seen(struct recorder *rec, uint32_t span) {
    sweep_over(rec);
    const struct span_mind *s = rec_mind(rec, span);
    struct proc_mind *p = place_proc(rec, rec->now.p);
    uint32_t chain = NO_CHAIN;
    sweep_begins(rec);
    if (s->list != NO_LIST && s->set != rec->swept_set) {
        enum sweeper by = sweeper_of(rec, span);
        if (by == SWEEPER_BACKGROUND || by == SWEEPER_CREDIT || by == SWEEPER_CACHE) {
            chain = chain_of(rec, s->list);
            taken_in_order(rec, span, by == SWEEPER_CACHE, p == NULL ? rec->gc_order : p->took);
        }
        rec->out_of_turn[rec_span_class(rec, span)] |= is_out_of_turn(rec, by);
    }
    sweep_one(rec, span, ++rec->order, chain, WHY_SWEPT);
    sweep_under_way(rec, span, UNDER_WAY_SWEEP);
    if (p != NULL) {
        p->took = rec->order;
        p->freed = p->sweeper == SWEEPER_CACHE && rec_mind(rec, span)->losing ? span : p->freed;
    }
}

void sweep_by_refill(struct recorder *rec, int32_t p, uint32_t span, enum refill_way way, uint32_t began) {
    if (!rec->unswept_left) {
        return;
    }
    uint64_t silent = rec->procs[p].silent;
    rec->procs[p].silent = 0;
    bool unswept = rec_mind(rec, span)->list != NO_LIST && rec_mind(rec, span)->set != rec->swept_set;
    if (way == REFILL_GROWN) {
        drain(rec, 2 * rec_span_class(rec, span) + 1, NO_ID); /* no partial span was left to sweep */
    } else if (unswept) {
        sweep_begins(rec);
        rec->out_of_turn[rec_span_class(rec, span)] |= way == REFILL_FOUND;
    }
    if (unswept && way == REFILL_SWEPT) {
        silent -= silent >= bytes_of(rec, span) ? bytes_of(rec, span) : 0;
        taken_in_order(rec, span, true, began);
    }
    rec->front_lost |= silent > 0;
}

void sweep_refile(struct recorder *rec, uint32_t span) {
    struct span_mind *s = rec_mind(rec, span);
    if (s->list == NO_LIST || is_full_list(s->list) == rec_full(rec, span)) {
        return;
    }
    rec->order++;
    sweep_push(rec, span, s->set == rec->swept_set, s->since, NO_CHAIN);
    struct span_state st = rec_state(rec, span);
    st.place = rec_full(rec, span) ? PLACE_EMPTY : PLACE_NONEMPTY;
    rec_place(rec, span, st, WHY_SWEPT);
}

void sweep_all(struct recorder *rec) {
    sweep_begins(rec);
    forget_under_way(rec, true);
    place_flush_all(rec);
    if (rec->unswept_left) {
        for (; rec->drained < SWEEP_CLASSES; rec->drained++) {
            drain(rec, rec->drained, NO_ID);
        }
        rec->unswept_left = false;
    }
}

void sweep_gc_end(struct recorder *rec) {
    sweep_all(rec);
    rec_fact(rec, FACT_GC, NO_ID, 0, 0, false);
    idmap_clear(&rec->again);
    rec->nahead = 0;
    rec->swept_set = !rec->swept_set;
    rec->drained = 0;
    rec->unswept_left = true;
    rec->gc_order = rec->order;
    rec->gc_facts = reel_facts(rec->r);
    rec->front = 0;
    rec->front_seen = 0;
    rec->front_lost = false;
    rec->reclaimed = false;
    rec->some_supposed &= rec->head->gc == 1; /* all of them were flushed after the first one */
    for (size_t p = 0; (p = place_next_holder(rec, p)) < MAX_PROCS; p++) {
        rec->procs[p].stale = true;
    }
    place_settle_owners(rec, false); /* their sweeps will show where they are (R7) */
}
