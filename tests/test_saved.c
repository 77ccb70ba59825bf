/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_saved.c - what saved reels are made of: the checksum, the hash of stand-ins, numbers, pieces; and whole reels
 * that were damaged at every byte and cut at every length.
 */
#include "core/checksum.h"
#include "core/container.h"
#include "core/pseudonym.h"
#include "core/reel.h"
#include "core/saved.h"
#include "tests/cmocka.h"

#include <stdlib.h>
#include <string.h>

/* RFC 3720, B.4, and the check value of the catalogue of CRCs; by the processor's instruction and by tables. */
static void checksums(void **state) {
    (void)state;
    uint8_t zeros[32] = {0}, ones[32], up[32], down[32];
    for (int i = 0; i < 32; i++) {
        ones[i] = 0xff;
        up[i] = (uint8_t)i;
        down[i] = (uint8_t)(31 - i);
    }
    struct checksum c;
    checksum_init(&c);
    for (int turn = 0; turn < 2; turn++) {
        assert_int_equal(checksum_add(&c, 0, zeros, 32), 0x8a9136aa);
        assert_int_equal(checksum_add(&c, 0, ones, 32), 0x62a8ab43);
        assert_int_equal(checksum_add(&c, 0, up, 32), 0x46dd794e);
        assert_int_equal(checksum_add(&c, 0, down, 32), 0x113fdb5c);
        assert_int_equal(checksum_add(&c, 0, "123456789", 9), 0xe3069283);
        assert_int_equal(checksum_add(&c, checksum_add(&c, 0, "1234", 4), "56789", 5), 0xe3069283);
        assert_int_equal(checksum_add(&c, 0, "", 0), 0);
        c.by_processor = false;
    }
}

/* Aumasson, Bernstein: SipHash, appendix A. */
static void hashes(void **state) {
    (void)state;
    const uint64_t key[2] = {UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)};
    uint8_t in[15];
    for (int i = 0; i < 15; i++) {
        in[i] = (uint8_t)i;
    }
    assert_true(pseudonym_hash(key, in, 15) == UINT64_C(0xa129ca6149be45e5));
    assert_true(pseudonym_hash(key, in, 0) == UINT64_C(0x726fdb47dd0e0e31));
    /* SipHash-1-3 of nothing, as Rust's library tests it */
    assert_true(pseudonym_hash_fast(key, in, 0) == UINT64_C(0xabac0158050fc4dc));
}

/* Numbers come back as they went; those that don't end do no harm. */
static void numbers(void **state) {
    (void)state;
    const uint64_t some[] = {0, 1, 127, 128, 16383, 16384, UINT32_MAX, INT64_MAX, UINT64_MAX};
    struct bytes b = {0};
    for (size_t i = 0; i < sizeof some / sizeof some[0]; i++) {
        bytes_u(&b, some[i]);
        bytes_i(&b, (int64_t)some[i]);
        bytes_near(&b, some[i], 77);
    }
    struct reading r = {b.at, b.at + b.n, false};
    for (size_t i = 0; i < sizeof some / sizeof some[0]; i++) {
        assert_true(read_u(&r) == some[i]);
        assert_true(read_i(&r) == (int64_t)some[i]);
        assert_true(read_near(&r, 77) == some[i]);
    }
    assert_true(r.at == r.end && !r.bad);
    read_u(&r);
    assert_true(r.bad);
    bytes_free(&b);
    uint8_t endless[32];
    memset(endless, 0xff, sizeof endless);
    r = (struct reading){endless, endless + sizeof endless, false};
    read_u(&r);
    assert_true(r.bad);
    r = (struct reading){endless, endless + 3, false};
    read_u(&r);
    assert_true(r.bad);
}

/* ---- containers */

struct file {
    char *data;
    size_t size;
};

static struct file make_file(size_t pieces) {
    struct file f = {0};
    FILE *to = open_memstream(&f.data, &f.size);
    struct container_out out;
    container_begin(&out, to);
    for (size_t i = 0; i < pieces; i++) {
        char said[64];
        int n = snprintf(said, sizeof said, "piece number %zu", i);
        struct piece p = {.kind = i % 2 == 0 ? PIECE_FACTS : PIECE_EVENTS, .number = i / 2, .a = i, .b = i << 40};
        container_put(&out, p, said, (size_t)n);
    }
    assert_true(container_end(&out));
    fclose(to);
    return f;
}

static void check_piece(struct container *c, enum piece_kind kind, uint64_t number, uint64_t i) {
    size_t n;
    char said[64];
    struct piece *p = container_kind(c, kind, &n);
    for (size_t k = 0; k < n; k++) {
        const uint8_t *bytes = p[k].number == number ? container_bytes(c, &p[k]) : NULL;
        if (bytes != NULL) {
            int len = snprintf(said, sizeof said, "piece number %d", (int)i);
            assert_true(p[k].a == i && p[k].b == i << 40 && p[k].size == (uint64_t)len);
            assert_memory_equal(bytes, said, (size_t)len);
        }
    }
}

static void containers(void **state) {
    (void)state;
    struct file f = make_file(7);
    struct container c;
    uint64_t version;
    size_t n;
    assert_true(container_is(f.data, f.size));
    assert_int_equal(container_open(&c, f.data, f.size, &version), CONTAINER_OK);
    container_kind(&c, PIECE_FACTS, &n);
    assert_int_equal(n, 4);
    container_kind(&c, PIECE_EVENTS, &n);
    assert_int_equal(n, 3);
    container_kind(&c, PIECE_SPANS, &n);
    assert_int_equal(n, 0);
    for (uint64_t i = 0; i < 7; i++) {
        check_piece(&c, i % 2 == 0 ? PIECE_FACTS : PIECE_EVENTS, i / 2, i);
    }
    assert_true(c.bad_bytes == 0 && !c.index_lost);
    container_free(&c);
    free(f.data);
}

/* Whatever byte is changed: what still counts as whole is what was written, and something is said to be lost. */
static void changed_bytes(void **state) {
    (void)state;
    struct file f = make_file(5);
    for (size_t at = 0; at < f.size; at++) {
        for (int bit = 0; bit < 8; bit++) {
            struct container c;
            uint64_t version;
            f.data[at] = (char)(f.data[at] ^ 1 << bit);
            if (container_open(&c, f.data, f.size, &version) == CONTAINER_OK) {
                for (uint64_t i = 0; i < 5; i++) {
                    check_piece(&c, i % 2 == 0 ? PIECE_FACTS : PIECE_EVENTS, i / 2, i);
                }
                assert_true(c.bad_bytes > 0 || c.index_lost || at < 32 || c.n == 5);
                container_free(&c);
            }
            f.data[at] = (char)(f.data[at] ^ 1 << bit);
        }
    }
    free(f.data);
}

/* Cut anywhere: the pieces before are there. */
static void cut_short(void **state) {
    (void)state;
    struct file f = make_file(9);
    size_t most = 0;
    for (size_t size = 0; size < f.size; size++) {
        struct container c;
        uint64_t version;
        char *copy = malloc(size + 1);
        memcpy(copy, f.data, size);
        if (container_open(&c, copy, size, &version) == CONTAINER_OK) {
            assert_true(c.index_lost && c.n >= most);
            most = c.n;
            container_free(&c);
        }
        free(copy);
    }
    assert_true(most >= 9);
    free(f.data);
}

/* ---- what is known of the trace */

static reel *blank(void) {
    reel *r = reel_blank();
    assert_non_null(r);
    r->saved = calloc(1, sizeof *r->saved);
    assert_non_null(r->saved);
    return r;
}

static void close_blank(reel **r) {
    free((*r)->saved);
    (*r)->saved = NULL;
    reel_close(r);
}

/* Where events are missing. */
static void gaps(void **state) {
    (void)state;
    static const struct gap some[] = {{0, 7, 0}, {5000, 300, 1234567}, {UINT64_C(1) << 40, NO_ID, INT64_MAX}};
    struct bytes b = {0};
    for (size_t n = 0; n <= 3; n++) {
        reel *r = blank(), *again = blank();
        r->info.page_size = 8192;
        r->info.go = "go1.23";
        r->info.allocfree = true;
        for (size_t i = 0; i < n; i++) {
            assert_true(gaps_add(r, some[i]));
        }
        info_put(&b, r);
        assert_true(info_get(again, b.at, b.n));
        assert_int_equal(again->ngaps, n);
        for (size_t i = 0; i < n; i++) {
            assert_true(again->gaps[i].from == some[i].from && again->gaps[i].spans == some[i].spans);
            assert_true(again->gaps[i].t == some[i].t);
        }
        assert_true(reel_info(again)->sure_until == (n > 0 ? 0 : NO_TIME));
        for (size_t cut = 0; cut < b.n; cut++) {
            reel *part = blank();
            assert_false(info_get(part, b.at, cut));
            close_blank(&part);
        }
        close_blank(&r);
        close_blank(&again);
    }
    bytes_free(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checksums),  cmocka_unit_test(hashes),        cmocka_unit_test(numbers),
        cmocka_unit_test(containers), cmocka_unit_test(changed_bytes), cmocka_unit_test(cut_short),
        cmocka_unit_test(gaps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
