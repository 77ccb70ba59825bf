/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sort.h - the merge's heap and sort of (time, index) pairs. Neither is stable, and which of two equal times comes
 * first shows in the order of events: so both follow the reference step by step (internal/trace/order.go; Go's
 * slices.SortFunc).
 */
#ifndef HEAPREEL_SORT_H
#define HEAPREEL_SORT_H

#include <stddef.h>
#include <stdint.h>

struct sort_key {
    int64_t time;
    uint32_t index;
};

/* Sort by time, equal times in the order that Go's pattern-defeating quicksort leaves them. */
void sort_by_time(struct sort_key *a, size_t n);

/* Binary heap, least time first, in an array. */
void heap_push(struct sort_key *h, size_t *n, struct sort_key k);
/* Repair after the time at i has grown. */
static inline void heap_settle(struct sort_key *h, size_t n, size_t i) {
    struct sort_key k = h[i];
    for (size_t child; (child = 2 * i + 1) < n; i = child) {
        child += child + 1 < n && h[child + 1].time < h[child].time;
        if (h[child].time >= k.time) {
            break;
        }
        h[i] = h[child];
    }
    h[i] = k;
}

/* Repair after the time at i has changed. */
void heap_update(struct sort_key *h, size_t n, size_t i);
void heap_remove(struct sort_key *h, size_t *n, size_t i);

#endif
