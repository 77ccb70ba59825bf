/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reel.c - the recording: facts go in at the end, and can be had again from any place.
 *
 * Blocks are packed when full; the last one lies open in `tail`. A few unpacked blocks are kept at hand, since stepping
 * and searching ask for the same ones again and again. A checkpoint is taken when the facts since the last one weigh as
 * much as it would, so all of them together weigh no more than the facts; past the limit every second one is dropped.
 */
#include "core/reel.h"
#include "core/recorder.h"
#include "traces/grow.h"

#include <time.h>

enum { LOAD_EVENTS = 512 };

/* ---- opening and closing */

static void refresh_info(reel *r);

/* A stream's size only shows while it is read. */
static void refresh_size(reel *r) {
    r->info.trace_bytes = trace_bytes(r->t);
    if (!r->limit_given) {
        r->checkpoint_limit = (size_t)r->info.trace_bytes / 4 + ((size_t)16 << 20);
    }
}

static bool reel_init(reel *r, const struct reel_options *opt) {
    r->limit_given = opt != NULL && opt->max_mem != 0;
    r->checkpoint_limit = r->limit_given ? (size_t)opt->max_mem / 4 : 0;
    r->tail = malloc(BLOCK_FACTS * sizeof *r->tail);
    r->scratch = malloc((size_t)BLOCK_FACTS * FACT_MAX_BYTES);
    for (int i = 0; i < BLOCKS_KEPT; i++) {
        r->kept[i].block = NO_POS;
    }
    r->page_lo = UINT64_MAX;
    r->info = (struct reel_info){
        .version = trace_version(r->t),
        .procs = -1,
        .page_size = HEAP_PAGE_BYTES,
        .go = "",
    };
    r->layout = (struct layout){.inline_marks = r->info.version >= 26, .ptr = 8};
    refresh_size(r);
    if (trace_warning(r->t) != NULL) {
        snprintf(r->warning, sizeof r->warning, "%s", trace_warning(r->t));
        r->info.warning = r->warning;
    }
    r->rec = recorder_new(r);
    return r->tail != NULL && r->scratch != NULL && r->rec != NULL && reel_intern_type(r, 0, 0) == 0 &&
           r->ntypes == 1 && (refresh_info(r), true);
}

/* Takes the trace over, whatever comes of it. */
static reel *open_trace(trace *t, const struct reel_options *opt, struct trace_error *err) {
    if (t == NULL) {
        return NULL;
    }
    reel *r = calloc(1, sizeof *r);
    if (r != NULL) {
        r->t = t;
        if (!reel_init(r, opt)) {
            reel_close(&r);
        }
    } else {
        trace_close(&t);
    }
    if (r == NULL) {
        *err = (struct trace_error){.code = TRACE_E_MEMORY, .text = "out of memory"};
    }
    return r;
}

reel *reel_open(const char *path, const struct reel_options *opt, struct trace_error *err) {
    return open_trace(trace_open_with(path, opt != NULL ? &opt->trace : NULL, err), opt, err);
}

reel *reel_open_memory(const void *data, size_t size, const struct reel_options *opt, struct trace_error *err) {
    return open_trace(trace_open_memory(data, size, err), opt, err);
}

static void free_arrays(reel *r) {
    for (size_t i = 0; i < r->nblocks; i++) {
        free(r->blocks[i].data);
    }
    for (size_t i = 0; i < r->ncheckpoints; i++) {
        free(r->checkpoints[i].data);
    }
    for (int i = 0; i < BLOCKS_KEPT; i++) {
        free(r->kept[i].facts);
    }
    for (int i = 0; i < RANGE_KINDS; i++) {
        free(r->ranges[i]);
    }
    for (int i = 0; i < SERIES_KINDS; i++) {
        curve_free(&r->curves[i]);
    }
    void *arrays[] = {r->blocks, r->checkpoints, r->tail,   r->scratch, r->spans,    r->types,
                      r->gos,    r->cycles,      r->phases, r->notes,   r->postings, r->last_posting};
    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++) {
        free(arrays[i]);
    }
    idmap_free(&r->type_of);
    idmap_free(&r->go_of);
    texts_free(&r->texts);
}

void reel_close(reel **r) {
    if (*r == NULL) {
        return;
    }
    recorder_free(&(*r)->rec);
    trace_close(&(*r)->t);
    free_arrays(*r);
    free(*r);
    *r = NULL;
}

/* ---- loading */

static int64_t now_ns(void) {
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/*
 * Go 1.23 and 1.24 write the same header. What tells them apart is how maps are made: buckets, or groups.
 */
static const char *go_name(reel *r) {
    static const struct {
        int version;
        const char *name;
    } names[] = {{5, "go1.5 or go1.6"},
                 {7, "go1.7"},
                 {8, "go1.8"},
                 {9, "go1.9"},
                 {10, "go1.10"},
                 {11, "go1.11 to go1.18"},
                 {19, "go1.19 or go1.20"},
                 {21, "go1.21"},
                 {22, "go1.22"},
                 {25, "go1.25"},
                 {26, "go1.26"}};
    if (r->info.version > 26) {
        snprintf(r->go, sizeof r->go, "go1.%d", r->info.version);
        return r->go;
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (names[i].version == r->info.version) {
            return names[i].name;
        }
    }
    for (size_t i = 0; i < r->ntypes; i++) {
        text name = r->types[i].name;
        if (name.len >= 10 && (memcmp(name.ptr, "map.bucket", 10) == 0 || memcmp(name.ptr, "map.group[", 10) == 0)) {
            return name.ptr[4] == 'b' ? "go1.23" : "go1.24";
        }
        if (name.len == 8 && memcmp(name.ptr, "maps.Map", 8) == 0) {
            return "go1.24";
        }
        if (name.len == 12 && memcmp(name.ptr, "runtime.hmap", 12) == 0) {
            return "go1.23";
        }
    }
    return "go1.23 or go1.24";
}

static void refresh_info(reel *r) {
    r->info.go = go_name(r);
    r->info.generations = trace_generations(r->t);
    r->info.loss = *trace_loss(r->t);
    r->info.facts = reel_facts(r);
    refresh_size(r);
    r->info.file_bytes = trace_file_bytes(r->t);
    r->info.read_bytes = r->info.done ? r->info.trace_bytes : trace_position(r->t);
    r->info.share = r->info.done ? 1 : trace_share(r->t);
}

enum reel_state reel_load(reel *r, int64_t budget_ns) {
    if (r->info.done) {
        return r->memory_short ? REEL_OUT_OF_MEMORY : REEL_DONE;
    }
    struct trace_event ev[LOAD_EVENTS];
    int64_t end = budget_ns > 0 ? now_ns() + budget_ns : 0;
    for (;;) {
        size_t n = trace_read(r->t, ev, LOAD_EVENTS);
        if (n == 0 && trace_waiting(r->t)) {
            refresh_info(r);
            return REEL_WAITING;
        }
        refresh_size(r);
        for (size_t i = 0; i < n; i++) {
            recorder_event(r->rec, &ev[i]);
        }
        r->info.events += n;
        if (n > 0) {
            r->info.duration = ev[n - 1].time;
        }
        if (n == 0 || r->memory_short) {
            recorder_finish(r->rec);
            r->info.done = true;
            break;
        }
        if (budget_ns > 0 && now_ns() >= end) {
            break;
        }
    }
    refresh_info(r);
    if (!r->info.done) {
        return REEL_LOADING;
    }
    recorder_free(&r->rec);
    trace_close(&r->t);
    return r->memory_short ? REEL_OUT_OF_MEMORY : REEL_DONE;
}

int reel_fd(const reel *r) {
    return r->t != NULL ? trace_fd(r->t) : -1;
}

const struct reel_info *reel_info(const reel *r) {
    return &r->info;
}

/* ---- checkpoints */

static void thin_checkpoints(reel *r) {
    size_t kept = 0;
    for (size_t i = 0; i < r->ncheckpoints; i++) {
        if (i % 2 == 1) {
            r->checkpoints[kept++] = r->checkpoints[i];
        } else {
            r->checkpoint_bytes -= r->checkpoints[i].size;
            free(r->checkpoints[i].data);
        }
    }
    r->ncheckpoints = kept;
}

static void maybe_checkpoint(reel *r, const struct frame *head) {
    size_t weight = r->ncheckpoints > 0 ? r->checkpoints[r->ncheckpoints - 1].size : (size_t)1 << 16;
    if (r->packed_bytes - r->packed_at_checkpoint < weight) {
        return;
    }
    if (r->checkpoint_bytes > r->checkpoint_limit) {
        thin_checkpoints(r);
    }
    struct checkpoint c;
    /* Without one, winding is slower and nothing else. */
    if (!GROW(r->checkpoints, r->ncheckpoints, r->cap_checkpoints) || !checkpoint_take(head, &c)) {
        return;
    }
    r->checkpoints[r->ncheckpoints++] = c;
    r->checkpoint_bytes += c.size;
    r->packed_at_checkpoint = r->packed_bytes;
}

/* ---- appending */

/* Room for the spans there are; new ones are in no block yet. */
static bool fit_last_postings(reel *r) {
    size_t had = r->cap_last_posting;
    if (!grow_to((void **)&r->last_posting, &r->cap_last_posting, r->nspans, sizeof *r->last_posting)) {
        return false;
    }
    for (size_t i = had; i < r->cap_last_posting; i++) {
        r->last_posting[i] = NO_ID;
    }
    return true;
}

/* Enter the block just finished into the chains of its spans. */
static bool post_spans(reel *r, uint32_t n) {
    uint32_t block = (uint32_t)(r->nblocks - 1);
    if (!fit_last_postings(r)) {
        return false;
    }
    for (uint32_t i = 0; i < n; i++) {
        uint32_t span = r->tail[i].span;
        const struct posting *last = span == NO_ID ? NULL : reel_newest_posting(r, span);
        if (span == NO_ID || (last != NULL && last->block == block)) {
            continue;
        }
        if (r->npostings >= NO_ID || !GROW(r->postings, r->npostings, r->cap_postings)) {
            return false;
        }
        r->postings[r->npostings] = (struct posting){block, r->last_posting[span]};
        r->last_posting[span] = (uint32_t)r->npostings++;
    }
    return true;
}

static bool close_block(reel *r, uint32_t n) {
    size_t size = facts_pack(r, r->tail, n, r->scratch);
    uint8_t *data = malloc(size);
    if (data == NULL || !GROW(r->blocks, r->nblocks, r->cap_blocks)) {
        free(data);
        r->memory_short = true;
        return false;
    }
    memcpy(data, r->scratch, size);
    struct block *b = &r->blocks[r->nblocks++];
    *b = (struct block){.data = data, .size = (uint32_t)size, .n = n, .t0 = r->tail[0].t, .t1 = r->tail[n - 1].t};
    r->packed_bytes += size;
    r->memory_short |= !post_spans(r, n);
    r->ntail = 0;
    return true;
}

static void sample(reel *r, const struct frame *head, int64_t t) {
    const struct totals *s = &head->totals;
    bool ok = curve_add(&r->curves[SERIES_OBJECTS], t, s->objects) &&
              curve_add(&r->curves[SERIES_OBJECT_BYTES], t, s->object_bytes) &&
              curve_add(&r->curves[SERIES_SPAN_BYTES], t, s->span_bytes) &&
              curve_add(&r->curves[SERIES_STACK_BYTES], t, s->stack_bytes);
    r->memory_short |= !ok;
}

static int64_t last_time(const reel *r) {
    if (r->ntail > 0) {
        return r->tail[r->ntail - 1].t;
    }
    return r->nblocks > 0 ? r->blocks[r->nblocks - 1].t1 : 0;
}

void reel_append(reel *r, struct frame *head, struct fact *x) {
    if (r->memory_short) {
        return;
    }
    int64_t last = last_time(r);
    x->t = x->t > last ? x->t : last;
    r->tail[r->ntail++] = *x;
    frame_apply(head, x);
    bool span_event = x->kind == FACT_SPAN_ALLOC || x->kind == FACT_SPAN_FREE;
    if (head->pos % SAMPLE_EVERY == 0 || (span_event && r->spans[x->span].class == 0)) {
        sample(r, head, x->t);
    }
    if (r->ntail == BLOCK_FACTS && close_block(r, BLOCK_FACTS)) {
        maybe_checkpoint(r, head);
    }
    r->memory_short |= head->memory_short;
}

uint32_t reel_add_span(reel *r, const struct span *s) {
    if (r->nspans >= NO_ID - 1 || !GROW(r->spans, r->nspans, r->cap_spans)) {
        r->memory_short = true;
        return NO_ID;
    }
    r->spans[r->nspans] = *s;
    if (s->kind == SPAN_HEAP) {
        uint64_t end = s->page + (s->npages < UINT64_MAX - s->page ? s->npages : 0);
        r->page_lo = s->page < r->page_lo ? s->page : r->page_lo;
        r->page_hi = end > r->page_hi ? end : r->page_hi;
    }
    return (uint32_t)r->nspans++;
}

/* ---- reading back */

uint64_t reel_facts(const reel *r) {
    return r->nblocks * (uint64_t)BLOCK_FACTS + r->ntail;
}

uint64_t reel_block_count(const reel *r) {
    return r->nblocks + (r->ntail > 0);
}

const struct fact *reel_block(reel *r, uint64_t block, uint32_t *n) {
    if (block >= r->nblocks) {
        *n = r->ntail;
        return block == r->nblocks && r->ntail > 0 ? r->tail : NULL;
    }
    *n = r->blocks[block].n;
    struct open_block *oldest = &r->kept[0];
    for (int i = 0; i < BLOCKS_KEPT; i++) {
        struct open_block *k = &r->kept[i];
        if (k->block == block) {
            k->used = ++r->clock;
            return k->facts;
        }
        oldest = k->used < oldest->used ? k : oldest;
    }
    if (oldest->facts == NULL) {
        oldest->facts = malloc(BLOCK_FACTS * sizeof *oldest->facts);
        if (oldest->facts == NULL) {
            return NULL;
        }
    }
    facts_unpack(r->blocks[block].data, *n, oldest->facts);
    oldest->block = block;
    oldest->used = ++r->clock;
    return oldest->facts;
}

bool reel_fact(reel *r, uint64_t n, struct fact *out) {
    uint32_t count;
    const struct fact *x = n < reel_facts(r) ? reel_block(r, n / BLOCK_FACTS, &count) : NULL;
    if (x == NULL) {
        return false;
    }
    *out = x[n % BLOCK_FACTS];
    return true;
}

uint64_t reel_pos(reel *r, int64_t t) {
    size_t lo = 0, hi = r->nblocks;
    while (lo < hi) { /* the first block that ends after t */
        size_t mid = (lo + hi) / 2;
        if (r->blocks[mid].t1 <= t) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    uint32_t n;
    const struct fact *x = reel_block(r, lo, &n);
    uint32_t a = 0, b = x == NULL ? 0 : n;
    while (a < b) {
        uint32_t mid = (a + b) / 2;
        if (x[mid].t <= t) {
            a = mid + 1;
        } else {
            b = mid;
        }
    }
    return lo * (uint64_t)BLOCK_FACTS + a;
}

int64_t reel_time(reel *r, uint64_t pos) {
    struct fact x;
    return pos > 0 && reel_fact(r, pos - 1, &x) ? x.t : 0;
}

uint32_t reel_spans(const reel *r) {
    return (uint32_t)r->nspans;
}
const struct span *reel_span(const reel *r, uint32_t id) {
    return &r->spans[id];
}

void reel_page_range(const reel *r, uint64_t *lo, uint64_t *hi) {
    *lo = r->page_lo == UINT64_MAX ? 0 : r->page_lo;
    *hi = r->page_hi;
}

uint64_t reel_page_address(const reel *r, uint64_t page) {
    return r->info.base + page * r->info.page_size;
}
uint64_t reel_slot_address(const reel *r, uint32_t span, uint32_t slot) {
    return reel_page_address(r, r->spans[span].page) + slot * r->spans[span].elem;
}
