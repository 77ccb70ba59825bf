/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * clock.h - the clock that slices of work are measured by: it never goes back, and knows no time of day.
 */
#ifndef HEAPREEL_CLOCK_H
#define HEAPREEL_CLOCK_H

#include <stdint.h>
#include <time.h>

/* ns since some instant in the past. */
static inline int64_t now_ns(void) {
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

#endif
