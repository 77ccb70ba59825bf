/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * explorer.c - life of an explorer, loading, the cursor and the window of time.
 */
#include "tui/explorer.h"
#include "tui/answers.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

bool explorer_init(struct explorer *x, reel *r, const char *path) {
    *x = (struct explorer){
        .reel = r,
        .path = path,
        .follow = true,
        .whole = true,
        .columns = 80,
        .span = NO_ID,
        .slot = NO_ID,
        .life_span = NO_ID,
        .rows = TIMELINE_USUAL,
        .map_type = NO_ID,
        .find_live = NO_ID,
        .want_focus = PANES,
        .win = timescale_whole(0),
    };
    x->frame = frame_new(r);
    x->answers = answers_new(r, &x->ascii);
    return x->frame != NULL && x->answers != NULL;
}

void explorer_free(struct explorer *x) {
    answers_free(&x->answers); /* first: what runs may use the rest */
    frame_free(&x->frame);
    history_end(&x->bucket_reader);
    history_free(&x->bucket);
    history_free(&x->life);
    explorer_mark_free(&x->a);
    explorer_mark_free(&x->b);
    finder_free(&x->find);
    explorer_narrow_end(x);
    free(x->hits.counts);
    *x = (struct explorer){0};
}

void explorer_say(struct explorer *x, enum role role, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(x->message, sizeof x->message, fmt, ap);
    va_end(ap);
    x->message_role = role;
}

int64_t explorer_end(const struct explorer *x) {
    return reel_info(x->reel)->duration;
}

static uint64_t mix(uint64_t h, uint64_t v) {
    h = (h ^ v) * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ h >> 32;
}

uint64_t explorer_stamp(const struct explorer *x) {
    uint64_t h = mix(mix(mix(1, x->now.pos), (uint64_t)x->now.t), x->narrow_stamp);
    return x->a.set ? mix(mix(mix(h, x->a.at.pos + 1), (uint64_t)x->a.at.t), x->diff) : h;
}

/* ------------------------------------------------------------------ the cursor */

static void find_selected(struct explorer *x) {
    x->span = x->slot = NO_ID;
    if (!x->selected)
        return;
    uint32_t slot = 0;
    uint32_t span = frame_find(x->frame, x->addr, &slot);
    if (span == NO_ID || !frame_state(x->frame, span, &x->state))
        return;
    x->span = span;
    x->slot = slot;
}

/* All there is: from the begin, which is 0 but in a saved part. */
static struct window whole(const struct explorer *x) {
    struct window w = timescale_whole(explorer_end(x));
    w.from = reel_info(x->reel)->begin;
    return w;
}

/* The frame may not reach pos, where memory runs out or a saved reel is damaged: the cursor then tells where it stands.
 */
static void settle(struct explorer *x, struct cursor to) {
    x->now = to;
    if (!x->follow) /* who moves on their own doesn't want to be taken elsewhere */
        x->wish.on = false;
    if (!frame_seek(x->frame, to.pos)) {
        bool lost = reel_info(x->reel)->loss.code == TRACE_E_REEL;
        explorer_say(x, ROLE_ERROR,
                     lost ? "the saved reel is damaged: no way leads to that instant"
                          : "out of memory: the heap could not be wound to this instant");
        x->now.pos = frame_pos(x->frame);
        x->now.t = reel_time(x->reel, x->now.pos);
    }
    find_selected(x);
    if (!x->whole)
        x->win = timescale_follow(x->win, x->now.t, explorer_end(x));
}

bool explorer_go(struct explorer *x, int64_t t) {
    int64_t end = explorer_end(x);
    if (t > end)
        t = end;
    if (t < reel_info(x->reel)->begin)
        t = reel_info(x->reel)->begin;
    x->follow = false;
    struct cursor to = {.t = t, .pos = reel_pos(x->reel, t)};
    const char *unknown = reel_unknown(x->reel, t);
    if (unknown) { /* to the end of the hole, or its begin */
        explorer_say(x, ROLE_WARN, "%s", unknown);
        to.pos = reel_pos_known(x->reel, t, t > x->now.t);
        to.t = reel_time(x->reel, to.pos);
    }
    settle(x, to);
    return !unknown;
}

void explorer_go_pos(struct explorer *x, uint64_t pos) {
    uint64_t first = reel_info(x->reel)->cut ? reel_pos(x->reel, reel_info(x->reel)->begin) : 0;
    if (pos > reel_facts(x->reel))
        pos = reel_facts(x->reel);
    if (pos < first) /* a saved part begins with a heap that is there at once */
        pos = first;
    x->follow = false;
    settle(x, (struct cursor){.t = reel_time(x->reel, pos), .pos = pos});
}

void explorer_go_cursor(struct explorer *x, struct cursor to) {
    explorer_go(x, to.t);
    if (x->now.pos != to.pos)
        explorer_go_pos(x, to.pos);
}

bool explorer_is_address(const char *words) {
    words += *words == '+';
    return words[0] == '0' && (words[1] == 'x' || words[1] == 'X');
}

bool explorer_go_text(struct explorer *x, const char *words) {
    int64_t t = 0;
    const char *why = NULL;
    while (*words == ' ')
        words++;
    uint64_t addr;
    if (explorer_is_address(words) && reel_parse_address(x->reel, words, &addr)) {
        char said[240];
        explorer_select(x, addr);
        if (!explorer_lacks_objects(x))
            explorer_say(x, ROLE_TEXT, "%s", explorer_say_selected(x, said, sizeof said));
        return true;
    }
    if (!when_parse(x->reel, words, &t, &why)) {
        explorer_say(x, ROLE_ERROR, "%s", why ? why : "not a time");
        return false;
    }
    explorer_go(x, t);
    return true;
}

/* ------------------------------------------------------------------ loading */

/* Something to look at before the person has chosen: the first small span in use. */
static void select_first(struct explorer *x) {
    uint32_t ids[256];
    uint64_t page = 0;
    size_t n;
    while ((n = frame_spans_from(x->frame, page, ids, 256)) > 0) {
        for (size_t i = 0; i < n; i++) {
            const struct span *s = reel_span(x->reel, ids[i]);
            if (s->kind == SPAN_HEAP && s->nelems > 1) {
                explorer_select_slot(x, ids[i], 0);
                x->picked = true;
                return;
            }
        }
        const struct span *last = reel_span(x->reel, ids[n - 1]);
        page = last->page + last->npages;
    }
}

bool explorer_load(struct explorer *x, int64_t budget_ns) {
    const struct reel_info *info = reel_info(x->reel);
    if (x->loaded)
        return false;
    enum reel_state state = reel_load(x->reel, budget_ns);
    bool more = state == REEL_LOADING || state == REEL_WAITING;
    x->waiting = state == REEL_WAITING;
    x->loaded = !more;
    if (state == REEL_OUT_OF_MEMORY)
        explorer_say(x, ROLE_ERROR, "out of memory while loading: what was read can be used");
    if (x->whole)
        x->win = whole(x);
    int64_t t;
    const char *why;
    if (x->at_text && when_parse(x->reel, x->at_text, &t, &why) && (t <= info->duration || !more)) {
        x->at_text = NULL;
        explorer_go(x, t);
    } else if (x->at_text && !more) {
        explorer_go_text(x, x->at_text);
        x->at_text = NULL;
    }
    if (x->follow)
        settle(x, (struct cursor){.t = info->duration, .pos = reel_facts(x->reel)});
    if (!x->selected || (x->picked && x->follow && x->span == NO_ID))
        select_first(x);
    return more;
}

/* ------------------------------------------------------------------ the window */

void explorer_zoom(struct explorer *x, int num, int den) {
    int64_t end = explorer_end(x);
    x->win = timescale_zoom(x->win, x->now.t, num, den, end);
    struct window all = whole(x);
    x->whole = x->win.from == all.from && x->win.to == all.to;
}

void explorer_window(struct explorer *x, int64_t from, int64_t to) {
    int64_t end = explorer_end(x);
    x->win = timescale_between(from, to, end);
    struct window all = whole(x);
    x->whole = x->win.from == all.from && x->win.to == all.to;
}

void explorer_zoom_all(struct explorer *x) {
    x->whole = true;
    x->win = whole(x);
}
