/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * command.h - between the command table and the files that hold the commands.
 *
 * A command's run function gets its arguments without options (those are in env->opt), writes rows into the sink and
 * returns true; also where the sink refuses a row, since command_run sees why. False means that env->error is set.
 */
#ifndef HEAPREEL_COMMAND_H
#define HEAPREEL_COMMAND_H

#include "core/feed.h"

#if defined(__GNUC__)
#define COMMAND_PRINTF __attribute__((format(printf, 3, 4)))
#else
#define COMMAND_PRINTF
#endif

/* Sets env->error and env->status; returns false, for callers to return in turn. */
bool command_fail(struct command_env *env, int status, const char *fmt, ...) COMMAND_PRINTF;

/* *t from the TIME `expr` of option `name`, or `otherwise` where expr is NULL. */
bool command_time(struct command_env *env, const char *name, const char *expr, int64_t otherwise, int64_t *t);

/* The events of what is at env->path; close it. False: env->error says why, and env->unreadable is set. */
bool command_open(struct command_env *env, struct feed **f);

/* Note what trace_warning or reel_info say; nothing where `line` is NULL. */
void command_warn(struct command_env *env, const char *line);

/* A frame wound to time t; NULL with env->error set. */
frame *command_frame(struct command_env *env, int64_t t);

/* The ADDR of a command. */
bool command_address(struct command_env *env, const char *s, uint64_t *addr);

/* Someone wants the command to end early. */
bool command_stopped(const struct command_env *env);

/*
 * Where something was lost: sets env->damage and the status. A trace without any event counts as unreadable: no writer
 * leaves one.
 */
void command_damage(struct command_env *env, const struct trace_loss *loss, struct salvage kept);

/* The number of --top, which is given. */
bool command_top(struct command_env *env, uint64_t *top);

/*
 * A sink that hands the first rows on to `to`, as many as --top says, and then ends it and the command; all rows where
 * the command sees to --top itself. NULL: out of memory, or --top is no number; env->error says which. `to` stays the
 * caller's.
 */
struct sink *top_new(struct command_env *env, struct sink *to);
void top_free(struct sink **top);

/* A sink that passes all on to `to` and looks at each row: --fail-if EXPR. NULL: out of memory. `to` stays the
 * caller's.
 */
struct sink *check_new(struct command_env *env, const char *expr, struct sink *to);
/* *matched: a row was as EXPR says; env->matched says which. False: EXPR is no filter of these rows; env->error says
 * why.
 */
bool check_free(struct sink **check, bool *matched);

/* The columns; a row more here than in the file that defines them would be a column without a name. */
enum {
    INFO_COLUMNS = 12,
    EVENTS_COLUMNS = 5,
    SUMMARY_COLUMNS = 16,
    CYCLES_COLUMNS = 15,
    PHASES_COLUMNS = 3,
    SWEEPS_COLUMNS = 12,
    SPANS_COLUMNS = 13,
    CENTRAL_COLUMNS = 11,
    TYPES_COLUMNS = 9,
    BUCKET_COLUMNS = 13,
    SPAN_COLUMNS = 14,
    NOTES_COLUMNS = 7,
    RANGES_COLUMNS = 8,
    GOROUTINES_COLUMNS = 3,
    SAVE_COLUMNS = 6,
    HELP_COLUMNS = 3,
    EXPORT_COLUMNS = 2,
    REPORTS_COLUMNS = 3,
    LEAKS_COLUMNS = 10,
    WHERE_COLUMNS = 17,
    DELAYS_COLUMNS = 12,
    PINS_COLUMNS = 9,
    FAILURES_COLUMNS = 9,
    RETURNS_COLUMNS = 8,
    REFILLS_COLUMNS = 7,
    TRAFFIC_COLUMNS = 9,
    MAPS_COLUMNS = 9,
    CHAINS_COLUMNS = 8,
    SFR_COLUMNS = 6,
    GROWTHS_COLUMNS = 15,
    ALLOCATORS_COLUMNS = 8,
    CHARGED_COLUMNS = 9,
    RETURNED_COLUMNS = 12,
    CHARGES_COLUMNS = 9,
    COMPARE_COLUMNS = 7,
    PROCS_COLUMNS = 11,
    AFTERMATH_COLUMNS = 10,
    TURNS_COLUMNS = 11,
    CROSSCHECK_COLUMNS = 11,
    GROWN_COLUMNS = 9
};

extern const struct result_column info_columns[INFO_COLUMNS];
extern const struct result_column events_columns[EVENTS_COLUMNS];
extern const struct result_column summary_columns[SUMMARY_COLUMNS];
extern const struct result_column cycles_columns[CYCLES_COLUMNS];
extern const struct result_column phases_columns[PHASES_COLUMNS];
extern const struct result_column sweeps_columns[SWEEPS_COLUMNS];
extern const struct result_column spans_columns[SPANS_COLUMNS];
extern const struct result_column central_columns[CENTRAL_COLUMNS];
extern const struct result_column types_columns[TYPES_COLUMNS];
extern const struct result_column bucket_columns[BUCKET_COLUMNS];
extern const struct result_column span_columns[SPAN_COLUMNS];
extern const struct result_column notes_columns[NOTES_COLUMNS];
extern const struct result_column ranges_columns[RANGES_COLUMNS];
extern const struct result_column goroutines_columns[GOROUTINES_COLUMNS];
extern const struct result_column save_columns[SAVE_COLUMNS];
extern const struct result_column help_columns[HELP_COLUMNS];
extern const struct result_column export_columns[EXPORT_COLUMNS];
extern const struct result_column reports_columns[REPORTS_COLUMNS];
extern const struct result_column leaks_columns[LEAKS_COLUMNS];
extern const struct result_column where_columns[WHERE_COLUMNS];
extern const struct result_column delays_columns[DELAYS_COLUMNS];
extern const struct result_column pins_columns[PINS_COLUMNS];
extern const struct result_column failures_columns[FAILURES_COLUMNS];
extern const struct result_column returns_columns[RETURNS_COLUMNS];
extern const struct result_column refills_columns[REFILLS_COLUMNS];
extern const struct result_column traffic_columns[TRAFFIC_COLUMNS];
extern const struct result_column maps_columns[MAPS_COLUMNS];
extern const struct result_column chains_columns[CHAINS_COLUMNS];
extern const struct result_column sfr_columns[SFR_COLUMNS];
extern const struct result_column growths_columns[GROWTHS_COLUMNS];
extern const struct result_column allocators_columns[ALLOCATORS_COLUMNS];
extern const struct result_column charged_columns[CHARGED_COLUMNS];
extern const struct result_column returned_columns[RETURNED_COLUMNS];
extern const struct result_column charges_columns[CHARGES_COLUMNS];
extern const struct result_column compare_columns[COMPARE_COLUMNS];
extern const struct result_column procs_columns[PROCS_COLUMNS];
extern const struct result_column aftermath_columns[AFTERMATH_COLUMNS];
extern const struct result_column turns_columns[TURNS_COLUMNS];
extern const struct result_column crosscheck_columns[CROSSCHECK_COLUMNS];
extern const struct result_column grown_columns[GROWN_COLUMNS];

/* What --by takes: the names of each, NULL at the end, the usual one first. */
extern const char *const where_by[],
    *const delays_by[], *const returns_by[], *const pins_by[], *const chains_by[],
                                                                   *const refills_by[],
                                                                       *const allocators_by[],
                                                                           *const charged_by[],
                                                                               *const compare_by[],
                                                                                   *const procs_by[],
                                                                                       *const grown_by[],
                                                                                           *const leaks_by[];

typedef bool command_runner(struct command_env *env, int argc, char **argv, struct sink *out);
command_runner info_run, events_run, summary_run, cycles_run, phases_run, spans_run, central_run, types_run, bucket_run,
    span_run, notes_run, ranges_run, goroutines_run, help_run, reports_run, leaks_run, where_run, delays_run,
    perfetto_run, pprof_run, save_run, sweeps_run;
/* the reports */
command_runner pins_run, failures_run, returns_run, refills_run, traffic_run, maps_run, chains_run, sfr_run,
    growths_run, allocators_run, charged_run, compare_run, procs_run, aftermath_run, turns_run, crosscheck_run,
    grown_run;

/* cmd_fields.c */
enum { FIELDS_COLUMNS = 4 };
extern const struct result_column fields_columns[FIELDS_COLUMNS];
command_runner fields_run;
/* The manual's section about filters; `line` writes one line of roff. */
void fields_dump_man(FILE *out, void (*line)(FILE *, const char *));

/* glossary.c */
enum { GLOSSARY_COLUMNS = 5 };
extern const struct result_column glossary_columns[GLOSSARY_COLUMNS];
command_runner glossary_run;

/* bookmark.c */
enum { BOOKMARKS_COLUMNS = 6 };
extern const struct result_column bookmarks_columns[BOOKMARKS_COLUMNS];
command_runner bookmarks_run;

#endif
