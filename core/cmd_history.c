/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd_history.c - the life of one bucket, and of one span. */
#include "core/command.h"
#include "core/fact.h"
#include "core/value.h"

const struct result_column bucket_columns[BUCKET_COLUMNS] = {
    {"t", UNIT_TIME, "when"},
    {"ev", UNIT_NONE, "exists, alloc, suballoc, free, span-alloc, span-free, cached, uncached"},
    {"type", UNIT_NONE, "of the object"},
    {"g", UNIT_NONE, "the goroutine that did it"},
    {"p", UNIT_NONE, "on which processor; whose mcache"},
    {"gc", UNIT_NONE, "the GC cycle begun last"},
    {"phase", UNIT_NONE, "off, sweepterm, mark, markterm or sweep"},
    {"held_ns", UNIT_DURATION, "on a free: how long the object was held"},
    {"idle_ns", UNIT_DURATION, "on a reuse: how long the slot was free"},
    {"why", UNIT_NONE, "what made the span move"},
    {"sure", UNIT_NONE | IS_FLAG, "false: no event says this, it is inferred"},
    {"reason", UNIT_NONE, "the same in a word, of spans: start, grown, refilled, uncached, flushed, swept, freed ..."},
    {"proof", UNIT_NONE, "the event at `t` that proves it; null: inferred"},
};

const struct result_column span_columns[SPAN_COLUMNS] = {
    {"t", UNIT_TIME, "when"},
    {"ev", UNIT_NONE, "span-exists, span-alloc, span-free, cached, uncached; alloc, free with --objects"},
    {"where", UNIT_NONE, "from here on: mcache, nonempty, empty; null: not known"},
    {"p", UNIT_NONE, "whose mcache"},
    {"live", UNIT_COUNT, "objects in it"},
    {"gc", UNIT_NONE, "the GC cycle begun last"},
    {"phase", UNIT_NONE, "off, sweepterm, mark, markterm or sweep"},
    {"swept", UNIT_NONE | IS_FLAG,
     "swept since the last mark; null: swept with nothing lost, or not yet: no event tells"},
    {"why", UNIT_NONE, "what made it move"},
    {"sure", UNIT_NONE | IS_FLAG, "false: no event says this, it is inferred"},
    {"reason", UNIT_NONE,
     "why in a word: start, grown, refilled, uncached, flushed, stats, proc-gone, swept, seen, cut, evicted, freed"},
    {"proof", UNIT_NONE, "the event at `t` that proves it; null: inferred"},
    {"proof_g", UNIT_NONE, "the goroutine that emitted it"},
    {"proof_p", UNIT_NONE, "on which processor"},
};

static bool is_sure(const struct fact *f) {
    return !f->inferred && (f->kind != FACT_PLACE || f->after.sure);
}

static struct value why(const struct fact *f) {
    return f->kind == FACT_PLACE ? value_str(place_reason_text((enum place_reason)f->why)) : value_null();
}

/* An unswept span is one of those that may be swept without a sign. */
static enum known swept(const struct span_state *st) {
    return st->swept == KNOWN_NO ? KNOWN_NOT : (enum known)st->swept;
}

/* Whose mcache it came into or left; else the processor of the event. */
static struct value whose(const struct fact *f, bool unsure) {
    int32_t p = f->p;
    if (f->kind == FACT_PLACE && f->after.p >= 0)
        p = f->after.p;
    else if (f->kind == FACT_PLACE && f->before.p >= 0)
        p = f->before.p;
    return value_unsure(value_id(p), unsure);
}

static bool put_bucket(const reel *r, const struct event_row *e, struct sink *out) {
    const struct fact *f = &e->fact;
    bool unsure = !is_sure(f);
    struct value v[BUCKET_COLUMNS] = {
        value_int(f->t),
        value_unsure(value_str(event_row_name(e)), unsure),
        fact_of_object(f->kind) ? value_type(r, f->type) : value_null(),
        value_goroutine(r, f->g),
        whose(f, unsure),
        value_uint(e->gc),
        value_str(gc_phase_name((enum gc_phase)e->phase)),
        value_time(e->held),
        value_time(e->idle),
        why(f),
        value_bool(!unsure),
        value_str(event_row_reason(e)),
        value_str(event_row_proof(e)),
    };
    return out->row(out, v, NULL, NULL, 0);
}

static bool put_span(const reel *r, const struct event_row *e, struct sink *out) {
    const struct fact *f = &e->fact;
    bool unsure = !is_sure(f), place = f->kind == FACT_PLACE;
    const char *proof = event_row_proof(e);
    struct value v[SPAN_COLUMNS] = {
        value_int(f->t),
        value_unsure(value_str(event_row_name(e)), unsure),
        place ? value_unsure(value_str(place_name((enum place)f->after.place)), unsure) : value_null(),
        place ? value_unsure(value_id(f->after.p), unsure) : value_null(),
        e->live == NO_ID ? value_null() : value_uint(e->live),
        value_uint(e->gc),
        value_str(gc_phase_name((enum gc_phase)e->phase)),
        place ? value_unsure(value_known(swept(&f->after)), unsure) : value_null(),
        why(f),
        value_bool(!unsure),
        value_str(event_row_reason(e)),
        value_str(proof),
        proof ? value_goroutine(r, f->g) : value_null(),
        proof ? value_id(f->p) : value_null(),
    };
    return out->row(out, v, NULL, NULL, 0);
}

/* What a history is about, as a line over its rows. */
static void introduce(const reel *r, const char *what, const struct history *h, struct sink *out) {
    char line[128], addr[ADDRESS_TEXT], size[TIME_TEXT];
    snprintf(line, sizeof line, "%s %s, %s", what, reel_address_text(r, h->addr, addr), bytes_text(h->size, size));
    out->note(out, line);
}

static bool nothing(struct command_env *env, const char *what, uint64_t addr) {
    char s[ADDRESS_TEXT];
    if (reel_missing(env->reel) && !reel_info(env->reel)->allocfree)
        return command_fail(env, 2, "%s", reel_missing(env->reel));
    if (!reel_info(env->reel)->snapshot)
        return command_fail(env, 2,
                            "no %s in the trace holds %s: what was allocated before it began is unknown, since it has "
                            "no snapshot of the heap",
                            what, reel_address_text(env->reel, addr, s));
    return command_fail(env, 2, "no %s ever held %s", what, reel_address_text(env->reel, addr, s));
}

/* The address, and the position whose span decides where several have held it. */
static bool where_and_when(struct command_env *env, const char *word, uint64_t *addr, uint64_t *pos) {
    int64_t at;
    if (!command_address(env, word, addr) || !command_time(env, "--at", env->opt.at, env->now, &at))
        return false;
    *pos = reel_pos(env->reel, at);
    return true;
}

static bool put_history(struct command_env *env, const struct history *h, bool bucket, struct sink *out) {
    int64_t from, to;
    if (!command_time(env, "--from", env->opt.from, INT64_MIN, &from) ||
        !command_time(env, "--to", env->opt.to, INT64_MAX, &to))
        return false;
    introduce(env->reel, bucket ? "bucket" : "span", h, out);
    bool ok = bucket ? out->begin(out, bucket_columns, BUCKET_COLUMNS) : out->begin(out, span_columns, SPAN_COLUMNS);
    for (size_t i = 0; ok && i < h->n && !command_stopped(env); i++) {
        if (h->rows[i].fact.t < from || h->rows[i].fact.t > to)
            continue;
        ok = bucket ? put_bucket(env->reel, &h->rows[i], out) : put_span(env->reel, &h->rows[i], out);
    }
    if (ok)
        out->end(out);
    return true;
}

static bool history_run(struct command_env *env, char **argv, bool bucket, struct sink *out) {
    uint64_t addr, pos;
    struct history h;
    if (!where_and_when(env, argv[0], &addr, &pos))
        return false;
    bool found =
        bucket ? bucket_history(env->reel, addr, pos, &h) : span_history(env->reel, addr, pos, env->opt.objects, &h);
    if (!found)
        return nothing(env, "span", addr);
    bool ok = put_history(env, &h, bucket, out);
    history_free(&h);
    return ok;
}

bool bucket_run(struct command_env *env, int argc, char **argv, struct sink *out) {
    (void)argc;
    return history_run(env, argv, true, out);
}

bool span_run(struct command_env *env, int argc, char **argv, struct sink *out) {
    (void)argc;
    return history_run(env, argv, false, out);
}
