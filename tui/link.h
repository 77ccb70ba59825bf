/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * link.h - what one thing on the screen leads to: a page, or an instant.
 */
#ifndef HEAPREEL_LINK_H
#define HEAPREEL_LINK_H

#include <stdbool.h>
#include <stdint.h>

enum link_kind {
    LINK_NONE,
    LINK_SPAN,      /* id: of the span's life */
    LINK_BUCKET,    /* an address */
    LINK_TYPE,      /* a type */
    LINK_GOROUTINE, /* an index, not a goid */
    LINK_CYCLE,     /* an index into the cycles, or CYCLE_NOW */
    LINK_CLASS,     /* a span class */
    LINK_PROC,      /* a P: its mcache, and what it does */
    LINK_CHANGES,   /* since mark A */
    LINK_REPORTS,   /* the list of them */
    LINK_REPORT,    /* see answers.h */
    LINK_ROWS,      /* which rows the timeline has */
    LINK_ROW,       /* one of them: switched on or off */
    LINK_TIME,      /* a time, ns: the cursor goes there */
    LINK_PHASE,     /* cycle * PHASE_LIMIT + phase: the cursor goes to its begin, the timeline shows it */
    LINK_POS,       /* right after the fact of that position: the cursor goes there */
    LINK_KINDS
};

#define CYCLE_NOW UINT64_C(0xffffffff) /* whichever is at the cursor */

struct link {
    uint8_t kind; /* enum link_kind */
    uint64_t id;
};

static inline struct link link_to(enum link_kind kind, uint64_t id) {
    return (struct link){.kind = (uint8_t)kind, .id = id};
}

static inline bool link_equal(struct link a, struct link b) {
    return a.kind == b.kind && a.id == b.id;
}

#endif
