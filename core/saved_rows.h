/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * saved_rows.h - the tables of a saved reel, and how a row of each is written and read. For saved_tables.c only.
 */
#ifndef HEAPREEL_SAVED_ROWS_H
#define HEAPREEL_SAVED_ROWS_H

#include "core/saved.h"

struct table {
    uint8_t kind; /* enum piece_kind */
    uint8_t subs; /* so many tables of it, one behind the other; `sub` says which */
    bool needed;  /* nothing can be shown without it: it is written twice */
    size_t (*count)(const struct saver *s);
    /* Row i; `first` of its part: it leans on no other row. */
    void (*put)(struct saver *s, size_t i, bool first);
    bool (*get)(struct tables *x, struct reading *in, bool first); /* false: out of memory */
};

/* In the order in which they are written and read. */
enum { SAVED_TABLES = 12 };
extern const struct table saved_tables[SAVED_TABLES];
/* Texts, which the others enter, are written last and read first. */
extern const struct table saved_texts;

#endif
