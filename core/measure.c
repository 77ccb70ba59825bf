/* SPDX-License-Identifier: GPL-3.0-or-later */
/* measure.c - see measure.h. */
#include "core/measure.h"
#include "core/reuse.h"
#include "traces/grow.h"

#include <stdlib.h>

static void add(struct figures *f, const struct figure *like, const char *measure, uint8_t unit, double value) {
    if (!GROW(f->at, f->n, f->cap)) {
        f->memory_short = true;
        return;
    }
    f->at[f->n] = *like;
    f->at[f->n].measure = measure;
    f->at[f->n].unit = unit;
    f->at[f->n++].value = value;
}

static double over(double a, double b) {
    return b != 0 ? a / b : NAN;
}

/* ------------------------------------------------------------------ a window */

static void add_delays(struct figures *f, const struct figure *like, struct dist *d, double freed) {
    add(f, like, "reuses", UNIT_COUNT, (double)d->n);
    add(f, like, "reuse_rate", UNIT_SHARE, over((double)d->n, freed));
    add(f, like, "reuse_mean", UNIT_DURATION, d->n ? d->sum / (double)d->n : NAN);
    add(f, like, "reuse_p50", UNIT_DURATION, d->n ? (double)dist_percentile(d, 50) : NAN);
    add(f, like, "reuse_p90", UNIT_DURATION, d->n ? (double)dist_percentile(d, 90) : NAN);
    add(f, like, "reuse_p99", UNIT_DURATION, d->n ? (double)dist_percentile(d, 99) : NAN);
}

static void add_returns(struct figures *f, const struct figure *like, struct dist *d) {
    add(f, like, "returns", UNIT_COUNT, (double)d->n);
    add(f, like, "return_mean", UNIT_DURATION, d->n ? d->sum / (double)d->n : NAN);
    add(f, like, "return_p50", UNIT_DURATION, d->n ? (double)dist_percentile(d, 50) : NAN);
    add(f, like, "return_p90", UNIT_DURATION, d->n ? (double)dist_percentile(d, 90) : NAN);
    add(f, like, "return_p99", UNIT_DURATION, d->n ? (double)dist_percentile(d, 99) : NAN);
}

/* How long ranges took within the window. */
static double time_in(const reel *r, enum range_kind kind, const struct report_window *w, double *n) {
    const struct range *x;
    size_t all = reel_ranges(r, kind, &x);
    double sum = 0;
    *n = 0;
    for (size_t i = 0; i < all; i++) {
        int64_t from = x[i].begin > w->from_t ? x[i].begin : w->from_t;
        int64_t to = x[i].end == NO_TIME || x[i].end > w->to_t ? w->to_t : x[i].end;
        if (to >= from) {
            sum += (double)(to - from);
            ++*n;
        }
    }
    return sum;
}

static void add_cycles(struct figures *f, const struct figure *all, const reel *r, const struct report_window *w) {
    const struct cycle *c;
    size_t n = reel_cycles(r, &c);
    double cycles = 0, swept = 0, marks = 0, mark_ns = 0, freed = 0, objects = 0,
           seconds = (double)(w->to_t - w->from_t) / 1e9;
    for (size_t i = 0; i < n; i++) {
        if (c[i].begin < w->from_t || c[i].begin > w->to_t)
            continue;
        cycles += c[i].gc > 0;
        if (c[i].phase[PHASE_MARK][0] != NO_TIME && c[i].phase[PHASE_MARK][1] != NO_TIME) {
            marks++;
            mark_ns += (double)(c[i].phase[PHASE_MARK][1] - c[i].phase[PHASE_MARK][0]);
        }
        if (c[i].end != NO_TIME) {
            swept++;
            freed += (double)c[i].bytes_freed;
            objects += (double)c[i].objects_freed;
        }
    }
    bool known = reel_info(r)->allocfree;
    add(f, all, "gc_cycles", UNIT_COUNT, cycles);
    add(f, all, "gc_per_s", UNIT_NONE, over(cycles, seconds));
    add(f, all, "mark_mean", UNIT_DURATION, over(mark_ns, marks));
    add(f, all, "freed_per_gc", UNIT_BYTES, known ? over(freed, swept) : NAN);
    add(f, all, "objects_per_gc", UNIT_COUNT, known ? over(objects, swept) : NAN);
}

static void add_metrics(struct figures *f, const struct figure *all, const reel *r, const struct report_window *w) {
    struct column live, goal;
    double n;
    reel_series(r, SERIES_HEAP_LIVE, w->from_t, w->to_t, &live, 1);
    reel_series(r, SERIES_HEAP_GOAL, w->from_t, w->to_t, &goal, 1);
    add(f, all, "heap_live_max", UNIT_BYTES, live.known ? (double)live.max : NAN);
    add(f, all, "heap_goal_max", UNIT_BYTES, goal.known && !report_no_goal(goal.max) ? (double)goal.max : NAN);
    add(f, all, "stopped", UNIT_DURATION, time_in(r, RANGE_STW, w, &n));
    add(f, all, "stops", UNIT_COUNT, n);
    double assists = time_in(r, RANGE_ASSIST, w, &n);
    add(f, all, "assist_time", UNIT_DURATION, assists);
    add(f, all, "assists", UNIT_COUNT, n);
    add(f, all, "sweep_time", UNIT_DURATION, time_in(r, RANGE_SWEEP, w, &n));
}

static void add_whole(struct figures *f, struct reuse *x, const struct report_window *w) {
    struct figure all = {.group = GROUP_ALL};
    struct dist reuse = {0}, back = {0};
    double seconds = (double)(w->to_t - w->from_t) / 1e9;
    bool known = reel_info(x->r)->allocfree;
    reuse_join(&reuse, x->by_class);
    reuse_join(&back, x->back);
    add(f, &all, "duration", UNIT_DURATION, (double)(w->to_t - w->from_t));
    add_cycles(f, &all, x->r, w);
    add_metrics(f, &all, x->r, w);
    if (known) {
        add(f, &all, "allocs", UNIT_COUNT, (double)x->allocs);
        add(f, &all, "alloc_bytes", UNIT_BYTES, (double)x->alloc_bytes);
        add(f, &all, "allocs_per_s", UNIT_COUNT, over((double)x->allocs, seconds));
        add(f, &all, "bytes_per_s", UNIT_BYTES, over((double)x->alloc_bytes, seconds));
        add(f, &all, "frees", UNIT_COUNT, (double)x->frees);
        add(f, &all, "free_bytes", UNIT_BYTES, (double)x->free_bytes);
        add(f, &all, "spans_grown", UNIT_COUNT, (double)x->spans);
        add_delays(f, &all, &reuse, (double)x->frees);
        add_returns(f, &all, &back);
    }
    dist_free(&reuse);
    dist_free(&back);
}

static void add_keys(struct figures *f, struct reuse *x, enum measure_group more) {
    uint32_t n = more == GROUP_TYPE ? x->ntypes : more == GROUP_CLASS ? SPAN_CLASSES : 0;
    for (uint32_t k = 0; k < n; k++) {
        bool type = more == GROUP_TYPE;
        uint64_t allocs = type ? x->alloc_type[k] : x->alloc_class[k],
                 freed = type ? x->freed_type[k] : x->freed_class[k];
        struct figure like = {.group = (uint8_t)more, .key = k};
        like.name = type ? reel_type(x->r, k)->name : (text){0};
        if (allocs + freed == 0)
            continue;
        add(f, &like, "allocs", UNIT_COUNT, (double)allocs);
        add(f, &like, "frees", UNIT_COUNT, (double)freed);
        add_delays(f, &like, type ? &x->by_type[k] : &x->by_class[k], (double)freed);
        if (!type)
            add_returns(f, &like, &x->back[k]);
    }
}

bool measure_window(struct command_env *env, reel *r, const struct report_window *w, enum measure_group more,
                    struct figures *out) {
    *out = (struct figures){0};
    struct reuse *x = calloc(1, sizeof *x);
    bool ok = x ? reuse_count(env, r, w, more == GROUP_TYPE, x) : report_no_memory(env);
    if (ok) {
        add_whole(out, x, w);
        add_keys(out, x, more);
    }
    if (x)
        reuse_free(x);
    free(x);
    return ok && (!out->memory_short || report_no_memory(env));
}

/* ------------------------------------------------------------------ an instant */

static void add_frame(struct figures *out, const reel *r, frame *f, int64_t t) {
    struct figure all = {.group = GROUP_ALL};
    const struct totals *s = frame_totals(f);
    uint64_t v;
    add(out, &all, "heap_live", UNIT_BYTES, reel_value(r, SERIES_HEAP_LIVE, t, &v) ? (double)v : NAN);
    add(out, &all, "heap_goal", UNIT_BYTES, report_goal(r, t, &v) ? (double)v : NAN);
    if (!reel_info(r)->allocfree)
        return;
    add(out, &all, "objects", UNIT_COUNT, (double)s->objects);
    add(out, &all, "object_bytes", UNIT_BYTES, (double)s->object_bytes);
    add(out, &all, "spans", UNIT_COUNT, (double)s->spans);
    add(out, &all, "span_bytes", UNIT_BYTES, (double)s->span_bytes);
    add(out, &all, "free_in_mcache", UNIT_BYTES, (double)s->free_in_mcache);
    add(out, &all, "free_in_nonempty", UNIT_BYTES, (double)s->free_in_nonempty);
    add(out, &all, "stack_bytes", UNIT_BYTES, (double)s->stack_bytes);
}

static void add_classes(struct figures *out, frame *f) {
    const struct central *c = frame_central(f);
    for (uint32_t k = 0; k < SPAN_CLASSES; k++) {
        struct figure like = {.group = GROUP_CLASS, .key = k};
        if (c[k].spans == 0)
            continue;
        add(out, &like, "objects", UNIT_COUNT, (double)c[k].objects);
        add(out, &like, "spans", UNIT_COUNT, (double)c[k].spans);
        add(out, &like, "span_bytes", UNIT_BYTES, (double)c[k].bytes);
        add(out, &like, "free_slots", UNIT_COUNT, (double)c[k].free_slots);
    }
}

static void add_types(struct figures *out, const reel *r, const frame *f) {
    for (uint32_t k = 0; k < reel_types(r); k++) {
        struct type_count c = frame_type(f, k);
        struct figure like = {.group = GROUP_TYPE, .key = k, .name = reel_type(r, k)->name};
        if (c.live + c.allocs == 0)
            continue;
        add(out, &like, "objects", UNIT_COUNT, (double)c.live);
        add(out, &like, "object_bytes", UNIT_BYTES, (double)c.bytes);
    }
}

bool measure_instant(struct command_env *env, reel *r, int64_t t, enum measure_group more, struct figures *out) {
    *out = (struct figures){0};
    frame *f = frame_new(r);
    bool ok = f && frame_seek(f, reel_pos(r, t));
    if (ok) {
        add_frame(out, r, f, t);
        if (more == GROUP_CLASS)
            add_classes(out, f);
        if (more == GROUP_TYPE)
            add_types(out, r, f);
    }
    frame_free(&f);
    return (ok && !out->memory_short) || report_no_memory(env);
}

void figures_free(struct figures *f) {
    free(f->at);
    *f = (struct figures){0};
}

static bool together(const struct figure *a, const struct figure *b) {
    return a->group == b->group && (a->group == GROUP_TYPE || a->key == b->key) &&
           strcmp(a->measure, b->measure) == 0 && text_same(a->name, b->name);
}

const struct figure *figures_find(const struct figures *f, const struct figure *x) {
    for (size_t i = 0; i < f->n; i++)
        if (together(&f->at[i], x))
            return &f->at[i];
    return NULL;
}
