/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_conf.c - the configuration's language: what it sets and binds, what it refuses and that all else stays, that
 * what is written reads back the same; random lines never break the map of keys. Linked without curses.
 */
#include "tests/cmocka.h"
#include "tui/conf.h"
#include "tui/keys.h"
#include "tui/map.h"
#include "tui/theme.h"
#include "tui/timeline.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct settings set;
static char why[CONFIG_WHY];

static bool line(const char *words) {
    return config_line(&set, words, why);
}

static int begin(void **state) {
    (void)state;
    settings_usual(&set);
    keys_reset();
    return 0;
}

static int end(void **state) {
    (void)state;
    keys_reset();
    return 0;
}

/* ------------------------------------------------------------------ settings */

static void test_sets(void **state) {
    (void)state;
    assert_true(line("set theme dark"));
    assert_int_equal(set.value[SET_THEME], THEME_DARK);
    assert_true(line("  set\tmouse off  # with words behind"));
    assert_int_equal(set.value[SET_MOUSE], 0);
    assert_true(line("set layout stack"));
    assert_int_equal(set.value[SET_LAYOUT], LAYOUT_STACK);
    assert_true(line("set rows heap,phase"));
    assert_int_equal(set.value[SET_ROWS], 1 << ROW_HEAP | 1 << ROW_PHASE);
    assert_true(line("set map-colour age"));
    assert_int_equal(set.value[SET_MAP], COLOUR_AGE);
    assert_true(line("set film-speed 1.5 ms"));
    assert_int_equal(set.value[SET_FILM_SPEED], 1500000);
    assert_true(line("set pictures 5"));
    assert_int_equal(set.value[SET_PICTURES], 5);
    assert_true(line("# set mouse on") && line("") && line("   "));
    assert_int_equal(set.value[SET_MOUSE], 0);
}

/* Whatever makes no sense leaves everything as it was, and says why. */
static void test_refuses(void **state) {
    (void)state;
    static const char *const wrong[] = {
        "set",
        "set theme",
        "set theme # dark",
        "set theme purple",
        "set theme dark light",
        "set nothing on",
        "set pictures 0",
        "set pictures 61",
        "set pictures 5x",
        "set film-speed -1",
        "set film-speed 5%",
        "set film-speed end",
        "set film-speed 99999999s",
        "set rows heap,,phase",
        "set rows heap,nonsense",
        "bind",
        "bind panes",
        "bind panes x",
        "bind panes x # faster",
        "bind panes x nonsense",
        "bind panes x faster slower",
        "bind nowhere x faster",
        "bind panes,nowhere x faster",
        "bind panes NoKey faster",
        "bind panes F13 faster",
        "bind panes x :",
        "bind timeline x coarser",
        "unbind panes",
        "unbind panes ~",
        "unbind panes x y",
        "sett theme dark",
        "\033[31mset",
    };
    struct settings before = set;
    char *words = NULL;
    size_t len = 0;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_false(line(wrong[i]));
        assert_true(strlen(why) > 8 && !strchr(why, '\033') && !strchr(why, '\n'));
    }
    assert_memory_equal(&before, &set, sizeof set);
    FILE *out = open_memstream(&words, &len);
    keys_write(out);
    fclose(out);
    assert_null(strstr(words, "unbind"));
    free(words);
}

static void test_suggests(void **state) {
    (void)state;
    assert_false(line("bind panes x cycle-nxt"));
    assert_non_null(strstr(why, "cycle-next"));
    assert_false(line("set theem dark"));
    assert_non_null(strstr(why, "theme"));
    assert_false(line("bnid panes x faster"));
    assert_non_null(strstr(why, "bind"));
}

/* ------------------------------------------------------------------ keys */

static void test_binds(void **state) {
    (void)state;
    char name[KEY_NAME];
    assert_int_equal(keys_find('n', IN_TIMELINE), ACT_SEARCH_NEXT);
    assert_true(line("bind timeline n cycle-next"));
    assert_int_equal(keys_find('n', IN_TIMELINE), ACT_CYCLE_NEXT);
    assert_int_equal(keys_find('n', IN_MAP), ACT_SEARCH_NEXT);
    assert_int_equal(keys_find(']', IN_TIMELINE), ACT_CYCLE_NEXT);
    assert_string_equal(keys_for(ACT_CYCLE_NEXT, IN_TIMELINE, name), "n");
    assert_string_equal(keys_for(ACT_CYCLE_NEXT, IN_MAP, name), "]");
    assert_true(line("unbind all n"));
    for (unsigned pane = 1; pane <= IN_ALL; pane <<= 1)
        assert_int_equal(keys_find('n', pane), ACT_NONE);
    assert_string_equal(keys_for(ACT_SEARCH_NEXT, IN_MAP, name), "(no key)");
    assert_true(line("bind all F12 search-next"));
    assert_int_equal(keys_find(KEY_CODE_F12, IN_MAP), ACT_SEARCH_NEXT);
    assert_true(line("bind map,span PgUp help"));
    assert_int_equal(keys_find(KEY_CODE_PAGE_UP, IN_SPAN), ACT_HELP);
    assert_int_equal(keys_find(KEY_CODE_PAGE_UP, IN_PAGER), ACT_PAGE_UP);
}

/* "all" is for the panes where the action means something; elsewhere the key keeps what it did. */
static void test_binds_where_it_makes_sense(void **state) {
    (void)state;
    assert_true(line("bind all q coarser"));
    assert_int_equal(keys_find('q', IN_MAP), ACT_COARSER);
    assert_int_equal(keys_find('q', IN_TYPES), ACT_QUIT);
}

static void test_binds_lines(void **state) {
    (void)state;
    assert_true(line("bind panes F5 :types --sort bytes # is no comment here"));
    const struct binding *b = keys_row(KEY_CODE_F1 + 4, IN_MAP);
    assert_true(b && b->action == ACT_LINE);
    assert_string_equal(b->help, "types --sort bytes # is no comment here");
    assert_null(keys_row(KEY_CODE_F1 + 4, IN_PAGER));
    assert_true(line("bind map F5 zoom-in"));
    assert_int_equal(keys_find(KEY_CODE_F1 + 4, IN_MAP), ACT_ZOOM_IN);
    assert_int_equal(keys_find(KEY_CODE_F1 + 4, IN_SPAN), ACT_LINE);
    assert_true(line("unbind panes F5"));
    assert_null(keys_row(KEY_CODE_F1 + 4, IN_SPAN));
}

static void test_seven_keys(void **state) {
    (void)state;
    static const char *const more[] = {"F2", "F3", "F4", "F5", "F6", "F7", "F8"};
    char words[64];
    for (int i = 0; i < 7; i++) {
        snprintf(words, sizeof words, "bind panes %s play", more[i]);
        assert_true(line(words));
    }
    for (int i = 1; i < 7; i++)
        assert_int_equal(keys_find(keys_from_name(more[i]), IN_MAP), ACT_PLAY);
    assert_int_equal(keys_find(KEY_CODE_F1 + 1, IN_MAP), ACT_NONE); /* the oldest of them went */
}

/* ------------------------------------------------------------------ writing and reading back */

enum { KEYS_TRIED = 127 + 32 };
static int key_tried(int i) {
    return i < 127 ? i + 1 : KEY_CODE_UP + i - 127;
}

/* What every key does everywhere, as one block of numbers. */
static void take_map(uint8_t (*map)[16]) {
    for (int i = 0; i < KEYS_TRIED; i++)
        for (int p = 0; p < 16; p++)
            map[i][p] = (uint8_t)keys_find(key_tried(i), 1u << p);
}

static void read_back(const char *words) {
    char *copy = strdup(words), *save = NULL;
    settings_usual(&set);
    keys_reset();
    for (char *l = strtok_r(copy, "\n", &save); l; l = strtok_r(NULL, "\n", &save))
        if (!config_line(&set, l, why))
            fail_msg("%s: %s", l, why);
    free(copy);
}

static char *written(void) {
    char *words = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&words, &len);
    config_write(out, &set);
    fclose(out);
    return words;
}

static void check_reads_back(void) {
    static uint8_t before[KEYS_TRIED][16], after[KEYS_TRIED][16];
    struct settings was = set;
    take_map(before);
    char *words = written();
    read_back(words);
    take_map(after);
    assert_memory_equal(before, after, sizeof before);
    assert_memory_equal(was.value, set.value, sizeof set.value);
    free(words);
}

static void test_reads_back(void **state) {
    (void)state;
    check_reads_back();
    char *usual = written();
    read_back(usual);
    char *again = written();
    assert_string_equal(usual, again); /* the table alone, unsplit */
    free(usual);
    free(again);
    assert_true(line("set theme light") && line("set film-speed 20us") && line("set rows none"));
    assert_true(line("bind timeline n cycle-next") && line("unbind lists,page Enter") && line("bind all # help"));
    assert_true(line("bind map : quit") && line("bind panes F9 :spans --where \"free>50%\""));
    check_reads_back();
}

/* ------------------------------------------------------------------ random lines */

static uint32_t seed = 1;
static uint32_t next_number(uint32_t n) {
    seed = seed * 1103515245 + 12345;
    return (seed >> 16) % n;
}

/* No key has two rows in one pane, and each action of the table still has its rows. */
static void check_map(void) {
    const struct binding *b, *usual;
    size_t n = keys_table(&b), m = keys_usual(&usual);
    for (size_t i = 0; i < n; i++)
        for (int k = 0; k < KEYS_MAX && b[i].key[k]; k++)
            for (unsigned pane = 1; pane <= IN_ALL; pane <<= 1)
                assert_true(!(b[i].panes & pane) || keys_row(b[i].key[k], pane) == &b[i]);
    for (size_t i = 0; i < m; i++) {
        unsigned left = usual[i].panes;
        for (size_t k = 0; k < n; k++)
            if (b[k].action == usual[i].action)
                left &= ~(unsigned)b[k].panes;
        assert_int_equal(left, 0);
    }
    assert_true(n < 2000);
}

static void test_random_lines(void **state) {
    (void)state;
    static const char *const panes[] = {"all",      "panes", "map",   "span,bucket", "lists",
                                        "timeline", "pager", "types", "page",        "map,pager"};
    for (int round = 0; round < 3000; round++) {
        char words[160], key[KEY_NAME];
        keys_name(key_tried((int)next_number(KEYS_TRIED)), key);
        const char *where = panes[next_number(10)];
        const char *action = action_name((enum action)(1 + next_number(ACT_LINE - 1)));
        uint32_t what = next_number(8);
        if (what < 5)
            snprintf(words, sizeof words, "bind %s %s %s", where, key, action);
        else if (what < 7)
            snprintf(words, sizeof words, "unbind %s %s", where, key);
        else
            snprintf(words, sizeof words, "bind %s %s :summary", where, key);
        line(words);
        if (round % 100 == 0)
            check_map();
    }
    check_map();
    check_reads_back();
}

/* ------------------------------------------------------------------ files */

static void write_file(const char *path, const char *bytes, size_t n) {
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    assert_int_equal(fwrite(bytes, 1, n, out), n);
    fclose(out);
}

static void test_files(void **state) {
    (void)state;
    static const char bytes[] =
        "# mine\r\nset theme mono\r\nset theme nonsense\nbind map ~ up\nset mo\0se off\nset mouse off";
    char path[] = "/tmp/heapreel-conf-XXXXXX", first[64];
    struct config_notes notes = {.n = 0};
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    write_file(path, bytes, sizeof bytes - 1);
    config_read(&set, path, true, &notes);
    assert_int_equal(set.value[SET_THEME], THEME_MONO);
    assert_int_equal(set.value[SET_MOUSE], 0); /* the last line needs no newline */
    assert_int_equal(keys_find('~', IN_MAP), ACT_UP);
    assert_int_equal(notes.n, 2);
    snprintf(first, sizeof first, "%s:3: ", path);
    assert_int_equal(strncmp(notes.line[0], first, strlen(first)), 0);
    assert_non_null(strstr(notes.line[0], "stays mono"));
    assert_non_null(strstr(notes.line[1], ":5: "));
    config_notes_free(&notes);

    static char many[3 << 20];
    memset(many, 'x', sizeof many);
    write_file(path, many, sizeof many);
    config_read(&set, path, true, &notes);
    assert_int_equal(notes.n, 1);
    config_notes_free(&notes);
    for (size_t i = 1; i < sizeof many; i += 2)
        many[i] = '\n';
    write_file(path, many, 1000);
    config_read(&set, path, true, &notes);
    assert_int_equal(notes.n, CONFIG_NOTES);
    assert_int_equal(notes.more, 500 - CONFIG_NOTES);
    config_notes_free(&notes);
    unlink(path);
    config_read(&set, path, false, &notes);
    assert_int_equal(notes.n, 0);
    config_read(&set, path, true, &notes);
    config_read(&set, "/tmp", false, &notes);
    assert_int_equal(notes.n, 2);
    config_notes_free(&notes);
}

static void test_path(void **state) {
    (void)state;
    setenv("XDG_CONFIG_HOME", "/x", 1);
    setenv("HOME", "/h", 1);
    char *path = config_path();
    assert_string_equal(path, "/x/heapreel/config");
    free(path);
    setenv("XDG_CONFIG_HOME", "relative", 1); /* the XDG specification: such a path is to be ignored */
    path = config_path();
    assert_string_equal(path, "/h/.config/heapreel/config");
    free(path);
}

/* Every word that completion offers makes a line that is taken. */
static void test_completion(void **state) {
    (void)state;
    char words[200];
    const char *name, *value, *action;
    for (size_t i = 0; (name = config_word("set ", 1, i)) != NULL; i++) {
        snprintf(words, sizeof words, "set %s ", name);
        for (size_t k = 0; (value = config_word(words, 2, k)) != NULL; k++) {
            char full[240];
            snprintf(full, sizeof full, "%s%s", words, value);
            assert_true(line(full));
        }
    }
    for (size_t i = 0; (action = config_word("bind all x ", 3, i)) != NULL; i++) {
        snprintf(words, sizeof words, "bind all x %s", action);
        assert_true(line(words));
    }
    assert_null(config_word("summary ", 1, 0));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_sets, begin, end),
        cmocka_unit_test_setup_teardown(test_refuses, begin, end),
        cmocka_unit_test_setup_teardown(test_suggests, begin, end),
        cmocka_unit_test_setup_teardown(test_binds, begin, end),
        cmocka_unit_test_setup_teardown(test_binds_where_it_makes_sense, begin, end),
        cmocka_unit_test_setup_teardown(test_binds_lines, begin, end),
        cmocka_unit_test_setup_teardown(test_seven_keys, begin, end),
        cmocka_unit_test_setup_teardown(test_reads_back, begin, end),
        cmocka_unit_test_setup_teardown(test_random_lines, begin, end),
        cmocka_unit_test_setup_teardown(test_files, begin, end),
        cmocka_unit_test_setup_teardown(test_path, begin, end),
        cmocka_unit_test_setup_teardown(test_completion, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
