/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * batch_many.c - one command over several traces: each is opened, asked and closed before the next; their rows are one
 * output, with the file's name in front. What can't be read costs one line on stderr, and the others go on.
 */
#include "tui/batch_in.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Everything about the trace before. */
static void leave(struct batch *b) {
    batch_close(b);
    b->env.error[0] = b->env.damage[0] = b->env.warning[0] = b->env.matched[0] = '\0';
    b->env.status = 0;
    b->env.unreadable = b->incomplete = false;
}

static int ask(struct batch *b, const char *path, int argc, char **argv, struct sink *out) {
    struct command_env *env = &b->env;
    leave(b);
    b->shown_path = env->shown_path = path;
    bool wants = command_wants_reel(env, argc, argv);
    if (!batch_path(b, path, wants))
        return 2;
    if (wants && !batch_load(b))
        return 2;
    many_sink_file(out, path, env->reel);
    batch_walk_begin(env);
    bool ok = command_run(env, argc, argv, out);
    batch_walk_end();
    const char *wrong = many_sink_error(out);
    const char *const lines[] = {ok ? wrong : env->error, env->matched, env->warning, env->damage};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0] && !batch_stopped(); i++)
        if (lines[i] && lines[i][0])
            batch_say(path, lines[i]);
    b->some_done |= ok;
    return !ok || wrong ? 2 : b->incomplete && env->status < 1 ? 1 : env->status;
}

static int ask_all(struct batch *b, int argc, char **argv, FILE *out) {
    struct command_env *env = &b->env;
    struct command_options opt;
    const struct command *c = argc > 0 ? command_find(argv[0]) : NULL;
    if (!command_options_of(env, argc, argv, &opt)) {
        fprintf(stderr, "heapreel: %s\n", env->error);
        return 2;
    }
    if (strncmp(c->args, "FILE", 4) == 0 || opt.output) {
        fprintf(stderr, "heapreel: %s: with several traces %s\n", c->name,
                opt.output ? "-o goes before the commands" : "it would write them all to one file");
        return 2;
    }
    env->format = opt.format_set ? (enum format)opt.format : env->format;
    struct sink *form = batch_sink(b, out), *all = form ? many_sink_new(form) : NULL;
    int status = all ? 0 : 2;
    for (int i = 0; all && i < b->npaths && !batch_stopped() && form->error == 0; i++) {
        int one = ask(b, b->paths[i], argc, argv, all);
        status = one > status ? one : status;
    }
    if (all)
        many_sink_free(&all);
    sink_free(&form);
    return status;
}

int batch_many(struct batch *b, FILE *out) {
    enum format format = b->env.format;
    int status = 0;
    if (!b->ncommands)
        status = ask_all(b, b->nwords, b->words, out);
    for (int i = 0; i < b->ncommands && !batch_stopped() && !ferror(out); i++) {
        char **words;
        int n = words_split(b->commands[i], &words), one = 2;
        b->env.format = format;
        if (i > 0 && format == FORMAT_TEXT)
            fputc('\n', out);
        if (n < 0)
            batch_say(b->commands[i], "a quote stays open");
        else
            one = ask_all(b, n, words, out);
        if (n >= 0)
            words_free(&words, n);
        status = one > status ? one : status;
    }
    leave(b);
    return b->env.failed_if ? 3 : status;
}
