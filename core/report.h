/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report.h - what the reports share. A report is a command that answers one of the twenty questions (command_table.c
 * names which); its rows come from one walk over the facts of a window, and behind them, in text output, stands what
 * they mean.
 *
 *   report.c         windows, walks, what a row is, names of classes, the command `reports`
 *   rep_*.c          a report each, or a few of one kind
 *   dist.c, chart.c  distributions and pictures
 *
 * Every figure has a row; the row `all` is the sum. Rows come in the order that matters, greatest first.
 */
#ifndef HEAPREEL_REPORT_H
#define HEAPREEL_REPORT_H

#include "core/chart.h"
#include "core/command.h"
#include "core/value.h"
#include "core/walk.h"

/* The heap goal at t. False: not known, or none: with GOGC=off a trace says 0, or before Go 1.25 a number beyond any
 * heap (go.dev/issue/63864). */
bool report_goal(const reel *r, int64_t t, uint64_t *goal);
bool report_no_goal(uint64_t metric);

/* --from and --to, as times and as positions: facts from .. to - 1 lie in it. */
struct report_window {
    int64_t from_t, to_t;
    uint64_t from, to;
};
bool report_window(struct command_env *env, struct report_window *w);

/* At its first event a trace knows nothing yet: when its snapshot of the heap is whole. */
int64_t report_start(const reel *r);
/* t, or report_start where t is before that. */
int64_t report_known(const reel *r, int64_t t);

/* Walk over facts from .. to - 1; false with env->error set where it can't be done or was stopped. */
bool report_walk(struct command_env *env, uint64_t from, uint64_t to, walk_visitor *visit, void *arg);

/* What a row is: one of the names (NULL at the end), by --by; the first where it isn't given. False: it is none. */
bool report_by(struct command_env *env, const char *const *names, size_t *which);
/*
 * --top, or `otherwise`: so many types, classes, events ..., beside the sums. One counts once a row of it was let
 * through by --where (out->refused), so that the filter comes before the cut.
 */
bool report_top(struct command_env *env, uint64_t otherwise, uint64_t *top);

/* "5 noscan", "large scan"; the text lives as long as the program. */
struct value value_class(unsigned span_class);
/* Bytes of a slot of the class; null for large objects. */
struct value value_elem(unsigned span_class);

/* A type's name for people and machines alike: "(no type)" where the trace names none. */
struct value value_type_name(const reel *r, uint32_t type);

/* Keys with a weight, sorted: the heaviest first, equal ones by key. */
struct report_order {
    double weight;
    uint32_t key;
};
void report_sort(struct report_order *list, size_t n);

/* A note for people, as printf makes it. */
void report_say(struct sink *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The same, broken into lines of 78 columns. */
void report_explain(struct sink *out, const char *line);

/* End the rows: what the trace lacks, if it does. Always true. */
bool report_end(struct command_env *env, struct sink *out);

/* Out of memory: false with env->error set. */
bool report_no_memory(struct command_env *env);

/* The span class of a span, 0 .. SPAN_CLASSES - 1. */
static inline unsigned report_class(const reel *r, uint32_t span) {
    return reel_span_class(r, span);
}

#endif
