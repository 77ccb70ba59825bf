/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reel.h - inside of a reel: the recording and everything that was learned while recording. For core/ only.
 *
 * Facts are kept in blocks of BLOCK_FACTS, packed. The last, unfinished block is a draft while recording goes on; a
 * copy of it is in `open` once reel_load returns. Behind its facts a block has a directory: the spans it has facts of,
 * and for each the block before that had some, and what slots these are about. Fact numbers, span ids, type and
 * goroutine indexes never change once given. Everything is appended in order of time.
 *
 *   reel.c     opening, loading, appending, checkpoints
 *   blocks.c   finding and unpacking what was appended
 *   store.c    where the packed blocks are
 *   saved.c    reels from files: facts and checkpoints stay in the file
 */
#ifndef HEAPREEL_REEL_H
#define HEAPREEL_REEL_H

#include "core/draft.h"
#include "core/frame.h"
#include "core/intake.h"
#include "core/layout.h"
#include "core/origin.h"
#include "core/procs.h"
#include "core/series.h"
#include "core/store.h"
#include "core/texts.h"
#include "traces/idmap.h"

enum {
    BLOCKS_KEPT = 8,  /* unpacked blocks at hand */
    LINES_APART = 128 /* bytes: processors fetch lines of cache in pairs */
};

struct block {
    uint64_t at; /* in the store */
    uint32_t size;
    uint32_t directory; /* offset of it */
    int64_t t1;         /* of the last fact */
};

struct open_block {
    uint64_t block; /* number, NO_POS: none */
    uint64_t used;  /* when last asked for */
    uint32_t n;
    struct fact *facts;
};

/* A fact as winding needs it. */
struct move {
    uint32_t span;
    uint32_t type; /* MOVE_OTHER: which of `other` it is */
    uint16_t slot;
    uint8_t kind; /* enum fact_kind of objects, or MOVE_OTHER */
};
enum { MOVE_OTHER = FACT_KINDS, MOVES_KEPT = 2 };

struct moves {
    uint64_t block; /* number, NO_POS: none */
    uint64_t used;
    uint32_t n;
    struct move *move;
    struct fact *other; /* those that aren't about objects */
    size_t nother, cap_other;
};

/* A fact of one span, and its number within its block. */
struct picked {
    uint32_t i;
    struct fact fact;
};

struct reel {
    trace *t; /* only while loading, as are the next three */
    struct recorder *rec;
    struct intake intake;
    struct progress progress;
    struct gap_watch {
        uint32_t generation; /* the one under way, from 1 on */
        uint32_t lacking;    /* the last one that lacks events, 0: none */
        uint64_t from;       /* facts there were when it began */
        int64_t t;           /* when that was */
        uint64_t losses;     /* up to now */
    } watch;                 /* while loading (gaps.c) */
    unsigned threads;        /* as asked for */
    bool under_way;          /* loading began */
    struct stretch *into;    /* where facts go; NULL: at once into the open block */
    struct late at_once;     /* such a fact */
    struct saved *saved;     /* of a reel that was opened from a file */
    struct origin origin;
    struct reel_info info;
    struct layout layout;
    uint64_t min_align, min_stack;

    /* What binding writes while loading (binding.c), mostly on another processor than what comes after it. */
    _Alignas(LINES_APART) struct draft *draft; /* of the open block, while loading */
    _Atomic bool facts_lost;                   /* a block could not be kept, for want of memory */
    struct block *blocks;                      /* finished ones */
    size_t nblocks, cap_blocks;
    struct store store;
    uint64_t packed_bytes;
    uint32_t *last_block;  /* by span id: the last block that has facts of it; NO_ID. Grows as facts are bound */
    uint16_t *entry;       /* of the same: its place in that block's directory; while loading */
    size_t cap_last_block; /* of both */

    _Alignas(LINES_APART) uint64_t nfacts;
    int64_t last;  /* time of the last fact */
    uint8_t *open; /* the open block, as it was when reel_load returned */
    size_t cap_open;
    uint32_t open_size, open_directory; /* bytes; offset of its directory */
    struct posting *directory;          /* the same, unpacked */
    size_t cap_directory;
    uint32_t ndirectory;

    struct open_block kept[BLOCKS_KEPT];
    struct moves moves[MOVES_KEPT];
    struct picked *picked;
    size_t cap_picked;
    struct unpacker unpacker;
    uint64_t clock; /* for `used` */

    struct checkpoint *checkpoints;
    size_t ncheckpoints, cap_checkpoints;
    size_t checkpoint_bytes, checkpoint_limit;
    uint64_t facts_at_checkpoint;

    struct span *spans;
    size_t nspans, cap_spans;
    struct reach {
        uint32_t page, npages; /* low bits of the first one; as many as fit: to look through all spans quickly */
    } * reach;                 /* by span id */
    size_t cap_reach;
    uint64_t page_lo, page_hi;

    struct heap_type *types;
    size_t ntypes, cap_types;
    struct idmap type_of; /* address (or generation and id, where there is none) -> type */

    struct goroutine *gos;
    size_t ngos, cap_gos;
    struct idmap go_of; /* goid -> goroutine */

    struct cycle *cycles;
    size_t ncycles, cap_cycles;
    struct phase_change *phases;
    size_t nphases, cap_phases;
    struct range *ranges[RANGE_KINDS];
    size_t nranges[RANGE_KINDS], cap_ranges[RANGE_KINDS];
    struct note *notes;
    size_t nnotes, cap_notes;
    struct untold *untold; /* by `to` (untold.c) */
    size_t nuntold, cap_untold;
    uint64_t longest_untold;
    struct gap *gaps; /* (gaps.c) */
    size_t ngaps, cap_gaps;
    struct curve curves[SERIES_KINDS];
    struct extent course[SERIES_KINDS - SERIES_OBJECTS]; /* of the block under way, while recording (course.c) */
    struct course_line **lines;                          /* blocks that were looked into (course.c) */
    size_t nlines;                                       /* so many are kept at most */
    struct proc_line *procs;                             /* by P */
    size_t nprocs, cap_procs;
    uint64_t nproc_changes;
    struct texts texts;

    bool limit_given; /* for checkpoints; else it follows the trace's size */
    char warning[160], go[32];

    const struct bookmarks *bookmarks; /* of @name in TIMEs, NULL none; not owned */

    bool memory_short;
};

/*
 * Types have even indexes. The odd one behind each stands for its objects that were there before the trace began, in
 * packed facts and in what frames count; those who ask see one type. TYPE_UNREPORTED is that of objects concluded from
 * others, whose own event is late or never comes: shown as no type, but not among what was allocated and freed.
 */
enum { TYPE_OLD = 1, TYPE_UNREPORTED = 2, TYPES_RESERVED = 4 };

/* The type that is shown for one of a packed fact. */
static inline uint32_t reel_shown_type(uint32_t type) {
    type &= ~(uint32_t)TYPE_OLD;
    return type == TYPE_UNREPORTED ? 0 : type;
}

/* Pages are of this size on every port so far; the info batch says so in each trace. */
#define HEAP_PAGE_BYTES UINT64_C(8192)
enum { PAGE_SHIFT = 13 };

/* The runtime's span class: size class * 2 + noscan. */
static inline unsigned reel_span_class(const reel *r, uint32_t span) {
    return r->spans[span].class * 2u + r->spans[span].noscan;
}

/* A reel without a trace. NULL: out of memory. */
reel *reel_blank(void);
/* Make it ready for reel_append. False: out of memory. */
bool reel_start_recording(reel *r);
/* All that was appended can be read, the open block like the others; more can be appended. */
void reel_settle(reel *r);

/* ---- recording (reel.c) */

/* Append a fact: applied to `head` and packed. Times are made not to decrease. */
void reel_append(reel *r, struct frame *head, struct fact *x);
/*
 * The same in two steps, for whoever changes `head` itself, which must be at that fact's pos then: the fact goes into
 * *reel_wait(), with its time; what of `head` the curves show is noted (course.h); then reel_appended. Not for spans
 * that come or go. NULL: out of memory.
 */
struct late *reel_wait(reel *r, int64_t *t);
void reel_appended(reel *r, struct frame *head);
/* A block of facts is full: its entry in the curves, and perhaps a checkpoint. */
void reel_milestone(reel *r, struct frame *head);
uint32_t reel_add_span(reel *r, const struct span *s);

/* ---- binding (binding.c): facts into blocks. While loading by the thread that comes to it, one at a time */

void bind_fact(reel *r, const struct fact *x, unsigned lane);
void bind_late(reel *r, const struct late *x);
/* The facts of a stretch that are not yet in blocks, as far as its events were recorded. */
void bind_stretch(reel *r, struct stretch *s);
/* The facts of the event that is just being recorded, and all before it, so that they take no more memory. */
void bind_early(reel *r, struct stretch *s);
/* Room for what is known by span. False: out of memory. */
bool bind_room(reel *r, size_t nspans);

static inline uint32_t reel_tail(const reel *r) {
    return (uint32_t)(r->nfacts - r->nblocks * (uint64_t)BLOCK_FACTS);
}

/* ---- reading back (blocks.c); blocks are 0 .. nblocks, the last of these being the open one */

/* untold.c: the first of `untold` that ends behind a position; one that covers it ends within `longest_untold`. */
size_t untold_from(const reel *r, uint64_t pos);
/* One more; whoever adds keeps them in order. False: out of memory. */
bool untold_add(reel *r, struct untold u);

/* ---- gaps.c */

/* From behind position `from`, the time `t`, on spans below number `spans` are not sure. */
struct gap {
    uint64_t from;
    uint32_t spans;
    int64_t t;
};
/* A stretch is going to be recorded: were events lost on the way to its end? */
void gaps_note(reel *r, const struct stretch *s);
/* Does the generation under way lack events? */
bool gaps_open(const reel *r);
/* Sets info.sure_until. */
void gaps_say(reel *r);
/* One more; whoever adds keeps them in order. False: out of memory. */
bool gaps_add(reel *r, struct gap g);
/* Are events missing that may be about this span, at this position? */
bool gaps_reach(const reel *r, uint64_t pos, uint32_t span);

/* The unpacked facts of a block (n of them), good until BLOCKS_KEPT other blocks were asked for. NULL: out of memory.
 */
const struct fact *reel_block(reel *r, uint64_t block, uint32_t *n);
uint64_t reel_block_count(const reel *r);
/* How many finished blocks end before t; up_to: or at t. */
size_t reel_blocks_before(const reel *r, int64_t t, bool up_to);
/* A block as it is packed, good until the next block is asked for, and the number of its facts. NULL: there is none, or
 * it can't be had. */
const uint8_t *reel_block_bytes(reel *r, uint64_t block, uint32_t *n);
/* A block as it is packed, its directory behind its facts; good until the next call. NULL: lost, or out of memory. */
struct packed {
    const uint8_t *at;
    size_t size;
    uint32_t n, directory;
    int64_t t1;
};
bool reel_packed(reel *r, uint64_t block, struct packed *out);
/* Whether a block's facts are lost: a saved reel is damaged. */
bool reel_block_lost(reel *r, uint64_t block);
/* The same as moves, good until MOVES_KEPT others were asked for; some entries of no span follow the last. */
const struct moves *reel_moves(reel *r, uint64_t block);
enum { MOVES_BEYOND = 16 };
/* The facts of one span in a block, good until the next call; n of them, none where they are lost. NULL: out of memory.
 */
const struct picked *reel_pick(reel *r, uint64_t block, uint32_t span, uint32_t *n);
/* The last block with facts of a span; NO_ID where there is none. */
static inline uint32_t reel_last_block(const reel *r, uint32_t span) {
    return span < r->cap_last_block ? r->last_block[span] : NO_ID;
}
/* What a block has of a span, which is one of its own; where the directory is lost: all that may be. */
struct posting reel_posting(reel *r, uint32_t block, uint32_t span);

/* ---- names (names.c) */
/* A text of the trace, kept. */
static inline text reel_keep_text(reel *r, text t) {
    return texts_keep(&r->texts, t, &r->memory_short);
}
/* The first types of a reel. False: out of memory. */
bool reel_reserve_types(reel *r);

/* ---- time (timeline.c, note.c): fed by the recorder with every event */
struct timeline;
struct timeline *timeline_new(void);
void timeline_free(struct timeline **tl);

#endif
