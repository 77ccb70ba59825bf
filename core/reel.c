/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reel.c - the recording: facts go in at the end, and can be had again from any place.
 *
 * A checkpoint is taken when the facts since the last one weigh as much as it would, so all of them together weigh no
 * more than the facts; past the limit every second one is dropped.
 */
#include "core/reel.h"
#include "core/clock.h"
#include "core/course.h"
#include "core/recorder.h"
#include "core/saved.h"
#include "traces/grow.h"

/* Of the memory to do with, checkpoints may take one part, packed facts and the curves drawn from them another. */
enum { MEMORY_PARTS = 8 };

/*
 * Fewer facts between two checkpoints are walked in a few milliseconds, about as fast as a checkpoint is loaded.
 */
enum { CHECKPOINT_FACTS = 1 << 19 };
enum { FACT_BYTES = 3 /* about, packed */ };

/* Facts that wait in a stretch, beside the brief ones; and how far ahead their lines of cache are fetched. */
enum { LATE_MOST = 1 << 12, LATE_AHEAD = 4 };

/* Smaller traces are loaded before a thread has begun. */
enum { AHEAD_BYTES = 1 << 20 };

/* ---- opening and closing */

static void refresh_info(reel *r);

/* A stream's size only shows while it is read. */
static void refresh_size(reel *r) {
    r->info.trace_bytes = r->progress.trace_bytes;
    if (!r->limit_given) {
        r->checkpoint_limit = (size_t)r->info.trace_bytes / 8 + ((size_t)16 << 20);
    }
}

reel *reel_blank(void) {
    reel *r = aligned_alloc(LINES_APART, sizeof *r);
    if (r == NULL) {
        return NULL;
    }
    memset(r, 0, sizeof *r);
    for (int i = 0; i < BLOCKS_KEPT; i++) {
        r->kept[i].block = NO_POS;
    }
    for (int i = 0; i < MOVES_KEPT; i++) {
        r->moves[i].block = NO_POS;
    }
    course_limit(r, 0);
    r->page_lo = UINT64_MAX;
    store_init(&r->store, 0);
    return r;
}

bool reel_start_recording(reel *r) {
    course_begin(r);
    r->draft = calloc(1, sizeof *r->draft);
    if (r->draft != NULL) {
        draft_begin(r->draft, 0, 0);
    }
    return r->draft != NULL;
}

static bool reel_init(reel *r, const struct reel_options *opt) {
    r->limit_given = opt != NULL && opt->max_mem != 0;
    r->checkpoint_limit = r->limit_given ? (size_t)opt->max_mem / MEMORY_PARTS : 0;
    size_t drawn = r->limit_given ? course_limit(r, opt->max_mem) : 0;
    store_init(&r->store, r->checkpoint_limit > drawn ? r->checkpoint_limit - drawn : r->limit_given);
    r->threads = opt != NULL ? opt->threads : 0;
    progress_take(&r->progress, r->t);
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
    return r->rec != NULL && reel_reserve_types(r) && (refresh_info(r), true);
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
    struct origin origin = origin_of(path);
    reel *r = saved_open_file(path, err, &foreign);
    if (foreign) {
        r = open_trace(trace_open_with(path, opt != NULL ? &opt->trace : NULL, err), opt, err);
    }
    if (r != NULL) {
        r->origin = origin;
        course_limit(r, opt != NULL ? opt->max_mem : 0);
    }
    return r;
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
    course_free(r);
    void *arrays[] = {r->blocks, r->checkpoints, r->open,   r->directory,  r->spans, r->types, r->gos,    r->cycles,
                      r->phases, r->notes,       r->picked, r->last_block, r->entry, r->reach, r->untold, r->gaps};
    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++) {
        free(arrays[i]);
    }
    store_free(&r->store);
    idmap_free(&r->type_of);
    idmap_free(&r->go_of);
    texts_free(&r->texts);
}

/* Threads end before what they work on. */
static void end_loading(reel *r) {
    intake_close(&r->intake);
    free(r->draft);
    r->draft = NULL;
    recorder_free(&r->rec);
    trace_close(&r->t);
}

void reel_close(reel **r) {
    if (*r == NULL) {
        return;
    }
    end_loading(*r);
    saved_close(&(*r)->saved);
    free_arrays(*r);
    free(*r);
    *r = NULL;
}

/* ---- loading */

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
    r->info.generations = r->progress.generations;
    r->info.loss = r->progress.loss;
    r->info.facts = reel_facts(r);
    gaps_say(r);
    refresh_size(r);
    r->info.file_bytes = r->progress.file_bytes;
    r->info.read_bytes = r->info.done ? r->info.trace_bytes : r->progress.position;
    r->info.share = r->info.done ? 1 : r->progress.share;
}

static void say_another(reel *r) {
    snprintf(r->warning, sizeof r->warning, "only the first trace of this file is shown: %s", trace_warning(r->t));
    r->info.warning = r->warning;
}

static void bind_for_intake(void *arg, struct stretch *s) {
    bind_stretch(arg, s);
}

/* Reading has a thread of its own where there is something to win by it. */
static bool begin_loading(reel *r) {
    bool worth_it = r->progress.file_bytes >= AHEAD_BYTES && belt_processors() > 1;
    bool threads = r->threads == 0 ? worth_it : r->threads > 1;
    r->under_way = true;
    return reel_start_recording(r) &&
           intake_open(&r->intake, r->t, threads && intake_may_be_ahead(r->t), bind_for_intake, r);
}

/* Facts of a block that could not be kept are gone: the reel ends before them. */
static void cut_facts(reel *r) {
    r->memory_short = true;
    r->nfacts = r->nblocks * (uint64_t)BLOCK_FACTS;
    draft_begin(r->draft, (uint32_t)r->nblocks, r->last);
    while (r->ncheckpoints > 0 && r->checkpoints[r->ncheckpoints - 1].pos > r->nfacts) {
        r->checkpoint_bytes -= r->checkpoints[--r->ncheckpoints].size;
        free(r->checkpoints[r->ncheckpoints].data);
    }
}

/* Room for the open block's bytes and directory as they are now. */
static bool fit_open(reel *r, uint32_t bytes) {
    return grow_to((void **)&r->open, &r->cap_open, bytes + FACTS_BEYOND, 1) &&
           grow_to((void **)&r->directory, &r->cap_directory, r->draft->ndirectory, sizeof *r->directory);
}

void reel_settle(reel *r) {
    struct draft *d = r->draft;
    if (r->facts_lost) {
        cut_facts(r);
    }
    uint32_t size = draft_end(d, &r->open_directory);
    if (!fit_open(r, size) || !bind_room(r, r->nspans)) {
        cut_facts(r);
        return;
    }
    memcpy(r->open, d->bytes, size);
    r->open_size = size;
    r->ndirectory = d->ndirectory;
    if (d->ndirectory > 0) {
        memcpy(r->directory, d->directory, d->ndirectory * sizeof *r->directory);
    }
}

/*
 * One stretch of events. False: there is no more, for now or for good. Where none has come by `deadline` nothing is
 * done: to read what a generation begins with takes several ms.
 */
static bool load_stretch(reel *r, int64_t deadline) {
    struct stretch *s = intake_next(&r->intake, deadline);
    if (s == NULL) {
        return true;
    }
    bool more = s->n > 0;
    r->progress = s->progress;
    refresh_size(r);
    if (more && s->progress.starts > 1) { /* another heap: nothing of this one goes on in it */
        more = false;
        say_another(r);
    }
    if (more) {
        gaps_note(r, s);
        r->into = s;
        recorder_events(r->rec, s);
        r->into = NULL;
        r->info.events += s->n;
        r->info.duration = s->end;
    }
    intake_done(&r->intake);
    return more && !r->memory_short;
}

enum reel_state reel_load(reel *r, int64_t budget_ns) {
    if (r->info.done) {
        return r->memory_short ? REEL_OUT_OF_MEMORY : REEL_DONE;
    }
    int64_t end = budget_ns > 0 ? now_ns() + budget_ns : INT64_MAX;
    int64_t deadline = r->info.events > 0 ? end : INT64_MAX; /* the first call has something to show */
    bool ok = r->under_way || begin_loading(r), more = ok;
    while (more && (more = load_stretch(r, deadline)) && (budget_ns <= 0 || now_ns() < end)) {
    }
    r->memory_short |= !ok;
    bool waiting = ok && !more && r->progress.waiting && !r->memory_short;
    if (ok) {
        intake_settle(&r->intake);
    }
    if (!more && !waiting) {
        recorder_finish(r->rec);
        r->info.done = true;
    }
    if (ok) {
        reel_settle(r);
    }
    refresh_info(r);
    if (!r->info.done) {
        return waiting ? REEL_WAITING : REEL_LOADING;
    }
    end_loading(r);
    return r->memory_short ? REEL_OUT_OF_MEMORY : REEL_DONE;
}

int reel_fd(const reel *r) {
    return r->t != NULL && r->intake.belt == NULL ? trace_fd(r->t) : -1;
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
    uint64_t since = r->nfacts - r->facts_at_checkpoint;
    if (since < CHECKPOINT_FACTS || since * FACT_BYTES < weight) {
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
    r->facts_at_checkpoint = r->nfacts;
}

/* ---- appending */

void reel_milestone(reel *r, struct frame *head) {
    r->memory_short |= !course_block(r, &head->totals) || r->facts_lost;
    if (!r->facts_lost) {
        maybe_checkpoint(r, head);
    }
}

/* One event may lead to very many facts: these are bound at once. */
static struct late *next_late(reel *r) {
    struct stretch *s = r->into;
    if (s == NULL) {
        return &r->at_once;
    }
    if (s->nlate == LATE_MOST) {
        intake_settle(&r->intake);
        bind_early(r, s);
    }
    if (!GROW(s->late, s->nlate + LATE_AHEAD, s->cap_late)) {
        r->facts_lost = true;
        r->memory_short = true;
        return NULL;
    }
    intake_own(&s->late[s->nlate + LATE_AHEAD]);
    return &s->late[s->nlate++];
}

struct late *reel_wait(reel *r, int64_t *t) {
    if (r->memory_short) {
        return NULL;
    }
    *t = r->last = *t > r->last ? *t : r->last;
    return next_late(r);
}

void reel_appended(reel *r, struct frame *head) {
    if (r->into == NULL) {
        bind_late(r, &r->at_once);
    }
    r->nfacts++;
    if (r->nfacts % BLOCK_FACTS == 0) {
        reel_milestone(r, head);
    }
}

/* A fact on its way into a block. */
static void hand_over(reel *r, const struct fact *x, uint8_t lane) {
    struct late *to = r->into != NULL ? next_late(r) : NULL;
    if (to != NULL) {
        pack_brief(x, lane, to);
    } else if (r->into == NULL) {
        bind_fact(r, x, lane);
    }
}

void reel_append(reel *r, struct frame *head, struct fact *x) {
    if (r->memory_short) {
        return;
    }
    x->t = r->last = x->t > r->last ? x->t : r->last;
    bool object = x->kind == FACT_EXISTS || x->kind == FACT_ALLOC || x->kind == FACT_SUBALLOC;
    if (x->kind == FACT_PLACE) {
        x->before.live = x->after.live = frame_seat(head, x->span)->live;
    }
    hand_over(r, x, object ? frame_seat(head, x->span)->span_class : 0);
    frame_apply(head, x);
    r->nfacts++;
    if (object || x->kind == FACT_FREE) {
        course_note_objects(r, head->totals.objects, head->totals.object_bytes);
    } else if (x->kind != FACT_PLACE) {
        course_note(r, &head->totals);
    }
    if (r->nfacts % BLOCK_FACTS == 0) {
        reel_milestone(r, head);
    }
    r->memory_short |= head->memory_short;
}

uint32_t reel_add_span(reel *r, const struct span *s) {
    if (r->nspans >= NO_ID - 1 || !GROW(r->spans, r->nspans, r->cap_spans) ||
        !GROW(r->reach, r->nspans, r->cap_reach)) {
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
