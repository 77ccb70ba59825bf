/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * visits.c - see visits.h. Visits before the present one are at[0 .. now), those after it at[now .. n).
 */
#include "tui/visits.h"

#include <string.h>

void visits_leave(struct visits *v, const struct visit *present) {
    if (v->now == VISITS_MAX) {
        memmove(v->at, v->at + 1, (VISITS_MAX - 1) * sizeof *v->at);
        v->now--;
    }
    v->at[v->now++] = *present;
    v->n = v->now;
}

bool visits_back(struct visits *v, const struct visit *present, struct visit *to) {
    if (v->now == 0)
        return false;
    *to = v->at[--v->now];
    v->at[v->now] = *present;
    return true;
}

bool visits_forward(struct visits *v, const struct visit *present, struct visit *to) {
    if (v->now == v->n)
        return false;
    *to = v->at[v->now];
    v->at[v->now++] = *present;
    return true;
}
