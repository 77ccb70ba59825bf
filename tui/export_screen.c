/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * export_screen.c - see export_screen.h. Colours are those of the sheet's theme, of 256 as xterm has
 * them; the ground is dark but in the themes for light ones.
 */
#include "tui/export_screen.h"

#include "core/utf8.h"

#include <string.h>
#include <strings.h>

enum { CELL_W = 9, CELL_H = 18, BASELINE = 14 };

static bool is_light(const struct sheet *s) {
    return s->theme == THEME_LIGHT || s->theme == THEME_SAFE_LIGHT;
}

static uint32_t paper_of(const struct sheet *s) {
    return is_light(s) ? 0xffffff : 0x16181d;
}

static uint32_t ink_of(const struct sheet *s) {
    return is_light(s) ? 0x1c1e22 : 0xd6d9de;
}

static struct style style_of(const struct sheet *s, const struct cell *c) {
    return theme_style((enum theme)s->theme, DEPTH_256, (enum role)c->role);
}

enum export_form export_form_of(const char *path) {
    static const struct {
        const char *suffix;
        enum export_form form;
    } forms[] = {{".ans", EXPORT_ANSI},
                 {".ansi", EXPORT_ANSI},
                 {".svg", EXPORT_SVG},
                 {".html", EXPORT_HTML},
                 {".htm", EXPORT_HTML}};
    size_t len = strlen(path);
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        size_t n = strlen(forms[i].suffix);
        if (len > n && strcasecmp(path + len - n, forms[i].suffix) == 0)
            return forms[i].form;
    }
    return EXPORT_TEXT;
}

/* xterm's 256 colours: 16 of old, a cube of 6 x 6 x 6, 24 greys. */
static uint32_t color_rgb(int c) {
    static const uint32_t old[16] = {0x000000, 0xcd3131, 0x0dbc79, 0xe5e510, 0x2472c8, 0xbc3fbc, 0x11a8cd, 0xe5e5e5,
                                     0x666666, 0xf14c4c, 0x23d18b, 0xf5f543, 0x3b8eea, 0xd670d6, 0x29b8db, 0xffffff};
    static const uint8_t step[6] = {0, 95, 135, 175, 215, 255};
    if (c < 16)
        return old[c < 0 ? 0 : c];
    if (c >= 232) {
        uint32_t g = (uint32_t)(8 + 10 * (c - 232));
        return g << 16 | g << 8 | g;
    }
    c -= 16;
    return (uint32_t)step[c / 36] << 16 | (uint32_t)step[c / 6 % 6] << 8 | step[c % 6];
}

struct look_rgb {
    uint32_t fg, bg;
    bool bold, underline;
};

static uint32_t between(uint32_t a, uint32_t b) {
    uint32_t out = 0;
    for (unsigned shift = 0; shift < 24; shift += 8)
        out |= (((a >> shift & 255) + (b >> shift & 255)) / 2) << shift;
    return out;
}

static unsigned looks_of(const struct style *s, const struct cell *c) {
    return (s->looks | c->looks) & ~(unsigned)(s->looks & c->looks & LOOK_REVERSE);
}

static struct look_rgb look_of(const struct sheet *sheet, const struct cell *c) {
    struct style s = style_of(sheet, c);
    unsigned looks = looks_of(&s, c);
    struct look_rgb l = {.fg = s.fg < 0 ? ink_of(sheet) : color_rgb(s.fg),
                         .bg = s.bg < 0 ? paper_of(sheet) : color_rgb(s.bg),
                         .bold = looks & LOOK_BOLD,
                         .underline = looks & LOOK_UNDERLINE};
    if (looks & LOOK_DIM)
        l.fg = between(l.fg, l.bg);
    if (looks & LOOK_REVERSE) {
        uint32_t fg = l.fg;
        l.fg = l.bg;
        l.bg = fg;
    }
    return l;
}

static bool same_look(const struct cell *a, const struct cell *b) {
    return a->role == b->role && a->looks == b->looks;
}

/* Cells from x on that look alike. */
static int run_of(const struct sheet *s, int x, int y) {
    int n = 1;
    while (x + n < s->cols && same_look(sheet_at(s, x, y), sheet_at(s, x + n, y)))
        n++;
    return n;
}

/* Blanks at the end of a row that look like nothing. */
static int row_end(const struct sheet *s, int y) {
    int n = s->cols;
    while (n > 0) {
        const struct cell *c = sheet_at(s, n - 1, y);
        if (c->ch[0] != ' ' || c->looks || style_of(s, c).bg >= 0)
            break;
        n--;
    }
    return n;
}

static void put_letter(FILE *out, uint32_t ch, bool markup) {
    static const struct {
        char c;
        const char *name;
    } names[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}};
    char bytes[4];
    for (size_t i = 0; markup && i < sizeof names / sizeof *names; i++)
        if (ch == (uint32_t)names[i].c) {
            fputs(names[i].name, out);
            return;
        }
    fwrite(bytes, 1, utf8_put(bytes, ch), out);
}

static void put_cells(FILE *out, const struct sheet *s, int x, int y, int n, bool markup) {
    for (int i = 0; i < n; i++) {
        const struct cell *c = sheet_at(s, x + i, y);
        for (int k = 0; k < CELL_CHARS && c->ch[k]; k++)
            put_letter(out, c->ch[k], markup);
    }
}

static void put_words(FILE *out, const char *s) {
    for (; *s; s++)
        put_letter(out, (unsigned char)*s < 128 ? (unsigned char)*s : '?', true);
}

/* ------------------------------------------------------------------ text */

static void text_row(FILE *out, const struct sheet *s, int y) {
    put_cells(out, s, 0, y, row_end(s, y), false);
    fputc('\n', out);
}

static void ansi_style(FILE *out, const struct sheet *sheet, const struct cell *c) {
    struct style s = style_of(sheet, c);
    unsigned looks = looks_of(&s, c);
    fputs("\033[0", out);
    for (unsigned i = 0; i < 4; i++) {
        static const char *const codes[4] = {";1", ";2", ";4", ";7"};
        if (looks >> i & 1)
            fputs(codes[i], out);
    }
    if (s.fg >= 0)
        fprintf(out, ";38;5;%d", s.fg);
    if (s.bg >= 0)
        fprintf(out, ";48;5;%d", s.bg);
    fputc('m', out);
}

static void ansi_row(FILE *out, const struct sheet *s, int y) {
    int end = row_end(s, y);
    for (int x = 0, n; x < end; x += n) {
        n = run_of(s, x, y);
        ansi_style(out, s, sheet_at(s, x, y));
        put_cells(out, s, x, y, x + n > end ? end - x : n, false);
    }
    fputs("\033[0m\n", out);
}

/* ------------------------------------------------------------------ pictures */

static void svg_run(FILE *out, const struct sheet *s, int x, int y, int n) {
    struct look_rgb l = look_of(s, sheet_at(s, x, y));
    if (l.bg != paper_of(s))
        fprintf(out, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"#%06x\"/>\n", x * CELL_W, y * CELL_H,
                n * CELL_W, CELL_H, l.bg);
    fprintf(out, "<text x=\"%d\" y=\"%d\" textLength=\"%d\" fill=\"#%06x\"%s%s>", x * CELL_W, y * CELL_H + BASELINE,
            n * CELL_W, l.fg, l.bold ? " font-weight=\"bold\"" : "",
            l.underline ? " text-decoration=\"underline\"" : "");
    put_cells(out, s, x, y, n, true);
    fputs("</text>\n", out);
}

static void svg(FILE *out, const struct sheet *s, const char *title) {
    int w = s->cols * CELL_W, h = s->rows * CELL_H;
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" "
            "font-family=\"DejaVu Sans Mono, Menlo, Consolas, monospace\" font-size=\"15\" "
            "xml:space=\"preserve\">\n<title>",
            w, h, w, h);
    put_words(out, title);
    fprintf(out, "</title>\n<rect width=\"%d\" height=\"%d\" fill=\"#%06x\"/>\n", w, h, paper_of(s));
    for (int y = 0; y < s->rows; y++)
        for (int x = 0, n, end = row_end(s, y); x < end; x += n) {
            n = run_of(s, x, y);
            svg_run(out, s, x, y, x + n > end ? end - x : n);
        }
    fputs("</svg>\n", out);
}

static void html(FILE *out, const struct sheet *s, const char *title) {
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>", out);
    put_words(out, title);
    fprintf(out,
            "</title>\n<style>\nbody { margin: 0; background: #%06x; }\npre { display: inline-block; margin: 0; "
            "padding: 12px; color: #%06x; background: #%06x;\n  font: 15px/%dpx \"DejaVu Sans Mono\", Menlo, Consolas, "
            "monospace; }\n</style>\n</head>\n<body>\n<pre>",
            paper_of(s), ink_of(s), paper_of(s), CELL_H);
    for (int y = 0; y < s->rows; y++) {
        for (int x = 0, n, end = row_end(s, y); x < end; x += n) {
            n = run_of(s, x, y);
            struct look_rgb l = look_of(s, sheet_at(s, x, y));
            fprintf(out, "<span style=\"color:#%06x", l.fg);
            if (l.bg != paper_of(s))
                fprintf(out, ";background:#%06x", l.bg);
            fprintf(out, "%s%s\">", l.bold ? ";font-weight:bold" : "", l.underline ? ";text-decoration:underline" : "");
            put_cells(out, s, x, y, x + n > end ? end - x : n, true);
            fputs("</span>", out);
        }
        fputc('\n', out);
    }
    fputs("</pre>\n</body>\n</html>\n", out);
}

void export_screen(FILE *out, const struct sheet *s, enum export_form form, const char *title) {
    if (form == EXPORT_SVG)
        svg(out, s, title);
    else if (form == EXPORT_HTML)
        html(out, s, title);
    else
        for (int y = 0; y < s->rows; y++)
            (form == EXPORT_ANSI ? ansi_row : text_row)(out, s, y);
}
