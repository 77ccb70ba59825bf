/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * procs.c - what each P does over time: idle, stopped, running the program, marking, assisting, sweeping.
 *
 * A P runs from its ProcStart to its ProcStop (or until it is stolen from a thread in a system call). While it runs,
 * what its goroutine does tells the rest: a mark worker says so by a label ("GC (dedicated)", "(fractional)", "(idle)":
 * runtime/mgc.go, gcBgMarkWorker), assists and sweeps are ranges. A P that doesn't run while the world is stopped is
 * stopped, else idle; idle is also one that runs without a goroutine for some time: its thread looks for one, spinning
 * (runtime/proc.go, findRunnable), or isn't run by the system. Kept are the changes alone, eight bytes each, and after
 * every SUM_EVERY of them how long each state has lasted up to there: so the share of any stretch of time costs a
 * look-up.
 */
#include "core/procs.h"
#include "core/recorder.h"
#include "core/saved.h"
#include "traces/grow.h"

#include <string.h>

enum {
    STATE_BITS = 3,
    SUM_EVERY = 64,
    CHANGES_FREE = 1 << 16, /* changes that cost no byte of the trace */
    CHANGES_PER_BYTE = 2
};

static int64_t change_time(uint64_t c) {
    return (int64_t)(c >> STATE_BITS);
}

static unsigned change_state(uint64_t c) {
    return c & ((1u << STATE_BITS) - 1);
}

/* ---- keeping changes */

bool procs_add(struct reel *r, uint32_t p, int64_t t, enum proc_state state) {
    if (p >= r->nprocs) {
        if (!grow_to((void **)&r->procs, &r->cap_procs, p + 1, sizeof *r->procs)) {
            return false;
        }
        memset(r->procs + r->nprocs, 0, (p + 1 - r->nprocs) * sizeof *r->procs);
        r->nprocs = p + 1;
    }
    struct proc_line *l = &r->procs[p];
    t = t < 0 ? 0 : t > PROCS_LATEST ? PROCS_LATEST : t;
    if (l->n > 0 && change_state(l->change[l->n - 1]) == state) {
        return true;
    }
    if (!GROW(l->change, l->n, l->cap)) {
        return false;
    }
    if (l->n % SUM_EVERY == 0) {
        if (!GROW(l->sum, l->nsum, l->cap_sum)) {
            return false;
        }
        struct proc_sum *to = &l->sum[l->nsum++];
        *to = (struct proc_sum){0};
        if (l->n > 0) {
            *to = l->sum[l->nsum - 2];
            for (size_t i = l->n - SUM_EVERY; i < l->n; i++) {
                int64_t end = i + 1 < l->n ? change_time(l->change[i + 1]) : t;
                to->ns[change_state(l->change[i])] += end - change_time(l->change[i]);
            }
        }
    }
    l->change[l->n++] = (uint64_t)t << STATE_BITS | state;
    r->nproc_changes++;
    return true;
}

void procs_free(struct reel *r) {
    for (size_t i = 0; i < r->nprocs; i++) {
        free(r->procs[i].change);
        free(r->procs[i].sum);
    }
    free(r->procs);
    r->procs = NULL;
    r->nprocs = r->cap_procs = 0;
}

/* ---- asking */

/* How many Ps are known. Those of a saved reel are read when they are asked for. */
static size_t known_procs(const reel *r) {
    if (r->saved != NULL) {
        tables_want(r, PIECE_PROCS, 0);
    }
    return r->nprocs;
}

size_t reel_procs(const reel *r) {
    return known_procs(r);
}

/* How many changes lie at or before t. */
static size_t changes_until(const struct proc_line *l, int64_t t) {
    size_t lo = 0, hi = l->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (change_time(l->change[mid]) <= t) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo;
}

enum proc_state reel_proc_state(const reel *r, uint32_t p, int64_t t) {
    size_t n = p < known_procs(r) ? changes_until(&r->procs[p], t) : 0;
    return n == 0 ? PROC_UNKNOWN : (enum proc_state)change_state(r->procs[p].change[n - 1]);
}

/* How long each state has lasted before t. */
static struct proc_sum sum_until(const struct proc_line *l, int64_t t) {
    size_t n = changes_until(l, t);
    struct proc_sum s = {0};
    if (n == 0) {
        s.ns[PROC_UNKNOWN] = t > 0 ? t : 0;
        return s;
    }
    size_t first = (n - 1) / SUM_EVERY;
    s = l->sum[first];
    s.ns[PROC_UNKNOWN] += change_time(l->change[0]);
    for (size_t i = first * SUM_EVERY; i < n; i++) {
        int64_t end = i + 1 < n ? change_time(l->change[i + 1]) : t;
        s.ns[change_state(l->change[i])] += end - change_time(l->change[i]);
    }
    return s;
}

void reel_proc_time(const reel *r, uint32_t p, int64_t from, int64_t to, int64_t out[PROC_STATES]) {
    static const struct proc_line none;
    const struct proc_line *l = p < known_procs(r) ? &r->procs[p] : &none;
    struct proc_sum a = sum_until(l, from), b = sum_until(l, to);
    for (int i = 0; i < PROC_STATES; i++) {
        out[i] = b.ns[i] - a.ns[i];
    }
}

bool reel_proc_change(const reel *r, uint32_t p, size_t i, int64_t *t, enum proc_state *state) {
    if (p >= known_procs(r) || i >= r->procs[p].n) {
        return false;
    }
    *t = change_time(r->procs[p].change[i]);
    *state = (enum proc_state)change_state(r->procs[p].change[i]);
    return true;
}

const char *proc_state_name(enum proc_state s) {
    static const char *const names[] = {"unknown", "idle", "stopped", "mutator", "mark", "assist", "sweep"};
    return names[s < PROC_STATES ? s : PROC_UNKNOWN];
}

/* ---- recording */

/* Has the P been without a goroutine for so long that it idled? */
static bool idled(const struct recorder *rec, const struct proc_now *p) {
    return p->alone != NO_TIME && rec->now.t - p->alone >= PROC_ALONE;
}

/* Note what a long while without a goroutine was. False: out of memory. */
static bool note_idle(struct recorder *rec, size_t p) {
    const struct proc_now *now = &rec->procs_now.at[p];
    return !now->known || !idled(rec, now) || procs_add(rec->r, (uint32_t)p, now->alone, PROC_IDLE);
}

static enum proc_state state_of(const struct procs *w, const struct proc_now *p) {
    if (!p->running) {
        return w->stopped ? PROC_STOPPED : PROC_IDLE;
    }
    return p->sweeps ? PROC_SWEEP : p->assists ? PROC_ASSIST : p->marks ? PROC_MARK : PROC_MUTATOR;
}

static void note_state(struct recorder *rec, size_t p) {
    struct procs *w = &rec->procs_now;
    struct proc_now *now = &w->at[p];
    if (!now->known) {
        return;
    }
    if (!note_idle(rec, p) || !procs_add(rec->r, (uint32_t)p, rec->now.t, state_of(w, now))) {
        rec->r->memory_short = true;
    }
    now->alone = now->alone != NO_TIME ? rec->now.t : NO_TIME;
}

static struct proc_now *now_of(struct recorder *rec, int64_t p) {
    struct procs *w = &rec->procs_now;
    if (p < 0 || p >= MAX_PROCS) {
        return NULL;
    }
    if ((size_t)p >= w->n) {
        if (!grow_to((void **)&w->at, &w->cap, (size_t)p + 1, sizeof *w->at)) {
            rec->r->memory_short = true;
            return NULL;
        }
        for (; w->n <= (size_t)p; w->n++) {
            w->at[w->n] = (struct proc_now){.alone = NO_TIME};
        }
    }
    return &w->at[p];
}

/* `awaits`: a goroutine comes next. */
static void run(struct recorder *rec, int64_t p, bool running, bool awaits) {
    struct proc_now *now = now_of(rec, p);
    if (now != NULL) {
        bool sweeps = running && now->sweeps;
        *now = (struct proc_now){.known = true, .running = running, .sweeps = sweeps, .alone = now->alone};
        note_state(rec, (size_t)p);
        now->alone = awaits ? rec->now.t : NO_TIME;
    }
}

static void on_start(struct recorder *rec, const struct trace_event *ev) {
    run(rec, ev->arg[0] < MAX_PROCS ? (int64_t)ev->arg[0] : -1, true, true);
}

static void on_stop(struct recorder *rec, const struct trace_event *ev) {
    run(rec, ev->p, false, false);
}

static void on_steal(struct recorder *rec, const struct trace_event *ev) {
    run(rec, ev->arg[0] < MAX_PROCS ? (int64_t)ev->arg[0] : -1, false, false);
}

/* A generation tells the state of each P anew; what is known already stays. */
static void on_status(struct recorder *rec, const struct trace_event *ev) {
    struct proc_now *now = ev->arg[0] < MAX_PROCS ? now_of(rec, (int64_t)ev->arg[0]) : NULL;
    if (now != NULL && !now->known) {
        run(rec, (int64_t)ev->arg[0], ev->arg[1] == TRACE_PROC_RUNNING || ev->arg[1] == TRACE_PROC_SYSCALL, false);
    }
}

/* Another goroutine, or none: its labels and assists are not those of the one before. */
static void change_go(struct recorder *rec, struct proc_now *now, bool assists) {
    if (now->marks || now->assists != assists || idled(rec, now)) {
        now->marks = false;
        now->assists = assists;
        note_state(rec, (size_t)(now - rec->procs_now.at));
    }
}

static struct proc_now *known_now(struct recorder *rec, int64_t p) {
    struct procs *w = &rec->procs_now;
    return p >= 0 && (size_t)p < w->n ? &w->at[p] : NULL;
}

static void on_go_start(struct recorder *rec, const struct trace_event *ev) {
    struct proc_now *now = known_now(rec, ev->p);
    if (now != NULL) {
        change_go(rec, now, timeline_assists(rec->tl, ev->arg[0]));
        now->alone = NO_TIME;
    }
}

/* One that ends on a P that had none began unseen: since when is unknown. */
static void on_go_end(struct recorder *rec, const struct trace_event *ev) {
    struct proc_now *now = known_now(rec, ev->p);
    if (now != NULL) {
        now->alone = NO_TIME;
        change_go(rec, now, false);
        now->alone = now->running ? rec->now.t : NO_TIME;
    }
}

static void on_label(struct recorder *rec, const struct trace_event *ev) {
    struct trace_text s = trace_string(rec->r->t, ev->arg[0]);
    struct proc_now *now = ev->p >= 0 ? now_of(rec, ev->p) : NULL;
    if (now == NULL || s.len < 4 || memcmp(s.ptr, "GC (", 4) != 0) {
        return;
    }
    now->marks = true;
    note_state(rec, (size_t)ev->p);
}

/* The worker that finds that marking is over ends the cycle and cleans up: it marks no longer. */
static void on_gc_end(struct recorder *rec, const struct trace_event *ev) {
    struct proc_now *now = ev->p >= 0 ? now_of(rec, ev->p) : NULL;
    if (now != NULL && now->marks) {
        now->marks = false;
        note_state(rec, (size_t)ev->p);
    }
}

static void set_assists(struct recorder *rec, const struct trace_event *ev, bool assists) {
    struct proc_now *now = ev->p >= 0 ? now_of(rec, ev->p) : NULL;
    if (now != NULL) {
        now->assists = assists;
        note_state(rec, (size_t)ev->p);
    }
}

static void on_assist_begin(struct recorder *rec, const struct trace_event *ev) {
    set_assists(rec, ev, true);
}

static void on_assist_end(struct recorder *rec, const struct trace_event *ev) {
    set_assists(rec, ev, false);
}

static void on_sweep(struct recorder *rec, const struct trace_event *ev) {
    int64_t p = ev->type == TRACE_EV_GC_SWEEP_ACTIVE ? (ev->arg[0] < MAX_PROCS ? (int64_t)ev->arg[0] : -1) : ev->p;
    struct proc_now *now = now_of(rec, p);
    if (now != NULL) {
        now->sweeps = ev->type != TRACE_EV_GC_SWEEP_END;
        note_state(rec, (size_t)p);
    }
}

/*
 * Of all Ps at once. A file made for it could make that cost the square of its size; from some number of changes on
 * stopped Ps are called idle.
 */
static void on_stw(struct recorder *rec, const struct trace_event *ev) {
    struct procs *w = &rec->procs_now;
    bool stopped = ev->type == TRACE_EV_STW_BEGIN;
    if (stopped && rec->r->nproc_changes > CHANGES_FREE + CHANGES_PER_BYTE * rec->r->info.read_bytes) {
        return;
    }
    if (w->stopped == stopped) {
        return;
    }
    w->stopped = stopped;
    for (size_t p = 0; p < w->n; p++) {
        if (!w->at[p].running) {
            note_state(rec, p);
        }
    }
}

static void (*const handlers[TRACE_EV_LIMIT])(struct recorder *, const struct trace_event *) = {
    [TRACE_EV_PROC_START] = on_start,
    [TRACE_EV_PROC_STOP] = on_stop,
    [TRACE_EV_PROC_STEAL] = on_steal,
    [TRACE_EV_PROC_STATUS] = on_status,
    [TRACE_EV_GO_START] = on_go_start,
    [TRACE_EV_GO_DESTROY] = on_go_end,
    [TRACE_EV_GO_STOP] = on_go_end,
    [TRACE_EV_GO_BLOCK] = on_go_end,
    [TRACE_EV_GO_SWITCH] = on_go_start,
    [TRACE_EV_GO_SWITCH_DESTROY] = on_go_start,
    [TRACE_EV_GO_LABEL] = on_label,
    [TRACE_EV_GC_END] = on_gc_end,
    [TRACE_EV_STW_BEGIN] = on_stw,
    [TRACE_EV_STW_END] = on_stw,
    [TRACE_EV_GC_MARK_ASSIST_BEGIN] = on_assist_begin,
    [TRACE_EV_GC_MARK_ASSIST_END] = on_assist_end,
    [TRACE_EV_GC_SWEEP_ACTIVE] = on_sweep,
    [TRACE_EV_GC_SWEEP_BEGIN] = on_sweep,
    [TRACE_EV_GC_SWEEP_END] = on_sweep,
};

void procs_finish(struct recorder *rec) {
    for (size_t p = 0; p < rec->procs_now.n; p++) {
        if (!note_idle(rec, p)) {
            rec->r->memory_short = true;
        }
    }
}

void procs_event(struct recorder *rec, const struct trace_event *ev) {
    if (ev->type < TRACE_EV_LIMIT && handlers[ev->type] != NULL) {
        handlers[ev->type](rec, ev);
    }
}
