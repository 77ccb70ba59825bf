/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * page_class.c - the page of a span class: mcentral's nonempty and empty list of it span by span, swept and unswept,
 * the span that each P's mcache holds, and why each span is where it is.
 *
 * The last change of a span's place is looked up for the rows in view, and kept while the cursor stands.
 */
#include "tui/page.h"

#include <stdlib.h>
#include <string.h>

enum { COL_SPAN, COL_CLASS, COL_PLACE, COL_SWEPT, COL_LIVE, COL_FREE, COL_SINCE, COL_GC, COL_WHY, COLS };

static const struct table_column columns[COLS] = {
    [COL_SPAN] = {"span", 15, 9, true, 0},   [COL_CLASS] = {"class", 15, 9, true, 0},
    [COL_PLACE] = {"list", 12, 9, true, 0},  [COL_SWEPT] = {"swept", 8, 8, true, 0},
    [COL_LIVE] = {"live", 6, 7, false, 0},   [COL_FREE] = {"free", 6, 6, false, 0},
    [COL_SINCE] = {"since", 16, 5, true, 0}, [COL_GC] = {"GC", 6, 3, false, 0},
    [COL_WHY] = {"because", 0, 8, true, 16},
};

enum { KNOWN = 1024 }; /* last changes kept, by span id modulo this */

struct class_data {
    struct {
        bool made, found;
        uint32_t span;
        struct event_row row;
    } last[KNOWN];
    uint64_t stamp; /* cursor that they were made for */
};

static uint32_t class_of(const struct page *p) {
    return (uint32_t)p->link.id;
}

static bool is_of_class(const struct page *p, uint32_t id) {
    const struct span *s = reel_span(p->x->reel, id);
    return s->kind == SPAN_HEAP && s->class * 2u + s->noscan == class_of(p);
}

static const struct event_row *last_change(struct page *p, uint32_t span) {
    struct class_data *d = p->data;
    size_t at = span % KNOWN;
    if (d->stamp != explorer_stamp(p->x)) {
        for (size_t i = 0; i < KNOWN; i++)
            d->last[i].made = false;
        d->stamp = explorer_stamp(p->x);
    }
    if (!d->last[at].made || d->last[at].span != span) {
        d->last[at].made = true;
        d->last[at].span = span;
        d->last[at].found = span_last_place(p->x->reel, span, p->x->now.pos, &d->last[at].row);
    }
    return d->last[at].found ? &d->last[at].row : NULL;
}

/* Of this class, or in this P's mcache. */
static bool belongs(const struct page *p, uint32_t id) {
    struct span_state st;
    if (p->link.kind == LINK_CLASS)
        return is_of_class(p, id);
    return frame_state(p->x->frame, id, &st) && st.place == PLACE_MCACHE && st.p == (int32_t)p->link.id;
}

static void title(struct page *p, char *dst, size_t cap) {
    char name[32], n[TIME_TEXT];
    const struct central *c = &frame_central(p->x->frame)[class_of(p)];
    snprintf(dst, cap, "%s \302\267 %s span%s", page_class_name(class_of(p), name, sizeof name),
             count_text(c->spans, n), c->spans == 1 ? "" : "s");
}

/* ------------------------------------------------------------------ the head */

/* A count, and what it changed by since A. */
static void say_count(struct page *p, struct doc *d, const char *words, uint64_t now, uint64_t then, bool bytes) {
    char word[48];
    if (p->x->diff) {
        enum role role = explorer_change((int64_t)(now - then), bytes, word, sizeof word);
        doc_text(d, role, "%s", word);
    } else {
        char n[TIME_TEXT];
        doc_text(d, ROLE_STRONG, "%s", bytes ? bytes_text(now, n) : count_text(now, n));
    }
    doc_text(d, ROLE_TEXT, " %s", words);
}

static void say_counts(struct page *p, struct doc *d) {
    const struct central *c = &frame_central(p->x->frame)[class_of(p)], *a = &p->x->a.central[class_of(p)];
    page_label(d, p->x->diff ? "since A" : "lists");
    say_count(p, d, "nonempty (partial), ", c->nonempty, a->nonempty, false);
    say_count(p, d, "empty (full), ", c->empty, a->empty, false);
    say_count(p, d, "in mcaches, ", c->mcache, a->mcache, false);
    say_count(p, d, "unknown", c->unknown, a->unknown, false);
    doc_line(d);
    page_label(d, "");
    say_count(p, d, "not swept yet, ", c->unswept, a->unswept, false);
    say_count(p, d, "objects, ", c->objects, a->objects, false);
    say_count(p, d, "free slots, ", c->free_slots, a->free_slots, false);
    say_count(p, d, "in all", c->bytes, a->bytes, true);
    doc_line(d);
}

/* The span that each P allocates from: in an mcache. Spans are walked once; there are as many as in mcaches. */
static void say_mcaches(struct page *p, struct doc *d, int width) {
    const uint32_t *ids;
    size_t n = frame_spans(p->x->frame, &ids);
    bool any = false;
    if (frame_central(p->x->frame)[class_of(p)].mcache == 0)
        n = 0;
    page_label(d, "mcaches");
    for (size_t i = 0; i < n; i++) {
        struct span_state st;
        char addr[ADDRESS_TEXT];
        if (!is_of_class(p, ids[i]) || !frame_state(p->x->frame, ids[i], &st) || st.place != PLACE_MCACHE)
            continue;
        const struct span *s = reel_span(p->x->reel, ids[i]);
        if (any && doc_columns(d) + 34 > width) {
            doc_line(d);
            page_label(d, "");
        }
        page_proc_link(d, st.p);
        doc_text(d, st.sure ? ROLE_TEXT : ROLE_GUESS, "%s%s: ", st.p < 0 ? "some P" : "", st.sure ? "" : "?");
        doc_link(d, link_to(LINK_SPAN, ids[i]), "%s",
                 reel_address_text(p->x->reel, reel_page_address(p->x->reel, s->page), addr));
        doc_text(d, ROLE_TEXT, " %u of %u free  ", s->nelems - (st.live < s->nelems ? st.live : s->nelems), s->nelems);
        any = true;
    }
    if (!any)
        doc_text(d, ROLE_DIM, "no P holds a span of this class");
    doc_line(d);
}

static void head(struct page *p, struct doc *d, int width) {
    uint32_t twin = class_of(p) ^ 1;
    char name[32];
    say_counts(p, d);
    say_mcaches(p, d, width);
    page_label(d, "beside it");
    if (class_of(p) >= 2)
        doc_link(d, link_to(LINK_CLASS, class_of(p) - 2), "%s", page_class_name(class_of(p) - 2, name, sizeof name));
    doc_text(d, ROLE_DIM, "  ");
    doc_link(d, link_to(LINK_CLASS, twin), "%s", page_class_name(twin, name, sizeof name));
    doc_text(d, ROLE_DIM, "  ");
    if (class_of(p) + 2 < SPAN_CLASSES)
        doc_link(d, link_to(LINK_CLASS, class_of(p) + 2), "%s", page_class_name(class_of(p) + 2, name, sizeof name));
    doc_line(d);
}

/* ------------------------------------------------------------------ spans */

static size_t more(void *arg, uint64_t *at, uint64_t *ids, size_t max) {
    enum { LOOK_AT = 256 };
    struct page *p = arg;
    uint32_t found[LOOK_AT];
    size_t n = frame_spans_from(p->x->frame, *at, found, max < LOOK_AT ? max : LOOK_AT), got = 0;
    for (size_t i = 0; i < n; i++) {
        const struct span *s = reel_span(p->x->reel, found[i]);
        *at = s->page + s->npages;
        if (belongs(p, found[i]))
            ids[got++] = found[i];
    }
    return got;
}

static int64_t key(void *arg, uint64_t id, int col) {
    struct page *p = arg;
    const struct span *s = reel_span(p->x->reel, (uint32_t)id);
    struct span_state st = {0};
    bool in_use = frame_state(p->x->frame, (uint32_t)id, &st);
    const struct event_row *e = in_use && col >= COL_SINCE ? last_change(p, (uint32_t)id) : NULL;
    const int64_t keys[COLS] = {
        [COL_SPAN] = (int64_t)s->page,
        [COL_CLASS] = s->class * 2 + s->noscan,
        /* mcaches by P first, then nonempty, empty, unknown; unswept before swept within a list */
        [COL_PLACE] = st.place == PLACE_UNKNOWN ? INT32_MAX : ((int64_t)st.place << 16) + (st.p + 1) * 4 + st.swept,
        [COL_SWEPT] = st.swept,
        [COL_LIVE] = st.live,
        [COL_FREE] = (int64_t)s->nelems - st.live,
        [COL_SINCE] = e ? e->fact.t : -1,
        [COL_GC] = e ? (int64_t)e->gc : -1,
        [COL_WHY] = e ? (int64_t)e->fact.why : -1,
    };
    return keys[col];
}

/* Rows alike otherwise go by address. */
static int tie(void *arg, int col, uint64_t a, uint64_t b) {
    const reel *r = ((struct page *)arg)->x->reel;
    uint64_t pa = reel_span(r, (uint32_t)a)->page, pb = reel_span(r, (uint32_t)b)->page;
    (void)col;
    return (pa > pb) - (pa < pb);
}

static void say_place(const struct span_state *st, char *dst) {
    const char *mark = st->sure ? "" : "?";
    if (st->place == PLACE_MCACHE && st->p >= 0)
        snprintf(dst, TABLE_TEXT, "mcache P%d%s", st->p, mark);
    else if (place_name((enum place)st->place))
        snprintf(dst, TABLE_TEXT, "%s%s", place_name((enum place)st->place), mark);
    else
        snprintf(dst, TABLE_TEXT, "unknown");
}

static enum role fill(void *arg, uint64_t id, struct table_cell *cells) {
    static const char *const swept[] = {[KNOWN_NO] = "no", [KNOWN_YES] = "yes", [KNOWN_NOT] = "unknown"};
    struct page *p = arg;
    const struct span *s = reel_span(p->x->reel, (uint32_t)id);
    struct span_state st;
    char word[ADDRESS_TEXT + TIME_TEXT];
    snprintf(cells[COL_SPAN].text, TABLE_TEXT, "%s",
             reel_address_text(p->x->reel, reel_page_address(p->x->reel, s->page), word));
    page_class_name(s->class * 2u + s->noscan, cells[COL_CLASS].text, TABLE_TEXT);
    if (!frame_state(p->x->frame, (uint32_t)id, &st)) {
        snprintf(cells[COL_PLACE].text, TABLE_TEXT, "gone");
        return ROLE_DIM;
    }
    say_place(&st, cells[COL_PLACE].text);
    if (!st.sure)
        cells[COL_PLACE].role = ROLE_GUESS;
    snprintf(cells[COL_SWEPT].text, TABLE_TEXT, "%s", swept[st.swept]);
    snprintf(cells[COL_LIVE].text, TABLE_TEXT, "%u", st.live);
    snprintf(cells[COL_FREE].text, TABLE_TEXT, "%u", s->nelems > st.live ? s->nelems - st.live : 0);
    const struct event_row *e = last_change(p, (uint32_t)id);
    if (e) {
        snprintf(cells[COL_SINCE].text, TABLE_TEXT, "%s", time_text(e->fact.t, word));
        snprintf(cells[COL_GC].text, TABLE_TEXT, "%u", e->gc);
        snprintf(cells[COL_WHY].text, TABLE_TEXT, "%s%s", place_reason_text((enum place_reason)e->fact.why),
                 e->fact.inferred ? "?" : "");
    } else {
        snprintf(cells[COL_WHY].text, TABLE_TEXT, "since it came");
        cells[COL_WHY].role = ROLE_DIM;
    }
    return id == p->x->span ? ROLE_STRONG : ROLE_TEXT;
}

static bool wanted(void *arg, uint64_t id) {
    return explorer_span_wanted(((struct page *)arg)->x, (uint32_t)id);
}

static const struct rows_source source = {.cols = columns,
                                          .ncols = COLS,
                                          .least_first =
                                              1u << COL_SPAN | 1u << COL_CLASS | 1u << COL_PLACE | 1u << COL_SWEPT,
                                          .costly = 1u << COL_SINCE | 1u << COL_GC | 1u << COL_WHY,
                                          .more = more,
                                          .key = key,
                                          .tie = tie,
                                          .fill = fill,
                                          .wanted = wanted,
                                          .narrow = NARROW_SPANS + 1};

static const char *caption(struct page *p) {
    (void)p;
    return "its spans and why each is where it is; Enter: the page of one";
}

static uint64_t stamp(struct page *p) {
    return explorer_stamp(p->x);
}

static uint64_t current(struct page *p) {
    return p->x->span != NO_ID && belongs(p, p->x->span) ? p->x->span : ROWS_NONE;
}

static struct link follow(struct page *p, uint64_t id) {
    (void)p;
    return link_to(LINK_SPAN, id);
}

static const char *const class_words[] = {"span class", "mcentral", "place", "unswept", "because", NULL};

const struct page_ops class_page = {.name = "mcentral",
                                    .words = class_words,
                                    .size = sizeof(struct class_data),
                                    .title = title,
                                    .head = head,
                                    .rows = &source,
                                    .sort = COL_PLACE,
                                    .wanted = ~(1u << COL_CLASS),
                                    .caption = caption,
                                    .stamp = stamp,
                                    .current = current,
                                    .follow = follow};

/* ------------------------------------------------------------------ a P */

static void proc_title(struct page *p, char *dst, size_t cap) {
    snprintf(dst, cap, "of P%u \302\267 %s", (unsigned)p->link.id,
             proc_state_name(reel_proc_state(p->x->reel, (uint32_t)p->link.id, p->x->now.t)));
}

/* What it did in a stretch of time, the most first. */
static void say_did(struct page *p, struct doc *d, const char *label, int64_t from, int64_t to) {
    int64_t ns[PROC_STATES], all = to - from;
    char t[TIME_TEXT];
    bool any = false;
    reel_proc_time(p->x->reel, (uint32_t)p->link.id, from, to, ns);
    page_label(d, label);
    for (int left = PROC_STATES; left > 0; left--) {
        int most = 0;
        for (int s = 1; s < PROC_STATES; s++)
            most = ns[s] > ns[most] ? s : most;
        if (ns[most] <= 0)
            break;
        doc_text(d, ROLE_TEXT, "%s%s %.1f %% (%s)", any ? ", " : "", proc_state_name((enum proc_state)most),
                 all > 0 ? (double)ns[most] * 100 / (double)all : 0, duration_text(ns[most], t));
        ns[most] = 0;
        any = true;
    }
    doc_line(d);
}

static void proc_head(struct page *p, struct doc *d, int width) {
    int64_t end = explorer_end(p->x), to = p->x->win.to > end ? end : p->x->win.to;
    int32_t id = (int32_t)p->link.id;
    if (!p->x->whole)
        say_did(p, d, "in view", p->x->win.from, to);
    say_did(p, d, "overall", 0, end);
    page_label(d, "beside it");
    page_proc_link(d, id - 1);
    doc_text(d, ROLE_DIM, id > 0 ? "  " : "");
    if ((size_t)id + 1 < reel_procs(p->x->reel))
        page_proc_link(d, id + 1);
    doc_line(d);
    if (page_missing(p, d, width))
        p->source = NULL;
}

static const char *proc_caption(struct page *p) {
    (void)p;
    return "spans in its mcache and why each is there; Enter: the page of one";
}

static const char *const proc_words[] = {"P", "mcache", "refill", "utilisation", NULL};

const struct page_ops proc_page = {.name = "mcache",
                                   .words = proc_words,
                                   .size = sizeof(struct class_data),
                                   .title = proc_title,
                                   .head = proc_head,
                                   .rows = &source,
                                   .sort = COL_CLASS,
                                   .wanted = ~(1u << COL_PLACE),
                                   .caption = proc_caption,
                                   .stamp = stamp,
                                   .current = current,
                                   .follow = follow};
