/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_after.c - bytes damaged in the middle of a trace: everything outside of the damaged batches still loads.
 *
 * Which events a damage may cost is known from the bytes: those of the batches that it touches, counted by a few lines
 * of this file's own. All others must come out, whatever their order: events are compared as a heap of types and
 * arguments. A few are lost where garbage looks like a batch. AFTER=n in the environment: n damages of each kind for
 * each recording; AFTER_SHOW=n: those that cost more than n events too many are printed.
 */
#include "tests/cmocka.h"
#include "tests/fixtures.h"
#include "tests/framing.h"
#include "traces/traces.h"
#include "traces/v1_wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- events as a heap */

struct heap {
    uint64_t *item;
    size_t n, cap;
};

static void add(struct heap *h, uint64_t v) {
    if (h->n == h->cap) {
        h->cap = 2 * h->cap + 1024;
        h->item = realloc(h->item, h->cap * sizeof *h->item);
        assert_non_null(h->item);
    }
    h->item[h->n++] = v;
}

static int ascending(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static void read_heap(const uint8_t *data, size_t size, struct heap *h, struct trace_loss *loss) {
    struct trace_event ev[256];
    struct trace_error err;
    trace *t = trace_open_memory(data, size, &err);
    assert_non_null(t);
    h->n = 0;
    for (size_t n; (n = trace_read(t, ev, 256)) > 0;) {
        for (size_t i = 0; i < n; i++) {
            const struct trace_spec *s = trace_event_spec(ev[i].type);
            uint64_t v = ev[i].type;
            for (size_t k = 0; k < s->nargs; k++) { /* what is lost with a table is 0 */
                v = (v ^ (s->kind[k] != TRACE_ARG_NUMBER ? 0 : ev[i].arg[k])) * UINT64_C(0x9e3779b97f4a7c15);
                v ^= v >> 29;
            }
            add(h, v);
        }
    }
    *loss = *trace_loss(t);
    trace_close(&t);
    if (h->n > 0) {
        qsort(h->item, h->n, sizeof *h->item, ascending);
    }
}

/* How many of a's items b lacks. */
static size_t lacking(const struct heap *a, const struct heap *b) {
    size_t missing = 0, k = 0;
    for (size_t i = 0; i < a->n; i++) {
        while (k < b->n && b->item[k] < a->item[i]) {
            k++;
        }
        bool there = k < b->n && b->item[k] == a->item[i];
        missing += !there;
        k += there;
    }
    return missing;
}

/* ---- batches */

struct part {
    size_t at, end, events;
};
struct parts {
    struct part *part;
    size_t n, cap;
};

static void add_part(struct parts *p, struct part x) {
    if (p->n == p->cap) {
        p->cap = 2 * p->cap + 64;
        p->part = realloc(p->part, p->cap * sizeof *p->part);
        assert_non_null(p->part);
    }
    p->part[p->n++] = x;
}

static size_t count_events(const uint8_t *p, const uint8_t *end) {
    size_t n = 0;
    uint64_t skip;
    const struct trace_spec *s;
    if (p < end && *p == TRACE_EV_CPU_SAMPLES) {
        for (p++; p < end; n++) {
            p++;
            for (int i = 0; i < 5; i++) {
                assert_true(wire_uint(&p, end, &skip));
            }
        }
        return n;
    }
    for (; p < end && (s = trace_event_spec(*p))->timed; n++) {
        p++;
        for (int i = 0; i <= s->nargs; i++) {
            assert_true(wire_uint(&p, end, &skip));
        }
    }
    return n;
}

static void find_new(const uint8_t *data, size_t size, struct parts *out) {
    struct framed f;
    for (size_t at = WIRE_HEADER; framed_at(data, size, at, &f); at = f.end) {
        size_t events = f.experiment == 0 ? count_events(data + f.body, data + f.end) : 0;
        add_part(out, (struct part){at, f.end, events});
    }
}

static void find_old(const uint8_t *data, size_t size, struct parts *out, int version) {
    struct v1_format format;
    struct v1_raw raw;
    v1_format_init(&format, version);
    const uint8_t *p = data + WIRE_HEADER;
    while (p < data + size) {
        size_t at = (size_t)(p - data);
        assert_int_equal(v1_decode(&format, &p, data + size, &raw), V1_DECODED);
        if (raw.type == V1_BATCH || out->n == 0) {
            add_part(out, (struct part){at, at, 0});
        }
        struct part *last = &out->part[out->n - 1];
        bool two = raw.type == V1_GO_SYSCALL || raw.type == V1_GO_START_LABEL; /* of today's events */
        last->events += v1_is_table(raw.type) ? 0 : two ? 2 : 1;
        last->end = (size_t)(p - data);
    }
}

/* ---- damage */

struct damage {
    size_t from, cut, put; /* bytes of the whole trace that it takes, and how many stand there in their place */
};

static struct damage anywhere(uint64_t *x, size_t size, size_t cut, size_t put) {
    size_t from = WIRE_HEADER + random_next(x) % (size - WIRE_HEADER);
    cut = cut < size - from ? cut : size - from;
    return (struct damage){from, cut, put};
}
static struct damage header_byte(uint64_t *x, size_t size, const struct parts *p) {
    const struct part *b = &p->part[random_next(x) % p->n];
    (void)size;
    return (struct damage){b->at + random_next(x) % (b->end - b->at < 8 ? b->end - b->at : 8), 1, 1};
}
static struct damage body_byte(uint64_t *x, size_t size, const struct parts *p) {
    (void)p;
    return anywhere(x, size, 1, 1);
}
static struct damage over_header(uint64_t *x, size_t size, const struct parts *p) {
    size_t at = p->part[random_next(x) % p->n].at, n = 2 + random_next(x) % 300, back = random_next(x) % n;
    size_t from = at > WIRE_HEADER + back ? at - back : WIRE_HEADER;
    n = n < size - from ? n : size - from;
    return (struct damage){from, n, n};
}
static struct damage sector(uint64_t *x, size_t size, const struct parts *p) {
    (void)p;
    struct damage d = anywhere(x, size, 4096, 0);
    d.put = d.cut;
    return d;
}
static struct damage removed(uint64_t *x, size_t size, const struct parts *p) {
    (void)p;
    return anywhere(x, size, 1 + random_next(x) % 5000, 0);
}
static struct damage inserted(uint64_t *x, size_t size, const struct parts *p) {
    (void)p;
    return anywhere(x, size, 0, 1 + random_next(x) % 100);
}
static struct damage first_header(uint64_t *x, size_t size, const struct parts *p) {
    const struct part *b = &p->part[0];
    (void)size;
    return (struct damage){b->at + random_next(x) % (b->end - b->at < 16 ? b->end - b->at : 16), 1, 1};
}
static struct damage first_batch(uint64_t *x, size_t size, const struct parts *p) {
    size_t n = 1 + random_next(x) % 300, from = p->part[0].at + random_next(x) % 40;
    n = n < size - from ? n : size - from;
    return (struct damage){from, n, n};
}

static const struct {
    const char *name;
    struct damage (*make)(uint64_t *, size_t, const struct parts *);
} kinds[] = {
    {"a byte of a batch's header", header_byte},
    {"a byte anywhere", body_byte},
    {"bytes about a header", over_header},
    {"4096 bytes anywhere", sector},
    {"bytes left out", removed},
    {"bytes put in", inserted},
    {"a byte of the first batch's header", first_header},
    {"bytes of the first batch", first_batch},
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static size_t apply(const uint8_t *data, size_t size, struct damage d, uint64_t *x, uint8_t *out) {
    memcpy(out, data, d.from);
    bool zeros = random_next(x) % 3 == 0;
    for (size_t i = 0; i < d.put; i++) {
        out[d.from + i] = zeros ? 0 : (uint8_t)random_next(x);
    }
    memcpy(out + d.from + d.put, data + d.from + d.cut, size - d.from - d.cut);
    return size - d.cut + d.put;
}

/* Events of the batches that it touches, and the bytes of these. */
static struct part touched(const struct parts *p, struct damage d) {
    struct part sum = {0};
    for (size_t i = 0; i < p->n; i++) {
        const struct part *b = &p->part[i];
        bool hit = d.cut > 0 ? b->at < d.from + d.cut && d.from < b->end : b->at <= d.from && d.from < b->end;
        sum.events += hit ? b->events : 0;
        sum.at = hit ? i : sum.at;
    }
    return sum;
}

/* In a thousand events outside of damaged batches so many may be lost. */
enum { MOST_LOST = 1 };

struct tally {
    size_t tried, worse, outside, excess, worst, inside, lost; /* of the events in damaged batches: how many went */
};

static void damage_one(const char *name, struct tally tally[KINDS], unsigned rounds, size_t show) {
    size_t size;
    uint8_t *data = fixture_bytes(name, &size), *copy = malloc(size + 1000);
    struct parts parts = {0};
    struct heap whole = {0}, got = {0};
    struct trace_loss loss;
    int version = atoi((const char *)data + 5);
    uint64_t x = 11 + (uint64_t)size;
    if (version < 22) {
        find_old(data, size, &parts, version);
    } else {
        find_new(data, size, &parts);
    }
    read_heap(data, size, &whole, &loss);
    for (unsigned k = 0; k < KINDS; k++) {
        for (unsigned i = 0; i < rounds; i++) {
            struct damage d = kinds[k].make(&x, size, &parts);
            size_t now = apply(data, size, d, &x, copy);
            struct part cost = touched(&parts, d);
            read_heap(copy, now, &got, &loss);
            size_t lost = lacking(&whole, &got), excess = lost > cost.events ? lost - cost.events : 0;
            struct tally *t = &tally[k];
            t->tried++;
            t->inside += cost.events;
            t->lost += lost < cost.events ? lost : cost.events;
            t->worse += excess > 0;
            t->outside += whole.n > cost.events ? whole.n - cost.events : 0;
            t->excess += excess;
            t->worst = excess > t->worst ? excess : t->worst;
            if (excess > show) {
                print_message(
                    "# %s, %s at %zu (-%zu +%zu, batch %zu of %zu): %zu of %zu lost, may lose %zu (%s at %zu)\n", name,
                    kinds[k].name, d.from, d.cut, d.put, (size_t)cost.at, parts.n, lost, whole.n, cost.events,
                    trace_loss_text(&loss), (size_t)loss.at);
            }
        }
    }
    free(parts.part);
    free(whole.item);
    free(got.item);
    free(copy);
    free(data);
}

static void run(bool old) {
    struct tally tally[KINDS] = {{0}};
    const char *want = getenv("AFTER"), *shown = getenv("AFTER_SHOW");
    unsigned rounds = want != NULL ? (unsigned)strtoul(want, NULL, 10) : old ? 20 : 3;
    size_t show = shown != NULL ? strtoul(shown, NULL, 10) : SIZE_MAX;
    for (int i = 0; fixture_names[i] != NULL; i++) {
        const char *dash = strchr(fixture_names[i], '-');
        if (old == (atoi(dash + 3) < 22)) {
            damage_one(fixture_names[i], tally, rounds, show);
        }
    }
    for (unsigned k = 0; k < KINDS; k++) {
        struct tally t = tally[k];
        print_message(
            "# %s: %zu of %zu cost too much, %zu of %zu other events (%.4f %%), worst %zu; of those in damaged "
            "batches %.1f %%\n",
            kinds[k].name, t.worse, t.tried, t.excess, t.outside, 100.0 * (double)t.excess / (double)t.outside, t.worst,
            t.inside > 0 ? 100.0 * (double)t.lost / (double)t.inside : 0);
        assert_true(1000 * t.excess <= MOST_LOST * t.outside);
        assert_true(kinds[k].make != body_byte || 100 * t.lost <= 25 * t.inside); /* most of the batch is there */
    }
}

static void today(void **state) {
    (void)state;
    run(false);
}
static void before(void **state) {
    (void)state;
    run(true);
}

/* Events with a stack that is there. */
static size_t count_stacks(const uint8_t *data, size_t size) {
    struct trace_event ev[256];
    struct trace_error err;
    struct trace_frame frame;
    size_t count = 0;
    trace *t = trace_open_memory(data, size, &err);
    assert_non_null(t);
    for (size_t n; (n = trace_read(t, ev, 256)) > 0;) {
        for (size_t i = 0; i < n; i++) {
            const struct trace_spec *s = trace_event_spec(ev[i].type);
            for (size_t k = 0; k < s->nargs; k++) {
                count += s->kind[k] == TRACE_ARG_STACK && trace_stack(t, ev[i].arg[k], &frame, 1) > 0;
            }
        }
    }
    trace_close(&t);
    return count;
}

/* Stacks stand at the end of an old trace: the header of the batch that holds them is all that may be missing. */
static void stacks_at_the_end(void **state) {
    (void)state;
    for (int i = 0; fixture_names[i] != NULL; i++) {
        size_t size, table = 0, body = 0;
        uint8_t *data = fixture_bytes(fixture_names[i], &size);
        int version = atoi((const char *)data + 5);
        struct v1_format format;
        struct v1_raw raw = {0};
        if (version < 22) {
            v1_format_init(&format, version);
            for (const uint8_t *p = data + WIRE_HEADER; p < data + size && raw.type != V1_FREQUENCY;) {
                size_t at = (size_t)(p - data);
                assert_int_equal(v1_decode(&format, &p, data + size, &raw), V1_DECODED);
                table = raw.type == V1_BATCH ? at : table;
                body = raw.type == V1_BATCH ? (size_t)(p - data) : body;
            }
            size_t whole = count_stacks(data, size);
            assert_true(whole > 0);
            memset(data + table, 0, body - table);
            assert_true(2 * count_stacks(data, size) >= whole); /* reading resumes behind the first of them */
        }
        free(data);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(today), cmocka_unit_test(before),
                                       cmocka_unit_test(stacks_at_the_end)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
