/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * answers.h - what reports answer, for pages to show: a question is a command line and the instant at which it was
 * asked; its answer is computed in turns (task.h), and the last few are kept, so that coming back to one costs nothing.
 * Knows no screen.
 *
 * While a report runs the reel must not grow: whoever loads waits until answers_running says no.
 */
#ifndef HEAPREEL_ANSWERS_H
#define HEAPREEL_ANSWERS_H

#include "core/core.h"
#include "tui/link.h"

enum answer_state { ANSWER_RUNNING, ANSWER_DONE, ANSWER_FAILED };

struct answer {
    const char *line; /* the command, as it was asked for */
    const struct command *command;
    int64_t now;    /* where the cursor stood */
    uint64_t facts; /* loaded then: what it is about */
    enum answer_state state;
    double share;               /* done, 0 to 1 */
    struct result_column *cols; /* names and texts are the answer's own */
    size_t ncols, nrows;
    struct value *values; /* ncols for each row; texts are the answer's own */
    bool cut;             /* there were more rows than are kept */
    char **notes;         /* what text output says behind the rows, a line each */
    size_t nnotes;
    char error[256]; /* where it failed */
    char damage[512];
    char warning[160];
};

/* What rows are kept: so many values in all, 24 bytes each. */
enum { ANSWER_VALUES = 1 << 20 };

struct answers;

/* Takes a reel that it doesn't own; *ascii: words in plain ASCII. NULL: out of memory. Free with answers_free. */
struct answers *answers_new(reel *r, const bool *ascii);
void answers_free(struct answers **a);

/* The number of a question, the same for the same one. False: out of memory. */
bool answers_ask(struct answers *a, const char *line, int64_t now, uint64_t *number);
/* What was asked, and when; NULL: no such number. */
const char *answers_question(const struct answers *a, uint64_t number, int64_t *now);
/* Its answer; where it isn't kept it begins anew, and what else was running is given up. NULL: out of memory. */
struct answer *answers_get(struct answers *a, uint64_t number);
/* Go on with an answer for about budget_ns, 0: to its end. True while there is more. */
bool answers_work(struct answers *a, struct answer *x, int64_t budget_ns);
bool answers_running(const struct answers *a);
/* Give up what is running; its state becomes ANSWER_FAILED. */
void answers_stop(struct answers *a);

/*
 * Links to answers. The id of a LINK_REPORT is the number of a question, or a question with a change: what a row is
 * (which of command->by), or asked again at the cursor.
 */
struct link answer_link(uint64_t number);
struct link answer_link_by(uint64_t number, size_t by);
struct link answer_link_again(uint64_t number);
/* A link without a change: for one with it the question is asked. LINK_NONE: out of memory. */
struct link answers_settle(struct answers *a, struct link to, int64_t now);
static inline uint64_t answer_number(struct link to) {
    return to.id & UINT32_MAX;
}

/* Which of command->by the line asks for. */
size_t answer_by(const struct answer *x);

/* What the value of a row leads to; LINK_NONE: nothing. */
struct link answer_leads(const struct answer *x, const reel *r, size_t row, size_t col);
/* What a row is about first of all. */
struct link answer_follow(const struct answer *x, const reel *r, size_t row);

#endif
