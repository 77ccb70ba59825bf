/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * order.c - one rule for each event type: when it may happen, what it changes.
 *
 * A rule first finds out whether the event must wait, then whether it is impossible, then takes effect. Forced, it only
 * takes effect. Ids are any 64-bit values; states live in arrays and are found through maps, a thread keeps the indexes
 * of its P and G.
 */
#include "traces/order.h"
#include "traces/grow.h"

/* The event under way. */
struct step {
    struct order *o;
    const uint64_t *arg;
    struct thread_state *t; /* of the emitting thread; a scratch one for m = -1 */
    int64_t m, p, g;        /* context as delivered */
    bool force;
};

typedef enum advance rule(struct step *s);

/* ---- states */

static uint32_t find_proc(const struct order *o, uint64_t id) {
    return idmap_get(&o->proc_of, id);
}

static uint32_t add_proc(struct order *o, uint64_t id, uint8_t status) {
    if (!GROW(o->procs, o->nprocs, o->cap_procs) || !idmap_put(&o->proc_of, id, (uint32_t)o->nprocs)) {
        o->memory_short = true;
        return NO_INDEX;
    }
    o->procs[o->nprocs] = (struct proc_state){.id = (int64_t)id, .gen = o->gen, .holder = NO_INDEX, .status = status};
    return (uint32_t)o->nprocs++;
}

static uint32_t find_go(const struct order *o, uint64_t id) {
    return idmap_get(&o->go_of, id);
}

static uint32_t add_go(struct order *o, uint64_t id, uint8_t status) {
    uint32_t i = o->free_go;
    if (i == NO_INDEX && GROW(o->gos, o->ngos, o->cap_gos)) {
        i = (uint32_t)o->ngos++;
    } else if (i != NO_INDEX) {
        o->free_go = (uint32_t)o->gos[i].seq;
        o->gos[i].live = false;
    }
    if (i == NO_INDEX || !idmap_put(&o->go_of, id, i)) {
        o->memory_short = true;
        return NO_INDEX;
    }
    o->gos[i] = (struct go_state){.id = (int64_t)id, .gen = o->gen, .status = status, .live = true};
    return i;
}

static void delete_go(struct order *o, uint32_t i) {
    if (!o->gos[i].live) {
        return;
    }
    idmap_remove(&o->go_of, (uint64_t)o->gos[i].id);
    o->gos[i].live = false;
    o->gos[i].status = TRACE_GO_BAD;
    o->gos[i].seq = o->free_go;
    o->free_go = i;
}

static uint32_t find_thread(const struct order *o, uint64_t m) {
    return idmap_get(&o->thread_of, m);
}

static uint32_t add_thread(struct order *o, uint64_t m) {
    if (!GROW(o->threads, o->nthreads, o->cap_threads) || !idmap_put(&o->thread_of, m, (uint32_t)o->nthreads)) {
        o->memory_short = true;
        return NO_INDEX;
    }
    o->threads[o->nthreads] = (struct thread_state){(int64_t)m, NO_INDEX, NO_INDEX};
    return (uint32_t)o->nthreads++;
}

/* ---- what rules ask */

static bool has_m(const struct step *s) {
    return s->t->m != -1;
}
static bool has_p(const struct step *s) {
    return s->t->p != NO_INDEX;
}
static bool has_g(const struct step *s) {
    return s->t->g != NO_INDEX;
}
static bool has_all(const struct step *s) {
    return has_m(s) && has_p(s) && has_g(s);
}
static bool go_is(const struct step *s, uint32_t g, uint8_t status) {
    return g != NO_INDEX && s->o->gos[g].status == status;
}
static bool proc_is(const struct step *s, uint32_t p, uint8_t status) {
    return p != NO_INDEX && s->o->procs[p].status == status;
}
/* The next in sequence: sequences restart in every generation. */
static bool follows(const struct step *s, uint64_t gen, uint64_t seq, uint64_t next) {
    return gen == s->o->gen && next == seq + 1;
}
static bool go_follows(const struct step *s, uint32_t g, uint64_t next) {
    return follows(s, s->o->gos[g].gen, s->o->gos[g].seq, next);
}
static bool proc_follows(const struct step *s, uint32_t p, uint64_t next) {
    return follows(s, s->o->procs[p].gen, s->o->procs[p].seq, next);
}

static void set_go(struct step *s, uint32_t g, uint8_t status) {
    if (g != NO_INDEX && s->o->gos[g].live) {
        s->o->gos[g].status = status;
    }
}
static void set_go_seq(struct step *s, uint32_t g, uint8_t status, uint64_t seq) {
    if (g != NO_INDEX && s->o->gos[g].live) {
        s->o->gos[g].status = status;
        s->o->gos[g].gen = s->o->gen;
        s->o->gos[g].seq = seq;
    }
}
static void set_proc(struct step *s, uint32_t p, uint8_t status) {
    if (p != NO_INDEX) {
        s->o->procs[p].status = status;
    }
}
static void set_proc_seq(struct step *s, uint32_t p, uint8_t status, uint64_t seq) {
    if (p != NO_INDEX) {
        s->o->procs[p].status = status;
        s->o->procs[p].gen = s->o->gen;
        s->o->procs[p].seq = seq;
    }
}
/* The emitting thread takes a processor. */
static void hold(struct step *s, uint32_t p) {
    s->t->p = p;
    if (p != NO_INDEX && has_m(s)) {
        s->o->procs[p].holder = (uint32_t)(s->t - s->o->threads);
    }
}
/* Forced events may name what was never introduced. */
static uint32_t go_or_new(struct step *s, uint64_t id) {
    uint32_t g = find_go(s->o, id);
    return g != NO_INDEX ? g : add_go(s->o, id, TRACE_GO_WAITING);
}
static uint32_t proc_or_new(struct step *s, uint64_t id) {
    uint32_t p = find_proc(s->o, id);
    return p != NO_INDEX ? p : add_proc(s->o, id, TRACE_PROC_IDLE);
}

/* ---- rules: processors */

static enum advance proc_status(struct step *s) {
    struct order *o = s->o;
    uint8_t status = (uint8_t)s->arg[1];
    uint32_t p = find_proc(o, s->arg[0]);
    bool bad = status > TRACE_PROC_SYSCALL_ABANDONED;
    bool stolen_soon = status == TRACE_PROC_SYSCALL_ABANDONED && proc_is(s, p, TRACE_PROC_SYSCALL);
    if (!s->force && (bad || (p != NO_INDEX && !stolen_soon && o->procs[p].status != status))) {
        return IMPOSSIBLE;
    }
    if (p == NO_INDEX) {
        p = add_proc(o, s->arg[0], status);
    } else if (stolen_soon) {
        uint32_t last = o->procs[p].holder;
        const struct thread_state *holder = last != NO_INDEX && o->threads[last].p == p ? &o->threads[last] : NULL;
        if (holder == NULL && !s->force) {
            return IMPOSSIBLE;
        }
        if (holder != NULL) {
            s->m = holder->m;
            s->p = (int64_t)s->arg[0];
            s->g = holder->g == NO_INDEX ? -1 : o->gos[holder->g].id;
        }
        set_proc_seq(s, p, TRACE_PROC_SYSCALL, 0);
    } else {
        set_proc_seq(s, p, status, 0);
    }
    if (status == TRACE_PROC_RUNNING || status == TRACE_PROC_SYSCALL) {
        hold(s, p);
    }
    return ADVANCED;
}

static enum advance proc_start(struct step *s) {
    uint32_t p = find_proc(s->o, s->arg[0]);
    if (!s->force) {
        if (!proc_is(s, p, TRACE_PROC_IDLE) || !proc_follows(s, p, s->arg[1]) || has_p(s)) {
            return NOT_READY;
        }
        if (!has_m(s)) {
            return IMPOSSIBLE;
        }
    }
    p = proc_or_new(s, s->arg[0]);
    set_proc_seq(s, p, TRACE_PROC_RUNNING, s->arg[1]);
    hold(s, p);
    return ADVANCED;
}

static enum advance proc_stop(struct step *s) {
    bool may = has_m(s) && (proc_is(s, s->t->p, TRACE_PROC_RUNNING) || proc_is(s, s->t->p, TRACE_PROC_SYSCALL));
    if (!s->force && !may) {
        return IMPOSSIBLE;
    }
    set_proc(s, s->t->p, TRACE_PROC_IDLE);
    s->t->p = NO_INDEX;
    return ADVANCED;
}

static enum advance proc_steal(struct step *s) {
    struct order *o = s->o;
    uint32_t p = find_proc(o, s->arg[0]);
    bool abandoned = proc_is(s, p, TRACE_PROC_SYSCALL_ABANDONED);
    if (!s->force) {
        if ((!abandoned && !proc_is(s, p, TRACE_PROC_SYSCALL)) || !proc_follows(s, p, s->arg[1])) {
            return NOT_READY;
        }
        if (!has_m(s)) {
            return IMPOSSIBLE;
        }
    }
    p = proc_or_new(s, s->arg[0]);
    if (!abandoned) {
        uint32_t victim = find_thread(o, s->arg[2]);
        struct thread_state *from = (int64_t)s->arg[2] == s->t->m ? s->t
                                    : victim != NO_INDEX          ? &o->threads[victim]
                                                                  : NULL;
        if (from != NULL && from->p == p) {
            from->p = NO_INDEX;
        } else if (!s->force) {
            return IMPOSSIBLE;
        }
    }
    set_proc_seq(s, p, TRACE_PROC_IDLE, s->arg[1]);
    return ADVANCED;
}

/* ---- rules: goroutines */

static enum advance status_in_syscall(struct step *s, uint32_t g) {
    struct order *o = s->o;
    int64_t mid = (int64_t)s->arg[1];
    if (mid == s->t->m) {
        if (!s->force && o->gen != o->first_gen && s->t->g != g) {
            return IMPOSSIBLE;
        }
        s->t->g = g;
        return ADVANCED;
    }
    uint32_t other = find_thread(o, s->arg[1]);
    if (other != NO_INDEX) {
        if (!s->force && o->threads[other].g != g) {
            return IMPOSSIBLE;
        }
        s->g = (int64_t)s->arg[0];
    } else {
        ptrdiff_t self = s->t - o->threads;
        bool in_array = has_m(s);
        other = add_thread(o, s->arg[1]);
        if (in_array) {
            s->t = &o->threads[self]; /* the array may have moved */
        }
        if (other != NO_INDEX) {
            o->threads[other].g = g;
        }
    }
    s->m = mid;
    return ADVANCED;
}

static enum advance go_status(struct step *s) {
    struct order *o = s->o;
    uint8_t status = (uint8_t)s->arg[2];
    uint32_t g = find_go(o, s->arg[0]);
    if (!s->force) {
        bool bad = status > TRACE_GO_WAITING || (status == TRACE_GO_SYSCALL && (int64_t)s->arg[1] == -1);
        bool late = g == NO_INDEX && o->gen != o->first_gen;
        if (bad || late || (g != NO_INDEX && o->gos[g].status != status)) {
            return IMPOSSIBLE;
        }
    }
    if (g == NO_INDEX) {
        g = add_go(o, s->arg[0], status);
    } else {
        set_go_seq(s, g, status, 0);
    }
    if (status == TRACE_GO_RUNNING) {
        s->t->g = g;
    }
    return status == TRACE_GO_SYSCALL && (int64_t)s->arg[1] != -1 ? status_in_syscall(s, g) : ADVANCED;
}

static enum advance create(struct step *s, uint8_t status) {
    uint32_t g = find_go(s->o, s->arg[0]);
    bool may = has_m(s) && has_p(s) && (!has_g(s) || go_is(s, s->t->g, TRACE_GO_RUNNING)) && g == NO_INDEX;
    if (!s->force && !may) {
        return IMPOSSIBLE;
    }
    if (g == NO_INDEX) {
        add_go(s->o, s->arg[0], status);
    } else {
        set_go_seq(s, g, status, 0);
    }
    return ADVANCED;
}

static enum advance go_create(struct step *s) {
    return create(s, TRACE_GO_RUNNABLE);
}
static enum advance go_create_blocked(struct step *s) {
    return create(s, TRACE_GO_WAITING);
}

static enum advance go_create_syscall(struct step *s) {
    uint32_t g = find_go(s->o, s->arg[0]);
    if (!s->force && (!has_m(s) || has_g(s) || g != NO_INDEX)) {
        return IMPOSSIBLE;
    }
    g = go_or_new(s, s->arg[0]);
    set_go_seq(s, g, TRACE_GO_SYSCALL, 0);
    s->t->g = g;
    return ADVANCED;
}

static enum advance go_start(struct step *s) {
    uint32_t g = find_go(s->o, s->arg[0]);
    if (!s->force) {
        if (!go_is(s, g, TRACE_GO_RUNNABLE) || !go_follows(s, g, s->arg[1])) {
            return NOT_READY;
        }
        if (!has_m(s) || !has_p(s) || has_g(s)) {
            return IMPOSSIBLE;
        }
    }
    g = go_or_new(s, s->arg[0]);
    set_go_seq(s, g, TRACE_GO_RUNNING, s->arg[1]);
    s->t->g = g;
    return ADVANCED;
}

/* The running goroutine stops running: it waits, can be run again, or is gone (TRACE_GO_BAD). */
static enum advance leave(struct step *s, uint8_t status) {
    if (!s->force && (!has_all(s) || !go_is(s, s->t->g, TRACE_GO_RUNNING))) {
        return IMPOSSIBLE;
    }
    if (status == TRACE_GO_BAD && has_g(s)) {
        delete_go(s->o, s->t->g);
    } else {
        set_go(s, s->t->g, status);
    }
    s->t->g = NO_INDEX;
    return ADVANCED;
}

static enum advance go_destroy(struct step *s) {
    return leave(s, TRACE_GO_BAD);
}
static enum advance go_stop(struct step *s) {
    return leave(s, TRACE_GO_RUNNABLE);
}
static enum advance go_block(struct step *s) {
    return leave(s, TRACE_GO_WAITING);
}

static enum advance go_unblock(struct step *s) {
    uint32_t g = find_go(s->o, s->arg[0]);
    if (!s->force && (!go_is(s, g, TRACE_GO_WAITING) || !go_follows(s, g, s->arg[1]))) {
        return NOT_READY;
    }
    g = go_or_new(s, s->arg[0]);
    set_go_seq(s, g, TRACE_GO_RUNNABLE, s->arg[1]);
    return ADVANCED;
}

static enum advance switch_to(struct step *s, uint8_t status) {
    uint32_t g = find_go(s->o, s->arg[0]);
    if (!s->force) {
        if (!has_all(s) || !go_is(s, s->t->g, TRACE_GO_RUNNING)) {
            return IMPOSSIBLE;
        }
        if (!go_is(s, g, TRACE_GO_WAITING) || !go_follows(s, g, s->arg[1])) {
            return NOT_READY;
        }
    }
    g = go_or_new(s, s->arg[0]);
    leave(s, status);
    set_go_seq(s, g, TRACE_GO_RUNNING, s->arg[1]);
    s->t->g = g;
    return ADVANCED;
}

static enum advance go_switch(struct step *s) {
    return switch_to(s, TRACE_GO_WAITING);
}
static enum advance go_switch_destroy(struct step *s) {
    return switch_to(s, TRACE_GO_BAD);
}

/* ---- rules: system calls */

static enum advance syscall_begin(struct step *s) {
    bool may = has_all(s) && go_is(s, s->t->g, TRACE_GO_RUNNING) && proc_follows(s, s->t->p, s->arg[0]);
    if (!s->force && !may) {
        return IMPOSSIBLE;
    }
    set_go(s, s->t->g, TRACE_GO_SYSCALL);
    set_proc_seq(s, s->t->p, TRACE_PROC_SYSCALL, s->arg[0]);
    return ADVANCED;
}

static enum advance syscall_end(struct step *s) {
    bool may = has_all(s) && go_is(s, s->t->g, TRACE_GO_SYSCALL) && proc_is(s, s->t->p, TRACE_PROC_SYSCALL);
    if (!s->force && !may) {
        return IMPOSSIBLE;
    }
    set_go(s, s->t->g, TRACE_GO_RUNNING);
    set_proc(s, s->t->p, TRACE_PROC_RUNNING);
    return ADVANCED;
}

static enum advance syscall_end_blocked(struct step *s) {
    if (!s->force) {
        if (proc_is(s, s->t->p, TRACE_PROC_SYSCALL)) {
            return NOT_READY; /* its P is about to be stolen */
        }
        if (!has_m(s) || !go_is(s, s->t->g, TRACE_GO_SYSCALL)) {
            return IMPOSSIBLE;
        }
    }
    set_go(s, s->t->g, TRACE_GO_RUNNABLE);
    s->t->g = NO_INDEX;
    return ADVANCED;
}

static enum advance go_destroy_syscall(struct step *s) {
    bool may =
        has_m(s) && go_is(s, s->t->g, TRACE_GO_SYSCALL) && (!has_p(s) || proc_is(s, s->t->p, TRACE_PROC_SYSCALL));
    if (!s->force && !may) {
        return IMPOSSIBLE;
    }
    if (has_g(s)) {
        delete_go(s->o, s->t->g);
    }
    set_proc(s, s->t->p, TRACE_PROC_SYSCALL_ABANDONED);
    s->t->g = s->t->p = NO_INDEX;
    return ADVANCED;
}

/* ---- rules: garbage collection and the rest */

static enum advance gc_active(struct step *s) {
    struct order *o = s->o;
    if (!s->force && o->gen == o->first_gen && o->gc != GC_UNDETERMINED) {
        return IMPOSSIBLE;
    }
    if (!s->force && o->gen != o->first_gen) {
        if (s->arg[0] != o->gc_seq + 1) {
            return NOT_READY;
        }
        if (o->gc != GC_ON || !has_all(s)) {
            return IMPOSSIBLE;
        }
    }
    o->gc_seq = s->arg[0];
    o->gc = GC_ON;
    return ADVANCED;
}

static enum advance gc_begin(struct step *s) {
    struct order *o = s->o;
    if (!s->force && o->gc != GC_UNDETERMINED) {
        if (s->arg[0] != o->gc_seq + 1) {
            return NOT_READY;
        }
        if (o->gc == GC_ON || !has_all(s)) {
            return IMPOSSIBLE;
        }
    }
    o->gc_seq = s->arg[0];
    o->gc = GC_ON;
    return ADVANCED;
}

static enum advance gc_end(struct step *s) {
    struct order *o = s->o;
    if (!s->force) {
        if (s->arg[0] != o->gc_seq + 1) {
            return NOT_READY;
        }
        if (o->gc != GC_ON || !has_all(s)) {
            return IMPOSSIBLE;
        }
    }
    o->gc_seq = s->arg[0];
    o->gc = GC_OFF;
    return ADVANCED;
}

static enum advance never(struct step *s) {
    return s->force ? ADVANCED : IMPOSSIBLE;
}

static rule *const rules[TRACE_EV_LIMIT] = {
    [TRACE_EV_PROC_START] = proc_start,
    [TRACE_EV_PROC_STOP] = proc_stop,
    [TRACE_EV_PROC_STEAL] = proc_steal,
    [TRACE_EV_PROC_STATUS] = proc_status,
    [TRACE_EV_GO_CREATE] = go_create,
    [TRACE_EV_GO_CREATE_SYSCALL] = go_create_syscall,
    [TRACE_EV_GO_START] = go_start,
    [TRACE_EV_GO_DESTROY] = go_destroy,
    [TRACE_EV_GO_DESTROY_SYSCALL] = go_destroy_syscall,
    [TRACE_EV_GO_STOP] = go_stop,
    [TRACE_EV_GO_BLOCK] = go_block,
    [TRACE_EV_GO_UNBLOCK] = go_unblock,
    [TRACE_EV_GO_SYSCALL_BEGIN] = syscall_begin,
    [TRACE_EV_GO_SYSCALL_END] = syscall_end,
    [TRACE_EV_GO_SYSCALL_END_BLOCKED] = syscall_end_blocked,
    [TRACE_EV_GO_STATUS] = go_status,
    [TRACE_EV_GC_ACTIVE] = gc_active,
    [TRACE_EV_GC_BEGIN] = gc_begin,
    [TRACE_EV_GC_END] = gc_end,
    [TRACE_EV_GO_SWITCH] = go_switch,
    [TRACE_EV_GO_SWITCH_DESTROY] = go_switch_destroy,
    [TRACE_EV_GO_CREATE_BLOCKED] = go_create_blocked,
    [TRACE_EV_GO_STATUS_STACK] = go_status,
};

#define PLAIN_M   (ORDER_PLAIN | ORDER_NEED_M)
#define PLAIN_MP  (PLAIN_M | ORDER_NEED_P)
#define PLAIN_MPG (PLAIN_MP | ORDER_NEED_G)

const uint8_t order_plain[256] = {
    [TRACE_EV_PROCS_CHANGE] = PLAIN_MPG,
    [TRACE_EV_STW_BEGIN] = PLAIN_MPG,
    [TRACE_EV_STW_END] = PLAIN_MPG,
    [TRACE_EV_GC_SWEEP_ACTIVE] = ORDER_PLAIN,
    [TRACE_EV_GC_SWEEP_BEGIN] = PLAIN_MP,
    [TRACE_EV_GC_SWEEP_END] = PLAIN_MP,
    [TRACE_EV_GC_MARK_ASSIST_ACTIVE] = ORDER_PLAIN,
    [TRACE_EV_GC_MARK_ASSIST_BEGIN] = PLAIN_MPG,
    [TRACE_EV_GC_MARK_ASSIST_END] = PLAIN_MPG,
    [TRACE_EV_HEAP_ALLOC] = PLAIN_MP,
    [TRACE_EV_HEAP_GOAL] = PLAIN_MP,
    [TRACE_EV_GO_LABEL] = PLAIN_MPG,
    [TRACE_EV_USER_TASK_BEGIN] = PLAIN_MPG,
    [TRACE_EV_USER_TASK_END] = PLAIN_MPG,
    [TRACE_EV_USER_REGION_BEGIN] = PLAIN_MPG,
    [TRACE_EV_USER_REGION_END] = PLAIN_MPG,
    [TRACE_EV_USER_LOG] = PLAIN_MPG,
    [TRACE_EV_SPAN] = PLAIN_M,
    [TRACE_EV_SPAN_ALLOC] = PLAIN_M,
    [TRACE_EV_SPAN_FREE] = PLAIN_M,
    [TRACE_EV_HEAP_OBJECT] = PLAIN_M,
    [TRACE_EV_HEAP_OBJECT_ALLOC] = PLAIN_M,
    [TRACE_EV_HEAP_OBJECT_FREE] = PLAIN_M,
    [TRACE_EV_GOROUTINE_STACK] = PLAIN_M,
    [TRACE_EV_GOROUTINE_STACK_ALLOC] = PLAIN_M,
    [TRACE_EV_GOROUTINE_STACK_FREE] = PLAIN_M,
};

void order_init(struct order *o) {
    *o = (struct order){.free_go = NO_INDEX};
}

void order_free(struct order *o) {
    free(o->procs);
    free(o->gos);
    free(o->threads);
    idmap_free(&o->proc_of);
    idmap_free(&o->go_of);
    idmap_free(&o->thread_of);
    *o = (struct order){0};
}

void order_generation(struct order *o, uint64_t gen) {
    o->gen = gen;
    if (o->first_gen == 0) {
        o->first_gen = gen;
    }
}

/* The thread's state; NULL for m = -1 (and where memory is short). It is made when its first event is tried. */
static struct thread_state *thread_of(struct order *o, struct cursor *c) {
    if (c->m == -1) {
        return NULL;
    }
    if (c->thread == NO_INDEX) {
        c->thread = find_thread(o, (uint64_t)c->m);
    }
    if (c->thread == NO_INDEX) {
        c->thread = add_thread(o, (uint64_t)c->m);
    }
    return c->thread != NO_INDEX ? &o->threads[c->thread] : NULL;
}

unsigned order_context(struct order *o, struct cursor *c, struct trace_event *ev) {
    const struct thread_state *t = thread_of(o, c);
    ev->m = c->m;
    ev->p = ev->g = -1;
    if (t == NULL) {
        return ORDER_PLAIN;
    }
    unsigned have = PLAIN_M;
    if (t->p != NO_INDEX) {
        ev->p = o->procs[t->p].id;
        have |= ORDER_NEED_P;
    }
    if (t->g != NO_INDEX) {
        ev->g = o->gos[t->g].id;
        have |= ORDER_NEED_G;
    }
    return have;
}

enum advance order_advance(struct order *o, struct cursor *c, bool force, struct trace_event *ev) {
    unsigned have = order_context(o, c, ev);
    if (order_plain[c->type] != 0) {
        return force || order_is_plain(c->type, have) ? ADVANCED : IMPOSSIBLE;
    }
    struct thread_state nobody = {-1, NO_INDEX, NO_INDEX}, *t = thread_of(o, c);
    struct step s = {.o = o, .arg = c->arg, .t = t != NULL ? t : &nobody, .m = ev->m, .p = ev->p, .g = ev->g};
    s.force = force;
    rule *r = c->type < TRACE_EV_LIMIT ? rules[c->type] : NULL;
    enum advance a = r != NULL ? r(&s) : never(&s);
    ev->m = s.m;
    ev->p = s.p;
    ev->g = s.g;
    return a;
}
