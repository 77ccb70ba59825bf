/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * traces.h - read Go execution traces: bytes in, events in exact order out.
 *
 * This is the public header of traces/; besides it, core/ uses two plain containers, grow.h and idmap.h. The folder
 * knows nothing of heaps or screens, keeps no global state, and any number of traces can be open at once.
 *
 *   source.c      the bytes: a mapped file, or gzip, zstd and standard input unpacked into memory
 *   packed.c      gzip and zstd as one stream of bytes, also behind damage
 *   wire.c        the event table: names, arguments, what each argument is
 *   generation.c  one generation: its batches grouped by thread
 *   resume.c      which bytes can be a batch's header: after damage
 *   twice.c       batches that were written twice
 *   tables.c      what stands beside its events: strings, stacks, samples, clocks, heap types
 *   cursor.c      one thread's events within a generation, decoded some way ahead
 *   order*.c      whether an event may come next (the rules of internal/trace, Go 1.26)
 *   merge.c       its threads, merged into one sequence
 *   usual.c       the same for the commonest events of the scheduler, in one loop
 *   sort.c        the heap and the sort that decide ties
 *   reader.c      open, read, look up, close
 *   v1_*.c        the format before Go 1.22, delivered as today's events (v1.h says how)
 *
 *   trace *t = trace_open("churn.trace", &err);
 *   struct trace_event ev[256];
 *   for (size_t n; (n = trace_read(t, ev, 256)) > 0;)
 *       for (size_t i = 0; i < n; i++)
 *           count[ev[i].type]++;
 *   if (trace_loss(t)->code != TRACE_OK) ...    // what could not be read, and where
 *   trace_close(&t);
 *
 * trace_read_bulk gives the same events in less room, and so in less time.
 *
 * Units: times are nanoseconds since the first event; offsets are bytes from the start of the (unpacked) trace.
 */
#ifndef HEAPREEL_TRACES_H
#define HEAPREEL_TRACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Event types of today's wire format (Go 1.26, internal/trace/tracev2/events.go). */
enum trace_type {
    TRACE_EV_NONE = 0,
    TRACE_EV_EVENT_BATCH = 1,
    TRACE_EV_STACKS = 2,
    TRACE_EV_STACK = 3,
    TRACE_EV_STRINGS = 4,
    TRACE_EV_STRING = 5,
    TRACE_EV_CPU_SAMPLES = 6,
    TRACE_EV_CPU_SAMPLE = 7,
    TRACE_EV_FREQUENCY = 8,
    TRACE_EV_PROCS_CHANGE = 9,
    TRACE_EV_PROC_START = 10,
    TRACE_EV_PROC_STOP = 11,
    TRACE_EV_PROC_STEAL = 12,
    TRACE_EV_PROC_STATUS = 13,
    TRACE_EV_GO_CREATE = 14,
    TRACE_EV_GO_CREATE_SYSCALL = 15,
    TRACE_EV_GO_START = 16,
    TRACE_EV_GO_DESTROY = 17,
    TRACE_EV_GO_DESTROY_SYSCALL = 18,
    TRACE_EV_GO_STOP = 19,
    TRACE_EV_GO_BLOCK = 20,
    TRACE_EV_GO_UNBLOCK = 21,
    TRACE_EV_GO_SYSCALL_BEGIN = 22,
    TRACE_EV_GO_SYSCALL_END = 23,
    TRACE_EV_GO_SYSCALL_END_BLOCKED = 24,
    TRACE_EV_GO_STATUS = 25,
    TRACE_EV_STW_BEGIN = 26,
    TRACE_EV_STW_END = 27,
    TRACE_EV_GC_ACTIVE = 28,
    TRACE_EV_GC_BEGIN = 29,
    TRACE_EV_GC_END = 30,
    TRACE_EV_GC_SWEEP_ACTIVE = 31,
    TRACE_EV_GC_SWEEP_BEGIN = 32,
    TRACE_EV_GC_SWEEP_END = 33,
    TRACE_EV_GC_MARK_ASSIST_ACTIVE = 34,
    TRACE_EV_GC_MARK_ASSIST_BEGIN = 35,
    TRACE_EV_GC_MARK_ASSIST_END = 36,
    TRACE_EV_HEAP_ALLOC = 37,
    TRACE_EV_HEAP_GOAL = 38,
    TRACE_EV_GO_LABEL = 39,
    TRACE_EV_USER_TASK_BEGIN = 40,
    TRACE_EV_USER_TASK_END = 41,
    TRACE_EV_USER_REGION_BEGIN = 42,
    TRACE_EV_USER_REGION_END = 43,
    TRACE_EV_USER_LOG = 44,
    TRACE_EV_GO_SWITCH = 45,
    TRACE_EV_GO_SWITCH_DESTROY = 46,
    TRACE_EV_GO_CREATE_BLOCKED = 47,
    TRACE_EV_GO_STATUS_STACK = 48,
    TRACE_EV_EXPERIMENTAL_BATCH = 49,
    TRACE_EV_SYNC = 50,
    TRACE_EV_CLOCK_SNAPSHOT = 51,
    TRACE_EV_END_OF_GENERATION = 52,
    TRACE_EV_SPAN = 128,
    TRACE_EV_SPAN_ALLOC = 129,
    TRACE_EV_SPAN_FREE = 130,
    TRACE_EV_HEAP_OBJECT = 131,
    TRACE_EV_HEAP_OBJECT_ALLOC = 132,
    TRACE_EV_HEAP_OBJECT_FREE = 133,
    TRACE_EV_GOROUTINE_STACK = 134,
    TRACE_EV_GOROUTINE_STACK_ALLOC = 135,
    TRACE_EV_GOROUTINE_STACK_FREE = 136,
    TRACE_EV_LIMIT = 137
};

/* The status values that GoStatus and ProcStatus carry (tracev2/status.go). */
enum trace_go_status { TRACE_GO_BAD, TRACE_GO_RUNNABLE, TRACE_GO_RUNNING, TRACE_GO_SYSCALL, TRACE_GO_WAITING };
enum trace_proc_status {
    TRACE_PROC_BAD,
    TRACE_PROC_RUNNING,
    TRACE_PROC_IDLE,
    TRACE_PROC_SYSCALL,
    TRACE_PROC_SYSCALL_ABANDONED
};

/* What an argument holds: a plain number, or the id of a string or stack of the event's generation. */
enum trace_arg_kind { TRACE_ARG_NUMBER, TRACE_ARG_STRING, TRACE_ARG_STACK };

enum { TRACE_MAX_ARGS = 4 };

/* One row of the event table. Names are Go's own; `dt`, which every timed event starts with, is left out. */
struct trace_spec {
    const char *name; /* NULL: no such event */
    uint8_t nargs;
    bool timed; /* stands in event batches */
    const char *arg[TRACE_MAX_ARGS];
    uint8_t kind[TRACE_MAX_ARGS]; /* enum trace_arg_kind */
};

/* The row for a type; a row without a name for types that do not exist. Never NULL. */
const struct trace_spec *trace_event_spec(unsigned type);

enum trace_event_flags {
    TRACE_BY_TIME = 1,   /* placed by its time alone: the order could not be proved (damage before it) */
    TRACE_BROKE_RULE = 2 /* the reference reader refuses a trace with this event here */
};

/*
 * One event. `m`, `p`, `g` are the thread, processor and goroutine that emitted it, as they were before it took effect
 * (-1: none). Of `arg` as many are set as the event table says. A CPU sample has type TRACE_EV_CPU_SAMPLE, its context
 * in m, p, g, and its stack id in arg[0].
 */
struct trace_event {
    uint32_t generation; /* counts from 0 in file order; tables belong to one generation */
    uint8_t type;        /* enum trace_type */
    uint8_t flags;       /* enum trace_event_flags */
    int64_t time;        /* ns since the first event; never less than its predecessor's */
    uint64_t arg[TRACE_MAX_ARGS];
    int64_t m, p, g;
};

enum trace_code {
    TRACE_OK = 0,
    TRACE_E_OPEN,       /* the file can't be opened or read (text holds the reason) */
    TRACE_E_MEMORY,     /* out of memory */
    TRACE_E_HEADER,     /* not a Go execution trace */
    TRACE_E_VERSION,    /* a trace, of a version that this reader does not know */
    TRACE_E_PACKED,     /* damaged or unsupported gzip or zstd data */
    TRACE_E_TRUNCATED,  /* the file ends in the middle of something: of a batch, or of a generation */
    TRACE_E_BATCH,      /* a batch that makes no sense, or stands twice */
    TRACE_E_GENERATION, /* generations out of order, or one without its frequency or clock; a trace that isn't read */
    TRACE_E_TABLE,      /* a damaged string, stack, type or sample table */
    TRACE_E_EVENT,      /* an event that can't be decoded */
    TRACE_E_ORDER,      /* events contradict each other: no consistent order exists */
    TRACE_E_LIMIT,      /* more threads, goroutines or tables than the file can justify */
    TRACE_E_RULE,       /* an event that can't follow on what came before it; the text names the rule */
    TRACE_E_ID,         /* an event that names a string or stack which no table holds */
    TRACE_E_REEL,       /* a saved reel (core/) that is damaged */
    TRACE_CODES         /* how many codes there are */
};

/* A short fixed text for a code. */
const char *trace_code_text(enum trace_code code);

/* What went wrong, and where. `text` is one line of plain ASCII without a newline. */
struct trace_error {
    enum trace_code code;
    uint64_t offset;     /* byte offset into the unpacked trace */
    uint64_t batch;      /* offset of the header of the batch that it lies in, 0 where it is in none */
    uint64_t generation; /* the generation's own number, 0 where none was open */
    char text[200];
};

/* Everything that could not be read, added up; `code` is TRACE_OK where nothing was lost. */
struct trace_loss {
    enum trace_code code;          /* of the first loss */
    uint64_t bytes;                /* bytes of the trace that could not be read */
    uint64_t at;                   /* offset of the first loss */
    uint64_t count;                /* how many separate losses */
    uint64_t by_time;              /* events delivered in order of time only */
    uint64_t of_code[TRACE_CODES]; /* how many losses of each code */
    struct trace_error first;
};

/* What was lost first, in a line of words. Never NULL. */
const char *trace_loss_text(const struct trace_loss *l);

struct trace_text {
    const char *ptr; /* raw bytes of the trace: not terminated, any byte may occur */
    size_t len;
};

struct trace_frame {
    uint64_t pc;
    struct trace_text func, file;
    uint64_t line;
};

/* A type of the AllocFree experiment. Ids restart in every generation; the address is stable for a process. */
struct trace_heap_type {
    uint64_t id, address, size, ptr_bytes;
    struct trace_text name;
};

/* The AllocFree info batch: written once, in a trace's first generation (Go runtime/traceallocfree.go). */
struct trace_heap_info {
    bool known;
    uint64_t min_address; /* of the page heap */
    uint64_t page_size, min_align, min_stack;
};

/*
 * The same events in bulk, in 32 bytes each: nearly all have few arguments and the context of their predecessors. So
 * what a record holds of them is the number of a context and as much as fits; the others stand beside, whole.
 */
enum {
    TRACE_BULK = 512, /* records at once: all of it stays in the nearest cache */
    TRACE_BULK_CONTEXTS = 128
};

enum trace_record_flags {
    TRACE_WHOLE = 128 /* beside the event's own flags: it stands at this record's place in `whole`, as a trace_event */
};

/* Of a whole one `context`, `third` and `arg` mean nothing. Of `arg` and `third` as many are set as the table says. */
struct trace_record {
    uint32_t context; /* which of the bulk's */
    uint8_t type;     /* enum trace_type */
    uint8_t flags;    /* enum trace_event_flags, TRACE_WHOLE */
    uint16_t third;   /* the third argument */
    int64_t time;     /* ns since the first event; never less than its predecessor's */
    uint64_t arg[2];
};

/* Who emitted events, as in struct trace_event. */
struct trace_context {
    int64_t m, p, g;
};

struct trace_bulk {
    struct trace_record record[TRACE_BULK];
    struct trace_event whole[TRACE_BULK];
    struct trace_context context[TRACE_BULK_CONTEXTS];
    uint32_t ncontexts;
    uint32_t generation; /* of all of them */
};

/* Record i of a bulk as an event. */
void trace_bulk_event(const struct trace_bulk *b, size_t i, struct trace_event *ev);

typedef struct trace trace;

/*
 * Open a trace: a file (plain, gzip or zstd, told by content), a pipe, a device or a socket, or "-" for standard input.
 * NULL where nothing can be read; *err then says why. Waits for the header and checks it; damage further on shows in
 * trace_loss. A header later than all that are known is read as the newest known: see trace_warning.
 *
 * A plain file is mapped. Pipes and packed data are read, and unpacked, no further than trace_read needs, which is to
 * the end of a generation (Go 1.22 on; up to 1.25 its end only shows when the next one begins) and to the end of the
 * trace for Go 1.21 and before. Memory of generations that are done is given back. Packed data is taken to be an attack
 * where it unpacks to more than 16 MB and 1032 times its own size: reading ends there, with TRACE_E_LIMIT as the loss.
 * gzip members and zstd frames may follow one another; where one is damaged or its checksum doesn't fit, that is a loss
 * of TRACE_E_PACKED, and reading goes on at the next one. Where the first 16 bytes can't be had nothing is opened.
 */
trace *trace_open(const char *path, struct trace_error *err);

/* How to read pipes and other things that are no file. */
struct trace_options {
    bool dont_wait; /* trace_read returns 0 instead of waiting for bytes to come; trace_waiting tells. Opening waits */
    /* NULL, or called with all bytes in turn as they come, packed or not. Not called for files: these can be read
     * again.
     */
    void (*copy)(void *arg, const void *bytes, size_t n);
    void *copy_arg;
};
/* The same as trace_open; opt may be NULL. */
trace *trace_open_with(const char *path, const struct trace_options *opt, struct trace_error *err);

/* The same for bytes in memory, which must outlive the trace. Packed data is unpacked here too. */
trace *trace_open_memory(const void *data, size_t size, struct trace_error *err);

/* Close and free; *t becomes NULL. */
void trace_close(trace **t);

/*
 * Read up to `max` events (at least 1) into `ev`, all of one generation; returns how many, 0 at the end. Strings,
 * stacks and types looked up afterwards are those of that generation, and good until the next call. Waits for the bytes
 * of a pipe, until a signal handler interrupts it or not at all (dont_wait): it then returns 0 with trace_waiting.
 */
size_t trace_read(trace *t, struct trace_event *ev, size_t max);

/*
 * The same within the generation under way: 0 where it has no more. While one thread is in it another one may look up
 * strings, stacks and types (Go 1.22 on).
 */
size_t trace_read_on(trace *t, struct trace_event *ev, size_t max);

/* The same two, of up to TRACE_BULK events in bulk. Calls of all four may be mixed: each goes on behind the last one.
 */
size_t trace_read_bulk(trace *t, struct trace_bulk *b);
size_t trace_read_bulk_on(trace *t, struct trace_bulk *b);

/* True: the last trace_read returned 0 not at the end, but because bytes are still to come. Call it again. */
bool trace_waiting(const trace *t);

/* What poll says is readable once they came; -1 where the trace is no pipe, or has come to its end. */
int trace_fd(const trace *t);

/* What has been lost up to now; complete once trace_read has returned 0. Never NULL. */
const struct trace_loss *trace_loss(const trace *t);

/* The NN of the header "go 1.NN trace": 5, 7 to 11, 19, 21, 22, 23, 25, 26 or later. */
int trace_version(const trace *t);

/*
 * NULL, or one line for people: the trace is newer than this reader, or another one begins behind it. The text is good
 * until the next trace_read.
 */
const char *trace_warning(const trace *t);

/*
 * Which trace of the file the last events belong to: 1, or more where traces of Go 1.22 or later were written one after
 * the other into one file (Go's own reader refuses that). In each, ids begin anew and the heap's snapshot comes again;
 * generations are counted on. Time goes on by the machine's clock, or from the last event where that clock lies behind.
 * Traces of Go 1.21 and before are never joined: behind one of these nothing is read, and one of these is not read
 * behind another trace. That is a loss of TRACE_E_GENERATION, at the offset where the other one begins, of all its
 * bytes.
 */
uint64_t trace_starts(const trace *t);

/* Size of the file as it lies on disk, in bytes; of a pipe: bytes that came up to now. */
uint64_t trace_file_bytes(const trace *t);

/*
 * Size of the trace, unpacked, in bytes. Of a pipe or packed data: as far as it has been read, so it grows until
 * trace_read has returned 0 at the end.
 */
uint64_t trace_bytes(const trace *t);

/* How far reading has come, in bytes of trace_bytes. */
uint64_t trace_position(const trace *t);

/* The same as a share of the whole file, 0 to 1; below 0 where nobody can know: a pipe that is still being written. */
double trace_share(const trace *t);

/* Generations opened up to now. */
uint64_t trace_generations(const trace *t);

/* Threads tried out of turn up to now: how much of the order had to be searched for. */
uint64_t trace_work(const trace *t);

/* A string of the current generation; empty (len 0) where the id is 0 or not in the table. */
struct trace_text trace_string(const trace *t, uint64_t id);

/*
 * The frames of a stack of the current generation, leaf first: writes at most `max` frames and returns how many
 * the stack has (0 for none and for an unknown id).
 */
size_t trace_stack(trace *t, uint64_t id, struct trace_frame *frames, size_t max);

/* A heap type of the current generation; NULL where the id is unknown. Valid until the next trace_read. */
const struct trace_heap_type *trace_heap_type(const trace *t, uint64_t id);

/* The heap's base and units, from the info batch. Never NULL; `known` is false where the trace has none. */
const struct trace_heap_info *trace_heap_info(const trace *t);

#endif
