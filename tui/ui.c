/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ui.c - keys and mouse become actions; actions of the program itself.
 *
 * A key is looked up in the key table for the pane in focus. The pane is asked first; what it doesn't take is done
 * here, by the table at the end.
 */
#include "tui/ui.h"
#include "tui/answers.h"
#include "tui/prompt.h"

#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------ life */

bool ui_init(struct ui *u, reel *r, const char *path, bool no_utf8) {
    memset(u, 0, sizeof *u);
    if (!explorer_init(&u->x, r, path))
        return false;
    u->path = u->read_path = path;
    u->zoomed = PANES;
    u->focus = PANE_TIMELINE;
    u->loading = true;
    u->no_utf8 = no_utf8;
    settings_usual(&u->set);
    u->click_x = u->click_y = -1;
    for (int i = 0; i < PANES; i++) {
        u->view[i] = (struct view){.ops = view_table[i], .x = &u->x};
        size_t size = view_table[i]->size ? view_table[i]->size : 1;
        u->view[i].data = calloc(1, size);
        if (!u->view[i].data) {
            ui_free(u);
            return false;
        }
    }
    struct settings usual = u->set;
    ui_settings(u, &usual, NULL);
    return ui_resize(u, 80, 24);
}

void ui_free(struct ui *u) {
    char why[256];
    ui_session_end(u, why);
    for (int i = 0; i < PANES; i++) {
        if (u->view[i].data && u->view[i].ops->done)
            u->view[i].ops->done(&u->view[i]);
        free(u->view[i].data);
        u->view[i].data = NULL;
    }
    page_close(&u->page);
    pager_free(&u->pager);
    sheet_free(&u->sheet);
    explorer_free(&u->x);
}

static void arrange(struct ui *u) {
    panes_arrange(u->sheet.cols, u->sheet.rows, (enum layout)u->set.value[SET_LAYOUT], u->zoomed, u->focus, &u->panes);
    struct rect t = u->panes.pane[PANE_TIMELINE];
    if (!rect_empty(t))
        u->x.columns = timeline_columns(t.w);
}

bool ui_resize(struct ui *u, int cols, int rows) {
    if (!sheet_resize(&u->sheet, cols, rows))
        return false;
    arrange(u);
    return true;
}

/* What the person must know once all is read. */
static void say_end(struct ui *u) {
    const struct reel_info *info = reel_info(u->x.reel);
    char line[LOSS_LINE];
    if (info->warning)
        explorer_say(&u->x, ROLE_WARN, "%s", info->warning);
    if (info->loss.code != TRACE_OK && loss_line(&info->loss, reel_salvage(u->x.reel), line, sizeof line))
        explorer_say(&u->x, ROLE_WARN, "%s", line);
}

/* A trace without objects leaves most panes empty: what it has is on the page of its cycles. */
static void show_what_there_is(struct ui *u) {
    const struct cycle *c;
    if (reel_info(u->x.reel)->allocfree || u->session_kept || page_is_open(&u->page) || u->pager.open ||
        reel_cycles(u->x.reel, &c) == 0)
        return;
    ui_follow(u, link_to(LINK_CYCLE, CYCLE_NOW));
}

bool ui_load(struct ui *u, int64_t budget_ns) {
    if (!u->loading)
        return false;
    if (answers_running(u->x.answers)) /* the reel stands still as long as a report is at it */
        return true;
    u->loading = explorer_load(&u->x, budget_ns);
    u->waiting = u->x.waiting;
    ui_session_put(u);
    if (!u->loading && !u->x.message[0])
        say_end(u);
    if (!u->loading)
        show_what_there_is(u);
    return u->loading;
}

enum { FIND_NS = 8000000 };

bool ui_work(struct ui *u) {
    bool more = page_is_open(&u->page) && (!u->pager.open || answers_running(u->x.answers)) && page_work(&u->page);
    for (int i = 0; i < PANES && !u->pager.open; i++)
        if ((!page_is_open(&u->page) || i == PANE_TIMELINE) && !rect_empty(u->panes.pane[i]) && u->view[i].ops->work)
            more |= u->view[i].ops->work(&u->view[i]);
    more |= explorer_find_work(&u->x, FIND_NS);
    return more;
}

bool ui_film(struct ui *u, int64_t now) {
    bool plays = explorer_film(&u->x, now);
    tour_look(u);
    return plays;
}

/* ------------------------------------------------------------------ focus */

static void focus_on(struct ui *u, enum pane p) {
    u->focus = p;
    if (u->zoomed != PANES)
        u->zoomed = p;
    arrange(u);
}

/* The next pane that has room; where none other has, any: it then takes the room. */
static void focus_step(struct ui *u, int by) {
    int shown = 0;
    for (int i = 0; i < PANES; i++)
        shown += !rect_empty(u->panes.pane[i]);
    bool narrow = shown <= 2;
    int p = (int)u->focus;
    do
        p = (p + by + PANES) % PANES;
    while (!narrow && rect_empty(u->panes.pane[p]) && p != (int)u->focus);
    focus_on(u, (enum pane)p);
}

void ui_follow_wish(struct ui *u) {
    enum pane wish = u->x.want_focus;
    u->x.want_focus = PANES;
    if (wish != PANES)
        focus_on(u, wish);
    struct link page = u->x.want;
    u->x.want = link_to(LINK_NONE, 0);
    ui_follow(u, page);
}

/* ------------------------------------------------------------------ actions */

static void do_focus(struct ui *u, int by) {
    focus_step(u, by);
}

static void do_zoom_pane(struct ui *u, int arg) {
    (void)arg;
    u->zoomed = u->zoomed == PANES ? u->focus : PANES;
    arrange(u);
}

static void do_start(struct ui *u, int end) {
    ui_leave(u);
    if (end) {
        explorer_go(&u->x, explorer_end(&u->x));
        u->x.follow = u->loading;
    } else {
        explorer_go(&u->x, 0);
    }
}

static void do_zoom(struct ui *u, int in) {
    if (in > 0)
        explorer_zoom(&u->x, 1, 2);
    else if (in < 0)
        explorer_zoom(&u->x, 2, 1);
    else
        explorer_zoom_all(&u->x);
}

static void do_find(struct ui *u, int back) {
    if (u->pager.open)
        ui_search_pager(u, "", back);
    else
        explorer_find_next(&u->x, back);
}

static void do_mark(struct ui *u, int which) {
    explorer_mark(&u->x, (enum which_mark)which);
}

static void do_mark_other(struct ui *u, int what) {
    if (what == 0)
        ui_leave(u);
    static void (*const run[])(struct explorer *) = {explorer_mark_jump, explorer_mark_diff, explorer_mark_zoom};
    run[what](&u->x);
}

static void do_open(struct ui *u, int kind) {
    ui_follow(u, link_to((enum link_kind)kind, 0));
}

static void do_play(struct ui *u, int dir) {
    explorer_play(&u->x, dir);
}

static void do_speed(struct ui *u, int by) {
    explorer_play_speed(&u->x, by);
}

static void do_prompt(struct ui *u, int which) {
    (void)u;
    static const char *const lines[ACT_LIMIT] = {
        [ACT_GOTO] = "goto ", [ACT_BOOKMARK] = "bookmark ", [ACT_WRITE] = "write ", [ACT_PROMPT] = ""};
    if (which == ACT_SEARCH)
        prompt_open(PROMPT_SEARCH, "/", "");
    else
        prompt_open(PROMPT_COMMAND, ":", lines[which]);
}

/* The filter in use, to be changed. */
static void do_filter(struct ui *u, int arg) {
    (void)arg;
    prompt_open(PROMPT_FILTER, "filter: ", u->x.narrow_words);
}

static void do_copy(struct ui *u, int arg) {
    (void)arg;
    own_command_find("copy")->run(u, "");
}

static void do_help(struct ui *u, int arg) {
    (void)arg;
    if (u->pager.open && u->pager.help == HELP_KEYS)
        u->pager.open = false;
    else
        ui_help(u, HELP_KEYS);
}

static void do_help_turn(struct ui *u, int arg) {
    (void)arg;
    if (u->pager.help != HELP_NONE)
        ui_help(u, u->pager.help == HELP_GLOSSARY ? HELP_KEYS : HELP_GLOSSARY);
}

static void do_what(struct ui *u, int arg) {
    (void)arg;
    ui_help(u, HELP_WHAT);
}

static void do_mouse(struct ui *u, int arg) {
    (void)arg;
    u->mouse = !u->mouse;
    char name[KEY_NAME];
    if (u->mouse)
        explorer_say(&u->x, ROLE_TEXT, "mouse on");
    else
        explorer_say(&u->x, ROLE_TEXT, "mouse off: the terminal can select text; %s turns it on again",
                     keys_for(ACT_MOUSE, ui_where(u), name));
}

static void do_redraw(struct ui *u, int arg) {
    (void)arg;
    u->redraw = true;
}

static void do_suspend(struct ui *u, int arg) {
    (void)arg;
    u->suspend = true;
}

/* What is open, from the top: pager, page, film, full pane; then the program. */
static void do_close(struct ui *u, int quit) {
    if (u->pager.open)
        u->pager.open = false;
    else if (page_is_open(&u->page))
        ui_close_page(u);
    else if (u->x.film.dir != 0 && !quit)
        u->x.film.dir = 0;
    else if (explorer_finding(&u->x) && !quit)
        explorer_find_stop(&u->x);
    else if (u->zoomed != PANES)
        do_zoom_pane(u, 0);
    else if (u->x.find && !quit)
        explorer_find_end(&u->x);
    else if (quit)
        u->quit = true;
}

static const struct {
    void (*run)(struct ui *, int);
    int arg;
} own[ACT_LIMIT] = {
    [ACT_START] = {do_start, 0},
    [ACT_END] = {do_start, 1},
    [ACT_GOTO] = {do_prompt, ACT_GOTO},
    [ACT_BOOKMARK] = {do_prompt, ACT_BOOKMARK},
    [ACT_WRITE] = {do_prompt, ACT_WRITE},
    [ACT_FILTER] = {do_filter, 0},
    [ACT_COPY] = {do_copy, 0},
    [ACT_ZOOM_IN] = {do_zoom, 1},
    [ACT_ZOOM_OUT] = {do_zoom, -1},
    [ACT_ZOOM_ALL] = {do_zoom, 0},
    [ACT_SEARCH] = {do_prompt, ACT_SEARCH},
    [ACT_SEARCH_NEXT] = {do_find, 0},
    [ACT_SEARCH_PREV] = {do_find, 1},
    [ACT_MARK] = {do_mark, MARK_A},
    [ACT_MARK_B] = {do_mark, MARK_B},
    [ACT_MARK_JUMP] = {do_mark_other, 0},
    [ACT_MARK_DIFF] = {do_mark_other, 1},
    [ACT_MARK_ZOOM] = {do_mark_other, 2},
    [ACT_ROWS] = {do_open, LINK_ROWS},
    [ACT_CHANGES] = {do_open, LINK_CHANGES},
    [ACT_REPORTS] = {do_open, LINK_REPORTS},
    [ACT_BACK] = {ui_back, 0},
    [ACT_FORWARD] = {ui_back, 1},
    [ACT_PLAY] = {do_play, 1},
    [ACT_PLAY_BACK] = {do_play, -1},
    [ACT_FASTER] = {do_speed, 1},
    [ACT_SLOWER] = {do_speed, -1},
    [ACT_FOCUS_NEXT] = {do_focus, 1},
    [ACT_FOCUS_PREV] = {do_focus, -1},
    [ACT_ZOOM_PANE] = {do_zoom_pane, 0},
    [ACT_PROMPT] = {do_prompt, ACT_PROMPT},
    [ACT_HELP] = {do_help, 0},
    [ACT_HELP_TURN] = {do_help_turn, 0},
    [ACT_WHAT] = {do_what, 0},
    [ACT_MOUSE] = {do_mouse, 0},
    [ACT_REDRAW] = {do_redraw, 0},
    [ACT_SUSPEND] = {do_suspend, 0},
    [ACT_CLOSE] = {do_close, 0},
    [ACT_QUIT] = {do_close, 1},
};

static const struct {
    bool step;
    uint8_t unit; /* enum unit_of_step */
    int8_t by;
} steps[ACT_LIMIT] = {
    [ACT_CYCLE_NEXT] = {true, STEP_CYCLE, 1},       [ACT_CYCLE_PREV] = {true, STEP_CYCLE, -1},
    [ACT_PHASE_NEXT] = {true, STEP_PHASE, 1},       [ACT_PHASE_PREV] = {true, STEP_PHASE, -1},
    [ACT_EVENT_NEXT] = {true, STEP_EVENT, 1},       [ACT_EVENT_PREV] = {true, STEP_EVENT, -1},
    [ACT_NOTE_NEXT] = {true, STEP_NOTE, 1},         [ACT_NOTE_PREV] = {true, STEP_NOTE, -1},
    [ACT_BUCKET_NEXT] = {true, STEP_BUCKET, 1},     [ACT_BUCKET_PREV] = {true, STEP_BUCKET, -1},
    [ACT_SPAN_NEXT] = {true, STEP_SPAN, 1},         [ACT_SPAN_PREV] = {true, STEP_SPAN, -1},
    [ACT_TURN_NEXT] = {true, STEP_TURN, 1},         [ACT_TURN_PREV] = {true, STEP_TURN, -1},
    [ACT_TIME_LEFT] = {true, STEP_COLUMN, -1},      [ACT_TIME_RIGHT] = {true, STEP_COLUMN, 1},
    [ACT_TIME_LEFT_FAR] = {true, STEP_COLUMN, -10}, [ACT_TIME_RIGHT_FAR] = {true, STEP_COLUMN, 10},
};

/* ------------------------------------------------------------------ input */

unsigned ui_where(const struct ui *u) {
    return u->pager.open ? (unsigned)IN_PAGER : page_is_open(&u->page) ? (unsigned)IN_PAGE : 1u << u->focus;
}

/* Keys may come faster than pictures: rows that were never drawn don't know how many they are. */
static void draw_first(struct ui *u, const struct rows *r) {
    if (r && r->list.height == 0)
        ui_draw(u);
}

static bool in_page(struct ui *u, enum action a) {
    struct link to;
    if (u->pager.open || !page_is_open(&u->page))
        return false;
    draw_first(u, &u->page.rows);
    if (!page_act(&u->page, a, &to))
        return false;
    ui_follow(u, to);
    return true;
}

static void in_pane(struct ui *u, enum action a) {
    struct view *v = &u->view[u->focus];
    draw_first(u, v->ops->rows ? v->ops->rows(v) : NULL);
    v->ops->act(v, a);
}

static void run_action(struct ui *u, enum action a) {
    if (u->pager.open && pager_act(&u->pager, a))
        return;
    if (in_page(u, a))
        return;
    if (steps[a].step)
        explorer_step(&u->x, (enum unit_of_step)steps[a].unit, steps[a].by);
    else if (own[a].run)
        own[a].run(u, own[a].arg);
    else if (!u->pager.open && !page_is_open(&u->page) && (u->focus == PANE_TIMELINE || !explorer_lacks_objects(&u->x)))
        in_pane(u, a);
    ui_follow_wish(u);
}

static void take_key(struct ui *u, int key);

/* In the list of keys: what the chosen line is about. */
static void press_chosen(struct ui *u) {
    const struct pager_line *l = pager_chosen(&u->pager);
    if (!l)
        return;
    int key = l->key;
    enum action a = l->action;
    u->pager.open = false;
    if (a == ACT_QUIT) /* who reads about leaving doesn't mean to leave */
        return;
    if (key != KEY_CODE_NONE)
        take_key(u, key);
    else
        run_action(u, a);
}

static void take_key(struct ui *u, int key) {
    const struct binding *b = keys_row(key, ui_where(u));
    u->click_x = u->click_y = -1;
    u->x.drawn.on = false;
    u->x.message[0] = '\0';
    if (!b) {
        char name[KEY_NAME], help[KEY_NAME];
        explorer_say(&u->x, ROLE_DIM, "%s does nothing here; %s shows all keys",
                     key == KEY_CODE_UNKNOWN ? "that key" : keys_name(key, name),
                     keys_for(ACT_HELP, ui_where(u), help));
    } else if (b->action == ACT_LINE) {
        ui_line(u, b->help);
    } else if (tour_press(u, (enum action)b->action)) {
        /* the tour has taken it */
    } else if (u->pager.open && b->action == ACT_ENTER) {
        press_chosen(u);
    } else {
        run_action(u, (enum action)b->action);
    }
}

void ui_key(struct ui *u, int key) {
    take_key(u, key);
    tour_look(u);
}

void ui_prompt_byte(struct ui *u) {
    char *line;
    if (prompt_feed(&line) == PROMPT_LINE) {
        if (prompt_kind_now() == PROMPT_SEARCH && u->pager.open)
            ui_search_pager(u, line, false);
        else if (prompt_kind_now() == PROMPT_SEARCH)
            ui_search_line(u, line);
        else if (prompt_kind_now() == PROMPT_FILTER)
            own_command_find("filter")->run(u, line);
        else
            ui_line(u, line);
    }
    free(line);
    tour_look(u);
}

/* In the page; the timeline above it is a pane as ever. */
static bool click_page(struct ui *u, int x, int y, bool again) {
    struct rect r = ui_page_rect(u);
    if (!page_is_open(&u->page) || !rect_holds(r, x, y))
        return false;
    struct link to;
    page_click(&u->page, x - r.x, y - r.y - 1, again, &to);
    ui_follow(u, to);
    return true;
}

/* The pane at a cell and the cell in it, below its title (y -1: the title). */
static int pane_at(const struct ui *u, int *x, int *y) {
    for (int i = 0; i < PANES; i++) {
        struct rect r = u->panes.pane[i];
        if (!rect_holds(r, *x, *y))
            continue;
        *x -= r.x;
        *y -= r.y + 1;
        return i;
    }
    return PANES;
}

void ui_click(struct ui *u, int x, int y) {
    bool again = x == u->click_x && y == u->click_y;
    u->click_x = x;
    u->click_y = y;
    u->x.message[0] = '\0';
    if (u->pager.open || u->panes.too_small)
        return;
    if (click_page(u, x, y, again))
        return;
    int i = pane_at(u, &x, &y);
    if (i == PANES)
        return;
    if (i != (int)u->focus)
        focus_on(u, (enum pane)i);
    if (y >= 0)
        u->view[i].ops->click(&u->view[i], x, y, again);
    ui_follow_wish(u);
    tour_look(u);
}

/* From where the button was pressed to where the mouse is now, in the pane that it was pressed in. */
static bool draw_over(struct ui *u, int x, bool over) {
    int from = u->click_x, at_x = from, at_y = u->click_y;
    if (u->pager.open || u->panes.too_small || from < 0 || (over && from == x))
        return false;
    if (page_is_open(&u->page) && rect_holds(ui_page_rect(u), at_x, at_y))
        return false;
    int i = pane_at(u, &at_x, &at_y), to = x - u->panes.pane[i == PANES ? 0 : i].x;
    if (i == PANES || at_y < 0 || !u->view[i].ops->drag)
        return false;
    u->view[i].ops->drag(&u->view[i], at_x, to, over);
    return true;
}

void ui_drag(struct ui *u, int x, int y) {
    (void)y;
    draw_over(u, x, false);
}

void ui_release(struct ui *u, int x, int y) {
    (void)y;
    if (u->x.drawn.on)
        u->x.message[0] = '\0';
    u->x.drawn.on = false;
    if (draw_over(u, x, true))
        u->click_x = u->click_y = -1;
}

void ui_wheel(struct ui *u, int x, int y, int dir) {
    if (u->pager.open) {
        for (int n = 0; n < 3; n++)
            pager_act(&u->pager, dir < 0 ? ACT_UP : ACT_DOWN);
        return;
    }
    if (page_is_open(&u->page) && rect_holds(ui_page_rect(u), x, y)) {
        page_wheel(&u->page, dir);
        return;
    }
    int i = pane_at(u, &x, &y);
    if (i < PANES && !u->panes.too_small)
        u->view[i].ops->wheel(&u->view[i], dir);
}
