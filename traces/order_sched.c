/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * order_sched.c - the rules for Ps, goroutines and system calls: these decide the order (facts: 2.5).
 */
#include "traces/order_step.h"

/* ---- rules: processors */

enum advance rule_proc_status(struct step *s) {
    struct order *o = s->o;
    uint8_t status = (uint8_t)s->arg[1];
    uint32_t p = find_proc(o, s->arg[0]);
    bool bad = status > TRACE_PROC_SYSCALL_ABANDONED;
    bool stolen_soon = status == TRACE_PROC_SYSCALL_ABANDONED && proc_is(s, p, TRACE_PROC_SYSCALL);
    if (!s->force && bad) {
        return broke(s, RULE_STATUS, status, 0);
    }
    if (!s->force && p != NO_INDEX && !stolen_soon && o->procs[p].status != status) {
        return broke(s, RULE_PROC_STATUS, s->arg[0], o->procs[p].status);
    }
    if (p == NO_INDEX) {
        p = order_add_proc(o, s->arg[0], status);
    } else if (stolen_soon) {
        uint32_t last = o->procs[p].holder;
        const struct thread_state *holder = last != NO_INDEX && o->threads[last].p == p ? &o->threads[last] : NULL;
        if (holder == NULL && !s->force) {
            return broke(s, RULE_PROC_HOLDER, s->arg[0], 0);
        }
        if (holder != NULL) {
            s->ev->m = holder->m;
            s->ev->p = (int64_t)s->arg[0];
            s->ev->g = holder->g == NO_INDEX ? -1 : o->gos[holder->g].id;
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

/*
 * Who starts a P flushes its mcache before, and where a free of that is the first thing told of the P in a generation,
 * it tells its status before: the P would run, and have to start all the same (Go 1.23 to 1.26, proc.go: acquirep;
 * traceallocfree.go: HeapObjectFree). Nothing else could come in between that this waits for.
 */
static bool told_too_early(const struct step *s, uint32_t p) {
    return p != NO_INDEX && s->t->p == p && proc_is(s, p, TRACE_PROC_RUNNING) && proc_follows(s, p, s->arg[1]);
}

enum advance rule_proc_start(struct step *s) {
    uint32_t p = find_proc(s->o, s->arg[0]);
    if (!s->force) {
        if (told_too_early(s, p)) {
            return broke(s, RULE_PROC_EARLY, s->arg[0], 0);
        }
        if (!proc_is(s, p, TRACE_PROC_IDLE) || !proc_follows(s, p, s->arg[1]) || has_p(s)) {
            return wait_proc(s, p);
        }
        if (!has(s, ORDER_NEED_M)) {
            return IMPOSSIBLE;
        }
    }
    p = proc_or_new(s, s->arg[0]);
    if (s->force) {
        set_proc(s, s->t->p, TRACE_PROC_IDLE); /* it must have let go of what it had */
    }
    set_proc_seq(s, p, TRACE_PROC_RUNNING, s->arg[1]);
    hold(s, p);
    return ADVANCED;
}

enum advance rule_proc_stop(struct step *s) {
    bool runs = proc_is(s, s->t->p, TRACE_PROC_RUNNING) || proc_is(s, s->t->p, TRACE_PROC_SYSCALL);
    if (!s->force && (!has(s, ORDER_NEED_M | ORDER_NEED_P) || !runs)) {
        return broke(s, RULE_PROC_RUNNING, own_p(s), 0);
    }
    set_proc(s, s->t->p, TRACE_PROC_IDLE);
    s->t->p = NO_INDEX;
    return ADVANCED;
}

enum advance rule_proc_steal(struct step *s) {
    struct order *o = s->o;
    uint32_t p = find_proc(o, s->arg[0]);
    bool abandoned = proc_is(s, p, TRACE_PROC_SYSCALL_ABANDONED);
    if (!s->force) {
        if ((!abandoned && !proc_is(s, p, TRACE_PROC_SYSCALL)) || !proc_follows(s, p, s->arg[1])) {
            return wait_proc(s, p);
        }
        if (!has(s, ORDER_NEED_M)) {
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
            return broke(s, RULE_STEAL, s->arg[0], s->arg[2]);
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
            return broke(s, RULE_GO_OTHER, s->arg[0], s->arg[1]);
        }
        s->t->g = g;
        return ADVANCED;
    }
    uint32_t other = find_thread(o, s->arg[1]);
    if (other != NO_INDEX) {
        if (!s->force && o->threads[other].g != g) {
            return broke(s, RULE_GO_OTHER, s->arg[0], s->arg[1]);
        }
        s->ev->g = (int64_t)s->arg[0];
    } else {
        ptrdiff_t self = s->t - o->threads;
        bool in_array = has_m(s);
        other = order_add_thread(o, s->arg[1]);
        if (in_array) {
            s->t = &o->threads[self]; /* the array may have moved */
        }
        if (other != NO_INDEX) {
            o->threads[other].g = g;
        }
    }
    s->ev->m = mid;
    return ADVANCED;
}

enum advance rule_go_status(struct step *s) {
    struct order *o = s->o;
    uint8_t status = (uint8_t)s->arg[2];
    uint32_t g = find_go(o, s->arg[0]);
    if (!s->force) {
        if (status > TRACE_GO_WAITING) {
            return broke(s, RULE_STATUS, status, 0);
        }
        if (g != NO_INDEX && o->gos[g].status != status) {
            return broke(s, RULE_GO_STATUS, s->arg[0], o->gos[g].status);
        }
        if (g == NO_INDEX && o->gen != o->first_gen) {
            return broke(s, RULE_GO_LATE, s->arg[0], 0);
        }
        if (status == TRACE_GO_SYSCALL && (int64_t)s->arg[1] == -1) {
            return broke(s, RULE_GO_THREADLESS, s->arg[0], 0);
        }
    }
    if (g == NO_INDEX) {
        g = order_add_go(o, s->arg[0], status);
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
    if (!s->force) {
        bool own = has_g(s) && s->o->gos[s->t->g].live; /* it may be gone: only damaged traces know how */
        if (!has(s, ORDER_NEED_M | ORDER_NEED_P) || (own && !own_go_is(s, TRACE_GO_RUNNING))) {
            return IMPOSSIBLE;
        }
        if (g != NO_INDEX) {
            return broke(s, RULE_GO_NEW, s->arg[0], 0);
        }
    }
    if (g == NO_INDEX) {
        order_add_go(s->o, s->arg[0], status);
    } else {
        set_go_seq(s, g, status, 0);
    }
    return ADVANCED;
}

enum advance rule_go_create(struct step *s) {
    return create(s, TRACE_GO_RUNNABLE);
}
enum advance rule_go_create_blocked(struct step *s) {
    return create(s, TRACE_GO_WAITING);
}

enum advance rule_go_create_syscall(struct step *s) {
    uint32_t g = find_go(s->o, s->arg[0]);
    if (!s->force && (!has(s, ORDER_NEED_M) || has_g(s) || g != NO_INDEX)) {
        return broke(s, has_g(s) ? RULE_NO_GO : RULE_GO_NEW, s->arg[0], 0);
    }
    g = go_or_new(s, s->arg[0]);
    set_go_seq(s, g, TRACE_GO_SYSCALL, 0);
    s->t->g = g;
    return ADVANCED;
}

enum advance rule_go_start(struct step *s) {
    uint32_t g = find_go(s->o, s->arg[0]);
    if (!s->force) {
        if (!go_is(s, g, TRACE_GO_RUNNABLE) || !go_follows(s, g, s->arg[1])) {
            return wait_go(s, g);
        }
        if (!has(s, ORDER_NEED_M | ORDER_NEED_P) || has_g(s)) {
            return broke(s, RULE_NO_GO, 0, 0);
        }
    }
    g = go_or_new(s, s->arg[0]);
    set_go_seq(s, g, TRACE_GO_RUNNING, s->arg[1]);
    s->t->g = g;
    return ADVANCED;
}

/* The running goroutine stops running: it waits, can be run again, or is gone (TRACE_GO_BAD). */
static enum advance leave(struct step *s, uint8_t status) {
    if (!s->force && (!has_all(s) || !own_go_is(s, TRACE_GO_RUNNING))) {
        return IMPOSSIBLE;
    }
    if (status == TRACE_GO_BAD && has_g(s)) {
        order_delete_go(s->o, s->t->g);
    } else {
        set_go(s, s->t->g, status);
    }
    s->t->g = NO_INDEX;
    return ADVANCED;
}

enum advance rule_go_destroy(struct step *s) {
    return leave(s, TRACE_GO_BAD);
}
enum advance rule_go_stop(struct step *s) {
    return leave(s, TRACE_GO_RUNNABLE);
}
enum advance rule_go_block(struct step *s) {
    return leave(s, TRACE_GO_WAITING);
}

enum advance rule_go_unblock(struct step *s) {
    uint32_t g = find_go(s->o, s->arg[0]);
    if (!s->force && (!go_is(s, g, TRACE_GO_WAITING) || !go_follows(s, g, s->arg[1]))) {
        return wait_go(s, g);
    }
    g = go_or_new(s, s->arg[0]);
    set_go_seq(s, g, TRACE_GO_RUNNABLE, s->arg[1]);
    return ADVANCED;
}

static enum advance switch_to(struct step *s, uint8_t status) {
    uint32_t g = find_go(s->o, s->arg[0]);
    if (!s->force) {
        if (!has_all(s) || !own_go_is(s, TRACE_GO_RUNNING)) {
            return IMPOSSIBLE;
        }
        if (!go_is(s, g, TRACE_GO_WAITING) || !go_follows(s, g, s->arg[1])) {
            return wait_go(s, g);
        }
    }
    g = go_or_new(s, s->arg[0]);
    leave(s, status);
    set_go_seq(s, g, TRACE_GO_RUNNING, s->arg[1]);
    s->t->g = g;
    return ADVANCED;
}

enum advance rule_go_switch(struct step *s) {
    return switch_to(s, TRACE_GO_WAITING);
}
enum advance rule_go_switch_destroy(struct step *s) {
    return switch_to(s, TRACE_GO_BAD);
}

/* ---- rules: system calls */

enum advance rule_syscall_begin(struct step *s) {
    if (!s->force) {
        if (!has_all(s) || !own_go_is(s, TRACE_GO_RUNNING)) {
            return IMPOSSIBLE;
        }
        if (!proc_follows(s, s->t->p, s->arg[0])) {
            return broke(s, RULE_PROC_SEQ, s->arg[0], own_p(s));
        }
    }
    set_go(s, s->t->g, TRACE_GO_SYSCALL);
    set_proc_seq(s, s->t->p, TRACE_PROC_SYSCALL, s->arg[0]);
    return ADVANCED;
}

enum advance rule_syscall_end(struct step *s) {
    if (!s->force && (!has_all(s) || !own_go_is(s, TRACE_GO_SYSCALL) || !own_proc_is(s, TRACE_PROC_SYSCALL))) {
        return IMPOSSIBLE;
    }
    set_go(s, s->t->g, TRACE_GO_RUNNING);
    set_proc(s, s->t->p, TRACE_PROC_RUNNING);
    return ADVANCED;
}

enum advance rule_syscall_end_blocked(struct step *s) {
    if (!s->force) {
        if (proc_is(s, s->t->p, TRACE_PROC_SYSCALL)) {
            return NOT_READY; /* its P is about to be stolen */
        }
        if (!has(s, ORDER_NEED_M | ORDER_NEED_G) || !own_go_is(s, TRACE_GO_SYSCALL)) {
            return IMPOSSIBLE;
        }
    }
    set_go(s, s->t->g, TRACE_GO_RUNNABLE);
    s->t->g = NO_INDEX;
    return ADVANCED;
}

enum advance rule_go_destroy_syscall(struct step *s) {
    if (!s->force && (!has(s, ORDER_NEED_M | ORDER_NEED_G) || !own_go_is(s, TRACE_GO_SYSCALL) ||
                      (has_p(s) && !own_proc_is(s, TRACE_PROC_SYSCALL)))) {
        return IMPOSSIBLE;
    }
    if (has_g(s)) {
        order_delete_go(s->o, s->t->g);
    }
    set_proc(s, s->t->p, TRACE_PROC_SYSCALL_ABANDONED);
    s->t->g = s->t->p = NO_INDEX;
    return ADVANCED;
}
