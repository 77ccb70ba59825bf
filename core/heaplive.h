/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * heaplive.h - the runtime's own count of the heap, gcController.heapLive, reckoned from the rebuilt one. For core/
 * only.
 *
 * The runtime doesn't count objects, but what mcaches get: all of a span but the objects that lie in it, down to the
 * bytes behind its last slot, when a refill takes it (Go 1.23 to 1.26: mcache.go, refill), and the whole of a large
 * one (allocLarge). Mark termination sets the count to what was marked (mgcpacer.go, resetLive). A trace has the count
 * after each such change, as its metric "heap live"; no event says which span made it so. So where both agree, the
 * spans that refills took, and the objects in them, were concluded rightly.
 */
#ifndef HEAPREEL_HEAPLIVE_H
#define HEAPREEL_HEAPLIVE_H

#include "core/report.h"

#define HEAPLIVE_UNKNOWN UINT64_MAX

/*
 * What the count came to, in bytes, when each cycle of reel_cycles from `first` up to `end` began: at[i - first];
 * HEAPLIVE_UNKNOWN where the trace doesn't tell from what to go on, as those without a snapshot of the heap. One walk
 * over the facts between. False: it was stopped or failed, and env->error is set.
 */
bool heaplive_reckon(struct command_env *env, size_t first, size_t end, uint64_t *at);

#endif
