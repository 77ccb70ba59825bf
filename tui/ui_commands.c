/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ui_commands.c - lines of the prompt: the screen's own commands (ui_own.c), and core's, whose output fills the pager.
 */
#include "tui/answers.h"
#include "tui/prompt.h"
#include "tui/timeline.h"
#include "tui/ui.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_OUTPUT = 32 << 20 }; /* bytes of output that the pager takes */

/* ------------------------------------------------------------------ core's commands */

struct output {
    struct ui *u;
    FILE *out;
    bool full, stopped;
};

static bool stop(void *arg) {
    struct output *o = arg;
    o->full = ftell(o->out) > MAX_OUTPUT;
    o->stopped = o->u->x.stop && o->u->x.stop(o->u->x.stop_arg);
    return o->full || o->stopped;
}

static void show(struct ui *u, const char *line, const struct output *o, const struct command_env *env,
                 const char *words, size_t len) {
    char title[160];
    explorer_text(&u->x, (struct trace_text){.ptr = line, .len = strlen(line)}, title, sizeof title);
    pager_start(&u->pager, title);
    bool whole = pager_add_text(&u->pager, ROLE_TEXT, words, len) && !o->full;
    if (len == 0 && !o->stopped)
        pager_add_text(&u->pager, ROLE_DIM, "(no rows)", 9);
    if (env->warning[0])
        pager_add_text(&u->pager, ROLE_WARN, env->warning, strlen(env->warning));
    if (env->damage[0])
        pager_add_text(&u->pager, ROLE_WARN, env->damage, strlen(env->damage));
    if (env->matched[0])
        explorer_say(&u->x, ROLE_WARN, "%.200s", env->matched);
    if (o->stopped)
        explorer_say(&u->x, ROLE_WARN, "stopped: the output is not complete");
    else if (!whole)
        explorer_say(&u->x, ROLE_WARN, "too long to show: this is the first part; -o FILE writes all of it");
}

/* Neither the reel nor the trace. */
static bool reads_nothing(const struct command *c) {
    static const char *const names[] = {"help", "glossary", "fields", "reports"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(c->name, names[i]) == 0)
            return true;
    return false;
}

/* Commands that read the trace themselves read the copy of a pipe, which must be whole. */
static bool readable(struct ui *u, const char *name) {
    const struct command *c = command_find(name);
    bool reads = c && !c->needs_reel && !reads_nothing(c) && u->read_path != u->path;
    if (reads && u->loading)
        explorer_say(&u->x, ROLE_WARN, "%s reads the whole trace, and that is still being written", c->name);
    else if (reads && u->copy_failed && *u->copy_failed)
        explorer_say(&u->x, ROLE_ERROR, "%s: the copy of standard input could not be written (no room in TMPDIR)",
                     c->name);
    else
        return true;
    return false;
}

/* Reports have pages, and so have lists along time whose rows lead somewhere. */
static bool has_page(const struct command *c) {
    static const char *const lists[] = {"notes", "ranges", "phases", "goroutines"};
    bool is = c->question != NULL;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        is |= strcmp(c->name, lists[i]) == 0;
    return is && c->needs_reel && (!c->args[0] || c->args[0] == '[');
}

/* The output is to be written somewhere, or in another form than text. */
static bool goes_elsewhere(int argc, char **argv) {
    static const char *const elsewhere[] = {"-o", "--output", "--format", "--fail-if"};
    for (int i = 1; i < argc; i++)
        for (size_t k = 0; k < sizeof elsewhere / sizeof elsewhere[0]; k++)
            if (strncmp(argv[i], elsewhere[k], strlen(elsewhere[k])) == 0)
                return true;
    return false;
}

static bool is_page_line(int argc, char **argv) {
    const struct command *c = argc > 0 ? command_find(argv[0]) : NULL;
    return c && has_page(c) && !goes_elsewhere(argc, argv);
}

bool ui_report_link(struct ui *u, const char *line, int64_t now, struct link *to) {
    struct command_env env = {.reel = u->x.reel};
    char **argv = NULL;
    uint64_t number;
    int argc = words_split(line, &argv);
    bool ok = argc > 0 && is_page_line(argc, argv) && command_check(&env, argc, argv) &&
              answers_ask(u->x.answers, line, now, &number);
    if (argc >= 0)
        words_free(&argv, argc);
    if (ok)
        *to = answer_link(number);
    return ok;
}

static bool run_page(struct ui *u, const char *line, int argc, char **argv) {
    struct command_env env = {.reel = u->x.reel};
    struct link to;
    if (argc == 1 && strcmp(argv[0], "reports") == 0) {
        ui_follow(u, link_to(LINK_REPORTS, 0));
        return true;
    }
    if (!is_page_line(argc, argv))
        return false;
    if (!command_check(&env, argc, argv))
        explorer_say(&u->x, ROLE_ERROR, "%s", env.error);
    else if (!ui_report_link(u, line, u->x.now.t, &to))
        explorer_say(&u->x, ROLE_ERROR, "out of memory");
    else
        ui_follow(u, to);
    return true;
}

static void run_core(struct ui *u, const char *line, int argc, char **argv) {
    if (!readable(u, argv[0]))
        return;
    char *buffer = NULL;
    size_t len = 0;
    struct output o = {.u = u, .out = open_memstream(&buffer, &len)};
    if (!o.out) {
        explorer_say(&u->x, ROLE_ERROR, "out of memory");
        return;
    }
    struct command_env env = {.reel = u->x.reel,
                              .path = u->read_path,
                              .now = u->x.now.t,
                              .format = FORMAT_TEXT,
                              .stop = stop,
                              .stop_arg = &o,
                              .ascii = u->x.ascii};
    if (u->busy)
        u->busy(u->busy_arg, line);
    bool ok = command_print(&env, argc, argv, o.out);
    fclose(o.out);
    if (!ok)
        explorer_say(&u->x, ROLE_ERROR, "%s", env.error[0] ? env.error : "that failed");
    else if (len == 0 && env.opt.output)
        explorer_say(&u->x, ROLE_TEXT, "written");
    else
        show(u, line, &o, &env, buffer, len);
    free(buffer);
}

/* ------------------------------------------------------------------ lines */

static const char *rest_of(const char *line) {
    while (*line && *line != ' ')
        line++;
    while (*line == ' ')
        line++;
    return line;
}

static bool run_own(struct ui *u, const char *line, const char *name) {
    const struct own_command *c = own_command_find(name);
    if (!c)
        return false;
    char rest[2048];
    snprintf(rest, sizeof rest, "%s", rest_of(line));
    for (size_t n = strlen(rest); n > 0 && rest[n - 1] == ' '; n--)
        rest[n - 1] = '\0';
    c->run(u, rest);
    return true;
}

void ui_line(struct ui *u, const char *line) {
    while (*line == ' ')
        line++;
    u->x.message[0] = '\0';
    if (!*line)
        return;
    char **argv = NULL;
    int argc = words_split(line, &argv);
    int64_t t;
    const char *why;
    if (argc < 0)
        explorer_say(&u->x, ROLE_ERROR, "a quote is not closed");
    else if (argc > 0 && !run_own(u, line, argv[0])) {
        if (!command_find(argv[0]) && when_parse(u->x.reel, line, &t, &why))
            explorer_go(&u->x, t);
        else if (argc == 1 && explorer_is_address(argv[0]))
            own_command_find("goto")->run(u, argv[0]);
        else if (argc == 0 || !run_page(u, line, argc, argv))
            run_core(u, line, argc, argv);
    }
    if (argc >= 0)
        words_free(&argv, argc);
    ui_follow_wish(u);
}

void ui_search_line(struct ui *u, const char *line) {
    u->x.message[0] = '\0';
    if (!*line)
        return;
    if (u->busy)
        u->busy(u->busy_arg, line);
    ui_leave(u);
    explorer_find(&u->x, line, false);
}

void ui_search_pager(struct ui *u, const char *line, bool back) {
    int i, n;
    char shown[160], key[KEY_NAME];
    u->x.message[0] = '\0';
    if (!line[0] && !u->pager.sought[0]) {
        explorer_say(&u->x, ROLE_WARN, "nothing is being searched here: %s starts a search",
                     keys_for(ACT_SEARCH, IN_PAGER, key));
        return;
    }
    bool found = pager_find(&u->pager, line, back, &i, &n);
    explorer_text(&u->x, (text){u->pager.sought, strlen(u->pager.sought)}, shown, sizeof shown);
    if (found)
        explorer_say(&u->x, ROLE_TEXT, "%s: line %d of %d", shown, i, n);
    else
        explorer_say(&u->x, ROLE_WARN, "%s: not in these lines", shown);
}
