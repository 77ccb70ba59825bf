/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * feed.c - events from either source, and counting them.
 *
 * A piece of a saved reel that is damaged is left out, and said to be lost; the next one is read.
 */
#include "core/feed.h"
#include "core/saved_events.h"

struct feed {
    trace *t; /* NULL: a saved reel */
    uint32_t generation;

    reel *r; /* its description and its file; no tables are read */
    struct piece *pieces;
    size_t npieces, next;
    struct event_reader events;
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

struct feed *feed_open(const char *path, struct trace_error *err) {
    struct feed *f = calloc(1, sizeof *f);
    bool foreign = true;
    *err = (struct trace_error){.code = TRACE_E_MEMORY, .text = "out of memory"};
    if (f == NULL) {
        return NULL;
    }
    f->r = saved_open_events(path, err, &foreign);
    if (foreign) {
        f->t = trace_open(path, err);
    }
    if (f->t == NULL && f->r == NULL) {
        feed_close(&f);
        return NULL;
    }
    if (f->r != NULL) {
        f->pieces = container_kind(&f->r->saved->file, PIECE_EVENTS, &f->npieces);
    }
    return f;
}

void feed_close(struct feed **pf) {
    struct feed *f = *pf;
    if (f == NULL) {
        return;
    }
    trace_close(&f->t);
    event_reader_free(&f->events);
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

/* The next piece that is whole. False: there is none. */
static bool next_piece(struct feed *f) {
    while (f->next < f->npieces) {
        struct piece *p = &f->pieces[f->next++];
        const uint8_t *bytes = container_bytes(&f->r->saved->file, p);
        f->epoch++;
        /* an event takes two bytes at least */
        if (bytes != NULL && p->a <= p->size / 2 &&
            event_reader_begin(&f->events, bytes, (size_t)p->size, p->a, (int64_t)p->b)) {
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
