/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pager.c - see pager.h.
 */
#include "tui/pager.h"

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
    p->open = true;
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
    }
}

bool pager_act(struct pager *p, enum action a) {
    int page = p->height > 1 ? p->height - 1 : 1;
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

/* ------------------------------------------------------------------ the keys */

enum { KEY_COLS = 12 };

void pager_show_keys(struct pager *p) {
    const struct binding *b;
    size_t n = keys_table(&b);
    pager_start(p, "keys");
    for (size_t i = 0; i < n; i++) {
        char keys[64], panes[128], line[256];
        if (b[i].group) {
            if (i > 0)
                pager_add(p, ROLE_TEXT, 0, "", 0);
            pager_add(p, ROLE_TITLE, 0, b[i].group, strlen(b[i].group));
        }
        binding_keys(&b[i], keys, sizeof keys);
        binding_panes(&b[i], panes, sizeof panes);
        int len = snprintf(line, sizeof line, "  %-*s %s%s%s%s", KEY_COLS - 3, keys, b[i].help, panes[0] ? " (" : "",
                           panes, panes[0] ? ")" : "");
        if (len > 0)
            pager_add(p, ROLE_TEXT, KEY_COLS - 1, line, strlen(line));
    }
}
