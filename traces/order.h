/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * order.h - the merge: threads write their events on their own, here they become one sequence.
 *
 * The earliest event goes first unless what the trace says of Ps, Gs and GC cycles proves that another must have
 * happened before it (sequence numbers, states). The rules are those of internal/trace/order.go (Go 1.26); facts: 2.1
 * to 2.8. State lives on from one generation to the next.
 */
#ifndef HEAPREEL_ORDER_H
#define HEAPREEL_ORDER_H

#include "traces/cursor.h"
#include "traces/ranges.h"
#include "traces/rules.h"
#include "traces/sort.h"

#define NO_INDEX UINT32_MAX

/* Goroutines that are found without their map. */
enum { ORDER_RECENT = 1024 };

struct proc_state {
    int64_t id;
    uint64_t seq;
    uint32_t gen;
    uint32_t holder; /* the thread that took it last, NO_INDEX: none did; it may have let it go */
    uint8_t status;  /* enum trace_proc_status */
    bool sweeping;
};

/* Fields stand where those of a struct trace_record do that are held against them (turns.c). */
struct go_state {
    uint32_t gen;
    uint8_t zero;
    bool live;                /* false: a freed place, which damaged traces may still refer to */
    uint16_t status;          /* enum trace_go_status */
    uint32_t ranges, regions; /* heads of chains in order.ranges */
    int64_t id;
    uint64_t seq;
};

struct thread_state {
    int64_t m;
    uint32_t p, g; /* indexes, NO_INDEX for none */
};

enum gc_state { GC_UNDETERMINED, GC_OFF, GC_ON };

struct order {
    struct proc_state *procs;
    size_t nprocs, cap_procs;
    struct idmap proc_of;
    struct go_state *gos; /* freed places are chained through `seq` */
    size_t ngos, cap_gos;
    uint32_t free_go;
    struct idmap go_of;
    uint32_t recent[ORDER_RECENT]; /* by the low bits of its id: a goroutine that may be the one looked for */
    struct thread_state *threads;
    size_t nthreads, cap_threads;
    struct idmap thread_of;
    uint64_t gc_seq;
    enum gc_state gc;
    uint64_t gen, first_gen; /* of the generation under way; of the first one (0: none yet) */
    uint32_t gen_count;      /* what `gen` is in states: the `generation` of its events, or of its first ones */
    bool memory_short;
    struct ranges ranges;
    const struct generation *tables; /* of the generation under way */
    const struct source *src;
    struct broken broken; /* by the event tried last: a contradiction, or something that it could happen with */
};

enum advance {
    ADVANCED,
    NOT_READY, /* another thread's event must come first */
    IMPOSSIBLE /* contradicts what came before */
};

/*
 * May an event of this type change what another thread runs, the P it has (order_sched.c), or whether that is sweeping
 * (rule_sweep_active)?
 */
static inline bool order_concerns_others(uint8_t type) {
    return type == TRACE_EV_PROC_STATUS || type == TRACE_EV_PROC_STEAL || type == TRACE_EV_GO_STATUS ||
           type == TRACE_EV_GO_STATUS_STACK || type == TRACE_EV_GC_SWEEP_ACTIVE;
}

void order_init(struct order *o);
void order_free(struct order *o);
/* A generation begins: g is the one read last, src what it lies in, count the `generation` of its events. */
void order_generation(struct order *o, const struct generation *g, const struct source *src, uint32_t count);

/*
 * Try to let the event that c holds happen; on success ev's m, p, g are set to its context. With `force` it happens
 * whatever speaks against it, with the least damage to the state.
 *
 * o->broken.rule then says what the event broke: why it is IMPOSSIBLE, or, where it happened all the same, what the
 * reference would have refused the trace for.
 */
enum advance order_advance(struct order *o, struct cursor *c, bool force, struct trace_event *ev);

/*
 * Most events only want a thread, P or goroutine to be there, and change nothing that the order depends on: for these
 * the table holds ORDER_PLAIN and what they need, for all others 0.
 */
enum order_need { ORDER_NEED_M = 1, ORDER_NEED_P = 2, ORDER_NEED_G = 4, ORDER_PLAIN = 8 };
extern const uint8_t order_plain[256];

/* Find or make the state of c's thread, as c->thread. False for m = -1 (and where memory is short). */
bool order_enter(struct order *o, struct cursor *c);
/*
 * The same without making one: that is for the thread's first event, when it is tried, since a status may ask whether
 * the thread is known. False where there is none yet; m = -1 never has one, and needs none.
 */
bool order_knows(const struct order *o, struct cursor *c);

/* The context of c's thread into ev's m, p, g; returns ORDER_PLAIN and what of it is there. */
static inline unsigned order_context(struct order *o, struct cursor *c, struct trace_event *ev) {
    ev->m = c->m;
    ev->p = ev->g = -1;
    if (c->thread == NO_INDEX && !order_enter(o, c)) {
        return ORDER_PLAIN;
    }
    const struct thread_state *t = &o->threads[c->thread];
    unsigned have = ORDER_PLAIN | ORDER_NEED_M;
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

/*
 * A P begins or ends to sweep a span: nothing but this P's `sweeping` changes, no other event waits for it. Where it
 * fits, such an event can be written as plain ones are, and the P told later.
 */
static inline bool order_is_sweep(uint8_t type) {
    return type == TRACE_EV_GC_SWEEP_BEGIN || type == TRACE_EV_GC_SWEEP_END;
}

/* Does it break no rule, on a P that is sweeping or not? */
static inline bool order_sweep_fits(const struct order *o, uint8_t type, const uint64_t *arg, bool sweeping) {
    return sweeping == (type == TRACE_EV_GC_SWEEP_END) && (sweeping || idset_has(&o->tables->known_stacks, arg[0]));
}

/* True: an event of this type may happen as it is, where `have` is there. */
static inline bool order_is_plain(uint8_t type, unsigned have) {
    return order_plain[type] != 0 && (order_plain[type] & ~have) == 0;
}

#endif
