/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_info.c - what a file is and holds: one pass over its events, which keeps nothing but counters.
 *
 * `bytes`, `lost_bytes` and `lost_at` are of the unpacked trace, `file_bytes` of the file as it lies on disk.
 */
#include "core/command.h"
#include "core/value.h"

#include <stdlib.h>

const struct result_column info_columns[INFO_COLUMNS] = {
    {"version", UNIT_NONE, "of the trace's format: the Go version in its header"},
    {"bytes", UNIT_BYTES, "size of the trace, unpacked"},
    {"events", UNIT_COUNT, "how many could be read"},
    {"duration", UNIT_DURATION, "time of the last event"},
    {"generations", UNIT_COUNT, "parts that the trace was written in"},
    {"procs", UNIT_NONE, "GOMAXPROCS at the end"},
    {"cycles", UNIT_NONE, "GC cycles, with the one under way at the start"},
    {"allocfree", UNIT_NONE, "whether it holds alloc/free events"},
    {"lost_bytes", UNIT_BYTES, "bytes that gave no events"},
    {"lost_at", UNIT_NONE, "offset of the first loss, null where nothing is lost"},
    {"file_bytes", UNIT_BYTES, "size of the file on disk"},
    {"kinds", UNIT_NONE, "how many events there are, by name"},
};

struct census {
    uint64_t count[TRACE_EV_LIMIT];
    uint64_t events;
    int64_t last, procs;
    bool under_way; /* a GC cycle was, when the trace began: cycle 0 */
};

enum { CHUNK = 256 };

static void count_events(struct command_env *env, trace *t, struct census *c) {
    struct trace_event ev[CHUNK];
    c->procs = -1;
    for (size_t n; !command_stopped(env) && (n = trace_read(t, ev, CHUNK)) > 0; c->events += n) {
        for (size_t i = 0; i < n; i++) {
            c->count[ev[i].type]++;
            if (ev[i].type == TRACE_EV_PROCS_CHANGE)
                c->procs = (int64_t)ev[i].arg[0];
            /* every generation repeats the state: only before the first begin is it news */
            if (ev[i].type == TRACE_EV_GC_ACTIVE && c->count[TRACE_EV_GC_BEGIN] == 0)
                c->under_way = true;
        }
        c->last = ev[n - 1].time;
    }
}

static int by_count(const void *a, const void *b) {
    const struct count_entry *x = a, *y = b;
    if (x->n != y->n)
        return x->n < y->n ? 1 : -1;
    return strcmp(x->name.ptr, y->name.ptr);
}

static size_t name_kinds(const struct census *c, struct count_entry kinds[TRACE_EV_LIMIT]) {
    size_t n = 0;
    for (unsigned type = 0; type < TRACE_EV_LIMIT; type++) {
        const char *name = trace_event_spec(type)->name;
        if (c->count[type] > 0 && name)
            kinds[n++] = (struct count_entry){{name, strlen(name)}, c->count[type]};
    }
    qsort(kinds, n, sizeof *kinds, by_count);
    return n;
}

static bool has_allocfree(const struct census *c) {
    for (unsigned type = TRACE_EV_SPAN; type < TRACE_EV_LIMIT; type++)
        if (c->count[type] > 0)
            return true;
    return false;
}

/* What is missing in this trace, and what to do next time. */
static void say_missing(const struct census *c, const trace *t, struct sink *out) {
    if (c->events == 0)
        return;
    if (!has_allocfree(c)) {
        out->note(
            out,
            trace_version(t) < 23
                ? "No alloc/free events: Go records them from 1.23 on. GC cycles, heap size and annotations are here;"
                : "No alloc/free events. GC cycles, heap size and annotations are here;");
        out->note(out,
                  "spans, slots and types are not. To record them: GODEBUG=traceallocfree=1 go test -trace trace.out,");
        out->note(out, "or set GODEBUG=traceallocfree=1 for a program that uses runtime/trace or net/http/pprof.");
        return;
    }
    if (c->count[TRACE_EV_SPAN] == 0)
        out->note(out, "No snapshot of the heap at the start: what lived before it is not known. Recordings from "
                       "trace.Start have one,\nthose of the flight recorder have none.");
    if (!trace_heap_info(t)->known)
        out->note(out, "The heap's base and type names are missing: addresses count from the base (+0x...).");
}

bool info_run(struct command_env *env, int argc, char **argv, struct sink *out) {
    struct census c = {0};
    struct count_entry kinds[TRACE_EV_LIMIT];
    (void)argc;
    (void)argv;
    trace *t;
    if (!command_open(env, &t))
        return false;
    count_events(env, t, &c);
    const struct trace_loss *loss = trace_loss(t);
    bool damaged = loss->code != TRACE_OK;
    char version[16];
    snprintf(version, sizeof version, "1.%d", trace_version(t));
    struct value v[INFO_COLUMNS] = {
        value_str(version),
        value_uint(trace_bytes(t)),
        value_uint(c.events),
        value_int(c.last),
        value_uint(trace_generations(t)),
        value_id(c.procs),
        value_uint(c.count[TRACE_EV_GC_BEGIN] + c.under_way),
        value_bool(has_allocfree(&c)),
        value_uint(loss->bytes),
        damaged ? value_uint(loss->at) : value_null(),
        value_uint(trace_file_bytes(t)),
        {.kind = VALUE_COUNTS, .counts = {kinds, name_kinds(&c, kinds)}},
    };
    out->record = true;
    if (out->begin(out, info_columns, INFO_COLUMNS) && out->row(out, v, NULL, NULL, 0)) {
        if (trace_warning(t))
            out->note(out, trace_warning(t));
        say_missing(&c, t, out);
        out->end(out);
    }
    command_warn(env, trace_warning(t));
    command_damage(env, loss, c.events, c.last);
    trace_close(&t);
    return true;
}
