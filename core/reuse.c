/* SPDX-License-Identifier: GPL-3.0-or-later */
/* reuse.c - see reuse.h. */
#include "core/reuse.h"

#include <stdlib.h>

static void freed(struct reuse *x, const struct walked *w, uint64_t *word) {
    unsigned c = slots_class(&x->slots, w->span);
    *word = slots_pack(&x->slots, w->type, w->t);
    x->freed_type[w->type]++;
    x->freed_class[c]++;
    x->frees++;
    x->free_bytes += slots_elem(&x->slots, w->span);
    x->last_free[w->span] = w->t;
}

static void allocated(struct reuse *x, const struct walked *w, uint64_t *word) {
    unsigned c = slots_class(&x->slots, w->span);
    x->alloc_type[w->type]++;
    x->alloc_class[c]++;
    x->allocs++;
    x->alloc_bytes += slots_elem(&x->slots, w->span);
    if (*word == 0)
        return;
    int64_t since = slots_time(&x->slots, *word);
    uint64_t delay = w->t > since ? (uint64_t)(w->t - since) : 0;
    dist_add(&x->by_class[c], delay);
    if (x->types)
        dist_add(&x->by_type[slots_type(*word)], delay);
    *word = 0;
}

static void other(struct reuse *x, const struct fact *f) {
    slots_fact(&x->slots, f);
    if (f->kind != FACT_SPAN_FREE && f->kind != FACT_SPAN_ALLOC)
        return;
    const struct span *s = reel_span(x->r, f->span);
    if (s->kind != SPAN_HEAP)
        return;
    if (f->kind == FACT_SPAN_ALLOC) {
        x->spans++;
        x->span_bytes += s->npages * reel_info(x->r)->page_size;
    } else if (x->last_free[f->span] != NO_TIME) {
        int64_t took = f->t - x->last_free[f->span];
        dist_add(&x->back[report_class(x->r, f->span)], (uint64_t)(took > 0 ? took : 0));
    }
}

static void visit(void *arg, const struct walk_block *b) {
    struct reuse *x = arg;
    for (uint32_t i = 0; i < b->n; i++) {
        const struct walked *w = &b->at[i];
        if (i + WALK_AHEAD < b->n)
            slots_fetch(&x->slots, w + WALK_AHEAD);
        if (w->kind == WALK_OTHER) {
            other(x, &b->other[w->type]);
            continue;
        }
        uint64_t *word = slots_word(&x->slots, w->span, w->slot);
        if (!word)
            continue;
        if (w->kind == FACT_FREE)
            freed(x, w, word);
        else if (w->kind == FACT_ALLOC)
            allocated(x, w, word);
    }
}

static bool prepare(struct reuse *x) {
    uint32_t n = reel_spans(x->r);
    x->ntypes = reel_types(x->r);
    x->by_type = calloc((size_t)x->ntypes + 1, sizeof *x->by_type);
    x->freed_type = calloc((size_t)x->ntypes + 1, sizeof *x->freed_type);
    x->alloc_type = calloc((size_t)x->ntypes + 1, sizeof *x->alloc_type);
    x->last_free = malloc(((size_t)n + 1) * sizeof *x->last_free);
    for (uint32_t i = 0; x->last_free && i < n; i++)
        x->last_free[i] = NO_TIME;
    return x->by_type && x->freed_type && x->alloc_type && x->last_free && slots_init(&x->slots, x->r, 0);
}

bool reuse_count(struct command_env *env, reel *r, const struct report_window *w, bool types, struct reuse *x) {
    struct command_env here = *env;
    *x = (struct reuse){.r = r, .types = types};
    here.reel = r;
    bool ok = prepare(x) || report_no_memory(&here);
    frame *f = ok && w->from > 0 ? frame_new(r) : NULL;
    if (f && (!frame_seek(f, w->from) || !slots_begin(&x->slots, f)))
        ok = report_no_memory(&here);
    frame_free(&f);
    ok = ok && report_walk(&here, w->from, w->to, visit, x) && (!x->slots.memory_short || report_no_memory(&here));
    if (!ok) {
        memcpy(env->error, here.error, sizeof env->error);
        env->status = here.status;
    }
    return ok;
}

void reuse_free(struct reuse *x) {
    for (uint32_t i = 0; x->by_type && i < x->ntypes; i++)
        dist_free(&x->by_type[i]);
    for (unsigned c = 0; c < SPAN_CLASSES; c++) {
        dist_free(&x->by_class[c]);
        dist_free(&x->back[c]);
    }
    free(x->by_type);
    free(x->freed_type);
    free(x->alloc_type);
    free(x->last_free);
    slots_free(&x->slots);
}

void reuse_join(struct dist *to, const struct dist of[SPAN_CLASSES]) {
    for (unsigned c = 0; c < SPAN_CLASSES; c++)
        dist_join(to, &of[c]);
}
