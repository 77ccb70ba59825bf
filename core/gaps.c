/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gaps.c - where events of the trace are missing, and how far that reaches.
 *
 * A damaged or unfinished generation lacks events that nobody knows, of any span that was in use in it: these may hold
 * other objects than were told, lie elsewhere, or be gone. So from its begin on what was born before its end is not
 * sure, for as long as it lives: the heap isn't told anew. Spans of later generations are. What was born and is never
 * told can't be marked; that sums may lack it, reel_gap_before tells.
 *
 * Units: positions, numbers of spans, ns. Invariants: gaps are in order, and between two of them a generation is whole;
 * while the generation under way lacks events, the last gap reaches all spans.
 */
#include "core/reel.h"
#include "traces/grow.h"

/* Losses that may have taken events with them. The others are of what events name, or of their order. */
static const bool takes_events[TRACE_CODES] = {
    [TRACE_E_OPEN] = true,  [TRACE_E_MEMORY] = true,     [TRACE_E_PACKED] = true, [TRACE_E_TRUNCATED] = true,
    [TRACE_E_BATCH] = true, [TRACE_E_GENERATION] = true, [TRACE_E_EVENT] = true,  [TRACE_E_LIMIT] = true};

static uint64_t losses(const struct trace_loss *l) {
    uint64_t n = 0;
    for (size_t i = 0; i < TRACE_CODES; i++) {
        n += takes_events[i] ? l->of_code[i] : 0;
    }
    return n;
}

/* The generation under way lacks events: where the one before did, one gap goes on into the other. */
static void lacks_events(reel *r, struct gap_watch *w) {
    bool goes_on = w->lacking > 0 && w->lacking + 1 >= w->generation;
    w->lacking = w->generation;
    if (goes_on) {
        r->gaps[r->ngaps - 1].spans = NO_ID;
    } else {
        r->memory_short |= !gaps_add(r, (struct gap){w->from, NO_ID, w->t});
    }
}

void gaps_note(reel *r, const struct stretch *s) {
    struct gap_watch *w = &r->watch;
    uint64_t lost = losses(&s->progress.loss);
    if (w->generation != s->generation + 1) {
        if (gaps_open(r)) {
            r->gaps[r->ngaps - 1].spans = (uint32_t)r->nspans;
        }
        w->generation = s->generation + 1;
        w->from = r->nfacts;
        w->t = s->begin;
    }
    if (lost > w->losses) {
        lacks_events(r, w);
    }
    w->losses = lost;
}

bool gaps_open(const reel *r) {
    return r->watch.lacking > 0 && r->watch.lacking == r->watch.generation;
}

void gaps_say(reel *r) {
    r->info.sure_until = r->info.allocfree && r->ngaps > 0 ? r->gaps[0].t : NO_TIME;
}

bool gaps_add(reel *r, struct gap g) {
    if (!GROW(r->gaps, r->ngaps, r->cap_gaps)) {
        return false;
    }
    r->gaps[r->ngaps++] = g;
    return true;
}

/* How many of them begin before a position. */
static size_t gaps_before(const reel *r, uint64_t pos) {
    size_t lo = 0, hi = r->ngaps;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (r->gaps[mid].from < pos) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo;
}

bool gaps_reach(const reel *r, uint64_t pos, uint32_t span) {
    size_t n = gaps_before(r, pos);
    return n > 0 && span < r->gaps[n - 1].spans;
}

bool reel_gap_before(const reel *r, uint64_t pos) {
    return gaps_before(r, pos) > 0;
}
