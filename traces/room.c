/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * room.c - address space set aside with no right to touch it, which costs nothing; the right comes step by step.
 *
 * Given back memory stays readable (as zeros), so that reading a little beyond or behind harms nobody.
 */
#include "traces/room.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    STEP = 1 << 20, /* usable bytes are added, and given back, in multiples of this */
    LEAST = 1 << 24 /* address space that is worth a try */
};

static size_t round_up(uint64_t n) {
    n = n > LEAST ? n : LEAST;
    n = (n + STEP - 1) / STEP * STEP;
    return n <= SIZE_MAX / 2 ? (size_t)n : SIZE_MAX / 2 / STEP * STEP;
}

/* A process that may only have so much address space needs half of it for everything else. */
static uint64_t allowed(uint64_t most) {
    struct rlimit l;
    if (getrlimit(RLIMIT_AS, &l) != 0 || l.rlim_cur == RLIM_INFINITY || most <= (uint64_t)l.rlim_cur / 2) {
        return most;
    }
    return (uint64_t)l.rlim_cur / 2;
}

bool room_open(struct room *r, uint64_t most) {
    *r = (struct room){0};
    for (size_t size = round_up(allowed(most)); size >= LEAST; size = size / 2 / STEP * STEP) {
        void *p = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (p != MAP_FAILED) {
            r->base = p;
            r->size = size;
            return true;
        }
    }
    return false;
}

void room_close(struct room *r) {
    if (r->base != NULL) {
        munmap(r->base, r->size);
    }
    *r = (struct room){0};
}

bool room_fit(struct room *r, size_t size) {
    if (size <= r->usable) {
        return true;
    }
    if (size > r->size) {
        return false;
    }
    /* an eighth more than asked for, so that many small requests cost few calls */
    size_t want = (size + size / 8 + STEP - 1) / STEP * STEP;
    want = want < r->size ? want : r->size;
    if (mprotect(r->base + r->usable, want - r->usable, PROT_READ | PROT_WRITE) != 0) {
        return false;
    }
    r->usable = want;
    return true;
}

void room_give_back_range(struct room *r, size_t from, size_t to) {
    from = (from + STEP - 1) / STEP * STEP;
    to = to / STEP * STEP;
    if (from < to && to <= r->usable) {
        madvise(r->base + from, to - from, MADV_DONTNEED);
    }
}

void room_give_back(struct room *r, size_t size) {
    size = size / STEP * STEP;
    if (size > r->given && size <= r->usable) {
        madvise(r->base + r->given, size - r->given, MADV_DONTNEED);
        r->given = size;
    }
}
