/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pager.h - lines over the body of the screen: the keys, and what commands print. Owns its lines.
 */
#ifndef HEAPREEL_PAGER_H
#define HEAPREEL_PAGER_H

#include "tui/draw.h"
#include "tui/keys.h"

#include <stddef.h>

struct pager_line {
    char *text;
    enum role role;
    int key_cols;       /* so many columns at its start are drawn as keys */
    int key;            /* Enter on this line presses it */
    enum action action; /* or does this, where key is KEY_CODE_NONE; ACT_NONE: it is no line to choose */
    bool folded;        /* the words of the line above go on here */
};

struct pager {
    bool open;
    uint8_t help; /* enum pager_help: what of the help it shows */
    char title[160];
    struct pager_line *lines;
    int n, cap;
    int top, left;
    int chosen;        /* line of a list to choose from, -1: no such list */
    char sought[128];  /* what / looks for, "" nothing */
    int found;         /* line it was found in, -1 none */
    int height, width; /* when last drawn */
};

enum { PAGER_MAX_LINES = 200000 };
enum pager_help { HELP_NONE, HELP_KEYS, HELP_GLOSSARY, HELP_WHAT /* the glossary of one pane */ };

void pager_free(struct pager *p);
/* Empty it and give it a title; it is open from now on. */
void pager_start(struct pager *p, const char *title);
/* Append a line (copied). False where it is full or memory is out. */
bool pager_add(struct pager *p, enum role role, int key_cols, const char *words, size_t len);
/* Append text with newlines. */
bool pager_add_text(struct pager *p, enum role role, const char *words, size_t len);
void pager_draw(struct pager *p, const struct pen *pen);
/* False: not an action of the pager. */
bool pager_act(struct pager *p, enum action a);
/* The chosen line, NULL none. */
const struct pager_line *pager_chosen(const struct pager *p);

/*
 * To the next (or previous) line that holds `words` ("": the last ones), whatever their case; round the end. *n tells
 * how many lines hold them, *i which one of these it is, from 1. False: there is none.
 */
bool pager_find(struct pager *p, const char *words, bool back, int *i, int *n);
/* All lines as one text, to be freed; NULL: out of memory. */
char *pager_text(const struct pager *p, size_t *len);

/*
 * Fill it with all keys, from the key table: first those of a pane (an IN_ bit, or IN_ALL). Enter presses one. Lines
 * are folded at `width` columns.
 */
void pager_show_keys(struct pager *p, unsigned where, int width);

#endif
