/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * text_units.c - numbers for people: times, durations, bytes, counts. Plain ASCII.
 *
 * A time is a place and keeps every digit that counts; a duration is a size and keeps about three.
 */
#include "core/core.h"
#include "core/out.h"

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

/* A number with so many digits behind the point, which `part` is, and the unit. Lists of a million rows are full of
 * these.
 */
static void put_scaled(char dst[TIME_TEXT], bool negative, uint64_t whole, unsigned part, unsigned digits,
                       const char *unit) {
    char *p = dst;
    if (negative)
        *p++ = '-';
    p += out_digits(p, whole);
    if (digits > 0)
        *p++ = '.';
    if (digits > 1)
        *p++ = (char)('0' + part / 10);
    if (digits > 0)
        *p++ = (char)('0' + part % 10);
    *p++ = ' ';
    strcpy(p, unit);
}

/* Three digits or so: 7.34, 73.4, 734. Rounds to nearest; `u` below 2^63. */
static void three_digits(uint64_t u, const struct scale *s, bool negative, char dst[TIME_TEXT]) {
    uint64_t hundredths = u / s->one * 100 + (u % s->one * 100 + s->one / 2) / s->one;
    if (s->one == 1)
        put_scaled(dst, negative, u, 0, 0, s->name);
    else if (hundredths < 1000)
        put_scaled(dst, negative, hundredths / 100, (unsigned)(hundredths % 100), 2, s->name);
    else if (hundredths < 9995)
        put_scaled(dst, negative, (hundredths + 5) / 100, (unsigned)((hundredths + 5) / 10 % 10), 1, s->name);
    else
        put_scaled(dst, negative, (hundredths + 50) / 100, 0, 0, s->name);
}

char *duration_text(int64_t ns, char dst[TIME_TEXT]) {
    static const struct scale scales[] = {{1000000000, "s"}, {1000000, "ms"}, {1000, "us"}, {1, "ns"}};
    if (ns == NO_TIME)
        return dash(dst);
    uint64_t u = magnitude(ns);
    const struct scale *s = scales;
    while (s->one > 1 && u < s->one)
        s++;
    three_digits(u, s, ns < 0, dst);
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
    put_scaled(dst, false, whole, tenth > 9 ? 9 : tenth, s->one > 1 && whole < 1000, s->name);
    return dst;
}

char *count_text(uint64_t n, char dst[TIME_TEXT]) {
    char digits[OUT_DIGITS];
    size_t len = out_digits(digits, n);
    char *d = dst;
    for (size_t i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            *d++ = ' ';
        *d++ = digits[i];
    }
    *d = '\0';
    return dst;
}
