/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * doc.c - see doc.h.
 */
#include "tui/doc.h"
#include "traces/grow.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void doc_clear(struct doc *d) {
    d->n = d->len = d->nlinks = 0;
    d->lines = 0;
    d->memory_short = false;
}

void doc_free(struct doc *d) {
    free(d->runs);
    free(d->text);
    free(d->links);
    *d = (struct doc){0};
}

/* ------------------------------------------------------------------ writing */

static void add(struct doc *d, enum role role, int link, const char *s) {
    size_t len = strlen(s) + 1;
    if (d->len + len > d->cap_text) {
        size_t cap = (d->len + len) * 2 + 256;
        char *text = realloc(d->text, cap);
        if (!text) {
            d->memory_short = true;
            return;
        }
        d->text = text;
        d->cap_text = cap;
    }
    if (!GROW(d->runs, d->n, d->cap)) {
        d->memory_short = true;
        return;
    }
    memcpy(d->text + d->len, s, len);
    d->runs[d->n++] =
        (struct doc_run){.line = d->lines, .role = role, .link = link, .at = d->len, .columns = text_columns(s)};
    d->len += len;
}

void doc_text(struct doc *d, enum role role, const char *fmt, ...) {
    char words[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(words, sizeof words, fmt, ap);
    va_end(ap);
    add(d, role, -1, words);
}

void doc_link(struct doc *d, struct link to, const char *fmt, ...) {
    char words[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(words, sizeof words, fmt, ap);
    va_end(ap);
    if (!GROW(d->links, d->nlinks, d->cap_links)) {
        d->memory_short = true;
        return;
    }
    d->links[d->nlinks++] = to;
    add(d, ROLE_LINK, (int)d->nlinks - 1, words);
}

/* The UTF-8 form of a glyph, none of which lies beyond U+FFFF. Returns its length. */
static size_t encode(uint32_t c, char out[3]) {
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    out[0] = (char)(0xe0 | c >> 12);
    out[1] = (char)(0x80 | (c >> 6 & 0x3f));
    out[2] = (char)(0x80 | (c & 0x3f));
    return 3;
}

void doc_glyphs(struct doc *d, enum role role, enum glyph g, int n) {
    char words[512], one[3];
    size_t size = encode(glyph_char(g, d->ascii), one), len = 0;
    for (int i = 0; i < n && len + size < sizeof words; i++, len += size)
        memcpy(words + len, one, size);
    words[len] = '\0';
    add(d, role, -1, words);
}

void doc_line(struct doc *d) {
    d->lines++;
}

int doc_columns(const struct doc *d) {
    int w = 0;
    for (size_t i = d->n; i > 0 && d->runs[i - 1].line == d->lines; i--)
        w += d->runs[i - 1].columns;
    return w;
}

/* ------------------------------------------------------------------ drawing */

void doc_draw(const struct doc *d, const struct pen *p, int top, int chosen, bool focus) {
    int x = 1, line = -1;
    for (size_t i = 0; i < d->n; i++) {
        const struct doc_run *r = &d->runs[i];
        if (r->line != line) {
            line = r->line;
            x = 1;
        }
        int y = line - top;
        if (y >= 0 && y < p->r.h && x < p->r.w) {
            int w = pen_text_max(p, x, y, p->r.w - x, r->role, d->text + r->at);
            if (r->link >= 0 && r->link == chosen && focus)
                pen_tint(p, x, y, w, ROLE_SELECT);
        }
        x += r->columns;
    }
}

int doc_link_at(const struct doc *d, int line, int x) {
    int at = 1;
    for (size_t i = 0; i < d->n; i++) {
        if (d->runs[i].line != line)
            continue;
        if (x >= at && x < at + d->runs[i].columns)
            return d->runs[i].link;
        at += d->runs[i].columns;
    }
    return -1;
}

int doc_link_line(const struct doc *d, int link) {
    for (size_t i = 0; i < d->n; i++)
        if (d->runs[i].link == link)
            return d->runs[i].line;
    return 0;
}
