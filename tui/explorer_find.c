/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * explorer_find.c - search from the cursor on, round the end of the trace, until found or stopped.
 *
 * A finder looks through the trace in slices (explorer_find_work), on the screen between two looks at the keyboard:
 * first until the match that the person waits for is known, then on, so that all matches are counted and can be marked.
 * Where `slices` isn't set everything is done at once.
 */
#include "tui/explorer.h"
#include "tui/keys.h"

#include <stdlib.h>
#include <string.h>

static const struct cursor first = {.t = -1, .pos = 0}, last = {.t = INT64_MAX, .pos = NO_POS - 1};

static void arrive_live(struct explorer *x, const struct search_hit *hit) {
    char t[TIME_TEXT], other[KEY_NAME], back[KEY_NAME], next[KEY_NAME];
    x->live_at = hit->pos;
    if (hit->span != NO_ID)
        explorer_select_slot(x, hit->span, hit->slot);
    explorer_say(x, ROLE_TEXT, "live object, made at %s; %s: an older one, %s %s its life", time_text(hit->t, t),
                 keys_for(ACT_OTHER, IN_TYPES, other), keys_for(ACT_BUCKET_PREV, IN_PANES, back),
                 keys_for(ACT_BUCKET_NEXT, IN_PANES, next));
}

static void arrive(struct explorer *x, const struct search_hit *hit) {
    struct find_wish w = x->wish;
    char words[200];
    x->wish.on = false;
    if (w.live) {
        arrive_live(x, hit);
        return;
    }
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
    explorer_say(x, w.wrapped ? ROLE_WARN : ROLE_TEXT, "%s%s",
                 !w.wrapped ? ""
                 : w.back   ? "from the end again: "
                            : "from the start again: ",
                 words);
}

static void give_up(struct explorer *x) {
    bool live = x->wish.live;
    char key[KEY_NAME];
    x->wish.on = false;
    if (live)
        explorer_say(x, ROLE_WARN, "no object of this type is live here; %s searches on",
                     keys_for(ACT_SEARCH_NEXT, IN_PANES, key));
    else
        explorer_say(x, ROLE_WARN, "%s: not in %s", x->search_text,
                     reel_info(x->reel)->done ? "this trace" : "what is loaded");
}

/* Whether the wish was fulfilled, or can't be. */
static bool settled(struct explorer *x) {
    struct search_hit hit;
    for (;;) {
        int got = finder_next(x->find, x->wish.back, x->wish.from.t, x->wish.from.pos, &hit);
        if (got < 0)
            return false;
        if (got > 0) {
            arrive(x, &hit);
            return true;
        }
        if (x->wish.wrapped) {
            give_up(x);
            return true;
        }
        x->wish.wrapped = true;
        x->wish.from = x->wish.back ? last : first;
    }
}

bool explorer_find_work(struct explorer *x, int64_t budget_ns) {
    if (!x->find || x->find_stopped)
        return false;
    if (x->wish.on && settled(x))
        return true;
    bool more = finder_share(x->find) < 1;
    more |= finder_work(x->find, budget_ns);
    if (x->wish.on)
        more |= !settled(x);
    return more;
}

void explorer_find_stop(struct explorer *x) {
    char key[KEY_NAME];
    if (x->wish.on)
        explorer_say(x, ROLE_WARN, "search for %s stopped: %s goes on", x->search_text,
                     keys_for(ACT_SEARCH_NEXT, IN_PANES, key));
    x->wish.on = false;
    x->find_stopped = true;
}

bool explorer_finding(const struct explorer *x) {
    return x->find && !x->find_stopped && x->wish.on;
}

static void wish(struct explorer *x, bool back, struct cursor from, bool live) {
    x->wish = (struct find_wish){.on = true, .back = back, .live = live, .from = from};
    x->find_stopped = false;
    if (settled(x) || x->slices)
        return;
    while (x->wish.on) {
        explorer_find_work(x, 20000000);
        if (x->stop && x->stop(x->stop_arg))
            explorer_find_stop(x);
    }
}

static bool take_finder(struct explorer *x, finder *f, const char *why) {
    if (!f) {
        explorer_say(x, ROLE_ERROR, "%s", why);
        return false;
    }
    finder_free(&x->find);
    x->find = f;
    x->find_live = NO_ID;
    x->hits_known = false;
    return true;
}

void explorer_find_next(struct explorer *x, bool back) {
    if (!x->find) {
        explorer_say(x, ROLE_WARN, "nothing is being searched: / starts a search");
        return;
    }
    wish(x, back, x->now, false);
}

bool explorer_find_quietly(struct explorer *x, const char *words) {
    char why[FILTER_WHY];
    if (!take_finder(x, finder_new(x->reel, words, x->now.t, x->now.pos, why), why))
        return false;
    snprintf(x->search_words, sizeof x->search_words, "%s", words);
    explorer_text(x, (text){.ptr = words, .len = strlen(words)}, x->search_text, sizeof x->search_text);
    return true;
}

bool explorer_find(struct explorer *x, const char *words, bool back) {
    uint64_t addr;
    if (!explorer_find_quietly(x, words))
        return false;
    if (finder_address(x->find, &addr))
        explorer_select(x, addr);
    explorer_find_next(x, back);
    return true;
}

void explorer_find_end(struct explorer *x) {
    finder_free(&x->find);
    x->wish.on = false;
    x->search_words[0] = '\0';
    x->hits_known = false;
}

void explorer_find_live(struct explorer *x, uint32_t type) {
    char why[FILTER_WHY];
    const struct heap_type *h = reel_type(x->reel, type);
    if (!h || h->name.len == 0) {
        explorer_say(x, ROLE_WARN, "the trace names no type for these objects");
        return;
    }
    struct cursor from = {.t = x->now.t, .pos = x->now.pos + 1};
    bool again = x->find && x->find_live == type && x->live_now.pos == x->now.pos && x->live_now.t == x->now.t;
    if (again)
        from.pos = x->live_at;
    else if (!take_finder(x, finder_new_live(x->reel, type, x->now.t, x->now.pos, why), why))
        return;
    x->find_live = type;
    x->live_now = x->now;
    x->search_words[0] = '\0';
    explorer_text(x, h->name, x->search_text, sizeof x->search_text);
    wish(x, true, from, true);
}

/* ------------------------------------------------------------------ what was found */

bool explorer_hits(struct explorer *x, char *dst, size_t cap) {
    char n[TIME_TEXT], k[TIME_TEXT];
    dst[0] = '\0';
    if (!x->find)
        return false;
    double share = finder_share(x->find);
    uint64_t all = finder_count(x->find), rank = finder_rank(x->find, x->now.t, x->now.pos);
    if (share >= 1)
        snprintf(dst, cap, "%s of %s found", count_text(rank, k), count_text(all, n));
    else
        snprintf(dst, cap, "%s found in %d %%%s", count_text(all, n), (int)(share * 100),
                 x->find_stopped ? ", stopped" : "");
    return true;
}

const uint32_t *explorer_hit_columns(struct explorer *x, int columns) {
    if (!x->find || columns < 1 || columns > HIT_COLUMNS_MAX)
        return NULL;
    uint64_t found = finder_count(x->find);
    bool same = x->hits_known && x->hits.n == columns && x->hits.found == found && x->hits.win.from == x->win.from &&
                x->hits.win.to == x->win.to;
    if (!same) {
        uint32_t *counts = realloc(x->hits.counts, (size_t)columns * sizeof *counts);
        if (!counts)
            return NULL;
        x->hits.counts = counts;
        x->hits.n = columns;
        x->hits.found = found;
        x->hits.win = x->win;
        x->hits_known = true;
        finder_marks(x->find, x->win.from, x->win.to, counts, (size_t)columns);
    }
    return x->hits.counts;
}
