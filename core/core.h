/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * core.h - the heap of a Go program over time: the reel, its frames, and the commands that ask them.
 *
 * This header is what others include of core/; beside it filter.h, session.h and glossary.h, each for one thing, and a
 * few small tools (clock.h, container.h, index.h). Core reads traces through traces/ and knows nothing of screens.
 * Nothing here is global: any number of reels and frames can live side by side. A reel is not thread-safe.
 *
 *   layout.c                     elements per span for each Go version, size classes
 *   recorder.c, objects.c        events become facts
 *   place.c, sweep.c             what follows for mcaches, mcentral's lists and sweeping
 *   names.c, texts.c, terms.c    goroutines, types and texts of the trace; our own words
 *   fact.c                       facts packed into blocks
 *   reel.c, checkpoint.c         the recording: blocks, spans, types, checkpoints, loading step by step
 *   frame.c, frame_look.c        the heap at one instant, wound from the reel both ways; what is where in it
 *   timeline.c, series.c, note.c GC cycles and phases, curves, annotations
 *   procs.c                      what each P does
 *   sweeps.c                     what each P swept after each cycle
 *   history.c                    the life of one slot or span
 *   text.c                       texts of the trace made harmless for people's eyes
 *   session*.c, bookmark.c       what is kept with a trace, see session.h
 *   when.c                       TIME expressions: 1.2s, gc:7:mark, 37%
 *   value.c, out_*.c             result rows and their text, csv, jsonl and cbor forms
 *   command.c, cmd_*.c           the command table: what the prompt and the command line run
 *   export_*.c                   files in the forms of other programs
 *   search.c, find.c             what is looked for, and all that matches it
 *   filter*.c                    the filter language, see filter.h
 *
 * Units: times are ns since the first event; addresses and sizes are bytes; page numbers count pages of page_size
 * bytes from the heap's base; `pos` is a number of facts applied, 0 (empty heap) .. reel_facts().
 *
 * Where the trace doesn't hold the heap's base (flight recorder, Go 1.26), addresses are relative to it.
 */
#ifndef HEAPREEL_CORE_H
#define HEAPREEL_CORE_H

#include "traces/traces.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define NO_TIME INT64_MIN  /* a time that isn't known or never came */
#define NO_ID   UINT32_MAX /* no span, no type, no goroutine */
#define NO_POS  UINT64_MAX /* an end that never came */

typedef struct reel reel;
typedef struct frame frame;

/* ------------------------------------------------------------------ the reel: opening and loading */

struct reel_options {
    /*
     * Bytes to do with, 0: what it takes. Checkpoints get sparser for it, facts go to a temporary file ($TMPDIR,
     * /var/tmp, /tmp), and of what curves show less is kept for the next look; what is known of spans, cycles and
     * annotations stays in memory.
     */
    uint64_t max_mem;
    /* That load, and pass over all facts: 1 the caller's alone, more: one besides; 0: as machine and trace are. */
    unsigned threads;
    struct trace_options trace; /* how to read a pipe */
};

/*
 * Open a trace for recording (see trace_open for `path` and errors). NULL with *err set where nothing can be read.
 * Free with reel_close. Nothing is loaded yet.
 */
reel *reel_open(const char *path, const struct reel_options *opt, struct trace_error *err);
/* The same for the bytes of a trace in memory, which must outlive the reel. */
reel *reel_open_memory(const void *data, size_t size, const struct reel_options *opt, struct trace_error *err);
void reel_close(reel **r);

enum reel_state {
    REEL_LOADING,
    REEL_DONE,
    REEL_OUT_OF_MEMORY,
    REEL_WAITING /* a pipe is still being written: go on when reel_fd is readable (or a signal came between) */
};

/*
 * Read on for about `budget_ns` of wall time (0: to the end). A pipe is waited for, whatever the budget, unless the
 * options say dont_wait. All that is loaded can be used between two calls; spans,
 * types, notes and goroutines keep their ids, but pointers into them are good only until the next call.
 */
enum reel_state reel_load(reel *r, int64_t budget_ns);

/* What poll says is readable when a pipe has more; -1 where the trace is no pipe, or has come to its end. */
int reel_fd(const reel *r);

/* What a reel knows of its trace. Never NULL; grows while loading. */
struct reel_info {
    int version;          /* NN of "go 1.NN trace" */
    const char *go;       /* "go1.22", "go1.23", "go1.23 or go1.24" ...: as far as header and content tell */
    uint64_t file_bytes;  /* on disk; of a pipe: that came up to now */
    uint64_t trace_bytes; /* unpacked; of pipes and packed files: as far as known, final when loaded */
    uint64_t read_bytes;  /* unpacked bytes read up to now */
    double share;         /* of the file that is loaded, 0 to 1; below 0: a pipe is still being written, nobody knows */
    uint64_t events;      /* read up to now */
    uint64_t facts;       /* recorded up to now */
    uint64_t generations;
    int64_t begin;       /* 0; of a reel that was saved in part: the instant that it begins with */
    int64_t duration;    /* time of the last event; of a reel that was saved in part: the instant that it ends with */
    int64_t procs;       /* GOMAXPROCS at the end, -1 unknown */
    bool allocfree;      /* has alloc/free events */
    bool snapshot;       /* begins with the snapshot of the heap */
    bool base_known;     /* addresses are absolute */
    uint64_t base;       /* lowest address of the page heap, 0 where unknown */
    uint64_t page_size;  /* 8192 on every port so far */
    bool done;           /* loaded to the end */
    uint64_t odd_events; /* object events in unknown spans, frees of free slots: counted, then passed over */
    uint64_t unseen_events; /* those in spans that were there before a trace without a snapshot: passed over as well */
    bool cut;               /* a saved part: what was before begin and after duration is elsewhere */
    bool saved;             /* opened from a saved reel */
    bool sweeps_cut;        /* from some GC on, swept and unswept were no longer told apart: reel_missing says so */
    struct trace_loss loss; /* what couldn't be read */
    int64_t sure_until;     /* from here on events are missing: what of before is still there isn't sure; NO_TIME */
    const char *warning;    /* NULL, or one line: the trace is newer than this program, or not the only one in its file.
                               Lives as long as the reel */
};
const struct reel_info *reel_info(const reel *r);

/* NULL, or one line for people: what this trace lacks and how to record it. Static text. */
const char *reel_missing(const reel *r);

/* Are events missing before this position? Then what has no event may be there all the same, and sums lack it. */
bool reel_gap_before(const reel *r, uint64_t pos);

/* ------------------------------------------------------------------ names */

/* A name from the trace: raw bytes, safe to print only through text_safe. Lives as long as the reel. */
typedef struct trace_text text;

/*
 * Copy `t` to `dst` (cap > 0 bytes, always terminated) as harmless UTF-8: control and bidi characters, escape
 * sequences and invalid bytes become visible stand-ins; cut with "..." where too long. Returns the length.
 */
size_t text_safe(char *dst, size_t cap, text t);
/* The same in plain ASCII, for terminals and locales without UTF-8: other letters become \u00e9 or \U0001f600. */
size_t text_ascii(char *dst, size_t cap, text t);
/* Whether `part` is in it; letters of ASCII count the same in both cases. */
bool text_contains(text t, const char *part);
/* Byte for byte; an empty one may point nowhere. */
bool text_same(text a, text b);
/* Terminal columns that `len` bytes of text_safe's output take. */
size_t text_width(const char *s, size_t len);

struct heap_type {
    text name;        /* empty: not named (flight recorder, or type 0) */
    uint64_t address; /* of the type in the program, 0 unknown */
    uint64_t size;    /* of the type; the element for slices and arrays */
};
/* Type 0 is "no type": the runtime passed none (strings, byte buffers, most of the snapshot). */
uint32_t reel_types(const reel *r); /* some in between stand for nothing: no name, no objects */
const struct heap_type *reel_type(const reel *r, uint32_t type);

struct goroutine {
    uint64_t id;     /* the runtime's goid */
    text entry;      /* function it runs, from its creation or status stack; empty: unknown */
    int64_t created; /* NO_TIME: before the trace */
};
uint32_t reel_goroutines(const reel *r);
const struct goroutine *reel_goroutine(const reel *r, uint32_t g);
uint32_t reel_find_goroutine(const reel *r, uint64_t id); /* NO_ID where there is none */

/* ------------------------------------------------------------------ spans */

enum span_kind { SPAN_HEAP, SPAN_STACK, SPAN_MANUAL }; /* manual: a stack or work buffer, not known which */
const char *span_kind_name(enum span_kind k);

/* One life of a span, from its allocation to its return to mheap. All but `died` and a manual span's kind is fixed. */
struct span {
    uint64_t page; /* first page */
    uint64_t npages;
    uint64_t born;   /* number of the fact that made it: in use from pos born + 1 */
    uint64_t died;   /* number of the fact that ended it: in use up to pos died; NO_POS: still in use */
    uint64_t elem;   /* bytes a slot; npages * page_size for large objects and manual spans */
    uint32_t nelems; /* slots; 1 for large objects, 0 for manual spans */
    uint8_t kind;    /* enum span_kind */
    uint8_t class;   /* size class, 0: large object (or manual) */
    bool noscan;
    bool at_start; /* was there when the trace began */
    uint8_t words; /* 64-bit words of a bitmap of its slots */
};
uint32_t reel_spans(const reel *r); /* span lives, ids 0 .. n-1 in order of birth */
const struct span *reel_span(const reel *r, uint32_t id);

/* The address of a page or of a slot; relative to the base where that is unknown. */
uint64_t reel_page_address(const reel *r, uint64_t page);
uint64_t reel_slot_address(const reel *r, uint32_t span, uint32_t slot);

/* Write an address as the contract wants it: "0x..." or "+0x...". Returns dst. */
enum { ADDRESS_TEXT = 24 };
char *reel_address_text(const reel *r, uint64_t addr, char dst[ADDRESS_TEXT]);
/* Read "0x...", "+0x..." (relative) or plain hex digits. False where it is none. */
bool reel_parse_address(const reel *r, const char *s, uint64_t *addr);

enum place { PLACE_UNKNOWN, PLACE_MCACHE, PLACE_NONEMPTY, PLACE_EMPTY, PLACE_NONE }; /* none: manual spans */
const char *place_name(enum place p); /* "mcache" ...; NULL for unknown and none */

enum known { KNOWN_NO, KNOWN_YES, KNOWN_NOT }; /* KNOWN_NOT: the trace can't tell */

/* A span's state in a frame. */
struct span_state {
    uint32_t live; /* objects */
    int32_t p;     /* whose mcache, -1 */
    uint8_t place; /* enum place */
    uint8_t swept; /* enum known */
    bool sure;     /* place, p and swept follow from events, no guess */
    bool lacks;    /* events about it may be missing: live isn't sure either, nor that it is still there */
};

/* Unknown: in a large span between its own events and those of its object, which come some time after and before. */
enum slot_state { SLOT_FREE, SLOT_LIVE, SLOT_UNKNOWN };

/* Why a span changed its place. */
enum place_reason {
    WHY_START,     /* in the snapshot */
    WHY_GROWN,     /* fresh from mheap */
    WHY_REFILLED,  /* taken from a list into an mcache */
    WHY_UNCACHED,  /* full, replaced in its mcache */
    WHY_FLUSHED,   /* its mcache was flushed after mark termination */
    WHY_STALE,     /* a GC cycle ended: unswept from here on */
    WHY_SWEPT,     /* swept, back on a list */
    WHY_SILENT,    /* the same, and it lost nothing: the sweep of another span shows it, or the end of sweeping */
    WHY_PROC_GONE, /* its P was destroyed */
    WHY_STATS,     /* its mcache was flushed because runtime.ReadMemStats was called */
    WHY_EVICTED,   /* its pages were handed out again: its free was lost */
    WHY_SEEN,      /* what was unknown became known */
    WHY_CUT,       /* the trace ends in the middle of a sweep of it, an allocation, or a refill that it may be part of
                    */
    WHY_LIMIT
};
const char *place_reason_text(enum place_reason why); /* a line for people */

/* ------------------------------------------------------------------ facts */

enum fact_kind {
    FACT_SPAN_EXISTS, /* in the snapshot */
    FACT_SPAN_ALLOC,
    FACT_SPAN_FREE,
    FACT_EXISTS, /* an object of the snapshot */
    FACT_ALLOC,
    FACT_SUBALLOC, /* into an existing tiny block, or an event for a slot already counted */
    FACT_FREE,
    FACT_PLACE, /* a span's place, owner or swept state changed */
    FACT_GC,    /* a GC cycle ended: all that was swept is unswept now */
    FACT_SWEEP, /* sweeping may have begun: what isn't known to be swept, is unknown from here on */
    FACT_KINDS
};
const char *fact_name(enum fact_kind k); /* as the commands show it: "exists", "alloc", "span-free" ... */

/* One fact, unpacked. */
struct fact {
    int64_t t;
    uint32_t span; /* NO_ID for FACT_GC and FACT_SWEEP */
    uint32_t slot;
    uint32_t type; /* of the object; for a free: of the object that was there */
    uint32_t g;    /* goroutine index, NO_ID */
    int32_t p;     /* -1 none */
    uint8_t kind;  /* enum fact_kind */
    uint8_t why;   /* FACT_PLACE, FACT_SPAN_FREE: enum place_reason */
    uint8_t by;    /* of these two: the type of the event that proves it (traces.h); it came at `t`, on `p`, from `g` */
    bool inferred; /* no event says it; concluded */
    bool old;      /* FACT_EXISTS, FACT_SUBALLOC, FACT_FREE: of an object that was there before the trace began */
    bool concluded; /* the same, and FACT_ALLOC: of an object whose own event is late, or never came; of no type */
    /* FACT_PLACE: state before and after, with the objects that live in the span then */
    struct span_state before, after;
};

uint64_t reel_facts(const reel *r);
/* The fact that leads from pos n to n + 1. False past the end. Cost: one block unpacked, the last few are kept. */
bool reel_fact(reel *r, uint64_t n, struct fact *out);
/* The position right after the last fact at or before t; and the time at a position (of its last fact; 0 at pos 0). */
uint64_t reel_pos(reel *r, int64_t t);
int64_t reel_time(reel *r, uint64_t pos);
/*
 * Whether the reel knows what happened up to t. NULL; or why it doesn't, in words that stay good: a saved reel is
 * damaged there, or begins after t or ends before it (info.begin, info.duration).
 */
const char *reel_unknown(reel *r, int64_t t);
/* The position of t; where what happened then is lost, the nearest one before (or after) that isn't. */
uint64_t reel_pos_known(reel *r, int64_t t, bool after);

/* ------------------------------------------------------------------ frames */

/* A frame at pos 0. Free with frame_free. The reel must outlive it. NULL: out of memory. */
frame *frame_new(reel *r);
void frame_free(frame **f);

/*
 * Wind to pos (clipped to what is loaded), from where it stands or from the nearest checkpoint. False: out of memory,
 * or what lies there is lost (reel_unknown); the frame then stands at some other position, which is whole.
 */
bool frame_seek(frame *f, uint64_t pos);
uint64_t frame_pos(const frame *f);

/* Spans in use, in no order: ids. The array is good until the next frame_seek. */
size_t frame_spans(const frame *f, const uint32_t **ids);
/* Spans in use by address: writes up to max ids from the first page >= page; returns how many. */
size_t frame_spans_from(const frame *f, uint64_t page, uint32_t *ids, size_t max);
/* The span in use that holds an address (NO_ID none), and its slot (0 for manual spans). slot may be NULL. */
uint32_t frame_find(const frame *f, uint64_t addr, uint32_t *slot);
/* State of a span; false where it is not in use in this frame. */
bool frame_state(const frame *f, uint32_t span, struct span_state *out);
enum slot_state frame_slot(const frame *f, uint32_t span, uint32_t slot);
/* The lowest and the end page ever in use by heap spans: what a map has to show. */
void reel_page_range(const reel *r, uint64_t *lo, uint64_t *hi);

/* Sums over a frame. Costs one pass over the spans in use; kept until the frame moves. */
struct totals {
    uint64_t objects, object_bytes;            /* live slots and their bytes (slot sizes) */
    uint64_t spans, span_bytes;                /* heap spans */
    uint64_t stack_spans, stack_bytes;         /* stack and other manual spans */
    uint64_t free_in_mcache, free_in_nonempty; /* bytes of free slots */
    uint64_t old_objects, old_bytes;           /* of objects and object_bytes: what was there before the trace began */
    uint64_t unknown_bytes; /* bytes of slots whose state, or of free slots whose place, is unknown */
};
const struct totals *frame_totals(frame *f);

/* One span class in a frame; index class * 2 + noscan, 0 .. SPAN_CLASSES - 1. */
enum { SIZE_CLASSES = 68, SPAN_CLASSES = 2 * SIZE_CLASSES };
struct central {
    uint64_t elem;                              /* 0 for large objects: many sizes */
    uint64_t spans;                             /* in use; 0: not in use */
    uint64_t nonempty, empty, mcache, unknown;  /* spans in each place */
    uint64_t unswept;                           /* of them, known not to be swept */
    uint64_t objects, slots, free_slots, bytes; /* bytes: of the spans */
};
const struct central *frame_central(frame *f); /* SPAN_CLASSES rows, kept until the frame moves */

/* One type in a frame: objects from the snapshot and the trace; allocs and frees count since the start. */
struct type_count {
    uint64_t live, bytes, allocs, frees;
    uint64_t old, old_bytes; /* of live and bytes: what was there before the trace began */
};
struct type_count frame_type(const frame *f, uint32_t type);

/* ------------------------------------------------------------------ time: cycles, phases, ranges, notes, curves */

enum gc_phase { PHASE_OFF, PHASE_SWEEPTERM, PHASE_MARK, PHASE_MARKTERM, PHASE_SWEEP, PHASE_LIMIT };
const char *gc_phase_name(enum gc_phase p); /* "off" "sweepterm" "mark" "markterm" "sweep" */

struct cycle {
    uint32_t gc;                         /* 0: under way when the trace began; then 1, 2, ... */
    int64_t begin, end;                  /* end: of its sweep; NO_TIME where not seen */
    int64_t phase[PHASE_LIMIT][2];       /* from, to by enum gc_phase (PHASE_OFF unused); NO_TIME where not seen */
    uint64_t heap_begin, heap_end, goal; /* the trace's metrics; UINT64_MAX unknown */
    uint64_t objects_freed, bytes_freed, spans_freed; /* by the sweep of this cycle */
    uint64_t assists;
    int64_t assist_ns;
};
size_t reel_cycles(const reel *r, const struct cycle **out);

/* What one P swept after one cycle. */
struct sweep_share {
    uint32_t gc;                         /* the cycle; NO_ID: one that had marked before the trace began */
    int32_t p;                           /* -1: before the P ran, when its mcache was flushed */
    int64_t begin, end;                  /* the first and the last sign of it */
    uint64_t objects_freed, bytes_freed; /* as events say, also of the background sweeper */
    uint64_t spans_swept, spans_freed;   /* swept: spans in which it freed something; freed: back to mheap */
    uint64_t ranges, swept, reclaimed;   /* sweeping that allocations had to do: how often, bytes swept, bytes freed */
    int64_t range_ns;                    /* time it took */
};
/*
 * The shares of all cycles that swept in [from, to], by cycle and P: how many, to be freed; 0 and NULL where there are
 * none, or memory is short. Costs a pass over the facts of these cycles; `stop`, where not NULL, may end it early.
 */
size_t reel_sweeps(reel *r, int64_t from, int64_t to, bool (*stop)(void *), void *stop_arg, struct sweep_share **out);

/* The phase at t and the cycle it belongs to (the last one begun, 0 before the first). */
enum gc_phase reel_phase(const reel *r, int64_t t, uint32_t *gc);

/* Phase changes in order of time: from `t` on it is `phase` of cycle `gc`. */
struct phase_change {
    int64_t t;
    uint32_t gc;
    uint8_t phase;
};
size_t reel_phases(const reel *r, const struct phase_change **out);

enum range_kind { RANGE_STW, RANGE_ASSIST, RANGE_SWEEP, RANGE_KINDS };
struct range {
    int64_t begin, end; /* end NO_TIME: not closed */
    uint32_t g;         /* NO_ID none */
    int32_t p;
    union {
        text kind; /* STW: why the world was stopped */
        struct {
            uint64_t swept, reclaimed; /* bytes, sweeps */
        };
    };
};
size_t reel_ranges(const reel *r, enum range_kind kind, const struct range **out); /* ordered by begin */

/*
 * What a P does. Not running while the world is stopped: stopped, else idle; idle also where it has no goroutine for 10
 * us or more.
 */
enum proc_state {
    PROC_UNKNOWN, /* before the trace tells */
    PROC_IDLE,
    PROC_STOPPED,
    PROC_MUTATOR, /* the program, the scheduler, other work of the runtime */
    PROC_MARK,    /* a mark worker: runtime/mgc.go, gcBgMarkWorker; it says so by a label */
    PROC_ASSIST,
    PROC_SWEEP,
    PROC_STATES
};
const char *proc_state_name(enum proc_state s); /* "idle" ... */
/* Ps are 0 .. n-1. */
size_t reel_procs(const reel *r);
enum proc_state reel_proc_state(const reel *r, uint32_t p, int64_t t);
/* How many ns of [from, to) a P spent in each state. Cost: a look-up. */
void reel_proc_time(const reel *r, uint32_t p, int64_t from, int64_t to, int64_t out[PROC_STATES]);
/* Change i of a P's state, in order of time. False: there are no more. */
bool reel_proc_change(const reel *r, uint32_t p, size_t i, int64_t *t, enum proc_state *state);

enum note_kind { NOTE_LOG, NOTE_REGION, NOTE_TASK };
struct note {
    int64_t begin, end; /* end of regions and tasks, NO_TIME: open; logs: equal to begin */
    uint32_t g;
    uint8_t kind;
    uint64_t task;
    text name;  /* region or task type, log category */
    text value; /* log message */
};
size_t reel_notes(const reel *r, const struct note **out); /* ordered by begin */
/* Whether `part` is in its name or its value, or in both as they are shown: "name: value". As text_contains. */
bool note_contains(const struct note *n, const char *part);

enum series_kind {
    SERIES_HEAP_LIVE,
    SERIES_HEAP_GOAL,
    SERIES_OBJECTS,
    SERIES_OBJECT_BYTES,
    SERIES_SPAN_BYTES,
    SERIES_STACK_BYTES,
    SERIES_KINDS
};
struct column {
    uint64_t min, max, last;
    bool known; /* false: no value up to here */
};
/*
 * A curve as `n` columns over [from, to): the least and greatest value in each, whatever lies between. Where no new
 * value falls into a column it has the last one before it. Cost: n times a logarithm. In curves made from facts
 * (objects, spans) the value that a column begins with counts as well; what they are within a column is exact to the
 * fact, which costs some µs for each end of one.
 */
void reel_series(const reel *r, enum series_kind kind, int64_t from, int64_t to, struct column *out, size_t n);
/*
 * The next (or the last before) turning point of a curve after (before) t: where it goes from rising to falling or back
 * by at least `swing`. *value is the curve's there, *peak whether it is a high one. Turning points depend on the swing
 * alone, not on t. False: none. Cost: one look at each value up to there, some ns each.
 */
struct turning {
    int64_t t;
    uint64_t value;
    bool peak;
};
bool reel_turning(const reel *r, enum series_kind kind, uint64_t swing, int64_t t, bool back, struct turning *out);
/* The last value at or before t. False: none. */
bool reel_value(const reel *r, enum series_kind kind, int64_t t, uint64_t *out);
/*
 * The least and the greatest of the values that a curve has over [from, to), the one that it begins with too, and when
 * it first has them. Values between several events of one instant aren't among them. False: none. Cost: a look at each
 * value in there, or of the curves made from facts at each block of 1024.
 */
struct extremes {
    int64_t t_min, t_max;
    uint64_t min, max;
};
bool reel_extremes(const reel *r, enum series_kind kind, int64_t from, int64_t to, struct extremes *out);

/* ------------------------------------------------------------------ histories */

struct event_row {
    uint64_t pos; /* position right after the event: seek here to see its effect */
    uint32_t gc;
    uint8_t phase; /* enum gc_phase */
    uint32_t live; /* objects in the span after it; NO_ID: facts before it are lost, or the history is a bucket's */
    int64_t held, idle; /* ns: on a free, how long the object lived; on an alloc, how long the slot was free; NO_TIME */
    struct fact fact;
};
struct history {
    struct event_row *rows;
    size_t n;
    uint64_t addr; /* of the slot (or span) asked for */
    uint64_t size;
};
/*
 * The life of the slot that holds addr, over every span that ever held it: its own events, span-alloc, span-free, and
 * the span's way into and out of mcaches (cached, uncached: FACT_PLACE). Slot bounds come from the span in use at `at`
 * (a pos) if there is one, else from the last that was. False: no span ever held it, or out of memory (rows NULL). Free
 * with history_free.
 */
bool bucket_history(reel *r, uint64_t addr, uint64_t at, struct history *out);
/* The life of the span that holds addr: span-alloc, every change of place, span-free, and frees and allocs with `live`.
 */
bool span_history(reel *r, uint64_t addr, uint64_t at, bool objects, struct history *out);
/* One life of a span, with the events of its objects. */
bool life_history(reel *r, uint32_t span, struct history *out);
/*
 * The same step by step: begin (NULL as above), read while history_read says that there is more (a block costs some ten
 * µs), end. Rows can be used in between; they are in order of time for each span, and all in all at the end.
 * history_end frees the reader, also before all is read; false: out of memory. `out` stays where it is, and is freed by
 * history_free.
 */
typedef struct history_reader history_reader;
history_reader *bucket_history_begin(reel *r, uint64_t addr, uint64_t at, struct history *out);
history_reader *life_history_begin(reel *r, uint32_t span, struct history *out);
bool history_read(history_reader *h, size_t blocks);
bool history_end(history_reader **h);
void history_free(struct history *h);
/*
 * The next (or previous) event of the spans that hold addr, objects' included: *to is the least position after pos (the
 * greatest before it) that is right after such an event. False: none.
 */
bool span_step(reel *r, uint64_t addr, uint64_t pos, bool back, uint64_t *to);
/* The life of a span at addr that follows (precedes) the one of that id; NO_ID: none. With id NO_ID: the first (last).
 */
uint32_t span_life(const reel *r, uint64_t addr, uint32_t id, bool back);

/* Name of a row as the commands show it: fact_name; for places "cached", "uncached", or "moved" between lists. */
const char *event_row_name(const struct event_row *e);
/* Why a span came, went or moved: "start", "grown", "refilled" ..., "freed"; NULL for objects. */
const char *event_row_reason(const struct event_row *e);
/* The name of the event that proves a row, from Go's event table. NULL: none does, it is inferred. */
const char *event_row_proof(const struct event_row *e);

/* The last object event of a slot at or before pos: what is in it, since when. False where the reel has none. */
bool slot_last(reel *r, uint32_t span, uint32_t slot, uint64_t pos, struct event_row *out);

/* The last change of a span's place at or before pos: why it is where it is. False: none in this life. */
bool span_last_place(reel *r, uint32_t span, uint64_t pos, struct event_row *out);

/* ------------------------------------------------------------------ TIME expressions */

/*
 * Read a command's TIME: start, end, 1.203s, 15ms, 120us, 734ns, 37%, gc:7, gc:7:mark, gc:7:markterm, gc:7:sweep,
 * gc:7:end, note:TEXT (the begin of the first annotation that contains TEXT), note:TEXT#2, note:TEXT:end, @name (a
 * bookmark, see session.h), and a bare number of seconds. False with *why (static text) where it is none or that cycle
 * or annotation isn't there.
 */
bool when_parse(const reel *r, const char *s, int64_t *t, const char **why);
/* Whether `s` can be read without a reel (r NULL): all but percentages, cycles, annotations and the end. */
bool when_is_plain(const char *s);

/* A time or duration for people: "1.203 441 s", "15.2 ms". Returns dst. */
enum { TIME_TEXT = 32 };
char *time_text(int64_t ns, char dst[TIME_TEXT]);
char *duration_text(int64_t ns, char dst[TIME_TEXT]);
/* Bytes for people: "34.1 MB" (1024 based). */
char *bytes_text(uint64_t bytes, char dst[TIME_TEXT]);
/* A count with thin groups: "402 118". */
char *count_text(uint64_t n, char dst[TIME_TEXT]);
/* What was read all the same. */
struct salvage {
    uint64_t events;
    int64_t until;      /* time of the last one */
    int64_t sure_until; /* as in struct reel_info; NO_TIME too where no heap was built */
};
struct salvage reel_salvage(const reel *r);
/*
 * What of a trace could not be read: where and why, how much, and what was kept. One line, LOSS_LINE bytes hold it. A
 * trace without events counts as damaged: no writer leaves one. False: nothing was lost.
 */
enum { LOSS_LINE = 512 };
bool loss_line(const struct trace_loss *loss, struct salvage kept, char *out, size_t size);

/* ------------------------------------------------------------------ search */

/* What to look for: a type name part, an address, a span class, an annotation. See search_parse. */
enum search_kind { SEARCH_TYPE, SEARCH_ADDRESS, SEARCH_CLASS, SEARCH_NOTE, SEARCH_TEXT };
struct search {
    uint8_t kind;
    uint64_t addr;
    uint32_t span_class; /* class * 2 + noscan, or class * 2 with any_scan */
    bool any_scan;
    char text[128]; /* case-insensitive part of a type's or annotation's text */
};
/*
 * Read a search: "0xc000..." an address; "class 5", "class 5 noscan", "48B" a span class; "type map.group" a type;
 * "note before" an annotation; any other text both types and annotations. False with *why otherwise.
 */
bool search_parse(const reel *r, const char *s, struct search *out, const char **why);

struct search_hit {
    int64_t t;
    uint64_t pos;        /* position right after the matching fact, or the position at a note's time */
    uint32_t span, slot; /* NO_ID for notes */
    uint32_t note;       /* index, NO_ID for facts */
};
/* filter.h has the filter language, and looks for all that matches. */

/* ------------------------------------------------------------------ commands and their output */

#include "core/results.h"

#endif
