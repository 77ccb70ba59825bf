/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * series.c - curves: appending, extents, and the columns of a plot.
 */
#include "core/series.h"
#include "core/reel.h"
#include "core/saved.h"
#include "traces/grow.h"

static struct extent join(struct extent a, struct extent b) {
    return (struct extent){a.min < b.min ? a.min : b.min, a.max > b.max ? a.max : b.max};
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
            c->level[k][at] = join(c->level[k][at], e);
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
    if (!GROW(c->t, c->n, c->cap_t) || !GROW(c->v, c->n, c->cap_v) || !add_to_levels(c, c->n, (struct extent){v, v})) {
        return false;
    }
    c->t[c->n] = t;
    c->v[c->n++] = v;
    return true;
}

bool curve_fit(struct curve *c, size_t n) {
    return grow_to((void **)&c->t, &c->cap_t, n, sizeof *c->t) && grow_to((void **)&c->v, &c->cap_v, n, sizeof *c->v);
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
                e = join(e, k == 0 ? (struct extent){c->v[j], c->v[j]} : c->level[k - 1][j]);
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
        struct extent one = level < 0 ? (struct extent){c->v[from], c->v[from]} : c->level[level][from / step];
        e = join(e, one);
        from += step;
    }
    return e;
}

/* A saved reel's curves are read when they are asked for. */
static const struct curve *curve_of(const reel *r, enum series_kind kind) {
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
    const struct curve *c = curve_of(r, kind);
    size_t n = t == INT64_MAX ? c->n : count_before(c, t + 1);
    if (n == 0) {
        return false;
    }
    *out = c->v[n - 1];
    return true;
}

/* Turning points, found from the curve's begin on. */
struct zigzag {
    size_t low, high; /* of the values since the last turning point: the least and the greatest, both the latest such */
    int way;          /* 1 rising, -1 falling, 0 not known yet */
};

/* Take in value i; SIZE_MAX, or the index of a turning point that it proves. */
static size_t zigzag_next(struct zigzag *z, const uint64_t *v, size_t i, uint64_t swing) {
    if (v[i] >= v[z->high]) {
        z->high = i;
    }
    if (v[i] <= v[z->low]) {
        z->low = i;
    }
    size_t found = SIZE_MAX;
    if (z->way >= 0 && v[z->high] - v[i] >= swing && v[i] < v[z->high]) {
        found = z->way > 0 ? z->high : SIZE_MAX;
        z->way = -1;
        z->low = i;
    } else if (z->way <= 0 && v[i] - v[z->low] >= swing && v[i] > v[z->low]) {
        found = z->way < 0 ? z->low : SIZE_MAX;
        z->way = 1;
        z->high = i;
    }
    return found;
}

bool reel_turning(const reel *r, enum series_kind kind, uint64_t swing, int64_t t, bool back, struct turning *out) {
    const struct curve *c = curve_of(r, kind);
    struct zigzag z = {0};
    bool any = false;
    for (size_t i = 1; i < c->n; i++) {
        bool rising = z.way > 0;
        size_t at = zigzag_next(&z, c->v, i, swing);
        if (at == SIZE_MAX) {
            continue;
        }
        if (back && c->t[at] >= t) {
            break;
        }
        if (back || c->t[at] > t) {
            *out = (struct turning){c->t[at], c->v[at], rising};
            any = true;
        }
        if (any && !back) {
            break;
        }
    }
    return any;
}
