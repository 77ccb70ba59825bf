/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tour.c - see tour.h. The box stands where it hides least of the pane that a step is about.
 */
#include "tui/tour.h"
#include "tui/map.h"
#include "tui/ui.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BOX_WIDEST = 64, BOX_LINES = 10, TEXT_MAX = 600 };

/* ------------------------------------------------------------------ how it goes on */

static struct tour_state state_of(const struct ui *u) {
    const struct explorer *x = &u->x;
    const struct map *map = u->view[PANE_MAP].data;
    struct tour_state s = {.t = x->now.t,
                           .focus = (uint8_t)u->focus,
                           .colour = map->colour,
                           .page = page_is_open(&u->page) ? u->page.link.kind : LINK_NONE,
                           .marked = x->a.set,
                           .filtered = x->narrow_words[0] != '\0',
                           .found = x->find != NULL,
                           .playing = x->film.dir != 0,
                           .pager = u->pager.open};
    s.phase = (uint8_t)reel_phase(x->reel, x->now.t, &s.gc);
    return s;
}

static void go_to(struct ui *u, int step) {
    const struct tour_step *steps;
    int n = tour_steps(&steps);
    u->tour.step = step < 0 ? 0 : step >= n ? n - 1 : step;
    u->tour.begun = state_of(u);
    memset(u->tour.pressed, 0, sizeof u->tour.pressed);
}

void tour_begin(struct ui *u) {
    u->tour.on = true;
    go_to(u, 0);
}

bool tour_press(struct ui *u, enum action a) {
    struct tour *t = &u->tour;
    if (a != ACT_TOUR_NEXT && a != ACT_TOUR_PREV && a != ACT_TOUR_END) {
        if (t->on && t->pressed[a] < UINT16_MAX)
            t->pressed[a]++;
        return false;
    }
    if (!t->on)
        explorer_say(&u->x, ROLE_WARN, "no tour is under way: heapreel --tour begins it");
    else if (a == ACT_TOUR_END)
        t->on = false;
    else
        go_to(u, t->step + (a == ACT_TOUR_NEXT ? 1 : -1));
    return true;
}

void tour_look(struct ui *u) {
    const struct tour_step *steps;
    struct tour *t = &u->tour;
    if (!t->on)
        return;
    int n = tour_steps(&steps);
    struct tour_state now = state_of(u);
    if (t->step < n && steps[t->step].done(t, &now))
        go_to(u, t->step + 1);
}

/* ------------------------------------------------------------------ the box */

static void expand(const struct tour_step *s, char *dst, size_t cap) {
    size_t at = 0;
    for (const char *c = s->words; *c && at + KEY_NAME < cap; c++) {
        if (c[0] != '$' || c[1] < '1' || c[1] > '0' + TOUR_KEYS) {
            dst[at++] = *c;
            continue;
        }
        char key[KEY_NAME];
        at += (size_t)snprintf(dst + at, cap - at, "%s", keys_for((enum action)s->acts[*++c - '1'], IN_ALL, key));
    }
    dst[at] = '\0';
}

static int shared(int a, int an, int b, int bn) {
    int from = a > b ? a : b, to = a + an < b + bn ? a + an : b + bn;
    return to > from ? to - from : 0;
}

/* The corner of the body where a box of that size hides least of a rectangle. */
static struct rect corner(struct rect body, int w, int h, struct rect spare) {
    struct rect best = {0};
    int least = -1;
    for (int i = 0; i < 4; i++) {
        struct rect r = {
            .x = i & 1 ? body.x : body.x + body.w - w, .y = i & 2 ? body.y : body.y + body.h - h, .w = w, .h = h};
        int hidden = shared(r.x, w, spare.x, spare.w) * shared(r.y, h, spare.y, spare.h);
        if (least < 0 || hidden < least) {
            least = hidden;
            best = r;
        }
    }
    return best;
}

static void fill(const struct pen *p) {
    for (int y = 0; y < p->r.h; y++)
        for (int x = 0; x < p->r.w; x++)
            pen_char(p, x, y, ROLE_TEXT, ' ');
}

/* "Ctrl-N next  Ctrl-P back  Ctrl-X leave", as the key table has them. */
static void draw_keys(const struct pen *p, int y) {
    static const struct {
        enum action act;
        const char *word;
    } keys[] = {{ACT_TOUR_NEXT, "next"}, {ACT_TOUR_PREV, "back"}, {ACT_TOUR_END, "end the tour"}};
    int x = 2;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        char name[KEY_NAME];
        x += pen_text(p, x, y, ROLE_KEY, keys_for(keys[i].act, IN_ALL, name));
        x += 3 + pen_text(p, x + 1, y, ROLE_DIM, keys[i].word);
    }
}

void tour_draw(struct ui *u) {
    const struct tour_step *steps;
    int n = tour_steps(&steps);
    if (!u->tour.on || u->panes.too_small)
        return;
    char words[TEXT_MAX], title[96];
    struct rect body = u->panes.body;
    expand(&steps[u->tour.step], words, sizeof words);
    int w = body.w < BOX_WIDEST ? body.w : BOX_WIDEST;
    struct sheet none = {0};
    struct pen blind = {.sheet = &none, .r = {.w = w - 2, .h = BOX_LINES}};
    int h = view_wrap(&blind, 2, 0, ROLE_TEXT, words) + 3;
    if (h > body.h)
        h = body.h;
    struct rect seen = page_is_open(&u->page) ? ui_page_rect(u) : u->panes.pane[steps[u->tour.step].see];
    struct pen p = pen_on(&u->sheet, corner(body, w, h, seen));
    fill(&p);
    pen_run(&p, 0, 0, w, ROLE_KEY, GLYPH_RULE);
    snprintf(title, sizeof title, " tour %d of %d: %s ", u->tour.step + 1, n, steps[u->tour.step].title);
    pen_text_max(&p, 2, 0, w - 2, ROLE_TITLE_FOCUS, title);
    struct pen inner = pen_part(&p, (struct rect){.x = 0, .y = 1, .w = w - 2, .h = h - 2});
    view_wrap(&inner, 2, 0, ROLE_STRONG, words);
    draw_keys(&p, h - 2);
    pen_run(&p, 0, h - 1, w, ROLE_KEY, GLYPH_RULE);
}

/* ------------------------------------------------------------------ the sample */

#define SAMPLE "mapchurn-1.26.trace.zst"

/* dir/rest, where that can be read; NULL otherwise. Static memory. */
static const char *sample_in(const char *dir, size_t len, const char *rest) {
    static char path[8192];
    int n = snprintf(path, sizeof path, "%.*s/%s/%s", (int)len, dir, rest, SAMPLE);
    return len > 0 && n < (int)sizeof path && access(path, R_OK) == 0 ? path : NULL;
}

const char *tour_sample(char *why, size_t cap) {
    const char *given = getenv("HEAPREEL_SAMPLE"), *dirs = getenv("XDG_DATA_DIRS"), *path = NULL;
    char self[4096];
    if (given && *given) {
        snprintf(why, cap, "the sample that HEAPREEL_SAMPLE names can't be read");
        return access(given, R_OK) == 0 ? given : NULL;
    }
    ssize_t n = readlink("/proc/self/exe", self, sizeof self);
    size_t len = n > 0 && n < (ssize_t)sizeof self ? (size_t)n : 0;
    while (len > 0 && self[--len] != '/')
        ;
    if ((path = sample_in(self, len, "../tests/data")) || (path = sample_in(self, len, "../share/heapreel")))
        return path;
    if (!dirs || !*dirs)
        dirs = "/usr/local/share:/usr/share";
    for (; *dirs && !path; dirs += strspn(dirs, ":")) {
        len = strcspn(dirs, ":");
        path = sample_in(dirs, len, "heapreel");
        dirs += len;
    }
    snprintf(why, cap,
             "the sample %s is not here: neither beside the program nor in heapreel/ of XDG_DATA_DIRS; "
             "HEAPREEL_SAMPLE may name it",
             SAMPLE);
    return path;
}
