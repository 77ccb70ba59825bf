/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mutate.c - one to four changes to a trace, each found by walking its framing anew (mutate.h).
 *
 * An item is an event or an entry of a table: a type byte, numbers, and for some a text. A change decodes one item,
 * alters it and writes it back over its old bytes; lengths around it are then set right.
 */
#include "tests/fuzz/mutate.h"
#include "traces/v1_wire.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { NUMBERS = 40, TEXT = 200, ITEM = 2 + NUMBERS * 10 + 10 + TEXT, WALK = 20000 };

struct trace_bytes {
    uint8_t *data;
    size_t size, max;
    uint64_t state;
    bool old;
    unsigned least; /* numbers that every event of the old format has, beside those that are counted */
};

struct item {
    size_t at, end;
    uint8_t type;
    uint64_t number[NUMBERS];
    unsigned n;
    uint8_t text[TEXT];
    size_t len;
    bool has_text;
};

/* A batch of today's format: its header's numbers, and where its events lie. */
struct box {
    size_t at, body, end;
    uint8_t type, experiment;
    uint64_t number[3]; /* generation, m, time */
};

static uint32_t roll(struct trace_bytes *t, size_t below) {
    t->state = t->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return below == 0 ? 0 : (uint32_t)((t->state >> 33) % below);
}

static bool take(const struct trace_bytes *t, size_t *at, size_t end, uint64_t *v) {
    const uint8_t *p = t->data + *at;
    if (*at >= end || !wire_uint(&p, t->data + end, v)) {
        return false;
    }
    *at = (size_t)(p - t->data);
    return true;
}

static size_t put(uint8_t *to, uint64_t v) {
    size_t n = 0;
    for (; v >= 0x80; v >>= 7) {
        to[n++] = (uint8_t)(v | 0x80);
    }
    to[n++] = (uint8_t)v;
    return n;
}

/* Put n bytes in the place of data[at .. end). False, and nothing done, where there is no room. */
static bool splice(struct trace_bytes *t, size_t at, size_t end, const uint8_t *bytes, size_t n) {
    size_t size = t->size - (end - at) + n;
    if (size > t->max) {
        return false;
    }
    memmove(t->data + at + n, t->data + end, t->size - end);
    if (n > 0) {
        memcpy(t->data + at, bytes, n);
    }
    t->size = size;
    return true;
}

/* ---- items */

static bool take_text(const struct trace_bytes *t, struct item *x, size_t *at, size_t end) {
    uint64_t len;
    if (!take(t, at, end, &len) || len > end - *at) {
        return false;
    }
    x->has_text = true;
    x->len = len < TEXT ? (size_t)len : TEXT;
    memcpy(x->text, t->data + *at, x->len);
    *at += (size_t)len;
    return true;
}

static bool take_numbers(const struct trace_bytes *t, struct item *x, size_t *at, size_t end, uint64_t n) {
    uint64_t v;
    for (uint64_t i = 0; i < n; i++) {
        if (!take(t, at, end, &v)) {
            return false;
        }
        if (x->n < NUMBERS) {
            x->number[x->n++] = v;
        }
    }
    return true;
}

/* An event, or an entry of a table, of today's format. */
static bool take_new(const struct trace_bytes *t, struct item *x, size_t at, size_t end) {
    x->type = t->data[at++];
    const struct trace_spec *s = trace_event_spec(x->type);
    bool ok = false;
    if (x->type == TRACE_EV_STRING) {
        ok = take_numbers(t, x, &at, end, 1) && take_text(t, x, &at, end);
    } else if (x->type == TRACE_EV_STACK) {
        ok = take_numbers(t, x, &at, end, 2) && take_numbers(t, x, &at, end, 4 * (x->number[1] & 0xff));
        x->number[1] = x->n > 2 ? (x->n - 2) / 4 : 0; /* deep ones lose their outer frames */
        x->n = 2 + 4 * (unsigned)x->number[1];
    } else if (x->type == TRACE_EV_CPU_SAMPLE) {
        ok = take_numbers(t, x, &at, end, 5);
    } else if (x->type == TRACE_EV_FREQUENCY) {
        ok = take_numbers(t, x, &at, end, 1);
    } else if (x->type == TRACE_EV_CLOCK_SNAPSHOT) {
        ok = take_numbers(t, x, &at, end, 4);
    } else if (s->name != NULL && s->timed) {
        ok = take_numbers(t, x, &at, end, 1u + s->nargs);
    }
    x->end = at;
    return ok;
}

static bool take_old(const struct trace_bytes *t, struct item *x, size_t at, size_t end) {
    uint8_t head = t->data[at++];
    uint64_t len;
    x->type = head & 0x3f;
    bool ok;
    if (x->type == V1_STRING && head >> 6 == 2) {
        ok = take_numbers(t, x, &at, end, 1) && take_text(t, x, &at, end);
    } else if (head >> 6 < 3) {
        ok = take_numbers(t, x, &at, end, (head >> 6) + t->least);
    } else {
        ok = take(t, &at, end, &len) && len <= end - at;
        for (size_t stop = at + (ok ? (size_t)len : 0); ok && at < stop;) {
            ok = take_numbers(t, x, &at, stop, 1);
        }
        ok = ok && (x->type != V1_LOG || take_text(t, x, &at, end));
    }
    x->end = at;
    return ok;
}

static bool take_item(const struct trace_bytes *t, struct item *x, size_t at, size_t end) {
    *x = (struct item){.at = at};
    return at < end && (t->old ? take_old(t, x, at, end) : take_new(t, x, at, end));
}

static size_t put_item(const struct trace_bytes *t, const struct item *x, uint8_t *to) {
    size_t n = 1;
    to[0] = x->type;
    if (t->old && x->type == V1_STRING && x->has_text) {
        to[0] |= 2 << 6;
    } else if (t->old && x->n >= t->least && x->n < t->least + 3) {
        to[0] |= (uint8_t)((x->n - t->least) << 6);
    } else if (t->old) {
        uint8_t numbers[NUMBERS * 10];
        size_t len = 0;
        for (unsigned i = 0; i < x->n; i++) {
            len += put(numbers + len, x->number[i]);
        }
        to[0] |= 3 << 6;
        n += put(to + n, len);
    }
    for (unsigned i = 0; i < x->n; i++) {
        n += put(to + n, x->number[i]);
    }
    if (x->has_text) {
        n += put(to + n, x->len);
        memcpy(to + n, x->text, x->len);
        n += x->len;
    }
    return n;
}

/* Any item of data[at .. end); false where there is none. */
static bool any_item(struct trace_bytes *t, struct item *x, size_t at, size_t end) {
    size_t n = 0;
    for (size_t p = at; n < WALK && take_item(t, x, p, end); n++) {
        p = x->end;
    }
    if (n == 0) {
        return false;
    }
    size_t which = roll(t, n);
    for (size_t p = at;; p = x->end) {
        if (!take_item(t, x, p, end) || which-- == 0) {
            return true;
        }
    }
}

/* ---- batches of today's format */

static bool take_box(const struct trace_bytes *t, struct box *b, size_t at) {
    *b = (struct box){.at = at, .end = at + 1};
    if (at >= t->size) {
        return false;
    }
    uint64_t size;
    size_t p = at + 1;
    b->type = t->data[at];
    if (b->type == TRACE_EV_END_OF_GENERATION) {
        b->body = p;
        return true;
    }
    if (b->type == TRACE_EV_EXPERIMENTAL_BATCH && p < t->size) {
        b->experiment = t->data[p++];
    }
    for (int i = 0; i < 3; i++) {
        if (!take(t, &p, t->size, &b->number[i])) {
            return false;
        }
    }
    if (!take(t, &p, t->size, &size) || size > t->size - p) {
        return false;
    }
    b->body = p;
    b->end = p + (size_t)size;
    return true;
}

static bool any_box(struct trace_bytes *t, struct box *b) {
    size_t n = 0;
    for (size_t p = WIRE_HEADER; n < WALK && take_box(t, b, p); n++) {
        p = b->end;
    }
    if (n == 0) {
        return false;
    }
    size_t which = roll(t, n);
    for (size_t p = WIRE_HEADER;; p = b->end) {
        if (!take_box(t, b, p) || which-- == 0) {
            return true;
        }
    }
}

/* Write a batch's header anew, as its body is now. */
static void put_box(struct trace_bytes *t, const struct box *b) {
    uint8_t head[2 + 4 * 10];
    size_t n = 0;
    if (b->type == TRACE_EV_END_OF_GENERATION) {
        return;
    }
    head[n++] = b->type;
    if (b->type == TRACE_EV_EXPERIMENTAL_BATCH) {
        head[n++] = b->experiment;
    }
    for (int i = 0; i < 3; i++) {
        n += put(head + n, b->number[i]);
    }
    n += put(head + n, b->end - b->body);
    (void)splice(t, b->at, b->body, head, n);
}

/* Where items lie: the whole trace in the old format, else the body of a batch. */
static bool any_place(struct trace_bytes *t, struct box *b) {
    if (t->old) {
        *b = (struct box){.at = WIRE_HEADER, .body = WIRE_HEADER, .end = t->size};
        return t->size > WIRE_HEADER;
    }
    if (!any_box(t, b) || b->body >= b->end) {
        return false;
    }
    uint8_t first = t->data[b->body];
    bool table = first == TRACE_EV_STACKS || first == TRACE_EV_STRINGS || first == TRACE_EV_CPU_SAMPLES ||
                 first == TRACE_EV_SYNC;
    b->body += table; /* its first byte says what it is; put_box is given the body's begin again */
    return true;
}

/* Put bytes into a place, and make its batch's length right again. */
static void change(struct trace_bytes *t, struct box *b, size_t at, size_t end, const uint8_t *bytes, size_t n) {
    struct box whole;
    if (!splice(t, at, end, bytes, n) || t->old) {
        return;
    }
    /* The header still tells the old length: read it, then write the new one. */
    size_t p = b->at;
    whole = *b;
    uint64_t skipped;
    p += b->type == TRACE_EV_EXPERIMENTAL_BATCH ? 2 : 1;
    for (int i = 0; i < 4; i++) {
        (void)take(t, &p, t->size, &skipped);
    }
    whole.body = p;
    whole.end = b->end - (end - at) + n;
    put_box(t, &whole);
}

/* ---- the changes */

static uint64_t other_value(struct trace_bytes *t, uint64_t v) {
    static const uint64_t odd[] = {0,         1,          2,         3,          4,          63,
                                   64,        127,        128,       1u << 16,   UINT32_MAX, UINT64_C(1) << 48,
                                   INT64_MAX, UINT64_MAX, 1u << 31u, 0x100000000};
    struct box b;
    struct item x;
    switch (roll(t, 6)) {
    case 0:
        return odd[roll(t, sizeof odd / sizeof odd[0])];
    case 1:
        return v ^ UINT64_C(1) << roll(t, 64);
    case 2:
        return v * 2;
    case 3: /* a number that stands elsewhere: threads, goroutines and ids meet */
        return any_place(t, &b) && any_item(t, &x, b.body, b.end) && x.n > 0 ? x.number[roll(t, x.n)] : v + 1;
    default:
        return v + roll(t, 7) - 3;
    }
}

static void change_number(struct trace_bytes *t, struct box *b, struct item *x) {
    uint8_t bytes[ITEM];
    if (x->n > 0) {
        unsigned i = roll(t, x->n);
        x->number[i] = other_value(t, x->number[i]);
    }
    /* other_value only reads: b and x still say where the item lies */
    change(t, b, x->at, x->end, bytes, put_item(t, x, bytes));
}

static void change_type(struct trace_bytes *t, struct box *b, struct item *x) {
    uint8_t bytes[ITEM];
    x->type = (uint8_t)roll(t, t->old ? V1_LIMIT : TRACE_EV_LIMIT);
    change(t, b, x->at, x->end, bytes, put_item(t, x, bytes));
}

/* Another type, with as many numbers as it is to have. */
static void new_event(struct trace_bytes *t, struct box *b, struct item *x) {
    uint8_t bytes[ITEM];
    struct item made = {.type = (uint8_t)roll(t, t->old ? V1_LIMIT : TRACE_EV_LIMIT)};
    const struct trace_spec *s = trace_event_spec(made.type);
    made.n = t->old ? t->least + roll(t, 5) : 1u + s->nargs;
    for (unsigned i = 0; i < made.n; i++) {
        made.number[i] = roll(t, 2) == 0 && i < x->n ? x->number[i] : roll(t, 6);
    }
    change(t, b, x->at, x->at, bytes, put_item(t, &made, bytes));
}

static void remove_item(struct trace_bytes *t, struct box *b, struct item *x) {
    change(t, b, x->at, x->end, NULL, 0);
}

static void double_item(struct trace_bytes *t, struct box *b, struct item *x) {
    uint8_t bytes[ITEM];
    size_t n = put_item(t, x, bytes);
    struct box to = *b;
    struct item place = *x;
    if (roll(t, 2) == 0 && (!any_place(t, &to) || !any_item(t, &place, to.body, to.end))) {
        return;
    }
    change(t, &to, place.at, place.at, bytes, n);
}

static void swap_items(struct trace_bytes *t, struct box *b, struct item *x) {
    uint8_t bytes[2 * ITEM];
    struct item next;
    if (take_item(t, &next, x->end, b->end)) {
        size_t n = put_item(t, &next, bytes);
        n += put_item(t, x, bytes + n);
        change(t, b, x->at, next.end, bytes, n);
    }
}

/* A batch: a field of its header, itself left out, doubled elsewhere, cut in two. */
static void change_batch(struct trace_bytes *t) {
    struct box b, to;
    struct item x;
    uint8_t copy[4096];
    if (!any_box(t, &b)) {
        return;
    }
    size_t n = b.end - b.at;
    switch (roll(t, 6)) {
    case 0:
        (void)splice(t, b.at, b.end, NULL, 0);
        break;
    case 1:
        if (n <= sizeof copy && any_box(t, &to)) {
            memcpy(copy, t->data + b.at, n);
            (void)splice(t, to.at, to.at, copy, n);
        }
        break;
    case 2:
        if (b.type != TRACE_EV_END_OF_GENERATION && any_item(t, &x, b.body, b.end) && t->size + 64 < t->max) {
            struct box second = b;
            b.end = x.at;
            second.at = second.body = x.at;
            put_box(t, &second);
            put_box(t, &b);
        }
        break;
    case 3:
        (void)splice(t, b.at, b.at, (const uint8_t *)"\x34", 1); /* end of generation */
        break;
    default: {
        unsigned which = roll(t, 3);
        b.number[which] = other_value(t, b.number[which]);
        put_box(t, &b);
    }
    }
}

/* What has no items, or broken ones: its bytes. */
static void change_bytes(struct trace_bytes *t, struct box *b, mutate_bytes *bytes) {
    uint8_t copy[2048];
    size_t n = b->end - b->body < sizeof copy / 2 ? b->end - b->body : sizeof copy / 2;
    memcpy(copy, t->data + b->body, n);
    size_t now = bytes(copy, n, sizeof copy);
    change(t, b, b->body, b->body + n, copy, now);
}

static void change_item(struct trace_bytes *t, mutate_bytes *bytes) {
    static void (*const changes[])(struct trace_bytes *, struct box *, struct item *) = {
        change_number, change_number, change_number, change_type, new_event, remove_item, double_item, swap_items};
    struct box b;
    struct item x;
    if (!any_place(t, &b)) {
        return;
    }
    if (any_item(t, &x, b.body, b.end)) {
        changes[roll(t, sizeof changes / sizeof changes[0])](t, &b, &x);
    } else {
        change_bytes(t, &b, bytes);
    }
}

static const int old_versions[] = {5, 7, 8, 9, 10, 11, 19, 21}, new_versions[] = {22, 23, 25, 26};

static void put_header(struct trace_bytes *t, int version) {
    char head[WIRE_HEADER + 1];
    memset(head, 0, sizeof head);
    snprintf(head, sizeof head, "go 1.%d trace", version);
    memcpy(t->data, head, WIRE_HEADER);
}

static int header_version(const uint8_t *data) {
    int version = 0;
    char head[WIRE_HEADER + 1] = {0};
    memcpy(head, data, WIRE_HEADER);
    return sscanf(head, "go 1.%2d trace", &version) == 1 ? version : 0;
}

size_t mutate_trace(uint8_t *data, size_t size, size_t max, unsigned seed, enum mutate_format format,
                    mutate_bytes *bytes) {
    struct trace_bytes t = {.data = data, .size = size, .max = max, .state = seed};
    (void)roll(&t, 1);
    if (size < WIRE_HEADER) {
        return bytes(data, size, max);
    }
    int version = header_version(data);
    if (format == MUTATE_V1 && (version == 0 || version > 21)) {
        put_header(&t, version = old_versions[roll(&t, sizeof old_versions / sizeof *old_versions)]);
    }
    if (roll(&t, 30) == 0) {
        t.old = version <= 21;
        put_header(&t, version = t.old ? old_versions[roll(&t, 8)] : new_versions[roll(&t, 4)]);
    }
    if (roll(&t, 8) == 0) {
        size_t n = bytes(data + WIRE_HEADER, t.size - WIRE_HEADER, max - WIRE_HEADER);
        return WIRE_HEADER + n;
    }
    t.old = version <= 21;
    t.least = version < 7 ? 2 : 1;
    for (unsigned n = 1 + roll(&t, 4); n > 0; n--) {
        if (!t.old && roll(&t, 4) == 0) {
            change_batch(&t);
        } else {
            change_item(&t, bytes);
        }
    }
    return t.size;
}

/* A few bytes set, cut out or put in. */
size_t mutate_plain(uint8_t *data, size_t size, size_t max) {
    static uint64_t state = 88172645463325252u; /* of the fuzzer's process alone */
    struct trace_bytes t = {.data = data, .size = size, .max = max, .state = state};
    for (unsigned n = 1 + roll(&t, 4); n > 0; n--) {
        size_t at = roll(&t, t.size + 1), len = roll(&t, 5);
        len = len < t.size - at ? len : t.size - at;
        uint8_t byte = (uint8_t)roll(&t, 256);
        (void)splice(&t, at, at + len, &byte, roll(&t, 3) > 0);
    }
    state = t.state ^ size;
    return t.size;
}
