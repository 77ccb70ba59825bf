/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * batch.h - commands without a screen: load what they need, run them in order, print, say what was lost.
 */
#ifndef HEAPREEL_BATCH_H
#define HEAPREEL_BATCH_H

#include "core/session.h"

enum { BATCH_MAX = 64 };

struct batch {
    struct command_env env; /* env.path is what to open; env.opt holds the options for all commands */
    struct reel_options reel;
    const char *shown_path; /* what the user typed */
    char **paths;           /* where they are several, */
    int npaths;
    bool some_done; /* of several, one was read */
    char **words;   /* one command as words, */
    int nwords;
    char *commands[BATCH_MAX]; /* or several as lines */
    int ncommands;
    bool index;             /* reels are kept from run to run, and used again */
    bool incomplete;        /* the reel holds only what fitted into memory */
    struct session session; /* its bookmarks */
    int spool;              /* copy of a pipe that can be read more than once, -1 none */
    bool spool_full;        /* it could not be written to the end */
    char spool_path[32];
};

/*
 * Set env.path. A pipe can be read but once: where it will be read `again`, it is copied to a file without a name
 * first. False (said on stderr): that failed.
 */
bool batch_path(struct batch *b, const char *path, bool again);

/*
 * The same for the terminal, which reads the pipe itself, while it is being written: the copy is made on the way (see
 * b->reel.trace), and env.path is that copy, for commands. Returns what to open, NULL where that failed.
 */
const char *batch_stream(struct batch *b, const char *path);

/* What was kept of this trace, or the trace itself; as reel_open. */
reel *batch_open(struct batch *b, const char *path, struct trace_error *err);

/* Run all commands; returns the exit status. */
int batch_run(struct batch *b);

/* Commands that want no trace: `heapreel help [COMMAND]`, `heapreel glossary [WORD]`. */
int batch_without_trace(struct batch *b, const char *name, int nwords, char **words);

/* One line on stderr; returns 2. */
int batch_cant_read(const char *path, const struct trace_error *err);

void batch_close(struct batch *b);

#endif
