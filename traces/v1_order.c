/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * v1_order.c - the Ps of an old trace merged into one sequence (facts: 3.4, 3.8).
 *
 * From 1.7 on a P's next event is ready when its goroutine has the state and sequence number that the event starts
 * from; of all ready ones the earliest goes. A P that is not ready waits under the goroutine, state and number that it
 * waits for, so that an event wakes only those that it makes ready. Where none is ready events are missing: the
 * earliest is forced, and after many such, time alone decides. 1.5 numbers all events instead.
 *
 * Ps stand in the order of their first batches, samples last: equal times always come out in the same order.
 */
#include "traces/grow.h"
#include "traces/sort.h"
#include "traces/v1.h"

#include <inttypes.h>
#include <stdio.h>

enum { MAX_FORCED = 256 };

#define ANY_SEQ UINT64_MAX
/* The GC has a sequence of its own, kept like a goroutine's (no goroutine has this id). */
#define GC_KEY (UINT64_MAX - 1)

/* How an event's number relates to its goroutine's. */
enum rule_seq {
    SEQ_FREE,    /* no precondition at all */
    SEQ_KEEP,    /* any, unchanged */
    SEQ_COUNT,   /* any, plus one */
    SEQ_ARG,     /* as its second argument says, plus one */
    SEQ_GC_ARG,  /* as its first argument says, plus one */
    SEQ_CREATED, /* 0, becomes 1 */
    SEQ_FIRST    /* 1, becomes 2 */
};

static const struct rule {
    uint8_t seq, from, to; /* rule_seq, v1_status */
    bool named;            /* of the goroutine in its first argument, not of its own */
} rules[V1_LIMIT] = {
    [V1_GO_CREATE] = {SEQ_CREATED, V1_DEAD, V1_RUNNABLE, true},
    [V1_GO_WAITING] = {SEQ_FIRST, V1_RUNNABLE, V1_WAITING, false},
    [V1_GO_IN_SYSCALL] = {SEQ_FIRST, V1_RUNNABLE, V1_WAITING, false},
    [V1_GO_START] = {SEQ_ARG, V1_RUNNABLE, V1_RUNNING, false},
    [V1_GO_START_LABEL] = {SEQ_ARG, V1_RUNNABLE, V1_RUNNING, false},
    [V1_GO_START_LOCAL] = {SEQ_COUNT, V1_RUNNABLE, V1_RUNNING, false},
    [V1_GO_SLEEP] = {SEQ_KEEP, V1_RUNNING, V1_WAITING, false},
    [V1_GO_BLOCK] = {SEQ_KEEP, V1_RUNNING, V1_WAITING, false},
    [V1_GO_BLOCK_SEND] = {SEQ_KEEP, V1_RUNNING, V1_WAITING, false},
    [V1_GO_BLOCK_RECV] = {SEQ_KEEP, V1_RUNNING, V1_WAITING, false},
    [V1_GO_BLOCK_SELECT] = {SEQ_KEEP, V1_RUNNING, V1_WAITING, false},
    [V1_GO_BLOCK_SYNC] = {SEQ_KEEP, V1_RUNNING, V1_WAITING, false},
    [V1_GO_BLOCK_COND] = {SEQ_KEEP, V1_RUNNING, V1_WAITING, false},
    [V1_GO_BLOCK_NET] = {SEQ_KEEP, V1_RUNNING, V1_WAITING, false},
    [V1_GO_BLOCK_GC] = {SEQ_KEEP, V1_RUNNING, V1_WAITING, false},
    [V1_GO_SYSBLOCK] = {SEQ_KEEP, V1_RUNNING, V1_WAITING, false},
    [V1_GO_SCHED] = {SEQ_KEEP, V1_RUNNING, V1_RUNNABLE, false},
    [V1_GO_PREEMPT] = {SEQ_KEEP, V1_RUNNING, V1_RUNNABLE, false},
    [V1_GO_UNBLOCK] = {SEQ_ARG, V1_WAITING, V1_RUNNABLE, true},
    [V1_GO_SYSEXIT] = {SEQ_ARG, V1_WAITING, V1_RUNNABLE, true},
    [V1_GO_UNBLOCK_LOCAL] = {SEQ_COUNT, V1_WAITING, V1_RUNNABLE, true},
    [V1_GO_SYSEXIT_LOCAL] = {SEQ_COUNT, V1_WAITING, V1_RUNNABLE, true},
    [V1_GC_START] = {SEQ_GC_ARG, V1_DEAD, V1_DEAD, false},
};

/* One P's events, the next one held. */
struct head {
    const uint8_t *p, *end; /* of the batch */
    uint32_t batch;         /* next one */
    uint32_t chain;         /* next one that waits for the same, NO_BATCH at the end */
    bool waiting;
    uint8_t flags;   /* of the batch's events */
    int64_t ts, seq; /* running */
    uint64_t g;      /* the goroutine on the P */
    struct v1_event ev;
    const struct rule *rule;
    uint64_t key, want; /* whose state counts, and which number (ANY_SEQ) */
};

struct merge {
    struct v1 *v;
    struct head *heads; /* one each queue, and one for the samples */
    size_t nheads, sample;
    struct sort_key *ready, *waiting; /* heaps; the second one may hold what is no longer so */
    size_t nready, nwaiting, cap_waiting;
    struct idmap chain_of;
    unsigned forced;
    bool by_time;
};

struct v1_go *v1_go(struct v1 *v, uint64_t id) {
    uint32_t i = idmap_get(&v->go_of, id);
    if (i != IDMAP_NONE) {
        return &v->gos[i];
    }
    if (!GROW(v->gos, v->ngos, v->cap_gos) || v->ngos >= IDMAP_NONE || !idmap_put(&v->go_of, id, (uint32_t)v->ngos)) {
        return NULL;
    }
    v->gos[v->ngos] = (struct v1_go){.id = id, .regions = NO_MARK};
    return &v->gos[v->ngos++];
}

/* ---- one P */

/* Whose goroutine an event is, and whose the P is behind it. */
static void place_g(struct head *h, const struct v1_raw *raw) {
    h->ev.g = h->g;
    switch (raw->type) {
    case V1_GO_START:
    case V1_GO_START_LOCAL:
    case V1_GO_START_LABEL:
        h->g = h->ev.g = raw->arg[0];
        break;
    case V1_GO_SYSEXIT:
    case V1_GO_WAITING:
    case V1_GO_IN_SYSCALL:
        h->ev.g = raw->arg[0];
        break;
    case V1_GO_END:
    case V1_GO_STOP:
        h->g = 0;
        break;
    default:
        if (rules[raw->type].from == V1_RUNNING) {
            h->g = 0;
        }
    }
}

static void hold(struct v1 *v, struct head *h, const struct v1_raw *raw, const uint8_t *at) {
    h->ts = (int64_t)((uint64_t)h->ts + raw->dt);
    h->seq = (int64_t)((uint64_t)h->seq + raw->seq);
    h->ev.ts = h->ts;
    h->ev.at = (uint64_t)(at - v->src->data);
    h->ev.type = raw->type;
    h->ev.flags = h->flags;
    place_g(h, raw);
    h->rule = &rules[raw->type];
    h->key = raw->type == V1_GC_START ? GC_KEY : h->rule->named ? raw->arg[0] : h->ev.g;
    h->want = ANY_SEQ;
    switch (h->rule->seq) {
    case SEQ_ARG:
        h->want = raw->arg[1];
        break;
    case SEQ_GC_ARG:
        h->want = raw->arg[0];
        break;
    case SEQ_CREATED:
        h->want = 0;
        break;
    case SEQ_FIRST:
        h->want = 1;
        break;
    default:
        break;
    }
}

/* The P's next event; false at its end. */
static bool fetch(struct v1 *v, struct head *h) {
    for (;;) {
        while (h->p >= h->end) {
            if (h->batch == NO_BATCH) {
                return false;
            }
            const struct v1_batch *b = &v->batches[h->batch];
            h->p = v->src->data + b->at;
            h->end = v->src->data + b->end;
            h->ts = (int64_t)b->ticks;
            h->seq = (int64_t)b->seq;
            h->flags = b->guess ? TRACE_BY_TIME : 0;
            h->batch = b->next;
        }
        struct v1_raw raw;
        const uint8_t *at = h->p;
        if (v1_decode(&v->format, &h->p, h->end, &raw) != V1_DECODED) {
            h->p = h->end; /* the scan ended the batch before anything like it */
            continue;
        }
        if (raw.type == V1_CPU_SAMPLE) { /* in a queue of their own; the batch's clock goes on */
            h->ts = (int64_t)((uint64_t)h->ts + raw.dt);
        } else if (!v1_is_table(raw.type)) {
            hold(v, h, &raw, at);
            return true;
        }
    }
}

static bool fetch_sample(struct merge *m, struct head *h) {
    if (m->sample == m->v->nsamples) {
        return false;
    }
    h->ev = m->v->samples[m->sample++];
    h->rule = &rules[V1_CPU_SAMPLE];
    return true;
}

/* ---- who may go */

static uint64_t chain_key(uint64_t key, unsigned status, uint64_t seq) {
    uint64_t x = (key + 1) * UINT64_C(0x9e3779b97f4a7c15) ^ (seq + 2) * UINT64_C(0xd6e8feb86659fd93);
    return (x ^ x >> 29) * 4 + status;
}

static bool is_ready(struct merge *m, const struct head *h) {
    if (h->rule->seq == SEQ_FREE || m->by_time) {
        return true;
    }
    uint32_t i = idmap_get(&m->v->go_of, h->key);
    uint64_t seq = i == IDMAP_NONE ? 0 : m->v->gos[i].seq;
    unsigned status = i == IDMAP_NONE ? V1_DEAD : m->v->gos[i].status;
    return status == h->rule->from && (h->want == ANY_SEQ || h->want == seq);
}

/* Its P's next event to the ready ones, or to wait. */
static bool enqueue(struct merge *m, uint32_t i) {
    struct head *h = &m->heads[i];
    struct sort_key k = {h->ev.ts, i};
    if (is_ready(m, h)) {
        heap_push(m->ready, &m->nready, k);
        return true;
    }
    uint64_t key = chain_key(h->key, h->rule->from, h->want);
    if (!GROW(m->waiting, m->nwaiting, m->cap_waiting)) {
        return false;
    }
    heap_push(m->waiting, &m->nwaiting, k);
    h->chain = idmap_get(&m->chain_of, key);
    h->waiting = true;
    return idmap_put(&m->chain_of, key, i);
}

/* Those that waited for this very state go on; what only looks the same stays. */
static bool wake(struct merge *m, uint64_t key) {
    uint32_t i = idmap_get(&m->chain_of, key), kept = IDMAP_NONE;
    if (i == IDMAP_NONE) {
        return true;
    }
    while (i != IDMAP_NONE) {
        struct head *h = &m->heads[i];
        uint32_t next = h->chain;
        if (is_ready(m, h)) {
            h->waiting = false;
            heap_push(m->ready, &m->nready, (struct sort_key){h->ev.ts, i});
        } else {
            h->chain = kept;
            kept = i;
        }
        i = next;
    }
    idmap_remove(&m->chain_of, key);
    return kept == IDMAP_NONE || idmap_put(&m->chain_of, key, kept);
}

static bool happen(struct merge *m, uint32_t i, uint8_t flags) {
    struct v1 *v = m->v;
    struct head *h = &m->heads[i];
    if (!GROW(v->events, v->nevents, v->cap_events)) {
        return false;
    }
    h->ev.flags |= flags;
    v->events[v->nevents++] = h->ev;
    bool sample = i + 1 == m->nheads;
    if (h->rule->seq != SEQ_FREE) {
        uint64_t key = h->key;
        struct v1_go *g = v1_go(v, key);
        if (g == NULL) {
            return false;
        }
        uint64_t seq = h->want == ANY_SEQ ? g->seq : h->want;
        g->seq = h->rule->seq == SEQ_KEEP ? seq : seq + 1;
        g->status = h->rule->to;
        unsigned status = g->status;
        seq = g->seq;
        if (!wake(m, chain_key(key, status, seq)) || !wake(m, chain_key(key, status, ANY_SEQ))) {
            return false;
        }
    }
    return (sample ? !fetch_sample(m, h) : !fetch(v, h)) || enqueue(m, i);
}

static void note_order(struct merge *m, const struct head *h, const char *what) {
    if (m->forced++ == 0) {
        v1_lost(m->v, TRACE_E_ORDER, h->ev.at, 0, what);
    }
    m->v->forced = true;
}

/* The event of h waits, and so do all others. */
static void note_waiting(struct merge *m, const struct head *h) {
    char text[96] = "";
    if (m->forced == 0) {
        snprintf(text, sizeof text, "no event may come next: what goroutine %" PRIu64 " did before is missing", h->key);
    }
    note_order(m, h, text);
}

/* The earliest one that waits goes as it stands. */
static bool force(struct merge *m) {
    while (m->nwaiting > 0) {
        struct sort_key k = m->waiting[0];
        heap_remove(m->waiting, &m->nwaiting, 0);
        struct head *h = &m->heads[k.index];
        if (!h->waiting || h->ev.ts != k.time) {
            continue; /* it was woken since */
        }
        uint64_t key = chain_key(h->key, h->rule->from, h->want);
        uint32_t *link = NULL, first = idmap_get(&m->chain_of, key);
        for (uint32_t i = first; i != IDMAP_NONE && i != k.index; i = *link) {
            link = &m->heads[i].chain;
        }
        if (link != NULL) {
            *link = h->chain;
        } else if (h->chain == IDMAP_NONE) {
            idmap_remove(&m->chain_of, key);
        } else if (!idmap_put(&m->chain_of, key, h->chain)) {
            return false;
        }
        h->waiting = false;
        note_waiting(m, h);
        return happen(m, k.index, TRACE_BY_TIME);
    }
    return true;
}

/* Too many were forced: from here on nobody waits. */
static void give_up(struct merge *m) {
    m->by_time = true;
    for (uint32_t i = 0; i < m->nheads; i++) {
        if (m->heads[i].waiting) {
            m->heads[i].waiting = false;
            heap_push(m->ready, &m->nready, (struct sort_key){m->heads[i].ev.ts, i});
        }
    }
    m->nwaiting = 0;
    idmap_clear(&m->chain_of);
}

static bool merge_all(struct merge *m) {
    while (m->nready > 0 || m->nwaiting > 0) {
        if (m->forced >= MAX_FORCED && !m->by_time) {
            give_up(m);
        }
        if (m->nready == 0) {
            if (!force(m)) {
                return false;
            }
            continue;
        }
        uint32_t i = m->ready[0].index;
        uint8_t flags = 0;
        heap_remove(m->ready, &m->nready, 0);
        if (m->by_time || !is_ready(m, &m->heads[i])) {
            note_order(m, &m->heads[i], "an event that contradicts what came before it");
            flags = TRACE_BY_TIME;
        }
        if (!happen(m, i, flags)) {
            return false;
        }
    }
    return true;
}

/* ---- 1.5: every event has its number */

struct numbered {
    int64_t seq;
    struct v1_event ev;
};

static int by_number(const void *a, const void *b) {
    const struct numbered *x = a, *y = b;
    if (x->seq != y->seq) {
        return x->seq < y->seq ? -1 : 1;
    }
    return x->ev.at < y->ev.at ? -1 : x->ev.at > y->ev.at;
}

static bool by_sequence(struct merge *m) {
    struct v1 *v = m->v;
    struct numbered *all = malloc((v->nscanned + 1) * sizeof *all);
    v->cap_events = 0;
    if (all == NULL || !grow_to((void **)&v->events, &v->cap_events, v->nscanned + 1, sizeof *v->events)) {
        free(all);
        return false;
    }
    size_t n = 0;
    for (size_t i = 0; i + 1 < m->nheads; i++) {
        struct head *h = &m->heads[i];
        while (n < v->nscanned && fetch(v, h)) {
            struct numbered *e = &all[n++];
            *e = (struct numbered){h->seq, h->ev};
            if (e->ev.type == V1_GO_SYSEXIT) { /* written late: it carries its own number and time */
                struct v1_raw raw;
                const uint8_t *p = v->src->data + e->ev.at;
                (void)v1_decode(&v->format, &p, v->src->data + v->src->size, &raw);
                e->seq = (int64_t)raw.arg[1];
                e->ev.ts = raw.arg[2] != 0 ? (int64_t)raw.arg[2] : e->ev.ts;
            }
        }
    }
    qsort(all, n, sizeof *all, by_number);
    for (size_t i = 0; i < n; i++) {
        v->events[i] = all[i].ev;
    }
    v->nevents = n;
    free(all);
    return true;
}

bool v1_order(struct v1 *v) {
    size_t n = v->nqueues + 1;
    struct merge m = {.v = v, .nheads = n};
    m.heads = calloc(n, sizeof *m.heads);
    m.ready = malloc(n * sizeof *m.ready);
    bool ok = m.heads != NULL && m.ready != NULL;
    for (size_t i = 0; ok && i < v->nqueues; i++) {
        m.heads[i].batch = v->queues[i].first;
        m.heads[i].ev.p = v->queues[i].p;
    }
    if (ok && v->format.version < 7) {
        ok = by_sequence(&m);
    } else if (ok) {
        for (uint32_t i = 0; ok && i < n; i++) {
            if (i + 1 < n ? fetch(v, &m.heads[i]) : fetch_sample(&m, &m.heads[i])) {
                ok = enqueue(&m, i);
            }
        }
        ok = ok && merge_all(&m);
    }
    free(m.heads);
    free(m.ready);
    free(m.waiting);
    idmap_free(&m.chain_of);
    return ok;
}
