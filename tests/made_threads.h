/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * made_threads.h - a trace made by a test, of two threads: each has a P, 0 or 1, and runs a goroutine, 1 or 2. Each
 * event is a tick later than the one before, whoever's that is.
 */
#ifndef HEAPREEL_TESTS_MADE_THREADS_H
#define HEAPREEL_TESTS_MADE_THREADS_H

#include "tests/made_reel.h"

enum { PAGE = 5, THREADS = 2, VERSION_AT = 6, FULL_BATCH = 60000 };
enum { SMALL = 5, HALF = 26, ONE = 51, TWO = 56 }; /* size classes: of 48 and 512 bytes; of one slot a span, and two */
enum { NOSCAN = 128 };                             /* beside a class: its spans have no pointers */
/* Texts, and stacks of one frame of that name. */
enum { IN_CREDIT = 1, IN_CACHE, IN_ALLOC, IN_NOSCAN, IN_CLASS_5, MARKTERM, DUMP, STATS, NAMES };

static const uint64_t elem[] = {[SMALL] = 48, [HALF] = 512, [ONE] = 8192, [TWO] = 12288};
static const uint64_t npages[] = {[SMALL] = 1, [HALF] = 1, [ONE] = 1, [TWO] = 3};

struct made {
    struct bytes b, body[THREADS];
    uint64_t last[THREADS], begin[THREADS], now, live; /* `begin`: of its batch */
    unsigned version;
};

static inline void emit(struct made *x, unsigned thread, unsigned type, int n, uint64_t a0, uint64_t a1, uint64_t a2) {
    uint64_t arg[] = {a0, a1, a2};
    if (x->body[thread].size > FULL_BATCH) {
        batch(&x->b, 1, thread + 1, x->begin[thread], &x->body[thread]);
        x->begin[thread] = x->last[thread];
    }
    byte(&x->body[thread], type);
    number(&x->body[thread], x->now - x->last[thread]);
    for (int i = 0; i < n; i++) {
        number(&x->body[thread], arg[i]);
    }
    x->last[thread] = x->now++;
}

static inline uint64_t object_id(unsigned class, uint64_t page, uint64_t slot) {
    return page * 8192 / 8 + slot * elem[class % NOSCAN] / 8;
}
static inline void alloc(struct made *x, unsigned thread, unsigned class, uint64_t page, uint64_t slot) {
    uint64_t header = class < NOSCAN && elem[class] > 512 ? 1 : 0;
    emit(x, thread, TRACE_EV_HEAP_OBJECT_ALLOC, 2, object_id(class, page, slot) + header, 1, 0);
}
static inline void release(struct made *x, unsigned thread, unsigned class, uint64_t page, uint64_t slot) {
    emit(x, thread, TRACE_EV_HEAP_OBJECT_FREE, 1, object_id(class, page, slot), 0, 0);
}
static inline void announce(struct made *x, unsigned thread, uint64_t growth) {
    x->live += growth;
    emit(x, thread, TRACE_EV_HEAP_ALLOC, 1, x->live, 0, 0);
}
static inline void span_alloc(struct made *x, unsigned thread, unsigned class, uint64_t page) {
    uint64_t kind = (class % NOSCAN) << 2 | (class >= NOSCAN ? 2 : 0);
    emit(x, thread, TRACE_EV_SPAN_ALLOC, 3, page, npages[class % NOSCAN], kind);
}
/* The P's mcache gets a fresh span, and gives back the one it had. */
static inline void grow(struct made *x, unsigned thread, unsigned class, uint64_t page) {
    span_alloc(x, thread, class, page);
    announce(x, thread, npages[class % NOSCAN] * 8192);
}

/* By Go 1.`version`. */
static inline void start_of(struct made *x, unsigned version) {
    static const char *const words[NAMES] = {[IN_CREDIT] = "runtime.deductSweepCredit",
                                             [IN_CACHE] = "runtime.(*mcentral).cacheSpan",
                                             [IN_ALLOC] = "runtime.(*mheap).alloc",
                                             [IN_NOSCAN] = "runtime.mallocgcSmallNoscan",
                                             [IN_CLASS_5] = "runtime.mallocgcSmallScanNoHeaderSC5",
                                             [MARKTERM] = "GC mark termination",
                                             [DUMP] = "write heap dump",
                                             [STATS] = "read mem stats"};
    struct bytes tables = {0};
    *x = (struct made){.now = 1, .version = version};
    put(&x->b, "go 1.23 trace\0\0\0", 16);
    x->b.data[VERSION_AT] = (uint8_t)('0' + version % 10);
    if (version >= 25) {
        byte(&tables, TRACE_EV_SYNC);
    }
    byte(&tables, TRACE_EV_FREQUENCY);
    number(&tables, 15625000);
    if (version >= 25) {
        static const uint8_t clock[] = {TRACE_EV_CLOCK_SNAPSHOT, 1, 1, 1, 1};
        put(&tables, clock, sizeof clock);
    }
    batch(&x->b, 1, UINT64_MAX, 1, &tables);
    byte(&tables, TRACE_EV_STRINGS);
    for (unsigned i = 1; i < NAMES; i++) {
        byte(&tables, TRACE_EV_STRING);
        number(&tables, i);
        number(&tables, strlen(words[i]));
        put(&tables, words[i], strlen(words[i]));
    }
    batch(&x->b, 1, UINT64_MAX, 1, &tables);
    byte(&tables, TRACE_EV_STACKS);
    for (unsigned i = 1; i < MARKTERM; i++) {
        const uint8_t stack[] = {TRACE_EV_STACK, (uint8_t)i, 1, (uint8_t)i, (uint8_t)i, 0, 1};
        put(&tables, stack, sizeof stack);
    }
    batch(&x->b, 1, UINT64_MAX, 1, &tables);
    free(tables.data);
    for (unsigned i = 0; i < THREADS; i++) {
        x->last[i] = x->begin[i] = 1;
        emit(x, i, TRACE_EV_PROC_STATUS, 2, i, TRACE_PROC_RUNNING, 0);
        emit(x, i, TRACE_EV_GO_STATUS, 3, i + 1, i + 1, TRACE_GO_RUNNING);
    }
}

static inline void start(struct made *x) {
    start_of(x, 23);
}

/* A collection by thread 0. */
static inline void collect(struct made *x, uint64_t seq) {
    emit(x, 0, TRACE_EV_GC_BEGIN, 2, seq, 0, 0);
    emit(x, 0, TRACE_EV_STW_BEGIN, 2, MARKTERM, 0, 0);
    emit(x, 0, TRACE_EV_GC_END, 1, seq + 1, 0, 0);
    emit(x, 0, TRACE_EV_STW_END, 0, 0, 0, 0);
}

/* A thread sweeps a span, which loses an object; `by` is the function that does. */
static inline void sweep(struct made *x, unsigned thread, unsigned by, unsigned class, uint64_t page, uint64_t slot) {
    emit(x, thread, TRACE_EV_GC_SWEEP_BEGIN, 1, by, 0, 0);
    release(x, thread, class, page, slot);
}
static inline void sweep_end(struct made *x, unsigned thread, unsigned class) {
    emit(x, thread, TRACE_EV_GC_SWEEP_END, 2, npages[class % NOSCAN] * 8192, elem[class % NOSCAN], 0);
}

/* Whatever is wrong with it. */
static inline reel *load_lossy(struct made *x) {
    for (unsigned i = 0; i < THREADS; i++) {
        batch(&x->b, 1, i + 1, x->begin[i], &x->body[i]);
        free(x->body[i].data);
    }
    if (x->version >= 26) {
        byte(&x->b, TRACE_EV_END_OF_GENERATION);
    }
    return load_bytes(&x->b);
}

static inline reel *load_threads(struct made *x) {
    reel *r = load_lossy(x);
    assert_int_equal(reel_info(r)->loss.code, TRACE_OK);
    return r;
}

/* At a time. */
static inline struct span_state said(reel *r, int64_t t, uint64_t page) {
    return said_there(r, reel_pos(r, t), page);
}
static inline struct span_state at_end(reel *r, uint64_t page) {
    return said_there(r, reel_facts(r), page);
}

#endif
