/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bookmark.c - named instants, in order of time; and the `bookmarks` command. */
#include "core/command.h"
#include "core/reel.h"
#include "core/session.h"
#include "core/value.h"
#include "traces/grow.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

const struct result_column bookmarks_columns[BOOKMARKS_COLUMNS] = {
    {"name", UNIT_NONE, "as in @name"}, {"t", UNIT_TIME, "when"},         {"pos", UNIT_COUNT, "facts before it"},
    {"gc", UNIT_NONE, "GC cycle"},      {"phase", UNIT_NONE, "GC phase"}, {"note", UNIT_NONE, "what was noted"},
};

bool bookmark_name_ok(const char *name) {
    size_t n = strlen(name);
    for (size_t i = 0; i < n && i < BOOKMARK_NAME; i++)
        if (!isalnum((unsigned char)name[i]) && name[i] != '-' && name[i] != '_')
            return false;
    return n > 0 && n < BOOKMARK_NAME;
}

static size_t index_of(const struct bookmarks *b, const char *name) {
    for (size_t i = 0; i < b->n; i++)
        if (strcmp(b->at[i].name, name) == 0)
            return i;
    return SIZE_MAX;
}

bool bookmarks_drop(struct bookmarks *b, const char *name) {
    size_t i = index_of(b, name);
    if (i == SIZE_MAX)
        return false;
    memmove(&b->at[i], &b->at[i + 1], (b->n - i - 1) * sizeof *b->at);
    b->n--;
    return true;
}

bool bookmarks_set(struct bookmarks *b, const char *name, int64_t t, uint64_t pos, const char *note) {
    bool there = bookmark_name_ok(name) && index_of(b, name) != SIZE_MAX;
    if (!bookmark_name_ok(name) || (!there && b->n >= BOOKMARKS_MAX) || !GROW(b->at, b->n, b->cap))
        return false;
    struct bookmark new = {.t = t, .pos = pos};
    snprintf(new.name, sizeof new.name, "%s", name);
    snprintf(new.note, sizeof new.note, "%s", note);
    bookmarks_drop(b, name);
    size_t i = b->n++;
    for (; i > 0 && (b->at[i - 1].t > t || (b->at[i - 1].t == t && strcmp(b->at[i - 1].name, name) > 0)); i--)
        b->at[i] = b->at[i - 1];
    b->at[i] = new;
    return true;
}

const struct bookmark *bookmarks_find(const struct bookmarks *b, const char *name) {
    size_t i = b ? index_of(b, name) : SIZE_MAX;
    return i == SIZE_MAX ? NULL : &b->at[i];
}

void bookmarks_free(struct bookmarks *b) {
    free(b->at);
    *b = (struct bookmarks){0};
}

void reel_use_bookmarks(reel *r, const struct bookmarks *b) {
    r->bookmarks = b;
}

const struct bookmarks *reel_bookmarks(const reel *r) {
    return r->bookmarks;
}

bool bookmarks_run(struct command_env *env, int argc, char **argv, struct sink *out) {
    const struct bookmarks *b = reel_bookmarks(env->reel);
    (void)argc;
    (void)argv;
    bool ok = out->begin(out, bookmarks_columns, BOOKMARKS_COLUMNS);
    for (size_t i = 0; ok && b && i < b->n; i++) {
        uint32_t gc;
        enum gc_phase phase = reel_phase(env->reel, b->at[i].t, &gc);
        struct value v[BOOKMARKS_COLUMNS] = {
            value_str(b->at[i].name),        value_int(b->at[i].t),
            value_uint(b->at[i].pos),        value_uint(gc),
            value_str(gc_phase_name(phase)), b->at[i].note[0] ? value_str(b->at[i].note) : value_null(),
        };
        ok = out->row(out, v, NULL, NULL, 0);
    }
    if (ok)
        out->end(out);
    return true;
}
