/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * packed.h - packed bytes as one stream: members and frames may follow one another (`cat a.gz b.gz`, pzstd, bgzip), and
 * behind damage unpacking goes on at the next one.
 *
 * What a damaged member or frame still held can't be had: how long that is nobody knows. Offsets are bytes of the
 * packed input; time is bounded by a constant times its length.
 */
#ifndef HEAPREEL_PACKED_H
#define HEAPREEL_PACKED_H

#include "traces/unpack.h"

/* So many bytes before what is handed over should still be there: a damaged length may have led past a beginning. */
enum { PACKED_BACK = (1 << 17) + 64 };

struct packed {
    struct unpacker *of[UNPACK_KINDS]; /* made when first needed */
    enum unpack_kind kind;             /* of what is being unpacked; UNPACK_NONE: the next beginning is looked for */
    uint64_t begin;                    /* of the member or frame under way */
    uint64_t looked_back;              /* bytes that were gone through again */
    bool hungry;                       /* nothing can be done before more input is there */

    bool lost;               /* nothing has come out since `hole` */
    bool checksum;           /* all came out, but wrong */
    uint64_t hole;           /* where unpacking failed */
    struct trace_error why;  /* at first */
    uint64_t holes;          /* that unpacking went on behind */
    struct trace_error told; /* of the last of these: one line */
};

/* Input that begins with these bytes: false where it isn't packed. */
bool packed_begin(struct packed *p, const uint8_t *in, size_t n);
void packed_free(struct packed *p);

/*
 * Unpack on: io->in is at offset `at` of the input, `back` bytes before it are still readable; io->in may move back
 * over these. False with *err set where it must end: memory is short.
 */
bool packed_step(struct packed *p, struct unpack_io *io, uint64_t at, uint64_t back, struct trace_error *err);

/* The input ends here: fills *err where it should not; `some`: something came out before. */
void packed_end(const struct packed *p, bool some, struct trace_error *err);

#endif
