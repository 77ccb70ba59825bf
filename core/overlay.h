/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * overlay.h - what was said beside the trace: gctrace and scavtrace lines of the program's stderr (--log FILE), of
 * Go 1.11 to 1.26, and how they lie over the trace. For core/ only.
 *
 * gctrace counts time from the runtime's start and cycles from the program's; neither is in a trace. So lines are
 * matched to cycles by what both know: how long marking took, and the heap's sizes. Lines are tolerated in any state:
 * other output may cut into them. A log may hold the lines of several processes, as that of `go test` does, one after
 * the other or mixed: numbers and times go up in each, and the one whose lines fit the trace best is laid over it.
 */
#ifndef HEAPREEL_OVERLAY_H
#define HEAPREEL_OVERLAY_H

#include "core/core.h"

/* A line of GODEBUG=gctrace=1. Times are ns as far as its digits go; sizes are in MB, cut. */
struct log_gc {
    uint32_t n;                       /* its number in the program's life */
    int64_t at;                       /* since the runtime's start, cut to ms */
    int64_t stw1, mark, stw2;         /* wall clock: sweep termination, concurrent mark, mark termination */
    int64_t assist, background, idle; /* CPU time of marking */
    int64_t stw1_cpu, stw2_cpu;
    uint32_t heap_begin, heap_end, live, goal; /* MB */
    uint32_t procs;
    bool forced;
    uint32_t cycle; /* index among reel_cycles, NO_ID: not matched */
};

/* A line of scavtrace: what the OS has back by then, in all. */
struct log_scav {
    uint64_t background, eager; /* bytes given back since the line before; UINT64_MAX not said */
    uint64_t released;          /* bytes that the OS has at this time */
    uint32_t gc;                /* number of the GC cycle that it follows */
    int64_t t;                  /* the end of that cycle's sweep in the trace, NO_TIME */
    bool forced;
};

struct overlay {
    struct log_gc *gc;
    size_t ngc, cap_gc;
    struct log_scav *scav;
    size_t nscav, cap_scav;
    uint32_t scavs;                 /* scav lines of its own cycles so far */
    size_t processes;               /* of which the log has lines */
    size_t matched;                 /* gc lines that belong to a cycle of the trace */
    int64_t runtime_lo, runtime_hi; /* the runtime's start, in the trace's time: between these; NO_TIME not known */
};

/* Read the file of --log. True with *out NULL where there is none; false with env->error set where it can't be read. */
bool overlay_open(struct command_env *env, struct overlay **out);
void overlay_free(struct overlay **o);
/* Bytes that the OS has back at t, by the last scavtrace line before. False: the log doesn't tell. o may be NULL. */
bool overlay_released(const struct overlay *o, int64_t t, uint64_t *bytes);

/* One line, taken apart. False: it is no line of that kind. */
bool log_gc_parse(const char *line, struct log_gc *out);
bool log_scav_parse(const char *line, struct log_scav *out);

#endif
