/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * out_check.c - a sink in front of another one that looks at each row on its way: --fail-if.
 *
 *     EXPR   = TERM { ("and" | "&&") TERM } { ("or" | "||") ... }      "and" binds tighter
 *     TERM   = COLUMN OP VALUE                                         OP: = == != < <= > >=
 *     VALUE  = number with K KB MB GB, ns us ms s, % ; true false null; text, in quotes where it has blanks
 *
 * A row matches where the expression is true of it. A column that is null is equal to null alone and neither less nor
 * more than anything. Columns are looked up when rows begin: one that isn't there is an error.
 */
#include "core/command.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_TERMS = 16, WORD = 128 };
enum op { OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE };

struct term {
    char column[WORD], value[WORD];
    enum op op;
    bool is_number, or_before; /* an "or" stands before it */
    double number;
    size_t at; /* index of the column */
};

struct check_sink {
    struct sink sink;
    struct sink *to;
    struct command_env *env;
    struct term term[MOST_TERMS];
    size_t nterms;
    bool matched, wrong;
};

/* ------------------------------------------------------------------ reading */

static const char *blanks(const char *s) {
    while (isspace((unsigned char)*s))
        s++;
    return s;
}

static bool is_word(char c) {
    return isalnum((unsigned char)c) || c == '_';
}

static const char *read_op(const char *s, enum op *op) {
    static const struct {
        const char *text;
        enum op op;
    } ops[] = {{"==", OP_EQ}, {"!=", OP_NE}, {"<=", OP_LE}, {">=", OP_GE}, {"=", OP_EQ}, {"<", OP_LT}, {">", OP_GT}};
    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++)
        if (strncmp(s, ops[i].text, strlen(ops[i].text)) == 0) {
            *op = ops[i].op;
            return s + strlen(ops[i].text);
        }
    return NULL;
}

static bool scaled(const char *unit, double *n) {
    static const struct {
        const char *name;
        double scale;
    } units[] = {{"", 1},           {"K", 1024},        {"KB", 1024}, {"M", 1048576}, {"MB", 1048576},
                 {"G", 1073741824}, {"GB", 1073741824}, {"B", 1},     {"ns", 1},      {"us", 1e3},
                 {"ms", 1e6},       {"s", 1e9},         {"%", 0.01}};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strcmp(unit, units[i].name) == 0) {
            *n *= units[i].scale;
            return true;
        }
    return false;
}

static const char *read_value(const char *s, struct term *t) {
    size_t n = 0;
    char quote = *s == '"' || *s == '\'' ? *s++ : '\0';
    while (*s && n < WORD - 1 && (quote ? *s != quote : !isspace((unsigned char)*s) && *s != '&' && *s != '|'))
        t->value[n++] = *s++;
    t->value[n] = '\0';
    if (quote && *s++ != quote)
        return NULL;
    char *end;
    t->number = strtod(t->value, &end);
    t->is_number = !quote && end != t->value && scaled(end, &t->number);
    return n > 0 || quote ? s : NULL;
}

static const char *read_joint(const char *s, bool *or_next) {
    static const struct {
        const char *text;
        bool is_or;
    } joints[] = {{"and", false}, {"&&", false}, {"or", true}, {"||", true}};
    for (size_t i = 0; i < sizeof joints / sizeof joints[0]; i++) {
        size_t n = strlen(joints[i].text);
        if (strncmp(s, joints[i].text, n) == 0 && !(isalpha((unsigned char)*s) && is_word(s[n]))) {
            *or_next = joints[i].is_or;
            return s + n;
        }
    }
    return NULL;
}

static bool read_expr(struct check_sink *c, const char *s) {
    bool or_next = false;
    for (;;) {
        struct term *t = &c->term[c->nterms];
        size_t n = 0;
        if (c->nterms == MOST_TERMS)
            return false;
        *t = (struct term){.or_before = or_next};
        for (s = blanks(s); is_word(*s) && n < WORD - 1;)
            t->column[n++] = *s++;
        s = n > 0 ? read_op(blanks(s), &t->op) : NULL;
        s = s ? read_value(blanks(s), t) : NULL;
        if (!s)
            return false;
        c->nterms++;
        s = blanks(s);
        if (!*s)
            return true;
        s = read_joint(s, &or_next);
        if (!s)
            return false;
    }
}

/* ------------------------------------------------------------------ judging */

static bool number_of(const struct value *v, double *n) {
    switch ((enum value_kind)v->kind) {
    case VALUE_INT:
        *n = (double)v->i;
        return true;
    case VALUE_UINT:
        *n = (double)v->u;
        return true;
    case VALUE_REAL:
        *n = v->real;
        return true;
    case VALUE_PAIR: /* how long */
        *n = (double)(v->pair[1] - v->pair[0]);
        return v->pair[0] != NO_TIME && v->pair[1] != NO_TIME;
    case VALUE_NULL:
    case VALUE_BOOL:
    case VALUE_TEXT:
    case VALUE_ADDRESS:
    case VALUE_COUNTS:
    case VALUE_FRAMES:
        break;
    }
    return false;
}

static bool by_order(enum op op, int order) {
    const bool holds[] = {order == 0, order != 0, order<0, order <= 0, order> 0, order >= 0};
    return holds[op];
}

static bool equal_text(const struct term *t, text s) {
    return s.len == strlen(t->value) && memcmp(s.ptr, t->value, s.len) == 0;
}

static bool holds(const struct term *t, const struct value *v) {
    double n;
    if (v->kind == VALUE_NULL || strcmp(t->value, "null") == 0) {
        bool equal = v->kind == VALUE_NULL && strcmp(t->value, "null") == 0;
        return t->op == OP_EQ ? equal : t->op == OP_NE ? !equal : false;
    }
    if (v->kind == VALUE_BOOL) {
        bool equal = strcmp(t->value, v->b ? "true" : "false") == 0;
        return t->op == OP_EQ ? equal : t->op == OP_NE && !equal;
    }
    if (number_of(v, &n))
        return t->is_number && by_order(t->op, n < t->number ? -1 : n > t->number);
    if (v->kind == VALUE_TEXT)
        return t->op == OP_EQ ? equal_text(t, v->s) : t->op == OP_NE && !equal_text(t, v->s);
    return false;
}

static bool matches(const struct check_sink *c, const struct value *v) {
    bool all = true;
    for (size_t i = 0; i < c->nterms; i++) {
        if (c->term[i].or_before && all)
            return true;
        all = (all || c->term[i].or_before) && holds(&c->term[i], &v[c->term[i].at]);
    }
    return all;
}

/* ------------------------------------------------------------------ the sink */

static bool check_begin(struct sink *pub, const struct result_column *cols, size_t ncols) {
    struct check_sink *c = (struct check_sink *)pub;
    for (size_t i = 0; i < c->nterms; i++) {
        struct term *t = &c->term[i];
        for (t->at = 0; t->at < ncols && strcmp(cols[t->at].name, t->column) != 0;)
            t->at++;
        if (t->at == ncols) {
            c->wrong = true;
            command_fail(c->env, 2, "--fail-if: there is no column %s here; help COMMAND lists them", t->column);
            return false;
        }
    }
    c->to->record = pub->record;
    bool ok = c->to->begin(c->to, cols, ncols);
    pub->error = c->to->error;
    return ok;
}

static bool check_row(struct sink *pub, const struct value *v, const char *const *names, const struct value *extra,
                      size_t nextra) {
    struct check_sink *c = (struct check_sink *)pub;
    c->matched = c->matched || matches(c, v);
    bool ok = c->to->row(c->to, v, names, extra, nextra);
    pub->error = c->to->error;
    return ok;
}

static bool check_end(struct sink *pub) {
    struct check_sink *c = (struct check_sink *)pub;
    bool ok = c->to->end(c->to);
    pub->error = c->to->error;
    return ok;
}

static void check_note(struct sink *pub, const char *line) {
    struct check_sink *c = (struct check_sink *)pub;
    c->to->note(c->to, line);
}

struct sink *check_new(struct command_env *env, const char *expr, struct sink *to) {
    struct check_sink *c = calloc(1, sizeof *c);
    if (!c) {
        command_fail(env, 2, "out of memory");
        return NULL;
    }
    c->to = to;
    c->env = env;
    c->sink =
        (struct sink){.begin = check_begin, .row = check_row, .end = check_end, .note = check_note, .ascii = to->ascii};
    if (!read_expr(c, expr)) {
        char shown[96];
        text_safe(shown, sizeof shown, (text){expr, strlen(expr)});
        command_fail(env, 2, "--fail-if %s: write COLUMN OP VALUE, as d_bytes>10MB; and, or join several", shown);
        free(c);
        return NULL;
    }
    return &c->sink;
}

bool check_free(struct sink **pub, bool *matched) {
    struct check_sink *c = (struct check_sink *)*pub;
    bool ok = !c->wrong;
    *matched = c->matched;
    free(c);
    *pub = NULL;
    return ok;
}
