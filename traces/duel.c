/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * duel.c - the two threads at the front of the merge by turns, without the heap.
 */
#include "traces/sides.h"

/* The same of two threads (block.h). */
static void write_sides(struct merge *m, struct side *on, int64_t others, bool *second, struct outlet *to) {
    size_t room = to->max - to->n;
    to->n += to->record != NULL ? m->writer[0]->block(on, others, second, to->record + to->n, room)
                                : m->writer[1]->block(on, others, second, to->whole + to->n, room);
}

/*
 * In a duel: the thread at s has come to an event that isn't plain, or to the end of those decoded. Does that event
 * happen now, or are there more, so that the duel can go on? s->next then stands behind it. What comes no later than
 * the rival's next event is earlier than all others: that one was, when its turn ended.
 */
static bool pass(struct merge *m, struct cursor *c, struct side *s, struct cursor *rival, struct side *r,
                 struct outlet *to) {
    side_step(m, c, s->next);
    side_step(m, rival, r->next);
    if (to->n > 0) {
        merge_keep_last(m, to);
    }
    if (c->now == c->stop) {
        bool more = cursor_decode(c, m->gen, m->scan);
        s->next = c->now;
        return more && c->steady && cursor_time(c) >= m->last && side_take(m, c, s, to);
    }
    int64_t time = cursor_time(c);
    if (to->n == to->max || time > r->next->time || merge_try(m, c, &to->whole[to->n]) != ADVANCED) {
        return false;
    }
    outlet_put(to, 1);
    cursor_step(c);
    bool same = side_take(m, c, s, to);
    return side_take(m, rival, r, to) && same && !side_shares_p(m, c, rival);
}

/*
 * The thread at s goes on until it is its rival's turn. False where the duel ends here: there is no more room, or its
 * next event is not for the duel, as it isn't where it comes no earlier than `others`, which neither of them holds.
 */
static bool take_turn(struct merge *m, struct cursor *c, struct side *s, struct cursor *rival, struct side *r,
                      int64_t others, struct outlet *to) {
    for (;;) {
        side_write(m, s, r->next->time, to);
        if (s->next < s->stop) {
            return to->n < to->max && s->next->time < others;
        }
        if (!pass(m, c, s, rival, r, to)) {
            return false;
        }
    }
}

void duel(struct merge *m, struct outlet *to) {
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
    if (f[j].time >= others || !side_take(m, c[0], &s[0], to) || !side_take(m, c[1], &s[1], to) ||
        side_shares_p(m, c[0], c[1])) {
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
    side_step(m, c[0], s[0].next);
    side_step(m, c[1], s[1].next);
    if (second) {
        struct sort_key key = f[0];
        f[0] = f[j];
        f[j] = key;
    }
    f[j].time = cursor_time(c[!second]);
    merge_settle_first(m, c[second]);
}
