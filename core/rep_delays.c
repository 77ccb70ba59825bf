/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rep_delays.c - how long a bucket is free before it is reused, and a span empty before it goes back (see reuse.h). */
#include "core/reuse.h"

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
const char *const delays_by[] = {"all", "class", "type", NULL};

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

/* Types or classes, those with most delays first. */
static bool put_keys(struct reuse *x, const char *what, struct dist *of, const uint64_t *freed, uint32_t n,
                     uint64_t top, struct sink *out) {
    struct report_order *list = calloc((size_t)n + 1, sizeof *list);
    size_t found = 0;
    bool types = of == x->by_type, ok = list != NULL;
    for (uint32_t i = 0; ok && i < n; i++) {
        list[found] = (struct report_order){(double)of[i].n, i};
        found += of[i].n > 0 || (freed && freed[i] > 0);
    }
    if (ok)
        report_sort(list, found);
    for (size_t i = 0; ok && i < found && top > 0; i++, top -= !out->refused) {
        uint32_t k = list[i].key;
        ok = put_dist(what, &of[k], freed ? freed[k] : 0, types ? "type" : "class",
                      types ? value_type_name(x->r, k) : value_class(k), out);
    }
    free(list);
    return ok;
}

static void put_all(struct command_env *env, struct reuse *x, size_t by, uint64_t top, struct sink *out) {
    struct dist reuse = {0}, back = {0};
    reuse_join(&reuse, x->by_class);
    reuse_join(&back, x->back);
    bool ok = out->begin(out, delays_columns, DELAYS_COLUMNS) &&
              put_dist("reuse", &reuse, x->frees, "all", value_str("all"), out) &&
              put_dist("return", &back, 0, "all", value_str("all"), out);
    if (ok && by == BY_TYPE)
        ok = put_keys(x, "reuse", x->by_type, x->freed_type, x->ntypes, top, out);
    if (ok && by == BY_CLASS)
        ok = put_keys(x, "reuse", x->by_class, x->freed_class, SPAN_CLASSES, top, out) &&
             put_keys(x, "return", x->back, NULL, SPAN_CLASSES, top, out);
    if (ok) {
        chart_histogram(out, "buckets: from the free to the reuse", &reuse, UNIT_DURATION);
        if (back.n > 0)
            out->note(out, "");
        chart_histogram(out, "spans: from the last free to the return", &back, UNIT_DURATION);
        report_end(env, out);
    }
    dist_free(&reuse);
    dist_free(&back);
}

bool delays_run(struct command_env *env, int argc, char **argv, struct sink *out) {
    struct report_window w;
    uint64_t top;
    size_t by;
    (void)argc;
    (void)argv;
    if (!report_window(env, &w) || !report_by(env, delays_by, &by) || !report_top(env, UINT64_MAX, &top))
        return false;
    struct reuse *x = calloc(1, sizeof *x);
    bool ok = x ? reuse_count(env, env->reel, &w, by == BY_TYPE, x) : report_no_memory(env);
    if (ok)
        put_all(env, x, by, top, out);
    if (x)
        reuse_free(x);
    free(x);
    return ok;
}
