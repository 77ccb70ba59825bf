/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pty.h - the real program in a pseudo-terminal: keys go in, bytes come out and are kept, and with them what the
 * terminal would have done about them: its modes and its settings.
 *
 * Between the test and the program stands a small shell of its own: the program is the foreground job of a session, as
 * it is under a shell, so that it can be stopped and go on.
 */
#ifndef HEAPREEL_TESTS_PTY_H
#define HEAPREEL_TESTS_PTY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <termios.h>

enum { PTY_PATH = 4096 };

struct pty {
    int fd, slave; /* slave: kept open, so that settings can be asked for after the end */
    int status;    /* pipe with the program's wait statuses */
    pid_t shell, pid;
    struct termios before;
    char *bytes; /* all that came out */
    size_t n, cap;
};

/* What a terminal's escape sequences leave switched on. */
struct modes {
    bool alternate, cursor_hidden, mouse, keys; /* keys: application cursor keys or keypad */
};

/* The program, a recording, and surroundings that don't decide what it shows. False: not run by the test driver. */
bool pty_settle(const char *recording, char program[PTY_PATH], char trace[PTY_PATH]);
/* Has this machine pseudo-terminals? A bare chroot has none. */
bool pty_there(void);
/* `in`: standard input of the program, -1: the terminal. `argv` ends with NULL. False: no pseudo-terminal. */
bool pty_start(struct pty *p, int cols, int rows, const char *term, int in, char *const argv[]);
void pty_send(struct pty *p, const char *keys);
void pty_resize(struct pty *p, int cols, int rows);
/* Read until nothing comes for `quiet` ms, `most` ms at most. Returns how many bytes came. */
size_t pty_drain(struct pty *p, int quiet, int most);
/* Read until `words` have come since byte `from`. */
bool pty_wait_for(struct pty *p, size_t from, const char *words, int most);
/* The modes after all bytes up to now. */
struct modes pty_modes(const struct pty *p);
/* The terminal's settings are as before the start. */
bool pty_settings_whole(const struct pty *p);
/* Wait until the program stops or ends; its wait status, -1: it didn't in time. Reads what it writes meanwhile. */
int pty_wait(struct pty *p, int most);
/* End whatever still runs and free everything. */
void pty_end(struct pty *p);

#endif
