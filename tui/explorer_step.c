/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * explorer_step.c - the next and the previous of everything that one can step by.
 *
 * Steps by time (cycle, phase, annotation) go to the first such time after the cursor's, or the last before it.
 */
#include "tui/explorer.h"

/* The time of the i-th thing, in order of time. */
typedef int64_t (*time_of)(const void *things, size_t i);

static int64_t cycle_time(const void *things, size_t i) {
    int64_t t = ((const struct cycle *)things)[i].begin;
    return t == NO_TIME ? 0 : t;
}

static int64_t phase_time(const void *things, size_t i) {
    return ((const struct phase_change *)things)[i].t;
}

static int64_t note_time(const void *things, size_t i) {
    return ((const struct note *)things)[i].begin;
}

/* How many of n things have a time <= t (or < t). */
static size_t count_until(const void *things, size_t n, time_of at, int64_t t, bool inclusive) {
    size_t lo = 0, hi = n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int64_t m = at(things, mid);
        if (m < t || (inclusive && m == t))
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* The index of the next thing, n where there is none. */
static size_t neighbour(const void *things, size_t n, time_of at, int64_t t, int dir) {
    if (dir > 0)
        return count_until(things, n, at, t, true);
    size_t before = count_until(things, n, at, t, false);
    return before == 0 ? n : before - 1;
}

static void nothing(struct explorer *x, const char *what, int dir) {
    explorer_say(x, ROLE_WARN, "no %s %s this instant", what, dir > 0 ? "after" : "before");
}

static void step_cycle(struct explorer *x, int dir) {
    const struct cycle *c;
    size_t n = reel_cycles(x->reel, &c), i = neighbour(c, n, cycle_time, x->now.t, dir);
    if (i == n) {
        nothing(x, "GC cycle begins", dir);
        return;
    }
    if (!explorer_go(x, cycle_time(c, i)))
        return;
    explorer_say(x, ROLE_TEXT, "GC %u begins", c[i].gc);
}

static void step_phase(struct explorer *x, int dir) {
    static const char *const words[PHASE_LIMIT] = {
        [PHASE_OFF] = "no GC work from here on", [PHASE_SWEEPTERM] = "sweep termination begins (the world stops)",
        [PHASE_MARK] = "marking begins",         [PHASE_MARKTERM] = "mark termination begins (the world stops)",
        [PHASE_SWEEP] = "sweeping begins",
    };
    const struct phase_change *c;
    size_t n = reel_phases(x->reel, &c), i = neighbour(c, n, phase_time, x->now.t, dir);
    if (i == n) {
        nothing(x, "change of GC phase", dir);
        return;
    }
    if (!explorer_go(x, c[i].t))
        return;
    explorer_say(x, ROLE_TEXT, "GC %u: %s", c[i].gc, words[c[i].phase]);
}

static void say_note(struct explorer *x, const struct note *n) {
    static const char *const kinds[] = {[NOTE_LOG] = "log", [NOTE_REGION] = "region", [NOTE_TASK] = "task"};
    char name[96], value[128], g[32] = "";
    explorer_text(x, n->name, name, sizeof name);
    explorer_text(x, n->value, value, sizeof value);
    if (n->g != NO_ID)
        snprintf(g, sizeof g, " (G%llu)", (unsigned long long)reel_goroutine(x->reel, n->g)->id);
    explorer_say(x, ROLE_NOTE, "%s %s%s%s%s", kinds[n->kind], name, value[0] ? ": " : "", value, g);
}

static void step_note(struct explorer *x, int dir) {
    const struct note *notes;
    size_t n = reel_notes(x->reel, &notes), i = neighbour(notes, n, note_time, x->now.t, dir);
    if (i == n) {
        if (n == 0)
            explorer_say(x, ROLE_WARN, "this trace has no annotations (trace.Log, regions, tasks)");
        else
            nothing(x, "annotation", dir);
        return;
    }
    if (!explorer_go(x, note_time(notes, i)))
        return;
    say_note(x, &notes[i]);
}

bool explorer_lacks_objects(struct explorer *x) {
    const struct reel_info *info = reel_info(x->reel);
    if (info->allocfree || !info->done)
        return false;
    explorer_say(x, ROLE_WARN, "no spans and objects are in this trace: record with GODEBUG=traceallocfree=1");
    return true;
}

static void step_event(struct explorer *x, int dir) {
    uint64_t pos = x->now.pos;
    char words[200];
    if (dir > 0 && pos >= reel_facts(x->reel)) {
        nothing(x, "heap event", dir);
        return;
    }
    /* Between two events the first step back goes to the event that was last. */
    if (dir > 0)
        pos++;
    else if (pos > 0 && x->now.t <= reel_time(x->reel, pos))
        pos--;
    if (dir < 0 && pos == 0 && x->now.pos == 0) {
        nothing(x, "heap event", dir);
        return;
    }
    explorer_go_pos(x, pos);
    explorer_fact(x, pos, words, sizeof words);
    if (words[0])
        explorer_say(x, ROLE_TEXT, "%s", words);
}

static void step_bucket(struct explorer *x, int dir) {
    const struct history *h = explorer_bucket(x);
    if (!h || h->n == 0) {
        explorer_say(x, ROLE_WARN, "no bucket is selected");
        return;
    }
    int row = explorer_bucket_row(x, h);
    if (dir > 0)
        row++;
    else if (row >= 0 && x->now.pos == h->rows[row].pos && x->now.t <= h->rows[row].fact.t)
        row--;
    if (row < 0 || (size_t)row >= h->n) {
        nothing(x, "event in this bucket's life", dir);
        return;
    }
    uint64_t pos = h->rows[row].pos;
    char words[200];
    explorer_go_pos(x, pos);
    explorer_fact(x, pos, words, sizeof words);
    explorer_say(x, ROLE_TEXT, "%s", words);
}

/* Between two events the first step back goes to the one that was last. */
static void step_span(struct explorer *x, int dir) {
    uint64_t to, from = x->now.pos;
    char words[200];
    if (!x->selected) {
        explorer_say(x, ROLE_WARN, "no span is selected");
        return;
    }
    if (dir < 0 && x->now.t > reel_time(x->reel, from))
        from++;
    if (!span_step(x->reel, x->addr, from, dir < 0, &to)) {
        nothing(x, "event of this span", dir);
        return;
    }
    explorer_go_pos(x, to);
    explorer_say(x, ROLE_TEXT, "%s", explorer_fact(x, to, words, sizeof words));
}

/* What the timeline shows of the heap: the collector's count, or where that isn't in the trace what was rebuilt. */
static enum series_kind curve_of(const struct explorer *x) {
    uint64_t value;
    return reel_value(x->reel, SERIES_HEAP_LIVE, x->win.to, &value) ? SERIES_HEAP_LIVE : SERIES_OBJECT_BYTES;
}

void explorer_extreme(struct explorer *x) {
    struct extremes at;
    char bytes[TIME_TEXT];
    if (!reel_extremes(x->reel, curve_of(x), x->win.from, x->win.to, &at)) {
        explorer_say(x, ROLE_WARN, "nothing is known of the heap here");
        return;
    }
    bool low = x->now.t == at.t_max && at.t_min != at.t_max;
    if (explorer_go(x, low ? at.t_min : at.t_max))
        explorer_say(x, ROLE_TEXT, "the heap is at its %s %s here: %s", low ? "lowest" : "highest",
                     x->whole ? "of the trace" : "in view", bytes_text(low ? at.min : at.max, bytes));
}

/* A sixteenth of what the window's curve spans counts as a turn: what stands out to the eye. */
static void step_turn(struct explorer *x, int dir) {
    struct turning at;
    struct column whole;
    char bytes[TIME_TEXT];
    enum series_kind kind = curve_of(x);
    reel_series(x->reel, kind, x->win.from, x->win.to, &whole, 1);
    uint64_t swing = whole.known ? (whole.max - whole.min) / 16 : 0;
    if (!whole.known || !reel_turning(x->reel, kind, swing ? swing : 1, x->now.t, dir < 0, &at)) {
        nothing(x, "turning point of the heap", dir);
        return;
    }
    if (!explorer_go(x, at.t))
        return;
    explorer_say(x, ROLE_TEXT, "the heap is at a %s here: %s", at.peak ? "peak" : "low", bytes_text(at.value, bytes));
}

/* By screen columns: the far end of the present column, at least 1 ns. */
static void step_column(struct explorer *x, int n) {
    int64_t width = (x->win.to - x->win.from) / (x->columns > 0 ? x->columns : 1);
    explorer_go(x, x->now.t + (width > 0 ? width : 1) * n);
}

void explorer_step(struct explorer *x, enum unit_of_step unit, int n) {
    static void (*const steps[])(struct explorer *, int) = {
        [STEP_CYCLE] = step_cycle,   [STEP_PHASE] = step_phase,   [STEP_EVENT] = step_event, [STEP_NOTE] = step_note,
        [STEP_COLUMN] = step_column, [STEP_BUCKET] = step_bucket, [STEP_SPAN] = step_span,   [STEP_TURN] = step_turn,
    };
    bool objects = unit == STEP_EVENT || unit == STEP_BUCKET || unit == STEP_SPAN;
    x->film.dir = 0;
    if (!objects || !explorer_lacks_objects(x))
        steps[unit](x, n);
}
