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

/* n values as one line of n cells, the greatest of them full. n up to 64; a cell takes up to 3 bytes. */
enum { BAR_TEXT = 3 * 64 + 1 };
char *chart_line(const double *v, unsigned n, bool plain, char dst[BAR_TEXT]);

/* A histogram of a distribution, in steps that double. `unit` as of columns; `title` stands above it. */
void chart_histogram(struct sink *out, const char *title, const struct dist *d, enum unit unit);

/* A curve: n values, NAN where not known, `height` lines high, from 0 to the greatest, with a scale at the left. */
void chart_curve(struct sink *out, const char *title, const double *v, unsigned n, unsigned height, enum unit unit);

#endif
