/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * unpack.c - the two decoders behind one face.
 *
 * Members and frames may follow one another (`cat a.gz b.gz`): they make one trace. zstd's window is bounded to what
 * `zstd --long` makes; `zstd --long=28` and beyond would have us hold more than that for the asking.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "traces/source.h"
#include "traces/unpack.h"

#include <stdlib.h>
#ifdef HAVE_ZLIB
#include <zlib.h>
#endif
#ifdef HAVE_ZSTD
#include <zstd.h>
#include <zstd_errors.h>
#endif

enum { WINDOW_LOG = 27 };

struct unpacker {
    bool gzip;
    bool whole; /* between two members or frames */
#ifdef HAVE_ZLIB
    z_stream z;
#endif
#ifdef HAVE_ZSTD
    ZSTD_DStream *zstd;
#endif
};

static bool is_gzip(const uint8_t *p, size_t n) {
    return n >= 3 && p[0] == 0x1f && p[1] == 0x8b && p[2] == 8;
}

static bool is_zstd(const uint8_t *p, size_t n) {
    return n >= 4 && p[0] == 0x28 && p[1] == 0xb5 && p[2] == 0x2f && p[3] == 0xfd;
}

bool unpack_is_packed(const uint8_t *p, size_t n) {
    return is_gzip(p, n) || is_zstd(p, n);
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

static bool gzip_step(struct unpacker *u, struct unpack_io *io, struct trace_error *err) {
    static const size_t most = 1 << 30; /* zlib counts in unsigned int */
    if (u->whole) {
        gzip_skip_padding(io);
        if (io->in_left == 0) {
            return true;
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
        return trace_fail(err, TRACE_E_MEMORY, 0, "out of memory while unpacking gzip");
    }
    if (rc == Z_STREAM_END) {
        rc = inflateReset(&u->z); /* another member may follow */
    }
    return rc == Z_OK || rc == Z_BUF_ERROR || trace_fail(err, TRACE_E_PACKED, 0, "damaged gzip data");
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
static bool gzip_step(struct unpacker *u, struct unpack_io *io, struct trace_error *err) {
    (void)io;
    return gzip_begin(u, err);
}
#endif

/* ---- zstd */

#ifdef HAVE_ZSTD
static bool zstd_begin(struct unpacker *u, struct trace_error *err) {
    u->zstd = ZSTD_createDStream();
    return (u->zstd != NULL && !ZSTD_isError(ZSTD_DCtx_setParameter(u->zstd, ZSTD_d_windowLogMax, WINDOW_LOG))) ||
           trace_fail(err, TRACE_E_MEMORY, 0, "out of memory while unpacking zstd");
}

static void zstd_end(struct unpacker *u) {
    ZSTD_freeDStream(u->zstd);
}

static bool zstd_wrong(size_t rc, struct trace_error *err) {
    switch (ZSTD_getErrorCode(rc)) {
    case ZSTD_error_memory_allocation:
        return trace_fail(err, TRACE_E_MEMORY, 0, "out of memory while unpacking zstd");
    case ZSTD_error_frameParameter_windowTooLarge:
        return trace_fail(
            err, TRACE_E_LIMIT, 0,
            "zstd data packed with a window above 128 MB (--long=28 or more): unpack it with unzstd first");
    default:
        return trace_fail(err, TRACE_E_PACKED, 0, "damaged zstd data");
    }
}

static bool zstd_step(struct unpacker *u, struct unpack_io *io, struct trace_error *err) {
    ZSTD_inBuffer src = {io->in, io->in_left, 0};
    ZSTD_outBuffer dst = {io->out, io->out_left, 0};
    size_t rc = ZSTD_decompressStream(u->zstd, &dst, &src);
    io->in += src.pos;
    io->in_left -= src.pos;
    io->out += dst.pos;
    io->out_left -= dst.pos;
    if (ZSTD_isError(rc)) {
        u->whole = false;
        return zstd_wrong(rc, err);
    }
    if (src.pos > 0 || dst.pos > 0) {
        u->whole = rc == 0;
    }
    return true;
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
static bool zstd_step(struct unpacker *u, struct unpack_io *io, struct trace_error *err) {
    (void)io;
    return zstd_begin(u, err);
}
#endif

/* ---- either */

struct unpacker *unpack_new(const uint8_t *p, size_t n, struct trace_error *err) {
    struct unpacker *u = calloc(1, sizeof *u);
    if (u == NULL) {
        trace_fail(err, TRACE_E_MEMORY, 0, "out of memory");
        return NULL;
    }
    u->gzip = is_gzip(p, n);
    if (!(u->gzip ? gzip_begin(u, err) : zstd_begin(u, err))) {
        unpack_free(&u);
    }
    return u;
}

void unpack_free(struct unpacker **u) {
    if (*u == NULL) {
        return;
    }
    if ((*u)->gzip) {
        gzip_end(*u);
    } else {
        zstd_end(*u);
    }
    free(*u);
    *u = NULL;
}

bool unpack_step(struct unpacker *u, struct unpack_io *io, struct trace_error *err) {
    return u->gzip ? gzip_step(u, io, err) : zstd_step(u, io, err);
}
