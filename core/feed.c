/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * feed.c - events from either source, and counting them.
 *
 * A piece of a saved reel that is damaged is left out, and said to be lost; the next one is read.
 */
#include "core/feed.h"
#include "core/saved_events.h"
#include "core/squeeze.h"

struct feed {
    trace *t; /* NULL: a saved reel */
    uint32_t generation;

    reel *r; /* its description and its file; no tables are read */
    struct piece *pieces;
    size_t npieces, next;
    struct event_reader events;
    struct bytes unpacked; /* what it reads */
    uint64_t epoch;
    struct event_counts counts;
    bool counted;
};

/* ---- counting */

void counts_begin(struct event_counts *c) {
    *c = (struct event_counts){.procs = -1};
}

void counts_add(struct event_counts *c, const struct trace_event *ev, size_t n) {
    for (size_t i = 0; i < n; i++) {
        c->count[ev[i].type]++;
        if (ev[i].type == TRACE_EV_PROCS_CHANGE) {
            c->procs = (int64_t)ev[i].arg[0];
        }
        /* every generation repeats the state: only before the first begin is it news */
        if (ev[i].type == TRACE_EV_GC_ACTIVE && c->count[TRACE_EV_GC_BEGIN] == 0) {
            c->under_way = true;
        }
    }
    c->events += n;
    c->last = n > 0 ? ev[n - 1].time : c->last;
}

const struct event_counts *feed_counts(struct feed *f) {
    size_t n;
    if (f->t != NULL) {
        return NULL;
    }
    struct piece *p = container_kind(&f->r->saved->file, PIECE_COUNTS, &n);
    for (size_t i = 0; i < n && !f->counted; i++) {
        const uint8_t *bytes = container_bytes(&f->r->saved->file, &p[i]);
        f->counted = bytes != NULL && counts_get(bytes, (size_t)p[i].size, &f->counts);
    }
    return f->counted ? &f->counts : NULL;
}

/* ---- opening */

/* Takes over what was opened, one of the two. */
static struct feed *new_feed(trace *t, reel *r, struct trace_error *err) {
    struct feed *f = t != NULL || r != NULL ? calloc(1, sizeof *f) : NULL;
    if (f == NULL) {
        if (t != NULL || r != NULL) {
            *err = (struct trace_error){.code = TRACE_E_MEMORY, .text = "out of memory"};
        }
        trace_close(&t);
        reel_close(&r);
        return NULL;
    }
    f->t = t;
    f->r = r;
    if (r != NULL) {
        f->pieces = container_kind(&r->saved->file, PIECE_EVENTS, &f->npieces);
    }
    return f;
}

struct feed *feed_open(const char *path, struct trace_error *err) {
    bool foreign;
    reel *r = saved_open_events(path, err, &foreign);
    return new_feed(foreign ? trace_open(path, err) : NULL, r, err);
}

struct feed *feed_open_memory(const void *data, size_t size, struct trace_error *err) {
    bool saved = container_is(data, size);
    return new_feed(saved ? NULL : trace_open_memory(data, size, err),
                    saved ? saved_open_events_memory(data, size, err) : NULL, err);
}

void feed_close(struct feed **pf) {
    struct feed *f = *pf;
    if (f == NULL) {
        return;
    }
    trace_close(&f->t);
    event_reader_free(&f->events);
    bytes_free(&f->unpacked);
    reel_close(&f->r);
    free(f);
    *pf = NULL;
}

/* ---- reading */

void feed_from(struct feed *f, int64_t t) {
    while (f->t == NULL && f->next < f->npieces && (int64_t)f->pieces[f->next].c < t) {
        f->next++;
    }
}

static bool begin_piece(struct feed *f, const struct piece *p, const uint8_t *bytes) {
    const uint8_t *at;
    size_t n;
    enum unsqueezed got = unsqueeze(bytes, (size_t)p->size, &f->unpacked, &at, &n);
    if (got == UNSQUEEZE_CANT) {
        f->r->info.warning = "the events of this reel are packed with zstd, which this heapreel was built without";
    }
    /* an event takes two bytes at least */
    return got == UNSQUEEZED && p->a <= n / 2 && event_reader_begin(&f->events, at, n, p->a, (int64_t)p->b);
}

/* The next piece that is whole. False: there is none. */
static bool next_piece(struct feed *f) {
    while (f->next < f->npieces) {
        struct piece *p = &f->pieces[f->next++];
        const uint8_t *bytes = container_bytes(&f->r->saved->file, p);
        f->epoch++;
        if (bytes != NULL && begin_piece(f, p, bytes)) {
            return true;
        }
        saved_lose(f->r, PIECE_EVENTS);
    }
    return false;
}

size_t feed_read(struct feed *f, struct trace_event *ev, size_t max) {
    if (f->t != NULL) {
        size_t n = trace_read(f->t, ev, max);
        f->epoch = n > 0 ? ev->generation + 1 : f->epoch;
        return n;
    }
    for (;;) {
        size_t n = event_reader_read(&f->events, ev, max);
        if (f->events.in.bad) {
            f->events.in.bad = false;
            saved_lose(f->r, PIECE_EVENTS);
        }
        if (n > 0 || !next_piece(f)) {
            return n;
        }
    }
}

uint64_t feed_epoch(const struct feed *f) {
    return f->epoch;
}

text feed_string(const struct feed *f, uint64_t id) {
    if (f->t != NULL) {
        return trace_string(f->t, id);
    }
    const struct event_names *n = &f->events.names;
    return id > 0 && id <= n->nstrings ? n->strings[id - 1] : (text){"", 0};
}

size_t feed_stack(struct feed *f, uint64_t id, struct trace_frame *frames, size_t max) {
    if (f->t != NULL) {
        return trace_stack(f->t, id, frames, max);
    }
    const struct event_names *n = &f->events.names;
    if (id == 0 || id > n->nstacks) {
        return 0;
    }
    const struct event_stack *s = &n->stacks[id - 1];
    size_t count = s->n < max ? s->n : max;
    if (count > 0) {
        memcpy(frames, n->frames + s->first, count * sizeof *frames);
    }
    return s->n;
}

bool feed_type(const struct feed *f, uint64_t id, text *name) {
    if (f->t != NULL) {
        const struct trace_heap_type *t = trace_heap_type(f->t, id);
        *name = t != NULL ? t->name : (text){"", 0};
        return t != NULL;
    }
    uint32_t i = idmap_get(&f->events.names.type_of, id);
    *name = i == IDMAP_NONE ? (text){"", 0} : f->events.names.types[i];
    return i != IDMAP_NONE;
}

struct feed_info feed_info(const struct feed *f) {
    if (f->t == NULL) {
        const struct reel_info *i = reel_info(f->r);
        return (struct feed_info){i->version,    i->trace_bytes, i->file_bytes, i->generations,
                                  i->base_known, i->warning,     &i->loss};
    }
    return (struct feed_info){
        trace_version(f->t),          trace_bytes(f->t),   trace_file_bytes(f->t), trace_generations(f->t),
        trace_heap_info(f->t)->known, trace_warning(f->t), trace_loss(f->t)};
}
