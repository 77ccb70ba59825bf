/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * generation.h - one generation of a trace: its batches grouped by thread, and the tables that its events refer to.
 *
 * A generation is read whole before its first event is delivered, since its tables stand behind its events. What is
 * kept of a batch is where it lies; events stay undecoded. Offsets are bytes into the source.
 */
#ifndef HEAPREEL_GENERATION_H
#define HEAPREEL_GENERATION_H

#include "traces/idset.h"
#include "traces/source.h"

#define NO_BATCH UINT32_MAX

struct batch {
    uint64_t offset; /* of its data */
    uint64_t ts;     /* base time, clock units */
    uint32_t size : 24;
    uint32_t header : 8; /* bytes before its data */
    uint32_t next;       /* of the same thread, in file order; NO_BATCH at the end */
};

struct batch_thread {
    int64_t m;
    uint32_t first, last; /* batches */
};

struct string_entry {
    uint64_t offset;
    uint32_t len;
};

struct stack_entry {
    uint64_t offset; /* of its first frame */
    uint32_t nframes;
    uint32_t end; /* bytes from offset to the end of its batch: nothing of it lies beyond */
};

struct frame_entry {
    uint64_t func, file, line;
};

struct sample {
    int64_t time; /* ns of the trace's clock */
    int64_t m, p, g;
    uint64_t stack;
};

struct generation {
    uint64_t number;     /* its own, from the file */
    uint64_t begin, end; /* the bytes it spans */
    bool open;           /* something of it was read */
    bool ended;          /* its end mark was seen (Go 1.26), or the next one began */
    bool cut;            /* the header of another trace stands behind it */
    bool damaged;        /* something of it is missing: its order may not be provable */
    bool unfinished;     /* the file ends before its strings: if anything is found missing, that is why */

    struct batch *batches;
    size_t nbatches, cap_batches;
    struct batch_thread *threads; /* in the order of their first batches */
    size_t nthreads, cap_threads;
    struct idmap thread_of; /* m -> index of threads */

    uint64_t stacks_ts;   /* the latest of its stack batches: these are written when all its events are; 0: none */
    uint64_t events_ts;   /* the latest of its event batches */
    uint64_t latest_ts;   /* and of all */
    uint64_t last_header; /* offset of its last batch */
    uint64_t last_body;   /* and of its data; 0: none */
    uint64_t last_lost;   /* bytes of it that were told as lost */
    bool last_events;     /* that one is the last of `batches` */
    bool closed;          /* its last batch is a table: no events are missing behind it */

    struct string_entry *strings;
    size_t nstrings, cap_strings;
    struct idmap string_of;

    struct stack_entry *stacks;
    size_t nstacks, cap_stacks;
    struct idmap stack_of;
    uint64_t most_name;         /* the highest id of a string that a frame names */
    struct frame_entry *frames; /* filled when a stack is first asked for */
    size_t nframes, cap_frames;
    struct idmap frame_of; /* pc -> index of frames */
    bool frames_read;
    bool frames_short;                        /* memory was too short for all of them */
    struct idset known_strings, known_stacks; /* of the maps above, once the generation is read */
    bool tables_damaged;                      /* entries may be missing: that an id is unknown says nothing new */

    struct trace_heap_type *types;
    size_t ntypes, cap_types;
    struct idmap type_of;

    struct sample *samples; /* in the reference's order once sorted */
    size_t nsamples, cap_samples;

    uint64_t frequency; /* clock units a second; 0 unknown */
    bool clock;         /* has its clock snapshot (Go 1.25 on) */
    double ns_per_unit;
    uint64_t whole_ns;           /* the same where it is a whole number (64 on Linux), else 0 */
    struct trace_heap_info heap; /* known only where this generation brings it */
};

/* What reading generations needs to go on: where it stands, and what was lost. */
struct scan {
    struct source *src;
    int version;        /* whose rules are followed: of a later header, those of the newest known */
    uint64_t at;        /* next byte to read */
    uint64_t frequency; /* of the last generation that had one */
    uint64_t skipped;   /* bytes before `at` that made no sense: a search for sense that is not over */
    uint64_t starts;    /* headers met behind the first one */
    uint64_t start_at;  /* where the first of those stands */
    uint64_t clock;     /* of the last batch whose time fitted those before it; 0: none yet */
    uint64_t odd_clock; /* of the last batch, if its time did not; else 0 */
    uint64_t looked;    /* bytes looked through for a better place than where a batch says it ends */
    struct {
        uint64_t number, ts; /* its own, and the latest of its batches */
    } finished;              /* the last generation, where its number was the next one or it was the first; else 0 */
    uint64_t anchored;       /* offset of a trace's first batch, once that was held against others; 0: not yet */
    uint64_t passed_over;    /* offset of a trace of the old format, whose bytes are passed over; 0: none */
    bool writes_again;    /* a batch was left out that its writer wrote once more: what else is there twice goes too */
    bool midway;          /* a generation was begun, but not all of it was there */
    bool end_noted;       /* that the source ended early */
    uint64_t holes_noted; /* of the source's */
    struct trace_loss loss;
};

/* The newest version whose rules are known. */
enum { SCAN_NEWEST = 26 };
/* Whose rules a header of Go 1.22 or later stands for: those of the newest known where it is later still; 0: nobody's.
 */
unsigned scan_rules(unsigned version);

/* The NN of a header "go 1.NN trace" at `at`, spelled as every writer does; 0 where there is none. */
unsigned scan_header(const struct source *src, uint64_t at);

/* Where something is wrong: offset, and the batch (offset of its header, 0: none) and generation that it lies in. */
struct place {
    uint64_t offset, batch, generation;
};

/* Note a loss of `bytes` at a place; the first one keeps its text. */
void scan_lost_at(struct scan *s, enum trace_code code, struct place at, uint64_t bytes, const char *what);
/* The same outside of any batch. */
void scan_lost(struct scan *s, enum trace_code code, uint64_t offset, uint64_t bytes, uint64_t generation,
               const char *what);

/* Whether the bytes before `upto` are there. False: they never come (why is noted), or s->src->waiting. */
bool scan_has(struct scan *s, uint64_t upto);

/* Whether more may be looked through for what is wrong: add what is to `looked`. */
bool scan_may_look(const struct scan *s);

enum generation_result {
    GENERATION_WHOLE,
    GENERATION_END,    /* of the trace, or, with TRACE_E_MEMORY in s->loss, of memory */
    GENERATION_WAITING /* bytes are still to come: ask again, and it goes on where it stopped */
};

/*
 * Read the next generation into g (emptied first, its memory reused). A header that stands where a batch could begins
 * another trace: the rules are those of that header from there on, and s->starts counts it. One of Go 1.21 or before
 * ends the reading, and is a loss.
 */
enum generation_result generation_read(struct generation *g, struct scan *s);
void generation_free(struct generation *g);

/* Something of g is missing: where the file ended too early (g->unfinished), that is noted, once, as the cause. */
void generation_unfinished(struct generation *g, struct scan *s);

/* ns of a clock value or a difference, exactly as the reference rounds it (facts: 1.7). */
static inline int64_t generation_ns(const struct generation *g, uint64_t units) {
    if (g->whole_ns != 0 && units < UINT64_C(1) << 40) {
        return (int64_t)(units * g->whole_ns); /* what doubles give as well: nothing is rounded */
    }
    double ns = (double)units * g->ns_per_unit;
    return ns >= 9223372036854775808.0 || ns != ns ? INT64_MIN : (int64_t)ns;
}

/*
 * The time that no event of a batch can be later than, INT64_MAX where nothing tells: its thread begins its next batch
 * when this one is full, and stacks are written behind all events. Threads that emit faster than the clock counts run
 * ahead of it by a unit an event.
 */
int64_t generation_latest(const struct generation *g, uint32_t batch);

struct trace_text generation_string(const struct generation *g, const struct source *src, uint64_t id);
size_t generation_stack(struct generation *g, const struct source *src, uint64_t id, struct trace_frame *out,
                        size_t max);
const struct trace_heap_type *generation_type(const struct generation *g, uint64_t id);

/* A structural batch: where its header and its bytes stand, its generation and experiment. */
struct table {
    uint64_t header, at, end, generation;
    uint8_t exp;
    bool cut; /* by the end of the file, which was told */
};
/* tables.c: take one. What of it makes no sense is noted. False: out of memory. */
bool tables_take(struct generation *g, struct scan *s, const struct table *t);
/* Once the frequency is known: sample times become ns, samples are sorted. False: out of memory. */
bool tables_finish(struct generation *g);
/* Do all frames name strings that exist? Asked once the tables are whole; false sets *stack to the place (from 0) of
 * one that lacks them. */
bool tables_frames_named(struct generation *g, const struct source *src, uint64_t *stack);

#endif
