/* SPDX-License-Identifier: GPL-3.0-or-later */
/* value.h - values of result rows, made from what the reel says. "Not known" always becomes VALUE_NULL. */
#ifndef HEAPREEL_VALUE_H
#define HEAPREEL_VALUE_H

#include "core/core.h"

#include <math.h>
#include <string.h>

static inline struct value value_null(void) {
    return (struct value){.kind = VALUE_NULL};
}

static inline struct value value_int(int64_t i) {
    return (struct value){.kind = VALUE_INT, .i = i};
}

/* A time or duration; NO_TIME is null. */
static inline struct value value_time(int64_t t) {
    return t == NO_TIME ? value_null() : value_int(t);
}

/* A number whose -1 means none. */
static inline struct value value_id(int64_t id) {
    return id < 0 ? value_null() : value_int(id);
}

static inline struct value value_uint(uint64_t u) {
    return (struct value){.kind = VALUE_UINT, .u = u};
}

/* A metric; UINT64_MAX is null. */
static inline struct value value_metric(uint64_t u) {
    return u == UINT64_MAX ? value_null() : value_uint(u);
}

/* A real number; null where it is none (a division by nothing). */
static inline struct value value_real(double d) {
    return isfinite(d) ? (struct value){.kind = VALUE_REAL, .real = d} : value_null();
}

/* The same without its fraction; null also where 64 bits don't hold it. */
static inline struct value value_whole(double d) {
    return fabs(d) < 0x1p63 ? value_int((int64_t)d) : value_null();
}

static inline struct value value_bool(bool b) {
    return (struct value){.kind = VALUE_BOOL, .b = b};
}

static inline struct value value_known(enum known k) {
    return k == KNOWN_NOT ? value_null() : value_bool(k == KNOWN_YES);
}

static inline struct value value_text(text s) {
    return (struct value){.kind = VALUE_TEXT, .s = s};
}

/* A name of the trace; empty is null. */
static inline struct value value_name(text s) {
    return s.len ? value_text(s) : value_null();
}

/* A C string; NULL is null. Not copied. */
static inline struct value value_str(const char *s) {
    return s ? value_text((text){s, strlen(s)}) : value_null();
}

static inline struct value value_address(uint64_t a) {
    return (struct value){.kind = VALUE_ADDRESS, .u = a};
}

/* From and to; null where neither is known. */
static inline struct value value_pair(int64_t from, int64_t to) {
    if (from == NO_TIME && to == NO_TIME)
        return value_null();
    return (struct value){.kind = VALUE_PAIR, .pair = {from, to}};
}

static inline struct value value_unsure(struct value v, bool unsure) {
    v.unsure = unsure && v.kind != VALUE_NULL;
    return v;
}

/* The same value, and what it speaks of. */
static inline struct value value_leads(struct value v, enum leads leads, uint32_t id) {
    v.leads = id == NO_ID ? LEADS_NOWHERE : (uint8_t)leads;
    v.id = id;
    return v;
}

/* The address of a span's life; NO_ID is null. */
struct value value_span(const reel *r, uint32_t span);
/* The goid of a goroutine index; NO_ID is null. */
struct value value_goroutine(const reel *r, uint32_t g);
/* The name of a type of the reel; null where it has none. */
struct value value_type(const reel *r, uint32_t type);

#endif
