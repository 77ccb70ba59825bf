/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_explorer.c - the state behind the screen, on real recordings: steps arrive where they say, the frame follows the
 * cursor, the window holds it, whatever is pressed. Linked without curses.
 */
#include "tui/explorer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *const names[] = {"annotate-1.26", "mapchurn-1.23", "mapchurn-1.26", "mixed-1.24",
                                    "pingpong-1.22", "plain-1.26",    "stacks-1.26",   NULL};

/* A small generator of numbers: the same sequence on every machine. */
static uint32_t random_next(uint64_t *seed) {
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*seed >> 33);
}

struct opened {
    reel *r;
    struct explorer x;
};

static void open_fixture(struct opened *o, const char *name) {
    struct trace_error err;
    const char *dir = getenv("HEAPREEL_DATA");
    char path[4096];
    snprintf(path, sizeof path, "%s/%s.trace.zst", dir ? dir : "tests/data", name);
    o->r = reel_open(path, NULL, &err);
    if (!o->r)
        fail_msg("%s: %s", name, err.text);
    assert_true(explorer_init(&o->x, o->r, name));
    while (explorer_load(&o->x, 1000000))
        ;
}

static void close_fixture(struct opened *o) {
    explorer_free(&o->x);
    reel_close(&o->r);
}

/* What must hold at any time. */
static void check(struct explorer *x) {
    uint32_t slot;
    assert_true(x->now.t >= 0 && x->now.t <= explorer_end(x));
    assert_true(x->now.pos <= reel_facts(x->reel));
    assert_true(frame_pos(x->frame) == x->now.pos);
    assert_true(x->win.from <= x->now.t && x->now.t < x->win.to);
    assert_true(x->win.to - x->win.from >= WINDOW_MIN_NS);
    if (x->selected) {
        assert_true(frame_find(x->frame, x->addr, &slot) == x->span);
        if (x->span != NO_ID)
            assert_int_equal(slot, x->slot);
    }
}

static void test_opens_at_the_end(void **state) {
    (void)state;
    struct opened o;
    open_fixture(&o, "mapchurn-1.26");
    check(&o.x);
    assert_true(o.x.now.pos == reel_facts(o.r));
    assert_true(o.x.now.t == explorer_end(&o.x));
    assert_true(o.x.selected && o.x.span != NO_ID);
    close_fixture(&o);
}

static void test_cycles_there_and_back(void **state) {
    (void)state;
    struct opened o;
    open_fixture(&o, "mapchurn-1.24");
    const struct cycle *c;
    size_t n = reel_cycles(o.r, &c), seen = 0;
    explorer_go(&o.x, 0);
    for (size_t i = 0; i < n; i++) {
        if (c[i].begin <= 0)
            continue;
        explorer_step(&o.x, STEP_CYCLE, 1);
        check(&o.x);
        assert_true(o.x.now.t == c[i].begin);
        seen++;
    }
    assert_true(seen >= 3);
    explorer_step(&o.x, STEP_CYCLE, 1);
    assert_true(o.x.now.t == c[n - 1].begin);
    assert_int_equal(o.x.message_role, ROLE_WARN);
    for (size_t i = n - 1; i-- > n - seen;) {
        explorer_step(&o.x, STEP_CYCLE, -1);
        assert_true(o.x.now.t == c[i].begin);
    }
    close_fixture(&o);
}

static void test_events_one_by_one(void **state) {
    (void)state;
    struct opened o;
    open_fixture(&o, "mixed-1.26");
    explorer_go_pos(&o.x, reel_facts(o.r) / 2);
    uint64_t pos = o.x.now.pos;
    for (int i = 0; i < 200; i++) {
        explorer_step(&o.x, STEP_EVENT, 1);
        check(&o.x);
        assert_true(o.x.now.pos == ++pos);
    }
    for (int i = 0; i < 200; i++)
        explorer_step(&o.x, STEP_EVENT, -1);
    assert_true(o.x.now.pos == pos - 200);
    /* Between two events the first step back lands on the event that was last. */
    uint64_t at = reel_facts(o.r);
    explorer_go(&o.x, explorer_end(&o.x));
    explorer_step(&o.x, STEP_EVENT, -1);
    assert_true(o.x.now.pos == (reel_time(o.r, at) < explorer_end(&o.x) ? at : at - 1));
    close_fixture(&o);
}

static void test_annotation_then_bucket(void **state) {
    (void)state;
    struct opened o;
    open_fixture(&o, "mapchurn-1.26");
    assert_true(explorer_find(&o.x, "before-delete", true));
    check(&o.x);
    int64_t first = o.x.now.t;
    explorer_find_next(&o.x, true);
    assert_true(o.x.now.t < first);
    /* A type that lives: its next object becomes the selected bucket. */
    uint32_t type = NO_ID;
    char name[200];
    for (uint32_t i = 1; i < reel_types(o.r); i++)
        if (strstr(explorer_type(&o.x, i, name, sizeof name), "map.group[int]"))
            type = i;
    assert_int_not_equal(type, NO_ID);
    assert_true(explorer_find(&o.x, "before-delete", true));
    struct cursor before = o.x.now;
    struct fact f;
    for (int i = 0; i < 5; i++) {
        explorer_find_live(&o.x, type);
        check(&o.x);
        assert_true(o.x.now.pos == before.pos && o.x.now.t == before.t);
        assert_int_equal(frame_slot(o.x.frame, o.x.span, o.x.slot), SLOT_LIVE);
        assert_true(reel_fact(o.r, o.x.live_at - 1, &f));
        assert_int_equal(f.type, type);
    }
    const struct history *h = explorer_bucket(&o.x);
    assert_non_null(h);
    int row = explorer_bucket_row(&o.x, h);
    assert_true(row >= 0);
    explorer_step(&o.x, STEP_BUCKET, -1);
    assert_true(o.x.now.pos == h->rows[row].pos);
    /* Along its life, there and back. */
    for (size_t i = (size_t)row + 1; i < explorer_bucket(&o.x)->n; i++) {
        explorer_step(&o.x, STEP_BUCKET, 1);
        check(&o.x);
    }
    close_fixture(&o);
}

static void test_mark_counts_types(void **state) {
    (void)state;
    struct opened o;
    open_fixture(&o, "mapchurn-1.24");
    explorer_go(&o.x, explorer_end(&o.x) / 3);
    explorer_mark(&o.x);
    assert_true(o.x.a.set);
    for (uint32_t i = 0; i < o.x.a.n; i++) {
        struct type_count c = frame_type(o.x.frame, i);
        assert_memory_equal(&c, &o.x.a.types[i], sizeof c);
    }
    struct cursor at = o.x.now;
    explorer_go(&o.x, 0);
    explorer_mark_jump(&o.x);
    assert_true(o.x.now.t == at.t && o.x.now.pos == at.pos);
    explorer_mark(&o.x);
    assert_false(o.x.a.set);
    close_fixture(&o);
}

static bool never(void *arg) {
    int *asked = arg;
    return ++*asked > 0;
}

static void test_search_can_be_stopped(void **state) {
    (void)state;
    struct opened o;
    int asked = 0;
    open_fixture(&o, "mapchurn-1.24");
    o.x.stop = never;
    o.x.stop_arg = &asked;
    explorer_go(&o.x, 0);
    struct cursor before = o.x.now;
    explorer_find(&o.x, "type no such type anywhere", false);
    assert_true(o.x.now.t == before.t);
    assert_int_equal(o.x.message_role, ROLE_WARN);
    check(&o.x);
    close_fixture(&o);
}

static void test_anything_in_any_order(void **state) {
    (void)state;
    for (const char *const *name = names; *name; name++) {
        struct opened o;
        uint64_t seed = 7;
        open_fixture(&o, *name);
        for (int i = 0; i < 300; i++) {
            uint32_t what = random_next(&seed) % 14, n = random_next(&seed);
            if (what < 6)
                explorer_step(&o.x, (enum unit_of_step)what, n % 2 ? 1 : -1);
            else if (what == 6)
                explorer_go(&o.x, (int64_t)(n % 1000) * explorer_end(&o.x) / 1000 - 5);
            else if (what < 9)
                explorer_zoom(&o.x, what == 7 ? 1 : 2, what == 7 ? 2 : 1);
            else if (what == 9)
                explorer_select(&o.x, reel_page_address(o.r, n % 4096) + n % 8192);
            else if (what == 10)
                explorer_select_class(&o.x, n % SPAN_CLASSES);
            else if (what == 11)
                explorer_mark(&o.x);
            else if (what == 12)
                explorer_select_event(&o.x);
            else
                explorer_bucket(&o.x);
            check(&o.x);
        }
        close_fixture(&o);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_opens_at_the_end),      cmocka_unit_test(test_cycles_there_and_back),
        cmocka_unit_test(test_events_one_by_one),     cmocka_unit_test(test_annotation_then_bucket),
        cmocka_unit_test(test_mark_counts_types),     cmocka_unit_test(test_search_can_be_stopped),
        cmocka_unit_test(test_anything_in_any_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
