/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lanes.h - the scheduler's commonest events of threads that take turns, each as the same few steps.
 *
 * Threads that run goroutines take turns after an event or two, and nobody can foretell whose is next: so no branch
 * depends on whose event comes, nor on what it mostly is. What each type asks for and does is a row of numbers.
 * turns.c knows of two threads, throng.c of more.
 *
 * Each does what its rule in order_sched.c does where all is as it should be. Whatever is out of the ordinary ends the
 * loop before anything was done of it: an id that no table holds, a state that isn't the expected one, another type.
 * Its rule then knows what to make of it.
 *
 * Times are ns of the trace's clock.
 */
#ifndef HEAPREEL_LANES_H
#define HEAPREEL_LANES_H

#include "traces/merge.h"
#include "traces/order_step.h"
#include "traces/pair.h"

/* What else an event does, where that is more than a goroutine's change of status. */
enum beside { UNUSUAL, NOTHING, ENTERS_SYSCALL, LEAVES_SYSCALL, CREATES, DESTROYS };

/*
 * What an event asks of one goroutine, and makes of it: of the one that arg[0] names and arg[1] says to be next in its
 * sequence; or of the thread's own. What are masks have all bits set, or none.
 *
 * Where that is all it does, the whole goroutine is held against the whole event, once it is as it will be: `change` is
 * what differs then, `count` is added. The bits in which it differs from the event must be those of `want`, but for
 * those that `ignores` has. Other events ignore nothing, and no type but 0 is wanted: they never pass.
 */
struct effect {
    struct go_state change, count;
    struct trace_record want, ignores;
    uint64_t named;
    uint64_t keeps, starts; /* the thread's own: the same as before; it, where there was none. Else none */
    uint8_t from, to;       /* enum trace_go_status */
    uint8_t beside;
};
_Static_assert(sizeof(struct go_state) == sizeof(struct trace_record) &&
                   offsetof(struct go_state, gen) == offsetof(struct trace_record, context) &&
                   offsetof(struct go_state, zero) == offsetof(struct trace_record, type) &&
                   offsetof(struct go_state, status) == offsetof(struct trace_record, third) &&
                   offsetof(struct go_state, id) == offsetof(struct trace_record, arg) &&
                   offsetof(struct go_state, seq) == offsetof(struct trace_record, arg[1]),
               "a goroutine and an event, held against each other");

extern const struct effect lanes_effects[UINT8_MAX + 1];

/* A thread whose turn it may be. */
struct lane {
    uintptr_t own;      /* the goroutine that it runs: how far it lies from nobody, which is 0 */
    uintptr_t more;     /* half the address of an event less than that of its other arguments */
    int64_t context[2]; /* m, p */
    struct proc_state *p;
    struct cursor *c;
    const struct trace_record *next; /* throng.c's: its next event; NULL: the lane isn't set up */
    uint64_t then;                   /* and the key of the one behind */
};

struct lanes {
    struct go_state nobody; /* has id -1 and a status of its own */
    struct lane *lane;      /* of nlanes; those not set up run nobody */
    size_t nlanes;
    struct order *o;
    const uint32_t *recent; /* the order's */
    uintptr_t gos;          /* how far the order's goroutines lie from nobody */
    uint32_t gen;
    struct trace_record add;   /* to each event: the generation, and less the time of the trace's start */
    struct trace_record whole; /* what its record has besides */
    uint64_t limit[2];         /* turns.c's: no turns any more once a lane's next event isn't earlier than this */
};

/* The lanes of a loop that begins, `lane` being room for them. */
struct lanes lanes_begin(struct merge *m, struct lane *lane);
/* So many of them, none set up. */
void lanes_number(struct lanes *x, size_t n);
/* The order's goroutines may lie elsewhere than before. */
void lanes_find_gos(struct lanes *x);
/* Where only one event is decoded, more are. */
void lanes_decode_ahead(struct merge *m, struct cursor *c);
/* False: the thread has no P, or times that go down, as damaged traces may have it; or it runs what another lane does.
 */
bool lanes_set_up(struct lanes *x, struct lane *l, struct cursor *c);
/* What has become of a lane's thread, whose next event is this. All those that were taken were bars. */
void lanes_put_back(struct lanes *x, struct lane *l, const struct trace_record *next);
/*
 * Does the event d of l happen that doesn't do so by itself? Its goroutine may have to be looked up, or more be done.
 */
bool lanes_take_other(struct lanes *x, struct lane *l, const struct trace_record *d);

/* The third and fourth argument of an event. */
INLINE const struct more *more_of(const struct lane *l, const struct trace_record *d) {
    return (const struct more *)(l->more + (uintptr_t)d / 2);
}

INLINE struct go_state *go_at(struct lanes *x, uintptr_t far) {
    return (struct go_state *)((uintptr_t)x + far);
}

/* The goroutine that d is about, of a thread that runs `own`. */
INLINE uintptr_t about(const struct lanes *x, const struct trace_record *d, const struct effect *e, uintptr_t own) {
    uintptr_t it = x->gos + x->recent[d->arg[0] % ORDER_RECENT] * sizeof(struct go_state);
    return either(e->named, own, it);
}

/* What a thread runs behind an event about a goroutine. */
INLINE uintptr_t runs_then(const struct effect *e, uintptr_t own, uintptr_t about) {
    return (own & e->keeps) | (about & e->starts);
}

/* The first half of four words. */
typedef uint64_t two_words __attribute__((vector_size(16), aligned(8), may_alias));

/* d as it is delivered, should it happen: see write_plain() in block.c. In bulk its record is told to stand whole, of
 * which no more than the first half means anything. CURSOR_USUAL stays where it means nothing in either. */
INLINE void deliver(struct lanes *x, const struct lane *l, const struct trace_record *d, struct trace_event *ev,
                    struct trace_record *record, four_words *to) {
    four_words common = *(const four_words *)d + *(const four_words *)&x->add;
    *to = common;
    *(four_words *)ev = common;
    if (record != NULL) {
        *(two_words *)record = (two_words){common[0], common[1]} | *(const two_words *)&x->whole;
    }
    memcpy(&ev->arg[2], more_of(l, d), sizeof(struct more));
    memcpy(&ev->m, l->context, sizeof l->context);
    ev->g = go_at(x, l->own)->id;
}

/* Are there no bits but those that are ignored? */
INLINE bool none_but(const four_words *ignored, const four_words *bits, bool wide) {
#if defined(__x86_64__) && !defined(__clang__)
    if (wide) { /* one instruction, which clang makes of what follows, and gcc doesn't */
        bool none;
        __asm__("vptest %[bits], %[ignored]" : "=@ccc"(none) : [bits] "x"(*bits), [ignored] "x"(*ignored));
        return none;
    }
#endif
    (void)wide;
    four_words left = *bits & ~*ignored;
    return (left[0] | left[1] | left[2] | left[3]) == 0;
}

/* d, which was delivered as ev, happens if that is all it does, and nothing speaks against it. */
INLINE bool happens(struct lanes *x, struct lane *l, const struct trace_record *d, const four_words *common,
                    bool wide) {
    const struct effect *e = &lanes_effects[d->type];
    __asm__("" : "+r"(e)); /* one address, not one for each field */
    uintptr_t own = l->own, far = about(x, d, e, own);
    four_words *g = (four_words *)go_at(x, far);
    four_words then = (*g ^ *(const four_words *)&e->change) + *(const four_words *)&e->count;
    four_words odd = then ^ *common ^ *(const four_words *)&e->want;
    if (!none_but((const four_words *)&e->ignores, &odd, wide) || (own & e->starts) != 0) {
        return false;
    }
    *g = then;
    l->own = runs_then(e, own, far);
    return true;
}

#endif
