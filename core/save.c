/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * save.c - writing a reel.
 *
 * Facts are written as they are packed, with a checkpoint wherever the reel has one, and one at the end: whoever opens
 * it begins there. What is needed to show anything stands at the beginning and again at the end.
 */
#include "core/saved_events.h"

#include <errno.h>

static void put_info(struct saver *s) {
    info_put(&s->b, s->r);
    container_put(&s->out, (struct piece){.kind = PIECE_INFO}, s->b.at, s->b.n);
}

/* ---- the heap */

enum { STOP_EVERY = 64 }; /* blocks */

static void put_frame(struct saver *s, struct frame *f) {
    if (!saved_frame_put(&s->b, f)) {
        s->b.memory_short = true;
        return;
    }
    struct piece p = {.kind = PIECE_FRAME, .number = s->nframes++, .a = frame_pos(f)};
    container_put(&s->out, p, s->b.at, s->b.n);
}

/* The checkpoints up to pos that are not written yet. */
static void put_frames(struct saver *s, reel *r, struct frame *f, uint64_t pos, size_t *next) {
    for (; *next < r->ncheckpoints && r->checkpoints[*next].pos <= pos && !s->b.memory_short; ++*next) {
        if (r->checkpoints[*next].pos < r->nfacts && checkpoint_restore(f, &r->checkpoints[*next])) {
            put_frame(s, f);
        }
    }
}

static void put_heap(struct saver *s, reel *r, const struct save_options *opt) {
    struct frame *f = frame_new(r);
    uint64_t blocks = reel_block_count(r);
    size_t next = 0;
    if (f == NULL) {
        s->b.memory_short = true;
        return;
    }
    for (uint64_t i = 0; i < blocks && !s->out.failed; i++) {
        if (i % STOP_EVERY == 0 && save_stopped(opt)) {
            container_fail(&s->out, ECANCELED);
        }
        struct packed b;
        if (reel_packed(r, i, &b)) {
            struct piece p = {.kind = PIECE_FACTS, .number = i, .a = b.n, .b = (uint64_t)b.t1, .c = b.directory};
            container_put(&s->out, p, b.at, b.size);
        } else if (!reel_block_lost(r, i)) {
            s->b.memory_short = true;
        }
        put_frames(s, r, f, (i + 1) * BLOCK_FACTS, &next);
    }
    if (frame_seek(f, r->nfacts)) {
        put_frame(s, f);
    }
    frame_free(&f);
}

/* ---- all of it */

static void put_all(struct saver *s, reel *r, struct feed *events, const struct save_options *opt,
                    struct save_result *out) {
    tables_want_all(r);
    put_info(s);
    tables_put(s, true);
    put_heap(s, r, opt);
    out->events = events_save(s, events, opt);
    tables_put(s, false);
    tables_put(s, true);
    put_info(s);
}

bool save_write(reel *r, struct feed *events, const struct save_options *opt, FILE *to, struct save_result *out) {
    struct saver *s = calloc(1, sizeof *s);
    *out = (struct save_result){0};
    if (s == NULL) {
        out->error = ENOMEM;
        return false;
    }
    s->r = r;
    s->hide = opt->hide;
    container_begin(&s->out, to);
    put_all(s, r, events, opt, out);
    if (s->b.memory_short || s->names.memory_short) {
        container_fail(&s->out, ENOMEM);
    }
    bool ok = container_end(&s->out);
    out->error = s->out.error;
    bytes_free(&s->b);
    free(s->names.all);
    idmap_free(&s->names.of);
    texts_free(&s->names.kept);
    free(s);
    return ok;
}
