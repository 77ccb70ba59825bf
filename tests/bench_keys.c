/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench_keys.c - from key to screen: drives the real program in a pseudo-terminal and measures how long each key's
 * picture takes.
 *
 *   bench_keys PROGRAM TRACE ROUNDS
 *
 * A key's time runs from its bytes being written until the last byte of the answer, which is over when nothing came for
 * QUIET_MS. Keys that answer nothing are counted apart. First while the trace loads, then once it is loaded. Prints
 * key=value lines in ms: load_key_p50, load_key_p99, load_key_max, key_p50, key_p99, key_max, and how many.
 */
#include "core/clock.h"

#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { QUIET_MS = 30, PROGRESS_MS = 430, KEYS_MOST = 20000, WAIT_MS = 5000, COLS = 200, ROWS = 60 };

/* All that is done again and again; nothing that opens the prompt or leaves. */
static const char *const keys[] = {"]", "}", ".",  ")",      ">",      "\033[C", "+",      "+",      "l", ",",
                                   "[", "{", "\t", "\033[B", "\033[B", "s",      "\t",     "\033[A", "-", "-",
                                   "0", "H", "L",  "z",      "z",      "\t",     "\033[B", "p",      "P", "<"};
enum { KEYS = sizeof keys / sizeof *keys };

struct times {
    double ms[KEYS_MOST];
    size_t n, silent;
};

static double now_ms(void) {
    return (double)now_ns() / 1e6;
}

/* Read until nothing comes for `quiet` ms, at most `most`; the time of the last byte, 0 none. False: it is gone. */
static bool drain(int fd, int quiet, int most, double *last) {
    static char bytes[1 << 16];
    double begin = now_ms();
    *last = 0;
    while (now_ms() - begin < most) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (poll(&p, 1, quiet) == 0)
            return true;
        ssize_t n = read(fd, bytes, sizeof bytes);
        if (n <= 0)
            return n < 0 && errno == EINTR;
        *last = now_ms();
    }
    return true;
}

/* While the trace loads the progress line moves by itself: only what comes soon belongs to the key. */
static bool press(int fd, const char *key, struct times *t) {
    double begin = now_ms(), last;
    if (write(fd, key, strlen(key)) < 0 || !drain(fd, QUIET_MS, WAIT_MS, &last))
        return false;
    if (last == 0)
        t->silent++;
    else if (t->n < KEYS_MOST)
        t->ms[t->n++] = last - begin;
    return true;
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void report(const char *name, struct times *t) {
    qsort(t->ms, t->n, sizeof *t->ms, by_value);
    if (t->n == 0)
        return;
    printf("%s_count=%zu\n%s_p50=%.2f\n%s_p99=%.2f\n%s_max=%.2f\n", name, t->n, name, t->ms[t->n / 2], name,
           t->ms[(size_t)((double)t->n * 0.99)], name, t->ms[t->n - 1]);
}

static pid_t start(char **argv, int *fd) {
    struct winsize ws = {.ws_col = COLS, .ws_row = ROWS};
    char *const args[] = {argv[1], (char *)"--no-session", argv[2], NULL};
    pid_t pid = forkpty(fd, NULL, NULL, &ws);
    if (pid == 0) {
        setenv("TERM", "xterm-256color", 1);
        execv(argv[1], args);
        _exit(127);
    }
    return pid;
}

int main(int argc, char **argv) {
    static struct times loading, loaded;
    int fd, rounds = argc > 3 ? atoi(argv[3]) : 10;
    double last;
    if (argc < 3)
        return 2;
    pid_t pid = start(argv, &fd);
    if (pid < 0)
        return 1;
    bool alive = drain(fd, 300, 300, &last);
    for (size_t i = 0, still = 0; alive && still < 3; i++) {
        alive = press(fd, keys[i % KEYS], &loading) && drain(fd, PROGRESS_MS, PROGRESS_MS, &last);
        still = last == 0 ? still + 1 : 0; /* nothing moves by itself any more */
    }
    alive = alive && drain(fd, 500, 120000, &last);
    for (int r = 0; alive && r < rounds; r++)
        for (size_t i = 0; alive && i < KEYS; i++)
            alive = press(fd, keys[i], &loaded);
    report("load_key", &loading);
    report("key", &loaded);
    if (write(fd, "\033qq", 3) < 0 || !alive)
        fprintf(stderr, "bench_keys: the program went away\n");
    usleep(200000);
    kill(pid, SIGTERM);
    close(fd);
    waitpid(pid, NULL, 0);
    return alive ? 0 : 1;
}
