/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * recorder.h - events become facts: what is known of the allocator while a trace is being read. For core/ only.
 *
 * Events say which objects and spans come and go. Which mcache or mcentral list a span is in, and whether it was swept,
 * is concluded by the rules of doc/inference.md (named R1 to R13 there and in comments here). `head` is the frame at
 * the end of what was recorded.
 *
 *   recorder.c   one event: to the timeline, to the heap; the snapshot at the trace's begin
 *   stops.c      stops of the world, and what they tell of mcaches and sweeping
 *   plain.c      the allocations and frees from which nothing else follows: most events
 *   objects.c    spans and objects coming and going
 *   marks.c      whether spans hold their own mark bits
 *   start.c      where the snapshot's spans are
 *   ending.c     what was under way when the trace ended
 *   place.c      mcaches: refills, flushes, Ps that go
 *   wanted.c     what a goroutine stopped inside malloc is about to get
 *   heard.c      when a P was last heard of
 *   untold.c     goroutines and threads that stop with their slot taken
 *   sweep.c      the lists, swept and unswept, and the order of sweeping
 *   timeline.c   cycles, phases, stop-the-world, assists, sweeps, curves
 *   note.c       logs, regions, tasks
 *   procs.c      what each P does
 *   names.c      goroutines and types
 */
#ifndef HEAPREEL_RECORDER_H
#define HEAPREEL_RECORDER_H

#include "core/reel.h"

enum {
    MAX_PROCS = 4096,   /* P numbers beyond are nobody's: treated as no P */
    MAX_PENDING = 1024, /* refills announced and not seen; the oldest is dropped */
    SWEEP_CLASSES = 2 * SPAN_CLASSES,
    MAX_GROWERS = 64,
    MAX_UNDER_WAY = 512,
    MAX_STOPPED = 64, /* goroutines that may have stopped with their slot taken; the oldest is dropped */
    MAX_AHEAD = 64,   /* spans that show to be swept before their sweeper tells so; the oldest is dropped */
    GO_MEMO = 256,
    TYPE_MEMO = UINT16_MAX + 1, /* whatever type a brief event names */
    TINY_SPAN_CLASS = 5,        /* size class 2, no pointers: where tiny objects are put together */
    LOOK_AHEAD = 64,            /* events looked through before they are recorded */
    UNIT_8 = 3                  /* unit_shift where ids of objects count 8 bytes */
};

/* Who sweeps, as far as it tells something about the order of sweeping (doc/inference.md 5). */
enum sweeper { SWEEPER_OTHER, SWEEPER_BACKGROUND, SWEEPER_CREDIT, SWEEPER_CACHE, SWEEPER_RECLAIM };

/* What a goroutine waits for, where that tells something. */
enum wait { WAIT_OTHER, WAIT_SWEEP, WAIT_GC, WAIT_PREEMPTED };

/* What is remembered of a span in use beside its seat in the frame, in the same order; what plain.c asks is there. */
struct span_mind {
    uint32_t order;      /* of its last push to a list, the latest it can have; equal: mutual order not known */
    uint32_t since;      /* the earliest it can have */
    uint32_t chain;      /* taken in order with others of the same chain, and so pushed; NO_CHAIN */
    uint32_t prev, next; /* in its list: seats */
    uint16_t list;       /* sweep class of the list it is in; NO_LIST */
    uint8_t set;         /* 0 or 1: which of the two sets of lists */
    bool swept_once;     /* was swept within the trace */
    bool silent;         /* was last swept without a sign, as others showed */
    bool losing;         /* an object of it is just being freed: not full any more */
    bool supposed;       /* it is in some mcache, and in which is a guess */
    bool owner_unknown;  /* from the snapshot, partly filled: may sit in an mcache */
    uint16_t unreported; /* objects in it that were concluded, and whose event is still to come */
};
#define NO_LIST  UINT16_MAX
#define NO_CHAIN UINT32_MAX

struct list {
    uint32_t first, last; /* seats, NO_ID */
    uint32_t seen; /* order when a sweeper was last seen to take one of its spans: what lies behind was unswept then */
    uint32_t passed; /* order of that span: those not known to be behind it may be swept since any time */
    uint32_t passed_chain;
};

struct proc_mind {
    uint32_t cache[SPAN_CLASSES]; /* NO_ID */
    uint64_t since[SPAN_CLASSES]; /* facts there were when its refill was announced; 0: by no refill */
    uint32_t gave[SPAN_CLASSES];  /* the span that gave way to it */
    uint16_t held;                /* entries of cache that are spans */
    bool stale;                   /* holds spans, and a GC ended since its mcache was last flushed */
    uint8_t sweeper;              /* while a sweep range is open on it */
    uint32_t flushed;             /* GCs that had ended when its mcache was last known to be flushed */
    bool swept;                   /* a refill has swept on it, that wasn't announced yet */
    uint32_t freed;               /* span that it swept last, and that lost objects; NO_ID: none */
    uint64_t seen;                /* bytes of the spans seen swept in that range */
    uint64_t silent;              /* bytes of spans swept for a refill, that aren't accounted for yet */
    uint32_t began;               /* order when a sweep began that may be part of a refill; 0: none */
    uint32_t took;                /* order when a span was last seen swept on it: the next one was taken after that */
    uint32_t heard;               /* order when its last event was over, not counting plain ones (heard.c) */
    uint64_t heard_at;            /* which one that was, counted from 1; 0: none */
    uint32_t gives;               /* the span that gave way, where the last it told was that it grew one; NO_ID */
    uint64_t gives_at;            /* facts there were then */
    int64_t grew;                 /* and when that was */
};

/* The stretch of events under way, for heard.c. */
struct heard {
    const struct stretch *s;
    uint64_t before;                /* events before it, more or less */
    size_t at;                      /* the event under way */
    uint32_t first;                 /* order when it began */
    uint32_t order[STRETCH_EVENTS]; /* when an event that isn't plain was over */
};

/* Where a refill has its span from: grown, swept by itself, which has a sweep range of its own (mcentral.cacheSpan), or
 * found swept. */
enum refill_way { REFILL_GROWN, REFILL_SWEPT, REFILL_FOUND };

/* A span that a thread sweeps: by itself; or with its mcache, of which it is the first that tells or comes after that;
 * or came before, so that it is done. */
enum under_way_kind { UNDER_WAY_SWEEP, UNDER_WAY_FLUSH, UNDER_WAY_DONE };

struct refill {
    enum refill_way way;
    uint32_t began; /* order then or earlier: where a refill sweeps, it takes some time */
    uint64_t at;    /* facts there were when it was announced */
};

/* What a goroutine that stopped inside malloc was about to get (wanted.c). */
struct wanted {
    bool known;
    bool noscan, header;
    uint8_t class; /* 0: not known */
};

/* A refill that was announced (R1) and whose object hasn't been seen yet. */
struct pending {
    uint32_t g;
    uint32_t span; /* grown for it; NO_ID: not known */
    int64_t m;
    int32_t p;
    uint32_t gc;
    uint32_t began; /* order when the refill began, or earlier */
    uint64_t at;    /* facts there were when it was announced */
    int64_t t;
    bool swept;     /* it swept on the way: a span that was swept before is taken without */
    int64_t growth; /* of the live heap: the new span's free bytes, where no other P was just counting its own */
    bool held;      /* its goroutine starts a GC: its own next allocations are not what was announced */
    bool soft;      /* another goroutine's event has already shown the refill */
    uint32_t freed; /* span that it swept, and that lost objects: this one it took; NO_ID */
    struct wanted wanted;
};

/* An actor of the stretch under way, as facts name it. */
struct known_actor {
    int64_t m;
    uint32_t g;
};
/* Instead of its place_pending_bit, as long as it isn't known. */
#define UNKNOWN_ACTOR (UINT64_C(1) << 63)

struct recorder {
    reel *r;
    struct frame *head;
    struct { /* the event under way */
        int64_t t;
        uint64_t who;     /* pack_who of g and p */
        uint64_t touched; /* its P's, before it */
        uint32_t g;
        int32_t p; /* -1: none */
        uint8_t by;
    } now;
    int64_t m; /* its thread */

    struct span_mind *mind; /* by seat */
    size_t cap_minds;
    uint32_t *slot_types; /* what is in each slot: 64 for each word of the head's pool */
    size_t cap_slot_types;
    struct proc_mind *procs;
    size_t nprocs, cap_procs;
    uint64_t holders[MAX_PROCS / 64]; /* a bit for each P that holds a span: passes over all Ps cost what is there */
    struct pending *pending;
    size_t npending, cap_pending;
    struct stopped {
        uint32_t g, span;   /* its slot's, where the stack tells; NO_ID */
        uint64_t from;      /* facts there were */
    } stopped[MAX_STOPPED]; /* inside malloc, with a slot that isn't told yet */
    size_t nstopped;
    struct ahead {
        uint32_t span;
        uint64_t from;  /* facts there were when an object was told in a slot whose former one's free is to come */
        int64_t t;      /* then */
    } ahead[MAX_AHEAD]; /* since the last GC ended */
    size_t nahead;
    uint64_t asking; /* place_pending_bit of all goroutines of either kind */
    struct grower {
        uint32_t g;
        int64_t m;
        uint32_t span, old; /* what comes into an mcache, and what leaves it; NO_ID */
    } growers[MAX_GROWERS]; /* their next HeapAlloc belongs to a SpanAlloc seen */
    unsigned ngrowers;

    struct list lists[2][SWEEP_CLASSES];
    unsigned swept_set;  /* which of the two holds swept spans */
    uint32_t order;      /* last one given */
    uint32_t gc_order;   /* the one given last when the last GC ended */
    uint64_t gc_facts;   /* facts there were then */
    unsigned front;      /* sweep class from which sweepone was last seen to take a span */
    uint32_t front_seen; /* order at that time */
    bool front_lost;     /* refills have swept spans in silence: of no list it is known any more that it is untouched */
    unsigned drained;    /* sweep classes below have no unswept span left */
    bool unswept_left;   /* some span may be unswept */
    bool reclaimed;      /* mheap.reclaim has swept since the last GC ended */
    bool out_of_turn[SPAN_CLASSES]; /* spans of that class were seen to be swept past the order of the lists */

    /* By span << 16 | slot: */
    struct idmap again;      /* taken, and allocated once more since the last GC ended -> the type */
    struct idmap unreported; /* concluded to be taken; its own event is still to come */
    struct idmap owed;       /* page -> when a span there was evicted: its own frees are still to come */
    struct idmap owed_spans; /* first page -> the last span that was evicted there, and whose free is to come */
    uint64_t looks;          /* pages of large spans looked through for spans that were there */
    bool some_supposed;      /* of some spans it is a guess whose mcache they are in */
    bool owners_settled;     /* no span has owner_unknown any more */
    bool owners_flushed;     /* and whatever mcache it was in has been flushed since */
    bool marks_known;        /* an object lies where spans would hold mark bits */
    uint32_t marks_filled;   /* spans that were seen full up to there */
    uint32_t bgsweep;        /* goroutine, NO_ID unknown */
    bool bgsweep_parked;
    bool gc_awaited;    /* some goroutine waits for the GC to end: it will then sweep */
    uint32_t gc_caller; /* goroutine that waited last for the end of a GC, NO_ID */
    uint32_t gc_called; /* GCs that had ended then */

    /* the snapshot */
    bool snapshot_open; /* between the start-trace STWBegin and its STWEnd */
    bool snapshot_done;
    int64_t snapshot_m;
    struct trace_event *deferred;
    size_t ndeferred, cap_deferred;

    /* stop-the-world */
    uint32_t stw_g;       /* who holds it, NO_ID */
    uint32_t stw_readied; /* the last goroutine that it made ready in mark termination, NO_ID */
    uint32_t stw_flushes; /* who ended marking last, until all mcaches are known to be flushed, NO_ID */
    bool stw_ends;        /* it has said how many Ps there will be: all that is left to do is to start them */
    bool stw_sweeps;      /* marking is over, and all is swept before GCEnd (R13) */
    bool stw_swept;       /* so it was once: so it is in all cycles */
    enum { STW_NONE, STW_OTHER, STW_SWEEPTERM, STW_MARKTERM, STW_STATS, STW_DUMP } stw;

    struct heard heard;
    struct under_way {
        int64_t m;
        uint32_t span;
        enum under_way_kind kind;
        uint64_t at;            /* facts there were when it was first seen */
        int64_t t;              /* then */
    } under_way[MAX_UNDER_WAY]; /* spans that a thread was last seen to sweep: they are pushed before its next event */
    size_t nunder_way;

    unsigned unit_shift, page_shift; /* from ids of objects to bytes, and to pages: units are powers of two */

    /* memos of the generation under way */
    uint32_t generation;
    struct {
        uint64_t id;
        uint32_t g;
    } gos[GO_MEMO];
    struct known_actor actors[STRETCH_ACTORS];
    uint64_t asks[STRETCH_ACTORS]; /* by actor: place_pending_bit, or UNKNOWN_ACTOR */
    uint32_t *types;               /* TYPE_MEMO: by id, type + 1; 0: not looked up in this generation */
    struct {
        uint64_t id;
        uint32_t known_in;
        enum wait why;
    } reasons[GO_MEMO];
    struct {
        uint64_t stack;
        uint32_t known_in;
        uint8_t by;
    } sweepers[GO_MEMO];
    struct {
        uint64_t stack;
        uint32_t known_in;
        bool may; /* have a slot */
    } mallocs[GO_MEMO];

    uint64_t touched[MAX_PROCS + 1];     /* by P, 0 for none: facts there were at its last event that isn't plain */
    uint64_t acted[MAX_PROCS + 1];       /* and at its first plain one of the last stretch that has such */
    uint64_t heap_live;                  /* the last HeapAlloc */
    uint64_t freed_objects, freed_bytes; /* not yet in a cycle's sums */
    int64_t last_free;                   /* the last of them */
    struct timeline *tl;
    struct procs procs_now; /* procs.c */

    /* note.c */
    struct idmap tasks; /* task -> its note, while open */
    struct open_region {
        uint32_t note, outer;
    } * regions;
    size_t nregions, cap_regions;
    struct idmap region_of; /* goid -> its innermost open region */
};

/* What the head and the recorder know of a span; good until the next span comes. */
static inline struct frame_span *rec_seat(const struct recorder *rec, uint32_t span) {
    return frame_seat(rec->head, span);
}
static inline struct span_mind *rec_mind(const struct recorder *rec, uint32_t span) {
    return &rec->mind[rec->head->seat_of[span]];
}

/* Does an event of this type tell that something is freed: what sweepers do? */
static inline bool rec_is_text(struct trace_text s, const char *want) {
    size_t n = strlen(want);
    return s.len == n && memcmp(s.ptr, want, n) == 0;
}
static inline bool rec_frees(uint8_t type) {
    return type == TRACE_EV_HEAP_OBJECT_FREE || type == TRACE_EV_SPAN_FREE;
}
static inline unsigned rec_span_class(const struct recorder *rec, uint32_t span) {
    return rec_seat(rec, span)->span_class;
}

struct recorder *recorder_new(reel *r);
void recorder_free(struct recorder **rec);
/* Record a stretch of events: r->into, which then holds the facts. */
void recorder_events(struct recorder *rec, struct stretch *s);
/* The trace has ended: what was put off happens now. */
void recorder_finish(struct recorder *rec);

/* ---- facts about a span, from the event under way */
void rec_fact(struct recorder *rec, enum fact_kind kind, uint32_t span, uint32_t slot, uint32_t type, bool inferred);
/* One to be written out, and appended by reel_append. */
struct fact rec_blank(const struct recorder *rec, enum fact_kind kind, uint32_t span);
/* Its state becomes `after`, as pack_state has it; no fact where nothing changes. */
void rec_change(struct recorder *rec, uint32_t span, uint64_t after, enum place_reason why);
static inline void rec_place(struct recorder *rec, uint32_t span, struct span_state after, enum place_reason why) {
    rec_change(rec, span, pack_state(after.place, after.sure, after.swept, after.p), why);
}
static inline uint8_t rec_swept(const struct recorder *rec, const struct frame_span *s) {
    return s->swept_at == SWEPT_NOT_KNOWN ? KNOWN_NOT : s->swept_at == rec->head->gc ? KNOWN_YES : KNOWN_NO;
}
static inline struct span_state rec_state(const struct recorder *rec, uint32_t span) {
    const struct frame_span *s = rec_seat(rec, span);
    return (struct span_state){.p = s->p, .place = s->place, .swept = rec_swept(rec, s), .sure = s->sure};
}
/* False: so many facts were concluded already, that no more are where none has to be. */
bool rec_may_conclude(const struct recorder *rec);
bool rec_full(const struct recorder *rec, uint32_t span);

/* ---- objects.c: heap events */
void heap_span(struct recorder *rec, const struct trace_event *ev);
void heap_span_free(struct recorder *rec, const struct trace_event *ev);
void heap_object_exists(struct recorder *rec, const struct trace_event *ev);
void heap_object_alloc(struct recorder *rec, const struct trace_event *ev);
void heap_object_free(struct recorder *rec, const struct trace_event *ev);
void heap_goroutine_stack(struct recorder *rec, const struct trace_event *ev);
/* A slot is taken, as others show: its event comes late, or never. */
void heap_conclude(struct recorder *rec, uint32_t span, uint32_t slot);
/* It can't be there after all. */
/* After `nelems` of a span in use has changed. */
void heap_set_slots(struct recorder *rec, uint32_t span);

/* ---- marks.c */
/* An object's slot is none, as spans are cut now. True: in spans without mark bits it is one, and so they are now. */
bool marks_disproved(struct recorder *rec, uint32_t span, uint32_t slot);
/* What the snapshot shows, and a span that a refill has replaced, so that it must be full. */
void marks_snapshot(struct recorder *rec);
void marks_replaced(struct recorder *rec, uint32_t span);
/* May it still turn out that there are some? */
static inline bool marks_open(const struct recorder *rec) {
    return !rec->marks_known && rec->r->info.version == 25 && !rec->r->layout.inline_marks;
}
/* Where that is open: the first slot of a small span that isn't one if there are. */
uint32_t marks_begin(const struct recorder *rec, uint32_t span);
/* Is it full if there are some, and not if there are none? */
bool marks_may_fill(const struct recorder *rec, uint32_t span);
void marks_gone(struct recorder *rec, uint32_t span, uint32_t slot); /* an object there is freed */

/* ---- plain.c */
/* Where an event is about: in which slot of whom. Wrong once another span sits there. */
struct plain_hint {
    uint64_t seat;  /* bytes from the head's first one */
    uint64_t place; /* span and slot, as pack_place has them; PLAIN_NOWHERE: in no span of small objects */
    uint64_t at;    /* the slot's bit in the head's pool, and its place in slot_types */
};
#define PLAIN_NOWHERE ((uint64_t)NO_ID - 1) /* no span has that number */

/* Which seats events are about, as far as that can be said now: a hint for each, to be fetched. */
void plain_find_seats(const struct recorder *rec, const struct brief *ev, size_t n, struct plain_hint *hint);
/* What is kept by span of one whose first free may be coming: it was left alone for a whole cycle. */
static inline void plain_fetch_span(const struct recorder *rec, const struct frame_span *s) {
    if (s->span != NO_ID) {
        __builtin_prefetch(&rec->head->seat_of[s->span]);
    }
}
/* A while later: what these lead to, for the rest of the hints. */
void plain_fetch_slots(const struct recorder *rec, const struct brief *ev, size_t n, struct plain_hint *hint);
/*
 * Record allocations and frees up to the first event from which more may follow; how many. They become brief facts.
 * n > 0.
 */
size_t plain_run(struct recorder *rec, struct stretch *from, struct brief *ev, size_t n, struct plain_hint *hint);
/* start.c. The snapshot is complete: first guesses of place. */
void heap_snapshot_done(struct recorder *rec);
void heap_trace_ends(struct recorder *rec);

/* ---- stops.c: events about stops of the world */
void stops_procs_change(struct recorder *rec, const struct trace_event *ev);
void stops_begin(struct recorder *rec, const struct trace_event *ev);
void stops_end(struct recorder *rec, const struct trace_event *ev);
void stops_gc_begin(struct recorder *rec, const struct trace_event *ev);
void stops_gc_end(struct recorder *rec, const struct trace_event *ev);
void stops_go_unblock(struct recorder *rec, const struct trace_event *ev);
void stops_watch(struct recorder *rec, const struct trace_event *ev); /* any that isn't plain, before its handler */

/* ---- place.c: mcaches */
struct proc_mind *place_proc(struct recorder *rec, int64_t p); /* NULL: no such P */
bool place_fresh(const struct recorder *rec, uint32_t span);   /* cached and swept */
/* P p's mcache got another span; where it has got one of the same class since then, this one is full and gone. */
void place_refill(struct recorder *rec, int32_t p, uint32_t span, struct refill how);
struct refill place_refill_of(const struct pending *x);
/* The order when what is announced now began. */
uint32_t place_began(struct recorder *rec, int32_t p);
void place_flush(struct recorder *rec, int32_t p);
void place_flush_of(struct recorder *rec, uint32_t span); /* a sign that this stale span was flushed */
void place_flush_all(struct recorder *rec);
/* The first P from p on that holds a span; MAX_PROCS where there is none. */
size_t place_next_holder(const struct recorder *rec, size_t p);
/* Put a span whose owner isn't known into some mcache that has room, from P `first` on, else on its list. */
void place_suppose_owner(struct recorder *rec, uint32_t span, int32_t first);
void place_procs_change(struct recorder *rec, uint64_t n);
/* All mcaches are flushed in the middle of a cycle: runtime.ReadMemStats does (mstats.go, readmemstats_m). */
void place_stats_read(struct recorder *rec);
/* Whoever has held a span since before the trace began flushes it now (`now`), or soon. */
void place_settle_owners(struct recorder *rec, bool now);
/* A span was grown (R2): the HeapAlloc that follows announces nothing new. The grower's first object in a small one may
 * come much later, even when another GC is over. */
void place_grown(struct recorder *rec, uint32_t span);
/* `growth`: of the live heap. */
void place_announce(struct recorder *rec, int64_t growth);
/* Which bit of `asking` is a goroutine's: many share one. */
static inline uint64_t place_pending_bit(uint32_t g) {
    return UINT64_C(1) << g % 63; /* the last one is UNKNOWN_ACTOR */
}
/* The innermost announcement of a goroutine (or of a thread without one), SIZE_MAX none. */
size_t place_own_pending(const struct recorder *rec, uint32_t span, uint32_t g, int64_t m);
/* Decide what an allocation in a span tells about mcaches (R4); true: the slot counts as taken in order (hi moves). */
bool place_allocation(struct recorder *rec, uint32_t span, bool was_taken);
void place_forget(struct recorder *rec, uint32_t span); /* it leaves whatever mcache it is in, without a fact */
void place_hold_pending(struct recorder *rec, uint32_t g, bool held);

/* The innermost announcement's goroutine stops, with this stack. */
void place_stopped(struct recorder *rec, uint32_t g, uint64_t stack);

/* After `pending` or `stopped` has changed. */
void place_note_asking(struct recorder *rec);

/* ---- untold.c */
/* The goroutine of the event under way stops with this stack, 0: none is told; `preempted` says why. */
void untold_stopped(struct recorder *rec, uint64_t stack, bool preempted);
/* It tells an object in this span, which isn't recorded yet. */
void untold_told(struct recorder *rec, uint32_t span);
bool untold_waits(const struct recorder *rec, uint32_t g); /* g has stopped so */
/* What a P tells next, and has told nothing that isn't plain since there were so many facts, is an object in this span.
 */
void untold_silent(struct recorder *rec, int32_t p, uint64_t touched, uint32_t span);
/* The P of the event under way goes on: a span that it grew is in its mcache by now. */
void untold_goes_on(struct recorder *rec);
void untold_ends(struct recorder *rec); /* the trace: flushes that are under way (ending.c sees to sweeps) */
/* The sweep of a span is over: its sweeper tells something else. */
void untold_swept(struct recorder *rec, const struct under_way *x);
/* An object may be told ahead of the free of its slot's former one, which its sweeper tells late. */
void untold_ahead(struct recorder *rec, uint32_t span);
void untold_caught_up(struct recorder *rec, uint32_t span); /* that free comes: it isn't recorded yet */
/* A refill that was announced long ago turns out to have got this span; it isn't in the mcache yet. */
void untold_refilled(struct recorder *rec, const struct pending *x, uint32_t span);

/* ---- wanted.c */
struct wanted wanted_of(struct recorder *rec, uint64_t stack);
bool wanted_fits(const struct recorder *rec, struct wanted w, const struct span *s); /* a span of small objects */

/* ---- heard.c */
void heard_stretch(struct recorder *rec, const struct stretch *s); /* another stretch begins */
void heard_event(struct recorder *rec);                            /* an event that isn't plain is over */
/* The order when P p was last heard of before the event under way: what leads to that one began then or later. */
uint32_t heard_order(const struct recorder *rec, int32_t p);
/* A plain event of a P's came from that time on. */
bool heard_since(const struct recorder *rec, int32_t p, int64_t t);

/* ---- sweep.c: lists and sweeping */
/* To the tail of its list, the swept or the unswept one; it may have been there from order `since` on. */
void sweep_push(struct recorder *rec, uint32_t span, bool swept, uint32_t since, uint32_t chain);
void sweep_push_since(struct recorder *rec, uint32_t span, uint32_t since); /* swept; some time after that order */
void sweep_push_now(struct recorder *rec, uint32_t span);                   /* swept */
void sweep_remove(struct recorder *rec, uint32_t span);
/* A span's list follows its fill: call after objects came or went in a listed span. */
void sweep_refile(struct recorder *rec, uint32_t span);
bool sweep_is_unswept(const struct recorder *rec, uint32_t span);
/* From here on spans may be swept that leave no event: those not known to be swept are unknown. */
void sweep_begins(struct recorder *rec);
/* It is being swept: its state and slots after that; not its list. */
void sweep_settle(struct recorder *rec, uint32_t span);
/* First sign (a free) that a listed span is being swept now. */
void sweep_seen(struct recorder *rec, uint32_t span);
/* This span, pushed just now, is still being swept by the thread of the event under way. */
void sweep_under_way(struct recorder *rec, uint32_t span, enum under_way_kind kind);
/* The thread of the event under way goes on to something else: what it swept has been pushed by now. */
void sweep_over(struct recorder *rec);
/* A refill that began at order `began` took this span, or found none and grew it: what was swept on the way (R9). */
void sweep_by_refill(struct recorder *rec, int32_t p, uint32_t span, enum refill_way way, uint32_t began);
void sweep_all(struct recorder *rec);    /* R10 */
void sweep_gc_end(struct recorder *rec); /* R7 */
/* Is it known to be the first one in its list? */
bool sweep_is_first(const struct recorder *rec, uint32_t span);

/* ---- names.c */
uint32_t names_go(struct recorder *rec, int64_t goid);
uint32_t names_type(struct recorder *rec, uint64_t id);
void names_goroutine_event(struct recorder *rec, const struct trace_event *ev);
void names_generation(struct recorder *rec);
/* The function nearest to the program's start (entry) or the leaf of a stack. */
bool names_stack_has(struct recorder *rec, uint64_t stack, const char *func, size_t *depth);

/* ---- timeline.c and note.c */
void timeline_event(struct recorder *rec, const struct trace_event *ev);
/* A span of the heap goes. */
void timeline_span_freed(struct recorder *rec);
/* Whether a cycle is under way whose marking isn't over. */
bool timeline_marks(const struct timeline *tl);
bool timeline_begins(struct recorder *rec); /* a cycle does: its marking hasn't begun */
void timeline_marked(struct recorder *rec); /* the mark phase is over, and sweeping begins */
void timeline_swept(struct recorder *rec);  /* the sweep phase is over */
/* What was freed goes into the sums of the cycle under way. */
void timeline_freed(struct recorder *rec);
/* Whether a goroutine is assisting the GC. */
bool timeline_assists(const struct timeline *tl, uint64_t goid);
void note_event(struct recorder *rec, const struct trace_event *ev);
/* ---- procs.c: after timeline_event */
void procs_event(struct recorder *rec, const struct trace_event *ev);
void procs_finish(struct recorder *rec); /* the trace is at its end */

#endif
