/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * checkpoint.c - a frame put aside in one block of memory, and back.
 *
 * Holds what can't be derived: the spans in use with their state and bitmap, and the counts of types. Layout: header,
 * spans, types, words. Private to a process.
 */
#include "core/frame.h"
#include "core/reel.h"

struct head {
    struct totals totals;
    uint64_t nspans, ntypes, nwords;
    uint32_t gc;
};

struct saved_span {
    uint32_t id, live, swept_at;
    int32_t p;
    uint8_t place;
    bool sure;
};

static uint64_t count_words(const struct frame *f) {
    uint64_t n = 0;
    for (size_t i = 0; i < f->nused; i++) {
        n += frame_span_words(f, f->used[i]);
    }
    return n;
}

bool checkpoint_take(const struct frame *f, struct checkpoint *out) {
    struct head h = {.totals = f->totals, .gc = f->gc, .nspans = f->nused, .nwords = count_words(f)};
    h.ntypes = f->r->ntypes < f->cap_types ? f->r->ntypes : f->cap_types;
    size_t size = sizeof h + h.nwords * 8 + h.ntypes * sizeof(struct type_count) + h.nspans * sizeof(struct saved_span);
    char *data = malloc(size);
    if (data == NULL) {
        return false;
    }
    memcpy(data, &h, sizeof h);
    uint64_t *word = (uint64_t *)(void *)(data + sizeof h);
    struct type_count *types = (struct type_count *)(void *)(word + h.nwords);
    struct saved_span *spans = (struct saved_span *)(void *)(types + h.ntypes);
    memcpy(types, f->types, h.ntypes * sizeof *types);
    for (size_t i = 0; i < f->nused; i++) {
        uint32_t id = f->used[i];
        const struct frame_span *s = &f->span[id];
        spans[i] = (struct saved_span){id, s->live, s->swept_at, s->p, s->place, s->sure};
        unsigned words = frame_span_words(f, id);
        if (words > 0) {
            memcpy(word, words == 1 ? &s->bits : &f->pool[s->words], words * 8);
            word += words;
        }
    }
    *out = (struct checkpoint){.pos = f->pos, .size = size, .data = data};
    return true;
}

static void empty(struct frame *f) {
    for (size_t i = 0; i < f->nused; i++) {
        f->span[f->used[i]] = (struct frame_span){.used = NO_ID, .words = NO_ID, .p = -1};
    }
    f->nused = f->npool = 0;
    for (int i = 0; i <= MAX_WORDS; i++) {
        f->free_words[i] = NO_ID;
    }
    pagemap_clear(&f->pages);
    if (f->types != NULL) {
        memset(f->types, 0, f->cap_types * sizeof *f->types);
    }
    f->totals = (struct totals){0};
    f->gc = 0;
    f->pos = 0;
    f->sums_known = false;
}

/* One span back into the frame. Its bitmap gets the next words of the pool. */
static bool restore_span(struct frame *f, const struct saved_span *s, const uint64_t *word, unsigned words) {
    const struct span *life = &f->r->spans[s->id];
    struct frame_span *fs = &f->span[s->id];
    *fs = (struct frame_span){.words = NO_ID,
                              .live = s->live,
                              .swept_at = s->swept_at,
                              .p = s->p,
                              .place = s->place,
                              .sure = s->sure,
                              .used = (uint32_t)f->nused};
    f->used[f->nused++] = s->id;
    if (words == 1) {
        fs->bits = *word;
    } else if (words > 1) {
        fs->words = (uint32_t)f->npool;
        memcpy(&f->pool[f->npool], word, words * 8);
        f->npool += words;
    }
    return pagemap_set(&f->pages, life->page, life->npages, s->id);
}

bool checkpoint_restore(struct frame *f, const struct checkpoint *c) {
    empty(f);
    if (c->data == NULL) {
        return true;
    }
    struct head h;
    memcpy(&h, c->data, sizeof h);
    const uint64_t *word = (const uint64_t *)(const void *)((const char *)c->data + sizeof h);
    const struct type_count *types = (const struct type_count *)(const void *)(word + h.nwords);
    const struct saved_span *spans = (const struct saved_span *)(const void *)(types + h.ntypes);
    if (h.nwords > f->cap_pool) {
        uint64_t *pool = realloc(f->pool, h.nwords * sizeof *pool);
        if (pool == NULL) {
            return false;
        }
        f->pool = pool;
        f->cap_pool = h.nwords;
    }
    memcpy(f->types, types, h.ntypes * sizeof *types);
    for (uint64_t i = 0; i < h.nspans; i++) {
        unsigned words = frame_span_words(f, spans[i].id);
        if (!restore_span(f, &spans[i], word, words)) {
            empty(f);
            return false;
        }
        word += words;
    }
    f->totals = h.totals;
    f->gc = h.gc;
    f->pos = c->pos;
    return true;
}
