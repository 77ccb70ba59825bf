/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_stream.c - traces that come bit by bit: pipes still being written, what of them stays in memory; headers, and
 * traces one after the other in one file.
 *
 * What must come out is what reading the same bytes as a whole gives; when it must come out, where generations end, is
 * looked up in the bytes by a few lines of this file's own.
 */
#include "tests/stream.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>

static void pieces_of_any_size(void **state) {
    (void)state;
    uint64_t x = 5;
    for (int i = 0; fixture_names[i] != NULL; i++) {
        size_t size;
        uint8_t *data = fixture_bytes(fixture_names[i], &size);
        struct digest whole = read_memory(data, size), got = {0};
        struct line l = open_line(data, 16);
        read_on(l.t, &got);
        assert_true(trace_waiting(l.t) && got.events == 0);
        assert_true(trace_share(l.t) < 0);
        assert_true(trace_bytes(l.t) == 16 && trace_file_bytes(l.t) == 16);
        for (size_t at = 16; at < size;) {
            size_t n = 1 + (random_next(&x) % 8 == 0 ? random_next(&x) % 100000 : random_next(&x) % 3000);
            n = n < size - at ? n : size - at;
            put(l.to, data + at, n);
            at += n;
            read_on(l.t, &got);
            assert_true(trace_waiting(l.t));
            assert_true(trace_position(l.t) <= trace_bytes(l.t) && trace_bytes(l.t) <= at);
            struct pollfd p = {.fd = trace_fd(l.t), .events = POLLIN};
            assert_int_equal(poll(&p, 1, 0), 0);
        }
        assert_int_equal(trace_loss(l.t)->code, TRACE_OK);
        close_line(&l, &got);
        same(fixture_names[i], got, whole);
        free(data);
    }
}

/*
 * Where the generation is complete that begins at *begin: behind its end mark (Go 1.26), or behind the header of the
 * next one's first batch. *begin becomes where that next one begins.
 */
static size_t next_end(const uint8_t *d, size_t size, size_t *begin) {
    bool marks = memcmp(d, "go 1.26", 7) == 0;
    size_t at = *begin;
    for (uint64_t gen = 0; at < size;) {
        uint64_t v[4] = {0};
        *begin = at;
        if (marks && d[at] == TRACE_EV_END_OF_GENERATION) {
            return *begin = at + 1;
        }
        at += d[at] == TRACE_EV_EXPERIMENTAL_BATCH ? 2 : 1;
        for (int i = 0; i < 4; i++) {
            for (int shift = 0; (v[i] |= (uint64_t)(d[at] & 0x7f) << shift, d[at++] >= 0x80); shift += 7) {
            }
        }
        if (gen != 0 && v[0] != gen && !marks) {
            return at;
        }
        gen = v[0];
        if (marks && d[at] == TRACE_EV_END_OF_GENERATION) {
            return *begin = at + v[3];
        }
        at += v[3];
    }
    return *begin = size;
}

static void generations_come_at_once(void **state) {
    (void)state;
    static const char *const names[] = {"mixed-1.24", "mixed-1.26"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        size_t size, at = 16, begin = 16, ends = 0;
        uint8_t *data = fixture_bytes(names[i], &size);
        struct digest got = {0};
        struct line l = open_line(data, 16);
        while (at < size) {
            size_t end = next_end(data, size, &begin);
            put(l.to, data + at, end - 1 - at);
            uint64_t had = got.events;
            read_on(l.t, &got);
            assert_int_equal(got.events, had); /* not one byte earlier */
            put(l.to, data + end - 1, 1);
            read_on(l.t, &got);
            if (end < size) {
                assert_true(got.events > had);
                /* the same as of a file that ends here; the header alone of the next generation gives nothing */
                struct digest file = read_memory(data, end);
                assert_int_equal(got.events, file.events);
                ends++;
            }
            at = end;
        }
        assert_true(ends > 0);
        struct digest whole = read_memory(data, size);
        close_line(&l, &got);
        same(names[i], got, whole);
        free(data);
    }
}

/* Damage in mid-stream: found while bytes are still to come, and what follows is read. */
static void damage_in_a_pipe(void **state) {
    (void)state;
    size_t size;
    uint8_t *data = fixture_bytes("mixed-1.24", &size);
    memset(data + size / 3, 0xff, 1000);
    struct digest whole = read_memory(data, size), got = {0};
    struct line l = open_line(data, 16);
    for (size_t at = 16; at < size; at += 997) {
        put(l.to, data + at, size - at < 997 ? size - at : 997);
        read_on(l.t, &got);
    }
    assert_int_not_equal(trace_loss(l.t)->code, TRACE_OK);
    close_line(&l, &got);
    same("damaged", got, whole);
    free(data);
}

/* Without options reading waits. */
static void waiting_is_the_default(void **state) {
    (void)state;
    size_t size;
    uint8_t *data = fixture_bytes("mixed-1.26", &size);
    int fd[2];
    assert_int_equal(pipe(fd), 0);
    pid_t child = fork();
    if (child == 0) {
        close(fd[0]);
        for (size_t at = 0; at < size; at += size / 3 + 1) {
            usleep(50000);
            size_t n = size - at < size / 3 + 1 ? size - at : size / 3 + 1;
            if (write(fd[1], data + at, n) < 0) {
                _exit(1);
            }
        }
        _exit(0);
    }
    close(fd[1]);
    char path[32];
    snprintf(path, sizeof path, "/dev/fd/%d", fd[0]);
    struct trace_error err;
    trace *t = trace_open(path, &err);
    assert_non_null(t);
    struct digest got = {0}, whole = read_memory(data, size);
    read_on(t, &got);
    assert_false(trace_waiting(t));
    same("waited", got, whole);
    assert_int_equal(trace_file_bytes(t), size);
    trace_close(&t);
    close(fd[0]);
    waitpid(child, NULL, 0);
    free(data);
}

/* ---- memory */

/* A number padded to four bytes. */
static uint8_t *number(uint8_t *p, uint64_t v) {
    for (int i = 0; i < 4; i++, v >>= 7) {
        *p++ = (uint8_t)((v & 0x7f) | (i < 3 ? 0x80 : 0));
    }
    return p;
}

static uint64_t resident(void) {
    unsigned long long total = 0, pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f == NULL || fscanf(f, "%llu %llu", &total, &pages) != 2) {
        pages = 0;
    }
    if (f != NULL) {
        fclose(f);
    }
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

enum { GENERATIONS = 48, BATCHES = 40 };

/* Generations of 2.5 MB each, of one plain event over and over. */
static void write_generations(int fd) {
    static uint8_t batch[32 + 65532];
    if (write(fd, "go 1.26 trace\0\0\0", 16) != 16) {
        _exit(1);
    }
    for (uint64_t gen = 1; gen <= GENERATIONS; gen++) {
        for (int b = 0; b <= BATCHES; b++) {
            uint8_t *p = batch;
            *p++ = TRACE_EV_EVENT_BATCH;
            p = number(number(number(p, gen), 7), gen * 1000);
            uint8_t *size = p, *body = p + 4;
            p = body;
            if (b == 0) {
                *p++ = TRACE_EV_SYNC;
                *p++ = TRACE_EV_FREQUENCY;
                p = number(p, 15625000);
                *p++ = TRACE_EV_CLOCK_SNAPSHOT;
                p = number(number(number(number(p, 1), 1), 1), 1);
            } else {
                for (; p + 6 <= body + 65532; p += 6) {
                    p[0] = TRACE_EV_HEAP_ALLOC;
                    p[1] = 1;
                    number(p + 2, 5);
                }
            }
            number(size, (uint64_t)(p - body));
            put(fd, batch, (size_t)(p - batch));
        }
        put(fd, (const uint8_t[]){TRACE_EV_END_OF_GENERATION}, 1);
    }
    _exit(0);
}

static void finished_generations_are_given_back(void **state) {
    (void)state;
    int fd[2];
    assert_int_equal(pipe(fd), 0);
    pid_t child = fork();
    if (child == 0) {
        close(fd[0]);
        write_generations(fd[1]);
    }
    close(fd[1]);
    char path[32];
    snprintf(path, sizeof path, "/dev/fd/%d", fd[0]);
    struct trace_error err;
    trace *t = trace_open(path, &err);
    assert_non_null(t);
    uint64_t before = resident(), most = 0, events = 0, k = 0;
    struct trace_event ev[512];
    for (size_t n; (n = trace_read(t, ev, 512)) > 0; events += n) {
        if (++k % 256 == 0) {
            uint64_t now = resident();
            most = now > most ? now : most;
        }
    }
    assert_true(events > UINT64_C(10000) * BATCHES * GENERATIONS);
    assert_true(trace_bytes(t) > (uint64_t)GENERATIONS * BATCHES * 65000);
#ifndef __SANITIZE_ADDRESS__
    if (before > 0 && most > before + ((uint64_t)16 << 20)) {
        fail_msg("%llu MB more in memory, for generations of 2.5 MB", (unsigned long long)(most - before) >> 20);
    }
#endif
    trace_close(&t);
    close(fd[0]);
    waitpid(child, NULL, 0);
}

/* ---- headers */

static void headers(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
        int version; /* 0: refused */
        bool warned;
        enum trace_code code;
    } cases[] = {
        {"go 1.22 trace\0\0\0", 16, 22, false, TRACE_OK},
        {"go 1.5 trace\0\0\0\0", 16, 5, false, TRACE_OK},
        {"go 1.27 trace\0\0\0", 16, 27, true, TRACE_OK},
        {"go 1.99 trace\0\0\0", 16, 99, true, TRACE_OK},
        {"go 1.100 trace\0\0\0", 17, 100, true, TRACE_OK},
        /* what Go's own reader takes: internal/trace/version, fmt.Fscanf */
        {"go  1.26 trace\0\0\0", 17, 26, false, TRACE_OK},
        {"go\t1.26 \t trace\0\0\0", 18, 26, false, TRACE_OK},
        {"go 1. 26 trace\0\0\0", 17, 26, false, TRACE_OK},
        {"go 1.0026 trace\0\0\0", 18, 26, false, TRACE_OK},
        /* versions that were never written */
        {"go 1.4 trace\0\0\0\0", 16, 0, false, TRACE_E_VERSION},
        {"go 1.6 trace\0\0\0\0", 16, 0, false, TRACE_E_VERSION},
        {"go 1.12 trace\0\0\0", 16, 0, false, TRACE_E_VERSION},
        {"go 1.18 trace\0\0\0", 16, 0, false, TRACE_E_VERSION},
        {"go 1.20 trace\0\0\0", 16, 0, false, TRACE_E_VERSION},
        {"go 1.24 trace\0\0\0", 16, 0, false, TRACE_E_VERSION},
        {" go 1.26 trace\0\0\0", 17, 0, false, TRACE_E_HEADER},
        {"go1.26 trace\0\0\0\0\0", 17, 0, false, TRACE_E_HEADER},
        {"go 1.26 trace \0\0\0", 17, 0, false, TRACE_E_HEADER},
        {"go 1.+6 trace\0\0\0", 16, 0, false, TRACE_E_HEADER},
        {"go 1.26trace\0\0\0\0", 16, 0, false, TRACE_E_HEADER},
        {"go 1.26\ntrace\0\0\0", 16, 0, false, TRACE_E_HEADER},
        {"go 1.00000000000000000000000000000000000000000000000000000000000026 trace\0\0\0", 76, 0, false,
         TRACE_E_HEADER},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct trace_error err;
        trace *t = trace_open_memory(cases[i].bytes, cases[i].size, &err);
        if (cases[i].version == 0) {
            assert_null(t);
            assert_int_equal(err.code, cases[i].code);
            continue;
        }
        if (t == NULL) {
            fail_msg("%s: %s", cases[i].bytes, err.text);
        }
        assert_int_equal(trace_version(t), cases[i].version);
        assert_int_equal(trace_warning(t) != NULL, cases[i].warned);
        assert_int_equal(trace_position(t), cases[i].size);
        trace_close(&t);
    }
}

/* ---- what can't be opened */

static void on_alarm(int number) {
    (void)number;
}

/* Standard input is `fd` while it is opened. */
static trace *open_input(int fd, struct trace_error *err) {
    int kept = dup(STDIN_FILENO);
    assert_true(dup2(fd, STDIN_FILENO) >= 0);
    trace *t = trace_open("-", err);
    if (kept >= 0) {
        dup2(kept, STDIN_FILENO);
        close(kept);
    }
    return t;
}

static void refused(trace *t, const struct trace_error *err, enum trace_code code, const char *text) {
    assert_null(t);
    assert_int_equal(err->code, code);
    assert_non_null(strstr(err->text, text));
    assert_null(strchr(err->text, '\n'));
}

static void what_cant_be_opened_is_told(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
        const char *text;
    } cases[] = {
        {"", 0, "not a Go execution trace: only 0 bytes"},
        {"g", 1, "not a Go execution trace: only 1 byte"},
        {"go 1.26 trace\0\0", 15, "not a Go execution trace: only 15 bytes"},
        {"some text of other kinds", 24, "does not begin with \"go 1.NN trace\""},
        {"\xd9\xd9\xf7\x82 and what belongs to it", 20, "a saved reel, which can't come through a pipe"},
    };
    struct trace_error err;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        trace *t = trace_open_memory(cases[i].bytes, cases[i].size, &err);
        refused(t, &err, TRACE_E_HEADER, cases[i].text);
    }
    refused(trace_open("no/such/file", &err), &err, TRACE_E_OPEN, strerror(ENOENT));
    refused(trace_open(".", &err), &err, TRACE_E_OPEN, strerror(EISDIR));
    int fd[2];
    assert_int_equal(pipe(fd), 0);
    refused(open_input(fd[1], &err), &err, TRACE_E_OPEN, "reading failed: "); /* that end is written to */
    struct sigaction act = {.sa_handler = on_alarm}, before;
    struct itimerval soon = {{0, 10000}, {0, 10000}},
                     never = {{0, 0}, {0, 0}}; /* again and again: one may come early */
    assert_int_equal(sigaction(SIGALRM, &act, &before), 0);
    setitimer(ITIMER_REAL, &soon, NULL);
    trace *t = open_input(fd[0], &err);
    setitimer(ITIMER_REAL, &never, NULL);
    sigaction(SIGALRM, &before, NULL);
    refused(t, &err, TRACE_E_OPEN, "interrupted before the trace's first bytes came");
    close(fd[0]);
    close(fd[1]);
}

/* A trace of tomorrow that is like today's is read like today's. */
static void a_later_version_is_read(void **state) {
    (void)state;
    size_t size;
    uint8_t *data = fixture_bytes("mixed-1.26", &size);
    struct digest today = read_memory(data, size);
    memcpy(data, "go 1.31", 7);
    same("1.31", read_memory(data, size), today);
    free(data);
}

/* ---- traces one after the other in one file */

/* Events of one trace of the file, their times counted from its first event. */
static void read_from(trace *t, struct digest *d, uint64_t which, struct trace_event *ev, size_t *n) {
    int64_t first = *n > 0 ? ev[0].time : 0;
    *d = (struct digest){0};
    while (*n > 0 && trace_starts(t) == which) {
        for (size_t i = 0; i < *n; i++) {
            uint64_t parts[] = {(uint64_t)(ev[i].time - first), ev[i].type, (uint64_t)ev[i].m, (uint64_t)ev[i].p,
                                (uint64_t)ev[i].g};
            for (size_t k = 0; k < sizeof parts / sizeof parts[0]; k++) {
                mix(&d->hash, parts[k]);
            }
            for (size_t k = 0; k < trace_event_spec(ev[i].type)->nargs; k++) {
                mix(&d->hash, ev[i].arg[k]);
            }
        }
        d->events += *n;
        *n = trace_read(t, ev, 64);
    }
}

/* The parts read alone, and all of them in one file: the same events in each, and time never goes back. */
static void traces_in_one_file(void **state) {
    (void)state;
    static const char *const parts[] = {"mixed-1.24", "plain-1.22", "mixed-1.26", "mixed-1.26", "mixed-1.25"};
    enum { PARTS = sizeof parts / sizeof parts[0] };
    struct digest alone[PARTS], got;
    struct trace_event ev[64];
    struct trace_error err;
    uint8_t *all = NULL;
    size_t size = 0, part, first = 0;
    for (size_t i = 0; i < PARTS; i++) {
        uint8_t *data = fixture_bytes(parts[i], &part);
        trace *t = trace_open_memory(data, part, &err);
        size_t n = trace_read(t, ev, 64);
        read_from(t, &alone[i], 1, ev, &n);
        assert_true(n == 0 && trace_warning(t) == NULL);
        trace_close(&t);
        all = realloc(all, size + part);
        memcpy(all + size, data, part);
        size += part;
        first = i == 0 ? part : first;
        free(data);
    }
    trace *t = trace_open_memory(all, size, &err);
    int64_t last = 0;
    size_t n = trace_read(t, ev, 64);
    for (size_t i = 0; i < PARTS; i++) {
        assert_true(ev[0].time >= last);
        last = ev[0].time;
        read_from(t, &got, i + 1, ev, &n);
        same(parts[i], got, alone[i]);
    }
    assert_int_equal(n, 0);
    assert_int_equal(trace_loss(t)->code, TRACE_OK);
    char where[64];
    snprintf(where, sizeof where, "tail -c +%zu ", first + 1);
    assert_non_null(strstr(trace_warning(t), where));
    trace_close(&t);
    /* the same bit by bit */
    struct digest whole = read_memory(all, size), piped = {0};
    struct line l = open_line(all, 16);
    for (size_t at = 16; at < size; at += 991) {
        put(l.to, all + at, size - at < 991 ? size - at : 991);
        read_on(l.t, &piped);
    }
    close_line(&l, &piped);
    same("piped", piped, whole);
    free(all);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_of_any_size),
        cmocka_unit_test(generations_come_at_once),
        cmocka_unit_test(damage_in_a_pipe),
        cmocka_unit_test(waiting_is_the_default),
        cmocka_unit_test(finished_generations_are_given_back),
        cmocka_unit_test(headers),
        cmocka_unit_test(what_cant_be_opened_is_told),
        cmocka_unit_test(a_later_version_is_read),
        cmocka_unit_test(traces_in_one_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
