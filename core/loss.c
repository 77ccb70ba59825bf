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

/* ", 6 of them in order of time only", "; the heap is sure up to 1.2 s", as far as there is something to say. */
static void say_doubt(const struct trace_loss *loss, int64_t sure_until, char *out, size_t size) {
    char order[64] = "", sure[64] = "", n[TIME_TEXT];
    if (loss->by_time > 0)
        snprintf(order, sizeof order, ", %s of them in order of time only", count_text(loss->by_time, n));
    if (sure_until == 0)
        snprintf(sure, sizeof sure, "; nothing in the heap is sure");
    else if (sure_until != NO_TIME)
        snprintf(sure, sizeof sure, "; the heap is sure up to %s", time_text(sure_until, n));
    snprintf(out, size, "%s%s", order, sure);
}

struct salvage reel_salvage(const reel *r) {
    const struct reel_info *i = reel_info(r);
    return (struct salvage){i->events, i->duration, i->sure_until};
}

bool loss_line(const struct trace_loss *loss, struct salvage kept, char *out, size_t size) {
    char lost[TIME_TEXT + 8] = "", events[TIME_TEXT], last[TIME_TEXT], doubt[128], bytes[TIME_TEXT], place[128];
    if (loss->code == TRACE_OK) {
        if (kept.events == 0)
            snprintf(out, size, "no events: the file ends behind its header");
        return kept.events == 0;
    }
    say_place(&loss->first, place, sizeof place);
    int n = snprintf(out, size, "damaged at byte %" PRIu64 "%s: %s; ", loss->at, place, trace_loss_text(loss));
    if (n < 0 || (size_t)n >= size)
        return true;
    out += n;
    size -= (size_t)n;
    if (kept.events == 0) {
        snprintf(out, size, "no event could be read");
        return true;
    }
    if (loss->bytes > 0) /* else something is wrong or missing, but all bytes that are there were read */
        snprintf(lost, sizeof lost, "lost %s; ", bytes_text(loss->bytes, bytes));
    say_doubt(loss, kept.sure_until, doubt, sizeof doubt);
    snprintf(out, size, "%skept %s events up to %s%s", lost, count_text(kept.events, events),
             time_text(kept.until, last), doubt);
    return true;
}
