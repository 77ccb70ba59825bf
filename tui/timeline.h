/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * timeline.h - the rows of the timeline: which there are, which have room, and drawing them.
 *
 *   view_timeline.c   the pane: title, cursor, keys, mouse
 *   timeline_rows.c   which rows have room (pure), and their labels
 *   timeline_plot.c   curves
 *   timeline_bands.c  phases, Ps, stops, annotations, lives, marks, the axis
 *
 * What has to look through ranges or annotations is kept as long as the window and the number of them stay.
 */
#ifndef HEAPREEL_TIMELINE_H
#define HEAPREEL_TIMELINE_H

#include "tui/view.h"

struct timeline_layout {
    int16_t y[TIMELINE_ROWS], h[TIMELINE_ROWS]; /* h 0: no room, or off */
    int16_t axis, legend;                       /* -1: no room */
};

/* Which rows have room in a pane of h rows. `on`: bits; `procs`: how many Ps there are. */
void timeline_arrange(int h, unsigned on, size_t procs, struct timeline_layout *out);

/* A row's name as the chooser and the prompt have it: "objects"; and what it shows. */
const char *timeline_row_name(enum timeline_row row);
const char *timeline_row_about(enum timeline_row row);

enum { TIMELINE_LABELS = 9, TIMELINE_MAX = 4096 };

/* What was found out about the columns of the window. */
struct timeline_kept {
    struct window win;
    int n;
    size_t counts[4];       /* of assists, stops, annotations; of what is loaded */
    int64_t *assist, *stop; /* weight by column */
    size_t *note;           /* the first of each column, SIZE_MAX */
    uint32_t *region;       /* annotations that cover a column: index + 1 of the last begun, 0 none */
    size_t cap;
};

struct timeline_data {
    struct timeline_kept kept;
};
void timeline_kept_free(struct timeline_kept *k);

/* ---- drawing; p: the columns of the plot in rows of the pane, labels: the cells at their left */
void timeline_plot(struct view *v, const struct pen *p, const struct pen *labels, const struct timeline_layout *l);
void timeline_bands(struct view *v, const struct pen *p, const struct pen *labels, const struct timeline_layout *l);
/* Bookmarks as @name, with their notes or not, as far as there is room before the next one. */
void timeline_bookmarks(struct view *v, const struct pen *p, int y, bool notes);
void timeline_axis(struct view *v, const struct pen *p, int y);
void timeline_legend(const struct pen *p, int y);
void timeline_label(const struct pen *labels, int y, enum role role, const char *words);

#endif
