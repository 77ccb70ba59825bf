/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * explorer_narrow.c - the filter that narrows lists and map: one text, read for each of them against its own fields.
 *
 * Where the text names fields that a list doesn't have, that list stays as it is.
 */
#include "tui/explorer.h"

#include <string.h>

enum { TYPE_NAME, TYPE_SIZE, TYPE_LIVE, TYPE_BYTES, TYPE_ALLOCS, TYPE_FREES, TYPE_DLIVE, TYPE_DBYTES, TYPE_FIELDS };

static const struct filter_field type_fields[TYPE_FIELDS] = {
    [TYPE_NAME] = {"type", FILTER_TEXT, UNIT_NONE, "its name", NULL},
    [TYPE_SIZE] = {"size", FILTER_NUMBER, UNIT_BYTES, "of the type", NULL},
    [TYPE_LIVE] = {"live", FILTER_NUMBER, UNIT_COUNT, "live objects", NULL},
    [TYPE_BYTES] = {"bytes", FILTER_NUMBER, UNIT_BYTES, "their bytes", NULL},
    [TYPE_ALLOCS] = {"allocs", FILTER_NUMBER, UNIT_COUNT, "allocated since the trace began", NULL},
    [TYPE_FREES] = {"frees", FILTER_NUMBER, UNIT_COUNT, "freed since the trace began", NULL},
    [TYPE_DLIVE] = {"d_live", FILTER_NUMBER, UNIT_COUNT, "change of live since mark A", NULL},
    [TYPE_DBYTES] = {"d_bytes", FILTER_NUMBER, UNIT_BYTES, "change of bytes since mark A", NULL},
};

enum {
    CLASS_CLASS,
    CLASS_SCAN,
    CLASS_NOSCAN,
    CLASS_ELEM,
    CLASS_NONEMPTY,
    CLASS_EMPTY,
    CLASS_MCACHE,
    CLASS_SPANS,
    CLASS_FREE,
    CLASS_OBJECTS,
    CLASS_BYTES,
    CLASS_FIELDS
};

static const struct filter_field class_fields[CLASS_FIELDS] = {
    [CLASS_CLASS] = {"class", FILTER_NUMBER, UNIT_NONE, "size class", NULL},
    [CLASS_SCAN] = {"scan", FILTER_FLAG, UNIT_NONE, "objects with pointers", NULL},
    [CLASS_NOSCAN] = {"noscan", FILTER_FLAG, UNIT_NONE, "objects without pointers", NULL},
    [CLASS_ELEM] = {"elem", FILTER_NUMBER, UNIT_BYTES, "size of a slot", NULL},
    [CLASS_NONEMPTY] = {"nonempty", FILTER_NUMBER, UNIT_COUNT, "spans on that list", NULL},
    [CLASS_EMPTY] = {"empty", FILTER_NUMBER, UNIT_COUNT, "spans on that list", NULL},
    [CLASS_MCACHE] = {"mcache", FILTER_NUMBER, UNIT_COUNT, "spans in mcaches", NULL},
    [CLASS_SPANS] = {"spans", FILTER_NUMBER, UNIT_COUNT, "spans in use", NULL},
    [CLASS_FREE] = {"free", FILTER_NUMBER, UNIT_COUNT, "free slots; % of all", NULL},
    [CLASS_OBJECTS] = {"objects", FILTER_NUMBER, UNIT_COUNT, "live slots; % of all", NULL},
    [CLASS_BYTES] = {"bytes", FILTER_NUMBER, UNIT_BYTES, "size of the spans", NULL},
};

enum {
    CYCLE_GC,
    CYCLE_BEGIN,
    CYCLE_MARK,
    CYCLE_SWEEP,
    CYCLE_HEAP,
    CYCLE_MARKED,
    CYCLE_GOAL,
    CYCLE_FREED,
    CYCLE_ASSISTS,
    CYCLE_FIELDS
};

static const struct filter_field cycle_fields[CYCLE_FIELDS] = {
    [CYCLE_GC] = {"gc", FILTER_NUMBER, UNIT_NONE, "its number", NULL},
    [CYCLE_BEGIN] = {"begin", FILTER_NUMBER, UNIT_TIME, "when it began", NULL},
    [CYCLE_MARK] = {"mark", FILTER_NUMBER, UNIT_DURATION, "how long it marked", NULL},
    [CYCLE_SWEEP] = {"sweep", FILTER_NUMBER, UNIT_DURATION, "how long it swept", NULL},
    [CYCLE_HEAP] = {"heap", FILTER_NUMBER, UNIT_BYTES, "heap live at its begin", NULL},
    [CYCLE_MARKED] = {"marked", FILTER_NUMBER, UNIT_BYTES, "heap live after marking", NULL},
    [CYCLE_GOAL] = {"goal", FILTER_NUMBER, UNIT_BYTES, "heap goal", NULL},
    [CYCLE_FREED] = {"freed", FILTER_NUMBER, UNIT_BYTES, "what its sweep freed", NULL},
    [CYCLE_ASSISTS] = {"assists", FILTER_NUMBER, UNIT_COUNT, "mark assists", NULL},
};

/* A bare word is a part of a type's name; the other lists have nothing to look for it in. */
static const struct filter_domain types_domain = {
    .fields = type_fields, .n = TYPE_FIELDS, .words = {TYPE_NAME}, .nwords = 1};
static const struct filter_domain classes_domain = {.fields = class_fields, .n = CLASS_FIELDS};

static const struct filter_domain cycles_domain = {.fields = cycle_fields, .n = CYCLE_FIELDS};

const struct filter_domain *const narrow_domains[NARROW_ANSWER] = {[NARROW_SPANS] = &filter_spans,
                                                                   [NARROW_TYPES] = &types_domain,
                                                                   [NARROW_CLASSES] = &classes_domain,
                                                                   [NARROW_EVENTS] = &filter_events,
                                                                   [NARROW_CYCLES] = &cycles_domain};

/* As messages and titles call them. */
static const char *const kind_names[NARROW_KINDS] = {
    [NARROW_SPANS] = "map and spans",        [NARROW_TYPES] = "types",      [NARROW_CLASSES] = "mcentral",
    [NARROW_EVENTS] = "slots and histories", [NARROW_CYCLES] = "GC cycles", [NARROW_ANSWER] = "this report"};

bool explorer_narrows(const struct explorer *x, enum narrow_kind kind) {
    return kind == NARROW_ANSWER ? x->narrow_answer != NULL : x->narrow[kind] != NULL;
}

static row_filter *read_answer(const struct explorer *x, const char *words, char why[FILTER_WHY]) {
    return x->answer_cols ? row_filter_new(x->reel, words, false, x->answer_cols, x->answer_ncols, why) : NULL;
}

void explorer_narrow_columns(struct explorer *x, const struct result_column *cols, size_t ncols) {
    char why[FILTER_WHY];
    row_filter_free(&x->narrow_answer);
    x->answer_cols = cols;
    x->answer_ncols = ncols;
    x->narrow_answer = x->narrow_words[0] ? read_answer(x, x->narrow_words, why) : NULL;
    x->narrow_stamp++;
}

bool explorer_answer_wanted(const struct explorer *x, const struct value *row) {
    return !x->narrow_answer || row_filter_match(x->narrow_answer, row, NULL, NULL, 0);
}

void explorer_narrow_end(struct explorer *x) {
    for (int i = 0; i < NARROW_ANSWER; i++)
        filter_free(&x->narrow[i]);
    row_filter_free(&x->narrow_answer);
    x->narrow_words[0] = '\0';
    x->narrow_stamp++;
}

bool explorer_narrow(struct explorer *x, const char *words) {
    char why[FILTER_WHY], first_why[FILTER_WHY] = "";
    filter *new[NARROW_ANSWER] = {NULL};
    if (strlen(words) >= sizeof x->narrow_words) {
        explorer_say(x, ROLE_ERROR, "that filter is too long");
        return false;
    }
    if (!words[0]) {
        explorer_narrow_end(x);
        explorer_say(x, ROLE_TEXT, "lists and map show everything");
        return true;
    }
    row_filter *answer = read_answer(x, words, first_why); /* what is open has the first word on what is wrong */
    bool any = answer != NULL;
    for (int i = 0; i < NARROW_ANSWER; i++) {
        new[i] = filter_parse(narrow_domains[i], x->reel, words, why);
        any |= new[i] != NULL;
        if (!new[i] && !first_why[0])
            snprintf(first_why, sizeof first_why, "%s", why);
    }
    if (!any) {
        explorer_say(x, ROLE_ERROR, "%s", first_why);
        return false;
    }
    explorer_narrow_end(x);
    memcpy(x->narrow, new, sizeof new);
    x->narrow_answer = answer;
    snprintf(x->narrow_words, sizeof x->narrow_words, "%s", words);
    char list[160] = "";
    for (int k = 0; k < NARROW_KINDS; k++) { /* what is open comes first */
        int i = (k + NARROW_ANSWER) % NARROW_KINDS;
        if (explorer_narrows(x, (enum narrow_kind)i)) {
            size_t n = strlen(list);
            snprintf(list + n, sizeof list - n, "%s%s", n ? ", " : "", kind_names[i]);
        }
    }
    explorer_say(x, ROLE_TEXT, "narrowed: %s; empty shows all again", list);
    return true;
}

char *explorer_say_narrow(const struct explorer *x, enum narrow_kind kind, uint64_t shown, uint64_t all, char *dst,
                          size_t cap) {
    char words[96], a[TIME_TEXT], b[TIME_TEXT];
    dst[0] = '\0';
    if (!x->narrow_words[0])
        return dst;
    explorer_text(x, (text){x->narrow_words, strlen(x->narrow_words)}, words, sizeof words);
    if (!explorer_narrows(x, kind))
        snprintf(dst, cap, "filter doesn't apply");
    else if (shown == UINT64_MAX)
        snprintf(dst, cap, "only %s", words);
    else
        snprintf(dst, cap, "only %s: %s of %s", words, count_text(shown, a), count_text(all, b));
    return dst;
}

bool explorer_span_wanted(const struct explorer *x, uint32_t span) {
    return !x->narrow[NARROW_SPANS] || filter_span(x->narrow[NARROW_SPANS], x->reel, x->frame, x->now.t, span);
}

/* ------------------------------------------------------------------ types */

struct asked {
    const struct explorer *x;
    uint32_t id;
};

static struct value number(uint64_t u) {
    return (struct value){.kind = VALUE_UINT, .u = u};
}

static struct value change(const struct explorer *x, uint64_t now, uint64_t then) {
    return x->a.set ? (struct value){.kind = VALUE_INT, .i = (int64_t)(now - then)}
                    : (struct value){.kind = VALUE_NULL};
}

static void get_type(void *arg, unsigned field, struct filter_value *out) {
    const struct asked *a = arg;
    const struct heap_type *h = reel_type(a->x->reel, a->id);
    struct type_count c = frame_type(a->x->frame, a->id), then = {0};
    if (a->x->a.set && a->id < a->x->a.n)
        then = a->x->a.types[a->id];
    const struct value values[TYPE_FIELDS] = {
        [TYPE_NAME] = {.kind = h->name.len ? VALUE_TEXT : VALUE_NULL, .s = h->name},
        [TYPE_SIZE] = h->size ? number(h->size) : (struct value){.kind = VALUE_NULL},
        [TYPE_LIVE] = number(c.live),
        [TYPE_BYTES] = number(c.bytes),
        [TYPE_ALLOCS] = number(c.allocs),
        [TYPE_FREES] = number(c.frees),
        [TYPE_DLIVE] = change(a->x, c.live, then.live),
        [TYPE_DBYTES] = change(a->x, c.bytes, then.bytes),
    };
    out->v = values[field];
    out->same = field == TYPE_NAME ? a->id + 1 : 0;
}

bool explorer_type_wanted(const struct explorer *x, uint32_t type) {
    struct asked a = {.x = x, .id = type};
    return !x->narrow[NARROW_TYPES] || filter_eval(x->narrow[NARROW_TYPES], get_type, &a) == FILTER_YES;
}

/* ------------------------------------------------------------------ span classes */

static void get_class(void *arg, unsigned field, struct filter_value *out) {
    const struct asked *a = arg;
    const struct central *c = &frame_central(a->x->frame)[a->id];
    const struct value values[CLASS_FIELDS] = {
        [CLASS_CLASS] = number(a->id / 2),
        [CLASS_SCAN] = {.kind = VALUE_BOOL, .b = a->id % 2 == 0},
        [CLASS_NOSCAN] = {.kind = VALUE_BOOL, .b = a->id % 2 == 1},
        [CLASS_ELEM] = c->elem ? number(c->elem) : (struct value){.kind = VALUE_NULL},
        [CLASS_NONEMPTY] = number(c->nonempty),
        [CLASS_EMPTY] = number(c->empty),
        [CLASS_MCACHE] = number(c->mcache),
        [CLASS_SPANS] = number(c->spans),
        [CLASS_FREE] = number(c->free_slots),
        [CLASS_OBJECTS] = number(c->objects),
        [CLASS_BYTES] = number(c->bytes),
    };
    out->v = values[field];
    out->whole = c->slots;
}

bool explorer_class_wanted(const struct explorer *x, uint32_t span_class) {
    struct asked a = {.x = x, .id = span_class};
    return !x->narrow[NARROW_CLASSES] || filter_eval(x->narrow[NARROW_CLASSES], get_class, &a) == FILTER_YES;
}

/* ------------------------------------------------------------------ GC cycles */

static struct value length(const int64_t phase[2]) {
    bool known = phase[0] != NO_TIME && phase[1] != NO_TIME;
    return known ? (struct value){.kind = VALUE_INT, .i = phase[1] - phase[0]} : (struct value){.kind = VALUE_NULL};
}

static struct value metric(uint64_t u) {
    return u == UINT64_MAX ? (struct value){.kind = VALUE_NULL} : number(u);
}

static void get_cycle(void *arg, unsigned field, struct filter_value *out) {
    const struct asked *a = arg;
    const struct cycle *c;
    if (a->id >= reel_cycles(a->x->reel, &c))
        return;
    c += a->id;
    const struct value values[CYCLE_FIELDS] = {
        [CYCLE_GC] = number(c->gc),
        [CYCLE_BEGIN] =
            c->begin == NO_TIME ? (struct value){.kind = VALUE_NULL} : (struct value){.kind = VALUE_INT, .i = c->begin},
        [CYCLE_MARK] = length(c->phase[PHASE_MARK]),
        [CYCLE_SWEEP] = length(c->phase[PHASE_SWEEP]),
        [CYCLE_HEAP] = metric(c->heap_begin),
        [CYCLE_MARKED] = metric(c->heap_end),
        [CYCLE_GOAL] = metric(c->goal),
        [CYCLE_FREED] = number(c->bytes_freed),
        [CYCLE_ASSISTS] = number(c->assists),
    };
    out->v = values[field];
}

bool explorer_cycle_wanted(const struct explorer *x, size_t cycle) {
    struct asked a = {.x = x, .id = (uint32_t)cycle};
    return !x->narrow[NARROW_CYCLES] || filter_eval(x->narrow[NARROW_CYCLES], get_cycle, &a) == FILTER_YES;
}

/* ------------------------------------------------------------------ events and objects */

bool explorer_event_wanted(const struct explorer *x, const struct fact *f, uint64_t at, enum known live) {
    return !x->narrow[NARROW_EVENTS] ||
           filter_event(x->narrow[NARROW_EVENTS], x->reel, x->frame, x->now.t, f, at, live);
}
