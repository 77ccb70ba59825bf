/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd_cycles.c - GC cycles, the changes of the GC phase, and who swept what. */
#include "core/command.h"
#include "core/value.h"

#include <stdlib.h>

const struct result_column cycles_columns[CYCLES_COLUMNS] = {
    {"gc", UNIT_NONE, "its number in the trace; 0 was under way at the start"},
    {"begin", UNIT_TIME, "when it began"},
    {"end", UNIT_TIME, "when its sweep ended: no sooner than the last free told of it"},
    {"sweepterm", UNIT_DURATION, "sweep termination, world stopped: [from, to]"},
    {"mark", UNIT_DURATION, "concurrent mark: [from, to]"},
    {"markterm", UNIT_DURATION, "mark termination, world stopped: [from, to]"},
    {"sweep", UNIT_DURATION, "sweep: [from, to]"},
    {"heap_begin", UNIT_BYTES, "live heap at its begin, the trace's metric"},
    {"heap_end", UNIT_BYTES, "live heap after marking, the trace's metric"},
    {"goal", UNIT_BYTES, "heap goal when it began: the heap at which it was to end; the trace's metric"},
    {"objects_freed", UNIT_COUNT, "objects that its sweep freed"},
    {"bytes_freed", UNIT_BYTES, "their size"},
    {"spans_freed", UNIT_COUNT, "spans that its sweep gave back to mheap"},
    {"assists", UNIT_COUNT, "mark assists by goroutines"},
    {"assist_ns", UNIT_DURATION, "time spent in them"},
};

const struct result_column phases_columns[PHASES_COLUMNS] = {
    {"t", UNIT_TIME, "from here on"},
    {"gc", UNIT_NONE, "the cycle"},
    {"phase", UNIT_NONE, "off, sweepterm, mark, markterm or sweep"},
};

const struct result_column sweeps_columns[SWEEPS_COLUMNS] = {
    {"gc", UNIT_NONE, "the cycle whose garbage it was; null: one that had marked before the trace began"},
    {"p", UNIT_NONE, "the processor; null: before it ran, when its mcache was flushed"},
    {"begin", UNIT_TIME, "the first sign of its sweeping"},
    {"end", UNIT_TIME, "the last one"},
    {"objects_freed", UNIT_COUNT, "objects that it freed"},
    {"bytes_freed", UNIT_BYTES, "their size"},
    {"spans_swept", UNIT_COUNT, "spans in which it freed objects; of others no event tells"},
    {"spans_freed", UNIT_COUNT, "spans that it gave back to mheap"},
    {"ranges", UNIT_COUNT, "times that an allocation had to sweep first"},
    {"range_ns", UNIT_DURATION, "time spent so"},
    {"swept_bytes", UNIT_BYTES, "size of what was swept so"},
    {"reclaimed_bytes", UNIT_BYTES, "of it, freed"},
};

/* Without alloc/free events it isn't known what a sweep freed. */
static struct value freed(const reel *r, uint64_t n) {
    return reel_info(r)->allocfree ? value_uint(n) : value_null();
}

static bool put_cycle(const reel *r, const struct cycle *c, struct sink *out) {
    struct value v[CYCLES_COLUMNS] = {
        value_uint(c->gc),
        value_time(c->begin),
        value_time(c->end),
        value_pair(c->phase[PHASE_SWEEPTERM][0], c->phase[PHASE_SWEEPTERM][1]),
        value_pair(c->phase[PHASE_MARK][0], c->phase[PHASE_MARK][1]),
        value_pair(c->phase[PHASE_MARKTERM][0], c->phase[PHASE_MARKTERM][1]),
        value_pair(c->phase[PHASE_SWEEP][0], c->phase[PHASE_SWEEP][1]),
        value_metric(c->heap_begin),
        value_metric(c->heap_end),
        value_metric(c->goal),
        freed(r, c->objects_freed),
        freed(r, c->bytes_freed),
        freed(r, c->spans_freed),
        value_uint(c->assists),
        value_int(c->assist_ns),
    };
    return out->row(out, v, NULL, NULL, 0);
}

bool cycles_run(struct command_env *env, int argc, char **argv, struct sink *out) {
    const struct cycle *c;
    size_t n = reel_cycles(env->reel, &c);
    int64_t from, to;
    (void)argc;
    (void)argv;
    if (!command_time(env, "--from", env->opt.from, INT64_MIN, &from) ||
        !command_time(env, "--to", env->opt.to, INT64_MAX, &to))
        return false;
    bool ok = out->begin(out, cycles_columns, CYCLES_COLUMNS);
    for (size_t i = 0; ok && i < n; i++) {
        bool before = c[i].end != NO_TIME && c[i].end < from;
        bool after = c[i].begin != NO_TIME && c[i].begin > to;
        if (!before && !after)
            ok = put_cycle(env->reel, &c[i], out);
    }
    if (ok)
        out->end(out);
    return true;
}

bool phases_run(struct command_env *env, int argc, char **argv, struct sink *out) {
    const struct phase_change *c;
    size_t n = reel_phases(env->reel, &c);
    int64_t from, to;
    (void)argc;
    (void)argv;
    if (!command_time(env, "--from", env->opt.from, INT64_MIN, &from) ||
        !command_time(env, "--to", env->opt.to, INT64_MAX, &to))
        return false;
    bool ok = out->begin(out, phases_columns, PHASES_COLUMNS);
    for (size_t i = 0; ok && i < n; i++) {
        if (c[i].t < from || c[i].t > to)
            continue;
        struct value v[PHASES_COLUMNS] = {value_time(c[i].t), value_uint(c[i].gc),
                                          value_str(gc_phase_name((enum gc_phase)c[i].phase))};
        ok = out->row(out, v, NULL, NULL, 0);
    }
    if (ok)
        out->end(out);
    return true;
}

static bool put_share(const reel *r, const struct sweep_share *s, struct sink *out) {
    struct value v[SWEEPS_COLUMNS] = {
        s->gc == NO_ID ? value_null() : value_uint(s->gc),
        value_id(s->p),
        value_time(s->begin),
        value_time(s->end),
        freed(r, s->objects_freed),
        freed(r, s->bytes_freed),
        freed(r, s->spans_swept),
        freed(r, s->spans_freed),
        value_uint(s->ranges),
        value_int(s->range_ns),
        value_uint(s->swept),
        value_uint(s->reclaimed),
    };
    return out->row(out, v, NULL, NULL, 0);
}

bool sweeps_run(struct command_env *env, int argc, char **argv, struct sink *out) {
    struct sweep_share *s;
    int64_t from, to;
    (void)argc;
    (void)argv;
    if (!command_time(env, "--from", env->opt.from, INT64_MIN, &from) ||
        !command_time(env, "--to", env->opt.to, INT64_MAX, &to))
        return false;
    size_t n = reel_sweeps(env->reel, from, to, env->stop, env->stop_arg, &s);
    bool ok = !command_stopped(env) && out->begin(out, sweeps_columns, SWEEPS_COLUMNS);
    for (size_t i = 0; ok && i < n; i++)
        ok = put_share(env->reel, &s[i], out);
    if (ok)
        out->end(out);
    free(s);
    return true;
}
