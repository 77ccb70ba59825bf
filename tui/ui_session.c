/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ui_session.c - what a person leaves with a trace, taken from the screen and put back on it.
 *
 * Panes, filter and order of lists come back at once; what belongs to an instant waits until the trace is loaded that
 * far. Who moves before that has chosen otherwise: the cursor then stays. A session is written when the program ends,
 * and at once when bookmarks change.
 */
#include "tui/rows.h"
#include "tui/ui.h"

#include <stdlib.h>
#include <string.h>

static enum pane pane_named(const char *name) {
    for (int i = 0; i < PANES; i++)
        if (strcmp(view_table[i]->name, name) == 0)
            return (enum pane)i;
    return PANES;
}

/* ------------------------------------------------------------------ taking */

static struct session_place place_of(bool set, struct cursor c) {
    return (struct session_place){.set = set, .t = c.t, .pos = c.pos};
}

static void take_sorts(struct ui *u, struct session *s) {
    s->nsorts = 0;
    for (int i = 0; i < PANES && s->nsorts < SESSION_PANES; i++) {
        const struct rows *r = view_table[i]->rows ? view_table[i]->rows(&u->view[i]) : NULL;
        if (!r || !r->source)
            continue;
        struct session_sort *to = &s->sort[s->nsorts++];
        snprintf(to->pane, sizeof to->pane, "%s", view_table[i]->name);
        snprintf(to->column, sizeof to->column, "%s", r->source->cols[r->sort].name);
        to->turned = r->turned;
    }
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
}

/* ------------------------------------------------------------------ putting back */

static void put_sorts(struct ui *u) {
    for (size_t i = 0; i < u->session.nsorts; i++) {
        const struct session_sort *s = &u->session.sort[i];
        enum pane p = pane_named(s->pane);
        struct rows *r = p < PANES && view_table[p]->rows ? view_table[p]->rows(&u->view[p]) : NULL;
        for (int c = 0; r && r->source && c < r->source->ncols; c++)
            if (strcmp(r->source->cols[c].name, s->column) == 0) {
                rows_sort(r, c);
                r->turned = s->turned;
            }
    }
}

/* All that needs no instant. */
static void put_panes(struct ui *u) {
    const struct session *s = &u->session;
    enum pane focus = pane_named(s->focus), zoomed = pane_named(s->zoomed);
    if (focus < PANES)
        u->focus = focus;
    u->zoomed = zoomed;
    put_sorts(u);
    if (s->filter[0])
        explorer_narrow(&u->x, s->filter);
    u->x.message[0] = '\0';
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
        shown.bookmarks = u->session.bookmarks;
        u->session = shown;
        kept = true;
    }
    reel_use_bookmarks(u->x.reel, &u->session.bookmarks);
    if (why[0])
        explorer_say(&u->x, ROLE_WARN, "%s", why);
    u->session_waits = kept;
    if (kept) {
        put_panes(u);
        ui_resize(u, u->sheet.cols, u->sheet.rows);
    }
}

bool ui_session_save(struct ui *u) {
    char why[256];
    if (!u->session_path || u->session_waits)
        return true;
    ui_session_take(u, &u->session);
    if (session_write(u->session_path, &u->session, why))
        return true;
    explorer_say(&u->x, ROLE_ERROR, "%s", why);
    return false;
}

void ui_session_end(struct ui *u) {
    if (!u->session_forgotten)
        ui_session_save(u);
    reel_use_bookmarks(u->x.reel, NULL);
    session_free(&u->session);
    free(u->session_path);
    u->session_path = NULL;
}
