/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * term_crash.c - what happens to the terminal when the program dies of a fatal signal, and to the program when a mapped
 * file is cut under it.
 *
 * The handler may run with a corrupt heap or stack: it uses bytes and settings that were prepared in advance, calls
 * only what is safe in a handler (write, tcsetattr, sigaction, raise), and runs on a stack of its own.
 */
#include "tui/term.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

enum { UNDO_MAX = 512, STACK = 1 << 16, UNREADABLE = 2 };

static char undo_bytes[UNDO_MAX];
static size_t undo_len;
static struct termios undo_settings;
static volatile sig_atomic_t armed;
static int undo_fd = -1;
static char stack[STACK];

static const int fatal[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGQUIT, SIGSYS, SIGTRAP};

static void put(int fd, const char *bytes, size_t n) {
    if (write(fd, bytes, n) < 0) {
        /* nothing more can be done */
    }
}

/* A page of a mapped file that is behind its end by now, or that the disk doesn't give: no error of the program. */
static bool file_is_gone(int sig, const siginfo_t *info) {
    return sig == SIGBUS && info->si_code == BUS_ADRERR;
}

static void on_fatal(int sig, siginfo_t *info, void *context) {
    static const char gone[] =
        "heapreel: a file became shorter while it was being read, or its disk failed: nothing more can be shown\n";
    (void)context;
    if (armed) {
        armed = 0;
        put(undo_fd, undo_bytes, undo_len);
        tcsetattr(undo_fd, TCSANOW, &undo_settings);
    }
    if (file_is_gone(sig, info)) {
        put(STDERR_FILENO, gone, sizeof gone - 1);
        _exit(UNREADABLE);
    }
    signal(sig, SIG_DFL); /* the signal is blocked in here and comes again on return */
    raise(sig);
}

static void install(const int *signals, size_t n) {
    stack_t ss = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction sa = {.sa_sigaction = on_fatal, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigemptyset(&sa.sa_mask);
    if (sigaltstack(&ss, NULL) != 0)
        sa.sa_flags = SA_SIGINFO;
    for (size_t i = 0; i < n; i++)
        sigaction(signals[i], &sa, NULL);
}

void crash_watch_files(void) {
    static const int bus[] = {SIGBUS};
    install(bus, 1);
}

void crash_arm(int fd, const char *undo, size_t len, const struct termios *settings) {
    undo_len = len < UNDO_MAX ? len : UNDO_MAX;
    memcpy(undo_bytes, undo, undo_len);
    undo_settings = *settings;
    undo_fd = fd;
    install(fatal, sizeof fatal / sizeof *fatal);
    armed = 1;
}

void crash_disarm(void) {
    armed = 0;
}
