/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * page_changes.c - what changed between mark A and the cursor: the sums, and span by span.
 */
#include "tui/page.h"

#include <string.h>

enum { COL_SPAN, COL_CLASS, COL_WHAT, COL_THEN, COL_NOW, COL_OBJECTS, COL_BYTES, COLS };

static const struct table_column columns[COLS] = {
    [COL_SPAN] = {"span", 15, 9, true, 0},   [COL_CLASS] = {"class", 0, 7, true, 14},
    [COL_WHAT] = {"", 8, 5, true, 0},        [COL_THEN] = {"at A", 7, 6, false, 0},
    [COL_NOW] = {"now", 7, 8, false, 0},     [COL_OBJECTS] = {"objects", 8, 7, false, 0},
    [COL_BYTES] = {"bytes", 9, 9, false, 0},
};

/* ------------------------------------------------------------------ spans */

struct change {
    bool was, is;
    uint32_t then, now;
    int64_t objects, bytes;
};

static struct change change_of(const struct page *p, uint32_t span) {
    struct span_state st = {0};
    struct change c = {0};
    c.was = explorer_marked(p->x, span, &c.then);
    c.is = frame_state(p->x->frame, span, &st);
    c.now = c.is ? st.live : 0;
    c.objects = (int64_t)c.now - c.then;
    c.bytes = c.objects * (int64_t)reel_span(p->x->reel, span)->elem;
    return c;
}

static bool is_row(const struct page *p, uint32_t span) {
    struct change c = change_of(p, span);
    return reel_span(p->x->reel, span)->kind == SPAN_HEAP && (c.was != c.is || c.objects != 0);
}

/* First what was in use at A, then what came since, by address. */
static size_t more(void *arg, uint64_t *at, uint64_t *ids, size_t max) {
    enum { LOOK_AT = 256 };
    const struct page *p = arg;
    const struct explorer *x = p->x;
    uint32_t found[LOOK_AT], then;
    size_t got = 0, seen = 0;
    if (!x->a.set)
        return 0;
    for (; *at < x->a.nspans && got < max && seen < LOOK_AT; ++*at, seen++)
        if (is_row(p, x->a.spans[*at].span))
            ids[got++] = x->a.spans[*at].span;
    if (*at < x->a.nspans)
        return got;
    uint64_t page = *at - x->a.nspans;
    size_t room = max - got < LOOK_AT ? max - got : LOOK_AT, n = frame_spans_from(x->frame, page, found, room);
    for (size_t i = 0; i < n; i++) {
        const struct span *s = reel_span(x->reel, found[i]);
        *at = x->a.nspans + s->page + s->npages;
        if (!explorer_marked(x, found[i], &then) && is_row(p, found[i]))
            ids[got++] = found[i];
    }
    return got;
}

static int64_t key(void *arg, uint64_t id, int col) {
    const struct page *p = arg;
    const struct span *s = reel_span(p->x->reel, (uint32_t)id);
    struct change c = change_of(p, (uint32_t)id);
    const int64_t keys[COLS] = {
        [COL_SPAN] = (int64_t)s->page,
        [COL_CLASS] = s->class * 2 + s->noscan,
        [COL_WHAT] = c.was * 2 + c.is,
        [COL_THEN] = c.then,
        [COL_NOW] = c.now,
        [COL_OBJECTS] = c.objects < 0 ? -c.objects : c.objects,
        [COL_BYTES] = c.bytes < 0 ? -c.bytes : c.bytes,
    };
    return keys[col];
}

static enum role fill(void *arg, uint64_t id, struct table_cell *cells) {
    const struct page *p = arg;
    const struct span *s = reel_span(p->x->reel, (uint32_t)id);
    struct change c = change_of(p, (uint32_t)id);
    char word[ADDRESS_TEXT + TIME_TEXT];
    snprintf(cells[COL_SPAN].text, TABLE_TEXT, "%s",
             reel_address_text(p->x->reel, reel_page_address(p->x->reel, s->page), word));
    page_class_name(s->class * 2u + s->noscan, cells[COL_CLASS].text, TABLE_TEXT);
    size_t len = strlen(cells[COL_CLASS].text);
    snprintf(cells[COL_CLASS].text + len, TABLE_TEXT - len, ", %s", bytes_text(s->elem, word));
    snprintf(cells[COL_WHAT].text, TABLE_TEXT, "%s", c.was && c.is ? "" : c.is ? "new" : "gone");
    snprintf(cells[COL_THEN].text, TABLE_TEXT, "%u", c.then);
    snprintf(cells[COL_NOW].text, TABLE_TEXT, "%u", c.now);
    cells[COL_OBJECTS].role = explorer_change(c.objects, false, cells[COL_OBJECTS].text, TABLE_TEXT);
    cells[COL_BYTES].role = explorer_change(c.bytes, true, cells[COL_BYTES].text, TABLE_TEXT);
    return c.is ? ROLE_TEXT : ROLE_DIM;
}

static bool wanted(void *arg, uint64_t id) {
    return explorer_span_wanted(((struct page *)arg)->x, (uint32_t)id);
}

static const struct rows_source source = {.cols = columns,
                                          .ncols = COLS,
                                          .least_first = 1u << COL_SPAN | 1u << COL_CLASS,
                                          .more = more,
                                          .key = key,
                                          .fill = fill,
                                          .wanted = wanted,
                                          .narrow = NARROW_SPANS + 1};

static uint64_t stamp(struct page *p) {
    return explorer_stamp(p->x);
}

static struct link follow(struct page *p, uint64_t id) {
    (void)p;
    return link_to(LINK_SPAN, id);
}

/* ------------------------------------------------------------------ the head */

static void title(struct page *p, char *dst, size_t cap) {
    char t[TIME_TEXT], key[KEY_NAME];
    if (p->x->a.set)
        snprintf(dst, cap, "since A at %s", time_text(p->x->a.at.t, t));
    else
        snprintf(dst, cap, "mark A is not set: %s sets it", keys_for(ACT_MARK, IN_PANES, key));
}

/* "objects    6 811 (+3 120)". Returns to the next line after every second one. */
static void say_sum(struct doc *d, const char *label, uint64_t now, uint64_t then, bool bytes, bool last) {
    char word[48], n[TIME_TEXT];
    int from = doc_columns(d);
    doc_text(d, ROLE_DIM, "%-19s", label);
    doc_text(d, ROLE_TEXT, "%10s ", bytes ? bytes_text(now, n) : count_text(now, n));
    enum role role = explorer_change((int64_t)(now - then), bytes, word, sizeof word);
    doc_text(d, role, "%-10s", word);
    int used = doc_columns(d) - from;
    if (last)
        doc_line(d);
    else
        doc_text(d, ROLE_TEXT, "%*s", 44 > used ? 44 - used : 1, "");
}

static void say_cycles(struct page *p, struct doc *d) {
    const struct cycle *c;
    int64_t a = p->x->a.at.t, now = p->x->now.t, from = a < now ? a : now, to = a < now ? now : a;
    size_t n = reel_cycles(p->x->reel, &c), begun = 0;
    uint64_t objects = 0, bytes = 0;
    char t[TIME_TEXT], o[TIME_TEXT], b[TIME_TEXT];
    for (size_t i = 0; i < n; i++)
        if (c[i].begin != NO_TIME && c[i].begin >= from && c[i].begin < to) {
            begun++;
            objects += c[i].objects_freed;
            bytes += c[i].bytes_freed;
        }
    page_label(d, "from A");
    page_time_link(d, a);
    doc_text(d, ROLE_TEXT, ", %s %s; %zu GC cycle%s began in between and freed %s objects, %s",
             duration_text(to - from, t), a <= now ? "ago" : "ahead", begun, begun == 1 ? "" : "s",
             count_text(objects, o), bytes_text(bytes, b));
    doc_line(d);
}

static void head(struct page *p, struct doc *d, int width) {
    const struct totals *now = frame_totals(p->x->frame), *a = &p->x->a.totals;
    bool two = width >= 86;
    if (!p->x->a.set)
        return;
    if (page_missing(p, d, width)) {
        p->source = NULL;
        return;
    }
    say_cycles(p, d);
    say_sum(d, "objects", now->objects, a->objects, false, !two);
    say_sum(d, "bytes of objects", now->object_bytes, a->object_bytes, true, true);
    say_sum(d, "heap spans", now->spans, a->spans, false, !two);
    say_sum(d, "bytes of heap spans", now->span_bytes, a->span_bytes, true, true);
    say_sum(d, "stack spans", now->stack_spans, a->stack_spans, false, !two);
    say_sum(d, "bytes of stacks", now->stack_bytes, a->stack_bytes, true, true);
    say_sum(d, "free in mcaches", now->free_in_mcache, a->free_in_mcache, true, !two);
    say_sum(d, "free in nonempty", now->free_in_nonempty, a->free_in_nonempty, true, true);
}

static const char *caption(struct page *p) {
    (void)p;
    return "spans that changed; Enter: the page of one";
}

static const char *const words[] = {"mark A", "bytes", NULL};

const struct page_ops changes_page = {.name = "changes",
                                      .words = words,
                                      .title = title,
                                      .head = head,
                                      .rows = &source,
                                      .sort = COL_BYTES,
                                      .caption = caption,
                                      .stamp = stamp,
                                      .follow = follow};
