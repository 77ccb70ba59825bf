/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * saved_events.h - events of a trace packed in pieces, each of which can be read alone. For core/ only.
 *
 * A piece holds up to EVENTS_A_PIECE events of one generation, and before them the strings, stacks and names of types
 * that they name: saved_events.c has the form.
 */
#ifndef HEAPREEL_SAVED_EVENTS_H
#define HEAPREEL_SAVED_EVENTS_H

#include "core/feed.h"
#include "core/saved.h"

enum { EVENTS_A_PIECE = 1 << 16, EVENT_CODES = 251, EVENT_NEW = 255 };

/* Objects that come name their type, in arg[1]: part of what a code stands for. */
static inline bool event_has_heap_type(uint8_t type) {
    return type == TRACE_EV_HEAP_OBJECT || type == TRACE_EV_HEAP_OBJECT_ALLOC;
}

/* Events of one kind and context are alike: a code of a byte stands for these; arguments are told by what has changed.
 */
struct event_code {
    int64_t m, p, g;
    uint64_t heap_type;
    uint64_t last[TRACE_MAX_ARGS];
    uint8_t type, flags;
    bool used;
};

/* Texts and stacks that the events of a piece name, by their index from 1 on. */
struct event_names {
    text *strings;
    size_t nstrings, cap_strings;
    struct event_stack {
        size_t first; /* of its frames */
        uint32_t n;
    } * stacks;
    size_t nstacks, cap_stacks;
    struct trace_frame *frames;
    size_t nframes, cap_frames;
    text *types; /* names */
    size_t ntypes, cap_types;
    struct idmap type_of; /* id -> index of types */
};

/* A piece being read. */
struct event_reader {
    struct reading in;
    struct event_names names;
    struct event_code codes[EVENT_CODES];
    int64_t t;
    uint64_t left;
    uint32_t generation;
};
/* Begin a piece of n events, the first one at `t`. False: damaged, or out of memory. */
bool event_reader_begin(struct event_reader *e, const uint8_t *bytes, size_t size, uint64_t n, int64_t t);
/* Up to max events; 0 at the end, or where it is damaged (in.bad). */
size_t event_reader_read(struct event_reader *e, struct trace_event *ev, size_t max);
void event_reader_free(struct event_reader *e);

struct save_options {
    const struct pseudonyms *hide; /* NULL: texts stay */
    bool cut;                      /* only what lies in [from, to] */
    int64_t from, to;
    bool (*stop)(void *arg); /* asked now and then; true: give up (ECANCELED). May be NULL */
    void *stop_arg;
};
static inline bool save_stopped(const struct save_options *opt) {
    return opt->stop != NULL && opt->stop(opt->stop_arg);
}
struct save_result {
    uint64_t events; /* written */
    int error;       /* errno of what went wrong */
};

/* Write a feed's events, and how many there are of each kind; returns how many in all. */
uint64_t events_save(struct saver *s, struct feed *f, const struct save_options *opt);
bool counts_get(const uint8_t *bytes, size_t n, struct event_counts *c);

/* Write a saved reel: of all that r holds, and of the events that opt wants. False with out->error. */
bool save_write(reel *r, struct feed *events, const struct save_options *opt, FILE *to, struct save_result *out);

#endif
