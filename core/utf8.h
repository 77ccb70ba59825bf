/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * utf8.h - one code point after another out of bytes that may hold anything.
 *
 * Invalid input gives UTF8_BAD and is consumed as Unicode advises: the longest start of a well-formed sequence, at
 * least one byte. So every replacement character stands for the same bytes as in other programs.
 */
#ifndef HEAPREEL_UTF8_H
#define HEAPREEL_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UTF8_BAD UINT32_MAX

/* The code point at *p (*p < end); moves *p past it. */
uint32_t utf8_next(const unsigned char **p, const unsigned char *end);

/*
 * Whether a code point could mislead a reader or steer a terminal: controls, bidi marks, invisible letters, line and
 * paragraph separators, noncharacters.
 */
bool utf8_hostile(uint32_t cp);

/* Terminal columns of a harmless code point: 0, 1 or 2. */
unsigned utf8_width(uint32_t cp);

/* Encode a code point (no surrogate, at most 0x10ffff); returns the count of bytes, 1 to 4. */
size_t utf8_put(char dst[4], uint32_t cp);

#endif
