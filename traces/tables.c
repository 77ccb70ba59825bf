/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tables.c - what a generation's structural batches hold: strings, stacks, samples, the clock, the heap's types.
 *
 * Entries point into the source; nothing is copied. Every function reads [at, end) and returns false at the first thing
 * that makes no sense, keeping what came before. A second definition of an id is such a thing (the reference refuses it
 * too).
 */
#include "traces/generation.h"
#include "traces/grow.h"
#include "traces/sort.h"
#include "traces/wire.h"

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

static bool define(struct idmap *map, uint64_t id, size_t n) {
    return id != 0 && n < IDMAP_NONE && idmap_get(map, id) == IDMAP_NONE && idmap_put(map, id, (uint32_t)n);
}

bool tables_strings(struct generation *g, const struct source *src, uint64_t at, uint64_t end) {
    struct in in = in_open(src, at, end);
    if (!in_tag(&in, TRACE_EV_STRINGS)) {
        return false;
    }
    while (in.p < in.end) {
        uint64_t id, len;
        if (!in_tag(&in, TRACE_EV_STRING) || !in_uint(&in, &id) || !in_uint(&in, &len) || len > WIRE_MAX_STRING ||
            len > (uint64_t)(in.end - in.p) || !GROW(g->strings, g->nstrings, g->cap_strings) ||
            !define(&g->string_of, id, g->nstrings)) {
            return false;
        }
        g->strings[g->nstrings++] = (struct string_entry){(uint64_t)(in.p - src->data), (uint32_t)len};
        in.p += len;
    }
    return true;
}

bool tables_stacks(struct generation *g, const struct source *src, uint64_t at, uint64_t end) {
    struct in in = in_open(src, at, end);
    if (!in_tag(&in, TRACE_EV_STACKS)) {
        return false;
    }
    while (in.p < in.end) {
        uint64_t id, n, skip;
        if (!in_tag(&in, TRACE_EV_STACK) || !in_uint(&in, &id) || !in_uint(&in, &n) || n > WIRE_MAX_FRAMES) {
            return false;
        }
        uint64_t offset = (uint64_t)(in.p - src->data);
        for (uint64_t i = 0; i < n; i++) {
            uint64_t func, file;
            if (!in_uint(&in, &skip) || !in_uint(&in, &func) || !in_uint(&in, &file) || !in_uint(&in, &skip)) {
                return false;
            }
            g->most_name = func > g->most_name ? func : g->most_name;
            g->most_name = file > g->most_name ? file : g->most_name;
        }
        if (!GROW(g->stacks, g->nstacks, g->cap_stacks) || !define(&g->stack_of, id, g->nstacks)) {
            return false;
        }
        g->stacks[g->nstacks++] = (struct stack_entry){offset, (uint32_t)n, (uint32_t)(end - offset)};
    }
    return true;
}

bool tables_samples(struct generation *g, const struct source *src, uint64_t at, uint64_t end) {
    struct in in = in_open(src, at, end);
    if (!in_tag(&in, TRACE_EV_CPU_SAMPLES)) {
        return false;
    }
    while (in.p < in.end) {
        uint64_t ts, m, p, goid, stack;
        if (!in_tag(&in, TRACE_EV_CPU_SAMPLE) || !in_uint(&in, &ts) || !in_uint(&in, &m) || !in_uint(&in, &p) ||
            !in_uint(&in, &goid) || !in_uint(&in, &stack) || !GROW(g->samples, g->nsamples, g->cap_samples)) {
            return false;
        }
        g->samples[g->nsamples++] =
            (struct sample){(int64_t)ts, (int64_t)m, (int64_t)p, goid == 0 ? -1 : (int64_t)goid, stack};
    }
    return true;
}

bool tables_sync(struct generation *g, const struct source *src, uint64_t at, uint64_t end) {
    struct in in = in_open(src, at, end);
    in.p += in.p < in.end && *in.p == TRACE_EV_SYNC; /* up to Go 1.24 the frequency stands alone */
    while (in.p < in.end) {
        uint8_t tag = *in.p++;
        uint64_t v;
        if (tag == TRACE_EV_FREQUENCY) {
            if (!in_uint(&in, &v) || g->frequency != 0) {
                return false;
            }
            g->frequency = v;
        } else if (tag == TRACE_EV_CLOCK_SNAPSHOT) {
            for (int i = 0; i < 4; i++) {
                if (!in_uint(&in, &v)) {
                    return false;
                }
            }
            g->clock = true;
        } else {
            return false;
        }
    }
    return true;
}

static bool heap_types(struct generation *g, struct in *in) {
    while (in->p < in->end) {
        struct trace_heap_type t;
        uint64_t len;
        if (!in_uint(in, &t.id) || !in_uint(in, &t.address) || !in_uint(in, &t.size) || !in_uint(in, &t.ptr_bytes) ||
            !in_uint(in, &len) || len > (uint64_t)(in->end - in->p) || !GROW(g->types, g->ntypes, g->cap_types) ||
            !define(&g->type_of, t.id, g->ntypes)) {
            return false;
        }
        t.name = (struct trace_text){(const char *)in->p, (size_t)len};
        in->p += len;
        g->types[g->ntypes++] = t;
    }
    return true;
}

/* Experiment 1 (AllocFree): the first byte tells types (0) from the heap's base and units (1). */
bool tables_experiment(struct generation *g, const struct source *src, uint64_t at, uint64_t end) {
    struct in in = in_open(src, at, end);
    if (in.p == in.end) {
        return true;
    }
    uint8_t what = *in.p++;
    if (what == 0) {
        return heap_types(g, &in);
    }
    struct trace_heap_info h = {.known = true};
    if (what != 1 || !in_uint(&in, &h.min_address) || !in_uint(&in, &h.page_size) || !in_uint(&in, &h.min_align) ||
        !in_uint(&in, &h.min_stack)) {
        return false;
    }
    g->heap = h;
    return true;
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

void tables_finish(struct generation *g) {
    for (size_t i = 0; i < g->nsamples; i++) {
        g->samples[i].time = generation_ns(g, (uint64_t)g->samples[i].time);
    }
    struct sort_key *keys = malloc((g->nsamples + 1) * sizeof *keys);
    struct sample *sorted = malloc((g->nsamples + 1) * sizeof *sorted);
    if (keys != NULL && sorted != NULL && g->nsamples < UINT32_MAX) {
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
