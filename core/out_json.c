/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * out_json.c - rows as JSON objects, one a line.
 *
 * Numbers are exact. Strings decode to the trace's own text (U+FFFD for invalid bytes), but what could steer a
 * terminal or hide in a line is always written as an escape, so that output may be looked at anywhere.
 */
#include "core/out.h"

#include "core/utf8.h"

#include <errno.h>
#include <stdlib.h>

struct json_sink {
    struct out_sink base;
    char *keys;  /* for each column `{"name":` or `,"name":`, one after another */
    size_t *end; /* where each key ends in keys */
};

/* Bytes that need no second look inside a string. */
static inline bool is_plain(unsigned char c) {
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static void put_unit(struct outbuf *b, uint32_t unit) {
    char s[6] = {'\\', 'u'};
    for (int i = 0; i < 4; i++)
        s[2 + i] = "0123456789abcdef"[unit >> (12 - 4 * i) & 15];
    out_bytes(b, s, sizeof s);
}

static void put_escape(struct outbuf *b, uint32_t cp) {
    static const char shorts[] = "\bb\tt\nn\ff\rr\"\"\\\\";
    const char *s = cp && cp < 0x7f ? strchr(shorts, (int)cp) : NULL;
    if (s && (s - shorts) % 2 == 0) {
        char two[2] = {'\\', s[1]};
        out_bytes(b, two, 2);
    } else if (cp < 0x10000) {
        put_unit(b, cp);
    } else {
        put_unit(b, 0xd800 + ((cp - 0x10000) >> 10));
        put_unit(b, 0xdc00 + ((cp - 0x10000) & 0x3ff));
    }
}

void out_json_string(struct outbuf *b, text t) {
    out_char(b, '"');
    const unsigned char *p = (const unsigned char *)(t.len ? t.ptr : ""), *end = p + t.len;
    while (p < end) {
        const unsigned char *from = p;
        while (p < end && is_plain(*p))
            p++;
        out_bytes(b, (const char *)from, (size_t)(p - from));
        if (p == end)
            break;
        from = p;
        uint32_t cp = utf8_next(&p, end);
        if (cp == UTF8_BAD)
            out_bytes(b, "\xef\xbf\xbd", 3);
        else if (cp == '"' || cp == '\\' || utf8_hostile(cp))
            put_escape(b, cp);
        else
            out_bytes(b, (const char *)from, (size_t)(p - from));
    }
    out_char(b, '"');
}

static void put_time(struct outbuf *b, int64_t t) {
    if (t == NO_TIME)
        out_str(b, "null");
    else
        out_int(b, t);
}

static void put_frames(struct outbuf *b, const struct trace_frame *f, size_t n) {
    char pc[ADDRESS_TEXT];
    out_char(b, '[');
    for (size_t i = 0; i < n; i++) {
        out_str(b, i ? ",{\"func\":" : "{\"func\":");
        out_json_string(b, f[i].func);
        out_str(b, ",\"file\":");
        out_json_string(b, f[i].file);
        out_str(b, ",\"line\":");
        out_uint(b, f[i].line);
        out_str(b, ",\"pc\":\"");
        out_str(b, reel_address_text(NULL, f[i].pc, pc));
        out_str(b, "\"}");
    }
    out_char(b, ']');
}

static void put_counts(struct outbuf *b, const struct count_entry *c, size_t n) {
    out_char(b, '{');
    for (size_t i = 0; i < n; i++) {
        if (i)
            out_char(b, ',');
        out_json_string(b, c[i].name);
        out_char(b, ':');
        out_uint(b, c[i].n);
    }
    out_char(b, '}');
}

/* As few digits as give the same number back. */
static void put_real(struct outbuf *b, double d) {
    char s[40];
    for (int digits = 6; digits <= 17; digits++) {
        snprintf(s, sizeof s, "%.*g", digits, d);
        if (strtod(s, NULL) == d)
            break;
    }
    out_str(b, s);
}

void out_json_value(struct outbuf *b, const reel *r, const struct value *v) {
    switch ((enum value_kind)v->kind) {
    case VALUE_NULL:
        out_bytes(b, "null", 4);
        break;
    case VALUE_INT:
        out_int(b, v->i);
        break;
    case VALUE_UINT:
        out_uint(b, v->u);
        break;
    case VALUE_BOOL:
        out_str(b, v->b ? "true" : "false");
        break;
    case VALUE_TEXT:
        out_json_string(b, v->s);
        break;
    case VALUE_ADDRESS:
        out_char(b, '"');
        out_address(b, r, v->u);
        out_char(b, '"');
        break;
    case VALUE_PAIR:
        out_char(b, '[');
        put_time(b, v->pair[0]);
        out_char(b, ',');
        put_time(b, v->pair[1]);
        out_char(b, ']');
        break;
    case VALUE_COUNTS:
        put_counts(b, v->counts.at, v->counts.n);
        break;
    case VALUE_FRAMES:
        put_frames(b, v->frames.at, v->frames.n);
        break;
    case VALUE_REAL:
        put_real(b, v->real);
        break;
    }
}

/* Keys are the program's own names: letters, digits, underscores. */
static bool json_begin(struct sink *pub, const struct result_column *cols, size_t ncols) {
    struct json_sink *s = (struct json_sink *)pub;
    size_t total = 0;
    for (size_t i = 0; i < ncols; i++)
        total += strlen(cols[i].name) + 4;
    free(s->keys);
    free(s->end);
    s->keys = malloc(total + 1);
    s->end = calloc(ncols + 1, sizeof *s->end);
    if (!s->keys || !s->end) {
        s->base.buf.error = ENOMEM;
        return out_ok(&s->base);
    }
    s->base.cols = cols;
    s->base.ncols = ncols;
    char *p = s->keys;
    for (size_t i = 0; i < ncols; i++) {
        p += sprintf(p, "%c\"%s\":", i ? ',' : '{', cols[i].name);
        s->end[i] = (size_t)(p - s->keys);
    }
    return true;
}

static bool json_row(struct sink *pub, const struct value *v, const char *const *names, const struct value *extra,
                     size_t nextra) {
    struct json_sink *s = (struct json_sink *)pub;
    struct outbuf *b = &s->base.buf;
    size_t from = 0;
    for (size_t i = 0; i < s->base.ncols; i++) {
        out_bytes(b, s->keys + from, s->end[i] - from);
        from = s->end[i];
        out_json_value(b, s->base.reel, &v[i]);
    }
    for (size_t i = 0; i < nextra; i++) {
        out_bytes(b, ",\"", 2);
        out_str(b, names[i]);
        out_bytes(b, "\":", 2);
        out_json_value(b, s->base.reel, &extra[i]);
    }
    out_bytes(b, "}\n", 2);
    return out_ok(&s->base);
}

static bool json_end(struct sink *pub) {
    return out_end((struct out_sink *)pub);
}

static void json_note(struct sink *pub, const char *line) {
    (void)pub;
    (void)line;
}

static void json_free(struct out_sink *base) {
    struct json_sink *s = (struct json_sink *)base;
    free(s->keys);
    free(s->end);
}

struct out_sink *out_json_new(void) {
    struct json_sink *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->base.sink = (struct sink){.begin = json_begin, .row = json_row, .end = json_end, .note = json_note};
    s->base.free = json_free;
    return &s->base;
}
