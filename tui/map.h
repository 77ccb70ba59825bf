/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * map.h - the heap map: which pages a cell stands for, what is in them, and how that looks.
 *
 *   view_map.c    the pane: keys, mouse, slots at the finest scale, the selected place in words
 *   map_cells.c   pages to cells (pure); what is in each cell
 *   map_looks.c   the colourings and their legends
 *   map_type.c    how many objects of a type each span holds
 */
#ifndef HEAPREEL_MAP_H
#define HEAPREEL_MAP_H

#include "tui/view.h"

/* ------------------------------------------------------------------ geometry: pure */

/* Cells of 2^shift pages, row by row from page lo; rows top .. top + h - 1 are in view. */
struct map_geometry {
    uint64_t lo, pages; /* that there are */
    uint64_t top;
    int shift, w, h;
};
enum { MAP_SHIFT_MAX = 20, MAP_SHIFT_AUTO = 6, MAP_SLOTS = -1 }; /* MAP_SLOTS: a cell is a slot */

uint64_t map_rows(const struct map_geometry *g);
/* The first page and the end page of the cell at column x of row y in view; false where no page is. */
bool map_pages_at(const struct map_geometry *g, int x, int y, uint64_t *from, uint64_t *to);
/* The cell in view (counted from the first one in view) that holds a page; false where it is not in view. */
bool map_cell_of(const struct map_geometry *g, uint64_t page, size_t *cell);
/* Scroll so that a page is in view, as little as needed; and never beyond the last row. */
void map_reveal(struct map_geometry *g, uint64_t page);
void map_clamp(struct map_geometry *g);
/* The finest scale that shows all pages in w x h cells, at most MAP_SHIFT_AUTO. */
int map_shift_for(uint64_t pages, int w, int h);

/* ------------------------------------------------------------------ what is in a cell */

enum map_colouring { COLOUR_FILL, COLOUR_CLASS, COLOUR_AGE, COLOUR_LIST, COLOUR_TYPE, COLOUR_CHANGE, COLOURINGS };

enum { MAP_KINDS = 4 }; /* kinds of spans that a cell tells apart; the rest is lost in the crowd */

struct map_cell {
    double live, room, then; /* bytes of objects, of slots; of objects at mark A */
    uint64_t heap, other;    /* pages in use by heap spans, by stacks and other memory */
    uint32_t spans;
    uint64_t typed, objects; /* objects of the type that is looked at, of any */
    struct {
        uint16_t what; /* as colourings count: span class, age, list */
        uint64_t pages;
    } kind[MAP_KINDS];
    uint64_t wanted; /* pages of spans that match the filter */
    bool unknown, selected;
};

/* Ages: GC cycles that have begun since a span came. */
struct map_ages {
    uint64_t *begun; /* position at each cycle's begin */
    size_t n, cap;
    uint64_t cycles; /* of the reel, when last looked at */
};

/* How many objects of a type each span holds at a position: found out slice by slice. */
struct map_type {
    uint32_t type;
    bool set;
    uint64_t target, done; /* counted are facts 0 .. done - 1; wanted: up to target */
    uint32_t *count;       /* by span id */
    size_t n, cap;
};

/* How many spans the filter lets through, counted slice by slice. */
struct map_count {
    uint64_t stamp, page, wanted, all; /* page: the next to be looked at */
    uint64_t shown, shown_all;         /* when last counted to the end */
    bool begun, over;
};

struct map {
    struct map_geometry g;
    bool chosen;     /* the scale, by the person; else it follows the size of the heap */
    uint8_t colour;  /* enum map_colouring */
    uint64_t shown;  /* address that was last brought into view */
    uint64_t first;  /* at the finest scale: page of the first span in view */
    uint64_t offset; /* and how many of its rows are above the pane */
    struct map_ages ages;
    struct map_type type;
    struct map_count count;
    struct map_cell *cells;
    size_t cap;
};

/* What the map is coloured by. */
void map_set_colouring(struct view *v, enum map_colouring c);
enum map_colouring map_colouring(const struct view *v);

/* The cells in view, or NULL where memory is short. */
struct map_cell *map_fill(struct view *v);
uint32_t map_age(struct view *v, uint32_t span);
/* What a span counts as in the present colouring. */
uint16_t map_what(struct view *v, uint32_t span, const struct span_state *st);

/* ------------------------------------------------------------------ looks */

struct map_look {
    enum role role;
    uint32_t ch; /* 0: glyph */
    enum glyph glyph;
};
struct map_look map_look(struct view *v, const struct map_cell *c);
/* Draw the legend from row y on; returns the row behind it. With a pen of no sheet it only counts. */
int map_legend(struct view *v, const struct pen *p, int y);
const char *map_colouring_name(enum map_colouring c);

/* ------------------------------------------------------------------ by type */

/* The type whose objects are looked for: the one of the open page, the chosen one; else that with most bytes. */
void map_type_choose(struct view *v, uint32_t type);
/* Count on; true while there is more. */
bool map_type_work(struct view *v);
void map_type_free(struct map_type *t);

#endif
