/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_costs.c - reading costs no more than in proportion to the size of a trace, whatever is in it: tables, threads,
 * generations and damage of both formats, each at one size and at ten times that.
 *
 * Counted are the same things on every machine: blocks and bytes asked of malloc, the most that was held at once, and
 * threads tried out of turn. For that the linker puts the functions below in the place of malloc and its kin
 * (HAVE_WRAP, where it can); tests/test_bombs.c does the like for what core/ makes of a trace. Time is bounded so
 * generously that only a cost that grows with the square shows.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "tests/bench.h"
#include "tests/cmocka.h"
#include "tests/made.h"
#include "tests/wrap.h"
#include "traces/v1_wire.h"

#include <malloc.h>
#include <stdio.h>

/* ---- counting */

static struct {
    uint64_t blocks, bytes; /* asked for */
    uint64_t held, most;
} used;

#ifdef HAVE_WRAP
static void *count(void *p, size_t n) {
    used.blocks++;
    used.bytes += n;
    used.held += malloc_usable_size(p);
    used.most = used.held > used.most ? used.held : used.most;
    return p;
}
void *__wrap_malloc(size_t n) {
    return count(__real_malloc(n), n);
}
void *__wrap_calloc(size_t n, size_t size) {
    return count(__real_calloc(n, size), n * size);
}
void *__wrap_realloc(void *p, size_t n) {
    used.held -= malloc_usable_size(p);
    return count(__real_realloc(p, n), n);
}
void __wrap_free(void *p) {
    used.held -= malloc_usable_size(p);
    __real_free(p);
}
#endif

/* ---- traces of today's format */

static void table(struct bytes *b, struct bytes *body, uint64_t gen) {
    batch(b, gen, UINT64_MAX, 1, body);
}

static void strings(struct bytes *b, struct bytes *body, uint64_t n) {
    batch(b, 1, 1, 1, body);
    for (uint64_t i = 0; i < n;) {
        for (byte(body, TRACE_EV_STRINGS); i < n && body->size < BODY; i++) {
            byte(body, TRACE_EV_STRING);
            number(body, i * i + 1);
            number(body, i % 7);
            put(body, "abcdefg", i % 7);
        }
        table(b, body, 1);
    }
}
/* The same ids again and again: each table is damaged at its first entry. */
static void strings_twice(struct bytes *b, struct bytes *body, uint64_t n) {
    batch(b, 1, 1, 1, body);
    for (uint64_t i = 0; i < n; i++) {
        byte(body, TRACE_EV_STRINGS);
        byte(body, TRACE_EV_STRING);
        number(body, 1);
        number(body, 0);
        table(b, body, 1);
    }
}
/* Damaged tables, where any third byte could begin a long stack. */
static void stacks_everywhere(struct bytes *b, struct bytes *body, uint64_t n) {
    batch(b, 1, 1, 1, body);
    for (uint64_t i = 0; i < n;) {
        byte(body, TRACE_EV_STACKS);
        for (byte(body, 0xff); i < n && body->size < BODY; i++) {
            put(body, "\x03\x03\x7f", 3);
        }
        table(b, body, 1);
    }
}
/* Deep stacks, all of them asked for: each event names another one. */
static void stacks(struct bytes *b, struct bytes *body, uint64_t n) {
    uint64_t ts = 2;
    for (uint64_t i = 0; i < n; i++) {
        event(body, TRACE_EV_USER_REGION_BEGIN, 3, i, 0, i + 1);
        flush(b, body, &ts, BODY);
    }
    flush(b, body, &ts, 0);
    for (uint64_t i = 0; i < n;) {
        for (byte(body, TRACE_EV_STACKS); i < n && body->size < BODY; i++) {
            byte(body, TRACE_EV_STACK);
            number(body, i + 1);
            number(body, 4);
            for (uint64_t k = 0; k < 4; k++) {
                number(body, i * 4 + k);
                number(body, 0);
                number(body, 0);
                number(body, k);
            }
        }
        table(b, body, 1);
    }
}
/* Nothing tells what time it is: each batch begins a generation far from the last, at time 0. */
static void clockless(struct bytes *b, struct bytes *body, uint64_t n) {
    for (uint64_t i = 0; i < n; i++) {
        event(body, TRACE_EV_HEAP_ALLOC, 1, 1, 0, 0);
        batch(b, 3 * i + 1, 1, 0, body);
    }
}
/* Generations of one batch each, none of which another one speaks for: no thread has such a number, nor such a time. */
static void nothing_known(struct bytes *b, struct bytes *body, uint64_t n) {
    body->size = 0;
    b->size = WIRE_HEADER;
    for (uint64_t i = 0; i < n / 8; i++) { /* each looking ahead would take seconds */
        event(body, TRACE_EV_HEAP_ALLOC, 1, 1, 0, 0);
        batch(b, i + 1, (UINT64_C(1) << 40) + i, 0, body);
    }
}
/* The same as clockless, and each in a trace of its own. */
static void beginnings(struct bytes *b, struct bytes *body, uint64_t n) {
    for (uint64_t i = 0; i < n; i++) {
        put(b, "go 1.23 trace\0\0\0", 16);
        event(body, TRACE_EV_HEAP_ALLOC, 1, 1, 0, 0);
        batch(b, 3 * i + 1, 1, 0, body);
        event(body, TRACE_EV_HEAP_ALLOC, 1, 1, 0, 0);
        batch(b, 3 * i + 7, 1, 0, body);
    }
}
static void samples(struct bytes *b, struct bytes *body, uint64_t n) {
    batch(b, 1, 1, 1, body);
    for (uint64_t i = 0; i < n;) {
        for (byte(body, TRACE_EV_CPU_SAMPLES); i < n && body->size < BODY; i++) {
            byte(body, TRACE_EV_CPU_SAMPLE);
            number(body, (n - i) * 7919 % 1000); /* far from sorted, many at one time */
            for (uint64_t k = 0; k < 4; k++) {
                number(body, i % (k + 2));
            }
        }
        table(b, body, 1);
    }
}
static void types(struct bytes *b, struct bytes *body, uint64_t n) {
    batch(b, 1, 1, 1, body);
    for (uint64_t i = 0; i < n;) {
        for (byte(body, 0); i < n && body->size < BODY; i++) {
            for (uint64_t k = 0; k < 4; k++) {
                number(body, i + 1);
            }
            number(body, 0);
        }
        type_batch(b, body);
    }
}
static void threads(struct bytes *b, struct bytes *body, uint64_t n) {
    for (uint64_t i = 0; i < n; i++) {
        event(body, TRACE_EV_HEAP_ALLOC, 1, i, 0, 0);
        batch(b, 1, i * i, n - i, body);
    }
}
/* Threads that all run a goroutine, in an order that only fits backwards in time. */
static void threads_backwards(struct bytes *b, struct bytes *body, uint64_t n) {
    body->size = 0;
    for (uint64_t i = 0; i < n; i++) {
        event(body, TRACE_EV_PROC_STATUS, 2, i, TRACE_PROC_RUNNING, 0);
        event(body, TRACE_EV_GO_STATUS, 3, i + 1, i, TRACE_GO_RUNNING);
        event(body, TRACE_EV_GO_UNBLOCK, 3, (i + 1) % n + 1, 1, 0);
        event(body, TRACE_EV_GO_BLOCK, 2, 0, 0, 0);
        batch(b, 1, i, n - i, body);
    }
}
static void generations(struct bytes *b, struct bytes *body, uint64_t n) {
    batch(b, 1, 1, 1, body);
    for (uint64_t i = 0; i < n; i++) {
        event(body, TRACE_EV_HEAP_ALLOC, 1, i, 0, 0);
        batch(b, i + 2, i, i, body);
    }
}
/* One large table, then generations of a few bytes, each with a table of its own. */
static void generations_after_tables(struct bytes *b, struct bytes *body, uint64_t n) {
    strings(b, body, n);
    for (uint64_t i = 0; i < n; i++) {
        byte(body, TRACE_EV_STRINGS);
        byte(body, TRACE_EV_STRING);
        number(body, i + 1);
        number(body, 0);
        table(b, body, i + 2);
    }
}
static void half_batches(struct bytes *b, struct bytes *body, uint64_t n) {
    batch(b, 1, 1, 1, body);
    for (uint64_t i = 0; i < n; i++) {
        put(b, "\x01\x01\x01\x01\x04\x01\x01\x01", 8); /* batches in batches, ended by what is none */
        byte(b, (unsigned)(i % 251));
    }
}
/* Batches of one thread whose times go down: each might be one of those before, once more. */
static void batches_backwards(struct bytes *b, struct bytes *body, uint64_t n) {
    batch(b, 1, 1, n, body);
    for (uint64_t i = 0; i < n; i++) {
        event(body, TRACE_EV_GO_START, 2, 1, i, 0);
        batch(b, 1, 1, n - i / 2, body);
    }
}
static void numbers_cut(struct bytes *b, struct bytes *body, uint64_t n) {
    batch(b, 1, 1, 1, body);
    for (uint64_t i = 0; i < n; i++) {
        put(b, "\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff", 10);
    }
}

/* ---- traces of the old format */

static void old(struct bytes *b, unsigned type, int n, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3) {
    uint64_t arg[] = {a0, a1, a2, a3};
    struct bytes numbers = {0};
    for (int i = 0; i < n; i++) {
        number(&numbers, arg[i]);
    }
    byte(b, type | (unsigned)(n <= 3 ? n - 1 : 3) << 6);
    if (n > 3) {
        number(b, numbers.size);
    }
    put(b, numbers.data, numbers.size);
    free(numbers.data);
}
static void old_header(struct bytes *b, const char *version) {
    char head[17] = {0};
    snprintf(head, sizeof head, "go 1.%s trace", version);
    b->size = 0;
    put(b, head, 16);
}
static void old_start(struct bytes *b, uint64_t p, uint64_t ticks) {
    old(b, V1_BATCH, 2, p, ticks, 0, 0);
}

static void old_procs(struct bytes *b, struct bytes *body, uint64_t n) {
    (void)body;
    old_header(b, "11");
    for (uint64_t i = 0; i < n; i++) {
        old_start(b, n - i, i);
        old(b, V1_HEAP_ALLOC, 2, 1, i, 0, 0);
    }
}
/* Every P waits for a goroutine that never comes; all of them for the same one. */
static void old_procs_wait(struct bytes *b, struct bytes *body, uint64_t n) {
    (void)body;
    old_header(b, "21");
    for (uint64_t i = 0; i < n; i++) {
        old_start(b, i, n - i);
        old(b, V1_GO_START, 3, 1, 7, 5, 0);
        old(b, V1_GO_START, 3, 1, i + 9, 5, 0);
    }
}
/* Each P's event becomes ready by that of the P before it. */
static void old_procs_in_turn(struct bytes *b, struct bytes *body, uint64_t n) {
    (void)body;
    old_header(b, "19");
    old_start(b, n, 1);
    old(b, V1_GO_CREATE, 4, 1, 7, 0, 0);
    for (uint64_t i = 0; i < n; i++) {
        old_start(b, n - i - 1, i + 2);
        old(b, V1_GO_START, 3, 1, 7, i + 1, 0);
        old(b, V1_GO_SCHED, 2, 1, 0, 0, 0);
    }
}
static void old_goroutines(struct bytes *b, struct bytes *body, uint64_t n) {
    (void)body;
    old_header(b, "21");
    old_start(b, 0, 1);
    for (uint64_t i = 0; i < n; i++) {
        old(b, V1_GO_CREATE, 4, 1, i * i + 1, 0, 0);
    }
    old(b, V1_GOMAXPROCS, 3, 1, 4, 0, 0);
}
static void old_texts(struct bytes *b, struct bytes *body, uint64_t n) {
    (void)body;
    old_header(b, "11");
    old_start(b, 0, 1);
    for (uint64_t i = 0; i < n; i++) {
        byte(b, V1_STRING | 2 << 6);
        number(b, i + 1);
        number(b, 1);
        byte(b, 'x');
        old(b, V1_LOG, 4, 1, 5, i, 0);
        number(b, 2);
        put(b, "ab", 2);
    }
}
static void old_stacks(struct bytes *b, struct bytes *body, uint64_t n) {
    (void)body;
    old_header(b, "11");
    old_start(b, 0, 1);
    for (uint64_t i = 0; i < n; i++) {
        byte(b, V1_STACK | 3 << 6);
        byte(b, 6);
        put(b, "\x01\x01\x01\x01\x01\x01", 6); /* id 1 each time: a later one takes its place */
        old(b, V1_GO_BLOCK_SEND, 2, 1, 1, 0, 0);
    }
}
static void old_samples(struct bytes *b, struct bytes *body, uint64_t n) {
    (void)body;
    old_header(b, "19");
    old_start(b, 0, 1);
    for (uint64_t i = 0; i < n; i++) {
        byte(b, V1_CPU_SAMPLE | 3 << 6);
        byte(b, 6);
        byte(b, 1);
        byte(b, 0x80 | (unsigned)(i * 37 % 128));
        byte(b, (unsigned)(i * 7 % 128));
        put(b, "\x01\x01\x01", 3);
    }
}
/* System calls that all end at one time, long before their events. */
static void old_exits(struct bytes *b, struct bytes *body, uint64_t n) {
    (void)body;
    old_header(b, "11");
    old_start(b, 0, 100);
    for (uint64_t i = 0; i < n; i++) {
        old(b, V1_GO_CREATE, 4, 1, i + 1, 0, 0);
        old(b, V1_GO_IN_SYSCALL, 2, 1, i + 1, 0, 0);
        old(b, V1_GO_SYSEXIT, 4, 1, i + 1, 2, UINT64_C(1) << 60);
    }
}
/* Wake-ups in vain, in chains that never end. */
static void old_futile(struct bytes *b, struct bytes *body, uint64_t n) {
    (void)body;
    old_header(b, "7");
    old_start(b, 0, 1);
    old(b, V1_GO_CREATE, 4, 1, 7, 0, 0);
    old(b, V1_GO_START_LOCAL, 2, 1, 7, 0, 0);
    for (uint64_t i = 0; i < n; i++) {
        old(b, V1_FUTILE_WAKEUP, 1, 1, 0, 0, 0);
        old(b, V1_GO_BLOCK, 2, 1, 0, 0, 0);
        old(b, V1_GO_UNBLOCK_LOCAL, 3, 1, 7, 0, 0);
        old(b, V1_GO_START_LOCAL, 2, 1, 7, 0, 0);
    }
}
/* Batches that begin, and then make no sense. */
static void old_garbage(struct bytes *b, struct bytes *body, uint64_t n) {
    (void)body;
    old_header(b, "21");
    for (uint64_t i = 0; i < n; i++) {
        old_start(b, 1, 1);
        put(b, "\xcd\x7f\x01\x41\x01", 5);
    }
}
/* A stack said to be long, begun at every other byte. */
static void old_lengths(struct bytes *b, struct bytes *body, uint64_t n) {
    (void)body;
    old_header(b, "11");
    old_start(b, 0, 1);
    for (uint64_t i = 0; i < n; i++) {
        put(b, "\xc3\xff\x0f\x41\x01\x01\xc3", 7);
    }
    byte(b, 0);
}
static void old_numbered(struct bytes *b, struct bytes *body, uint64_t n) {
    (void)body;
    old_header(b, "5");
    for (uint64_t i = 0; i < n; i++) {
        byte(b, V1_BATCH | 1 << 6);
        number(b, i % 1000);
        number(b, n - i);
        number(b, i);
        byte(b, V1_HEAP_ALLOC | 1 << 6);
        put(b, "\x01\x01\x05", 3);
    }
}

/* ---- what they cost */

typedef void maker(struct bytes *b, struct bytes *body, uint64_t n);

static const struct {
    const char *name;
    maker *make;
} makers[] = {
    {"strings", strings},
    {"strings twice", strings_twice},
    {"stacks", stacks},
    {"stacks everywhere", stacks_everywhere},
    {"clockless", clockless},
    {"nothing known", nothing_known},
    {"beginnings", beginnings},
    {"samples", samples},
    {"types", types},
    {"threads", threads},
    {"threads backwards", threads_backwards},
    {"generations", generations},
    {"generations after tables", generations_after_tables},
    {"half batches", half_batches},
    {"batches backwards", batches_backwards},
    {"numbers cut", numbers_cut},
    {"old Ps", old_procs},
    {"old Ps that wait", old_procs_wait},
    {"old Ps in turn", old_procs_in_turn},
    {"old goroutines", old_goroutines},
    {"old texts", old_texts},
    {"old stacks", old_stacks},
    {"old samples", old_samples},
    {"old exits", old_exits},
    {"old futile wake-ups", old_futile},
    {"old garbage", old_garbage},
    {"old lengths", old_lengths},
    {"old numbered events", old_numbered},
};

struct cost {
    uint64_t size, blocks, bytes, most, work, events;
    double seconds;
};

static void read_through(const struct bytes *b, struct cost *c) {
    struct trace_error err;
    struct trace_event ev[256];
    struct trace_frame frames[8];
    trace *t = trace_open_memory(b->data, b->size, &err);
    assert_non_null(t);
    for (size_t n; (n = trace_read(t, ev, 256)) > 0; c->events += n) {
        for (size_t i = 0; i < n; i++) {
            const struct trace_spec *s = trace_event_spec(ev[i].type);
            for (size_t k = 0; k < s->nargs; k++) {
                if (s->kind[k] == TRACE_ARG_STACK) {
                    (void)trace_stack(t, ev[i].arg[k], frames, 8);
                }
            }
        }
    }
    c->work = trace_work(t);
    trace_close(&t);
}

static struct cost cost_of(maker *make, uint64_t n) {
    struct bytes b, body;
    struct cost c = {0};
    begin(&b, &body);
    make(&b, &body, n);
    free(body.data);
    uint64_t blocks = used.blocks, bytes = used.bytes, held = used.held;
    used.most = held;
    double from = cpu_time();
    read_through(&b, &c);
    c.seconds = cpu_time() - from;
    c.size = b.size;
    c.blocks = used.blocks - blocks;
    c.bytes = used.bytes - bytes;
    c.most = used.most - held;
    assert_int_equal(used.held, held); /* all was given back */
    free(b.data);
    return c;
}

enum { PARTS = 4000, TIMES = 10 };

static void reading_costs_grow_with_size(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof makers / sizeof makers[0]; i++) {
        struct cost a = cost_of(makers[i].make, PARTS), b = cost_of(makers[i].make, (uint64_t)PARTS * TIMES);
        double times = (double)b.size / (double)a.size;
        if (getenv("SHOW") != NULL) {
            print_message(
                "# %s: %llu bytes, %llu events, a byte: %.2f tries, %.1f asked for, %.1f held, %.0f ns; a tenth: "
                "%.1f asked for, %.1f held, %.0f ns\n",
                makers[i].name, (unsigned long long)b.size, (unsigned long long)b.events,
                (double)b.work / (double)b.size, (double)b.bytes / (double)b.size, (double)b.most / (double)b.size,
                b.seconds * 1e9 / (double)b.size, (double)a.bytes / (double)a.size, (double)a.most / (double)a.size,
                a.seconds * 1e9 / (double)a.size);
        }
        /* 64 KB are for what any trace needs. Growing doubles, so one size may hold twice what it uses, another all. */
        double asked = times * 2.2 * (double)a.bytes + (64 << 10), most = times * 2.2 * (double)a.most + (64 << 10);
        bool ok = (double)b.bytes <= asked && (double)b.most <= most && b.most <= 100 * b.size + (64 << 10) &&
                  b.blocks <= b.size + 1000 && b.work <= 8 * b.size && b.events <= b.size &&
                  b.seconds <= 6 * times * (a.seconds + 0.005);
        if (!ok) {
            fail_msg(
                "%s: %llu bytes took %llu blocks, %llu bytes of memory in all and %llu at once, %llu tries, %.3f s; "
                "a tenth took %llu, %llu, %.3f s",
                makers[i].name, (unsigned long long)b.size, (unsigned long long)b.blocks, (unsigned long long)b.bytes,
                (unsigned long long)b.most, (unsigned long long)b.work, b.seconds, (unsigned long long)a.bytes,
                (unsigned long long)a.most, a.seconds);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(reading_costs_grow_with_size)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
