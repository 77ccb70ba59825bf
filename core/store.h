/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * store.h - packed blocks one behind the other, in memory or, past a limit, in a temporary file. For core/ only.
 *
 * Bytes that were put never change. The file has no name and goes with the process; it lies in $TMPDIR, else in
 * /var/tmp, else in /tmp. Where none can be made or written the bytes stay in memory: the limit is a wish, not a rule.
 */
#ifndef HEAPREEL_STORE_H
#define HEAPREEL_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store {
    struct store_chunk {
        uint8_t *data; /* NULL: in the file */
        size_t used;
        uint64_t at; /* offset in the file */
    } * chunks;
    size_t nchunks, cap_chunks;
    size_t in_memory, limit; /* bytes; limit 0: none */
    size_t oldest;           /* chunks below are in the file */
    int file;                /* -1: not made, -2: can't be */
    uint64_t file_bytes;
    uint8_t *scratch; /* what was read from the file last */
    size_t cap_scratch;
};

void store_init(struct store *s, size_t limit);
void store_free(struct store *s);
/* Keep n bytes; where they are goes to *at. False: out of memory. */
bool store_put(struct store *s, const void *data, size_t n, uint64_t *at);
/*
 * Bytes that were put, good until the next call; STORE_BEYOND more may be read and mean nothing. NULL: out of memory,
 * or the file can't be read.
 */
enum { STORE_BEYOND = 8 }; /* FACTS_BEYOND */
const uint8_t *store_get(struct store *s, uint64_t at, size_t n);

#endif
