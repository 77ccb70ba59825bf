/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * v1_scan.c - one pass over an old trace: where each P's batches lie, and what stands beside the events.
 *
 * Everything is decoded once here, so that no later pass meets damage. Behind an event that makes no sense the pass
 * goes on in the same batch, as far as what follows can be read in one way only, or at the next batch. The header of
 * another trace ends the pass: Ps, goroutines and strings of that one would be taken for this one's.
 */
#include "traces/grow.h"
#include "traces/salvage.h"
#include "traces/sort.h"
#include "traces/v1.h"

enum {
    PLAUSIBLE_EVENTS = 6, /* a batch found behind damage is believed when so many events of it can be decoded */
    MAX_PROC = 1 << 20
};
/* Ticks between two batches that lie behind one another: half an hour where there are 150 million a second. */
#define MAX_APART (UINT64_C(1) << 38)

/* The header of the batch that the byte at the offset lies in, or that ended right before it; 0: none. */
static uint64_t batch_of(const struct v1 *v, uint64_t offset) {
    size_t from = 0, n = v->nbatches; /* they lie as they stand in the file */
    while (n > 0) {
        size_t half = n / 2;
        const struct v1_batch *b = &v->batches[from + half];
        bool before = b->at - b->header <= offset;
        from += before ? half + 1 : 0;
        n = before ? n - half - 1 : half;
    }
    const struct v1_batch *b = from > 0 ? &v->batches[from - 1] : NULL;
    return b != NULL && offset <= b->end ? b->at - b->header : 0;
}

void v1_lost(struct v1 *v, enum trace_code code, uint64_t offset, uint64_t bytes, const char *what) {
    uint64_t batch = v->scan->loss.count == 0 ? batch_of(v, offset) : 0; /* only the first one is told */
    scan_lost_at(v->scan, code, (struct place){offset, batch, 1}, bytes, what);
}

static void lost(struct v1 *v, enum trace_code code, const uint8_t *at, uint64_t bytes, const char *what) {
    v1_lost(v, code, (uint64_t)(at - v->src->data), bytes, what);
}

static bool valid_proc(uint64_t p) {
    return p == UINT64_MAX || p <= INT32_MAX;
}

static bool header_at(const struct v1 *v, const uint8_t *p) {
    return scan_header(v->src, (uint64_t)(p - v->src->data)) != 0;
}

static uint64_t ticks_of(const struct v1 *v, const struct v1_raw *batch) {
    return batch->arg[v->format.version < 7 ? 2 : 1];
}

static bool is_near(uint64_t a, uint64_t b) {
    return (a > b ? a - b : b - a) < MAX_APART;
}

/* Looking whether batches follow one another costs no more than so many bytes for each of the trace. */
enum { LOOK_PER_BYTE = 4 };

/*
 * Do events lead from q, behind the header of a batch of that time, to another batch near it, or enough of them to the
 * end? The last letters of a text that is cut off may be read as a batch and a few events.
 */
static bool followed(struct v1 *v, const uint8_t *q, const uint8_t *end, uint64_t ticks) {
    unsigned events = 0;
    while (q != NULL && q < end && v->looked < LOOK_PER_BYTE * (uint64_t)v->src->size) {
        struct v1_raw raw;
        const uint8_t *at = q;
        if ((*q & 0x3f) == V1_BATCH && v1_decode(&v->format, &q, end, &raw) == V1_DECODED) {
            return valid_proc(raw.arg[0]) && is_near(ticks_of(v, &raw), ticks);
        }
        q = v1_behind(&v->format, at, end);
        events++;
        v->looked += q != NULL ? (uint64_t)(q - at) : 0;
    }
    return q == end && events >= PLAUSIBLE_EVENTS;
}

/*
 * Where a batch seems to begin at or behind p, or another trace; `end` where none does. Batches don't lie in order of
 * time, since those of idle Ps are written late, but not far from each other; the time of the last one may be damaged.
 */
static const uint8_t *resume(struct v1 *v, const uint8_t *p, const uint8_t *end) {
    uint64_t near = v->nbatches > 0 ? v->batches[v->nbatches - 1].ticks : 0;
    for (; p < end && !header_at(v, p); p++) {
        const uint8_t *q = p;
        struct v1_raw raw;
        if ((*p & 0x3f) != V1_BATCH || v1_decode(&v->format, &q, end, &raw) != V1_DECODED) {
            continue;
        }
        uint64_t ticks = ticks_of(v, &raw);
        const uint8_t *behind = q;
        bool good = (raw.arg[0] == UINT64_MAX || raw.arg[0] < MAX_PROC) && ticks <= INT64_MAX;
        /* a stack may be long: it is believed unread, so that a search stays linear */
        for (int i = 0; good && i < PLAUSIBLE_EVENTS && q < end && (*q & 0x3f) != V1_STACK; i++) {
            good = v1_decode(&v->format, &q, end, &raw) != V1_WRONG;
        }
        if (good && ((near != 0 && is_near(ticks, near)) || followed(v, behind, end, ticks))) {
            return p;
        }
    }
    return p;
}

/* Returns NO_BATCH where memory is short. */
static uint32_t new_batch(struct v1 *v, const struct v1_raw *raw, const uint8_t *at, const uint8_t *p) {
    if (!GROW(v->batches, v->nbatches, v->cap_batches) || v->nbatches >= NO_BATCH) {
        return NO_BATCH;
    }
    uint32_t b = (uint32_t)v->nbatches;
    bool old = v->format.version < 7;
    v->batches[v->nbatches++] = (struct v1_batch){.at = (uint64_t)(p - v->src->data),
                                                  .end = (uint64_t)(p - v->src->data),
                                                  .ticks = raw->arg[old ? 2 : 1],
                                                  .seq = old ? raw->arg[1] : 0,
                                                  .next = NO_BATCH,
                                                  .header = (uint32_t)(p - at) & 0x7fffffff};
    uint32_t q = idmap_get(&v->queue_of, raw->arg[0]);
    if (q != IDMAP_NONE) {
        v->batches[v->queues[q].last].next = b;
        v->queues[q].last = b;
        return b;
    }
    if (!GROW(v->queues, v->nqueues, v->cap_queues) || !idmap_put(&v->queue_of, raw->arg[0], (uint32_t)v->nqueues)) {
        return NO_BATCH;
    }
    v->queues[v->nqueues++] = (struct v1_queue){(int32_t)(int64_t)raw->arg[0], b, b};
    return b;
}

static bool define(struct idmap *map, uint64_t id, size_t n) {
    return n < IDMAP_NONE && idmap_put(map, id, (uint32_t)n);
}

/* What stands in the tables. False: memory is short. */
static bool take_table(struct v1 *v, const struct v1_raw *raw, const uint8_t *at) {
    uint64_t id = raw->arg[0];
    switch (raw->type) {
    case V1_FREQUENCY:
        if (id == 0 || id > INT64_MAX) {
            lost(v, TRACE_E_GENERATION, at, 0,
                 "a clock frequency of 0, or too high: without another one times are ticks, shown as ns");
            return true;
        }
        v->frequency = id;
        return true;
    case V1_TIMER_GOROUTINE:
        return idmap_put(&v->timers, id, 0);
    case V1_STRING:
        if (id == 0 || raw->text_len == 0 || idmap_get(&v->string_of, id) != IDMAP_NONE) {
            lost(v, TRACE_E_TABLE, at, 0,
                 id == 0              ? "string 0 can't be defined"
                 : raw->text_len == 0 ? "a string without text"
                                      : "a string whose id another one has already");
            return true;
        }
        if (!GROW(v->strings, v->nstrings, v->cap_strings) || !define(&v->string_of, id, v->nstrings)) {
            return false;
        }
        v->strings[v->nstrings++] =
            (struct string_entry){(uint64_t)(raw->text - v->src->data), (uint32_t)raw->text_len};
        return true;
    default: /* V1_STACK: a later one of the same id takes its place */
        if (id == 0 || raw->arg[1] == 0) {
            return true;
        }
        if (!GROW(v->stacks, v->nstacks, v->cap_stacks) || !define(&v->stack_of, id, v->nstacks)) {
            return false;
        }
        v->stacks[v->nstacks++] = (struct stack_entry){(uint64_t)(raw->frames - v->src->data), (uint32_t)raw->arg[1],
                                                       (uint32_t)(raw->frames_end - raw->frames)};
        return true;
    }
}

static bool take_sample(struct v1 *v, const struct v1_raw *raw, const uint8_t *at) {
    if (!GROW(v->samples, v->nsamples, v->cap_samples)) {
        return false;
    }
    v->samples[v->nsamples++] = (struct v1_event){.ts = (int64_t)raw->arg[0],
                                                  .g = raw->arg[2],
                                                  .at = (uint64_t)(at - v->src->data),
                                                  .p = (int32_t)(int64_t)raw->arg[1],
                                                  .type = V1_CPU_SAMPLE};
    return true;
}

static bool sort_samples(struct v1 *v) {
    if (v->nsamples < 2) {
        return true;
    }
    struct sort_key *key = malloc(v->nsamples * sizeof *key);
    struct v1_event *sorted = malloc(v->nsamples * sizeof *sorted);
    bool ok = key != NULL && sorted != NULL;
    for (size_t i = 0; ok && i < v->nsamples; i++) {
        key[i] = (struct sort_key){v->samples[i].ts, (uint32_t)i};
    }
    if (ok) {
        sort_by_time(key, v->nsamples);
        for (size_t i = 0; i < v->nsamples; i++) {
            sorted[i] = v->samples[key[i].index];
        }
        free(v->samples);
        v->samples = sorted;
        v->cap_samples = v->nsamples;
        sorted = NULL;
    }
    free(key);
    free(sorted);
    return ok;
}

/* One event into the batch b (NO_BATCH: none yet). False: memory is short. */
static bool take(struct v1 *v, const struct v1_raw *raw, const uint8_t *at, const uint8_t *after, uint32_t *b) {
    bool ok = true;
    if (raw->type == V1_BATCH) {
        *b = new_batch(v, raw, at, after);
        return *b != NO_BATCH;
    }
    if (*b == NO_BATCH) {
        return true; /* a string before the first batch */
    }
    if (v1_is_table(raw->type)) {
        ok = take_table(v, raw, at);
    } else if (raw->type == V1_CPU_SAMPLE) {
        ok = take_sample(v, raw, at);
    } else {
        v->nscanned++;
    }
    v->batches[*b].end = (uint64_t)(after - v->src->data);
    return ok;
}

/* A pass over the bytes: the batch under way. */
struct pass {
    uint32_t batch;      /* NO_BATCH: none */
    const uint8_t *at;   /* its header */
    struct v1_raw begin; /* that, decoded */
    uint64_t ticks;      /* of its last event */
    const uint8_t *next; /* where the last search for a batch ended: before it none begins */
    bool tables;         /* only tables are taken: nothing is known of the events */
};

static const uint8_t *behind(const void *format, const uint8_t *p, const uint8_t *end) {
    return v1_behind(format, p, end);
}

/*
 * The event at `bad` can't be decoded; `next` is where the next batch seems to begin. Returns where to go on: in the
 * same batch, if all ways of reading the rest of it agree, as another batch of that P from the last time that is known;
 * else at `next`, with no batch. What is missing may have been a header, so that the rest is another P's: its events
 * are marked. 1.5 numbers all events by differences, so there only tables are known behind a gap. NULL: memory is
 * short.
 */
static const uint8_t *go_on(struct v1 *v, struct pass *x, const uint8_t *bad, const uint8_t *next) {
    const uint8_t *p = x->batch != NO_BATCH ? salvage_by(behind, &v->format, bad, next) : next;
    x->tables = p < next && v->format.version < 7;
    if (x->tables) {
        return p;
    }
    x->batch = NO_BATCH;
    if (p < next) {
        struct v1_raw rest = x->begin;
        rest.arg[1] = x->ticks;
        if ((x->batch = new_batch(v, &rest, x->at, p)) == NO_BATCH) {
            return NULL;
        }
        v->batches[x->batch].guess = true;
    }
    return p;
}

/* One event taken, between at and p. False: memory is short. */
static bool step(struct v1 *v, struct pass *x, const struct v1_raw *raw, const uint8_t *at, const uint8_t *p) {
    if (raw->type == V1_BATCH) {
        x->at = at;
        x->begin = *raw;
        x->ticks = ticks_of(v, raw);
        x->tables = false;
    } else {
        x->ticks += raw->dt;
    }
    if (x->tables && !v1_is_table(raw->type)) {
        v->scan->loss.bytes += (uint64_t)(p - at);
        return true;
    }
    if (x->tables) {
        return take_table(v, raw, at); /* the batch ended before the gap */
    }
    return take(v, raw, at, p, &x->batch);
}

/* Texts are names and what people log: one with control characters may be garbage that takes batches for its own. */
static bool is_odd(const struct v1_raw *raw) {
    bool odd = false;
    for (size_t i = 0; i < raw->text_len && !odd; i++) {
        odd = raw->text[i] < ' ';
    }
    return odd;
}

/* Where the next batch seems to begin, behind `at`: looked for once. */
static const uint8_t *next_batch(struct v1 *v, struct pass *x, const uint8_t *at, const uint8_t *end) {
    if (x->next == NULL || x->next <= at) {
        x->next = resume(v, at + 1, end);
    }
    return x->next;
}

bool v1_scan(struct v1 *v) {
    const uint8_t *p = v->src->data + v->begin, *end = v->src->data + v->src->size;
    struct pass x = {.batch = NO_BATCH};
    while (p < end) {
        struct v1_raw raw;
        const uint8_t *at = p;
        if (header_at(v, p)) {
            scan_lost(v->scan, TRACE_E_GENERATION, (uint64_t)(p - v->src->data), (uint64_t)(end - p), 0,
                      "another trace begins here: only the first is read");
            break;
        }
        enum v1_result r = v1_decode(&v->format, &p, end, &raw);
        if (r == V1_DECODED && ((raw.type == V1_BATCH && !valid_proc(raw.arg[0])) ||
                                (x.batch == NO_BATCH && raw.type != V1_BATCH && raw.type != V1_STRING))) {
            r = V1_WRONG;
        } else if (r == V1_DECODED && is_odd(&raw) && next_batch(v, &x, at, end) < p) {
            r = V1_WRONG;
        }
        if (r == V1_DECODED) {
            if (!step(v, &x, &raw, at, p)) {
                return false;
            }
            continue;
        }
        p = next_batch(v, &x, at, end);
        bool cut = r == V1_CUT && p == end; /* then nothing stands behind it */
        x.batch = cut ? NO_BATCH : x.batch;
        if ((p = go_on(v, &x, at, p)) == NULL) {
            return false;
        }
        lost(v, cut ? TRACE_E_TRUNCATED : TRACE_E_EVENT, at, (uint64_t)(p - at),
             cut ? "the trace ends in the middle of an event" : "an event that can't be decoded");
    }
    return sort_samples(v);
}
