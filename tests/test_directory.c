/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_directory.c - what blocks say of their spans: histories, which read only blocks that may have something to tell,
 * are held to one look at all facts of each recording. The rows of a span with the objects that live in it, the rows of
 * a slot, and the last change of both before an instant; the same of the reel saved and opened again.
 */
#include "tests/fixture_reel.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { CHOSEN = 60, MOST_ROWS = 4000 };

/* What one look at all facts finds of a slot, and of its span. */
struct found {
    uint32_t span, slot;
    uint32_t live;
    size_t nspan, nslot;
    struct {
        uint64_t pos;
        uint32_t live;
    } span_row[MOST_ROWS];
    uint64_t slot_row[MOST_ROWS];
    uint64_t half;                  /* the position at which the last ones are asked for */
    uint64_t last_place, last_slot; /* before it; 0: none */
};

static bool is_object(const struct fact *x) {
    return x->kind == FACT_EXISTS || x->kind == FACT_ALLOC || x->kind == FACT_SUBALLOC || x->kind == FACT_FREE;
}

static void look_at(struct found *w, const struct fact *x, uint64_t pos) {
    w->live += x->kind == FACT_EXISTS || x->kind == FACT_ALLOC;
    w->live -= x->kind == FACT_FREE;
    bool crosses = (x->before.place == PLACE_MCACHE) != (x->after.place == PLACE_MCACHE);
    if (!is_object(x) && w->nspan < MOST_ROWS) {
        w->span_row[w->nspan].pos = pos;
        w->span_row[w->nspan++].live = w->live;
    }
    if ((is_object(x) ? x->slot == w->slot : x->kind != FACT_PLACE || crosses) && w->nslot < MOST_ROWS) {
        w->slot_row[w->nslot++] = pos;
    }
    if (pos <= w->half) {
        w->last_place = x->kind == FACT_PLACE ? pos : w->last_place;
        w->last_slot = is_object(x) && x->kind != FACT_SUBALLOC && x->slot == w->slot ? pos : w->last_slot;
    }
}

/* Slots that facts taken at random are about, each of another span. */
static size_t choose(reel *r, struct found *w, uint64_t *state) {
    size_t n = 0;
    for (int tries = 0; tries < 20 * CHOSEN && n < CHOSEN; tries++) {
        struct fact x;
        uint64_t at = random_next(state) % reel_facts(r);
        bool fresh = reel_fact(r, at, &x) && is_object(&x);
        for (size_t i = 0; i < n && fresh; i++) {
            fresh = w[i].span != x.span;
        }
        if (fresh) {
            w[n].span = x.span;
            w[n].slot = x.slot;
            w[n++].half = random_next(state) % (reel_facts(r) + 1);
        }
    }
    return n;
}

/* Of the rows of an address, those of one life of a span. */
static size_t rows_of(const struct history *h, uint32_t span, const struct event_row **out) {
    size_t n = 0;
    for (size_t i = 0; i < h->n; i++) {
        if (h->rows[i].fact.span == span && n < MOST_ROWS) {
            out[n++] = &h->rows[i];
        }
    }
    return n;
}

static void compare(reel *r, const struct found *w) {
    static const struct event_row *row[MOST_ROWS];
    struct history h;
    struct event_row last;
    uint64_t addr = reel_slot_address(r, w->span, w->slot), born = reel_span(r, w->span)->born;
    assert_true(bucket_history(r, addr, born + 1, &h));
    assert_int_equal(rows_of(&h, w->span, row), w->nslot);
    for (size_t i = 0; i < w->nslot; i++) {
        assert_int_equal(row[i]->pos, w->slot_row[i]);
    }
    history_free(&h);
    for (int objects = 0; objects < 2; objects++) {
        assert_true(span_history(r, addr, born + 1, objects != 0, &h));
        size_t n = rows_of(&h, w->span, row), k = 0;
        for (size_t i = 0; i < n; i++) {
            if (!is_object(&row[i]->fact)) {
                assert_true(k < w->nspan && row[i]->pos == w->span_row[k].pos);
                assert_int_equal(row[i]->live, w->span_row[k++].live);
            }
        }
        assert_true(n == MOST_ROWS || k == w->nspan);
        assert_true(objects != 0 || n == k);
        history_free(&h);
    }
    assert_int_equal(slot_last(r, w->span, w->slot, w->half, &last) ? last.pos : 0, w->last_slot);
    assert_int_equal(span_last_place(r, w->span, w->half, &last) ? last.pos : 0, w->last_place);
}

static void look_at_all(reel *r, struct found *w, size_t n) {
    for (uint64_t k = 0; k < reel_facts(r); k++) {
        struct fact x;
        assert_true(reel_fact(r, k, &x));
        for (size_t i = 0; i < n && x.span != NO_ID; i++) {
            if (w[i].span == x.span) {
                look_at(&w[i], &x, k + 1);
            }
        }
    }
}

static reel *opened(const char *path) {
    struct trace_error err;
    reel *r = reel_open(path, NULL, &err);
    assert_non_null(r);
    assert_int_equal(reel_load(r, 0), REEL_DONE);
    return r;
}

static void save(reel *r, const char *path, char *file) {
    struct command_env env = {.reel = r, .path = path, .format = FORMAT_JSONL};
    char *argv[] = {(char *)"save", file};
    FILE *out = fopen("/dev/null", "w");
    assert_non_null(out);
    assert_true(command_print(&env, 2, argv, out));
    fclose(out);
}

static void directories_hide_no_fact(void **state) {
    (void)state;
    uint64_t x = 11;
    size_t objects = 0;
    char file[64];
    snprintf(file, sizeof file, "test-history-%ld.reel", (long)getpid());
    for (int i = 0; fixture_names[i] != NULL; i++) {
        reel *r = fixture_reel(fixture_names[i]);
        struct found *w = calloc(CHOSEN, sizeof *w);
        assert_non_null(w);
        size_t n = reel_facts(r) > 0 ? choose(r, w, &x) : 0;
        look_at_all(r, w, n);
        save(r, fixture_path(fixture_names[i]), file);
        reel *again = opened(file);
        for (size_t k = 0; k < n; k++) {
            compare(r, &w[k]);
            compare(again, &w[k]);
            objects++;
        }
        reel_close(&again);
        remove(file);
        reel_close(&r);
        free(w);
    }
    assert_true(objects > 500);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(directories_hide_no_fact)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
