/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * timeline.c - GC cycles and their phases, stop-the-world, assists, sweeps, the trace's own heap metrics.
 *
 * A cycle: GCBegin - sweep termination - STWEnd - mark - STWBegin(mark termination) - GCEnd - sweep - all swept. It is
 * all swept when the background sweeper parks, or at the latest when the next cycle begins (doc/inference.md 4); but
 * where another sweeper's clock runs ahead, its frees come behind that, and the last of them is the cycle's end. The
 * mark phase ends at GCEnd, not at the STW, which may be undone when marking has to go on.
 *
 * Cycles are numbered from 1 in the order of their begin; one that was under way when the trace began is 0.
 */
#include "core/recorder.h"
#include "core/saved.h"
#include "traces/grow.h"

struct timeline {
    struct idmap stw_of, assist_of, sweep_of; /* goid or P -> index of the open range */
    size_t open;                              /* index of the cycle under way, SIZE_MAX */
    size_t sweeping;                          /* index of the cycle whose sweep goes on, SIZE_MAX */
    size_t off; /* index of the phase change with which the last sweep was over, SIZE_MAX */
    uint8_t phase;
    uint32_t gc;           /* number of the last cycle begun */
    int64_t markterm_from; /* of a mark termination STW that is open, NO_TIME */
    bool unnamed;          /* it may be one: its kind is lost */
};

struct timeline *timeline_new(void) {
    struct timeline *tl = calloc(1, sizeof *tl);
    if (tl != NULL) {
        tl->open = tl->sweeping = tl->off = SIZE_MAX;
        tl->markterm_from = NO_TIME;
    }
    return tl;
}

void timeline_free(struct timeline **tl) {
    if (*tl != NULL) {
        idmap_free(&(*tl)->stw_of);
        idmap_free(&(*tl)->assist_of);
        idmap_free(&(*tl)->sweep_of);
        free(*tl);
        *tl = NULL;
    }
}

/* ---- cycles and phases */

static void set_phase_at(struct recorder *rec, uint8_t phase, int64_t t) {
    reel *r = rec->r;
    if (rec->tl->phase == phase && r->nphases > 0 && r->phases[r->nphases - 1].gc == rec->tl->gc) {
        return;
    }
    rec->tl->phase = phase;
    if (!GROW(r->phases, r->nphases, r->cap_phases)) {
        r->memory_short = true;
        return;
    }
    r->phases[r->nphases++] = (struct phase_change){t, rec->tl->gc, phase};
}

static void set_phase(struct recorder *rec, uint8_t phase) {
    set_phase_at(rec, phase, rec->now.t);
}

static uint64_t value_or_unknown(const reel *r, enum series_kind kind) {
    uint64_t v;
    return reel_value(r, kind, INT64_MAX, &v) ? v : UINT64_MAX;
}

static struct cycle *begin_cycle(struct recorder *rec, uint32_t gc) {
    reel *r = rec->r;
    if (!GROW(r->cycles, r->ncycles, r->cap_cycles)) {
        r->memory_short = true;
        return NULL;
    }
    struct cycle *c = &r->cycles[r->ncycles];
    *c = (struct cycle){.gc = gc, .begin = rec->now.t, .end = NO_TIME, .heap_end = UINT64_MAX};
    for (int i = 0; i < PHASE_LIMIT; i++) {
        c->phase[i][0] = c->phase[i][1] = NO_TIME;
    }
    c->heap_begin = value_or_unknown(r, SERIES_HEAP_LIVE);
    c->goal = value_or_unknown(r, SERIES_HEAP_GOAL);
    rec->tl->open = r->ncycles++;
    rec->tl->gc = gc;
    return c;
}

static struct cycle *open_cycle(struct recorder *rec) {
    return rec->tl->open == SIZE_MAX ? NULL : &rec->r->cycles[rec->tl->open];
}

/* From one phase of the open cycle to the next. */
static void turn(struct recorder *rec, struct cycle *c, enum gc_phase from, enum gc_phase to) {
    if (from != PHASE_OFF && c->phase[from][0] != NO_TIME) {
        c->phase[from][1] = rec->now.t;
    }
    if (to != PHASE_OFF) {
        c->phase[to][0] = rec->now.t;
    }
    set_phase(rec, (uint8_t)to);
}

void timeline_swept(struct recorder *rec) {
    struct timeline *tl = rec->tl;
    if (tl->sweeping == SIZE_MAX) {
        return;
    }
    struct cycle *c = &rec->r->cycles[tl->sweeping];
    c->phase[PHASE_SWEEP][1] = c->end = rec->now.t;
    tl->sweeping = SIZE_MAX;
    if (tl->open == SIZE_MAX) {
        set_phase(rec, PHASE_OFF);
        tl->off = rec->r->nphases - 1;
    }
}

static void gc_begin(struct recorder *rec, const struct trace_event *ev) {
    (void)ev;
    timeline_swept(rec);
    struct cycle *c = begin_cycle(rec, rec->tl->gc + 1);
    if (c != NULL) {
        turn(rec, c, PHASE_OFF, PHASE_SWEEPTERM);
    }
}

/* A cycle under way: only news when the trace begins with it, else a new generation repeats it. */
static void gc_active(struct recorder *rec, const struct trace_event *ev) {
    (void)ev;
    if (rec->r->ncycles > 0 || rec->tl->open != SIZE_MAX) {
        return;
    }
    struct cycle *c = begin_cycle(rec, 0);
    if (c != NULL) {
        turn(rec, c, PHASE_OFF, PHASE_MARK);
    }
}

bool timeline_marks(const struct timeline *tl) {
    return tl->open != SIZE_MAX;
}

static bool marking(const struct cycle *c) {
    return c->phase[PHASE_MARK][0] != NO_TIME;
}

bool timeline_begins(struct recorder *rec) {
    struct cycle *c = open_cycle(rec);
    return c != NULL && !marking(c);
}

void timeline_marked(struct recorder *rec) {
    struct timeline *tl = rec->tl;
    struct cycle *c = open_cycle(rec);
    if (c == NULL) {
        return;
    }
    if (tl->markterm_from == NO_TIME) {
        turn(rec, c, PHASE_MARK, PHASE_SWEEP);
    } else {
        if (tl->unnamed) {
            set_phase_at(rec, PHASE_MARKTERM, tl->markterm_from);
        }
        c->phase[PHASE_MARK][1] = c->phase[PHASE_MARKTERM][0] = tl->markterm_from;
        turn(rec, c, PHASE_MARKTERM, PHASE_SWEEP);
    }
    tl->sweeping = tl->open;
    tl->open = SIZE_MAX;
}

static void gc_end(struct recorder *rec, const struct trace_event *ev) {
    (void)ev;
    timeline_marked(rec); /* nothing new where the stop has swept (R13) */
}

/* ---- ranges */

static void open_range(struct recorder *rec, enum range_kind kind, struct idmap *of, uint64_t key, struct range x) {
    reel *r = rec->r;
    if (idmap_get(of, key) != IDMAP_NONE) {
        return; /* a new generation repeats what is open */
    }
    size_t n = r->nranges[kind];
    if (n >= IDMAP_NONE || !GROW(r->ranges[kind], n, r->cap_ranges[kind]) || !idmap_put(of, key, (uint32_t)n)) {
        r->memory_short = true;
        return;
    }
    x.begin = rec->now.t;
    x.end = NO_TIME;
    r->ranges[kind][r->nranges[kind]++] = x;
}

static struct range *close_range(struct recorder *rec, enum range_kind kind, struct idmap *of, uint64_t key) {
    uint32_t i = idmap_get(of, key);
    if (i == IDMAP_NONE) {
        return NULL;
    }
    idmap_remove(of, key);
    rec->r->ranges[kind][i].end = rec->now.t;
    return &rec->r->ranges[kind][i];
}

static bool is_kind(struct trace_text s, const char *want) {
    return s.len == strlen(want) && memcmp(s.ptr, want, s.len) == 0;
}

/*
 * A trace that was cut short has lost the kinds of its last stops. But from before a cycle begins until the stop that
 * it begins with is over, nobody else stops the world (mgc.go: gcStart holds worldsema); and the stop in which marking
 * ends is the one that GCEnd comes in.
 */
static void stw_begin(struct recorder *rec, const struct trace_event *ev) {
    struct range x = {
        .g = rec->now.g, .p = rec->now.p, .kind = reel_keep_text(rec->r, trace_string(rec->r->t, ev->arg[0]))};
    open_range(rec, RANGE_STW, &rec->tl->stw_of, (uint64_t)ev->g, x);
    struct cycle *c = open_cycle(rec);
    bool unnamed = x.kind.len == 0;
    if (c == NULL || (unnamed ? !marking(c) : !is_kind(x.kind, "GC mark termination"))) {
        return;
    }
    rec->tl->markterm_from = rec->now.t;
    rec->tl->unnamed = unnamed;
    if (!unnamed) {
        set_phase(rec, PHASE_MARKTERM);
    }
}

static void stw_end(struct recorder *rec, const struct trace_event *ev) {
    struct range *x = close_range(rec, RANGE_STW, &rec->tl->stw_of, (uint64_t)ev->g);
    struct cycle *c = open_cycle(rec);
    if (x == NULL) {
        return;
    }
    bool unnamed = x->kind.len == 0;
    if (is_kind(x->kind, "GC mark termination")) {
        rec->tl->markterm_from = NO_TIME;
        if (c != NULL) {
            set_phase(rec, PHASE_MARK); /* no GCEnd: marking goes on */
        }
    } else if (c != NULL && (unnamed || is_kind(x->kind, "GC sweep termination")) && !marking(c)) {
        turn(rec, c, PHASE_SWEEPTERM, PHASE_MARK);
    } else if (unnamed) {
        rec->tl->markterm_from = NO_TIME;
    }
    rec->tl->unnamed = false;
}

static void count_assist(struct recorder *rec) {
    if (rec->r->ncycles > 0) {
        rec->r->cycles[rec->r->ncycles - 1].assists++;
    }
}

bool timeline_assists(const struct timeline *tl, uint64_t goid) {
    return tl->assist_of.len > 0 && idmap_get(&tl->assist_of, goid) != IDMAP_NONE;
}

static void assist_begin(struct recorder *rec, const struct trace_event *ev) {
    uint64_t g = ev->type == TRACE_EV_GC_MARK_ASSIST_ACTIVE ? ev->arg[0] : (uint64_t)ev->g;
    size_t before = rec->r->nranges[RANGE_ASSIST];
    open_range(rec, RANGE_ASSIST, &rec->tl->assist_of, g,
               (struct range){.g = names_go(rec, (int64_t)g), .p = rec->now.p});
    if (rec->r->nranges[RANGE_ASSIST] > before) {
        count_assist(rec);
    }
}

static void assist_end(struct recorder *rec, const struct trace_event *ev) {
    struct range *x = close_range(rec, RANGE_ASSIST, &rec->tl->assist_of, (uint64_t)ev->g);
    if (x != NULL && rec->r->ncycles > 0) {
        rec->r->cycles[rec->r->ncycles - 1].assist_ns += x->end - x->begin;
    }
}

static void sweep_begin(struct recorder *rec, const struct trace_event *ev) {
    bool active = ev->type == TRACE_EV_GC_SWEEP_ACTIVE;
    uint64_t p = active ? ev->arg[0] : (uint64_t)ev->p;
    struct range x = {.g = active ? NO_ID : rec->now.g, .p = p < MAX_PROCS ? (int32_t)p : -1};
    open_range(rec, RANGE_SWEEP, &rec->tl->sweep_of, p, x);
}

static void sweep_end(struct recorder *rec, const struct trace_event *ev) {
    struct range *x = close_range(rec, RANGE_SWEEP, &rec->tl->sweep_of, (uint64_t)ev->p);
    if (x != NULL) {
        x->swept = ev->arg[0];
        x->reclaimed = ev->arg[1];
    }
}

/* ---- metrics */

static void heap_alloc(struct recorder *rec, const struct trace_event *ev) {
    reel *r = rec->r;
    r->memory_short |= !curve_add(&r->curves[SERIES_HEAP_LIVE], rec->now.t, ev->arg[0]);
    struct cycle *c = open_cycle(rec);
    if (rec->tl->markterm_from != NO_TIME && c != NULL) {
        c->heap_end = ev->arg[0]; /* resetLive, just before GCEnd: what was marked */
    }
}

static void heap_goal(struct recorder *rec, const struct trace_event *ev) {
    reel *r = rec->r;
    r->memory_short |= !curve_add(&r->curves[SERIES_HEAP_GOAL], rec->now.t, ev->arg[0]);
}

static void procs_change(struct recorder *rec, const struct trace_event *ev) {
    rec->r->info.procs = ev->arg[0] <= INT64_MAX ? (int64_t)ev->arg[0] : -1;
}

typedef void handler(struct recorder *rec, const struct trace_event *ev);

static handler *const handlers[TRACE_EV_LIMIT] = {
    [TRACE_EV_PROCS_CHANGE] = procs_change,
    [TRACE_EV_STW_BEGIN] = stw_begin,
    [TRACE_EV_STW_END] = stw_end,
    [TRACE_EV_GC_ACTIVE] = gc_active,
    [TRACE_EV_GC_BEGIN] = gc_begin,
    [TRACE_EV_GC_END] = gc_end,
    [TRACE_EV_GC_SWEEP_ACTIVE] = sweep_begin,
    [TRACE_EV_GC_SWEEP_BEGIN] = sweep_begin,
    [TRACE_EV_GC_SWEEP_END] = sweep_end,
    [TRACE_EV_GC_MARK_ASSIST_ACTIVE] = assist_begin,
    [TRACE_EV_GC_MARK_ASSIST_BEGIN] = assist_begin,
    [TRACE_EV_GC_MARK_ASSIST_END] = assist_end,
    [TRACE_EV_HEAP_ALLOC] = heap_alloc,
    [TRACE_EV_HEAP_GOAL] = heap_goal,
};

void timeline_event(struct recorder *rec, const struct trace_event *ev) {
    handler *h = handlers[ev->type];
    if (h != NULL) {
        timeline_freed(rec); /* it may begin or end a cycle */
        h(rec, ev);
    }
}

/* Frees come from sweeping only. NULL: after a mark that the trace doesn't have. */
static struct cycle *freeing_cycle(const struct recorder *rec) {
    size_t n = rec->r->ncycles;
    size_t i = rec->tl->open != SIZE_MAX ? rec->tl->open : n;
    return i == 0 ? NULL : &rec->r->cycles[i - 1];
}

/* A cycle that was over frees something at t: it ends then, and so does its sweep phase, but where the next has begun.
 */
static void end_later(struct recorder *rec, struct cycle *c, int64_t t) {
    if (c->end == NO_TIME || c->end >= t) {
        return;
    }
    c->end = c->phase[PHASE_SWEEP][1] = t;
    struct phase_change *of = rec->r->phases;
    size_t off = rec->tl->off, next = off + 1;
    if (off < rec->r->nphases && of[off].gc == c->gc) {
        of[off].t = next < rec->r->nphases && of[next].t < t ? of[next].t : t;
    }
}

void timeline_freed(struct recorder *rec) {
    struct cycle *c = freeing_cycle(rec);
    if (c != NULL && rec->freed_objects > 0) {
        c->objects_freed += rec->freed_objects;
        c->bytes_freed += rec->freed_bytes;
        end_later(rec, c, rec->last_free);
    }
    rec->freed_objects = rec->freed_bytes = 0;
}

void timeline_span_freed(struct recorder *rec) {
    struct cycle *c = freeing_cycle(rec);
    if (c != NULL) {
        c->spans_freed++;
        end_later(rec, c, rec->now.t > rec->r->last ? rec->now.t : rec->r->last);
    }
}

/* ---- reading */

size_t reel_cycles(const reel *r, const struct cycle **out) {
    *out = r->cycles;
    return r->ncycles;
}

size_t reel_phases(const reel *r, const struct phase_change **out) {
    *out = r->phases;
    return r->nphases;
}

size_t reel_ranges(const reel *r, enum range_kind kind, const struct range **out) {
    static const uint8_t pieces[RANGE_KINDS] = {
        [RANGE_STW] = PIECE_STOPS, [RANGE_ASSIST] = PIECE_ASSISTS, [RANGE_SWEEP] = PIECE_SWEEPS};
    if (r->saved != NULL) {
        tables_want(r, (enum piece_kind)pieces[kind], 0);
    }
    *out = r->ranges[kind];
    return r->nranges[kind];
}

enum gc_phase reel_phase(const reel *r, int64_t t, uint32_t *gc) {
    size_t lo = 0, hi = r->nphases;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (r->phases[mid].t <= t) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    *gc = lo > 0 ? r->phases[lo - 1].gc : 0;
    return lo > 0 ? r->phases[lo - 1].phase : PHASE_OFF;
}
