/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * view_timeline.c - the heap over time: the pane, its title, the cursor and the marks, keys and mouse. Its rows are
 * drawn by timeline_plot.c and timeline_bands.c.
 */
#include "tui/timeline.h"

#include <stdlib.h>
#include <string.h>

int timeline_columns(int w) {
    int n = w - TIMELINE_LABELS - 1;
    return n < 1 ? 1 : n > TIMELINE_MAX ? TIMELINE_MAX : n;
}

/* ------------------------------------------------------------------ cursor and marks */

static void draw_mark(struct view *v, const struct pen *p, const struct timeline_layout *l, const struct mark *m,
                      char name) {
    int c = m->set ? timescale_column(v->x->win, p->r.w, m->at.t) : -1;
    if (c < 0 || c >= p->r.w)
        return;
    pen_char(p, c, 0, ROLE_MARK_A, (uint32_t)name);
    for (int y = 1; y < l->h[ROW_HEAP]; y++)
        if (sheet_at(p->sheet, p->r.x + c, p->r.y + y)->ch[0] == ' ')
            pen_glyph(p, c, y, ROLE_MARK_A, GLYPH_WALL);
}

/* Columns with matches of the search are underlined on the axis. */
static void draw_hits(struct view *v, const struct pen *p, int axis) {
    const uint32_t *hits = axis >= 0 ? explorer_hit_columns(v->x, p->r.w) : NULL;
    for (int c = 0; hits && c < p->r.w; c++)
        if (hits[c] > 0) {
            pen_tint(p, c, axis, 1, ROLE_NOTE);
            pen_look(p, c, axis, 1, LOOK_UNDERLINE);
        }
}

/* On the axis alone: little to send, and seen without colours. */
static void draw_drawn(struct view *v, const struct pen *p, int axis) {
    if (!v->x->drawn.on)
        return;
    int a = timescale_column(v->x->win, p->r.w, v->x->drawn.from),
        b = timescale_column(v->x->win, p->r.w, v->x->drawn.to);
    a = a < 0 ? 0 : a;
    b = b >= p->r.w ? p->r.w - 1 : b;
    if (b >= a)
        pen_look(p, a, axis < 0 ? 0 : axis, b - a + 1, LOOK_REVERSE);
}

static void draw_cursor(struct view *v, const struct pen *p, const struct timeline_layout *l) {
    struct explorer *x = v->x;
    int n = p->r.w;
    draw_drawn(v, p, l->axis);
    if (l->h[ROW_BOOKMARKS] == 0)
        timeline_bookmarks(v, p, 0, false);
    draw_hits(v, p, l->axis);
    draw_mark(v, p, l, &x->b, 'B');
    draw_mark(v, p, l, &x->a, 'A');
    int c = timescale_column(x->win, n, x->now.t);
    if (c < 0 || c >= n)
        return;
    for (int y = 0; y < p->r.h; y++)
        if (y != l->axis && y != l->legend)
            pen_tint(p, c, y, 1, ROLE_CURSOR);
}

/* ------------------------------------------------------------------ the pane */

/* A value at the cursor, or its change since mark A. */
static void say_value(const struct explorer *x, enum series_kind kind, char *dst, size_t cap) {
    uint64_t value, then;
    char word[TIME_TEXT];
    bool known = reel_value(x->reel, kind, x->now.t, &value);
    if (known && x->diff && reel_value(x->reel, kind, x->a.at.t, &then))
        explorer_change((int64_t)(value - then), true, dst, cap);
    else
        snprintf(dst, cap, "%s", known && !x->diff ? bytes_text(value, word) : "?");
}

static void say_count(const struct explorer *x, char *dst, size_t cap) {
    uint64_t n = frame_totals(x->frame)->objects;
    char word[TIME_TEXT + 2];
    if (x->diff)
        explorer_change((int64_t)(n - x->a.totals.objects), false, word, sizeof word);
    else
        count_text(n, word);
    snprintf(dst, cap, ", %s object%s", word, n == 1 && !x->diff ? "" : "s");
}

/* As much as there is room for: what is given up first is what else can be seen, too. */
static void title(struct view *v, char *dst, size_t cap) {
    static const char *const name = "timeline";
    struct explorer *x = v->x;
    char len[TIME_TEXT], live[48], goal[48], count[48] = "";
    const char *when = x->diff ? "since A: " : "";
    int room = x->columns + TIMELINE_LABELS + 1 - (int)strlen(name) - 5;
    if (x->whole)
        snprintf(len, sizeof len, "whole trace");
    else
        duration_text(x->win.to - x->win.from, len);
    say_value(x, SERIES_HEAP_LIVE, live, sizeof live);
    say_value(x, SERIES_HEAP_GOAL, goal, sizeof goal);
    if (reel_info(x->reel)->allocfree)
        say_count(x, count, sizeof count);
    snprintf(dst, cap, "%s \302\267 %s: live %s, goal %s%s", len, x->diff ? "since A" : "at cursor", live, goal, count);
    if (text_columns(dst) > room)
        snprintf(dst, cap, "%slive %s, goal %s%s", when, live, goal, count);
    if (text_columns(dst) > room)
        snprintf(dst, cap, "%slive %s, goal %s", when, live, goal);
    if (text_columns(dst) > room)
        snprintf(dst, cap, "%slive %s", when, live);
}

static void draw(struct view *v, const struct pen *p) {
    struct timeline_layout l;
    timeline_arrange(p->r.h, v->x->rows, reel_procs(v->x->reel), &l);
    bool wide = p->r.w > TIMELINE_LABELS;
    struct pen all =
        pen_part(p, (struct rect){.x = wide ? TIMELINE_LABELS : 0, .w = timeline_columns(p->r.w), .h = p->r.h});
    struct pen labels = pen_part(p, (struct rect){.w = wide ? TIMELINE_LABELS : 0, .h = p->r.h});
    timeline_plot(v, &all, &labels, &l);
    timeline_bands(v, &all, &labels, &l);
    if (l.axis >= 0)
        timeline_axis(v, &all, l.axis);
    if (l.legend >= 0)
        timeline_legend(&all, l.legend);
    draw_cursor(v, &all, &l);
}

static bool act(struct view *v, enum action a) {
    if (a == ACT_PAGE) {
        explorer_want_cycle(v->x);
        return true;
    }
    if (a == ACT_OTHER) {
        explorer_extreme(v->x);
        return true;
    }
    if (a != ACT_ENTER)
        return false;
    explorer_select_event(v->x);
    return true;
}

static int64_t time_at(const struct view *v, int x) {
    int c = x - TIMELINE_LABELS;
    return timescale_start(v->x->win, v->x->columns, c < 0 ? 0 : c > v->x->columns ? v->x->columns : c);
}

static void click(struct view *v, int x, int y, bool again) {
    (void)y;
    (void)again;
    if (x >= TIMELINE_LABELS && x < TIMELINE_LABELS + v->x->columns)
        explorer_go(v->x, time_at(v, x));
}

/* What was drawn over becomes the window once the button is let go. */
static void drag(struct view *v, int from, int to, bool over) {
    int64_t a = time_at(v, from < to ? from : to), b = time_at(v, (from < to ? to : from) + 1) - 1;
    char word[TIME_TEXT];
    b = b > a ? b : a;
    if (over) {
        explorer_window(v->x, a, b);
        return;
    }
    v->x->drawn.on = true;
    v->x->drawn.from = a;
    v->x->drawn.to = b;
    explorer_say(v->x, ROLE_TEXT, "let go to show these %s", duration_text(b - a, word));
}

static void wheel(struct view *v, int dir) {
    if (dir < 0)
        explorer_zoom(v->x, 1, 2);
    else
        explorer_zoom(v->x, 2, 1);
}

static void done(struct view *v) {
    timeline_kept_free(&((struct timeline_data *)v->data)->kept);
}

static const char *const words[] = {"heap live", "heap goal", "live", "assist", NULL};

const struct view_ops timeline_view = {.name = "timeline",
                                       .size = sizeof(struct timeline_data),
                                       .title = title,
                                       .draw = draw,
                                       .act = act,
                                       .click = click,
                                       .drag = drag,
                                       .words = words,
                                       .wheel = wheel,
                                       .done = done};
