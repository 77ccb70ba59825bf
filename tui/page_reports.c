/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * page_reports.c - the list of reports: what each one tells; Enter asks it.
 */
#include "tui/answers.h"
#include "tui/page.h"

#include <stdlib.h>
#include <string.h>

enum { COL_QUESTION, COL_NAME, COL_ABOUT, COLS };

static const struct table_column columns[COLS] = {[COL_QUESTION] = {"", 4, 7, true, 0},
                                                  [COL_NAME] = {"report", 11, 9, true, 0},
                                                  [COL_ABOUT] = {"what it tells", 0, 8, true, 20}};

static void title(struct page *p, char *dst, size_t cap) {
    (void)p;
    snprintf(dst, cap, "on what happens to memory");
}

static void head(struct page *p, struct doc *d, int width) {
    (void)p;
    (void)width;
    char key[KEY_NAME];
    doc_text(d, ROLE_DIM, "%s asks one. At the prompt they take options: :delays --by type --from gc:2;",
             keys_for(ACT_ENTER, IN_PAGE, key));
    doc_line(d);
    doc_text(d, ROLE_DIM, ":help delays tells which, and what its columns are.");
    doc_line(d);
}

/* NULL: no report is there. */
static const struct command *command_at(uint64_t id) {
    const struct command *table;
    return id < command_table(&table) && table[id].question ? &table[id] : NULL;
}

static size_t more(void *arg, uint64_t *at, uint64_t *ids, size_t max) {
    const struct command *table;
    size_t got = 0, n = command_table(&table);
    (void)arg;
    for (; got < max && *at < n; ++*at)
        if (command_at(*at))
            ids[got++] = *at;
    return got;
}

static int64_t key(void *arg, uint64_t id, int col) {
    const struct command *c = command_at(id);
    (void)arg;
    if (!c)
        return 0;
    if (col == COL_QUESTION)
        return strtol(c->question + 1, NULL, 10);
    const char *words = col == COL_NAME ? c->name : c->about;
    return rows_text_key((text){words, strlen(words)});
}

static int tie(void *arg, int col, uint64_t a, uint64_t b) {
    const struct command *x = command_at(a), *y = command_at(b);
    (void)arg;
    return x && y ? strcmp(col == COL_ABOUT ? x->about : x->name, col == COL_ABOUT ? y->about : y->name) : 0;
}

static enum role fill(void *arg, uint64_t id, struct table_cell *cells) {
    const struct command *c = command_at(id);
    (void)arg;
    if (!c)
        return ROLE_DIM;
    snprintf(cells[COL_QUESTION].text, TABLE_TEXT, "%s", c->question);
    snprintf(cells[COL_NAME].text, TABLE_TEXT, "%s", c->name);
    snprintf(cells[COL_ABOUT].text, TABLE_TEXT, "%s", c->about);
    cells[COL_NAME].role = ROLE_STRONG;
    return ROLE_TEXT;
}

static const struct rows_source source = {.cols = columns,
                                          .ncols = COLS,
                                          .least_first = 1u << COL_QUESTION | 1u << COL_NAME | 1u << COL_ABOUT,
                                          .more = more,
                                          .key = key,
                                          .tie = tie,
                                          .fill = fill};

/* One about two instants takes mark A for the first, where it is set before the cursor. */
static const char *question(const struct explorer *x, const struct command *c, char line[64]) {
    if (!c->between || !x->a.set || x->a.at.t > x->now.t)
        return c->name;
    snprintf(line, 64, "%s --since %lld.%09llds", c->name, (long long)(x->a.at.t / 1000000000),
             (long long)(x->a.at.t % 1000000000));
    return line;
}

/* One that needs an argument is about what is selected. */
static struct link follow(struct page *p, uint64_t id) {
    const struct command *c = command_at(id);
    char line[64];
    uint64_t number;
    if (!c)
        return link_to(LINK_NONE, 0);
    if (c->args[0] && c->args[0] != '[') {
        if (p->x->selected)
            return link_to(LINK_BUCKET, p->x->addr);
        explorer_say(p->x, ROLE_WARN, "no bucket is selected: / finds one, or :%s %s", c->name, c->args);
        return link_to(LINK_NONE, 0);
    }
    if (answers_ask(p->x->answers, question(p->x, c, line), p->x->now.t, &number))
        return answer_link(number);
    explorer_say(p->x, ROLE_ERROR, "out of memory");
    return link_to(LINK_NONE, 0);
}

static const char *const words[] = {"report", NULL};

const struct page_ops reports_page = {.name = "reports",
                                      .words = words,
                                      .title = title,
                                      .head = head,
                                      .rows = &source,
                                      .sort = COL_QUESTION,
                                      .follow = follow};
