/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rep_aftermath.c - what came after each annotation: how long until the next GC cycle, its phases, the sweep of a
 * bucket.
 *
 * A log counts from its instant, a region or a task from its end: what the program did in it is done then. The next
 * cycle is the first one that begins at or after that.
 */
#include "core/report.h"
#include "traces/grow.h"

#include <stdlib.h>

const struct result_column aftermath_columns[AFTERMATH_COLUMNS] = {
    {"t", UNIT_TIME, "when: of a log; of a region or task, its end; null for sums"},
    {"gc_begin", UNIT_DURATION, "until the next GC cycle begins"},
    {"mark", UNIT_DURATION, "until marking begins"},
    {"markterm", UNIT_DURATION, "until mark termination begins"},
    {"sweep", UNIT_DURATION, "until sweeping begins"},
    {"swept", UNIT_DURATION, "until the bucket named by ADDR is freed by the sweep of its span"},
    {"sweep_end", UNIT_DURATION, "until all is swept"},
    {"gc", UNIT_NONE | TO_CYCLE, "that cycle"},
    {"what", UNIT_NONE, "log, region, task; min, p50, p90, p99: of all rows"},
    {"name", UNIT_NONE, "the annotation"},
};

enum { TIMES = 6 };
static const uint8_t phases[] = {PHASE_OFF, PHASE_MARK, PHASE_MARKTERM, PHASE_SWEEP};

struct aftermath {
    struct command_env *env;
    reel *r;
    struct history bucket;
    bool has_bucket;
    const char *filter;
    bool memory_short;
    char *joined;
    size_t cap_joined;
    text name;
    struct dist dist[TIMES];
};

static const struct cycle *next_cycle(const reel *r, int64_t t) {
    const struct cycle *c;
    size_t lo = 0, n = reel_cycles(r, &c), hi = n;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (c[mid].begin < t)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < n ? &c[lo] : NULL;
}

static int64_t bucket_freed(const struct aftermath *a, int64_t t) {
    for (size_t i = 0; a->has_bucket && i < a->bucket.n; i++)
        if (a->bucket.rows[i].fact.kind == FACT_FREE && a->bucket.rows[i].fact.t >= t)
            return a->bucket.rows[i].fact.t;
    return NO_TIME;
}

static struct value until(struct aftermath *a, int i, int64_t then, int64_t t) {
    if (then == NO_TIME)
        return value_null();
    dist_add(&a->dist[i], (uint64_t)(then > t ? then - t : 0));
    return value_int(then > t ? then - t : 0);
}

/* "name: value", whole: machines compare it. Stays in a->name until the next one. */
static bool join_name(struct aftermath *a, const struct note *n) {
    size_t between = n->name.len && n->value.len ? 2 : 0, len = n->name.len + between + n->value.len;
    if (!grow_to((void **)&a->joined, &a->cap_joined, len + 1, 1))
        return false;
    if (n->name.len)
        memcpy(a->joined, n->name.ptr, n->name.len);
    memcpy(a->joined + n->name.len, ": ", between);
    if (n->value.len)
        memcpy(a->joined + n->name.len + between, n->value.ptr, n->value.len);
    a->name = (text){a->joined, len};
    return true;
}

/* All annotations count in the sums, the first --top are rows. */
static bool put_note(struct aftermath *a, const struct note *n, uint64_t *top, struct sink *out) {
    static const char *const kinds[] = {"log", "region", "task"};
    int64_t t = n->end;
    const struct cycle *c = next_cycle(a->r, t);
    if (*top > 0 && !join_name(a, n))
        return !(a->memory_short = true);
    int64_t then[TIMES] = {NO_TIME, NO_TIME, NO_TIME, NO_TIME, bucket_freed(a, t), NO_TIME};
    if (c) {
        then[0] = c->begin;
        for (int i = 1; i < 4; i++)
            then[i] = c->phase[phases[i]][0];
        then[5] = c->end;
    }
    struct value v[AFTERMATH_COLUMNS] = {value_time(t)};
    for (int i = 0; i < TIMES; i++)
        v[1 + i] = until(a, i, then[i], t);
    v[7] = c ? value_uint(c->gc) : value_null();
    v[8] = value_str(kinds[n->kind]);
    v[9] = value_text(a->name);
    if (*top == 0)
        return true;
    bool ok = out->row(out, v, NULL, NULL, 0);
    *top -= !out->refused;
    return ok;
}

static bool put_sum(struct aftermath *a, const char *what, double percent, struct sink *out) {
    struct value v[AFTERMATH_COLUMNS] = {value_null()};
    for (int i = 0; i < TIMES; i++)
        v[1 + i] = a->dist[i].n == 0 ? value_null()
                   : percent == 0    ? value_uint(a->dist[i].min)
                                     : value_uint(dist_percentile(&a->dist[i], percent));
    v[7] = value_null();
    v[8] = value_str(what);
    v[9] = value_str("all");
    return out->row(out, v, NULL, NULL, 0);
}

static bool put_notes(struct aftermath *a, const struct report_window *w, uint64_t top, struct sink *out) {
    const struct note *notes;
    size_t n = reel_notes(a->r, &notes);
    uint64_t rows = 0;
    bool ok = true;
    for (size_t i = 0; ok && i < n && !command_stopped(a->env); i++) {
        const struct note *x = &notes[i];
        if (x->end == NO_TIME || x->end < w->from_t || x->end > w->to_t || (a->filter && !note_contains(x, a->filter)))
            continue;
        ok = put_note(a, x, &top, out);
        rows++;
    }
    static const struct {
        const char *name;
        double percent;
    } sums[] = {{"min", 0}, {"p50", 50}, {"p90", 90}, {"p99", 99}};
    for (size_t i = 0; ok && rows > 1 && i < sizeof sums / sizeof sums[0]; i++)
        ok = put_sum(a, sums[i].name, sums[i].percent, out);
    return ok;
}

bool aftermath_run(struct command_env *env, int argc, char **argv, struct sink *out) {
    struct aftermath a = {.env = env, .r = env->reel};
    struct report_window w;
    uint64_t top, addr;
    if (!report_window(env, &w) || !report_top(env, UINT64_MAX, &top))
        return false;
    bool address = argc > 0 && (strncmp(argv[0], "0x", 2) == 0 || strncmp(argv[0], "+0x", 3) == 0);
    if (address) {
        if (!command_address(env, argv[0], &addr))
            return false;
        a.has_bucket = bucket_history(a.r, addr, reel_pos(a.r, w.from_t), &a.bucket);
        if (!a.has_bucket)
            return command_fail(env, 2, "no span ever held %s", argv[0]);
    } else if (argc > 0) {
        a.filter = argv[0];
    }
    struct result_column cols[AFTERMATH_COLUMNS];
    memcpy(cols, aftermath_columns, sizeof cols);
    cols[5].unit |= a.has_bucket ? 0 : UNIT_HIDDEN;
    if (out->begin(out, cols, AFTERMATH_COLUMNS) && put_notes(&a, &w, top, out)) {
        if (!a.has_bucket)
            out->note(out, "aftermath ADDR adds when the sweep freed the bucket that holds ADDR.");
        out->end(out);
    }
    if (a.has_bucket)
        history_free(&a.bucket);
    free(a.joined);
    for (int i = 0; i < TIMES; i++)
        dist_free(&a.dist[i]);
    return !a.memory_short || report_no_memory(env);
}
