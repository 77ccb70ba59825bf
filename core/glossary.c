/* SPDX-License-Identifier: GPL-3.0-or-later */
/* glossary.c - looking words up in the glossary, and the command that prints it. */
#include "core/glossary.h"
#include "core/command.h"
#include "core/report.h"
#include "core/value.h"

#include <ctype.h>
#include <string.h>

const struct result_column glossary_columns[GLOSSARY_COLUMNS] = {
    {"word", UNIT_NONE, "the word"},
    {"about", UNIT_NONE, "what it means; the column's, where `of` is a command"},
    {"names", UNIT_NONE, "other names that the screen, columns and filters have for it"},
    {"source", UNIT_NONE, "where it is in Go's sources (1.26); null: a word of heapreel's own"},
    {"of", UNIT_NONE, "the command whose column it is; null: the notion itself"},
};

/* ------------------------------------------------------------------ looking up */

static int plain(char c) {
    return c == '_' || c == '-' ? ' ' : tolower((unsigned char)c);
}

/* `name` is the whole of s, or of its first part that ends at a comma; *next is where the next part begins. */
static bool is_name(const char *s, const char *name, const char **next) {
    size_t i = 0;
    while (s[i] && s[i] != ',' && name[i] && plain(s[i]) == plain(name[i]))
        i++;
    bool same = !name[i] && (!s[i] || s[i] == ',');
    s += strcspn(s, ",");
    *next = *s ? s + strspn(s, ", ") : NULL;
    return same;
}

const struct glossary_entry *glossary_find(const char *word) {
    const struct glossary_entry *table;
    const char *next;
    size_t n = glossary_table(&table);
    if (strncmp(word, "span.", 5) == 0) /* a field of searches about the span */
        word += 5;
    for (size_t i = 0; *word && i < n; i++)
        if (is_name(table[i].word, word, &next))
            return &table[i];
    for (size_t i = 0; *word && i < n; i++)
        for (const char *at = table[i].names; at && *at; at = next)
            if (is_name(at, word, &next))
                return &table[i];
    return NULL;
}

/* Whether an entry has these letters anywhere, whatever their case. */
static bool glossary_holds(const struct glossary_entry *e, const char *words) {
    const char *in[] = {e->word, e->names, e->about};
    for (size_t i = 0; i < sizeof in / sizeof *in; i++)
        if (text_contains((text){in[i], strlen(in[i])}, words))
            return true;
    return false;
}

static const char *word_at(const void *arg, size_t i) {
    const struct glossary_entry *table;
    (void)arg;
    return i < glossary_table(&table) ? table[i].word : NULL;
}

const char *glossary_nearest(const char *word) {
    return name_nearest(word, word_at, NULL);
}

/* ------------------------------------------------------------------ the command */

static void put_paragraph(struct sink *out, const struct glossary_entry *e) {
    char line[1024];
    snprintf(line, sizeof line, "%s%s%s%s", e->word, *e->names ? " (" : "", e->names, *e->names ? ")" : "");
    report_explain(out, line);
    report_explain(out, e->about);
    if (e->source) {
        snprintf(line, sizeof line, "Go: %s", e->source);
        out->note(out, line);
    }
    out->note(out, "");
}

static bool put_entry(struct command_env *env, struct sink *out, const struct glossary_entry *e) {
    if (env->format == FORMAT_TEXT && !env->opt.where) {
        put_paragraph(out, e);
        return true;
    }
    struct value v[GLOSSARY_COLUMNS] = {value_str(e->word), value_str(e->about),
                                        *e->names ? value_str(e->names) : value_null(), value_str(e->source),
                                        value_null()};
    return out->row(out, v, NULL, NULL, 0);
}

/* What columns of that name are in one command or another. */
static bool put_columns(struct command_env *env, struct sink *out, const char *word) {
    const struct command *cmds;
    const char *next;
    size_t n = command_table(&cmds);
    bool paragraphs = env->format == FORMAT_TEXT && !env->opt.where;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < cmds[i].ncols && !cmds[i].hidden; k++) {
            const struct result_column *c = &cmds[i].cols[k];
            char line[512];
            if (!is_name(c->name, word, &next))
                continue;
            if (paragraphs) {
                snprintf(line, sizeof line, "in the output of %s: %s", cmds[i].name, c->about);
                report_explain(out, line);
                continue;
            }
            struct value v[GLOSSARY_COLUMNS] = {value_str(c->name), value_str(c->about), value_null(), value_null(),
                                                value_str(cmds[i].name)};
            if (!out->row(out, v, NULL, NULL, 0))
                return false;
        }
    return true;
}

static bool unknown(struct command_env *env, const char *word) {
    char shown[64];
    const char *near = glossary_nearest(word);
    text_safe(shown, sizeof shown, (text){word, strlen(word)});
    return near ? command_fail(env, 2, "no word %s in the glossary; did you mean %s?", shown, near)
                : command_fail(env, 2, "no word %s in the glossary; glossary alone shows all of it", shown);
}

/* The very word; where there is none, whatever mentions it. */
bool glossary_run(struct command_env *env, int argc, char **argv, struct sink *out) {
    const struct glossary_entry *table, *one = argc ? glossary_find(argv[0]) : NULL;
    size_t n = glossary_table(&table), found = 0;
    for (size_t i = 0; i < n; i++)
        found += !argc || &table[i] == one || (!one && *argv[0] && glossary_holds(&table[i], argv[0]));
    if (!found)
        return unknown(env, argv[0]);
    bool paragraphs = env->format == FORMAT_TEXT && !env->opt.where;
    bool ok = paragraphs || out->begin(out, glossary_columns, GLOSSARY_COLUMNS);
    for (size_t i = 0; ok && i < n; i++)
        if (!argc || &table[i] == one || (!one && glossary_holds(&table[i], argv[0])))
            ok = put_entry(env, out, &table[i]);
    if (ok && one)
        ok = put_columns(env, out, argv[0]);
    if (ok)
        out->end(out);
    return true;
}

/* ------------------------------------------------------------------ the manual */

void glossary_dump_man(FILE *out, void (*line)(FILE *, const char *)) {
    const struct glossary_entry *table;
    size_t n = glossary_table(&table);
    fputs(".SH GLOSSARY\n", out);
    line(out, "The words of the screen and of outputs, with the place in Go's sources where they come from.");
    for (size_t i = 0; i < n; i++) {
        if (table[i].group) {
            fputs(".SS ", out);
            line(out, table[i].group);
        }
        fputs(".TP\n.B ", out);
        line(out, table[i].word);
        line(out, table[i].about);
        if (table[i].source) {
            char words[256];
            snprintf(words, sizeof words, "(%s)", table[i].source);
            line(out, words);
        }
    }
}
