/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * source.h - the bytes of a trace in memory: a plain file mapped, anything else as far as it has been read.
 *
 * `data` never moves while the source is open; `size` grows, but only inside source_has. Packing is told by content,
 * never by name. What lies before the place given to source_give_back reads as zeros afterwards, where the source can
 * give memory back at all. Offsets are bytes into the unpacked trace.
 */
#ifndef HEAPREEL_SOURCE_H
#define HEAPREEL_SOURCE_H

#include "traces/traces.h"

/*
 * Packed data may unpack to so many bytes for each of its own, and so many on top: what gzip can reach. zstd can go a
 * hundred times further, and no recording comes near either.
 */
enum { SOURCE_MOST_PER_BYTE = 1032, SOURCE_MOST_FREE = 16 << 20 };

struct stream;

struct source {
    const uint8_t *data;
    size_t size;
    bool ended;              /* all that there is, is there */
    bool waiting;            /* source_has said no because bytes are still to come */
    struct trace_error end;  /* why it ended early; TRACE_OK: it didn't */
    uint64_t holes;          /* places before `size` where packed data was damaged and bytes are missing */
    struct trace_error hole; /* the first of them; offset: unpacked */
    uint64_t file_bytes;     /* as it lies on disk; of a pipe: as many as came */
    void *map;               /* to unmap, NULL if none */
    size_t map_size;
    size_t given;          /* of the map: given back up to here */
    struct stream *stream; /* NULL: all is there from the beginning */
};

/* Open a file, or standard input for "-". Waits for no byte yet. False with *err set. `opt` may be NULL. */
bool source_open(struct source *s, const char *path, const struct trace_options *opt, struct trace_error *err);

/* Take bytes of the caller's, which must outlive the source. */
bool source_memory(struct source *s, const void *data, size_t size, struct trace_error *err);

void source_close(struct source *s);

/* Read on until `upto` bytes are there. False: s->ended tells whether they can still come. */
bool source_grow(struct source *s, uint64_t upto);
static inline bool source_has(struct source *s, uint64_t upto) {
    return upto <= s->size || (!s->ended && source_grow(s, upto));
}

/* From now on source_has says no instead of waiting for bytes of a pipe. */
void source_dont_wait(struct source *s);
/* What becomes readable when more bytes come; -1 where there is none, or nothing more to come. */
int source_fd(const struct source *s);
/* How much of the file has been taken in: 0 to 1, below 0 where nobody can know. */
double source_share(const struct source *s);

/* Nothing before `upto`, or in [from, to), will be looked at again. */
void source_give_back(struct source *s, uint64_t upto);
void source_give_back_range(struct source *s, uint64_t from, uint64_t to);

/* Fill *err; `fmt` as for printf. Returns false, so that a caller can return it. */
bool trace_fail(struct trace_error *err, enum trace_code code, uint64_t offset, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

#endif
