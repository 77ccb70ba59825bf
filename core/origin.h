/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * origin.h - which file a reel was opened from, so that nobody takes what lies there now for the same: recordings are
 * overwritten under one name, and some commands read the file again.
 */
#ifndef HEAPREEL_ORIGIN_H
#define HEAPREEL_ORIGIN_H

#include "core/core.h"

#include <sys/types.h>
#include <time.h>

/* All zero: not known (a pipe, bytes in memory), and so never changed. */
struct origin {
    bool known;
    dev_t dev;
    ino_t ino;
    off_t size;
    struct timespec written;
};

/* Of the regular file at `path`; to be taken before it is opened. */
struct origin origin_of(const char *path);
/* Whether at `path` there is another file now, none, or the same with other contents. */
bool origin_changed(const struct origin *o, const char *path);

#endif
