/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * search.c - plain words to look for, and whether a fact or an annotation is what was looked for.
 *
 * A span class matches where one of its spans comes, goes or moves, not at each object in it.
 */
#include "core/search.h"
#include "core/fact.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char *skip_blanks(const char *s) {
    while (isspace((unsigned char)*s))
        s++;
    return s;
}

/* What follows `word` and a blank in s; NULL where s begins otherwise. */
static const char *after_word(const char *s, const char *word) {
    size_t n = strlen(word);
    return strncmp(s, word, n) == 0 && isspace((unsigned char)s[n]) ? skip_blanks(s + n) : NULL;
}

static bool take_text(struct search *out, enum search_kind kind, const char *s, const char **why) {
    size_t n = strlen(s);
    while (n > 0 && isspace((unsigned char)s[n - 1]))
        n--;
    *why = n == 0 ? "search for what?" : "that is too long to search for";
    if (n == 0 || n >= sizeof out->text)
        return false;
    memcpy(out->text, s, n);
    out->text[n] = '\0';
    out->kind = (uint8_t)kind;
    return true;
}

/* "5", "5 scan", "5 noscan" */
static bool take_class(struct search *out, const char *s, const char **why) {
    char *end = NULL;
    unsigned long class = isdigit((unsigned char)*s) ? strtoul(s, &end, 10) : SIZE_CLASSES;
    *why = "a span class reads: class 5, class 5 scan or class 5 noscan; size classes go from 0 to 67";
    if (!end || class >= SIZE_CLASSES)
        return false;
    const char *rest = skip_blanks(end);
    bool noscan = strcmp(rest, "noscan") == 0;
    if (*rest && !noscan && strcmp(rest, "scan") != 0)
        return false;
    out->kind = SEARCH_CLASS;
    out->any_scan = *rest == '\0';
    out->span_class = (uint32_t) class * 2 + noscan;
    return true;
}

/* "48B", "48 B": the class whose slots have that size, taken from the spans themselves. 0: not of this form. */
static int take_size(const reel *r, struct search *out, const char *s, const char **why) {
    char *end;
    if (!isdigit((unsigned char)*s))
        return 0;
    unsigned long long size = strtoull(s, &end, 10);
    const char *rest = skip_blanks(end);
    if ((*rest != 'B' && *rest != 'b') || *skip_blanks(rest + 1))
        return 0;
    for (uint32_t i = 0; i < reel_spans(r); i++) {
        const struct span *sp = reel_span(r, i);
        if (sp->kind == SPAN_HEAP && sp->class > 0 && sp->elem == size) {
            out->kind = SEARCH_CLASS;
            out->any_scan = true;
            out->span_class = sp->class * 2u;
            return 1;
        }
    }
    *why = "no span in this trace has slots of that size";
    return -1;
}

bool search_parse(const reel *r, const char *s, struct search *out, const char **why) {
    const char *rest;
    *out = (struct search){0};
    s = skip_blanks(s);
    bool hex = strncmp(s, "0x", 2) == 0 || strncmp(s, "0X", 2) == 0 || strncmp(s, "+0x", 3) == 0;
    if (hex) {
        char word[ADDRESS_TEXT + 2];
        size_t n = strcspn(s, " \t\n");
        *why = "that is no address";
        if (n >= sizeof word || *skip_blanks(s + n))
            return false;
        memcpy(word, s, n);
        word[n] = '\0';
        out->kind = SEARCH_ADDRESS;
        return reel_parse_address(r, word, &out->addr);
    }
    if ((rest = after_word(s, "class")))
        return take_class(out, rest, why);
    if ((rest = after_word(s, "type")))
        return take_text(out, SEARCH_TYPE, rest, why);
    if ((rest = after_word(s, "note")))
        return take_text(out, SEARCH_NOTE, rest, why);
    int size = take_size(r, out, s, why);
    return size ? size > 0 : take_text(out, SEARCH_TEXT, s, why);
}

/* ------------------------------------------------------------------ matching */

static bool type_matches(reel *r, const struct search *s, struct search_memo *m, uint32_t type) {
    size_t at = type % 64;
    if (m->type[at] != type) {
        m->type[at] = type;
        m->match[at] = text_contains(reel_type(r, type)->name, s->text);
    }
    return m->match[at];
}

static bool address_matches(reel *r, const struct search *s, const struct fact *f) {
    const struct span *sp = reel_span(r, f->span);
    uint64_t base = reel_page_address(r, sp->page), size = sp->npages * reel_info(r)->page_size;
    if (fact_of_object(f->kind)) {
        base = reel_slot_address(r, f->span, f->slot);
        size = sp->elem;
    }
    return s->addr >= base && s->addr - base < size;
}

static bool class_matches(reel *r, const struct search *s, const struct fact *f) {
    const struct span *sp = reel_span(r, f->span);
    if (fact_of_object(f->kind) || sp->kind != SPAN_HEAP || sp->class != s->span_class / 2)
        return false;
    return s->any_scan || sp->noscan == (s->span_class & 1);
}

bool search_fact(reel *r, const struct search *s, struct search_memo *m, const struct fact *f) {
    if (f->span == NO_ID)
        return false;
    switch ((enum search_kind)s->kind) {
    case SEARCH_TYPE:
    case SEARCH_TEXT:
        return fact_of_object(f->kind) && f->type != NO_ID && type_matches(r, s, m, f->type);
    case SEARCH_ADDRESS:
        return address_matches(r, s, f);
    case SEARCH_CLASS:
        return class_matches(r, s, f);
    case SEARCH_NOTE:
        break;
    }
    return false;
}

bool search_note(const struct search *s, const struct note *n) {
    if (s->kind != SEARCH_NOTE && s->kind != SEARCH_TEXT)
        return false;
    return note_contains(n, s->text);
}
