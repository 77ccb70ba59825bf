/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * prompt.c - see prompt.h. The only file that knows readline.
 *
 * readline has one history (from 8.3 on it can't be exchanged for another, whatever its manual says of
 * history_set_history_state). So the lines of each kind of prompt are kept here, and readline's history is filled with
 * them when a prompt opens, and empty while none is.
 */
#include "tui/prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <readline/history.h>
#include <readline/readline.h>

enum { HISTORY_MAX = 1000 };

static struct {
    bool ready, open, finished, cancelled, files;
    char *line;
    const char *history_path;
    enum prompt_kind kind;
    struct past {
        char *line[HISTORY_MAX]; /* the oldest first */
        size_t n;
    } past[PROMPT_KINDS];
    prompt_complete complete;
    void *arg;
    char **words; /* candidates of one completion */
    size_t nwords, cap;
    char choices[1024];
    bool (*take_answer)(int *next); /* see prompt_answers */
    int last;                       /* byte that was read */
} prompt;

/* ------------------------------------------------------------------ completion */

static void add_word(const char *word) {
    if (prompt.nwords == prompt.cap) {
        size_t cap = prompt.cap ? prompt.cap * 2 : 64;
        char **words = realloc(prompt.words, cap * sizeof *words);
        if (!words)
            return;
        prompt.words = words;
        prompt.cap = cap;
    }
    char *copy = strdup(word);
    if (copy)
        prompt.words[prompt.nwords++] = copy;
}

static void drop_words(void) {
    for (size_t i = 0; i < prompt.nwords; i++)
        free(prompt.words[i]);
    prompt.nwords = 0;
}

static char *next_word(const char *start, int state) {
    static size_t at; /* readline's own protocol: state 0 begins anew */
    if (state == 0)
        at = 0;
    size_t len = strlen(start);
    while (at < prompt.nwords) {
        const char *word = prompt.words[at++];
        if (strncmp(word, start, len) == 0)
            return strdup(word);
    }
    return NULL;
}

void prompt_complete_files(void) {
    prompt.files = true;
}

static char **attempt(const char *word, int start, int end) {
    (void)end;
    prompt.files = false;
    drop_words();
    if (prompt.complete)
        prompt.complete(prompt.arg, rl_line_buffer, start, add_word);
    rl_attempted_completion_over = !prompt.files; /* file names only where they make sense */
    if (prompt.files)
        return NULL;
    return rl_completion_matches(word, next_word);
}

static void show_choices(char **matches, int n, int longest) {
    (void)longest;
    size_t len = 0;
    for (int i = 1; i <= n && len < sizeof prompt.choices - 1; i++) {
        int got = snprintf(prompt.choices + len, sizeof prompt.choices - len, "%s%s", i > 1 ? "  " : "", matches[i]);
        len += got > 0 ? (size_t)got : 0;
    }
}

/* ------------------------------------------------------------------ history */

static void fill_history(const struct past *p) {
    for (size_t i = 0; i < p->n; i++)
        add_history(p->line[i]);
    using_history();
}

static void forget(struct past *p, size_t i) {
    free(p->line[i]);
    memmove(&p->line[i], &p->line[i + 1], (--p->n - i) * sizeof *p->line);
}

/* The newest line. */
static void add_past(struct past *p, const char *line) {
    if (p->n == HISTORY_MAX)
        forget(p, 0);
    char *copy = strdup(line);
    if (copy)
        p->line[p->n++] = copy;
}

static void read_past(struct past *p, const char *path) {
    read_history(path);
    HIST_ENTRY **lines = history_list();
    for (int i = 0; lines && i < history_length; i++)
        add_past(p, lines[i]->line);
    rl_clear_history();
}

static void make_folders(const char *path) {
    char *copy = strdup(path);
    if (!copy)
        return;
    for (char *p = copy + 1; *p; p++)
        if (*p == '/') {
            *p = '\0';
            mkdir(copy, 0700);
            *p = '/';
        }
    free(copy);
}

static void save_line(const char *line) {
    if (prompt.kind != PROMPT_COMMAND || !prompt.history_path)
        return;
    make_folders(prompt.history_path);
    int fd = open(prompt.history_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        return; /* a history that can't be kept is no reason to disturb */
    dprintf(fd, "%s\n", line);
    close(fd);
}

/* Completion leaves a blank behind a word. */
static void trim(char *line) {
    size_t n = strlen(line);
    while (n > 0 && line[n - 1] == ' ')
        line[--n] = '\0';
}

static void remember(const char *line) {
    struct past *p = &prompt.past[prompt.kind];
    if (!line[0])
        return;
    for (size_t i = p->n; i-- > 0;)
        if (strcmp(p->line[i], line) == 0)
            forget(p, i);
    add_past(p, line);
    save_line(line);
}

/* ------------------------------------------------------------------ life */

static void take_line(char *line) {
    prompt.finished = true;
    prompt.cancelled = line == NULL;
    prompt.line = line;
    rl_callback_handler_remove();
}

static void draw_nothing(void) {}

/* Readline's reader, but that what the terminal answers to a question is not typed. */
static int read_byte(FILE *in) {
    int c = prompt.last = rl_getc(in), next;
    if (c != '\033' || !prompt.take_answer)
        return c;
    if (prompt.take_answer(&next))
        return prompt.last = '@' & 31; /* sets readline's mark: nothing that is seen */
    if (next >= 0)
        rl_stuff_char(prompt.last = next);
    return c;
}

void prompt_answers(bool (*take)(int *next)) {
    prompt.take_answer = take;
}

static int no_bell(int a, int b) {
    (void)a;
    (void)b;
    return 0;
}

void prompt_init(FILE *in, const char *history, prompt_complete complete, void *arg) {
    static FILE *nowhere;
    if (!nowhere)
        nowhere = fopen("/dev/null", "w");
    prompt.complete = complete;
    prompt.arg = arg;
    prompt.history_path = history;
    rl_readline_name = "heapreel";
    rl_instream = in;
    if (nowhere)
        rl_outstream = nowhere;
    rl_catch_signals = 0;
    rl_catch_sigwinch = 0;
    rl_change_environment = 0;
    rl_prep_term_function = NULL;
    rl_deprep_term_function = NULL;
    rl_getc_function = read_byte;
    rl_redisplay_function = draw_nothing;
    rl_attempted_completion_function = attempt;
    rl_completion_display_matches_hook = show_choices;
    rl_basic_word_break_characters = " \t";
    rl_completer_word_break_characters = " \t";
    rl_completer_quote_characters = "\"'";
    rl_initialize();
    rl_variable_bind("bell-style", "none");
    rl_bind_key('G' & 31, no_bell);
    using_history();
    stifle_history(HISTORY_MAX);
    if (history)
        read_past(&prompt.past[PROMPT_COMMAND], history);
    prompt.ready = true;
}

FILE *prompt_stream(void) {
    return rl_instream;
}

void prompt_done(void) {
    prompt_cancel();
    if (prompt.history_path)
        history_truncate_file(prompt.history_path, HISTORY_MAX);
    drop_words();
    free(prompt.words);
    prompt.words = NULL;
    prompt.cap = 0;
    for (int k = 0; k < PROMPT_KINDS; k++)
        while (prompt.past[k].n > 0)
            free(prompt.past[k].line[--prompt.past[k].n]);
    prompt.ready = false;
}

static char prefill_text[256];

static int insert_prefill(void) {
    rl_insert_text(prefill_text);
    rl_startup_hook = NULL;
    return 0;
}

void prompt_open(enum prompt_kind kind, const char *label, const char *prefill) {
    if (!prompt.ready || prompt.open)
        return;
    prompt.kind = kind;
    prompt.open = true;
    prompt.finished = prompt.cancelled = false;
    prompt.line = NULL;
    prompt.choices[0] = '\0';
    fill_history(&prompt.past[kind]);
    snprintf(prefill_text, sizeof prefill_text, "%s", prefill);
    rl_startup_hook = insert_prefill;
    rl_callback_handler_install(label, take_line);
    if (rl_startup_hook) { /* this readline does not run it for callbacks */
        insert_prefill();
    }
}

bool prompt_is_open(void) {
    return prompt.open;
}

enum prompt_kind prompt_kind_now(void) {
    return prompt.kind;
}

void prompt_cancel(void) {
    if (!prompt.open)
        return;
    rl_free_line_state();
    rl_callback_sigcleanup();
    rl_replace_line("", 0);
    rl_callback_handler_remove();
    rl_clear_history();
    prompt.open = false;
}

enum prompt_result prompt_feed(char **line) {
    *line = NULL;
    prompt.choices[0] = '\0';
    rl_callback_read_char();
    if (!prompt.finished)
        return PROMPT_MORE;
    if (!prompt.cancelled) {
        trim(prompt.line);
        remember(prompt.line);
    }
    rl_clear_history();
    prompt.open = false;
    *line = prompt.line;
    prompt.line = NULL;
    return prompt.cancelled ? PROMPT_CANCELLED : PROMPT_LINE;
}

bool prompt_waits_after_escape(void) {
    return prompt.open && RL_ISSTATE(RL_STATE_MULTIKEY) && prompt.last == '\033';
}

const char *prompt_label(void) {
    return rl_display_prompt ? rl_display_prompt : "";
}

const char *prompt_line(void) {
    return rl_line_buffer ? rl_line_buffer : "";
}

size_t prompt_cursor(void) {
    return rl_point > 0 ? (size_t)rl_point : 0;
}

const char *prompt_choices(void) {
    return prompt.choices;
}
