/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rep_compare.c - recordings side by side, or two instants of one, figure by figure, with ratios.
 *
 * The recording that is loaded is the first, `a`; the files named after it are b, c ... Ratios are to `a`. Figures that
 * depend on a recording's length come as rates as well, so that long and short ones compare.
 */
#include "core/measure.h"
#include "traces/grow.h"

#include <stdlib.h>

enum { MOST_FILES = 8, FIXED = 3, SLICE_NS = 8000000 };

const struct result_column compare_columns[COMPARE_COLUMNS] = {
    {"by", UNIT_NONE | UNIT_HIDDEN, "all, class or type"},
    {"measure", UNIT_NONE, "what is measured; file, go: of which recordings the columns are"},
    {"unit", UNIT_NONE | UNIT_HIDDEN, "ns, bytes, count, share, or null for plain numbers"},
    {"a", UNIT_NONE, "the first recording, or the heap at --since"},
    {"b", UNIT_NONE, "the second one, or the heap at --at; c, d ... for more"},
    {"ratio", UNIT_NONE, "b for each a; ratio_c, ratio_d ... for more"},
    {"name", UNIT_NONE, "span class or type; all: the whole"},
};

struct side {
    char label[64];
    const char *go;
    reel *r;
    bool own; /* opened here */
    bool damaged;
    struct figures f;
};

struct compare {
    struct command_env *env;
    struct side side[MOST_FILES];
    size_t n;
    bool instants; /* of one recording: what isn't there is 0, else it is unknown */
    enum measure_group more;
    struct result_column cols[FIXED + 2 * MOST_FILES + 1];
    size_t ncols;
};

/* ------------------------------------------------------------------ sides */

static void label(struct side *s, const char *path) {
    const char *base = strrchr(path, '/');
    base = base ? base + 1 : path;
    text_safe(s->label, sizeof s->label, (text){base, strlen(base)});
}

static bool open_side(struct compare *c, const char *path) {
    struct side *s = &c->side[c->n];
    struct trace_error err;
    label(s, path);
    s->r = reel_open(path, NULL, &err);
    if (!s->r)
        return command_fail(c->env, 2, "%s: %s", s->label, err.text[0] ? err.text : trace_code_text(err.code));
    s->own = true;
    c->n++;
    enum reel_state state;
    while ((state = reel_load(s->r, SLICE_NS)) == REEL_LOADING || state == REEL_WAITING) {
        if (command_stopped(c->env))
            return command_fail(c->env, 2, "stopped");
        if (c->env->progress)
            c->env->progress(c->env->progress_arg, reel_info(s->r)->share);
    }
    if (state == REEL_OUT_OF_MEMORY)
        return command_fail(c->env, 2, "%s: out of memory", s->label);
    struct command_env scratch = *c->env;
    scratch.damage[0] = '\0';
    command_damage(&scratch, &reel_info(s->r)->loss, reel_salvage(s->r));
    s->damaged = scratch.damage[0] != '\0';
    if (s->damaged && !c->env->damage[0]) { /* the line will begin with the first recording's name */
        snprintf(c->env->damage, sizeof c->env->damage, "beside it %s: %.*s", s->label,
                 (int)(sizeof c->env->damage - sizeof s->label - 16), scratch.damage);
        c->env->status = 1;
    }
    return true;
}

static bool measure_files(struct compare *c) {
    for (size_t i = 0; i < c->n; i++) {
        struct side *s = &c->side[i];
        struct report_window w;
        struct command_env here = *c->env;
        here.reel = s->r;
        if (!report_window(&here, &w) || !measure_window(&here, s->r, &w, c->more, &s->f)) {
            memcpy(c->env->error, here.error, sizeof here.error);
            c->env->status = here.status;
            return false;
        }
        s->go = reel_info(s->r)->go;
    }
    return true;
}

static bool measure_instants(struct compare *c) {
    const char *exprs[] = {c->env->opt.since, c->env->opt.at};
    for (size_t i = 0; i < 2; i++) {
        struct side *s = &c->side[i];
        int64_t t;
        if (!command_time(c->env, i == 0 ? "--since" : "--at", exprs[i], i == 0 ? 0 : c->env->now, &t) ||
            !measure_instant(c->env, c->env->reel, report_known(c->env->reel, t), c->more, &s->f))
            return false;
        const char *expr = exprs[i] ? exprs[i] : "now";
        text_safe(s->label, sizeof s->label, (text){expr, strlen(expr)});
        s->r = c->env->reel;
        s->go = reel_info(s->r)->go;
    }
    c->n = 2;
    return true;
}

/* ------------------------------------------------------------------ rows */

static void make_columns(struct compare *c) {
    static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g", "h"};
    static const char *const ratios[] = {"", "ratio", "ratio_c", "ratio_d", "ratio_e", "ratio_f", "ratio_g", "ratio_h"};
    memcpy(c->cols, compare_columns, FIXED * sizeof c->cols[0]);
    c->ncols = FIXED;
    for (size_t i = 0; i < c->n; i++) {
        c->cols[c->ncols++] = (struct result_column){names[i], UNIT_COUNT | IS_MIXED, ""};
        if (i > 0)
            c->cols[c->ncols++] = (struct result_column){ratios[i], UNIT_NONE, ""};
    }
    c->cols[c->ncols++] = compare_columns[COMPARE_COLUMNS - 1];
}

static const char *unit_name(uint8_t unit) {
    static const char *const names[] = {[UNIT_NONE] = NULL, [UNIT_COUNT] = "count", [UNIT_BYTES] = "bytes",
                                        [UNIT_TIME] = "ns", [UNIT_DURATION] = "ns", [UNIT_SHARE] = "share"};
    return names[unit];
}

/* Whole numbers where they are meant to be. */
static struct value figure_value(const struct figure *x) {
    if (!x || !isfinite(x->value))
        return value_null();
    bool whole = x->unit != UNIT_SHARE && x->unit != UNIT_NONE;
    struct value v = whole ? value_uint((uint64_t)(x->value + 0.5)) : value_real(x->value);
    v.unit = x->unit ? x->unit : VALUE_PLAIN;
    return v;
}

static struct value group_name(const struct compare *c, const struct figure *x) {
    (void)c;
    if (x->group == GROUP_CLASS)
        return value_class(x->key);
    if (x->group == GROUP_TYPE)
        return x->name.len ? value_text(x->name) : value_str("(no type)");
    return value_str("all");
}

static bool put_texts(const struct compare *c, const char *measure, const char *(*get)(const struct side *),
                      struct sink *out) {
    struct value v[FIXED + 2 * MOST_FILES + 1] = {value_str("all"), value_str(measure), value_null()};
    size_t k = FIXED;
    for (size_t i = 0; i < c->n; i++) {
        v[k++] = value_str(get(&c->side[i]));
        if (i > 0)
            v[k++] = value_null();
    }
    v[k] = value_str("all");
    return out->row(out, v, NULL, NULL, 0);
}

static const char *side_label(const struct side *s) {
    return s->label;
}
static const char *side_go(const struct side *s) {
    return s->go;
}

static const char *side_damaged(const struct side *s) {
    return s->damaged ? "yes" : "no";
}

static bool any_damaged(const struct compare *c) {
    bool any = false;
    for (size_t i = 0; i < c->n; i++)
        any |= c->side[i].damaged;
    return any;
}

/* A side's figure like x; NULL: it has none. */
static const struct figure *figure_of(const struct compare *c, size_t side, const struct figure *x,
                                      struct figure *none) {
    const struct figure *y = figures_find(&c->side[side].f, x);
    if (y || !c->instants || x->group == GROUP_ALL)
        return y;
    *none = *x;
    none->value = 0;
    return none;
}

static bool put_figure(const struct compare *c, const struct figure *x, struct sink *out) {
    static const char *const groups[] = {"all", "class", "type"};
    struct value v[FIXED + 2 * MOST_FILES + 1] = {value_str(groups[x->group]), value_str(x->measure),
                                                  value_str(unit_name(x->unit))};
    struct figure none_a, none;
    const struct figure *a = figure_of(c, 0, x, &none_a);
    size_t k = FIXED;
    for (size_t i = 0; i < c->n; i++) {
        const struct figure *y = figure_of(c, i, x, &none);
        v[k++] = figure_value(y);
        if (i > 0)
            v[k++] = a && y ? value_real(y->value / a->value) : value_null();
    }
    v[k] = group_name(c, x);
    return out->row(out, v, NULL, NULL, 0);
}

/* How much a group matters: its greatest count or size on any side. */
static double weight(const struct compare *c, const struct figure *x) {
    double most = 0;
    for (size_t i = 0; i < c->n; i++) {
        const struct figure *y = figures_find(&c->side[i].f, x);
        most = y && y->value > most ? y->value : most;
    }
    return most;
}

/* Where each class or type begins among the figures: its first measure. One that a side before has had is skipped. */
struct start {
    const struct figures *f;
    size_t at;
    double weight;
};

static int by_weight(const void *a, const void *b) {
    const struct start *x = a, *y = b;
    return x->weight != y->weight ? (x->weight < y->weight ? 1 : -1) : x->at < y->at ? -1 : x->at > y->at;
}

static bool had_before(const struct compare *c, size_t side, const struct figure *x) {
    for (size_t i = 0; i < side; i++)
        if (figures_find(&c->side[i].f, x))
            return true;
    return false;
}

static bool find_starts(struct compare *c, struct start **list, size_t *n) {
    size_t cap = 0;
    *list = NULL;
    *n = 0;
    for (size_t s = 0; s < c->n; s++) {
        const struct figures *f = &c->side[s].f;
        for (size_t i = 0; i < f->n; i++) {
            bool first = i == 0 || f->at[i].group != f->at[i - 1].group || f->at[i].key != f->at[i - 1].key;
            if (!first || f->at[i].group == GROUP_ALL || had_before(c, s, &f->at[i]))
                continue;
            if (!GROW(*list, *n, cap))
                return report_no_memory(c->env);
            (*list)[(*n)++] = (struct start){f, i, weight(c, &f->at[i])};
        }
    }
    if (*n > 0)
        qsort(*list, *n, sizeof **list, by_weight);
    return true;
}

static bool put_group(const struct compare *c, const struct start *s, struct sink *out, bool *any) {
    const struct figure *first = &s->f->at[s->at];
    bool ok = true;
    for (size_t i = s->at; ok && i < s->f->n && s->f->at[i].group == first->group && s->f->at[i].key == first->key;
         i++) {
        ok = put_figure(c, &s->f->at[i], out);
        *any |= !out->refused;
    }
    return ok;
}

static bool put_rows(struct compare *c, uint64_t top, struct sink *out) {
    struct start *list;
    size_t n;
    if (!find_starts(c, &list, &n))
        return false;
    make_columns(c);
    bool ok =
        out->begin(out, c->cols, c->ncols) && put_texts(c, "file", side_label, out) && put_texts(c, "go", side_go, out);
    ok = ok && (!any_damaged(c) || put_texts(c, "damaged", side_damaged, out));
    const struct figures *most = &c->side[0].f;
    for (size_t i = 1; i < c->n; i++) /* a recording without objects has fewer */
        most = c->side[i].f.n > most->n ? &c->side[i].f : most;
    for (size_t i = 0; ok && i < most->n && most->at[i].group == GROUP_ALL; i++)
        ok = put_figure(c, &most->at[i], out);
    for (size_t i = 0; ok && i < n && top > 0; i++) {
        bool any = false;
        ok = put_group(c, &list[i], out, &any);
        top -= any;
    }
    free(list);
    if (ok)
        out->end(out);
    return true;
}

const char *const compare_by[] = {"all", "class", "type", NULL};

bool compare_run(struct command_env *env, int argc, char **argv, struct sink *out) {
    struct compare *c = calloc(1, sizeof *c);
    uint64_t top;
    size_t by = 0;
    if (!c)
        return report_no_memory(env);
    c->env = env;
    bool instants = c->instants = argc == 0 && env->opt.since != NULL;
    bool ok = report_by(env, compare_by, &by) && report_top(env, by == 0 ? UINT64_MAX : 10, &top);
    c->more = (enum measure_group)by;
    if (ok && argc == 0 && !instants)
        ok = command_fail(env, 2, "compare needs another recording, or --since TIME for two instants of this one");
    if (ok && argc >= MOST_FILES)
        ok = command_fail(env, 2, "compare takes up to %d recordings", MOST_FILES);
    if (ok && !instants) {
        label(&c->side[0], env->shown_path ? env->shown_path : env->path ? env->path : "a");
        c->side[0].r = env->reel;
        c->side[0].damaged = reel_info(env->reel)->loss.code != TRACE_OK;
        c->n = 1;
        for (int i = 0; ok && i < argc; i++)
            ok = open_side(c, argv[i]);
        ok = ok && measure_files(c);
    } else if (ok) {
        ok = measure_instants(c);
    }
    ok = ok && put_rows(c, top, out);
    for (size_t i = 0; i < MOST_FILES; i++) {
        figures_free(&c->side[i].f);
        if (c->side[i].own)
            reel_close(&c->side[i].r);
    }
    free(c);
    return ok;
}
