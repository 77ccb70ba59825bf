/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * saved_info.c - what is known of the trace, as a CBOR map: names and numbers, so that a later version can add some.
 *
 * What isn't known here is passed over; what is missing keeps the value that an empty reel has.
 */
#include "core/cbor_item.h"
#include "core/saved.h"

#include <stddef.h>

enum form { FORM_U64, FORM_I64, FORM_INT, FORM_BOOL, FORM_CODE };

struct field {
    const char *name;
    uint8_t form;
    size_t at; /* in struct reel */
};

#define FIELD(name, form, member)                                                                                      \
    { name, form, offsetof(struct reel, member) }

static const struct field fields[] = {
    FIELD("version", FORM_INT, info.version),
    FIELD("file_bytes", FORM_U64, info.file_bytes),
    FIELD("trace_bytes", FORM_U64, info.trace_bytes),
    FIELD("events", FORM_U64, info.events),
    FIELD("facts", FORM_U64, nfacts),
    FIELD("generations", FORM_U64, info.generations),
    FIELD("begin", FORM_I64, info.begin),
    FIELD("duration", FORM_I64, info.duration),
    FIELD("procs", FORM_I64, info.procs),
    FIELD("allocfree", FORM_BOOL, info.allocfree),
    FIELD("snapshot", FORM_BOOL, info.snapshot),
    FIELD("cut", FORM_BOOL, info.cut),
    FIELD("base_known", FORM_BOOL, info.base_known),
    FIELD("base", FORM_U64, info.base),
    FIELD("page_size", FORM_U64, info.page_size),
    FIELD("odd_events", FORM_U64, info.odd_events),
    FIELD("unseen_events", FORM_U64, info.unseen_events),
    FIELD("sweeps_cut", FORM_BOOL, info.sweeps_cut),
    FIELD("lost_code", FORM_CODE, info.loss.code),
    FIELD("lost_bytes", FORM_U64, info.loss.bytes),
    FIELD("lost_at", FORM_U64, info.loss.at),
    FIELD("lost_count", FORM_U64, info.loss.count),
    FIELD("lost_by_time", FORM_U64, info.loss.by_time),
    FIELD("first_code", FORM_CODE, info.loss.first.code),
    FIELD("first_offset", FORM_U64, info.loss.first.offset),
    FIELD("first_part", FORM_U64, info.loss.first.batch),
    FIELD("first_generation", FORM_U64, info.loss.first.generation),
};

static const struct {
    const char *name;
    size_t at, size;
} words[] = {
    {"go", offsetof(struct reel, go), sizeof((struct reel *)0)->go}, /* what info.go says: the first one */
    {"warning", offsetof(struct reel, warning), sizeof((struct reel *)0)->warning},
    {"first_text", offsetof(struct reel, info.loss.first.text), sizeof((struct reel *)0)->info.loss.first.text},
};

enum { FIELDS = sizeof fields / sizeof fields[0], WORDS = sizeof words / sizeof words[0], GAP_NUMBERS = 3 };

/* ---- writing */

static void put_name(struct bytes *b, const char *name) {
    cbor_item_text(b, name, strlen(name));
}

static void put_field(struct bytes *b, const reel *r, const struct field *f) {
    const void *at = (const char *)r + f->at;
    put_name(b, f->name);
    switch ((enum form)f->form) {
    case FORM_U64:
        cbor_item_uint(b, *(const uint64_t *)at);
        break;
    case FORM_I64:
        cbor_item_int(b, *(const int64_t *)at);
        break;
    case FORM_INT:
        cbor_item_int(b, *(const int *)at);
        break;
    case FORM_BOOL:
        cbor_item_bool(b, *(const bool *)at);
        break;
    case FORM_CODE:
        cbor_item_uint(b, *(const enum trace_code *)at);
        break;
    }
}

void info_put(struct bytes *b, const reel *r) {
    b->n = 0;
    cbor_item_map(b, FIELDS + WORDS + 3);
    put_name(b, "facts_form");
    cbor_item_uint(b, FACTS_FORM);
    for (size_t i = 0; i < FIELDS; i++) {
        put_field(b, r, &fields[i]);
    }
    for (size_t i = 0; i < WORDS; i++) {
        const char *s = i == 0 ? r->info.go : (const char *)r + words[i].at;
        put_name(b, words[i].name);
        put_name(b, s);
    }
    put_name(b, "losses");
    cbor_item_array(b, TRACE_CODES);
    for (int i = 0; i < TRACE_CODES; i++) {
        cbor_item_uint(b, r->info.loss.of_code[i]);
    }
    put_name(b, "gaps");
    cbor_item_array(b, GAP_NUMBERS * r->ngaps);
    for (size_t i = 0; i < r->ngaps; i++) {
        cbor_item_uint(b, r->gaps[i].from);
        cbor_item_uint(b, r->gaps[i].spans);
        cbor_item_int(b, r->gaps[i].t);
    }
}

/* ---- reading */

static bool is_name(const struct cbor_item *i, const char *name) {
    return i->kind == CBOR_ITEM_TEXT && i->n == strlen(name) && memcmp(i->at, name, i->n) == 0;
}

static bool get_field(reel *r, const struct field *f, const struct cbor_item *v) {
    void *at = (char *)r + f->at;
    bool negative = v->kind == CBOR_ITEM_NEGINT, number = negative || v->kind == CBOR_ITEM_UINT;
    int64_t i = negative ? -1 - (int64_t)(v->n & INT64_MAX) : (int64_t)(v->n & INT64_MAX);
    switch ((enum form)f->form) {
    case FORM_U64:
        *(uint64_t *)at = v->n;
        return v->kind == CBOR_ITEM_UINT;
    case FORM_I64:
        *(int64_t *)at = i;
        return number && v->n <= INT64_MAX;
    case FORM_INT:
        *(int *)at = (int)(i & 0xffff);
        return number && v->n <= 0xffff;
    case FORM_BOOL:
        *(bool *)at = v->n != 0;
        return v->kind == CBOR_ITEM_BOOL;
    case FORM_CODE:
        *(enum trace_code *)at = v->n < TRACE_CODES ? (enum trace_code)v->n : TRACE_E_EVENT;
        return v->kind == CBOR_ITEM_UINT;
    }
    return false;
}

/* A line for people, of plain ASCII. */
static bool get_words(reel *r, size_t which, const struct cbor_item *v) {
    char *to = (char *)r + words[which].at;
    size_t n = v->n < words[which].size ? (size_t)v->n : words[which].size - 1;
    if (v->kind != CBOR_ITEM_TEXT) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        to[i] = v->at[i] >= 0x20 && v->at[i] < 0x7f ? (char)v->at[i] : '?';
    }
    to[n] = '\0';
    return true;
}

static bool get_losses(reel *r, struct reading *in, uint64_t n) {
    struct cbor_item v;
    for (uint64_t i = 0; i < n; i++) {
        if (!cbor_item_read(in, &v) || v.kind != CBOR_ITEM_UINT) {
            return false;
        }
        if (i < TRACE_CODES) {
            r->info.loss.of_code[i] = v.n;
        }
    }
    return true;
}

static bool get_gaps(reel *r, struct reading *in, uint64_t n) {
    for (uint64_t i = 0; i + GAP_NUMBERS <= n; i += GAP_NUMBERS) {
        struct cbor_item v[GAP_NUMBERS];
        for (size_t k = 0; k < GAP_NUMBERS; k++) {
            if (!cbor_item_read(in, &v[k]) || v[k].kind != CBOR_ITEM_UINT || v[k].n > INT64_MAX) {
                return false;
            }
        }
        uint32_t spans = v[1].n < NO_ID ? (uint32_t)v[1].n : NO_ID;
        if (!gaps_add(r, (struct gap){v[0].n, spans, (int64_t)v[2].n})) {
            r->memory_short = true;
            return false;
        }
    }
    return n % GAP_NUMBERS == 0;
}

static bool get_entry(reel *r, struct reading *in) {
    struct cbor_item name, v;
    if (!cbor_item_read(in, &name) || !cbor_item_read(in, &v)) {
        return false;
    }
    if (v.kind == CBOR_ITEM_ARRAY) {
        return (is_name(&name, "losses") && get_losses(r, in, v.n)) || (is_name(&name, "gaps") && get_gaps(r, in, v.n));
    }
    if (is_name(&name, "facts_form")) {
        r->saved->other_form = v.n != FACTS_FORM;
        return v.kind == CBOR_ITEM_UINT && !r->saved->other_form;
    }
    for (size_t i = 0; i < FIELDS; i++) {
        if (is_name(&name, fields[i].name)) {
            return get_field(r, &fields[i], &v);
        }
    }
    for (size_t i = 0; i < WORDS; i++) {
        if (is_name(&name, words[i].name)) {
            return get_words(r, i, &v);
        }
    }
    return v.kind != CBOR_ITEM_MAP && v.kind != CBOR_ITEM_TAG; /* something new */
}

static bool sensible(const reel *r) {
    const struct reel_info *i = &r->info;
    bool page = i->page_size >= 1024 && i->page_size <= 1 << 20 && (i->page_size & (i->page_size - 1)) == 0;
    return page && i->begin >= 0 && i->duration >= i->begin && r->nfacts < UINT64_C(1) << 44;
}

bool info_get(reel *r, const uint8_t *bytes, size_t n) {
    struct reading in = {bytes, bytes + n, false};
    struct cbor_item map;
    if (!cbor_item_read(&in, &map) || map.kind != CBOR_ITEM_MAP) {
        return false;
    }
    for (uint64_t i = 0; i < map.n; i++) {
        if (!get_entry(r, &in)) {
            return false;
        }
    }
    gaps_say(r);
    r->info.go = r->go;
    r->info.warning = r->warning[0] != '\0' ? r->warning : NULL;
    return sensible(r);
}
