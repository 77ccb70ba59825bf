/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fact.h - facts packed into blocks. For core/ only.
 *
 * A block holds up to BLOCK_FACTS facts and can be unpacked on its own. Packed, a fact is one byte of kind and flags,
 * the time since the last fact, and what differs from what could be expected: the same goroutine and P, the same span
 * as the last fact of this class from there, the next slot, the same type. A common allocation takes four bytes. The
 * form is private to a process; it is not a file format.
 */
#ifndef HEAPREEL_FACT_H
#define HEAPREEL_FACT_H

#include "core/core.h"

enum { BLOCK_FACTS = 4096, FACT_MAX_BYTES = 96 };

/* Pack n facts (at most BLOCK_FACTS) into out, which has room for n * FACT_MAX_BYTES. Returns the bytes used. */
size_t facts_pack(const reel *r, const struct fact *in, uint32_t n, uint8_t *out);

/* Unpack n facts; the inverse, exact in every field. */
void facts_unpack(const uint8_t *in, uint32_t n, struct fact *out);

#endif
