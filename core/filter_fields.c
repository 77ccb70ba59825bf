/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * filter_fields.c - the fields that filters of events and of spans may name, and their values.
 *
 * The fields of a span are written once: a search over events has them under "span." and means the span that the event
 * touched, as it is at the search's instant; unknown where that span is not in use then.
 */
#include "core/fact.h"
#include "core/filter_in.h"
#include "core/value.h"

#include <string.h>

static const char *const span_kinds[] = {"heap", "stack", "manual", NULL};
static const char *const places[] = {"mcache", "nonempty", "empty", NULL};
static const char *const phases[] = {"off", "sweepterm", "mark", "markterm", "sweep", NULL};
static const char *const kinds[] = {"alloc",       "free",   "exists",   "suballoc", "span-alloc", "span-free",
                                    "span-exists", "cached", "uncached", "moved",    "gc-end",     "sweep-begin",
                                    "log",         "region", "task",     NULL};

/* ------------------------------------------------------------------ spans */

enum span_field {
    SPAN_LIVE,
    SPAN_FREE,
    SPAN_WHERE,
    SPAN_P,
    SPAN_SWEPT,
    SPAN_SURE,
    SPAN_AGE,
    SPAN_SLOTS,
    SPAN_PAGES,
    SPAN_BYTES,
    SPAN_BASE,
    SPAN_KIND,
    SPAN_CLASS,
    SPAN_ELEM,
    SPAN_SCAN,
    SPAN_NOSCAN,
    SPAN_LARGE,
    SPAN_FIELDS
};

static const struct filter_field span_fields[SPAN_FIELDS] = {
    [SPAN_LIVE] = {"live", FILTER_NUMBER, UNIT_COUNT, "slots that hold objects; % of its slots", NULL},
    [SPAN_FREE] = {"free", FILTER_NUMBER, UNIT_COUNT, "free slots; % of its slots", NULL},
    [SPAN_WHERE] = {"where", FILTER_TEXT, UNIT_NONE, "its place", places},
    [SPAN_P] = {"p", FILTER_NUMBER, UNIT_NONE, "whose mcache it is in", NULL},
    [SPAN_SWEPT] = {"swept", FILTER_FLAG, UNIT_NONE, "swept since the last mark", NULL},
    [SPAN_SURE] = {"sure", FILTER_FLAG, UNIT_NONE, "its place follows from events; no: it is inferred", NULL},
    [SPAN_AGE] = {"age", FILTER_AGE, UNIT_DURATION, "since it was allocated: time, or GC cycles (3gc)", NULL},
    [SPAN_SLOTS] = {"slots", FILTER_NUMBER, UNIT_COUNT, "how many slots it has", NULL},
    [SPAN_PAGES] = {"pages", FILTER_NUMBER, UNIT_COUNT, "its pages", NULL},
    [SPAN_BYTES] = {"bytes", FILTER_NUMBER, UNIT_BYTES, "its size", NULL},
    [SPAN_BASE] = {"addr", FILTER_ADDRESS, UNIT_NONE, "holds this address", NULL},
    [SPAN_KIND] = {"kind", FILTER_TEXT, UNIT_NONE, "what it is for", span_kinds},
    [SPAN_CLASS] = {"class", FILTER_NUMBER, UNIT_NONE, "size class, 0 for a large object", NULL},
    [SPAN_ELEM] = {"elem", FILTER_NUMBER, UNIT_BYTES, "size of a slot", NULL},
    [SPAN_SCAN] = {"scan", FILTER_FLAG, UNIT_NONE, "objects with pointers", NULL},
    [SPAN_NOSCAN] = {"noscan", FILTER_FLAG, UNIT_NONE, "objects without pointers", NULL},
    [SPAN_LARGE] = {"large", FILTER_FLAG, UNIT_NONE, "one large object", NULL},
};

const struct filter_domain filter_spans = {.fields = span_fields, .n = SPAN_FIELDS};

struct span_at {
    reel *r;
    const frame *frame;
    int64_t t;
    uint32_t gc, span;
};

static struct value span_fixed(const struct span_at *x, const struct span *s, enum span_field field) {
    bool heap = s->kind == SPAN_HEAP;
    switch (field) {
    case SPAN_PAGES:
        return value_uint(s->npages);
    case SPAN_BYTES:
        return value_uint(s->npages * reel_info(x->r)->page_size);
    case SPAN_BASE:
        return value_address(reel_page_address(x->r, s->page));
    case SPAN_KIND:
        return value_str(span_kind_name((enum span_kind)s->kind));
    case SPAN_SLOTS:
        return heap ? value_uint(s->nelems) : value_null();
    case SPAN_CLASS:
        return heap ? value_uint(s->class) : value_null();
    case SPAN_ELEM:
        return heap ? value_uint(s->elem) : value_null();
    case SPAN_SCAN:
    case SPAN_NOSCAN:
        return heap ? value_bool(s->noscan == (field == SPAN_NOSCAN)) : value_null();
    case SPAN_LARGE:
        return heap ? value_bool(s->class == 0) : value_null();
    default:
        return value_null();
    }
}

static uint32_t cycle_at(const reel *r, int64_t t) {
    uint32_t gc;
    reel_phase(r, t, &gc);
    return gc;
}

static void set_age(const reel *r, int64_t from, int64_t to, uint32_t gc, struct filter_value *out) {
    if (from > to)
        return;
    out->v = value_int(to - from);
    uint32_t then = cycle_at(r, from);
    out->cycles = gc > then ? gc - then : 0;
}

static void span_get(const struct span_at *x, enum span_field field, struct filter_value *out) {
    const struct span *s = reel_span(x->r, x->span);
    struct span_state st;
    out->whole = s->nelems;
    out->size = s->npages * reel_info(x->r)->page_size;
    if (field >= SPAN_SLOTS) {
        out->v = span_fixed(x, s, field);
        return;
    }
    if (!x->frame || !frame_state(x->frame, x->span, &st))
        return;
    if (field == SPAN_AGE) {
        struct fact born;
        if (!s->at_start && reel_fact(x->r, s->born, &born))
            set_age(x->r, born.t, x->t, x->gc, out);
        else if (s->at_start)
            set_age(x->r, 0, x->t, x->gc, out); /* at least that */
        return;
    }
    if (s->kind != SPAN_HEAP)
        return;
    const struct value values[] = {
        [SPAN_LIVE] = value_uint(st.live),
        [SPAN_FREE] = value_uint(s->nelems - st.live),
        [SPAN_WHERE] = value_str(place_name((enum place)st.place)),
        [SPAN_P] = st.place == PLACE_MCACHE ? value_id(st.p) : value_null(),
        [SPAN_SWEPT] = value_known((enum known)st.swept),
        [SPAN_SURE] = value_bool(st.sure),
    };
    out->v = values[field];
}

static void span_get_arg(void *arg, unsigned field, struct filter_value *out) {
    span_get(arg, (enum span_field)field, out);
}

bool filter_span(filter *f, reel *r, const frame *fr, int64_t t, uint32_t span) {
    struct span_at x = {.r = r, .frame = fr, .t = t, .gc = cycle_at(r, t), .span = span};
    return filter_eval(f, span_get_arg, &x) == FILTER_YES;
}

/* ------------------------------------------------------------------ events */

enum event_field {
    EV_LIVE = EVENT_LIVE,
    EV_AGE = EVENT_AGE,
    EV_EV,
    EV_T,
    EV_TYPE,
    EV_SIZE,
    EV_ADDR,
    EV_P,
    EV_G,
    EV_BY,
    EV_GC,
    EV_PHASE,
    EV_CLASS,
    EV_SCAN,
    EV_NOSCAN,
    EV_LARGE,
    EV_NOTE,
    EV_INFERRED,
    EV_SPAN, /* from here on: the span's fields */
    EV_FIELDS = EV_SPAN + SPAN_FIELDS
};

#define SPAN_FIELD(i, name, kind, unit, about, values) [EV_SPAN + (i)] = {name, kind, unit, about, values}

static const struct filter_field event_fields[EV_FIELDS] = {
    [EV_LIVE] = {"live", FILTER_FLAG, UNIT_NONE, "made an object that is there at the cursor", NULL},
    [EV_AGE] = {"age", FILTER_AGE, UNIT_DURATION, "how long before the cursor: time, or GC cycles (3gc)", NULL},
    [EV_EV] = {"ev", FILTER_TEXT, UNIT_NONE, "what happened", kinds},
    [EV_T] = {"t", FILTER_NUMBER, UNIT_TIME, "when", NULL},
    [EV_TYPE] = {"type", FILTER_TEXT, UNIT_NONE, "type of the object", NULL},
    [EV_SIZE] = {"size", FILTER_NUMBER, UNIT_BYTES, "of the slot", NULL},
    [EV_ADDR] = {"addr", FILTER_ADDRESS, UNIT_NONE, "the slot (or span) holds this address", NULL},
    [EV_P] = {"p", FILTER_NUMBER, UNIT_NONE, "on which P", NULL},
    [EV_G] = {"g", FILTER_NUMBER, UNIT_NONE, "by which goroutine", NULL},
    [EV_BY] = {"by", FILTER_TEXT, UNIT_NONE, "the function that goroutine runs", NULL},
    [EV_GC] = {"gc", FILTER_NUMBER, UNIT_NONE, "in which GC cycle", NULL},
    [EV_PHASE] = {"phase", FILTER_TEXT, UNIT_NONE, "in which GC phase", phases},
    [EV_CLASS] = {"class", FILTER_NUMBER, UNIT_NONE, "size class of the span", NULL},
    [EV_SCAN] = {"scan", FILTER_FLAG, UNIT_NONE, "in a span for objects with pointers", NULL},
    [EV_NOSCAN] = {"noscan", FILTER_FLAG, UNIT_NONE, "in a span for objects without pointers", NULL},
    [EV_LARGE] = {"large", FILTER_FLAG, UNIT_NONE, "a large object", NULL},
    [EV_NOTE] = {"note", FILTER_TEXT, UNIT_NONE, "text of an annotation: its message, or its name", NULL},
    [EV_INFERRED] = {"inferred", FILTER_FLAG, UNIT_NONE, "no event says it: concluded", NULL},
    SPAN_FIELD(SPAN_LIVE, "span.live", FILTER_NUMBER, UNIT_COUNT, "live slots in its span; % of them", NULL),
    SPAN_FIELD(SPAN_FREE, "span.free", FILTER_NUMBER, UNIT_COUNT, "free slots in its span; % of them", NULL),
    SPAN_FIELD(SPAN_WHERE, "span.where", FILTER_TEXT, UNIT_NONE, "the place of its span", places),
    SPAN_FIELD(SPAN_P, "span.p", FILTER_NUMBER, UNIT_NONE, "whose mcache its span is in", NULL),
    SPAN_FIELD(SPAN_SWEPT, "span.swept", FILTER_FLAG, UNIT_NONE, "its span is swept", NULL),
    SPAN_FIELD(SPAN_SURE, "span.sure", FILTER_FLAG, UNIT_NONE, "the span's place follows from events", NULL),
    SPAN_FIELD(SPAN_AGE, "span.age", FILTER_AGE, UNIT_DURATION, "age of its span", NULL),
    SPAN_FIELD(SPAN_SLOTS, "span.slots", FILTER_NUMBER, UNIT_COUNT, "slots of its span", NULL),
    SPAN_FIELD(SPAN_PAGES, "span.pages", FILTER_NUMBER, UNIT_COUNT, "pages of its span", NULL),
    SPAN_FIELD(SPAN_BYTES, "span.bytes", FILTER_NUMBER, UNIT_BYTES, "size of its span", NULL),
    SPAN_FIELD(SPAN_BASE, "span", FILTER_ADDRESS, UNIT_NONE, "its span holds this address", NULL),
    SPAN_FIELD(SPAN_KIND, "span.kind", FILTER_TEXT, UNIT_NONE, "what its span is for", span_kinds),
    SPAN_FIELD(SPAN_CLASS, "span.class", FILTER_NUMBER, UNIT_NONE, "as class", NULL),
    SPAN_FIELD(SPAN_ELEM, "span.elem", FILTER_NUMBER, UNIT_BYTES, "as size", NULL),
    SPAN_FIELD(SPAN_SCAN, "span.scan", FILTER_FLAG, UNIT_NONE, "as scan", NULL),
    SPAN_FIELD(SPAN_NOSCAN, "span.noscan", FILTER_FLAG, UNIT_NONE, "as noscan", NULL),
    SPAN_FIELD(SPAN_LARGE, "span.large", FILTER_FLAG, UNIT_NONE, "as large", NULL),
};

const struct filter_domain filter_events = {
    .fields = event_fields, .n = EV_FIELDS, .words = {EV_TYPE, EV_NOTE}, .nwords = 2};

bool filter_asks_frame(const filter *f) {
    for (unsigned i = 0; i < f->nterms; i++)
        if (f->term[i].field == EV_LIVE || (f->term[i].field >= EV_SPAN && f->term[i].field < EV_SPAN + SPAN_SLOTS))
            return true;
    return false;
}

static const char *event_name(const struct filter_event *e) {
    static const char *const notes[] = {[NOTE_LOG] = "log", [NOTE_REGION] = "region", [NOTE_TASK] = "task"};
    if (e->note)
        return notes[e->note->kind];
    struct event_row row = {.fact = *e->fact};
    return event_row_name(&row);
}

static struct value goroutine_entry(const reel *r, uint32_t g) {
    return g == NO_ID ? value_null() : value_name(reel_goroutine(r, g)->entry);
}

static void both_get(const struct filter_event *e, enum event_field field, struct filter_value *out) {
    int64_t t = e->note ? e->note->begin : e->fact->t;
    uint32_t g = e->note ? e->note->g : e->fact->g, gc;
    switch (field) {
    case EV_EV:
        out->v = value_str(event_name(e));
        break;
    case EV_T:
        out->v = value_int(t);
        break;
    case EV_AGE:
        set_age(e->r, t, e->t, e->gc, out);
        break;
    case EV_G:
        out->v = value_goroutine(e->r, g);
        break;
    case EV_BY:
        out->v = goroutine_entry(e->r, g);
        out->same = g == NO_ID ? 0 : g + 1;
        break;
    case EV_GC:
        out->v = value_uint(cycle_at(e->r, t));
        break;
    case EV_PHASE:
        out->v = value_str(gc_phase_name(reel_phase(e->r, t, &gc)));
        break;
    default:
        break;
    }
}

static void note_get(const struct filter_event *e, enum event_field field, struct filter_value *out) {
    if (field == EV_NOTE)
        out->v = value_text(e->note->value.len ? e->note->value : e->note->name);
    else
        both_get(e, field, out);
}

static void fact_get(const struct filter_event *e, enum event_field field, struct filter_value *out) {
    static const uint8_t as_span[EV_SPAN] = {
        [EV_CLASS] = SPAN_CLASS, [EV_SCAN] = SPAN_SCAN, [EV_NOSCAN] = SPAN_NOSCAN, [EV_LARGE] = SPAN_LARGE};
    const struct fact *f = e->fact;
    bool object = fact_of_object(f->kind);
    struct span_at at = {.r = e->r, .frame = e->frame, .t = e->t, .gc = e->gc, .span = f->span};
    if (f->span == NO_ID && (field == EV_SIZE || field == EV_ADDR || field >= EV_SPAN || as_span[field]))
        return;
    if (field >= EV_SPAN) {
        span_get(&at, (enum span_field)(field - EV_SPAN), out);
        return;
    }
    switch (field) {
    case EV_LIVE:
        out->v = value_known(e->live);
        break;
    case EV_TYPE:
        out->v = object && f->type != NO_ID ? value_type(e->r, f->type) : value_null();
        out->same = out->v.kind == VALUE_TEXT ? f->type + 1 : 0;
        break;
    case EV_SIZE:
        out->v = object ? value_uint(reel_span(e->r, f->span)->elem) : value_null();
        break;
    case EV_ADDR:
        if (!object) {
            span_get(&at, SPAN_BASE, out);
            break;
        }
        out->v = value_address(reel_slot_address(e->r, f->span, f->slot));
        out->size = reel_span(e->r, f->span)->elem;
        break;
    case EV_P:
        out->v = value_id(f->kind == FACT_PLACE && f->after.p >= 0 ? f->after.p : f->p);
        break;
    case EV_INFERRED:
        out->v = value_bool(f->inferred);
        break;
    case EV_CLASS:
    case EV_SCAN:
    case EV_NOSCAN:
    case EV_LARGE:
        span_get(&at, (enum span_field)as_span[field], out);
        break;
    default:
        both_get(e, field, out);
    }
}

void filter_event_get(void *event, unsigned field, struct filter_value *out) {
    const struct filter_event *e = event;
    (e->note ? note_get : fact_get)(e, (enum event_field)field, out);
}

bool filter_event(filter *f, reel *r, const frame *fr, int64_t t, const struct fact *fact, uint64_t at,
                  enum known live) {
    struct filter_event e = {
        .r = r, .frame = fr, .t = t, .pos = frame_pos(fr), .gc = cycle_at(r, t), .fact = fact, .at = at, .live = live};
    return filter_eval(f, filter_event_get, &e) == FILTER_YES;
}
