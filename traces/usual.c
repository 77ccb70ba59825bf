/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * usual.c - one loop with a straight way for each of the scheduler's commonest events: read its numbers, check, take
 * effect, write.
 *
 * Each does what its rule in order_sched.c does where all is as it should be. Whatever is out of the ordinary ends the
 * loop before anything was done of it: numbers of more than four bytes, an id that no table holds, a state that isn't
 * the expected one, the last bytes of a batch. Its rule then knows what to make of it.
 *
 * Times are ns since the first event in here.
 */
#include "traces/usual.h"
#include "traces/order_step.h"
#include "traces/wire.h"

/* The thread whose turn it is. What it is made of stays in registers, mostly. */
struct actor {
    struct order *o;
    struct thread_state *t;
    struct proc_state *p;
    struct go_state *gos, *own; /* own: the goroutine that t runs, or nobody */
    struct go_state *nobody;    /* has id -1 and the status of a dead one */
    int64_t own_id;             /* -1 for none */
    uint32_t gen;
    uint64_t strings, stacks; /* ids up to these stand in the tables */
    uint64_t time, limit;     /* of the event at hand, and when another's turn comes */
    bool late;                /* the event at hand is later than that */
};

static inline bool two(const uint8_t **p, uint64_t *arg) {
    return wire_uint_short(p, &arg[0]) && wire_uint_short(p, &arg[1]);
}

/* The same where both mostly take one byte: ids of strings and stacks. */
static inline bool two_ids(const uint8_t **p, uint64_t *arg) {
    uint64_t first = (*p)[0], second = (*p)[1];
    if (((first | second) & 0x80) != 0) {
        return two(p, arg);
    }
    arg[0] = first;
    arg[1] = second;
    *p += 2;
    return true;
}

static inline bool three(const uint8_t **p, uint64_t *arg) {
    return two(p, arg) && wire_uint_short(p, &arg[2]);
}

/* Asked once the event's numbers are all there. */
static inline bool in_time(struct actor *a) {
    if (a->time <= a->limit) {
        return true;
    }
    a->late = true;
    return false;
}

static inline bool string_known(const struct actor *a, uint64_t id) {
    return id <= a->strings || idset_has(&a->o->tables->known_strings, id);
}

static inline bool stack_known(const struct actor *a, uint64_t id) {
    return id <= a->stacks || idset_has(&a->o->tables->known_stacks, id);
}

/* The goroutine, if it is next in its sequence and has one status: it then has the other. Else NULL. */
static inline struct go_state *turn(struct actor *a, uint64_t id, uint64_t seq, uint8_t from, uint8_t to) {
    uint32_t i = find_recent(a->o, id);
    struct go_state *g = i != NO_INDEX ? &a->gos[i] : NULL;
    if (g == NULL || g->status != from || g->gen != a->gen || g->seq + 1 != seq) {
        return NULL;
    }
    g->status = to;
    g->seq = seq;
    return g;
}

static inline bool start(struct actor *a, uint64_t id, uint64_t seq) {
    struct go_state *g = a->own == a->nobody ? turn(a, id, seq, TRACE_GO_RUNNABLE, TRACE_GO_RUNNING) : NULL;
    if (g == NULL) {
        return false;
    }
    a->own = g;
    a->own_id = (int64_t)id;
    return true;
}

static inline bool runs(const struct actor *a) {
    return a->own->status == TRACE_GO_RUNNING;
}

static inline bool leave(struct actor *a, uint8_t status) {
    if (!runs(a)) {
        return false;
    }
    a->own->status = status;
    a->own = a->nobody;
    a->own_id = -1;
    return true;
}

static inline bool destroy(struct actor *a) {
    if (!runs(a)) {
        return false;
    }
    order_delete_go(a->o, (uint32_t)(a->own - a->gos));
    a->own = a->nobody;
    a->own_id = -1;
    return true;
}

static inline bool create(struct actor *a, uint64_t id) {
    if (!runs(a) || find_go(a->o, id) != NO_INDEX) {
        return false;
    }
    ptrdiff_t own = a->own - a->gos;
    order_add_go(a->o, id, TRACE_GO_RUNNABLE);
    a->gos = a->o->gos;
    a->own = &a->gos[own];
    return true;
}

static inline bool syscall_begin(struct actor *a, uint64_t seq) {
    if (!runs(a) || !proc_enters_syscall(a->p, a->gen, seq)) {
        return false;
    }
    a->own->status = TRACE_GO_SYSCALL;
    return true;
}

static inline bool syscall_end(struct actor *a) {
    if (a->own->status != TRACE_GO_SYSCALL || !proc_leaves_syscall(a->p)) {
        return false;
    }
    a->own->status = TRACE_GO_RUNNING;
    return true;
}

/*
 * The event at *p, behind its dt: its numbers to arg, and what it does. False where it isn't usual, or not in time: the
 * numbers of such a one are all there, and *p stands behind it.
 */
static inline bool take(struct actor *a, uint8_t type, const uint8_t **p, uint64_t *arg) {
    switch (type) {
    case TRACE_EV_GO_START:
        return two(p, arg) && in_time(a) && start(a, arg[0], arg[1]);
    case TRACE_EV_GO_UNBLOCK:
        return three(p, arg) && in_time(a) && stack_known(a, arg[2]) &&
               turn(a, arg[0], arg[1], TRACE_GO_WAITING, TRACE_GO_RUNNABLE) != NULL;
    case TRACE_EV_GO_BLOCK:
        return two_ids(p, arg) && in_time(a) && string_known(a, arg[0]) && stack_known(a, arg[1]) &&
               leave(a, TRACE_GO_WAITING);
    case TRACE_EV_GO_STOP:
        return two_ids(p, arg) && in_time(a) && string_known(a, arg[0]) && stack_known(a, arg[1]) &&
               leave(a, TRACE_GO_RUNNABLE);
    case TRACE_EV_GO_CREATE:
        return three(p, arg) && in_time(a) && stack_known(a, arg[1]) && stack_known(a, arg[2]) && create(a, arg[0]);
    case TRACE_EV_GO_DESTROY:
        return in_time(a) && destroy(a);
    case TRACE_EV_GO_SYSCALL_BEGIN:
        return two(p, arg) && in_time(a) && stack_known(a, arg[1]) && syscall_begin(a, arg[0]);
    case TRACE_EV_GO_SYSCALL_END:
        return in_time(a) && syscall_end(a);
    default:
        return false;
    }
}

/* What all events of one turn have in common. */
struct same {
    int64_t context[2]; /* m, p */
    uint64_t tail;      /* generation, type 0 and no flags, as they lie in an event */
};

/* Generation, type, flags and what fills them up, as one number. */
static inline uint64_t tail_of(uint32_t generation, uint8_t type) {
    struct trace_event e = {.generation = generation, .type = type};
    uint64_t tail;
    memcpy(&tail, &e.generation, sizeof tail);
    return tail;
}

/*
 * The events of a turn, of which c holds the first. c then holds the one that is just too late; or it stands behind the
 * last one that happened, and holds none.
 */
static inline size_t take_turn(struct merge *m, struct cursor *c, struct actor *a, const struct same *same,
                               struct trace_event *ev, size_t max) {
    const uint64_t unit = m->gen->whole_ns, origin = (uint64_t)m->start;
    const uint8_t *p = c->from, *stop = c->end - WIRE_MAX_EVENT;
    uint64_t last = (uint64_t)c->before - origin;
    struct trace_event *e = ev, *full = ev + max;
    const uint8_t *q;
    uint8_t type = 0;
    for (; e < full && p <= stop; e++) {
        uint64_t dt;
        int64_t own = a->own_id;
        q = p + 1;
        type = *p;
        if (!wire_uint_short(&q, &dt)) {
            break;
        }
        a->time = last + dt * unit;
        if (!take(a, type, &q, e->arg)) {
            break;
        }
        last = a->time;
        e->time = (int64_t)last;
        memcpy(&e->m, same->context, sizeof same->context);
        e->g = own;
        uint64_t tail = same->tail + type * tail_of(0, 1);
        memcpy(&e->generation, &tail, sizeof tail);
        p = q;
    }
    if (e > ev) {
        c->p = p;
        c->last = (int64_t)(last + origin);
        c->now = c->stop;
        c->one = false;
        m->last = c->last;
        if (a->late && a->time + origin <= (uint64_t)c->latest) {
            cursor_hold_one(c, type, (int64_t)(a->time + origin), e->arg);
            c->p = q;
        }
    }
    return (size_t)(e - ev);
}

/* What changes from turn to turn. False: the thread has no P, or is late, as damaged traces may have it. */
static inline bool set_up(struct merge *m, const struct cursor *c, int64_t limit, struct actor *a, struct same *same) {
    struct order *o = &m->order;
    if (c->thread == NO_INDEX || o->threads[c->thread].p == NO_INDEX || c->last < m->last) {
        return false;
    }
    struct thread_state *t = &o->threads[c->thread];
    bool has = t->g != NO_INDEX;
    struct go_state *const own[2] = {a->nobody, &o->gos[t->g & -(uint32_t)has]}; /* nobody can foretell which */
    a->t = t;
    a->p = &o->procs[t->p];
    a->gos = o->gos;
    a->own = own[has];
    a->own_id = a->own->id;
    a->limit = (uint64_t)(limit < c->latest ? limit : c->latest) - (uint64_t)m->start;
    a->late = false;
    same->context[0] = t->m;
    same->context[1] = a->p->id;
    return true;
}

/*
 * The time at the front has grown. The first one and its rival change places as long as both are earlier than all
 * others, which is what heap work comes to; false where it is more than that.
 */
static inline bool change_places(struct merge *m, size_t j, int64_t others) {
    struct sort_key *f = m->front;
    if (f[0].time >= others) {
        heap_settle(f, m->nfront, 0);
        return false;
    }
    if (j != 0 && f[0].time > f[j].time) {
        struct sort_key first = f[0];
        f[0] = f[j];
        f[j] = first;
    }
    return true;
}

size_t usual_turns(struct merge *m, struct trace_event *ev, size_t max) {
    struct same same = {.tail = tail_of(m->generation, 0)};
    struct go_state nobody = {.id = -1, .status = TRACE_GO_BAD};
    struct actor a = {.o = &m->order,
                      .nobody = &nobody,
                      .gen = m->order.gen_count,
                      .strings = m->gen->known_strings.whole,
                      .stacks = m->gen->known_stacks.whole};
    if (!m->cursors[m->front[0].index].one || !m->started || m->order.ngos == 0) {
        return 0;
    }
    size_t n = 0, j = merge_rival(m);
    int64_t others = merge_others(m, j);
    while (n < max && m->pace.brisk == 0) {
        struct cursor *c = &m->cursors[m->front[0].index];
        int64_t limit = j != 0 && m->front[j].time < others ? m->front[j].time : others;
        if (!c->one || limit < c->last) {
            break;
        }
        size_t k = 0;
        if (set_up(m, c, limit, &a, &same)) {
            k = take_turn(m, c, &a, &same, ev + n, max - n);
            a.t->g = a.own != &nobody ? (uint32_t)(a.own - a.gos) : NO_INDEX;
        }
        if (k == 0 && merge_try(m, c, ev + n) != ADVANCED) {
            break;
        }
        n += k > 0 ? k : 1;
        pace_turn(&m->pace, k);
        c->one &= k > 0;
        if (!c->one && !merge_fetch(m, c)) {
            heap_remove(m->front, &m->nfront, 0);
            break;
        }
        m->front[0].time = c->one ? c->last : cursor_time(c);
        if (!change_places(m, j, others)) {
            j = merge_rival(m);
            others = merge_others(m, j);
        }
    }
    return n;
}
