/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rep_traffic.c - spans between mcaches and mcentral: refills for each thousand allocations, and which classes see most
 * of it.
 *
 * A refill is a span that comes into an mcache, from a list or fresh from mheap; a return is one that leaves it.
 * Mutexes of the runtime aren't in a trace: where several Ps refill or return spans of one class within CLOSE ns, they
 * may have met at mcentral's, and that is as much as can be seen.
 */
#include "core/report.h"

#include <stdlib.h>

const struct result_column refills_columns[REFILLS_COLUMNS] = {
    {"part", UNIT_NONE, "whole; with --at: before or after that instant"},
    {"allocs", UNIT_COUNT, "objects allocated"},
    {"refills", UNIT_COUNT, "times that an mcache got a span for them: it missed"},
    {"grown", UNIT_COUNT, "of them, spans fresh from mheap"},
    {"per_1000", UNIT_NONE, "refills for each 1000 allocations"},
    {"elem", UNIT_BYTES, "size of a slot"},
    {"name", UNIT_NONE, "span class; with --by type, the type of the first object in the span; all: the sum"},
};

const struct result_column traffic_columns[TRAFFIC_COLUMNS] = {
    {"refills", UNIT_COUNT, "spans that came into an mcache"},
    {"returns", UNIT_COUNT, "spans that left one"},
    {"per_s", UNIT_COUNT, "both for each second of the window"},
    {"close", UNIT_COUNT, "of them, within 10 us of one of the same class by another P"},
    {"share", UNIT_SHARE, "close ones of all"},
    {"ps", UNIT_COUNT, "Ps that moved spans of the class"},
    {"ps_close", UNIT_COUNT, "most Ps within 10 us"},
    {"elem", UNIT_BYTES, "size of a slot"},
    {"name", UNIT_NONE, "span class; all: the sum"},
};

enum { BY_CLASS, BY_TYPE };
const char *const refills_by[] = {"class", "type", NULL};
enum { CLOSE = 10000, RECENT = 64, MOST_PS = 4096 };

struct flow {
    uint64_t allocs, refills, grown;
};

/* Traffic of one class. */
struct lane_traffic {
    uint64_t refills, returns, close;
    uint64_t seen[MOST_PS / 64]; /* Ps */
    struct {
        int64_t t;
        int32_t p;
    } recent[RECENT];
    unsigned nrecent, most;
};

struct traffic {
    struct command_env *env;
    reel *r;
    size_t by;
    uint64_t split;
    uint32_t nkeys;
    struct flow *flow[2];      /* before and after the split, by key */
    uint8_t *fresh;            /* by span: refilled (1) or grown (2), and no object yet */
    struct lane_traffic *lane; /* NULL: the report `refills` */
    int64_t seconds_ns;
};

static void allocated(struct traffic *x, const struct walked *w, uint64_t n) {
    struct flow *f = &x->flow[n >= x->split][x->by == BY_TYPE ? w->type : report_class(x->r, w->span)];
    f->allocs++;
    if (x->fresh[w->span] != 0) {
        f->refills++;
        f->grown += x->fresh[w->span] == 2;
        x->fresh[w->span] = 0;
    }
}

static void met(struct lane_traffic *l, int64_t t, int32_t p) {
    uint64_t ps = 0;
    unsigned kept = 0;
    bool other = false;
    for (unsigned i = 0; i < l->nrecent; i++)
        if (t - l->recent[i].t <= CLOSE) {
            other |= l->recent[i].p != p;
            ps |= UINT64_C(1) << (l->recent[i].p & 63);
            l->recent[kept++] = l->recent[i];
        }
    if (kept == RECENT)
        memmove(l->recent, l->recent + 1, --kept * sizeof l->recent[0]);
    l->recent[kept].t = t;
    l->recent[kept].p = p;
    l->nrecent = kept + 1;
    ps |= UINT64_C(1) << (p & 63);
    unsigned n = (unsigned)__builtin_popcountll(ps);
    l->most = n > l->most ? n : l->most;
    l->close += other;
    if (p >= 0 && p < MOST_PS)
        l->seen[p / 64] |= UINT64_C(1) << (p % 64);
}

/* A span's coming into an mcache or leaving one; what is only learned about the past moves nothing. */
static void placed(struct traffic *x, const struct fact *f) {
    bool in = f->after.place == PLACE_MCACHE && f->before.place != PLACE_MCACHE;
    bool out = f->after.place != PLACE_MCACHE && f->before.place == PLACE_MCACHE;
    if ((!in && !out) || f->why == WHY_START || f->why == WHY_SEEN)
        return;
    if (in)
        x->fresh[f->span] = f->why == WHY_GROWN ? 2 : 1;
    if (!x->lane)
        return;
    struct lane_traffic *l = &x->lane[report_class(x->r, f->span)];
    l->refills += in;
    l->returns += out;
    met(l, f->t, in ? f->after.p : f->before.p);
}

static void visit(void *arg, const struct walk_block *b) {
    struct traffic *x = arg;
    for (uint32_t i = 0; i < b->n; i++) {
        const struct walked *w = &b->at[i];
        if (w->kind == FACT_ALLOC)
            allocated(x, w, b->first + i);
        else if (w->kind == WALK_OTHER && b->other[w->type].kind == FACT_PLACE)
            placed(x, &b->other[w->type]);
    }
}

static bool walk(struct traffic *x, const struct report_window *w) {
    x->nkeys = x->by == BY_TYPE ? reel_types(x->r) : SPAN_CLASSES;
    x->fresh = calloc((size_t)reel_spans(x->r) + 1, 1);
    for (int i = 0; i < 2; i++)
        x->flow[i] = calloc((size_t)x->nkeys + 1, sizeof *x->flow[i]);
    x->seconds_ns = w->to_t - w->from_t;
    if (!x->fresh || !x->flow[0] || !x->flow[1])
        return report_no_memory(x->env);
    return report_walk(x->env, w->from, w->to, visit, x);
}

static void drop(struct traffic *x) {
    free(x->fresh);
    free(x->flow[0]);
    free(x->flow[1]);
    free(x->lane);
}

/* ------------------------------------------------------------------ refills */

static bool put_flow(const char *part, const struct flow *f, struct value elem, struct value name, struct sink *out) {
    struct value v[REFILLS_COLUMNS] = {
        value_str(part),
        value_uint(f->allocs),
        value_uint(f->refills),
        value_uint(f->grown),
        value_real(1000.0 * (double)f->refills / (double)f->allocs),
        elem,
        name,
    };
    return out->row(out, v, NULL, NULL, 0);
}

static void add_flow(struct flow *to, const struct flow *f) {
    to->allocs += f->allocs;
    to->refills += f->refills;
    to->grown += f->grown;
}

static bool put_refills(struct traffic *x, bool split, uint64_t top, struct sink *out) {
    static const char *const parts[] = {"before", "after"};
    struct report_order *list = calloc((size_t)x->nkeys + 1, sizeof *list);
    struct flow all[2] = {{0}};
    size_t n = 0;
    if (!list)
        return report_no_memory(x->env);
    for (uint32_t k = 0; k < x->nkeys; k++) {
        list[n] = (struct report_order){(double)(x->flow[0][k].refills + x->flow[1][k].refills), k};
        n += x->flow[0][k].allocs + x->flow[1][k].allocs > 0;
        for (int i = 0; i < 2; i++)
            add_flow(&all[i], &x->flow[i][k]);
    }
    report_sort(list, n);
    bool ok = out->begin(out, refills_columns, REFILLS_COLUMNS);
    for (int i = split ? 0 : 1; ok && i < 2; i++)
        ok = put_flow(split ? parts[i] : "whole", &all[i], value_null(), value_str("all"), out);
    for (size_t k = 0; ok && k < n && top > 0; k++) {
        bool any = false;
        for (int i = split ? 0 : 1; ok && i < 2; i++) {
            uint32_t key = list[k].key;
            bool class = x->by == BY_CLASS;
            ok = put_flow(split ? parts[i] : "whole", &x->flow[i][key], class ? value_elem(key) : value_null(),
                          class ? value_class(key) : value_type_name(x->r, key), out);
            any |= !out->refused;
        }
        top -= any;
    }
    free(list);
    return !ok || report_end(x->env, out);
}

bool refills_run(struct command_env *env, int argc, char **argv, struct sink *out) {
    struct traffic x = {.env = env, .r = env->reel};
    struct report_window w;
    int64_t at;
    uint64_t top;
    (void)argc;
    (void)argv;
    if (!report_window(env, &w) || !command_time(env, "--at", env->opt.at, 0, &at) ||
        !report_by(env, refills_by, &x.by) || !report_top(env, UINT64_MAX, &top))
        return false;
    x.split = env->opt.at ? reel_pos(x.r, at) : 0;
    bool ok = walk(&x, &w) && put_refills(&x, env->opt.at != NULL, top, out);
    drop(&x);
    return ok;
}

/* ------------------------------------------------------------------ traffic */

static unsigned count_ps(const struct lane_traffic *l) {
    unsigned n = 0;
    for (size_t i = 0; i < MOST_PS / 64; i++)
        n += (unsigned)__builtin_popcountll(l->seen[i]);
    return n;
}

static bool put_lane(const struct traffic *x, const struct lane_traffic *l, struct value elem, struct value name,
                     struct sink *out) {
    double all = (double)(l->refills + l->returns);
    struct value v[TRAFFIC_COLUMNS] = {
        value_uint(l->refills),
        value_uint(l->returns),
        value_real(all * 1e9 / (double)x->seconds_ns),
        value_uint(l->close),
        value_real((double)l->close / all),
        value_uint(count_ps(l)),
        value_uint(l->most),
        elem,
        name,
    };
    return out->row(out, v, NULL, NULL, 0);
}

static bool put_traffic(struct traffic *x, uint64_t top, struct sink *out) {
    struct report_order list[SPAN_CLASSES];
    struct lane_traffic *all = &x->lane[SPAN_CLASSES];
    size_t n = 0;
    for (uint32_t c = 0; c < SPAN_CLASSES; c++) {
        const struct lane_traffic *l = &x->lane[c];
        all->refills += l->refills;
        all->returns += l->returns;
        all->close += l->close;
        all->most = l->most > all->most ? l->most : all->most;
        for (size_t i = 0; i < MOST_PS / 64; i++)
            all->seen[i] |= l->seen[i];
        list[n] = (struct report_order){(double)(l->refills + l->returns), c};
        n += l->refills + l->returns > 0;
    }
    report_sort(list, n);
    bool ok =
        out->begin(out, traffic_columns, TRAFFIC_COLUMNS) && put_lane(x, all, value_null(), value_str("all"), out);
    for (size_t i = 0; ok && i < n && top > 0; i++, top -= !out->refused)
        ok = put_lane(x, &x->lane[list[i].key], value_elem(list[i].key), value_class(list[i].key), out);
    if (!ok)
        return true;
    report_explain(
        out, "Locks of the runtime are not in a trace: that several Ps are at one class within 10 us is the visible "
             "part of contention on mcentral.");
    return report_end(x->env, out);
}

bool traffic_run(struct command_env *env, int argc, char **argv, struct sink *out) {
    struct traffic x = {.env = env, .r = env->reel};
    struct report_window w;
    uint64_t top;
    (void)argc;
    (void)argv;
    if (!report_window(env, &w) || !report_top(env, UINT64_MAX, &top))
        return false;
    x.lane = calloc(SPAN_CLASSES + 1, sizeof *x.lane);
    bool ok = (x.lane || report_no_memory(env)) && walk(&x, &w) && put_traffic(&x, top, out);
    drop(&x);
    return ok;
}
