/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * escape.c - see escape.h. The forms are those of ECMA-48 (5.4 control sequences, 5.6 control strings) and of xterm's
 * control sequences (Alt as Esc, OSC ended by BEL, OSC 11, mouse tracking in the forms 1000 and 1006).
 */
#include "tui/escape.h"
#include "core/utf8.h"
#include "tui/keys.h"

#include <stdlib.h>
#include <string.h>

enum { ESC = 27, BEL = 7 };

static enum escape_got give(struct escape *e, int key_in, int *key) {
    *key = key_in;
    e->state = ESCAPE_NONE;
    e->alt = false;
    return ESCAPE_KEY;
}

static void begin(struct escape *e, enum escape_state state) {
    e->state = state;
    e->n = e->want = 0;
}

static void keep(struct escape *e, int c) {
    if (e->n < ESCAPE_TEXT - 1)
        e->text[e->n] = (char)c;
    e->n++;
}

/* ------------------------------------------------------------------ letters */

static int with_alt(const struct escape *e, int key) {
    return e->alt && key != KEY_CODE_UNKNOWN ? key | KEY_ALT : key;
}

static enum escape_got begin_letter(struct escape *e, int c, int *key) {
    size_t want = c >= 0xc2 && c < 0xe0 ? 2 : c >= 0xe0 && c < 0xf0 ? 3 : c >= 0xf0 && c < 0xf5 ? 4 : 0;
    if (want == 0)
        return give(e, KEY_CODE_UNKNOWN, key);
    begin(e, ESCAPE_LETTER);
    keep(e, c);
    e->want = want;
    return ESCAPE_MORE;
}

static enum escape_got letter_byte(struct escape *e, int c, int *key, bool *again) {
    if (c < 0x80 || c > 0xbf) { /* it was none */
        *again = true;
        return give(e, KEY_CODE_UNKNOWN, key);
    }
    keep(e, c);
    if (e->n < e->want)
        return ESCAPE_MORE;
    const unsigned char *at = (const unsigned char *)e->text;
    uint32_t cp = utf8_next(&at, at + e->n);
    bool plain = cp != UTF8_BAD && !utf8_hostile(cp) && utf8_width(cp) > 0;
    return give(e, plain ? with_alt(e, (int)cp) : KEY_CODE_UNKNOWN, key);
}

/* ------------------------------------------------------------------ sequences and strings */

static enum escape_got after_esc(struct escape *e, int c, int *key, bool *again) {
    if (c == ESC) { /* pressed twice: the first one was a key of its own */
        *key = KEY_CODE_ESCAPE;
        return ESCAPE_KEY;
    }
    if (c == '[' || c == 'O') {
        begin(e, c == '[' ? ESCAPE_CSI : ESCAPE_SS3);
        return ESCAPE_MORE;
    }
    if (c == ']' || c == 'P' || c == '_' || c == '^' || c == 'X') {
        begin(e, ESCAPE_STRING);
        e->answer = c == ']';
        return ESCAPE_MORE;
    }
    e->alt = true;
    e->state = ESCAPE_NONE;
    *again = true;
    return ESCAPE_MORE;
}

static enum escape_got end_string(struct escape *e, int *key) {
    e->state = ESCAPE_NONE;
    if (!e->answer || e->n >= ESCAPE_TEXT)
        return give(e, KEY_CODE_UNKNOWN, key);
    e->text[e->n] = '\0';
    return ESCAPE_ANSWER;
}

static enum escape_got string_byte(struct escape *e, int c, int *key) {
    if (c == BEL || (e->state == ESCAPE_STRING_END && c == '\\'))
        return end_string(e, key);
    if (e->n >= ESCAPE_LONGEST)
        return give(e, KEY_CODE_UNKNOWN, key);
    e->state = c == ESC ? ESCAPE_STRING_END : ESCAPE_STRING;
    if (c != ESC)
        keep(e, c);
    return ESCAPE_MORE;
}

/* ------------------------------------------------------------------ the mouse */

enum { MOUSE_SHIFTED = 4 + 8 + 16, MOUSE_MOVED = 32, MOUSE_FAR = 1 << 20 };

static enum escape_got give_mouse(struct escape *e, int button, int x, int y, bool released) {
    e->mouse = (struct escape_mouse){.button = button & ~(MOUSE_SHIFTED | MOUSE_MOVED),
                                     .released = released,
                                     .moved = (button & MOUSE_MOVED) != 0,
                                     .x = x - 1,
                                     .y = y - 1};
    e->state = ESCAPE_NONE;
    e->alt = false;
    return ESCAPE_MOUSE;
}

/* "<0;12;7M", "...m" where a button is let go. */
static bool mouse_text(const struct escape *e, int n[3]) {
    const char *s = e->text + 1;
    if (e->n >= ESCAPE_TEXT || e->text[0] != '<')
        return false;
    for (int i = 0; i < 3; i++) {
        n[i] = 0;
        if (*s < '0' || *s > '9')
            return false;
        for (; *s >= '0' && *s <= '9'; s++)
            n[i] = n[i] < MOUSE_FAR ? n[i] * 10 + *s - '0' : MOUSE_FAR;
        if (*s++ != (i < 2 ? ';' : e->text[e->n - 1]))
            return false;
    }
    return s == e->text + e->n && (s[-1] == 'M' || s[-1] == 'm') && n[1] > 0 && n[2] > 0;
}

static enum escape_got mouse_byte(struct escape *e, int c, int *key) {
    keep(e, c);
    if (e->n < 3)
        return ESCAPE_MORE;
    const unsigned char *b = (const unsigned char *)e->text;
    if (b[0] < 32 || b[1] < 33 || b[2] < 33)
        return give(e, KEY_CODE_UNKNOWN, key);
    int button = b[0] - 32;
    return give_mouse(e, button, b[1] - 32, b[2] - 32, (button & 3) == 3 && !(button & 64) && !(button & MOUSE_MOVED));
}

/* ------------------------------------------------------------------ keys that descriptions of terminals lack */

/* The forms of xterm, VT220 and rxvt: "C", "6~", with Shift "1;2C". Whatever the keypad's mode, one of them comes. */
static int named_key(const struct escape *e) {
    static const struct {
        const char *sequence;
        int key;
    } keys[] = {
        {"A", KEY_CODE_UP},         {"B", KEY_CODE_DOWN},          {"C", KEY_CODE_RIGHT},
        {"D", KEY_CODE_LEFT},       {"H", KEY_CODE_HOME},          {"F", KEY_CODE_END},
        {"Z", KEY_CODE_BACK_TAB},   {"M", KEY_CODE_ENTER},         {"1~", KEY_CODE_HOME},
        {"7~", KEY_CODE_HOME},      {"4~", KEY_CODE_END},          {"8~", KEY_CODE_END},
        {"2~", KEY_CODE_INSERT},    {"3~", KEY_CODE_DELETE},       {"5~", KEY_CODE_PAGE_UP},
        {"6~", KEY_CODE_PAGE_DOWN}, {"1;2D", KEY_CODE_SHIFT_LEFT}, {"1;2C", KEY_CODE_SHIFT_RIGHT},
        {"P", KEY_CODE_F1},         {"11~", KEY_CODE_F1},
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strlen(keys[i].sequence) == e->n && memcmp(keys[i].sequence, e->text, e->n) == 0)
            return keys[i].key;
    return KEY_CODE_UNKNOWN;
}

static enum escape_got sequence_byte(struct escape *e, int c, int *key) {
    bool last = e->state == ESCAPE_SS3 || (c >= 0x40 && c <= 0x7e);
    int n[3];
    if (e->state == ESCAPE_CSI && e->n == 0 && c == 'M') {
        begin(e, ESCAPE_MOUSE_BYTES);
        return ESCAPE_MORE;
    }
    keep(e, c);
    if (last && e->state == ESCAPE_CSI && mouse_text(e, n))
        return give_mouse(e, n[0], n[1], n[2], c == 'm');
    if (last)
        return give(e, with_alt(e, named_key(e)), key);
    return c < 0x20 || e->n >= ESCAPE_LONGEST ? give(e, KEY_CODE_UNKNOWN, key) : ESCAPE_MORE;
}

enum escape_got escape_byte(struct escape *e, int c, int64_t ms, int *key, bool *again) {
    *again = false;
    if (e->state != ESCAPE_NONE && ms - e->last > ESCAPE_WAIT_MS)
        *e = (struct escape){0};
    e->last = ms;
    if (c > 0xff) { /* whatever was being read has no end */
        e->alt |= e->state == ESCAPE_ESC;
        return give(e, with_alt(e, c), key);
    }
    switch (e->state) {
    case ESCAPE_ESC:
        return after_esc(e, c, key, again);
    case ESCAPE_CSI:
    case ESCAPE_SS3:
        return sequence_byte(e, c, key);
    case ESCAPE_STRING:
    case ESCAPE_STRING_END:
        return string_byte(e, c, key);
    case ESCAPE_LETTER:
        return letter_byte(e, c, key, again);
    case ESCAPE_MOUSE_BYTES:
        return mouse_byte(e, c, key);
    case ESCAPE_NONE:
        break;
    }
    if (c == ESC) {
        begin(e, ESCAPE_ESC);
        return ESCAPE_MORE;
    }
    return c >= 0x80 ? begin_letter(e, c, key) : give(e, with_alt(e, c), key);
}

enum escape_got escape_pause(struct escape *e, int *key) {
    return e->state == ESCAPE_ESC ? give(e, KEY_CODE_ESCAPE, key) : ESCAPE_MORE;
}

/* ------------------------------------------------------------------ the background */

/* One of "1e1e", "1e", "f": 0 to 1. */
static const char *share(const char *s, double *out) {
    size_t n = strspn(s, "0123456789abcdefABCDEF");
    char digits[5] = "";
    if (n == 0 || n > 4)
        return NULL;
    memcpy(digits, s, n);
    *out = (double)strtoul(digits, NULL, 16) / (double)((1u << 4 * n) - 1);
    return s + n;
}

bool escape_background(const char *answer, bool *dark) {
    static const double weight[3] = {0.2126, 0.7152, 0.0722}; /* of ITU-R BT.709 */
    double light = 0, part;
    if (strncmp(answer, "11;rgb", 6) != 0)
        return false;
    const char *s = answer + 6;
    s += *s == 'a'; /* with opacity behind the three */
    for (int i = 0; i < 3; i++) {
        if (*s != (i == 0 ? ':' : '/') || !(s = share(s + 1, &part)))
            return false;
        light += weight[i] * part;
    }
    *dark = light < 0.5;
    return *s == '\0' || *s == '/';
}
