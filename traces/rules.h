/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rules.h - what an event may have broken: one number for each check that the reference reader makes of events
 * (internal/trace/order.go and event.go, Go 1.26), and its words.
 *
 * An event that breaks a rule is shown all the same; its rule becomes the text of a loss. So is one that waits for an
 * event that never comes; what it waits for becomes the text.
 */
#ifndef HEAPREEL_RULES_H
#define HEAPREEL_RULES_H

#include <stddef.h>
#include <stdint.h>

enum rule_id {
    RULE_KEPT, /* none was broken */
    RULE_THREAD,
    RULE_PROC,
    RULE_GO,
    RULE_NO_GO,
    RULE_STATUS,
    RULE_PROC_STATUS,
    RULE_PROC_HOLDER,
    RULE_PROC_RUNNING,
    RULE_PROC_SYSCALL,
    RULE_PROC_SEQ,
    RULE_PROC_KNOWN,
    RULE_PROC_PASSED,
    RULE_PROC_EARLY,
    RULE_GO_PASSED,
    RULE_STEAL,
    RULE_GO_STATUS,
    RULE_GO_LATE,
    RULE_GO_THREADLESS,
    RULE_GO_OTHER,
    RULE_GO_NEW,
    RULE_GO_RUNNING,
    RULE_GO_SYSCALL,
    RULE_GO_KNOWN,
    RULE_GC_FIRST,
    RULE_GC_ON,
    RULE_GC_OFF,
    RULE_PROC_RANGE_OPEN,
    RULE_PROC_RANGE_CLOSED,
    RULE_GO_RANGE_OPEN,
    RULE_GO_RANGE_CLOSED,
    RULE_GO_RANGES,
    RULE_TASK,
    RULE_REGION,
    RULE_STRING,
    RULE_STACK,
    RULE_WAITS_GO, /* from here on: why an event may not happen yet */
    RULE_WAITS_PROC,
    RULE_WAITS_GC,
    RULE_WAITS_STEAL,
    RULE_WAITS,
    RULES
};

/* A broken rule and the numbers that its text names. */
struct broken {
    uint8_t rule; /* enum rule_id */
    uint64_t a, b;
};

/* Why an event of this type and with these arguments may have to wait: one of RULE_WAITS_GO to RULE_WAITS. */
struct broken rules_waiting(unsigned type, const uint64_t *arg);

/* "GoCreate: goroutine 7 exists already"; `type` is the event's. Always terminated. */
void rules_text(const struct broken *b, unsigned type, char *out, size_t size);

#endif
