/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rep_growths.c - how maps grow: each array of buckets or groups with the one that it replaced, and what became of
 * that.
 *
 * Up to Go 1.23 the first bucket of a map that doesn't escape lies on a stack: the two that replace it look like those
 * of a map that was made with room for as many, so that this growth isn't among them.
 *
 * Three stages: both arrays are alive; the old one is unreachable, which no event says; it is swept. What is known of
 * the second is its bounds: the old array survived the cycle before the one that freed it (or was allocated since), so
 * it became unreachable between that cycle's marking and the end of marking of the one that freed it.
 */
#include "core/maps.h"
#include "core/report.h"

#include <stdlib.h>

const struct result_column growths_columns[GROWTHS_COLUMNS] = {
    {"t", UNIT_TIME, "when the new array was allocated"},
    {"old", UNIT_COUNT,
     "buckets or groups of the old array; null: several may be meant. One bucket on a stack that became two (Go up to "
     "1.23) can't be told from a map made with two, and isn't shown"},
    {"new", UNIT_COUNT, "buckets or groups of the new one"},
    {"beside", UNIT_DURATION, "how long old and new lived side by side: until the sweep of the old one"},
    {"gc", UNIT_NONE | TO_CYCLE, "the GC cycle whose sweep freed the old one"},
    {"phase", UNIT_NONE, "the phase in which that was"},
    {"what", UNIT_NONE,
     "grow: twice as many; same: as many, to get rid of overflow buckets; split: half of a full table"},
    {"freed", UNIT_TIME | UNIT_HIDDEN, "when the old one was freed; null: not in this trace"},
    {"dead_from", UNIT_TIME | UNIT_HIDDEN, "the old one became unreachable not before"},
    {"dead_to", UNIT_TIME | UNIT_HIDDEN, "and not after"},
    {"g", UNIT_NONE | UNIT_HIDDEN, "the goroutine that grew the map"},
    {"old_addr", UNIT_NONE | UNIT_HIDDEN | TO_BUCKET, "address of the old array"},
    {"new_addr", UNIT_NONE | UNIT_HIDDEN | TO_BUCKET, "address of the new one"},
    {"sure", UNIT_NONE | UNIT_HIDDEN | IS_FLAG,
     "of those that the trace holds, the old one is the only one of its size and type that it can be"},
    {"name", UNIT_NONE, "map type"},
};

struct growths {
    struct command_env *env;
    reel *r;
    struct map_watch watch;
};

static void visit(void *arg, const struct walk_block *b) {
    struct growths *x = arg;
    for (uint32_t i = 0; i < b->n; i++) {
        const struct walked *w = &b->at[i];
        if (w->kind == WALK_OTHER || w->kind == FACT_SUBALLOC || !map_watch_wants(&x->watch, w->type))
            continue;
        if (w->kind == FACT_FREE)
            map_watch_goes(&x->watch, w);
        else
            map_watch_comes(&x->watch, w, b->first + i);
    }
}

/* The cycle whose sweep runs at t: the last one whose marking has ended. */
static const struct cycle *sweeping(const reel *r, int64_t t, const struct cycle **before) {
    const struct cycle *c, *found = NULL;
    size_t lo = 0, hi = reel_cycles(r, &c);
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        int64_t end = c[mid].phase[PHASE_MARK][1];
        if (end != NO_TIME && end <= t)
            lo = mid + 1;
        else
            hi = mid;
    }
    found = lo > 0 ? &c[lo - 1] : NULL;
    *before = lo > 1 ? &c[lo - 2] : NULL;
    return found;
}

static const char *what(const struct map_object *x, const struct map_object *old) {
    if (x->part == MAP_GROUPS)
        return old ? (old->n == x->n ? "split" : "grow") : x->n == 128 ? "split" : "grow";
    return !old ? NULL : map_base_buckets(old->n) == map_base_buckets(x->n) ? "same" : "grow";
}

static uint32_t size_of(const struct map_object *x) {
    return x->part == MAP_BUCKETS ? map_base_buckets(x->n) : x->n;
}

static bool put_growth(const struct growths *g, const struct map_object *x, struct sink *out) {
    const struct map_object *old = x->before != NO_ID ? &g->watch.objects[x->before] : NULL;
    const struct cycle *before = NULL, *by = old && old->died != NO_TIME ? sweeping(g->r, old->died, &before) : NULL;
    uint32_t gc = 0;
    enum gc_phase phase = by ? reel_phase(g->r, old->died, &gc) : PHASE_OFF;
    int64_t dead_from = NO_TIME, dead_to = by ? by->phase[PHASE_MARK][1] : NO_TIME;
    if (by) /* it was in use until its successor came, and survived the cycle before */
        dead_from = before && before->phase[PHASE_MARK][0] > x->born ? before->phase[PHASE_MARK][0] : x->born;
    text kv;
    char name[512];
    map_part(reel_type(g->r, x->type)->name, &kv);
    if (kv.len == 0)
        snprintf(name, sizeof name, "*maps.table");
    else
        snprintf(name, sizeof name, "map%.*s", (int)(kv.len < 500 ? kv.len : 500), kv.ptr);
    struct value none = value_null();
    struct value v[GROWTHS_COLUMNS] = {
        value_time(x->born),
        old ? value_uint(size_of(old)) : none,
        value_uint(size_of(x)),
        old && old->died != NO_TIME ? value_int(old->died - x->born) : none,
        by ? value_uint(by->gc) : none,
        by ? value_str(gc_phase_name(phase)) : none,
        value_str(what(x, old)),
        old ? value_time(old->died) : none,
        value_time(dead_from),
        value_time(dead_to),
        value_goroutine(g->r, x->g),
        old ? value_address(reel_slot_address(g->r, old->span, old->slot)) : none,
        value_address(reel_slot_address(g->r, x->span, x->slot)),
        value_bool(old != NULL),
        value_leads(value_str(name), LEADS_TYPE, x->type),
    };
    return out->row(out, v, NULL, NULL, 0);
}

struct counted {
    uint64_t n, unknown;
    struct dist beside;
};

static void count(const struct growths *g, const struct map_object *x, struct counted *c) {
    const struct map_object *old = x->before != NO_ID ? &g->watch.objects[x->before] : NULL;
    c->n++;
    c->unknown += !old;
    if (old && old->died != NO_TIME && !x->half)
        dist_add(&c->beside, (uint64_t)(old->died - x->born));
}

static int by_pos(const void *a, const void *b) {
    const struct map_object *const *x = a, *const *y = b;
    return (*x)->pos < (*y)->pos ? -1 : (*x)->pos > (*y)->pos;
}

static bool put_growths(struct growths *g, const struct report_window *w, uint64_t top, struct sink *out) {
    const struct map_object **list = malloc((g->watch.n + 1) * sizeof *list);
    struct counted all = {0};
    size_t n = 0;
    if (!list)
        return report_no_memory(g->env);
    for (size_t i = 0; i < g->watch.n; i++) {
        const struct map_object *x = &g->watch.objects[i];
        if ((x->before != NO_ID || x->rivals) && x->n > 1 && x->born != NO_TIME && x->pos >= w->from)
            list[n++] = x;
    }
    qsort(list, n, sizeof *list, by_pos);
    bool ok = out->begin(out, growths_columns, GROWTHS_COLUMNS);
    for (size_t i = 0; i < n; i++) {
        count(g, list[i], &all);
        if (ok && top > 0) {
            ok = put_growth(g, list[i], out);
            top -= !out->refused;
        }
    }
    free(list);
    if (ok) {
        char a[TIME_TEXT];
        if (n > 0)
            report_say(out, "%s growths", count_text(all.n, a));
        if (all.unknown > 0)
            report_explain(out, "Where several arrays of the same size and type live, none is named as the old one; "
                                "nor where it isn't in the trace: "
                                "on a stack, or from before.");
        chart_histogram(out, "old and new side by side, until the old one was swept", &all.beside, UNIT_DURATION);
        report_end(g->env, out);
    }
    dist_free(&all.beside);
    return true;
}

bool growths_run(struct command_env *env, int argc, char **argv, struct sink *out) {
    struct growths g = {.env = env, .r = env->reel};
    struct report_window w;
    uint64_t top;
    (void)argc;
    (void)argv;
    if (!report_window(env, &w) || !report_top(env, UINT64_MAX, &top))
        return false;
    bool ok = map_watch_init(&g.watch, g.r, true) || report_no_memory(env);
    ok = ok && report_walk(env, 0, w.to, visit, &g) && (!g.watch.memory_short || report_no_memory(env)) &&
         put_growths(&g, &w, top, out);
    map_watch_free(&g.watch);
    return ok;
}
