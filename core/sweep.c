/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sweep.c - mcentral's lists, and which spans have been swept.
 *
 * There are two sets of lists, swept and unswept, each with one list for every span class and fill (sweep class: 2 *
 * span class where full, one more where not; runtime/mgcsweep.go, sweepClass.split). A GC's end turns the swept set
 * into the unswept one. Spans are pushed at the tail and taken from the head, and sweepers go through the unswept lists
 * in a fixed order: so one span seen being swept tells that all before it were (go-heap.md 3.3).
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
    struct span_mind *s = rec_mind(rec, span);
    if (s->list == NO_LIST) {
        return;
    }
    struct list *l = list_of(rec, span);
    *(s->prev == NO_ID ? &l->first : &rec_mind(rec, s->prev)->next) = s->next;
    *(s->next == NO_ID ? &l->last : &rec_mind(rec, s->next)->prev) = s->prev;
    s->list = NO_LIST;
    rec_seat(rec, span)->full_list = false;
}

void sweep_push(struct recorder *rec, uint32_t span, bool swept, uint32_t since, uint32_t chain) {
    sweep_remove(rec, span);
    struct span_mind *s = rec_mind(rec, span);
    s->set = (uint8_t)(swept ? rec->swept_set : !rec->swept_set);
    s->list = (uint16_t)(2 * rec_span_class(rec, span) + !rec_full(rec, span));
    s->order = rec->order;
    s->since = since < rec->order ? since : rec->order;
    s->chain = chain;
    rec_seat(rec, span)->full_list = is_full_list(s->list);
    struct list *l = list_of(rec, span);
    s->prev = l->last;
    s->next = NO_ID;
    *(l->last == NO_ID ? &l->first : &rec_mind(rec, l->last)->next) = span;
    l->last = span;
    if (!swept) {
        rec->unswept_left = true;
        rec->drained = s->list < rec->drained ? s->list : rec->drained;
    }
}

void sweep_push_now(struct recorder *rec, uint32_t span) {
    sweep_push(rec, span, true, ++rec->order, NO_CHAIN);
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
    uint32_t end = s->hi < rec->r->spans[span].nelems ? s->hi : rec->r->spans[span].nelems;
    for (uint32_t at = 0; at < end && rec_may_conclude(rec); at += 64) {
        uint64_t taken = end - at >= 64 ? UINT64_MAX : (UINT64_C(1) << (end - at)) - 1;
        for (uint64_t left = taken & ~frame_bits(rec->head, s)[at / 64]; left != 0; left &= left - 1) {
            uint32_t slot = at + (uint32_t)__builtin_ctzll(left);
            heap_set_type(rec, span, slot, 0);
            rec_fact(rec, FACT_ALLOC, span, slot, 0, true); /* taken, its event is late */
        }
    }
    s->hi = 0;
    rec_mind(rec, span)->swept_once = true;
}

/* Settle a listed span, back on the list that its fill asks for. */
static void sweep_one(struct recorder *rec, uint32_t span, uint32_t since, uint32_t chain) {
    sweep_settle(rec, span);
    struct span_state st = rec_state(rec, span);
    st.place = rec_full(rec, span) ? PLACE_EMPTY : PLACE_NONEMPTY;
    st.swept = KNOWN_YES;
    st.sure = !rec_mind(rec, span)->owner_unknown;
    rec_place(rec, span, st, WHY_SWEPT);
    sweep_push(rec, span, true, since, chain);
}

/* ---- what one swept span tells of others */

static uint32_t chain_of(const struct recorder *rec, unsigned sweep_class) {
    return rec->head->gc * SWEEP_CLASSES + sweep_class;
}

static bool in_chain(uint32_t chain, const struct span_mind *y) {
    return chain != NO_CHAIN && chain == y->chain;
}

static bool is_before(const struct span_mind *x, const struct span_mind *y) {
    return x->order < y->since || (in_chain(x->chain, y) && x->order < y->order);
}

/* All of an unswept list that nobody went past was unswept at this point. */
static uint32_t unswept_since(const struct recorder *rec, unsigned sweep_class) {
    uint32_t seen = rec->lists[!rec->swept_set][sweep_class].seen;
    uint32_t since = sweep_class > rec->front && rec->front_seen > seen ? rec->front_seen : seen;
    return since > rec->gc_order ? since + 1 : rec->gc_order + 1;
}

/*
 * Sweep what is known to be before span `until` in an unswept list, all of it for NO_ID. Spans of unknown mutual order
 * get the same new one.
 */
static void drain(struct recorder *rec, unsigned sweep_class, uint32_t until) {
    const struct list *l = &rec->lists[!rec->swept_set][sweep_class];
    uint32_t since = unswept_since(rec, sweep_class), chain = NO_CHAIN, last = NO_ID, unknown = 0, next;
    for (uint32_t x = l->first; x != NO_ID && x != until; x = next) {
        const struct span_mind *s = rec_mind(rec, x);
        next = s->next;
        if (next != NO_ID) {
            __builtin_prefetch(rec_mind(rec, next));
            __builtin_prefetch(rec_seat(rec, next), 1);
        }
        if (until != NO_ID && !is_before(s, rec_mind(rec, until))) {
            if (++unknown > MAX_PASSED) {
                break;
            }
            continue;
        }
        bool known = last == NO_ID || s->since > last || (in_chain(chain, s) && s->order > last);
        chain = known || in_chain(chain, s) ? s->chain : NO_CHAIN;
        rec->order += known;
        last = s->order;
        bool passed = s->order <= l->passed;
        sweep_one(rec, x, passed ? rec->gc_order + 1 : since, passed ? NO_CHAIN : chain_of(rec, sweep_class));
    }
}

/* A sweeper took a span of an unswept list just now. */
static void list_seen(struct recorder *rec, uint32_t span) {
    struct list *l = list_of(rec, span);
    l->seen = ++rec->order;
    l->passed = rec_mind(rec, span)->order > l->passed ? rec_mind(rec, span)->order : l->passed;
}

/* sweepone took a span of this list: lower lists are drained, higher ones untouched. */
static void front_seen(struct recorder *rec, unsigned sweep_class) {
    for (; rec->drained < sweep_class; rec->drained++) {
        drain(rec, rec->drained, NO_ID);
    }
    rec->front = sweep_class;
    rec->front_seen = rec->front_lost ? 0 : rec->order;
}

static uint64_t bytes_of(const struct recorder *rec, uint32_t span) {
    return rec->r->spans[span].npages * HEAP_PAGE_BYTES;
}

/* Who sweeps this span now; a range accounts for it. */
static enum sweeper sweeper_of(struct recorder *rec, uint32_t span) {
    if (rec->now.g != NO_ID && rec->now.g == rec->bgsweep) {
        return SWEEPER_BACKGROUND;
    }
    struct proc_mind *p = place_proc(rec, rec->now.p);
    if (p == NULL) {
        return SWEEPER_OTHER;
    }
    p->seen += bytes_of(rec, span);
    return p->sweeper;
}

/* A span of an unswept list is being swept in the order of the lists; by sweepone, or for a refill. */
static void taken_in_order(struct recorder *rec, uint32_t span, bool for_refill) {
    unsigned sweep_class = rec_mind(rec, span)->list;
    if (for_refill && is_full_list(sweep_class)) {
        drain(rec, sweep_class + 1, NO_ID); /* it looks for partly filled ones first */
    }
    drain(rec, sweep_class, span);
    list_seen(rec, span);
    if (!for_refill) {
        front_seen(rec, sweep_class);
    }
}

void sweep_seen(struct recorder *rec, uint32_t span) {
    struct span_mind *s = rec_mind(rec, span);
    uint32_t chain = NO_CHAIN;
    sweep_begins(rec);
    if (s->list != NO_LIST && s->set != rec->swept_set) {
        enum sweeper by = sweeper_of(rec, span);
        if (by == SWEEPER_BACKGROUND || by == SWEEPER_CREDIT || by == SWEEPER_CACHE) {
            chain = chain_of(rec, s->list);
            taken_in_order(rec, span, by == SWEEPER_CACHE);
        }
    }
    sweep_one(rec, span, ++rec->order, chain);
}

void sweep_by_refill(struct recorder *rec, int32_t p, uint32_t span, unsigned span_class) {
    if (!rec->unswept_left) {
        return;
    }
    uint64_t silent = rec->procs[p].silent;
    rec->procs[p].silent = 0;
    if (span == NO_ID) {
        drain(rec, 2 * span_class + 1, NO_ID); /* grown: no partial span was left to sweep */
    } else if (rec_mind(rec, span)->list != NO_LIST && rec_mind(rec, span)->set != rec->swept_set) {
        silent -= silent >= bytes_of(rec, span) ? bytes_of(rec, span) : 0;
        sweep_begins(rec);
        taken_in_order(rec, span, true);
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
    rec->swept_set = !rec->swept_set;
    rec->drained = 0;
    rec->unswept_left = true;
    rec->gc_order = rec->order;
    rec->front = 0;
    rec->front_seen = 0;
    rec->front_lost = false;
    for (size_t p = 0; (p = place_next_holder(rec, p)) < MAX_PROCS; p++) {
        rec->procs[p].stale = true;
    }
    place_settle_owners(rec, false); /* their sweeps will show where they are (R7) */
}
