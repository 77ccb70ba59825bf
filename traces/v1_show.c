/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * v1_show.c - old events become today's, one at a time (facts: 3.6; the mapping is told in v1.h).
 *
 * Old readers refuse a trace whose goroutines and Ps do what they can't (facts: 3.5). Here such an event is shown as it
 * stands, and the first one is noted as a loss.
 */
#include "traces/grow.h"
#include "traces/v1.h"

/* Reasons of blocking and stopping; kinds of stop-the-world follow. Ids are V1_FIXED_IDS plus the index. */
enum fixed {
    F_NONE,
    F_FOREVER,
    F_GOSCHED,
    F_PREEMPTED,
    F_SLEEP,
    F_SEND,
    F_RECV,
    F_SELECT,
    F_SYNC,
    F_COND,
    F_NETWORK,
    F_ASSIST,
    F_STW,
    F_STW_LAST = F_STW + 16,
    F_LIMIT
};

static const char *const fixed_texts[F_LIMIT] = {
    [F_FOREVER] = "forever",
    [F_GOSCHED] = "runtime.Gosched",
    [F_PREEMPTED] = "preempted",
    [F_SLEEP] = "sleep",
    [F_SEND] = "chan send",
    [F_RECV] = "chan receive",
    [F_SELECT] = "select",
    [F_SYNC] = "sync",
    [F_COND] = "sync.(*Cond).Wait",
    [F_NETWORK] = "network",
    [F_ASSIST] = "GC mark assist wait for work",
    [F_STW + 1] = "GC mark termination",
    [F_STW + 2] = "GC sweep termination",
    [F_STW + 3] = "write heap dump",
    [F_STW + 4] = "goroutine profile",
    [F_STW + 5] = "goroutine profile cleanup",
    [F_STW + 6] = "all goroutine stack trace",
    [F_STW + 7] = "read mem stats",
    [F_STW + 8] = "AllThreadsSyscall",
    [F_STW + 9] = "GOMAXPROCS",
    [F_STW + 10] = "start trace",
    [F_STW + 11] = "stop trace",
    [F_STW + 12] = "CountPagesInUse (test)",
    [F_STW + 13] = "ReadMetricsSlow (test)",
    [F_STW + 14] = "ReadMemStatsSlow (test)",
    [F_STW + 15] = "PageCachePagesLeaked (test)",
    [F_STW + 16] = "ResetDebugLog (test)",
};

/* Where an argument comes from: the old one of that index, or: */
enum from { A0, A1, A2, A3, ZERO, STK, PROC, WHY, KIND, TEXT, SEQ };

static const struct row {
    uint8_t to; /* 0: not shown, or decided by code */
    uint8_t why;
    uint8_t from[TRACE_MAX_ARGS];
} rows[V1_LIMIT] = {
    [V1_GOMAXPROCS] = {TRACE_EV_PROCS_CHANGE, 0, {A0, STK, ZERO, ZERO}},
    [V1_PROC_START] = {TRACE_EV_PROC_START, 0, {PROC, ZERO, ZERO, ZERO}},
    [V1_PROC_STOP] = {TRACE_EV_PROC_STOP, 0, {ZERO, ZERO, ZERO, ZERO}},
    [V1_GC_START] = {TRACE_EV_GC_BEGIN, 0, {SEQ, STK, ZERO, ZERO}},
    [V1_GC_DONE] = {TRACE_EV_GC_END, 0, {SEQ, ZERO, ZERO, ZERO}},
    [V1_STW_START] = {TRACE_EV_STW_BEGIN, 0, {KIND, ZERO, ZERO, ZERO}},
    [V1_STW_DONE] = {TRACE_EV_STW_END, 0, {ZERO, ZERO, ZERO, ZERO}},
    [V1_SWEEP_START] = {TRACE_EV_GC_SWEEP_BEGIN, 0, {STK, ZERO, ZERO, ZERO}},
    [V1_SWEEP_DONE] = {TRACE_EV_GC_SWEEP_END, 0, {A0, A1, ZERO, ZERO}},
    [V1_GO_CREATE] = {TRACE_EV_GO_CREATE, 0, {A0, A1, STK, ZERO}},
    [V1_GO_START] = {TRACE_EV_GO_START, 0, {A0, A1, ZERO, ZERO}},
    [V1_GO_START_LOCAL] = {TRACE_EV_GO_START, 0, {A0, ZERO, ZERO, ZERO}},
    [V1_GO_START_LABEL] = {TRACE_EV_GO_START, 0, {A0, A1, ZERO, ZERO}},
    [V1_GO_END] = {TRACE_EV_GO_DESTROY, 0, {ZERO, ZERO, ZERO, ZERO}},
    [V1_GO_STOP] = {TRACE_EV_GO_BLOCK, F_FOREVER, {WHY, STK, ZERO, ZERO}},
    [V1_GO_SCHED] = {TRACE_EV_GO_STOP, F_GOSCHED, {WHY, STK, ZERO, ZERO}},
    [V1_GO_PREEMPT] = {TRACE_EV_GO_STOP, F_PREEMPTED, {WHY, STK, ZERO, ZERO}},
    [V1_GO_SLEEP] = {TRACE_EV_GO_BLOCK, F_SLEEP, {WHY, STK, ZERO, ZERO}},
    [V1_GO_BLOCK] = {TRACE_EV_GO_BLOCK, F_NONE, {WHY, STK, ZERO, ZERO}},
    [V1_GO_BLOCK_SEND] = {TRACE_EV_GO_BLOCK, F_SEND, {WHY, STK, ZERO, ZERO}},
    [V1_GO_BLOCK_RECV] = {TRACE_EV_GO_BLOCK, F_RECV, {WHY, STK, ZERO, ZERO}},
    [V1_GO_BLOCK_SELECT] = {TRACE_EV_GO_BLOCK, F_SELECT, {WHY, STK, ZERO, ZERO}},
    [V1_GO_BLOCK_SYNC] = {TRACE_EV_GO_BLOCK, F_SYNC, {WHY, STK, ZERO, ZERO}},
    [V1_GO_BLOCK_COND] = {TRACE_EV_GO_BLOCK, F_COND, {WHY, STK, ZERO, ZERO}},
    [V1_GO_BLOCK_NET] = {TRACE_EV_GO_BLOCK, F_NETWORK, {WHY, STK, ZERO, ZERO}},
    [V1_GO_BLOCK_GC] = {TRACE_EV_GO_BLOCK, F_ASSIST, {WHY, STK, ZERO, ZERO}},
    [V1_GO_UNBLOCK] = {TRACE_EV_GO_UNBLOCK, 0, {A0, A1, STK, ZERO}},
    [V1_GO_UNBLOCK_LOCAL] = {TRACE_EV_GO_UNBLOCK, 0, {A0, ZERO, STK, ZERO}},
    [V1_GO_SYSCALL] = {TRACE_EV_GO_SYSCALL_BEGIN, 0, {ZERO, STK, ZERO, ZERO}},
    [V1_GO_SYSEXIT] = {TRACE_EV_GO_SYSCALL_END_BLOCKED, 0, {ZERO, ZERO, ZERO, ZERO}},
    [V1_GO_SYSEXIT_LOCAL] = {TRACE_EV_GO_SYSCALL_END_BLOCKED, 0, {ZERO, ZERO, ZERO, ZERO}},
    [V1_GO_WAITING] = {TRACE_EV_GO_STATUS, 0, {A0, ZERO, ZERO, ZERO}},
    [V1_GO_IN_SYSCALL] = {TRACE_EV_GO_STATUS, 0, {A0, ZERO, ZERO, ZERO}},
    [V1_HEAP_ALLOC] = {TRACE_EV_HEAP_ALLOC, 0, {A0, ZERO, ZERO, ZERO}},
    [V1_HEAP_GOAL] = {TRACE_EV_HEAP_GOAL, 0, {A0, ZERO, ZERO, ZERO}},
    [V1_ASSIST_START] = {TRACE_EV_GC_MARK_ASSIST_BEGIN, 0, {STK, ZERO, ZERO, ZERO}},
    [V1_ASSIST_DONE] = {TRACE_EV_GC_MARK_ASSIST_END, 0, {ZERO, ZERO, ZERO, ZERO}},
    [V1_TASK_CREATE] = {TRACE_EV_USER_TASK_BEGIN, 0, {A0, A1, A2, STK}},
    [V1_TASK_END] = {TRACE_EV_USER_TASK_END, 0, {A0, STK, ZERO, ZERO}},
    [V1_REGION] = {TRACE_EV_USER_REGION_BEGIN, 0, {A0, A2, STK, ZERO}},
    [V1_LOG] = {TRACE_EV_USER_LOG, 0, {A0, A1, TEXT, STK}},
    [V1_CPU_SAMPLE] = {TRACE_EV_CPU_SAMPLE, 0, {STK, ZERO, ZERO, ZERO}},
};

bool v1_knows(unsigned version) {
    return version == 5 || (version >= 7 && version <= 11) || version == 19 || version == 21;
}

struct v1 *v1_new(const struct source *src, struct scan *scan) {
    struct v1 *v = calloc(1, sizeof *v);
    if (v != NULL) {
        v->src = src;
        v->scan = scan;
        v->begin = scan->at;
        v1_format_init(&v->format, scan->version);
        ranges_init(&v->ranges);
    }
    return v;
}

void v1_free(struct v1 **v) {
    if (*v == NULL) {
        return;
    }
    struct v1 *x = *v;
    void *arrays[] = {x->batches, x->queues, x->samples, x->strings, x->stacks,
                      x->events,  x->gos,    x->earlies, x->procs};
    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++) {
        free(arrays[i]);
    }
    struct idmap *maps[] = {&x->queue_of, &x->string_of, &x->stack_of, &x->timers, &x->go_of, &x->proc_of};
    for (size_t i = 0; i < sizeof maps / sizeof maps[0]; i++) {
        idmap_free(maps[i]);
    }
    ranges_free(&x->ranges);
    free(x);
    *v = NULL;
}

static void load(struct v1 *v) {
    v->loaded = true;
    if (!v1_scan(v) || !v1_order(v) || !v1_settle(v)) {
        scan_lost(v->scan, TRACE_E_MEMORY, v->begin, v->src->size - v->begin, 1, "out of memory");
        v->nevents = 0;
    } else if (v->frequency == 0 && v->nevents > 0) {
        scan_lost(v->scan, TRACE_E_GENERATION, v->src->size, 0, 1,
                  "no clock frequency (the program was killed?): times are ticks, shown as ns");
    }
    v->ns_per_tick = v->frequency == 0 ? 1.0 : 1e9 / (double)v->frequency;
}

/* ---- what goroutines and Ps do */

static struct v1_proc_state *proc(struct v1 *v, int64_t p) {
    uint32_t i = idmap_get(&v->proc_of, (uint64_t)p);
    if (i != IDMAP_NONE) {
        return &v->procs[i];
    }
    if (!GROW(v->procs, v->nprocs, v->cap_procs) || !idmap_put(&v->proc_of, (uint64_t)p, (uint32_t)v->nprocs)) {
        return NULL;
    }
    v->procs[v->nprocs] = (struct v1_proc_state){.m = -1};
    return &v->procs[v->nprocs++];
}

/* What is not so is noted in these words. */
static void expect(struct v1 *v, const struct v1_event *e, bool as_it_should, const char *else_what) {
    if (as_it_should || v->broke) {
        return;
    }
    v->broke = true;
    if (!v->forced) { /* else it is no news */
        v1_lost(v, TRACE_E_RULE, e->at, 0, else_what);
    }
}

static bool runs(const struct v1_event *e, const struct v1_proc_state *p, const struct v1_go *g) {
    return (g->status == V1_RUNNING || e->g == 0) && p->g == e->g;
}

/* The goroutine leaves its P. */
static void leave(struct v1 *v, const struct v1_event *e, struct v1_proc_state *p, struct v1_go *g,
                  enum v1_status status) {
    expect(v, e, runs(e, p, g) && e->g != 0, "a goroutine leaves a P that it doesn't run on");
    g->status = (uint8_t)status;
    g->on_network = e->type == V1_GO_BLOCK_NET;
    p->g = 0;
}

static void follow_region(struct v1 *v, const struct v1_event *e, const struct v1_raw *raw, struct v1_go *g) {
    struct region_name name = {raw->arg[2], true};
    if (raw->arg[1] == 0) {
        ranges_region_begin(&v->ranges, &g->regions, raw->arg[0], name);
    } else {
        expect(v, e, raw->arg[1] == 1, "a user region that neither begins nor ends");
        expect(v, e, raw->arg[1] > 1 || ranges_region_end(&v->ranges, &g->regions, raw->arg[0], name),
               "a user region ends that isn't its goroutine's innermost");
    }
}

/* False: out of memory. */
static bool follow_user(struct v1 *v, const struct v1_event *e, const struct v1_raw *raw, struct v1_go *g) {
    uint64_t task = raw->arg[0];
    switch (e->type) {
    case V1_TASK_CREATE:
        expect(v, e, idmap_get(&v->ranges.tasks, task) == IDMAP_NONE, "a user task begins twice");
        return idmap_put(&v->ranges.tasks, task, 0);
    case V1_TASK_END:
        idmap_remove(&v->ranges.tasks, task);
        break;
    case V1_REGION:
        follow_region(v, e, raw, g);
        break;
    case V1_ASSIST_START:
        expect(v, e, !g->assisting, "a mark assist begins within another");
        g->assisting = true;
        break;
    case V1_ASSIST_DONE:
        g->assisting = false;
        break;
    default:
        break;
    }
    return !v->ranges.memory_short;
}

static void follow_proc(struct v1 *v, const struct v1_event *e, struct v1_proc_state *p) {
    switch (e->type) {
    case V1_PROC_START:
        expect(v, e, !p->running, "a P starts that runs already");
        p->running = true;
        break;
    case V1_PROC_STOP:
        expect(v, e, p->running, "a P stops that doesn't run");
        expect(v, e, p->g == 0, "a P stops that runs a goroutine");
        p->running = false;
        break;
    case V1_GC_START:
    case V1_GC_DONE:
        expect(v, e, v->gc_on == (e->type == V1_GC_DONE),
               v->gc_on ? "a GC begins within another" : "a GC ends that never began");
        v->gc_on = e->type == V1_GC_START;
        break;
    case V1_STW_START:
    case V1_STW_DONE:
        expect(v, e, v->format.version < 10 || v->stw_on == (e->type == V1_STW_DONE),
               v->stw_on ? "a stop-the-world begins within another" : "a stop-the-world ends that never began");
        v->stw_on = e->type == V1_STW_START;
        break;
    case V1_SWEEP_START:
    case V1_SWEEP_DONE:
        expect(v, e, p->sweeping == (e->type == V1_SWEEP_DONE),
               p->sweeping ? "a sweep begins within another" : "a sweep ends that never began");
        p->sweeping = e->type == V1_SWEEP_START;
        break;
    default:
        break;
    }
}

/* False: out of memory. */
static bool follow(struct v1 *v, const struct v1_event *e, const struct v1_raw *raw, struct v1_proc_state *p,
                   int64_t *shown_p) {
    if (v1_go(v, e->g) == NULL || v1_go(v, raw->arg[0]) == NULL) {
        return false;
    }
    struct v1_go *g = v1_go(v, e->g), *named = v1_go(v, raw->arg[0]);
    switch (e->type) {
    case V1_GO_WAITING:
    case V1_GO_IN_SYSCALL:
        expect(v, e, g->status == V1_RUNNABLE, "a goroutine waits that wasn't just created");
        g->status = V1_WAITING;
        break;
    case V1_GO_CREATE:
        expect(v, e, runs(e, p, g), "a goroutine is created by one that doesn't run");
        expect(v, e, named->status == V1_DEAD, "a goroutine is created that exists already");
        named->status = V1_RUNNABLE;
        break;
    case V1_GO_START:
    case V1_GO_START_LOCAL:
    case V1_GO_START_LABEL:
        expect(v, e, g->status == V1_RUNNABLE, "a goroutine starts that can't run");
        expect(v, e, p->g == 0, "a goroutine starts on a P that runs another");
        g->status = V1_RUNNING;
        p->g = e->g;
        break;
    case V1_GO_END:
    case V1_GO_STOP:
        leave(v, e, p, g, V1_DEAD);
        if (e->type == V1_GO_END) {
            ranges_drop(&v->ranges, &g->regions);
        }
        break;
    case V1_GO_SCHED:
    case V1_GO_PREEMPT:
        leave(v, e, p, g, V1_RUNNABLE);
        break;
    case V1_GO_UNBLOCK:
    case V1_GO_UNBLOCK_LOCAL:
        expect(v, e, g->status == V1_RUNNING || e->g == 0, "a goroutine is unblocked by one that doesn't run");
        expect(v, e, *shown_p == V1_PROC_TIMER || p->g == e->g, "a goroutine is unblocked on a P that runs another");
        expect(v, e, named->status == V1_WAITING, "a goroutine is unblocked that doesn't wait");
        *shown_p = named->on_network ? V1_PROC_NETPOLL : *shown_p;
        named->status = V1_RUNNABLE;
        named->on_network = false;
        break;
    case V1_GO_SYSCALL:
        expect(v, e, runs(e, p, g) && e->g != 0, "a system call of a goroutine that doesn't run");
        break;
    case V1_GO_SYSEXIT:
    case V1_GO_SYSEXIT_LOCAL:
        expect(v, e, g->status == V1_WAITING || e->type == V1_GO_SYSEXIT_LOCAL, "a system call ends that didn't block");
        named->status = V1_RUNNABLE;
        break;
    case V1_GO_SLEEP:
    case V1_GO_SYSBLOCK:
    case V1_GO_BLOCK:
    case V1_GO_BLOCK_GC:
        leave(v, e, p, g, V1_WAITING);
        break;
    default:
        if (e->type >= V1_GO_BLOCK_SEND && e->type <= V1_GO_BLOCK_NET) {
            leave(v, e, p, g, V1_WAITING);
        } else {
            follow_proc(v, e, p);
            return follow_user(v, e, raw, g);
        }
    }
    return true;
}

/* ---- one event */

static uint64_t stw_kind(const struct v1 *v, uint64_t kind) {
    if (v->format.version < 21) {
        kind = kind <= 1 ? kind + 1 : 0;
    }
    return kind >= 1 && kind <= 16 ? V1_FIXED_IDS + F_STW + kind : V1_FIXED_IDS;
}

static uint64_t argument(struct v1 *v, const struct v1_raw *raw, const struct v1_event *e, enum from from) {
    switch (from) {
    case STK:
        return idmap_get(&v->stack_of, raw->stack) == IDMAP_NONE ? 0 : raw->stack;
    case PROC:
        return (uint64_t)(int64_t)e->p;
    case WHY:
        return V1_FIXED_IDS + rows[e->type].why;
    case KIND:
        return v->stw_kind;
    case TEXT:
        return V1_TEXT_IDS + e->at;
    case SEQ:
        return v->gc_seq;
    case ZERO:
        return 0;
    default:
        return raw->arg[from];
    }
}

static int64_t event_time(struct v1 *v, const struct v1_event *e) {
    uint64_t ticks = (uint64_t)e->ts - (uint64_t)v->events[0].ts;
    double ns = (double)(int64_t)ticks * v->ns_per_tick;
    int64_t t = ns >= 9223372036854775807.0 ? INT64_MAX : ns < 0 ? 0 : (int64_t)ns;
    v->last = t > v->last ? t : v->last;
    return v->last;
}

/* GoWaiting and the like: the state in which a goroutine was found. */
static void make_status(struct trace_event *ev, uint64_t g, enum trace_go_status status) {
    ev->type = TRACE_EV_GO_STATUS;
    memset(ev->arg, 0, sizeof ev->arg);
    ev->arg[0] = g;
    ev->arg[1] = UINT64_MAX;
    ev->arg[2] = status;
}

static int by_id(const void *a, const void *b) {
    const uint64_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

/* The first Gomaxprocs ends the list of what there was before. */
static bool begin(struct v1 *v) {
    v->begun = true;
    for (size_t i = 0; i < v->ngos; i++) {
        if (v->gos[i].early) {
            if (!GROW(v->earlies, v->nearly, v->cap_early)) {
                return false;
            }
            v->earlies[v->nearly++] = v->gos[i].id;
        }
    }
    if (v->nearly > 1) {
        qsort(v->earlies, v->nearly, sizeof *v->earlies, by_id);
    }
    return true;
}

/* What writers write before the first Gomaxprocs: what there is, and the one goroutine that runs. */
static const bool of_begin[V1_LIMIT] = {
    [V1_GOMAXPROCS] = true,    [V1_PROC_START] = true,       [V1_GO_CREATE] = true,      [V1_GO_WAITING] = true,
    [V1_GO_IN_SYSCALL] = true, [V1_GO_START] = true,         [V1_GO_START_LOCAL] = true, [V1_GO_START_LABEL] = true,
    [V1_GO_UNBLOCK] = true,    [V1_GO_UNBLOCK_LOCAL] = true, [V1_FUTILE_WAKEUP] = true,  [V1_HEAP_ALLOC] = true,
    [V1_HEAP_GOAL] = true,     [V1_CPU_SAMPLE] = true,
};

static bool is_start(uint8_t type) {
    return type == V1_GO_START || type == V1_GO_START_LOCAL || type == V1_GO_START_LABEL;
}

/* Does an event that can't stand before the first Gomaxprocs tell that damage took it? */
static bool must_have_begun(struct v1 *v, const struct v1_event *e) {
    bool second = is_start(e->type) && v->started;
    v->started = v->started || is_start(e->type);
    return v->scan->loss.count > 0 && (second || !of_begin[e->type]);
}

/* The events that need more than their row. False: not shown. */
static bool adjust(struct v1 *v, const struct v1_event *e, const struct v1_raw *raw, struct v1_proc_state *p,
                   struct trace_event *ev) {
    struct v1_go *named = v1_go(v, raw->arg[0]);
    switch (e->type) {
    case V1_PROC_START:
    case V1_PROC_STOP:
        if (!p->seen) {
            p->seen = true;
            ev->type = TRACE_EV_PROC_STATUS;
            ev->arg[0] = (uint64_t)ev->p;
            ev->arg[1] = e->type == V1_PROC_START ? TRACE_PROC_RUNNING : TRACE_PROC_IDLE;
        }
        return true;
    case V1_GO_CREATE:
        if (!v->begun && named != NULL) {
            named->early = true;
        }
        return v->begun;
    case V1_GO_START:
    case V1_GO_START_LOCAL:
        if (!v->begun) {
            named->early = false;
            make_status(ev, raw->arg[0], TRACE_GO_RUNNING);
        }
        return true;
    case V1_GO_WAITING:
    case V1_GO_IN_SYSCALL:
        named->early = false;
        make_status(ev, raw->arg[0], e->type == V1_GO_WAITING ? TRACE_GO_WAITING : TRACE_GO_SYSCALL);
        return true;
    case V1_REGION:
        ev->type = raw->arg[1] == 0 ? TRACE_EV_USER_REGION_BEGIN : TRACE_EV_USER_REGION_END;
        return true;
    default:
        return rows[e->type].to != 0;
    }
}

static void second_event(struct v1 *v, const struct v1_event *e, const struct v1_raw *raw,
                         const struct trace_event *first) {
    struct trace_event *ev = &v->queue[0];
    *ev = *first;
    memset(ev->arg, 0, sizeof ev->arg);
    if (e->type == V1_GO_START_LABEL) {
        ev->type = TRACE_EV_GO_LABEL;
        ev->arg[0] = raw->arg[2];
    } else if (e->type == V1_GO_SYSCALL && (e->flags & V1_BLOCKED) == 0) {
        ev->type = TRACE_EV_GO_SYSCALL_END;
    } else {
        return;
    }
    v->nqueued = 1;
}

static int64_t shown_proc(const struct v1 *v, const struct v1_event *e) {
    switch (e->type) {
    case V1_GO_UNBLOCK:
    case V1_GO_UNBLOCK_LOCAL:
        return idmap_get(&v->timers, e->g) != IDMAP_NONE ? V1_PROC_TIMER : e->p;
    case V1_GO_SYSEXIT:
    case V1_GO_SYSEXIT_LOCAL:
        return V1_PROC_SYSCALL;
    case V1_GC_START:
        return V1_PROC_GC;
    default:
        return e->p;
    }
}

/* One old event; false where nothing of it is shown. */
static bool convert(struct v1 *v, const struct v1_event *e, struct trace_event *ev) {
    struct v1_raw raw;
    const uint8_t *at = v->src->data + e->at;
    const struct row *row = &rows[e->type];
    if (v1_decode(&v->format, &at, v->src->data + v->src->size, &raw) != V1_DECODED || (e->flags & V1_HIDDEN) != 0) {
        return false;
    }
    *ev = (struct trace_event){.type = row->to, .m = -1, .flags = e->flags & TRACE_BY_TIME, .time = event_time(v, e)};
    ev->g = e->g == 0 ? -1 : (int64_t)e->g;
    ev->p = shown_proc(v, e);
    struct v1_proc_state *p = proc(v, e->p);
    v->broke = false;
    if (p == NULL || (e->type != V1_CPU_SAMPLE && !follow(v, e, &raw, p, &ev->p))) {
        v1_lost(v, TRACE_E_MEMORY, e->at, 0, "out of memory");
        v->next = v->nevents;
        return false;
    }
    ev->flags |= v->broke ? TRACE_BROKE_RULE : 0;
    if (e->type == V1_PROC_START) {
        p->m = (int64_t)raw.arg[0];
    } else if (e->type == V1_GC_START) {
        v->gc_seq = v->format.version < 7 ? v->gc_seq + 1 : raw.arg[0];
    } else if (e->type == V1_STW_START) {
        v->stw_kind = stw_kind(v, raw.arg[0]);
    }
    ev->m = e->type != V1_CPU_SAMPLE && ev->p == e->p ? p->m : -1;
    for (int i = 0; i < TRACE_MAX_ARGS; i++) {
        ev->arg[i] = argument(v, &raw, e, (enum from)row->from[i]);
    }
    if (!v->begun && (must_have_begun(v, e) || e->type == V1_GOMAXPROCS) && !begin(v)) {
        v->next = v->nevents;
    }
    if (!adjust(v, e, &raw, p, ev)) {
        return false;
    }
    second_event(v, e, &raw, ev);
    return true;
}

size_t v1_read(struct v1 *v, struct trace_event *ev, size_t max) {
    size_t n = 0;
    if (!v->loaded) {
        load(v);
    }
    while (n < max) {
        bool shown = true;
        if (v->nqueued > 0) {
            ev[n] = v->queue[0];
            v->nqueued = 0;
        } else if (v->early < v->nearly) {
            ev[n] = (struct trace_event){.m = -1, .p = -1, .g = -1, .time = v->last};
            make_status(&ev[n], v->earlies[v->early++], TRACE_GO_RUNNABLE);
        } else if (v->next < v->nevents) {
            const struct v1_event *e = &v->events[v->next++];
            shown = convert(v, e, &ev[n]);
        } else {
            break;
        }
        if (shown) {
            v->scan->loss.by_time += (ev[n++].flags & TRACE_BY_TIME) != 0;
        }
    }
    return n;
}

/* ---- looking up */

uint64_t v1_position(const struct v1 *v) {
    double share = v->nevents == 0 ? v->loaded : (double)v->next / (double)v->nevents;
    return v->begin + (uint64_t)((double)(v->src->size - v->begin) * share);
}

struct trace_text v1_string(const struct v1 *v, uint64_t id) {
    if (id >= V1_TEXT_IDS && id - V1_TEXT_IDS < v->src->size) {
        const uint8_t *p = v->src->data + (id - V1_TEXT_IDS), *end = v->src->data + v->src->size;
        struct v1_raw raw;
        bool log = v1_decode(&v->format, &p, end, &raw) == V1_DECODED && raw.type == V1_LOG;
        return (struct trace_text){log ? (const char *)raw.text : NULL, log ? raw.text_len : 0};
    }
    if (id >= V1_FIXED_IDS && id - V1_FIXED_IDS < F_LIMIT) {
        const char *s = fixed_texts[id - V1_FIXED_IDS];
        return (struct trace_text){s, s == NULL ? 0 : strlen(s)};
    }
    uint32_t i = idmap_get(&v->string_of, id);
    if (i == IDMAP_NONE) {
        return (struct trace_text){NULL, 0};
    }
    return (struct trace_text){(const char *)v->src->data + v->strings[i].offset, v->strings[i].len};
}

size_t v1_stack(const struct v1 *v, uint64_t id, struct trace_frame *frames, size_t max) {
    uint32_t s = idmap_get(&v->stack_of, id);
    if (s == IDMAP_NONE) {
        return 0;
    }
    const uint8_t *p = v->src->data + v->stacks[s].offset, *end = p + v->stacks[s].end;
    unsigned each = v->format.version < 7 ? 1 : 4;
    for (size_t i = 0; i < max && i < v->stacks[s].nframes; i++) {
        uint64_t x[4] = {0};
        for (unsigned k = 0; k < each; k++) {
            (void)wire_uint(&p, end, &x[k]);
        }
        frames[i] = (struct trace_frame){x[0], v1_string(v, x[1]), v1_string(v, x[2]), x[3]};
    }
    return v->stacks[s].nframes;
}
