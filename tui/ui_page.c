/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ui_page.c - the page over the panes: following links, back and forward. The timeline stays in view above it where
 * there is room.
 */
#include "tui/answers.h"
#include "tui/ui.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct rect ui_page_rect(const struct ui *u) {
    struct rect r = u->panes.body, t = u->panes.pane[PANE_TIMELINE];
    if (rect_empty(t) || t.y != r.y || t.w != r.w || t.h > r.h / 2)
        return r;
    return (struct rect){.x = r.x, .y = r.y + t.h, .w = r.w, .h = r.h - t.h};
}

/* ------------------------------------------------------------------ where the person is */

struct visit ui_present(const struct ui *u) {
    struct visit v = {.page = page_is_open(&u->page) ? u->page.link : link_to(LINK_NONE, 0),
                      .focus = (uint8_t)u->focus,
                      .selected = u->x.selected,
                      .addr = u->x.addr,
                      .t = u->x.now.t,
                      .pos = u->x.now.pos,
                      .place.row = ROWS_NONE};
    if (page_is_open(&u->page))
        v.place = page_place(&u->page);
    return v;
}

void ui_leave(struct ui *u) {
    struct visit v = ui_present(u);
    visits_leave(&u->visits, &v);
}

/* ------------------------------------------------------------------ following links */

static void select_of(struct explorer *x, struct link to) {
    if (to.kind == LINK_TYPE)
        x->map_type = (uint32_t)to.id;
    if (to.kind == LINK_BUCKET)
        explorer_select(x, to.id);
    else if (to.kind == LINK_SPAN && x->span != to.id)
        explorer_select(x, reel_page_address(x->reel, reel_span(x->reel, (uint32_t)to.id)->page));
}

/* A phase fills the timeline, with a little of what is around it. */
static void show_phase(struct explorer *x, uint64_t cycle, unsigned phase) {
    const struct cycle *c;
    if (cycle >= reel_cycles(x->reel, &c) || c[cycle].phase[phase][0] == NO_TIME)
        return;
    int64_t from = c[cycle].phase[phase][0], to = c[cycle].phase[phase][1];
    to = to == NO_TIME ? explorer_end(x) : to;
    int64_t around = (to - from) / 16 + 1;
    if (explorer_go(x, from))
        explorer_window(x, from - around, to + around);
}

void ui_follow(struct ui *u, struct link to) {
    if (to.kind == LINK_REPORT)
        to = answers_settle(u->x.answers, to, u->x.now.t);
    if (page_is_open(&u->page) && to.kind != LINK_NONE && link_equal(u->page.link, to))
        explorer_say(&u->x, ROLE_TEXT, "that is this page");
    if (to.kind == LINK_NONE || (page_is_open(&u->page) && link_equal(u->page.link, to)))
        return;
    if (to.kind == LINK_ROW) {
        u->x.rows ^= 1u << to.id;
        return;
    }
    struct visit from = ui_present(u);
    if (to.kind == LINK_TIME) {
        explorer_go(&u->x, (int64_t)to.id);
    } else if (to.kind == LINK_PHASE) {
        show_phase(&u->x, to.id / PHASE_LIMIT, (unsigned)(to.id % PHASE_LIMIT));
    } else if (to.kind == LINK_POS) {
        char words[200];
        explorer_go_pos(&u->x, to.id);
        explorer_say(&u->x, ROLE_TEXT, "%s", explorer_fact(&u->x, to.id, words, sizeof words));
    } else if (page_open(&u->page, &u->x, to)) {
        select_of(&u->x, to);
    } else {
        explorer_say(&u->x, ROLE_ERROR, "that page can't be opened: out of memory");
        return;
    }
    visits_leave(&u->visits, &from);
}

void ui_close_page(struct ui *u) {
    ui_leave(u);
    page_close(&u->page);
}

/* ------------------------------------------------------------------ back and forward */

static void return_to(struct ui *u, const struct visit *v) {
    explorer_go_cursor(&u->x, (struct cursor){.t = v->t, .pos = v->pos});
    if (v->selected)
        explorer_select(&u->x, v->addr);
    if (v->page.kind == LINK_NONE)
        page_close(&u->page);
    else if (page_is_open(&u->page) && link_equal(u->page.link, v->page))
        page_go(&u->page, &v->place);
    else if (page_open(&u->page, &u->x, v->page))
        page_go(&u->page, &v->place);
    u->x.want_focus = (enum pane)v->focus;
}

void ui_back(struct ui *u, int forward) {
    struct visit now = ui_present(u), to;
    bool any = forward ? visits_forward(&u->visits, &now, &to) : visits_back(&u->visits, &now, &to);
    if (any)
        return_to(u, &to);
    else
        explorer_say(&u->x, ROLE_WARN, forward ? "nothing lies ahead" : "nothing lies behind");
}

/* ------------------------------------------------------------------ by name */

static bool find_cycle(const struct explorer *x, unsigned long gc, struct link *to) {
    const struct cycle *c;
    size_t n = reel_cycles(x->reel, &c);
    for (size_t i = 0; i < n; i++)
        if (c[i].gc == gc) {
            *to = link_to(LINK_CYCLE, i);
            return true;
        }
    return false;
}

/* The type of that name, else the one with most live bytes whose name has it in it. */
static bool find_type(const struct explorer *x, const char *word, struct link *to) {
    uint64_t most = 0;
    size_t len = strlen(word);
    bool found = false;
    for (uint32_t i = 0; i < reel_types(x->reel) && len > 0; i++) {
        text name = reel_type(x->reel, i)->name;
        if (name.len < len || !memmem(name.ptr, name.len, word, len))
            continue;
        uint64_t bytes = frame_type(x->frame, i).bytes;
        if (name.len == len || !found || bytes > most) {
            *to = link_to(LINK_TYPE, i);
            most = bytes;
            found = true;
        }
        if (name.len == len)
            break;
    }
    return found;
}

bool ui_find_page(struct ui *u, const char *word, struct link *to) {
    uint64_t addr;
    unsigned n;
    char rest[16] = "";
    if (strcmp(word, "cycles") == 0) {
        const struct cycle *c;
        *to = link_to(LINK_CYCLE, CYCLE_NOW);
        return reel_cycles(u->x.reel, &c) > 0;
    }
    if (sscanf(word, "gc:%u", &n) == 1 || sscanf(word, "GC %u", &n) == 1)
        return find_cycle(&u->x, n, to);
    if ((word[0] == 'G' || word[0] == 'g') && isdigit((unsigned char)word[1])) {
        *to = link_to(LINK_GOROUTINE, reel_find_goroutine(u->x.reel, strtoull(word + 1, NULL, 10)));
        return to->id != NO_ID;
    }
    if (sscanf(word, "P%u%15s", &n, rest) == 1) {
        *to = link_to(LINK_PROC, n);
        return n < reel_procs(u->x.reel);
    }
    if (sscanf(word, "class %u %15s", &n, rest) >= 1) {
        *to = link_to(LINK_CLASS, n * 2 + (strcmp(rest, "noscan") == 0));
        return n < SIZE_CLASSES;
    }
    if ((word[0] == '0' || word[0] == '+') && reel_parse_address(u->x.reel, word, &addr)) {
        *to = link_to(LINK_BUCKET, addr);
        return true;
    }
    return find_type(&u->x, word, to);
}
