/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * history.c - the life of one slot, or of one span, gathered from the facts.
 *
 * Each life of a span is known with the facts that began and ended it, and the reel knows which blocks have facts of a
 * span: only these are unpacked.
 */
#include "core/reel.h"
#include "traces/grow.h"

/* What one gathering collects. */
struct gather {
    reel *r;
    struct history *out;
    size_t cap;
    uint32_t *blocks; /* that have facts of the life under way, newest first */
    size_t cap_blocks;
    uint32_t span; /* the life under way */
    uint32_t slot; /* of it; NO_ID: the span's own history */
    bool objects;  /* span histories: object events too */
    uint32_t live; /* of the span */
    int64_t since; /* the slot's last alloc or free, NO_TIME */
    bool taken;    /* the slot holds an object */
    bool ok;
};

static bool is_object(uint8_t kind) {
    return kind == FACT_EXISTS || kind == FACT_ALLOC || kind == FACT_SUBALLOC || kind == FACT_FREE;
}

static bool crosses_mcache(const struct fact *x) {
    return (x->before.place == PLACE_MCACHE) != (x->after.place == PLACE_MCACHE);
}

static bool wanted(const struct gather *g, const struct fact *x) {
    if (x->span != g->span) {
        return false;
    }
    if (g->slot == NO_ID) {
        return g->objects || !is_object(x->kind);
    }
    return is_object(x->kind) ? x->slot == g->slot : x->kind != FACT_PLACE || crosses_mcache(x);
}

static void add_row(struct gather *g, const struct fact *x, uint64_t pos) {
    struct history *h = g->out;
    if (!GROW(h->rows, h->n, g->cap)) {
        g->ok = false;
        return;
    }
    struct event_row e = {.pos = pos, .held = NO_TIME, .idle = NO_TIME, .live = g->live, .fact = *x};
    e.phase = (uint8_t)reel_phase(g->r, x->t, &e.gc);
    if (x->kind == FACT_FREE && g->taken && g->since != NO_TIME) {
        e.held = x->t - g->since;
    } else if (x->kind == FACT_ALLOC && !g->taken && g->since != NO_TIME) {
        e.idle = x->t - g->since;
    }
    h->rows[h->n++] = e;
}

/* What an object event does to the slot that is followed. How long an object of the snapshot was held is not known. */
static void follow(struct gather *g, const struct fact *x) {
    if (!is_object(x->kind) || x->kind == FACT_SUBALLOC || (g->slot != NO_ID && x->slot != g->slot)) {
        return;
    }
    g->taken = x->kind != FACT_FREE;
    g->since = x->kind == FACT_EXISTS ? NO_TIME : x->t;
}

static void scan_block(struct gather *g, uint32_t block, uint64_t from, uint64_t to) {
    uint32_t n;
    const struct picked *x = reel_pick(g->r, block, g->span, &n);
    g->ok &= x != NULL;
    uint64_t first = block * (uint64_t)BLOCK_FACTS;
    for (uint32_t i = 0; i < n && g->ok; i++) {
        uint64_t at = first + x[i].i;
        const struct fact *f = &x[i].fact;
        if (at < from || at >= to) {
            continue;
        }
        g->live += f->kind == FACT_EXISTS || f->kind == FACT_ALLOC ? 1 : f->kind == FACT_FREE ? UINT32_MAX : 0;
        if (wanted(g, f)) {
            add_row(g, f, at + 1);
        }
        follow(g, f);
    }
}

static void scan_life(struct gather *g) {
    const struct span *s = &g->r->spans[g->span];
    uint64_t end = s->died == NO_POS ? reel_facts(g->r) : s->died + 1;
    g->live = 0;
    g->taken = false;
    size_t n = 0;
    for (uint32_t b = reel_last_block(g->r, g->span); b != NO_ID; b = reel_block_before(g->r, b, g->span)) {
        if (!GROW(g->blocks, n, g->cap_blocks)) {
            g->ok = false;
            return;
        }
        g->blocks[n++] = b;
    }
    while (n > 0 && g->ok) {
        scan_block(g, g->blocks[--n], s->born, end);
    }
}

/* The first life from `from` on that holds an address; nspans where there is none. */
static uint32_t next_life(const reel *r, uint64_t addr, uint32_t from) {
    uint64_t page = (addr - r->info.base) / r->info.page_size;
    for (uint32_t i = from; i < r->nspans; i++) {
        if ((uint32_t)page - r->reach[i].page < r->reach[i].npages && page - r->spans[i].page < r->spans[i].npages) {
            return i;
        }
    }
    return (uint32_t)r->nspans;
}

static uint32_t slot_in(const reel *r, const struct span *s, uint64_t addr) {
    uint64_t inside = addr - reel_page_address(r, s->page);
    uint64_t slot = s->nelems > 1 ? inside / s->elem : 0;
    return slot < s->nelems ? (uint32_t)slot : s->nelems > 0 ? s->nelems - 1 : 0;
}

/* The life that gives the slot its bounds: in use at `at`, else the last one. */
static uint32_t bounding_life(const reel *r, uint64_t addr, uint64_t at) {
    uint32_t found = NO_ID;
    for (uint32_t i = next_life(r, addr, 0); i < r->nspans; i = next_life(r, addr, i + 1)) {
        const struct span *s = &r->spans[i];
        found = i;
        if (s->born < at && (s->died == NO_POS || s->died >= at)) {
            break;
        }
    }
    return found;
}

static int compare_rows(const void *a, const void *b) {
    uint64_t x = ((const struct event_row *)a)->pos, y = ((const struct event_row *)b)->pos;
    return x < y ? -1 : x > y;
}

/* Life after life is in order of time, but in damaged traces lives overlap. */
static void sort_rows(struct history *h) {
    for (size_t i = 1; i < h->n; i++) {
        if (h->rows[i].pos < h->rows[i - 1].pos) {
            qsort(h->rows, h->n, sizeof *h->rows, compare_rows);
            return;
        }
    }
}

static bool gather_all(struct gather *g, uint64_t addr, bool slots) {
    const reel *r = g->r;
    for (uint32_t i = next_life(r, addr, 0); i < r->nspans && g->ok; i = next_life(r, addr, i + 1)) {
        g->span = i;
        g->slot = slots && r->spans[i].nelems > 0 ? slot_in(r, &r->spans[i], addr) : NO_ID;
        scan_life(g);
    }
    free(g->blocks);
    sort_rows(g->out);
    if (!g->ok) {
        history_free(g->out);
    }
    return g->ok;
}

bool bucket_history(reel *r, uint64_t addr, uint64_t at, struct history *out) {
    *out = (struct history){0};
    uint32_t life = bounding_life(r, addr, at);
    if (life == NO_ID) {
        return false;
    }
    const struct span *s = &r->spans[life];
    out->addr = reel_slot_address(r, life, s->nelems > 0 ? slot_in(r, s, addr) : 0);
    out->size = s->elem;
    struct gather g = {.r = r, .out = out, .since = NO_TIME, .ok = true};
    return gather_all(&g, addr, true);
}

bool span_history(reel *r, uint64_t addr, uint64_t at, bool objects, struct history *out) {
    *out = (struct history){0};
    uint32_t life = bounding_life(r, addr, at);
    if (life == NO_ID) {
        return false;
    }
    out->addr = reel_page_address(r, r->spans[life].page);
    out->size = r->spans[life].npages * r->info.page_size;
    struct gather g = {.r = r, .out = out, .since = NO_TIME, .objects = objects, .ok = true};
    return gather_all(&g, addr, false);
}

bool life_history(reel *r, uint32_t span, struct history *out) {
    const struct span *s = &r->spans[span];
    *out = (struct history){.addr = reel_page_address(r, s->page), .size = s->npages * r->info.page_size};
    struct gather g = {.r = r, .out = out, .since = NO_TIME, .objects = true, .ok = true, .span = span, .slot = NO_ID};
    scan_life(&g);
    free(g.blocks);
    if (!g.ok) {
        history_free(out);
    }
    return g.ok;
}

void history_free(struct history *h) {
    free(h->rows);
    *h = (struct history){0};
}

/* The last object event of the slot in a block, before fact number `end`. */
static bool last_in_block(reel *r, uint32_t block, uint64_t end, uint32_t span, uint32_t slot, struct event_row *out) {
    uint32_t n;
    const struct picked *x = reel_pick(r, block, span, &n);
    uint64_t first = block * (uint64_t)BLOCK_FACTS;
    for (uint32_t i = x == NULL ? 0 : n; i-- > 0;) {
        const struct fact *f = &x[i].fact;
        if (first + x[i].i < end && f->slot == slot && is_object(f->kind) && f->kind != FACT_SUBALLOC) {
            *out = (struct event_row){.pos = first + x[i].i + 1, .held = NO_TIME, .idle = NO_TIME, .fact = *f};
            out->phase = (uint8_t)reel_phase(r, f->t, &out->gc);
            return true;
        }
    }
    return false;
}

bool slot_last(reel *r, uint32_t span, uint32_t slot, uint64_t pos, struct event_row *out) {
    for (uint32_t b = reel_last_block(r, span); b != NO_ID; b = reel_block_before(r, b, span)) {
        if (b * (uint64_t)BLOCK_FACTS < pos && last_in_block(r, b, pos, span, slot, out)) {
            return true;
        }
    }
    return false;
}

static bool place_in_block(reel *r, uint32_t block, uint64_t end, uint32_t span, struct event_row *out) {
    uint32_t n;
    const struct picked *x = reel_pick(r, block, span, &n);
    uint64_t first = block * (uint64_t)BLOCK_FACTS;
    for (uint32_t i = x == NULL ? 0 : n; i-- > 0;) {
        const struct fact *f = &x[i].fact;
        if (first + x[i].i < end && f->kind == FACT_PLACE) {
            *out = (struct event_row){.pos = first + x[i].i + 1, .held = NO_TIME, .idle = NO_TIME, .fact = *f};
            out->phase = (uint8_t)reel_phase(r, f->t, &out->gc);
            return true;
        }
    }
    return false;
}

bool span_last_place(reel *r, uint32_t span, uint64_t pos, struct event_row *out) {
    for (uint32_t b = reel_last_block(r, span); b != NO_ID; b = reel_block_before(r, b, span)) {
        if (b * (uint64_t)BLOCK_FACTS < pos && place_in_block(r, b, pos, span, out)) {
            return true;
        }
    }
    return false;
}

/* ---- event by event */

/* Facts are numbered; a life has those from born to died, or to the last. */
static uint64_t last_fact(const reel *r, const struct span *s) {
    return s->died == NO_POS ? r->nfacts - 1 : s->died;
}

/* The first fact of a life with a number >= n (the last with one <= n) in a block; NO_POS. */
static uint64_t fact_in_block(reel *r, uint32_t block, uint32_t span, uint64_t n, bool back) {
    uint32_t count;
    const struct picked *x = reel_pick(r, block, span, &count);
    uint64_t first = block * (uint64_t)BLOCK_FACTS, found = NO_POS;
    for (uint32_t i = 0; x != NULL && i < count; i++) {
        uint64_t at = first + x[i].i;
        if (back ? at <= n : at >= n) {
            found = at;
            if (!back) {
                break;
            }
        }
    }
    return found;
}

/* The same in the whole life: its blocks are known from the last one back. */
static uint64_t fact_of_life(reel *r, uint32_t span, uint64_t n, bool back) {
    uint64_t found = NO_POS;
    uint32_t later = NO_ID; /* the first block behind n's own */
    uint32_t own = (uint32_t)(n / BLOCK_FACTS);
    for (uint32_t b = reel_last_block(r, span); b != NO_ID; b = reel_block_before(r, b, span)) {
        if (back && b <= own && (found = fact_in_block(r, b, span, n, true)) != NO_POS) {
            return found;
        }
        if (!back && b <= own) {
            found = b == own ? fact_in_block(r, b, span, n, false) : NO_POS;
            break;
        }
        later = b;
    }
    if (!back && found == NO_POS && later != NO_ID) {
        found = fact_in_block(r, later, span, n, false);
    }
    return found;
}

bool span_step(reel *r, uint64_t addr, uint64_t pos, bool back, uint64_t *to) {
    uint64_t best = NO_POS;
    if (back && pos < 2) {
        return false; /* the fact before pos is none, or the one right before which pos stands */
    }
    uint64_t n = back ? pos - 2 : pos;
    for (uint32_t i = next_life(r, addr, 0); i < r->nspans; i = next_life(r, addr, i + 1)) {
        const struct span *s = &r->spans[i];
        uint64_t born = s->born, last = last_fact(r, s);
        if (back ? born > n || (best != NO_POS && last <= best) : last < n || (best != NO_POS && born >= best)) {
            continue;
        }
        uint64_t at = fact_of_life(r, i, n, back);
        if (at != NO_POS && (best == NO_POS || (back ? at > best : at < best))) {
            best = at;
        }
    }
    *to = best + 1;
    return best != NO_POS;
}

uint32_t span_life(const reel *r, uint64_t addr, uint32_t id, bool back) {
    uint32_t found = NO_ID;
    for (uint32_t i = next_life(r, addr, back || id == NO_ID ? 0 : id + 1); i < r->nspans;
         i = next_life(r, addr, i + 1)) {
        if (!back) {
            return i;
        }
        if (id != NO_ID && i >= id) {
            break;
        }
        found = i;
    }
    return found;
}
