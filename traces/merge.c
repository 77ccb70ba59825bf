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
#include "traces/sides.h"
#include "traces/turns.h"
#include "traces/usual.h"
#include "traces/wire.h"

#include <stdio.h>

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

/* The event that c holds waits, and so do all others: what the first loss says of that. */
static void note_waiting(struct merge *m, const struct cursor *c, const char *why) {
    char text[sizeof m->scan->loss.first.text] = "";
    struct place at = {0};
    if (m->scan->loss.count == 0) {
        struct broken b = rules_waiting(c->type, c->arg);
        int n = snprintf(text, sizeof text, "%s: ", why);
        rules_text(&b, c->type, text + n, sizeof text - (size_t)n);
        at = cursor_place(c, m->gen, m->scan->src);
    }
    scan_lost_at(m->scan, TRACE_E_ORDER, at, 0, text);
}

/* No order can be proved: the earliest event happens as it stands. */
static void force(struct merge *m, const char *why, struct trace_event *ev) {
    struct cursor *c = &m->cursors[m->front[0].index];
    cursor_hold(c, ev);
    ev->flags = TRACE_BY_TIME;
    generation_unfinished(m->gen, m->scan);
    if (m->order.broken.rule != RULE_KEPT) {
        note_broken(m, c);
        ev->flags |= TRACE_BROKE_RULE;
    } else if (!m->gen->damaged) {
        note_waiting(m, c, why);
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
    const char *why = "no event may come next";
    if (m->forced >= MAX_FORCED) {
        m->order.broken.rule = RULE_KEPT;
        force(m, "", ev);
        return;
    }
    if (a == NOT_READY) {
        if (m->searched + m->nfront > SEARCH_FREE + SEARCH_PER_BYTE * (m->gen->end - m->gen->begin)) {
            m->forced = MAX_FORCED;
            why = "too many threads wait for one another";
        } else if (search(m, ev, &a)) {
            return;
        }
    }
    force(m, why, ev);
}

void merge_keep_last(struct merge *m, const struct outlet *to) {
    int64_t time = to->record != NULL ? to->record[to->n - 1].time : to->whole[to->n - 1].time;
    m->last = (int64_t)((uint64_t)time + (uint64_t)m->start);
}

/* So many late ones at a time. */
enum { LATE = 64 };

/*
 * Events of s that are earlier than the last one delivered: its thread had to wait for another. They are given that
 * one's time.
 */
static void write_late(struct merge *m, struct side *s, int64_t limit, struct outlet *to) {
    struct trace_record late[LATE + CURSOR_GUARD];
    size_t n, written;
    do {
        for (n = 0; n < LATE && s->next + n < s->stop && s->next[n].time <= limit && s->next[n].time < m->last; n++) {
            late[n] = s->next[n];
            late[n].time = m->last;
        }
        for (size_t i = 0; i < CURSOR_GUARD; i++) {
            late[n + i].time = INT64_MAX;
        }
        struct side them = {late, late + n, s->common};
        written = side_write(m, &them, m->last, to);
        s->next += written;
    } while (n == LATE && written == LATE);
}

/* Plain events of one thread, up to the limit, where its times don't go down. */
static void run_plain(struct merge *m, struct cursor *c, int64_t limit, struct outlet *to) {
    struct side s;
    if (c->now->time > limit || !c->steady || !m->started || !side_take(m, c, &s, to)) {
        return;
    }
    if (s.next->time < m->last) {
        write_late(m, &s, limit, to);
    }
    if (side_write(m, &s, limit, to) > 0) {
        merge_keep_last(m, to);
    }
    side_step(m, c, s.next);
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
    order_generation(&m->order, m->gen, m->scan->src, generation);
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
            if (to->n == before && m->crowded.holds > 0) {
                crowd(m, to);
                crowded_many(&m->crowded, to->n - before);
            }
            if (to->n > before) {
                continue;
            }
            duel(m, to);
            a = to->n > before ? ADVANCED : run(m, to);
            crowded_call(&m->crowded, to->n - before);
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
