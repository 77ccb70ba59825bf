/* SPDX-License-Identifier: GPL-3.0-or-later */
/* course.c - see course.h. */
#include "core/course.h"

enum { COURSES = SERIES_KINDS - SERIES_OBJECTS };

/* Blocks of which the curves are kept: 40 kB each, once they were asked for; of memory that is limited so small a part.
 */
enum { COURSE_LINES = 256, COURSE_LINES_LEAST = 2, COURSE_PART = 32 };
_Static_assert(COURSES == sizeof((struct reel *)0)->course / sizeof(struct extent), "an extent for each");

/* ---- recording */

static uint64_t total(const struct totals *s, int i) {
    const uint64_t of[COURSES] = {s->objects, s->object_bytes, s->span_bytes, s->stack_bytes};
    return of[i];
}

/* The first block doesn't begin with a value: before the first fact there is none. */
void course_begin(reel *r) {
    for (int i = 0; i < COURSES; i++) {
        r->course[i] = (struct extent){UINT64_MAX, 0};
    }
}

void course_note(reel *r, const struct totals *now) {
    for (int i = 0; i < COURSES; i++) {
        r->course[i] = extent_join(r->course[i], extent_of(total(now, i)));
    }
}

bool course_block(reel *r, const struct totals *now) {
    bool ok = true;
    course_note(r, now);
    for (int i = 0; i < COURSES; i++) {
        ok &= curve_add_block(&r->curves[SERIES_OBJECTS + i], total(now, i), r->course[i]);
        r->course[i] = extent_of(total(now, i)); /* what the next block begins with */
    }
    return ok;
}

/* ---- a block, fact by fact */

/*
 * Curves within one block: value v[i] of a curve from fact i on. All are made at once, since unpacking is what costs,
 * and kept for as many blocks as a wide timeline's columns begin in, which a pan asks for again.
 */
struct course_line {
    uint64_t block; /* NO_POS: none */
    uint32_t n;
    bool known[COURSES]; /* else the curve is lost */
    int64_t t[BLOCK_FACTS];
    uint64_t v[COURSES][BLOCK_FACTS];
};

static inline const uint64_t *values_of(const struct course_line *line, enum series_kind kind) {
    return line->v[kind - SERIES_OBJECTS];
}

/* What an object does to the curves. */
static inline void step_object(const reel *r, const struct object_fact *o, uint64_t v[COURSES]) {
    unsigned what = o->kind & ~(unsigned)KIND_INFERRED;
    if (what == FACT_SUBALLOC || o->span >= r->nspans) {
        return;
    }
    uint64_t one = what == FACT_FREE ? UINT64_MAX : 1;
    v[SERIES_OBJECTS - SERIES_OBJECTS] += one;
    v[SERIES_OBJECT_BYTES - SERIES_OBJECTS] += one * r->spans[o->span].elem;
}

/* What another fact does. */
static void step_other(const reel *r, const struct fact *x, uint64_t v[COURSES]) {
    bool comes = x->kind == FACT_SPAN_EXISTS || x->kind == FACT_SPAN_ALLOC, goes = x->kind == FACT_SPAN_FREE;
    if (!(comes || goes) || x->span >= r->nspans) {
        return;
    }
    const struct span *s = &r->spans[x->span];
    uint64_t bytes = s->npages * r->info.page_size;
    v[(s->kind == SPAN_HEAP ? SERIES_SPAN_BYTES : SERIES_STACK_BYTES) - SERIES_OBJECTS] += comes ? bytes : 0 - bytes;
}

/* What a curve is at the begin of a block. False: not known, the curve is lost. */
static bool value_before(const struct curve *c, uint64_t block, uint64_t *v) {
    *v = block > 0 && block <= c->n ? c->v[block - 1] : 0;
    return block <= c->n;
}

static bool fill_line(reel *r, struct course_line *line, uint64_t block) {
    struct unpacker *k = &r->unpacker;
    uint64_t v[COURSES], key;
    const uint8_t *bytes = reel_block_bytes(r, block, &line->n);
    line->block = NO_POS;
    if (bytes == NULL || line->n > BLOCK_FACTS) {
        return false;
    }
    for (int i = 0; i < COURSES; i++) {
        line->known[i] = value_before(curve_of(r, (enum series_kind)(SERIES_OBJECTS + i)), block, &v[i]);
    }
    unpack_begin(k, bytes);
    for (uint32_t i = 0; i < line->n; i++) {
        struct object_fact o;
        struct fact x = {.kind = FACT_KINDS};
        bool common = *k->at >> FORM_SHIFT <= FORM_SLOT;
        if (common ? unpack_next(k, &o, &x) : unpack_skim(k, &o, &x, &key) == RARE_OBJECT) {
            step_object(r, &o, v);
        } else {
            step_other(r, &x, v);
        }
        line->t[i] = k->m.t;
        for (int j = 0; j < COURSES; j++) {
            line->v[j][i] = v[j];
        }
    }
    line->block = block;
    return true;
}

size_t course_limit(reel *r, uint64_t memory) {
    uint64_t n = memory == 0 ? COURSE_LINES : memory / COURSE_PART / sizeof(struct course_line);
    course_free(r);
    r->nlines = n > COURSE_LINES ? COURSE_LINES : n < COURSE_LINES_LEAST ? COURSE_LINES_LEAST : (size_t)n;
    return r->nlines * sizeof(struct course_line);
}

/* The line that stands for a block, and for others; NULL: memory is short. */
static struct course_line *place_of(reel *r, uint64_t block) {
    if (r->lines == NULL && (r->lines = calloc(r->nlines, sizeof *r->lines)) == NULL) {
        return NULL;
    }
    struct course_line **line = &r->lines[block % r->nlines];
    if (*line == NULL && (*line = malloc(sizeof **line)) != NULL) {
        (*line)->block = NO_POS;
    }
    return *line;
}

void course_free(reel *r) {
    for (size_t i = 0; r->lines != NULL && i < r->nlines; i++) {
        free(r->lines[i]);
    }
    free(r->lines);
    r->lines = NULL;
}

/* NULL: facts are lost, or memory is short. Good until another block with the same place is asked for. */
static const struct course_line *line_of(const reel *asked, uint64_t block, enum series_kind kind) {
    reel *r = (reel *)(uintptr_t)asked; /* unpacks what it has: no change that shows */
    uint64_t first = block * BLOCK_FACTS;
    uint64_t n = first >= r->nfacts ? 0 : r->nfacts - first < BLOCK_FACTS ? r->nfacts - first : BLOCK_FACTS;
    struct course_line *line = n > 0 ? place_of(r, block) : NULL;
    if (line == NULL) {
        return NULL;
    }
    bool there = (line->block == block && line->n == n) || fill_line(r, line, block);
    return there && line->known[kind - SERIES_OBJECTS] ? line : NULL;
}

/* ---- positions: so many facts from the begin on */

/* How many facts have a time before t; within a lost block: none of its. */
static uint64_t facts_before(const reel *r, enum series_kind kind, int64_t t) {
    size_t lo = reel_blocks_before(r, t, false);
    const struct course_line *line = line_of(r, lo, kind);
    uint32_t a = 0, b = line != NULL ? line->n : 0;
    while (a < b) {
        uint32_t mid = (a + b) / 2;
        if (line->t[mid] < t) {
            a = mid + 1;
        } else {
            b = mid;
        }
    }
    return lo * (uint64_t)BLOCK_FACTS + a;
}

static uint64_t facts_up_to(const reel *r, enum series_kind kind, int64_t t) {
    return t == INT64_MAX ? r->nfacts : facts_before(r, kind, t + 1);
}

/* Facts that only tell the heap with which a part of a reel begins: on their way there curves mean nothing. */
static uint64_t facts_told(const reel *r, enum series_kind kind) {
    return r->info.cut ? facts_up_to(r, kind, r->info.begin) : 0;
}

/* The value after `pos` facts. False: lost. */
static bool value_at(const reel *r, enum series_kind kind, uint64_t pos, uint64_t *v) {
    uint64_t block = pos / BLOCK_FACTS, i = pos % BLOCK_FACTS;
    if (i == 0) {
        return value_before(curve_of(r, kind), block, v);
    }
    const struct course_line *line = line_of(r, block, kind);
    if (line != NULL && i <= line->n) {
        *v = values_of(line, kind)[i - 1];
    }
    return line != NULL && i <= line->n;
}

/* Extents of facts [i, end) of a block; where it is lost, those of all of it. */
static struct extent within_block(const reel *r, enum series_kind kind, uint64_t block, uint64_t i, uint64_t end) {
    const struct curve *c = curve_of(r, kind);
    bool whole = i == 0 && end == BLOCK_FACTS && block < c->n;
    const struct course_line *line = whole ? NULL : line_of(r, block, kind);
    struct extent e = {UINT64_MAX, 0};
    if (line == NULL) {
        return block < c->n ? c->within[block] : e;
    }
    for (end = end < line->n ? end : line->n; i < end; i++) {
        e = extent_join(e, extent_of(values_of(line, kind)[i]));
    }
    return e;
}

/* Extents of the values after each of the facts [from, to), from < to. */
static struct extent extent_between(const reel *r, enum series_kind kind, uint64_t from, uint64_t to) {
    const struct curve *c = curve_of(r, kind);
    uint64_t a = from / BLOCK_FACTS, b = to / BLOCK_FACTS;
    if (a == b) {
        return within_block(r, kind, a, from % BLOCK_FACTS, to % BLOCK_FACTS);
    }
    struct extent e = within_block(r, kind, a, from % BLOCK_FACTS, BLOCK_FACTS);
    size_t whole = b < c->n ? (size_t)b : c->n;
    if (a + 1 < whole) {
        e = extent_join(e, curve_extent(c, (size_t)a + 1, whole));
    }
    return to % BLOCK_FACTS == 0 ? e : extent_join(e, within_block(r, kind, b, 0, to % BLOCK_FACTS));
}

/* ---- asking */

static struct column column_of(const reel *r, enum series_kind kind, uint64_t from, uint64_t to) {
    struct column col = {.known = to > 0};
    struct extent e = {UINT64_MAX, 0};
    uint64_t v;
    if (from > 0 && value_at(r, kind, from, &v)) {
        e = extent_of(v);
    }
    if (from < to) {
        e = extent_join(e, extent_between(r, kind, from, to));
    }
    if (!col.known || e.min > e.max || !value_at(r, kind, to, &col.last)) {
        return (struct column){0};
    }
    col.min = e.min;
    col.max = e.max;
    return col;
}

void course_series(const reel *r, enum series_kind kind, int64_t from, int64_t to, struct column *out, size_t n) {
    double width = n > 0 ? (double)(to - from) / (double)n : 0;
    uint64_t told = facts_told(r, kind), at = facts_before(r, kind, from);
    for (size_t i = 0; i < n; i++) {
        int64_t end = i + 1 == n ? to : from + (int64_t)(width * (double)(i + 1));
        uint64_t next = facts_before(r, kind, end);
        out[i] = column_of(r, kind, at < told && told <= next ? told : at, next);
        at = next;
    }
}

bool course_value(const reel *r, enum series_kind kind, int64_t t, uint64_t *out) {
    uint64_t pos = facts_up_to(r, kind, t);
    return pos > 0 && value_at(r, kind, pos, out);
}

/* Of the values after facts [i, end) of a block those that a time ends with; of equal ones the first. */
static void look_within(const reel *r, enum series_kind kind, uint64_t block, uint64_t i, uint64_t end,
                        struct extremes *e) {
    const struct course_line *line = line_of(r, block, kind);
    for (; line != NULL && i < end && i < line->n; i++) {
        int64_t t = line->t[i];
        uint64_t v = values_of(line, kind)[i];
        bool last = i + 1 == line->n; /* the next block may begin at the same time */
        bool holds = last ? facts_up_to(r, kind, t) == block * BLOCK_FACTS + i + 1 : line->t[i + 1] > t;
        if (holds && (v < e->min || (v == e->min && t < e->t_min))) {
            e->min = v;
            e->t_min = t;
        }
        if (holds && (v > e->max || (v == e->max && t < e->t_max))) {
            e->max = v;
            e->t_max = t;
        }
        if (last) {
            break; /* `line` may be another one now */
        }
    }
}

/* The block of [a, b) with the least (the greatest) value of all, then those that may have a lesser (greater) one. */
static void look_through(const reel *r, enum series_kind kind, size_t a, size_t b, struct extremes *e) {
    const struct curve *c = curve_of(r, kind);
    size_t low = a, high = a;
    for (size_t i = a; i < b; i++) {
        low = c->within[i].min < c->within[low].min ? i : low;
        high = c->within[i].max > c->within[high].max ? i : high;
    }
    if (a < b) {
        look_within(r, kind, low, 0, BLOCK_FACTS, e);
        look_within(r, kind, high, 0, BLOCK_FACTS, e);
    }
    for (size_t i = a; i < b; i++) {
        if (c->within[i].min < e->min || c->within[i].max > e->max) {
            look_within(r, kind, i, 0, BLOCK_FACTS, e);
        }
    }
}

bool course_extremes(const reel *r, enum series_kind kind, int64_t from, int64_t to, struct extremes *out) {
    uint64_t told = facts_told(r, kind), at = facts_before(r, kind, from), next = facts_before(r, kind, to), v;
    if (next == 0 || from >= to) {
        return false;
    }
    at = at < told && told <= next ? told : at;
    *out = (struct extremes){NO_TIME, NO_TIME, UINT64_MAX, 0};
    int64_t begin = told > 0 && r->info.begin > from ? r->info.begin : from;
    if (at > 0 && facts_up_to(r, kind, begin) == at && value_at(r, kind, at, &v)) {
        *out = (struct extremes){begin, begin, v, v};
    }
    uint64_t a = at / BLOCK_FACTS, b = next / BLOCK_FACTS;
    size_t whole = b < curve_of(r, kind)->n ? (size_t)b : curve_of(r, kind)->n;
    if (at < next) {
        look_within(r, kind, a, at % BLOCK_FACTS, a == b ? next % BLOCK_FACTS : BLOCK_FACTS, out);
    }
    look_through(r, kind, (size_t)a + 1, whole, out);
    if (a < b && next % BLOCK_FACTS > 0) {
        look_within(r, kind, b, 0, next % BLOCK_FACTS, out);
    }
    return out->t_min != NO_TIME;
}

/* ---- turning points: a block whose values lie closer together than the swing is taken in by its extents */

enum { IN_BLOCK = 1 }; /* ids: position * 2, or a block's number * 2 + 1: somewhere within it */

struct turns {
    const reel *r;
    enum series_kind kind;
    uint64_t swing;
    int64_t t;
    bool back, any, over;
    struct zigzag z;
    struct turning *out;
};

/* The time of a turning point: the last at which its block has that value. */
static int64_t time_of(const struct turns *x, const struct zigzag_end *at) {
    bool in_block = (at->id & IN_BLOCK) != 0;
    uint64_t block = in_block ? at->id / 2 : at->id / 2 / BLOCK_FACTS, i = at->id / 2 % BLOCK_FACTS;
    const struct course_line *line = line_of(x->r, block, x->kind);
    for (uint32_t k = line != NULL && in_block ? line->n : 0; k > 0; k--) {
        if (values_of(line, x->kind)[k - 1] == at->v) {
            return line->t[k - 1];
        }
    }
    bool known = line != NULL && !in_block && i < line->n;
    return known ? line->t[i] : block > 0 && block <= x->r->nblocks ? x->r->blocks[block - 1].t1 : x->r->info.begin;
}

/* False: it is enough. */
static bool take(struct turns *x, uint64_t v, uint64_t id) {
    struct zigzag_end at;
    bool peak;
    if (!zigzag_next(&x->z, (struct zigzag_end){v, id}, x->swing, &at, &peak)) {
        return true;
    }
    int64_t t = time_of(x, &at);
    if (x->back ? t >= x->t : t <= x->t) {
        x->over = x->back;
        return !x->over;
    }
    *x->out = (struct turning){t, at.v, peak};
    x->any = true;
    return x->back;
}

static bool take_facts(struct turns *x, uint64_t block, uint64_t i) {
    const struct course_line *line = line_of(x->r, block, x->kind);
    for (; line != NULL && i < line->n; i++) {
        uint64_t v = values_of(line, x->kind)[i];
        if (!take(x, v, (block * BLOCK_FACTS + i) * 2)) {
            return false;
        }
        line = line_of(x->r, block, x->kind); /* another block may have been looked at */
    }
    return true;
}

bool course_turning(const reel *r, enum series_kind kind, uint64_t swing, int64_t t, bool back, struct turning *out) {
    struct turns x = {.r = r, .kind = kind, .swing = swing, .t = t, .back = back, .out = out};
    const struct curve *c = curve_of(r, kind);
    uint64_t told = facts_told(r, kind), first;
    if (!value_at(r, kind, told, &first)) {
        return false;
    }
    x.z.low.v = x.z.high.v = first;
    x.z.low.id = x.z.high.id = told > 0 ? (told - 1) * 2 : 0;
    bool more = told % BLOCK_FACTS == 0 || take_facts(&x, told / BLOCK_FACTS, told % BLOCK_FACTS);
    for (uint64_t b = (told + BLOCK_FACTS - 1) / BLOCK_FACTS; more && b < reel_block_count(r); b++) {
        struct extent e = b < c->n ? c->within[b] : (struct extent){0, UINT64_MAX};
        more = e.max - e.min >= swing ? take_facts(&x, b, 0)
                                      : take(&x, e.min, b * 2 + IN_BLOCK) && take(&x, e.max, b * 2 + IN_BLOCK);
    }
    return x.any;
}
