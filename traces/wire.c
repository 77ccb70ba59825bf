/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wire.c - the event table of today's wire format, and the texts of error codes.
 *
 * Names and argument names are those of Go 1.26 (internal/trace/tracev2/events.go); dt is left out, it is common to all
 * timed events. Headers do not limit which events may occur: the reference accepts any of them under any v2 header.
 */
#include "traces/wire.h"
#include "traces/traces.h"

#define N TRACE_ARG_NUMBER
#define S TRACE_ARG_STRING
#define K TRACE_ARG_STACK

#define TIMED0(name)                                                                                                   \
    {                                                                                                                  \
        name, 0, true, {0}, {                                                                                          \
            0                                                                                                          \
        }                                                                                                              \
    }
#define TIMED1(name, a, ka)                                                                                            \
    {                                                                                                                  \
        name, 1, true, {a}, {                                                                                          \
            ka                                                                                                         \
        }                                                                                                              \
    }
#define TIMED2(name, a, ka, b, kb)                                                                                     \
    {                                                                                                                  \
        name, 2, true, {a, b}, {                                                                                       \
            ka, kb                                                                                                     \
        }                                                                                                              \
    }
#define TIMED3(name, a, ka, b, kb, c, kc)                                                                              \
    {                                                                                                                  \
        name, 3, true, {a, b, c}, {                                                                                    \
            ka, kb, kc                                                                                                 \
        }                                                                                                              \
    }
#define TIMED4(name, a, ka, b, kb, c, kc, d, kd)                                                                       \
    {                                                                                                                  \
        name, 4, true, {a, b, c, d}, {                                                                                 \
            ka, kb, kc, kd                                                                                             \
        }                                                                                                              \
    }
#define PLAIN(name)                                                                                                    \
    {                                                                                                                  \
        name, 0, false, {0}, {                                                                                         \
            0                                                                                                          \
        }                                                                                                              \
    }

const struct trace_spec wire_specs[256] = {
    [TRACE_EV_EVENT_BATCH] = PLAIN("EventBatch"),
    [TRACE_EV_STACKS] = PLAIN("Stacks"),
    [TRACE_EV_STACK] = PLAIN("Stack"),
    [TRACE_EV_STRINGS] = PLAIN("Strings"),
    [TRACE_EV_STRING] = PLAIN("String"),
    [TRACE_EV_CPU_SAMPLES] = PLAIN("CPUSamples"),
    [TRACE_EV_CPU_SAMPLE] = {"CPUSample", 1, false, {"stack"}, {K}},
    [TRACE_EV_FREQUENCY] = PLAIN("Frequency"),
    [TRACE_EV_PROCS_CHANGE] = TIMED2("ProcsChange", "procs_value", N, "stack", K),
    [TRACE_EV_PROC_START] = TIMED2("ProcStart", "p", N, "p_seq", N),
    [TRACE_EV_PROC_STOP] = TIMED0("ProcStop"),
    [TRACE_EV_PROC_STEAL] = TIMED3("ProcSteal", "p", N, "p_seq", N, "m", N),
    [TRACE_EV_PROC_STATUS] = TIMED2("ProcStatus", "p", N, "pstatus", N),
    [TRACE_EV_GO_CREATE] = TIMED3("GoCreate", "new_g", N, "new_stack", K, "stack", K),
    [TRACE_EV_GO_CREATE_SYSCALL] = TIMED1("GoCreateSyscall", "new_g", N),
    [TRACE_EV_GO_START] = TIMED2("GoStart", "g", N, "g_seq", N),
    [TRACE_EV_GO_DESTROY] = TIMED0("GoDestroy"),
    [TRACE_EV_GO_DESTROY_SYSCALL] = TIMED0("GoDestroySyscall"),
    [TRACE_EV_GO_STOP] = TIMED2("GoStop", "reason_string", S, "stack", K),
    [TRACE_EV_GO_BLOCK] = TIMED2("GoBlock", "reason_string", S, "stack", K),
    [TRACE_EV_GO_UNBLOCK] = TIMED3("GoUnblock", "g", N, "g_seq", N, "stack", K),
    [TRACE_EV_GO_SYSCALL_BEGIN] = TIMED2("GoSyscallBegin", "p_seq", N, "stack", K),
    [TRACE_EV_GO_SYSCALL_END] = TIMED0("GoSyscallEnd"),
    [TRACE_EV_GO_SYSCALL_END_BLOCKED] = TIMED0("GoSyscallEndBlocked"),
    [TRACE_EV_GO_STATUS] = TIMED3("GoStatus", "g", N, "m", N, "gstatus", N),
    [TRACE_EV_STW_BEGIN] = TIMED2("STWBegin", "kind_string", S, "stack", K),
    [TRACE_EV_STW_END] = TIMED0("STWEnd"),
    [TRACE_EV_GC_ACTIVE] = TIMED1("GCActive", "gc_seq", N),
    [TRACE_EV_GC_BEGIN] = TIMED2("GCBegin", "gc_seq", N, "stack", K),
    [TRACE_EV_GC_END] = TIMED1("GCEnd", "gc_seq", N),
    [TRACE_EV_GC_SWEEP_ACTIVE] = TIMED1("GCSweepActive", "p", N),
    [TRACE_EV_GC_SWEEP_BEGIN] = TIMED1("GCSweepBegin", "stack", K),
    [TRACE_EV_GC_SWEEP_END] = TIMED2("GCSweepEnd", "swept_value", N, "reclaimed_value", N),
    [TRACE_EV_GC_MARK_ASSIST_ACTIVE] = TIMED1("GCMarkAssistActive", "g", N),
    [TRACE_EV_GC_MARK_ASSIST_BEGIN] = TIMED1("GCMarkAssistBegin", "stack", K),
    [TRACE_EV_GC_MARK_ASSIST_END] = TIMED0("GCMarkAssistEnd"),
    [TRACE_EV_HEAP_ALLOC] = TIMED1("HeapAlloc", "heapalloc_value", N),
    [TRACE_EV_HEAP_GOAL] = TIMED1("HeapGoal", "heapgoal_value", N),
    [TRACE_EV_GO_LABEL] = TIMED1("GoLabel", "label_string", S),
    [TRACE_EV_USER_TASK_BEGIN] = TIMED4("UserTaskBegin", "task", N, "parent_task", N, "name_string", S, "stack", K),
    [TRACE_EV_USER_TASK_END] = TIMED2("UserTaskEnd", "task", N, "stack", K),
    [TRACE_EV_USER_REGION_BEGIN] = TIMED3("UserRegionBegin", "task", N, "name_string", S, "stack", K),
    [TRACE_EV_USER_REGION_END] = TIMED3("UserRegionEnd", "task", N, "name_string", S, "stack", K),
    [TRACE_EV_USER_LOG] = TIMED4("UserLog", "task", N, "key_string", S, "value_string", S, "stack", K),
    [TRACE_EV_GO_SWITCH] = TIMED2("GoSwitch", "g", N, "g_seq", N),
    [TRACE_EV_GO_SWITCH_DESTROY] = TIMED2("GoSwitchDestroy", "g", N, "g_seq", N),
    [TRACE_EV_GO_CREATE_BLOCKED] = TIMED3("GoCreateBlocked", "new_g", N, "new_stack", K, "stack", K),
    [TRACE_EV_GO_STATUS_STACK] = TIMED4("GoStatusStack", "g", N, "m", N, "gstatus", N, "stack", K),
    [TRACE_EV_EXPERIMENTAL_BATCH] = PLAIN("ExperimentalBatch"),
    [TRACE_EV_SYNC] = PLAIN("Sync"),
    [TRACE_EV_CLOCK_SNAPSHOT] = PLAIN("ClockSnapshot"),
    [TRACE_EV_END_OF_GENERATION] = PLAIN("EndOfGeneration"),
    [TRACE_EV_SPAN] = TIMED3("Span", "id", N, "npages_value", N, "kindclass", N),
    [TRACE_EV_SPAN_ALLOC] = TIMED3("SpanAlloc", "id", N, "npages_value", N, "kindclass", N),
    [TRACE_EV_SPAN_FREE] = TIMED1("SpanFree", "id", N),
    [TRACE_EV_HEAP_OBJECT] = TIMED2("HeapObject", "id", N, "type", N),
    [TRACE_EV_HEAP_OBJECT_ALLOC] = TIMED2("HeapObjectAlloc", "id", N, "type", N),
    [TRACE_EV_HEAP_OBJECT_FREE] = TIMED1("HeapObjectFree", "id", N),
    [TRACE_EV_GOROUTINE_STACK] = TIMED2("GoroutineStack", "id", N, "order", N),
    [TRACE_EV_GOROUTINE_STACK_ALLOC] = TIMED2("GoroutineStackAlloc", "id", N, "order", N),
    [TRACE_EV_GOROUTINE_STACK_FREE] = TIMED1("GoroutineStackFree", "id", N),
};

const struct trace_spec *trace_event_spec(unsigned type) {
    return &wire_specs[type < 256 ? type : 0];
}

const uint8_t *wire_behind(const uint8_t *p, const uint8_t *end) {
    const struct trace_spec *spec = &wire_specs[*p];
    if (!spec->timed) {
        return NULL;
    }
    p++;
    for (unsigned i = 0; i <= spec->nargs; i++) {
        uint64_t skipped;
        if (!wire_uint(&p, end, &skipped)) {
            return NULL;
        }
    }
    return p;
}

static const char *const code_texts[] = {
    [TRACE_OK] = "nothing lost",
    [TRACE_E_OPEN] = "can't be read",
    [TRACE_E_MEMORY] = "out of memory",
    [TRACE_E_HEADER] = "not a Go execution trace",
    [TRACE_E_VERSION] = "a Go trace of a version this reader does not know",
    [TRACE_E_PACKED] = "damaged packed data",
    [TRACE_E_TRUNCATED] = "cut off",
    [TRACE_E_BATCH] = "a damaged batch",
    [TRACE_E_GENERATION] = "a damaged generation",
    [TRACE_E_TABLE] = "a damaged table",
    [TRACE_E_EVENT] = "a damaged event",
    [TRACE_E_ORDER] = "events that contradict each other",
    [TRACE_E_LIMIT] = "more than this file can hold",
    [TRACE_E_RULE] = "an event that breaks a rule",
    [TRACE_E_ID] = "an event that names what is in no table",
    [TRACE_E_REEL] = "a damaged saved reel",
};

const char *trace_code_text(enum trace_code code) {
    size_t n = sizeof code_texts / sizeof code_texts[0];
    return (size_t)code < n ? code_texts[code] : "unknown error";
}

const char *trace_loss_text(const struct trace_loss *l) {
    return l->first.text[0] != '\0' ? l->first.text : trace_code_text(l->code);
}

const uint8_t *wire_uint_long(const uint8_t *p, uint64_t *out, bool *wrong) {
    const uint8_t *after = p;
    *wrong |= !wire_uint(&after, p + 10, out);
    return after;
}
