/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * history.c - the life of one slot, or of one span, gathered from the facts.
 *
 * Each life of a span is known with the facts that began and ended it, and the reel knows which blocks have facts of a
 * span, and of which slots: only those are unpacked that may have some of what is asked for.
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
    bool hole;     /* facts are lost: how many objects live in the span isn't known until a fact says it */
    bool ok;
};

static bool crosses_mcache(const struct fact *x) {
    return (x->before.place == PLACE_MCACHE) != (x->after.place == PLACE_MCACHE);
}

static bool wanted(const struct gather *g, const struct fact *x) {
    if (x->span != g->span) {
        return false;
    }
    if (g->slot == NO_ID) {
        return g->objects || !fact_of_object(x->kind);
    }
    return fact_of_object(x->kind) ? x->slot == g->slot : x->kind != FACT_PLACE || crosses_mcache(x);
}

static void add_row(struct gather *g, const struct fact *x, uint64_t pos) {
    struct history *h = g->out;
    if (!GROW(h->rows, h->n, g->cap)) {
        g->ok = false;
        return;
    }
    struct event_row e = {.pos = pos,
                          .held = NO_TIME,
                          .idle = NO_TIME,
                          .live = g->hole || g->slot != NO_ID ? NO_ID : g->live,
                          .fact = *x};
    e.phase = (uint8_t)reel_phase(g->r, x->t, &e.gc);
    e.fact.after.sure &= !gaps_reach(g->r, pos, x->span);
    if (x->kind == FACT_FREE && g->taken && g->since != NO_TIME) {
        e.held = x->t - g->since;
    } else if (x->kind == FACT_ALLOC && !g->taken && g->since != NO_TIME) {
        e.idle = x->t - g->since;
    }
    h->rows[h->n++] = e;
}

/* What an object event does to the slot that is followed. How long an object of the snapshot was held is not known. */
static void follow(struct gather *g, const struct fact *x) {
    if (!fact_of_object(x->kind) || x->kind == FACT_SUBALLOC || (g->slot != NO_ID && x->slot != g->slot)) {
        return;
    }
    g->taken = x->kind != FACT_FREE;
    g->since = x->kind == FACT_EXISTS ? NO_TIME : x->t;
}

/* How many objects live in the span: between its changes of place, only who reads all of its facts can tell. */
static void count(struct gather *g, const struct fact *f) {
    g->live += f->kind == FACT_EXISTS || f->kind == FACT_ALLOC ? 1 : f->kind == FACT_FREE ? UINT32_MAX : 0;
    if (f->kind == FACT_PLACE) {
        g->live = f->after.live;
        g->hole = false;
    } else if (f->kind == FACT_SPAN_FREE) {
        g->live = 0;
        g->hole = false;
    }
}

static void scan_block(struct gather *g, uint32_t block, uint64_t from, uint64_t to) {
    uint32_t n;
    const struct picked *x = reel_pick(g->r, block, g->span, &n);
    g->ok &= x != NULL;
    if (n == 0 && reel_block_lost(g->r, block)) {
        g->hole = true;
        g->taken = false;
        g->since = NO_TIME;
    }
    uint64_t first = block * (uint64_t)BLOCK_FACTS;
    for (uint32_t i = 0; i < n && g->ok; i++) {
        uint64_t at = first + x[i].i;
        const struct fact *f = &x[i].fact;
        if (at < from || at >= to) {
            continue;
        }
        count(g, f);
        if (wanted(g, f)) {
            add_row(g, f, at + 1);
        }
        follow(g, f);
    }
}

/* Begin with a life: which blocks have facts of it. Returns how many. */
static size_t begin_life(struct gather *g, uint32_t span) {
    g->span = span;
    g->live = 0;
    g->taken = g->hole = false;
    size_t n = 0;
    struct posting e;
    for (uint32_t b = reel_last_block(g->r, g->span); b != NO_ID; b = e.before) {
        e = reel_posting(g->r, b, g->span);
        if (!e.others && !(g->slot == NO_ID ? g->objects : posting_has(&e, g->slot))) {
            continue;
        }
        if (!GROW(g->blocks, n, g->cap_blocks)) {
            g->ok = false;
            return 0;
        }
        g->blocks[n++] = b;
    }
    return n;
}

static void scan_one(struct gather *g, uint32_t block) {
    const struct span *s = &g->r->spans[g->span];
    scan_block(g, block, s->born, s->died == NO_POS ? reel_facts(g->r) : s->died + 1);
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

/* ---- reading step by step */

struct history_reader {
    struct gather g;
    uint64_t addr;
    uint32_t next; /* life to look at next; NO_ID: none but the one under way */
    size_t blocks; /* of the life under way that are still to be read */
    bool slots;    /* of slots, not of spans */
    bool done;
};

static struct history_reader *reader_new(reel *r, struct history *out) {
    struct history_reader *h = calloc(1, sizeof *h);
    if (h != NULL) {
        h->g = (struct gather){.r = r, .out = out, .since = NO_TIME, .ok = true};
    }
    return h;
}

history_reader *bucket_history_begin(reel *r, uint64_t addr, uint64_t at, struct history *out) {
    *out = (struct history){0};
    uint32_t life = bounding_life(r, addr, at);
    struct history_reader *h = life == NO_ID ? NULL : reader_new(r, out);
    if (h != NULL) {
        const struct span *s = &r->spans[life];
        out->addr = reel_slot_address(r, life, s->nelems > 0 ? slot_in(r, s, addr) : 0);
        out->size = s->elem;
        h->addr = addr;
        h->slots = true;
    }
    return h;
}

history_reader *life_history_begin(reel *r, uint32_t span, struct history *out) {
    const struct span *s = &r->spans[span];
    *out = (struct history){.addr = reel_page_address(r, s->page), .size = s->npages * r->info.page_size};
    struct history_reader *h = reader_new(r, out);
    if (h != NULL) {
        h->g.objects = true;
        h->g.slot = NO_ID;
        h->next = NO_ID;
        h->blocks = begin_life(&h->g, span);
    }
    return h;
}

/* The next life that holds the address. */
static void turn_to_next(struct history_reader *h) {
    const reel *r = h->g.r;
    uint32_t i = h->next == NO_ID ? (uint32_t)r->nspans : next_life(r, h->addr, h->next);
    if (i >= r->nspans) {
        h->done = true;
        sort_rows(h->g.out);
        return;
    }
    h->g.slot = h->slots && r->spans[i].nelems > 0 ? slot_in(r, &r->spans[i], h->addr) : NO_ID;
    h->blocks = begin_life(&h->g, i);
    h->next = i + 1;
}

bool history_read(history_reader *h, size_t blocks) {
    for (; !h->done && h->g.ok && blocks > 0; blocks--) {
        if (h->blocks > 0) {
            scan_one(&h->g, h->g.blocks[--h->blocks]);
        } else {
            turn_to_next(h);
        }
    }
    return !h->done && h->g.ok;
}

bool history_end(history_reader **hp) {
    struct history_reader *h = *hp;
    *hp = NULL;
    if (h == NULL) {
        return false;
    }
    bool ok = h->g.ok;
    free(h->g.blocks);
    free(h);
    return ok;
}

/* ---- at once */

static bool read_all(history_reader *h, struct history *out) {
    if (h == NULL) {
        return false;
    }
    while (history_read(h, SIZE_MAX)) {
    }
    if (!history_end(&h)) {
        history_free(out);
        return false;
    }
    return true;
}

bool bucket_history(reel *r, uint64_t addr, uint64_t at, struct history *out) {
    return read_all(bucket_history_begin(r, addr, at, out), out);
}

bool span_history(reel *r, uint64_t addr, uint64_t at, bool objects, struct history *out) {
    *out = (struct history){0};
    uint32_t life = bounding_life(r, addr, at);
    struct history_reader *h = life == NO_ID ? NULL : reader_new(r, out);
    if (h != NULL) {
        out->addr = reel_page_address(r, r->spans[life].page);
        out->size = r->spans[life].npages * r->info.page_size;
        h->addr = addr;
        h->g.objects = objects;
    }
    return read_all(h, out);
}

bool life_history(reel *r, uint32_t span, struct history *out) {
    return read_all(life_history_begin(r, span, out), out);
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
        if (first + x[i].i < end && f->slot == slot && fact_of_object(f->kind) && f->kind != FACT_SUBALLOC) {
            *out = (struct event_row){.pos = first + x[i].i + 1, .held = NO_TIME, .idle = NO_TIME, .fact = *f};
            out->fact.after.sure &= !gaps_reach(r, out->pos, span);
            out->phase = (uint8_t)reel_phase(r, f->t, &out->gc);
            return true;
        }
    }
    return false;
}

bool slot_last(reel *r, uint32_t span, uint32_t slot, uint64_t pos, struct event_row *out) {
    struct posting e;
    for (uint32_t b = reel_last_block(r, span); b != NO_ID; b = e.before) {
        e = reel_posting(r, b, span);
        if (b * (uint64_t)BLOCK_FACTS >= pos || !posting_has(&e, slot)) {
            continue;
        }
        if (last_in_block(r, b, pos, span, slot, out)) {
            return true;
        }
        if (reel_block_lost(r, b)) { /* it may have been in there */
            return false;
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
    struct posting e;
    for (uint32_t b = reel_last_block(r, span); b != NO_ID; b = e.before) {
        e = reel_posting(r, b, span);
        if (b * (uint64_t)BLOCK_FACTS >= pos || !e.others) {
            continue;
        }
        if (place_in_block(r, b, pos, span, out)) {
            return true;
        }
        if (reel_block_lost(r, b)) { /* it may have been in there */
            return false;
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
    for (uint32_t b = reel_last_block(r, span); b != NO_ID; b = reel_posting(r, b, span).before) {
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
