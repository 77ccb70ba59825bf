/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * task.h - long work that the screen doesn't wait for: it has a stack of its own, and does a bit of itself whenever it
 * is given a turn. Never do two run at once, so what it works on needs no locks: while it has the turn nobody else
 * runs, and between two turns it stands still where it asked whether its time is over.
 *
 * Without threads (configure --disable-threads) the first turn does it all.
 */
#ifndef HEAPREEL_TASK_H
#define HEAPREEL_TASK_H

#include <stdbool.h>
#include <stdint.h>

struct task;

/* `run` begins with the first turn. NULL: out of memory, or no thread to be had. Free with task_free. */
struct task *task_new(void (*run)(void *arg, struct task *t), void *arg);
/* Stops it where it still runs: it gets a last turn, to end. */
void task_free(struct task **t);

/* A turn of about budget_ns of wall time, 0: as long as it takes. True while there is more to do. */
bool task_turn(struct task *t, int64_t budget_ns);

/* For the work itself, to be asked every few µs to ms: stands still here where the turn is over. True: end now. */
bool task_pause(struct task *t);

#endif
