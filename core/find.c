/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * find.c - everything in a reel that matches, found a slice at a time.
 *
 * Facts are looked through from one instant on, both ways: those numbered lo .. hi - 1 have been. A match is a bit, in
 * sets of one block of facts each, so that 80 million facts cost 10 MB at most and the next match is some words away.
 * Annotations are few and looked through at once.
 *
 * Going back from the instant, the first fact that made an object in a slot is the one whose object is there at the
 * instant, if the slot is taken then: `claimed` holds a bit for each slot that has been met.
 */
#include "core/clock.h"
#include "core/filter_in.h"
#include "core/reel.h"
#include "core/search.h"
#include "traces/grow.h"

#include <stdlib.h>
#include <string.h>

enum { WORDS = BLOCK_FACTS / 64 };

struct block_hits {
    uint64_t *bits; /* WORDS of them; NULL: none */
    uint32_t n;
};

struct finder {
    reel *r;
    filter *f;            /* NULL: */
    struct search search; /* plain words */
    struct search_memo memo;
    uint32_t type; /* with f NULL: all live objects of this type instead, NO_ID */
    frame *frame;  /* at the instant, where it is needed */
    int64_t t;
    uint64_t start; /* position of the instant */
    uint32_t gc;
    uint64_t lo, hi;
    struct block_hits *block;
    size_t nblocks, cap_blocks;
    uint64_t found;
    uint32_t *notes; /* indices of matching annotations, ascending */
    size_t nnotes, cap_notes, notes_seen;
    uint64_t **claimed; /* by span id */
    size_t nclaimed;
    bool lives; /* `claimed` is needed */
    bool short_of_memory;
    bool back; /* finder_next waits for what was before the instant */
};

/* ------------------------------------------------------------------ life */

static finder *begin(reel *r, int64_t t, uint64_t pos) {
    finder *f = calloc(1, sizeof *f);
    if (!f)
        return NULL;
    f->r = r;
    f->type = NO_ID;
    f->t = t;
    f->start = f->lo = f->hi = pos < reel_facts(r) ? pos : reel_facts(r);
    reel_phase(r, t, &f->gc);
    memset(&f->memo, 0xff, sizeof f->memo);
    return f;
}

/* What looks at the heap at the instant has a frame of its own there. */
static finder *with_frame(finder *f, bool lives, char why[FILTER_WHY]) {
    f->frame = frame_new(f->r);
    f->lives = lives;
    f->nclaimed = lives ? reel_spans(f->r) : 0;
    f->claimed = calloc(f->nclaimed + 1, sizeof *f->claimed);
    if (!f->frame || !f->claimed || !frame_seek(f->frame, f->start)) {
        snprintf(why, FILTER_WHY, "out of memory");
        finder_free(&f);
    }
    return f;
}

finder *finder_new(reel *r, const char *what, int64_t t, uint64_t pos, char why[FILTER_WHY]) {
    const char *static_why = "that can't be searched";
    snprintf(why, FILTER_WHY, "out of memory");
    finder *f = begin(r, t, pos);
    if (!f)
        return NULL;
    if (filter_intended(&filter_events, what)) {
        f->f = filter_parse(&filter_events, r, what, why);
        if (!f->f)
            finder_free(&f);
        return f && filter_asks_frame(f->f) ? with_frame(f, filter_asks(f->f, EVENT_LIVE), why) : f;
    }
    if (!search_parse(r, what, &f->search, &static_why)) {
        snprintf(why, FILTER_WHY, "%s", static_why);
        finder_free(&f);
    }
    return f;
}

finder *finder_new_live(reel *r, uint32_t type, int64_t t, uint64_t pos, char why[FILTER_WHY]) {
    snprintf(why, FILTER_WHY, "out of memory");
    finder *f = begin(r, t, pos);
    if (f)
        f->type = type;
    return f ? with_frame(f, true, why) : NULL;
}

void finder_free(finder **fp) {
    finder *f = *fp;
    *fp = NULL;
    if (!f)
        return;
    for (size_t i = 0; i < f->nblocks; i++)
        free(f->block[i].bits);
    for (size_t i = 0; i < f->nclaimed && f->claimed; i++)
        free(f->claimed[i]);
    free(f->claimed);
    free(f->block);
    free(f->notes);
    frame_free(&f->frame);
    filter_free(&f->f);
    free(f);
}

/* ------------------------------------------------------------------ one fact */

static bool makes_object(const struct fact *x) {
    return x->kind == FACT_EXISTS || x->kind == FACT_ALLOC || x->kind == FACT_SUBALLOC;
}

/* Whether the object that fact number n made is there at the instant. Facts before it come newest first. */
static enum known is_live(finder *f, const struct fact *x, uint64_t n) {
    if (x->span == NO_ID || !makes_object(x))
        return KNOWN_NOT;
    if (n >= f->start || x->span >= f->nclaimed)
        return KNOWN_NO;
    enum slot_state state = frame_slot(f->frame, x->span, x->slot);
    if (state != SLOT_LIVE)
        return state == SLOT_FREE ? KNOWN_NO : KNOWN_NOT;
    uint64_t **words = &f->claimed[x->span], bit = UINT64_C(1) << x->slot % 64;
    if (!*words && !(*words = calloc(reel_span(f->r, x->span)->nelems / 64 + 1, sizeof **words))) {
        f->short_of_memory = true;
        return KNOWN_NOT;
    }
    bool met = (*words)[x->slot / 64] & bit;
    if (x->kind != FACT_SUBALLOC) /* those before it share the slot with what came after */
        (*words)[x->slot / 64] |= bit;
    return met ? KNOWN_NO : KNOWN_YES;
}

static bool fact_matches(finder *f, const struct fact *x, uint64_t n) {
    enum known live = f->lives ? is_live(f, x, n) : KNOWN_NOT;
    if (f->type != NO_ID)
        return live == KNOWN_YES && x->type == f->type;
    if (!f->f)
        return search_fact(f->r, &f->search, &f->memo, x);
    struct filter_event e = {
        .r = f->r, .frame = f->frame, .t = f->t, .pos = f->start, .gc = f->gc, .fact = x, .at = n, .live = live};
    return filter_eval(f->f, filter_event_get, &e) == FILTER_YES;
}

static bool note_matches(finder *f, const struct note *note) {
    if (f->type != NO_ID)
        return false;
    if (!f->f)
        return search_note(&f->search, note);
    struct filter_event e = {
        .r = f->r, .frame = f->frame, .t = f->t, .pos = f->start, .gc = f->gc, .note = note, .live = KNOWN_NOT};
    return filter_eval(f->f, filter_event_get, &e) == FILTER_YES;
}

/* ------------------------------------------------------------------ looking through */

static void take_notes(finder *f) {
    const struct note *notes;
    size_t n = reel_notes(f->r, &notes);
    for (; f->notes_seen < n; f->notes_seen++)
        if (note_matches(f, &notes[f->notes_seen])) {
            if (!GROW(f->notes, f->nnotes, f->cap_notes)) {
                f->short_of_memory = true;
                return;
            }
            f->notes[f->nnotes++] = (uint32_t)f->notes_seen;
            f->found++;
        }
}

static void take_hit(finder *f, uint64_t n) {
    size_t b = (size_t)(n / BLOCK_FACTS);
    if (b >= f->nblocks) {
        size_t had = f->cap_blocks;
        if (!grow_to((void **)&f->block, &f->cap_blocks, b + 1, sizeof *f->block)) {
            f->short_of_memory = true;
            return;
        }
        memset(f->block + had, 0, (f->cap_blocks - had) * sizeof *f->block);
        f->nblocks = b + 1;
    }
    struct block_hits *h = &f->block[b];
    if (!h->bits && !(h->bits = calloc(WORDS, sizeof *h->bits))) {
        f->short_of_memory = true;
        return;
    }
    h->bits[n % BLOCK_FACTS / 64] |= UINT64_C(1) << n % 64;
    h->n++;
    f->found++;
}

/* From hi on to the end of its block. */
static void forward(finder *f) {
    uint32_t n;
    uint64_t block = f->hi / BLOCK_FACTS;
    const struct fact *x = reel_block(f->r, block, &n);
    if (!x) { /* lost from a damaged reel, or out of memory */
        uint64_t end = (block + 1) * BLOCK_FACTS, all = reel_facts(f->r);
        f->hi = end < all ? end : all;
        return;
    }
    for (uint32_t i = (uint32_t)(f->hi % BLOCK_FACTS); i < n; i++, f->hi++)
        if (fact_matches(f, &x[i], f->hi))
            take_hit(f, f->hi);
}

/* From lo back to the begin of its block. */
static void backward(finder *f) {
    uint32_t n;
    uint64_t block = (f->lo - 1) / BLOCK_FACTS;
    const struct fact *x = reel_block(f->r, block, &n);
    if (!x) {
        f->lo = block * BLOCK_FACTS;
        return;
    }
    for (uint32_t i = (uint32_t)((f->lo - 1) % BLOCK_FACTS) + 1; i > 0; i--, f->lo--)
        if (fact_matches(f, &x[i - 1], f->lo - 1))
            take_hit(f, f->lo - 1);
}

/* Annotations only, or facts of one kind only, need no facts, or few. */
static bool wants_facts(const finder *f) {
    return f->f || f->type != NO_ID || f->search.kind != SEARCH_NOTE;
}

static bool more(const finder *f) {
    return !f->short_of_memory && wants_facts(f) && (f->lo > 0 || f->hi < reel_facts(f->r));
}

bool finder_work(finder *f, int64_t budget_ns) {
    int64_t end = budget_ns > 0 ? now_ns() + budget_ns : 0;
    take_notes(f);
    while (more(f)) {
        if (f->lo > 0 && (f->back || f->hi >= reel_facts(f->r)))
            backward(f);
        else
            forward(f);
        if (end && now_ns() >= end)
            break;
    }
    return more(f);
}

double finder_share(const finder *f) {
    uint64_t all = reel_facts(f->r);
    return !wants_facts(f) || all == 0 ? 1 : (double)(f->hi - f->lo) / (double)all;
}

uint64_t finder_count(const finder *f) {
    return f->found;
}

bool finder_address(const finder *f, uint64_t *addr) {
    *addr = f->search.addr;
    return !f->f && f->type == NO_ID && f->search.kind == SEARCH_ADDRESS;
}

/* ------------------------------------------------------------------ matches */

static uint64_t bits_of(const finder *f, uint64_t word) {
    size_t b = (size_t)(word / WORDS);
    return b < f->nblocks && f->block[b].bits ? f->block[b].bits[word % WORDS] : 0;
}

static bool has_bits(const finder *f, uint64_t word) {
    size_t b = (size_t)(word / WORDS);
    return b < f->nblocks && f->block[b].n > 0;
}

/* The first match numbered from .. hi - 1, NO_POS none. */
static uint64_t hit_from(const finder *f, uint64_t from) {
    for (uint64_t w = from / 64; w * 64 < f->hi; w++) {
        if (!has_bits(f, w)) {
            w |= WORDS - 1;
            continue;
        }
        uint64_t bits = bits_of(f, w) & (w == from / 64 ? UINT64_MAX << from % 64 : UINT64_MAX);
        if (bits)
            return w * 64 + (uint64_t)__builtin_ctzll(bits);
    }
    return NO_POS;
}

/* The last match numbered lo .. to - 1. */
static uint64_t hit_before(const finder *f, uint64_t to) {
    if (to == 0)
        return NO_POS;
    for (uint64_t w = (to - 1) / 64 + 1; w-- > f->lo / 64;) {
        if (!has_bits(f, w)) {
            w &= ~(uint64_t)(WORDS - 1);
            continue;
        }
        uint64_t mask = w == to / 64 ? (UINT64_C(1) << to % 64) - 1 : UINT64_MAX, bits = bits_of(f, w) & mask;
        if (bits)
            return w * 64 + 63 - (uint64_t)__builtin_clzll(bits);
    }
    return NO_POS;
}

/* The nearest matching annotation strictly after (before) t; NO_ID none. */
static uint32_t near_note(const finder *f, bool back, int64_t t) {
    const struct note *notes;
    size_t lo = 0, hi = f->nnotes;
    reel_notes(f->r, &notes);
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (back ? notes[f->notes[mid]].begin < t : notes[f->notes[mid]].begin <= t)
            lo = mid + 1;
        else
            hi = mid;
    }
    if (back)
        return lo > 0 ? f->notes[lo - 1] : NO_ID;
    return lo < f->nnotes ? f->notes[lo] : NO_ID;
}

/*
 * The nearest match among the facts: its number; NO_POS with *known where there is none, or without where that isn't
 * known yet.
 */
static uint64_t near_fact(const finder *f, bool back, uint64_t pos, bool *known) {
    *known = true;
    if (!wants_facts(f))
        return NO_POS;
    if (back) {
        uint64_t to = pos < 1 ? 0 : pos - 1, n = to > f->lo ? hit_before(f, to < f->hi ? to : f->hi) : NO_POS;
        *known = to <= f->hi && (n != NO_POS || f->lo == 0);
        return n;
    }
    uint64_t n = pos < f->hi ? hit_from(f, pos > f->lo ? pos : f->lo) : NO_POS;
    *known = pos >= f->lo && (n != NO_POS || f->hi >= reel_facts(f->r));
    return n;
}

int finder_next(finder *f, bool back, int64_t t, uint64_t pos, struct search_hit *hit) {
    bool known;
    struct fact x;
    if (pos > reel_facts(f->r) + 1)
        pos = reel_facts(f->r) + 1;
    uint64_t n = near_fact(f, back, pos, &known);
    if (!known && !f->short_of_memory) {
        f->back = back ? pos <= f->hi + 1 : pos < f->lo;
        return -1;
    }
    const struct note *notes;
    take_notes(f);
    uint32_t note = near_note(f, back, t);
    reel_notes(f->r, &notes);
    bool fact = n != NO_POS && reel_fact(f->r, n, &x);
    if (note != NO_ID && (!fact || (back ? x.t < notes[note].begin : x.t > notes[note].begin))) {
        *hit = (struct search_hit){notes[note].begin, reel_pos(f->r, notes[note].begin), NO_ID, NO_ID, note};
        return 1;
    }
    if (!fact)
        return 0;
    bool object = makes_object(&x) || x.kind == FACT_FREE;
    *hit = (struct search_hit){x.t, n + 1, x.span, object ? x.slot : NO_ID, NO_ID};
    return 1;
}

uint64_t finder_rank(finder *f, int64_t t, uint64_t pos) {
    const struct note *notes;
    uint64_t rank = 0;
    reel_notes(f->r, &notes);
    for (size_t i = 0; i < f->nnotes && notes[f->notes[i]].begin <= t; i++)
        rank++;
    for (size_t b = 0; b < f->nblocks && b < pos / BLOCK_FACTS; b++)
        rank += f->block[b].n;
    for (uint64_t w = pos / BLOCK_FACTS * WORDS; w * 64 < pos; w++) {
        uint64_t bits = bits_of(f, w);
        if (pos < w * 64 + 64)
            bits &= (UINT64_C(1) << pos % 64) - 1;
        rank += (uint64_t)__builtin_popcountll(bits);
    }
    return rank;
}

/* ------------------------------------------------------------------ marks */

struct parts {
    int64_t from, to;
    uint32_t *counts;
    size_t n;
};

static void count_in(const struct parts *p, int64_t t, uint32_t by) {
    if (t < p->from || t >= p->to)
        return;
    size_t i = (size_t)((long double)(t - p->from) * (long double)p->n / (long double)(p->to - p->from));
    p->counts[i < p->n ? i : p->n - 1] += by;
}

static size_t part_of(const struct parts *p, int64_t t) {
    if (t < p->from)
        return SIZE_MAX;
    return (size_t)((long double)(t - p->from) * (long double)p->n / (long double)(p->to - p->from));
}

static int64_t block_end(const reel *r, size_t b) {
    return b < r->nblocks ? r->blocks[b].t1 : INT64_MAX;
}

static void count_block(finder *f, size_t b, const struct parts *p) {
    int64_t first = b == 0 ? INT64_MIN : block_end(f->r, b - 1), last = block_end(f->r, b);
    if (f->block[b].n == 0 || last < p->from || first >= p->to)
        return;
    if (b > 0 && b < f->r->nblocks && part_of(p, first) == part_of(p, last)) {
        count_in(p, last, f->block[b].n);
        return;
    }
    uint32_t n;
    const struct fact *x = reel_block(f->r, b, &n);
    for (uint32_t i = 0; x && i < n; i++)
        if (f->block[b].bits[i / 64] >> i % 64 & 1)
            count_in(p, x[i].t, 1);
}

void finder_marks(finder *f, int64_t from, int64_t to, uint32_t *counts, size_t n) {
    struct parts p = {.from = from, .to = to, .counts = counts, .n = n};
    const struct note *notes;
    memset(counts, 0, n * sizeof *counts);
    if (to <= from || n == 0)
        return;
    for (size_t b = 0; b < f->nblocks; b++)
        count_block(f, b, &p);
    reel_notes(f->r, &notes);
    for (size_t i = 0; i < f->nnotes; i++)
        count_in(&p, notes[f->notes[i]].begin, 1);
}
