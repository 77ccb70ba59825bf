/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * text.c - bytes of a trace made harmless for people's eyes.
 *
 * A trace may hold anything: whatever could steer a terminal, reorder a line or hide in it becomes a visible
 * stand-in. Invalid bytes and ASCII controls read \x1b, other letters \u202e or \U000e0041. Output is cut only
 * between stand-ins and letters, never inside.
 */
#include "core/core.h"
#include "core/utf8.h"

#include <ctype.h>
#include <string.h>

enum { PIECE = 16 }; /* the longest stand-in, \U0001f600, is 10 bytes */

struct cutter {
    char *dst;
    size_t cap, n;
    size_t fit; /* length of the longest prefix after which "..." still fits */
};

static bool put_piece(struct cutter *c, const char *s, size_t len) {
    if (c->n + len >= c->cap)
        return false;
    memcpy(c->dst + c->n, s, len);
    c->n += len;
    if (c->n + 3 < c->cap)
        c->fit = c->n;
    return true;
}

static size_t cut(struct cutter *c) {
    size_t dots = c->cap > 3 ? 3 : 0;
    memcpy(c->dst + c->fit, "...", dots);
    c->dst[c->fit + dots] = '\0';
    return c->fit + dots;
}

static size_t put_hex(char *dst, char letter, unsigned digits, uint32_t v) {
    dst[0] = '\\';
    dst[1] = letter;
    for (unsigned i = 0; i < digits; i++)
        dst[2 + i] = "0123456789abcdef"[v >> 4 * (digits - 1 - i) & 15];
    return 2 + digits;
}

static size_t stand_in(char dst[PIECE], uint32_t cp) {
    if (cp < 0x80)
        return put_hex(dst, 'x', 2, cp);
    return cp < 0x10000 ? put_hex(dst, 'u', 4, cp) : put_hex(dst, 'U', 8, cp);
}

static size_t plain_run(const unsigned char *p, const unsigned char *end) {
    const unsigned char *from = p;
    while (p < end && *p >= 0x20 && *p < 0x7f) {
        p++;
    }
    return (size_t)(p - from);
}

static size_t escape(char *dst, size_t cap, text t, bool ascii) {
    struct cutter c = {.dst = dst, .cap = cap};
    if (t.len == 0)
        t.ptr = "";
    const unsigned char *p = (const unsigned char *)t.ptr, *end = p + t.len;
    char piece[PIECE];
    size_t plain = plain_run(p, end);
    if (plain < cap) { /* most names are nothing else */
        memcpy(dst, p, plain);
        c.n = plain;
        p += plain;
        c.fit = plain + 3 < cap ? plain : cap > 3 ? cap - 4 : 0;
    }
    while (p < end) {
        const unsigned char *from = p;
        uint32_t cp = utf8_next(&p, end);
        bool ok = true;
        if (cp == UTF8_BAD)
            for (; ok && from < p; from++)
                ok = put_piece(&c, piece, put_hex(piece, 'x', 2, *from));
        else if (utf8_hostile(cp) || (ascii && cp >= 0x80))
            ok = put_piece(&c, piece, stand_in(piece, cp));
        else
            ok = put_piece(&c, (const char *)from, (size_t)(p - from));
        if (!ok)
            return cut(&c);
    }
    dst[c.n] = '\0';
    return c.n;
}

size_t text_safe(char *dst, size_t cap, text t) {
    return escape(dst, cap, t, false);
}

size_t text_ascii(char *dst, size_t cap, text t) {
    return escape(dst, cap, t, true);
}

size_t text_width(const char *s, size_t len) {
    const unsigned char *p = (const unsigned char *)s, *end = p + len;
    size_t width = 0;
    while (p < end) {
        if (*p < 0x80) {
            width++;
            p++;
            continue;
        }
        uint32_t cp = utf8_next(&p, end);
        width += cp == UTF8_BAD ? 1 : utf8_width(cp);
    }
    return width;
}

bool text_same(text a, text b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* Letters of ASCII count the same in both cases. */
static bool bytes_alike(const char *a, const char *b, size_t n) {
    size_t k = 0;
    while (k < n && tolower((unsigned char)a[k]) == tolower((unsigned char)b[k]))
        k++;
    return k == n;
}

bool text_contains(text t, const char *part) {
    size_t n = strlen(part);
    for (size_t i = 0; i + n <= t.len; i++)
        if (bytes_alike(t.ptr + i, part, n))
            return true;
    return false;
}

bool note_contains(const struct note *n, const char *part) {
    if (text_contains(n->name, part) || text_contains(n->value, part))
        return true;
    size_t len = strlen(part);
    for (const char *p = strstr(part, ": "); p && n->name.len > 0 && n->value.len > 0; p = strstr(p + 1, ": ")) {
        size_t before = (size_t)(p - part), after = len - before - 2;
        if (before <= n->name.len && after <= n->value.len &&
            bytes_alike(n->name.ptr + n->name.len - before, part, before) && bytes_alike(n->value.ptr, p + 2, after))
            return true;
    }
    return false;
}
