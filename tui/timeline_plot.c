/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * timeline_plot.c - curves: two dot columns a cell, each with the least and the greatest value of its stretch of time,
 * so that no spike is lost however long the window is.
 */
#include "tui/raster.h"
#include "tui/timeline.h"

#include <stdlib.h>
#include <string.h>

static uint64_t top_of(const struct column *live, const struct column *goal, int n) {
    uint64_t top = 0, high = 0;
    for (int i = 0; i < n; i++) {
        if (live[i].known && live[i].max > top)
            top = live[i].max;
        if (goal && goal[i].known && goal[i].max > high)
            high = goal[i].max;
    }
    /* A goal far above the heap (GOGC off, a memory limit) would press the heap flat: it then lies off the scale. */
    if (high / 4 <= top && high > top)
        top = high;
    return top ? raster_round_up(top) : 0;
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

static void draw_curves(struct view *v, const struct pen *p, enum series_kind kind, bool with_goal, uint64_t *top) {
    int n = p->r.w * 2;
    struct column *live = calloc((size_t)n * 2 + 2, sizeof *live), *goal = live && with_goal ? live + n : NULL;
    struct raster area = {0}, line = {0};
    if (live && raster_init(&area, p->r.w, p->r.h) && raster_init(&line, p->r.w, p->r.h)) {
        reel_series(v->x->reel, kind, v->x->win.from, v->x->win.to, live, (size_t)n);
        if (goal)
            reel_series(v->x->reel, SERIES_HEAP_GOAL, v->x->win.from, v->x->win.to, goal, (size_t)n);
        *top = top_of(live, goal, n);
        for (int i = 0; i < n; i++) {
            if (live[i].known)
                raster_bar(&area, i, raster_level(&area, live[i].max, *top), raster_height(&area) - 1);
            if (goal && goal[i].known && goal[i].max > 0 && goal[i].max <= *top)
                raster_bar(&line, i, raster_level(&line, goal[i].min, *top), raster_level(&line, goal[i].max, *top));
        }
        plot_cells(p, &area, &line, live, *top);
    }
    raster_free(&area);
    raster_free(&line);
    free(live);
}

static const struct {
    uint8_t row, kind;
    bool goal, bytes;
} curves[] = {
    {ROW_HEAP, SERIES_HEAP_LIVE, true, true},
    {ROW_OBJECTS, SERIES_OBJECTS, false, false},
    {ROW_SPANS, SERIES_SPAN_BYTES, false, true},
    {ROW_STACKS, SERIES_STACK_BYTES, false, true},
};

/* "12 345" has room, "1 234 567" is 1.2 M. */
static void short_count(uint64_t n, char dst[TIME_TEXT]) {
    if (n < 100000)
        count_text(n, dst);
    else if (n < 10000000)
        snprintf(dst, TIME_TEXT, "%.1f M", (double)n / 1e6);
    else
        snprintf(dst, TIME_TEXT, "%.0f M", (double)n / 1e6);
}

/* The scale at the top, the name, and the value under the cursor where a row is left for it. */
static void label_curve(struct view *v, const struct pen *labels, int y, int h, size_t i, uint64_t top) {
    char word[TIME_TEXT];
    uint64_t now;
    const char *name = curves[i].row == ROW_HEAP ? "heap" : timeline_row_name((enum timeline_row)curves[i].row);
    if (curves[i].row != ROW_HEAP) {
        timeline_label(labels, y, ROLE_AXIS, name);
        if (h > 1 && reel_value(v->x->reel, (enum series_kind)curves[i].kind, v->x->now.t, &now)) {
            if (curves[i].bytes)
                bytes_text(now, word);
            else
                short_count(now, word);
            timeline_label(labels, y + 1, ROLE_TEXT, word);
        }
        return;
    }
    if (top > 0) /* else nothing is known yet */
        timeline_label(labels, y, ROLE_AXIS, bytes_text(top, word));
    if (h > 2)
        timeline_label(labels, y + h / 2, ROLE_AXIS, name);
    if (h > 1)
        timeline_label(labels, y + h - 1, ROLE_AXIS, "0");
}

void timeline_plot(struct view *v, const struct pen *p, const struct pen *labels, const struct timeline_layout *l) {
    for (size_t i = 0; i < sizeof curves / sizeof *curves; i++) {
        int y = l->y[curves[i].row], h = l->h[curves[i].row];
        uint64_t top = 0;
        if (h == 0)
            continue;
        struct pen part = pen_part(p, (struct rect){.x = 0, .y = y, .w = p->r.w, .h = h});
        draw_curves(v, &part, (enum series_kind)curves[i].kind, curves[i].goal, &top);
        label_curve(v, labels, y, h, i, top);
    }
}
