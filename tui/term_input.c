/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * term_input.c - what curses reads becomes our keys, clicks and wheel turns.
 */
#include "tui/term.h"

#include <curses.h>
#include <errno.h>
#include <poll.h>
#include <unistd.h>

static const struct {
    int curses;
    int key;
} keys[] = {
    {KEY_UP, KEY_CODE_UP},         {KEY_DOWN, KEY_CODE_DOWN},           {KEY_LEFT, KEY_CODE_LEFT},
    {KEY_RIGHT, KEY_CODE_RIGHT},   {KEY_HOME, KEY_CODE_HOME},           {KEY_END, KEY_CODE_END},
    {KEY_PPAGE, KEY_CODE_PAGE_UP}, {KEY_NPAGE, KEY_CODE_PAGE_DOWN},     {KEY_BTAB, KEY_CODE_BACK_TAB},
    {KEY_ENTER, KEY_CODE_ENTER},   {KEY_BACKSPACE, KEY_CODE_BACKSPACE}, {KEY_IC, KEY_CODE_INSERT},
    {KEY_DC, KEY_CODE_DELETE},     {KEY_SLEFT, KEY_CODE_SHIFT_LEFT},    {KEY_SRIGHT, KEY_CODE_SHIFT_RIGHT},
};

static struct input mouse_input(void) {
    MEVENT e;
    struct input in = {.kind = INPUT_NONE};
    if (getmouse(&e) != OK)
        return in;
    in.x = e.x;
    in.y = e.y;
    if (e.bstate & BUTTON4_PRESSED) {
        in.kind = INPUT_WHEEL;
        in.dir = -1;
    } else if (e.bstate & BUTTON5_PRESSED) {
        in.kind = INPUT_WHEEL;
        in.dir = 1;
    } else if (e.bstate & (BUTTON1_PRESSED | BUTTON1_CLICKED)) {
        in.kind = INPUT_CLICK;
    } else if (e.bstate & BUTTON1_RELEASED) {
        in.kind = INPUT_RELEASE;
    }
    return in;
}

static bool terminal_gone(void) {
    struct pollfd p = {.fd = fileno(term_stream()), .events = POLLIN};
    return poll(&p, 1, 0) > 0 && p.revents & (POLLHUP | POLLERR | POLLNVAL);
}

/* Every key of ours is ASCII or a function key; bytes of other letters, valid or not, are keys without a name. */
static struct input key_input(int c) {
    struct input in = {.kind = INPUT_KEY, .key = KEY_CODE_UNKNOWN};
    if (c == '\n')
        in.key = KEY_CODE_ENTER;
    else if (c == 127 || c == 8)
        in.key = KEY_CODE_BACKSPACE;
    else if (c < 128)
        in.key = c;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (keys[i].curses == c)
            in.key = keys[i].key;
    if (c >= KEY_F(1) && c <= KEY_F(12))
        in.key = KEY_CODE_F1 + c - KEY_F(1);
    return in;
}

struct input term_read(void) {
    for (;;) {
        struct input in = {.kind = INPUT_NONE};
        int c = getch();
        if (c == ERR) {
            if (terminal_gone())
                in.kind = INPUT_GONE;
            return in;
        }
        if (c == KEY_RESIZE)
            continue; /* the signal is what counts */
        in = c == KEY_MOUSE ? mouse_input() : key_input(c);
        if (in.kind != INPUT_NONE)
            return in;
    }
}
