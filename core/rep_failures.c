/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rep_failures.c - spans grown for a class though it had free slots elsewhere, and why those were not reused.
 *
 * A refill asks mcentral for a swept span with a free slot, then for unswept ones (at most a hundred of them), then
 * mheap for a new span (mcentral.go, cacheSpan). So where a span was grown, free slots of the class were either
 * skipped: on the nonempty list and swept; or unswept: on it and not known to be swept; or in the mcache of another P;
 * or there were none. The first of these that holds is the reason.
 */
#include "core/report.h"
#include "traces/grow.h"

#include <stdlib.h>

const struct result_column failures_columns[FAILURES_COLUMNS] = {
    {"grown", UNIT_COUNT, "spans that refills took from mheap"},
    {"failures", UNIT_COUNT, "of them, while the class had free slots elsewhere"},
    {"rate", UNIT_SHARE, "failures of all grown"},
    {"skipped", UNIT_COUNT, "failures: a swept span with a free slot was on the nonempty list"},
    {"unswept", UNIT_COUNT, "failures: one was on it that isn't known to be swept"},
    {"mcache", UNIT_COUNT, "failures: the mcache of another P held one"},
    {"needless", UNIT_BYTES, "size of the spans grown in failures"},
    {"elem", UNIT_BYTES, "size of a slot"},
    {"name", UNIT_NONE, "span class; all: the sum"},
};

/* A span in use. */
struct held {
    uint32_t swept_at;
    uint16_t live, nelems;
    int16_t p;
    uint8_t place, span_class;
};

struct counts {
    uint64_t grown, skipped, unswept, mcache, bytes;
};

struct failures {
    reel *r;
    uint64_t from; /* facts before only make the state */
    struct held *held;
    uint32_t gc;
    uint64_t swept[SPAN_CLASSES], unswept[SPAN_CLASSES]; /* spans on nonempty lists */
    uint32_t (*cache)[SPAN_CLASSES];                     /* by P: span + 1 */
    size_t nprocs, cap_procs;
    struct counts count[SPAN_CLASSES + 1];
    bool memory_short;
};

static void enlist(struct failures *f, struct held *h, int change) {
    uint64_t *n = h->swept_at == f->gc ? &f->swept[h->span_class] : &f->unswept[h->span_class];
    if (h->place == PLACE_NONEMPTY)
        *n += (uint64_t)change;
}

static void set_cache(struct failures *f, int32_t p, unsigned span_class, uint32_t value) {
    if (p < 0 || p > INT16_MAX)
        return;
    size_t want = (size_t)p + 1, had = f->cap_procs;
    if (!grow_to((void **)&f->cache, &f->cap_procs, want, sizeof *f->cache)) {
        f->memory_short = true;
        return;
    }
    if (f->cap_procs > had)
        memset(f->cache + had, 0, (f->cap_procs - had) * sizeof *f->cache);
    f->nprocs = want > f->nprocs ? want : f->nprocs;
    f->cache[p][span_class] = value;
}

static bool others_have(const struct failures *f, unsigned span_class, int32_t p) {
    for (size_t i = 0; i < f->nprocs; i++) {
        uint32_t id = f->cache[i][span_class];
        if (id != 0 && (int32_t)i != p && f->held[id - 1].live < f->held[id - 1].nelems)
            return true;
    }
    return false;
}

static void grown(struct failures *f, const struct fact *x, uint64_t n) {
    const struct span *s = reel_span(f->r, x->span);
    unsigned c = report_class(f->r, x->span);
    if (n < f->from || s->kind != SPAN_HEAP || s->class == 0)
        return;
    struct counts *k = &f->count[c];
    k->grown++;
    if (f->swept[c] > 0)
        k->skipped++;
    else if (f->unswept[c] > 0)
        k->unswept++;
    else if (others_have(f, c, x->p))
        k->mcache++;
    else
        return;
    k->bytes += s->npages * reel_info(f->r)->page_size;
}

static void placed(struct failures *f, const struct fact *x) {
    struct held *h = &f->held[x->span];
    if (h->nelems == 0)
        return;
    enlist(f, h, -1);
    if (h->place == PLACE_MCACHE)
        set_cache(f, h->p, h->span_class, 0);
    h->place = x->after.place;
    h->p = (int16_t)x->after.p;
    h->swept_at = x->after.swept == KNOWN_YES ? f->gc : f->gc - 1;
    if (h->place == PLACE_MCACHE)
        set_cache(f, h->p, h->span_class, x->span + 1);
    enlist(f, h, 1);
}

static void other(struct failures *f, const struct fact *x, uint64_t n) {
    if (x->kind == FACT_GC) {
        f->gc++;
        for (unsigned c = 0; c < SPAN_CLASSES; c++) {
            f->unswept[c] += f->swept[c];
            f->swept[c] = 0;
        }
    } else if (x->kind == FACT_SPAN_ALLOC || x->kind == FACT_SPAN_EXISTS) {
        const struct span *s = reel_span(f->r, x->span);
        if (x->kind == FACT_SPAN_ALLOC)
            grown(f, x, n);
        f->held[x->span] = (struct held){.nelems = (uint16_t)(s->nelems <= UINT16_MAX ? s->nelems : 0),
                                         .span_class = (uint8_t)report_class(f->r, x->span),
                                         .place = PLACE_UNKNOWN};
    } else if (x->kind == FACT_SPAN_FREE) {
        struct held *h = &f->held[x->span];
        enlist(f, h, -1);
        if (h->place == PLACE_MCACHE)
            set_cache(f, h->p, h->span_class, 0);
        h->place = PLACE_NONE;
    } else if (x->kind == FACT_PLACE) {
        placed(f, x);
    }
}

static void visit(void *arg, const struct walk_block *b) {
    struct failures *f = arg;
    for (uint32_t i = 0; i < b->n; i++) {
        const struct walked *w = &b->at[i];
        if (w->kind == WALK_OTHER)
            other(f, &b->other[w->type], b->first + i);
        else if (w->kind == FACT_FREE)
            f->held[w->span].live--;
        else
            f->held[w->span].live = (uint16_t)(f->held[w->span].live + (w->kind != FACT_SUBALLOC));
    }
}

static bool put_row(const struct counts *k, struct value elem, struct value name, struct sink *out) {
    uint64_t n = k->skipped + k->unswept + k->mcache;
    struct value v[FAILURES_COLUMNS] = {
        value_uint(k->grown),
        value_uint(n),
        value_real((double)n / (double)k->grown),
        value_uint(k->skipped),
        value_uint(k->unswept),
        value_uint(k->mcache),
        value_uint(k->bytes),
        elem,
        name,
    };
    return out->row(out, v, NULL, NULL, 0);
}

static bool put_rows(struct command_env *env, struct failures *f, uint64_t top, struct sink *out) {
    struct report_order list[SPAN_CLASSES];
    struct counts *all = &f->count[SPAN_CLASSES];
    size_t n = 0;
    for (uint32_t c = 0; c < SPAN_CLASSES; c++) {
        const struct counts *k = &f->count[c];
        all->grown += k->grown;
        all->skipped += k->skipped;
        all->unswept += k->unswept;
        all->mcache += k->mcache;
        all->bytes += k->bytes;
        list[n] = (struct report_order){(double)(k->bytes) + (double)k->grown * 1e-9, c};
        n += k->grown > 0;
    }
    report_sort(list, n);
    bool ok = out->begin(out, failures_columns, FAILURES_COLUMNS) && put_row(all, value_null(), value_str("all"), out);
    for (size_t i = 0; ok && i < n && top > 0; i++, top -= !out->refused)
        ok = put_row(&f->count[list[i].key], value_elem(list[i].key), value_class(list[i].key), out);
    if (!ok)
        return true;
    report_explain(
        out, "Where a span lies is concluded, not recorded; a reason is as sure as that. That a span was swept and "
             "lost nothing shows late, so some that count as unswept were skipped.");
    return report_end(env, out);
}

bool failures_run(struct command_env *env, int argc, char **argv, struct sink *out) {
    struct report_window w;
    uint64_t top;
    (void)argc;
    (void)argv;
    if (!report_window(env, &w) || !report_top(env, UINT64_MAX, &top))
        return false;
    struct failures *f = calloc(1, sizeof *f);
    if (f) {
        f->r = env->reel;
        f->from = w.from;
        f->gc = 1;
        f->held = calloc((size_t)reel_spans(f->r) + 1, sizeof *f->held);
    }
    bool ok = (f && f->held) || report_no_memory(env);
    ok = ok && report_walk(env, 0, w.to, visit, f) && (!f->memory_short || report_no_memory(env)) &&
         put_rows(env, f, top, out);
    if (f) {
        free(f->held);
        free(f->cache);
    }
    free(f);
    return ok;
}
