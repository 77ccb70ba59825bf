/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reuse.h - delays between a bucket's free and its reuse, and a span's last free and its return. For core/ only.
 *
 * A slot's delay runs from its object's free (which is seen when its span is swept) to the next allocation in it; where
 * the span goes back instead, there is none. A span's delay runs from its last object's free to its return. An
 * allocation into a slot that was not seen freed in the window is no reuse. A reuse counts for the type that was freed.
 */
#ifndef HEAPREEL_REUSE_H
#define HEAPREEL_REUSE_H

#include "core/report.h"

struct reuse {
    reel *r;
    uint32_t ntypes;
    bool types;
    struct dist *by_type, by_class[SPAN_CLASSES], back[SPAN_CLASSES];
    uint64_t *freed_type, freed_class[SPAN_CLASSES];                    /* slots freed */
    uint64_t *alloc_type, alloc_class[SPAN_CLASSES];                    /* objects allocated */
    uint64_t allocs, alloc_bytes, frees, free_bytes, spans, span_bytes; /* in the window */
    struct slots slots;
    int64_t *last_free; /* by span */
};

/* Count the facts of a window of r; with `types`, delays by type as well as by class. False with env->error set. Free
 * *x with reuse_free in either case. */
bool reuse_count(struct command_env *env, reel *r, const struct report_window *w, bool types, struct reuse *x);
void reuse_free(struct reuse *x);
/* All classes' delays as one. */
void reuse_join(struct dist *to, const struct dist of[SPAN_CLASSES]);

#endif
