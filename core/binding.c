/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * binding.c - recorded facts are packed, and packed facts bound into blocks.
 *
 * While a trace is loaded facts lie in the stretches of events that they came from (intake.h). Whoever fills a stretch
 * again, or wants to read facts, binds them: so a thread that waits for the other one does its work. Owned here, and
 * untouched by who records meanwhile: the draft, the finished blocks and their store, the last block of each span and
 * its entry.
 */
#include "core/reel.h"
#include "traces/grow.h"

enum { POSTS_AHEAD = 6 }; /* facts */

bool bind_room(reel *r, size_t nspans) {
    size_t had = r->cap_last_block;
    size_t cap = had;
    if (!grow_to((void **)&r->entry, &cap, nspans, sizeof *r->entry) ||
        !grow_to((void **)&r->last_block, &r->cap_last_block, nspans, sizeof *r->last_block)) {
        return false;
    }
    if (r->cap_last_block > had) {
        memset(r->last_block + had, 0xff, (r->cap_last_block - had) * sizeof *r->last_block);
    }
    return true;
}

/* The open block has a fact about this span: its entry in the directory. NULL: out of memory. */
static struct posting *post(reel *r, uint32_t span) {
    struct draft *d = r->draft;
    if (span >= r->cap_last_block && !bind_room(r, (size_t)span + 1)) {
        r->facts_lost = true;
        return NULL;
    }
    if (r->last_block[span] != d->block) {
        r->entry[span] = (uint16_t)d->ndirectory;
        d->directory[d->ndirectory++] = (struct posting){.span = span, .before = r->last_block[span], .lo = UINT16_MAX};
        r->last_block[span] = d->block;
    }
    return &d->directory[r->entry[span]];
}

/* The same for a fact of an object. */
static void post_object(reel *r, unsigned row, uint64_t place) {
    const struct posting *e = post(r, pack_span_of(place));
    if (e != NULL) {
        draft_object(r->draft, row, (uint32_t)(e - r->draft->directory), pack_slot_of(place));
    }
}

/* The same for a fact of the span itself, or of none. */
static void post_other(reel *r, uint32_t span) {
    struct posting *e = span != NO_ID ? post(r, span) : NULL;
    if (e != NULL) {
        e->others = true;
    }
}

static bool keep_block(reel *r) {
    struct block b = {.t1 = r->draft->k.m.t};
    b.size = draft_end(r->draft, &b.directory);
    if (r->nblocks >= NO_ID - 1 || !GROW(r->blocks, r->nblocks, r->cap_blocks) ||
        !store_put(&r->store, r->draft->bytes, b.size, &b.at)) {
        return false;
    }
    r->blocks[r->nblocks++] = b;
    r->packed_bytes += b.size;
    return true;
}

/* n facts were packed. A full block that can't be kept is lost, and so is all that follows. */
static void count(reel *r, size_t n) {
    struct draft *d = r->draft;
    d->n += (uint32_t)n;
    if (d->n == BLOCK_FACTS) {
        if (!keep_block(r)) {
            r->facts_lost = true;
        }
        draft_begin(d, d->block + 1, d->k.m.t);
    }
}

void bind_fact(reel *r, const struct fact *x, unsigned lane) {
    if (r->facts_lost) {
        return;
    }
    if (fact_of_object(x->kind)) {
        post_object(r, pack_row_of(x, lane), pack_place(x->span, x->slot));
    } else {
        post_other(r, x->span);
    }
    pack_fact(&r->draft->k, x, lane);
    count(r, 1);
}

/* A brief fact that is in none of the common forms. */
static __attribute__((noinline)) void bind_uncommon(reel *r, struct pack_run *run, int64_t t, uint64_t who,
                                                    uint64_t key, uint64_t place) {
    struct packer *k = &r->draft->k;
    k->m.t = run->t;
    k->at = run->at;
    post_object(r, pack_row(key), place);
    pack_uncommon(k, t, who, key, place);
    *run = (struct pack_run){k->m.t, k->at};
}

/* Brief facts, as many as stand in a row and fit into the block. */
static size_t bind_brief(reel *r, const struct stretch *s, size_t from, size_t to) {
    struct packer *k = &r->draft->k;
    struct pack_run run = {k->m.t, k->at};
    const int64_t begin = s->begin;
    const uintptr_t last_block = (uintptr_t)r->last_block;
    size_t i = from;
    for (; i < to && s->ev[i].type != 0; i++) {
        const struct brief *b = &s->ev[i];
        const struct acting *a = &s->acting[b->actor];
        uint64_t x = b->id, key = x >> BRIEF_KEY | a->row | (uint64_t)b->heap_type << 32;
        int64_t t = begin + b->since;
        __builtin_prefetch((const void *)(last_block + pack_span_of(b[STRETCH_BEYOND].id) * sizeof(uint32_t)), 1);
        if (!pack_common(&k->m, &run, t, a->who, key, brief_place(x))) {
            struct pack_run apart = run;
            bind_uncommon(r, &apart, t, a->who, key, brief_place(x));
            run = apart;
        }
    }
    k->m.t = run.t;
    k->at = run.at;
    count(r, i - from);
    return i - from;
}

void bind_late(reel *r, const struct late *x) {
    if (r->facts_lost) {
        return;
    }
    if (fact_of_object(x->kind & (uint8_t)~KIND_INFERRED)) {
        post_object(r, late_row(x), pack_place(x->span, x->slot));
    } else {
        post_other(r, x->span);
    }
    pack_late(&r->draft->k, x);
    count(r, 1);
}

/* The spans of waiting facts are spread over all that have lived. */
static void fetch_posting(const reel *r, const struct stretch *s, size_t late) {
    uint32_t span = late < s->nlate ? s->late[late].span : NO_ID;
    if (span < r->cap_last_block) {
        __builtin_prefetch(&r->last_block[span], 1);
        __builtin_prefetch(&r->entry[span], 1);
    }
}

static void bind_lates(reel *r, struct stretch *s, size_t n) {
    for (; n > 0; n--) {
        fetch_posting(r, s, s->late_bound + POSTS_AHEAD);
        bind_late(r, &s->late[s->late_bound++]);
    }
}

void bind_stretch(reel *r, struct stretch *s) {
    while (s->bound < s->recorded && !r->facts_lost) {
        if (s->ev[s->bound].type == 0) {
            bind_lates(r, s, s->ev[s->bound++].id);
        } else {
            size_t room = BLOCK_FACTS - r->draft->n, left = s->recorded - s->bound;
            s->bound += bind_brief(r, s, s->bound, s->bound + (left < room ? left : room));
        }
    }
}

void bind_early(reel *r, struct stretch *s) {
    bind_stretch(r, s);
    bind_lates(r, s, s->nlate - s->late_bound);
    s->nlate = s->late_bound = s->late_from = 0;
}
