/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_terminal.c - the real program in a pseudo-terminal: whatever signal comes at whatever moment, the terminal is
 * whole afterwards and the program ends as the signal asks for.
 *
 * Moments: while the trace still comes through a pipe, at rest, in the help, at the prompt, with a film playing, and
 * some ms before, in or after a search or a report.
 */
#include "tests/cmocka.h"
#include "tests/pty.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WAIT = 20000, QUIET = 60 };

enum moment { LOADING, AT_REST, IN_HELP, AT_PROMPT, FILM, MOMENTS };
static const char *const moment_names[MOMENTS] = {"loading", "at rest", "in the help", "at the prompt", "playing"};

static char trace[PTY_PATH], program[PTY_PATH];

static int begin(void **state) {
    (void)state;
    return pty_settle("mapchurn-1.26", program, trace) ? 0 : -1;
}

/* A pipe with the first half of the trace, whose other end stays open: the program goes on waiting. */
static int half_a_trace(int *keep) {
    static char bytes[1 << 16];
    int fd[2], in = open(trace, O_RDONLY);
    assert_true(in >= 0 && pipe(fd) == 0);
    ssize_t n = read(in, bytes, sizeof bytes);
    assert_true(n > 20000);
    close(in);
    assert_int_equal(write(fd[1], bytes, (size_t)n / 2), n / 2);
    *keep = fd[1];
    return fd[0];
}

static void start(struct pty *p, enum moment when, int *keep) {
    char *const file[] = {program, (char *)"--no-session", (char *)"--no-config", trace, NULL};
    char *const from_pipe[] = {program, (char *)"--no-session", (char *)"--no-config", (char *)"-", NULL};
    static const char *const keys[MOMENTS] = {"", "", "?", ":su", "\033[H "};
    *keep = -1;
    int in = when == LOADING ? half_a_trace(keep) : -1;
    assert_true(pty_start(p, 100, 30, "xterm-256color", in, when == LOADING ? from_pipe : file));
    if (in >= 0)
        close(in);
    assert_true(pty_wait_for(p, 0, when == LOADING ? "still being written" : "quit", WAIT));
    size_t from = p->n;
    pty_send(p, keys[when]);
    for (int tries = 0; keys[when][0] && p->n == from && tries < 100; tries++)
        pty_drain(p, 200, 200);
    pty_drain(p, QUIET, 300);
    assert_true(!keys[when][0] || p->n > from);
    struct modes m = pty_modes(p);
    assert_true(m.alternate && m.keys && m.mouse == (when != AT_PROMPT)); /* what "whole" looks for is really there */
    assert_true(m.cursor_hidden == (when != AT_PROMPT));
    assert_false(pty_settings_whole(p));
}

static void check_whole(const struct pty *p, const char *what, enum moment when) {
    struct modes m = pty_modes(p);
    if (m.alternate || m.cursor_hidden || m.mouse || m.keys || !pty_settings_whole(p))
        fail_msg("%s, %s: alternate screen %d, cursor hidden %d, mouse %d, keys %d, settings whole %d", what,
                 moment_names[when], m.alternate, m.cursor_hidden, m.mouse, m.keys, pty_settings_whole(p));
}

static void finish(struct pty *p, int keep) {
    pty_end(p);
    if (keep >= 0)
        close(keep);
}

/* ------------------------------------------------------------------ signals that end it */

static void test_deadly_signals(void **state) {
    (void)state;
    /* The last three take the way of the two before them: one moment is enough. */
    static const int deadly[] = {SIGTERM, SIGHUP, SIGSEGV, SIGABRT, SIGQUIT, SIGBUS, SIGFPE};
    for (size_t i = 0; i < sizeof deadly / sizeof *deadly; i++)
        for (int when = i < 4 ? LOADING : AT_PROMPT; when < (i < 4 ? MOMENTS : FILM); when++) {
            struct pty p;
            int keep;
            start(&p, (enum moment)when, &keep);
            kill(p.pid, deadly[i]);
            int status = pty_wait(&p, WAIT);
            if (status == -1 || !WIFSIGNALED(status) || WTERMSIG(status) != deadly[i])
                fail_msg("%s, %s: status %#x", strsignal(deadly[i]), moment_names[when], (unsigned)status);
            check_whole(&p, strsignal(deadly[i]), (enum moment)when);
            finish(&p, keep);
        }
}

/* Nobody knows how long these take: some of the signals come while they are at it. */
static void test_signals_in_searches_and_reports(void **state) {
    (void)state;
    static const int deadly[] = {SIGTERM, SIGHUP, SIGSEGV, SIGABRT};
    static const char *const lines[] = {"/live age>1gc span.free>1%\r", ":leaks\r", ":delays --by type\r"};
    static const int ms[] = {0, 1, 2, 4, 8, 16};
    for (size_t i = 0; i < sizeof deadly / sizeof *deadly; i++)
        for (size_t k = 0; k < sizeof ms / sizeof *ms; k++) {
            struct pty p;
            int keep;
            start(&p, AT_REST, &keep);
            pty_send(&p, lines[(i + k) % (sizeof lines / sizeof *lines)]);
            usleep((useconds_t)ms[k] * 1000);
            kill(p.pid, deadly[i]);
            int status = pty_wait(&p, WAIT);
            if (status == -1 || !WIFSIGNALED(status) || WTERMSIG(status) != deadly[i])
                fail_msg("%s, %d ms after a line: status %#x", strsignal(deadly[i]), ms[k], (unsigned)status);
            check_whole(&p, strsignal(deadly[i]), AT_REST);
            finish(&p, keep);
        }
}

/* Ctrl-C stops what goes on and is no way to leave by accident. */
static void test_interrupt(void **state) {
    (void)state;
    for (int when = 0; when < MOMENTS; when++) {
        struct pty p;
        int keep;
        start(&p, (enum moment)when, &keep);
        size_t from = p.n;
        kill(p.pid, SIGINT);
        pty_drain(&p, 200, 1000);
        assert_true(p.n > from); /* it answers: the prompt closes, or a line says what Ctrl-C does */
        assert_true(pty_modes(&p).alternate);
        pty_send(&p, "qqq");
        int status = pty_wait(&p, WAIT);
        assert_true(status != -1 && WIFEXITED(status));
        check_whole(&p, "SIGINT and q", (enum moment)when);
        finish(&p, keep);
    }
}

/* ------------------------------------------------------------------ stopping */

static void stop_and_go_on(enum moment when, bool by_key) {
    struct pty p;
    int keep;
    start(&p, when, &keep);
    if (by_key)
        pty_send(&p, "\032"); /* ^Z */
    else
        kill(p.pid, SIGTSTP);
    int status = pty_wait(&p, WAIT);
    if (status == -1 || !WIFSTOPPED(status))
        fail_msg("SIGTSTP, %s: status %#x", moment_names[when], (unsigned)status);
    check_whole(&p, "SIGTSTP", when);
    pty_resize(&p, 90, 28);
    size_t from = p.n;
    kill(p.pid, SIGCONT);
    assert_true(pty_wait_for(&p, from, "GC", WAIT));
    pty_drain(&p, QUIET, 500);
    struct modes m = pty_modes(&p);
    if (!m.alternate || m.mouse != (when != AT_PROMPT) || !m.keys || pty_settings_whole(&p))
        fail_msg("SIGCONT, %s: alternate screen %d, mouse %d, keys %d, settings taken %d", moment_names[when],
                 m.alternate, m.mouse, m.keys, !pty_settings_whole(&p));
    kill(p.pid, SIGTERM);
    status = pty_wait(&p, WAIT);
    assert_true(status != -1 && WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    check_whole(&p, "SIGTERM after SIGCONT", when);
    finish(&p, keep);
}

static void test_stop_and_continue(void **state) {
    (void)state;
    for (int when = 0; when < MOMENTS; when++)
        stop_and_go_on((enum moment)when, false);
    stop_and_go_on(AT_REST, true);
    stop_and_go_on(LOADING, true);
}

/* ------------------------------------------------------------------ the terminal itself */

/* A terminal that goes away ends the program: it must not go on for nobody. */
static void test_terminal_goes_away(void **state) {
    (void)state;
    struct pty p;
    int keep, status = -1;
    start(&p, AT_REST, &keep);
    close(p.fd);
    close(p.slave);
    p.fd = open("/dev/null", O_RDWR);
    p.slave = dup(p.fd);
    struct pty waiting = p;
    status = pty_wait(&waiting, WAIT);
    p.bytes = waiting.bytes;
    p.n = waiting.n;
    p.cap = waiting.cap;
    assert_true(status != -1);
    finish(&p, keep);
}

static void test_no_fit_terminal(void **state) {
    (void)state;
    static const struct {
        const char *term, *says;
    } tries[] = {{"dumb", "(TERM) can't show it"},
                 {"", "(TERM) can't show it"},
                 {"no-such-terminal", "no terminal that is known"}};
    char *const argv[] = {program, (char *)"--no-session", (char *)"--no-config", trace, NULL};
    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
        struct pty p;
        assert_true(pty_start(&p, 80, 24, tries[i].term, -1, argv));
        int status = pty_wait(&p, WAIT);
        assert_true(status != -1 && WIFEXITED(status) && WEXITSTATUS(status) == 2);
        assert_true(p.n > 0 && strstr(p.bytes, tries[i].says));
        check_whole(&p, "a terminal that can't", AT_REST);
        finish(&p, -1);
    }
}

/* ------------------------------------------------------------------ kinds of terminals */

static bool has_braille(const struct pty *p) {
    for (size_t i = 0; i + 1 < p->n; i++)
        if ((unsigned char)p->bytes[i] == 0xe2 && (unsigned char)p->bytes[i + 1] >= 0xa0 &&
            (unsigned char)p->bytes[i + 1] <= 0xa3)
            return true;
    return false;
}

static bool is_ascii(const struct pty *p) {
    for (size_t i = 0; i < p->n; i++)
        if ((unsigned char)p->bytes[i] >= 0x80)
            return false;
    return true;
}

/* SGR 30 to 38, 40 to 48: a colour is chosen. */
static bool has_colour(const struct pty *p) {
    for (const char *s = p->bytes; (s = strstr(s, "\033[")) != NULL; s++) {
        const char *at = s + 2;
        for (; (*at >= '0' && *at <= '9') || *at == ';'; at++) {
            bool first = at[-1] == '[' || at[-1] == ';';
            if (first && (*at == '3' || *at == '4') && at[1] >= '0' && at[1] <= '8' && strchr(at, 'm') &&
                strspn(at, "0123456789;") == (size_t)(strchr(at, 'm') - at))
                return true;
        }
    }
    return false;
}

/* Through the panes, a page and the help, and out by the prompt. */
static bool walk(struct pty *p, const char *term, const char *locale, const char *option) {
    char *const argv[] = {program, (char *)"--no-session", (char *)"--no-config", (char *)option, trace, NULL};
    setenv("LC_ALL", locale, 1);
    assert_true(pty_start(p, 80, 24, term, -1, argv));
    setenv("LC_ALL", "C.UTF-8", 1);
    while (!pty_wait_for(p, 0, "quit", 100))
        if (p->n > 0 && strstr(p->bytes, "known here")) { /* its description isn't installed */
            pty_end(p);
            return false;
        }
    static const char *const keys[] = {"]", "\t", "\t\t", "i", "\177", "?", "q"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        pty_send(p, keys[i]);
        pty_drain(p, QUIET, 400);
    }
    pty_send(p, ":quit\r");
    int status = pty_wait(p, WAIT);
    assert_true(status != -1 && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    check_whole(p, term, AT_REST);
    return true;
}

static void test_kinds_of_terminals(void **state) {
    (void)state;
    static const struct {
        const char *term, *locale, *option;
        bool ascii, braille, colour;
    } tries[] = {
        {"xterm", "C.UTF-8", "--no-index", false, true, true},
        {"xterm", "C", "--no-index", true, false, true},
        {"xterm-256color", "C.UTF-8", "--no-color", false, true, false},
        {"screen-256color", "C.UTF-8", "--no-index", false, true, true},
        {"tmux-256color", "C.UTF-8", "--no-index", false, true, true},
        {"linux", "C.UTF-8", "--no-index", false, false, true}, /* its font has no braille */
        {"linux", "C", "--no-index", true, false, true},
        {"vt100", "C.UTF-8", "--no-index", false, true, false},
        {"vt100", "C", "--ascii", true, false, false},
    };
    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
        struct pty p;
        if (!walk(&p, tries[i].term, tries[i].locale, tries[i].option))
            continue;
        if (is_ascii(&p) != tries[i].ascii || has_braille(&p) != tries[i].braille || has_colour(&p) != tries[i].colour)
            fail_msg("%s, %s: ASCII %d, braille %d, colours %d", tries[i].term, tries[i].locale, is_ascii(&p),
                     has_braille(&p), has_colour(&p));
        pty_end(&p);
    }
}

static bool holds(const struct pty *p, size_t from, const char *words) {
    return memmem(p->bytes + from, p->n - from, words, strlen(words)) != NULL;
}

/* What is finished right after a key is shown without another one. */
static void test_quick_answers_are_shown(void **state) {
    (void)state;
    char *const argv[] = {program, "--no-session", trace, NULL};
    struct pty p;
    assert_true(pty_start(&p, 100, 30, "xterm-256color", -1, argv));
    assert_true(pty_wait_for(&p, 0, "quit", WAIT));
    pty_drain(&p, QUIET, 300);
    size_t from = p.n;
    pty_send(&p, ":phases\r");
    assert_true(pty_wait_for(&p, from, "follows one", WAIT));
    pty_end(&p);
}

enum { BEFORE_PROMPT, IN_PROMPT, UNASKED };
static const char question[] = "\033]11;?", light[] = "\033]11;rgb:ffff/ffff/ffff\033\\";

/* The answer to the question for the background is believed once, and never typed. */
static void answer_background(int when) {
    char *const argv[] = {program, "--no-session", trace, NULL};
    struct pty p;
    assert_true(pty_start(&p, 100, 30, when == UNASKED ? "linux" : "xterm-256color", -1, argv));
    assert_true(pty_wait_for(&p, 0, "quit", WAIT));
    pty_drain(&p, QUIET, 300);
    if (when != UNASKED)
        assert_true(pty_wait_for(&p, 0, question, WAIT));
    if (when == IN_PROMPT)
        pty_send(&p, ":");
    pty_drain(&p, QUIET, 300);
    size_t from = p.n;
    pty_send(&p, light);
    if (when != UNASKED)
        assert_true(pty_wait_for(&p, from, "38;5;130m", WAIT)); /* goals in the light theme */
    pty_send(&p, when == IN_PROMPT ? "phases\r" : ":phases\r");
    assert_true(pty_wait_for(&p, from, "follows one", WAIT));
    assert_false(holds(&p, from, "does nothing here"));
    if (when == UNASKED)
        assert_false(holds(&p, 0, question));
    pty_end(&p);
}

static void test_background_is_asked_for(void **state) {
    (void)state;
    answer_background(BEFORE_PROMPT);
    answer_background(IN_PROMPT);
    answer_background(UNASKED);
}

/* Letters beyond ASCII and Alt can be bound; a sequence that nobody knows is one key and says so. */
static void test_keys_beyond_ascii(void **state) {
    (void)state;
    char *const argv[] = {program, "--no-session", trace, NULL};
    static const char *const tries[][2] = {
        {"\303\244", "\303\244 does nothing here"},
        {"\033q", "M-q does nothing here"},
        {"\033[1;5Y", "that key does nothing here"},
    };
    struct pty p;
    assert_true(pty_start(&p, 100, 30, "xterm-256color", -1, argv));
    assert_true(pty_wait_for(&p, 0, "quit", WAIT));
    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
        pty_drain(&p, QUIET, 300);
        size_t from = p.n;
        pty_send(&p, tries[i][0]);
        assert_true(pty_wait_for(&p, from, tries[i][1], WAIT));
    }
    static const char *const bound[][2] = {{"\303\244", "\303\244"}, {"M-q", "\033q"}};
    for (size_t i = 0; i < 2; i++) {
        char line[64];
        snprintf(line, sizeof line, ":bind panes %s :phases\r", bound[i][0]);
        pty_send(&p, line);
        pty_drain(&p, 200, 2000);
        size_t from = p.n;
        pty_send(&p, bound[i][1]);
        assert_true(pty_wait_for(&p, from, "follows one", WAIT));
        pty_send(&p, "q");
        pty_drain(&p, QUIET, 300);
    }
    pty_end(&p);
}

/* On a link that tears keys apart ESCDELAY says how long an Esc may be the begin of one; else it closes the prompt. */
static void test_escape_waits_as_told(void **state) {
    (void)state;
    char *const argv[] = {program, "--no-session", trace, NULL};
    for (int torn = 0; torn < 2; torn++) {
        struct pty p;
        if (torn)
            setenv("ESCDELAY", "20000", 1);
        assert_true(pty_start(&p, 100, 30, "xterm-256color", -1, argv));
        unsetenv("ESCDELAY");
        assert_true(pty_wait_for(&p, 0, "quit", WAIT));
        pty_send(&p, ":phases x\033[C\033"); /* Right, where nothing follows, and Esc */
        pty_drain(&p, 500, 700);
        size_t from = p.n;
        if (torn) { /* Alt-b: a word back; what is left of the line is a command */
            pty_send(&p, "b\013\r");
            assert_true(pty_wait_for(&p, from, "follows one", WAIT));
        } else { /* b is a key of the panes: it opens the prompt for a name */
            pty_send(&p, "b");
            assert_true(pty_wait_for(&p, from, "bookmark", WAIT));
        }
        pty_end(&p);
    }
}

/*
 * A click, drawing over a stretch of the timeline and the wheel, in the forms of terminals that have more than 223
 * columns and of those that don't. At the prompt the mouse is the terminal's, as start checks.
 */
static void test_mouse_in_all_forms(void **state) {
    (void)state;
    char *const argv[] = {program, "--no-session", trace, NULL};
    static const char *const terms[] = {"xterm-256color", "tmux-256color", "screen-256color"};
    for (size_t i = 0; i < sizeof terms / sizeof *terms; i++) {
        struct pty p;
        assert_true(pty_start(&p, 250, 70, terms[i], -1, argv));
        if (!pty_wait_for(&p, 0, "whole trace", i == 0 ? WAIT : 3000)) { /* its description isn't installed */
            pty_end(&p);
            continue;
        }
        pty_drain(&p, QUIET, 300);
        assert_true(holds(&p, 0, "\033[?1006h") && holds(&p, 0, "\033[?1002h"));
        size_t from = p.n;
        pty_send(&p, i == 2 ? "\033[M \106\045" : "\033[<0;240;5M");
        pty_drain(&p, 200, 1000);
        assert_true(p.n > from);
        from = p.n;
        pty_send(&p, i == 2 ? "\033[M@\206\045" : "\033[<32;40;5M");
        assert_true(pty_wait_for(&p, from, "let go to show these", WAIT));
        pty_send(&p, i == 2 ? "\033[M#\206\045" : "\033[<0;40;5m");
        pty_drain(&p, 200, 1000);
        from = p.n;
        for (int n = 0; n < 12; n++)
            pty_send(&p, i == 2 ? "\033[Ma\106\045" : "\033[<65;60;5M");
        assert_true(pty_wait_for(&p, from, "whole trace", WAIT)); /* so it wasn't any more */
        pty_send(&p, ":phases\r");
        assert_true(pty_wait_for(&p, from, "follows one", WAIT));
        pty_end(&p);
    }
}

static void test_mouse_is_optional(void **state) {
    (void)state;
    char path[] = "/tmp/heapreel-mouse-XXXXXX";
    struct pty p;
    int fd = mkstemp(path);
    assert_true(fd >= 0 && write(fd, "set mouse off\n", 14) == 14);
    close(fd);
    char *const argv[] = {program, (char *)"--no-session", (char *)"--config", path, trace, NULL};
    assert_true(pty_start(&p, 80, 24, "xterm-256color", -1, argv) && pty_wait_for(&p, 0, "quit", WAIT));
    assert_false(pty_modes(&p).mouse);
    pty_send(&p, ":set mouse on\r");
    for (int tries = 0; tries < 100 && !pty_modes(&p).mouse; tries++)
        pty_drain(&p, 100, 200);
    assert_true(pty_modes(&p).mouse);
    pty_send(&p, ":set mouse off\r");
    for (int tries = 0; tries < 100 && pty_modes(&p).mouse; tries++)
        pty_drain(&p, 100, 200);
    assert_false(pty_modes(&p).mouse);
    pty_send(&p, ":quit\r");
    int status = pty_wait(&p, WAIT);
    assert_true(status != -1 && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    check_whole(&p, "mouse off", AT_REST);
    pty_end(&p);
    unlink(path);
}

int main(void) {
    if (!pty_there()) {
        puts("1..0 # SKIP no pseudo-terminals here");
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_deadly_signals),
        cmocka_unit_test(test_interrupt),
        cmocka_unit_test(test_stop_and_continue),
        cmocka_unit_test(test_terminal_goes_away),
        cmocka_unit_test(test_no_fit_terminal),
        cmocka_unit_test(test_kinds_of_terminals),
        cmocka_unit_test(test_background_is_asked_for),
        cmocka_unit_test(test_keys_beyond_ascii),
        cmocka_unit_test(test_quick_answers_are_shown),
        cmocka_unit_test(test_mouse_is_optional),
        cmocka_unit_test(test_mouse_in_all_forms),
        cmocka_unit_test(test_escape_waits_as_told),
        cmocka_unit_test(test_signals_in_searches_and_reports),
    };
    return cmocka_run_group_tests(tests, begin, NULL);
}
