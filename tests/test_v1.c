/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_v1.c - traces of Go 1.5 to 1.21: small made-up ones for what each version does differently, cut and changed
 * ones.
 */
#include "tests/cmocka.h"
#include "tests/fixtures.h"
#include "traces/traces.h"
#include "traces/v1_wire.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct made {
    uint8_t bytes[4096];
    size_t size;
    int version;
};

static void put(struct made *m, uint64_t v) {
    for (; v >= 0x80; v >>= 7) {
        m->bytes[m->size++] = (uint8_t)(v | 0x80);
    }
    m->bytes[m->size++] = (uint8_t)v;
}

static void start(struct made *m, int version) {
    memset(m, 0, sizeof *m);
    snprintf((char *)m->bytes, 17, "go 1.%d trace", version);
    m->size = 16;
    m->version = version;
}

/* An event of n numbers in all, written as the runtime does: few of them are counted, many have their length told. */
static void event(struct made *m, uint8_t type, int n, ...) {
    int least = m->version < 7 ? 2 : 1;
    va_list ap;
    va_start(ap, n);
    size_t head = m->size;
    bool counted = n >= least && n < least + 3;
    m->size += counted ? 1 : 2;
    for (int i = 0; i < n; i++) {
        put(m, (uint64_t)va_arg(ap, int));
    }
    m->bytes[head] = (uint8_t)(type | (counted ? n - least : 3) << 6);
    if (!counted) {
        m->bytes[head + 1] = (uint8_t)(m->size - head - 2);
    }
    va_end(ap);
}

static void text(struct made *m, const char *s) {
    put(m, strlen(s));
    memcpy(m->bytes + m->size, s, strlen(s));
    m->size += strlen(s);
}

static void string(struct made *m, unsigned id, const char *s) {
    m->bytes[m->size++] = V1_STRING | 2 << 6;
    put(m, id);
    text(m, s);
}

/* All events of a made-up trace, with their names. */
static size_t read_made(const struct made *m, trace **t, struct trace_event *ev, size_t max) {
    struct trace_error err;
    *t = trace_open_memory(m->bytes, m->size, &err);
    assert_non_null(*t);
    assert_int_equal(trace_version(*t), m->version);
    size_t n = 0;
    for (size_t got; n < max && (got = trace_read(*t, ev + n, 1)) > 0; n += got) {
    }
    return n;
}

static bool text_is(struct trace_text t, const char *s) {
    return t.len == strlen(s) && memcmp(t.ptr, s, t.len) == 0;
}

static void expect_types(const struct trace_event *ev, size_t n, const uint8_t *want, size_t nwant) {
    for (size_t i = 0; i < n && i < nwant; i++) {
        if (ev[i].type != want[i]) {
            fail_msg("event %zu is %s, not %s", i, trace_event_spec(ev[i].type)->name, trace_event_spec(want[i])->name);
        }
    }
    assert_int_equal(n, nwant);
}

/* Two Ps: what happens on the second one waits for the first, whatever its time. 1 tick is 2 ns. */
static void make_two(struct made *m) {
    start(m, 21);
    event(m, V1_BATCH, 2, 1, 1000);
    event(m, V1_PROC_START, 2, 5, 77);
    event(m, V1_GO_START, 3, 1, 2, 1); /* waits for P 0 */
    event(m, V1_TASK_CREATE, 5, 1, 9, 0, 3, 0);
    event(m, V1_LOG, 4, 1, 9, 3, 4);
    text(m, "hello");
    event(m, V1_REGION, 5, 1, 9, 0, 3, 0);
    event(m, V1_REGION, 5, 1, 9, 1, 3, 0);
    event(m, V1_TASK_END, 3, 1, 9, 0);
    event(m, V1_GO_BLOCK_SEND, 2, 1, 4);
    event(m, V1_BATCH, 2, 0, 1000);
    event(m, V1_GO_CREATE, 4, 0, 1, 0, 0);
    event(m, V1_GO_CREATE, 4, 0, 2, 0, 0);
    event(m, V1_GO_CREATE, 4, 0, 3, 0, 0);
    event(m, V1_GO_WAITING, 2, 0, 3);
    event(m, V1_PROC_START, 2, 1, 66);
    event(m, V1_GO_START, 3, 1, 1, 1);
    event(m, V1_GOMAXPROCS, 3, 1, 4, 0);
    event(m, V1_STW_START, 2, 1, 9);
    event(m, V1_STW_DONE, 1, 1);
    event(m, V1_GO_SYSCALL, 2, 1, 0);
    event(m, V1_HEAP_ALLOC, 2, 1, 12345);
    event(m, V1_GC_START, 3, 1, 0, 0);
    event(m, V1_GC_DONE, 1, 1);
    event(m, V1_GO_SCHED, 2, 100, 4);
    event(m, V1_CPU_SAMPLE, 5, 1, 1004, 1, 2, 4);
    event(m, V1_FREQUENCY, 1, 500000000);
    string(m, 3, "job");
    string(m, 6, "main.work");
    event(m, V1_STACK, 6, 4, 1, 4096, 6, 3, 17);
}

static void old_events_get_todays_names(void **state) {
    (void)state;
    static const uint8_t want[] = {
        TRACE_EV_GO_STATUS,   TRACE_EV_PROC_STATUS,       TRACE_EV_GO_STATUS,       TRACE_EV_PROCS_CHANGE,
        TRACE_EV_GO_STATUS,   TRACE_EV_STW_BEGIN,         TRACE_EV_CPU_SAMPLE,      TRACE_EV_STW_END,
        TRACE_EV_PROC_STATUS, TRACE_EV_GO_SYSCALL_BEGIN,  TRACE_EV_GO_SYSCALL_END,  TRACE_EV_GO_START,
        TRACE_EV_HEAP_ALLOC,  TRACE_EV_USER_TASK_BEGIN,   TRACE_EV_GC_BEGIN,        TRACE_EV_USER_LOG,
        TRACE_EV_GC_END,      TRACE_EV_USER_REGION_BEGIN, TRACE_EV_USER_REGION_END, TRACE_EV_USER_TASK_END,
        TRACE_EV_GO_BLOCK,    TRACE_EV_GO_STOP,
    };
    static struct made m;
    struct trace_event ev[64];
    trace *t;
    make_two(&m);
    size_t n = read_made(&m, &t, ev, 64);
    assert_int_equal(trace_loss(t)->code, TRACE_OK);
    assert_int_equal(n, sizeof want);
    const struct trace_event *at[TRACE_EV_LIMIT] = {0};
    unsigned count[256] = {0}, expected[256] = {0};
    for (size_t i = 0; i < n; i++) {
        assert_true(i == 0 || ev[i].time >= ev[i - 1].time);
        at[ev[i].type] = &ev[i];
        count[ev[i].type]++;
        expected[want[i]]++;
    }
    assert_memory_equal(count, expected, sizeof count); /* equal times: their order is tested by the reference */
    assert_int_equal(at[TRACE_EV_HEAP_ALLOC]->arg[0], 12345);
    assert_true(text_is(trace_string(t, at[TRACE_EV_STW_BEGIN]->arg[0]), "GOMAXPROCS"));
    assert_true(text_is(trace_string(t, at[TRACE_EV_USER_LOG]->arg[2]), "hello"));
    assert_true(text_is(trace_string(t, at[TRACE_EV_USER_LOG]->arg[1]), "job"));
    assert_true(text_is(trace_string(t, at[TRACE_EV_GO_BLOCK]->arg[0]), "chan send"));
    assert_true(text_is(trace_string(t, at[TRACE_EV_GO_STOP]->arg[0]), "runtime.Gosched"));
    assert_int_equal(at[TRACE_EV_GO_BLOCK]->m, 77);
    assert_int_equal(at[TRACE_EV_GO_BLOCK]->p, 1);
    assert_int_equal(at[TRACE_EV_GO_BLOCK]->g, 2);
    assert_int_equal(at[TRACE_EV_CPU_SAMPLE]->g, 2);
    assert_int_equal(at[TRACE_EV_CPU_SAMPLE]->time, 8);
    assert_int_equal(at[TRACE_EV_GC_BEGIN]->p, 1000004);
    struct trace_frame f[2];
    assert_int_equal(trace_stack(t, at[TRACE_EV_GO_BLOCK]->arg[1], f, 2), 1);
    assert_true(f[0].pc == 4096 && f[0].line == 17 && text_is(f[0].func, "main.work") && text_is(f[0].file, "job"));
    assert_int_equal(trace_stack(t, 99, f, 2), 0);
    trace_close(&t);
}

/* 1.5: everything is numbered, nothing has a name; the file order says nothing. */
static void go15_is_ordered_by_number(void **state) {
    (void)state;
    static const uint8_t want[] = {TRACE_EV_PROCS_CHANGE, TRACE_EV_GO_CREATE,      TRACE_EV_GO_START,
                                   TRACE_EV_GC_BEGIN,     TRACE_EV_GC_SWEEP_BEGIN, TRACE_EV_GC_SWEEP_END};
    static struct made m;
    struct trace_event ev[16];
    trace *t;
    start(&m, 5);
    event(&m, V1_BATCH, 3, 1, 3, 100); /* pid, number, ticks; then number and time as differences */
    event(&m, V1_GO_START, 3, 1, 2, 7);
    event(&m, V1_GC_START, 3, 1, 1, 0);
    event(&m, V1_SWEEP_START, 3, 1, 1, 5);
    event(&m, V1_SWEEP_DONE, 2, 1, 1);
    event(&m, V1_BATCH, 3, 0, 1, 100);
    event(&m, V1_GOMAXPROCS, 4, 1, 0, 2, 0);
    event(&m, V1_GO_CREATE, 5, 1, 1, 7, 0, 0);
    event(&m, V1_FREQUENCY, 2, 1000000000, 0);
    event(&m, V1_STACK, 4, 5, 2, 1000, 2000);
    size_t n = read_made(&m, &t, ev, 16);
    assert_int_equal(trace_loss(t)->code, TRACE_OK);
    expect_types(ev, n, want, sizeof want);
    assert_int_equal(ev[2].time, 2);
    assert_int_equal(ev[2].g, 7);
    struct trace_frame f[2];
    assert_int_equal(trace_stack(t, ev[4].arg[0], f, 2), 2);
    assert_true(f[0].pc == 1000 && f[1].pc == 2000 && f[0].func.len == 0);
    trace_close(&t);
}

/* What later versions added or changed. */
static void versions_differ(void **state) {
    (void)state;
    static const struct {
        int version;
        uint8_t type;
        int numbers;
        bool known;
    } cases[] = {
        {7, V1_SWEEP_DONE, 1, true},   {8, V1_SWEEP_DONE, 3, false}, {9, V1_SWEEP_DONE, 3, true},
        {9, V1_STW_START, 1, true},    {10, V1_STW_START, 2, true},  {10, V1_STW_START, 1, false},
        {7, V1_GO_BLOCK_GC, 2, false}, {8, V1_GO_BLOCK_GC, 2, true}, {8, V1_ASSIST_START, 2, false},
        {9, V1_ASSIST_START, 2, true}, {10, V1_TASK_END, 3, false},  {11, V1_TASK_END, 3, true},
        {11, V1_CPU_SAMPLE, 5, false}, {19, V1_CPU_SAMPLE, 5, true}, {5, V1_STRING, 2, false},
        {21, V1_GO_START, 3, true},    {21, V1_GO_START, 2, false},  {21, 0, 1, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct v1_format f;
        struct v1_raw raw;
        static struct made m;
        start(&m, cases[i].version);
        v1_format_init(&f, cases[i].version);
        event(&m, cases[i].type, cases[i].numbers, 1, 2, 3, 4, 5);
        const uint8_t *p = m.bytes + 16;
        bool known = v1_decode(&f, &p, m.bytes + m.size, &raw) == V1_DECODED;
        if (known != cases[i].known) {
            fail_msg("1.%d event %u", cases[i].version, cases[i].type);
        }
    }
    struct trace_error err;
    static const char *const none[] = {"go 1.6 trace\0\0\0\0", "go 1.12 trace\0\0\0", "go 1.20 trace\0\0\0"};
    for (size_t i = 0; i < 3; i++) {
        assert_null(trace_open_memory(none[i], 16, &err));
        assert_int_equal(err.code, TRACE_E_VERSION);
    }
}

/* A killed program: no frequency. One tick counts as a nanosecond, and that is told. */
static void without_frequency_times_are_ticks(void **state) {
    (void)state;
    static struct made m;
    struct trace_event ev[8];
    trace *t;
    start(&m, 11);
    event(&m, V1_BATCH, 2, 0, 1000);
    event(&m, V1_HEAP_ALLOC, 2, 5, 1);
    event(&m, V1_HEAP_ALLOC, 2, 30, 2);
    assert_int_equal(read_made(&m, &t, ev, 8), 2);
    assert_int_equal(ev[1].time, 30);
    assert_int_equal(trace_loss(t)->code, TRACE_E_GENERATION);
    assert_non_null(strstr(trace_loss(t)->first.text, "ticks"));
    trace_close(&t);
}

/* An event whose goroutine never comes to be: shown all the same, and marked. */
static void missing_events_are_told(void **state) {
    (void)state;
    static struct made m;
    struct trace_event ev[8];
    trace *t;
    start(&m, 19);
    event(&m, V1_BATCH, 2, 0, 1000);
    event(&m, V1_GOMAXPROCS, 3, 1, 4, 0);
    event(&m, V1_GO_START, 3, 1, 7, 3);
    event(&m, V1_HEAP_ALLOC, 2, 1, 2);
    m.bytes[m.size++] = 0; /* no such event */
    m.bytes[m.size++] = 0xff;
    event(&m, V1_BATCH, 2, 1, 2000);
    event(&m, V1_HEAP_GOAL, 2, 1, 3);
    event(&m, V1_FREQUENCY, 1, 1000000000);
    assert_int_equal(read_made(&m, &t, ev, 8), 4);
    assert_int_equal(ev[1].flags & TRACE_BY_TIME, TRACE_BY_TIME);
    assert_int_equal(ev[3].type, TRACE_EV_HEAP_GOAL);
    assert_int_equal(trace_loss(t)->by_time, 1);
    assert_int_equal(trace_loss(t)->bytes, 2);
    assert_int_equal(trace_loss(t)->count, 2);
    assert_int_equal(trace_loss(t)->first.code, TRACE_E_EVENT);
    assert_int_equal(trace_loss(t)->first.batch, 16);
    trace_close(&t);
}

/* Found while the bytes are scanned, put in order, or shown: where the batch's header stands is always told. */
static void losses_name_their_batch(void **state) {
    (void)state;
    static struct made m;
    struct trace_event ev[8];
    for (int way = 0; way < 3; way++) {
        trace *t;
        start(&m, 19);
        event(&m, V1_BATCH, 2, 0, 1000);
        event(&m, V1_GOMAXPROCS, 3, 1, 4, 0);
        size_t second = m.size;
        event(&m, V1_BATCH, 2, 1, 2000);
        event(&m, V1_HEAP_ALLOC, 2, 1, 2);
        size_t at = m.size;
        if (way == 0) {
            m.bytes[m.size++] = 0;
            m.bytes[m.size++] = 0xff;
        } else if (way == 1) {
            event(&m, V1_GO_START, 3, 1, 7, 3);
        } else {
            event(&m, V1_GC_DONE, 1, 1); /* none has begun */
        }
        event(&m, V1_BATCH, 2, 2, 3000);
        event(&m, V1_HEAP_GOAL, 2, 1, 3);
        event(&m, V1_FREQUENCY, 1, 1000000000);
        assert_true(read_made(&m, &t, ev, 8) >= 3);
        static const enum trace_code codes[] = {TRACE_E_EVENT, TRACE_E_ORDER, TRACE_E_RULE};
        assert_int_equal(trace_loss(t)->first.code, codes[way]);
        assert_int_equal(trace_loss(t)->first.offset, at);
        assert_int_equal(trace_loss(t)->first.batch, second);
        if (way == 1) {
            assert_string_equal(trace_loss(t)->first.text,
                                "no event may come next: what goroutine 7 did before is missing");
        }
        trace_close(&t);
    }
}

/*
 * What breaks a rule is shown and named. Cases are events behind P 0 running goroutine 1, numbers without differences;
 * the last one breaks the rule. In 1.5 events are ordered by number alone, so that more can be broken than told by it.
 */
static const struct {
    const char *text;
    int version;
    int ev[3][6]; /* type, how many numbers, numbers */
} broken[] = {
    {"a goroutine leaves a P that it doesn't run on", 21, {{V1_GO_SCHED, 1, 0}, {V1_GO_END, 0}}},
    {"a user region that neither begins nor ends", 21, {{V1_REGION, 4, 1, 2, 3, 0}}},
    {"a user region ends that isn't its goroutine's innermost",
     21,
     {{V1_REGION, 4, 1, 0, 3, 0}, {V1_REGION, 4, 2, 1, 3, 0}}},
    {"a user task begins twice", 21, {{V1_TASK_CREATE, 4, 1, 0, 3, 0}, {V1_TASK_CREATE, 4, 1, 0, 3, 0}}},
    {"a mark assist begins within another", 21, {{V1_ASSIST_START, 1, 0}, {V1_ASSIST_START, 1, 0}}},
    {"a P starts that runs already", 21, {{V1_PROC_START, 1, 7}}},
    {"a P stops that runs a goroutine", 21, {{V1_PROC_STOP, 0}}},
    {"a P stops that doesn't run", 21, {{V1_GO_SCHED, 1, 0}, {V1_PROC_STOP, 0}, {V1_PROC_STOP, 0}}},
    {"a GC begins within another", 21, {{V1_GC_START, 2, 0, 0}, {V1_GC_START, 2, 1, 0}}},
    {"a GC ends that never began", 21, {{V1_GC_DONE, 0}}},
    {"a stop-the-world begins within another", 21, {{V1_STW_START, 1, 9}, {V1_STW_START, 1, 9}}},
    {"a stop-the-world ends that never began", 21, {{V1_STW_DONE, 0}}},
    {"a sweep begins within another", 21, {{V1_SWEEP_START, 1, 0}, {V1_SWEEP_START, 1, 0}}},
    {"a sweep ends that never began", 21, {{V1_SWEEP_DONE, 2, 0, 0}}},
    {"a goroutine starts on a P that runs another", 21, {{V1_GO_CREATE, 3, 2, 0, 0}, {V1_GO_START, 2, 2, 1}}},
    {"a system call of a goroutine that doesn't run", 21, {{V1_GO_SCHED, 1, 0}, {V1_GO_SYSCALL, 1, 0}}},
    {"a goroutine starts that can't run", 5, {{V1_GO_START, 1, 2}}},
    {"a goroutine is created that exists already", 5, {{V1_GO_CREATE, 3, 1, 0, 0}}},
    {"a goroutine waits that wasn't just created", 5, {{V1_GO_WAITING, 1, 1}}},
    {"a goroutine is unblocked that doesn't wait", 5, {{V1_GO_UNBLOCK, 2, 1, 0}}},
};

static size_t put_broken(struct made *m, const int ev[6]) {
    int n = ev[1], least = m->version < 7 ? 2 : 1;
    size_t at = m->size;
    bool counted = n < 3;
    m->bytes[m->size++] = (uint8_t)(ev[0] | (counted ? n : 3) << 6);
    if (!counted) {
        m->bytes[m->size++] = (uint8_t)(n + least);
    }
    for (int i = 0; i < n + least; i++) {
        put(m, i < least ? 1 : (uint64_t)ev[2 + i - least]);
    }
    return at;
}

static void broken_rules_are_named(void **state) {
    (void)state;
    static struct made m;
    struct trace_event ev[16];
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        static const int begin[][6] = {{V1_GOMAXPROCS, 2, 4, 0}, {V1_GO_CREATE, 3, 1, 0, 0}, {V1_PROC_START, 1, 66}};
        const int start_new[] = {V1_GO_START, 2, 1, 1, 0, 0}, start_old[] = {V1_GO_START, 1, 1, 0, 0, 0};
        size_t at = 0;
        trace *t;
        start(&m, broken[i].version);
        if (broken[i].version < 7) {
            event(&m, V1_BATCH, 3, 0, 1, 1000);
        } else {
            event(&m, V1_BATCH, 2, 0, 1000);
        }
        for (size_t k = 0; k < sizeof begin / sizeof begin[0]; k++) {
            put_broken(&m, begin[k]);
        }
        put_broken(&m, broken[i].version < 7 ? start_old : start_new);
        for (size_t k = 0; k < 3 && broken[i].ev[k][0] != 0; k++) {
            at = put_broken(&m, broken[i].ev[k]);
        }
        if (broken[i].version < 7) {
            event(&m, V1_FREQUENCY, 2, 1000000000, 0);
        } else {
            event(&m, V1_FREQUENCY, 1, 1000000000);
        }
        size_t n = read_made(&m, &t, ev, 16);
        const struct trace_loss *l = trace_loss(t);
        if (strcmp(l->first.text, broken[i].text) != 0 && l->count > 0) {
            fail_msg("%s: %s", broken[i].text, l->first.text);
        }
        assert_int_equal(l->code, TRACE_E_RULE);
        assert_string_equal(l->first.text, broken[i].text);
        assert_int_equal(l->first.offset, at);
        assert_int_equal(l->first.batch, 16);
        assert_int_equal(l->first.generation, 1);
        size_t flagged = 0;
        for (size_t k = 0; k < n; k++) {
            flagged += (ev[k].flags & TRACE_BROKE_RULE) != 0;
        }
        assert_int_equal(l->count, 1);
        assert_true(flagged > 0); /* a system call is two events */
        trace_close(&t);
    }
}

/* What stands beside the events: of it no more is lost than what makes no sense. */
static void tables_say_what_is_wrong(void **state) {
    (void)state;
    static const char *const texts[] = {
        "string 0 can't be defined", "a string without text", "a string whose id another one has already",
        "a clock frequency of 0, or too high: without another one times are ticks, shown as ns"};
    static struct made m;
    struct trace_event ev[8];
    for (int way = 0; way < 4; way++) {
        trace *t;
        start(&m, 21);
        event(&m, V1_BATCH, 2, 0, 1000);
        event(&m, V1_HEAP_ALLOC, 2, 5, 1);
        string(&m, 3, "one");
        size_t at = m.size;
        if (way < 3) {
            string(&m, way == 0 ? 0 : way == 1 ? 4 : 3, way == 1 ? "" : "two");
        } else {
            event(&m, V1_FREQUENCY, 1, 0);
        }
        string(&m, 5, "three");
        event(&m, V1_FREQUENCY, 1, 500000000);
        assert_int_equal(read_made(&m, &t, ev, 8), 1);
        assert_int_equal(trace_loss(t)->code, way < 3 ? TRACE_E_TABLE : TRACE_E_GENERATION);
        assert_string_equal(trace_loss(t)->first.text, texts[way]);
        assert_int_equal(trace_loss(t)->first.offset, at);
        assert_int_equal(trace_loss(t)->first.batch, 16);
        assert_int_equal(trace_loss(t)->count, 1);
        assert_true(text_is(trace_string(t, 3), "one") && text_is(trace_string(t, 5), "three"));
        trace_close(&t);
    }
}

/* The rest of its batch is read, a few events early; the next batch's header may have gone with it, so it is marked. */
static void a_damaged_event_costs_a_few(void **state) {
    (void)state;
    enum { EACH = 40, BAD = 15 };
    static struct made m;
    static struct trace_event ev[4 * EACH];
    for (int way = 0; way < 2; way++) {
        size_t at[2][EACH], second = 0;
        trace *t;
        start(&m, 19);
        for (int p = 0; p < 2; p++) {
            second = m.size;
            event(&m, V1_BATCH, 2, p, 1000 + p);
            for (int i = 0; i < EACH; i++) {
                at[p][i] = m.size;
                event(&m, V1_HEAP_ALLOC, 2, 1000, 400 * (p + 1) + i); /* two numbers whose bytes are no events */
            }
        }
        event(&m, V1_BATCH, 2, 2, 3000);
        event(&m, V1_HEAP_GOAL, 2, 1, 3);
        event(&m, V1_FREQUENCY, 1, 1000000000);
        size_t bad = way == 0 ? at[0][BAD] : at[0][EACH - 1];
        memset(m.bytes + bad, 0xff, way == 0 ? 1 : at[1][0] - bad);
        size_t n = read_made(&m, &t, ev, 4 * EACH), seen[2] = {0}, marked = 0;
        for (size_t i = 0; i < n; i++) {
            if (ev[i].type == TRACE_EV_HEAP_ALLOC) {
                size_t p = ev[i].arg[0] >= 800, k = ev[i].arg[0] - 400 * (p + 1);
                assert_true(k < EACH);
                seen[p]++;
                marked += (ev[i].flags & TRACE_BY_TIME) != 0;
                assert_true(way == 1 || ev[i].p == (int64_t)p);
                int64_t late = ev[i].time - (int64_t)(1000 * k + p); /* since the first event of all, of P 0 */
                assert_true(way == 1 || (late <= 0 && late >= -4000));
            }
        }
        assert_true(seen[way] < EACH && seen[way] >= EACH - 4);
        assert_int_equal(seen[1 - way], way == 0 ? EACH : EACH - 1);
        assert_int_equal(marked, way == 0 ? seen[0] - BAD : seen[1]);
        assert_int_equal(trace_loss(t)->first.offset, bad);
        assert_int_equal(trace_loss(t)->first.batch, 16);
        assert_true(second > bad && trace_loss(t)->bytes < 40);
        trace_close(&t);
    }
}

/* The time in a header makes no difference for what is found behind the next damage. */
static void a_wrong_clock_costs_nothing_behind_it(void **state) {
    (void)state;
    static struct made m;
    struct trace_event ev[20];
    trace *t;
    start(&m, 19);
    event(&m, V1_BATCH, 2, 0, 1000);
    m.bytes[m.size - 1] |= 0x80; /* 1000 becomes 2^42 and more */
    memcpy(m.bytes + m.size, "\x80\x80\x80\x80\x01\xff\xff", 7);
    m.size += 7;
    for (int p = 1; p < 4; p++) {
        event(&m, V1_BATCH, 2, p, 1000 + p);
        event(&m, V1_HEAP_ALLOC, 2, 1000, 400);
        event(&m, V1_HEAP_ALLOC, 2, 1000, 401);
    }
    event(&m, V1_FREQUENCY, 1, 1000000000);
    assert_int_equal(read_made(&m, &t, ev, 20), 6);
    assert_int_not_equal(trace_loss(t)->code, TRACE_OK);
    trace_close(&t);
}

static size_t read_through(const uint8_t *data, size_t size) {
    struct trace_error err;
    uint8_t *copy = malloc(size + 1);
    assert_non_null(copy);
    memcpy(copy, data, size);
    trace *t = trace_open_memory(copy, size, &err);
    size_t n = 0;
    if (t != NULL) {
        struct trace_event ev[50];
        struct trace_frame f[4];
        int64_t last = 0;
        for (size_t got; (got = trace_read(t, ev, 50)) > 0; n += got) {
            for (size_t i = 0; i < got; i++) {
                const struct trace_spec *s = trace_event_spec(ev[i].type);
                assert_non_null(s->name);
                assert_true(ev[i].time >= last);
                last = ev[i].time;
                for (size_t k = 0; k < s->nargs; k++) {
                    (void)trace_string(t, ev[i].arg[k]);
                    (void)trace_stack(t, ev[i].arg[k], f, 4);
                }
            }
        }
        assert_true(trace_position(t) <= size);
        assert_true(trace_loss(t)->bytes <= size);
        trace_close(&t);
    }
    free(copy);
    return n;
}

static void every_cut_and_change_ends_cleanly(void **state) {
    (void)state;
    static struct made m;
    uint64_t x = 5;
    make_two(&m);
    size_t whole = read_through(m.bytes, m.size), least = 0;
    for (size_t at = 0; at <= m.size; at++) {
        size_t n = read_through(m.bytes, at);
        assert_true(n <= whole + 1);
        least = n > least ? n : least;
    }
    assert_int_equal(least, whole);
    for (int round = 0; round < 20000; round++) {
        size_t at = 16 + random_next(&x) % (m.size - 16), at2 = 16 + random_next(&x) % (m.size - 16);
        uint8_t was = m.bytes[at], was2 = m.bytes[at2];
        m.bytes[at] = (uint8_t)random_next(&x);
        m.bytes[at2] = (uint8_t)random_next(&x);
        read_through(m.bytes, m.size);
        m.bytes[at2] = was2;
        m.bytes[at] = was;
    }
}

/* Two recordings in one file: the first comes out as if it stood alone, and the other is reported with its place. */
static void another_trace_ends_the_first(void **state) {
    (void)state;
    static const char *const headers[] = {"go 1.21 trace\0\0", "go 1.5 trace\0\0\0", "go 1.26 trace\0\0"};
    static struct made m;
    make_two(&m);
    size_t alone = m.size, whole = read_through(m.bytes, alone);
    static uint8_t both[2 * sizeof m.bytes];
    memcpy(both, m.bytes, alone);
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        memcpy(both + alone, m.bytes, alone);
        memcpy(both + alone, headers[i], 16);
        struct trace_error err;
        trace *t = trace_open_memory(both, 2 * alone, &err);
        assert_non_null(t);
        struct trace_event ev[64];
        size_t n = 0, got;
        while ((got = trace_read(t, ev, 64)) > 0) {
            n += got;
        }
        assert_int_equal(n, whole);
        assert_int_equal(trace_loss(t)->first.code, TRACE_E_GENERATION);
        assert_int_equal(trace_loss(t)->first.offset, alone);
        assert_int_equal(trace_loss(t)->first.batch, 0); /* it lies in none */
        assert_int_equal(trace_loss(t)->bytes, alone);
        trace_close(&t);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(old_events_get_todays_names),
        cmocka_unit_test(go15_is_ordered_by_number),
        cmocka_unit_test(versions_differ),
        cmocka_unit_test(without_frequency_times_are_ticks),
        cmocka_unit_test(missing_events_are_told),
        cmocka_unit_test(losses_name_their_batch),
        cmocka_unit_test(broken_rules_are_named),
        cmocka_unit_test(tables_say_what_is_wrong),
        cmocka_unit_test(a_damaged_event_costs_a_few),
        cmocka_unit_test(a_wrong_clock_costs_nothing_behind_it),
        cmocka_unit_test(another_trace_ends_the_first),
        cmocka_unit_test(every_cut_and_change_ends_cleanly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
