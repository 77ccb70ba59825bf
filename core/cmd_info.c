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
    {"allocfree", UNIT_NONE | IS_FLAG, "whether it holds alloc/free events"},
    {"lost_bytes", UNIT_BYTES, "bytes that could not be read"},
    {"lost_at", UNIT_NONE, "offset of the first loss, null where nothing is lost"},
    {"file_bytes", UNIT_BYTES, "size of the file on disk"},
    {"kinds", UNIT_NONE, "how many events there are, by name"},
};

enum { CHUNK = 256 };

static void count_events(struct command_env *env, struct feed *f, struct event_counts *c) {
    struct trace_event ev[CHUNK];
    const struct event_counts *saved = feed_counts(f);
    if (saved != NULL) {
        *c = *saved;
        return;
    }
    counts_begin(c);
    for (size_t n; !command_stopped(env) && (n = feed_read(f, ev, CHUNK)) > 0;)
        counts_add(c, ev, n);
    c->base_known = feed_info(f).base_known;
}

static int by_count(const void *a, const void *b) {
    const struct count_entry *x = a, *y = b;
    if (x->n != y->n)
        return x->n < y->n ? 1 : -1;
    return strcmp(x->name.ptr, y->name.ptr);
}

static size_t name_kinds(const struct event_counts *c, struct count_entry kinds[TRACE_EV_LIMIT]) {
    size_t n = 0;
    for (unsigned type = 0; type < TRACE_EV_LIMIT; type++) {
        const char *name = trace_event_spec(type)->name;
        if (c->count[type] > 0 && name)
            kinds[n++] = (struct count_entry){{name, strlen(name)}, c->count[type]};
    }
    qsort(kinds, n, sizeof *kinds, by_count);
    return n;
}

static bool has_allocfree(const struct event_counts *c) {
    for (unsigned type = TRACE_EV_SPAN; type < TRACE_EV_LIMIT; type++)
        if (c->count[type] > 0)
            return true;
    return false;
}

/* What is missing in this trace, and what to do next time. */
static void say_missing(const struct event_counts *c, int version, struct sink *out) {
    if (c->events == 0)
        return;
    if (!has_allocfree(c)) {
        out->note(
            out,
            version < 23
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
    if (!c->base_known)
        out->note(out, "The heap's base and type names are missing: addresses count from the base (+0x...).");
}

bool info_run(struct command_env *env, int argc, char **argv, struct sink *out) {
    struct event_counts c = {0};
    struct count_entry kinds[TRACE_EV_LIMIT];
    struct feed *f;
    (void)argc;
    (void)argv;
    if (!command_open(env, &f))
        return false;
    count_events(env, f, &c);
    struct feed_info i = feed_info(f);
    bool damaged = i.loss->code != TRACE_OK;
    char version[16];
    snprintf(version, sizeof version, "1.%d", i.version);
    struct value v[INFO_COLUMNS] = {
        value_str(version),
        value_uint(i.bytes),
        value_uint(c.events),
        value_int(c.last),
        value_uint(i.generations),
        value_id(c.procs),
        value_uint(c.count[TRACE_EV_GC_BEGIN] + c.under_way),
        value_bool(has_allocfree(&c)),
        value_uint(i.loss->bytes),
        damaged ? value_uint(i.loss->at) : value_null(),
        value_uint(i.file_bytes),
        {.kind = VALUE_COUNTS, .counts = {kinds, name_kinds(&c, kinds)}},
    };
    out->record = true;
    if (out->begin(out, info_columns, INFO_COLUMNS) && out->row(out, v, NULL, NULL, 0)) {
        if (i.warning)
            out->note(out, i.warning);
        say_missing(&c, i.version, out);
        out->end(out);
    }
    command_warn(env, i.warning);
    command_damage(env, i.loss, (struct salvage){c.events, c.last, NO_TIME});
    feed_close(&f);
    return true;
}
