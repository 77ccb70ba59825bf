/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * explorer_film.c - playing: the cursor moves on by itself, so many ns of the trace in a second of the person's time.
 *
 * The first speed takes some 16 seconds for what the window shows. A picture that comes late doesn't make the film
 * jump: at most LATEST_NS of the person's time count.
 */
#include "tui/explorer.h"
#include "tui/keys.h"

#include <string.h>

enum { LATEST_NS = 200000000, SECONDS = 16 };

int64_t film_speed_step(int64_t speed, int by) {
    int64_t one = 1, digit = speed < 1 ? 1 : speed;
    while (digit >= 10) {
        digit /= 10;
        one *= 10;
    }
    if (by > 0)
        digit = digit < 2 ? 2 : digit < 5 ? 5 : 10;
    else if (digit * one < speed) /* between two steps: down to the nearer one first */
        digit = digit < 2 ? 1 : digit < 5 ? 2 : 5;
    else if (digit <= 1 && one > 1)
        digit = 5, one /= 10;
    else
        digit = digit > 5 ? 5 : digit > 2 ? 2 : 1;
    int64_t got = digit * one;
    return got > FILM_SPEED_MAX ? FILM_SPEED_MAX : got;
}

static int64_t first_speed(const struct explorer *x) {
    int64_t len = x->win.to - x->win.from, want = len / SECONDS, speed = 1;
    while (film_speed_step(speed, 1) <= want)
        speed = film_speed_step(speed, 1);
    return speed;
}

/* The speed in words: "20 ms of the trace a second". Returns dst. */
static char *speed_text(const struct explorer *x, char *dst, size_t cap) {
    char t[TIME_TEXT];
    snprintf(dst, cap, "%s of the trace a second", duration_text(x->film.speed, t));
    return dst;
}

static void say(struct explorer *x) {
    char words[64], faster[KEY_NAME], slower[KEY_NAME], play[KEY_NAME];
    if (x->film.dir == 0)
        explorer_say(x, ROLE_TEXT, "the film stands; %s", speed_text(x, words, sizeof words));
    else
        explorer_say(x, ROLE_TEXT, "playing %s: %s (%s faster, %s slower, %s stops)",
                     x->film.dir > 0 ? "forwards" : "back", speed_text(x, words, sizeof words),
                     keys_for(ACT_FASTER, IN_PANES, faster), keys_for(ACT_SLOWER, IN_PANES, slower),
                     keys_for(ACT_PLAY, IN_PANES, play));
}

void explorer_play(struct explorer *x, int dir) {
    if (x->film.speed == 0)
        x->film.speed = first_speed(x);
    x->film.dir = x->film.dir != 0 && (dir > 0 || x->film.dir == dir) ? 0 : dir;
    x->film.last = 0;
    if (x->film.dir > 0 && x->now.t >= explorer_end(x))
        explorer_go(x, 0);
    say(x);
}

void explorer_play_speed(struct explorer *x, int by) {
    x->film.speed = x->film.speed == 0 ? first_speed(x) : film_speed_step(x->film.speed, by);
    say(x);
}

bool explorer_film(struct explorer *x, int64_t now) {
    struct film *f = &x->film;
    if (f->dir == 0)
        return false;
    int64_t wall = f->last == 0 ? 0 : now - f->last, one = 1000000000 / f->speed + 1; /* for a ns of the trace */
    int64_t latest = one > LATEST_NS ? one : LATEST_NS;
    int64_t by = (int64_t)((double)(wall > latest ? latest : wall) / 1e9 * (double)f->speed);
    if (by == 0 && f->last != 0)
        return true; /* less than a ns of the trace has passed */
    f->last = now;
    int64_t end = explorer_end(x), to = x->now.t + (f->dir > 0 ? by : -by);
    explorer_go(x, to);
    if (f->dir > 0 ? to >= end : to <= 0) {
        f->dir = 0;
        explorer_say(x, ROLE_TEXT, to < end ? "the begin of the trace" : "the end of the trace");
    }
    return f->dir != 0;
}
