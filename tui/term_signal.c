/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * term_signal.c - signals become flags and one byte in a pipe that the main loop polls. Handlers do nothing else.
 */
#include "tui/term.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

static volatile sig_atomic_t flags[5]; /* one for each bit: setting a flag must not read another */
static volatile sig_atomic_t end_signal;
static int pipe_fd[2] = {-1, -1};

static const struct {
    int sig;
    int bit;
} table[] = {
    {SIGWINCH, 0}, {SIGINT, 1}, {SIGTSTP, 2}, {SIGCONT, 3}, {SIGTERM, 4}, {SIGHUP, 4},
};
enum { SIGNALS = sizeof table / sizeof *table };
static struct sigaction before[SIGNALS];

static void on_signal(int sig) {
    int saved = errno;
    for (int i = 0; i < SIGNALS; i++)
        if (table[i].sig == sig)
            flags[table[i].bit] = 1;
    if (sig == SIGTERM || sig == SIGHUP)
        end_signal = sig;
    if (pipe_fd[1] >= 0 && write(pipe_fd[1], "", 1) < 0) {
        /* full: the loop will wake up anyway */
    }
    errno = saved;
}

static void install(void) {
    struct sigaction sa = {.sa_handler = on_signal};
    sigemptyset(&sa.sa_mask);
    for (int i = 0; i < SIGNALS; i++)
        sigaction(table[i].sig, &sa, NULL);
}

bool signals_open(void) {
    if (pipe_fd[0] < 0 && pipe2(pipe_fd, O_CLOEXEC | O_NONBLOCK) != 0)
        return false;
    for (int i = 0; i < SIGNALS; i++)
        sigaction(table[i].sig, NULL, &before[i]);
    install();
    signal(SIGPIPE, SIG_IGN);
    return true;
}

void signals_close(void) {
    if (pipe_fd[0] < 0)
        return;
    for (int i = 0; i < SIGNALS; i++)
        sigaction(table[i].sig, &before[i], NULL);
    close(pipe_fd[0]);
    close(pipe_fd[1]);
    pipe_fd[0] = pipe_fd[1] = -1;
}

int signals_fd(void) {
    return pipe_fd[0];
}

unsigned signals_take(void) {
    char drop[64];
    unsigned got = 0;
    while (pipe_fd[0] >= 0 && read(pipe_fd[0], drop, sizeof drop) > 0)
        ;
    for (unsigned i = 0; i < 5; i++)
        if (flags[i]) {
            flags[i] = 0;
            got |= 1u << i;
        }
    return got;
}

bool signals_pending(unsigned which) {
    for (unsigned i = 0; i < 5; i++)
        if (which >> i & 1 && flags[i])
            return true;
    return false;
}

int signals_end(void) {
    return end_signal;
}

void signals_stop_self(void) {
    struct sigaction plain = {.sa_handler = SIG_DFL};
    sigset_t set, old;
    sigemptyset(&plain.sa_mask);
    sigaction(SIGTSTP, &plain, NULL);
    sigemptyset(&set);
    sigaddset(&set, SIGTSTP);
    sigprocmask(SIG_UNBLOCK, &set, &old);
    raise(SIGTSTP);
    sigprocmask(SIG_SETMASK, &old, NULL);
    install();
}
