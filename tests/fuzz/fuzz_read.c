/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz_read.c - what the targets of the reader share: any bytes, read as a trace to the end, and everything looked up
 * that its events name; then once more in bulk, which must give the same.
 *
 * What must hold of every input stands in CHECK; what must not happen at all is the sanitizers' and the fuzzer's: no
 * access out of bounds, no leak, no input that takes seconds.
 */
#include "tests/forms.h"
#include "tests/fuzz/fuzz.h"
#include "traces/traces.h"

#include <string.h>

/* Every byte of a text is touched, so that one that lies outside of the trace is found. */
static unsigned touch(struct trace_text x) {
    unsigned sum = 0;
    for (size_t i = 0; i < x.len; i++) {
        sum += (unsigned char)x.ptr[i];
    }
    return sum;
}

static unsigned look_up(trace *t, const struct trace_event *e) {
    const struct trace_spec *s = trace_event_spec(e->type);
    struct trace_frame frames[8];
    unsigned sum = 0;
    CHECK(s->name != NULL && s->nargs <= TRACE_MAX_ARGS);
    for (size_t k = 0; k < s->nargs; k++) {
        if (s->kind[k] == TRACE_ARG_STRING) {
            sum += touch(trace_string(t, e->arg[k]));
        } else if (s->kind[k] == TRACE_ARG_STACK) {
            size_t n = trace_stack(t, e->arg[k], frames, 8);
            for (size_t i = 0; i < n && i < 8; i++) {
                sum += touch(frames[i].func) + touch(frames[i].file);
            }
        }
    }
    const struct trace_heap_type *type = trace_heap_type(t, e->arg[1]);
    return sum + (type != NULL ? touch(type->name) : 0);
}

static void check_loss(const trace *t, uint64_t events) {
    const struct trace_loss *l = trace_loss(t);
    CHECK(l->bytes <= trace_bytes(t) && l->at <= trace_bytes(t) && l->by_time <= events);
    CHECK((l->code == TRACE_OK) == (l->count == 0));
    CHECK(l->count <= trace_bytes(t) + 16); /* reading goes on behind each of them */
    CHECK(l->code == l->first.code && strchr(l->first.text, '\n') == NULL);
    CHECK(l->code == TRACE_OK || l->first.text[0] != '\0');
}

/* Both forms of reading, at any grain. */
static void compare_forms(const uint8_t *data, size_t size) {
    static const size_t grains[] = {0, 1, 7, 64, TRACE_BULK};
    struct trace_error err;
    trace *t = trace_open_memory(data, size, &err), *u = trace_open_memory(data, size, &err);
    if (t != NULL && u != NULL) {
        CHECK(forms_differ(t, 64, u, 0, grains[size % (sizeof grains / sizeof grains[0])]) == NULL);
    }
    trace_close(&t);
    trace_close(&u);
}

void fuzz_read(const uint8_t *data, size_t size) {
    struct trace_error err;
    trace *t = trace_open_memory(data, size, &err);
    if (t == NULL) {
        CHECK(err.code != TRACE_OK && err.text[0] != '\0');
        return;
    }
    struct trace_event ev[64];
    uint64_t events = 0;
    int64_t last = 0;
    unsigned sum = 0;
    for (size_t n; (n = trace_read(t, ev, 64)) > 0; events += n) {
        for (size_t i = 0; i < n; i++) {
            CHECK(ev[i].time >= last && ev[i].generation == ev[0].generation);
            last = ev[i].time;
            memset(&ev[i].arg[trace_event_spec(ev[i].type)->nargs], 0,
                   (TRACE_MAX_ARGS - trace_event_spec(ev[i].type)->nargs) * sizeof ev[i].arg[0]);
            sum += look_up(t, &ev[i]);
        }
        CHECK(trace_position(t) <= trace_bytes(t));
    }
    check_loss(t, events);
    CHECK(events <= trace_bytes(t));
    trace_close(&t);
    static volatile unsigned sink; /* or the reads above would be left out */
    sink = sum;
    (void)sink;
    compare_forms(data, size);
}
