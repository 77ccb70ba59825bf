/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * events.c - see events.h.
 */
#include "tui/events.h"

#include <string.h>

bool event_is_object(const struct fact *f) {
    return f->kind == FACT_EXISTS || f->kind == FACT_ALLOC || f->kind == FACT_SUBALLOC || f->kind == FACT_FREE;
}

static enum role role_of(const struct event_row *e) {
    switch (e->fact.kind) {
    case FACT_EXISTS:
    case FACT_ALLOC:
    case FACT_SUBALLOC:
        return ROLE_ALLOC;
    case FACT_FREE:
        return ROLE_RELEASE;
    default:
        return ROLE_PLACE;
    }
}

static void say_what(const struct explorer *x, const struct fact *f, char *dst) {
    const struct span *s = f->span == NO_ID ? NULL : reel_span(x->reel, f->span);
    char elem[TIME_TEXT];
    if (f->kind == FACT_PLACE)
        snprintf(dst, TABLE_TEXT, "%s%s", place_reason_text((enum place_reason)f->why), f->inferred ? "?" : "");
    else if (event_is_object(f))
        explorer_type(x, f->type, dst, TABLE_TEXT);
    else if (s && s->kind == SPAN_HEAP)
        snprintf(dst, TABLE_TEXT, "%s for %s %s", s->npages == 1 ? "page" : "pages", bytes_text(s->elem, elem),
                 s->class == 0 ? "large"
                 : s->noscan   ? "noscan"
                               : "scan");
    else if (s)
        snprintf(dst, TABLE_TEXT, "%s memory", span_kind_name((enum span_kind)s->kind));
}

static void say_lasted(const struct history *h, size_t row, bool ends, char *dst) {
    const struct event_row *e = &h->rows[row];
    char t[TIME_TEXT];
    if (e->held != NO_TIME)
        snprintf(dst, TABLE_TEXT, "held %s", duration_text(e->held, t));
    else if (e->idle != NO_TIME)
        snprintf(dst, TABLE_TEXT, "idle %s", duration_text(e->idle, t));
    if (dst[0] || !ends || (e->fact.kind != FACT_ALLOC && e->fact.kind != FACT_EXISTS))
        return;
    for (size_t i = row + 1; i < h->n; i++)
        if (event_is_object(&h->rows[i].fact) || h->rows[i].fact.kind == FACT_SPAN_FREE)
            return;
    snprintf(dst, TABLE_TEXT, "never freed");
}

enum role event_cells(struct explorer *x, const struct history *h, size_t row, bool ends, struct table_cell *cells) {
    const struct event_row *e = &h->rows[row];
    const struct fact *f = &e->fact;
    char t[TIME_TEXT];
    bool future = e->pos > x->now.pos;
    time_text(f->t, t);
    t[strcspn(t, "s") - 1] = '\0'; /* all are seconds */
    snprintf(cells[EVENT_TIME].text, TABLE_TEXT, "%s", t);
    snprintf(cells[EVENT_NAME].text, TABLE_TEXT, "%s", event_row_name(e));
    cells[EVENT_NAME].role = future ? ROLE_DIM : role_of(e);
    say_what(x, f, cells[EVENT_WHAT].text);
    if (f->g != NO_ID)
        snprintf(cells[EVENT_G].text, TABLE_TEXT, "G%llu", (unsigned long long)reel_goroutine(x->reel, f->g)->id);
    int p = f->kind == FACT_PLACE && f->after.p >= 0 ? f->after.p : f->p;
    if (p >= 0)
        snprintf(cells[EVENT_P].text, TABLE_TEXT, "P%d", p);
    snprintf(cells[EVENT_GC].text, TABLE_TEXT, "GC %u", e->gc);
    snprintf(cells[EVENT_PHASE].text, TABLE_TEXT, "%s", gc_phase_name((enum gc_phase)e->phase));
    say_lasted(h, row, ends, cells[EVENT_LASTED].text);
    return future ? ROLE_DIM : ROLE_TEXT;
}

int64_t event_key(const struct history *h, size_t row, int col, bool bucket) {
    const struct event_row *e = row < h->n ? &h->rows[row] : NULL;
    if (!e)
        return 0;
    const int64_t keys[EVENT_COLS] = {
        [EVENT_TIME] = e->fact.t,
        [EVENT_NAME] = e->fact.kind,
        [EVENT_WHAT] = e->fact.kind == FACT_PLACE ? -1 - (int64_t)e->fact.why : (int64_t)e->fact.type,
        [EVENT_G] = e->fact.g,
        [EVENT_P] = e->fact.p,
        [EVENT_GC] = e->gc,
        [EVENT_PHASE] = e->phase,
        [EVENT_LASTED] = bucket ? (e->held == NO_TIME ? e->idle : e->held) : (int64_t)e->live,
    };
    return keys[col];
}

/* Whether the object that a row made is there at the cursor: nothing happened to its slot since. */
static enum known is_live(const struct explorer *x, const struct history *h, size_t row) {
    enum { LOOK_AT = 4096 };
    const struct event_row *e = &h->rows[row];
    bool made = e->fact.kind == FACT_ALLOC || e->fact.kind == FACT_EXISTS || e->fact.kind == FACT_SUBALLOC;
    if (!made || e->pos > x->now.pos)
        return KNOWN_NO;
    for (size_t i = row + 1; i < h->n && h->rows[i].pos <= x->now.pos; i++) {
        const struct fact *f = &h->rows[i].fact;
        if (i > row + LOOK_AT)
            return KNOWN_NOT;
        if (f->kind == FACT_SPAN_FREE || (event_is_object(f) && f->span == e->fact.span && f->slot == e->fact.slot))
            return KNOWN_NO;
    }
    return KNOWN_YES;
}

bool event_wanted(const struct explorer *x, const struct history *h, size_t row) {
    return row < h->n &&
           explorer_event_wanted(x, &h->rows[row].fact, h->rows[row].pos - (h->rows[row].pos > 0), is_live(x, h, row));
}
