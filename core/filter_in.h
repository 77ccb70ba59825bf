/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * filter_in.h - a filter as it is kept: terms and how they hang together. For the filter files of core/ only.
 *
 * Nodes refer to nodes before them only, so that walking them ends; their number and depth are bounded.
 */
#ifndef HEAPREEL_FILTER_IN_H
#define HEAPREEL_FILTER_IN_H

#include "core/filter.h"

enum { NODES_MAX = 256, DEPTH_MAX = 64, VALUES_MAX = 32, MEMO_MAX = 1 << 20 };

enum node_kind { NODE_AND, NODE_OR, NODE_NOT, NODE_TERM };
enum compare { CMP_EQ, CMP_NE, CMP_LT, CMP_LE, CMP_GT, CMP_GE, CMP_HAS, CMP_HASNT, CMP_LIMIT };

/* One value behind an operator, in all the forms that it can be read in. */
struct operand {
    char *words; /* as written */
    bool number; /* from and to are set: one number where they are equal */
    bool part;   /* they are per cent */
    bool cycles; /* they are GC cycles */
    bool flag, yes;
    bool unknown; /* ? */
    bool address;
    uint64_t addr;
    long double from, to;
};

struct term {
    uint16_t field;
    uint8_t cmp; /* enum compare */
    bool bare;   /* the field's name alone */
    uint16_t nvalues;
    struct operand *values;
    uint8_t *memo; /* by filter_value.same: 0 not asked yet, 1 no, 2 yes */
    uint32_t nmemo;
};

struct node {
    uint8_t kind; /* enum node_kind */
    uint16_t a, b;
};

struct filter {
    const struct filter_domain *domain;
    struct node node[NODES_MAX];
    struct term term[NODES_MAX];
    uint16_t nnodes, nterms;
    uint16_t root;
};

/* Read one value of a field (filter_value.c). False with a line in why; *out holds words to be freed all the same. */
bool operand_read(const struct filter_domain *d, unsigned field, const reel *r, enum compare cmp, const char *words,
                  bool quoted, struct operand *out, char why[FILTER_WHY]);

/* What a filter of filter_events is asked of: a fact or an annotation, seen from an instant. */
struct filter_event {
    reel *r;
    const frame *frame; /* at the instant; NULL where no field needs it */
    int64_t t;          /* the instant, */
    uint64_t pos;       /* its position, */
    uint32_t gc;        /* and its GC cycle */
    const struct fact *fact;
    const struct note *note; /* one of both is NULL */
    uint64_t at;             /* position before the fact */
    enum known live;         /* the object that the fact made is there at the instant */
};
enum { EVENT_LIVE = 0, EVENT_AGE = 1 }; /* fields that callers ask filter_asks about; span. fields come last */
bool filter_asks_frame(const filter *f);
void filter_event_get(void *event, unsigned field, struct filter_value *out);

/* What a field takes, in words. */
void filter_field_takes(const struct filter_field *f, char *dst, size_t cap);

/* The field of a name, SIZE_MAX none. "span." may be left out where no other field has the name. */
size_t filter_field_find(const struct filter_domain *d, const char *name, size_t len);

#endif
