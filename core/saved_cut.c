/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * saved_cut.c - a stretch of a reel as a reel of its own.
 *
 * It begins with the heap as it was at `from`, told in the facts that a trace's snapshot is told in, all at that
 * instant: spans that exist, the objects in them, and where the spans are. From there on it has the facts of the reel.
 * Times stay what they were; positions and ids of spans are new. Cycles, ranges and annotations that reach into the
 * stretch are kept whole.
 */
#include "core/course.h"
#include "core/recorder.h"
#include "core/saved.h"
#include "core/walk.h"

struct cutting {
    reel *r, *to;
    int64_t from, until;
    struct frame *at;   /* the heap of r at `from` */
    struct frame *head; /* the one of `to`, at its end */
    struct slots types; /* by slot of r: the type of the object in it */
    uint32_t *span_of;  /* by span of r: the one of `to`, NO_ID */
};

/* ---- what is in each slot */

/* What is walked doesn't tell. */
static bool is_concluded(struct cutting *c, uint64_t fact) {
    struct fact x;
    return reel_fact(c->r, fact, &x) && x.concluded;
}

static void note_types(void *arg, const struct walk_block *b) {
    struct cutting *c = arg;
    for (uint32_t i = 0; i < b->n; i++) {
        const struct walked *w = &b->at[i];
        if (w->kind == WALK_OTHER) {
            slots_fact(&c->types, &b->other[w->type]);
        } else if (w->kind == FACT_EXISTS || w->kind == FACT_ALLOC) {
            uint64_t *word = slots_word(&c->types, w->span, w->slot);
            if (word != NULL) {
                *word =
                    w->type == 0 && is_concluded(c, b->first + i) ? TYPE_UNREPORTED : w->type | (w->old ? TYPE_OLD : 0);
            }
        }
    }
}

/* ---- spans and facts of the new reel */

static void put(struct cutting *c, struct fact x) {
    x.type = x.concluded ? TYPE_UNREPORTED : x.type | (x.old ? TYPE_OLD : 0); /* as it is packed */
    reel_append(c->to, c->head, &x);
}

static uint32_t add_span(struct cutting *c, uint32_t old, bool at_start) {
    struct span s = c->r->spans[old];
    s.born = c->to->nfacts;
    s.died = NO_POS;
    s.at_start = at_start;
    uint32_t id = reel_add_span(c->to, &s);
    c->span_of[old] = id;
    c->to->memory_short |= id == NO_ID || !frame_fit(c->head);
    return id;
}

static struct fact at_begin(const struct cutting *c, enum fact_kind kind, uint32_t span) {
    struct fact x = {.t = c->from, .span = span, .g = NO_ID, .p = -1, .kind = (uint8_t)kind};
    x.before.p = x.after.p = -1;
    return x;
}

static enum known swept_of(const struct frame *f, const struct frame_span *s) {
    return s->swept_at == SWEPT_NOT_KNOWN ? KNOWN_NOT : s->swept_at == f->gc ? KNOWN_YES : KNOWN_NO;
}

static void put_objects(struct cutting *c, uint32_t old, uint32_t id) {
    const struct frame_span *s = frame_seat(c->at, old);
    uint32_t nelems = c->r->spans[old].nelems;
    for (uint32_t i = 0; s->nwords > 0 && i < nelems && !c->to->memory_short; i++) {
        if (frame_bit(c->at, old, i)) {
            const uint64_t *type = slots_word(&c->types, old, i);
            struct fact x = at_begin(c, FACT_EXISTS, id);
            x.slot = i;
            x.type = type != NULL && *type < c->r->ntypes ? (uint32_t)*type : 0;
            x.concluded = x.inferred = x.type == TYPE_UNREPORTED;
            put(c, x);
        }
    }
}

static void put_existing(struct cutting *c, uint32_t old) {
    const struct frame_span *s = frame_seat(c->at, old);
    uint32_t id = add_span(c, old, true);
    if (c->to->memory_short) {
        return;
    }
    put(c, at_begin(c, FACT_SPAN_EXISTS, id));
    put_objects(c, old, id);
    struct fact x = at_begin(c, FACT_PLACE, id);
    x.before = (struct span_state){.p = -1, .place = PLACE_UNKNOWN, .swept = KNOWN_NOT};
    x.after = (struct span_state){.p = s->p, .place = s->place, .swept = (uint8_t)swept_of(c->at, s), .sure = s->sure};
    x.inferred = !s->sure;
    bool known = s->p != -1 || s->place != PLACE_UNKNOWN || x.after.swept != KNOWN_NOT || s->sure;
    if (s->nwords > 0 && known) {
        put(c, x);
    }
}

static int by_number(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* Where some span is known to be unswept a GC must have ended before; whether it may be swept now is told after that.
 */
static void put_cycle_state(struct cutting *c, const uint32_t *ids, size_t n) {
    bool sweeping = frame_sweeping(c->at), unswept = false;
    for (size_t i = 0; i < n; i++) {
        unswept |= swept_of(c->at, frame_seat(c->at, ids[i])) == KNOWN_NO;
    }
    if (!sweeping || unswept) {
        put(c, at_begin(c, FACT_GC, NO_ID));
    }
    if (sweeping && unswept) {
        put(c, at_begin(c, FACT_SWEEP, NO_ID));
    }
}

static bool put_heap(struct cutting *c) {
    size_t n = c->at->nused;
    uint32_t *ids = malloc((n + 1) * sizeof *ids);
    if (ids == NULL) {
        return false;
    }
    if (n > 0) {
        memcpy(ids, c->at->used, n * sizeof *ids);
        qsort(ids, n, sizeof *ids, by_number); /* by birth */
    }
    put_cycle_state(c, ids, n);
    for (size_t i = 0; i < n && !c->to->memory_short; i++) {
        put_existing(c, ids[i]);
    }
    free(ids);
    return !c->to->memory_short;
}

static bool put_fact(struct cutting *c, struct fact x) {
    uint32_t old = x.span;
    if (old != NO_ID && (x.kind == FACT_SPAN_ALLOC || x.kind == FACT_SPAN_EXISTS)) {
        add_span(c, old, x.kind == FACT_SPAN_EXISTS);
    }
    x.span = old == NO_ID ? NO_ID : c->span_of[old];
    if (c->to->memory_short || (old != NO_ID && x.span == NO_ID)) {
        return !c->to->memory_short;
    }
    if (x.kind == FACT_SPAN_FREE) {
        c->to->spans[x.span].died = c->to->nfacts;
    }
    put(c, x);
    return !c->to->memory_short;
}

static bool put_facts(struct cutting *c, uint64_t from, uint64_t to) {
    struct fact x;
    for (uint64_t n = from; n < to; n++) {
        if (!reel_fact(c->r, n, &x) || !put_fact(c, x)) {
            return false;
        }
    }
    return true;
}

/* ---- the rest */

static text keep(reel *to, text t) {
    return texts_keep(&to->texts, t, &to->memory_short);
}

#define COPY(to, from, arr, len, cap)                                                                                  \
    ((to)->memory_short |= !grow_to((void **)&(to)->arr, &(to)->cap, (from)->len + 1, sizeof *(to)->arr))

static bool copy_names(reel *to, const reel *r) {
    if (COPY(to, r, types, ntypes, cap_types) || COPY(to, r, gos, ngos, cap_gos)) {
        return false;
    }
    for (; to->ntypes < r->ntypes; to->ntypes++) {
        to->types[to->ntypes] = r->types[to->ntypes];
        to->types[to->ntypes].name = keep(to, r->types[to->ntypes].name);
    }
    for (; to->ngos < r->ngos; to->ngos++) {
        to->gos[to->ngos] = r->gos[to->ngos];
        to->gos[to->ngos].entry = keep(to, r->gos[to->ngos].entry);
    }
    return !to->memory_short;
}

static bool touches(const struct cutting *c, int64_t begin, int64_t end) {
    return (begin == NO_TIME || begin <= c->until) && (end == NO_TIME || end >= c->from);
}

static void copy_times(struct cutting *c) {
    const reel *r = c->r;
    reel *to = c->to;
    if (COPY(to, r, cycles, ncycles, cap_cycles) || COPY(to, r, phases, nphases, cap_phases) ||
        COPY(to, r, notes, nnotes, cap_notes)) {
        return;
    }
    for (size_t i = 0; i < r->ncycles; i++) {
        if (touches(c, r->cycles[i].begin, r->cycles[i].end)) {
            to->cycles[to->ncycles++] = r->cycles[i];
        }
    }
    for (size_t i = 0; i < r->nphases && r->phases[i].t <= c->until; i++) {
        bool over = i + 1 < r->nphases && r->phases[i + 1].t <= c->from; /* the next one holds at `from` already */
        if (!over) {
            to->phases[to->nphases++] = r->phases[i];
        }
    }
    for (size_t i = 0; i < r->nnotes; i++) {
        struct note x = r->notes[i];
        if (touches(c, x.begin, x.end)) {
            x.name = keep(to, x.name);
            x.value = keep(to, x.value);
            to->notes[to->nnotes++] = x;
        }
    }
}

static void copy_ranges(struct cutting *c) {
    const reel *r = c->r;
    reel *to = c->to;
    for (int kind = 0; kind < RANGE_KINDS; kind++) {
        if (COPY(to, r, ranges[kind], nranges[kind], cap_ranges[kind])) {
            return;
        }
        for (size_t i = 0; i < r->nranges[kind]; i++) {
            struct range x = r->ranges[kind][i];
            if (touches(c, x.begin, x.end)) {
                if (kind == RANGE_STW) {
                    x.kind = keep(to, x.kind);
                }
                to->ranges[kind][to->nranges[kind]++] = x;
            }
        }
    }
}

/* What may have changed before it was told, where position `from` is `begin` of the part. */
static void put_untold(struct cutting *c, uint64_t begin, uint64_t from, uint64_t to, struct untold u) {
    reel *part = c->to;
    uint32_t span = c->span_of[u.span];
    if (span == NO_ID || u.from > to || u.to <= from) {
        return;
    }
    uint64_t first = u.from > from ? u.from - from : 0, end = (u.to <= to ? u.to : to + 1) - from;
    part->memory_short |= !untold_add(part, (struct untold){begin + first, begin + end, span});
}

static int by_end(const void *a, const void *b) {
    uint64_t x = ((const struct untold *)a)->to, y = ((const struct untold *)b)->to;
    return x < y ? -1 : x > y;
}

/* The part doesn't have the facts before it and behind it, that show what was passing at its begin and at its end. */
static void copy_untold(struct cutting *c, uint64_t begin, uint64_t from, uint64_t to) {
    reel *r = c->r, *part = c->to;
    struct frame_passing ends[2];
    passing_beside(r, from, &ends[0]);
    passing_beside(r, to, &ends[1]);
    for (size_t k = 0; k < 2; k++) {
        for (size_t i = 0; i < ends[k].n; i++) {
            put_untold(c, begin, from, to, ends[k].span[i]);
        }
    }
    for (size_t i = untold_from(r, from); i < r->nuntold; i++) {
        put_untold(c, begin, from, to, r->untold[i]);
    }
    if (part->nuntold > 0) {
        qsort(part->untold, part->nuntold, sizeof *part->untold, by_end);
    }
}

/* Spans keep their order, so that those below a number still are. */
static void copy_gaps(struct cutting *c, uint64_t begin, uint64_t from, uint64_t to) {
    uint32_t kept = 0, old = 0;
    for (size_t i = 0; i < c->r->ngaps && c->r->gaps[i].from < to; i++) {
        struct gap g = c->r->gaps[i];
        for (; old < g.spans && old < c->r->nspans; old++) {
            kept += c->span_of[old] != NO_ID;
        }
        uint64_t first = g.from > from ? begin + (g.from - from) : 0;
        c->to->memory_short |= !gaps_add(c->to, (struct gap){first, kept, g.t > c->from ? g.t : c->from});
    }
    gaps_say(c->to);
}

static void copy_procs(struct cutting *c) {
    for (uint32_t p = 0; p < reel_procs(c->r); p++) {
        int64_t t, next;
        enum proc_state state, after;
        for (size_t i = 0; reel_proc_change(c->r, p, i, &t, &state) && t <= c->until; i++) {
            bool over = reel_proc_change(c->r, p, i + 1, &next, &after) && next <= c->from;
            c->to->memory_short |= !over && !procs_add(c->to, p, t, state);
        }
    }
}

/* The last value before the stretch holds at its begin. */
static void copy_curves(struct cutting *c) {
    for (int kind = 0; kind < SERIES_KINDS; kind++) {
        const struct curve *from = &c->r->curves[kind];
        struct curve *to = &c->to->curves[kind];
        if (course_is((enum series_kind)kind)) { /* made from the facts anew */
            continue;
        }
        for (size_t i = 0; i < from->n && from->t[i] <= c->until; i++) {
            bool before = from->t[i] < c->from, last = i + 1 == from->n || from->t[i + 1] > c->from;
            if (!before || last) {
                c->to->memory_short |= !curve_add(to, before ? c->from : from->t[i], from->v[i]);
            }
        }
    }
}

static void copy_info(struct cutting *c) {
    reel *to = c->to;
    to->info = c->r->info;
    snprintf(to->go, sizeof to->go, "%s", c->r->info.go);
    snprintf(to->warning, sizeof to->warning, "%s", c->r->info.warning != NULL ? c->r->info.warning : "");
    to->info.go = to->go;
    to->info.warning = to->warning[0] != '\0' ? to->warning : NULL;
    to->info.begin = c->from;
    to->info.duration = c->until;
    to->info.cut = true;
    to->info.saved = false;
    store_init(&to->store, c->r->store.limit);
    to->limit_given = c->r->limit_given;
    to->checkpoint_limit = c->r->checkpoint_limit > 0 ? c->r->checkpoint_limit : (size_t)1 << 26;
}

/* ---- all of it */

static bool fill(struct cutting *c) {
    uint64_t from = reel_pos(c->r, c->from), to = reel_pos(c->r, c->until);
    size_t nspans = c->r->nspans;
    c->span_of = malloc((nspans + 1) * sizeof *c->span_of);
    c->at = frame_new(c->r);
    if (c->span_of == NULL || c->at == NULL || !slots_init(&c->types, c->r, UINT64_MAX)) {
        return false;
    }
    memset(c->span_of, 0xff, nspans * sizeof *c->span_of);
    copy_info(c);
    tables_want_all(c->r);
    if (!copy_names(c->to, c->r) || (c->head = frame_new(c->to)) == NULL || !frame_seek(c->at, from) ||
        reel_walk(c->r, 0, from, note_types, c, NULL, NULL) != WALK_DONE || c->types.memory_short) {
        return false;
    }
    if (!put_heap(c)) {
        return false;
    }
    uint64_t begin = c->to->nfacts;
    if (!put_facts(c, from, to)) {
        return false;
    }
    copy_untold(c, begin, from, to);
    copy_gaps(c, begin, from, to);
    copy_times(c);
    copy_ranges(c);
    copy_procs(c);
    copy_curves(c);
    reel_settle(c->to);
    c->to->info.facts = c->to->nfacts;
    return !c->to->memory_short;
}

reel *saved_cut(reel *r, int64_t from, int64_t until) {
    struct cutting c = {.r = r, .to = reel_blank(), .from = from, .until = until};
    bool ok = c.to != NULL && reel_start_recording(c.to) && fill(&c);
    frame_free(&c.at);
    frame_free(&c.head);
    slots_free(&c.types);
    free(c.span_of);
    if (!ok) {
        reel_close(&c.to);
    }
    return c.to;
}
