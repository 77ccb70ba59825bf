/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd_save.c - writing the reel to a file that opens at once. */
#include "core/command.h"
#include "core/saved_events.h"
#include "core/value.h"

#include <string.h>
#include <sys/stat.h>

const struct result_column save_columns[SAVE_COLUMNS] = {
    {"file", UNIT_NONE, "that was written"},
    {"bytes", UNIT_BYTES, "its size"},
    {"begin", UNIT_TIME, "the first instant that it holds"},
    {"end", UNIT_TIME, "the last one"},
    {"events", UNIT_COUNT, "events in it"},
    {"facts", UNIT_COUNT, "changes of the heap in it"},
};

static bool put_row(const reel *r, const char *path, uint64_t events, struct sink *out) {
    struct stat st;
    const struct reel_info *i = reel_info(r);
    struct value v[SAVE_COLUMNS] = {
        value_str(path),      stat(path, &st) == 0 ? value_uint((uint64_t)st.st_size) : value_null(),
        value_time(i->begin), value_time(i->duration),
        value_uint(events),   value_uint(i->facts),
    };
    out->record = true;
    return out->begin(out, save_columns, SAVE_COLUMNS) && out->row(out, v, NULL, NULL, 0) && out->end(out);
}

static bool is_trace_itself(const struct command_env *env, const char *path) {
    struct stat a, b;
    bool one = stat(env->path, &a) == 0 && stat(path, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
    return one && S_ISREG(a.st_mode) && !reel_info(env->reel)->saved;
}

static bool write_file(struct command_env *env, reel *r, const char *path, const struct save_options *opt,
                       uint64_t *events) {
    struct save_result result;
    struct feed *f;
    if (is_trace_itself(env, path))
        return command_fail(env, 2, "that is the trace itself: a reel does not stand for it");
    if (!command_open(env, &f))
        return false;
    struct out_file *file = out_file_open(path, env->error);
    if (!file) {
        feed_close(&f);
        env->status = 2;
        return false;
    }
    bool ok = save_write(r, f, opt, out_file_stream(file), &result);
    feed_close(&f);
    *events = result.events;
    char why[256];
    bool closed = out_file_close(&file, ok && !command_stopped(env), why);
    if (command_stopped(env))
        return true;
    if (!ok) {
        text_safe(why, sizeof why, (text){path, strlen(path)});
        return command_fail(env, 2, "can't write %.120s: %s", why, strerror(result.error));
    }
    return closed || command_fail(env, 2, "%s", why);
}

/* --from and --to, where they leave something out. */
static bool read_window(struct command_env *env, struct save_options *opt) {
    const struct reel_info *i = reel_info(env->reel);
    if (!command_time(env, "--from", env->opt.from, i->begin, &opt->from) ||
        !command_time(env, "--to", env->opt.to, i->duration, &opt->to))
        return false;
    opt->from = opt->from < i->begin ? i->begin : opt->from;
    opt->to = opt->to > i->duration ? i->duration : opt->to;
    opt->cut = opt->from > i->begin || opt->to < i->duration;
    return opt->from <= opt->to || command_fail(env, 2, "--from lies behind --to, or behind the end");
}

static bool save_part(struct command_env *env, const char *path, const struct save_options *opt, struct sink *out) {
    uint64_t events = 0;
    const char *unknown = reel_unknown(env->reel, opt->from);
    reel *part = unknown == NULL ? saved_cut(env->reel, opt->from, opt->to) : NULL;
    if (part == NULL && unknown == NULL && reel_info(env->reel)->loss.code == TRACE_E_REEL)
        unknown = "the reel is damaged before the end of that part";
    if (part == NULL)
        return command_fail(env, 2, "%s", unknown != NULL ? unknown : "out of memory");
    bool ok = write_file(env, part, path, opt, &events);
    if (ok && !command_stopped(env))
        put_row(part, path, events, out);
    reel_close(&part);
    return ok;
}

bool save_run(struct command_env *env, int argc, char **argv, struct sink *out) {
    struct save_options opt = {.stop = env->stop, .stop_arg = env->stop_arg};
    struct pseudonyms hide;
    uint64_t events = 0;
    (void)argc;
    if (!reel_info(env->reel)->done)
        return command_fail(env, 2, "the trace is still being loaded");
    if (!read_window(env, &opt))
        return false;
    if (env->opt.anonymize) {
        if (!pseudonyms_load(&hide, env->error)) {
            env->status = 2;
            return false;
        }
        opt.hide = &hide;
    }
    if (opt.cut)
        return save_part(env, argv[0], &opt, out);
    bool ok = write_file(env, env->reel, argv[0], &opt, &events);
    if (ok && !command_stopped(env))
        put_row(env->reel, argv[0], events, out);
    return ok;
}
