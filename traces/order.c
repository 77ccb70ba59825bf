/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * order.c - the state that the rules work on, and which rule is whose.
 *
 * Ids are any 64-bit values; states live in arrays and are found through maps, a thread keeps the indexes of its P and
 * G.
 */
#include "traces/grow.h"
#include "traces/order_step.h"

/* ---- states */

uint32_t order_add_proc(struct order *o, uint64_t id, uint8_t status) {
    if (!GROW(o->procs, o->nprocs, o->cap_procs) || !idmap_put(&o->proc_of, id, (uint32_t)o->nprocs)) {
        o->memory_short = true;
        return NO_INDEX;
    }
    o->procs[o->nprocs] =
        (struct proc_state){.id = (int64_t)id, .gen = o->gen_count, .holder = NO_INDEX, .status = status};
    return (uint32_t)o->nprocs++;
}

uint32_t order_add_go(struct order *o, uint64_t id, uint8_t status) {
    uint32_t i = o->free_go;
    if (i == NO_INDEX && GROW(o->gos, o->ngos, o->cap_gos)) {
        i = (uint32_t)o->ngos++;
    } else if (i != NO_INDEX) {
        o->free_go = (uint32_t)o->gos[i].seq;
        o->gos[i].live = false;
    }
    bool crowded = (uint64_t)o->go_of.len * 5 >= o->go_of.mask; /* they come and go by the million: no long searches */
    if (i == NO_INDEX || (crowded && !idmap_rehash(&o->go_of)) || !idmap_add(&o->go_of, id, i)) {
        o->memory_short = true;
        return NO_INDEX;
    }
    o->recent[id % ORDER_RECENT] = i;
    o->gos[i] = (struct go_state){
        .id = (int64_t)id, .gen = o->gen_count, .status = status, .live = true, .ranges = NO_MARK, .regions = NO_MARK};
    return i;
}

void order_delete_go(struct order *o, uint32_t i) {
    if (!o->gos[i].live) {
        return;
    }
    idmap_remove(&o->go_of, (uint64_t)o->gos[i].id);
    if (o->gos[i].ranges != NO_MARK || o->gos[i].regions != NO_MARK) {
        ranges_drop(&o->ranges, &o->gos[i].ranges);
        ranges_drop(&o->ranges, &o->gos[i].regions);
    }
    o->gos[i].live = false;
    o->gos[i].status = TRACE_GO_BAD;
    o->gos[i].seq = o->free_go;
    o->free_go = i;
}

uint32_t order_add_thread(struct order *o, uint64_t m) {
    if (!GROW(o->threads, o->nthreads, o->cap_threads) || !idmap_put(&o->thread_of, m, (uint32_t)o->nthreads)) {
        o->memory_short = true;
        return NO_INDEX;
    }
    o->threads[o->nthreads] = (struct thread_state){(int64_t)m, NO_INDEX, NO_INDEX};
    return (uint32_t)o->nthreads++;
}

/* ---- the tables */

/* Four bits for each argument that is the id of a string or stack. */
#define STRING(n) (8u | (n))
#define STACK(n)  (12u | (n))

static const struct {
    rule *does;
    uint16_t names;
} events[256] = {
    [TRACE_EV_PROC_START] = {rule_proc_start, 0},
    [TRACE_EV_PROC_STOP] = {rule_proc_stop, 0},
    [TRACE_EV_PROC_STEAL] = {rule_proc_steal, 0},
    [TRACE_EV_PROC_STATUS] = {rule_proc_status, 0},
    [TRACE_EV_GO_CREATE] = {rule_go_create, STACK(1) | STACK(2) << 4},
    [TRACE_EV_GO_CREATE_SYSCALL] = {rule_go_create_syscall, 0},
    [TRACE_EV_GO_START] = {rule_go_start, 0},
    [TRACE_EV_GO_DESTROY] = {rule_go_destroy, 0},
    [TRACE_EV_GO_DESTROY_SYSCALL] = {rule_go_destroy_syscall, 0},
    [TRACE_EV_GO_STOP] = {rule_go_stop, STRING(0) | STACK(1) << 4},
    [TRACE_EV_GO_BLOCK] = {rule_go_block, STRING(0) | STACK(1) << 4},
    [TRACE_EV_GO_UNBLOCK] = {rule_go_unblock, STACK(2)},
    [TRACE_EV_GO_SYSCALL_BEGIN] = {rule_syscall_begin, STACK(1)},
    [TRACE_EV_GO_SYSCALL_END] = {rule_syscall_end, 0},
    [TRACE_EV_GO_SYSCALL_END_BLOCKED] = {rule_syscall_end_blocked, 0},
    [TRACE_EV_GO_STATUS] = {rule_go_status, 0},
    [TRACE_EV_GC_ACTIVE] = {rule_gc_active, 0},
    [TRACE_EV_GC_BEGIN] = {rule_gc_begin, STACK(1)},
    [TRACE_EV_GC_END] = {rule_gc_end, 0},
    [TRACE_EV_GO_SWITCH] = {rule_go_switch, 0},
    [TRACE_EV_GO_SWITCH_DESTROY] = {rule_go_switch_destroy, 0},
    [TRACE_EV_GO_CREATE_BLOCKED] = {rule_go_create_blocked, STACK(1) | STACK(2) << 4},
    [TRACE_EV_GO_STATUS_STACK] = {rule_go_status, STACK(3)},
    [TRACE_EV_PROCS_CHANGE] = {rule_needs_all, STACK(1)},
    [TRACE_EV_STW_BEGIN] = {rule_range_begin, STRING(0) | STACK(1) << 4},
    [TRACE_EV_STW_END] = {rule_range_end, 0},
    [TRACE_EV_GC_SWEEP_ACTIVE] = {rule_sweep_active, 0},
    [TRACE_EV_GC_SWEEP_BEGIN] = {rule_sweep_begin, STACK(0)},
    [TRACE_EV_GC_SWEEP_END] = {rule_sweep_end, 0},
    [TRACE_EV_GC_MARK_ASSIST_ACTIVE] = {rule_assist_active, 0},
    [TRACE_EV_GC_MARK_ASSIST_BEGIN] = {rule_range_begin, STACK(0)},
    [TRACE_EV_GC_MARK_ASSIST_END] = {rule_range_end, 0},
    [TRACE_EV_GO_LABEL] = {rule_needs_all, STRING(0)},
    [TRACE_EV_USER_TASK_BEGIN] = {rule_task_begin, STRING(2) | STACK(3) << 4},
    [TRACE_EV_USER_TASK_END] = {rule_task_end, STACK(1)},
    [TRACE_EV_USER_REGION_BEGIN] = {rule_region_begin, STRING(1) | STACK(2) << 4},
    [TRACE_EV_USER_REGION_END] = {rule_region_end, STRING(1) | STACK(2) << 4},
    [TRACE_EV_USER_LOG] = {rule_needs_all, STRING(1) | STRING(2) << 4 | STACK(3) << 8},
};

#define PLAIN_M  (ORDER_PLAIN | ORDER_NEED_M)
#define PLAIN_MP (PLAIN_M | ORDER_NEED_P)

const uint8_t order_plain[256] = {
    [TRACE_EV_HEAP_ALLOC] = PLAIN_MP,
    [TRACE_EV_HEAP_GOAL] = PLAIN_MP,
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
    ranges_init(&o->ranges);
}

void order_free(struct order *o) {
    free(o->procs);
    free(o->gos);
    free(o->threads);
    idmap_free(&o->proc_of);
    idmap_free(&o->go_of);
    idmap_free(&o->thread_of);
    ranges_free(&o->ranges);
    *o = (struct order){0};
}

void order_generation(struct order *o, const struct generation *g, const struct source *src, uint32_t count) {
    if (o->gen != g->number) {
        o->gen_count = count;
    }
    o->gen = g->number;
    o->tables = g;
    o->src = src;
    if (o->first_gen == 0) {
        o->first_gen = g->number;
    }
}

/* Does all that the event names stand in the tables? */
static inline void check_names(struct order *o, const uint64_t *arg, unsigned names) {
    for (; names != 0; names >>= 4) {
        uint64_t id = arg[names & 3];
        bool stack = (names & 4) != 0;
        if (!idset_has(stack ? &o->tables->known_stacks : &o->tables->known_strings, id) &&
            o->broken.rule == RULE_KEPT) {
            o->broken = (struct broken){stack ? RULE_STACK : RULE_STRING, id, 0};
        }
    }
}

bool order_knows(const struct order *o, struct cursor *c) {
    if (c->thread == NO_INDEX && c->m != -1) {
        c->thread = find_thread(o, (uint64_t)c->m);
    }
    return c->thread != NO_INDEX || c->m == -1;
}

bool order_enter(struct order *o, struct cursor *c) {
    if (!order_knows(o, c)) {
        c->thread = order_add_thread(o, (uint64_t)c->m);
    }
    return c->thread != NO_INDEX;
}

static enum advance by_rule(struct order *o, struct cursor *c, bool force, struct trace_event *ev) {
    struct thread_state nobody = {-1, NO_INDEX, NO_INDEX};
    struct thread_state *t = c->thread != NO_INDEX ? &o->threads[c->thread] : &nobody;
    struct step s = {.o = o, .arg = c->arg, .type = c->type, .t = t, .ev = ev, .force = force};
    rule *does = events[c->type].does;
    return does != NULL ? does(&s) : rule_lacking(&s); /* a plain one */
}

enum advance order_advance(struct order *o, struct cursor *c, bool force, struct trace_event *ev) {
    unsigned have = order_context(o, c, ev);
    uint8_t type = c->type;
    o->broken.rule = RULE_KEPT;
    if (order_is_plain(type, have)) {
        return ADVANCED;
    }
    enum advance a = by_rule(o, c, force, ev);
    if (a == ADVANCED && events[type].names != 0) {
        check_names(o, c->arg, events[type].names);
    }
    return a;
}
