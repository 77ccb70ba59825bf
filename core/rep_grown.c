/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rep_grown.c - what grew between two instants: by type, span class, span or goroutine.
 *
 * Between --since (the start of the window, or of the trace) and --at. An object counts for the goroutine that
 * allocated it; those of the trace's snapshot are nobody's.
 */
#include "core/report.h"

#include <stdlib.h>

const struct result_column grown_columns[GROWN_COLUMNS] = {
    {"d_objects", UNIT_COUNT, "objects more"},
    {"d_bytes", UNIT_BYTES, "bytes more, by slots"},
    {"objects", UNIT_COUNT, "live objects at --at"},
    {"bytes", UNIT_BYTES, "their size"},
    {"objects_then", UNIT_COUNT | UNIT_HIDDEN, "live objects at --since"},
    {"bytes_then", UNIT_BYTES | UNIT_HIDDEN, "their size"},
    {"base", UNIT_NONE, "address of the span, with --by span"},
    {"g", UNIT_NONE, "the goroutine, with --by goroutine"},
    {"name", UNIT_NONE, "type, span class, or the function that the goroutine runs"},
};

enum { BY_TYPE, BY_CLASS, BY_SPAN, BY_GOROUTINE };
const char *const grown_by[] = {"type", "class", "span", "goroutine", NULL};
enum { COL_BASE = 6, COL_G = 7 };

struct amount {
    uint64_t objects, bytes;
};

struct grown {
    struct command_env *env;
    reel *r;
    size_t by;
    uint32_t nkeys;
    struct amount *then, *now;
    struct slots slots; /* by goroutine: who allocated what is there, + 1 */
};

static void sum_frame(struct grown *x, const frame *f, struct amount *to) {
    const uint32_t *ids;
    size_t n = frame_spans(f, &ids);
    struct span_state st;
    for (uint32_t i = 0; x->by == BY_TYPE && i < x->nkeys; i++) {
        struct type_count c = frame_type(f, i);
        to[i] = (struct amount){c.live, c.bytes};
    }
    for (size_t i = 0; x->by != BY_TYPE && i < n; i++) {
        const struct span *s = reel_span(x->r, ids[i]);
        if (s->kind != SPAN_HEAP || !frame_state(f, ids[i], &st))
            continue;
        struct amount *a = &to[x->by == BY_SPAN ? ids[i] : report_class(x->r, ids[i])];
        a->objects += st.live;
        a->bytes += st.live * s->elem;
    }
}

static void visit(void *arg, const struct walk_block *b) {
    struct grown *x = arg;
    for (uint32_t i = 0; i < b->n; i++) {
        const struct walked *w = &b->at[i];
        if (i + WALK_AHEAD < b->n)
            slots_fetch(&x->slots, w + WALK_AHEAD);
        if (w->kind == WALK_OTHER) {
            slots_fact(&x->slots, &b->other[w->type]);
            continue;
        }
        uint64_t *word = slots_word(&x->slots, w->span, w->slot), elem = word ? slots_elem(&x->slots, w->span) : 0;
        if (!word || w->kind == FACT_SUBALLOC)
            continue;
        uint32_t g = w->kind == FACT_ALLOC ? walked_g(w) : NO_ID;
        if (w->kind == FACT_FREE)
            g = *word == 0 ? NO_ID : (uint32_t)(*word - 1);
        struct amount *a = &x->now[g < x->nkeys - 1 ? g : x->nkeys - 1];
        *word = w->kind == FACT_FREE || g == NO_ID ? 0 : (uint64_t)g + 1;
        a->objects += w->kind == FACT_FREE ? UINT64_MAX : 1;
        a->bytes += w->kind == FACT_FREE ? 0 - elem : elem;
    }
}

static bool count(struct grown *x, int64_t since, int64_t at) {
    uint64_t from = reel_pos(x->r, since), to = reel_pos(x->r, at);
    if (x->by == BY_GOROUTINE) {
        if (!slots_init(&x->slots, x->r, 0))
            return report_no_memory(x->env);
        if (!report_walk(x->env, 0, from, visit, x))
            return false;
        memcpy(x->then, x->now, x->nkeys * sizeof *x->now);
        return report_walk(x->env, from, to, visit, x) && (!x->slots.memory_short || report_no_memory(x->env));
    }
    frame *f = command_frame(x->env, since);
    if (!f)
        return false;
    sum_frame(x, f, x->then);
    bool ok = frame_seek(f, to) || report_no_memory(x->env);
    if (ok)
        sum_frame(x, f, x->now);
    frame_free(&f);
    return ok;
}

static bool put_key(const struct grown *x, uint32_t k, struct sink *out) {
    const struct amount *then = &x->then[k], *now = &x->now[k];
    uint32_t g = x->by == BY_GOROUTINE && k < x->nkeys - 1 ? k : NO_ID;
    struct value name = x->by == BY_TYPE    ? value_type_name(x->r, k)
                        : x->by == BY_CLASS ? value_class(k)
                        : x->by == BY_SPAN  ? value_class(report_class(x->r, k))
                        : g == NO_ID        ? value_str("(before the trace, or nobody)")
                                            : value_name(reel_goroutine(x->r, g)->entry);
    struct value v[GROWN_COLUMNS] = {
        value_int((int64_t)(now->objects - then->objects)),
        value_int((int64_t)(now->bytes - then->bytes)),
        value_uint(now->objects),
        value_uint(now->bytes),
        value_uint(then->objects),
        value_uint(then->bytes),
        value_span(x->r, x->by == BY_SPAN ? k : NO_ID),
        value_goroutine(x->r, g),
        name,
    };
    return out->row(out, v, NULL, NULL, 0);
}

static bool put_keys(struct grown *x, uint64_t top, struct sink *out) {
    struct report_order *list = calloc((size_t)x->nkeys + 1, sizeof *list);
    struct result_column cols[GROWN_COLUMNS];
    size_t n = 0;
    if (!list)
        return report_no_memory(x->env);
    for (uint32_t k = 0; k < x->nkeys; k++) {
        list[n] = (struct report_order){(double)(int64_t)(x->now[k].bytes - x->then[k].bytes), k};
        n += x->now[k].objects + x->then[k].objects > 0;
    }
    report_sort(list, n);
    memcpy(cols, grown_columns, sizeof cols);
    cols[COL_BASE].unit |= x->by == BY_SPAN ? 0 : UNIT_HIDDEN;
    cols[COL_G].unit |= x->by == BY_GOROUTINE ? 0 : UNIT_HIDDEN;
    bool ok = out->begin(out, cols, GROWN_COLUMNS);
    for (size_t i = 0; ok && i < n && top > 0; i++, top -= !out->refused)
        ok = put_key(x, list[i].key, out);
    free(list);
    return !ok || report_end(x->env, out);
}

bool grown_run(struct command_env *env, int argc, char **argv, struct sink *out) {
    struct grown x = {.env = env, .r = env->reel};
    int64_t at, since;
    uint64_t top;
    (void)argc;
    (void)argv;
    if (!command_time(env, "--at", env->opt.at, env->now, &at) ||
        !command_time(env, "--since", env->opt.since, report_start(env->reel), &since) ||
        !report_by(env, grown_by, &x.by) || !report_top(env, UINT64_MAX, &top))
        return false;
    since = report_known(env->reel, since);
    at = report_known(env->reel, at);
    if (since > at)
        return command_fail(env, 2, "--since lies after --at");
    uint32_t sizes[] = {reel_types(x.r), SPAN_CLASSES, reel_spans(x.r), reel_goroutines(x.r) + 1};
    x.nkeys = sizes[x.by];
    x.then = calloc((size_t)x.nkeys + 1, sizeof *x.then);
    x.now = calloc((size_t)x.nkeys + 1, sizeof *x.now);
    bool ok = (x.then && x.now) || report_no_memory(env);
    ok = ok && count(&x, since, at) && put_keys(&x, top, out);
    slots_free(&x.slots);
    free(x.then);
    free(x.now);
    return ok;
}
