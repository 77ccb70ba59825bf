/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * store.c - chunks of packed blocks, and the temporary file that takes the oldest ones.
 *
 * A place is a chunk's number and an offset in it. No block lies across two chunks.
 */
#include "core/store.h"
#include "traces/grow.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK_BYTES = 1 << 20, NO_FILE = -1, NEVER_A_FILE = -2 };

void store_init(struct store *s, size_t limit) {
    *s = (struct store){.limit = limit, .file = NO_FILE};
}

void store_free(struct store *s) {
    for (size_t i = 0; i < s->nchunks; i++) {
        free(s->chunks[i].data);
    }
    if (s->file >= 0) {
        close(s->file);
    }
    free(s->chunks);
    free(s->scratch);
    store_init(s, 0);
}

/* ---- the file */

static int make_file_in(const char *dir) {
    char path[4096];
    int n = dir == NULL || dir[0] == '\0' ? -1 : snprintf(path, sizeof path, "%s/heapreel-XXXXXX", dir);
    int fd = n < 0 || (size_t)n >= sizeof path ? -1 : mkstemp(path);
    if (fd >= 0) {
        unlink(path);
    }
    return fd;
}

static int make_file(void) {
    const char *const dirs[] = {getenv("TMPDIR"), "/var/tmp", "/tmp"};
    for (size_t i = 0; i < sizeof dirs / sizeof dirs[0]; i++) {
        int fd = make_file_in(dirs[i]);
        if (fd >= 0) {
            return fd;
        }
    }
    return NEVER_A_FILE;
}

/* n bytes between memory and the file, all of them. */
static bool move_all(int fd, bool to_file, uint8_t *data, size_t n, uint64_t at) {
    while (n > 0) {
        ssize_t k = to_file ? pwrite(fd, data, n, (off_t)at) : pread(fd, data, n, (off_t)at);
        if (k <= 0 && !(k < 0 && errno == EINTR)) {
            return false;
        }
        if (k > 0) {
            data += k;
            at += (uint64_t)k;
            n -= (size_t)k;
        }
    }
    return true;
}

/* The oldest chunks go to the file until the rest keeps to the limit. */
static void spill(struct store *s) {
    while (s->limit > 0 && s->in_memory > s->limit && s->oldest < s->nchunks && s->file != NEVER_A_FILE) {
        struct store_chunk *c = &s->chunks[s->oldest];
        s->file = s->file == NO_FILE ? make_file() : s->file;
        if (s->file < 0 || !move_all(s->file, true, c->data, c->used, s->file_bytes)) {
            s->limit = 0; /* the disk is full: what is there stays readable */
            return;
        }
        c->at = s->file_bytes;
        s->file_bytes += c->used;
        free(c->data);
        c->data = NULL;
        s->in_memory -= CHUNK_BYTES;
        s->oldest++;
    }
}

/* ---- bytes */

static bool add_chunk(struct store *s) {
    spill(s);
    uint8_t *data = malloc(CHUNK_BYTES + STORE_BEYOND);
    if (data == NULL || !GROW(s->chunks, s->nchunks, s->cap_chunks)) {
        free(data);
        return false;
    }
    s->chunks[s->nchunks++] = (struct store_chunk){.data = data};
    s->in_memory += CHUNK_BYTES;
    return true;
}

bool store_put(struct store *s, const void *data, size_t n, uint64_t *at) {
    bool fits = s->nchunks > 0 && n <= CHUNK_BYTES - s->chunks[s->nchunks - 1].used;
    if (n > CHUNK_BYTES || (!fits && !add_chunk(s))) {
        return false;
    }
    struct store_chunk *c = &s->chunks[s->nchunks - 1];
    *at = (uint64_t)(s->nchunks - 1) * CHUNK_BYTES + c->used;
    memcpy(c->data + c->used, data, n);
    c->used += n;
    return true;
}

const uint8_t *store_get(struct store *s, uint64_t at, size_t n) {
    const struct store_chunk *c = &s->chunks[at / CHUNK_BYTES];
    uint64_t in_chunk = at % CHUNK_BYTES;
    if (c->data != NULL) {
        return c->data + in_chunk;
    }
    if (!grow_to((void **)&s->scratch, &s->cap_scratch, n + STORE_BEYOND, 1) ||
        !move_all(s->file, false, s->scratch, n, c->at + in_chunk)) {
        return NULL;
    }
    return s->scratch;
}
