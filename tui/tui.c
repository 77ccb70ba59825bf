/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tui.c - the program on the screen: the loop that loads, draws and waits for keys.
 *
 * One thread. While the trace loads, it is read in slices of SLICE_NS between two looks at the keyboard, and drawn ten
 * times a second; a pipe that is still being written is waited for together with the keyboard; afterwards the loop
 * sleeps in poll until a key, a byte for the prompt or a signal comes.
 */
#include "tui/tui.h"
#include "core/clock.h"
#include "tui/answers.h"
#include "tui/prompt.h"
#include "tui/script.h"
#include "tui/term.h"
#include "tui/ui.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    SLICE_NS = 8000000,
    FRAME_NS = 100000000, /* between two pictures while something goes on, in the first second after a key */
    LATER_NS = 400000000, /* and after that: a slow link has to carry them */
    BUSY_NS = 200000000   /* long work shows itself after this */
};

struct loop {
    struct ui ui;
    bool dirty;
    bool no_color; /* the environment wants none */
    bool playing;  /* the film */
    bool working;  /* panes have long work to do */
    bool answer;   /* a key was taken: its picture comes before more is loaded */
    int64_t begun; /* the program, or the answer to the last key: when */
    int64_t drawn;
    int64_t busy_since; /* 0: no long work */
    char busy_with[128];
};

/* ------------------------------------------------------------------ long work */

static void show(struct loop *l) {
    ui_draw(&l->ui);
    term_show(&l->ui.sheet);
    l->drawn = now_ns();
    l->dirty = false;
}

static void busy(void *arg, const char *what) {
    struct loop *l = arg;
    l->busy_since = now_ns();
    snprintf(l->busy_with, sizeof l->busy_with, "%s", what);
}

/* Asked by searches and commands: Ctrl-C and the end of the program stop them. */
static bool stop(void *arg) {
    struct loop *l = arg;
    int64_t t = now_ns();
    if (l->busy_since && t - l->busy_since > BUSY_NS) {
        l->busy_since = 0;
        explorer_say(&l->ui.x, ROLE_STRONG, "working ... Ctrl-C stops it");
        show(l);
        l->ui.x.message[0] = '\0';
    }
    return signals_pending(SIG_FLAG_INTERRUPT | SIG_FLAG_END);
}

/* ------------------------------------------------------------------ signals and input */

static void resize(struct loop *l) {
    int cols, rows;
    term_resize(0, 0);
    term_size(&cols, &rows);
    ui_resize(&l->ui, cols, rows);
    term_redraw();
    l->dirty = true;
}

static void take_signals(struct loop *l) {
    unsigned got = signals_take();
    char quit[KEY_NAME];
    if (got & SIG_FLAG_INTERRUPT) {
        if (prompt_is_open())
            prompt_cancel();
        else if (answers_running(l->ui.x.answers))
            answers_stop(l->ui.x.answers);
        else if (explorer_finding(&l->ui.x))
            explorer_find_stop(&l->ui.x);
        else if (!l->ui.x.message[0])
            explorer_say(&l->ui.x, ROLE_WARN, "Ctrl-C stops a search, a report or a command; %s leaves",
                         keys_for(ACT_QUIT, ui_where(&l->ui), quit));
        l->dirty = true;
    }
    if (got & SIG_FLAG_SUSPEND || l->ui.suspend) {
        l->ui.suspend = false;
        term_suspend();
        got |= SIG_FLAG_RESIZE;
    }
    if (got & (SIG_FLAG_RESIZE | SIG_FLAG_CONTINUE))
        resize(l);
    if (got & SIG_FLAG_END)
        l->ui.quit = true;
}

static void take_input(struct loop *l) {
    for (;;) {
        struct input in = term_read();
        if (in.kind == INPUT_NONE)
            return;
        l->dirty = l->answer = true;
        l->begun = l->busy_since = now_ns();
        if (in.kind == INPUT_GONE)
            l->ui.quit = true;
        else if (in.kind == INPUT_KEY)
            ui_key(&l->ui, in.key);
        else if (in.kind == INPUT_BACKGROUND)
            ui_background(&l->ui, in.dark);
        else if (in.kind == INPUT_CLICK)
            ui_click(&l->ui, in.x, in.y);
        else if (in.kind == INPUT_DRAG)
            ui_drag(&l->ui, in.x, in.y);
        else if (in.kind == INPUT_RELEASE)
            ui_release(&l->ui, in.x, in.y);
        else
            ui_wheel(&l->ui, in.x, in.y, in.dir);
        /* From here on the bytes belong to the prompt; what was read ahead is not typed for it. */
        if (l->ui.quit || l->ui.suspend || prompt_is_open())
            return;
    }
}

static void take_prompt(struct loop *l) {
    struct pollfd p = {.fd = fileno(prompt_stream()), .events = POLLIN};
    l->busy_since = now_ns();
    do {
        ui_prompt_byte(&l->ui);
        if (prompt_waits_after_escape() && poll(&p, 1, term_escape_ms()) == 0)
            prompt_cancel();
    } while (prompt_is_open() && poll(&p, 1, 0) > 0 && p.revents & POLLIN && !signals_pending(~0u));
    bool dark;
    if (term_late_answer(&dark))
        ui_background(&l->ui, dark);
    l->dirty = true;
}

/* ------------------------------------------------------------------ the loop */

static void after_input(struct loop *l) {
    if (l->ui.redraw) {
        l->ui.redraw = false;
        term_redraw();
    }
    term_mouse(l->ui.mouse && !prompt_is_open()); /* readline would take clicks for letters */
    l->busy_since = 0;
}

static void wait_for_work(struct loop *l) {
    /* poll passes over a descriptor of -1 */
    struct pollfd p[3] = {{.fd = fileno(term_stream()), .events = POLLIN},
                          {.fd = signals_fd(), .events = POLLIN},
                          {.fd = l->ui.waiting ? reel_fd(l->ui.x.reel) : -1, .events = POLLIN}};
    bool busy = l->ui.suspend || l->working || l->dirty || (l->ui.loading && !l->ui.waiting);
    int n = poll(p, 3, busy ? 0 : l->playing ? (int)(1000 / l->ui.set.value[SET_PICTURES]) : -1);
    if (n > 0 && p[0].revents & (POLLHUP | POLLERR | POLLNVAL) && !(p[0].revents & POLLIN))
        l->ui.quit = true;
    if ((n > 0 && p[1].revents) || signals_pending(~0u) || l->ui.suspend)
        take_signals(l);
    if (n > 0 && p[0].revents & POLLIN) {
        if (prompt_is_open())
            take_prompt(l);
        else
            take_input(l);
    }
    after_input(l);
}

/* For another picture of what goes on by itself. */
static bool is_time(const struct loop *l) {
    int64_t now = now_ns(), wanted = 1000000000 / l->ui.set.value[SET_PICTURES];
    int64_t usual = now - l->begun < 1000000000 ? FRAME_NS : LATER_NS;
    return now - l->drawn > (usual > wanted ? usual : wanted);
}

/* What was finished in the meantime is shown at once, what isn't, now and then. */
static void work(struct loop *l) {
    bool was = l->working, finding = explorer_finding(&l->ui.x);
    l->working = !prompt_is_open() && ui_work(&l->ui);
    l->dirty |= (was && !l->working) || finding != explorer_finding(&l->ui.x) || (l->working && is_time(l));
}

static void run(struct loop *l) {
    int cols, rows;
    bool asked = false, answered = false;
    term_size(&cols, &rows);
    ui_resize(&l->ui, cols, rows);
    term_mouse(l->ui.mouse);
    l->ui.no_colors = !term_has_colors();
    l->dirty = true;
    l->begun = now_ns();
    while (!l->ui.quit) {
        bool answer = l->answer && !answered; /* who leans on a key waits for the trace now and then */
        l->answer = false;
        answered = answer;
        if (l->ui.loading && !answer) {
            ui_load(&l->ui, SLICE_NS);
            l->dirty |= !l->ui.loading || l->ui.waiting || is_time(l);
        }
        if (!prompt_is_open()) {
            bool played = l->playing;
            l->playing = ui_film(&l->ui, now_ns());
            l->dirty |= played || l->playing;
        }
        if (l->dirty)
            show(l);
        if (!asked && l->ui.auto_theme == THEME_AUTO) /* behind the first picture: it waits for nothing */
            term_ask_background();
        asked = true;
        work(l);
        wait_for_work(l);
    }
}

/* ------------------------------------------------------------------ start and end */

static bool is_utf8(void) {
    const char *code = nl_langinfo(CODESET);
    return code && (strcmp(code, "UTF-8") == 0 || strcmp(code, "utf8") == 0);
}

static char *history_path(void) {
    char *folder = session_folder(), *path = NULL;
    if (folder && asprintf(&path, "%s/history", folder) < 0)
        path = NULL;
    free(folder);
    return path;
}

static void copy(void *arg, const char *words, size_t len) {
    (void)arg;
    term_copy(words, len);
}

static void begin(struct loop *l, const struct tui_options *opt) {
    l->ui.x.stop = stop;
    l->ui.x.slices = true;
    l->ui.x.stop_arg = l;
    l->ui.busy = busy;
    l->ui.busy_arg = l;
    l->ui.x.at_text = opt->at_text;
    l->ui.read_path = opt->read_path ? opt->read_path : opt->path;
    l->ui.copy_failed = opt->copy_failed;
    if (opt->at_set)
        l->ui.x.follow = false;
    l->ui.copy = copy;
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    l->ui.console = !opt->script && term && strncmp(term, "linux", 5) == 0;
    l->ui.auto_theme = theme_auto(no_color && no_color[0], opt->script ? NULL : getenv("COLORFGBG"));
    ui_settings(&l->ui, &opt->set, opt->notes);
    if (opt->tour)
        tour_begin(&l->ui);
    ui_session_begin(&l->ui, opt->no_session ? "-" : opt->path, opt->view);
}

static int run_script(struct loop *l, const struct tui_options *opt) {
    const char *why;
    int fd[2], cols = opt->cols > 0 ? opt->cols : 80, rows = opt->rows > 0 ? opt->rows : 24;
    FILE *keys = NULL;
    l->ui.x.stop = NULL;
    l->ui.x.slices = false;
    l->ui.busy = NULL;
    if (!term_open_offscreen(cols, rows, &why)) {
        fprintf(stderr, "heapreel: %s\n", why);
        return 2;
    }
    if (pipe2(fd, O_CLOEXEC) != 0 || !(keys = fdopen(fd[0], "r"))) {
        fprintf(stderr, "heapreel: no pipe could be made\n");
        return 2;
    }
    prompt_init(keys, NULL, ui_complete, &l->ui);
    ui_resize(&l->ui, cols, rows);
    while (ui_load(&l->ui, 0))
        ;
    if (opt->at_set)
        explorer_go(&l->ui.x, opt->at);
    bool ok = script_run(&l->ui, opt->script, fd[1]);
    prompt_done();
    fclose(keys);
    close(fd[1]);
    term_close();
    return ok && fflush(stdout) == 0 ? 0 : 2;
}

static int run_terminal(struct loop *l) {
    const char *why;
    if (!term_open(&why)) {
        term_close();
        fprintf(stderr, "heapreel: %s\n", why);
        return 2;
    }
    char *history = history_path();
    prompt_init(term_stream(), history, ui_complete, &l->ui);
    prompt_answers(term_take_answer);
    run(l);
    prompt_done();
    free(history);
    int sig = signals_end();
    term_close();
    if (sig) { /* die of it, as who sent it expects */
        signal(sig, SIG_DFL);
        raise(sig);
    }
    return reel_info(l->ui.x.reel)->loss.code == TRACE_OK ? 0 : 1;
}

int tui_run(reel *r, const struct tui_options *opt) {
    setlocale(LC_CTYPE, "");
    struct loop l = {.dirty = true};
    if (!ui_init(&l.ui, r, opt->path, !is_utf8())) {
        fprintf(stderr, "heapreel: out of memory\n");
        return 2;
    }
    begin(&l, opt);
    int status = opt->script ? run_script(&l, opt) : run_terminal(&l);
    if (status == 1) {
        char line[LOSS_LINE];
        if (loss_line(&reel_info(r)->loss, reel_salvage(r), line, sizeof line))
            fprintf(stderr, "heapreel: %s\n", line);
    }
    char why[256];
    if (!ui_session_end(&l.ui, why))
        fprintf(stderr, "heapreel: bookmarks, marks and view of this trace could not be kept: %s\n", why);
    ui_free(&l.ui);
    return status;
}
