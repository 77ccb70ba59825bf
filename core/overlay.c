/* SPDX-License-Identifier: GPL-3.0-or-later */
/* overlay.c - see overlay.h. */
#include "core/overlay.h"
#include "core/command.h"
#include "traces/grow.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LONGEST_LINE = 4096 };
#define MOST_LINES 1000000

/* ------------------------------------------------------------------ gctrace */

static int64_t ms_to_ns(double ms) {
    return (int64_t)(ms * 1e6 + 0.5);
}

/*
 *     gc 7 @0.031s 2%: 0.01+0.5+0.02 ms clock, 0.02+0.1/0.4/0+0.05 ms cpu, 4->4->1 MB, 5 MB goal, [...,] 2 P (forced)
 *
 * Go 1.18 put stacks and globals in between, Go 1.26 may say what else the cycle is for.
 */
bool log_gc_parse(const char *line, struct log_gc *out) {
    double at, stw1, mark, stw2, c1, ca, cb, ci, c2;
    int used = 0;
    *out = (struct log_gc){.cycle = NO_ID};
    if (sscanf(line, "gc %u @%lfs %*d%%%n", &out->n, &at, &used) < 2 || used == 0)
        return false;
    const char *p = strchr(line + used, ':');
    if (!p || sscanf(p, ": %lf+%lf+%lf ms clock, %lf+%lf/%lf/%lf+%lf ms cpu, %u->%u->%u MB, %u MB goal", &stw1, &mark,
                     &stw2, &c1, &ca, &cb, &ci, &c2, &out->heap_begin, &out->heap_end, &out->live, &out->goal) != 12)
        return false;
    if (!(at >= 0 && at < 1e9 && mark >= 0 && mark < 1e12 && stw1 >= 0 && stw1 < 1e12 && stw2 >= 0 && stw2 < 1e12))
        return false;
    out->at = (int64_t)(at * 1e9 + 0.5);
    out->stw1 = ms_to_ns(stw1);
    out->mark = ms_to_ns(mark);
    out->stw2 = ms_to_ns(stw2);
    double cpu[] = {c1, ca, cb, ci, c2};
    int64_t *to[] = {&out->stw1_cpu, &out->assist, &out->background, &out->idle, &out->stw2_cpu};
    for (size_t i = 0; i < 5; i++)
        *to[i] = cpu[i] >= 0 && cpu[i] < 1e12 ? ms_to_ns(cpu[i]) : 0;
    out->forced = strstr(p, "(forced)") != NULL;
    p = strstr(p, " P");
    while (p && p > line && p[-1] >= '0' && p[-1] <= '9')
        p--;
    out->procs = p ? (uint32_t)strtoul(p, NULL, 10) : 0;
    return true;
}

/* ------------------------------------------------------------------ scavtrace */

/*
 *     scav 8 KiB work (bg), 0 KiB work (eager), 3000 KiB now, 92% util     Go 1.21 on
 *     scav 8 KiB work, 3000 KiB total, 92% util                             Go 1.16 on
 *     scav 1 8 KiB work, 3000 KiB total, 92% util                           Go 1.14 and 1.15, with a generation
 *     scvg: inuse: 3, idle: 59, sys: 63, released: 57, consumed: 5 (MB)     Go 1.11 to 1.13, with gctrace
 */
bool log_scav_parse(const char *line, struct log_scav *out) {
    unsigned long long a, b, now, gen;
    *out = (struct log_scav){.eager = UINT64_MAX, .background = UINT64_MAX, .t = NO_TIME};
    out->forced = strstr(line, "(forced)") != NULL;
    if (sscanf(line, "scav %llu KiB work (bg), %llu KiB work (eager), %llu KiB now", &a, &b, &now) == 3) {
        out->background = a << 10;
        out->eager = b << 10;
        out->released = now << 10;
        return true;
    }
    if (sscanf(line, "scav %llu KiB work, %llu KiB total", &a, &now) == 2 ||
        sscanf(line, "scav %llu %llu KiB work, %llu KiB total", &gen, &a, &now) == 3) {
        out->background = a << 10;
        out->released = now << 10;
        return true;
    }
    const char *p = strncmp(line, "scvg", 4) == 0 ? strstr(line, "released: ") : NULL;
    if (!p || !strstr(p, "(MB)") || sscanf(p, "released: %llu", &now) != 1)
        return false;
    out->released = now << 20;
    return true;
}

/* ------------------------------------------------------------------ matching */

/* How badly a line fits a cycle: 0 not at all badly. Negative: nothing to compare. */
static double misfit(const struct log_gc *l, const struct cycle *c) {
    double bad = 0;
    unsigned known = 0;
    if (c->phase[PHASE_MARK][0] != NO_TIME && c->phase[PHASE_MARK][1] != NO_TIME && c->gc > 0) {
        double took = (double)(c->phase[PHASE_MARK][1] - c->phase[PHASE_MARK][0]), said = (double)l->mark;
        bad += fmin(1, fabs(took - said) / (0.05 * fmax(took, said) + 50000));
        known++;
    }
    if (c->heap_begin != UINT64_MAX) {
        bad += c->heap_begin >> 20 != l->heap_begin;
        known++;
    }
    if (c->heap_end != UINT64_MAX) {
        bad += c->heap_end >> 20 != l->live;
        known++;
    }
    return known > 0 ? bad / known : -1;
}

static const struct log_gc *find_gc(const struct overlay *o, uint64_t n, size_t from) {
    for (size_t i = from; i < o->ngc && o->gc[i].n <= n; i++)
        if (o->gc[i].n == n)
            return &o->gc[i];
    return NULL;
}

/* Mean misfit where cycle 0 of the list has number `first`; *pairs: how many could be compared. */
static double fit(const struct overlay *o, const struct cycle *c, size_t n, uint64_t first, size_t *pairs) {
    double sum = 0;
    size_t at = 0;
    *pairs = 0;
    for (size_t i = 0; i < n; i++) {
        const struct log_gc *l = find_gc(o, first + i, at);
        double bad = l ? misfit(l, &c[i]) : -1;
        at = l ? (size_t)(l - o->gc) : at;
        if (bad >= 0) {
            sum += bad;
            ++*pairs;
        }
    }
    return *pairs ? sum / (double)*pairs : 1;
}

/* The number of the first cycle of the trace that fits best; 0 where none fits. *misfits: how badly it does. */
static uint64_t best_first(const struct overlay *o, const struct cycle *c, size_t n, double *misfits) {
    enum { TRIED = 256 }; /* cycles compared for each shift */
    double best = 0.5;
    uint64_t found = 0;
    size_t some = n < TRIED ? n : TRIED;
    for (size_t k = 0; n > 0 && k < o->ngc + some; k++) {
        /* the line o->gc[k] is the first cycle, or the first line is a later cycle */
        int64_t first = k < o->ngc ? (int64_t)o->gc[k].n : (int64_t)o->gc[0].n - (int64_t)(k - o->ngc + 1);
        size_t pairs, want = some < o->ngc ? some : o->ngc;
        if (first < 0)
            continue;
        double bad = fit(o, c, some, (uint64_t)first, &pairs);
        bad += pairs * 2 < want ? 0.5 : pairs < want ? 0.05 : 0;
        if (pairs > 0 && bad < best) {
            best = bad;
            found = (uint64_t)first + 1; /* 0 means none */
        }
    }
    *misfits = best;
    return found;
}

/* The runtime's start: a line's time is cut to ms, so each cycle leaves it a ms, and all together less. */
static void bound_runtime(struct overlay *o, const struct log_gc *l, const struct cycle *c) {
    int64_t t = c->phase[PHASE_SWEEPTERM][0] != NO_TIME ? c->phase[PHASE_SWEEPTERM][0] : c->begin;
    int64_t lo = t - l->at - 1000000, hi = t - l->at;
    o->runtime_lo = o->runtime_lo == NO_TIME || lo > o->runtime_lo ? lo : o->runtime_lo;
    o->runtime_hi = o->runtime_hi == NO_TIME || hi < o->runtime_hi ? hi : o->runtime_hi;
}

static void match(struct overlay *o, const reel *r, uint64_t first) {
    const struct cycle *c;
    size_t n = reel_cycles(r, &c), at = 0;
    for (size_t i = 0; first > 0 && i < n; i++) {
        const struct log_gc *l = find_gc(o, first - 1 + i, at);
        if (!l)
            continue;
        at = (size_t)(l - o->gc);
        o->gc[at].cycle = (uint32_t)i;
        o->matched++;
        if (c[i].gc > 0)
            bound_runtime(o, l, &c[i]);
    }
    /* a scavtrace line comes once for each cycle, when its sweep ends */
    for (size_t i = 0, g = 0; i < o->nscav; i++) {
        struct log_scav *s = &o->scav[i];
        while (g < o->ngc && o->gc[g].n < s->gc)
            g++;
        if (g < o->ngc && o->gc[g].n == s->gc && o->gc[g].cycle != NO_ID)
            s->t = c[o->gc[g].cycle].end;
    }
}

/* ------------------------------------------------------------------ reading */

/* The processes of a log; that of the last gc line is `now`. */
struct processes {
    struct overlay *of;
    size_t n, cap, now;
};

static void drop_lines(struct overlay *o) {
    free(o->gc);
    free(o->scav);
}

static struct overlay *add_process(struct processes *all) {
    if (!GROW(all->of, all->n, all->cap))
        return NULL;
    all->of[all->n] = (struct overlay){.runtime_lo = NO_TIME, .runtime_hi = NO_TIME};
    all->now = all->n++;
    return &all->of[all->now];
}

/* Numbers and times go up in a process. The next number is surer than a later one, the last that spoke than others. */
static struct overlay *process_of(struct processes *all, const struct log_gc *g) {
    enum { LOOK_BACK = 64 };
    size_t found = SIZE_MAX;
    for (size_t i = 0; g->n > 1 && i < all->n && i < LOOK_BACK; i++) {
        size_t k = i == 0 ? all->now : all->n - i;
        const struct overlay *o = &all->of[k];
        const struct log_gc *last = o->ngc > 0 ? &o->gc[o->ngc - 1] : NULL;
        if (last && (last->n >= g->n || last->at > g->at || last->procs != g->procs))
            continue;
        if (found == SIZE_MAX ||
            (last && last->n + 1 == g->n && all->of[found].gc[all->of[found].ngc - 1].n + 1 < g->n))
            found = k;
    }
    if (found == SIZE_MAX)
        return all->n == 1 && all->of[0].ngc == 0 ? &all->of[0] : add_process(all);
    all->now = found;
    return &all->of[found];
}

static bool add_gc(struct processes *all, const struct log_gc *g) {
    struct overlay *o = process_of(all, g);
    if (!o)
        return false;
    if (o->ngc == 0)
        o->scavs = g->n - 1;
    if (!GROW(o->gc, o->ngc, o->cap_gc))
        return false;
    o->gc[o->ngc++] = *g;
    return true;
}

static bool add_line(struct processes *all, const char *line) {
    struct log_gc g;
    struct log_scav s;
    const char *p = strstr(line, "gc ");
    while (p && !log_gc_parse(p, &g))
        p = strstr(p + 1, "gc ");
    if (p)
        return add_gc(all, &g);
    p = strstr(line, "scav ") ? strstr(line, "scav ") : strstr(line, "scvg");
    if (!p || !log_scav_parse(p, &s))
        return true;
    struct overlay *o = all->n > 0 ? &all->of[all->now] : add_process(all);
    if (!o)
        return false;
    /* the k-th line belongs to the k-th cycle, but never to one before the last but one */
    uint32_t last = o->ngc > 0 ? o->gc[o->ngc - 1].n : 0;
    s.gc = s.forced ? last : ++o->scavs;
    if (!s.forced && s.gc + 1 < last)
        s.gc = o->scavs = last;
    if (!GROW(o->scav, o->nscav, o->cap_scav))
        return false;
    o->scav[o->nscav++] = s;
    return true;
}

/* A device that is no terminal holds no log, and may have no end. */
static bool may_be_log(FILE *f) {
    struct stat st;
    return fstat(fileno(f), &st) == 0 && (!S_ISCHR(st.st_mode) || isatty(fileno(f)) == 1);
}

static bool read_lines(const struct command_env *env, struct processes *all, FILE *f) {
    char line[LONGEST_LINE];
    size_t lines = 0;
    if (!may_be_log(f))
        return true;
    while (lines++ < MOST_LINES && !command_stopped(env) && fgets(line, sizeof line, f))
        if (!add_line(all, line))
            return false;
    return true;
}

/* The process whose lines fit best; the first where none does. */
static void choose(struct processes *all, const reel *r, struct overlay *out) {
    const struct cycle *c;
    size_t n = reel_cycles(r, &c), best = 0;
    uint64_t first = 0;
    double least = 1;
    for (size_t i = 0; i < all->n; i++) {
        double bad = 1;
        uint64_t x = all->of[i].ngc > 0 ? best_first(&all->of[i], c, n, &bad) : 0;
        if (x > 0 && bad < least) {
            best = i;
            first = x;
            least = bad;
        }
    }
    *out = all->of[best];
    all->of[best] = (struct overlay){0};
    out->processes = all->n;
    match(out, r, first);
}

bool overlay_open(struct command_env *env, struct overlay **out) {
    *out = NULL;
    if (!env->opt.log)
        return true;
    char shown[128];
    text_safe(shown, sizeof shown, (text){env->opt.log, strlen(env->opt.log)});
    FILE *f = fopen(env->opt.log, "r");
    struct processes all = {0};
    bool ok = f && read_lines(env, &all, f), broken = f && ferror(f);
    int error = errno;
    if (f)
        fclose(f);
    if (!f || broken)
        ok = command_fail(env, 2, "--log %s: %s", shown, strerror(error));
    else if (ok && all.n == 0)
        ok = command_fail(env, 2, "--log %s: no gctrace or scavtrace lines in it", shown);
    else if (!ok || !(*out = calloc(1, sizeof **out)))
        ok = command_fail(env, 2, "out of memory");
    if (ok)
        choose(&all, env->reel, *out);
    for (size_t i = 0; i < all.n; i++)
        drop_lines(&all.of[i]);
    free(all.of);
    return ok;
}

void overlay_free(struct overlay **o) {
    if (*o) {
        drop_lines(*o);
        free(*o);
    }
    *o = NULL;
}

bool overlay_released(const struct overlay *o, int64_t t, uint64_t *bytes) {
    bool found = false;
    for (size_t i = 0; o && i < o->nscav; i++)
        if (o->scav[i].t != NO_TIME && o->scav[i].t <= t) {
            *bytes = o->scav[i].released;
            found = true;
        }
    return found;
}
