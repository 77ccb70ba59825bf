/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * number.h - numbers as packed facts and saved reels hold them: seven bits a byte, lowest first, the eighth bit meaning
 * that more follow. For core/ only.
 *
 * How many bytes a number has nobody could foretell, so no branch asks: eight bytes are taken at once.
 */
#ifndef HEAPREEL_NUMBER_H
#define HEAPREEL_NUMBER_H

#include <stdint.h>
#include <string.h>

/* Eight bytes, the first one lowest. */
static inline uint64_t number_word(const uint8_t *p) {
    uint64_t v;
    memcpy(&v, p, sizeof v);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    v = __builtin_bswap64(v);
#endif
    return v;
}

/* The number that ends in the first of these eight bytes whose eighth bit is 0, and how many bytes it has; 0: in none.
 */
static inline unsigned number_in(uint64_t word, uint64_t *v) {
    uint64_t last = ~word & UINT64_C(0x8080808080808080);
    if (last == 0) {
        return 0;
    }
    last &= 0 - last;
    word &= (last - 1) & UINT64_C(0x7f7f7f7f7f7f7f7f);
    word = (word & UINT64_C(0x007f007f007f007f)) | (word & UINT64_C(0x7f007f007f007f00)) >> 1;
    word = (word & UINT64_C(0x00003fff00003fff)) | (word & UINT64_C(0x3fff00003fff0000)) >> 2;
    *v = (word & UINT64_C(0x0fffffff)) | (word & UINT64_C(0x0fffffff00000000)) >> 4;
    return (unsigned)__builtin_ctzll(last) / 8 + 1;
}

/* The same of four bytes, for numbers that mostly fit. */
static inline unsigned number_in_half(uint32_t word, uint64_t *v) {
    uint32_t last = ~word & 0x80808080u;
    if (last == 0) {
        return 0;
    }
    word &= ((last & (0 - last)) - 1) & 0x7f7f7f7fu;
    word = (word & 0x007f007fu) | (word & 0x7f007f00u) >> 1;
    *v = (word & 0x3fffu) | (word & 0x3fff0000u) >> 2;
    return (unsigned)__builtin_ctz(last) / 8 + 1;
}

#endif
