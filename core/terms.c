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
    [WHY_PROC_GONE] = "its P is gone",
    [WHY_STATS] = "its mcache was flushed by ReadMemStats",
    [WHY_EVICTED] = "its pages were handed out again: its free is late, or missing from the trace",
    [WHY_SEEN] = "an allocation showed whose it is",
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
