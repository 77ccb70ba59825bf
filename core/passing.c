/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * passing.c - which spans are in the middle of their sweep at an instant, as the facts around it show.
 *
 * Frees of one span follow each other on one P, and in the runtime the span changes only when the last of them is done
 * (runtime/mgcsweep.go, sweepLocked.sweep). So a span is being swept where a P's last fact and its next one both free
 * an object of it. Facts without a P count as those of one P more.
 *
 * Invariant: what is kept belongs to one position, and to as many facts behind it as were looked at.
 */
#include "core/frame.h"
#include "core/reel.h"

enum { MAX_LOOK = BLOCK_FACTS }; /* facts that are looked at before and behind */

/* The spans of which P after P last freed an object. */
struct sweepers {
    int32_t seen[MAX_PASSING];
    uint32_t freed[MAX_PASSING]; /* NO_ID: it did something else */
    size_t n;
};

static size_t find(const struct sweepers *s, int32_t p) {
    size_t i = 0;
    while (i < s->n && s->seen[i] != p) {
        i++;
    }
    return i;
}

static struct sweepers before(const struct frame *f) {
    struct sweepers s = {.n = 0};
    struct fact x;
    uint64_t end = f->pos > MAX_LOOK ? f->pos - MAX_LOOK : 0;
    for (uint64_t at = f->pos; at > end && s.n < MAX_PASSING && reel_fact(f->r, at - 1, &x); at--) {
        if (!x.inferred && x.span != NO_ID && find(&s, x.p) == s.n) {
            s.seen[s.n] = x.p;
            s.freed[s.n++] = x.kind == FACT_FREE ? x.span : NO_ID;
        }
    }
    return s;
}

/* What comes next on each of these Ps; what frees on is being swept. */
static void behind(struct frame_passing *to, const struct frame *f, struct sweepers *s) {
    struct fact x;
    size_t left = 0;
    for (size_t i = 0; i < s->n; i++) {
        left += s->freed[i] != NO_ID;
    }
    for (uint64_t at = f->pos; at < f->pos + MAX_LOOK && left > 0 && reel_fact(f->r, at, &x); at++) {
        size_t i = x.inferred || x.span == NO_ID ? s->n : find(s, x.p);
        if (i == s->n || s->freed[i] == NO_ID) {
            continue;
        }
        if (x.kind == FACT_FREE && x.span == s->freed[i]) {
            to->span[to->n++] = x.span;
        }
        s->freed[i] = NO_ID;
        left--;
    }
}

bool frame_is_swept_now(const struct frame *f, uint32_t span) {
    struct frame_passing *known = f->passing;
    uint64_t facts = reel_facts(f->r);
    facts = facts < f->pos + MAX_LOOK ? facts : f->pos + MAX_LOOK;
    if (known->pos != f->pos || known->facts != facts) {
        struct sweepers s = before(f);
        *known = (struct frame_passing){.pos = f->pos, .facts = facts};
        behind(known, f, &s);
    }
    for (size_t i = 0; i < known->n; i++) {
        if (known->span[i] == span) {
            return true;
        }
    }
    return false;
}
