/* SPDX-License-Identifier: GPL-3.0-or-later */
/* out.c - see out.h. */
#include "core/out.h"

#include "core/utf8.h"

#include <errno.h>
#include <langinfo.h>
#include <stdlib.h>

void out_flush(struct outbuf *b) {
    size_t n = b->n;
    b->n = 0;
    if (n == 0 || b->error)
        return;
    errno = 0;
    if (fwrite(b->at, 1, n, b->out) != n)
        b->error = errno ? errno : EIO;
}

void out_bytes_slow(struct outbuf *b, const char *p, size_t n) {
    while (n > 0) {
        if (b->n == OUT_BUFFER)
            out_flush(b);
        size_t part = OUT_BUFFER - b->n;
        if (part > n)
            part = n;
        memcpy(b->at + b->n, p, part);
        b->n += part;
        p += part;
        n -= part;
    }
}

size_t out_digits(char dst[OUT_DIGITS], uint64_t u) {
    static const char pairs[] = "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
                                "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
                                "8081828384858687888990919293949596979899";
    char digits[OUT_DIGITS];
    size_t at = sizeof digits;
    while (u >= 100) {
        at -= 2;
        memcpy(digits + at, pairs + u % 100 * 2, 2);
        u /= 100;
    }
    if (u >= 10) {
        at -= 2;
        memcpy(digits + at, pairs + u * 2, 2);
    } else {
        digits[--at] = (char)('0' + u);
    }
    memcpy(dst, digits + at, sizeof digits - at);
    return sizeof digits - at;
}

void out_uint(struct outbuf *b, uint64_t u) {
    out_took(b, out_digits(out_room(b, OUT_DIGITS), u));
}

void out_int(struct outbuf *b, int64_t i) {
    if (i >= 0) {
        out_uint(b, (uint64_t)i);
        return;
    }
    out_char(b, '-');
    out_uint(b, 0 - (uint64_t)i);
}

void out_address(struct outbuf *b, const reel *r, uint64_t addr) {
    char s[ADDRESS_TEXT];
    out_str(b, reel_address_text(r, addr, s));
}

void out_valid_utf8(text t, void (*put)(void *arg, const char *p, size_t n), void *arg) {
    if (t.len == 0)
        return;
    const unsigned char *p = (const unsigned char *)t.ptr, *end = p + t.len, *run = p;
    while (p < end) {
        const unsigned char *from = p;
        if (utf8_next(&p, end) != UTF8_BAD)
            continue;
        if (from > run)
            put(arg, (const char *)run, (size_t)(from - run));
        put(arg, "\xef\xbf\xbd", 3);
        run = p;
    }
    if (p > run)
        put(arg, (const char *)run, (size_t)(p - run));
}

bool out_ok(struct out_sink *s) {
    s->sink.error = s->buf.error;
    return s->buf.error == 0;
}

bool out_end(struct out_sink *s) {
    out_flush(&s->buf);
    errno = 0;
    if (!s->buf.error && fflush(s->buf.out) != 0)
        s->buf.error = errno ? errno : EIO;
    return out_ok(s);
}

bool out_plain(const struct sink *out) {
    return out->ascii || strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
}

struct sink *sink_new(enum format fmt, FILE *out, const reel *r) {
    static struct out_sink *(*const make[])(void) = {
        [FORMAT_TEXT] = out_text_new,
        [FORMAT_CSV] = out_csv_new,
        [FORMAT_JSONL] = out_json_new,
        [FORMAT_CBOR] = out_cbor_new,
    };
    struct out_sink *s = make[fmt]();
    if (!s)
        return NULL;
    s->reel = r;
    s->buf.out = out;
    s->buf.at = malloc(OUT_BUFFER);
    struct sink *pub = &s->sink;
    if (!s->buf.at)
        sink_free(&pub);
    return pub;
}

void sink_free(struct sink **pub) {
    struct out_sink *s = (struct out_sink *)*pub;
    *pub = NULL;
    if (!s)
        return;
    if (s->free)
        s->free(s);
    free(s->buf.at);
    free(s);
}
