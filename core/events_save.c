/* SPDX-License-Identifier: GPL-3.0-or-later */
/* events_save.c - packing events into pieces; saved_events.c tells the form. */
#include "core/saved_events.h"
#include "core/squeeze.h"

#include <errno.h>

enum { CHUNK = 256 };

/* A piece being filled. */
struct packing_events {
    struct saver *s;
    struct feed *f;
    struct bytes b; /* its events */
    struct bytes whole;
    struct squeezer squeezer;
    struct bytes string_rows, stack_rows, type_rows;
    uint32_t nstrings, nstacks, ntypes;
    uint64_t last_type;
    struct idmap strings; /* where a text lies, and its role -> index */
    struct idmap stacks;  /* the feed's id -> index */
    struct idmap types;   /* those that are entered */
    struct event_code codes[EVENT_CODES];
    uint64_t n, number;
    uint32_t generation;
    uint64_t epoch; /* of the feed */
    int64_t first, last;
    struct event_counts counts;
    bool memory_short;
};

/* ---- names */

static uint64_t string_index(struct packing_events *k, text t, enum name_role role) {
    uint64_t key = (uint64_t)(uintptr_t)t.ptr * NAME_ROLES + role;
    uint32_t i = t.len == 0 ? 0 : idmap_get(&k->strings, key);
    if (i != IDMAP_NONE) {
        return i;
    }
    if (!idmap_put(&k->strings, key, ++k->nstrings)) {
        k->memory_short = true;
        return 0;
    }
    char hidden[PSEUDONYM];
    text shown = k->s->hide == NULL ? t : pseudonym(k->s->hide, role, t, hidden);
    bytes_u(&k->string_rows, shown.len);
    bytes_put(&k->string_rows, shown.ptr, shown.len);
    return k->nstrings;
}

/* Texts go with the feed's next piece, so they are entered at once. */
static void put_frames(struct packing_events *k, const struct trace_frame *f, size_t n) {
    uint64_t pc = 0;
    bytes_u(&k->stack_rows, n);
    for (size_t i = 0; i < n; i++) {
        bytes_near(&k->stack_rows, f[i].pc, pc);
        bytes_u(&k->stack_rows, string_index(k, f[i].func, NAME_FUNCTION));
        bytes_u(&k->stack_rows, string_index(k, f[i].file, NAME_FILE));
        bytes_u(&k->stack_rows, f[i].line);
        pc = f[i].pc;
    }
}

static uint64_t stack_index(struct packing_events *k, uint64_t id) {
    struct trace_frame frames[FEED_FRAMES];
    uint32_t i = idmap_get(&k->stacks, id);
    if (id == 0 || i != IDMAP_NONE) {
        return id == 0 ? 0 : i;
    }
    size_t count = feed_stack(k->f, id, frames, FEED_FRAMES);
    count = count < FEED_FRAMES ? count : FEED_FRAMES;
    if (count == 0) {
        return 0;
    }
    if (!idmap_put(&k->stacks, id, ++k->nstacks)) {
        k->memory_short = true;
        return 0;
    }
    put_frames(k, frames, count);
    return k->nstacks;
}

static void know_type(struct packing_events *k, uint64_t id) {
    text name;
    if (id == 0 || idmap_get(&k->types, id) != IDMAP_NONE || !feed_type(k->f, id, &name)) {
        return;
    }
    if (!idmap_put(&k->types, id, 0)) {
        k->memory_short = true;
        return;
    }
    bytes_near(&k->type_rows, id, k->last_type);
    bytes_u(&k->type_rows, string_index(k, name, NAME_TYPE));
    k->last_type = id;
    k->ntypes++;
}

/* The tables that stand before the events. */
static void put_names(struct packing_events *k, struct bytes *out) {
    bytes_u(out, k->generation);
    bytes_u(out, k->nstrings);
    bytes_put(out, k->string_rows.at, k->string_rows.n);
    bytes_u(out, k->nstacks);
    bytes_put(out, k->stack_rows.at, k->stack_rows.n);
    bytes_u(out, k->ntypes);
    bytes_put(out, k->type_rows.at, k->type_rows.n);
}

static void close_piece(struct packing_events *k) {
    struct bytes *out = &k->s->b;
    if (k->n == 0) {
        return;
    }
    k->whole.n = out->n = 0;
    put_names(k, &k->whole);
    bytes_put(&k->whole, k->b.at, k->b.n);
    squeeze(&k->squeezer, &k->whole, out);
    struct piece p = {
        .kind = PIECE_EVENTS, .number = k->number++, .a = k->n, .b = (uint64_t)k->first, .c = (uint64_t)k->last};
    container_put(&k->s->out, p, out->at, out->n);
    k->b.n = k->string_rows.n = k->stack_rows.n = k->type_rows.n = 0;
    k->n = k->nstrings = k->nstacks = k->ntypes = 0;
    k->last_type = 0;
    idmap_clear(&k->strings);
    idmap_clear(&k->stacks);
    idmap_clear(&k->types);
    memset(k->codes, 0, sizeof k->codes);
}

/* ---- events */

static unsigned code_of(const struct trace_event *ev, uint64_t heap_type) {
    uint64_t h = (uint64_t)ev->m * 3 + (uint64_t)ev->p * 64 + (uint64_t)ev->g * 0x10001 + heap_type * 0x101 + ev->type;
    h *= UINT64_C(0x9e3779b97f4a7c15);
    return (unsigned)((h >> 40) % EVENT_CODES);
}

static struct event_code *put_code(struct packing_events *k, const struct trace_event *ev) {
    bool object = event_has_heap_type(ev->type);
    uint64_t heap_type = object ? ev->arg[1] : 0;
    unsigned code = code_of(ev, heap_type);
    struct event_code *c = &k->codes[code];
    if (c->used && c->type == ev->type && c->flags == ev->flags && c->m == ev->m && c->p == ev->p && c->g == ev->g &&
        c->heap_type == heap_type) {
        bytes_u(&k->b, code);
        return c;
    }
    *c = (struct event_code){
        .m = ev->m, .p = ev->p, .g = ev->g, .heap_type = heap_type, .type = ev->type, .flags = ev->flags, .used = true};
    bytes_u(&k->b, EVENT_NEW);
    bytes_u(&k->b, code);
    bytes_u(&k->b, ev->type | (unsigned)ev->flags << 8);
    bytes_i(&k->b, ev->m);
    bytes_i(&k->b, ev->p);
    bytes_i(&k->b, ev->g);
    if (object) {
        bytes_u(&k->b, heap_type);
        know_type(k, heap_type);
    }
    return c;
}

/* Reasons are the runtime's words, the others the program's. */
static enum name_role role_of(uint8_t type) {
    bool reason = type == TRACE_EV_STW_BEGIN || type == TRACE_EV_GO_BLOCK || type == TRACE_EV_GO_STOP;
    return reason ? NAME_REASON : NAME_WORD;
}

static void put_event(struct packing_events *k, const struct trace_event *ev) {
    struct event_code *c = put_code(k, ev);
    const struct trace_spec *spec = trace_event_spec(ev->type);
    bool object = event_has_heap_type(ev->type);
    uint64_t dt = (uint64_t)ev->time - (uint64_t)k->last;
    k->first = k->n == 0 ? ev->time : k->first;
    dt = k->n == 0 ? 0 : dt;
    bytes_u(&k->b, dt % (1 << TICK_SHIFT) == 0 ? dt >> TICK_SHIFT << 1 : dt << 1 | 1);
    for (int i = 0; i < spec->nargs; i++) {
        if (object && i == 1) {
            continue;
        }
        if (spec->kind[i] == TRACE_ARG_STRING) {
            bytes_u(&k->b, string_index(k, feed_string(k->f, ev->arg[i]), role_of(ev->type)));
        } else if (spec->kind[i] == TRACE_ARG_STACK) {
            bytes_u(&k->b, stack_index(k, ev->arg[i]));
        } else {
            bytes_near(&k->b, ev->arg[i], c->last[i]);
            c->last[i] = ev->arg[i];
        }
    }
    k->last = ev->time;
    k->n++;
}

static void put_events(struct packing_events *k, const struct trace_event *ev, size_t n) {
    if (feed_epoch(k->f) != k->epoch) { /* ids mean something else from here on */
        close_piece(k);
        k->epoch = feed_epoch(k->f);
    }
    if (n > 0) {
        k->generation = ev->generation;
        counts_add(&k->counts, ev, n);
    }
    for (size_t i = 0; i < n; i++) {
        put_event(k, &ev[i]);
        if (k->n == EVENTS_A_PIECE) {
            close_piece(k);
        }
    }
}

/* Those of ev[0 .. n) that lie in the window: from *at on; returns how many. */
static size_t in_window(const struct save_options *opt, const struct trace_event *ev, size_t n, size_t *at) {
    size_t end = n;
    *at = 0;
    while (opt->cut && *at < n && ev[*at].time < opt->from) {
        ++*at;
    }
    while (opt->cut && end > *at && ev[end - 1].time > opt->to) {
        end--;
    }
    return end - *at;
}

static void free_all(struct packing_events *k) {
    k->s->b.memory_short |= k->memory_short || k->b.memory_short || k->string_rows.memory_short ||
                            k->stack_rows.memory_short || k->type_rows.memory_short || k->whole.memory_short;
    squeeze_free(&k->squeezer);
    bytes_free(&k->whole);
    bytes_free(&k->b);
    bytes_free(&k->string_rows);
    bytes_free(&k->stack_rows);
    bytes_free(&k->type_rows);
    idmap_free(&k->strings);
    idmap_free(&k->stacks);
    idmap_free(&k->types);
    free(k);
}

/*
 * Whoever reads the events to their end learns as much of the trace as it tells; the reel may have stopped earlier,
 * where a second trace begins in the file.
 */
static void put_description(struct saver *s, const struct feed *f) {
    reel *all = reel_blank();
    struct feed_info i = feed_info(f);
    if (all == NULL) {
        s->b.memory_short = true;
        return;
    }
    all->info = s->r->info;
    all->nfacts = s->r->nfacts;
    all->info.trace_bytes = i.bytes;
    all->info.file_bytes = i.file_bytes;
    all->info.generations = i.generations;
    all->info.base_known = i.base_known;
    all->info.loss = *i.loss;
    snprintf(all->warning, sizeof all->warning, "%s", i.warning != NULL ? i.warning : "");
    info_put(&s->b, all);
    container_put(&s->out, (struct piece){.kind = PIECE_INFO, .number = INFO_OF_EVENTS}, s->b.at, s->b.n);
    reel_close(&all);
}

static void counts_put(struct bytes *b, const struct event_counts *c) {
    uint64_t kinds = 0;
    for (unsigned type = 0; type < TRACE_EV_LIMIT; type++) {
        kinds += c->count[type] > 0;
    }
    bytes_u(b, kinds);
    for (unsigned type = 0; type < TRACE_EV_LIMIT; type++) {
        if (c->count[type] > 0) {
            bytes_u(b, type);
            bytes_u(b, c->count[type]);
        }
    }
    bytes_u(b, c->events);
    bytes_i(b, c->last);
    bytes_i(b, c->procs);
    bytes_u(b, (c->under_way ? 1u : 0u) | (c->base_known ? 2u : 0u));
}

uint64_t events_save(struct saver *s, struct feed *f, const struct save_options *opt) {
    struct packing_events *k = calloc(1, sizeof *k);
    struct trace_event ev[CHUNK];
    if (k == NULL) {
        s->b.memory_short = true;
        return 0;
    }
    k->s = s;
    k->f = f;
    counts_begin(&k->counts);
    if (opt->cut) {
        feed_from(f, opt->from);
    }
    for (size_t n, at; !s->out.failed && !k->memory_short && (n = feed_read(f, ev, CHUNK)) > 0;) {
        if (save_stopped(opt)) {
            container_fail(&s->out, ECANCELED);
        }
        size_t count = in_window(opt, ev, n, &at);
        put_events(k, ev + at, count);
        if (opt->cut && ev[n - 1].time > opt->to) {
            break;
        }
    }
    close_piece(k);
    k->counts.base_known = feed_info(f).base_known;
    s->b.n = 0;
    counts_put(&s->b, &k->counts);
    container_put(&s->out, (struct piece){.kind = PIECE_COUNTS}, s->b.at, s->b.n);
    if (!opt->cut) {
        put_description(s, f);
    }
    uint64_t events = k->counts.events;
    free_all(k);
    return events;
}
