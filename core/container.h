/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * container.h - the file that a saved reel is: pieces one behind the other, each with a checksum. For core/ only.
 *
 * doc/reel-format.md describes it. All of the file is one CBOR sequence:
 *
 *     55799(["heapreel reel", version])                              the head
 *     0x6865617072656c70([kind, number, a, b, c, crc, bytes])        any number of pieces ("heapreelp")
 *     [offset of the index piece, its crc]                           the tail, 15 bytes
 *
 * The last piece is the index: where all others are. Where it is damaged or cut off, the pieces are found by their
 * tags. A piece's kind, number and a, b, c say what it holds; the checksum covers them and the bytes.
 *
 * Reading trusts nothing: offsets and sizes are checked against the file when it is opened, a piece's checksum when it
 * is first asked for. What the bytes mean is for their reader to check.
 */
#ifndef HEAPREEL_CONTAINER_H
#define HEAPREEL_CONTAINER_H

#include "core/bytes.h"
#include "core/checksum.h"

#include <stdio.h>

enum { CONTAINER_VERSION = 1, CONTAINER_MAGIC = 4 };

/* The numbers are those of the file: never change one. */
enum piece_kind {
    PIECE_INFO = 1,  /* what is known of the trace: a CBOR map */
    PIECE_TEXTS = 2, /* tables, in parts of `b` rows, the first of which is row `a` */
    PIECE_TYPES = 3,
    PIECE_GOROUTINES = 4,
    PIECE_SPANS = 5,
    PIECE_CYCLES = 6,
    PIECE_PHASES = 7,
    PIECE_STOPS = 8,
    PIECE_ASSISTS = 9,
    PIECE_SWEEPS = 10,
    PIECE_NOTES = 11,
    PIECE_CURVES = 12, /* c: which */
    PIECE_FACTS = 13,  /* a block of `a` facts: time of the last one, offset of the directory */
    PIECE_FRAME = 14,  /* the heap at position `a` */
    PIECE_EVENTS = 15, /* `a` events: times of the first and the last one */
    PIECE_COUNTS = 16, /* how many events of each kind, for `info` */
    PIECE_INDEX = 17,
    PIECE_PROCS = 18,
    PIECE_UNTOLD = 19,
    PIECE_KINDS
};

const char *piece_kind_name(enum piece_kind kind);

struct piece {
    uint64_t number; /* among those of its kind */
    uint64_t a, b, c;
    uint64_t at, size; /* of its bytes */
    uint32_t crc;
    uint8_t kind;
    uint8_t state; /* enum piece_state */
};
enum piece_state { PIECE_UNSEEN, PIECE_GOOD, PIECE_BAD };

/* ---- writing */

struct container_out {
    FILE *to;
    struct checksum sum;
    struct piece *pieces;
    size_t n, cap;
    uint64_t at;       /* bytes written */
    struct bytes head; /* of the piece under way */
    bool failed;       /* writing failed: errno of it in `error`; ENOMEM where memory was short */
    int error;
};

void container_begin(struct container_out *o, FILE *to);
/* Give up, for that reason, unless there was one before. */
void container_fail(struct container_out *o, int error);
/* p->kind, number, a, b and c are set; its place and checksum become known. */
void container_put(struct container_out *o, struct piece p, const void *bytes, size_t n);
/* The index and the tail. False: o->error says why something could not be written. Frees what it holds. */
bool container_end(struct container_out *o);

/* ---- reading */

struct container {
    const uint8_t *data;
    uint64_t size;
    struct checksum sum;
    struct piece *pieces; /* by kind and number; of copies the first one first */
    size_t n, cap;
    size_t of_kind[PIECE_KINDS + 1]; /* where each kind begins */
    uint64_t bad_bytes,
        bad_pieces;     /* of pieces whose checksum was wrong up to now, and what no piece could be made of */
    uint64_t first_bad; /* offset of the first of them */
    bool index_lost;    /* pieces were found by their tags */
};

enum container_error { CONTAINER_OK, CONTAINER_FOREIGN, CONTAINER_NEWER, CONTAINER_MEMORY };

/* Whether bytes begin as a saved reel does; `n` may be small. */
bool container_is(const void *data, size_t n);
/* Find the pieces of a file in memory. `version` is that of the file where it is newer. */
enum container_error container_open(struct container *c, const void *data, size_t size, uint64_t *version);
void container_free(struct container *c);

/* The pieces of a kind; n of them. */
struct piece *container_kind(struct container *c, enum piece_kind kind, size_t *n);
/* The bytes of a piece, checked; NULL: damaged. */
const uint8_t *container_bytes(struct container *c, struct piece *p);

#endif
