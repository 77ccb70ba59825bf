/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rep_delays.c - how long a bucket is free before it is reused, and a span empty before it goes back to mheap.
 *
 * A slot's delay runs from its object's free (which is seen when its span is swept) to the next allocation in it; where
 * the span goes back instead, there is none. A span's delay runs from its last object's free to its return. An
 * allocation into a slot that the trace never saw freed is none of a reused slot.
 */
#include "core/report.h"

#include <stdlib.h>

const struct result_column delays_columns[DELAYS_COLUMNS] = {
    {"what", UNIT_NONE,
     "reuse: a bucket from its free to its next allocation; return: a span from its last free to mheap"},
    {"n", UNIT_COUNT, "how many"},
    {"mean", UNIT_DURATION, "their mean"},
    {"p50", UNIT_DURATION, "half took no longer"},
    {"p90", UNIT_DURATION, "90 of 100 took no longer"},
    {"p99", UNIT_DURATION, "99 of 100 took no longer"},
    {"max", UNIT_DURATION, "the longest"},
    {"min", UNIT_DURATION | UNIT_HIDDEN, "the shortest"},
    {"freed", UNIT_COUNT | UNIT_HIDDEN, "slots freed in the window"},
    {"share", UNIT_SHARE, "of the slots freed, those that were reused in the window"},
    {"by", UNIT_NONE | UNIT_HIDDEN, "all, class or type"},
    {"name", UNIT_NONE, "span class, or type of the freed object; all: the sum"},
};

enum { BY_ALL, BY_CLASS, BY_TYPE };
static const char *const by_names[] = {"all", "class", "type"};

struct delays {
    struct command_env *env;
    reel *r;
    size_t by;
    uint32_t nkeys;
    struct dist *reuse, *back; /* by class; reuse by type where asked for */
    uint64_t *freed;
    struct slots slots; /* when it was freed, and 0 once it is reused; by type: the freed type as well */
    int64_t *last_free; /* by span */
};

static uint32_t key_of(const struct delays *d, uint32_t span, uint32_t type) {
    return d->by == BY_TYPE ? type : report_class(d->r, span);
}

static void freed(struct delays *d, const struct walked *w, uint64_t *word) {
    *word = d->by == BY_TYPE ? slots_pack(&d->slots, w->type, w->t) : (uint64_t)w->t + 1;
    d->freed[key_of(d, w->span, w->type)]++;
    d->last_free[w->span] = w->t;
}

static void reused(struct delays *d, const struct walked *w, uint64_t *word) {
    bool types = d->by == BY_TYPE;
    int64_t since = types ? slots_time(&d->slots, *word) : (int64_t)(*word - 1);
    uint32_t type = types ? slots_type(*word) : 0;
    *word = 0;
    dist_add(&d->reuse[key_of(d, w->span, type)], w->t > since ? (uint64_t)(w->t - since) : 0);
}

static void other(struct delays *d, const struct fact *x) {
    slots_fact(&d->slots, x);
    if (x->kind != FACT_SPAN_FREE || reel_span(d->r, x->span)->kind != SPAN_HEAP || d->last_free[x->span] == NO_TIME)
        return;
    int64_t took = x->t - d->last_free[x->span];
    dist_add(&d->back[report_class(d->r, x->span)], (uint64_t)(took > 0 ? took : 0));
}

static void visit(void *arg, const struct walk_block *b) {
    struct delays *d = arg;
    for (uint32_t i = 0; i < b->n; i++) {
        const struct walked *w = &b->at[i];
        if (i + WALK_AHEAD < b->n)
            slots_fetch(&d->slots, w + WALK_AHEAD);
        if (w->kind == WALK_OTHER) {
            other(d, &b->other[w->type]);
            continue;
        }
        uint64_t *word = slots_word(&d->slots, w->span, w->slot);
        if (!word)
            continue;
        if (w->kind == FACT_FREE)
            freed(d, w, word);
        else if (w->kind == FACT_ALLOC && *word != 0)
            reused(d, w, word);
    }
}

static bool prepare(struct delays *d) {
    uint32_t n = reel_spans(d->r);
    d->nkeys = d->by == BY_TYPE ? reel_types(d->r) : SPAN_CLASSES;
    d->reuse = calloc((size_t)d->nkeys + 1, sizeof *d->reuse);
    d->freed = calloc((size_t)d->nkeys + 1, sizeof *d->freed);
    d->back = calloc(SPAN_CLASSES, sizeof *d->back);
    d->last_free = malloc(((size_t)n + 1) * sizeof *d->last_free);
    for (uint32_t i = 0; d->last_free && i < n; i++)
        d->last_free[i] = NO_TIME;
    return d->reuse && d->freed && d->back && d->last_free && slots_init(&d->slots, d->r, 0);
}

static void join(struct dist *all, const struct dist *of, uint32_t n) {
    for (uint32_t i = 0; i < n; i++)
        dist_join(all, &of[i]);
}

static bool put_dist(const char *what, struct dist *x, uint64_t freed_n, const char *by, struct value name,
                     struct sink *out) {
    bool any = x->n > 0, reuse = *what == 'r' && what[2] == 'u';
    struct value none = value_null();
    struct value v[DELAYS_COLUMNS] = {
        value_str(what),
        value_uint(x->n),
        any ? value_uint(dist_mean(x)) : none,
        any ? value_uint(dist_percentile(x, 50)) : none,
        any ? value_uint(dist_percentile(x, 90)) : none,
        any ? value_uint(dist_percentile(x, 99)) : none,
        any ? value_uint(x->max) : none,
        any ? value_uint(x->min) : none,
        reuse ? value_uint(freed_n) : none,
        reuse && freed_n ? value_real((double)x->n / (double)freed_n) : none,
        value_str(by),
        name,
    };
    return out->row(out, v, NULL, NULL, 0);
}

static bool put_keys(struct delays *d, const char *what, struct dist *of, uint32_t n, uint64_t top, struct sink *out) {
    struct report_order *list = calloc((size_t)n + 1, sizeof *list);
    size_t found = 0;
    bool types = d->by == BY_TYPE && of == d->reuse, ok = list != NULL;
    for (uint32_t i = 0; ok && i < n; i++) {
        list[found] = (struct report_order){(double)of[i].n, i};
        found += of[i].n > 0 || (of == d->reuse && d->freed[i] > 0);
    }
    if (ok)
        report_sort(list, found);
    for (size_t i = 0; ok && i < found && i < top; i++) {
        uint32_t k = list[i].key;
        ok = put_dist(what, &of[k], of == d->reuse ? d->freed[k] : 0, types ? "type" : "class",
                      types ? value_type_name(d->r, k) : value_class(k), out);
    }
    free(list);
    return ok;
}

static bool put_all(struct delays *d, uint64_t top, struct sink *out) {
    struct dist reuse = {0}, back = {0};
    uint64_t freed_n = 0;
    join(&reuse, d->reuse, d->nkeys);
    join(&back, d->back, SPAN_CLASSES);
    for (uint32_t i = 0; i < d->nkeys; i++)
        freed_n += d->freed[i];
    bool ok = out->begin(out, delays_columns, DELAYS_COLUMNS) &&
              put_dist("reuse", &reuse, freed_n, "all", value_str("all"), out) &&
              put_dist("return", &back, 0, "all", value_str("all"), out);
    if (ok && d->by != BY_ALL)
        ok = put_keys(d, "reuse", d->reuse, d->nkeys, top, out);
    if (ok && d->by == BY_CLASS)
        ok = put_keys(d, "return", d->back, SPAN_CLASSES, top, out);
    if (ok) {
        chart_histogram(out, "buckets: from the free to the reuse", &reuse, UNIT_DURATION);
        if (back.n > 0)
            out->note(out, "");
        chart_histogram(out, "spans: from the last free to the return", &back, UNIT_DURATION);
        report_end(d->env, out);
    }
    dist_free(&reuse);
    dist_free(&back);
    return true;
}

bool delays_run(struct command_env *env, int argc, char **argv, struct sink *out) {
    struct delays d = {.env = env, .r = env->reel};
    struct report_window w;
    uint64_t top;
    (void)argc;
    (void)argv;
    if (!report_window(env, &w) || !report_by(env, by_names, sizeof by_names / sizeof by_names[0], &d.by) ||
        !report_top(env, UINT64_MAX, &top))
        return false;
    bool ok = prepare(&d) || report_no_memory(env);
    frame *f = ok && w.from > 0 ? command_frame(env, w.from_t - 1) : NULL;
    if (f)
        slots_begin(&d.slots, f);
    frame_free(&f);
    ok = ok && report_walk(env, w.from, w.to, visit, &d) && (!d.slots.memory_short || report_no_memory(env)) &&
         put_all(&d, top, out);
    for (uint32_t i = 0; d.reuse && i < d.nkeys; i++)
        dist_free(&d.reuse[i]);
    for (uint32_t i = 0; d.back && i < SPAN_CLASSES; i++)
        dist_free(&d.back[i]);
    slots_free(&d.slots);
    free(d.reuse);
    free(d.freed);
    free(d.back);
    free(d.last_free);
    return ok;
}
