/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * conf.c - see conf.h. What is read is a person's file, but it may be anything: it is read up to FILE_MAX bytes,
 * and what messages repeat of it is made harmless.
 */
#include "tui/conf.h"

#include "core/core.h"
#include "tui/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 1 << 20, LINE_MAX_BYTES = 2000, WORDS = 4, WORD = 64 };

/* ------------------------------------------------------------------ words */

/* A line in words; `rest` is what stands from the fourth word on, as it is written. */
struct words {
    char word[WORDS][WORD];
    const char *at[WORDS]; /* where each begins in the line */
    int n;
};

static void split_line(const char *line, struct words *w) {
    *w = (struct words){.n = 0};
    for (;;) {
        line += strspn(line, " \t");
        if (!*line || w->n == WORDS)
            return;
        size_t n = strcspn(line, " \t");
        w->at[w->n] = line;
        snprintf(w->word[w->n], WORD, "%.*s", (int)(n < WORD ? n : WORD - 1), line);
        w->n++;
        line += n;
    }
}

static bool refuse(char why[CONFIG_WHY], const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static bool refuse(char why[CONFIG_WHY], const char *fmt, ...) {
    char words[CONFIG_WHY];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(words, sizeof words, fmt, ap);
    va_end(ap);
    text_safe(why, CONFIG_WHY, (text){words, strlen(words)});
    return false;
}

/* Nothing but a comment stands from word i on. */
static bool ends_at(const struct words *w, int i) {
    return w->n <= i || w->word[i][0] == '#';
}

static const char *next_action(const void *arg, size_t i) {
    (void)arg;
    return i + 1 < ACT_LINE ? action_name((enum action)(i + 1)) : NULL;
}

static const char *next_setting(const void *arg, size_t i) {
    (void)arg;
    return i < SETTINGS ? setting_name((enum setting)i) : NULL;
}

/* "did you mean x?" where something is near. */
static bool refuse_name(char why[CONFIG_WHY], const char *what, const char *word,
                        const char *(*next)(const void *, size_t)) {
    const char *near = name_nearest(word, next, NULL);
    return refuse(why, "no %s %s%s%s%s", what, word, near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
}

/* ------------------------------------------------------------------ commands */

/* A value may have a blank in it ("20 ms"); a comment ends it. */
static bool run_set(struct settings *s, const struct words *w, char why[CONFIG_WHY]) {
    char value[SETTING_TEXT], wrong[SETTING_WHY];
    if (w->n < 3 || w->word[2][0] == '#')
        return refuse(why, "set NAME VALUE: %s", w->n < 2 ? "no name is given" : "no value is given");
    enum setting which = setting_named(w->word[1]);
    if (which == SETTINGS)
        return refuse_name(why, "setting", w->word[1], next_setting);
    const char *comment = strstr(w->at[2], " #");
    size_t n = comment ? (size_t)(comment - w->at[2]) : strlen(w->at[2]);
    while (n > 0 && strchr(" \t", w->at[2][n - 1]))
        n--;
    snprintf(value, sizeof value, "%.*s", (int)(n < sizeof value ? n : sizeof value - 1), w->at[2]);
    return setting_read(s, which, value, wrong) || refuse(why, "%s", wrong);
}

/* Panes and key of bind and unbind. */
static bool read_place(const struct words *w, unsigned *panes, int *key, char why[CONFIG_WHY]) {
    if (w->n < 3)
        return refuse(why, "%s PANES KEY%s", w->word[0], w->word[0][0] == 'b' ? " ACTION" : "");
    *panes = panes_named(w->word[1]);
    if (!*panes)
        return refuse(why, "no panes %s: all, panes, lists, timeline, map, span, mcentral, types, bucket, page, pager",
                      w->word[1]);
    *key = keys_from_name(w->word[2]);
    return *key != KEY_CODE_NONE ||
           refuse(why, "no key %s: a character, ^A to ^Z, F1 to F12, M-a (Alt), Enter, Tab, Esc, Space, Up, PgDn ...",
                  w->word[2]);
}

static bool run_bind(struct settings *s, const struct words *w, char why[CONFIG_WHY]) {
    unsigned panes;
    int key;
    char wrong[KEYS_WHY];
    (void)s;
    if (!read_place(w, &panes, &key, why))
        return false;
    if (w->n < 4 || w->word[3][0] == '#')
        return refuse(why, "bind PANES KEY ACTION: no action is given");
    if (w->word[3][0] == ':')
        return (w->at[3][1] || refuse(why, "bind: no command behind the colon")) &&
               (keys_bind(key, panes, ACT_LINE, w->at[3] + 1, wrong) || refuse(why, "%s", wrong));
    enum action a = action_named(w->word[3]);
    if (a == ACT_NONE)
        return refuse_name(why, "action", w->word[3], next_action);
    const char *behind = w->at[3] + strcspn(w->at[3], " \t");
    behind += strspn(behind, " \t");
    if (*behind && *behind != '#')
        return refuse(why, "bind PANES KEY ACTION: %.60s is too much", behind);
    return keys_bind(key, panes, a, NULL, wrong) || refuse(why, "%s", wrong);
}

static bool run_unbind(struct settings *s, const struct words *w, char why[CONFIG_WHY]) {
    unsigned panes;
    int key;
    char wrong[KEYS_WHY];
    (void)s;
    if (!read_place(w, &panes, &key, why))
        return false;
    if (!ends_at(w, 3))
        return refuse(why, "unbind PANES KEY: %s is too much", w->word[3]);
    return keys_unbind(key, panes, wrong) || refuse(why, "%s", wrong);
}

static const struct {
    const char *name;
    bool (*run)(struct settings *s, const struct words *w, char why[CONFIG_WHY]);
} commands[] = {{"set", run_set}, {"bind", run_bind}, {"unbind", run_unbind}};
enum { COMMANDS = sizeof commands / sizeof *commands };

static const char *next_command(const void *arg, size_t i) {
    (void)arg;
    return i < COMMANDS ? commands[i].name : NULL;
}

bool config_line(struct settings *s, const char *line, char why[CONFIG_WHY]) {
    struct words w;
    why[0] = '\0';
    split_line(line, &w);
    if (w.n == 0 || w.word[0][0] == '#')
        return true;
    for (int i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i].name, w.word[0]) == 0)
            return commands[i].run(s, &w, why);
    return refuse_name(why, "command", w.word[0], next_command);
}

/* ------------------------------------------------------------------ completion */

const char *config_word(const char *line, int words, size_t i) {
    static const char *const panes[] = {"all",      "panes", "lists",  "timeline", "map",   "span",
                                        "mcentral", "types", "bucket", "page",     "pager", NULL};
    struct words w;
    split_line(line, &w);
    bool set = w.n > 0 && strcmp(w.word[0], "set") == 0, bind = w.n > 0 && strcmp(w.word[0], "bind") == 0;
    bool unbind = w.n > 0 && strcmp(w.word[0], "unbind") == 0;
    if (set && words == 1)
        return next_setting(NULL, i);
    if (set && words == 2 && setting_named(w.word[1]) != SETTINGS)
        return setting_word(setting_named(w.word[1]), i);
    if ((bind || unbind) && words == 1)
        return i < sizeof panes / sizeof *panes ? panes[i] : NULL;
    return bind && words == 3 ? next_action(NULL, i) : NULL;
}

/* ------------------------------------------------------------------ files */

static void note(struct config_notes *notes, const char *path, size_t line, const char *words) {
    char shown[300];
    if (notes->n == CONFIG_NOTES) {
        notes->more++;
        return;
    }
    text_safe(shown, sizeof shown, (text){path, strlen(path)});
    char *full = NULL;
    int n = line ? asprintf(&full, "%s:%zu: %s; the line is left out", shown, line, words)
                 : asprintf(&full, "%s: %s", shown, words);
    if (n >= 0)
        notes->line[notes->n++] = full;
}

void config_notes_free(struct config_notes *notes) {
    for (size_t i = 0; i < notes->n; i++)
        free(notes->line[i]);
    *notes = (struct config_notes){.n = 0};
}

/* One line that ends at `end`; behind it there is room for a NUL. */
static void run_line(struct settings *s, const char *path, size_t number, char *from, char *end,
                     struct config_notes *notes) {
    char why[CONFIG_WHY];
    size_t len = end > from ? (size_t)(end - from) : 0;
    if (len > 0 && from[len - 1] == '\r')
        len--;
    from[len] = '\0';
    if (memchr(from, '\0', len))
        note(notes, path, number, "not a line of text");
    else if (len > LINE_MAX_BYTES)
        note(notes, path, number, "longer than 2000 bytes");
    else if (!config_line(s, from, why))
        note(notes, path, number, why);
}

static ssize_t read_all(const char *path, char *bytes, size_t room) {
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe without a writer must not hang */
    if (fd < 0)
        return -1;
    size_t n = 0;
    ssize_t got = -1;
    if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
        errno = EISDIR;
    else
        while (n < room && (got = read(fd, bytes + n, room - n)) > 0)
            n += (size_t)got;
    int problem = errno;
    close(fd);
    errno = problem;
    return got < 0 ? -1 : (ssize_t)n;
}

void config_read(struct settings *s, const char *path, bool must, struct config_notes *notes) {
    char *bytes = malloc(FILE_MAX + 2);
    ssize_t n = bytes ? read_all(path, bytes, FILE_MAX + 1) : -1;
    if (n < 0 && (must || errno != ENOENT))
        note(notes, path, 0, bytes ? strerror(errno) : "out of memory");
    if (n > FILE_MAX)
        note(notes, path, 0, "longer than 1 MB: nothing of it counts");
    char *end = bytes && n >= 0 && n <= FILE_MAX ? bytes + n : bytes;
    size_t number = 1;
    for (char *from = bytes; from < end; number++) {
        char *nl = memchr(from, '\n', (size_t)(end - from));
        char *stop = nl ? nl : end;
        run_line(s, path, number, from, stop, notes);
        from = stop + 1;
    }
    free(bytes);
}

char *config_path(void) {
    const char *folder = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    char *path = NULL;
    int n = -1;
    if (folder && folder[0] == '/')
        n = asprintf(&path, "%s/heapreel/config", folder);
    else if (home && home[0] == '/')
        n = asprintf(&path, "%s/.config/heapreel/config", home);
    return n < 0 ? NULL : path;
}

void config_write(FILE *out, const struct settings *s) {
    char value[SETTING_TEXT], takes[SETTING_TEXT];
    fputs("# heapreel's configuration, as it is. What a file doesn't name stays as it comes; unbind takes a key away.\n"
          "# The same lines can be typed at the prompt (:set theme mono), and :config shows all of this.\n",
          out);
    for (int i = 0; i < SETTINGS; i++) {
        enum setting which = (enum setting)i;
        fprintf(out, "\n# %s%s\n# takes %s\nset %s %s\n", setting_about(which),
                setting_at_start(which) ? " (from the next start on)" : "", setting_takes(which, takes),
                setting_name(which), setting_text(s, which, value));
    }
    fputs("\n# bind PANES KEY ACTION, or bind PANES KEY :COMMAND for a line of the prompt, as: bind panes F5 :types\n"
          "# PANES: timeline, map, span, mcentral, types, bucket, page, pager (the output of commands) with commas\n"
          "# between; lists: mcentral, types and bucket; panes: all but the pager; all.\n",
          out);
    keys_write(out);
}
