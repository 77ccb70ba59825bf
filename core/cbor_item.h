/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cbor_item.h - one CBOR item at a time, by libcbor's streaming decoder: nothing is allocated, whatever the bytes say.
 * For core/ only.
 */
#ifndef HEAPREEL_CBOR_ITEM_H
#define HEAPREEL_CBOR_ITEM_H

#include "core/bytes.h"

enum cbor_kind {
    CBOR_ITEM_NONE,
    CBOR_ITEM_UINT,
    CBOR_ITEM_NEGINT,
    CBOR_ITEM_BOOL,
    CBOR_ITEM_TEXT,
    CBOR_ITEM_BYTES,
    CBOR_ITEM_ARRAY,
    CBOR_ITEM_MAP,
    CBOR_ITEM_TAG,
    CBOR_ITEM_OTHER
};

struct cbor_item {
    enum cbor_kind kind;
    uint64_t n;        /* the number (of a negative one -1 - n), the tag, the count of entries or of bytes */
    const uint8_t *at; /* texts and byte strings */
};

/* The next item, or the head of an array or a map. False, and r->bad, where there is none. */
bool cbor_item_read(struct reading *r, struct cbor_item *out);

/* Heads and numbers, in their shortest form. */
void cbor_item_uint(struct bytes *b, uint64_t v);
void cbor_item_int(struct bytes *b, int64_t v);
void cbor_item_bool(struct bytes *b, bool v);
void cbor_item_array(struct bytes *b, size_t n);
void cbor_item_map(struct bytes *b, size_t n);
void cbor_item_tag(struct bytes *b, uint64_t tag);
void cbor_item_text(struct bytes *b, const char *s, size_t n);
void cbor_item_bytes_head(struct bytes *b, size_t n);

#endif
