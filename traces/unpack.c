/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * unpack.c - the two decoders behind one face.
 *
 * zstd's window is bounded to what
 * `zstd --long` makes; `zstd --long=28` and beyond would have us hold more than that for the asking.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "traces/source.h"
#include "traces/unpack.h"

#include <stdlib.h>
#include <string.h>
#ifdef HAVE_ZLIB
#include <zlib.h>
#endif
#ifdef HAVE_ZSTD
#include <zstd.h>
#include <zstd_errors.h>
#endif

enum { WINDOW_LOG = 27, ZSTD_HINT = 5 /* of a frame that begins */ };

struct unpacker {
    enum unpack_kind kind;
    bool whole; /* between two members or frames */
#ifdef HAVE_ZLIB
    z_stream z;
#endif
#ifdef HAVE_ZSTD
    ZSTD_DStream *zstd;
    size_t hint; /* how many bytes it wants next */
#endif
};

static bool is_gzip(const uint8_t *p, size_t n) {
    return n >= 3 && p[0] == 0x1f && p[1] == 0x8b && p[2] == 8;
}

static bool is_zstd(const uint8_t *p, size_t n) {
    return n >= 4 && p[0] == 0x28 && p[1] == 0xb5 && p[2] == 0x2f && p[3] == 0xfd;
}

/* A skippable frame: pzstd writes one before each frame, to say how long that is. */
static bool is_skippable(const uint8_t *p, size_t n) {
    return n >= 4 && (p[0] & 0xf0) == 0x50 && p[1] == 0x2a && p[2] == 0x4d && p[3] == 0x18;
}

enum unpack_kind unpack_kind(const uint8_t *p, size_t n) {
    return is_gzip(p, n) ? UNPACK_GZIP : is_zstd(p, n) || is_skippable(p, n) ? UNPACK_ZSTD : UNPACK_NONE;
}

const char *unpack_name(enum unpack_kind kind) {
    return kind == UNPACK_GZIP ? "gzip" : "zstd";
}

/* A gzip header names no flag, speed or system that isn't one; a zstd header leaves its reserved bit alone. */
static bool seems_to_begin(const uint8_t *p, size_t n) {
    return n >= UNPACK_HEADER && ((is_gzip(p, n) && p[3] < 0x20 && p[8] <= 4 && (p[9] <= 13 || p[9] == 255)) ||
                                  (is_zstd(p, n) && (p[4] & 8) == 0));
}

const uint8_t *unpack_find(const uint8_t *p, size_t n) {
    while (n > 0 && !seems_to_begin(p, n)) {
        p++;
        n--;
    }
    return p;
}

bool unpack_is_whole(const struct unpacker *u) {
    return u->whole;
}

/* ---- gzip */

#ifdef HAVE_ZLIB
static bool gzip_begin(struct unpacker *u, struct trace_error *err) {
    return inflateInit2(&u->z, 15 + 16) == Z_OK ||
           trace_fail(err, TRACE_E_MEMORY, 0, "out of memory while unpacking gzip");
}

static void gzip_end(struct unpacker *u) {
    inflateEnd(&u->z);
}

/* Behind the last member zeros may fill up a block of a tape; gzip itself passes over them. */
static void gzip_skip_padding(struct unpack_io *io) {
    while (io->in_left > 0 && *io->in == 0) {
        io->in++;
        io->in_left--;
    }
}

static enum unpack_result gzip_step(struct unpacker *u, struct unpack_io *io, struct trace_error *err) {
    static const size_t most = 1 << 30; /* zlib counts in unsigned int */
    if (u->whole) {
        gzip_skip_padding(io);
        if (io->in_left == 0) {
            return UNPACK_ON;
        }
    }
    size_t in = io->in_left < most ? io->in_left : most, out = io->out_left < most ? io->out_left : most;
    u->z.next_in = (Bytef *)(uintptr_t)io->in;
    u->z.avail_in = (uInt)in;
    u->z.next_out = io->out;
    u->z.avail_out = (uInt)out;
    int rc = inflate(&u->z, Z_NO_FLUSH);
    size_t took = in - u->z.avail_in, gave = out - u->z.avail_out;
    io->in += took;
    io->in_left -= took;
    io->out += gave;
    io->out_left -= gave;
    u->whole = rc == Z_STREAM_END;
    if (rc == Z_MEM_ERROR) {
        trace_fail(err, TRACE_E_MEMORY, 0, "out of memory while unpacking gzip");
        return UNPACK_FAILED;
    }
    if (rc == Z_STREAM_END) {
        rc = inflateReset(&u->z); /* another member may follow */
    }
    if (rc == Z_OK || rc == Z_BUF_ERROR) {
        return UNPACK_ON;
    }
    trace_fail(err, TRACE_E_PACKED, 0, "damaged gzip data");
    /* zlib has no code for it, but has always had these words */
    const char *msg = u->z.msg != NULL ? u->z.msg : "";
    bool checksum = strcmp(msg, "incorrect data check") == 0 || strcmp(msg, "incorrect length check") == 0;
    return checksum ? UNPACK_CHECKSUM : UNPACK_DAMAGED;
}

static void gzip_restart(struct unpacker *u) {
    inflateReset(&u->z);
}
#else
static bool gzip_begin(struct unpacker *u, struct trace_error *err) {
    (void)u;
    return trace_fail(err, TRACE_E_PACKED, 0,
                      "this heapreel was built without zlib: unpack the file with gunzip first");
}
static void gzip_end(struct unpacker *u) {
    (void)u;
}
static enum unpack_result gzip_step(struct unpacker *u, struct unpack_io *io, struct trace_error *err) {
    (void)io;
    gzip_begin(u, err);
    return UNPACK_FAILED;
}
static void gzip_restart(struct unpacker *u) {
    (void)u;
}
#endif

/* ---- zstd */

#ifdef HAVE_ZSTD
static bool zstd_begin(struct unpacker *u, struct trace_error *err) {
    u->zstd = ZSTD_createDStream();
    u->hint = ZSTD_HINT;
    return (u->zstd != NULL && !ZSTD_isError(ZSTD_DCtx_setParameter(u->zstd, ZSTD_d_windowLogMax, WINDOW_LOG))) ||
           trace_fail(err, TRACE_E_MEMORY, 0, "out of memory while unpacking zstd");
}

static void zstd_end(struct unpacker *u) {
    ZSTD_freeDStream(u->zstd);
}

static enum unpack_result zstd_wrong(size_t rc, struct trace_error *err) {
    switch (ZSTD_getErrorCode(rc)) {
    case ZSTD_error_memory_allocation:
        trace_fail(err, TRACE_E_MEMORY, 0, "out of memory while unpacking zstd");
        return UNPACK_FAILED;
    case ZSTD_error_frameParameter_windowTooLarge:
        trace_fail(err, TRACE_E_LIMIT, 0,
                   "zstd data packed with a window above 128 MB (--long=28 or more): unpack it with unzstd first");
        return UNPACK_FAILED;
    case ZSTD_error_checksum_wrong:
        trace_fail(err, TRACE_E_PACKED, 0, "damaged zstd data");
        return UNPACK_CHECKSUM;
    default:
        trace_fail(err, TRACE_E_PACKED, 0, "damaged zstd data");
        return UNPACK_DAMAGED;
    }
}

/* Where a call fails, what it unpacked is lost: so each is given one block, or the three bytes of a block's header. */
static size_t zstd_portion(size_t hint, size_t left) {
    enum { BLOCK_HEADER = 3 };
    size_t n = hint > BLOCK_HEADER ? hint - BLOCK_HEADER : hint;
    return n < left ? n : left;
}

static enum unpack_result zstd_step(struct unpacker *u, struct unpack_io *io, struct trace_error *err) {
    const uint8_t *block = io->in;
    for (;;) {
        ZSTD_inBuffer src = {io->in, zstd_portion(u->hint, io->in_left), 0};
        ZSTD_outBuffer dst = {io->out, io->out_left, 0};
        size_t rc = ZSTD_decompressStream(u->zstd, &dst, &src);
        if (ZSTD_isError(rc)) {
            u->whole = false;
            io->in_left += (size_t)(io->in - block);
            io->in = block;
            return zstd_wrong(rc, err);
        }
        io->in += src.pos;
        io->in_left -= src.pos;
        io->out += dst.pos;
        io->out_left -= dst.pos;
        bool moved = src.pos > 0 || dst.pos > 0;
        block = dst.pos > 0 ? io->in : block;
        u->whole = moved ? rc == 0 : u->whole;
        u->hint = rc > 0 ? rc : ZSTD_HINT;
        if (rc == 0 || !moved || io->out_left == 0) {
            return UNPACK_ON;
        }
    }
}

static void zstd_restart(struct unpacker *u) {
    ZSTD_DCtx_reset(u->zstd, ZSTD_reset_session_only);
    u->hint = ZSTD_HINT;
}
#else
static bool zstd_begin(struct unpacker *u, struct trace_error *err) {
    (void)u;
    return trace_fail(err, TRACE_E_PACKED, 0,
                      "this heapreel was built without zstd: unpack the file with unzstd first");
}
static void zstd_end(struct unpacker *u) {
    (void)u;
}
static enum unpack_result zstd_step(struct unpacker *u, struct unpack_io *io, struct trace_error *err) {
    (void)io;
    zstd_begin(u, err);
    return UNPACK_FAILED;
}
static void zstd_restart(struct unpacker *u) {
    (void)u;
}
#endif

/* ---- either */

struct unpacker *unpack_new(enum unpack_kind kind, struct trace_error *err) {
    struct unpacker *u = calloc(1, sizeof *u);
    if (u == NULL) {
        trace_fail(err, TRACE_E_MEMORY, 0, "out of memory");
        return NULL;
    }
    u->kind = kind;
    if (!(kind == UNPACK_GZIP ? gzip_begin(u, err) : zstd_begin(u, err))) {
        unpack_free(&u);
    }
    return u;
}

void unpack_free(struct unpacker **u) {
    if (*u == NULL) {
        return;
    }
    if ((*u)->kind == UNPACK_GZIP) {
        gzip_end(*u);
    } else {
        zstd_end(*u);
    }
    free(*u);
    *u = NULL;
}

void unpack_restart(struct unpacker *u) {
    u->whole = false;
    if (u->kind == UNPACK_GZIP) {
        gzip_restart(u);
    } else {
        zstd_restart(u);
    }
}

enum unpack_result unpack_step(struct unpacker *u, struct unpack_io *io, struct trace_error *err) {
    return u->kind == UNPACK_GZIP ? gzip_step(u, io, err) : zstd_step(u, io, err);
}
