/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * map_looks.c - what a cell of the map looks like in each colouring, and the legend that says so. Colours are never all
 * that tells: letters and shades differ, too. What isn't known is a question mark.
 */
#include "tui/map.h"

#include <string.h>

/* What lists count as: below 16 an mcache's P (15: a later one, or not known which). */
enum { LIST_NONEMPTY = 16, LIST_EMPTY = 18, LIST_UNKNOWN = 20, LIST_LATER_P = 15 }; /* + 1: not swept yet */

static const enum role palette[] = {ROLE_SCAN,  ROLE_NOSCAN, ROLE_LARGE, ROLE_STACK,
                                    ROLE_SWEEP, ROLE_ASSIST, ROLE_GOAL,  ROLE_MARKING};
enum { PALETTE = sizeof palette / sizeof *palette };

static const char *const names[COLOURINGS] = {[COLOUR_FILL] = "kind and occupancy",
                                              [COLOUR_CLASS] = "size class",
                                              [COLOUR_AGE] = "age in GC cycles",
                                              [COLOUR_LIST] = "list",
                                              [COLOUR_TYPE] = "type",
                                              [COLOUR_CHANGE] = "change since A"};

const char *map_colouring_name(enum map_colouring c) {
    return names[c];
}

/* ------------------------------------------------------------------ what spans count as */

static uint16_t list_of(const struct span_state *st) {
    bool unswept = st->swept == KNOWN_NO;
    switch ((enum place)st->place) {
    case PLACE_MCACHE:
        return (uint16_t)(st->p >= 0 && st->p < LIST_LATER_P ? st->p : LIST_LATER_P);
    case PLACE_NONEMPTY:
        return (uint16_t)(LIST_NONEMPTY + unswept);
    case PLACE_EMPTY:
        return (uint16_t)(LIST_EMPTY + unswept);
    default:
        return LIST_UNKNOWN;
    }
}

uint16_t map_what(struct view *v, uint32_t span, const struct span_state *st) {
    const struct span *s = reel_span(v->x->reel, span);
    const struct map *m = v->data;
    switch ((enum map_colouring)m->colour) {
    case COLOUR_CLASS:
        return s->class;
    case COLOUR_AGE: {
        uint32_t age = map_age(v, span);
        return (uint16_t)(age > 10 ? 10 : age);
    }
    case COLOUR_LIST:
        return list_of(st);
    default:
        return s->class == 0 ? 2 : s->noscan ? 1 : 0;
    }
}

/* ------------------------------------------------------------------ what cells look like */

static uint16_t most_of(const struct map_cell *c) {
    int best = 0;
    for (int i = 1; i < MAP_KINDS; i++)
        if (c->kind[i].pages > c->kind[best].pages)
            best = i;
    return c->kind[best].what;
}

static enum glyph shade(double part) {
    return part <= 0     ? GLYPH_PAGE_NONE
           : part < 0.25 ? GLYPH_PAGE_LOW
           : part < 0.5  ? GLYPH_PAGE_HALF
           : part < 0.9  ? GLYPH_PAGE_HIGH
                         : GLYPH_PAGE_FULL;
}

static struct map_look glyph_look(enum role role, enum glyph g) {
    return (struct map_look){.role = role, .glyph = g};
}

static struct map_look letter_look(enum role role, char ch) {
    return (struct map_look){.role = role, .ch = (uint32_t)(unsigned char)ch};
}

static struct map_look look_fill(const struct map_cell *c) {
    static const enum role roles[3] = {ROLE_SCAN, ROLE_NOSCAN, ROLE_LARGE};
    uint16_t kind = most_of(c);
    if (c->unknown)
        return glyph_look(ROLE_GUESS, GLYPH_PAGE_UNKNOWN);
    return glyph_look(roles[kind < 3 ? kind : 0], shade(c->room > 0 ? c->live / c->room : 0));
}

/* Classes 1 to 9 are digits, then a to z, then A to Z; the last few share Z. */
static char class_letter(uint16_t class) {
    return (char)(class == 0    ? 'L'
                  : class < 10  ? '0' + class
                  : class < 36  ? 'a' + class - 10
                  : class <= 61 ? 'A' + class - 36
                                : 'Z');
}

static struct map_look look_class(const struct map_cell *c) {
    uint16_t class = most_of(c);
    return letter_look(palette[class % PALETTE], class_letter(class));
}

static struct map_look look_age(const struct map_cell *c) {
    static const enum role heat[] = {ROLE_LIVE, ROLE_LIVE, ROLE_SWEEP, ROLE_SWEEP, ROLE_GOAL, ROLE_GOAL,
                                     ROLE_GOAL, ROLE_STOP, ROLE_STOP,  ROLE_STOP,  ROLE_STOP};
    uint16_t age = most_of(c);
    return letter_look(heat[age], (char)(age > 9 ? '+' : '0' + age));
}

static struct map_look look_list(const struct map_cell *c) {
    static const char letters[] = "nNeE?";
    uint16_t list = most_of(c);
    if (list == LIST_UNKNOWN)
        return letter_look(ROLE_GUESS, '?');
    if (list < LIST_NONEMPTY)
        return letter_look(ROLE_LARGE, (char)(list > 9 ? 'm' : '0' + list));
    return letter_look(list < LIST_EMPTY ? ROLE_SCAN : ROLE_NOSCAN, letters[list - LIST_NONEMPTY]);
}

static struct map_look look_type(const struct map_cell *c) {
    if (c->typed == 0)
        return glyph_look(ROLE_DIM, GLYPH_PAGE_NONE);
    return glyph_look(ROLE_LARGE, shade(c->objects ? (double)c->typed / (double)c->objects : 0));
}

static struct map_look look_change(const struct map_cell *c) {
    double by = c->live - c->then, room = c->room > 0 ? c->room : c->then;
    if (by > -1 && by < 1)
        return glyph_look(ROLE_DIM, GLYPH_PAGE_NONE);
    bool much = room > 0 && (by < 0 ? -by : by) > room / 4;
    return letter_look(by > 0 ? ROLE_MORE : ROLE_LESS, (char)(by > 0 ? (much ? '#' : '+') : (much ? '=' : '-')));
}

struct map_look map_look(struct view *v, const struct map_cell *c) {
    static struct map_look (*const looks[COLOURINGS])(const struct map_cell *) = {
        [COLOUR_FILL] = look_fill, [COLOUR_CLASS] = look_class, [COLOUR_AGE] = look_age,
        [COLOUR_LIST] = look_list, [COLOUR_TYPE] = look_type,   [COLOUR_CHANGE] = look_change};
    const struct map *m = v->data;
    bool gone = m->colour == COLOUR_CHANGE && c->then > 0;
    if (c->spans > 0 && c->wanted == 0) /* the filter leaves it out */
        return glyph_look(ROLE_FREE, GLYPH_PAGE_NONE);
    if (c->heap > 0 || gone)
        return looks[m->colour](c);
    if (c->other > 0)
        return letter_look(ROLE_STACK, 'S');
    return glyph_look(ROLE_FREE, GLYPH_PAGE_FREE);
}

/* ------------------------------------------------------------------ legends */

struct sign {
    enum role role;
    enum glyph glyph; /* GLYPH_LIMIT: the word alone, in its colour */
    const char *words;
};

static const struct sign fill_signs[] = {
    {ROLE_TEXT, GLYPH_PAGE_LOW, "<25%"},  {ROLE_TEXT, GLYPH_PAGE_HALF, "<50%"},   {ROLE_TEXT, GLYPH_PAGE_HIGH, "<90%"},
    {ROLE_TEXT, GLYPH_PAGE_FULL, "full"}, {ROLE_TEXT, GLYPH_PAGE_NONE, "none"},   {ROLE_FREE, GLYPH_PAGE_FREE, "free"},
    {ROLE_SCAN, GLYPH_LIMIT, "scan"},     {ROLE_NOSCAN, GLYPH_LIMIT, "noscan"},   {ROLE_LARGE, GLYPH_LIMIT, "large"},
    {ROLE_STACK, GLYPH_LIMIT, "S stack"}, {ROLE_GUESS, GLYPH_LIMIT, "? unknown"},
};
static const struct sign class_signs[] = {
    {ROLE_TEXT, GLYPH_LIMIT, "1-9 a-z A-Z size class"},
    {ROLE_TEXT, GLYPH_LIMIT, "L large"},
    {ROLE_STACK, GLYPH_LIMIT, "S stack"},
    {ROLE_FREE, GLYPH_PAGE_FREE, "free"},
};
static const struct sign age_signs[] = {
    {ROLE_LIVE, GLYPH_LIMIT, "0 no GC since"},
    {ROLE_SWEEP, GLYPH_LIMIT, "2 cycles"},
    {ROLE_GOAL, GLYPH_LIMIT, "4"},
    {ROLE_STOP, GLYPH_LIMIT, "+ over 9"},
    {ROLE_STACK, GLYPH_LIMIT, "S stack"},
    {ROLE_FREE, GLYPH_PAGE_FREE, "free"},
};
static const struct sign list_signs[] = {
    {ROLE_LARGE, GLYPH_LIMIT, "0 P0's mcache"}, {ROLE_SCAN, GLYPH_LIMIT, "n nonempty"},
    {ROLE_NOSCAN, GLYPH_LIMIT, "e empty"},      {ROLE_TEXT, GLYPH_LIMIT, "N E unswept"},
    {ROLE_GUESS, GLYPH_LIMIT, "? unknown"},     {ROLE_STACK, GLYPH_LIMIT, "S stack"},
    {ROLE_FREE, GLYPH_PAGE_FREE, "free"},
};
static const struct sign type_signs[] = {
    {ROLE_LARGE, GLYPH_PAGE_LOW, "<25%"}, {ROLE_LARGE, GLYPH_PAGE_HALF, "<50%"}, {ROLE_LARGE, GLYPH_PAGE_HIGH, "<90%"},
    {ROLE_LARGE, GLYPH_PAGE_FULL, "all"}, {ROLE_DIM, GLYPH_PAGE_NONE, "others"}, {ROLE_FREE, GLYPH_PAGE_FREE, "free"},
    {ROLE_STACK, GLYPH_LIMIT, "S stack"},
};
static const struct sign change_signs[] = {
    {ROLE_MORE, GLYPH_LIMIT, "# far more"},   {ROLE_MORE, GLYPH_LIMIT, "+ more"},
    {ROLE_LESS, GLYPH_LIMIT, "- less"},       {ROLE_LESS, GLYPH_LIMIT, "= far less"},
    {ROLE_DIM, GLYPH_PAGE_NONE, "unchanged"}, {ROLE_FREE, GLYPH_PAGE_FREE, "free"},
};

#define SIGNS(s)                                                                                                       \
    { s, sizeof s / sizeof *s }
static const struct {
    const struct sign *signs;
    size_t n;
} legends[COLOURINGS] = {
    [COLOUR_FILL] = SIGNS(fill_signs), [COLOUR_CLASS] = SIGNS(class_signs), [COLOUR_AGE] = SIGNS(age_signs),
    [COLOUR_LIST] = SIGNS(list_signs), [COLOUR_TYPE] = SIGNS(type_signs),   [COLOUR_CHANGE] = SIGNS(change_signs),
};

int map_legend(struct view *v, const struct pen *p, int y) {
    const struct map *m = v->data;
    const struct sign *s = legends[m->colour].signs;
    int x = 1;
    for (size_t i = 0; i < legends[m->colour].n; i++) {
        int w = text_columns(s[i].words) + (s[i].glyph != GLYPH_LIMIT ? 2 : 0);
        if (x + w > p->r.w) {
            x = 1;
            y++;
        }
        if (s[i].glyph != GLYPH_LIMIT) {
            pen_glyph(p, x, y, s[i].role, s[i].glyph);
            pen_text(p, x + 2, y, ROLE_DIM, s[i].words);
        } else {
            pen_text(p, x, y, s[i].role, s[i].words);
        }
        x += w + 2;
    }
    return y + 1;
}
