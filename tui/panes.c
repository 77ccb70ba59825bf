/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * panes.c - three arrangements: narrow (timeline and the pane in focus), two columns, three columns.
 */
#include "tui/panes.h"

#include <string.h>

enum {
    MIN_COLS = 24,
    MIN_ROWS = 5,
    TWO_COLS = 72,
    TWO_ROWS = 20,
    THREE_COLS = 160,
    THREE_ROWS = 30,
    TIMELINE_MIN = 8,
    TIMELINE_MAX = 14
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

static void narrow(struct panes *l, struct rect body, enum pane focus) {
    if (focus == PANE_TIMELINE || body.h < TIMELINE_MIN + 4) {
        l->pane[focus] = body;
        return;
    }
    l->pane[PANE_TIMELINE] = cut_top(&body, TIMELINE_MIN);
    l->pane[focus] = body;
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

/* The map on the left; span over bucket in the middle; mcentral over types on the right. */
static void three_columns(struct panes *l, struct rect body) {
    int right = between(body.w * 37 / 100, 60, 80);
    int middle = between(body.w * 42 / 100, 44, 88);
    struct rect left = cut_left(&body, body.w - right - middle - 2);
    l->pane[PANE_MAP] = left;
    l->gap[0] = cut_left(&body, 1);
    struct rect mid = cut_left(&body, middle);
    l->pane[PANE_SPAN] = cut_top(&mid, mid.h / 2);
    l->pane[PANE_BUCKET] = mid;
    l->gap[1] = cut_left(&body, 1);
    l->pane[PANE_CENTRAL] = cut_top(&body, body.h / 2);
    l->pane[PANE_TYPES] = body;
}

void panes_arrange(int cols, int rows, enum pane zoomed, enum pane focus, struct panes *out) {
    memset(out, 0, sizeof *out);
    out->cols = cols;
    out->rows = rows;
    if (cols < MIN_COLS || rows < MIN_ROWS) {
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
    if (cols < TWO_COLS || rows < TWO_ROWS) {
        narrow(out, body, focus);
        return;
    }
    out->pane[PANE_TIMELINE] = cut_top(&body, between(rows / 4, TIMELINE_MIN, TIMELINE_MAX));
    if (cols >= THREE_COLS && rows >= THREE_ROWS)
        three_columns(out, body);
    else
        two_columns(out, body);
}
