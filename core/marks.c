/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * marks.c - whether spans of small objects hold their own mark bits (doc/inference.md 3), where the trace has to show
 * it.
 *
 * The runtime's version says what is usual: from Go 1.26 on they do. But 1.25 can be built with them
 * (GOEXPERIMENT=greenteagc), and 1.26 without. An object where mark bits would be proves that there are none. That
 * there are some shows only in what never happens: spans that are as full as they would be with mark bits, and go
 * out of use for new objects, while no object has ever lain behind. A span or two may look so by chance, as where an
 * object is told late; so it takes some of them.
 *
 * Invariants: `nelems` of all spans follows reel.layout; no fact is about a slot behind it. So while the question is
 * open, nothing is concluded of slots where mark bits may be, and what was there is noticed when it goes, at the
 * latest.
 */
#include "core/recorder.h"

enum { ENOUGH = 3 }; /* spans that are full to where mark bits would begin */

/* The elements of a span, in either layout. */
static uint32_t elements(const struct recorder *rec, const struct span *s, bool inline_marks) {
    struct layout l = rec->r->layout;
    l.inline_marks = inline_marks;
    return layout_nelems(&l, s->class, s->noscan, rec->r->info.page_size);
}

static bool is_small(const struct span *s) {
    return s->kind == SPAN_HEAP && s->class != 0;
}

/* How many objects are in slots [from, to). */
static uint32_t objects(const struct recorder *rec, uint32_t span, uint32_t from, uint32_t to) {
    uint32_t n = 0;
    for (uint32_t i = from; i < to; i++) {
        n += frame_bit(rec->head, span, i);
    }
    return n;
}

static void relayout_seat(struct recorder *rec, uint32_t span) {
    const struct span *s = &rec->r->spans[span];
    heap_set_slots(rec, span);
    struct frame_span *f = rec_seat(rec, span);
    f->hi = f->hi < s->nelems ? f->hi : (uint16_t)s->nelems;
    sweep_refile(rec, span);
}

static void relayout(struct recorder *rec, bool inline_marks) {
    rec->r->layout.inline_marks = inline_marks;
    for (size_t i = 0; i < rec->r->nspans; i++) {
        struct span *s = &rec->r->spans[i];
        if (is_small(s)) {
            s->nelems = elements(rec, s, inline_marks);
        }
    }
    const uint32_t *ids;
    size_t n = frame_spans(rec->head, &ids);
    for (size_t i = 0; i < n; i++) {
        if (is_small(&rec->r->spans[ids[i]])) {
            relayout_seat(rec, ids[i]);
        }
    }
}

/* Behind a gap another span may be there, and tells nothing of this one. */
static bool behind_gap(const struct recorder *rec, uint32_t span) {
    return gaps_reach(rec->r, rec->head->pos + 1, span);
}

bool marks_disproved(struct recorder *rec, uint32_t span, uint32_t slot) {
    const struct span *s = &rec->r->spans[span];
    if (!rec->r->layout.inline_marks || slot >= elements(rec, s, false) || behind_gap(rec, span)) {
        return false;
    }
    rec->marks_known = true;
    relayout(rec, false);
    return true;
}

/* ---- the other way round: evidence for them */

uint32_t marks_begin(const struct recorder *rec, uint32_t span) {
    const struct span *s = &rec->r->spans[span];
    return is_small(s) ? elements(rec, s, true) : s->nelems;
}

bool marks_may_fill(const struct recorder *rec, uint32_t span) {
    if (!marks_open(rec)) {
        return false;
    }
    uint32_t end = marks_begin(rec, span);
    return end < rec->r->spans[span].nelems && rec_seat(rec, span)->live == end;
}

void marks_gone(struct recorder *rec, uint32_t span, uint32_t slot) {
    if (marks_open(rec)) {
        rec->marks_known = slot >= marks_begin(rec, span);
    }
}

/* What a span says: an object lies where mark bits would be; or it is full up to there. */
static void ask_span(struct recorder *rec, uint32_t span) {
    const struct span *s = &rec->r->spans[span];
    if (!is_small(s) || behind_gap(rec, span)) {
        return;
    }
    uint32_t most = elements(rec, s, false), full = elements(rec, s, true);
    if (objects(rec, span, full, most) > 0) {
        rec->marks_known = true;
    } else if (full < most && objects(rec, span, 0, full) == full) {
        rec->marks_filled++;
    }
}

static void ask_all(struct recorder *rec) {
    const uint32_t *ids;
    size_t n = frame_spans(rec->head, &ids);
    for (size_t i = 0; i < n && !rec->marks_known; i++) {
        ask_span(rec, ids[i]);
    }
}

static void decide(struct recorder *rec) {
    if (!rec->marks_known && rec->marks_filled >= ENOUGH) {
        relayout(rec, true);
    }
}

void marks_snapshot(struct recorder *rec) {
    if (marks_open(rec)) {
        ask_all(rec);
        decide(rec);
    }
}

void marks_replaced(struct recorder *rec, uint32_t span) {
    if (!marks_open(rec)) {
        return;
    }
    ask_span(rec, span);
    if (rec->marks_filled >= ENOUGH) {
        ask_all(rec); /* an object behind may be in any span */
        decide(rec);
    }
}
