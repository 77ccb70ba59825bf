/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * draft.c - lines of a draft, and how they become a block.
 */
#include "core/draft.h"

static bool is_object(uint8_t kind) {
    return kind == FACT_EXISTS || kind == FACT_ALLOC || kind == FACT_SUBALLOC || kind == FACT_FREE;
}

void draft_add(struct draft *d, const struct fact *x, unsigned lane) {
    struct line *to = &d->line[d->n++];
    if (!is_object(x->kind)) {
        *to = (struct line){.t = x->t, .span = x->span, .type = d->nother, .kind = LINE_OTHER};
        d->other[d->nother++] = *x;
        return;
    }
    *to = (struct line){.t = x->t,
                        .who = pack_who(x->g, x->p),
                        .span = x->span,
                        .type = x->type,
                        .slot = (uint16_t)x->slot,
                        .kind = (uint8_t)(x->kind | (x->inferred ? KIND_INFERRED : 0)),
                        .lane = (uint8_t)(x->kind == FACT_FREE ? LANE_FREE : lane)};
}

/* The directory stands behind the facts. */
static uint8_t *pack_directory(const struct draft *d, uint8_t *p) {
    uint32_t last = 0;
    p = put_number(p, d->ndirectory);
    for (uint32_t i = 0; i < d->ndirectory; i++) {
        const struct posting *e = &d->directory[i];
        p = put_near(p, e->span, last);
        p = put_number(p, e->before == NO_ID ? 0 : d->block - e->before);
        last = e->span;
    }
    return p;
}

uint32_t draft_pack(const struct draft *d, struct packer *k, uint8_t *out, uint32_t *directory) {
    pack_begin(k, out, d->from);
    for (const struct line *x = d->line, *end = x + d->n; x < end; x++) {
        if (x->kind != LINE_OTHER) {
            pack_object(k, x->t, x->who, x->kind, x->lane, x->span, x->slot, x->type);
        } else {
            pack_fact(k, &d->other[x->type], 0);
        }
    }
    *directory = (uint32_t)(k->at - out);
    return (uint32_t)(pack_directory(d, k->at) - out);
}
