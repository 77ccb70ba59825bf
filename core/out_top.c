/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * out_top.c - --top for commands that know nothing of it: a sink that hands the first N rows on and refuses the next,
 * which ends the command. It stands behind --where, so N are the rows that the filter lets through. Reports cut for
 * themselves (report_top), since their sums don't count and some have several rows for a type; their rows all pass.
 */
#include "core/command.h"

#include <errno.h>
#include <stdlib.h>

struct top_sink {
    struct sink sink;
    struct sink *to;
    const struct command_env *env;
    uint64_t left;
    bool ended;
};

bool command_top(struct command_env *env, uint64_t *top) {
    char *end;
    errno = 0;
    *top = strtoull(env->opt.top, &end, 10);
    if (errno || end == env->opt.top || *end || *env->opt.top == '-' || *top == 0)
        return command_fail(env, 2, "--top needs a number of rows");
    return true;
}

static bool begin(struct sink *sink, const struct result_column *cols, size_t ncols) {
    struct top_sink *s = (struct top_sink *)sink;
    s->to->record = sink->record;
    s->to->ascii = sink->ascii;
    bool ok = s->to->begin(s->to, cols, ncols);
    sink->error = s->to->error;
    return ok;
}

static bool end(struct sink *sink) {
    struct top_sink *s = (struct top_sink *)sink;
    bool ok = s->ended || s->to->end(s->to);
    sink->error = s->to->error;
    s->ended = true;
    return ok;
}

static bool row(struct sink *sink, const struct value *v, const char *const *names, const struct value *extra,
                size_t nextra) {
    struct top_sink *s = (struct top_sink *)sink;
    if (!s->env->own_top && s->left-- == 0) {
        s->left = 0;
        end(sink);
        return false;
    }
    bool ok = s->to->row(s->to, v, names, extra, nextra);
    sink->error = s->to->error;
    return ok;
}

static void note(struct sink *sink, const char *line) {
    struct top_sink *s = (struct top_sink *)sink;
    s->to->note(s->to, line);
}

struct sink *top_new(struct command_env *env, struct sink *to) {
    uint64_t left;
    if (!command_top(env, &left))
        return NULL;
    struct top_sink *s = calloc(1, sizeof *s);
    if (!s) {
        command_fail(env, 2, "out of memory");
        return NULL;
    }
    s->sink =
        (struct sink){.begin = begin, .row = row, .end = end, .note = note, .ascii = to->ascii, .width = to->width};
    s->to = to;
    s->env = env;
    s->left = left;
    return &s->sink;
}

void top_free(struct sink **top) {
    free(*top);
    *top = NULL;
}
