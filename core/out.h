/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * out.h - what the four output forms share: a buffered writer and the first part of every sink.
 *
 * Rows may come in their millions, so nothing here formats through stdio: bytes go into one buffer, and the buffer to
 * the stream when it is full. Once a write has failed everything after it is dropped, and `error` keeps its errno.
 */
#ifndef HEAPREEL_OUT_H
#define HEAPREEL_OUT_H

#include "core/core.h"

#include <string.h>

enum { OUT_BUFFER = 1 << 17 };

struct outbuf {
    char *at; /* OUT_BUFFER bytes */
    size_t n;
    FILE *out;
    int error;
};

/* The common start of every sink; the public part first, so that a struct sink * is one of these. */
struct out_sink {
    struct sink sink;
    struct outbuf buf;
    const reel *reel; /* NULL: addresses are absolute */
    const struct result_column *cols;
    size_t ncols;
    void (*free)(struct out_sink *s); /* what the form holds beside this; may be NULL */
};

void out_flush(struct outbuf *b);
void out_bytes_slow(struct outbuf *b, const char *p, size_t n);

static inline void out_bytes(struct outbuf *b, const char *p, size_t n) {
    if (n > OUT_BUFFER - b->n) {
        out_bytes_slow(b, p, n);
        return;
    }
    memcpy(b->at + b->n, p, n);
    b->n += n;
}

static inline void out_char(struct outbuf *b, char c) {
    if (b->n == OUT_BUFFER)
        out_flush(b);
    b->at[b->n++] = c;
}

static inline void out_str(struct outbuf *b, const char *s) {
    out_bytes(b, s, strlen(s));
}

/* Room for n bytes (n well under OUT_BUFFER) at the place returned; say with out_took how many were used. */
static inline char *out_room(struct outbuf *b, size_t n) {
    if (n > OUT_BUFFER - b->n)
        out_flush(b);
    return b->at + b->n;
}

static inline void out_took(struct outbuf *b, size_t n) {
    b->n += n;
}

/* Decimal digits of u, not terminated; returns how many. */
enum { OUT_DIGITS = 20 };
size_t out_digits(char dst[OUT_DIGITS], uint64_t u);

void out_uint(struct outbuf *b, uint64_t u);
void out_int(struct outbuf *b, int64_t i);
void out_address(struct outbuf *b, const reel *r, uint64_t addr);

/* A JSON string, quotes included: invalid UTF-8 becomes U+FFFD, all that could harm a terminal is escaped. */
void out_json_string(struct outbuf *b, text t);
/* A value as JSON. */
void out_json_value(struct outbuf *b, const reel *r, const struct value *v);

/*
 * `t` as valid UTF-8 in pieces: calls put for each run, U+FFFD for what is invalid. Two passes with the same input
 * give the same bytes, so that a length can be counted first.
 */
void out_valid_utf8(text t, void (*put)(void *arg, const char *p, size_t n), void *arg);

/* Whether text output must do with ASCII: by wish, or because the locale is not UTF-8. */
bool out_plain(const struct sink *out);

/* End of a row or of everything: true while nothing has failed. */
bool out_ok(struct out_sink *s);
bool out_end(struct out_sink *s);

/* The four forms. NULL: out of memory. Fields of struct out_sink are filled in by sink_new. */
struct out_sink *out_text_new(void);
struct out_sink *out_csv_new(void);
struct out_sink *out_json_new(void);
struct out_sink *out_cbor_new(void);

#endif
