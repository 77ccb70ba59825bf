/* SPDX-License-Identifier: GPL-3.0-or-later */
/* search.h - whether something is what plain words look for. For core/ only; search_parse is in core.h. */
#ifndef HEAPREEL_SEARCH_H
#define HEAPREEL_SEARCH_H

#include "core/core.h"

/* Answers for types met lately, since comparing names at every fact would cost more than unpacking it. All bytes 0xff
 * at first. */
struct search_memo {
    uint32_t type[64];
    bool match[64];
};

bool search_fact(reel *r, const struct search *s, struct search_memo *m, const struct fact *f);
bool search_note(const struct search *s, const struct note *n);

#endif
