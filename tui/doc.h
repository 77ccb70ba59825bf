/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * doc.h - lines of text with links in them: the head of a page. Written from top to bottom, then drawn and walked.
 *
 * A doc is made anew for each picture; its memory is used again.
 */
#ifndef HEAPREEL_DOC_H
#define HEAPREEL_DOC_H

#include "tui/draw.h"
#include "tui/link.h"

#include <stddef.h>

struct doc_run {
    int line;
    enum role role;
    int link; /* index, -1 none */
    size_t at;
    int columns;
};

struct doc {
    bool ascii;
    struct doc_run *runs;
    size_t n, cap;
    char *text;
    size_t len, cap_text;
    struct link *links;
    size_t nlinks, cap_links;
    int lines; /* the last one's index */
    bool memory_short;
};

void doc_clear(struct doc *d);
void doc_free(struct doc *d);

void doc_text(struct doc *d, enum role role, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void doc_link(struct doc *d, struct link to, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* n times a glyph. */
void doc_glyphs(struct doc *d, enum role role, enum glyph g, int n);
void doc_line(struct doc *d);
/* Columns that the present line takes already. */
int doc_columns(const struct doc *d);

/* Draw lines from `top` on; the chosen link stands out. */
void doc_draw(const struct doc *d, const struct pen *p, int top, int chosen, bool focus);
/* The link at a cell of the line, -1 none. */
int doc_link_at(const struct doc *d, int line, int x);
/* The line of a link. */
int doc_link_line(const struct doc *d, int link);

#endif
