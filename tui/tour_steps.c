/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tour_steps.c - the steps of the tour, about the sample: a program that fills a map with 3000 records, deletes every
 * key, and does so again. Keys are not in the words: they are those of the key table.
 */
#include "core/core.h"
#include "tui/map.h"
#include "tui/tour.h"

#include <string.h>

static bool at_start(const struct tour *t, const struct tour_state *now) {
    (void)t;
    return now->t == 0;
}

static bool three_cycles(const struct tour *t, const struct tour_state *now) {
    return t->pressed[ACT_CYCLE_NEXT] >= 3 && now->gc != t->begun.gc;
}

static bool other_phase(const struct tour *t, const struct tour_state *now) {
    return t->pressed[ACT_PHASE_NEXT] + t->pressed[ACT_PHASE_PREV] >= 2 && now->t != t->begun.t;
}

static bool zoomed(const struct tour *t, const struct tour_state *now) {
    (void)now;
    return t->pressed[ACT_ZOOM_IN] >= 2 && t->pressed[ACT_ZOOM_ALL] >= 1;
}

static bool map_by_list(const struct tour *t, const struct tour_state *now) {
    (void)t;
    return now->focus == PANE_MAP && now->colour == COLOUR_LIST;
}

static bool there_and_back(const struct tour *t, const struct tour_state *now) {
    return t->pressed[ACT_PAGE] > 0 && t->pressed[ACT_BACK] > 0 && now->page == LINK_NONE;
}

static bool asked_what(const struct tour *t, const struct tour_state *now) {
    return t->pressed[ACT_WHAT] > 0 && !now->pager;
}

static bool found(const struct tour *t, const struct tour_state *now) {
    return t->pressed[ACT_SEARCH] > 0 && now->found;
}

static bool bucket_steps(const struct tour *t, const struct tour_state *now) {
    return t->pressed[ACT_BUCKET_NEXT] + t->pressed[ACT_BUCKET_PREV] >= 2 && now->t != t->begun.t;
}

static bool on_and_off(const struct tour *t, const struct tour_state *now) {
    return t->pressed[ACT_FILTER] >= 2 && !now->filtered;
}

static bool compared(const struct tour *t, const struct tour_state *now) {
    return now->marked && t->pressed[ACT_CYCLE_NEXT] > 0 && t->pressed[ACT_CHANGES] > 0 && now->page == LINK_NONE;
}

static bool film_over(const struct tour *t, const struct tour_state *now) {
    return t->pressed[ACT_PLAY] + t->pressed[ACT_PLAY_BACK] >= 2 && !now->playing;
}

static bool reported(const struct tour *t, const struct tour_state *now) {
    (void)t;
    return now->page == LINK_REPORT;
}

static bool saved(const struct tour *t, const struct tour_state *now) {
    (void)now;
    return t->pressed[ACT_WRITE] > 0;
}

static bool never(const struct tour *t, const struct tour_state *now) {
    (void)t;
    (void)now;
    return false;
}

static const struct tour_step steps[] = {
    {"the timeline",
     "A Go program fills a map with 3000 records, deletes every key, and does so again. The timeline shows its heap; "
     "the bright column is the cursor, and all panes show the heap at that instant. Press $1 for the start.",
     PANE_TIMELINE,
     {ACT_START},
     at_start},
    {"GC cycles",
     "$1 goes to the next GC cycle, $2 back; the header says where you are. Go through three cycles, and watch the "
     "panes follow.",
     PANE_TIMELINE,
     {ACT_CYCLE_NEXT, ACT_CYCLE_PREV},
     three_cycles},
    {"phases",
     "A cycle finds what is reachable (mark), then frees the rest, span by span (sweep). $1 goes to the next change of "
     "phase, $2 back. Press two of them.",
     PANE_TIMELINE,
     {ACT_PHASE_NEXT, ACT_PHASE_PREV},
     other_phase},
    {"zoom",
     "$1 shows a shorter stretch of time about the cursor, down to nanoseconds, $2 a longer one, $3 all; no spike ever "
     "gets lost. Zoom in twice, then show all.",
     PANE_TIMELINE,
     {ACT_ZOOM_IN, ACT_ZOOM_OUT, ACT_ZOOM_ALL},
     zoomed},
    {"the heap map",
     "The map shows the heap's pages: the denser, the fuller. Press $1 until it is in focus; arrows go from span to "
     "span. $2 colours it by other things: press it until it shows lists (n and e: mcentral's nonempty and empty; "
     "capitals: not swept yet; digits: mcaches).",
     PANE_MAP,
     {ACT_FOCUS_NEXT, ACT_COLOUR_NEXT},
     map_by_list},
    {"the page of a span",
     "Everything has a page: what it is, where it is and why, its history, its neighbours. $1 opens that of the "
     "selected span; there $2 goes from link to link, $3 follows one, and $4 comes back. Open it, and come back.",
     PANE_SPAN,
     {ACT_PAGE, ACT_FOCUS_NEXT, ACT_ENTER, ACT_BACK},
     there_and_back},
    {"what is this?",
     "$1 explains the words and numbers that are on the screen, wherever you are. Press it, read, and close it with "
     "$2.",
     PANE_MAP,
     {ACT_WHAT, ACT_QUIT},
     asked_what},
    {"search",
     "$1 finds types, addresses, annotations. Press it, type main.rec (the records of the map) and Enter. $2 goes to "
     "the next match; matches are marked on the timeline's axis.",
     PANE_BUCKET,
     {ACT_SEARCH, ACT_SEARCH_NEXT},
     found},
    {"the life of a bucket",
     "The bucket pane shows the whole life of the slot that was found: allocated, freed by a sweep, used again. $1 and "
     "$2 step through it, and time goes along. Press two of them.",
     PANE_BUCKET,
     {ACT_BUCKET_NEXT, ACT_BUCKET_PREV},
     bucket_steps},
    {"a filter",
     "$1 narrows lists and map. Press it, type free>50% and Enter: only spans and classes that are more than half "
     "empty are left, and titles say so. Then $1 again, empty the line (Ctrl-U) and Enter.",
     PANE_CENTRAL,
     {ACT_FILTER},
     on_and_off},
    {"marks",
     "$1 sets mark A here: from now on panes show what has changed since. Set it, and go on a GC cycle with $2. $3 "
     "opens a page of all changes; come back from it with $4.",
     PANE_TYPES,
     {ACT_MARK, ACT_CYCLE_NEXT, ACT_CHANGES, ACT_BACK},
     compared},
    {"the film",
     "$1 plays the film; $1 again stops it, $2 and $3 change its speed. Play it, and stop it.",
     PANE_TIMELINE,
     {ACT_PLAY, ACT_FASTER, ACT_SLOWER},
     film_over},
    {"reports",
     "$1 lists some twenty questions about memory; Enter asks one. Or $2 for a command: type leaks and Enter. What "
     "survived cycle after cycle? Its rows lead on, and $3 comes back.",
     PANE_TIMELINE,
     {ACT_REPORTS, ACT_PROMPT, ACT_BACK},
     reported},
    {"keeping",
     "$1 saves what is open: a name with .txt, .svg or .html says how. Press it; Esc closes the prompt. Bookmarks "
     "($2), marks and where you were are kept for each trace.",
     PANE_TIMELINE,
     {ACT_WRITE, ACT_BOOKMARK},
     saved},
    {"the end",
     "$1 shows all keys, and its glossary all words. Now for a trace of your own: GODEBUG=traceallocfree=1, and "
     "runtime/trace as usual. $2 ends the tour, $3 leaves heapreel.",
     PANE_TIMELINE,
     {ACT_HELP, ACT_TOUR_END, ACT_QUIT},
     never},
};

int tour_steps(const struct tour_step **out) {
    *out = steps;
    return (int)(sizeof steps / sizeof *steps);
}
