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

/* ---- several pieces, one of them damaged */

enum { PIECES = 5, PIECE_ROOM = 1 << 20 };

struct pieces {
    uint8_t *data;
    size_t size, at[PIECES + 1]; /* packed */
};

/* Piece i is packed by pack[i % 2]. */
static struct pieces pack_pieces(const uint8_t *data, size_t size, packer *const pack[2]) {
    struct pieces p = {.data = malloc(size + PIECE_ROOM)};
    assert_non_null(p.data);
    for (size_t i = 0; i < PIECES; i++) {
        size_t from = size * i / PIECES, n;
        uint8_t *one = pack[i % 2](data + from, size * (i + 1) / PIECES - from, &n);
        p.at[i] = p.size;
        memcpy(p.data + p.size, one, n);
        p.size += n;
        free(one);
    }
    p.at[PIECES] = p.size;
    return p;
}

static struct digest read_slowly(const uint8_t *data, size_t size, size_t first, struct trace_loss *loss) {
    struct digest got = {0};
    struct line l = open_line(data, first);
    read_on(l.t, &got);
    for (size_t at = first; at < size; at += 1000) {
        put(l.to, data + at, size - at < 1000 ? size - at : 1000);
        read_on(l.t, &got);
    }
    close(l.to);
    l.to = -1;
    while (read_on(l.t, &got), trace_waiting(l.t)) {
    }
    *loss = *trace_loss(l.t);
    trace_close(&l.t);
    return got;
}

/* What is no packed data behind some that is: all of that comes out, and the loss says what stands there. */
static void other_bytes_behind_are_told(void **state) {
    (void)state;
    size_t size, n;
    uint8_t *data = fixture_bytes("mixed-1.24", &size);
    struct digest want = read_memory(data, size);
    for (int k = 0; packers[k] != NULL; k++) {
        struct trace_error err;
        struct digest got = {0};
        char text[100];
        uint8_t *packed = packers[k](data, size, &n), *with = malloc(n + 20);
        memcpy(with, packed, n);
        memcpy(with + n, "something that is not", 20);
        trace *t = trace_open_memory(with, n + 20, &err);
        assert_non_null(t);
        read_on(t, &got);
        same("bytes behind", got, want);
        snprintf(text, sizeof text, "no %s data at byte %zu of the file: nothing behind it can be unpacked",
                 with[0] == 0x1f ? "gzip" : "zstd", n);
        assert_string_equal(trace_loss_text(trace_loss(t)), text);
        assert_int_equal(trace_loss(t)->count, 1);
        trace_close(&t);
        free(with);
        free(packed);
    }
    free(data);
}

#ifdef HAVE_ZSTD
/* All was unpacked, but isn't what was packed. */
static void checksums_are_told(void **state) {
    (void)state;
    size_t size, room;
    uint8_t *data = fixture_bytes("mixed-1.24", &size), *packed = malloc(room = ZSTD_compressBound(size));
    struct digest want = read_memory(data, size), got = {0};
    ZSTD_CCtx *c = ZSTD_createCCtx();
    struct trace_error err;
    char text[100];
    ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, 1);
    size_t n = ZSTD_compress2(c, packed, room, data, size);
    assert_false(ZSTD_isError(n));
    packed[n - 1] ^= 1;
    trace *t = trace_open_memory(packed, n, &err);
    assert_non_null(t);
    read_on(t, &got);
    same("checksum", got, want);
    snprintf(text, sizeof text, "damaged zstd data before byte %zu of the file: its checksum doesn't fit", n - 4);
    assert_int_equal(trace_loss(t)->code, TRACE_E_PACKED);
    assert_string_equal(trace_loss_text(trace_loss(t)), text);
    trace_close(&t);
    ZSTD_freeCCtx(c);
    free(packed);
    free(data);
}
#endif

/* A piece whose begin is damaged gives nothing; those behind it give what they hold. */
static void damage_costs_its_piece(void **state) {
    (void)state;
    size_t size;
    uint8_t *data = fixture_bytes("mixed-1.24", &size), *without = malloc(size);
    for (int k = 0; packers[k] != NULL; k++) {
        for (size_t bad = 1; bad < PIECES; bad++) {
            packer *const pack[2] = {packers[k], packers[k]};
            struct pieces p = pack_pieces(data, size, pack);
            struct trace_error err;
            struct trace_loss loss;
            size_t from = size * bad / PIECES, to = size * (bad + 1) / PIECES;
            memcpy(without, data, from);
            memcpy(without + from, data + to, size - to);
            struct digest want = read_memory(without, from + size - to), got = {0};
            memset(p.data + p.at[bad], 0x55, 12);
            trace *t = trace_open_memory(p.data, p.size, &err);
            assert_non_null(t);
            read_on(t, &got);
            same("damaged piece", got, want);
            assert_true(trace_loss(t)->of_code[TRACE_E_PACKED] == 1);
            assert_non_null(strstr(trace_loss_text(trace_loss(t)), "be unpacked"));
            assert_int_equal(trace_bytes(t), from + size - to);
            trace_close(&t);
            same("damaged piece in a pipe", read_slowly(p.data, p.size, p.at[1], &loss), want);
            assert_true(loss.of_code[TRACE_E_PACKED] == 1);
            free(p.data);
        }
    }
    free(without);
    free(data);
}

/* Anywhere else in it: what lies before and behind is there, and the loss says so. */
static void damage_anywhere_costs_its_piece(void **state) {
    (void)state;
    size_t size;
    uint64_t x = 3;
    uint8_t *data = fixture_bytes("mixed-1.24", &size);
    for (int k = 0; packers[k] != NULL; k++) {
        packer *const pack[2] = {packers[k], packers[k]};
        struct pieces p = pack_pieces(data, size, pack);
        uint8_t *copy = malloc(p.size);
        for (int round = 0; round < 40; round++) {
            size_t bad = 1 + random_next(&x) % (PIECES - 2), len = p.at[bad + 1] - p.at[bad];
            size_t cut = round % 2 == 0 ? 0 : 1 + random_next(&x) % 3000,
                   at = p.at[bad] + random_next(&x) % (len - cut);
            memcpy(copy, p.data, at);
            memcpy(copy + at, p.data + at + cut, p.size - at - cut);
            copy[at] ^= (uint8_t)(1 + random_next(&x) % 255);
            struct trace_error err;
            trace *t = trace_open_memory(copy, p.size - cut, &err);
            struct digest got = {0};
            assert_non_null(t);
            read_on(t, &got);
            /* one byte may change a name or a time in a gzip header, or what zstd has no checksum of */
            assert_true(cut == 0 || trace_loss(t)->of_code[TRACE_E_PACKED] > 0);
            /* the last piece came out whole: it ends as the trace does */
            assert_true(trace_bytes(t) >= size - size / PIECES - 1 - size / PIECES * (PIECES - 2) && got.events > 0);
            trace_close(&t);
        }
        free(copy);
        free(p.data);
    }
    free(data);
}

#if defined HAVE_ZLIB && defined HAVE_ZSTD
static void kinds_may_alternate(void **state) {
    (void)state;
    size_t size;
    uint8_t *data = fixture_bytes("mixed-1.24", &size);
    struct digest whole = read_memory(data, size);
    for (int first = 0; first < 2; first++) {
        packer *const pack[2] = {packers[first], packers[1 - first]};
        struct pieces p = pack_pieces(data, size, pack);
        struct trace_error err;
        struct digest got = {0};
        trace *t = trace_open_memory(p.data, p.size, &err);
        assert_non_null(t);
        read_on(t, &got);
        same("gzip and zstd by turns", got, whole);
        assert_int_equal(trace_loss(t)->code, TRACE_OK);
        trace_close(&t);
        free(p.data);
    }
    free(data);
}
#endif

/* ---- cut */

#ifdef HAVE_ZLIB
/* How many bytes the first n packed ones give, as zlib unpacks them one by one. */
static size_t *gzip_gives(const uint8_t *packed, size_t n, size_t size) {
    size_t *gives = calloc(n + 1, sizeof *gives);
    uint8_t *out = malloc(size);
    z_stream z = {0};
    assert_true(gives != NULL && out != NULL);
    assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
    z.next_out = out;
    z.avail_out = (uInt)size;
    for (size_t i = 0; i < n; i++) {
        z.next_in = (Bytef *)(uintptr_t)(packed + i);
        z.avail_in = 1;
        int rc = inflate(&z, Z_NO_FLUSH);
        assert_true(rc == Z_OK || rc == Z_STREAM_END || rc == Z_BUF_ERROR);
        gives[i + 1] = size - z.avail_out;
    }
    inflateEnd(&z);
    free(out);
    return gives;
}
#endif
#ifdef HAVE_ZSTD
static size_t *zstd_gives(const uint8_t *packed, size_t n, size_t size) {
    size_t *gives = calloc(n + 1, sizeof *gives);
    ZSTD_outBuffer out = {malloc(size), size, 0};
    ZSTD_DStream *z = ZSTD_createDStream();
    assert_true(gives != NULL && out.dst != NULL && z != NULL);
    for (size_t i = 0; i < n; i++) {
        ZSTD_inBuffer in = {packed + i, 1, 0};
        assert_false(ZSTD_isError(ZSTD_decompressStream(z, &out, &in)));
        gives[i + 1] = out.pos;
    }
    ZSTD_freeDStream(z);
    free(out.dst);
    return gives;
}
#endif

typedef size_t *giver(const uint8_t *packed, size_t n, size_t size);
static giver *const givers[] = {/* as packers */
#ifdef HAVE_ZSTD
                                zstd_gives,
#endif
#ifdef HAVE_ZLIB
                                gzip_gives,
#endif
                                NULL};

/* The first `have` packed bytes: as the first `gives` unpacked ones, but for the loss, which names the packing. */
static void read_cut(const uint8_t *data, const uint8_t *packed, size_t have, size_t gives, size_t *events) {
    struct trace_error err;
    trace *t = trace_open_memory(packed, have, &err);
    struct digest got = {0};
    if (t == NULL) {
        assert_true(gives < 16);
        assert_int_equal(err.code, TRACE_E_PACKED);
        assert_non_null(strstr(err.text, "cut off"));
        return;
    }
    read_on(t, &got);
    same("cut", got, read_memory(data, gives));
    assert_int_equal(trace_loss(t)->of_code[TRACE_E_PACKED], 1);
    assert_int_equal(trace_bytes(t), gives);
    *events += got.events;
    trace_close(&t);
}

static void cut_anywhere(void **state) {
    (void)state;
    static const struct {
        const char *name;
        size_t step; /* 1: every byte */
    } cut[] = {{"plain-1.21", 1},     {"basics-1.5", 7},      {"flight-1.26", 11},
               {"annotate-1.26", 37}, {"pingpong-1.26", 997}, {"plain-1.26", 1999}};
    for (int k = 0; packers[k] != NULL; k++) {
        for (size_t i = 0; i < sizeof cut / sizeof cut[0]; i++) {
            size_t size, n, events = 0, tried = 0, came = 0;
            uint8_t *data = fixture_bytes(cut[i].name, &size), *packed = packers[k](data, size, &n);
            size_t *gives = givers[k](packed, n, size);
            for (size_t have = 4; have < n - 8; have += cut[i].step) {
                read_cut(data, packed, have, gives[have], &events);
                came += gives[have];
                tried++;
            }
            print_message("# %s, %s: of the bytes before a cut %.1f %% come out, of the events %.1f %%\n", cut[i].name,
                          k == 0 ? "the first packer" : "the second",
                          200.0 * (double)came / ((double)tried * (double)size),
                          200.0 * (double)events / ((double)tried * (double)read_memory(data, size).events));
            free(gives);
            free(packed);
            free(data);
        }
    }
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

/* pzstd: before each frame a skippable one that says how long it is. */
static void skippable_frames(void **state) {
    (void)state;
    size_t size, n[2];
    uint8_t *data = fixture_bytes("mixed-1.24", &size), *file = malloc(2 * size), *p = file;
    for (size_t i = 0; i < 2; i++) {
        uint8_t *one = pack_zstd(data + i * (size / 2), i == 0 ? size / 2 : size - size / 2, &n[i]);
        const uint8_t skip[] = {0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, (uint8_t)n[i], (uint8_t)(n[i] >> 8), 0, 0};
        memcpy(p, skip, sizeof skip);
        memcpy(p + sizeof skip, one, n[i]);
        p += sizeof skip + n[i];
        free(one);
    }
    same("skippable frames", read_memory(file, (size_t)(p - file)), read_memory(data, size));
    free(file);
    free(data);
}

/* Bytes that look like one beginning after the other: each is tried, and nothing is gone through again and again. */
static void false_beginnings(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t n;
    } look[] = {{"\x28\xb5\x2f\xfd\x00\x58", 6},
                {"\x28\xb5\x2f\xfd\x00\x58\xff\xff\x00", 9},
                {"\x1f\x8b\x08\0\0\0\0\0\0\x03", 10},
                {"\x1f\x8b\x08\0\0\0\0\0\0\x03\x00\xff\xff\x00\x00", 15}};
    size_t size, head, room = 1 << 20;
    uint8_t *data = fixture_bytes("plain-1.26", &size), *front = pack_zstd(data, size, &head);
    uint8_t *file = malloc(head + room);
    memcpy(file, front, head);
    struct digest whole = read_memory(data, size);
    for (size_t i = 0; i < sizeof look / sizeof look[0]; i++) {
        size_t n = head;
        for (; n + look[i].n <= head + room; n += look[i].n) {
            memcpy(file + n, look[i].bytes, look[i].n);
        }
        struct trace_error err;
        struct digest got = {0};
        trace *t = trace_open_memory(file, n, &err);
        assert_non_null(t);
        read_on(t, &got);
        assert_true(got.events >= whole.events);
        assert_true(trace_loss(t)->code != TRACE_OK);
        trace_close(&t);
    }
    free(file);
    free(front);
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
        cmocka_unit_test(packed_pipes),
        cmocka_unit_test(members_follow_one_another),
        cmocka_unit_test(other_bytes_behind_are_told),
#ifdef HAVE_ZSTD
        cmocka_unit_test(checksums_are_told),
#endif
        cmocka_unit_test(damage_costs_its_piece),
        cmocka_unit_test(damage_anywhere_costs_its_piece),
        cmocka_unit_test(cut_anywhere),
        cmocka_unit_test(packed_and_broken),
#if defined HAVE_ZLIB && defined HAVE_ZSTD
        cmocka_unit_test(kinds_may_alternate),
#endif
#ifdef HAVE_ZSTD
        cmocka_unit_test(skippable_frames),
        cmocka_unit_test(false_beginnings),
        cmocka_unit_test(bombs_are_cut),
        cmocka_unit_test(windows_are_bounded),
#endif
    };
    return cmocka_run_group_tests_name("packed", tests, NULL, NULL);
}
