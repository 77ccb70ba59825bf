/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * unpack.h - gzip and zstd, a piece at a time. Which of them it is, the first bytes tell, never a name.
 */
#ifndef HEAPREEL_UNPACK_H
#define HEAPREEL_UNPACK_H

#include "traces/traces.h"

enum { UNPACK_MAGIC = 4 }; /* bytes that tell packed data from others */

struct unpacker;

bool unpack_is_packed(const uint8_t *p, size_t n);

/* For packed data that begins with these bytes. NULL with *err set where memory is short or support was left out. */
struct unpacker *unpack_new(const uint8_t *p, size_t n, struct trace_error *err);
void unpack_free(struct unpacker **u);

/* Input not yet taken, output not yet filled: unpack_step moves both on. */
struct unpack_io {
    const uint8_t *in;
    size_t in_left;
    uint8_t *out;
    size_t out_left;
};

/*
 * Take input and fill output as far as both go. False: the data is damaged or can't be unpacked; *err says how
 * (code and text), and what was filled before stays good.
 */
bool unpack_step(struct unpacker *u, struct unpack_io *io, struct trace_error *err);

/* Whether all input up to here makes whole members or frames: the data may end here. */
bool unpack_is_whole(const struct unpacker *u);

#endif
