/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * terms.c - the words for places, kinds, phases and facts, in one place; and what a trace lacks, in a sentence.
 */
#include "core/reel.h"

static const char *const span_kinds[] = {"heap", "stack", "manual"};
static const char *const phases[] = {"off", "sweepterm", "mark", "markterm", "sweep"};
static const char *const facts[] = {
    [FACT_SPAN_EXISTS] = "span-exists",
    [FACT_SPAN_ALLOC] = "span-alloc",
    [FACT_SPAN_FREE] = "span-free",
    [FACT_EXISTS] = "exists",
    [FACT_ALLOC] = "alloc",
    [FACT_SUBALLOC] = "suballoc",
    [FACT_FREE] = "free",
    [FACT_PLACE] = "place",
    [FACT_GC] = "gc-end",
    [FACT_SWEEP] = "sweep-begin",
};
static const char *const places[] = {NULL, "mcache", "nonempty", "empty", NULL};
static const char *const reasons[] = {
    [WHY_START] = "there when the trace began",
    [WHY_GROWN] = "fresh from mheap",
    [WHY_REFILLED] = "taken from mcentral into an mcache",
    [WHY_UNCACHED] = "full: replaced in its mcache",
    [WHY_FLUSHED] = "its mcache was flushed after mark termination",
    [WHY_STALE] = "a GC cycle ended: to be swept",
    [WHY_SWEPT] = "swept, put on the list",
    [WHY_SILENT] = "swept with nothing freed, as later sweeps show",
    [WHY_PROC_GONE] = "its P is gone",
    [WHY_STATS] = "its mcache was flushed by ReadMemStats or a heap dump",
    [WHY_EVICTED] = "its pages were handed out again: its free is late, or missing from the trace",
    [WHY_CUT] = "the trace ends in the middle of its sweep, a refill or an allocation",
    [WHY_SEEN] = "an allocation showed whose it is",
};

static const char *const reason_names[] = {
    [WHY_START] = "start",         [WHY_GROWN] = "grown", [WHY_REFILLED] = "refilled", [WHY_UNCACHED] = "uncached",
    [WHY_FLUSHED] = "flushed",     [WHY_STALE] = "stale", [WHY_SWEPT] = "swept",       [WHY_SILENT] = "swept",
    [WHY_PROC_GONE] = "proc-gone", [WHY_STATS] = "stats", [WHY_EVICTED] = "evicted",   [WHY_CUT] = "cut",
    [WHY_SEEN] = "seen",
};

const char *span_kind_name(enum span_kind k) {
    return span_kinds[k <= SPAN_MANUAL ? k : SPAN_MANUAL];
}
const char *gc_phase_name(enum gc_phase p) {
    return phases[p < PHASE_LIMIT ? p : PHASE_OFF];
}
const char *fact_name(enum fact_kind k) {
    return facts[k < FACT_KINDS ? k : FACT_PLACE];
}
const char *place_name(enum place p) {
    return p <= PLACE_NONE ? places[p] : NULL;
}
const char *place_reason_text(enum place_reason why) {
    return why < WHY_LIMIT ? reasons[why] : "";
}

/* A word: "start", "grown", "refilled" ... */
static const char *place_reason_name(enum place_reason why) {
    return why < WHY_LIMIT ? reason_names[why] : "";
}

const char *event_row_reason(const struct event_row *e) {
    switch (e->fact.kind) {
    case FACT_SPAN_EXISTS:
        return reason_names[WHY_START];
    case FACT_SPAN_ALLOC:
        return reason_names[WHY_GROWN];
    case FACT_SPAN_FREE:
        return e->fact.why == WHY_EVICTED ? reason_names[WHY_EVICTED] : "freed";
    case FACT_PLACE:
        return place_reason_name((enum place_reason)e->fact.why);
    default:
        return NULL;
    }
}

/* The event that most facts of a kind are made from; of the others the fact itself tells. */
static const uint8_t own_events[FACT_KINDS] = {
    [FACT_SPAN_EXISTS] = TRACE_EV_SPAN,
    [FACT_SPAN_ALLOC] = TRACE_EV_SPAN_ALLOC,
    [FACT_EXISTS] = TRACE_EV_HEAP_OBJECT,
    [FACT_ALLOC] = TRACE_EV_HEAP_OBJECT_ALLOC,
    [FACT_SUBALLOC] = TRACE_EV_HEAP_OBJECT_ALLOC,
    [FACT_FREE] = TRACE_EV_HEAP_OBJECT_FREE,
    [FACT_GC] = TRACE_EV_GC_END,
};

const char *event_row_proof(const struct event_row *e) {
    const struct fact *f = &e->fact;
    bool carried = f->kind == FACT_PLACE || f->kind == FACT_SPAN_FREE;
    if (carried ? f->by == 0 || (f->kind == FACT_PLACE && !f->after.sure) : f->inferred) {
        return NULL;
    }
    return trace_event_spec(carried ? f->by : own_events[f->kind])->name;
}

const char *event_row_name(const struct event_row *e) {
    if (e->fact.kind != FACT_PLACE) {
        return fact_name((enum fact_kind)e->fact.kind);
    }
    bool was = e->fact.before.place == PLACE_MCACHE, is = e->fact.after.place == PLACE_MCACHE;
    return is && !was ? "cached" : was && !is ? "uncached" : "moved";
}

const char *reel_missing(const reel *r) {
    const struct reel_info *i = &r->info;
    if (!i->allocfree && i->version < 23) {
        return "no spans and objects: Go before 1.23 can't record them; build with Go 1.23 or later and record with "
               "GODEBUG=traceallocfree=1";
    }
    if (!i->allocfree && !i->done) {
        return "no spans and objects up to now: the trace is still being loaded";
    }
    if (!i->allocfree) {
        return "no spans and objects in this trace: record with GODEBUG=traceallocfree=1 set when tracing starts";
    }
    if (i->sweeps_cut) {
        return "far more GC cycles than a trace of this size can have: from one of them on, swept and unswept spans "
               "are "
               "not told apart";
    }
    if (!i->snapshot) {
        return "no snapshot of the heap at the start (flight recorder?): what was allocated before is unknown; record "
               "with runtime/trace.Start to see it";
    }
    return NULL;
}
