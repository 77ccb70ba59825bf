/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * source.c - where the bytes come from.
 *
 * A plain file is mapped, so that opening costs nothing and memory is the kernel's to manage. Anything else (a pipe,
 * gzip, zstd) is read into one growing buffer. Damaged packed data keeps what could be unpacked: the reader then
 * reports the cut.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "traces/grow.h"
#include "traces/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef HAVE_ZLIB
#include <zlib.h>
#endif
#ifdef HAVE_ZSTD
#include <zstd.h>
#endif

enum { CHUNK = 1 << 18 };

bool trace_fail(struct trace_error *err, enum trace_code code, uint64_t offset, const char *fmt, ...) {
    err->code = code;
    err->offset = offset;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(err->text, sizeof err->text, fmt, ap);
    va_end(ap);
    return false;
}

struct buffer {
    uint8_t *data;
    size_t size, cap;
};

static bool buffer_room(struct buffer *b, size_t more) {
    return b->size <= SIZE_MAX - more && grow_to((void **)&b->data, &b->cap, b->size + more, 1);
}

static bool read_all(int fd, struct buffer *b, struct trace_error *err) {
    for (;;) {
        if (!buffer_room(b, CHUNK)) {
            return trace_fail(err, TRACE_E_MEMORY, b->size, "out of memory while reading");
        }
        ssize_t n = read(fd, b->data + b->size, CHUNK);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return trace_fail(err, TRACE_E_OPEN, b->size, "%s", strerror(errno));
        }
        if (n == 0) {
            return true;
        }
        b->size += (size_t)n;
    }
}

static bool is_gzip(const uint8_t *p, size_t n) {
    return n >= 3 && p[0] == 0x1f && p[1] == 0x8b && p[2] == 8;
}

static bool is_zstd(const uint8_t *p, size_t n) {
    return n >= 4 && p[0] == 0x28 && p[1] == 0xb5 && p[2] == 0x2f && p[3] == 0xfd;
}

#ifdef HAVE_ZLIB
static bool unpack_gzip(const uint8_t *in, size_t size, struct buffer *out, bool *cut, struct trace_error *err) {
    z_stream z = {0};
    if (inflateInit2(&z, 15 + 16) != Z_OK) {
        return trace_fail(err, TRACE_E_MEMORY, 0, "out of memory while unpacking gzip");
    }
    size_t done = 0;
    int rc = Z_OK;
    while (done < size || z.avail_in > 0) {
        if (z.avail_in == 0) {
            size_t n = size - done < CHUNK ? size - done : CHUNK;
            z.next_in = (Bytef *)(uintptr_t)(in + done);
            z.avail_in = (uInt)n;
            done += n;
        }
        if (!buffer_room(out, CHUNK)) {
            rc = Z_MEM_ERROR;
            break;
        }
        z.next_out = out->data + out->size;
        z.avail_out = CHUNK;
        rc = inflate(&z, Z_NO_FLUSH);
        out->size += CHUNK - z.avail_out;
        *cut = rc != Z_STREAM_END;
        if (rc == Z_STREAM_END) {
            rc = inflateReset(&z); /* another member may follow */
            if (done == size && z.avail_in == 0) {
                break;
            }
        } else if (rc != Z_OK && rc != Z_BUF_ERROR) {
            break;
        }
    }
    inflateEnd(&z);
    if (rc == Z_MEM_ERROR) {
        return trace_fail(err, TRACE_E_MEMORY, out->size, "out of memory while unpacking gzip");
    }
    return out->size > 0 || trace_fail(err, TRACE_E_PACKED, 0, "damaged gzip data");
}
#else
static bool unpack_gzip(const uint8_t *in, size_t size, struct buffer *out, bool *cut, struct trace_error *err) {
    (void)in, (void)size, (void)out, (void)cut;
    return trace_fail(err, TRACE_E_PACKED, 0,
                      "this heapreel was built without zlib: unpack the file with gunzip first");
}
#endif

#ifdef HAVE_ZSTD
static bool unpack_zstd(const uint8_t *in, size_t size, struct buffer *out, bool *cut, struct trace_error *err) {
    ZSTD_DStream *z = ZSTD_createDStream();
    if (z == NULL) {
        return trace_fail(err, TRACE_E_MEMORY, 0, "out of memory while unpacking zstd");
    }
    ZSTD_inBuffer src = {in, size, 0};
    bool memory = true;
    size_t rc = 1;
    for (bool full = false; src.pos < src.size || full;) {
        memory = buffer_room(out, CHUNK);
        if (!memory) {
            break;
        }
        ZSTD_outBuffer dst = {out->data + out->size, CHUNK, 0};
        rc = ZSTD_decompressStream(z, &dst, &src);
        out->size += dst.pos;
        if (ZSTD_isError(rc)) {
            break;
        }
        full = dst.pos == CHUNK;
    }
    ZSTD_freeDStream(z);
    *cut = rc != 0;
    if (!memory) {
        return trace_fail(err, TRACE_E_MEMORY, out->size, "out of memory while unpacking zstd");
    }
    return out->size > 0 || trace_fail(err, TRACE_E_PACKED, 0, "damaged zstd data");
}
#else
static bool unpack_zstd(const uint8_t *in, size_t size, struct buffer *out, bool *cut, struct trace_error *err) {
    (void)in, (void)size, (void)out, (void)cut;
    return trace_fail(err, TRACE_E_PACKED, 0,
                      "this heapreel was built without zstd: unpack the file with unzstd first");
}
#endif

/* Replace packed bytes by what they unpack to. Traces packed more than once are nobody's habit: one layer only. */
static bool unpack(struct source *s, struct trace_error *err) {
    bool gz = is_gzip(s->data, s->size);
    if (!gz && !is_zstd(s->data, s->size)) {
        return true;
    }
    struct buffer out = {0};
    bool cut = false;
    bool ok = gz ? unpack_gzip(s->data, s->size, &out, &cut, err) : unpack_zstd(s->data, s->size, &out, &cut, err);
    if (!ok) {
        free(out.data);
        return false;
    }
    struct source packed = *s;
    *s = (struct source){
        .data = out.data, .size = out.size, .owned = out.data, .file_bytes = packed.file_bytes, .cut = cut};
    source_close(&packed);
    return true;
}

static bool map_file(struct source *s, int fd, size_t size, struct trace_error *err) {
    void *map = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (map == MAP_FAILED) {
        return trace_fail(err, TRACE_E_OPEN, 0, "%s", strerror(errno));
    }
    madvise(map, size, MADV_SEQUENTIAL);
    *s = (struct source){.data = map, .size = size, .file_bytes = size, .map = map, .map_size = size};
    return true;
}

static bool slurp(struct source *s, int fd, struct trace_error *err) {
    struct buffer b = {0};
    if (!read_all(fd, &b, err)) {
        free(b.data);
        return false;
    }
    *s = (struct source){.data = b.data, .size = b.size, .file_bytes = b.size, .owned = b.data};
    return true;
}

bool source_open(struct source *s, const char *path, struct trace_error *err) {
    *s = (struct source){0};
    int fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return trace_fail(err, TRACE_E_OPEN, 0, "%s", strerror(errno));
    }
    struct stat st;
    bool ok = false;
    if (fstat(fd, &st) != 0) {
        trace_fail(err, TRACE_E_OPEN, 0, "%s", strerror(errno));
    } else if (S_ISDIR(st.st_mode)) {
        trace_fail(err, TRACE_E_OPEN, 0, "%s", strerror(EISDIR));
    } else if (S_ISREG(st.st_mode) && st.st_size > 0 && lseek(fd, 0, SEEK_CUR) == 0) {
        ok = map_file(s, fd, (size_t)st.st_size, err);
    } else {
        ok = slurp(s, fd, err);
    }
    close(fd);
    if (ok && !unpack(s, err)) {
        source_close(s);
        ok = false;
    }
    return ok;
}

bool source_memory(struct source *s, const void *data, size_t size, struct trace_error *err) {
    *s = (struct source){.data = data, .size = size, .file_bytes = size};
    return unpack(s, err);
}

void source_close(struct source *s) {
    if (s->map != NULL) {
        munmap(s->map, s->map_size);
    }
    free(s->owned);
    *s = (struct source){0};
}
