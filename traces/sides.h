/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sides.h - threads whose plain events are written many at once: what of them may be, and the loops for two of them and
 * for many. Times are ns of the trace's clock.
 */
#ifndef HEAPREEL_SIDES_H
#define HEAPREEL_SIDES_H

#include "traces/merge.h"

/*
 * Where the thread's events stand that may be written. False: they lack something of its context, or that has no number
 * any more, or nothing is known of the thread (s isn't set then); each of them then goes by its rule.
 */
bool side_take(struct merge *m, struct cursor *c, struct side *s, struct outlet *to);
/* All before `next` have been written: what they did to c's P. */
void side_step(struct merge *m, struct cursor *c, const struct trace_record *next);
/* Plain events of s up to the limit, to where there is room. */
size_t side_write(struct merge *m, struct side *s, int64_t limit, struct outlet *to);
/* In damaged traces two threads can hold one P: what each does then shows to the other. */
bool side_shares_p(const struct merge *m, const struct cursor *a, const struct cursor *b);

/* ---- duel.c */
/*
 * Plain events of the two threads at the front, as long as both have some that are earlier than all others': what run()
 * does again and again, without the heap.
 */
void duel(struct merge *m, struct outlet *to);

/* ---- crowd.c */
/* The same of three threads or more, up to CROWD_MOST, as the heap leads to. */
void crowd(struct merge *m, struct outlet *to);

#endif
