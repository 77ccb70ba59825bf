/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * saved.c - opening a saved reel, and what it gives while it is open: facts and checkpoints, each checked once.
 *
 * Tables are read when it is opened. A block of facts that is damaged leaves a hole of BLOCK_FACTS positions, known by
 * its number: what lies around it is reached from the checkpoints on both sides (frame.c).
 */
#include "core/saved_events.h"
#include "traces/grow.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- what is lost */

/* "2 blocks of heap, curves" */
static void say_lost(const struct saved *x, char *to, size_t size) {
    size_t n = 0;
    for (int kind = 1; kind < PIECE_KINDS; kind++) {
        uint64_t lost = x->lost[kind];
        const char *name = piece_kind_name((enum piece_kind)kind), *comma = n > 0 ? ", " : "";
        if (lost > 0 && n < size) {
            int k = kind == PIECE_FACTS || kind == PIECE_EVENTS
                        ? snprintf(to + n, size - n, "%s%llu block%s of %s", comma, (unsigned long long)lost,
                                   lost == 1 ? "" : "s", name)
                        : snprintf(to + n, size - n, "%s%s", comma, name);
            n += k > 0 ? (size_t)k : 0;
        }
    }
    if (n == 0) {
        snprintf(to, size, "nothing, for what is damaged is there twice");
    }
}

/* The trace's own losses, and the file's. */
static void refresh_loss(reel *r) {
    const struct saved *x = r->saved;
    struct trace_loss *l = &r->info.loss;
    *l = x->loss;
    if (x->losses == 0 && x->file.bad_bytes == 0) {
        return;
    }
    char what[120];
    say_lost(x, what, sizeof what);
    l->at = x->file.first_bad;
    l->code = TRACE_E_REEL;
    l->bytes += x->file.bad_bytes;
    l->count += x->losses > 0 ? x->losses : 1;
    l->of_code[TRACE_E_REEL] = l->count - x->loss.count;
    l->first = (struct trace_error){.code = TRACE_E_REEL, .offset = x->file.first_bad};
    snprintf(l->first.text, sizeof l->first.text, "a damaged saved reel has lost %s", what);
}

void saved_lose(reel *r, enum piece_kind kind) {
    r->saved->lost[kind]++;
    r->saved->losses++;
    refresh_loss(r);
}

void saved_contradicts(reel *r) {
    if (r->saved->lost[PIECE_KINDS] == 0) {
        r->saved->lost[PIECE_KINDS] = 1;
        saved_lose(r, PIECE_FACTS);
    }
}

/* ---- facts */

static uint32_t facts_in(const reel *r, uint64_t block) {
    uint64_t first = block * BLOCK_FACTS, left = first < r->nfacts ? r->nfacts - first : 0;
    return left < BLOCK_FACTS ? (uint32_t)left : BLOCK_FACTS;
}

static void lose_block(reel *r, uint64_t block) {
    r->saved->checked[block] = BLOCK_BAD;
    saved_lose(r, PIECE_FACTS);
}

const struct piece *saved_directory(reel *r, uint64_t block) {
    struct saved *x = r->saved;
    if (block >= x->nfacts) {
        return NULL;
    }
    if (x->checked[block] == BLOCK_UNSEEN) {
        struct piece *p = x->facts[block];
        const uint8_t *bytes = p != NULL ? container_bytes(&x->file, p) : NULL;
        x->checked[block] = BLOCK_DIRECTORY;
        if (bytes == NULL || p->size > UINT32_MAX || x->file.size - p->at - p->size < FACTS_BEYOND ||
            p->a != facts_in(r, block) || !saved_check_directory(r, (uint32_t)block, bytes, p)) {
            lose_block(r, block);
        }
    }
    return x->checked[block] != BLOCK_BAD ? x->facts[block] : NULL;
}

const struct piece *saved_block(reel *r, uint64_t block) {
    struct saved *x = r->saved;
    const struct piece *p = saved_directory(r, block);
    if (p != NULL && x->checked[block] == BLOCK_DIRECTORY) {
        x->checked[block] = BLOCK_GOOD;
        if (saved_check_facts(r, &x->check, x->file.data + p->at, p) == NULL) {
            lose_block(r, block);
        }
    }
    return p != NULL && x->checked[block] == BLOCK_GOOD ? p : NULL;
}

const struct piece *saved_unchecked(reel *r, uint64_t block) {
    const struct piece *p = r->saved != NULL ? saved_directory(r, block) : NULL;
    return p != NULL && r->saved->checked[block] == BLOCK_DIRECTORY ? p : NULL;
}

void saved_note_sound(reel *r, uint64_t block) {
    r->saved->checked[block] = BLOCK_GOOD;
}

/* Blocks as the reel keeps them. The last, short one has none of them, but a directory of its own. */
static bool enter_blocks(reel *r) {
    struct saved *x = r->saved;
    size_t full = (size_t)(r->nfacts / BLOCK_FACTS);
    int64_t next = r->info.duration; /* where a piece is missing: the time when the one behind it begins */
    if (!grow_to((void **)&r->blocks, &r->cap_blocks, x->nfacts + 1, sizeof *r->blocks)) {
        return false;
    }
    for (size_t i = x->nfacts; i-- > 0;) {
        const struct piece *p = x->facts[i];
        r->blocks[i] = (struct block){.t1 = p != NULL ? (int64_t)p->b : next};
        if (p == NULL) {
            continue;
        }
        r->blocks[i].size = (uint32_t)p->size;
        r->blocks[i].directory = (uint32_t)p->c;
        if (i > 0 && x->facts[i - 1] == NULL && saved_block(r, i) != NULL) {
            unpack_begin(&r->unpacker, x->file.data + p->at);
            next = r->unpacker.m.t;
        }
    }
    r->nblocks = full;
    return true;
}

static bool enter_last_block(reel *r) {
    const struct piece *p = saved_block(r, r->nblocks);
    r->ndirectory = 0;
    if (p == NULL) {
        return true;
    }
    const uint8_t *bytes = r->saved->file.data + p->at;
    struct reading in = {bytes + p->c, bytes + p->size, false};
    uint64_t n = read_below(&in, BLOCK_FACTS + 1), span = 0;
    r->directory = malloc(BLOCK_FACTS * sizeof *r->directory);
    for (uint64_t i = 0; i < n && r->directory != NULL; i++) {
        span = read_near(&in, span);
        uint64_t back = read_u(&in);
        r->directory[i].span = (uint32_t)span;
        r->directory[i].before = back == 0 ? NO_ID : (uint32_t)(r->nblocks - back);
        r->ndirectory++;
    }
    for (uint32_t i = 0; i < r->ndirectory; i++) {
        posting_get(&r->directory[i], in.at + i * POSTED_BYTES);
    }
    return r->directory != NULL;
}

/*
 * Which piece is which block. Of a file that is cut short the blocks behind its end are lost, not forgotten: positions
 * keep their numbers. But there is an end to what a small file may claim to have lost.
 */
enum { BYTES_A_BLOCK = 64 };

static bool find_blocks(reel *r) {
    struct saved *x = r->saved;
    size_t n;
    struct piece *p = container_kind(&x->file, PIECE_FACTS, &n);
    uint64_t most = x->file.size / BYTES_A_BLOCK + 1, want = (r->nfacts + BLOCK_FACTS - 1) / BLOCK_FACTS;
    if (want > most) {
        r->nfacts = most * BLOCK_FACTS;
        want = most;
    }
    x->nfacts = (size_t)want;
    x->facts = calloc(x->nfacts + 1, sizeof *x->facts);
    x->checked = calloc(x->nfacts + 1, 1);
    if (x->facts == NULL || x->checked == NULL) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (p[i].number < want && x->facts[p[i].number] == NULL) {
            x->facts[p[i].number] = &p[i];
        }
    }
    for (size_t i = 0; i < x->nfacts; i++) {
        if (x->facts[i] == NULL) {
            lose_block(r, i);
        }
    }
    return enter_blocks(r) && enter_last_block(r);
}

/* ---- checkpoints */

static bool find_frames(reel *r) {
    struct saved *x = r->saved;
    size_t n;
    struct piece *p = container_kind(&x->file, PIECE_FRAME, &n);
    uint64_t last = 0;
    for (size_t i = 0; i < n; i++) {
        if (p[i].a <= last || p[i].a > r->nfacts) {
            continue;
        }
        if (!GROW(r->checkpoints, r->ncheckpoints, r->cap_checkpoints)) {
            return false;
        }
        last = p[i].a;
        r->checkpoints[r->ncheckpoints++] =
            (struct checkpoint){.pos = p[i].a, .size = (size_t)p[i].size, .piece = &p[i]};
    }
    return true;
}

bool saved_restore(struct frame *f, const struct checkpoint *c) {
    struct saved *x = f->r->saved;
    const uint8_t *bytes = container_bytes(&x->file, c->piece);
    return bytes != NULL && saved_frame_get(f, bytes, (size_t)c->piece->size);
}

void saved_drop_checkpoint(reel *r, const struct checkpoint *c) {
    size_t i = (size_t)(c - r->checkpoints);
    memmove(r->checkpoints + i, c + 1, (r->ncheckpoints - i - 1) * sizeof *c);
    r->ncheckpoints--;
    saved_lose(r, PIECE_FRAME);
}

const char *reel_unknown(reel *r, int64_t t) {
    if (r->info.cut && t < r->info.begin) {
        return "this saved part of a reel begins later";
    }
    if (r->info.cut && t > r->info.duration) {
        return "this saved part of a reel ends before that";
    }
    if (r->saved == NULL || r->nfacts == 0) {
        return NULL;
    }
    uint64_t pos = reel_pos(r, t);
    return pos < r->nfacts && reel_block_lost(r, pos / BLOCK_FACTS)
               ? "what happened around that time is lost: the saved reel is damaged there"
               : NULL;
}

uint64_t reel_pos_known(reel *r, int64_t t, bool after) {
    uint64_t pos = reel_pos(r, t), block = pos / BLOCK_FACTS;
    if (pos >= r->nfacts || !reel_block_lost(r, block)) {
        return pos;
    }
    while (after && reel_block_lost(r, block)) {
        block++;
    }
    while (!after && block > 0 && reel_block_lost(r, block - 1)) {
        block--;
    }
    return block * BLOCK_FACTS < r->nfacts ? block * BLOCK_FACTS : r->nfacts;
}

/* ---- opening */

static bool read_info(reel *r, uint64_t number) {
    struct saved *x = r->saved;
    size_t n;
    struct piece *p = container_kind(&x->file, PIECE_INFO, &n);
    for (size_t i = 0; i < n; i++) {
        const uint8_t *bytes = p[i].number == number ? container_bytes(&x->file, &p[i]) : NULL;
        if (bytes != NULL) {
            return info_get(r, bytes, (size_t)p[i].size);
        }
    }
    return false;
}

/* The events of a part were counted while they were written. */
static void count_part(reel *r) {
    struct event_counts counts;
    size_t n;
    struct piece *p = container_kind(&r->saved->file, PIECE_COUNTS, &n);
    const uint8_t *bytes = n > 0 ? container_bytes(&r->saved->file, p) : NULL;
    if (bytes != NULL && counts_get(bytes, (size_t)p->size, &counts)) {
        r->info.events = counts.events;
    }
}

static void settle_info(reel *r) {
    if (r->info.cut) {
        count_part(r);
    }
    r->info.facts = r->nfacts;
    r->info.read_bytes = r->info.trace_bytes;
    r->info.share = 1;
    r->info.done = r->info.saved = true;
    for (size_t i = 0; i < r->nspans; i++) { /* a block that isn't there has no facts of anything */
        r->last_block[i] = r->last_block[i] < r->saved->nfacts ? r->last_block[i] : NO_ID;
    }
}

__attribute__((format(printf, 3, 0))) static bool refuse(struct trace_error *err, enum trace_code code, const char *fmt,
                                                         const char *what) {
    *err = (struct trace_error){.code = code};
    snprintf(err->text, sizeof err->text, fmt, what);
    return false;
}

static bool read_description(reel *r, bool of_events, struct trace_error *err) {
    if (!(of_events && read_info(r, INFO_OF_EVENTS)) && !read_info(r, INFO_OF_REEL)) {
        return r->saved->other_form
                   ? refuse(err, TRACE_E_VERSION, "%s", "a saved reel of another heapreel: save it anew from the trace")
                   : refuse(err, TRACE_E_REEL, "a saved reel that is damaged beyond use: its %s is lost",
                            "description");
    }
    r->saved->loss = r->info.loss;
    if (r->saved->file.index_lost) {
        saved_lose(r, PIECE_INDEX);
    }
    return true;
}

static bool read_all(reel *r, struct trace_error *err) {
    const char *why = NULL;
    if (!tables_get(r, &why)) {
        return why == NULL ? refuse(err, TRACE_E_MEMORY, "%s", "out of memory")
                           : refuse(err, TRACE_E_REEL, "a saved reel that is damaged beyond use: its %s are lost", why);
    }
    if (!find_blocks(r) || !find_frames(r)) {
        return refuse(err, TRACE_E_MEMORY, "%s", "out of memory");
    }
    settle_info(r);
    refresh_loss(r);
    return true;
}

static bool open_file(struct saved *x, const void *data, size_t size, struct trace_error *err) {
    uint64_t version;
    char number[24];
    switch (container_open(&x->file, data, size, &version)) {
    case CONTAINER_OK:
        return true;
    case CONTAINER_FOREIGN:
        return refuse(err, TRACE_E_HEADER, "%s", "not a saved reel");
    case CONTAINER_NEWER:
        snprintf(number, sizeof number, "%llu", (unsigned long long)version);
        return refuse(err, TRACE_E_VERSION, "a saved reel of format %s, which a newer heapreel made", number);
    case CONTAINER_MEMORY:
        break;
    }
    return refuse(err, TRACE_E_MEMORY, "%s", "out of memory");
}

/* A reel with all of its tables, or with none, for its events. */
static reel *open_mapped(const void *data, size_t size, void *map, bool tables, struct trace_error *err) {
    reel *r = reel_blank();
    struct saved *x = calloc(1, sizeof *x);
    if (r == NULL || x == NULL) {
        refuse(err, TRACE_E_MEMORY, "%s", "out of memory");
        reel_close(&r);
        free(x);
        return NULL;
    }
    r->saved = x;
    if (!open_file(x, data, size, err) || !read_description(r, !tables, err) || (tables && !read_all(r, err))) {
        reel_close(&r);
        return NULL;
    }
    x->map = map;
    x->map_size = map != NULL ? size : 0;
    return r;
}

reel *saved_open(const void *data, size_t size, struct trace_error *err) {
    return open_mapped(data, size, NULL, true, err);
}

/* The bytes of a file that begins as a saved reel does; NULL where it doesn't, or can't be read. To be unmapped. */
static void *map_file(const char *path, size_t *size) {
    int fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    uint8_t magic[CONTAINER_MAGIC];
    void *map = NULL;
    bool file = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 &&
                pread(fd, magic, sizeof magic, 0) == sizeof magic && container_is(magic, sizeof magic);
    if (file) {
        *size = (size_t)st.st_size;
        map = mmap(NULL, *size, PROT_READ, MAP_PRIVATE, fd, 0);
        map = map == MAP_FAILED ? NULL : map;
    }
    if (fd >= 0) {
        close(fd);
    }
    return map;
}

static reel *open_path(const char *path, bool tables, struct trace_error *err, bool *foreign) {
    size_t size;
    void *map = map_file(path, &size);
    *foreign = map == NULL;
    if (map == NULL) {
        return NULL;
    }
    reel *r = open_mapped(map, size, map, tables, err);
    if (r == NULL) {
        munmap(map, size);
    }
    return r;
}

reel *saved_open_file(const char *path, struct trace_error *err, bool *foreign) {
    return open_path(path, true, err, foreign);
}

reel *saved_open_events(const char *path, struct trace_error *err, bool *foreign) {
    return open_path(path, false, err, foreign);
}

reel *saved_open_events_memory(const void *data, size_t size, struct trace_error *err) {
    return open_mapped(data, size, NULL, false, err);
}

bool saved_is_whole(reel *r) {
    struct container *c = &r->saved->file;
    for (size_t i = 0; i < c->n; i++) {
        if (container_bytes(c, &c->pieces[i]) == NULL) {
            return false;
        }
    }
    return r->saved->losses == 0;
}

void saved_close(struct saved **px) {
    struct saved *x = *px;
    if (x == NULL) {
        return;
    }
    container_free(&x->file);
    free(x->facts);
    free(x->checked);
    free(x->check.copy);
    if (x->map != NULL) {
        munmap(x->map, x->map_size);
    }
    free(x);
    *px = NULL;
}
