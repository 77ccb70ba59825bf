/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ranges.c - chains of marks; freed ones are chained too and used again.
 */
#include "traces/ranges.h"
#include "traces/grow.h"

void ranges_init(struct ranges *r) {
    *r = (struct ranges){.free_mark = NO_MARK};
}

void ranges_free(struct ranges *r) {
    free(r->marks);
    idmap_free(&r->tasks);
    *r = (struct ranges){.free_mark = NO_MARK};
}

static uint32_t new_mark(struct ranges *r, struct mark m) {
    uint32_t i = r->free_mark;
    if (i != NO_MARK) {
        r->free_mark = r->marks[i].next;
    } else if (r->nmarks < NO_MARK && GROW(r->marks, r->nmarks, r->cap_marks)) {
        i = (uint32_t)r->nmarks++;
    } else {
        r->memory_short = true;
        return NO_MARK;
    }
    r->marks[i] = m;
    return i;
}

static void free_mark(struct ranges *r, uint32_t i) {
    r->marks[i].next = r->free_mark;
    r->free_mark = i;
}

bool ranges_open(const struct ranges *r, uint32_t head, uint8_t type, uint64_t kind) {
    for (uint32_t i = head; i != NO_MARK; i = r->marks[i].next) {
        if (r->marks[i].type == type && r->marks[i].id == kind) {
            return true;
        }
    }
    return false;
}

/* New ones go to the end of their chain. */
enum range_result ranges_begin(struct ranges *r, uint32_t *head, uint8_t type, uint64_t kind) {
    unsigned n = 0;
    uint32_t last = NO_MARK;
    for (uint32_t i = *head; i != NO_MARK; i = r->marks[i].next, n++) {
        if (r->marks[i].type == type && r->marks[i].id == kind) {
            return RANGE_WRONG;
        }
        last = i;
    }
    if (n >= RANGES_MAX_OPEN) {
        return RANGE_TOO_MANY;
    }
    uint32_t i = new_mark(r, (struct mark){.id = kind, .type = type, .next = NO_MARK});
    if (last == NO_MARK) {
        *head = i;
    } else {
        r->marks[last].next = i;
    }
    return RANGE_OK;
}

/* The chain's last one takes the place of the one that ends. */
bool ranges_end(struct ranges *r, uint32_t *head, uint8_t type) {
    uint32_t found = NO_MARK, last = NO_MARK, *link = head, *last_link = head;
    for (uint32_t i = *head; i != NO_MARK; link = &r->marks[i].next, i = *link) {
        if (found == NO_MARK && r->marks[i].type == type) {
            found = i;
        }
        last = i;
        last_link = link;
    }
    if (found == NO_MARK) {
        return false;
    }
    r->marks[found].id = r->marks[last].id;
    r->marks[found].type = r->marks[last].type;
    *last_link = NO_MARK;
    free_mark(r, last);
    return true;
}

void ranges_region_begin(struct ranges *r, uint32_t *head, uint64_t task, struct region_name name) {
    uint32_t i = new_mark(
        r,
        (struct mark){
            .id = task, .name = name.hash, .next = *head, .type = TRACE_EV_USER_REGION_BEGIN, .nameless = !name.known});
    if (i != NO_MARK) {
        *head = i;
    }
}

bool ranges_region_end(struct ranges *r, uint32_t *head, uint64_t task, struct region_name name) {
    if (*head == NO_MARK) {
        return true;
    }
    uint32_t i = *head;
    const struct mark *m = &r->marks[i];
    bool named = name.known && !m->nameless;
    bool same = m->id == task && (!named || m->name == name.hash);
    *head = m->next;
    free_mark(r, i);
    return same;
}

void ranges_drop(struct ranges *r, uint32_t *head) {
    while (*head != NO_MARK) {
        uint32_t i = *head;
        *head = r->marks[i].next;
        free_mark(r, i);
    }
}
