/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_command.c - the command table, its options, its errors, and every command on a real trace. */
#include "tests/fixture_reel.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct fixture {
    struct command_env env;
    char *out;
    size_t len;
};

/* Run a line of words; true as command_print says. */
static bool run(struct fixture *f, const char *line, enum format fmt) {
    char **words;
    int n = words_split(line, &words);
    assert_true(n >= 0);
    free(f->out);
    f->out = NULL;
    FILE *out = open_memstream(&f->out, &f->len);
    f->env.format = fmt;
    f->env.error[0] = '\0';
    f->env.status = 0;
    bool ok = command_print(&f->env, n, words, out);
    fclose(out);
    words_free(&words, n);
    return ok;
}

static size_t lines(const struct fixture *f) {
    size_t n = 0;
    for (size_t i = 0; i < f->len; i++) {
        n += f->out[i] == '\n';
    }
    return n;
}

static int setup(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    *state = f;
    f->env.path = fixture_path("mapchurn-1.26");
    f->env.reel = fixture_reel("mapchurn-1.26");
    f->env.now = reel_info(f->env.reel)->duration;
    return 0;
}

static int teardown(void **state) {
    struct fixture *f = *state;
    reel_close(&f->env.reel);
    free(f->out);
    free(f);
    return 0;
}

static void test_table_is_whole(void **state) {
    const struct command *c;
    size_t n = command_table(&c);
    (void)state;
    for (size_t i = 0; i < n; i++) {
        assert_true(c[i].name && c[i].args && c[i].about && c[i].help && c[i].run);
        assert_true(c[i].ncols > 0);
        for (size_t k = 0; k < c[i].ncols; k++) {
            assert_non_null(c[i].cols[k].name);
            assert_non_null(c[i].cols[k].about);
        }
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(c[i].name, c[k].name);
        }
    }
}

/* The contract's fields, in its order, at the head of each command's columns. */
static void test_promised_fields(void **state) {
    static const char *const promised[][17] = {
        {"info", "version", "bytes", "events", "duration", "generations", "procs", "cycles", "allocfree", "lost_bytes",
         "lost_at"},
        {"events", "t", "p", "m", "g", "ev"},
        {"summary", "t", "gc", "phase", "heap_live", "heap_goal", "objects", "object_bytes", "spans", "span_bytes",
         "stack_bytes", "free_in_mcache", "free_in_nonempty", "unknown_bytes"},
        {"cycles", "gc", "begin", "end", "sweepterm", "mark", "markterm", "sweep", "heap_begin", "heap_end", "goal",
         "objects_freed", "bytes_freed", "spans_freed", "assists", "assist_ns"},
        {"spans", "base", "pages", "kind", "class", "noscan", "elem", "slots", "live", "where", "p", "swept", "sure"},
        {"central", "class", "noscan", "elem", "nonempty", "empty", "mcache", "objects", "free_slots", "bytes"},
        {"types", "type", "size", "live", "bytes", "allocs", "frees", "d_live", "d_bytes"},
        {"bucket", "t", "ev", "type", "g", "p", "gc", "phase", "held_ns", "idle_ns"},
        {"span", "t", "ev", "where", "p", "live", "gc", "phase"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof promised / sizeof promised[0]; i++) {
        const struct command *c = command_find(promised[i][0]);
        assert_non_null(c);
        for (size_t k = 1; k < 17 && promised[i][k]; k++) {
            assert_true(k <= c->ncols);
            assert_string_equal(c->cols[k - 1].name, promised[i][k]);
        }
    }
}

static void test_find(void **state) {
    (void)state;
    assert_string_equal(command_find("span")->name, "span"); /* exact before prefix */
    assert_string_equal(command_find("spans")->name, "spans");
    assert_string_equal(command_find("sum")->name, "summary");
    assert_null(command_find("sp")); /* two */
    assert_null(command_find(""));
    assert_null(command_find("nonsense"));
}

static int option(const char *line, struct command_options *opt, int *used) {
    char **w, error[256] = "";
    int n = words_split(line, &w);
    *used = 0;
    int got = command_option_read(opt, n, w, used, error);
    assert_int_equal(got < 0, error[0] != '\0');
    opt->at = opt->at ? "set" : NULL; /* the words go away */
    opt->output = opt->output ? "set" : NULL;
    words_free(&w, n);
    return got;
}

static void test_options(void **state) {
    struct command_options opt = {0};
    int used;
    (void)state;
    assert_int_equal(option("--at 1s", &opt, &used), 1);
    assert_int_equal(used, 1);
    assert_non_null(opt.at);
    assert_int_equal(option("--at=1s x", &opt, &used), 1);
    assert_int_equal(used, 0);
    assert_int_equal(option("-o x", &opt, &used), 1);
    assert_int_equal(option("-ox", &opt, &used), 1);
    assert_int_equal(used, 0);
    assert_int_equal(option("--format csv", &opt, &used), 1);
    assert_true(opt.format_set && opt.format == FORMAT_CSV);
    assert_int_equal(option("--format yaml", &opt, &used), -1);
    assert_int_equal(option("--at", &opt, &used), -1);
    assert_int_equal(option("--stacks=1", &opt, &used), -1);
    assert_int_equal(option("--stacks", &opt, &used), 1);
    assert_true(opt.stacks);
    assert_int_equal(option("--nonsense", &opt, &used), 0);
    assert_int_equal(option("--atx", &opt, &used), 0);
}

static void test_wrong_use(void **state) {
    struct fixture *f = *state;
    static const char *const wrong[][2] = {
        {"spnas", "did you mean spans?"},
        {"spans --form csv", "did you mean --from?"},
        {"spans x", "takes no arguments"},
        {"bucket", "needs an ADDR"},
        {"bucket xyz", "no address"},
        {"bucket 0x1", "no span ever held 0x1"},
        {"summary --at yesterday", "--at yesterday: not a time"},
        {"summary --at gc:999", "no such GC cycle"},
        {"notes --from x", "--from x"},
        {"help nonsense", "no command nonsense"},
        {"types --since @x", "bookmark"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_false(run(f, wrong[i][0], FORMAT_TEXT));
        assert_int_equal(f->env.status, 2);
        if (!strstr(f->env.error, wrong[i][1])) {
            fail_msg("%s: %s", wrong[i][0], f->env.error);
        }
        assert_int_equal(f->len, 0);
    }
    assert_false(command_print(&f->env, 0, NULL, stdout));
}

static void test_words_of_others_are_shown_harmless(void **state) {
    struct fixture *f = *state;
    assert_false(run(f, "sp\x1b[31mans", FORMAT_TEXT));
    assert_null(strchr(f->env.error, '\x1b'));
}

static void test_without_a_reel(void **state) {
    (void)state;
    struct fixture f = {.env.path = fixture_path("mapchurn-1.26")};
    char *spans[] = {(char *)"spans"}, *events[] = {(char *)"events", (char *)"--from", (char *)"gc:1"};
    assert_false(run(&f, "spans", FORMAT_TEXT));
    assert_true(command_wants_reel(&f.env, 1, spans));
    assert_false(command_wants_reel(&f.env, 1, events));
    assert_true(command_wants_reel(&f.env, 3, events));
    assert_true(run(&f, "info", FORMAT_JSONL));
    assert_int_equal(lines(&f), 1);
    assert_true(run(&f, "help", FORMAT_TEXT));
    free(f.out);
}

/* What isn't loaded yet is not said to be missing. */
static void test_before_anything_is_loaded(void **state) {
    static const char *const lines[] = {"leaks", "spans", "types", "summary", "where"};
    struct trace_error err;
    (void)state;
    struct fixture f = {.env.path = fixture_path("mapchurn-1.26")};
    f.env.reel = reel_open(f.env.path, NULL, &err);
    assert_non_null(f.env.reel);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        f.env.damage[0] = '\0';
        run(&f, lines[i], FORMAT_TEXT);
        assert_null(strstr(f.out, "record with"));
        assert_string_equal(f.env.damage, "");
        assert_int_equal(f.env.status, 0);
    }
    assert_non_null(strstr(f.out, "still being loaded"));
    reel_close(&f.env.reel);
    free(f.out);
}

static void test_every_command_in_every_format(void **state) {
    struct fixture *f = *state;
    static const char *const commands[] = {"info",
                                           "summary",
                                           "cycles",
                                           "phases",
                                           "spans",
                                           "types",
                                           "central",
                                           "notes",
                                           "goroutines",
                                           "ranges",
                                           "help",
                                           "help span",
                                           "types --since start",
                                           "summary --at 50%"};
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        assert_true(run(f, commands[i], FORMAT_JSONL));
        size_t rows = lines(f);
        assert_true(rows > 0);
        assert_int_equal(f->out[0], '{');
        assert_true(run(f, commands[i], FORMAT_CSV));
        assert_true(lines(f) >= rows + 1);
        assert_true(run(f, commands[i], FORMAT_CBOR));
        assert_true(f->len > rows);
        assert_true(run(f, commands[i], FORMAT_TEXT));
        assert_true(lines(f) >= rows);
        assert_int_equal(f->env.status, 0);
    }
}

/* The same events whether they are counted, or written in any form. */
static void test_events_are_complete(void **state) {
    struct fixture *f = *state;
    size_t events = reel_info(f->env.reel)->events;
    assert_true(run(f, "events", FORMAT_JSONL));
    assert_int_equal(lines(f), events);
    assert_true(run(f, "events", FORMAT_TEXT));
    assert_int_equal(lines(f), events + 1);
    assert_true(run(f, "events --from 1ms --to 1ms", FORMAT_JSONL));
    size_t some = lines(f);
    assert_true(run(f, "events --from 1ms", FORMAT_JSONL));
    size_t after = lines(f);
    assert_true(run(f, "events --to 1ms", FORMAT_JSONL));
    assert_int_equal(lines(f) + after - some, events);
}

/* As many rows as the frame has spans. */
static void test_spans_are_complete(void **state) {
    struct fixture *f = *state;
    frame *fr = frame_new(f->env.reel);
    assert_true(frame_seek(fr, reel_facts(f->env.reel)));
    const uint32_t *ids;
    size_t spans = frame_spans(fr, &ids);
    assert_true(run(f, "spans", FORMAT_JSONL));
    assert_int_equal(lines(f), spans);
    frame_free(&fr);
}

static void test_bucket_of_each_span(void **state) {
    struct fixture *f = *state;
    frame *fr = frame_new(f->env.reel);
    assert_true(frame_seek(fr, reel_facts(f->env.reel)));
    const uint32_t *ids;
    size_t n = frame_spans(fr, &ids), heap = 0;
    for (size_t i = 0; i < n && heap < 20; i++) {
        if (reel_span(f->env.reel, ids[i])->kind != SPAN_HEAP) {
            continue;
        }
        char addr[ADDRESS_TEXT], line[64];
        reel_address_text(f->env.reel, reel_slot_address(f->env.reel, ids[i], 0), addr);
        snprintf(line, sizeof line, "bucket %s", addr);
        assert_true(run(f, line, FORMAT_JSONL));
        assert_true(lines(f) > 0);
        snprintf(line, sizeof line, "span --objects %s", addr);
        assert_true(run(f, line, FORMAT_JSONL));
        assert_true(lines(f) > 0);
        heap++;
    }
    assert_true(heap > 0);
    frame_free(&fr);
}

static void test_output_file(void **state) {
    struct fixture *f = *state;
    char dir[] = "/tmp/heapreel-test.XXXXXX", line[128], path[64], buf[16] = "";
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/x.jsonl", dir);
    snprintf(line, sizeof line, "summary --format jsonl -o %s", path);
    assert_true(run(f, line, FORMAT_TEXT));
    assert_int_equal(f->len, 0);
    FILE *in = fopen(path, "r");
    assert_non_null(in);
    assert_non_null(fgets(buf, sizeof buf, in));
    assert_int_equal(strncmp(buf, "{\"t\":", 5), 0);
    fclose(in);
    /* what fails leaves the old file alone */
    snprintf(line, sizeof line, "summary --at nonsense -o %s", path);
    assert_false(run(f, line, FORMAT_TEXT));
    assert_int_equal(access(path, R_OK), 0);
    unlink(path);
    assert_false(run(f, line, FORMAT_TEXT));
    assert_int_equal(rmdir(dir), 0); /* nothing is left behind */
}

static bool at_once(void *arg) {
    (void)arg;
    return true;
}

static void test_stop(void **state) {
    struct fixture *f = *state;
    f->env.stop = at_once;
    assert_true(run(f, "events", FORMAT_JSONL));
    assert_int_equal(f->len, 0);
}

static void test_manual(void **state) {
    char *s = NULL;
    size_t len;
    (void)state;
    FILE *f = open_memstream(&s, &len);
    command_dump_man(f);
    fclose(f);
    assert_int_equal(strncmp(s, ".SH COMMANDS\n", 13), 0);
    assert_non_null(strstr(s, ".SS \"bucket ADDR\"\n"));
    assert_null(strchr(s, '`'));
    free(s);
}

static const char *name(const void *arg, size_t i) {
    return ((const char *const *)arg)[i];
}

static void test_near_names(void **state) {
    static const char *const names[] = {"spans", "span", "central", "types", NULL};
    (void)state;
    assert_string_equal(name_nearest("spnas", name, names), "spans");
    assert_string_equal(name_nearest("cantral", name, names), "central");
    assert_null(name_nearest("zzzzzz", name, names));
    assert_null(name_nearest("", name, names));
    assert_null(name_nearest("a word that is much longer than any of these names", name, names));
}

int main(void) {
#define ON_TRACE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table_is_whole),
        cmocka_unit_test(test_promised_fields),
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_without_a_reel),
        cmocka_unit_test(test_before_anything_is_loaded),
        cmocka_unit_test(test_manual),
        cmocka_unit_test(test_near_names),
        ON_TRACE(test_wrong_use),
        ON_TRACE(test_words_of_others_are_shown_harmless),
        ON_TRACE(test_every_command_in_every_format),
        ON_TRACE(test_events_are_complete),
        ON_TRACE(test_spans_are_complete),
        ON_TRACE(test_bucket_of_each_span),
        ON_TRACE(test_output_file),
        ON_TRACE(test_stop),
    };
    return cmocka_run_group_tests_name("command", tests, NULL, NULL);
}
