/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_search.c - what is searched for, and that both directions find all of it and nothing else. */
#include "core/filter.h"
#include "tests/fixture_reel.h"

#include <stdlib.h>
#include <string.h>

static int load(void **state) {
    *state = fixture_reel("mapchurn-1.26");
    return 0;
}

static int unload(void **state) {
    reel *r = *state;
    reel_close(&r);
    return 0;
}

static struct search parse(reel *r, const char *s) {
    struct search q;
    const char *why = "";
    if (!search_parse(r, s, &q, &why)) {
        fail_msg("%s: %s", s, why);
    }
    return q;
}

static void test_parse(void **state) {
    reel *r = *state;
    struct search q = parse(r, " 0xc000012340 ");
    assert_int_equal(q.kind, SEARCH_ADDRESS);
    assert_true(q.addr == 0xc000012340);
    q = parse(r, "class 5");
    assert_true(q.kind == SEARCH_CLASS && q.any_scan && q.span_class / 2 == 5);
    q = parse(r, "class 5 noscan");
    assert_true(q.kind == SEARCH_CLASS && !q.any_scan && q.span_class == 11);
    q = parse(r, "class 5 scan");
    assert_true(q.kind == SEARCH_CLASS && !q.any_scan && q.span_class == 10);
    q = parse(r, "48B");
    assert_true(q.kind == SEARCH_CLASS && q.any_scan && q.span_class / 2 == 5);
    q = parse(r, "type map.group ");
    assert_int_equal(q.kind, SEARCH_TYPE);
    assert_string_equal(q.text, "map.group");
    q = parse(r, "note before");
    assert_int_equal(q.kind, SEARCH_NOTE);
    q = parse(r, "classical");
    assert_int_equal(q.kind, SEARCH_TEXT);
    assert_string_equal(q.text, "classical");
}

static void test_parse_refuses(void **state) {
    static const char *const wrong[] = {"", "  ", "class 68", "class x", "class 5 some", "47B", "0xzz", "0x1 x", "+0x"};
    struct search q;
    char longest[300];
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        const char *why = NULL;
        assert_false(search_parse(*state, wrong[i], &q, &why));
        assert_non_null(why);
    }
    const char *why = NULL;
    assert_false(search_parse(*state, longest, &q, &why));
    assert_non_null(why);
}

static finder *look_for(reel *r, const char *s) {
    char why[FILTER_WHY];
    finder *f = finder_new(r, s, 0, reel_facts(r) / 3, why);
    if (!f)
        fail_msg("%s: %s", s, why);
    return f;
}

/* Step until found or not there; searches go on a slice at a time. */
static int step(finder *f, bool back, int64_t t, uint64_t pos, struct search_hit *hit) {
    int got;
    while ((got = finder_next(f, back, t, pos, hit)) < 0)
        finder_work(f, 1000);
    return got;
}

static bool name_has(reel *r, uint32_t type, const char *part) {
    text n = type == NO_ID ? (text){NULL, 0} : reel_type(r, type)->name;
    return n.len && memmem(n.ptr, n.len, part, strlen(part));
}

static bool has_slot(const struct fact *f) {
    return f->kind == FACT_EXISTS || f->kind == FACT_ALLOC || f->kind == FACT_SUBALLOC || f->kind == FACT_FREE;
}

/* All hits of q forwards from the start, then back from the end: the same ones, `want` of them. */
static void walk(reel *r, const char *what, uint64_t want) {
    finder *f = look_for(r, what);
    struct search_hit hit;
    uint64_t pos = 0, last = 0, n = 0;
    int64_t t = -1;
    while (step(f, false, t, pos, &hit) == 1) {
        assert_true(n == 0 || hit.pos > last);
        t = hit.t;
        pos = last = hit.pos;
        n++;
    }
    assert_int_equal(n, want);
    pos = reel_facts(r) + 1;
    t = INT64_MAX;
    while (step(f, true, t, pos, &hit) == 1) {
        assert_true(hit.pos < pos);
        t = hit.t;
        pos = hit.pos;
        n--;
    }
    assert_int_equal(n, 0);
    finder_free(&f);
}

static void test_a_type(void **state) {
    reel *r = *state;
    const char *q = "type MAIN.rec";
    struct fact f;
    uint64_t want = 0;
    for (uint64_t i = 0; reel_fact(r, i, &f); i++) {
        want += has_slot(&f) && f.span != NO_ID && name_has(r, f.type, "main.rec");
    }
    assert_true(want > 100);
    walk(r, q, want);
}

static void test_an_address(void **state) {
    reel *r = *state;
    struct fact f;
    uint64_t n = 0, addr = 0, want = 0;
    while (reel_fact(r, n, &f) && f.kind != FACT_ALLOC) {
        n++;
    }
    addr = reel_slot_address(r, f.span, f.slot) + 1; /* inside the slot */
    for (uint64_t i = 0; reel_fact(r, i, &f); i++) {
        if (f.span == NO_ID) {
            continue;
        }
        const struct span *s = reel_span(r, f.span);
        uint64_t base = has_slot(&f) ? reel_slot_address(r, f.span, f.slot) : reel_page_address(r, s->page);
        uint64_t size = has_slot(&f) ? s->elem : s->npages * reel_info(r)->page_size;
        want += addr >= base && addr < base + size;
    }
    char line[64], shown[ADDRESS_TEXT];
    snprintf(line, sizeof line, "%s", reel_address_text(r, addr, shown));
    assert_true(want > 0);
    walk(r, line, want);
}

static void test_a_class(void **state) {
    reel *r = *state;
    const char *q = "class 5 noscan";
    struct fact f;
    uint64_t want = 0;
    for (uint64_t i = 0; reel_fact(r, i, &f); i++) {
        const struct span *s = f.span == NO_ID ? NULL : reel_span(r, f.span);
        want += s && !has_slot(&f) && s->kind == SPAN_HEAP && s->class == 5 && s->noscan;
    }
    assert_true(want > 0);
    walk(r, q, want);
}

static void test_a_note(void **state) {
    reel *r = *state;
    finder *q = look_for(r, "note BEFORE-delete");
    const struct note *notes;
    size_t n = reel_notes(r, &notes);
    struct search_hit hit;
    int64_t t = -1;
    uint64_t found = 0, want = 0;
    for (size_t i = 0; i < n; i++) {
        want += notes[i].value.len == 13 && memcmp(notes[i].value.ptr, "before-delete", 13) == 0;
    }
    assert_true(want > 0);
    while (step(q, false, t, 0, &hit) == 1) {
        assert_true(hit.t > t && hit.note < n && hit.span == NO_ID);
        assert_true(hit.t == notes[hit.note].begin && hit.pos == reel_pos(r, hit.t));
        t = hit.t;
        found++;
    }
    assert_int_equal(found, want);
    t = INT64_MAX;
    while (step(q, true, t, NO_POS, &hit) == 1) {
        t = hit.t;
        found--;
    }
    assert_int_equal(found, 0);
    finder_free(&q);
}

/* Text finds notes among facts, whichever comes first. */
static void test_text_finds_notes_too(void **state) {
    reel *r = *state;
    finder *q = look_for(r, "delete"), *note = look_for(r, "note delete");
    struct search_hit a, b;
    assert_int_equal(step(q, false, -1, 0, &a), 1);
    assert_int_equal(step(note, false, -1, 0, &b), 1);
    assert_true(a.t == b.t && a.note == b.note);
    finder *none = look_for(r, "no such thing at all");
    assert_int_equal(step(none, false, -1, 0, &a), 0);
    assert_int_equal(step(none, true, INT64_MAX, reel_facts(r), &a), 0);
    finder_free(&q);
    finder_free(&note);
    finder_free(&none);
}

int main(void) {
#define ON_TRACE(test) cmocka_unit_test_setup_teardown(test, load, unload)
    const struct CMUnitTest tests[] = {
        ON_TRACE(test_parse),
        ON_TRACE(test_parse_refuses),
        ON_TRACE(test_a_type),
        ON_TRACE(test_an_address),
        ON_TRACE(test_a_class),
        ON_TRACE(test_a_note),
        ON_TRACE(test_text_finds_notes_too),
    };
    return cmocka_run_group_tests_name("search", tests, NULL, NULL);
}
