/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * packed.c - where unpacking goes on behind damage.
 *
 * The next beginning may lie before the place where damage was noticed: a wrong length of a block leads up to 128 KB
 * too far, and gzip's decoder may go on for a while in what makes no sense. So the search begins a little before, while
 * all such looking back stays within a few times the input.
 */
#include "traces/packed.h"
#include "traces/source.h"

#include <inttypes.h>

/* Bytes gone through again: so many for each of the input, and so many on top. */
enum { BACK_PER_BYTE = 4, BACK_FREE = 1 << 20 };

bool packed_begin(struct packed *p, const uint8_t *in, size_t n) {
    *p = (struct packed){.kind = unpack_kind(in, n)};
    return p->kind != UNPACK_NONE;
}

void packed_free(struct packed *p) {
    for (int k = 0; k < UNPACK_KINDS; k++) {
        unpack_free(&p->of[k]);
    }
}

static void move(struct unpack_io *io, int64_t by) {
    io->in += by;
    io->in_left -= (size_t)by;
}

/* Move io->in to where something seems to begin. False: not in these bytes. */
static bool search(struct packed *p, struct unpack_io *io, uint64_t at) {
    const uint8_t *found = unpack_find(io->in, io->in_left);
    size_t past = (size_t)(found - io->in), left = io->in_left - past;
    if (left == 0) { /* the last bytes may be the first of a header */
        past = io->in_left < UNPACK_HEADER ? 0 : io->in_left - (UNPACK_HEADER - 1);
        move(io, (int64_t)past);
        p->hungry = true;
        return false;
    }
    move(io, (int64_t)past);
    p->begin = at + past;
    p->kind = unpack_kind(io->in, io->in_left);
    if (p->of[p->kind] != NULL) {
        unpack_restart(p->of[p->kind]);
    }
    return true;
}

/* Something came out again: the hole ends where the present member or frame begins. */
static void close_hole(struct packed *p) {
    p->lost = false;
    p->holes++;
    if (p->checksum || p->begin <= p->hole) {
        trace_fail(&p->told, p->why.code, 0, "%s before byte %" PRIu64 " of the file%s", p->why.text, p->hole,
                   p->checksum ? ": its checksum doesn't fit" : "");
    } else {
        trace_fail(&p->told, p->why.code, 0, "%s: bytes %" PRIu64 " to %" PRIu64 " of the file can't be unpacked",
                   p->why.text, p->hole, p->begin);
    }
}

/* Unpacking failed at io->in, which is `at`: go back to where a search is worth its while. */
static void fail(struct packed *p, struct unpack_io *io, uint64_t at, uint64_t back, bool checksum,
                 const struct trace_error *why) {
    if (!p->lost) {
        p->lost = true;
        p->hole = at;
        p->checksum = checksum;
        p->why = *why;
    }
    uint64_t most = back < PACKED_BACK ? back : PACKED_BACK;
    uint64_t from = p->begin + 1;
    from = at > most && from < at - most ? at - most : from;
    if (from < at && p->looked_back + (at - from) > BACK_FREE + BACK_PER_BYTE * at) {
        from = at;
    }
    from = from > at + io->in_left ? at + io->in_left : from;
    p->looked_back += from < at ? at - from : 0;
    move(io, (int64_t)(from - at));
    p->kind = UNPACK_NONE;
}

/* What follows on a whole member or frame may be packed otherwise. */
static void change_kind(struct packed *p, const struct unpack_io *io, uint64_t at) {
    enum unpack_kind kind = unpack_kind(io->in, io->in_left);
    if (p->begin == at && kind != UNPACK_NONE && kind != p->kind) {
        p->kind = kind;
        if (p->of[kind] != NULL) {
            unpack_restart(p->of[kind]);
        }
    }
}

/* Behind a whole member or frame stands something that isn't packed at all. */
static bool begins_otherwise(const struct packed *p, const struct unpack_io *io, uint64_t at) {
    return p->begin == at && io->in_left >= UNPACK_MAGIC && unpack_kind(io->in, io->in_left) == UNPACK_NONE;
}

bool packed_step(struct packed *p, struct unpack_io *io, uint64_t at, uint64_t back, struct trace_error *err) {
    const uint8_t *first = io->in;
    size_t room = io->out_left;
    p->hungry = false;
    if (p->kind == UNPACK_NONE && !search(p, io, at)) {
        return true;
    }
    change_kind(p, io, at + (uint64_t)(io->in - first));
    bool other = begins_otherwise(p, io, at + (uint64_t)(io->in - first));
    struct unpacker **u = &p->of[p->kind];
    if (*u == NULL && (*u = unpack_new(p->kind, err)) == NULL) {
        return false;
    }
    struct trace_error why;
    enum unpack_result r = unpack_step(*u, io, &why);
    if (p->lost && io->out_left < room) {
        close_hole(p);
    }
    uint64_t now = at + (uint64_t)(io->in - first);
    if (r == UNPACK_FAILED && why.code == TRACE_E_MEMORY) {
        *err = why;
        return false;
    }
    if (r == UNPACK_DAMAGED && other) {
        trace_fail(&why, why.code, 0, "no %s data", unpack_name(p->kind));
        now = p->begin;
        move(io, (int64_t)(now - at) - (io->in - first));
    }
    if (r != UNPACK_ON) {
        fail(p, io, now, back + (uint64_t)(io->in - first), r == UNPACK_CHECKSUM, &why);
    } else if (unpack_is_whole(*u)) {
        p->begin = now;
    }
    return true;
}

void packed_end(const struct packed *p, bool some, struct trace_error *err) {
    const struct unpacker *u = p->kind != UNPACK_NONE ? p->of[p->kind] : NULL;
    if (p->lost && p->why.code == TRACE_E_LIMIT) {
        *err = p->why;
    } else if (p->lost && p->checksum) {
        trace_fail(err, TRACE_E_PACKED, 0, "%s before byte %" PRIu64 " of the file: its checksum doesn't fit",
                   p->why.text, p->hole);
    } else if (p->lost) {
        trace_fail(err, TRACE_E_PACKED, 0, "%s at byte %" PRIu64 " of the file: nothing behind it can be unpacked",
                   p->why.text, p->hole);
    } else if (u != NULL && unpack_is_whole(u)) {
        return;
    } else if (p->kind == UNPACK_ZSTD) {
        trace_fail(err, TRACE_E_PACKED, 0, "the zstd data is cut off: its %s block, of up to 128 KB, can't be unpacked",
                   some ? "last" : "first");
    } else {
        trace_fail(err, TRACE_E_PACKED, 0, "the gzip data is cut off in the middle");
    }
}
