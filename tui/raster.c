/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * raster.c - see raster.h.
 */
#include "tui/raster.h"

#include <stdlib.h>

bool raster_init(struct raster *r, int cols, int rows) {
    if (cols < 0)
        cols = 0;
    if (rows < 0)
        rows = 0;
    *r = (struct raster){.cols = cols, .rows = rows};
    r->bits = calloc((size_t)cols * (size_t)rows + 1, 1);
    if (!r->bits)
        r->cols = r->rows = 0;
    return r->bits != NULL;
}

void raster_free(struct raster *r) {
    free(r->bits);
    *r = (struct raster){0};
}

void raster_dot(struct raster *r, int x, int y) {
    if (x < 0 || y < 0 || x >= raster_width(r) || y >= raster_height(r))
        return;
    r->bits[y / 4 * r->cols + x / 2] |= (uint8_t)(1u << (y % 4 * 2 + x % 2));
}

void raster_bar(struct raster *r, int x, int y0, int y1) {
    if (y0 > y1) {
        int y = y0;
        y0 = y1;
        y1 = y;
    }
    if (y0 < 0)
        y0 = 0;
    if (y1 >= raster_height(r))
        y1 = raster_height(r) - 1;
    for (int y = y0; y <= y1; y++)
        raster_dot(r, x, y);
}

uint8_t raster_cell(const struct raster *r, int col, int row) {
    if (col < 0 || row < 0 || col >= r->cols || row >= r->rows)
        return 0;
    return r->bits[row * r->cols + col];
}

uint32_t raster_braille(uint8_t bits) {
    /* Braille numbers its dots 1 2 3 down the left, 4 5 6 down the right, then 7 and 8 below. */
    static const uint8_t dot[8] = {0x01, 0x08, 0x02, 0x10, 0x04, 0x20, 0x40, 0x80};
    uint32_t c = 0x2800;
    for (int i = 0; i < 8; i++)
        if (bits >> i & 1)
            c |= dot[i];
    return c;
}

char raster_ascii(uint8_t bits) {
    int n = 0;
    for (int i = 0; i < 8; i++)
        n += bits >> i & 1;
    return n == 0 ? ' ' : n <= 2 ? '.' : n <= 5 ? ':' : '#';
}

int raster_level(const struct raster *r, uint64_t value, uint64_t top) {
    int last = raster_height(r) - 1;
    if (last < 0)
        return 0;
    if (top == 0 || value > top)
        value = top ? top : 0;
    double part = top ? (double)value / (double)top : 0;
    return last - (int)(part * last + 0.5);
}

uint64_t raster_round_up(uint64_t v) {
    static const unsigned halves[] = {2, 3, 4, 6, 8, 10, 12, 16};
    for (uint64_t kilo = 1; kilo <= (uint64_t)1 << 40; kilo *= 1024)
        for (uint64_t one = kilo; one <= kilo * 100; one *= 10)
            for (unsigned i = 0; i < sizeof halves / sizeof *halves; i++)
                if (v <= one * halves[i] / 2)
                    return one * halves[i] / 2;
    return v;
}
