/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * draw.h - the sheet of cells that panes draw on, and the pen that they draw with.
 *
 * A sheet is a screen's worth of cells in memory; the terminal copies it to curses, tests read it. No byte that could
 * steer a terminal can get into a cell: control characters and invalid bytes become '?'.
 *
 * A pen is clipped to a rectangle and has its origin there. Cells are addressed by column and row.
 */
#ifndef HEAPREEL_DRAW_H
#define HEAPREEL_DRAW_H

#include "tui/panes.h"
#include "tui/theme.h"

#include <stdbool.h>
#include <stdint.h>

enum { CELL_CHARS = 3 }; /* a letter and up to two combining marks */

struct cell {
    uint32_t ch[CELL_CHARS]; /* code points; ch[0] 0: the right half of a wide letter */
    uint8_t role;            /* enum role */
    uint8_t looks;           /* enum look, on top of the role's */
};

struct sheet {
    int cols, rows;
    struct cell *cells;
    bool ascii;             /* glyphs as their ASCII twins, other letters as '?' */
    bool console;           /* only what the 256 signs of a console's font have; see console_char */
    uint8_t theme;          /* enum theme: what it is shown in */
    int cursor_x, cursor_y; /* where the terminal's cursor shall stand, -1: hidden */
};

/* Make room for cols x rows and blank it. False: out of memory, the sheet is as it was. Free with sheet_free. */
bool sheet_resize(struct sheet *s, int cols, int rows);
void sheet_blank(struct sheet *s);
void sheet_free(struct sheet *s);
struct cell *sheet_at(const struct sheet *s, int x, int y); /* NULL outside */

/* Everything that isn't a letter and has an ASCII twin. */
enum glyph {
    GLYPH_RULE,     /* horizontal line */
    GLYPH_WALL,     /* vertical line */
    GLYPH_TEE_LEFT, /* wall with a rule to its left, right, both */
    GLYPH_TEE_RIGHT,
    GLYPH_CROSS,
    GLYPH_TEE_DOWN,
    GLYPH_DOT, /* between words */
    GLYPH_STOP,
    GLYPH_MARKING,
    GLYPH_SWEEP,
    GLYPH_ASSIST,
    GLYPH_TICK, /* a round time on the axis */
    GLYPH_NOTE,
    GLYPH_REGION,
    GLYPH_CURRENT, /* the row of now */
    GLYPH_PAGE_FREE,
    GLYPH_PAGE_NONE, /* in use, no live object */
    GLYPH_PAGE_LOW,
    GLYPH_PAGE_HALF,
    GLYPH_PAGE_HIGH,
    GLYPH_PAGE_FULL,
    GLYPH_PAGE_UNKNOWN,
    GLYPH_SLOT_LIVE,
    GLYPH_SLOT_FREE,
    GLYPH_SLOT_UNKNOWN,
    GLYPH_MOST_FIRST, /* sorted by this column */
    GLYPH_LEAST_FIRST,
    GLYPH_LEFT_RIGHT,
    GLYPH_BAR, /* progress done, to do */
    GLYPH_BAR_REST,
    GLYPH_MORE, /* a text was cut here */
    GLYPH_LIMIT
};
uint32_t glyph_char(enum glyph g, bool ascii);
/* The sign of the old IBM character set (code page 437) that stands for one that it lacks: halves of blocks for
 * braille. */
uint32_t console_char(uint32_t ch);

struct pen {
    struct sheet *sheet;
    struct rect r;
};

static inline struct pen pen_on(struct sheet *s, struct rect r) {
    return (struct pen){.sheet = s, .r = r};
}
/* A part of a pen's rectangle; what lies outside is cut off. */
struct pen pen_part(const struct pen *p, struct rect part);

/* One cell; outside nothing happens. `ch` must be one column wide. */
void pen_char(const struct pen *p, int x, int y, enum role role, uint32_t ch);
void pen_glyph(const struct pen *p, int x, int y, enum role role, enum glyph g);
/* n glyphs to the right. */
void pen_run(const struct pen *p, int x, int y, int n, enum role role, enum glyph g);
/* UTF-8 text up to the right edge, or up to `max` columns (max < 0: no limit). Returns the columns it took. */
int pen_text(const struct pen *p, int x, int y, enum role role, const char *s);
int pen_text_max(const struct pen *p, int x, int y, int max, enum role role, const char *s);
/* Text that ends before column x. */
void pen_right(const struct pen *p, int x, int y, enum role role, const char *s);
/* Give n cells of a row another role, or add looks. */
void pen_tint(const struct pen *p, int x, int y, int n, enum role role);
void pen_look(const struct pen *p, int x, int y, int n, enum look looks);

/* Columns that a UTF-8 text takes. */
int text_columns(const char *s);

#endif
