/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_texts.c - a trace whose type names, function names and annotations try to steer the terminal, to turn the
 * writing round, to break the alignment of columns: each pane, page, list, prompt and file shows harmless text only.
 * The real program in a pseudo-terminal: every byte that it writes is looked at.
 */
#include "core/core.h"
#include "tests/made.h"
#include "tests/pty.h"

#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { COLS = 120, ROWS = 40, WAIT = 60000, LONG_NAME = 50000, OUTPUT = 1 << 22 };

static const struct {
    const char *text;
    size_t len; /* 0: up to its NUL */
} texts[] = {
    {"title \033]0;OWNED\007 end", 0},
    {"csi \033[7777z\033[2J\033[31m end", 0},
    {"c1 \x9b"
     "7777z \xc2\x9b"
     "7777z \xc2\x90q\xc2\x9c end",
     0},
    {"bidi \xe2\x80\xae"
     "evil\xe2\x80\xac \xe2\x81\xa6x\xe2\x81\xa9 \xd8\x9c\xe2\x80\x8f end",
     0},
    {"lines a\r\nb\tc\vd\fe\bf\x7f \xe2\x80\xa8 \xe2\x80\xa9 end", 0},
    {"del \x7f\x7f end", 0}, /* before any other letter of the kind */
    {"bad \xff\xfe\xc3( \xf0\x9f\x92 \xed\xa0\x80 \xc0\xaf end", 0},
    {"nul a\0b\0c end", 13},
    {"marks e\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81 \xcc\x80\xe2\x83\x9d end", 0},
    {"wide \xe6\xbc\xa2\xe5\xad\x97\xe3\x82\xab\xe3\x83\x8a "
     "\xf0\x9f\x98\x80\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7 "
     "\xef\xbc\xa1 end",
     0},
    {"html <script>alert(1)</script>&\"'> end", 0},
    {"zero\xe2\x80\x8bwidth\xef\xbb\xbf\xf3\xa0\x80\x81 \xee\x80\x80 end", 0},
};
enum { TEXTS = sizeof texts / sizeof *texts };

static size_t length(int i) {
    return texts[i].len ? texts[i].len : strlen(texts[i].text);
}

/* ------------------------------------------------------------------ the trace */

static void event4(struct bytes *b, unsigned type, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3) {
    event(b, type, 3, a0, a1, a2);
    number(b, a3);
}

static void put_tables(struct bytes *b, struct bytes *body) {
    byte(body, TRACE_EV_STRINGS);
    for (int i = 0; i < TEXTS; i++) {
        byte(body, TRACE_EV_STRING);
        number(body, (uint64_t)i + 1);
        number(body, length(i));
        put(body, texts[i].text, length(i));
    }
    batch(b, 1, UINT64_MAX, 1, body);
    byte(body, TRACE_EV_STACKS);
    for (int i = 0; i < TEXTS; i++) {
        byte(body, TRACE_EV_STACK);
        number(body, (uint64_t)i + 1);
        number(body, 1);
        number(body, 4096 + (uint64_t)i);
        number(body, (uint64_t)i + 1); /* function, file */
        number(body, (uint64_t)i + 1);
        number(body, 7);
    }
    batch(b, 1, UINT64_MAX, 1, body);
}

static void put_types(struct bytes *b, struct bytes *body) {
    byte(body, 0);
    for (int i = 0; i <= TEXTS; i++) {
        size_t n = i < TEXTS ? length(i) : LONG_NAME;
        number(body, (uint64_t)i + 1);
        number(body, 0x1000 + 64 * (uint64_t)i);
        number(body, 48);
        number(body, 48);
        number(body, n);
        for (size_t k = 0; i == TEXTS && k < n; k++)
            byte(body, k % 100 ? 'L' : '\033');
        if (i < TEXTS)
            put(body, texts[i].text, n);
    }
    type_batch(b, body);
}

static void make_trace(struct bytes *b) {
    struct bytes body;
    begin(b, &body);
    event(&body, TRACE_EV_SPAN_ALLOC, 3, 5, 1, 5 << 2);
    for (uint64_t i = 0; i < 40; i++)
        event(&body, TRACE_EV_HEAP_OBJECT_ALLOC, 2, 5 * 1024 + 6 * i, i % (TEXTS + 1) + 1, 0);
    for (uint64_t i = 0; i < TEXTS; i++) {
        event(&body, TRACE_EV_GO_CREATE, 3, 100 + i, i + 1, i + 1);
        event4(&body, TRACE_EV_USER_TASK_BEGIN, i + 1, 0, i + 1, i + 1);
        event4(&body, TRACE_EV_USER_LOG, i + 1, i + 1, i + 1, i + 1);
        event(&body, TRACE_EV_USER_REGION_BEGIN, 3, i + 1, i + 1, i + 1);
    }
    event(&body, TRACE_EV_GC_BEGIN, 2, 1, 0, 0);
    event(&body, TRACE_EV_GC_END, 1, 2, 0, 0);
    for (uint64_t i = 0; i < 20; i++)
        event(&body, TRACE_EV_HEAP_OBJECT_FREE, 1, 5 * 1024 + 6 * i, 0, 0);
    batch(b, 1, 1, 1, &body);
    put_tables(b, &body);
    put_types(b, &body);
    free(body.data);
}

/* ------------------------------------------------------------------ what may be written */

/* Letters that no terminal is to get: controls, and what turns the writing round or hides. */
static bool is_harmful(uint32_t c) {
    return c < ' ' || (c >= 0x7f && c < 0xa0) || c == 0x61c || (c >= 0x200b && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || c >= 0xe0000 ||
           (c >= 0xd800 && c < 0xe000);
}

/* One letter of UTF-8 at s; 0: none that is valid. */
static size_t letter(const unsigned char *s, size_t n, uint32_t *c) {
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t len = s[0] < 0x80 ? 1 : s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : s[0] >= 0xc2 ? 2 : 0;
    if (!len || len > n)
        return 0;
    *c = len == 1 ? s[0] : s[0] & (0xffu >> (len + 1));
    for (size_t i = 1; i < len; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        *c = *c << 6 | (s[i] & 0x3f);
    }
    return *c >= least[len] ? len : 0;
}

/* Text and nothing else but `controls`. */
static void check_text(const char *what, const char *s, size_t n, const char *controls) {
    uint32_t c = 0;
    for (size_t i = 0, len; i < n; i += len) {
        len = letter((const unsigned char *)s + i, n - i, &c);
        if (!len)
            fail_msg("%s: not UTF-8 at byte %zu: %02x", what, i, (unsigned char)s[i]);
        if (is_harmful(c) && (c >= 128 || !c || !strchr(controls, (int)c)))
            fail_msg("%s: U+%04X at byte %zu, behind %.*s", what, c, i, (int)(i < 40 ? i : 40),
                     s + (i < 40 ? 0 : i - 40));
    }
}

static int base64(char c) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(letters, c) : NULL;
    return at ? (int)(at - letters) : -1;
}

/* The clipboard's text, or the question for the background, word by word; returns the bytes of the sequence. */
static size_t check_osc(const char *s, size_t n) {
    static const char question[] = "\033]11;?\033\\";
    if (n >= sizeof question - 1 && memcmp(s, question, sizeof question - 1) == 0)
        return sizeof question - 1;
    size_t i = 7, len = 0;
    unsigned bits = 0;
    int have = 0;
    char *words = malloc(n);
    assert_true(n > 8 && strncmp(s, "\033]52;c;", 7) == 0);
    for (; i < n && base64(s[i]) >= 0; i++) {
        bits = bits << 6 | (unsigned)base64(s[i]);
        have += 6;
        if (have >= 8)
            words[len++] = (char)(bits >> (have -= 8) & 0xff);
    }
    while (i < n && s[i] == '=')
        i++;
    check_text("what is copied", words, len, "\n");
    free(words);
    assert_true(i < n && (s[i] == '\007' || s[i] == '\033'));
    return i + (s[i] == '\007' ? 1 : 2);
}

/* CSI sequences that curses makes; charsets, keypad; OSC 52 and 11. */
static size_t sequence(const char *s, size_t n) {
    size_t i = 2;
    if (n > 2 && s[1] == ']')
        return check_osc(s, n);
    if (n > 2 && (s[1] == '(' || s[1] == ')'))
        return 3;
    if (n >= 2 && strchr("=>78MDE", s[1]))
        return 2;
    if (n < 3 || s[1] != '[')
        fail_msg("an escape sequence that isn't ours: %02x %02x", s[1], n > 2 ? s[2] : 0);
    while (i < n && (unsigned char)s[i] >= 0x20 && (unsigned char)s[i] < 0x40)
        i++;
    if (i >= n || !strchr("ABCDEFGHJKLMPSTXZ@dfghlmrstuc", s[i]) || strncmp(s, "\033[7777", 6) == 0)
        fail_msg("an escape sequence that isn't ours: ESC %.*s", (int)(i < 30 ? i : 30), s + 1);
    return i + 1;
}

static void check_terminal(const struct pty *p) {
    size_t from = 0;
    for (size_t i = 0; i < p->n;) {
        if (p->bytes[i] != '\033') {
            i++;
            continue;
        }
        check_text("the screen", p->bytes + from, i - from, "\r\n\b\t\017\016\007");
        i += sequence(p->bytes + i, p->n - i);
        from = i;
    }
    check_text("the screen", p->bytes + from, p->n - from, "\r\n\b\t\017\016\007");
    check_text("all of it", p->bytes, p->n, "\r\n\b\t\017\016\007\033");
}

/* ------------------------------------------------------------------ the program */

static char folder[] = "/tmp/heapreel-texts-XXXXXX", made[64], file[96];

static char *in_folder(const char *name) {
    snprintf(file, sizeof file, "%s/%s", folder, name);
    return file;
}

static int make(void **state) {
    struct bytes b;
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(made, sizeof made, "%s/t", folder);
    make_trace(&b);
    FILE *out = fopen(made, "w");
    bool ok = out && fwrite(b.data, 1, b.size, out) == b.size;
    free(b.data);
    return ok && fclose(out) == 0 ? 0 : -1;
}

static int drop(void **state) {
    char command[96];
    (void)state;
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

/* It must be a trace with all of this in it, or the rest proves nothing. */
static void test_the_trace_is_read(void **state) {
    struct trace_error err;
    const struct note *notes;
    bool named[TEXTS] = {false};
    (void)state;
    reel *r = reel_open(made, NULL, &err);
    assert_non_null(r);
    while (reel_load(r, 0) == REEL_LOADING)
        ;
    assert_int_equal(reel_info(r)->loss.code, TRACE_OK);
    for (uint32_t k = 0; k < reel_types(r); k++)
        for (int i = 0; i < TEXTS; i++) {
            text name = reel_type(r, k)->name;
            named[i] |= name.len == length(i) && memcmp(name.ptr, texts[i].text, name.len) == 0;
        }
    for (int i = 0; i < TEXTS; i++)
        assert_true(named[i]);
    assert_int_equal(reel_notes(r, &notes), 3 * TEXTS);
    assert_true(reel_goroutines(r) > TEXTS);
    reel_close(&r);
}

static void save(struct pty *p, const char *name) {
    char line[160];
    snprintf(line, sizeof line, ":screen %s\r", in_folder(name));
    pty_send(p, line);
    pty_drain(p, 100, 2000);
}

static void check_file(const char *name, const char *controls, bool markup) {
    FILE *in = fopen(in_folder(name), "r");
    assert_non_null(in);
    char *bytes = malloc(1 << 22);
    size_t n = fread(bytes, 1, (1 << 22) - 1, in);
    fclose(in);
    bytes[n] = '\0';
    assert_true(n > 100);
    check_text(name, bytes, n, controls);
    assert_null(strstr(bytes, "\033]"));
    assert_null(strstr(bytes, "\033[7777"));
    if (markup) {
        assert_null(strstr(bytes, "<script"));
        assert_non_null(strstr(bytes, "&lt;script"));
        assert_non_null(strstr(bytes, "&amp;"));
    }
    free(bytes);
}

/* Keys that show the made texts on every pane and page, one after the other. */
static const char *const steps[][12] = {
    {"\t", "\t", "\t", "\t", "\t", "\t", "K", "q", "?", "\t", "q"},
    {":types\r", "q", ":notes\r", "/end\r"},
    {"q", ":goroutines\r", "y", "q", ":events\r", "\033[6~", "\033[6~", "q"},
    {":allocators\r", "q", ":aftermath\r", "q", "R", "\033", "(", "(", "(", ")", ")"},
    {"/c1\r", "n", "n", "N", "/wide\r", "/bidi\r", "/type~marks\r"},
    {"/note~lines\r", "/by~html\r", ",", ",", ",", ".", "i", "\t", "\r", "\177", "\177"},
    {":open title\r", "\r", "\177", "q", ":open csi\r", "q", ":open G101\r", "q"},
    {":open G108\r", "K", "q", "q", ":open LLL\r", "q", ":open class 5\r", "q"},
    {":open gc:1\r", "q", ":open \t\t", "\003", ":find type~\t\t", "\003", "/\t\t", "\003"},
    {":types --where type~\t\t", "\003", "f\t\t", "\003", "ftype~e\r", "f\025\r", ":copy screen\r"},
    {":types\r", "y", "q", ":share\r", "q", "v", "q"},
    {":rows regions\r", "z", "z", "Z"},
};

static void test_each_pane_and_page(void **state) {
    struct pty p;
    const char *bin = getenv("HEAPREEL_BIN");
    char program[4096];
    (void)state;
    if (!bin || !pty_there())
        skip();
    snprintf(program, sizeof program, "%s", bin);
    setenv("LC_ALL", "C.UTF-8", 1);
    setenv("XDG_STATE_HOME", in_folder("none"), 1);
    char *const argv[] = {program, (char *)"--no-session", (char *)"--no-config", made, NULL};
    assert_true(pty_start(&p, COLS, ROWS, "xterm-256color", -1, argv));
    assert_true(pty_wait_for(&p, 0, "quit", WAIT));
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        for (const char *const *key = steps[i]; *key; key++) {
            pty_send(&p, *key);
            pty_drain(&p, strcmp(*key, "\033") == 0 ? 150 : 25, 1000);
        }
    size_t before = p.n;
    pty_send(&p, ":open html\r");
    assert_true(pty_wait_for(&p, before, "alert(1)", WAIT));
    save(&p, "s.txt");
    save(&p, "s.ans");
    save(&p, "s.svg");
    save(&p, "s.html");
    pty_send(&p, ":quit\r");
    int status = pty_wait(&p, WAIT);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    check_terminal(&p);
    /* the texts were there, made harmless, and something was copied */
    static const char *const seen[] = {"OWNED", "7777z", "evil", "alert(1)", "\033]52;c;"};
    for (size_t i = 0; i < sizeof seen / sizeof *seen; i++)
        assert_non_null(memmem(p.bytes, p.n, seen[i], strlen(seen[i])));
    pty_end(&p);
    check_file("s.txt", "\n", false);
    check_file("s.ans", "\n\033", false);
    check_file("s.svg", "\n", true);
    check_file("s.html", "\n", true);
}

/* What commands print, for people and for programs: csv is as it is, the rest may be looked at anywhere. */
static void test_output(void **state) {
    static const char *const commands[] = {"types",
                                           "notes",
                                           "goroutines",
                                           "events --stacks",
                                           "allocators",
                                           "allocators --by region",
                                           "delays --by type",
                                           "aftermath",
                                           "ranges",
                                           "types --where type~csi",
                                           "grown --by goroutine"};
    static const char *const formats[] = {"text", "jsonl", "csv"};
    const char *bin = getenv("HEAPREEL_BIN");
    char command[8192];
    (void)state;
    if (!bin)
        skip();
    char *bytes = malloc(OUTPUT);
    assert_non_null(bytes);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        for (size_t f = 0; f < sizeof formats / sizeof *formats; f++) {
            snprintf(command, sizeof command, "LC_ALL=C.UTF-8 '%s' '%s' %s --format %s", bin, made, commands[i],
                     formats[f]);
            FILE *out = popen(command, "r");
            assert_non_null(out);
            size_t n = fread(bytes, 1, OUTPUT, out);
            assert_int_equal(pclose(out), 0);
            assert_true(n < OUTPUT && (n > 0 || i > 3)); /* a report may have no row */
            uint32_t c;
            if (f < 2)
                check_text(commands[i], bytes, n, "\n");
            for (size_t at = 0, len; at < n; at += len)
                assert_true((len = letter((const unsigned char *)bytes + at, n - at, &c)) > 0);
        }
    snprintf(command, sizeof command, "'%s' '%s' perfetto %s >/dev/null", bin, made, in_folder("p.json"));
    assert_int_equal(system(command), 0);
    check_file("p.json", "\n", false);
    free(bytes);
}

/* Walls between panes stand in one column from top to bottom, whatever letters are before them. */
static void test_columns_stay_aligned(void **state) {
    static const char script[] =
        "key Tab 4\nscreen a\ntype :types\nkey Enter\nscreen b\nkey q\ntype :notes\nkey Enter\nscreen c\nkey q\n"
        "type :open title\nkey Enter\nscreen d\n";
    const char *bin = getenv("HEAPREEL_BIN");
    char line[4096], command[8192];
    int walls = -1, seen = 0, rows = 0;
    bool first = false, on = false;
    (void)state;
    if (!bin)
        skip();
    FILE *f = fopen(in_folder("script"), "w");
    assert_non_null(f);
    fputs(script, f);
    fclose(f);
    snprintf(command, sizeof command, "LC_ALL=C.UTF-8 '%s' --no-config --script %s/script --size %dx%d %s", bin, folder,
             COLS, ROWS, made);
    f = popen(command, "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        size_t n = strcspn(line, "\n");
        line[n] = '\0';
        if (strncmp(line, "== ", 3) == 0 || strncmp(line, "-- ", 3) == 0) {
            on = line[0] == '=';
            first = on && line[3] == 'a';
            continue;
        }
        if (!on)
            continue;
        check_text("a screen", line, n, "");
        assert_true(text_width(line, n) <= COLS);
        rows++;
        const char *wall = first ? strstr(line, "\342\224\202") : NULL;
        if (!wall)
            continue;
        int at = (int)text_width(line, (size_t)(wall - line));
        assert_true(walls < 0 || walls == at);
        walls = at;
        seen++;
    }
    assert_int_equal(pclose(f), 0);
    assert_int_equal(rows, 4 * ROWS);
    assert_true(seen > 8);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_trace_is_read),
        cmocka_unit_test(test_each_pane_and_page),
        cmocka_unit_test(test_columns_stay_aligned),
        cmocka_unit_test(test_output),
    };
    return cmocka_run_group_tests(tests, make, drop);
}
