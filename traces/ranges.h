/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ranges.h - what is open on goroutines: ranges (stop-the-world, mark assist), user regions; and open user tasks.
 *
 * Each goroutine has two chains of marks, whose heads lie in its state (NO_MARK: empty). Regions are a stack, ranges
 * stand in no order that means anything, but are kept as the reference keeps them (order.go: rangeState), since that
 * decides which of several an end closes. Nothing here touches the order of events.
 */
#ifndef HEAPREEL_RANGES_H
#define HEAPREEL_RANGES_H

#include "traces/idmap.h"
#include "traces/traces.h"

#define NO_MARK UINT32_MAX

enum { RANGES_MAX_OPEN = 64 }; /* of one goroutine: looking for one stays cheap, whatever a file says */

struct mark {
    uint64_t id;   /* a range's kind, a region's task */
    uint64_t name; /* of a region: its text's hash, its id in an old trace */
    uint32_t next;
    uint8_t type;  /* of the event that begins it */
    bool nameless; /* its name was in no table: nothing can be said of it */
};

struct ranges {
    struct mark *marks;
    size_t nmarks, cap_marks;
    uint32_t free_mark;
    struct idmap tasks; /* open ones; the value means nothing */
    bool memory_short;
};

struct region_name {
    uint64_t hash; /* or whatever else is the same for the same name */
    bool known;
};

void ranges_init(struct ranges *r);
void ranges_free(struct ranges *r);

enum range_result { RANGE_OK, RANGE_WRONG, RANGE_TOO_MANY };

/* A range of this type and kind begins; RANGE_WRONG: it is open already. */
enum range_result ranges_begin(struct ranges *r, uint32_t *head, uint8_t type, uint64_t kind);
bool ranges_open(const struct ranges *r, uint32_t head, uint8_t type, uint64_t kind);
/* The first open one of this type ends; false: there is none. */
bool ranges_end(struct ranges *r, uint32_t *head, uint8_t type);

void ranges_region_begin(struct ranges *r, uint32_t *head, uint64_t task, struct region_name name);
/* False: the innermost open one is another. Where none is open it began before the trace, which is fine. */
bool ranges_region_end(struct ranges *r, uint32_t *head, uint64_t task, struct region_name name);

/* Forget a chain; *head becomes NO_MARK. */
void ranges_drop(struct ranges *r, uint32_t *head);

#endif
