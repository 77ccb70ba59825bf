/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * answers.c - see answers.h. The rows of a report come through a sink that copies them, texts too, into the answer.
 */
#include "tui/answers.h"
#include "traces/grow.h"
#include "tui/task.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS_BETWEEN = 256, KEPT = 8, KEPT_VALUES = 2 * ANSWER_VALUES, ARENA = 1 << 16, MOST_WORDS = 64 };

struct question {
    char *line;
    int64_t now;
    uint64_t facts;
};

/* Texts of an answer: blocks of memory, each pointing to the one before. */
struct block {
    struct block *before;
    char at[];
};

struct kept {
    struct answer x; /* the first member: an answer is what keeps it */
    struct sink sink;
    struct kept *next; /* the one that was used before */
    struct answers *all;
    uint64_t number;
    struct block *block;
    size_t used, cap; /* of the newest block */
    size_t cap_values;
    bool memory_short;
};

struct answers {
    reel *r;
    const bool *ascii;
    struct question *questions;
    size_t n, cap;
    struct kept *kept;    /* the last used first */
    struct kept *running; /* NULL: none */
    struct task *task;
};

/* ------------------------------------------------------------------ the sink */

static char *keep_bytes(struct kept *k, const char *s, size_t len) {
    if (!k->block || len >= k->cap - k->used) {
        size_t cap = len + 1 > ARENA ? len + 1 : ARENA;
        struct block *b = malloc(sizeof *b + cap);
        if (!b) {
            k->memory_short = true;
            return NULL;
        }
        b->before = k->block;
        k->block = b;
        k->cap = cap;
        k->used = 0;
    }
    char *to = k->block->at + k->used;
    if (len)
        memcpy(to, s, len);
    to[len] = '\0';
    k->used += len + 1;
    return to;
}

static struct kept *kept_of(struct sink *s) {
    return (struct kept *)((char *)s - offsetof(struct kept, sink));
}

static bool take_columns(struct sink *s, const struct result_column *cols, size_t ncols) {
    struct kept *k = kept_of(s);
    k->x.cols = calloc(ncols + 1, sizeof *k->x.cols);
    if (!k->x.cols) {
        k->memory_short = true;
        return false;
    }
    k->x.ncols = ncols;
    for (size_t i = 0; i < ncols; i++) {
        k->x.cols[i].unit = cols[i].unit;
        k->x.cols[i].name = keep_bytes(k, cols[i].name, strlen(cols[i].name));
        k->x.cols[i].about = keep_bytes(k, cols[i].about, strlen(cols[i].about));
    }
    return !k->memory_short;
}

/* Lists of counts and stacks are for machines: text output has no room for them in a row either. */
static struct value keep_value(struct kept *k, struct value v) {
    if (v.kind == VALUE_TEXT)
        v.s.ptr = keep_bytes(k, v.s.ptr, v.s.len);
    if (v.kind == VALUE_COUNTS || v.kind == VALUE_FRAMES)
        v.kind = VALUE_NULL;
    return v;
}

static bool take_row(struct sink *s, const struct value *v, const char *const *names, const struct value *extra,
                     size_t nextra) {
    struct kept *k = kept_of(s);
    size_t n = k->x.nrows * k->x.ncols;
    (void)names;
    (void)extra;
    (void)nextra;
    k->x.cut |= n + k->x.ncols > ANSWER_VALUES;
    if (k->x.cut)
        return true; /* notes are still to come */
    if (!grow_to((void **)&k->x.values, &k->cap_values, n + k->x.ncols, sizeof *k->x.values)) {
        k->memory_short = true;
        return false;
    }
    for (size_t i = 0; i < k->x.ncols; i++)
        k->x.values[n + i] = keep_value(k, v[i]);
    k->x.nrows++;
    bool stopped = k->x.nrows % ROWS_BETWEEN == 0 && task_pause(k->all->task);
    return !k->memory_short && !stopped;
}

static void take_note(struct sink *s, const char *line) {
    struct kept *k = kept_of(s);
    char **more = realloc(k->x.notes, (k->x.nnotes + 1) * sizeof *more);
    char *copy = keep_bytes(k, line, strlen(line));
    if (more)
        k->x.notes = more;
    if (more && copy)
        k->x.notes[k->x.nnotes++] = copy;
    k->memory_short |= !more;
}

static bool take_end(struct sink *s) {
    (void)s;
    return true;
}

/* ------------------------------------------------------------------ running */

static bool stop(void *arg) {
    return task_pause(arg);
}

static void progress(void *arg, double share) {
    struct kept *k = arg;
    k->x.share = share;
}

static void run(void *arg, struct task *t) {
    struct kept *k = arg;
    char **argv = NULL;
    int argc = words_split(k->x.line, &argv);
    struct command_env env = {.reel = k->all->r,
                              .now = k->x.now,
                              .format = FORMAT_TEXT,
                              .stop = stop,
                              .stop_arg = t,
                              .progress = progress,
                              .progress_arg = k,
                              .ascii = *k->all->ascii};
    k->sink = (struct sink){
        .begin = take_columns, .row = take_row, .end = take_end, .note = take_note, .ascii = *k->all->ascii};
    bool ok = argc > 0 && command_run(&env, argc, argv, &k->sink);
    if (argc >= 0)
        words_free(&argv, argc);
    if (k->memory_short)
        snprintf(env.error, sizeof env.error, "out of memory");
    snprintf(k->x.error, sizeof k->x.error, "%s", env.error[0] ? env.error : "that failed");
    snprintf(k->x.damage, sizeof k->x.damage, "%s", env.damage);
    snprintf(k->x.warning, sizeof k->x.warning, "%s", env.warning);
    k->x.state = ok && !k->memory_short && !task_pause(t) ? ANSWER_DONE : ANSWER_FAILED;
}

bool answers_running(const struct answers *a) {
    return a->running != NULL;
}

void answers_stop(struct answers *a) {
    if (!a->running)
        return;
    struct kept *k = a->running;
    task_free(&a->task);
    a->running = NULL;
    if (k->x.state == ANSWER_DONE)
        return;
    k->x.state = ANSWER_FAILED;
    snprintf(k->x.error, sizeof k->x.error, "stopped");
}

bool answers_work(struct answers *a, struct answer *x, int64_t budget_ns) {
    if (!a->running || &a->running->x != x)
        return false;
    if (task_turn(a->task, budget_ns))
        return true;
    task_free(&a->task);
    a->running = NULL;
    return false;
}

/* ------------------------------------------------------------------ what is kept */

static void free_kept(struct kept *k) {
    while (k->block) {
        struct block *before = k->block->before;
        free(k->block);
        k->block = before;
    }
    free(k->x.cols);
    free(k->x.values);
    free(k->x.notes);
    free(k);
}

/* What wasn't used for the longest time goes; the first one stays. */
static void forget_some(struct answers *a) {
    size_t n = 0, values = 0;
    for (struct kept **at = &a->kept; *at;) {
        struct kept *k = *at;
        n++;
        values += k->x.nrows * k->x.ncols;
        if (n == 1 || (n <= KEPT && values <= KEPT_VALUES)) {
            at = &k->next;
            continue;
        }
        *at = k->next;
        free_kept(k);
    }
}

static struct kept *take_out(struct answers *a, uint64_t number) {
    for (struct kept **at = &a->kept; *at; at = &(*at)->next)
        if ((*at)->number == number) {
            struct kept *k = *at;
            *at = k->next;
            return k;
        }
    return NULL;
}

static struct kept *begin(struct answers *a, uint64_t number) {
    const struct question *q = &a->questions[number];
    struct kept *k = calloc(1, sizeof *k);
    if (!k)
        return NULL;
    char name[32];
    size_t len = strcspn(q->line, " ");
    snprintf(name, sizeof name, "%.*s", (int)(len < sizeof name ? len : sizeof name - 1), q->line);
    *k = (struct kept){.all = a, .number = number};
    k->x = (struct answer){.line = q->line, .command = command_find(name), .now = q->now, .facts = q->facts};
    a->task = task_new(run, k);
    if (!a->task) {
        free(k);
        return NULL;
    }
    a->running = k;
    return k;
}

struct answer *answers_get(struct answers *a, uint64_t number) {
    if (number >= a->n)
        return NULL;
    struct kept *k = take_out(a, number);
    if (!k || a->running != k)
        answers_stop(a);
    if (k && k->x.state == ANSWER_FAILED) { /* once more */
        free_kept(k);
        k = NULL;
    }
    if (!k)
        k = begin(a, number);
    if (!k)
        return NULL;
    k->next = a->kept;
    a->kept = k;
    forget_some(a);
    return &k->x;
}

struct answers *answers_new(reel *r, const bool *ascii) {
    struct answers *a = calloc(1, sizeof *a);
    if (a)
        *a = (struct answers){.r = r, .ascii = ascii};
    return a;
}

void answers_free(struct answers **ap) {
    struct answers *a = *ap;
    if (!a)
        return;
    answers_stop(a);
    while (a->kept) {
        struct kept *next = a->kept->next;
        free_kept(a->kept);
        a->kept = next;
    }
    for (size_t i = 0; i < a->n; i++)
        free(a->questions[i].line);
    free(a->questions);
    free(a);
    *ap = NULL;
}

/* ------------------------------------------------------------------ questions */

bool answers_ask(struct answers *a, const char *line, int64_t now, uint64_t *number) {
    uint64_t facts = reel_info(a->r)->facts;
    for (size_t i = a->n; i-- > 0;) {
        const struct question *q = &a->questions[i];
        if (q->now == now && q->facts == facts && strcmp(q->line, line) == 0) {
            *number = i;
            return true;
        }
    }
    char *copy = a->n < UINT32_MAX ? strdup(line) : NULL;
    if (!copy || !GROW(a->questions, a->n, a->cap)) {
        free(copy);
        return false;
    }
    *number = a->n;
    a->questions[a->n++] = (struct question){copy, now, facts};
    return true;
}

const char *answers_question(const struct answers *a, uint64_t number, int64_t *now) {
    if (number >= a->n)
        return NULL;
    *now = a->questions[number].now;
    return a->questions[number].line;
}

/* ---- links: the number, and above it what is to change */

enum { CHANGE_AGAIN = 1, CHANGE_BY };

struct link answer_link(uint64_t number) {
    return link_to(LINK_REPORT, number);
}

struct link answer_link_by(uint64_t number, size_t by) {
    return link_to(LINK_REPORT, number | (uint64_t)(CHANGE_BY + by) << 32);
}

struct link answer_link_again(uint64_t number) {
    return link_to(LINK_REPORT, number | (uint64_t)CHANGE_AGAIN << 32);
}

/* A word for words_split. */
static void put_word(FILE *out, const char *s) {
    fputs(" '", out);
    for (; *s; s++)
        fputs(*s == '\'' ? "'\\''" : (char[]){*s, '\0'}, out);
    fputc('\'', out);
}

static bool plain(const char *s) {
    return *s && strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/:-+@=,%") == strlen(s);
}

/* The line with another --by. NULL: out of memory. */
static char *with_by(const char *line, const char *by) {
    char **argv = NULL, *made = NULL;
    size_t len = 0;
    int argc = words_split(line, &argv);
    FILE *out = argc > 0 ? open_memstream(&made, &len) : NULL;
    for (int i = 0; out && i < argc; i++) {
        bool apart = strcmp(argv[i], "--by") == 0, whole = strncmp(argv[i], "--by=", 5) == 0;
        i += apart;
        if (apart || whole)
            continue;
        if (plain(argv[i]))
            fprintf(out, "%s%s", i ? " " : "", argv[i]);
        else
            put_word(out, argv[i]);
    }
    if (out) {
        fprintf(out, " --by %s", by);
        fclose(out);
    }
    if (argc >= 0)
        words_free(&argv, argc);
    return made;
}

struct link answers_settle(struct answers *a, struct link to, int64_t now) {
    uint64_t number = answer_number(to), change = to.id >> 32;
    if (change == 0 || number >= a->n)
        return to;
    const struct question *q = &a->questions[number];
    char *line = NULL;
    if (change == CHANGE_AGAIN) {
        line = strdup(q->line);
    } else {
        char name[32];
        snprintf(name, sizeof name, "%.*s", (int)strcspn(q->line, " "), q->line);
        const struct command *c = command_find(name);
        line = c && c->by ? with_by(q->line, c->by[change - CHANGE_BY]) : NULL;
        now = q->now;
    }
    bool ok = line && answers_ask(a, line, now, &number);
    free(line);
    return ok ? answer_link(number) : link_to(LINK_NONE, 0);
}

size_t answer_by(const struct answer *x) {
    char **argv = NULL;
    size_t by = 0;
    int argc = words_split(x->line, &argv);
    for (int i = 1; x->command->by && i < argc; i++) {
        const char *word = strncmp(argv[i], "--by=", 5) == 0              ? argv[i] + 5
                           : strcmp(argv[i], "--by") == 0 && i + 1 < argc ? argv[i + 1]
                                                                          : NULL;
        for (size_t k = 0; word && x->command->by[k]; k++)
            by = strcmp(word, x->command->by[k]) == 0 ? k : by;
    }
    if (argc >= 0)
        words_free(&argv, argc);
    return by;
}

/* ------------------------------------------------------------------ where rows lead */

static struct link to_cycle(const reel *r, uint64_t gc) {
    const struct cycle *c;
    size_t n = reel_cycles(r, &c);
    for (size_t i = 0; i < n; i++)
        if (c[i].gc == gc)
            return link_to(LINK_CYCLE, i);
    return link_to(LINK_NONE, 0);
}

static struct link to_thing(const struct value *v) {
    static const uint8_t kinds[LEADS_LIMIT] = {[LEADS_PROC] = LINK_PROC,
                                               [LEADS_SPAN] = LINK_SPAN,
                                               [LEADS_CLASS] = LINK_CLASS,
                                               [LEADS_TYPE] = LINK_TYPE,
                                               [LEADS_GOROUTINE] = LINK_GOROUTINE};
    return link_to((enum link_kind)kinds[v->leads], v->id);
}

struct link answer_leads(const struct answer *x, const reel *r, size_t row, size_t col) {
    const struct value *v = &x->values[row * x->ncols + col];
    enum leads leads = (enum leads)(x->cols[col].unit >> UNIT_LEADS & 15);
    bool number = v->kind == VALUE_INT || v->kind == VALUE_UINT;
    if (v->leads != LEADS_NOWHERE)
        return to_thing(v);
    if (number && (x->cols[col].unit & UNIT_MASK) == UNIT_TIME)
        return link_to(LINK_TIME, v->u);
    if (number && leads == LEADS_CYCLE)
        return to_cycle(r, v->u);
    if (number && leads == LEADS_PROC)
        return v->u < reel_procs(r) ? link_to(LINK_PROC, v->u) : link_to(LINK_NONE, 0);
    if (v->kind == VALUE_ADDRESS && leads == LEADS_BUCKET)
        return link_to(LINK_BUCKET, v->u);
    return link_to(LINK_NONE, 0);
}

/* A row that begins with an instant is about it. Else things go before times, and the rarer the first. */
struct link answer_follow(const struct answer *x, const reel *r, size_t row) {
    static const uint8_t rank[LINK_KINDS] = {[LINK_SPAN] = 9, [LINK_GOROUTINE] = 8, [LINK_TYPE] = 7, [LINK_CLASS] = 6,
                                             [LINK_PROC] = 5, [LINK_BUCKET] = 4,    [LINK_TIME] = 3, [LINK_CYCLE] = 2};
    struct link best = x->ncols ? answer_leads(x, r, row, 0) : link_to(LINK_NONE, 0);
    if (best.kind == LINK_TIME)
        return best;
    for (size_t i = 1; i < x->ncols; i++) {
        struct link to = answer_leads(x, r, row, i);
        if (rank[to.kind] > rank[best.kind])
            best = to;
    }
    return best;
}
