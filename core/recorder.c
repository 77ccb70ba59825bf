/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * recorder.c - one event at a time: to the timeline and the notes at once, to the heap in the order that makes sense.
 *
 * The snapshot that a trace begins with is written by one thread with the world stopped, yet its clock may run ahead of
 * the others': heap events of other threads that sort into the snapshot are put off until it is complete.
 */
#include "core/recorder.h"
#include "core/course.h"
#include "traces/grow.h"

enum { MAX_DEFERRED = 1 << 20, OTHERS_AHEAD = 3 };

struct recorder *recorder_new(reel *r) {
    struct recorder *rec = calloc(1, sizeof *rec);
    if (rec == NULL) {
        return NULL;
    }
    rec->r = r;
    rec->head = frame_new(r);
    rec->types = calloc(TYPE_MEMO, sizeof *rec->types);
    rec->tl = timeline_new();
    rec->bgsweep = rec->stw_g = rec->stw_readied = rec->stw_flushes = rec->gc_caller = NO_ID;
    rec->generation = UINT32_MAX;
    for (int set = 0; set < 2; set++) {
        for (int c = 0; c < SWEEP_CLASSES; c++) {
            rec->lists[set][c] = (struct list){.first = NO_ID, .last = NO_ID, .passed_chain = NO_CHAIN};
        }
    }
    if (rec->head == NULL || rec->types == NULL || rec->tl == NULL) {
        recorder_free(&rec);
    }
    return rec;
}

void recorder_free(struct recorder **recp) {
    struct recorder *rec = *recp;
    if (rec == NULL) {
        return;
    }
    frame_free(&rec->head);
    timeline_free(&rec->tl);
    idmap_free(&rec->again);
    idmap_free(&rec->unreported);
    idmap_free(&rec->owed);
    idmap_free(&rec->owed_spans);
    idmap_free(&rec->tasks);
    idmap_free(&rec->region_of);
    free(rec->regions);
    free(rec->mind);
    free(rec->slot_types);
    free(rec->procs);
    free(rec->pending);
    free(rec->deferred);
    free(rec->types);
    free(rec->procs_now.at);
    free(rec);
    *recp = NULL;
}

/* ---- facts */

/* A fact that says no more than kind and span yet. */
struct fact rec_blank(const struct recorder *rec, enum fact_kind kind, uint32_t span) {
    struct fact x = {.t = rec->now.t, .span = span, .g = rec->now.g, .p = rec->now.p, .kind = (uint8_t)kind};
    x.by = rec->now.by;
    x.before.p = x.after.p = -1;
    return x;
}

static void object_fact(struct recorder *rec, enum fact_kind kind, uint32_t span, uint32_t slot, uint32_t type,
                        bool inferred) {
    struct frame_span *s = rec_seat(rec, span);
    if (kind == FACT_FREE && !inferred) {
        rec->freed_objects++;
        rec->freed_bytes += s->elem;
    }
    int64_t t = rec->now.t;
    struct late *to = reel_wait(rec->r, &t);
    if (to == NULL) {
        return;
    }
    rec->last_free = kind == FACT_FREE ? t : rec->last_free;
    uint8_t form = (uint8_t)(kind | (inferred ? KIND_INFERRED : 0));
    uint8_t lane = kind == FACT_FREE ? LANE_FREE : s->span_class;
    *to = (struct late){t, rec->now.who, type, span, (uint16_t)slot, form, lane};
    frame_apply_object(rec->head, s, (uint8_t)kind, slot, type);
    rec->head->pos++;
    course_note_objects(rec->r, rec->head->totals.objects, rec->head->totals.object_bytes);
    reel_appended(rec->r, rec->head);
}

void rec_fact(struct recorder *rec, enum fact_kind kind, uint32_t span, uint32_t slot, uint32_t type, bool inferred) {
    if (fact_of_object((uint8_t)kind)) {
        object_fact(rec, kind, span, slot, type, inferred);
        return;
    }
    struct fact x = rec_blank(rec, kind, span);
    x.inferred = inferred;
    reel_append(rec->r, rec->head, &x);
}

bool rec_full(const struct recorder *rec, uint32_t span) {
    const struct frame_span *s = rec_seat(rec, span);
    bool large = s->plain_elems == 0;
    return large || (!rec_mind(rec, span)->losing && (s->live >= s->plain_elems || s->hi >= s->plain_elems));
}

/*
 * One small event may sweep every span there is, each a fact. A recording makes less than one fact of a byte; a file
 * made for it could make their number grow with the square of its size.
 */
enum { FACTS_FREE = 1 << 16, FACTS_PER_BYTE = 16 };

bool rec_may_conclude(const struct recorder *rec) {
    return reel_facts(rec->r) < FACTS_FREE + FACTS_PER_BYTE * rec->r->info.trace_bytes;
}

void rec_change(struct recorder *rec, uint32_t span, uint64_t after, enum place_reason why) {
    uint32_t at = rec->head->seat_of[span];
    struct frame_span *s = &rec->head->seat[at];
    uint64_t before = pack_state(s->place, s->sure, rec_swept(rec, s), s->p);
    after &= rec->mind[at].unreported == 0 ? UINT64_MAX : ~(UINT64_C(1) << STATE_SURE);
    if (before == after) {
        return;
    }
    int64_t t = rec->now.t;
    struct late *to = reel_wait(rec->r, &t);
    if (to == NULL) {
        return;
    }
    uint64_t inferred = ~after >> STATE_SURE & 1;
    uint64_t what = before | after << KEY_AFTER | (uint64_t)why << KEY_WHY | (uint64_t)rec->now.by << KEY_BY |
                    inferred << KEY_INFERRED;
    *to = (struct late){
        t, rec->now.who, what, span, (uint16_t)s->live, (uint8_t)(FACT_PLACE | inferred * KIND_INFERRED), 0};
    struct span_state st = pack_state_of(after);
    frame_set_state(rec->head, s, &st);
    rec->head->pos++;
    reel_appended(rec->r, rec->head);
}

/* ---- what events do to the heap */

typedef void handler(struct recorder *rec, const struct trace_event *ev);

/*
 * Whoever has stopped the world for mark termination counts the heap anew; or it empties mcaches, which never makes the
 * heap grow. What it allocates meanwhile is as all else (a goroutine profile is taken so), and when the world is about
 * to go on threads may be made for its Ps (startTheWorldWithSema).
 */
static void on_heap_alloc(struct recorder *rec, const struct trace_event *ev) {
    int64_t growth = (int64_t)(ev->arg[0] - rec->heap_live);
    bool by_stopper = rec->stw != STW_NONE && rec->stw_g == rec->now.g;
    bool counts_anew = rec->stw == STW_MARKTERM && !rec->stw_ends;
    if (!by_stopper || (growth > 0 && !counts_anew)) {
        place_announce(rec, growth);
    }
    rec->heap_live = ev->arg[0];
}

static void on_proc_start(struct recorder *rec, const struct trace_event *ev) {
    if (ev->arg[0] < MAX_PROCS) {
        place_flush(rec, (int32_t)ev->arg[0]); /* R8: it was flushed just before */
    }
}

/* Which order a sweep range follows shows in the stack that began it (doc/inference.md 5). */
static enum sweeper sweeper_of(struct recorder *rec, uint64_t stack) {
    size_t credit, cache, depth;
    if (names_stack_has(rec, stack, "runtime.(*mheap).alloc", &depth)) {
        return SWEEPER_RECLAIM; /* on behalf of a span to be grown, so cacheSpan may be on the stack too */
    }
    bool by_credit = names_stack_has(rec, stack, "runtime.deductSweepCredit", &credit);
    bool by_cache = names_stack_has(rec, stack, "runtime.(*mcentral).cacheSpan", &cache);
    if (by_credit && (!by_cache || credit < cache)) {
        return SWEEPER_CREDIT;
    }
    return by_cache ? SWEEPER_CACHE : SWEEPER_OTHER;
}

static void on_sweep_begin(struct recorder *rec, const struct trace_event *ev) {
    struct proc_mind *p = place_proc(rec, rec->now.p);
    sweep_begins(rec);
    if (p == NULL) {
        return;
    }
    size_t i = ev->arg[0] % GO_MEMO;
    if (rec->sweepers[i].known_in != rec->generation + 1 || rec->sweepers[i].stack != ev->arg[0]) {
        rec->sweepers[i].stack = ev->arg[0];
        rec->sweepers[i].by = (uint8_t)sweeper_of(rec, ev->arg[0]);
        rec->sweepers[i].known_in = rec->generation + 1;
    }
    p->sweeper = rec->sweepers[i].by;
    p->swept |= p->sweeper == SWEEPER_CACHE;
    rec->reclaimed |= p->sweeper == SWEEPER_RECLAIM;
    p->seen = 0;
    p->took = heard_order(rec, rec->now.p); /* the first span is taken before the range begins */
    p->began = p->began == 0 ? p->took : p->began;
}

static void on_sweep_end(struct recorder *rec, const struct trace_event *ev) {
    struct proc_mind *p = place_proc(rec, rec->now.p);
    if (p == NULL) {
        return;
    }
    if (p->sweeper == SWEEPER_CACHE && ev->arg[0] > p->seen) {
        p->silent += ev->arg[0] - p->seen;
    }
    p->sweeper = SWEEPER_OTHER;
}

static enum wait why_wait(struct recorder *rec, uint64_t reason) {
    size_t i = reason % GO_MEMO;
    if (rec->reasons[i].known_in != rec->generation + 1 || rec->reasons[i].id != reason) {
        struct trace_text name = trace_string(rec->r->t, reason);
        rec->reasons[i].id = reason;
        rec->reasons[i].known_in = rec->generation + 1;
        rec->reasons[i].why = rec_is_text(name, "GC background sweeper wait") ? WAIT_SWEEP
                              : rec_is_text(name, "wait until GC ends")       ? WAIT_GC
                              : rec_is_text(name, "preempted")                ? WAIT_PREEMPTED
                                                                              : WAIT_OTHER;
    }
    return rec->reasons[i].why;
}

/* A stack of the event, 0: none. */
static uint64_t stack_of(const struct trace_event *ev) {
    const struct trace_spec *spec = trace_event_spec(ev->type);
    for (unsigned i = 0; i < spec->nargs; i++) {
        if (spec->kind[i] == TRACE_ARG_STACK) {
            return ev->arg[i];
        }
    }
    return 0;
}

/* A goroutine may stop inside malloc: what it is about to get shows in its stack. */
static void on_go_stop(struct recorder *rec, const struct trace_event *ev) {
    uint64_t stack = stack_of(ev);
    if (rec->now.g != NO_ID && (rec->asking & place_pending_bit(rec->now.g)) != 0) {
        place_stopped(rec, rec->now.g, stack);
    }
    untold_stopped(rec, stack, ev->type == TRACE_EV_GO_BLOCK && why_wait(rec, ev->arg[0]) == WAIT_PREEMPTED);
}

static void on_go_block(struct recorder *rec, const struct trace_event *ev) {
    enum wait why = why_wait(rec, ev->arg[0]);
    on_go_stop(rec, ev);
    if (why == WAIT_GC) { /* in runtime.GC, or in debug.SetGCPercent, which doesn't wait for the sweep */
        size_t depth;
        rec->gc_awaited = true;
        rec->gc_caller = names_stack_has(rec, stack_of(ev), "runtime.GC", &depth) ? rec->now.g : NO_ID;
        rec->gc_called = rec->head->gc;
    }
    /* Where the trace has lost the words: the sweeper that was seen before waits for nothing else. */
    bool unnamed = rec->now.g == rec->bgsweep && trace_string(rec->r->t, ev->arg[0]).len == 0;
    if (rec->now.g == NO_ID || (why != WAIT_SWEEP && !unnamed)) {
        return;
    }
    rec->bgsweep = rec->now.g;
    rec->bgsweep_parked = true;
    sweep_all(rec); /* R10 */
    timeline_swept(rec);
}

/*
 * R10: runtime.GC returns when all is swept, mcaches too (mgc.go: it waits for isSweepDone). So once the goroutine that
 * waited in it for the end of marking is seen elsewhere, with no other cycle ended meanwhile, all is. The background
 * sweeper may park much later, or not within the trace.
 */
static void watch_caller(struct recorder *rec, const struct trace_event *ev) {
    if (rec->gc_caller == NO_ID || rec->now.g != rec->gc_caller || rec->head->gc == rec->gc_called) {
        return;
    }
    struct trace_frame leaf;
    size_t depth;
    uint64_t stack = stack_of(ev);
    if (rec->head->gc != rec->gc_called + 1) {
        rec->gc_caller = NO_ID;
    } else if (trace_stack(rec->r->t, stack, &leaf, 1) > 0 && !names_stack_has(rec, stack, "runtime.GC", &depth)) {
        rec->gc_caller = NO_ID;
        sweep_all(rec);
        timeline_swept(rec);
    }
}

static void on_go_start(struct recorder *rec, const struct trace_event *ev) {
    if (!frame_sweeping(rec->head) && names_go(rec, (int64_t)ev->arg[0]) == rec->bgsweep) {
        sweep_begins(rec);
    }
}

/* The background sweeper waits when a trace begins: all is swept. */
static void on_go_status(struct recorder *rec, const struct trace_event *ev) {
    if (rec->bgsweep == NO_ID || rec->generation != 0 || names_go(rec, (int64_t)ev->arg[0]) != rec->bgsweep) {
        return;
    }
    if ((uint8_t)ev->arg[2] == TRACE_GO_WAITING && rec->head->gc == 0) {
        rec->bgsweep_parked = true;
        if (rec->snapshot_done) {
            sweep_all(rec);
        }
    }
}

static handler *const heap_handlers[TRACE_EV_LIMIT] = {
    [TRACE_EV_PROCS_CHANGE] = stops_procs_change,
    [TRACE_EV_PROC_START] = on_proc_start,
    [TRACE_EV_GO_START] = on_go_start,
    [TRACE_EV_GO_BLOCK] = on_go_block,
    [TRACE_EV_GO_UNBLOCK] = stops_go_unblock,
    [TRACE_EV_GO_STOP] = on_go_stop,
    [TRACE_EV_GO_STATUS] = on_go_status,
    [TRACE_EV_GO_STATUS_STACK] = on_go_status,
    [TRACE_EV_STW_BEGIN] = stops_begin,
    [TRACE_EV_STW_END] = stops_end,
    [TRACE_EV_GC_BEGIN] = stops_gc_begin,
    [TRACE_EV_GC_END] = stops_gc_end,
    [TRACE_EV_GC_SWEEP_BEGIN] = on_sweep_begin,
    [TRACE_EV_GC_SWEEP_END] = on_sweep_end,
    [TRACE_EV_HEAP_ALLOC] = on_heap_alloc,
    [TRACE_EV_SPAN] = heap_span,
    [TRACE_EV_SPAN_ALLOC] = heap_span,
    [TRACE_EV_SPAN_FREE] = heap_span_free,
    [TRACE_EV_HEAP_OBJECT] = heap_object_exists,
    [TRACE_EV_HEAP_OBJECT_ALLOC] = heap_object_alloc,
    [TRACE_EV_HEAP_OBJECT_FREE] = heap_object_free,
    [TRACE_EV_GOROUTINE_STACK] = heap_goroutine_stack,
    [TRACE_EV_GOROUTINE_STACK_ALLOC] = heap_goroutine_stack,
    [TRACE_EV_GOROUTINE_STACK_FREE] = heap_goroutine_stack,
};

static void set_now(struct recorder *rec, const struct trace_event *ev) {
    rec->now.t = ev->time;
    rec->now.g = names_go(rec, ev->g);
    rec->now.p = ev->p >= 0 && ev->p < MAX_PROCS ? (int32_t)ev->p : -1;
    rec->now.who = pack_who(rec->now.g, rec->now.p);
    rec->now.by = ev->type;
    uint64_t *touched = &rec->touched[rec->now.p + 1];
    rec->now.touched = *touched;
    *touched = reel_facts(rec->r);
    rec->m = ev->m;
}

/* ---- the snapshot */

static bool is_snapshot_event(uint8_t type) {
    return type == TRACE_EV_SPAN || type == TRACE_EV_HEAP_OBJECT || type == TRACE_EV_GOROUTINE_STACK;
}

static void close_snapshot(struct recorder *rec) {
    rec->snapshot_open = false;
    rec->snapshot_done = true;
    heap_snapshot_done(rec);
    for (size_t i = 0; i < rec->ndeferred; i++) {
        set_now(rec, &rec->deferred[i]);
        heap_handlers[rec->deferred[i].type](rec, &rec->deferred[i]);
    }
    rec->ndeferred = 0;
}

/* True: put off until the snapshot is complete. */
static bool defer(struct recorder *rec, const struct trace_event *ev) {
    if (!rec->snapshot_open || ev->m == rec->snapshot_m || ev->type < TRACE_EV_SPAN) {
        return false;
    }
    if (rec->ndeferred >= MAX_DEFERRED || !GROW(rec->deferred, rec->ndeferred, rec->cap_deferred)) {
        return false;
    }
    rec->deferred[rec->ndeferred++] = *ev;
    return true;
}

static void watch_snapshot(struct recorder *rec, const struct trace_event *ev) {
    if (is_snapshot_event(ev->type)) {
        rec->r->info.snapshot = true;
        if (!rec->snapshot_open && !rec->snapshot_done) {
            rec->snapshot_open = true;
            rec->snapshot_m = ev->m;
        }
    } else if (rec->snapshot_open && ev->m == rec->snapshot_m &&
               (ev->type == TRACE_EV_STW_END || ev->type == TRACE_EV_HEAP_OBJECT_ALLOC)) {
        close_snapshot(rec);
        set_now(rec, ev);
    }
}

/* ---- one event */

static void new_generation(struct recorder *rec, uint32_t generation) {
    rec->generation = generation;
    const struct trace_heap_info *h = trace_heap_info(rec->r->t);
    reel *r = rec->r;
    if (h->known && !r->info.base_known) {
        r->info.base_known = true;
        r->info.base = h->min_address;
    }
    r->min_align = h->known && h->min_align == 16 ? 16 : 8;
    rec->unit_shift = r->min_align == 16 ? UNIT_8 + 1 : UNIT_8;
    rec->page_shift = PAGE_SHIFT - rec->unit_shift;
    r->min_stack = h->known && h->min_stack >= 1024 && h->min_stack <= 65536 ? h->min_stack : 2048;
    names_generation(rec);
}

static void record(struct recorder *rec, const struct trace_event *ev) {
    set_now(rec, ev);
    if (!rec_frees(ev->type)) {
        sweep_over(rec);
    }
    if (ev->type >= TRACE_EV_SPAN) {
        rec->r->info.allocfree = true;
    } else {
        names_goroutine_event(rec, ev);
        watch_caller(rec, ev);
        timeline_event(rec, ev);
        note_event(rec, ev);
        procs_event(rec, ev);
    }
    watch_snapshot(rec, ev);
    stops_watch(rec, ev);
    untold_goes_on(rec);
    handler *h = ev->type < TRACE_EV_LIMIT ? heap_handlers[ev->type] : NULL;
    if (h != NULL && !defer(rec, ev)) {
        h(rec, ev);
    }
}

/* An event in brief, written out. */
static struct trace_event whole_event(const struct stretch *s, const struct brief *b) {
    const struct actor *a = &s->actor[b->actor];
    return (struct trace_event){.time = s->begin + b->since,
                                .m = a->m,
                                .p = a->p,
                                .g = a->g,
                                .arg = {b->id, b->heap_type},
                                .generation = s->generation,
                                .type = b->type};
}

/* Events that were written whole come from another processor's cache. */
static void record_other(struct recorder *rec, const struct stretch *s, const struct trace_event *ev) {
    const char *ahead = (const char *)(ev + OTHERS_AHEAD), *end = (const char *)&s->other[STRETCH_EVENTS - 1];
    ahead = ahead < end ? ahead : end;
    __builtin_prefetch(ahead);
    __builtin_prefetch(ahead + sizeof *ev - 1);
    record(rec, ev);
}

/* What the event leads to, more or less than one brief fact, stands apart. */
static void record_apart(struct recorder *rec, struct stretch *s, struct brief *ev) {
    s->late_from = s->nlate;
    rec->heard.at = (size_t)(ev - s->ev);
    if (ev->type == 0) {
        record_other(rec, s, &s->other[ev->id]);
    } else {
        struct trace_event e = whole_event(s, ev);
        record(rec, &e);
    }
    heard_event(rec);
    ev->type = 0;
    ev->id = s->nlate - s->late_from;
    s->recorded++;
}

static void record_some(struct recorder *rec, struct stretch *s, struct brief *ev, size_t n, struct plain_hint *hint) {
    for (size_t i = 0; i < n && !rec->r->memory_short; i++) {
        if (ev[i].type != 0 && !rec->snapshot_open) {
            size_t done = plain_run(rec, s, ev + i, n - i, hint + i);
            s->recorded += done;
            i += done;
        }
        if (i < n) {
            record_apart(rec, s, &ev[i]);
        }
    }
}

static size_t at_most(size_t n, size_t most) {
    return n < most ? n : most;
}

void recorder_events(struct recorder *rec, struct stretch *s) {
    struct plain_hint hints[2][LOOK_AHEAD], *hint = hints[0], *next_hint = hints[1];
    if (s->n > 0 && s->generation != rec->generation) {
        new_generation(rec, s->generation);
    }
    heard_stretch(rec, s);
    for (size_t i = 0; i < s->nactors; i++) {
        rec->asks[i] = UNKNOWN_ACTOR;
    }
    size_t n = at_most(s->n, LOOK_AHEAD), next;
    plain_find_seats(rec, s->ev, n, hint);
    for (struct brief *ev = s->ev, *end = ev + s->n; ev < end; ev += n, n = next) {
        next = at_most((size_t)(end - ev) - n, LOOK_AHEAD);
        plain_find_seats(rec, ev + n, next, next_hint);
        plain_fetch_slots(rec, ev, n, hint);
        record_some(rec, s, ev, n, hint);
        struct plain_hint *swap = hint;
        hint = next_hint;
        next_hint = swap;
    }
    timeline_freed(rec);
}

void recorder_finish(struct recorder *rec) {
    if (rec->snapshot_open) {
        close_snapshot(rec);
    }
    if (rec->r->info.allocfree && !rec->r->memory_short) {
        heap_trace_ends(rec);
    }
    procs_finish(rec);
}
