/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report_rows.h - the rows of a command as a test reads them: each a line of JSON, with its fields found by name.
 */
#ifndef HEAPREEL_TESTS_REPORT_ROWS_H
#define HEAPREEL_TESTS_REPORT_ROWS_H

#include "core/core.h"
#include "tests/cmocka.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ROWS = 4096 };

struct rows {
    char *out, *at[MOST_ROWS];
    size_t len, n;
};

static inline void ask(reel *r, const char *line, struct rows *m) {
    char **words;
    int n = words_split(line, &words);
    struct command_env env = {.reel = r, .now = reel_info(r)->duration, .format = FORMAT_JSONL};
    *m = (struct rows){0};
    FILE *out = open_memstream(&m->out, &m->len);
    if (!command_print(&env, n, words, out))
        fail_msg("%s: %s", line, env.error);
    fclose(out);
    words_free(&words, n);
    for (char *p = m->out, *end; (end = strchr(p, '\n')) != NULL && m->n < MOST_ROWS; p = end + 1) {
        *end = '\0';
        m->at[m->n++] = p;
    }
}

/* What stands behind a key; NULL where that is null. */
static inline const char *text_of(const struct rows *m, size_t row, const char *key) {
    char want[64];
    snprintf(want, sizeof want, "\"%s\":", key);
    const char *p = strstr(m->at[row], want);
    if (!p)
        fail_msg("no %s in %s", key, m->at[row]);
    p += strlen(want);
    return strncmp(p, "null", 4) == 0 ? NULL : p;
}

static inline double number_of(const struct rows *m, size_t row, const char *key) {
    const char *p = text_of(m, row, key);
    return p ? strtod(p, NULL) : NAN;
}

static inline bool is(const struct rows *m, size_t row, const char *key, const char *value) {
    const char *p = text_of(m, row, key);
    size_t n = strlen(value);
    return p && *p == '"' && strncmp(p + 1, value, n) == 0 && p[n + 1] == '"';
}

#endif
