/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd_fields.c - what filters may ask: the fields of searches and of spans, as a command and for the manual. */
#include "core/command.h"
#include "core/filter_in.h"
#include "core/value.h"

const struct result_column fields_columns[FIELDS_COLUMNS] = {
    {"of", UNIT_NONE, "search: events and annotations, in /; span: the heap map"},
    {"field", UNIT_NONE, "its name"},
    {"takes", UNIT_NONE, "what stands behind the operator"},
    {"about", UNIT_NONE, "what it means"},
};

static const char language[] =
    "A filter says which rows, events or spans are wanted: `type~map size>=1k live p=2`. Terms side by side must all "
    "hold; `or`, `not` (also | and !) and parentheses work as usual. A term is a field, an operator and values: `=` "
    "`!=` `<` `<=` `>` `>=`, for texts also `~` (holds this part, whatever its case) and `!~`. Several values are "
    "parted by commas (`p=1,2`); `gc=3..7` is a range; `type=map*` any text that begins so; `where=?` what isn't "
    "known. "
    "Numbers may end in k, M or G, 1024 based for bytes and 1000 for counts; `%` is a part of a whole (`free>50%`). "
    "Durations have a unit; an age may be told in GC cycles (`age>3gc`). Times are as everywhere (`t>gc:7:mark`). A "
    "field alone means yes, or not 0 (`live`). Texts with blanks are quoted. What isn't known is neither equal nor "
    "different: a term about it doesn't hold, and neither does its contrary. `--where` takes the columns of the "
    "command as fields, and so does the filter of the screen (`f`) on a report's page; `/` and the heap map take "
    "these:";

static void put_fields(const struct filter_domain *d, const char *of, struct sink *out, bool *ok) {
    for (size_t i = 0; *ok && i < d->n; i++) {
        char takes[FILTER_WHY];
        const struct filter_field *f = &d->fields[i];
        filter_field_takes(f, takes, sizeof takes);
        struct value v[FIELDS_COLUMNS] = {value_str(of), value_str(f->name), value_str(takes), value_str(f->about)};
        *ok = out->row(out, v, NULL, NULL, 0);
    }
}

bool fields_run(struct command_env *env, int argc, char **argv, struct sink *out) {
    (void)env;
    (void)argc;
    (void)argv;
    bool ok = out->begin(out, fields_columns, FIELDS_COLUMNS);
    put_fields(&filter_events, "search", out, &ok);
    put_fields(&filter_spans, "span", out, &ok);
    if (ok)
        out->end(out);
    return true;
}

static void dump_domain(FILE *out, const char *title, const struct filter_domain *d,
                        void (*line)(FILE *, const char *)) {
    fprintf(out, ".SS \"%s\"\n", title);
    for (size_t i = 0; i < d->n; i++) {
        char words[FILTER_WHY * 2], takes[FILTER_WHY];
        filter_field_takes(&d->fields[i], takes, sizeof takes);
        snprintf(words, sizeof words, "%s: %s", d->fields[i].about, takes);
        fputs(".TP\n.B ", out);
        line(out, d->fields[i].name);
        line(out, words);
    }
}

void fields_dump_man(FILE *out, void (*line)(FILE *, const char *)) {
    fputs(".SH FILTERS\n", out);
    line(out, language);
    dump_domain(out, "Fields of a search", &filter_events, line);
    dump_domain(out, "Fields of a span", &filter_spans, line);
}
