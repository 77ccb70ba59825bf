/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * checkpoint.c - a frame put aside in one block of memory, and back.
 *
 * Holds what can't be derived: the spans in use with their state and bitmap, and the counts of types. A span whose
 * first slots are live and no others, as in most, needs no bitmap. Layout: header, bitmaps, types, spans; no pointers.
 */
#include "core/frame.h"
#include "core/reel.h"
#include "core/saved.h"

struct head {
    struct totals totals;
    uint64_t nspans, ntypes, nwords;
    uint32_t gc, sweeps;
};

struct saved_span {
    uint32_t id, swept_at;
    uint16_t live; /* no span has more than 1024 slots */
    int16_t p;
    uint8_t place;
    bool sure, prefix; /* prefix: the first `live` slots are live */
};

uint64_t frame_prefix_word(uint32_t live, unsigned word) {
    uint32_t first = word * 64;
    return live <= first ? 0 : live - first >= 64 ? UINT64_MAX : (UINT64_C(1) << (live - first)) - 1;
}

bool frame_is_prefix(const struct frame_span *s, const uint64_t *word) {
    for (unsigned i = 0; i < s->nwords; i++) {
        if (word[i] != frame_prefix_word(s->live, i)) {
            return false;
        }
    }
    return true;
}

static uint64_t count_words(struct frame *f) {
    uint64_t n = 0;
    for (size_t i = 0; i < f->nused; i++) {
        struct frame_span *s = frame_seat(f, f->used[i]);
        n += frame_is_prefix(s, frame_bits(f, s)) ? 0 : s->nwords;
    }
    return n;
}

bool checkpoint_take(struct frame *f, struct checkpoint *out) {
    struct head h = {
        .totals = f->totals, .gc = f->gc, .sweeps = f->sweeps, .nspans = f->nused, .nwords = count_words(f)};
    h.ntypes = f->r->ntypes < f->cap_types ? f->r->ntypes : f->cap_types;
    size_t size = sizeof h + h.nwords * 8 + h.ntypes * sizeof(struct tally) + h.nspans * sizeof(struct saved_span);
    char *data = malloc(size);
    if (data == NULL) {
        return false;
    }
    memcpy(data, &h, sizeof h);
    uint64_t *word = (uint64_t *)(void *)(data + sizeof h);
    struct tally *types = (struct tally *)(void *)(word + h.nwords);
    struct saved_span *spans = (struct saved_span *)(void *)(types + h.ntypes);
    memcpy(types, f->types, h.ntypes * sizeof *types);
    for (size_t i = 0; i < f->nused; i++) {
        struct frame_span *s = frame_seat(f, f->used[i]);
        const uint64_t *bits = frame_bits(f, s);
        spans[i] = (struct saved_span){.id = s->span,
                                       .swept_at = s->swept_at,
                                       .live = (uint16_t)s->live,
                                       .p = (int16_t)s->p,
                                       .place = s->place,
                                       .sure = s->sure,
                                       .prefix = frame_is_prefix(s, bits)};
        if (!spans[i].prefix) {
            memcpy(word, bits, s->nwords * sizeof *word);
            word += s->nwords;
        }
    }
    *out = (struct checkpoint){.pos = f->pos, .size = size, .data = data};
    return true;
}

static void empty(struct frame *f) {
    for (size_t i = 0; i < f->nused; i++) {
        f->seat_of[f->used[i]] = NO_ID;
    }
    f->nused = f->nseats = f->npool = 0;
    f->empty_seat = NO_ID;
    for (int i = 0; i <= MAX_WORDS; i++) {
        f->free_words[i] = NO_ID;
    }
    pagemap_clear(&f->pages);
    if (f->types != NULL) {
        memset(f->types, 0, f->cap_types * sizeof *f->types);
    }
    f->totals = (struct totals){0};
    f->gc = f->sweeps = 0;
    f->pos = 0;
    f->sums_known = false;
}

/* One span back into the frame. Returns where the next one's bitmap is; NULL: out of memory. */
static const uint64_t *restore_span(struct frame *f, const struct saved_span *from, const uint64_t *word) {
    struct frame_span *s = frame_sit(f, from->id);
    if (s == NULL || f->memory_short) {
        return NULL;
    }
    s->live = from->live;
    s->swept_at = from->swept_at;
    s->p = from->p;
    s->place = from->place;
    s->sure = from->sure;
    uint64_t *bits = frame_bits(f, s);
    for (unsigned i = 0; i < s->nwords; i++) {
        bits[i] = from->prefix ? frame_prefix_word(s->live, i) : *word++;
    }
    return word;
}

bool checkpoint_restore(struct frame *f, const struct checkpoint *c) {
    empty(f);
    if (c->piece != NULL) {
        bool ok = saved_restore(f, c);
        if (!ok) {
            empty(f);
        }
        f->pos = ok ? c->pos : 0;
        return ok;
    }
    if (c->data == NULL) {
        return true;
    }
    struct head h;
    memcpy(&h, c->data, sizeof h);
    const uint64_t *word = (const uint64_t *)(const void *)((const char *)c->data + sizeof h);
    const struct tally *types = (const struct tally *)(const void *)(word + h.nwords);
    const struct saved_span *spans = (const struct saved_span *)(const void *)(types + h.ntypes);
    memcpy(f->types, types, h.ntypes * sizeof *types);
    for (uint64_t i = 0; i < h.nspans; i++) {
        word = restore_span(f, &spans[i], word);
        if (word == NULL) {
            empty(f);
            return false;
        }
    }
    f->totals = h.totals;
    f->gc = h.gc;
    f->sweeps = h.sweeps;
    f->pos = c->pos;
    return true;
}
