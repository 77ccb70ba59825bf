/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * view_timeline.c - the heap over time, the GC's phases, stops and assists, the program's annotations, the cursor.
 *
 * The plot has two dot columns a cell; each shows the least and the greatest value of its stretch of time, so that no
 * spike is lost however long the window is. In the rows below, what took most of a cell's time gives the cell its
 * look; a stop of the world wins over assists.
 */
#include "tui/raster.h"
#include "tui/view.h"

#include <stdlib.h>
#include <string.h>

enum { LABELS = 9, LABEL_MIN = 7, MAX_COLUMNS = 4096 };

/* Rows of the pane from the top; -1: no room. */
struct rows {
    int plot_h;
    int phase, stops, notes, axis;
};

static struct rows rows_of(int h) {
    struct rows r = {.phase = -1, .stops = -1, .notes = -1, .axis = -1};
    int below = h >= 6 ? 4 : h >= 2 ? h - 2 : 0;
    r.plot_h = h - below;
    int y = r.plot_h;
    if (below >= 2)
        r.phase = y++;
    if (below >= 4)
        r.stops = y++;
    if (below >= 3)
        r.notes = y++;
    if (below >= 1)
        r.axis = y;
    return r;
}

int timeline_columns(int w) {
    int n = w - LABELS - 1;
    return n < 1 ? 1 : n > MAX_COLUMNS ? MAX_COLUMNS : n;
}

/* ------------------------------------------------------------------ the plot */

static uint64_t top_of(const struct column *live, const struct column *goal, int n) {
    uint64_t top = 0, high = 0;
    for (int i = 0; i < n; i++) {
        if (live[i].known && live[i].max > top)
            top = live[i].max;
        if (goal[i].known && goal[i].max > high)
            high = goal[i].max;
    }
    /* A goal far above the heap (GOGC off, a memory limit) would press the heap flat: it then lies off the scale. */
    if (high / 4 <= top && high > top)
        top = high;
    return raster_round_up(top);
}

static void plot_cells(const struct pen *p, const struct raster *live, const struct raster *goal,
                       const struct column *values, uint64_t top) {
    bool ascii = p->sheet->ascii;
    for (int c = 0; c < live->cols; c++) {
        int low = 0;
        for (int i = 2 * c; i < 2 * c + 2; i++) {
            int y = raster_level(live, values[i].known ? values[i].min : 0, top);
            if (y > low)
                low = y;
        }
        for (int y = 0; y < live->rows; y++) {
            uint8_t area = raster_cell(live, c, y), line = raster_cell(goal, c, y);
            if (!area && !line)
                continue;
            bool range = y * 4 + 3 < low;
            enum role role = !area ? ROLE_GOAL : range ? ROLE_RANGE : ROLE_LIVE;
            uint32_t ch = !ascii  ? raster_braille(area | line)
                          : !area ? '-'
                          : range ? '|'
                                  : (uint32_t)(unsigned char)raster_ascii(area);
            pen_char(p, c, y, role, ch);
        }
    }
}

static void draw_plot(struct view *v, const struct pen *p, const struct pen *labels) {
    int n = p->r.w * 2;
    struct column *live = calloc((size_t)n * 2 + 2, sizeof *live), *goal = live ? live + n : NULL;
    struct raster area = {0}, line = {0};
    if (live && raster_init(&area, p->r.w, p->r.h) && raster_init(&line, p->r.w, p->r.h)) {
        reel_series(v->x->reel, SERIES_HEAP_LIVE, v->x->win.from, v->x->win.to, live, (size_t)n);
        reel_series(v->x->reel, SERIES_HEAP_GOAL, v->x->win.from, v->x->win.to, goal, (size_t)n);
        uint64_t top = top_of(live, goal, n);
        for (int i = 0; i < n; i++) {
            if (live[i].known)
                raster_bar(&area, i, raster_level(&area, live[i].max, top), raster_height(&area) - 1);
            if (goal[i].known && goal[i].max > 0 && goal[i].max <= top)
                raster_bar(&line, i, raster_level(&line, goal[i].min, top), raster_level(&line, goal[i].max, top));
        }
        plot_cells(p, &area, &line, live, top);
        char words[TIME_TEXT];
        pen_right(labels, LABELS - 1, 0, ROLE_AXIS, bytes_text(top, words));
        if (p->r.h > 2)
            pen_right(labels, LABELS - 1, p->r.h / 2, ROLE_AXIS, "heap");
        if (p->r.h > 1)
            pen_right(labels, LABELS - 1, p->r.h - 1, ROLE_AXIS, "0");
    }
    raster_free(&area);
    raster_free(&line);
    free(live);
}

/* ------------------------------------------------------------------ bands */

/* Add to each column how much of [begin, end) falls into it, at least 1. */
static void weigh(struct window w, int n, int64_t begin, int64_t end, int64_t *weight, int stride) {
    if (end <= w.from || begin >= w.to)
        return;
    int first = begin <= w.from ? 0 : timescale_column(w, n, begin);
    int last = end >= w.to ? n - 1 : timescale_column(w, n, end > begin ? end - 1 : begin);
    for (int c = first; c <= last; c++) {
        int64_t a = timescale_start(w, n, c), b = timescale_start(w, n, c + 1);
        int64_t from = begin > a ? begin : a, to = end < b ? end : b;
        weight[c * stride] += to > from ? to - from : 1;
    }
}

static void draw_phases(struct view *v, const struct pen *p, int y) {
    static const struct {
        enum role role;
        enum glyph glyph;
    } looks[PHASE_LIMIT] = {
        [PHASE_SWEEPTERM] = {ROLE_STOP, GLYPH_STOP},
        [PHASE_MARK] = {ROLE_MARKING, GLYPH_MARKING},
        [PHASE_MARKTERM] = {ROLE_STOP, GLYPH_STOP},
        [PHASE_SWEEP] = {ROLE_SWEEP, GLYPH_SWEEP},
    };
    int n = p->r.w;
    const struct phase_change *c;
    size_t count = reel_phases(v->x->reel, &c);
    int64_t *weight = calloc((size_t)n * PHASE_LIMIT + 1, sizeof *weight);
    if (!weight)
        return;
    for (size_t i = 0; i < count; i++) {
        int64_t end = i + 1 < count ? c[i + 1].t : explorer_end(v->x) + 1;
        if (c[i].phase != PHASE_OFF)
            weigh(v->x->win, n, c[i].t, end, weight + c[i].phase, PHASE_LIMIT);
    }
    for (int x = 0; x < n; x++) {
        int best = PHASE_OFF;
        for (int ph = 1; ph < PHASE_LIMIT; ph++)
            if (weight[x * PHASE_LIMIT + ph] > weight[x * PHASE_LIMIT + best])
                best = ph;
        if (best != PHASE_OFF)
            pen_glyph(p, x, y, looks[best].role, looks[best].glyph);
        else
            pen_glyph(p, x, y, ROLE_FREE, GLYPH_PAGE_FREE);
    }
    free(weight);
}

static void draw_ranges(struct view *v, const struct pen *p, int y, enum range_kind kind, enum role role,
                        enum glyph g) {
    int n = p->r.w;
    const struct range *r;
    size_t count = reel_ranges(v->x->reel, kind, &r);
    int64_t *weight = calloc((size_t)n + 1, sizeof *weight);
    if (!weight)
        return;
    for (size_t i = 0; i < count && r[i].begin < v->x->win.to; i++)
        weigh(v->x->win, n, r[i].begin, r[i].end == NO_TIME ? explorer_end(v->x) + 1 : r[i].end, weight, 1);
    for (int x = 0; x < n; x++)
        if (weight[x] > 0)
            pen_glyph(p, x, y, role, g);
    free(weight);
}

/* The first note of each column, logs before tasks before regions; SIZE_MAX none. */
static void notes_by_column(struct view *v, int n, size_t *first) {
    static const uint8_t rank[] = {[NOTE_LOG] = 3, [NOTE_TASK] = 2, [NOTE_REGION] = 1};
    const struct note *notes;
    size_t count = reel_notes(v->x->reel, &notes);
    for (int c = 0; c < n; c++)
        first[c] = SIZE_MAX;
    for (size_t i = 0; i < count; i++) {
        int c = timescale_column(v->x->win, n, notes[i].begin);
        if (c >= 0 && c < n && (first[c] == SIZE_MAX || rank[notes[i].kind] > rank[notes[first[c]].kind]))
            first[c] = i;
    }
}

/* The last note at or before the cursor is always spelled out, over its neighbours where need be. */
static void draw_note_now(struct view *v, const struct pen *p, int y) {
    const struct note *notes;
    size_t count = reel_notes(v->x->reel, &notes), now = SIZE_MAX;
    for (size_t i = 0; i < count && notes[i].begin <= v->x->now.t; i++)
        if (now == SIZE_MAX || notes[i].kind == NOTE_LOG || notes[i].begin == v->x->now.t)
            now = i;
    if (now == SIZE_MAX)
        return;
    int c = timescale_column(v->x->win, p->r.w, notes[now].begin);
    if (c < 0)
        return;
    char words[96];
    explorer_note(v->x, &notes[now], words, sizeof words);
    int w = text_columns(words);
    pen_glyph(p, c, y, ROLE_NOTE, notes[now].kind == NOTE_LOG ? GLYPH_NOTE : GLYPH_REGION);
    int x = c + 1 + w <= p->r.w || c < w ? c + 1 : c - w;
    for (int i = -1; i <= w; i++)
        if (x + i != c)
            pen_char(p, x + i, y, ROLE_TEXT, ' ');
    pen_text(p, x, y, ROLE_STRONG, words);
}

static void draw_notes(struct view *v, const struct pen *p, int y) {
    int n = p->r.w;
    const struct note *notes;
    reel_notes(v->x->reel, &notes);
    size_t *first = calloc((size_t)n + 1, sizeof *first);
    if (!first)
        return;
    notes_by_column(v, n, first);
    for (int c = 0; c < n; c++) {
        if (first[c] == SIZE_MAX)
            continue;
        const struct note *note = &notes[first[c]];
        int next = c + 1;
        while (next < n && first[next] == SIZE_MAX)
            next++;
        int room = next - c - 2;
        char words[96];
        explorer_note(v->x, note, words, sizeof words);
        pen_glyph(p, c, y, ROLE_NOTE, note->kind == NOTE_LOG ? GLYPH_NOTE : GLYPH_REGION);
        if (room >= LABEL_MIN || room >= text_columns(words))
            pen_text_max(p, c + 1, y, room, ROLE_NOTE, words);
    }
    free(first);
    draw_note_now(v, p, y);
}

static void draw_axis(struct view *v, const struct pen *p, int y) {
    static const struct {
        enum role role;
        enum glyph glyph;
        const char *words;
    } legend[] = {
        {ROLE_MARKING, GLYPH_MARKING, "mark"}, {ROLE_SWEEP, GLYPH_SWEEP, "sweep"}, {ROLE_STOP, GLYPH_STOP, "stopped"},
        {ROLE_ASSIST, GLYPH_ASSIST, "assist"}, {ROLE_GOAL, GLYPH_RULE, "goal"},
    };
    char from[TIME_TEXT], to[TIME_TEXT];
    int64_t last = v->x->win.to - 1, end = explorer_end(v->x);
    time_text(v->x->win.from, from);
    time_text(last > end ? end : last, to);
    int left = pen_text(p, 0, y, ROLE_AXIS, from), right = p->r.w - text_columns(to);
    if (right <= left)
        return;
    pen_text(p, right, y, ROLE_AXIS, to);
    int x = left + 3;
    for (size_t i = 0; i < sizeof legend / sizeof *legend; i++) {
        int w = (int)strlen(legend[i].words) + 4;
        if (x + w > right - 1)
            break;
        pen_glyph(p, x, y, legend[i].role, legend[i].glyph);
        pen_text(p, x + 2, y, ROLE_AXIS, legend[i].words);
        x += w;
    }
}

static void draw_mark(struct view *v, const struct pen *p, const struct rows *r, const struct mark *m, char name) {
    int c = m->set ? timescale_column(v->x->win, p->r.w, m->at.t) : -1;
    if (c < 0 || c >= p->r.w)
        return;
    pen_char(p, c, 0, ROLE_MARK_A, (uint32_t)name);
    for (int y = 1; y < r->plot_h; y++)
        if (sheet_at(p->sheet, p->r.x + c, p->r.y + y)->ch[0] == ' ')
            pen_glyph(p, c, y, ROLE_MARK_A, GLYPH_WALL);
}

static void draw_cursor(struct view *v, const struct pen *p, const struct rows *r) {
    struct explorer *x = v->x;
    int n = p->r.w;
    draw_mark(v, p, r, &x->b, 'B');
    draw_mark(v, p, r, &x->a, 'A');
    int c = timescale_column(x->win, n, x->now.t);
    if (c < 0 || c >= n)
        return;
    for (int y = 0; y < p->r.h; y++)
        if (y != r->axis)
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
    snprintf(dst, cap, ", %s objects", word);
}

static void title(struct view *v, char *dst, size_t cap) {
    struct explorer *x = v->x;
    char len[TIME_TEXT], live[48], goal[48], count[48] = "";
    if (x->whole)
        snprintf(len, sizeof len, "whole trace");
    else
        duration_text(x->win.to - x->win.from, len);
    say_value(x, SERIES_HEAP_LIVE, live, sizeof live);
    say_value(x, SERIES_HEAP_GOAL, goal, sizeof goal);
    if (reel_info(x->reel)->allocfree)
        say_count(x, count, sizeof count);
    snprintf(dst, cap, "%s \302\267 %s: live %s, goal %s%s", len, x->diff ? "since A" : "at cursor", live, goal, count);
}

static struct pen plot_pen(const struct pen *p, int h) {
    int n = timeline_columns(p->r.w);
    return pen_part(p, (struct rect){.x = p->r.w > LABELS ? LABELS : 0, .y = 0, .w = n, .h = h});
}

static void label(const struct pen *p, int y, const char *words) {
    if (y >= 0)
        pen_right(p, LABELS - 1, y, ROLE_AXIS, words);
}

static void draw(struct view *v, const struct pen *p) {
    struct rows r = rows_of(p->r.h);
    struct pen plot = plot_pen(p, r.plot_h), all = plot_pen(p, p->r.h);
    struct pen labels = pen_part(p, (struct rect){.x = 0, .y = 0, .w = p->r.w > LABELS ? LABELS : 0, .h = p->r.h});
    draw_plot(v, &plot, &labels);
    if (r.phase >= 0)
        draw_phases(v, &all, r.phase);
    if (r.stops >= 0) {
        draw_ranges(v, &all, r.stops, RANGE_ASSIST, ROLE_ASSIST, GLYPH_ASSIST);
        draw_ranges(v, &all, r.stops, RANGE_STW, ROLE_STOP, GLYPH_STOP);
    }
    if (r.notes >= 0)
        draw_notes(v, &all, r.notes);
    label(&labels, r.phase, "GC phase");
    label(&labels, r.stops, "stops");
    label(&labels, r.notes, "notes");
    if (r.axis >= 0)
        draw_axis(v, &all, r.axis);
    draw_cursor(v, &all, &r);
}

static bool act(struct view *v, enum action a) {
    if (a == ACT_PAGE) {
        explorer_want_cycle(v->x);
        return true;
    }
    if (a != ACT_ENTER)
        return false;
    explorer_select_event(v->x);
    return true;
}

static void click(struct view *v, int x, int y, bool again) {
    (void)y;
    (void)again;
    int n = v->x->columns, c = x - LABELS;
    if (c >= 0 && c < n)
        explorer_go(v->x, timescale_start(v->x->win, n, c));
}

static void wheel(struct view *v, int dir) {
    if (dir < 0)
        explorer_zoom(v->x, 1, 2);
    else
        explorer_zoom(v->x, 2, 1);
}

const struct view_ops timeline_view = {
    .name = "timeline", .title = title, .draw = draw, .act = act, .click = click, .wheel = wheel};
