/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * resume.c - which bytes could be the header of a batch. No byte of a trace says so: a header is known by numbers that
 * writers would write, and by the headers that follow where its batch ends.
 */
#include "traces/resume.h"
#include "traces/v1.h"

/* Clocks of one generation, and of batches behind one another, lie closer than FAR: 73 minutes of units of 64 ns. Where
 * the machine hasn't run for as long, closer than half its time: events are full of small numbers. */
#define FAR  (UINT64_C(1) << 36)
#define NEAR (UINT64_C(1) << 20)

bool resume_header(const struct scan *s, uint64_t at, struct batch_header *h) {
    const uint8_t *p = s->src->data + at, *end = s->src->data + s->src->size;
    *h = (struct batch_header){.at = at};
    if (p == end) {
        return false;
    }
    h->type = *p++;
    if (h->type == TRACE_EV_END_OF_GENERATION && s->version >= 26) {
        h->data = at + 1;
        return true;
    }
    if (h->type == TRACE_EV_EXPERIMENTAL_BATCH && p < end) {
        h->exp = *p++;
    } else if (h->type != TRACE_EV_EVENT_BATCH) {
        return false;
    }
    if (!wire_uint(&p, end, &h->gen) || !wire_uint(&p, end, &h->m) || !wire_uint(&p, end, &h->ts) ||
        !wire_uint(&p, end, &h->size) || h->size > WIRE_MAX_BATCH || h->gen == 0) {
        return false;
    }
    h->data = (uint64_t)(p - s->src->data);
    return true;
}

unsigned scan_header(const struct source *src, uint64_t at) {
    const uint8_t *d = src->data + at;
    enum { WORDS = 5 }; /* "go 1." */
    if (src->size - at < WIRE_HEADER || memcmp(d, "go 1.", WORDS) != 0) {
        return 0;
    }
    unsigned version = 0;
    const uint8_t *p = d + WORDS;
    while (p < d + WORDS + 2 && *p >= '0' && *p <= '9') {
        version = version * 10 + (unsigned)(*p++ - '0');
    }
    return memcmp(p, " trace\0\0", 9) == 0 && (p == d + WORDS + 2 || d[WIRE_HEADER - 1] == 0) ? version : 0;
}

bool resume_at_trace(const struct scan *s, uint64_t at) {
    unsigned version = scan_header(s->src, at);
    return scan_rules(version) != 0 || v1_knows(version);
}

/* Is a near b, which is known? */
static bool is_near(uint64_t a, uint64_t b) {
    uint64_t apart = a > b ? a - b : b - a;
    return apart < NEAR || (apart < FAR && apart < b / 2);
}

/* Numbers as writers make them: threads are the system's, experiments few, and what a batch begins with is known. */
static bool usual(const struct scan *s, const struct generation *g, const struct batch_header *h) {
    uint8_t first = h->data < s->src->size ? s->src->data[h->data] : 0;
    bool starts = h->exp == 1 || wire_specs[first].timed || first == TRACE_EV_STACKS || first == TRACE_EV_STRINGS ||
                  first == TRACE_EV_CPU_SAMPLES || first == TRACE_EV_FREQUENCY || first == TRACE_EV_SYNC;
    bool thread = h->m == UINT64_MAX || h->m <= UINT32_MAX || idmap_get(&g->thread_of, h->m) != IDMAP_NONE;
    return h->exp <= 1 && h->size > 0 && starts && thread;
}

/* Does its clock go on from what is known of the trace's? */
static bool in_time(const struct scan *s, const struct batch_header *h) {
    return s->clock == 0 ? h->ts >= NEAR : is_near(h->ts, s->clock);
}

bool resume_numbered(const struct generation *g, const struct batch_header *h) {
    return !g->open || h->gen == g->number || h->gen == g->number + 1;
}

bool resume_sane(const struct scan *s, const struct generation *g, const struct batch_header *h) {
    return usual(s, g, h) && resume_numbered(g, h) && (s->clock == 0 || in_time(s, h));
}

/* A single byte is an end mark: it proves nothing. */
bool resume_followed(const struct scan *s, const struct generation *g, const struct batch_header *first,
                     unsigned links) {
    struct batch_header h = *first, next;
    for (unsigned n = 0; n < links; n++) {
        if (h.size > s->src->size - h.data) {
            return n > 0; /* cut off by the end of the file */
        }
        uint64_t at = h.data + h.size;
        bool ended = false;
        while (!ended && at < s->src->size && resume_header(s, at, &next) && next.type == TRACE_EV_END_OF_GENERATION) {
            at = next.data;
            ended = true;
        }
        if (at == s->src->size || resume_at_trace(s, at)) {
            return true;
        }
        bool is = resume_header(s, at, &next) && next.type != TRACE_EV_END_OF_GENERATION && usual(s, g, &next);
        if (!is || (next.gen != h.gen && next.gen != h.gen + 1) || !is_near(next.ts, h.ts)) {
            return false;
        }
        h = next;
    }
    return true;
}

bool resume_agree(const struct batch_header *a, const struct batch_header *b) {
    return (a->gen == b->gen || a->gen + 1 == b->gen) && is_near(a->ts, b->ts);
}

/* A plain header behind a byte 49 looks like an experiment's: what these hold begins with 0 or 1. */
static bool is_alias(const struct scan *s, const struct batch_header *h) {
    return h->exp == 1 && s->src->data[h->data] > 1;
}

bool resume_plausible(const struct scan *s, const struct generation *g, uint64_t at) {
    struct batch_header h;
    if (resume_at_trace(s, at)) {
        return true;
    }
    if (!resume_header(s, at, &h) || h.type == TRACE_EV_END_OF_GENERATION || !usual(s, g, &h) ||
        h.size > s->src->size - h.data || !in_time(s, &h) || is_alias(s, &h)) {
        return false;
    }
    bool known = g->open && resume_numbered(g, &h);
    return resume_followed(s, g, &h, s->clock == 0 ? RESUME_FIRST : known ? 1 : RESUME_LINKS);
}

/* Batches behind one another begin within the second that their generation lasts, or two; AT_ONCE is over a minute. A
 * clock further off may be damaged, and others would then be measured by it: so a second one must agree. */
#define AT_ONCE (UINT64_C(1) << 30)

static bool at_once(uint64_t a, uint64_t b) {
    return (a > b ? a - b : b - a) < AT_ONCE;
}

void resume_note_clock(struct scan *s, uint64_t ts) {
    bool goes_on = s->clock == 0 || at_once(ts, s->clock) || (s->odd_clock != 0 && at_once(ts, s->odd_clock));
    if (goes_on) {
        s->clock = ts;
    }
    s->odd_clock = goes_on ? 0 : ts;
}

uint64_t resume_inside(const struct scan *s, const struct generation *g, uint64_t from, uint64_t to, uint64_t not ) {
    while (from < to && (from == not || !resume_plausible(s, g, from))) {
        from++;
    }
    return from;
}
