/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz_reel.c - fuzz target: any bytes, recorded as a reel and wound to places that the bytes themselves choose.
 *
 * At each place the sums must tie: by span, by class, by type and in total. Wound back to its beginning the heap must
 * be empty, and wound to its end once more the same as before. Of a saved reel some of that may be lost: fuzz_saved.c.
 */
#include "core/core.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/mutate.h"

#include <string.h>

enum { PLACES = 6, SPANS = 64 };

static void check_spans(frame *f, reel *r) {
    const uint32_t *ids;
    size_t n = frame_spans(f, &ids);
    uint64_t live = 0;
    for (size_t i = 0; i < n; i++) {
        struct span_state st;
        const struct span *s = reel_span(r, ids[i]);
        CHECK(ids[i] < reel_spans(r) && frame_state(f, ids[i], &st));
        CHECK(s->kind != SPAN_HEAP || st.live <= s->nelems);
        live += st.live;
        uint32_t counted = 0;
        for (uint32_t k = 0; i < SPANS && k < s->nelems; k++) {
            counted += frame_slot(f, ids[i], k) == SLOT_LIVE;
        }
        CHECK(i >= SPANS || counted == st.live);
    }
    CHECK(live == frame_totals(f)->objects);
}

static void check_sums(frame *f, reel *r) {
    struct totals t = *frame_totals(f);
    const struct central *c = frame_central(f);
    uint64_t objects = 0, spans = 0, bytes = 0, typed = 0, typed_bytes = 0;
    for (int i = 0; i < SPAN_CLASSES; i++) {
        objects += c[i].objects;
        spans += c[i].spans;
        bytes += c[i].bytes;
        CHECK(c[i].spans == c[i].mcache + c[i].nonempty + c[i].empty + c[i].unknown);
        CHECK(c[i].slots == c[i].objects + c[i].free_slots);
    }
    for (uint32_t i = 0; i < reel_types(r); i++) {
        typed += frame_type(f, i).live;
        typed_bytes += frame_type(f, i).bytes;
    }
    CHECK(objects == t.objects && spans == t.spans && bytes == t.span_bytes);
    CHECK(typed == t.objects && typed_bytes == t.object_bytes);
}

static void check_at(frame *f, reel *r, uint64_t pos) {
    CHECK(frame_seek(f, pos) && frame_pos(f) == pos);
    check_sums(f, r);
    check_spans(f, r);
}

static void check_rows(struct history *h, uint64_t facts) {
    for (size_t i = 0; i < h->n; i++) {
        CHECK(h->rows[i].pos >= 1 && h->rows[i].pos <= facts);
        CHECK(i == 0 || h->rows[i].pos > h->rows[i - 1].pos);
    }
    history_free(h);
}

/* The lives of the slot and the span that a fact is about. */
static void check_histories(reel *r, uint64_t n) {
    struct fact x;
    if (!reel_fact(r, n, &x) || x.span == NO_ID) {
        return;
    }
    CHECK(x.span < reel_spans(r));
    uint64_t addr = reel_slot_address(r, x.span, x.slot);
    struct history h;
    struct event_row last;
    if (bucket_history(r, addr, n + 1, &h)) {
        check_rows(&h, reel_facts(r));
    }
    if (span_history(r, addr, n + 1, true, &h)) {
        check_rows(&h, reel_facts(r));
    }
    CHECK(!slot_last(r, x.span, x.slot, n + 1, &last) || last.pos <= n + 1);
}

static void check_winding(reel *r, const uint8_t *data, size_t size) {
    frame *f = frame_new(r);
    CHECK(f != NULL);
    uint64_t end = reel_facts(r), state = size;
    check_at(f, r, end);
    struct totals whole = *frame_totals(f);
    for (int i = 0; i < PLACES && end > 0; i++) {
        state = state * UINT64_C(6364136223846793005) + data[(size_t)i * 7 % size] + 1;
        check_at(f, r, (state >> 33) % (end + 1));
        check_histories(r, (state >> 33) % end);
    }
    check_at(f, r, 0);
    const struct totals *none = frame_totals(f);
    CHECK(none->objects == 0 && none->spans == 0 && none->stack_spans == 0 && none->object_bytes == 0);
    check_at(f, r, end);
    CHECK(memcmp(&whole, frame_totals(f), sizeof whole) == 0);
    frame_free(&f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct trace_error err;
    reel *r = reel_open_memory(data, size, NULL, &err);
    if (r == NULL) {
        CHECK(err.code != TRACE_OK);
        return 0;
    }
    CHECK(reel_load(r, 0) == REEL_DONE);
    if (!reel_info(r)->saved) {
        check_winding(r, data, size);
    }
    reel_close(&r);
    return 0;
}

#ifdef FUZZING
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed) {
    return mutate_trace(data, size, max, seed, MUTATE_ANY, LLVMFuzzerMutate);
}
#endif
