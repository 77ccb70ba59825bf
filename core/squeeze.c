/* SPDX-License-Identifier: GPL-3.0-or-later */
/* squeeze.c - see squeeze.h. What unpacks to far more than it weighs is an attack, as in traces/unpack.c. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "core/squeeze.h"

#ifdef HAVE_ZSTD
#include <zstd.h>
#endif

enum { FORM_PLAIN, FORM_ZSTD, FORMS };
enum { MOST_TIMES = 1032, MOST_MORE = 1 << 16 };

static void put_plain(const struct bytes *in, struct bytes *out) {
    bytes_u(out, FORM_PLAIN);
    bytes_u(out, in->n);
    bytes_put(out, in->at, in->n);
}

#ifdef HAVE_ZSTD
enum { LEVEL = 1 };

void squeeze_free(struct squeezer *q) {
    ZSTD_freeCCtx(q->context);
    q->context = NULL;
}

void squeeze(struct squeezer *q, const struct bytes *in, struct bytes *out) {
    size_t begin = out->n, room = ZSTD_compressBound(in->n);
    q->context = q->context != NULL ? q->context : ZSTD_createCCtx();
    bytes_u(out, FORM_ZSTD);
    bytes_u(out, in->n);
    if (q->context != NULL && in->n <= (size_t)1 << 30 && bytes_fit(out, room)) {
        size_t n = ZSTD_compressCCtx(q->context, out->at + out->n, room, in->at, in->n, LEVEL);
        if (!ZSTD_isError(n) && n + n / 16 < in->n && in->n / MOST_TIMES <= n) {
            out->n += n;
            return;
        }
    }
    out->n = begin;
    put_plain(in, out);
}

static enum unsqueezed unpack(const uint8_t *in, size_t size, uint64_t n, struct bytes *out) {
    if (n / MOST_TIMES > (uint64_t)size + MOST_MORE / MOST_TIMES) {
        return UNSQUEEZE_DAMAGED;
    }
    out->n = 0;
    if (!bytes_fit(out, (size_t)n + 1)) {
        return UNSQUEEZE_MEMORY;
    }
    out->n = ZSTD_decompress(out->at, (size_t)n, in, size);
    bool whole = !ZSTD_isError(out->n) && out->n == n;
    out->n = whole ? out->n : 0;
    return whole ? UNSQUEEZED : UNSQUEEZE_DAMAGED;
}
#else
void squeeze_free(struct squeezer *q) {
    (void)q;
}

void squeeze(struct squeezer *q, const struct bytes *in, struct bytes *out) {
    (void)q;
    put_plain(in, out);
}

static enum unsqueezed unpack(const uint8_t *in, size_t size, uint64_t n, struct bytes *out) {
    (void)in;
    (void)size;
    (void)n;
    (void)out;
    return UNSQUEEZE_CANT;
}
#endif

enum unsqueezed unsqueeze(const uint8_t *in, size_t size, struct bytes *out, const uint8_t **at, size_t *n) {
    struct reading r = {in, in + size, false};
    uint64_t form = read_below(&r, FORMS), before = read_u(&r);
    if (r.bad || (form == FORM_PLAIN && before != reading_left(&r))) {
        return UNSQUEEZE_DAMAGED;
    }
    *at = r.at;
    *n = reading_left(&r);
    if (form == FORM_PLAIN) {
        return UNSQUEEZED;
    }
    enum unsqueezed got = unpack(r.at, *n, before, out);
    *at = out->at;
    *n = out->n;
    return got;
}
