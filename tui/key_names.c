/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * key_names.c - keys and panes in words, for help, hints, messages and the configuration file; the manual's section.
 *
 * Every name leads back to what it names.
 */
#include "core/utf8.h"
#include "tui/keys.h"
#include "tui/tui.h"

#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------ keys */

static const struct {
    int key;
    const char *name;
} names[] = {
    {KEY_CODE_TAB, "Tab"},        {KEY_CODE_ENTER, "Enter"},       {KEY_CODE_ESCAPE, "Esc"},
    {KEY_CODE_UP, "Up"},          {KEY_CODE_DOWN, "Down"},         {KEY_CODE_LEFT, "Left"},
    {KEY_CODE_RIGHT, "Right"},    {KEY_CODE_SHIFT_LEFT, "S-Left"}, {KEY_CODE_SHIFT_RIGHT, "S-Right"},
    {KEY_CODE_HOME, "Home"},      {KEY_CODE_END, "End"},           {KEY_CODE_PAGE_UP, "PgUp"},
    {KEY_CODE_PAGE_DOWN, "PgDn"}, {KEY_CODE_BACK_TAB, "S-Tab"},    {KEY_CODE_BACKSPACE, "Backspace"},
    {KEY_CODE_INSERT, "Insert"},  {KEY_CODE_DELETE, "Delete"},     {' ', "Space"},
};

/* A letter beyond ASCII that stands for itself. */
static bool is_letter(uint32_t cp) {
    return cp >= 0xa0 && cp <= 0x10ffff && (cp < 0xd800 || cp > 0xdfff) && !utf8_hostile(cp) && utf8_width(cp) > 0;
}

char *keys_name(int key, char dst[KEY_NAME]) {
    if (key & KEY_ALT) {
        char rest[KEY_NAME];
        snprintf(dst, KEY_NAME, "M-%.*s", KEY_NAME - 3, keys_name(key & ~KEY_ALT, rest));
        return dst;
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].key == key) {
            snprintf(dst, KEY_NAME, "%s", names[i].name);
            return dst;
        }
    if (key >= KEY_CODE_F1 && key <= KEY_CODE_F12)
        snprintf(dst, KEY_NAME, "F%d", key - KEY_CODE_F1 + 1);
    else if (key > 0 && key < 32)
        snprintf(dst, KEY_NAME, "^%c", key + 64);
    else if (key >= 32 && key < 127)
        snprintf(dst, KEY_NAME, "%c", key);
    else if (is_letter((uint32_t)key))
        dst[utf8_put(dst, (uint32_t)key)] = '\0';
    else
        snprintf(dst, KEY_NAME, "U+%04x", (unsigned)key);
    return dst;
}

int keys_from_name(const char *name) {
    int f;
    char rest;
    if (name[0] == 'M' && name[1] == '-' && name[2]) {
        int key = keys_from_name(name + 2);
        return key == KEY_CODE_NONE || key == KEY_CODE_ESCAPE || (key & KEY_ALT) ? KEY_CODE_NONE : key | KEY_ALT;
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i].name, name) == 0)
            return names[i].key;
    if (name[0] == 'F' && name[1] != '0' && sscanf(name + 1, "%2d%c", &f, &rest) == 1 && f >= 1 && f <= 12)
        return KEY_CODE_F1 + f - 1;
    if (name[0] == '^' && name[1] >= '@' && name[1] <= '_' && name[2] == '\0')
        return name[1] - 64;
    if (name[0] > 32 && name[0] < 127 && name[1] == '\0')
        return name[0];
    const unsigned char *at = (const unsigned char *)name, *end = at + strlen(name);
    uint32_t cp = at < end ? utf8_next(&at, end) : UTF8_BAD;
    return cp != UTF8_BAD && at == end && is_letter(cp) ? (int)cp : KEY_CODE_NONE;
}

char *keys_for(enum action a, unsigned pane, char dst[KEY_NAME]) {
    const struct binding *b;
    size_t n = keys_table(&b);
    for (size_t i = 0; i < n; i++)
        if (b[i].action == a && (b[i].panes & pane) && b[i].key[0])
            return keys_name(b[i].key[0], dst);
    snprintf(dst, KEY_NAME, "(no key)");
    return dst;
}

char *binding_keys(const struct binding *b, char *dst, size_t cap) {
    size_t n = 0;
    dst[0] = '\0';
    for (int k = 0; k < KEYS_MAX && b->key[k]; k++) {
        char name[KEY_NAME];
        int len = snprintf(dst + n, cap - n, "%s%s", k ? " " : "", keys_name(b->key[k], name));
        if (len < 0 || (size_t)len >= cap - n)
            break;
        n += (size_t)len;
    }
    return dst;
}

/* ------------------------------------------------------------------ panes */

/* The wider ones first: panes_text takes the first that fits. */
static const struct {
    const char *name;
    unsigned panes;
} where[] = {
    {"all", IN_ALL},       {"panes", IN_PANES}, {"timeline", IN_TIMELINE}, {"map", IN_MAP},
    {"span", IN_SPAN},     {"lists", IN_LISTS}, {"mcentral", IN_CENTRAL},  {"types", IN_TYPES},
    {"bucket", IN_BUCKET}, {"pager", IN_PAGER}, {"page", IN_PAGE},
};
enum { WHERE = sizeof where / sizeof *where };

char *panes_text(unsigned panes, char dst[PANES_TEXT]) {
    size_t n = 0;
    dst[0] = '\0';
    for (int i = 0; i < WHERE; i++)
        if (panes && (panes & where[i].panes) == where[i].panes) {
            n += (size_t)snprintf(dst + n, PANES_TEXT - n, "%s%s", n ? "," : "", where[i].name);
            panes &= ~where[i].panes;
        }
    return dst;
}

unsigned panes_named(const char *words) {
    unsigned got = 0;
    for (size_t n; *words; words += n + (words[n] == ',')) {
        n = strcspn(words, ",");
        int i = 0;
        while (i < WHERE && (strlen(where[i].name) != n || strncmp(where[i].name, words, n) != 0))
            i++;
        if (i == WHERE)
            return 0;
        got |= where[i].panes;
    }
    return got;
}

char *binding_panes(const struct binding *b, char *dst, size_t cap) {
    char words[PANES_TEXT];
    size_t n = 0;
    dst[0] = '\0';
    if (b->panes == IN_ALL || b->panes == IN_PANES)
        return dst;
    panes_text(b->panes, words);
    for (const char *s = words; *s && n + 2 < cap; s++) {
        dst[n++] = *s;
        if (*s == ',')
            dst[n++] = ' ';
    }
    dst[n] = '\0';
    return dst;
}

/* ------------------------------------------------------------------ the manual */

static void roff(FILE *out, const char *s) {
    for (; *s; s++) {
        if (*s == '\\')
            fputs("\\e", out);
        else if (*s == '-')
            fputs("\\-", out);
        else if (*s == '\'')
            fputs("\\(aq", out);
        else if (*s == '^')
            fputs("\\(ha", out);
        else
            fputc(*s, out);
    }
}

void tui_dump_keys_man(FILE *out) {
    const struct binding *table;
    size_t n = keys_usual(&table);
    fputs(".SH KEYS\nBehind each stands the name of its action, as the configuration file has it.\n", out);
    for (size_t i = 0; i < n; i++) {
        char words[128];
        if (table[i].group) {
            fputs(".SS ", out);
            roff(out, table[i].group);
            fputc('\n', out);
        }
        fputs(".TP\n.B \"\\&", out);
        roff(out, binding_keys(&table[i], words, sizeof words));
        fputs("\"\n\\&", out);
        roff(out, table[i].help);
        binding_panes(&table[i], words, sizeof words);
        if (words[0]) {
            fputs(" (", out);
            roff(out, words);
            fputc(')', out);
        }
        fputs("; \\fI", out);
        roff(out, action_name((enum action)table[i].action));
        fputs("\\fR\n", out);
    }
}
