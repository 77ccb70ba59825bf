/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * draft.h - the block under way. For core/ only.
 *
 * Whoever adds a fact (binding.c) packs it with draft.k, counts it, and, where it is the first one of its span in this
 * block, enters the span into the directory.
 *
 * The directory says which slots of a span the block speaks of, from the lowest to the highest. A row goes through a
 * span's slots upwards as long as its facts are in the common forms: so it is enough to look where a row begins anew
 * (draft_object), and where it has come to at last.
 */
#ifndef HEAPREEL_DRAFT_H
#define HEAPREEL_DRAFT_H

#include "core/fact.h"

/* An entry of a block's directory. */
struct posting {
    uint32_t span, before; /* before: the last block with facts of this span, NO_ID */
    uint16_t lo, hi;       /* slots that facts of objects are about are among these; lo > hi: there are none */
    bool others;           /* there are facts of the span itself */
};
enum { POSTED_SLOTS = 1024 /* slots from the last of these on count as that one */ };

static inline uint16_t posted_slot(uint32_t slot) {
    return (uint16_t)(slot < POSTED_SLOTS ? slot : POSTED_SLOTS - 1);
}

/* Whether facts of this slot's objects may be there. */
static inline bool posting_has(const struct posting *e, uint32_t slot) {
    return e->lo <= posted_slot(slot) && posted_slot(slot) <= e->hi;
}

/* lo, hi, and whether there are others: in so many bytes an entry, one behind the other, behind the entries. */
enum { POSTED_BYTES = 3 };
void posting_get(struct posting *e, const uint8_t *p);

/* Bytes that the largest block may take, with its directory. */
enum { POSTING_BYTES = 16 + POSTED_BYTES, DRAFT_MAX_BYTES = BLOCK_FACTS * (FACT_MAX_BYTES + POSTING_BYTES) + 32 };

struct draft {
    struct packer k; /* writes to `bytes` */
    uint32_t block;  /* its number */
    uint32_t n;      /* facts in it */
    uint32_t ndirectory;
    struct posting directory[BLOCK_FACTS];
    uint32_t nrows;
    uint16_t rows[BLOCK_FACTS];                 /* that facts of objects are in */
    uint16_t entry_of[PACK_PROCS * PACK_LANES]; /* by row: the entry of the span that it is in, and one; 0: none */
    uint8_t bytes[DRAFT_MAX_BYTES];
};

/* An empty one in place of what is there, zeros at first; `from` is the time of the last fact before it. */
void draft_begin(struct draft *d, uint32_t block, int64_t from);

/* A fact of an object in a slot of the span of that entry is packed next, not as common facts are. */
void draft_object(struct draft *d, unsigned row, uint32_t entry, uint32_t slot);

/*
 * The directory behind the facts: returns the size of all in `bytes`; *directory is its offset. Facts may still be
 * added, and lie over it then.
 */
uint32_t draft_end(struct draft *d, uint32_t *directory);

#endif
