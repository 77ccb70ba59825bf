/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * texts.c - see texts.h. Bytes lie in chunks that never move. Two texts of one hash, which only chance or a file made
 * for it brings about, are both kept, the later one each time anew: that costs no more than its bytes in the trace.
 */
#include "core/texts.h"
#include "traces/grow.h"

enum { TEXT_CHUNK = 1 << 14 };

static uint64_t hash_of(text t) {
    uint64_t h = t.len;
    size_t i = 0;
    for (; i + 8 <= t.len; i += 8) {
        uint64_t word;
        memcpy(&word, t.ptr + i, 8);
        h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        h ^= h >> 29;
    }
    for (; i < t.len; i++) {
        h = (h ^ (unsigned char)t.ptr[i]) * UINT64_C(0x9e3779b97f4a7c15);
        h ^= h >> 29;
    }
    return h;
}

/* Room for n bytes; NULL where memory is short. */
static char *room_for(struct texts *x, size_t n) {
    if (x->room - x->used < n) {
        size_t size = n > TEXT_CHUNK ? n : TEXT_CHUNK;
        if (!GROW(x->chunks, x->nchunks, x->cap_chunks) || (x->chunks[x->nchunks] = malloc(size)) == NULL) {
            return NULL;
        }
        x->nchunks++;
        x->used = 0;
        x->room = size;
    }
    char *p = x->chunks[x->nchunks - 1] + x->used;
    x->used += n;
    return p;
}

text texts_keep(struct texts *x, text t, bool *memory_short) {
    text none = {"", 0};
    if (t.len == 0) {
        return none;
    }
    uint64_t hash = hash_of(t);
    uint32_t i = idmap_get(&x->of, hash);
    if (i != IDMAP_NONE && text_same(x->all[i], t)) {
        return x->all[i];
    }
    char *p = x->n < IDMAP_NONE && GROW(x->all, x->n, x->cap) ? room_for(x, t.len) : NULL;
    if (p == NULL || (i == IDMAP_NONE && !idmap_put(&x->of, hash, (uint32_t)x->n))) {
        *memory_short = true;
        return none;
    }
    memcpy(p, t.ptr, t.len);
    text kept = {p, t.len};
    if (i == IDMAP_NONE) {
        x->all[x->n++] = kept;
    }
    return kept;
}

void texts_free(struct texts *x) {
    for (size_t i = 0; i < x->nchunks; i++) {
        free(x->chunks[i]);
    }
    free(x->chunks);
    free(x->all);
    idmap_free(&x->of);
    *x = (struct texts){0};
}
