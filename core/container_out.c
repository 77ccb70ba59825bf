/* SPDX-License-Identifier: GPL-3.0-or-later */
/* container_out.c - writing pieces, their index and the tail; see container.h. */
#include "core/cbor_item.h"
#include "core/container.h"
#include "core/container_form.h"

#include <errno.h>

static void put(struct container_out *o, const void *bytes, size_t n) {
    if (!o->failed && n > 0 && fwrite(bytes, 1, n, o->to) != n) {
        o->failed = true;
        o->error = errno != 0 ? errno : EIO;
    }
    o->at += n;
}

void container_fail(struct container_out *o, int error) {
    o->error = o->failed ? o->error : error;
    o->failed = true;
}

void container_begin(struct container_out *o, FILE *to) {
    *o = (struct container_out){.to = to};
    checksum_init(&o->sum);
    cbor_item_tag(&o->head, FORM_SELF_DESCRIBED);
    cbor_item_array(&o->head, 2);
    cbor_item_text(&o->head, FORM_NAME, sizeof FORM_NAME - 1);
    cbor_item_uint(&o->head, CONTAINER_VERSION);
    put(o, o->head.at, o->head.n);
}

void container_put(struct container_out *o, struct piece p, const void *bytes, size_t n) {
    if (o->failed) {
        return;
    }
    p.crc = form_checksum(&o->sum, &p, bytes, n);
    o->head.n = 0;
    cbor_item_tag(&o->head, FORM_PIECE_TAG);
    cbor_item_array(&o->head, FORM_PIECE_ITEMS);
    const uint64_t numbers[] = {p.kind, p.number, p.a, p.b, p.c, p.crc};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        cbor_item_uint(&o->head, numbers[i]);
    }
    cbor_item_bytes_head(&o->head, n);
    if (o->head.memory_short || !GROW(o->pieces, o->n, o->cap)) {
        container_fail(o, ENOMEM);
        return;
    }
    p.at = o->at + o->head.n;
    p.size = n;
    o->pieces[o->n++] = p;
    put(o, o->head.at, o->head.n);
    put(o, bytes, n);
}

/* A row of the index: seven numbers, places and numbers as differences to the row before. */
static void put_row(struct bytes *b, const struct piece *p, const struct piece *before) {
    bytes_u(b, p->kind);
    bytes_near(b, p->number, before->number);
    bytes_u(b, p->a);
    bytes_u(b, p->b);
    bytes_u(b, p->c);
    bytes_near(b, p->at, before->at + before->size);
    bytes_u(b, p->size);
    bytes_u(b, p->crc);
}

bool container_end(struct container_out *o) {
    struct bytes index = {0};
    bytes_u(&index, o->n);
    for (size_t i = 0; i < o->n; i++) {
        static const struct piece none = {0};
        put_row(&index, &o->pieces[i], i > 0 ? &o->pieces[i - 1] : &none);
    }
    uint64_t at = o->at;
    if (index.memory_short) {
        container_fail(o, ENOMEM);
    }
    container_put(o, (struct piece){.kind = PIECE_INDEX}, index.at, index.n);
    if (!o->failed) {
        uint8_t tail[FORM_TAIL];
        form_put_tail(&o->sum, tail, at);
        put(o, tail, sizeof tail);
    }
    if (!o->failed && fflush(o->to) != 0) {
        o->failed = true;
        o->error = errno;
    }
    bytes_free(&index);
    bytes_free(&o->head);
    free(o->pieces);
    o->pieces = NULL;
    return !o->failed;
}
