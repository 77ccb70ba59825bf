/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reel.c - the recording: facts go in at the end, and can be had again from any place.
 *
 * A checkpoint is taken when the facts since the last one weigh as much as it would, so all of them together weigh no
 * more than the facts; past the limit every second one is dropped.
 */
#include "core/reel.h"
#include "core/recorder.h"
#include "core/saved.h"
#include "traces/grow.h"

#include <time.h>

/* Of the memory to do with, checkpoints and packed facts may take one part each. */
enum { MEMORY_PARTS = 8 };

/*
 * Fewer facts between two checkpoints are walked in a few milliseconds, about as fast as a checkpoint is loaded.
 */
enum { CHECKPOINT_FACTS = 1 << 19, JUMP_SHARE = 1024 };
enum { LOAD_EVENTS = 256, POSTING_BYTES = 16, OPEN_BYTES = BLOCK_FACTS * (FACT_MAX_BYTES + POSTING_BYTES) + 16 };

/* ---- opening and closing */

static void refresh_info(reel *r);

/* A stream's size only shows while it is read. */
static void refresh_size(reel *r) {
    r->info.trace_bytes = trace_bytes(r->t);
    if (!r->limit_given) {
        r->checkpoint_limit = (size_t)r->info.trace_bytes / 8 + ((size_t)16 << 20);
    }
}

reel *reel_blank(void) {
    reel *r = calloc(1, sizeof *r);
    if (r == NULL) {
        return NULL;
    }
    for (int i = 0; i < BLOCKS_KEPT; i++) {
        r->kept[i].block = NO_POS;
    }
    for (int i = 0; i < MOVES_KEPT; i++) {
        r->moves[i].block = NO_POS;
    }
    r->page_lo = UINT64_MAX;
    store_init(&r->store, 0);
    return r;
}

bool reel_start_recording(reel *r) {
    r->open = malloc(OPEN_BYTES);
    r->directory = malloc(BLOCK_FACTS * sizeof *r->directory);
    if (r->open == NULL || r->directory == NULL) {
        return false;
    }
    pack_begin(&r->packer, r->open, 0);
    return true;
}

static bool reel_init(reel *r, const struct reel_options *opt) {
    r->limit_given = opt != NULL && opt->max_mem != 0;
    r->checkpoint_limit = r->limit_given ? (size_t)opt->max_mem / MEMORY_PARTS : 0;
    store_init(&r->store, r->limit_given ? (size_t)opt->max_mem / MEMORY_PARTS + 1 : 0);
    if (!reel_start_recording(r)) {
        return false;
    }
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
    return r->rec != NULL && reel_intern_type(r, 0, 0) == 0 && r->ntypes == 1 && (refresh_info(r), true);
}

/* Takes the trace over, whatever comes of it. */
static reel *open_trace(trace *t, const struct reel_options *opt, struct trace_error *err) {
    if (t == NULL) {
        return NULL;
    }
    reel *r = reel_blank();
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
    bool foreign;
    reel *r = saved_open_file(path, err, &foreign);
    if (!foreign) {
        return r;
    }
    return open_trace(trace_open_with(path, opt != NULL ? &opt->trace : NULL, err), opt, err);
}

reel *reel_open_memory(const void *data, size_t size, const struct reel_options *opt, struct trace_error *err) {
    if (container_is(data, size)) {
        return saved_open(data, size, err);
    }
    return open_trace(trace_open_memory(data, size, err), opt, err);
}

static void free_arrays(reel *r) {
    for (size_t i = 0; i < r->ncheckpoints; i++) {
        free(r->checkpoints[i].data);
    }
    for (int i = 0; i < BLOCKS_KEPT; i++) {
        free(r->kept[i].facts);
    }
    for (int i = 0; i < MOVES_KEPT; i++) {
        free(r->moves[i].move);
        free(r->moves[i].other);
    }
    for (int i = 0; i < RANGE_KINDS; i++) {
        free(r->ranges[i]);
    }
    for (int i = 0; i < SERIES_KINDS; i++) {
        curve_free(&r->curves[i]);
    }
    procs_free(r);
    void *arrays[] = {r->blocks, r->checkpoints, r->open,  r->directory, r->spans,      r->types, r->gos,
                      r->cycles, r->phases,      r->notes, r->picked,    r->last_block, r->reach};
    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++) {
        free(arrays[i]);
    }
    store_free(&r->store);
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
    saved_close(&(*r)->saved);
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

static void say_another(reel *r) {
    snprintf(r->warning, sizeof r->warning, "only the first trace of this file is shown: %s", trace_warning(r->t));
    r->info.warning = r->warning;
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
        if (n > 0 && trace_starts(r->t) > 1) { /* another heap: nothing of this one goes on in it */
            n = 0;
            say_another(r);
        }
        recorder_events(r->rec, ev, n);
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

static void maybe_checkpoint(reel *r, struct frame *head) {
    size_t weight = r->ncheckpoints > 0 ? r->checkpoints[r->ncheckpoints - 1].size : 0;
    if (r->nfacts - r->facts_at_checkpoint < CHECKPOINT_FACTS || r->packed_bytes - r->packed_at_checkpoint < weight) {
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
    r->facts_at_checkpoint = r->nfacts;
}

/* ---- appending */

/* The directory behind the facts of the open block. */
uint8_t *reel_pack_directory(const reel *r, uint8_t *p) {
    uint32_t last = 0, block = (uint32_t)r->nblocks;
    p = put_number(p, r->ndirectory);
    for (uint32_t i = 0; i < r->ndirectory; i++) {
        const struct posting *e = &r->directory[i];
        p = put_near(p, e->span, last);
        p = put_number(p, e->before == NO_ID ? 0 : block - e->before);
        last = e->span;
    }
    return p;
}

static bool close_block(reel *r) {
    uint32_t directory = (uint32_t)(r->packer.at - r->open);
    struct block b = {.directory = directory, .t1 = r->packer.m.t};
    b.size = (uint32_t)(reel_pack_directory(r, r->packer.at) - r->open);
    if (r->nblocks >= NO_ID - 1 || !GROW(r->blocks, r->nblocks, r->cap_blocks) ||
        !store_put(&r->store, r->open, b.size, &b.at)) {
        r->memory_short = true;
        return false;
    }
    r->blocks[r->nblocks++] = b;
    r->packed_bytes += b.size;
    r->ndirectory = 0;
    pack_begin(&r->packer, r->open, b.t1);
    return true;
}

void reel_post(reel *r, uint32_t span) {
    uint32_t block = (uint32_t)r->nblocks;
    if (r->last_block[span] != block) {
        r->directory[r->ndirectory++] = (struct posting){span, r->last_block[span]};
        r->last_block[span] = block;
    }
}

static void sample(reel *r, const struct frame *head, int64_t t) {
    const struct totals *s = &head->totals;
    bool ok = curve_add(&r->curves[SERIES_OBJECTS], t, s->objects) &&
              curve_add(&r->curves[SERIES_OBJECT_BYTES], t, s->object_bytes) &&
              curve_add(&r->curves[SERIES_SPAN_BYTES], t, s->span_bytes) &&
              curve_add(&r->curves[SERIES_STACK_BYTES], t, s->stack_bytes);
    r->memory_short |= !ok;
}

void reel_milestone(reel *r, struct frame *head) {
    sample(r, head, r->packer.m.t);
    if (reel_tail(r) == BLOCK_FACTS && close_block(r)) {
        maybe_checkpoint(r, head);
    }
}

/* A span so large that its coming and going would show in a plot. */
static bool is_jump(const reel *r, const struct frame *head, const struct fact *x) {
    if (x->kind != FACT_SPAN_ALLOC && x->kind != FACT_SPAN_FREE) {
        return false;
    }
    const struct span *s = &r->spans[x->span];
    return s->class == 0 && s->npages * r->info.page_size >= head->totals.span_bytes / JUMP_SHARE;
}

void reel_append(reel *r, struct frame *head, struct fact *x) {
    if (r->memory_short) {
        return;
    }
    x->t = x->t > r->packer.m.t ? x->t : r->packer.m.t;
    if (x->span != NO_ID) {
        reel_post(r, x->span);
    }
    bool object = x->kind == FACT_EXISTS || x->kind == FACT_ALLOC || x->kind == FACT_SUBALLOC;
    pack_fact(&r->packer, x, object ? reel_span_class(r, x->span) : 0);
    frame_apply(head, x);
    r->nfacts++;
    if (r->nfacts % SAMPLE_EVERY == 0) {
        reel_milestone(r, head);
    } else if (is_jump(r, head, x)) {
        sample(r, head, x->t);
    }
    r->memory_short |= head->memory_short;
}

/* Room for what is known by span. */
static bool fit_last_block(reel *r) {
    size_t had = r->cap_last_block;
    if (!grow_to((void **)&r->last_block, &r->cap_last_block, r->nspans + 1, sizeof *r->last_block)) {
        return false;
    }
    if (r->cap_last_block > had) {
        memset(r->last_block + had, 0xff, (r->cap_last_block - had) * sizeof *r->last_block);
    }
    return true;
}

uint32_t reel_add_span(reel *r, const struct span *s) {
    if (r->nspans >= NO_ID - 1 || !GROW(r->spans, r->nspans, r->cap_spans) ||
        !GROW(r->reach, r->nspans, r->cap_reach) || !fit_last_block(r)) {
        r->memory_short = true;
        return NO_ID;
    }
    r->spans[r->nspans] = *s;
    r->reach[r->nspans] = (struct reach){(uint32_t)s->page, s->npages < UINT32_MAX ? (uint32_t)s->npages : UINT32_MAX};
    if (s->kind == SPAN_HEAP) {
        uint64_t end = s->page + (s->npages < UINT64_MAX - s->page ? s->npages : 0);
        r->page_lo = s->page < r->page_lo ? s->page : r->page_lo;
        r->page_hi = end > r->page_hi ? end : r->page_hi;
    }
    return (uint32_t)r->nspans++;
}

/* ---- asking */

uint64_t reel_facts(const reel *r) {
    return r->nfacts;
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
