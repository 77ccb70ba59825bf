/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * term.c - curses: open and close the terminal, copy a sheet to it, dump it.
 *
 * Order at the start: settings saved, exit hook registered, signal handlers set (before newterm, so that curses leaves
 * SIGWINCH to us), then curses. `shown` tells whether curses has the terminal, so that the end is run once.
 */
#include "tui/term.h"

#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <unistd.h>
#include <wchar.h>

static struct {
    SCREEN *screen;
    FILE *in, *out;
    bool own_in; /* in is to be closed */
    bool off;    /* no terminal */
    bool shown;  /* curses has the terminal */
    bool have_settings;
    bool mouse, asked_mouse; /* it is ours; we have asked for it ourselves, not curses */
    struct termios settings;
    enum theme theme;
    enum depth depth;
    bool own_colors; /* -1 is the terminal's own */
} term;

/* ------------------------------------------------------------------ life */

static void restore(void) {
    if (!term.shown)
        return;
    term.shown = false;
    term_await_answer();
    term_mouse(false);
    endwin();
    if (term.have_settings)
        tcsetattr(fileno(term.in), TCSANOW, &term.settings);
    crash_disarm();
}

/* A terminal string as plain bytes: without the padding marks $<5>. */
static size_t plain(const char *cap, char *dst, size_t room) {
    const char *s = tigetstr(cap);
    size_t n = 0;
    if (!s || s == (char *)-1)
        return 0;
    while (*s && n < room) {
        if (s[0] == '$' && s[1] == '<') {
            const char *end = strchr(s, '>');
            if (end) {
                s = end + 1;
                continue;
            }
        }
        dst[n++] = *s++;
    }
    return n;
}

static const char mouse_on[] = "\033[?1000h\033[?1002h\033[?1006h";
static const char mouse_off[] = "\033[?1006l\033[?1002l\033[?1000l";

static void arm_crash(void) {
    static const char *const caps[] = {"sgr0", "rmkx", "cnorm", "rmcup"};
    char undo[512];
    size_t n = 0;
    const char *name = getenv("TERM");
    if (term.mouse || (name && strncmp(name, "dumb", 4) != 0)) {
        memcpy(undo, mouse_off, sizeof mouse_off - 1);
        n = sizeof mouse_off - 1;
    }
    for (size_t i = 0; i < sizeof caps / sizeof *caps; i++)
        n += plain(caps[i], undo + n, sizeof undo - n);
    crash_arm(fileno(term.out), undo, n, &term.settings);
}

static void use_theme(enum theme theme) {
    term.theme = theme;
    for (int r = 0; term.depth != DEPTH_NONE && r < ROLE_LIMIT && r + 1 < COLOR_PAIRS; r++) {
        struct style s = theme_style(theme, term.depth, (enum role)r);
        if (!term.own_colors) {
            s.fg = s.fg < 0 ? COLOR_WHITE : s.fg;
            s.bg = s.bg < 0 ? COLOR_BLACK : s.bg;
        }
        init_pair((short)(r + 1), s.fg, s.bg);
    }
}

bool term_has_colors(void) {
    return term.depth != DEPTH_NONE;
}

static void init_colors(void) {
    term.depth = DEPTH_NONE;
    if (has_colors() && start_color() != ERR) {
        term.own_colors = use_default_colors() == OK;
        term.depth = theme_depth(COLORS);
    }
    use_theme(THEME_AUTO);
}

/* Terminals send a key whole. Who has a link that tears keys apart sets ESCDELAY, which curses has read already. */
enum { ESCAPE_MS = 25 };

static void set_modes(void) {
    const char *given = getenv("ESCDELAY");
    cbreak(); /* signals of the keyboard stay on: the handlers turn them into flags */
    noecho();
    nonl();
    intrflush(stdscr, FALSE);
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    leaveok(stdscr, FALSE);
    if (!given || !given[0])
        set_escdelay(ESCAPE_MS);
    curs_set(0);
    init_colors();
}

bool term_open(const char **why) {
    *why = "no terminal: give a command, or run it in a terminal";
    if (!isatty(STDOUT_FILENO))
        return false;
    term.out = stdout;
    term.in = stdin;
    if (!isatty(STDIN_FILENO)) { /* the trace may come that way */
        term.in = fopen("/dev/tty", "r");
        term.own_in = true;
        if (!term.in)
            return false;
    }
    if (tcgetattr(fileno(term.in), &term.settings) != 0)
        return false;
    term.have_settings = true;
    atexit(term_close);
    if (!signals_open()) {
        *why = "no pipe for signals could be made";
        return false;
    }
    int problem;
    if (setupterm(NULL, fileno(term.out), &problem) == ERR) { /* newterm would end the program */
        *why = "TERM names no terminal that is known here";
        return false;
    }
    del_curterm(cur_term);
    term.screen = newterm(NULL, term.out, term.in);
    if (!term.screen) {
        *why = "this terminal can't show a screen of text";
        return false;
    }
    term.shown = true;
    set_modes();
    arm_crash();
    return true;
}

bool term_open_offscreen(int cols, int rows, const char **why) {
    char text[16];
    *why = "no screen could be made: is the description of xterm-256color installed?";
    snprintf(text, sizeof text, "%d", cols);
    setenv("COLUMNS", text, 1);
    snprintf(text, sizeof text, "%d", rows);
    setenv("LINES", text, 1);
    term.off = true;
    term.out = fopen("/dev/null", "w");
    term.in = fopen("/dev/null", "r");
    if (!term.in || !term.out)
        return false;
    int problem;
    char name[] = "xterm-256color";
    if (setupterm(name, fileno(term.out), &problem) == ERR)
        return false;
    del_curterm(cur_term);
    term.screen = newterm(name, term.out, term.in);
    if (!term.screen)
        return false;
    set_modes();
    term_resize(cols, rows);
    return true;
}

void term_close(void) {
    restore();
    if (term.screen) {
        delscreen(term.screen);
        term.screen = NULL;
    }
    if (term.off) {
        fclose(term.in);
        fclose(term.out);
    } else if (term.own_in && term.in) {
        fclose(term.in);
    }
    term.in = term.out = NULL;
    term.off = term.own_in = false;
    signals_close();
}

/* ------------------------------------------------------------------ size, mouse, suspension */

void term_size(int *cols, int *rows) {
    *cols = COLS;
    *rows = LINES;
}

void term_resize(int cols, int rows) {
    struct winsize ws;
    if (!term.off) {
        if (ioctl(fileno(term.out), TIOCGWINSZ, &ws) != 0 || ws.ws_col == 0 || ws.ws_row == 0)
            return;
        cols = ws.ws_col;
        rows = ws.ws_row;
    }
    resizeterm(rows, cols);
}

/*
 * Terminals with a mouse are asked for it in xterm's way, since what descriptions of many (tmux, screen) have ends at
 * column 223 and knows no drawing. They answer in the form that they know; curses is told to let it through. On a Linux
 * console curses may have a mouse of its own.
 */
static bool asks_mouse(void) {
    const char *kind = getenv("TERM"), *has = tigetstr("kmous");
    return has && has != (char *)-1 && strncmp(has, "\033[", 2) == 0 && kind && strncmp(kind, "linux", 5) != 0;
}

void term_mouse(bool on) {
    if (on == term.mouse || term.off)
        return;
    term.mouse = on;
    if (on && !term.asked_mouse && asks_mouse())
        term.asked_mouse = define_key(NULL, KEY_MOUSE) == OK;
    if (term.asked_mouse) {
        fputs(on ? mouse_on : mouse_off, term.out);
        fflush(term.out);
        return;
    }
    mouseinterval(0);
    mousemask(on ? BUTTON1_PRESSED | BUTTON1_RELEASED | BUTTON1_CLICKED | BUTTON4_PRESSED | BUTTON5_PRESSED : 0, NULL);
}

static size_t base64(const unsigned char *p, size_t n, char *dst) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *to = dst;
    for (size_t i = 0; i < n; i += 3) {
        uint32_t v = (uint32_t)p[i] << 16 | (i + 1 < n ? (uint32_t)p[i + 1] << 8 : 0) | (i + 2 < n ? p[i + 2] : 0);
        *to++ = letters[v >> 18];
        *to++ = letters[v >> 12 & 63];
        *to++ = i + 1 < n ? letters[v >> 6 & 63] : '=';
        *to++ = i + 2 < n ? letters[v & 63] : '=';
    }
    return (size_t)(to - dst);
}

/* tmux takes the sequence as it is; GNU screen hands on only what is wrapped, in pieces. */
void term_copy(const char *words, size_t len) {
    enum { MOST = 54000, PIECE = 200 };
    const char *kind = getenv("TERM");
    bool wrapped = kind && strncmp(kind, "screen", 6) == 0 && !getenv("TMUX");
    char *text = malloc(MOST / 3 * 4 + 8);
    if (!text || term.off) {
        free(text);
        return;
    }
    size_t n = base64((const unsigned char *)words, len < MOST ? len : MOST, text);
    if (wrapped)
        fputs("\033P", term.out);
    fputs("\033]52;c;", term.out);
    for (size_t i = 0; i < n; i += PIECE) {
        fwrite(text + i, 1, n - i < PIECE ? n - i : PIECE, term.out);
        if (wrapped && i + PIECE < n)
            fputs("\033\\\033P", term.out);
    }
    fputs(wrapped ? "\a\033\\" : "\a", term.out);
    fflush(term.out);
    free(text);
}

void term_suspend(void) {
    if (!term.shown || term.off)
        return;
    bool mouse = term.mouse;
    term_mouse(false);
    def_prog_mode();
    endwin();
    tcsetattr(fileno(term.in), TCSANOW, &term.settings);
    crash_disarm();
    fflush(term.out);
    signals_stop_self();
    reset_prog_mode();
    term_resize(0, 0);
    clearok(curscr, TRUE);
    refresh();
    keypad(stdscr, TRUE); /* endwin took it back; curses itself only thinks of it at the next key */
    term_mouse(mouse);
    arm_crash();
}

void term_redraw(void) {
    clearok(curscr, TRUE);
}

int term_escape_ms(void) {
    return get_escdelay();
}

bool term_send(const char *bytes, size_t n) {
    return term.shown && !term.off && fwrite(bytes, 1, n, term.out) == n && fflush(term.out) == 0;
}

FILE *term_stream(void) {
    return term.in;
}

/* ------------------------------------------------------------------ sheets */

static attr_t curses_looks(unsigned looks) {
    return (looks & LOOK_BOLD ? A_BOLD : 0) | (looks & LOOK_DIM ? A_DIM : 0) |
           (looks & LOOK_UNDERLINE ? A_UNDERLINE : 0) | (looks & LOOK_REVERSE ? A_REVERSE : 0);
}

static void show_cell(const struct cell *c, int x, int y) {
    struct style s = theme_style(term.theme, term.depth, (enum role)c->role);
    wchar_t letters[CELL_CHARS + 1] = {0};
    for (int i = 0; i < CELL_CHARS && c->ch[i]; i++)
        letters[i] = (wchar_t)c->ch[i];
    unsigned looks = s.looks;
    looks = (looks | c->looks) & ~(looks & c->looks & LOOK_REVERSE); /* reversed twice is not reversed */
    cchar_t cc;
    bool plain = term.theme == THEME_MONO || term.depth == DEPTH_NONE;
    short pair = plain ? 0 : (short)(c->role + 1);
    if (setcchar(&cc, letters, curses_looks(looks), pair, NULL) == OK)
        mvadd_wch(y, x, &cc);
}

void term_show(const struct sheet *s) {
    if ((enum theme)s->theme != term.theme)
        use_theme((enum theme)s->theme);
    for (int y = 0; y < s->rows && y < LINES; y++)
        for (int x = 0; x < s->cols && x < COLS; x++) {
            const struct cell *c = sheet_at(s, x, y);
            if (c->ch[0])
                show_cell(c, x, y);
        }
    if (s->cursor_x >= 0) {
        move(s->cursor_y, s->cursor_x);
        curs_set(1);
    } else {
        move(LINES - 1, COLS - 1);
        curs_set(0);
    }
    refresh();
}

/* ------------------------------------------------------------------ dumps */

enum { STYLES_MAX = 52 };

struct styles {
    struct {
        attr_t attrs;
        short fg, bg;
    } at[STYLES_MAX];
    int n;
};

static char style_letter(struct styles *all, attr_t attrs, short pair) {
    short fg = -1, bg = -1;
    if (pair > 0)
        pair_content(pair, &fg, &bg);
    attrs &= A_BOLD | A_DIM | A_UNDERLINE | A_REVERSE;
    if (!attrs && fg == -1 && bg == -1)
        return ' ';
    int i = 0;
    while (i < all->n && (all->at[i].attrs != attrs || all->at[i].fg != fg || all->at[i].bg != bg))
        i++;
    if (i == STYLES_MAX)
        return '?';
    if (i == all->n) {
        all->at[i].attrs = attrs;
        all->at[i].fg = fg;
        all->at[i].bg = bg;
        all->n++;
    }
    return (char)(i < 26 ? 'a' + i : 'A' + i - 26);
}

static void put_trimmed(FILE *out, const char *line, size_t len) {
    while (len > 0 && line[len - 1] == ' ')
        len--;
    fwrite(line, 1, len, out);
    fputc('\n', out);
}

static bool read_cell(int x, int y, wchar_t *letters, attr_t *attrs, short *pair) {
    cchar_t cc;
    wmemset(letters, 0, CCHARW_MAX + 1);
    return mvin_wch(y, x, &cc) == OK && getcchar(&cc, letters, attrs, pair, NULL) == OK;
}

static void dump_text(FILE *out) {
    char *line = malloc((size_t)COLS * CCHARW_MAX * 8 + 1);
    for (int y = 0; line && y < LINES; y++) {
        size_t n = 0;
        for (int x = 0; x < COLS; x++) {
            wchar_t letters[CCHARW_MAX + 1];
            attr_t attrs;
            short pair;
            if (!read_cell(x, y, letters, &attrs, &pair))
                continue;
            for (int i = 0; letters[i]; i++) {
                mbstate_t st = {0};
                size_t got = wcrtomb(line + n, letters[i], &st);
                n += got == (size_t)-1 ? 0 : got;
            }
            if (wcwidth(letters[0]) == 2)
                x++; /* curses gives a wide letter twice */
        }
        put_trimmed(out, line, n);
    }
    free(line);
}

static void dump_styles(FILE *out, struct styles *all) {
    char *line = malloc((size_t)COLS + 1);
    for (int y = 0; line && y < LINES; y++) {
        for (int x = 0; x < COLS; x++) {
            wchar_t letters[CCHARW_MAX + 1];
            attr_t attrs;
            short pair;
            line[x] = read_cell(x, y, letters, &attrs, &pair) ? style_letter(all, attrs, pair) : '?';
        }
        put_trimmed(out, line, (size_t)COLS);
    }
    free(line);
}

void term_dump(FILE *out, const char *name) {
    struct styles all = {.n = 0};
    int cy, cx;
    getyx(stdscr, cy, cx);
    fprintf(out, "== %s %dx%d\n", name, COLS, LINES);
    dump_text(out);
    fprintf(out, "-- styles\n");
    dump_styles(out, &all);
    for (int i = 0; i < all.n; i++) {
        attr_t a = all.at[i].attrs;
        fprintf(out, "%c: %d on %d%s%s%s%s\n", i < 26 ? 'a' + i : 'A' + i - 26, all.at[i].fg, all.at[i].bg,
                a & A_BOLD ? " bold" : "", a & A_DIM ? " dim" : "", a & A_UNDERLINE ? " underline" : "",
                a & A_REVERSE ? " reverse" : "");
    }
    move(cy, cx);
}
