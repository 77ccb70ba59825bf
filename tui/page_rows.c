/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * page_rows.c - the rows of the timeline, to switch them on and off while looking at it.
 */
#include "tui/page.h"
#include "tui/timeline.h"

enum { COL_ON, COL_NAME, COL_ABOUT, COLS };

static const struct table_column columns[COLS] = {[COL_ON] = {"shown", 6, 9, true, 0},
                                                  [COL_NAME] = {"row", 9, 9, true, 0},
                                                  [COL_ABOUT] = {"what it shows", 0, 8, true, 20}};

static void title(struct page *p, char *dst, size_t cap) {
    (void)p;
    snprintf(dst, cap, "of the timeline");
}

static void head(struct page *p, struct doc *d, int width) {
    char enter[KEY_NAME], zoom[KEY_NAME];
    (void)p;
    (void)width;
    doc_text(d, ROLE_DIM, "%s switches a row on or off; rows are shown as far as there is room (%s: more of it).",
             keys_for(ACT_ENTER, IN_PAGE, enter), keys_for(ACT_ZOOM_PANE, IN_PAGE, zoom));
    doc_line(d);
}

static size_t more(void *arg, uint64_t *at, uint64_t *ids, size_t max) {
    size_t got = 0;
    (void)arg;
    for (; *at < TIMELINE_ROWS && got < max; ++*at)
        ids[got++] = *at;
    return got;
}

static bool is_on(const struct page *p, uint64_t row) {
    return (p->x->rows >> row & 1) != 0;
}

static int64_t key(void *arg, uint64_t id, int col) {
    return col == COL_ON ? is_on(arg, id) : (int64_t)id;
}

static enum role fill(void *arg, uint64_t id, struct table_cell *cells) {
    if (id >= TIMELINE_ROWS)
        return ROLE_DIM;
    bool on = is_on(arg, id);
    snprintf(cells[COL_ON].text, TABLE_TEXT, "%s", on ? "yes" : "no");
    snprintf(cells[COL_NAME].text, TABLE_TEXT, "%s", timeline_row_name((enum timeline_row)id));
    snprintf(cells[COL_ABOUT].text, TABLE_TEXT, "%s", timeline_row_about((enum timeline_row)id));
    return on ? ROLE_TEXT : ROLE_DIM;
}

static const struct rows_source source = {.cols = columns,
                                          .ncols = COLS,
                                          .least_first = 1u << COL_NAME | 1u << COL_ABOUT,
                                          .more = more,
                                          .key = key,
                                          .fill = fill};

static uint64_t stamp(struct page *p) {
    return p->x->rows;
}

static struct link follow(struct page *p, uint64_t id) {
    (void)p;
    return link_to(LINK_ROW, id);
}

const struct page_ops rows_page = {
    .name = "rows", .title = title, .head = head, .rows = &source, .sort = COL_NAME, .stamp = stamp, .follow = follow};
