/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * draft.c - how the block under way begins and ends.
 */
#include "core/draft.h"

static void reach(struct posting *e, uint32_t slot) {
    uint16_t at = posted_slot(slot);
    e->lo = at < e->lo ? at : e->lo;
    e->hi = at > e->hi ? at : e->hi;
}

/* Where a row has come to in its span. */
static void reach_row(struct draft *d, unsigned row) {
    reach(&d->directory[d->entry_of[row] - 1], d->k.m.lane[row].slot);
}

void draft_begin(struct draft *d, uint32_t block, int64_t from) {
    while (d->nrows > 0) {
        d->entry_of[d->rows[--d->nrows]] = 0;
    }
    d->block = block;
    d->n = 0;
    d->ndirectory = 0;
    pack_begin(&d->k, d->bytes, from);
}

void draft_object(struct draft *d, unsigned row, uint32_t entry, uint32_t slot) {
    if (d->entry_of[row] != 0) {
        reach_row(d, row);
    } else {
        d->rows[d->nrows++] = (uint16_t)row;
    }
    d->entry_of[row] = (uint16_t)(entry + 1);
    reach(&d->directory[entry], slot);
}

enum { POSTED_SHIFT = 10 };
_Static_assert(POSTED_SLOTS == 1 << POSTED_SHIFT, "two slots and three flags are in the bytes of an entry");

static uint8_t *posting_put(const struct posting *e, uint8_t *p) {
    uint32_t v = e->lo <= e->hi ? 2 | (uint32_t)e->lo << 2 | (uint32_t)e->hi << (2 + POSTED_SHIFT) : 0;
    v |= e->others;
    for (int i = 0; i < POSTED_BYTES; i++) {
        *p++ = (uint8_t)(v >> 8 * i);
    }
    return p;
}

void posting_get(struct posting *e, const uint8_t *p) {
    uint32_t v = p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16;
    bool objects = (v & 2) != 0;
    e->others = v & 1;
    e->lo = objects ? v >> 2 & (POSTED_SLOTS - 1) : UINT16_MAX;
    e->hi = objects ? v >> (2 + POSTED_SHIFT) & (POSTED_SLOTS - 1) : 0;
}

uint32_t draft_end(struct draft *d, uint32_t *directory) {
    uint8_t *p = d->k.at;
    for (uint32_t i = 0; i < d->nrows; i++) {
        reach_row(d, d->rows[i]);
    }
    uint32_t last = 0;
    *directory = (uint32_t)(p - d->bytes);
    p = put_number(p, d->ndirectory);
    for (uint32_t i = 0; i < d->ndirectory; i++) {
        const struct posting *e = &d->directory[i];
        p = put_near(p, e->span, last);
        p = put_number(p, e->before == NO_ID ? 0 : d->block - e->before);
        last = e->span;
    }
    for (uint32_t i = 0; i < d->ndirectory; i++) {
        p = posting_put(&d->directory[i], p);
    }
    return (uint32_t)(p - d->bytes);
}
