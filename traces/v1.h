/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * v1.h - traces of Go 1.5 to 1.21: another wire format, delivered as events of today's table.
 *
 *   v1_wire.c    the old event table, one event decoded
 *   v1_scan.c    one pass over the bytes: batches of each P, strings, stacks, samples, frequency
 *   v1_order.c   the merge of the Ps (facts: 3.4), and what is settled only once the order is known
 *   v1_show.c    old events become today's, one at a time; looking up texts and stacks
 *
 * The whole trace is one generation. What is kept of an event is a small record that says where it lies; its arguments
 * are decoded again when it is delivered, so memory is 32 bytes an event
 * (damaged traces and those of Go 1.5 need another 40 while they are put in order).
 *
 * What becomes of the old events, where it isn't plain from the names:
 *   GoWaiting, GoInSyscall, and GoStart before the first Gomaxprocs -> GoStatus, m -1; GoCreate before the first
 *   Gomaxprocs -> nothing, but after that event a GoStatus Runnable for each such goroutine that wasn't seen otherwise
 *   first ProcStart, ProcStop of a P -> ProcStatus running, idle
 *   GoStop, GoSleep, GoBlock* -> GoBlock, GoSched and GoPreempt -> GoStop, with the reason that today's writers give
 *   GoStartLabel -> GoStart, GoLabel     GoEnd -> GoDestroy     UserRegion -> UserRegionBegin, UserRegionEnd
 *   GoSysCall -> GoSyscallBegin, and GoSyscallEnd at the same time if the goroutine's next event isn't GoSysBlock
 *   GoSysExit -> GoSyscallEndBlocked     GoSysBlock, FutileWakeup -> nothing
 * Sequence numbers that the old event lacks are 0; GCEnd repeats the number of its GCBegin. Reasons, kinds of
 * stop-the-world and log texts, which have no id in the file, get ids from V1_FIXED_IDS and V1_TEXT_IDS up.
 *
 * Context: g is the goroutine of the event (for GoStart, GoStatus and GoSyscallEndBlocked that goroutine itself), p its
 * P or one of Go's numbers for events without one (enum v1_proc), m the thread that its P was last started on.
 */
#ifndef HEAPREEL_V1_H
#define HEAPREEL_V1_H

#include "traces/generation.h"
#include "traces/ranges.h"
#include "traces/v1_wire.h"

/* Go's own numbers for what is no P (internal/trace). */
enum v1_proc {
    V1_PROC_TIMER = 1000001,   /* unblocked by a timer */
    V1_PROC_NETPOLL = 1000002, /* unblocked by the network poller */
    V1_PROC_SYSCALL = 1000003, /* back from a system call */
    V1_PROC_GC = 1000004       /* start of a GC cycle */
};

/* Ids of the reader's own texts; no writer gives out ids that high. */
#define V1_FIXED_IDS (UINT64_C(1) << 62)
#define V1_TEXT_IDS  (UINT64_C(1) << 63) /* plus the offset of a log event */

enum { V1_BLOCKED = 0x40, V1_HIDDEN = 0x80 }; /* flags of a record, beside TRACE_BY_TIME */

/* One event, in 32 bytes. */
struct v1_event {
    int64_t ts;  /* ticks */
    uint64_t g;  /* 0: none */
    uint64_t at; /* offset */
    int32_t p;
    uint8_t type;
    uint8_t flags;
};

struct v1_batch {
    uint64_t at, end; /* of its events */
    uint64_t ticks, seq;
    uint32_t next;        /* of the same P; NO_BATCH at the end */
    uint32_t header : 31; /* bytes of it, and of what of it was read before damage, before `at` */
    uint32_t guess : 1;   /* behind damage: its events may be another P's, so they count as placed by time */
};

struct v1_queue {
    int32_t p;
    uint32_t first, last; /* batches */
};

/* A goroutine: in the merge by sequence numbers, later as its events tell. */
struct v1_go {
    uint64_t seq;
    int64_t sysblock; /* ticks of its last GoSysBlock or GoInSyscall, 0: none */
    uint64_t id;
    uint8_t status; /* enum v1_status */
    bool on_network;
    bool assisting;
    uint32_t regions; /* open ones: head of a chain in v1.ranges */
    bool early;       /* created before the first Gomaxprocs, and not seen otherwise */
};
enum v1_status { V1_DEAD, V1_RUNNABLE, V1_RUNNING, V1_WAITING };

struct v1_proc_state {
    int64_t m;
    uint64_t g;
    bool running, seen, sweeping;
};

struct v1 {
    const struct source *src;
    struct scan *scan; /* the reader's: where losses are noted */
    uint64_t begin;    /* offset behind the header */
    struct v1_format format;
    bool loaded;

    struct v1_batch *batches;
    size_t nbatches, cap_batches;
    struct v1_queue *queues; /* in the order of their first batches */
    size_t nqueues, cap_queues;
    struct idmap queue_of;
    struct v1_event *samples;
    size_t nsamples, cap_samples;
    struct string_entry *strings;
    size_t nstrings, cap_strings;
    struct idmap string_of;
    struct stack_entry *stacks;
    size_t nstacks, cap_stacks;
    struct idmap stack_of;
    struct idmap timers; /* goroutines that run timers */
    uint64_t frequency;  /* 0: not known */
    double ns_per_tick;
    size_t nscanned; /* events in all batches */
    uint64_t looked; /* bytes gone through to see whether a batch is followed by another one */

    struct v1_event *events;
    size_t nevents, cap_events;
    struct v1_go *gos;
    size_t ngos, cap_gos;
    struct idmap go_of;

    size_t next;                 /* event to deliver */
    struct trace_event queue[1]; /* made by the last event beside its own */
    unsigned nqueued;
    bool begun;   /* the first Gomaxprocs was seen, or must have been lost */
    bool started; /* a goroutine started before it */
    size_t early; /* while below nearly: a GoStatus for gos_early[early] comes next */
    uint64_t *earlies;
    size_t nearly, cap_early;
    struct v1_proc_state *procs;
    size_t nprocs, cap_procs;
    struct idmap proc_of;
    uint64_t gc_seq, stw_kind;
    bool gc_on, stw_on;
    int64_t last;
    struct ranges ranges;
    bool broke;  /* the event under way contradicts what came before it */
    bool forced; /* some event was placed by its time alone */
};

/* True for a header that v1_new takes. */
bool v1_knows(unsigned version);
/* NULL: out of memory. Nothing is read before the first v1_read; all bytes must be there then. */
struct v1 *v1_new(const struct source *src, struct scan *scan);
void v1_free(struct v1 **v);
size_t v1_read(struct v1 *v, struct trace_event *ev, size_t max);
uint64_t v1_position(const struct v1 *v);
struct trace_text v1_string(const struct v1 *v, uint64_t id);
size_t v1_stack(const struct v1 *v, uint64_t id, struct trace_frame *frames, size_t max);

/* v1_scan.c: scan_lost_at for a place in an old trace, whose batch is looked up. */
void v1_lost(struct v1 *v, enum trace_code code, uint64_t offset, uint64_t bytes, const char *what);

/* v1_scan.c, v1_order.c: false where memory is short. */
bool v1_scan(struct v1 *v);
bool v1_order(struct v1 *v);
/* v1_settle.c: after the merge: times of system call exits, blocked calls, futile wake-ups. */
bool v1_settle(struct v1 *v);

/* The goroutine's entry, made where it is new; NULL: out of memory. */
struct v1_go *v1_go(struct v1 *v, uint64_t id);

#endif
