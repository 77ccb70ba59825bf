/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * standalone.c - a fuzz target as a plain program: every argument is a file, without any it is standard input. So the
 * corpus runs where there is no fuzzer. Compiled with afl-clang-fast and run without arguments it is AFL++'s: one
 * process tries thousands of inputs, which it gets in shared memory.
 */
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <string.h>

/* Into a block of its very size, so that a sanitizer sees a read beyond. */
static int run(const char *name, FILE *in) {
    size_t size = 0, cap = 1 << 16;
    uint8_t *data = malloc(cap);
    while (data != NULL) {
        size += fread(data + size, 1, cap - size, in);
        if (size < cap) {
            break;
        }
        uint8_t *more = realloc(data, cap *= 2);
        if (more == NULL) {
            free(data);
        }
        data = more;
    }
    if (data == NULL || ferror(in)) {
        fprintf(stderr, "%s: can't be read\n", name);
        free(data);
        return 1;
    }
    uint8_t *exact = realloc(data, size > 0 ? size : 1);
    if (exact != NULL) {
        LLVMFuzzerTestOneInput(exact, size);
    }
    free(exact);
    return exact == NULL;
}

#ifdef __AFL_FUZZ_TESTCASE_LEN
#include <unistd.h>
__AFL_FUZZ_INIT();
static int feed(void) {
    enum { ROUNDS = 10000 };
    __AFL_INIT();
    const uint8_t *shared = __AFL_FUZZ_TESTCASE_BUF;
    while (__AFL_LOOP(ROUNDS)) {
        size_t size = (size_t)__AFL_FUZZ_TESTCASE_LEN;
        uint8_t *exact = malloc(size > 0 ? size : 1);
        if (exact == NULL) {
            return 1;
        }
        memcpy(exact, shared, size);
        LLVMFuzzerTestOneInput(exact, size);
        free(exact);
    }
    return 0;
}
#else
static int feed(void) {
    return run("standard input", stdin);
}
#endif

int main(int argc, char **argv) {
    int bad = argc < 2 ? feed() : 0;
    for (int i = 1; i < argc; i++) {
        FILE *f = fopen(argv[i], "rb");
        if (f == NULL) {
            fprintf(stderr, "%s: %s\n", argv[i], strerror(errno));
            bad = 1;
            continue;
        }
        bad |= run(argv[i], f);
        fclose(f);
    }
    return bad;
}
