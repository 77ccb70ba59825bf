/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * saved_tables.c - the reel's tables in a saved reel.
 *
 * A table is cut into parts of ROWS_A_PIECE rows; each part begins anew, so that it can be read without the others.
 */
#include "core/course.h"
#include "core/saved_rows.h"

/* ---- writing */

static void put_table(struct saver *s, const struct table *t) {
    for (s->sub = 0; s->sub < t->subs; s->sub++) {
        size_t n = t->count(s);
        for (size_t from = 0, part = 0; from < n || part == 0; from += ROWS_A_PIECE, part++) {
            size_t to = n - from > ROWS_A_PIECE ? from + ROWS_A_PIECE : n;
            s->b.n = 0;
            for (size_t i = from; i < to; i++) {
                t->put(s, i, i == from);
            }
            struct piece p = {
                .kind = t->kind, .number = (uint64_t)s->sub << 32 | part, .a = from, .b = to - from, .c = n};
            container_put(&s->out, p, s->b.at, s->b.n);
        }
    }
}

void tables_put(struct saver *s, bool needed) {
    for (size_t i = 0; i < SAVED_TABLES; i++) {
        if (saved_tables[i].needed == needed) {
            put_table(s, &saved_tables[i]);
        }
    }
    if (needed) {
        put_table(s, &saved_texts);
    }
}

/* ---- reading */

enum outcome { READ, DAMAGED, NO_MEMORY };

static enum outcome get_part(struct tables *x, const struct table *t, const uint8_t *bytes, const struct piece *p) {
    struct reading in = {bytes, bytes + p->size, false};
    if (p->b > p->size) { /* a row takes a byte at least */
        return DAMAGED;
    }
    x->rows = (size_t)p->b;
    for (uint64_t i = 0; i < p->b && !in.bad; i++) {
        if (!t->get(x, &in, i == 0)) {
            return in.bad ? DAMAGED : NO_MEMORY;
        }
    }
    return in.bad ? DAMAGED : READ;
}

/*
 * Part after part, of each the first copy that is whole. A part is whole or it isn't: what its checksum covers can only
 * be wrong if somebody made it so, and then the file is refused.
 */
static enum outcome get_sub(struct tables *x, const struct table *t, struct piece *p, size_t n) {
    uint64_t part = (uint64_t)x->sub << 32, row = 0, rows = UINT64_MAX;
    for (size_t i = 0; i < n; i++) {
        bool next = p[i].number == part && p[i].a == row;
        const uint8_t *bytes = next ? container_bytes(&x->saved->file, &p[i]) : NULL;
        rows = bytes != NULL ? p[i].c : rows;
        if (bytes == NULL) {
            continue;
        }
        enum outcome got = get_part(x, t, bytes, &p[i]);
        if (got != READ) {
            return got;
        }
        row += p[i].b;
        part++;
    }
    return row == rows ? READ : DAMAGED;
}

static enum outcome get_curve(struct tables *x, const struct table *t, struct piece *p, size_t n) {
    struct curve *c = &x->r->curves[x->sub];
    enum outcome got = get_sub(x, t, p, n);
    if (got == READ && course_is((enum series_kind)x->sub) && c->n != x->r->nblocks) {
        got = DAMAGED;
    }
    if (got != READ) {
        curve_free(c); /* half a curve would go on with its last value */
    } else if (!curve_sum_up(c)) {
        got = NO_MEMORY;
    }
    return got;
}

/* One of the tables of a kind. */
static enum outcome get_table(struct tables *x, const struct table *t, unsigned sub) {
    size_t n;
    struct piece *p = container_kind(&x->saved->file, (enum piece_kind)t->kind, &n);
    x->sub = sub;
    return t->kind == PIECE_CURVES ? get_curve(x, t, p, n) : get_sub(x, t, p, n);
}

static bool get_needed(struct tables *x, const char **why) {
    for (size_t i = 0; i <= SAVED_TABLES; i++) {
        const struct table *t = i == 0 ? &saved_texts : &saved_tables[i - 1];
        enum outcome got = t->needed ? get_table(x, t, 0) : READ;
        if (got == NO_MEMORY || x->r->memory_short) {
            *why = NULL;
            return false;
        }
        if (got == DAMAGED) {
            *why = piece_kind_name((enum piece_kind)t->kind);
            return false;
        }
    }
    return true;
}

static struct tables *new_tables(reel *r) {
    struct tables *x = calloc(1, sizeof *x);
    if (x != NULL) {
        x->r = r;
        x->saved = r->saved;
    }
    return x;
}

bool tables_get(reel *r, const char **why) {
    struct tables *x = new_tables(r);
    *why = NULL;
    bool ok = x != NULL && get_needed(x, why);
    if (x != NULL) {
        free(x->names);
    }
    free(x);
    return ok;
}

static void get_late(reel *r, const struct table *t, unsigned sub) {
    struct tables *x = new_tables(r);
    enum outcome got = x != NULL ? get_table(x, t, sub) : NO_MEMORY;
    r->memory_short |= got == NO_MEMORY;
    if (got == DAMAGED) {
        saved_lose(r, (enum piece_kind)t->kind);
    }
    free(x);
}

void tables_want(const reel *asked, enum piece_kind kind, unsigned sub) {
    reel *r = (reel *)(uintptr_t)asked; /* reads what it has: no change that shows */
    uint32_t *had = &r->saved->tables_read[kind];
    for (size_t i = 0; i < SAVED_TABLES && (*had >> sub & 1) == 0; i++) {
        if (saved_tables[i].kind == kind && !saved_tables[i].needed && sub < saved_tables[i].subs) {
            *had |= UINT32_C(1) << sub;
            get_late(r, &saved_tables[i], sub);
        }
    }
}

void tables_want_all(const reel *r) {
    for (size_t i = 0; i < SAVED_TABLES && r->saved != NULL; i++) {
        for (unsigned sub = 0; sub < saved_tables[i].subs; sub++) {
            tables_want(r, (enum piece_kind)saved_tables[i].kind, sub);
        }
    }
}
