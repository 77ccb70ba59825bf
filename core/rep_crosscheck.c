/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rep_crosscheck.c - the rebuilt heap against what others say of it: the trace's own metrics, gctrace and scavtrace
 * lines of --log, and runtime.MemStats fields that the program logged.
 *
 * A log of category "memstats" holds fields as HeapAlloc=123 HeapObjects=45 ..., any of those below. Beside it stands
 * what heapreel counts at the instant when they were read: runtime.ReadMemStats stops the world, and the trace has
 * that stop (Go 1.22 on). `agrees` allows for what must differ: digits that were cut, and a thousandth or a few objects
 * and KB.
 */
#include "core/heaplive.h"
#include "core/overlay.h"
#include "core/report.h"
#include "core/stacks.h"

#include <ctype.h>
#include <stdlib.h>

const struct result_column crosscheck_columns[CROSSCHECK_COLUMNS] = {
    {"t", UNIT_TIME, "the instant; of memstats: when they were read, or else logged"},
    {"gc", UNIT_NONE | TO_CYCLE, "the GC cycle; of gctrace lines its number there is in `n`"},
    {"n", UNIT_NONE | UNIT_HIDDEN, "the cycle's number in the program's life, by gctrace"},
    {"source", UNIT_NONE, "metric (the trace's own), gctrace, scavtrace, memstats"},
    {"what", UNIT_NONE, "what is compared"},
    {"unit", UNIT_NONE | UNIT_HIDDEN, "ns, bytes, count"},
    {"theirs", UNIT_NONE, "what the source says"},
    {"ours", UNIT_NONE, "what heapreel rebuilt, or read from events; null: a trace can't know"},
    {"diff", UNIT_NONE, "ours less theirs"},
    {"agrees", UNIT_NONE | IS_FLAG, "within what must differ"},
    {"why", UNIT_NONE | UNIT_HIDDEN, "where they differ, or ours is null: the reason"},
};

/* Comparisons of one kind that don't agree, for the lines below the rows. */
struct differing {
    const char *source, *what, *why;
    uint64_t n, of;
    int64_t t; /* of the greatest difference */
    double diff;
    uint8_t unit;
};
enum { KINDS = 24, STOPS_BACK = 1000 }; /* more kinds than there are; how far back a log's own stop is looked for */

struct check {
    struct command_env *env;
    reel *r;
    struct sink *out;
    struct overlay *log;
    struct stack_bytes stacks;
    bool stacks_known;
    uint64_t rows, wrong;
    struct differing kind[KINDS];
    bool ok;
};

/* One comparison. */
struct pair {
    int64_t t;
    const struct cycle *c;
    uint32_t n; /* gctrace's number, NO_ID */
    const char *source, *what, *why;
    uint8_t unit;
    bool known; /* ours */
    double theirs, ours, slack;
};

static struct value in_unit(double v, uint8_t unit, bool known) {
    struct value x = known ? value_whole(v) : value_null();
    x.unit = unit;
    return x;
}

static void count_kind(struct check *k, const struct pair *p, bool agrees) {
    struct differing *d = k->kind, *end = k->kind + KINDS;
    while (d < end && d->of > 0 && (strcmp(d->what, p->what) != 0 || strcmp(d->source, p->source) != 0))
        d++;
    if (d == end)
        return;
    d->source = p->source, d->what = p->what, d->unit = p->unit;
    d->of++;
    d->n += !agrees;
    double diff = p->ours - p->theirs;
    if (!agrees && fabs(diff) > fabs(d->diff))
        d->diff = diff, d->why = p->why, d->t = p->t;
}

/* Where it doesn't agree, and why: among hundreds of rows that do nobody finds the others. */
static void say_differing(const struct check *k) {
    for (const struct differing *d = k->kind; d < k->kind + KINDS && d->of > 0; d++) {
        char diff[TIME_TEXT], t[TIME_TEXT];
        struct value v = in_unit(d->diff, d->unit, true);
        if (d->n == 0)
            continue;
        value_shown(&v, d->unit, k->r, k->out->ascii, diff, sizeof diff);
        report_say(k->out, "%s, %s: %llu of %llu differ, most by %s at %s:", d->source, d->what,
                   (unsigned long long)d->n, (unsigned long long)d->of, diff, time_text(d->t, t));
        report_say(k->out, "    %s", d->why);
    }
}

static void put(struct check *k, const struct pair *p) {
    static const char *const units[] = {[UNIT_COUNT] = "count", [UNIT_BYTES] = "bytes", [UNIT_DURATION] = "ns"};
    double diff = p->ours - p->theirs;
    bool agrees = p->known && fabs(diff) <= p->slack;
    if (!k->ok)
        return;
    if (p->known)
        count_kind(k, p, agrees);
    k->rows += p->known;
    k->wrong += p->known && !agrees;
    struct value v[CROSSCHECK_COLUMNS] = {
        value_time(p->t),
        p->c ? value_uint(p->c->gc) : value_null(),
        p->n != NO_ID ? value_uint(p->n) : value_null(),
        value_str(p->source),
        value_str(p->what),
        value_str(units[p->unit]),
        in_unit(p->theirs, p->unit, true),
        in_unit(p->ours, p->unit, p->known),
        in_unit(diff, p->unit, p->known),
        p->known ? value_bool(agrees) : value_null(),
        agrees ? value_null() : value_str(p->why),
    };
    k->ok = k->out->row(k->out, v, NULL, NULL, 0);
}

static double more(double a, double b) {
    return a > b ? a : b;
}

/* A curve's value at t; 0 before it has one. */
static double curve_at(const struct check *k, enum series_kind kind, int64_t t) {
    uint64_t v;
    return reel_value(k->r, kind, t, &v) ? (double)v : 0;
}

/* ------------------------------------------------------------------ the trace's metrics */

static void check_begin(struct check *k, const struct cycle *c, uint64_t ours) {
    bool known = ours != HEAPLIVE_UNKNOWN;
    if (c->heap_begin != UINT64_MAX)
        put(k, &(struct pair){c->begin, c, NO_ID, "metric", "heap live at begin",
                              known ? "refills under way at that instant, concluded wrongly, or of spans with objects "
                                      "that no event tells"
                                    : "the trace doesn't tell what the count of spans began with",
                              UNIT_BYTES, known, (double)c->heap_begin, known ? (double)ours : 0,
                              more((double)c->heap_begin / 1000, 65536)});
}

/* At mark termination: the objects that there are, less what the sweep frees. */
static void check_marked(struct check *k, const struct cycle *c) {
    int64_t end = c->phase[PHASE_SWEEP][0];
    uint64_t bytes;
    if (end != NO_TIME && c->end != NO_TIME && c->heap_end != UINT64_MAX &&
        reel_value(k->r, SERIES_OBJECT_BYTES, end, &bytes))
        put(k, &(struct pair){end, c, NO_ID, "metric", "marked",
                              "objects whose events were late, or that marking met twice", UNIT_BYTES, true,
                              (double)c->heap_end, (double)bytes - (double)c->bytes_freed,
                              more((double)c->heap_end / 1000, 16384)});
}

static bool check_metrics(struct check *k, const struct report_window *w) {
    const struct cycle *c = NULL;
    size_t first = 0, end = reel_info(k->r)->allocfree ? reel_cycles(k->r, &c) : 0;
    while (first < end && c[first].begin < w->from_t)
        first++;
    while (end > first && c[end - 1].begin > w->to_t)
        end--;
    uint64_t *begins = calloc(end - first + 1, sizeof *begins);
    if (!begins)
        return report_no_memory(k->env);
    bool ok = heaplive_reckon(k->env, first, end, begins);
    for (size_t i = first; ok && k->ok && i < end; i++) {
        check_begin(k, &c[i], begins[i - first]);
        check_marked(k, &c[i]);
    }
    free(begins);
    return ok;
}

/* ------------------------------------------------------------------ the log */

static void check_phase(struct check *k, const struct log_gc *g, const struct cycle *c, enum gc_phase phase,
                        const char *what, int64_t said) {
    const int64_t *x = c->phase[phase];
    bool known = x[0] != NO_TIME && x[1] != NO_TIME;
    put(k,
        &(struct pair){c->begin, c, g->n, "gctrace", what,
                       known ? "the trace's STW events stand a little before and behind the stop" : "not in this trace",
                       UNIT_DURATION, known, (double)said, known ? (double)(x[1] - x[0]) : 0,
                       more((double)said * 0.1, 200000)});
}

static void check_mb(struct check *k, const struct log_gc *g, const struct cycle *c, const char *what, uint32_t mb,
                     uint64_t ours) {
    bool known = ours != UINT64_MAX;
    put(k,
        &(struct pair){c->begin, c, g->n, "gctrace", what, known ? "counted at another instant" : "not in this trace",
                       UNIT_BYTES, known, (double)mb * 1048576, known ? (double)(ours >> 20) * 1048576 : 0, 0});
}

/* The runtime lifts a goal that the heap has passed before the cycle could begin (mgcpacer.go, heapGoalInternal). */
static uint64_t lifted_goal(const struct cycle *c) {
    uint64_t least = c->heap_begin == UINT64_MAX ? 0 : c->heap_begin + 65536;
    return report_no_goal(c->goal) || c->goal == UINT64_MAX ? UINT64_MAX : c->goal > least ? c->goal : least;
}

/* Ps' time in assists up to the next cycle; the assists' own goes on while their goroutines wait for credit. */
static int64_t assist_cpu(const reel *r, const struct cycle *c) {
    const struct cycle *all;
    size_t n = reel_cycles(r, &all), next = (size_t)(c - all) + 1;
    int64_t to = next < n ? all[next].begin : reel_info(r)->duration, sum = 0, one[PROC_STATES];
    for (uint32_t p = 0; p < reel_procs(r); p++) {
        reel_proc_time(r, p, c->begin, to, one);
        sum += one[PROC_ASSIST];
    }
    return sum;
}

static void check_gc(struct check *k, const struct log_gc *g, const struct cycle *c) {
    check_phase(k, g, c, PHASE_MARK, "mark, wall clock", g->mark);
    check_mb(k, g, c, "heap at begin", g->heap_begin, c->heap_begin);
    check_mb(k, g, c, "heap marked", g->live, c->heap_end);
    check_mb(k, g, c, "goal", g->goal, lifted_goal(c));
    double assists = (double)assist_cpu(k->r, c), said = (double)g->assist;
    put(k, &(struct pair){c->begin, c, g->n, "gctrace", "assists, CPU time",
                          assists > said
                              ? "events tell wall time, and an assist that finds all marked ends the cycle itself"
                              : "assist events begin only where no credit is left",
                          UNIT_DURATION, true, said, assists, more(said * 0.25, 500000)});
}

static void check_log(struct check *k, const struct report_window *w) {
    const struct cycle *c;
    reel_cycles(k->r, &c);
    for (size_t i = 0; k->log && i < k->log->ngc; i++) {
        const struct log_gc *g = &k->log->gc[i];
        if (g->cycle != NO_ID && c[g->cycle].begin >= w->from_t && c[g->cycle].begin <= w->to_t)
            check_gc(k, g, &c[g->cycle]);
    }
    for (size_t i = 0; k->log && i < k->log->nscav; i++) {
        const struct log_scav *s = &k->log->scav[i];
        if (s->t != NO_TIME && s->t >= w->from_t && s->t <= w->to_t)
            put(k, &(struct pair){s->t, NULL, s->gc, "scavtrace", "back with the OS", "a trace has no event of it",
                                  UNIT_BYTES, false, (double)s->released, 0, 0});
    }
}

/* ------------------------------------------------------------------ MemStats */

enum ours { OURS_OBJECT_BYTES, OURS_OBJECTS, OURS_SPAN_BYTES, OURS_STACK_BYTES, OURS_GOAL, OURS_NOTHING };

static const struct {
    const char *field;
    uint8_t ours, unit;
    const char *why;
} fields[] = {
    {"HeapAlloc", OURS_OBJECT_BYTES, UNIT_BYTES,
     "objects before the trace, or what happened between reading and logging"},
    {"HeapObjects", OURS_OBJECTS, UNIT_COUNT, "what happened between reading and logging"},
    {"HeapInuse", OURS_SPAN_BYTES, UNIT_BYTES, "spans that came or went between reading and logging"},
    {"StackInuse", OURS_STACK_BYTES, UNIT_BYTES, "ours has other manual spans in it: work buffers of the collector"},
    {"NextGC", OURS_GOAL, UNIT_BYTES, "the goal moves with the size of stacks and globals; none with GOGC=off"},
    {"HeapIdle", OURS_NOTHING, UNIT_BYTES, "a trace doesn't tell how much is mapped"},
    {"HeapReleased", OURS_NOTHING, UNIT_BYTES, "a trace has no event of it"},
    {"HeapSys", OURS_NOTHING, UNIT_BYTES, "a trace doesn't tell how much is mapped"},
    {"Mallocs", OURS_NOTHING, UNIT_COUNT, "counted since the program began"},
    {"Frees", OURS_NOTHING, UNIT_COUNT, "counted since the program began"},
    {"NumGC", OURS_NOTHING, UNIT_COUNT, "counted since the program began"},
};

/* Stacks and work buffers of the collector come in spans of one kind: so many bytes are known to be stacks. */
static double known_stacks(struct check *k, int64_t t) {
    if (!k->stacks_known)
        k->stacks_known = stacks_sum(&k->stacks, k->r);
    return k->stacks_known ? (double)stacks_at(&k->stacks, reel_pos(k->r, t)) : 0;
}

static double ours_at(const struct check *k, enum ours what, int64_t t) {
    static const uint8_t curves[] = {[OURS_OBJECT_BYTES] = SERIES_OBJECT_BYTES,
                                     [OURS_OBJECTS] = SERIES_OBJECTS,
                                     [OURS_SPAN_BYTES] = SERIES_SPAN_BYTES,
                                     [OURS_STACK_BYTES] = SERIES_STACK_BYTES};
    uint64_t goal = 0;
    if (what == OURS_GOAL)
        (void)report_goal(k->r, t, &goal);
    return what == OURS_GOAL ? (double)goal : what == OURS_NOTHING ? 0 : curve_at(k, curves[what], t);
}

static void check_field(struct check *k, int64_t t, size_t field, double theirs) {
    enum ours what = fields[field].ours;
    uint64_t goal;
    bool can = what == OURS_GOAL ? report_goal(k->r, t, &goal) : what != OURS_NOTHING && reel_info(k->r)->allocfree;
    double slack = more(theirs / 1000, fields[field].unit == UNIT_COUNT ? 50 : 16384), mine = ours_at(k, what, t);
    bool stacks = what == OURS_STACK_BYTES;
    if (stacks && theirs + slack >= known_stacks(k, t))
        slack = more(slack, mine - theirs); /* the rest may all be work buffers */
    const char *why = stacks && mine < theirs ? "Go 1.23 drops events of stack spans where a stack grows in the tracer"
                                              : fields[field].why;
    put(k, &(struct pair){t, NULL, NO_ID, "memstats", fields[field].field, why, fields[field].unit, can, theirs, mine,
                          slack});
}

/* When a goroutine that logs at t has read its MemStats: the end of its last stop of the world for that, else t. */
static int64_t read_at(const struct check *k, const struct note *log) {
    const struct range *stop;
    size_t n = reel_ranges(k->r, RANGE_STW, &stop), lo = 0, hi = n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (stop[mid].begin <= log->begin)
            lo = mid + 1;
        else
            hi = mid;
    }
    static const char reason[] = "read mem stats";
    for (size_t far = lo > STOPS_BACK ? lo - STOPS_BACK : 0; lo-- > far;) {
        const struct range *s = &stop[lo];
        if (s->g == log->g && s->end != NO_TIME && s->end <= log->begin && s->kind.len == sizeof reason - 1 &&
            memcmp(s->kind.ptr, reason, sizeof reason - 1) == 0)
            return s->end;
    }
    return log->begin;
}

/* NAME=DIGITS, with anything between. */
static void check_memstats(struct check *k, const struct note *n) {
    const char *p = n->value.ptr, *end = p + n->value.len;
    int64_t t = read_at(k, n);
    while (k->ok && p < end) {
        const char *name = p;
        while (p < end && isalnum((unsigned char)*p))
            p++;
        size_t len = (size_t)(p - name);
        const char *sign = p;
        if (p < end && (*p == '=' || *p == ':') && len > 0) {
            double v = 0;
            for (p++; p < end && isdigit((unsigned char)*p); p++)
                v = v * 10 + (*p - '0');
            for (size_t i = 0; p > sign + 1 && i < sizeof fields / sizeof fields[0]; i++)
                if (strlen(fields[i].field) == len && memcmp(fields[i].field, name, len) == 0)
                    check_field(k, t, i, v);
        }
        p += p == name || p == sign + 1 || p < end ? p < end : 0;
    }
}

static size_t check_notes(struct check *k, const struct report_window *w) {
    const struct note *notes;
    size_t n = reel_notes(k->r, &notes), found = 0;
    for (size_t i = 0; k->ok && i < n && !command_stopped(k->env); i++) {
        const struct note *x = &notes[i];
        if (x->kind != NOTE_LOG || x->begin < w->from_t || x->begin > w->to_t || x->name.len != 8 ||
            memcmp(x->name.ptr, "memstats", 8) != 0)
            continue;
        found++;
        check_memstats(k, x);
    }
    return found;
}

bool crosscheck_run(struct command_env *env, int argc, char **argv, struct sink *out) {
    struct check k = {.env = env, .r = env->reel, .out = out};
    struct report_window w;
    (void)argc;
    (void)argv;
    if (!report_window(env, &w) || !overlay_open(env, &k.log))
        return false;
    k.ok = out->begin(out, crosscheck_columns, CROSSCHECK_COLUMNS);
    bool went = check_metrics(&k, &w);
    k.ok = k.ok && went;
    check_log(&k, &w);
    size_t notes = check_notes(&k, &w);
    stacks_free(&k.stacks);
    if (k.ok) {
        report_say(out, "%llu of %llu comparisons agree.", (unsigned long long)(k.rows - k.wrong),
                   (unsigned long long)k.rows);
        say_differing(&k);
        if (k.log && k.log->ngc > 0 && k.log->matched == 0)
            out->note(out, "No gctrace line of the log fits a GC cycle of this trace.");
        if (k.log && k.log->processes > 1)
            report_say(out, "The log has lines of %zu processes; those of the one that fits best count.",
                       k.log->processes);
        if (!k.log)
            report_explain(out, "--log FILE lays GODEBUG=gctrace=1,scavtrace=1 lines of the program's stderr over it.");
        if (notes == 0)
            report_explain(out, "The program can log runtime.MemStats: trace.Log(ctx, \"memstats\", "
                                "fmt.Sprintf(\"HeapAlloc=%d HeapObjects=%d\", m.HeapAlloc, m.HeapObjects)).");
        report_end(env, out);
    }
    overlay_free(&k.log);
    return went;
}
