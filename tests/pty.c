/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pty.c - see pty.h. */
#include "tests/pty.h"

#include "core/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static int64_t now_ms(void) {
    return now_ns() / 1000000;
}

/* ------------------------------------------------------------------ start */

static void run_program(int slave, int in, const char *term, char *const argv[]) {
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    setpgid(0, 0);
    tcsetpgrp(slave, getpid());
    signal(SIGTTOU, SIG_DFL);
    setenv("TERM", term, 1);
    dup2(in >= 0 ? in : slave, 0);
    dup2(slave, 1);
    dup2(slave, 2);
    for (int fd = 3; fd < 64; fd++)
        close(fd);
    execv(argv[0], argv);
    _exit(127);
}

/* Tells each change of the program's state, its id first. */
static void run_shell(int slave, int in, int out, const char *term, char *const argv[]) {
    setsid();
    ioctl(slave, TIOCSCTTY, 0);
    signal(SIGTTOU, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    pid_t pid = fork();
    if (pid == 0)
        run_program(slave, in, term, argv);
    int status = pid;
    while (write(out, &status, sizeof status) == sizeof status && waitpid(pid, &status, WUNTRACED) == pid)
        if (!WIFSTOPPED(status)) {
            if (write(out, &status, sizeof status) < 0)
                _exit(1);
            _exit(0);
        }
    _exit(1);
}

bool pty_settle(const char *recording, char program[PTY_PATH], char trace[PTY_PATH]) {
    const char *data = getenv("HEAPREEL_DATA"), *bin = getenv("HEAPREEL_BIN");
    if (!data || !bin)
        return false;
    snprintf(trace, PTY_PATH, "%s/%s.trace.zst", data, recording);
    snprintf(program, PTY_PATH, "%s", bin);
    unsetenv("NO_COLOR");
    unsetenv("COLUMNS");
    unsetenv("LINES");
    setenv("LC_ALL", "C.UTF-8", 1);
    signal(SIGPIPE, SIG_IGN);
    return true;
}

bool pty_there(void) {
    int fd, slave;
    bool there = openpty(&fd, &slave, NULL, NULL, NULL) == 0;
    if (there) {
        close(fd);
        close(slave);
    }
    return there;
}

bool pty_start(struct pty *p, int cols, int rows, const char *term, int in, char *const argv[]) {
    struct winsize ws = {.ws_col = (unsigned short)cols, .ws_row = (unsigned short)rows};
    int out[2];
    *p = (struct pty){.fd = -1};
    if (openpty(&p->fd, &p->slave, NULL, NULL, &ws) != 0 || pipe(out) != 0)
        return false;
    tcgetattr(p->slave, &p->before);
    p->shell = fork();
    if (p->shell == 0) {
        close(p->fd);
        close(out[0]);
        run_shell(p->slave, in, out[1], term, argv);
    }
    close(out[1]);
    p->status = out[0];
    int pid;
    if (p->shell < 0 || read(p->status, &pid, sizeof pid) != sizeof pid)
        return false;
    p->pid = pid;
    return true;
}

/* ------------------------------------------------------------------ in and out */

void pty_send(struct pty *p, const char *keys) {
    size_t len = strlen(keys);
    if (write(p->fd, keys, len) < 0)
        return; /* the program went away: what waits for its answer will say so */
}

void pty_resize(struct pty *p, int cols, int rows) {
    struct winsize ws = {.ws_col = (unsigned short)cols, .ws_row = (unsigned short)rows};
    ioctl(p->slave, TIOCSWINSZ, &ws);
}

/* Take what is there, waiting for `ms` at most. */
static size_t take(struct pty *p, int ms) {
    struct pollfd in = {.fd = p->fd, .events = POLLIN};
    if (poll(&in, 1, ms) <= 0)
        return 0;
    if (p->cap - p->n < 65536) {
        char *bytes = realloc(p->bytes, p->cap * 2 + 131072);
        if (!bytes)
            return 0;
        p->bytes = bytes;
        p->cap = p->cap * 2 + 131072;
    }
    ssize_t got = read(p->fd, p->bytes + p->n, p->cap - p->n - 1);
    if (got <= 0)
        return 0;
    p->n += (size_t)got;
    p->bytes[p->n] = '\0';
    return (size_t)got;
}

size_t pty_drain(struct pty *p, int quiet, int most) {
    int64_t begin = now_ms();
    size_t all = 0, got;
    while (now_ms() - begin < most && (got = take(p, quiet)) > 0)
        all += got;
    return all;
}

bool pty_wait_for(struct pty *p, size_t from, const char *words, int most) {
    int64_t begin = now_ms();
    do {
        if (p->n > from && memmem(p->bytes + from, p->n - from, words, strlen(words)))
            return true;
        take(p, 50);
    } while (now_ms() - begin < most);
    return false;
}

/* ------------------------------------------------------------------ what the terminal makes of it */

static void set_mode(struct modes *m, int number, bool on) {
    if (number == 1049 || number == 47 || number == 1047)
        m->alternate = on;
    else if (number == 25)
        m->cursor_hidden = !on;
    else if (number == 1000 || number == 1002 || number == 1003 || number == 1006)
        m->mouse = on;
    else if (number == 1)
        m->keys = on;
}

/* CSI ? n ; n h or l; returns the byte behind it. */
static const char *take_modes(struct modes *m, const char *s, const char *end) {
    int numbers[16], n = 0;
    while (s < end && n < 16 && *s >= '0' && *s <= '9') {
        numbers[n] = 0;
        while (s < end && *s >= '0' && *s <= '9')
            numbers[n] = numbers[n] * 10 + *s++ - '0';
        n++;
        if (s < end && *s == ';')
            s++;
    }
    for (int i = 0; s < end && (*s == 'h' || *s == 'l') && i < n; i++)
        set_mode(m, numbers[i], *s == 'h');
    return s;
}

struct modes pty_modes(const struct pty *p) {
    struct modes m = {.alternate = false};
    const char *end = p->bytes + p->n;
    for (const char *s = p->bytes; s && s + 2 < end; s++)
        if (s[0] == '\033' && s[1] == '[' && s[2] == '?')
            s = take_modes(&m, s + 3, end) - 1;
    return m;
}

bool pty_settings_whole(const struct pty *p) {
    struct termios now;
    return tcgetattr(p->slave, &now) == 0 && now.c_iflag == p->before.c_iflag && now.c_oflag == p->before.c_oflag &&
           now.c_cflag == p->before.c_cflag && now.c_lflag == p->before.c_lflag &&
           memcmp(now.c_cc, p->before.c_cc, sizeof now.c_cc) == 0;
}

/* ------------------------------------------------------------------ end */

int pty_wait(struct pty *p, int most) {
    int64_t begin = now_ms();
    struct pollfd in[2] = {{.fd = p->status, .events = POLLIN}, {.fd = p->fd, .events = POLLIN}};
    while (now_ms() - begin < most) {
        int status = -1;
        if (poll(in, 2, 100) <= 0)
            continue;
        if (in[1].revents & POLLIN)
            take(p, 0);
        if (in[0].revents && read(p->status, &status, sizeof status) == sizeof status) {
            while (take(p, 20) > 0) /* its last words */
                ;
            return status;
        }
    }
    return -1;
}

void pty_end(struct pty *p) {
    if (p->pid > 0)
        kill(p->pid, SIGKILL);
    close(p->fd);
    close(p->slave);
    close(p->status);
    if (p->shell > 0)
        waitpid(p->shell, NULL, 0);
    free(p->bytes);
    *p = (struct pty){.fd = -1};
}
