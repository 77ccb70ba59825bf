/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * raster.h - curves as dots: a bit canvas two dots wide and four dots high for each cell, and the glyph of each cell.
 *
 * Dot (0, 0) is at the top left. The braille glyph of a cell has a dot for each bit; its ASCII twin shows how full
 * the cell is. Pure: neither curses nor allocation beyond the canvas itself.
 */
#ifndef HEAPREEL_RASTER_H
#define HEAPREEL_RASTER_H

#include <stdbool.h>
#include <stdint.h>

struct raster {
    int cols, rows; /* cells */
    uint8_t *bits;  /* a byte a cell: bit y * 2 + x, y 0..3 from the top */
};

/* False: out of memory (then the canvas is empty). Free with raster_free. */
bool raster_init(struct raster *r, int cols, int rows);
void raster_free(struct raster *r);

static inline int raster_width(const struct raster *r) {
    return r->cols * 2;
}
static inline int raster_height(const struct raster *r) {
    return r->rows * 4;
}

/* Set a dot; outside the canvas nothing happens. */
void raster_dot(struct raster *r, int x, int y);
/* Set dots y0..y1 (either order) of a dot column. */
void raster_bar(struct raster *r, int x, int y0, int y1);
uint8_t raster_cell(const struct raster *r, int col, int row);

/* The braille code point of a cell's bits; U+2800 for none. */
uint32_t raster_braille(uint8_t bits);
/* ' ' '.' ':' '#' by how many dots are set. */
char raster_ascii(uint8_t bits);

/* The dot row for a value on a scale 0..top (0: bottom row, top: top row). */
int raster_level(const struct raster *r, uint64_t value, uint64_t top);
/* A round number >= v to end a scale with: 1, 1.5, 2, 3, 4, 5, 6, 8 times a power of 1024 and 10. Never 0. */
uint64_t raster_round_up(uint64_t v);

#endif
