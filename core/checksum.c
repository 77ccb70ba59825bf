/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * checksum.c - eight bytes at a time: by the processor's instruction where it has one, else with eight tables.
 */
#include "core/checksum.h"

#include <string.h>

#define POLYNOMIAL 0x82f63b78u /* reflected */

#if defined(__GNUC__) && defined(__x86_64__)
#define HAS_INSTRUCTION 1
#else
#define HAS_INSTRUCTION 0
#endif

void checksum_init(struct checksum *c) {
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t v = i;
        for (int bit = 0; bit < 8; bit++) {
            v = v >> 1 ^ (v & 1 ? POLYNOMIAL : 0);
        }
        c->table[0][i] = v;
    }
    for (uint32_t i = 0; i < 256; i++) {
        for (int k = 1; k < 8; k++) {
            c->table[k][i] = c->table[k - 1][i] >> 8 ^ c->table[0][c->table[k - 1][i] & 0xff];
        }
    }
#if HAS_INSTRUCTION
    c->by_processor = __builtin_cpu_supports("sse4.2");
#else
    c->by_processor = false;
#endif
}

static uint32_t by_tables(const struct checksum *c, uint32_t crc, const uint8_t *p, size_t n) {
    for (; n >= 8; n -= 8, p += 8) {
        uint32_t low = crc ^ ((uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24);
        crc = c->table[7][low & 0xff] ^ c->table[6][low >> 8 & 0xff] ^ c->table[5][low >> 16 & 0xff] ^
              c->table[4][low >> 24] ^ c->table[3][p[4]] ^ c->table[2][p[5]] ^ c->table[1][p[6]] ^ c->table[0][p[7]];
    }
    for (; n > 0; n--) {
        crc = crc >> 8 ^ c->table[0][(crc ^ *p++) & 0xff];
    }
    return crc;
}

#if HAS_INSTRUCTION
__attribute__((target("sse4.2"))) static uint32_t by_instruction(uint32_t crc, const uint8_t *p, size_t n) {
    uint64_t v = crc;
    for (; n >= 8; n -= 8, p += 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        v = __builtin_ia32_crc32di(v, word);
    }
    crc = (uint32_t)v;
    for (; n > 0; n--) {
        crc = __builtin_ia32_crc32qi(crc, *p++);
    }
    return crc;
}
#endif

uint32_t checksum_add(const struct checksum *c, uint32_t crc, const void *bytes, size_t n) {
#if HAS_INSTRUCTION
    if (c->by_processor) {
        return ~by_instruction(~crc, bytes, n);
    }
#endif
    return ~by_tables(c, ~crc, bytes, n);
}
