/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sweep.c - mcentral's lists, and which spans have been swept.
 *
 * There are two sets of lists, swept and unswept, each with one list for every span class and fill (sweep class = 2 *
 * span class + full). A GC's end turns the swept set into the unswept one. Spans are pushed at the tail and taken from
 * the head, and sweepers go through the unswept lists in a fixed order: so one span seen being swept tells that all
 * before it were (go-heap.md 3.3).
 *
 * Invariant: a heap span in use is in exactly one list, or in an mcache, or neither while it is being moved.
 */
#include "core/recorder.h"

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

void sweep_push(struct recorder *rec, uint32_t span, bool swept, uint32_t order) {
    sweep_remove(rec, span);
    struct span_mind *s = rec_mind(rec, span);
    s->set = (uint8_t)(swept ? rec->swept_set : !rec->swept_set);
    s->list = (uint16_t)(2 * rec_span_class(rec, span) + rec_full(rec, span));
    s->order = order;
    rec_seat(rec, span)->full_list = s->list % 2 == 1;
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

bool sweep_is_unswept(const struct recorder *rec, uint32_t span) {
    return rec_seat(rec, span)->swept_at != rec->head->gc;
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
static void sweep_one(struct recorder *rec, uint32_t span, uint32_t order) {
    sweep_settle(rec, span);
    struct span_state st = rec_state(rec, span);
    st.place = rec_full(rec, span) ? PLACE_EMPTY : PLACE_NONEMPTY;
    st.swept = KNOWN_YES;
    st.sure = !rec_mind(rec, span)->owner_unknown;
    rec_place(rec, span, st, WHY_SWEPT);
    sweep_push(rec, span, true, order);
}

/* Sweep the head of an unswept list as long as its order lies before `end`. Spans of unknown mutual order stay so. */
static void drain(struct recorder *rec, unsigned sweep_class, uint32_t end) {
    struct list *l = &rec->lists[!rec->swept_set][sweep_class];
    uint32_t group = UINT32_MAX;
    while (l->first != NO_ID && rec_mind(rec, l->first)->order < end) {
        uint32_t span = l->first, next = rec_mind(rec, span)->next;
        if (next != NO_ID) {
            __builtin_prefetch(rec_mind(rec, next));
            __builtin_prefetch(rec_seat(rec, next), 1);
        }
        if (rec_mind(rec, span)->order != group) {
            group = rec_mind(rec, span)->order;
            rec->order++;
        }
        sweep_one(rec, span, rec->order);
    }
}

static void drain_lower(struct recorder *rec, unsigned sweep_class) {
    for (; rec->drained < sweep_class; rec->drained++) {
        drain(rec, rec->drained, UINT32_MAX);
    }
}

static enum sweeper sweeper_now(struct recorder *rec) {
    if (rec->now.g != NO_ID && rec->now.g == rec->bgsweep) {
        return SWEEPER_BACKGROUND;
    }
    struct proc_mind *p = place_proc(rec, rec->now.p);
    return p != NULL ? p->sweeper : SWEEPER_OTHER;
}

static void drain_before(struct recorder *rec, uint32_t span) {
    drain(rec, rec_mind(rec, span)->list, rec_mind(rec, span)->order);
}

void sweep_seen(struct recorder *rec, uint32_t span) {
    struct span_mind *s = rec_mind(rec, span);
    if (s->list != NO_LIST && s->set != rec->swept_set) {
        unsigned sweep_class = s->list;
        enum sweeper by = sweeper_now(rec);
        if (by == SWEEPER_BACKGROUND || by == SWEEPER_CREDIT) {
            drain_lower(rec, sweep_class);
            drain_before(rec, span);
        } else if (by == SWEEPER_CACHE) {
            if (sweep_class % 2 == 1) {
                drain(rec, sweep_class - 1, UINT32_MAX);
            }
            drain_before(rec, span);
        }
    }
    sweep_one(rec, span, ++rec->order);
}

void sweep_by_refill(struct recorder *rec, uint32_t span, unsigned span_class) {
    if (!rec->unswept_left) {
        return;
    }
    if (span == NO_ID) {
        drain(rec, 2 * span_class, UINT32_MAX); /* grown: no partial span was left to sweep */
        return;
    }
    struct span_mind *s = rec_mind(rec, span);
    if (s->list == NO_LIST || s->set == rec->swept_set) {
        return;
    }
    if (s->list % 2 == 1) {
        drain(rec, 2 * span_class, UINT32_MAX);
    }
    drain_before(rec, span);
}

void sweep_refile(struct recorder *rec, uint32_t span) {
    struct span_mind *s = rec_mind(rec, span);
    if (s->list == NO_LIST || (s->list % 2 == 1) == rec_full(rec, span)) {
        return;
    }
    bool swept = s->set == rec->swept_set;
    sweep_push(rec, span, swept, swept ? s->order : ++rec->order);
    struct span_state st = rec_state(rec, span);
    st.place = rec_full(rec, span) ? PLACE_EMPTY : PLACE_NONEMPTY;
    rec_place(rec, span, st, WHY_SWEPT);
}

void sweep_all(struct recorder *rec) {
    place_flush_all(rec);
    if (rec->unswept_left) {
        drain_lower(rec, SWEEP_CLASSES);
        rec->unswept_left = false;
    }
}

void sweep_gc_end(struct recorder *rec) {
    sweep_all(rec);
    rec_fact(rec, FACT_GC, NO_ID, 0, 0, false);
    rec->swept_set = !rec->swept_set;
    rec->drained = 0;
    rec->unswept_left = true;
    for (size_t p = 0; (p = place_next_holder(rec, p)) < MAX_PROCS; p++) {
        rec->procs[p].stale = true;
    }
    /* Whoever owned a span before the trace began flushes it now (R7). */
    if (rec->owners_settled || !rec->snapshot_done) {
        return;
    }
    const uint32_t *ids;
    size_t n = frame_spans(rec->head, &ids);
    for (size_t i = 0; i < n; i++) {
        rec_mind(rec, ids[i])->owner_unknown = false;
    }
    rec->owners_settled = true;
}
