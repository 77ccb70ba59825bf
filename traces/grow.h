/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * grow.h - arrays that grow, with the multiplication checked. Shared by traces/ and core/.
 *
 * An array is three fields of its owner: pointer, length, capacity. Growing doubles, so n pushes cost O(n).
 */
#ifndef HEAPREEL_GROW_H
#define HEAPREEL_GROW_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

/* Make room for `want` elements of `size` bytes. False, with everything as it was, where memory is short. */
static inline bool grow_to(void **ptr, size_t *cap, size_t want, size_t size) {
    if (want <= *cap) {
        return true;
    }
    size_t n = *cap < 8 ? 8 : *cap;
    while (n < want) {
        if (n > SIZE_MAX / 2) {
            return false;
        }
        n *= 2;
    }
    if (n > SIZE_MAX / size) {
        return false;
    }
    void *p = realloc(*ptr, n * size);
    if (p == NULL) {
        return false;
    }
    *ptr = p;
    *cap = n;
    return true;
}

/* True when `arr` (a pointer field) has room for one more element beyond `len`. */
#define GROW(arr, len, cap) grow_to((void **)&(arr), &(cap), (len) + 1, sizeof *(arr))

#endif
