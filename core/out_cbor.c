/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * out_cbor.c - rows as a CBOR sequence (RFC 8742): one map of definite length for each row.
 *
 * Keys are text strings; pairs and stacks are arrays, counts maps, addresses text as in JSON. Text is valid
 * UTF-8: U+FFFD stands for what is not.
 */
#include "core/out.h"

#include <cbor.h>
#include <stdlib.h>

enum { HEAD = 16 }; /* no head of a CBOR item is longer than 9 bytes */

#define PUT_HEAD(b, call)                                                                                              \
    do {                                                                                                               \
        unsigned char *at_ = (unsigned char *)out_room(b, HEAD);                                                       \
        out_took(b, call);                                                                                             \
    } while (0)

static void put_uint(struct outbuf *b, uint64_t u) {
    PUT_HEAD(b, cbor_encode_uint(u, at_, HEAD));
}

static void put_int(struct outbuf *b, int64_t i) {
    if (i >= 0)
        put_uint(b, (uint64_t)i);
    else
        PUT_HEAD(b, cbor_encode_negint((uint64_t)(-(i + 1)), at_, HEAD));
}

static void put_null(struct outbuf *b) {
    PUT_HEAD(b, cbor_encode_null(at_, HEAD));
}

static void put_map(struct outbuf *b, size_t n) {
    PUT_HEAD(b, cbor_encode_map_start(n, at_, HEAD));
}

static void put_array(struct outbuf *b, size_t n) {
    PUT_HEAD(b, cbor_encode_array_start(n, at_, HEAD));
}

static void count_piece(void *arg, const char *p, size_t n) {
    (void)p;
    *(size_t *)arg += n;
}

static void put_piece(void *arg, const char *p, size_t n) {
    out_bytes(arg, p, n);
}

static void put_text(struct outbuf *b, text t) {
    size_t len = 0;
    out_valid_utf8(t, count_piece, &len);
    PUT_HEAD(b, cbor_encode_string_start(len, at_, HEAD));
    out_valid_utf8(t, put_piece, b);
}

static void put_str(struct outbuf *b, const char *s) {
    size_t len = strlen(s);
    PUT_HEAD(b, cbor_encode_string_start(len, at_, HEAD));
    out_bytes(b, s, len);
}

static void put_address(struct outbuf *b, const reel *r, uint64_t addr) {
    char s[ADDRESS_TEXT];
    put_str(b, reel_address_text(r, addr, s));
}

static void put_time(struct outbuf *b, int64_t t) {
    if (t == NO_TIME)
        put_null(b);
    else
        put_int(b, t);
}

static void put_frames(struct outbuf *b, const struct trace_frame *f, size_t n) {
    put_array(b, n);
    for (size_t i = 0; i < n; i++) {
        put_map(b, 4);
        put_str(b, "func");
        put_text(b, f[i].func);
        put_str(b, "file");
        put_text(b, f[i].file);
        put_str(b, "line");
        put_uint(b, f[i].line);
        put_str(b, "pc");
        put_address(b, NULL, f[i].pc);
    }
}

static void put_counts(struct outbuf *b, const struct count_entry *c, size_t n) {
    put_map(b, n);
    for (size_t i = 0; i < n; i++) {
        put_text(b, c[i].name);
        put_uint(b, c[i].n);
    }
}

static void put_value(struct outbuf *b, const reel *r, const struct value *v) {
    switch ((enum value_kind)v->kind) {
    case VALUE_NULL:
        put_null(b);
        break;
    case VALUE_INT:
        put_int(b, v->i);
        break;
    case VALUE_UINT:
        put_uint(b, v->u);
        break;
    case VALUE_BOOL:
        PUT_HEAD(b, cbor_encode_bool(v->b, at_, HEAD));
        break;
    case VALUE_TEXT:
        put_text(b, v->s);
        break;
    case VALUE_ADDRESS:
        put_address(b, r, v->u);
        break;
    case VALUE_PAIR:
        put_array(b, 2);
        put_time(b, v->pair[0]);
        put_time(b, v->pair[1]);
        break;
    case VALUE_COUNTS:
        put_counts(b, v->counts.at, v->counts.n);
        break;
    case VALUE_FRAMES:
        put_frames(b, v->frames.at, v->frames.n);
        break;
    case VALUE_REAL:
        PUT_HEAD(b, cbor_encode_double(v->real, at_, HEAD));
        break;
    }
}

static bool cbor_begin(struct sink *pub, const struct result_column *cols, size_t ncols) {
    struct out_sink *s = (struct out_sink *)pub;
    s->cols = cols;
    s->ncols = ncols;
    return true;
}

static bool cbor_row(struct sink *pub, const struct value *v, const char *const *names, const struct value *extra,
                     size_t nextra) {
    struct out_sink *s = (struct out_sink *)pub;
    put_map(&s->buf, s->ncols + nextra);
    for (size_t i = 0; i < s->ncols; i++) {
        put_str(&s->buf, s->cols[i].name);
        put_value(&s->buf, s->reel, &v[i]);
    }
    for (size_t i = 0; i < nextra; i++) {
        put_str(&s->buf, names[i]);
        put_value(&s->buf, s->reel, &extra[i]);
    }
    return out_ok(s);
}

static bool cbor_end(struct sink *pub) {
    return out_end((struct out_sink *)pub);
}

static void cbor_note(struct sink *pub, const char *line) {
    (void)pub;
    (void)line;
}

struct out_sink *out_cbor_new(void) {
    struct out_sink *s = calloc(1, sizeof *s);
    if (s)
        s->sink = (struct sink){.begin = cbor_begin, .row = cbor_row, .end = cbor_end, .note = cbor_note};
    return s;
}
