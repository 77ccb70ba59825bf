/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * theme.c - the table of styles: one row for each role, one column for each scheme. Knows no curses.
 *
 * The 256-colour scheme keeps to colours that stay readable on dark and on light backgrounds.
 */
#include "tui/theme.h"

#define B LOOK_BOLD
#define D LOOK_DIM
#define U LOOK_UNDERLINE
#define R LOOK_REVERSE

static const struct style styles[ROLE_LIMIT][SCHEMES] = {
    [ROLE_TEXT] = {{-1, -1, 0}, {-1, -1, 0}, {-1, -1, 0}},
    [ROLE_DIM] = {{-1, -1, D}, {-1, -1, D}, {244, -1, 0}},
    [ROLE_STRONG] = {{-1, -1, B}, {-1, -1, B}, {-1, -1, B}},
    [ROLE_HEADER] = {{-1, -1, R}, {7, 4, 0}, {252, 24, 0}},
    [ROLE_HEADER_STRONG] = {{-1, -1, R | B}, {7, 4, B}, {231, 24, B}},
    [ROLE_BORDER] = {{-1, -1, D}, {-1, -1, D}, {240, -1, 0}},
    [ROLE_TITLE] = {{-1, -1, 0}, {6, -1, 0}, {67, -1, 0}},
    [ROLE_TITLE_FOCUS] = {{-1, -1, B | U}, {6, -1, B | U}, {39, -1, B | U}},
    [ROLE_COLUMN] = {{-1, -1, D}, {-1, -1, D}, {244, -1, 0}},
    [ROLE_SELECT] = {{-1, -1, R}, {0, 6, 0}, {231, 25, 0}},
    [ROLE_SELECT_IDLE] = {{-1, -1, U}, {-1, -1, U}, {-1, -1, U}},
    [ROLE_KEY] = {{-1, -1, B}, {6, -1, B}, {39, -1, B}},
    [ROLE_LINK] = {{-1, -1, U}, {6, -1, U}, {32, -1, U}},
    [ROLE_GUESS] = {{-1, -1, U}, {3, -1, 0}, {136, -1, 0}},
    [ROLE_WARN] = {{-1, -1, B}, {3, -1, B}, {172, -1, B}},
    [ROLE_ERROR] = {{-1, -1, B}, {1, -1, B}, {160, -1, B}},
    [ROLE_LIVE] = {{-1, -1, 0}, {2, -1, 0}, {71, -1, 0}},
    [ROLE_RANGE] = {{-1, -1, D}, {2, -1, D}, {65, -1, 0}},
    [ROLE_GOAL] = {{-1, -1, B}, {3, -1, 0}, {172, -1, 0}},
    [ROLE_AXIS] = {{-1, -1, D}, {-1, -1, D}, {244, -1, 0}},
    [ROLE_STOP] = {{-1, -1, B}, {1, -1, B}, {160, -1, B}},
    [ROLE_MARKING] = {{-1, -1, 0}, {5, -1, 0}, {133, -1, 0}},
    [ROLE_SWEEP] = {{-1, -1, 0}, {6, -1, 0}, {31, -1, 0}},
    [ROLE_ASSIST] = {{-1, -1, 0}, {3, -1, 0}, {136, -1, 0}},
    [ROLE_NOTE] = {{-1, -1, B}, {3, -1, B}, {136, -1, B}},
    [ROLE_CURSOR] = {{-1, -1, R}, {0, 7, 0}, {231, 25, B}},
    [ROLE_MARK_A] = {{-1, -1, B | U}, {3, -1, B | U}, {172, -1, B | U}},
    [ROLE_SCAN] = {{-1, -1, 0}, {2, -1, 0}, {71, -1, 0}},
    [ROLE_NOSCAN] = {{-1, -1, 0}, {6, -1, 0}, {31, -1, 0}},
    [ROLE_LARGE] = {{-1, -1, B}, {5, -1, 0}, {133, -1, 0}},
    [ROLE_STACK] = {{-1, -1, D}, {3, -1, 0}, {136, -1, 0}},
    [ROLE_FREE] = {{-1, -1, D}, {-1, -1, D}, {240, -1, 0}},
    [ROLE_SLOT_LIVE] = {{-1, -1, 0}, {2, -1, 0}, {71, -1, 0}},
    [ROLE_SLOT_FREE] = {{-1, -1, D}, {-1, -1, D}, {244, -1, 0}},
    [ROLE_ALLOC] = {{-1, -1, 0}, {2, -1, 0}, {71, -1, 0}},
    [ROLE_RELEASE] = {{-1, -1, 0}, {1, -1, 0}, {167, -1, 0}},
    [ROLE_PLACE] = {{-1, -1, D}, {6, -1, 0}, {67, -1, 0}},
    [ROLE_MORE] = {{-1, -1, B}, {1, -1, 0}, {167, -1, 0}},
    [ROLE_LESS] = {{-1, -1, 0}, {2, -1, 0}, {71, -1, 0}},
};

const struct style *theme_style(enum scheme s, enum role r) {
    return &styles[r][s];
}

enum scheme theme_scheme(int colors, int no_color) {
    if (no_color || colors < 8)
        return SCHEME_MONO;
    return colors >= 256 ? SCHEME_256 : SCHEME_8;
}
