/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz_saved.c - fuzz target: any bytes as a saved reel, first as they are, then with the checksums made right: what is
 * damaged by chance is refused by those, what somebody made is not.
 *
 * Whatever is in it: it opens or is refused, frames wind, histories and commands end, events are read, and it can be
 * saved again. What the numbers are is not asked: they may contradict each other.
 */
#include "core/cbor_item.h"
#include "core/saved_events.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/mutate.h"

#include <string.h>

#ifndef FUZZ_PLACES
#define FUZZ_PLACES 5 /* to wind to */
#endif
enum { PIECE_NUMBERS = 6 };

/* ---- checksums */

/* The piece behind a tag at r->at: its numbers and its bytes. */
static bool read_piece(struct reading *r, uint64_t numbers[PIECE_NUMBERS], struct cbor_item *bytes) {
    struct cbor_item i;
    if (!cbor_item_read(r, &i) || i.kind != CBOR_ITEM_TAG || !cbor_item_read(r, &i) || i.kind != CBOR_ITEM_ARRAY) {
        return false;
    }
    for (int k = 0; k < PIECE_NUMBERS; k++) {
        if (!cbor_item_read(r, &i) || i.kind != CBOR_ITEM_UINT) {
            return false;
        }
        numbers[k] = i.n;
    }
    return cbor_item_read(r, bytes) && bytes->kind == CBOR_ITEM_BYTES;
}

/* All pieces that can be found, written anew. To be freed. */
static char *remake(const uint8_t *data, size_t size, size_t *made) {
    static const uint8_t tag[] = {0xdb, 'h', 'e', 'a', 'p', 'r', 'e', 'l', 'p'};
    char *out = NULL;
    struct container_out o;
    FILE *to = open_memstream(&out, made);
    CHECK(to != NULL);
    container_begin(&o, to);
    for (const uint8_t *at = data, *end = data + size;
         (at = memmem(at, (size_t)(end - at), tag, sizeof tag)) != NULL;) {
        struct reading r = {at, end, false};
        struct cbor_item bytes;
        uint64_t n[PIECE_NUMBERS];
        at += sizeof tag;
        if (read_piece(&r, n, &bytes) && n[0] != PIECE_INDEX) {
            struct piece p = {.kind = (uint8_t)n[0], .number = n[1], .a = n[2], .b = n[3], .c = n[4]};
            container_put(&o, p, bytes.at, bytes.n);
            at = r.at;
        }
    }
    CHECK(container_end(&o));
    fclose(to);
    return out;
}

/* ---- what people do with a reel */

static bool drop_row(struct sink *s, const struct value *v, const char *const *names, const struct value *extra,
                     size_t n) {
    (void)s, (void)v, (void)names, (void)extra, (void)n;
    return true;
}
static bool drop_begin(struct sink *s, const struct result_column *cols, size_t n) {
    (void)s, (void)cols, (void)n;
    return true;
}
static bool drop_end(struct sink *s) {
    (void)s;
    return true;
}
static void drop_note(struct sink *s, const char *line) {
    (void)s, (void)line;
}

static void run_commands(reel *r, uint64_t addr) {
    const struct command *all;
    char words[ADDRESS_TEXT];
    reel_address_text(r, addr, words);
    for (size_t i = 0, n = command_table(&all); i < n; i++) {
        struct command_env env = {.reel = r, .path = "", .now = reel_info(r)->duration};
        struct sink drop = {.begin = drop_begin, .row = drop_row, .end = drop_end, .note = drop_note};
        bool address = strcmp(all[i].args, "ADDR") == 0;
        char *argv[] = {(char *)(uintptr_t)all[i].name, words, NULL};
        if (all[i].needs_reel && (address || all[i].args[0] == '\0')) {
            command_run(&env, address ? 2 : 1, argv, &drop);
        }
    }
}

static void wind(reel *r, const uint8_t *data, size_t size) {
    frame *f = frame_new(r);
    CHECK(f != NULL);
    uint64_t end = reel_facts(r), state = size;
    for (int i = 0; i < FUZZ_PLACES && size > 0; i++) {
        state = state * UINT64_C(6364136223846793005) + data[(size_t)i * 7 % size] + 1;
        uint64_t pos = i == 0 ? end : (state >> 33) % (end + 1);
        bool there = frame_seek(f, pos);
        CHECK(frame_pos(f) <= end && (!there || frame_pos(f) == pos));
        frame_totals(f);
        struct fact x;
        if (pos > 0 && reel_fact(r, pos - 1, &x) && x.span != NO_ID) {
            CHECK(x.span < reel_spans(r));
            run_commands(r, reel_slot_address(r, x.span, x.slot));
        }
    }
    frame_seek(f, 0);
    frame_free(&f);
}

static void read_events(const void *data, size_t size, struct feed **again) {
    struct trace_error err;
    struct trace_event ev[64];
    struct feed *f = feed_open_memory(data, size, &err);
    *again = feed_open_memory(data, size, &err);
    if (f == NULL) {
        return;
    }
    for (size_t n; (n = feed_read(f, ev, 64)) > 0;) {
        for (size_t i = 0; i < n; i++) {
            struct trace_frame frames[FEED_FRAMES];
            const struct trace_spec *spec = trace_event_spec(ev[i].type);
            CHECK(spec->name != NULL);
            for (int k = 0; k < spec->nargs; k++) {
                if (spec->kind[k] == TRACE_ARG_STACK) {
                    feed_stack(f, ev[i].arg[k], frames, FEED_FRAMES);
                } else {
                    text name = feed_string(f, ev[i].arg[k]);
                    CHECK(name.ptr != NULL);
                    feed_type(f, ev[i].arg[k], &name);
                }
            }
        }
    }
    feed_counts(f);
    feed_close(&f);
}

static void save_again(reel *r, struct feed *events) {
    char *out = NULL;
    size_t n = 0;
    struct save_result result;
    FILE *to = open_memstream(&out, &n);
    struct save_options opt = {0};
    CHECK(to != NULL);
    save_write(r, events, &opt, to, &result);
    fclose(to);
    free(out);
}

static void try_bytes(const void *data, size_t size) {
    struct trace_error err = {0};
    struct feed *events;
    if (!container_is(data, size)) {
        return; /* that is what fuzz_reel is for */
    }
    read_events(data, size, &events);
    reel *r = reel_open_memory(data, size, NULL, &err);
    if (r == NULL) {
        CHECK(err.code != TRACE_OK && err.text[0] != '\0');
    } else {
        CHECK(reel_load(r, 0) == REEL_DONE);
        wind(r, data, size);
        if (events != NULL) {
            save_again(r, events);
        }
    }
    feed_close(&events);
    reel_close(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    size_t n = 0;
    try_bytes(data, size);
    char *made = remake(data, size, &n);
    try_bytes(made, n);
    free(made);
    return 0;
}

#ifdef FUZZING
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed) {
    (void)seed;
    return LLVMFuzzerMutate(data, size, max);
}
#endif
