/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * heard.c - when a P was last heard of.
 *
 * A thread may be stopped at any place, for as long as the machine is busy with others. So what a P does before an
 * event of its own, and without one, may have been done at any time since its event before that one: a refill gives
 * the old span back long before it is announced, and a sweeper takes a span long before it says so. That event mostly
 * is a plain one, of which the recorder keeps nothing; but it is close by, in the stretch under way.
 */
#include "core/recorder.h"

/* Events looked back: where there is more between, the P's last one that isn't plain counts, or none. */
enum { MAX_STEPS = 512 };

void heard_stretch(struct recorder *rec, const struct stretch *s) {
    struct heard *h = &rec->heard;
    h->before += h->s != NULL ? STRETCH_EVENTS : 0;
    h->s = s;
    h->at = 0;
    h->first = rec->order;
}

void heard_event(struct recorder *rec) {
    struct heard *h = &rec->heard;
    int32_t p = rec->now.p;
    h->order[h->at] = rec->order;
    if (p >= 0 && (size_t)p < rec->nprocs) {
        rec->procs[p].heard = rec->order;
        rec->procs[p].heard_at = h->before + h->at + 1;
    }
}

/* The order when an event of the stretch was over: plain ones change nothing. */
static uint32_t order_after(const struct heard *h, size_t at) {
    for (size_t i = at + 1; i-- > 0;) {
        if (h->s->ev[i].type == 0) {
            return h->order[i];
        }
    }
    return h->first;
}

/* The last plain event of a P's from there on; SIZE_MAX: none. */
static size_t last_plain(const struct heard *h, size_t from, int32_t p) {
    from = h->at > MAX_STEPS && from < h->at - MAX_STEPS ? h->at - MAX_STEPS : from;
    for (size_t i = h->at; i-- > from;) {
        const struct brief *ev = &h->s->ev[i];
        if (ev->type != 0 && h->s->actor[ev->actor].p == p) {
            return i;
        }
    }
    return SIZE_MAX;
}

uint32_t heard_order(const struct recorder *rec, int32_t p) {
    const struct heard *h = &rec->heard;
    if (h->s == NULL || p < 0 || (size_t)p >= rec->nprocs) {
        return 0;
    }
    const struct proc_mind *m = &rec->procs[p];
    if (m->heard == rec->order) {
        return m->heard;
    }
    size_t from = m->heard_at > h->before ? (size_t)(m->heard_at - h->before) : 0;
    size_t i = last_plain(h, from, p);
    return i != SIZE_MAX ? order_after(h, i) : m->heard;
}

bool heard_since(const struct recorder *rec, int32_t p, int64_t t) {
    const struct heard *h = &rec->heard;
    size_t i = last_plain(h, 0, p);
    return i != SIZE_MAX && h->s->begin + h->s->ev[i].since >= t;
}
