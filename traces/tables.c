/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tables.c - what a generation's structural batches hold: strings, stacks, samples, the clock, the heap's types.
 *
 * Entries point into the source; nothing is copied. An entry that makes no sense is a loss: reading goes on at the next
 * one from which entries lead to the very end of the batch, as far as all ways of reading it so agree. A second
 * definition of an id is one too (the reference refuses the trace): the first one counts.
 */
#include "traces/generation.h"
#include "traces/grow.h"
#include "traces/sort.h"
#include "traces/wire.h"

#include <inttypes.h>
#include <stdio.h>

/* A place to read from: numbers and bytes up to an end. */
struct in {
    const uint8_t *p, *end;
};

static bool in_uint(struct in *in, uint64_t *v) {
    return wire_uint(&in->p, in->end, v);
}

static bool in_tag(struct in *in, uint8_t tag) {
    return in->p < in->end && *in->p++ == tag;
}

static struct in in_open(const struct source *src, uint64_t at, uint64_t end) {
    return (struct in){src->data + at, src->data + end};
}

/* ---- entries: what stands at in->p, which is then behind it. False: none does. */

struct entry {
    uint64_t id;
    const uint8_t *body; /* a text's bytes, a stack's frames */
    uint64_t n;          /* how many */
    union {
        uint64_t most_name; /* of a stack's frames: the highest id of a string */
        struct sample sample;
        struct trace_heap_type type;
    };
};

static bool in_bytes(struct in *in, uint64_t most, struct entry *e) {
    if (!in_uint(in, &e->n) || e->n > most || e->n > (uint64_t)(in->end - in->p)) {
        return false;
    }
    e->body = in->p;
    in->p += e->n;
    return true;
}

static bool in_string(struct in *in, struct entry *e) {
    return in_tag(in, TRACE_EV_STRING) && in_uint(in, &e->id) && in_bytes(in, WIRE_MAX_STRING, e);
}

static bool in_stack(struct in *in, struct entry *e) {
    uint64_t skip, func, file;
    if (!in_tag(in, TRACE_EV_STACK) || !in_uint(in, &e->id) || !in_uint(in, &e->n) || e->n > WIRE_MAX_FRAMES) {
        return false;
    }
    e->body = in->p;
    e->most_name = 0;
    for (uint64_t i = 0; i < e->n; i++) {
        if (!in_uint(in, &skip) || !in_uint(in, &func) || !in_uint(in, &file) || !in_uint(in, &skip)) {
            return false;
        }
        e->most_name = func > e->most_name ? func : e->most_name;
        e->most_name = file > e->most_name ? file : e->most_name;
    }
    return true;
}

static bool in_sample(struct in *in, struct entry *e) {
    uint64_t ts, m, p, g, stack;
    if (!in_tag(in, TRACE_EV_CPU_SAMPLE) || !in_uint(in, &ts) || !in_uint(in, &m) || !in_uint(in, &p) ||
        !in_uint(in, &g) || !in_uint(in, &stack)) {
        return false;
    }
    e->sample = (struct sample){(int64_t)ts, (int64_t)m, (int64_t)p, g == 0 ? -1 : (int64_t)g, stack};
    return true;
}

static bool in_type(struct in *in, struct entry *e) {
    struct trace_heap_type t;
    if (!in_uint(in, &t.id) || !in_uint(in, &t.address) || !in_uint(in, &t.size) || !in_uint(in, &t.ptr_bytes) ||
        !in_bytes(in, UINT64_MAX, e)) {
        return false;
    }
    t.name = (struct trace_text){(const char *)e->body, (size_t)e->n};
    e->id = t.id;
    e->type = t;
    return true;
}

/* ---- entries are kept */

enum kept { KEPT, KEPT_BEFORE /* its id can't be defined, or has been */, KEPT_NOT /* out of memory */ };

static enum kept define(struct idmap *map, uint64_t id, size_t n) {
    if (id == 0 || idmap_get(map, id) != IDMAP_NONE) {
        return KEPT_BEFORE;
    }
    return n < IDMAP_NONE && idmap_put(map, id, (uint32_t)n) ? KEPT : KEPT_NOT;
}

static enum kept keep_string(struct generation *g, const uint8_t *data, const uint8_t *end, const struct entry *e) {
    (void)end;
    enum kept k = GROW(g->strings, g->nstrings, g->cap_strings) ? define(&g->string_of, e->id, g->nstrings) : KEPT_NOT;
    if (k == KEPT) {
        g->strings[g->nstrings++] = (struct string_entry){(uint64_t)(e->body - data), (uint32_t)e->n};
    }
    return k;
}

static enum kept keep_stack(struct generation *g, const uint8_t *data, const uint8_t *end, const struct entry *e) {
    enum kept k = GROW(g->stacks, g->nstacks, g->cap_stacks) ? define(&g->stack_of, e->id, g->nstacks) : KEPT_NOT;
    if (k == KEPT) {
        g->most_name = e->most_name > g->most_name ? e->most_name : g->most_name;
        g->stacks[g->nstacks++] =
            (struct stack_entry){(uint64_t)(e->body - data), (uint32_t)e->n, (uint32_t)(end - e->body)};
    }
    return k;
}

static enum kept keep_sample(struct generation *g, const uint8_t *data, const uint8_t *end, const struct entry *e) {
    (void)data;
    (void)end;
    if (!GROW(g->samples, g->nsamples, g->cap_samples)) {
        return KEPT_NOT;
    }
    g->samples[g->nsamples++] = e->sample;
    return KEPT;
}

static enum kept keep_type(struct generation *g, const uint8_t *data, const uint8_t *end, const struct entry *e) {
    (void)data;
    (void)end;
    enum kept k = GROW(g->types, g->ntypes, g->cap_types) ? define(&g->type_of, e->id, g->ntypes) : KEPT_NOT;
    if (k == KEPT) {
        g->types[g->ntypes++] = e->type;
    }
    return k;
}

/* ---- tables: entries of one kind */

struct kind {
    const char *name;
    bool (*in)(struct in *, struct entry *);
    enum kept (*keep)(struct generation *, const uint8_t *data, const uint8_t *end, const struct entry *);
};
static const struct kind string_kind = {"string", in_string, keep_string};
static const struct kind stack_kind = {"stack", in_stack, keep_stack};
static const struct kind sample_kind = {"CPU sample", in_sample, keep_sample};
static const struct kind type_kind = {"heap type", in_type, keep_type};

static void lost(struct generation *g, struct scan *s, const struct table *t, const uint8_t *at, uint64_t bytes,
                 const char *what) {
    scan_lost_at(s, TRACE_E_TABLE, (struct place){(uint64_t)(at - s->src->data), t->header, t->generation}, bytes,
                 what);
    g->tables_damaged = true;
}

/* Bytes that may be looked at for each of a damaged table: in a file made for it every byte could begin a long stack.
 */
enum { LOOK_PER_BYTE = 64 };

/*
 * Where all ways of reading [bad + 1, end) that lead to the very end meet first; `end` where there are none. `next` of
 * a place is how far it is to the place behind the entry there, 0 if it leads nowhere; `ways` counts those that pass
 * it.
 */
static const uint8_t *meet(const struct kind *kind, const uint8_t *bad, const uint8_t *end, uint32_t *next,
                           uint32_t *ways) {
    size_t n = (size_t)(end - bad), looked = 0;
    for (size_t i = n; --i > 0;) {
        struct in in = {bad + i, end};
        struct entry e;
        size_t to = kind->in(&in, &e) ? (size_t)(in.p - bad) : 0;
        looked += kind->in == in_stack ? (size_t)(in.p - bad) - i : 1; /* others have nothing long to look at */
        if (looked > LOOK_PER_BYTE * n) {
            return end;
        }
        next[i] = to == n || (to > 0 && next[to] > 0) ? (uint32_t)(to - i) : 0;
        ways[i] = next[i] > 0;
    }
    uint32_t begun = 0;
    for (size_t i = 1; i < n; i++) {
        if (next[i] == 0) {
            continue;
        }
        begun++;
        if (ways[i] == begun) {
            return bad + i;
        }
        if (i + next[i] < n) {
            ways[i + next[i]] += ways[i];
        }
    }
    return end;
}

/* Behind an entry that makes no sense: where to go on. */
static const uint8_t *behind_damage(const struct kind *kind, const uint8_t *bad, const uint8_t *end) {
    size_t n = (size_t)(end - bad);
    uint32_t *places = malloc(2 * n * sizeof *places);
    const uint8_t *to = places != NULL ? meet(kind, bad, end, places, places + n) : end;
    free(places);
    return to;
}

/* The entries from `in` to its end. False: out of memory. */
static bool take_entries(struct generation *g, struct scan *s, const struct table *t, const struct kind *kind,
                         struct in in) {
    char text[80];
    while (in.p < in.end) {
        const uint8_t *at = in.p;
        struct entry e;
        if (!kind->in(&in, &e)) {
            in.p = t->cut ? in.end : behind_damage(kind, at, in.end);
            if (t->cut) {
                g->tables_damaged = true; /* the batch was told as cut */
            } else {
                snprintf(text, sizeof text, "a damaged table: no %s stands here", kind->name);
                lost(g, s, t, at, (uint64_t)(in.p - at), text);
            }
            continue;
        }
        enum kept k = kind->keep(g, s->src->data, in.end, &e);
        if (k == KEPT_NOT) {
            return false;
        }
        if (k == KEPT_BEFORE) {
            snprintf(text, sizeof text,
                     e.id == 0 ? "%s %" PRIu64 " can't be defined" : "%s %" PRIu64 " is defined twice", kind->name,
                     e.id);
            lost(g, s, t, at, (uint64_t)(in.p - at), text);
        }
    }
    return true;
}

/* The frequency, and from Go 1.25 on the clocks' snapshot: each once. */
static void take_clock(struct generation *g, struct scan *s, const struct table *t, struct in in) {
    const char *what = NULL;
    const uint8_t *at = in.p;
    in.p += s->version >= 25; /* up to Go 1.24 the frequency stands alone */
    while (what == NULL && in.p < in.end) {
        at = in.p;
        uint8_t tag = *in.p++;
        uint64_t v;
        bool whole = true;
        if (tag == TRACE_EV_FREQUENCY) {
            what = g->frequency != 0 ? "a second clock frequency in one generation" : NULL;
            whole = in_uint(&in, &v);
            g->frequency = what == NULL && whole ? v : g->frequency;
        } else if (tag == TRACE_EV_CLOCK_SNAPSHOT && s->version >= 25) {
            what = g->clock ? "a second clock snapshot in one generation" : NULL;
            for (int i = 0; i < 4 && whole; i++) {
                whole = in_uint(&in, &v);
            }
            g->clock = g->clock || whole;
        } else {
            whole = false;
        }
        what = whole || what != NULL ? what : "a damaged table: no clock stands here";
    }
    if (what != NULL && t->cut) {
        g->tables_damaged = true;
    } else if (what != NULL) {
        lost(g, s, t, at, (uint64_t)(in.end - at), what);
    }
}

/* The heap's base and units. */
static void take_heap(struct generation *g, struct scan *s, const struct table *t, struct in in) {
    struct trace_heap_info h = {.known = true};
    const uint8_t *at = in.p;
    if (in_uint(&in, &h.min_address) && in_uint(&in, &h.page_size) && in_uint(&in, &h.min_align) &&
        in_uint(&in, &h.min_stack)) {
        g->heap = h;
    } else if (t->cut) {
        g->tables_damaged = true;
    } else {
        lost(g, s, t, at, (uint64_t)(in.end - at), "a damaged table: the heap's base and units don't stand here");
    }
}

/* Experiment 1 (AllocFree): the first byte tells types (0) from the heap's base and units (1). */
static bool take_experiment(struct generation *g, struct scan *s, const struct table *t, struct in in) {
    if (in.p == in.end) {
        return true;
    }
    uint8_t what = *in.p++;
    if (what == 0) {
        return take_entries(g, s, t, &type_kind, in);
    }
    if (what == 1) {
        take_heap(g, s, t, in);
    } else {
        lost(g, s, t, in.p - 1, (uint64_t)(in.end - in.p) + 1,
             "a table that is neither of types nor of the heap's units");
    }
    return true;
}

bool tables_take(struct generation *g, struct scan *s, const struct table *t) {
    struct in in = in_open(s->src, t->at, t->end);
    if (t->exp == 1) {
        return take_experiment(g, s, t, in);
    }
    uint8_t kind = *in.p;
    if (kind == TRACE_EV_FREQUENCY || kind == TRACE_EV_SYNC) {
        take_clock(g, s, t, in);
        return true;
    }
    in.p++;
    const struct kind *k = kind == TRACE_EV_STRINGS  ? &string_kind
                           : kind == TRACE_EV_STACKS ? &stack_kind
                                                     : &sample_kind;
    return take_entries(g, s, t, k, in);
}

/* A stack keeps only its pcs; the frame of a pc is the first that the generation gives for it (facts: 1.5). */
static void read_frames(struct generation *g, const struct source *src) {
    g->frames_read = true;
    for (size_t i = 0; i < g->nstacks; i++) {
        const struct stack_entry *s = &g->stacks[i];
        struct in in = in_open(src, s->offset, s->offset + s->end);
        for (uint32_t k = 0; k < s->nframes; k++) {
            uint64_t pc;
            struct frame_entry f;
            if (!in_uint(&in, &pc) || !in_uint(&in, &f.func) || !in_uint(&in, &f.file) || !in_uint(&in, &f.line)) {
                return;
            }
            if (idmap_get(&g->frame_of, pc) != IDMAP_NONE) {
                continue;
            }
            if (!GROW(g->frames, g->nframes, g->cap_frames) || !idmap_put(&g->frame_of, pc, (uint32_t)g->nframes)) {
                g->frames_short = true;
                return;
            }
            g->frames[g->nframes++] = f;
        }
    }
}

/* Frames as they stand, without asking which of them count. */
static bool all_named(const struct generation *g, const struct source *src) {
    for (size_t i = 0; i < g->nstacks; i++) {
        const struct stack_entry *s = &g->stacks[i];
        struct in in = in_open(src, s->offset, s->offset + s->end);
        for (uint32_t k = 0; k < s->nframes; k++) {
            uint64_t pc, func, file, line;
            if (!in_uint(&in, &pc) || !in_uint(&in, &func) || !in_uint(&in, &file) || !in_uint(&in, &line) ||
                !idset_has(&g->known_strings, func) || !idset_has(&g->known_strings, file)) {
                return false;
            }
        }
    }
    return true;
}

/* A second frame of the same pc counts for nothing (facts: 1.5), so it may name anything. */
bool tables_frames_named(struct generation *g, const struct source *src, uint64_t *stack) {
    idset_build(&g->known_strings, &g->string_of);
    idset_build(&g->known_stacks, &g->stack_of);
    if (g->nstacks == 0 || g->most_name <= g->known_strings.whole || all_named(g, src)) {
        return true;
    }
    read_frames(g, src);
    for (size_t i = 0; i < g->nstacks; i++) {
        const struct stack_entry *s = &g->stacks[i];
        struct in in = in_open(src, s->offset, s->offset + s->end);
        uint64_t pc, skip;
        for (uint32_t k = 0; k < s->nframes && in_uint(&in, &pc); k++) {
            uint32_t f = idmap_get(&g->frame_of, pc);
            if (f != IDMAP_NONE && (!idset_has(&g->known_strings, g->frames[f].func) ||
                                    !idset_has(&g->known_strings, g->frames[f].file))) {
                *stack = i;
                return false;
            }
            (void)(in_uint(&in, &skip) && in_uint(&in, &skip) && in_uint(&in, &skip));
        }
    }
    return true;
}

bool tables_finish(struct generation *g) {
    for (size_t i = 0; i < g->nsamples; i++) {
        g->samples[i].time = generation_ns(g, (uint64_t)g->samples[i].time);
    }
    struct sort_key *keys = malloc((g->nsamples + 1) * sizeof *keys);
    struct sample *sorted = malloc((g->nsamples + 1) * sizeof *sorted);
    bool ok = keys != NULL && sorted != NULL && g->nsamples < UINT32_MAX;
    if (ok) {
        for (size_t i = 0; i < g->nsamples; i++) {
            keys[i] = (struct sort_key){g->samples[i].time, (uint32_t)i};
        }
        sort_by_time(keys, g->nsamples);
        for (size_t i = 0; i < g->nsamples; i++) {
            sorted[i] = g->samples[keys[i].index];
        }
        if (g->nsamples > 0) {
            memcpy(g->samples, sorted, g->nsamples * sizeof *sorted);
        }
    }
    free(keys);
    free(sorted);
    return ok;
}

struct trace_text generation_string(const struct generation *g, const struct source *src, uint64_t id) {
    uint32_t i = idmap_get(&g->string_of, id);
    if (id == 0 || i == IDMAP_NONE) {
        return (struct trace_text){"", 0};
    }
    return (struct trace_text){(const char *)src->data + g->strings[i].offset, g->strings[i].len};
}

const struct trace_heap_type *generation_type(const struct generation *g, uint64_t id) {
    uint32_t i = idmap_get(&g->type_of, id);
    return i == IDMAP_NONE ? NULL : &g->types[i];
}

size_t generation_stack(struct generation *g, const struct source *src, uint64_t id, struct trace_frame *out,
                        size_t max) {
    uint32_t i = id == 0 ? IDMAP_NONE : idmap_get(&g->stack_of, id);
    if (i == IDMAP_NONE) {
        return 0;
    }
    if (!g->frames_read) {
        read_frames(g, src);
    }
    const struct stack_entry *s = &g->stacks[i];
    struct in in = in_open(src, s->offset, s->offset + s->end);
    for (uint32_t k = 0; k < s->nframes && k < max; k++) {
        uint64_t pc, skip;
        if (!in_uint(&in, &pc) || !in_uint(&in, &skip) || !in_uint(&in, &skip) || !in_uint(&in, &skip)) {
            return k;
        }
        uint32_t f = idmap_get(&g->frame_of, pc);
        out[k] = (struct trace_frame){.pc = pc};
        if (f != IDMAP_NONE) {
            out[k].func = generation_string(g, src, g->frames[f].func);
            out[k].file = generation_string(g, src, g->frames[f].file);
            out[k].line = g->frames[f].line;
        }
    }
    return s->nframes;
}
