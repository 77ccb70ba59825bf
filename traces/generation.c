/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * generation.c - find the batches of one generation and sort them by kind.
 *
 * Where a generation ends differs by version (facts: 1.4): Go 1.22 to 1.25 end it where the next one's first batch
 * stands; 1.26 writes an end mark. A batch that makes no sense is a loss: reading goes on at the next byte from which
 * two batches in a row make sense. Table batches are read at once, batches of events are only remembered, by thread.
 */
#include "traces/generation.h"
#include "traces/grow.h"
#include "traces/resume.h"
#include "traces/v1.h"
#include "traces/wire.h"

#include <inttypes.h>
#include <stdio.h>

/* Clock units a second where a generation lost its own: 64 ns units, as all of Go's Linux writers use. */
#define USUAL_FREQUENCY UINT64_C(15625000)

void scan_lost_at(struct scan *s, enum trace_code code, struct place at, uint64_t bytes, const char *what) {
    struct trace_loss *l = &s->loss;
    if (l->count++ == 0) {
        l->code = code;
        l->at = at.offset;
        l->first = (struct trace_error){code, at.offset, at.batch, at.generation, {0}};
        snprintf(l->first.text, sizeof l->first.text, "%s", what);
    }
    l->of_code[code]++;
    l->bytes += bytes;
}

void scan_lost(struct scan *s, enum trace_code code, uint64_t offset, uint64_t bytes, uint64_t generation,
               const char *what) {
    scan_lost_at(s, code, (struct place){offset, 0, generation}, bytes, what);
}

bool scan_has(struct scan *s, uint64_t upto) {
    bool has = source_has(s->src, upto);
    const struct trace_error *end = &s->src->end, *hole = &s->src->hole;
    while (s->holes_noted < s->src->holes) {
        s->holes_noted++;
        scan_lost(s, hole->code, hole->offset, 0, 0, hole->text); /* only the first loss of all is told in words */
    }
    if (!has && s->src->ended && end->code != TRACE_OK && !s->end_noted) {
        s->end_noted = true;
        scan_lost(s, end->code, s->src->size, 0, 0, end->text);
    }
    return has;
}

/* True: not enough is there to go on, and more will come. */
static bool must_wait(struct scan *s, uint64_t upto) {
    return !scan_has(s, upto) && s->src->waiting;
}

unsigned scan_rules(unsigned version) {
    static const unsigned known[] = {22, 23, 25, SCAN_NEWEST};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (known[i] == version) {
            return version;
        }
    }
    return version > SCAN_NEWEST ? SCAN_NEWEST : 0;
}

/* Skip what makes no sense. False: more bytes must come first, then call it again. */
static bool resync(struct scan *s, struct generation *g) {
    do {
        s->skipped++;
        s->at++;
        if (must_wait(s, s->at + RESUME_MOST)) {
            s->skipped--;
            s->at--;
            return false;
        }
    } while (s->at < s->src->size && !resume_plausible(s, g, s->at));
    uint64_t from = s->at - s->skipped;
    uint8_t first = s->src->data[from];
    bool header = first == TRACE_EV_EVENT_BATCH || first == TRACE_EV_EXPERIMENTAL_BATCH;
    bool cut = s->at >= s->src->size && s->skipped < RESUME_HEADER && header;
    scan_lost_at(s, cut ? TRACE_E_TRUNCATED : TRACE_E_BATCH, (struct place){from, from, g->number}, s->skipped,
                 cut ? "the file ends in the middle of a batch's header" : "bytes that are no batch");
    g->tables_damaged = true;
    source_give_back_range(s->src, from, s->at);
    g->last_body = s->at;
    g->last_events = false;
    s->skipped = 0;
    g->damaged = true;
    return true;
}

static bool add_events(struct generation *g, const struct batch_header *h, uint64_t size) {
    int64_t m = (int64_t)h->m;
    uint32_t t = idmap_get(&g->thread_of, h->m);
    if (!GROW(g->batches, g->nbatches, g->cap_batches) || g->nbatches >= NO_BATCH) {
        return false;
    }
    uint32_t b = (uint32_t)g->nbatches;
    g->batches[b] = (struct batch){
        .offset = h->data, .ts = h->ts, .size = size & 0xffffff, .header = (h->data - h->at) & 0xff, .next = NO_BATCH};
    if (t == IDMAP_NONE) {
        t = (uint32_t)g->nthreads;
        if (!GROW(g->threads, g->nthreads, g->cap_threads) || !idmap_put(&g->thread_of, h->m, t)) {
            return false;
        }
        g->threads[g->nthreads++] = (struct batch_thread){m, b, b};
    } else {
        g->batches[g->threads[t].last].next = b;
        g->threads[t].last = b;
    }
    g->nbatches++;
    return true;
}

/* Does a batch that begins with this byte hold a table? The clock's differs by version. */
static bool is_table(const struct scan *s, uint8_t kind) {
    return kind == TRACE_EV_STRINGS || kind == TRACE_EV_STACKS || kind == TRACE_EV_CPU_SAMPLES ||
           kind == (s->version >= 25 ? TRACE_EV_SYNC : TRACE_EV_FREQUENCY);
}

static bool is_end_mark(const struct scan *s, const struct batch_header *h) {
    return s->version >= 26 &&
           (h->type == TRACE_EV_END_OF_GENERATION || (h->exp == 0 && h->size > 0 && h->data < s->src->size &&
                                                      s->src->data[h->data] == TRACE_EV_END_OF_GENERATION));
}

/* Take one batch whose header is h. False: out of memory. */
static bool take_batch(struct generation *g, struct scan *s, const struct batch_header *h) {
    uint64_t room = s->src->size - h->data;
    uint64_t size = h->size < room ? h->size : room;
    if (size < h->size) {
        scan_lost_at(s, TRACE_E_TRUNCATED, (struct place){s->src->size, h->at, h->gen}, 0,
                     "the file ends in the middle of a batch");
        g->damaged = true;
    }
    s->at = h->data + size;
    resume_note_clock(s, h->ts);
    g->latest_ts = h->ts > g->latest_ts ? h->ts : g->latest_ts;
    g->last_header = h->at;
    g->last_body = h->data;
    g->last_lost = 0;
    g->last_events = false;
    if (h->exp > 1) {
        return true; /* bytes of an experiment that this reader does not know: nothing of the stream */
    }
    uint8_t kind = size > 0 ? s->src->data[h->data] : 0;
    bool table = h->exp == 1 || is_table(s, kind);
    g->closed = table && size == h->size;
    if (!table && twice_written(g, s, h, size)) {
        bool left_out = s->writes_again = s->writes_again || twice_numbered(s, h, size);
        scan_lost_at(s, TRACE_E_BATCH, (struct place){h->at, h->at, h->gen}, left_out ? s->at - h->at : 0,
                     left_out ? "a batch that was written twice"
                              : "a batch that was written twice, as its events are told");
        g->last_lost = left_out ? size : 0;
        if (left_out) {
            return true;
        }
    }
    if (!table) {
        g->events_ts = h->ts > g->events_ts ? h->ts : g->events_ts;
        g->last_events = true;
        return add_events(g, h, size);
    }
    if (h->exp == 0 && kind == TRACE_EV_STACKS && h->ts > g->stacks_ts) {
        g->stacks_ts = h->ts;
    }
    uint64_t before = s->loss.bytes;
    bool ok = tables_take(g, s, &(struct table){h->at, h->data, s->at, h->gen, h->exp, size < h->size});
    g->last_lost = s->loss.bytes - before;
    return ok;
}

/* Does this batch belong to the open generation? Notes what is wrong where numbers jump. */
static bool belongs(const struct generation *g, struct scan *s, const struct batch_header *h) {
    if (!g->open || h->gen == g->number) {
        return true;
    }
    if (s->version >= 26) {
        scan_lost(s, TRACE_E_GENERATION, s->at, 0, g->number, "a generation without its end mark");
    } else if (h->gen != g->number + 1) {
        char text[80];
        snprintf(text, sizeof text, "generations out of order: %" PRIu64 " begins here", h->gen);
        scan_lost(s, TRACE_E_GENERATION, s->at, 0, g->number, text);
    }
    return false;
}

void generation_unfinished(struct generation *g, struct scan *s) {
    if (g->unfinished) {
        scan_lost(s, TRACE_E_TRUNCATED, g->end, 0, g->number, "the file ends before its last generation is whole");
        g->unfinished = false;
        g->damaged = g->tables_damaged = true;
    }
}

/* A number that doesn't go on may be damaged: by that one nothing is held to be over. */
static void note_finished(const struct generation *g, struct scan *s) {
    bool next = s->finished.number == 0 || g->number == s->finished.number + 1;
    s->finished.number = next ? g->number : 0;
    s->finished.ts = next ? g->latest_ts : 0;
}

/* False: out of memory. */
static bool finish(struct generation *g, struct scan *s) {
    g->end = s->at;
    bool events = g->nbatches > 0 || g->nsamples > 0, last = !g->ended && !g->cut;
    if (!g->ended && s->version >= 26 && events) {
        scan_lost(s, TRACE_E_TRUNCATED, s->at, 0, g->number,
                  g->cut ? "a generation without its end mark" : "the file ends before its last generation is whole");
        g->damaged = true;
    } else if (last && !events && !g->damaged) { /* a writer has events for every generation that it begins */
        scan_lost(s, TRACE_E_TRUNCATED, s->at, 0, g->number, "the file ends before the first event of a generation");
        g->damaged = true;
    }
    g->unfinished = last && s->version < 26 && g->nstrings == 0 && !g->damaged;
    bool whole_or_shown = g->ended || s->version < 26 || events;
    if (g->frequency == 0) {
        g->frequency = s->frequency != 0 ? s->frequency : USUAL_FREQUENCY;
        if (whole_or_shown) {
            generation_unfinished(g, s);
            scan_lost(s, TRACE_E_GENERATION, g->begin, 0, g->number,
                      "a generation without its clock frequency: its times use the usual one");
            g->damaged = true;
        }
    }
    if (s->version >= 25 && !g->clock && whole_or_shown) {
        scan_lost(s, TRACE_E_GENERATION, g->begin, 0, g->number, "a generation without its clock snapshot");
    }
    uint64_t stack;
    bool named = tables_frames_named(g, s->src, &stack);
    if (!named) {
        generation_unfinished(g, s);
    }
    if (!named && !g->tables_damaged && whole_or_shown) {
        scan_lost(s, TRACE_E_ID, g->stacks[stack].offset, 0, g->number,
                  "a stack with a frame whose function or file is in no table of strings");
    }
    note_finished(g, s);
    s->frequency = g->frequency;
    g->ns_per_unit = 1.0 / ((double)g->frequency / 1e9);
    bool even = g->ns_per_unit >= 1 && g->ns_per_unit <= 4096 && g->ns_per_unit == (double)(uint64_t)g->ns_per_unit;
    g->whole_ns = even ? (uint64_t)g->ns_per_unit : 0;
    return tables_finish(g);
}

int64_t generation_latest(const struct generation *g, uint32_t batch) {
    enum { SLACK = 1000000 }; /* ns */
    const struct batch *b = &g->batches[batch];
    uint64_t after = b->next != NO_BATCH                        ? g->batches[b->next].ts
                     : g->closed && g->stacks_ts > g->events_ts ? g->stacks_ts
                                                                : 0;
    int64_t begin = generation_ns(g, b->ts), end = generation_ns(g, after), ahead = generation_ns(g, b->size);
    /* No two batches of a thread begin at once: such a one stands there twice. */
    bool later = end > begin || (end == begin && b->next == NO_BATCH);
    if (!later || begin < 0 || ahead < 0 || end > INT64_MAX - SLACK - ahead) {
        return INT64_MAX; /* its own time, or that of the other, is wrong: which one can't be told */
    }
    return end + ahead + SLACK;
}

static void clear(struct generation *g) {
    idmap_clear(&g->thread_of);
    idmap_clear(&g->string_of);
    idmap_clear(&g->stack_of);
    idmap_clear(&g->frame_of);
    idmap_clear(&g->type_of);
    g->nbatches = g->nthreads = g->nstrings = g->nstacks = g->nframes = g->ntypes = g->nsamples = 0;
    g->number = g->begin = g->end = g->frequency = 0;
    g->open = g->ended = g->cut = g->damaged = g->unfinished = g->frames_read = g->frames_short = g->clock = false;
    g->tables_damaged = g->closed = false;
    g->most_name = g->stacks_ts = g->events_ts = g->latest_ts = g->last_header = g->last_body = 0;
    g->heap = (struct trace_heap_info){0};
}

/* Nothing behind `at` will be read: a trace of the old format, which can't be put in order with what was. */
static enum generation_result pass_over(struct scan *s) {
    s->passed_over = s->at;
    while (scan_has(s, (uint64_t)s->src->size + 1)) {
        source_give_back(s->src, s->src->size);
    }
    if (s->src->waiting) {
        return GENERATION_WAITING;
    }
    scan_lost(s, TRACE_E_GENERATION, s->at, s->src->size - s->at, 0,
              "a trace of Go 1.21 or before begins here: only what stands before it is read");
    s->at = s->src->size;
    s->passed_over = 0;
    return GENERATION_END;
}

/* Another trace begins: with it a new generation, if one is open. */
static enum generation_result start_anew(struct generation *g, struct scan *s) {
    if (g->open) {
        g->ended = s->version < 26;
        g->cut = true;
        return GENERATION_WHOLE;
    }
    unsigned version = scan_header(s->src, s->at);
    if (v1_knows(version)) {
        return pass_over(s);
    }
    if (s->starts++ == 0) {
        s->start_at = s->at;
    }
    s->version = (int)scan_rules(version);
    s->clock = s->odd_clock = s->anchored = s->finished.number = 0; /* of another machine, maybe */
    s->at += WIRE_HEADER;
    g->begin = g->last_body = s->at; /* what stands before belongs to another trace */
    return GENERATION_WHOLE;
}

/* Looking back and ahead costs no more than so many bytes for each of those passed, and for each of the trace's begin.
 */
enum { LOOK_PER_BYTE = 4, LOOK_BEGIN = 1 << 18 };

bool scan_may_look(const struct scan *s) {
    uint64_t begin = s->src->size < LOOK_BEGIN ? s->src->size : LOOK_BEGIN;
    return s->looked <= LOOK_PER_BYTE * (begin + s->at);
}

/* Another batch begins in what a batch says are its own bytes. */
static void lost_length(const struct generation *g, struct scan *s, uint64_t header, uint64_t next) {
    scan_lost_at(s, TRACE_E_BATCH, (struct place){next, header, g->number}, 0,
                 resume_at_trace(s, next) ? "a batch that is shorter than it says: another trace begins here"
                                          : "a batch that is shorter than it says: the next one begins here");
}

/* What stands behind a batch makes no sense, or less than another place: its length was wrong, or bytes are missing. */
static void go_to(struct generation *g, struct scan *s, uint64_t place) {
    if (place > s->at) {
        scan_lost_at(s, TRACE_E_BATCH, (struct place){s->at, s->at, g->number}, place - s->at,
                     "bytes that are no batch");
    } else {
        lost_length(g, s, g->last_header, place);
        uint64_t own = place - g->last_body; /* what stands behind is read again */
        s->loss.bytes -= g->last_lost > own ? g->last_lost - own : 0;
    }
    g->last_lost = 0;
    if (place < s->at && g->last_events) {
        struct batch *b = &g->batches[g->nbatches - 1];
        b->size = (place - b->offset) & 0xffffff;
    }
    s->at = g->last_body = place; /* what is told as lost is looked at no more */
    g->last_events = false;
    g->damaged = g->tables_damaged = true;
}

/* Does it name another generation than all around it? Only where such a batch can't begin one. */
static bool misnamed(const struct generation *g, const struct scan *s, const struct batch_header *h) {
    struct batch_header next, named = *h;
    named.gen = g->number;
    return g->open && h->gen != g->number && (s->version >= 26 || h->gen != g->number + 1) &&
           h->size < s->src->size - h->data && resume_sane(s, g, &named) &&
           resume_header(s, h->data + h->size, &next) && next.gen == g->number && resume_sane(s, g, &next);
}

enum sense { SENSE, NONSENSE, ELSEWHERE, UNKNOWN_YET };

/* So far behind a trace's begin others are looked for that its first batch must agree with. */
enum { ANCHOR_WITHIN = 1 << 20 };

/*
 * By a trace's first batch all others are known: by its generation and clock. So where another one doesn't follow on
 * it, the first place counts from which several follow on each other: what doesn't agree with that one is damaged.
 */
static enum sense anchor(struct generation *g, struct scan *s, struct batch_header *h) {
    uint64_t behind = h->data + h->size;
    if (must_wait(s, behind + 1)) {
        return UNKNOWN_YET;
    }
    bool ends = s->version >= 26 && behind < s->src->size && s->src->data[behind] == TRACE_EV_END_OF_GENERATION;
    if (!ends && must_wait(s, behind + RESUME_HEADER)) {
        return UNKNOWN_YET;
    }
    if (ends || resume_followed(s, g, h, 1)) {
        s->anchored = s->at;
        return SENSE;
    }
    if (must_wait(s, s->at + ANCHOR_WITHIN + RESUME_MOST)) {
        return UNKNOWN_YET;
    }
    s->anchored = s->at;
    uint64_t to = s->src->size - s->at > ANCHOR_WITHIN ? s->at + ANCHOR_WITHIN : s->src->size;
    if (!scan_may_look(s)) {
        return SENSE;
    }
    s->looked += to - s->at;
    uint64_t place = resume_inside(s, g, s->at, to, s->at);
    struct batch_header known;
    if (place == to || !resume_header(s, place, &known)) {
        return SENSE;
    }
    s->clock = known.ts;
    if (resume_agree(h, &known)) {
        return SENSE;
    }
    go_to(g, s, place);
    return ELSEWHERE;
}

/*
 * Is h (unless `parsed` is false: no header at all) what stands at s->at, or does a better place lie in the batch
 * before it, or in what it says are its own bytes? These are looked through only where something is odd. ELSEWHERE:
 * s->at is there now, or h has become shorter or got its generation's number.
 */
static enum sense make_sense(struct generation *g, struct scan *s, struct batch_header *h, bool parsed) {
    if (parsed) {
        bool next = g->open && h->gen == g->number + 1; /* nobody waits for the rest of its batch */
        if (must_wait(s, h->data + (h->size > 0))) {
            return next ? SENSE : UNKNOWN_YET;
        }
        bool sane = resume_sane(s, g, h);
        if (sane && next) {
            return SENSE;
        }
        if (must_wait(s, h->data + h->size)) {
            return UNKNOWN_YET;
        }
        if (sane && h->size <= s->src->size - h->data) {
            return SENSE;
        }
    }
    uint64_t to = !parsed ? s->at : h->data + h->size < s->src->size ? h->data + h->size : s->src->size;
    uint64_t from = g->last_body > 0 ? g->last_body : s->at;
    if (!scan_may_look(s)) {
        return SENSE;
    }
    if (must_wait(s, to + RESUME_MOST)) {
        return UNKNOWN_YET;
    }
    s->looked += to - from;
    uint64_t place = resume_inside(s, g, from, to, s->at);
    bool own = parsed && place > h->data;
    if (place < to && own && g->open && h->gen == g->number && h->exp <= 1) {
        h->size = place - h->data;
        lost_length(g, s, s->at, place);
        g->damaged = true;
    } else if (place < to) {
        go_to(g, s, place);
        return ELSEWHERE;
    } else if (parsed && misnamed(g, s, h)) {
        scan_lost_at(s, TRACE_E_BATCH, (struct place){s->at, s->at, g->number}, 0,
                     "a batch that names another generation than those around it");
        h->gen = g->number;
        g->damaged = true;
    } else if (parsed && g->open && !resume_numbered(g, h) && !resume_plausible(s, g, s->at)) {
        return NONSENSE; /* no reader takes such a batch, and nothing speaks for it */
    }
    return SENSE;
}

/* Nothing is taken: where reading goes on instead. */
static enum generation_result step_by(struct generation *g, struct scan *s, enum sense sense) {
    if (sense == NONSENSE) {
        return resync(s, g) ? GENERATION_WHOLE : GENERATION_WAITING;
    }
    return sense == ELSEWHERE ? GENERATION_WHOLE : GENERATION_WAITING;
}

/* No batch begins where s stands: is it one of which not all is there, is there sense further on? */
static enum generation_result step_over(struct generation *g, struct scan *s) {
    struct batch_header h = {0};
    bool maybe = s->skipped == 0 && s->src->size - s->at < RESUME_HEADER; /* cut, or not all of it here yet */
    size_t had = s->src->size;
    bool wait = maybe && must_wait(s, s->at + RESUME_HEADER);
    if (s->src->size > had) {
        return GENERATION_WHOLE; /* a shorter header may be whole now */
    }
    if (wait) {
        return GENERATION_WAITING;
    }
    enum sense sense = s->skipped == 0 ? make_sense(g, s, &h, false) : NONSENSE;
    return step_by(g, s, sense == SENSE ? NONSENSE : sense);
}

static enum generation_result step_end_mark(struct generation *g, struct scan *s, const struct batch_header *h) {
    if (must_wait(s, h->data + h->size)) {
        return GENERATION_WAITING;
    }
    uint64_t room = s->src->size - h->data;
    s->at = h->data + (h->size < room ? h->size : room);
    g->ended = g->open = true;
    return GENERATION_WHOLE;
}

/* A batch of a generation that is over: what it tells is known, but others are missing where it stands (twice.c). */
static void pass_old(struct generation *g, struct scan *s, const struct batch_header *h) {
    s->at = h->data + h->size;
    scan_lost_at(s, TRACE_E_BATCH, (struct place){h->at, h->at, h->gen}, s->at - h->at,
                 "a batch of a generation before, written once more");
    source_give_back_range(s->src, h->at, s->at);
    g->last_body = s->at;
    g->last_lost = 0;
    g->last_events = false;
    g->damaged = g->tables_damaged = s->writes_again = true;
}

/* Is all of it there, and another one behind it, or the end? */
static bool is_followed(const struct scan *s, const struct batch_header *h) {
    struct batch_header next;
    uint64_t room = s->src->size - h->data;
    return h->size == room || (h->size < room && resume_header(s, h->data + h->size, &next));
}

static enum generation_result step_batch(struct generation *g, struct scan *s, struct batch_header *h) {
    bool over = twice_over(s, h);
    if (over && must_wait(s, h->data + h->size + RESUME_HEADER)) {
        return GENERATION_WAITING;
    }
    if (over && is_followed(s, h)) {
        pass_old(g, s, h);
        return GENERATION_WHOLE;
    }
    enum sense sense = g->open || s->clock != 0 || s->anchored != 0 ? SENSE : anchor(g, s, h);
    sense = sense == SENSE ? make_sense(g, s, h, true) : sense;
    if (sense != SENSE) {
        return step_by(g, s, sense);
    }
    if (!belongs(g, s, h)) {
        g->ended = true;
        return GENERATION_WHOLE;
    }
    if (must_wait(s, h->data + h->size)) {
        return GENERATION_WAITING;
    }
    g->open = true;
    g->number = h->gen;
    if (!take_batch(g, s, h)) {
        scan_lost(s, TRACE_E_MEMORY, s->at, s->src->size - s->at, h->gen, "out of memory");
        return GENERATION_END;
    }
    return GENERATION_WHOLE;
}

/* The next step towards a whole generation: past a batch, an end mark, or bytes that make no sense. */
static enum generation_result step(struct generation *g, struct scan *s) {
    struct batch_header h;
    if (s->passed_over > 0) {
        return pass_over(s);
    }
    if (s->skipped == 0 && s->src->data[s->at] == 'g') {
        if (must_wait(s, s->at + WIRE_HEADER)) {
            return GENERATION_WAITING;
        }
        if (resume_at_trace(s, s->at)) {
            return start_anew(g, s);
        }
    }
    if (s->skipped > 0 || !resume_header(s, s->at, &h)) {
        return step_over(g, s);
    }
    if (s->version >= 26 && must_wait(s, h.data + (h.size > 0))) { /* its first byte may make it an end mark */
        return GENERATION_WAITING;
    }
    return is_end_mark(s, &h) ? step_end_mark(g, s, &h) : step_batch(g, s, &h);
}

enum generation_result generation_read(struct generation *g, struct scan *s) {
    if (!s->midway) {
        clear(g);
        g->begin = s->at;
    }
    s->midway = false;
    while (!g->ended && !g->cut && scan_has(s, s->at + 1)) {
        enum generation_result r = step(g, s);
        if (r != GENERATION_WHOLE) {
            s->midway = r == GENERATION_WAITING;
            return r;
        }
    }
    if (!g->ended && !g->cut && s->src->waiting) {
        s->midway = true;
        return GENERATION_WAITING;
    }
    if (!g->open) {
        if (s->version < 26 && s->frequency == 0 && s->loss.code == TRACE_OK) {
            scan_lost(s, TRACE_E_TRUNCATED, s->at, 0, 0, "the file ends behind its header");
        }
        return GENERATION_END;
    }
    if (!finish(g, s)) {
        scan_lost(s, TRACE_E_MEMORY, g->begin, s->src->size - g->begin, g->number, "out of memory");
        return GENERATION_END;
    }
    return GENERATION_WHOLE;
}

void generation_free(struct generation *g) {
    free(g->batches);
    free(g->threads);
    free(g->strings);
    free(g->stacks);
    free(g->frames);
    free(g->types);
    free(g->samples);
    idmap_free(&g->thread_of);
    idmap_free(&g->string_of);
    idmap_free(&g->stack_of);
    idmap_free(&g->frame_of);
    idmap_free(&g->type_of);
    idset_free(&g->known_strings);
    idset_free(&g->known_stacks);
    *g = (struct generation){0};
}
