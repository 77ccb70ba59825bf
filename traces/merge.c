/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * merge.c - the threads of one generation, merged into one sequence.
 *
 * The frontier is a heap of threads, keyed by the time of the event that each holds. While one thread's next event is
 * no later than its children's in the heap it goes on without any heap work (run), and so do the two first together
 * while all others are later than both (duel). When the earliest event may not happen yet, the frontier is sorted and
 * the first event that may happen goes (search). When none may, the order is lost: the earliest is forced, and marked
 * so.
 */
#include "traces/merge.h"
#include "traces/grow.h"
#include "traces/turns.h"
#include "traces/usual.h"
#include "traces/wire.h"

/* `forced` once it is known that the order of this generation can't be found: time alone decides then. */
enum { MAX_FORCED = 1 << 30 };

/*
 * ns by which the earliest event may be passed over once something is known to be missing: what it waits for may never
 * come. In whole generations it waits as long as anything else can happen, as with the reference.
 */
enum { PATIENCE = 1000000 };

/*
 * Threads that may be tried out of turn in one generation, before order by time is all that is left: some, and some for
 * each byte. A recording needs a hundredth of that; a file made for it could have all threads tried for every event.
 */
enum { SEARCH_FREE = 65536, SEARCH_PER_BYTE = 4 };

/* Bytes of a thread's batches. */
static uint64_t thread_bytes(const struct generation *g, const struct batch_thread *t) {
    uint64_t bytes = 0;
    for (uint32_t b = t->first; b != NO_BATCH; b = g->batches[b].next) {
        bytes += g->batches[b].size;
    }
    return bytes;
}

static bool fill_frontier(struct merge *m) {
    const struct generation *g = m->gen;
    size_t room = 0;
    m->ncursors = m->nfront = 0;
    for (size_t i = 0; i < g->nthreads; i++) {
        room += cursor_room(thread_bytes(g, &g->threads[i]));
    }
    if (!grow_to((void **)&m->cursors, &m->cap_cursors, g->nthreads, sizeof *m->cursors) ||
        !grow_to((void **)&m->front, &m->cap_front, g->nthreads, sizeof *m->front) ||
        !grow_to((void **)&m->ahead, &m->cap_ahead, room + 1, sizeof *m->ahead) ||
        !grow_to((void **)&m->more, &m->cap_more, room, sizeof *m->more) ||
        !grow_to((void **)&m->bars, &m->cap_bars, room, sizeof *m->bars)) {
        return false;
    }
    /* None of them lies across two lines of cache. */
    struct trace_record *ahead =
        (struct trace_record *)((uintptr_t)m->ahead + (-(uintptr_t)m->ahead & (sizeof *m->ahead - 1)));
    room = 0;
    for (size_t i = 0; i < g->nthreads; i++) {
        struct cursor *c = &m->cursors[m->ncursors];
        uint64_t bytes = thread_bytes(g, &g->threads[i]);
        size_t own = cursor_room(bytes);
        cursor_open(c, m->scan->src, &g->threads[i], ahead + room, m->more + room, m->bars + room, own);
        c->left = bytes;
        room += own;
        if (cursor_decode(c, g, m->scan)) {
            heap_push(m->front, &m->nfront, (struct sort_key){cursor_time(c), (uint32_t)m->ncursors++});
        }
    }
    return true;
}

/* Times as the contract has them: since the first event, never decreasing. */
static void start_at(struct merge *m, int64_t time) {
    m->started = true;
    m->start = m->last = time > 0 ? time : 0; /* below zero is nonsense, and what lies between need not fit */
}

static void stamp(struct merge *m, struct trace_event *ev, int64_t time) {
    if (!m->started) {
        start_at(m, time);
    }
    m->last = time > m->last ? time : m->last;
    ev->time = (int64_t)((uint64_t)m->last - (uint64_t)m->start);
    ev->generation = m->generation;
}

static void take_sample(struct merge *m, struct trace_event *ev) {
    const struct sample *s = &m->gen->samples[m->sample++];
    *ev = (struct trace_event){.type = TRACE_EV_CPU_SAMPLE, .m = s->m, .p = s->p, .g = s->g, .arg = {s->stack}};
    stamp(m, ev, s->time);
}

/* The thread at front[i] is done with the event it held: fetch its next one. */
static void move_on(struct merge *m, size_t i) {
    struct cursor *c = &m->cursors[m->front[i].index];
    cursor_step(c);
    if (c->now == c->stop && !merge_fetch(m, c)) {
        heap_remove(m->front, &m->nfront, i);
        return;
    }
    m->front[i].time = cursor_time(c);
    heap_update(m->front, m->nfront, i);
}

/* The event that c holds broke a rule. Where something of the generation is missing, that is no news. */
static void note_broken(struct merge *m, const struct cursor *c) {
    const struct broken *b = &m->order.broken;
    bool id = b->rule == RULE_STRING || b->rule == RULE_STACK;
    generation_unfinished(m->gen, m->scan);
    if (id ? m->gen->tables_damaged : m->gen->damaged) {
        return;
    }
    char text[sizeof m->scan->loss.first.text] = "";
    struct place at = {0};
    if (m->scan->loss.count == 0) {
        rules_text(b, c->type, text, sizeof text);
        at = cursor_place(c, m->gen, m->scan->src);
    }
    scan_lost_at(m->scan, id ? TRACE_E_ID : TRACE_E_RULE, at, 0, text);
}

/* Let the event that c holds happen, if it may: it then stands in ev. */
static inline enum advance try_event(struct merge *m, struct cursor *c, struct trace_event *ev) {
    cursor_hold(c, ev);
    enum advance a = order_advance(&m->order, c, false, ev);
    if (a == ADVANCED) {
        stamp(m, ev, cursor_time(c));
        if (m->order.broken.rule != RULE_KEPT) {
            ev->flags |= TRACE_BROKE_RULE;
            note_broken(m, c);
        }
    }
    return a;
}

enum advance merge_try(struct merge *m, struct cursor *c, struct trace_event *ev) {
    return try_event(m, c, ev);
}

/* No order can be proved: the earliest event happens as it stands. */
static void force(struct merge *m, const char *what, struct trace_event *ev) {
    struct cursor *c = &m->cursors[m->front[0].index];
    cursor_hold(c, ev);
    ev->flags = TRACE_BY_TIME;
    generation_unfinished(m->gen, m->scan);
    if (m->order.broken.rule != RULE_KEPT) {
        note_broken(m, c);
        ev->flags |= TRACE_BROKE_RULE;
    } else if (!m->gen->damaged) {
        struct place at = m->scan->loss.count == 0 ? cursor_place(c, m->gen, m->scan->src) : (struct place){0};
        scan_lost_at(m->scan, TRACE_E_ORDER, at, 0, what);
    }
    m->gen->damaged = true;
    m->forced++;
    m->scan->loss.by_time++;
    order_advance(&m->order, c, true, ev);
    stamp(m, ev, cursor_time(c));
    move_on(m, 0);
}

/* Something of this generation, or of one before it, is missing or wrong. */
static bool is_damaged(const struct merge *m) {
    return m->gen->damaged || m->scan->loss.count > 0;
}

/* The earliest event must wait: does any other thread's go first? */
static bool search(struct merge *m, struct trace_event *ev, enum advance *a) {
    m->searched += m->nfront;
    m->work += m->nfront;
    sort_by_time(m->front, m->nfront);
    bool known = is_damaged(m);
    for (size_t i = 1; i < m->nfront; i++) {
        if (known && (uint64_t)m->front[i].time - (uint64_t)m->front[0].time > PATIENCE) {
            break;
        }
        *a = try_event(m, &m->cursors[m->front[i].index], ev);
        if (*a == ADVANCED) {
            move_on(m, i);
            return true;
        }
        if (*a == IMPOSSIBLE) {
            note_broken(m, &m->cursors[m->front[i].index]);
            m->gen->damaged = true;
        }
    }
    m->order.broken.rule = RULE_KEPT;
    return false;
}

/* One event, where the earliest can't simply happen (a says why not). */
static void merge_one(struct merge *m, struct trace_event *ev, enum advance a) {
    const char *what = "no event may come next: some are missing";
    if (m->forced >= MAX_FORCED) {
        m->order.broken.rule = RULE_KEPT;
        force(m, "", ev);
        return;
    }
    if (a == NOT_READY) {
        if (m->searched + m->nfront > SEARCH_FREE + SEARCH_PER_BYTE * (m->gen->end - m->gen->begin)) {
            m->forced = MAX_FORCED;
            what = "too many threads wait for one another";
        } else if (search(m, ev, &a)) {
            return;
        }
    }
    force(m, what, ev);
}

/* The P of c's thread, NO_INDEX for none. */
static uint32_t proc_of(const struct merge *m, const struct cursor *c) {
    return c->thread != NO_INDEX ? m->order.threads[c->thread].p : NO_INDEX;
}

/* Events up to here may be written as they are: plain ones, and sweeping where it fits, as long as it is c's own P. */
static const struct trace_record *written_to(const struct merge *m, const struct cursor *c) {
    const uint16_t *bar = c->bar;
    uint32_t p = proc_of(m, c);
    if (p != NO_INDEX) {
        bool sweeping = m->order.procs[p].sweeping;
        for (const struct trace_record *d; (d = c->ahead + *bar) < c->stop && order_is_sweep(d->type); bar++) {
            if (!order_sweep_fits(&m->order, d->type, d->arg, sweeping)) {
                break;
            }
            sweeping = !sweeping;
        }
    }
    return c->ahead + *bar;
}

/* All before `next` have been written: what they did to c's P. */
static void step_to(struct merge *m, struct cursor *c, const struct trace_record *next) {
    c->now = next;
    for (const struct trace_record *d; (d = c->ahead + *c->bar) < next; c->bar++) {
        m->order.procs[proc_of(m, c)].sweeping = d->type == TRACE_EV_GC_SWEEP_BEGIN;
    }
}

/* How many of the contexts noted last are looked through for one that comes again. */
enum { CONTEXTS_LOOKED_AT = 8 };

/* The number of ev's context; events that are written whole have their generation there. False: there is none left. */
static bool number_context(struct outlet *to, const struct trace_event *ev, uint32_t *number) {
    if (to->record == NULL) {
        *number = ev->generation;
        return true;
    }
    uint32_t n = to->ncontexts, oldest = n < CONTEXTS_LOOKED_AT ? 0 : n - CONTEXTS_LOOKED_AT;
    for (uint32_t i = n; i > oldest; i--) {
        const struct trace_context *x = &to->context[i - 1];
        if (x->m == ev->m && x->p == ev->p && x->g == ev->g) {
            *number = i - 1;
            return true;
        }
    }
    if (n == TRACE_BULK_CONTEXTS) {
        return false;
    }
    to->context[n] = (struct trace_context){ev->m, ev->p, ev->g};
    *number = to->ncontexts++;
    return true;
}

/*
 * Where the thread's events stand that may be written. False: they lack something of its context, or that has no number
 * any more; each of them then goes by its rule.
 */
static bool take_side(struct merge *m, struct cursor *c, struct side *s, struct outlet *to) {
    struct trace_event ev = {.generation = m->generation};
    uint32_t number = 0;
    unsigned have = order_context(&m->order, c, &ev);
    bool numbered = number_context(to, &ev, &number);
    *s = (struct side){c->now, written_to(m, c), {common_more(number, m->start), {0, ev.m, ev.p, ev.g}}};
    return numbered && (c->needs & ~have) == 0;
}

/* Plain events of s up to the limit, to where there is room. */
static size_t write_side(struct merge *m, struct side *s, int64_t limit, struct outlet *to) {
    size_t room = to->max - to->n;
    size_t n = to->record != NULL ? m->writer[0]->run(s, limit, to->record + to->n, room)
                                  : m->writer[1]->run(s, limit, to->whole + to->n, room);
    to->n += n;
    return n;
}

/* The same of two threads (block.h). */
static void write_sides(struct merge *m, struct side *on, int64_t others, bool *second, struct outlet *to) {
    size_t room = to->max - to->n;
    to->n += to->record != NULL ? m->writer[0]->block(on, others, second, to->record + to->n, room)
                                : m->writer[1]->block(on, others, second, to->whole + to->n, room);
}

void merge_keep_last(struct merge *m, const struct outlet *to) {
    int64_t time = to->record != NULL ? to->record[to->n - 1].time : to->whole[to->n - 1].time;
    m->last = (int64_t)((uint64_t)time + (uint64_t)m->start);
}

/* Plain events of one thread, up to the limit, where no time goes down. */
static void run_plain(struct merge *m, struct cursor *c, int64_t limit, struct outlet *to) {
    struct side s;
    if (c->now->time > limit || !c->steady || !m->started || m->last > c->now->time || !take_side(m, c, &s, to)) {
        return;
    }
    if (write_side(m, &s, limit, to) > 0) {
        merge_keep_last(m, to);
    }
    step_to(m, c, s.next);
}

/* In damaged traces two threads can hold one P: what each does then shows to the other. */
static bool share_p(const struct merge *m, const struct cursor *a, const struct cursor *b) {
    return proc_of(m, a) == proc_of(m, b) && proc_of(m, a) != NO_INDEX;
}

void merge_settle_first(struct merge *m, struct cursor *c) {
    if (c->now == c->stop && !merge_fetch(m, c)) {
        heap_remove(m->front, &m->nfront, 0);
        return;
    }
    m->front[0].time = cursor_time(c);
    heap_settle(m->front, m->nfront, 0);
}

/*
 * Events of the thread at the front, until another's turn comes. Returns other than ADVANCED where its next one can't
 * happen yet.
 */
static enum advance run(struct merge *m, struct outlet *to) {
    struct cursor *c = &m->cursors[m->front[0].index];
    int64_t limit = merge_limit(m);
    size_t before = to->n;
    enum advance a = ADVANCED;
    while (to->n < to->max) {
        if (!cursor_at_bar(c)) {
            run_plain(m, c, limit, to);
        }
        if (c->now == c->stop || to->n == to->max || (to->n > before && cursor_time(c) > limit)) {
            break;
        }
        a = try_event(m, c, &to->whole[to->n]);
        if (a != ADVANCED) {
            break;
        }
        cursor_step(c);
        outlet_put(to, 1);
    }
    merge_settle_first(m, c);
    return a;
}

/*
 * In a duel: the thread at s has come to an event that isn't plain, or to the end of those decoded. Does that event
 * happen now, or are there more, so that the duel can go on? s->next then stands behind it. What comes no later than
 * the rival's next event is earlier than all others: that one was, when its turn ended.
 */
static bool pass(struct merge *m, struct cursor *c, struct side *s, struct cursor *rival, struct side *r,
                 struct outlet *to) {
    step_to(m, c, s->next);
    step_to(m, rival, r->next);
    if (to->n > 0) {
        merge_keep_last(m, to);
    }
    if (c->now == c->stop) {
        bool more = cursor_decode(c, m->gen, m->scan);
        s->next = c->now;
        return more && c->steady && cursor_time(c) >= m->last && take_side(m, c, s, to);
    }
    int64_t time = cursor_time(c);
    if (to->n == to->max || time > r->next->time || try_event(m, c, &to->whole[to->n]) != ADVANCED) {
        return false;
    }
    outlet_put(to, 1);
    cursor_step(c);
    bool same = take_side(m, c, s, to);
    return take_side(m, rival, r, to) && same && !share_p(m, c, rival);
}

/*
 * The thread at s goes on until it is its rival's turn. False where the duel ends here: there is no more room, or its
 * next event is not for the duel, as it isn't where it comes no earlier than `others`, which neither of them holds.
 */
static bool take_turn(struct merge *m, struct cursor *c, struct side *s, struct cursor *rival, struct side *r,
                      int64_t others, struct outlet *to) {
    for (;;) {
        write_side(m, s, r->next->time, to);
        if (s->next < s->stop) {
            return to->n < to->max && s->next->time < others;
        }
        if (!pass(m, c, s, rival, r, to)) {
            return false;
        }
    }
}

/*
 * Plain events of the two threads at the front, as long as both have some that are earlier than all others': what run()
 * does again and again, without the heap.
 */
static void duel(struct merge *m, struct outlet *to) {
    struct sort_key *f = m->front;
    size_t j = m->nfront > 2 && f[2].time < f[1].time ? 2 : 1, before = to->n;
    if (m->nfront < 2 || !m->started) {
        return;
    }
    struct cursor *c[2] = {&m->cursors[f[0].index], &m->cursors[f[j].index]};
    if (cursor_at_bar(c[0]) || cursor_at_bar(c[1]) || !c[0]->steady || !c[1]->steady || m->last > cursor_time(c[0])) {
        return;
    }
    int64_t others = merge_others(m, j);
    struct side s[2];
    if (f[j].time >= others || !take_side(m, c[0], &s[0], to) || !take_side(m, c[1], &s[1], to) ||
        share_p(m, c[0], c[1])) {
        return;
    }
    bool second = false;
    for (;;) {
        write_sides(m, s, others, &second, to);
        if (!take_turn(m, c[second], &s[second], c[!second], &s[!second], others, to)) {
            break;
        }
        second = !second;
    }
    if (to->n > before) {
        merge_keep_last(m, to);
    }
    step_to(m, c[0], s[0].next);
    step_to(m, c[1], s[1].next);
    if (second) {
        struct sort_key key = f[0];
        f[0] = f[j];
        f[j] = key;
    }
    f[j].time = cursor_time(c[!second]);
    merge_settle_first(m, c[second]);
}

void merge_init(struct merge *m, struct scan *scan, struct generation *gen) {
    *m = (struct merge){.scan = scan, .gen = gen, .writer = {writer_for(true, false), writer_for(true, true)}};
    order_init(&m->order);
}

void merge_free(struct merge *m) {
    order_free(&m->order);
    free(m->cursors);
    free(m->front);
    free(m->ahead);
    free(m->more);
    free(m->bars);
    *m = (struct merge){0};
}

void merge_anew(struct merge *m) {
    order_free(&m->order);
    order_init(&m->order);
    m->anew = m->started;
}

/*
 * Another trace's clock is the same where the same machine wrote both, so time goes on. Where it lies behind the last
 * event, the new trace is moved to begin there; one that claims to be older than all before it took stands still
 * instead, so that no time can overflow.
 */
static void set_clock(struct merge *m) {
    int64_t first = m->front[0].time, took = (int64_t)((uint64_t)m->last - (uint64_t)m->start);
    if (first < m->last && first >= took) {
        m->start = first - took;
        m->last = first;
    }
    m->anew = false;
}

bool merge_generation(struct merge *m, uint32_t generation) {
    m->generation = generation;
    m->sample = 0;
    m->forced = 0;
    m->searched = 0;
    order_generation(&m->order, m->gen, m->scan->src);
    if (!fill_frontier(m)) {
        return false;
    }
    if (m->anew && m->nfront > 0) {
        set_clock(m);
    }
    return true;
}

void merge_read(struct merge *m, struct outlet *to) {
    size_t enough = to->max - to->max / 4; /* small rests of room cost more than calls */
    while (to->n < enough && !merge_done(m)) {
        bool sample =
            m->sample < m->gen->nsamples && (m->nfront == 0 || m->gen->samples[m->sample].time < m->front[0].time);
        enum advance a = NOT_READY;
        if (sample) {
            take_sample(m, &to->whole[to->n]);
            outlet_put(to, 1);
            continue;
        }
        if (m->forced < MAX_FORCED) {
            size_t before = to->n;
            outlet_put(to, usual_turns(m, to->whole + to->n, to->max - to->n));
            if (to->n == before) {
                turns_take(m, to);
            }
            if (to->n == before) {
                duel(m, to);
            }
            if (to->n > before) {
                continue;
            }
            a = run(m, to);
        }
        if (a != ADVANCED && to->n < to->max) {
            merge_one(m, &to->whole[to->n], a);
            outlet_put(to, 1);
        }
    }
}

uint64_t merge_left(const struct merge *m) {
    uint64_t left = 0;
    for (size_t i = 0; i < m->nfront; i++) {
        const struct cursor *c = &m->cursors[m->front[i].index];
        left += (uint64_t)(c->end - c->p) + c->left;
    }
    return left;
}
