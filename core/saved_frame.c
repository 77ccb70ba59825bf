/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * saved_frame.c - a frame as bytes, and back: the checkpoints of a saved reel.
 *
 *     gc, sweeps, number of spans; for each, by id: id, how, [gc of its last sweep], [P], live or bitmap
 *     number of types; for each that ever had an object: index, live, bytes, allocs, frees
 *
 * Sums are not in it: they follow from the spans.
 */
#include "core/saved.h"

#include <string.h>

enum { HOW_SURE = 8, HOW_PREFIX = 16, HOW_SWEPT = 32, HOW_UNKNOWN = 64, HOW_CACHED = 128, HOW_PLACE = 7 };

static int by_id(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static void put_span(struct bytes *b, struct frame *f, uint32_t id, uint32_t before) {
    struct frame_span *s = frame_seat(f, id);
    const uint64_t *word = frame_bits(f, s);
    bool prefix = frame_is_prefix(s, word);
    bytes_u(b, id - before);
    bytes_u(b, s->place | (s->sure ? HOW_SURE : 0u) | (prefix ? HOW_PREFIX : 0u) |
                   (s->swept_at == f->gc             ? HOW_SWEPT
                    : s->swept_at == SWEPT_NOT_KNOWN ? HOW_UNKNOWN
                                                     : 0u) |
                   (s->p >= 0 ? HOW_CACHED : 0u));
    if (s->swept_at != f->gc && s->swept_at != SWEPT_NOT_KNOWN) {
        bytes_u(b, s->swept_at);
    }
    if (s->p >= 0) {
        bytes_u(b, (uint64_t)s->p);
    }
    if (prefix) {
        bytes_u(b, s->live);
        return;
    }
    for (unsigned i = 0; i < s->nwords; i++) {
        bytes_u(b, word[i]);
    }
}

static void put_types(struct bytes *b, const struct frame *f) {
    size_t n = f->cap_types < f->r->ntypes ? f->cap_types : f->r->ntypes, used = 0;
    for (size_t i = 0; i < n; i++) {
        used += (f->types[i].allocs | f->types[i].frees | f->types[i].live) != 0;
    }
    bytes_u(b, used);
    for (size_t i = 0; i < n; i++) {
        const struct tally *t = &f->types[i];
        if ((t->allocs | t->frees | t->live) != 0) {
            const uint64_t numbers[] = {i, t->live, t->bytes, t->allocs, t->frees};
            for (int k = 0; k < 5; k++) {
                bytes_u(b, numbers[k]);
            }
        }
    }
}

bool saved_frame_put(struct bytes *b, struct frame *f) {
    uint32_t *ids = malloc((f->nused + 1) * sizeof *ids), before = 0;
    b->n = 0;
    if (ids == NULL) {
        return false;
    }
    if (f->nused > 0) {
        memcpy(ids, f->used, f->nused * sizeof *ids);
        qsort(ids, f->nused, sizeof *ids, by_id);
    }
    bytes_u(b, f->gc);
    bytes_u(b, f->sweeps);
    bytes_u(b, f->nused);
    for (size_t i = 0; i < f->nused; i++) {
        put_span(b, f, ids[i], before);
        before = ids[i];
    }
    put_types(b, f);
    free(ids);
    return !b->memory_short;
}

/* ---- reading */

static bool get_slots(struct frame *f, struct frame_span *s, struct reading *in, bool prefix) {
    uint32_t nelems = f->r->spans[s->span].nelems;
    uint64_t *word = frame_bits(f, s), live = prefix ? read_below(in, (uint64_t)nelems + 1) : 0;
    for (unsigned i = 0; i < s->nwords; i++) {
        uint64_t there = frame_prefix_word(nelems, i);
        word[i] = prefix ? frame_prefix_word((uint32_t)live, i) : read_u(in);
        in->bad |= (word[i] & ~there) != 0;
        word[i] &= there;
    }
    for (unsigned i = 0; i < s->nwords && !prefix; i++) {
        live += (unsigned)__builtin_popcountll(word[i]);
    }
    s->live = (uint16_t)live;
    return !in->bad;
}

static bool get_span(struct frame *f, struct reading *in, uint32_t *id) {
    uint64_t at = *id + read_u(in);
    unsigned how = (unsigned)read_below(in, 256);
    if (in->bad || at >= f->r->nspans || frame_in_use(f, (uint32_t)at) || (how & HOW_PLACE) > PLACE_NONE) {
        return false;
    }
    *id = (uint32_t)at;
    struct frame_span *s = frame_sit(f, *id);
    if (s == NULL || f->memory_short) {
        return false;
    }
    s->place = how & HOW_PLACE;
    s->sure = (how & HOW_SURE) != 0;
    s->swept_at = how & HOW_SWEPT     ? f->gc
                  : how & HOW_UNKNOWN ? SWEPT_NOT_KNOWN
                                      : (uint32_t)read_below(in, UINT64_C(1) << 32);
    s->p = how & HOW_CACHED ? (int32_t)read_below(in, SAVED_PROCS) : -1;
    if (!get_slots(f, s, in, (how & HOW_PREFIX) != 0)) {
        return false;
    }
    frame_count_span(f, &f->r->spans[*id], true);
    f->totals.objects += s->live;
    f->totals.object_bytes += s->live * s->elem;
    return true;
}

static bool get_types(struct frame *f, struct reading *in) {
    uint64_t n = read_u(in);
    for (uint64_t i = 0; i < n && !in->bad; i++) {
        uint64_t type = read_below(in, f->r->ntypes);
        if (in->bad) {
            return false;
        }
        struct tally *t = &f->types[type];
        t->live = read_u(in);
        t->bytes = read_u(in);
        t->allocs = read_u(in);
        t->frees = read_u(in);
    }
    return !in->bad;
}

bool saved_frame_get(struct frame *f, const uint8_t *bytes, size_t size) {
    struct reading in = {bytes, bytes + size, false};
    f->gc = (uint32_t)read_below(&in, UINT64_C(1) << 32);
    f->sweeps = (uint32_t)read_below(&in, UINT64_C(1) << 32);
    uint64_t n = read_u(&in);
    uint32_t id = 0;
    for (uint64_t i = 0; i < n; i++) {
        if (!get_span(f, &in, &id)) {
            return false;
        }
    }
    return get_types(f, &in);
}
