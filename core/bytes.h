/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bytes.h - numbers into bytes and back, for saved reels. For core/ only.
 *
 * Numbers have seven bits a byte, lowest first, the eighth bit meaning that more follow; signed ones go zigzag (0, -1,
 * 1, -2 ...). What is read may come from anybody: no read goes past the end, and the first that would makes `bad` true
 * and gives 0, as do all after it.
 */
#ifndef HEAPREEL_BYTES_H
#define HEAPREEL_BYTES_H

#include "core/number.h"
#include "traces/grow.h"

enum { NUMBER_BYTES = 10 }; /* that a number takes at most */

/* Bytes that grow. Once memory was short nothing more is put. */
struct bytes {
    uint8_t *at;
    size_t n, cap;
    bool memory_short;
};

static inline void bytes_free(struct bytes *b) {
    free(b->at);
    *b = (struct bytes){0};
}

/* Room for n more; false: out of memory. */
static inline bool bytes_fit(struct bytes *b, size_t n) {
    b->memory_short = b->memory_short || !grow_to((void **)&b->at, &b->cap, b->n + n, 1);
    return !b->memory_short;
}

static inline void bytes_put(struct bytes *b, const void *from, size_t n) {
    if (n > 0 && bytes_fit(b, n)) {
        memcpy(b->at + b->n, from, n);
        b->n += n;
    }
}

static inline void bytes_u(struct bytes *b, uint64_t v) {
    if (!bytes_fit(b, NUMBER_BYTES)) {
        return;
    }
    uint8_t *p = b->at + b->n;
    for (; v >= 0x80; v >>= 7) {
        *p++ = (uint8_t)(v | 0x80);
    }
    *p++ = (uint8_t)v;
    b->n = (size_t)(p - b->at);
}

static inline uint64_t zigzag(int64_t v) {
    return ((uint64_t)v << 1) ^ (uint64_t)(v >> 63);
}
static inline int64_t unzigzag(uint64_t v) {
    return (int64_t)(v >> 1 ^ (0 - (v & 1)));
}

static inline void bytes_i(struct bytes *b, int64_t v) {
    bytes_u(b, zigzag(v));
}
/* How far v is from `from`; differences wrap. */
static inline void bytes_near(struct bytes *b, uint64_t v, uint64_t from) {
    bytes_i(b, (int64_t)(v - from));
}

struct reading {
    const uint8_t *at, *end;
    bool bad;
};

static inline size_t reading_left(const struct reading *r) {
    return (size_t)(r->end - r->at);
}

static inline uint64_t read_long(struct reading *r) {
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 64 && r->at < r->end; shift += 7) {
        uint8_t byte = *r->at++;
        v |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            return v;
        }
    }
    r->bad = true;
    r->at = r->end;
    return 0;
}

/* Numbers of up to eight bytes are taken at once. */
static inline uint64_t read_u(struct reading *r) {
    if (r->at < r->end && *r->at < 0x80) {
        return *r->at++;
    }
    if (reading_left(r) >= sizeof(uint64_t)) {
        uint64_t v;
        unsigned n = number_in(number_word(r->at), &v);
        if (n > 0) {
            r->at += n;
            return v;
        }
    }
    return read_long(r);
}
static inline int64_t read_i(struct reading *r) {
    return unzigzag(read_u(r));
}
static inline uint64_t read_near(struct reading *r, uint64_t from) {
    return from + (uint64_t)read_i(r);
}
/* A number below `limit`; bad, and 0, where it isn't. */
static inline uint64_t read_below(struct reading *r, uint64_t limit) {
    uint64_t v = read_u(r);
    r->bad |= v >= limit;
    return v < limit ? v : 0;
}
/* n bytes, NULL where there are no more so many. */
static inline const uint8_t *read_bytes(struct reading *r, uint64_t n) {
    const uint8_t *p = r->at;
    if (n > reading_left(r)) {
        r->bad = true;
        r->at = r->end;
        return NULL;
    }
    r->at += n;
    return p;
}

#endif
