/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * blocks.c - facts read back: whole blocks, moves for winding, the facts of one span.
 *
 * A few unpacked blocks are kept at hand, since stepping and searching ask for the same ones again and again. The open
 * block grows: what was kept of it is good while its number of facts is the same.
 */
#include "core/reel.h"
#include "core/saved.h"
#include "traces/grow.h"

uint64_t reel_block_count(const reel *r) {
    return r->nblocks + (reel_tail(r) > 0);
}

/* A block's bytes and the number of its facts. NULL: there is no such block, or it can't be had. */
const uint8_t *reel_block_bytes(reel *r, uint64_t block, uint32_t *n) {
    if (r->saved != NULL) {
        const struct piece *p = saved_block(r, block);
        *n = p != NULL ? (uint32_t)p->a : 0;
        return p != NULL ? r->saved->file.data + p->at : NULL;
    }
    if (block >= r->nblocks) {
        *n = block == r->nblocks ? reel_tail(r) : 0;
        return *n > 0 ? r->open : NULL;
    }
    *n = BLOCK_FACTS;
    return store_get(&r->store, r->blocks[block].at, r->blocks[block].size);
}

bool reel_block_lost(reel *r, uint64_t block) {
    return r->saved != NULL && block < r->saved->nfacts && saved_block(r, block) == NULL;
}

bool reel_packed(reel *r, uint64_t block, struct packed *out) {
    if (r->saved != NULL) {
        const struct piece *p = saved_block(r, block);
        if (p != NULL) {
            *out = (struct packed){r->saved->file.data + p->at, (size_t)p->size, (uint32_t)p->a, (uint32_t)p->c,
                                   (int64_t)p->b};
        }
        return p != NULL;
    }
    if (block < r->nblocks) {
        const struct block *b = &r->blocks[block];
        *out = (struct packed){store_get(&r->store, b->at, b->size), b->size, BLOCK_FACTS, b->directory, b->t1};
    } else {
        *out = (struct packed){r->open, r->open_size, reel_tail(r), r->open_directory, r->last};
    }
    return out->at != NULL;
}

static uint32_t block_facts(const reel *r, uint64_t block) {
    return block < r->nblocks ? BLOCK_FACTS : block == r->nblocks ? reel_tail(r) : 0;
}

/* Those who read facts see one type, whether its objects are older than the trace or not. */
static void tell_old(struct fact *x) {
    x->old = x->type % 2 == TYPE_OLD;
    x->concluded = x->type == TYPE_UNREPORTED;
    x->type = reel_shown_type(x->type);
}

/* ---- whole blocks */

const struct fact *reel_block(reel *r, uint64_t block, uint32_t *n) {
    *n = block_facts(r, block);
    struct open_block *oldest = &r->kept[0];
    for (int i = 0; i < BLOCKS_KEPT; i++) {
        struct open_block *k = &r->kept[i];
        if (k->block == block && k->n == *n) {
            k->used = ++r->clock;
            return k->facts;
        }
        oldest = k->used < oldest->used ? k : oldest;
    }
    if (oldest->facts == NULL) {
        oldest->facts = malloc(BLOCK_FACTS * sizeof *oldest->facts);
    }
    const uint8_t *bytes = reel_block_bytes(r, block, n);
    if (oldest->facts == NULL || bytes == NULL) {
        return NULL;
    }
    facts_unpack(&r->unpacker, bytes, *n, oldest->facts);
    for (uint32_t i = 0; i < *n; i++) {
        tell_old(&oldest->facts[i]);
    }
    oldest->block = block;
    oldest->n = *n;
    oldest->used = ++r->clock;
    return oldest->facts;
}

bool reel_fact(reel *r, uint64_t n, struct fact *out) {
    uint32_t count;
    const struct fact *x = n < reel_facts(r) ? reel_block(r, n / BLOCK_FACTS, &count) : NULL;
    if (x == NULL) {
        return false;
    }
    *out = x[n % BLOCK_FACTS];
    return true;
}

size_t reel_blocks_before(const reel *r, int64_t t, bool up_to) {
    size_t lo = 0, hi = r->nblocks;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (r->blocks[mid].t1 < t || (up_to && r->blocks[mid].t1 == t)) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo;
}

uint64_t reel_pos(reel *r, int64_t t) {
    size_t lo = reel_blocks_before(r, t, true);
    uint32_t n;
    const struct fact *x = reel_block(r, lo, &n);
    uint32_t a = 0, b = x == NULL ? 0 : n;
    while (a < b) {
        uint32_t mid = (a + b) / 2;
        if (x[mid].t <= t) {
            a = mid + 1;
        } else {
            b = mid;
        }
    }
    return lo * (uint64_t)BLOCK_FACTS + a;
}

int64_t reel_time(reel *r, uint64_t pos) {
    struct fact x;
    if (pos > 0 && reel_block_lost(r, (pos - 1) / BLOCK_FACTS)) {
        return r->blocks[(pos - 1) / BLOCK_FACTS].t1;
    }
    return pos > 0 && reel_fact(r, pos - 1, &x) ? x.t : r->info.begin;
}

/* ---- moves */

static bool fill_moves(reel *r, const uint8_t *bytes, struct moves *m) {
    struct unpacker *k = &r->unpacker;
    struct object_fact o;
    m->nother = 0;
    unpack_begin(k, bytes);
    for (uint32_t i = 0; i < m->n; i++) {
        if (!GROW(m->other, m->nother, m->cap_other)) {
            return false;
        }
        struct move *to = &m->move[i];
        if (unpack_next(k, &o, &m->other[m->nother])) {
            *to = (struct move){o.span, o.type, (uint16_t)o.slot, o.kind & (uint8_t)~KIND_INFERRED};
        } else {
            *to = (struct move){m->other[m->nother].span, (uint32_t)m->nother, 0, MOVE_OTHER};
            m->nother++;
        }
    }
    for (uint32_t i = m->n; i < m->n + MOVES_BEYOND; i++) {
        m->move[i].span = NO_ID;
    }
    return true;
}

const struct moves *reel_moves(reel *r, uint64_t block) {
    uint32_t n = block_facts(r, block);
    struct moves *oldest = &r->moves[0];
    for (int i = 0; i < MOVES_KEPT; i++) {
        struct moves *m = &r->moves[i];
        if (m->block == block && m->n == n) {
            m->used = ++r->clock;
            return m;
        }
        oldest = m->used < oldest->used ? m : oldest;
    }
    if (oldest->move == NULL) {
        oldest->move = malloc((BLOCK_FACTS + MOVES_BEYOND) * sizeof *oldest->move);
    }
    const uint8_t *bytes = reel_block_bytes(r, block, &oldest->n);
    oldest->block = NO_POS;
    if (oldest->move == NULL || bytes == NULL || !fill_moves(r, bytes, oldest)) {
        return NULL;
    }
    oldest->block = block;
    oldest->used = ++r->clock;
    return oldest;
}

/* ---- facts of one span */

/* How many of the next four facts, up to the first one of another form, are FORM_NEXT; the sum of their ticks. */
static inline unsigned next_in_word(const uint8_t *p, int64_t *ticks) {
    uint64_t word = number_word(p), other = word & UINT64_C(0x00c000c000c000c0);
    unsigned n = other == 0 ? 4 : (unsigned)__builtin_ctzll(other) / 16;
    word = n == 0 ? 0 : (word & UINT64_C(0x003f003f003f003f)) << (64 - 16 * n);
    *ticks += (int64_t)(word * UINT64_C(0x0001000100010001) >> 48);
    return n;
}

/*
 * Of facts in the two common forms nothing is needed but how long they are, and whether their row is in that span just
 * now: where in its span another row is shows when it comes to this one.
 */
static uint32_t pick(struct unpacker *k, const uint8_t *in, uint32_t n, uint32_t span, struct picked *out) {
    struct picked *to = out;
    struct object_fact o;
    uint64_t key;
    unpack_resume(k, in);
    const uint8_t *p = k->at;
    int64_t ticks = 0;   /* since k->m.t */
    bool within = false; /* a row is in the span, or was */
    for (uint32_t i = 0; i < n; i++) {
        if (!within) {
            unsigned skip;
            while (i + 4 <= n && (skip = next_in_word(p, &ticks)) > 0) {
                i += skip;
                p += 2 * skip;
            }
            if (i >= n) {
                break;
            }
        }
        if (p[0] < 1 << FORM_SHIFT && (!within || k->m.lane[pack_row(k->m.code[p[1]])].span != span)) { /* FORM_NEXT */
            ticks += p[0];
            p += 2;
            continue;
        }
        if (p[0] >> FORM_SHIFT == FORM_SLOT && (!within || k->m.lane[pack_row(k->m.code[p[1]])].span != span)) {
            ticks += p[0] % (1 << FORM_SHIFT);
            p += 3;
            continue;
        }
        k->m.t += ticks << TICK_SHIFT;
        ticks = 0;
        k->at = p;
        if (p[0] < 2 << FORM_SHIFT) {
            (void)unpack_next(k, &o, &to->fact);
            unpack_object(k, &o, &to->fact);
            tell_old(&to->fact);
            to++->i = i;
        } else {
            enum rare_form form = unpack_skim(k, &o, &to->fact, &key);
            if ((form == RARE_OBJECT ? o.span : to->fact.span) == span) {
                if (form == RARE_OBJECT) {
                    within = true;
                    unpack_object(k, &o, &to->fact);
                    tell_old(&to->fact);
                } else if (form == RARE_PLACE) {
                    unpack_place(k, key, &to->fact);
                }
                to++->i = i;
            }
        }
        p = k->at;
    }
    return (uint32_t)(to - out);
}

const struct picked *reel_pick(reel *r, uint64_t block, uint32_t span, uint32_t *n) {
    uint32_t all;
    const uint8_t *bytes = reel_block_bytes(r, block, &all);
    *n = 0;
    bool lost = bytes == NULL && reel_block_lost(r, block);
    if ((bytes == NULL && !lost) || !grow_to((void **)&r->picked, &r->cap_picked, BLOCK_FACTS + 1, sizeof *r->picked)) {
        return NULL;
    }
    if (!lost) {
        *n = pick(&r->unpacker, bytes, all, span, r->picked);
    }
    return r->picked;
}

/* The directory of a finished block, and its end; NULL: it can't be had. */
static const uint8_t *block_directory(reel *r, uint32_t block, const uint8_t **end) {
    const struct block *b = &r->blocks[block];
    const struct piece *p = r->saved != NULL ? saved_directory(r, block) : NULL;
    uint32_t size = b->size - b->directory;
    const uint8_t *at = r->saved == NULL ? store_get(&r->store, b->at + b->directory, size)
                        : p != NULL      ? r->saved->file.data + p->at + b->directory
                                         : NULL;
    *end = at != NULL ? at + size : NULL;
    return at;
}

/* All that a block might have of a span, but which block was before. */
static struct posting any_posting(uint32_t span, uint32_t before) {
    return (struct posting){.span = span, .before = before, .lo = 0, .hi = POSTED_SLOTS - 1, .others = true};
}

static struct posting open_posting(const reel *r, uint32_t span) {
    for (uint32_t i = 0; i < r->ndirectory; i++) {
        if (r->directory[i].span == span) {
            return r->directory[i];
        }
    }
    return any_posting(span, NO_ID);
}

struct posting reel_posting(reel *r, uint32_t block, uint32_t span) {
    if (r->saved != NULL && saved_directory(r, block) == NULL) { /* any block of the span's life may be the one */
        return any_posting(span, block > r->spans[span].born / BLOCK_FACTS ? block - 1 : NO_ID);
    }
    if (block >= r->nblocks) {
        return open_posting(r, span);
    }
    const uint8_t *end, *p = block_directory(r, block, &end);
    struct posting e = any_posting(span, NO_ID);
    uint64_t n = 0, back;
    uint32_t s = 0;
    if (p != NULL) {
        p = get_number(p, &n);
    }
    for (uint64_t i = 0; i < n; i++) {
        p = get_near(p, &s, s);
        p = get_number(p, &back);
        if (s == span) {
            e.before = back == 0 ? NO_ID : block - (uint32_t)back;
            posting_get(&e, end - (n - i) * POSTED_BYTES);
            break;
        }
    }
    return e;
}
