/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wanted.c - what a goroutine is about to get that is stopped inside malloc, as far as its stack tells.
 *
 * From Go 1.24 on malloc has a function for each sort of object, from 1.26 on one for each small size class
 * (malloc.go, malloc_generated.go). Most goroutines that stop there wait to start a collection, with their slot taken
 * and not yet told (gcStart).
 */
#include "core/recorder.h"

enum { STACK_MAX = 128 };

static const struct {
    const char *func; /* its name begins so */
    struct wanted wanted;
    bool class_follows;
} functions[] = {
    {"runtime.mallocgcSmallScanNoHeaderSC", {.known = true}, true},
    {"runtime.mallocgcSmallScanNoHeader", {.known = true}, false},
    {"runtime.mallocgcSmallScanHeader", {.known = true, .header = true}, false},
    {"runtime.mallocgcSmallNoScanSC", {.known = true, .noscan = true}, true},
    {"runtime.mallocgcSmallNoscan", {.known = true, .noscan = true}, false},
    {"runtime.mallocgcTiny", {.known = true, .noscan = true, .class = TINY_SPAN_CLASS / 2}, false},
};

static uint8_t small_number(const char *at, const char *end) {
    unsigned n = 0;
    for (; at < end && *at >= '0' && *at <= '9' && n < SIZE_CLASSES; at++) {
        n = 10 * n + (unsigned)(*at - '0');
    }
    return (uint8_t)(n < SIZE_CLASSES ? n : 0);
}

/* False: no such function. */
static bool wanted_by(struct trace_text func, struct wanted *w) {
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        size_t len = strlen(functions[i].func);
        if (func.len >= len && memcmp(func.ptr, functions[i].func, len) == 0) {
            *w = functions[i].wanted;
            w->class = functions[i].class_follows ? small_number(func.ptr + len, func.ptr + func.len) : w->class;
            return true;
        }
    }
    return false;
}

struct wanted wanted_of(struct recorder *rec, uint64_t stack) {
    struct trace_frame f[STACK_MAX];
    struct wanted w = {0};
    size_t n = trace_stack(rec->r->t, stack, f, STACK_MAX);
    for (size_t i = 0; i < n && i < STACK_MAX && !wanted_by(f[i].func, &w); i++) {
    }
    return w;
}

bool wanted_fits(const struct recorder *rec, struct wanted w, const struct span *s) {
    bool header = !s->noscan && s->elem > layout_most_in_span(&rec->r->layout);
    return !w.known || (s->noscan == w.noscan && header == w.header && (w.class == 0 || s->class == w.class));
}
