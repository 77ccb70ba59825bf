/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ui_draw.c - the screen around the panes: header, titles, walls, the bottom line with hints, messages or the prompt.
 */
#include "tui/prompt.h"
#include "tui/ui.h"

#include <string.h>

/* ------------------------------------------------------------------ header */

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return strcmp(path, "-") == 0 ? "standard input" : slash && slash[1] ? slash + 1 : path;
}

/* Where the cursor is; always shown. Returns its columns. */
static int header_now(struct ui *u, const struct pen *p) {
    struct explorer *x = &u->x;
    const struct cycle *c;
    size_t n = reel_cycles(x->reel, &c);
    uint32_t gc, last = n ? c[n - 1].gc : 0;
    enum gc_phase phase = reel_phase(x->reel, x->now.t, &gc);
    char t[TIME_TEXT], words[128];
    const char *dot = u->sheet.ascii ? "|" : "\302\267";
    char lacks[32] = "";
    if (reel_gap_before(x->reel, frame_pos(x->frame)))
        snprintf(lacks, sizeof lacks, "events missing %s ", dot);
    snprintf(words, sizeof words, " %sGC %u of %u %s %s %s t = %s ", lacks, gc, last, dot,
             phase == PHASE_OFF ? "GC off" : gc_phase_name(phase), dot, time_text(x->now.t, t));
    int w = text_columns(words);
    if (w > p->r.w)
        snprintf(words, sizeof words, " %s ", t);
    w = text_columns(words);
    pen_right(p, p->r.w, 0, ROLE_HEADER_STRONG, words);
    return w;
}

static void draw_header(struct ui *u) {
    struct pen p = pen_on(&u->sheet, u->panes.header);
    const struct reel_info *info = reel_info(u->x.reel);
    char name[160], t[TIME_TEXT], n[TIME_TEXT], part[4][64];
    for (int x = 0; x < p.r.w; x++)
        pen_char(&p, x, 0, ROLE_HEADER, ' ');
    int room = p.r.w - header_now(u, &p), at = 1;
    explorer_text(&u->x, (text){.ptr = base_name(u->path), .len = strlen(base_name(u->path))}, name, sizeof name);
    snprintf(part[0], sizeof part[0], "%s", info->go);
    snprintf(part[1], sizeof part[1], info->procs >= 0 ? "%lld P" : "? P", (long long)info->procs);
    snprintf(part[2], sizeof part[2], "%s", duration_text(info->duration, t));
    snprintf(part[3], sizeof part[3], "%s events", count_text(info->events, n));
    at += pen_text_max(&p, at, 0, room - 2, ROLE_HEADER_STRONG, name);
    for (int i = 0; i < 4; i++) {
        if (at + 3 + text_columns(part[i]) + 1 > room)
            break;
        pen_glyph(&p, at + 1, 0, ROLE_HEADER, GLYPH_DOT);
        at += 3 + pen_text(&p, at + 3, 0, ROLE_HEADER, part[i]);
    }
}

/* ------------------------------------------------------------------ panes */

static void draw_title(struct ui *u, struct rect r, const char *name, const char *more, bool focus) {
    struct pen p = pen_on(&u->sheet, (struct rect){.x = r.x, .y = r.y, .w = r.w, .h = 1});
    pen_run(&p, 0, 0, r.w, ROLE_BORDER, GLYPH_RULE);
    pen_char(&p, 1, 0, ROLE_BORDER, ' ');
    int x = 2 + pen_text_max(&p, 2, 0, r.w - 3, focus ? ROLE_TITLE_FOCUS : ROLE_TITLE, name);
    if (x < r.w)
        pen_char(&p, x++, 0, ROLE_BORDER, ' ');
    if (!more[0] || x + 3 > r.w)
        return;
    int w = pen_text_max(&p, x, 0, r.w - x - 2, ROLE_TEXT, more);
    pen_char(&p, x + w, 0, ROLE_BORDER, ' ');
}

enum { TITLE_TEXT = 400 };

/* What the filter does to a list stands at the begin of its title: the end of one is cut where it is narrow. */
static void say_narrowed(struct ui *u, const struct narrowed *what, char more[TITLE_TEXT]) {
    char words[TITLE_TEXT / 2 - 8], rest[TITLE_TEXT / 2];
    snprintf(rest, sizeof rest, "%.*s", TITLE_TEXT / 2 - 1, more);
    if (!explorer_say_narrow(&u->x, what->kind, what->shown, what->all, words, sizeof words)[0])
        return;
    snprintf(more, TITLE_TEXT, "%.190s%s%.190s", words, rest[0] ? " \302\267 " : "", rest);
}

static bool rows_narrowed(const struct rows *r, struct narrowed *out) {
    if (!r->source || !r->source->narrow)
        return false;
    *out = (struct narrowed){
        .kind = (enum narrow_kind)(r->source->narrow - 1), .shown = rows_count(r), .all = rows_all(r)};
    return true;
}

static bool view_narrowed(struct view *v, struct narrowed *out) {
    if (v->ops->narrowed)
        *out = v->ops->narrowed(v);
    return v->ops->narrowed || (v->ops->rows && rows_narrowed(v->ops->rows(v), out));
}

static void draw_pane(struct ui *u, enum pane i) {
    struct view *v = &u->view[i];
    struct rect r = u->panes.pane[i];
    if (rect_empty(r))
        return;
    v->focus = (int)i == (int)u->focus && !u->pager.open && !page_is_open(&u->page);
    struct pen p = pen_on(&u->sheet, (struct rect){.x = r.x, .y = r.y + 1, .w = r.w, .h = r.h - 1});
    v->ops->draw(v, &p);
    char more[TITLE_TEXT] = "";
    v->ops->title(v, more, sizeof more);
    struct narrowed what;
    if (reel_info(u->x.reel)->allocfree && view_narrowed(v, &what))
        say_narrowed(u, &what, more);
    draw_title(u, r, v->ops->name, more, v->focus);
}

static bool has_title_at(const struct ui *u, int x, int y) {
    for (int i = 0; i < PANES; i++)
        if (u->panes.pane[i].y == y && rect_holds(u->panes.pane[i], x, y))
            return true;
    return false;
}

static void draw_gap(struct ui *u, struct rect r) {
    struct pen p = pen_on(&u->sheet, r);
    for (int y = 0; y < r.h; y++) {
        bool left = has_title_at(u, r.x - 1, r.y + y), right = has_title_at(u, r.x + r.w, r.y + y);
        enum glyph g = left && right ? (y == 0 ? GLYPH_TEE_DOWN : GLYPH_CROSS)
                       : left        ? GLYPH_TEE_LEFT
                       : right       ? GLYPH_TEE_RIGHT
                                     : GLYPH_WALL;
        pen_glyph(&p, 0, y, ROLE_BORDER, g);
    }
}

static void draw_pager(struct ui *u) {
    static const char *const turn[] = {NULL, "the glossary", "the keys", "the whole glossary"};
    char more[96] = "", key[KEY_NAME];
    struct rect r = u->panes.body;
    struct pen p = pen_on(&u->sheet, (struct rect){.x = r.x, .y = r.y + 1, .w = r.w, .h = r.h - 1});
    pager_draw(&u->pager, &p);
    int at = 0;
    if (turn[u->pager.help])
        at = snprintf(more, sizeof more, "%s: %s", keys_for(ACT_HELP_TURN, IN_PAGER, key), turn[u->pager.help]);
    if (u->pager.n > p.r.h) {
        int last = u->pager.top + p.r.h;
        snprintf(more + at, sizeof more - (size_t)at, "%slines %d to %d of %d", at ? " \302\267 " : "",
                 u->pager.top + 1, last < u->pager.n ? last : u->pager.n, u->pager.n);
    }
    draw_title(u, r, u->pager.title, more, true);
}

static void draw_page(struct ui *u) {
    char more[TITLE_TEXT] = "";
    struct rect r = ui_page_rect(u);
    struct pen p = pen_on(&u->sheet, (struct rect){.x = r.x, .y = r.y + 1, .w = r.w, .h = r.h - 1});
    if (r.y > u->panes.body.y)
        draw_pane(u, PANE_TIMELINE);
    page_draw(&u->page, &p);
    page_title(&u->page, more, sizeof more);
    struct narrowed what;
    if (rows_narrowed(&u->page.rows, &what))
        say_narrowed(u, &what, more);
    draw_title(u, r, u->page.ops->name, more, true);
}

/* ------------------------------------------------------------------ bottom line */

static void draw_prompt(struct ui *u) {
    struct pen p = pen_on(&u->sheet, u->panes.footer);
    const char *line = prompt_line();
    char before[1024];
    size_t cut = prompt_cursor();
    if (cut >= sizeof before)
        cut = sizeof before - 1;
    memcpy(before, line, cut);
    before[cut] = '\0';
    int label = pen_text_max(&p, 0, 0, p.r.w * 3 / 4, ROLE_KEY, prompt_label());
    struct pen q = pen_part(&p, (struct rect){.x = label, .y = 0, .w = p.r.w - label, .h = 1});
    const char *from = line, *end = line + cut;
    int col = text_columns(before);
    while (col >= q.r.w && from < end) { /* scroll: drop letters at the left */
        char one[8] = {0};
        size_t n = 1;
        while (n < 4 && (from[n] & 0xc0) == 0x80)
            n++;
        memcpy(one, from, n);
        col -= text_columns(one);
        from += n;
    }
    pen_text(&q, 0, 0, ROLE_TEXT, from);
    u->sheet.cursor_x = q.r.x + (col < q.r.w ? col : q.r.w - 1);
    u->sheet.cursor_y = p.r.y;
    if (prompt_choices()[0]) {
        struct rect above = u->panes.footer;
        above.y--;
        struct pen a = pen_on(&u->sheet, above);
        for (int x = 0; x < above.w; x++)
            pen_char(&a, x, 0, ROLE_SELECT, ' ');
        pen_text(&a, 1, 0, ROLE_SELECT, prompt_choices());
    }
}

static void draw_progress(struct ui *u, const struct pen *p) {
    const struct reel_info *info = reel_info(u->x.reel);
    char n[TIME_TEXT], size[TIME_TEXT], words[128];
    double part = info->share;
    if (part < 0) {
        snprintf(words, sizeof words, ": %s, %s events up to now; all keys work", bytes_text(info->trace_bytes, size),
                 count_text(info->events, n));
        int at = 1 + pen_text(p, 1, 0, ROLE_STRONG, "still being written");
        pen_text(p, at, 0, ROLE_TEXT, words);
        return;
    }
    int bar = p->r.w / 4, full = (int)(part * bar + 0.5);
    int x = 1 + pen_text(p, 1, 0, ROLE_STRONG, "loading ");
    pen_run(p, x, 0, bar, ROLE_DIM, GLYPH_BAR_REST);
    pen_run(p, x, 0, full > bar ? bar : full, ROLE_LIVE, GLYPH_BAR);
    snprintf(words, sizeof words, " %d %%, %s events; all keys work", (int)(part * 100), count_text(info->events, n));
    pen_text(p, x + bar, 0, ROLE_TEXT, words);
}

/* Draw the hints of one rank from column x on, as many as fit before `room`; returns the column after them. */
static int draw_rank(const struct pen *p, unsigned where, int rank, int x, int room) {
    const struct binding *b;
    size_t n = keys_table(&b);
    char keys[64] = "", one[KEY_NAME];
    for (size_t i = 0; i < n; i++) {
        if (!b[i].hint || !b[i].key[0] || b[i].rank != rank || !(b[i].panes & where))
            continue;
        size_t len = strlen(keys);
        snprintf(keys + len, sizeof keys - len, "%s%s", len ? " " : "", keys_name(b[i].key[0], one));
        if (strcmp(b[i].hint, "+") == 0)
            continue;
        int w = text_columns(keys) + 1 + text_columns(b[i].hint);
        if (x + w <= room) {
            int k = pen_text(p, x, 0, ROLE_KEY, keys);
            pen_text(p, x + k + 1, 0, ROLE_DIM, b[i].hint);
            x += w + 2;
        }
        keys[0] = '\0';
    }
    return x;
}

/* The hints of the key table that count here; the last rank (command, help, quit) keeps its room. */
static void draw_hints(struct ui *u, const struct pen *p) {
    unsigned where = ui_where(u);
    struct sheet none = {0};
    struct pen blind = {.sheet = &none, .r = p->r};
    int last = draw_rank(&blind, where, HINT_LAST, 0, p->r.w), x = 1;
    for (int rank = 0; rank < HINT_LAST; rank++)
        x = draw_rank(p, where, rank, x, p->r.w - last);
    draw_rank(p, where, HINT_LAST, x, p->r.w);
}

static void draw_finding(struct ui *u, const struct pen *p) {
    char found[96], key[KEY_NAME];
    int x = 1 + pen_text(p, 1, 0, ROLE_STRONG, "searching ");
    x += pen_text_max(p, x, 0, p->r.w / 3, ROLE_TEXT, u->x.search_text);
    explorer_hits(&u->x, found, sizeof found);
    x += 2 + pen_text(p, x + 2, 0, ROLE_TEXT, found);
    x += 2 + pen_text(p, x + 2, 0, ROLE_KEY, keys_for(ACT_CLOSE, ui_where(u), key));
    pen_text(p, x + 1, 0, ROLE_DIM, "stops");
}

static void draw_message(struct ui *u, const struct pen *p) {
    const struct reel_info *info = reel_info(u->x.reel);
    char words[112] = "  ", found[96];
    int room = p->r.w - pen_text(p, 1, 0, u->x.message_role, u->x.message) - 1;
    if (!u->loading && explorer_hits(&u->x, found, sizeof found)) {
        snprintf(words, sizeof words, "  %s", found);
        if (text_columns(words) <= room) /* the message is new, the number is not */
            pen_right(p, p->r.w, 0, ROLE_NOTE, words);
    }
    if (!u->loading)
        return;
    snprintf(words, sizeof words, "  still being written");
    if (info->share >= 0)
        snprintf(words, sizeof words, "  loading %d %%", (int)(info->share * 100));
    pen_right(p, p->r.w, 0, ROLE_STRONG, words);
}

static void draw_footer(struct ui *u) {
    struct pen p = pen_on(&u->sheet, u->panes.footer);
    if (prompt_is_open())
        draw_prompt(u);
    else if (explorer_finding(&u->x))
        draw_finding(u, &p);
    else if (u->x.message[0])
        draw_message(u, &p);
    else if (u->loading)
        draw_progress(u, &p);
    else
        draw_hints(u, &p);
}

/* As many of the words as there is room for, the most needed first. */
static void draw_too_small(struct ui *u) {
    struct pen p = pen_on(&u->sheet, (struct rect){.w = u->sheet.cols, .h = u->sheet.rows});
    char words[96];
    snprintf(words, sizeof words, "too small: %dx%d, and %dx%d is needed", u->sheet.cols, u->sheet.rows, PANES_MIN_COLS,
             PANES_MIN_ROWS);
    view_wrap(&p, 0, 0, ROLE_WARN, words);
}

void ui_draw(struct ui *u) {
    sheet_blank(&u->sheet);
    if (u->panes.too_small) {
        draw_too_small(u);
        return;
    }
    draw_header(u);
    if (u->pager.open) {
        draw_pager(u);
    } else if (page_is_open(&u->page)) {
        draw_page(u);
    } else {
        for (int i = 0; i < PANES; i++)
            draw_pane(u, (enum pane)i);
        for (int i = 0; i < PANES_GAPS; i++)
            if (!rect_empty(u->panes.gap[i]))
                draw_gap(u, u->panes.gap[i]);
    }
    tour_draw(u);
    draw_footer(u);
}
