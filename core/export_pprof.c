/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * export_pprof.c - the heap at an instant as a profile for `go tool pprof`: its profile.proto, by hand, because it
 * takes five kinds of message and nothing of a library for them.
 *
 * A trace has no stacks of allocations. What stands in their place, from the leaf: the object's type, the span class
 * that its slot is of, and the entry function of the goroutine that allocated it, or "(before the trace)". Bytes are
 * those of slots. alloc_* counts since the trace began, inuse_* what is live; both tie with `types`.
 */
#include "core/export.h"
#include "core/report.h"
#include "traces/grow.h"
#include "traces/idmap.h"

#include <stdlib.h>
#include <string.h>
#ifdef HAVE_ZLIB
#include <zlib.h>
#endif

/* Who allocated, where it isn't a goroutine's function: both stand before the functions' texts. */
enum { WHO_BEFORE, WHO_UNKNOWN, WHO_FIRST };

/* Objects of one type in spans of one class (of one size, where they are large), allocated by one function. */
struct site {
    uint32_t who, type;
    uint32_t class;
    uint64_t size; /* of a slot */
    uint64_t allocs, live;
};

struct census {
    const reel *r;
    struct slots slots;  /* of each slot: the site of the object in it, NO_ID none */
    struct idmap places; /* type and span class to an index; */
    size_t nplaces;
    struct idmap keys; /* who and place to a site */
    struct site *sites;
    size_t nsites, cap_sites;
    uint32_t *who; /* by goroutine */
    text *entries; /* by who - WHO_FIRST */
    uint32_t nentries;
    bool memory_short;
};

/* ------------------------------------------------------------------ counting */

static uint32_t same_entry(const struct census *c, text entry) {
    for (uint32_t i = 0; i < c->nentries; i++) {
        if (text_same(c->entries[i], entry)) {
            return i;
        }
    }
    return NO_ID;
}

/* Functions are few; goroutines of one follow one another. Past MOST_ENTRIES all others count as unknown. */
enum { MOST_ENTRIES = 1024 };

static bool name_goroutines(struct census *c) {
    uint32_t n = reel_goroutines(c->r);
    c->who = malloc(((size_t)n + 1) * sizeof *c->who);
    c->entries = malloc(MOST_ENTRIES * sizeof *c->entries);
    if (c->who == NULL || c->entries == NULL) {
        return false;
    }
    for (uint32_t g = 0; g < n; g++) {
        text entry = reel_goroutine(c->r, g)->entry;
        uint32_t at = entry.len == 0 ? NO_ID : same_entry(c, entry);
        if (at == NO_ID && entry.len > 0 && c->nentries < MOST_ENTRIES) {
            at = c->nentries++;
            c->entries[at] = entry;
        }
        c->who[g] = at == NO_ID ? WHO_UNKNOWN : WHO_FIRST + at;
    }
    return true;
}

static uint32_t intern(struct census *c, struct idmap *m, uint64_t key, size_t next) {
    uint32_t at = idmap_get(m, key);
    if (at == IDMAP_NONE) {
        at = (uint32_t)next;
        c->memory_short |= !idmap_put(m, key, at);
    }
    return at;
}

/* The site of an object. NO_ID: out of memory. */
static uint32_t site_of(struct census *c, const struct walked *w, uint32_t who) {
    uint32_t class = report_class(c->r, w->span);
    uint64_t size = reel_span(c->r, w->span)->elem;
    /* Large objects have sizes of their own: pages, which fit where a small one has its class. */
    uint64_t kind = class < 2 ? (size >> 12) * 2 + class + SPAN_CLASSES : class;
    uint32_t place = intern(c, &c->places, kind << 32 | w->type, c->nplaces);
    c->nplaces += place == c->nplaces;
    uint32_t at = intern(c, &c->keys, (uint64_t)place << 32 | who, c->nsites);
    if (at == c->nsites) {
        if (!GROW(c->sites, c->nsites, c->cap_sites)) {
            c->memory_short = true;
            return NO_ID;
        }
        c->sites[c->nsites++] = (struct site){.who = who, .type = w->type, .class = class, .size = size};
    }
    return at;
}

static void object_comes(struct census *c, const struct walked *w, uint64_t *word) {
    uint32_t g = walked_g(w);
    uint32_t who = w->kind == FACT_EXISTS ? WHO_BEFORE : g == NO_ID ? WHO_UNKNOWN : c->who[g];
    uint32_t at = site_of(c, w, who);
    if (at != NO_ID) {
        c->sites[at].live++;
        c->sites[at].allocs += w->kind == FACT_ALLOC;
        *word = at;
    }
}

static void count_block(void *arg, const struct walk_block *b) {
    struct census *c = arg;
    for (uint32_t i = 0; i < b->n; i++) {
        const struct walked *w = &b->at[i];
        if (i + WALK_AHEAD < b->n) {
            slots_fetch(&c->slots, w + WALK_AHEAD);
        }
        if (w->kind == WALK_OTHER) {
            slots_fact(&c->slots, &b->other[w->type]);
            continue;
        }
        uint64_t *word = slots_word(&c->slots, w->span, w->slot);
        if (word == NULL) {
            continue;
        }
        if (w->kind == FACT_FREE && *word != NO_ID) {
            c->sites[*word].live--;
            *word = NO_ID;
        } else if (w->kind == FACT_EXISTS || w->kind == FACT_ALLOC) {
            object_comes(c, w, word);
        }
    }
}

static void census_free(struct census *c) {
    slots_free(&c->slots);
    idmap_free(&c->places);
    idmap_free(&c->keys);
    free(c->sites);
    free(c->who);
    free(c->entries);
}

static bool census_take(struct command_env *env, uint64_t pos, struct census *c) {
    *c = (struct census){.r = env->reel};
    if (!slots_init(&c->slots, env->reel, NO_ID) || !name_goroutines(c)) {
        return report_no_memory(env);
    }
    return report_walk(env, 0, pos, count_block, c) &&
           (!(c->memory_short || c->slots.memory_short) || report_no_memory(env));
}

/* ------------------------------------------------------------------ protobuf */

struct bytes {
    uint8_t *at;
    size_t n, cap;
    bool memory_short;
};

static void put(struct bytes *b, const void *p, size_t n) {
    if (b->memory_short || !grow_to((void **)&b->at, &b->cap, b->n + n, 1)) {
        b->memory_short = true;
        return;
    }
    if (n > 0) {
        memcpy(b->at + b->n, p, n);
    }
    b->n += n;
}

static void put_varint(struct bytes *b, uint64_t v) {
    uint8_t s[10];
    size_t n = 0;
    for (; v >= 0x80; v >>= 7) {
        s[n++] = (uint8_t)(v | 0x80);
    }
    s[n++] = (uint8_t)v;
    put(b, s, n);
}

static void put_uint(struct bytes *b, unsigned field, uint64_t v) {
    put_varint(b, field << 3);
    put_varint(b, v);
}

static void put_bytes(struct bytes *b, unsigned field, const void *p, size_t n) {
    put_varint(b, field << 3 | 2);
    put_varint(b, n);
    put(b, p, n);
}

/* A message within another: `in` is emptied for the next. */
static void put_message(struct bytes *b, unsigned field, struct bytes *in) {
    put_bytes(b, field, in->at, in->n);
    b->memory_short |= in->memory_short;
    in->n = 0;
}

/* Fields of profile.proto. */
enum {
    SAMPLE_TYPE = 1,
    SAMPLE = 2,
    LOCATION = 4,
    FUNCTION = 5,
    STRING = 6,
    TIME_NANOS = 9,
    COMMENT = 13,
    DEFAULT_TYPE = 14
};

struct profile {
    struct bytes out, part, within;
    uint32_t nstrings;
    struct idmap types, classes, whos; /* to location ids, which are function ids too */
    uint32_t nlocations;
};

static uint32_t string(struct profile *p, text t) {
    put_bytes(&p->out, STRING, t.ptr, t.len);
    return p->nstrings++;
}

static uint32_t string_of(struct profile *p, const char *s) {
    return string(p, (text){s, strlen(s)});
}

/* The location that stands for a name: one function, one line. Ids begin with 1. */
static uint32_t location(struct profile *p, struct idmap *m, uint32_t key, text name) {
    uint32_t id = idmap_get(m, key);
    if (id != IDMAP_NONE) {
        return id;
    }
    id = ++p->nlocations;
    p->out.memory_short |= !idmap_put(m, key, id);
    char safe[512];
    uint32_t s = string(p, (text){safe, text_safe(safe, sizeof safe, name)});
    put_uint(&p->part, 1, id);
    put_uint(&p->part, 2, s);
    put_message(&p->out, FUNCTION, &p->part);
    put_uint(&p->within, 1, id);
    put_uint(&p->part, 1, id);
    put_message(&p->part, 4, &p->within);
    put_message(&p->out, LOCATION, &p->part);
    return id;
}

static text who_name(const struct census *c, uint32_t who) {
    static const text names[] = {{"(before the trace)", 18}, {"(unknown function)", 18}};
    return who < WHO_FIRST ? names[who] : c->entries[who - WHO_FIRST];
}

static void put_site(struct profile *p, const struct census *c, const struct site *s, uint32_t label) {
    char class[64], bytes[TIME_TEXT];
    struct value type = value_type_name(c->r, s->type), v = value_class(s->class);
    int n = snprintf(class, sizeof class, "class %.*s (%s)", (int)v.s.len, v.s.ptr, bytes_text(s->size, bytes));
    if (s->class < 2) {
        n = snprintf(class, sizeof class, "%.*s", (int)v.s.len, v.s.ptr);
    }
    uint32_t at[] = {location(p, &p->types, s->type, type.s),
                     location(p, &p->classes, s->class, (text){class, (size_t)n}),
                     location(p, &p->whos, s->who, who_name(c, s->who))};
    for (size_t i = 0; i < sizeof at / sizeof at[0]; i++) {
        put_uint(&p->part, 1, at[i]);
    }
    const uint64_t values[] = {s->allocs, s->allocs * s->size, s->live, s->live * s->size};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        put_uint(&p->part, 2, values[i]);
    }
    put_uint(&p->within, 1, label);
    put_uint(&p->within, 3, s->size);
    put_message(&p->part, 3, &p->within);
    put_message(&p->out, SAMPLE, &p->part);
}

static void put_head(struct profile *p) {
    static const char *const kinds[][2] = {
        {"alloc_objects", "count"}, {"alloc_space", "bytes"}, {"inuse_objects", "count"}, {"inuse_space", "bytes"}};
    uint32_t last = 0;
    string_of(p, "");
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        last = string_of(p, kinds[i][0]);
        put_uint(&p->part, 1, last);
        put_uint(&p->part, 2, string_of(p, kinds[i][1]));
        put_message(&p->out, SAMPLE_TYPE, &p->part);
    }
    put_uint(&p->out, DEFAULT_TYPE, last);
    put_uint(&p->out, COMMENT,
             string_of(p, "heapreel: leaf = type, then span class, then what the allocating goroutine runs"));
}

static void profile_make(struct profile *p, const struct census *c) {
    *p = (struct profile){0};
    put_head(p);
    uint32_t label = string_of(p, "bytes");
    for (size_t i = 0; i < c->nsites; i++) {
        put_site(p, c, &c->sites[i], label);
    }
}

static void profile_free(struct profile *p) {
    idmap_free(&p->types);
    idmap_free(&p->classes);
    idmap_free(&p->whos);
    free(p->out.at);
    free(p->part.at);
    free(p->within.at);
}

/* pprof takes profiles as they are as well; gzip is what everybody else expects. */
static bool write_packed(const struct bytes *in, struct outbuf *b) {
#ifdef HAVE_ZLIB
    z_stream z = {0};
    if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        return false;
    }
    unsigned char part[4096];
    int rc = Z_OK;
    z.next_in = in->at;
    z.avail_in = (unsigned)in->n;
    while (rc == Z_OK) {
        z.next_out = part;
        z.avail_out = sizeof part;
        rc = deflate(&z, Z_FINISH);
        out_bytes(b, (const char *)part, sizeof part - z.avail_out);
    }
    deflateEnd(&z);
    return rc == Z_STREAM_END;
#else
    out_bytes(b, (const char *)in->at, in->n);
    return true;
#endif
}

bool export_pprof(struct command_env *env, int64_t at, struct outbuf *b) {
    struct census c;
    bool ok = census_take(env, reel_pos(env->reel, at), &c);
    if (ok) {
        struct profile p;
        profile_make(&p, &c);
        ok = (!p.out.memory_short && p.out.n <= UINT32_MAX && write_packed(&p.out, b)) || report_no_memory(env);
        profile_free(&p);
    }
    census_free(&c);
    return ok;
}
