/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * checksum.h - CRC-32C (Castagnoli), the checksum of saved reels. For core/ only.
 *
 * Our own, since zlib, whose crc32 would be the nearest library, is optional; and processors have an instruction for
 * this polynomial, so that checking a block costs next to nothing. RFC 3720, appendix B.4, has the values that the
 * tests compare.
 */
#ifndef HEAPREEL_CHECKSUM_H
#define HEAPREEL_CHECKSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct checksum {
    uint32_t table[8][256];
    bool by_processor;
};

void checksum_init(struct checksum *c);
/* The checksum of bytes, or, with that of the bytes before them as `crc`, of all together; crc is 0 at the beginning.
 */
uint32_t checksum_add(const struct checksum *c, uint32_t crc, const void *bytes, size_t n);

#endif
