/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * out_many.c - a sink for one command over several recordings: it puts the column `file` before the command's own, and
 * makes one output of all of them. Notes stand behind all rows, under the name of their file.
 */
#include "core/out.h"

#include <stdlib.h>

struct many_sink {
    struct sink sink;
    struct sink *to;
    const char *file;
    struct result_column *cols; /* the first of them is `file` */
    struct value *row;
    size_t ncols;
    bool noted;  /* the file's name stands above its notes */
    bool others; /* a file's columns were others than the first one's */
    bool memory_short;
};

static struct value file_value(const struct many_sink *m) {
    return (struct value){.kind = VALUE_TEXT, .s = {m->file, strlen(m->file)}};
}

static bool same_columns(const struct many_sink *m, const struct result_column *cols, size_t ncols) {
    bool same = ncols + 1 == m->ncols;
    for (size_t i = 0; same && i < ncols; i++)
        same = strcmp(cols[i].name, m->cols[i + 1].name) == 0;
    return same;
}

static bool many_begin(struct sink *pub, const struct result_column *cols, size_t ncols) {
    struct many_sink *m = (struct many_sink *)pub;
    if (m->cols) {
        m->others = !same_columns(m, cols, ncols);
        return !m->others;
    }
    m->ncols = ncols + 1;
    m->cols = calloc(m->ncols, sizeof *m->cols);
    m->row = calloc(m->ncols, sizeof *m->row);
    m->memory_short = !m->cols || !m->row;
    if (m->memory_short)
        return false;
    m->cols[0] = (struct result_column){"file", UNIT_NONE, "the recording"};
    memcpy(m->cols + 1, cols, ncols * sizeof *cols);
    m->to->record = pub->record;
    bool ok = m->to->begin(m->to, m->cols, m->ncols);
    pub->error = m->to->error;
    return ok;
}

static bool many_row(struct sink *pub, const struct value *v, const char *const *names, const struct value *extra,
                     size_t nextra) {
    struct many_sink *m = (struct many_sink *)pub;
    m->row[0] = file_value(m);
    memcpy(m->row + 1, v, (m->ncols - 1) * sizeof *v);
    bool ok = m->to->row(m->to, m->row, names, extra, nextra);
    pub->error = m->to->error;
    return ok;
}

/* The end of a file's rows: others may come. */
static bool many_end(struct sink *pub) {
    struct many_sink *m = (struct many_sink *)pub;
    return m->to->error == 0;
}

static void many_note(struct sink *pub, const char *line) {
    struct many_sink *m = (struct many_sink *)pub;
    char head[160];
    if (!m->noted) {
        size_t n = text_safe(head, sizeof head - 2, (text){m->file, strlen(m->file)});
        head[n] = ':';
        head[n + 1] = '\0';
        m->to->note(m->to, head);
    }
    m->noted = true;
    m->to->note(m->to, line);
}

struct sink *many_sink_new(struct sink *to) {
    struct many_sink *m = calloc(1, sizeof *m);
    if (!m)
        return NULL;
    m->to = to;
    m->sink = (struct sink){.begin = many_begin,
                            .row = many_row,
                            .end = many_end,
                            .note = many_note,
                            .ascii = to->ascii,
                            .width = to->width};
    return &m->sink;
}

void many_sink_file(struct sink *pub, const char *file, const reel *r) {
    struct many_sink *m = (struct many_sink *)pub;
    m->file = file;
    m->noted = m->others = false;
    ((struct out_sink *)m->to)->reel = r;
}

const char *many_sink_error(const struct sink *pub) {
    const struct many_sink *m = (const struct many_sink *)pub;
    return m->memory_short ? "out of memory" : m->others ? "other columns than the first recording's" : NULL;
}

bool many_sink_free(struct sink **pub) {
    struct many_sink *m = (struct many_sink *)*pub;
    bool ok = !m->cols || m->to->end(m->to);
    free(m->cols);
    free(m->row);
    free(m);
    *pub = NULL;
    return ok;
}
