/* SPDX-License-Identifier: GPL-3.0-or-later */
/* command_options.c - the options that commands take, from one table; and what was probably meant by a mistyped name.
 */
#include "core/command.h"

#include <stdlib.h>
#include <string.h>

static const struct command_option options[] = {
    {"--at", NULL, "TIME", "the instant to look at"},
    {"--from", NULL, "TIME", "leave out what was before"},
    {"--to", NULL, "TIME", "leave out what came after"},
    {"--since", NULL, "TIME", "types, grown, leaks, compare: what has changed since then"},
    {"--where", NULL, "FILTER", "only rows that match, as \"live<25% pages=1\"; see FILTERS"},
    {"--log", NULL, "FILE", "reports: gctrace and scavtrace lines of the program's stderr, to lay over the trace"},
    {"--fail-if", NULL, "FILTER",
     "exit with 3 where a row matches, as 'd_bytes>10MB name~cache', and say which; for CI"},
    {"--by", NULL, "WHAT", "reports: what a row is: type, class, span ...; help REPORT lists them"},
    {"--top", NULL, "N",
     "no more than N rows of those that --where lets through; reports: so many types, classes ..., and the sums"},
    {"--format", NULL, "FORMAT", "text, csv, jsonl or cbor"},
    {"--output", "-o", "FILE", "write to FILE, whole or not at all"},
    {"--stacks", NULL, NULL, "events: add stacks"},
    {"--objects", NULL, NULL, "span: add its objects"},
    {"--anonymize", NULL, NULL, "save: stand-ins for names and texts"},
};

enum { OPTIONS = sizeof options / sizeof options[0] };

size_t command_option_table(const struct command_option **out) {
    *out = options;
    return OPTIONS;
}

/* What --format says, in the place of a name. */
static bool format_parse(const char *s, uint8_t *format) {
    static const char *const names[] = {
        [FORMAT_TEXT] = "text", [FORMAT_CSV] = "csv", [FORMAT_JSONL] = "jsonl", [FORMAT_CBOR] = "cbor"};
    for (uint8_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(s, names[i]) == 0) {
            *format = i;
            return true;
        }
    return false;
}

/* Where the option's value goes. Its place in struct command_options follows from its name. */
static bool set_value(struct command_options *opt, const char *name, const char *value) {
    struct {
        const char *name;
        const char **text;
        bool *flag;
    } places[] = {
        {"--at", &opt->at, NULL},           {"--from", &opt->from, NULL},
        {"--to", &opt->to, NULL},           {"--since", &opt->since, NULL},
        {"--output", &opt->output, NULL},   {"--stacks", NULL, &opt->stacks},
        {"--objects", NULL, &opt->objects}, {"--anonymize", NULL, &opt->anonymize},
        {"--by", &opt->by, NULL},           {"--top", &opt->top, NULL},
        {"--log", &opt->log, NULL},         {"--fail-if", &opt->fail_if, NULL},
        {"--where", &opt->where, NULL},
    };
    if (strcmp(name, "--format") == 0) {
        opt->format_set = format_parse(value, &opt->format);
        return opt->format_set;
    }
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (strcmp(places[i].name, name) != 0)
            continue;
        if (places[i].text)
            *places[i].text = value;
        else
            *places[i].flag = true;
    }
    return true;
}

/* The option that `word` names, and the value that is glued to it: --at=1s, -oFILE. */
static const struct command_option *find_option(const char *word, const char **glued) {
    *glued = NULL;
    for (size_t i = 0; i < OPTIONS; i++) {
        const struct command_option *o = &options[i];
        size_t len = strlen(o->name);
        if (o->brief && strncmp(word, o->brief, 2) == 0) {
            *glued = word[2] ? word + 2 : NULL;
            return o;
        }
        if (strncmp(word, o->name, len) == 0 && (word[len] == '\0' || word[len] == '=')) {
            *glued = word[len] ? word + len + 1 : NULL;
            return o;
        }
    }
    return NULL;
}

int command_option_read(struct command_options *opt, int argc, char **argv, int *i, char error[256]) {
    const char *value;
    const struct command_option *o = find_option(argv[*i], &value);
    if (!o)
        return 0;
    if (!o->arg && value) {
        snprintf(error, 256, "%s takes no value", o->name);
        return -1;
    }
    if (o->arg && !value) {
        if (*i + 1 >= argc) {
            snprintf(error, 256, "%s needs a %s", o->name, o->arg);
            return -1;
        }
        value = argv[++*i];
    }
    if (!set_value(opt, o->name, value)) {
        snprintf(error, 256, "--format is text, csv, jsonl or cbor");
        return -1;
    }
    return 1;
}

/* ------------------------------------------------------------------ near names */

enum { NEAR_MAX = 32 };

static size_t least(size_t a, size_t b, size_t c) {
    size_t m = a < b ? a : b;
    return m < c ? m : c;
}

/* Letters to insert, drop, change or swap to make a from b: the usual table, three rows of it at a time. */
static size_t distance(const char *a, const char *b) {
    size_t la = strlen(a), lb = strlen(b);
    size_t rows[3][NEAR_MAX + 1];
    if (la > NEAR_MAX || lb > NEAR_MAX)
        return SIZE_MAX;
    for (size_t j = 0; j <= lb; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= la; i++) {
        size_t *row = rows[i % 3], *up = rows[(i + 2) % 3], *up2 = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= lb; j++) {
            size_t change = up[j - 1] + (a[i - 1] != b[j - 1]);
            row[j] = least(up[j] + 1, row[j - 1] + 1, change);
            bool swap = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swap && up2[j - 2] + 1 < row[j])
                row[j] = up2[j - 2] + 1;
        }
    }
    return rows[la % 3][lb];
}

const char *name_nearest(const char *word, const char *(*next)(const void *arg, size_t i), const void *arg) {
    const char *best = NULL, *name;
    size_t best_d = 3;
    for (size_t i = 0; (name = next(arg, i)) != NULL; i++) {
        size_t d = distance(word, name);
        if (d < best_d && d < strlen(name)) {
            best = name;
            best_d = d;
        }
    }
    return best;
}
