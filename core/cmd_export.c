/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd_export.c - the commands that write files of other programs: whole or not at all. */
#include "core/export.h"
#include "core/value.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const struct result_column export_columns[EXPORT_COLUMNS] = {
    {"file", UNIT_NONE, "what was written"},
    {"bytes", UNIT_BYTES, "its size"},
};

/* What one command exports. */
struct window {
    int64_t from, to; /* pprof: `to` is the instant */
};
typedef bool exporter(struct command_env *env, const struct window *w, struct outbuf *b);

/* False: *error says what the disk said, 0 nothing. */
static bool write_into(struct command_env *env, exporter *write, const struct window *w, FILE *f, uint64_t *bytes,
                       int *error) {
    struct outbuf b = {.at = malloc(OUT_BUFFER), .out = f};
    if (!b.at) {
        return command_fail(env, 2, "out of memory");
    }
    bool whole = write(env, w, &b);
    out_flush(&b);
    *error = b.error ? b.error : fflush(f) == 0 ? 0 : errno;
    long at = ftell(f);
    *bytes = at > 0 ? (uint64_t)at : 0;
    free(b.at);
    return whole && *error == 0;
}

static bool write_file(struct command_env *env, exporter *write, const struct window *w, char *path, struct sink *out) {
    uint64_t bytes = 0;
    int error = 0;
    struct out_file *file = out_file_open(path, env->error);
    if (!file) {
        env->status = 2;
        return false;
    }
    bool whole = write_into(env, write, w, out_file_stream(file), &bytes, &error);
    if (!out_file_close(&file, whole, env->error)) {
        env->status = 2;
        return false;
    }
    if (!whole && (command_stopped(env) || env->error[0])) {
        return !env->error[0]; /* what is wrong has been said */
    }
    if (!whole) {
        char shown[160];
        text_safe(shown, sizeof shown, (text){path, strlen(path)});
        return command_fail(env, 2, "can't write %s: %s", shown, strerror(error ? error : ENOMEM));
    }
    struct value v[EXPORT_COLUMNS] = {value_str(path), value_uint(bytes)};
    if (out->begin(out, export_columns, EXPORT_COLUMNS) && out->row(out, v, NULL, NULL, 0)) {
        if (reel_missing(env->reel)) {
            out->note(out, reel_missing(env->reel));
        }
        out->end(out);
    }
    return true;
}

static bool perfetto(struct command_env *env, const struct window *w, struct outbuf *b) {
    return export_perfetto(env, w->from, w->to, b);
}

static bool pprof(struct command_env *env, const struct window *w, struct outbuf *b) {
    return export_pprof(env, w->to, b);
}

bool pprof_run(struct command_env *env, int argc, char **argv, struct sink *out) {
    struct window w = {0};
    (void)argc;
    return command_time(env, "--at", env->opt.at, env->now, &w.to) && write_file(env, pprof, &w, argv[0], out);
}

bool perfetto_run(struct command_env *env, int argc, char **argv, struct sink *out) {
    struct window w;
    (void)argc;
    if (!command_time(env, "--from", env->opt.from, INT64_MIN, &w.from) ||
        !command_time(env, "--to", env->opt.to, INT64_MAX, &w.to)) {
        return false;
    }
    if (w.from > w.to) {
        return command_fail(env, 2, "--from lies after --to");
    }
    return write_file(env, perfetto, &w, argv[0], out);
}
