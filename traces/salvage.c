/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * salvage.c - beginnings are tried from the back to the front, so that each byte is looked at once.
 */
#include "traces/salvage.h"
#include "traces/wire.h"

#include <stdbool.h>
#include <string.h>

static const uint8_t *behind_event(const void *arg, const uint8_t *p, const uint8_t *end) {
    (void)arg;
    const struct trace_spec *spec = &wire_specs[*p];
    uint64_t skip;
    if (!spec->timed) {
        return NULL;
    }
    p++;
    for (unsigned i = 0; i <= spec->nargs; i++) {
        if (!wire_uint(&p, end, &skip)) {
            return NULL;
        }
    }
    return p;
}

struct trial {
    salvage_step *behind;
    const void *arg;
    const uint8_t *bad, *end;
    uint8_t whole[WIRE_MAX_BATCH / 8 + 1]; /* a bit for each byte from bad on: the rest decodes to the end from there */
};

static bool is_whole(const struct trial *t, const uint8_t *p) {
    size_t i = (size_t)(p - t->bad);
    return p == t->end || (t->whole[i / 8] >> (i % 8) & 1) != 0;
}

/* Returns the first beginning from which all is well, `end` where there is none. */
static const uint8_t *try_all(struct trial *t) {
    const uint8_t *first = t->end;
    memset(t->whole, 0, sizeof t->whole);
    for (const uint8_t *p = t->end; --p > t->bad;) {
        const uint8_t *next = t->behind(t->arg, p, t->end);
        if (next != NULL && is_whole(t, next)) {
            size_t i = (size_t)(p - t->bad);
            t->whole[i / 8] = (uint8_t)(t->whole[i / 8] | 1u << (i % 8));
            first = p;
        }
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

const uint8_t *salvage(const uint8_t *bad, const uint8_t *end) {
    return salvage_by(behind_event, NULL, bad, end);
}

const uint8_t *salvage_by(salvage_step *behind, const void *arg, const uint8_t *bad, const uint8_t *end) {
    struct trial t = {.behind = behind, .arg = arg, .bad = bad, .end = end};
    if (end - bad < 2 || end - bad > WIRE_MAX_BATCH) {
        return end;
    }
    const uint8_t *first = try_all(&t), *start = first;
    const uint8_t *agreed = NULL; /* all chains up to now lead here, and on from here */
    struct chains c = {.n = 0};
    for (;;) {
        while (start < end && start - first < WIRE_MAX_EVENT - 1 && !is_whole(&t, start)) {
            start++;
        }
        bool more = start < end && start - first < WIRE_MAX_EVENT - 1;
        const uint8_t *p = c.n > 0 && (!more || c.at[0] <= start) ? c.at[0] : start;
        if (c.n > 0 && p == c.at[0]) {
            agreed = agreed == NULL && c.n == 1 ? p : agreed;
            if (p == end || (!more && c.n == 1)) {
                return agreed != NULL ? agreed : end;
            }
            leave_first(&c);
        } else if (!more) {
            return end;
        } else {
            agreed = NULL; /* a beginning that no chain leads to */
        }
        start += p == start;
        enter(&c, behind(arg, p, end));
    }
}
