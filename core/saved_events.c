/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * saved_events.c - reading packed events; events_save.c writes them.
 *
 *     piece    generation; strings: count, (length, bytes)...; stacks: count, (frames, (pc, function, file,
 * line)...)...; types: count, (id, name)...; events; ids and addresses (pc) are differences to the one before event
 * code; of a new one (EVENT_NEW) then: code, type and flags, thread, P, goroutine, [heap type]; time; arguments
 *
 * A code stands for a type of event, who emitted it, and, of objects that come, their type. Times are twice the ticks
 * of 64 ns since the event before, or twice the nanoseconds and one. An argument is told as its difference from that of
 * the last event of the same code; strings and stacks by their index in the piece, 0 for none.
 */
#include "core/saved_events.h"

static void event_names_free(struct event_names *n) {
    free(n->strings);
    free(n->stacks);
    free(n->frames);
    free(n->types);
    idmap_free(&n->type_of);
    *n = (struct event_names){0};
}

void event_reader_free(struct event_reader *e) {
    event_names_free(&e->names);
    *e = (struct event_reader){0};
}

/* ---- tables; each row takes bytes, so none is longer than the piece */

static text get_string(const struct event_names *n, struct reading *in) {
    uint64_t i = read_below(in, n->nstrings + 1);
    return i == 0 ? (text){"", 0} : n->strings[i - 1];
}

static bool get_strings(struct event_names *n, struct reading *in) {
    uint64_t count = read_u(in);
    n->nstrings = 0;
    for (uint64_t i = 0; i < count && !in->bad; i++) {
        uint64_t len = read_u(in);
        const uint8_t *at = read_bytes(in, len);
        if (!GROW(n->strings, n->nstrings, n->cap_strings)) {
            return false;
        }
        n->strings[n->nstrings++] = (text){at == NULL ? "" : (const char *)at, at == NULL ? 0 : (size_t)len};
    }
    return !in->bad;
}

static bool get_frames(struct event_names *n, struct reading *in, uint64_t count) {
    uint64_t pc = 0;
    for (uint64_t i = 0; i < count && !in->bad; i++) {
        if (!GROW(n->frames, n->nframes, n->cap_frames)) {
            return false;
        }
        struct trace_frame *f = &n->frames[n->nframes++];
        f->pc = pc = read_near(in, pc);
        f->func = get_string(n, in);
        f->file = get_string(n, in);
        f->line = read_u(in);
    }
    return !in->bad;
}

static bool get_stacks(struct event_names *n, struct reading *in) {
    uint64_t count = read_u(in);
    n->nstacks = n->nframes = 0;
    for (uint64_t i = 0; i < count && !in->bad; i++) {
        uint64_t frames = read_below(in, FEED_FRAMES + 1);
        if (!GROW(n->stacks, n->nstacks, n->cap_stacks)) {
            return false;
        }
        n->stacks[n->nstacks++] = (struct event_stack){n->nframes, (uint32_t)frames};
        if (!get_frames(n, in, frames)) {
            return false;
        }
    }
    return !in->bad;
}

static bool get_types(struct event_names *n, struct reading *in) {
    uint64_t count = read_u(in), id = 0;
    n->ntypes = 0;
    idmap_clear(&n->type_of);
    for (uint64_t i = 0; i < count && !in->bad; i++) {
        id = read_near(in, id);
        text name = get_string(n, in);
        if (!GROW(n->types, n->ntypes, n->cap_types) || !idmap_put(&n->type_of, id, (uint32_t)n->ntypes)) {
            return false;
        }
        n->types[n->ntypes++] = name;
    }
    return !in->bad;
}

bool event_reader_begin(struct event_reader *e, const uint8_t *bytes, size_t size, uint64_t n, int64_t t) {
    e->in = (struct reading){bytes, bytes + size, false};
    memset(e->codes, 0, sizeof e->codes);
    e->t = t;
    e->generation = (uint32_t)read_below(&e->in, UINT64_C(1) << 32);
    bool ok = get_strings(&e->names, &e->in) && get_stacks(&e->names, &e->in) && get_types(&e->names, &e->in);
    e->left = ok ? n : 0;
    return ok;
}

/* ---- events */

static struct event_code *get_code(struct event_reader *e) {
    struct reading *in = &e->in;
    uint64_t code = read_u(in);
    if (code < EVENT_CODES) {
        return e->codes[code].used ? &e->codes[code] : NULL;
    }
    uint64_t which = read_below(in, EVENT_CODES), type = read_u(in);
    if (code != EVENT_NEW || in->bad || type % 256 >= TRACE_EV_LIMIT ||
        type >> 8 > (TRACE_BY_TIME | TRACE_BROKE_RULE)) {
        return NULL;
    }
    struct event_code *c = &e->codes[which];
    *c = (struct event_code){.type = (uint8_t)type, .flags = (uint8_t)(type >> 8), .used = true};
    c->m = read_i(in);
    c->p = read_i(in);
    c->g = read_i(in);
    if (event_has_heap_type(c->type)) {
        c->heap_type = read_u(in);
    }
    return trace_event_spec(c->type)->name != NULL ? c : NULL;
}

static uint64_t get_argument(struct event_reader *e, const struct trace_spec *spec, struct event_code *c, int i) {
    if (spec->kind[i] == TRACE_ARG_STRING) {
        return read_below(&e->in, e->names.nstrings + 1);
    }
    if (spec->kind[i] == TRACE_ARG_STACK) {
        return read_below(&e->in, e->names.nstacks + 1);
    }
    c->last[i] = read_near(&e->in, c->last[i]);
    return c->last[i];
}

static bool get_event(struct event_reader *e, struct trace_event *ev) {
    struct event_code *c = get_code(e);
    if (c == NULL) {
        return false;
    }
    uint64_t dt = read_u(&e->in);
    e->t = (int64_t)((uint64_t)e->t + (dt & 1 ? dt >> 1 : dt >> 1 << TICK_SHIFT));
    *ev = (struct trace_event){
        .time = e->t, .m = c->m, .p = c->p, .g = c->g, .generation = e->generation, .type = c->type, .flags = c->flags};
    const struct trace_spec *spec = trace_event_spec(c->type);
    bool object = event_has_heap_type(c->type);
    for (int i = 0; i < spec->nargs; i++) {
        ev->arg[i] = object && i == 1 ? c->heap_type : get_argument(e, spec, c, i);
    }
    return !e->in.bad;
}

size_t event_reader_read(struct event_reader *e, struct trace_event *ev, size_t max) {
    size_t n = 0;
    for (; n < max && e->left > 0; n++, e->left--) {
        if (!get_event(e, &ev[n])) {
            e->in.bad = true;
            e->left = 0;
            break;
        }
    }
    return n;
}

/* ---- counts */

bool counts_get(const uint8_t *bytes, size_t size, struct event_counts *c) {
    struct reading in = {bytes, bytes + size, false};
    counts_begin(c);
    uint64_t n = read_u(&in);
    for (uint64_t i = 0; i < n && !in.bad; i++) {
        uint64_t type = read_below(&in, TRACE_EV_LIMIT);
        c->count[type] = read_u(&in);
    }
    c->events = read_u(&in);
    c->last = read_i(&in);
    c->procs = read_i(&in);
    uint64_t flags = read_u(&in);
    c->under_way = flags & 1;
    c->base_known = flags >> 1 & 1;
    return !in.bad;
}
