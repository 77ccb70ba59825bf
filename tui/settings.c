/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * settings.c - the table of settings, and how each is read and written.
 */
#include "tui/settings.h"

#include "core/core.h"
#include "tui/map.h"
#include "tui/panes.h"
#include "tui/theme.h"
#include "tui/timeline.h"

#include <stdlib.h>
#include <string.h>

static const char *const switches[] = {"off", "on", NULL};
static const char *const glyph_words[] = {"auto", "unicode", "console", "ascii", NULL};
/* All but the change since mark A, which is not set at the start. */
static const char *const colourings[] = {"occupancy", "class", "age", "list", "type", NULL};
_Static_assert(sizeof colourings / sizeof *colourings == COLOUR_CHANGE + 1, "each colouring of the map has a word");

/* How a value is written. */
enum kind { KIND_WORD, KIND_ROWS, KIND_SPEED, KIND_NUMBER };

static const struct {
    const char *name, *about;
    const char *const *words; /* KIND_WORD: in the order of the values; else words that stand for a value below */
    int64_t usual;
    int16_t least, most; /* KIND_NUMBER */
    uint8_t kind;
    bool at_start;
} table[SETTINGS] = {
    [SET_THEME] = {"theme", "colours; auto keeps to some that can be read on any background", theme_words, THEME_AUTO,
                   0, 0, KIND_WORD, false},
    [SET_LAYOUT] = {"layout", "how panes share the screen; auto: by its size", layout_words, LAYOUT_AUTO, 0, 0,
                    KIND_WORD, false},
    [SET_MOUSE] = {"mouse", "the mouse is the program's; off: the terminal's", switches, 1, 0, 0, KIND_WORD, false},
    [SET_GLYPHS] = {"glyphs", "lines and curves; auto: by locale and terminal; console: without braille", glyph_words,
                    GLYPHS_AUTO, 0, 0, KIND_WORD, false},
    [SET_ROWS] = {"rows", "rows of the timeline, as far as there is room", NULL, TIMELINE_USUAL, 0, 0, KIND_ROWS,
                  false},
    [SET_MAP] = {"map-colour", "what the heap map is coloured by", colourings, COLOUR_FILL, 0, 0, KIND_WORD, false},
    [SET_FILM_SPEED] = {"film-speed", "time of the trace in a second of the film; auto: 16 seconds for the window",
                        NULL, 0, 0, 0, KIND_SPEED, false},
    [SET_PICTURES] = {"pictures", "a second, at most, of the film; fewer for a slow link", NULL, 30, 1, 60, KIND_NUMBER,
                      false},
    [SET_SESSION] = {"session", "keep bookmarks, marks and view of each trace, and bring them back", switches, 1, 0, 0,
                     KIND_WORD, true},
    [SET_INDEX] = {"index", "keep what was loaded in the cache, as --index does", switches, 0, 0, 0, KIND_WORD, true},
};

void settings_usual(struct settings *s) {
    *s = (struct settings){.given = 0};
    for (int i = 0; i < SETTINGS; i++)
        s->value[i] = table[i].usual;
}

const char *setting_name(enum setting which) {
    return table[which].name;
}

const char *setting_about(enum setting which) {
    return table[which].about;
}

bool setting_at_start(enum setting which) {
    return table[which].at_start;
}

enum setting setting_named(const char *name) {
    int i = 0;
    while (i < SETTINGS && strcmp(table[i].name, name) != 0)
        i++;
    return (enum setting)i;
}

const char *setting_word(enum setting which, size_t i) {
    if (table[which].words)
        return table[which].words[i];
    if (table[which].kind == KIND_SPEED)
        return i == 0 ? "auto" : NULL;
    return table[which].kind == KIND_ROWS && i < TIMELINE_ROWS ? timeline_row_name((enum timeline_row)i) : NULL;
}

char *setting_takes(enum setting which, char dst[SETTING_TEXT]) {
    size_t n = 0;
    dst[0] = '\0';
    if (table[which].kind == KIND_NUMBER)
        snprintf(dst, SETTING_TEXT, "%d to %d", table[which].least, table[which].most);
    for (size_t i = 0; setting_word(which, i) && n < SETTING_TEXT; i++)
        n += (size_t)snprintf(dst + n, SETTING_TEXT - n, "%s%s", n ? ", " : "", setting_word(which, i));
    if (table[which].kind == KIND_SPEED && n < SETTING_TEXT)
        snprintf(dst + n, SETTING_TEXT - n, ", or a time as 20ms");
    return dst;
}

/* ------------------------------------------------------------------ writing */

static void rows_text(int64_t bits, char dst[SETTING_TEXT]) {
    size_t n = 0;
    snprintf(dst, SETTING_TEXT, "none");
    for (int i = 0; i < TIMELINE_ROWS && n < SETTING_TEXT; i++)
        if (bits >> i & 1)
            n += (size_t)snprintf(dst + n, SETTING_TEXT - n, "%s%s", n ? "," : "",
                                  timeline_row_name((enum timeline_row)i));
}

/* In the largest unit that says it exactly. */
static void speed_text(int64_t ns, char dst[SETTING_TEXT]) {
    static const char *const units[] = {"ns", "us", "ms", "s"};
    int unit = 0;
    for (; unit < 3 && ns % 1000 == 0; unit++)
        ns /= 1000;
    snprintf(dst, SETTING_TEXT, "%lld%s", (long long)ns, units[unit]);
}

char *setting_text(const struct settings *s, enum setting which, char dst[SETTING_TEXT]) {
    int64_t v = s->value[which];
    if (table[which].kind == KIND_WORD)
        snprintf(dst, SETTING_TEXT, "%s", table[which].words[v]);
    else if (table[which].kind == KIND_ROWS)
        rows_text(v, dst);
    else if (table[which].kind == KIND_SPEED && v == 0)
        snprintf(dst, SETTING_TEXT, "auto");
    else if (table[which].kind == KIND_SPEED)
        speed_text(v, dst);
    else
        snprintf(dst, SETTING_TEXT, "%lld", (long long)v);
    return dst;
}

/* ------------------------------------------------------------------ reading */

static bool read_word(enum setting which, const char *word, int64_t *out) {
    for (int i = 0; table[which].words[i]; i++)
        if (strcmp(table[which].words[i], word) == 0) {
            *out = i;
            return true;
        }
    return false;
}

static bool read_rows(const char *words, int64_t *out) {
    *out = 0;
    if (strcmp(words, "none") == 0)
        return true;
    for (size_t n; *words; words += n + (words[n] == ',')) {
        n = strcspn(words, ",");
        int row = 0;
        for (; row < TIMELINE_ROWS; row++) {
            const char *name = timeline_row_name((enum timeline_row)row);
            if (strlen(name) == n && strncmp(name, words, n) == 0)
                break;
        }
        if (row == TIMELINE_ROWS)
            return false;
        *out |= INT64_C(1) << row;
    }
    return *out != 0;
}

static bool read_speed(const char *words, int64_t *out) {
    const char *why;
    *out = 0;
    if (strcmp(words, "auto") == 0)
        return true;
    return words[0] >= '0' && words[0] <= '9' && when_is_plain(words) && when_parse(NULL, words, out, &why) &&
           *out > 0 && *out <= FILM_SPEED_MAX;
}

static bool read_count(enum setting which, const char *words, int64_t *out) {
    char *end;
    *out = strtol(words, &end, 10);
    return end != words && *end == '\0' && *out >= table[which].least && *out <= table[which].most;
}

bool setting_read(struct settings *s, enum setting which, const char *words, char why[SETTING_WHY]) {
    int64_t v = 0;
    char takes[SETTING_TEXT], now[SETTING_TEXT];
    bool ok = table[which].kind == KIND_WORD    ? read_word(which, words, &v)
              : table[which].kind == KIND_ROWS  ? read_rows(words, &v)
              : table[which].kind == KIND_SPEED ? read_speed(words, &v)
                                                : read_count(which, words, &v);
    if (!ok) {
        snprintf(why, SETTING_WHY, "%s takes %s; it stays %s", table[which].name, setting_takes(which, takes),
                 setting_text(s, which, now));
        return false;
    }
    s->value[which] = v;
    s->given |= 1u << which;
    return true;
}
