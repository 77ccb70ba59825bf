/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * turns.h - the scheduler's commonest events where two threads take turns after one or two of them.
 *
 * They are decoded ahead then (cursor_decode_scheduler), as objects are. Where turns are long, usual.h is faster: so
 * how long they are is watched (struct pace).
 */
#ifndef HEAPREEL_TURNS_H
#define HEAPREEL_TURNS_H

#include "traces/merge.h"

/*
 * Events of the two threads at the front of the merge, as long as these are decoded ahead, to where there is room.
 * Where none come the first one is for its rule.
 */
void turns_take(struct merge *m, struct outlet *to);

#endif
