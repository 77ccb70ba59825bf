/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * chart.h - pictures in text output: bars, histograms, curves; in blocks, or in ASCII. For core/ only.
 *
 * They are notes of a sink: text output shows them behind the rows, machine-readable forms leave them out.
 */
#ifndef HEAPREEL_CHART_H
#define HEAPREEL_CHART_H

#include "core/core.h"
#include "core/dist.h"

/* Whether this sink must do with ASCII. */
bool chart_plain(const struct sink *out);

/* `share` (0 to 1) of `width` cells as a bar, padded with blanks to that width. dst: at least 3 * width + 1 bytes. */
enum { BAR_TEXT = 3 * 64 + 1 };
char *chart_bar(double share, unsigned width, bool plain, char dst[BAR_TEXT]);

/* n values as one line of n cells, the greatest of them full. n up to 64. */
char *chart_line(const double *v, unsigned n, bool plain, char dst[BAR_TEXT]);

/* A histogram of a distribution, in steps that double. `unit` as of columns; `title` stands above it. */
void chart_histogram(struct sink *out, const char *title, const struct dist *d, enum unit unit);

/* A curve: n values, NAN where not known, `height` lines high, from 0 to the greatest, with a scale at the left. */
void chart_curve(struct sink *out, const char *title, const double *v, unsigned n, unsigned height, enum unit unit);

/* A number in its unit, for people. */
char *chart_number(double v, enum unit unit, char dst[TIME_TEXT]);

#endif
