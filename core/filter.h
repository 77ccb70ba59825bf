/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * filter.h - the filter language: which rows, events or spans a person wants. Public, beside core.h.
 *
 *   type~map size>=1k live p=2 gc=7 span.free>50% age>3gc
 *
 * Terms side by side must all hold; `or`, `not` (also | and !) and parentheses as usual. A term is
 *
 *   FIELD OP VALUE[,VALUE]...    = != < <= > >=, and for texts ~ !~ (holds this part, whatever its case);
 *                                = takes * for any letters; 3..7 is a range; ? is what isn't known
 *   FIELD                        alone: yes; for numbers: not 0
 *   WORD                         in the default text of what is asked
 *
 * Numbers may end in k, M, G: 1024 based for bytes, 1000 for counts; % is a part of a whole. Durations want a unit; an
 * age may be told in GC cycles (3gc). Times are TIMEs as everywhere. What isn't known is neither equal nor different:
 * a term about it doesn't hold, and neither does its contrary.
 *
 *   filter_read.c    the words to terms
 *   filter_value.c   what is behind an operator
 *   filter.c         whether something matches
 *   filter_fields.c  the fields of events and of spans
 *   filter_rows.c    --where: rows of commands
 *   find.c           all that matches in a reel
 */
#ifndef HEAPREEL_FILTER_H
#define HEAPREEL_FILTER_H

#include "core/core.h"

/* ------------------------------------------------------------------ what can be asked */

enum filter_kind {
    FILTER_ANY,     /* whatever the value turns out to be */
    FILTER_NUMBER,  /* by its unit */
    FILTER_TEXT,    /* */
    FILTER_FLAG,    /* yes or no */
    FILTER_ADDRESS, /* = holds where the value's `size` bytes hold the address */
    FILTER_AGE      /* ns, or GC cycles */
};

struct filter_field {
    const char *name;
    uint8_t kind; /* enum filter_kind */
    uint8_t unit; /* enum unit */
    const char *about;
    const char *const *values; /* all there are, NULL at the end; NULL: any */
};

/* Something that filters are asked of: its fields. All but `fields` may be 0. */
struct filter_domain {
    const struct filter_field *fields;
    size_t n;
    unsigned words[2]; /* fields that a bare word is looked for in */
    size_t nwords;
    /*
     * Values may be written as machine-readable output has them: times and durations without a unit are ns, null is
     * what isn't known; and blanks may stand round operators, none before && and ||. For --fail-if.
     */
    bool exact;
};

/* The value of a field, as it is asked for. */
struct filter_value {
    struct value v;
    uint64_t whole;  /* what 100% is; 0: it is no part of anything */
    uint64_t size;   /* of an address: the bytes from it on */
    uint64_t cycles; /* of an age */
    uint32_t same;   /* texts: the same number is always the same text, 0: not numbered; small */
};

typedef struct filter filter;
enum { FILTER_WHY = 200, FILTER_LENGTH_MAX = 2000 };

/*
 * Read a filter; `r` (NULL: none) reads TIMEs and addresses. NULL with a line in `why` where it is none. The domain
 * must outlive it. Free with filter_free.
 */
filter *filter_parse(const struct filter_domain *d, const reel *r, const char *expr, char why[FILTER_WHY]);
void filter_free(filter **f);
/* Whether `expr` means to be a filter: a known field with an operator is in it. A plain text to look for is none. */
bool filter_intended(const struct filter_domain *d, const char *expr);

enum filter_answer { FILTER_NO, FILTER_YES, FILTER_UNKNOWN };
typedef void (*filter_get)(void *arg, unsigned field, struct filter_value *out);
enum filter_answer filter_eval(filter *f, filter_get get, void *arg);
/* Whether any term asks for a field. */
bool filter_asks(const filter *f, unsigned field);

/*
 * What may stand at the end of `line`: calls add(arg, word) for each field, or each value of the field before it. Words
 * are whole: they replace the line's last word.
 */
void filter_complete(const struct filter_domain *d, const char *line, void (*add)(void *arg, const char *word),
                     void *arg);

/* ------------------------------------------------------------------ spans in a frame */

extern const struct filter_domain filter_spans;
/* Whether a span in use matches a filter of filter_spans. `t` is the frame's instant. */
bool filter_span(filter *f, reel *r, const frame *fr, int64_t t, uint32_t span);

/* ------------------------------------------------------------------ one event */

/*
 * Whether a fact matches a filter of filter_events, seen from the instant t of a frame. `at` is the position before the
 * fact; `live`: whether the object that it made is there at the instant.
 */
bool filter_event(filter *f, reel *r, const frame *fr, int64_t t, const struct fact *fact, uint64_t at,
                  enum known live);

/* ------------------------------------------------------------------ rows of commands */

/* A filter of the rows of a command, made once its columns are known. */
typedef struct row_filter row_filter;
/* NULL with a line in `why`. `exact` as in the domain. The columns' names must outlive it. */
row_filter *row_filter_new(const reel *r, const char *expr, bool exact, const struct result_column *cols, size_t ncols,
                           char why[FILTER_WHY]);
void row_filter_free(row_filter **f);
/* Whether a row matches: values as a sink gets them. */
bool row_filter_match(row_filter *f, const struct value *v, const char *const *names, const struct value *extra,
                      size_t nextra);
/* Whether the filter asks for a column. */
bool row_filter_asks(const row_filter *f, size_t col);

/* A sink that hands on the rows that match; `out` and `expr` must outlive it. NULL: out of memory. */
struct sink *filter_sink_new(struct sink *out, const reel *r, const char *expr);
void filter_sink_free(struct sink **s);
/* NULL, or what was wrong with the filter: set once `begin` has seen the columns. */
const char *filter_sink_error(const struct sink *s);

/* ------------------------------------------------------------------ everything in a reel that matches */

/* Events and annotations: the fields of a search. */
extern const struct filter_domain filter_events;

/*
 * A finder looks through all facts and annotations, a slice at a time, and remembers what matches: one bit for each
 * fact. What depends on an instant (live, age, span. fields) is as it was at the instant given at the start.
 */
typedef struct finder finder;

/* `what` as for search_parse, or a filter of filter_events. NULL with a line in `why`. Free with finder_free. */
finder *finder_new(reel *r, const char *what, int64_t t, uint64_t pos, char why[FILTER_WHY]);
/* All objects of one type (an index) that are live at the instant. */
finder *finder_new_live(reel *r, uint32_t type, int64_t t, uint64_t pos, char why[FILTER_WHY]);
void finder_free(finder **f);

/* Look on for about budget_ns (0: to the end of what is loaded), first where finder_next had to wait. True while there
 * is more. */
bool finder_work(finder *f, int64_t budget_ns);
/* How much of what is loaded has been looked through, 0 to 1. */
double finder_share(const finder *f);
/* Matches found up to now. */
uint64_t finder_count(const finder *f);
/* Matches at or before a position and time: which one of finder_count a hit is. Good once all has been looked through.
 */
uint64_t finder_rank(finder *f, int64_t t, uint64_t pos);

/* The next (or previous) match after (before) pos and t: 1 found, 0 there is none, -1 that isn't known yet. */
int finder_next(finder *f, bool back, int64_t t, uint64_t pos, struct search_hit *hit);
/* How many matches there are in each of n equal parts of [from, to), for marks on a timeline. */
void finder_marks(finder *f, int64_t from, int64_t to, uint32_t *counts, size_t n);
/* Only an address is looked for: it; false otherwise. */
bool finder_address(const finder *f, uint64_t *addr);

#endif
