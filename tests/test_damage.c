/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_damage.c - one damaged place costs what it must and no more. Traces are built here, so that what may be lost is
 * known: everything outside of the damaged batch, and in it all but a few events, comes out as it would have.
 */
#include "tests/cmocka.h"
#include "traces/salvage.h"
#include "traces/traces.h"

#include <string.h>

enum { BATCHES = 10, EACH = 20, MOST = 4096, THREAD = 20000 };
/* Clock units at the begin: a machine that has run for twenty minutes. */
#define BEGIN (UINT64_C(1) << 34)

struct made {
    uint8_t data[1 << 16];
    size_t size;
    size_t header[BATCHES], body[BATCHES];
};

static void byte(struct made *b, unsigned v) {
    assert_true(b->size < sizeof b->data);
    b->data[b->size++] = (uint8_t)v;
}
static void number(struct made *b, uint64_t v) {
    for (; v >= 0x80; v >>= 7) {
        byte(b, (unsigned)(v & 0x7f) | 0x80);
    }
    byte(b, (unsigned)v);
}
static uint64_t random_next(uint64_t *x) {
    *x ^= *x << 13;
    *x ^= *x >> 7;
    *x ^= *x << 17;
    return *x;
}
static void header(struct made *b, uint64_t m, uint64_t ts, size_t size) {
    byte(b, TRACE_EV_EVENT_BATCH);
    number(b, 1);
    number(b, m);
    number(b, ts);
    number(b, size);
}
/* Every event 1000 units (64 000 ns) after the one before: HeapAlloc 300, 301, ... 363, 300 ... */
static void alloc(struct made *b, uint64_t dt, unsigned i) {
    byte(b, TRACE_EV_HEAP_ALLOC);
    number(b, dt);
    number(b, 300 + i % 64); /* two bytes that are no types: no other way of reading the batch exists */
}

/* BATCHES batches of one thread, EACH events in each, behind a batch with its P and goroutine. */
static void build(struct made *b) {
    static const uint8_t status[] = {TRACE_EV_PROC_STATUS, 1, 0, 1, TRACE_EV_GO_STATUS, 1, 1, 1, 2};
    memcpy(b->data, "go 1.23 trace\0\0\0", 16);
    b->size = 16;
    header(b, THREAD, BEGIN, sizeof status);
    for (size_t i = 0; i < sizeof status; i++) {
        byte(b, status[i]);
    }
    for (unsigned k = 0; k < BATCHES; k++) {
        b->header[k] = b->size;
        header(b, THREAD, BEGIN + 1000 + (uint64_t)k * EACH * 1000, EACH * 5);
        b->body[k] = b->size;
        for (unsigned i = 0; i < EACH; i++) {
            alloc(b, i == 0 ? 128 : 1000, k * EACH + i);
        }
    }
    header(b, UINT64_MAX, BEGIN + 999999, 5);
    byte(b, TRACE_EV_FREQUENCY);
    number(b, 15625000);
}

static size_t read_all(const struct made *b, struct trace_event *ev, struct trace_loss *loss) {
    struct trace_error err;
    trace *t = trace_open_memory(b->data, b->size, &err);
    size_t n = 0;
    assert_non_null(t);
    for (size_t k; n < MOST && (k = trace_read(t, ev + n, MOST - n)) > 0;) {
        n += k;
    }
    *loss = *trace_loss(t);
    trace_close(&t);
    return n;
}

static struct made made;
static struct trace_event ev[MOST], whole[MOST];

/* How many of the HeapAlloc events are there, each with the time that it has in the whole trace. */
static unsigned found(size_t n) {
    unsigned count = 0;
    for (size_t i = 0, next = 0; i < n; i++) {
        size_t k = next;
        while (k < next + EACH && k < MOST && (whole[k].type != ev[i].type || whole[k].arg[0] != ev[i].arg[0])) {
            k++;
        }
        bool is = k < next + EACH && k < MOST;
        next = is ? k + 1 : next;
        count += is && ev[i].type == TRACE_EV_HEAP_ALLOC && whole[k].time == ev[i].time;
    }
    return count;
}

static void a_damaged_header_costs_its_batch(void **state) {
    (void)state;
    struct trace_loss loss;
    build(&made);
    size_t n = read_all(&made, whole, &loss);
    assert_int_equal(n, 2 + BATCHES * EACH);
    assert_int_equal(loss.code, TRACE_OK);
    for (unsigned k = 1; k < BATCHES; k++) {
        static const struct {
            size_t at;
            uint8_t to;
        } changes[] = {
            {0, 0x7f}, {0, 0}, {1, 0}, {1, 7}, {1, 2}, {4, 0x81}, /* the thread takes the time into it */
        };
        for (size_t c = 0; c < sizeof changes / sizeof changes[0]; c++) {
            build(&made);
            made.data[made.header[k] + changes[c].at] = changes[c].to;
            n = read_all(&made, ev, &loss);
            assert_int_not_equal(loss.code, TRACE_OK);
            assert_true(loss.bytes <= EACH * 5 + 16);
            assert_true(n >= 2 + (BATCHES - 1) * EACH);
        }
    }
}

static void a_damaged_event_costs_a_few(void **state) {
    (void)state;
    struct trace_loss loss;
    for (unsigned k = 0; k < BATCHES; k++) {
        build(&made);
        made.data[made.body[k] + (size_t)5 * (EACH / 2)] = 0xff;
        size_t n = read_all(&made, ev, &loss);
        assert_int_equal(loss.code, TRACE_E_EVENT);
        assert_int_equal(loss.first.offset, made.body[k] + (size_t)5 * (EACH / 2));
        assert_int_equal(loss.first.batch, made.header[k]);
        assert_int_equal(loss.bytes, 10);
        assert_true(n >= 2 + BATCHES * EACH - 2);
        assert_true(found(n) >= BATCHES * EACH - EACH / 2); /* those behind it in its batch come a little early */
    }
}

/* A time far ahead: the thread's next batch tells that it is wrong, and no later event's time suffers. */
static void a_damaged_time_costs_its_batch(void **state) {
    (void)state;
    struct trace_loss loss;
    for (unsigned k = 0; k + 1 < BATCHES; k++) {
        build(&made);
        uint8_t *dt = &made.data[made.body[k] + 6]; /* of the second event: 1000, in two bytes */
        dt[1] |= 0x80;                              /* takes the value's first byte into the time */
        dt[2] |= 0x80;
        dt[3] |= 0x80;
        size_t n = read_all(&made, ev, &loss);
        assert_int_not_equal(loss.code, TRACE_OK);
        assert_true(n >= 2 + BATCHES * EACH - 4);
        assert_true(found(n) >= (BATCHES - 1) * EACH);
    }
}

/* One batch, in which every so many-th event is of no known type: each costs itself and a few. */
static void many_damaged_events_cost_a_few_each(void **state) {
    (void)state;
    enum { EVENTS = 3000 };
    static const unsigned apart[] = {30, 100, 777};
    struct trace_loss loss;
    for (size_t c = 0; c < sizeof apart / sizeof apart[0]; c++) {
        unsigned bad = 0;
        build(&made);
        made.size = made.header[0];
        header(&made, THREAD, BEGIN + 1000, EVENTS * 5);
        for (unsigned i = 0; i < EVENTS; i++) {
            size_t at = made.size;
            alloc(&made, 1000, i);
            if (i % apart[c] == apart[c] - 1) {
                made.data[at] = 0xff;
                bad++;
            }
        }
        size_t n = read_all(&made, ev, &loss);
        assert_int_equal(loss.of_code[TRACE_E_EVENT], bad);
        assert_true(n >= 2 + EVENTS - 2 * bad);
        assert_true(loss.bytes <= 10 * bad);
    }
}

/* Where salvage() goes on is always the beginning of a true event, and not far away. */
static void reading_resumes_between_events(void **state) {
    (void)state;
    static const uint8_t types[] = {TRACE_EV_HEAP_OBJECT_ALLOC, TRACE_EV_HEAP_OBJECT_FREE, TRACE_EV_GO_START,
                                    TRACE_EV_GO_BLOCK,          TRACE_EV_GO_UNBLOCK,       TRACE_EV_HEAP_ALLOC};
    uint64_t x = 5;
    for (int round = 0; round < 500; round++) {
        size_t begin[200], n = 200;
        made.size = 0;
        for (size_t i = 0; i < n; i++) {
            unsigned type = types[random_next(&x) % sizeof types];
            begin[i] = made.size;
            byte(&made, type);
            number(&made, random_next(&x) % 300);
            for (unsigned a = 0; a < trace_event_spec(type)->nargs; a++) {
                number(&made, random_next(&x) >> (24 + random_next(&x) % 40));
            }
        }
        size_t bad = 20 + random_next(&x) % 100, i = bad + 1;
        made.data[begin[bad]] = 0xff;
        size_t at = (size_t)(salvage(made.data + begin[bad], made.data + made.size) - made.data);
        while (i < n && begin[i] < at) {
            i++;
        }
        assert_true(i < n && begin[i] == at);
        assert_true(i - bad <= 16);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_damaged_header_costs_its_batch), cmocka_unit_test(a_damaged_event_costs_a_few),
        cmocka_unit_test(a_damaged_time_costs_its_batch),   cmocka_unit_test(many_damaged_events_cost_a_few_each),
        cmocka_unit_test(reading_resumes_between_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
