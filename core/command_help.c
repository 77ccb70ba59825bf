/* SPDX-License-Identifier: GPL-3.0-or-later */
/* command_help.c - the command `help`, and the manual's section about commands, both from the command table. */
#include "core/command.h"
#include "core/glossary.h"
#include "core/report.h"

#include <string.h>

const struct result_column help_columns[HELP_COLUMNS] = {
    {"command", UNIT_NONE, "its name; the column's, in the help of one command"},
    {"args", UNIT_NONE, "what it takes; the column's unit, in the help of one command"},
    {"about", UNIT_NONE, "what it is"},
};

/* Units as scripts get them; text output scales and names its own. */
static const char *unit_text(unsigned unit) {
    static const char *const texts[] = {[UNIT_NONE] = "",   [UNIT_COUNT] = "count", [UNIT_BYTES] = "bytes",
                                        [UNIT_TIME] = "ns", [UNIT_DURATION] = "ns", [UNIT_SHARE] = "0 to 1"};
    return texts[unit & UNIT_MASK];
}

static bool help_all(struct sink *out) {
    const struct command *table;
    size_t n = command_table(&table);
    if (!out->begin(out, help_columns, HELP_COLUMNS))
        return true;
    for (size_t i = 0; i < n; i++) {
        struct value v[HELP_COLUMNS] = {value_str(table[i].name), value_str(table[i].args), value_str(table[i].about)};
        if (!table[i].hidden && !out->row(out, v, NULL, NULL, 0))
            return true;
    }
    const struct command_option *opts;
    n = command_option_table(&opts);
    for (size_t i = 0; i < n; i++) {
        struct value v[HELP_COLUMNS] = {value_str(opts[i].name), value_str(opts[i].arg ? opts[i].arg : ""),
                                        value_str(opts[i].about)};
        if (!out->row(out, v, NULL, NULL, 0))
            return true;
    }
    out->note(out, "TIME: start, end, 1.203s, 15ms, 120us, 734ns, 37%, gc:7, gc:7:mark, gc:7:markterm, gc:7:sweep,");
    out->note(out,
              "gc:7:end, note:TEXT, note:TEXT#2, note:TEXT:end (an annotation that contains TEXT), @name (a bookmark)");
    out->end(out);
    return true;
}

/* "--by: all, class or type; all where it isn't given." */
static void say_by(const struct command *c, struct sink *out) {
    char line[200] = "--by: ";
    for (size_t i = 0; c->by && c->by[i]; i++) {
        size_t n = strlen(line);
        snprintf(line + n, sizeof line - n, "%s%s", i == 0 ? "" : c->by[i + 1] ? ", " : " or ", c->by[i]);
    }
    if (c->by)
        report_say(out, "%s; %s where it isn't given.", line, c->by[0]);
}

static bool help_one(const struct command_env *env, const struct command *c, struct sink *out) {
    /* names of columns are an interface of machine-readable forms; people get better ones */
    static const struct result_column people[HELP_COLUMNS] = {
        {"column", UNIT_NONE, ""}, {"unit", UNIT_NONE, ""}, {"what it is", UNIT_NONE, ""}};
    char line[160];
    snprintf(line, sizeof line, "%s%s%s - %s", c->name, *c->args ? " " : "", c->args, c->about);
    out->note(out, line);
    out->note(out, "");
    report_explain(out, c->help);
    say_by(c, out);
    out->note(out, "");
    out->width = 0; /* what is explained isn't cut */
    if (!out->begin(out, env->format == FORMAT_TEXT ? people : help_columns, HELP_COLUMNS))
        return true;
    for (size_t i = 0; i < c->ncols; i++) {
        struct value v[HELP_COLUMNS] = {value_str(c->cols[i].name), value_str(unit_text(c->cols[i].unit)),
                                        value_str(c->cols[i].about)};
        if (!out->row(out, v, NULL, NULL, 0))
            return true;
    }
    out->end(out);
    return true;
}

bool help_run(struct command_env *env, int argc, char **argv, struct sink *out) {
    if (argc == 0)
        return help_all(out);
    const struct command *c = command_find(argv[0]);
    if (!c) {
        char shown[64];
        text_safe(shown, sizeof shown, (text){argv[0], strlen(argv[0])});
        return command_fail(env, 2, "no command %s; help lists them all", shown);
    }
    return help_one(env, c, out);
}

/* ------------------------------------------------------------------ the manual */

/* Text for roff: no line may begin with a control character, a backslash or hyphen is itself, `names` are bold. */
static void put_roff(FILE *out, const char *s) {
    bool bold = false;
    if (*s == '.' || *s == '\'')
        fputs("\\&", out);
    for (; *s; s++) {
        if (*s == '\\')
            fputs("\\e", out);
        else if (*s == '-')
            fputs("\\-", out);
        else if (*s == '`')
            fputs((bold = !bold) ? "\\fB" : "\\fR", out);
        else
            fputc(*s, out);
    }
}

static void put_line(FILE *out, const char *s) {
    put_roff(out, s);
    fputc('\n', out);
}

static void dump_command(FILE *out, const struct command *c) {
    fprintf(out, ".SS \"");
    put_roff(out, c->name);
    if (*c->args)
        fprintf(out, " %s", c->args);
    fprintf(out, "\"\n");
    fprintf(out, "%s.\n", c->about);
    put_line(out, c->help);
    for (size_t i = 0; i < c->ncols; i++) {
        const char *unit = unit_text(c->cols[i].unit);
        fprintf(out, ".TP\n.B ");
        put_line(out, c->cols[i].name);
        put_roff(out, c->cols[i].about);
        if (*unit)
            fprintf(out, " (%s)", unit);
        fputc('\n', out);
    }
}

void command_dump_man(FILE *out) {
    const struct command *table;
    size_t n = command_table(&table);
    fputs(".SH COMMANDS\n", out);
    for (size_t i = 0; i < n; i++)
        if (!table[i].hidden)
            dump_command(out, &table[i]);
    const struct command_option *opts;
    n = command_option_table(&opts);
    fputs(".SS \"Options of commands\"\n", out);
    for (size_t i = 0; i < n; i++) {
        fputs(".TP\n.B ", out);
        put_roff(out, opts[i].name);
        if (opts[i].brief) {
            fputs(", ", out);
            put_roff(out, opts[i].brief);
        }
        if (opts[i].arg)
            fprintf(out, " \\fI%s\\fR", opts[i].arg);
        fputc('\n', out);
        put_line(out, opts[i].about);
    }
    fields_dump_man(out, put_line);
    glossary_dump_man(out, put_line);
}
