/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_memory.c - whatever request for memory is refused while a trace is read, nothing of it is wrong in silence:
 * opening fails and says why, or the loss is TRACE_E_MEMORY, or all events are as they should be.
 *
 * The linker puts the functions below in the place of malloc and its kin (HAVE_WRAP, where it can).
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "tests/cmocka.h"
#include "tests/fixtures.h"
#include "tests/made.h"
#include "tests/wrap.h"

#include <stdio.h>

static struct {
    bool counts;
    uint64_t n, from, upto; /* requests so far; those that are refused */
} asked;

#ifdef HAVE_WRAP
enum { WRAPS = 1 };

static bool refused(void) {
    uint64_t i = asked.n;
    asked.n += asked.counts;
    return asked.counts && i >= asked.from && i < asked.upto;
}
void *__wrap_malloc(size_t n) {
    return refused() ? NULL : __real_malloc(n);
}
void *__wrap_calloc(size_t n, size_t size) {
    return refused() ? NULL : __real_calloc(n, size);
}
void *__wrap_realloc(void *p, size_t n) {
    return refused() ? NULL : __real_realloc(p, n);
}
void __wrap_free(void *p) {
    __real_free(p);
}
#else
enum { WRAPS = 0 };
#endif

struct reading {
    uint64_t events, hash;
    enum trace_code code; /* of opening, or TRACE_E_MEMORY where that was lost */
    bool told;            /* in a line, with its code first where nothing else was lost */
};

static void mix_text(uint64_t *h, struct trace_text s) {
    mix(h, s.len);
    for (size_t i = 0; i < s.len; i++) {
        mix(h, (uint8_t)s.ptr[i]);
    }
}

static struct reading read_through(const uint8_t *data, size_t size, bool bulk) {
    static struct trace_bulk b;
    struct reading r = {0};
    struct trace_error err = {0};
    struct trace_event ev[256];
    asked.n = 0;
    asked.counts = true;
    trace *t = trace_open_memory(data, size, &err);
    if (t == NULL) {
        asked.counts = false;
        return (struct reading){0, 0, err.code, err.text[0] != '\0'};
    }
    for (size_t n; (n = bulk ? trace_read_bulk(t, &b) : trace_read(t, ev, 256)) > 0; r.events += n) {
        for (size_t i = 0; i < n; i++) {
            if (bulk) {
                trace_bulk_event(&b, i, &ev[0]);
            }
            const struct trace_event *e = &ev[bulk ? 0 : i];
            const struct trace_spec *s = trace_event_spec(e->type);
            uint64_t parts[] = {e->type, e->flags, (uint64_t)e->time, (uint64_t)e->m, (uint64_t)e->p, (uint64_t)e->g};
            for (size_t k = 0; k < sizeof parts / sizeof parts[0]; k++) {
                mix(&r.hash, parts[k]);
            }
            for (size_t k = 0; k < s->nargs; k++) {
                mix(&r.hash, e->arg[k]);
                struct trace_frame f[4] = {0};
                if (s->kind[k] == TRACE_ARG_STRING) {
                    mix_text(&r.hash, trace_string(t, e->arg[k]));
                } else if (s->kind[k] == TRACE_ARG_STACK && trace_stack(t, e->arg[k], f, 4) > 0) {
                    mix_text(&r.hash, f[0].func);
                }
            }
        }
    }
    const struct trace_loss *l = trace_loss(t);
    if (l->of_code[TRACE_E_MEMORY] > 0) {
        r.code = TRACE_E_MEMORY;
        r.told = l->count > 1 || (l->code == TRACE_E_MEMORY && strstr(trace_loss_text(l), "memory") != NULL);
    } else {
        r.code = l->code;
    }
    trace_close(&t);
    asked.counts = false;
    return r;
}

/* Threads that take turns with many goroutines, tasks, ranges, samples: all that grows while events are ordered. */
static void make(struct bytes *b) {
    enum { MANY = 40 };
    struct bytes body;
    begin(b, &body);
    for (uint64_t gen = 1; gen <= 2; gen++) {
        for (uint64_t i = 0; gen == 1 && i < MANY; i++) {
            event(&body, TRACE_EV_GO_CREATE, 3, 100 + i, 0, 0);
            event(&body, TRACE_EV_USER_REGION_BEGIN, 3, i, 1, 0);
            byte(&body, TRACE_EV_USER_TASK_BEGIN);
            number(&body, 1);
            number(&body, i + 1);
            number(&body, 0);
            number(&body, 1);
            number(&body, 0);
            event(&body, TRACE_EV_PROC_STATUS, 2, 10 + i, TRACE_PROC_IDLE, 0);
        }
        if (gen == 2) {
            event(&body, TRACE_EV_PROC_STATUS, 2, 0, TRACE_PROC_RUNNING, 0);
            event(&body, TRACE_EV_GO_STATUS, 3, 1, 1, TRACE_GO_RUNNING);
        }
        batch(b, gen, 1, 1000 * gen, &body);
        for (uint64_t i = 0; i < MANY; i++) {
            event(&body, TRACE_EV_GO_STATUS, 3, 1000 + i + gen * (gen == 1), 2000 + i, TRACE_GO_WAITING);
            body.size = gen == 1 ? body.size : 0;
            event(&body, TRACE_EV_PROC_START, 2, 10 + i, 1, 0);
            event(&body, TRACE_EV_PROC_STOP, 0, 0, 0, 0);
            if (gen == 2) {
                body.size = 0;
                event(&body, TRACE_EV_PROC_STATUS, 2, 10 + i, TRACE_PROC_IDLE, 0);
            }
            batch(b, gen, 10 + i, 1100 * gen + i, &body);
        }
        for (byte(&body, TRACE_EV_CPU_SAMPLES); body.size < 200;) {
            byte(&body, TRACE_EV_CPU_SAMPLE);
            number(&body, 1200 * gen + 300 - body.size);
            put(&body, "\1\1\1\1", 4);
        }
        batch(b, gen, UINT64_MAX, 1, &body);
        byte(&body, TRACE_EV_STRINGS);
        for (unsigned i = 1; i < 20; i++) {
            byte(&body, TRACE_EV_STRING);
            byte(&body, i);
            put(&body, "\3abc", 4);
        }
        batch(b, gen, UINT64_MAX, 1, &body);
        byte(&body, TRACE_EV_STACKS);
        for (unsigned i = 1; i < 20; i++) {
            byte(&body, TRACE_EV_STACK);
            byte(&body, i);
            put(&body, "\1\7\1\2\3", 5);
        }
        batch(b, gen, UINT64_MAX, 1, &body);
        if (gen == 2) {
            byte(&body, TRACE_EV_FREQUENCY);
            number(&body, 15625000);
            batch(b, gen, UINT64_MAX, 1, &body);
        }
    }
    free(body.data);
}

static void refuse_each(const char *name, const uint8_t *data, size_t size) {
    for (int bulk = 0; bulk < 2; bulk++) {
        asked.from = asked.upto = UINT64_MAX;
        struct reading whole = read_through(data, size, bulk != 0);
        assert_int_equal(whole.code, TRACE_OK);
        uint64_t all = asked.n, noticed = 0;
        assert_true(all > 10);
        for (int once = 0; once < 2; once++) {
            for (uint64_t i = 0; i < all; i++) {
                asked.from = i;
                asked.upto = once ? i + 1 : UINT64_MAX;
                struct reading r = read_through(data, size, bulk != 0);
                bool same = r.code == TRACE_OK && r.events == whole.events && r.hash == whole.hash;
                if (!same && (r.code != TRACE_E_MEMORY || !r.told)) {
                    fail_msg("%s: request %llu of %llu refused%s: code %d, %llu of %llu events", name,
                             (unsigned long long)i, (unsigned long long)all, once ? "" : " and all behind it",
                             (int)r.code, (unsigned long long)r.events, (unsigned long long)whole.events);
                }
                noticed += !same;
            }
        }
        assert_true(noticed >= all);
    }
}

static void whatever_is_refused_is_told(void **state) {
    (void)state;
    if (!WRAPS) {
        skip();
        return;
    }
    struct bytes b;
    make(&b);
    refuse_each("made", b.data, b.size);
    free(b.data);
    static const char *const names[] = {"basics-1.5", "basics-1.11", "plain-1.21", "annotate-1.26"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        size_t size;
        uint8_t *data = fixture_bytes(names[i], &size);
        refuse_each(names[i], data, size);
        free(data);
    }
    static uint8_t packed[1 << 16];
    FILE *f = fopen(fixture_path("annotate-1.26"), "rb");
    assert_non_null(f);
    size_t n = fread(packed, 1, sizeof packed, f);
    fclose(f);
    assert_true(n < sizeof packed);
    refuse_each("packed", packed, n);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(whatever_is_refused_is_told)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
