/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * belt.h - a few slots that go round between one thread that fills them and one that empties them. For core/ only.
 *
 * The slots themselves are arrays of the owner, of BELT_SLOTS each; a belt says whose turn it is. What was written to a
 * slot before belt_put is seen by whoever gets it from belt_load, and the other way round for belt_give and belt_room.
 * To wake a thread takes as long as to record hundreds of events: who waits is woken when half of the slots are its
 * own, or the other one waits too.
 *
 * Where the program was built without threads (configure) belt_start says so by failing, and all is done in turn.
 */
#ifndef HEAPREEL_BELT_H
#define HEAPREEL_BELT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BELT_SLOTS = 8, BELT_NONE = -1 };

struct belt;

/* A belt whose `work` runs on a thread of its own, which takes no signals. NULL: no thread can be had. */
struct belt *belt_start(void (*work)(void *arg, struct belt *b), void *arg);
/* Both sides stop waiting; the thread is waited for. *b becomes NULL. */
void belt_stop(struct belt **b);

/* The filler: the next free slot. BELT_NONE: belt_stop was called. */
int belt_room(struct belt *b);
void belt_put(struct belt *b);
/* Nothing may come for a while: what was put is to be looked at now. */
void belt_flush(struct belt *b);
/* Wait until all that was put has been given back. False: belt_stop was called. */
bool belt_drain(struct belt *b);

/* The emptier: the next full slot. BELT_NONE: belt_stop was called. */
int belt_load(struct belt *b);
/* The same, but BELT_NONE too where nothing has come by then: ns, as now_ns counts; INT64_MAX: however long it takes.
 */
int belt_load_until(struct belt *b, int64_t deadline);
void belt_give(struct belt *b);

/* Run work(arg) while the other side runs nothing so. */
void belt_alone(struct belt *b, void (*work)(void *arg), void *arg);

/* How many threads this process may run at once. */
unsigned belt_processors(void);

#endif
