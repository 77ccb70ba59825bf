/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_course.c - the curves that facts make: columns, values, extremes and turning points, held to a count that goes
 * from fact to fact; and a spike of a few facts, which must show wherever one looks.
 */
#include "core/core.h"
#include "tests/bench.h"
#include "tests/cmocka.h"
#include "tests/fixtures.h"
#include "tests/made.h"

enum { COURSES = 4 };

/* What the heap comes to after each fact. */
struct count {
    size_t n;
    int64_t *t;
    uint64_t *v[COURSES];
};

static struct count count_all(reel *r) {
    struct count c = {.n = (size_t)reel_facts(r)};
    frame *f = frame_new(r);
    assert_non_null(f);
    c.t = calloc(c.n + 1, sizeof *c.t);
    for (int k = 0; k < COURSES; k++) {
        c.v[k] = calloc(c.n + 1, sizeof *c.v[k]);
    }
    for (size_t i = 0; i < c.n; i++) {
        struct fact x;
        assert_true(reel_fact(r, i, &x) && frame_seek(f, i + 1));
        const struct totals *s = frame_totals(f);
        c.t[i] = x.t;
        c.v[0][i] = s->objects;
        c.v[1][i] = s->object_bytes;
        c.v[2][i] = s->span_bytes;
        c.v[3][i] = s->stack_bytes;
    }
    frame_free(&f);
    return c;
}

static void forget(struct count *c) {
    free(c->t);
    for (int k = 0; k < COURSES; k++) {
        free(c->v[k]);
    }
}

static size_t before(const struct count *c, int64_t t) {
    size_t n = 0;
    while (n < c->n && c->t[n] < t) {
        n++;
    }
    return n;
}

static void columns_agree(reel *r, const struct count *c, int k, int64_t from, int64_t to, size_t n) {
    struct column *col = calloc(n, sizeof *col);
    double width = (double)(to - from) / (double)n;
    size_t at = before(c, from);
    reel_series(r, (enum series_kind)(SERIES_OBJECTS + k), from, to, col, n);
    for (size_t i = 0; i < n; i++) {
        size_t next = before(c, i + 1 == n ? to : from + (int64_t)(width * (double)(i + 1)));
        uint64_t min = at > 0 ? c->v[k][at - 1] : UINT64_MAX, max = at > 0 ? c->v[k][at - 1] : 0;
        for (size_t j = at; j < next; j++) {
            min = c->v[k][j] < min ? c->v[k][j] : min;
            max = c->v[k][j] > max ? c->v[k][j] : max;
        }
        assert_int_equal(col[i].known, next > 0);
        if (next > 0) {
            assert_int_equal(col[i].last, c->v[k][next - 1]);
            assert_int_equal(col[i].min, min);
            assert_int_equal(col[i].max, max);
        }
        at = next;
    }
    free(col);
}

static void extremes_agree(reel *r, const struct count *c, int k, int64_t from, int64_t to) {
    struct extremes e, want = {NO_TIME, NO_TIME, UINT64_MAX, 0};
    size_t at = before(c, from), next = before(c, to);
    bool any = reel_extremes(r, (enum series_kind)(SERIES_OBJECTS + k), from, to, &e);
    for (size_t i = at > 0 ? at - 1 : 0; i < next; i++) {
        int64_t t = c->t[i] > from ? c->t[i] : from;
        int64_t later = i + 1 < c->n ? c->t[i + 1] : INT64_MAX;
        if (later == c->t[i] || later <= from) {
            continue;
        }
        if (c->v[k][i] < want.min) {
            want.min = c->v[k][i];
            want.t_min = t;
        }
        if (c->v[k][i] > want.max) {
            want.max = c->v[k][i];
            want.t_max = t;
        }
    }
    assert_int_equal(any, want.t_min != NO_TIME);
    if (any) {
        assert_true(e.min == want.min && e.max == want.max);
        assert_true(e.t_min == want.t_min && e.t_max == want.t_max);
    }
}

/* Turning points by their definition, one value after the other. */
static size_t turns_of(const uint64_t *v, size_t n, uint64_t swing, size_t *out, size_t cap) {
    size_t found = 0, low = 0, high = 0;
    int way = 0;
    for (size_t i = 1; i < n; i++) {
        high = v[i] >= v[high] ? i : high;
        low = v[i] <= v[low] ? i : low;
        if (way >= 0 && v[high] > v[i] && v[high] - v[i] >= swing) {
            if (way > 0 && found < cap) {
                out[found++] = high;
            }
            way = -1;
            low = i;
        } else if (way <= 0 && v[i] > v[low] && v[i] - v[low] >= swing) {
            if (way < 0 && found < cap) {
                out[found++] = low;
            }
            way = 1;
            high = i;
        }
    }
    return found;
}

static size_t turns_agree(reel *r, const struct count *c, int k, uint64_t swing) {
    enum { MOST = 4096 };
    static size_t want[MOST];
    enum series_kind kind = (enum series_kind)(SERIES_OBJECTS + k);
    size_t n = turns_of(c->v[k], c->n, swing, want, MOST);
    struct turning x;
    int64_t t = -1;
    for (size_t i = 0; i < n; i++) {
        if (c->t[want[i]] <= t) {
            continue; /* two at one instant */
        }
        assert_true(reel_turning(r, kind, swing, t, false, &x));
        assert_true(x.t == c->t[want[i]] && x.value == c->v[k][want[i]]);
        t = x.t;
    }
    assert_false(n < MOST && reel_turning(r, kind, swing, t, false, &x));
    if (n > 0) {
        assert_true(reel_turning(r, kind, swing, INT64_MAX, true, &x));
        assert_true(n == MOST || x.value == c->v[k][want[n - 1]]);
    }
    return n;
}

static void agree(reel *r) {
    struct count c = count_all(r);
    int64_t end = reel_info(r)->duration;
    uint64_t seed = c.n, turned = 0;
    for (int k = 0; k < COURSES; k++) {
        columns_agree(r, &c, k, 0, end, 1);
        columns_agree(r, &c, k, 0, end, 333);
        for (int round = 0; round < 24; round++) {
            int64_t from = random_next(&seed) % end, to = from + 1 + random_next(&seed) % (end >> round % 16);
            columns_agree(r, &c, k, from, to, 1 + random_next(&seed) % 50);
            extremes_agree(r, &c, k, from, to);
            uint64_t v;
            size_t n = before(&c, from + 1);
            bool known = reel_value(r, (enum series_kind)(SERIES_OBJECTS + k), from, &v);
            assert_int_equal(known, n > 0);
            assert_true(n == 0 || v == c.v[k][n - 1]);
        }
        for (uint64_t swing = 1; swing < UINT64_C(1) << 24; swing *= 5) {
            turned += turns_agree(r, &c, k, swing);
        }
    }
    assert_true(turned > 0);
    forget(&c);
}

static void curves_are_what_facts_say(void **state) {
    (void)state;
    /* With little memory blocks that were looked into are hardly kept. */
    static const struct {
        const char *name;
        uint64_t max_mem;
    } tries[] = {{"mixed-1.26", 0}, {"mixed-1.23", 0}, {"stacks-1.26", 0}, {"mixed-1.26", 1 << 20}};
    for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
        size_t size;
        uint8_t *data = fixture_bytes(tries[i].name, &size);
        struct trace_error err;
        struct reel_options opt = {.max_mem = tries[i].max_mem};
        reel *r = reel_open_memory(data, size, &opt, &err);
        assert_non_null(r);
        assert_int_equal(reel_load(r, 0), REEL_DONE);
        agree(r);
        reel_close(&r);
        free(data);
    }
}

/* What curves keep of blocks they looked into counts as memory: it is an eighth of what may be had at most. */
static void curves_keep_to_the_limit(void **state) {
    (void)state;
    enum { COLUMNS = 3000, LITTLE = 2 << 20 };
    static struct column col[COLUMNS];
    static const uint64_t limits[] = {LITTLE, 0};
    uint64_t took[2];
    for (size_t i = 0; i < 2; i++) {
        struct reel_options opt = {.max_mem = limits[i]};
        struct trace_error err;
        reel *r = reel_open(fixture_path("mixed-1.26"), &opt, &err);
        assert_non_null(r);
        assert_int_equal(reel_load(r, 0), REEL_DONE);
        uint64_t before = memory_held();
        reel_series(r, SERIES_OBJECTS, 0, reel_info(r)->duration, col, COLUMNS);
        took[i] = memory_held() - before;
        reel_close(&r);
    }
    if (took[1] == 0) {
        skip(); /* a library that doesn't count, as that of the sanitizers */
    }
    assert_true(took[1] > LITTLE / 2 && took[0] < LITTLE / 8);
}

/*
 * A made trace: spans fill slowly, with objects of 48 bytes; in the middle 60 objects come and go, and a large span of
 * 8 MB, some dozens of facts from begin to end.
 */
enum { CLASS = 5, SCAN = CLASS << 2, SLOTS = 160, SPANS = 60, SPIKE = 60, LARGE = 1024 };

static uint64_t object(uint64_t page, uint64_t slot) {
    return page * 8192 / 8 + slot * 6;
}

static void fill(struct bytes *body, uint64_t page, uint64_t n) {
    event(body, TRACE_EV_SPAN_ALLOC, 3, page, 1, SCAN);
    event(body, TRACE_EV_HEAP_ALLOC, 1, page * 8192, 0, 0);
    for (uint64_t i = 0; i < n; i++) {
        event(body, TRACE_EV_HEAP_OBJECT_ALLOC, 2, object(page, i), 1, 0);
    }
}

static void spike(struct bytes *body) {
    enum { PAGE = 500, FAR = 1000 };
    fill(body, PAGE, SPIKE);
    event(body, TRACE_EV_SPAN_ALLOC, 3, FAR, LARGE, 0);
    event(body, TRACE_EV_HEAP_ALLOC, 1, FAR * 8192, 0, 0);
    event(body, TRACE_EV_HEAP_OBJECT_ALLOC, 2, object(FAR, 0), 1, 0);
    event(body, TRACE_EV_GC_BEGIN, 2, 2, 0, 0);
    event(body, TRACE_EV_GC_END, 1, 3, 0, 0);
    event(body, TRACE_EV_HEAP_OBJECT_FREE, 1, object(FAR, 0), 0, 0);
    event(body, TRACE_EV_SPAN_FREE, 1, FAR, 0, 0);
    for (uint64_t i = 0; i < SPIKE; i++) {
        event(body, TRACE_EV_HEAP_OBJECT_FREE, 1, object(PAGE, i), 0, 0);
    }
    event(body, TRACE_EV_SPAN_FREE, 1, PAGE, 0, 0);
}

static uint64_t greatest(reel *r, enum series_kind kind, int64_t from, int64_t to, size_t width) {
    static struct column col[300];
    uint64_t max = 0;
    reel_series(r, kind, from, to, col, width);
    for (size_t i = 0; i < width; i++) {
        max = col[i].max > max ? col[i].max : max;
    }
    return max;
}

static void a_spike_shows_everywhere(void **state) {
    (void)state;
    struct bytes b, body;
    begin(&b, &body);
    for (uint64_t page = 1; page <= SPANS / 2; page++) {
        fill(&body, page, SLOTS);
    }
    spike(&body);
    for (uint64_t page = SPANS / 2 + 1; page <= SPANS; page++) {
        fill(&body, page, 1); /* fewer in all than the spike had */
    }
    batch(&b, 1, 1, 1, &body);
    struct trace_error err;
    reel *r = reel_open_memory(b.data, b.size, NULL, &err);
    assert_non_null(r);
    assert_int_equal(reel_load(r, 0), REEL_DONE);
    int64_t end = reel_info(r)->duration, mid;
    const uint64_t objects = SPANS / 2 * SLOTS + SPIKE + 1, spans = (SPANS / 2 + 1 + LARGE) * 8192;
    struct turning x;
    assert_true(reel_turning(r, SERIES_OBJECTS, SPIKE / 3, -1, false, &x));
    assert_true(x.peak && x.value == objects);
    mid = x.t;
    assert_true(reel_turning(r, SERIES_OBJECTS, SPIKE / 3, mid, false, &x));
    assert_true(!x.peak && x.value == SPANS / 2 * SLOTS);
    for (int64_t half = end / 2; half > 1; half /= 2) {
        for (size_t width = 1; width <= 300; width++) {
            assert_int_equal(greatest(r, SERIES_OBJECTS, mid - half, mid + half, width), objects);
            assert_int_equal(greatest(r, SERIES_SPAN_BYTES, mid - half, mid + half, width), spans);
        }
    }
    struct extremes e;
    assert_true(reel_extremes(r, SERIES_OBJECTS, 0, end, &e));
    assert_true(e.max == objects && e.t_max <= mid && e.t_max > mid - 20 * 64); /* it stays for some facts */
    reel_close(&r);
    free(b.data);
    free(body.data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(curves_are_what_facts_say),
        cmocka_unit_test(a_spike_shows_everywhere),
        cmocka_unit_test(curves_keep_to_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
