/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_answers.c - reports as pages ask for them: in many small turns they say what the command says at once, they can
 * be given up, the last ones are kept, and every value leads to the thing that it names.
 */
#include "tests/fixture_reel.h"
#include "tui/answers.h"
#include "tui/task.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const bool ascii = false;

static struct answer *ask(struct answers *a, const char *line, int64_t now, uint64_t *number) {
    assert_true(answers_ask(a, line, now, number));
    struct answer *x = answers_get(a, *number);
    assert_non_null(x);
    return x;
}

/* ------------------------------------------------------------------ tasks */

struct counting {
    int n, most;
};

static void count(void *arg, struct task *t) {
    struct counting *c = arg;
    while (c->n < c->most && !task_pause(t))
        c->n++;
}

/* A turn of no time at all is over at the first question. */
static void test_task_takes_turns(void **state) {
    struct counting c = {.most = 5};
    struct task *t = task_new(count, &c);
    int turns = 0;
    (void)state;
    assert_non_null(t);
    assert_int_equal(c.n, 0);
    while (task_turn(t, 1))
        turns++;
    assert_int_equal(c.n, 5);
    assert_true(turns <= 6);
    assert_false(task_turn(t, 1));
    task_free(&t);
    assert_null(t);
}

static void test_task_given_up(void **state) {
    struct counting c = {.most = INT32_MAX};
    struct task *never = task_new(count, &c), *t = task_new(count, &c);
    (void)state;
    task_free(&never);
    assert_int_equal(c.n, 0);
    task_turn(t, 1);
    task_free(&t);
    assert_true(c.n < INT32_MAX);
}

/* ------------------------------------------------------------------ answers */

struct printed {
    char *text;
    size_t len;
};

/* The rows as csv makes them, from a sink or from an answer's values. */
static void print_at_once(reel *r, const char *line, int64_t now, struct printed *out) {
    char **argv = NULL;
    int argc = words_split(line, &argv);
    FILE *f = open_memstream(&out->text, &out->len);
    struct command_env env = {.reel = r, .now = now, .format = FORMAT_TEXT};
    struct sink *s = sink_new(FORMAT_CSV, f, r);
    bool ok = command_run(&env, argc, argv, s);
    if (!ok)
        fail_msg("%s: %s", line, env.error);
    sink_free(&s);
    fclose(f);
    words_free(&argv, argc);
}

static void print_answer(const reel *r, const struct answer *x, struct printed *out) {
    FILE *f = open_memstream(&out->text, &out->len);
    struct sink *s = sink_new(FORMAT_CSV, f, r);
    bool ok = s->begin(s, x->cols, x->ncols);
    for (size_t i = 0; ok && i < x->nrows; i++)
        ok = s->row(s, x->values + i * x->ncols, NULL, NULL, 0);
    s->end(s);
    sink_free(&s);
    fclose(f);
}

static const char *const lines[] = {"where --by type",
                                    "delays --by type",
                                    "returns --by span",
                                    "pins --by span",
                                    "failures",
                                    "growths",
                                    "leaks",
                                    "grown --by goroutine",
                                    "charged --by event",
                                    "allocators --top 3",
                                    "procs",
                                    "turns",
                                    "aftermath",
                                    "crosscheck --from gc:2",
                                    NULL};

static void test_the_same_as_at_once(void **state) {
    static const char *const names[] = {"mapchurn-1.26", "annotate-1.26", NULL};
    (void)state;
    for (int k = 0; names[k]; k++) {
        reel *r = fixture_reel(names[k]);
        struct answers *a = answers_new(r, &ascii);
        int64_t now = reel_info(r)->duration / 2;
        for (int i = 0; lines[i]; i++) {
            struct printed once, turns;
            uint64_t number;
            struct answer *x = ask(a, lines[i], now, &number);
            while (answers_work(a, x, 20000))
                assert_true(answers_running(a));
            if (x->state != ANSWER_DONE)
                fail_msg("%s: %s", lines[i], x->error);
            print_at_once(r, lines[i], now, &once);
            print_answer(r, x, &turns);
            assert_string_equal(once.text, turns.text);
            free(once.text);
            free(turns.text);
        }
        answers_free(&a);
        reel_close(&r);
    }
}

static void test_questions_and_what_is_kept(void **state) {
    reel *r = fixture_reel("mapchurn-1.26");
    struct answers *a = answers_new(r, &ascii);
    uint64_t leaks, again, other, number;
    (void)state;
    struct answer *x = ask(a, "leaks", 5, &leaks);
    while (answers_work(a, x, 0))
        ;
    assert_true(answers_ask(a, "leaks", 5, &again));
    assert_true(leaks == again);
    assert_true(answers_ask(a, "leaks", 6, &other));
    assert_true(leaks != other);
    assert_ptr_equal(answers_get(a, leaks), x);
    /* others push it out; asked again, it begins anew at the instant of the question */
    for (int i = 0; i < 12; i++) {
        char line[32];
        snprintf(line, sizeof line, "turns --top %d", i + 1);
        answers_work(a, ask(a, line, 0, &number), 0);
    }
    x = answers_get(a, leaks);
    assert_int_equal(x->state, ANSWER_RUNNING);
    assert_true(x->now == 5);
    answers_free(&a); /* while it runs */
    reel_close(&r);
}

static void test_given_up_and_wrong(void **state) {
    reel *r = fixture_reel("mapchurn-1.26");
    struct answers *a = answers_new(r, &ascii);
    uint64_t number;
    (void)state;
    struct answer *x = ask(a, "delays", 0, &number);
    answers_work(a, x, 1);
    answers_stop(a);
    assert_false(answers_running(a));
    assert_int_equal(x->state, ANSWER_FAILED);
    assert_string_equal(x->error, "stopped");
    x = answers_get(a, number); /* once more */
    answers_work(a, x, 0);
    assert_int_equal(x->state, ANSWER_DONE);
    x = ask(a, "delays --by nonsense", 0, &number);
    answers_work(a, x, 0);
    assert_int_equal(x->state, ANSWER_FAILED);
    assert_non_null(strstr(x->error, "all, class or type"));
    /* another question takes the turn */
    x = ask(a, "leaks", 1, &number);
    answers_work(a, x, 1);
    struct answer *y = ask(a, "turns", 1, &number);
    assert_true(x->state == ANSWER_FAILED || x->state == ANSWER_DONE);
    answers_work(a, y, 0);
    assert_int_equal(y->state, ANSWER_DONE);
    answers_free(&a);
    reel_close(&r);
}

static void test_other_ways_to_ask(void **state) {
    reel *r = fixture_reel("mapchurn-1.26");
    struct answers *a = answers_new(r, &ascii);
    uint64_t number;
    (void)state;
    struct answer *x = ask(a, "delays --by=class --from gc:2 --where \"n>1 name!='a b'\"", 7, &number);
    assert_int_equal(answer_by(x), 1);
    struct link to = answers_settle(a, answer_link_by(number, 2), 99);
    assert_int_equal(to.kind, LINK_REPORT);
    struct answer *y = answers_get(a, answer_number(to));
    assert_int_equal(answer_by(y), 2);
    assert_true(y->now == 7);
    char **argv = NULL;
    assert_int_equal(words_split(y->line, &argv), 7);
    assert_string_equal(argv[4], "n>1 name!='a b'");
    assert_string_equal(argv[6], "type");
    words_free(&argv, 7);
    to = answers_settle(a, answer_link_again(number), 99);
    y = answers_get(a, answer_number(to));
    assert_true(y->now == 99);
    assert_int_equal(answer_by(y), 1);
    answers_free(&a);
    reel_close(&r);
}

/* ------------------------------------------------------------------ where rows lead */

static void expect_name(text want, const struct value *v) {
    if (v->s.len != want.len || memcmp(v->s.ptr, want.ptr, want.len) != 0)
        fail_msg("a row that says %.*s leads to %.*s", (int)v->s.len, v->s.ptr, (int)want.len, want.ptr);
}

static void check_leads(reel *r, const struct value *v, struct link to) {
    const struct cycle *c;
    size_t n = reel_cycles(r, &c);
    char name[32];
    switch ((enum link_kind)to.kind) {
    case LINK_TYPE:
        assert_true(to.id < reel_types(r));
        if (reel_type(r, (uint32_t)to.id)->name.len > 0 && memchr(v->s.ptr, '[', v->s.len) == NULL)
            expect_name(reel_type(r, (uint32_t)to.id)->name, v);
        break;
    case LINK_CLASS:
        snprintf(name, sizeof name, "%u %s", (unsigned)to.id / 2, to.id % 2 ? "noscan" : "scan");
        if (to.id >= 2)
            expect_name((text){name, strlen(name)}, v);
        break;
    case LINK_GOROUTINE:
        assert_true(reel_goroutine(r, (uint32_t)to.id)->id == v->u);
        break;
    case LINK_PROC:
        assert_true(to.id < reel_procs(r));
        break;
    case LINK_SPAN:
        assert_true(reel_page_address(r, reel_span(r, (uint32_t)to.id)->page) == v->u);
        break;
    case LINK_CYCLE:
        assert_true(to.id < n && c[to.id].gc == v->u);
        break;
    case LINK_TIME:
    case LINK_BUCKET:
        assert_true(to.id == v->u);
        break;
    default:
        fail_msg("a value leads to a link of kind %d", to.kind);
    }
}

/* What reports are about, by the kind of link that Enter follows in their first row that has one. */
static const struct {
    const char *line;
    enum link_kind first;
} about[] = {
    {"leaks", LINK_TYPE},
    {"leaks --by class", LINK_CLASS},
    {"where", LINK_TIME},
    {"delays --by type", LINK_TYPE},
    {"returns --by span", LINK_SPAN},
    {"returns", LINK_CLASS},
    {"pins --by span", LINK_SPAN},
    {"growths", LINK_TIME},
    {"allocators", LINK_GOROUTINE},
    {"charged --by event", LINK_TIME},
    {"procs", LINK_PROC},
    {"turns", LINK_TIME},
    {"aftermath", LINK_TIME},
    {"grown --by span", LINK_SPAN},
    {"grown --by goroutine", LINK_GOROUTINE},
    {"refills", LINK_CLASS},
    {"traffic", LINK_CLASS},
    {"failures", LINK_CLASS},
    {"maps", LINK_TYPE},
    {"chains", LINK_TIME},
    {"sfr", LINK_TIME},
};

static void test_rows_lead(void **state) {
    reel *r = fixture_reel("mapchurn-1.26");
    struct answers *a = answers_new(r, &ascii);
    (void)state;
    for (size_t k = 0; k < sizeof about / sizeof about[0]; k++) {
        uint64_t number;
        struct answer *x = ask(a, about[k].line, reel_info(r)->duration / 3, &number);
        answers_work(a, x, 0);
        assert_int_equal(x->state, ANSWER_DONE);
        size_t found = 0;
        for (size_t i = 0; i < x->nrows; i++) {
            struct link first = answer_follow(x, r, i);
            if (first.kind != LINK_NONE && found++ == 0 && first.kind != about[k].first)
                fail_msg("%s: a row leads to a link of kind %d", about[k].line, first.kind);
            for (size_t col = 0; col < x->ncols; col++) {
                struct link to = answer_leads(x, r, i, col);
                if (to.kind != LINK_NONE)
                    check_leads(r, &x->values[i * x->ncols + col], to);
            }
        }
        if (found == 0)
            fail_msg("%s: no row leads anywhere", about[k].line);
    }
    answers_free(&a);
    reel_close(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_task_takes_turns),    cmocka_unit_test(test_task_given_up),
        cmocka_unit_test(test_the_same_as_at_once), cmocka_unit_test(test_questions_and_what_is_kept),
        cmocka_unit_test(test_given_up_and_wrong),  cmocka_unit_test(test_other_ways_to_ask),
        cmocka_unit_test(test_rows_lead),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
