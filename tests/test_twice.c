/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_twice.c - old batches that a writer's fault puts into the trace once more: those of generations that are over
 * go, and nothing else; those of the same generation are told, and said.
 */
#include "tests/made.h"

enum { GENERATIONS = 4, VERSION_AT = 6, APART = 100000, BASE = 1 << 24, EVENTS = 64 };

/* What of a generation a writer writes, in order. */
enum part { CLOCK, STRINGS, FIRST, SECOND, PARTS };

struct made {
    struct bytes b;
    unsigned version, apart; /* ticks from the begin of one generation to that of the next */
    size_t from[GENERATIONS + 1][PARTS], to[GENERATIONS + 1][PARTS];
};

static void put_part(struct made *x, unsigned g, enum part part) {
    static const uint8_t snapshot[] = {TRACE_EV_CLOCK_SNAPSHOT, 1, 1, 1, 1};
    struct bytes body = {0};
    uint64_t ts = BASE + (uint64_t)g * x->apart, m = part >= FIRST ? 1 : UINT64_MAX;
    if (part == CLOCK) {
        if (x->version >= 25) {
            byte(&body, TRACE_EV_SYNC);
        }
        byte(&body, TRACE_EV_FREQUENCY);
        number(&body, 15625000);
        if (x->version >= 25) {
            put(&body, snapshot, sizeof snapshot);
        }
    } else if (part == STRINGS) {
        byte(&body, TRACE_EV_STRINGS);
        byte(&body, TRACE_EV_STRING);
        number(&body, 1);
        number(&body, 1);
        byte(&body, 'a' + g);
    } else if (part == FIRST) {
        event(&body, TRACE_EV_PROC_STATUS, 2, 0, TRACE_PROC_RUNNING, 0);
        event(&body, TRACE_EV_GO_STATUS, 3, 1, 1, TRACE_GO_RUNNING);
        event(&body, TRACE_EV_GO_LABEL, 1, 1, 0, 0);
    } else {
        event(&body, TRACE_EV_HEAP_ALLOC, 1, g, 0, 0);
        event(&body, TRACE_EV_HEAP_ALLOC, 1, g + 100, 0, 0);
    }
    x->from[g][part] = x->b.size;
    batch(&x->b, g, m, ts + 10 * (unsigned)part, &body);
    x->to[g][part] = x->b.size;
    free(body.data);
}

static void again(struct made *x, unsigned g, enum part part) {
    struct bytes copy = {0};
    put(&copy, x->b.data + x->from[g][part], x->to[g][part] - x->from[g][part]);
    put(&x->b, copy.data, copy.size);
    free(copy.data);
}

/* Where an old batch is put: before which part of which generation; PARTS: behind its last one. */
struct old {
    unsigned g;     /* 0: none; whose */
    enum part part; /* which */
    unsigned into;  /* generation */
    enum part before;
};

static void make(struct made *x, unsigned version, const struct old *old) {
    *x = (struct made){.version = version, .apart = x->apart};
    put(&x->b, "go 1.23 trace\0\0\0", 16);
    x->b.data[VERSION_AT] = (uint8_t)('0' + version % 10);
    for (unsigned g = 1; g <= GENERATIONS; g++) {
        for (unsigned part = 0; part < PARTS; part++) {
            if (old->g > 0 && old->into == g && old->before == part) {
                again(x, old->g, old->part);
            }
            put_part(x, g, (enum part)part);
        }
        if (old->g > 0 && old->into == g && old->before == PARTS) {
            again(x, old->g, old->part);
        }
        if (version >= 26) {
            byte(&x->b, TRACE_EV_END_OF_GENERATION);
        }
    }
}

struct read {
    struct trace_event ev[EVENTS];
    size_t n;
    uint64_t generations;
    char label[GENERATIONS];
    struct trace_loss loss;
};

static void read_all(const struct made *x, struct read *to) {
    struct trace_error err;
    trace *t = trace_open_memory(x->b.data, x->b.size, &err);
    assert_non_null(t);
    to->n = 0;
    for (size_t n; (n = trace_read(t, to->ev + to->n, EVENTS - to->n)) > 0; to->n += n) {
        struct trace_text label = trace_string(t, 1);
        to->label[to->ev[to->n].generation] = label.len == 1 ? label.ptr[0] : '?';
    }
    to->generations = trace_generations(t);
    to->loss = *trace_loss(t);
    trace_close(&t);
}

static void check(unsigned version, const struct old *old) {
    static struct read plain, got;
    struct made x = {.apart = APART};
    make(&x, version, &(struct old){0});
    read_all(&x, &plain);
    assert_int_equal(plain.loss.code, TRACE_OK);
    free(x.b.data);
    make(&x, version, old);
    read_all(&x, &got);
    assert_int_equal(got.n, plain.n);
    assert_memory_equal(got.ev, plain.ev, got.n * sizeof got.ev[0]);
    assert_int_equal(got.generations, GENERATIONS);
    assert_memory_equal(got.label, "bcde", GENERATIONS);
    assert_int_equal(got.loss.code, TRACE_E_BATCH);
    assert_true(got.loss.count == 1 && got.loss.by_time == 0);
    assert_int_equal(got.loss.bytes, x.to[old->g][old->part] - x.from[old->g][old->part]);
    assert_string_equal(trace_loss_text(&got.loss), "a batch of a generation before, written once more");
    free(x.b.data);
}

/* Wherever they stand: at the begin, in the middle and at the end of a later generation. */
static void old_batches_go(void **state) {
    (void)state;
    for (unsigned version = 23; version <= 26; version += version == 23 ? 2 : 1) {
        for (unsigned into = 3; into <= GENERATIONS; into++) {
            for (unsigned g = 1; g + 1 < into; g++) {
                for (unsigned i = 0; i < PARTS * (PARTS + 1); i++) {
                    check(version, &(struct old){g, (enum part)(i % PARTS), into, (enum part)(i / PARTS)});
                }
            }
        }
    }
}

/* Of the generation before, too; where that is still open its batches are its own. */
static void those_of_the_generation_before_go(void **state) {
    (void)state;
    for (unsigned i = 0; i < PARTS * PARTS; i++) {
        check(23, &(struct old){2, (enum part)(i % PARTS), 3, (enum part)(i / PARTS + 1)});
        check(26, &(struct old){2, (enum part)(i % PARTS), 3, (enum part)(i / PARTS)});
    }
}

/* Of its own generation and without numbered events: no reader could tell, so the events are there twice, but it is
 * said. */
static void told_twice_is_said(void **state) {
    (void)state;
    static struct read plain, got;
    struct made x = {.apart = APART};
    make(&x, 26, &(struct old){0});
    read_all(&x, &plain);
    free(x.b.data);
    make(&x, 26, &(struct old){3, SECOND, 3, PARTS});
    read_all(&x, &got);
    assert_int_equal(got.n, plain.n + 2);
    assert_int_equal(got.loss.code, TRACE_E_BATCH);
    assert_true(got.loss.count == 1 && got.loss.bytes == 0 && got.loss.by_time == 0);
    free(x.b.data);
}

/* Where the fault has shown before there is no doubt. */
static void where_it_is_known_it_is_told_once(void **state) {
    (void)state;
    static struct read plain, got;
    struct made x = {.apart = APART};
    make(&x, 23, &(struct old){0});
    read_all(&x, &plain);
    free(x.b.data);
    make(&x, 23, &(struct old){1, FIRST, 3, SECOND});
    again(&x, 4, SECOND);
    read_all(&x, &got);
    assert_int_equal(got.n, plain.n);
    assert_memory_equal(got.ev, plain.ev, got.n * sizeof got.ev[0]);
    assert_int_equal(got.loss.count, 2);
    assert_int_equal(got.loss.bytes, x.to[1][FIRST] - x.from[1][FIRST] + x.to[4][SECOND] - x.from[4][SECOND]);
    free(x.b.data);
}

/* A number that is too high proves nothing of the generations behind it, where their clocks overlap either. */
static void a_wrong_number_makes_nothing_old(void **state) {
    (void)state;
    static struct read got;
    for (unsigned apart = 15; apart <= APART; apart += APART - 15) {
        struct made x = {.apart = apart};
        make(&x, 26, &(struct old){0});
        for (unsigned part = 0; part < PARTS; part++) {
            x.b.data[x.from[2][part] + 1] = 99;
        }
        read_all(&x, &got);
        assert_int_equal(got.n, 5 * GENERATIONS);
        assert_int_equal(got.loss.bytes, 0);
        free(x.b.data);
    }
}

/* Nor does one that is too low make a batch old, whose clock is not. */
static void a_number_alone_makes_nothing_old(void **state) {
    (void)state;
    static struct read got;
    struct made x = {.apart = APART};
    make(&x, 26, &(struct old){0});
    x.b.data[x.from[3][FIRST] + 1] = 1;
    x.b.data[x.from[4][FIRST] + 1] = 2;
    read_all(&x, &got);
    assert_int_equal(got.n, 5 * GENERATIONS);
    assert_int_equal(got.loss.bytes, 0);
    free(x.b.data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(old_batches_go),
        cmocka_unit_test(those_of_the_generation_before_go),
        cmocka_unit_test(told_twice_is_said),
        cmocka_unit_test(where_it_is_known_it_is_told_once),
        cmocka_unit_test(a_wrong_number_makes_nothing_old),
        cmocka_unit_test(a_number_alone_makes_nothing_old),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
