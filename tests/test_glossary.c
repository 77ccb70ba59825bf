/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_glossary.c - no word or number on the screen is without an entry: columns of commands, panes and pages, fields
 * of filters, rows of the timeline, colourings of the map, labels of pages. Whoever adds one adds its entry. Linked
 * without curses. Where Go's sources are, the places that entries name are looked up in them.
 */
#include "core/command.h"
#include "core/filter.h"
#include "core/glossary.h"
#include "core/session.h"
#include "tests/cmocka.h"
#include "tests/fixtures.h"
#include "tui/map.h"
#include "tui/page.h"
#include "tui/timeline.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static int missing;

/* "lasted, live" are two words. */
static void has(const char *where, const char *words) {
    char word[64];
    for (; *words; words += strspn(words, ", ")) {
        size_t n = strcspn(words, ",");
        snprintf(word, sizeof word, "%.*s", (int)n, words);
        words += n;
        if (*word && !glossary_find(word)) {
            print_message("%s: \"%s\" has no entry in core/glossary_table.c\n", where, word);
            missing++;
        }
    }
}

static int none_missing(void **state) {
    (void)state;
    int n = missing;
    missing = 0;
    return n ? -1 : 0;
}

static void test_entries_are_whole(void **state) {
    (void)state;
    const struct glossary_entry *e;
    size_t n = glossary_table(&e);
    assert_non_null(e[0].group);
    for (size_t i = 0; i < n; i++) {
        assert_true(*e[i].word && strlen(e[i].about) > 20 && strlen(e[i].about) < 300);
        assert_int_equal(e[i].about[strlen(e[i].about) - 1], '.');
        assert_ptr_equal(glossary_find(e[i].word), &e[i]); /* no word twice */
        for (const char *s = e[i].about; *s; s++)
            assert_true(*s >= ' ' && *s < 0x7f);
    }
}

static void test_names_lead_to_entries(void **state) {
    (void)state;
    assert_string_equal(glossary_find("Free_Slots")->word, "free");
    assert_string_equal(glossary_find("partial")->word, "nonempty");
    assert_string_equal(glossary_find("FULL")->word, "empty");
    assert_null(glossary_find(""));
    assert_null(glossary_find("fre"));
    assert_null(glossary_find("free,"));
    assert_string_equal(glossary_nearest("nonemtpy"), "nonempty");
}

static void test_columns_of_commands(void **state) {
    (void)state;
    const struct command *c;
    size_t n = command_table(&c);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < c[i].ncols; k++)
            has(c[i].name, c[i].cols[k].name);
    for (size_t k = 0; k < RETURNED_COLUMNS; k++)
        has("returns --by span", returned_columns[k].name);
    for (size_t k = 0; k < CHARGES_COLUMNS; k++)
        has("charged --by event", charges_columns[k].name);
}

static void test_fields_of_filters(void **state) {
    (void)state;
    const struct filter_domain *const domains[] = {&filter_events, &filter_spans, narrow_domains[NARROW_TYPES],
                                                   narrow_domains[NARROW_CLASSES], narrow_domains[NARROW_CYCLES]};
    for (size_t d = 0; d < sizeof domains / sizeof *domains; d++)
        for (size_t i = 0; i < domains[d]->n; i++) {
            has("filter", domains[d]->fields[i].name);
            for (const char *const *v = domains[d]->fields[i].values; v && *v; v++)
                has(domains[d]->fields[i].name, *v);
        }
}

static void test_rows_of_the_timeline_and_colourings(void **state) {
    (void)state;
    for (int i = 0; i < TIMELINE_ROWS; i++)
        has("timeline", timeline_row_name((enum timeline_row)i));
    for (int i = 0; i < COLOURINGS; i++)
        has("map", map_colouring_name((enum map_colouring)i));
    for (int i = 0; i < PHASE_LIMIT; i++)
        has("phase", gc_phase_name((enum gc_phase)i));
    for (int i = 0; i < PROC_STATES; i++)
        has("P", proc_state_name((enum proc_state)i));
}

/* ------------------------------------------------------------------ panes and pages of a recording */

static void words_lead(const char *where, const char *const *words) {
    assert_non_null(words);
    for (; *words; words++)
        has(where, *words);
}

static void columns_lead(const char *where, const struct rows_source *s) {
    for (int i = 0; s && i < s->ncols; i++)
        has(where, s->cols[i].name);
}

/* What stands at the begin of a line, in the colour of labels. */
static void labels_lead(const struct page *p) {
    int line = -1;
    for (size_t i = 0; i < p->doc.n; i++) {
        char word[64];
        const struct doc_run *r = &p->doc.runs[i];
        if (r->line == line || r->role != ROLE_DIM)
            continue;
        line = r->line;
        snprintf(word, sizeof word, "%s", p->doc.text + r->at);
        for (size_t n = strlen(word); n > 0 && word[n - 1] == ' '; n--)
            word[n - 1] = '\0';
        if (strlen(word) < 20) /* else it is a sentence */
            has(p->ops->name, word);
    }
}

static void test_panes_and_pages(void **state) {
    (void)state;
    struct trace_error err;
    struct explorer x;
    struct sheet sheet = {0};
    reel *r = reel_open(fixture_path("mapchurn-1.26"), NULL, &err);
    assert_non_null(r);
    assert_true(explorer_init(&x, r, "x") && sheet_resize(&sheet, 160, 60));
    while (explorer_load(&x, 0))
        ;
    explorer_go(&x, explorer_end(&x) / 2);
    explorer_mark(&x, MARK_A);
    explorer_go(&x, explorer_end(&x) * 3 / 4);
    explorer_select_event(&x);
    for (int i = 0; i < PANES; i++) {
        struct view v = {.ops = view_table[i], .x = &x, .data = calloc(1, view_table[i]->size + 1)};
        words_lead(v.ops->name, v.ops->words);
        if (v.ops->rows)
            columns_lead(v.ops->name, v.ops->rows(&v)->source);
        if (v.ops->done)
            v.ops->done(&v);
        free(v.data);
    }
    const uint64_t ids[LINK_KINDS] = {[LINK_SPAN] = x.span, [LINK_BUCKET] = x.addr, [LINK_TYPE] = 2,
                                      [LINK_CYCLE] = 2,     [LINK_CLASS] = 15,      [LINK_GOROUTINE] = 1};
    for (int kind = 0; kind < LINK_KINDS; kind++) {
        struct page page = {0};
        struct pen pen = pen_on(&sheet, (struct rect){.w = 160, .h = 60});
        const struct page_ops *ops = page_ops_of((enum link_kind)kind);
        if (!ops)
            continue;
        assert_true(page_open(&page, &x, link_to((enum link_kind)kind, ids[kind])));
        columns_lead(ops->name, ops->rows);
        if (kind != LINK_ROWS)
            words_lead(ops->name, ops->words);
        page_draw(&page, &pen);
        labels_lead(&page);
        page_close(&page);
    }
    sheet_free(&sheet);
    explorer_free(&x);
    reel_close(&r);
}

/* ------------------------------------------------------------------ Go's sources */

static bool in_file(const char *path, const char *word) {
    char line[4096];
    size_t n = strlen(word);
    FILE *f = fopen(path, "r");
    bool found = false;
    while (f && !found && fgets(line, sizeof line, f))
        for (const char *at = line; !found && (at = strstr(at, word)) != NULL; at += n)
            found = !(at > line && (isalnum((unsigned char)at[-1]) || at[-1] == '_')) &&
                    !isalnum((unsigned char)at[n]) && at[n] != '_';
    if (f)
        fclose(f);
    return found;
}

/* Where Go 1.26's sources are; false: not here. */
static bool go_sources(char *dst, size_t cap) {
    char version[64] = "", root[2048] = "";
    FILE *f = popen("cd / && GOTOOLCHAIN=local go env GOVERSION GOROOT 2>/dev/null", "r");
    bool ok = f && fgets(version, sizeof version, f) && fgets(root, sizeof root, f);
    if (f)
        pclose(f);
    root[strcspn(root, "\n")] = '\0';
    snprintf(dst, cap, "%s/src", root);
    return ok && strncmp(version, "go1.26", 6) == 0;
}

static void test_places_in_go(void **state) {
    (void)state;
    const struct glossary_entry *e;
    char src[2100];
    size_t n = glossary_table(&e);
    if (!go_sources(src, sizeof src))
        skip();
    for (size_t i = 0; i < n; i++) {
        char path[4096];
        const char *colon = e[i].source ? strstr(e[i].source, ": ") : NULL;
        if (!e[i].source)
            continue;
        assert_non_null(colon);
        snprintf(path, sizeof path, "%s/%.*s", src, (int)(colon - e[i].source), e[i].source);
        if (!in_file(path, colon + 2))
            fail_msg("%s: %s is not there", e[i].word, e[i].source);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_entries_are_whole),
        cmocka_unit_test(test_names_lead_to_entries),
        cmocka_unit_test_teardown(test_columns_of_commands, none_missing),
        cmocka_unit_test_teardown(test_fields_of_filters, none_missing),
        cmocka_unit_test_teardown(test_rows_of_the_timeline_and_colourings, none_missing),
        cmocka_unit_test_teardown(test_panes_and_pages, none_missing),
        cmocka_unit_test(test_places_in_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
