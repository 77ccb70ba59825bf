/* SPDX-License-Identifier: GPL-3.0-or-later */
/* batch_in.h - what batch.c and batch_many.c share. */
#ifndef HEAPREEL_BATCH_IN_H
#define HEAPREEL_BATCH_IN_H

#include "tui/batch.h"

/* Load the trace at env.path; false (said on stderr): it can't be read, or an interrupt came. */
bool batch_load(struct batch *b);
/* A sink of env.format on `out`. NULL with a line on stderr. */
struct sink *batch_sink(struct batch *b, FILE *out);
/* An interrupt came. */
bool batch_stopped(void);
/* "heapreel: PATH: line" on stderr. */
void batch_say(const char *path, const char *line);
/* How far a long command is, on stderr where that is a terminal. */
void batch_walk_begin(struct command_env *env);
void batch_walk_end(void);
/* Run all commands on all of b->paths; returns the exit status. */
int batch_many(struct batch *b, FILE *out);

#endif
