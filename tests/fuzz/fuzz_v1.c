/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz_v1.c - fuzz target: any bytes, read as a trace of Go 1.5 to 1.21 (fuzz_read.c).
 *
 * Bytes without such a header are read behind one, chosen by the first byte: nothing here is another format.
 */
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/mutate.h"

#include <string.h>

enum { HEADER = 16 };

static const char headers[][HEADER + 1] = {"go 1.5 trace",  "go 1.7 trace",  "go 1.8 trace",  "go 1.9 trace",
                                           "go 1.10 trace", "go 1.11 trace", "go 1.19 trace", "go 1.21 trace"};
enum { HEADERS = sizeof headers / sizeof headers[0] };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    for (size_t i = 0; i < HEADERS && size >= HEADER; i++) {
        if (memcmp(data, headers[i], HEADER) == 0) {
            fuzz_read(data, size);
            return 0;
        }
    }
    uint8_t *whole = malloc(HEADER + size);
    if (whole != NULL) {
        memcpy(whole, headers[size > 0 ? data[0] % HEADERS : 0], HEADER);
        if (size > 0) {
            memcpy(whole + HEADER, data, size);
        }
        fuzz_read(whole, HEADER + size);
    }
    free(whole);
    return 0;
}

#ifdef FUZZING
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed) {
    return mutate_trace(data, size, max, seed, MUTATE_V1, LLVMFuzzerMutate);
}
#endif
