/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * unpack.h - gzip and zstd, a piece at a time. Which of them it is, the first bytes tell, never a name.
 */
#ifndef HEAPREEL_UNPACK_H
#define HEAPREEL_UNPACK_H

#include "traces/traces.h"

enum { UNPACK_MAGIC = 4 /* bytes that tell packed data from others */, UNPACK_HEADER = 10 /* that make it certain */ };

enum unpack_kind { UNPACK_GZIP, UNPACK_ZSTD, UNPACK_KINDS, UNPACK_NONE = UNPACK_KINDS };

/* What data that begins with these bytes is packed with. */
enum unpack_kind unpack_kind(const uint8_t *p, size_t n);

/* "gzip" or "zstd". */
const char *unpack_name(enum unpack_kind kind);

/*
 * The first place in [p, p + n) where a gzip member or a zstd frame seems to begin: asked of every byte behind damage,
 * so it wants UNPACK_HEADER bytes that make sense. p + n where there is none.
 */
const uint8_t *unpack_find(const uint8_t *p, size_t n);

struct unpacker;

/* NULL with *err set where memory is short or support was left out. */
struct unpacker *unpack_new(enum unpack_kind kind, struct trace_error *err);
void unpack_free(struct unpacker **u);
/* Forget what went before: a new member or frame comes. */
void unpack_restart(struct unpacker *u);

/* Input not yet taken, output not yet filled: unpack_step moves both on. */
struct unpack_io {
    const uint8_t *in;
    size_t in_left;
    uint8_t *out;
    size_t out_left;
};

enum unpack_result {
    UNPACK_ON,
    UNPACK_DAMAGED,
    UNPACK_CHECKSUM, /* a member or frame whose checksum doesn't fit: all of it came out, but some of it is wrong */
    UNPACK_FAILED    /* memory is short, or it was packed with more than we hold (TRACE_E_LIMIT) */
};

/*
 * Take input and fill output as far as both go, to the end of a member or frame. Where it fails *err says how (code and
 * text); what was filled before stays good, and io->in is where the failure was met: for zstd at the begin of the block
 * that can't be unpacked, or of what was handed over last if that is later; for gzip somewhere behind the damage.
 */
enum unpack_result unpack_step(struct unpacker *u, struct unpack_io *io, struct trace_error *err);

/* Whether all input up to here makes whole members or frames: the data may end here. */
bool unpack_is_whole(const struct unpacker *u);

#endif
