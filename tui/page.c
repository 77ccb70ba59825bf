/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * page.c - the page that is open: drawing, moving from link to link and through the table; words that pages share.
 */
#include "tui/page.h"
#include "tui/answers.h"
#include "tui/strips.h"

#include <stdlib.h>
#include <string.h>

extern const struct page_ops span_page, bucket_page, type_page, goroutine_page, cycle_page, class_page, changes_page,
    proc_page, report_page, reports_page, rows_page;

/* A row that is wider than this is hard to follow. */
enum { TABLE_WIDEST = 130 };

static const struct page_ops *const pages[LINK_KINDS] = {
    [LINK_SPAN] = &span_page,           [LINK_BUCKET] = &bucket_page,   [LINK_TYPE] = &type_page,
    [LINK_GOROUTINE] = &goroutine_page, [LINK_CYCLE] = &cycle_page,     [LINK_CLASS] = &class_page,
    [LINK_REPORT] = &report_page,       [LINK_REPORTS] = &reports_page, [LINK_ROWS] = &rows_page,
    [LINK_PROC] = &proc_page,           [LINK_CHANGES] = &changes_page,
};

/* ------------------------------------------------------------------ life */

const struct page_ops *page_ops_of(enum link_kind kind) {
    return kind < LINK_KINDS ? pages[kind] : NULL;
}

static bool exists(const struct explorer *x, struct link to) {
    const struct cycle *c;
    switch ((enum link_kind)to.kind) {
    case LINK_SPAN:
        return to.id < reel_spans(x->reel);
    case LINK_TYPE:
        return to.id < reel_types(x->reel);
    case LINK_GOROUTINE:
        return to.id < reel_goroutines(x->reel);
    case LINK_CYCLE:
        return to.id < reel_cycles(x->reel, &c) || (to.id == CYCLE_NOW && reel_cycles(x->reel, &c) > 0);
    case LINK_CLASS:
        return to.id < SPAN_CLASSES;
    case LINK_PROC:
        return to.id < reel_procs(x->reel);
    default:
        return to.kind == LINK_BUCKET || to.kind == LINK_ROWS || to.kind == LINK_CHANGES || to.kind == LINK_REPORT ||
               to.kind == LINK_REPORTS;
    }
}

bool page_open(struct page *p, struct explorer *x, struct link to) {
    const struct page_ops *ops = to.kind < LINK_KINDS ? pages[to.kind] : NULL;
    void *data = ops && exists(x, to) ? calloc(1, ops->size ? ops->size : 1) : NULL;
    if (!data)
        return false;
    page_close(p);
    p->ops = ops;
    p->x = x;
    p->link = to;
    p->data = data;
    p->chosen = -1;
    p->seen = ROWS_NONE;
    p->source = ops->rows;
    p->sort = ops->sort;
    p->wanted = ops->wanted;
    if (ops->open)
        ops->open(p);
    return true;
}

void page_close(struct page *p) {
    if (p->ops && p->ops->done)
        p->ops->done(p);
    free(p->data);
    doc_free(&p->doc);
    rows_free(&p->rows);
    *p = (struct page){0};
}

/* ------------------------------------------------------------------ drawing */

void page_title(struct page *p, char *dst, size_t cap) {
    dst[0] = '\0';
    p->ops->title(p, dst, cap);
}

static void write_head(struct page *p, int width, bool ascii) {
    doc_clear(&p->doc);
    p->doc.ascii = ascii;
    p->ops->head(p, &p->doc, width);
    if (p->chosen >= (int)p->doc.nlinks)
        p->chosen = (int)p->doc.nlinks - 1;
}

static void setup_rows(struct page *p) {
    bool first = !p->rows.source;
    rows_setup(&p->rows, p->source, p, p->sort);
    if (first)
        rows_put_order(&p->rows, &p->order);
}

static void renew_rows(struct page *p) {
    setup_rows(p);
    uint64_t stamp = p->ops->stamp ? p->ops->stamp(p) : 1;
    uint8_t narrow = p->source->narrow;
    bool narrowed = narrow > 0 && explorer_narrows(p->x, (enum narrow_kind)(narrow - 1));
    rows_narrow(&p->rows, narrowed);
    /* what a filter says of a row may depend on the instant */
    rows_renew(&p->rows, narrowed ? rows_stamp(stamp, explorer_stamp(p->x)) : stamp);
}

bool page_work(struct page *p) {
    bool more = p->ops->work && p->ops->work(p);
    if (p->source) {
        renew_rows(p);
        more |= p->rows.state != ROWS_SETTLED;
        rows_work(&p->rows, ROWS_SLICE);
    }
    return more;
}

/* The row of now is chosen whenever another one becomes it. */
static uint64_t follow_now(struct page *p) {
    uint64_t now = p->ops->current ? p->ops->current(p) : ROWS_NONE;
    if (now != p->seen) {
        p->seen = now;
        if (now != ROWS_NONE)
            rows_choose(&p->rows, now);
    }
    return now;
}

/* Captions name Enter: the key that does what it does, in their words. */
static char *with_key(const char *caption, char *dst, size_t cap) {
    char key[KEY_NAME];
    const char *at = strstr(caption, "Enter:");
    if (at)
        snprintf(dst, cap, "%.*s%s%s", (int)(at - caption), caption, keys_for(ACT_ENTER, IN_PAGE, key), at + 5);
    else
        snprintf(dst, cap, "%s", caption);
    return dst;
}

static void draw_table(struct page *p, const struct pen *pen, int y) {
    struct pen below = pen_part(pen, (struct rect){.x = 0, .y = y, .w = pen->r.w, .h = pen->r.h - y});
    const char *caption = p->ops->caption ? p->ops->caption(p) : NULL;
    if (caption) {
        char words[160];
        pen_run(&below, 0, 0, below.r.w, ROLE_BORDER, GLYPH_RULE);
        pen_char(&below, 1, 0, ROLE_BORDER, ' ');
        int w = pen_text_max(&below, 2, 0, below.r.w - 4, ROLE_DIM, with_key(caption, words, sizeof words));
        pen_char(&below, 2 + w, 0, ROLE_BORDER, ' ');
        below = pen_part(&below, (struct rect){.x = 0, .y = 1, .w = below.r.w, .h = below.r.h - 1});
    }
    if (below.r.w > TABLE_WIDEST)
        below.r.w = TABLE_WIDEST;
    uint64_t now = follow_now(p);
    rows_draw(&p->rows, &below, p->wanted ? p->wanted : ~0u, now, p->chosen < 0);
}

void page_draw(struct page *p, const struct pen *pen) {
    if (p->source) { /* first of all: the head may speak of the chosen row */
        renew_rows(p);
        rows_work(&p->rows, ROWS_SLICE / 4);
    }
    write_head(p, pen->r.w - 2, pen->sheet->ascii);
    int lines = p->doc.lines, h = pen->r.h, usual = p->least > 0 ? p->least : 6, least = h / 2 > usual ? usual : h / 2;
    p->head = p->source && lines > h - least ? h - least : lines > h ? h : lines;
    if (p->chosen >= 0 && !p->scrolled) {
        int line = doc_link_line(&p->doc, p->chosen);
        p->top = line < p->top ? line : line >= p->top + p->head ? line - p->head + 1 : p->top;
    }
    if (p->top > lines - p->head)
        p->top = lines - p->head;
    if (p->top < 0)
        p->top = 0;
    struct pen head = pen_part(pen, (struct rect){.x = 0, .y = 0, .w = pen->r.w, .h = p->head});
    doc_draw(&p->doc, &head, p->top, p->chosen, true);
    if (p->top > 0 && p->head > 1)
        pen_glyph(&head, pen->r.w - 1, 0, ROLE_KEY, GLYPH_LEAST_FIRST);
    if (p->head > 0 && p->top + p->head < lines)
        pen_glyph(&head, pen->r.w - 1, p->head - 1, ROLE_KEY, GLYPH_MOST_FIRST);
    if (p->source)
        draw_table(p, pen, p->head);
}

/* ------------------------------------------------------------------ keys and mouse */

static int caption_rows(const struct page *p) {
    return p->ops->caption ? 1 : 0;
}

static bool in_table(const struct page *p) {
    return p->chosen < 0 && p->source;
}

/* From link to link, and from the last one into the table. */
static void next_link(struct page *p, int by, bool around) {
    int n = (int)p->doc.nlinks, at = p->chosen < 0 ? n : p->chosen;
    int all = p->source ? n + 1 : n;
    p->scrolled = false;
    if (all == 0)
        return;
    at += by;
    if (around)
        at = (at + all) % all;
    else
        at = at < 0 ? 0 : at >= all ? all - 1 : at;
    p->chosen = at >= n ? -1 : at;
}

static void scroll_head(struct page *p, int by) {
    p->top += by; /* page_draw keeps it in bounds */
    p->scrolled = true;
}

static bool move(struct page *p, enum action a) {
    static const int8_t by[ACT_LIMIT] = {[ACT_UP] = -1, [ACT_DOWN] = 1, [ACT_PAGE_UP] = -1, [ACT_PAGE_DOWN] = 1};
    if (!by[a])
        return false;
    if (in_table(p) && (by[a] > 0 || p->rows.list.selected > 0 || p->doc.nlinks == 0))
        rows_act(&p->rows, a);
    else if (a == ACT_UP || a == ACT_DOWN)
        next_link(p, by[a], false);
    else
        scroll_head(p, by[a] * (p->head > 1 ? p->head - 1 : 1));
    return true;
}

static struct link chosen_link(struct page *p) {
    if (p->chosen >= 0 && p->chosen < (int)p->doc.nlinks)
        return p->doc.links[p->chosen];
    uint64_t id = p->source ? rows_chosen(&p->rows) : ROWS_NONE;
    return id == ROWS_NONE || !p->ops->follow ? link_to(LINK_NONE, 0) : p->ops->follow(p, id);
}

bool page_act(struct page *p, enum action a, struct link *to) {
    *to = link_to(LINK_NONE, 0);
    if (move(p, a))
        return true;
    if (a == ACT_ENTER) {
        *to = chosen_link(p);
        if (to->kind == LINK_NONE && !p->x->message[0])
            explorer_say(p->x, ROLE_DIM,
                         in_table(p) && rows_count(&p->rows) > 0 ? "this row leads nowhere" : "nothing is chosen here");
        return true;
    }
    if (a == ACT_FOCUS_NEXT || a == ACT_FOCUS_PREV) {
        next_link(p, a == ACT_FOCUS_NEXT ? 1 : -1, true);
        return true;
    }
    return p->source && p->rows.source && rows_act(&p->rows, a) != ROWS_NOT_MINE;
}

void page_click(struct page *p, int x, int y, bool again, struct link *to) {
    *to = link_to(LINK_NONE, 0);
    if (y < p->head) {
        int link = doc_link_at(&p->doc, y + p->top, x);
        if (link < 0)
            return;
        p->chosen = link;
        *to = chosen_link(p);
        return;
    }
    if (!p->source || !p->rows.source || y < p->head + caption_rows(p))
        return;
    p->chosen = -1;
    if (rows_click(&p->rows, x, y - p->head - caption_rows(p), again) == ROWS_ENTERED)
        *to = chosen_link(p);
}

void page_wheel(struct page *p, int dir) {
    if (p->source && p->rows.source)
        rows_wheel(&p->rows, dir);
    else
        scroll_head(p, dir);
}

/* Rows are far fewer than 2^63: the upper half tells links. */
struct page_place page_place(const struct page *p) {
    struct page_place at = {.row = p->rows.chosen, .order = p->order};
    if (!p->source || !p->rows.source)
        at.row = ROWS_NONE;
    else
        at.order = rows_order(&p->rows);
    if (p->chosen >= 0)
        at.row = (UINT64_C(1) << 63) + (uint64_t)p->chosen;
    return at;
}

void page_go(struct page *p, const struct page_place *to) {
    p->order = to->order;
    if (p->source && p->rows.source)
        rows_put_order(&p->rows, &p->order);
    if (to->row == ROWS_NONE)
        return;
    p->chosen = to->row >> 63 ? (int)(to->row & 0xffff) : -1;
    if (p->chosen >= 0 || !p->source)
        return;
    setup_rows(p);
    rows_choose(&p->rows, to->row);
    p->seen = p->ops->current ? p->ops->current(p) : ROWS_NONE;
}

/* ------------------------------------------------------------------ words */

void page_label(struct doc *d, const char *words) {
    doc_text(d, ROLE_DIM, "%-10s", words);
}

/* Words wrapped at blanks, from where the line is on; they are ASCII. */
static void wrap(struct doc *d, enum role role, int width, const char *words) {
    int left = doc_columns(d);
    size_t most = width - left > 20 ? (size_t)(width - left) : 20;
    while (*words) {
        size_t n = strlen(words);
        if (n > most)
            for (n = most; n > 1 && words[n] != ' '; n--)
                ;
        doc_text(d, role, "%*s%.*s", left - doc_columns(d), "", (int)n, words);
        doc_line(d);
        words += n + strspn(words + n, " ");
    }
}

bool page_missing(struct page *p, struct doc *d, int width) {
    const struct reel_info *info = reel_info(p->x->reel);
    const char *why = reel_missing(p->x->reel);
    if (info->allocfree || !info->done || !why)
        return false;
    page_label(d, "missing");
    wrap(d, ROLE_WARN, width, why);
    return true;
}

void page_list(struct page *p, struct doc *d, const char *command, const char *words) {
    uint64_t number;
    if (answers_ask(p->x->answers, command, 0, &number))
        doc_link(d, answer_link(number), "%s", words);
    else
        doc_text(d, ROLE_TEXT, "%s", words);
}

char *page_class_name(uint32_t span_class, char *dst, size_t cap) {
    const char *scan = span_class % 2 ? "noscan" : "scan";
    if (span_class / 2 == 0)
        snprintf(dst, cap, "large %s", scan);
    else
        snprintf(dst, cap, "class %u %s", span_class / 2, scan);
    return dst;
}

void page_span_link(struct page *p, struct doc *d, uint32_t span, const char *none) {
    char addr[ADDRESS_TEXT];
    if (span == NO_ID) {
        doc_text(d, ROLE_DIM, "%s", none);
        return;
    }
    const struct span *s = reel_span(p->x->reel, span);
    doc_link(d, link_to(LINK_SPAN, span), "span %s",
             reel_address_text(p->x->reel, reel_page_address(p->x->reel, s->page), addr));
}

void page_time_link(struct doc *d, int64_t t) {
    char words[TIME_TEXT];
    doc_link(d, link_to(LINK_TIME, (uint64_t)t), "%s", time_text(t, words));
}

void page_go_link(struct page *p, struct doc *d, uint32_t g) {
    if (g != NO_ID)
        doc_link(d, link_to(LINK_GOROUTINE, g), "G%llu", (unsigned long long)reel_goroutine(p->x->reel, g)->id);
}

void page_proc_link(struct doc *d, int32_t p) {
    if (p >= 0)
        doc_link(d, link_to(LINK_PROC, (uint64_t)p), "P%d", p);
}

void page_type_link(struct page *p, struct doc *d, uint32_t type) {
    char name[96];
    doc_link(d, link_to(LINK_TYPE, type), "%s", explorer_type(p->x, type, name, sizeof name));
}

void page_cycle_link(struct page *p, struct doc *d, uint32_t gc) {
    const struct cycle *c;
    size_t n = reel_cycles(p->x->reel, &c), lo = 0, hi = n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (c[mid].gc < gc)
            lo = mid + 1;
        else
            hi = mid;
    }
    if (lo < n && c[lo].gc == gc)
        doc_link(d, link_to(LINK_CYCLE, lo), "GC %u", gc);
    else
        doc_text(d, ROLE_DIM, "GC %u", gc);
}

/* It stands right below the timeline's plot. */
void page_strip(struct page *p, struct doc *d, const char *label, int width,
                double (*share)(void *arg, int64_t from, int64_t to), void *arg) {
    struct window w = p->x->win;
    int n = timeline_columns(width + 2), now = timescale_column(w, n, p->x->now.t);
    if (width < 30)
        return;
    doc_text(d, ROLE_DIM, "%-8s", label);
    for (int c = 0; c < n; c++) {
        enum role role;
        enum glyph g;
        strip_look(share(arg, timescale_start(w, n, c), timescale_start(w, n, c + 1)), &role, &g);
        doc_glyphs(d, c == now ? ROLE_CURSOR : role, g, 1);
    }
    doc_line(d);
}
