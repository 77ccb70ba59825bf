/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * out_text.c - rows as aligned columns for people, or as lists of names and values (sink.record).
 *
 * Widths come from the first rows: up to FIRST_ROWS of them are kept, then the widths are settled and rows pass
 * through, so that 80 million rows take no more memory than 2000. A later cell that is wider is shown whole and
 * pushes its line.
 *
 * Where lines may take only so many columns (sink.width), texts are cut first, with a mark, then columns are left out,
 * the last ones but for the very last, and a note says which. Where there is room to spare, columns that are hidden
 * otherwise come in, if anything stands in them. Inferred values carry a `?`, unknown ones read `-`. Everything from a
 * trace passes text_safe.
 *
 * Pending rows lie one after another in one arena: ncols cells, then a tail that is not aligned (named extras on the
 * same line, stacks on lines of their own). Once widths are settled the arena holds one row at a time.
 */
#include "core/out.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

enum {
    ARENA = 2 << 20,
    ROW_ROOM = 1 << 20, /* what a row may take at most; longer ones are cut */
    CELL_ROOM = 1 << 15,
    FIRST_ROWS = 2000,
    TEXT_LEAST = 16, /* texts are not cut shorter */
    WIDEST = 60      /* wider cells don't widen their column */
};

struct cell {
    uint32_t at, len;
};

struct text_sink {
    struct out_sink base;
    char *arena;
    size_t used;
    struct cell *cells; /* FIRST_ROWS rows of ncols + 1 */
    size_t rows;        /* pending */
    size_t total;       /* since begin */
    size_t *width;      /* by column */
    bool *right;        /* by column: numbers */
    bool *said;         /* by column: anything but null stands in it */
    bool *hidden;       /* by column: left out */
    bool *kept;         /* by column: not to be left out: it holds addresses */
    size_t gap;         /* blanks between columns */
    bool settled;
    bool ascii;
    char **notes; /* said between begin and end, shown after the rows */
    size_t nnotes;
};

/* ------------------------------------------------------------------ one value as text */

struct room {
    char *at;
    size_t cap, n; /* cap includes a terminator */
};

static void put(struct room *m, const char *s, size_t len) {
    size_t left = m->cap - m->n - 1;
    if (len > left)
        len = left;
    memcpy(m->at + m->n, s, len);
    m->n += len;
    m->at[m->n] = '\0';
}

static void put_str(struct room *m, const char *s) {
    put(m, s, strlen(s));
}

static void put_safe(const struct text_sink *s, struct room *m, text t) {
    size_t left = m->cap - m->n;
    if (left > CELL_ROOM)
        left = CELL_ROOM;
    m->n += (s->ascii ? text_ascii : text_safe)(m->at + m->n, left, t);
}

/* Times in a column keep all nine digits, so that the points stand below each other. */
static void put_time(struct room *m, int64_t ns) {
    char dst[OUT_DIGITS + 16];
    uint64_t u = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;
    uint32_t frac = (uint32_t)(u % 1000000000);
    if (ns < 0)
        put(m, "-", 1);
    size_t n = out_digits(dst, u / 1000000000);
    memcpy(dst + n, ".000 000 000 s", 14);
    for (size_t i = n + 11; frac > 0; i -= dst[i - 1] == ' ' ? 2 : 1) {
        dst[i] = (char)('0' + frac % 10);
        frac /= 10;
    }
    put(m, dst, n + 14);
}

static void put_number(struct room *m, uint8_t unit, bool negative, uint64_t u) {
    char dst[TIME_TEXT];
    int64_t ns = u > (uint64_t)INT64_MAX ? INT64_MAX : (int64_t)u;
    if (unit == UNIT_TIME) {
        put_time(m, negative ? -ns : ns);
        return;
    }
    if (negative)
        put_str(m, "-");
    switch ((enum unit)unit) {
    case UNIT_BYTES:
        put_str(m, bytes_text(u, dst));
        break;
    case UNIT_DURATION:
        put_str(m, duration_text(ns, dst));
        break;
    case UNIT_COUNT:
        put_str(m, count_text(u, dst));
        break;
    case UNIT_NONE:
    case UNIT_TIME:
    case UNIT_SHARE:
        put(m, dst, out_digits(dst, u));
        break;
    }
}

/* Sizes, counts and durations as whole ones are shown, other numbers with three decimals. */
static void put_real(struct room *m, uint8_t unit, double d) {
    char dst[TIME_TEXT];
    bool small = fabs(d) < 1000 && (unit == UNIT_COUNT || unit == UNIT_NONE), whole = unit != UNIT_SHARE && !small;
    if (whole && unit != UNIT_NONE && fabs(d) < 9e18) {
        put_number(m, unit, d < 0 && d <= -0.5, (uint64_t)(fabs(d) + 0.5));
        return;
    }
    if (unit == UNIT_SHARE)
        snprintf(dst, sizeof dst, "%.1f %%", d * 100);
    else
        snprintf(dst, sizeof dst,
                 fabs(d) >= 1e9 || (d != 0 && fabs(d) < 0.0005) ? "%.3g"
                 : unit == UNIT_COUNT                           ? "%.1f"
                                                                : "%.3f",
                 d);
    put_str(m, dst);
}

static void put_pair(struct room *m, const int64_t pair[2]) {
    char dst[TIME_TEXT];
    if (pair[0] == NO_TIME || pair[1] == NO_TIME)
        put_str(m, pair[0] == NO_TIME ? "begun before" : "not ended");
    else
        put_str(m, duration_text(pair[1] - pair[0], dst));
}

static void put_counts(const struct text_sink *s, struct room *m, const struct value *v) {
    for (size_t i = 0; i < v->counts.n; i++) {
        put_str(m, i ? " " : "");
        put_safe(s, m, v->counts.at[i].name);
        put_str(m, "=");
        put_number(m, UNIT_NONE, false, v->counts.at[i].n);
    }
}

static void put_frames(const struct text_sink *s, struct room *m, const struct value *v) {
    char pc[ADDRESS_TEXT];
    for (size_t i = 0; i < v->frames.n; i++) {
        const struct trace_frame *f = &v->frames.at[i];
        put_str(m, "\n        ");
        put_safe(s, m, f->func);
        put_str(m, "  ");
        put_safe(s, m, f->file);
        put_str(m, ":");
        put_number(m, UNIT_NONE, false, f->line);
        put_str(m, "  ");
        put_str(m, reel_address_text(NULL, f->pc, pc));
    }
}

static void put_value(const struct text_sink *s, struct room *m, const struct value *v, uint8_t unit) {
    char addr[ADDRESS_TEXT];
    if (v->unit)
        unit = v->unit == VALUE_PLAIN ? UNIT_NONE : v->unit;
    switch ((enum value_kind)v->kind) {
    case VALUE_NULL: /* of a type: the runtime passed none */
        put_str(m, v->leads == LEADS_TYPE ? "(no type)" : "-");
        break;
    case VALUE_INT:
        put_number(m, unit, v->i < 0, v->i < 0 ? 0 - (uint64_t)v->i : (uint64_t)v->i);
        break;
    case VALUE_UINT:
        put_number(m, unit, false, v->u);
        break;
    case VALUE_BOOL:
        put_str(m, v->b ? "yes" : "no");
        break;
    case VALUE_TEXT:
        put_safe(s, m, v->s);
        break;
    case VALUE_ADDRESS:
        put_str(m, reel_address_text(s->base.reel, v->u, addr));
        break;
    case VALUE_PAIR:
        put_pair(m, v->pair);
        break;
    case VALUE_COUNTS:
        put_counts(s, m, v);
        break;
    case VALUE_FRAMES:
        put_frames(s, m, v);
        break;
    case VALUE_REAL:
        put_real(m, unit, v->real);
        break;
    }
    if (v->unsure)
        put_str(m, "?");
}

size_t value_shown(const struct value *v, unsigned unit, const reel *r, bool ascii, char *dst, size_t cap) {
    struct text_sink s = {.ascii = ascii, .base.reel = r};
    struct room m = {.at = dst, .cap = cap};
    dst[0] = '\0';
    put_value(&s, &m, v, unit & UNIT_MASK);
    return m.n;
}

/* An extra of a row: name=value, text with blanks in quotes. */
static void put_extra(const struct text_sink *s, struct room *m, const char *name, const struct value *v) {
    bool quote = v->kind == VALUE_TEXT && (v->s.len == 0 || memchr(v->s.ptr, ' ', v->s.len));
    put_str(m, m->n ? " " : "");
    put_str(m, name);
    put_str(m, v->kind == VALUE_FRAMES ? ":" : "=");
    put_str(m, quote ? "\"" : "");
    put_value(s, m, v, UNIT_NONE);
    put_str(m, quote ? "\"" : "");
}

/* ------------------------------------------------------------------ columns */

static struct cell *row_cells(struct text_sink *s, size_t row) {
    return s->cells + row * (s->base.ncols + 1);
}

static void put_padding(struct outbuf *b, size_t n) {
    static const char blanks[] = "                                ";
    for (size_t part; n > 0; n -= part) {
        part = n < sizeof blanks - 1 ? n : sizeof blanks - 1;
        out_bytes(b, blanks, part);
    }
}

/* Bytes at the begin of s that take no more than `columns`. */
static size_t fitting(const char *s, size_t len, size_t columns) {
    size_t n = 0;
    while (n < len) {
        size_t next = n + 1;
        while (next < len && ((unsigned char)s[next] & 0xc0) == 0x80)
            next++;
        if (text_width(s, next) > columns)
            break;
        n = next;
    }
    return n;
}

static void put_padded(struct outbuf *b, const char *p, size_t len, size_t width, bool right, bool last) {
    size_t has = text_width(p, len), pad = has < width ? width - has : 0;
    if (right)
        put_padding(b, pad);
    out_bytes(b, p, len);
    if (!right && !last)
        put_padding(b, pad);
}

/* The columns that text output shows, and the one after the last of them. */
static bool shown(const struct text_sink *s, size_t i) {
    return !s->hidden[i];
}

static size_t shown_end(const struct text_sink *s) {
    size_t end = s->base.ncols;
    while (end > 0 && !shown(s, end - 1))
        end--;
    return end;
}

/* ------------------------------------------------------------------ what fits */

static size_t line_width(const struct text_sink *s) {
    size_t w = 0;
    for (size_t i = 0; i < s->base.ncols; i++)
        w += s->hidden[i] ? 0 : s->width[i] + (w ? s->gap : 0);
    return w;
}

/* Cut the widest text until the line fits, or no text is long enough to be cut. */
static void cut_texts(struct text_sink *s, size_t limit) {
    for (size_t w = line_width(s); w > limit; w = line_width(s)) {
        size_t widest = s->base.ncols;
        for (size_t i = 0; i < s->base.ncols; i++)
            if (!s->hidden[i] && !s->right[i] && s->width[i] > TEXT_LEAST &&
                (widest == s->base.ncols || s->width[i] > s->width[widest]))
                widest = i;
        if (widest == s->base.ncols)
            return;
        size_t less = s->width[widest] - TEXT_LEAST;
        s->width[widest] -= w - limit < less ? w - limit : less;
    }
}

static void say_left_out(struct text_sink *s, const bool *were) {
    char line[512] = "no room here for";
    size_t n = strlen(line);
    bool any = false;
    for (size_t i = 0; i < s->base.ncols && n < sizeof line - 64; i++)
        if (s->hidden[i] && !were[i]) {
            n += (size_t)snprintf(line + n, sizeof line - n, "%s %.30s", any ? "," : "", s->base.cols[i].name);
            any = true;
        }
    if (any)
        s->base.sink.note(&s->base.sink, line);
}

/* The first of a heap of columns are the ones that matter, and the last one, which names the row. */
static void fit(struct text_sink *s) {
    size_t limit = s->base.sink.width, n = s->base.ncols, last = n;
    bool were[64];
    if (limit == 0 || n == 0 || n > sizeof were / sizeof were[0])
        return;
    for (size_t i = 0; i < n; i++) {
        were[i] = s->hidden[i];
        last = s->hidden[i] ? last : i;
    }
    for (size_t i = 0; i < n; i++) { /* room to spare */
        bool hidden = s->hidden[i];
        s->hidden[i] = hidden && !s->said[i];
        s->hidden[i] = hidden && (s->hidden[i] || line_width(s) > limit);
    }
    s->gap = line_width(s) > limit ? 1 : 2;
    cut_texts(s, limit);
    for (size_t i = last; i-- > 0 && line_width(s) > limit;)
        s->hidden[i] |= !s->kept[i];
    say_left_out(s, were);
    /* what was cut before columns went may have its room again */
    if (line_width(s) < limit && last < n && !s->right[last])
        s->width[last] += limit - line_width(s);
}

/* A cell, cut with a mark where its line may not be longer. */
static void put_cell(struct text_sink *s, const char *p, size_t len, size_t col, bool last) {
    struct outbuf *b = &s->base.buf;
    size_t width = s->width[col];
    if (s->base.sink.width == 0 || s->right[col] || text_width(p, len) <= width) {
        put_padded(b, p, len, width, s->right[col], last);
        return;
    }
    const char *mark = s->ascii ? "..." : "\u2026";
    size_t room = s->ascii ? 3 : 1, n = fitting(p, len, width > room ? width - room : 0);
    out_bytes(b, p, n);
    out_str(b, mark);
    if (!last)
        put_padding(b, width - text_width(p, n) - room);
}

static void put_header(struct text_sink *s) {
    size_t end = shown_end(s);
    for (size_t i = 0, any = 0; i < end; i++) {
        const char *name = s->base.cols[i].name;
        if (!shown(s, i))
            continue;
        if (any++)
            put_padding(&s->base.buf, s->gap);
        put_padded(&s->base.buf, name, strlen(name), s->width[i], s->right[i], i + 1 == end);
    }
    out_char(&s->base.buf, '\n');
}

static void put_row(struct text_sink *s, const struct cell *c) {
    struct outbuf *b = &s->base.buf;
    size_t n = s->base.ncols, end = shown_end(s);
    bool tail = c[n].len > 0;
    for (size_t i = 0, any = 0; i < end; i++) {
        if (!shown(s, i))
            continue;
        if (any++)
            put_padding(b, s->gap);
        put_cell(s, s->arena + c[i].at, c[i].len, i, i + 1 == end && !tail);
    }
    if (tail) {
        out_bytes(b, "  ", 2);
        out_bytes(b, s->arena + c[n].at, c[n].len);
    }
    out_char(b, '\n');
}

static void put_pending(struct text_sink *s) {
    if (!s->settled && s->rows > 0) {
        fit(s);
        put_header(s);
    }
    s->settled = s->settled || s->rows > 0;
    for (size_t i = 0; i < s->rows; i++)
        put_row(s, row_cells(s, i));
    s->rows = 0;
    s->used = 0;
}

static void widen(struct text_sink *s, const struct cell *c, const struct value *v) {
    for (size_t i = 0; i < s->base.ncols; i++) {
        size_t w = text_width(s->arena + c[i].at, c[i].len);
        if (w > s->width[i] && w <= WIDEST)
            s->width[i] = w;
        s->said[i] |= v[i].kind != VALUE_NULL;
        s->kept[i] |= v[i].kind == VALUE_ADDRESS;
        if (v[i].kind == VALUE_INT || v[i].kind == VALUE_UINT || v[i].kind == VALUE_PAIR || v[i].kind == VALUE_REAL)
            s->right[i] = true;
    }
}

/* ------------------------------------------------------------------ records */

static void put_record_counts(struct text_sink *s, const struct value *v, size_t width) {
    char name[256], n[TIME_TEXT];
    for (size_t i = 0; i < v->counts.n; i++) {
        size_t len = (s->ascii ? text_ascii : text_safe)(name, sizeof name, v->counts.at[i].name);
        count_text(v->counts.at[i].n, n);
        if (i)
            put_padding(&s->base.buf, width + 2);
        put_padded(&s->base.buf, n, strlen(n), 13, true, false);
        out_bytes(&s->base.buf, "  ", 2);
        out_bytes(&s->base.buf, name, len);
        out_char(&s->base.buf, '\n');
    }
    if (v->counts.n == 0)
        out_str(&s->base.buf, "-\n");
}

static void put_record(struct text_sink *s, const struct value *v) {
    size_t width = 0;
    for (size_t i = 0; i < s->base.ncols; i++) {
        size_t len = strlen(s->base.cols[i].name);
        width = len > width ? len : width;
    }
    for (size_t i = 0; i < s->base.ncols; i++) {
        struct room m = {.at = s->arena, .cap = CELL_ROOM};
        put_padded(&s->base.buf, s->base.cols[i].name, strlen(s->base.cols[i].name), width + 2, false, false);
        if (v[i].kind == VALUE_COUNTS) {
            put_record_counts(s, &v[i], width);
            continue;
        }
        put_value(s, &m, &v[i], s->base.cols[i].unit & UNIT_MASK);
        out_bytes(&s->base.buf, s->arena, m.n);
        out_char(&s->base.buf, '\n');
    }
}

/* ------------------------------------------------------------------ the sink */

static void free_columns(struct text_sink *s) {
    free(s->cells);
    free(s->width);
    free(s->right);
    free(s->said);
    free(s->hidden);
    free(s->kept);
}

static bool no_memory(struct text_sink *s) {
    s->base.buf.error = ENOMEM;
    return out_ok(&s->base);
}

static bool text_begin(struct sink *pub, const struct result_column *cols, size_t ncols) {
    struct text_sink *s = (struct text_sink *)pub;
    s->base.cols = cols;
    s->base.ncols = ncols;
    s->ascii = out_plain(pub);
    free_columns(s);
    s->cells = calloc(FIRST_ROWS * (ncols + 1), sizeof *s->cells);
    s->width = calloc(ncols + 1, sizeof *s->width);
    s->right = calloc(ncols + 1, sizeof *s->right);
    s->said = calloc(ncols + 1, sizeof *s->said);
    s->hidden = calloc(ncols + 1, sizeof *s->hidden);
    s->kept = calloc(ncols + 1, sizeof *s->kept);
    s->gap = 2;
    if (!s->arena)
        s->arena = malloc(ARENA);
    if (!s->cells || !s->width || !s->right || !s->said || !s->hidden || !s->kept || !s->arena)
        return no_memory(s);
    for (size_t i = 0; i < ncols; i++) {
        s->width[i] = strlen(cols[i].name);
        s->right[i] = (cols[i].unit & UNIT_MASK) != UNIT_NONE;
        s->hidden[i] = (cols[i].unit & UNIT_HIDDEN) != 0;
    }
    s->rows = s->used = s->total = 0;
    s->settled = false;
    return true;
}

static bool text_row(struct sink *pub, const struct value *v, const char *const *names, const struct value *extra,
                     size_t nextra) {
    struct text_sink *s = (struct text_sink *)pub;
    s->total++;
    if (pub->record) {
        if (s->total > 1)
            out_char(&s->base.buf, '\n');
        put_record(s, v);
        return out_ok(&s->base);
    }
    struct cell *c = row_cells(s, s->rows++);
    struct room m = {.cap = CELL_ROOM};
    for (size_t i = 0; i < s->base.ncols; i++) {
        size_t left = ARENA - s->used;
        m = (struct room){.at = s->arena + s->used, .cap = left < CELL_ROOM ? left : CELL_ROOM};
        put_value(s, &m, &v[i], s->base.cols[i].unit & UNIT_MASK);
        c[i] = (struct cell){(uint32_t)s->used, (uint32_t)m.n};
        s->used += m.n;
    }
    m = (struct room){.at = s->arena + s->used, .cap = ARENA - s->used};
    for (size_t i = 0; i < nextra; i++)
        put_extra(s, &m, names[i], &extra[i]);
    c[s->base.ncols] = (struct cell){(uint32_t)s->used, (uint32_t)m.n};
    s->used += m.n;
    if (!s->settled)
        widen(s, c, v);
    if (s->settled || s->rows == FIRST_ROWS || ARENA - s->used < ROW_ROOM)
        put_pending(s);
    return out_ok(&s->base);
}

/* Broken at blanks where it is too long. */
static void put_note(struct text_sink *s, const char *line) {
    size_t limit = s->base.sink.width;
    for (size_t len = strlen(line), indent = 0; limit > 0 && text_width(line, len) > limit - indent;
         len = strlen(line)) {
        size_t n = fitting(line, len, limit - indent);
        while (n > 0 && line[n] != ' ')
            n--;
        if (n == 0)
            break;
        put_padding(&s->base.buf, indent);
        out_bytes(&s->base.buf, line, n);
        out_char(&s->base.buf, '\n');
        line += n + strspn(line + n, " ");
        indent = 2;
        if (text_width(line, strlen(line)) <= limit - indent)
            put_padding(&s->base.buf, indent);
    }
    out_str(&s->base.buf, line);
    out_char(&s->base.buf, '\n');
}

static bool text_end(struct sink *pub) {
    struct text_sink *s = (struct text_sink *)pub;
    put_pending(s);
    if (s->total == 0 && s->base.ncols > 0 && !pub->record)
        out_str(&s->base.buf, "(none)\n");
    if (s->nnotes > 0 && s->base.ncols > 0)
        out_char(&s->base.buf, '\n');
    for (size_t i = 0; i < s->nnotes; i++) {
        put_note(s, s->notes[i]);
        free(s->notes[i]);
    }
    s->nnotes = 0;
    s->base.ncols = 0;
    return out_end(&s->base);
}

/* Before begin a note opens the output; later ones wait for the end of the rows. */
static void text_note(struct sink *pub, const char *line) {
    struct text_sink *s = (struct text_sink *)pub;
    if (s->base.ncols == 0) {
        out_str(&s->base.buf, line);
        out_char(&s->base.buf, '\n');
        return;
    }
    char **more = realloc(s->notes, (s->nnotes + 1) * sizeof *more);
    char *copy = more ? strdup(line) : NULL;
    if (more)
        s->notes = more;
    if (copy)
        s->notes[s->nnotes++] = copy;
}

static void text_free(struct out_sink *base) {
    struct text_sink *s = (struct text_sink *)base;
    for (size_t i = 0; i < s->nnotes; i++)
        free(s->notes[i]);
    free(s->notes);
    free_columns(s);
    free(s->arena);
}

struct out_sink *out_text_new(void) {
    struct text_sink *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->base.sink = (struct sink){.begin = text_begin, .row = text_row, .end = text_end, .note = text_note};
    s->base.free = text_free;
    return &s->base;
}
