/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ui_complete.c - what Tab offers at the prompt: commands, options, times and bookmarks, types, filters, files.
 */
#include "core/glossary.h"
#include "tui/prompt.h"
#include "tui/timeline.h"
#include "tui/ui.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

typedef void (*adder)(const char *word);

static void add_names(const struct explorer *x, adder add) {
    (void)x;
    const struct command *c;
    const struct own_command *own;
    size_t n = own_commands(&own);
    for (size_t i = 0; i < n; i++)
        add(own[i].name);
    n = command_table(&c);
    for (size_t i = 0; i < n; i++)
        if (!c[i].hidden)
            add(c[i].name);
}

static void add_bookmarks(const struct explorer *x, const char *before, adder add) {
    const struct bookmarks *b = reel_bookmarks(x->reel);
    for (size_t i = 0; b && i < b->n; i++) {
        char word[BOOKMARK_NAME + 2];
        snprintf(word, sizeof word, "%s%s", before, b->at[i].name);
        add(word);
    }
}

static void add_times(const struct explorer *x, adder add) {
    static const char *const parts[] = {"", ":mark", ":markterm", ":sweep", ":end"};
    const struct cycle *c;
    size_t n = reel_cycles(x->reel, &c);
    add("start");
    add("end");
    add_bookmarks(x, "@", add);
    for (size_t i = 0; i < n && i < 10000; i++)
        for (size_t k = 0; k < sizeof parts / sizeof *parts; k++) {
            char word[48];
            snprintf(word, sizeof word, "gc:%u%s", c[i].gc, parts[k]);
            add(word);
        }
}

/* `before` goes before each: "type~". */
static void add_types(const struct explorer *x, const char *before, adder add) {
    char name[256], word[sizeof name + 64];
    for (uint32_t i = 0; i < reel_types(x->reel); i++)
        if (reel_type(x->reel, i)->name.len > 0) {
            snprintf(word, sizeof word, "%s%s", before, explorer_type(x, i, name, sizeof name));
            add(word);
        }
}

static void add_notes(const struct explorer *x, adder add) {
    const struct note *notes;
    size_t n = reel_notes(x->reel, &notes);
    char words[128];
    for (size_t i = 0; i < n && i < 1000; i++)
        add(explorer_note(x, &notes[i], words, sizeof words));
}

static void add_glossary(const struct explorer *x, adder add) {
    (void)x;
    const struct glossary_entry *e;
    size_t n = glossary_table(&e);
    for (size_t i = 0; i < n; i++)
        add(e[i].word);
}

static void add_bookmark_names(const struct explorer *x, adder add) {
    add_bookmarks(x, "", add);
}

static void add_copies(const struct explorer *x, adder add) {
    (void)x;
    add("address");
    add("time");
    add("screen");
}

static void add_marks(const struct explorer *x, adder add) {
    (void)x;
    add("A");
    add("B");
}

static void add_rows(const struct explorer *x, adder add) {
    (void)x;
    for (int row = 0; row < TIMELINE_ROWS; row++)
        add(timeline_row_name((enum timeline_row)row));
}

/* What has a page, as ui_find_page reads it. */
static void add_pages(const struct explorer *x, adder add) {
    const struct cycle *c;
    char word[48];
    size_t n = reel_cycles(x->reel, &c);
    add("cycles");
    add("class");
    for (size_t i = 0; i < n && i < 10000; i++) {
        snprintf(word, sizeof word, "gc:%u", c[i].gc);
        add(word);
    }
    for (size_t i = 0; i < reel_procs(x->reel); i++) {
        snprintf(word, sizeof word, "P%zu", i);
        add(word);
    }
    add_types(x, "", add);
}

static void add_options(adder add) {
    const struct command_option *o;
    size_t n = command_option_table(&o);
    for (size_t i = 0; i < n; i++)
        add(o[i].name);
}

/* ------------------------------------------------------------------ filters */

static void add_filter_word(void *arg, const char *word) {
    adder *add = arg;
    (*add)(word);
}

static void add_filter(const struct explorer *x, const struct filter_domain *d, const char *line, adder add) {
    const char *word = line + strlen(line);
    while (word > line && !isspace((unsigned char)word[-1]) && word[-1] != '(')
        word--;
    filter_complete(d, line, add_filter_word, &add);
    if (strncmp(word, "type~", 5) == 0 || strncmp(word, "type=", 5) == 0)
        add_types(x, word[4] == '~' ? "type~" : "type=", add);
}

static void add_fields(const struct result_column *cols, size_t n, adder add) {
    char word[64];
    for (size_t i = 0; i < n; i++) {
        snprintf(word, sizeof word, "%s=", cols[i].name);
        add(word);
    }
}

/* What the filter of lists and map may ask. */
static void add_narrow(const struct explorer *x, const char *line, adder add) {
    add_fields(x->answer_cols, x->answer_cols ? x->answer_ncols : 0, add);
    for (int i = 0; i < NARROW_ANSWER; i++)
        add_filter(x, narrow_domains[i], line, add);
}

/* The columns of a command, as fields of --where. */
static void add_columns(const char *line, adder add) {
    char name[32];
    size_t n = strcspn(line, " ");
    snprintf(name, sizeof name, "%.*s", (int)(n < sizeof name ? n : sizeof name - 1), line);
    const struct command *c = command_find(name);
    if (c)
        add_fields(c->cols, c->ncols, add);
}

/* What a row may be: --by. */
static void add_ways(const char *line, adder add) {
    char name[32];
    size_t n = strcspn(line, " ");
    snprintf(name, sizeof name, "%.*s", (int)(n < sizeof name ? n : sizeof name - 1), line);
    const struct command *c = command_find(name);
    for (size_t i = 0; c && c->by && c->by[i]; i++)
        add(c->by[i]);
}

/* ------------------------------------------------------------------ where in the line */

/* Words of the configuration's language for the word at `start`. */
static void add_config(const char *line, int start, adder add) {
    int words = 0;
    for (int i = 0; i < start; i++)
        words += line[i] != ' ' && (i + 1 == start || line[i + 1] == ' ');
    for (size_t i = 0; config_word(line, words, i); i++)
        add(config_word(line, words, i));
}

/* The word before `start` is one of these, NULL at the end. */
static bool after_word(const char *line, int start, const char *const *words) {
    int end = start;
    while (end > 0 && (line[end - 1] == ' ' || line[end - 1] == '"' || line[end - 1] == '\''))
        end--;
    int from = end;
    while (from > 0 && line[from - 1] != ' ')
        from--;
    for (; *words; words++)
        if ((int)strlen(*words) == end - from && strncmp(line + from, *words, strlen(*words)) == 0)
            return true;
    return false;
}

static bool begins(const char *line, const char *word) {
    size_t n = strlen(word);
    return strncmp(line, word, n) == 0 && line[n] == ' ';
}

/* The argument of a command. */
static const struct {
    const char *command;
    void (*add)(const struct explorer *x, adder add);
} arguments[] = {
    {"unbookmark", add_bookmark_names},
    {"help", add_names},
    {"glossary", add_glossary},
    {"copy", add_copies},
    {"open", add_pages},
    {"rows", add_rows},
    {"mark", add_marks},
};

void ui_complete(void *arg, const char *line, int start, adder add) {
    static const char *const times[] = {"goto", "--at", "--from", "--to", "--since", NULL};
    static const char *const files[] = {"-o",       "--output", "write", "screen", "--log",
                                        "perfetto", "pprof",    "save",  NULL};
    static const char *const where[] = {"--where", "--fail-if", NULL}, *const formats[] = {"--format", NULL};
    static const char *const by[] = {"--by", NULL};
    struct ui *u = arg;
    int first = 0;
    if (prompt_kind_now() == PROMPT_SEARCH) {
        add_filter(&u->x, &filter_events, line, add);
        add_notes(&u->x, add);
        add_types(&u->x, "", add);
        return;
    }
    if (prompt_kind_now() == PROMPT_FILTER) {
        add_narrow(&u->x, line, add);
        return;
    }
    while (line[first] == ' ')
        first++;
    const char *command = line + first;
    if (start <= first) {
        add_names(&u->x, add);
    } else if (after_word(line, start, files)) {
        prompt_complete_files();
    } else if (after_word(line, start, where)) {
        add_columns(command, add);
    } else if (after_word(line, start, formats)) {
        add("text");
        add("csv");
        add("jsonl");
        add("cbor");
    } else if (after_word(line, start, by)) {
        add_ways(command, add);
    } else if (begins(command, "find")) {
        add_filter(&u->x, &filter_events, line, add);
        add_types(&u->x, "", add);
    } else if (begins(command, "set") || begins(command, "bind") || begins(command, "unbind")) {
        add_config(command, start - first, add);
    } else if (begins(command, "filter")) {
        add_narrow(&u->x, line, add);
    } else if (line[start] == '-') {
        add_options(add);
    } else if (after_word(line, start, times)) {
        add_times(&u->x, add);
    } else {
        for (size_t i = 0; i < sizeof arguments / sizeof *arguments; i++)
            if (begins(command, arguments[i].command))
                arguments[i].add(&u->x, add);
    }
}
