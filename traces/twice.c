/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * twice.c - batches that were written twice.
 *
 * Programs under load were seen to write a batch once more, at once or after others of its thread, and behind it old
 * batches that were written long ago, of this generation and of those before: a fault of the runtime (seen with Go 1.23
 * to 1.26), whose full buffer goes on into the list of empty ones. What had been full behind it is lost.
 *
 * Times of a thread's batches go up, so one that begins when another did and has its bytes is that one again. What it
 * tells is known; and where it holds an event with a number of its own, no order has room for it a second time. One
 * that holds none is no fault that a reader could notice: its events are told twice, as the reference tells them, but
 * where the writer was seen to be at fault before.
 */
#include "traces/resume.h"
#include "traces/wire.h"

#include <string.h>

static const bool numbered[256] = {
    [TRACE_EV_PROC_START] = true, [TRACE_EV_PROC_STEAL] = true, [TRACE_EV_GO_START] = true,
    [TRACE_EV_GO_UNBLOCK] = true, [TRACE_EV_GO_SWITCH] = true,  [TRACE_EV_GO_SWITCH_DESTROY] = true,
    [TRACE_EV_GC_BEGIN] = true,   [TRACE_EV_GC_END] = true,
};

bool twice_numbered(const struct scan *s, const struct batch_header *h, uint64_t size) {
    const uint8_t *p = s->src->data + h->data, *end = p + size;
    while (p != NULL && p < end && !numbered[*p]) {
        p = wire_behind(p, end);
    }
    return p != NULL && p < end;
}

bool twice_written(const struct generation *g, struct scan *s, const struct batch_header *h, uint64_t size) {
    uint32_t t = idmap_get(&g->thread_of, h->m);
    if (t == IDMAP_NONE || h->ts > g->batches[g->threads[t].last].ts) {
        return false;
    }
    const uint8_t *own = s->src->data + h->data;
    for (uint32_t i = g->threads[t].first; i != NO_BATCH && scan_may_look(s); i = g->batches[i].next) {
        const struct batch *b = &g->batches[i];
        s->looked += sizeof *b;
        if (b->ts == h->ts && b->size == size) {
            s->looked += 2 * size;
            return memcmp(s->src->data + b->offset, own, size) == 0;
        }
    }
    return false;
}

bool twice_over(const struct scan *s, const struct batch_header *h) {
    return h->gen <= s->finished.number && h->ts <= s->finished.ts && h->size > 0 && h->exp <= 1;
}
