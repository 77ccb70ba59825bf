/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stacks.h - bytes of stacks at many instants, from one look at all spans. For core/ only.
 */
#ifndef HEAPREEL_STACKS_H
#define HEAPREEL_STACKS_H

#include "core/core.h"

/* Bytes of spans that are known to be stacks, not just of one kind with them, at any instant. */
struct stack_bytes {
    struct stack_change {
        uint64_t pos, bytes; /* of all that came, or went, up to here */
    } * came, *went;
    size_t ncame, nwent;
};
/* One look at all spans. False: out of memory. Free with stacks_free in either case. */
bool stacks_sum(struct stack_bytes *s, const reel *r);
void stacks_free(struct stack_bytes *s);
uint64_t stacks_at(const struct stack_bytes *s, uint64_t pos);

#endif
