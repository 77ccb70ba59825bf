/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * when.c - TIME expressions: words of a person to ns since the first event.
 *
 * Decimal fractions are read exactly, without floating point; digits below a nanosecond are dropped. Times may be
 * written as the program shows them, with blanks between groups: "1.203 441 s".
 */
#include "core/session.h"

#include <ctype.h>
#include <string.h>

#define BILLION 1000000000u

struct time_unit {
    const char *name;
    int64_t ns;
};

static const struct time_unit units[] = {
    {"s", 1000000000}, {"", 1000000000}, {"ms", 1000000},      {"us", 1000},       {"\u00b5s", 1000},
    {"\u03bcs", 1000}, {"ns", 1},        {"min", 60000000000}, {"m", 60000000000},
};

static const char not_a_time[] =
    "not a time: use start, end, 1.203s, 15ms, 120us, 734ns, 37%, gc:7, gc:7:mark or note:TEXT";

static void skip_blanks(const char **s) {
    while (**s == ' ' || **s == '_')
        (*s)++;
}

struct decimal {
    uint64_t whole;
    uint64_t frac; /* billionths */
};

static bool read_decimal(const char **s, struct decimal *out) {
    uint64_t whole = 0, frac = 0, place = BILLION;
    bool any = false, point = false;
    for (;; (*s)++) {
        char c = **s;
        if (c == '.' && !point) {
            point = true;
        } else if (isdigit((unsigned char)c)) {
            unsigned d = (unsigned)(c - '0');
            any = true;
            if (point) {
                place /= 10;
                frac += place * d;
            } else if (whole > (UINT64_MAX - d) / 10) {
                return false;
            } else {
                whole = whole * 10 + d;
            }
        } else if ((c != ' ' && c != '_') || !any) {
            break;
        }
    }
    out->whole = whole;
    out->frac = frac;
    return any;
}

/* d times `one` ns, rounded down. False where that passes the range of times. */
static bool scale(struct decimal d, int64_t one, int64_t *out) {
    uint64_t u = (uint64_t)one;
    if (u && d.whole > (uint64_t)INT64_MAX / u)
        return false;
    uint64_t ns = d.whole * u + u / BILLION * d.frac + u % BILLION * d.frac / BILLION;
    *out = (int64_t)ns;
    return ns <= (uint64_t)INT64_MAX;
}

/* d per cent of `total`, d up to 100. */
static int64_t share(struct decimal d, int64_t total) {
    int64_t t = 0;
    scale(d, total / 100, &t);
    return t + total % 100 * (int64_t)d.whole / 100;
}

static bool parse_number(const reel *r, const char *s, int64_t *t, const char **why) {
    struct decimal d;
    *why = not_a_time;
    if (!read_decimal(&s, &d))
        return false;
    if (strcmp(s, "%") == 0) {
        if (d.whole > 100 || (d.whole == 100 && d.frac)) {
            *why = "a percentage goes up to 100%";
            return false;
        }
        const struct reel_info *i = reel_info(r);
        *t = i->begin + share(d, i->duration - i->begin);
        return true;
    }
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strcmp(s, units[i].name) == 0) {
            *why = "that time is too great";
            return scale(d, units[i].ns, t);
        }
    return false;
}

static int64_t cycle_time(const struct cycle *c, const char *part) {
    if (strcmp(part, "end") == 0)
        return c->end;
    for (int p = PHASE_OFF + 1; p < PHASE_LIMIT; p++)
        if (strcmp(part, gc_phase_name((enum gc_phase)p)) == 0)
            return c->phase[p][0];
    return NO_TIME;
}

static bool is_part(const char *part) {
    for (int p = PHASE_OFF + 1; p < PHASE_LIMIT; p++)
        if (strcmp(part, gc_phase_name((enum gc_phase)p)) == 0)
            return true;
    return strcmp(part, "end") == 0;
}

/* The text after "gc:". */
static bool parse_cycle(const reel *r, const char *s, int64_t *t, const char **why) {
    uint64_t gc = 0;
    const char *digits = s;
    for (; isdigit((unsigned char)*s) && gc < UINT32_MAX; s++)
        gc = gc * 10 + (unsigned)(*s - '0');
    *why = "a GC cycle reads gc:7, gc:7:sweepterm, gc:7:mark, gc:7:markterm, gc:7:sweep or gc:7:end";
    if (s == digits || (*s && (*s != ':' || !is_part(s + 1))))
        return false;
    const struct cycle *c;
    size_t n = reel_cycles(r, &c);
    for (size_t i = 0; i < n; i++)
        if (c[i].gc == gc) {
            *t = *s ? cycle_time(&c[i], s + 1) : c[i].begin;
            *why = "this part of the GC cycle is not in the trace";
            return *t != NO_TIME;
        }
    *why = "no such GC cycle in the trace";
    return false;
}

/* "#12" at the end of `s`: the twelfth. Takes it away; 1 where there is none. */
static uint64_t take_number(const char *s, size_t *len) {
    uint64_t n = 0, place = 1;
    size_t i = *len;
    for (; i > 0 && isdigit((unsigned char)s[i - 1]) && *len - i < 9; i--, place *= 10)
        n += place * (uint64_t)(s[i - 1] - '0');
    if (i == *len || i < 2 || s[i - 1] != '#' || n == 0)
        return 1;
    *len = i - 1;
    return n;
}

/* The text after "note:": TEXT, TEXT#2, TEXT:end, TEXT#2:end. */
static bool parse_note(const reel *r, const char *s, int64_t *t, const char **why) {
    static const char end[] = ":end";
    char part[256];
    size_t len = strlen(s), tail = sizeof end - 1;
    bool ends = len > tail && strcmp(s + len - tail, end) == 0;
    len -= ends ? tail : 0;
    uint64_t which = take_number(s, &len);
    *why = "an annotation reads note:TEXT, note:TEXT#2 (the second one with this text) or note:TEXT:end";
    if (len == 0 || len >= sizeof part)
        return false;
    memcpy(part, s, len);
    part[len] = '\0';
    const struct note *notes;
    size_t n = reel_notes(r, &notes);
    *why = "no annotation has this text; `notes` lists them";
    for (size_t i = 0; i < n; i++) {
        if (!note_contains(&notes[i], part))
            continue;
        *why = which > 1 ? "fewer annotations have this text" : "this annotation has no end in the trace";
        if (--which > 0)
            continue;
        *t = ends ? notes[i].end : notes[i].begin;
        return *t != NO_TIME;
    }
    return false;
}

bool when_is_plain(const char *s) {
    skip_blanks(&s);
    if (strcmp(s, "start") == 0)
        return true;
    return (isdigit((unsigned char)*s) || *s == '.') && !strchr(s, '%');
}

bool when_parse(const reel *r, const char *s, int64_t *t, const char **why) {
    skip_blanks(&s);
    if (strcmp(s, "start") == 0) {
        *t = r ? reel_info(r)->begin : 0;
        return true;
    }
    if (when_is_plain(s))
        return parse_number(NULL, s, t, why);
    if (!r) {
        *why = not_a_time;
        return false;
    }
    if (strcmp(s, "end") == 0) {
        *t = reel_info(r)->duration;
        return true;
    }
    if (strncmp(s, "gc:", 3) == 0)
        return parse_cycle(r, s + 3, t, why);
    if (strncmp(s, "note:", 5) == 0)
        return parse_note(r, s + 5, t, why);
    if (*s == '@') {
        const struct bookmark *b = bookmarks_find(reel_bookmarks(r), s + 1);
        *why = "there is no bookmark of this name";
        if (b)
            *t = b->t;
        return b != NULL;
    }
    return parse_number(r, s, t, why);
}
