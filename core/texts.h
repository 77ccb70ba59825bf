/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * texts.h - texts of the trace, kept for as long as the reel: the trace's own are gone with their generation.
 *
 * Equal texts are kept once: region and log names come again and again.
 */
#ifndef HEAPREEL_TEXTS_H
#define HEAPREEL_TEXTS_H

#include "core/core.h"
#include "traces/idmap.h"

struct texts {
    char **chunks;
    size_t nchunks, cap_chunks;
    size_t used; /* bytes of the last chunk */
    size_t room; /* its size */
    text *all;
    size_t n, cap;
    struct idmap of; /* hash -> index of all */
};

/* A copy of t that stays where it is; an empty text where memory is short, and *memory_short is set. */
text texts_keep(struct texts *x, text t, bool *memory_short);
void texts_free(struct texts *x);

#endif
