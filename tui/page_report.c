/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * page_report.c - the page of a report: what it tells, other ways to ask it, where the chosen row leads, its pictures;
 * below them its rows, to be sorted by any column. Columns that text output leaves out come in where there is room.
 */
#include "tui/answers.h"
#include "tui/page.h"

#include <stdlib.h>
#include <string.h>

enum {
    WORK_NS = 8000000,
    FIRST_ROWS = 500, /* that the widths of columns come from */
    WIDEST = 40,
    NAME_LEAST = 14
};

struct report_page {
    struct answer *x; /* NULL: out of memory */
    struct table_column cols[TABLE_MAX];
    size_t from[TABLE_MAX]; /* which of the answer's columns each is */
    struct rows_source source;
    char caption[240];
};

/* ------------------------------------------------------------------ columns */

static bool is_hidden(const struct answer *x, size_t col) {
    return (x->cols[col].unit & UNIT_HIDDEN) != 0;
}

static int widest(const struct page *p, const struct answer *x, size_t col, bool *left) {
    int width = text_columns(x->cols[col].name) + 1; /* and the arrow of what is sorted */
    char word[TABLE_TEXT];
    *left = (x->cols[col].unit & UNIT_MASK) == UNIT_NONE;
    for (size_t i = 0; i < x->nrows && i < FIRST_ROWS; i++) {
        const struct value *v = &x->values[i * x->ncols + col];
        value_shown(v, x->cols[col].unit, p->x->reel, p->x->ascii, word, sizeof word);
        int w = text_columns(word);
        width = w > width ? w : width;
        if (v->kind == VALUE_INT || v->kind == VALUE_UINT || v->kind == VALUE_REAL)
            *left = false;
    }
    return width < WIDEST ? width : WIDEST;
}

/* All that text output shows, and of the rest as many as a table can have, in their order. */
static size_t choose(const struct answer *x, size_t *from) {
    size_t n = 0, room = TABLE_MAX, hidden = 0;
    for (size_t i = 0; i < x->ncols; i++)
        room -= room > 0 && !is_hidden(x, i);
    for (size_t i = 0; i < x->ncols && n < TABLE_MAX; i++) {
        hidden += is_hidden(x, i);
        if (!is_hidden(x, i) || hidden <= room)
            from[n++] = i;
    }
    return n;
}

/* What goes first where it is narrow: hidden columns from the last on, then the others; the last one stays. */
static void make_columns(struct page *p) {
    struct report_page *d = p->data;
    const struct answer *x = d->x;
    size_t n = choose(x, d->from), last = n - 1;
    while (last > 0 && is_hidden(x, d->from[last]))
        last--;
    for (size_t i = 0; i < n; i++) {
        size_t col = d->from[i];
        bool left;
        int width = widest(p, x, col, &left);
        int keep = (is_hidden(x, col) ? 20 : 60) - (int)i;
        bool rest = i == last && left;
        d->cols[i] = (struct table_column){.name = x->cols[col].name,
                                           .width = (int8_t)(rest ? 0 : width),
                                           .keep = (uint8_t)(i == last ? 99 : keep),
                                           .left = left,
                                           .least = (int8_t)(width < NAME_LEAST ? width : NAME_LEAST)};
        unsigned unit = x->cols[col].unit & UNIT_MASK;
        if (left || unit == UNIT_TIME)
            d->source.least_first |= 1u << i;
    }
    d->source.ncols = (int)n;
}

/* ------------------------------------------------------------------ rows */

static const struct answer *answer_of(const struct page *p) {
    const struct report_page *d = p->data;
    return d->x;
}

static const struct value *value_at(const struct page *p, uint64_t id, int col) {
    const struct report_page *d = p->data;
    return &d->x->values[id * d->x->ncols + d->from[col]];
}

static size_t more(void *arg, uint64_t *at, uint64_t *ids, size_t max) {
    const struct page *p = arg;
    size_t got = 0;
    for (; *at < answer_of(p)->nrows && got < max; ++*at)
        ids[got++] = *at;
    return got;
}

/* Reals in an order of whole numbers: the bits of a double, turned round below 0. */
static int64_t real_key(double d) {
    int64_t bits;
    memcpy(&bits, &d, sizeof bits);
    return bits >= 0 ? bits : INT64_MIN - bits;
}

/* Before any column is chosen rows stand as the report gave them. Numbers of both kinds in one column compare as reals.
 */
static int64_t key(void *arg, uint64_t id, int col) {
    const struct page *p = arg;
    const struct report_page *d = p->data;
    if (col >= d->source.ncols || id >= d->x->nrows)
        return (int64_t)id;
    const struct value *v = value_at(p, id, col);
    switch ((enum value_kind)v->kind) {
    case VALUE_INT:
        return real_key((double)v->i);
    case VALUE_UINT:
        return real_key((double)v->u);
    case VALUE_REAL:
        return real_key(v->real);
    case VALUE_BOOL:
        return v->b;
    case VALUE_TEXT:
        return rows_text_key(v->s);
    case VALUE_ADDRESS:
        return (int64_t)(v->u >> 1);
    case VALUE_PAIR:
        return real_key((double)(v->pair[1] - v->pair[0]));
    case VALUE_NULL:
    case VALUE_COUNTS:
    case VALUE_FRAMES:
        break;
    }
    return INT64_MIN + 1;
}

static int tie(void *arg, int col, uint64_t a, uint64_t b) {
    const struct page *p = arg;
    const struct report_page *d = p->data;
    if (col >= d->source.ncols || a >= d->x->nrows || b >= d->x->nrows)
        return 0;
    const struct value *x = value_at(p, a, col), *y = value_at(p, b, col);
    return x->kind == VALUE_TEXT && y->kind == VALUE_TEXT ? rows_text_tie(x->s, y->s) : 0;
}

static enum role fill(void *arg, uint64_t id, struct table_cell *cells) {
    const struct page *p = arg;
    const struct report_page *d = p->data;
    if (id >= d->x->nrows)
        return ROLE_DIM;
    for (int i = 0; i < d->source.ncols; i++) {
        const struct value *v = value_at(p, id, i);
        value_shown(v, d->x->cols[d->from[i]].unit, p->x->reel, p->x->ascii, cells[i].text, TABLE_TEXT);
        if (v->kind == VALUE_NULL)
            cells[i].role = ROLE_DIM;
    }
    return ROLE_TEXT;
}

static bool wanted(void *arg, uint64_t id) {
    const struct page *p = arg;
    const struct answer *x = answer_of(p);
    return id < x->nrows && explorer_answer_wanted(p->x, &x->values[id * x->ncols]);
}

/* It is known: its rows can be shown. */
static void show_rows(struct page *p) {
    struct report_page *d = p->data;
    if (!d->x || d->x->state != ANSWER_DONE || p->source || d->x->ncols == 0)
        return;
    d->source = (struct rows_source){.cols = d->cols,
                                     .more = more,
                                     .key = key,
                                     .tie = tie,
                                     .fill = fill,
                                     .wanted = wanted,
                                     .narrow = NARROW_ANSWER + 1};
    make_columns(p);
    p->sort = 2 * d->source.ncols - 1; /* none of them: the report's own order, from which the first comes next */
    d->source.least_first |= 1u << p->sort;
    p->source = &d->source;
    explorer_narrow_columns(p->x, d->x->cols, d->x->ncols);
}

/* ------------------------------------------------------------------ life */

static void open(struct page *p) {
    struct report_page *d = p->data;
    d->x = answers_get(p->x->answers, answer_number(p->link));
    if (d->x && !p->x->slices)
        answers_work(p->x->answers, d->x, 0);
    show_rows(p);
}

static bool work(struct page *p) {
    struct report_page *d = p->data;
    bool some = d->x && d->x->state == ANSWER_RUNNING;
    if (some)
        answers_work(p->x->answers, d->x, WORK_NS);
    show_rows(p);
    return some;
}

/* What isn't over when the page is left is given up. */
static void done(struct page *p) {
    struct report_page *d = p->data;
    explorer_narrow_columns(p->x, NULL, 0);
    if (d->x && d->x->state == ANSWER_RUNNING)
        answers_stop(p->x->answers);
}

static void title(struct page *p, char *dst, size_t cap) {
    const struct answer *x = answer_of(p);
    explorer_text(p->x, x ? (text){x->line, strlen(x->line)} : (text){"", 0}, dst, cap);
}

/* ------------------------------------------------------------------ the head */

static void say_ways(struct page *p, struct doc *d, const struct answer *x) {
    const char *const *by = x->command->by;
    char t[TIME_TEXT];
    if (by) {
        page_label(d, "by");
        size_t now = answer_by(x);
        for (size_t i = 0; by[i]; i++) {
            if (i == now)
                doc_text(d, ROLE_STRONG, "%s", by[i]);
            else
                doc_link(d, answer_link_by(answer_number(p->link), i), "%s", by[i]);
            doc_text(d, ROLE_DIM, "  ");
        }
    }
    if (x->command->at_cursor && !strstr(x->line, "--at")) {
        if (!by)
            page_label(d, "");
        if (x->command->between && x->state != ANSWER_FAILED && !strstr(x->line, "--since"))
            doc_text(d, ROLE_DIM, "since the start (or mark A, where it is set), ");
        doc_text(d, ROLE_DIM, "at ");
        page_time_link(d, x->now);
        if (p->x->now.t != x->now) {
            doc_text(d, ROLE_DIM, "  ");
            doc_link(d, answer_link_again(answer_number(p->link)), "at the cursor, %s", time_text(p->x->now.t, t));
        }
    }
    if (by || doc_columns(d) > 0)
        doc_line(d);
}

static void say_state(struct page *p, struct doc *d, const struct answer *x) {
    const struct reel_info *info = reel_info(p->x->reel);
    if (x->state == ANSWER_RUNNING) {
        enum { BAR = 24 };
        int full = (int)(x->share * BAR + 0.5);
        page_label(d, "computing");
        doc_glyphs(d, ROLE_STRONG, GLYPH_BAR, full);
        doc_glyphs(d, ROLE_DIM, GLYPH_BAR_REST, BAR - full);
        char key[KEY_NAME];
        doc_text(d, ROLE_DIM, " %.0f %%; %s or Ctrl-C gives it up", x->share * 100, keys_for(ACT_CLOSE, IN_PAGE, key));
        doc_line(d);
        return;
    }
    if (x->state == ANSWER_FAILED) {
        doc_text(d, ROLE_ERROR, "%s  ", x->error);
        doc_link(d, answer_link_again(answer_number(p->link)), "ask again");
        doc_line(d);
    }
    if (x->facts != info->facts || !info->done) {
        doc_text(d, ROLE_WARN, "It counts only what was loaded when it was asked.  ");
        doc_link(d, answer_link_again(answer_number(p->link)), "ask again");
        doc_line(d);
    }
    const char *const lines[] = {x->damage, x->warning};
    for (size_t i = 0; i < 2; i++)
        if (lines[i][0]) {
            doc_text(d, ROLE_WARN, "%s", lines[i]);
            doc_line(d);
        }
}

/* All that the chosen row speaks of; Enter follows the first. */
static void say_row(struct page *p, struct doc *d, const struct answer *x, int width) {
    uint64_t row = p->source ? rows_chosen(&p->rows) : ROWS_NONE;
    if (row >= x->nrows)
        return;
    struct link first = answer_follow(x, p->x->reel, row);
    page_label(d, "this row");
    if (first.kind == LINK_NONE)
        doc_text(d, ROLE_DIM, "names no instant, span, type or goroutine to go to");
    for (size_t pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < x->ncols; i++) {
            struct link to = answer_leads(x, p->x->reel, row, i);
            char word[48];
            if (to.kind == LINK_NONE || link_equal(to, first) != (pass == 0))
                continue;
            value_shown(&x->values[row * x->ncols + i], x->cols[i].unit, p->x->reel, p->x->ascii, word, sizeof word);
            if (doc_columns(d) + text_columns(x->cols[i].name) + text_columns(word) + 4 > width)
                continue;
            doc_text(d, ROLE_DIM, "%s ", x->cols[i].name);
            doc_link(d, to, "%s", word);
            doc_text(d, ROLE_DIM, "  ");
            if (pass == 0)
                break;
        }
    doc_line(d);
}

static void head(struct page *p, struct doc *d, int width) {
    const struct answer *x = answer_of(p);
    if (!x) {
        doc_text(d, ROLE_ERROR, "out of memory");
        return;
    }
    page_label(d, "what");
    doc_text(d, ROLE_TEXT, "%s", x->command->about);
    doc_line(d);
    say_ways(p, d, x);
    say_state(p, d, x);
    if (x->state != ANSWER_DONE)
        return;
    say_row(p, d, x, width);
    for (size_t i = 0; i < x->nnotes; i++) {
        doc_text(d, ROLE_TEXT, "%s", x->notes[i]);
        doc_line(d);
    }
    p->least = (int)(x->nrows < 60 ? x->nrows : 60) + 2;
}

static const char *caption(struct page *p) {
    struct report_page *d = p->data;
    char n[TIME_TEXT], enter[KEY_NAME], sort[KEY_NAME], up[KEY_NAME], down[KEY_NAME], rest[80] = "";
    if (p->head < p->doc.lines)
        snprintf(rest, sizeof rest, "; %s %s in the head: the rest of it", keys_for(ACT_PAGE_UP, IN_PAGE, up),
                 keys_for(ACT_PAGE_DOWN, IN_PAGE, down));
    snprintf(d->caption, sizeof d->caption, "%s row%s%s; %s follows one, %s sorts%s", count_text(d->x->nrows, n),
             d->x->nrows == 1 ? "" : "s", d->x->cut ? " (the first of more: -o FILE writes all)" : "",
             keys_for(ACT_ENTER, IN_PAGE, enter), keys_for(ACT_SORT, IN_PAGE, sort), rest);
    return d->caption;
}

static struct link follow(struct page *p, uint64_t id) {
    const struct answer *x = answer_of(p);
    return id < x->nrows ? answer_follow(x, p->x->reel, id) : link_to(LINK_NONE, 0);
}

/* Its columns are the report's; help REPORT says what each is. */
static const char *const words[] = {"report", "percentile", "crosscheck", "comparison", NULL};

const struct page_ops report_page = {.name = "report",
                                     .words = words,
                                     .size = sizeof(struct report_page),
                                     .open = open,
                                     .title = title,
                                     .head = head,
                                     .caption = caption,
                                     .follow = follow,
                                     .work = work,
                                     .done = done};
