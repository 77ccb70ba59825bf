/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * words.c - a typed line taken apart as a shell does, without its expansions.
 *
 * Blanks part words; '...' takes everything as it is, "..." all but \" and \\, and \ the next character.
 */
#include "core/core.h"

#include <stdlib.h>
#include <string.h>

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/*
 * Read one word from *line (not blank) into dst, which has room for the whole line. Moves *line behind the word.
 * False: a quote stays open.
 */
static bool read_word(const char **line, char *dst) {
    const char *p = *line;
    char quote = '\0';
    for (; *p && (quote || !is_blank(*p)); p++) {
        if (!quote && (*p == '\'' || *p == '"')) {
            quote = *p;
        } else if (quote && *p == quote) {
            quote = '\0';
        } else if (*p == '\\' && quote != '\'' && (!quote || p[1] == '"' || p[1] == '\\')) {
            if (!*++p)
                return false;
            *dst++ = *p;
        } else {
            *dst++ = *p;
        }
    }
    *dst = '\0';
    *line = p;
    return !quote;
}

int words_split(const char *line, char ***out) {
    *out = NULL;
    size_t len = strlen(line);
    /* no more words than every other byte, and one NULL behind them */
    char **words = calloc(len / 2 + 2, sizeof *words);
    char *dst = malloc(len + 1);
    int n = 0;
    bool ok = words && dst;
    while (ok) {
        while (is_blank(*line))
            line++;
        if (!*line)
            break;
        ok = read_word(&line, dst) && (words[n] = strdup(dst)) != NULL;
        n += ok;
    }
    free(dst);
    if (!ok) {
        words_free(&words, n);
        return -1;
    }
    *out = words;
    return n;
}

void words_free(char ***w, int n) {
    for (int i = 0; *w && i < n; i++)
        free((*w)[i]);
    free(*w);
    *w = NULL;
}
