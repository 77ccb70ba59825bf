/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * page_bucket.c - the page of one slot over its whole life: what is in it now and who put it there, its span and its
 * neighbours, its history as a strip over the window of time and as a list.
 */
#include "tui/events.h"
#include "tui/page.h"
#include "tui/strips.h"

#include <string.h>

struct bucket_page_data {
    struct page_history history; /* first, as page.h wants it */
};

/* The span in use there at the cursor, NO_ID. */
static uint32_t here(const struct page *p, uint32_t *slot) {
    *slot = 0;
    return frame_find(p->x->frame, p->link.id, slot);
}

static const struct history *need(struct page *p) {
    struct bucket_page_data *d = p->data;
    uint32_t slot, span = here(p, &slot);
    /* Where no span is in use the bounds of the last one stay. */
    if (span == NO_ID && d->history.made)
        span = d->history.span;
    page_history_need(p, p->link.id, span, true);
    return &d->history.h;
}

static void title(struct page *p, char *dst, size_t cap) {
    char addr[ADDRESS_TEXT];
    const struct history *h = need(p);
    uint32_t slot, span = here(p, &slot);
    reel_address_text(p->x->reel, h->addr ? h->addr : p->link.id, addr);
    if (span != NO_ID && reel_span(p->x->reel, span)->nelems > 1)
        snprintf(dst, cap, "%s \302\267 slot %u", addr, slot);
    else
        snprintf(dst, cap, "%s", addr);
}

/* ------------------------------------------------------------------ the head */

/* The last object event up to the cursor that a span's end hasn't made void, -1. */
static int last_object(const struct page *p, const struct history *h) {
    for (int i = explorer_bucket_row(p->x, h); i >= 0; i--) {
        uint8_t k = h->rows[i].fact.kind;
        if (k == FACT_SPAN_FREE || k == FACT_SPAN_ALLOC || k == FACT_SPAN_EXISTS)
            return -1;
        if (event_is_object(&h->rows[i].fact) && k != FACT_SUBALLOC)
            return i;
    }
    return -1;
}

static void say_now(struct page *p, struct doc *d, const struct history *h) {
    uint32_t slot, span = here(p, &slot);
    int i = last_object(p, h);
    char t[TIME_TEXT];
    page_label(d, "now");
    if (span == NO_ID) {
        doc_text(d, ROLE_DIM, "no span is in use here at this instant");
    } else if (frame_slot(p->x->frame, span, slot) == SLOT_UNKNOWN) {
        doc_text(d, ROLE_GUESS, "unknown: the trace does not tell what was here before it began");
    } else if (i < 0) {
        doc_text(d, ROLE_TEXT, "free, and nothing was ever in it since its span came");
    } else {
        const struct fact *f = &h->rows[i].fact;
        bool freed = f->kind == FACT_FREE;
        doc_text(d, ROLE_TEXT, freed ? "free; it held " : "holds ");
        page_type_link(p, d, f->type);
        doc_text(d, ROLE_TEXT,
                 freed                    ? ", freed "
                 : f->kind == FACT_EXISTS ? ", there when the trace began, "
                                          : ", allocated ");
        doc_link(d, link_to(LINK_POS, h->rows[i].pos), "%s", time_text(f->t, t));
        doc_text(d, ROLE_TEXT, " (%s ago)", duration_text(p->x->now.t - f->t, t));
        if (f->g != NO_ID && f->kind != FACT_EXISTS) {
            doc_text(d, ROLE_TEXT, " by ");
            page_go_link(p, d, f->g);
        }
        doc_text(d, ROLE_TEXT, " in ");
        page_cycle_link(p, d, h->rows[i].gc);
    }
    doc_line(d);
}

/* What comes next: when will it be freed, or used again? */
static void say_next(struct page *p, struct doc *d, const struct history *h) {
    int now = explorer_bucket_row(p->x, h);
    char t[TIME_TEXT];
    page_label(d, "next");
    for (size_t i = (size_t)(now + 1); i < h->n; i++) {
        const struct fact *f = &h->rows[i].fact;
        if (f->kind == FACT_PLACE)
            continue;
        doc_text(d, ROLE_TEXT, "%s ", event_row_name(&h->rows[i]));
        doc_link(d, link_to(LINK_POS, h->rows[i].pos), "%s", time_text(f->t, t));
        doc_text(d, ROLE_TEXT, ", in %s, ", duration_text(f->t - p->x->now.t, t));
        page_cycle_link(p, d, h->rows[i].gc);
        doc_line(d);
        return;
    }
    doc_text(d, ROLE_DIM,
             reel_info(p->x->reel)->done ? "nothing more happens to it in this trace"
                                         : "nothing more in what is loaded");
    doc_line(d);
}

static void say_life(struct page *p, struct doc *d, const struct history *h) {
    uint64_t objects = 0, frees = 0;
    int64_t longest = NO_TIME, shortest = NO_TIME;
    char a[TIME_TEXT], b[TIME_TEXT];
    (void)p;
    for (size_t i = 0; i < h->n; i++) {
        uint8_t k = h->rows[i].fact.kind;
        objects += k == FACT_ALLOC || k == FACT_EXISTS;
        frees += k == FACT_FREE;
        int64_t held = h->rows[i].held;
        if (held == NO_TIME)
            continue;
        longest = longest == NO_TIME || held > longest ? held : longest;
        shortest = shortest == NO_TIME || held < shortest ? held : shortest;
    }
    page_label(d, "life");
    doc_text(d, ROLE_TEXT, "%llu object%s in it over the trace, %llu freed", (unsigned long long)objects,
             objects == 1 ? "" : "s", (unsigned long long)frees);
    if (longest != NO_TIME)
        doc_text(d, ROLE_TEXT, "; held for %s to %s", duration_text(shortest, a), duration_text(longest, b));
    doc_line(d);
}

static void say_neighbour(struct page *p, struct doc *d, uint32_t span, uint32_t slot) {
    struct event_row last;
    uint64_t addr = reel_slot_address(p->x->reel, span, slot);
    char name[64] = "free";
    enum slot_state st = frame_slot(p->x->frame, span, slot);
    if (st == SLOT_LIVE && slot_last(p->x->reel, span, slot, p->x->now.pos, &last))
        explorer_type(p->x, last.fact.type, name, sizeof name);
    else if (st != SLOT_FREE)
        snprintf(name, sizeof name, st == SLOT_LIVE ? "in use" : "unknown");
    doc_link(d, link_to(LINK_BUCKET, addr), "slot %u", slot);
    doc_text(d, ROLE_DIM, ": %s", name);
}

static void say_span(struct page *p, struct doc *d) {
    uint32_t slot, span = here(p, &slot);
    char words[160];
    if (span == NO_ID)
        return;
    const struct span *s = reel_span(p->x->reel, span);
    page_label(d, "in");
    page_span_link(p, d, span, "");
    doc_text(d, ROLE_TEXT, ", ");
    if (s->kind == SPAN_HEAP)
        doc_link(d, link_to(LINK_CLASS, s->class * 2u + s->noscan), "%s", explorer_say_span(s, words, sizeof words));
    else
        doc_text(d, ROLE_TEXT, "%s", explorer_say_span(s, words, sizeof words));
    doc_line(d);
    if (s->nelems < 2)
        return;
    page_label(d, "beside it");
    if (slot > 0)
        say_neighbour(p, d, span, slot - 1);
    if (slot > 0 && slot + 1 < s->nelems)
        doc_text(d, ROLE_DIM, ", ");
    if (slot + 1 < s->nelems)
        say_neighbour(p, d, span, slot + 1);
    doc_line(d);
}

static void head(struct page *p, struct doc *d, int width) {
    const struct history *h = need(p);
    struct strip strip = strip_of_bucket(h);
    say_now(p, d, h);
    say_next(p, d, h);
    say_life(p, d, h);
    page_strip(p, d, "in use", width, strip_bucket, &strip);
    say_span(p, d);
}

static const char *caption(struct page *p) {
    if (((struct page_history *)p->data)->reader)
        return "its history is being read";
    return need(p)->n > 0 ? "its history; Enter: to that instant" : "nothing is known of this address";
}

static const char *const words[] = {"bucket", "slot", "held", "idle slot", "event", NULL};

const struct page_ops bucket_page = {.name = "bucket",
                                     .words = words,
                                     .size = sizeof(struct bucket_page_data),
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
