/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * order_other.c - the rules for GC cycles, ranges, regions and tasks (facts: 2.5).
 */
#include "traces/order_step.h"

/* ---- rules: garbage collection and the rest */

enum advance rule_gc_active(struct step *s) {
    struct order *o = s->o;
    if (!s->force && o->gen == o->first_gen && o->gc != GC_UNDETERMINED) {
        return broke(s, RULE_GC_FIRST, s->arg[0], 0);
    }
    if (!s->force && o->gen != o->first_gen) {
        if (s->arg[0] != o->gc_seq + 1) {
            return NOT_READY;
        }
        if (o->gc != GC_ON || !has_all(s)) {
            return broke(s, RULE_GC_OFF, s->arg[0], 0);
        }
    }
    o->gc_seq = s->arg[0];
    o->gc = GC_ON;
    return ADVANCED;
}

enum advance rule_gc_begin(struct step *s) {
    struct order *o = s->o;
    if (!s->force && o->gc != GC_UNDETERMINED) {
        if (s->arg[0] != o->gc_seq + 1) {
            return NOT_READY;
        }
        if (o->gc == GC_ON || !has_all(s)) {
            return broke(s, RULE_GC_ON, s->arg[0], 0);
        }
    }
    o->gc_seq = s->arg[0];
    o->gc = GC_ON;
    return ADVANCED;
}

enum advance rule_gc_end(struct step *s) {
    struct order *o = s->o;
    if (!s->force) {
        if (s->arg[0] != o->gc_seq + 1) {
            return NOT_READY;
        }
        if (o->gc != GC_ON || !has_all(s)) {
            return broke(s, RULE_GC_OFF, s->arg[0], 0);
        }
    }
    o->gc_seq = s->arg[0];
    o->gc = GC_OFF;
    return ADVANCED;
}

/* A plain event that its thread lacks something for: it happens where it stands. */
enum advance rule_lacking(struct step *s) {
    (void)has(s, order_plain[s->type]);
    return ADVANCED;
}

/* ---- rules: ranges, regions, tasks. What breaks them happens all the same: the order does not depend on them. */

enum advance rule_needs_all(struct step *s) {
    (void)has_all(s);
    return ADVANCED;
}

enum advance rule_sweep_begin(struct step *s) {
    if (has(s, ORDER_NEED_M | ORDER_NEED_P)) {
        struct proc_state *p = &s->o->procs[s->t->p];
        if (p->sweeping) {
            note(s, RULE_PROC_RANGE_OPEN, own_p(s), 0);
        }
        p->sweeping = true;
    }
    return ADVANCED;
}

enum advance rule_sweep_end(struct step *s) {
    if (has(s, ORDER_NEED_M | ORDER_NEED_P)) {
        struct proc_state *p = &s->o->procs[s->t->p];
        if (!p->sweeping) {
            note(s, RULE_PROC_RANGE_CLOSED, own_p(s), 0);
        }
        p->sweeping = false;
    }
    return ADVANCED;
}

enum advance rule_sweep_active(struct step *s) {
    uint32_t p = find_proc(s->o, s->arg[0]);
    bool first = s->o->gen == s->o->first_gen;
    if (p == NO_INDEX) {
        note(s, RULE_PROC_KNOWN, s->arg[0], 0);
    } else if (s->o->procs[p].sweeping == first) {
        note(s, first ? RULE_PROC_RANGE_OPEN : RULE_PROC_RANGE_CLOSED, s->arg[0], 0);
    } else {
        s->o->procs[p].sweeping = true;
    }
    return ADVANCED;
}

/* The thread's goroutine, if the event may concern it; NULL (noted) where not. */
static struct go_state *own_go(struct step *s) {
    if (!has_all(s)) {
        return NULL;
    }
    struct go_state *g = &s->o->gos[s->t->g];
    if (!g->live) {
        note(s, RULE_GO_KNOWN, own_g(s), 0);
        return NULL;
    }
    return g;
}

static void begin_range(struct step *s, struct go_state *g, uint8_t type, uint64_t kind) {
    enum range_result r = ranges_begin(&s->o->ranges, &g->ranges, type, kind);
    if (r != RANGE_OK) {
        note(s, r == RANGE_WRONG ? RULE_GO_RANGE_OPEN : RULE_GO_RANGES, (uint64_t)g->id, RANGES_MAX_OPEN);
    }
}

enum advance rule_range_begin(struct step *s) {
    struct go_state *g = own_go(s);
    if (g != NULL) {
        begin_range(s, g, s->type, s->type == TRACE_EV_STW_BEGIN ? s->arg[0] : 0);
    }
    return ADVANCED;
}

enum advance rule_range_end(struct step *s) {
    struct go_state *g = own_go(s);
    uint8_t begun = s->type == TRACE_EV_STW_END ? TRACE_EV_STW_BEGIN : TRACE_EV_GC_MARK_ASSIST_BEGIN;
    if (g != NULL && !ranges_end(&s->o->ranges, &g->ranges, begun)) {
        note(s, RULE_GO_RANGE_CLOSED, (uint64_t)g->id, 0);
    }
    return ADVANCED;
}

enum advance rule_assist_active(struct step *s) {
    uint32_t i = find_go(s->o, s->arg[0]);
    if (i == NO_INDEX) {
        note(s, RULE_GO_KNOWN, s->arg[0], 0);
        return ADVANCED;
    }
    struct go_state *g = &s->o->gos[i];
    if (s->o->gen == s->o->first_gen) {
        begin_range(s, g, TRACE_EV_GC_MARK_ASSIST_BEGIN, 0);
    } else if (!ranges_open(&s->o->ranges, g->ranges, TRACE_EV_GC_MARK_ASSIST_BEGIN, 0)) {
        note(s, RULE_GO_RANGE_CLOSED, s->arg[0], 0);
    }
    return ADVANCED;
}

enum advance rule_task_begin(struct step *s) {
    struct idmap *tasks = &s->o->ranges.tasks;
    if (idmap_get(tasks, s->arg[0]) != IDMAP_NONE) {
        note(s, RULE_TASK, s->arg[0], 0);
    } else if (!idmap_put(tasks, s->arg[0], 0)) {
        s->o->memory_short = true;
    }
    return rule_needs_all(s);
}

enum advance rule_task_end(struct step *s) {
    idmap_remove(&s->o->ranges.tasks, s->arg[0]);
    return rule_needs_all(s);
}

/* Ids of strings differ between generations, and the bytes of earlier ones may be gone: a hash stands for the text. */
static struct region_name region_name(const struct step *s) {
    struct trace_text text = generation_string(s->o->tables, s->o->src, s->arg[1]);
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < text.len; i++) {
        hash = (hash ^ (uint8_t)text.ptr[i]) * UINT64_C(0x100000001b3);
    }
    return (struct region_name){hash, idset_has(&s->o->tables->known_strings, s->arg[1])};
}

enum advance rule_region_begin(struct step *s) {
    struct go_state *g = own_go(s);
    if (g != NULL) {
        ranges_region_begin(&s->o->ranges, &g->regions, s->arg[0], region_name(s));
    }
    return ADVANCED;
}

enum advance rule_region_end(struct step *s) {
    struct go_state *g = own_go(s);
    if (g != NULL && !ranges_region_end(&s->o->ranges, &g->regions, s->arg[0], region_name(s))) {
        note(s, RULE_REGION, (uint64_t)g->id, 0);
    }
    return ADVANCED;
}
