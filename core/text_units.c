/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * text_units.c - numbers for people: times, durations, bytes, counts. Plain ASCII.
 *
 * A time is a place and keeps every digit that counts; a duration is a size and keeps about three.
 */
#include "core/core.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static char *dash(char dst[TIME_TEXT]) {
    return strcpy(dst, "-");
}

/* |ns| without the overflow at INT64_MIN. */
static uint64_t magnitude(int64_t ns) {
    return ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;
}

char *time_text(int64_t ns, char dst[TIME_TEXT]) {
    if (ns == NO_TIME)
        return dash(dst);
    uint64_t u = magnitude(ns);
    unsigned frac = (unsigned)(u % 1000000000);
    int n = snprintf(dst, TIME_TEXT, "%s%" PRIu64 ".%03u %03u", ns < 0 ? "-" : "", u / 1000000000, frac / 1000000,
                     frac / 1000 % 1000);
    size_t at = (size_t)n;
    if (frac % 1000)
        snprintf(dst + at, TIME_TEXT - at, " %03u s", frac % 1000);
    else
        snprintf(dst + at, TIME_TEXT - at, " s");
    return dst;
}

struct scale {
    uint64_t one; /* units of the value in one of this */
    const char *name;
};

/* Three digits or so: 7.34, 73.4, 734. Rounds to nearest; `u` below 2^63. */
static void three_digits(uint64_t u, const struct scale *s, const char *sign, char dst[TIME_TEXT]) {
    uint64_t hundredths = u / s->one * 100 + (u % s->one * 100 + s->one / 2) / s->one;
    if (s->one == 1)
        snprintf(dst, TIME_TEXT, "%s%" PRIu64 " %s", sign, u, s->name);
    else if (hundredths < 1000)
        snprintf(dst, TIME_TEXT, "%s%" PRIu64 ".%02" PRIu64 " %s", sign, hundredths / 100, hundredths % 100, s->name);
    else if (hundredths < 9995)
        snprintf(dst, TIME_TEXT, "%s%" PRIu64 ".%" PRIu64 " %s", sign, (hundredths + 5) / 100,
                 (hundredths + 5) / 10 % 10, s->name);
    else
        snprintf(dst, TIME_TEXT, "%s%" PRIu64 " %s", sign, (hundredths + 50) / 100, s->name);
}

char *duration_text(int64_t ns, char dst[TIME_TEXT]) {
    static const struct scale scales[] = {{1000000000, "s"}, {1000000, "ms"}, {1000, "us"}, {1, "ns"}};
    if (ns == NO_TIME)
        return dash(dst);
    uint64_t u = magnitude(ns);
    const struct scale *s = scales;
    while (s->one > 1 && u < s->one)
        s++;
    three_digits(u, s, ns < 0 ? "-" : "", dst);
    return dst;
}

char *bytes_text(uint64_t bytes, char dst[TIME_TEXT]) {
    static const struct scale scales[] = {{1ull << 50, "PB"}, {1ull << 40, "TB"}, {1ull << 30, "GB"},
                                          {1ull << 20, "MB"}, {1ull << 10, "KB"}, {1, "B"}};
    const struct scale *s = scales;
    while (s->one > 1 && bytes < s->one)
        s++;
    uint64_t whole = bytes / s->one;
    unsigned tenth = (unsigned)(bytes % s->one / (s->one > 10 ? s->one / 10 : 1));
    if (s->one == 1 || whole >= 1000)
        snprintf(dst, TIME_TEXT, "%" PRIu64 " %s", whole, s->name);
    else
        snprintf(dst, TIME_TEXT, "%" PRIu64 ".%u %s", whole, tenth > 9 ? 9 : tenth, s->name);
    return dst;
}

char *count_text(uint64_t n, char dst[TIME_TEXT]) {
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%" PRIu64, n);
    char *d = dst;
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            *d++ = ' ';
        *d++ = digits[i];
    }
    *d = '\0';
    return dst;
}
