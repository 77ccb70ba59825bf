/* SPDX-License-Identifier: GPL-3.0-or-later */
/* walk.c - see walk.h. */
#include "core/walk.h"
#include "traces/grow.h"

enum { MOST_SLOTS = 1024 + 1 };

struct walk {
    struct walked *at;
    struct fact *other;
    size_t cap_other;
};

/* The first `n` facts of a block. False: out of memory. */
static bool unpack(reel *r, struct walk *w, uint64_t block, uint32_t n) {
    uint32_t all;
    const uint8_t *bytes = reel_block_bytes(r, block, &all);
    if (bytes == NULL) {
        return false;
    }
    struct unpacker *k = &r->unpacker;
    struct object_fact o;
    size_t nother = 0;
    unpack_begin(k, bytes);
    for (struct walked *to = w->at, *end = w->at + n; to < end; to++) {
        if (!GROW(w->other, nother, w->cap_other)) {
            return false;
        }
        if (unpack_next(k, &o, &w->other[nother])) {
            uint32_t type = reel_shown_type(o.type);
            uint8_t kind = o.kind & (uint8_t)~KIND_INFERRED;
            *to = (struct walked){k->m.t, o.who, o.span, type, o.slot, kind, o.type % 2 == TYPE_OLD};
        } else {
            const struct fact *x = &w->other[nother];
            *to = (struct walked){x->t, pack_who(x->g, x->p), x->span, (uint32_t)nother, 0, WALK_OTHER, false};
            nother++;
        }
    }
    return true;
}

enum walk_end reel_walk(reel *r, uint64_t from, uint64_t to, walk_visitor *visit, void *arg,
                        bool (*step)(void *arg, double share), void *step_arg) {
    struct walk w = {.at = malloc(BLOCK_FACTS * sizeof *w.at)};
    enum walk_end end = w.at == NULL ? WALK_NO_MEMORY : WALK_DONE;
    uint64_t all = to - from;
    for (uint64_t pos = from; pos < to && end == WALK_DONE;) {
        uint64_t first = pos / BLOCK_FACTS * BLOCK_FACTS, skip = pos - first;
        uint32_t n = (uint32_t)(to - first < BLOCK_FACTS ? to - first : BLOCK_FACTS);
        if (!unpack(r, &w, first / BLOCK_FACTS, n)) {
            end = WALK_NO_MEMORY;
            break;
        }
        struct walk_block b = {.first = pos, .n = n - (uint32_t)skip, .at = w.at + skip, .other = w.other};
        visit(arg, &b);
        pos = first + n;
        if (step != NULL && !step(step_arg, (double)(pos - from) / (double)all)) {
            end = WALK_STOPPED;
        }
    }
    free(w.at);
    free(w.other);
    return end;
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

void slots_span_comes(struct slots *s, uint32_t span) {
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

void slots_span_goes(struct slots *s, uint32_t span) {
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
        slots_span_comes(s, x->span);
    } else if (x->kind == FACT_SPAN_FREE) {
        slots_span_goes(s, x->span);
    }
}

bool slots_begin(struct slots *s, const frame *f) {
    const uint32_t *ids;
    size_t n = frame_spans(f, &ids);
    for (size_t i = 0; i < n; i++) {
        slots_span_comes(s, ids[i]);
    }
    return !s->memory_short;
}
