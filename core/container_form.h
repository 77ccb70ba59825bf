/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * container_form.h - what the writer and the reader of containers must agree on. For core/container*.c only.
 */
#ifndef HEAPREEL_CONTAINER_FORM_H
#define HEAPREEL_CONTAINER_FORM_H

#include "core/container.h"

#define FORM_SELF_DESCRIBED 55799u /* RFC 8949 3.4.6 */
#define FORM_NAME           "heapreel reel"
#define FORM_PIECE_TAG      UINT64_C(0x6865617072656c70) /* "heaprelp" in the file */

/* The tail: an array of two, its numbers in their longest forms so that its size is known. */
enum { FORM_PIECE_ITEMS = 7, FORM_TAG_BYTES = 9, FORM_TAIL = 1 + 9 + 5 };

static inline void form_put_number(uint8_t *p, uint64_t v, int n) {
    for (int i = 0; i < n; i++) {
        p[i] = (uint8_t)(v >> 8 * (n - 1 - i));
    }
}

static inline uint32_t form_checksum(const struct checksum *sum, const struct piece *p, const void *bytes, size_t n) {
    uint8_t head[40];
    const uint64_t numbers[] = {p->kind, p->number, p->a, p->b, p->c};
    for (int i = 0; i < 5; i++) {
        form_put_number(head + 8 * i, numbers[i], 8);
    }
    return checksum_add(sum, checksum_add(sum, 0, head, sizeof head), bytes, n);
}

static inline void form_put_tail(const struct checksum *sum, uint8_t tail[FORM_TAIL], uint64_t index_at) {
    tail[0] = 0x82;
    tail[1] = 0x1b;
    form_put_number(tail + 2, index_at, 8);
    tail[10] = 0x1a;
    form_put_number(tail + 11, checksum_add(sum, 0, tail + 2, 8), 4);
}

#endif
