/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * turns.c - the scheduler's commonest events, of the two threads whose turn it is, in one loop.
 *
 * Two threads that run goroutines take turns after an event or two, and nobody can foretell which: so no branch depends
 * on whose event comes next, nor on what it mostly is. What each type asks for and does is a row of numbers.
 *
 * Each does what its rule in order_sched.c does where all is as it should be. Whatever is out of the ordinary ends the
 * loop before anything was done of it: an id that no table holds, a state that isn't the expected one, another type.
 * Its rule then knows what to make of it.
 *
 * Times are ns of the trace's clock.
 */
#include "traces/turns.h"
#include "traces/order_step.h"
#include "traces/pair.h"

/* What else an event does, where that is more than a goroutine's change of status. */
enum beside { UNUSUAL, NOTHING, ENTERS_SYSCALL, LEAVES_SYSCALL, CREATES, DESTROYS };

/*
 * What an event asks of one goroutine, and makes of it: of the one that arg[0] names and arg[1] says to be next in its
 * sequence; or of the thread's own. What are masks have all bits set, or none.
 */
struct effect {
    uint64_t named;
    uint64_t keeps, starts, leaves; /* the thread's own: the same as before; it; none, of which starts asks too */
    uint8_t from, to;               /* enum trace_go_status */
    uint16_t alone;                 /* from + CURSOR_USUAL where that is all it does; else 0 */
    uint8_t beside;
};

#define ALL   UINT64_MAX
#define READY TRACE_GO_RUNNABLE
#define RUNS  TRACE_GO_RUNNING
#define WAITS TRACE_GO_WAITING
#define CALLS TRACE_GO_SYSCALL
static const struct effect effects[UINT8_MAX + 1] = {
    [TRACE_EV_GO_START] = {ALL, 0, ALL, 0, READY, RUNS, READY + CURSOR_USUAL, NOTHING},
    [TRACE_EV_GO_UNBLOCK] = {ALL, ALL, 0, 0, WAITS, READY, WAITS + CURSOR_USUAL, NOTHING},
    [TRACE_EV_GO_BLOCK] = {0, 0, 0, ALL, RUNS, WAITS, RUNS + CURSOR_USUAL, NOTHING},
    [TRACE_EV_GO_STOP] = {0, 0, 0, ALL, RUNS, READY, RUNS + CURSOR_USUAL, NOTHING},
    [TRACE_EV_GO_SYSCALL_BEGIN] = {0, ALL, 0, 0, RUNS, CALLS, 0, ENTERS_SYSCALL},
    [TRACE_EV_GO_SYSCALL_END] = {0, ALL, 0, 0, CALLS, RUNS, 0, LEAVES_SYSCALL},
    [TRACE_EV_GO_CREATE] = {0, ALL, 0, 0, RUNS, RUNS, 0, CREATES},
    [TRACE_EV_GO_DESTROY] = {0, 0, 0, ALL, RUNS, TRACE_GO_BAD, 0, DESTROYS},
};
#undef ALL
#undef READY
#undef RUNS
#undef WAITS
#undef CALLS

/* A thread whose turn it may be. */
struct lane {
    struct go_state *own; /* the goroutine that it runs, or nobody */
    uintptr_t more;       /* half the address of an event less than that of its other arguments */
    int64_t context[2];   /* m, p */
    struct proc_state *p;
    struct cursor *c;
};

struct lanes {
    struct lane lane[2];
    struct order *o;
    const uint32_t *recent; /* the order's */
    struct go_state *gos;
    struct go_state nobody; /* has id -1 and a status of its own */
    uint64_t gen;
    uint64_t limit[2];       /* no turns any more once a lane's next event isn't earlier than this */
    struct trace_record add; /* to each event: the generation, and less the time of the trace's start */
};

/* A thread that never has its turn: what stands for its next event, and for the one behind. */
static const struct trace_record never[2] = {{.time = INT64_MAX}, {.time = INT64_MAX}};

/* The third and fourth argument of an event. */
INLINE const struct more *more_of(const struct lane *l, const struct trace_record *d) {
    return (const struct more *)(l->more + (uintptr_t)d / 2);
}

/* Goroutines may lie elsewhere behind this. */
static bool create(struct lanes *x, uint64_t id) {
    if (find_go(x->o, id) != NO_INDEX) {
        return false;
    }
    order_add_go(x->o, id, TRACE_GO_RUNNABLE);
    for (size_t i = 0; i < 2; i++) {
        struct lane *l = &x->lane[i];
        l->own = l->own == &x->nobody ? l->own : &x->o->gos[l->own - x->gos];
    }
    x->gos = x->o->gos;
    return true;
}

static bool do_beside(struct lanes *x, struct lane *l, const struct trace_record *d) {
    switch ((enum beside)effects[d->type].beside) {
    case ENTERS_SYSCALL:
        return proc_enters_syscall(l->p, x->gen, d->arg[0]);
    case LEAVES_SYSCALL:
        return proc_leaves_syscall(l->p);
    case CREATES:
        return create(x, d->arg[0]);
    case DESTROYS:
        order_delete_go(x->o, (uint32_t)(l->own - x->gos));
        return true;
    case NOTHING:
        return true;
    case UNUSUAL:
        break;
    }
    return false;
}

/* What speaks against the event d, which is about g, of a thread that runs `own`: 0 where nothing does. */
INLINE uint64_t against(const struct lanes *x, const struct trace_record *d, const struct go_state *g, uintptr_t own,
                        const struct effect *e) {
    uint64_t other = ((uint64_t)g->id ^ d->arg[0]) | (g->gen ^ x->gen) | ((g->seq + 1) ^ d->arg[1]);
    uint64_t busy = (uint64_t)(own ^ (uintptr_t)&x->nobody);
    return (other & e->named) | (busy & e->starts);
}

/* The goroutine that d is about, of a thread that runs `own`. */
INLINE struct go_state *about(const struct lanes *x, const struct trace_record *d, uintptr_t own) {
    uintptr_t it = (uintptr_t)&x->gos[x->recent[d->arg[0] % ORDER_RECENT]];
    return (struct go_state *)either(effects[d->type].named, own, it);
}

/* d happens to g: returns what the thread then runs. */
INLINE uintptr_t happen(const struct lanes *x, const struct trace_record *d, struct go_state *g, uintptr_t own) {
    const struct effect *e = &effects[d->type];
    g->status = e->to;
    g->seq -= e->named;
    return (own & e->keeps) | ((uintptr_t)g & e->starts) | ((uintptr_t)&x->nobody & e->leaves);
}

/*
 * Does the event d of l happen that doesn't do so by itself? Its goroutine may have to be looked up, or more be done.
 */
static __attribute__((noinline)) bool take_other(struct lanes *x, struct lane *l, const struct trace_record *d) {
    const struct effect *e = &effects[d->type];
    if (e->beside == UNUSUAL || d->third != CURSOR_USUAL) {
        return false;
    }
    if (e->named != 0 && find_recent(x->o, d->arg[0]) == NO_INDEX) {
        return false;
    }
    uintptr_t own = (uintptr_t)l->own;
    struct go_state *g = about(x, d, own);
    if (g->status != e->from || against(x, d, g, own, e) != 0 || !do_beside(x, l, d)) {
        return false;
    }
    own = (uintptr_t)l->own; /* it may lie elsewhere now */
    l->own = (struct go_state *)happen(x, d, about(x, d, own), own);
    return true;
}

/* d as it is delivered, should it happen: see write_plain() in block.c. In bulk its record is told to stand whole.
 * CURSOR_USUAL stays where it means nothing in either. */
INLINE void deliver(const struct lanes *x, const struct lane *l, const struct trace_record *d, struct trace_event *ev,
                    struct trace_record *record) {
    four_words common = *(const four_words *)d + *(const four_words *)&x->add;
    *(four_words *)ev = common;
    if (record != NULL) {
        *(four_words *)record = common;
        record->flags = TRACE_WHOLE;
    }
    memcpy(&ev->arg[2], more_of(l, d), sizeof(struct more));
    memcpy(&ev->m, l->context, sizeof l->context);
    ev->g = l->own->id;
}

/*
 * Events of the two by turns, the first of them whatever its time, until the next one of a thread isn't earlier than
 * all others, or isn't usual. Returns how many.
 */
INLINE size_t any_turns(struct lanes *x, struct pair *by_turns, struct outlet *out) {
    struct trace_event *const ev = out->whole + out->n;
    struct trace_record *record = out->record != NULL ? out->record + out->n : NULL;
    struct pair pair = *by_turns;
    struct trace_event *const full = out->whole + out->max, *to = ev;
    do {
        void *who;
        const struct trace_record *d = choose_moving(&pair, &who);
        struct lane *l = who;
        uintptr_t own = (uintptr_t)l->own;
        deliver(x, l, d, to, record);
        const struct effect *e = &effects[d->type];
        struct go_state *g = about(x, d, own);
        if ((against(x, d, g, own, e) | (uint64_t)((uint32_t)(g->status + d->third) ^ e->alone)) == 0) {
            l->own = (struct go_state *)happen(x, d, g, own);
        } else if (!take_other(x, l, d)) {
            unchoose(&pair, d);
            break;
        }
        to++;
        if (record != NULL) {
            record++;
        }
    } while (pair.at < x->limit[0] && pair.bt < x->limit[1] && to < full);
    *by_turns = pair;
    out->n += (size_t)(to - ev);
    return (size_t)(to - ev);
}

static size_t narrow_turns(struct lanes *x, struct pair *by_turns, struct outlet *out) {
    return any_turns(x, by_turns, out);
}
#if defined(__x86_64__)
__attribute__((target("avx2"))) static size_t wide_turns(struct lanes *x, struct pair *by_turns, struct outlet *out) {
    return any_turns(x, by_turns, out);
}
#endif

static size_t take_turns(struct lanes *x, struct pair *by_turns, struct outlet *out) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) {
        return wide_turns(x, by_turns, out);
    }
#endif
    return narrow_turns(x, by_turns, out);
}

/* False: the thread has no P, or times that go down, as damaged traces may have it. */
static bool set_up(struct lanes *x, struct lane *l, struct cursor *c) {
    struct order *o = x->o;
    if (c->thread == NO_INDEX || o->threads[c->thread].p == NO_INDEX || !c->steady) {
        return false;
    }
    const struct thread_state *t = &o->threads[c->thread];
    struct proc_state *p = &o->procs[t->p];
    struct go_state *own = t->g != NO_INDEX ? &o->gos[t->g] : &x->nobody;
    if (own->status == TRACE_GO_BAD) {
        return false;
    }
    *l = (struct lane){own, (uintptr_t)c->more - (uintptr_t)c->ahead / 2, {t->m, p->id}, p, c};
    return true;
}

/* In damaged traces both may run one goroutine: what becomes of it for one shows to the other. */
static bool share_go(const struct lanes *x) {
    return x->lane[0].own == x->lane[1].own && x->lane[0].own != &x->nobody;
}

/* What has become of a lane's thread, whose next event is this. All those that were taken were bars. */
static void put_back(struct lanes *x, struct lane *l, const struct trace_record *next) {
    struct cursor *c = l->c;
    c->bar += next - c->now;
    c->now = next;
    x->o->threads[c->thread].g = l->own != &x->nobody ? (uint32_t)(l->own - x->gos) : NO_INDEX;
}

/* Where only one event is decoded, more are. */
static void decode_ahead(struct merge *m, struct cursor *c) {
    if (c->one && m->pace.brisk > 0) {
        cursor_let_go(c);
        (void)merge_fetch(m, c);
    }
}

/*
 * The thread at the front, and the one at front[j] where there is one (j != 0) whose turn can come before all others'.
 * False: the first is not for the loop. *two: both are.
 */
static bool set_up_both(struct merge *m, struct lanes *x, size_t j, struct pair *pair, bool *two) {
    struct cursor *a = &m->cursors[m->front[0].index], *b = &m->cursors[m->front[j].index];
    int64_t others = merge_others(m, j), time = j != 0 ? m->front[j].time : INT64_MAX;
    decode_ahead(m, a);
    decode_ahead(m, b);
    x->gos = x->o->gos;
    x->lane[1] = (struct lane){.own = &x->nobody};
    if (!set_up(x, &x->lane[0], a)) {
        return false;
    }
    *pair = (struct pair){a->now, never, (uint64_t)a->now->time, INT64_MAX, 0, {&x->lane[0], &x->lane[1]}};
    *two = time < others && set_up(x, &x->lane[1], b) && !share_go(x);
    if (*two) {
        pair->b = b->now;
        pair->bt = (uint64_t)time;
    }
    x->limit[0] = (uint64_t)(!*two && time < others ? time : others);
    x->limit[1] = *two ? (uint64_t)others : UINT64_MAX;
    return true;
}

/* Events by turns, and the heap set right. Returns how many. */
static size_t turns_of_two(struct merge *m, struct lanes *x, struct outlet *out) {
    struct sort_key *f = m->front;
    size_t j = merge_rival(m);
    struct pair pair;
    bool two;
    size_t n = set_up_both(m, x, j, &pair, &two) ? take_turns(x, &pair, out) : 0;
    if (n == 0) {
        return 0;
    }
    merge_keep_last(m, out);
    put_back(x, &x->lane[0], pair.a);
    if (two) {
        put_back(x, &x->lane[1], pair.b);
        f[j].time = pair.b->time;
    }
    if (pair.second != 0) {
        struct sort_key key = f[0];
        f[0] = f[j];
        f[j] = key;
        f[j].time = pair.a->time;
    }
    merge_settle_first(m, x->lane[pair.second].c);
    return n;
}

/* The head of the merge is one of the scheduler's commonest events, and decoded ahead or to be so. */
static bool has_turn(const struct merge *m) {
    if (m->nfront == 0 || !m->started || m->order.ngos == 0) {
        return false;
    }
    const struct cursor *c = &m->cursors[m->front[0].index];
    return effects[c->now->type].beside != UNUSUAL && (!c->one || m->pace.brisk > 0) && cursor_time(c) >= m->last &&
           cursor_time(c) <= merge_limit(m);
}

void turns_take(struct merge *m, struct outlet *to) {
    if (!has_turn(m)) {
        return;
    }
    struct lanes x = {.o = &m->order,
                      .recent = m->order.recent,
                      .nobody = {.id = -1, .status = UINT8_MAX},
                      .gen = m->order.gen,
                      .add = common_more(m->generation, m->start)};
    do {
        struct cursor *c = &m->cursors[m->front[0].index];
        size_t n = turns_of_two(m, &x, to);
        if (m->pace.brisk > 0) {
            pace_call(&m->pace, n);
        }
        if (n == 0) {
            if (merge_try(m, c, &to->whole[to->n]) != ADVANCED) {
                break;
            }
            outlet_put(to, 1);
            cursor_step(c);
            merge_settle_first(m, c);
        }
    } while (to->n < to->max && has_turn(m));
}
