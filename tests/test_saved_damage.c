/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_saved_damage.c - small saved reels with each byte changed, and cut at each length: opening, winding, commands
 * and events must end cleanly. Linked with what is compiled under the sanitizers, where the compiler has them.
 *
 * What is done with the bytes is the fuzz target's, which also tries them with their checksums made right.
 */
#define FUZZ_PLACES 1
#include "tests/fuzz/fuzz_saved.c"

#include "tests/cmocka.h"

static uint8_t *read_seed(const char *name, size_t *size) {
    char path[4096];
    const char *source = getenv("HEAPREEL_SRC");
    snprintf(path, sizeof path, "%s/tests/fuzz/corpus/saved/%s", source != NULL ? source : ".", name);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    uint8_t *data = malloc(1 << 16);
    assert_non_null(data);
    *size = fread(data, 1, 1 << 16, f);
    assert_true(*size > 0);
    fclose(f);
    return data;
}

/* Of a size of its own, so that a sanitizer sees a read beyond. */
static void try_copy(const uint8_t *data, size_t size) {
    uint8_t *copy = malloc(size > 0 ? size : 1);
    assert_non_null(copy);
    memcpy(copy, data, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static void changed(const char *name) {
    size_t size;
    uint8_t *data = read_seed(name, &size);
    for (size_t i = 0; i < size; i++) {
        static const uint8_t changes[] = {0xff, 0x01, 0x80};
        uint8_t was = data[i];
        data[i] ^= changes[i % 3];
        try_copy(data, size);
        data[i] = was;
    }
    free(data);
}

static void changed_bytes(void **state) {
    (void)state;
    changed("whole");
}
static void changed_bytes_without_copies(void **state) {
    (void)state;
    changed("stacks");
}

static void cut_short(void **state) {
    (void)state;
    size_t size;
    uint8_t *data = read_seed("whole", &size);
    for (size_t i = 0; i <= size; i++) {
        try_copy(data, i);
    }
    free(data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changed_bytes),
        cmocka_unit_test(changed_bytes_without_copies),
        cmocka_unit_test(cut_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
