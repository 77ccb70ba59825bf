/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * v1_wire.h - one event of the old format (headers 1.5 to 1.21): type, arguments, trailing bytes (facts: 3.2, 3.3).
 */
#ifndef HEAPREEL_V1_WIRE_H
#define HEAPREEL_V1_WIRE_H

#include "traces/wire.h"

enum v1_type {
    V1_BATCH = 1,
    V1_FREQUENCY = 2,
    V1_STACK = 3,
    V1_GOMAXPROCS = 4,
    V1_PROC_START = 5,
    V1_PROC_STOP = 6,
    V1_GC_START = 7,
    V1_GC_DONE = 8,
    V1_STW_START = 9,
    V1_STW_DONE = 10,
    V1_SWEEP_START = 11,
    V1_SWEEP_DONE = 12,
    V1_GO_CREATE = 13,
    V1_GO_START = 14,
    V1_GO_END = 15,
    V1_GO_STOP = 16,
    V1_GO_SCHED = 17,
    V1_GO_PREEMPT = 18,
    V1_GO_SLEEP = 19,
    V1_GO_BLOCK = 20,
    V1_GO_UNBLOCK = 21,
    V1_GO_BLOCK_SEND = 22,
    V1_GO_BLOCK_RECV = 23,
    V1_GO_BLOCK_SELECT = 24,
    V1_GO_BLOCK_SYNC = 25,
    V1_GO_BLOCK_COND = 26,
    V1_GO_BLOCK_NET = 27,
    V1_GO_SYSCALL = 28,
    V1_GO_SYSEXIT = 29,
    V1_GO_SYSBLOCK = 30,
    V1_GO_WAITING = 31,
    V1_GO_IN_SYSCALL = 32,
    V1_HEAP_ALLOC = 33,
    V1_HEAP_GOAL = 34,
    V1_TIMER_GOROUTINE = 35,
    V1_FUTILE_WAKEUP = 36,
    V1_STRING = 37,
    V1_GO_START_LOCAL = 38,
    V1_GO_UNBLOCK_LOCAL = 39,
    V1_GO_SYSEXIT_LOCAL = 40,
    V1_GO_START_LABEL = 41,
    V1_GO_BLOCK_GC = 42,
    V1_ASSIST_START = 43,
    V1_ASSIST_DONE = 44,
    V1_TASK_CREATE = 45,
    V1_TASK_END = 46,
    V1_REGION = 47,
    V1_LOG = 48,
    V1_CPU_SAMPLE = 49,
    V1_LIMIT = 50
};

enum {
    V1_MAX_STRING = 1000000,
    V1_MAX_FRAMES = 1000,
    V1_MAX_ARGS = 5 /* without dt and stack */
};

/* What the header says: which events there are, and with how many arguments. */
struct v1_format {
    int version;            /* the NN of 1.NN */
    uint8_t args[V1_LIMIT]; /* numbers, stack included; dt and sequence number not */
};

void v1_format_init(struct v1_format *f, int version);

struct v1_raw {
    uint64_t dt, seq; /* differences */
    uint64_t arg[V1_MAX_ARGS];
    uint64_t stack;
    const uint8_t *frames, *frames_end; /* of a stack: what follows its size */
    const uint8_t *text;                /* of a string or log: its length stands before it */
    size_t text_len;
    uint8_t type;
};

enum v1_result { V1_DECODED, V1_CUT, V1_WRONG };

/* Decode the event at *p, not past `end`; *p goes behind it. Otherwise *p stays. */
enum v1_result v1_decode(const struct v1_format *f, const uint8_t **p, const uint8_t *end, struct v1_raw *raw);

/* Behind the event at p (before end), as far as lengths tell; NULL where none can stand there. Takes constant time. */
const uint8_t *v1_behind(const struct v1_format *f, const uint8_t *p, const uint8_t *end);

/* Events that belong to no P and have no time. */
static inline bool v1_is_table(uint8_t type) {
    return type <= V1_STACK || type == V1_STRING || type == V1_TIMER_GOROUTINE;
}

#endif
