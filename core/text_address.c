/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * text_address.c - addresses as people and scripts write them.
 *
 * "0x..." is an address of the program, "+0x..." one that counts from the heap's base: the only kind there is where
 * the trace doesn't hold the base. Without a reel addresses are taken as absolute.
 */
#include "core/core.h"

#include <inttypes.h>
#include <stdio.h>

static bool base_known(const reel *r) {
    return !r || reel_info(r)->base_known;
}

char *reel_address_text(const reel *r, uint64_t addr, char dst[ADDRESS_TEXT]) {
    snprintf(dst, ADDRESS_TEXT, "%s0x%" PRIx64, base_known(r) ? "" : "+", addr);
    return dst;
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool parse_hex(const char *s, uint64_t *out) {
    uint64_t v = 0;
    if (!*s)
        return false;
    for (; *s; s++) {
        int d = hex_digit(*s);
        if (d < 0 || v >> 60)
            return false;
        v = v << 4 | (unsigned)d;
    }
    *out = v;
    return true;
}

bool reel_parse_address(const reel *r, const char *s, uint64_t *addr) {
    bool relative = *s == '+';
    if (relative)
        s++;
    if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X'))
        s += 2;
    uint64_t v;
    if (!parse_hex(s, &v))
        return false;
    if (relative && r && reel_info(r)->base_known) {
        uint64_t base = reel_info(r)->base;
        if (v > UINT64_MAX - base)
            return false;
        v += base;
    }
    *addr = v;
    return true;
}
