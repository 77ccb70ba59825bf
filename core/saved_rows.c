/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * saved_rows.c - the rows of the reel's tables as numbers, and back.
 *
 * Rows hold differences to the row before where that makes them small; the first row of a part has none before it.
 * Texts are named by their index in the table of texts, 0 being the empty one. doc/reel-format.md has the columns.
 */
#include "core/saved_rows.h"
#include "core/course.h"

/* ---- numbers that may be missing */

/* A time that may be NO_TIME. */
static void put_time(struct bytes *b, int64_t t) {
    bytes_u(b, t == NO_TIME ? 0 : zigzag(t) + 1);
}
static int64_t get_time(struct reading *in) {
    uint64_t v = read_u(in);
    return v == 0 ? NO_TIME : unzigzag(v - 1);
}
/* The end of something that began at `begin`; NO_TIME: never. */
static void put_end(struct bytes *b, int64_t end, int64_t begin) {
    bytes_u(b, end == NO_TIME ? 0 : (uint64_t)end - (uint64_t)begin + 1);
}
static int64_t get_end(struct reading *in, int64_t begin) {
    uint64_t v = read_u(in);
    return v == 0 ? NO_TIME : (int64_t)((uint64_t)begin + v - 1);
}
/* An index, or NO_ID. */
static void put_id(struct bytes *b, uint32_t id) {
    bytes_u(b, id == NO_ID ? 0 : (uint64_t)id + 1);
}
static uint32_t get_id(struct reading *in, size_t limit) {
    return (uint32_t)read_below(in, (uint64_t)limit + 1) - 1;
}
static void put_p(struct bytes *b, int32_t p) {
    bytes_u(b, p < 0 ? 0 : (uint64_t)p + 1);
}
static int32_t get_p(struct reading *in) {
    return (int32_t)read_below(in, SAVED_PROCS + 1) - 1;
}

/* ---- texts */

/* The index of a text, entered where it is new. Equal texts of a reel lie at the same place. */
static uint64_t name_index(struct saver *s, text t, enum name_role role) {
    struct name_list *l = &s->names;
    if (t.len == 0 || l->memory_short) {
        return 0;
    }
    uint64_t key = (uint64_t)(uintptr_t)t.ptr * NAME_ROLES + role;
    uint32_t i = idmap_get(&l->of, key);
    if (i != IDMAP_NONE) {
        return i;
    }
    if (!GROW(l->all, l->n, l->cap) || !idmap_put(&l->of, key, (uint32_t)l->n + 1)) {
        l->memory_short = true;
        return 0;
    }
    char hidden[PSEUDONYM];
    l->all[l->n++] = s->hide == NULL ? t : texts_keep(&l->kept, pseudonym(s->hide, role, t, hidden), &l->memory_short);
    return l->n;
}

static void put_name(struct saver *s, text t, enum name_role role) {
    bytes_u(&s->b, name_index(s, t, role));
}
static text get_name(struct tables *x, struct reading *in) {
    uint64_t i = read_below(in, x->nnames + 1);
    return i == 0 ? (text){"", 0} : x->names[i - 1];
}

static size_t count_texts(const struct saver *s) {
    return s->names.n;
}
static void put_text(struct saver *s, size_t i, bool first) {
    (void)first;
    bytes_u(&s->b, s->names.all[i].len);
    bytes_put(&s->b, s->names.all[i].ptr, s->names.all[i].len);
}
static bool get_text(struct tables *x, struct reading *in, bool first) {
    (void)first;
    uint64_t len = read_u(in);
    const uint8_t *at = read_bytes(in, len);
    if (at == NULL || !GROW(x->names, x->nnames, x->cap_names)) {
        return false;
    }
    x->names[x->nnames++] = texts_keep(&x->r->texts, (text){(const char *)at, (size_t)len}, &x->r->memory_short);
    return !x->r->memory_short;
}

/* ---- types and goroutines */

static size_t count_types(const struct saver *s) {
    return s->r->ntypes;
}
static void put_type(struct saver *s, size_t i, bool first) {
    const struct heap_type *t = &s->r->types[i];
    put_name(s, t->name, NAME_TYPE);
    bytes_near(&s->b, t->address, first ? 0 : t[-1].address);
    bytes_u(&s->b, t->size);
}
static bool get_type(struct tables *x, struct reading *in, bool first) {
    reel *r = x->r;
    if (!GROW(r->types, r->ntypes, r->cap_types)) {
        return false;
    }
    struct heap_type *t = &r->types[r->ntypes++];
    t->name = get_name(x, in);
    t->address = read_near(in, first ? 0 : t[-1].address);
    t->size = read_u(in);
    return true;
}

static size_t count_goroutines(const struct saver *s) {
    return s->r->ngos;
}
static void put_goroutine(struct saver *s, size_t i, bool first) {
    const struct goroutine *g = &s->r->gos[i];
    bytes_near(&s->b, g->id, first ? 0 : g[-1].id + 1);
    put_name(s, g->entry, NAME_FUNCTION);
    put_time(&s->b, g->created);
}
static bool get_goroutine(struct tables *x, struct reading *in, bool first) {
    reel *r = x->r;
    if (!GROW(r->gos, r->ngos, r->cap_gos)) {
        return false;
    }
    struct goroutine *g = &r->gos[r->ngos++];
    g->id = read_near(in, first ? 0 : g[-1].id + 1);
    g->entry = get_name(x, in);
    g->created = get_time(in);
    return true;
}

/* ---- spans */

enum { SPAN_NOSCAN = 4, SPAN_AT_START = 8, SPAN_SHAPED = 16, SPAN_FLAGS = 32, MAX_SLOTS = MAX_WORDS * 64 };
#define MAX_PAGES (UINT64_C(1) << 52) /* no address space has more */

/* Spans of a class nearly always have one shape: it stands only where it changes. */
static struct shape shape_of(const struct span *s) {
    return (struct shape){s->npages, s->elem, s->nelems, s->words};
}
static bool same_shape(const struct shape *a, const struct shape *b) {
    return a->npages == b->npages && a->elem == b->elem && a->nelems == b->nelems && a->words == b->words;
}
static struct shape *memo_of(struct shape memo[SHAPES], const struct span *s) {
    return &memo[s->kind == SPAN_HEAP ? s->class * 2u + s->noscan : SPAN_CLASSES];
}
/* The block that holds a span's last fact, as a rule. */
static uint32_t likely_last(const struct span *s) {
    return (uint32_t)((s->died == NO_POS ? s->born : s->died) / BLOCK_FACTS);
}

static size_t count_spans(const struct saver *s) {
    return s->r->nspans;
}
static void put_span(struct saver *s, size_t i, bool first) {
    const struct span *x = &s->r->spans[i];
    struct shape shape = shape_of(x), *memo = memo_of(s->shapes, x);
    if (first) {
        memset(s->shapes, 0, sizeof s->shapes);
    }
    bool shaped = !same_shape(&shape, memo);
    *memo = shape;
    bytes_u(&s->b, (unsigned)x->kind | (x->noscan ? SPAN_NOSCAN : 0u) | (x->at_start ? SPAN_AT_START : 0u) |
                       (shaped ? SPAN_SHAPED : 0u));
    bytes_u(&s->b, x->class);
    if (shaped) {
        bytes_u(&s->b, x->npages);
        bytes_u(&s->b, x->elem);
        bytes_u(&s->b, x->nelems);
        bytes_u(&s->b, x->words);
    }
    bytes_near(&s->b, x->page, first ? 0 : x[-1].page + x[-1].npages);
    bytes_near(&s->b, x->born, first ? 0 : x[-1].born);
    bytes_u(&s->b, x->died == NO_POS ? 0 : x->died - x->born + 1);
    bytes_near(&s->b, reel_last_block(s->r, (uint32_t)i), likely_last(x));
}

static bool sound_span(const struct span *s) {
    bool slots = s->nelems <= MAX_SLOTS && s->words <= MAX_WORDS && s->nelems <= s->words * 64u &&
                 (s->words > 0) == (s->nelems > 0) && (s->nelems == 0 || s->elem > 0);
    return slots && s->kind <= SPAN_MANUAL && s->class < SIZE_CLASSES && s->page < MAX_PAGES && s->npages > 0 &&
           s->npages < MAX_PAGES;
}

static bool get_span(struct tables *x, struct reading *in, bool first) {
    reel *r = x->r;
    const struct span *before = first ? NULL : &r->spans[r->nspans - 1];
    unsigned flags = (unsigned)read_below(in, SPAN_FLAGS);
    struct span s = {.kind = flags & 3, .noscan = (flags & SPAN_NOSCAN) != 0, .at_start = (flags & SPAN_AT_START) != 0};
    s.class = (uint8_t)read_below(in, SIZE_CLASSES);
    if (first) {
        memset(x->shapes, 0, sizeof x->shapes);
    }
    struct shape *memo = memo_of(x->shapes, &s);
    if (flags & SPAN_SHAPED) {
        memo->npages = read_u(in);
        memo->elem = read_u(in);
        memo->nelems = (uint32_t)read_below(in, MAX_SLOTS + 1);
        memo->words = (uint8_t)read_below(in, MAX_WORDS + 1);
    }
    s.npages = memo->npages;
    s.elem = memo->elem;
    s.nelems = memo->nelems;
    s.words = memo->words;
    s.page = read_near(in, before == NULL ? 0 : before->page + before->npages);
    s.born = read_near(in, before == NULL ? 0 : before->born);
    uint64_t life = read_u(in);
    s.died = life == 0 ? NO_POS : s.born + life - 1;
    uint32_t last = (uint32_t)read_near(in, likely_last(&s));
    if (in->bad || !sound_span(&s)) {
        in->bad = true;
        return true;
    }
    uint32_t id = bind_room(r, r->nspans + 1) ? reel_add_span(r, &s) : NO_ID;
    if (id != NO_ID) {
        r->last_block[id] = last;
    }
    return id != NO_ID;
}

/* ---- cycles and phases */

static size_t count_cycles(const struct saver *s) {
    return s->r->ncycles;
}
static void put_cycle(struct saver *s, size_t i, bool first) {
    const struct cycle *c = &s->r->cycles[i];
    (void)first;
    bytes_u(&s->b, c->gc);
    put_time(&s->b, c->begin);
    put_time(&s->b, c->end);
    for (int k = 0; k < PHASE_LIMIT; k++) {
        put_time(&s->b, c->phase[k][0]);
        put_time(&s->b, c->phase[k][1]);
    }
    const uint64_t numbers[] = {c->heap_begin + 1, c->heap_end + 1, c->goal + 1, /* unknown is 0 */
                                c->objects_freed,  c->bytes_freed,  c->spans_freed, c->assists};
    for (size_t k = 0; k < sizeof numbers / sizeof numbers[0]; k++) {
        bytes_u(&s->b, numbers[k]);
    }
    bytes_i(&s->b, c->assist_ns);
}
static bool get_cycle(struct tables *x, struct reading *in, bool first) {
    reel *r = x->r;
    (void)first;
    if (!GROW(r->cycles, r->ncycles, r->cap_cycles)) {
        return false;
    }
    struct cycle *c = &r->cycles[r->ncycles++];
    c->gc = (uint32_t)read_below(in, UINT64_C(1) << 32);
    c->begin = get_time(in);
    c->end = get_time(in);
    for (int k = 0; k < PHASE_LIMIT; k++) {
        c->phase[k][0] = get_time(in);
        c->phase[k][1] = get_time(in);
    }
    c->heap_begin = read_u(in) - 1;
    c->heap_end = read_u(in) - 1;
    c->goal = read_u(in) - 1;
    c->objects_freed = read_u(in);
    c->bytes_freed = read_u(in);
    c->spans_freed = read_u(in);
    c->assists = read_u(in);
    c->assist_ns = read_i(in);
    return true;
}

static size_t count_phases(const struct saver *s) {
    return s->r->nphases;
}
static void put_phase(struct saver *s, size_t i, bool first) {
    const struct phase_change *p = &s->r->phases[i];
    bytes_near(&s->b, (uint64_t)p->t, first ? 0 : (uint64_t)p[-1].t);
    bytes_u(&s->b, p->gc);
    bytes_u(&s->b, p->phase);
}
static bool get_phase(struct tables *x, struct reading *in, bool first) {
    reel *r = x->r;
    if (!GROW(r->phases, r->nphases, r->cap_phases)) {
        return false;
    }
    struct phase_change *p = &r->phases[r->nphases++];
    p->t = (int64_t)read_near(in, first ? 0 : (uint64_t)p[-1].t);
    p->gc = (uint32_t)read_below(in, UINT64_C(1) << 32);
    p->phase = (uint8_t)read_below(in, PHASE_LIMIT);
    return true;
}

/* ---- ranges and notes */

static void put_range(struct saver *s, enum range_kind kind, size_t i, bool first) {
    const struct range *g = &s->r->ranges[kind][i];
    bytes_near(&s->b, (uint64_t)g->begin, first ? 0 : (uint64_t)g[-1].begin);
    put_end(&s->b, g->end, g->begin);
    put_id(&s->b, g->g);
    put_p(&s->b, g->p);
    if (kind == RANGE_STW) {
        put_name(s, g->kind, NAME_REASON);
    } else if (kind == RANGE_SWEEP) {
        bytes_u(&s->b, g->swept);
        bytes_u(&s->b, g->reclaimed);
    }
}
static bool get_range(struct tables *x, struct reading *in, enum range_kind kind, bool first) {
    reel *r = x->r;
    if (!GROW(r->ranges[kind], r->nranges[kind], r->cap_ranges[kind])) {
        return false;
    }
    struct range *g = &r->ranges[kind][r->nranges[kind]++];
    g->begin = (int64_t)read_near(in, first ? 0 : (uint64_t)g[-1].begin);
    g->end = get_end(in, g->begin);
    g->g = get_id(in, r->ngos);
    g->p = get_p(in);
    g->swept = g->reclaimed = 0;
    if (kind == RANGE_STW) {
        g->kind = get_name(x, in);
    } else if (kind == RANGE_SWEEP) {
        g->swept = read_u(in);
        g->reclaimed = read_u(in);
    }
    return true;
}

#define RANGE_TABLE(what, kind)                                                                                        \
    static size_t count_##what(const struct saver *s) {                                                                \
        return s->r->nranges[kind];                                                                                    \
    }                                                                                                                  \
    static void put_##what(struct saver *s, size_t i, bool first) {                                                    \
        put_range(s, kind, i, first);                                                                                  \
    }                                                                                                                  \
    static bool get_##what(struct tables *x, struct reading *in, bool first) {                                         \
        return get_range(x, in, kind, first);                                                                          \
    }
RANGE_TABLE(stop, RANGE_STW)
RANGE_TABLE(assist, RANGE_ASSIST)
RANGE_TABLE(sweep, RANGE_SWEEP)

static size_t count_notes(const struct saver *s) {
    return s->r->nnotes;
}
static void put_note(struct saver *s, size_t i, bool first) {
    const struct note *n = &s->r->notes[i];
    bytes_near(&s->b, (uint64_t)n->begin, first ? 0 : (uint64_t)n[-1].begin);
    put_end(&s->b, n->end, n->begin);
    put_id(&s->b, n->g);
    bytes_u(&s->b, n->kind);
    bytes_u(&s->b, n->task);
    put_name(s, n->name, NAME_WORD);
    put_name(s, n->value, NAME_WORD);
}
static bool get_note(struct tables *x, struct reading *in, bool first) {
    reel *r = x->r;
    if (!GROW(r->notes, r->nnotes, r->cap_notes)) {
        return false;
    }
    struct note *n = &r->notes[r->nnotes++];
    n->begin = (int64_t)read_near(in, first ? 0 : (uint64_t)n[-1].begin);
    n->end = get_end(in, n->begin);
    n->g = get_id(in, r->ngos);
    n->kind = (uint8_t)read_below(in, NOTE_TASK + 1);
    n->task = read_u(in);
    n->name = get_name(x, in);
    n->value = get_name(x, in);
    return true;
}

/* ---- curves */

static size_t count_points(const struct saver *s) {
    return s->r->curves[s->sub].n;
}
static void put_point(struct saver *s, size_t i, bool first) {
    const struct curve *c = &s->r->curves[s->sub];
    if (course_is((enum series_kind)s->sub)) {
        bytes_near(&s->b, c->v[i], first ? 0 : c->v[i - 1]);
        bytes_u(&s->b, c->v[i] - c->within[i].min);
        bytes_u(&s->b, c->within[i].max - c->v[i]);
        return;
    }
    bytes_near(&s->b, (uint64_t)c->t[i], first ? 0 : (uint64_t)c->t[i - 1]);
    bytes_near(&s->b, c->v[i], first ? 0 : c->v[i - 1]);
}
static bool get_block(struct curve *c, size_t rows, struct reading *in, bool first) {
    if (first && !curve_fit_blocks(c, c->n + rows)) {
        return false;
    }
    uint64_t v = read_near(in, first ? 0 : c->v[c->n - 1]), below = read_u(in), above = read_u(in);
    in->bad |= below > v || above > UINT64_MAX - v;
    c->v[c->n] = v;
    c->within[c->n++] = (struct extent){v - below, v + above};
    return true;
}
static bool get_point(struct tables *x, struct reading *in, bool first) {
    struct curve *c = &x->r->curves[x->sub];
    if (course_is((enum series_kind)x->sub)) {
        return get_block(c, x->rows, in, first);
    }
    if (first && !curve_fit(c, c->n + x->rows)) {
        return false;
    }
    c->t[c->n] = (int64_t)read_near(in, first ? 0 : (uint64_t)c->t[c->n - 1]);
    c->v[c->n] = read_near(in, first ? 0 : c->v[c->n - 1]);
    c->n++;
    return true;
}

/* ---- what Ps do: one P's changes behind the other's */

static size_t count_procs(const struct saver *s) {
    return s->r->nproc_changes;
}

/* The P that row i belongs to; i becomes its number among that P's. */
static uint32_t proc_of(const reel *r, size_t *i) {
    uint32_t p = 0;
    while (*i >= r->procs[p].n) {
        *i -= r->procs[p++].n;
    }
    return p;
}

static void put_proc(struct saver *s, size_t i, bool first) {
    uint32_t p = proc_of(s->r, &i);
    int64_t t = 0, before = 0;
    enum proc_state state;
    if (!first && i > 0) {
        reel_proc_change(s->r, p, i - 1, &before, &state);
    }
    reel_proc_change(s->r, p, i, &t, &state);
    bytes_u(&s->b, p);
    bytes_near(&s->b, (uint64_t)t, (uint64_t)before);
    bytes_u(&s->b, state);
}
static bool get_proc(struct tables *x, struct reading *in, bool first) {
    reel *r = x->r;
    uint32_t p = (uint32_t)read_below(in, SAVED_PROCS);
    bool goes_on = p < r->nprocs && r->procs[p].n > 0;
    int64_t before = 0;
    enum proc_state state;
    if (goes_on) {
        reel_proc_change(r, p, r->procs[p].n - 1, &before, &state);
    }
    int64_t t = (int64_t)read_near(in, first ? 0 : (uint64_t)before);
    state = (enum proc_state)read_below(in, PROC_STATES);
    return procs_add(r, p, t < before || t > PROCS_LATEST ? before : t, state);
}

/* ---- objects told late */

static size_t count_untold(const struct saver *s) {
    return s->r->nuntold;
}
static void put_untold(struct saver *s, size_t i, bool first) {
    const struct untold *u = &s->r->untold[i];
    bytes_u(&s->b, u->to - (first ? 0 : u[-1].to));
    bytes_u(&s->b, u->to - u->from);
    bytes_u(&s->b, u->span);
}
static bool get_untold(struct tables *x, struct reading *in, bool first) {
    reel *r = x->r;
    uint64_t before = r->nuntold > 0 ? r->untold[r->nuntold - 1].to : 0, more = read_u(in);
    uint64_t to = first ? more : before + more;
    to = to < before || to > r->info.facts + 1 ? before : to; /* in order, whatever the file says */
    uint64_t length = read_below(in, to + 1);
    return untold_add(r, (struct untold){to - length, to, (uint32_t)read_below(in, r->nspans)});
}

/* ---- all tables */

const struct table saved_tables[SAVED_TABLES] = {
    /* goroutines before what names them */
    {PIECE_TYPES, 1, true, count_types, put_type, get_type},
    {PIECE_GOROUTINES, 1, true, count_goroutines, put_goroutine, get_goroutine},
    {PIECE_SPANS, 1, true, count_spans, put_span, get_span},
    {PIECE_CYCLES, 1, true, count_cycles, put_cycle, get_cycle},
    {PIECE_PHASES, 1, true, count_phases, put_phase, get_phase},
    {PIECE_STOPS, 1, true, count_stop, put_stop, get_stop},
    {PIECE_NOTES, 1, true, count_notes, put_note, get_note},
    {PIECE_ASSISTS, 1, false, count_assist, put_assist, get_assist},
    {PIECE_SWEEPS, 1, false, count_sweep, put_sweep, get_sweep},
    {PIECE_CURVES, SERIES_KINDS, false, count_points, put_point, get_point},
    {PIECE_PROCS, 1, false, count_procs, put_proc, get_proc},
    {PIECE_UNTOLD, 1, false, count_untold, put_untold, get_untold},
};
const struct table saved_texts = {PIECE_TEXTS, 1, true, count_texts, put_text, get_text};
