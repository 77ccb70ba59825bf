/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * theme.c - two tables: which ink each role is drawn with, and which colour each ink is in each theme. Knows no curses.
 *
 * The colour-blind themes take the nearest of the 256 colours to those of Okabe and Ito (Color Universal Design, 2002):
 * bluish green 009E73, orange E69F00, vermillion D55E00, reddish purple CC79A7, blue 0072B2, yellow F0E442 (black on
 * light backgrounds); a lighter or darker neighbour where that one could not be read, or came too near to another one.
 */
#include "tui/theme.h"

#include <stdlib.h>
#include <string.h>

#define B LOOK_BOLD
#define D LOOK_DIM
#define U LOOK_UNDERLINE
#define R LOOK_REVERSE

const char *const theme_words[THEMES + 1] = {"auto", "dark", "light", "colour-blind", "colour-blind-light",
                                             "mono", NULL};

/* Named after what most of them are in the usual theme. */
enum ink {
    INK_TEXT,
    INK_GREY,
    INK_FAINT,
    INK_GREEN,
    INK_MOSS, /* a weaker green */
    INK_ORANGE,
    INK_RED,
    INK_ROSE, /* a weaker red */
    INK_PURPLE,
    INK_CYAN,
    INK_YELLOW,
    INK_TITLE,
    INK_FOCUS,
    INK_LINK,
    INK_HEADER,
    INK_HEADER_STRONG,
    INK_HEADER_PAPER,
    INK_SELECT,
    INK_SELECT_PAPER,
    INK_CURSOR,
    INK_CURSOR_PAPER,
    INKS
};

/* ------------------------------------------------------------------ roles */

static const struct {
    uint8_t ink, paper; /* INK_TEXT as paper: the terminal's */
    uint8_t looks;      /* with colours */
    uint8_t mono;       /* without */
    uint8_t safe;       /* more of them in the colour-blind themes */
} roles[ROLE_LIMIT] = {
    [ROLE_TEXT] = {INK_TEXT, 0, 0, 0, 0},
    [ROLE_DIM] = {INK_GREY, 0, 0, D, 0},
    [ROLE_STRONG] = {INK_TEXT, 0, B, B, 0},
    [ROLE_HEADER] = {INK_HEADER, INK_HEADER_PAPER, 0, R, 0},
    [ROLE_HEADER_STRONG] = {INK_HEADER_STRONG, INK_HEADER_PAPER, B, R | B, 0},
    [ROLE_BORDER] = {INK_FAINT, 0, 0, D, 0},
    [ROLE_TITLE] = {INK_TITLE, 0, 0, 0, 0},
    [ROLE_TITLE_FOCUS] = {INK_FOCUS, 0, B | U, B | U, 0},
    [ROLE_COLUMN] = {INK_GREY, 0, 0, D, 0},
    [ROLE_SELECT] = {INK_SELECT, INK_SELECT_PAPER, 0, R, 0},
    [ROLE_SELECT_IDLE] = {INK_TEXT, 0, U, U, 0},
    [ROLE_KEY] = {INK_FOCUS, 0, B, B, 0},
    [ROLE_LINK] = {INK_LINK, 0, U, U, 0},
    [ROLE_GUESS] = {INK_YELLOW, 0, 0, U, 0},
    [ROLE_WARN] = {INK_ORANGE, 0, B, B, 0},
    [ROLE_ERROR] = {INK_RED, 0, B, B, 0},
    [ROLE_LIVE] = {INK_GREEN, 0, 0, 0, 0},
    [ROLE_RANGE] = {INK_MOSS, 0, 0, D, 0},
    [ROLE_GOAL] = {INK_ORANGE, 0, 0, B, 0},
    [ROLE_AXIS] = {INK_GREY, 0, 0, D, 0},
    [ROLE_STOP] = {INK_RED, 0, B, B, 0},
    [ROLE_MARKING] = {INK_PURPLE, 0, 0, 0, 0},
    [ROLE_SWEEP] = {INK_CYAN, 0, 0, 0, 0},
    [ROLE_ASSIST] = {INK_YELLOW, 0, 0, 0, 0},
    [ROLE_NOTE] = {INK_YELLOW, 0, B, B, 0},
    [ROLE_CURSOR] = {INK_CURSOR, INK_CURSOR_PAPER, 0, R, 0},
    [ROLE_MARK_A] = {INK_ORANGE, 0, B | U, B | U, 0},
    [ROLE_SCAN] = {INK_GREEN, 0, 0, 0, 0},
    [ROLE_NOSCAN] = {INK_CYAN, 0, 0, U, U},
    [ROLE_LARGE] = {INK_PURPLE, 0, 0, B, B},
    [ROLE_STACK] = {INK_YELLOW, 0, 0, D, 0},
    [ROLE_FREE] = {INK_FAINT, 0, 0, D, 0},
    [ROLE_SLOT_LIVE] = {INK_GREEN, 0, 0, 0, 0},
    [ROLE_SLOT_FREE] = {INK_GREY, 0, 0, D, 0},
    [ROLE_ALLOC] = {INK_GREEN, 0, 0, 0, 0},
    [ROLE_RELEASE] = {INK_ROSE, 0, 0, 0, 0},
    [ROLE_PLACE] = {INK_TITLE, 0, 0, D, 0},
    [ROLE_MORE] = {INK_ROSE, 0, 0, B, 0},
    [ROLE_LESS] = {INK_GREEN, 0, 0, 0, 0},
};

/* ------------------------------------------------------------------ inks */

struct colour {
    int16_t number; /* -1: the terminal's own */
    uint8_t looks;
};

#define EIGHT                                                                                                          \
    [INK_TEXT] = {-1, 0}, [INK_GREY] = {-1, D}, [INK_FAINT] = {-1, D}, [INK_HEADER] = {7, 0},                          \
    [INK_HEADER_STRONG] = {7, 0}, [INK_HEADER_PAPER] = {4, 0}, [INK_SELECT] = {0, 0}, [INK_CURSOR] = {0, 0},           \
    [INK_CURSOR_PAPER] = {7, 0}

static const struct colour eight[THEMES][INKS] = {
    [THEME_AUTO] = {EIGHT, [INK_GREEN] = {2, 0}, [INK_MOSS] = {2, D}, [INK_ORANGE] = {3, 0}, [INK_RED] = {1, 0},
                    [INK_ROSE] = {1, 0}, [INK_PURPLE] = {5, 0}, [INK_CYAN] = {6, 0}, [INK_YELLOW] = {3, 0},
                    [INK_TITLE] = {6, 0}, [INK_FOCUS] = {6, 0}, [INK_LINK] = {6, 0}, [INK_SELECT_PAPER] = {6, 0}},
    [THEME_DARK] = {EIGHT, [INK_GREEN] = {2, B}, [INK_MOSS] = {2, 0}, [INK_ORANGE] = {3, B}, [INK_RED] = {1, B},
                    [INK_ROSE] = {1, B}, [INK_PURPLE] = {5, B}, [INK_CYAN] = {6, B}, [INK_YELLOW] = {3, 0},
                    [INK_TITLE] = {6, 0}, [INK_FOCUS] = {6, B}, [INK_LINK] = {6, 0}, [INK_SELECT_PAPER] = {6, 0}},
    /* Yellow and cyan can't be read on white. */
    [THEME_LIGHT] = {EIGHT, [INK_GREEN] = {2, 0}, [INK_MOSS] = {2, D}, [INK_ORANGE] = {5, 0}, [INK_RED] = {1, 0},
                     [INK_ROSE] = {1, 0}, [INK_PURPLE] = {5, 0}, [INK_CYAN] = {4, 0}, [INK_YELLOW] = {-1, U},
                     [INK_TITLE] = {4, 0}, [INK_FOCUS] = {4, 0}, [INK_LINK] = {4, 0}, [INK_SELECT_PAPER] = {6, 0}},
    /* Of eight colours these stay apart: cyan or blue, yellow, magenta and the terminal's own. */
    [THEME_SAFE] = {EIGHT, [INK_GREEN] = {6, 0}, [INK_MOSS] = {6, D}, [INK_ORANGE] = {-1, B}, [INK_RED] = {3, B},
                    [INK_ROSE] = {3, 0}, [INK_PURPLE] = {5, 0}, [INK_CYAN] = {4, B}, [INK_YELLOW] = {-1, U},
                    [INK_TITLE] = {6, 0}, [INK_FOCUS] = {6, 0}, [INK_LINK] = {6, 0}, [INK_SELECT_PAPER] = {6, 0}},
    [THEME_SAFE_LIGHT] = {EIGHT, [INK_GREEN] = {4, 0}, [INK_MOSS] = {4, D}, [INK_ORANGE] = {-1, B}, [INK_RED] = {1, B},
                          [INK_ROSE] = {1, 0}, [INK_PURPLE] = {5, 0}, [INK_CYAN] = {-1, 0}, [INK_YELLOW] = {-1, U},
                          [INK_TITLE] = {4, 0}, [INK_FOCUS] = {4, 0}, [INK_LINK] = {4, 0}, [INK_SELECT_PAPER] = {6, 0}},
};

static const int16_t many[THEMES][INKS] = {
    [THEME_AUTO] = {[INK_TEXT] = -1,         [INK_GREY] = 244,   [INK_FAINT] = 240,       [INK_GREEN] = 71,
                    [INK_MOSS] = 65,         [INK_ORANGE] = 172, [INK_RED] = 160,         [INK_ROSE] = 167,
                    [INK_PURPLE] = 133,      [INK_CYAN] = 31,    [INK_YELLOW] = 136,      [INK_TITLE] = 67,
                    [INK_FOCUS] = 39,        [INK_LINK] = 32,    [INK_HEADER] = 252,      [INK_HEADER_STRONG] = 231,
                    [INK_HEADER_PAPER] = 24, [INK_SELECT] = 231, [INK_SELECT_PAPER] = 25, [INK_CURSOR] = 231,
                    [INK_CURSOR_PAPER] = 25},
    [THEME_DARK] = {[INK_TEXT] = -1,         [INK_GREY] = 247,   [INK_FAINT] = 242,       [INK_GREEN] = 78,
                    [INK_MOSS] = 65,         [INK_ORANGE] = 214, [INK_RED] = 203,         [INK_ROSE] = 210,
                    [INK_PURPLE] = 176,      [INK_CYAN] = 80,    [INK_YELLOW] = 186,      [INK_TITLE] = 110,
                    [INK_FOCUS] = 81,        [INK_LINK] = 75,    [INK_HEADER] = 252,      [INK_HEADER_STRONG] = 231,
                    [INK_HEADER_PAPER] = 24, [INK_SELECT] = 231, [INK_SELECT_PAPER] = 25, [INK_CURSOR] = 231,
                    [INK_CURSOR_PAPER] = 26},
    [THEME_LIGHT] = {[INK_TEXT] = -1,         [INK_GREY] = 241,   [INK_FAINT] = 245,       [INK_GREEN] = 28,
                     [INK_MOSS] = 65,         [INK_ORANGE] = 130, [INK_RED] = 124,         [INK_ROSE] = 160,
                     [INK_PURPLE] = 127,      [INK_CYAN] = 24,    [INK_YELLOW] = 94,       [INK_TITLE] = 60,
                     [INK_FOCUS] = 25,        [INK_LINK] = 26,    [INK_HEADER] = 231,      [INK_HEADER_STRONG] = 231,
                     [INK_HEADER_PAPER] = 24, [INK_SELECT] = 231, [INK_SELECT_PAPER] = 25, [INK_CURSOR] = 231,
                     [INK_CURSOR_PAPER] = 25},
    [THEME_SAFE] = {[INK_TEXT] = -1,         [INK_GREY] = 247,   [INK_FAINT] = 242,       [INK_GREEN] = 36,
                    [INK_MOSS] = 29,         [INK_ORANGE] = 214, [INK_RED] = 166,         [INK_ROSE] = 166,
                    [INK_PURPLE] = 212,      [INK_CYAN] = 32,    [INK_YELLOW] = 228,      [INK_TITLE] = 74,
                    [INK_FOCUS] = 74,        [INK_LINK] = 74,    [INK_HEADER] = 252,      [INK_HEADER_STRONG] = 231,
                    [INK_HEADER_PAPER] = 24, [INK_SELECT] = 231, [INK_SELECT_PAPER] = 25, [INK_CURSOR] = 231,
                    [INK_CURSOR_PAPER] = 25},
    [THEME_SAFE_LIGHT] =
        {[INK_TEXT] = -1,         [INK_GREY] = 241,   [INK_FAINT] = 245,       [INK_GREEN] = 29,
         [INK_MOSS] = 65,         [INK_ORANGE] = 172, [INK_RED] = 130,         [INK_ROSE] = 130,
         [INK_PURPLE] = 169,      [INK_CYAN] = 25,    [INK_YELLOW] = 234,      [INK_TITLE] = 25,
         [INK_FOCUS] = 25,        [INK_LINK] = 25,    [INK_HEADER] = 231,      [INK_HEADER_STRONG] = 231,
         [INK_HEADER_PAPER] = 24, [INK_SELECT] = 231, [INK_SELECT_PAPER] = 25, [INK_CURSOR] = 231,
         [INK_CURSOR_PAPER] = 25},
};

static struct colour colour_of(enum theme t, enum depth d, uint8_t ink) {
    if (d == DEPTH_8)
        return eight[t][ink];
    /* the cursor's letters are bold where there is room for that between colours */
    return (struct colour){.number = many[t][ink], .looks = ink == INK_CURSOR ? B : 0};
}

struct style theme_style(enum theme t, enum depth d, enum role r) {
    if (t == THEME_MONO || d == DEPTH_NONE)
        return (struct style){.fg = -1, .bg = -1, .looks = roles[r].mono};
    struct colour fg = colour_of(t, d, roles[r].ink), bg = {.number = -1};
    if (roles[r].paper)
        bg = colour_of(t, d, roles[r].paper);
    unsigned safe = t == THEME_SAFE || t == THEME_SAFE_LIGHT ? roles[r].safe : 0;
    return (struct style){.fg = fg.number, .bg = bg.number, .looks = (uint8_t)(roles[r].looks | fg.looks | safe)};
}

enum depth theme_depth(int colors) {
    return colors >= 256 ? DEPTH_256 : colors >= 8 ? DEPTH_8 : DEPTH_NONE;
}

enum theme theme_auto(bool no_color, const char *colorfgbg) {
    const char *last = colorfgbg ? strrchr(colorfgbg, ';') : NULL;
    char *end;
    if (no_color)
        return THEME_MONO;
    if (!last || last[1] < '0' || last[1] > '9')
        return THEME_AUTO;
    long paper = strtol(last + 1, &end, 10);
    if (*end || paper > 15)
        return THEME_AUTO;
    return paper < 7 || paper == 8 ? THEME_DARK : THEME_LIGHT;
}
