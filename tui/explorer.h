/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * explorer.h - what the person is looking at: the instant, the stretch of time, the selected bucket, mark A, the
 * search. It drives a reel and one frame, and knows nothing of screens.
 *
 *   explorer.c         life, loading, the cursor and the window
 *   explorer_step.c    steps by cycle, phase, event, annotation, column, and along the bucket
 *   explorer_select.c  the selected bucket: its span, its history
 *   explorer_hole.c    pages that no span uses
 *   explorer_mark.c    marks A and B, and what changed since A
 *   explorer_film.c    the film: playing at a chosen speed
 *   explorer_find.c    search
 *   explorer_narrow.c  the filter of lists and map
 *   explorer_words.c   all this in words
 *
 * Invariants: the frame stands at now.pos; now.t is within the loaded trace; several facts may share a time, so the
 * cursor is a time and a position. A selection is an address, which outlives the span that holds it.
 */
#ifndef HEAPREEL_EXPLORER_H
#define HEAPREEL_EXPLORER_H

#include "core/core.h"
#include "core/filter.h"
#include "tui/link.h"
#include "tui/panes.h"
#include "tui/theme.h"
#include "tui/timescale.h"

struct cursor {
    int64_t t;
    uint64_t pos;
};

/* A span in use at a mark, and its objects then. */
struct marked_span {
    uint32_t span, live;
};

/* What a mark keeps: the instant, and what the heap was then. */
struct mark {
    bool set;
    struct cursor at;
    struct type_count *types;
    uint32_t n; /* types */
    struct central central[SPAN_CLASSES];
    struct totals totals;
    struct marked_span *spans; /* by id */
    size_t nspans;
};

/* The film: so many ns of the trace in a second, forwards or back. */
struct film {
    int dir;       /* 1, -1; 0: it stands */
    int64_t speed; /* ns a second; 0: not chosen yet */
    int64_t last;  /* wall time of the last picture, ns */
};

/* Rows of the timeline, in the order of the screen. */
enum timeline_row {
    ROW_HEAP,
    ROW_OBJECTS,
    ROW_SPANS,
    ROW_STACKS,
    ROW_PHASE,
    ROW_PROCS, /* one for each P, as far as there is room */
    ROW_STOPS,
    ROW_REGIONS,
    ROW_NOTES,
    ROW_BOOKMARKS,
    ROW_SPAN,
    ROW_BUCKET,
    TIMELINE_ROWS
};

/* Bits of enum timeline_row: what is on to begin with. */
enum { TIMELINE_USUAL = 1 << ROW_HEAP | 1 << ROW_PHASE | 1 << ROW_PROCS | 1 << ROW_STOPS | 1 << ROW_NOTES };

/* The match that is to be gone to once it is known. */
struct find_wish {
    bool on, back, live, wrapped; /* live: select it, don't move */
    struct cursor from;
};

/* What the filter of lists and map narrows: what their rows are. */
enum narrow_kind {
    NARROW_SPANS,
    NARROW_TYPES,
    NARROW_CLASSES,
    NARROW_EVENTS,
    NARROW_CYCLES,
    NARROW_ANSWER,
    NARROW_KINDS
};

enum { HIT_COLUMNS_MAX = 4096 };
struct hit_columns {
    uint32_t *counts;
    int n;
    uint64_t found;
    struct window win;
};

struct answers;

struct explorer {
    reel *reel;
    frame *frame;
    const char *path;
    bool ascii; /* names from the trace in plain ASCII */

    struct cursor now;
    bool loaded;         /* to the end */
    bool follow;         /* the cursor stays at the end while the trace loads */
    const char *at_text; /* TIME to go to once it is loaded, NULL none */
    struct window win;
    bool whole;  /* the window is the whole trace and grows with it */
    int columns; /* of the timeline when last drawn: the width of a step */

    bool selected; /* addr is valid */
    bool picked;   /* the program chose it, for something to look at */
    uint64_t addr;
    uint32_t span, slot;     /* that hold addr at the cursor; NO_ID none */
    struct span_state state; /* of span */

    struct history bucket; /* of the selected slot */
    bool bucket_ready;
    uint32_t bucket_span; /* what bucket was made for */
    uint64_t bucket_addr;
    uint64_t bucket_facts;         /* loaded then */
    history_reader *bucket_reader; /* not NULL: it is still being read */

    struct history life; /* of the selected span, objects' events as well */
    uint32_t life_span;  /* that it was made for, NO_ID none */
    uint64_t life_facts; /* loaded then */

    uint32_t map_type; /* that the map shows when it shows a type; NO_ID: the one with most bytes */
    unsigned rows;     /* of the timeline that are on: bits of enum timeline_row */

    struct mark a, b;
    struct {
        bool on;
        int64_t from, to;
    } drawn;   /* the stretch of time that the mouse is being drawn over */
    bool diff; /* mark A is set, and what can be shown as the difference since then is */
    struct film film;

    finder *find;            /* what is searched, NULL nothing */
    struct find_wish wish;   /* the match that the person waits for */
    bool slices;             /* searches go on in explorer_find_work; else all is done at once */
    bool find_stopped;       /* by the person */
    char search_words[256];  /* as typed; "": live objects */
    char search_text[160];   /* for messages: harmless */
    struct hit_columns hits; /* matches by column of the timeline, where hits_known */
    bool hits_known;

    filter *narrow[NARROW_ANSWER];           /* NULL: everything is shown */
    row_filter *narrow_answer;               /* of the report that is open; NULL: all its rows are shown */
    const struct result_column *answer_cols; /* its columns, which the filter may ask; NULL: none is open */
    size_t answer_ncols;
    char narrow_words[256]; /* as typed, "" none */
    uint64_t narrow_stamp;  /* another one for each filter */

    uint32_t find_live;     /* the finder walks the live objects of this type, NO_ID: it doesn't */
    struct cursor live_now; /* at this instant */
    uint64_t live_at;       /* the last one's alloc */

    char message[256]; /* one line for the person, empty none */
    enum role message_role;
    enum pane want_focus; /* a view asks for the focus to move; PANES none */
    struct link want;     /* a view asks for a page to be opened; LINK_NONE none */

    struct answers *answers; /* of reports, see answers.h */

    bool waiting; /* the last explorer_load found that a pipe has no more for now */

    bool (*stop)(void *); /* asked during long work; true: give up */
    void *stop_arg;
};

/* Takes a reel that it doesn't own. False: out of memory. Free with explorer_free. */
bool explorer_init(struct explorer *x, reel *r, const char *path);
void explorer_free(struct explorer *x);

/* Load for about budget_ns (0: to the end). True while there is more; x->waiting: a pipe is still being written. */
bool explorer_load(struct explorer *x, int64_t budget_ns);

void explorer_say(struct explorer *x, enum role role, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* A number that changes with the cursor and mark A: what was made for another one is made anew. */
uint64_t explorer_stamp(const struct explorer *x);

/* ------------------------------------------------------------------ time */

int64_t explorer_end(const struct explorer *x);
/* To an instant: after all facts at or before t. False, having said so: these are lost, and it went as near as it can.
 */
bool explorer_go(struct explorer *x, int64_t t);
/* To right after a fact. */
void explorer_go_pos(struct explorer *x, uint64_t pos);
/* To right where a cursor stood. */
void explorer_go_cursor(struct explorer *x, struct cursor to);
/* The text is to be an address, "0x..." or "+0x...", and no time. */
bool explorer_is_address(const char *words);
/* TIME text of the command line and the prompt, or an address, which is selected; false with a message: neither. */
bool explorer_go_text(struct explorer *x, const char *text);

enum unit_of_step {
    STEP_CYCLE,
    STEP_PHASE,
    STEP_EVENT,
    STEP_NOTE,
    STEP_COLUMN,
    STEP_BUCKET,
    STEP_SPAN,
    STEP_TURN /* of the heap's curve, as coarse as the window shows it */
};
/* The trace has no objects: says so. */
bool explorer_lacks_objects(struct explorer *x);
/* n steps, back where negative. Says so where there is nothing further. */
void explorer_step(struct explorer *x, enum unit_of_step unit, int n);

/* To where the heap is highest in the window; from there to where it is lowest. */
void explorer_extreme(struct explorer *x);

void explorer_zoom(struct explorer *x, int num, int den);
void explorer_zoom_all(struct explorer *x);
/* The window shows from .. to, both included. */
void explorer_window(struct explorer *x, int64_t from, int64_t to);

/* ------------------------------------------------------------------ selection and marks */

void explorer_select(struct explorer *x, uint64_t addr);
void explorer_select_slot(struct explorer *x, uint32_t span, uint32_t slot);
/* The next span of a span class after the selected one, the first after the last. */
void explorer_select_class(struct explorer *x, uint32_t span_class);
/* The bucket that the event at the cursor touched. */
void explorer_select_event(struct explorer *x);
/* Ask for the page of the selected span (the last that was there), or of the GC cycle at the cursor. */
void explorer_want_span(struct explorer *x);
void explorer_want_cycle(struct explorer *x);
/* The selected bucket's history; NULL where there is none. */
const struct history *explorer_bucket(struct explorer *x);
/* The same; but it may be still being read: what is known of it. Goes on reading for a few ms. */
const struct history *explorer_bucket_now(struct explorer *x);
/* Whether it is. */
bool explorer_bucket_reading(const struct explorer *x);
/* The selected span's life; NULL where none is in use. */
const struct history *explorer_life(struct explorer *x);
/* The last row of a history at or before the cursor, -1 none. */
int explorer_bucket_row(const struct explorer *x, const struct history *h);

/* Bytes of a page; the page that what is selected begins in: its span, or where there is none its address. */
uint64_t explorer_page_size(const struct explorer *x);
uint64_t explorer_page(const struct explorer *x);
/* Pages from .. to - 1 that no span uses at the cursor, as many as lie together. */
struct hole {
    uint64_t from, to;
};
/* The stretch that a page lies in. False: it is in use, or beyond all that heap spans ever used. */
bool explorer_hole(const struct explorer *x, uint64_t page, struct hole *out);
/* The largest stretch, or the next one after `after`: smaller, or as large and higher. False: there is none. */
bool explorer_next_hole(const struct explorer *x, const struct hole *after, struct hole *out);
/* "1 234 free pages (9.6 MB) up to 0x...". Returns dst. */
char *explorer_say_hole(const struct explorer *x, struct hole h, char *dst, size_t cap);
/* The last span in use that begins before a page, NO_ID none. */
uint32_t explorer_span_before(const struct explorer *x, uint64_t page);

enum which_mark { MARK_A, MARK_B };
/* Set a mark at the cursor; where it stands there already, take it away. */
void explorer_mark(struct explorer *x, enum which_mark which);
/* Set a mark anywhere, without a word. False: out of memory. */
bool explorer_mark_set(struct explorer *x, enum which_mark which, struct cursor at);
/* To a mark; from mark A to B, where that is set. */
void explorer_mark_jump(struct explorer *x);
/* Show the difference since A, or what is. */
void explorer_mark_diff(struct explorer *x);
/* The window shows what lies between the marks, or between A and the cursor. */
void explorer_mark_zoom(struct explorer *x);
void explorer_mark_free(struct mark *m);
/* Objects in a span at mark A; false: it was not in use then. */
bool explorer_marked(const struct explorer *x, uint32_t span, uint32_t *live);

/* ------------------------------------------------------------------ the film */

/* Play forwards (1) or back (-1); stop it where it plays so. */
void explorer_play(struct explorer *x, int dir);
/* Twice as fast, half as fast, about: 1, 2, 5, 10 ... */
void explorer_play_speed(struct explorer *x, int by);
/* Move on to where the film is at wall time `now` (ns). True while it plays. */
bool explorer_film(struct explorer *x, int64_t now);
#define FILM_SPEED_MAX INT64_C(1000000000000)
/* The next speed up or down of the row 1, 2, 5, 10, 20 ... ns a second. */
int64_t film_speed_step(int64_t speed, int by);

/* ------------------------------------------------------------------ search */

/* Start a search from text: plain words or a filter (filter.h). False with a message where the text is none. */
bool explorer_find(struct explorer *x, const char *text, bool back);
/* Select the newest live object of a type at the cursor; called again, the next older one. */
void explorer_find_live(struct explorer *x, uint32_t type);
void explorer_find_next(struct explorer *x, bool back);
/* The same without going anywhere. */
bool explorer_find_quietly(struct explorer *x, const char *text);
/* Go on searching for about budget_ns. True while there is more to do. */
bool explorer_find_work(struct explorer *x, int64_t budget_ns);
/* The person waits for a match. */
bool explorer_finding(const struct explorer *x);
void explorer_find_stop(struct explorer *x);
/* Forget what was searched. */
void explorer_find_end(struct explorer *x);
/* How many matches there are, and which one is at the cursor, in words. False: nothing is searched. */
bool explorer_hits(struct explorer *x, char *dst, size_t cap);
/* Matches in each of n columns of the window, for marks; NULL: none. Good until the next call. */
const uint32_t *explorer_hit_columns(struct explorer *x, int n);

/* ------------------------------------------------------------------ the filter of lists and map */

/* Show only what matches; "": everything. False with a message where no list has the fields that it names. */
bool explorer_narrow(struct explorer *x, const char *words);
void explorer_narrow_end(struct explorer *x);
/* A report is open: the filter is about its columns, too. They must outlive it; NULL: it is closed. */
void explorer_narrow_columns(struct explorer *x, const struct result_column *cols, size_t ncols);
/* Whether the filter narrows rows of a kind. */
bool explorer_narrows(const struct explorer *x, enum narrow_kind kind);
bool explorer_span_wanted(const struct explorer *x, uint32_t span);
bool explorer_type_wanted(const struct explorer *x, uint32_t type);
bool explorer_class_wanted(const struct explorer *x, uint32_t span_class);
bool explorer_cycle_wanted(const struct explorer *x, size_t cycle);
/* A row of the report that is open: its values. */
bool explorer_answer_wanted(const struct explorer *x, const struct value *row);
/* An event: a row of a history, or the one that made an object; `live`: whether that is there at the cursor. */
bool explorer_event_wanted(const struct explorer *x, const struct fact *f, uint64_t at, enum known live);
/*
 * "only free>50%: 12 of 467" for a title, or that the filter can't narrow this; "" where there is none. `shown`
 * UINT64_MAX: not counted. Returns dst.
 */
char *explorer_say_narrow(const struct explorer *x, enum narrow_kind kind, uint64_t shown, uint64_t all, char *dst,
                          size_t cap);
/* What each of them can be asked, but for reports: they bring their own columns. For completion. */
extern const struct filter_domain *const narrow_domains[NARROW_ANSWER];

/* ------------------------------------------------------------------ words */

/* A text of the trace made harmless for this screen. Returns dst. */
char *explorer_text(const struct explorer *x, text t, char *dst, size_t cap);
/* A type's name, "(no type)" for type 0. Returns dst. */
char *explorer_type(const struct explorer *x, uint32_t type, char *dst, size_t cap);
/* An annotation in a few words: its message, or its name. Returns dst. */
char *explorer_note(const struct explorer *x, const struct note *n, char *dst, size_t cap);
/* What is at the selected address at the cursor: "0x...: slot 3 of span 0x..., class 5 scan, live". Returns dst. */
char *explorer_say_selected(const struct explorer *x, char *dst, size_t cap);
/* What a span is, in words; and where it is. Return dst. */
char *explorer_say_span(const struct span *s, char *dst, size_t cap);
char *explorer_say_place(const struct span_state *st, char *dst, size_t cap);
/* A change in words, "+1.2 MB", "-3", "0", and its colour. */
enum role explorer_change(int64_t by, bool bytes, char *dst, size_t cap);
/* One fact in words, "" at pos 0. Returns dst. */
char *explorer_fact(struct explorer *x, uint64_t pos, char *dst, size_t cap);

#endif
