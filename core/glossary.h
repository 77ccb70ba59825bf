/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * glossary.h - what each word and number on the screen means: one table for the help pane, the command `glossary` and
 * the manual.
 *
 * An entry is about one notion. `names` are all names under which the screen, columns and filters show it; letters'
 * case, '_', '-' and blanks make no difference. The words and the places in Go's sources are those of Go 1.26; where an
 * older runtime has other words the text says so. Entries stand in groups: the heap's parts, where spans are, the
 * collector, who does it, the trace, this program.
 */
#ifndef HEAPREEL_GLOSSARY_H
#define HEAPREEL_GLOSSARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct glossary_entry {
    const char *word;
    const char *names;  /* other names, ", " in between; "" none */
    const char *about;  /* sentences */
    const char *source; /* "runtime/mcentral.go: partial", below Go's src/; NULL: the word is heapreel's own */
    const char *group;  /* heading of this entry and those that follow; NULL: as before */
};

size_t glossary_table(const struct glossary_entry **out);
/* The entry of a word or another name; NULL: none. */
const struct glossary_entry *glossary_find(const char *word);
/* The nearest word, for "did you mean"; NULL: none is near. */
const char *glossary_nearest(const char *word);

/* The manual's section; `line` writes one line of roff. */
void glossary_dump_man(FILE *out, void (*line)(FILE *, const char *));

#endif
