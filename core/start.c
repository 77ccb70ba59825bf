/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * start.c - where the spans of the snapshot are, which the snapshot doesn't tell.
 *
 * Full spans are taken to be listed, others to be on the nonempty list, and all of it is marked as a guess until an
 * event or the first GC tells. Of a program that has never collected more can be said: nothing was freed yet, so each
 * partly filled span is in some mcache. Whose it is shows in its address: a P takes pages from a 64-page chunk of its
 * own (runtime/mpagecache.go), so neighbours have the same owner.
 */
#include "core/recorder.h"
#include "traces/grow.h"

enum { CHUNK_PAGES = 64, MAX_GUESSED_PROCS = 256 };

/* A span that some mcache must hold. */
struct cached {
    uint64_t chunk;
    uint32_t span;
};

struct guess {
    struct recorder *rec;
    struct cached *spans;
    size_t n, cap;
};

static bool is_prefix(const struct recorder *rec, uint32_t span) {
    uint32_t live = rec_seat(rec, span)->live, n = 0;
    while (n < rec->r->spans[span].nelems && frame_bit(rec->head, span, n)) {
        n++;
    }
    return n == live;
}

/*
 * Has the program never finished a GC cycle? Then every span is filled from its first slot on, and each class has no
 * more partly filled spans than there are Ps. A program after a GC looks otherwise.
 */
static bool never_collected(const struct recorder *rec) {
    uint32_t partial[SPAN_CLASSES] = {0};
    int64_t procs = rec->r->info.procs;
    if (procs <= 0 || procs > MAX_GUESSED_PROCS || rec->r->ncycles > 0) {
        return false;
    }
    const uint32_t *ids;
    size_t n = frame_spans(rec->head, &ids);
    for (size_t i = 0; i < n; i++) {
        if (rec->r->spans[ids[i]].kind != SPAN_HEAP) {
            continue;
        }
        bool full = rec_full(rec, ids[i]);
        if (!is_prefix(rec, ids[i]) || (!full && ++partial[rec_span_class(rec, ids[i])] > (uint64_t)procs)) {
            return false;
        }
    }
    return true;
}

static void first_place(struct recorder *rec, uint32_t id, bool all_swept) {
    bool full = rec_full(rec, id);
    struct span_state st = {.place = full ? PLACE_EMPTY : PLACE_NONEMPTY, .p = -1};
    st.swept = all_swept ? KNOWN_YES : KNOWN_NOT;
    rec_mind(rec, id)->owner_unknown = !full;
    rec_place(rec, id, st, WHY_START);
    rec->order++;
    sweep_push(rec, id, all_swept, 0, NO_CHAIN); /* in what order they were pushed isn't known */
}

static void add_cached(struct guess *g, uint32_t span) {
    if (!GROW(g->spans, g->n, g->cap)) {
        g->rec->r->memory_short = true;
        return;
    }
    rec_mind(g->rec, span)->owner_unknown = true;
    g->spans[g->n++] = (struct cached){g->rec->r->spans[span].page / CHUNK_PAGES, span};
}

/* Every partly filled span; and of a class that has none, the span that was filled last: it stays where it is until the
 * next refill. */
static void collect_cached(struct guess *g) {
    struct recorder *rec = g->rec;
    uint32_t last_full[SPAN_CLASSES];
    bool has_partial[SPAN_CLASSES] = {false};
    memset(last_full, 0xff, sizeof last_full);
    const uint32_t *ids;
    size_t n = frame_spans(rec->head, &ids);
    for (size_t i = 0; i < n; i++) {
        const struct span *s = &rec->r->spans[ids[i]];
        if (s->kind != SPAN_HEAP || s->class == 0 || rec_seat(rec, ids[i])->place == PLACE_MCACHE) {
            continue;
        }
        if (rec_full(rec, ids[i])) {
            last_full[rec_span_class(rec, ids[i])] = ids[i];
        } else {
            has_partial[rec_span_class(rec, ids[i])] = true;
            add_cached(g, ids[i]);
        }
    }
    for (unsigned c = 0; c < SPAN_CLASSES; c++) {
        if (!has_partial[c] && last_full[c] != NO_ID) {
            add_cached(g, last_full[c]);
        }
    }
}

/*
 * The P to which spans [from, to), those of one chunk, fit best: one mcache holds one span of a class. Of equal ones
 * the first: a program starts on P 0.
 */
static int32_t owner_of(const struct guess *g, size_t from, size_t to) {
    size_t fewest = SIZE_MAX;
    int32_t best = 0;
    for (size_t p = 0; p < g->rec->nprocs && p < MAX_GUESSED_PROCS && fewest > 0; p++) {
        size_t taken = 0;
        for (size_t i = from; i < to; i++) {
            taken += g->rec->procs[p].cache[rec_span_class(g->rec, g->spans[i].span)] != NO_ID;
        }
        if (taken < fewest) {
            fewest = taken;
            best = (int32_t)p;
        }
    }
    return best;
}

static int by_address(const void *a, const void *b) {
    const struct cached *x = a, *y = b;
    if (x->chunk != y->chunk) {
        return x->chunk < y->chunk ? -1 : 1;
    }
    return x->span < y->span ? -1 : x->span > y->span;
}

static void suppose_owners(struct guess *g) {
    if (g->n > 0) {
        qsort(g->spans, g->n, sizeof *g->spans, by_address);
    }
    for (size_t from = 0, to; from < g->n; from = to) {
        for (to = from; to < g->n && g->spans[to].chunk == g->spans[from].chunk;) {
            to++;
        }
        int32_t p = owner_of(g, from, to);
        for (size_t i = from; i < to; i++) {
            place_suppose_owner(g->rec, g->spans[i].span, p);
        }
    }
}

void heap_snapshot_done(struct recorder *rec) {
    marks_snapshot(rec);
    bool fresh = never_collected(rec);
    const uint32_t *ids;
    size_t n = frame_spans(rec->head, &ids);
    for (size_t i = 0; i < n; i++) { /* those that were allocated meanwhile have their place */
        if (rec->r->spans[ids[i]].kind == SPAN_HEAP && rec_seat(rec, ids[i])->place == PLACE_UNKNOWN) {
            first_place(rec, ids[i], fresh || rec->bgsweep_parked);
        }
    }
    if (fresh && place_proc(rec, rec->r->info.procs - 1) != NULL) {
        struct guess g = {.rec = rec};
        collect_cached(&g);
        suppose_owners(&g);
        free(g.spans);
    }
}
