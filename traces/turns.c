/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * turns.c - the scheduler's commonest events of two threads, by turns: see lanes.h.
 */
#include "traces/turns.h"
#include "traces/throng.h"

/* A thread that never has its turn: what stands for its next event, and for the one behind. */
static const struct trace_record never[2] = {{.time = INT64_MAX}, {.time = INT64_MAX}};

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
        if (!happens(x, l, d, &common, wide) && !lanes_take_other(x, l, d)) {
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

/*
 * The thread at the front, and the one at front[j] where there is one (j != 0) whose turn can come before all others'.
 * False: the first is not for the loop. *two: both are.
 */
static bool set_up_both(struct merge *m, struct lanes *x, size_t j, struct pair *pair, bool *two) {
    struct cursor *a = &m->cursors[m->front[0].index], *b = &m->cursors[m->front[j].index];
    int64_t others = merge_others(m, j), time = j != 0 ? m->front[j].time : INT64_MAX;
    lanes_decode_ahead(m, a);
    lanes_decode_ahead(m, b);
    lanes_number(x, 2);
    x->lane[0] = x->lane[1] = (struct lane){.own = 0};
    if (!lanes_set_up(x, &x->lane[0], a)) {
        return false;
    }
    *pair = (struct pair){a->now, never, (uint64_t)a->now->time, INT64_MAX, 0, {&x->lane[0], &x->lane[1]}};
    *two = time < others && lanes_set_up(x, &x->lane[1], b);
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
    lanes_put_back(x, &x->lane[0], pair.a);
    if (two) {
        lanes_put_back(x, &x->lane[1], pair.b);
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
    return lanes_effects[c->now->type].beside != UNUSUAL && (!c->one || m->pace.brisk > 0) &&
           cursor_time(c) >= m->last && cursor_time(c) <= merge_limit(m);
}

void turns_take(struct merge *m, struct outlet *to) {
    if (!has_turn(m)) {
        return;
    }
    struct lane lane[THRONG_LANES];
    struct lanes x = lanes_begin(m, lane);
    do {
        bool many = m->pace.many > 0 && m->nfront > 2;
        size_t worth, n = many ? throng(m, &x, to, &worth) : turns_of_two(m, &x, to);
        if (m->pace.brisk > 0) {
            pace_call(&m->pace, many ? worth : n, m->nfront);
        }
        if (n == 0) {
            struct cursor *c = &m->cursors[m->front[0].index];
            if (merge_try(m, c, &to->whole[to->n]) != ADVANCED) {
                break;
            }
            outlet_put(to, 1);
            cursor_step(c);
            merge_settle_first(m, c);
        }
    } while (to->n < to->max && has_turn(m));
}
