/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * keymap.c - the keys as the person has bound them: a copy of the table, made at the first change.
 *
 * Invariants: no key has two rows in one pane; each pane of each action of the table is in some row, maybe without a
 * key, so that help can still show what it does. A row that is changed for some of its panes only is split in two. The
 * lines of ACT_LINE belong to the map; each row has its own copy.
 */
#include "tui/keys.h"

#include <stdlib.h>
#include <string.h>

static struct {
    struct binding *row; /* NULL: nothing was changed */
    size_t n, cap;
} map;

size_t keys_table(const struct binding **out) {
    if (!map.row)
        return keys_usual(out);
    *out = map.row;
    return map.n;
}

const struct binding *keys_row(int key, unsigned pane) {
    const struct binding *b;
    size_t n = keys_table(&b);
    for (size_t i = 0; key != KEY_CODE_NONE && i < n; i++)
        for (int k = 0; k < KEYS_MAX && b[i].key[k]; k++)
            if (b[i].key[k] == key && (b[i].panes & pane))
                return &b[i];
    return NULL;
}

enum action keys_find(int key, unsigned pane) {
    const struct binding *b = keys_row(key, pane);
    return b ? (enum action)b->action : ACT_NONE;
}

/* ------------------------------------------------------------------ rows */

static bool reserve(size_t more) {
    if (map.n + more <= map.cap)
        return true;
    size_t cap = (map.n + more) * 2;
    struct binding *row = realloc(map.row, cap * sizeof *row);
    if (!row)
        return false;
    map.row = row;
    map.cap = cap;
    return true;
}

/* Room for all that one change may need: every row split, and one more. */
static bool begin_change(void) {
    const struct binding *usual;
    size_t n = keys_usual(&usual);
    if (map.row)
        return reserve(map.n + 1);
    if (!reserve(2 * n + 1))
        return false;
    memcpy(map.row, usual, n * sizeof *usual);
    map.n = n;
    return true;
}

/* Row i keeps `panes`; its other panes go to a row of their own behind it. False: out of memory. */
static bool split(size_t i, unsigned panes) {
    struct binding rest = map.row[i];
    if (rest.action == ACT_LINE && !(rest.help = strdup(rest.help)))
        return false;
    rest.panes &= (uint16_t)~panes;
    rest.group = NULL;
    map.row[i].panes &= (uint16_t)panes;
    memmove(map.row + i + 2, map.row + i + 1, (map.n - i - 1) * sizeof *map.row);
    map.row[i + 1] = rest;
    map.n++;
    return true;
}

static void drop_row(size_t i) {
    free((char *)map.row[i].help);
    memmove(map.row + i, map.row + i + 1, (map.n - i - 1) * sizeof *map.row);
    map.n--;
}

static int place_of(const struct binding *b, int key) {
    for (int k = 0; k < KEYS_MAX && b->key[k]; k++)
        if (b->key[k] == key)
            return k;
    return -1;
}

static void drop_key(struct binding *b, int at) {
    for (int k = at; k < KEYS_MAX; k++)
        b->key[k] = k + 1 < KEYS_MAX ? b->key[k + 1] : 0;
}

/* The last one bound is the first: hints show it. A seventh key pushes the oldest out. */
static void add_key(struct binding *b, int key) {
    for (int k = KEYS_MAX - 1; k > 0; k--)
        b->key[k] = b->key[k - 1];
    b->key[0] = key;
}

/* False: out of memory; or, with *any false, the key did nothing there. */
static bool take_away(int key, unsigned panes, bool *any) {
    *any = false;
    for (size_t i = 0; i < map.n; i++) {
        int at = place_of(&map.row[i], key);
        if (at < 0 || !(map.row[i].panes & panes))
            continue;
        if ((map.row[i].panes & ~panes) && !split(i, panes))
            return false;
        drop_key(&map.row[i], at);
        *any = true;
        if (map.row[i].action == ACT_LINE && !map.row[i].key[0])
            drop_row(i--);
    }
    return true;
}

/* ------------------------------------------------------------------ binding */

static unsigned panes_of(enum action a) {
    const struct binding *b;
    size_t n = keys_usual(&b);
    unsigned panes = 0;
    for (size_t i = 0; i < n; i++)
        if (b[i].action == a)
            panes |= b[i].panes;
    return panes;
}

static bool add_line(int key, unsigned panes, const char *line) {
    static const char heading[] = "Your own";
    const char *group = heading;
    char *copy = strdup(line);
    for (size_t i = 0; i < map.n; i++)
        if (map.row[i].action == ACT_LINE)
            group = NULL;
    if (copy)
        map.row[map.n++] =
            (struct binding){.key = {key}, .action = ACT_LINE, .panes = (uint16_t)panes, .group = group, .help = copy};
    return copy != NULL;
}

/* The first row of the action in each pane takes the key. */
static bool add_to_rows(int key, unsigned panes, enum action a) {
    for (size_t i = 0; i < map.n && panes; i++) {
        unsigned part = map.row[i].panes & panes;
        if (map.row[i].action != a || !part)
            continue;
        if (part != map.row[i].panes && !split(i, part))
            return false;
        add_key(&map.row[i], key);
        panes &= ~part;
    }
    return true;
}

/* The key does that already: in rows that are for these panes alone it becomes the first. */
static bool has_already(int key, unsigned panes, enum action a) {
    for (unsigned pane = 1; pane <= IN_ALL; pane <<= 1)
        if ((panes & pane) && keys_find(key, pane) != a)
            return false;
    for (size_t i = 0; i < map.n; i++) {
        struct binding *b = &map.row[i];
        int at = place_of(b, key);
        if (at < 0 || b->action != a || (b->panes & ~panes))
            continue;
        drop_key(b, at);
        add_key(b, key);
    }
    return true;
}

static bool no_memory(char why[KEYS_WHY]) {
    snprintf(why, KEYS_WHY, "out of memory");
    return false;
}

bool keys_bind(int key, unsigned panes, enum action a, const char *line, char why[KEYS_WHY]) {
    bool any;
    char words[PANES_TEXT], can[PANES_TEXT];
    unsigned where = a == ACT_LINE ? panes : panes & panes_of(a);
    if (!where) {
        snprintf(why, KEYS_WHY, "%s does nothing in %s: it is for %s", action_name(a), panes_text(panes, words),
                 panes_text(panes_of(a), can));
        return false;
    }
    if (!begin_change())
        return no_memory(why);
    if (a != ACT_LINE && has_already(key, where, a))
        return true;
    if (!take_away(key, where, &any))
        return no_memory(why);
    if (!reserve(map.n + 1))
        return no_memory(why);
    return (a == ACT_LINE ? add_line(key, where, line) : add_to_rows(key, where, a)) || no_memory(why);
}

bool keys_unbind(int key, unsigned panes, char why[KEYS_WHY]) {
    bool any;
    char words[PANES_TEXT], name[KEY_NAME];
    if (!begin_change() || !take_away(key, panes, &any))
        return no_memory(why);
    if (!any)
        snprintf(why, KEYS_WHY, "%s does nothing in %s as it is", keys_name(key, name), panes_text(panes, words));
    return any;
}

void keys_reset(void) {
    for (size_t i = 0; i < map.n; i++)
        if (map.row[i].action == ACT_LINE)
            free((char *)map.row[i].help);
    free(map.row);
    map.row = NULL;
    map.n = map.cap = 0;
}

/* ------------------------------------------------------------------ writing */

/* What the table binds and the map doesn't. */
static void write_unbound(FILE *out) {
    const struct binding *b;
    size_t n = keys_usual(&b);
    char name[KEY_NAME], words[PANES_TEXT];
    for (size_t i = 0; i < n; i++)
        for (int k = 0; k < KEYS_MAX && b[i].key[k]; k++) {
            unsigned gone = 0;
            for (unsigned pane = 1; pane <= IN_ALL; pane <<= 1)
                if ((b[i].panes & pane) && !keys_row(b[i].key[k], pane))
                    gone |= pane;
            if (gone)
                fprintf(out, "unbind %s %s\n", panes_text(gone, words), keys_name(b[i].key[k], name));
        }
}

/* The first key last: reading the lines puts it first again. */
static void write_row(FILE *out, const struct binding *b) {
    char name[KEY_NAME], words[PANES_TEXT];
    for (int k = KEYS_MAX; k-- > 0;) {
        if (!b->key[k])
            continue;
        int n = fprintf(out, "bind %s %s ", panes_text(b->panes, words), keys_name(b->key[k], name));
        if (b->action == ACT_LINE)
            fprintf(out, ":%s\n", b->help);
        else
            fprintf(out, "%-*s # %s\n", 40 - n, action_name((enum action)b->action), b->help);
    }
}

void keys_write(FILE *out) {
    const struct binding *b;
    size_t n = keys_table(&b);
    write_unbound(out);
    for (size_t i = 0; i < n; i++) {
        if (b[i].group)
            fprintf(out, "\n# %s\n", b[i].group);
        write_row(out, &b[i]);
    }
}
