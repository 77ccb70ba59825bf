/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rep_where.c - where the memory is, at a list of instants side by side.
 *
 * Every byte of a span in use is in one of: live slots; free slots of spans in mcaches; free slots of spans on
 * mcentral's nonempty lists; free slots whose place isn't known; the rest of a span behind its last slot. What mheap
 * holds in no span is `idle`: pages that were in a span once and are in none now. How much of that the OS has back no
 * event tells.
 */
#include "core/overlay.h"
#include "core/report.h"
#include "traces/grow.h"

#include <stdlib.h>

const struct result_column where_columns[WHERE_COLUMNS] = {
    {"at", UNIT_NONE, "the instant, as asked for"},
    {"live", UNIT_BYTES, "live slots"},
    {"mcache", UNIT_BYTES, "free slots of spans in mcaches"},
    {"nonempty", UNIT_BYTES, "free slots of spans on mcentral's nonempty (partial) lists"},
    {"idle", UNIT_BYTES, "pages that were in a span since the trace began and are in none: mheap's, or the OS's"},
    {"released", UNIT_BYTES,
     "what the OS has back in all, pages from before the trace too, by the scavtrace lines of --log"},
    {"returned", UNIT_BYTES, "heap spans given back to mheap since the row before"},
    {"stacks", UNIT_BYTES, "spans for stacks and other manual memory"},
    {"unknown", UNIT_BYTES | UNIT_HIDDEN, "free slots whose place, or slots whose state is not known"},
    {"rest", UNIT_BYTES | UNIT_HIDDEN, "bytes of spans that are in no slot"},
    {"spans", UNIT_COUNT | UNIT_HIDDEN, "heap spans in use"},
    {"spans_returned", UNIT_COUNT | UNIT_HIDDEN, "heap spans given back since the row before"},
    {"objects", UNIT_COUNT | UNIT_HIDDEN, "live slots, as a number"},
    {"t", UNIT_TIME | UNIT_HIDDEN, "the instant"},
    {"gc", UNIT_NONE | UNIT_HIDDEN | TO_CYCLE, "the GC cycle begun last"},
    {"phase", UNIT_NONE | UNIT_HIDDEN, "off, sweepterm, mark, markterm or sweep"},
    {"name", UNIT_NONE, "type or span class, with --by; all: the whole heap"},
};

enum { IDLE = 4, RELEASED = 5, RETURNED = 6, STACKS = 7 };
enum { BY_ALL, BY_CLASS, BY_TYPE };
const char *const where_by[] = {"all", "class", "type", NULL};

/* A stage and what is known of it. */
struct stage {
    char label[128];
    int64_t t;
    uint64_t pos;
};

struct sums {
    uint64_t live, mcache, nonempty, unknown, rest, objects, spans, returned, spans_returned;
};

struct where {
    struct command_env *env;
    reel *r;
    struct overlay *log; /* NULL: none */
    size_t by;
    struct stage *stage;
    size_t nstages, cap_stages;
    struct sums *sums; /* by stage and key */
    uint64_t *idle, *stacks;
    uint32_t nkeys;
    struct slots slots; /* --by type: the type that is or was last in a slot */
};

/* ------------------------------------------------------------------ stages */

static bool add_stage(struct where *w, const char *label, size_t len, int64_t t) {
    t = report_known(w->r, t);
    if (!GROW(w->stage, w->nstages, w->cap_stages))
        return report_no_memory(w->env);
    struct stage *s = &w->stage[w->nstages++];
    text_safe(s->label, sizeof s->label, (text){label, len});
    s->t = t;
    s->pos = reel_pos(w->r, t);
    return true;
}

static bool given_stages(struct where *w, const char *list) {
    while (*list) {
        size_t n = strcspn(list, ",");
        char one[320];
        int64_t t;
        if (n >= sizeof one)
            return command_fail(w->env, 2, "--at: an instant of %zu bytes is too long", n);
        snprintf(one, sizeof one, "%.*s", (int)n, list);
        if (!command_time(w->env, "--at", one, 0, &t) || !add_stage(w, list, n, t))
            return false;
        list += n + (list[n] == ',');
    }
    return w->nstages > 0 || command_fail(w->env, 2, "--at is empty");
}

/* The start, the ends of up to eight cycles, and the default instant. */
static bool usual_stages(struct where *w) {
    enum { MOST = 8 };
    const struct cycle *c;
    size_t n = reel_cycles(w->r, &c), ended = 0, every = 1, k = 0;
    for (size_t i = 0; i < n; i++)
        ended += c[i].end != NO_TIME && c[i].end <= w->env->now;
    every = (ended + MOST - 1) / MOST;
    bool ok = add_stage(w, "start", 5, reel_info(w->r)->begin);
    for (size_t i = 0; ok && i < n; i++) {
        char label[32];
        if (c[i].end == NO_TIME || c[i].end > w->env->now || k++ % every != every - 1)
            continue;
        snprintf(label, sizeof label, "gc:%u:end", c[i].gc);
        ok = add_stage(w, label, strlen(label), c[i].end);
    }
    bool end = w->env->now >= reel_info(w->r)->duration;
    return ok && add_stage(w, end ? "end" : "now", 3, w->env->now);
}

static int by_time(const void *a, const void *b) {
    const struct stage *x = a, *y = b;
    return x->pos != y->pos ? (x->pos < y->pos ? -1 : 1) : x->t < y->t ? -1 : x->t > y->t;
}

/* ------------------------------------------------------------------ pages that were in use once */

struct used_pages {
    uint64_t lo, n;
    uint64_t *bits;
    uint64_t count; /* of bits set */
};

/* A bit for every page that any span ever had; none where they lie too far apart. */
static void used_init(struct used_pages *u, const reel *r) {
    uint64_t lo = UINT64_MAX, hi = 0;
    for (uint32_t i = 0; i < reel_spans(r); i++) {
        const struct span *s = reel_span(r, i);
        uint64_t end = s->npages < UINT64_MAX - s->page ? s->page + s->npages : UINT64_MAX;
        lo = s->page < lo ? s->page : lo;
        hi = end > hi ? end : hi;
    }
    *u = (struct used_pages){.lo = lo, .n = hi > lo ? hi - lo : 0};
    u->bits = u->n < UINT64_C(1) << 32 ? calloc((size_t)(u->n / 64 + 1), sizeof *u->bits) : NULL;
}

static void used_add(struct used_pages *u, const struct span *s) {
    for (uint64_t i = s->page - u->lo, end = i + s->npages; i < end; i++) {
        uint64_t bit = UINT64_C(1) << (i % 64);
        u->count += (u->bits[i / 64] & bit) == 0;
        u->bits[i / 64] |= bit;
    }
}

/* ------------------------------------------------------------------ sums */

static uint32_t key_of(const struct where *w, uint32_t span, uint64_t type) {
    return w->by == BY_ALL ? 0 : w->by == BY_CLASS ? report_class(w->r, span) : (uint32_t)type;
}

static void add_free(struct sums *s, uint8_t place, uint64_t bytes) {
    *(place == PLACE_MCACHE ? &s->mcache : place == PLACE_NONEMPTY ? &s->nonempty : &s->unknown) += bytes;
}

static void sum_slots(struct where *w, struct sums *of, const frame *f, uint32_t id, const struct span_state *st) {
    const struct span *s = reel_span(w->r, id);
    for (uint32_t slot = 0; slot < s->nelems; slot++) {
        const uint64_t *word = slots_word(&w->slots, id, slot);
        struct sums *x = &of[word ? (uint32_t)*word : 0];
        if (frame_slot(f, id, slot) == SLOT_LIVE) {
            x->live += s->elem;
            x->objects++;
        } else {
            add_free(x, st->place, s->elem);
        }
    }
}

static void sum_span(struct where *w, struct sums *of, const frame *f, uint32_t id) {
    const struct span *s = reel_span(w->r, id);
    struct span_state st;
    if (s->kind != SPAN_HEAP || !frame_state(f, id, &st))
        return;
    uint64_t bytes = s->npages * reel_info(w->r)->page_size, slots = s->nelems * s->elem;
    if (w->by == BY_TYPE) {
        sum_slots(w, of, f, id, &st);
        return;
    }
    struct sums *x = &of[key_of(w, id, 0)];
    x->spans++;
    x->objects += st.live;
    x->live += st.live * s->elem;
    x->rest += bytes > slots ? bytes - slots : 0;
    add_free(x, st.place, (s->nelems - st.live) * s->elem);
}

/* A screen that shows how far this has come is asked now and then; stopped: false. */
enum { SPANS_BETWEEN = 4096 };
static bool go_on(const struct where *w, size_t i) {
    return i % SPANS_BETWEEN != 0 || !command_stopped(w->env) || command_fail(w->env, 2, "stopped");
}

static bool sum_stage(struct where *w, size_t i, frame *f) {
    const uint32_t *ids;
    size_t n = frame_spans(f, &ids);
    struct sums *of = &w->sums[i * w->nkeys];
    for (size_t k = 0; k < n; k++) {
        if (!go_on(w, k))
            return false;
        sum_span(w, of, f, ids[k]);
    }
    w->stacks[i] = frame_totals(f)->stack_bytes;
    return true;
}

/* The first stage at which a span is no more; the number of stages: none. */
static size_t stage_after(const struct where *w, uint64_t died) {
    size_t lo = 0, hi = w->nstages;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (w->stage[mid].pos <= died)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static bool sum_returned(struct where *w) {
    for (uint32_t id = 0; w->by != BY_TYPE && id < reel_spans(w->r); id++) {
        const struct span *s = reel_span(w->r, id);
        if (!go_on(w, id))
            return false;
        if (s->kind != SPAN_HEAP || s->died == NO_POS)
            continue;
        size_t i = stage_after(w, s->died);
        if (i == 0 || i == w->nstages)
            continue;
        struct sums *of = &w->sums[i * w->nkeys + key_of(w, id, 0)];
        of->spans_returned++;
        of->returned += s->npages * reel_info(w->r)->page_size;
    }
    return true;
}

/* Spans are numbered in order of birth. */
static void sum_idle(struct where *w, struct used_pages *u, size_t i, uint32_t *span, frame *f) {
    w->idle[i] = UINT64_MAX;
    if (!u->bits)
        return;
    for (; *span < reel_spans(w->r) && reel_span(w->r, *span)->born < w->stage[i].pos; ++*span)
        used_add(u, reel_span(w->r, *span));
    const struct totals *t = frame_totals(f);
    uint64_t ever = u->count * reel_info(w->r)->page_size, now = t->span_bytes + t->stack_bytes;
    w->idle[i] = ever > now ? ever - now : 0;
}

static void visit(void *arg, const struct walk_block *b) {
    struct where *w = arg;
    for (uint32_t i = 0; i < b->n; i++) {
        const struct walked *x = &b->at[i];
        if (i + WALK_AHEAD < b->n)
            slots_fetch(&w->slots, x + WALK_AHEAD);
        if (x->kind == WALK_OTHER) {
            slots_fact(&w->slots, &b->other[x->type]);
        } else {
            uint64_t *word = slots_word(&w->slots, x->span, x->slot);
            if (word && x->kind != FACT_SUBALLOC)
                *word = x->type;
        }
    }
}

static bool sum_all(struct where *w) {
    struct used_pages used;
    uint32_t span = 0;
    uint64_t pos = 0;
    frame *f = frame_new(w->r);
    used_init(&used, w->r);
    bool ok = (f && (w->by != BY_TYPE || slots_init(&w->slots, w->r, 0))) || report_no_memory(w->env);
    for (size_t i = 0; ok && i < w->nstages; i++) {
        uint64_t to = w->stage[i].pos;
        ok = (w->by != BY_TYPE || report_walk(w->env, pos, to, visit, w)) &&
             (frame_seek(f, to) || report_no_memory(w->env));
        ok = ok && sum_stage(w, i, f);
        if (ok)
            sum_idle(w, &used, i, &span, f);
        pos = to;
    }
    ok = ok && sum_returned(w);
    free(used.bits);
    frame_free(&f);
    return ok;
}

/* ------------------------------------------------------------------ rows */

static bool put_row(const struct where *w, size_t i, uint32_t key, struct sink *out) {
    const struct sums *x = &w->sums[i * w->nkeys + key];
    const struct stage *s = &w->stage[i];
    uint32_t gc;
    enum gc_phase phase = reel_phase(w->r, s->t, &gc);
    bool known = reel_info(w->r)->allocfree; /* else nothing is counted, which is not the same as none */
    bool all = known && w->by == BY_ALL, spans = known && w->by != BY_TYPE;
    struct value none = value_null();
    uint64_t released;
    bool told = w->by == BY_ALL && overlay_released(w->log, s->t, &released);
    struct value v[WHERE_COLUMNS] = {
        value_str(s->label),
        known ? value_uint(x->live) : none,
        known ? value_uint(x->mcache) : none,
        known ? value_uint(x->nonempty) : none,
        all ? value_metric(w->idle[i]) : none,
        told ? value_uint(released) : none,
        spans && i > 0 ? value_uint(x->returned) : none,
        all ? value_uint(w->stacks[i]) : none,
        known ? value_uint(x->unknown) : none,
        spans ? value_uint(x->rest) : none,
        spans ? value_uint(x->spans) : none,
        spans && i > 0 ? value_uint(x->spans_returned) : none,
        known ? value_uint(x->objects) : none,
        value_time(s->t),
        value_uint(gc),
        value_str(gc_phase_name(phase)),
        w->by == BY_ALL     ? value_str("all")
        : w->by == BY_CLASS ? value_class(key)
                            : value_type_name(w->r, key),
    };
    return out->row(out, v, NULL, NULL, 0);
}

/* The most bytes that a key has at any stage, and whether it ever has any. */
static uint64_t most(const struct where *w, uint32_t key) {
    uint64_t m = 0;
    for (size_t i = 0; i < w->nstages; i++) {
        const struct sums *x = &w->sums[i * w->nkeys + key];
        uint64_t bytes = x->live + x->mcache + x->nonempty + x->unknown + x->rest + x->returned;
        m = bytes > m ? bytes : m;
    }
    return m;
}

static bool put_rows(struct where *w, uint64_t top, struct sink *out) {
    struct report_order *list = calloc((size_t)w->nkeys + 1, sizeof *list);
    size_t n = 0;
    if (!list)
        return report_no_memory(w->env);
    for (uint32_t k = 0; k < w->nkeys; k++) {
        list[n] = (struct report_order){(double)most(w, k), k};
        n += w->by == BY_ALL || list[n].weight > 0;
    }
    report_sort(list, n);
    struct result_column cols[WHERE_COLUMNS];
    memcpy(cols, where_columns, sizeof cols);
    for (size_t i = 0; w->by != BY_ALL && i < WHERE_COLUMNS; i++) /* what only the whole heap has */
        if (i == IDLE || i == RELEASED || i == STACKS || (i == RETURNED && w->by == BY_TYPE))
            cols[i].unit |= UNIT_HIDDEN;
    bool ok = out->begin(out, cols, WHERE_COLUMNS);
    for (size_t k = 0; ok && k < n && top > 0; k++) {
        bool any = false;
        for (size_t i = 0; ok && i < w->nstages; i++) {
            ok = put_row(w, i, list[k].key, out);
            any |= !out->refused;
        }
        top -= any;
    }
    free(list);
    if (!ok)
        return true;
    if (w->by == BY_ALL && (!w->log || w->log->nscav == 0))
        report_explain(out, "A trace doesn't tell how much of idle the OS has back: lay a scavtrace log over it "
                            "(GODEBUG=scavtrace=1, --log FILE).");
    return report_end(w->env, out);
}

bool where_run(struct command_env *env, int argc, char **argv, struct sink *out) {
    struct where w = {.env = env, .r = env->reel};
    uint64_t top;
    (void)argc;
    (void)argv;
    bool ok = overlay_open(env, &w.log) && report_by(env, where_by, &w.by) && report_top(env, UINT64_MAX, &top) &&
              (env->opt.at ? given_stages(&w, env->opt.at) : usual_stages(&w));
    if (ok) {
        qsort(w.stage, w.nstages, sizeof *w.stage, by_time);
        w.nkeys = w.by == BY_ALL ? 1 : w.by == BY_CLASS ? SPAN_CLASSES : reel_types(w.r);
        w.sums = calloc(w.nstages * ((size_t)w.nkeys + 1), sizeof *w.sums);
        w.idle = calloc(w.nstages, sizeof *w.idle);
        w.stacks = calloc(w.nstages, sizeof *w.stacks);
        ok = (w.sums && w.idle && w.stacks) || report_no_memory(env);
    }
    ok = ok && sum_all(&w) && put_rows(&w, top, out);
    overlay_free(&w.log);
    slots_free(&w.slots);
    free(w.stage);
    free(w.sums);
    free(w.idle);
    free(w.stacks);
    return ok;
}
