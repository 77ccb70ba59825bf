/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * frame.c - apply a fact, take it back, and wind to any position.
 *
 * Invariants: a span is in `used` exactly while it is in use, and then its pages lead to it; live is the number of bits
 * set; totals.objects, object_bytes, spans, span_bytes, stack_spans and stack_bytes are sums over the spans in use.
 */
#include "core/frame.h"
#include "core/reel.h"
#include "core/saved.h"
#include "traces/grow.h"

/* ---- bitmaps */

/* Words for a bitmap, all zero. NO_ID: out of memory. */
static uint32_t take_words(struct frame *f, unsigned n) {
    uint32_t at = n <= MAX_WORDS ? f->free_words[n] : NO_ID;
    if (at != NO_ID) {
        f->free_words[n] = (uint32_t)f->pool[at];
        if (f->free_words[n] != NO_ID) {
            __builtin_prefetch(&f->pool[f->free_words[n]], 1); /* the next span's */
        }
    } else if (grow_to((void **)&f->pool, &f->cap_pool, f->npool + n, sizeof *f->pool) && f->npool + n < NO_ID) {
        at = (uint32_t)f->npool;
        f->npool += n;
    } else {
        f->memory_short = true;
        return NO_ID;
    }
    memset(&f->pool[at], 0, n * sizeof *f->pool);
    return at;
}

static void give_words(struct frame *f, uint32_t at, unsigned n) {
    if (at != NO_ID && n <= MAX_WORDS) {
        f->pool[at] = f->free_words[n];
        f->free_words[n] = at;
    }
}

/* ---- making room */

/* Seats lie on lines of cache, which realloc doesn't promise. */
static bool fit_seats(struct frame *f) {
    if (f->nseats < f->cap_seats) {
        return true;
    }
    size_t cap = f->cap_seats < 64 ? 64 : f->cap_seats * 2;
    struct frame_span *seat = aligned_alloc(sizeof *seat, cap * sizeof *seat);
    if (seat == NULL) {
        return false;
    }
    if (f->nseats > 0) {
        memcpy(seat, f->seat, f->nseats * sizeof *seat);
    }
    free(f->seat);
    f->seat = seat;
    f->cap_seats = cap;
    return true;
}

bool frame_fit(struct frame *f) {
    size_t had = f->cap_spans, types = f->cap_types;
    if (!grow_to((void **)&f->seat_of, &f->cap_spans, f->r->nspans, sizeof *f->seat_of) ||
        !grow_to((void **)&f->types, &f->cap_types, f->r->ntypes, sizeof *f->types)) {
        f->memory_short = true;
    }
    if (f->cap_spans > had) {
        memset(f->seat_of + had, 0xff, (f->cap_spans - had) * sizeof *f->seat_of);
    }
    if (f->cap_types > types) {
        memset(f->types + types, 0, (f->cap_types - types) * sizeof *f->types);
    }
    return !f->memory_short;
}

/* ---- spans coming and going */

uint64_t frame_pages(const struct frame *f, const struct frame_span *s) {
    return s->npages < UINT32_MAX ? s->npages : f->r->spans[s->span].npages;
}

struct frame_span *frame_sit(struct frame *f, uint32_t id) {
    const struct span *life = &f->r->spans[id];
    uint32_t at = f->empty_seat, words = life->words > 0 ? take_words(f, life->words) : NO_ID;
    if (f->memory_short || (at == NO_ID && !fit_seats(f)) || !GROW(f->used, f->nused, f->cap_used)) {
        f->memory_short = true;
        return NULL;
    }
    if (at != NO_ID) {
        f->empty_seat = f->seat[at].used;
        if (f->empty_seat != NO_ID) {
            __builtin_prefetch(&f->seat[f->empty_seat], 1); /* who comes next takes it */
        }
    } else {
        at = (uint32_t)f->nseats++;
    }
    struct frame_span *s = &f->seat[at];
    *s = (struct frame_span){.span = id,
                             .page = life->page,
                             .npages = life->npages < UINT32_MAX ? (uint32_t)life->npages : UINT32_MAX,
                             .words = words,
                             .elem = life->elem,
                             .nwords = life->words,
                             .heap = life->kind == SPAN_HEAP,
                             .span_class = (uint8_t)(life->class * 2 + life->noscan),
                             .p = -1};
    s->used = (uint32_t)f->nused;
    f->used[f->nused++] = id;
    f->seat_of[id] = at;
    f->memory_short |= !pagemap_set(&f->pages, life->page, life->npages, at);
    return s;
}

/* What the reel knows of a span has left the caches when it goes: its seat knows enough. */
static void leave(struct frame *f, uint32_t id) {
    uint32_t at = f->seat_of[id];
    struct frame_span *s = &f->seat[at];
    pagemap_set(&f->pages, s->page, frame_pages(f, s), NO_ID);
    give_words(f, s->words, s->nwords);
    f->used[s->used] = f->used[--f->nused];
    frame_seat(f, f->used[s->used])->used = s->used;
    f->seat_of[id] = NO_ID;
    s->span = NO_ID;
    s->plain_bytes = 0;
    s->used = f->empty_seat;
    f->empty_seat = at;
}

static void count_span(struct frame *f, bool heap, uint64_t npages, bool comes) {
    uint64_t bytes = npages * f->r->info.page_size;
    uint64_t *n = heap ? &f->totals.spans : &f->totals.stack_spans;
    uint64_t *sum = heap ? &f->totals.span_bytes : &f->totals.stack_bytes;
    *n += comes ? 1 : UINT64_MAX;
    *sum += comes ? bytes : 0 - bytes;
}

void frame_count_span(struct frame *f, const struct span *s, bool comes) {
    count_span(f, s->kind == SPAN_HEAP, s->npages, comes);
}

static void set_state(struct frame *f, uint32_t id, const struct span_state *st) {
    frame_set_state(f, frame_seat(f, id), st);
}

static void span_comes(struct frame *f, uint32_t id, const struct span_state *st) {
    if (frame_sit(f, id) != NULL) {
        set_state(f, id, st);
        frame_count_span(f, &f->r->spans[id], true);
    }
}

static void span_goes(struct frame *f, uint32_t id) {
    const struct frame_span *s = frame_seat(f, id);
    count_span(f, s->heap, frame_pages(f, s), false);
    leave(f, id);
}

/* How a span begins: nothing is known of one from the snapshot; a fresh one is swept. */
static struct span_state first_state(const struct frame *f, const struct fact *x) {
    bool heap = f->r->spans[x->span].kind == SPAN_HEAP && f->r->spans[x->span].nelems > 0;
    return (struct span_state){
        .p = -1,
        .place = heap ? PLACE_UNKNOWN : PLACE_NONE,
        .swept = heap && x->kind == FACT_SPAN_EXISTS ? KNOWN_NOT : KNOWN_YES,
        .sure = !heap,
    };
}

/* ---- facts */

static void apply_span_comes(struct frame *f, const struct fact *x) {
    struct span_state st = first_state(f, x);
    span_comes(f, x->span, &st);
}
static void apply_span_goes(struct frame *f, const struct fact *x) {
    span_goes(f, x->span);
}
static void unapply_span_free(struct frame *f, const struct fact *x) {
    span_comes(f, x->span, &x->before);
}
static void apply_place(struct frame *f, const struct fact *x) {
    set_state(f, x->span, &x->after);
}
static void unapply_place(struct frame *f, const struct fact *x) {
    set_state(f, x->span, &x->before);
}
static void apply_gc(struct frame *f, const struct fact *x) {
    (void)x;
    f->gc++;
}
static void unapply_gc(struct frame *f, const struct fact *x) {
    (void)x;
    f->gc--;
}
static void apply_sweep(struct frame *f, const struct fact *x) {
    (void)x;
    f->sweeps++;
}
static void unapply_sweep(struct frame *f, const struct fact *x) {
    (void)x;
    f->sweeps--;
}

/* What facts of spans do; those of objects are in frame.h. */
static const struct {
    void (*apply)(struct frame *, const struct fact *), (*unapply)(struct frame *, const struct fact *);
} changes[FACT_KINDS] = {
    [FACT_SPAN_EXISTS] = {apply_span_comes, apply_span_goes},
    [FACT_SPAN_ALLOC] = {apply_span_comes, apply_span_goes},
    [FACT_SPAN_FREE] = {apply_span_goes, unapply_span_free},
    [FACT_PLACE] = {apply_place, unapply_place},
    [FACT_GC] = {apply_gc, unapply_gc},
    [FACT_SWEEP] = {apply_sweep, unapply_sweep},
};

static void unapply_object(struct frame *f, uint8_t kind, uint32_t span, uint32_t slot, uint32_t type) {
    struct frame_span *s = frame_seat(f, span);
    if (kind == FACT_FREE) {
        frame_object_comes(f, s, slot, type);
        f->types[type].frees--;
    } else if (kind != FACT_SUBALLOC) {
        frame_object_goes(f, s, slot, type);
        f->types[type].allocs -= kind == FACT_ALLOC;
    }
}

void frame_apply(struct frame *f, const struct fact *x) {
    if (changes[x->kind].apply != NULL) {
        changes[x->kind].apply(f, x);
    } else {
        frame_apply_object(f, frame_seat(f, x->span), x->kind, x->slot, x->type);
    }
    f->pos++;
}

/* ---- public */

frame *frame_new(reel *r) {
    frame *f = calloc(1, sizeof *f);
    if (f == NULL) {
        return NULL;
    }
    f->r = r;
    f->passing = malloc(sizeof *f->passing);
    f->empty_seat = NO_ID;
    pagemap_init(&f->pages);
    for (int i = 0; i <= MAX_WORDS; i++) {
        f->free_words[i] = NO_ID;
    }
    if (f->passing == NULL || !frame_fit(f)) {
        frame_free(&f);
        return NULL;
    }
    *f->passing = (struct frame_passing){.pos = NO_POS};
    return f;
}

void frame_free(frame **f) {
    if (*f == NULL) {
        return;
    }
    free((*f)->seat);
    free((*f)->seat_of);
    free((*f)->used);
    free((*f)->pool);
    free((*f)->types);
    free((*f)->passing);
    pagemap_free(&(*f)->pages);
    free(*f);
    *f = NULL;
}

uint64_t frame_pos(const frame *f) {
    return f->pos;
}

/* ---- winding */

/* Moves before the one under way whose seats are fetched meanwhile: they are spread over memory. */
enum { AHEAD = 8 };

static void fetch(const struct frame *f, const struct move *m) {
    if (m->span != NO_ID) {
        __builtin_prefetch(&f->seat_of[m->span]);
    }
}

/*
 * Facts of a saved reel may contradict each other: whether this one can be applied (or taken back) here. Those of a
 * recording are known to, and aren't asked.
 */
static bool admits(const struct frame *f, const struct fact *x, bool back) {
    bool in_use = x->span != NO_ID && frame_in_use(f, x->span);
    switch ((enum fact_kind)x->kind) {
    case FACT_GC:
    case FACT_SWEEP:
        return true;
    case FACT_SPAN_EXISTS:
    case FACT_SPAN_ALLOC:
        return in_use == back;
    case FACT_SPAN_FREE:
        return in_use != back;
    case FACT_EXISTS:
    case FACT_ALLOC:
        return in_use && frame_bit(f, x->span, x->slot) == back;
    case FACT_FREE:
        return in_use && frame_bit(f, x->span, x->slot) != back;
    case FACT_PLACE:
    case FACT_SUBALLOC:
    case FACT_KINDS:
        break;
    }
    return in_use;
}

/* True: pass over this move. */
static bool contradicts(frame *f, const struct moves *all, const struct move *m, bool back) {
    struct fact x = {.kind = m->kind, .span = m->span, .slot = m->slot};
    bool fits = admits(f, m->kind == MOVE_OTHER ? &all->other[m->type] : &x, back);
    if (!fits) {
        saved_contradicts(f->r);
    }
    return !fits;
}

static bool walk_forward(frame *f, uint64_t to) {
    while (f->pos < to && !f->memory_short) {
        uint64_t b = f->pos / BLOCK_FACTS, first = b * BLOCK_FACTS;
        const struct moves *all = reel_moves(f->r, b);
        if (all == NULL) {
            return false;
        }
        uint64_t end = to - first < all->n ? to - first : all->n;
        for (uint64_t i = f->pos - first; i < end && !f->memory_short; i++) {
            const struct move *m = &all->move[i];
            fetch(f, m + AHEAD);
            if (f->r->saved != NULL && contradicts(f, all, m, false)) {
                continue;
            }
            if (m->kind == MOVE_OTHER) {
                changes[all->other[m->type].kind].apply(f, &all->other[m->type]);
            } else {
                frame_apply_object(f, frame_seat(f, m->span), m->kind, m->slot, m->type);
            }
        }
        f->pos = first + end;
    }
    return !f->memory_short;
}

static bool walk_back(frame *f, uint64_t to) {
    while (f->pos > to && !f->memory_short) {
        uint64_t b = (f->pos - 1) / BLOCK_FACTS, first = b * BLOCK_FACTS;
        const struct moves *all = reel_moves(f->r, b);
        if (all == NULL) {
            return false;
        }
        uint64_t end = to > first ? to - first : 0;
        for (uint64_t i = f->pos - first; i > end && !f->memory_short; i--) {
            const struct move *m = &all->move[i - 1];
            if (f->r->saved != NULL && contradicts(f, all, m, true)) {
                continue;
            }
            if (m->kind == MOVE_OTHER) {
                changes[all->other[m->type].kind].unapply(f, &all->other[m->type]);
            } else {
                unapply_object(f, m->kind, m->span, m->slot, m->type);
            }
        }
        f->pos = first + end;
    }
    return !f->memory_short;
}

static const struct checkpoint *checkpoint_before(const reel *r, uint64_t pos) {
    size_t lo = 0, hi = r->ncheckpoints;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (r->checkpoints[mid].pos <= pos) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo > 0 ? &r->checkpoints[lo - 1] : NULL;
}

/* Facts that take as long to walk as a checkpoint takes to load: it holds as much as so many. */
static uint64_t load_cost(const struct checkpoint *c) {
    return c == NULL ? 0 : c->size / 8;
}

static uint64_t distance(uint64_t a, uint64_t b) {
    return a < b ? b - a : a - b;
}

static const struct checkpoint *checkpoint_after(const reel *r, uint64_t pos) {
    const struct checkpoint *before = checkpoint_before(r, pos);
    const struct checkpoint *after = before == NULL ? r->checkpoints : before + 1;
    return r->ncheckpoints > 0 && after < r->checkpoints + r->ncheckpoints ? after : NULL;
}

static bool walk(frame *f, uint64_t pos) {
    return f->pos <= pos ? walk_forward(f, pos) : walk_back(f, pos);
}

/* From a checkpoint, NULL the empty heap. A damaged one is had no more. */
static bool wind_from(frame *f, const struct checkpoint *c, uint64_t pos) {
    static const struct checkpoint nothing = {0};
    if (checkpoint_restore(f, c == NULL ? &nothing : c)) {
        return walk(f, pos);
    }
    if (f->r->saved != NULL && !f->memory_short) {
        saved_drop_checkpoint(f->r, c);
    }
    return false;
}

/* Of a damaged saved reel facts are lost on the way: what is left are the ways from both sides. */
static bool wind_around(frame *f, uint64_t pos) {
    reel *r = f->r;
    for (size_t had = SIZE_MAX; r->ncheckpoints < had && !f->memory_short;) {
        had = r->ncheckpoints;
        const struct checkpoint *after = checkpoint_after(r, pos);
        if ((after != NULL && wind_from(f, after, pos)) || wind_from(f, checkpoint_before(r, pos), pos)) {
            return true;
        }
    }
    return false;
}

bool frame_seek(frame *f, uint64_t pos) {
    const reel *r = f->r;
    uint64_t end = reel_facts(r);
    pos = pos < end ? pos : end;
    if (pos == f->pos && f->cap_spans >= r->nspans && f->cap_types >= r->ntypes) {
        return true;
    }
    f->memory_short = f->sums_known = false;
    if (!frame_fit(f)) {
        return false;
    }
    const struct checkpoint *before = checkpoint_before(r, pos), *after = checkpoint_after(r, pos), *best = before;
    uint64_t cost = distance(f->pos, pos), from = before == NULL ? pos : pos - before->pos + load_cost(before);
    if (after != NULL && after->pos - pos + load_cost(after) < from) {
        from = after->pos - pos + load_cost(after);
        best = after;
    }
    bool done = from + BLOCK_FACTS < cost ? wind_from(f, best, pos) : walk(f, pos);
    return done || (r->saved != NULL && wind_around(f, pos));
}
