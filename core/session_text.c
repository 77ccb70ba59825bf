/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * session_text.c - a view as one word, for --view: what `:share` prints.
 *
 *   at=90666432:3025,window=0:629186817,select=0xc4275ff2000,a=1000:12,focus=types,find=type~rec%20live,
 *   sort=types:bytes:1,rows=heap%20phase,colour=list,scale=3,page=span:17
 *   page=report:90666432,report=delays%20--by%20type
 *
 * Parts stand between commas, in any order; an instant is ns and a number of facts. Letters that a shell or a comma
 * could be taken for are written as %20. `sort` (pane, column, 1: turned round) may come several times. Bookmarks and
 * the pages before aren't part of it.
 */
#include "core/session.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct writer {
    char *dst;
    size_t cap, n;
};

static void add(struct writer *w, const char *s) {
    int got = snprintf(w->dst + w->n, w->cap - w->n, "%s", s);
    w->n += got > 0 ? (size_t)got : 0;
    w->n = w->n < w->cap ? w->n : w->cap - 1;
}

static bool is_plain(unsigned char c) {
    return isalnum(c) || strchr("._~/:-+", c) != NULL;
}

/* All of it or nothing. */
static void add_text(struct writer *w, const char *name, const char *s) {
    size_t before = w->n;
    if (!s[0])
        return;
    add(w, w->n ? "," : "");
    add(w, name);
    add(w, "=");
    for (; *s; s++) {
        char one[4];
        snprintf(one, sizeof one, is_plain((unsigned char)*s) ? "%c" : "%%%02x", (unsigned char)*s);
        add(w, one);
    }
    if (w->n + 1 >= w->cap)
        w->dst[w->n = before] = '\0';
}

static void add_pair(struct writer *w, const char *name, uint64_t a, uint64_t b) {
    char both[64];
    snprintf(both, sizeof both, "%llu:%llu", (unsigned long long)a, (unsigned long long)b);
    add_text(w, name, both);
}

static void add_place(struct writer *w, const char *name, const struct session_place *p) {
    if (p->set)
        add_pair(w, name, (uint64_t)p->t, p->pos);
}

/* How lists, timeline and map are shown, and the page. */
static void add_extras(struct writer *w, const struct session *s) {
    char words[2 * SESSION_TEXT + 8];
    for (size_t i = 0; i < s->nsorts; i++) {
        snprintf(words, sizeof words, "%s:%s%s", s->sort[i].pane, s->sort[i].column, s->sort[i].turned ? ":1" : "");
        add_text(w, "sort", words);
    }
    add_text(w, "rows", s->rows);
    add_text(w, "colour", s->colour);
    snprintf(words, sizeof words, "%d", s->scale);
    add_text(w, "scale", s->scale_set ? words : "");
    snprintf(words, sizeof words, "%s:%llu", s->page.kind, (unsigned long long)s->page.id);
    add_text(w, "page", s->page.kind[0] ? words : "");
    add_text(w, "report", s->page.line);
}

void session_to_text(const struct session *s, char *dst, size_t cap) {
    struct writer w = {.dst = dst, .cap = cap};
    char addr[32];
    dst[0] = '\0';
    add_place(&w, "at", &s->cursor);
    if (s->window_set && !s->whole)
        add_pair(&w, "window", (uint64_t)s->window[0], (uint64_t)s->window[1]);
    snprintf(addr, sizeof addr, "0x%llx", (unsigned long long)s->addr);
    add_text(&w, "select", s->selected ? addr : "");
    add_place(&w, "a", &s->a);
    add_place(&w, "b", &s->b);
    add_text(&w, "focus", s->focus);
    add_text(&w, "full", s->zoomed);
    add_text(&w, "filter", s->filter);
    add_text(&w, "find", s->search);
    add_extras(&w, s);
}

/* ------------------------------------------------------------------ reading */

static int hex(char c) {
    return isdigit((unsigned char)c) ? c - '0' : isxdigit((unsigned char)c) ? (c | 0x20) - 'a' + 10 : -1;
}

/* False: cut short, a NUL, or too long. */
static bool plain(const char *s, size_t n, char dst[SESSION_TEXT]) {
    size_t to = 0;
    for (size_t i = 0; i < n; i++) {
        char c = s[i];
        if (c == '%') {
            if (i + 2 >= n || hex(s[i + 1]) < 0 || hex(s[i + 2]) < 0)
                return false;
            c = (char)(hex(s[i + 1]) * 16 + hex(s[i + 2]));
            i += 2;
        }
        if (c == '\0' || to + 1 >= SESSION_TEXT)
            return false;
        dst[to++] = c;
    }
    dst[to] = '\0';
    return true;
}

static bool read_pair(const char *s, uint64_t *a, uint64_t *b) {
    char *end;
    if (!isdigit((unsigned char)*s))
        return false;
    *a = strtoull(s, &end, 10);
    if (*end != ':' || !isdigit((unsigned char)end[1]) || *a > (uint64_t)INT64_MAX)
        return false;
    *b = strtoull(end + 1, &end, 10);
    return !*end;
}

static bool read_place(const char *s, struct session_place *p) {
    uint64_t t;
    p->set = read_pair(s, &t, &p->pos);
    p->t = p->set ? (int64_t)t : 0;
    return p->set;
}

static bool read_window(const char *s, struct session *out) {
    uint64_t a, b;
    if (!read_pair(s, &a, &b) || a >= b || b > (uint64_t)INT64_MAX)
        return false;
    out->window[0] = (int64_t)a;
    out->window[1] = (int64_t)b;
    return out->window_set = true;
}

/* "types:bytes:1" */
static bool read_sort(const char *s, struct session *out) {
    const char *column = strchr(s, ':'), *turned = column ? strchr(column + 1, ':') : NULL;
    if (!column || column == s || !column[1] || out->nsorts == SESSION_PANES || (turned && strcmp(turned, ":1") != 0))
        return false;
    struct session_sort *to = &out->sort[out->nsorts++];
    size_t len = turned ? (size_t)(turned - column - 1) : strlen(column + 1);
    snprintf(to->pane, sizeof to->pane, "%.*s", (int)(column - s), s);
    snprintf(to->column, sizeof to->column, "%.*s", (int)len, column + 1);
    to->turned = turned != NULL;
    return true;
}

/* "span:17" */
static bool read_page(const char *s, struct session *out) {
    const char *colon = strchr(s, ':');
    char *end;
    if (!colon || colon == s || colon - s >= SESSION_WORD || !isdigit((unsigned char)colon[1]))
        return false;
    out->page.row = UINT64_MAX;
    snprintf(out->page.kind, sizeof out->page.kind, "%.*s", (int)(colon - s), s);
    out->page.id = strtoull(colon + 1, &end, 10);
    return !*end;
}

static bool read_scale(const char *s, struct session *out) {
    char *end;
    long n = strtol(s, &end, 10);
    out->scale_set = end != s && !*end && n >= -1 && n < 64;
    out->scale = out->scale_set ? (int)n : 0;
    return out->scale_set;
}

static bool read_colour(const char *s, struct session *out) {
    return snprintf(out->colour, sizeof out->colour, "%s", s) < SESSION_WORD;
}

static bool read_extra(const char *name, size_t len, const char *value, struct session *out) {
    static const struct {
        const char *name;
        bool (*read)(const char *, struct session *);
    } parts[] = {{"sort", read_sort}, {"page", read_page}, {"scale", read_scale}, {"colour", read_colour}};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (strlen(parts[i].name) == len && strncmp(parts[i].name, name, len) == 0)
            return parts[i].read(value, out);
    return false;
}

static bool read_part(const char *name, size_t len, const char *value, struct session *out) {
    struct {
        const char *name;
        struct session_place *place;
        char *text;
    } parts[] = {
        {"at", &out->cursor, NULL},  {"a", &out->a, NULL},        {"b", &out->b, NULL},
        {"focus", NULL, out->focus}, {"full", NULL, out->zoomed}, {"filter", NULL, out->filter},
        {"find", NULL, out->search}, {"rows", NULL, out->rows},   {"report", NULL, out->page.line},
    };
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (strlen(parts[i].name) == len && strncmp(parts[i].name, name, len) == 0) {
            if (parts[i].place)
                return read_place(value, parts[i].place);
            snprintf(parts[i].text, SESSION_TEXT, "%s", value);
            return true;
        }
    if (len == 6 && strncmp(name, "window", 6) == 0)
        return read_window(value, out);
    if (len == 6 && strncmp(name, "select", 6) == 0)
        return out->selected = reel_parse_address(NULL, value, &out->addr);
    return read_extra(name, len, value, out);
}

bool session_from_text(const char *s, struct session *out) {
    *out = (struct session){.whole = true, .page.row = UINT64_MAX};
    while (*s) {
        size_t n = strcspn(s, ",");
        const char *eq = memchr(s, '=', n);
        char value[SESSION_TEXT];
        if (!eq || !plain(eq + 1, n - (size_t)(eq + 1 - s), value) || !read_part(s, (size_t)(eq - s), value, out))
            return false;
        s += n + (s[n] == ',');
    }
    out->whole = !out->window_set;
    return true;
}
