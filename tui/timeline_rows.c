/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * timeline_rows.c - which rows of the timeline have room. Pure.
 */
#include "tui/timeline.h"

#include <string.h>

static const struct {
    const char *name, *about;
} rows[TIMELINE_ROWS] = {
    [ROW_HEAP] = {"heap", "heap live and the GC's goal"},
    [ROW_OBJECTS] = {"objects", "live objects"},
    [ROW_SPANS] = {"spans", "bytes in heap spans"},
    [ROW_STACKS] = {"stacks", "bytes in stacks and other manual spans"},
    [ROW_PHASE] = {"phase", "the GC's phases"},
    [ROW_PROCS] = {"procs", "what each P does: mutator, mark worker, assist, sweep, stopped, idle"},
    [ROW_STOPS] = {"stops", "stops of the world, assists"},
    [ROW_REGIONS] = {"regions", "the program's regions and tasks"},
    [ROW_NOTES] = {"notes", "the program's annotations where they begin"},
    [ROW_BOOKMARKS] = {"bookmarks", "bookmarks with their notes; without this row their names stand at the top"},
    [ROW_SPAN] = {"span", "objects in the selected span over its life"},
    [ROW_BUCKET] = {"bucket", "the selected bucket: in use or free"},
};

const char *timeline_row_name(enum timeline_row row) {
    return rows[row].name;
}

const char *timeline_row_about(enum timeline_row row) {
    return rows[row].about;
}

/* Rows get room in this order; the axis comes second, the legend last, and a plot's further rows after that. */
enum { AXIS = TIMELINE_ROWS, LEGEND };
static const uint8_t order[] = {ROW_PHASE, AXIS,        ROW_NOTES,   ROW_BOOKMARKS, ROW_STOPS,  ROW_PROCS, ROW_BUCKET,
                                ROW_SPAN,  ROW_REGIONS, ROW_OBJECTS, ROW_SPANS,     ROW_STACKS, LEGEND};

static bool is_plot(int row) {
    return row <= ROW_STACKS;
}

/* The heap keeps two fifths of the pane, and three rows where there are six. */
static int heap_least(int h) {
    int least = h * 2 / 5;
    return h < 6 ? (h < 2 ? h : 2) : least < 3 ? (h == 6 ? 2 : 3) : least;
}

static void give_room(struct timeline_layout *out, int row, int *room, size_t procs, bool all) {
    int want = 1;
    if (row == ROW_PROCS)
        want = procs > 1024 ? 1024 : (int)procs;
    else if (is_plot(row) && all)
        want = 2;
    if (row == ROW_PROCS && want > (*room + 1) / 2 && want > 2)
        want = (*room + 1) / 2 > 2 ? (*room + 1) / 2 : 2;
    if (want > *room)
        want = *room;
    out->h[row] = (int16_t)want;
    *room -= want;
}

void timeline_arrange(int h, unsigned on, size_t procs, struct timeline_layout *out) {
    memset(out, 0, sizeof *out);
    out->axis = out->legend = -1;
    if (h <= 0)
        return;
    bool heap = (on >> ROW_HEAP & 1) != 0, axis = false, legend = false;
    int room = heap ? h - heap_least(h) : h;
    for (size_t i = 0; i < sizeof order && room > 0; i++) {
        if (order[i] == AXIS) {
            axis = true;
            room--;
        } else if (order[i] == LEGEND) {
            legend = room > 1 || h >= 12;
            room -= legend;
        } else if (on >> order[i] & 1) {
            give_room(out, order[i], &room, procs, h >= 20);
        }
    }
    if (heap)
        out->h[ROW_HEAP] = (int16_t)(heap_least(h) + room);
    int y = 0;
    for (int row = 0; row < TIMELINE_ROWS; row++) {
        out->y[row] = (int16_t)y;
        y += out->h[row];
    }
    if (axis)
        out->axis = (int16_t)y++;
    if (legend)
        out->legend = (int16_t)y;
}
