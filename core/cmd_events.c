/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_events.c - every event of a trace, read and written without a reel: memory doesn't grow with the trace.
 *
 * What is to be written for each type of event is worked out once, in a plan for each type; a row is then a walk
 * over its plan. An argument that is named as a context column gets `arg_` before its name: one meaning a column.
 * csv needs all its columns at the beginning: there the rows have the arguments of all events together (wide).
 */
#include "core/command.h"
#include "core/value.h"

#include <stdlib.h>

const struct result_column events_columns[EVENTS_COLUMNS] = {
    {"t", UNIT_TIME, "when"},
    {"p", UNIT_NONE, "processor that emitted it, -1 none"},
    {"m", UNIT_NONE, "thread that emitted it, -1 none"},
    {"g", UNIT_NONE, "goroutine that emitted it, -1 none"},
    {"ev", UNIT_NONE, "name of the event; its arguments follow"},
};

enum { CHUNK = 256, MAX_WIDE = 64, MAX_FRAMES = FEED_FRAMES, MAX_EXTRA = TRACE_MAX_ARGS + 1 };

enum arg_form { ARG_UINT, ARG_ID, ARG_STRING, ARG_STACK };

struct arg_plan {
    const char *name;
    uint8_t form;  /* enum arg_form */
    uint8_t index; /* in event.arg */
    uint8_t wide;  /* column in wide rows */
};

struct event_plan {
    text name;
    uint8_t nargs;
    uint8_t type_wide; /* column of type_name in wide rows */
    bool object;       /* names a type, in arg[1] */
    struct arg_plan arg[TRACE_MAX_ARGS];
};

struct events {
    struct feed *f;
    struct sink *out;
    bool stacks, wide;
    int64_t from, to;
    struct event_plan plan[TRACE_EV_LIMIT];
    struct result_column col[MAX_WIDE]; /* the context and, in wide rows, all arguments */
    size_t ncols;
    struct trace_frame frames[2][MAX_FRAMES];
};

/* ------------------------------------------------------------------ plans */

static const char *column_name(const char *arg) {
    static const char *const renamed[][2] = {{"p", "arg_p"}, {"m", "arg_m"}, {"g", "arg_g"}};
    for (size_t i = 0; i < sizeof renamed / sizeof renamed[0]; i++)
        if (strcmp(arg, renamed[i][0]) == 0)
            return renamed[i][1];
    return arg;
}

/* Ids of threads, processors and goroutines may be -1; every other number is what it is. */
static bool is_id(const char *arg) {
    static const char *const ids[] = {"p", "m", "g", "new_g"};
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
        if (strcmp(arg, ids[i]) == 0)
            return true;
    return false;
}

/* The column of this name in wide rows, added where it is new. */
static uint8_t wide_column(struct events *e, const char *name) {
    size_t i = 0;
    while (i < e->ncols && strcmp(e->col[i].name, name) != 0)
        i++;
    if (i == e->ncols && e->ncols < MAX_WIDE)
        e->col[e->ncols++] = (struct result_column){name, UNIT_NONE, ""};
    return (uint8_t)(i < MAX_WIDE ? i : MAX_WIDE - 1);
}

static void plan_type(struct events *e, unsigned type) {
    static const uint8_t forms[] = {
        [TRACE_ARG_NUMBER] = ARG_UINT, [TRACE_ARG_STRING] = ARG_STRING, [TRACE_ARG_STACK] = ARG_STACK};
    const struct trace_spec *spec = trace_event_spec(type);
    struct event_plan *p = &e->plan[type];
    if (!spec->name || (!spec->timed && type != TRACE_EV_CPU_SAMPLE))
        return;
    p->name = (text){spec->name, strlen(spec->name)};
    p->object = type == TRACE_EV_HEAP_OBJECT || type == TRACE_EV_HEAP_OBJECT_ALLOC;
    for (uint8_t i = 0; i < spec->nargs; i++) {
        if (spec->kind[i] == TRACE_ARG_STACK && !e->stacks)
            continue;
        struct arg_plan *a = &p->arg[p->nargs++];
        a->name = column_name(spec->arg[i]);
        a->form = is_id(spec->arg[i]) ? ARG_ID : forms[spec->kind[i]];
        a->index = i;
        if (e->wide)
            a->wide = wide_column(e, a->name);
    }
    if (p->object && e->wide)
        p->type_wide = wide_column(e, "type_name");
}

static void plan_all(struct events *e) {
    memcpy(e->col, events_columns, sizeof events_columns);
    e->ncols = EVENTS_COLUMNS;
    for (unsigned type = 0; type < TRACE_EV_LIMIT; type++)
        plan_type(e, type);
}

/* ------------------------------------------------------------------ rows */

static struct value arg_value(struct events *e, const struct trace_event *ev, const struct arg_plan *a, size_t *stack) {
    uint64_t arg = ev->arg[a->index];
    switch ((enum arg_form)a->form) {
    case ARG_ID:
        return value_int((int64_t)arg);
    case ARG_STRING:
        return value_text(feed_string(e->f, arg));
    case ARG_STACK: {
        struct trace_frame *f = e->frames[(*stack)++ % 2];
        size_t n = feed_stack(e->f, arg, f, MAX_FRAMES);
        return (struct value){.kind = VALUE_FRAMES, .frames = {f, n < MAX_FRAMES ? n : MAX_FRAMES}};
    }
    case ARG_UINT:
        break;
    }
    return value_uint(arg);
}

static struct value type_name(const struct events *e, const struct trace_event *ev) {
    text name;
    return ev->arg[1] && feed_type(e->f, ev->arg[1], &name) ? value_name(name) : value_null();
}

static void put_context(const struct event_plan *p, const struct trace_event *ev, struct value v[EVENTS_COLUMNS]) {
    v[0] = value_int(ev->time);
    v[1] = value_int(ev->p);
    v[2] = value_int(ev->m);
    v[3] = value_int(ev->g);
    v[4] = value_text(p->name);
}

static bool put_narrow(struct events *e, const struct event_plan *p, const struct trace_event *ev) {
    struct value v[EVENTS_COLUMNS], extra[MAX_EXTRA];
    const char *names[MAX_EXTRA];
    size_t n = 0, stack = 0;
    put_context(p, ev, v);
    for (; n < p->nargs; n++) {
        names[n] = p->arg[n].name;
        extra[n] = arg_value(e, ev, &p->arg[n], &stack);
    }
    if (p->object) {
        names[n] = "type_name";
        extra[n] = type_name(e, ev);
        n += extra[n].kind != VALUE_NULL;
    }
    return e->out->row(e->out, v, names, extra, n);
}

static bool put_wide(struct events *e, const struct event_plan *p, const struct trace_event *ev) {
    struct value v[MAX_WIDE];
    size_t stack = 0;
    put_context(p, ev, v);
    for (size_t i = EVENTS_COLUMNS; i < e->ncols; i++)
        v[i] = value_null();
    for (size_t i = 0; i < p->nargs; i++)
        v[p->arg[i].wide] = arg_value(e, ev, &p->arg[i], &stack);
    if (p->object)
        v[p->type_wide] = type_name(e, ev);
    return e->out->row(e->out, v, NULL, NULL, 0);
}

/* False: no more rows are wanted. */
static bool put_events(struct events *e, const struct trace_event *ev, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const struct event_plan *p = &e->plan[ev[i].type];
        if (ev[i].time > e->to)
            return false;
        if (ev[i].time < e->from || !p->name.len)
            continue;
        if (!(e->wide ? put_wide : put_narrow)(e, p, &ev[i]))
            return false;
    }
    return true;
}

static void put_all(struct command_env *env, struct events *e) {
    struct trace_event ev[CHUNK];
    uint64_t events = 0;
    int64_t last = 0;
    if (!e->out->begin(e->out, e->col, e->ncols))
        return;
    for (size_t n; !command_stopped(env) && (n = feed_read(e->f, ev, CHUNK)) > 0;) {
        last = ev[n - 1].time;
        events += n;
        if (!put_events(e, ev, n))
            break;
    }
    e->out->end(e->out);
    command_warn(env, feed_info(e->f).warning);
    command_damage(env, feed_info(e->f).loss, (struct salvage){events, last, NO_TIME});
}

bool events_run(struct command_env *env, int argc, char **argv, struct sink *out) {
    (void)argc;
    (void)argv;
    struct events *e = calloc(1, sizeof *e);
    if (!e)
        return command_fail(env, 2, "out of memory");
    e->out = out;
    e->stacks = env->opt.stacks;
    e->wide = env->format == FORMAT_CSV;
    bool ok = command_time(env, "--from", env->opt.from, INT64_MIN, &e->from) &&
              command_time(env, "--to", env->opt.to, INT64_MAX, &e->to);
    if (ok && (ok = command_open(env, &e->f))) {
        plan_all(e);
        feed_from(e->f, e->from);
        put_all(env, e);
    }
    feed_close(&e->f);
    free(e);
    return ok;
}
