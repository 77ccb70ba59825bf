/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rep_pins.c - which few live objects keep nearly empty spans from going back.
 *
 * A span is nearly empty where at most a quarter of its slots hold objects. One that is in an mcache is left out: it is
 * being filled. What a span pins is its free slots; each of its objects bears an equal part of that. Since when: the
 * span has been nearly empty without a break, or was grown.
 */
#include "core/report.h"

#include <stdlib.h>

const struct result_column pins_columns[PINS_COLUMNS] = {
    {"pinned", UNIT_BYTES, "free slots of nearly empty spans, by the share of these objects in their spans' objects"},
    {"each", UNIT_BYTES, "the same for each object"},
    {"objects", UNIT_COUNT, "live objects in nearly empty spans"},
    {"spans", UNIT_COUNT, "nearly empty spans in which they are"},
    {"since", UNIT_TIME, "since when a span of theirs is nearly empty: the first; null: since before the trace"},
    {"born", UNIT_TIME, "when the oldest of the objects was allocated; null: before the trace"},
    {"base", UNIT_NONE, "address of the span, with --by span"},
    {"slots", UNIT_COUNT, "slots of the spans"},
    {"name", UNIT_NONE, "type of the objects, or span class; of a span: its oldest object's type"},
};

enum { BY_TYPE, BY_CLASS, BY_SPAN };
const char *const pins_by[] = {"type", "class", "span", NULL};
enum { QUARTER = 4 };

/* A span's fill, as the walk sees it. */
struct fill {
    int64_t since; /* nearly empty since, NO_TIME: before the trace */
    uint16_t live;
    bool few;
};

struct pin {
    double pinned;
    uint64_t objects, slots, spans;
    int64_t since, born;
    bool since_before, born_before;
    uint32_t oldest; /* its type */
    uint32_t last_span;
};

struct pins {
    struct command_env *env;
    reel *r;
    size_t by;
    struct fill *fill; /* by span */
    struct slots slots;
    struct pin *pin;
    uint32_t npins, spans;
    double pinned;
};

static void filled(struct pins *p, const struct walked *w, int change) {
    struct fill *f = &p->fill[w->span];
    f->live = (uint16_t)(f->live + change);
    bool few = f->live * QUARTER <= reel_span(p->r, w->span)->nelems;
    if (few && !f->few)
        f->since = w->t;
    f->few = few;
}

static void other(struct pins *p, const struct fact *x) {
    slots_fact(&p->slots, x);
    if (x->kind == FACT_SPAN_ALLOC || x->kind == FACT_SPAN_EXISTS)
        p->fill[x->span] = (struct fill){.since = x->kind == FACT_SPAN_ALLOC ? x->t : NO_TIME, .few = true};
}

static void visit(void *arg, const struct walk_block *b) {
    struct pins *p = arg;
    for (uint32_t i = 0; i < b->n; i++) {
        const struct walked *w = &b->at[i];
        if (i + WALK_AHEAD < b->n)
            slots_fetch(&p->slots, w + WALK_AHEAD);
        if (w->kind == WALK_OTHER) {
            other(p, &b->other[w->type]);
        } else if (w->kind == FACT_FREE) {
            filled(p, w, -1);
        } else if (w->kind != FACT_SUBALLOC) {
            uint64_t *word = slots_word(&p->slots, w->span, w->slot);
            if (word)
                *word = slots_pack(&p->slots, w->type, w->kind == FACT_EXISTS ? NO_TIME : w->t);
            filled(p, w, 1);
            if (w->kind == FACT_EXISTS && p->fill[w->span].few)
                p->fill[w->span].since = NO_TIME;
        }
    }
}

/* ------------------------------------------------------------------ what pins */

static void earlier(int64_t *t, bool *before, int64_t other_t) {
    *before |= other_t == NO_TIME;
    *t = other_t != NO_TIME && other_t < *t ? other_t : *t;
}

static void add_object(struct pins *p, uint32_t id, uint32_t slot, double share) {
    const uint64_t *word = slots_word(&p->slots, id, slot);
    uint32_t type = word ? slots_type(*word) : 0;
    int64_t born = word ? slots_time(&p->slots, *word) : NO_TIME;
    struct pin *x = &p->pin[p->by == BY_TYPE ? type : p->by == BY_CLASS ? report_class(p->r, id) : p->npins];
    if (born == NO_TIME ? !x->born_before : !x->born_before && born < x->born)
        x->oldest = type;
    x->pinned += share;
    x->objects++;
    if (x->last_span != id + 1) {
        x->last_span = id + 1;
        x->spans++;
        x->slots += reel_span(p->r, id)->nelems;
    }
    earlier(&x->since, &x->since_before, p->fill[id].since);
    earlier(&x->born, &x->born_before, born);
}

static void add_span(struct pins *p, const frame *f, uint32_t id) {
    const struct span *s = reel_span(p->r, id);
    struct span_state st;
    if (s->kind != SPAN_HEAP || s->nelems < QUARTER || !frame_state(f, id, &st) || st.place == PLACE_MCACHE ||
        st.live == 0 || st.live * QUARTER > s->nelems)
        return;
    double bytes = (double)((s->nelems - st.live) * s->elem);
    for (uint32_t slot = 0; slot < s->nelems; slot++)
        if (frame_slot(f, id, slot) == SLOT_LIVE)
            add_object(p, id, slot, bytes / st.live);
    p->pinned += bytes;
    p->spans++;
    p->npins += p->by == BY_SPAN;
}

/* ------------------------------------------------------------------ rows */

static bool put_pin(const struct pins *p, const struct pin *x, struct value base, struct value name, struct sink *out) {
    struct value v[PINS_COLUMNS] = {
        value_uint((uint64_t)(x->pinned + 0.5)),
        value_uint((uint64_t)(x->pinned / (double)x->objects + 0.5)),
        value_uint(x->objects),
        value_uint(x->spans),
        x->since_before || x->since == INT64_MAX ? value_null() : value_time(x->since),
        x->born_before || x->born == INT64_MAX ? value_null() : value_time(x->born),
        base,
        value_uint(x->slots),
        name,
    };
    (void)p;
    return out->row(out, v, NULL, NULL, 0);
}

static bool put_pins(struct pins *p, uint64_t top, struct sink *out) {
    uint32_t n = p->by == BY_SPAN ? p->npins : p->by == BY_CLASS ? SPAN_CLASSES : reel_types(p->r);
    struct report_order *list = calloc((size_t)n + 1, sizeof *list);
    struct result_column cols[PINS_COLUMNS];
    size_t found = 0;
    char bytes[TIME_TEXT];
    if (!list)
        return report_no_memory(p->env);
    memcpy(cols, pins_columns, sizeof cols);
    cols[6].unit |= p->by == BY_SPAN ? 0 : UNIT_HIDDEN;
    cols[3].unit |= p->by == BY_SPAN ? UNIT_HIDDEN : 0;
    for (uint32_t i = 0; i < n; i++) {
        list[found] = (struct report_order){p->pin[i].pinned, i};
        found += p->pin[i].objects > 0;
    }
    report_sort(list, found);
    bool ok = out->begin(out, cols, PINS_COLUMNS);
    for (size_t i = 0; ok && i < found && top > 0; i++, top -= !out->refused) {
        const struct pin *x = &p->pin[list[i].key];
        bool span = p->by == BY_SPAN;
        ok = put_pin(
            p, x, value_span(p->r, span ? x->last_span - 1 : NO_ID),
            p->by == BY_CLASS ? value_class(list[i].key) : value_type_name(p->r, span ? x->oldest : list[i].key), out);
    }
    free(list);
    if (!ok)
        return true;
    report_say(out, "%u spans with at most a quarter of their slots live keep %s of free slots.", p->spans,
               bytes_text((uint64_t)p->pinned, bytes));
    return report_end(p->env, out);
}

static bool prepare(struct pins *p, const frame *f) {
    const uint32_t *ids;
    size_t n = frame_spans(f, &ids), all = reel_types(p->r);
    all = all < SPAN_CLASSES ? SPAN_CLASSES : all;
    p->pin = calloc((all > n ? all : n) + 1, sizeof *p->pin);
    for (size_t i = 0; p->pin && i <= (all > n ? all : n); i++)
        p->pin[i].since = p->pin[i].born = INT64_MAX;
    return p->pin != NULL;
}

bool pins_run(struct command_env *env, int argc, char **argv, struct sink *out) {
    struct pins p = {.env = env, .r = env->reel};
    int64_t at;
    uint64_t top;
    (void)argc;
    (void)argv;
    if (!command_time(env, "--at", env->opt.at, env->now, &at) || !report_by(env, pins_by, &p.by) ||
        !report_top(env, UINT64_MAX, &top))
        return false;
    p.fill = calloc((size_t)reel_spans(p.r) + 1, sizeof *p.fill);
    bool ok = (p.fill && slots_init(&p.slots, p.r, 0)) || report_no_memory(env);
    ok = ok && report_walk(env, 0, reel_pos(p.r, at), visit, &p) && (!p.slots.memory_short || report_no_memory(env));
    frame *f = ok ? command_frame(env, at) : NULL;
    ok = f && (prepare(&p, f) || report_no_memory(env));
    if (ok) {
        const uint32_t *ids;
        size_t n = frame_spans(f, &ids);
        for (size_t i = 0; i < n; i++)
            add_span(&p, f, ids[i]);
        ok = put_pins(&p, top, out);
    }
    frame_free(&f);
    slots_free(&p.slots);
    free(p.fill);
    free(p.pin);
    return ok;
}
