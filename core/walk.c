/* SPDX-License-Identifier: GPL-3.0-or-later */
/* walk.c - see walk.h. */
#include "core/walk.h"
#include "core/belt.h"
#include "core/clock.h"
#include "core/saved.h"
#include "traces/grow.h"

enum {
    MOST_SLOTS = 1024 + 1,
    BATCH = 32, /* blocks unpacked in one go beside the visitor: so many of them fit into a processor's cache */
    SHARES = 8, /* but no more than this part of a pass */
    STEPS = 16, /* in which unpacking is shared out */
    WORTH_A_THREAD = 1024 /* blocks */
};

static bool room(struct unpacked *w) {
    return w->at != NULL || (w->at = malloc(BLOCK_FACTS * sizeof *w->at)) != NULL;
}

/* The first `n` facts of a block. False: out of memory. */
static bool unpack(struct unpacker *k, struct unpacked *w, const uint8_t *bytes, uint32_t n) {
    size_t nother = 0;
    if (!room(w)) {
        return false;
    }
    unpack_begin(k, bytes);
    const uint8_t *p = k->at;
    for (struct walked *to = w->at, *end = w->at + n; to < end; to++) {
        struct object_fact o;
        if (p[0] < 1 << FORM_SHIFT) { /* FORM_NEXT: nearly all, so that no address waits for what was read */
            uint64_t key = k->m.code[p[1]];
            struct lane *l = &k->m.lane[pack_row(key)];
            k->m.t = pack_later(k->m.t, (uint64_t)p[0] << TICK_SHIFT);
            l->slot++;
            p += 2;
            o = unpack_coded(k, key, l);
            *to = walked_object(k->m.t, &o);
            continue;
        }
        k->at = p;
        if (!GROW(w->other, nother, w->cap_other)) {
            return false;
        }
        struct fact *x = &w->other[nother];
        *to = unpack_next(k, &o, x) ? walked_object(k->m.t, &o) : walked_other(x, nother++);
        p = k->at;
    }
    return true;
}

static void unpacked_free(struct unpacked *w) {
    free(w->at);
    free(w->other);
}

/* A pass: who asked, and how far it is. */
struct pass {
    reel *r;
    uint64_t from, to, pos;
    walk_visitor *visit;
    void *arg;
    bool (*step)(void *arg, double share);
    void *step_arg;
    unsigned batch; /* blocks; where a thread helps */
    unsigned own;   /* blocks of a batch that are unpacked here, not by the thread */
};

static uint64_t pass_block(const struct pass *p) {
    return p->pos / BLOCK_FACTS;
}

/* Facts of a block up to the end of the pass. */
static uint32_t pass_facts(const struct pass *p, uint64_t block) {
    uint64_t left = p->to - block * BLOCK_FACTS;
    return (uint32_t)(left < BLOCK_FACTS ? left : BLOCK_FACTS);
}

/* Show a block to the visitor. False: it is enough. */
static bool pass_visit(struct pass *p, const struct unpacked *w) {
    uint64_t first = pass_block(p) * BLOCK_FACTS, skip = p->pos - first;
    uint32_t n = pass_facts(p, pass_block(p));
    struct walk_block b = {.first = p->pos, .n = n - (uint32_t)skip, .at = w->at + skip, .other = w->other};
    p->visit(p->arg, &b);
    p->pos = first + n;
    return p->step == NULL || p->step(p->step_arg, (double)(p->pos - p->from) / (double)(p->to - p->from));
}

/* A block that nobody has checked yet. False: out of memory, or it isn't sound. */
static bool unpack_unchecked(const reel *r, struct fact_check *c, const uint8_t *bytes, const struct piece *p,
                             struct unpacked *w) {
    return room(w) && saved_unpack_facts(r, c, bytes, p, w);
}

/* The facts of a block up to the end of the pass. False: they can't be had. */
static bool unpack_here(const struct pass *p, struct unpacked *w) {
    reel *r = p->r;
    uint64_t block = pass_block(p);
    const struct piece *unchecked = saved_unchecked(r, block);
    if (unchecked != NULL && unpack_unchecked(r, &r->saved->check, r->saved->file.data + unchecked->at, unchecked, w)) {
        saved_note_sound(r, block);
        return true;
    }
    uint32_t all;
    const uint8_t *bytes = reel_block_bytes(r, block, &all);
    return bytes != NULL && unpack(&r->unpacker, w, bytes, pass_facts(p, block));
}

/* One block after the other. */
static enum walk_end pass_in_turn(struct pass *p) {
    struct unpacked w = {0};
    enum walk_end end = WALK_DONE;
    while (p->pos < p->to && end == WALK_DONE) {
        if (!unpack_here(p, &w)) {
            end = WALK_NO_MEMORY;
        } else if (!pass_visit(p, &w)) {
            end = WALK_STOPPED;
        }
    }
    unpacked_free(&w);
    return end;
}

/*
 * ---- unpacking beside the visitor
 *
 * A thread unpacks one batch of blocks while the visitor looks at the one before. It is given bytes that stay where
 * they are and as they are: those of finished blocks, in memory or in a saved reel's file. Of the reel it looks at
 * nothing else but tables, for blocks of a saved reel that have to be checked meanwhile.
 */

struct batch {
    struct unpacked w[BATCH];
    bool ok;
};

/* What a batch is made of. */
struct plan {
    uint64_t first; /* block */
    const uint8_t *bytes[BATCH];
    const struct piece *check[BATCH]; /* a saved reel's that nobody has checked yet; NULL others */
    uint32_t n[BATCH];                /* facts of each that are wanted */
    unsigned count, own;              /* the first `own` of them are the visitor's thread's to unpack */
    bool ok;
};

/* What a thread unpacks with. */
struct bench {
    const reel *r; /* its tables, for checking */
    struct unpacker k;
    struct fact_check check;
};

/* By turns: batch t, made of plan t, is unpacked while batch t - 1 is visited and plan t + 1 made. */
struct ahead {
    struct batch batch[2];
    struct plan plan[4];
    struct bench bench[2]; /* the thread's, the visitor's */
};
_Static_assert(BELT_SLOTS % 4 == 0, "a slot of the belt stands for one plan and one batch");

/* Blocks from .. to - 1 of a plan. */
static bool unpack_planned(struct bench *by, const struct plan *plan, unsigned from, unsigned to, struct batch *b) {
    bool ok = true;
    for (unsigned i = from; i < to && ok; i++) {
        const struct piece *p = plan->check[i];
        ok = p != NULL ? unpack_unchecked(by->r, &by->check, plan->bytes[i], p, &b->w[i])
                       : unpack(&by->k, &b->w[i], plan->bytes[i], plan->n[i]);
    }
    return ok;
}

static void unpack_batches(void *arg, struct belt *belt) {
    struct ahead *a = arg;
    for (int slot; (slot = belt_load(belt)) != BELT_NONE; belt_give(belt)) {
        const struct plan *plan = &a->plan[slot % 4];
        struct batch *b = &a->batch[slot % 2];
        b->ok = plan->ok && unpack_planned(&a->bench[0], plan, plan->own, plan->count, b);
    }
}

/* All of a batch was unpacked, so what had to be checked is sound. */
static void note_checked(reel *r, const struct plan *plan) {
    for (unsigned i = 0; i < plan->count; i++) {
        if (plan->check[i] != NULL) {
            saved_note_sound(r, plan->first + i);
        }
    }
}

/* Blocks from `block` on, those before `end`, and what of them is unpacked here. */
static void make_plan(struct ahead *a, uint64_t turn, const struct pass *p, uint64_t block, uint64_t end) {
    struct plan *plan = &a->plan[turn % 4];
    *plan = (struct plan){.first = block, .ok = true};
    for (; plan->count < p->batch && block < end && plan->ok; block++, plan->count++) {
        unsigned i = plan->count;
        uint32_t all;
        plan->check[i] = saved_unchecked(p->r, block);
        plan->bytes[i] =
            plan->check[i] != NULL ? p->r->saved->file.data + plan->check[i]->at : reel_block_bytes(p->r, block, &all);
        plan->n[i] = pass_facts(p, block);
        plan->ok = plan->bytes[i] != NULL;
    }
    plan->own = p->own < plan->count ? p->own : plan->count;
    plan->ok = plan->ok && unpack_planned(&a->bench[1], plan, 0, plan->own, &a->batch[turn % 2]);
}

/*
 * Unpacking takes longer than what most visitors do: who waited for the other thread unpacks more blocks itself from
 * now on, who didn't fewer. Times in ns.
 */
static void share_out(struct pass *p, int64_t waited, int64_t worked) {
    unsigned step = p->batch / STEPS + 1;
    if (waited > worked / STEPS) {
        p->own = p->own + step < p->batch ? p->own + step : p->batch;
    } else {
        p->own -= p->own < step ? p->own : step;
    }
}

static void put_plan(struct belt *belt) {
    (void)belt_room(belt);
    belt_put(belt);
    belt_flush(belt);
}

/* Finished blocks before `end`. */
static enum walk_end pass_ahead(struct pass *p, struct ahead *a, struct belt *belt, uint64_t end) {
    uint64_t first = pass_block(p);
    make_plan(a, 0, p, first, end);
    put_plan(belt);
    make_plan(a, 1, p, first + p->batch, end);
    int64_t began = now_ns();
    for (uint64_t turn = 0; a->plan[turn % 4].count > 0; turn++) {
        const struct batch *b = &a->batch[turn % 2];
        int64_t ready = now_ns();
        if (!belt_drain(belt) || !b->ok) {
            break; /* it shows when this is done in turn */
        }
        int64_t worked = ready - began;
        began = now_ns();
        share_out(p, began - ready, worked);
        note_checked(p->r, &a->plan[turn % 4]);
        put_plan(belt);
        for (unsigned i = 0; i < a->plan[turn % 4].count; i++) {
            if (!pass_visit(p, &b->w[i])) {
                return WALK_STOPPED;
            }
        }
        make_plan(a, turn + 2, p, first + (turn + 2) * p->batch, end);
    }
    return WALK_DONE;
}

/* Bytes of facts that were moved to a file (--max-mem) come through one buffer, so nobody else may ask for them. */
static bool thread_helps(const reel *r, uint64_t blocks) {
    bool worth_it = r->threads == 0 ? blocks >= WORTH_A_THREAD && belt_processors() > 1 : r->threads > 1;
    return worth_it && blocks > 0 && r->store.limit == 0 && r->store.oldest == 0;
}

/* As far as a thread helps; what is left is done in turn. */
static enum walk_end with_thread(struct pass *p) {
    uint64_t begin = pass_block(p), end = (p->to + BLOCK_FACTS - 1) / BLOCK_FACTS;
    end = end < p->r->nblocks ? end : p->r->nblocks;
    if (p->pos >= p->to || !thread_helps(p->r, end > begin ? end - begin : 0)) {
        return WALK_DONE;
    }
    p->batch = (unsigned)((end - begin) / SHARES);
    p->batch = p->batch < 1 ? 1 : p->batch < BATCH ? p->batch : BATCH;
    struct ahead *a = calloc(1, sizeof *a);
    if (a != NULL) {
        a->bench[0].r = a->bench[1].r = p->r;
    }
    struct belt *belt = a != NULL ? belt_start(unpack_batches, a) : NULL;
    enum walk_end how = belt != NULL ? pass_ahead(p, a, belt, end) : WALK_DONE;
    belt_stop(&belt);
    for (int i = 0; a != NULL && i < 2 * BATCH; i++) {
        unpacked_free(&a->batch[i / BATCH].w[i % BATCH]);
    }
    for (int i = 0; a != NULL && i < 2; i++) {
        free(a->bench[i].check.copy);
    }
    free(a);
    return how;
}

enum walk_end reel_walk(reel *r, uint64_t from, uint64_t to, walk_visitor *visit, void *arg,
                        bool (*step)(void *arg, double share), void *step_arg) {
    struct pass p = {.r = r, .from = from, .to = to, .pos = from, .visit = visit, .arg = arg};
    p.step = step;
    p.step_arg = step_arg;
    enum walk_end end = with_thread(&p);
    return end == WALK_DONE ? pass_in_turn(&p) : end;
}

/* ---- 64 bits a slot */

bool slots_init(struct slots *s, const reel *r, uint64_t fill) {
    *s = (struct slots){.r = r, .cap_spans = reel_spans(r), .fill = fill};
    s->span = malloc((s->cap_spans + 1) * sizeof *s->span);
    s->spare = malloc(MOST_SLOTS * sizeof *s->spare);
    if (s->span == NULL || s->spare == NULL) {
        slots_free(s);
        return false;
    }
    memset(s->span, 0xff, (s->cap_spans + 1) * sizeof *s->span);
    memset(s->spare, 0xff, MOST_SLOTS * sizeof *s->spare);
    while (((uint64_t)reel_info(r)->duration + 3) >> s->shift >= UINT64_C(1) << SLOTS_TIME_BITS) {
        s->shift++;
    }
    return true;
}

void slots_free(struct slots *s) {
    free(s->span);
    free(s->pool);
    free(s->spare);
    *s = (struct slots){0};
}

static void span_comes(struct slots *s, uint32_t span) {
    uint32_t n = span < s->cap_spans ? s->r->spans[span].nelems : 0;
    if (n == 0 || s->memory_short || s->span[span].at != NO_ID) {
        return;
    }
    uint32_t at = n < MOST_SLOTS ? s->spare[n] : NO_ID;
    if (at != NO_ID) {
        s->spare[n] = (uint32_t)s->pool[at];
    } else if (s->npool + n < NO_ID && grow_to((void **)&s->pool, &s->cap_pool, s->npool + n, sizeof *s->pool)) {
        at = (uint32_t)s->npool;
        s->npool += n;
    } else {
        s->memory_short = true;
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        s->pool[at + i] = s->fill;
    }
    const struct span *life = &s->r->spans[span];
    s->span[span] = (struct slots_span){at, life->elem <= UINT32_MAX ? (uint32_t)life->elem : 0,
                                        (uint8_t)reel_span_class(s->r, span)};
}

static void span_goes(struct slots *s, uint32_t span) {
    uint32_t n = span < s->cap_spans ? s->r->spans[span].nelems : 0;
    if (n == 0 || s->span[span].at == NO_ID) {
        return;
    }
    if (n < MOST_SLOTS) {
        s->pool[s->span[span].at] = s->spare[n];
        s->spare[n] = s->span[span].at;
    }
    s->span[span].at = NO_ID;
}

void slots_fact(struct slots *s, const struct fact *x) {
    if (x->kind == FACT_SPAN_ALLOC || x->kind == FACT_SPAN_EXISTS) {
        span_comes(s, x->span);
    } else if (x->kind == FACT_SPAN_FREE) {
        span_goes(s, x->span);
    }
}

bool slots_begin(struct slots *s, const frame *f) {
    const uint32_t *ids;
    size_t n = frame_spans(f, &ids);
    for (size_t i = 0; i < n; i++) {
        span_comes(s, ids[i]);
    }
    return !s->memory_short;
}
