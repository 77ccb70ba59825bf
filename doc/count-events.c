/* SPDX-License-Identifier: GPL-3.0-or-later */
/* count-events.c - how many events of each kind a trace holds; an example of reading traces (traces/traces.h). */
#include "traces/traces.h"

#include <inttypes.h>
#include <stdio.h>

int main(int argc, char **argv) {
    static uint64_t count[TRACE_EV_LIMIT];
    static struct trace_bulk b;
    struct trace_error err;
    trace *t = trace_open(argc > 1 ? argv[1] : "-", &err);
    if (t == NULL) {
        fprintf(stderr, "count-events: %s\n", err.text);
        return 1;
    }
    for (size_t n; (n = trace_read_bulk(t, &b)) > 0;) {
        for (size_t i = 0; i < n; i++) {
            count[b.record[i].type]++;
        }
    }
    for (unsigned k = 0; k < TRACE_EV_LIMIT; k++) {
        if (count[k] > 0) {
            printf("%10" PRIu64 " %s\n", count[k], trace_event_spec(k)->name);
        }
    }
    const struct trace_loss *loss = trace_loss(t);
    if (loss->code != TRACE_OK) {
        fprintf(stderr, "%" PRIu64 " bytes could not be read, the first at %" PRIu64 ": %s\n", loss->bytes, loss->at,
                loss->first.text);
    }
    trace_close(&t);
    return 0;
}
