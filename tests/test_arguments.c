/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_arguments.c - the command line at random: commands, options, values and filters, from the program's own tables
 * and damaged, over recordings whole and damaged. Whatever is asked for, the program comes to its end in time, with a
 * documented exit status, and what it writes is text; where it refuses, one line says why.
 *
 * Under the sanitizers where the compiler has them. TRIES=n: so many command lines (bounded by the clock otherwise),
 * SEED=n: other ones. A command line that fails is printed so that a shell takes it.
 */
#include "core/command.h"
#include "core/filter.h"
#include "core/utf8.h"
#include "tests/cmocka.h"
#include "tests/fixtures.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WORDS = 64, ARENA = 1 << 17, TRIES_USUAL = 400, USUAL_SECONDS = 12, HANG_SECONDS = 60, OUTPUT_MAX = 1 << 25 };

static char folder[] = "/tmp/heapreel-arguments-XXXXXX", program[4096];
static uint64_t state = 1;

/* One command line, its words in a room of their own. */
static struct {
    char *word[WORDS + 1];
    int n;
    char room[ARENA];
    size_t used;
} line;

static uint32_t below(uint32_t n) {
    return random_next(&state) % n;
}

static bool one_in(uint32_t n) {
    return below(n) == 0;
}

#define ANY(table) (table)[below(sizeof(table) / sizeof *(table))]

/* ------------------------------------------------------------------ words */

/* The word under way ends up to `size` bytes further on. */
static char *room_for(size_t size) {
    assert_true(line.used + size < ARENA);
    return line.room + line.used;
}

static void keep(const char *word) {
    if (line.n == WORDS)
        return;
    size_t size = strlen(word) + 1;
    char *at = room_for(size);
    memmove(at, word, size);
    line.used += size;
    line.word[line.n++] = at;
}

static const char *const oddities[] = {
    "",
    " ",
    "-",
    "--",
    "---",
    "'",
    "\"",
    "\\",
    "%s%n%d%99999999s",
    "\033]0;OWNED\007",
    "\x9b"
    "31m",
    "\xff\xfe\xc3(",
    "a\nb\rc\td",
    "\xe2\x80\xae"
    "evil",
    "e\xcc\x81\xcc\x81\xcc\x81",
    "\xe6\xbc\xa2\xe5\xad\x97",
    "*",
    "$(true)",
    "@",
    "@none",
    "0",
    "-0",
    "+0",
    "-1",
    "1e9",
    "1e999",
    "nan",
    "inf",
    "0x",
    "0xffffffffffffffff",
    "0xc000000000",
    "0x10000000000000000",
    "18446744073709551615",
    "18446744073709551616",
    "9223372036854775807",
    "-9223372036854775808",
    "340282366920938463463374607431768211456",
};

/* A number with or without a unit. */
static void put_number(char *out, size_t size) {
    static const char *const units[] = {"",   "%", "ns", "us",  "ms", "s", "k", "K",
                                        "KB", "M", "MB", "GiB", "gc", "T", "zz"};
    static const char *const signs[] = {"", "", "", "-", "+", "0", "."};
    unsigned long long n = one_in(4) ? (unsigned long long)random_next(&state) << below(33) : below(2000);
    snprintf(out, size, "%s%llu%s%s%s", ANY(signs), n, one_in(4) ? "." : "", one_in(4) ? "5" : "", ANY(units));
}

static void put_time(char *out, size_t size) {
    static const char *const plain[] = {"start",
                                        "end",
                                        "37%",
                                        "100%",
                                        "0%",
                                        "101%",
                                        "15ms",
                                        "gc:1",
                                        "gc:2:mark",
                                        "gc:1:markterm",
                                        "gc:3:sweep",
                                        "gc:7:end",
                                        "gc:0",
                                        "gc:",
                                        "gc:99999",
                                        "gc:-1",
                                        "@a",
                                        "start,end",
                                        "start,gc:1:end,end",
                                        ",",
                                        "gc:1:"};
    if (one_in(3))
        put_number(out, size);
    else
        snprintf(out, size, "%s", one_in(8) ? ANY(oddities) : ANY(plain));
}

static void put_value(char *out, size_t size) {
    static const char *const words[] = {"true",     "false",    "null",   "none",         "yes",       "no",    "map",
                                        "main.rec", "heap",     "mcache", "nonempty",     "sweep",     "alloc", "free",
                                        "type",     "class",    "span",   "age",          "goroutine", "event", "text",
                                        "csv",      "jsonl",    "cbor",   "uint8",        "1..3",      "1,2,3", "..",
                                        "3..",      "nonemtpy", "G1",     "0xc000010000", "+0x1000",   "delete"};
    switch (below(5)) {
    case 0:
        put_number(out, size);
        break;
    case 1:
        snprintf(out, size, "%s", ANY(oddities));
        break;
    case 2:
        put_time(out, size);
        break;
    default:
        snprintf(out, size, "%s", ANY(words));
    }
}

/* ------------------------------------------------------------------ filters */

static const char *some_field(const struct command *c) {
    static const char *const fields[] = {"live", "free",  "where", "p",        "swept",          "sure",
                                         "age",  "type",  "size",  "addr",     "span.free",      "ev",
                                         "gc",   "phase", "note",  "nonsense", "span.span.live", "."};
    return c && c->ncols && !one_in(5) ? c->cols[below((uint32_t)c->ncols)].name : ANY(fields);
}

static void put_filter(char *out, size_t size, const struct command *c) {
    static const char *const ops[] = {"=", "==", "!=", "<", "<=", ">", ">=", "~", "!~", "", " = ", "<>", "=~"};
    static const char *const joints[] = {" ", " and ", " or ", " && ", "||", "|", " not ",
                                         "!", "(",     ")",    " (",   ") ", ",", ""};
    char value[256];
    size_t n = 0;
    out[0] = '\0';
    for (uint32_t terms = 1 + below(one_in(30) ? 300 : 4); terms > 0 && n + 700 < size; terms--) {
        put_value(value, sizeof value);
        static const char *const quotes[] = {"", "", "", "\"", "'"};
        const char *q = ANY(quotes);
        n += (size_t)snprintf(out + n, size - n, "%s%s%s%s%s%s%s", one_in(6) ? "(" : "", some_field(c), ANY(ops), q,
                              value, one_in(20) ? "" : q, terms > 1 || one_in(8) ? ANY(joints) : "");
    }
}

/* ------------------------------------------------------------------ damage */

static void damage(char *word) {
    size_t n = strlen(word);
    if (n == 0)
        return;
    size_t at = below((uint32_t)n);
    switch (below(4)) {
    case 0:
        word[at] = (char)(1 + below(255));
        break;
    case 1:
        word[at] = '\0';
        break;
    case 2:
        memmove(word + at, word + at + 1, n - at);
        break;
    default:
        word[at] = (char)("=-,:.@%~<>()\"' \t\n"[below(17)]);
    }
}

/* ------------------------------------------------------------------ command lines */

static const struct command *some_command(void) {
    const struct command *table;
    size_t n = command_table(&table);
    return &table[below((uint32_t)n)];
}

static void put_path(char *out, size_t size) {
    static const char *const paths[] = {"out",       "out",       "out.reel", "sub/out", "none/out", ".",    "sub",
                                        "/dev/null", "/dev/full", "",         "-o",      "\xff\xfe", "a\nb", "\033[2J"};
    if (one_in(10)) {
        memset(out, 'n', size - 1);
        out[below((uint32_t)size - 1)] = '\0';
    } else {
        snprintf(out, size, "%s", ANY(paths));
    }
}

static void option(const struct command *c) {
    const struct command_option *table;
    size_t n = command_option_table(&table);
    const struct command_option *o = &table[below((uint32_t)n)];
    char value[6000] = "", word[6100];
    bool is_filter = o->arg && strcmp(o->arg, "FILTER") == 0, file = o->arg && strcmp(o->arg, "FILE") == 0;
    if (is_filter)
        put_filter(value, sizeof value, c);
    else if (file)
        put_path(value, 600);
    else if (o->arg && strcmp(o->arg, "TIME") == 0)
        put_time(value, sizeof value);
    else if (c && c->by && strcmp(o->name, "--by") == 0 && !one_in(4)) {
        size_t k = 0;
        while (c->by[k])
            k++;
        snprintf(value, sizeof value, "%s", c->by[below((uint32_t)k)]);
    } else
        put_value(value, sizeof value);
    if (one_in(15))
        damage(value);
    if (o->arg ? one_in(4) : one_in(20)) {
        snprintf(word, sizeof word, "%s=%s", o->name, value);
        keep(word);
        return;
    }
    snprintf(word, sizeof word, "%s", o->name);
    if (one_in(25))
        damage(word);
    keep(word);
    if (o->arg && !one_in(25))
        keep(value);
}

static void argument(const struct command *c) {
    char value[1000];
    bool file = strncmp(c->args, "FILE", 4) == 0;
    if (file || strstr(c->args, "FILE"))
        put_path(value, 600);
    else if (one_in(2))
        snprintf(value, sizeof value, "0x%llx", 0xc000000000ull + ((unsigned long long)below(1 << 12) << below(20)));
    else
        put_value(value, sizeof value);
    if (one_in(10))
        damage(value);
    keep(value);
}

static void command(void) {
    const struct command *c = some_command();
    char name[64];
    snprintf(name, sizeof name, "%.60s", c->name);
    if (one_in(25))
        damage(name);
    keep(name);
    if (c->args[0] ? !one_in(15) : one_in(25))
        argument(c);
    for (uint32_t n = below(4); n > 0; n--)
        option(c);
    if (one_in(30))
        argument(c);
}

/* The words of a command as one, quoted or not, behind -e. */
static void as_one(int from) {
    char *all = malloc(ARENA);
    size_t n = 0;
    assert_non_null(all);
    for (int i = from; i < line.n; i++)
        n += (size_t)snprintf(all + n, ARENA - n, one_in(5) ? "%s " : "'%s' ", line.word[i]);
    line.n = from;
    if (line.used + n + 8 < ARENA) {
        keep("-e");
        keep(all);
    }
    free(all);
}

static void some_trace(void) {
    static const char *const others[] = {"cut", "scratched", "foreign",   "empty",        "none",
                                         "sub", "-",         "/dev/null", "annotate.reel"};
    static const char *const whole[] = {"annotate-1.26", "annotate-1.26", "flight-1.26", "plain-1.22", "basics-1.11",
                                        "stacks-1.23",   "pingpong-1.22", "mixed-1.24",  "basics-1.5"};
    if (one_in(3)) {
        keep(ANY(others));
        return;
    }
    keep(fixture_path(ANY(whole)));
}

static void odd_option(void) {
    static const char *const odd[] = {
        "--ascii",      "--no-color",   "--index",     "--no-index",  "--theme",     "--theme=mono",
        "--max-mem",    "--max-mem=1M", "--max-mem=0", "--config",    "--no-config", "--config=foreign",
        "--view=hr1:x", "--no-session", "--size=1x1",  "--size=0x-3", "--nonsense",  "--max-mem=99999999999T"};
    keep(ANY(odd));
}

static void make_line(void) {
    line.n = 0;
    line.used = 0;
    keep(program);
    if (one_in(6))
        odd_option();
    if (!one_in(40))
        some_trace();
    while (one_in(12))
        some_trace();
    bool several = one_in(4);
    for (uint32_t n = several ? 1 + below(5) : 1; n > 0; n--) {
        int from = line.n;
        command();
        if (several && !one_in(20))
            as_one(from);
    }
    if (one_in(8))
        odd_option();
    line.word[line.n] = NULL;
}

/* ------------------------------------------------------------------ running */

static void child(void) {
    struct rlimit none = {0, 0}, longest = {OUTPUT_MAX, OUTPUT_MAX};
    int in = open("/dev/null", O_RDONLY), out = open("../out", O_WRONLY | O_CREAT | O_TRUNC, 0600),
        err = open("../err", O_WRONLY | O_CREAT | O_TRUNC, 0600);
    setrlimit(RLIMIT_CORE, &none);
    setrlimit(RLIMIT_FSIZE, &longest);
    signal(SIGXFSZ, SIG_IGN);
    dup2(in, 0);
    dup2(out, 1);
    dup2(err, 2);
    alarm(HANG_SECONDS); /* SIGALRM ends what hangs */
    execv(program, line.word);
    _exit(127);
}

static char *read_all(const char *name, size_t *size) {
    char path[64];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    assert_int_equal(fstat(fileno(f), &st), 0);
    char *bytes = malloc((size_t)st.st_size + 1);
    assert_non_null(bytes);
    *size = fread(bytes, 1, (size_t)st.st_size, f);
    bytes[*size] = '\0';
    fclose(f);
    return bytes;
}

/* A word as a shell takes it. */
static void print_word(const char *word) {
    fputs(" $'", stderr);
    for (; *word; word++)
        if (*word < ' ' || *word > '~' || *word == '\'' || *word == '\\')
            fprintf(stderr, "\\x%02x", (unsigned char)*word);
        else
            fputc(*word, stderr);
    fputs("'", stderr);
}

static void explain(const char *what, const char *said) {
    fprintf(stderr, "# %s:", what);
    for (int i = 0; i < line.n; i++)
        print_word(line.word[i]);
    fprintf(stderr, "\n");
    for (const char *s = said; *s;) {
        size_t n = strcspn(s, "\n");
        fprintf(stderr, "# %.*s\n", (int)n, s);
        s += n + (s[n] != '\0');
    }
    fail_msg("%s", what);
}

/* UTF-8, and nothing in it that a terminal minds; csv (RFC 4180) is for programs, and its lines end with CR LF. */
static bool is_text(const char *bytes, size_t n, bool csv) {
    const unsigned char *p = (const unsigned char *)bytes, *end = p + n;
    while (p < end) {
        uint32_t c = utf8_next(&p, end);
        if (c == UTF8_BAD || (c != '\n' && !csv && utf8_hostile(c)))
            return false;
    }
    return true;
}

/* Each line names the program. */
static size_t lines_of(const char *s, bool *named) {
    static const char name[] = "heapreel: ";
    size_t n = 0;
    *named = true;
    for (; *s; n++) {
        *named &= strncmp(s, name, sizeof name - 1) == 0;
        s += strcspn(s, "\n");
        s += *s == '\n';
    }
    return n;
}

static bool asks_for(const char *name) {
    for (int i = 1; i < line.n; i++)
        if (strstr(line.word[i], name))
            return true;
    return false;
}

static void run_line(void) {
    pid_t pid = fork();
    int status = 0;
    if (pid == 0)
        child();
    assert_true(pid > 0 && waitpid(pid, &status, 0) == pid);
    size_t nout, nerr;
    bool named;
    char *out = read_all("out", &nout), *err = read_all("err", &nerr);
    size_t lines = lines_of(err, &named);
    if (WIFSIGNALED(status))
        explain(WTERMSIG(status) == SIGALRM ? "doesn't end" : "ended by a signal", err);
    if (WEXITSTATUS(status) > 3)
        explain("an exit status that isn't documented", err);
    if (!is_text(err, nerr, false))
        explain("what it says isn't text", err);
    if (!named)
        explain("a line that doesn't name the program", err);
    if (WEXITSTATUS(status) != 0 && lines == 0)
        explain("refused without a word", err);
    if (!asks_for("cbor") && nout < OUTPUT_MAX && !is_text(out, nout, asks_for("csv")))
        explain("what it prints isn't text", err);
    free(out);
    free(err);
}

/* ------------------------------------------------------------------ the files */

static void write_file(const char *name, const void *bytes, size_t n) {
    FILE *f = fopen(name, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static void make_files(void) {
    size_t n;
    uint8_t *bytes = fixture_bytes("annotate-1.26", &n);
    write_file("cut", bytes, n * 2 / 3);
    for (int i = 0; i < 20; i++)
        bytes[1000 + below((uint32_t)n - 1000)] ^= (uint8_t)(1 + below(255));
    write_file("scratched", bytes, n);
    write_file("foreign", "set theme dark\n\033]0;x\007 no trace\n", 32);
    write_file("empty", "", 0);
    free(bytes);
    line.n = 0;
    line.used = 0;
    keep(program);
    keep(fixture_path("annotate-1.26"));
    keep("save");
    keep("annotate.reel");
    line.word[line.n] = NULL;
    run_line();
    assert_int_equal(access("annotate.reel", R_OK), 0);
}

static int begin(void **arg) {
    const char *build = getenv("HEAPREEL_BUILD"), *bin = getenv("HEAPREEL_BIN");
    (void)arg;
    if (!build || !bin || !mkdtemp(folder))
        return -1;
    snprintf(program, sizeof program, "%s/tests/heapreel_checked", build);
    if (access(program, X_OK) != 0)
        snprintf(program, sizeof program, "%s", bin);
    setenv("ASAN_OPTIONS", "detect_leaks=0:allocator_may_return_null=1:exitcode=99", 0);
    setenv("HOME", folder, 1);
    setenv("TMPDIR", folder, 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    static const char *const drop[] = {"XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME",
                                       "COLUMNS",        "NO_COLOR",        "HEAPREEL_INDEX"};
    for (size_t i = 0; i < sizeof drop / sizeof *drop; i++)
        unsetenv(drop[i]);
    /* What is written under odd names is written in a folder of its own. */
    return chdir(folder) == 0 && mkdir("cwd", 0700) == 0 && chdir("cwd") == 0 && mkdir("sub", 0700) == 0 ? 0 : -1;
}

static int end(void **arg) {
    char words[96];
    (void)arg;
    snprintf(words, sizeof words, "cd / && rm -rf %s", folder);
    return system(words);
}

static void test_random_command_lines(void **arg) {
    const char *seed = getenv("SEED"), *tries = getenv("TRIES");
    long most = tries && *tries ? atol(tries) : TRIES_USUAL;
    time_t begun = time(NULL);
    (void)arg;
    state = seed && *seed ? strtoull(seed, NULL, 10) : 1;
    make_files();
    for (long i = 0; i < most && (tries || time(NULL) - begun < USUAL_SECONDS); i++) {
        make_line();
        run_line();
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random_command_lines)};
    return cmocka_run_group_tests(tests, begin, end);
}
