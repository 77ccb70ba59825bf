/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * usual.h - the scheduler's commonest events from the bytes of a batch to the caller's array in one loop.
 *
 * A trace of a busy scheduler consists of a few types of events, and a thread has thousands of them before another's
 * turn comes. These need not be decoded ahead.
 */
#ifndef HEAPREEL_USUAL_H
#define HEAPREEL_USUAL_H

#include "traces/merge.h"

/*
 * Events of the threads at the front of the merge, as long as these hold one event (cursor_hold_one) and it is usual in
 * every way. Returns how many; where 0, the first one is for its rule.
 */
size_t usual_turns(struct merge *m, struct trace_event *ev, size_t max);

#endif
