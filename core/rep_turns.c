/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rep_turns.c - turning points: where live objects drop, and whether the heap goal followed.
 *
 * A drop is a fall of the curve of live objects from a peak to the next low, of at least a tenth of the most that ever
 * lived. It is confirmed where the goal changes by a twentieth or more up to the end of the second GC cycle after it.
 */
#include "core/report.h"

#include <stdlib.h>

const struct result_column turns_columns[TURNS_COLUMNS] = {
    {"t", UNIT_TIME, "the peak, from which live objects fall"},
    {"low", UNIT_TIME | UNIT_HIDDEN, "the low, from which they rise again"},
    {"took", UNIT_DURATION, "from the peak to the low"},
    {"peak", UNIT_COUNT, "live objects at the peak"},
    {"fell", UNIT_COUNT, "how many fewer at the low"},
    {"share", UNIT_SHARE, "of those at the peak"},
    {"per_s", UNIT_COUNT, "how many fewer a second"},
    {"goal", UNIT_BYTES, "heap goal at the peak"},
    {"goal_after", UNIT_BYTES, "and once it has changed, or at the end of the second GC cycle after"},
    {"confirmed", UNIT_NONE, "the goal changed by a twentieth or more"},
    {"gc", UNIT_NONE | UNIT_HIDDEN | TO_CYCLE, "the GC cycle begun last at the peak"},
};

enum { CURVE = 60, SWING_PARTS = 10, GOAL_PARTS = 20 };

/* The end of the second cycle that begins after t. */
static int64_t two_cycles_on(const reel *r, int64_t t) {
    const struct cycle *c;
    size_t n = reel_cycles(r, &c), seen = 0;
    for (size_t i = 0; i < n; i++)
        if (c[i].begin > t && ++seen == 2)
            return c[i].end != NO_TIME ? c[i].end : reel_info(r)->duration;
    return reel_info(r)->duration;
}

/* The goal after a drop; *changed where it moved enough. */
static bool goal_after(const reel *r, int64_t from, int64_t to, uint64_t before, uint64_t *after, bool *changed) {
    enum { LOOKS = 64 };
    struct column col[LOOKS];
    *changed = false;
    reel_series(r, SERIES_HEAP_GOAL, from, to, col, LOOKS);
    for (int i = 0; i < LOOKS; i++) {
        uint64_t apart = col[i].last > before ? col[i].last - before : before - col[i].last;
        if (!col[i].known)
            continue;
        *after = col[i].last;
        if (apart * GOAL_PARTS >= before) {
            *changed = true;
            return true;
        }
    }
    return reel_value(r, SERIES_HEAP_GOAL, to, after);
}

static bool put_turn(const reel *r, const struct turning *peak, int64_t low_t, uint64_t low, struct sink *out) {
    uint64_t goal, after = 0;
    bool changed = false, known = reel_value(r, SERIES_HEAP_GOAL, peak->t, &goal);
    bool later = known && goal_after(r, peak->t, two_cycles_on(r, low_t), goal, &after, &changed);
    double fell = (double)(peak->value - low), seconds = (double)(low_t - peak->t) / 1e9;
    uint32_t gc;
    reel_phase(r, peak->t, &gc);
    struct value v[TURNS_COLUMNS] = {
        value_time(peak->t),
        value_time(low_t),
        value_int(low_t - peak->t),
        value_uint(peak->value),
        value_uint(peak->value - low),
        value_real(fell / (double)peak->value),
        value_real(fell / seconds),
        known ? value_uint(goal) : value_null(),
        later ? value_uint(after) : value_null(),
        known ? value_bool(changed) : value_null(),
        value_uint(gc),
    };
    return out->row(out, v, NULL, NULL, 0);
}

static void draw(const reel *r, enum series_kind kind, const char *title, enum unit unit, const struct report_window *w,
                 struct sink *out) {
    struct column col[CURVE];
    double v[CURVE];
    reel_series(r, kind, w->from_t, w->to_t, col, CURVE);
    for (int i = 0; i < CURVE; i++)
        v[i] = col[i].known ? (double)col[i].max : 0;
    chart_curve(out, title, v, CURVE, 5, unit);
}

bool turns_run(struct command_env *env, int argc, char **argv, struct sink *out) {
    const reel *r = env->reel;
    struct report_window w;
    struct column all;
    struct turning x, peak = {0};
    uint64_t top, rows = 0, last;
    bool up = false;
    (void)argc;
    (void)argv;
    if (!report_window(env, &w) || !report_top(env, UINT64_MAX, &top))
        return false;
    reel_series(r, SERIES_OBJECTS, 0, reel_info(r)->duration, &all, 1);
    uint64_t swing = all.known ? all.max / SWING_PARTS : 0;
    bool ok = out->begin(out, turns_columns, TURNS_COLUMNS);
    int64_t t = w.from_t - 1;
    while (ok && swing > 0 && rows < top && reel_turning(r, SERIES_OBJECTS, swing, t, false, &x) && x.t <= w.to_t) {
        t = x.t;
        if (x.peak) {
            peak = x;
            up = true;
        } else if (up) {
            ok = put_turn(r, &peak, x.t, x.value, out);
            up = false;
            rows++;
        }
    }
    /* a fall that goes on to the end */
    if (ok && up && rows < top && reel_value(r, SERIES_OBJECTS, w.to_t, &last) && peak.value - last >= swing)
        ok = put_turn(r, &peak, w.to_t, last, out);
    if (!ok)
        return true;
    if (all.known)
        draw(r, SERIES_OBJECTS, "live objects", UNIT_COUNT, &w, out);
    draw(r, SERIES_HEAP_LIVE, "heap live, the trace's metric", UNIT_BYTES, &w, out);
    draw(r, SERIES_HEAP_GOAL, "heap goal", UNIT_BYTES, &w, out);
    return report_end(env, out);
}
