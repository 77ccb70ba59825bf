/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * term_input.c - what curses reads becomes our keys, clicks and wheel turns.
 */
#include "tui/escape.h"
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

static struct input asked_mouse_input(const struct escape_mouse *m) {
    static const enum input_kind done[2][2] = {{INPUT_CLICK, INPUT_RELEASE}, {INPUT_DRAG, INPUT_RELEASE}};
    struct input in = {.kind = INPUT_NONE, .x = m->x, .y = m->y, .dir = m->button == 64 ? -1 : 1};
    if ((m->button == 64 || m->button == 65) && !m->released)
        in.kind = INPUT_WHEEL;
    else if (m->button == 0 || (m->button == 3 && m->released)) /* the old form doesn't say which one is let go */
        in.kind = done[m->moved][m->released];
    return in;
}

static bool terminal_gone(void) {
    struct pollfd p = {.fd = fileno(term_stream()), .events = POLLIN};
    return poll(&p, 1, 0) > 0 && p.revents & (POLLHUP | POLLERR | POLLNVAL);
}

/* What curses makes of a key, in our numbers; bytes that it hands on as they are stay below 256. */
static int our_key(int c) {
    if (c == '\n')
        return KEY_CODE_ENTER;
    if (c == 127 || c == 8)
        return KEY_CODE_BACKSPACE;
    if (c < 256)
        return c;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (keys[i].curses == c)
            return keys[i].key;
    return c >= KEY_F(1) && c <= KEY_F(12) ? KEY_CODE_F1 + c - KEY_F(1) : KEY_CODE_UNKNOWN;
}

static struct {
    struct escape escape;
    int again; /* a byte that is to be looked at once more; -1 none */
} reading = {.again = -1};

static int next_byte(void) {
    int c = reading.again;
    reading.again = -1;
    return c >= 0 ? c : getch();
}

/* ESCAPE_MORE: that wasn't all of it. */
static enum escape_got take(int c, struct input *in) {
    bool again;
    enum escape_got got = escape_byte(&reading.escape, c, term_ms(), &in->key, &again);
    if (again)
        reading.again = c;
    in->kind = INPUT_KEY;
    if (got == ESCAPE_MOUSE)
        *in = asked_mouse_input(&reading.escape.mouse);
    if (got == ESCAPE_ANSWER)
        in->kind = term_answered(reading.escape.text, &in->dark) ? INPUT_BACKGROUND : INPUT_NONE;
    return got;
}

struct input term_read(void) {
    for (;;) {
        struct input in = {.kind = INPUT_NONE};
        int c = next_byte();
        if (c == ERR) {
            if (escape_pause(&reading.escape, &in.key) == ESCAPE_KEY)
                in.kind = INPUT_KEY;
            else if (terminal_gone())
                in.kind = INPUT_GONE;
            return in;
        }
        if (c == KEY_RESIZE)
            continue; /* the signal is what counts */
        if (c == KEY_MOUSE)
            in = mouse_input();
        else if (take(our_key(c), &in) == ESCAPE_MORE)
            continue;
        if (in.kind != INPUT_NONE)
            return in;
    }
}
