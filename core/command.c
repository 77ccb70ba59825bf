/* SPDX-License-Identifier: GPL-3.0-or-later */
/* command.c - running a command: its options, its output, its exit status. */
#include "core/command.h"
#include "core/filter.h"
#include "core/reel.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_ARGS = 8 };

/* A command's words, taken apart. */
struct call {
    const struct command *cmd;
    struct command_options opt;
    int argc;
    char *argv[MAX_ARGS];
};

bool command_fail(struct command_env *env, int status, const char *fmt, ...) {
    char line[sizeof env->error];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    text_safe(env->error, sizeof env->error, (text){line, strlen(line)}); /* words that somebody typed are in it */
    env->status = status;
    return false;
}

bool command_time(struct command_env *env, const char *name, const char *expr, int64_t otherwise, int64_t *t) {
    const char *why = "", *unknown = NULL;
    char shown[64];
    *t = otherwise;
    if (!expr)
        return true;
    if (when_parse(env->reel, expr, t, &why)) {
        bool instant = strcmp(name, "--at") == 0 || strcmp(name, "--since") == 0; /* windows are what lies in them */
        if (instant && env->reel && (unknown = reel_unknown(env->reel, *t)) != NULL)
            return command_fail(env, 2, "%s: %s", time_text(*t, shown), unknown);
        return true;
    }
    text_safe(shown, sizeof shown, (text){expr, strlen(expr)});
    return command_fail(env, 2, "%s %s: %s", name, shown, why);
}

bool command_open(struct command_env *env, struct feed **f) {
    struct trace_error err;
    *f = NULL;
    env->unreadable = true;
    if (env->reel && origin_changed(&env->reel->origin, env->path))
        return command_fail(env, 2, "the file has changed since it was loaded: open it anew");
    *f = feed_open(env->path, &err);
    env->unreadable = *f == NULL;
    if (*f)
        command_warn(env, feed_info(*f).warning);
    return *f || command_fail(env, 2, "%s", err.text[0] ? err.text : trace_code_text(err.code));
}

void command_warn(struct command_env *env, const char *line) {
    if (line)
        snprintf(env->warning, sizeof env->warning, "%s", line);
}

frame *command_frame(struct command_env *env, int64_t t) {
    char shown[TIME_TEXT];
    const char *unknown = reel_unknown(env->reel, t);
    if (unknown != NULL) {
        command_fail(env, 2, "%s: %s", time_text(t, shown), unknown);
        return NULL;
    }
    frame *f = frame_new(env->reel);
    if (f && !frame_seek(f, reel_pos(env->reel, t))) {
        bool lost = reel_info(env->reel)->loss.code == TRACE_E_REEL;
        frame_free(&f);
        if (lost) {
            command_fail(env, 2, "%s: no way leads there: the saved reel is damaged around it", time_text(t, shown));
            return NULL;
        }
    }
    if (!f)
        command_fail(env, 2, "out of memory");
    return f;
}

bool command_address(struct command_env *env, const char *s, uint64_t *addr) {
    if (reel_parse_address(env->reel, s, addr))
        return true;
    char shown[64];
    text_safe(shown, sizeof shown, (text){s, strlen(s)});
    return command_fail(env, 2, "%s is no address: write 0xc000012340, or +0x12340 from the heap's base", shown);
}

bool command_stopped(const struct command_env *env) {
    return env->stop && env->stop(env->stop_arg);
}

void command_damage(struct command_env *env, const struct trace_loss *loss, struct salvage kept) {
    if (loss_line(loss, kept, env->damage, sizeof env->damage))
        env->status = kept.events > 0 ? 1 : 2;
}

/* ------------------------------------------------------------------ taking words apart */

static const char *command_name(const void *arg, size_t i) {
    const struct command *table;
    (void)arg;
    return i < command_table(&table) ? table[i].name : NULL;
}

static const char *option_name(const void *arg, size_t i) {
    const struct command_option *table;
    (void)arg;
    return i < command_option_table(&table) ? table[i].name : NULL;
}

/* "no command X; did you mean Y?" */
static bool unknown(struct command_env *env, const char *what, const char *word,
                    const char *(*next)(const void *, size_t)) {
    char shown[64];
    const char *near = name_nearest(word, next, NULL);
    text_safe(shown, sizeof shown, (text){word, strlen(word)});
    return near ? command_fail(env, 2, "no %s %s; did you mean %s?", what, shown, near)
                : command_fail(env, 2, "no %s %s; see help", what, shown);
}

/* "ADDR", "[COMMAND]", "[FILE...]": at least one, at most one, any number. */
static bool count_fits(struct command_env *env, const struct call *c) {
    const char *args = c->cmd->args;
    bool many = strstr(args, "...") != NULL;
    int most = many ? MAX_ARGS : *args ? 1 : 0, least = *args && *args != '[' ? 1 : 0;
    if (c->argc < least)
        return command_fail(env, 2, "%s needs %s %s", c->cmd->name, args[0] == 'A' ? "an" : "a", args);
    if (c->argc > most)
        return command_fail(env, 2, "%s takes %s", c->cmd->name, most ? "one argument" : "no arguments");
    return true;
}

static bool parse(struct command_env *env, int argc, char **argv, struct call *c) {
    *c = (struct call){.opt = env->opt};
    if (argc < 1)
        return command_fail(env, 2, "no command; see help");
    c->cmd = command_find(argv[0]);
    if (!c->cmd)
        return unknown(env, "command", argv[0], command_name);
    bool words_only = false;
    for (int i = 1; i < argc; i++) {
        if (!words_only && strcmp(argv[i], "--") == 0) {
            words_only = true;
            continue;
        }
        int took = words_only ? 0 : command_option_read(&c->opt, argc, argv, &i, env->error);
        if (took < 0) {
            env->status = 2;
            return false;
        }
        if (took > 0)
            continue;
        if (!words_only && argv[i][0] == '-' && argv[i][1])
            return unknown(env, "option", argv[i], option_name);
        if (c->argc == MAX_ARGS)
            return command_fail(env, 2, "too many arguments");
        c->argv[c->argc++] = argv[i];
    }
    return count_fits(env, c);
}

static bool wants_reel(const struct call *c) {
    const char *times[] = {c->opt.at, c->opt.from, c->opt.to, c->opt.since};
    bool wants = c->cmd->needs_reel;
    /* help and info look at no instant */
    for (size_t i = 0; c->cmd->run == events_run && i < sizeof times / sizeof times[0]; i++)
        wants = wants || (times[i] && !when_is_plain(times[i]));
    return wants;
}

bool command_check(struct command_env *env, int argc, char **argv) {
    struct call c;
    return parse(env, argc, argv, &c);
}

bool command_options_of(struct command_env *env, int argc, char **argv, struct command_options *opt) {
    struct call c;
    if (!parse(env, argc, argv, &c))
        return false;
    *opt = c.opt;
    return true;
}

bool command_wants_reel(const struct command_env *env, int argc, char **argv) {
    struct call c;
    struct command_env scratch = *env;
    return parse(&scratch, argc, argv, &c) && wants_reel(&c);
}

/* ------------------------------------------------------------------ running */

static bool written(struct command_env *env, const struct sink *out) {
    if (out->error == 0 || out->error == EPIPE)
        return true;
    return command_fail(env, 2, "can't write: %s", strerror(out->error));
}

/* Only the rows that --where lets through. */
static bool run_where(struct command_env *env, struct call *c, struct sink *out) {
    struct sink *s = filter_sink_new(out, env->reel, c->opt.where);
    if (!s)
        return command_fail(env, 2, "out of memory");
    bool ok = c->cmd->run(env, c->argc, c->argv, s);
    if (filter_sink_error(s))
        ok = command_fail(env, 2, "--where: %s", filter_sink_error(s));
    filter_sink_free(&s);
    return ok;
}

/* The filter comes before the cut. */
static bool run_top(struct command_env *env, struct call *c, struct sink *out) {
    struct sink *s = c->opt.top ? top_new(env, out) : out;
    if (!s)
        return false;
    bool ok = c->opt.where ? run_where(env, c, s) : c->cmd->run(env, c->argc, c->argv, s);
    if (c->opt.top)
        top_free(&s);
    return ok;
}

static bool run(struct command_env *env, struct call *c, enum format format, struct sink *out) {
    struct command_env saved = *env;
    if (wants_reel(c) && !env->reel)
        return command_fail(env, 2, "%s needs the trace loaded", c->cmd->name);
    struct sink *check = c->opt.fail_if ? check_new(env, c->opt.fail_if, out) : NULL;
    bool matched = false;
    if (c->opt.fail_if && !check)
        return false;
    env->opt = c->opt;
    env->format = format;
    struct sink *to = check ? check : out;
    env->own_top = false;
    bool ok = run_top(env, c, to) && written(env, out);
    if (check)
        ok = check_free(&check, &matched) && ok;
    env->opt = saved.opt;
    env->format = saved.format;
    if (c->cmd->needs_reel) {
        const struct reel_info *info = reel_info(env->reel);
        command_warn(env, info->warning);
        if (info->done || info->events > 0) /* else there is nothing to tell yet */
            command_damage(env, &info->loss, reel_salvage(env->reel));
    }
    env->failed_if |= ok && matched;
    return ok;
}

static enum format format_of(const struct command_env *env, const struct call *c) {
    return c->opt.format_set ? (enum format)c->opt.format : env->format;
}

/* Run into a sink of its own on `out`. */
static bool run_on(struct command_env *env, struct call *c, FILE *out) {
    enum format format = format_of(env, c);
    if (format == FORMAT_CBOR && isatty(fileno(out)) == 1)
        return command_fail(env, 2, "cbor is binary and would garble the terminal: use -o FILE or a pipe");
    struct sink *s = sink_new(format, out, env->reel);
    if (!s)
        return command_fail(env, 2, "out of memory");
    s->ascii = env->ascii;
    s->width = c->opt.output ? 0 : env->width;
    bool ok = run(env, c, format, s);
    sink_free(&s);
    return ok;
}

static bool run_to_file(struct command_env *env, struct call *c) {
    struct out_file *file = out_file_open(c->opt.output, env->error);
    if (!file) {
        env->status = 2;
        return false;
    }
    bool ok = run_on(env, c, out_file_stream(file));
    char error[256];
    if (!out_file_close(&file, ok && !command_stopped(env), error))
        ok = command_fail(env, 2, "%s", error);
    return ok;
}

bool command_print(struct command_env *env, int argc, char **argv, FILE *out) {
    struct call c;
    if (!parse(env, argc, argv, &c))
        return false;
    return c.opt.output ? run_to_file(env, &c) : run_on(env, &c, out);
}

bool command_run(struct command_env *env, int argc, char **argv, struct sink *out) {
    struct call c;
    if (!parse(env, argc, argv, &c))
        return false;
    if (!c.opt.output) {
        if (c.opt.format_set && c.opt.format != env->format)
            return command_fail(env, 2, "--format goes with -o FILE here");
        return run(env, &c, env->format, out);
    }
    if (!run_to_file(env, &c))
        return false;
    char line[256], shown[200];
    text_safe(shown, sizeof shown, (text){c.opt.output, strlen(c.opt.output)});
    snprintf(line, sizeof line, "written to %s", shown);
    out->note(out, line);
    return out->end(out);
}
