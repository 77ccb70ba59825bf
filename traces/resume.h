/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * resume.h - headers of batches, and where one seems to stand after damage. Traces of Go 1.22 on; offsets are bytes
 * into the source. Nothing here waits: what has not come yet doesn't count.
 */
#ifndef HEAPREEL_RESUME_H
#define HEAPREEL_RESUME_H

#include "traces/generation.h"
#include "traces/wire.h"

struct batch_header {
    uint64_t gen, m, ts, size;
    uint64_t at, data; /* offsets: of itself, and behind it */
    uint8_t type, exp;
};

enum {
    RESUME_HEADER = 2 + 4 * 10, /* the longest header */
    RESUME_LINKS = 3,           /* batches that must follow where a place is known by nothing but its clock */
    RESUME_FIRST = 8,           /* the same where no clock is known yet: rows of like events look like four batches */
    RESUME_MOST = (RESUME_FIRST + 1) * (2 * RESUME_HEADER + WIRE_MAX_BATCH) /* what resume_plausible looks at */
};

/* Parse the header at `at`; an end mark counts as one where there are such. `size` may run past the end of the source:
 * the caller decides what a cut batch is worth. */
bool resume_header(const struct scan *s, uint64_t at, struct batch_header *h);

/* Does a trace begin at `at` that anybody could have written, of whatever version? */
bool resume_at_trace(const struct scan *s, uint64_t at);

/* Is h of g, or of the generation behind it? True for all where g isn't open. */
bool resume_numbered(const struct generation *g, const struct batch_header *h);

/* Is h as writers make them, and one of g, or of the generation behind it? */
bool resume_sane(const struct scan *s, const struct generation *g, const struct batch_header *h);

/* Do so many batches, or the end of the file, follow on h? */
bool resume_followed(const struct scan *s, const struct generation *g, const struct batch_header *h, unsigned links);

/* May b stand behind a, by generation and clock? b is known to be right. */
bool resume_agree(const struct batch_header *a, const struct batch_header *b);

/*
 * Could a batch start here? Asked of every byte after damage, so it wants a whole batch in the trace's time, and
 * another one behind it; or RESUME_LINKS others where it is not of g, since what is known of g may be wrong, and
 * RESUME_FIRST at the trace's begin. The clock
 * is what tells it from events, whose small numbers can repeat and look like batch after batch.
 */
bool resume_plausible(const struct scan *s, const struct generation *g, uint64_t at);

/* A batch of this time was taken: s->clock goes on, unless it stands alone with its time. */
void resume_note_clock(struct scan *s, uint64_t ts);

/* The first plausible place in [from, to) but `not`; `to` if there is none. */
uint64_t resume_inside(const struct scan *s, const struct generation *g, uint64_t from, uint64_t to, uint64_t not );

/*
 * twice.c. Was this batch, of `size` bytes behind its header, written before in its generation, and does it hold what
 * can't be twice? Its bytes are there.
 */
bool twice_written(const struct generation *g, struct scan *s, const struct batch_header *h, uint64_t size);
bool twice_numbered(const struct scan *s, const struct batch_header *h, uint64_t size);
/* Is it of a generation that is over, by number and clock? */
bool twice_over(const struct scan *s, const struct batch_header *h);

#endif
