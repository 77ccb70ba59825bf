/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * out_check.c - --fail-if: a sink that hands every row on and asks each one whether it is as the filter says (filter.h,
 * values also as machine-readable output has them). It remembers how many were, and what the first of them said.
 */
#include "core/command.h"
#include "core/filter.h"

#include <stdlib.h>
#include <string.h>

struct check_sink {
    struct sink sink;
    struct sink *to;
    struct command_env *env;
    const char *expr;
    row_filter *f;
    struct result_column *cols; /* as begin got them */
    size_t ncols;
    uint64_t rows, matched;
    bool wrong;
    char first[200]; /* the first row that matched, in words */
};

static bool check_begin(struct sink *pub, const struct result_column *cols, size_t ncols) {
    struct check_sink *c = (struct check_sink *)pub;
    char why[FILTER_WHY];
    row_filter_free(&c->f);
    free(c->cols);
    c->cols = calloc(ncols + 1, sizeof *c->cols);
    c->f = c->cols ? row_filter_new(c->env->reel, c->expr, true, cols, ncols, why) : NULL;
    c->wrong = c->f == NULL;
    if (c->wrong)
        return command_fail(c->env, 2, "--fail-if: %s", c->cols ? why : "out of memory");
    memcpy(c->cols, cols, ncols * sizeof *cols);
    c->ncols = ncols;
    c->to->record = pub->record;
    bool ok = c->to->begin(c->to, cols, ncols);
    pub->error = c->to->error;
    return ok;
}

/* What the filter asks for, and the row's name: "row 3, d_bytes 12.0 MB, name main.leaked". */
static void remember(struct check_sink *c, const struct value *v) {
    size_t n = (size_t)snprintf(c->first, sizeof c->first, "row %llu", (unsigned long long)c->rows);
    for (size_t i = 0; i < c->ncols && n < sizeof c->first; i++) {
        char word[80];
        bool name = strcmp(c->cols[i].name, "name") == 0 || strcmp(c->cols[i].name, "type") == 0;
        if (!name && !row_filter_asks(c->f, i))
            continue;
        value_shown(&v[i], c->cols[i].unit, c->env->reel, c->to->ascii, word, sizeof word);
        n += (size_t)snprintf(c->first + n, sizeof c->first - n, ", %s %s", c->cols[i].name, word);
    }
}

static bool check_row(struct sink *pub, const struct value *v, const char *const *names, const struct value *extra,
                      size_t nextra) {
    struct check_sink *c = (struct check_sink *)pub;
    c->rows++;
    if (row_filter_match(c->f, v, names, extra, nextra) && c->matched++ == 0)
        remember(c, v);
    bool ok = c->to->row(c->to, v, names, extra, nextra);
    pub->error = c->to->error;
    return ok;
}

static bool check_end(struct sink *pub) {
    struct check_sink *c = (struct check_sink *)pub;
    bool ok = c->to->end(c->to);
    pub->error = c->to->error;
    return ok;
}

static void check_note(struct sink *pub, const char *line) {
    struct check_sink *c = (struct check_sink *)pub;
    if (!c->wrong)
        c->to->note(c->to, line);
}

struct sink *check_new(struct command_env *env, const char *expr, struct sink *to) {
    struct check_sink *c = calloc(1, sizeof *c);
    if (!c) {
        command_fail(env, 2, "out of memory");
        return NULL;
    }
    c->to = to;
    c->env = env;
    c->expr = expr;
    c->sink = (struct sink){.begin = check_begin,
                            .row = check_row,
                            .end = check_end,
                            .note = check_note,
                            .ascii = to->ascii,
                            .width = to->width};
    return &c->sink;
}

bool check_free(struct sink **pub, bool *matched) {
    struct check_sink *c = (struct check_sink *)*pub;
    bool ok = !c->wrong;
    *matched = ok && c->matched > 0;
    if (*matched) {
        char n[TIME_TEXT], shown[96];
        text_safe(shown, sizeof shown, (text){c->expr, strlen(c->expr)});
        snprintf(c->env->matched, sizeof c->env->matched, "--fail-if %s: %s row%s; %s%s", shown,
                 count_text(c->matched, n), c->matched == 1 ? "" : "s", c->matched == 1 ? "" : "first ", c->first);
    }
    row_filter_free(&c->f);
    free(c->cols);
    free(c);
    *pub = NULL;
    return ok;
}
