/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pager.c - see pager.h.
 */
#include "tui/pager.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static void drop_lines(struct pager *p) {
    for (int i = 0; i < p->n; i++)
        free(p->lines[i].text);
    p->n = 0;
}

void pager_free(struct pager *p) {
    drop_lines(p);
    free(p->lines);
    *p = (struct pager){0};
}

void pager_start(struct pager *p, const char *title) {
    drop_lines(p);
    p->top = p->left = 0;
    p->chosen = p->found = -1;
    p->sought[0] = '\0';
    p->open = true;
    p->help = HELP_NONE;
    snprintf(p->title, sizeof p->title, "%s", title);
}

bool pager_add(struct pager *p, enum role role, int key_cols, const char *words, size_t len) {
    if (p->n >= PAGER_MAX_LINES)
        return false;
    if (p->n == p->cap) {
        int cap = p->cap ? p->cap * 2 : 64;
        struct pager_line *lines = realloc(p->lines, (size_t)cap * sizeof *lines);
        if (!lines)
            return false;
        p->lines = lines;
        p->cap = cap;
    }
    char *copy = strndup(words, len);
    if (!copy)
        return false;
    p->lines[p->n++] = (struct pager_line){.text = copy, .role = role, .key_cols = key_cols};
    return true;
}

bool pager_add_text(struct pager *p, enum role role, const char *words, size_t len) {
    while (len > 0) {
        const char *nl = memchr(words, '\n', len);
        size_t n = nl ? (size_t)(nl - words) : len;
        if (!pager_add(p, role, 0, words, n))
            return false;
        n += nl != NULL;
        words += n;
        len -= n;
    }
    return true;
}

/* Bytes of s that take `cols` columns; what is cut off at the left when scrolled. */
static const char *skip_columns(const char *s, int cols) {
    char one[8];
    while (*s && cols > 0) {
        size_t n = 1;
        while (n < 4 && (s[n] & 0xc0) == 0x80)
            n++;
        memcpy(one, s, n);
        one[n] = '\0';
        cols -= text_columns(one);
        s += n;
    }
    return s;
}

static bool same_letter(char a, char b) {
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static const char *holds(const char *s, const char *words) {
    for (; *s; s++) {
        size_t n = 0;
        while (words[n] && s[n] && same_letter(s[n], words[n]))
            n++;
        if (!words[n])
            return s;
    }
    return NULL;
}

static int columns_of(const char *s, const char *end) {
    char head[1024];
    size_t n = (size_t)(end - s);
    if (n >= sizeof head)
        return -1;
    memcpy(head, s, n);
    head[n] = '\0';
    return text_columns(head);
}

/* Mark what was looked for in a line, wherever it stands. */
static void tint_found(const struct pager *p, const struct pen *pen, int y, const char *line) {
    size_t n = strlen(p->sought);
    for (const char *at = line; (at = holds(at, p->sought)) != NULL; at += n) {
        int x = columns_of(line, at), w = text_columns(p->sought);
        if (x < 0)
            return;
        if (x - p->left >= 0)
            pen_tint(pen, 1 + x - p->left, y, w, p->top + y == p->found ? ROLE_CURSOR : ROLE_NOTE);
    }
}

void pager_draw(struct pager *p, const struct pen *pen) {
    p->height = pen->r.h;
    p->width = pen->r.w;
    if (p->top > p->n - p->height)
        p->top = p->n - p->height;
    if (p->top < 0)
        p->top = 0;
    for (int y = 0; y < p->height && p->top + y < p->n; y++) {
        const struct pager_line *l = &p->lines[p->top + y];
        pen_text(pen, 1, y, l->role, skip_columns(l->text, p->left));
        if (l->key_cols > p->left)
            pen_tint(pen, 1, y, l->key_cols - p->left, ROLE_KEY);
        if (p->sought[0])
            tint_found(p, pen, y, l->text);
        if (p->top + y == p->chosen)
            pen_tint(pen, 0, y, pen->r.w, ROLE_SELECT);
    }
}

/* The next line to choose in a direction, or where it was. */
static void choose(struct pager *p, int by) {
    int step = by < 0 ? -1 : 1, last = p->chosen;
    for (int i = p->chosen + step, left = by * step; i >= 0 && i < p->n && left > 0; i += step)
        if (p->lines[i].action != ACT_NONE) {
            last = i;
            left--;
        }
    p->chosen = last;
    if (last < p->top)
        p->top = last > 1 ? last - 1 : 0;
    while (last + 1 < p->n && p->lines[last + 1].folded)
        last++;
    if (last >= p->top + p->height)
        p->top = last - p->height + 1;
    if (p->chosen >= 0 && p->top > p->chosen)
        p->top = p->chosen;
}

static bool act_chosen(struct pager *p, enum action a) {
    static const int8_t by[ACT_LIMIT] = {
        [ACT_UP] = -1, [ACT_DOWN] = 1, [ACT_PAGE_UP] = -2, [ACT_PAGE_DOWN] = 2, [ACT_TOP] = -3, [ACT_BOTTOM] = 3};
    int size[] = {0, 1, p->height > 2 ? p->height - 2 : 1, p->n};
    if (p->chosen < 0 || !by[a])
        return false;
    choose(p, by[a] < 0 ? -size[-by[a]] : size[by[a]]);
    return true;
}

const struct pager_line *pager_chosen(const struct pager *p) {
    return p->chosen >= 0 && p->chosen < p->n ? &p->lines[p->chosen] : NULL;
}

bool pager_act(struct pager *p, enum action a) {
    int page = p->height > 1 ? p->height - 1 : 1;
    if (act_chosen(p, a))
        return true;
    switch (a) {
    case ACT_UP:
        p->top--;
        break;
    case ACT_DOWN:
        p->top++;
        break;
    case ACT_PAGE_UP:
        p->top -= page;
        break;
    case ACT_PAGE_DOWN:
        p->top += page;
        break;
    case ACT_TOP:
        p->top = 0;
        break;
    case ACT_BOTTOM:
        p->top = p->n;
        break;
    case ACT_LEFT:
        p->left = p->left > 8 ? p->left - 8 : 0;
        break;
    case ACT_RIGHT:
        p->left += 8;
        break;
    default:
        return false;
    }
    if (p->top > p->n - p->height)
        p->top = p->n - p->height;
    if (p->top < 0)
        p->top = 0;
    return true;
}

/* ------------------------------------------------------------------ searching, saving */

/* The line whose word at the left is this one: a word of the glossary, a key. */
static int headed(const struct pager *p, const char *words) {
    for (int k = 0; k < p->n; k++) {
        const char *at = p->lines[k].text + strspn(p->lines[k].text, " ");
        size_t n = strlen(words);
        if (p->lines[k].key_cols > 0 && holds(at, words) == at && (at[n] == ' ' || at[n] == '\0'))
            return k;
    }
    return -1;
}

bool pager_find(struct pager *p, const char *words, bool back, int *i, int *n) {
    if (words[0]) {
        snprintf(p->sought, sizeof p->sought, "%s", words);
        p->found = -1;
    }
    int from = p->found >= 0 ? p->found : back ? p->top : p->top - 1, best = -1;
    int head = words[0] && !back ? headed(p, words) : -1;
    if (head >= 0)
        from = head - 1;
    *i = *n = 0;
    for (int k = 0; p->sought[0] && k < p->n; k++) {
        if (!holds(p->lines[k].text, p->sought))
            continue;
        ++*n;
        bool wanted = back ? k < from : k > from;
        if (best < 0 || (back ? wanted || (best >= from && k > best) : wanted && best <= from)) {
            best = k;
            *i = *n;
        }
    }
    if (best < 0)
        return false;
    p->found = best;
    if (best < p->top || best >= p->top + p->height)
        p->top = best - p->height / 3;
    if (p->chosen >= 0 && p->lines[best].action != ACT_NONE)
        p->chosen = best;
    return true;
}

char *pager_text(const struct pager *p, size_t *len) {
    char *words = NULL;
    FILE *out = open_memstream(&words, len);
    if (!out)
        return NULL;
    for (int i = 0; i < p->n; i++)
        fprintf(out, "%s\n", p->lines[i].text);
    return fclose(out) == 0 ? words : NULL;
}

/* ------------------------------------------------------------------ the keys */

enum { KEY_COLS = 12 };

/* A line whose words go on under one another, behind its first KEY_COLS columns, where `width` columns have no room. */
static bool add_folded(struct pager *p, int key_cols, int width, const char *words) {
    char line[400];
    size_t room = width > KEY_COLS + 20 ? (size_t)width - KEY_COLS : 20;
    const char *at = words + (strlen(words) > KEY_COLS ? KEY_COLS : 0);
    for (bool first = true; first || *at; first = false) {
        size_t n = strlen(at);
        if (width > 0 && text_columns(at) > (int)room)
            for (n = room; n > 1 && at[n] != ' '; n--)
                ;
        int len = snprintf(line, sizeof line, "%*.*s%.*s", KEY_COLS, first ? (int)(at - words) : 0, first ? words : "",
                           (int)n, at);
        if (len < 0 || !pager_add(p, ROLE_TEXT, first ? key_cols : 0, line, (size_t)len))
            return false;
        p->lines[p->n - 1].folded = !first;
        at += n + strspn(at + n, " ");
    }
    return true;
}

static void add_key(struct pager *p, const struct binding *b, bool panes_too, int width) {
    char keys[64], panes[128] = "", line[400];
    const char *name = action_name((enum action)b->action);
    binding_keys(b, keys, sizeof keys);
    if (panes_too)
        binding_panes(b, panes, sizeof panes);
    int len =
        snprintf(line, sizeof line, "  %-*s %s%s%s%s%s%s", KEY_COLS - 3, keys[0] ? keys : "(no key)", name ? "" : ":",
                 b->help, panes[0] ? " (" : "", panes, panes[0] ? ")" : "", name ? " \302\267 " : "");
    if (len > 0 && (size_t)len < sizeof line && name)
        snprintf(line + len, sizeof line - (size_t)len, "%s", name);
    int first = p->n;
    if (len > 0 && add_folded(p, keys[0] ? KEY_COLS - 1 : 0, width, line) && p->n > first) {
        p->lines[first].key = b->key[0];
        p->lines[first].action = (enum action)b->action;
    }
}

/* What is for this pane and not for all. */
static void add_pane_keys(struct pager *p, unsigned where, int width) {
    static const char title[] = "In this pane";
    const struct binding *b;
    size_t n = keys_table(&b);
    bool any = false;
    for (size_t i = 0; i < n; i++) {
        bool all = (b[i].panes & IN_PANES) == IN_PANES;
        if (!(b[i].panes & where) || all)
            continue;
        if (!any)
            pager_add(p, ROLE_TITLE, 0, title, sizeof title - 1);
        any = true;
        add_key(p, &b[i], false, width);
    }
    if (any)
        pager_add(p, ROLE_TEXT, 0, "", 0);
}

void pager_show_keys(struct pager *p, unsigned where, int width) {
    const struct binding *b;
    size_t n = keys_table(&b);
    pager_start(p, "keys");
    p->help = HELP_KEYS;
    if (where != IN_ALL)
        add_pane_keys(p, where, width);
    for (size_t i = 0; i < n; i++) {
        if (b[i].group) {
            if (i > 0)
                pager_add(p, ROLE_TEXT, 0, "", 0);
            pager_add(p, ROLE_TITLE, 0, b[i].group, strlen(b[i].group));
        }
        add_key(p, &b[i], true, width);
    }
    for (int i = p->n; i-- > 0;)
        if (p->lines[i].action != ACT_NONE)
            p->chosen = i;
}
