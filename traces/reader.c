/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reader.c - the open trace: its header, one generation after the other (merge.c puts each in order), what can be
 * looked up.
 */
#include "traces/merge.h"
#include "traces/v1.h"
#include "traces/wire.h"

#include <stdio.h>

/* Header spellings end somewhere. */
enum { HEADER_MOST = 64 };

struct trace {
    struct source src;
    struct scan scan;
    struct generation gen;
    struct merge merge;
    uint32_t generation; /* counts from 0 */
    uint64_t generations;
    bool opened; /* a generation is open */
    bool ended;
    uint64_t starts;   /* headers met behind the first one */
    bool waiting;      /* the last trace_read found nothing because bytes are still to come */
    int header;        /* the number in the header; scan.version is whose rules are followed */
    char warning[128]; /* empty: none */
    struct trace_heap_info heap;
    struct v1 *v1; /* a trace of Go 1.21 or before; most of the above is unused then */
};

/* ---- opening */

/* The byte at *i, which moves on; -1 at the end. */
static int header_byte(struct trace *t, size_t *i) {
    return source_has(&t->src, *i + 1) ? t->src.data[(*i)++] : -1;
}

static bool header_blanks(struct trace *t, size_t *i) {
    size_t from = *i;
    while (*i < HEADER_MOST && source_has(&t->src, *i + 1) && (t->src.data[*i] == ' ' || t->src.data[*i] == '\t')) {
        ++*i;
    }
    return *i > from;
}

static bool header_word(struct trace *t, size_t *i, const char *word, size_t len) {
    for (size_t k = 0; k < len; k++) {
        if (header_byte(t, i) != (uint8_t)word[k]) {
            return false;
        }
    }
    return true;
}

/*
 * "go 1.NN trace" and three NULs; a fourth, to make it 16 bytes, where NN has one digit. No writer uses the other
 * spellings that the reference takes (more blanks, tabs, blanks or zeros before NN), but they cost nothing.
 */
static bool parse_header(struct trace *t, unsigned *version, size_t *len) {
    size_t i = 0;
    *version = 0;
    if (!header_word(t, &i, "go", 2) || !header_blanks(t, &i) || !header_word(t, &i, "1.", 2)) {
        return false;
    }
    header_blanks(t, &i);
    size_t digits = i;
    int c;
    while ((c = header_byte(t, &i)) >= '0' && c <= '9' && *version < 1000 && i < HEADER_MOST) {
        *version = *version * 10 + (unsigned)(c - '0');
    }
    i -= c >= 0;
    if (i == digits || !header_blanks(t, &i) || !header_word(t, &i, "trace\0\0", 8)) {
        return false;
    }
    *len = i;
    return i >= WIRE_HEADER || header_byte(t, len) == 0;
}

static bool check_header(struct trace *t, struct trace_error *err) {
    unsigned version;
    size_t len;
    if (!source_has(&t->src, WIRE_HEADER)) {
        if (t->src.end.code != TRACE_OK) {
            *err = t->src.end;
            return false;
        }
        if (t->src.waiting) {
            return trace_fail(err, TRACE_E_OPEN, t->src.size, "interrupted before the trace's first bytes came");
        }
        return trace_fail(err, TRACE_E_HEADER, t->src.size, "not a Go execution trace: only %zu byte%s", t->src.size,
                          t->src.size == 1 ? "" : "s");
    }
    static const uint8_t saved[] = {0xd9, 0xd9, 0xf7, 0x82}; /* doc/reel-format.md */
    if (memcmp(t->src.data, saved, sizeof saved) == 0) {
        return trace_fail(err, TRACE_E_HEADER, 0, "a saved reel, which can't come through a pipe: name the file");
    }
    if (!parse_header(t, &version, &len)) {
        if (t->src.holes > 0) {
            *err = t->src.hole;
            return false;
        }
        return trace_fail(err, TRACE_E_HEADER, 0, "not a Go execution trace: it does not begin with \"go 1.NN trace\"");
    }
    unsigned rules = v1_knows(version) ? version : scan_rules(version);
    if (rules == 0) {
        return trace_fail(err, TRACE_E_VERSION, 0, "a trace of Go 1.%u, a version that never wrote that header",
                          version);
    }
    if (version > SCAN_NEWEST) {
        snprintf(
            t->warning, sizeof t->warning,
            "a trace of Go 1.%u, newer than this heapreel knows: read as one of Go 1.%d, so some of it may be wrong",
            version, SCAN_NEWEST);
    }
    t->header = (int)version;
    t->scan.version = (int)rules;
    t->scan.at = len;
    return true;
}

static trace *open_source(trace *t, const struct trace_options *opt, bool ok, struct trace_error *err) {
    if (ok && check_header(t, err)) {
        t->scan.src = &t->src;
        merge_init(&t->merge, &t->scan, &t->gen);
        if (v1_knows((unsigned)t->scan.version) && (t->v1 = v1_new(&t->src, &t->scan)) == NULL) {
            trace_fail(err, TRACE_E_MEMORY, 0, "out of memory");
            trace_close(&t);
            return NULL;
        }
        if (opt != NULL && opt->dont_wait) {
            source_dont_wait(&t->src);
        }
        return t;
    }
    trace_close(&t);
    return NULL;
}

static trace *new_trace(struct trace_error *err) {
    *err = (struct trace_error){0};
    trace *t = calloc(1, sizeof *t);
    if (t == NULL) {
        trace_fail(err, TRACE_E_MEMORY, 0, "out of memory");
    }
    return t;
}

trace *trace_open_with(const char *path, const struct trace_options *opt, struct trace_error *err) {
    trace *t = new_trace(err);
    return t == NULL ? NULL : open_source(t, opt, source_open(&t->src, path, opt, err), err);
}

trace *trace_open(const char *path, struct trace_error *err) {
    return trace_open_with(path, NULL, err);
}

trace *trace_open_memory(const void *data, size_t size, struct trace_error *err) {
    trace *t = new_trace(err);
    return t == NULL ? NULL : open_source(t, NULL, source_memory(&t->src, data, size, err), err);
}

void trace_close(trace **t) {
    if (*t == NULL) {
        return;
    }
    source_close(&(*t)->src);
    generation_free(&(*t)->gen);
    merge_free(&(*t)->merge);
    v1_free(&(*t)->v1);
    free(*t);
    *t = NULL;
}

/* ---- reading */

/* Another trace begins in the same file: nothing is known of its Ps, goroutines and heap. */
static void start_anew(trace *t) {
    t->starts = t->scan.starts;
    merge_anew(&t->merge);
    t->heap = (struct trace_heap_info){0};
    snprintf(t->warning, sizeof t->warning, "another trace begins at byte %llu (tail -c +%llu cuts it out)",
             (unsigned long long)t->scan.start_at, (unsigned long long)t->scan.start_at + 1);
}

static bool next_generation(trace *t) {
    t->opened = false;
    if (t->gen.frames_short) { /* noted now: while it was under way another thread may have asked for them */
        scan_lost(&t->scan, TRACE_E_MEMORY, t->gen.begin, 0, t->gen.number, "out of memory for the frames of stacks");
        t->gen.frames_short = false;
    }
    do {
        source_give_back(&t->src, t->scan.midway ? t->gen.begin : t->scan.at);
        enum generation_result r = generation_read(&t->gen, &t->scan);
        if (r != GENERATION_WHOLE) {
            t->waiting = r == GENERATION_WAITING;
            t->ended = r == GENERATION_END;
            return false;
        }
        t->generation = (uint32_t)t->generations++;
        if (t->starts != t->scan.starts) {
            start_anew(t);
        }
        if (t->gen.heap.known) {
            t->heap = t->gen.heap;
        }
        if (!merge_generation(&t->merge, t->generation)) {
            scan_lost(&t->scan, TRACE_E_MEMORY, t->gen.begin, t->gen.end - t->gen.begin, t->gen.number,
                      "out of memory");
            t->ended = true;
            return false;
        }
    } while (merge_done(&t->merge));
    t->opened = true;
    return true;
}

/* The old format can't be put in order before its end is known. */
static bool all_is_there(trace *t) {
    while (!t->src.ended && scan_has(&t->scan, (uint64_t)t->src.size + 1)) {
    }
    t->waiting = !t->src.ended;
    return t->src.ended;
}

void trace_bulk_event(const struct trace_bulk *b, size_t i, struct trace_event *ev) {
    const struct trace_record *r = &b->record[i];
    if ((r->flags & TRACE_WHOLE) != 0) {
        *ev = b->whole[i];
        return;
    }
    const struct trace_context *by = &b->context[r->context];
    *ev = (struct trace_event){b->generation, r->type, r->flags, r->time, {r->arg[0], r->arg[1], r->third},
                               by->m,         by->p,   by->g};
}

typedef size_t reading(trace *t, struct outlet *to);

/* What is known of threads, Ps and goroutines has no room: nothing behind here can be put in order. */
static void run_out(trace *t, bool first) {
    struct scan *s = &t->scan;
    if (first) { /* whatever seems broken since is so for that reason */
        s->loss = (struct trace_loss){.by_time = s->loss.by_time};
    }
    uint64_t left = merge_left(&t->merge) + (t->src.size - s->at);
    scan_lost(s, TRACE_E_MEMORY, trace_position(t), left, t->gen.number, "out of memory");
    t->opened = false;
    t->ended = true;
}

/* Within the generation under way. */
static size_t read_on(trace *t, struct outlet *to) {
    if (t->v1 == NULL && t->opened) {
        bool none = t->scan.loss.count == 0;
        merge_read(&t->merge, to);
        if (t->merge.order.memory_short || t->merge.order.ranges.memory_short) {
            run_out(t, none);
        }
    }
    return to->n;
}

static size_t read_old(trace *t, struct outlet *to) {
    if (!all_is_there(t)) {
        return 0;
    }
    outlet_put(to, v1_read(t->v1, to->whole, to->max));
    t->generations = 1;
    return to->n;
}

static size_t read_any(trace *t, struct outlet *to) {
    t->waiting = false;
    if (t->v1 != NULL) {
        return read_old(t, to);
    }
    while (!t->ended && read_on(t, to) == 0 && next_generation(t)) {
    }
    return to->n;
}

static size_t read_events(trace *t, struct trace_event *ev, size_t max, reading *read) {
    struct outlet to = {.whole = ev, .max = max};
    return read(t, &to);
}

size_t trace_read(trace *t, struct trace_event *ev, size_t max) {
    return read_events(t, ev, max, read_any);
}

size_t trace_read_on(trace *t, struct trace_event *ev, size_t max) {
    return read_events(t, ev, max, read_on);
}

static size_t read_bulk(trace *t, struct trace_bulk *b, reading *read) {
    struct outlet to = {.record = b->record, .whole = b->whole, .context = b->context, .max = TRACE_BULK};
    size_t n = read(t, &to);
    b->ncontexts = to.ncontexts;
    b->generation = t->generation;
    return n;
}

size_t trace_read_bulk(trace *t, struct trace_bulk *b) {
    return read_bulk(t, b, read_any);
}

size_t trace_read_bulk_on(trace *t, struct trace_bulk *b) {
    return read_bulk(t, b, read_on);
}

/* ---- looking up */

const struct trace_loss *trace_loss(const trace *t) {
    return &t->scan.loss;
}

int trace_version(const trace *t) {
    return t->header;
}

const char *trace_warning(const trace *t) {
    return t->warning[0] != '\0' ? t->warning : NULL;
}

uint64_t trace_starts(const trace *t) {
    return 1 + t->starts;
}

bool trace_waiting(const trace *t) {
    return t->waiting;
}

int trace_fd(const trace *t) {
    return source_fd(&t->src);
}

uint64_t trace_file_bytes(const trace *t) {
    return t->src.file_bytes;
}

uint64_t trace_bytes(const trace *t) {
    return t->src.size;
}

/* Within a generation no byte position means much, since its threads advance side by side: its share read is estimated.
 */
uint64_t trace_position(const trace *t) {
    if (t->v1 != NULL) {
        return v1_position(t->v1);
    }
    if (!t->opened) {
        return t->scan.at;
    }
    return t->gen.end - merge_left(&t->merge);
}

double trace_share(const trace *t) {
    double taken = source_share(&t->src);
    return taken < 0 || t->src.size == 0 ? taken : taken * ((double)trace_position(t) / (double)t->src.size);
}

uint64_t trace_generations(const trace *t) {
    return t->generations;
}

uint64_t trace_work(const trace *t) {
    return t->merge.work;
}

struct trace_text trace_string(const trace *t, uint64_t id) {
    return t->v1 != NULL ? v1_string(t->v1, id) : generation_string(&t->gen, &t->src, id);
}

size_t trace_stack(trace *t, uint64_t id, struct trace_frame *frames, size_t max) {
    return t->v1 != NULL ? v1_stack(t->v1, id, frames, max) : generation_stack(&t->gen, &t->src, id, frames, max);
}

const struct trace_heap_type *trace_heap_type(const trace *t, uint64_t id) {
    return generation_type(&t->gen, id);
}

const struct trace_heap_info *trace_heap_info(const trace *t) {
    return &t->heap;
}
