/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * place.c - which span each P's mcache holds.
 *
 * A refill is announced by a HeapAlloc event of the goroutine that refills (R1); which span it got shows at that
 * goroutine's next object. An event may be late, because its goroutine was stopped inside malloc: then it says nothing
 * about mcaches (R4).
 *
 * Invariant: procs[p].cache[c] == s exactly when s's state is place mcache, owner p.
 */
#include "core/recorder.h"
#include "traces/grow.h"

struct proc_mind *place_proc(struct recorder *rec, int64_t p) {
    if (p < 0 || p >= MAX_PROCS) {
        return NULL;
    }
    size_t want = (size_t)p + 1;
    if (want > rec->nprocs) {
        if (!grow_to((void **)&rec->procs, &rec->cap_procs, want, sizeof *rec->procs)) {
            rec->r->memory_short = true;
            return NULL;
        }
        for (; rec->nprocs < want; rec->nprocs++) {
            struct proc_mind *m = &rec->procs[rec->nprocs];
            *m = (struct proc_mind){.freed = NO_ID, .gives = NO_ID};
            for (int c = 0; c < SPAN_CLASSES; c++) {
                m->cache[c] = m->gave[c] = NO_ID;
            }
        }
    }
    return &rec->procs[p];
}

size_t place_next_holder(const struct recorder *rec, size_t p) {
    for (size_t w = p / 64; w < MAX_PROCS / 64; w++, p = w * 64) {
        uint64_t left = rec->holders[w] & UINT64_MAX << p % 64;
        if (left != 0) {
            return w * 64 + (size_t)__builtin_ctzll(left);
        }
    }
    return MAX_PROCS;
}

/* The only way in and out of an mcache. */
static void set_cache(struct recorder *rec, size_t p, unsigned c, uint32_t span) {
    struct proc_mind *m = &rec->procs[p];
    m->held = (uint16_t)(m->held + (span != NO_ID) - (m->cache[c] != NO_ID));
    m->cache[c] = span;
    m->since[c] = 0;
    uint64_t bit = UINT64_C(1) << p % 64;
    rec->holders[p / 64] = m->held > 0 ? rec->holders[p / 64] | bit : rec->holders[p / 64] & ~bit;
}

bool place_fresh(const struct recorder *rec, uint32_t span) {
    return rec_seat(rec, span)->place == PLACE_MCACHE && !sweep_is_unswept(rec, span);
}

void place_forget(struct recorder *rec, uint32_t span) {
    const struct frame_span *s = rec_seat(rec, span);
    if (s->place == PLACE_MCACHE && s->p >= 0 && (size_t)s->p < rec->nprocs) {
        unsigned c = rec_span_class(rec, span);
        if (rec->procs[s->p].cache[c] == span) {
            set_cache(rec, (size_t)s->p, c, NO_ID);
        }
    }
}

/*
 * Is it only supposed that this span is in an mcache, so that it may be in another one as well? Once it is stale no
 * allocation can show its owner any more: only its own sweep shows when it was flushed.
 */
static bool is_supposed(const struct recorder *rec, uint32_t span) {
    const struct span_mind *s = rec_mind(rec, span);
    bool unseen = !rec->owners_settled && s->owner_unknown && !rec_full(rec, span);
    return s->supposed && (unseen || sweep_is_unswept(rec, span));
}

/* Out of its mcache, some time after order `since`, onto the list that its fill asks for. */
static void uncache(struct recorder *rec, uint32_t span, enum place_reason why, uint32_t since, bool sure) {
    place_forget(rec, span);
    rec_mind(rec, span)->supposed = false;
    struct span_state st = rec_state(rec, span);
    st.place = rec_full(rec, span) ? PLACE_EMPTY : PLACE_NONEMPTY;
    st.p = -1;
    st.swept = KNOWN_YES;
    st.sure = sure;
    rec_place(rec, span, st, why);
    sweep_push_since(rec, span, since);
}

/* A refill that was announced on its P and told nothing more may have replaced a full span before the flush. */
static bool may_be_replaced(const struct recorder *rec, uint32_t span) {
    for (size_t i = 0; i < rec->npending && rec_full(rec, span); i++) {
        const struct pending *x = &rec->pending[i];
        if (x->p == rec_seat(rec, span)->p && x->span == NO_ID && wanted_fits(rec, x->wanted, &rec->r->spans[span])) {
            return true;
        }
    }
    return false;
}

/*
 * A stale span is swept and goes to its list. Where a free told, of the span `shown`, the sweeper isn't through with it
 * yet; a thread without a P, which flushes the one that it is about to start, comes to those of lower classes before.
 */
static void flush_span(struct recorder *rec, uint32_t span, uint32_t shown) {
    bool sure = !may_be_replaced(rec, span);
    sweep_settle(rec, span);
    uncache(rec, span, WHY_FLUSHED, rec->gc_order, sure); /* no event says when */
    rec_mind(rec, span)->silent = false;
    if (rec_frees(rec->now.by)) {
        bool later = shown != NO_ID && rec->now.p < 0 && rec_span_class(rec, span) >= rec_span_class(rec, shown);
        sweep_under_way(rec, span, later ? UNDER_WAY_FLUSH : UNDER_WAY_DONE);
    }
}

static void flush_stale(struct recorder *rec, const struct proc_mind *m, bool supposed_too, uint32_t shown) {
    if (rec_frees(rec->now.by)) {
        sweep_over(rec);
    }
    for (unsigned c = 0; c < SPAN_CLASSES; c++) {
        uint32_t span = m->cache[c];
        if (span != NO_ID && sweep_is_unswept(rec, span) && (supposed_too || !is_supposed(rec, span))) {
            flush_span(rec, span, shown);
        }
    }
}

static bool all_flushed(const struct recorder *rec) {
    int64_t procs = rec->r->info.procs, p = 0;
    while (p < procs && (size_t)p < rec->nprocs && rec->procs[p].flushed == rec->head->gc) {
        p++;
    }
    return procs > 0 && p == procs;
}

/* R8: a stale mcache is swept and emptied, classes in ascending order. Once all are, no matter whose a span was in. */
static void flush_proc(struct recorder *rec, int32_t p, uint32_t shown) {
    struct proc_mind *m = place_proc(rec, p);
    if (m == NULL) {
        return;
    }
    m->flushed = rec->head->gc;
    if (m->stale) {
        m->stale = false;
        flush_stale(rec, m, false, shown);
    }
    if (rec->some_supposed && all_flushed(rec)) {
        place_flush_all(rec);
    }
}

void place_flush(struct recorder *rec, int32_t p) {
    flush_proc(rec, p, NO_ID);
}

void place_flush_of(struct recorder *rec, uint32_t span) {
    if (is_supposed(rec, span)) {
        sweep_over(rec);
        flush_span(rec, span, span);
    } else {
        flush_proc(rec, rec_seat(rec, span)->p, span);
    }
}

/*
 * Spans of the snapshot that were taken to be swept in their lists, though each may have been in an mcache whose flush
 * had not shown: swept they are by now, and on a list. Only since when isn't known.
 */
static void confirm_silent(struct recorder *rec) {
    const uint32_t *ids;
    size_t n = frame_spans(rec->head, &ids);
    for (size_t i = 0; i < n; i++) {
        const struct span_mind *s = rec_mind(rec, ids[i]);
        struct span_state st = rec_state(rec, ids[i]);
        if (s->silent && s->list != NO_LIST && s->set == rec->swept_set && !st.sure && !marks_may_fill(rec, ids[i])) {
            st.sure = true;
            rec_place(rec, ids[i], st, WHY_SILENT);
            sweep_push_since(rec, ids[i], rec->gc_order);
        }
    }
}

void place_flush_all(struct recorder *rec) {
    for (size_t p = 0; (p = place_next_holder(rec, p)) < MAX_PROCS; p++) {
        rec->procs[p].stale = false;
        flush_stale(rec, &rec->procs[p], true, NO_ID);
    }
    if (rec->owners_settled && !rec->owners_flushed) {
        rec->owners_flushed = true;
        confirm_silent(rec);
    }
}

/* ---- owners of the snapshot's spans, which it doesn't tell */

/* Believe that P p has held this span since before the trace began. */
static void suppose(struct recorder *rec, uint32_t span, int32_t p) {
    struct span_state st = rec_state(rec, span);
    st.place = PLACE_MCACHE;
    st.p = p;
    st.sure = false;
    rec_mind(rec, span)->supposed = rec->some_supposed = true;
    sweep_remove(rec, span);
    rec_place(rec, span, st, WHY_START);
    set_cache(rec, (size_t)p, rec_span_class(rec, span), span);
}

void place_suppose_owner(struct recorder *rec, uint32_t span, int32_t first) {
    unsigned c = rec_span_class(rec, span);
    for (size_t i = 0; i < rec->nprocs; i++) {
        size_t p = ((size_t)first + i) % rec->nprocs;
        if (rec->procs[p].cache[c] == NO_ID) {
            suppose(rec, span, (int32_t)p);
            return;
        }
    }
    struct span_state st = rec_state(rec, span);
    st.place = rec_full(rec, span) ? PLACE_EMPTY : PLACE_NONEMPTY;
    st.p = -1;
    rec_mind(rec, span)->supposed = false;
    rec_place(rec, span, st, WHY_SEEN);
    rec->order++;
    sweep_push(rec, span, !sweep_is_unswept(rec, span), 0, NO_CHAIN);
}

/* P p turns out to hold another span of this class: whatever was only supposed to be there is another P's. */
static void make_room(struct recorder *rec, int32_t p, unsigned c) {
    uint32_t old = rec->procs[p].cache[c];
    if (old != NO_ID && is_supposed(rec, old)) {
        place_suppose_owner(rec, old, p + 1); /* meanwhile it keeps its place here taken */
        if (rec->procs[p].cache[c] == old) {
            set_cache(rec, (size_t)p, c, NO_ID);
        }
    }
}

/* R4e: the P that allocates in such a span has held it since the start. */
static bool is_owner_shown(struct recorder *rec, uint32_t span, int32_t p) {
    struct proc_mind *m = place_proc(rec, p);
    if (m == NULL || !rec_mind(rec, span)->owner_unknown) {
        return false;
    }
    unsigned c = rec_span_class(rec, span);
    uint32_t old = m->cache[c];
    if (old != NO_ID && old != span && !is_supposed(rec, old)) {
        return false;
    }
    place_forget(rec, span); /* from where it was supposed to be: there is room for the other one then */
    make_room(rec, p, c);
    sweep_remove(rec, span);
    rec_mind(rec, span)->owner_unknown = rec_mind(rec, span)->supposed = false;
    set_cache(rec, (size_t)p, c, span);
    struct span_state st = {.place = PLACE_MCACHE, .p = p, .swept = KNOWN_YES, .sure = true};
    rec_place(rec, span, st, WHY_SEEN);
    return true;
}

/* Replaced, so it is full: a slot or two whose events are late are taken. Where more is missing that was misread. */
static void replace(struct recorder *rec, uint32_t span, uint32_t since) {
    uint32_t missing = (uint32_t)rec_seat(rec, span)->plain_elems - rec_seat(rec, span)->live;
    if (missing <= rec->nprocs + 1) {
        rec_seat(rec, span)->hi = rec_seat(rec, span)->plain_elems;
    }
    uncache(rec, span, WHY_UNCACHED, since, true);
}

/* Has the mcache of this P been refilled with this class since then? */
static bool is_past(const struct proc_mind *m, unsigned c, uint64_t at) {
    return m->cache[c] != NO_ID && m->since[c] > at;
}

/* R3 */
void place_refill(struct recorder *rec, int32_t p, uint32_t span, struct refill how) {
    struct proc_mind *m = place_proc(rec, p);
    if (m == NULL) {
        return;
    }
    unsigned c = rec_span_class(rec, span);
    if (m->stale) {
        place_flush(rec, p);
    }
    make_room(rec, p, c);
    uint32_t old = m->cache[c];
    bool past = old != span && is_past(m, c, how.at);
    if (old != NO_ID && old != span && !past) {
        marks_replaced(rec, old);
        replace(rec, old, how.began); /* before the refill sweeps */
    }
    sweep_by_refill(rec, p, span, how.way, how.began);
    if (sweep_is_unswept(rec, span)) {
        sweep_settle(rec, span);
    }
    place_forget(rec, span);
    sweep_remove(rec, span);
    rec_mind(rec, span)->owner_unknown = rec_mind(rec, span)->supposed = false;
    struct span_state st = {.place = PLACE_MCACHE, .p = p, .swept = KNOWN_YES, .sure = true};
    rec_place(rec, span, st, how.way == REFILL_GROWN ? WHY_GROWN : WHY_REFILLED);
    if (past) {
        replace(rec, span, how.began);
        return;
    }
    set_cache(rec, (size_t)p, c, span);
    m->since[c] = how.at;
    m->gave[c] = old;
    if (how.way == REFILL_GROWN) {
        m->gives = old;
        m->gives_at = how.at;
        m->grew = rec->now.t;
    }
}

/* What the mcaches of Ps from `first` on hold goes back: stale spans are swept, fresh ones go as they are. */
static void empty_caches(struct recorder *rec, size_t first, enum place_reason why) {
    for (size_t p = first; (p = place_next_holder(rec, p)) < MAX_PROCS; p++) {
        place_flush(rec, (int32_t)p);
        for (unsigned c = 0; c < SPAN_CLASSES; c++) {
            uint32_t span = rec->procs[p].cache[c];
            if (span != NO_ID && sweep_is_unswept(rec, span)) {
                flush_span(rec, span, NO_ID);
            } else if (span != NO_ID) {
                uncache(rec, span, why, rec->order, true);
            }
        }
    }
}

void place_stats_read(struct recorder *rec) {
    for (size_t i = 0; i < rec->npending; i++) {
        rec->pending[i].soft = true; /* what was announced has been taken, and flushed again */
    }
    empty_caches(rec, 0, WHY_STATS);
    place_settle_owners(rec, true);
}

void place_settle_owners(struct recorder *rec, bool now) {
    if (rec->owners_settled || !rec->snapshot_done) {
        return;
    }
    const uint32_t *ids;
    size_t n = frame_spans(rec->head, &ids);
    for (size_t i = 0; i < n; i++) {
        if (!rec_mind(rec, ids[i])->owner_unknown) {
            continue;
        }
        rec_mind(rec, ids[i])->owner_unknown = false;
        struct span_state st = rec_state(rec, ids[i]);
        st.sure |= now;
        rec_place(rec, ids[i], st, now ? WHY_STATS : WHY_SEEN);
    }
    rec->owners_settled = true;
    rec->owners_flushed = now;
}

void place_note_asking(struct recorder *rec) {
    rec->asking = 0;
    for (size_t i = 0; i < rec->npending; i++) {
        rec->asking |= place_pending_bit(rec->pending[i].g);
    }
    for (size_t i = 0; i < rec->nstopped; i++) {
        rec->asking |= place_pending_bit(rec->stopped[i].g);
    }
}

/* R11: Ps from n on are gone. */
void place_procs_change(struct recorder *rec, uint64_t n) {
    empty_caches(rec, n < MAX_PROCS ? (size_t)n : MAX_PROCS, WHY_PROC_GONE);
    size_t kept = 0;
    for (size_t i = 0; i < rec->npending; i++) {
        if ((uint64_t)rec->pending[i].p < n) {
            rec->pending[kept++] = rec->pending[i];
        }
    }
    rec->npending = kept;
    place_note_asking(rec);
}

/* ---- announcements */

static bool same_caller(const struct pending *x, uint32_t g, int64_t m) {
    return g != NO_ID ? x->g == g : x->g == NO_ID && x->m == m;
}

void place_hold_pending(struct recorder *rec, uint32_t g, bool held) {
    for (size_t i = 0; i < rec->npending; i++) {
        if (rec->pending[i].g == g) {
            rec->pending[i].held = held;
        }
    }
}

static void drop_pending(struct recorder *rec, size_t i) {
    rec->npending--;
    memmove(&rec->pending[i], &rec->pending[i + 1], (rec->npending - i) * sizeof *rec->pending);
    place_note_asking(rec);
}

/* NULL: out of memory. */
static struct pending *add_pending(struct recorder *rec, uint32_t span) {
    if (rec->npending == MAX_PENDING) {
        drop_pending(rec, 0);
    }
    if (!GROW(rec->pending, rec->npending, rec->cap_pending)) {
        rec->r->memory_short = true;
        return NULL;
    }
    struct pending *x = &rec->pending[rec->npending++];
    *x = (struct pending){.g = rec->now.g,
                          .m = rec->m,
                          .p = rec->now.p,
                          .gc = rec->head->gc,
                          .span = span,
                          .freed = NO_ID,
                          .at = reel_facts(rec->r),
                          .t = rec->now.t};
    rec->asking |= place_pending_bit(x->g);
    return x;
}

void place_grown(struct recorder *rec, uint32_t span) {
    uint32_t into = NO_ID, old = NO_ID;
    if (rec->r->spans[span].class != 0 && rec->now.p >= 0) {
        struct pending *x = add_pending(rec, span);
        if (x != NULL) {
            x->soft = true;
        }
        const struct proc_mind *m = place_proc(rec, rec->now.p);
        into = span;
        old = m != NULL ? m->cache[rec_span_class(rec, span)] : NO_ID;
    }
    if (rec->ngrowers == MAX_GROWERS) {
        memmove(&rec->growers[0], &rec->growers[1], --rec->ngrowers * sizeof rec->growers[0]);
    }
    rec->growers[rec->ngrowers++] = (struct grower){rec->now.g, rec->m, into, old};
}

static bool is_growth(struct recorder *rec) {
    for (unsigned i = 0; i < rec->ngrowers; i++) {
        if (rec->growers[i].g == rec->now.g && rec->growers[i].m == rec->m) {
            rec->growers[i] = rec->growers[--rec->ngrowers];
            return true;
        }
    }
    return false;
}

uint32_t place_began(struct recorder *rec, int32_t p) {
    const struct proc_mind *m = place_proc(rec, p);
    return m != NULL && m->began != 0 ? m->began : heard_order(rec, p);
}

/* R1 */
void place_announce(struct recorder *rec, int64_t growth) {
    struct proc_mind *m = place_proc(rec, rec->now.p);
    uint32_t began = place_began(rec, rec->now.p);
    bool swept = m != NULL && m->swept;
    uint32_t freed = m != NULL ? m->freed : NO_ID;
    if (m != NULL) {
        m->began = 0;
        m->swept = false;
        m->freed = NO_ID;
    }
    if (is_growth(rec) || rec->now.p < 0) {
        return;
    }
    struct pending *x = add_pending(rec, NO_ID);
    if (x != NULL) {
        x->began = began;
        x->swept = swept;
        x->freed = freed;
        x->growth = growth;
    }
}

struct refill place_refill_of(const struct pending *x) {
    return (struct refill){x->swept ? REFILL_SWEPT : REFILL_FOUND, x->began, x->at};
}

size_t place_own_pending(const struct recorder *rec, uint32_t span, uint32_t g, int64_t m) {
    for (size_t i = rec->npending; i-- > 0;) {
        const struct pending *x = &rec->pending[i];
        if (same_caller(x, g, m) && !x->held && (x->span == NO_ID || x->span == span)) {
            return i;
        }
    }
    return SIZE_MAX;
}

void place_stopped(struct recorder *rec, uint32_t g, uint64_t stack) {
    for (size_t i = rec->npending; i-- > 0;) {
        if (rec->pending[i].g == g) {
            rec->pending[i].wanted = wanted_of(rec, stack);
            return;
        }
    }
}

static size_t foreign_pending(const struct recorder *rec, int32_t p, unsigned c) {
    for (size_t i = 0; i < rec->npending; i++) {
        const struct pending *x = &rec->pending[i];
        if (x->p == p && !x->soft && x->gc == rec->head->gc && !is_past(&rec->procs[p], c, x->at)) {
            return i;
        }
    }
    return SIZE_MAX;
}

static bool cached_elsewhere(const struct recorder *rec, uint32_t span, int32_t p) {
    return place_fresh(rec, span) && rec_seat(rec, span)->p != p;
}

/*
 * R4a: the allocation that an announcement was about. A refill brings a span that wasn't there: so an object in one
 * that is known to be there was not announced. It belongs to a GC that starts in the middle of malloc, with the slot
 * taken and not yet told (1.24 on), and waits for its turn: what it waits with is allocated too (gcStart,
 * acquireSudog).
 */
static bool own_refill(struct recorder *rec, uint32_t span, size_t i) {
    struct pending x = rec->pending[i];
    bool there = place_fresh(rec, span) && rec_seat(rec, span)->p == x.p;
    if (there && x.gc == rec->head->gc && !x.soft && x.span == NO_ID) {
        return true;
    }
    drop_pending(rec, i);
    if (x.gc != rec->head->gc) {
        return false;
    }
    if (!there && !x.soft && !cached_elsewhere(rec, span, x.p)) {
        untold_refilled(rec, &x, span);
        place_refill(rec, x.p, span, place_refill_of(&x));
    }
    return place_fresh(rec, span);
}

bool place_allocation(struct recorder *rec, uint32_t span, bool was_taken) {
    if (rec_seat(rec, span)->plain_elems == 0) {
        return true; /* no mcache holds large objects */
    }
    size_t i = place_own_pending(rec, span, rec->now.g, rec->m);
    if (i != SIZE_MAX) {
        return own_refill(rec, span, i);
    }
    if (was_taken) {
        return false; /* R4b */
    }
    int32_t p = rec->now.p;
    if (is_owner_shown(rec, span, p) || place_fresh(rec, span)) {
        return true; /* R4e, R4c, R4d */
    }
    if (place_proc(rec, p) == NULL) {
        return false;
    }
    size_t other = foreign_pending(rec, p, rec_span_class(rec, span));
    if (other == SIZE_MAX || rec_seat(rec, span)->place == PLACE_MCACHE) {
        return false;
    }
    rec->pending[other].soft = true;
    untold_refilled(rec, &rec->pending[other], span);
    place_refill(rec, p, span, place_refill_of(&rec->pending[other]));
    return true; /* R4f */
}
