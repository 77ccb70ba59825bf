/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * batch.c - see batch.h.
 *
 * An interrupt while a file is being written (-o) must not leave a half of it behind: commands are asked to stop, the
 * temporary file goes, and then the signal is let through.
 */
#include "tui/batch_in.h"

#include "core/clock.h"
#include "core/container.h"
#include "core/index.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
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

bool batch_stopped(void) {
    return caught != 0;
}

void batch_say(const char *path, const char *line) {
    char shown[256];
    text_safe(shown, sizeof shown, (text){path, strlen(path)});
    fprintf(stderr, "heapreel: %s: %s\n", shown, line);
}

int batch_cant_read(const char *path, const struct trace_error *err) {
    batch_say(path, err->text[0] ? err->text : trace_code_text(err->code));
    return 2;
}

/* ------------------------------------------------------------------ standard input */

/* Files can be read again; so can standard input, if it is one and nobody has begun to read it. */
static bool reads_once(int fd) {
    struct stat st;
    return fstat(fd, &st) == 0 && !S_ISDIR(st.st_mode) && !(S_ISREG(st.st_mode) && lseek(fd, 0, SEEK_CUR) == 0);
}

static bool path_reads_once(const char *path) {
    struct stat st;
    if (strcmp(path, "-") == 0)
        return reads_once(STDIN_FILENO);
    return stat(path, &st) == 0 && !S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode);
}

static bool write_all(int to, const char *bytes, size_t n) {
    for (size_t done = 0; done < n;) {
        ssize_t k = write(to, bytes + done, n - done);
        if (k < 0 && errno != EINTR)
            return false;
        done += k > 0 ? (size_t)k : 0;
    }
    return true;
}

/* False: what has come begins neither as a trace nor as a saved reel, which *err says, or can't be read (errno). */
static bool may_be_trace(int fd, char *chunk, size_t size, struct trace_error *err) {
    ssize_t n = pread(fd, chunk, size, 0);
    if (n < 0)
        return false;
    trace *t = trace_open_memory(chunk, (size_t)n, err);
    bool named = t != NULL, saved = container_is(chunk, (size_t)n);
    trace_close(&t);
    return named || saved || err->code != TRACE_E_HEADER;
}

/* All of it; only its begin where that is no trace, since other input may have no end. False: *err, or errno. */
static bool copy_input(int from, int to, struct trace_error *err) {
    static char chunk[1 << 16];
    bool looked = false;
    for (size_t copied = 0;;) {
        ssize_t n = read(from, chunk, sizeof chunk);
        if (n < 0 && errno == EINTR && !caught)
            continue;
        if (n < 0 || !write_all(to, chunk, (size_t)n) || (n == 0 && lseek(to, 0, SEEK_SET) != 0))
            return false;
        copied += (size_t)n;
        if (n == 0)
            return true;
        if (!looked && copied >= sizeof chunk && !may_be_trace(to, chunk, sizeof chunk, err))
            return false;
        looked |= copied >= sizeof chunk;
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

static bool open_spool(struct batch *b) {
    b->spool = unnamed_file();
    if (b->spool < 0)
        return false;
    snprintf(b->spool_path, sizeof b->spool_path, "/dev/fd/%d", b->spool);
    b->env.path = b->spool_path;
    return true;
}

static bool no_terminal(const char *path) {
    if (strcmp(path, "-") != 0 || isatty(STDIN_FILENO) != 1)
        return true;
    batch_say("standard input", "a trace is expected there, not a terminal: ... | heapreel -");
    return false;
}

bool batch_path(struct batch *b, const char *path, bool again) {
    b->env.path = path;
    if (!no_terminal(path))
        return false;
    if (!again || !path_reads_once(path))
        return true;
    int from = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    struct trace_error err = {.code = TRACE_OK};
    bool ok = from >= 0 && open_spool(b) && copy_input(from, b->spool, &err);
    if (!ok)
        batch_say(strcmp(path, "-") == 0 ? "standard input" : path, err.code != TRACE_OK ? err.text : strerror(errno));
    if (from >= 0)
        close(from);
    return ok;
}

static void copy_on(void *arg, const void *bytes, size_t n) {
    struct batch *b = arg;
    b->spool_full = b->spool_full || !write_all(b->spool, bytes, n);
}

/* Whoever types the line and waits shall know for what. */
static void say_waiting(void) {
    struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
    if (poll(&p, 1, 700) == 0)
        fputs("heapreel: waiting for the trace on standard input (Ctrl-C ends)\n", stderr);
}

const char *batch_stream(struct batch *b, const char *path) {
    b->env.path = path;
    if (!no_terminal(path))
        return NULL;
    if (!path_reads_once(path))
        return path;
    if (!open_spool(b)) {
        batch_say(path, strerror(errno));
        return NULL;
    }
    b->reel.trace = (struct trace_options){.dont_wait = true, .copy = copy_on, .copy_arg = b};
    if (strcmp(path, "-") == 0)
        say_waiting();
    return path;
}

/* ------------------------------------------------------------------ loading */

enum { TELL_AFTER_NS = 500000000 }; /* of work of which nothing is seen, how far it has come is told */

/* A line that overwrites itself; only where someone waits at a terminal. */
static void show_progress(const struct reel_info *info) {
    char size[TIME_TEXT];
    if (info->share >= 0)
        fprintf(stderr, "\rreading %d%% ", (int)(info->share * 100));
    else
        fprintf(stderr, "\rreading, %s up to now ", bytes_text(info->trace_bytes, size));
}

/* The same while a report walks; `begun` is when, by now_ns. */
static struct {
    int64_t begun;
    bool told;
} walking;

static void walk_progress(void *arg, double share) {
    (void)arg;
    if (now_ns() - walking.begun < TELL_AFTER_NS)
        return;
    fprintf(stderr, "\rcounting %d%% ", (int)(share * 100));
    walking.told = true;
}

void batch_walk_begin(struct command_env *env) {
    walking.begun = now_ns();
    walking.told = false;
    env->progress = isatty(STDERR_FILENO) == 1 ? walk_progress : NULL;
}

void batch_walk_end(void) {
    if (walking.told)
        fputs("\r                \r", stderr);
}

reel *batch_open(struct batch *b, const char *path, struct trace_error *err) {
    reel *r = b->index ? index_open(path) : NULL;
    return r ? r : reel_open(path, &b->reel, err);
}

/* @name in TIMEs: what the person set in the terminal. */
static void take_bookmarks(struct batch *b) {
    char why[256];
    char *path = session_path(b->env.path);
    if (path)
        session_read(path, &b->session, why);
    free(path);
    reel_use_bookmarks(b->env.reel, &b->session.bookmarks);
}

bool batch_load(struct batch *b) {
    struct trace_error err;
    struct command_env *env = &b->env;
    env->reel = batch_open(b, env->path, &err);
    if (!env->reel)
        return batch_cant_read(b->shown_path, &err) == 0;
    bool tell = isatty(STDERR_FILENO) == 1, told = false;
    int64_t begun = now_ns();
    enum reel_state state;
    while (((state = reel_load(env->reel, 100000000)) == REEL_LOADING || state == REEL_WAITING) && !caught)
        if (tell && now_ns() - begun > TELL_AFTER_NS) {
            show_progress(reel_info(env->reel));
            told = true;
        }
    if (told)
        fputs("\r                                \r", stderr);
    b->incomplete = state == REEL_OUT_OF_MEMORY;
    if (state == REEL_DONE && b->index)
        index_keep(env->reel, env->path);
    if (b->incomplete)
        batch_say(b->shown_path, "out of memory: what fits is shown");
    env->now = reel_info(env->reel)->duration;
    take_bookmarks(b);
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
    if (!env->reel && command_wants_reel(env, argc, argv) && !batch_load(b))
        return 2;
    batch_walk_begin(env);
    bool ok = command_print(env, argc, argv, out);
    batch_walk_end();
    if (!ok) {
        if (caught)
            return 2;
        if (env->unreadable)
            batch_say(b->shown_path, env->error);
        else
            fprintf(stderr, "heapreel: %s\n", env->error);
        return worse(env->status, 2);
    }
    if (env->matched[0])
        fprintf(stderr, "heapreel: %s\n", env->matched);
    env->matched[0] = '\0';
    return env->failed_if ? 3 : env->status;
}

struct sink *batch_sink(struct batch *b, FILE *out) {
    struct sink *s = NULL;
    if (b->env.format == FORMAT_CBOR && isatty(fileno(out)) == 1)
        fputs("heapreel: cbor is binary and would garble the terminal: use -o FILE or a pipe\n", stderr);
    else if ((s = sink_new(b->env.format, out, NULL)) == NULL)
        fputs("heapreel: out of memory\n", stderr);
    else
        s->ascii = b->env.ascii, s->width = b->env.width;
    return s;
}

static int run_line(struct batch *b, const char *line, FILE *out) {
    char **words;
    int n = words_split(line, &words);
    if (n < 0) {
        batch_say(line, "a quote stays open");
        return 2;
    }
    int status = run_words(b, n, words, out);
    words_free(&words, n);
    return status;
}

static int run_all(struct batch *b, FILE *out) {
    int status = 0;
    if (b->npaths > 1)
        return batch_many(b, out);
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
    if (!out_file_close(&file, (status != 2 || b->some_done) && !caught, error)) {
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

/* A command whose argument is a file that it writes. */
static bool writes_file(const struct batch *b) {
    const struct command *c = b->nwords > 0 ? command_find(b->words[0]) : NULL;
    return c && strncmp(c->args, "FILE", 4) == 0;
}

/* COLUMNS, else the terminal's; 0: what is printed goes elsewhere, and is not to lack anything. */
static unsigned output_width(void) {
    const char *columns = getenv("COLUMNS");
    unsigned n;
    char rest;
    struct winsize w;
    if (columns && sscanf(columns, "%u%c", &n, &rest) == 1 && n > 0)
        return n < 20 ? 20 : n;
    return isatty(STDOUT_FILENO) == 1 && ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 ? w.ws_col : 0;
}

int batch_run(struct batch *b) {
    const char *path = b->env.opt.output;
    b->env.opt.output = NULL;
    b->env.stop = stop;
    b->env.width = path ? 0 : output_width();
    b->env.shown_path = b->shown_path;
    if (b->env.opt.format_set)
        b->env.format = (enum format)b->env.opt.format;
    if (path || b->ncommands > 0 || writes_file(b))
        catch_signals();
    int status = path ? run_to_file(b, path) : run_all(b, stdout);
    if (caught) {
        batch_close(b);
        signal(caught, SIG_DFL);
        raise(caught);
    }
    if (b->env.warning[0])
        batch_say(b->shown_path, b->env.warning);
    if (b->env.damage[0])
        batch_say(b->shown_path, b->env.damage);
    return b->incomplete ? worse(status, 1) : status;
}

int batch_without_trace(struct batch *b, const char *name, int nwords, char **words) {
    char *argv[2] = {(char *)name, nwords > 0 ? words[0] : NULL};
    if (nwords > 1) {
        fprintf(stderr, "heapreel: %s takes one word\n", name);
        return 2;
    }
    return run_words(b, nwords > 0 ? 2 : 1, argv, stdout);
}

void batch_close(struct batch *b) {
    reel_close(&b->env.reel);
    session_free(&b->session);
    if (b->spool >= 0)
        close(b->spool);
    b->spool = -1;
}
