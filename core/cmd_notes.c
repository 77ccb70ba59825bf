/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd_notes.c - what the program said of itself, and who was stopped, assisting or sweeping: lists along time. */
#include "core/command.h"
#include "core/value.h"

const struct result_column notes_columns[NOTES_COLUMNS] = {
    {"t", UNIT_TIME, "when it was said or began"},
    {"end", UNIT_TIME, "end of a region or task; null: still open"},
    {"kind", UNIT_NONE, "log, region or task"},
    {"g", UNIT_NONE, "goroutine"},
    {"task", UNIT_NONE, "id of the task that it belongs to, 0 for none"},
    {"name", UNIT_NONE, "type of a region or task, category of a log"},
    {"value", UNIT_NONE, "message of a log"},
};

const struct result_column ranges_columns[RANGES_COLUMNS] = {
    {"t", UNIT_TIME, "begin"},
    {"end", UNIT_TIME, "end; null: still open"},
    {"kind", UNIT_NONE, "stw, assist or sweep"},
    {"g", UNIT_NONE, "goroutine"},
    {"p", UNIT_NONE, "processor"},
    {"why", UNIT_NONE, "why the world was stopped"},
    {"swept", UNIT_BYTES, "bytes looked at by a sweep"},
    {"reclaimed", UNIT_BYTES, "bytes freed by it"},
};

const struct result_column goroutines_columns[GOROUTINES_COLUMNS] = {
    {"g", UNIT_NONE, "its id"},
    {"entry", UNIT_NONE, "the function that it runs"},
    {"created", UNIT_TIME, "when; null: before the trace"},
};

struct window {
    int64_t from, to;
};

static bool read_window(struct command_env *env, struct window *w) {
    return command_time(env, "--from", env->opt.from, INT64_MIN, &w->from) &&
           command_time(env, "--to", env->opt.to, INT64_MAX, &w->to);
}

static bool touches(const struct window *w, int64_t begin, int64_t end) {
    return begin <= w->to && (end == NO_TIME || end >= w->from);
}

static bool put_note(const reel *r, const struct note *n, struct sink *out) {
    static const char *const kinds[] = {[NOTE_LOG] = "log", [NOTE_REGION] = "region", [NOTE_TASK] = "task"};
    struct value v[NOTES_COLUMNS] = {
        value_time(n->begin),
        n->kind == NOTE_LOG ? value_null() : value_time(n->end),
        value_str(kinds[n->kind]),
        value_goroutine(r, n->g),
        value_uint(n->task),
        value_text(n->name),
        n->kind == NOTE_LOG ? value_text(n->value) : value_null(),
    };
    return out->row(out, v, NULL, NULL, 0);
}

bool notes_run(struct command_env *env, int argc, char **argv, struct sink *out) {
    struct window w;
    const struct note *notes;
    size_t n = reel_notes(env->reel, &notes);
    (void)argc;
    (void)argv;
    if (!read_window(env, &w))
        return false;
    bool ok = out->begin(out, notes_columns, NOTES_COLUMNS);
    for (size_t i = 0; ok && i < n && !command_stopped(env); i++)
        if (touches(&w, notes[i].begin, notes[i].end))
            ok = put_note(env->reel, &notes[i], out);
    if (ok)
        out->end(out);
    return true;
}

static bool put_range(const reel *r, enum range_kind kind, const struct range *g, struct sink *out) {
    static const char *const kinds[] = {[RANGE_STW] = "stw", [RANGE_ASSIST] = "assist", [RANGE_SWEEP] = "sweep"};
    bool sweep = kind == RANGE_SWEEP && g->end != NO_TIME;
    struct value v[RANGES_COLUMNS] = {
        value_time(g->begin),
        value_time(g->end),
        value_str(kinds[kind]),
        value_goroutine(r, g->g),
        value_id(g->p),
        kind == RANGE_STW ? value_name(g->kind) : value_null(),
        sweep ? value_uint(g->swept) : value_null(),
        sweep ? value_uint(g->reclaimed) : value_null(),
    };
    return out->row(out, v, NULL, NULL, 0);
}

/* The three lists merged by the time of their begin. */
bool ranges_run(struct command_env *env, int argc, char **argv, struct sink *out) {
    struct window w;
    const struct range *at[RANGE_KINDS];
    size_t left[RANGE_KINDS];
    (void)argc;
    (void)argv;
    if (!read_window(env, &w))
        return false;
    for (int k = 0; k < RANGE_KINDS; k++)
        left[k] = reel_ranges(env->reel, (enum range_kind)k, &at[k]);
    bool ok = out->begin(out, ranges_columns, RANGES_COLUMNS);
    while (ok && !command_stopped(env)) {
        int next = -1;
        for (int k = 0; k < RANGE_KINDS; k++)
            if (left[k] > 0 && (next < 0 || at[k]->begin < at[next]->begin))
                next = k;
        if (next < 0)
            break;
        if (touches(&w, at[next]->begin, at[next]->end))
            ok = put_range(env->reel, (enum range_kind)next, at[next], out);
        at[next]++;
        left[next]--;
    }
    if (ok)
        out->end(out);
    return true;
}

bool goroutines_run(struct command_env *env, int argc, char **argv, struct sink *out) {
    uint32_t n = reel_goroutines(env->reel);
    (void)argc;
    (void)argv;
    bool ok = out->begin(out, goroutines_columns, GOROUTINES_COLUMNS);
    for (uint32_t i = 0; ok && i < n && !command_stopped(env); i++) {
        const struct goroutine *g = reel_goroutine(env->reel, i);
        struct value v[GOROUTINES_COLUMNS] = {value_goroutine(env->reel, i), value_name(g->entry),
                                              value_time(g->created)};
        ok = out->row(out, v, NULL, NULL, 0);
    }
    if (ok)
        out->end(out);
    return true;
}
