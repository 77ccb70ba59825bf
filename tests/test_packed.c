/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_packed.c - gzip and zstd: whole and bit by bit, cut and damaged, and made to burst. What must come out is what
 * reading the same bytes unpacked gives.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "tests/stream.h"

#ifdef HAVE_ZLIB
#include <zlib.h>
#endif
#ifdef HAVE_ZSTD
#include <zstd.h>
#endif

#ifdef HAVE_ZSTD
static uint8_t *pack_zstd(const uint8_t *data, size_t size, size_t *packed) {
    uint8_t *out = malloc(ZSTD_compressBound(size));
    *packed = ZSTD_compress(out, ZSTD_compressBound(size), data, size, 3);
    assert_false(ZSTD_isError(*packed));
    return out;
}
#endif
#ifdef HAVE_ZLIB
static uint8_t *pack_gzip(const uint8_t *data, size_t size, size_t *packed) {
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    size_t room = deflateBound(&z, size);
    uint8_t *out = malloc(room);
    z.next_in = (Bytef *)(uintptr_t)data;
    z.avail_in = (uInt)size;
    z.next_out = out;
    z.avail_out = (uInt)room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    *packed = room - z.avail_out;
    deflateEnd(&z);
    return out;
}
#endif

typedef uint8_t *packer(const uint8_t *data, size_t size, size_t *packed);
static packer *const packers[] = {
#ifdef HAVE_ZSTD
    pack_zstd,
#endif
#ifdef HAVE_ZLIB
    pack_gzip,
#endif
    NULL};

static void packed_pipes(void **state) {
    (void)state;
    size_t size;
    uint8_t *data = fixture_bytes("mapchurn-1.26", &size);
    struct digest whole = read_memory(data, size);
    for (int k = 0; packers[k] != NULL; k++) {
        size_t n;
        uint8_t *packed = packers[k](data, size, &n);
        same("packed", read_memory(packed, n), whole);
        struct digest got = {0};
        struct line l = open_line(packed, n / 2); /* the header must come out of the first part */
        read_on(l.t, &got);
        assert_true(trace_waiting(l.t));
        for (size_t at = n / 2; at < n; at += 1000) {
            put(l.to, packed + at, n - at < 1000 ? n - at : 1000);
            read_on(l.t, &got);
        }
        assert_int_equal(trace_file_bytes(l.t), n);
        close_line(&l, &got);
        same("packed pipe", got, whole);
        free(packed);
    }
    free(data);
}

/* Two packed pieces one after the other are one trace. */
static void members_follow_one_another(void **state) {
    (void)state;
    size_t size, a, b;
    uint8_t *data = fixture_bytes("mixed-1.24", &size);
    struct digest whole = read_memory(data, size);
    for (int k = 0; packers[k] != NULL; k++) {
        uint8_t *first = packers[k](data, size / 3, &a), *second = packers[k](data + size / 3, size - size / 3, &b);
        uint8_t *both = calloc(1, a + b + 100);
        memcpy(both, first, a);
        memcpy(both + a, second, b);
        same("members", read_memory(both, a + b), whole);
        free(first);
        free(second);
        free(both);
    }
    free(data);
}

/* Cut or damaged in mid-stream: what came out before is read, and the loss names the packing. */
static void packed_and_broken(void **state) {
    (void)state;
    size_t size, n;
    uint8_t *data = fixture_bytes("mapchurn-1.24", &size);
    struct digest whole = read_memory(data, size);
    for (int k = 0; packers[k] != NULL; k++) {
        uint8_t *packed = packers[k](data, size, &n);
        for (int how = 0; how < 2; how++) {
            struct trace_error err;
            size_t have = how == 0 ? n / 4 * 3 : n;
            if (how == 1) {
                memset(packed + n / 4 * 3, 0, 200);
            }
            trace *t = trace_open_memory(packed, have, &err);
            assert_non_null(t);
            struct digest got = {0};
            read_on(t, &got);
            assert_true(got.events > 0 && got.events < whole.events);
            /* damage may first come out as nonsense: without a checksum nobody sees it at once */
            assert_true(trace_loss(t)->code == TRACE_E_PACKED || (how == 1 && trace_loss(t)->code != TRACE_OK));
            assert_true(how == 1 || trace_loss(t)->at == trace_bytes(t));
            trace_close(&t);
        }
        free(packed);
    }
    free(data);
}

#ifdef HAVE_ZSTD
/* 256 MB of zeros in a few KB: reading ends at the bound, and what stood before them is there. */
static void bombs_are_cut(void **state) {
    (void)state;
    size_t size, head, n, big = (size_t)256 << 20;
    uint8_t *data = fixture_bytes("plain-1.26", &size), *zeros = calloc(1, big);
    uint8_t *front = pack_zstd(data, size, &head), *bomb = pack_zstd(zeros, big, &n);
    assert_true(n < 100000);
    uint8_t *both = malloc(head + n);
    memcpy(both, front, head);
    memcpy(both + head, bomb, n);
    struct trace_error err;
    trace *t = trace_open_memory(both, head + n, &err);
    assert_non_null(t);
    struct digest got = {0}, whole = read_memory(data, size);
    read_on(t, &got);
    assert_int_equal(got.events, whole.events);
    assert_int_equal(trace_loss(t)->code, TRACE_E_LIMIT);
    assert_true(trace_bytes(t) <= ((size_t)17 << 20) + 1032 * (head + n));
    trace_close(&t);
    free(both);
    free(front);
    free(bomb);
    free(zeros);
    free(data);
}

/* A frame that asks for a window of 512 MB. */
static void windows_are_bounded(void **state) {
    (void)state;
    static const uint8_t frame[] = {0x28, 0xb5, 0x2f, 0xfd, 0x00, (29 - 10) << 3, 1, 0, 0};
    struct trace_error err;
    assert_null(trace_open_memory(frame, sizeof frame, &err));
    assert_int_equal(err.code, TRACE_E_LIMIT);
    assert_non_null(strstr(err.text, "window"));
}
#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packed_pipes),      cmocka_unit_test(members_follow_one_another),
        cmocka_unit_test(packed_and_broken),
#ifdef HAVE_ZSTD
        cmocka_unit_test(bombs_are_cut),     cmocka_unit_test(windows_are_bounded),
#endif
    };
    return cmocka_run_group_tests_name("packed", tests, NULL, NULL);
}
