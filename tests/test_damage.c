/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_damage.c - one damaged place costs what it must and no more. Traces are built here, so that what may be lost is
 * known: everything outside of the damaged batch, and in it all but a few events, comes out as it would have.
 */
#include "tests/cmocka.h"
#include "traces/salvage.h"
#include "traces/traces.h"

#include <stdio.h>
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

/* A batch that stands twice says nothing about the times in it. */
static void a_batch_twice_keeps_its_times(void **state) {
    (void)state;
    static struct made twice;
    struct trace_loss loss;
    build(&made);
    read_all(&made, whole, &loss);
    for (unsigned k = 0; k + 1 < BATCHES; k++) {
        twice = made;
        twice.size = made.header[k + 1];
        for (size_t i = made.header[k]; i < made.size; i++) {
            byte(&twice, made.data[i]);
        }
        size_t n = read_all(&twice, ev, &loss);
        assert_int_equal(n, 2 + (BATCHES + 1) * EACH);
        assert_int_equal(loss.code, TRACE_E_BATCH); /* all of it is told, as the reference does: that is said */
        assert_int_equal(loss.bytes, 0);
        assert_int_equal(found(n), BATCHES * EACH);
    }
}

/* The same trace, but that a goroutine is stopped and started anew at the begin of each batch: such have numbers. */
static void build_turning(struct made *b) {
    uint8_t tail[64];
    build(b);
    size_t n = b->size - (b->body[BATCHES - 1] + EACH * 5);
    assert_true(n <= sizeof tail);
    memcpy(tail, b->data + b->size - n, n);
    b->size = b->header[0];
    for (unsigned k = 0; k < BATCHES; k++) {
        const uint8_t turn[] = {TRACE_EV_GO_STOP, 5, 0, 0, TRACE_EV_GO_START, 5, 1, (uint8_t)(k + 1)};
        b->header[k] = b->size;
        header(b, THREAD, BEGIN + 1000 + (uint64_t)k * EACH * 1000, sizeof turn + 5);
        b->body[k] = b->size;
        for (size_t i = 0; i < sizeof turn; i++) {
            byte(b, turn[i]);
        }
        alloc(b, 1000, k);
    }
    for (size_t i = 0; i < n; i++) {
        byte(b, tail[i]);
    }
}

static void put_batch(struct made *to, const struct made *from, unsigned k) {
    size_t end = from->body[k] + 13;
    for (size_t i = from->header[k]; i < end; i++) {
        byte(to, from->data[i]);
    }
}

/* A batch with numbered events that is written once more, at once or later, can't be meant: it goes, and no more. */
static void a_batch_of_numbers_is_there_once(void **state) {
    (void)state;
    static struct made twice;
    struct trace_loss loss;
    build_turning(&made);
    size_t all = read_all(&made, whole, &loss);
    assert_int_equal(all, 2 + BATCHES * 3);
    assert_int_equal(loss.code, TRACE_OK);
    for (unsigned k = 0; k + 2 < BATCHES; k++) {
        for (unsigned later = 0; later < 3; later++) {
            twice = made;
            twice.size = made.header[k + later] + (made.header[k + 1] - made.header[k]);
            size_t copy = twice.size;
            put_batch(&twice, &made, k);
            for (size_t i = copy; i < made.size; i++) {
                byte(&twice, made.data[i]);
            }
            size_t n = read_all(&twice, ev, &loss);
            assert_int_equal(n, all);
            assert_memory_equal(ev, whole, n * sizeof *ev);
            assert_int_equal(loss.code, TRACE_E_BATCH);
            assert_int_equal(loss.first.offset, copy);
            assert_int_equal(loss.bytes, made.body[k] + 13 - made.header[k]);
            assert_true(loss.count == 1 && loss.by_time == 0);
        }
    }
}

/* What differs in a single byte isn't the same batch. */
static void another_batch_of_that_time_stays(void **state) {
    (void)state;
    static struct made twice;
    struct trace_loss loss;
    build_turning(&made);
    twice = made;
    twice.size = made.header[4];
    put_batch(&twice, &made, 3);
    twice.data[twice.size - 1] ^= 1;
    for (size_t i = made.header[4]; i < made.size; i++) {
        byte(&twice, made.data[i]);
    }
    size_t n = read_all(&twice, ev, &loss);
    assert_int_equal(n, 2 + (BATCHES + 1) * 3);
    assert_int_not_equal(loss.code, TRACE_OK);
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

/* ---- tables */

/* A batch of generation 1 without a thread; returns where its bytes begin. */
static size_t table(struct made *b, unsigned experiment, const struct made *body) {
    byte(b, experiment > 0 ? TRACE_EV_EXPERIMENTAL_BATCH : TRACE_EV_EVENT_BATCH);
    if (experiment > 0) {
        byte(b, experiment);
    }
    number(b, 1);
    number(b, UINT64_MAX);
    number(b, BEGIN + 900000);
    number(b, body->size);
    size_t at = b->size;
    for (size_t i = 0; i < body->size; i++) {
        byte(b, body->data[i]);
    }
    return at;
}

enum { ENTRIES = 60, BAD = 20, TABLES = 4 };

/* Entry `id` of a table: a string, a stack of that string, a sample, a type. */
static void entry(struct made *b, int kind, unsigned id) {
    static const unsigned tags[] = {TRACE_EV_STRING, TRACE_EV_STACK, TRACE_EV_CPU_SAMPLE};
    char text[16];
    int len = snprintf(text, sizeof text, "text %u", id);
    if (kind < 3) {
        byte(b, tags[kind]);
    }
    number(b, kind == 2 ? BEGIN + id : id);
    if (kind == 1) {
        number(b, 2);
        for (unsigned i = 0; i < 2; i++) {
            number(b, 4096 + 2 * id + i);
            number(b, id);
            number(b, id);
            number(b, 1000 + id);
        }
        return;
    }
    for (unsigned i = 0; i < 4 && kind == 2; i++) {
        number(b, 1 + id);
    }
    for (unsigned i = 0; i < 3 && kind == 3; i++) {
        number(b, 4096 + id);
    }
    if (kind != 2) {
        number(b, (uint64_t)len);
        for (int i = 0; i < len; i++) {
            byte(b, (unsigned char)text[i]);
        }
    }
}

/* ENTRIES entries of each kind behind some events; of the table `kind` the header and where entry i begins are noted.
 */
static void build_tables(struct made *b, int kind, size_t *header_at, size_t begin[ENTRIES + 1]) {
    static struct made body;
    build(b);
    for (int k = 0; k < TABLES; k++) {
        static const unsigned first[] = {TRACE_EV_STRINGS, TRACE_EV_STACKS, TRACE_EV_CPU_SAMPLES, 0};
        size_t offset[ENTRIES + 1], at = b->size;
        body.size = 0;
        byte(&body, first[k]);
        for (unsigned i = 0; i < ENTRIES; i++) {
            offset[i] = body.size;
            entry(&body, k, i + 1);
        }
        offset[ENTRIES] = body.size;
        size_t from = table(b, k == 3, &body);
        for (size_t i = 0; k == kind && i <= ENTRIES; i++) {
            *header_at = at;
            begin[i] = from + offset[i];
        }
    }
}

static unsigned kept_entries(trace *t, int kind, const struct trace_event *evs, size_t n) {
    unsigned kept = 0;
    for (unsigned id = 1; id <= ENTRIES; id++) {
        char text[16];
        struct trace_frame f[2];
        size_t len = (size_t)snprintf(text, sizeof text, "text %u", id), samples = 0;
        const struct trace_heap_type *type = trace_heap_type(t, id);
        struct trace_text s = kind == 0   ? trace_string(t, id)
                              : kind == 1 ? trace_stack(t, id, f, 2) == 2 ? f[1].func : (struct trace_text){0}
                              : kind == 3 && type != 0 ? type->name
                                                       : (struct trace_text){0};
        for (size_t i = 0; i < n; i++) {
            samples += evs[i].type == TRACE_EV_CPU_SAMPLE && evs[i].arg[0] == 1 + id;
        }
        kept += kind == 2 ? samples == 1 : s.len == len && memcmp(s.ptr, text, len) == 0;
    }
    return kept;
}

/* One entry of each kind of table: it is named with its place, and all others are there. */
static void a_damaged_table_costs_an_entry(void **state) {
    (void)state;
    static const char *const texts[TABLES] = {
        "a damaged table: no string stands here", "a damaged table: no stack stands here",
        "a damaged table: no CPU sample stands here", "a damaged table: no heap type stands here"};
    for (int kind = 0; kind < TABLES; kind++) {
        for (int way = 0; way < 2; way++) { /* way 0: nothing is damaged */
            size_t header_at = 0, begin[ENTRIES + 1], n = 0;
            struct trace_error err;
            build_tables(&made, kind, &header_at, begin);
            if (way == 1 && kind < 3) {
                made.data[begin[BAD]] = 0xff;
            } else if (way == 1) {
                memset(made.data + begin[BAD] + 1, 0xff, 2); /* the address */
                memset(made.data + begin[BAD] + 3, 0xff, 10);
            }
            trace *t = trace_open_memory(made.data, made.size, &err);
            assert_non_null(t);
            unsigned kept = 0;
            for (size_t k; n < MOST && (k = trace_read(t, ev + n, MOST - n)) > 0;) {
                n += k;
                kept = kept_entries(t, kind, ev, n);
            }
            const struct trace_loss *l = trace_loss(t);
            if (way == 0) {
                assert_int_equal(l->code, TRACE_OK);
                assert_int_equal(kept, ENTRIES);
            } else {
                assert_int_equal(l->code, TRACE_E_TABLE);
                assert_string_equal(l->first.text, texts[kind]);
                assert_int_equal(l->first.offset, begin[BAD]);
                assert_int_equal(l->first.batch, header_at);
                assert_int_equal(l->first.generation, 1);
                assert_int_equal(l->count, 1);
                assert_true(kept < ENTRIES && kept >= ENTRIES - (kind == 3 ? 2 : 1)); /* types bear no mark */
                assert_true(l->bytes >= begin[BAD + 1] - begin[BAD] && l->bytes <= begin[BAD + 3] - begin[BAD]);
            }
            trace_close(&t);
        }
    }
}

/* What a table must not hold, though it can be read: named, and passed over. */
static void tables_say_what_is_wrong(void **state) {
    (void)state;
#define CLOCK "\x08\xc0\xd6\xb9\x07"
#define SNAP  "\x33\x01\x01\x01\x01"
    static const struct {
        unsigned version, experiment;
        const char *bytes;
        size_t size, at; /* at: which of the bytes is the place */
        const char *text;
    } cases[] = {
        {23, 0, "\x04\x05\x01\x01x\x05\x01\x01y\x05\x02\x01z", 13, 5, "string 1 is defined twice"},
        {23, 0, "\x04\x05\x00\x01x\x05\x02\x01z", 9, 1, "string 0 can't be defined"},
        {23, 0, "\x02\x03\x01\x00\x03\x01\x00", 7, 4, "stack 1 is defined twice"},
        {23, 1, "\x00\x02\x01\x08\x08\x01T\x02\x01\x08\x08\x01U", 13, 7, "heap type 2 is defined twice"},
        {23, 1, "\x01\x05", 2, 1, "a damaged table: the heap's base and units don't stand here"},
        {23, 1, "\x07\x05", 2, 0, "a table that is neither of types nor of the heap's units"},
        {23, 0, CLOCK CLOCK, 10, 5, "a second clock frequency in one generation"},
        {23, 0, CLOCK SNAP, 10, 5, "a damaged table: no clock stands here"},
        {25, 0, "\x32" CLOCK SNAP CLOCK, 16, 11, "a second clock frequency in one generation"},
        {25, 0, "\x32" CLOCK SNAP SNAP, 16, 11, "a second clock snapshot in one generation"},
        {25, 0, "\x32" CLOCK SNAP "\x33\x01", 13, 11, "a second clock snapshot in one generation"},
        {25, 0, "\x32" CLOCK SNAP "\x01", 12, 11, "a damaged table: no clock stands here"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        static struct made body;
        struct trace_loss loss;
        bool clock = cases[i].bytes[0] == 8 || cases[i].bytes[0] == 0x32;
        build(&made);
        made.data[6] = (uint8_t)('0' + cases[i].version % 10);
        if (clock) { /* in place of build's own, which stands last */
            made.size -= 5 + 1 + 1 + 10 + 5 + 1;
        }
        memcpy(body.data, cases[i].bytes, cases[i].size);
        body.size = cases[i].size;
        size_t header_at = made.size, at = table(&made, cases[i].experiment, &body);
        size_t n = read_all(&made, ev, &loss);
        assert_int_equal(n, 2 + BATCHES * EACH);
        assert_int_equal(loss.code, TRACE_E_TABLE);
        assert_string_equal(loss.first.text, cases[i].text);
        assert_int_equal(loss.first.offset, at + cases[i].at);
        assert_int_equal(loss.first.batch, header_at);
        assert_int_equal(loss.count, 1);
        assert_true(loss.bytes > 0 && loss.bytes <= cases[i].size);
    }
}

/* A length that takes the next batch into its own, and one that ends before its events do. */
static void a_wrong_length_is_told_by_its_batch(void **state) {
    (void)state;
    struct trace_loss loss;
    build(&made);
    size_t second = made.header[4];
    made.data[made.body[3] - 1] = EACH * 5 + 20;
    size_t n = read_all(&made, ev, &loss);
    assert_int_equal(n, 2 + BATCHES * EACH);
    assert_int_equal(loss.code, TRACE_E_BATCH);
    assert_int_equal(loss.first.offset, second);
    assert_int_equal(loss.first.batch, made.header[3]);
    assert_string_equal(loss.first.text, "a batch that is shorter than it says: the next one begins here");
    build(&made);
    made.data[made.body[3] - 1] = EACH * 5 - 20;
    n = read_all(&made, ev, &loss);
    assert_int_equal(n, 2 + BATCHES * EACH - 4);
    assert_int_equal(loss.bytes, 20);
    assert_string_equal(loss.first.text, "bytes that are no batch");
}

/* A trace that is cut off, and behind it a whole one. */
static void a_trace_in_a_batch_is_told(void **state) {
    (void)state;
    static struct made both;
    struct trace_loss loss;
    build(&made);
    both = made;
    both.size = made.body[4] + 10;
    for (size_t i = 0; i < made.size; i++) {
        byte(&both, made.data[i]);
    }
    assert_int_equal(read_all(&both, ev, &loss), 2 + 4 * EACH + 2 + 2 + BATCHES * EACH);
    assert_int_equal(loss.code, TRACE_E_BATCH);
    assert_int_equal(loss.first.offset, made.body[4] + 10);
    assert_int_equal(loss.first.batch, made.header[4]);
    assert_string_equal(loss.first.text, "a batch that is shorter than it says: another trace begins here");
}

/* A wrong clock in a header, and the last byte before the next one is 49: that is no batch of an experiment. */
static void a_byte_before_a_header_is_none(void **state) {
    (void)state;
    struct trace_loss loss;
    build(&made);
    made.data[made.header[4] - 1] = TRACE_EV_EXPERIMENTAL_BATCH;
    assert_int_equal(made.data[made.body[3] - 2], BEGIN >> 28);
    made.data[made.body[3] - 2] = 1;
    assert_int_equal(read_all(&made, ev, &loss), 2 + BATCHES * EACH);
    assert_int_equal(loss.code, TRACE_OK); /* any time is one */
}

/* What stands at the end of a file and is no batch: cut off is only what could have been one. */
static void ends_are_told_apart(void **state) {
    (void)state;
    static const struct {
        uint8_t first;
        size_t n;
        enum trace_code code;
    } cases[] = {
        {TRACE_EV_EVENT_BATCH, 4, TRACE_E_TRUNCATED},        {TRACE_EV_EVENT_BATCH, 100, TRACE_E_BATCH},
        {TRACE_EV_EXPERIMENTAL_BATCH, 4, TRACE_E_TRUNCATED}, {0x7f, 4, TRACE_E_BATCH},
        {TRACE_EV_END_OF_GENERATION, 1, TRACE_E_BATCH},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct trace_loss loss;
        build(&made);
        size_t at = made.size;
        byte(&made, cases[i].first);
        for (size_t k = 1; k < cases[i].n; k++) {
            byte(&made, 0xff);
        }
        assert_int_equal(read_all(&made, ev, &loss), 2 + BATCHES * EACH);
        assert_int_equal(loss.code, cases[i].code);
        assert_int_equal(loss.first.offset, at);
        assert_int_equal(loss.bytes, cases[i].n);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_damaged_header_costs_its_batch),
        cmocka_unit_test(a_damaged_event_costs_a_few),
        cmocka_unit_test(a_damaged_time_costs_its_batch),
        cmocka_unit_test(many_damaged_events_cost_a_few_each),
        cmocka_unit_test(a_batch_twice_keeps_its_times),
        cmocka_unit_test(a_batch_of_numbers_is_there_once),
        cmocka_unit_test(another_batch_of_that_time_stays),
        cmocka_unit_test(reading_resumes_between_events),
        cmocka_unit_test(a_damaged_table_costs_an_entry),
        cmocka_unit_test(tables_say_what_is_wrong),
        cmocka_unit_test(a_wrong_length_is_told_by_its_batch),
        cmocka_unit_test(a_trace_in_a_batch_is_told),
        cmocka_unit_test(ends_are_told_apart),
        cmocka_unit_test(a_byte_before_a_header_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
