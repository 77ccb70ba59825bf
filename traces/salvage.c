/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * salvage.c - in a window beginnings are tried from the back to the front, so that each byte is looked at once.
 */
#include "traces/salvage.h"
#include "traces/wire.h"

#include <stdbool.h>
#include <string.h>

static const uint8_t *behind_event(const void *arg, const uint8_t *p, const uint8_t *end) {
    (void)arg;
    return wire_behind(p, end);
}

/*
 * A beginning counts when the rest decodes to its very end, or ENOUGH events follow: more damage may lie behind. A
 * window is looked at at a time, and ENOUGH events lie before whatever is damaged next: so that many damaged places
 * cost no more than few, which is some ten steps for each byte.
 */
enum { ENOUGH = 24, WINDOW = 512 };

struct trial {
    salvage_step *behind;
    const void *arg;
    const uint8_t *from, *to, *end; /* the window; the rest of the batch */
    uint8_t events[WINDOW];         /* how many follow from each byte of the window, up to ENOUGH */
};

static bool counts(const struct trial *t, const uint8_t *p) {
    return p == t->end || p >= t->to || t->events[p - t->from] == ENOUGH;
}

/* Returns the first beginning that counts, behind the window's first byte; NULL where there is none. */
static const uint8_t *try_all(struct trial *t) {
    const uint8_t *first = NULL;
    for (const uint8_t *p = t->to; --p > t->from;) {
        const uint8_t *next = t->behind(t->arg, p, t->end);
        uint8_t n = 0;
        if (next != NULL) {
            n = counts(t, next) ? ENOUGH : (uint8_t)(t->events[next - t->from] + 1);
        }
        t->events[p - t->from] = n;
        first = n == ENOUGH ? p : first;
    }
    return first;
}

/* Chains of events, by the place that each has come to: in order, no two alike. */
struct chains {
    const uint8_t *at[WIRE_MAX_EVENT];
    size_t n;
};

static void enter(struct chains *c, const uint8_t *p) {
    size_t i = c->n;
    while (i > 0 && c->at[i - 1] > p) {
        i--;
    }
    if (i > 0 && c->at[i - 1] == p) {
        return; /* they have met */
    }
    memmove(&c->at[i + 1], &c->at[i], (c->n - i) * sizeof c->at[0]);
    c->at[i] = p;
    c->n++;
}

static void leave_first(struct chains *c) {
    c->n--;
    memmove(&c->at[0], &c->at[1], c->n * sizeof c->at[0]);
}

/* Where all chains from `first` on have met; NULL where they don't in this window. */
static const uint8_t *meet(const struct trial *t, const uint8_t *first) {
    const uint8_t *start = first, *last = t->to - first < WIRE_MAX_EVENT - 1 ? t->to : first + WIRE_MAX_EVENT - 1;
    const uint8_t *agreed = NULL; /* all chains up to now lead here, and on from here */
    struct chains c = {.n = 0};
    for (;;) {
        while (start < last && !counts(t, start)) {
            start++;
        }
        bool more = start < last;
        const uint8_t *p = c.n > 0 && (!more || c.at[0] <= start) ? c.at[0] : start;
        if (c.n > 0 && p == c.at[0]) {
            agreed = agreed == NULL && c.n == 1 ? p : agreed;
            if (p >= t->to || (!more && c.n == 1)) {
                return agreed;
            }
            leave_first(&c);
        } else if (!more) {
            return NULL;
        } else {
            agreed = NULL; /* a beginning that no chain leads to */
        }
        start += p == start;
        const uint8_t *next = t->behind(t->arg, p, t->end);
        if (next != NULL) {
            enter(&c, next);
        }
    }
}

const uint8_t *salvage(const uint8_t *bad, const uint8_t *end) {
    return salvage_by(behind_event, NULL, bad, end);
}

const uint8_t *salvage_by(salvage_step *behind, const void *arg, const uint8_t *bad, const uint8_t *end) {
    struct trial t = {.behind = behind, .arg = arg, .end = end};
    if (end - bad < 2 || end - bad > WIRE_MAX_BATCH) {
        return end;
    }
    for (t.from = bad; end - t.from >= 2; t.from += WINDOW / 2) {
        t.to = end - t.from < WINDOW ? end : t.from + WINDOW;
        const uint8_t *first = try_all(&t), *met = NULL;
        if (first != NULL && (t.to == end || first - t.from < WINDOW / 2)) { /* else little of it was looked at */
            met = meet(&t, first);
        }
        if (met != NULL || t.to == end) {
            return met != NULL ? met : end;
        }
    }
    return end;
}
