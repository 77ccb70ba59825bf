/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * page_cycle.c - the page of one GC cycle: its phases, what it found and freed, who had to assist; all cycles below, to
 * compare and to go to.
 */
#include "tui/page.h"

#include <string.h>

enum {
    COL_GC,
    COL_BEGIN,
    COL_MARK,
    COL_SWEEP,
    COL_STOPPED,
    COL_BEFORE,
    COL_AFTER,
    COL_GOAL,
    COL_FREED,
    COL_ASSISTS,
    COLS
};

static const struct table_column columns[COLS] = {
    [COL_GC] = {"GC", 6, 9, false, 0},           [COL_BEGIN] = {"begin", 0, 8, true, 16},
    [COL_MARK] = {"mark", 9, 7, false, 0},       [COL_SWEEP] = {"sweep", 9, 5, false, 0},
    [COL_STOPPED] = {"stopped", 9, 6, false, 0}, [COL_BEFORE] = {"heap", 9, 6, false, 0},
    [COL_AFTER] = {"marked", 9, 4, false, 0},    [COL_GOAL] = {"goal", 9, 3, false, 0},
    [COL_FREED] = {"freed", 9, 7, false, 0},     [COL_ASSISTS] = {"assists", 8, 2, false, 0},
};

static const struct cycle *cycle_at(const struct page *p, uint64_t i) {
    const struct cycle *c;
    size_t n = reel_cycles(p->x->reel, &c);
    return i < n ? &c[i] : NULL;
}

/* Which one the page is about. */
static uint64_t shown(const struct page *p) {
    const struct cycle *c;
    size_t n = reel_cycles(p->x->reel, &c), i = n;
    if (p->link.id != CYCLE_NOW)
        return p->link.id;
    while (i > 1 && c[i - 1].begin != NO_TIME && c[i - 1].begin > p->x->now.t)
        i--;
    return i ? i - 1 : 0;
}

/* How long a phase took; to the end of what is loaded where it goes on; NO_TIME: not seen. */
static int64_t length(const struct page *p, const struct cycle *c, enum gc_phase ph) {
    if (c->phase[ph][0] == NO_TIME)
        return NO_TIME;
    return (c->phase[ph][1] == NO_TIME ? explorer_end(p->x) : c->phase[ph][1]) - c->phase[ph][0];
}

static int64_t stopped(const struct page *p, const struct cycle *c) {
    int64_t a = length(p, c, PHASE_SWEEPTERM), b = length(p, c, PHASE_MARKTERM);
    return a == NO_TIME && b == NO_TIME ? NO_TIME : (a == NO_TIME ? 0 : a) + (b == NO_TIME ? 0 : b);
}

static void title(struct page *p, char *dst, size_t cap) {
    char t[TIME_TEXT];
    const struct cycle *c = cycle_at(p, shown(p));
    if (c)
        snprintf(dst, cap, "GC %u \302\267 begins %s", c->gc, time_text(c->begin == NO_TIME ? 0 : c->begin, t));
}

/* ------------------------------------------------------------------ the head */

static void say_phases(struct page *p, struct doc *d, const struct cycle *c) {
    static const char *const about[PHASE_LIMIT] = {
        [PHASE_SWEEPTERM] = "stopped: what the last cycle left is swept",
        [PHASE_MARK] = "live objects are found; the program runs",
        [PHASE_MARKTERM] = "stopped: mcaches are told to flush",
        [PHASE_SWEEP] = "span by span, in background and by need",
    };
    for (int ph = PHASE_SWEEPTERM; ph < PHASE_LIMIT; ph++) {
        int64_t len = length(p, c, (enum gc_phase)ph);
        char t[TIME_TEXT];
        page_label(d, gc_phase_name((enum gc_phase)ph));
        if (len == NO_TIME) {
            doc_text(d, ROLE_DIM, "not seen");
        } else {
            page_time_link(d, c->phase[ph][0]);
            duration_text(len, t);
            doc_text(d, ROLE_TEXT, "  %*s", text_columns(t) < 9 ? 9 - text_columns(t) : 0, "");
            doc_link(d, link_to(LINK_PHASE, shown(p) * PHASE_LIMIT + (uint64_t)ph), "%s", t);
            doc_text(d, ROLE_TEXT, "  ");
            doc_text(d, ROLE_DIM, "%s", about[ph]);
        }
        doc_line(d);
    }
}

static void say_bytes(struct doc *d, const char *before, uint64_t n) {
    char word[TIME_TEXT];
    doc_text(d, ROLE_TEXT, "%s%s", before, n == UINT64_MAX ? "?" : bytes_text(n, word));
}

/* The goal that marking led to, UINT64_MAX unknown. */
static uint64_t next_goal(const struct page *p, uint64_t i) {
    const struct cycle *c = cycle_at(p, i), *after = cycle_at(p, i + 1);
    uint64_t goal;
    if (after)
        return after->goal;
    bool over = c->phase[PHASE_SWEEP][0] != NO_TIME && p->x->loaded;
    return over && reel_value(p->x->reel, SERIES_HEAP_GOAL, explorer_end(p->x), &goal) ? goal : UINT64_MAX;
}

/* Why it is another one than before. */
static void say_goal(struct page *p, struct doc *d, uint64_t i) {
    const struct cycle *c = cycle_at(p, i), *before = i ? cycle_at(p, i - 1) : NULL;
    uint64_t next = next_goal(p, i);
    char by[TIME_TEXT + 2];
    if (next == UINT64_MAX || c->heap_end == UINT64_MAX || c->heap_end == 0)
        return;
    page_label(d, "next goal");
    doc_text(d, ROLE_TEXT, "%.2f times what was marked", (double)next / (double)c->heap_end);
    if (before && before->heap_end != UINT64_MAX) {
        explorer_change((int64_t)(c->heap_end - before->heap_end), true, by, sizeof by);
        doc_text(d, ROLE_TEXT, ", which is %s against GC %u", by, before->gc);
    }
    doc_line(d);
}

static void say_heap(struct doc *d, const struct cycle *c, uint64_t next, bool objects) {
    char n[TIME_TEXT], b[TIME_TEXT], t[TIME_TEXT];
    page_label(d, "heap");
    say_bytes(d, "", c->heap_begin);
    say_bytes(d, " at its begin, goal ", c->goal);
    say_bytes(d, ", marked ", c->heap_end);
    say_bytes(d, ", next goal ", next);
    doc_line(d);
    if (objects) {
        page_label(d, "freed");
        doc_text(d, ROLE_TEXT, "%s objects, %s, ", count_text(c->objects_freed, n), bytes_text(c->bytes_freed, b));
        doc_text(d, ROLE_TEXT, "%s whole spans", count_text(c->spans_freed, n));
        doc_line(d);
    }
    page_label(d, "assists");
    doc_text(d, ROLE_TEXT, "%s, %s in all", count_text(c->assists, n), duration_text(c->assist_ns, t));
    doc_line(d);
}

/* The first range that begins at or after t. */
static size_t first_range(const struct range *r, size_t n, int64_t t) {
    size_t lo = 0, hi = n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (r[mid].begin < t)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* Who had to assist longest. */
static void say_assisting(struct page *p, struct doc *d, const struct cycle *c) {
    enum { MOST = 5, LOOK_AT = 100000 };
    const struct range *r;
    size_t n = reel_ranges(p->x->reel, RANGE_ASSIST, &r), longest[MOST], k = 0;
    int64_t from = c->phase[PHASE_MARK][0], to = c->phase[PHASE_MARK][1];
    if (from == NO_TIME)
        return;
    size_t i = first_range(r, n, from), end = i + LOOK_AT;
    for (; i < n && i < end && (to == NO_TIME || r[i].begin < to); i++) {
        if (r[i].end == NO_TIME || r[i].g == NO_ID)
            continue;
        size_t at = k < MOST ? k++ : MOST;
        for (; at > 0 && r[longest[at - 1]].end - r[longest[at - 1]].begin < r[i].end - r[i].begin; at--)
            if (at < MOST)
                longest[at] = longest[at - 1];
        if (at < MOST)
            longest[at] = i;
    }
    if (k == 0)
        return;
    page_label(d, "longest");
    for (size_t j = 0; j < k; j++) {
        char t[TIME_TEXT];
        doc_text(d, ROLE_TEXT, "%s", j ? ", " : "");
        page_go_link(p, d, r[longest[j]].g);
        doc_text(d, ROLE_TEXT, " ");
        doc_link(d, link_to(LINK_TIME, (uint64_t)r[longest[j]].begin), "%s",
                 duration_text(r[longest[j]].end - r[longest[j]].begin, t));
    }
    doc_line(d);
}

static void say_neighbours(struct page *p, struct doc *d, uint64_t i) {
    const struct cycle *before = i ? cycle_at(p, i - 1) : NULL, *after = cycle_at(p, i + 1);
    page_label(d, "beside it");
    if (before)
        doc_link(d, link_to(LINK_CYCLE, i - 1), "GC %u before", before->gc);
    if (before && after)
        doc_text(d, ROLE_DIM, ", ");
    if (after)
        doc_link(d, link_to(LINK_CYCLE, i + 1), "GC %u after", after->gc);
    if (!before && !after)
        doc_text(d, ROLE_DIM, "no other cycle");
    doc_line(d);
}

/* What a trace without objects has all the same: the lists of it. */
static void say_others(struct page *p, struct doc *d) {
    const struct note *notes;
    const struct range *r;
    char words[64], n[TIME_TEXT];
    size_t ranges = 0;
    for (int kind = RANGE_STW; kind <= RANGE_SWEEP; kind++)
        ranges += reel_ranges(p->x->reel, (enum range_kind)kind, &r);
    page_label(d, "it has");
    snprintf(words, sizeof words, "%s annotations", count_text(reel_notes(p->x->reel, &notes), n));
    page_list(p, d, "notes", words);
    snprintf(words, sizeof words, "%s stops, assists, sweeps", count_text(ranges, n));
    doc_text(d, ROLE_DIM, "  ");
    page_list(p, d, "ranges", words);
    snprintf(words, sizeof words, "%s goroutines", count_text(reel_goroutines(p->x->reel), n));
    doc_text(d, ROLE_DIM, "  ");
    page_list(p, d, "goroutines", words);
    doc_line(d);
}

static void head(struct page *p, struct doc *d, int width) {
    const struct cycle *c = cycle_at(p, shown(p));
    if (!c)
        return;
    bool missing = page_missing(p, d, width);
    if (missing) {
        p->wanted = ~(1u << COL_FREED);
        say_others(p, d);
    }
    say_phases(p, d, c);
    say_heap(d, c, next_goal(p, shown(p)), !missing);
    say_goal(p, d, shown(p));
    say_assisting(p, d, c);
    say_neighbours(p, d, shown(p));
}

/* ------------------------------------------------------------------ all cycles */

static size_t more(void *arg, uint64_t *at, uint64_t *ids, size_t max) {
    struct page *p = arg;
    size_t got = 0;
    for (; cycle_at(p, *at) && got < max; ++*at)
        ids[got++] = *at;
    return got;
}

static int64_t known_bytes(uint64_t n) {
    return n == UINT64_MAX ? -1 : (int64_t)n;
}

static int64_t key(void *arg, uint64_t id, int col) {
    const struct page *p = arg;
    const struct cycle *c = cycle_at(p, id);
    if (!c)
        return 0;
    const int64_t keys[COLS] = {
        [COL_GC] = c->gc,
        [COL_BEGIN] = c->begin,
        [COL_MARK] = length(p, c, PHASE_MARK),
        [COL_SWEEP] = length(p, c, PHASE_SWEEP),
        [COL_STOPPED] = stopped(p, c),
        [COL_BEFORE] = known_bytes(c->heap_begin),
        [COL_AFTER] = known_bytes(c->heap_end),
        [COL_GOAL] = known_bytes(c->goal),
        [COL_FREED] = (int64_t)c->bytes_freed,
        [COL_ASSISTS] = (int64_t)c->assists,
    };
    return keys[col];
}

static void put_duration(struct table_cell *cell, int64_t ns) {
    char t[TIME_TEXT];
    snprintf(cell->text, TABLE_TEXT, "%s", ns == NO_TIME ? "?" : duration_text(ns, t));
}

static void put_bytes(struct table_cell *cell, uint64_t n) {
    char t[TIME_TEXT];
    snprintf(cell->text, TABLE_TEXT, "%s", n == UINT64_MAX ? "?" : bytes_text(n, t));
}

static enum role fill(void *arg, uint64_t id, struct table_cell *cells) {
    const struct page *p = arg;
    const struct cycle *c = cycle_at(p, id);
    char t[TIME_TEXT];
    if (!c)
        return ROLE_DIM;
    snprintf(cells[COL_GC].text, TABLE_TEXT, "%u", c->gc);
    snprintf(cells[COL_BEGIN].text, TABLE_TEXT, "%s", c->begin == NO_TIME ? "?" : time_text(c->begin, t));
    put_duration(&cells[COL_MARK], length(p, c, PHASE_MARK));
    put_duration(&cells[COL_SWEEP], length(p, c, PHASE_SWEEP));
    put_duration(&cells[COL_STOPPED], stopped(p, c));
    put_bytes(&cells[COL_BEFORE], c->heap_begin);
    put_bytes(&cells[COL_AFTER], c->heap_end);
    put_bytes(&cells[COL_GOAL], c->goal);
    put_bytes(&cells[COL_FREED], c->bytes_freed);
    snprintf(cells[COL_ASSISTS].text, TABLE_TEXT, "%s", count_text(c->assists, t));
    return id == shown(p) ? ROLE_STRONG : ROLE_TEXT;
}

static bool wanted(void *arg, uint64_t id) {
    return explorer_cycle_wanted(((struct page *)arg)->x, id);
}

static const struct rows_source source = {.cols = columns,
                                          .ncols = COLS,
                                          .least_first = 1u << COL_GC | 1u << COL_BEGIN,
                                          .more = more,
                                          .key = key,
                                          .fill = fill,
                                          .wanted = wanted,
                                          .narrow = NARROW_CYCLES + 1};

static const char *caption(struct page *p) {
    (void)p;
    return "all cycles; Enter: the page of one";
}

static uint64_t stamp(struct page *p) {
    const struct cycle *c;
    return rows_stamp(reel_cycles(p->x->reel, &c), reel_info(p->x->reel)->done);
}

static uint64_t current(struct page *p) {
    return shown(p);
}

static struct link follow(struct page *p, uint64_t id) {
    (void)p;
    return link_to(LINK_CYCLE, id);
}

static const char *const words[] = {"GC cycle", "sweepterm", "mark",      "markterm",
                                    "sweep",    "heap live", "heap goal", NULL};

const struct page_ops cycle_page = {.name = "GC cycle",
                                    .words = words,
                                    .title = title,
                                    .head = head,
                                    .rows = &source,
                                    .sort = COL_GC,
                                    .caption = caption,
                                    .stamp = stamp,
                                    .current = current,
                                    .follow = follow};
