/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_history.c - the lives of slots: against a look at every fact of a recording, and against frames.
 */
#include "tests/fixture_reel.h"

/* The life of a slot: alternating allocs and frees, and the last row is what the frame shows. */
static void check_history(reel *r, frame *f, uint32_t id, uint32_t slot) {
    struct history h;
    assert_true(bucket_history(r, reel_slot_address(r, id, slot), frame_pos(f), &h));
    assert_true(h.n > 0);
    assert_int_equal(h.addr, reel_slot_address(r, id, slot));
    bool live = false;
    for (size_t i = 0; i < h.n; i++) {
        const struct fact *x = &h.rows[i].fact;
        struct fact same;
        assert_true(reel_fact(r, h.rows[i].pos - 1, &same));
        assert_true(same.t == x->t && same.kind == x->kind && same.span == x->span);
        if (x->kind == FACT_ALLOC || x->kind == FACT_EXISTS) {
            assert_false(live);
            live = true;
        } else if (x->kind == FACT_FREE) {
            assert_true(live);
            assert_true(h.rows[i].held == NO_TIME || h.rows[i].held >= 0);
            live = false;
        }
        if (i > 0) {
            assert_true(h.rows[i - 1].pos < h.rows[i].pos);
        }
    }
    struct event_row last;
    if (h.rows[h.n - 1].pos <= frame_pos(f)) {
        assert_int_equal(live, frame_slot(f, id, slot) == SLOT_LIVE);
        assert_int_equal(slot_last(r, id, slot, frame_pos(f), &last) && last.fact.kind != FACT_FREE, live);
    }
    history_free(&h);
}

static bool is_object_fact(const struct fact *x) {
    return x->kind == FACT_EXISTS || x->kind == FACT_ALLOC || x->kind == FACT_SUBALLOC || x->kind == FACT_FREE;
}

static bool crosses_mcache(const struct fact *x) {
    return (x->before.place == PLACE_MCACHE) != (x->after.place == PLACE_MCACHE);
}

/* Does a fact belong to the life of the slot that holds addr? */
static bool is_of_bucket(reel *r, const struct fact *x, uint64_t addr) {
    if (x->span == NO_ID) {
        return false;
    }
    const struct span *s = reel_span(r, x->span);
    uint64_t inside = addr - reel_page_address(r, s->page);
    if (inside >= s->npages * reel_info(r)->page_size) {
        return false;
    }
    if (s->nelems == 0) {
        return !is_object_fact(x);
    }
    uint64_t slot = s->nelems > 1 ? inside / s->elem : 0;
    slot = slot < s->nelems ? slot : s->nelems - 1;
    return is_object_fact(x) ? x->slot == slot : x->kind != FACT_PLACE || crosses_mcache(x);
}

/* Histories have each fact that a look at all facts finds, and no other, in every field. */
static void histories_are_complete(void **state) {
    (void)state;
    static const char *const names[] = {"mixed-1.26", "mapchurn-1.23", "stacks-1.26"};
    uint64_t x = 9;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        reel *r = fixture_reel(names[i]);
        for (int round = 0; round < 12; round++) {
            uint32_t id = random_next(&x) % reel_spans(r);
            const struct span *s = reel_span(r, id);
            uint64_t addr = reel_slot_address(r, id, s->nelems > 0 ? random_next(&x) % s->nelems : 0);
            struct history h;
            assert_true(bucket_history(r, addr, s->born + 1, &h));
            size_t n = 0;
            for (uint64_t k = 0; k < reel_facts(r); k++) {
                struct fact f;
                assert_true(reel_fact(r, k, &f));
                if (!is_of_bucket(r, &f, addr)) {
                    continue;
                }
                assert_true(n < h.n && h.rows[n].pos == k + 1);
                const struct fact *y = &h.rows[n++].fact;
                assert_true(f.t == y->t && f.kind == y->kind && f.span == y->span && f.slot == y->slot);
                assert_true(f.type == y->type && f.g == y->g && f.p == y->p && f.why == y->why);
                assert_true(f.inferred == y->inferred && f.after.place == y->after.place && f.after.p == y->after.p);
            }
            assert_int_equal(n, h.n);
            history_free(&h);
        }
        reel_close(&r);
    }
}

static void histories_alternate(void **state) {
    (void)state;
    reel *r = fixture_reel("mixed-1.26");
    frame *f = frame_new(r);
    assert_true(frame_seek(f, reel_facts(r)));
    uint64_t x = 4;
    const uint32_t *ids;
    size_t n = frame_spans(f, &ids);
    int checked = 0;
    for (int i = 0; i < 300; i++) {
        uint32_t id = ids[random_next(&x) % n];
        const struct span *s = reel_span(r, id);
        if (s->kind == SPAN_HEAP) {
            check_history(r, f, id, random_next(&x) % s->nelems);
            checked++;
        }
    }
    assert_true(checked > 100);
    struct history h;
    assert_false(bucket_history(r, 0x1234, 0, &h));
    assert_null(h.rows);
    frame_free(&f);
    reel_close(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(histories_alternate),
        cmocka_unit_test(histories_are_complete),
    };
    return cmocka_run_group_tests_name("history", tests, NULL, NULL);
}
