/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * series.c - curves: appending, extents, and the columns of a plot. What is asked of a curve made from facts goes on to
 * course.c.
 */
#include "core/series.h"
#include "core/course.h"
#include "core/reel.h"
#include "core/saved.h"
#include "traces/grow.h"

/* What value i stands for. */
static struct extent extent_at(const struct curve *c, size_t i) {
    return c->within != NULL ? c->within[i] : extent_of(c->v[i]);
}

/*
 * Value i belongs to entry i / FAN of level 0, that to entry i / FAN^2 of level 1, and so on. An entry goes into the
 * level above once it is whole: nobody asks for others.
 */
static bool add_to_levels(struct curve *c, size_t i, struct extent e) {
    for (int k = 0; k < CURVE_LEVELS; k++) {
        size_t at = i / CURVE_FAN;
        if (at == c->nlevel[k]) {
            if (!GROW(c->level[k], c->nlevel[k], c->cap_level[k])) {
                return false;
            }
            c->level[k][c->nlevel[k]++] = e;
        } else {
            c->level[k][at] = extent_join(c->level[k][at], e);
        }
        if (i % CURVE_FAN != CURVE_FAN - 1) {
            break;
        }
        e = c->level[k][at];
        i = at;
    }
    return true;
}

bool curve_add(struct curve *c, int64_t t, uint64_t v) {
    if (!GROW(c->t, c->n, c->cap_t) || !GROW(c->v, c->n, c->cap_v) || !add_to_levels(c, c->n, extent_of(v))) {
        return false;
    }
    c->t[c->n] = t;
    c->v[c->n++] = v;
    return true;
}

bool curve_add_block(struct curve *c, uint64_t v, struct extent within) {
    if (!GROW(c->within, c->n, c->cap_within) || !GROW(c->v, c->n, c->cap_v) || !add_to_levels(c, c->n, within)) {
        return false;
    }
    c->within[c->n] = within;
    c->v[c->n++] = v;
    return true;
}

bool curve_fit(struct curve *c, size_t n) {
    return grow_to((void **)&c->t, &c->cap_t, n, sizeof *c->t) && grow_to((void **)&c->v, &c->cap_v, n, sizeof *c->v);
}

bool curve_fit_blocks(struct curve *c, size_t n) {
    return grow_to((void **)&c->within, &c->cap_within, n, sizeof *c->within) &&
           grow_to((void **)&c->v, &c->cap_v, n, sizeof *c->v);
}

/* The whole entries of each level, from those of the level below; nobody asks for others. */
bool curve_sum_up(struct curve *c) {
    size_t n = c->n / CURVE_FAN;
    for (int k = 0; k < CURVE_LEVELS && n > 0; k++, n /= CURVE_FAN) {
        if (!grow_to((void **)&c->level[k], &c->cap_level[k], n, sizeof *c->level[k])) {
            return false;
        }
        for (size_t i = 0; i < n; i++) {
            struct extent e = {UINT64_MAX, 0};
            for (size_t j = i * CURVE_FAN; j < (i + 1) * CURVE_FAN; j++) {
                e = extent_join(e, k == 0 ? extent_at(c, j) : c->level[k - 1][j]);
            }
            c->level[k][i] = e;
        }
        c->nlevel[k] = n;
    }
    return true;
}

void curve_free(struct curve *c) {
    free(c->t);
    free(c->v);
    free(c->within);
    for (int k = 0; k < CURVE_LEVELS; k++) {
        free(c->level[k]);
    }
    *c = (struct curve){0};
}

struct extent curve_extent(const struct curve *c, size_t from, size_t to) {
    struct extent e = {UINT64_MAX, 0};
    while (from < to) {
        size_t step = 1;
        int level = -1;
        while (level + 1 < CURVE_LEVELS && from % (step * CURVE_FAN) == 0 && from + step * CURVE_FAN <= to) {
            step *= CURVE_FAN;
            level++;
        }
        struct extent one = level < 0 ? extent_at(c, from) : c->level[level][from / step];
        e = extent_join(e, one);
        from += step;
    }
    return e;
}

const struct curve *curve_of(const reel *r, enum series_kind kind) {
    if (r->saved != NULL) {
        tables_want(r, PIECE_CURVES, kind);
    }
    return &r->curves[kind];
}

/* How many values have a time before t. */
static size_t count_before(const struct curve *c, int64_t t) {
    size_t lo = 0, hi = c->n;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (c->t[mid] < t) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo;
}

void reel_series(const reel *r, enum series_kind kind, int64_t from, int64_t to, struct column *out, size_t n) {
    if (course_is(kind)) {
        course_series(r, kind, from, to, out, n);
        return;
    }
    const struct curve *c = curve_of(r, kind);
    double width = n > 0 ? (double)(to - from) / (double)n : 0;
    size_t at = count_before(c, from);
    for (size_t i = 0; i < n; i++) {
        int64_t end = i + 1 == n ? to : from + (int64_t)(width * (double)(i + 1));
        size_t next = count_before(c, end);
        if (next > at) {
            struct extent e = curve_extent(c, at, next);
            out[i] = (struct column){.min = e.min, .max = e.max, .last = c->v[next - 1], .known = true};
        } else if (at > 0) {
            uint64_t v = c->v[at - 1];
            out[i] = (struct column){v, v, v, true};
        } else {
            out[i] = (struct column){0};
        }
        at = next;
    }
}

bool reel_value(const reel *r, enum series_kind kind, int64_t t, uint64_t *out) {
    if (course_is(kind)) {
        return course_value(r, kind, t, out);
    }
    const struct curve *c = curve_of(r, kind);
    size_t n = t == INT64_MAX ? c->n : count_before(c, t + 1);
    if (n == 0) {
        return false;
    }
    *out = c->v[n - 1];
    return true;
}

/* Of values [at, next) those that a time ends with; of equal ones the first. */
static void find_extremes(const struct curve *c, size_t at, size_t next, struct extremes *e) {
    for (size_t i = at; i < next; i++) {
        if (i + 1 < c->n && c->t[i + 1] == c->t[i]) {
            continue;
        }
        if (c->v[i] < e->min) {
            e->min = c->v[i];
            e->t_min = c->t[i];
        }
        if (c->v[i] > e->max) {
            e->max = c->v[i];
            e->t_max = c->t[i];
        }
    }
}

bool reel_extremes(const reel *r, enum series_kind kind, int64_t from, int64_t to, struct extremes *out) {
    if (course_is(kind)) {
        return course_extremes(r, kind, from, to, out);
    }
    const struct curve *c = curve_of(r, kind);
    size_t at = count_before(c, from), next = count_before(c, to);
    if (next == 0 || from >= to) {
        return false;
    }
    bool held = at > 0 && (at == c->n || c->t[at] > from);
    *out = held ? (struct extremes){from, from, c->v[at - 1], c->v[at - 1]}
                : (struct extremes){NO_TIME, NO_TIME, UINT64_MAX, 0};
    find_extremes(c, at, next, out);
    return out->t_min != NO_TIME;
}

bool zigzag_next(struct zigzag *z, struct zigzag_end now, uint64_t swing, struct zigzag_end *at, bool *peak) {
    if (now.v >= z->high.v) {
        z->high = now;
    }
    if (now.v <= z->low.v) {
        z->low = now;
    }
    bool found = false;
    if (z->way >= 0 && z->high.v - now.v >= swing && now.v < z->high.v) {
        found = *peak = z->way > 0;
        *at = z->high;
        z->way = -1;
        z->low = now;
    } else if (z->way <= 0 && now.v - z->low.v >= swing && now.v > z->low.v) {
        found = z->way < 0;
        *peak = false;
        *at = z->low;
        z->way = 1;
        z->high = now;
    }
    return found;
}

bool reel_turning(const reel *r, enum series_kind kind, uint64_t swing, int64_t t, bool back, struct turning *out) {
    if (course_is(kind)) {
        return course_turning(r, kind, swing, t, back, out);
    }
    const struct curve *c = curve_of(r, kind);
    struct zigzag z = {0};
    struct zigzag_end at;
    bool any = false, peak;
    if (c->n > 0) {
        z.low.v = z.high.v = c->v[0];
    }
    for (size_t i = 1; i < c->n; i++) {
        if (!zigzag_next(&z, (struct zigzag_end){c->v[i], i}, swing, &at, &peak)) {
            continue;
        }
        if (back && c->t[at.id] >= t) {
            break;
        }
        if (back || c->t[at.id] > t) {
            *out = (struct turning){c->t[at.id], at.v, peak};
            any = true;
        }
        if (any && !back) {
            break;
        }
    }
    return any;
}
