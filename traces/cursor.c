/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cursor.c - decode events.
 *
 * Two ways through an event: where as many bytes are readable as the longest event takes, numbers are read without
 * looking for the end, and one comparison afterwards tells whether the event ran over its batch; near the end of the
 * source every byte is checked.
 */
#include "traces/cursor.h"
#include "traces/wire.h"

/* Arguments after dt for each type that may stand in an event batch; NO_EVENT for the others. */
enum { NO_EVENT = 0xff };

static inline uint8_t event_args(uint8_t type) {
    return wire_specs[type].timed ? wire_specs[type].nargs : NO_EVENT;
}

void cursor_open(struct cursor *c, const struct source *src, const struct batch_thread *t) {
    *c = (struct cursor){.next = t->first, .m = t->m, .readable = src->data + src->size, .thread = UINT32_MAX};
    c->p = c->end = src->data;
}

static bool enter_batch(struct cursor *c, const struct generation *g, const struct source *src) {
    if (c->next == NO_BATCH) {
        return false;
    }
    const struct batch *b = &g->batches[c->batch = c->next];
    c->p = src->data + b->offset;
    c->end = c->p + b->size;
    c->base = generation_ns(g, b->ts);
    c->last = 0;
    c->next = b->next;
    return true;
}

static const uint8_t *decode_checked(const uint8_t *p, const uint8_t *end, unsigned n, uint64_t *dt, uint64_t *arg) {
    if (!wire_uint(&p, end, dt)) {
        return NULL;
    }
    for (unsigned i = 0; i < n; i++) {
        if (!wire_uint(&p, end, &arg[i])) {
            return NULL;
        }
    }
    return p;
}

struct place cursor_place(const struct cursor *c, const struct generation *g, const struct source *src) {
    const struct batch *b = &g->batches[c->batch];
    const uint8_t *p = src->data + b->offset, *at = p;
    uint64_t dt, arg[TRACE_MAX_ARGS];
    while (p != NULL && p < c->p && event_args(*p) != NO_EVENT) {
        at = p;
        p = decode_checked(p + 1, c->end, event_args(*p), &dt, arg);
    }
    return (struct place){(uint64_t)(at - src->data), b->offset - b->header, g->number};
}

static void lose_rest(struct cursor *c, const struct generation *g, struct scan *s, const char *what) {
    bool cut = c->end == c->readable && g->damaged;
    const struct batch *b = &g->batches[c->batch];
    struct place at = {(uint64_t)(c->p - s->src->data), b->offset - b->header, g->number};
    scan_lost_at(s, cut ? TRACE_E_TRUNCATED : TRACE_E_EVENT, at, (uint64_t)(c->end - c->p),
                 cut ? "the file ends in the middle of an event" : what);
    c->p = c->end;
}

bool cursor_next(struct cursor *c, const struct generation *g, struct scan *s) {
    for (;;) {
        while (c->p == c->end) {
            if (!enter_batch(c, g, s->src)) {
                return false;
            }
        }
        uint8_t type = *c->p;
        uint8_t n = event_args(type);
        if (n == NO_EVENT) {
            lose_rest(c, g, s, "an event of an unknown type");
            continue;
        }
        uint64_t dt;
        const uint8_t *after = c->readable - c->p >= WIRE_MAX_EVENT ? cursor_decode(c->p + 1, n, &dt, c->arg)
                                                                    : decode_checked(c->p + 1, c->end, n, &dt, c->arg);
        if (after == NULL || after > c->end) {
            lose_rest(c, g, s, "an event that runs over its batch");
            continue;
        }
        c->p = after;
        c->type = type;
        c->last = c->time = cursor_time(g, c->base, c->last, dt);
        return true;
    }
}
