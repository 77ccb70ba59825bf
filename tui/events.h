/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * events.h - the cells of one row of a history: what the bucket pane and the pages show alike.
 */
#ifndef HEAPREEL_EVENTS_H
#define HEAPREEL_EVENTS_H

#include "tui/explorer.h"
#include "tui/table.h"

enum { EVENT_TIME, EVENT_NAME, EVENT_WHAT, EVENT_G, EVENT_P, EVENT_GC, EVENT_PHASE, EVENT_LASTED, EVENT_COLS };

/* Whether an event is about an object (and not about its span). */
bool event_is_object(const struct fact *f);
/* Fill the cells of a row of h; what comes after the cursor is dim. `ends`: say of objects that they were never freed,
 * which looks at the rows that follow. */
enum role event_cells(struct explorer *x, const struct history *h, size_t row, bool ends, struct table_cell *cells);
/* What a column sorts a row by; `bucket`: of a slot, not of a span. Columns whose least comes first. */
int64_t event_key(const struct history *h, size_t row, int col, bool bucket);
enum { EVENT_LEAST_FIRST = 1 << EVENT_TIME | 1 << EVENT_GC | 1 << EVENT_G | 1 << EVENT_P | 1 << EVENT_NAME };
/* Whether the filter lets a row through. */
bool event_wanted(const struct explorer *x, const struct history *h, size_t row);

#endif
