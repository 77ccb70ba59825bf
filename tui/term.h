/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * term.h - the terminal: open, show a sheet, read keys, and leave it whole whatever ends the program.
 *
 *   term.c         curses: life, sheets, dumps for tests
 *   term_input.c   curses keys and mouse become ours
 *   term_ask.c     what the terminal is asked, and its answers
 *   term_signal.c  signals become flags and a readable pipe
 *   term_crash.c   fatal signals: prepared bytes put the terminal right
 *
 * There is one terminal, so its state is static. Only term*.c include curses.
 */
#ifndef HEAPREEL_TERM_H
#define HEAPREEL_TERM_H

#include "tui/draw.h"
#include "tui/keys.h"

#include <stdio.h>
#include <termios.h>

/* Open the terminal that the program was started in. False with *why (static text) where there is none. */
bool term_open(const char **why);
/* A screen on no terminal, for scripts: an xterm with 256 colours of that size. */
bool term_open_offscreen(int cols, int rows, const char **why);
/* Give the terminal back as it was. May be called at any time, any number of times. */
void term_close(void);

void term_size(int *cols, int *rows);
/* Take over a new size: from the terminal, or as told where the screen is off. */
void term_resize(int cols, int rows);
/* In the sheet's theme. */
void term_show(const struct sheet *s);
/* Draw every cell anew at the next term_show. */
void term_redraw(void);
/* Where there are no colours every theme is mono. */
bool term_has_colors(void);
/* Whether the mouse is the program's: then the terminal tells what it does, also where to it is drawn. */
void term_mouse(bool on);
/* Put text into the clipboard of whoever sits at the terminal (OSC 52); what is too long for that is cut. */
void term_copy(const char *words, size_t len);
/* Give the terminal back, stop the process, and come back when it continues. */
void term_suspend(void);

/*
 * Ask the terminal for its background colour (OSC 11), where its kind is known to bear the question. The answer, if
 * one comes, is an input as others are.
 */
void term_ask_background(void);
/* What the terminal answered: whether it was that, and *dark. */
bool term_answered(const char *words, bool *dark);
/*
 * Another reader has read an Esc from the terminal while an answer is awaited: where that begins here, read it to its
 * end and return true. Else what follows the Esc is left in *next, -1 where nothing does.
 */
bool term_take_answer(int *next);
/* What term_take_answer came upon since the last call: whether it names a background, and *dark. */
bool term_late_answer(bool *dark);
/* The program ends: wait a moment for an answer that is still on its way. Keys that come meanwhile are lost. */
void term_await_answer(void);
/* Bytes for the terminal. False: there is none. */
bool term_send(const char *bytes, size_t n);
/* How long an Esc may be the begin of another key, ms. */
int term_escape_ms(void);
/* A clock for what comes in, ms. */
int64_t term_ms(void);

/* The stream that keys come from. */
FILE *term_stream(void);

enum input_kind {
    INPUT_NONE,
    INPUT_KEY,
    INPUT_CLICK,
    INPUT_DRAG,
    INPUT_RELEASE,
    INPUT_WHEEL,
    INPUT_BACKGROUND,
    INPUT_GONE
};
struct input {
    enum input_kind kind;
    int key;   /* INPUT_KEY */
    int x, y;  /* mouse */
    int dir;   /* wheel: -1 up, 1 down */
    bool dark; /* INPUT_BACKGROUND */
};
/* The next input without waiting; INPUT_GONE: the terminal went away. */
struct input term_read(void);

/* Write what is on the screen: a plane of letters, a plane of styles, and what each style is. */
void term_dump(FILE *out, const char *name);

/* ------------------------------------------------------------------ signals */

enum {
    SIG_FLAG_RESIZE = 1,
    SIG_FLAG_INTERRUPT = 2,
    SIG_FLAG_SUSPEND = 4,
    SIG_FLAG_CONTINUE = 8,
    SIG_FLAG_END = 16 /* SIGTERM, SIGHUP */
};
bool signals_open(void);
void signals_close(void);
int signals_fd(void);        /* readable once a flag is set */
unsigned signals_take(void); /* the flags set since the last call */
bool signals_pending(unsigned flags);
int signals_end(void);        /* the signal that asked the program to end, 0 none */
void signals_stop_self(void); /* stop as SIGTSTP does by default; returns when continued */

/* ------------------------------------------------------------------ crash */

/*
 * From now on a fatal signal writes `undo` to fd, restores the terminal's settings and then takes its course.
 * crash_disarm: it only takes its course.
 */
void crash_arm(int fd, const char *undo, size_t len, const struct termios *settings);
void crash_disarm(void);
/* From now on a mapped file that becomes shorter ends the program with a line on stderr and status 2. */
void crash_watch_files(void);

#endif
