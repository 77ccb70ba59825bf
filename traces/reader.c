/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reader.c - the open trace: generation after generation, the threads of each merged into one sequence.
 *
 * The frontier is a heap of threads, keyed by the time of the event that each holds. While one thread's next event is
 * no later than its children's in the heap it goes on without any heap work. When the earliest event may not happen
 * yet, the frontier is sorted and the first event that may happen goes. When none may, the order is lost: the earliest
 * is forced, and marked so.
 */
#include "traces/grow.h"
#include "traces/order.h"
#include "traces/v1.h"
#include "traces/wire.h"

#include <stdio.h>

/* The newest version whose rules are known; header spellings end somewhere. */
enum { NEWEST = 26, HEADER_MOST = 64 };

/* `forced` once it is known that the order of this generation can't be found: time alone decides then. */
enum { MAX_FORCED = 1 << 30 };

/*
 * ns by which the earliest event may be passed over once something is known to be missing: what it waits for may never
 * come. In whole generations it waits as long as anything else can happen, as with the reference.
 */
enum { PATIENCE = 1000000 };

/*
 * Threads that may be tried out of turn in one generation, before order by time is all that is left: some, and some for
 * each byte. A recording needs a hundredth of that; a file made for it could have all threads tried for every event.
 */
enum { SEARCH_FREE = 65536, SEARCH_PER_BYTE = 4 };

struct trace {
    struct source src;
    struct scan scan;
    struct generation gen;
    struct order order;
    struct cursor *cursors;
    size_t ncursors, cap_cursors;
    struct decoded *ahead; /* the cursors', as is the next */
    struct decoded_rest *rest;
    size_t cap_ahead, cap_rest;
    struct sort_key *front; /* heap: index is into cursors */
    size_t nfront, cap_front;
    size_t sample;       /* next one of gen.samples */
    uint32_t generation; /* counts from 0 */
    uint64_t generations;
    uint32_t forced;   /* in this generation */
    uint64_t searched; /* threads tried out of turn, in this generation */
    uint64_t work;     /* the same, in all */
    bool started;      /* the first event was delivered */
    bool opened;       /* a generation is open */
    bool ended;
    bool waiting;        /* the last trace_read found nothing because bytes are still to come */
    int header;          /* the number in the header; scan.version is whose rules are followed */
    char warning[128];   /* empty: none */
    int64_t start, last; /* ns of the trace's clock: first event, last one */
    struct trace_heap_info heap;
    struct v1 *v1; /* a trace of Go 1.21 or before; most of the above is unused then */
};

/* ---- opening */

/* The byte at *i, which moves on; -1 at the end. */
static int header_byte(struct trace *t, size_t *i) {
    return source_has(&t->src, *i + 1) ? t->src.data[(*i)++] : -1;
}

static bool header_blanks(struct trace *t, size_t *i) {
    size_t from = *i;
    while (*i < HEADER_MOST && source_has(&t->src, *i + 1) && (t->src.data[*i] == ' ' || t->src.data[*i] == '\t')) {
        ++*i;
    }
    return *i > from;
}

static bool header_word(struct trace *t, size_t *i, const char *word, size_t len) {
    for (size_t k = 0; k < len; k++) {
        if (header_byte(t, i) != (uint8_t)word[k]) {
            return false;
        }
    }
    return true;
}

/*
 * "go 1.NN trace" and three NULs; a fourth, to make it 16 bytes, where NN has one digit. No writer uses the other
 * spellings that the reference takes (more blanks, tabs, blanks or zeros before NN), but they cost nothing.
 */
static bool parse_header(struct trace *t, unsigned *version, size_t *len) {
    size_t i = 0;
    *version = 0;
    if (!header_word(t, &i, "go", 2) || !header_blanks(t, &i) || !header_word(t, &i, "1.", 2)) {
        return false;
    }
    header_blanks(t, &i);
    size_t digits = i;
    int c;
    while ((c = header_byte(t, &i)) >= '0' && c <= '9' && *version < 1000 && i < HEADER_MOST) {
        *version = *version * 10 + (unsigned)(c - '0');
    }
    i -= c >= 0;
    if (i == digits || !header_blanks(t, &i) || !header_word(t, &i, "trace\0\0", 8)) {
        return false;
    }
    *len = i;
    return i >= WIRE_HEADER || header_byte(t, len) == 0;
}

/* Whose rules a header stands for; 0: nobody's. What is newer than all that are known may still be much like them. */
static unsigned rules_of(unsigned version) {
    static const unsigned known[] = {22, 23, 25, NEWEST};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (known[i] == version) {
            return version;
        }
    }
    return v1_knows(version) ? version : version > NEWEST ? NEWEST : 0;
}

static bool check_header(struct trace *t, struct trace_error *err) {
    unsigned version;
    size_t len;
    if (!source_has(&t->src, WIRE_HEADER)) {
        if (t->src.end.code != TRACE_OK && t->src.size == 0) {
            *err = t->src.end;
            return false;
        }
        if (t->src.waiting) {
            return trace_fail(err, TRACE_E_OPEN, t->src.size, "interrupted before the trace's first bytes came");
        }
        return trace_fail(err, TRACE_E_HEADER, t->src.size, "not a Go execution trace: only %zu bytes", t->src.size);
    }
    if (!parse_header(t, &version, &len)) {
        return trace_fail(err, TRACE_E_HEADER, 0, "not a Go execution trace: it does not begin with \"go 1.NN trace\"");
    }
    unsigned rules = rules_of(version);
    if (rules == 0) {
        return trace_fail(err, TRACE_E_VERSION, 0, "a trace of Go 1.%u, a version that never wrote that header",
                          version);
    }
    if (version > NEWEST) {
        snprintf(
            t->warning, sizeof t->warning,
            "a trace of Go 1.%u, newer than this heapreel knows: read as one of Go 1.%d, so some of it may be wrong",
            version, NEWEST);
    }
    t->header = (int)version;
    t->scan.version = (int)rules;
    t->scan.at = len;
    return true;
}

static trace *open_source(trace *t, const struct trace_options *opt, bool ok, struct trace_error *err) {
    if (ok && check_header(t, err)) {
        t->scan.src = &t->src;
        order_init(&t->order);
        if (v1_knows((unsigned)t->scan.version) && (t->v1 = v1_new(&t->src, &t->scan)) == NULL) {
            trace_fail(err, TRACE_E_MEMORY, 0, "out of memory");
            trace_close(&t);
            return NULL;
        }
        if (opt != NULL && opt->dont_wait) {
            source_dont_wait(&t->src);
        }
        return t;
    }
    trace_close(&t);
    return NULL;
}

static trace *new_trace(struct trace_error *err) {
    *err = (struct trace_error){0};
    trace *t = calloc(1, sizeof *t);
    if (t == NULL) {
        trace_fail(err, TRACE_E_MEMORY, 0, "out of memory");
    }
    return t;
}

trace *trace_open_with(const char *path, const struct trace_options *opt, struct trace_error *err) {
    trace *t = new_trace(err);
    return t == NULL ? NULL : open_source(t, opt, source_open(&t->src, path, opt, err), err);
}

trace *trace_open(const char *path, struct trace_error *err) {
    return trace_open_with(path, NULL, err);
}

trace *trace_open_memory(const void *data, size_t size, struct trace_error *err) {
    trace *t = new_trace(err);
    return t == NULL ? NULL : open_source(t, NULL, source_memory(&t->src, data, size, err), err);
}

void trace_close(trace **t) {
    if (*t == NULL) {
        return;
    }
    source_close(&(*t)->src);
    generation_free(&(*t)->gen);
    order_free(&(*t)->order);
    v1_free(&(*t)->v1);
    free((*t)->cursors);
    free((*t)->front);
    free((*t)->ahead);
    free((*t)->rest);
    free(*t);
    *t = NULL;
}

/* ---- the frontier */

/* Bytes of a thread's batches. */
static uint64_t thread_bytes(const struct generation *g, const struct batch_thread *t) {
    uint64_t bytes = 0;
    for (uint32_t b = t->first; b != NO_BATCH; b = g->batches[b].next) {
        bytes += g->batches[b].size;
    }
    return bytes;
}

static bool fill_frontier(trace *t) {
    const struct generation *g = &t->gen;
    size_t room = 0;
    t->ncursors = t->nfront = 0;
    for (size_t i = 0; i < g->nthreads; i++) {
        room += cursor_room(thread_bytes(g, &g->threads[i]));
    }
    if (!grow_to((void **)&t->cursors, &t->cap_cursors, g->nthreads, sizeof *t->cursors) ||
        !grow_to((void **)&t->front, &t->cap_front, g->nthreads, sizeof *t->front) ||
        !grow_to((void **)&t->ahead, &t->cap_ahead, room, sizeof *t->ahead) ||
        !grow_to((void **)&t->rest, &t->cap_rest, room, sizeof *t->rest)) {
        return false;
    }
    room = 0;
    for (size_t i = 0; i < g->nthreads; i++) {
        struct cursor *c = &t->cursors[t->ncursors];
        size_t own = cursor_room(thread_bytes(g, &g->threads[i]));
        cursor_open(c, &t->src, &g->threads[i], t->ahead + room, t->rest + room, own);
        room += own;
        if (cursor_decode(c, g, &t->scan, t->generation)) {
            heap_push(t->front, &t->nfront, (struct sort_key){cursor_time(c), (uint32_t)t->ncursors++});
        }
    }
    return true;
}

static bool next_generation(trace *t) {
    t->opened = false;
    do {
        source_give_back(&t->src, t->scan.midway ? t->gen.begin : t->scan.at);
        enum generation_result r = generation_read(&t->gen, &t->scan);
        if (r != GENERATION_WHOLE) {
            t->waiting = r == GENERATION_WAITING;
            t->ended = r == GENERATION_END;
            return false;
        }
        t->generation = (uint32_t)t->generations++;
        if (t->gen.heap.known) {
            t->heap = t->gen.heap;
        }
        order_generation(&t->order, &t->gen, &t->src);
        t->sample = 0;
        t->forced = 0;
        t->searched = 0;
        if (!fill_frontier(t)) {
            scan_lost(&t->scan, TRACE_E_MEMORY, t->gen.begin, t->gen.end - t->gen.begin, t->gen.number,
                      "out of memory");
            t->ended = true;
            return false;
        }
    } while (t->nfront == 0 && t->gen.nsamples == 0);
    t->opened = true;
    return true;
}

/* Times as the contract has them: since the first event, never decreasing. */
static void start_at(trace *t, int64_t time) {
    t->started = true;
    t->start = t->last = time > 0 ? time : 0; /* below zero is nonsense, and what lies between need not fit */
}

static void stamp(trace *t, struct trace_event *ev, int64_t time) {
    if (!t->started) {
        start_at(t, time);
    }
    t->last = time > t->last ? time : t->last;
    ev->time = (int64_t)((uint64_t)t->last - (uint64_t)t->start);
    ev->generation = t->generation;
}

static void take_sample(trace *t, struct trace_event *ev) {
    const struct sample *s = &t->gen.samples[t->sample++];
    *ev = (struct trace_event){.type = TRACE_EV_CPU_SAMPLE, .m = s->m, .p = s->p, .g = s->g, .arg = {s->stack}};
    stamp(t, ev, s->time);
}

/* The thread at front[i] is done with the event it held: fetch its next one. */
static void move_on(trace *t, size_t i) {
    struct cursor *c = &t->cursors[t->front[i].index];
    if (++c->now == c->stop && !cursor_decode(c, &t->gen, &t->scan, t->generation)) {
        heap_remove(t->front, &t->nfront, i);
        return;
    }
    t->front[i].time = cursor_time(c);
    heap_update(t->front, t->nfront, i);
}

/* The event that c holds broke a rule. Where something of the generation is missing, that is no news. */
static void note_broken(trace *t, const struct cursor *c) {
    const struct broken *b = &t->order.broken;
    bool id = b->rule == RULE_STRING || b->rule == RULE_STACK;
    if (id ? t->gen.tables_damaged : t->gen.damaged) {
        return;
    }
    char text[sizeof t->scan.loss.first.text] = "";
    struct place at = {0};
    if (t->scan.loss.count == 0) {
        rules_text(b, c->type, text, sizeof text);
        at = cursor_place(c, &t->gen, &t->src);
    }
    scan_lost_at(&t->scan, id ? TRACE_E_ID : TRACE_E_RULE, at, 0, text);
}

/* Let the event that c holds happen, if it may: it then stands in ev. */
static inline enum advance try_event(trace *t, struct cursor *c, struct trace_event *ev) {
    cursor_hold(c, ev);
    enum advance a = order_advance(&t->order, c, false, ev);
    if (a == ADVANCED) {
        stamp(t, ev, cursor_time(c));
        if (t->order.broken.rule != RULE_KEPT) {
            ev->flags |= TRACE_BROKE_RULE;
            note_broken(t, c);
        }
    }
    return a;
}

/* No order can be proved: the earliest event happens as it stands. */
static void force(trace *t, const char *what, struct trace_event *ev) {
    struct cursor *c = &t->cursors[t->front[0].index];
    cursor_hold(c, ev);
    ev->flags = TRACE_BY_TIME;
    if (t->order.broken.rule != RULE_KEPT) {
        note_broken(t, c);
        ev->flags |= TRACE_BROKE_RULE;
    } else if (!t->gen.damaged) {
        struct place at = t->scan.loss.count == 0 ? cursor_place(c, &t->gen, &t->src) : (struct place){0};
        scan_lost_at(&t->scan, TRACE_E_ORDER, at, 0, what);
    }
    t->gen.damaged = true;
    t->forced++;
    t->scan.loss.by_time++;
    order_advance(&t->order, c, true, ev);
    stamp(t, ev, cursor_time(c));
    move_on(t, 0);
}

/* Something of this generation, or of one before it, is missing or wrong. */
static bool is_damaged(const trace *t) {
    return t->gen.damaged || t->scan.loss.count > 0;
}

/* The earliest event must wait: does any other thread's go first? */
static bool search(trace *t, struct trace_event *ev, enum advance *a) {
    t->searched += t->nfront;
    t->work += t->nfront;
    sort_by_time(t->front, t->nfront);
    bool known = is_damaged(t);
    for (size_t i = 1; i < t->nfront; i++) {
        if (known && t->front[i].time - t->front[0].time > PATIENCE) {
            break;
        }
        *a = try_event(t, &t->cursors[t->front[i].index], ev);
        if (*a == ADVANCED) {
            move_on(t, i);
            return true;
        }
        if (*a == IMPOSSIBLE) {
            note_broken(t, &t->cursors[t->front[i].index]);
            t->gen.damaged = true;
        }
    }
    t->order.broken.rule = RULE_KEPT;
    return false;
}

/* One event, where the earliest can't simply happen (a says why not). */
static void merge_one(trace *t, struct trace_event *ev, enum advance a) {
    const char *what = "no event may come next: some are missing";
    if (t->forced >= MAX_FORCED) {
        t->order.broken.rule = RULE_KEPT;
        force(t, "", ev);
        return;
    }
    if (a == NOT_READY) {
        if (t->searched + t->nfront > SEARCH_FREE + SEARCH_PER_BYTE * (t->gen.end - t->gen.begin)) {
            t->forced = MAX_FORCED;
            what = "too many threads wait for one another";
        } else if (search(t, ev, &a)) {
            return;
        }
    }
    force(t, what, ev);
}

/* The latest time at which the thread at the front may go on before anybody else's turn comes. */
static inline int64_t run_limit(const trace *t) {
    int64_t limit = CURSOR_NOT_PLAIN - 1;
    if (t->nfront > 1) {
        limit = t->front[1].time < limit ? t->front[1].time : limit;
    }
    if (t->nfront > 2) {
        limit = t->front[2].time < limit ? t->front[2].time : limit;
    }
    if (t->sample < t->gen.nsamples && t->gen.samples[t->sample].time < limit) {
        limit = t->gen.samples[t->sample].time;
    }
    return limit;
}

/* A thread whose plain events are being delivered: its next one, and the context that all of them happen on. */
struct side {
    const struct decoded *next;
    int64_t m, p, g;
};

/* False: the thread's context lacks something that its plain events need. */
static bool take_side(trace *t, struct cursor *c, struct side *s) {
    struct trace_event ev;
    unsigned have = order_context(&t->order, c, &ev);
    *s = (struct side){c->now, ev.m, ev.p, ev.g};
    return (c->needs & ~have) == 0;
}

static inline void write_plain(const struct side *s, const struct decoded *d, uint64_t start, struct trace_event *ev) {
    ev->time = (int64_t)((uint64_t)d->key - start);
    ev->m = s->m;
    ev->p = s->p;
    ev->g = s->g;
    memcpy(ev->arg, d->arg, sizeof d->arg);
    memcpy(&ev->generation, &d->generation, sizeof ev->generation + 4);
}

/*
 * Up to four plain events not later than the limit: returns how many. Two threads that allocate take turns after two or
 * three events, and nobody can foretell which: so four are written whatever comes, and one sum tells how many of them
 * count.
 */
static inline size_t write_four(struct side *s, int64_t limit, uint64_t start, struct trace_event *ev) {
    const struct decoded *d = s->next;
    write_plain(s, d, start, ev);
    write_plain(s, d + 1, start, ev + 1);
    write_plain(s, d + 2, start, ev + 2);
    write_plain(s, d + 3, start, ev + 3);
    size_t one = d[0].key <= limit, two = one & (d[1].key <= limit), three = two & (d[2].key <= limit);
    size_t n = one + two + three + (three & (d[3].key <= limit));
    s->next += n;
    return n;
}

/* Plain events of one thread, up to the limit, where no time goes down. */
static size_t run_plain(trace *t, struct cursor *c, int64_t limit, struct trace_event *ev, size_t max) {
    struct side s;
    if (c->now->key > limit || !c->steady || !t->started || t->last > c->now->key || !take_side(t, c, &s)) {
        return 0;
    }
    size_t n = 0, k = CURSOR_GUARD;
    uint64_t start = (uint64_t)t->start;
    while (k == CURSOR_GUARD && max - n >= CURSOR_GUARD) {
        k = write_four(&s, limit, start, &ev[n]);
        n += k;
    }
    for (; n < max && s.next->key <= limit; s.next++, n++) {
        write_plain(&s, s.next, start, &ev[n]);
    }
    t->last = n > 0 ? (int64_t)((uint64_t)ev[n - 1].time + start) : t->last;
    c->now = s.next;
    return n;
}

/* The time held by the thread at front[0] has grown, or all its decoded events are gone. */
static void settle_first(trace *t, struct cursor *c) {
    if (c->now == c->stop && !cursor_decode(c, &t->gen, &t->scan, t->generation)) {
        heap_remove(t->front, &t->nfront, 0);
        return;
    }
    t->front[0].time = cursor_time(c);
    heap_settle(t->front, t->nfront, 0);
}

/*
 * Events of the thread at the front, until another's turn comes. Returns how many; *a is other than ADVANCED where its
 * next one can't happen yet.
 */
static size_t run(trace *t, struct trace_event *ev, size_t max, enum advance *a) {
    struct cursor *c = &t->cursors[t->front[0].index];
    int64_t limit = run_limit(t);
    size_t n = 0;
    *a = ADVANCED;
    while (n < max) {
        n += run_plain(t, c, limit, ev + n, max - n);
        if (c->now == c->stop || n == max || (n > 0 && cursor_time(c) > limit)) {
            break;
        }
        *a = try_event(t, c, &ev[n]);
        if (*a != ADVANCED) {
            break;
        }
        c->now++;
        n++;
    }
    settle_first(t, c);
    return n;
}

/* The earliest time that neither the first thread nor the one at front[j], a child of it, holds. */
static int64_t others_time(const trace *t, size_t j) {
    const size_t at[] = {3 - j, 2 * j + 1, 2 * j + 2};
    int64_t time = CURSOR_NOT_PLAIN;
    for (size_t i = 0; i < 3; i++) {
        if (at[i] < t->nfront && t->front[at[i]].time < time) {
            time = t->front[at[i]].time;
        }
    }
    bool sample = t->sample < t->gen.nsamples && t->gen.samples[t->sample].time < time;
    return sample ? t->gen.samples[t->sample].time : time;
}

/*
 * Plain events of the two threads at the front, turn by turn, as long as both have some that are earlier than all
 * others': what run() does again and again, without the heap. Returns how many.
 */
static size_t duel(trace *t, struct trace_event *ev, size_t max) {
    struct sort_key *f = t->front;
    size_t j = t->nfront > 2 && f[2].time < f[1].time ? 2 : 1, n = 0, k;
    if (t->nfront < 2 || !t->started) {
        return 0;
    }
    struct cursor *a = &t->cursors[f[0].index], *b = &t->cursors[f[j].index];
    if (a->now->key == CURSOR_NOT_PLAIN || b->now->key == CURSOR_NOT_PLAIN || !a->steady || !b->steady ||
        t->last > a->now->key) {
        return 0;
    }
    int64_t others = others_time(t, j);
    struct side first, second;
    if (f[j].time >= others || !take_side(t, a, &first) || !take_side(t, b, &second)) {
        return 0;
    }
    bool swapped = false;
    uint64_t start = (uint64_t)t->start;
    for (;;) {
        do {
            if (max - n < CURSOR_GUARD) {
                goto out;
            }
            k = write_four(&first, second.next->key, start, &ev[n]);
            n += k;
        } while (k == CURSOR_GUARD);
        if (first.next->key >= others) {
            break;
        }
        do {
            if (max - n < CURSOR_GUARD) {
                swapped = true;
                goto out;
            }
            k = write_four(&second, first.next->key, start, &ev[n]);
            n += k;
        } while (k == CURSOR_GUARD);
        if (second.next->key >= others) {
            swapped = true;
            break;
        }
    }
out:
    t->last = n > 0 ? (int64_t)((uint64_t)ev[n - 1].time + start) : t->last;
    a->now = first.next;
    b->now = second.next;
    if (swapped) {
        struct sort_key key = f[0];
        f[0] = f[j];
        f[j] = key;
    }
    f[j].time = swapped ? a->now->key : b->now->key;
    settle_first(t, swapped ? b : a);
    return n;
}

/* The old format can't be put in order before its end is known. */
static bool all_is_there(trace *t) {
    while (!t->src.ended && scan_has(&t->scan, (uint64_t)t->src.size + 1)) {
    }
    t->waiting = !t->src.ended;
    return t->src.ended;
}

size_t trace_read(trace *t, struct trace_event *ev, size_t max) {
    size_t n = 0;
    t->waiting = false;
    if (t->v1 != NULL) {
        if (!all_is_there(t)) {
            return 0;
        }
        n = v1_read(t->v1, ev, max);
        t->generations = 1;
        return n;
    }
    while (n < max && !t->ended) {
        if (!t->opened || (t->nfront == 0 && t->sample == t->gen.nsamples)) {
            if (n > 0 || !next_generation(t)) {
                break;
            }
        }
        bool sample =
            t->sample < t->gen.nsamples && (t->nfront == 0 || t->gen.samples[t->sample].time < t->front[0].time);
        enum advance a = NOT_READY;
        if (sample) {
            take_sample(t, &ev[n++]);
            continue;
        }
        if (t->forced < MAX_FORCED) {
            size_t both = duel(t, &ev[n], max - n);
            n += both;
            if (both > 0) {
                continue;
            }
            n += run(t, &ev[n], max - n, &a);
        }
        if (a != ADVANCED && n < max) {
            merge_one(t, &ev[n++], a);
        }
    }
    return n;
}

/* ---- looking up */

const struct trace_loss *trace_loss(const trace *t) {
    return &t->scan.loss;
}

int trace_version(const trace *t) {
    return t->header;
}

const char *trace_warning(const trace *t) {
    return t->warning[0] != '\0' ? t->warning : NULL;
}

bool trace_waiting(const trace *t) {
    return t->waiting;
}

int trace_fd(const trace *t) {
    return source_fd(&t->src);
}

uint64_t trace_file_bytes(const trace *t) {
    return t->src.file_bytes;
}

uint64_t trace_bytes(const trace *t) {
    return t->src.size;
}

/* Within a generation no byte position means much, since its threads advance side by side: its share read is estimated.
 */
uint64_t trace_position(const trace *t) {
    if (t->v1 != NULL) {
        return v1_position(t->v1);
    }
    if (!t->opened) {
        return t->scan.at;
    }
    uint64_t left = 0;
    for (size_t i = 0; i < t->nfront; i++) {
        const struct cursor *c = &t->cursors[t->front[i].index];
        left += (uint64_t)(c->end - c->p);
        for (uint32_t b = c->next; b != NO_BATCH; b = t->gen.batches[b].next) {
            left += t->gen.batches[b].size;
        }
    }
    return t->gen.end - left;
}

double trace_share(const trace *t) {
    double taken = source_share(&t->src);
    return taken < 0 || t->src.size == 0 ? taken : taken * ((double)trace_position(t) / (double)t->src.size);
}

uint64_t trace_generations(const trace *t) {
    return t->generations;
}

uint64_t trace_work(const trace *t) {
    return t->work;
}

int64_t trace_start_time(const trace *t) {
    return t->start;
}

struct trace_text trace_string(const trace *t, uint64_t id) {
    return t->v1 != NULL ? v1_string(t->v1, id) : generation_string(&t->gen, &t->src, id);
}

size_t trace_stack(trace *t, uint64_t id, struct trace_frame *frames, size_t max) {
    return t->v1 != NULL ? v1_stack(t->v1, id, frames, max) : generation_stack(&t->gen, &t->src, id, frames, max);
}

const struct trace_heap_type *trace_heap_type(const trace *t, uint64_t id) {
    return generation_type(&t->gen, id);
}

const struct trace_heap_info *trace_heap_info(const trace *t) {
    return &t->heap;
}
