/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rep_goroutines.c - which goroutines allocate most, and what the collector charges to goroutines.
 *
 * An allocation belongs to the goroutine that its event names, and to the innermost region that this one was in. Stacks
 * of allocations aren't in a trace: CPU profiles and heap profiles know them.
 */
#include "core/regions.h"
#include "core/report.h"
#include "traces/grow.h"

#include <stdlib.h>

const struct result_column allocators_columns[ALLOCATORS_COLUMNS] = {
    {"objects", UNIT_COUNT, "allocated in the window"},
    {"bytes", UNIT_BYTES, "their size, by slots"},
    {"objects_s", UNIT_COUNT, "for each second of the window"},
    {"bytes_s", UNIT_BYTES, "the same in bytes"},
    {"share", UNIT_SHARE, "of all bytes"},
    {"g", UNIT_NONE, "the goroutine; null where a row is many"},
    {"gs", UNIT_COUNT | UNIT_HIDDEN, "goroutines in this row"},
    {"name", UNIT_NONE, "the function it runs; with --by region and task, these"},
};

const struct result_column charged_columns[CHARGED_COLUMNS] = {
    {"assists", UNIT_COUNT, "mark assists"},
    {"assist_ns", UNIT_DURATION, "time in them"},
    {"longest", UNIT_DURATION, "the longest one"},
    {"sweeps", UNIT_COUNT, "times that it had to sweep before it could allocate"},
    {"sweep_ns", UNIT_DURATION, "time in that"},
    {"swept", UNIT_BYTES, "spans swept for it"},
    {"reclaimed", UNIT_BYTES | UNIT_HIDDEN, "and reclaimed"},
    {"g", UNIT_NONE, "the goroutine; null where a row is many"},
    {"name", UNIT_NONE, "the function it runs; with --by region, that"},
};

const struct result_column charges_columns[CHARGES_COLUMNS] = {
    {"t", UNIT_TIME, "when it began"},
    {"what", UNIT_NONE, "assist or sweep"},
    {"took", UNIT_DURATION, "how long; null: not ended"},
    {"swept", UNIT_BYTES, "bytes of spans swept"},
    {"g", UNIT_NONE, "the goroutine; null: not known"},
    {"p", UNIT_NONE | UNIT_HIDDEN | TO_PROC, "its P"},
    {"gc", UNIT_NONE | UNIT_HIDDEN | TO_CYCLE, "the GC cycle begun last"},
    {"region", UNIT_NONE, "the innermost region that it was in"},
    {"name", UNIT_NONE, "the function it runs"},
};

enum { BY_GOROUTINE, BY_ENTRY, BY_REGION, BY_TASK, BY_EVENT };

/* One key: a goroutine, a function, a region's name, a task's name. */
struct group {
    text name;
    uint32_t g, gs; /* the only goroutine, how many */
    uint64_t objects, bytes;
    uint64_t assists, sweeps, swept, reclaimed;
    int64_t assist_ns, longest, sweep_ns;
};

struct people {
    struct command_env *env;
    reel *r;
    size_t by;
    struct regions regions;
    struct group *group;
    size_t n, cap;
    uint32_t *of_g;    /* by goroutine: its group */
    uint32_t *of_note; /* by note: its group, NO_ID not looked up */
    uint32_t nobody;   /* the group outside of all */
    struct {           /* where a goroutine was a moment ago */
        int64_t from, to;
        uint32_t group;
    } * memo;
    bool memory_short;
};

static uint32_t add_group(struct people *x, text name, uint32_t g) {
    if (!GROW(x->group, x->n, x->cap)) {
        x->memory_short = true;
        return 0;
    }
    x->group[x->n] = (struct group){.name = name, .g = g, .gs = g != NO_ID};
    return (uint32_t)x->n++;
}

/* The group of a name; names are few beside what has them. */
static uint32_t named_group(struct people *x, text name) {
    for (size_t i = 0; i < x->n && i < 4096; i++)
        if (text_same(x->group[i].name, name))
            return (uint32_t)i;
    return add_group(x, name, NO_ID);
}

static bool prepare(struct people *x) {
    const struct note *notes;
    size_t ngos = reel_goroutines(x->r), nnotes = reel_notes(x->r, &notes);
    x->of_g = calloc(ngos + 1, sizeof *x->of_g);
    x->of_note = malloc((nnotes + 1) * sizeof *x->of_note);
    x->memo = calloc(ngos + 1, sizeof *x->memo);
    if (!x->of_g || !x->of_note || !x->memo || !regions_init(&x->regions, x->r))
        return false;
    memset(x->of_note, 0xff, (nnotes + 1) * sizeof *x->of_note);
    x->nobody = add_group(x, (text){0}, NO_ID);
    for (uint32_t g = 0; g < ngos; g++) {
        text entry = reel_goroutine(x->r, g)->entry;
        x->of_g[g] = x->by == BY_GOROUTINE ? add_group(x, entry, g)
                     : x->by == BY_ENTRY   ? named_group(x, entry)
                                           : x->nobody;
        if (x->by == BY_ENTRY)
            x->group[x->of_g[g]].gs++;
    }
    return !x->memory_short;
}

static uint32_t group_of_note(struct people *x, uint32_t note) {
    if (note == NO_ID)
        return x->nobody;
    uint32_t named = x->by == BY_TASK ? regions_task(&x->regions, note) : note;
    if (x->of_note[note] == NO_ID)
        x->of_note[note] = named == NO_ID ? x->nobody : named_group(x, x->regions.notes[named].name);
    return x->of_note[note];
}

/* Of a goroutine at t; groups may move when it is a new one. Regions are looked up again only once t leaves the stretch
 * in which nothing can have changed. */
static uint32_t index_of(struct people *x, uint32_t g, int64_t t) {
    if (g >= x->regions.ngos)
        return x->nobody;
    if (x->by == BY_GOROUTINE || x->by == BY_ENTRY)
        return x->of_g[g];
    if (t >= x->memo[g].from && t < x->memo[g].to)
        return x->memo[g].group;
    uint32_t note = regions_at(&x->regions, g, t);
    x->memo[g].group = group_of_note(x, note);
    x->memo[g].from = t;
    x->memo[g].to = regions_until(&x->regions, g, t);
    return x->memo[g].group;
}

static struct group *group_of(struct people *x, uint32_t g, int64_t t) {
    uint32_t i = index_of(x, g, t);
    return &x->group[i];
}

static void drop(struct people *x) {
    regions_free(&x->regions);
    free(x->group);
    free(x->of_g);
    free(x->of_note);
    free(x->memo);
}

static struct value group_name(const struct people *x, const struct group *g) {
    static const char *const nobody[] = {"(no goroutine)", "(no goroutine)", "(no region)", "(no task)"};
    static const char *const unknown[] = {"(entry not known)", "(entry not known)", "(unnamed)", "(unnamed)"};
    if (g->name.len)
        return value_text(g->name);
    return value_str(g == &x->group[x->nobody] && (x->by != BY_ENTRY || g->gs == 0) ? nobody[x->by] : unknown[x->by]);
}

/* ------------------------------------------------------------------ allocators */

static void visit(void *arg, const struct walk_block *b) {
    struct people *x = arg;
    for (uint32_t i = 0; i < b->n; i++) {
        const struct walked *w = &b->at[i];
        if (w->kind != FACT_ALLOC)
            continue;
        struct group *g = group_of(x, walked_g(w), w->t);
        g->objects++;
        g->bytes += reel_span(x->r, w->span)->elem;
    }
}

static bool put_allocator(const struct people *x, const struct group *g, double seconds, uint64_t all,
                          struct sink *out) {
    struct value v[ALLOCATORS_COLUMNS] = {
        value_uint(g->objects),
        value_uint(g->bytes),
        value_real((double)g->objects / seconds),
        value_real((double)g->bytes / seconds),
        value_real((double)g->bytes / (double)all),
        value_goroutine(x->r, g->g),
        value_uint(g->gs),
        group_name(x, g),
    };
    return out->row(out, v, NULL, NULL, 0);
}

const char *const allocators_by[] = {"goroutine", "entry", "region", "task", NULL};

bool allocators_run(struct command_env *env, int argc, char **argv, struct sink *out) {
    struct people x = {.env = env, .r = env->reel};
    struct report_window w;
    uint64_t top, all = 0;
    (void)argc;
    (void)argv;
    if (!report_window(env, &w) || !report_by(env, allocators_by, &x.by) || !report_top(env, UINT64_MAX, &top))
        return false;
    bool ok = (prepare(&x) || report_no_memory(env)) && report_walk(env, w.from, w.to, visit, &x);
    struct report_order *list = ok ? calloc(x.n + 1, sizeof *list) : NULL;
    ok = ok && (list || report_no_memory(env));
    size_t n = 0;
    for (uint32_t i = 0; ok && i < x.n; i++) {
        list[n] = (struct report_order){(double)x.group[i].bytes, i};
        n += x.group[i].objects > 0;
        all += x.group[i].bytes;
    }
    if (ok) {
        report_sort(list, n);
        struct result_column cols[ALLOCATORS_COLUMNS];
        memcpy(cols, allocators_columns, sizeof cols);
        cols[5].unit |= x.by == BY_GOROUTINE ? 0 : UNIT_HIDDEN;
        bool more = out->begin(out, cols, ALLOCATORS_COLUMNS);
        for (size_t i = 0; more && i < n && top > 0; i++, top -= !out->refused)
            more = put_allocator(&x, &x.group[list[i].key], (double)(w.to_t - w.from_t) / 1e9, all, out);
        if (more && n > 0)
            report_explain(out, "Stacks of allocations are not in a trace; a heap profile has them (go tool pprof).");
        if (more)
            report_end(env, out);
    }
    free(list);
    drop(&x);
    return ok;
}

/* ------------------------------------------------------------------ charged */

/* How much of it lies in the window. */
static int64_t took(const struct range *x, const struct report_window *w) {
    int64_t from = x->begin > w->from_t ? x->begin : w->from_t;
    int64_t to = x->end == NO_TIME || x->end > w->to_t ? w->to_t : x->end;
    return to > from ? to - from : 0;
}

static bool inside(const struct range *x, const struct report_window *w) {
    return x->begin <= w->to_t && (x->end == NO_TIME || x->end >= w->from_t);
}

static void charge(struct people *x, const struct report_window *w) {
    const struct range *a;
    size_t n = reel_ranges(x->r, RANGE_ASSIST, &a);
    for (size_t i = 0; i < n; i++) {
        if (!inside(&a[i], w))
            continue;
        struct group *g = group_of(x, a[i].g, a[i].begin);
        int64_t t = took(&a[i], w);
        g->assists++;
        g->assist_ns += t;
        g->longest = t > g->longest ? t : g->longest;
    }
    n = reel_ranges(x->r, RANGE_SWEEP, &a);
    for (size_t i = 0; i < n; i++) {
        if (!inside(&a[i], w))
            continue;
        struct group *g = group_of(x, a[i].g, a[i].begin);
        g->sweeps++;
        g->sweep_ns += took(&a[i], w);
        g->swept += a[i].swept;
        g->reclaimed += a[i].reclaimed;
    }
}

static bool put_charged(const struct people *x, const struct group *g, struct sink *out) {
    struct value v[CHARGED_COLUMNS] = {
        value_uint(g->assists),   value_int(g->assist_ns),     g->assists ? value_int(g->longest) : value_null(),
        value_uint(g->sweeps),    value_int(g->sweep_ns),      value_uint(g->swept),
        value_uint(g->reclaimed), value_goroutine(x->r, g->g), group_name(x, g),
    };
    return out->row(out, v, NULL, NULL, 0);
}

static bool put_charge(struct people *x, const struct range *a, bool assist, struct sink *out) {
    uint32_t note = regions_at(&x->regions, a->g, a->begin), gc;
    reel_phase(x->r, a->begin, &gc);
    struct value v[CHARGES_COLUMNS] = {
        value_time(a->begin),
        value_str(assist ? "assist" : "sweep"),
        a->end == NO_TIME ? value_null() : value_int(a->end - a->begin),
        assist ? value_null() : value_uint(a->swept),
        value_goroutine(x->r, a->g),
        value_id(a->p),
        value_uint(gc),
        note == NO_ID ? value_null() : value_name(x->regions.notes[note].name),
        a->g == NO_ID ? value_null() : value_name(reel_goroutine(x->r, a->g)->entry),
    };
    return out->row(out, v, NULL, NULL, 0);
}

/* Both sorts in order of begin. */
static bool put_charges(struct people *x, const struct report_window *w, uint64_t top, struct sink *out) {
    const struct range *a, *s;
    size_t na = reel_ranges(x->r, RANGE_ASSIST, &a), ns = reel_ranges(x->r, RANGE_SWEEP, &s);
    bool ok = out->begin(out, charges_columns, CHARGES_COLUMNS);
    for (size_t i = 0, k = 0; ok && top > 0 && (i < na || k < ns);) {
        bool assist = k == ns || (i < na && a[i].begin <= s[k].begin);
        const struct range *next = assist ? &a[i++] : &s[k++];
        if (!inside(next, w))
            continue;
        ok = put_charge(x, next, assist, out);
        top -= !out->refused;
    }
    if (ok)
        out->end(out);
    return true;
}

static bool put_all_charged(struct people *x, uint64_t top, struct sink *out) {
    struct report_order *list = calloc(x->n + 1, sizeof *list);
    struct result_column cols[CHARGED_COLUMNS];
    size_t n = 0;
    if (!list)
        return report_no_memory(x->env);
    for (uint32_t i = 0; i < x->n; i++) {
        const struct group *g = &x->group[i];
        list[n] = (struct report_order){(double)(g->assist_ns + g->sweep_ns), i};
        n += g->assists + g->sweeps > 0;
    }
    report_sort(list, n);
    memcpy(cols, charged_columns, sizeof cols);
    cols[7].unit |= x->by == BY_GOROUTINE ? 0 : UNIT_HIDDEN;
    bool ok = out->begin(out, cols, CHARGED_COLUMNS);
    for (size_t i = 0; ok && i < n && top > 0; i++, top -= !out->refused)
        ok = put_charged(x, &x->group[list[i].key], out);
    free(list);
    if (ok)
        out->end(out);
    return true;
}

const char *const charged_by[] = {"goroutine", "entry", "region", "task", "event", NULL};

bool charged_run(struct command_env *env, int argc, char **argv, struct sink *out) {
    struct people x = {.env = env, .r = env->reel};
    struct report_window w;
    uint64_t top;
    (void)argc;
    (void)argv;
    if (!report_window(env, &w) || !report_by(env, charged_by, &x.by) || !report_top(env, UINT64_MAX, &top))
        return false;
    bool events = x.by == BY_EVENT, ok = prepare(&x) || report_no_memory(env);
    if (ok && !events)
        charge(&x, &w);
    ok = ok && (events ? put_charges(&x, &w, top, out) : put_all_charged(&x, top, out));
    drop(&x);
    return ok;
}
