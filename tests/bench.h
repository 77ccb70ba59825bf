/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench.h - what programs that measure share: clocks, and the memory of this very process. Linux's /proc is asked for
 * that; elsewhere the figures are 0.
 */
#ifndef HEAPREEL_TESTS_BENCH_H
#define HEAPREEL_TESTS_BENCH_H

#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static inline double clock_seconds(clockid_t clock) {
    struct timespec ts;
    clock_gettime(clock, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}
static inline double now(void) {
    return clock_seconds(CLOCK_MONOTONIC);
}
/* Processor time of this process: what a busy machine changes least. */
static inline double cpu_time(void) {
    return clock_seconds(CLOCK_PROCESS_CPUTIME_ID);
}

/* Bytes that the whole program has allocated; 0 where the C library can't tell, or a sanitizer has taken its place. */
static inline uint64_t memory_held(void) {
#if defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 33) && !defined(__SANITIZE_ADDRESS__)
    struct mallinfo2 m = mallinfo2();
    return m.uordblks + m.hblkhd;
#else
    return 0;
#endif
}

/* Bytes of one row of /proc/self/status: "VmHWM", "RssAnon", "RssFile" ...; 0 where it can't be had. */
static inline uint64_t memory_of(const char *row) {
    FILE *f = fopen("/proc/self/status", "r");
    char line[256];
    uint64_t kb = 0;
    size_t n = strlen(row);
    while (f != NULL && fgets(line, sizeof line, f) != NULL) {
        if (strncmp(line, row, n) == 0 && line[n] == ':') {
            kb = strtoull(line + n + 1, NULL, 10);
        }
    }
    if (f != NULL) {
        fclose(f);
    }
    return kb * 1024;
}

/* One figure, as bench.sh takes it. */
static inline void figure(const char *key, double value) {
    printf("%s=%.9g\n", key, value);
}

#endif
