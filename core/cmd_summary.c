/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd_summary.c - the heap in numbers at one instant. */
#include "core/command.h"
#include "core/value.h"

const struct result_column summary_columns[SUMMARY_COLUMNS] = {
    {"t", UNIT_TIME, "the instant"},
    {"gc", UNIT_NONE, "the GC cycle begun last, 0 before the first"},
    {"phase", UNIT_NONE, "off, sweepterm, mark, markterm or sweep"},
    {"heap_live", UNIT_BYTES, "the trace's own metric: live heap as the collector counts it"},
    {"heap_goal", UNIT_BYTES, "the trace's own metric: heap at which the next cycle is to end"},
    {"objects", UNIT_COUNT, "live slots"},
    {"object_bytes", UNIT_BYTES, "their size, by slots"},
    {"spans", UNIT_COUNT, "heap spans in use"},
    {"span_bytes", UNIT_BYTES, "their size"},
    {"stack_bytes", UNIT_BYTES, "spans for stacks and other manual memory"},
    {"free_in_mcache", UNIT_BYTES, "free slots of spans in mcaches"},
    {"free_in_nonempty", UNIT_BYTES, "free slots of spans on mcentral's nonempty (partial) lists"},
    {"unknown_bytes", UNIT_BYTES, "slots of unknown state, and free slots in an unknown place"},
    {"sure", UNIT_NONE | IS_FLAG, "false: free_in_* rest on inferred places of spans, or events are missing before"},
    {"objects_before", UNIT_COUNT, "of objects: those that were there before the trace began; null: no snapshot"},
    {"bytes_before", UNIT_BYTES, "their size"},
};

/* Whether every heap span's place follows from events. */
static bool all_sure(const struct command_env *env, const frame *f) {
    const uint32_t *ids;
    size_t n = frame_spans(f, &ids);
    struct span_state st;
    for (size_t i = 0; i < n; i++)
        if (reel_span(env->reel, ids[i])->kind == SPAN_HEAP && frame_state(f, ids[i], &st) && !st.sure)
            return false;
    return true;
}

static struct value metric(const reel *r, enum series_kind kind, int64_t t) {
    uint64_t v;
    return reel_value(r, kind, t, &v) ? value_uint(v) : value_null();
}

/* Without alloc/free events nothing is known of objects and spans: null, not 0. */
static struct value counted(const reel *r, uint64_t v) {
    return reel_info(r)->allocfree ? value_uint(v) : value_null();
}

/* What happened in spans that nobody has seen is not in these numbers. */
static void note_unseen(const reel *r, struct sink *out) {
    uint64_t n = reel_info(r)->unseen_events;
    char line[160], count[TIME_TEXT];
    if (n > 0) {
        snprintf(line, sizeof line, "%s events of the trace are about objects and spans from before: not counted",
                 count_text(n, count));
        out->note(out, line);
    }
}

bool summary_run(struct command_env *env, int argc, char **argv, struct sink *out) {
    int64_t t;
    (void)argc;
    (void)argv;
    if (!command_time(env, "--at", env->opt.at, env->now, &t))
        return false;
    frame *f = command_frame(env, t);
    if (!f)
        return false;
    reel *r = env->reel;
    const struct totals *s = frame_totals(f);
    uint32_t gc;
    const char *phase = gc_phase_name(reel_phase(r, t, &gc));
    bool lacks = reel_gap_before(r, frame_pos(f)), sure = !lacks && all_sure(env, f);
    struct value v[SUMMARY_COLUMNS] = {
        value_int(t),
        value_uint(gc),
        value_str(phase),
        metric(r, SERIES_HEAP_LIVE, t),
        metric(r, SERIES_HEAP_GOAL, t),
        value_unsure(counted(r, s->objects), lacks),
        value_unsure(counted(r, s->object_bytes), lacks),
        value_unsure(counted(r, s->spans), lacks),
        value_unsure(counted(r, s->span_bytes), lacks),
        value_unsure(counted(r, s->stack_bytes), lacks),
        value_unsure(counted(r, s->free_in_mcache), !sure),
        value_unsure(counted(r, s->free_in_nonempty), !sure),
        value_unsure(counted(r, s->unknown_bytes), lacks),
        reel_info(r)->allocfree ? value_bool(sure) : value_null(),
        value_unsure(reel_info(r)->snapshot ? value_uint(s->old_objects) : value_null(), lacks),
        value_unsure(reel_info(r)->snapshot ? value_uint(s->old_bytes) : value_null(), lacks),
    };
    out->record = true;
    if (out->begin(out, summary_columns, SUMMARY_COLUMNS) && out->row(out, v, NULL, NULL, 0)) {
        if (reel_missing(r))
            out->note(out, reel_missing(r));
        note_unseen(r, out);
        out->end(out);
    }
    frame_free(&f);
    return true;
}
