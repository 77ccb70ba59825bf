/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * index.h - reels kept from one run to the next, so that a large trace is loaded once only. Off unless asked for.
 *
 * They lie in heapreel/ under $XDG_CACHE_HOME (else ~/.cache), each under a name that is a keyed hash of all bytes of
 * the trace, their number, and of which build of the program made it: a trace that was changed and another program find
 * nothing. What is found is used only if all of its checksums are right. Together they take at most INDEX_MOST bytes:
 * the ones that were not used for longest are removed.
 */
#ifndef HEAPREEL_INDEX_H
#define HEAPREEL_INDEX_H

#include "core/core.h"

#define INDEX_MOST (UINT64_C(4) << 30)
enum { INDEX_LEAST = 256 << 10 }; /* bytes of a trace that are worth it */

/* The reel kept for the trace at `path`; NULL: there is none, or `path` is no file. */
reel *index_open(const char *path);

/*
 * Keep a reel that was loaded from the trace at `path`, in a process of its own, which outlives this one if need be.
 * Nothing happens where that can't be done, and nothing is said.
 */
void index_keep(reel *r, const char *path);

#endif
