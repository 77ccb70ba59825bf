/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * filter.c - whether something matches a filter.
 *
 * Three answers: what isn't known makes a term neither hold nor fail, and `not` leaves it so. Texts that come again and
 * again carry a number, under which a term remembers its answer.
 */
#include "core/filter_in.h"

#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------ texts */

/* The whole text against a pattern in which * stands for any letters. Goes back to the last * only: quadratic at most.
 */
static bool is_like(text t, const char *p) {
    size_t i = 0, mark = 0;
    const char *star = NULL;
    while (i < t.len) {
        if (*p == '*') {
            star = ++p;
            mark = i;
        } else if (*p && *p == t.ptr[i]) {
            p++;
            i++;
        } else if (star) {
            p = star;
            i = ++mark;
        } else {
            return false;
        }
    }
    while (*p == '*')
        p++;
    return !*p;
}

/* ------------------------------------------------------------------ one value */

static bool in_order(long double v, enum compare cmp, const struct operand *o) {
    switch (cmp) {
    case CMP_LT:
        return v < o->from;
    case CMP_LE:
        return v <= o->from;
    case CMP_GT:
        return v > o->from;
    case CMP_GE:
        return v >= o->from;
    default:
        return v >= o->from && v <= o->to;
    }
}

static bool number_of(const struct value *v, long double *out) {
    switch ((enum value_kind)v->kind) {
    case VALUE_INT:
        *out = (long double)v->i;
        return true;
    case VALUE_UINT:
    case VALUE_ADDRESS:
        *out = (long double)v->u;
        return true;
    case VALUE_BOOL:
        *out = v->b;
        return true;
    case VALUE_REAL:
        *out = (long double)v->real;
        return true;
    case VALUE_PAIR: /* how long it took */
        *out = (long double)v->pair[1] - (long double)v->pair[0];
        return v->pair[0] != NO_TIME && v->pair[1] != NO_TIME;
    default:
        return false;
    }
}

static enum filter_answer answer(bool yes) {
    return yes ? FILTER_YES : FILTER_NO;
}

/* One operand, for = and ~ and the orders; the caller turns it round for != and !~. */
static enum filter_answer matches(const struct filter_value *x, enum compare cmp, const struct operand *o) {
    const struct value *v = &x->v;
    long double n = 0;
    if (o->unknown)
        return answer(v->kind == VALUE_NULL);
    if (v->kind == VALUE_NULL)
        return FILTER_UNKNOWN;
    if (v->kind == VALUE_TEXT)
        return answer(cmp == CMP_HAS ? text_contains(v->s, o->words) : is_like(v->s, o->words));
    if (v->kind == VALUE_BOOL && o->flag && cmp == CMP_EQ)
        return answer(v->b == o->yes);
    if (v->kind == VALUE_ADDRESS) {
        if (!o->address || cmp == CMP_HAS)
            return FILTER_UNKNOWN;
        if (cmp == CMP_EQ)
            return answer(o->addr >= v->u && o->addr - v->u < (x->size ? x->size : 1));
        return answer(cmp == CMP_LT   ? v->u < o->addr
                      : cmp == CMP_LE ? v->u <= o->addr
                      : cmp == CMP_GT ? v->u > o->addr
                                      : v->u >= o->addr);
    }
    if (!o->number || cmp == CMP_HAS || !number_of(v, &n))
        return FILTER_UNKNOWN;
    if (o->cycles)
        n = (long double)x->cycles;
    if (o->part) {
        if (x->whole == 0)
            return FILTER_UNKNOWN;
        n = n * 100 / (long double)x->whole;
    }
    return answer(in_order(n, cmp, o));
}

/* ------------------------------------------------------------------ terms */

static enum filter_answer is_set(const struct value *v) {
    long double n;
    if (v->kind == VALUE_NULL)
        return FILTER_UNKNOWN;
    return v->kind == VALUE_TEXT ? answer(v->s.len > 0) : number_of(v, &n) ? answer(n != 0) : FILTER_YES;
}

static enum filter_answer any_of(const struct term *t, const struct filter_value *x) {
    bool contrary = t->cmp == CMP_NE || t->cmp == CMP_HASNT;
    enum compare cmp = t->cmp == CMP_NE ? CMP_EQ : t->cmp == CMP_HASNT ? CMP_HAS : (enum compare)t->cmp;
    enum filter_answer best = t->bare ? is_set(&x->v) : FILTER_NO;
    for (unsigned i = 0; i < t->nvalues && best != FILTER_YES; i++) {
        enum filter_answer a = matches(x, cmp, &t->values[i]);
        best = a == FILTER_NO ? best : a;
    }
    if (best == FILTER_UNKNOWN)
        return best;
    return answer((best == FILTER_YES) != contrary);
}

static bool memo_room(struct term *t, uint32_t same) {
    if (same < t->nmemo)
        return true;
    uint32_t n = same < 512 ? 1024 : same * 2;
    uint8_t *memo = same < MEMO_MAX ? realloc(t->memo, n) : NULL;
    if (!memo)
        return false;
    memset(memo + t->nmemo, 0, n - t->nmemo);
    t->memo = memo;
    t->nmemo = n;
    return true;
}

static enum filter_answer ask_term(struct term *t, filter_get get, void *arg) {
    struct filter_value x = {.v = {.kind = VALUE_NULL}};
    get(arg, t->field, &x);
    if (x.same == 0 || x.v.kind != VALUE_TEXT || !memo_room(t, x.same))
        return any_of(t, &x);
    uint8_t *memo = &t->memo[x.same];
    if (*memo == 0)
        *memo = (uint8_t)(any_of(t, &x) == FILTER_YES ? 2 : 1);
    return answer(*memo == 2);
}

static enum filter_answer ask(filter *f, uint16_t node, filter_get get, void *arg) {
    const struct node *n = &f->node[node];
    if (n->kind == NODE_TERM)
        return ask_term(&f->term[n->a], get, arg);
    enum filter_answer a = ask(f, n->a, get, arg);
    if (n->kind == NODE_NOT)
        return a == FILTER_UNKNOWN ? a : answer(a == FILTER_NO);
    enum filter_answer decides = n->kind == NODE_AND ? FILTER_NO : FILTER_YES;
    if (a == decides)
        return a;
    enum filter_answer b = ask(f, n->b, get, arg);
    return b == decides ? b : a == FILTER_UNKNOWN ? a : b;
}

enum filter_answer filter_eval(filter *f, filter_get get, void *arg) {
    return ask(f, f->root, get, arg);
}

bool filter_asks(const filter *f, unsigned field) {
    for (unsigned i = 0; i < f->nterms; i++)
        if (f->term[i].field == field)
            return true;
    return false;
}
