/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * objects.c - spans and objects coming and going.
 *
 * Ids of events are addresses in units: spans in pages, objects in min_align bytes, stacks in min_stack bytes, all from
 * the heap's base. An event that fits nothing (an object in no known span, a free of a free slot) is counted and passed
 * over; nothing is dropped for contradicting its predecessors, since late events and clocks that run ahead do that in
 * every busy trace (doc/inference.md 2).
 */
#include "core/recorder.h"
#include "traces/grow.h"

/* An event about a span that isn't known; without a snapshot that is no wonder. */
static void count_stray(struct recorder *rec) {
    struct reel_info *i = &rec->r->info;
    ++*(i->snapshot ? &i->odd_events : &i->unseen_events);
}

/* ---- spans */

static bool known_class(uint64_t size_class, uint64_t npages) {
    return size_class < SIZE_CLASSES && npages > 0 && npages < UINT64_C(1) << 48 &&
           (size_class == 0 || npages == layout_pages((unsigned)size_class));
}

static struct span heap_life(const struct recorder *rec, const struct trace_event *ev) {
    uint64_t span_class = ev->arg[2] >> 1;
    struct span s = {
        .page = ev->arg[0],
        .npages = ev->arg[1],
        .kind = SPAN_HEAP,
        .class = (uint8_t)(span_class >> 1),
        .noscan = span_class & 1,
    };
    s.elem = s.class == 0 ? s.npages * rec->r->info.page_size : layout_elem(s.class);
    s.words = 1;
    if (s.class != 0) { /* room for the most elements that any layout gives */
        s.words = (uint8_t)((layout_max_nelems(s.class, rec->r->info.page_size) + 63) / 64);
    }
    s.nelems = s.class == 0 ? 1 : layout_nelems(&rec->r->layout, s.class, s.noscan, rec->r->info.page_size);
    return s;
}

static struct span manual_life(const struct recorder *rec, const struct trace_event *ev) {
    /* Work buffers are 4 pages; anything larger is a stack (doc/inference.md 3). */
    uint8_t kind = ev->arg[1] >= 8 ? SPAN_STACK : SPAN_MANUAL;
    return (struct span){
        .page = ev->arg[0], .npages = ev->arg[1], .kind = kind, .elem = ev->arg[1] * rec->r->info.page_size};
}

/* ---- what is remembered of single slots */

static uint64_t slot_key(uint32_t span, uint32_t slot) {
    return (uint64_t)span << 16 | slot;
}

static void remember(struct recorder *rec, struct idmap *m, uint32_t span, uint32_t slot, uint32_t value) {
    rec->r->memory_short |= !idmap_put(m, slot_key(span, slot), value);
    rec_seat(rec, span)->ask = true;
}

/* What is remembered of a slot, and forgotten now; IDMAP_NONE. */
static uint32_t recall(struct recorder *rec, struct idmap *m, uint32_t span, uint32_t slot) {
    uint32_t value = rec_seat(rec, span)->ask ? idmap_get(m, slot_key(span, slot)) : IDMAP_NONE;
    if (value != IDMAP_NONE) {
        idmap_remove(m, slot_key(span, slot));
    }
    return value;
}

static void forget_mind(struct recorder *rec, uint32_t span) {
    place_forget(rec, span);
    sweep_remove(rec, span);
}

static uint32_t type_at(const struct recorder *rec, uint32_t span, uint32_t slot) {
    return rec->slot_types[(size_t)rec_seat(rec, span)->words * 64 + slot];
}

static void free_leftovers(struct recorder *rec, uint32_t span) {
    uint32_t nelems = rec->r->spans[span].nelems;
    for (uint32_t i = 0; i < nelems && rec_seat(rec, span)->live > 0; i++) {
        if (frame_bit(rec->head, span, i)) {
            recall(rec, &rec->unreported, span, i);
            marks_gone(rec, span, i);
            rec_fact(rec, FACT_FREE, span, i, type_at(rec, span, i), true);
        }
    }
}

static void end_span(struct recorder *rec, uint32_t span, bool inferred, enum place_reason why) {
    if (rec_seat(rec, span)->live > 0) {
        free_leftovers(rec, span);
    }
    forget_mind(rec, span);
    struct fact x = rec_blank(rec, FACT_SPAN_FREE, span);
    x.before = rec_state(rec, span);
    x.why = (uint8_t)why;
    x.inferred = inferred;
    rec->r->spans[span].died = reel_facts(rec->r);
    if (rec_seat(rec, span)->heap) {
        timeline_span_freed(rec);
    }
    reel_append(rec->r, rec->head, &x);
}

/*
 * The frees of an evicted span mostly come a moment later, from a thread whose clock runs ahead: they are owed, by
 * page, for OWED_NS, and must not be taken for frees in the span that is there now. A manual span has one only, its
 * own; up to Go 1.23 that of a stack may be lost for good.
 */
#define OWED_NS    20000000
#define OWED_UNIT  4096                /* ns: owed times fit 31 bits for an hour or two */
#define OWED_WHOLE (UINT32_C(1) << 31) /* beside the time: a manual span's */

/* One bit is left out, so that no time, marked or not, is IDMAP_NONE. */
static uint32_t owed_time(const struct recorder *rec) {
    return (uint32_t)((uint64_t)rec->now.t / OWED_UNIT) & (OWED_WHOLE - 2);
}

static void owe_frees(struct recorder *rec, uint32_t old) {
    const struct span *s = &rec->r->spans[old];
    uint32_t when = owed_time(rec);
    bool whole = s->kind != SPAN_HEAP;
    for (uint64_t i = 0; i < (whole ? 1 : s->npages) && i < PAGEMAP_HEAD; i++) {
        rec->r->memory_short |= !idmap_put(&rec->owed, s->page + i, when | (whole ? OWED_WHOLE : 0));
    }
    rec->r->memory_short |= !idmap_put(&rec->owed_spans, s->page, old);
}

/* Is anything owed for that page, of a heap span or (`whole`) a manual one? */
static bool is_owed(struct recorder *rec, uint64_t page, bool whole) {
    uint32_t when = rec->owed.len > 0 ? idmap_get(&rec->owed, page) : IDMAP_NONE;
    if (when == IDMAP_NONE || ((when & OWED_WHOLE) != 0) != whole) {
        return false;
    }
    if (owed_time(rec) - (when & ~OWED_WHOLE) > OWED_NS / OWED_UNIT) {
        idmap_remove(&rec->owed, page);
        return false;
    }
    return true;
}

/* The free of that span was owed, and has come: no other of its frees will. */
static void settle_owed(struct recorder *rec, const struct span *old) {
    for (uint64_t i = 0; i < old->npages && i < PAGEMAP_HEAD; i++) {
        idmap_remove(&rec->owed, old->page + i);
    }
    idmap_remove(&rec->owed_spans, old->page);
}

/*
 * R12: pages can't be handed out twice, so the free of whatever was there comes late, or is lost. Large spans are
 * looked through whole; but a file made for it could ask for that with every few bytes, so there is an end to it.
 */
enum { LOOKS_FREE = 1 << 20, LOOKS_PER_BYTE = 16 };

static void evict(struct recorder *rec, uint64_t page, uint64_t npages) {
    uint64_t most = LOOKS_FREE + LOOKS_PER_BYTE * rec->r->info.trace_bytes;
    uint64_t n = npages <= most && rec->looks <= most - npages ? npages : PAGEMAP_HEAD;
    rec->looks += n > PAGEMAP_HEAD ? n : 0;
    for (uint64_t i = 0; i < npages && i < n; i++) {
        uint32_t old = frame_at(rec->head, page + i);
        if (old != NO_ID) {
            owe_frees(rec, old);
            end_span(rec, old, true, WHY_EVICTED);
        }
    }
}

/* How slots of a span are found: by a multiplication, exact for every offset in a span (layout.c's sizes and pages). */
void heap_set_slots(struct recorder *rec, uint32_t span) {
    const struct span *s = &rec->r->spans[span];
    struct frame_span *f = rec_seat(rec, span);
    bool plain = s->kind == SPAN_HEAP && s->class != 0;
    f->plain_elems = plain ? (uint16_t)s->nelems : 0;
    f->plain_bytes = plain ? (uint32_t)(s->nelems * s->elem) : 0;
    f->reciprocal = plain ? (uint32_t)((UINT64_C(1) << 32) / s->elem + 1) : 0;
}

/* What is remembered of the span that has just taken a seat. */
static bool new_mind(struct recorder *rec, uint32_t span) {
    if (!frame_in_use(rec->head, span) ||
        !grow_to((void **)&rec->mind, &rec->cap_minds, rec->head->nseats, sizeof *rec->mind) ||
        !grow_to((void **)&rec->slot_types, &rec->cap_slot_types, rec->head->npool * 64, sizeof *rec->slot_types)) {
        rec->r->memory_short = true;
        return false;
    }
    *rec_mind(rec, span) = (struct span_mind){.list = NO_LIST, .prev = NO_ID, .next = NO_ID};
    struct frame_span *f = rec_seat(rec, span);
    if (f->nwords > 0) { /* its first objects mostly come at once */
        __builtin_prefetch(&rec->slot_types[(size_t)f->words * 64], 1);
    }
    for (uint64_t i = 0; rec->owed.len > 0 && i < rec->r->spans[span].npages && i < PAGEMAP_HEAD; i++) {
        f->ask |= is_owed(rec, f->page + i, false);
    }
    heap_set_slots(rec, span);
    return true;
}

void heap_span(struct recorder *rec, const struct trace_event *ev) {
    bool exists = ev->type == TRACE_EV_SPAN, heap = (ev->arg[2] & 1) == 0;
    bool known = heap ? known_class(ev->arg[2] >> 2, ev->arg[1]) : known_class(0, ev->arg[1]);
    if (!known || ev->arg[0] >= UINT64_C(1) << 51) {
        rec->r->info.odd_events++;
        return;
    }
    evict(rec, ev->arg[0], ev->arg[1]);
    struct span s = heap ? heap_life(rec, ev) : manual_life(rec, ev);
    s.at_start = exists;
    s.born = reel_facts(rec->r);
    s.died = NO_POS;
    uint32_t id = reel_add_span(rec->r, &s);
    if (id == NO_ID || !frame_fit(rec->head)) {
        rec->r->memory_short = true;
        return;
    }
    rec_fact(rec, exists ? FACT_SPAN_EXISTS : FACT_SPAN_ALLOC, id, 0, 0, false);
    if (!new_mind(rec, id) || !heap || exists) {
        return;
    }
    place_grown(rec, id);
    if (s.class == 0 || rec->now.p < 0) {
        struct span_state st = {.place = s.class == 0 ? PLACE_EMPTY : PLACE_NONEMPTY, .p = -1, .swept = KNOWN_YES};
        st.sure = s.class == 0;
        rec_place(rec, id, st, WHY_GROWN);
        sweep_push_now(rec, id);
    } else {
        struct refill how = {REFILL_GROWN, place_began(rec, rec->now.p), reel_facts(rec->r)};
        place_refill(rec, rec->now.p, id, how); /* R2 */
    }
}

/* R5, R8: a first sign that the span is being swept. */
static void swept_now(struct recorder *rec, uint32_t span) {
    if (!sweep_is_unswept(rec, span)) {
        return;
    }
    const struct frame_span *fs = rec_seat(rec, span);
    if (fs->place == PLACE_MCACHE) {
        place_flush_of(rec, span);
        return;
    }
    sweep_seen(rec, span);
}

/*
 * Is this the free of what lay on these pages before the span that is there now? A heap span isn't freed before a GC
 * has ended since its birth. From Go 1.25 on no free is lost, and those of work buffers weren't before: these the
 * background sweeper tells.
 */
static bool is_late_free(struct recorder *rec, uint64_t page, uint32_t span) {
    uint32_t id = rec->owed.len > 0 ? idmap_get(&rec->owed_spans, page) : IDMAP_NONE;
    if (id == IDMAP_NONE) {
        return false;
    }
    const struct span *old = &rec->r->spans[id];
    if (!is_owed(rec, page, old->kind != SPAN_HEAP)) {
        return false;
    }
    if (old->kind != SPAN_HEAP && rec->r->info.version < 25) {
        bool heap = span != NO_ID && rec_seat(rec, span)->heap;
        bool fresh = heap && rec->r->spans[span].born >= rec->gc_facts;
        bool buffer = !heap && old->kind == SPAN_MANUAL && rec->now.g == rec->bgsweep && rec->bgsweep != NO_ID;
        if (!fresh && !buffer) {
            return false;
        }
    }
    settle_owed(rec, old);
    return true;
}

void heap_span_free(struct recorder *rec, const struct trace_event *ev) {
    uint32_t span = frame_at(rec->head, ev->arg[0]);
    if (is_late_free(rec, ev->arg[0], span)) {
        return;
    }
    if (span == NO_ID || rec_seat(rec, span)->page != ev->arg[0]) {
        count_stray(rec);
        return;
    }
    if (rec_seat(rec, span)->heap) {
        swept_now(rec, span);
    } else if (rec->r->spans[span].kind == SPAN_MANUAL && rec->now.g != rec->bgsweep && rec->bgsweep != NO_ID) {
        rec->r->spans[span].kind = SPAN_STACK; /* only the background sweeper frees work buffers */
    }
    end_span(rec, span, false, WHY_SWEPT);
}

/* ---- objects */

/* The span and slot of an object's id; false, counted, where there is none. */
static bool locate(struct recorder *rec, uint64_t id, uint32_t *span, uint32_t *slot) {
    uint64_t offset = id * rec->r->min_align;
    *span = frame_at(rec->head, offset / HEAP_PAGE_BYTES);
    if (*span == NO_ID || rec_seat(rec, *span)->nwords == 0) {
        count_stray(rec);
        return false;
    }
    const struct frame_span *f = rec_seat(rec, *span);
    *slot = (uint32_t)((offset - f->page * HEAP_PAGE_BYTES) * f->reciprocal >> 32);
    if (*slot < f->plain_elems) {
        return true;
    }
    const struct span *s = &rec->r->spans[*span];
    if (s->class == 0) {
        *slot = 0;
        return true;
    }
    *slot = (uint32_t)(offset - s->page * HEAP_PAGE_BYTES) / (uint32_t)s->elem;
    if (*slot >= s->nelems && !marks_disproved(rec, *span, *slot)) {
        rec->r->info.odd_events++;
        return false;
    }
    return true;
}

static void set_type(struct recorder *rec, uint32_t span, uint32_t slot, uint32_t type) {
    rec->slot_types[(size_t)rec_seat(rec, span)->words * 64 + slot] = type;
}

static bool is_live(const struct recorder *rec, uint32_t span, uint32_t slot) {
    return frame_bit(rec->head, span, slot);
}

void heap_object_exists(struct recorder *rec, const struct trace_event *ev) {
    uint32_t span, slot;
    if (!locate(rec, ev->arg[0], &span, &slot) || is_live(rec, span, slot)) {
        return;
    }
    uint32_t type = names_type(rec, ev->arg[1]) | TYPE_OLD;
    set_type(rec, span, slot, type);
    rec_fact(rec, FACT_EXISTS, span, slot, type, false);
}

void heap_conclude(struct recorder *rec, uint32_t span, uint32_t slot) {
    set_type(rec, span, slot, TYPE_UNREPORTED);
    rec_fact(rec, FACT_ALLOC, span, slot, TYPE_UNREPORTED, true);
    remember(rec, &rec->unreported, span, slot, 0);
    rec_mind(rec, span)->unreported++;
}

/* Was this object only concluded, until now? */
static bool is_reported(struct recorder *rec, uint32_t span, uint32_t slot) {
    if (rec_mind(rec, span)->unreported == 0 || recall(rec, &rec->unreported, span, slot) == IDMAP_NONE) {
        return false;
    }
    rec_mind(rec, span)->unreported--;
    return true;
}

/* Once all of a span's objects are reported it is a guess no more. */
static void settle_reported(struct recorder *rec, uint32_t span) {
    if (rec_mind(rec, span)->unreported == 0) {
        struct span_state st = rec_state(rec, span);
        st.sure = !rec_mind(rec, span)->owner_unknown;
        rec_place(rec, span, st, WHY_SEEN);
    }
}

/*
 * An allocation of a slot that is taken: mostly a late or repeated event, or a tiny block's next piece. But where the
 * span is about to be swept, or was and the slot lies ahead of its allocation, it may be a new object, and the free of
 * the old one comes late (3.6). Only that free tells: what was allocated since the GC ended isn't freed by its sweep.
 */
static bool may_be_new(const struct recorder *rec, uint32_t span, uint32_t slot) {
    const struct span_mind *m = rec_mind(rec, span);
    if (rec_seat(rec, span)->swept_at == SWEPT_NOT_KNOWN) {
        return false;
    }
    return sweep_is_unswept(rec, span) || (m->swept_once && slot >= rec_seat(rec, span)->hi);
}

void heap_object_alloc(struct recorder *rec, const struct trace_event *ev) {
    uint32_t span, slot;
    if (!locate(rec, ev->arg[0], &span, &slot)) {
        return;
    }
    untold_told(rec, span);
    untold_silent(rec, rec->now.p, rec->now.touched, span);
    uint32_t type = names_type(rec, ev->arg[1]);
    bool taken = is_live(rec, span, slot), again = taken && may_be_new(rec, span, slot);
    if (again) {
        untold_ahead(rec, span);
    }
    bool in_order = place_allocation(rec, span, taken || slot < rec_seat(rec, span)->hi);
    bool live = is_live(rec, span, slot); /* a flush on the way may have concluded it */
    bool reported = live && is_reported(rec, span, slot);
    if (reported) {
        rec_fact(rec, FACT_FREE, span, slot, TYPE_UNREPORTED, true);
    }
    if (live && !reported) {
        bool tiny_block = rec_span_class(rec, span) == TINY_SPAN_CLASS;
        rec_fact(rec, FACT_SUBALLOC, span, slot, tiny_block ? type : type_at(rec, span, slot), false);
        if (again) {
            remember(rec, &rec->again, span, slot, type);
        }
    } else {
        set_type(rec, span, slot, type);
        rec_fact(rec, FACT_ALLOC, span, slot, type, false);
    }
    if (in_order && slot >= rec_seat(rec, span)->hi) {
        rec_seat(rec, span)->hi = (uint16_t)(slot + 1);
    }
    if (reported) {
        settle_reported(rec, span);
    } else if (!live) {
        sweep_refile(rec, span);
    }
}

/* What was allocated there since the GC ended is a new object. */
static void take_again(struct recorder *rec, uint32_t span, uint32_t slot, uint32_t type) {
    struct frame_span *s = rec_seat(rec, span);
    set_type(rec, span, slot, type);
    rec_fact(rec, FACT_ALLOC, span, slot, type, true);
    if (place_fresh(rec, span) && slot >= s->hi) {
        s->hi = (uint16_t)(slot + 1);
    }
}

void heap_object_free(struct recorder *rec, const struct trace_event *ev) {
    uint32_t span, slot;
    if (is_owed(rec, ev->arg[0] * rec->r->min_align / rec->r->info.page_size, false) ||
        !locate(rec, ev->arg[0], &span, &slot)) {
        return;
    }
    marks_gone(rec, span, slot);
    uint32_t again = recall(rec, &rec->again, span, slot);
    if (again != IDMAP_NONE) {
        untold_caught_up(rec, span);
    }
    /* Told before the sweep is noticed, so that the span goes straight to the list where it will be. */
    rec_mind(rec, span)->losing = again == IDMAP_NONE && (is_live(rec, span, slot) || slot < rec_seat(rec, span)->hi);
    swept_now(rec, span);
    if (is_live(rec, span, slot)) {
        is_reported(rec, span, slot);
        rec_fact(rec, FACT_FREE, span, slot, type_at(rec, span, slot), false);
    } else {
        rec->r->info.odd_events++;
    }
    if (again != IDMAP_NONE) {
        take_again(rec, span, slot, again);
    }
    rec_mind(rec, span)->losing = false;
    sweep_refile(rec, span);
}

void heap_goroutine_stack(struct recorder *rec, const struct trace_event *ev) {
    bool sized = ev->type == TRACE_EV_GOROUTINE_STACK_FREE || ev->arg[1] != 0;
    if (!sized) {
        return; /* a dead goroutine without a stack */
    }
    uint64_t offset = ev->arg[0] * rec->r->min_stack;
    uint32_t span = frame_at(rec->head, offset / rec->r->info.page_size);
    if (span != NO_ID && rec->r->spans[span].kind == SPAN_MANUAL) {
        rec->r->spans[span].kind = SPAN_STACK;
    }
}
