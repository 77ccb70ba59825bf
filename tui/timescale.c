/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * timescale.c - see timescale.h. Products go through 128 bits, so that any window of a trace and any width are exact.
 */
#include "tui/timescale.h"

#include <stdio.h>

__extension__ typedef __int128 wide;

int64_t timescale_start(struct window w, int n, int c) {
    wide len = (wide)w.to - w.from;
    return (int64_t)(w.from + (len * c + n - 1) / n);
}

int timescale_column(struct window w, int n, int64_t t) {
    if (t < w.from)
        return -1;
    if (t >= w.to)
        return n;
    wide len = (wide)w.to - w.from;
    return (int)(((wide)t - w.from) * n / len);
}

struct window timescale_whole(int64_t duration) {
    int64_t to = duration < WINDOW_MIN_NS ? WINDOW_MIN_NS : duration + 1;
    return (struct window){.from = 0, .to = to};
}

/* Keep the length where possible, and stay inside the trace. */
static struct window clamp(wide from, wide len, int64_t duration) {
    struct window all = timescale_whole(duration);
    if (len < WINDOW_MIN_NS)
        len = WINDOW_MIN_NS;
    if (len >= all.to)
        return all;
    if (from < 0)
        from = 0;
    if (from + len > all.to)
        from = all.to - len;
    return (struct window){.from = (int64_t)from, .to = (int64_t)(from + len)};
}

struct window timescale_zoom(struct window w, int64_t t, int num, int den, int64_t duration) {
    wide len = (wide)w.to - w.from;
    wide longer = len * num / den;
    if (longer < WINDOW_MIN_NS)
        longer = WINDOW_MIN_NS;
    wide before = ((wide)t - w.from) * longer / len;
    return clamp(t - before, longer, duration);
}

struct window timescale_between(int64_t from, int64_t to, int64_t duration) {
    wide len = (wide)to - from + 1, lacks = len < WINDOW_MIN_NS ? WINDOW_MIN_NS - len : 0;
    return clamp(from - lacks / 2, len, duration);
}

struct window timescale_follow(struct window w, int64_t t, int64_t duration) {
    wide len = (wide)w.to - w.from;
    if (t >= w.from && t < w.to)
        return clamp(w.from, len, duration);
    wide margin = len / 8;
    return clamp(t < w.from ? t - margin : t - len + margin + 1, len, duration);
}

/* ------------------------------------------------------------------ the axis */

int64_t timescale_step(struct window w, int n, int least) {
    wide len = (wide)w.to - w.from;
    for (int64_t one = 1; one <= INT64_MAX / 100; one *= 10)
        for (int i = 0; i < 3; i++) {
            int64_t step = one * (i == 0 ? 1 : i == 1 ? 2 : 5);
            if ((wide)step * n >= len * least)
                return step;
        }
    return INT64_MAX / 100;
}

int64_t timescale_tick(int64_t t, int64_t step) {
    int64_t rest = t % step;
    return rest == 0 ? t : t > INT64_MAX - step ? INT64_MAX : t + step - rest;
}

/* Digits behind the point that tell multiples of a step from each other. */
static int decimals_of(int64_t step) {
    int d = 9;
    while (d > 0 && step % 10 == 0) {
        step /= 10;
        d--;
    }
    return d;
}

int timescale_label(int64_t t, int64_t step, char dst[TICK_TEXT]) {
    char digits[16];
    int d = decimals_of(step);
    int n = snprintf(dst, TICK_TEXT, "%lld%s", (long long)(t / 1000000000), d ? "." : "");
    snprintf(digits, sizeof digits, "%09lld", (long long)(t % 1000000000));
    for (int i = 0; i < d; i++) {
        if (i > 0 && i % 3 == 0)
            dst[n++] = ' ';
        dst[n++] = digits[i];
    }
    return n + snprintf(dst + n, TICK_TEXT - (size_t)n, " s");
}

int timescale_label_after(int64_t by, char dst[TICK_TEXT]) {
    static const struct {
        int64_t ns;
        const char *name;
    } units[] = {{1000000000, "s"}, {1000000, "ms"}, {1000, "us"}, {1, "ns"}};
    size_t u = 0;
    while (u < 3 && by < units[u].ns)
        u++;
    int64_t tenths = by / (units[u].ns / 10 ? units[u].ns / 10 : 1);
    if (units[u].ns > 1 && by % units[u].ns != 0)
        return snprintf(dst, TICK_TEXT, "+%lld.%lld %s", (long long)(tenths / 10), (long long)(tenths % 10),
                        units[u].name);
    return snprintf(dst, TICK_TEXT, "+%lld %s", (long long)(by / units[u].ns), units[u].name);
}
