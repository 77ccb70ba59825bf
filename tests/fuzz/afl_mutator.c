/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * afl_mutator.c - the changes of mutate.h for AFL++, as a library that it loads (AFL_CUSTOM_MUTATOR_LIBRARY).
 *
 * The environment's HEAPREEL_MUTATE says which: "v1", "packed", or anything else for traces of any version. AFL's own
 * changes of bytes go on beside these.
 */
#include "tests/fuzz/mutate.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 1 << 16 };

struct mutator {
    uint64_t state;
    bool old, packed;
    uint8_t bytes[MOST];
};

void *afl_custom_init(void *afl, unsigned seed);
size_t afl_custom_fuzz(void *data, uint8_t *in, size_t size, uint8_t **out, uint8_t *add, size_t add_size, size_t max);
void afl_custom_deinit(void *data);

void *afl_custom_init(void *afl, unsigned seed) {
    (void)afl;
    struct mutator *m = calloc(1, sizeof *m);
    const char *what = getenv("HEAPREEL_MUTATE");
    if (m != NULL) {
        m->state = seed;
        m->old = what != NULL && strcmp(what, "v1") == 0;
        m->packed = what != NULL && strcmp(what, "packed") == 0;
    }
    return m;
}

size_t afl_custom_fuzz(void *data, uint8_t *in, size_t size, uint8_t **out, uint8_t *add, size_t add_size, size_t max) {
    (void)add, (void)add_size;
    struct mutator *m = data;
    max = max < MOST ? max : MOST;
    size = size < max ? size : max;
    memcpy(m->bytes, in, size);
    m->state = m->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    unsigned seed = (unsigned)(m->state >> 33);
    *out = m->bytes;
    return m->packed ? mutate_packed(m->bytes, size, max, seed, mutate_plain)
                     : mutate_trace(m->bytes, size, max, seed, m->old ? MUTATE_V1 : MUTATE_ANY, mutate_plain);
}

void afl_custom_deinit(void *data) {
    free(data);
}
