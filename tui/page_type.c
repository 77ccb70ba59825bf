/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * page_type.c - the page of a type: how many of it live, came and went, and each live object at the cursor.
 *
 * Live objects are found by walking back from the cursor: of the events of this type in one slot the last one tells
 * whether its object lives. That goes slice by slice, the newest objects first; it ends when as many are found as live.
 */
#include "traces/grow.h"
#include "traces/idmap.h"
#include "tui/page.h"

#include <string.h>

enum { COL_OBJECT, COL_CLASS, COL_SINCE, COL_HELD, COL_G, COL_GC, COLS };

static const struct table_column columns[COLS] = {
    [COL_OBJECT] = {"object", 15, 9, true, 0},
    [COL_CLASS] = {"in a span of", 0, 6, true, 12},
    [COL_SINCE] = {"allocated", 16, 8, true, 0},
    [COL_HELD] = {"held for", 10, 7, false, 0},
    [COL_G] = {"by", 7, 6, false, 0},
    [COL_GC] = {"GC", 7, 5, false, 0},
};

enum { FACTS = 2048 }; /* looked at in one go */

/* A live object, by the number of the fact that made it. */
struct object {
    uint64_t n;
    uint32_t span, slot, g;
    int64_t t; /* NO_TIME: there when the trace began */
};

struct type_data {
    struct object *at; /* newest first */
    size_t n, cap;
    struct idmap seen;    /* span << 32 | slot: an event of the type was met there */
    uint64_t stamp, left; /* facts still to look at */
    bool begun, memory_short;
    uint64_t looked;   /* for the first object of the type: facts from the start on that were looked at */
    bool found;        /* it is the last of them */
    struct fact first; /* then */
};

static uint32_t type_of(const struct page *p) {
    return (uint32_t)p->link.id;
}

static void title(struct page *p, char *dst, size_t cap) {
    char name[120], n[TIME_TEXT];
    snprintf(dst, cap, "%s \302\267 %s live", explorer_type(p->x, type_of(p), name, sizeof name),
             count_text(frame_type(p->x->frame, type_of(p)).live, n));
}

/* ------------------------------------------------------------------ the live objects */

static void begin(struct page *p) {
    struct type_data *d = p->data;
    uint64_t stamp = rows_stamp(p->x->now.pos, type_of(p));
    if (d->begun && d->stamp == stamp)
        return;
    idmap_clear(&d->seen);
    d->n = 0;
    d->begun = true;
    d->memory_short = false;
    d->stamp = stamp;
    d->left = p->x->now.pos;
}

static bool is_over(const struct page *p, const struct type_data *d) {
    return d->left == 0 || d->n >= frame_type(p->x->frame, type_of(p)).live || d->memory_short;
}

static void meet(struct type_data *d, uint64_t n, const struct fact *f) {
    uint64_t where = (uint64_t)f->span << 32 | f->slot;
    if (idmap_get(&d->seen, where) != IDMAP_NONE)
        return;
    d->memory_short |= !idmap_put(&d->seen, where, 0) || !GROW(d->at, d->n, d->cap);
    if (f->kind == FACT_FREE || d->memory_short)
        return;
    d->at[d->n++] = (struct object){
        .n = n, .span = f->span, .slot = f->slot, .g = f->g, .t = f->kind == FACT_EXISTS ? NO_TIME : f->t};
}

static void look(struct page *p, struct type_data *d) {
    struct fact f;
    for (int i = 0; i < FACTS && !is_over(p, d); i++) {
        uint64_t n = --d->left;
        if (!reel_fact(p->x->reel, n, &f) || f.type != type_of(p))
            continue;
        if (f.kind == FACT_ALLOC || f.kind == FACT_EXISTS || f.kind == FACT_FREE)
            meet(d, n, &f);
    }
}

static const struct object *object_of(const struct page *p, uint64_t n) {
    const struct type_data *d = p->data;
    size_t lo = 0, hi = d->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (d->at[mid].n > n)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < d->n && d->at[lo].n == n ? &d->at[lo] : NULL;
}

/* *at: objects given out, and above them how often was looked for more. */
static size_t more(void *arg, uint64_t *at, uint64_t *ids, size_t max) {
    struct page *p = arg;
    struct type_data *d = p->data;
    size_t given = (uint32_t)*at, got = 0;
    begin(p);
    if (given >= d->n && !is_over(p, d)) {
        look(p, d);
        *at += UINT64_C(1) << 32;
    }
    for (; given < d->n && got < max; given++)
        ids[got++] = d->at[given].n;
    *at = (*at >> 32 << 32) + given;
    return got;
}

static int64_t key(void *arg, uint64_t id, int col) {
    const struct page *p = arg;
    const struct object *o = object_of(p, id);
    if (!o)
        return 0;
    const struct span *s = reel_span(p->x->reel, o->span);
    uint32_t gc = 0;
    const int64_t keys[COLS] = {
        [COL_OBJECT] = (int64_t)reel_slot_address(p->x->reel, o->span, o->slot),
        [COL_CLASS] = s->class * 2 + s->noscan,
        [COL_SINCE] = (int64_t)id,
        [COL_HELD] = -(int64_t)id,
        [COL_G] = o->g,
        [COL_GC] = col == COL_GC && o->t != NO_TIME ? (reel_phase(p->x->reel, o->t, &gc), (int64_t)gc) : -1,
    };
    return keys[col];
}

static enum role fill(void *arg, uint64_t id, struct table_cell *cells) {
    struct page *p = arg;
    const struct object *o = object_of(p, id);
    char word[ADDRESS_TEXT + TIME_TEXT];
    uint32_t gc;
    if (!o) {
        snprintf(cells[COL_OBJECT].text, TABLE_TEXT, "...");
        return ROLE_DIM;
    }
    const struct span *s = reel_span(p->x->reel, o->span);
    snprintf(cells[COL_OBJECT].text, TABLE_TEXT, "%s",
             reel_address_text(p->x->reel, reel_slot_address(p->x->reel, o->span, o->slot), word));
    page_class_name(s->class * 2u + s->noscan, cells[COL_CLASS].text, TABLE_TEXT);
    size_t len = strlen(cells[COL_CLASS].text);
    snprintf(cells[COL_CLASS].text + len, TABLE_TEXT - len, ", %s", bytes_text(s->elem, word));
    if (o->t == NO_TIME) {
        snprintf(cells[COL_SINCE].text, TABLE_TEXT, "before the trace");
        cells[COL_SINCE].role = ROLE_DIM;
        return ROLE_TEXT;
    }
    snprintf(cells[COL_SINCE].text, TABLE_TEXT, "%s", time_text(o->t, word));
    snprintf(cells[COL_HELD].text, TABLE_TEXT, "%s", duration_text(p->x->now.t - o->t, word));
    if (o->g != NO_ID)
        snprintf(cells[COL_G].text, TABLE_TEXT, "G%llu", (unsigned long long)reel_goroutine(p->x->reel, o->g)->id);
    reel_phase(p->x->reel, o->t, &gc);
    snprintf(cells[COL_GC].text, TABLE_TEXT, "GC %u", gc);
    return ROLE_TEXT;
}

/* An object goes by the event that made it. */
static bool wanted(void *arg, uint64_t id) {
    const struct page *p = arg;
    struct fact f;
    return reel_fact(p->x->reel, id, &f) && explorer_event_wanted(p->x, &f, id, KNOWN_YES);
}

static const struct rows_source source = {.cols = columns,
                                          .ncols = COLS,
                                          .least_first = 1u << COL_OBJECT | 1u << COL_G | 1u << COL_GC,
                                          .more = more,
                                          .key = key,
                                          .fill = fill,
                                          .wanted = wanted,
                                          .narrow = NARROW_EVENTS + 1};

static uint64_t stamp(struct page *p) {
    return explorer_stamp(p->x);
}

static uint64_t current(struct page *p) {
    const struct type_data *d = p->data;
    for (size_t i = 0; i < d->n && i < 4096 && p->x->span != NO_ID; i++)
        if (d->at[i].span == p->x->span && d->at[i].slot == p->x->slot)
            return d->at[i].n;
    return ROWS_NONE;
}

static struct link follow(struct page *p, uint64_t id) {
    const struct object *o = object_of(p, id);
    return o ? link_to(LINK_BUCKET, reel_slot_address(p->x->reel, o->span, o->slot)) : link_to(LINK_NONE, 0);
}

/* On from the start of the trace to the first object of the type; often it is soon found. */
static bool work(struct page *p) {
    struct type_data *d = p->data;
    uint64_t all = reel_facts(p->x->reel), end = all - d->looked > FACTS ? d->looked + FACTS : all;
    bool some = !d->found && d->looked < all;
    while (!d->found && d->looked < end)
        d->found = reel_fact(p->x->reel, d->looked++, &d->first) && d->first.type == type_of(p) &&
                   (d->first.kind == FACT_EXISTS || d->first.kind == FACT_ALLOC || d->first.kind == FACT_SUBALLOC);
    return some;
}

static void done(struct page *p) {
    struct type_data *d = p->data;
    idmap_free(&d->seen);
    free(d->at);
}

/* ------------------------------------------------------------------ the head */

static void say_first(struct page *p, struct doc *d) {
    const struct type_data *t = p->data;
    char words[TIME_TEXT];
    if (!t->found)
        return;
    page_label(d, "first");
    if (t->first.kind == FACT_EXISTS) {
        doc_text(d, ROLE_TEXT, "some were there when the trace began");
    } else {
        doc_link(d, link_to(LINK_POS, t->looked), "%s", time_text(t->first.t, words));
        doc_text(d, ROLE_TEXT, t->first.g == NO_ID ? "" : " by ");
        page_go_link(p, d, t->first.g);
    }
    doc_line(d);
}

static void head(struct page *p, struct doc *d, int width) {
    const struct heap_type *h = reel_type(p->x->reel, type_of(p));
    struct type_count c = frame_type(p->x->frame, type_of(p)), a = {0};
    char n[TIME_TEXT], b[TIME_TEXT], change[48];
    (void)width;
    page_label(d, "type");
    if (type_of(p) == 0)
        doc_text(d, ROLE_TEXT, "none: the runtime was given no type (strings, byte buffers, most of the snapshot)");
    else
        doc_text(d, ROLE_TEXT, "%s, %s%s", explorer_type(p->x, type_of(p), change, sizeof change),
                 bytes_text(h->size, b), h->size ? " (the element, of slices and arrays)" : "");
    doc_line(d);
    page_label(d, "live");
    doc_text(d, ROLE_STRONG, "%s", count_text(c.live, n));
    doc_text(d, ROLE_TEXT, " objects in slots of %s all in all", bytes_text(c.bytes, b));
    if (p->x->diff) {
        a = type_of(p) < p->x->a.n ? p->x->a.types[type_of(p)] : a;
        enum role role = explorer_change((int64_t)(c.live - a.live), false, change, sizeof change);
        doc_text(d, ROLE_TEXT, "; since A ");
        doc_text(d, role, "%s", change);
        role = explorer_change((int64_t)(c.bytes - a.bytes), true, change, sizeof change);
        doc_text(d, ROLE_TEXT, ", ");
        doc_text(d, role, "%s", change);
    }
    doc_line(d);
    page_label(d, "life");
    doc_text(d, ROLE_TEXT, "%s allocated, %s freed from the start of the trace to here", count_text(c.allocs, n),
             count_text(c.frees, b));
    doc_line(d);
    say_first(p, d);
    const struct type_data *t = p->data;
    if (t->memory_short) {
        doc_text(d, ROLE_ERROR, "out of memory: not all live objects are shown");
        doc_line(d);
    } else if (t->begun && !is_over(p, t)) {
        page_label(d, "finding");
        doc_text(d, ROLE_DIM, "%s of them are found; %s events still to be looked at", count_text(t->n, n),
                 count_text(t->left, b));
        doc_line(d);
    }
}

static const char *caption(struct page *p) {
    return frame_type(p->x->frame, type_of(p)).live ? "live objects; Enter: the page of one" : "no live object here";
}

static const char *const words[] = {"type", "object", "held", NULL};

const struct page_ops type_page = {.name = "type",
                                   .words = words,
                                   .size = sizeof(struct type_data),
                                   .title = title,
                                   .head = head,
                                   .rows = &source,
                                   .sort = COL_SINCE,
                                   .caption = caption,
                                   .stamp = stamp,
                                   .current = current,
                                   .follow = follow,
                                   .work = work,
                                   .done = done};
