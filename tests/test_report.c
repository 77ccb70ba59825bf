/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_report.c - the reports against slow, plain computations over single facts, on real recordings; distributions;
 * lines of gctrace and scavtrace.
 */
#include "core/dist.h"
#include "core/overlay.h"
#include "core/stacks.h"
#include "core/walk.h"
#include "tests/fixture_reel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------ rows as text */

struct made {
    char *out;
    size_t len;
};

static void run(reel *r, const char *line, struct made *m) {
    char **words;
    int n = words_split(line, &words);
    struct command_env env = {.reel = r, .now = reel_info(r)->duration, .format = FORMAT_JSONL};
    FILE *out = open_memstream(&m->out, &m->len);
    if (!command_print(&env, n, words, out)) {
        print_message("%s: %s\n", line, env.error);
        fail();
    }
    fclose(out);
    words_free(&words, n);
}

/* The number under a key, in the row that contains `mark`; NAN where it is null. */
static double field(const struct made *m, const char *mark, const char *key) {
    char want[64];
    snprintf(want, sizeof want, "\"%s\":", key);
    for (const char *line = m->out; *line;) {
        const char *end = strchr(line, '\n'), *at = strstr(line, mark);
        if (at && at < end) {
            const char *k = strstr(line, want);
            assert_true(k && k < end);
            k += strlen(want);
            return strncmp(k, "null", 4) == 0 ? NAN : strtod(k, NULL);
        }
        line = end + 1;
    }
    print_message("no row with %s\n", mark);
    fail();
    return NAN;
}

/* ------------------------------------------------------------------ lives of objects, the slow way */

struct event {
    uint32_t span, slot, type;
    uint64_t n;
    int64_t t;
    uint8_t kind;
};
struct lives {
    struct event *e;
    size_t n;
};

static int by_slot(const void *a, const void *b) {
    const struct event *x = a, *y = b;
    if (x->span != y->span)
        return x->span < y->span ? -1 : 1;
    if (x->slot != y->slot)
        return x->slot < y->slot ? -1 : 1;
    return x->n < y->n ? -1 : x->n > y->n;
}

static struct lives gather(reel *r) {
    struct lives l = {calloc(reel_facts(r) + 1, sizeof *l.e), 0};
    struct fact x;
    for (uint64_t n = 0; n < reel_facts(r); n++) {
        assert_true(reel_fact(r, n, &x));
        if (x.kind == FACT_EXISTS || x.kind == FACT_ALLOC || x.kind == FACT_FREE)
            l.e[l.n++] = (struct event){x.span, x.slot, x.type, n, x.t, x.kind};
    }
    qsort(l.e, l.n, sizeof *l.e, by_slot);
    return l;
}

static bool same_slot(const struct event *a, const struct event *b) {
    return a->span == b->span && a->slot == b->slot;
}

static int by_size(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static uint64_t rank(const uint64_t *sorted, size_t n, unsigned percent) {
    return sorted[(n * percent + 99) / 100 - 1];
}

static void test_delays(void **state) {
    (void)state;
    static const char *const names[] = {"mapchurn-1.26", "mixed-1.25", "mapchurn-1.23"};
    for (size_t k = 0; k < 3; k++) {
        reel *r = fixture_reel(names[k]);
        struct lives l = gather(r);
        uint64_t *delay = calloc(l.n + 1, sizeof *delay);
        size_t n = 0, freed = 0;
        double sum = 0;
        for (size_t i = 0; i < l.n; i++) {
            freed += l.e[i].kind == FACT_FREE;
            if (i > 0 && same_slot(&l.e[i], &l.e[i - 1]) && l.e[i].kind == FACT_ALLOC && l.e[i - 1].kind == FACT_FREE) {
                delay[n] = (uint64_t)(l.e[i].t - l.e[i - 1].t);
                sum += (double)delay[n++];
            }
        }
        qsort(delay, n, sizeof *delay, by_size);
        static const char *const ways[] = {"delays", "delays --by class", "delays --by type"};
        for (size_t way = 0; way < 3; way++) {
            struct made m = {0};
            run(r, ways[way], &m);
            const char *all = "\"reuse\"";
            assert_true(field(&m, all, "n") == (double)n);
            assert_true(field(&m, all, "freed") == (double)freed);
            assert_true(fabs(field(&m, all, "mean") - sum / (double)n) <= 1);
            assert_true(field(&m, all, "max") == (double)delay[n - 1]);
            assert_true(field(&m, all, "min") == (double)delay[0]);
            double near = n > DIST_EXACT ? 0.004 : 0;
            static const unsigned percents[] = {50, 90, 99};
            for (size_t p = 0; p < 3; p++) {
                char key[8];
                snprintf(key, sizeof key, "p%u", percents[p]);
                double want = (double)rank(delay, n, percents[p]), got = field(&m, all, key);
                assert_true(fabs(got - want) <= near * want);
            }
            free(m.out);
        }
        free(delay);
        free(l.e);
        reel_close(&r);
    }
}

/* Objects of a type that were there when cycle i's marking began and still when its sweep was over. */
static uint64_t survivors(const struct lives *l, uint32_t type, uint64_t from, uint64_t to) {
    uint64_t n = 0;
    for (size_t i = 0; i < l->n; i++) {
        bool comes = l->e[i].kind != FACT_FREE && l->e[i].type == type && l->e[i].n < from;
        bool goes = i + 1 < l->n && same_slot(&l->e[i], &l->e[i + 1]) && l->e[i + 1].n < to;
        n += comes && !goes;
    }
    return n;
}

static void test_leaks(void **state) {
    (void)state;
    reel *r = fixture_reel("mapchurn-1.26");
    struct lives l = gather(r);
    struct made m = {0};
    run(r, "leaks", &m);
    const struct cycle *c;
    size_t n = reel_cycles(r, &c), done = 0;
    double y[64];
    uint32_t type = NO_ID;
    for (uint32_t i = 0; i < reel_types(r); i++)
        if (reel_type(r, i)->name.len == 8 && memcmp(reel_type(r, i)->name.ptr, "main.rec", 8) == 0)
            type = i;
    assert_true(type != NO_ID && n > 3 && n < 64);
    double sx = 0, sy = 0, sxy = 0, sxx = 0, grew = 0;
    for (size_t i = 0; i < n && c[i].end != NO_TIME; i++, done++) {
        uint64_t next = i + 1 < n ? reel_pos(r, c[i + 1].phase[PHASE_MARK][0]) : reel_facts(r);
        y[i] = (double)survivors(&l, type, reel_pos(r, c[i].phase[PHASE_MARK][0]), next);
        sx += (double)i, sy += y[i], sxy += (double)i * y[i], sxx += (double)i * (double)i;
        grew += i > 0 && y[i] > y[i - 1];
    }
    double k = (double)done, slope = (k * sxy - sx * sy) / (k * sxx - sx * sx);
    assert_true(fabs(field(&m, "\"main.rec\"", "growth") - slope) < 1e-4 * fabs(slope));
    assert_true(fabs(field(&m, "\"main.rec\"", "steady") - grew / (k - 1)) < 1e-9);
    /* what is there now is what survived the last cycle, if no more cycle began */
    uint64_t old = survivors(&l, type, reel_pos(r, c[done - 1].phase[PHASE_MARK][0]), reel_facts(r));
    assert_true(field(&m, "\"main.rec\"", "objects") == (double)old);
    free(m.out);
    free(l.e);
    reel_close(&r);
}

/* Every byte of the spans in use is in one column, at any instant, and all ways to look agree. */
static void test_where(void **state) {
    (void)state;
    reel *r = fixture_reel("mapchurn-1.26");
    struct made all = {0}, classes = {0}, types = {0};
    run(r, "where --at 30%,gc:5:sweep", &all);
    run(r, "where --at 30%,gc:5:sweep --by class", &classes);
    run(r, "where --at 30%,gc:5:sweep --by type", &types);
    int64_t t;
    const char *why;
    assert_true(when_parse(r, "30%", &t, &why));
    frame *f = frame_new(r);
    assert_true(frame_seek(f, reel_pos(r, t)));
    const struct totals *sum = frame_totals(f);
    static const char *const keys[] = {"live", "mcache", "nonempty", "unknown", "rest"};
    double bytes = 0;
    for (size_t k = 0; k < 5; k++)
        bytes += field(&all, "\"30%\"", keys[k]);
    assert_true(bytes == (double)sum->span_bytes);
    assert_true(field(&all, "\"30%\"", "live") == (double)sum->object_bytes);
    assert_true(field(&all, "\"30%\"", "mcache") == (double)sum->free_in_mcache);
    struct made *parts[] = {&classes, &types};
    for (size_t p = 0; p < 2; p++)
        for (size_t k = 0; k < 4; k++) {
            double whole = 0;
            for (char *line = parts[p]->out, *end; *line; line = end + 1) {
                end = strchr(line, '\n');
                char *at = strstr(line, keys[k]);
                if (strstr(line, "\"30%\"") && strstr(line, "\"30%\"") < end)
                    whole += strtod(at + strlen(keys[k]) + 2, NULL);
            }
            assert_true(whole == field(&all, "\"30%\"", keys[k]));
        }
    frame_free(&f);
    free(all.out);
    free(classes.out);
    free(types.out);
    reel_close(&r);
}

/* ------------------------------------------------------------------ the walk */

struct follow {
    reel *r;
    uint64_t next;
};

static void follow_visit(void *arg, const struct walk_block *b) {
    struct follow *f = arg;
    assert_int_equal(b->first, f->next);
    for (uint32_t i = 0; i < b->n; i++, f->next++) {
        struct fact x;
        assert_true(reel_fact(f->r, f->next, &x));
        const struct walked *w = &b->at[i];
        assert_true(w->t == x.t && w->span == x.span && walked_g(w) == x.g && walked_p(w) == x.p);
        if (w->kind == WALK_OTHER)
            assert_int_equal(b->other[w->type].kind, x.kind);
        else
            assert_true(w->kind == x.kind && w->type == x.type && w->slot == x.slot);
    }
}

static bool stop_at_half(void *arg, double share) {
    *(double *)arg = share;
    return share < 0.5;
}

/* One block after the other, and with a thread that unpacks ahead. */
static void test_walk(void **state) {
    (void)state;
    for (unsigned threads = 1; threads <= 2; threads++) {
        reel *r = fixture_reel_on("mixed-1.25", threads);
        uint64_t n = reel_facts(r),
                 cuts[][2] = {{0, n}, {1, 2}, {4095, 4097}, {5000, 5000}, {n - 1, n}, {100, n - 100}};
        for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
            struct follow f = {r, cuts[i][0]};
            assert_int_equal(reel_walk(r, cuts[i][0], cuts[i][1], follow_visit, &f, NULL, NULL), WALK_DONE);
            assert_int_equal(f.next, cuts[i][1]);
        }
        struct follow f = {r, 0};
        double share = 0;
        assert_int_equal(reel_walk(r, 0, n, follow_visit, &f, stop_at_half, &share), WALK_STOPPED);
        assert_true(share >= 0.5 && share < 1 && f.next < n);
        reel_close(&r);
    }
}

/* ------------------------------------------------------------------ bytes of stacks at many instants */

/* Bytes of stacks, span by span. */
static uint64_t stacks_in(const frame *f, const reel *r) {
    const uint32_t *ids;
    uint64_t sum = 0;
    for (size_t i = 0, n = frame_spans(f, &ids); i < n; i++)
        sum += reel_span(r, ids[i])->kind == SPAN_STACK ? reel_span(r, ids[i])->npages * reel_info(r)->page_size : 0;
    return sum;
}

/* As frames have it that were wound to each of them. */
static void test_stacks(void **state) {
    (void)state;
    static const char *const names[] = {"mixed-1.25", "stacks-1.23", "mapchurn-1.26"};
    for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) {
        enum { PLACES = 200 };
        reel *r = fixture_reel(names[k]);
        struct stack_bytes stacks;
        uint64_t seen = 0;
        assert_true(stacks_sum(&stacks, r));
        frame *f = frame_new(r);
        for (uint64_t i = 0; i <= PLACES; i++) {
            uint64_t pos = reel_facts(r) * i / PLACES;
            assert_true(frame_seek(f, pos));
            assert_int_equal(stacks_at(&stacks, pos), stacks_in(f, r));
            seen = stacks_in(f, r) > seen ? stacks_in(f, r) : seen;
        }
        assert_true(seen > 0);
        stacks_free(&stacks);
        frame_free(&f);
        reel_close(&r);
    }
}

/* ------------------------------------------------------------------ distributions */

static void test_dist(void **state) {
    (void)state;
    uint64_t seed = 7;
    for (size_t n = 1; n < 200000; n = n * 3 + 1) {
        struct dist d = {0}, half = {0}, joined = {0};
        uint64_t *v = calloc(n, sizeof *v);
        for (size_t i = 0; i < n; i++) {
            v[i] = (uint64_t)random_next(&seed) >> (random_next(&seed) % 31) << (random_next(&seed) % 20);
            dist_add(&d, v[i]);
            dist_add(i % 2 ? &half : &joined, v[i]);
        }
        dist_join(&joined, &half);
        qsort(v, n, sizeof *v, by_size);
        static const unsigned percents[] = {1, 50, 90, 99, 100};
        for (size_t p = 0; p < 5; p++) {
            double want = (double)rank(v, n, percents[p]), near = n > DIST_EXACT ? 0.004 * want + 0.5 : 0;
            assert_true(fabs((double)dist_percentile(&d, percents[p]) - want) <= near);
            assert_true(fabs((double)dist_percentile(&joined, percents[p]) - want) <= near);
        }
        assert_true(d.n == n && d.min == v[0] && d.max == v[n - 1] && joined.n == n && joined.max == d.max);
        assert_int_equal(dist_between(&d, 0, UINT64_C(1) << 63), n);
        assert_true(d.sum == joined.sum || fabs(d.sum - joined.sum) < 1e-6 * d.sum);
        dist_free(&d);
        dist_free(&half);
        dist_free(&joined);
        free(v);
    }
    struct dist none = {0};
    assert_int_equal(dist_percentile(&none, 50), 0);
    assert_int_equal(dist_mean(&none), 0);
}

/* ------------------------------------------------------------------ gctrace and scavtrace */

static void test_log_lines(void **state) {
    (void)state;
    struct log_gc g;
    assert_true(log_gc_parse("gc 3 @0.051s 2%: 0.018+1.3+0.076 ms clock, 0.054+0.35/1.2/3.0+0.22 ms cpu, "
                             "4->4->2 MB, 5 MB goal, 4 P",
                             &g)); /* Go 1.11 to 1.17 */
    assert_int_equal(g.n, 3);
    assert_int_equal(g.at, 51000000);
    assert_int_equal(g.stw1, 18000);
    assert_int_equal(g.mark, 1300000);
    assert_int_equal(g.stw2, 76000);
    assert_int_equal(g.assist, 350000);
    assert_int_equal(g.background, 1200000);
    assert_true(g.heap_begin == 4 && g.heap_end == 4 && g.live == 2 && g.goal == 5 && g.procs == 4 && !g.forced);
    assert_true(log_gc_parse("gc 12 @2.104s 0%: 0+12+0.001 ms clock, 0+0/12/0+0.002 ms cpu, 10->11->7 MB, 13 MB goal, "
                             "0 MB stacks, 1 MB globals, 2 P (forced)",
                             &g)); /* from Go 1.18 */
    assert_true(g.n == 12 && g.mark == 12000000 && g.goal == 13 && g.procs == 2 && g.forced && g.at == 2104000000);
    assert_true(log_gc_parse("gc 1 @0.001s 9% (checking for goroutine leaks): 0.1+0.2+0.3 ms clock, 1+2/3/4+5 ms cpu, "
                             "1->2->3 MB, 4 MB goal, 0 MB stacks, 0 MB globals, 16 P",
                             &g)); /* Go 1.26 */
    assert_true(g.live == 3 && g.procs == 16 && g.stw2_cpu == 5000000);
    assert_false(log_gc_parse("gc 3 @0.051s 2%: 0.018+1.3", &g));
    assert_false(log_gc_parse("gc 3 objects @ once", &g));
    struct log_scav s;
    assert_true(log_scav_parse("scav 8 KiB work (bg), 16 KiB work (eager), 3000 KiB now, 92% util", &s));
    assert_true(s.background == 8192 && s.eager == 16384 && s.released == 3000 * 1024 && !s.forced);
    assert_true(log_scav_parse("scav 0 KiB work (bg), 5 KiB work (eager), 30 KiB now, 92% util (forced)", &s));
    assert_true(s.forced);
    assert_true(log_scav_parse("scav 8 KiB work, 3000 KiB total, 92% util", &s)); /* Go 1.16 to 1.20 */
    assert_true(s.background == 8192 && s.released == 3000 * 1024);
    assert_true(log_scav_parse("scav 4 8 KiB work, 3000 KiB total, 92% util", &s)); /* Go 1.14 and 1.15 */
    assert_true(s.background == 8192 && s.released == 3000 * 1024);
    assert_true(log_scav_parse("scvg0: inuse: 3, idle: 59, sys: 63, released: 57, consumed: 5 (MB)", &s)); /* 1.11 */
    assert_true(s.released == 57 * 1048576);
    assert_true(log_scav_parse("scvg: inuse: 3, idle: 59, sys: 63, released: 57, consumed: 5 (MB)", &s)); /* 1.13 */
    assert_false(log_scav_parse("scav nothing", &s));
}

/* ------------------------------------------------------------------ every report on every recording */

static void run_all(reel *r, const struct command *c) {
    static const char *const ways[] = {"",      "all",    "class", "type",  "span", "goroutine",
                                       "entry", "region", "task",  "event", "age"};
    for (size_t way = 0; way < sizeof ways / sizeof ways[0]; way++)
        for (int fmt = FORMAT_TEXT; fmt <= FORMAT_CBOR; fmt++) {
            struct command_env env = {.reel = r, .now = reel_info(r)->duration, .format = (enum format)fmt};
            char *words[] = {(char *)c->name, (char *)"--by", (char *)ways[way]}, *made = NULL;
            size_t len;
            FILE *out = open_memstream(&made, &len);
            bool ok = command_print(&env, way == 0 ? 1 : 3, words, out);
            fclose(out);
            if (!ok && (way == 0 || !strstr(env.error, "--by is"))) {
                print_message("%s --by %s: %s\n", c->name, ways[way], env.error);
                fail();
            }
            assert_true(!ok || len > 0 || fmt >= FORMAT_JSONL);
            free(made);
        }
}

static void test_all(void **state) {
    (void)state;
    const struct command *c;
    size_t n = command_table(&c);
    for (size_t i = 0; fixture_names[i]; i++) {
        reel *r = fixture_reel(fixture_names[i]);
        for (size_t k = 0; k < n; k++)
            if (c[k].question && c[k].args[0] == '\0')
                run_all(r, &c[k]);
        reel_close(&r);
    }
}

/* ------------------------------------------------------------------ figures counted once more, from frames and facts
 */

/* Why a span of that class was grown although the class had free slots, seen in the frame before: as failures words it.
 */
static const char *why_grown(reel *r, frame *f, uint32_t span, int32_t p) {
    const uint32_t *ids;
    bool skipped = false, unswept = false, elsewhere = false;
    for (size_t i = 0, n = frame_spans(f, &ids); i < n; i++) {
        const struct span *s = reel_span(r, ids[i]), *grown = reel_span(r, span);
        struct span_state st;
        if (s->kind != SPAN_HEAP || s->class != grown->class || s->noscan != grown->noscan ||
            !frame_state(f, ids[i], &st))
            continue;
        skipped |= st.place == PLACE_NONEMPTY && st.swept == KNOWN_YES;
        unswept |= st.place == PLACE_NONEMPTY && st.swept != KNOWN_YES;
        elsewhere |= st.place == PLACE_MCACHE && st.p != p && st.live < s->nelems;
    }
    return skipped ? "skipped" : unswept ? "unswept" : elsewhere ? "mcache" : NULL;
}

static void test_failures(void **state) {
    (void)state;
    static const char *const names[] = {"mixed-1.23", "known/pair-1.23", "mapchurn-1.26"};
    static const char *const reasons[] = {"skipped", "unswept", "mcache"};
    uint64_t seen[3] = {0};
    for (size_t k = 0; k < 3; k++) {
        reel *r = fixture_reel(names[k]);
        uint64_t grown = 0, bytes = 0, count[3] = {0};
        frame *f = frame_new(r);
        struct fact x;
        for (uint64_t n = 0; n < reel_facts(r); n++) {
            assert_true(reel_fact(r, n, &x));
            const struct span *s = x.kind == FACT_SPAN_ALLOC ? reel_span(r, x.span) : NULL;
            if (!s || s->kind != SPAN_HEAP || s->class == 0)
                continue;
            assert_true(frame_seek(f, n));
            const char *why = why_grown(r, f, x.span, x.p);
            grown++;
            bytes += why ? s->npages * reel_info(r)->page_size : 0;
            for (size_t i = 0; why && i < 3; i++)
                count[i] += strcmp(why, reasons[i]) == 0;
        }
        struct made m = {0};
        run(r, "failures", &m);
        assert_true(field(&m, "\"name\":\"all\"", "grown") == (double)grown);
        assert_true(field(&m, "\"name\":\"all\"", "needless") == (double)bytes);
        for (size_t i = 0; i < 3; i++) {
            assert_true(field(&m, "\"name\":\"all\"", reasons[i]) == (double)count[i]);
            seen[i] += count[i];
        }
        free(m.out);
        frame_free(&f);
        reel_close(&r);
    }
    assert_true(seen[0] > 0 && seen[1] > 0 && seen[2] > 0);
}

/* Spans that went back: how long after the last free in them. */
static void test_returns_of_spans(void **state) {
    (void)state;
    reel *r = fixture_reel("mapchurn-1.26");
    int64_t *freed = malloc(reel_spans(r) * sizeof *freed), most = 0;
    double n = 0, sum = 0;
    struct fact x;
    assert_non_null(freed);
    for (uint32_t i = 0; i < reel_spans(r); i++)
        freed[i] = NO_TIME;
    for (uint64_t i = 0; i < reel_facts(r); i++) {
        assert_true(reel_fact(r, i, &x));
        if (x.kind == FACT_FREE)
            freed[x.span] = x.t;
        if (x.kind != FACT_SPAN_FREE || freed[x.span] == NO_TIME || reel_span(r, x.span)->kind != SPAN_HEAP)
            continue;
        most = x.t - freed[x.span] > most ? x.t - freed[x.span] : most;
        sum += (double)(x.t - freed[x.span]);
        n++;
    }
    struct made m = {0};
    run(r, "delays", &m);
    assert_true(n > 100 && field(&m, "\"return\"", "n") == n);
    assert_true(field(&m, "\"return\"", "max") == (double)most);
    assert_true(fabs(field(&m, "\"return\"", "mean") - sum / n) <= 1);
    free(m.out);
    free(freed);
    reel_close(&r);
}

/* A span counts as returned at the first instant at which it is gone, not at one that is right before. */
static void test_where_returned(void **state) {
    (void)state;
    reel *r = fixture_reel("mapchurn-1.26");
    struct fact x, before;
    uint64_t n = reel_facts(r) / 2;
    do {
        assert_true(++n < reel_facts(r) && reel_fact(r, n, &x) && reel_fact(r, n - 1, &before));
    } while (x.kind != FACT_SPAN_FREE || reel_span(r, x.span)->kind != SPAN_HEAP || x.t == before.t);
    double gone[3] = {0};
    for (uint64_t i = 0; i < reel_facts(r); i++) {
        struct fact y;
        assert_true(reel_fact(r, i, &y));
        if (y.kind == FACT_SPAN_FREE && reel_span(r, y.span)->kind == SPAN_HEAP)
            gone[i >= reel_pos(r, x.t) ? 2 : i >= n]++;
    }
    char line[160], mark[64];
    struct made m = {0};
    snprintf(line, sizeof line, "where --at start,%lldns,%lldns,end", (long long)before.t, (long long)x.t);
    run(r, line, &m);
    snprintf(mark, sizeof mark, "\"%lldns\"", (long long)before.t);
    assert_true(field(&m, mark, "spans_returned") == gone[0]);
    snprintf(mark, sizeof mark, "\"%lldns\"", (long long)x.t);
    assert_true(gone[1] > 0 && field(&m, mark, "spans_returned") == gone[1]);
    assert_true(field(&m, "\"end\"", "spans_returned") == gone[2]);
    free(m.out);
    reel_close(&r);
}

static void test_utilisation(void **state) {
    (void)state;
    reel *r = fixture_reel("mapchurn-1.26");
    static const char *const rows[] = {"\"P0\"", "\"all\"", "\"worst 1.00 ms\"", "\"worst 10.0 ms\""};
    struct made m = {0};
    run(r, "procs", &m);
    double worst = 2;
    for (size_t i = 0; i < 4; i++) {
        double gc = field(&m, rows[i], "mark") + field(&m, rows[i], "assist") + field(&m, rows[i], "sweep") +
                    field(&m, rows[i], "stopped"),
               rest = field(&m, rows[i], "mutator") + field(&m, rows[i], "idle");
        assert_true(fabs(field(&m, rows[i], "util") - rest / (gc + rest)) < 1e-9);
    }
    /* no stretch of 10 ms, wherever it begins, does much worse than the worst one that was found */
    for (int64_t t = 0; t + 10000000 <= reel_info(r)->duration; t += 1000000) {
        int64_t one[PROC_STATES];
        double gc = 0, rest = 0;
        for (uint32_t p = 0; p < reel_procs(r); p++) {
            reel_proc_time(r, p, t, t + 10000000, one);
            gc += (double)(one[PROC_MARK] + one[PROC_ASSIST] + one[PROC_SWEEP] + one[PROC_STOPPED]);
            rest += (double)(one[PROC_MUTATOR] + one[PROC_IDLE]);
        }
        worst = fmin(worst, rest / (gc + rest));
    }
    assert_true(field(&m, rows[3], "util") < worst + 0.25); /* it is looked for at every quarter of its length */
    free(m.out);
    reel_close(&r);
}

/* Annotations whose end lies in the window, both ends of it included. */
static void test_aftermath_window(void **state) {
    (void)state;
    reel *r = fixture_reel("mapchurn-1.26");
    const struct note *notes;
    size_t n = reel_notes(r, &notes);
    assert_true(n > 8);
    int64_t from = notes[n / 4].end, to = notes[n / 2].begin;
    size_t want = 0, rows = 0;
    for (size_t i = 0; i < n; i++)
        want += notes[i].end != NO_TIME && notes[i].end >= from && notes[i].end <= to;
    char line[128];
    struct made m = {0};
    snprintf(line, sizeof line, "aftermath --from %lldns --to %lldns", (long long)from, (long long)to);
    run(r, line, &m);
    for (const char *p = m.out; (p = strstr(p, "\"what\":\"")) != NULL; p += 8)
        rows += strncmp(p + 8, "log", 3) == 0 || strncmp(p + 8, "region", 6) == 0 || strncmp(p + 8, "task", 4) == 0;
    assert_true(want > 1 && want < n);
    assert_int_equal(rows, want);
    free(m.out);
    reel_close(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_walk),
        cmocka_unit_test(test_stacks),
        cmocka_unit_test(test_dist),
        cmocka_unit_test(test_delays),
        cmocka_unit_test(test_leaks),
        cmocka_unit_test(test_log_lines),
        cmocka_unit_test(test_where),
        cmocka_unit_test(test_all),
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_returns_of_spans),
        cmocka_unit_test(test_where_returned),
        cmocka_unit_test(test_utilisation),
        cmocka_unit_test(test_aftermath_window),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
