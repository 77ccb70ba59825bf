/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * term_crash.c - what happens to the terminal when the program dies of a fatal signal.
 *
 * The handler may run with a corrupt heap or stack: it uses bytes and settings that were prepared in advance, calls
 * only what is safe in a handler (write, tcsetattr, sigaction, raise), and runs on a stack of its own.
 */
#include "tui/term.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

enum { UNDO_MAX = 512, STACK = 1 << 16 };

static char undo_bytes[UNDO_MAX];
static size_t undo_len;
static struct termios undo_settings;
static volatile sig_atomic_t armed;
static int undo_fd = -1;
static char stack[STACK];

static const int fatal[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGQUIT, SIGSYS, SIGTRAP};

static void on_fatal(int sig) {
    if (armed) {
        armed = 0;
        if (write(undo_fd, undo_bytes, undo_len) < 0) {
            /* nothing more can be done for the screen */
        }
        tcsetattr(undo_fd, TCSANOW, &undo_settings);
    }
    signal(sig, SIG_DFL); /* the signal is blocked in here and comes again on return */
    raise(sig);
}

void crash_arm(int fd, const char *undo, size_t len, const struct termios *settings) {
    undo_len = len < UNDO_MAX ? len : UNDO_MAX;
    memcpy(undo_bytes, undo, undo_len);
    undo_settings = *settings;
    undo_fd = fd;
    stack_t ss = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction sa = {.sa_handler = on_fatal, .sa_flags = SA_ONSTACK};
    sigemptyset(&sa.sa_mask);
    if (sigaltstack(&ss, NULL) != 0)
        sa.sa_flags = 0;
    for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++)
        sigaction(fatal[i], &sa, NULL);
    armed = 1;
}

void crash_disarm(void) {
    armed = 0;
}
