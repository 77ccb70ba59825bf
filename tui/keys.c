/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * keys.c - the key table. Rows for single panes come before rows for all: the first match wins.
 */
#include "tui/keys.h"
#include "tui/tui.h"

#include <string.h>

/* One row a line. */
/* clang-format off */
static const struct binding table[] = {
    {{']'}, ACT_CYCLE_NEXT, IN_PANES, "Time", "to the begin of the next GC cycle", "+", HINT_FIRST},
    {{'['}, ACT_CYCLE_PREV, IN_PANES, NULL, "to the begin of the previous GC cycle", "GC", HINT_FIRST},
    {{'}'}, ACT_PHASE_NEXT, IN_PANES, NULL, "to the next change of the GC phase", "+", HINT_FIRST},
    {{'{'}, ACT_PHASE_PREV, IN_PANES, NULL, "to the previous change of the GC phase", "phase", HINT_FIRST},
    {{'.'}, ACT_EVENT_NEXT, IN_PANES, NULL, "to the next heap event, any bucket", "+", HINT_MORE},
    {{','}, ACT_EVENT_PREV, IN_PANES, NULL, "to the previous heap event", "event", HINT_MORE},
    {{')'}, ACT_NOTE_NEXT, IN_PANES, NULL, "to the program's next annotation (trace.Log, region, task)", "+", HINT_FIRST},
    {{'('}, ACT_NOTE_PREV, IN_PANES, NULL, "to the program's previous annotation", "note", HINT_FIRST},
    {{'>'}, ACT_BUCKET_NEXT, IN_PANES, NULL, "to the next event in the life of the selected bucket", "+", HINT_MORE},
    {{'<'}, ACT_BUCKET_PREV, IN_PANES, NULL, "to the previous event in the life of the selected bucket", "bucket", HINT_MORE},
    {{'e'}, ACT_SPAN_NEXT, IN_PANES, NULL, "to the next event of the selected span, of any of its slots", NULL, 0},
    {{'E'}, ACT_SPAN_PREV, IN_PANES, NULL, "to the previous event of the selected span", NULL, 0},
    {{'t'}, ACT_TURN_NEXT, IN_PANES, NULL, "to the next turning point of the heap: a peak or a low of what the timeline shows", NULL, 0},
    {{'T'}, ACT_TURN_PREV, IN_PANES, NULL, "to the previous turning point of the heap", NULL, 0},
    {{' '}, ACT_PLAY, IN_PANES, NULL, "play the film, and stop it", "play", HINT_MORE},
    {{'r'}, ACT_PLAY_BACK, IN_PANES, NULL, "play it back", NULL, 0},
    {{'x'}, ACT_FASTER, IN_PANES, NULL, "play faster", NULL, 0},
    {{'X'}, ACT_SLOWER, IN_PANES, NULL, "play slower", NULL, 0},
    {{KEY_CODE_RIGHT}, ACT_TIME_RIGHT, IN_TIMELINE | IN_LISTS | IN_PAGE, NULL, "one column of the timeline later", NULL, 0},
    {{KEY_CODE_LEFT}, ACT_TIME_LEFT, IN_TIMELINE | IN_LISTS | IN_PAGE, NULL, "one column of the timeline earlier", NULL, 0},
    {{'l'}, ACT_TIME_RIGHT, IN_PANES, NULL, "one column later, from any pane", NULL, 0},
    {{'h'}, ACT_TIME_LEFT, IN_PANES, NULL, "one column earlier, from any pane", NULL, 0},
    {{'L', KEY_CODE_SHIFT_RIGHT}, ACT_TIME_RIGHT_FAR, IN_PANES, NULL, "ten columns later", NULL, 0},
    {{'H', KEY_CODE_SHIFT_LEFT}, ACT_TIME_LEFT_FAR, IN_PANES, NULL, "ten columns earlier", NULL, 0},
    {{KEY_CODE_HOME}, ACT_START, IN_PANES, NULL, "to the start of the trace", NULL, 0},
    {{KEY_CODE_END}, ACT_END, IN_PANES, NULL, "to the end of the trace", NULL, 0},
    {{'g'}, ACT_GOTO, IN_PANES, NULL, "to a time: 1.203s, 15ms, 37%, gc:7, gc:7:mark, start, end", NULL, 0},
    {{'+', '='}, ACT_ZOOM_IN, IN_PANES, NULL, "show a shorter stretch of time about the cursor", "+", HINT_MORE},
    {{'-'}, ACT_ZOOM_OUT, IN_PANES, NULL, "show a longer stretch of time", "zoom", HINT_MORE},
    {{'0'}, ACT_ZOOM_ALL, IN_PANES, NULL, "show the whole trace", NULL, 0},
    {{'v'}, ACT_ROWS, IN_PANES, NULL, "choose the rows of the timeline: objects, spans, stacks, Ps, regions, lives ...", NULL, 0},
    {{KEY_CODE_UP}, ACT_ZOOM_IN, IN_TIMELINE, NULL, "shorter stretch of time, in the timeline", NULL, 0},
    {{KEY_CODE_DOWN}, ACT_ZOOM_OUT, IN_TIMELINE, NULL, "longer stretch of time, in the timeline", NULL, 0},

    {{'/'}, ACT_SEARCH, IN_PANES, "Search and compare",
     "search a type, an annotation, an address, a class (48B), or by a filter: type~map size>=1k live", "find", HINT_FIRST},
    {{'/'}, ACT_SEARCH, IN_PAGER, NULL, "search these lines", "find", HINT_PANE},
    {{'n'}, ACT_SEARCH_NEXT, IN_ALL, NULL, "next match", NULL, 0},
    {{'N'}, ACT_SEARCH_PREV, IN_ALL, NULL, "previous match", NULL, 0},
    {{'f'}, ACT_FILTER, IN_PANES, NULL, "show only what matches in lists and map: free>50% class=5..9", "filter", HINT_MORE},
    {{'A'}, ACT_MARK, IN_PANES, NULL, "set mark A here; all panes then show what changed since (again: drop it)", NULL, 0},
    {{'d'}, ACT_MARK_DIFF, IN_PANES, NULL, "show what changed since A, or what is", NULL, 0},
    {{'D'}, ACT_CHANGES, IN_PANES, NULL, "open the page of what changed since A: the sums, and span by span", NULL, 0},
    {{'B'}, ACT_MARK_B, IN_PANES, NULL, "set mark B here (again: drop it)", NULL, 0},
    {{'\''}, ACT_MARK_JUMP, IN_PANES, NULL, "to mark A; from there to mark B", NULL, 0},
    {{'Z'}, ACT_MARK_ZOOM, IN_PANES, NULL, "show the stretch of time from A to B, or to the cursor", NULL, 0},

    {{'R'}, ACT_REPORTS, IN_PANES, NULL, "choose a report: where memory is, delays, returns, leak suspects, growth ...", "reports", HINT_MORE},
    {{'b'}, ACT_BOOKMARK, IN_PANES, NULL, "name this instant: a bookmark, which @name stands for", NULL, 0},

    {{KEY_CODE_TAB}, ACT_FOCUS_NEXT, IN_PANES, "Panes", "next pane; in a page the next link, or its table", "pane", HINT_FIRST},
    {{KEY_CODE_BACK_TAB}, ACT_FOCUS_PREV, IN_PANES, NULL, "previous pane", NULL, 0},
    {{KEY_CODE_UP, 'k'}, ACT_UP, IN_GRIDS | IN_LISTS | IN_PAGER | IN_PAGE, NULL, "up", NULL, 0},
    {{KEY_CODE_DOWN, 'j'}, ACT_DOWN, IN_GRIDS | IN_LISTS | IN_PAGER | IN_PAGE, NULL, "down", NULL, 0},
    {{KEY_CODE_LEFT}, ACT_LEFT, IN_PAGER, NULL, "scroll to the left", "+", HINT_PANE},
    {{KEY_CODE_RIGHT}, ACT_RIGHT, IN_PAGER, NULL, "scroll to the right", "scroll", HINT_PANE},
    {{KEY_CODE_PAGE_UP}, ACT_PAGE_UP, IN_PAGER, NULL, "a page up", "+", HINT_PANE},
    {{KEY_CODE_PAGE_DOWN, ' '}, ACT_PAGE_DOWN, IN_PAGER, NULL, "a page down", "page", HINT_PANE},
    {{KEY_CODE_LEFT}, ACT_LEFT, IN_GRIDS, NULL, "to the span or slot on the left", NULL, 0},
    {{KEY_CODE_RIGHT}, ACT_RIGHT, IN_GRIDS, NULL, "to the span or slot on the right", NULL, 0},
    {{KEY_CODE_PAGE_UP}, ACT_PAGE_UP, IN_GRIDS | IN_LISTS | IN_PAGE, NULL, "a page up", NULL, 0},
    {{KEY_CODE_PAGE_DOWN}, ACT_PAGE_DOWN, IN_GRIDS | IN_LISTS | IN_PAGE, NULL, "a page down", NULL, 0},
    {{KEY_CODE_HOME}, ACT_TOP, IN_PAGER, NULL, "to the first line", NULL, 0},
    {{KEY_CODE_END}, ACT_BOTTOM, IN_PAGER, NULL, "to the last line", NULL, 0},
    {{KEY_CODE_ENTER}, ACT_ENTER, IN_TIMELINE, NULL, "select the bucket that the last event touched", NULL, 0},
    {{KEY_CODE_ENTER}, ACT_ENTER, IN_MAP, NULL, "look into the selected span", NULL, 0},
    {{KEY_CODE_ENTER}, ACT_ENTER, IN_SPAN, NULL, "look at the life of the selected slot", NULL, 0},
    {{KEY_CODE_ENTER}, ACT_ENTER, IN_CENTRAL, NULL, "open the page of this span class: its lists span by span", "open", HINT_PANE},
    {{'o'}, ACT_OTHER, IN_CENTRAL, NULL, "select the next span of this class", "next span", HINT_PANE},
    {{KEY_CODE_ENTER}, ACT_ENTER, IN_TYPES, NULL, "open the page of this type: its live objects", "open", HINT_PANE},
    {{'o'}, ACT_OTHER, IN_TYPES, NULL, "select the newest live object of this type; again: an older one", "live object", HINT_PANE},
    {{KEY_CODE_ENTER}, ACT_ENTER, IN_BUCKET, NULL, "to the instant of this event", "go there", HINT_PANE},
    {{KEY_CODE_ENTER}, ACT_ENTER, IN_PAGE, NULL, "follow the link: to another page, or to an instant", "follow", HINT_PANE},
    {{'i'}, ACT_PAGE, IN_PANES, NULL, "open the page of what is selected: span, bucket, type, span class; in the timeline the GC cycle", "page", HINT_MORE},
    {{KEY_CODE_BACKSPACE, CTRL('O')}, ACT_BACK, IN_PANES, NULL, "back: to the page and the instant before", "back", HINT_MORE},
    {{'\\', CTRL('F')}, ACT_FORWARD, IN_PANES, NULL, "forward again", NULL, 0},
    {{'s'}, ACT_SORT, IN_CENTRAL | IN_TYPES | IN_PAGE, NULL, "sort by the next column", "sort", HINT_PANE},
    {{'S'}, ACT_SORT_TURN, IN_CENTRAL | IN_TYPES | IN_PAGE, NULL, "turn the order round", NULL, 0},
    {{'p'}, ACT_COARSER, IN_MAP, NULL, "more pages in a cell of the map", "+", HINT_PANE},
    {{'P'}, ACT_FINER, IN_MAP, NULL, "fewer pages in a cell; after one page single slots", "scale", HINT_PANE},
    {{'c'}, ACT_COLOUR_NEXT, IN_MAP, NULL, "colour the map by kind and occupancy, class, age, list, type, change since A", "colour", HINT_PANE},
    {{'C'}, ACT_COLOUR_PREV, IN_MAP, NULL, "the colouring before", NULL, 0},
    {{'z'}, ACT_ZOOM_PANE, IN_PANES, NULL, "give the pane the whole screen, and back", "full", HINT_MORE},

    {{':'}, ACT_PROMPT, IN_ALL, "Program", "type a command (Tab completes): summary, cycles, spans, types, goto ...", "command", HINT_LAST},
    {{KEY_CODE_ENTER}, ACT_ENTER, IN_PAGER, NULL, "in the list of keys: press the chosen one", NULL, 0},
    {{'?', KEY_CODE_F1}, ACT_HELP, IN_ALL, NULL, "these keys; those of the pane first", "help", HINT_LAST},
    {{KEY_CODE_TAB}, ACT_HELP_TURN, IN_PAGER, NULL, "in the help: from the keys to the glossary, and back", NULL, 0},
    {{'K'}, ACT_WHAT, IN_PANES, NULL, "what is this? the words and numbers of this pane, from the glossary", "what is this", HINT_MORE},
    {{'y'}, ACT_COPY, IN_PANES, NULL, "copy the selected address through the terminal (OSC 52)", NULL, 0},
    {{'y'}, ACT_COPY, IN_PAGER, NULL, "copy these lines", NULL, 0},
    {{'w'}, ACT_WRITE, IN_PANES, NULL, "save the screen: .txt, .ans (colours), .svg or .html", NULL, 0},
    {{'w'}, ACT_WRITE, IN_PAGER, NULL, "save these lines", "save", HINT_PANE},
    {{'m'}, ACT_MOUSE, IN_ALL, NULL, "mouse off, so that the terminal can select text, and on again", NULL, 0},
    {{CTRL('N')}, ACT_TOUR_NEXT, IN_ALL, NULL, "in the tour (--tour): pass over this step", NULL, 0},
    {{CTRL('P')}, ACT_TOUR_PREV, IN_ALL, NULL, "in the tour: the step before", NULL, 0},
    {{CTRL('X')}, ACT_TOUR_END, IN_ALL, NULL, "end the tour", NULL, 0},
    {{CTRL('L')}, ACT_REDRAW, IN_ALL, NULL, "draw the screen anew", NULL, 0},
    {{CTRL('Z')}, ACT_SUSPEND, IN_ALL, NULL, "suspend the program", NULL, 0},
    {{KEY_CODE_ESCAPE}, ACT_CLOSE, IN_ALL, NULL, "close what is open", NULL, 0},
    {{'q'}, ACT_QUIT, IN_PAGER, NULL, "close it", "close", HINT_LAST},
    {{'q'}, ACT_QUIT, IN_PANES, NULL, "close what is open, else leave (Ctrl-C stops a search or a command)", "quit", HINT_LAST},
};
/* clang-format on */

size_t keys_table(const struct binding **out) {
    *out = table;
    return sizeof table / sizeof *table;
}

enum action keys_find(int key, unsigned pane) {
    if (key == KEY_CODE_NONE)
        return ACT_NONE;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        for (int k = 0; k < KEYS_MAX && table[i].key[k]; k++)
            if (table[i].key[k] == key && (table[i].panes & pane))
                return (enum action)table[i].action;
    return ACT_NONE;
}

/* ------------------------------------------------------------------ names */

static const struct {
    int key;
    const char *name;
} names[] = {
    {KEY_CODE_TAB, "Tab"},
    {KEY_CODE_ENTER, "Enter"},
    {KEY_CODE_ESCAPE, "Esc"},
    {KEY_CODE_UP, "Up"},
    {KEY_CODE_DOWN, "Down"},
    {KEY_CODE_LEFT, "Left"},
    {KEY_CODE_RIGHT, "Right"},
    {KEY_CODE_SHIFT_LEFT, "S-Left"},
    {KEY_CODE_SHIFT_RIGHT, "S-Right"},
    {KEY_CODE_HOME, "Home"},
    {KEY_CODE_END, "End"},
    {KEY_CODE_PAGE_UP, "PgUp"},
    {KEY_CODE_PAGE_DOWN, "PgDn"},
    {KEY_CODE_BACK_TAB, "S-Tab"},
    {KEY_CODE_BACKSPACE, "Backspace"},
    {KEY_CODE_F1, "F1"},
    {' ', "Space"},
};

char *keys_name(int key, char dst[KEY_NAME]) {
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].key == key) {
            snprintf(dst, KEY_NAME, "%s", names[i].name);
            return dst;
        }
    if (key > 0 && key < 32)
        snprintf(dst, KEY_NAME, "^%c", key + 64);
    else if (key >= 32 && key < 127)
        snprintf(dst, KEY_NAME, "%c", key);
    else
        snprintf(dst, KEY_NAME, "U+%04x", (unsigned)key);
    return dst;
}

int keys_from_name(const char *name) {
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i].name, name) == 0)
            return names[i].key;
    if (name[0] == '^' && name[1] >= '@' && name[1] <= '_' && name[2] == '\0')
        return name[1] - 64;
    if (name[0] > 32 && name[0] < 127 && name[1] == '\0')
        return name[0];
    return KEY_CODE_NONE;
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

char *binding_panes(const struct binding *b, char *dst, size_t cap) {
    static const char *const pane[] = {"timeline", "map", "span", "mcentral", "types", "bucket", "pager", "page"};
    size_t n = 0;
    dst[0] = '\0';
    if (b->panes == IN_ALL || b->panes == IN_PANES)
        return dst;
    bool lists = (b->panes & IN_LISTS) == IN_LISTS;
    for (unsigned i = 0; i <= PANES + 1; i++) {
        bool list = lists && IN_LISTS >> i & 1;
        if (!(b->panes >> i & 1) || (list && i != PANE_CENTRAL))
            continue;
        int len = snprintf(dst + n, cap - n, "%s%s", n ? ", " : "", list ? "lists" : pane[i]);
        if (len < 0 || (size_t)len >= cap - n)
            break;
        n += (size_t)len;
    }
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
    fputs(".SH KEYS\n", out);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
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
        fputc('\n', out);
    }
}
