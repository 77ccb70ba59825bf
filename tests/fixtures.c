/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fixtures.c - finding and unpacking recordings. The unpacking is the library's own: what is tested here are traces,
 * not zstd.
 */
#include "tests/fixtures.h"
#include "tests/cmocka.h"
#include "traces/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const fixture_names[] = {
    "annotate-1.26", "mapchurn-1.23", "mapchurn-1.24", "mapchurn-1.25", "mapchurn-1.26", "mixed-1.23", "mixed-1.24",
    "mixed-1.25",    "mixed-1.26",    "pingpong-1.22", "pingpong-1.26", "plain-1.22",    "plain-1.26", "flight-1.25",
    "flight-1.26",   "stacks-1.23",   "stacks-1.26",   "pingpong-1.21", "plain-1.21",    "basics-1.5", "basics-1.7",
    "basics-1.8",    "basics-1.9",    "basics-1.10",   "basics-1.11",   "basics-1.19",   NULL};

const char *fixture_path(const char *name) {
    static char path[4096];
    const char *dir = getenv("HEAPREEL_DATA");
    snprintf(path, sizeof path, "%s/%s.trace.zst", dir != NULL ? dir : "tests/data", name);
    return path;
}

uint8_t *fixture_bytes(const char *name, size_t *size) {
    struct source s;
    struct trace_error err = {0};
    if (!source_open(&s, fixture_path(name), NULL, &err)) {
        fail_msg("%s: %s", fixture_path(name), err.text);
    }
    while (source_has(&s, (uint64_t)s.size + 1)) {
    }
    assert_int_equal(s.end.code, TRACE_OK);
    uint8_t *copy = malloc(s.size);
    assert_non_null(copy);
    memcpy(copy, s.data, s.size);
    *size = s.size;
    source_close(&s);
    return copy;
}
