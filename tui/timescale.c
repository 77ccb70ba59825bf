/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * timescale.c - see timescale.h. Products go through 128 bits, so that any window of a trace and any width are exact.
 */
#include "tui/timescale.h"

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

struct window timescale_pan(struct window w, int64_t by, int64_t duration) {
    return clamp((wide)w.from + by, (wide)w.to - w.from, duration);
}

struct window timescale_follow(struct window w, int64_t t, int64_t duration) {
    wide len = (wide)w.to - w.from;
    if (t >= w.from && t < w.to)
        return clamp(w.from, len, duration);
    wide margin = len / 8;
    return clamp(t < w.from ? t - margin : t - len + margin + 1, len, duration);
}
