/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_types.c - live objects by type at one instant, and what has changed since another.
 *
 * Type 0 is the runtime's "no type"; it is one row, and its name and size are null.
 */
#include "core/command.h"
#include "core/report.h"
#include "core/value.h"

#include <stdlib.h>

const struct result_column types_columns[TYPES_COLUMNS] = {
    {"type", UNIT_NONE, "its name; null: the allocation named none"},
    {"size", UNIT_BYTES, "of the type; of an element for slices and arrays"},
    {"live", UNIT_COUNT, "objects"},
    {"bytes", UNIT_BYTES, "their size, by slots"},
    {"allocs", UNIT_COUNT, "allocated since the trace began"},
    {"frees", UNIT_COUNT, "freed since the trace began"},
    {"d_live", UNIT_COUNT, "with --since: change of live"},
    {"d_bytes", UNIT_BYTES, "with --since: change of bytes"},
    {"before", UNIT_COUNT, "of live: objects that were there before the trace began; null: the trace has no snapshot"},
};

enum { CHANGES = 6, CHANGE_COLUMNS = 2 }; /* where the columns of --since are */

struct type_row {
    uint32_t type;
    struct type_count now, then;
};

static int by_bytes(const void *a, const void *b) {
    const struct type_row *x = a, *y = b;
    if (x->now.bytes != y->now.bytes)
        return x->now.bytes < y->now.bytes ? 1 : -1;
    if (x->now.allocs != y->now.allocs)
        return x->now.allocs < y->now.allocs ? 1 : -1;
    return x->type < y->type ? -1 : x->type > y->type;
}

static bool seen(const struct type_count *c) {
    return c->live || c->allocs || c->frees;
}

static int64_t change(uint64_t now, uint64_t then) {
    return (int64_t)(now - then);
}

/* Take the columns of --since out. */
static void leave_out_changes(void *columns, size_t size) {
    unsigned char *at = (unsigned char *)columns + CHANGES * size;
    memmove(at, at + CHANGE_COLUMNS * size, (TYPES_COLUMNS - CHANGES - CHANGE_COLUMNS) * size);
}

static bool put_type(const reel *r, const struct type_row *row, bool changes, struct sink *out) {
    uint64_t size = reel_type(r, row->type)->size;
    struct value v[TYPES_COLUMNS] = {
        value_type(r, row->type),
        size ? value_uint(size) : value_null(),
        value_uint(row->now.live),
        value_uint(row->now.bytes),
        value_uint(row->now.allocs),
        value_uint(row->now.frees),
        value_int(change(row->now.live, row->then.live)),
        value_int(change(row->now.bytes, row->then.bytes)),
        reel_info(r)->snapshot ? value_uint(row->now.old) : value_null(),
    };
    if (!changes)
        leave_out_changes(v, sizeof v[0]);
    return out->row(out, v, NULL, NULL, 0);
}

/* The rows at one instant, by type; `then` picks the place in each row. */
static bool count_types(struct command_env *env, int64_t t, bool then, struct type_row *rows, uint32_t n) {
    frame *f = command_frame(env, t);
    if (!f)
        return false;
    for (uint32_t i = 0; i < n; i++)
        *(then ? &rows[i].then : &rows[i].now) = frame_type(f, i);
    frame_free(&f);
    return true;
}

static void put_types(struct command_env *env, const struct type_row *rows, uint32_t n, struct sink *out) {
    bool changes = env->opt.since != NULL;
    struct result_column cols[TYPES_COLUMNS];
    memcpy(cols, types_columns, sizeof cols);
    if (!changes)
        leave_out_changes(cols, sizeof cols[0]);
    bool ok = out->begin(out, cols, changes ? TYPES_COLUMNS : TYPES_COLUMNS - CHANGE_COLUMNS);
    for (uint32_t i = 0; ok && i < n; i++)
        if (seen(&rows[i].now) || seen(&rows[i].then))
            ok = put_type(env->reel, &rows[i], changes, out);
    if (ok && reel_missing(env->reel))
        out->note(out, reel_missing(env->reel));
    if (ok)
        out->end(out);
}

bool types_run(struct command_env *env, int argc, char **argv, struct sink *out) {
    int64_t at, since;
    (void)argc;
    (void)argv;
    if (!command_time(env, "--at", env->opt.at, env->now, &at) ||
        !command_time(env, "--since", env->opt.since, 0, &since))
        return false;
    since = report_known(env->reel, since);
    uint32_t n = reel_types(env->reel);
    struct type_row *rows = calloc((size_t)n + 1, sizeof *rows);
    if (!rows)
        return command_fail(env, 2, "out of memory");
    for (uint32_t i = 0; i < n; i++)
        rows[i].type = i;
    bool ok = count_types(env, at, false, rows, n) && (!env->opt.since || count_types(env, since, true, rows, n));
    if (ok) {
        qsort(rows, n, sizeof *rows, by_bytes);
        put_types(env, rows, n, out);
    }
    free(rows);
    return ok;
}
