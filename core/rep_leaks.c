/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rep_leaks.c - leak suspects: what survives cycle after cycle, and grows.
 *
 * A survivor of a cycle is an object that was there when marking began and that its sweep didn't free. Objects
 * allocated later are black: they survive whatever they are, and count from the next cycle on. So the survivors of
 * cycle k are what lived when its marking began, less what was freed until the next one's began; a cycle counts once
 * its sweep has ended. Growth is the slope of the line through the survivors of all these cycles (least squares).
 *
 * Where a program leaks once in several cycles most cycles show no growth. So suspects are as well what rises without
 * ever falling back: the fewest survivors of each stretch of the window, and of all after it.
 */
#include "core/out.h"
#include "core/report.h"

#include <stdlib.h>

const struct result_column leaks_columns[LEAKS_COLUMNS] = {
    {"objects", UNIT_COUNT, "live at --at, having survived at least one GC cycle"},
    {"bytes", UNIT_BYTES, "their size, by slots"},
    {"age", UNIT_NONE, "GC cycles that they survived: the median; with --by age: exactly so many"},
    {"growth", UNIT_COUNT, "survivors more with each cycle: the slope over the cycles of the window"},
    {"growth_bytes", UNIT_BYTES, "the same in bytes"},
    {"steady", UNIT_SHARE, "cycles that had more survivors than the one before"},
    {"trend", UNIT_NONE, "survivors over these cycles: the last of each of up to 8 stretches, by cycle"},
    {"name", UNIT_NONE, "type or span class"},
    {"lasting", UNIT_COUNT | UNIT_HIDDEN,
     "by how many the least number of survivors rose over these stretches: what never fell back"},
    {"suspect", UNIT_NONE | UNIT_HIDDEN | IS_FLAG,
     "grows, in most cycles or without ever falling back; null: too few cycles"},
};

enum { TREND = 8 };
enum { BY_TYPE, BY_CLASS, BY_AGE };
const char *const leaks_by[] = {"type", "class", "age", NULL};

/* The survivors of one type or class. */
struct kin {
    uint32_t key;
    uint64_t live, bytes;          /* at the walk's place */
    uint64_t marked, marked_bytes; /* when the last marking began */
    uint64_t freed, freed_bytes;   /* since then */
    uint64_t last;                 /* survivors of the cycle before */
    double sum_xy, sum_y, sum_xb, sum_b;
    uint32_t grew;
    uint64_t trend[TREND], trend_gc[TREND];
    uint64_t low[TREND], most; /* the fewest survivors in each of these stretches, and the most in all */
    uint64_t old, old_bytes;   /* the result */
    struct dist age;
};

struct leaks {
    struct command_env *env;
    reel *r;
    size_t by;
    struct kin *kin;
    uint32_t nkin;
    struct slots slots; /* type and epoch of each object */
    uint64_t *mark;     /* positions at which marking began */
    const struct cycle **cycle;
    size_t nmarks, next, done; /* next: of the walk; done: cycles whose sweep has ended */
    uint64_t *ages;            /* --by age: objects and bytes, by type and age */
};

static bool cycle_done(const struct cycle *c, int64_t at) {
    return c->end != NO_TIME && c->end <= at;
}

/* Cycles in the window whose marking was seen to begin. */
static bool find_marks(struct leaks *l, int64_t from, int64_t at) {
    const struct cycle *c;
    size_t n = reel_cycles(l->r, &c);
    l->mark = calloc(n + 1, sizeof *l->mark);
    l->cycle = calloc(n + 1, sizeof *l->cycle);
    if (!l->mark || !l->cycle)
        return false;
    for (size_t i = 0; i < n; i++) {
        int64_t t = c[i].phase[PHASE_MARK][0];
        if (t == NO_TIME || c[i].begin < from || t > at)
            continue;
        l->mark[l->nmarks] = reel_pos(l->r, t);
        l->cycle[l->nmarks++] = &c[i];
        l->done += cycle_done(&c[i], at);
    }
    return true;
}

/* The survivors of cycle number i are known. */
static void survivors_known(struct leaks *l, size_t i) {
    size_t at = l->done > TREND ? i * TREND / l->done : i;
    for (uint32_t k = 0; k < l->nkin; k++) {
        struct kin *x = &l->kin[k];
        uint64_t n = x->marked > x->freed ? x->marked - x->freed : 0;
        uint64_t bytes = x->marked_bytes > x->freed_bytes ? x->marked_bytes - x->freed_bytes : 0;
        x->sum_y += (double)n;
        x->sum_xy += (double)n * (double)i;
        x->sum_b += (double)bytes;
        x->sum_xb += (double)bytes * (double)i;
        x->grew += i > 0 && n > x->last;
        x->last = n;
        x->low[at] = x->trend_gc[at] == 0 || n < x->low[at] ? n : x->low[at];
        x->most = n > x->most ? n : x->most;
        x->trend[at] = n;
        x->trend_gc[at] = l->cycle[i]->gc;
    }
}

/* Marking begins. */
static void mark_begins(struct leaks *l) {
    if (l->next > 0 && l->next <= l->done)
        survivors_known(l, l->next - 1);
    for (uint32_t k = 0; k < l->nkin; k++) {
        struct kin *x = &l->kin[k];
        x->marked = x->live;
        x->marked_bytes = x->bytes;
        x->freed = x->freed_bytes = 0;
    }
    l->next++;
}

static void comes(struct leaks *l, const struct walked *w) {
    uint64_t *word = slots_word(&l->slots, w->span, w->slot);
    if (!word)
        return;
    struct kin *x = &l->kin[l->by == BY_CLASS ? slots_class(&l->slots, w->span) : w->type];
    *word = w->type | (uint64_t)(w->kind == FACT_EXISTS ? 0 : l->next) << 32;
    x->live++;
    x->bytes += slots_elem(&l->slots, w->span);
}

static void goes(struct leaks *l, const struct walked *w) {
    if (!slots_word(&l->slots, w->span, w->slot))
        return;
    struct kin *x = &l->kin[l->by == BY_CLASS ? slots_class(&l->slots, w->span) : w->type];
    uint64_t elem = slots_elem(&l->slots, w->span);
    x->live--;
    x->bytes -= elem;
    x->freed++;
    x->freed_bytes += elem;
}

static void visit(void *arg, const struct walk_block *b) {
    struct leaks *l = arg;
    for (uint32_t i = 0; i < b->n; i++) {
        const struct walked *w = &b->at[i];
        while (l->next < l->nmarks && b->first + i >= l->mark[l->next])
            mark_begins(l);
        if (i + WALK_AHEAD < b->n)
            slots_fetch(&l->slots, w + WALK_AHEAD);
        if (w->kind == FACT_FREE)
            goes(l, w);
        else if (w->kind == WALK_OTHER)
            slots_fact(&l->slots, &b->other[w->type]);
        else if (w->kind != FACT_SUBALLOC)
            comes(l, w);
    }
}

/* The objects at the end that survived a cycle. */
static void count_span(struct leaks *l, const frame *f, uint32_t id) {
    const struct span *s = reel_span(l->r, id);
    for (uint32_t slot = 0; slot < s->nelems; slot++) {
        const uint64_t *word = slots_word(&l->slots, id, slot);
        if (!word || frame_slot(f, id, slot) != SLOT_LIVE)
            continue;
        uint64_t epoch = *word >> 32, age = epoch < l->done ? l->done - epoch : 0;
        uint32_t type = (uint32_t)*word;
        struct kin *x = &l->kin[l->by == BY_CLASS ? report_class(l->r, id) : type];
        if (age == 0)
            continue;
        x->old++;
        x->old_bytes += s->elem;
        dist_add(&x->age, age);
        if (l->ages) {
            l->ages[2 * (type * (l->done + 1) + age)]++;
            l->ages[2 * (type * (l->done + 1) + age) + 1] += s->elem;
        }
    }
}

static bool walk(struct leaks *l, int64_t at) {
    uint64_t end = reel_pos(l->r, at);
    if (!slots_init(&l->slots, l->r, 0))
        return report_no_memory(l->env);
    if (!report_walk(l->env, 0, end, visit, l))
        return false;
    if (l->slots.memory_short)
        return report_no_memory(l->env);
    while (l->next < l->nmarks)
        mark_begins(l);
    if (l->next > 0 && l->next <= l->done)
        survivors_known(l, l->next - 1);
    frame *f = command_frame(l->env, at);
    const uint32_t *ids;
    size_t n = f ? frame_spans(f, &ids) : 0;
    for (size_t i = 0; i < n; i++)
        count_span(l, f, ids[i]);
    bool ok = f != NULL;
    frame_free(&f);
    return ok;
}

/* ------------------------------------------------------------------ rows */

/* The slope of y over 0, 1, ... n - 1. */
static double slope(double n, double sum_y, double sum_xy) {
    double sum_x = n * (n - 1) / 2, sum_xx = (n - 1) * n * (2 * n - 1) / 6, under = n * sum_xx - sum_x * sum_x;
    return under > 0 ? (n * sum_xy - sum_x * sum_y) / under : 0;
}

static double growth_bytes(const struct leaks *l, const struct kin *x) {
    return slope((double)l->done, x->sum_b, x->sum_xb);
}

static double steadiness(const struct leaks *l, const struct kin *x) {
    return l->done > 1 ? (double)x->grew / (double)(l->done - 1) : NAN;
}

static unsigned stretches(const struct leaks *l) {
    return l->done < TREND ? (unsigned)l->done : TREND;
}

/*
 * What survivors never fell back to: the fewest from each stretch on. *lasting: by how many that rose; returns in how
 * many stretches.
 */
static unsigned rises(const struct leaks *l, const struct kin *x, uint64_t *lasting) {
    unsigned n = stretches(l), rose = 0;
    uint64_t floor = n ? x->low[n - 1] : 0, last = floor;
    for (unsigned i = n; i-- > 0;)
        if (x->low[i] < floor) {
            floor = x->low[i];
            rose++;
        }
    *lasting = last - floor;
    return rose;
}

/*
 * Grows by the line, and either in most cycles or, where a leak is slower than the collector, in most stretches without
 * ever falling back. Chance does that too, but seldom so often and by so much.
 */
static bool rises_steadily(const struct leaks *l, const struct kin *x) {
    uint64_t lasting;
    unsigned n = stretches(l), rose = rises(l, x, &lasting);
    return n > 3 && rose >= 3 && 2 * rose >= n - 1 && 4 * lasting >= x->most;
}

/* How evenly it grows: over cycles or, where a leak is slower than they are, over stretches. */
static double evenness(const struct leaks *l, const struct kin *x) {
    uint64_t lasting;
    unsigned n = stretches(l), rose = rises(l, x, &lasting);
    return fmax(steadiness(l, x), n > 1 ? (double)rose / (n - 1) : 0);
}

static bool suspect(const struct leaks *l, const struct kin *x) {
    return l->done > 2 && growth_bytes(l, x) > 0 && (steadiness(l, x) >= 0.5 || rises_steadily(l, x));
}

struct order {
    const struct kin *x;
    double weight;
};

static int by_weight(const void *a, const void *b) {
    const struct order *x = a, *y = b;
    if (x->weight != y->weight)
        return x->weight < y->weight ? 1 : -1;
    if (x->x->old_bytes != y->x->old_bytes)
        return x->x->old_bytes < y->x->old_bytes ? 1 : -1;
    return x->x->key < y->x->key ? -1 : x->x->key > y->x->key;
}

static struct value kin_name(const struct leaks *l, uint32_t key) {
    return l->by == BY_CLASS ? value_class(key) : value_type_name(l->r, key);
}

/* Text output draws it; machines get the survivors by number of the cycle. */
static struct value trend(const struct leaks *l, const struct kin *x, struct sink *out, struct count_entry *entry,
                          char (*gc)[24], char line[BAR_TEXT]) {
    unsigned n = stretches(l);
    double v[TREND];
    for (unsigned i = 0; i < n; i++) {
        v[i] = (double)x->trend[i];
        snprintf(gc[i], sizeof gc[i], "%u", (unsigned)x->trend_gc[i]);
        entry[i] = (struct count_entry){{gc[i], strlen(gc[i])}, x->trend[i]};
    }
    if (l->env->format == FORMAT_TEXT)
        return value_str(chart_line(v, n, out_plain(out), line));
    return (struct value){.kind = VALUE_COUNTS, .counts = {entry, n}};
}

static bool put_kin(const struct leaks *l, struct kin *x, struct sink *out) {
    struct count_entry entry[TREND];
    char gc[TREND][24], line[BAR_TEXT];
    bool slope_known = l->done > 1;
    double n = (double)l->done;
    uint64_t lasting;
    rises(l, x, &lasting);
    struct value v[LEAKS_COLUMNS] = {
        value_uint(x->old),
        value_uint(x->old_bytes),
        x->old ? value_uint(dist_percentile(&x->age, 50)) : value_null(),
        slope_known ? value_real(slope(n, x->sum_y, x->sum_xy)) : value_null(),
        slope_known ? value_real(growth_bytes(l, x)) : value_null(),
        value_real(steadiness(l, x)),
        trend(l, x, out, entry, gc, line),
        kin_name(l, x->key),
        slope_known ? value_uint(lasting) : value_null(),
        l->done > 2 ? value_bool(suspect(l, x)) : value_null(),
    };
    return out->row(out, v, NULL, NULL, 0);
}

static void say_suspect(const struct leaks *l, const struct kin *x, struct sink *out) {
    char name[64], bytes[TIME_TEXT], objects[TIME_TEXT], how[64];
    uint64_t lasting;
    unsigned rose = rises(l, x, &lasting);
    double more = slope((double)l->done, x->sum_y, x->sum_xy);
    struct value v = kin_name(l, x->key);
    (out->ascii ? text_ascii : text_safe)(name, sizeof name, v.s);
    if (more < 10)
        snprintf(objects, sizeof objects, "%.1f", more);
    else
        count_text((uint64_t)(more + 0.5), objects);
    if (steadiness(l, x) >= 0.5)
        snprintf(how, sizeof how, ", in %.0f %% of them", 100 * steadiness(l, x));
    else
        snprintf(how, sizeof how, "; %u rises, and it never falls back", rose);
    report_say(out, "suspect: %s: %s objects (%s) more with each cycle%s", name, objects,
               bytes_text((uint64_t)growth_bytes(l, x), bytes), how);
}

static void say_suspects(const struct leaks *l, const struct order *list, size_t n, struct sink *out) {
    unsigned said = 0;
    report_say(out, "%zu GC cycles ended in the window%s.", l->done,
               l->done < 3 ? ": too few to tell growth from chance" : "");
    for (size_t i = 0; i < n && said < 3; i++)
        if (suspect(l, list[i].x)) {
            say_suspect(l, list[i].x, out);
            said++;
        }
    if (said == 0 && l->done >= 3)
        out->note(out, "no suspects: nothing grows in half of the cycles or more, nor without falling back");
}

static bool put_kins(struct leaks *l, uint64_t top, struct sink *out) {
    struct order *list = calloc((size_t)l->nkin + 1, sizeof *list);
    size_t n = 0;
    if (!list)
        return report_no_memory(l->env);
    for (uint32_t k = 0; k < l->nkin; k++) {
        struct kin *x = &l->kin[k];
        if (x->old > 0 || x->sum_y > 0)
            list[n++] = (struct order){x, suspect(l, x) ? growth_bytes(l, x) * evenness(l, x) : 0};
    }
    qsort(list, n, sizeof *list, by_weight);
    bool ok = out->begin(out, leaks_columns, LEAKS_COLUMNS);
    for (size_t i = 0; ok && i < n && top > 0; i++, top -= !out->refused)
        ok = put_kin(l, &l->kin[list[i].x->key], out);
    if (ok) {
        say_suspects(l, list, n, out);
        report_end(l->env, out);
    }
    free(list);
    return true;
}

static bool put_age(const struct leaks *l, uint64_t age, uint32_t type, struct sink *out) {
    const uint64_t *x = &l->ages[2 * (type * (l->done + 1) + age)];
    struct value v[LEAKS_COLUMNS] = {value_uint(x[0]), value_uint(x[1]), value_uint(age), value_null(),
                                     value_null(),     value_null(),     value_null(),    value_type_name(l->r, type),
                                     value_null(),     value_null()};
    return out->row(out, v, NULL, NULL, 0);
}

/* The oldest first; of an age, those with most bytes. */
static bool put_ages(struct leaks *l, uint64_t top, struct sink *out) {
    struct report_order *list = calloc((size_t)l->nkin + 1, sizeof *list);
    if (!list)
        return report_no_memory(l->env);
    bool ok = out->begin(out, leaks_columns, LEAKS_COLUMNS);
    for (uint64_t age = l->done; ok && age > 0; age--) {
        size_t n = 0;
        for (uint32_t type = 0; type < l->nkin; type++) {
            list[n] = (struct report_order){(double)l->ages[2 * (type * (l->done + 1) + age) + 1], type};
            n += list[n].weight > 0;
        }
        report_sort(list, n);
        for (size_t i = 0; ok && i < n && top > 0; i++, top -= !out->refused)
            ok = put_age(l, age, list[i].key, out);
    }
    free(list);
    return !ok || report_end(l->env, out);
}

static bool prepare(struct leaks *l, int64_t from, int64_t at) {
    l->nkin = l->by == BY_CLASS ? SPAN_CLASSES : reel_types(l->r);
    l->kin = calloc((size_t)l->nkin + 1, sizeof *l->kin);
    if (!l->kin || !find_marks(l, from, at))
        return false;
    for (uint32_t k = 0; k < l->nkin; k++)
        l->kin[k].key = k;
    if (l->by != BY_AGE)
        return true;
    size_t n = ((size_t)l->nkin + 1) * (l->done + 1);
    l->ages = n < SIZE_MAX / 64 ? calloc(n, 2 * sizeof *l->ages) : NULL;
    return l->ages != NULL;
}

bool leaks_run(struct command_env *env, int argc, char **argv, struct sink *out) {
    struct leaks l = {.env = env, .r = env->reel};
    int64_t at, from;
    uint64_t top;
    (void)argc;
    (void)argv;
    if (!command_time(env, "--at", env->opt.at, env->now, &at) ||
        !command_time(env, "--since", env->opt.since ? env->opt.since : env->opt.from, 0, &from) ||
        !report_by(env, leaks_by, &l.by) || !report_top(env, UINT64_MAX, &top))
        return false;
    bool ok = prepare(&l, from, at) || report_no_memory(env);
    ok = ok && walk(&l, at) && (l.by == BY_AGE ? put_ages(&l, top, out) : put_kins(&l, top, out));
    for (uint32_t k = 0; l.kin && k < l.nkin; k++)
        dist_free(&l.kin[k].age);
    slots_free(&l.slots);
    free(l.kin);
    free(l.mark);
    free(l.cycle);
    free(l.ages);
    return ok;
}
