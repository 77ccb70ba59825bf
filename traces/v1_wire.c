/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * v1_wire.c - the old event table, and one event decoded.
 *
 * The first byte holds the type in its low six bits and, above, how many numbers follow; where that doesn't fit, a
 * length in bytes comes next. Strings and log texts stand behind the numbers.
 */
#include "traces/v1_wire.h"

/* Arguments after dt, stack included, in the newest version; the first version that has the event. */
static const struct {
    uint8_t args, since;
    bool stack;
} table[V1_LIMIT] = {
    [V1_BATCH] = {2, 5, false},           [V1_FREQUENCY] = {1, 5, false},
    [V1_STACK] = {2, 5, false},           [V1_GOMAXPROCS] = {2, 5, true},
    [V1_PROC_START] = {1, 5, false},      [V1_PROC_STOP] = {0, 5, false},
    [V1_GC_START] = {2, 5, true},         [V1_GC_DONE] = {0, 5, false},
    [V1_STW_START] = {1, 5, false},       [V1_STW_DONE] = {0, 5, false},
    [V1_SWEEP_START] = {1, 5, true},      [V1_SWEEP_DONE] = {2, 5, false},
    [V1_GO_CREATE] = {3, 5, true},        [V1_GO_START] = {2, 5, false},
    [V1_GO_END] = {0, 5, false},          [V1_GO_STOP] = {1, 5, true},
    [V1_GO_SCHED] = {1, 5, true},         [V1_GO_PREEMPT] = {1, 5, true},
    [V1_GO_SLEEP] = {1, 5, true},         [V1_GO_BLOCK] = {1, 5, true},
    [V1_GO_UNBLOCK] = {3, 5, true},       [V1_GO_BLOCK_SEND] = {1, 5, true},
    [V1_GO_BLOCK_RECV] = {1, 5, true},    [V1_GO_BLOCK_SELECT] = {1, 5, true},
    [V1_GO_BLOCK_SYNC] = {1, 5, true},    [V1_GO_BLOCK_COND] = {1, 5, true},
    [V1_GO_BLOCK_NET] = {1, 5, true},     [V1_GO_SYSCALL] = {1, 5, true},
    [V1_GO_SYSEXIT] = {3, 5, false},      [V1_GO_SYSBLOCK] = {0, 5, false},
    [V1_GO_WAITING] = {1, 5, false},      [V1_GO_IN_SYSCALL] = {1, 5, false},
    [V1_HEAP_ALLOC] = {1, 5, false},      [V1_HEAP_GOAL] = {1, 5, false},
    [V1_TIMER_GOROUTINE] = {1, 5, false}, [V1_FUTILE_WAKEUP] = {0, 5, false},
    [V1_STRING] = {0, 7, false},          [V1_GO_START_LOCAL] = {1, 7, false},
    [V1_GO_UNBLOCK_LOCAL] = {2, 7, true}, [V1_GO_SYSEXIT_LOCAL] = {2, 7, false},
    [V1_GO_START_LABEL] = {3, 8, false},  [V1_GO_BLOCK_GC] = {1, 8, true},
    [V1_ASSIST_START] = {1, 9, true},     [V1_ASSIST_DONE] = {0, 9, false},
    [V1_TASK_CREATE] = {4, 11, true},     [V1_TASK_END] = {2, 11, true},
    [V1_REGION] = {4, 11, true},          [V1_LOG] = {3, 11, true},
    [V1_CPU_SAMPLE] = {4, 19, true},
};

enum { NO_EVENT = 0xff };

/* Events that were shorter before some version. */
static const struct {
    uint8_t type, before;
    int8_t more;
} changes[] = {
    {V1_BATCH, 7, 1},     {V1_FREQUENCY, 7, 1},   {V1_TIMER_GOROUTINE, 7, 1}, {V1_GC_START, 7, -1},
    {V1_GO_START, 7, -1}, {V1_GO_UNBLOCK, 7, -1}, {V1_SWEEP_DONE, 9, -2},     {V1_STW_START, 10, -1},
};

void v1_format_init(struct v1_format *f, int version) {
    f->version = version;
    for (unsigned i = 0; i < V1_LIMIT; i++) {
        f->args[i] = table[i].since == 0 || table[i].since > version ? NO_EVENT : table[i].args;
    }
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        if (version < changes[i].before) {
            f->args[changes[i].type] = (uint8_t)(f->args[changes[i].type] + changes[i].more);
        }
    }
}

/* A number; what is wrong with it is told by whether the bytes ended. */
static enum v1_result number(const uint8_t **p, const uint8_t *end, uint64_t *v) {
    if (wire_uint(p, end, v)) {
        return V1_DECODED;
    }
    return end - *p < 10 ? V1_CUT : V1_WRONG;
}

static enum v1_result text(const uint8_t **p, const uint8_t *end, struct v1_raw *raw) {
    uint64_t len;
    enum v1_result r = number(p, end, &len);
    if (r != V1_DECODED) {
        return r;
    }
    if (len > V1_MAX_STRING) {
        return V1_WRONG;
    }
    if (len > (uint64_t)(end - *p)) {
        return V1_CUT;
    }
    raw->text = *p;
    raw->text_len = (size_t)len;
    *p += len;
    return V1_DECODED;
}

static enum v1_result string(const uint8_t **p, const uint8_t *end, struct v1_raw *raw) {
    enum v1_result r = number(p, end, &raw->arg[0]);
    return r != V1_DECODED ? r : text(p, end, raw);
}

/* `count` numbers before `end`, or all up to `end` where count is 0: frames of a stack, left for later. */
static enum v1_result stack(const struct v1_format *f, const uint8_t **p, const uint8_t *end, unsigned count,
                            struct v1_raw *raw) {
    uint64_t v;
    for (unsigned i = 0; i < 2; i++) {
        enum v1_result r = number(p, end, &raw->arg[i]);
        if (r != V1_DECODED) {
            return r;
        }
    }
    raw->frames = *p;
    uint64_t want = raw->arg[1] > V1_MAX_FRAMES ? UINT64_MAX : raw->arg[1] * (f->version < 7 ? 1 : 4);
    if (want == UINT64_MAX || (count != 0 && want + 2 != count)) {
        return V1_WRONG;
    }
    for (uint64_t i = 0; i < want; i++) {
        enum v1_result r = number(p, end, &v);
        if (r != V1_DECODED) {
            return r;
        }
    }
    raw->frames_end = *p;
    return count == 0 && *p != end ? V1_WRONG : V1_DECODED;
}

static enum v1_result numbers(const struct v1_format *f, const uint8_t **p, const uint8_t *end, unsigned count,
                              struct v1_raw *raw) {
    uint64_t v[V1_MAX_ARGS + 3];
    unsigned n = f->args[raw->type], have = 0, skip = 0;
    if (!v1_is_table(raw->type)) {
        skip = f->version < 7 ? 2 : 1;
    }
    if (count != 0 && count != n + skip) {
        return V1_WRONG;
    }
    for (; have < n + skip; have++) {
        enum v1_result r = number(p, end, &v[have]);
        if (r != V1_DECODED) {
            return r;
        }
    }
    if (count == 0 && *p != end) {
        return V1_WRONG;
    }
    raw->seq = skip == 2 ? v[0] : 0;
    raw->dt = skip > 0 ? v[skip - 1] : 0;
    if (table[raw->type].stack) {
        raw->stack = v[skip + --n];
    }
    for (unsigned i = 0; i < n; i++) {
        raw->arg[i] = v[skip + i];
    }
    return V1_DECODED;
}

static enum v1_result body(const struct v1_format *f, const uint8_t **p, const uint8_t *end, unsigned n,
                           struct v1_raw *raw) {
    if (raw->type == V1_STRING) {
        return string(p, end, raw);
    }
    unsigned count = n < 3 ? n + (f->version < 7 ? 2 : 1) : 0;
    const uint8_t *stop = end;
    if (count == 0) {
        uint64_t len;
        enum v1_result r = number(p, end, &len);
        if (r != V1_DECODED) {
            return r;
        }
        if (len > 10 * (2 + 4 * (uint64_t)V1_MAX_FRAMES)) {
            return V1_WRONG;
        }
        if (len > (uint64_t)(end - *p)) {
            return V1_CUT;
        }
        stop = *p + len;
    }
    enum v1_result r = raw->type == V1_STACK ? stack(f, p, stop, count, raw) : numbers(f, p, stop, count, raw);
    if (r == V1_CUT && stop != end) {
        return V1_WRONG; /* fewer numbers than there should be */
    }
    return r == V1_DECODED && raw->type == V1_LOG ? text(p, end, raw) : r;
}

enum v1_result v1_decode(const struct v1_format *f, const uint8_t **p, const uint8_t *end, struct v1_raw *raw) {
    if (*p >= end) {
        return V1_CUT;
    }
    const uint8_t *q = *p + 1;
    *raw = (struct v1_raw){.type = **p & 0x3f};
    unsigned n = **p >> 6;
    if (raw->type >= V1_LIMIT || f->args[raw->type] == NO_EVENT || (raw->type == V1_BATCH && n != 1)) {
        return V1_WRONG;
    }
    enum v1_result r = body(f, &q, end, n, raw);
    if (r == V1_DECODED) {
        *p = q;
    }
    return r;
}

const uint8_t *v1_behind(const struct v1_format *f, const uint8_t *p, const uint8_t *end) {
    struct v1_raw raw;
    uint64_t len;
    bool sized = *p >> 6 == 3;
    if ((*p & 0x3f) != V1_STACK || !sized) {
        return v1_decode(f, &p, end, &raw) == V1_DECODED ? p : NULL;
    }
    p++; /* a stack may be long: it is believed unread */
    return wire_uint(&p, end, &len) && len <= (uint64_t)(end - p) ? p + len : NULL;
}
