/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rep_maps.c - maps: what each map type costs, overflow buckets over time, and the span fragmentation rate.
 *
 * What an object is to a map is said in maps.h. Without map types in the trace (Go before 1.23 records no objects)
 * there are no rows.
 */
#include "core/maps.h"
#include "core/report.h"

#include <stdlib.h>

const struct result_column maps_columns[MAPS_COLUMNS] = {
    {"allocs", UNIT_COUNT, "arrays, single buckets or groups of this map type allocated"},
    {"bytes", UNIT_BYTES, "their size, by slots"},
    {"growths", UNIT_COUNT, "arrays that replaced a smaller, an equal or a split one, or may have"},
    {"per_10k", UNIT_NONE, "growths for each 10 000 of these allocations"},
    {"overflow", UNIT_SHARE, "share of single overflow buckets in all buckets allocated (Go up to 1.23)"},
    {"live", UNIT_BYTES, "live at the end of the window"},
    {"unused", UNIT_COUNT, "slots of theirs that were freed and not reused up to the end"},
    {"overflows", UNIT_COUNT | UNIT_HIDDEN, "single overflow buckets allocated"},
    {"name", UNIT_NONE, "map type; maps: headers, tables and directories of all maps"},
};

const struct result_column chains_columns[CHAINS_COLUMNS] = {
    {"t", UNIT_TIME, "the instant"},
    {"chain", UNIT_NONE, "overflow buckets for each base bucket; null for Swiss maps (Go 1.24 on)"},
    {"overflow", UNIT_COUNT, "single overflow buckets live"},
    {"base", UNIT_COUNT, "base buckets live"},
    {"groups", UNIT_COUNT, "groups live (Swiss maps)"},
    {"tables", UNIT_COUNT, "arrays of groups live (Swiss maps): one a table"},
    {"splits", UNIT_COUNT, "tables split up to here (Swiss maps)"},
    {"name", UNIT_NONE, "map type; all: the sum"},
};

const struct result_column sfr_columns[SFR_COLUMNS] = {
    {"from", UNIT_TIME, "begin of the interval"},
    {"to", UNIT_TIME, "its end"},
    {"overflow", UNIT_COUNT, "single overflow buckets allocated in it"},
    {"spans", UNIT_COUNT, "heap spans allocated in it"},
    {"sfr", UNIT_NONE, "overflow buckets for each span; null where there was no span"},
    {"band", UNIT_NONE, "normal (below 0.05), watch (to 0.15), severe"},
};

enum { STEPS = 20, OTHERS = 1 };

/* A map type, or all headers, tables and directories. */
struct kind {
    text kv;
    uint32_t type; /* of its buckets or groups */
    uint64_t allocs, bytes, live, growths, overflows, buckets, freed, reused;
    /* of what is live now */
    uint64_t overflow, base, groups, tables, splits;
};

struct snap {
    uint64_t overflow, base, groups, tables, splits;
};

struct maps {
    struct command_env *env;
    reel *r;
    struct map_watch watch;
    struct kind *kind;
    uint32_t nkinds;
    uint32_t *kind_of; /* by type, NO_ID */
    uint64_t from;
    struct slots slots; /* what was freed last: kind + 1, until reused */
    bool use_slots;
    /* over time */
    uint64_t step_pos[STEPS + 1];
    int64_t step_t[STEPS + 1];
    unsigned step;
    struct snap *snap; /* by step and kind */
    uint64_t overflow_in[STEPS], spans_in[STEPS];
    uint64_t now;
};

/* ------------------------------------------------------------------ counting */

static bool find_kinds(struct maps *m) {
    uint32_t n = reel_types(m->r);
    m->kind = calloc((size_t)n + 1 + OTHERS, sizeof *m->kind);
    m->kind_of = malloc(((size_t)n + 1) * sizeof *m->kind_of);
    if (!m->kind || !m->kind_of)
        return false;
    m->nkinds = OTHERS; /* 0: headers and the like */
    for (uint32_t i = 0; i < n; i++) {
        text kv;
        enum map_part part = map_part(reel_type(m->r, i)->name, &kv);
        m->kind_of[i] = part == MAP_NONE ? NO_ID : 0;
        if (part == MAP_BUCKETS || part == MAP_GROUPS) {
            m->kind_of[i] = m->nkinds;
            m->kind[m->nkinds].type = i;
            m->kind[m->nkinds++].kv = kv;
        }
    }
    return true;
}

static void count(struct kind *k, const struct map_object *x, uint64_t one) {
    if (x->part == MAP_BUCKETS && x->overflow)
        k->overflow += one;
    else if (x->part == MAP_BUCKETS)
        k->base += one * map_base_buckets(x->n);
    else if (x->part == MAP_GROUPS)
        k->groups += one * x->n;
    k->tables += x->part == MAP_GROUPS ? one : 0;
}

/* The first half of a table that is split: the second follows. */
static bool splits(const struct map_watch *w, const struct map_object *x) {
    return x->part == MAP_GROUPS && x->n == 128 && !x->half &&
           (x->rivals || (x->before != NO_ID && w->objects[x->before].n == 128));
}

static void comes(struct maps *m, const struct walked *w, uint64_t n) {
    const struct map_object *x = map_watch_comes(&m->watch, w, n);
    struct kind *k = &m->kind[m->kind_of[w->type]];
    uint64_t elem = reel_span(m->r, w->span)->elem;
    if (!x)
        return;
    k->live += elem;
    count(k, x, 1);
    if (w->kind != FACT_ALLOC || n < m->from)
        return;
    k->allocs++;
    k->bytes += elem;
    k->growths += x->before != NO_ID || x->rivals;
    k->splits += splits(&m->watch, x);
    k->overflows += x->overflow;
    k->buckets += x->part == MAP_BUCKETS ? (x->overflow ? 1 : map_base_buckets(x->n)) : 0;
    if (m->step < STEPS)
        m->overflow_in[m->step] += x->overflow;
}

static void goes(struct maps *m, const struct walked *w, uint64_t n) {
    const struct map_object *x = map_watch_goes(&m->watch, w);
    uint32_t key = m->kind_of[w->type];
    if (!x)
        return;
    m->kind[key].live -= reel_span(m->r, w->span)->elem;
    count(&m->kind[key], x, UINT64_MAX);
    uint64_t *word = m->use_slots && n >= m->from ? slots_word(&m->slots, w->span, w->slot) : NULL;
    if (word) {
        m->kind[key].freed++;
        *word = key + 1;
    }
}

static void other(struct maps *m, const struct fact *x, uint64_t n) {
    if (m->use_slots)
        slots_fact(&m->slots, x);
    if (x->kind == FACT_SPAN_ALLOC && n >= m->from && m->step < STEPS && reel_span(m->r, x->span)->kind == SPAN_HEAP)
        m->spans_in[m->step]++;
}

static void end_step(struct maps *m) {
    for (uint32_t k = 0; m->snap && k < m->nkinds; k++) {
        const struct kind *x = &m->kind[k];
        m->snap[m->step * m->nkinds + k] = (struct snap){x->overflow, x->base, x->groups, x->tables, x->splits};
    }
    m->step++;
}

static void reuse(struct maps *m, const struct walked *w) {
    uint64_t *word = slots_word(&m->slots, w->span, w->slot);
    if (word && *word != 0) {
        m->kind[*word - 1].reused++;
        *word = 0;
    }
}

static void visit(void *arg, const struct walk_block *b) {
    struct maps *m = arg;
    for (uint32_t i = 0; i < b->n; i++) {
        const struct walked *w = &b->at[i];
        uint64_t n = b->first + i;
        while (m->step < STEPS && n >= m->step_pos[m->step + 1])
            end_step(m);
        if (m->use_slots && i + WALK_AHEAD < b->n)
            slots_fetch(&m->slots, w + WALK_AHEAD);
        if (w->kind == WALK_OTHER) {
            other(m, &b->other[w->type], n);
            continue;
        }
        if (m->use_slots && w->kind == FACT_ALLOC)
            reuse(m, w);
        if (!map_watch_wants(&m->watch, w->type) || w->kind == FACT_SUBALLOC)
            continue;
        if (w->kind == FACT_FREE)
            goes(m, w, n);
        else
            comes(m, w, n);
    }
}

static bool walk(struct maps *m, bool slots, bool over_time) {
    struct report_window w;
    if (!report_window(m->env, &w))
        return false;
    m->from = w.from;
    m->use_slots = slots;
    for (int i = 0; i <= STEPS; i++) {
        m->step_t[i] = w.from_t + (int64_t)((double)(w.to_t - w.from_t) / STEPS * i);
        m->step_pos[i] = i == 0 ? w.from : i == STEPS ? w.to : reel_pos(m->r, m->step_t[i]);
    }
    bool ok = find_kinds(m) && map_watch_init(&m->watch, m->r, true) && (!slots || slots_init(&m->slots, m->r, 0));
    m->snap = ok && over_time ? calloc((size_t)STEPS * m->nkinds, sizeof *m->snap) : NULL;
    if (!ok || (over_time && !m->snap))
        return report_no_memory(m->env);
    /* what lived before the window is known only from the start on */
    m->step = 0;
    if (!report_walk(m->env, 0, w.to, visit, m))
        return false;
    while (m->step < STEPS)
        end_step(m);
    return (!m->watch.memory_short && !m->slots.memory_short) || report_no_memory(m->env);
}

static void drop(struct maps *m) {
    map_watch_free(&m->watch);
    slots_free(&m->slots);
    free(m->kind);
    free(m->kind_of);
    free(m->snap);
}

/* "map[K]V"; kept in name, which is of limited length. */
static struct value kind_name(const struct kind *k, char *name, size_t size) {
    if (k->kv.len == 0)
        return value_str("maps");
    int n = snprintf(name, size, "map%.*s", (int)(k->kv.len < size - 8 ? k->kv.len : size - 8), k->kv.ptr);
    return value_leads(value_text((text){name, n > 0 ? (size_t)n : 0}), LEADS_TYPE, k->type);
}
enum { NAME = 512 };

static bool any_swiss(const struct maps *m) {
    for (uint32_t i = 0; i < reel_types(m->r); i++)
        if (m->watch.part[i] == MAP_GROUPS || m->watch.part[i] == MAP_TABLE)
            return true;
    return false;
}

static bool end_maps(const struct maps *m, struct sink *out) {
    if (reel_missing(m->r) == NULL && any_swiss(m))
        report_explain(
            out, "Maps of Go 1.24 and later have no overflow buckets: a full table grows, or is split at 128 groups.");
    else if (reel_missing(m->r) == NULL)
        report_explain(
            out,
            "A single bucket counts as an overflow bucket unless it is the first one after its map's header; where "
            "headers lie on stacks, small maps count as overflow.");
    return report_end(m->env, out);
}

/* ------------------------------------------------------------------ maps */

static bool put_kind(const struct kind *k, struct sink *out) {
    char name[NAME];
    bool buckets = k->buckets > 0;
    struct value v[MAPS_COLUMNS] = {
        value_uint(k->allocs),
        value_uint(k->bytes),
        k->kv.len ? value_uint(k->growths) : value_null(),
        k->kv.len ? value_real(1e4 * (double)k->growths / (double)k->allocs) : value_null(),
        buckets ? value_unsure(value_real((double)k->overflows / (double)k->buckets), k->overflows > 0) : value_null(),
        value_uint(k->live),
        value_uint(k->freed - k->reused),
        buckets ? value_unsure(value_uint(k->overflows), k->overflows > 0) : value_null(),
        kind_name(k, name, sizeof name),
    };
    return out->row(out, v, NULL, NULL, 0);
}

bool maps_run(struct command_env *env, int argc, char **argv, struct sink *out) {
    struct maps m = {.env = env, .r = env->reel};
    uint64_t top;
    (void)argc;
    (void)argv;
    bool ok = report_top(env, UINT64_MAX, &top) && walk(&m, true, false);
    struct report_order *list = ok ? calloc((size_t)m.nkinds + 1, sizeof *list) : NULL;
    if (ok && !list)
        ok = report_no_memory(env);
    if (ok) {
        size_t n = 0;
        for (uint32_t k = 0; k < m.nkinds; k++) {
            list[n] = (struct report_order){(double)m.kind[k].bytes + (double)m.kind[k].live, k};
            n += list[n].weight > 0;
        }
        report_sort(list, n);
        bool more = out->begin(out, maps_columns, MAPS_COLUMNS);
        for (size_t i = 0; more && i < n && top > 0; i++, top -= !out->refused)
            more = put_kind(&m.kind[list[i].key], out);
        if (more)
            end_maps(&m, out);
    }
    free(list);
    drop(&m);
    return ok;
}

/* ------------------------------------------------------------------ chains */

static bool put_snap(const struct snap *s, int64_t t, struct value name, struct sink *out) {
    bool buckets = s->base > 0, groups = s->groups > 0;
    struct value none = value_null();
    struct value v[CHAINS_COLUMNS] = {
        value_time(t),
        buckets ? value_unsure(value_real((double)s->overflow / (double)s->base), s->overflow > 0) : none,
        buckets ? value_unsure(value_uint(s->overflow), s->overflow > 0) : none,
        buckets ? value_uint(s->base) : none,
        groups ? value_uint(s->groups) : none,
        groups ? value_uint(s->tables) : none,
        groups ? value_uint(s->splits) : none,
        name,
    };
    return out->row(out, v, NULL, NULL, 0);
}

static struct snap snap_all(const struct maps *m, unsigned step) {
    struct snap all = {0};
    for (uint32_t k = OTHERS; k < m->nkinds; k++) {
        const struct snap *s = &m->snap[step * m->nkinds + k];
        all.overflow += s->overflow;
        all.base += s->base;
        all.groups += s->groups;
        all.tables += s->tables;
        all.splits += s->splits;
    }
    return all;
}

static double peak(const struct maps *m, uint32_t kind) {
    double most = 0;
    for (unsigned i = 0; i < STEPS; i++) {
        const struct snap *s = &m->snap[i * m->nkinds + kind];
        most = fmax(most, (double)(s->overflow + s->base + s->groups));
    }
    return most;
}

static void draw_chains(const struct maps *m, struct sink *out) {
    double v[STEPS], groups[STEPS];
    for (unsigned i = 0; i < STEPS; i++) {
        struct snap s = snap_all(m, i);
        v[i] = s.base > 0 ? (double)s.overflow / (double)s.base : 0;
        groups[i] = (double)s.groups;
    }
    if (any_swiss(m))
        chart_curve(out, "groups live, all maps, over the window", groups, STEPS, 5, UNIT_COUNT);
    else
        chart_curve(out, "mean chain length, all maps, over the window", v, STEPS, 5, UNIT_NONE);
}

const char *const chains_by[] = {"all", "type", NULL};

bool chains_run(struct command_env *env, int argc, char **argv, struct sink *out) {
    struct maps m = {.env = env, .r = env->reel};
    uint64_t top;
    size_t by;
    (void)argc;
    (void)argv;
    bool ok = report_top(env, UINT64_MAX, &top) && report_by(env, chains_by, &by) && walk(&m, false, true);
    struct report_order *list = ok ? calloc((size_t)m.nkinds + 1, sizeof *list) : NULL;
    if (ok && !list)
        ok = report_no_memory(env);
    if (ok) {
        size_t n = 0;
        for (uint32_t k = OTHERS; by == 1 && k < m.nkinds; k++) {
            list[n] = (struct report_order){peak(&m, k), k};
            n += list[n].weight > 0;
        }
        report_sort(list, n);
        bool more = out->begin(out, chains_columns, CHAINS_COLUMNS);
        for (unsigned i = 0; more && m.nkinds > OTHERS && i < STEPS; i++) {
            struct snap all = snap_all(&m, i);
            more = put_snap(&all, m.step_t[i + 1], value_str("all"), out);
        }
        for (size_t i = 0; more && i < n && top > 0; i++) {
            bool any = false;
            for (unsigned s = 0; more && s < STEPS; s++) {
                char name[NAME];
                more = put_snap(&m.snap[s * m.nkinds + list[i].key], m.step_t[s + 1],
                                kind_name(&m.kind[list[i].key], name, sizeof name), out);
                any |= !out->refused;
            }
            top -= any;
        }
        if (more) {
            if (m.nkinds > OTHERS)
                draw_chains(&m, out);
            end_maps(&m, out);
        }
    }
    free(list);
    drop(&m);
    return ok;
}

/* ------------------------------------------------------------------ sfr */

static const char *band(double sfr) {
    return sfr < 0.05 ? "normal" : sfr < 0.15 ? "watch" : "severe";
}

static bool put_interval(int64_t from, int64_t to, uint64_t overflow, uint64_t spans, bool known, struct sink *out) {
    double sfr = (double)overflow / (double)spans;
    known = known && spans > 0;
    struct value v[SFR_COLUMNS] = {
        value_time(from),
        value_time(to),
        value_unsure(value_uint(overflow), overflow > 0),
        value_uint(spans),
        known ? value_unsure(value_real(sfr), overflow > 0) : value_null(),
        known ? value_str(band(sfr)) : value_null(),
    };
    return out->row(out, v, NULL, NULL, 0);
}

bool sfr_run(struct command_env *env, int argc, char **argv, struct sink *out) {
    struct maps m = {.env = env, .r = env->reel};
    uint64_t overflow = 0, spans = 0;
    double v[STEPS];
    (void)argc;
    (void)argv;
    bool ok = walk(&m, false, false), swiss = ok && any_swiss(&m);
    bool more = ok && out->begin(out, sfr_columns, SFR_COLUMNS);
    for (unsigned i = 0; more && i < STEPS; i++) {
        overflow += m.overflow_in[i];
        spans += m.spans_in[i];
        v[i] = m.spans_in[i] ? (double)m.overflow_in[i] / (double)m.spans_in[i] : 0;
        more = put_interval(m.step_t[i], m.step_t[i + 1], m.overflow_in[i], m.spans_in[i], !swiss, out);
    }
    if (more && !swiss && spans > 0) {
        chart_curve(out, "overflow buckets for each span allocated, over the window", v, STEPS, 5, UNIT_NONE);
        report_say(out, "in all %.3f: %s", (double)overflow / (double)spans, band((double)overflow / (double)spans));
    }
    if (more)
        end_maps(&m, out);
    drop(&m);
    return ok;
}
