/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * page_goroutine.c - the page of a goroutine: what it runs, its annotations and assists, and what it allocated, by
 * type.
 *
 * What it allocated is counted over all that is loaded, slice by slice.
 */
#include "traces/grow.h"
#include "tui/page.h"

#include <stdlib.h>
#include <string.h>

enum { COL_TYPE, COL_ALLOCS, COL_BYTES, COL_FIRST, COL_LAST, COLS };

static const struct table_column columns[COLS] = {
    [COL_TYPE] = {"type it allocated", 0, 9, true, 16},
    [COL_ALLOCS] = {"objects", 10, 8, false, 0},
    [COL_BYTES] = {"bytes", 9, 7, false, 0},
    [COL_FIRST] = {"first", 16, 5, true, 0},
    [COL_LAST] = {"last", 16, 4, true, 0},
};

enum { FACTS = 1 << 17 }; /* looked at in one slice */

struct allocated {
    uint64_t n, bytes, first, last; /* positions */
};

struct goroutine_data {
    struct allocated *by_type;
    size_t cap;
    uint32_t types;       /* by_type has so many */
    uint64_t seen;        /* facts looked at */
    uint64_t n, bytes;    /* in all */
    uint64_t first, last; /* positions of its first and last allocation */
    unsigned part;        /* sixteenths of what is loaded, as of the last renewal */
    bool memory_short;
};

static uint32_t id_of(const struct page *p) {
    return (uint32_t)p->link.id;
}

static void title(struct page *p, char *dst, size_t cap) {
    char name[120];
    const struct goroutine *g = reel_goroutine(p->x->reel, id_of(p));
    snprintf(dst, cap, "G%llu \302\267 %s", (unsigned long long)g->id,
             g->entry.len ? explorer_text(p->x, g->entry, name, sizeof name) : "unknown function");
}

/* ------------------------------------------------------------------ what it allocated */

static void count(struct page *p, struct goroutine_data *d, const struct fact *f, uint64_t pos) {
    if (f->type >= d->types) {
        uint32_t types = reel_types(p->x->reel);
        if (!grow_to((void **)&d->by_type, &d->cap, types, sizeof *d->by_type)) {
            d->memory_short = true;
            return;
        }
        memset(d->by_type + d->types, 0, (types - d->types) * sizeof *d->by_type);
        d->types = types;
    }
    struct allocated *a = &d->by_type[f->type];
    uint64_t bytes = reel_span(p->x->reel, f->span)->elem;
    a->first = a->n == 0 ? pos : a->first;
    a->last = pos;
    a->n++;
    a->bytes += bytes;
    d->first = d->n == 0 ? pos : d->first;
    d->last = pos;
    d->n++;
    d->bytes += bytes;
}

static bool work(struct page *p) {
    struct goroutine_data *d = p->data;
    uint64_t all = reel_facts(p->x->reel), end = all - d->seen > FACTS ? d->seen + FACTS : all;
    bool some = d->seen < all && !d->memory_short;
    struct fact f;
    for (; d->seen < end && !d->memory_short; d->seen++)
        if (reel_fact(p->x->reel, d->seen, &f) && f.kind == FACT_ALLOC && f.g == id_of(p))
            count(p, d, &f, d->seen + 1);
    return some;
}

static size_t more(void *arg, uint64_t *at, uint64_t *ids, size_t max) {
    const struct goroutine_data *d = ((struct page *)arg)->data;
    size_t got = 0;
    for (; *at < d->types && got < max; ++*at)
        if (d->by_type[*at].n > 0)
            ids[got++] = *at;
    return got;
}

static int64_t key(void *arg, uint64_t id, int col) {
    const struct page *p = arg;
    const struct goroutine_data *d = p->data;
    if (id >= d->types)
        return 0;
    const struct allocated *a = &d->by_type[id];
    const int64_t keys[COLS] = {
        [COL_TYPE] = col == COL_TYPE ? rows_text_key(reel_type(p->x->reel, (uint32_t)id)->name) : 0,
        [COL_ALLOCS] = (int64_t)a->n,
        [COL_BYTES] = (int64_t)a->bytes,
        [COL_FIRST] = (int64_t)a->first,
        [COL_LAST] = (int64_t)a->last,
    };
    return keys[col];
}

static int tie(void *arg, int col, uint64_t a, uint64_t b) {
    const reel *r = ((struct page *)arg)->x->reel;
    return col == COL_TYPE ? rows_text_tie(reel_type(r, (uint32_t)a)->name, reel_type(r, (uint32_t)b)->name) : 0;
}

static enum role fill(void *arg, uint64_t id, struct table_cell *cells) {
    const struct page *p = arg;
    const struct goroutine_data *d = p->data;
    char word[TIME_TEXT];
    if (id >= d->types)
        return ROLE_DIM;
    const struct allocated *a = &d->by_type[id];
    explorer_type(p->x, (uint32_t)id, cells[COL_TYPE].text, TABLE_TEXT);
    snprintf(cells[COL_ALLOCS].text, TABLE_TEXT, "%s", count_text(a->n, word));
    snprintf(cells[COL_BYTES].text, TABLE_TEXT, "%s", bytes_text(a->bytes, word));
    snprintf(cells[COL_FIRST].text, TABLE_TEXT, "%s", time_text(reel_time(p->x->reel, a->first), word));
    snprintf(cells[COL_LAST].text, TABLE_TEXT, "%s", time_text(reel_time(p->x->reel, a->last), word));
    return ROLE_TEXT;
}

static bool wanted(void *arg, uint64_t id) {
    return explorer_type_wanted(((struct page *)arg)->x, (uint32_t)id);
}

static const struct rows_source source = {.cols = columns,
                                          .ncols = COLS,
                                          .least_first = 1u << COL_TYPE | 1u << COL_FIRST,
                                          .more = more,
                                          .key = key,
                                          .tie = tie,
                                          .fill = fill,
                                          .wanted = wanted,
                                          .narrow = NARROW_TYPES + 1};

/* Rows are sorted anew with every sixteenth that was counted. */
static uint64_t stamp(struct page *p) {
    const struct goroutine_data *d = p->data;
    uint64_t all = reel_facts(p->x->reel);
    return d->seen >= all ? UINT64_MAX : d->seen / (all / 16 + 1);
}

static struct link follow(struct page *p, uint64_t id) {
    (void)p;
    return link_to(LINK_TYPE, id);
}

static void done(struct page *p) {
    struct goroutine_data *d = p->data;
    free(d->by_type);
}

/* ------------------------------------------------------------------ the head */

static void say_allocated(struct page *p, struct doc *d) {
    const struct goroutine_data *g = p->data;
    char n[TIME_TEXT], b[TIME_TEXT];
    uint64_t all = reel_facts(p->x->reel);
    page_label(d, "allocated");
    doc_text(d, ROLE_TEXT, "%s objects, %s", count_text(g->n, n), bytes_text(g->bytes, b));
    if (g->seen < all)
        doc_text(d, ROLE_DIM, "; counting: %d %% of the events", (int)(g->seen * 100 / (all ? all : 1)));
    if (g->memory_short)
        doc_text(d, ROLE_ERROR, "; out of memory: not all are counted");
    if (g->n > 0) {
        doc_text(d, ROLE_TEXT, ", the first ");
        doc_link(d, link_to(LINK_POS, g->first), "%s", time_text(reel_time(p->x->reel, g->first), n));
        doc_text(d, ROLE_TEXT, ", the last ");
        doc_link(d, link_to(LINK_POS, g->last), "%s", time_text(reel_time(p->x->reel, g->last), n));
    }
    doc_line(d);
}

/* A number that leads to the list of what is counted. */
static void say_list(struct page *p, struct doc *d, const char *command, size_t n) {
    char line[80], words[24];
    snprintf(line, sizeof line, command, (unsigned long long)reel_goroutine(p->x->reel, id_of(p))->id);
    snprintf(words, sizeof words, "%zu", n);
    page_list(p, d, line, words);
}

/* The last annotations of it up to the cursor, and the next. */
static void say_notes(struct page *p, struct doc *d) {
    enum { LOOK_AT = 200000 };
    const struct note *notes;
    size_t n = reel_notes(p->x->reel, &notes), before = SIZE_MAX, after = SIZE_MAX, mine = 0;
    char words[80];
    for (size_t i = 0; i < n && i < LOOK_AT; i++) {
        if (notes[i].g != id_of(p))
            continue;
        mine++;
        if (notes[i].begin <= p->x->now.t)
            before = i;
        else if (after == SIZE_MAX)
            after = i;
    }
    if (mine == 0)
        return;
    page_label(d, "notes");
    say_list(p, d, "notes --where g=%llu", mine);
    if (before != SIZE_MAX) {
        doc_text(d, ROLE_TEXT, "; before ");
        doc_link(d, link_to(LINK_TIME, (uint64_t)notes[before].begin), "%s",
                 explorer_note(p->x, &notes[before], words, sizeof words));
    }
    if (after != SIZE_MAX) {
        doc_text(d, ROLE_TEXT, "; next ");
        doc_link(d, link_to(LINK_TIME, (uint64_t)notes[after].begin), "%s",
                 explorer_note(p->x, &notes[after], words, sizeof words));
    }
    doc_line(d);
}

static void say_assists(struct page *p, struct doc *d) {
    enum { LOOK_AT = 200000 };
    const struct range *r;
    size_t n = reel_ranges(p->x->reel, RANGE_ASSIST, &r), mine = 0, longest = SIZE_MAX;
    int64_t sum = 0;
    char t[TIME_TEXT];
    for (size_t i = 0; i < n && i < LOOK_AT; i++) {
        if (r[i].g != id_of(p) || r[i].end == NO_TIME)
            continue;
        mine++;
        sum += r[i].end - r[i].begin;
        if (longest == SIZE_MAX || r[i].end - r[i].begin > r[longest].end - r[longest].begin)
            longest = i;
    }
    page_label(d, "assists");
    if (mine == 0) {
        doc_text(d, ROLE_DIM, "never had to assist the GC");
    } else {
        say_list(p, d, "ranges --where 'g=%llu kind=assist'", mine);
        doc_text(d, ROLE_TEXT, ", %s in all, the longest ", duration_text(sum, t));
        doc_link(d, link_to(LINK_TIME, (uint64_t)r[longest].begin), "%s",
                 duration_text(r[longest].end - r[longest].begin, t));
    }
    doc_line(d);
}

static void head(struct page *p, struct doc *d, int width) {
    const struct goroutine *g = reel_goroutine(p->x->reel, id_of(p));
    char name[160];
    page_label(d, "runs");
    doc_text(d, g->entry.len ? ROLE_TEXT : ROLE_DIM, "%s",
             g->entry.len ? explorer_text(p->x, g->entry, name, sizeof name)
                          : "a function that the trace doesn't tell");
    doc_line(d);
    page_label(d, "life");
    if (g->created == NO_TIME) {
        doc_text(d, ROLE_TEXT, "there when the trace began, or not seen to begin");
    } else {
        doc_text(d, ROLE_TEXT, "created ");
        page_time_link(d, g->created);
    }
    doc_line(d);
    if (page_missing(p, d, width))
        p->source = NULL;
    else
        say_allocated(p, d);
    say_assists(p, d);
    say_notes(p, d);
}

static const char *caption(struct page *p) {
    (void)p;
    return "what it allocated over the trace; Enter: the page of a type";
}

static const char *const words[] = {"goroutine", "note", "assist", "type", NULL};

const struct page_ops goroutine_page = {.name = "goroutine",
                                        .words = words,
                                        .size = sizeof(struct goroutine_data),
                                        .title = title,
                                        .head = head,
                                        .rows = &source,
                                        .sort = COL_BYTES,
                                        .caption = caption,
                                        .stamp = stamp,
                                        .follow = follow,
                                        .work = work,
                                        .done = done};
