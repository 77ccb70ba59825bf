/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wire.h - the smallest pieces of the format: unsigned LEB128 numbers and the limits that the writers keep.
 *
 * A number takes at most 10 bytes; the tenth may only be 0 or 1 (Go encoding/binary). Padding with zero groups is
 * legal.
 */
#ifndef HEAPREEL_WIRE_H
#define HEAPREEL_WIRE_H

#include "traces/traces.h"

/* The event table, for the decoder's inner loop (others go through trace_event_spec). */
extern const struct trace_spec wire_specs[256];

enum {
    WIRE_HEADER = 16,           /* "go 1.NN trace" and three NULs */
    WIRE_MAX_BATCH = 65536,     /* internal/trace/tracev2: MaxBatchSize */
    WIRE_MAX_STRING = 1024,     /* MaxEventTrailerDataSize */
    WIRE_MAX_FRAMES = 128,      /* MaxFramesPerStack */
    WIRE_MAX_NUMBER = 10,       /* bytes */
    WIRE_MAX_EVENT = 1 + 5 * 10 /* type, dt and four arguments, each as long as a number can be */
};

/*
 * Read a number at *p, not past `end`. Returns false, with *p where it was, when it is cut or longer than 64 bits.
 */
static inline bool wire_uint(const uint8_t **p, const uint8_t *end, uint64_t *out) {
    uint64_t v = 0;
    const uint8_t *q = *p;
    for (unsigned shift = 0; shift < 64 && q < end; shift += 7) {
        uint8_t b = *q++;
        if (shift == 63 && b > 1) {
            return false;
        }
        v |= (uint64_t)(b & 0x7f) << shift;
        if (b < 0x80) {
            *p = q;
            *out = v;
            return true;
        }
    }
    return false;
}

/* The place behind the event at p, which is before `end`, and not past that; NULL where none can stand there. */
const uint8_t *wire_behind(const uint8_t *p, const uint8_t *end);

/* wire_uint_fast's way for five bytes and more. */
const uint8_t *wire_uint_long(const uint8_t *p, uint64_t *out, bool *wrong);

/*
 * The same where 10 more bytes are known to be readable: no check against an end. Returns the place after the number;
 * for one that is too long *wrong becomes true, and the place is where it was. One to four bytes, nearly all there
 * are, take the straight way.
 */
static inline const uint8_t *wire_uint_fast(const uint8_t *p, uint64_t *out, bool *wrong) {
    uint64_t v = p[0];
    if (v < 0x80) {
        *out = v;
        return p + 1;
    }
    v += ((uint64_t)p[1] << 7) - 0x80;
    if (p[1] < 0x80) {
        *out = v;
        return p + 2;
    }
    v += ((uint64_t)p[2] << 14) - (0x80u << 7);
    if (p[2] < 0x80) {
        *out = v;
        return p + 3;
    }
    v += ((uint64_t)p[3] << 21) - (0x80u << 14);
    if (p[3] < 0x80) {
        *out = v;
        return p + 4;
    }
    return wire_uint_long(p, out, wrong);
}

/* A number of up to four bytes where as many are readable; false for longer ones. */
static inline bool wire_uint_short(const uint8_t **p, uint64_t *out) {
    const uint8_t *q = *p;
    uint64_t v = q[0];
    if (v < 0x80) {
        *p = q + 1;
        *out = v;
        return true;
    }
    v += ((uint64_t)q[1] << 7) - 0x80;
    if (q[1] < 0x80) {
        *p = q + 2;
        *out = v;
        return true;
    }
    v += ((uint64_t)q[2] << 14) - (0x80u << 7);
    if (q[2] < 0x80) {
        *p = q + 3;
        *out = v;
        return true;
    }
    v += ((uint64_t)q[3] << 21) - (0x80u << 14);
    *p = q + 4;
    *out = v;
    return q[3] < 0x80;
}

#endif
