/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_rereckoned.c - figures of reports reckoned once more, each by a plain rule over single facts, ranges or values
 * of curves of real recordings: bands of the SFR, buckets not reused, stretches of least utilisation, stops, how long
 * spans have been nearly empty, moves close to each other, edges of falls, dates of growths.
 */
#include "core/report.h"
#include "tests/fixture_reel.h"
#include "tests/made_reel.h"
#include "tests/report_rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------ Q5, Q13 */

/* So many spans and single buckets without a header, all in the first twentieth of the trace. */
static reel *bucketed(struct bytes *b, unsigned spans, unsigned buckets) {
    enum { CLASS = 11, BYTES = 144 };
    static const char name[] = "map.bucket[int]int";
    struct bytes body, types = {0};
    begin(b, &body);
    for (unsigned i = 0; i < spans; i++)
        event(&body, TRACE_EV_SPAN_ALLOC, 3, 5 + i, 1, CLASS << 2);
    for (unsigned i = 0; i < buckets; i++)
        event(&body, TRACE_EV_HEAP_OBJECT_ALLOC, 2, (5 * 8192 + i * BYTES) / 8, 1, 0);
    byte(&body, TRACE_EV_HEAP_ALLOC);
    number(&body, 100 * (spans + buckets));
    number(&body, 8192);
    byte(&types, 0);
    number(&types, 1);
    number(&types, 4096);
    number(&types, BYTES);
    number(&types, BYTES);
    number(&types, sizeof name - 1);
    put(&types, name, sizeof name - 1);
    type_batch(b, &types);
    free(types.data);
    return load_made(b, &body);
}

static void test_bands(void **state) {
    (void)state;
    static const struct {
        unsigned spans, buckets;
        const char *band;
    } cases[] = {{20, 0, "normal"}, {21, 1, "normal"}, {20, 1, "watch"}, {7, 1, "watch"},
                 {20, 3, "severe"}, {5, 1, "severe"},  {5, 9, "severe"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bytes b;
        reel *r = bucketed(&b, cases[i].spans, cases[i].buckets);
        struct rows m;
        ask(r, "sfr", &m);
        assert_int_equal(m.n, 20);
        assert_true(number_of(&m, 0, "overflow") == cases[i].buckets && number_of(&m, 0, "spans") == cases[i].spans);
        assert_true(fabs(number_of(&m, 0, "sfr") - (double)cases[i].buckets / cases[i].spans) < 1e-9);
        assert_true(is(&m, 0, "band", cases[i].band));
        assert_true(isnan(number_of(&m, 1, "sfr")) && !text_of(&m, 1, "band"));
        free(m.out);
        close_made(&r, &b);
    }
}

struct slot {
    uint64_t n; /* of the fact */
    uint32_t span, slot, type;
    uint8_t kind;
};

static int by_slot(const void *a, const void *b) {
    const struct slot *x = a, *y = b;
    if (x->span != y->span)
        return x->span < y->span ? -1 : 1;
    if (x->slot != y->slot)
        return x->slot < y->slot ? -1 : 1;
    return x->n < y->n ? -1 : 1;
}

/* A bucket is reused where an allocation follows its free in its slot, as long as the span lives. */
static void test_unused_buckets(void **state) {
    (void)state;
    static const char *const names[] = {"known/maps-1.23", "known/atlas-1.26"};
    double reused_in_all = 0;
    for (size_t i = 0; i < 2; i++) {
        reel *r = fixture_reel(names[i]);
        struct slot *s = malloc((reel_facts(r) + 1) * sizeof *s);
        size_t n = 0;
        struct fact x;
        struct rows m;
        assert_non_null(s);
        for (uint64_t k = 0; k < reel_facts(r); k++) {
            assert_true(reel_fact(r, k, &x));
            if (x.kind == FACT_ALLOC || x.kind == FACT_FREE)
                s[n++] = (struct slot){k, x.span, x.slot, x.type, x.kind};
        }
        qsort(s, n, sizeof *s, by_slot);
        ask(r, "maps", &m);
        assert_true(m.n > 1);
        for (size_t row = 0; row < m.n; row++) {
            double unused = 0, reused = 0;
            for (size_t k = 0; k < n; k++) {
                text name = reel_type(r, s[k].type)->name;
                const char *of = memchr(name.ptr, '[', name.len), *said = text_of(&m, row, "name") + 4;
                size_t len = of ? name.len - (size_t)(of - name.ptr) : 0;
                bool buckets = name.len > 11 &&
                               (memcmp(name.ptr, "map.bucket[", 11) == 0 || memcmp(name.ptr, "map.group[", 10) == 0);
                if (s[k].kind != FACT_FREE || !buckets || strncmp(said, of, len) != 0 || said[len] != '"')
                    continue;
                bool again = k + 1 < n && s[k + 1].span == s[k].span && s[k + 1].slot == s[k].slot;
                *(again ? &reused : &unused) += 1;
            }
            if (!is(&m, row, "name", "maps"))
                assert_true(number_of(&m, row, "unused") == unused);
            reused_in_all += reused;
        }
        free(m.out);
        free(s);
        reel_close(&r);
    }
    assert_true(reused_in_all > 0);
}

/* An array that was replaced was in use until then, and no earlier cycle's marking can have missed it. */
static void test_growths_dates(void **state) {
    (void)state;
    static const char *const names[] = {"known/atlas-1.23", "known/maps-1.26", "mapchurn-1.23"};
    for (size_t i = 0; i < 3; i++) {
        reel *r = fixture_reel(names[i]);
        const struct cycle *c;
        size_t cycles = reel_cycles(r, &c), dated = 0;
        struct rows m;
        ask(r, "growths", &m);
        for (size_t row = 0; row < m.n; row++) {
            double freed = number_of(&m, row, "freed"), t = number_of(&m, row, "t"), from = t;
            if (isnan(freed) || isnan(number_of(&m, row, "gc")))
                continue;
            size_t k = 0;
            while (k < cycles && c[k].gc != (uint32_t)number_of(&m, row, "gc"))
                k++;
            assert_true(k < cycles && (double)c[k].phase[PHASE_MARK][1] <= freed);
            if (k > 0 && c[k - 1].phase[PHASE_MARK][0] != NO_TIME)
                from = fmax(t, (double)c[k - 1].phase[PHASE_MARK][0]);
            assert_true(number_of(&m, row, "dead_from") == from);
            assert_true(number_of(&m, row, "dead_to") == (double)c[k].phase[PHASE_MARK][1]);
            dated++;
        }
        assert_true(dated > 0);
        free(m.out);
        reel_close(&r);
    }
}

/* ------------------------------------------------------------------ Q18 */

static double utilisation(const reel *r, int64_t from, int64_t to) {
    double gc = 0, all = 0;
    for (uint32_t p = 0; p < reel_procs(r); p++) {
        int64_t one[PROC_STATES];
        reel_proc_time(r, p, from, to, one);
        gc += (double)(one[PROC_MARK] + one[PROC_ASSIST] + one[PROC_SWEEP] + one[PROC_STOPPED]);
        all += (double)(to - from - one[PROC_UNKNOWN]);
    }
    return all > 0 ? 1 - gc / all : NAN;
}

static void test_worst_stretches(void **state) {
    (void)state;
    static const struct {
        const char *name;
        int64_t ns;
    } lengths[] = {{"worst 1.00 ms", 1000000}, {"worst 10.0 ms", 10000000}, {"worst 100 ms", 100000000}};
    reel *r = fixture_reel("mapchurn-1.26");
    struct rows m;
    size_t found = 0;
    ask(r, "procs", &m);
    for (size_t row = 0; row < m.n; row++)
        for (size_t i = 0; i < 3; i++) {
            if (!is(&m, row, "name", lengths[i].name))
                continue;
            int64_t from = (int64_t)number_of(&m, row, "from"), to = (int64_t)number_of(&m, row, "to");
            double least = 2, all = 0;
            static const char *const states[] = {"mutator", "mark", "assist", "sweep", "stopped", "idle", "unknown"};
            for (int64_t t = 0; t + lengths[i].ns <= reel_info(r)->duration; t += lengths[i].ns / 4)
                least = fmin(least, utilisation(r, t, t + lengths[i].ns));
            assert_true(to - from == lengths[i].ns);
            assert_true(fabs(number_of(&m, row, "util") - least) < 1e-9);
            assert_true(fabs(utilisation(r, from, to) - least) < 1e-9);
            for (size_t k = 0; k < sizeof states / sizeof states[0]; k++)
                all += number_of(&m, row, states[k]);
            assert_true(all == (double)(lengths[i].ns * (int64_t)reel_procs(r)));
            found++;
        }
    assert_int_equal(found, 3);
    free(m.out);
    reel_close(&r);
}

/* While the world is stopped no P is idle. */
static void test_stopped(void **state) {
    (void)state;
    reel *r = fixture_reel("mapchurn-1.26");
    const struct range *x;
    size_t n = reel_ranges(r, RANGE_STW, &x), stopped = 0;
    assert_true(n > 4);
    for (size_t i = 0; i < n; i++)
        for (uint32_t p = 0; x[i].end != NO_TIME && x[i].end > x[i].begin && p < reel_procs(r); p++) {
            enum proc_state s = reel_proc_state(r, p, x[i].begin + (x[i].end - x[i].begin) / 2);
            assert_int_not_equal(s, PROC_IDLE);
            stopped += s == PROC_STOPPED;
        }
    assert_true(stopped > 0);
    reel_close(&r);
}

/* ------------------------------------------------------------------ Q1 */

/* Idle: pages of spans that were there once, less those of spans that are. Free slots by place: those of the frame. */
static void test_where_places(void **state) {
    (void)state;
    static const char *const names[] = {"mixed-1.26", "mapchurn-1.23"};
    double unknown = 0;
    for (size_t k = 0; k < 2; k++) {
        reel *r = fixture_reel(names[k]);
        frame *f = frame_new(r);
        assert_non_null(f);
        for (int64_t i = 1; i <= 8; i++) {
            int64_t t = reel_info(r)->duration / 40 * i * i / 2;
            uint64_t pos = reel_pos(r, t), lowest = UINT64_MAX, highest = 0, idle = 0;
            const uint32_t *ids;
            char line[64];
            struct rows m;
            assert_true(frame_seek(f, pos));
            for (uint32_t id = 0; id < reel_spans(r); id++) {
                const struct span *s = reel_span(r, id);
                lowest = s->page < lowest ? s->page : lowest;
                highest = s->page + s->npages > highest ? s->page + s->npages : highest;
            }
            uint8_t *page = calloc(highest - lowest, 1);
            assert_non_null(page);
            for (uint32_t id = 0; id < reel_spans(r) && reel_span(r, id)->born < pos; id++)
                memset(page + (reel_span(r, id)->page - lowest), 1, reel_span(r, id)->npages);
            for (size_t n = frame_spans(f, &ids), j = 0; j < n; j++)
                memset(page + (reel_span(r, ids[j])->page - lowest), 0, reel_span(r, ids[j])->npages);
            for (uint64_t p = 0; p < highest - lowest; p++)
                idle += page[p];
            snprintf(line, sizeof line, "where --at %lldns", (long long)t);
            ask(r, line, &m);
            assert_int_equal(m.n, 1);
            assert_true(number_of(&m, 0, "idle") == (double)(idle * reel_info(r)->page_size));
            assert_true(number_of(&m, 0, "nonempty") == (double)frame_totals(f)->free_in_nonempty);
            assert_true(number_of(&m, 0, "mcache") == (double)frame_totals(f)->free_in_mcache);
            unknown += number_of(&m, 0, "unknown");
            free(m.out);
            free(page);
        }
        frame_free(&f);
        reel_close(&r);
    }
    assert_true(unknown > 0);
}

/* ------------------------------------------------------------------ Q6 */

static void test_pinned_since(void **state) {
    (void)state;
    reel *r = fixture_reel("known/halves-1.26");
    int64_t *since = malloc((reel_spans(r) + 1) * sizeof *since);
    uint32_t *live = calloc(reel_spans(r) + 1, sizeof *live);
    const int64_t before = -1, full = -2;
    struct fact x;
    struct rows m;
    size_t after = 0;
    assert_true(since && live);
    int64_t at = reel_info(r)->duration;
    for (uint64_t k = 0; k < reel_pos(r, at); k++) {
        assert_true(reel_fact(r, k, &x));
        if (x.kind == FACT_SPAN_ALLOC || x.kind == FACT_SPAN_EXISTS)
            since[x.span] = x.kind == FACT_SPAN_ALLOC ? x.t : before;
        if (x.kind != FACT_ALLOC && x.kind != FACT_FREE && x.kind != FACT_EXISTS)
            continue;
        live[x.span] += x.kind == FACT_FREE ? UINT32_MAX : 1;
        if (live[x.span] * 4 > reel_span(r, x.span)->nelems)
            since[x.span] = full;
        else if (since[x.span] == full)
            since[x.span] = x.t;
    }
    ask(r, "pins --by span", &m);
    assert_true(m.n > 4);
    for (size_t row = 0; row < m.n; row++) {
        uint64_t addr, found = 0;
        char word[ADDRESS_TEXT] = "";
        sscanf(text_of(&m, row, "base"), "\"%23[^\"]", word);
        assert_true(reel_parse_address(r, word, &addr));
        for (uint32_t i = 0; i < reel_spans(r); i++) {
            const struct span *s = reel_span(r, i);
            if (reel_page_address(r, s->page) != addr || s->died < reel_pos(r, at))
                continue;
            double said = number_of(&m, row, "since");
            assert_true(since[i] == before ? isnan(said) : said == (double)since[i]);
            after += since[i] > 0;
            found++;
        }
        assert_int_equal(found, 1);
    }
    assert_true(after > 4);
    free(m.out);
    free(since);
    free(live);
    reel_close(&r);
}

/* ------------------------------------------------------------------ Q15 */

struct shift {
    int64_t t;
    int32_t p;
};

static void test_close_moves(void **state) {
    (void)state;
    static const char *const names[] = {"mixed-1.26", "known/pair-1.23"};
    for (size_t k = 0; k < 2; k++) {
        reel *r = fixture_reel(names[k]);
        struct shift *of = malloc((reel_facts(r) + 1) * sizeof *of);
        struct rows m;
        size_t held = 0;
        assert_non_null(of);
        ask(r, "traffic", &m);
        for (unsigned class = 0; class < 136; class ++) {
            uint64_t n = 0, close = 0;
            struct fact x;
            for (uint64_t i = 0; i < reel_facts(r); i++) {
                assert_true(reel_fact(r, i, &x));
                bool in = x.kind == FACT_PLACE && x.after.place == PLACE_MCACHE && x.before.place != PLACE_MCACHE;
                bool out = x.kind == FACT_PLACE && x.after.place != PLACE_MCACHE && x.before.place == PLACE_MCACHE;
                if ((in || out) && x.why != WHY_START && x.why != WHY_SEEN && report_class(r, x.span) == class)
                    of[n++] = (struct shift){x.t, in ? x.after.p : x.before.p};
            }
            if (n == 0)
                continue;
            for (uint64_t i = 0; i < n; i++) {
                bool met = false;
                for (uint64_t j = i; j-- > 0 && i - j <= 64 && of[i].t - of[j].t <= 10000;)
                    met |= of[i].p != of[j].p;
                close += met;
            }
            for (size_t row = 0; row < m.n; row++) {
                struct value name = value_class(class);
                char want[32];
                snprintf(want, sizeof want, "%.*s", (int)name.s.len, name.s.ptr);
                if (!is(&m, row, "name", want))
                    continue;
                assert_true(number_of(&m, row, "refills") + number_of(&m, row, "returns") == (double)n);
                assert_true(number_of(&m, row, "close") == (double)close);
                held++;
            }
        }
        assert_true(held + 1 == m.n);
        free(m.out);
        free(of);
        reel_close(&r);
    }
}

/* ------------------------------------------------------------------ Q3 */

/* A span left an mcache for the last time at its last move out of one; how often it did so in all is counted. */
static void test_uncached(void **state) {
    (void)state;
    static const char *const names[] = {"mixed-1.25", "known/refill-1.26", "known/churn-1.26"};
    size_t again = 0;
    for (size_t i = 0; i < 3; i++) {
        reel *r = fixture_reel(names[i]);
        struct span_way {
            int64_t left;
            unsigned times;
            uint8_t place, why;
        } *way = calloc((size_t)reel_spans(r) + 1, sizeof *way);
        struct fact x;
        struct rows m;
        size_t row = 0;
        assert_non_null(way);
        ask(r, "returns --by span", &m);
        for (uint64_t k = 0; k < reel_facts(r) && row < m.n; k++) {
            assert_true(reel_fact(r, k, &x));
            struct span_way *w = x.span != NO_ID ? &way[x.span] : NULL;
            if (x.kind == FACT_PLACE) {
                if (w->place == PLACE_MCACHE && x.after.place != PLACE_MCACHE) {
                    w->left = x.t;
                    w->times++;
                }
                w->place = x.after.place;
                w->why = x.why;
            } else if (x.kind == FACT_SPAN_FREE && reel_span(r, x.span)->kind == SPAN_HEAP) {
                assert_true(number_of(&m, row, "returned") == (double)x.t);
                if (w->times > 0 && w->place != PLACE_MCACHE && w->why != WHY_FLUSHED) {
                    assert_true(number_of(&m, row, "uncached") == (double)w->left);
                    again += w->times > 1;
                }
                row++;
            }
        }
        free(m.out);
        free(way);
        reel_close(&r);
    }
    assert_true(again > 0);
}

/* ------------------------------------------------------------------ Q10 */

/* A fall begins and ends within a tenth of it of peak and low; what confirms it is the goal up to two cycles on. */
static void test_falls(void **state) {
    (void)state;
    static const char *const names[] = {"known/work-1.26", "mapchurn-1.26", "known/trends-1.26", "mixed-1.26"};
    enum { LOOKS = 4096 };
    struct column *goals = malloc(LOOKS * sizeof *goals);
    size_t rows = 0;
    assert_non_null(goals);
    for (size_t k = 0; k < 4; k++) {
        reel *r = fixture_reel(names[k]);
        const struct cycle *c;
        size_t n = reel_cycles(r, &c);
        struct rows m;
        ask(r, "turns", &m);
        for (size_t row = 0; row < m.n; row++) {
            int64_t t = (int64_t)number_of(&m, row, "t"), low = (int64_t)number_of(&m, row, "low");
            double peak = number_of(&m, row, "peak"), fell = number_of(&m, row, "fell");
            struct column at[2];
            reel_series(r, SERIES_OBJECTS, t - 100, t + 100, &at[0], 1);
            reel_series(r, SERIES_OBJECTS, low - 100, low + 100, &at[1], 1);
            assert_true((double)at[0].max >= peak - fell / 10 - 1);
            assert_true((double)at[1].min <= peak - fell + fell / 10 + 1);
            rows++;
            double goal = number_of(&m, row, "goal");
            if (isnan(goal))
                continue;
            size_t seen = 0;
            int64_t from = t, to = reel_info(r)->duration;
            for (size_t i = 0; i < n; i++)
                if (c[i].begin <= t) {
                    from = c[i].begin;
                } else if (++seen == 2) {
                    to = c[i].end != NO_TIME ? c[i].end : to;
                }
            bool changed = false;
            reel_series(r, SERIES_HEAP_GOAL, from, to, goals, LOOKS);
            for (size_t i = 0; i < LOOKS; i++)
                changed |= goals[i].known && !report_no_goal(goals[i].last) &&
                           fabs((double)goals[i].last - goal) >= floor(goal / 20);
            const char *said = text_of(&m, row, "confirmed");
            assert_true(said && (strncmp(said, "true", 4) == 0) == changed);
        }
        free(m.out);
        reel_close(&r);
    }
    assert_true(rows > 4);
    free(goals);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bands),         cmocka_unit_test(test_unused_buckets),
        cmocka_unit_test(test_growths_dates), cmocka_unit_test(test_worst_stretches),
        cmocka_unit_test(test_stopped),       cmocka_unit_test(test_where_places),
        cmocka_unit_test(test_pinned_since),  cmocka_unit_test(test_close_moves),
        cmocka_unit_test(test_falls),         cmocka_unit_test(test_uncached),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
