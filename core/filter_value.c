/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * filter_value.c - what stands behind an operator of a filter: numbers with their units, times, yes and no, texts.
 *
 * A field whose kind isn't known before its values are (FILTER_ANY) gets every reading that its words allow.
 */
#include "core/filter_in.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct suffix {
    const char *name;
    long double times;
};

static const struct suffix bytes[] = {
    {"", 1},         {"b", 1},         {"k", 1024},       {"kb", 1024},       {"kib", 1024},       {"m", 1048576},
    {"mb", 1048576}, {"mib", 1048576}, {"g", 1073741824}, {"gb", 1073741824}, {"gib", 1073741824}, {NULL, 0},
};
static const struct suffix counts[] = {{"", 1}, {"k", 1e3L}, {"m", 1e6L}, {"g", 1e9L}, {NULL, 0}};
static const struct suffix durations[] = {
    {"ns", 1},   {"us", 1e3L},   {"\302\265s", 1e3L}, {"\316\274s", 1e3L}, {"ms", 1e6L},
    {"s", 1e9L}, {"min", 60e9L}, {"m", 60e9L},        {NULL, 0},
};
static const struct suffix *const suffixes[] = {
    [UNIT_NONE] = counts,    [UNIT_COUNT] = counts,       [UNIT_BYTES] = bytes,
    [UNIT_TIME] = durations, [UNIT_DURATION] = durations, [UNIT_SHARE] = counts,
};

/* "e3", "E-2" behind digits, as machines write them: what follows; s where there is none. */
static const char *read_exponent(const char *s, long double *v) {
    bool minus = s[0] && s[1] == '-';
    const char *p = s + 1 + (s[0] && (s[1] == '-' || s[1] == '+'));
    unsigned n = 0;
    if ((*s != 'e' && *s != 'E') || !isdigit((unsigned char)*p))
        return s;
    for (; isdigit((unsigned char)*p); p++)
        n = n < 1000 ? n * 10 + (unsigned)(*p - '0') : n;
    for (; n > 0; n--)
        *v = minus ? *v / 10 : *v * 10;
    return p;
}

/* Digits with a decimal point and an exponent at the begin of s; returns what follows, NULL where there are none. */
static const char *read_digits(const char *s, long double *out) {
    long double v = 0, place = 1;
    bool any = false, minus = *s == '-';
    s += minus;
    for (; isdigit((unsigned char)*s) || *s == '_'; s++)
        if (*s != '_') {
            v = v * 10 + (*s - '0');
            any = true;
        }
    if (*s == '.' && isdigit((unsigned char)s[1]))
        for (s++; isdigit((unsigned char)*s); s++)
            v += (*s - '0') * (place /= 10);
    s = any ? read_exponent(s, &v) : s;
    *out = minus ? -v : v;
    return any ? s : NULL;
}

static bool same_word(const char *a, const char *b) {
    for (; *a && *b; a++, b++)
        if (tolower((unsigned char)*a) != tolower((unsigned char)*b))
            return false;
    return *a == *b;
}

/* One number of a field's unit. A share is a number up to 1; others are per cent of what the field is a part of. */
static bool read_number(const struct filter_field *f, const reel *r, bool exact, const char *s, struct operand *o,
                        long double *out) {
    const char *rest = read_digits(s, out);
    if (rest && strcmp(rest, "%") == 0) {
        o->part = f->unit != UNIT_SHARE;
        *out /= o->part ? 1 : 100;
        return true;
    }
    if (exact && rest && !*rest)
        return true;
    if (f->unit == UNIT_TIME) {
        int64_t t;
        const char *why;
        *out = 0;
        if (!when_parse(r, s, &t, &why))
            return false;
        *out = (long double)t;
        return true;
    }
    if (!rest)
        return false;
    if (f->kind == FILTER_AGE && same_word(rest, "gc")) {
        o->cycles = true;
        return true;
    }
    for (const struct suffix *x = suffixes[f->unit]; x->name; x++)
        if (same_word(rest, x->name)) {
            *out *= x->times;
            return true;
        }
    return *out == 0 && !*rest;
}

static bool read_range(const struct filter_field *f, const reel *r, bool exact, const char *s, struct operand *o) {
    char first[64];
    const char *dots = strstr(s, "..");
    if (!dots) {
        o->number = read_number(f, r, exact, s, o, &o->from);
        o->to = o->from;
        return o->number;
    }
    size_t n = (size_t)(dots - s);
    if (n >= sizeof first)
        return false;
    memcpy(first, s, n);
    first[n] = '\0';
    struct operand a = {0}, b = {0};
    if (!read_number(f, r, exact, first, &a, &o->from) || !read_number(f, r, exact, dots + 2, &b, &o->to) ||
        a.part != b.part || a.cycles != b.cycles)
        return false;
    o->part = a.part;
    o->cycles = a.cycles;
    o->number = true;
    return true;
}

static bool read_flag(const char *s, struct operand *o) {
    static const struct {
        const char *name;
        bool yes;
    } words[] = {{"yes", true}, {"true", true}, {"no", false}, {"false", false}, {"1", true}, {"0", false}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (same_word(s, words[i].name)) {
            o->flag = true;
            o->yes = words[i].yes;
        }
    return o->flag;
}

static bool known_value(const struct filter_field *f, const char *s) {
    for (size_t i = 0; f->values && f->values[i]; i++)
        if (strcmp(f->values[i], s) == 0)
            return true;
    return !f->values || strchr(s, '*');
}

static void list_values(const struct filter_field *f, char *dst, size_t cap) {
    size_t n = 0;
    dst[0] = '\0';
    for (size_t i = 0; f->values[i]; i++) {
        int got = snprintf(dst + n, cap - n, "%s%s", i ? ", " : "", f->values[i]);
        if (got < 0 || (size_t)got >= cap - n)
            break;
        n += (size_t)got;
    }
}

static const char *what_it_takes(const struct filter_field *f) {
    static const char *const by_unit[] = {
        [UNIT_NONE] = "a number, as 7, or 3..7",
        [UNIT_COUNT] = "a number, as 7, 1k or 3..7",
        [UNIT_BYTES] = "a size, as 64, 1k or 4k..1M",
        [UNIT_TIME] = "a time, as 15ms, gc:7:mark or 1.2s..1.4s",
        [UNIT_DURATION] = "a duration with its unit, as 15ms or 3us",
        [UNIT_SHARE] = "a share, as 25% or 0.25",
    };
    if (f->kind == FILTER_AGE)
        return "an age, as 3gc or 15ms";
    if (f->kind == FILTER_FLAG)
        return "yes or no";
    if (f->kind == FILTER_ADDRESS)
        return "an address, as 0xc000012340";
    return by_unit[f->unit];
}

void filter_field_takes(const struct filter_field *f, char *dst, size_t cap) {
    if (f->values)
        list_values(f, dst, cap);
    else
        snprintf(dst, cap, "%s", f->kind == FILTER_TEXT ? "a text" : what_it_takes(f));
}

static bool refuse(const struct filter_field *f, const char *words, char why[FILTER_WHY]) {
    char shown[48], all[120];
    text_safe(shown, sizeof shown, (text){words, strlen(words)});
    if (f->values && f->kind != FILTER_NUMBER) {
        list_values(f, all, sizeof all);
        snprintf(why, FILTER_WHY, "%s is one of %s, not %s", f->name, all, shown);
    } else {
        snprintf(why, FILTER_WHY, "%s takes %s, not %s", f->name, what_it_takes(f), shown);
    }
    return false;
}

/* `type` of an event is a number; beside it there is `type_name`. */
static bool refuse_part(const struct filter_domain *d, const struct filter_field *f, const char *words,
                        char why[FILTER_WHY]) {
    char name[48], shown[48];
    snprintf(name, sizeof name, "%s_name", f->name);
    text_safe(shown, sizeof shown, (text){words, strlen(words)});
    if (filter_field_find(d, name, strlen(name)) != SIZE_MAX)
        snprintf(why, FILTER_WHY, "%s is a number here: write %s~%s", f->name, name, shown);
    else
        snprintf(why, FILTER_WHY, "~ is for texts: write %s=%s", f->name, shown);
    return false;
}

bool operand_read(const struct filter_domain *d, unsigned field, const reel *r, enum compare cmp, const char *words,
                  bool quoted, struct operand *out, char why[FILTER_WHY]) {
    const struct filter_field *f = &d->fields[field];
    *out = (struct operand){.words = strdup(words)};
    snprintf(why, FILTER_WHY, "out of memory");
    if (!out->words)
        return false;
    bool order = cmp >= CMP_LT && cmp <= CMP_GE, has = cmp >= CMP_HAS;
    if (!quoted && (strcmp(words, "?") == 0 || (d->exact && strcmp(words, "null") == 0))) {
        snprintf(why, FILTER_WHY, "? goes with = and !=: %s=?", f->name);
        out->unknown = true;
        return !order && !has;
    }
    bool number = read_range(f, r, d->exact, words, out), flag = read_flag(words, out);
    out->address = reel_parse_address(r, words, &out->addr);
    snprintf(why, FILTER_WHY, "a range goes with =: %s=%.40s", f->name, words);
    if (number && order && out->from != out->to)
        return false;
    switch ((enum filter_kind)f->kind) {
    case FILTER_NUMBER:
    case FILTER_AGE:
        if (has)
            return refuse_part(d, f, words, why);
        return number || refuse(f, words, why);
    case FILTER_FLAG:
        return (flag && !has && !order) || refuse(f, words, why);
    case FILTER_ADDRESS:
        return (out->address && !has) || refuse(f, words, why);
    case FILTER_TEXT:
        if (order) {
            snprintf(why, FILTER_WHY, "%s is a text: it goes with =, !=, ~ and !~", f->name);
            return false;
        }
        return has || known_value(f, words) || refuse(f, words, why);
    case FILTER_ANY:
        break;
    }
    /* 1f and 0x10 can be read as addresses, but of a size or a time one says neither */
    bool address = out->address && f->unit == UNIT_NONE;
    return !order || number || address || refuse(f, words, why);
}
