/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * filter_read.c - a filter's words become terms, bound to the fields of a domain.
 *
 * Grammar, lowest first: or; terms side by side; not; a term or something in parentheses. Recursion, terms and length
 * are bounded, so that no text can cost more than it should.
 */
#include "core/filter_in.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct reader {
    filter *f;
    const reel *r;
    const char *at;
    int depth;
    char *why; /* FILTER_WHY bytes */
};

static const struct {
    const char *name;
    enum compare cmp;
} operators[] = {
    {"!=", CMP_NE}, {"!~", CMP_HASNT}, {"<=", CMP_LE}, {">=", CMP_GE}, {"==", CMP_EQ},
    {"=", CMP_EQ},  {"<", CMP_LT},     {">", CMP_GT},  {"~", CMP_HAS},
};
enum { OPERATORS = sizeof operators / sizeof operators[0], WORD_MAX = 512, NAME_MAX_LEN = 40 };

static const char *skip_blanks(const char *s) {
    while (isspace((unsigned char)*s))
        s++;
    return s;
}

/* The operator at s and its length, CMP_LIMIT for none. */
static enum compare operator_at(const char *s, size_t *len) {
    for (size_t i = 0; i < OPERATORS; i++) {
        *len = strlen(operators[i].name);
        if (strncmp(s, operators[i].name, *len) == 0)
            return operators[i].cmp;
    }
    *len = 0;
    return CMP_LIMIT;
}

static bool is_name(char c) {
    return isalnum((unsigned char)c) || c == '_' || c == '.' || c == '-';
}

static size_t name_length(const char *s) {
    size_t n = 0;
    while (is_name(s[n]))
        n++;
    return n;
}

size_t filter_field_find(const struct filter_domain *d, const char *name, size_t len) {
    for (size_t i = 0; i < d->n; i++)
        if (strlen(d->fields[i].name) == len && strncmp(d->fields[i].name, name, len) == 0)
            return i;
    bool span = len > 5 && strncmp(name, "span.", 5) == 0;
    return span ? filter_field_find(d, name + 5, len - 5) : SIZE_MAX;
}

static const char *field_name(const void *arg, size_t i) {
    const struct filter_domain *d = arg;
    return i < d->n ? d->fields[i].name : NULL;
}

/* ------------------------------------------------------------------ building */

static bool say(struct reader *k, const char *what) {
    snprintf(k->why, FILTER_WHY, "%s", what);
    return false;
}

static bool add_node(struct reader *k, enum node_kind kind, uint16_t a, uint16_t b, uint16_t *out) {
    if (k->f->nnodes == NODES_MAX)
        return say(k, "that filter has too many terms");
    *out = k->f->nnodes;
    k->f->node[k->f->nnodes++] = (struct node){.kind = (uint8_t)kind, .a = a, .b = b};
    return true;
}

static bool add_term(struct reader *k, size_t field, enum compare cmp, uint16_t *node) {
    if (k->f->nterms == NODES_MAX)
        return say(k, "that filter has too many terms");
    uint16_t i = k->f->nterms++;
    k->f->term[i] = (struct term){.field = (uint16_t)field, .cmp = (uint8_t)cmp};
    return add_node(k, NODE_TERM, i, 0, node);
}

static bool add_value(struct reader *k, const char *words, bool quoted) {
    struct term *t = &k->f->term[k->f->nterms - 1];
    if (t->nvalues == VALUES_MAX)
        return say(k, "too many values in one list");
    struct operand *v = realloc(t->values, (t->nvalues + 1u) * sizeof *v);
    if (!v)
        return say(k, "out of memory");
    t->values = v;
    return operand_read(k->f->domain, t->field, k->r, (enum compare)t->cmp, words, quoted, &v[t->nvalues++], k->why);
}

/* ------------------------------------------------------------------ words */

/*
 * One value: quoted, or up to a blank, a comma or a parenthesis that was not opened in it. Commas inside brackets
 * belong to it: Pair[int,string].
 */
static bool read_word(struct reader *k, char word[WORD_MAX], bool *quoted, bool list) {
    size_t n = 0;
    int round = 0, square = 0;
    char quote = *k->at == '"' || *k->at == '\'' ? *k->at : '\0';
    *quoted = quote != '\0';
    k->at += *quoted;
    for (; *k->at; k->at++) {
        char c = *k->at;
        if (quote && c == quote)
            break;
        if (quote && c == '\\' && (k->at[1] == quote || k->at[1] == '\\'))
            c = *++k->at;
        else if (!quote && (isspace((unsigned char)c) || (k->f->domain->exact && (c == '&' || c == '|')) ||
                            (c == ',' && list && round + square == 0) || (c == ')' && round == 0)))
            break;
        round += (c == '(') - (c == ')');
        square += (c == '[') - (c == ']');
        if (n + 1 == WORD_MAX)
            return say(k, "a word of the filter is too long");
        word[n++] = c;
    }
    word[n] = '\0';
    if (quote && *k->at != quote)
        return say(k, "a quote is not closed");
    k->at += *quoted;
    return true;
}

static bool read_values(struct reader *k, const char *name) {
    char word[WORD_MAX];
    bool quoted;
    do {
        if (!read_word(k, word, &quoted, true))
            return false;
        if (!word[0] && !quoted) {
            snprintf(k->why, FILTER_WHY, "%s: a value is missing", name);
            return false;
        }
        if (!add_value(k, word, quoted))
            return false;
    } while (*k->at == ',' && k->at++);
    return true;
}

static bool unknown_field(struct reader *k, const char *name, size_t len) {
    char word[NAME_MAX_LEN];
    snprintf(word, sizeof word, "%.*s", (int)(len < sizeof word ? len : sizeof word - 1), name);
    const char *near = name_nearest(word, field_name, k->f->domain);
    snprintf(k->why, FILTER_WHY, near ? "no field %s; did you mean %s?" : "no field %s%s", word, near ? near : "");
    return false;
}

/* A word without an operator: a field that is yes, or a text to look for. */
static bool read_bare(struct reader *k, size_t len, uint16_t *node) {
    const struct filter_domain *d = k->f->domain;
    size_t field = len ? filter_field_find(d, k->at, len) : SIZE_MAX;
    bool whole = len > 0 && (!k->at[len] || isspace((unsigned char)k->at[len]) || k->at[len] == ')');
    if (field != SIZE_MAX && whole && d->fields[field].kind != FILTER_TEXT) {
        k->at += len;
        if (!add_term(k, field, CMP_EQ, node))
            return false;
        k->f->term[k->f->nterms - 1].bare = true;
        return true;
    }
    if (d->nwords == 0)
        return field != SIZE_MAX && whole ? (snprintf(k->why, FILTER_WHY, "%s needs a value: %s=...",
                                                      d->fields[field].name, d->fields[field].name),
                                             false)
                                          : unknown_field(k, k->at, len);
    char word[WORD_MAX];
    bool quoted;
    if (!read_word(k, word, &quoted, false))
        return false;
    if (!word[0])
        return say(k, "a filter has a term where nothing stands");
    for (size_t i = 0; i < d->nwords; i++) {
        uint16_t one, either;
        if (!add_term(k, d->words[i], CMP_HAS, &one) || !add_value(k, word, true))
            return false;
        if (i == 0) {
            *node = one;
        } else {
            if (!add_node(k, NODE_OR, *node, one, &either))
                return false;
            *node = either;
        }
    }
    return true;
}

static bool read_term(struct reader *k, uint16_t *node) {
    size_t len = name_length(k->at), oplen, blank = 0;
    if (k->f->domain->exact)
        blank = (size_t)(skip_blanks(k->at + len) - (k->at + len));
    enum compare cmp = operator_at(k->at + len + blank, &oplen);
    if (cmp == CMP_LIMIT || len == 0)
        return read_bare(k, len, node);
    size_t field = filter_field_find(k->f->domain, k->at, len);
    if (field == SIZE_MAX)
        return unknown_field(k, k->at, len);
    k->at += len + blank + oplen;
    if (k->f->domain->exact)
        k->at = skip_blanks(k->at);
    return add_term(k, field, cmp, node) && read_values(k, k->f->domain->fields[field].name);
}

/* ------------------------------------------------------------------ structure */

/* The word `name` stands at s, on its own. */
static bool word_at(const char *s, const char *name) {
    size_t n = strlen(name);
    return strncmp(s, name, n) == 0 && (!s[n] || isspace((unsigned char)s[n]) || s[n] == '(' || s[n] == ')');
}

static bool take(struct reader *k, const char *word, const char *sign) {
    k->at = skip_blanks(k->at);
    size_t n = word_at(k->at, word) ? strlen(word) : strncmp(k->at, sign, strlen(sign)) == 0 ? strlen(sign) : 0;
    k->at = skip_blanks(k->at + n);
    return n > 0;
}

static bool or_at(const char *s) {
    return *s == '|' || word_at(s, "or");
}

static bool read_or(struct reader *k, uint16_t *node);

static bool read_one(struct reader *k, uint16_t *node) {
    bool ok;
    if (++k->depth > DEPTH_MAX)
        return say(k, "that filter is nested too deep");
    if (take(k, "not", "!")) {
        uint16_t inner;
        ok = read_one(k, &inner) && add_node(k, NODE_NOT, inner, 0, node);
    } else if (*k->at == '(') {
        k->at++;
        ok = read_or(k, node) && (take(k, ")", ")") || say(k, "a parenthesis is not closed"));
    } else if (!*k->at || *k->at == ')' || or_at(k->at) || *k->at == '&') {
        ok = say(k, "a filter has a term where nothing stands");
    } else {
        ok = read_term(k, node);
    }
    k->depth--;
    return ok;
}

static bool read_and(struct reader *k, uint16_t *node) {
    if (!read_one(k, node))
        return false;
    for (;;) {
        bool sign = take(k, "and", "&&");
        if (!sign && (!*k->at || *k->at == ')' || or_at(k->at)))
            return true;
        uint16_t other;
        if (!read_one(k, &other) || !add_node(k, NODE_AND, *node, other, node))
            return false;
    }
}

static bool read_or(struct reader *k, uint16_t *node) {
    if (!read_and(k, node))
        return false;
    while (take(k, "or", "||") || take(k, "or", "|")) {
        uint16_t other;
        if (!read_and(k, &other) || !add_node(k, NODE_OR, *node, other, node))
            return false;
    }
    return true;
}

filter *filter_parse(const struct filter_domain *d, const reel *r, const char *expr, char why[FILTER_WHY]) {
    snprintf(why, FILTER_WHY, "out of memory");
    filter *f = calloc(1, sizeof *f);
    if (!f)
        return NULL;
    f->domain = d;
    struct reader k = {.f = f, .r = r, .at = skip_blanks(expr), .why = why};
    bool ok = strlen(expr) <= FILTER_LENGTH_MAX || say(&k, "that filter is too long");
    ok = ok && (*k.at || say(&k, "a filter needs a term, as size>=1k")) && read_or(&k, &f->root) &&
         (!*k.at || say(&k, "a parenthesis is closed that was not opened"));
    if (!ok)
        filter_free(&f);
    else
        why[0] = '\0';
    return f;
}

void filter_free(filter **f) {
    for (unsigned i = 0; *f && i < (*f)->nterms; i++) {
        struct term *t = &(*f)->term[i];
        for (unsigned v = 0; v < t->nvalues; v++)
            free(t->values[v].words);
        free(t->values);
        free(t->memo);
    }
    free(*f);
    *f = NULL;
}

/* ------------------------------------------------------------------ what may be meant */

bool filter_intended(const struct filter_domain *d, const char *s) {
    while (*(s = skip_blanks(s))) {
        while (*s == '(' || *s == '!')
            s++;
        size_t len = name_length(s), oplen;
        if (len && operator_at(s + len, &oplen) != CMP_LIMIT) {
            char word[NAME_MAX_LEN];
            snprintf(word, sizeof word, "%.*s", (int)(len < sizeof word ? len : sizeof word - 1), s);
            if (filter_field_find(d, s, len) != SIZE_MAX || name_nearest(word, field_name, d))
                return true;
        }
        while (*s && !isspace((unsigned char)*s))
            s++;
    }
    return false;
}

void filter_complete(const struct filter_domain *d, const char *line, void (*add)(void *arg, const char *word),
                     void *arg) {
    const char *word = line + strlen(line);
    while (word > line && !isspace((unsigned char)word[-1]) && word[-1] != '(')
        word--;
    size_t len = name_length(word), oplen, field = filter_field_find(d, word, len);
    enum compare cmp = operator_at(word + len, &oplen);
    char whole[WORD_MAX];
    if (cmp == CMP_LIMIT) {
        for (size_t i = 0; i < d->n; i++) {
            static const char *const ops[] = {
                [FILTER_ANY] = "=", [FILTER_NUMBER] = "=",  [FILTER_TEXT] = "~",
                [FILTER_FLAG] = "", [FILTER_ADDRESS] = "=", [FILTER_AGE] = ">",
            };
            snprintf(whole, sizeof whole, "%s%s", d->fields[i].name,
                     d->fields[i].values ? "=" : ops[d->fields[i].kind]);
            add(arg, whole);
        }
        return;
    }
    for (size_t i = 0; field != SIZE_MAX && d->fields[field].values && d->fields[field].values[i]; i++) {
        snprintf(whole, sizeof whole, "%.*s%s", (int)(len + oplen), word, d->fields[field].values[i]);
        add(arg, whole);
    }
}
