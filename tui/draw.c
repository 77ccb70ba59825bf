/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * draw.c - sheets, pens and glyphs; see draw.h.
 *
 * Widths come from the locale's wcwidth, as curses uses it too: both must agree about every cell.
 */
#include "tui/draw.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

/* ------------------------------------------------------------------ sheets */

bool sheet_resize(struct sheet *s, int cols, int rows) {
    if (cols < 1)
        cols = 1;
    if (rows < 1)
        rows = 1;
    if (cols != s->cols || rows != s->rows || !s->cells) {
        struct cell *cells = calloc((size_t)cols * (size_t)rows, sizeof *cells);
        if (!cells)
            return false;
        free(s->cells);
        s->cells = cells;
        s->cols = cols;
        s->rows = rows;
    }
    sheet_blank(s);
    return true;
}

void sheet_blank(struct sheet *s) {
    for (int i = 0; i < s->cols * s->rows; i++)
        s->cells[i] = (struct cell){.ch = {' '}};
    s->cursor_x = s->cursor_y = -1;
}

void sheet_free(struct sheet *s) {
    free(s->cells);
    *s = (struct sheet){0};
}

struct cell *sheet_at(const struct sheet *s, int x, int y) {
    if (x < 0 || y < 0 || x >= s->cols || y >= s->rows)
        return NULL;
    return &s->cells[y * s->cols + x];
}

/* ------------------------------------------------------------------ glyphs */

static const struct {
    uint16_t wide;
    char ascii;
} glyphs[GLYPH_LIMIT] = {
    [GLYPH_RULE] = {0x2500, '-'},       [GLYPH_WALL] = {0x2502, '|'},       [GLYPH_TEE_LEFT] = {0x2524, '+'},
    [GLYPH_TEE_RIGHT] = {0x251c, '+'},  [GLYPH_CROSS] = {0x253c, '+'},      [GLYPH_TEE_DOWN] = {0x252c, '+'},
    [GLYPH_DOT] = {0x00b7, '|'},        [GLYPH_STOP] = {0x258c, '!'},       [GLYPH_MARKING] = {0x2588, 'M'},
    [GLYPH_SWEEP] = {0x2592, 's'},      [GLYPH_ASSIST] = {0x2584, 'a'},     [GLYPH_TICK] = {0x2575, '\''},
    [GLYPH_NOTE] = {0x25bc, 'v'},       [GLYPH_REGION] = {0x25b8, '>'},     [GLYPH_CURRENT] = {0x25b8, '>'},
    [GLYPH_PAGE_FREE] = {0x00b7, '.'},  [GLYPH_PAGE_NONE] = {0x25a1, '_'},  [GLYPH_PAGE_LOW] = {0x2591, ':'},
    [GLYPH_PAGE_HALF] = {0x2592, '+'},  [GLYPH_PAGE_HIGH] = {0x2593, '%'},  [GLYPH_PAGE_FULL] = {0x2588, '#'},
    [GLYPH_PAGE_UNKNOWN] = {'?', '?'},  [GLYPH_SLOT_LIVE] = {0x25a0, '#'},  [GLYPH_SLOT_FREE] = {0x25a1, '.'},
    [GLYPH_SLOT_UNKNOWN] = {'?', '?'},  [GLYPH_MOST_FIRST] = {0x25be, '*'}, [GLYPH_LEAST_FIRST] = {0x25b4, '^'},
    [GLYPH_LEFT_RIGHT] = {0x2194, '='}, [GLYPH_BAR] = {0x2588, '#'},        [GLYPH_BAR_REST] = {0x2591, '.'},
    [GLYPH_MORE] = {0x2026, '~'},
};

uint32_t glyph_char(enum glyph g, bool ascii) {
    return ascii ? (uint32_t)(unsigned char)glyphs[g].ascii : glyphs[g].wide;
}

static int dots(uint32_t bits) {
    int n = 0;
    for (; bits; bits &= bits - 1)
        n++;
    return n;
}

/* A cell of a curve: which halves of it are full; a thin line stays a line. */
static uint32_t braille_blocks(uint32_t bits) {
    int up = dots(bits & 0x1b), low = dots(bits & 0xe4);
    if (up >= 3 || low >= 3)
        return up < 3 ? 0x2584 : low < 3 ? 0x2580 : 0x2588;
    return up + low == 0 ? ' ' : up + low == 1 ? 0xb7 : up + low == 2 ? 0x2500 : 0x2592;
}

uint32_t console_char(uint32_t ch) {
    static const struct {
        uint16_t from, to;
    } twins[] = {{0x2575, '\''}, {0x25b8, 0x25ba}, {0x25be, 0x25bc}, {0x25b4, 0x25b2}, {0x25a1, 'o'}, {0x2026, '~'}};
    if (ch >= 0x2800 && ch < 0x2900)
        return braille_blocks(ch - 0x2800);
    for (size_t i = 0; i < sizeof twins / sizeof *twins; i++)
        if (twins[i].from == ch)
            return twins[i].to;
    return ch;
}

/* ------------------------------------------------------------------ text */

/* The next code point of a UTF-8 text; '?' for invalid bytes. */
static uint32_t decode(const char **sp) {
    const unsigned char *s = (const unsigned char *)*sp;
    static const uint32_t least[4] = {0, 0x80, 0x800, 0x10000};
    unsigned more = s[0] < 0x80 ? 0 : s[0] < 0xc2 ? 9 : s[0] < 0xe0 ? 1 : s[0] < 0xf0 ? 2 : s[0] < 0xf5 ? 3 : 9;
    if (more == 9) {
        *sp += 1;
        return '?';
    }
    uint32_t c = more == 0 ? s[0] : s[0] & (0x3fu >> more);
    for (unsigned i = 1; i <= more; i++) {
        if ((s[i] & 0xc0) != 0x80) {
            *sp += i;
            return '?';
        }
        c = c << 6 | (s[i] & 0x3fu);
    }
    *sp += more + 1;
    if (c < least[more] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
        return '?';
    return c;
}

static int char_columns(uint32_t c) {
    if (c >= 0x20 && c < 0x7f)
        return 1;
    return c < 0xa0 ? -1 : wcwidth((wchar_t)c);
}

int text_columns(const char *s) {
    int n = 0;
    while (*s) {
        int w = char_columns(decode(&s));
        n += w < 0 ? 1 : w;
    }
    return n;
}

static struct cell *pen_cell(const struct pen *p, int x, int y) {
    if (x < 0 || y < 0 || x >= p->r.w || y >= p->r.h)
        return NULL;
    return sheet_at(p->sheet, p->r.x + x, p->r.y + y);
}

struct pen pen_part(const struct pen *p, struct rect part) {
    int x0 = part.x < 0 ? 0 : part.x, y0 = part.y < 0 ? 0 : part.y;
    int x1 = part.x + part.w > p->r.w ? p->r.w : part.x + part.w;
    int y1 = part.y + part.h > p->r.h ? p->r.h : part.y + part.h;
    struct rect r = {.x = p->r.x + x0, .y = p->r.y + y0, .w = x1 > x0 ? x1 - x0 : 0, .h = y1 > y0 ? y1 - y0 : 0};
    return pen_on(p->sheet, r);
}

/* Put a letter of w columns; a wide one whose half is overwritten leaves a blank. */
static void put(const struct pen *p, int x, int y, int w, enum role role, uint32_t ch) {
    if (p->sheet->console && ch >= 0x80)
        ch = console_char(ch);
    for (int i = 0; i < w; i++) {
        struct cell *c = pen_cell(p, x + i, y);
        if (!c)
            return;
        struct cell *next = sheet_at(p->sheet, p->r.x + x + i + 1, p->r.y + y);
        if (next && next->ch[0] == 0 && i == w - 1)
            next->ch[0] = ' ';
        if (c->ch[0] == 0 && i == 0)
            c[-1] = (struct cell){.ch = {' '}, .role = c[-1].role};
        *c = (struct cell){.ch = {i ? 0 : ch}, .role = (uint8_t)role};
    }
}

void pen_char(const struct pen *p, int x, int y, enum role role, uint32_t ch) {
    put(p, x, y, 1, role, ch);
}

void pen_glyph(const struct pen *p, int x, int y, enum role role, enum glyph g) {
    put(p, x, y, 1, role, glyph_char(g, p->sheet->ascii));
}

void pen_run(const struct pen *p, int x, int y, int n, enum role role, enum glyph g) {
    for (int i = 0; i < n; i++)
        pen_glyph(p, x + i, y, role, g);
}

static void combine(const struct pen *p, int x, int y, uint32_t ch) {
    struct cell *c = pen_cell(p, x, y);
    if (c && c->ch[0] == 0)
        c = pen_cell(p, x - 1, y);
    if (!c || c->ch[0] == 0)
        return;
    for (int i = 1; i < CELL_CHARS; i++)
        if (!c->ch[i]) {
            c->ch[i] = ch;
            return;
        }
}

int pen_text_max(const struct pen *p, int x, int y, int max, enum role role, const char *s) {
    int n = 0;
    if (max < 0 || max > p->r.w - x)
        max = p->r.w - x;
    while (*s) {
        uint32_t ch = decode(&s);
        int w = char_columns(ch);
        if (w < 0 || (p->sheet->ascii && ch >= 0x80)) {
            ch = ch == 0xb7 ? '|' : '?'; /* the dot between words has a twin */
            w = 1;
        }
        if (w == 0) {
            combine(p, x + n - 1, y, ch);
            continue;
        }
        if (n + w > max) {
            if (max > 0 && n > 0)
                pen_glyph(p, x + max - 1, y, role, GLYPH_MORE);
            return max > 0 ? max : 0;
        }
        put(p, x + n, y, w, role, ch);
        n += w;
    }
    return n;
}

int pen_text(const struct pen *p, int x, int y, enum role role, const char *s) {
    return pen_text_max(p, x, y, -1, role, s);
}

void pen_right(const struct pen *p, int x, int y, enum role role, const char *s) {
    pen_text(p, x - text_columns(s), y, role, s);
}

void pen_tint(const struct pen *p, int x, int y, int n, enum role role) {
    for (int i = 0; i < n; i++) {
        struct cell *c = pen_cell(p, x + i, y);
        if (c)
            c->role = (uint8_t)role;
    }
}

void pen_look(const struct pen *p, int x, int y, int n, enum look looks) {
    for (int i = 0; i < n; i++) {
        struct cell *c = pen_cell(p, x + i, y);
        if (c)
            c->looks |= (uint8_t)looks;
    }
}
