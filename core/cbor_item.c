/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cbor_item.c - libcbor's callbacks gathered in one item, and its encoders on growing bytes. */
#include "core/cbor_item.h"

#include <cbor.h>

enum { HEAD = 16 }; /* no head is longer than 9 bytes */

/* libcbor counts in size_t before 0.10, in uint64_t from there on. */
#if CBOR_MAJOR_VERSION == 0 && CBOR_MINOR_VERSION < 10
typedef size_t cbor_count;
#else
typedef uint64_t cbor_count;
#endif

static void set(void *arg, enum cbor_kind kind, uint64_t n, const uint8_t *at) {
    *(struct cbor_item *)arg = (struct cbor_item){kind, n, at};
}

static void on_uint8(void *arg, uint8_t v) {
    set(arg, CBOR_ITEM_UINT, v, NULL);
}
static void on_uint16(void *arg, uint16_t v) {
    set(arg, CBOR_ITEM_UINT, v, NULL);
}
static void on_uint32(void *arg, uint32_t v) {
    set(arg, CBOR_ITEM_UINT, v, NULL);
}
static void on_uint64(void *arg, uint64_t v) {
    set(arg, CBOR_ITEM_UINT, v, NULL);
}
static void on_negint8(void *arg, uint8_t v) {
    set(arg, CBOR_ITEM_NEGINT, v, NULL);
}
static void on_negint16(void *arg, uint16_t v) {
    set(arg, CBOR_ITEM_NEGINT, v, NULL);
}
static void on_negint32(void *arg, uint32_t v) {
    set(arg, CBOR_ITEM_NEGINT, v, NULL);
}
static void on_negint64(void *arg, uint64_t v) {
    set(arg, CBOR_ITEM_NEGINT, v, NULL);
}
static void on_text(void *arg, cbor_data at, cbor_count n) {
    set(arg, CBOR_ITEM_TEXT, n, at);
}
static void on_bytes(void *arg, cbor_data at, cbor_count n) {
    set(arg, CBOR_ITEM_BYTES, n, at);
}
static void on_array(void *arg, cbor_count n) {
    set(arg, CBOR_ITEM_ARRAY, n, NULL);
}
static void on_map(void *arg, cbor_count n) {
    set(arg, CBOR_ITEM_MAP, n, NULL);
}
static void on_tag(void *arg, uint64_t tag) {
    set(arg, CBOR_ITEM_TAG, tag, NULL);
}
static void on_bool(void *arg, bool v) {
    set(arg, CBOR_ITEM_BOOL, v, NULL);
}

bool cbor_item_read(struct reading *r, struct cbor_item *out) {
    struct cbor_callbacks on = cbor_empty_callbacks;
    on.uint8 = on_uint8;
    on.uint16 = on_uint16;
    on.uint32 = on_uint32;
    on.uint64 = on_uint64;
    on.negint8 = on_negint8;
    on.negint16 = on_negint16;
    on.negint32 = on_negint32;
    on.negint64 = on_negint64;
    on.string = on_text;
    on.byte_string = on_bytes;
    on.array_start = on_array;
    on.map_start = on_map;
    on.tag = on_tag;
    on.boolean = on_bool;
    *out = (struct cbor_item){.kind = CBOR_ITEM_OTHER};
    struct cbor_decoder_result got = {0};
    if (!r->bad && r->at < r->end) {
        got = cbor_stream_decode(r->at, reading_left(r), &on, out);
    }
    if (got.status != CBOR_DECODER_FINISHED || got.read == 0) {
        r->bad = true;
        *out = (struct cbor_item){.kind = CBOR_ITEM_NONE};
        return false;
    }
    r->at += got.read;
    return true;
}

/* ---- writing */

#define PUT_HEAD(b, call)                                                                                              \
    do {                                                                                                               \
        if (bytes_fit(b, HEAD)) {                                                                                      \
            unsigned char *at_ = (b)->at + (b)->n;                                                                     \
            (b)->n += (call);                                                                                          \
        }                                                                                                              \
    } while (0)

void cbor_item_uint(struct bytes *b, uint64_t v) {
    PUT_HEAD(b, cbor_encode_uint(v, at_, HEAD));
}
void cbor_item_int(struct bytes *b, int64_t v) {
    if (v >= 0) {
        cbor_item_uint(b, (uint64_t)v);
    } else {
        PUT_HEAD(b, cbor_encode_negint((uint64_t)(-1 - v), at_, HEAD));
    }
}
void cbor_item_bool(struct bytes *b, bool v) {
    PUT_HEAD(b, cbor_encode_bool(v, at_, HEAD));
}
void cbor_item_array(struct bytes *b, size_t n) {
    PUT_HEAD(b, cbor_encode_array_start(n, at_, HEAD));
}
void cbor_item_map(struct bytes *b, size_t n) {
    PUT_HEAD(b, cbor_encode_map_start(n, at_, HEAD));
}
void cbor_item_tag(struct bytes *b, uint64_t tag) {
    PUT_HEAD(b, cbor_encode_tag(tag, at_, HEAD));
}
void cbor_item_text(struct bytes *b, const char *s, size_t n) {
    PUT_HEAD(b, cbor_encode_string_start(n, at_, HEAD));
    bytes_put(b, s, n);
}
void cbor_item_bytes_head(struct bytes *b, size_t n) {
    PUT_HEAD(b, cbor_encode_bytestring_start(n, at_, HEAD));
}
