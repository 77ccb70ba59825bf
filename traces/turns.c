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
 *
 * Where that is all it does, the whole goroutine is held against the whole event, once it is as it will be: `change` is
 * what differs then, `count` is added. The bits in which it differs from the event must be those of `want`, but for
 * those that `ignores` has. Other events ignore nothing, and no type but 0 is wanted: they never pass.
 */
struct effect {
    struct go_state change, count;
    struct trace_record want, ignores;
    uint64_t named;
    uint64_t keeps, starts; /* the thread's own: the same as before; it, where there was none. Else none */
    uint8_t from, to;       /* enum trace_go_status */
    uint8_t beside;
};
_Static_assert(sizeof(struct go_state) == sizeof(struct trace_record) &&
                   offsetof(struct go_state, gen) == offsetof(struct trace_record, context) &&
                   offsetof(struct go_state, zero) == offsetof(struct trace_record, type) &&
                   offsetof(struct go_state, status) == offsetof(struct trace_record, third) &&
                   offsetof(struct go_state, id) == offsetof(struct trace_record, arg) &&
                   offsetof(struct go_state, seq) == offsetof(struct trace_record, arg[1]),
               "a goroutine and an event, held against each other");

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
static const struct effect effects[UINT8_MAX + 1] = {
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

/* A thread whose turn it may be. */
struct lane {
    uintptr_t own;      /* the goroutine that it runs: how far it lies from nobody, which is 0 */
    uintptr_t more;     /* half the address of an event less than that of its other arguments */
    int64_t context[2]; /* m, p */
    struct proc_state *p;
    struct cursor *c;
};

struct lanes {
    struct go_state nobody; /* has id -1 and a status of its own */
    struct lane lane[2];
    struct order *o;
    const uint32_t *recent; /* the order's */
    uintptr_t gos;          /* how far the order's lie from nobody */
    uint32_t gen;
    uint64_t limit[2];         /* no turns any more once a lane's next event isn't earlier than this */
    struct trace_record add;   /* to each event: the generation, and less the time of the trace's start */
    struct trace_record whole; /* what its record has besides */
};

/* A thread that never has its turn: what stands for its next event, and for the one behind. */
static const struct trace_record never[2] = {{.time = INT64_MAX}, {.time = INT64_MAX}};

/* The third and fourth argument of an event. */
INLINE const struct more *more_of(const struct lane *l, const struct trace_record *d) {
    return (const struct more *)(l->more + (uintptr_t)d / 2);
}

INLINE struct go_state *go_at(struct lanes *x, uintptr_t far) {
    return (struct go_state *)((uintptr_t)x + far);
}

static uint32_t index_of(const struct lanes *x, uintptr_t far) {
    return (uint32_t)((far - x->gos) / sizeof(struct go_state));
}

static void find_gos(struct lanes *x) {
    x->gos = (uintptr_t)x->o->gos - (uintptr_t)x;
}

/* Goroutines may lie elsewhere behind this. */
static bool create(struct lanes *x, uint64_t id) {
    if (find_go(x->o, id) != NO_INDEX) {
        return false;
    }
    uintptr_t before = x->gos;
    order_add_go(x->o, id, TRACE_GO_RUNNABLE);
    find_gos(x);
    for (size_t i = 0; i < 2; i++) {
        x->lane[i].own += x->lane[i].own != 0 ? x->gos - before : 0;
    }
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
        order_delete_go(x->o, index_of(x, l->own));
        return true;
    case NOTHING:
        return true;
    case UNUSUAL:
        break;
    }
    return false;
}

/* The goroutine that d is about, of a thread that runs `own`. */
INLINE uintptr_t about(const struct lanes *x, const struct trace_record *d, const struct effect *e, uintptr_t own) {
    uintptr_t it = x->gos + x->recent[d->arg[0] % ORDER_RECENT] * sizeof(struct go_state);
    return either(e->named, own, it);
}

/* What a thread runs behind an event about a goroutine. */
INLINE uintptr_t runs_then(const struct effect *e, uintptr_t own, uintptr_t about) {
    return (own & e->keeps) | (about & e->starts);
}

/* Does nothing speak against d, which is about g, of a thread that runs `own`? */
static bool may_happen(const struct lanes *x, const struct trace_record *d, const struct go_state *g, uintptr_t own) {
    const struct effect *e = &effects[d->type];
    bool next = (uint64_t)g->id == d->arg[0] && g->gen == x->gen && g->seq + 1 == d->arg[1];
    return g->status == e->from && (e->named == 0 || next) && (e->starts == 0 || own == 0);
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

/* The first half of four words. */
typedef uint64_t two_words __attribute__((vector_size(16), aligned(8), may_alias));

/* d as it is delivered, should it happen: see write_plain() in block.c. In bulk its record is told to stand whole, of
 * which no more than the first half means anything. CURSOR_USUAL stays where it means nothing in either. */
INLINE void deliver(struct lanes *x, const struct lane *l, const struct trace_record *d, struct trace_event *ev,
                    struct trace_record *record, four_words *to) {
    four_words common = *(const four_words *)d + *(const four_words *)&x->add;
    *to = common;
    *(four_words *)ev = common;
    if (record != NULL) {
        *(two_words *)record = (two_words){common[0], common[1]} | *(const two_words *)&x->whole;
    }
    memcpy(&ev->arg[2], more_of(l, d), sizeof(struct more));
    memcpy(&ev->m, l->context, sizeof l->context);
    ev->g = go_at(x, l->own)->id;
}

/* Are there no bits but those that are ignored? */
INLINE bool none_but(const four_words *ignored, const four_words *bits, bool wide) {
#if defined(__x86_64__) && !defined(__clang__)
    if (wide) { /* one instruction, which clang makes of what follows, and gcc doesn't */
        bool none;
        __asm__("vptest %[bits], %[ignored]" : "=@ccc"(none) : [bits] "x"(*bits), [ignored] "x"(*ignored));
        return none;
    }
#endif
    (void)wide;
    four_words left = *bits & ~*ignored;
    return (left[0] | left[1] | left[2] | left[3]) == 0;
}

/* d, which was delivered as ev, happens if that is all it does, and nothing speaks against it. */
INLINE bool happens(struct lanes *x, struct lane *l, const struct trace_record *d, const four_words *common,
                    bool wide) {
    const struct effect *e = &effects[d->type];
    __asm__("" : "+r"(e)); /* one address, not one for each field */
    uintptr_t own = l->own, far = about(x, d, e, own);
    four_words *g = (four_words *)go_at(x, far);
    four_words then = (*g ^ *(const four_words *)&e->change) + *(const four_words *)&e->count;
    four_words odd = then ^ *common ^ *(const four_words *)&e->want;
    if (!none_but((const four_words *)&e->ignores, &odd, wide) || (own & e->starts) != 0) {
        return false;
    }
    *g = then;
    l->own = runs_then(e, own, far);
    return true;
}

/*
 * Events of the two by turns, the first of them whatever its time, until the next one of a thread isn't earlier than
 * all others, or isn't usual. Returns how many.
 */
INLINE size_t any_turns(struct lanes *x, struct pair *by_turns, struct outlet *out, bool bulk, bool wide) {
    struct trace_event *const ev = out->whole + out->n;
    struct trace_record *record = bulk ? out->record + out->n : NULL;
    struct pair pair = *by_turns;
    struct trace_event *const full = out->whole + out->max, *to = ev;
    do {
        void *who;
        const struct trace_record *d = choose_moving(&pair, &who);
        struct lane *l = who;
        four_words common;
        deliver(x, l, d, to, bulk ? record : NULL, &common);
        if (!happens(x, l, d, &common, wide) && !take_other(x, l, d)) {
            unchoose(&pair, d);
            break;
        }
        to++;
        if (bulk) {
            record++;
        }
    } while (pair.at < x->limit[0] && pair.bt < x->limit[1] && to < full);
    *by_turns = pair;
    out->n += (size_t)(to - ev);
    return (size_t)(to - ev);
}

static size_t narrow_turns(struct lanes *x, struct pair *by_turns, struct outlet *out) {
    return out->record != NULL ? any_turns(x, by_turns, out, true, false) : any_turns(x, by_turns, out, false, false);
}
#if defined(__x86_64__)
__attribute__((target("avx2"))) static size_t wide_turns(struct lanes *x, struct pair *by_turns, struct outlet *out) {
    return out->record != NULL ? any_turns(x, by_turns, out, true, true) : any_turns(x, by_turns, out, false, true);
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
    uintptr_t own = t->g != NO_INDEX ? x->gos + t->g * sizeof(struct go_state) : 0;
    if (go_at(x, own)->status == TRACE_GO_BAD) {
        return false;
    }
    *l = (struct lane){own, (uintptr_t)c->more - (uintptr_t)c->ahead / 2, {t->m, p->id}, p, c};
    return true;
}

/* In damaged traces both may run one goroutine: what becomes of it for one shows to the other. */
static bool share_go(const struct lanes *x) {
    return x->lane[0].own == x->lane[1].own && x->lane[0].own != 0;
}

/* What has become of a lane's thread, whose next event is this. All those that were taken were bars. */
static void put_back(struct lanes *x, struct lane *l, const struct trace_record *next) {
    struct cursor *c = l->c;
    c->bar += next - c->now;
    c->now = next;
    x->o->threads[c->thread].g = l->own != 0 ? index_of(x, l->own) : NO_INDEX;
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
    find_gos(x);
    x->lane[1] = (struct lane){.own = 0};
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
                      .gen = m->order.gen_count,
                      .add = common_more(m->generation, m->start),
                      .whole = {.flags = TRACE_WHOLE}};
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
