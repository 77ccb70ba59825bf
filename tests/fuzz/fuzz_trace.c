/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz_trace.c - fuzz target: any bytes, read as a trace (fuzz_read.c). Changed as traces of Go 1.22 on.
 */
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/mutate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_read(data, size);
    return 0;
}

#ifdef FUZZING
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed) {
    return mutate_trace(data, size, max, seed, MUTATE_ANY, LLVMFuzzerMutate);
}
#endif
