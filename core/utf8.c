/* SPDX-License-Identifier: GPL-3.0-or-later */
/* utf8.c - see utf8.h. Tables hold closed ranges in ascending order. */
#include "core/utf8.h"

struct range32 {
    uint32_t lo, hi;
};

/* What a first byte promises: how many bytes follow, and which second bytes keep the form shortest and in range. */
struct lead {
    uint8_t first, last;
    uint8_t more, lo, hi;
};

static const struct lead leads[] = {
    {0xc2, 0xdf, 1, 0x80, 0xbf}, {0xe0, 0xe0, 2, 0xa0, 0xbf}, {0xe1, 0xec, 2, 0x80, 0xbf}, {0xed, 0xed, 2, 0x80, 0x9f},
    {0xee, 0xef, 2, 0x80, 0xbf}, {0xf0, 0xf0, 3, 0x90, 0xbf}, {0xf1, 0xf3, 3, 0x80, 0xbf}, {0xf4, 0xf4, 3, 0x80, 0x8f},
};

static const struct range32 hostile[] = {
    {0x0000, 0x001f},   {0x007f, 0x009f},   {0x00ad, 0x00ad},   {0x034f, 0x034f},      {0x061c, 0x061c},
    {0x115f, 0x1160},   {0x17b4, 0x17b5},   {0x180b, 0x180f},   {0x200b, 0x200f},      {0x2028, 0x202e},
    {0x2060, 0x206f},   {0x3164, 0x3164},   {0xd800, 0xdfff},   {0xfdd0, 0xfdef},      {0xfe00, 0xfe0f},
    {0xfeff, 0xfeff},   {0xffa0, 0xffa0},   {0xfff0, 0xfffb},   {0xfffe, 0xffff},      {0x1bca0, 0x1bca3},
    {0x1d173, 0x1d17a}, {0x1fffe, 0x1ffff}, {0xe0000, 0xe0fff}, {0xf0000, UINT32_MAX},
};

static const struct range32 zero_width[] = {
    {0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd}, {0x0610, 0x061a}, {0x064b, 0x065f},
    {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x20d0, 0x20ff}, {0xfe20, 0xfe2f},
};

static const struct range32 double_width[] = {
    {0x1100, 0x115e},   {0x2e80, 0x303e},   {0x3041, 0xa4cf},   {0xa960, 0xa97f}, {0xac00, 0xd7a3},
    {0xf900, 0xfaff},   {0xfe30, 0xfe6f},   {0xff01, 0xff60},   {0xffe0, 0xffe6}, {0x1f300, 0x1f64f},
    {0x1f680, 0x1f6ff}, {0x1f900, 0x1faff}, {0x20000, 0x3fffd},
};

#define IN(table, cp) in_ranges(table, sizeof(table) / sizeof(table)[0], cp)

static bool in_ranges(const struct range32 *r, size_t n, uint32_t cp) {
    size_t lo = 0, hi = n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (r[mid].hi < cp)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < n && cp >= r[lo].lo;
}

static const struct lead *lead_of(unsigned char c) {
    for (size_t i = 0; i < sizeof(leads) / sizeof(leads)[0]; i++)
        if (c >= leads[i].first && c <= leads[i].last)
            return &leads[i];
    return NULL;
}

uint32_t utf8_next(const unsigned char **pp, const unsigned char *end) {
    const unsigned char *p = *pp;
    unsigned char c = *p++;
    *pp = p;
    if (c < 0x80)
        return c;
    const struct lead *l = lead_of(c);
    if (!l)
        return UTF8_BAD;
    uint32_t cp = c & (0x3fu >> l->more);
    unsigned lo = l->lo, hi = l->hi;
    for (unsigned k = 0; k < l->more; k++) {
        if (p == end || *p < lo || *p > hi) {
            *pp = p;
            return UTF8_BAD;
        }
        cp = cp << 6 | (*p++ & 0x3fu);
        lo = 0x80;
        hi = 0xbf;
    }
    *pp = p;
    return cp;
}

bool utf8_hostile(uint32_t cp) {
    if (cp >= 0x20 && cp < 0x7f)
        return false;
    return IN(hostile, cp);
}

unsigned utf8_width(uint32_t cp) {
    if (cp < 0x300)
        return 1;
    if (IN(zero_width, cp))
        return 0;
    return IN(double_width, cp) ? 2 : 1;
}

size_t utf8_put(char dst[4], uint32_t cp) {
    if (cp < 0x80) {
        dst[0] = (char)cp;
        return 1;
    }
    static const uint8_t mark[5] = {0, 0, 0xc0, 0xe0, 0xf0};
    size_t n = cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--) {
        dst[i] = (char)(0x80 | (cp & 0x3f));
        cp >>= 6;
    }
    dst[0] = (char)(mark[n] | cp);
    return n;
}
