/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ui_session.c - what a person leaves with a trace, taken from the screen and put back on it.
 *
 * Panes, filter and order of lists come back at once; what belongs to an instant waits until the trace is loaded that
 * far. Who moves before that has chosen otherwise: the cursor then stays, and no page is opened. Of a page of
 * a report the question is kept, and asked anew once all is loaded. A session is written when the program ends, and at
 * once when bookmarks change.
 */
#include "tui/answers.h"
#include "tui/map.h"
#include "tui/rows.h"
#include "tui/timeline.h"
#include "tui/ui.h"

#include <stdlib.h>
#include <string.h>

static enum pane pane_named(const char *name) {
    for (int i = 0; i < PANES; i++)
        if (strcmp(view_table[i]->name, name) == 0)
            return (enum pane)i;
    return PANES;
}

/* The names of pages that are kept; not in this table: they aren't. */
static const char *const page_names[LINK_KINDS] = {
    [LINK_SPAN] = "span",       [LINK_BUCKET] = "bucket", [LINK_TYPE] = "type", [LINK_GOROUTINE] = "goroutine",
    [LINK_CYCLE] = "cycle",     [LINK_CLASS] = "class",   [LINK_PROC] = "proc", [LINK_CHANGES] = "changes",
    [LINK_REPORTS] = "reports", [LINK_REPORT] = "report", [LINK_ROWS] = "rows"};

static struct link page_named(const char *name, uint64_t id) {
    for (int i = 0; i < LINK_KINDS; i++)
        if (page_names[i] && strcmp(page_names[i], name) == 0)
            return link_to((enum link_kind)i, id);
    return link_to(LINK_NONE, 0);
}

/* The order of a page's table is kept under this name. */
static const char page_pane[] = "page";

/* ------------------------------------------------------------------ taking */

static struct session_place place_of(bool set, struct cursor c) {
    return (struct session_place){.set = set, .t = c.t, .pos = c.pos};
}

static void take_sort(struct session *s, const char *pane, const struct rows *r) {
    bool usual = r && r->sort == r->usual && !r->turned;
    if (!r || !r->source || usual || r->sort >= r->source->ncols || s->nsorts == SESSION_PANES)
        return;
    struct session_sort *to = &s->sort[s->nsorts++];
    snprintf(to->pane, sizeof to->pane, "%s", pane);
    snprintf(to->column, sizeof to->column, "%s", r->source->cols[r->sort].name);
    to->turned = r->turned;
}

static void take_sorts(struct ui *u, struct session *s) {
    s->nsorts = 0;
    for (int i = 0; i < PANES; i++)
        take_sort(s, view_table[i]->name, view_table[i]->rows ? view_table[i]->rows(&u->view[i]) : NULL);
    if (page_is_open(&u->page))
        take_sort(s, page_pane, &u->page.rows);
}

static void take_rows(unsigned rows, struct session *s) {
    size_t n = 0;
    s->rows[0] = '\0';
    for (int i = 0; i < TIMELINE_ROWS && n < sizeof s->rows; i++)
        if (rows >> i & 1)
            n += (size_t)snprintf(s->rows + n, sizeof s->rows - n, "%s%s", n ? " " : "",
                                  timeline_row_name((enum timeline_row)i));
    if (n == 0)
        snprintf(s->rows, sizeof s->rows, "none");
}

static void take_map(struct ui *u, struct session *s) {
    const struct map *m = u->view[PANE_MAP].data;
    snprintf(s->colour, sizeof s->colour, "%s", map_colouring_name((enum map_colouring)m->colour));
    s->scale_set = m->chosen;
    s->scale = m->g.shift;
}

/* A report is known by its question; one that is too long isn't kept. */
static bool take_question(const struct explorer *x, struct session_visit *out) {
    int64_t now = 0;
    const char *line = answers_question(x->answers, out->id & UINT32_MAX, &now);
    if (!line || strlen(line) >= sizeof out->line)
        return false;
    snprintf(out->line, sizeof out->line, "%s", line);
    out->id = (uint64_t)now;
    return true;
}

static bool take_visit(const struct explorer *x, const struct visit *v, struct session_visit *out) {
    const char *name = v->page.kind < LINK_KINDS ? page_names[v->page.kind] : NULL;
    if (!name && v->page.kind != LINK_NONE)
        return false;
    *out = (struct session_visit){.id = v->page.id,
                                  .at = {.set = true, .t = v->t, .pos = v->pos},
                                  .focus = v->focus,
                                  .selected = v->selected,
                                  .addr = v->addr,
                                  .row = v->place.row,
                                  .turned = v->place.order.turned};
    snprintf(out->column, sizeof out->column, "%s", v->place.order.column);
    snprintf(out->kind, sizeof out->kind, "%s", name ? name : "");
    return v->page.kind != LINK_REPORT || take_question(x, out);
}

/* The last ones, where there are more than can be kept. */
static void take_visits(struct ui *u, struct session *s) {
    struct visit here = ui_present(u);
    size_t from = u->visits.n > SESSION_VISITS ? u->visits.n - SESSION_VISITS : 0;
    s->nvisits = s->visit = 0;
    for (size_t i = from; i < u->visits.n; i++) {
        s->nvisits += take_visit(&u->x, &u->visits.at[i], &s->visits[s->nvisits]);
        s->visit = i < u->visits.now ? s->nvisits : s->visit;
    }
    if (!take_visit(&u->x, &here, &s->page))
        s->page = (struct session_visit){.row = UINT64_MAX};
}

void ui_session_take(struct ui *u, struct session *s) {
    const struct explorer *x = &u->x;
    s->cursor = place_of(!x->follow, x->now);
    s->a = place_of(x->a.set, x->a.at);
    s->b = place_of(x->b.set, x->b.at);
    s->window_set = !x->whole;
    s->whole = x->whole;
    s->window[0] = x->win.from > 0 ? x->win.from : 0;
    s->window[1] = x->win.to;
    s->selected = x->selected && !x->picked;
    s->addr = x->addr;
    snprintf(s->focus, sizeof s->focus, "%s", view_table[u->focus]->name);
    snprintf(s->zoomed, sizeof s->zoomed, "%s", u->zoomed < PANES ? view_table[u->zoomed]->name : "");
    snprintf(s->filter, sizeof s->filter, "%s", x->narrow_words);
    snprintf(s->search, sizeof s->search, "%s", x->search_words);
    take_sorts(u, s);
    take_rows(x->rows, s);
    take_map(u, s);
    take_visits(u, s);
}

/* The rows of the timeline and the colours of the map that a view has where it doesn't name any. */
static struct session usual_looks(void) {
    struct settings usual;
    struct session s = {.whole = true};
    settings_usual(&usual);
    take_rows((unsigned)usual.value[SET_ROWS], &s);
    snprintf(s.colour, sizeof s.colour, "%s", map_colouring_name((enum map_colouring)usual.value[SET_MAP]));
    return s;
}

void ui_session_shorten(struct session *s) {
    struct session usual = usual_looks();
    if (strcmp(s->rows, usual.rows) == 0)
        s->rows[0] = '\0';
    if (strcmp(s->colour, usual.colour) == 0)
        s->colour[0] = '\0';
}

static void lengthen(struct session *s) {
    struct session usual = usual_looks();
    if (!s->rows[0])
        memcpy(s->rows, usual.rows, sizeof s->rows);
    if (!s->colour[0])
        memcpy(s->colour, usual.colour, sizeof s->colour);
}

/* ------------------------------------------------------------------ putting back */

static void put_sort(struct rows *r, const struct session_sort *s) {
    struct rows_order order = {.turned = s->turned};
    snprintf(order.column, sizeof order.column, "%s", s->column);
    if (r && r->source && rows_put_order(r, &order))
        r->usual = -1;
}

static void put_sorts(struct ui *u) {
    for (size_t i = 0; i < u->session.nsorts; i++) {
        const struct session_sort *s = &u->session.sort[i];
        enum pane p = pane_named(s->pane);
        put_sort(p < PANES && view_table[p]->rows ? view_table[p]->rows(&u->view[p]) : NULL, s);
    }
}

static void put_rows(struct ui *u) {
    const char *words = u->session.rows;
    unsigned rows = 0;
    for (int i = 0; i < TIMELINE_ROWS; i++) {
        const char *name = timeline_row_name((enum timeline_row)i), *at = words;
        size_t n = strlen(name);
        for (; (at = strstr(at, name)) != NULL; at += n)
            if ((at == words || at[-1] == ' ') && (at[n] == ' ' || !at[n]))
                rows |= 1u << i;
    }
    if (rows || strcmp(words, "none") == 0)
        u->x.rows = rows;
}

static void put_map(struct ui *u) {
    struct map *m = u->view[PANE_MAP].data;
    for (int i = 0; i < COLOURINGS; i++)
        if (strcmp(map_colouring_name((enum map_colouring)i), u->session.colour) == 0)
            m->colour = (uint8_t)i;
    if (!u->session.scale_set)
        return;
    m->chosen = true;
    m->g.shift = u->session.scale < MAP_SLOTS       ? MAP_SLOTS
                 : u->session.scale > MAP_SHIFT_MAX ? MAP_SHIFT_MAX
                                                    : u->session.scale;
}

/* All that needs no instant. */
static void put_panes(struct ui *u) {
    const struct session *s = &u->session;
    enum pane focus = pane_named(s->focus), zoomed = pane_named(s->zoomed);
    if (focus < PANES)
        u->focus = focus;
    u->zoomed = zoomed;
    put_sorts(u);
    put_rows(u);
    put_map(u);
    if (s->filter[0])
        explorer_narrow(&u->x, s->filter);
    u->x.message[0] = '\0';
}

/* A report that is asked too early would be about a part of the trace. */
static bool asks_reports(const struct session *s) {
    bool any = s->page.line[0] != '\0';
    for (size_t i = 0; i < s->nvisits; i++)
        any |= s->visits[i].line[0] != '\0';
    return any;
}

/* Everything that is about an instant lies within what is loaded. */
static bool reached(const struct ui *u) {
    const struct session *s = &u->session;
    const struct session_place *places[] = {&s->cursor, &s->a, &s->b};
    int64_t t = s->window_set ? s->window[1] - 1 : 0;
    uint64_t pos = 0;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (places[i]->set) {
            t = places[i]->t > t ? places[i]->t : t;
            pos = places[i]->pos > pos ? places[i]->pos : pos;
        }
    if (u->loading && asks_reports(s))
        return false;
    return !u->loading || (explorer_end(&u->x) >= t && reel_facts(u->x.reel) >= pos);
}

static void put_mark(struct ui *u, enum which_mark which, const struct session_place *p) {
    if (p->set && p->t <= explorer_end(&u->x))
        explorer_mark_set(&u->x, which, (struct cursor){.t = p->t, .pos = p->pos});
}

/* A word for who wonders why the trace doesn't open as it did the first time. */
static void say_restored(struct ui *u) {
    size_t n = u->session.bookmarks.n;
    explorer_say(&u->x, ROLE_TEXT, "as it was left%s; :forget begins anew", n ? ", with bookmarks (:bookmarks)" : "");
}

static struct page_place place_on_page(const struct session_visit *s) {
    struct page_place p = {.row = s->row, .order.turned = s->turned};
    snprintf(p.order.column, sizeof p.order.column, "%s", s->column);
    return p;
}

static struct link page_of(struct ui *u, const struct session_visit *s) {
    struct link to = page_named(s->kind, s->id);
    if (to.kind == LINK_REPORT && !ui_report_link(u, s->line, (int64_t)(s->id & INT64_MAX), &to))
        to = link_to(LINK_NONE, 0);
    return to;
}

static bool put_visit(struct ui *u, const struct session_visit *s, struct visit *out) {
    *out = (struct visit){.page = page_of(u, s),
                          .focus = s->focus < PANES ? s->focus : 0,
                          .selected = s->selected,
                          .addr = s->addr,
                          .t = s->at.t,
                          .pos = s->at.pos,
                          .place = place_on_page(s)};
    return !s->kind[0] || out->page.kind != LINK_NONE;
}

/* The open page, and those before and after it. Pages that aren't any more are passed over. */
static void put_pages(struct ui *u) {
    const struct session *s = &u->session;
    struct link page = page_of(u, &s->page);
    u->visits.n = u->visits.now = 0;
    for (size_t i = 0; i < s->nvisits; i++) {
        u->visits.n += put_visit(u, &s->visits[i], &u->visits.at[u->visits.n]);
        u->visits.now = i < s->visit ? u->visits.n : u->visits.now;
    }
    if (page.kind == LINK_NONE || !page_open(&u->page, &u->x, page))
        return;
    struct page_place place = place_on_page(&s->page);
    for (size_t i = 0; i < s->nsorts; i++)
        if (strcmp(s->sort[i].pane, page_pane) == 0) {
            snprintf(place.order.column, sizeof place.order.column, "%s", s->sort[i].column);
            place.order.turned = s->sort[i].turned;
        }
    page_go(&u->page, &place);
}

void ui_session_put(struct ui *u) {
    const struct session *s = &u->session;
    struct explorer *x = &u->x;
    if (!u->session_waits || !reached(u))
        return;
    u->session_waits = false;
    bool moved = !x->follow;
    put_mark(u, MARK_A, &s->a);
    put_mark(u, MARK_B, &s->b);
    if (s->selected)
        explorer_select(x, s->addr);
    if (s->search[0] && !x->find)
        explorer_find_quietly(x, s->search);
    if (moved || x->at_text)
        return;
    if (s->cursor.set)
        explorer_go_cursor(x, (struct cursor){.t = s->cursor.t, .pos = s->cursor.pos});
    if (s->window_set)
        explorer_window(x, s->window[0], s->window[1] - 1);
    put_pages(u);
    if (!x->message[0] && s->cursor.set)
        say_restored(u);
}

/* ------------------------------------------------------------------ life */

void ui_session_begin(struct ui *u, const char *trace_path, const char *view) {
    char why[256] = "";
    struct session shown;
    u->session_path = session_path(trace_path);
    bool kept = u->session_path && session_read(u->session_path, &u->session, why);
    if (view && session_from_text(view, &shown)) { /* bookmarks stay the person's own */
        lengthen(&shown);
        shown.bookmarks = u->session.bookmarks;
        u->session = shown;
        kept = true;
    }
    reel_use_bookmarks(u->x.reel, &u->session.bookmarks);
    if (why[0])
        explorer_say(&u->x, ROLE_WARN, "%s", why);
    u->session_kept = u->session_waits = kept;
    if (kept) {
        put_panes(u);
        ui_resize(u, u->sheet.cols, u->sheet.rows);
    }
}

static bool save(struct ui *u, char why[256]) {
    if (!u->session_path || u->session_waits)
        return true;
    ui_session_take(u, &u->session);
    return session_write(u->session_path, &u->session, why);
}

bool ui_session_save(struct ui *u) {
    char why[256];
    if (save(u, why))
        return true;
    explorer_say(&u->x, ROLE_ERROR, "set, but not kept: %s", why);
    return false;
}

bool ui_session_end(struct ui *u, char why[256]) {
    bool kept = u->session_forgotten || save(u, why);
    reel_use_bookmarks(u->x.reel, NULL);
    session_free(&u->session);
    free(u->session_path);
    u->session_path = NULL;
    return kept;
}
