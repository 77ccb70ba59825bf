/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * frame.c - apply a fact, take it back, and answer what is where.
 *
 * Invariants: a span is in `used` exactly while it is in use, and then its pages lead to it; live is the number of bits
 * set; totals.objects, object_bytes, spans, span_bytes, stack_spans and stack_bytes are sums over the spans in use.
 */
#include "core/frame.h"
#include "core/reel.h"
#include "traces/grow.h"

/* ---- bitmaps */

/* Words for a bitmap, all zero. NO_ID: out of memory. */
static uint32_t take_words(struct frame *f, unsigned n) {
    uint32_t at = n <= MAX_WORDS ? f->free_words[n] : NO_ID;
    if (at != NO_ID) {
        f->free_words[n] = (uint32_t)f->pool[at];
    } else if (grow_to((void **)&f->pool, &f->cap_pool, f->npool + n, sizeof *f->pool) && f->npool + n < NO_ID) {
        at = (uint32_t)f->npool;
        f->npool += n;
    } else {
        f->memory_short = true;
        return NO_ID;
    }
    memset(&f->pool[at], 0, n * sizeof *f->pool);
    return at;
}

static void give_words(struct frame *f, uint32_t at, unsigned n) {
    if (at != NO_ID && n <= MAX_WORDS) {
        f->pool[at] = f->free_words[n];
        f->free_words[n] = at;
    }
}

uint64_t *frame_bits(struct frame *f, uint32_t id) {
    unsigned words = frame_span_words(f, id);
    return words <= 1 ? &f->span[id].bits : f->span[id].words == NO_ID ? NULL : &f->pool[f->span[id].words];
}

/* ---- making room */

static void init_spans(struct frame_span *s, size_t from, size_t to) {
    for (size_t i = from; i < to; i++) {
        s[i] = (struct frame_span){.used = NO_ID, .words = NO_ID, .p = -1};
    }
}

bool frame_fit(struct frame *f) {
    size_t had = f->cap_spans, types = f->cap_types;
    if (!grow_to((void **)&f->span, &f->cap_spans, f->r->nspans, sizeof *f->span) ||
        !grow_to((void **)&f->used, &f->cap_used, f->cap_spans, sizeof *f->used)) {
        f->memory_short = true;
        f->cap_spans = had;
        return false;
    }
    init_spans(f->span, had, f->cap_spans);
    if (!grow_to((void **)&f->types, &f->cap_types, f->r->ntypes, sizeof *f->types)) {
        f->memory_short = true;
        return false;
    }
    if (f->cap_types > types) {
        memset(f->types + types, 0, (f->cap_types - types) * sizeof *f->types);
    }
    return true;
}

/* ---- spans coming and going */

static void count_span(struct frame *f, const struct span *s, bool comes) {
    bool heap = s->kind == SPAN_HEAP;
    uint64_t bytes = s->npages * f->r->info.page_size;
    uint64_t *n = heap ? &f->totals.spans : &f->totals.stack_spans;
    uint64_t *sum = heap ? &f->totals.span_bytes : &f->totals.stack_bytes;
    *n += comes ? 1 : UINT64_MAX;
    *sum += comes ? bytes : 0 - bytes;
}

static void span_comes(struct frame *f, uint32_t id, const struct span_state *st) {
    const struct span *s = &f->r->spans[id];
    struct frame_span *fs = &f->span[id];
    unsigned words = frame_span_words(f, id);
    *fs = (struct frame_span){.words = NO_ID, .p = st->p, .place = st->place, .sure = st->sure};
    fs->swept_at = st->swept == KNOWN_NOT ? SWEPT_NOT_KNOWN : st->swept == KNOWN_YES ? f->gc : f->gc - 1;
    if (words > 1) {
        fs->words = take_words(f, words);
    }
    fs->used = (uint32_t)f->nused;
    f->used[f->nused++] = id;
    if (!pagemap_set(&f->pages, s->page, s->npages, id)) {
        f->memory_short = true;
    }
    count_span(f, s, true);
}

static void span_goes(struct frame *f, uint32_t id) {
    const struct span *s = &f->r->spans[id];
    struct frame_span *fs = &f->span[id];
    give_words(f, fs->words, frame_span_words(f, id));
    f->used[fs->used] = f->used[--f->nused];
    f->span[f->used[fs->used]].used = fs->used;
    fs->used = NO_ID;
    fs->words = NO_ID;
    pagemap_set(&f->pages, s->page, s->npages, NO_ID);
    count_span(f, s, false);
}

/* How a span begins: nothing is known of one from the snapshot; a fresh one is swept. */
static struct span_state first_state(const struct frame *f, const struct fact *x) {
    bool heap = f->r->spans[x->span].kind == SPAN_HEAP && f->r->spans[x->span].nelems > 0;
    return (struct span_state){
        .p = -1,
        .place = heap ? PLACE_UNKNOWN : PLACE_NONE,
        .swept = heap && x->kind == FACT_SPAN_EXISTS ? KNOWN_NOT : KNOWN_YES,
        .sure = !heap,
    };
}

/* ---- objects */

static void object_comes(struct frame *f, const struct fact *x) {
    uint64_t *bits = frame_bits(f, x->span);
    if (bits == NULL) {
        return;
    }
    uint64_t bytes = f->r->spans[x->span].elem;
    bits[x->slot / 64] |= UINT64_C(1) << (x->slot % 64);
    f->span[x->span].live++;
    f->types[x->type].live++;
    f->types[x->type].bytes += bytes;
    f->totals.objects++;
    f->totals.object_bytes += bytes;
}

static void object_goes(struct frame *f, const struct fact *x) {
    uint64_t *bits = frame_bits(f, x->span);
    if (bits == NULL) {
        return;
    }
    uint64_t bytes = f->r->spans[x->span].elem;
    bits[x->slot / 64] &= ~(UINT64_C(1) << (x->slot % 64));
    f->span[x->span].live--;
    f->types[x->type].live--;
    f->types[x->type].bytes -= bytes;
    f->totals.objects--;
    f->totals.object_bytes -= bytes;
}

static void set_state(struct frame *f, uint32_t id, const struct span_state *st) {
    struct frame_span *fs = &f->span[id];
    fs->place = st->place;
    fs->p = st->p;
    fs->sure = st->sure;
    fs->swept_at = st->swept == KNOWN_NOT ? SWEPT_NOT_KNOWN : st->swept == KNOWN_YES ? f->gc : f->gc - 1;
}

/* ---- facts */

static void apply_span_comes(struct frame *f, const struct fact *x) {
    struct span_state st = first_state(f, x);
    span_comes(f, x->span, &st);
}
static void apply_span_goes(struct frame *f, const struct fact *x) {
    span_goes(f, x->span);
}
static void unapply_span_free(struct frame *f, const struct fact *x) {
    span_comes(f, x->span, &x->before);
}
static void apply_alloc(struct frame *f, const struct fact *x) {
    object_comes(f, x);
    f->types[x->type].allocs++;
}
static void unapply_alloc(struct frame *f, const struct fact *x) {
    object_goes(f, x);
    f->types[x->type].allocs--;
}
static void apply_free(struct frame *f, const struct fact *x) {
    object_goes(f, x);
    f->types[x->type].frees++;
}
static void unapply_free(struct frame *f, const struct fact *x) {
    object_comes(f, x);
    f->types[x->type].frees--;
}
static void apply_place(struct frame *f, const struct fact *x) {
    set_state(f, x->span, &x->after);
}
static void unapply_place(struct frame *f, const struct fact *x) {
    set_state(f, x->span, &x->before);
}
static void apply_gc(struct frame *f, const struct fact *x) {
    (void)x;
    f->gc++;
}
static void unapply_gc(struct frame *f, const struct fact *x) {
    (void)x;
    f->gc--;
}
static void nothing(struct frame *f, const struct fact *x) {
    (void)f, (void)x;
}

typedef void change(struct frame *, const struct fact *);

static const struct {
    change *apply, *unapply;
} changes[FACT_KINDS] = {
    [FACT_SPAN_EXISTS] = {apply_span_comes, apply_span_goes},
    [FACT_SPAN_ALLOC] = {apply_span_comes, apply_span_goes},
    [FACT_SPAN_FREE] = {apply_span_goes, unapply_span_free},
    [FACT_EXISTS] = {object_comes, object_goes},
    [FACT_ALLOC] = {apply_alloc, unapply_alloc},
    [FACT_SUBALLOC] = {nothing, nothing},
    [FACT_FREE] = {apply_free, unapply_free},
    [FACT_PLACE] = {apply_place, unapply_place},
    [FACT_GC] = {apply_gc, unapply_gc},
};

void frame_apply(struct frame *f, const struct fact *x) {
    changes[x->kind].apply(f, x);
    f->pos++;
    f->sums_known = false;
}

void frame_unapply(struct frame *f, const struct fact *x) {
    changes[x->kind].unapply(f, x);
    f->pos--;
    f->sums_known = false;
}

/* ---- public */

frame *frame_new(reel *r) {
    frame *f = calloc(1, sizeof *f);
    if (f == NULL) {
        return NULL;
    }
    f->r = r;
    pagemap_init(&f->pages);
    for (int i = 0; i <= MAX_WORDS; i++) {
        f->free_words[i] = NO_ID;
    }
    if (!frame_fit(f)) {
        frame_free(&f);
    }
    return f;
}

void frame_free(frame **f) {
    if (*f == NULL) {
        return;
    }
    free((*f)->span);
    free((*f)->used);
    free((*f)->pool);
    free((*f)->types);
    pagemap_free(&(*f)->pages);
    free(*f);
    *f = NULL;
}

uint64_t frame_pos(const frame *f) {
    return f->pos;
}

static bool walk_forward(frame *f, uint64_t to) {
    while (f->pos < to) {
        uint32_t n;
        uint64_t b = f->pos / BLOCK_FACTS;
        const struct fact *x = reel_block(f->r, b, &n);
        if (x == NULL) {
            return false;
        }
        for (uint64_t i = f->pos - b * BLOCK_FACTS; i < n && f->pos < to; i++) {
            frame_apply(f, &x[i]);
        }
    }
    return !f->memory_short;
}

static bool walk_back(frame *f, uint64_t to) {
    while (f->pos > to) {
        uint32_t n;
        uint64_t b = (f->pos - 1) / BLOCK_FACTS;
        const struct fact *x = reel_block(f->r, b, &n);
        if (x == NULL) {
            return false;
        }
        while (f->pos > to && f->pos > b * BLOCK_FACTS) {
            frame_unapply(f, &x[f->pos - 1 - b * BLOCK_FACTS]);
        }
    }
    return !f->memory_short;
}

static const struct checkpoint *checkpoint_before(const reel *r, uint64_t pos) {
    size_t lo = 0, hi = r->ncheckpoints;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (r->checkpoints[mid].pos <= pos) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo > 0 ? &r->checkpoints[lo - 1] : NULL;
}

bool frame_seek(frame *f, uint64_t pos) {
    uint64_t end = reel_facts(f->r);
    pos = pos < end ? pos : end;
    f->memory_short = false;
    if (!frame_fit(f)) {
        return false;
    }
    const struct checkpoint *c = checkpoint_before(f->r, pos);
    uint64_t here = pos > f->pos ? pos - f->pos : f->pos - pos;
    uint64_t from = c != NULL ? pos - c->pos : pos;
    /* Loading a checkpoint costs about as much as walking a few blocks. */
    if (here > 4 * BLOCK_FACTS && from < here) {
        if (c == NULL) {
            struct checkpoint empty = {0};
            c = &empty;
            if (!checkpoint_restore(f, c)) {
                return false;
            }
        } else if (!checkpoint_restore(f, c)) {
            return false;
        }
    }
    return f->pos <= pos ? walk_forward(f, pos) : walk_back(f, pos);
}

size_t frame_spans(const frame *f, const uint32_t **ids) {
    *ids = f->used;
    return f->nused;
}

size_t frame_spans_from(const frame *f, uint64_t page, uint32_t *ids, size_t max) {
    struct pagemap *m = (struct pagemap *)(uintptr_t)&f->pages; /* sorts its keys when asked: no change that shows */
    size_t nkeys, n = 0;
    const uint64_t *keys = pagemap_keys(m, &nkeys);
    for (size_t k = 0; k < nkeys && n < max; k++) {
        uint64_t first = keys[k] << PAGEMAP_BITS;
        if (first + PAGEMAP_CHUNK <= page) {
            continue;
        }
        for (uint64_t i = page > first ? page - first : 0; i < PAGEMAP_CHUNK && n < max; i++) {
            uint32_t id = pagemap_get(m, first + i);
            if (id != NO_ID && f->r->spans[id].page == first + i) {
                ids[n++] = id;
            }
        }
    }
    return n;
}

/* Inner pages of large spans aren't in the page map. */
static uint32_t find_large(const frame *f, uint64_t page) {
    for (size_t i = 0; i < f->nused; i++) {
        const struct span *s = &f->r->spans[f->used[i]];
        if (s->npages > PAGEMAP_HEAD && page - s->page < s->npages) {
            return f->used[i];
        }
    }
    return NO_ID;
}

uint32_t frame_find(const frame *f, uint64_t addr, uint32_t *slot) {
    uint64_t offset = addr - f->r->info.base;
    uint64_t page = offset / f->r->info.page_size;
    uint32_t id = pagemap_get((struct pagemap *)(uintptr_t)&f->pages, page);
    if (id == NO_ID) {
        id = find_large(f, page);
    }
    if (id != NO_ID && slot != NULL) {
        const struct span *s = &f->r->spans[id];
        uint64_t inside = offset - s->page * f->r->info.page_size;
        *slot = s->nelems > 1 ? (uint32_t)(inside / s->elem) : 0;
        *slot = s->nelems > 0 && *slot >= s->nelems ? s->nelems - 1 : *slot; /* the tail that holds no slot */
    }
    return id;
}

bool frame_state(const frame *f, uint32_t id, struct span_state *out) {
    if (!frame_in_use(f, id)) {
        return false;
    }
    const struct frame_span *s = &f->span[id];
    uint8_t swept = s->swept_at == SWEPT_NOT_KNOWN ? KNOWN_NOT : s->swept_at == f->gc ? KNOWN_YES : KNOWN_NO;
    /* A listed span may have been swept without losing an object, which no event tells. */
    bool sure = s->sure && (swept != KNOWN_NO || s->place == PLACE_MCACHE);
    *out = (struct span_state){.live = s->live, .p = s->p, .place = s->place, .swept = swept, .sure = sure};
    return true;
}

enum slot_state frame_slot(const frame *f, uint32_t id, uint32_t slot) {
    if (!frame_in_use(f, id) || slot >= f->r->spans[id].nelems) {
        return SLOT_UNKNOWN;
    }
    return frame_bit(f, id, slot, frame_span_words(f, id)) ? SLOT_LIVE : SLOT_FREE;
}

struct type_count frame_type(const frame *f, uint32_t type) {
    return type < f->cap_types ? f->types[type] : (struct type_count){0};
}

/* ---- sums */

static void sum_span(frame *f, uint32_t id) {
    const struct span *s = &f->r->spans[id];
    const struct frame_span *fs = &f->span[id];
    if (s->kind != SPAN_HEAP) {
        return;
    }
    struct central *c = &f->central[s->class * 2u + s->noscan];
    uint64_t free_slots = s->nelems - fs->live, free_bytes = free_slots * s->elem;
    c->elem = s->class == 0 ? 0 : s->elem;
    c->spans++;
    c->objects += fs->live;
    c->slots += s->nelems;
    c->free_slots += free_slots;
    c->bytes += s->npages * f->r->info.page_size;
    c->unswept += fs->swept_at != SWEPT_NOT_KNOWN && fs->swept_at != f->gc;
    uint64_t *in_place[] = {&c->unknown, &c->mcache, &c->nonempty, &c->empty, &c->unknown};
    ++*in_place[fs->place];
    uint64_t *free_in[] = {&f->totals.unknown_bytes, &f->totals.free_in_mcache, &f->totals.free_in_nonempty, NULL,
                           NULL};
    if (free_in[fs->place] != NULL) {
        *free_in[fs->place] += free_bytes;
    }
}

static void make_sums(frame *f) {
    if (f->sums_known) {
        return;
    }
    memset(f->central, 0, sizeof f->central);
    f->totals.free_in_mcache = f->totals.free_in_nonempty = f->totals.unknown_bytes = 0;
    for (size_t i = 0; i < f->nused; i++) {
        sum_span(f, f->used[i]);
    }
    f->sums_known = true;
}

const struct totals *frame_totals(frame *f) {
    make_sums(f);
    return &f->totals;
}

const struct central *frame_central(frame *f) {
    make_sums(f);
    return f->central;
}
