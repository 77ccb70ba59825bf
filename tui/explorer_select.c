/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * explorer_select.c - the selected bucket, its span and its history.
 *
 * A bucket's history is read when it is first asked for, and kept until another bucket is selected, the span in use
 * at its address changes, or more of the trace has been loaded.
 */
#include "tui/explorer.h"

#include <stdlib.h>
#include <string.h>

void explorer_select(struct explorer *x, uint64_t addr) {
    x->selected = true;
    x->picked = false;
    x->addr = addr;
    uint32_t slot = 0, span = frame_find(x->frame, addr, &slot);
    x->span = x->slot = NO_ID;
    if (span != NO_ID && frame_state(x->frame, span, &x->state)) {
        x->span = span;
        x->slot = slot;
    }
}

void explorer_select_slot(struct explorer *x, uint32_t span, uint32_t slot) {
    const struct span *s = reel_span(x->reel, span);
    if (s->nelems == 0)
        explorer_select(x, reel_page_address(x->reel, s->page));
    else
        explorer_select(x, reel_slot_address(x->reel, span, slot < s->nelems ? slot : s->nelems - 1));
}

uint64_t explorer_page_size(const struct explorer *x) {
    uint64_t size = reel_info(x->reel)->page_size;
    return size ? size : 8192;
}

uint64_t explorer_page(const struct explorer *x) {
    if (x->span != NO_ID)
        return reel_span(x->reel, x->span)->page;
    return (x->addr - reel_page_address(x->reel, 0)) / explorer_page_size(x);
}

/* The first span of a class at or after a page, NO_ID none. */
static uint32_t class_from(const struct explorer *x, uint64_t page, uint32_t span_class) {
    uint32_t ids[256];
    size_t n;
    while ((n = frame_spans_from(x->frame, page, ids, 256)) > 0) {
        for (size_t i = 0; i < n; i++) {
            const struct span *s = reel_span(x->reel, ids[i]);
            if (s->kind == SPAN_HEAP && (uint32_t)s->class * 2 + s->noscan == span_class)
                return ids[i];
        }
        const struct span *last = reel_span(x->reel, ids[n - 1]);
        page = last->page + last->npages;
    }
    return NO_ID;
}

void explorer_select_class(struct explorer *x, uint32_t span_class) {
    uint64_t page = 0;
    if (x->span != NO_ID) {
        const struct span *s = reel_span(x->reel, x->span);
        if (s->kind == SPAN_HEAP && (uint32_t)s->class * 2 + s->noscan == span_class)
            page = s->page + s->npages;
    }
    uint32_t id = class_from(x, page, span_class);
    if (id == NO_ID && page > 0)
        id = class_from(x, 0, span_class);
    if (id != NO_ID)
        explorer_select_slot(x, id, 0);
}

void explorer_select_event(struct explorer *x) {
    struct fact f;
    if (x->now.pos == 0 || !reel_fact(x->reel, x->now.pos - 1, &f) || f.span == NO_ID) {
        explorer_say(x, ROLE_WARN, "the event at the cursor touches no bucket");
        return;
    }
    char words[200];
    bool object = f.kind == FACT_EXISTS || f.kind == FACT_ALLOC || f.kind == FACT_SUBALLOC || f.kind == FACT_FREE;
    explorer_select_slot(x, f.span, object ? f.slot : 0);
    explorer_say(x, ROLE_TEXT, "selected: %s", explorer_fact(x, x->now.pos, words, sizeof words));
}

void explorer_want_span(struct explorer *x) {
    uint32_t id = x->span != NO_ID || !x->selected ? x->span : span_life(x->reel, x->addr, NO_ID, true);
    if (id == NO_ID)
        explorer_say(x, ROLE_WARN, "no span was ever in use here");
    else
        x->want = link_to(LINK_SPAN, id);
}

void explorer_want_cycle(struct explorer *x) {
    const struct cycle *c;
    size_t n = reel_cycles(x->reel, &c), i = n;
    while (i > 0 && c[i - 1].begin != NO_TIME && c[i - 1].begin > x->now.t)
        i--;
    if (n == 0)
        explorer_say(x, ROLE_WARN, "no GC cycle is in this trace");
    else
        x->want = link_to(LINK_CYCLE, i ? i - 1 : 0);
}

/* ------------------------------------------------------------------ history */

/* While the trace loads, a history is read anew only now and then: each reading walks what is loaded. */
static bool stale(const struct explorer *x, uint64_t made_for) {
    uint64_t facts = reel_facts(x->reel);
    return facts != made_for && (reel_info(x->reel)->done || facts / 2 > made_for);
}

enum { BLOCKS_AT_ONCE = 192 }; /* some ms */

static void begin_bucket(struct explorer *x) {
    history_end(&x->bucket_reader);
    history_free(&x->bucket);
    x->bucket_reader = bucket_history_begin(x->reel, x->addr, x->now.pos, &x->bucket);
    if (!x->bucket_reader)
        x->bucket = (struct history){.addr = x->addr};
    x->bucket_ready = true;
    x->bucket_span = x->span;
    x->bucket_addr = x->addr;
    x->bucket_facts = reel_facts(x->reel);
}

static const struct history *read_bucket(struct explorer *x, size_t blocks) {
    if (!x->selected)
        return NULL;
    bool same = x->span == NO_ID ? x->bucket_addr == x->addr
                                 : x->bucket_span == x->span && x->addr >= x->bucket.addr &&
                                       x->addr < x->bucket.addr + (x->bucket.size ? x->bucket.size : 1);
    if (!x->bucket_ready || !same || x->bucket_span != x->span || stale(x, x->bucket_facts))
        begin_bucket(x);
    if (x->bucket_reader && !history_read(x->bucket_reader, blocks) && !history_end(&x->bucket_reader)) {
        history_free(&x->bucket);
        x->bucket.addr = x->addr;
    }
    return &x->bucket;
}

const struct history *explorer_bucket(struct explorer *x) {
    return read_bucket(x, SIZE_MAX);
}

const struct history *explorer_bucket_now(struct explorer *x) {
    return read_bucket(x, BLOCKS_AT_ONCE);
}

bool explorer_bucket_reading(const struct explorer *x) {
    return x->bucket_reader != NULL;
}

const struct history *explorer_life(struct explorer *x) {
    if (x->span == NO_ID)
        return NULL;
    if (x->life_span != x->span || stale(x, x->life_facts)) {
        history_free(&x->life);
        if (!life_history(x->reel, x->span, &x->life))
            memset(&x->life, 0, sizeof x->life);
        x->life_span = x->span;
        x->life_facts = reel_facts(x->reel);
    }
    return &x->life;
}

int explorer_bucket_row(const struct explorer *x, const struct history *h) {
    size_t lo = 0, hi = h->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (h->rows[mid].pos <= x->now.pos)
            lo = mid + 1;
        else
            hi = mid;
    }
    return (int)lo - 1;
}
