/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sides.c - what of a thread may be written as it stands: which of its events, and in what context.
 */
#include "traces/sides.h"

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

void side_step(struct merge *m, struct cursor *c, const struct trace_record *next) {
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

bool side_take(struct merge *m, struct cursor *c, struct side *s, struct outlet *to) {
    struct trace_event ev = {.generation = m->generation};
    uint32_t number = 0;
    if (!order_knows(&m->order, c)) {
        return false;
    }
    unsigned have = order_context(&m->order, c, &ev);
    bool numbered = number_context(to, &ev, &number);
    *s = (struct side){c->now, written_to(m, c), {common_more(number, m->start), {0, ev.m, ev.p, ev.g}}};
    return numbered && (c->needs & ~have) == 0;
}

size_t side_write(struct merge *m, struct side *s, int64_t limit, struct outlet *to) {
    size_t room = to->max - to->n;
    size_t n = to->record != NULL ? m->writer[0]->run(s, limit, to->record + to->n, room)
                                  : m->writer[1]->run(s, limit, to->whole + to->n, room);
    to->n += n;
    return n;
}

bool side_shares_p(const struct merge *m, const struct cursor *a, const struct cursor *b) {
    return proc_of(m, a) == proc_of(m, b) && proc_of(m, a) != NO_INDEX;
}
