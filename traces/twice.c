/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * twice.c - batches that were written twice.
 *
 * Programs under load were seen to write a batch once more, at once or after others of its thread: a fault of the
 * writer. Times of a thread's batches go up, so one that begins when another did and has its bytes is that one again.
 * What it tells is known; and where it holds an event with a number of its own, no order has room for it a second time.
 * One that holds none is no fault that a reader could notice, and stays.
 */
#include "traces/resume.h"
#include "traces/wire.h"

#include <string.h>

static const bool numbered[256] = {
    [TRACE_EV_PROC_START] = true, [TRACE_EV_PROC_STEAL] = true, [TRACE_EV_GO_START] = true,
    [TRACE_EV_GO_UNBLOCK] = true, [TRACE_EV_GO_SWITCH] = true,  [TRACE_EV_GO_SWITCH_DESTROY] = true,
    [TRACE_EV_GC_BEGIN] = true,   [TRACE_EV_GC_END] = true,
};

static bool holds_numbered(const uint8_t *p, const uint8_t *end) {
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
            return memcmp(s->src->data + b->offset, own, size) == 0 && holds_numbered(own, own + size);
        }
    }
    return false;
}
