/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rep_procs.c - what each P did, and how much of the machine the program had: mutator utilisation.
 *
 * Utilisation is the share of the Ps' time that the collector did not take: all but mark workers, assists, sweeping and
 * stops of the world (Go's own `go tool trace` counts so too). A P that idles could have been the program's.
 */
#include "core/report.h"

#include <stdlib.h>

const struct result_column procs_columns[PROCS_COLUMNS] = {
    {"mutator", UNIT_DURATION, "the program, the scheduler, other work of the runtime"},
    {"mark", UNIT_DURATION, "mark workers"},
    {"assist", UNIT_DURATION, "mark assists"},
    {"sweep", UNIT_DURATION, "sweeping that allocations had to do"},
    {"stopped", UNIT_DURATION, "not running while the world was stopped"},
    {"idle", UNIT_DURATION, "not running otherwise, or for 10 us and more without a goroutine"},
    {"unknown", UNIT_DURATION | UNIT_HIDDEN, "before the trace tells"},
    {"util", UNIT_SHARE, "mutator utilisation: what the collector left of this time"},
    {"from", UNIT_TIME | UNIT_HIDDEN, "begin of the stretch"},
    {"to", UNIT_TIME | UNIT_HIDDEN, "its end"},
    {"name", UNIT_NONE,
     "P0, P1 ...; all; with --by time, the stretch; worst: the stretch of that length with least utilisation"},
};

enum { BY_P, BY_TIME };
const char *const procs_by[] = {"p", "time", NULL};
enum { STRETCHES = 20, CURVE = 60, MOST_LOOKS = 20000 };

static void add_time(const reel *r, uint32_t p, int64_t from, int64_t to, int64_t sum[PROC_STATES]) {
    int64_t one[PROC_STATES];
    reel_proc_time(r, p, from, to, one);
    for (int i = 0; i < PROC_STATES; i++)
        sum[i] += one[i];
}

static void time_of_all(const reel *r, int64_t from, int64_t to, int64_t sum[PROC_STATES]) {
    memset(sum, 0, PROC_STATES * sizeof *sum);
    for (uint32_t p = 0; p < reel_procs(r); p++)
        add_time(r, p, from, to, sum);
}

/* NAN where nothing is known. */
static double utilisation(const int64_t x[PROC_STATES]) {
    int64_t gc = x[PROC_MARK] + x[PROC_ASSIST] + x[PROC_SWEEP] + x[PROC_STOPPED];
    int64_t all = gc + x[PROC_IDLE] + x[PROC_MUTATOR];
    return all > 0 ? 1 - (double)gc / (double)all : NAN;
}

static bool put_stretch(const int64_t x[PROC_STATES], int64_t from, int64_t to, struct value name, struct sink *out) {
    struct value v[PROCS_COLUMNS] = {
        value_int(x[PROC_MUTATOR]),
        value_int(x[PROC_MARK]),
        value_int(x[PROC_ASSIST]),
        value_int(x[PROC_SWEEP]),
        value_int(x[PROC_STOPPED]),
        value_int(x[PROC_IDLE]),
        value_int(x[PROC_UNKNOWN]),
        value_real(utilisation(x)),
        value_time(from),
        value_time(to),
        name,
    };
    return out->row(out, v, NULL, NULL, 0);
}

/* The stretch of `length` with least utilisation, looked for at every quarter of it. */
static bool put_worst(const struct command_env *env, const struct report_window *w, int64_t length, struct sink *out) {
    const reel *r = env->reel;
    int64_t worst_at = NO_TIME, step = length / 4, sum[PROC_STATES];
    double worst = 2;
    if (w->to_t - w->from_t < length)
        return true;
    if ((w->to_t - w->from_t) / step > MOST_LOOKS)
        step = (w->to_t - w->from_t) / MOST_LOOKS;
    for (int64_t t = w->from_t; t + length <= w->to_t; t += step) {
        time_of_all(r, t, t + length, sum);
        double u = utilisation(sum);
        if (u < worst) {
            worst = u;
            worst_at = t;
        }
    }
    if (worst_at == NO_TIME)
        return true;
    char name[2 * TIME_TEXT + 16], shown[TIME_TEXT], at[TIME_TEXT];
    bool people = env->format == FORMAT_TEXT; /* others have it in `from` */
    snprintf(name, sizeof name, "worst %s%s%s", duration_text(length, shown), people ? ", at " : "",
             people ? time_text(worst_at, at) : "");
    time_of_all(r, worst_at, worst_at + length, sum);
    return put_stretch(sum, worst_at, worst_at + length, value_str(name), out);
}

static bool put_ps(const struct command_env *env, const struct report_window *w, struct sink *out) {
    const reel *r = env->reel;
    static const int64_t lengths[] = {1000000, 10000000, 100000000, 1000000000};
    int64_t sum[PROC_STATES];
    bool ok = true;
    for (uint32_t p = 0; ok && p < reel_procs(r); p++) {
        char name[16];
        snprintf(name, sizeof name, "P%u", p);
        reel_proc_time(r, p, w->from_t, w->to_t, sum);
        ok = put_stretch(sum, w->from_t, w->to_t, value_leads(value_str(name), LEADS_PROC, p), out);
    }
    time_of_all(r, w->from_t, w->to_t, sum);
    ok = ok && put_stretch(sum, w->from_t, w->to_t, value_str("all"), out);
    for (size_t i = 0; ok && i < sizeof lengths / sizeof lengths[0]; i++)
        ok = put_worst(env, w, lengths[i], out);
    return ok;
}

static int64_t part(const struct report_window *w, int i, int n) {
    return w->from_t + (int64_t)((double)(w->to_t - w->from_t) / n * i);
}

static bool put_times(const reel *r, const struct report_window *w, struct sink *out) {
    bool ok = true;
    for (int i = 0; ok && i < STRETCHES; i++) {
        int64_t sum[PROC_STATES], from = part(w, i, STRETCHES), to = part(w, i + 1, STRETCHES);
        char name[TIME_TEXT];
        time_of_all(r, from, to, sum);
        ok = put_stretch(sum, from, to, value_str(time_text(from, name)), out);
    }
    return ok;
}

bool procs_run(struct command_env *env, int argc, char **argv, struct sink *out) {
    struct report_window w;
    double v[CURVE];
    size_t by;
    (void)argc;
    (void)argv;
    if (!report_window(env, &w) || !report_by(env, procs_by, &by))
        return false;
    bool ok = out->begin(out, procs_columns, PROCS_COLUMNS);
    if (ok && reel_procs(env->reel) > 0)
        ok = by == BY_TIME ? put_times(env->reel, &w, out) : put_ps(env, &w, out);
    for (int i = 0; i < CURVE; i++) {
        int64_t sum[PROC_STATES];
        time_of_all(env->reel, part(&w, i, CURVE), part(&w, i + 1, CURVE), sum);
        double u = utilisation(sum);
        v[i] = isnan(u) ? 0 : u;
    }
    if (ok && reel_procs(env->reel) > 0)
        chart_curve(out, "mutator utilisation over the window", v, CURVE, 5, UNIT_SHARE);
    if (ok)
        out->end(out);
    return true;
}
