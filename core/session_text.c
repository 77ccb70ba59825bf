/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * session_text.c - a view as one word, for --view: what `:share` prints.
 *
 *   at=90666432:3025,window=0:629186817,select=0xc4275ff2000,a=1000:12,focus=types,find=type~rec%20live
 *
 * Parts stand between commas, in any order; an instant is ns and a number of facts. Letters that a shell or a comma
 * could be taken for are written as %20. Bookmarks aren't part of it.
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

static void add_text(struct writer *w, const char *name, const char *s) {
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

static bool read_part(const char *name, size_t len, const char *value, struct session *out) {
    struct {
        const char *name;
        struct session_place *place;
        char *text;
    } parts[] = {
        {"at", &out->cursor, NULL},  {"a", &out->a, NULL},        {"b", &out->b, NULL},
        {"focus", NULL, out->focus}, {"full", NULL, out->zoomed}, {"filter", NULL, out->filter},
        {"find", NULL, out->search},
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
    return false;
}

bool session_from_text(const char *s, struct session *out) {
    *out = (struct session){.whole = true};
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
