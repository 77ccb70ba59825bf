/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_explorer.c - the state behind the screen, on real recordings: steps arrive where they say, the frame follows the
 * cursor, the window holds it, whatever is pressed. Linked without curses.
 */
#include "tests/cmocka.h"
#include "tests/fixtures.h"
#include "tui/explorer.h"

#include <stdlib.h>
#include <string.h>

static const char *const names[] = {"annotate-1.26", "mapchurn-1.23", "mapchurn-1.26", "mixed-1.24",
                                    "pingpong-1.22", "plain-1.26",    "stacks-1.26",   NULL};

struct opened {
    reel *r;
    struct explorer x;
};

static void open_fixture(struct opened *o, const char *name) {
    struct trace_error err;
    o->r = reel_open(fixture_path(name), NULL, &err);
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
    explorer_mark(&o.x, MARK_A);
    assert_true(o.x.a.set);
    for (uint32_t i = 0; i < o.x.a.n; i++) {
        struct type_count c = frame_type(o.x.frame, i);
        assert_memory_equal(&c, &o.x.a.types[i], sizeof c);
    }
    struct cursor at = o.x.now;
    explorer_go(&o.x, 0);
    explorer_mark_jump(&o.x);
    assert_true(o.x.now.t == at.t && o.x.now.pos == at.pos);
    explorer_mark(&o.x, MARK_A);
    assert_false(o.x.a.set);
    close_fixture(&o);
}

/* What mark A kept of spans is what the frame says there; going elsewhere doesn't change it. */
static void test_marks_keep_the_heap(void **state) {
    (void)state;
    struct opened o;
    open_fixture(&o, "mapchurn-1.26");
    int64_t end = explorer_end(&o.x);
    explorer_go(&o.x, end / 2);
    struct cursor half = o.x.now;
    explorer_go(&o.x, end / 5);
    assert_true(explorer_mark_set(&o.x, MARK_A, half));
    check(&o.x);
    explorer_go_cursor(&o.x, half);
    const uint32_t *ids;
    size_t n = frame_spans(o.x.frame, &ids);
    assert_int_equal(n, o.x.a.nspans);
    for (size_t i = 0; i < n; i++) {
        struct span_state st;
        uint32_t live;
        assert_true(frame_state(o.x.frame, ids[i], &st));
        assert_true(explorer_marked(&o.x, ids[i], &live));
        assert_int_equal(live, st.live);
    }
    uint32_t live;
    assert_false(explorer_marked(&o.x, reel_spans(o.r) + 1, &live));
    assert_int_equal(o.x.a.totals.objects, frame_totals(o.x.frame)->objects);
    /* From A to B and back, and the window between them. */
    explorer_go(&o.x, end / 4);
    struct cursor b = o.x.now;
    explorer_mark(&o.x, MARK_B);
    explorer_mark_jump(&o.x);
    assert_true(o.x.now.pos == half.pos && o.x.now.t == half.t);
    explorer_mark_jump(&o.x);
    assert_true(o.x.now.pos == b.pos && o.x.now.t == b.t);
    explorer_mark_zoom(&o.x);
    assert_true(o.x.win.from == b.t && o.x.win.to == half.t + 1);
    close_fixture(&o);
}

/* Every fact of every span that ever held the address is met once, forwards and back; counted without the index. */
static void test_span_event_by_event(void **state) {
    (void)state;
    static const char *const files[] = {"mapchurn-1.26", "mixed-1.24", "stacks-1.26"};
    for (size_t k = 0; k < sizeof files / sizeof *files; k++) {
        struct opened o;
        open_fixture(&o, files[k]);
        uint64_t n = reel_facts(o.r), seed = 3;
        for (int round = 0; round < 6; round++) {
            const struct span *s = reel_span(o.r, random_next(&seed) % reel_spans(o.r));
            uint64_t addr = reel_page_address(o.r, s->page), page = s->page, to;
            uint64_t *want = malloc((n + 1) * sizeof *want), count = 0, met = 0;
            assert_non_null(want);
            for (uint64_t i = 0; i < n; i++) {
                struct fact f;
                assert_true(reel_fact(o.r, i, &f));
                if (f.span != NO_ID && page - reel_span(o.r, f.span)->page < reel_span(o.r, f.span)->npages)
                    want[count++] = i + 1;
            }
            for (uint64_t pos = 0; span_step(o.r, addr, pos, false, &to); pos = to, met++)
                assert_true(met < count && to == want[met]);
            assert_int_equal(met, count);
            for (uint64_t pos = n + 1; span_step(o.r, addr, pos, true, &to); pos = to)
                assert_true(met > 0 && to == want[--met]);
            assert_int_equal(met, 0);
            free(want);
        }
        close_fixture(&o);
    }
}

static void test_lives_of_a_page(void **state) {
    (void)state;
    struct opened o;
    open_fixture(&o, "mixed-1.24");
    uint32_t n = reel_spans(o.r);
    for (uint32_t i = 0; i < n; i += 37) {
        uint64_t addr = reel_page_address(o.r, reel_span(o.r, i)->page), page = reel_span(o.r, i)->page;
        uint32_t next = NO_ID, before = NO_ID;
        for (uint32_t k = 0; k < n; k++) {
            const struct span *s = reel_span(o.r, k);
            if (page - s->page >= s->npages)
                continue;
            if (k < i)
                before = k;
            if (k > i && next == NO_ID)
                next = k;
        }
        assert_int_equal(span_life(o.r, addr, i, false), next);
        assert_int_equal(span_life(o.r, addr, i, true), before);
    }
    close_fixture(&o);
}

/* One life has the events of that life alone, and the last change of place is the one before the cursor. */
static void test_history_of_a_life(void **state) {
    (void)state;
    struct opened o;
    open_fixture(&o, "mixed-1.24");
    uint64_t n = reel_facts(o.r), seed = 11;
    for (int round = 0; round < 12; round++) {
        uint32_t id = random_next(&seed) % reel_spans(o.r), live = 0;
        struct history h;
        size_t at = 0;
        assert_true(life_history(o.r, id, &h));
        for (uint64_t i = 0; i < n; i++) {
            struct fact f;
            assert_true(reel_fact(o.r, i, &f));
            if (f.span != id)
                continue;
            live += f.kind == FACT_ALLOC || f.kind == FACT_EXISTS;
            live -= f.kind == FACT_FREE;
            assert_true(at < h.n && h.rows[at].pos == i + 1 && h.rows[at].live == live);
            at++;
        }
        assert_int_equal(at, h.n);
        uint64_t pos = random_next(&seed) % (n + 1), want = 0;
        struct event_row last;
        for (size_t i = 0; i < h.n && h.rows[i].pos <= pos; i++)
            want = h.rows[i].fact.kind == FACT_PLACE ? h.rows[i].pos : want;
        assert_int_equal(span_last_place(o.r, id, pos, &last), want != 0);
        assert_true(want == 0 || last.pos == want);
        history_free(&h);
    }
    close_fixture(&o);
}

/* Peaks and lows take turns, each at least a swing from the one before; and back they are the same. */
static void test_turning_points(void **state) {
    (void)state;
    struct opened o;
    open_fixture(&o, "mapchurn-1.26");
    static const uint64_t swings[] = {1, 10000, 500000, 2000000};
    for (size_t k = 0; k < sizeof swings / sizeof *swings; k++) {
        struct turning p[4096];
        size_t n = 0;
        int64_t t = -1;
        while (n < 4096 && reel_turning(o.r, SERIES_HEAP_LIVE, swings[k], t, false, &p[n])) {
            uint64_t value;
            assert_true(p[n].t > t || n == 0);
            assert_true(reel_value(o.r, SERIES_HEAP_LIVE, p[n].t, &value));
            if (n > 0) {
                assert_true(p[n].peak != p[n - 1].peak);
                assert_true(p[n].peak ? p[n].value >= p[n - 1].value + swings[k]
                                      : p[n - 1].value >= p[n].value + swings[k]);
            }
            t = p[n++].t;
        }
        assert_true(n > 3);
        t = INT64_MAX;
        for (size_t i = n; i-- > 0 && n < 4096; t = p[i].t) {
            struct turning back;
            assert_true(reel_turning(o.r, SERIES_HEAP_LIVE, swings[k], t, true, &back));
            assert_true(back.t == p[i].t && back.peak == p[i].peak);
        }
    }
    close_fixture(&o);
}

static void test_film(void **state) {
    (void)state;
    struct opened o;
    /* 1, 2, 5, 10 ... and back; what lies between goes to the next one. */
    int64_t up[] = {1, 2, 5, 10, 20, 50, 100};
    for (int i = 0; i < 6; i++) {
        assert_int_equal(film_speed_step(up[i], 1), up[i + 1]);
        assert_int_equal(film_speed_step(up[i + 1], -1), up[i]);
    }
    assert_int_equal(film_speed_step(1, -1), 1);
    assert_int_equal(film_speed_step(37, -1), 20);
    open_fixture(&o, "mapchurn-1.26");
    explorer_go(&o.x, 0);
    explorer_play(&o.x, 1);
    int64_t now = 1000, t = 0;
    assert_true(explorer_film(&o.x, now));
    int64_t second = o.x.film.speed;
    for (int i = 0; i < 100; i++, now += 10000000)
        explorer_film(&o.x, now);
    t = o.x.now.t;
    assert_true(t > second * 98 / 100 && t <= second);
    explorer_play(&o.x, -1);
    assert_int_equal(o.x.film.dir, -1);
    for (int i = 0; i < 100000 && explorer_film(&o.x, now += 100000000); i++)
        check(&o.x);
    assert_true(o.x.now.t == 0 && o.x.film.dir == 0);
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
            uint32_t what = random_next(&seed) % 18, n = random_next(&seed);
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
                explorer_mark(&o.x, n % 3 ? MARK_A : MARK_B);
            else if (what == 12)
                explorer_select_event(&o.x);
            else if (what < 15)
                explorer_step(&o.x, what == 13 ? STEP_SPAN : STEP_TURN, n % 2 ? 1 : -1);
            else if (what == 15)
                explorer_mark_zoom(&o.x);
            else if (what == 16)
                explorer_mark_jump(&o.x);
            else
                explorer_bucket(&o.x);
            check(&o.x);
        }
        close_fixture(&o);
    }
}

/* One filter narrows all that has its fields; each row that it lets through is as it says, and so is each it doesn't.
 */
static void test_filters_narrow(void **state) {
    (void)state;
    struct opened o;
    open_fixture(&o, "mapchurn-1.26");
    struct explorer *x = &o.x;
    const struct cycle *c;
    size_t n = reel_cycles(x->reel, &c), some = 0;
    assert_true(explorer_narrow(x, "gc=3..5"));
    assert_non_null(x->narrow[NARROW_CYCLES]);
    assert_non_null(x->narrow[NARROW_EVENTS]);
    assert_null(x->narrow[NARROW_SPANS]);
    for (size_t i = 0; i < n; i++) {
        assert_true(explorer_cycle_wanted(x, i) == (c[i].gc >= 3 && c[i].gc <= 5));
        some += explorer_cycle_wanted(x, i);
    }
    assert_int_equal(some, 3);
    assert_true(explorer_narrow(x, "goal>10M"));
    for (size_t i = 0; i < n; i++)
        assert_true(explorer_cycle_wanted(x, i) == (c[i].goal != UINT64_MAX && c[i].goal > 10u << 20));
    assert_true(explorer_narrow(x, "ev=free p=1"));
    uint64_t wanted = 0;
    for (uint64_t i = 0; i < reel_facts(x->reel); i++) {
        struct fact f;
        assert_true(reel_fact(x->reel, i, &f));
        bool is = f.kind == FACT_FREE && f.p == 1;
        assert_true(explorer_event_wanted(x, &f, i, KNOWN_NO) == is);
        wanted += is;
    }
    assert_true(wanted > 0);
    char words[200];
    assert_string_equal(explorer_say_narrow(x, NARROW_EVENTS, 1234, 5678, words, sizeof words),
                        "only ev=free p=1: 1 234 of 5 678");
    assert_string_equal(explorer_say_narrow(x, NARROW_TYPES, 1, 2, words, sizeof words), "filter doesn't apply");
    assert_false(explorer_narrow(x, "nosuchfield=3"));
    static const struct result_column columns[] = {{"rounds", UNIT_COUNT, ""}, {"name", UNIT_NONE, ""}};
    const struct value rows[2][2] = {
        {{.kind = VALUE_UINT, .u = 3}, {.kind = VALUE_TEXT, .s = {"one", 3}}},
        {{.kind = VALUE_UINT, .u = 5}, {.kind = VALUE_NULL}},
    };
    explorer_narrow_columns(x, columns, 2);
    assert_false(explorer_narrows(x, NARROW_ANSWER)); /* the filter in use has no such field */
    assert_true(explorer_narrow(x, "rounds>4"));
    assert_true(explorer_narrows(x, NARROW_ANSWER) && !explorer_narrows(x, NARROW_EVENTS));
    assert_false(explorer_answer_wanted(x, rows[0]));
    assert_true(explorer_answer_wanted(x, rows[1]));
    assert_true(explorer_narrow(x, "name~one"));
    assert_true(explorer_answer_wanted(x, rows[0]));
    assert_false(explorer_answer_wanted(x, rows[1]));
    explorer_narrow_columns(x, NULL, 0); /* the report is closed: there is nothing left that it could narrow */
    assert_false(explorer_narrows(x, NARROW_ANSWER));
    assert_false(explorer_narrow(x, "rounds>4"));
    explorer_narrow_columns(x, columns, 2);
    assert_true(explorer_narrows(x, NARROW_ANSWER)); /* the text is as it was, and its columns are back */
    explorer_narrow_columns(x, NULL, 0);
    assert_false(explorer_narrow(x, "type~"));
    assert_true(explorer_narrow(x, ""));
    assert_string_equal(explorer_say_narrow(x, NARROW_TYPES, 1, 2, words, sizeof words), "");
    close_fixture(&o);
}

/* ------------------------------------------------------------------ holes */

static bool is_free(const struct explorer *x, uint64_t page) {
    return frame_find(x->frame, reel_page_address(x->reel, page), NULL) == NO_ID;
}

static int by_size(const void *a, const void *b) {
    const struct hole *x = a, *y = b;
    uint64_t nx = x->to - x->from, ny = y->to - y->from;
    return nx != ny ? (nx < ny ? 1 : -1) : (x->from > y->from) - (x->from < y->from);
}

/* Page by page: all stretches, greatest first. */
static size_t holes_of(const struct explorer *x, uint64_t lo, uint64_t hi, struct hole *out, size_t cap) {
    size_t n = 0;
    for (uint64_t page = lo; page < hi; page++) {
        if (!is_free(x, page))
            continue;
        if (page == lo || !is_free(x, page - 1)) {
            assert_true(n < cap);
            out[n++] = (struct hole){.from = page};
        }
        out[n - 1].to = page + 1;
    }
    qsort(out, n, sizeof *out, by_size);
    return n;
}

/* What a search page by page finds: each hole, from greatest to smallest, from any of its pages, and the span before.
 */
static void test_holes(void **state) {
    enum { CAP = 4096 };
    static struct hole all[CAP];
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct opened o;
        size_t most = 0;
        open_fixture(&o, (const char *const[]){"mapchurn-1.26", "mixed-1.24", "mapchurn-1.23"}[i]);
        for (int64_t part = 0; part <= 10; part += 2) {
            uint64_t lo, hi;
            struct hole h = {0}, one;
            explorer_go(&o.x, explorer_end(&o.x) * part / 10);
            reel_page_range(o.r, &lo, &hi);
            size_t n = holes_of(&o.x, lo, hi, all, CAP);
            most = n > most ? n : most;
            for (size_t k = 0; k < n; k++) {
                assert_true(explorer_next_hole(&o.x, k ? &h : NULL, &h));
                assert_true(h.from == all[k].from && h.to == all[k].to);
                assert_true(explorer_hole(&o.x, h.from + (h.to - h.from) / 2, &one));
                assert_true(one.from == h.from && one.to == h.to);
            }
            assert_false(explorer_next_hole(&o.x, n ? &h : NULL, &h));
            uint32_t before = NO_ID;
            for (uint64_t page = lo; page <= hi; page += 3) {
                for (uint64_t p = page < 3 + lo ? lo : page - 3; p < page; p++)
                    before = is_free(&o.x, p) ? before : frame_find(o.x.frame, reel_page_address(o.r, p), NULL);
                assert_true(explorer_span_before(&o.x, page) == before);
                assert_true(page == hi || is_free(&o.x, page) == explorer_hole(&o.x, page, &one));
            }
        }
        assert_true(most > 2);
        close_fixture(&o);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_filters_narrow),        cmocka_unit_test(test_holes),
        cmocka_unit_test(test_opens_at_the_end),      cmocka_unit_test(test_cycles_there_and_back),
        cmocka_unit_test(test_events_one_by_one),     cmocka_unit_test(test_annotation_then_bucket),
        cmocka_unit_test(test_mark_counts_types),     cmocka_unit_test(test_search_can_be_stopped),
        cmocka_unit_test(test_marks_keep_the_heap),   cmocka_unit_test(test_span_event_by_event),
        cmocka_unit_test(test_lives_of_a_page),       cmocka_unit_test(test_turning_points),
        cmocka_unit_test(test_history_of_a_life),     cmocka_unit_test(test_film),
        cmocka_unit_test(test_anything_in_any_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
