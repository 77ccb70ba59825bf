/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * press.c - packing drafts, and the thread that does it while recording goes on.
 */
#include "core/press.h"
#include "core/reel.h"
#include "traces/grow.h"

static bool press_block(struct press *p, const struct draft *d) {
    struct reel *r = p->r;
    struct block b = {.t1 = d->line[d->n - 1].t};
    b.size = draft_pack(d, p->packer, p->out, &b.directory);
    if (r->nblocks >= NO_ID - 1 || !GROW(r->blocks, r->nblocks, r->cap_blocks) ||
        !store_put(&r->store, p->out, b.size, &b.at)) {
        return false;
    }
    r->blocks[r->nblocks++] = b;
    r->packed_bytes += b.size;
    return true;
}

static void work(void *press, struct belt *b) {
    struct press *p = press;
    for (int slot; (slot = belt_load(b)) != BELT_NONE; belt_give(b)) {
        if (!p->failed && !press_block(p, &p->draft[slot])) {
            p->failed = true;
        }
    }
}

bool press_open(struct press *p, struct reel *r, bool aside) {
    *p = (struct press){.r = r};
    p->draft = malloc((aside ? BELT_SLOTS : 1) * sizeof *p->draft);
    p->packer = malloc(sizeof *p->packer);
    p->out = malloc(DRAFT_MAX_BYTES);
    if (p->draft == NULL || p->packer == NULL || p->out == NULL) {
        return false;
    }
    p->belt = aside ? belt_start(work, p) : NULL;
    return true;
}

void press_close(struct press *p) {
    belt_stop(&p->belt);
    free(p->draft);
    free(p->packer);
    free(p->out);
    p->draft = NULL;
    p->packer = NULL;
    p->out = NULL;
}

struct draft *press_begin(struct press *p, uint32_t block, int64_t from) {
    struct draft *d = &p->draft[p->belt != NULL ? belt_room(p->belt) : 0];
    draft_begin(d, block, from);
    return d;
}

bool press_put(struct press *p, struct draft *d) {
    if (p->belt != NULL) {
        belt_put(p->belt);
    } else if (!press_block(p, d)) {
        p->failed = true;
    }
    return !p->failed;
}

bool press_settle(struct press *p) {
    if (p->belt != NULL) {
        (void)belt_drain(p->belt);
    }
    return !p->failed;
}
