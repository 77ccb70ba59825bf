/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stacks.c - see stacks.h. */
#include "core/stacks.h"

#include <stdlib.h>

static int by_pos(const void *a, const void *b) {
    const struct stack_change *x = a, *y = b;
    return x->pos < y->pos ? -1 : x->pos > y->pos;
}

static void add_up(struct stack_change *list, size_t n) {
    qsort(list, n, sizeof *list, by_pos);
    for (size_t i = 1; i < n; i++)
        list[i].bytes += list[i - 1].bytes;
}

bool stacks_sum(struct stack_bytes *s, const reel *r) {
    size_t n = 0;
    for (uint32_t id = 0; id < reel_spans(r); id++)
        n += reel_span(r, id)->kind == SPAN_STACK;
    *s = (struct stack_bytes){.came = malloc((n + 1) * sizeof *s->came), .went = malloc((n + 1) * sizeof *s->went)};
    for (uint32_t id = 0; s->came && s->went && id < reel_spans(r); id++) {
        const struct span *x = reel_span(r, id);
        uint64_t bytes = x->npages * reel_info(r)->page_size;
        if (x->kind != SPAN_STACK)
            continue;
        s->came[s->ncame++] = (struct stack_change){x->born + 1, bytes};
        if (x->died != NO_POS)
            s->went[s->nwent++] = (struct stack_change){x->died + 1, bytes};
    }
    add_up(s->came, s->ncame);
    add_up(s->went, s->nwent);
    return s->came && s->went;
}

void stacks_free(struct stack_bytes *s) {
    free(s->came);
    free(s->went);
    *s = (struct stack_bytes){0};
}

static uint64_t sum_at(const struct stack_change *list, size_t n, uint64_t pos) {
    size_t lo = 0, hi = n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (list[mid].pos <= pos)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo > 0 ? list[lo - 1].bytes : 0;
}

uint64_t stacks_at(const struct stack_bytes *s, uint64_t pos) {
    return sum_at(s->came, s->ncame, pos) - sum_at(s->went, s->nwent, pos);
}
