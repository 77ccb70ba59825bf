/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * map_type.c - how many objects of one type each span holds at the cursor. Facts tell the type of what comes and goes,
 * so the counts follow the cursor both ways; far ways go slice by slice, and the map says that it is still counting.
 */
#include "traces/grow.h"
#include "tui/map.h"

#include <stdlib.h>
#include <string.h>

enum { FACTS = 1 << 17 }; /* in one slice */

static void start_anew(struct map_type *t, uint32_t type) {
    if (t->count)
        memset(t->count, 0, t->n * sizeof *t->count);
    t->type = type;
    t->set = true;
    t->done = 0;
}

void map_type_choose(struct view *v, uint32_t type) {
    struct map_type *t = &((struct map *)v->data)->type;
    if (!t->set || t->type != type)
        start_anew(t, type);
}

static bool make_room(struct view *v, struct map_type *t) {
    size_t n = reel_spans(v->x->reel);
    if (n <= t->n)
        return true;
    if (!grow_to((void **)&t->count, &t->cap, n, sizeof *t->count))
        return false;
    memset(t->count + t->n, 0, (n - t->n) * sizeof *t->count);
    t->n = n;
    return true;
}

/* One fact forwards (1) or taken back (-1). */
static void apply(struct map_type *t, const struct fact *f, int dir) {
    if (f->type != t->type || f->span >= t->n)
        return;
    bool comes = f->kind == FACT_ALLOC || f->kind == FACT_EXISTS;
    if (comes || f->kind == FACT_FREE)
        t->count[f->span] += comes == (dir > 0) ? 1u : UINT32_MAX;
}

bool map_type_work(struct view *v) {
    struct map_type *t = &((struct map *)v->data)->type;
    uint64_t pos = v->x->now.pos;
    struct fact f;
    if (!t->set || !make_room(v, t))
        return false;
    if (pos < t->done / 2)
        start_anew(t, t->type); /* from the begin it is nearer */
    bool some = t->done != pos;
    for (int i = 0; i < FACTS && t->done != pos; i++) {
        if (t->done < pos) {
            if (reel_fact(v->x->reel, t->done++, &f))
                apply(t, &f, 1);
        } else if (reel_fact(v->x->reel, --t->done, &f)) {
            apply(t, &f, -1);
        }
    }
    return some;
}

void map_type_free(struct map_type *t) {
    free(t->count);
    *t = (struct map_type){0};
}
