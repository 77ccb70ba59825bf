/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * explorer_find.c - search from the cursor on, round the end of the trace, until found or stopped.
 */
#include "tui/explorer.h"

#include <string.h>

enum { BUDGET = 1 << 16 }; /* facts between two looks at the keyboard */

enum outcome { FOUND, NONE, STOPPED };

static bool wanted(struct explorer *x, const struct search_hit *hit) {
    struct fact f;
    if (x->search_type == NO_ID)
        return true;
    return hit->span != NO_ID && hit->pos > 0 && reel_fact(x->reel, hit->pos - 1, &f) && f.type == x->search_type;
}

static enum outcome look(struct explorer *x, bool back, struct cursor from, struct search_hit *hit) {
    uint64_t resume = NO_POS;
    for (;;) {
        int got = search_step(x->reel, &x->search, back, from.t, from.pos, BUDGET, &resume, hit);
        if (got == 0)
            return NONE;
        if (got > 0) {
            if (wanted(x, hit))
                return FOUND;
            from = (struct cursor){.t = hit->t, .pos = hit->pos};
            resume = NO_POS;
        }
        if (x->stop && x->stop(x->stop_arg))
            return STOPPED;
    }
}

static void arrive(struct explorer *x, const struct search_hit *hit, bool wrapped, bool back) {
    char words[200];
    if (hit->note != NO_ID) {
        const struct note *notes;
        reel_notes(x->reel, &notes);
        explorer_go(x, hit->t);
        explorer_note(x, &notes[hit->note], words, sizeof words);
    } else {
        explorer_go_pos(x, hit->pos);
        if (hit->span != NO_ID)
            explorer_select_slot(x, hit->span, hit->slot == NO_ID ? 0 : hit->slot);
        explorer_fact(x, hit->pos, words, sizeof words);
    }
    explorer_say(x, wrapped ? ROLE_WARN : ROLE_TEXT, "%s%s",
                 !wrapped ? ""
                 : back   ? "from the end again: "
                          : "from the start again: ",
                 words);
}

void explorer_find_next(struct explorer *x, bool back) {
    if (!x->searching) {
        explorer_say(x, ROLE_WARN, "nothing is being searched: / starts a search");
        return;
    }
    struct search_hit hit;
    enum outcome got = look(x, back, x->now, &hit);
    bool wrapped = got == NONE;
    if (wrapped) {
        struct cursor edge = {.t = -1, .pos = 0};
        if (back)
            edge = (struct cursor){.t = INT64_MAX, .pos = NO_POS - 1};
        got = look(x, back, edge, &hit);
    }
    if (got == FOUND)
        arrive(x, &hit, wrapped, back);
    else if (got == STOPPED)
        explorer_say(x, ROLE_WARN, "search for %s stopped", x->search_text);
    else
        explorer_say(x, ROLE_WARN, "%s: not in %s", x->search_text,
                     reel_info(x->reel)->done ? "this trace" : "what is loaded");
}

bool explorer_find(struct explorer *x, const char *words, bool back) {
    struct search s;
    const char *why = NULL;
    memset(&s, 0, sizeof s);
    if (!search_parse(x->reel, words, &s, &why)) {
        explorer_say(x, ROLE_ERROR, "%s", why ? why : "that can't be searched");
        return false;
    }
    x->search = s;
    x->searching = true;
    x->search_type = NO_ID;
    explorer_text(x, (text){.ptr = words, .len = strlen(words)}, x->search_text, sizeof x->search_text);
    if (s.kind == SEARCH_ADDRESS)
        explorer_select(x, s.addr);
    explorer_find_next(x, back);
    return true;
}

/* ------------------------------------------------------------------ live objects */

/* Whether the object that a fact made is still there at the cursor. */
static bool is_live(struct explorer *x, const struct search_hit *hit) {
    struct fact f;
    struct span_state st;
    struct event_row last;
    if (hit->span == NO_ID || hit->pos == 0 || !reel_fact(x->reel, hit->pos - 1, &f) || f.type != x->search_type ||
        (f.kind != FACT_ALLOC && f.kind != FACT_EXISTS && f.kind != FACT_SUBALLOC))
        return false;
    return frame_state(x->frame, f.span, &st) && frame_slot(x->frame, f.span, f.slot) == SLOT_LIVE &&
           slot_last(x->reel, f.span, f.slot, x->now.pos, &last) && last.pos == hit->pos;
}

/* The newest live object made before `from`. */
static enum outcome look_live(struct explorer *x, struct cursor from, struct search_hit *hit) {
    for (;;) {
        enum outcome got = look(x, true, from, hit);
        if (got != FOUND || is_live(x, hit))
            return got;
        from = (struct cursor){.t = hit->t, .pos = hit->pos};
    }
}

static void search_for_type(struct explorer *x, uint32_t type, text name) {
    memset(&x->search, 0, sizeof x->search);
    x->search.kind = SEARCH_TYPE;
    size_t len = name.len < sizeof x->search.text ? name.len : sizeof x->search.text - 1;
    memcpy(x->search.text, name.ptr, len);
    x->searching = true;
    x->search_type = type;
    explorer_text(x, name, x->search_text, sizeof x->search_text);
}

void explorer_find_live(struct explorer *x, uint32_t type) {
    const struct heap_type *h = reel_type(x->reel, type);
    if (!h || h->name.len == 0) {
        explorer_say(x, ROLE_WARN, "the trace names no type for these objects");
        return;
    }
    search_for_type(x, type, h->name);
    struct search_hit hit;
    struct cursor newest = {.t = x->now.t, .pos = x->now.pos + 1}, from = newest;
    bool again = x->live_type == type && x->live_now.pos == x->now.pos && x->live_now.t == x->now.t;
    if (again)
        from.pos = x->live_at;
    enum outcome got = look_live(x, from, &hit);
    if (got == NONE && again)
        got = look_live(x, newest, &hit);
    if (got != FOUND) {
        explorer_say(x, ROLE_WARN,
                     got == NONE ? "no object of this type is live here; n searches on" : "search stopped");
        return;
    }
    char t[TIME_TEXT];
    x->live_type = type;
    x->live_now = x->now;
    x->live_at = hit.pos;
    explorer_select_slot(x, hit.span, hit.slot);
    explorer_say(x, ROLE_TEXT, "live object, made at %s; Enter: an older one, < > its life", time_text(hit.t, t));
}
