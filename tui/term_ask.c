/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * term_ask.c - one question to the terminal, for its background colour (xterm's control sequences, OSC 11), and its
 * answer, which may come at any time or never. While it may still come, whoever reads keys looks out for it; a program
 * that ends at once waits a moment, so that the shell doesn't get to read it.
 */
#include "core/clock.h"
#include "tui/escape.h"
#include "tui/term.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { AWAITED_MS = 3000, AT_THE_END_MS = 250, REST_MS = 100 };

static struct {
    bool awaited;
    int64_t since;          /* ms */
    char late[ESCAPE_TEXT]; /* an answer that another reader came upon */
} asked;

int64_t term_ms(void) {
    return now_ns() / 1000000;
}

/* Others print what they don't understand; GNU screen and tmux answer themselves or keep silent. */
static bool bears_questions(const char *kind) {
    static const char *const kinds[] = {"xterm", "tmux",    "rxvt",    "alacritty", "foot", "konsole",
                                        "vte",   "wezterm", "contour", "ghostty",   "st-",  "mintty"};
    for (size_t i = 0; kind && i < sizeof kinds / sizeof *kinds; i++)
        if (strncmp(kind, kinds[i], strlen(kinds[i])) == 0)
            return true;
    return false;
}

void term_ask_background(void) {
    static const char question[] = "\033]11;?\033\\";
    if (!bears_questions(getenv("TERM")) || !term_send(question, sizeof question - 1))
        return;
    asked.awaited = true;
    asked.since = term_ms();
}

static bool is_awaited(void) {
    return asked.awaited && term_ms() - asked.since < AWAITED_MS;
}

bool term_answered(const char *words, bool *dark) {
    bool wanted = asked.awaited;
    asked.awaited = asked.awaited && strncmp(words, "11;", 3) != 0;
    return wanted && !asked.awaited && escape_background(words, dark);
}

static bool byte_comes(int ms, unsigned char *c) {
    struct pollfd p = {.fd = fileno(term_stream()), .events = POLLIN};
    return poll(&p, 1, ms) > 0 && read(p.fd, c, 1) == 1;
}

bool term_take_answer(int *next) {
    struct escape e = {0};
    unsigned char c;
    int key;
    bool again;
    *next = -1;
    if (!is_awaited() || !byte_comes(0, &c))
        return false;
    if (c != ']') {
        *next = c;
        return false;
    }
    escape_byte(&e, 27, 0, &key, &again);
    enum escape_got got = escape_byte(&e, c, 0, &key, &again);
    while (got == ESCAPE_MORE && byte_comes(REST_MS, &c))
        got = escape_byte(&e, c, 0, &key, &again);
    if (got == ESCAPE_ANSWER)
        memcpy(asked.late, e.text, sizeof asked.late);
    return true;
}

bool term_late_answer(bool *dark) {
    char words[ESCAPE_TEXT];
    memcpy(words, asked.late, sizeof words);
    asked.late[0] = '\0';
    return words[0] && term_answered(words, dark);
}

void term_await_answer(void) {
    int64_t left = asked.since + AT_THE_END_MS - term_ms();
    unsigned char c;
    int key = 0;
    bool again;
    struct escape e = {0};
    enum escape_got got = ESCAPE_MORE;
    while (asked.awaited && left > 0 && got != ESCAPE_ANSWER && byte_comes((int)left, &c)) {
        got = escape_byte(&e, c, 0, &key, &again);
        left = asked.since + AT_THE_END_MS - term_ms();
    }
    asked.awaited = false;
}
