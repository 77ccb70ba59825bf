/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * procs.h - what each P does over time: how it is kept. For core/ only; core.h has what can be asked.
 */
#ifndef HEAPREEL_PROCS_H
#define HEAPREEL_PROCS_H

#include "core/core.h"

/* Times lie below 2^60 ns, which is 36 years. */
#define PROCS_LATEST ((INT64_C(1) << 60) - 1)

/* How long each state lasted up to some change, ns. */
struct proc_sum {
    int64_t ns[PROC_STATES];
};

/* One P: from each change on (time << 3 | state) it is in that state. */
struct proc_line {
    uint64_t *change;
    size_t n, cap;
    struct proc_sum *sum; /* before change 0, 64, 128 ... */
    size_t nsum, cap_sum;
};

/*
 * While recording: what is known of a P now. `alone`: since when it has run without a goroutine, NO_TIME where it has
 * one, doesn't run, or nobody knows.
 */
struct proc_now {
    bool known, running, marks, assists, sweeps;
    int64_t alone;
};

struct procs {
    struct proc_now *at;
    size_t n, cap;
    bool stopped; /* the world is */
};

/* P is in a state from t on; times don't decrease. False: out of memory. */
bool procs_add(struct reel *r, uint32_t p, int64_t t, enum proc_state state);
void procs_free(struct reel *r);

/* Without a goroutine for less than that, ns, a P is taken to go from one to the next: that is the program's time. */
enum { PROC_ALONE = 10000 };

#endif
