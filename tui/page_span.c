/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * page_span.c - the page of one life of a span: what it is, where it stands and why, what it holds, its neighbours in
 * the address space and in time, all its events.
 */
#include "tui/page.h"
#include "tui/strips.h"

#include <stdlib.h>
#include <string.h>

struct span_data {
    struct page_history history; /* first, as page.h wants it */
};

static uint32_t id_of(const struct page *p) {
    return (uint32_t)p->link.id;
}

static const struct span *span_of(const struct page *p) {
    return reel_span(p->x->reel, id_of(p));
}

static const struct history *need(struct page *p) {
    struct span_data *d = p->data;
    page_history_need(p, reel_page_address(p->x->reel, span_of(p)->page), id_of(p), false);
    return &d->history.h;
}

static void title(struct page *p, char *dst, size_t cap) {
    char addr[ADDRESS_TEXT];
    struct span_state st;
    const struct span *s = span_of(p);
    reel_address_text(p->x->reel, reel_page_address(p->x->reel, s->page), addr);
    if (!frame_state(p->x->frame, id_of(p), &st))
        snprintf(dst, cap, "%s \302\267 not in use at this instant", addr);
    else if (s->nelems > 0)
        snprintf(dst, cap, "%s \302\267 %u/%u live%s", addr, st.live, s->nelems, st.lacks ? "?" : "");
    else
        snprintf(dst, cap, "%s", addr);
}

/* ------------------------------------------------------------------ the head */

static void say_what(struct page *p, struct doc *d) {
    const struct span *s = span_of(p);
    char words[160];
    page_label(d, "what");
    explorer_say_span(s, words, sizeof words);
    if (s->kind == SPAN_HEAP)
        doc_link(d, link_to(LINK_CLASS, s->class * 2u + s->noscan), "%s", words);
    else
        doc_text(d, ROLE_TEXT, "%s", words);
    doc_line(d);
}

/* The last cycle that has ended marking: it made every span unswept. */
static uint32_t last_marked(const struct page *p) {
    const struct cycle *c;
    size_t i = reel_cycles(p->x->reel, &c);
    while (i > 0 && (c[i - 1].phase[PHASE_SWEEP][0] == NO_TIME || c[i - 1].phase[PHASE_SWEEP][0] > p->x->now.t))
        i--;
    return i > 0 ? c[i - 1].gc : 0;
}

/* What proves the others may have happened on another P than they did. */
static bool is_its_own(const struct fact *f) {
    static const unsigned own = 1u << WHY_GROWN | 1u << WHY_REFILLED | 1u << WHY_UNCACHED | 1u << WHY_SWEPT;
    return !f->inferred && (own >> f->why & 1) != 0;
}

static void say_where(struct page *p, struct doc *d, const struct history *h) {
    struct span_state st;
    char words[160];
    page_label(d, "where");
    if (!frame_state(p->x->frame, id_of(p), &st)) {
        doc_text(d, ROLE_DIM, "nowhere: it is not in use at this instant");
        doc_line(d);
        return;
    }
    if (span_of(p)->kind == SPAN_HEAP)
        doc_text(d, st.sure ? ROLE_TEXT : ROLE_GUESS, "%s", explorer_say_place(&st, words, sizeof words));
    else
        doc_text(d, ROLE_TEXT, "not on any list: no objects in it");
    doc_line(d);
    for (int i = explorer_bucket_row(p->x, h); i >= 0; i--) {
        const struct fact *f = &h->rows[i].fact;
        if (f->kind != FACT_PLACE)
            continue;
        page_label(d, "because");
        doc_text(d, ROLE_TEXT, "%s%s, ", place_reason_text((enum place_reason)f->why), f->inferred ? "?" : "");
        doc_link(d, link_to(LINK_POS, h->rows[i].pos), "%s", time_text(f->t, words));
        doc_text(d, ROLE_TEXT, ", ");
        page_cycle_link(p, d, h->rows[i].gc);
        if (f->p >= 0 && is_its_own(f)) {
            doc_text(d, ROLE_TEXT, ", on ");
            page_proc_link(d, f->p);
        }
        if (st.swept == KNOWN_NO && f->after.swept == KNOWN_YES) {
            doc_text(d, ROLE_TEXT, "; marking ended since then, in ");
            page_cycle_link(p, d, last_marked(p));
        }
        doc_line(d);
        return;
    }
}

static void say_life(struct page *p, struct doc *d) {
    const struct span *s = span_of(p);
    struct fact born, died;
    char t[TIME_TEXT];
    page_label(d, "life");
    bool has_born = reel_fact(p->x->reel, s->born, &born);
    if (s->at_start) {
        doc_text(d, ROLE_TEXT, "there when the trace began");
    } else if (has_born) {
        doc_text(d, ROLE_TEXT, "from ");
        doc_link(d, link_to(LINK_POS, s->born + 1), "%s", time_text(born.t, t));
        if (born.g != NO_ID) {
            doc_text(d, ROLE_TEXT, " by ");
            page_go_link(p, d, born.g);
        }
    }
    if (s->died == NO_POS || !reel_fact(p->x->reel, s->died, &died)) {
        doc_text(d, ROLE_TEXT, ", still in use where the trace ends");
    } else {
        doc_text(d, ROLE_TEXT, " to ");
        doc_link(d, link_to(LINK_POS, s->died + 1), "%s", time_text(died.t, t));
        if (has_born)
            doc_text(d, ROLE_TEXT, ", %s", duration_text(died.t - (s->at_start ? 0 : born.t), t));
    }
    doc_line(d);
}

static void say_strip(struct page *p, struct doc *d, const struct history *h, int width) {
    struct strip strip = strip_of_span(h, span_of(p)->nelems);
    if (span_of(p)->nelems > 0)
        page_strip(p, d, "objects", width, strip_span, &strip);
}

/* ------------------------------------------------------------------ what it holds */

struct held {
    uint32_t type, n;
};

static int most_first(const void *pa, const void *pb) {
    const struct held *a = pa, *b = pb;
    return a->n != b->n ? (a->n < b->n ? 1 : -1) : (a->type > b->type) - (a->type < b->type);
}

/* The types in its slots, by the last event of each slot up to the cursor. out has room for nelems. */
static size_t count_held(struct page *p, const struct history *h, struct held *out) {
    uint32_t nelems = span_of(p)->nelems, *type = malloc((nelems + (size_t)1) * sizeof *type);
    size_t n = 0;
    if (!type)
        return 0;
    memset(type, 0xff, nelems * sizeof *type);
    for (size_t i = 0; i < h->n && h->rows[i].pos <= p->x->now.pos; i++) {
        const struct fact *f = &h->rows[i].fact;
        if (f->slot >= nelems)
            continue;
        if (f->kind == FACT_ALLOC || f->kind == FACT_EXISTS)
            type[f->slot] = f->type;
        else if (f->kind == FACT_FREE)
            type[f->slot] = NO_ID;
    }
    for (uint32_t s = 0; s < nelems; s++) {
        size_t k = 0;
        if (type[s] == NO_ID)
            continue;
        while (k < n && out[k].type != type[s])
            k++;
        if (k == n)
            out[n++] = (struct held){.type = type[s]};
        out[k].n++;
    }
    free(type);
    qsort(out, n, sizeof *out, most_first);
    return n;
}

static void say_held(struct page *p, struct doc *d, const struct history *h, int width) {
    uint32_t nelems = span_of(p)->nelems;
    struct held *held = nelems ? malloc(nelems * sizeof *held) : NULL;
    if (!held)
        return;
    size_t n = count_held(p, h, held), i = 0;
    page_label(d, "holds");
    for (; i < n && doc_columns(d) < width * 2 / 3; i++) {
        doc_text(d, ROLE_TEXT, "%s%u ", i ? ", " : "", held[i].n);
        page_type_link(p, d, held[i].type);
    }
    if (n == 0)
        doc_text(d, ROLE_DIM, "no objects");
    else if (i < n)
        doc_text(d, ROLE_TEXT, " and %zu other types", n - i);
    if (p->x->span == id_of(p) && nelems > 0) {
        doc_text(d, ROLE_TEXT, "; selected: ");
        doc_link(d, link_to(LINK_BUCKET, p->x->addr), "slot %u", p->x->slot);
    }
    doc_line(d);
    free(held);
}

/* ------------------------------------------------------------------ neighbours */

static uint32_t in_use_at(struct page *p, uint64_t page) {
    return frame_find(p->x->frame, reel_page_address(p->x->reel, page), NULL);
}

static void say_neighbours(struct page *p, struct doc *d) {
    const struct span *s = span_of(p);
    uint64_t addr = reel_page_address(p->x->reel, s->page);
    page_label(d, "beside it");
    page_span_link(p, d, s->page ? in_use_at(p, s->page - 1) : NO_ID, "free pages");
    doc_text(d, ROLE_DIM, " before, ");
    page_span_link(p, d, in_use_at(p, s->page + s->npages), "free pages");
    doc_text(d, ROLE_DIM, " behind");
    doc_line(d);
    page_label(d, "its pages");
    page_span_link(p, d, span_life(p->x->reel, addr, id_of(p), true), "no span");
    doc_text(d, ROLE_DIM, " was there before, ");
    page_span_link(p, d, span_life(p->x->reel, addr, id_of(p), false), "no span");
    doc_text(d, ROLE_DIM, " after it");
    doc_line(d);
}

static void head(struct page *p, struct doc *d, int width) {
    const struct history *h = need(p);
    uint32_t then;
    say_what(p, d);
    say_where(p, d, h);
    if (p->x->diff && span_of(p)->nelems > 0) {
        char change[48];
        struct span_state st = {0};
        bool is = frame_state(p->x->frame, id_of(p), &st), was = explorer_marked(p->x, id_of(p), &then);
        bool new = is && !was && p->x->a.at.t <= p->x->now.t;
        page_label(d, "since A");
        enum role role = explorer_change((int64_t)st.live - then, false, change, sizeof change);
        if (was)
            doc_text(d, role, "%s objects", change);
        else
            doc_text(d, new ? role : ROLE_DIM, new ? "new: not in use at A" : "not in use at A");
        doc_line(d);
    }
    say_life(p, d);
    say_strip(p, d, h, width);
    say_held(p, d, h, width);
    say_neighbours(p, d);
}

static const char *caption(struct page *p) {
    if (((struct page_history *)p->data)->reader)
        return "its history is being read";
    return need(p)->n > 0 ? "all its events; Enter: to that instant" : "no events";
}

static const char *const words[] = {"span", "slot", "sure", "because", NULL};

const struct page_ops span_page = {.name = "span",
                                   .words = words,
                                   .size = sizeof(struct span_data),
                                   .title = title,
                                   .head = head,
                                   .rows = &page_history_rows,
                                   .sort = 0,
                                   .caption = caption,
                                   .stamp = page_history_stamp,
                                   .current = page_history_current,
                                   .follow = page_history_follow,
                                   .work = page_history_work,
                                   .done = page_history_free};
