/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * batch.c - see batch.h.
 *
 * An interrupt while a file is being written (-o) must not leave a half of it behind: commands are asked to stop, the
 * temporary file goes, and then the signal is let through.
 */
#include "tui/batch.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* The one thing that a signal handler may touch. */
static volatile sig_atomic_t caught;

static void on_signal(int sig) {
    caught = sig;
}

static bool stop(void *arg) {
    (void)arg;
    return caught != 0;
}

static void say(const char *path, const char *line) {
    char shown[256];
    text_safe(shown, sizeof shown, (text){path, strlen(path)});
    fprintf(stderr, "heapreel: %s: %s\n", shown, line);
}

int batch_cant_read(const char *path, const struct trace_error *err) {
    say(path, err->text[0] ? err->text : trace_code_text(err->code));
    return 2;
}

/* ------------------------------------------------------------------ standard input */

static bool copy_input(int to) {
    static char chunk[1 << 16];
    for (;;) {
        ssize_t n = read(STDIN_FILENO, chunk, sizeof chunk);
        if (n == 0)
            return lseek(to, 0, SEEK_SET) == 0;
        if (n < 0 && errno == EINTR && !caught)
            continue;
        for (ssize_t done = 0, k; done < n; done += k)
            if ((k = write(to, chunk + done, (size_t)(n - done))) < 0)
                return false;
        if (n < 0)
            return false;
    }
}

static int unnamed_file(void) {
    const char *dir = getenv("TMPDIR");
    char path[4096];
    snprintf(path, sizeof path, "%s/heapreel.XXXXXX", dir && *dir ? dir : "/tmp");
    int fd = mkstemp(path);
    if (fd >= 0)
        unlink(path);
    return fd;
}

bool batch_path(struct batch *b, const char *path, bool again) {
    b->env.path = path;
    if (strcmp(path, "-") != 0 || !again)
        return true;
    b->spool = unnamed_file();
    if (b->spool < 0 || !copy_input(b->spool)) {
        say("standard input", strerror(errno));
        return false;
    }
    snprintf(b->spool_path, sizeof b->spool_path, "/dev/fd/%d", b->spool);
    b->env.path = b->spool_path;
    return true;
}

/* ------------------------------------------------------------------ loading */

static double seconds(void) {
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + 1e-9 * (double)ts.tv_nsec;
}

/* A line that overwrites itself; only where someone waits at a terminal. */
static void show_progress(const struct reel_info *info) {
    char size[TIME_TEXT];
    if (info->share >= 0)
        fprintf(stderr, "\rreading %d%% ", (int)(info->share * 100));
    else
        fprintf(stderr, "\rreading, %s up to now ", bytes_text(info->trace_bytes, size));
}

static bool load(struct batch *b) {
    struct trace_error err;
    struct command_env *env = &b->env;
    env->reel = reel_open(env->path, &b->reel, &err);
    if (!env->reel)
        return batch_cant_read(b->shown_path, &err) == 0;
    bool tell = isatty(STDERR_FILENO) == 1, told = false;
    double begun = seconds();
    enum reel_state state;
    while ((state = reel_load(env->reel, 100000000)) == REEL_LOADING && !caught)
        if (tell && seconds() - begun > 0.5) {
            show_progress(reel_info(env->reel));
            told = true;
        }
    if (told)
        fputs("\r                                \r", stderr);
    b->incomplete = state == REEL_OUT_OF_MEMORY;
    if (b->incomplete)
        say(b->shown_path, "out of memory: what fits is shown");
    env->now = reel_info(env->reel)->duration;
    return !caught;
}

/* ------------------------------------------------------------------ running */

static int worse(int a, int b) {
    return a > b ? a : b;
}

static int run_words(struct batch *b, int argc, char **argv, FILE *out) {
    struct command_env *env = &b->env;
    env->error[0] = '\0';
    env->status = 0;
    env->unreadable = false;
    if (!env->reel && command_wants_reel(env, argc, argv) && !load(b))
        return 2;
    if (!command_print(env, argc, argv, out)) {
        if (caught)
            return 2;
        if (env->unreadable)
            say(b->shown_path, env->error);
        else
            fprintf(stderr, "heapreel: %s\n", env->error);
        return worse(env->status, 2);
    }
    return env->status;
}

static int run_line(struct batch *b, const char *line, FILE *out) {
    char **words;
    int n = words_split(line, &words);
    if (n < 0) {
        say(line, "a quote stays open");
        return 2;
    }
    int status = run_words(b, n, words, out);
    words_free(&words, n);
    return status;
}

static int run_all(struct batch *b, FILE *out) {
    int status = 0;
    if (!b->ncommands)
        return run_words(b, b->nwords, b->words, out);
    for (int i = 0; i < b->ncommands && !caught && !ferror(out); i++) {
        if (i > 0 && b->env.format == FORMAT_TEXT)
            fputc('\n', out);
        status = worse(status, run_line(b, b->commands[i], out));
    }
    return status;
}

static int run_to_file(struct batch *b, const char *path) {
    char error[256];
    struct out_file *file = out_file_open(path, error);
    if (!file) {
        fprintf(stderr, "heapreel: %s\n", error);
        return 2;
    }
    int status = run_all(b, out_file_stream(file));
    if (!out_file_close(&file, status < 2 && !caught, error)) {
        fprintf(stderr, "heapreel: %s\n", error);
        status = 2;
    }
    return status;
}

/* Once: who asks again means it. */
static void catch_signals(void) {
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction sa = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        sigaction(signals[i], &sa, NULL);
}

int batch_run(struct batch *b) {
    const char *path = b->env.opt.output;
    b->env.opt.output = NULL;
    b->env.stop = stop;
    if (b->env.opt.format_set)
        b->env.format = (enum format)b->env.opt.format;
    if (path || b->ncommands > 0)
        catch_signals();
    int status = path ? run_to_file(b, path) : run_all(b, stdout);
    if (caught) {
        batch_close(b);
        signal(caught, SIG_DFL);
        raise(caught);
    }
    if (b->env.damage[0])
        say(b->shown_path, b->env.damage);
    return b->incomplete ? worse(status, 1) : status;
}

int batch_help(struct batch *b, int nwords, char **words) {
    char *argv[2] = {(char *)"help", nwords > 0 ? words[0] : NULL};
    if (nwords > 1) {
        fputs("heapreel: help takes one command\n", stderr);
        return 2;
    }
    return run_words(b, nwords > 0 ? 2 : 1, argv, stdout);
}

void batch_close(struct batch *b) {
    reel_close(&b->env.reel);
    if (b->spool >= 0)
        close(b->spool);
    b->spool = -1;
}
