/* SPDX-License-Identifier: GPL-3.0-or-later */
/* regions.c - see regions.h. */
#include "core/regions.h"

#include <stdlib.h>

static bool counts(const struct regions *x, const struct note *n) {
    return n->kind == NOTE_REGION && n->g < x->ngos;
}

/* Notes are in order of begin; so are each goroutine's ones, once they are dealt out. */
static void deal(struct regions *x, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (counts(x, &x->notes[i]))
            x->first[x->notes[i].g + 1]++;
    for (size_t g = 0; g < x->ngos; g++)
        x->first[g + 1] += x->first[g];
    for (size_t i = 0; i < n; i++)
        if (counts(x, &x->notes[i]))
            x->of[x->first[x->notes[i].g]++] = (uint32_t)i;
    for (size_t g = x->ngos; g > 0; g--) /* each now stands where the next begins */
        x->first[g] = x->first[g - 1];
    x->first[0] = 0;
}

static bool over(const struct note *n, int64_t t) {
    return n->end != NO_TIME && n->end <= t;
}

static uint32_t still_open(const struct regions *x, uint32_t i, int64_t t) {
    while (i != NO_ID && over(&x->notes[x->of[i]], t))
        i = x->outer[i];
    return i;
}

bool regions_init(struct regions *x, const reel *r) {
    *x = (struct regions){.r = r, .ngos = reel_goroutines(r)};
    size_t n = reel_notes(r, &x->notes);
    x->of = malloc((n + 1) * sizeof *x->of);
    x->outer = malloc((n + 1) * sizeof *x->outer);
    x->first = calloc(x->ngos + 2, sizeof *x->first);
    if (!x->of || !x->outer || !x->first) {
        regions_free(x);
        return false;
    }
    deal(x, n);
    for (size_t g = 0; g < x->ngos; g++)
        for (uint32_t i = x->first[g]; i < x->first[g + 1]; i++)
            x->outer[i] = i == x->first[g] ? NO_ID : still_open(x, i - 1, x->notes[x->of[i]].begin);
    return true;
}

void regions_free(struct regions *x) {
    free(x->of);
    free(x->outer);
    free(x->first);
    *x = (struct regions){0};
}

/* Of the regions of g in `of`: how far those that have begun at t go. */
static uint32_t begun(const struct regions *x, uint32_t g, int64_t t) {
    uint32_t lo = x->first[g], hi = x->first[g + 1];
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (x->notes[x->of[mid]].begin <= t)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

uint32_t regions_at(const struct regions *x, uint32_t g, int64_t t) {
    uint32_t end = g < x->ngos ? begun(x, g, t) : 0;
    uint32_t i = g < x->ngos && end > x->first[g] ? still_open(x, end - 1, t) : NO_ID;
    return i == NO_ID ? NO_ID : x->of[i];
}

int64_t regions_until(const struct regions *x, uint32_t g, int64_t t) {
    uint32_t end = begun(x, g, t), at = regions_at(x, g, t);
    int64_t next = end < x->first[g + 1] ? x->notes[x->of[end]].begin : INT64_MAX;
    int64_t over_at = at != NO_ID && x->notes[at].end != NO_TIME ? x->notes[at].end : INT64_MAX;
    return next < over_at ? next : over_at;
}

uint32_t regions_task(const struct regions *x, uint32_t note) {
    const struct note *notes;
    size_t n = reel_notes(x->r, &notes);
    uint64_t task = note < n ? notes[note].task : 0;
    for (size_t i = note; task != 0 && i-- > 0;) /* a task is begun before its regions */
        if (notes[i].kind == NOTE_TASK && notes[i].task == task)
            return (uint32_t)i;
    return NO_ID;
}
