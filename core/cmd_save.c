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

static bool put_row(struct command_env *env, const char *path, struct sink *out) {
    struct stat st;
    const struct reel_info *i = reel_info(env->reel);
    struct value v[SAVE_COLUMNS] = {
        value_str(path),       stat(path, &st) == 0 ? value_uint((uint64_t)st.st_size) : value_null(),
        value_time(i->begin),  value_time(i->duration),
        value_uint(i->events), value_uint(i->facts),
    };
    out->record = true;
    return out->begin(out, save_columns, SAVE_COLUMNS) && out->row(out, v, NULL, NULL, 0) && out->end(out);
}

static bool write_file(struct command_env *env, const char *path, struct feed *f, const struct save_options *opt) {
    int error = 0;
    struct out_file *file = out_file_open(path, env->error);
    if (!file) {
        env->status = 2;
        return false;
    }
    bool ok = save_write(env->reel, f, opt, out_file_stream(file), &error);
    char why[256];
    bool closed = out_file_close(&file, ok && !command_stopped(env), why);
    if (!ok)
        return command_fail(env, 2, "can't write %s: %s", path, strerror(error));
    return closed || command_fail(env, 2, "%s", why);
}

bool save_run(struct command_env *env, int argc, char **argv, struct sink *out) {
    struct save_options opt = {0};
    struct feed *f;
    (void)argc;
    if (!reel_info(env->reel)->done)
        return command_fail(env, 2, "the trace is still being loaded");
    if (!command_open(env, &f))
        return false;
    bool ok = write_file(env, argv[0], f, &opt);
    feed_close(&f);
    if (ok)
        put_row(env, argv[0], out);
    return ok;
}
