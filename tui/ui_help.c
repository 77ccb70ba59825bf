/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ui_help.c - the glossary in the help pane, and which of its words are about the pane in focus: what is selected
 * there first, then its columns and labels.
 */
#include "core/glossary.h"
#include "tui/timeline.h"
#include "tui/ui.h"

#include <stdlib.h>
#include <string.h>

enum { HERE_MAX = 48 };

/* Entries about what is in view, each once. */
struct here {
    const struct glossary_entry *at[HERE_MAX];
    size_t n;
};

static void add(struct here *h, const char *word) {
    const struct glossary_entry *e = word ? glossary_find(word) : NULL;
    for (size_t i = 0; e && i < h->n; i++)
        if (h->at[i] == e)
            return;
    if (e && h->n < HERE_MAX)
        h->at[h->n++] = e;
}

static void add_all(struct here *h, const char *const *words) {
    for (; words && *words; words++)
        add(h, *words);
}

/* ------------------------------------------------------------------ what is in view */

/* The column that rows go by, then the others. */
static void add_columns(struct here *h, const struct rows *r) {
    if (!r->source)
        return;
    if (r->sort < r->source->ncols) /* a report that isn't computed yet has no columns */
        add(h, r->source->cols[r->sort].name);
    for (int i = 0; i < r->source->ncols; i++)
        if (r->table.w[i] > 0)
            add(h, r->source->cols[i].name);
}

/* What the selected span is, and where. */
static void add_selection(struct here *h, const struct explorer *x) {
    const struct span *s = x->span == NO_ID ? NULL : reel_span(x->reel, x->span);
    if (!s)
        return;
    add(h, "span");
    if (s->kind != SPAN_HEAP) {
        add(h, span_kind_name((enum span_kind)s->kind));
        return;
    }
    add(h, s->class ? "size class" : "large");
    add(h, s->noscan ? "noscan" : "scan");
    add(h, x->state.place == PLACE_NONE ? NULL : place_name((enum place)x->state.place));
    add(h, x->state.swept == KNOWN_NO ? "unswept" : "swept");
    add(h, x->state.sure ? NULL : "sure");
    static const char *const states[] = {[SLOT_FREE] = "free", [SLOT_LIVE] = "live", [SLOT_UNKNOWN] = "unknown"};
    add(h, states[frame_slot(x->frame, x->span, x->slot)]);
}

static void add_timeline(struct here *h, const struct explorer *x) {
    uint32_t gc;
    add(h, "cursor");
    add(h, gc_phase_name(reel_phase(x->reel, x->now.t, &gc)));
    for (int i = 0; i < TIMELINE_ROWS; i++)
        if (x->rows >> i & 1)
            add(h, i == ROW_HEAP ? "heap live" : timeline_row_name((enum timeline_row)i));
    add(h, x->find ? "match" : NULL);
}

static void add_pane(struct here *h, struct ui *u) {
    struct view *v = &u->view[u->focus];
    if (u->focus == PANE_TIMELINE)
        add_timeline(h, &u->x);
    else if (u->focus == PANE_MAP || u->focus == PANE_SPAN)
        add_selection(h, &u->x);
    if (v->ops->rows)
        add_columns(h, v->ops->rows(v));
    add_all(h, v->ops->words);
    add(h, u->x.a.set ? "mark A" : NULL);
}

/* Labels at the begin of a page's lines. */
static void add_labels(struct here *h, const struct doc *d) {
    int line = -1;
    for (size_t i = 0; i < d->n; i++) {
        char word[32];
        const struct doc_run *r = &d->runs[i];
        if (r->line == line)
            continue;
        line = r->line;
        snprintf(word, sizeof word, "%s", d->text + r->at);
        for (size_t n = strlen(word); n > 0 && word[n - 1] == ' '; n--)
            word[n - 1] = '\0';
        add(h, word);
    }
}

static void add_page(struct here *h, struct page *p) {
    add(h, p->ops->name);
    add_all(h, p->ops->words);
    add_labels(h, &p->doc);
    add_columns(h, &p->rows);
}

/* ------------------------------------------------------------------ the pane of the glossary */

/* Words broken at blanks into lines of `width` columns; they are ASCII. */
static void put_wrapped(struct pager *p, enum role role, int width, const char *words) {
    char line[256];
    while (*words) {
        size_t n = strlen(words), most = width < 20 ? 20 : width > 100 ? 100 : (size_t)width;
        if (n > most)
            for (n = most; n > 1 && words[n] != ' '; n--)
                ;
        int len = snprintf(line, sizeof line, "    %.*s", (int)n, words);
        pager_add(p, role, 0, line, (size_t)len);
        words += n + strspn(words + n, " ");
    }
}

static void put_entry(struct pager *p, int width, const struct glossary_entry *e) {
    char line[160];
    size_t len = strlen(e->word) + 2;
    snprintf(line, sizeof line, "  %s%s%s", e->word, e->source ? "    Go: " : "", e->source ? e->source : "");
    pager_add(p, ROLE_DIM, (int)len, line, strlen(line));
    put_wrapped(p, ROLE_TEXT, width - 6, e->about);
    if (*e->names) {
        char names[512];
        snprintf(names, sizeof names, "also: %s", e->names);
        put_wrapped(p, ROLE_DIM, width - 6, names);
    }
}

static void put_title(struct pager *p, const char *title) {
    if (p->n > 0)
        pager_add(p, ROLE_TEXT, 0, "", 0);
    pager_add(p, ROLE_TITLE, 0, title, strlen(title));
}

static void put_all(struct pager *p, int width) {
    const struct glossary_entry *e;
    size_t n = glossary_table(&e);
    for (size_t i = 0; i < n; i++) {
        if (e[i].group)
            put_title(p, e[i].group);
        put_entry(p, width, &e[i]);
    }
}

void ui_help(struct ui *u, enum pager_help what) {
    struct pager *p = &u->pager;
    struct here h = {.n = 0};
    char title[96];
    bool page = page_is_open(&u->page);
    if (what == HELP_KEYS) {
        pager_show_keys(p, page ? (unsigned)IN_PAGE : 1u << u->focus, u->sheet.cols - 1);
        return;
    }
    p->open = false;
    ui_draw(u); /* what is in view tells which words count */
    pager_start(p, what == HELP_WHAT ? "what is this?" : "glossary");
    p->help = (uint8_t)what;
    if (what == HELP_GLOSSARY) {
        put_all(p, u->sheet.cols);
        return;
    }
    if (page)
        add_page(&h, &u->page);
    else
        add_pane(&h, u);
    snprintf(title, sizeof title, "In the %s %s, as it is now", page ? u->page.ops->name : u->view[u->focus].ops->name,
             page ? "page" : "pane");
    put_title(p, title);
    for (size_t i = 0; i < h.n; i++)
        put_entry(p, u->sheet.cols, h.at[i]);
}
