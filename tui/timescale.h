/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * timescale.h - the stretch of time on the screen, and its columns. Pure arithmetic.
 *
 * A window is [from, to), to > from. Column c of n covers [timescale_start(c), timescale_start(c + 1)); the columns
 * cover the window without holes. Units: ns.
 */
#ifndef HEAPREEL_TIMESCALE_H
#define HEAPREEL_TIMESCALE_H

#include <stdint.h>

struct window {
    int64_t from, to;
};

enum { WINDOW_MIN_NS = 200 };

/* The start of column c of n; c may be n. */
int64_t timescale_start(struct window w, int n, int c);
/* The column that holds t: -1 before the window, n after it. */
int timescale_column(struct window w, int n, int64_t t);
/* The whole trace of that duration, its last instant included. */
struct window timescale_whole(int64_t duration);
/* Scale by num/den about t, which keeps its place; within the trace, not shorter than WINDOW_MIN_NS. */
struct window timescale_zoom(struct window w, int64_t t, int num, int den, int64_t duration);
/* From one instant to another, the later one included; within the trace, not shorter than WINDOW_MIN_NS. */
struct window timescale_between(int64_t from, int64_t to, int64_t duration);
/* The least round step (1, 2, 5, 10 ... ns) that is at least `least` of n columns wide. */
int64_t timescale_step(struct window w, int n, int least);
/* The first multiple of a step at or after t >= 0. */
int64_t timescale_tick(int64_t t, int64_t step);
/*
 * A tick's label: with as many decimals as the step needs, in groups of three: "0.15 s", "1.203 440 s". Returns the
 * columns it takes (all ASCII).
 */
enum { TICK_TEXT = 40 };
int timescale_label(int64_t t, int64_t step, char dst[TICK_TEXT]);
/* The same relative to another tick: "+40 ns", "+1.5 ms". */
int timescale_label_after(int64_t by, char dst[TICK_TEXT]);
/* Move as little as needed to bring t into the window, with a margin of an eighth. */
struct window timescale_follow(struct window w, int64_t t, int64_t duration);

#endif
