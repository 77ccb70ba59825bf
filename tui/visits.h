/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * visits.h - where the person has been: back and forward, as in a browser. Pure: knows no screen.
 *
 * A visit is a page (or none: the panes), the cursor and the selection. The present one is not in the list: it is given
 * when it is left, and so comes back as it was left. The oldest are forgotten where there are more than VISITS_MAX.
 */
#ifndef HEAPREEL_VISITS_H
#define HEAPREEL_VISITS_H

#include "tui/link.h"
#include "tui/rows.h"

#include <stddef.h>

enum { VISITS_MAX = 256 };

/* Where one was on a page. */
struct page_place {
    uint64_t row; /* chosen, ROWS_NONE none */
    struct rows_order order;
};

struct visit {
    struct link page; /* LINK_NONE: the panes */
    uint8_t focus;    /* enum pane */
    bool selected;
    uint64_t addr; /* selected */
    int64_t t;     /* cursor */
    uint64_t pos;
    struct page_place place; /* on the page */
};

struct visits {
    struct visit at[VISITS_MAX];
    size_t n;   /* visits before and after the present one */
    size_t now; /* how many of them lie before it */
};

/* The person leaves `present` for somewhere new: what lay ahead is forgotten. */
void visits_leave(struct visits *v, const struct visit *present);
/* Back or forward from `present` to *to. False: there is nothing in that direction. */
bool visits_back(struct visits *v, const struct visit *present, struct visit *to);
bool visits_forward(struct visits *v, const struct visit *present, struct visit *to);

#endif
