/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * note.c - what the program itself wrote into the trace: logs, regions, tasks.
 *
 * Notes are ordered by their begin. A region ends the innermost open one of its goroutine and name; ends without a
 * begin (it lay before the trace) give nothing. Open regions of a goroutine are chained, innermost first.
 */
#include "core/recorder.h"
#include "traces/grow.h"

static uint32_t add_note(struct recorder *rec, struct note x) {
    reel *r = rec->r;
    if (r->nnotes >= NO_ID || !GROW(r->notes, r->nnotes, r->cap_notes)) {
        r->memory_short = true;
        return NO_ID;
    }
    x.begin = rec->now.t;
    x.g = rec->now.g;
    r->notes[r->nnotes] = x;
    return (uint32_t)r->nnotes++;
}

static text text_of(struct recorder *rec, uint64_t id) {
    return reel_keep_text(rec->r, trace_string(rec->r->t, id));
}

static void log_event(struct recorder *rec, const struct trace_event *ev) {
    struct note x = {.kind = NOTE_LOG,
                     .end = rec->now.t,
                     .task = ev->arg[0],
                     .name = text_of(rec, ev->arg[1]),
                     .value = text_of(rec, ev->arg[2])};
    add_note(rec, x);
}

static void task_begin(struct recorder *rec, const struct trace_event *ev) {
    struct note x = {.kind = NOTE_TASK, .end = NO_TIME, .task = ev->arg[0], .name = text_of(rec, ev->arg[2])};
    uint32_t i = add_note(rec, x);
    if (i != NO_ID) {
        rec->r->memory_short |= !idmap_put(&rec->tasks, ev->arg[0], i);
    }
}

static void task_end(struct recorder *rec, const struct trace_event *ev) {
    uint32_t i = idmap_get(&rec->tasks, ev->arg[0]);
    if (i != IDMAP_NONE) {
        rec->r->notes[i].end = rec->now.t;
        idmap_remove(&rec->tasks, ev->arg[0]);
    }
}

static void region_begin(struct recorder *rec, const struct trace_event *ev) {
    struct note x = {.kind = NOTE_REGION, .end = NO_TIME, .task = ev->arg[0], .name = text_of(rec, ev->arg[1])};
    uint32_t i = add_note(rec, x);
    if (i == NO_ID || !GROW(rec->regions, rec->nregions, rec->cap_regions)) {
        return;
    }
    uint32_t outer = idmap_get(&rec->region_of, (uint64_t)ev->g);
    rec->regions[rec->nregions] = (struct open_region){i, outer};
    rec->r->memory_short |= !idmap_put(&rec->region_of, (uint64_t)ev->g, (uint32_t)rec->nregions++);
}

/* The reference wants regions to nest, so the innermost is the one; where they don't, ours ends it all the same. */
static void region_end(struct recorder *rec, const struct trace_event *ev) {
    uint32_t open = idmap_get(&rec->region_of, (uint64_t)ev->g);
    if (open == IDMAP_NONE) {
        return;
    }
    rec->r->notes[rec->regions[open].note].end = rec->now.t;
    uint32_t outer = rec->regions[open].outer;
    if (outer == IDMAP_NONE) {
        idmap_remove(&rec->region_of, (uint64_t)ev->g);
    } else {
        rec->r->memory_short |= !idmap_put(&rec->region_of, (uint64_t)ev->g, outer);
    }
}

void note_event(struct recorder *rec, const struct trace_event *ev) {
    static void (*const handlers[])(struct recorder *, const struct trace_event *) = {
        task_begin, task_end, region_begin, region_end, log_event};
    if (ev->type >= TRACE_EV_USER_TASK_BEGIN && ev->type <= TRACE_EV_USER_LOG) {
        handlers[ev->type - TRACE_EV_USER_TASK_BEGIN](rec, ev);
    }
}

size_t reel_notes(const reel *r, const struct note **out) {
    *out = r->notes;
    return r->nnotes;
}
