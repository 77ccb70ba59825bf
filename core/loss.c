/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * loss.c - what of a trace could not be read, in one line: for commands, for the screen, and behind it.
 */
#include "core/core.h"

#include <inttypes.h>
#include <stdio.h>

/* " (batch at byte 1234, generation 3)", as far as it is known. */
static void say_place(const struct trace_error *e, char *out, size_t size) {
    char batch[48] = "", generation[48] = "";
    if (e->batch != 0)
        snprintf(batch, sizeof batch, "batch at byte %" PRIu64, e->batch);
    if (e->generation != 0)
        snprintf(generation, sizeof generation, "%sgeneration %" PRIu64, e->batch != 0 ? ", " : "", e->generation);
    bool any = e->batch != 0 || e->generation != 0;
    snprintf(out, size, "%s%s%s%s", any ? " (" : "", batch, generation, any ? ")" : "");
}

bool loss_line(const struct trace_loss *loss, uint64_t events, int64_t until, char *out, size_t size) {
    char lost[TIME_TEXT + 8] = "", kept[TIME_TEXT], last[TIME_TEXT], order[TIME_TEXT], bytes[TIME_TEXT], place[128];
    if (loss->code == TRACE_OK) {
        if (events == 0)
            snprintf(out, size, "no events: the file ends behind its header");
        return events == 0;
    }
    say_place(&loss->first, place, sizeof place);
    int n = snprintf(out, size, "damaged at byte %" PRIu64 "%s: %s; ", loss->at, place, trace_loss_text(loss));
    if (n < 0 || (size_t)n >= size)
        return true;
    out += n;
    size -= (size_t)n;
    if (events == 0) {
        snprintf(out, size, "no event could be read");
        return true;
    }
    if (loss->bytes > 0) /* else something is wrong or missing, but all bytes that are there were read */
        snprintf(lost, sizeof lost, "lost %s; ", bytes_text(loss->bytes, bytes));
    bool disorder = loss->by_time > 0;
    snprintf(out, size, "%skept %s events up to %s%s%s%s", lost, count_text(events, kept), time_text(until, last),
             disorder ? ", " : "", disorder ? count_text(loss->by_time, order) : "",
             disorder ? " of them in order of time only" : "");
    return true;
}
