/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * throng.h - the scheduler's commonest events where more than two threads take turns after one or two of them.
 *
 * The heap of the merge becomes one of small keys, in which the next one sinks without a branch: where to can't be
 * foretold.
 */
#ifndef HEAPREEL_THRONG_H
#define HEAPREEL_THRONG_H

#include "traces/lanes.h"

enum { THRONG_LANES = 63 };

/*
 * Events of all threads, to where there is room; those that aren't of the commonest go by their rules in between, as
 * long as they concern nobody but their own thread. x has room for THRONG_LANES; with more threads none come. Returns
 * how many. *worth: the same less what those that went by their rules cost.
 */
size_t throng(struct merge *m, struct lanes *x, struct outlet *to, size_t *worth);

#endif
