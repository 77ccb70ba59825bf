/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_rules.c - a trace that breaks one rule of the reference reader (internal/trace/order.go, Go 1.26) is shown all
 * the same, event for event, and the rule is named: code, words, place and flag.
 *
 * Each case is a handful of events behind the same beginning: thread 1 with P 0 and goroutine 1 running. Numbers in the
 * cases are type, arguments; each event is 1 clock unit after the one before.
 */
#include "tests/cmocka.h"
#include "traces/traces.h"

#include <string.h>

enum { MOST = 12 };

struct made {
    uint8_t data[2048];
    size_t size;
};

static void byte(struct made *b, unsigned v) {
    assert_true(b->size < sizeof b->data);
    b->data[b->size++] = (uint8_t)v;
}
static void number(struct made *b, uint64_t v) {
    for (; v >= 0x80; v >>= 7) {
        byte(b, (unsigned)(v & 0x7f) | 0x80);
    }
    byte(b, (unsigned)v);
}
static void append(struct made *b, const struct made *x) {
    for (size_t i = 0; i < x->size; i++) {
        byte(b, x->data[i]);
    }
}
/* A batch; its offset is returned and its body emptied. */
static size_t batch(struct made *b, uint64_t gen, uint64_t m, struct made *body) {
    size_t at = b->size;
    byte(b, TRACE_EV_EVENT_BATCH);
    number(b, gen);
    number(b, m);
    number(b, m == 1 ? 100 : 200);
    number(b, body->size);
    append(b, body);
    body->size = 0;
    return at;
}
static void event(struct made *b, const uint64_t *type_and_args) {
    byte(b, (unsigned)type_and_args[0]);
    byte(b, 1);
    for (unsigned i = 0; i < trace_event_spec((unsigned)type_and_args[0])->nargs; i++) {
        number(b, type_and_args[1 + i]);
    }
}
static void status(struct made *body, uint64_t gen) {
    const uint64_t p[] = {TRACE_EV_PROC_STATUS, 0, TRACE_PROC_RUNNING};
    const uint64_t g[] = {TRACE_EV_GO_STATUS, 1, 1, TRACE_GO_RUNNING};
    event(body, p);
    event(body, g);
    (void)gen;
}
/* String 1 "a", 2 "b"; stack 1 without frames. */
static void tables(struct made *b, uint64_t gen) {
    static const uint8_t strings[] = {4, 5, 1, 1, 'a', 5, 2, 1, 'b'};
    struct made body = {.size = sizeof strings};
    memcpy(body.data, strings, sizeof strings);
    batch(b, gen, UINT64_MAX, &body);
    byte(&body, TRACE_EV_STACKS);
    byte(&body, TRACE_EV_STACK);
    byte(&body, 1);
    byte(&body, 0);
    batch(b, gen, UINT64_MAX, &body);
    byte(&body, TRACE_EV_FREQUENCY);
    number(&body, 15625000);
    batch(b, gen, UINT64_MAX, &body);
}

struct rule_case {
    const char *text; /* NULL: nothing is broken */
    enum trace_code code;
    unsigned flags;
    uint64_t ev[5][5]; /* the last one that there is breaks the rule */
    bool later;        /* it stands in the second generation */
};

#define RULE  TRACE_E_RULE, TRACE_BROKE_RULE
#define MOVED TRACE_E_RULE, TRACE_BROKE_RULE | TRACE_BY_TIME
#define WAITS TRACE_E_ORDER, TRACE_BY_TIME

static const struct rule_case cases[] = {
    {"no event may come next: GoUnblock: number 4 of goroutine 7 waits for one that is missing",
     WAITS,
     {{TRACE_EV_GO_STATUS, 7, UINT64_MAX, TRACE_GO_WAITING}, {TRACE_EV_GO_UNBLOCK, 7, 4, 0}},
     false},
    {"no event may come next: GoStart: number 1 of goroutine 9 waits for one that is missing",
     WAITS,
     {{TRACE_EV_GO_STOP, 1, 0}, {TRACE_EV_GO_START, 9, 1}},
     true},
    {"no event may come next: ProcSteal: number 3 of P 5 waits for one that is missing",
     WAITS,
     {{TRACE_EV_PROC_STATUS, 5, TRACE_PROC_SYSCALL}, {TRACE_EV_PROC_STEAL, 5, 3, 2}},
     false},
    {"ProcStart: P 0 starts, but runs already: its mcache was flushed before",
     MOVED,
     {{TRACE_EV_PROC_START, 0, 1}},
     false},
    {"no event may come next: ProcStart: number 2 of P 0 waits for one that is missing",
     WAITS,
     {{TRACE_EV_PROC_START, 0, 2}},
     true},
    {"no event may come next: GCBegin: number 9 of GC waits for one that is missing",
     WAITS,
     {{TRACE_EV_GC_BEGIN, 3, 0}, {TRACE_EV_GC_END, 4}, {TRACE_EV_GC_BEGIN, 9, 0}},
     false},
    {"no event may come next: GoSyscallEndBlocked: it waits until its P is stolen",
     WAITS,
     {{TRACE_EV_GO_SYSCALL_BEGIN, 1, 0}, {TRACE_EV_GO_SYSCALL_END_BLOCKED}},
     false},
    {NULL, TRACE_OK, 0, {{TRACE_EV_STW_BEGIN, 1, 1}, {TRACE_EV_STW_END}}, false},
    {"STWBegin: it has begun already on goroutine 1",
     RULE,
     {{TRACE_EV_STW_BEGIN, 1, 1}, {TRACE_EV_STW_BEGIN, 1, 0}},
     false},
    {NULL, TRACE_OK, 0, {{TRACE_EV_STW_BEGIN, 1, 1}, {TRACE_EV_STW_BEGIN, 2, 0}}, false},
    {"STWEnd: it never began on goroutine 1", RULE, {{TRACE_EV_STW_END}}, false},
    {"GCMarkAssistBegin: it has begun already on goroutine 1",
     RULE,
     {{TRACE_EV_GC_MARK_ASSIST_BEGIN, 0}, {TRACE_EV_GC_MARK_ASSIST_BEGIN, 0}},
     false},
    {"GCMarkAssistEnd: it never began on goroutine 1",
     RULE,
     {{TRACE_EV_STW_BEGIN, 1, 1}, {TRACE_EV_GC_MARK_ASSIST_END}},
     false},
    {"GCMarkAssistActive: goroutine 5 is unknown", RULE, {{TRACE_EV_GC_MARK_ASSIST_ACTIVE, 5}}, false},
    {"GCMarkAssistActive: it has begun already on goroutine 1",
     RULE,
     {{TRACE_EV_GC_MARK_ASSIST_ACTIVE, 1}, {TRACE_EV_GC_MARK_ASSIST_ACTIVE, 1}},
     false},
    {"GCMarkAssistActive: it never began on goroutine 1", RULE, {{TRACE_EV_GC_MARK_ASSIST_ACTIVE, 1}}, true},
    {"GCSweepBegin: it has begun already on P 0",
     RULE,
     {{TRACE_EV_GC_SWEEP_BEGIN, 0}, {TRACE_EV_GC_SWEEP_BEGIN, 0}},
     false},
    {"GCSweepEnd: it never began on P 0", RULE, {{TRACE_EV_GC_SWEEP_END, 1, 2}}, false},
    {"GCSweepActive: P 3 is unknown", RULE, {{TRACE_EV_GC_SWEEP_ACTIVE, 3}}, false},
    {"GCSweepActive: it has begun already on P 0",
     RULE,
     {{TRACE_EV_GC_SWEEP_BEGIN, 0}, {TRACE_EV_GC_SWEEP_ACTIVE, 0}},
     false},
    {"GCSweepActive: it never began on P 0", RULE, {{TRACE_EV_GC_SWEEP_ACTIVE, 0}}, true},
    {NULL, TRACE_OK, 0, {{TRACE_EV_USER_REGION_BEGIN, 7, 1, 0}, {TRACE_EV_USER_REGION_END, 7, 1, 0}}, false},
    {NULL, TRACE_OK, 0, {{TRACE_EV_USER_REGION_END, 7, 1, 0}}, false},
    {"UserRegionEnd: goroutine 1's innermost region is another",
     RULE,
     {{TRACE_EV_USER_REGION_BEGIN, 7, 1, 0}, {TRACE_EV_USER_REGION_END, 7, 2, 0}},
     false},
    {"UserRegionEnd: goroutine 1's innermost region is another",
     RULE,
     {{TRACE_EV_USER_REGION_BEGIN, 7, 1, 0}, {TRACE_EV_USER_REGION_END, 8, 1, 0}},
     false},
    {"UserTaskBegin: task 7 has begun already",
     RULE,
     {{TRACE_EV_USER_TASK_BEGIN, 7, 0, 1, 0}, {TRACE_EV_USER_TASK_BEGIN, 7, 0, 1, 0}},
     false},
    {NULL,
     TRACE_OK,
     0,
     {{TRACE_EV_USER_TASK_BEGIN, 7, 0, 1, 0}, {TRACE_EV_USER_TASK_END, 7, 0}, {TRACE_EV_USER_TASK_BEGIN, 7, 0, 1, 0}},
     false},
    {"UserLog: string 9 is in no table", TRACE_E_ID, TRACE_BROKE_RULE, {{TRACE_EV_USER_LOG, 0, 1, 9, 0}}, false},
    {"GoLabel: string 3 is in no table", TRACE_E_ID, TRACE_BROKE_RULE, {{TRACE_EV_GO_LABEL, 3}}, false},
    {"GoBlock: stack 2 is in no table", TRACE_E_ID, TRACE_BROKE_RULE, {{TRACE_EV_GO_BLOCK, 1, 2}}, false},
    {"GoCreate: stack 1000000000000 is in no table",
     TRACE_E_ID,
     TRACE_BROKE_RULE,
     {{TRACE_EV_GO_CREATE, 2, UINT64_C(1000000000000), 0}},
     false},
    {"ProcsChange: its thread runs no goroutine",
     RULE,
     {{TRACE_EV_GO_BLOCK, 1, 0}, {TRACE_EV_PROCS_CHANGE, 2, 0}},
     false},
    {"HeapAlloc: its thread has no P", RULE, {{TRACE_EV_PROC_STOP}, {TRACE_EV_HEAP_ALLOC, 5}}, false},
    {"GoCreate: goroutine 1 exists already", MOVED, {{TRACE_EV_GO_CREATE, 1, 0, 0}}, false},
    {"GoBlock: its thread runs no goroutine", MOVED, {{TRACE_EV_GO_BLOCK, 1, 0}, {TRACE_EV_GO_BLOCK, 1, 0}}, false},
    {"GoSyscallEnd: goroutine 1 is in no system call", MOVED, {{TRACE_EV_GO_SYSCALL_END}}, false},
    {"GoSyscallBegin: number 7 does not follow on that of P 0", MOVED, {{TRACE_EV_GO_SYSCALL_BEGIN, 7, 0}}, false},
    {"ProcStop: its thread has no P", MOVED, {{TRACE_EV_PROC_STOP}, {TRACE_EV_PROC_STOP}}, false},
    {"ProcStatus: P 0 was left in status 1", MOVED, {{TRACE_EV_PROC_STATUS, 0, TRACE_PROC_IDLE}}, false},
    {"ProcStatus: there is no status 5", MOVED, {{TRACE_EV_PROC_STATUS, 9, 5}}, false},
    {"GoStatus: goroutine 1 was left in status 2", MOVED, {{TRACE_EV_GO_STATUS, 1, 1, TRACE_GO_WAITING}}, false},
    {"GoStatus: goroutine 6 is new, but was not created", MOVED, {{TRACE_EV_GO_STATUS, 6, 1, TRACE_GO_WAITING}}, true},
    {"GoStatus: goroutine 6 is in a system call, but on no thread",
     MOVED,
     {{TRACE_EV_GO_STATUS, 6, UINT64_MAX, TRACE_GO_SYSCALL}},
     false},
    {"GCActive: GC 5 is not the first thing heard of GC",
     MOVED,
     {{TRACE_EV_GC_BEGIN, 4, 0}, {TRACE_EV_GC_ACTIVE, 5}},
     false},
    {"GCBegin: GC 5 begins while another is under way",
     MOVED,
     {{TRACE_EV_GC_BEGIN, 4, 0}, {TRACE_EV_GC_BEGIN, 5, 0}},
     false},
    {"GCEnd: GC 6 is not under way",
     MOVED,
     {{TRACE_EV_GC_BEGIN, 4, 0}, {TRACE_EV_GC_END, 5}, {TRACE_EV_GC_END, 6}},
     false},
    {"GCActive: GC 6 is not under way",
     MOVED,
     {{TRACE_EV_GC_BEGIN, 4, 0}, {TRACE_EV_GC_END, 5}, {TRACE_EV_GC_ACTIVE, 6}},
     true},
    {"GoStart: its thread runs a goroutine already",
     MOVED,
     {{TRACE_EV_GO_CREATE, 2, 0, 0}, {TRACE_EV_GO_START, 2, 1}},
     false},
    {"GoCreateSyscall: its thread runs a goroutine already", MOVED, {{TRACE_EV_GO_CREATE_SYSCALL, 2}}, false},
    {"GoSyscallEnd: P 0 is in no system call",
     MOVED,
     {{TRACE_EV_GO_STATUS, 6, 1, TRACE_GO_SYSCALL}, {TRACE_EV_GO_SYSCALL_END}},
     false},
    {"GoDestroySyscall: P 0 is in no system call",
     MOVED,
     {{TRACE_EV_GO_STATUS, 6, 1, TRACE_GO_SYSCALL}, {TRACE_EV_GO_DESTROY_SYSCALL}},
     false},
    {"GoBlock: goroutine 6 does not run",
     MOVED,
     {{TRACE_EV_GO_STATUS, 6, 1, TRACE_GO_SYSCALL}, {TRACE_EV_GO_BLOCK, 1, 0}},
     false},
    {"ProcStart: number 1 of P 0 has been already",
     MOVED,
     {{TRACE_EV_PROC_STOP}, {TRACE_EV_PROC_START, 0, 1}, {TRACE_EV_PROC_STOP}, {TRACE_EV_PROC_START, 0, 1}},
     false},
    {"GoUnblock: number 0 of goroutine 2 has been already",
     MOVED,
     {{TRACE_EV_GO_CREATE, 2, 0, 0}, {TRACE_EV_GO_UNBLOCK, 2, 0, 0}},
     false},
    {"ProcSteal: P 0 is stolen from thread 9, which does not have it",
     MOVED,
     {{TRACE_EV_GO_SYSCALL_BEGIN, 1, 0}, {TRACE_EV_PROC_STEAL, 0, 2, 9}},
     false},
    {"ProcStatus: P 5 is about to be stolen, but no thread has it",
     MOVED,
     {{TRACE_EV_PROC_STATUS, 5, TRACE_PROC_SYSCALL},
      {TRACE_EV_PROC_STATUS, 0, TRACE_PROC_RUNNING},
      {TRACE_EV_PROC_STATUS, 5, TRACE_PROC_SYSCALL_ABANDONED}},
     false},
    {"GoStatus: goroutine 7 is in a system call on thread 3, which runs another",
     MOVED,
     {{TRACE_EV_GO_STATUS, 6, 3, TRACE_GO_SYSCALL}, {TRACE_EV_GO_STATUS, 7, 3, TRACE_GO_SYSCALL}},
     false},
};

/* The last event is another thread's, later than all others. */
static const struct {
    struct rule_case c;
    uint64_t thread;
} others[] = {
    {{"HeapAlloc: it comes from no thread", RULE, {{TRACE_EV_HEAP_ALLOC, 5}}, false}, UINT64_MAX},
    {{"GoStatus: goroutine 1 is in a system call on thread 2, which runs another",
      MOVED,
      {{TRACE_EV_GO_SYSCALL_BEGIN, 1, 0}, {TRACE_EV_GO_STATUS, 1, 2, TRACE_GO_SYSCALL}},
      true},
     2},
};

static size_t build(const struct rule_case *c, uint64_t thread, struct made *b, size_t *n) {
    struct made body = {.size = 0};
    memcpy(b->data, "go 1.23 trace\0\0\0", 16);
    b->size = 16;
    *n = 2;
    status(&body, 1);
    if (c->later) {
        batch(b, 1, 1, &body);
        tables(b, 1);
        status(&body, 2);
        *n += 2;
    }
    size_t at = 0;
    for (size_t i = 0; i < 5 && c->ev[i][0] != 0; i++, ++*n) {
        bool last = i == 4 || c->ev[i + 1][0] == 0;
        if (last && thread != 1) {
            batch(b, c->later ? 2 : 1, 1, &body);
        }
        event(&body, c->ev[i]);
    }
    at = batch(b, c->later ? 2 : 1, thread, &body);
    tables(b, c->later ? 2 : 1);
    return at;
}

static void check(const struct rule_case *c, uint64_t thread) {
    struct made b;
    size_t n, got = 0, at = build(c, thread, &b, &n);
    struct trace_error err;
    struct trace_event ev[MOST];
    trace *t = trace_open_memory(b.data, b.size, &err);
    assert_non_null(t);
    for (size_t k; (k = trace_read(t, ev + got, MOST - got)) > 0;) {
        got += k;
    }
    const struct trace_loss *l = trace_loss(t);
    assert_int_equal(got, n);
    if (l->code != c->code) {
        fail_msg("%s: %s", c->text != NULL ? c->text : "nothing", trace_loss_text(l));
    }
    assert_int_equal(ev[n - 1].flags, c->flags);
    assert_int_equal(ev[n - 2].flags, 0);
    if (c->text != NULL) {
        assert_string_equal(l->first.text, c->text);
        assert_int_equal(l->of_code[c->code], 1);
        assert_int_equal(l->count, 1);
        assert_int_equal(l->first.batch, at);
        assert_int_equal(l->first.generation, c->later ? 2 : 1);
        assert_int_equal(b.data[l->first.offset], ev[n - 1].type); /* where the event stands */
    }
    trace_close(&t);
}

static void broken_rules_are_named(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        check(&cases[i], 1);
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        check(&others[i].c, others[i].thread);
    }
}

/* Only so many ranges may be open at once, of whatever kinds. */
static void open_ranges_are_bounded(void **state) {
    (void)state;
    enum { OPEN = 64 };
    struct made b = {.size = 16}, body = {.size = 0};
    memcpy(b.data, "go 1.23 trace\0\0\0", 16);
    status(&body, 1);
    for (uint64_t i = 1; i <= OPEN + 1; i++) {
        const uint64_t begin[] = {TRACE_EV_STW_BEGIN, i, 0};
        event(&body, begin);
    }
    batch(&b, 1, 1, &body);
    byte(&body, TRACE_EV_STRINGS);
    for (unsigned i = 1; i <= OPEN + 1; i++) {
        byte(&body, TRACE_EV_STRING);
        byte(&body, i);
        byte(&body, 0);
    }
    batch(&b, 1, UINT64_MAX, &body);
    byte(&body, TRACE_EV_FREQUENCY);
    number(&body, 15625000);
    batch(&b, 1, UINT64_MAX, &body);
    struct trace_error err;
    struct trace_event ev[2 * OPEN];
    trace *t = trace_open_memory(b.data, b.size, &err);
    size_t n = 0;
    assert_non_null(t);
    for (size_t k; (k = trace_read(t, ev + n, 2 * OPEN - n)) > 0;) {
        n += k;
    }
    assert_int_equal(n, 2 + OPEN + 1);
    assert_string_equal(trace_loss(t)->first.text, "STWBegin: goroutine 1 has more than 64 of it open");
    assert_int_equal(trace_loss(t)->count, 1);
    assert_int_equal(ev[n - 1].flags, TRACE_BROKE_RULE);
    assert_int_equal(ev[n - 2].flags, 0);
    trace_close(&t);
}

/* A P that runs already, as its status was told while its mcache was flushed, starts without waiting for other threads.
 */
static void a_p_told_too_early_starts_at_once(void **state) {
    (void)state;
    enum { LATER = 150, EVENTS = 5 };
    const uint64_t runs[] = {TRACE_EV_PROC_STATUS, 1, TRACE_PROC_RUNNING}, starts[] = {TRACE_EV_PROC_START, 1, 1};
    struct made b = {.size = 16}, body = {.size = 0};
    memcpy(b.data, "go 1.23 trace\0\0\0", 16);
    status(&body, 1);
    byte(&body, TRACE_EV_GO_LABEL);
    number(&body, LATER);
    number(&body, 1);
    batch(&b, 1, 1, &body);
    event(&body, runs);
    event(&body, starts);
    batch(&b, 1, 2, &body);
    tables(&b, 1);
    struct trace_error err;
    struct trace_event ev[EVENTS + 1];
    trace *t = trace_open_memory(b.data, b.size, &err);
    size_t n = 0;
    assert_non_null(t);
    for (size_t k; n <= EVENTS && (k = trace_read(t, ev + n, EVENTS + 1 - n)) > 0;) {
        n += k;
    }
    assert_int_equal(n, EVENTS);
    assert_int_equal(ev[3].type, TRACE_EV_PROC_START);
    assert_int_equal(ev[4].type, TRACE_EV_GO_LABEL);
    assert_true(ev[2].time < ev[3].time && ev[3].time < ev[4].time);
    assert_int_equal(trace_loss(t)->count, 1);
    trace_close(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(broken_rules_are_named),
                                       cmocka_unit_test(a_p_told_too_early_starts_at_once),
                                       cmocka_unit_test(open_ranges_are_bounded)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
