/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * saved.h - saved reels: writing one, and a reel that is backed by one. For core/ only.
 *
 *   container.c        the file: pieces with checksums, found by an index or by their tags
 *   saved_tables.c     what is known by row: texts, types, goroutines, spans, cycles, ranges, notes, curves
 *   saved_rows.c       the rows of these tables
 *   saved_info.c       what is known of the trace
 *   saved_frame.c      checkpoints
 *   saved_cut.c        a stretch of a reel
 *   saved_check.c      facts, checked before anybody unpacks them
 *   saved_events.c     the trace's events
 *   saved.c            opening
 *   save.c             writing
 *
 * The file is mapped; tables become the reel's arrays when it is opened, facts and checkpoints stay in the file.
 * Nothing in the file is believed: what would lead out of bounds is refused where it is read, what only contradicts
 * itself gives wrong numbers at worst.
 */
#ifndef HEAPREEL_SAVED_H
#define HEAPREEL_SAVED_H

#include "core/container.h"
#include "core/pseudonym.h"
#include "core/walk.h"

enum { ROWS_A_PIECE = 1 << 16 };

/* How much of a block of facts was looked through and found sound. */
enum block_state { BLOCK_UNSEEN, BLOCK_DIRECTORY, BLOCK_GOOD, BLOCK_BAD };

/* What facts are checked with; a copy of the block under way, with zeros behind it. */
struct fact_check {
    struct unpacker k;
    struct slots_left {
        int64_t left, of; /* slots behind that of the row's last object; the span's */
    } row[PACK_PROCS * PACK_LANES];
    uint64_t places[PACK_PLACES]; /* changes of place that were found sound */
    uint8_t *copy;
    size_t cap_copy;
};

/* What a reel has that was opened from a file. */
struct saved {
    struct container file;
    void *map; /* to be unmapped; NULL: the bytes are the caller's */
    size_t map_size;
    struct piece **facts;   /* by block; NULL: missing */
    size_t nfacts;          /* blocks, the last, short one too */
    uint8_t *checked;       /* by block: enum block_state */
    struct trace_loss loss; /* the trace's own */
    uint64_t losses,
        lost[PIECE_KINDS + 1];         /* how many pieces are, by kind; the last one: facts contradict each other */
    bool other_form;                   /* its facts are packed in a way that isn't known here */
    uint32_t tables_read[PIECE_KINDS]; /* of those that are read when asked for: a bit each */
    struct fact_check check;
};

/* ---- saved_tables.c */

enum { SHAPES = SPAN_CLASSES + 1, SAVED_PROCS = 1 << 15 };

/* What most spans of a class have in common. */
struct shape {
    uint64_t npages, elem;
    uint32_t nelems;
    uint8_t words;
};

/* The texts that rows name, in the order of their index, from 1 on. */
struct name_list {
    struct idmap of; /* where a text lies, and its role -> its index */
    text *all;
    size_t n, cap;
    struct texts kept; /* stand-ins */
    bool memory_short;
};

/* A reel being written. */
struct saver {
    const reel *r;
    struct container_out out;
    struct bytes b;
    struct name_list names;
    const struct pseudonyms *hide; /* NULL: texts stay as they are */
    uint64_t nframes;
    unsigned sub; /* which of several tables of a kind */
    struct shape shapes[SHAPES];
};

/* Tables being read. */
struct tables {
    reel *r;
    struct saved *saved;
    text *names;
    size_t nnames, cap_names;
    unsigned sub;
    size_t rows; /* of the part */
    struct shape shapes[SHAPES];
};

/* Write the tables: those without which nothing can be shown, or the others. */
void tables_put(struct saver *s, bool needed);
/* Read those that are needed. False: memory is short (*why NULL), or one is damaged: *why says which. */
bool tables_get(reel *r, const char **why);
/* Read one of the others, or all of them, if they aren't yet. What is damaged stays empty, and is said to be lost. */
void tables_want(const reel *r, enum piece_kind kind, unsigned sub);
void tables_want_all(const reel *r);

/* ---- saved_info.c */
enum { INFO_OF_REEL, INFO_OF_EVENTS }; /* numbers of the pieces: what the reel knows, and whoever reads the events */
void info_put(struct bytes *b, const reel *r);
bool info_get(reel *r, const uint8_t *bytes, size_t n);

/* ---- saved_frame.c */
bool saved_frame_put(struct bytes *b, struct frame *f);
/* The heap into an empty frame. False: out of memory, or damaged; the frame may hold anything then. */
bool saved_frame_get(struct frame *f, const uint8_t *bytes, size_t n);

/* ---- saved_cut.c */
/* What lies in [from, until] as a reel of its own. NULL: out of memory, or facts up to there are lost. */
reel *saved_cut(reel *r, int64_t from, int64_t until);

/* ---- saved_check.c */
/* Whether the directory of a block may be read: all that it names is there. */
bool saved_check_directory(const reel *r, uint32_t block, const uint8_t *bytes, const struct piece *p);
/*
 * Whether its facts may be unpacked. NULL: they may not, or memory is short; else a copy of them, good until the next
 * call. Reads nothing of the reel but tables that don't change any more.
 */
const uint8_t *saved_check_facts(const reel *r, struct fact_check *c, const uint8_t *bytes, const struct piece *p);
/* The same, and unpack them for a walk meanwhile (walk.h): in `to` there is room for them. False: as above. */
bool saved_unpack_facts(const reel *r, struct fact_check *c, const uint8_t *bytes, const struct piece *p,
                        struct unpacked *to);

/* ---- saved.c */
/* A reel from the bytes of a saved one, which must outlive it. NULL with *err set. */
reel *saved_open(const void *data, size_t size, struct trace_error *err);
/* The same from a file. *foreign: it is none, or can't be read; *err is not set then. */
reel *saved_open_file(const char *path, struct trace_error *err, bool *foreign);
/* Both without tables, for the description and the events. */
reel *saved_open_events(const char *path, struct trace_error *err, bool *foreign);
reel *saved_open_events_memory(const void *data, size_t size, struct trace_error *err);
void saved_close(struct saved **x);
/* Whether every piece's checksum is right: reads all of the file. */
bool saved_is_whole(reel *r);
/* Note that something of this kind is lost, or that facts contradict each other. */
void saved_lose(reel *r, enum piece_kind kind);
void saved_contradicts(reel *r);
/* A block of facts; NULL: lost. a is how many they are, c the offset of the directory, which saved_directory is enough
 * for. */
const struct piece *saved_block(reel *r, uint64_t block);
const struct piece *saved_directory(reel *r, uint64_t block);
/* A block whose facts nobody has checked yet, NULL another one; and that somebody has, and they are sound. */
const struct piece *saved_unchecked(reel *r, uint64_t block);
void saved_note_sound(reel *r, uint64_t block);
/* Make an empty frame that of a checkpoint. False: out of memory, or the checkpoint is damaged. */
bool saved_restore(struct frame *f, const struct checkpoint *c);
/* Have a damaged one no more. */
void saved_drop_checkpoint(reel *r, const struct checkpoint *c);

#endif
