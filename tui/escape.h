/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * escape.h - bytes that curses hands on one by one become whole keys: letters beyond ASCII, Alt with a key, sequences
 * that nobody knows, those of arrows and their like that the terminal's description doesn't have, what the mouse does,
 * and what the terminal answers when it is asked something. Knows no terminal.
 *
 * A terminal sends Alt with a key as Esc and the key; that the key comes at once tells it from an Esc that was pressed.
 * A sequence that isn't known is one key without a name, whatever letters are in it: they do nothing.
 */
#ifndef HEAPREEL_ESCAPE_H
#define HEAPREEL_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    ESCAPE_TEXT = 64,      /* bytes of an answer that are kept */
    ESCAPE_LONGEST = 4096, /* what goes on longer is none */
    ESCAPE_WAIT_MS = 400   /* a sequence that was cut off is given up after this */
};

enum escape_state {
    ESCAPE_NONE,
    ESCAPE_ESC,
    ESCAPE_CSI,
    ESCAPE_SS3,
    ESCAPE_STRING,
    ESCAPE_STRING_END,
    ESCAPE_LETTER,
    ESCAPE_MOUSE_BYTES /* three bytes of the old form */
};

/* What the mouse did, at a cell counted from 0. */
struct escape_mouse {
    int button; /* 0 the left one, 64 and 65 the wheel up and down; 3 in the old form where one is let go */
    bool released, moved;
    int x, y;
};

/* Zeroed bytes: nothing was read yet. */
struct escape {
    enum escape_state state;
    bool alt;     /* before the letter that is being read */
    bool answer;  /* the string began as an OSC */
    int64_t last; /* ms, of the last byte */
    size_t n, want;
    char text[ESCAPE_TEXT]; /* of a letter or a string; ends with 0 once it is whole */
    struct escape_mouse mouse;
};

enum escape_got { ESCAPE_MORE, ESCAPE_KEY, ESCAPE_ANSWER, ESCAPE_MOUSE };

/*
 * The next byte (0 to 255), or a key that curses knows (above), and the time in ms. ESCAPE_KEY: *key is a key as keys.h
 * has them; ESCAPE_ANSWER: `text` is what the terminal answered; ESCAPE_MOUSE: `mouse` is what was done. *again: the
 * same byte is to be given once more.
 */
enum escape_got escape_byte(struct escape *e, int c, int64_t ms, int *key, bool *again);
/* Nothing more has come by now: an Esc was pressed? */
enum escape_got escape_pause(struct escape *e, int *key);

/* "11;rgb:1e1e/1e1e/2e2e": whether such an answer names a background, and *dark. */
bool escape_background(const char *answer, bool *dark);

#endif
