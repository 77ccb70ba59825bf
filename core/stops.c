/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stops.c - stops of the world, and what they tell of mcaches and sweeping: who stops it and what for, and who goes on
 * behind mark termination.
 */
#include "core/recorder.h"

/* Each restart of the world says the number of Ps, before anything runs on. */
void stops_procs_change(struct recorder *rec, const struct trace_event *ev) {
    rec->stw_ends = rec->stw != STW_NONE && rec->stw_g == rec->now.g;
    bool dumped = rec->stw == STW_DUMP;
    if ((dumped || rec->stw == STW_STATS) && rec->stw_g == rec->now.g) {
        place_stats_read(rec);
        if (dumped) {
            sweep_all(rec); /* R10: mdump */
        }
        rec->stw = STW_OTHER;
    }
    place_procs_change(rec, ev->arg[0]);
}

void stops_begin(struct recorder *rec, const struct trace_event *ev) {
    struct trace_text kind = trace_string(rec->r->t, ev->arg[0]);
    rec->stw_g = rec->now.g;
    rec->stw_ends = rec->stw_sweeps = false;
    rec->stw_readied = NO_ID;
    if (kind.len == 0 && timeline_marks(rec->tl)) { /* as timeline.c has it */
        rec->stw = timeline_begins(rec) ? STW_SWEEPTERM : STW_MARKTERM;
        return;
    }
    rec->stw = rec_is_text(kind, "GC sweep termination")  ? STW_SWEEPTERM
               : rec_is_text(kind, "GC mark termination") ? STW_MARKTERM
               : rec_is_text(kind, "read mem stats")      ? STW_STATS
               : rec_is_text(kind, "write heap dump")     ? STW_DUMP
                                                          : STW_OTHER;
}

void stops_end(struct recorder *rec, const struct trace_event *ev) {
    (void)ev;
    if (rec->stw == STW_MARKTERM && (rec->gc_awaited || rec->bgsweep == NO_ID)) {
        sweep_begins(rec);
        rec->gc_awaited = false;
    }
    if (rec->stw == STW_SWEEPTERM) {
        place_hold_pending(rec, rec->now.g, false);
        sweep_all(rec); /* R10: finishsweep_m */
    }
    if (rec->now.p >= 0 && rec->now.p < MAX_PROCS) {
        place_flush(rec, rec->now.p);
    }
    rec->stw = STW_NONE;
    rec->stw_g = NO_ID;
}

void stops_gc_begin(struct recorder *rec, const struct trace_event *ev) {
    (void)ev;
    sweep_begins(rec);
    place_flush_all(rec);
    place_hold_pending(rec, rec->now.g, true);
}

static void gc_ends(struct recorder *rec) {
    if (rec_may_conclude(rec)) {
        sweep_gc_end(rec);
    } else {
        rec->r->info.sweeps_cut = true;
    }
}

void stops_go_unblock(struct recorder *rec, const struct trace_event *ev) {
    if (rec->stw == STW_MARKTERM && rec->stw_g == rec->now.g) {
        rec->stw_readied = names_go(rec, (int64_t)ev->arg[0]);
    }
}

/* Where no word tells the background sweeper: it is readied last of all before GCEnd (mgc.go: gcSweep). */
void stops_gc_end(struct recorder *rec, const struct trace_event *ev) {
    (void)ev;
    if (rec->bgsweep == NO_ID && gaps_open(rec->r)) {
        rec->bgsweep = rec->stw_readied;
    }
    if (!rec->stw_sweeps) {
        gc_ends(rec);
    }
    if (rec->stw_swept) {
        sweep_all(rec);
        timeline_swept(rec);
    }
    rec->stw_sweeps = false;
    rec->stw_flushes = rec->now.g;
}

/*
 * R13: nobody sweeps between the stop for mark termination and GCEnd, but where all of it is swept there
 * (GODEBUG=gcstoptheworld=2; mgc.go, gcSweep): mcaches first, then the lists.
 */
static bool sweeps_in_the_stop(const struct recorder *rec, const struct trace_event *ev) {
    return ev->type == TRACE_EV_HEAP_OBJECT_FREE && rec->stw == STW_MARKTERM && !rec->stw_sweeps && !rec->stw_ends &&
           rec->now.g == rec->stw_g && rec->stw_g != NO_ID && timeline_marks(rec->tl) && !gaps_open(rec->r);
}

/*
 * R8: the goroutine that ended marking has the mcaches of all Ps flushed once the world goes on, and waits for that. It
 * keeps its thread meanwhile, and nobody else stops the world (mgc.go: gcMarkTermination; proc.go: forEachP). Threads
 * may be made before, so its allocations tell nothing.
 */
static bool has_flushed(const struct recorder *rec, const struct trace_event *ev) {
    static const bool goes_on[TRACE_EV_LIMIT] = {
        [TRACE_EV_GO_BLOCK] = true,         [TRACE_EV_GO_STOP] = true,    [TRACE_EV_GO_UNBLOCK] = true,
        [TRACE_EV_GO_SYSCALL_BEGIN] = true, [TRACE_EV_GO_DESTROY] = true, [TRACE_EV_GC_MARK_ASSIST_END] = true,
    };
    return rec->stw_flushes != NO_ID && rec->stw == STW_NONE && ev->type < TRACE_EV_LIMIT &&
           (ev->type == TRACE_EV_STW_BEGIN || (rec->stw_flushes == rec->now.g && goes_on[ev->type]));
}

void stops_watch(struct recorder *rec, const struct trace_event *ev) {
    if (sweeps_in_the_stop(rec, ev)) {
        rec->stw_sweeps = rec->stw_swept = true;
        timeline_freed(rec); /* it was the last cycle's */
        timeline_marked(rec);
        gc_ends(rec);
        place_flush_all(rec);
    }
    if (has_flushed(rec, ev)) {
        rec->stw_flushes = NO_ID;
        place_flush_all(rec);
    }
}
