/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * forms.h - the same bytes read by trace_read and by trace_read_bulk: both forms must say the same.
 */
#ifndef HEAPREEL_TESTS_FORMS_H
#define HEAPREEL_TESTS_FORMS_H

#include "traces/traces.h"

#include <string.h>

static inline bool same_event(const struct trace_event *a, const struct trace_event *b) {
    for (unsigned i = 0; i < trace_event_spec(a->type)->nargs; i++) {
        if (a->arg[i] != b->arg[i]) {
            return false;
        }
    }
    return a->generation == b->generation && a->type == b->type && a->flags == b->flags && a->time == b->time &&
           a->m == b->m && a->p == b->p && a->g == b->g;
}

static inline bool same_loss(const struct trace_loss *a, const struct trace_loss *b) {
    return a->code == b->code && a->bytes == b->bytes && a->at == b->at && a->count == b->count &&
           a->by_time == b->by_time && memcmp(a->of_code, b->of_code, sizeof a->of_code) == 0 &&
           a->first.offset == b->first.offset && a->first.batch == b->first.batch &&
           a->first.generation == b->first.generation && strcmp(a->first.text, b->first.text) == 0;
}

/* A bulk's own parts agree, and record i is the event. */
static inline bool same_record(const struct trace_bulk *b, size_t i, const struct trace_event *ev) {
    const struct trace_record *r = &b->record[i];
    struct trace_event x;
    trace_bulk_event(b, i, &x);
    bool whole = (r->flags & TRACE_WHOLE) != 0;
    return r->type == x.type && r->time == x.time && (r->flags & ~TRACE_WHOLE) == x.flags &&
           (whole || r->context < b->ncontexts) && b->generation == x.generation && same_event(&x, ev);
}

/* Events of a trace one by one, from calls of one form or the other: of `at_once` events, 0 in bulk. */
struct drawn {
    trace *t;
    size_t at_once[2]; /* by turns */
    unsigned turn;
    struct trace_bulk bulk;
    struct trace_event ev[TRACE_BULK];
    size_t next, have;
    bool odd; /* a record contradicts its event, or its bulk */
};

static inline void draw_more(struct drawn *d) {
    size_t at_once = d->at_once[d->turn++ % 2];
    d->next = 0;
    if (at_once > 0) {
        d->have = trace_read(d->t, d->ev, at_once);
        return;
    }
    d->have = trace_read_bulk(d->t, &d->bulk);
    for (size_t i = 0; i < d->have; i++) {
        const struct trace_record *r = &d->bulk.record[i];
        bool whole = (r->flags & TRACE_WHOLE) != 0;
        trace_bulk_event(&d->bulk, i, &d->ev[i]);
        d->odd |= r->type != d->ev[i].type || r->time != d->ev[i].time || d->bulk.generation != d->ev[i].generation ||
                  (r->flags & ~TRACE_WHOLE) != d->ev[i].flags || (!whole && r->context >= d->bulk.ncontexts);
    }
}

/* NULL: at the end. */
static inline const struct trace_event *draw(struct drawn *d) {
    if (d->next == d->have) {
        draw_more(d);
    }
    return d->next < d->have ? &d->ev[d->next++] : NULL;
}

/* NULL, or what differs between two traces of the same bytes, read to their ends. Each form: up to TRACE_BULK. */
static inline const char *forms_differ(trace *t, size_t at_once, trace *u, size_t first, size_t then) {
    static struct drawn a, b; /* large; all but these are left as they are */
    a.t = t;
    b.t = u;
    a.at_once[0] = a.at_once[1] = at_once;
    b.at_once[0] = first;
    b.at_once[1] = then;
    a.turn = b.turn = 0;
    a.next = a.have = b.next = b.have = 0;
    a.odd = b.odd = false;
    const struct trace_event *x, *y;
    do {
        x = draw(&a);
        y = draw(&b);
        if ((x == NULL) != (y == NULL) || (x != NULL && !same_event(x, y))) {
            return x == NULL || y == NULL ? "the number of events" : "an event";
        }
    } while (x != NULL);
    if (a.odd || b.odd) {
        return "a record and its event";
    }
    return same_loss(trace_loss(t), trace_loss(u)) ? NULL : "the losses";
}

#endif
