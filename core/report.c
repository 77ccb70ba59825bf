/* SPDX-License-Identifier: GPL-3.0-or-later */
/* report.c - see report.h. */
#include "core/report.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

enum { LINE = 78 };

bool report_no_memory(struct command_env *env) {
    return command_fail(env, 2, "out of memory");
}

bool report_window(struct command_env *env, struct report_window *w) {
    reel *r = env->reel;
    if (!command_time(env, "--from", env->opt.from, NO_TIME, &w->from_t) ||
        !command_time(env, "--to", env->opt.to, NO_TIME, &w->to_t))
        return false;
    /* what happens at the very instant --from belongs to the window */
    w->from = w->from_t == NO_TIME || w->from_t <= 0 ? 0 : reel_pos(r, w->from_t - 1);
    w->to = w->to_t == NO_TIME ? reel_facts(r) : reel_pos(r, w->to_t);
    w->from_t = w->from_t == NO_TIME ? 0 : w->from_t;
    w->to_t = w->to_t == NO_TIME ? reel_info(r)->duration : w->to_t;
    if (w->from_t > w->to_t)
        return command_fail(env, 2, "--from lies after --to");
    w->to = w->to < w->from ? w->from : w->to;
    return true;
}

int64_t report_start(const reel *r) {
    const struct range *stw;
    size_t n = reel_ranges(r, RANGE_STW, &stw);
    bool begins = n > 0 && stw[0].kind.len == 11 && memcmp(stw[0].kind.ptr, "start trace", 11) == 0;
    int64_t begin = reel_info(r)->begin;
    return begins && stw[0].end != NO_TIME && stw[0].end > begin ? stw[0].end : begin;
}

int64_t report_known(const reel *r, int64_t t) {
    int64_t start = report_start(r);
    return t < start ? start : t;
}

bool report_no_goal(uint64_t metric) {
    return metric == 0 || metric > INT64_MAX / 2;
}

bool report_goal(const reel *r, int64_t t, uint64_t *goal) {
    return reel_value(r, SERIES_HEAP_GOAL, t, goal) && !report_no_goal(*goal);
}

static bool step(void *arg, double share) {
    struct command_env *env = arg;
    if (env->progress)
        env->progress(env->progress_arg, share);
    return !command_stopped(env);
}

bool report_walk(struct command_env *env, uint64_t from, uint64_t to, walk_visitor *visit, void *arg) {
    switch (reel_walk(env->reel, from, to, visit, arg, step, env)) {
    case WALK_DONE:
        return true;
    case WALK_STOPPED:
        return command_fail(env, 2, "stopped");
    case WALK_NO_MEMORY:
        break;
    }
    if (reel_info(env->reel)->loss.code == TRACE_E_REEL)
        return command_fail(env, 2, "%s", "facts that it counts are lost: the saved reel is damaged");
    return report_no_memory(env);
}

bool report_by(struct command_env *env, const char *const *names, size_t *which) {
    char list[128] = "";
    *which = 0;
    if (!env->opt.by)
        return true;
    for (size_t i = 0; names[i]; i++) {
        size_t len = strlen(list);
        if (strcmp(env->opt.by, names[i]) == 0) {
            *which = i;
            return true;
        }
        snprintf(list + len, sizeof list - len, "%s%s", i == 0 ? "" : names[i + 1] ? ", " : " or ", names[i]);
    }
    return command_fail(env, 2, "--by is %s here", list);
}

bool report_top(struct command_env *env, uint64_t otherwise, uint64_t *top) {
    env->own_top = true;
    *top = otherwise;
    return !env->opt.top || command_top(env, top);
}

/* Names of all classes, made by the preprocessor so that they live for ever. */
#define TEN(n)                                                                                                         \
    n "0 scan", n "0 noscan", n "1 scan", n "1 noscan", n "2 scan", n "2 noscan", n "3 scan", n "3 noscan",            \
        n "4 scan", n "4 noscan", n "5 scan", n "5 noscan", n "6 scan", n "6 noscan", n "7 scan", n "7 noscan",        \
        n "8 scan", n "8 noscan", n "9 scan", n "9 noscan"

struct value value_class(unsigned span_class) {
    static const char *const names[] = {TEN(""), TEN("1"), TEN("2"), TEN("3"), TEN("4"), TEN("5"), TEN("6")};
    static const char *const large[] = {"large scan", "large noscan"};
    const char *name = span_class < 2 ? large[span_class] : names[span_class % SPAN_CLASSES];
    return value_leads(value_str(name), LEADS_CLASS, span_class);
}

struct value value_elem(unsigned span_class) {
    return span_class < 2 ? value_null() : value_uint(layout_elem(span_class / 2 % SIZE_CLASSES));
}

struct value value_type_name(const reel *r, uint32_t type) {
    struct value v = value_type(r, type);
    return v.kind == VALUE_NULL ? value_leads(value_str("(no type)"), LEADS_TYPE, type) : v;
}

static int by_weight(const void *a, const void *b) {
    const struct report_order *x = a, *y = b;
    return x->weight != y->weight ? (x->weight < y->weight ? 1 : -1) : x->key < y->key ? -1 : x->key > y->key;
}

void report_sort(struct report_order *list, size_t n) {
    qsort(list, n, sizeof *list, by_weight);
}

void report_say(struct sink *out, const char *fmt, ...) {
    char line[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    out->note(out, line);
}

void report_explain(struct sink *out, const char *s) {
    char line[LINE + 1];
    while (*s) {
        size_t n = strlen(s);
        if (n > LINE)
            for (n = LINE; n > 1 && s[n] != ' '; n--)
                ;
        memcpy(line, s, n);
        line[n] = '\0';
        out->note(out, line);
        s += n;
        while (*s == ' ')
            s++;
    }
}

bool report_end(struct command_env *env, struct sink *out) {
    if (reel_missing(env->reel))
        report_explain(out, reel_missing(env->reel));
    out->end(out);
    return true;
}

/* ------------------------------------------------------------------ the command `reports` */

const struct result_column reports_columns[REPORTS_COLUMNS] = {
    {"question", UNIT_NONE, "its number among the twenty"},
    {"report", UNIT_NONE, "the command that answers it"},
    {"about", UNIT_NONE, "what it tells"},
};

static int by_question(const void *a, const void *b) {
    const struct command *x = *(const struct command *const *)a, *y = *(const struct command *const *)b;
    int d = atoi(x->question + 1) - atoi(y->question + 1);
    return d != 0 ? d : strcmp(x->name, y->name);
}

bool reports_run(struct command_env *env, int argc, char **argv, struct sink *out) {
    const struct command *table, *list[128];
    size_t n = command_table(&table), found = 0;
    (void)argc;
    (void)argv;
    (void)env;
    for (size_t i = 0; i < n && found < sizeof list / sizeof list[0]; i++)
        if (table[i].question)
            list[found++] = &table[i];
    qsort(list, found, sizeof list[0], by_question);
    bool ok = out->begin(out, reports_columns, REPORTS_COLUMNS);
    for (size_t i = 0; ok && i < found; i++) {
        struct value v[REPORTS_COLUMNS] = {value_str(list[i]->question), value_str(list[i]->name),
                                           value_str(list[i]->about)};
        ok = out->row(out, v, NULL, NULL, 0);
    }
    if (ok) {
        out->note(out, "help REPORT tells what its columns are.");
        out->end(out);
    }
    return true;
}
