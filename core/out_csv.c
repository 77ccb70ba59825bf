/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * out_csv.c - rows as RFC 4180 lines (CR LF), the first one the names of the columns.
 *
 * Numbers are exact, unknown is empty, an empty text is "". What is no single value (a pair, counts, a stack)
 * stands in its cell as JSON. CSV has no escapes: text is written as it is, invalid UTF-8 as U+FFFD, except to a
 * terminal, which gets it harmless.
 */
#include "core/out.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { SAFE_TEXT = 1 << 16 };

struct csv_sink {
    struct out_sink base;
    bool terminal;
    char *safe; /* SAFE_TEXT bytes, where terminal */
};

static void put_quoted(void *arg, const char *p, size_t n) {
    struct outbuf *b = arg;
    while (n > 0) {
        const char *q = memchr(p, '"', n);
        size_t part = q ? (size_t)(q - p) + 1 : n;
        out_bytes(b, p, part);
        if (q)
            out_char(b, '"');
        p += part;
        n -= part;
    }
}

static void put_plain(void *arg, const char *p, size_t n) {
    out_bytes(arg, p, n);
}

static bool wants_quotes(text t) {
    if (t.len == 0)
        return true;
    for (size_t i = 0; i < t.len; i++)
        if (t.ptr[i] == ',' || t.ptr[i] == '"' || t.ptr[i] == '\n' || t.ptr[i] == '\r')
            return true;
    return t.ptr[0] == ' ' || t.ptr[t.len - 1] == ' ';
}

static void put_text(struct csv_sink *s, text t) {
    struct outbuf *b = &s->base.buf;
    if (s->terminal)
        t = (text){s->safe, text_safe(s->safe, SAFE_TEXT, t)};
    if (!wants_quotes(t)) {
        out_valid_utf8(t, put_plain, b);
        return;
    }
    out_char(b, '"');
    out_valid_utf8(t, put_quoted, b);
    out_char(b, '"');
}

/* JSON goes through a stream of its own, for its quotes must be doubled. */
static void put_compound(struct csv_sink *s, const struct value *v) {
    struct outbuf *b = &s->base.buf;
    char *json = NULL;
    size_t len = 0;
    struct outbuf o = {.at = malloc(OUT_BUFFER), .out = open_memstream(&json, &len)};
    if (o.at && o.out) {
        out_json_value(&o, s->base.reel, v);
        out_flush(&o);
    }
    if (o.out)
        fclose(o.out);
    out_char(b, '"');
    if (json)
        put_quoted(b, json, len);
    out_char(b, '"');
    if (!o.at || !o.out || o.error)
        b->error = ENOMEM;
    free(json);
    free(o.at);
}

static void put_pair(struct csv_sink *s, const struct value *v) {
    struct outbuf *b = &s->base.buf;
    out_char(b, '"');
    out_json_value(b, s->base.reel, v);
    out_char(b, '"');
}

static void put_value(struct csv_sink *s, const struct value *v) {
    switch ((enum value_kind)v->kind) {
    case VALUE_NULL:
        break;
    case VALUE_TEXT:
        put_text(s, v->s);
        break;
    case VALUE_ADDRESS:
        out_address(&s->base.buf, s->base.reel, v->u);
        break;
    case VALUE_PAIR:
        put_pair(s, v);
        break;
    case VALUE_COUNTS:
    case VALUE_FRAMES:
        put_compound(s, v);
        break;
    case VALUE_INT:
    case VALUE_UINT:
    case VALUE_BOOL:
    case VALUE_REAL:
        out_json_value(&s->base.buf, s->base.reel, v);
        break;
    }
}

static bool csv_begin(struct sink *pub, const struct result_column *cols, size_t ncols) {
    struct csv_sink *s = (struct csv_sink *)pub;
    s->terminal = isatty(fileno(s->base.buf.out)) == 1;
    if (s->terminal && !s->safe && !(s->safe = malloc(SAFE_TEXT))) {
        s->base.buf.error = ENOMEM;
        return out_ok(&s->base);
    }
    s->base.cols = cols;
    s->base.ncols = ncols;
    for (size_t i = 0; i < ncols; i++) {
        if (i)
            out_char(&s->base.buf, ',');
        out_str(&s->base.buf, cols[i].name);
    }
    out_str(&s->base.buf, "\r\n");
    return out_ok(&s->base);
}

/* Lines have the columns of the header: a command that has more to say in csv names them all in begin. */
static bool csv_row(struct sink *pub, const struct value *v, const char *const *names, const struct value *extra,
                    size_t nextra) {
    struct csv_sink *s = (struct csv_sink *)pub;
    (void)names;
    (void)extra;
    (void)nextra;
    for (size_t i = 0; i < s->base.ncols; i++) {
        if (i)
            out_char(&s->base.buf, ',');
        put_value(s, &v[i]);
    }
    out_bytes(&s->base.buf, "\r\n", 2);
    return out_ok(&s->base);
}

static bool csv_end(struct sink *pub) {
    return out_end((struct out_sink *)pub);
}

static void csv_note(struct sink *pub, const char *line) {
    (void)pub;
    (void)line;
}

static void csv_free(struct out_sink *base) {
    free(((struct csv_sink *)base)->safe);
}

struct out_sink *out_csv_new(void) {
    struct csv_sink *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->base.sink = (struct sink){.begin = csv_begin, .row = csv_row, .end = csv_end, .note = csv_note};
    s->base.free = csv_free;
    return &s->base;
}
