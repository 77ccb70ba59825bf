/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rules.c - the words for broken rules. A # stands for the next of the two numbers.
 */
#include "traces/rules.h"
#include "traces/wire.h"

#include <inttypes.h>
#include <stdio.h>

static const char *const texts[RULES] = {
    [RULE_KEPT] = "nothing wrong",
    [RULE_THREAD] = "it comes from no thread",
    [RULE_PROC] = "its thread has no P",
    [RULE_GO] = "its thread runs no goroutine",
    [RULE_NO_GO] = "its thread runs a goroutine already",
    [RULE_STATUS] = "there is no status #",
    [RULE_PROC_STATUS] = "P # was left in status #",
    [RULE_PROC_HOLDER] = "P # is about to be stolen, but no thread has it",
    [RULE_PROC_RUNNING] = "P # does not run",
    [RULE_PROC_SYSCALL] = "P # is in no system call",
    [RULE_PROC_SEQ] = "number # does not follow on that of P #",
    [RULE_PROC_EARLY] = "P # starts, but runs already: its mcache was flushed before",
    [RULE_PROC_PASSED] = "number # of P # has been already",
    [RULE_GO_PASSED] = "number # of goroutine # has been already",
    [RULE_PROC_KNOWN] = "P # is unknown",
    [RULE_STEAL] = "P # is stolen from thread #, which does not have it",
    [RULE_GO_STATUS] = "goroutine # was left in status #",
    [RULE_GO_LATE] = "goroutine # is new, but was not created",
    [RULE_GO_THREADLESS] = "goroutine # is in a system call, but on no thread",
    [RULE_GO_OTHER] = "goroutine # is in a system call on thread #, which runs another",
    [RULE_GO_NEW] = "goroutine # exists already",
    [RULE_GO_RUNNING] = "goroutine # does not run",
    [RULE_GO_SYSCALL] = "goroutine # is in no system call",
    [RULE_GO_KNOWN] = "goroutine # is unknown",
    [RULE_GC_FIRST] = "GC # is not the first thing heard of GC",
    [RULE_GC_ON] = "GC # begins while another is under way",
    [RULE_GC_OFF] = "GC # is not under way",
    [RULE_PROC_RANGE_OPEN] = "it has begun already on P #",
    [RULE_PROC_RANGE_CLOSED] = "it never began on P #",
    [RULE_GO_RANGE_OPEN] = "it has begun already on goroutine #",
    [RULE_GO_RANGE_CLOSED] = "it never began on goroutine #",
    [RULE_GO_RANGES] = "goroutine # has more than # of it open",
    [RULE_TASK] = "task # has begun already",
    [RULE_REGION] = "goroutine #'s innermost region is another",
    [RULE_STRING] = "string # is in no table",
    [RULE_STACK] = "stack # is in no table",
    [RULE_WAITS_GO] = "number # of goroutine # waits for one that is missing",
    [RULE_WAITS_PROC] = "number # of P # waits for one that is missing",
    [RULE_WAITS_GC] = "number # of GC waits for one that is missing",
    [RULE_WAITS_STEAL] = "it waits until its P is stolen",
    [RULE_WAITS] = "it waits for one that is missing",
};

static const uint8_t waits[256] = {
    [TRACE_EV_GO_START] = RULE_WAITS_GO,     [TRACE_EV_GO_UNBLOCK] = RULE_WAITS_GO,
    [TRACE_EV_GO_SWITCH] = RULE_WAITS_GO,    [TRACE_EV_GO_SWITCH_DESTROY] = RULE_WAITS_GO,
    [TRACE_EV_PROC_START] = RULE_WAITS_PROC, [TRACE_EV_PROC_STEAL] = RULE_WAITS_PROC,
    [TRACE_EV_GC_ACTIVE] = RULE_WAITS_GC,    [TRACE_EV_GC_BEGIN] = RULE_WAITS_GC,
    [TRACE_EV_GC_END] = RULE_WAITS_GC,       [TRACE_EV_GO_SYSCALL_END_BLOCKED] = RULE_WAITS_STEAL,
};

struct broken rules_waiting(unsigned type, const uint64_t *arg) {
    uint8_t rule = type < sizeof waits && waits[type] != RULE_KEPT ? waits[type] : RULE_WAITS;
    if (rule == RULE_WAITS_GC) {
        return (struct broken){rule, arg[0], 0};
    }
    return (struct broken){rule, arg[1], arg[0]};
}

void rules_text(const struct broken *b, unsigned type, char *out, size_t size) {
    const char *name = trace_event_spec(type)->name;
    const uint64_t number[2] = {b->a, b->b};
    int n = snprintf(out, size, "%s: ", name != NULL ? name : "an event");
    size_t at = n > 0 ? (size_t)n : 0;
    unsigned used = 0;
    for (const char *s = texts[b->rule < RULES ? b->rule : 0]; *s != '\0' && at + 24 < size; s++) {
        if (*s == '#' && used < 2) {
            n = snprintf(out + at, size - at, "%" PRId64, (int64_t)number[used++]);
            at += n > 0 ? (size_t)n : 0;
        } else {
            out[at++] = *s;
        }
    }
    out[at < size ? at : size - 1] = '\0';
}
