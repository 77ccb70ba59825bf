/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd_spans.c - the spans in use at one instant, one by one and by span class. */
#include "core/command.h"
#include "core/value.h"

#include <stdlib.h>

const struct result_column spans_columns[SPANS_COLUMNS] = {
    {"base", UNIT_NONE, "address"},
    {"pages", UNIT_COUNT, "size in pages"},
    {"kind", UNIT_NONE, "heap, stack or manual"},
    {"class", UNIT_NONE, "size class, 0 for a large object; heap spans only, as all that follows"},
    {"noscan", UNIT_NONE | IS_FLAG, "objects without pointers"},
    {"elem", UNIT_BYTES, "size of a slot"},
    {"slots", UNIT_COUNT, "how many slots it has"},
    {"live", UNIT_COUNT, "slots that hold objects"},
    {"where", UNIT_NONE, "mcache, nonempty, empty; null: not known"},
    {"p", UNIT_NONE, "whose mcache"},
    {"swept", UNIT_NONE | IS_FLAG,
     "swept since the last mark; null: swept with nothing lost, or not yet: no event tells"},
    {"sure", UNIT_NONE | IS_FLAG,
     "live, where, p and swept follow from events; false: they are inferred, or about to change"},
    {"before", UNIT_NONE | IS_FLAG, "it was there before the trace, or the saved part of it, began"},
};

const struct result_column central_columns[CENTRAL_COLUMNS] = {
    {"class", UNIT_NONE, "size class, 0 for large objects"},
    {"noscan", UNIT_NONE | IS_FLAG, "objects without pointers"},
    {"elem", UNIT_BYTES, "size of a slot; null for large objects"},
    {"nonempty", UNIT_COUNT, "spans on the nonempty (partial) lists"},
    {"empty", UNIT_COUNT, "spans on the empty (full) lists"},
    {"mcache", UNIT_COUNT, "spans in mcaches"},
    {"objects", UNIT_COUNT, "live slots"},
    {"free_slots", UNIT_COUNT, "free slots"},
    {"bytes", UNIT_BYTES, "size of the spans"},
    {"unknown", UNIT_COUNT, "spans whose place is not known"},
    {"sure", UNIT_NONE | IS_FLAG, "false: spans were counted in inferred places"},
};

struct placed {
    uint64_t page;
    uint32_t id;
};

static int by_page(const void *a, const void *b) {
    const struct placed *x = a, *y = b;
    return x->page < y->page ? -1 : x->page > y->page;
}

/* Spans in use by address; NULL: out of memory. Free it. */
static struct placed *spans_by_address(const reel *r, const frame *f, size_t *n) {
    const uint32_t *ids;
    *n = frame_spans(f, &ids);
    struct placed *p = malloc((*n + 1) * sizeof *p);
    for (size_t i = 0; p && i < *n; i++)
        p[i] = (struct placed){reel_span(r, ids[i])->page, ids[i]};
    if (p)
        qsort(p, *n, sizeof *p, by_page);
    return p;
}

static bool put_span(const reel *r, const frame *f, uint32_t id, struct sink *out) {
    const struct span *s = reel_span(r, id);
    struct span_state st = {.p = -1, .swept = KNOWN_NOT};
    if (!frame_state(f, id, &st))
        return true;
    bool heap = s->kind == SPAN_HEAP, guess = !st.sure;
    struct value none = value_null();
    struct value v[SPANS_COLUMNS] = {
        value_address(reel_page_address(r, s->page)),
        value_uint(s->npages),
        value_str(span_kind_name((enum span_kind)s->kind)),
        heap ? value_uint(s->class) : none,
        heap ? value_bool(s->noscan) : none,
        heap ? value_uint(s->elem) : none,
        heap ? value_uint(s->nelems) : none,
        heap ? value_unsure(value_uint(st.live), st.lacks) : none,
        heap ? value_unsure(value_str(place_name((enum place)st.place)), guess) : none,
        heap && st.place == PLACE_MCACHE ? value_unsure(value_id(st.p), guess) : none,
        heap ? value_unsure(value_known((enum known)st.swept), guess) : none,
        value_bool(st.sure),
        value_bool(s->at_start),
    };
    return out->row(out, v, NULL, NULL, 0);
}

bool spans_run(struct command_env *env, int argc, char **argv, struct sink *out) {
    int64_t t;
    (void)argc;
    (void)argv;
    if (!command_time(env, "--at", env->opt.at, env->now, &t))
        return false;
    frame *f = command_frame(env, t);
    if (!f)
        return false;
    size_t n;
    struct placed *p = spans_by_address(env->reel, f, &n);
    bool enough = p != NULL;
    bool ok = enough && out->begin(out, spans_columns, SPANS_COLUMNS);
    for (size_t i = 0; ok && i < n && !command_stopped(env); i++)
        ok = put_span(env->reel, f, p[i].id, out);
    if (ok && reel_missing(env->reel))
        out->note(out, reel_missing(env->reel));
    if (ok)
        out->end(out);
    free(p);
    frame_free(&f);
    return enough || command_fail(env, 2, "out of memory");
}

/* For each span class, whether one of its spans stands in an inferred place. */
static void mark_guesses(const reel *r, const frame *f, bool guess[SPAN_CLASSES]) {
    const uint32_t *ids;
    size_t n = frame_spans(f, &ids);
    struct span_state st;
    for (size_t i = 0; i < n; i++) {
        const struct span *s = reel_span(r, ids[i]);
        if (s->kind == SPAN_HEAP && frame_state(f, ids[i], &st) && !st.sure && st.place != PLACE_UNKNOWN)
            guess[s->class * 2 + s->noscan] = true;
    }
}

static bool put_central(const struct central *c, unsigned span_class, bool guess, struct sink *out) {
    struct value v[CENTRAL_COLUMNS] = {
        value_uint(span_class / 2),
        value_bool(span_class & 1),
        c->elem ? value_uint(c->elem) : value_null(),
        value_unsure(value_uint(c->nonempty), guess),
        value_unsure(value_uint(c->empty), guess),
        value_unsure(value_uint(c->mcache), guess),
        value_uint(c->objects),
        value_uint(c->free_slots),
        value_uint(c->bytes),
        value_uint(c->unknown),
        value_bool(!guess),
    };
    return out->row(out, v, NULL, NULL, 0);
}

bool central_run(struct command_env *env, int argc, char **argv, struct sink *out) {
    int64_t t;
    (void)argc;
    (void)argv;
    if (!command_time(env, "--at", env->opt.at, env->now, &t))
        return false;
    frame *f = command_frame(env, t);
    if (!f)
        return false;
    bool guess[SPAN_CLASSES] = {false};
    const struct central *c = frame_central(f);
    mark_guesses(env->reel, f, guess);
    bool ok = out->begin(out, central_columns, CENTRAL_COLUMNS);
    for (unsigned i = 0; ok && i < SPAN_CLASSES; i++)
        if (c[i].spans > 0)
            ok = put_central(&c[i], i, guess[i], out);
    if (ok && reel_missing(env->reel))
        out->note(out, reel_missing(env->reel));
    if (ok)
        out->end(out);
    frame_free(&f);
    return true;
}
