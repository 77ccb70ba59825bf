/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mutate_packed.c - changes to packed traces (mutate.h): of the trace inside, of the container, or of its bytes.
 *
 * What comes out is one gzip member or zstd frame, or two; small traces only, so that a fuzzer tries many.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "tests/fuzz/mutate.h"

#include <stdbool.h>
#include <string.h>
#ifdef HAVE_ZLIB
#include <zlib.h>
#endif
#ifdef HAVE_ZSTD
#include <zstd.h>
#endif

enum { INSIDE = 1 << 15 };

#ifdef HAVE_ZLIB
static size_t gunzip(const uint8_t *in, size_t size, uint8_t *out, size_t max) {
    z_stream z = {0};
    if (inflateInit2(&z, 15 + 16) != Z_OK) {
        return 0;
    }
    z.next_in = (Bytef *)(uintptr_t)in;
    z.avail_in = (uInt)size;
    z.next_out = out;
    z.avail_out = (uInt)max;
    (void)inflate(&z, Z_FINISH);
    size_t n = max - z.avail_out;
    inflateEnd(&z);
    return n;
}
static size_t gzip(const uint8_t *in, size_t size, uint8_t *out, size_t max, int level) {
    z_stream z = {0};
    if (deflateInit2(&z, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        return 0;
    }
    z.next_in = (Bytef *)(uintptr_t)in;
    z.avail_in = (uInt)size;
    z.next_out = out;
    z.avail_out = (uInt)max;
    int rc = deflate(&z, Z_FINISH);
    size_t n = max - z.avail_out;
    deflateEnd(&z);
    return rc == Z_STREAM_END ? n : 0;
}
#else
static size_t gunzip(const uint8_t *in, size_t size, uint8_t *out, size_t max) {
    return (void)in, (void)size, (void)out, (void)max, 0;
}
static size_t gzip(const uint8_t *in, size_t size, uint8_t *out, size_t max, int level) {
    return (void)in, (void)size, (void)out, (void)max, (void)level, 0;
}
#endif

#ifdef HAVE_ZSTD
static size_t unzstd(const uint8_t *in, size_t size, uint8_t *out, size_t max) {
    ZSTD_DStream *z = ZSTD_createDStream();
    ZSTD_inBuffer src = {in, size, 0};
    ZSTD_outBuffer dst = {out, max, 0};
    for (size_t rc = 1; z != NULL && src.pos < size && dst.pos < max && !ZSTD_isError(rc);) {
        rc = ZSTD_decompressStream(z, &dst, &src);
    }
    ZSTD_freeDStream(z);
    return dst.pos;
}
static size_t zstd(const uint8_t *in, size_t size, uint8_t *out, size_t max, int level) {
    size_t n = ZSTD_compress(out, max, in, size, level);
    return ZSTD_isError(n) ? 0 : n;
}
#else
static size_t unzstd(const uint8_t *in, size_t size, uint8_t *out, size_t max) {
    return (void)in, (void)size, (void)out, (void)max, 0;
}
static size_t zstd(const uint8_t *in, size_t size, uint8_t *out, size_t max, int level) {
    return (void)in, (void)size, (void)out, (void)max, (void)level, 0;
}
#endif

size_t mutate_packed(uint8_t *data, size_t size, size_t max, unsigned seed, mutate_bytes *bytes) {
    static uint8_t inside[INSIDE]; /* of the fuzzer's one thread */
    if (seed % 4 == 0 || size < 4) {
        return bytes(data, size, max);
    }
    size_t n = data[0] == 0x1f ? gunzip(data, size, inside, INSIDE) : unzstd(data, size, inside, INSIDE);
    if (n == 0) { /* not packed, or broken: it is the trace itself */
        n = size < INSIDE ? size : INSIDE;
        memcpy(inside, data, n);
    }
    if (seed % 16 != 1) {
        n = mutate_trace(inside, n, INSIDE, seed / 16, MUTATE_ANY, bytes);
    }
    int level = (int)(seed / 64 % 9) + 1;
    size_t (*pack)(const uint8_t *, size_t, uint8_t *, size_t, int) = seed / 512 % 2 == 0 ? gzip : zstd;
    size_t first = seed / 1024 % 4 == 0 ? n / 2 : n; /* in two parts, now and then */
    size_t out = pack(inside, first, data, max, level);
    if (out > 0 && first < n) {
        out += pack(inside + first, n - first, data + out, max - out, level);
    }
    return out > 0 ? out : bytes(data, size, max);
}
