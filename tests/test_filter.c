/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_filter.c - the filter language: what it takes, what it refuses and says, what matches; and that a finder's
 * matches are those that a walk over all facts gives.
 */
#include "core/filter.h"
#include "tests/fixture_reel.h"

#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------ a domain made for the test */

enum { NAME, SIZE, COUNT, LIVE, WHEN, AGE, ADDR, ANY, PLACE, FIELDS };

static const char *const places[] = {"here", "there", NULL};
static const struct filter_field fields[FIELDS] = {
    [NAME] = {"name", FILTER_TEXT, UNIT_NONE, "", NULL},      [SIZE] = {"size", FILTER_NUMBER, UNIT_BYTES, "", NULL},
    [COUNT] = {"count", FILTER_NUMBER, UNIT_COUNT, "", NULL}, [LIVE] = {"live", FILTER_FLAG, UNIT_NONE, "", NULL},
    [WHEN] = {"t", FILTER_NUMBER, UNIT_TIME, "", NULL},       [AGE] = {"age", FILTER_AGE, UNIT_DURATION, "", NULL},
    [ADDR] = {"addr", FILTER_ADDRESS, UNIT_NONE, "", NULL},   [ANY] = {"any", FILTER_ANY, UNIT_NONE, "", NULL},
    [PLACE] = {"place", FILTER_TEXT, UNIT_NONE, "", places},
};
static const struct filter_domain domain = {.fields = fields, .n = FIELDS, .words = {NAME}, .nwords = 1};

static const char name[] = "map.group[string]*main.Rec";

/* One thing: 1536 bytes, 3 of 4, live, at 20 ms, 5 ms or 2 cycles old, 64 bytes at 0x1000; its place isn't known. */
static void get(void *arg, unsigned field, struct filter_value *out) {
    (void)arg;
    const struct filter_value values[FIELDS] = {
        [NAME] = {.v = {.kind = VALUE_TEXT, .s = {name, sizeof name - 1}}},
        [SIZE] = {.v = {.kind = VALUE_UINT, .u = 1536}},
        [COUNT] = {.v = {.kind = VALUE_UINT, .u = 3}, .whole = 4},
        [LIVE] = {.v = {.kind = VALUE_BOOL, .b = true}},
        [WHEN] = {.v = {.kind = VALUE_INT, .i = 20000000}},
        [AGE] = {.v = {.kind = VALUE_INT, .i = 5000000}, .cycles = 2},
        [ADDR] = {.v = {.kind = VALUE_ADDRESS, .u = 0x1000}, .size = 64},
        [ANY] = {.v = {.kind = VALUE_INT, .i = -1}},
        [PLACE] = {.v = {.kind = VALUE_NULL}},
    };
    *out = values[field];
}

static enum filter_answer ask(const char *expr) {
    char why[FILTER_WHY];
    filter *f = filter_parse(&domain, NULL, expr, why);
    if (!f)
        fail_msg("%s: %s", expr, why);
    enum filter_answer a = filter_eval(f, get, NULL);
    filter_free(&f);
    return a;
}

/* What holds of the thing that is asked about. */
static const char *const all_hold[] = {
    "name~MAP",
    "name~group name~rec",
    "name=map.*Rec",
    "name=*",
    "name!=map",
    "name!~set",
    "name=a,map*",
    "name~\"[string]*main\"",
    "name='map.group[string]*main.Rec'",
    "name=map.group[string]*main.Rec",
    "size=1.5k",
    "size>=1536",
    "size>1kB",
    "size<2KiB",
    "size=1k..2k",
    "size=7,1536",
    "size!=1,2",
    "count=3",
    "count=75%",
    "count>50%",
    "count<=75%",
    "count!=4",
    "count",
    "count=1..3",
    "live",
    "live=yes",
    "not live=no",
    "!(live=no)",
    "live=true",
    "t=20ms",
    "t>0.01s",
    "t=15ms..1s",
    "age>1gc",
    "age=2gc",
    "age<=5ms",
    "age=1gc..3gc",
    "age>4000us",
    "addr=0x1000",
    "addr=0x103f",
    "addr!=0x1040",
    "addr>0xfff",
    "addr<=0x1000",
    "any=-1",
    "any<0",
    "any!=1",
    "place=?",
    "not place!=?",
    "any!=?",
    "group",
    "Main.REC live",
    "live or live=no",
    "live=no | count=3",
    "size=1 or (count=3 and live)",
    "(live)",
    "((live)) (count)",
    "live && count || size=0",
    "not (size=1 or size=2)",
    "NOT or live",
    "map.group[string]*main.Rec",
    "\"string]*main\"",
};

static void test_holds(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof all_hold / sizeof all_hold[0]; i++)
        if (ask(all_hold[i]) != FILTER_YES)
            fail_msg("%s does not hold", all_hold[i]);
}

static void test_holds_not(void **state) {
    static const char *const no[] = {
        "name=map",
        "name~set",
        "name!~map",
        "size>1536",
        "size=1k",
        "size<1.5k",
        "count>75%",
        "count=4",
        "live=no",
        "not live",
        "age>2gc",
        "age>5ms",
        "addr=0x1040",
        "addr=0xfff",
        "any=1",
        "any=?",
        "place!=?",
        "elsewhere",
        "live count=4",
        "live=no or count=4",
        "not (live or count=4)",
        "size!=1k..2k",
    };
    (void)state;
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
        if (ask(no[i]) != FILTER_NO)
            fail_msg("%s holds, or isn't known", no[i]);
}

/* What isn't known neither holds nor fails, unless the rest decides. */
static void test_unknown(void **state) {
    (void)state;
    assert_int_equal(ask("place=here"), FILTER_UNKNOWN);
    assert_int_equal(ask("place!=here"), FILTER_UNKNOWN);
    assert_int_equal(ask("not place=here"), FILTER_UNKNOWN);
    assert_int_equal(ask("place~he live"), FILTER_UNKNOWN);
    assert_int_equal(ask("place~he live=no"), FILTER_NO);
    assert_int_equal(ask("place~he or live"), FILTER_YES);
    assert_int_equal(ask("size>10%"), FILTER_UNKNOWN);
    assert_int_equal(ask("any~x"), FILTER_UNKNOWN);
}

static void test_refuses(void **state) {
    static const struct {
        const char *expr, *says;
    } wrong[] = {
        {"", "needs a term"},
        {"   ", "needs a term"},
        {"sise>1", "did you mean size"},
        {"size>", "value is missing"},
        {"size=,1", "value is missing"},
        {"size=x", "takes a size"},
        {"size~1", "~ is for texts"},
        {"size<1..2", "range goes with ="},
        {"name>a", "is a text"},
        {"live=maybe", "yes or no"},
        {"live>1", "yes or no"},
        {"addr=zz", "takes an address"},
        {"age>5", "takes an age"},
        {"t=soon", "takes a time"},
        {"place=nowhere", "one of here, there"},
        {"size<?", "goes with = and !="},
        {"(live", "not closed"},
        {"live)", "not opened"},
        {"not", "nothing stands"},
        {"((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((live", "nested too deep"},
        {"live or", "nothing stands"},
        {"name=\"a", "quote is not closed"},
        {"| live", "nothing stands"},
        {"t=gc:1", "takes a time"},
    };
    char why[FILTER_WHY];
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        filter *f = filter_parse(&domain, NULL, wrong[i].expr, why);
        if (f)
            fail_msg("%s is taken", wrong[i].expr);
        if (!strstr(why, wrong[i].says))
            fail_msg("%s: says: %s", wrong[i].expr, why);
    }
}

/* Endless nesting, terms, lists and words are refused; a refusal shows no raw byte. */
static void test_hostile(void **state) {
    static const char *const part[] = {"(",
                                       "!",
                                       "not ",
                                       "live ",
                                       "size=1 or ",
                                       "name~a,",
                                       "(((live)",
                                       "\"",
                                       "\x1b]0;x\a=",
                                       "live=\x1b[2J",
                                       "size=\xff\xfe",
                                       "a.",
                                       "..",
                                       "%",
                                       "place=\xe2\x80\xae",
                                       "\\"};
    char *long_one = malloc(70000), why[FILTER_WHY];
    uint32_t seed = 1;
    (void)state;
    for (size_t p = 0; p < sizeof part / sizeof part[0]; p++)
        for (int times = 1; times <= 4096; times *= 4) {
            long_one[0] = '\0';
            char *to = long_one;
            for (int i = 0; i < times && to - long_one < 69000; i++)
                to = stpcpy(to, part[p]);
            filter *f = filter_parse(&domain, NULL, long_one, why);
            for (const char *c = why; !f && *c; c++)
                assert_true((unsigned char)*c >= 0x20 && *c != 0x7f);
            filter_free(&f);
            filter_intended(&domain, long_one);
        }
    for (int i = 0; i < 20000; i++) { /* bits of filters, put together at random */
        char expr[200] = "";
        static const char *const bits[] = {"size", "name", "live", ">=",  "=",    "~", "1k",   "..",
                                           "%",    "(",    ")",    " ",   " or ", "!", "not ", ",",
                                           "\"",   "3gc",  "?",    "age", "0x10", "t", "-",    "*"};
        for (int k = 0; k < 12; k++) {
            seed = seed * 1664525 + 1013904223;
            strcat(expr, bits[(seed >> 16) % (sizeof bits / sizeof bits[0])]);
        }
        filter *f = filter_parse(&domain, NULL, expr, why);
        if (f)
            filter_eval(f, get, NULL);
        filter_free(&f);
    }
    free(long_one);
}

static void test_intended(void **state) {
    (void)state;
    assert_true(filter_intended(&domain, "size>1"));
    assert_true(filter_intended(&domain, "map size>1"));
    assert_true(filter_intended(&domain, "(name~x)"));
    assert_true(filter_intended(&domain, "sise>1"));
    assert_false(filter_intended(&domain, "map.group[string]*main.rec"));
    assert_false(filter_intended(&domain, "chan<- int"));
    assert_false(filter_intended(&domain, "live"));
    assert_false(filter_intended(&domain, "before delete"));
}

static void add(void *arg, const char *word) {
    strcat(strcat(arg, word), " ");
}

static void test_completes(void **state) {
    char all[1000] = "";
    (void)state;
    filter_complete(&domain, "live pl", add, all);
    assert_non_null(strstr(all, "place= "));
    assert_non_null(strstr(all, "name~ "));
    assert_non_null(strstr(all, "live "));
    all[0] = '\0';
    filter_complete(&domain, "live (place=he", add, all);
    assert_string_equal(all, "place=here place=there ");
}

/* ------------------------------------------------------------------ a finder against a walk over all facts */

static bool object(const struct fact *x) {
    return x->kind == FACT_EXISTS || x->kind == FACT_ALLOC || x->kind == FACT_SUBALLOC || x->kind == FACT_FREE;
}

static bool made(const struct fact *x) {
    return object(x) && x->kind != FACT_FREE;
}

static bool type_has(reel *r, const struct fact *x, const char *part) {
    text n = object(x) && x->type != NO_ID ? reel_type(r, x->type)->name : (text){NULL, 0};
    return n.len && memmem(n.ptr, n.len, part, strlen(part));
}

/* The newest fact before pos that made an object in that slot, by a walk back from pos. */
static bool newest(reel *r, const struct fact *x, uint64_t n, uint64_t pos) {
    struct fact later;
    for (uint64_t i = n + 1; i < pos && reel_fact(r, i, &later); i++)
        if (later.span == x->span && object(&later) && later.slot == x->slot &&
            (later.kind == FACT_FREE || later.kind != FACT_SUBALLOC))
            return false;
    return true;
}

static bool want_rec(reel *r, const struct fact *x, uint64_t n, uint64_t pos) {
    (void)n;
    (void)pos;
    return type_has(r, x, "main.rec") && x->kind == FACT_FREE && x->p == 1;
}
static bool want_size(reel *r, const struct fact *x, uint64_t n, uint64_t pos) {
    (void)n;
    (void)pos;
    uint32_t gc;
    enum gc_phase phase = reel_phase(r, x->t, &gc);
    return object(x) && reel_span(r, x->span)->elem >= 1024 && gc == 3 && phase == PHASE_SWEEP;
}
static bool want_places(reel *r, const struct fact *x, uint64_t n, uint64_t pos) {
    (void)r;
    (void)n;
    (void)pos;
    return x->kind == FACT_PLACE && x->before.place == PLACE_MCACHE && x->after.place != PLACE_MCACHE;
}
static bool want_live(reel *r, const struct fact *x, uint64_t n, uint64_t pos) {
    return n < pos && made(x) && type_has(r, x, "main.rec") && newest(r, x, n, pos);
}

static void check_finder(reel *r, const char *expr, uint64_t pos,
                         bool (*want)(reel *, const struct fact *, uint64_t, uint64_t)) {
    char why[FILTER_WHY];
    finder *f = finder_new(r, expr, reel_time(r, pos), pos, why);
    if (!f)
        fail_msg("%s: %s", expr, why);
    while (finder_work(f, 10000)) {
    }
    uint64_t at = 0, n = 0;
    int64_t t = -1;
    struct search_hit hit;
    struct fact x;
    for (uint64_t i = 0; reel_fact(r, i, &x); i++) {
        if (!want(r, &x, i, pos))
            continue;
        n++;
        if (finder_next(f, false, t, at, &hit) != 1 || hit.pos != i + 1)
            fail_msg("%s: fact %llu is missed", expr, (unsigned long long)i);
        assert_int_equal(finder_rank(f, hit.t, hit.pos), n);
        at = hit.pos;
        t = hit.t;
    }
    assert_int_equal(finder_next(f, false, t, at, &hit), 0);
    assert_int_equal(finder_count(f), n);
    assert_true(n > 0);
    uint64_t back = 0;
    for (at = reel_facts(r) + 1, t = INT64_MAX; finder_next(f, true, t, at, &hit) == 1; back++) {
        assert_true(hit.pos < at);
        at = hit.pos;
        t = hit.t;
    }
    assert_int_equal(back, n);
    enum { PARTS = 77 };
    uint32_t counts[PARTS];
    int64_t end = reel_info(r)->duration + 1;
    uint64_t sum = 0;
    finder_marks(f, 0, end, counts, PARTS);
    for (int i = 0; i < PARTS; i++)
        sum += counts[i];
    assert_int_equal(sum, n);
    finder_free(&f);
}

static void test_finds(void **state) {
    (void)state;
    reel *r = fixture_reel("mapchurn-1.26");
    uint64_t all = reel_facts(r), some[] = {0, all / 3, all};
    for (size_t i = 0; i < 3; i++) {
        check_finder(r, "type~main.REC ev=free p=1", some[i], want_rec);
        check_finder(r, "size>=1k gc=3 phase=sweep", some[i], want_size);
        check_finder(r, "ev=uncached", some[i], want_places);
    }
    check_finder(r, "type~main.rec live", all / 12, want_live);
    reel_close(&r);
}

/* Spans by their state at an instant, against the frame. */
static void test_spans(void **state) {
    (void)state;
    char why[FILTER_WHY];
    reel *r = fixture_reel("mixed-1.26");
    frame *fr = frame_new(r);
    uint64_t pos = reel_facts(r) / 2;
    assert_true(frame_seek(fr, pos));
    filter *f = filter_parse(&filter_spans, r, "free>50% where=nonempty or kind=stack", why);
    assert_non_null(f);
    const uint32_t *ids;
    size_t n = frame_spans(fr, &ids), yes = 0;
    for (size_t i = 0; i < n; i++) {
        const struct span *s = reel_span(r, ids[i]);
        struct span_state st;
        assert_true(frame_state(fr, ids[i], &st));
        bool want = s->kind == SPAN_STACK ||
                    (s->kind == SPAN_HEAP && st.place == PLACE_NONEMPTY && (s->nelems - st.live) * 2 > s->nelems);
        assert_int_equal(filter_span(f, r, fr, reel_time(r, pos), ids[i]), want);
        yes += want;
    }
    assert_true(yes > 0 && yes < n);
    filter_free(&f);
    frame_free(&fr);
    reel_close(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_holds),     cmocka_unit_test(test_holds_not), cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_refuses),   cmocka_unit_test(test_hostile),   cmocka_unit_test(test_intended),
        cmocka_unit_test(test_completes), cmocka_unit_test(test_finds),     cmocka_unit_test(test_spans),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
