/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_rows.c - the sorted table behind all lists: whatever the slices, the order is that of one sort; the selected row
 * stays selected; rows are there before all are. Linked without curses.
 */
#include "tests/cmocka.h"
#include "tui/rows.h"

#include <stdlib.h>
#include <string.h>

/* Rows 0 .. n-1, of which those with (id * 7 + salt) % 5 == 0 are missing; values with many ties. */
struct table_of {
    uint64_t n, salt;
    size_t asked; /* the most ids that were ever asked for at once */
};

static bool is_there(const struct table_of *t, uint64_t id) {
    return (id * 7 + t->salt) % 5 != 0;
}

static int64_t value(const struct table_of *t, uint64_t id) {
    return (int64_t)((id * UINT64_C(0x9e3779b97f4a7c15) ^ t->salt) >> 54) - 512;
}

static size_t more(void *arg, uint64_t *at, uint64_t *ids, size_t max) {
    struct table_of *t = arg;
    size_t got = 0;
    if (max > t->asked)
        t->asked = max;
    for (size_t seen = 0; *at < t->n && got < max && seen < 2000; ++*at, seen++)
        if (is_there(t, *at))
            ids[got++] = *at;
    return got;
}

static int64_t key(void *arg, uint64_t id, int col) {
    return col == 0 ? (int64_t)id : value(arg, id);
}

static enum role fill(void *arg, uint64_t id, struct table_cell *cells) {
    (void)arg;
    snprintf(cells[0].text, TABLE_TEXT, "%llu", (unsigned long long)id);
    return ROLE_TEXT;
}

/* Every third, as a filter lets rows through. */
static bool wanted(void *arg, uint64_t id) {
    (void)arg;
    return id % 3 == 0;
}

static const struct table_column columns[] = {{"id", 10, 9, false, 0}, {"value", 8, 8, false, 0}};
static const struct rows_source source = {
    .cols = columns, .ncols = 2, .least_first = 1, .more = more, .key = key, .fill = fill, .wanted = wanted};

static void finish(struct rows *r, size_t budget) {
    for (int i = 0; rows_work(r, budget); i++)
        assert_true(i < 10000000);
}

/* Each row once, and each before the next: that alone makes it the one right order. */
static void check_order(const struct rows *r, const struct table_of *t, bool down) {
    size_t want = 0;
    for (uint64_t i = 0; i < t->n; i++)
        want += is_there(t, i);
    assert_int_equal(rows_count(r), want);
    for (size_t i = 0; i < want; i++) {
        uint64_t id = rows_id(r, i);
        assert_true(id < t->n && is_there(t, id));
        if (i == 0)
            continue;
        uint64_t before = rows_id(r, i - 1);
        int64_t a = value(t, before), b = value(t, id);
        assert_true(a == b ? before < id : (a > b) == down);
    }
}

static void test_order_whatever_the_slices(void **state) {
    (void)state;
    static const uint64_t sizes[] = {0, 1, 2, 15, 16, 17, 33, 1000, 1024, 1025, 5000, 70001};
    static const size_t budgets[] = {1, 7, 1000, ROWS_SLICE};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (size_t b = 0; b < sizeof budgets / sizeof *budgets; b++) {
            if (sizes[s] > 5000 && budgets[b] < 7)
                continue;
            struct rows r = {0};
            struct table_of t = {.n = sizes[s], .salt = s};
            rows_setup(&r, &source, &t, 1);
            rows_renew(&r, 1);
            finish(&r, budgets[b]);
            check_order(&r, &t, true);
            rows_act(&r, ACT_SORT_TURN);
            finish(&r, budgets[b]);
            check_order(&r, &t, false);
            rows_free(&r);
        }
}

static void test_selection_stays(void **state) {
    (void)state;
    struct rows r = {0};
    struct table_of t = {.n = 20000};
    rows_setup(&r, &source, &t, 1);
    rows_renew(&r, 1);
    finish(&r, ROWS_SLICE);
    list_fit(&r.list, (int)rows_count(&r), 20);
    for (int i = 0; i < 200; i++)
        rows_act(&r, ACT_DOWN);
    uint64_t chosen = rows_chosen(&r);
    for (uint64_t salt = 1; salt < 40; salt++) {
        int before = r.list.selected;
        t.salt = salt;
        rows_renew(&r, salt + 1);
        assert_true(rows_work(&r, 1000));
        assert_int_equal(rows_count(&r) > 0, 1); /* the old order is still there */
        finish(&r, 1000);
        list_fit(&r.list, (int)rows_count(&r), 20);
        if (is_there(&t, chosen))
            assert_true(rows_chosen(&r) == chosen);
        else
            assert_int_equal(r.list.selected, before < (int)rows_count(&r) ? before : (int)rows_count(&r) - 1);
        assert_true(r.list.selected >= r.list.top && r.list.selected < r.list.top + 20);
    }
    rows_free(&r);
}

/* Home and End mean the order that was asked for, also while it is still being made, and before anything was drawn. */
static void test_edges_of_an_order_to_come(void **state) {
    (void)state;
    static const enum action keys[] = {ACT_TOP, ACT_BOTTOM};
    for (size_t i = 0; i < 2; i++) {
        struct rows r = {0};
        struct table_of t = {.n = 20000};
        rows_setup(&r, &source, &t, 1);
        rows_act(&r, keys[i]);
        rows_renew(&r, 1);
        finish(&r, ROWS_SLICE);
        list_fit(&r.list, (int)rows_count(&r), 20);
        assert_true(rows_chosen(&r) == rows_id(&r, i == 0 ? 0 : rows_count(&r) - 1));
        for (int round = 0; round < 3; round++) {
            rows_act(&r, ACT_SORT_TURN);
            rows_act(&r, keys[i]);
            finish(&r, 1000);
            list_fit(&r.list, (int)rows_count(&r), 20);
            assert_true(rows_chosen(&r) == rows_id(&r, i == 0 ? 0 : rows_count(&r) - 1));
        }
        rows_act(&r, ACT_SORT_TURN);
        rows_act(&r, keys[i]);
        rows_act(&r, i == 0 ? ACT_DOWN : ACT_UP); /* from the edge that is shown: that row, wherever it goes */
        uint64_t chosen = rows_chosen(&r);
        finish(&r, 1000);
        assert_true(rows_chosen(&r) == chosen);
        rows_free(&r);
    }
}

static void test_first_rows_come_before_all(void **state) {
    (void)state;
    struct rows r = {0};
    struct table_of t = {.n = 3000000};
    rows_setup(&r, &source, &t, 1);
    rows_renew(&r, 1);
    assert_true(rows_work(&r, 5000));
    assert_true(rows_count(&r) > 1000 && rows_count(&r) < 50000);
    assert_true(rows_id(&r, 0) != ROWS_NONE);
    assert_true(rows_id(&r, rows_count(&r)) == ROWS_NONE);
    rows_free(&r);
}

static void test_draws_and_sorts_by_heading(void **state) {
    (void)state;
    struct rows r = {0};
    struct sheet s = {0};
    struct table_of t = {.n = 100};
    assert_true(sheet_resize(&s, 40, 10));
    struct pen p = pen_on(&s, (struct rect){.w = 40, .h = 10});
    rows_setup(&r, &source, &t, 1);
    rows_renew(&r, 1);
    finish(&r, ROWS_SLICE);
    rows_draw(&r, &p, ~0u, ROWS_NONE, true);
    assert_int_equal(rows_click(&r, 2, 0, false), ROWS_MOVED);
    finish(&r, ROWS_SLICE);
    sheet_blank(&s);
    rows_draw(&r, &p, ~0u, ROWS_NONE, true);
    assert_true(rows_id(&r, 0) == 1); /* 0 is missing; the least comes first here */
    assert_int_equal(sheet_at(&s, 10, 1)->ch[0], '1');
    assert_int_equal(rows_click(&r, 2, 3, false), ROWS_MOVED);
    assert_true(rows_chosen(&r) == 3);
    assert_int_equal(rows_click(&r, 2, 3, true), ROWS_ENTERED);
    sheet_free(&s);
    rows_free(&r);
}

/* A filter leaves rows out and says of how many; without it all are back; the selected row stays where it can. */
static void test_a_filter_narrows(void **state) {
    (void)state;
    for (size_t budget = 1; budget < 100000; budget *= 300) {
        struct rows r = {0};
        struct table_of t = {.n = 5000, .salt = 3};
        uint64_t all = 0, some = 0;
        for (uint64_t i = 0; i < t.n; i++) {
            all += is_there(&t, i);
            some += is_there(&t, i) && i % 3 == 0;
        }
        rows_setup(&r, &source, &t, 1);
        rows_renew(&r, 1);
        finish(&r, budget);
        assert_true(rows_count(&r) == all && rows_all(&r) == all);
        list_fit(&r.list, (int)rows_count(&r), 20);
        rows_choose(&r, 3000);
        rows_narrow(&r, true);
        rows_renew(&r, 2);
        finish(&r, budget);
        assert_true(rows_count(&r) == some && rows_all(&r) == all);
        for (size_t i = 0; i < some; i++)
            assert_true(rows_id(&r, i) % 3 == 0);
        assert_true(rows_chosen(&r) == 3000);
        rows_act(&r, ACT_BOTTOM);
        assert_true(rows_chosen(&r) == rows_id(&r, some - 1));
        rows_act(&r, ACT_TOP);
        assert_true(rows_chosen(&r) == rows_id(&r, 0));
        rows_narrow(&r, false);
        rows_renew(&r, 3);
        finish(&r, budget);
        check_order(&r, &t, true);
        rows_free(&r);
    }
}

/* Columns that have no room come into view one by one behind the first, and then it begins anew. */
static void test_columns_further_right(void **state) {
    (void)state;
    static const struct table_column wide[] = {{"a", 8, 9, false, 0},
                                               {"b", 8, 8, false, 0},
                                               {"c", 8, 7, false, 0},
                                               {"d", 8, 6, false, 0},
                                               {"e", 8, 5, false, 0}};
    struct rows_source five = source;
    struct rows r = {0};
    struct sheet s = {0};
    struct table_of t = {.n = 10};
    unsigned seen = 0;
    five.cols = wide;
    five.ncols = 5;
    assert_true(sheet_resize(&s, 30, 10));
    struct pen p = pen_on(&s, (struct rect){.w = 30, .h = 10});
    rows_setup(&r, &five, &t, 1);
    rows_renew(&r, 1);
    finish(&r, ROWS_SLICE);
    for (int i = 0; i < 4; i++) {
        rows_draw(&r, &p, ~0u, ROWS_NONE, true);
        assert_true(r.table.w[0] > 0); /* the first one always stays */
        for (int c = 0; c < 5; c++)
            seen |= r.table.w[c] > 0 ? 1u << c : 0;
        rows_act(&r, ACT_COLUMNS);
    }
    assert_int_equal(seen, 31);
    assert_int_equal(r.hidden, 1); /* round once: none, 1, 2, none */
    sheet_free(&s);
    rows_free(&r);
}

/* However narrow: first the column of names, then the one that rows go by. */
static void test_the_sorted_column_stays(void **state) {
    (void)state;
    static const struct table_column cols[] = {
        {"name", 0, 9, true, 6}, {"a", 6, 8, false, 0}, {"b", 6, 7, false, 0}, {"c", 6, 1, false, 0}};
    for (int sorted = -1; sorted < 4; sorted++)
        for (int width = 1; width <= 40; width++) {
            struct table t = {.cols = cols, .ncols = 4, .sorted = sorted};
            table_arrange(&t, width, ~0u);
            int shown = 0;
            for (int i = 0; i < 4; i++)
                shown += t.w[i] > 0;
            assert_true(t.w[0] > 0 && t.cut == (shown < 4));
            assert_int_equal(shown, width >= 29 ? 4 : width >= 22 ? 3 : width >= 15 ? 2 : 1);
            if (sorted > 0 && shown > 1)
                assert_true(t.w[sorted] > 0);
            if (sorted < 1) /* else by rank alone */
                for (int i = 1; i < 4; i++)
                    assert_true((t.w[i] > 0) == (i < shown));
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_sorted_column_stays),
        cmocka_unit_test(test_order_whatever_the_slices),
        cmocka_unit_test(test_selection_stays),
        cmocka_unit_test(test_edges_of_an_order_to_come),
        cmocka_unit_test(test_first_rows_come_before_all),
        cmocka_unit_test(test_draws_and_sorts_by_heading),
        cmocka_unit_test(test_a_filter_narrows),
        cmocka_unit_test(test_columns_further_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
