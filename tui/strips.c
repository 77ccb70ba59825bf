/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * strips.c - see strips.h.
 */
#include "tui/strips.h"

struct strip strip_of_bucket(const struct history *h) {
    return (struct strip){.h = h};
}

static void take(struct strip *s, const struct fact *f) {
    s->live = f->kind == FACT_ALLOC || f->kind == FACT_EXISTS || (s->live && f->kind != FACT_FREE);
    if (f->kind == FACT_SPAN_FREE || f->kind == FACT_SPAN_ALLOC)
        s->live = false;
    s->span = f->kind != FACT_SPAN_FREE;
}

double strip_bucket(void *strip, int64_t from, int64_t to) {
    struct strip *s = strip;
    int64_t at = from, held = 0;
    for (; s->at < s->h->n && s->h->rows[s->at].fact.t < from; s->at++)
        take(s, &s->h->rows[s->at].fact);
    bool span = s->span, any = s->live;
    for (; s->at < s->h->n && s->h->rows[s->at].fact.t < to; s->at++) {
        const struct fact *f = &s->h->rows[s->at].fact;
        held += s->live ? f->t - at : 0;
        at = f->t;
        take(s, f);
        span |= s->span;
        any |= s->live;
    }
    held += s->live ? to - at : 0;
    return !span ? -1 : !any ? 0 : held > 0 && to > from ? (double)held / (double)(to - from) : 0.01;
}

struct strip strip_of_span(const struct history *h, uint32_t nelems) {
    bool ended = h->n > 0 && h->rows[h->n - 1].fact.kind == FACT_SPAN_FREE;
    return (struct strip){.h = h, .nelems = nelems, .died = ended ? h->rows[h->n - 1].fact.t : INT64_MAX};
}

/* How many lived behind a row; none where that is lost. */
static uint32_t live_at(const struct strip *s, size_t row) {
    uint32_t live = s->h->rows[row].live;
    return live == NO_ID ? 0 : live < s->nelems ? live : s->nelems;
}

double strip_span(void *strip, int64_t from, int64_t to) {
    struct strip *s = strip;
    const struct history *h = s->h;
    while (s->at < h->n && h->rows[s->at].fact.t < from)
        s->at++;
    size_t i = s->at;
    if ((i == 0 && (h->n == 0 || h->rows[0].fact.t >= to)) || from > s->died)
        return -1;
    uint32_t most = i > 0 ? live_at(s, i - 1) : 0;
    for (; i < h->n && h->rows[i].fact.t < to; i++)
        most = live_at(s, i) > most ? live_at(s, i) : most;
    s->at = i;
    return s->nelems ? (double)most / s->nelems : 0;
}

void strip_look(double share, enum role *role, enum glyph *glyph) {
    static const enum glyph full[] = {GLYPH_PAGE_LOW, GLYPH_PAGE_HALF, GLYPH_PAGE_HIGH, GLYPH_PAGE_FULL};
    *role = share < 0 ? ROLE_FREE : ROLE_LIVE;
    *glyph = share < 0 ? GLYPH_PAGE_FREE : GLYPH_PAGE_NONE;
    if (share > 0)
        *glyph = full[share < 0.25 ? 0 : share < 0.5 ? 1 : share < 0.9 ? 2 : 3];
}
