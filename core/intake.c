/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * intake.c - stretches of events, and the thread that reads them.
 */
#include "core/intake.h"

#include <stdlib.h>

void progress_take(struct progress *p, const trace *t) {
    *p = (struct progress){.waiting = trace_waiting(t),
                           .trace_bytes = trace_bytes(t),
                           .file_bytes = trace_file_bytes(t),
                           .position = trace_position(t),
                           .generations = trace_generations(t),
                           .starts = trace_starts(t),
                           .share = trace_share(t),
                           .loss = *trace_loss(t)};
}

/* ---- events in brief */

enum { AT_ONCE = TRACE_BULK, ACTOR_MEMO = 64, NO_ACTOR = UINT16_MAX };

/* Who acts, by a few bits of thread and P: which of the stretch's actors. */
struct memo {
    struct acted {
        struct trace_context who;
        uint8_t actor;
        bool good;
    } at[ACTOR_MEMO];
};

/* Which of the stretch's actors it is. NO_ACTOR: so many act in this stretch that there is no number left. */
static uint16_t find_actor(struct stretch *s, struct memo *memo, const struct trace_context *who) {
    struct acted *k = &memo->at[(uint64_t)(who->m ^ who->p) % ACTOR_MEMO];
    if (k->good && k->who.m == who->m && k->who.p == who->p && k->who.g == who->g) {
        return k->actor;
    }
    if (s->nactors == STRETCH_ACTORS) {
        return NO_ACTOR;
    }
    s->actor[s->nactors] = (struct actor){who->m, who->p, who->g};
    *k = (struct acted){*who, (uint8_t)s->nactors++, true};
    return k->actor;
}

/* Events in bulk, and which actor each context is. */
struct intaken {
    struct trace_bulk b;
    uint16_t actor[TRACE_BULK_CONTEXTS];
};

static void add_other(struct stretch *s, struct brief *to, const struct trace_bulk *b, size_t i) {
    *to = (struct brief){.id = s->nothers};
    trace_bulk_event(b, i, &s->other[s->nothers++]);
}

static inline void add_event(struct stretch *s, struct brief *to, const struct intaken *in, size_t i) {
    const struct trace_record *r = &in->b.record[i];
    bool free = r->type == TRACE_EV_HEAP_OBJECT_FREE;
    uint64_t heap_type = free ? 0 : r->arg[1], since = (uint64_t)r->time - (uint64_t)s->begin;
    uint16_t actor = in->actor[r->context];
    if ((!free && r->type != TRACE_EV_HEAP_OBJECT_ALLOC) || (r->flags & TRACE_WHOLE) != 0 || heap_type > UINT16_MAX ||
        since > UINT32_MAX || actor == NO_ACTOR) {
        add_other(s, to, &in->b, i);
        return;
    }
    *to = (struct brief){r->arg[0], (uint32_t)since, (uint16_t)heap_type, r->type, (uint8_t)actor};
}

typedef size_t reader(trace *t, struct trace_bulk *b);

static bool add_events(struct stretch *s, struct memo *memo, trace *t, reader *read) {
    struct intaken in;
    size_t n = read(t, &in.b);
    if (n == 0) {
        return false;
    }
    in.actor[0] = NO_ACTOR; /* whole events name it */
    for (uint32_t k = 0; k < in.b.ncontexts; k++) {
        in.actor[k] = find_actor(s, memo, &in.b.context[k]);
    }
    s->begin = s->n == 0 ? in.b.record[0].time : s->begin;
    for (size_t i = 0; i < n; i++) {
        add_event(s, &s->ev[s->n + i], &in, i);
    }
    s->n += n;
    s->generation = in.b.generation;
    s->end = in.b.record[n - 1].time;
    return true;
}

/* Fill a stretch. False: belt_stop was called. */
static bool fill(struct stretch *s, trace *t, struct belt *b) {
    struct memo memo = {{{{0}, 0, false}}};
    s->n = s->nactors = s->nothers = 0;
    s->recorded = s->bound = s->nlate = s->late_bound = s->late_from = 0;
    bool more = add_events(s, &memo, t, trace_read_bulk_on);
    if (!more) {
        if (b != NULL && !belt_drain(b)) {
            return false;
        }
        more = add_events(s, &memo, t, trace_read_bulk);
    }
    while (more && s->n + AT_ONCE <= STRETCH_EVENTS) {
        more = add_events(s, &memo, t, trace_read_bulk_on);
    }
    progress_take(&s->progress, t);
    return true;
}

/* ---- two threads */

static void bind_up_to(struct intake *in, uint64_t want) {
    for (; in->bound < want; in->bound++) {
        in->bind(in->arg, &in->stretch[in->bound % BELT_SLOTS]);
    }
}

struct errand {
    struct intake *in;
    uint64_t want;
};
static void run_errand(void *arg) {
    struct errand *e = arg;
    bind_up_to(e->in, e->want);
}

/* What lies in a slot is BELT_SLOTS stretches old. */
static void read_on(void *arg, struct belt *b) {
    struct intake *in = arg;
    size_t n = 1;
    uint64_t filled = 0;
    for (int slot; n > 0 && (slot = belt_room(b)) != BELT_NONE; belt_put(b), filled++) {
        struct errand e = {in, filled < BELT_SLOTS ? 0 : filled - BELT_SLOTS + 1};
        belt_alone(b, run_errand, &e);
        if (!fill(&in->stretch[slot], in->t, b)) {
            return;
        }
        n = in->stretch[slot].n;
    }
    belt_flush(b);
}

bool intake_may_be_ahead(const trace *t) {
    return trace_version(t) >= 22 && trace_share(t) >= 0;
}

bool intake_open(struct intake *in, trace *t, bool ahead, intake_binder *bind, void *arg) {
    *in = (struct intake){.t = t, .bind = bind, .arg = arg, .nstretches = ahead ? BELT_SLOTS : 1};
    in->stretch = calloc(in->nstretches, sizeof *in->stretch);
    if (in->stretch == NULL) {
        return false;
    }
    in->belt = ahead ? belt_start(read_on, in) : NULL;
    return true;
}

void intake_close(struct intake *in) {
    belt_stop(&in->belt);
    for (size_t i = 0; in->stretch != NULL && i < in->nstretches; i++) {
        free(in->stretch[i].late);
    }
    free(in->stretch);
    *in = (struct intake){0};
}

struct stretch *intake_next(struct intake *in, int64_t deadline) {
    struct stretch *s = in->stretch;
    if (in->belt != NULL) {
        int slot = belt_load_until(in->belt, deadline);
        return slot != BELT_NONE ? &s[slot] : NULL;
    }
    (void)fill(s, in->t, NULL);
    return s;
}

void intake_done(struct intake *in) {
    if (in->belt == NULL) {
        in->bind(in->arg, in->stretch);
        return;
    }
    in->given++;
    belt_give(in->belt);
}

void intake_settle(struct intake *in) {
    if (in->belt != NULL) {
        struct errand e = {in, in->given};
        belt_alone(in->belt, run_errand, &e);
    }
}
