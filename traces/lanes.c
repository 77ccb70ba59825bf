/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lanes.c - what each of the scheduler's commonest events asks for and does, and the lanes of threads: see lanes.h.
 */
#include "traces/lanes.h"

/* All that an event does: to the goroutine that it names; to the thread's own. */
#define NAMED(kind, old, new, keep, start)                                                                             \
    [kind] = {{.status = (old) ^ (new)},                                                                               \
              {.seq = 1},                                                                                              \
              {.type = (kind), .third = (new) ^ CURSOR_USUAL},                                                         \
              {.flags = UINT8_MAX, .time = -1},                                                                        \
              ALL,                                                                                                     \
              keep,                                                                                                    \
              start,                                                                                                   \
              old,                                                                                                     \
              new,                                                                                                     \
              NOTHING}
#define LEAVES(kind, new)                                                                                              \
    [kind] = {{.status = RUNS ^ (new)},                                                                                \
              {0},                                                                                                     \
              {.type = (kind), .third = (new) ^ CURSOR_USUAL},                                                         \
              {.context = UINT32_MAX, .flags = UINT8_MAX, .time = -1, .arg = {ALL, ALL}},                              \
              0,                                                                                                       \
              0,                                                                                                       \
              0,                                                                                                       \
              RUNS,                                                                                                    \
              new,                                                                                                     \
              NOTHING}
#define MORE(kind, keep, old, new, what) [kind] = {.keeps = (keep), .from = (old), .to = (new), .beside = (what)}
#define ALL                              UINT64_MAX
#define READY                            TRACE_GO_RUNNABLE
#define RUNS                             TRACE_GO_RUNNING
#define WAITS                            TRACE_GO_WAITING
#define CALLS                            TRACE_GO_SYSCALL
const struct effect lanes_effects[UINT8_MAX + 1] = {
    [0] = {.want = {.type = 1}},
    NAMED(TRACE_EV_GO_START, READY, RUNS, 0, ALL),
    NAMED(TRACE_EV_GO_UNBLOCK, WAITS, READY, ALL, 0),
    LEAVES(TRACE_EV_GO_BLOCK, WAITS),
    LEAVES(TRACE_EV_GO_STOP, READY),
    MORE(TRACE_EV_GO_SYSCALL_BEGIN, ALL, RUNS, CALLS, ENTERS_SYSCALL),
    MORE(TRACE_EV_GO_SYSCALL_END, ALL, CALLS, RUNS, LEAVES_SYSCALL),
    MORE(TRACE_EV_GO_CREATE, ALL, RUNS, RUNS, CREATES),
    MORE(TRACE_EV_GO_DESTROY, 0, RUNS, TRACE_GO_BAD, DESTROYS),
};
#undef NAMED
#undef LEAVES
#undef MORE
#undef ALL
#undef READY
#undef RUNS
#undef WAITS
#undef CALLS

struct lanes lanes_begin(struct merge *m, struct lane *lane) {
    return (struct lanes){.lane = lane,
                          .o = &m->order,
                          .recent = m->order.recent,
                          .nobody = {.id = -1, .status = UINT8_MAX},
                          .gen = m->order.gen_count,
                          .add = common_more(m->generation, m->start),
                          .whole = {.flags = TRACE_WHOLE}};
}

static uint32_t index_of(const struct lanes *x, uintptr_t far) {
    return (uint32_t)((far - x->gos) / sizeof(struct go_state));
}

void lanes_number(struct lanes *x, size_t n) {
    x->nlanes = n;
    x->gos = (uintptr_t)x->o->gos - (uintptr_t)x;
}

void lanes_find_gos(struct lanes *x) {
    uintptr_t before = x->gos;
    lanes_number(x, x->nlanes);
    for (size_t i = 0; i < x->nlanes; i++) {
        x->lane[i].own += x->lane[i].own != 0 ? x->gos - before : 0;
    }
}

static bool create(struct lanes *x, uint64_t id) {
    if (find_go(x->o, id) != NO_INDEX) {
        return false;
    }
    order_add_go(x->o, id, TRACE_GO_RUNNABLE);
    lanes_find_gos(x);
    return true;
}

static bool do_beside(struct lanes *x, struct lane *l, const struct trace_record *d) {
    switch ((enum beside)lanes_effects[d->type].beside) {
    case ENTERS_SYSCALL:
        return proc_enters_syscall(l->p, x->gen, d->arg[0]);
    case LEAVES_SYSCALL:
        return proc_leaves_syscall(l->p);
    case CREATES:
        return create(x, d->arg[0]);
    case DESTROYS:
        order_delete_go(x->o, index_of(x, l->own));
        return true;
    case NOTHING:
        return true;
    case UNUSUAL:
        break;
    }
    return false;
}

/* Does nothing speak against d, which is about g, of a thread that runs `own`? */
static bool may_happen(const struct lanes *x, const struct trace_record *d, const struct go_state *g, uintptr_t own) {
    const struct effect *e = &lanes_effects[d->type];
    bool next = (uint64_t)g->id == d->arg[0] && g->gen == x->gen && g->seq + 1 == d->arg[1];
    return g->status == e->from && (e->named == 0 || next) && (e->starts == 0 || own == 0);
}

bool lanes_take_other(struct lanes *x, struct lane *l, const struct trace_record *d) {
    const struct effect *e = &lanes_effects[d->type];
    if (e->beside == UNUSUAL || d->third != CURSOR_USUAL) {
        return false;
    }
    if (e->named != 0 && find_recent(x->o, d->arg[0]) == NO_INDEX) {
        return false;
    }
    if (!may_happen(x, d, go_at(x, about(x, d, e, l->own)), l->own) || !do_beside(x, l, d)) {
        return false;
    }
    uintptr_t far = about(x, d, e, l->own); /* it may lie elsewhere now */
    struct go_state *g = go_at(x, far);
    g->status = e->to;
    g->seq -= e->named;
    l->own = runs_then(e, l->own, far);
    return true;
}

bool lanes_set_up(struct lanes *x, struct lane *l, struct cursor *c) {
    struct order *o = x->o;
    if (c->thread == NO_INDEX || o->threads[c->thread].p == NO_INDEX || !c->steady) {
        return false;
    }
    const struct thread_state *t = &o->threads[c->thread];
    struct proc_state *p = &o->procs[t->p];
    uintptr_t own = t->g != NO_INDEX ? x->gos + t->g * sizeof(struct go_state) : 0;
    if (go_at(x, own)->status == TRACE_GO_BAD) {
        return false;
    }
    for (size_t i = 0; i < x->nlanes; i++) {
        if (x->lane[i].own == own && own != 0) {
            return false; /* what becomes of it for one shows to the other */
        }
    }
    *l = (struct lane){own, (uintptr_t)c->more - (uintptr_t)c->ahead / 2, {t->m, p->id}, p, c, c->now, 0};
    return true;
}

void lanes_put_back(struct lanes *x, struct lane *l, const struct trace_record *next) {
    struct cursor *c = l->c;
    c->bar += next - c->now;
    c->now = next;
    x->o->threads[c->thread].g = l->own != 0 ? index_of(x, l->own) : NO_INDEX;
}

void lanes_decode_ahead(struct merge *m, struct cursor *c) {
    if (c->one && m->pace.brisk > 0) {
        cursor_let_go(c);
        (void)merge_fetch(m, c);
    }
}
