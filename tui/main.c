/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * main.c - the program's entry: which trace, which commands, or the terminal.
 *
 * Exit status: 0 done; 1 the trace is damaged, what could be read was shown; 2 nothing could be read, or wrong use.
 * A reader that goes away (a closed pipe) ends the program quietly with 0.
 */
#include "config.h"

#include "core/core.h"
#include "core/index.h"
#include "tui/batch.h"
#include "tui/keys.h"
#include "tui/term.h"
#include "tui/theme.h"
#include "tui/tour.h"
#include "tui/tui.h"

#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_WORDS = 4096 };

/* What the command line says. */
struct line {
    const char *path;
    struct batch batch;
    struct tui_options tui;
    bool session;               /* scripts keep none unless told */
    char *words[MAX_WORDS + 1]; /* COMMAND ARG... */
    int nwords;
    char *paths[MAX_WORDS + 2];
    void (*only)(FILE *out); /* what is printed instead of all else, NULL nothing */
    bool no_index;
    const char *config; /* FILE of --config, NULL none */
    bool no_config;
    const char *theme; /* NAME of --theme, NULL none */
    struct config_notes notes;
};

/* One line, whatever letters the words of the command line are made of. */
static int fail(const char *fmt, ...) {
    char line[1024], shown[1200];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    text_safe(shown, sizeof shown, (text){line, strlen(line)});
    fprintf(stderr, "heapreel: %s\n", shown);
    return 2;
}

/* ------------------------------------------------------------------ options */

/* Bytes with K, M, G, T (1024 based), "B" or "iB" may follow. */
static bool parse_size(const char *s, uint64_t *out) {
    static const char scales[] = "KMGT";
    char *end;
    errno = 0;
    unsigned long long n = strtoull(s, &end, 10);
    if (end == s || *s == '-' || errno || n == 0)
        return false;
    const char *scale = *end ? strchr(scales, *end & ~0x20) : NULL;
    unsigned shift = scale ? 10u * (unsigned)(scale - scales + 1) : 0;
    end += scale != NULL;
    if (*end && strcmp(end, "B") != 0 && strcmp(end, "iB") != 0)
        return false;
    *out = n << shift;
    return (*out >> shift) == n;
}

static bool parse_screen(const char *s, struct tui_options *t) {
    char rest;
    return sscanf(s, "%dx%d%c", &t->cols, &t->rows, &rest) == 2 && t->cols > 0 && t->rows > 0 && t->cols < 10000 &&
           t->rows < 10000;
}

static void help(FILE *out);

static void print_version(FILE *out) {
    fputs(PACKAGE_STRING "\n", out);
}

static int take_command(struct line *l, char *value) {
    if (l->batch.ncommands == BATCH_MAX)
        return fail("more than %d commands", BATCH_MAX);
    l->batch.commands[l->batch.ncommands++] = value;
    return 0;
}

static int take_max_mem(struct line *l, char *value) {
    return parse_size(value, &l->batch.reel.max_mem) ? 0 : fail("--max-mem %s: not a size, as 512M or 2G", value);
}

static int take_theme(struct line *l, char *value) {
    char why[SETTING_WHY];
    l->theme = value;
    return setting_read(&l->tui.set, SET_THEME, value, why) ? 0 : fail("--theme %.60s: %s", value, why);
}

static int take_no_color(struct line *l, char *value) {
    (void)value;
    l->theme = theme_words[THEME_MONO];
    return 0;
}

static int take_config(struct line *l, char *value) {
    l->config = value;
    return 0;
}

static int take_view(struct line *l, char *value) {
    struct session seen;
    l->tui.view = value;
    return session_from_text(value, &seen) ? 0 : fail("--view takes what :share prints, not %.100s", value);
}

static int take_script(struct line *l, char *value) {
    l->tui.script = value;
    return 0;
}

static int take_size(struct line *l, char *value) {
    return parse_screen(value, &l->tui) ? 0 : fail("--size %s: not a size, as 80x24", value);
}

/* One of the last three is there: it takes its value (exit status, 0: go on), prints, or sets a bool of struct line. */
struct main_option {
    const char *name, *brief, *arg, *about; /* about NULL: hidden */
    int (*take)(struct line *l, char *value);
    void (*print)(FILE *out);
    size_t flag;
};

#define TAKE(f)     (f), NULL, 0
#define PRINT(f)    NULL, (f), 0
#define FLAG(which) NULL, NULL, offsetof(struct line, which)

static const struct main_option options[] = {
    {"--command", "-e", "COMMAND", "run COMMAND (one word: quote it); may be given several times", TAKE(take_command)},
    {"--max-mem", NULL, "SIZE", "memory to do with, as 512M or 2G: past it facts go to a temporary file",
     TAKE(take_max_mem)},
    {"--index", NULL, NULL,
     "keep what was loaded in the cache, and use it the next time; HEAPREEL_INDEX=1 does so always", FLAG(batch.index)},
    {"--no-index", NULL, NULL, "load the trace itself, and keep nothing", FLAG(no_index)},
    {"--ascii", NULL, NULL, "plain ASCII on the screen and in text output", FLAG(batch.env.ascii)},
    {"--theme", NULL, "NAME", "colours: auto, dark, light, colour-blind, colour-blind-light, mono", TAKE(take_theme)},
    {"--no-color", NULL, NULL, "no colours: the theme mono; NO_COLOR in the environment does the same",
     TAKE(take_no_color)},
    {"--config", NULL, "FILE", "read this configuration file, not ~/.config/heapreel/config", TAKE(take_config)},
    {"--no-config", NULL, NULL, "read none", FLAG(no_config)},
    {"--tour", NULL, NULL, "a guided tour, on a sample that comes with heapreel", FLAG(tui.tour)},
    {"--view", NULL, "VIEW", "open with this view: what :share prints", TAKE(take_view)},
    {"--no-session", NULL, NULL, "neither read nor keep bookmarks, marks and view of this trace", FLAG(tui.no_session)},
    {"--session", NULL, NULL, NULL, FLAG(session)},
    {"--help", "-h", NULL, "this text", PRINT(help)},
    {"--version", "-V", NULL, "the version", PRINT(print_version)},
    {"--script", NULL, "FILE", NULL, TAKE(take_script)},
    {"--size", NULL, "COLSxROWS", NULL, TAKE(take_size)},
    {"--dump-commands-man", NULL, NULL, NULL, PRINT(command_dump_man)},
    {"--dump-keys-man", NULL, NULL, NULL, PRINT(tui_dump_keys_man)},
};

enum { OPTIONS = sizeof options / sizeof options[0] };

/* ------------------------------------------------------------------ help */

static void put_option(FILE *out, const char *brief, const char *name, const char *arg, const char *about) {
    char left[64];
    snprintf(left, sizeof left, "%s%s%s%s%s", brief ? brief : "", brief ? ", " : "    ", name, arg ? " " : "",
             arg ? arg : "");
    fprintf(out, "  %-24s %s\n", left, about);
}

static void put_commands(FILE *out, bool reports) {
    const struct command *cmds;
    size_t n = command_table(&cmds);
    for (size_t i = 0; i < n; i++) {
        char left[64];
        snprintf(left, sizeof left, "%s %s", cmds[i].name, cmds[i].args);
        if (!cmds[i].hidden && (cmds[i].question != NULL) == reports)
            fprintf(out, "  %-24s %s\n", left, cmds[i].about);
    }
}

static void help(FILE *out) {
    const struct command_option *opts;
    fputs(
        "heapreel - wind a Go program's heap forwards and backwards, from its execution trace\n\n"
        "  heapreel [OPTION]... TRACE                     open in the terminal\n"
        "  heapreel [OPTION]... TRACE COMMAND [ARG]...    run one command, print its result\n"
        "  heapreel [OPTION]... TRACE -e COMMAND...       run several in order\n"
        "  heapreel [OPTION]... TRACE TRACE... COMMAND    the same of each, rows with the file's name\n"
        "  heapreel compare TRACE TRACE...                recordings side by side\n"
        "  heapreel help COMMAND                          what a command prints\n"
        "  heapreel glossary WORD                         what a word on the screen means\n"
        "  heapreel config                                all settings and keys, as the configuration file has them\n\n"
        "TRACE is a file (plain, gzip or zstd), or - for standard input.\n\n"
        "Commands:\n",
        out);
    put_commands(out, false);
    fputs("\nReports, each an answer to a question about what happens to memory (R lists them on the screen):\n", out);
    put_commands(out, true);
    fputs("\nOptions, before or after the command:\n", out);
    size_t n = command_option_table(&opts);
    for (size_t i = 0; i < n; i++)
        put_option(out, opts[i].brief, opts[i].name, opts[i].arg, opts[i].about);
    for (size_t i = 0; i < OPTIONS; i++)
        if (options[i].about)
            put_option(out, options[i].brief, options[i].name, options[i].arg, options[i].about);
    fputs("\nTIME: start, end, 1.203s, 15ms, 120us, 734ns (since the first event), 37%, gc:7, gc:7:mark,\n"
          "gc:7:markterm, gc:7:sweep, gc:7:end; note:TEXT, note:TEXT#2, note:TEXT:end (the first, the second\n"
          "annotation that contains TEXT, its end); @name (a bookmark).\n"
          "Exit status: 0 done, 1 the trace is damaged and what could be read was shown, 2 nothing could be read or\n"
          "wrong use, 3 a row was as --fail-if says.\n",
          out);
}

static int print_only(void (*print)(FILE *out)) {
    print(stdout);
    return fflush(stdout) == 0 || errno == EPIPE ? 0 : fail("can't write: %s", strerror(errno));
}

/* ------------------------------------------------------------------ the command line */

static int apply(struct line *l, const struct main_option *o, char *value) {
    if (o->take)
        return o->take(l, value);
    if (o->print)
        l->only = o->print;
    else
        *(bool *)((char *)l + o->flag) = true;
    return 0;
}

static const struct main_option *find_option(const char *word, char **glued) {
    *glued = NULL;
    for (size_t i = 0; i < OPTIONS; i++) {
        const struct main_option *o = &options[i];
        size_t len = strlen(o->name);
        if (o->brief && strcmp(word, o->brief) == 0)
            return o;
        if (strncmp(word, o->name, len) != 0 || (word[len] && word[len] != '='))
            continue;
        if (word[len])
            *glued = (char *)word + len + 1;
        return o;
    }
    return NULL;
}

static const char *option_name(const void *arg, size_t i) {
    const struct command_option *opts;
    size_t n = command_option_table(&opts);
    (void)arg;
    if (i < n)
        return opts[i].name;
    return i - n < OPTIONS ? options[i - n].name : NULL;
}

static int unknown_option(const char *word) {
    const char *near = name_nearest(word, option_name, NULL);
    return near ? fail("no option %s; did you mean %s?", word, near) : fail("no option %s; see heapreel --help", word);
}

/* An option at argv[*i]; moves *i to its last word. */
static int read_option(struct line *l, int argc, char **argv, int *i) {
    char *value;
    char error[256];
    const struct main_option *o = find_option(argv[*i], &value);
    if (o && !o->arg && value)
        return fail("%s takes no value", o->name);
    if (o && o->arg && !value) {
        if (*i + 1 >= argc)
            return fail("%s needs a %s", argv[*i], o->arg);
        value = argv[++*i];
    }
    if (o)
        return apply(l, o, value);
    int took = command_option_read(&l->batch.env.opt, argc, argv, i, error);
    return took > 0 ? 0 : took < 0 ? fail("%s", error) : unknown_option(argv[*i]);
}

static int read_line(struct line *l, int argc, char **argv) {
    bool words_only = false;
    for (int i = 1; i < argc && !l->only; i++) {
        bool option = !words_only && argv[i][0] == '-' && argv[i][1];
        if (option && strcmp(argv[i], "--") == 0) {
            words_only = true;
        } else if (option) {
            int status = read_option(l, argc, argv, &i);
            if (status)
                return status;
        } else if (!l->path) {
            l->path = argv[i];
        } else if (l->nwords == MAX_WORDS) {
            return fail("too many words");
        } else {
            l->words[l->nwords++] = argv[i];
        }
    }
    return 0;
}

/* ------------------------------------------------------------------ configuration */

/* What the file says, and over that what the command line says. False: the file that was asked for can't be read. */
static bool configure(struct line *l) {
    char why[SETTING_WHY];
    char *usual = l->config || l->no_config || l->tui.script ? NULL : config_path();
    const char *path = l->config && !l->no_config ? l->config : usual;
    settings_usual(&l->tui.set);
    if (path && l->config && access(path, R_OK) != 0)
        return fail("%s: %s", path, strerror(errno)), false;
    if (path)
        config_read(&l->tui.set, path, l->config != NULL, &l->notes);
    free(usual);
    if (l->theme)
        setting_read(&l->tui.set, SET_THEME, l->theme, why);
    if (l->batch.env.ascii)
        l->tui.set.value[SET_GLYPHS] = GLYPHS_ASCII;
    return true;
}

/* What was wrong with the file, for whoever looks at the shell: the screen says it, too. */
static void say_notes(const struct line *l) {
    for (size_t i = 0; i < l->notes.n; i++)
        fprintf(stderr, "heapreel: %s\n", l->notes.line[i]);
    if (l->notes.more)
        fprintf(stderr, "heapreel: and %zu more lines like these\n", l->notes.more);
}

static int print_config(const struct line *l) {
    say_notes(l);
    config_write(stdout, &l->tui.set);
    return fflush(stdout) == 0 || errno == EPIPE ? 0 : fail("can't write: %s", strerror(errno));
}

/* ------------------------------------------------------------------ the terminal */

static int open_terminal(struct line *l) {
    const char *term = getenv("TERM");
    if (!l->tui.script && (!isatty(STDOUT_FILENO) || !term || !*term || strcmp(term, "dumb") == 0)) {
        return fail("%s; to print instead, name a command: heapreel %s summary (or info, cycles, types, ...)",
                    isatty(STDOUT_FILENO) ? "this terminal (TERM) can't show it" : "standard output is no terminal",
                    l->path);
    }
    const char *path = batch_stream(&l->batch, l->path);
    if (!path)
        return 2;
    l->batch.reel.trace.dont_wait &= !l->tui.script;
    struct trace_error err;
    reel *r = batch_open(&l->batch, path, &err);
    if (!r)
        return batch_cant_read(l->path, &err);
    say_notes(l);
    l->tui.notes = &l->notes;
    l->tui.path = l->path;
    l->tui.no_session |= (l->tui.script && !l->session) || !l->tui.set.value[SET_SESSION];
    l->tui.read_path = l->batch.env.path;
    l->tui.copy_failed = &l->batch.spool_full;
    l->tui.at_text = l->batch.env.opt.at;
    int status = tui_run(r, &l->tui);
    if (l->batch.index)
        index_keep(r, path);
    reel_close(&r);
    return status;
}

/* The tour is about the sample, and leaves no trace of itself. */
static int open_tour(struct line *l) {
    char why[512];
    if (l->path)
        return fail("--tour opens a sample of its own; leave out %.200s", l->path);
    l->path = tour_sample(why, sizeof why);
    if (!l->path)
        return fail("%s", why);
    l->tui.no_session = true;
    return open_terminal(l);
}

/* A word that is a command, and not rather a file: its name, or what it may be short for if there is no such file. */
static bool is_command(const char *word) {
    const struct command *c = command_find(word);
    return c && (strcmp(c->name, word) == 0 || access(word, F_OK) != 0);
}

/* heapreel A B C COMMAND: words before the command are traces too. Without any command the first is taken for one. */
static void take_paths(struct line *l) {
    int at = 0;
    while (at < l->nwords && !is_command(l->words[at]))
        at++;
    if (at == l->nwords && !l->batch.ncommands)
        return;
    memcpy(l->paths + 1, l->words, (size_t)at * sizeof *l->words);
    memmove(l->words, l->words + at, (size_t)(l->nwords - at) * sizeof *l->words);
    l->nwords -= at;
    l->paths[0] = (char *)l->path;
    l->batch.paths = l->paths;
    l->batch.npaths = at + 1;
}

/* Words after TRACE are one command; with -e they would be in the way. */
static int run(struct line *l) {
    struct batch *b = &l->batch;
    const char *always = getenv("HEAPREEL_INDEX");
    if (!configure(l))
        return 2;
    b->index = (b->index || (always && strcmp(always, "1") == 0) || l->tui.set.value[SET_INDEX]) && !l->no_index;
    if (l->tui.tour)
        return open_tour(l);
    if (!l->path)
        return fail("which trace? heapreel --help shows how it is used");
    if (strcmp(l->path, "help") == 0 || strcmp(l->path, "glossary") == 0 ||
        (strcmp(l->path, "reports") == 0 && !l->nwords && !b->ncommands))
        return batch_without_trace(b, l->path, l->nwords, l->words);
    if (strcmp(l->path, "compare") == 0 && l->nwords > 0 && !b->ncommands) { /* compare A B is A compare B */
        l->path = l->words[0];
        l->words[0] = (char *)"compare";
    }
    take_paths(l);
    if (l->nwords && !b->ncommands && !is_command(l->words[0]) && access(l->words[0], F_OK) == 0)
        return fail("%s: the screen shows one recording; heapreel compare A B sets two side by side, and heapreel A B "
                    "COMMAND asks the same of both",
                    l->words[0]);
    if (l->nwords && b->ncommands)
        return fail("%s: with -e, commands go behind -e only", l->words[0]);
    if (strcmp(l->path, "config") == 0 && !l->nwords && !b->ncommands)
        return print_config(l);
    b->words = l->words;
    b->nwords = l->nwords;
    b->shown_path = l->path;
    if (!l->nwords && !b->ncommands)
        return open_terminal(l);
    if (b->npaths > 1)
        return batch_run(b);
    bool again = b->ncommands > 1 || command_wants_reel(&b->env, b->nwords, b->words);
    return batch_path(b, l->path, again) ? batch_run(b) : 2;
}

int main(int argc, char **argv) {
    struct line *l = calloc(1, sizeof *l);
    if (!l)
        return fail("out of memory");
    setlocale(LC_ALL, "");
    /* numbers are read and written in one way everywhere */
    setlocale(LC_NUMERIC, "C");
    signal(SIGPIPE, SIG_IGN);
    crash_watch_files();
    l->batch.spool = -1;
    settings_usual(&l->tui.set);
    int status = read_line(l, argc, argv);
    if (status == 0)
        status = l->only ? print_only(l->only) : run(l);
    config_notes_free(&l->notes);
    keys_reset();
    batch_close(&l->batch);
    free(l);
    return status;
}
