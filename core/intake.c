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

enum { AT_ONCE = 256, ACTOR_MEMO = 64 };

/* Who acts, by a few bits of thread and P: which of the stretch's actors. */
struct memo {
    struct acted {
        int64_t m, p, g;
        uint8_t actor;
        bool good;
    } at[ACTOR_MEMO];
};

/* Which actor an event is of. False: so many act in this stretch that there is no number left. */
static bool learn_actor(struct stretch *s, struct acted *k, const struct trace_event *ev) {
    if (s->nactors == STRETCH_ACTORS) {
        return false;
    }
    s->actor[s->nactors] = (struct actor){ev->m, ev->p, ev->g};
    *k = (struct acted){ev->m, ev->p, ev->g, (uint8_t)s->nactors++, true};
    return true;
}

static void add_other(struct stretch *s, struct brief *to, const struct trace_event *ev) {
    *to = (struct brief){.id = s->nothers};
    s->other[s->nothers++] = *ev;
}

static inline void add_event(struct stretch *s, struct memo *memo, struct brief *to, const struct trace_event *ev) {
    struct acted *k = &memo->at[(uint64_t)(ev->m ^ ev->p) % ACTOR_MEMO];
    bool free = ev->type == TRACE_EV_HEAP_OBJECT_FREE;
    uint64_t heap_type = free ? 0 : ev->arg[1], since = (uint64_t)ev->time - (uint64_t)s->begin;
    if ((!free && ev->type != TRACE_EV_HEAP_OBJECT_ALLOC) || heap_type > UINT16_MAX || since > UINT32_MAX ||
        ((k->m != ev->m || k->p != ev->p || k->g != ev->g || !k->good) && !learn_actor(s, k, ev))) {
        add_other(s, to, ev);
        return;
    }
    *to = (struct brief){ev->arg[0], (uint32_t)since, (uint16_t)heap_type, ev->type, k->actor};
}

typedef size_t reader(trace *t, struct trace_event *ev, size_t max);

static bool add_events(struct stretch *s, struct memo *memo, trace *t, reader *read) {
    struct trace_event ev[AT_ONCE];
    size_t n = read(t, ev, AT_ONCE);
    s->begin = s->n == 0 && n > 0 ? ev[0].time : s->begin;
    for (size_t i = 0; i < n; i++) {
        add_event(s, memo, &s->ev[s->n + i], &ev[i]);
    }
    s->n += n;
    if (n > 0) {
        s->generation = ev[0].generation;
        s->end = ev[n - 1].time;
    }
    return n > 0;
}

/* Fill a stretch. False: belt_stop was called. */
static bool fill(struct stretch *s, trace *t, struct belt *b) {
    struct memo memo = {{{0}}};
    s->n = s->nactors = s->nothers = 0;
    s->recorded = s->bound = s->nlate = s->late_bound = s->late_from = 0;
    bool more = add_events(s, &memo, t, trace_read_on);
    if (!more) {
        if (b != NULL && !belt_drain(b)) {
            return false;
        }
        more = add_events(s, &memo, t, trace_read);
    }
    while (more && s->n + AT_ONCE <= STRETCH_EVENTS) {
        more = add_events(s, &memo, t, trace_read_on);
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
