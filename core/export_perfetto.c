/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * export_perfetto.c - the recording as a timeline that ui.perfetto.dev and chrome://tracing open: the JSON form of the
 * Trace Event Format. Times there are microseconds; three decimals keep our nanoseconds exact (put_us).
 *
 * What would be rows of one thread may not overlap there, so cycles and tasks, which do, are "async" events with ids.
 * Curves are sampled: each point is the curve's value at its instant, and the curve's extremes between two points are
 * points too.
 */
#include "core/export.h"

#include <inttypes.h>
#include <string.h>

/* The made-up processes under which Perfetto groups rows. */
enum { PID_HEAP = 1, PID_GC, PID_GOROUTINES, PID_PROCS };
/* Rows of PID_GC. */
enum { TID_PHASES = 1, TID_STW };

/* Stretches of a curve: each has a point at its end, and one for each extreme. */
enum { STRETCHES = 1024 };

struct writer {
    struct outbuf *b;
    const struct command_env *env;
    const reel *reel;
    int64_t from, to;
    bool first;
};

/*
 * Perfetto reads these numbers as doubles, and older versions of it cut off what is below a nanosecond, so that
 * 4194.248 becomes 4194247 ns; of two slices that touch, the second may then begin within the first, and is dropped.
 * A fourth decimal there, a tenth of a nanosecond, gives the right one whether a reader cuts or rounds.
 */
static void put_us(struct outbuf *b, int64_t ns) {
    char s[8];
    bool cut = (int64_t)((double)ns / 1000.0 * 1000.0) < ns;
    out_int(b, ns / 1000);
    snprintf(s, sizeof s, ".%03d%s", (int)(ns % 1000), cut ? "1" : "");
    out_str(b, s);
}

/* The common begin of an event; its arguments and brackets are the caller's. `ph` is the format's own letter. */
static void begin(struct writer *w, const char *ph, int pid, int64_t tid) {
    struct outbuf *b = w->b;
    out_str(b, w->first ? "\n{\"ph\":\"" : ",\n{\"ph\":\"");
    w->first = false;
    out_str(b, ph);
    out_str(b, "\",\"pid\":");
    out_int(b, pid);
    out_str(b, ",\"tid\":");
    out_int(b, tid);
}

static void put_key(struct writer *w, const char *key) {
    out_str(w->b, ",\"");
    out_str(w->b, key);
    out_str(w->b, "\":");
}

static void put_text(struct writer *w, const char *key, text t) {
    put_key(w, key);
    out_json_string(w->b, t);
}

static void put_name(struct writer *w, const char *key, const char *s) {
    put_text(w, key, (text){s, strlen(s)});
}

static void put_time(struct writer *w, const char *key, int64_t t) {
    put_key(w, key);
    put_us(w->b, t);
}

/* A name for a process (what "process_name") or a thread (what "thread_name"). */
static void name_row(struct writer *w, const char *what, int pid, int64_t tid, text name) {
    begin(w, "M", pid, tid);
    put_name(w, "name", what);
    out_str(w->b, ",\"args\":{\"name\":");
    out_json_string(w->b, name);
    out_str(w->b, "}}");
}

static bool touches(const struct writer *w, int64_t begin, int64_t end) {
    return begin != NO_TIME && begin <= w->to && (end == NO_TIME || end >= w->from);
}

/* ------------------------------------------------------------------ slices */

/* A slice; where its end isn't known it stays open, as Perfetto shows what did not end. */
static void slice(struct writer *w, int pid, int64_t tid, text name, int64_t from, int64_t to) {
    begin(w, to == NO_TIME ? "B" : "X", pid, tid);
    put_time(w, "ts", from);
    if (to != NO_TIME) {
        put_time(w, "dur", to - from);
    }
    put_text(w, "name", name);
}

/* One end of a stretch that may overlap others of its kind. */
static void async_end(struct writer *w, const char *ph, const char *kind, uint64_t id, text name, int64_t t) {
    char digits[24];
    begin(w, ph, PID_GC, 0);
    snprintf(digits, sizeof digits, "%" PRIu64, id); /* as text: numbers beyond 2^53 aren't exact in JSON */
    put_name(w, "cat", kind);
    put_name(w, "id", digits);
    put_time(w, "ts", t);
    put_text(w, "name", name);
}

static void async(struct writer *w, const char *kind, uint64_t id, text name, int64_t from, int64_t to) {
    async_end(w, "b", kind, id, name, from);
    out_char(w->b, '}');
    if (to != NO_TIME) {
        async_end(w, "e", kind, id, name, to);
        out_char(w->b, '}');
    }
}

static void put_cycles(struct writer *w) {
    const struct cycle *c;
    size_t n = reel_cycles(w->reel, &c);
    for (size_t i = 0; i < n; i++) {
        char name[24];
        if (touches(w, c[i].begin, c[i].end)) {
            int len = snprintf(name, sizeof name, "GC %" PRIu32, c[i].gc);
            async(w, "gc", c[i].gc, (text){name, (size_t)len}, c[i].begin, c[i].end);
        }
    }
}

static void put_phases(struct writer *w) {
    const struct phase_change *c;
    size_t n = reel_phases(w->reel, &c);
    for (size_t i = 0; i < n; i++) {
        int64_t end = i + 1 < n ? c[i + 1].t : NO_TIME;
        const char *name = gc_phase_name((enum gc_phase)c[i].phase);
        if (c[i].phase != PHASE_OFF && touches(w, c[i].t, end)) {
            slice(w, PID_GC, TID_PHASES, (text){name, strlen(name)}, c[i].t, end);
            out_str(w->b, ",\"args\":{\"gc\":");
            out_uint(w->b, c[i].gc);
            out_str(w->b, "}}");
        }
    }
}

static int64_t goid(const struct writer *w, uint32_t g) {
    return g == NO_ID ? 0 : (int64_t)reel_goroutine(w->reel, g)->id;
}

static void put_range(struct writer *w, enum range_kind kind, const struct range *r) {
    static const text assist = {"mark assist", 11}, sweep = {"sweep", 5};
    if (kind == RANGE_STW) {
        slice(w, PID_GC, TID_STW, r->kind, r->begin, r->end);
    } else if (kind == RANGE_ASSIST) {
        slice(w, PID_GOROUTINES, goid(w, r->g), assist, r->begin, r->end);
    } else {
        slice(w, PID_PROCS, r->p, sweep, r->begin, r->end);
        out_str(w->b, ",\"args\":{\"swept\":");
        out_uint(w->b, r->swept);
        out_str(w->b, ",\"reclaimed\":");
        out_uint(w->b, r->reclaimed);
        out_char(w->b, '}');
    }
    out_char(w->b, '}');
}

static void put_ranges(struct writer *w, enum range_kind kind) {
    const struct range *r;
    size_t n = reel_ranges(w->reel, kind, &r);
    for (size_t i = 0; i < n && !command_stopped(w->env); i++) {
        if (touches(w, r[i].begin, r[i].end)) {
            put_range(w, kind, &r[i]);
        }
    }
}

static void put_log(struct writer *w, const struct note *note) {
    begin(w, "i", PID_GOROUTINES, goid(w, note->g));
    put_time(w, "ts", note->begin);
    put_name(w, "s", "t");
    put_text(w, "name", note->name.len > 0 ? note->name : note->value);
    out_str(w->b, ",\"args\":{\"category\":");
    out_json_string(w->b, note->name);
    put_text(w, "message", note->value);
    out_str(w->b, "}}");
}

static void put_notes(struct writer *w) {
    const struct note *note;
    size_t n = reel_notes(w->reel, &note);
    for (size_t i = 0; i < n && !command_stopped(w->env); i++, note++) {
        if (!touches(w, note->begin, note->end)) {
            continue;
        }
        if (note->kind == NOTE_LOG) {
            put_log(w, note);
        } else if (note->kind == NOTE_TASK) {
            async(w, "task", note->task, note->name, note->begin, note->end);
        } else {
            slice(w, PID_GOROUTINES, goid(w, note->g), note->name, note->begin, note->end);
            out_char(w->b, '}');
        }
    }
}

/* ------------------------------------------------------------------ curves */

struct counter {
    struct writer *w;
    enum series_kind kind;
    const char *name;
    uint64_t last;
    bool any;
};

/* The curve has value v at time t. */
static void point(struct counter *c, int64_t t, uint64_t v) {
    if (c->any && v == c->last) {
        return;
    }
    c->any = true;
    c->last = v;
    begin(c->w, "C", PID_HEAP, 0);
    put_time(c->w, "ts", t);
    put_name(c->w, "name", c->name);
    out_str(c->w->b, ",\"args\":{\"value\":");
    out_uint(c->w->b, v);
    out_str(c->w->b, "}}");
}

/* The curve over [from, to): where it is least and greatest, if that isn't at an end, and its value at the end. */
static void stretch(struct counter *c, int64_t from, int64_t to) {
    const reel *r = c->w->reel;
    struct extremes e;
    uint64_t last;
    if (!reel_value(r, c->kind, to - 1, &last) || !reel_extremes(r, c->kind, from, to, &e)) {
        return;
    }
    uint64_t low = c->any && c->last < last ? c->last : last, high = c->any && c->last > last ? c->last : last;
    bool falls_first = e.t_min < e.t_max;
    for (int i = 0; i < 2; i++) {
        if ((i == 0) == falls_first && e.min < low) {
            point(c, e.t_min, e.min);
        } else if ((i == 0) != falls_first && e.max > high) {
            point(c, e.t_max, e.max);
        }
    }
    point(c, to - 1, last);
}

static void stretches(struct counter *c, int64_t from, int64_t to) {
    int64_t width = (to - from + STRETCHES - 1) / STRETCHES;
    for (int64_t start = from; start < to && !command_stopped(c->w->env); start += width) {
        stretch(c, start, to - start > width ? start + width : to);
    }
}

static void put_curves(struct writer *w) {
    static const char *const names[SERIES_KINDS] = {
        [SERIES_HEAP_LIVE] = "heap live (bytes)",
        [SERIES_HEAP_GOAL] = "heap goal (bytes)",
        [SERIES_OBJECTS] = "objects",
        [SERIES_OBJECT_BYTES] = "object bytes",
        [SERIES_SPAN_BYTES] = "heap spans (bytes)",
        [SERIES_STACK_BYTES] = "stack spans (bytes)",
    };
    int64_t from = w->from > 0 ? w->from : 0, last = reel_info(w->reel)->duration, to = w->to < last ? w->to : last;
    for (int k = 0; k < SERIES_KINDS && from <= to && !command_stopped(w->env); k++) {
        struct counter c = {.w = w, .kind = (enum series_kind)k, .name = names[k]};
        uint64_t v;
        if (reel_value(w->reel, c.kind, from, &v)) {
            point(&c, from, v);
        }
        stretches(&c, from, to + 1);
    }
}

/* ------------------------------------------------------------------ the file */

static void put_names(struct writer *w) {
    static const struct {
        const char *what, *name;
        int pid, tid;
    } rows[] = {
        {"process_name", "heap", PID_HEAP, 0},
        {"process_name", "garbage collector", PID_GC, 0},
        {"thread_name", "phases", PID_GC, TID_PHASES},
        {"thread_name", "stop the world", PID_GC, TID_STW},
        {"process_name", "goroutines", PID_GOROUTINES, 0},
        {"process_name", "Ps", PID_PROCS, 0},
    };
    char name[280];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        name_row(w, rows[i].what, rows[i].pid, rows[i].tid, (text){rows[i].name, strlen(rows[i].name)});
    }
    for (int64_t p = 0; p < reel_info(w->reel)->procs && p < 4096; p++) {
        name_row(w, "thread_name", PID_PROCS, p, (text){name, (size_t)snprintf(name, sizeof name, "P %" PRId64, p)});
    }
    for (uint32_t g = 0; g < reel_goroutines(w->reel) && !command_stopped(w->env); g++) {
        const struct goroutine *go = reel_goroutine(w->reel, g);
        int n = snprintf(name, 32, "g %" PRIu64 " ", go->id);
        size_t entry = go->entry.len < 240 ? go->entry.len : 240;
        memcpy(name + n, entry > 0 ? go->entry.ptr : "", entry);
        name_row(w, "thread_name", PID_GOROUTINES, (int64_t)go->id, (text){name, (size_t)n + entry});
    }
}

bool export_perfetto(struct command_env *env, int64_t from, int64_t to, struct outbuf *b) {
    struct writer w = {.b = b, .env = env, .reel = env->reel, .from = from, .to = to, .first = true};
    out_str(b, "{\"displayTimeUnit\":\"ns\",\"otherData\":{\"from\":\"heapreel\",\"go\":");
    const char *go = reel_info(env->reel)->go;
    out_json_string(b, (text){go, strlen(go)});
    out_str(b, "},\"traceEvents\":[");
    put_names(&w);
    put_cycles(&w);
    put_phases(&w);
    for (int k = 0; k < RANGE_KINDS; k++) {
        put_ranges(&w, (enum range_kind)k);
    }
    put_notes(&w);
    put_curves(&w);
    out_str(b, "\n]}\n");
    return !command_stopped(env);
}
