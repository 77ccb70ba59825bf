/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_reports_made.c - reports on made-up traces, whose answers are known since the test wrote each event: what
 * confirms a fall, when a replaced array can have died, which mcache a span left last, what counts as a table, and
 * recordings beside others.
 *
 * Size classes 11, 19 and 27 hold slots of 144, 288 and 576 bytes; ids count 8 bytes, times are 64 ns an event.
 */
#include "tests/made_reel.h"
#include "tests/report_rows.h"

enum { PAGE = 5, ID_BYTES = 8, NO_TYPE = 0, TYPE = 1, ELEM = 144 };
enum { STOP_SWEEP = 1, STOP_MARK, STOP_PROCS, STOPS };

static void span(struct bytes *body, unsigned page, unsigned class) {
    event(body, TRACE_EV_SPAN_ALLOC, 3, PAGE + page, 1, class << 2 | 2);
}
static void alloc(struct bytes *body, unsigned page, unsigned slot, unsigned bytes, unsigned type) {
    event(body, TRACE_EV_HEAP_OBJECT_ALLOC, 2, ((PAGE + page) * 8192u + slot * bytes) / ID_BYTES, type, 0);
}
static void release(struct bytes *body, unsigned page, unsigned slot, unsigned bytes) {
    event(body, TRACE_EV_HEAP_OBJECT_FREE, 1, ((PAGE + page) * 8192u + slot * bytes) / ID_BYTES, 0, 0);
}
/* As the runtime does it: two stops of the world, in which the cycle begins and its marking ends. */
static void collect(struct bytes *body, unsigned n) {
    event(body, TRACE_EV_STW_BEGIN, 2, STOP_SWEEP, 0, 0);
    event(body, TRACE_EV_GC_BEGIN, 2, 2 * n, 0, 0);
    event(body, TRACE_EV_STW_END, 0, 0, 0, 0);
    event(body, TRACE_EV_STW_BEGIN, 2, STOP_MARK, 0, 0);
    event(body, TRACE_EV_GC_END, 1, 2 * n + 1, 0, 0);
    event(body, TRACE_EV_STW_END, 0, 0, 0, 0);
}
/* Why the world stops: a batch of strings. */
static void reasons(struct bytes *b) {
    static const char *const names[] = {
        [STOP_SWEEP] = "GC sweep termination", [STOP_MARK] = "GC mark termination", [STOP_PROCS] = "GOMAXPROCS"};
    struct bytes body = {0};
    byte(&body, TRACE_EV_STRINGS);
    for (unsigned i = STOP_SWEEP; i < STOPS; i++) {
        byte(&body, TRACE_EV_STRING);
        number(&body, i);
        number(&body, strlen(names[i]));
        put(&body, names[i], strlen(names[i]));
    }
    batch(b, 1, UINT64_MAX, 1, &body);
    free(body.data);
}
static void goal(struct bytes *body, uint64_t bytes) {
    event(body, TRACE_EV_HEAP_GOAL, 1, bytes, 0, 0);
}
static void the_type(struct bytes *b, const char *name) {
    struct bytes types = {0};
    byte(&types, 0);
    number(&types, TYPE);
    number(&types, 4096);
    number(&types, ELEM);
    number(&types, ELEM);
    number(&types, strlen(name));
    put(&types, name, strlen(name));
    type_batch(b, &types);
    free(types.data);
}

/* ------------------------------------------------------------------ Q10 */

/* 40 objects, of which 30 go after a cycle; the goal is another one `cycles` cycles later, that of the fall being 0. */
static void fall(struct bytes *b, struct bytes *body, unsigned cycles, uint64_t after) {
    begin(b, body);
    reasons(b);
    goal(body, 1000000);
    span(body, 0, 11);
    for (unsigned i = 0; i < 40; i++)
        alloc(body, 0, i, ELEM, NO_TYPE);
    for (unsigned n = 0; n < 5; n++) {
        collect(body, n + 1);
        if (n == cycles)
            goal(body, after);
        for (unsigned i = 0; n == 0 && i < 30; i++)
            release(body, 0, i, ELEM);
    }
}

static void test_confirmed(void **state) {
    (void)state;
    static const struct {
        unsigned cycles;
        uint64_t after;
        const char *said;
    } cases[] = {{0, 2000000, "true"},  {1, 2000000, "true"},  {2, 2000000, "true"}, {3, 2000000, "false"},
                 {4, 2000000, "false"}, {2, 1049999, "false"}, {2, 1050000, "true"}, {1, 950000, "true"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bytes b, body;
        struct rows m;
        fall(&b, &body, cases[i].cycles, cases[i].after);
        reel *r = load_made(&b, &body);
        ask(r, "turns", &m);
        assert_int_equal(m.n, 1);
        assert_true(number_of(&m, 0, "peak") == 40 && number_of(&m, 0, "fell") == 30);
        assert_true(number_of(&m, 0, "goal") == 1000000);
        if (strncmp(text_of(&m, 0, "confirmed"), cases[i].said, strlen(cases[i].said)) != 0)
            fail_msg("case %zu: %s", i, m.at[0]);
        free(m.out);
        close_made(&r, &b);
    }
}

/* ------------------------------------------------------------------ Q11 */

/* Two buckets become four; the old ones survive so many cycles before the one that frees them. */
static void test_dead_from(void **state) {
    (void)state;
    for (unsigned survived = 0; survived < 3; survived++) {
        struct bytes b, body;
        struct rows m;
        begin(&b, &body);
        reasons(&b);
        span(&body, 0, 19);
        span(&body, 1, 27);
        alloc(&body, 0, 0, 2 * ELEM, TYPE);
        alloc(&body, 1, 0, 4 * ELEM, TYPE);
        for (unsigned n = 0; n <= survived; n++)
            collect(&body, n + 1);
        release(&body, 0, 0, 2 * ELEM);
        the_type(&b, "map.bucket[int]int");
        reel *r = load_made(&b, &body);
        const struct cycle *c;
        assert_int_equal(reel_cycles(r, &c), survived + 1);
        ask(r, "growths", &m);
        assert_int_equal(m.n, 1);
        assert_true(number_of(&m, 0, "old") == 2 && number_of(&m, 0, "new") == 4);
        double t = number_of(&m, 0, "t");
        double from = survived == 0 ? t : (double)c[survived - 1].phase[PHASE_MARK][0];
        assert_true(survived == 0 || from > t);
        assert_true(number_of(&m, 0, "dead_from") == from);
        assert_true(number_of(&m, 0, "dead_to") == (double)c[survived].phase[PHASE_MARK][1]);
        assert_true(number_of(&m, 0, "beside") == number_of(&m, 0, "freed") - t);
        free(m.out);
        close_made(&r, &b);
    }
}

/* ------------------------------------------------------------------ Q12 */

/* Three maps of a single group, and a table of four. */
static void test_tables(void **state) {
    (void)state;
    struct bytes b, body;
    struct rows m;
    begin(&b, &body);
    span(&body, 0, 11);
    span(&body, 1, 27);
    for (unsigned i = 0; i < 3; i++)
        alloc(&body, 0, i, ELEM, TYPE);
    alloc(&body, 1, 0, 4 * ELEM, TYPE);
    the_type(&b, "map.group[int]int");
    reel *r = load_made(&b, &body);
    ask(r, "chains", &m);
    assert_true(m.n > 0);
    assert_true(number_of(&m, m.n - 1, "groups") == 7 && number_of(&m, m.n - 1, "tables") == 4);
    free(m.out);
    close_made(&r, &b);
}

/* ------------------------------------------------------------------ Q9 */

/* Ratios are to the first of them, not to the one before. */
static void test_ratios(void **state) {
    (void)state;
    struct bytes b, body;
    struct rows m;
    begin(&b, &body);
    span(&body, 0, 11);
    for (unsigned i = 0; i < 10; i++)
        alloc(&body, 0, i, ELEM, NO_TYPE);
    int64_t ten = (int64_t)(2 + 1 + 10 - 1) * 64;
    for (unsigned i = 10; i < 50; i++)
        alloc(&body, 0, i, ELEM, NO_TYPE);
    reel *r = load_made(&b, &body);
    char line[128];
    snprintf(line, sizeof line, "compare --since %lldns --at end --by class", (long long)ten);
    ask(r, line, &m);
    size_t seen = 0;
    for (size_t i = 0; i < m.n; i++) {
        double x = number_of(&m, i, "ratio");
        if (!isnan(x)) {
            assert_true(fabs(x - number_of(&m, i, "b") / number_of(&m, i, "a")) < 1e-9);
            seen += number_of(&m, i, "a") == 10 && number_of(&m, i, "b") == 50 && x == 5;
        }
    }
    assert_true(seen > 0);
    free(m.out);
    close_made(&r, &b);
}

/* A file with these bytes; its name goes to `name`. */
static void to_file(const void *data, size_t size, char *name) {
    strcpy(name, "/tmp/heapreel-made-XXXXXX");
    int fd = mkstemp(name);
    FILE *f = fd >= 0 ? fdopen(fd, "wb") : NULL;
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, size, f), size);
    assert_int_equal(fclose(f), 0);
}

/* So many objects, after five that come in the first µs. */
static void allocate(struct bytes *b, struct bytes *body, unsigned objects) {
    begin(b, body);
    span(body, 0, 11);
    for (unsigned i = 0; i < 5 + objects; i++)
        alloc(body, 0, i, ELEM, NO_TYPE);
}

/* Three recordings of 10, 20 and 40 objects in the window. */
static void test_window_of_each(void **state) {
    (void)state;
    struct bytes b, body;
    struct rows m;
    char names[2][64], line[256];
    for (unsigned i = 0; i < 2; i++) {
        allocate(&b, &body, 20u << i);
        batch(&b, 1, 1, 1, &body);
        to_file(b.data, b.size, names[i]);
        free(body.data);
        free(b.data);
    }
    allocate(&b, &body, 10);
    reel *r = load_made(&b, &body);
    snprintf(line, sizeof line, "compare %s %s --from %dns", names[0], names[1], (2 + 1 + 5) * 64);
    ask(r, line, &m);
    size_t row = 0;
    while (row < m.n && !is(&m, row, "measure", "allocs"))
        row++;
    assert_true(row < m.n);
    assert_true(number_of(&m, row, "a") == 10 && number_of(&m, row, "b") == 20 && number_of(&m, row, "c") == 40);
    assert_true(number_of(&m, row, "ratio") == 2 && number_of(&m, row, "ratio_c") == 4);
    free(m.out);
    close_made(&r, &b);
    assert_int_equal(remove(names[0]) + remove(names[1]), 0);
}

/* ------------------------------------------------------------------ Q19 */

/*
 * The heap has passed its goal by the time when the cycle begins: gctrace prints what it was lifted to, 64 KB above the
 * heap, which is one MB more than the heap's own.
 */
static void test_lifted_goal(void **state) {
    (void)state;
    enum { LIVE = (4 << 20) - 30000, CYCLES = 3 };
    struct bytes b, body;
    struct rows m;
    char name[64], line[128], log[1024] = "";
    begin(&b, &body);
    reasons(&b);
    goal(&body, 3500000);
    span(&body, 0, 11);
    for (unsigned n = 0; n < CYCLES; n++) {
        event(&body, TRACE_EV_HEAP_ALLOC, 1, LIVE + n, 0, 0);
        collect(&body, n + 1);
        size_t len = strlen(log);
        snprintf(
            log + len, sizeof log - len,
            "gc %u @0.00%us 1%%: 0.001+0.001+0.001 ms clock, 0.001+0/0/0+0.001 ms cpu, 3->3->3 MB, 4 MB goal, 0 MB "
            "stacks, 0 MB globals, 1 P\n",
            n + 1, n);
    }
    reel *r = load_made(&b, &body);
    to_file(log, strlen(log), name);
    snprintf(line, sizeof line, "crosscheck --log %s", name);
    ask(r, line, &m);
    size_t goals = 0;
    for (size_t i = 0; i < m.n; i++) {
        if (!is(&m, i, "what", "goal") || !text_of(&m, i, "ours"))
            continue;
        assert_true(number_of(&m, i, "theirs") == 4 << 20 && number_of(&m, i, "ours") == 4 << 20);
        goals++;
    }
    assert_int_equal(goals, CYCLES);
    free(m.out);
    close_made(&r, &b);
    assert_int_equal(remove(name), 0);
}

/* A trace that has a snapshot, and the runtime's count of the heap. */
static void begin_counted(struct bytes *b, struct bytes *body, uint64_t count) {
    begin(b, body);
    body->size = 0;
    event(body, TRACE_EV_PROC_STATUS, 2, 1, TRACE_PROC_RUNNING, 0);
    event(body, TRACE_EV_GO_STATUS, 3, 1, 1, TRACE_GO_RUNNING);
    reasons(b);
    event(body, TRACE_EV_SPAN, 3, PAGE + 9, 1, 11 << 2 | 2);
    event(body, TRACE_EV_HEAP_ALLOC, 1, count, 0, 0);
}

/* A P that goes takes what was free in its mcache off the count: told within the stop, but behind the change. */
static void test_proc_goes(void **state) {
    (void)state;
    enum { SLOTS_LIVE = 3, BEFORE = 100000, GONE = 8192 - SLOTS_LIVE * ELEM };
    struct bytes b, body;
    struct rows m;
    begin_counted(&b, &body, BEFORE);
    span(&body, 0, 11);
    event(&body, TRACE_EV_HEAP_ALLOC, 1, BEFORE + 8192, 0, 0);
    for (unsigned i = 0; i < SLOTS_LIVE; i++)
        alloc(&body, 0, i, ELEM, NO_TYPE);
    event(&body, TRACE_EV_STW_BEGIN, 2, STOP_PROCS, 0, 0);
    event(&body, TRACE_EV_PROCS_CHANGE, 2, 1, 0, 0);
    event(&body, TRACE_EV_HEAP_ALLOC, 1, BEFORE + 8192 - GONE, 0, 0);
    event(&body, TRACE_EV_STW_END, 0, 0, 0, 0);
    span(&body, 1, 11);
    event(&body, TRACE_EV_HEAP_ALLOC, 1, BEFORE + 2 * 8192 - GONE, 0, 0);
    alloc(&body, 1, 0, ELEM, NO_TYPE);
    collect(&body, 1);
    reel *r = load_made(&b, &body);
    ask(r, "crosscheck", &m);
    assert_true(m.n > 0 && is(&m, 0, "what", "heap live at begin"));
    assert_true(number_of(&m, 0, "theirs") == BEFORE + 2 * 8192 - GONE && number_of(&m, 0, "diff") == 0);
    free(m.out);
    close_made(&r, &b);
}

/* A refill gets a span whose sweeper's clock runs ahead: its frees sort behind the refill's object. */
static void test_frees_behind_a_refill(void **state) {
    (void)state;
    enum { SLOTS = 8192 / ELEM, MARKED = 50000, FREED = 10, LEFT = SLOTS - FREED };
    struct bytes b, body;
    struct rows m;
    begin_counted(&b, &body, 1000);
    for (unsigned page = 0; page < 2; page++) {
        span(&body, page, 11);
        event(&body, TRACE_EV_HEAP_ALLOC, 1, 1000 + (page + 1) * 8192, 0, 0);
        for (unsigned i = 0; i < (page == 0 ? SLOTS : 1); i++)
            alloc(&body, page, i, ELEM, NO_TYPE);
    }
    event(&body, TRACE_EV_STW_BEGIN, 2, STOP_SWEEP, 0, 0);
    event(&body, TRACE_EV_GC_BEGIN, 2, 2, 0, 0);
    event(&body, TRACE_EV_STW_END, 0, 0, 0, 0);
    event(&body, TRACE_EV_STW_BEGIN, 2, STOP_MARK, 0, 0);
    event(&body, TRACE_EV_HEAP_ALLOC, 1, MARKED, 0, 0);
    event(&body, TRACE_EV_GC_END, 1, 3, 0, 0);
    event(&body, TRACE_EV_STW_END, 0, 0, 0, 0);
    event(&body, TRACE_EV_HEAP_ALLOC, 1, MARKED + 8192 - LEFT * ELEM, 0, 0);
    alloc(&body, 0, 0, ELEM, NO_TYPE);
    for (unsigned i = 0; i < FREED; i++)
        release(&body, 0, i, ELEM);
    collect(&body, 2);
    reel *r = load_made(&b, &body);
    ask(r, "crosscheck", &m);
    size_t i = 0;
    while (i < m.n && (!is(&m, i, "what", "heap live at begin") || number_of(&m, i, "gc") != 2))
        i++;
    assert_true(i < m.n && number_of(&m, i, "theirs") == MARKED + 8192 - LEFT * ELEM);
    assert_true(number_of(&m, i, "diff") == 0);
    free(m.out);
    close_made(&r, &b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_confirmed),      cmocka_unit_test(test_dead_from),
        cmocka_unit_test(test_tables),         cmocka_unit_test(test_ratios),
        cmocka_unit_test(test_window_of_each), cmocka_unit_test(test_lifted_goal),
        cmocka_unit_test(test_proc_goes),      cmocka_unit_test(test_frees_behind_a_refill),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
