/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * untold.c - goroutines and threads that stop inside malloc with their slot taken and their object not yet told.
 *
 * They are preempted between the two, or wait there to start a collection (malloc.go: gcStart, postMallocgcDebug), for
 * a whole mark phase and longer. That a goroutine may have stopped there shows in its stack; which span it was, only in
 * the object that it tells first when it goes on. So the reel keeps from where to where a span may have had one more,
 * and frames mark it. Where the goroutine doesn't go on within the trace, its stack may tell the span all the same.
 *
 * So may a thread be stopped, without a word; where little happens meanwhile, frames look at what its P tells before
 * and next (passing.c), and only where more does the reel keeps it. A growth is told first, and then the mcache
 * changes: up to the P's next event the span that gives way may still be there.
 *
 * The same for a refill: it was over when it was announced, and which span it got shows in an object, sooner or later.
 *
 * And the other way round where a span is swept: that is over only when its sweeper tells something else, and up to
 * then the span is as it was (mgcsweep.go: sweepLocked.sweep). Where an mcache is flushed, its spans are swept one
 * after the other, classes ascending, and only one that loses an object tells (mcache.go: releaseAll): the rest is over
 * when the thread goes on, which starts the P (R8). A sweeper's clock may run ahead, so that objects of others show
 * that a span was swept before its own frees do: up to there it has more objects than it had.
 */
#include "core/recorder.h"
#include "core/saved.h"
#include "traces/grow.h"

enum { STACK_MAX = 128 };

/* Leaves of stacks: what calls malloc, where malloc itself left no frame, as it can be preempted on the way out. */
static const char *const callers[] = {"runtime.newobject", "runtime.newarray",  "runtime.makeslice",
                                      "runtime.growslice", "runtime.rawstring", "runtime.rawbyteslice"};

static bool begins(struct trace_text s, const char *want) {
    size_t n = strlen(want);
    return s.len >= n && memcmp(s.ptr, want, n) == 0;
}

/* May a goroutine with this stack have a slot? Before it has one it may have to assist the collector. */
static bool may_have_slot(struct recorder *rec, uint64_t stack) {
    struct trace_frame f[STACK_MAX];
    size_t n = trace_stack(rec->r->t, stack, f, STACK_MAX);
    bool in_malloc = false;
    for (size_t i = 0; n > 0 && i < sizeof callers / sizeof callers[0]; i++) {
        in_malloc |= begins(f[0].func, callers[i]);
    }
    for (size_t i = 0; i < n && i < STACK_MAX; i++) {
        if (begins(f[i].func, "runtime.gcAssistAlloc")) {
            return false;
        }
        in_malloc |= begins(f[i].func, "runtime.mallocgc");
    }
    return in_malloc;
}

static bool known_slot(struct recorder *rec, uint64_t stack) {
    size_t i = stack % GO_MEMO;
    if (rec->mallocs[i].known_in != rec->generation + 1 || rec->mallocs[i].stack != stack) {
        rec->mallocs[i].stack = stack;
        rec->mallocs[i].known_in = rec->generation + 1;
        rec->mallocs[i].may = may_have_slot(rec, stack);
    }
    return rec->mallocs[i].may;
}

/* Mostly none has stopped so whose bit that is. */
static size_t find(const struct recorder *rec, uint32_t g) {
    size_t i = (rec->asking & place_pending_bit(g)) != 0 ? 0 : rec->nstopped;
    while (i < rec->nstopped && rec->stopped[i].g != g) {
        i++;
    }
    return i;
}

static void drop(struct recorder *rec, size_t i) {
    rec->nstopped--;
    memmove(&rec->stopped[i], &rec->stopped[i + 1], (rec->nstopped - i) * sizeof rec->stopped[0]);
    place_note_asking(rec);
}

bool untold_waits(const struct recorder *rec, uint32_t g) {
    return find(rec, g) < rec->nstopped;
}

/* The span that the stack names, of the mcache that the goroutine had. */
static uint32_t span_of(struct recorder *rec, uint64_t stack) {
    const struct proc_mind *m = place_proc(rec, rec->now.p);
    struct wanted w = stack != 0 && m != NULL ? wanted_of(rec, stack) : (struct wanted){0};
    return w.known && w.class != 0 ? m->cache[2 * w.class + w.noscan] : NO_ID;
}

/* Facts there were, at most, when a P was last heard of. */
static uint64_t last_heard(const struct recorder *rec, int32_t p, uint64_t touched) {
    uint64_t acted = rec->acted[p + 1];
    return acted > touched ? acted : touched;
}

/* Facts there were when its P was last heard of, where that is some time ago: its thread may have been stopped before
 * the goroutine was. */
static uint64_t silent_from(const struct recorder *rec) {
    return heard_since(rec, rec->now.p, rec->now.t - LONG_SILENT) ? reel_facts(rec->r)
                                                                  : last_heard(rec, rec->now.p, rec->now.touched);
}

void untold_stopped(struct recorder *rec, uint64_t stack, bool preempted) {
    if (rec->now.g == NO_ID || !rec->r->info.allocfree) {
        return;
    }
    size_t i = find(rec, rec->now.g);
    bool may = stack != 0 ? known_slot(rec, stack) : preempted;
    if (!may && i < rec->nstopped) {
        drop(rec, i); /* it is elsewhere, so it has told */
    }
    if (!may || i < rec->nstopped) {
        return;
    }
    if (rec->nstopped == MAX_STOPPED) {
        drop(rec, 0);
    }
    rec->stopped[rec->nstopped++] = (struct stopped){rec->now.g, span_of(rec, stack), silent_from(rec)};
    place_note_asking(rec);
}

bool untold_add(reel *r, struct untold u) {
    if (!GROW(r->untold, r->nuntold, r->cap_untold)) {
        return false;
    }
    size_t i = r->nuntold++;
    for (; i > 0 && r->untold[i - 1].to > u.to; i--) {
        r->untold[i] = r->untold[i - 1];
    }
    r->untold[i] = u;
    r->longest_untold = u.to - u.from > r->longest_untold ? u.to - u.from : r->longest_untold;
    return true;
}

/* Up to the facts that there will be when so many events more have told theirs: then the object is still to come. */
static void keep_past(struct recorder *rec, uint32_t span, uint64_t from, unsigned events) {
    reel *r = rec->r;
    uint64_t to = reel_facts(r) + events + 1;
    if (span == NO_ID) {
        return;
    }
    r->memory_short |= !untold_add(r, (struct untold){from, to, span});
}

static void keep(struct recorder *rec, uint32_t span, uint64_t from) {
    keep_past(rec, span, from, 0);
}

void untold_told(struct recorder *rec, uint32_t span) {
    size_t i = find(rec, rec->now.g);
    if (i < rec->nstopped) {
        uint64_t from = rec->stopped[i].from;
        drop(rec, i);
        keep(rec, span, from);
    }
}

void untold_refilled(struct recorder *rec, const struct pending *x, uint32_t span) {
    const struct proc_mind *m = place_proc(rec, x->p);
    unsigned c = rec_span_class(rec, span);
    if (rec->now.t - x->t >= LONG_SILENT && m != NULL) {
        keep(rec, span, x->at);
        keep(rec, m->since[c] > x->at ? m->gave[c] : m->cache[c], x->at);
    }
}

/* ---- threads */

void untold_silent(struct recorder *rec, int32_t p, uint64_t touched, uint32_t span) {
    uint64_t heard = last_heard(rec, p, touched);
    if (p >= 0 && reel_facts(rec->r) - heard >= MAX_LOOK) {
        keep_past(rec, span, heard, LOOK_AHEAD); /* plain events are counted later, but not later than that */
    }
}

void untold_goes_on(struct recorder *rec) {
    size_t p = (size_t)rec->now.p;
    struct proc_mind *m = p < rec->nprocs ? &rec->procs[p] : NULL;
    if (m != NULL && m->gives != NO_ID) {
        if (rec->now.t - m->grew >= LONG_SILENT) {
            keep(rec, m->gives, m->gives_at);
        }
        m->gives = NO_ID;
    }
}

/* ---- sweeps */

void untold_swept(struct recorder *rec, const struct under_way *x) {
    if (x->kind != UNDER_WAY_DONE && rec->now.t - x->t >= LONG_SILENT) {
        keep(rec, x->span, x->at);
    }
}

void untold_ends(struct recorder *rec) {
    for (size_t i = 0; i < rec->nunder_way; i++) {
        if (rec->under_way[i].kind == UNDER_WAY_FLUSH) {
            keep(rec, rec->under_way[i].span, rec->under_way[i].at);
        }
    }
}

static void drop_ahead(struct recorder *rec, size_t i) {
    rec->nahead--;
    memmove(&rec->ahead[i], &rec->ahead[i + 1], (rec->nahead - i) * sizeof rec->ahead[0]);
}

static size_t find_ahead(const struct recorder *rec, uint32_t span) {
    size_t i = 0;
    while (i < rec->nahead && rec->ahead[i].span != span) {
        i++;
    }
    return i;
}

void untold_ahead(struct recorder *rec, uint32_t span) {
    if (find_ahead(rec, span) < rec->nahead) {
        return;
    }
    if (rec->nahead == MAX_AHEAD) {
        drop_ahead(rec, 0);
    }
    rec->ahead[rec->nahead++] = (struct ahead){span, reel_facts(rec->r), rec->now.t};
}

void untold_caught_up(struct recorder *rec, uint32_t span) {
    size_t i = find_ahead(rec, span);
    if (i == rec->nahead) {
        return;
    }
    struct ahead x = rec->ahead[i];
    drop_ahead(rec, i);
    if (rec->now.t - x.t >= LONG_SILENT) {
        keep(rec, span, x.from);
    }
}

/* ---- asking */

size_t untold_from(const reel *r, uint64_t pos) {
    if (r->saved != NULL) {
        tables_want(r, PIECE_UNTOLD, 0);
    }
    size_t lo = 0, hi = r->nuntold;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (r->untold[mid].to <= pos) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo;
}
