/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * draft.c - how the block under way begins and ends.
 */
#include "core/draft.h"

void draft_begin(struct draft *d, uint32_t block, int64_t from) {
    d->block = block;
    d->n = 0;
    d->ndirectory = 0;
    pack_begin(&d->k, d->bytes, from);
}

uint32_t draft_end(struct draft *d, uint32_t *directory) {
    uint8_t *p = d->k.at;
    uint32_t last = 0;
    *directory = (uint32_t)(p - d->bytes);
    p = put_number(p, d->ndirectory);
    for (uint32_t i = 0; i < d->ndirectory; i++) {
        const struct posting *e = &d->directory[i];
        p = put_near(p, e->span, last);
        p = put_number(p, e->before == NO_ID ? 0 : d->block - e->before);
        last = e->span;
    }
    return (uint32_t)(p - d->bytes);
}
