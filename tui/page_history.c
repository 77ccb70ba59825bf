/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * page_history.c - the history of a span or a bucket as a page's table: a row for each event, in order of time.
 *
 * A history is read when it is first needed, and anew when so much more of the trace has been loaded that it pays.
 */
#include "tui/events.h"
#include "tui/page.h"

#include <string.h>

static const struct table_column columns[EVENT_COLS] = {
    [EVENT_TIME] = {"time", 15, 9, true, 0},  [EVENT_NAME] = {"event", 11, 9, true, 0},
    [EVENT_WHAT] = {"type", 0, 8, true, 12},  [EVENT_G] = {"by", 6, 5, false, 0},
    [EVENT_P] = {"P", 4, 4, false, 0},        [EVENT_GC] = {"GC", 7, 6, false, 0},
    [EVENT_PHASE] = {"phase", 9, 3, true, 0}, [EVENT_LASTED] = {"lasted, live", 14, 7, true, 0},
};

enum { BLOCKS_AT_ONCE = 192 }; /* some ms */

static struct page_history *of(void *page) {
    return ((struct page *)page)->data;
}

void page_history_need(struct page *p, uint64_t addr, uint32_t span, bool bucket) {
    struct page_history *h = of(p);
    uint64_t facts = reel_facts(p->x->reel);
    bool grown = facts != h->facts && (reel_info(p->x->reel)->done || facts / 2 > h->facts);
    if (h->made && h->addr == addr && h->span == span && !grown)
        return;
    history_end(&h->reader);
    history_free(&h->h);
    h->reader = bucket ? bucket_history_begin(p->x->reel, addr, p->x->now.pos, &h->h)
                       : life_history_begin(p->x->reel, span, &h->h);
    if (!h->reader)
        memset(&h->h, 0, sizeof h->h);
    h->made = true;
    h->bucket = bucket;
    h->addr = addr;
    h->span = span;
    h->facts = facts;
    page_history_work(p);
}

bool page_history_work(struct page *p) {
    struct page_history *h = of(p);
    bool some = h->reader != NULL;
    if (h->reader && !history_read(h->reader, BLOCKS_AT_ONCE) && !history_end(&h->reader))
        history_free(&h->h);
    return some;
}

void page_history_free(struct page *p) {
    history_end(&of(p)->reader);
    history_free(&of(p)->h);
}

static size_t more(void *arg, uint64_t *at, uint64_t *ids, size_t max) {
    size_t got = 0;
    for (; *at < of(arg)->h.n && got < max; ++*at)
        ids[got++] = *at;
    return got;
}

static int64_t key(void *arg, uint64_t id, int col) {
    return event_key(&of(arg)->h, id, col, of(arg)->bucket);
}

static bool wanted(void *arg, uint64_t id) {
    return event_wanted(((struct page *)arg)->x, &of(arg)->h, id);
}

static enum role fill(void *arg, uint64_t id, struct table_cell *cells) {
    struct page *p = arg;
    const struct page_history *h = of(p);
    if (id >= h->h.n)
        return ROLE_DIM;
    enum role role = event_cells(p->x, &h->h, (size_t)id, h->bucket, cells);
    if (!h->bucket)
        snprintf(cells[EVENT_LASTED].text, TABLE_TEXT, h->h.rows[id].live == NO_ID ? "?" : "%u live",
                 h->h.rows[id].live);
    return role;
}

const struct rows_source page_history_rows = {.cols = columns,
                                              .ncols = EVENT_COLS,
                                              .least_first = EVENT_LEAST_FIRST,
                                              .more = more,
                                              .key = key,
                                              .fill = fill,
                                              .wanted = wanted,
                                              .narrow = NARROW_EVENTS + 1};

uint64_t page_history_stamp(struct page *p) {
    return rows_stamp(rows_stamp(of(p)->addr, of(p)->span), of(p)->facts * 2 + (of(p)->reader != NULL));
}

uint64_t page_history_current(struct page *p) {
    int row = explorer_bucket_row(p->x, &of(p)->h);
    return row < 0 ? ROWS_NONE : (uint64_t)row;
}

struct link page_history_follow(struct page *p, uint64_t id) {
    const struct history *h = &of(p)->h;
    return id < h->n ? link_to(LINK_POS, h->rows[id].pos) : link_to(LINK_NONE, 0);
}
