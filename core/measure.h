/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * measure.h - the figures of one recording, or of one instant of it, that `compare` sets side by side. For core/ only.
 *
 * A figure has a group (all, class or type), a name within the group, a measure, a unit and a value, which may be
 * unknown (NAN). Two recordings' figures belong together where group, name and measure are equal: types go by their
 * names.
 */
#ifndef HEAPREEL_MEASURE_H
#define HEAPREEL_MEASURE_H

#include "core/report.h"

enum measure_group { GROUP_ALL, GROUP_CLASS, GROUP_TYPE };

struct figure {
    uint8_t group, unit;
    uint32_t key;        /* span class, or type; 0 for all */
    text name;           /* of the type */
    const char *measure; /* a literal: equal ones may be equal pointers or not */
    double value;
};

struct figures {
    struct figure *at;
    size_t n, cap;
    bool memory_short;
};

/* Of a window of a recording, with classes or types or neither. False with env->error set. */
bool measure_window(struct command_env *env, reel *r, const struct report_window *w, enum measure_group more,
                    struct figures *out);
/* Of an instant. */
bool measure_instant(struct command_env *env, reel *r, int64_t t, enum measure_group more, struct figures *out);
void figures_free(struct figures *f);
/* The figure that belongs together with x; NULL none. */
const struct figure *figures_find(const struct figures *f, const struct figure *x);

#endif
