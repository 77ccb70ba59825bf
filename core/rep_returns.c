/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rep_returns.c - the way of spans back to mheap: how long in mcaches, on which list, and when they went.
 *
 * Only spans that went back within the window count, each with its whole life as far as the trace holds it. `waited` is
 * from when the span last left an mcache to its return; `emptied` from its last object's free to its return.
 *
 * A span that a sweep finds empty is on no list any more, though the first of its frees alone looks like that of a span
 * that goes on to the nonempty list. So the move of the sweep that gave a span back doesn't count.
 */
#include "core/report.h"
#include "traces/grow.h"

#include <stdlib.h>

const struct result_column returns_columns[RETURNS_COLUMNS] = {
    {"place", UNIT_NONE,
     "mcache, nonempty, empty: time there in all; unknown: where it isn't known; waited: from the last mcache to "
     "mheap; emptied: from the last free to mheap; life: from mheap to mheap"},
    {"n", UNIT_COUNT, "spans that went back, and were there at all"},
    {"mean", UNIT_DURATION, "their mean"},
    {"p50", UNIT_DURATION, "half took no longer"},
    {"p90", UNIT_DURATION, "90 of 100 took no longer"},
    {"p99", UNIT_DURATION, "99 of 100 took no longer"},
    {"max", UNIT_DURATION, "the longest"},
    {"name", UNIT_NONE, "span class; all: the sum"},
};

const struct result_column returned_columns[RETURNED_COLUMNS] = {
    {"base", UNIT_NONE, "address of the span"},
    {
        "grown",
        UNIT_TIME,
        "when mheap gave it out; null: before the trace",
    },
    {"uncached", UNIT_TIME, "when it left an mcache for the last time; null: never in one, as the trace tells"},
    {"freed", UNIT_TIME, "when its last object was freed, by the sweep"},
    {"returned", UNIT_TIME, "when mheap had it back"},
    {"from", UNIT_NONE, "the list that it was on before"},
    {"mcache_ns", UNIT_DURATION | UNIT_HIDDEN, "time in mcaches"},
    {"nonempty_ns", UNIT_DURATION | UNIT_HIDDEN, "time on nonempty lists"},
    {"empty_ns", UNIT_DURATION | UNIT_HIDDEN, "time on empty lists"},
    {"unknown_ns", UNIT_DURATION | UNIT_HIDDEN, "time where its place isn't known"},
    {"gc", UNIT_NONE | UNIT_HIDDEN | TO_CYCLE, "the GC cycle whose sweep gave it back"},
    {"name", UNIT_NONE, "span class"},
};

enum { BY_CLASS, BY_SPAN };
const char *const returns_by[] = {"class", "span", NULL};
enum { WAITED = PLACE_NONE, EMPTIED, LIFE, MEASURES };
static const char *const measures[MEASURES] = {"unknown", "mcache", "nonempty", "empty", "waited", "emptied", "life"};
/* In the order in which a span passes them. */
static const uint8_t shown[MEASURES] = {PLACE_MCACHE, PLACE_EMPTY, PLACE_NONEMPTY, PLACE_UNKNOWN, WAITED,
                                        EMPTIED,      LIFE};

struct way {
    int64_t born, since, uncached, freed;
    int64_t in[PLACE_NONE]; /* by enum place */
    uint8_t place, before;
    bool seen;
    uint32_t swept_gc; /* `before` to `place` was a sweep's move in this cycle; 0: it was none */
};

struct gone {
    uint32_t span;
    int64_t returned;
    struct way way;
};

struct returns {
    struct command_env *env;
    reel *r;
    size_t by;
    uint64_t from;
    uint32_t gc;                   /* 1, and one more with each cycle */
    struct way *way;               /* by span */
    struct dist (*dist)[MEASURES]; /* by class */
    struct gone *gone;
    size_t ngone, cap_gone;
    bool memory_short;
};

static void moved(struct way *w, int64_t t, uint8_t place) {
    if (w->place < PLACE_NONE)
        w->in[w->place] += t - w->since;
    if (w->place == PLACE_MCACHE && place != PLACE_MCACHE)
        w->uncached = t;
    w->before = w->place;
    w->place = place;
    w->since = t;
    w->swept_gc = 0;
}

static void returned(struct returns *x, const struct fact *f, uint64_t n) {
    struct way *w = &x->way[f->span];
    if (!w->seen || reel_span(x->r, f->span)->kind != SPAN_HEAP)
        return;
    if (w->swept_gc == x->gc)
        w->place = w->before;
    moved(w, f->t, PLACE_NONE);
    if (n < x->from)
        return;
    if (x->by == BY_SPAN) {
        if (GROW(x->gone, x->ngone, x->cap_gone))
            x->gone[x->ngone++] = (struct gone){f->span, f->t, *w};
        else
            x->memory_short = true;
        return;
    }
    struct dist *d = x->dist[report_class(x->r, f->span)];
    for (uint8_t p = 0; p < PLACE_NONE; p++)
        if (w->in[p] > 0)
            dist_add(&d[p], (uint64_t)w->in[p]);
    if (w->uncached != NO_TIME)
        dist_add(&d[WAITED], (uint64_t)(f->t - w->uncached));
    if (w->freed != NO_TIME)
        dist_add(&d[EMPTIED], (uint64_t)(f->t - w->freed));
    if (w->born != NO_TIME)
        dist_add(&d[LIFE], (uint64_t)(f->t - w->born));
}

static void placed(struct returns *x, const struct fact *f) {
    struct way *w = &x->way[f->span];
    moved(w, f->t, f->after.place);
    if (f->why == WHY_SWEPT || f->why == WHY_FLUSHED)
        w->swept_gc = x->gc;
}

static void other(struct returns *x, const struct fact *f, uint64_t n) {
    if (f->kind == FACT_SPAN_ALLOC || f->kind == FACT_SPAN_EXISTS)
        x->way[f->span] = (struct way){.born = f->kind == FACT_SPAN_ALLOC ? f->t : NO_TIME,
                                       .since = f->t,
                                       .uncached = NO_TIME,
                                       .freed = NO_TIME,
                                       .place = PLACE_UNKNOWN,
                                       .seen = true};
    else if (f->kind == FACT_PLACE && f->after.place != f->before.place)
        placed(x, f);
    else if (f->kind == FACT_GC)
        x->gc++;
    else if (f->kind == FACT_SPAN_FREE)
        returned(x, f, n);
}

static void visit(void *arg, const struct walk_block *b) {
    struct returns *x = arg;
    for (uint32_t i = 0; i < b->n; i++) {
        const struct walked *w = &b->at[i];
        if (w->kind == FACT_FREE)
            x->way[w->span].freed = w->t;
        else if (w->kind == WALK_OTHER)
            other(x, &b->other[w->type], b->first + i);
    }
}

/* ------------------------------------------------------------------ rows */

static bool put_measure(struct dist *d, const char *place, struct value name, struct sink *out) {
    struct value v[RETURNS_COLUMNS] = {
        value_str(place),
        value_uint(d->n),
        value_uint(dist_mean(d)),
        value_uint(dist_percentile(d, 50)),
        value_uint(dist_percentile(d, 90)),
        value_uint(dist_percentile(d, 99)),
        value_uint(d->max),
        name,
    };
    return d->n == 0 || out->row(out, v, NULL, NULL, 0);
}

static bool put_classes(struct returns *x, uint64_t top, struct sink *out) {
    struct dist all[MEASURES] = {{0}};
    struct report_order list[SPAN_CLASSES];
    size_t n = 0;
    for (uint32_t c = 0; c < SPAN_CLASSES; c++) {
        for (unsigned m = 0; m < MEASURES; m++)
            dist_join(&all[m], &x->dist[c][m]);
        uint64_t spans = x->dist[c][LIFE].n + x->dist[c][EMPTIED].n;
        list[n] = (struct report_order){(double)spans, c};
        n += spans > 0;
    }
    report_sort(list, n);
    bool ok = out->begin(out, returns_columns, RETURNS_COLUMNS);
    for (unsigned m = 0; ok && m < MEASURES; m++)
        ok = put_measure(&all[shown[m]], measures[shown[m]], value_str("all"), out);
    for (size_t i = 0; ok && i < n && top > 0; i++) {
        bool any = false;
        for (unsigned m = 0; ok && m < MEASURES; m++) {
            ok = put_measure(&x->dist[list[i].key][shown[m]], measures[shown[m]], value_class(list[i].key), out);
            any |= !out->refused;
        }
        top -= any;
    }
    if (ok) {
        chart_histogram(out, "from the last mcache to mheap", &all[WAITED], UNIT_DURATION);
        report_explain(
            out, "Where a span was is concluded from events; --by span shows each span's way, `span ADDR` all of it.");
        report_end(x->env, out);
    }
    for (unsigned m = 0; m < MEASURES; m++)
        dist_free(&all[m]);
    return true;
}

static bool put_spans(struct returns *x, uint64_t top, struct sink *out) {
    bool ok = out->begin(out, returned_columns, RETURNED_COLUMNS);
    for (size_t i = 0; ok && i < x->ngone && top > 0; i++, top -= !out->refused) {
        const struct gone *g = &x->gone[i];
        uint32_t gc;
        reel_phase(x->r, g->returned, &gc);
        struct value v[RETURNED_COLUMNS] = {
            value_span(x->r, g->span),
            value_time(g->way.born),
            value_time(g->way.uncached),
            value_time(g->way.freed),
            value_time(g->returned),
            value_str(place_name((enum place)g->way.before)),
            value_int(g->way.in[PLACE_MCACHE]),
            value_int(g->way.in[PLACE_NONEMPTY]),
            value_int(g->way.in[PLACE_EMPTY]),
            value_int(g->way.in[PLACE_UNKNOWN]),
            value_uint(gc),
            value_class(report_class(x->r, g->span)),
        };
        ok = out->row(out, v, NULL, NULL, 0);
    }
    return !ok || report_end(x->env, out);
}

bool returns_run(struct command_env *env, int argc, char **argv, struct sink *out) {
    struct returns x = {.env = env, .r = env->reel};
    struct report_window w;
    uint64_t top;
    (void)argc;
    (void)argv;
    if (!report_window(env, &w) || !report_by(env, returns_by, &x.by) || !report_top(env, UINT64_MAX, &top))
        return false;
    x.from = w.from;
    x.gc = 1;
    x.way = calloc((size_t)reel_spans(x.r) + 1, sizeof *x.way);
    x.dist = calloc(SPAN_CLASSES, sizeof *x.dist);
    bool ok = (x.way && x.dist) || report_no_memory(env);
    ok = ok && report_walk(env, 0, w.to, visit, &x) && (!x.memory_short || report_no_memory(env)) &&
         (x.by == BY_SPAN ? put_spans(&x, top, out) : put_classes(&x, top, out));
    for (unsigned c = 0; x.dist && c < SPAN_CLASSES; c++)
        for (unsigned m = 0; m < MEASURES; m++)
            dist_free(&x.dist[c][m]);
    free(x.way);
    free(x.dist);
    free(x.gone);
    return ok;
}
