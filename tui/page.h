/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * page.h - a page about one thing: a span, a bucket, a type, a goroutine, a GC cycle, a span class. One mechanism for
 * all: a head of words and links, and below it a table whose rows lead on as well. Pages follow the cursor: stepping
 * through time changes what they say.
 *
 * A new page is one file with a const struct page_ops, and a line in page.c.
 */
#ifndef HEAPREEL_PAGE_H
#define HEAPREEL_PAGE_H

#include "tui/doc.h"
#include "tui/explorer.h"
#include "tui/rows.h"
#include "tui/view.h"
#include "tui/visits.h"

struct page;

struct page_ops {
    const char *name;
    size_t size;                  /* of data, zeroed when the page is opened */
    void (*open)(struct page *p); /* may be NULL; may set source and sort */
    void (*title)(struct page *p, char *dst, size_t cap);
    /* What is known of it at the cursor. Called for each picture, before rows are asked for. */
    void (*head)(struct page *p, struct doc *d, int width);
    /* The table; `arg` of its functions is the page. NULL: none */
    const struct rows_source *rows;
    int sort;                               /* its first column */
    unsigned wanted;                        /* bits of columns; 0: all */
    const char *(*caption)(struct page *p); /* over the table; may be NULL */
    uint64_t (*stamp)(struct page *p);      /* as for rows_renew; NULL: rows never change */
    uint64_t (*current)(struct page *p);    /* the row of now, ROWS_NONE; may be NULL */
    struct link (*follow)(struct page *p, uint64_t id);
    const char *const *words;     /* of the glossary, NULL at the end: what it shows beside labels and columns */
    bool (*work)(struct page *p); /* long work in slices: true if something was done; may be NULL */
    void (*done)(struct page *p); /* free what data holds; may be NULL */
};

struct page {
    const struct page_ops *ops; /* NULL: no page is open */
    struct explorer *x;
    struct link link;
    void *data;
    struct doc doc;
    const struct rows_source *source; /* its table, NULL: none now; at first that of ops */
    int sort;                         /* of ops at first */
    unsigned wanted;                  /* of ops at first; 0: all */
    struct rows rows;
    struct rows_order order; /* that rows get once there is a table */
    int least;               /* rows of the screen that the table gets at least, up to half of them; 0: as usual */
    int top;                 /* first line of the head in view */
    int head;                /* lines of the head in view, when last drawn */
    bool scrolled;           /* by the person: the chosen link may be out of view */
    int chosen;              /* link of the head, -1: the table has the focus */
    uint64_t seen;           /* row that was last the current one */
    bool placed;             /* chosen was set */
};

/* What pages of a kind are made of; NULL: there are none. */
const struct page_ops *page_ops_of(enum link_kind kind);
/* Open a page; what was open is closed. False: there is no such thing, or no memory: the old one stays. */
bool page_open(struct page *p, struct explorer *x, struct link to);
void page_close(struct page *p); /* also a closed one */
static inline bool page_is_open(const struct page *p) {
    return p->ops != NULL;
}

void page_title(struct page *p, char *dst, size_t cap);
void page_draw(struct page *p, const struct pen *pen);
bool page_work(struct page *p);

/* False: not an action of pages. *to: where the person wants to go, LINK_NONE nowhere. */
bool page_act(struct page *p, enum action a, struct link *to);
void page_click(struct page *p, int x, int y, bool again, struct link *to);
void page_wheel(struct page *p, int dir);

/* The row (or link) that is chosen and the order of the table, to come back to. */
struct page_place page_place(const struct page *p);
void page_go(struct page *p, const struct page_place *place);

/* ------------------------------------------------------------------ what pages share */

/* "span 0xc000..." as a link to its page; a dim word where id is NO_ID. */
void page_span_link(struct page *p, struct doc *d, uint32_t span, const char *none);
/* An instant as a link to it. */
void page_time_link(struct doc *d, int64_t t);
void page_go_link(struct page *p, struct doc *d, uint32_t g);
void page_type_link(struct page *p, struct doc *d, uint32_t type);
void page_cycle_link(struct page *p, struct doc *d, uint32_t gc);
/* "class 7 scan", "large noscan". Returns dst. */
char *page_class_name(uint32_t span_class, char *dst, size_t cap);
/* "P1" as a link to its page. */
void page_proc_link(struct doc *d, int32_t p);
/* A label of a line: "life   ". */
/* Where the trace has no alloc/free events: a line on that and how to record them. False: it has, or that isn't known
 * yet. */
bool page_missing(struct page *p, struct doc *d, int width);
/* Words that lead to the rows of a command line. */
void page_list(struct page *p, struct doc *d, const char *command, const char *words);
void page_label(struct doc *d, const char *words);

/* A line with a strip over the window of time, column by column from the left: how full, 0 .. 1; below 0: not there. */
void page_strip(struct page *p, struct doc *d, const char *label, int width,
                double (*share)(void *arg, int64_t from, int64_t to), void *arg);

/* ---- histories as a table (page_history.c): a row for each event, id = its index */
extern const struct rows_source page_history_rows;
struct page_history {
    struct history h;
    history_reader *reader; /* not NULL: it is still being read */
    bool made, bucket;      /* of a slot, not of a span */
    uint32_t span;          /* what it was made for */
    uint64_t addr, facts;
};
/* A page with a history has it at the begin of its data. */
void page_history_need(struct page *p, uint64_t addr, uint32_t span, bool bucket);
bool page_history_work(struct page *p);
uint64_t page_history_stamp(struct page *p);
uint64_t page_history_current(struct page *p);
struct link page_history_follow(struct page *p, uint64_t id);
void page_history_free(struct page *p);

#endif
