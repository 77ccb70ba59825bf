/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * source.c - where the bytes come from.
 *
 * A plain file is mapped, so that opening costs nothing and memory is the kernel's to manage. Anything else (pipes,
 * gzip, zstd) is a stream: it is read, and unpacked, as far as somebody asked for, into a room that never moves.
 */
#include "traces/source.h"
#include "traces/packed.h"
#include "traces/room.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 1 << 18, BUFFER = 4 * CHUNK };

/* Address space for a pipe, whose length nobody knows. */
#define PIPE_ROOM (sizeof(void *) > 4 ? UINT64_C(1) << 38 : UINT64_C(1) << 30)

struct stream {
    int fd; /* -1: all of the input is in memory */
    bool dont_wait;
    bool packed_known; /* what kind of data it is */
    struct trace_options opt;
    uint8_t *buffer; /* of BUFFER bytes, for what comes from fd packed: `in` points there */
    const uint8_t *in;
    size_t in_left; /* not yet unpacked */
    uint64_t taken; /* unpacked */
    uint64_t total; /* bytes of input, 0: not known */
    bool in_ended;  /* no more input behind `in` */
    bool brimful;   /* the last output filled all its room: the unpacker may hold more */
    bool is_packed;
    struct packed packed;
    struct room room;
};

enum step { STEP_DONE, STEP_WAIT, STEP_END };

bool trace_fail(struct trace_error *err, enum trace_code code, uint64_t offset, const char *fmt, ...) {
    err->code = code;
    err->offset = offset;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(err->text, sizeof err->text, fmt, ap);
    va_end(ap);
    return false;
}

/* ---- streams: input */

/* A signal that interrupts the wait ends it: whoever waits may want to leave. */
static bool wait_for_input(int fd) {
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, -1) > 0;
}

static bool input_is_there(int fd) {
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, 0) > 0;
}

/* Up to CHUNK bytes of input to dst. */
static enum step read_some(struct source *s, uint8_t *dst, size_t *got) {
    struct stream *x = s->stream;
    *got = 0;
    if (x->in_ended) {
        return STEP_END;
    }
    for (;;) {
        if (x->dont_wait && !input_is_there(x->fd)) {
            return STEP_WAIT;
        }
        ssize_t n = read(x->fd, dst, CHUNK);
        if (n > 0) {
            *got = (size_t)n;
            s->file_bytes += x->total == 0 ? (uint64_t)n : 0;
            if (x->opt.copy != NULL) {
                x->opt.copy(x->opt.copy_arg, dst, (size_t)n);
            }
            return STEP_DONE;
        }
        if (n < 0 && errno == EINTR) {
            return STEP_WAIT;
        }
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            if (x->dont_wait || !wait_for_input(x->fd)) {
                return STEP_WAIT;
            }
            continue;
        }
        if (n < 0) {
            trace_fail(&s->end, TRACE_E_OPEN, s->size, "reading failed: %s", strerror(errno));
        }
        x->in_ended = true;
        return STEP_END;
    }
}

/* ---- streams: a step further */

static enum step end_early(struct source *s, enum trace_code code, const char *text) {
    trace_fail(&s->end, code, s->size, "%s", text);
    return STEP_END;
}

/* The first bytes tell whether it is packed. */
static enum step look_at_kind(struct source *s) {
    struct stream *x = s->stream;
    while (x->in_left < UNPACK_MAGIC && !x->in_ended) {
        size_t n;
        enum step step = read_some(s, x->buffer + x->in_left, &n);
        if (step == STEP_WAIT) {
            return step;
        }
        x->in_left += n;
    }
    x->is_packed = packed_begin(&x->packed, x->in, x->in_left);
    x->packed_known = true;
    return STEP_DONE;
}

/* Plain bytes: what was looked at first, then straight into the room. */
static enum step take_plain(struct source *s) {
    struct stream *x = s->stream;
    if (!room_fit(&x->room, s->size + x->in_left + CHUNK)) {
        return end_early(s, TRACE_E_MEMORY, "out of memory for the bytes of a pipe");
    }
    if (x->in_left > 0) {
        memcpy(x->room.base + s->size, x->in, x->in_left);
        s->size += x->in_left;
        x->in_left = 0;
        return STEP_DONE;
    }
    size_t n;
    enum step step = read_some(s, x->room.base + s->size, &n);
    s->size += n;
    return step;
}

/* More input behind `in`; of what lies before it PACKED_BACK bytes stay. */
static enum step refill(struct source *s) {
    struct stream *x = s->stream;
    if (x->in_ended) {
        return STEP_END;
    }
    size_t past = (size_t)(x->in - x->buffer), keep = past < PACKED_BACK ? past : PACKED_BACK;
    if (BUFFER - past - x->in_left < CHUNK) {
        memmove(x->buffer, x->in - keep, keep + x->in_left);
        x->in = x->buffer + keep;
    }
    size_t n;
    enum step step = read_some(s, x->buffer + (x->in - x->buffer) + x->in_left, &n);
    x->in_left += n;
    return step;
}

static enum step take_packed(struct source *s) {
    struct stream *x = s->stream;
    if ((x->in_left == 0 || x->packed.hungry) && !x->brimful) {
        enum step step = refill(s);
        if (step == STEP_END && s->end.code == TRACE_OK) {
            packed_end(&x->packed, s->size > 0, &s->end);
            s->end.offset = s->size;
        }
        if (step != STEP_DONE) {
            return step;
        }
    }
    if (!room_fit(&x->room, s->size + CHUNK)) {
        return end_early(s, TRACE_E_MEMORY, "out of memory for what was packed");
    }
    struct unpack_io io = {x->in, x->in_left, x->room.base + s->size, CHUNK};
    uint64_t back = x->fd >= 0 ? (uint64_t)(x->in - x->buffer) : x->taken, holes = x->packed.holes;
    bool ok = packed_step(&x->packed, &io, x->taken, back, &s->end);
    x->taken += x->in_left - io.in_left; /* modulo 2^64: it may have gone back */
    x->in = io.in;
    x->in_left = io.in_left;
    x->brimful = io.out_left == 0;
    if (x->packed.holes > holes && s->holes++ == 0) {
        s->hole = x->packed.told;
        s->hole.offset = s->size;
    }
    s->size += CHUNK - io.out_left;
    if (ok && s->size > SOURCE_MOST_FREE && s->size - SOURCE_MOST_FREE > SOURCE_MOST_PER_BYTE * x->taken) {
        return end_early(s, TRACE_E_LIMIT, "packed data that unpacks to more than a thousand times its size");
    }
    return ok ? STEP_DONE : STEP_END;
}

bool source_grow(struct source *s, uint64_t upto) {
    struct stream *x = s->stream;
    s->waiting = false;
    while (s->size < upto && !s->ended) {
        enum step step = !x->packed_known ? look_at_kind(s) : x->is_packed ? take_packed(s) : take_plain(s);
        if (step == STEP_WAIT) {
            s->waiting = true;
            return false;
        }
        s->ended = step == STEP_END;
    }
    return s->size >= upto;
}

/* ---- opening */

static void stream_free(struct stream **x) {
    if (*x == NULL) {
        return;
    }
    if ((*x)->fd >= 0) {
        close((*x)->fd);
    }
    packed_free(&(*x)->packed);
    room_close(&(*x)->room);
    free((*x)->buffer);
    free(*x);
    *x = NULL;
}

/* Takes fd over; -1: the input is `size` bytes at `in`. */
static bool open_stream(struct source *s, int fd, const uint8_t *in, size_t size, struct trace_error *err) {
    struct stream *x = calloc(1, sizeof *x);
    uint64_t most = fd >= 0 ? PIPE_ROOM : SOURCE_MOST_FREE + (uint64_t)size * SOURCE_MOST_PER_BYTE + 2 * CHUNK;
    if (x != NULL) {
        *x = (struct stream){.fd = fd, .in = in, .in_left = size, .total = size, .in_ended = fd < 0};
        x->buffer = fd >= 0 ? malloc(BUFFER) : NULL;
    } else if (fd >= 0) {
        close(fd);
    }
    if (x == NULL || (fd >= 0 && x->buffer == NULL) || !room_open(&x->room, most < PIPE_ROOM ? most : PIPE_ROOM)) {
        stream_free(&x);
        return trace_fail(err, TRACE_E_MEMORY, 0, "out of memory");
    }
    x->in = fd >= 0 ? x->buffer : in;
    s->stream = x;
    s->data = x->room.base;
    s->size = 0;
    s->ended = false;
    return true;
}

static bool map_file(struct source *s, int fd, size_t size, struct trace_error *err) {
    void *map = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (map == MAP_FAILED) {
        return trace_fail(err, TRACE_E_OPEN, 0, "%s", strerror(errno));
    }
    madvise(map, size, MADV_SEQUENTIAL);
    *s = (struct source){.data = map, .size = size, .ended = true, .file_bytes = size, .map = map, .map_size = size};
    return true;
}

/* All bytes are there: packed ones become a stream that reads them. */
static bool open_whole(struct source *s, struct trace_error *err) {
    return unpack_kind(s->data, s->size) == UNPACK_NONE || open_stream(s, -1, s->data, s->size, err);
}

static int open_path(const char *path) {
    static const char *const input[] = {"-", "/dev/stdin", "/dev/fd/0"};
    for (size_t i = 0; i < sizeof input / sizeof input[0]; i++) {
        if (strcmp(path, input[i]) == 0) {
            return fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3); /* sockets can't be opened by that name */
        }
    }
    return open(path, O_RDONLY | O_CLOEXEC);
}

bool source_open(struct source *s, const char *path, const struct trace_options *opt, struct trace_error *err) {
    *s = (struct source){0};
    int fd = open_path(path);
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
        ok = map_file(s, fd, (size_t)st.st_size, err) && open_whole(s, err);
    } else {
        ok = open_stream(s, fd, NULL, 0, err);
        fd = -1;
        if (ok && opt != NULL) {
            s->stream->opt = *opt;
        }
    }
    if (fd >= 0) {
        close(fd);
    }
    if (!ok) {
        source_close(s);
    }
    return ok;
}

bool source_memory(struct source *s, const void *data, size_t size, struct trace_error *err) {
    *s = (struct source){.data = data, .size = size, .ended = true, .file_bytes = size};
    return open_whole(s, err);
}

void source_close(struct source *s) {
    stream_free(&s->stream);
    if (s->map != NULL) {
        munmap(s->map, s->map_size);
    }
    *s = (struct source){0};
}

/* ---- the rest */

void source_dont_wait(struct source *s) {
    if (s->stream != NULL) {
        s->stream->dont_wait = true;
    }
}

int source_fd(const struct source *s) {
    return s->stream != NULL && !s->ended ? s->stream->fd : -1;
}

double source_share(const struct source *s) {
    if (s->ended) {
        return 1;
    }
    return s->stream->total > 0 ? (double)s->stream->taken / (double)s->stream->total : -1;
}

/* Pages of a mapped file: they can be had again, but count as ours no more. */
static void unload(struct source *s, size_t from, size_t to) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    from = (from + page - 1) / page * page;
    if (s->map != NULL && to / page * page > from) {
        madvise((char *)s->map + from, to / page * page - from, MADV_DONTNEED);
    }
}

void source_give_back(struct source *s, uint64_t upto) {
    size_t end = upto < s->size ? (size_t)upto : s->size;
    if (s->stream != NULL) {
        room_give_back(&s->stream->room, end);
    } else {
        unload(s, s->given, end);
        s->given = end > s->given ? end : s->given;
    }
}

void source_give_back_range(struct source *s, uint64_t from, uint64_t to) {
    if (s->stream != NULL && from < to && to <= s->size) {
        room_give_back_range(&s->stream->room, (size_t)from, (size_t)to);
    } else if (s->stream == NULL && from < to && to <= s->size) {
        unload(s, (size_t)from, (size_t)to);
    }
}
