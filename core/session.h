/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * session.h - what a person leaves with a trace: bookmarks, marks, where they were looking. Public, beside core.h.
 *
 * A session is kept in $XDG_STATE_HOME/heapreel/sessions (~/.local/state where that isn't set), in one file for each
 * trace: a CBOR map (RFC 8949), written whole or not at all. A trace is known by its bytes (length, beginning, end), so
 * that its session comes back when it was moved or copied. What is damaged, or comes from elsewhere, is left aside.
 */
#ifndef HEAPREEL_SESSION_H
#define HEAPREEL_SESSION_H

#include "core/core.h"

enum {
    BOOKMARK_NAME = 32,
    BOOKMARK_NOTE = 200,
    BOOKMARKS_MAX = 10000,
    SESSION_TEXT = 256,
    SESSION_WORD = 32,
    SESSION_PANES = 24,
    SESSION_VISITS = 128
};

struct bookmark {
    char name[BOOKMARK_NAME]; /* letters, digits, - and _ */
    int64_t t;
    uint64_t pos;             /* facts before it: several share a time */
    char note[BOOKMARK_NOTE]; /* raw bytes of the person's; "": none */
};

/* In order of time, then of name; names are unique. */
struct bookmarks {
    struct bookmark *at;
    size_t n, cap;
};

/* A name for a bookmark: not empty, short, of the letters above. */
bool bookmark_name_ok(const char *name);
/* Set one; the same name moves. False: no such name can be, too many, or out of memory. */
bool bookmarks_set(struct bookmarks *b, const char *name, int64_t t, uint64_t pos, const char *note);
bool bookmarks_drop(struct bookmarks *b, const char *name);
const struct bookmark *bookmarks_find(const struct bookmarks *b, const char *name);
void bookmarks_free(struct bookmarks *b);

/*
 * @name in TIMEs (when_parse) means these from now on; NULL: none. They must outlive the reel, or be taken away.
 */
void reel_use_bookmarks(reel *r, const struct bookmarks *b);
/* Those in use; NULL: none. */
const struct bookmarks *reel_bookmarks(const reel *r);

struct session_place {
    bool set;
    int64_t t;
    uint64_t pos;
};

/* A page that was open, or the panes (kind ""): where the person was. */
struct session_visit {
    char kind[SESSION_WORD]; /* of the page: "span", "type" ... */
    uint64_t id;             /* what it is about, as that kind counts */
    struct session_place at;
    uint8_t focus;
    bool selected;
    uint64_t addr;
    uint64_t row;              /* UINT64_MAX none */
    char line[SESSION_TEXT];   /* of a report: the command; id is the instant at which it was asked */
    char column[SESSION_WORD]; /* that the page's table is sorted by, "": the usual one */
    bool turned;               /* the other way round */
};

struct session {
    struct bookmarks bookmarks;
    struct session_place cursor, a, b;
    bool window_set, whole;
    int64_t window[2];
    bool selected;
    uint64_t addr;
    char focus[SESSION_TEXT], zoomed[SESSION_TEXT]; /* names of panes, "" none */
    char filter[SESSION_TEXT], search[SESSION_TEXT];
    struct session_sort {
        char pane[SESSION_TEXT];
        char column[SESSION_TEXT];
        bool turned;
    } sort[SESSION_PANES];
    size_t nsorts;
    char rows[SESSION_TEXT];   /* names of the timeline's rows that are on, blanks between; "" as not said */
    char colour[SESSION_WORD]; /* of the map */
    bool scale_set;
    int scale;                                   /* of the map, from -1 (slots) on */
    struct session_visit page;                   /* kind "": the panes */
    struct session_visit visits[SESSION_VISITS]; /* back and forward */
    size_t nvisits, visit;                       /* so many of them lie behind */
};

/* The file for a trace's session; NULL where there is none: no home, or the trace is no regular file. Free it. */
char *session_path(const char *file);
/* Read a session. False: there is none (why is ""), or it can't be used, with a line in why. *out is set either way. */
bool session_read(const char *path, struct session *out, char why[256]);
/* False with the reason in why, and the folder behind it: "Permission denied (/home/...)". */
bool session_write(const char *path, const struct session *s, char why[256]);
void session_free(struct session *s);

/*
 * A view (all but bookmarks and the pages before) as one word, and back. False: it is none. What doesn't fit into `cap`
 * is left out, part by part; SESSION_VIEW is room enough for all.
 */
enum { SESSION_VIEW = 16 * SESSION_TEXT };
void session_to_text(const struct session *s, char *dst, size_t cap);
bool session_from_text(const char *text, struct session *out);

/* $XDG_STATE_HOME/heapreel, without what follows it; NULL: nowhere. Free it. */
char *session_folder(void);

#endif
