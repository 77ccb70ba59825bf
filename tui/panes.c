/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * panes.c - the arrangements, and which of them suits a screen. Below LEAST of a layout its panes would be too small to
 * read; auto takes a layout from USUAL on, where it shows more than the next smaller one.
 */
#include "tui/panes.h"

#include <stdint.h>
#include <string.h>

enum { TIMELINE_LEAST = 8, TIMELINE_MOST = 20, STACK_PANE = 5 };

const char *const layout_words[LAYOUTS + 1] = {"auto", "one", "stack", "two", "three", "four", NULL};

static const struct {
    int16_t least_cols, least_rows, usual_cols, usual_rows;
} rooms[LAYOUTS] = {
    [LAYOUT_ONE] = {PANES_MIN_COLS, PANES_MIN_ROWS, PANES_MIN_COLS, PANES_MIN_ROWS},
    [LAYOUT_STACK] = {PANES_MIN_COLS, 2 + TIMELINE_LEAST + (PANES - 1) * STACK_PANE, PANES_MIN_COLS, 38},
    [LAYOUT_TWO] = {72, 20, 72, 20},
    [LAYOUT_THREE] = {132, 24, 160, 30},
    [LAYOUT_FOUR] = {180, 24, 220, 40},
};

static int between(int v, int lo, int hi) {
    return v < lo ? lo : v > hi ? hi : v;
}

static struct rect rect_of(int x, int y, int w, int h) {
    return (struct rect){.x = x, .y = y, .w = w, .h = h};
}

/* Cut `h` rows off the top of *r and return them. */
static struct rect cut_top(struct rect *r, int h) {
    struct rect top = rect_of(r->x, r->y, r->w, h);
    r->y += h;
    r->h -= h;
    return top;
}

static struct rect cut_left(struct rect *r, int w) {
    struct rect left = rect_of(r->x, r->y, w, r->h);
    r->x += w;
    r->w -= w;
    return left;
}

static void one(struct panes *l, struct rect body, enum pane focus) {
    if (body.h < TIMELINE_LEAST + (focus == PANE_TIMELINE ? 12 : 4)) {
        l->pane[focus] = body;
        return;
    }
    l->pane[PANE_TIMELINE] = cut_top(&body, between(body.h / 3, TIMELINE_LEAST, TIMELINE_MOST));
    l->pane[focus == PANE_TIMELINE ? PANE_MAP : focus] = body;
}

/* Shares of what is left below the timeline; the last one takes the rest. */
static void stack(struct panes *l, struct rect body) {
    static const uint8_t share[PANES] = {
        [PANE_MAP] = 24, [PANE_SPAN] = 16, [PANE_CENTRAL] = 20, [PANE_TYPES] = 20, [PANE_BUCKET] = 20};
    int room = body.h - (PANES - 1) * STACK_PANE;
    for (int i = PANE_MAP; i < PANES; i++)
        l->pane[i] = cut_top(&body, i == PANES - 1 ? body.h : STACK_PANE + room * share[i] / 100);
}

/* Map over span on the left, mcentral over types on the right, the bucket below both. */
static void two_columns(struct panes *l, struct rect body) {
    int bucket = between(body.h * 3 / 10, 4, 16);
    struct rect upper = cut_top(&body, body.h - bucket);
    l->pane[PANE_BUCKET] = body;

    int right = between(upper.w * 11 / 20, 44, 76);
    struct rect left = cut_left(&upper, upper.w - right - 1);
    l->gap[0] = cut_left(&upper, 1);
    l->pane[PANE_MAP] = cut_top(&left, left.h * 9 / 20);
    l->pane[PANE_SPAN] = left;
    l->pane[PANE_CENTRAL] = cut_top(&upper, upper.h / 2);
    l->pane[PANE_TYPES] = upper;
}

/* A column of width w at the left of *body, and the gap behind it. */
static struct rect cut_column(struct panes *l, struct rect *body, int w, int gap) {
    struct rect column = cut_left(body, w);
    l->gap[gap] = cut_left(body, 1);
    return column;
}

/* The map on the left; span over bucket in the middle; mcentral over types on the right. */
static void three_columns(struct panes *l, struct rect body) {
    int right = between(body.w * 37 / 100, 46, 80);
    int middle = between(body.w * 42 / 100, 44, 88);
    l->pane[PANE_MAP] = cut_column(l, &body, body.w - right - middle - 2, 0);
    struct rect mid = cut_column(l, &body, middle, 1);
    l->pane[PANE_SPAN] = cut_top(&mid, mid.h * 2 / 5);
    l->pane[PANE_BUCKET] = mid;
    l->pane[PANE_CENTRAL] = cut_top(&body, body.h / 2);
    l->pane[PANE_TYPES] = body;
}

/* The same with a column for each list: as many of their rows as there can be, and at 250 columns all of their own. */
static void four_columns(struct panes *l, struct rect body) {
    int types = between(body.w * 20 / 100, 44, 60);
    int central = between(body.w * 30 / 100, 44, 76);
    int middle = between(body.w * 32 / 100, 44, 96);
    l->pane[PANE_MAP] = cut_column(l, &body, body.w - types - central - middle - 3, 0);
    struct rect mid = cut_column(l, &body, middle, 1);
    l->pane[PANE_SPAN] = cut_top(&mid, mid.h * 2 / 5);
    l->pane[PANE_BUCKET] = mid;
    l->pane[PANE_CENTRAL] = cut_column(l, &body, central, 2);
    l->pane[PANE_TYPES] = body;
}

static enum layout choose(int cols, int rows, enum layout wanted) {
    int i = wanted == LAYOUT_AUTO ? LAYOUT_FOUR : (int)wanted;
    for (; i > LAYOUT_ONE; i--) {
        bool usual = wanted == LAYOUT_AUTO;
        int least_cols = usual ? rooms[i].usual_cols : rooms[i].least_cols;
        int least_rows = usual ? rooms[i].usual_rows : rooms[i].least_rows;
        if (cols >= least_cols && rows >= least_rows)
            break;
    }
    return (enum layout)i;
}

void panes_arrange(int cols, int rows, enum layout wanted, enum pane zoomed, enum pane focus, struct panes *out) {
    memset(out, 0, sizeof *out);
    out->cols = cols;
    out->rows = rows;
    if (cols < PANES_MIN_COLS || rows < PANES_MIN_ROWS) {
        out->too_small = true;
        return;
    }
    struct rect body = rect_of(0, 0, cols, rows);
    out->header = cut_top(&body, 1);
    out->footer = rect_of(0, rows - 1, cols, 1);
    body.h--;
    out->body = body;
    if (zoomed < PANES) {
        out->pane[zoomed] = body;
        return;
    }
    enum layout layout = choose(cols, rows, wanted);
    if (layout == LAYOUT_ONE) {
        one(out, body, focus);
        return;
    }
    static void (*const arrange[LAYOUTS])(struct panes *, struct rect) = {[LAYOUT_STACK] = stack,
                                                                          [LAYOUT_TWO] = two_columns,
                                                                          [LAYOUT_THREE] = three_columns,
                                                                          [LAYOUT_FOUR] = four_columns};
    int most = layout == LAYOUT_STACK ? rows / 5 : rows / 4;
    out->pane[PANE_TIMELINE] = cut_top(&body, between(most, TIMELINE_LEAST, TIMELINE_MOST));
    arrange[layout](out, body);
}
