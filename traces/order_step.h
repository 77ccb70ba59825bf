/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * order_step.h - one event being tried, and what the rules ask of the state. For the order_*.c files only.
 *
 * A rule first finds out whether the event must wait, then whether it is impossible, then takes effect. Forced, it only
 * takes effect.
 */
#ifndef HEAPREEL_ORDER_STEP_H
#define HEAPREEL_ORDER_STEP_H

#include "traces/order.h"

/* The event under way. */
struct step {
    struct order *o;
    const uint64_t *arg;
    uint8_t type;
    struct thread_state *t; /* of the emitting thread; a scratch one for m = -1 */
    struct trace_event *ev; /* its m, p, g: the context as delivered */
    bool force;
};

typedef enum advance rule(struct step *s);

/* What the event broke; of several things the first. */

static inline void note(struct step *s, enum rule_id which, uint64_t a, uint64_t b) {
    if (s->o->broken.rule == RULE_KEPT) {
        s->o->broken = (struct broken){(uint8_t)which, a, b};
    }
}

static inline enum advance broke(struct step *s, enum rule_id which, uint64_t a, uint64_t b) {
    note(s, which, a, b);
    return IMPOSSIBLE;
}

/* ---- states */

static inline uint32_t find_proc(const struct order *o, uint64_t id) {
    return idmap_get(&o->proc_of, id);
}

static inline uint32_t find_go(const struct order *o, uint64_t id) {
    return idmap_get(&o->go_of, id);
}

/* The same, which then is the one found last by its number; it may be dead (but then its status tells). */
static inline uint32_t find_recent(struct order *o, uint64_t id) {
    uint32_t *recent = &o->recent[id % ORDER_RECENT], g = *recent;
    if ((uint64_t)o->gos[g].id == id) {
        return g;
    }
    g = find_go(o, id);
    *recent = g != NO_INDEX ? g : *recent;
    return g;
}

static inline uint32_t find_thread(const struct order *o, uint64_t m) {
    return idmap_get(&o->thread_of, m);
}

/* NO_INDEX: out of memory. */
uint32_t order_add_proc(struct order *o, uint64_t id, uint8_t status);
uint32_t order_add_go(struct order *o, uint64_t id, uint8_t status);
uint32_t order_add_thread(struct order *o, uint64_t m);
void order_delete_go(struct order *o, uint32_t i);

/* ---- what rules ask */

static inline bool has_m(const struct step *s) {
    return s->t->m != -1;
}
static inline bool has_p(const struct step *s) {
    return s->t->p != NO_INDEX;
}
static inline bool has_g(const struct step *s) {
    return s->t->g != NO_INDEX;
}
static inline uint64_t own_p(const struct step *s) {
    return has_p(s) ? (uint64_t)s->o->procs[s->t->p].id : UINT64_MAX;
}
static inline uint64_t own_g(const struct step *s) {
    return has_g(s) ? (uint64_t)s->o->gos[s->t->g].id : UINT64_MAX;
}
/* The thread has what the event needs. */
static inline bool has(struct step *s, unsigned need) {
    if ((need & ORDER_NEED_M) != 0 && !has_m(s)) {
        note(s, RULE_THREAD, 0, 0);
        return false;
    }
    if ((need & ORDER_NEED_P) != 0 && !has_p(s)) {
        note(s, RULE_PROC, 0, 0);
        return false;
    }
    if ((need & ORDER_NEED_G) != 0 && !has_g(s)) {
        note(s, RULE_GO, 0, 0);
        return false;
    }
    return true;
}
static inline bool has_all(struct step *s) {
    return has(s, ORDER_NEED_M | ORDER_NEED_P | ORDER_NEED_G);
}
static inline bool go_is(const struct step *s, uint32_t g, uint8_t status) {
    return g != NO_INDEX && s->o->gos[g].status == status;
}
static inline bool proc_is(const struct step *s, uint32_t p, uint8_t status) {
    return p != NO_INDEX && s->o->procs[p].status == status;
}
/* The thread's own goroutine, P: in the state that the event needs? */
static inline bool own_go_is(struct step *s, uint8_t status) {
    bool is = go_is(s, s->t->g, status);
    if (!is) {
        note(s, status == TRACE_GO_SYSCALL ? RULE_GO_SYSCALL : RULE_GO_RUNNING, own_g(s), 0);
    }
    return is;
}
static inline bool own_proc_is(struct step *s, uint8_t status) {
    bool is = proc_is(s, s->t->p, status);
    if (!is) {
        note(s, status == TRACE_PROC_SYSCALL ? RULE_PROC_SYSCALL : RULE_PROC_RUNNING, own_p(s), 0);
    }
    return is;
}
/* The next in sequence: sequences restart in every generation. */
static inline bool follows(const struct step *s, uint32_t gen, uint64_t seq, uint64_t next) {
    return gen == s->o->gen_count && next == seq + 1;
}
static inline bool go_follows(const struct step *s, uint32_t g, uint64_t next) {
    return follows(s, s->o->gos[g].gen, s->o->gos[g].seq, next);
}
static inline bool proc_follows(const struct step *s, uint32_t p, uint64_t next) {
    return follows(s, s->o->procs[p].gen, s->o->procs[p].seq, next);
}

/*
 * The event must wait for its turn, unless that has been: numbers only grow within a generation, so it would wait in
 * vain (and the reference with it).
 */
static inline enum advance wait_go(struct step *s, uint32_t g) {
    const struct go_state *x = g != NO_INDEX ? &s->o->gos[g] : NULL;
    bool passed = x != NULL && x->gen == s->o->gen_count && s->arg[1] <= x->seq;
    return passed ? broke(s, RULE_GO_PASSED, s->arg[1], s->arg[0]) : NOT_READY;
}
static inline enum advance wait_proc(struct step *s, uint32_t p) {
    const struct proc_state *x = p != NO_INDEX ? &s->o->procs[p] : NULL;
    bool passed = x != NULL && x->gen == s->o->gen_count && s->arg[1] <= x->seq;
    return passed ? broke(s, RULE_PROC_PASSED, s->arg[1], s->arg[0]) : NOT_READY;
}

static inline void set_go(struct step *s, uint32_t g, uint8_t status) {
    if (g != NO_INDEX && s->o->gos[g].live) {
        s->o->gos[g].status = status;
    }
}
static inline void set_go_seq(struct step *s, uint32_t g, uint8_t status, uint64_t seq) {
    if (g != NO_INDEX && s->o->gos[g].live) {
        s->o->gos[g].status = status;
        s->o->gos[g].gen = s->o->gen_count;
        s->o->gos[g].seq = seq;
    }
}
static inline void set_proc(struct step *s, uint32_t p, uint8_t status) {
    if (p != NO_INDEX) {
        s->o->procs[p].status = status;
    }
}
static inline void set_proc_seq(struct step *s, uint32_t p, uint8_t status, uint64_t seq) {
    if (p != NO_INDEX) {
        s->o->procs[p].status = status;
        s->o->procs[p].gen = s->o->gen_count;
        s->o->procs[p].seq = seq;
    }
}
/* The emitting thread takes a processor. */
static inline void hold(struct step *s, uint32_t p) {
    s->t->p = p;
    if (p != NO_INDEX && has_m(s)) {
        s->o->procs[p].holder = (uint32_t)(s->t - s->o->threads);
    }
}
/* Forced events may name what was never introduced. */
static inline uint32_t go_or_new(struct step *s, uint64_t id) {
    uint32_t g = find_go(s->o, id);
    return g != NO_INDEX ? g : order_add_go(s->o, id, TRACE_GO_WAITING);
}
static inline uint32_t proc_or_new(struct step *s, uint64_t id) {
    uint32_t p = find_proc(s->o, id);
    return p != NO_INDEX ? p : order_add_proc(s->o, id, TRACE_PROC_IDLE);
}

/* A P's part in a system call that is as it should be. False: it isn't, and nothing has changed. */
static inline bool proc_enters_syscall(struct proc_state *p, uint32_t gen, uint64_t seq) {
    if (p->gen != gen || p->seq + 1 != seq) {
        return false;
    }
    p->status = TRACE_PROC_SYSCALL;
    p->seq = seq;
    return true;
}
static inline bool proc_leaves_syscall(struct proc_state *p) {
    if (p->status != TRACE_PROC_SYSCALL) {
        return false;
    }
    p->status = TRACE_PROC_RUNNING;
    return true;
}

/* ---- rules: order_sched.c (Ps, goroutines, system calls), order_other.c (the rest) */

rule rule_go_block;
rule rule_go_create;
rule rule_go_create_blocked;
rule rule_go_create_syscall;
rule rule_go_destroy;
rule rule_go_destroy_syscall;
rule rule_go_start;
rule rule_go_status;
rule rule_go_stop;
rule rule_go_switch;
rule rule_go_switch_destroy;
rule rule_go_unblock;
rule rule_proc_start;
rule rule_proc_status;
rule rule_proc_steal;
rule rule_proc_stop;
rule rule_syscall_begin;
rule rule_syscall_end;
rule rule_syscall_end_blocked;

rule rule_assist_active;
rule rule_gc_active;
rule rule_gc_begin;
rule rule_gc_end;
rule rule_needs_all;
rule rule_range_begin;
rule rule_range_end;
rule rule_region_begin;
rule rule_region_end;
rule rule_sweep_active;
rule rule_sweep_begin;
rule rule_sweep_end;
rule rule_task_begin;
rule rule_task_end;
rule rule_lacking;

#endif
