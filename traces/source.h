/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * source.h - the bytes of a trace, whole and in memory: mapped from a file, or unpacked from gzip or zstd.
 *
 * `data` never changes while the source is open. Packing is told by content, never by name.
 */
#ifndef HEAPREEL_SOURCE_H
#define HEAPREEL_SOURCE_H

#include "traces/traces.h"

struct source {
    const uint8_t *data;
    size_t size;
    uint64_t file_bytes; /* as it lies on disk */
    bool cut;            /* packed data ended early or was damaged: `data` is what could be unpacked */
    void *map;           /* to unmap, NULL if none */
    size_t map_size;
    uint8_t *owned; /* to free, NULL if none */
};

/* Open a file, or standard input for "-". False with *err set. */
bool source_open(struct source *s, const char *path, struct trace_error *err);

/* Take bytes of the caller's, which must outlive the source. */
bool source_memory(struct source *s, const void *data, size_t size, struct trace_error *err);

void source_close(struct source *s);

/* Fill *err; `fmt` as for printf. Returns false, so that a caller can return it. */
bool trace_fail(struct trace_error *err, enum trace_code code, uint64_t offset, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

#endif
