/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rep_turns.c - turning points: where live objects drop, and whether the heap goal followed.
 *
 * A drop is a fall of the curve of live objects from a peak to the next low, of at least a tenth of the most that ever
 * lived. Before and behind it the curve may be nearly level for long: a drop begins when the curve last lies within a
 * tenth of the fall of its peak, and ends when it first lies so near its low. It is confirmed where the goal changes
 * by a twentieth or more up to the end of the second GC cycle after it. Objects go when they are swept, and the cycle
 * that sweeps has set its goal before that: what counts is a change from the goal that stood when that cycle began.
 */
#include "core/report.h"

#include <stdlib.h>

const struct result_column turns_columns[TURNS_COLUMNS] = {
    {"t", UNIT_TIME, "when live objects begin to fall"},
    {"low", UNIT_TIME | UNIT_HIDDEN, "when they have fallen"},
    {"took", UNIT_DURATION, "how long they fell"},
    {"peak", UNIT_COUNT, "live objects at the peak"},
    {"fell", UNIT_COUNT, "how many fewer at the low"},
    {"share", UNIT_SHARE, "of those at the peak"},
    {"per_s", UNIT_COUNT, "how many fewer a second"},
    {"goal", UNIT_BYTES, "heap goal before the GC cycle that frees them; null: none (GOGC=off), or not known"},
    {"goal_after", UNIT_BYTES, "and once it has changed, or at the end of the second GC cycle after that one"},
    {"confirmed", UNIT_NONE | IS_FLAG, "the goal changed by a twentieth or more; null: there was none"},
    {"gc", UNIT_NONE | UNIT_HIDDEN | TO_CYCLE, "the GC cycle begun last when the fall begins"},
};

enum { CURVE = 60, SWING_PARTS = 10, GOAL_PARTS = 20, EDGE_PARTS = 10, LOOKS = 64 };

/* The begin of the last cycle that begins at or before t; t where there is none. */
static int64_t cycle_began(const reel *r, int64_t t) {
    const struct cycle *c;
    size_t n = reel_cycles(r, &c);
    while (n > 0 && c[n - 1].begin > t)
        n--;
    return n > 0 ? c[n - 1].begin : t;
}

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
    struct column col[LOOKS];
    bool any = false;
    reel_series(r, SERIES_HEAP_GOAL, from, to, col, LOOKS);
    for (int i = 0; i < LOOKS && !*changed; i++) {
        uint64_t apart = col[i].last > before ? col[i].last - before : before - col[i].last;
        if (!col[i].known || report_no_goal(col[i].last))
            continue;
        any = true;
        *after = col[i].last;
        *changed = apart >= before / GOAL_PARTS;
    }
    return any;
}

/* Of the instants in from .. to the last at which the curve reaches `level`, or (with `first`) the first at which it is
 * down there; as near as columns of ever smaller stretches tell. */
static int64_t edge(const reel *r, int64_t from, int64_t to, uint64_t level, bool first) {
    struct column col[LOOKS];
    while (to - from > LOOKS) {
        reel_series(r, SERIES_OBJECTS, from, to, col, LOOKS);
        int at = first ? 0 : LOOKS - 1, end = first ? LOOKS - 1 : 0, step = first ? 1 : -1;
        while (at != end && !(first ? col[at].min <= level : col[at].max >= level))
            at += step;
        int64_t length = to - from;
        to = from + (int64_t)((double)length * (at + 1) / LOOKS);
        from += (int64_t)((double)length * at / LOOKS);
    }
    return first ? to : from;
}

static bool put_turn(const reel *r, const struct report_window *w, const struct turning *peak, int64_t low_t,
                     uint64_t low, uint64_t *top, struct sink *out) {
    uint64_t goal, after = 0, margin = (peak->value - low) / EDGE_PARTS;
    int64_t from = edge(r, peak->t, low_t, peak->value - margin, false), to = edge(r, from, low_t, low + margin, true);
    int64_t began = cycle_began(r, from);
    bool changed = false, known = report_goal(r, began, &goal);
    bool later = known && goal_after(r, began, two_cycles_on(r, from), goal, &after, &changed);
    double fell = (double)(peak->value - low), seconds = (double)(to - from) / 1e9;
    uint32_t gc;
    if (to < w->from_t) /* it had fallen before */
        return true;
    reel_phase(r, from, &gc);
    struct value v[TURNS_COLUMNS] = {
        value_time(from),
        value_time(to),
        value_int(to - from),
        value_uint(peak->value),
        value_uint(peak->value - low),
        value_real(fell / (double)peak->value),
        value_real(fell / seconds),
        known ? value_uint(goal) : value_null(),
        later ? value_uint(after) : value_null(),
        known ? value_bool(changed) : value_null(),
        value_uint(gc),
    };
    bool ok = out->row(out, v, NULL, NULL, 0);
    *top -= !out->refused;
    return ok;
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
    uint64_t top, last;
    bool up = false;
    (void)argc;
    (void)argv;
    if (!report_window(env, &w) || !report_top(env, UINT64_MAX, &top))
        return false;
    reel_series(r, SERIES_OBJECTS, 0, reel_info(r)->duration, &all, 1);
    uint64_t swing = all.known ? all.max / SWING_PARTS : 0;
    bool ok = out->begin(out, turns_columns, TURNS_COLUMNS);
    int64_t t = -1;
    while (ok && swing > 0 && top > 0 && reel_turning(r, SERIES_OBJECTS, swing, t, false, &x) && x.t <= w.to_t) {
        t = x.t;
        if (x.peak) {
            peak = x;
            up = true;
        } else if (up && x.t > w.from_t) { /* its peak may lie before the window */
            ok = put_turn(r, &w, &peak, x.t, x.value, &top, out);
            up = false;
        }
    }
    /* a fall that goes on to the end */
    if (ok && up && top > 0 && reel_value(r, SERIES_OBJECTS, w.to_t, &last) && peak.value - last >= swing)
        ok = put_turn(r, &w, &peak, w.to_t, last, &top, out);
    if (!ok)
        return true;
    if (all.known)
        draw(r, SERIES_OBJECTS, "live objects", UNIT_COUNT, &w, out);
    draw(r, SERIES_HEAP_LIVE, "heap live, the trace's metric", UNIT_BYTES, &w, out);
    draw(r, SERIES_HEAP_GOAL, "heap goal", UNIT_BYTES, &w, out);
    return report_end(env, out);
}
