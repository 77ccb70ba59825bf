/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_reel.c - winding: real recordings, wound to random instants by every way there is, against a replay that knows
 * nothing but the meaning of each fact.
 */
#include "tests/fixture_reel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- the plain replay: one flag a slot, one state a span */

struct plain_span {
    bool in_use;
    uint32_t live;
    struct span_state state;
    uint32_t gc;    /* gc number at which swept was KNOWN_YES */
    uint32_t *type; /* by slot: type + 1, 0 free */
};

struct plain {
    struct plain_span *span;
    uint32_t gc;
    bool sweeping; /* a span may be swept and leave no event */
    uint64_t objects, bytes;
};

static void plain_apply(struct plain *m, reel *r, const struct fact *x) {
    if (x->kind == FACT_GC) {
        assert_true(m->sweeping); /* they take turns */
        m->gc++;
        m->sweeping = false;
        return;
    }
    if (x->kind == FACT_SWEEP) {
        assert_false(m->sweeping);
        m->sweeping = true;
        return;
    }
    const struct span *s = reel_span(r, x->span);
    struct plain_span *p = &m->span[x->span];
    switch (x->kind) {
    case FACT_SPAN_EXISTS:
    case FACT_SPAN_ALLOC:
        assert_false(p->in_use);
        p->in_use = true;
        p->live = 0;
        p->type = calloc(s->nelems + 1, sizeof *p->type);
        break;
    case FACT_SPAN_FREE:
        assert_true(p->in_use);
        assert_int_equal(p->live, 0);
        p->in_use = false;
        free(p->type);
        p->type = NULL;
        break;
    case FACT_EXISTS:
    case FACT_ALLOC:
        assert_true(p->in_use && x->slot < s->nelems && p->type[x->slot] == 0);
        p->type[x->slot] = x->type + 1;
        p->live++;
        m->objects++;
        m->bytes += s->elem;
        break;
    case FACT_SUBALLOC:
        assert_true(p->in_use && p->type[x->slot] != 0);
        break;
    case FACT_FREE:
        assert_true(p->in_use && p->type[x->slot] == x->type + 1);
        p->type[x->slot] = 0;
        p->live--;
        m->objects--;
        m->bytes -= s->elem;
        break;
    case FACT_PLACE:
        assert_true(p->in_use);
        p->state = x->after;
        p->gc = m->gc;
        break;
    default:
        fail();
    }
}

static void compare_span(const frame *f, reel *r, const struct plain *m, uint32_t id) {
    const struct plain_span *p = &m->span[id];
    struct span_state st;
    assert_int_equal(frame_state(f, id, &st), p->in_use);
    if (!p->in_use) {
        return;
    }
    assert_int_equal(st.live, p->live);
    const struct span *s = reel_span(r, id);
    for (uint32_t i = 0; i < s->nelems; i++) {
        assert_int_equal(frame_slot(f, id, i) == SLOT_LIVE, p->type[i] != 0);
    }
    uint32_t slot, last = s->nelems > 0 ? s->nelems - 1 : 0;
    assert_int_equal(frame_find(f, reel_slot_address(r, id, last), &slot), id);
    assert_int_equal(slot, last);
    /* the last byte, which may belong to no slot */
    uint64_t end = reel_page_address(r, s->page) + s->npages * reel_info(r)->page_size;
    assert_int_equal(frame_find(f, end - 1, &slot), id);
    assert_int_equal(slot, last);
    if (p->state.place != PLACE_UNKNOWN) {
        assert_int_equal(st.place, p->state.place);
        assert_int_equal(st.p, p->state.p);
        if (p->state.swept == KNOWN_YES) {
            bool open = m->sweeping || p->state.place == PLACE_MCACHE; /* which may be flushed before anybody sweeps */
            assert_int_equal(st.swept, p->gc == m->gc ? KNOWN_YES : open ? KNOWN_NOT : KNOWN_NO);
        }
    }
}

/* Sums tie: by span, by class, by type, in total. */
static void compare_sums(frame *f, reel *r, const struct plain *m) {
    const struct totals *t = frame_totals(f);
    assert_int_equal(t->objects, m->objects);
    assert_int_equal(t->object_bytes, m->bytes);
    const struct central *c = frame_central(f);
    uint64_t objects = 0, bytes = 0, spans = 0, span_bytes = 0;
    for (int i = 0; i < SPAN_CLASSES; i++) {
        objects += c[i].objects;
        spans += c[i].spans;
        span_bytes += c[i].bytes;
        assert_int_equal(c[i].spans, c[i].mcache + c[i].nonempty + c[i].empty + c[i].unknown);
        assert_int_equal(c[i].slots, c[i].objects + c[i].free_slots);
    }
    assert_int_equal(objects, m->objects);
    assert_int_equal(spans, t->spans);
    assert_int_equal(span_bytes, t->span_bytes);
    objects = 0;
    for (uint32_t i = 0; i < reel_types(r); i++) {
        struct type_count n = frame_type(f, i);
        objects += n.live;
        bytes += n.bytes;
    }
    assert_int_equal(objects, m->objects);
    assert_int_equal(bytes, m->bytes);
}

static void compare_frame(frame *f, reel *r, const struct plain *m) {
    compare_sums(f, r, m);
    size_t in_use = 0;
    for (uint32_t id = 0; id < reel_spans(r); id++) {
        compare_span(f, r, m, id);
        in_use += m->span[id].in_use;
    }
    const uint32_t *ids;
    assert_int_equal(frame_spans(f, &ids), in_use);
    uint32_t *sorted = malloc((in_use + 1) * sizeof *sorted);
    assert_int_equal(frame_spans_from(f, 0, sorted, in_use + 1), in_use);
    for (size_t i = 1; i < in_use; i++) {
        assert_true(reel_span(r, sorted[i - 1])->page < reel_span(r, sorted[i])->page);
    }
    free(sorted);
}

/* Three frames: one comes from the start each time, one jumps about at random, one walks back. */
static void wind(reel *r, uint64_t seed) {
    uint64_t n = reel_facts(r), x = seed;
    struct plain m = {.span = calloc(reel_spans(r) + 1, sizeof *m.span), .sweeping = true};
    frame *jumping = frame_new(r), *forward = frame_new(r), *back = frame_new(r);
    assert_true(frame_seek(back, n));
    enum { STOPS = 25 };
    uint64_t stops[STOPS + 1];
    for (int i = 0; i < STOPS; i++) {
        stops[i] = n * (uint64_t)(i + 1) / STOPS;
    }
    uint64_t pos = 0;
    for (int i = 0; i < STOPS; i++) {
        for (; pos < stops[i]; pos++) {
            struct fact f;
            assert_true(reel_fact(r, pos, &f));
            plain_apply(&m, r, &f);
        }
        assert_true(frame_seek(forward, pos));
        assert_true(frame_seek(jumping, n > 0 ? ((uint64_t)random_next(&x) << 20 ^ random_next(&x)) % n : 0));
        assert_true(frame_seek(jumping, pos));
        assert_true(frame_seek(back, n));
        for (uint64_t step = n; step > pos;) { /* in short steps, so that it can't take a checkpoint */
            step -= step - pos > 3000 ? 3000 : step - pos;
            assert_true(frame_seek(back, step));
        }
        frame *all[] = {forward, jumping, back};
        for (int k = 0; k < 3; k++) {
            assert_int_equal(frame_pos(all[k]), pos);
            compare_frame(all[k], r, &m);
        }
    }
    for (uint32_t i = 0; i < reel_spans(r); i++) {
        free(m.span[i].type);
    }
    free(m.span);
    frame_free(&jumping);
    frame_free(&forward);
    frame_free(&back);
}

/* The same sums by class, by place, by type and in total, from the slots of each span. */
struct sums {
    struct central class[SPAN_CLASSES];
    struct totals total;
    uint64_t free_in[PLACE_NONE + 1]; /* bytes of free slots by place */
};

static void add_span(struct sums *sum, const frame *f, reel *r, uint32_t id) {
    const struct span *s = reel_span(r, id);
    struct span_state st;
    assert_true(frame_state(f, id, &st));
    uint64_t bytes = s->npages * reel_info(r)->page_size, live = 0;
    if (s->kind != SPAN_HEAP) {
        sum->total.stack_spans++;
        sum->total.stack_bytes += bytes;
        return;
    }
    for (uint32_t i = 0; i < s->nelems; i++) {
        live += frame_slot(f, id, i) == SLOT_LIVE;
    }
    assert_int_equal(st.live, live);
    struct central *c = &sum->class[s->class * 2 + s->noscan];
    c->spans++;
    c->bytes += bytes;
    c->objects += live;
    c->slots += s->nelems;
    c->mcache += st.place == PLACE_MCACHE;
    c->nonempty += st.place == PLACE_NONEMPTY;
    c->empty += st.place == PLACE_EMPTY;
    c->unswept += st.swept == KNOWN_NO;
    sum->free_in[s->class == 0 ? PLACE_UNKNOWN : st.place] += (s->nelems - live) * s->elem;
    sum->total.objects += live;
    sum->total.object_bytes += live * s->elem;
    sum->total.spans++;
    sum->total.span_bytes += bytes;
}

static void check_sums(frame *f, reel *r) {
    static struct sums sum;
    memset(&sum, 0, sizeof sum);
    const uint32_t *ids;
    size_t n = frame_spans(f, &ids);
    for (size_t i = 0; i < n; i++) {
        add_span(&sum, f, r, ids[i]);
    }
    const struct totals *t = frame_totals(f);
    assert_int_equal(t->objects, sum.total.objects);
    assert_int_equal(t->object_bytes, sum.total.object_bytes);
    assert_int_equal(t->spans, sum.total.spans);
    assert_int_equal(t->span_bytes, sum.total.span_bytes);
    assert_int_equal(t->stack_spans, sum.total.stack_spans);
    assert_int_equal(t->stack_bytes, sum.total.stack_bytes);
    assert_int_equal(t->free_in_mcache, sum.free_in[PLACE_MCACHE]);
    assert_int_equal(t->free_in_nonempty, sum.free_in[PLACE_NONEMPTY]);
    assert_int_equal(t->unknown_bytes, sum.free_in[PLACE_UNKNOWN]);
    const struct central *c = frame_central(f);
    for (int i = 0; i < SPAN_CLASSES; i++) {
        const struct central *want = &sum.class[i];
        assert_int_equal(c[i].spans, want->spans);
        assert_int_equal(c[i].bytes, want->bytes);
        assert_int_equal(c[i].objects, want->objects);
        assert_int_equal(c[i].slots, want->slots);
        assert_int_equal(c[i].free_slots, want->slots - want->objects);
        assert_int_equal(c[i].mcache, want->mcache);
        assert_int_equal(c[i].nonempty, want->nonempty);
        assert_int_equal(c[i].empty, want->empty);
        assert_int_equal(c[i].unswept, want->unswept);
    }
    struct type_count types = {0};
    for (uint32_t i = 0; i < reel_types(r); i++) {
        struct type_count x = frame_type(f, i);
        types.live += x.live;
        types.bytes += x.bytes;
    }
    assert_int_equal(types.live, sum.total.objects);
    assert_int_equal(types.bytes, sum.total.object_bytes);
}

static void sums_tie_at_random_instants(void **state) {
    (void)state;
    uint64_t x = 17;
    for (int i = 0; fixture_names[i] != NULL; i++) {
        reel *r = fixture_reel(fixture_names[i]);
        frame *f = frame_new(r);
        for (int k = 0; k < 12; k++) {
            uint64_t far = (uint64_t)random_next(&x) << 20 ^ random_next(&x);
            assert_true(frame_seek(f, far % (reel_facts(r) + 1)));
            check_sums(f, r);
        }
        frame_free(&f);
        reel_close(&r);
    }
}

static void winding_agrees_with_a_replay(void **state) {
    (void)state;
    static const char *const names[] = {"mapchurn-1.23", "mixed-1.24",  "mixed-1.25", "mixed-1.26",
                                        "stacks-1.26",   "flight-1.26", "plain-1.22"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        reel *r = fixture_reel(names[i]);
        wind(r, i + 1);
        reel_close(&r);
    }
}

/* Two frames at one position are the same in all that can be asked. */
static void compare_frames(reel *r, frame *a, frame *b) {
    assert_int_equal(frame_pos(a), frame_pos(b));
    assert_memory_equal(frame_totals(a), frame_totals(b), sizeof(struct totals));
    assert_memory_equal(frame_central(a), frame_central(b), SPAN_CLASSES * sizeof(struct central));
    for (uint32_t i = 0; i < reel_types(r); i++) {
        struct type_count x = frame_type(a, i), y = frame_type(b, i);
        assert_memory_equal(&x, &y, sizeof x);
    }
    for (uint32_t id = 0; id < reel_spans(r); id++) {
        struct span_state x = {0}, y = {0};
        assert_int_equal(frame_state(a, id, &x), frame_state(b, id, &y));
        assert_true(x.live == y.live && x.p == y.p && x.place == y.place && x.swept == y.swept && x.sure == y.sure);
        for (uint32_t i = 0; i < reel_span(r, id)->nelems; i++) {
            assert_int_equal(frame_slot(a, id, i), frame_slot(b, id, i));
        }
    }
}

/* Facts applied and taken back at random leave nothing behind: a frame that has wandered is as one that came straight.
 */
static void walk_at_random(reel *r, uint64_t x) {
    uint64_t n = reel_facts(r), pos = 0;
    frame *walker = frame_new(r);
    for (int round = 0; round < 20; round++) {
        for (int step = 0; step < 20; step++) { /* short ones, so that no checkpoint is taken */
            uint64_t far = random_next(&x) % 3000;
            bool back = random_next(&x) % 3 == 0;
            pos = back ? (pos > far ? pos - far : 0) : (pos + far < n ? pos + far : n - random_next(&x) % n);
            assert_true(frame_seek(walker, pos));
        }
        frame *straight = frame_new(r);
        for (uint64_t at = 0; at < pos;) {
            at = pos - at > 3000 ? at + 3000 : pos;
            assert_true(frame_seek(straight, at));
        }
        compare_frames(r, walker, straight);
        frame_free(&straight);
    }
    frame_free(&walker);
}

static void random_walks_leave_no_trace(void **state) {
    (void)state;
    static const char *const names[] = {"mixed-1.23", "mixed-1.24", "mixed-1.25", "stacks-1.26", "flight-1.26"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        reel *r = fixture_reel(names[i]);
        walk_at_random(r, 77 + i);
        reel_close(&r);
    }
}

/* With next to no memory allowed everything is as without a limit. */
static void little_memory_changes_nothing(void **state) {
    (void)state;
    struct trace_error err;
    struct reel_options opt = {.max_mem = 1};
    reel *r = reel_open(fixture_path("mixed-1.26"), &opt, &err), *whole = fixture_reel("mixed-1.26");
    assert_non_null(r);
    assert_int_equal(reel_load(r, 0), REEL_DONE);
    assert_int_equal(reel_facts(r), reel_facts(whole));
    frame *a = frame_new(r), *b = frame_new(whole);
    for (uint64_t i = 0; i <= 10; i++) {
        uint64_t pos = reel_facts(r) * (i * 7 % 11) / 10;
        assert_true(frame_seek(a, pos) && frame_seek(b, pos));
        compare_frames(r, a, b);
    }
    frame_free(&a);
    frame_free(&b);
    reel_close(&r);
    reel_close(&whole);
}

/* reel_pos and reel_time are each other's inverse as far as facts of one time allow. */
static void positions_and_times(void **state) {
    (void)state;
    reel *r = fixture_reel("mixed-1.24");
    uint64_t n = reel_facts(r), x = 2;
    assert_int_equal(reel_pos(r, -1), 0);
    assert_int_equal(reel_pos(r, INT64_MAX), n);
    for (int i = 0; i < 2000; i++) {
        uint64_t pos = random_next(&x) % n;
        struct fact f;
        assert_true(reel_fact(r, pos, &f));
        uint64_t after = reel_pos(r, f.t), before = reel_pos(r, f.t - 1);
        assert_true(before <= pos && pos < after);
        assert_int_equal(reel_time(r, pos + 1), f.t);
        assert_int_equal(reel_time(r, after), f.t);
    }
    struct fact f;
    assert_false(reel_fact(r, n, &f));
    reel_close(&r);
}

/* Loading in small slices gives the same as loading at once; in between everything can be asked. */
static void loading_in_slices(void **state) {
    (void)state;
    struct trace_error err;
    reel *r = reel_open(fixture_path("mapchurn-1.24"), NULL, &err), *whole = fixture_reel("mapchurn-1.24");
    frame *f = frame_new(r);
    int slices = 0;
    while (reel_load(r, 1) == REEL_LOADING) {
        assert_true(frame_seek(f, reel_facts(r)));
        assert_int_equal(frame_pos(f), reel_facts(r));
        assert_true(reel_info(r)->read_bytes <= reel_info(r)->trace_bytes);
        slices++;
    }
    assert_true(slices > 10);
    assert_int_equal(reel_facts(r), reel_facts(whole));
    assert_int_equal(reel_spans(r), reel_spans(whole));
    assert_int_equal(reel_info(r)->events, reel_info(whole)->events);
    frame_free(&f);
    reel_close(&r);
    reel_close(&whole);
}

/* Phases of a cycle follow each other; cycles are numbered in order; a trace without objects has them as well. */
static void cycles_are_whole(void **state) {
    (void)state;
    for (int i = 0; fixture_names[i] != NULL; i++) {
        reel *r = fixture_reel(fixture_names[i]);
        const struct cycle *c;
        size_t n = reel_cycles(r, &c);
        for (size_t k = 0; k < n; k++) {
            assert_true(c[k].gc == 0 || c[k].gc == (k > 0 ? c[k - 1].gc : 0) + 1);
            int64_t last = c[k].begin;
            for (int p = PHASE_SWEEPTERM; p <= PHASE_SWEEP; p++) {
                if (c[k].phase[p][0] != NO_TIME) {
                    assert_true(c[k].phase[p][0] >= last);
                    last = c[k].phase[p][0];
                }
            }
            if (c[k].phase[PHASE_MARK][0] != NO_TIME) {
                uint32_t gc;
                assert_int_equal(reel_phase(r, c[k].phase[PHASE_MARK][0], &gc), PHASE_MARK);
                assert_int_equal(gc, c[k].gc);
            }
        }
        bool whole = reel_info(r)->snapshot || !reel_info(r)->allocfree; /* else a flight recorder's */
        assert_int_equal(reel_info(r)->unseen_events > 0, !whole);
        assert_int_equal(reel_info(r)->odd_events, 0);
        reel_close(&r);
    }
}

/* Once a cycle is over nothing goes, until the next one has marked: in these recordings, whoever swept. */
static void cycles_end_with_their_frees(void **state) {
    (void)state;
    size_t ended = 0;
    for (int i = 0; fixture_names[i] != NULL; i++) {
        reel *r = fixture_reel(fixture_names[i]);
        const struct cycle *c;
        const struct phase_change *of;
        size_t n = reel_cycles(r, &c), k = 0, changes = reel_phases(r, &of);
        for (uint64_t at = 0; at < reel_facts(r); at++) {
            struct fact x;
            assert_true(reel_fact(r, at, &x));
            while (k + 1 < n && c[k + 1].phase[PHASE_SWEEP][0] != NO_TIME && x.t >= c[k + 1].phase[PHASE_SWEEP][0]) {
                k++;
            }
            if (x.kind == FACT_FREE && !x.inferred && k < n && c[k].end != NO_TIME) {
                assert_true(x.t <= c[k].end);
                ended++;
            }
        }
        for (k = 1; k < changes; k++) {
            assert_true(of[k].t >= of[k - 1].t && of[k].gc >= of[k - 1].gc);
        }
        reel_close(&r);
    }
    assert_true(ended > 50000);
}

static void a_trace_without_objects_says_so(void **state) {
    (void)state;
    reel *r = fixture_reel("plain-1.22");
    assert_false(reel_info(r)->allocfree);
    assert_non_null(reel_missing(r));
    assert_non_null(strstr(reel_missing(r), "traceallocfree"));

    uint64_t v;
    assert_true(reel_value(r, SERIES_HEAP_LIVE, INT64_MAX, &v));
    assert_true(reel_value(r, SERIES_HEAP_GOAL, INT64_MAX, &v));
    reel_close(&r);
    r = fixture_reel("mapchurn-1.26");
    assert_true(reel_info(r)->allocfree && reel_info(r)->snapshot && reel_info(r)->base_known);
    assert_null(reel_missing(r));
    reel_close(&r);
}

static void go_versions_are_told_apart(void **state) {
    (void)state;
    static const struct {
        const char *fixture, *go;
    } known[] = {{"mapchurn-1.23", "go1.23"},
                 {"mapchurn-1.24", "go1.24"},
                 {"mapchurn-1.25", "go1.25"},
                 {"mapchurn-1.26", "go1.26"},
                 {"plain-1.22", "go1.22"}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        reel *r = fixture_reel(known[i].fixture);
        assert_string_equal(reel_info(r)->go, known[i].go);
        reel_close(&r);
    }
}

/* Cut and changed recordings load to the end, and what was recorded still ties. */
static void damaged_recordings_load(void **state) {
    (void)state;
    size_t size;
    uint8_t *data = fixture_bytes("mixed-1.26", &size);
    char path[] = "/tmp/heapreel-test-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *out = fdopen(fd, "wb");
    uint64_t x = 21;
    for (int round = 0; round < 40; round++) {
        size_t at = 16 + random_next(&x) % (size - 16), end = round % 2 == 0 ? at : size;
        uint8_t was = data[at];
        data[at] = (uint8_t)(round % 2 == 0 ? was : was ^ (1 + random_next(&x) % 255));
        rewind(out);
        assert_int_equal(fwrite(data, 1, end, out), end);
        fflush(out);
        assert_int_equal(ftruncate(fileno(out), (off_t)end), 0);
        data[at] = was;
        struct trace_error err;
        reel *r = reel_open(path, NULL, &err);
        assert_non_null(r);
        assert_int_equal(reel_load(r, 0), REEL_DONE);
        frame *f = frame_new(r);
        assert_true(frame_seek(f, reel_facts(r)));
        uint64_t objects = 0;
        for (uint32_t i = 0; i < reel_types(r); i++) {
            objects += frame_type(f, i).live;
        }
        assert_int_equal(objects, frame_totals(f)->objects);
        assert_true(frame_seek(f, 0));
        assert_int_equal(frame_totals(f)->objects, 0);
        frame_free(&f);
        reel_close(&r);
    }
    fclose(out);
    remove(path);
    free(data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(winding_agrees_with_a_replay),
        cmocka_unit_test(random_walks_leave_no_trace),
        cmocka_unit_test(little_memory_changes_nothing),
        cmocka_unit_test(sums_tie_at_random_instants),
        cmocka_unit_test(positions_and_times),
        cmocka_unit_test(loading_in_slices),
        cmocka_unit_test(cycles_are_whole),
        cmocka_unit_test(cycles_end_with_their_frees),
        cmocka_unit_test(a_trace_without_objects_says_so),
        cmocka_unit_test(go_versions_are_told_apart),
        cmocka_unit_test(damaged_recordings_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
