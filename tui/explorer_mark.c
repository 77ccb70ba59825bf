/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * explorer_mark.c - marks A and B. A mark keeps what the heap was at its instant, so that differences cost no second
 * frame: each type's and each span class's counts, the sums, and the objects of every span that was in use.
 */
#include "tui/explorer.h"
#include "tui/keys.h"

#include <stdlib.h>
#include <string.h>

static struct mark *mark_of(struct explorer *x, enum which_mark which) {
    return which == MARK_A ? &x->a : &x->b;
}

void explorer_mark_free(struct mark *m) {
    free(m->types);
    free(m->spans);
    *m = (struct mark){0};
}

static int by_id(const void *pa, const void *pb) {
    const struct marked_span *a = pa, *b = pb;
    return (a->span > b->span) - (a->span < b->span);
}

/* What the heap is where the frame stands. */
static bool take(struct explorer *x, struct mark *m) {
    const uint32_t *ids;
    size_t n = frame_spans(x->frame, &ids);
    uint32_t types = reel_types(x->reel);
    m->types = malloc((types + (size_t)1) * sizeof *m->types);
    m->spans = malloc((n + 1) * sizeof *m->spans);
    if (!m->types || !m->spans)
        return false;
    for (uint32_t i = 0; i < types; i++)
        m->types[i] = frame_type(x->frame, i);
    m->n = types;
    for (size_t i = 0; i < n; i++) {
        struct span_state st = {0};
        frame_state(x->frame, ids[i], &st);
        m->spans[i] = (struct marked_span){.span = ids[i], .live = st.live};
    }
    m->nspans = n;
    qsort(m->spans, n, sizeof *m->spans, by_id);
    memcpy(m->central, frame_central(x->frame), sizeof m->central);
    m->totals = *frame_totals(x->frame);
    return true;
}

bool explorer_mark_set(struct explorer *x, enum which_mark which, struct cursor at) {
    struct mark *m = mark_of(x, which), new = {.set = true, .at = at};
    if (at.pos > reel_facts(x->reel))
        return false;
    bool ok = true;
    if (which == MARK_A)
        ok = frame_seek(x->frame, at.pos) && take(x, &new);
    ok &= frame_seek(x->frame, x->now.pos);
    if (!ok) {
        explorer_mark_free(&new);
        return false;
    }
    explorer_mark_free(m);
    *m = new;
    x->diff = x->a.set;
    return true;
}

void explorer_mark(struct explorer *x, enum which_mark which) {
    struct mark *m = mark_of(x, which);
    char t[TIME_TEXT], key[KEY_NAME], zoom[KEY_NAME];
    if (m->set && m->at.t == x->now.t && m->at.pos == x->now.pos) {
        explorer_mark_free(m);
        x->diff = x->a.set;
        explorer_say(x, ROLE_TEXT, "mark %c is gone", which == MARK_A ? 'A' : 'B');
        return;
    }
    if (!explorer_mark_set(x, which, x->now))
        explorer_say(x, ROLE_ERROR, "out of memory: mark %c was not set", which == MARK_A ? 'A' : 'B');
    else if (which == MARK_A)
        explorer_say(x, ROLE_TEXT, "mark A set at %s: panes show what changed since then (%s: what is)",
                     time_text(x->now.t, t), keys_for(ACT_MARK_DIFF, IN_PANES, key));
    else
        explorer_say(x, ROLE_TEXT, "mark B set at %s: %s goes from mark to mark, %s shows what lies between",
                     time_text(x->now.t, t), keys_for(ACT_MARK_JUMP, IN_PANES, key),
                     keys_for(ACT_MARK_ZOOM, IN_PANES, zoom));
}

static bool at_mark(const struct explorer *x, const struct mark *m) {
    return m->set && m->at.t == x->now.t && m->at.pos == x->now.pos;
}

void explorer_mark_jump(struct explorer *x) {
    const struct mark *to = x->b.set && (at_mark(x, &x->a) || !x->a.set) ? &x->b : &x->a;
    char key[KEY_NAME];
    if (!to->set) {
        explorer_say(x, ROLE_WARN, "no mark is set: %s sets it", keys_for(ACT_MARK, IN_PANES, key));
        return;
    }
    explorer_go_cursor(x, to->at);
    explorer_say(x, ROLE_TEXT, "mark %c", to == &x->a ? 'A' : 'B');
}

void explorer_mark_diff(struct explorer *x) {
    char t[TIME_TEXT], key[KEY_NAME];
    if (!x->a.set) {
        explorer_say(x, ROLE_WARN, "mark A is not set: %s sets it, then all is shown as the difference since there",
                     keys_for(ACT_MARK, IN_PANES, key));
        return;
    }
    x->diff = !x->diff;
    if (x->diff)
        explorer_say(x, ROLE_TEXT, "what changed since mark A at %s", time_text(x->a.at.t, t));
    else
        explorer_say(x, ROLE_TEXT, "what is at the cursor; %s shows again what changed since A",
                     keys_for(ACT_MARK_DIFF, IN_PANES, key));
}

void explorer_mark_zoom(struct explorer *x) {
    char key[KEY_NAME];
    if (!x->a.set) {
        explorer_say(x, ROLE_WARN, "mark A is not set: %s sets it", keys_for(ACT_MARK, IN_PANES, key));
        return;
    }
    int64_t a = x->a.at.t, b = x->b.set ? x->b.at.t : x->now.t;
    explorer_window(x, a < b ? a : b, a < b ? b : a);
    if (x->now.t < x->win.from || x->now.t >= x->win.to)
        explorer_go_cursor(x, x->a.at);
}

bool explorer_marked(const struct explorer *x, uint32_t span, uint32_t *live) {
    size_t lo = 0, hi = x->a.nspans;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (x->a.spans[mid].span < span)
            lo = mid + 1;
        else
            hi = mid;
    }
    bool found = lo < x->a.nspans && x->a.spans[lo].span == span;
    *live = found ? x->a.spans[lo].live : 0;
    return found;
}
