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
/* Repair after the time at i has changed. */
void heap_update(struct sort_key *h, size_t n, size_t i);
void heap_remove(struct sort_key *h, size_t *n, size_t i);

#endif
