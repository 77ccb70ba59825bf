/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tour.h - the guided tour (--tour): a small box over the panes, one step at a time. Each step says what to press,
 * notices that it was done, and makes way for the next. It can be passed over, gone back, and left at any time.
 *
 *   tour.c        how it goes on, and the box
 *   tour_steps.c  the steps
 */
#ifndef HEAPREEL_TOUR_H
#define HEAPREEL_TOUR_H

#include "tui/keys.h"
#include "tui/link.h"

#include <stdbool.h>
#include <stdint.h>

struct ui;
struct sheet;

/* What a step looks at to see whether something was done since it began. */
struct tour_state {
    int64_t t;
    uint32_t gc;
    uint8_t phase, focus, colour, page; /* page: enum link_kind */
    bool marked, filtered, found, playing, pager;
};

struct tour {
    bool on;
    int step;
    struct tour_state begun;     /* when the step began */
    uint16_t pressed[ACT_LIMIT]; /* since then */
};

enum { TOUR_KEYS = 4 };

struct tour_step {
    const char *title;
    const char *words;       /* $1 .. $4: the keys of `acts` */
    uint8_t see;             /* enum pane that the box shall not hide */
    uint8_t acts[TOUR_KEYS]; /* enum action; ACT_NONE: no more */
    bool (*done)(const struct tour *t, const struct tour_state *now);
};
int tour_steps(const struct tour_step **out);

void tour_begin(struct ui *u);
/* Something was pressed: ACT_TOUR_NEXT and so on steer the tour. True: it was one of these. */
bool tour_press(struct ui *u, enum action a);
/* Whether the step is done by now: called after all that may change what is on the screen. */
void tour_look(struct ui *u);
void tour_draw(struct ui *u);

/*
 * The sample that the tour is about: $HEAPREEL_SAMPLE; else where it is beside the program, built or installed, or in
 * $XDG_DATA_DIRS. NULL: it is nowhere, and `why` says where it was looked for. Static memory.
 */
const char *tour_sample(char *why, size_t cap);

#endif
