/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * filter_rows.c - filters of rows, for --where and --fail-if; and --where itself: a sink in front of another one, which
 * lets only those rows pass that match.
 *
 * Fields are the command's columns, once it has named them, a few that follow from columns (derived), and for events
 * the arguments of all of Go's events. Percentages are parts of the columns that `wholes` names.
 */
#include "core/filter_in.h"
#include "core/value.h"

#include <stdlib.h>
#include <string.h>

enum { FIELDS_MAX = 160 };

/* A number made of columns: one less another. */
static const struct {
    const char *name, *column, *less, *about;
} derived[] = {
    {"free", "slots", "live", "slots without objects"},
};
enum { DERIVED = sizeof derived / sizeof derived[0] };

/* What 100% of a column is: another one, or the sum of two. */
static const struct {
    const char *name, *of, *and;
} wholes[] = {
    {"live", "slots", NULL},
    {"free", "slots", NULL},
    {"free_slots", "free_slots", "objects"},
    {"objects", "free_slots", "objects"},
};

/* Texts that are one of a few, whatever the command. */
static const char *const phases[] = {"off", "sweepterm", "mark", "markterm", "sweep", NULL};
static const char *const bands[] = {"normal", "watch", "severe", NULL};
static const char *const lists[] = {"mcache", "nonempty", "empty", NULL};
static const char *const sources[] = {"metric", "gctrace", "scavtrace", "memstats", NULL};
static const struct {
    const char *name;
    const char *const *values;
} closed[] = {{"phase", phases}, {"band", bands}, {"where", lists}, {"source", sources}};

struct row_filter {
    filter *f;
    struct filter_field field[FIELDS_MAX];
    struct filter_domain domain;
    size_t ncols, nderived; /* fields: columns, derived ones, then arguments of events */
    /* the row that is being asked about */
    const struct value *v, *extra;
    const char *const *names;
    size_t nextra;
};

struct filter_sink {
    struct sink sink;
    struct sink *out;
    const reel *r;
    const char *expr;
    row_filter *f;
    bool broken;
    char why[FILTER_WHY];
};

static size_t column(const row_filter *s, const char *name) {
    for (size_t i = 0; name && i < s->ncols; i++)
        if (strcmp(s->field[i].name, name) == 0)
            return i;
    return SIZE_MAX;
}

static void add_field(row_filter *s, const char *name, enum filter_kind kind, unsigned unit, const char *about) {
    if (s->domain.n < FIELDS_MAX)
        s->field[s->domain.n++] =
            (struct filter_field){.name = name, .kind = (uint8_t)kind, .unit = (uint8_t)unit, .about = about};
}

/* A value that a column can never have is refused, not just never found. */
static void add_column(row_filter *s, const struct result_column *c) {
    unsigned unit = c->unit & UNIT_MASK;
    enum filter_kind kind = c->unit & IS_FLAG    ? FILTER_FLAG
                            : c->unit & IS_MIXED ? FILTER_ANY
                            : unit != UNIT_NONE  ? FILTER_NUMBER
                                                 : FILTER_ANY;
    size_t at = s->domain.n;
    add_field(s, c->name, kind, unit, c->about);
    for (size_t i = 0; kind == FILTER_ANY && at < s->domain.n && i < sizeof closed / sizeof closed[0]; i++)
        if (strcmp(closed[i].name, c->name) == 0) {
            s->field[at].kind = FILTER_TEXT;
            s->field[at].values = closed[i].values;
        }
}

static void add_arguments(row_filter *s) {
    static const uint8_t kinds[] = {
        [TRACE_ARG_NUMBER] = FILTER_NUMBER, [TRACE_ARG_STRING] = FILTER_TEXT, [TRACE_ARG_STACK] = FILTER_ANY};
    static const char *const renamed[][2] = {{"p", "arg_p"}, {"m", "arg_m"}, {"g", "arg_g"}};
    for (unsigned type = 0; type < TRACE_EV_LIMIT; type++) {
        const struct trace_spec *spec = trace_event_spec(type);
        for (unsigned i = 0; spec->name && i < spec->nargs; i++) {
            const char *name = spec->arg[i];
            for (size_t k = 0; k < sizeof renamed / sizeof renamed[0]; k++)
                if (strcmp(name, renamed[k][0]) == 0)
                    name = renamed[k][1];
            if (filter_field_find(&s->domain, name, strlen(name)) == SIZE_MAX)
                add_field(s, name, (enum filter_kind)kinds[spec->kind[i]], UNIT_NONE, "an event's argument");
        }
    }
    add_field(s, "type_name", FILTER_TEXT, UNIT_NONE, "name of an object's type");
}

row_filter *row_filter_new(const reel *r, const char *expr, bool exact, const struct result_column *cols, size_t ncols,
                           char why[FILTER_WHY]) {
    row_filter *s = calloc(1, sizeof *s);
    snprintf(why, FILTER_WHY, "out of memory");
    if (!s)
        return NULL;
    s->domain = (struct filter_domain){.fields = s->field, .exact = exact};
    for (size_t i = 0; i < ncols; i++)
        add_column(s, &cols[i]);
    s->ncols = s->domain.n;
    for (size_t i = 0; i < DERIVED; i++)
        if (column(s, derived[i].name) == SIZE_MAX && column(s, derived[i].column) != SIZE_MAX &&
            column(s, derived[i].less) != SIZE_MAX)
            add_field(s, derived[i].name, FILTER_NUMBER, UNIT_COUNT, derived[i].about);
    s->nderived = s->domain.n - s->ncols;
    if (column(s, "ev") != SIZE_MAX && column(s, "m") != SIZE_MAX)
        add_arguments(s);
    s->f = filter_parse(&s->domain, r, expr, why);
    if (!s->f)
        row_filter_free(&s);
    return s;
}

void row_filter_free(row_filter **s) {
    if (*s)
        filter_free(&(*s)->f);
    free(*s);
    *s = NULL;
}

bool row_filter_asks(const row_filter *s, size_t col) {
    return col < s->ncols && filter_asks(s->f, (unsigned)col);
}

/* ------------------------------------------------------------------ one row */

static bool number(const row_filter *s, const char *name, uint64_t *out) {
    size_t i = column(s, name);
    if (i == SIZE_MAX || s->v[i].kind != VALUE_UINT)
        return false;
    *out = s->v[i].u;
    return true;
}

static struct value derived_value(const row_filter *s, const char *name) {
    uint64_t a, b;
    for (size_t i = 0; i < DERIVED; i++)
        if (strcmp(derived[i].name, name) == 0 && number(s, derived[i].column, &a) && number(s, derived[i].less, &b))
            return value_uint(a > b ? a - b : 0);
    return value_null();
}

static struct value argument(const row_filter *s, const char *name) {
    for (size_t i = 0; s->names && i < s->nextra; i++)
        if (strcmp(s->names[i], name) == 0)
            return s->extra[i];
    return value_null();
}

static uint64_t whole_of(const row_filter *s, const char *name) {
    uint64_t a = 0, b = 0;
    for (size_t i = 0; i < sizeof wholes / sizeof wholes[0]; i++)
        if (strcmp(wholes[i].name, name) == 0 && number(s, wholes[i].of, &a) &&
            (!wholes[i].and || number(s, wholes[i].and, &b)))
            return a + b;
    return 0;
}

static void get(void *arg, unsigned field, struct filter_value *out) {
    const row_filter *s = arg;
    const char *name = s->field[field].name;
    if (field < s->ncols)
        out->v = s->v[field];
    else if (field < s->ncols + s->nderived)
        out->v = derived_value(s, name);
    else
        out->v = argument(s, name);
    out->whole = whole_of(s, name);
}

bool row_filter_match(row_filter *s, const struct value *v, const char *const *names, const struct value *extra,
                      size_t nextra) {
    s->v = v;
    s->names = names;
    s->extra = extra;
    s->nextra = nextra;
    return filter_eval(s->f, get, s) == FILTER_YES;
}

/* ------------------------------------------------------------------ --where */

static bool begin(struct sink *sink, const struct result_column *cols, size_t ncols) {
    struct filter_sink *s = (struct filter_sink *)sink;
    row_filter_free(&s->f);
    s->f = row_filter_new(s->r, s->expr, false, cols, ncols, s->why);
    s->broken = s->f == NULL;
    if (s->broken)
        return false;
    s->out->record = sink->record;
    s->out->ascii = sink->ascii;
    return s->out->begin(s->out, cols, ncols);
}

static bool row(struct sink *sink, const struct value *v, const char *const *names, const struct value *extra,
                size_t nextra) {
    struct filter_sink *s = (struct filter_sink *)sink;
    sink->refused = !row_filter_match(s->f, v, names, extra, nextra);
    if (sink->refused)
        return true;
    bool ok = s->out->row(s->out, v, names, extra, nextra);
    sink->error = s->out->error;
    return ok;
}

static bool end(struct sink *sink) {
    struct filter_sink *s = (struct filter_sink *)sink;
    bool ok = !s->broken && s->out->end(s->out);
    sink->error = s->out->error;
    return ok;
}

static void note(struct sink *sink, const char *line) {
    struct filter_sink *s = (struct filter_sink *)sink;
    if (!s->broken)
        s->out->note(s->out, line);
}

struct sink *filter_sink_new(struct sink *out, const reel *r, const char *expr) {
    struct filter_sink *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->sink =
        (struct sink){.begin = begin, .row = row, .end = end, .note = note, .ascii = out->ascii, .width = out->width};
    s->out = out;
    s->r = r;
    s->expr = expr;
    return &s->sink;
}

const char *filter_sink_error(const struct sink *sink) {
    const struct filter_sink *s = (const struct filter_sink *)sink;
    return s->broken ? s->why : NULL;
}

void filter_sink_free(struct sink **sink) {
    struct filter_sink *s = (struct filter_sink *)*sink;
    if (s)
        row_filter_free(&s->f);
    free(s);
    *sink = NULL;
}
