/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fixtures.h - the recordings in tests/data, for C tests: their names, and their unpacked bytes.
 */
#ifndef HEAPREEL_FIXTURES_H
#define HEAPREEL_FIXTURES_H

#include <stddef.h>
#include <stdint.h>

extern const char *const fixture_names[]; /* NULL at the end */

/* The path of a recording. Static memory, overwritten by the next call. */
const char *fixture_path(const char *name);

/* The unpacked bytes of a recording, to be freed; the test fails where it can't be read. */
uint8_t *fixture_bytes(const char *name, size_t *size);

/* A small generator of numbers: the same sequence on every machine. */
static inline uint32_t random_next(uint64_t *state) {
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*state >> 33);
}

/* One more number into a hash. */
static inline void mix(uint64_t *h, uint64_t v) {
    *h = (*h ^ v) * UINT64_C(0x9e3779b97f4a7c15);
    *h ^= *h >> 29;
}

#endif
