/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_replay.c - frames at random instants of recordings, against a slow and simple replay of the trace's own events.
 *
 * The replay shares nothing with core/: it reads events through traces/, has its own size classes (those of Go's
 * sizeclasses.go) and a flag for each slot. It knows one thing more than the order of events: what is allocated after a
 * mark has ended isn't freed before the next one has. So a free of a slot that was taken again meanwhile belongs before
 * that, and only sorts later because the clock of its thread runs ahead.
 */
#include "core/core.h"
#include "tests/cmocka.h"
#include "tests/fixtures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE = 8192, CLASSES = 68, INSTANTS = 40, MAX_TYPES = 4096 };

static const uint32_t class_size[CLASSES] = {
    0,    8,    16,   24,    32,    48,    64,    80,    96,    112,   128,   144,   160,   176,   192,   208,   224,
    240,  256,  288,  320,   352,   384,   416,   448,   480,   512,   576,   640,   704,   768,   896,   1024,  1152,
    1280, 1408, 1536, 1792,  2048,  2304,  2688,  3072,  3200,  3456,  4096,  4864,  5376,  6144,  6528,  6784,  6912,
    8192, 9472, 9728, 10240, 10880, 12288, 13568, 14336, 16384, 18432, 19072, 20480, 21760, 24576, 27264, 28672, 32768};
static const uint8_t class_pages[CLASSES] = {0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,  1, 1, 1,
                                             1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 1, 2, 1, 2, 1, 3, 2,  3, 1, 3,
                                             2, 3, 4, 5, 6, 1, 7, 6, 5, 4, 3, 5, 7, 2, 9, 7, 5, 8, 3, 10, 7, 4};

/* ---- the trace, whole */

enum act { ACT_AS_IT_SAYS, ACT_REPLACES, ACT_VOID };

struct step {
    int64_t t;
    uint64_t id, type; /* type: its address, or its id where it has none */
    uint32_t npages;
    uint16_t kindclass;
    uint8_t ev, act;
};

struct life {
    uint64_t page, npages;
    bool heap, noscan, old;
    uint32_t class, elem, nelems, live;
    uint64_t large; /* bytes of a large object */
    struct cell *cell;
};

struct cell {
    bool taken, old;
    uint64_t type, marks; /* marks that had ended when it was taken last */
    uint32_t second;      /* step that took it while it was taken; 0 none */
    int64_t t;            /* of its last event */
    uint8_t ev;
};

struct tally {
    uint64_t type, live, bytes, allocs, frees, old;
};

struct replay {
    struct step *step;
    size_t n;
    int version;
    uint64_t unit, pages;

    struct life *life; /* by page: of the span that begins there */
    uint32_t *owner;   /* by page: first page of the span that holds it, plus 1 */
    int64_t *owed;     /* by page: up to when the free of a span that began there, and had to give way, may come */
    struct tally type[MAX_TYPES];
    size_t ntypes;
    uint64_t objects, bytes, old, spans, span_bytes, stack_bytes, marks;
};

static bool is_heap_event(uint8_t type) {
    return (type >= TRACE_EV_SPAN && type <= TRACE_EV_HEAP_OBJECT_FREE) || type == TRACE_EV_GC_END;
}

static void read_steps(struct replay *m, const char *path) {
    struct trace_error err;
    trace *t = trace_open(path, &err);
    assert_non_null(t);
    size_t cap = 0, n;
    struct trace_event ev[256];
    while ((n = trace_read(t, ev, 256)) > 0) {
        for (size_t i = 0; i < n; i++) {
            if (!is_heap_event(ev[i].type)) {
                continue;
            }
            if (m->n == cap) {
                cap = cap * 2 + 1024;
                m->step = realloc(m->step, cap * sizeof *m->step);
                assert_non_null(m->step);
            }
            struct step *s = &m->step[m->n++];
            *s = (struct step){.t = ev[i].time, .id = ev[i].arg[0], .ev = ev[i].type};
            if (s->ev == TRACE_EV_SPAN || s->ev == TRACE_EV_SPAN_ALLOC) {
                s->npages = (uint32_t)ev[i].arg[1];
                s->kindclass = (uint16_t)ev[i].arg[2];
                m->pages = s->id + s->npages > m->pages ? s->id + s->npages : m->pages;
            } else if (s->ev == TRACE_EV_HEAP_OBJECT || s->ev == TRACE_EV_HEAP_OBJECT_ALLOC) {
                const struct trace_heap_type *type = trace_heap_type(t, ev[i].arg[1]);
                s->type = type != NULL && type->address != 0 ? type->address : ev[i].arg[1];
            }
        }
    }
    m->version = trace_version(t);
    m->unit = trace_heap_info(t)->known ? trace_heap_info(t)->min_align : 8;
    trace_close(&t);
}

/* ---- one event after the other */

static uint32_t count_slots(const struct replay *m, uint32_t class, bool noscan) {
    uint32_t bytes = class_pages[class] * (uint32_t)PAGE, size = class_size[class];
    bytes -= m->version >= 26 && size >= 16 && size <= 512 ? 128 : 0;
    bytes -= !noscan && size <= 512 ? class_pages[class] * (uint32_t)PAGE / 64 : 0;
    return bytes / size;
}

static struct tally *tally_of(struct replay *m, uint64_t type) {
    for (size_t i = 0; i < m->ntypes; i++) {
        if (m->type[i].type == type) {
            return &m->type[i];
        }
    }
    assert_true(m->ntypes < MAX_TYPES);
    m->type[m->ntypes] = (struct tally){.type = type};
    return &m->type[m->ntypes++];
}

/* The slot of an object; NULL where its span is not known. */
static struct cell *find(struct replay *m, uint64_t id, struct life **life) {
    uint64_t addr = id * m->unit, page = addr / PAGE;
    uint32_t first = page < m->pages ? m->owner[page] : 0;
    if (first == 0 || !m->life[first - 1].heap) {
        return NULL;
    }
    struct life *s = *life = &m->life[first - 1];
    uint64_t slot = s->class == 0 ? 0 : (addr - s->page * PAGE) / s->elem;
    assert_true(slot < s->nelems);
    return &s->cell[slot];
}

static uint64_t bytes_of(const struct life *s) {
    return s->class == 0 ? s->large : s->elem;
}

static void take(struct replay *m, struct life *s, struct cell *c, const struct step *x) {
    struct tally *type = tally_of(m, x->type);
    bool old = x->ev == TRACE_EV_HEAP_OBJECT;
    *c = (struct cell){.taken = true, .old = old, .type = x->type, .marks = m->marks, .t = x->t, .ev = x->ev};
    s->live++;
    m->objects++;
    m->bytes += bytes_of(s);
    m->old += old;
    type->live++;
    type->bytes += bytes_of(s);
    type->allocs += !old;
    type->old += old;
}

static void drop(struct replay *m, struct life *s, struct cell *c, const struct step *x) {
    struct tally *type = tally_of(m, c->type);
    s->live--;
    m->objects--;
    m->bytes -= bytes_of(s);
    m->old -= c->old;
    type->live--;
    type->bytes -= bytes_of(s);
    type->frees++;
    type->old -= c->old;
    *c = (struct cell){.t = x->t, .ev = TRACE_EV_HEAP_OBJECT_FREE};
}

static void span_goes(struct replay *m, uint64_t page) {
    struct life *s = &m->life[page];
    if (s->heap) {
        m->spans--;
        m->span_bytes -= s->npages * PAGE;
    } else {
        m->stack_bytes -= s->npages * PAGE;
    }
    for (uint64_t i = 0; i < s->npages; i++) {
        m->owner[page + i] = 0;
    }
    free(s->cell);
    s->cell = NULL;
}

static void span_comes(struct replay *m, const struct step *x) {
    for (uint64_t i = 0; i < x->npages; i++) {
        if (m->owner[x->id + i] != 0) { /* that span's free is late; up to Go 1.23 a stack's may be missing */
            uint32_t first = m->owner[x->id + i] - 1;
            m->owed[first] = m->life[first].heap || m->version >= 25 ? x->t + 20000000 : 0;
            span_goes(m, first);
        }
    }
    struct life *s = &m->life[x->id];
    *s = (struct life){.page = x->id, .npages = x->npages, .heap = (x->kindclass & 1) == 0};
    s->old = x->ev == TRACE_EV_SPAN;
    if (s->heap) {
        s->class = x->kindclass >> 2;
        s->noscan = x->kindclass >> 1 & 1;
        s->elem = s->class == 0 ? x->npages * PAGE : class_size[s->class];
        s->large = (uint64_t)x->npages * PAGE;
        s->nelems = s->class == 0 ? 1 : count_slots(m, s->class, s->noscan);
        m->spans++;
        m->span_bytes += s->npages * PAGE;
        s->cell = calloc(s->nelems, sizeof *s->cell);
        assert_non_null(s->cell);
    } else {
        m->stack_bytes += s->npages * PAGE;
    }
    for (uint64_t i = 0; i < x->npages; i++) {
        m->owner[x->id + i] = (uint32_t)x->id + 1;
    }
}

static void do_step(struct replay *m, size_t i, bool first_time) {
    struct step *x = &m->step[i];
    struct life *s = NULL;
    struct cell *c;
    switch (x->ev) {
    case TRACE_EV_GC_END:
        m->marks++;
        return;
    case TRACE_EV_SPAN:
    case TRACE_EV_SPAN_ALLOC:
        span_comes(m, x);
        return;
    case TRACE_EV_SPAN_FREE:
        if (m->owed[x->id] >= x->t && m->owed[x->id] > 0) {
            m->owed[x->id] = 0;
        } else if (m->owner[x->id] == x->id + 1) {
            span_goes(m, x->id);
        }
        return;
    default:
        c = find(m, x->id, &s);
    }
    if (c == NULL || x->act == ACT_VOID) {
        return;
    }
    if (x->ev == TRACE_EV_HEAP_OBJECT_FREE) {
        if (first_time && c->taken && c->second != 0 && c->marks == m->marks) {
            m->step[c->second].act = ACT_REPLACES; /* what was taken since this mark is not freed by its sweep */
            x->act = ACT_VOID;
        } else if (c->taken) {
            drop(m, s, c, x);
        }
        return;
    }
    if (c->taken && x->act == ACT_REPLACES) {
        drop(m, s, c, x);
    }
    if (!c->taken) {
        take(m, s, c, x);
    } else if (first_time) {
        c->second = (uint32_t)i;
        c->marks = m->marks;
    }
}

static void close_replay(struct replay *m) {
    for (uint64_t i = 0; m->life != NULL && i < m->pages; i++) {
        free(m->life[i].cell);
    }
    free(m->life);
    free(m->owner);
    free(m->owed);
    m->life = NULL;
    m->owner = NULL;
    m->owed = NULL;
}

static void start(struct replay *m) {
    close_replay(m);
    m->life = calloc(m->pages + 1, sizeof *m->life);
    m->owner = calloc(m->pages + 1, sizeof *m->owner);
    m->owed = calloc(m->pages + 1, sizeof *m->owed);
    assert_true(m->life != NULL && m->owner != NULL && m->owed != NULL);
    m->ntypes = 0;
    m->objects = m->bytes = m->old = m->spans = m->span_bytes = m->stack_bytes = m->marks = 0;
}

/* ---- against frames */

/*
 * What was looked at. `late` are objects that the frame has and the replay not yet: other objects of their span show
 * that they are there. Their span is a guess, and nobody knows their type until their own event comes.
 */
struct verdict {
    uint64_t spans, slots, objects, late, late_bytes;
};

static void compare_spans(struct replay *m, reel *r, const frame *f, struct verdict *v) {
    const uint32_t *ids;
    size_t n = frame_spans(f, &ids);
    uint64_t heap = 0;
    for (size_t i = 0; i < n; i++) {
        const struct span *s = reel_span(r, ids[i]);
        const struct life *l = &m->life[s->page];
        assert_int_equal(m->owner[s->page], s->page + 1);
        assert_int_equal(l->npages, s->npages);
        assert_int_equal(l->heap, s->kind == SPAN_HEAP);
        assert_int_equal(l->old, s->at_start);
        if (!l->heap) {
            continue;
        }
        heap++;
        assert_true(l->class == s->class && l->noscan == s->noscan && l->elem == s->elem && l->nelems == s->nelems);
        struct span_state st;
        assert_true(frame_state(f, ids[i], &st));
        uint32_t live = 0;
        for (uint32_t k = 0; k < s->nelems; k++) {
            bool taken = frame_slot(f, ids[i], k) == SLOT_LIVE;
            live += taken;
            assert_true(taken == l->cell[k].taken || (taken && !st.sure));
            v->late += taken != l->cell[k].taken;
            v->late_bytes += taken != l->cell[k].taken ? bytes_of(l) : 0;
            v->slots++;
        }
        assert_int_equal(live, st.live);
    }
    assert_int_equal(heap, m->spans);
    v->spans += heap;
}

static void compare_types(struct replay *m, reel *r, const frame *f, const struct verdict *v) {
    for (uint32_t i = 0; i < reel_types(r); i++) {
        const struct heap_type *type = reel_type(r, i);
        struct type_count have = frame_type(f, i);
        if (type->address == 0 && i != 0) { /* of a flight recorder's trace, or stands for nothing */
            assert_true(!reel_info(r)->base_known || have.live + have.allocs + have.frees == 0);
            continue;
        }
        const struct tally *want = tally_of(m, i == 0 ? 0 : type->address);
        assert_int_equal(have.live, want->live + (i == 0 ? v->late : 0));
        assert_int_equal(have.bytes, want->bytes + (i == 0 ? v->late_bytes : 0));
        assert_int_equal(have.allocs, want->allocs);
        assert_int_equal(have.frees, want->frees);
        assert_int_equal(have.old, want->old);
    }
}

static void compare_totals(struct replay *m, frame *f, const struct verdict *v) {
    const struct totals *t = frame_totals(f);
    assert_int_equal(t->objects, m->objects + v->late);
    assert_int_equal(t->object_bytes, m->bytes + v->late_bytes);
    assert_int_equal(t->old_objects, m->old);
    assert_int_equal(t->spans, m->spans);
    assert_int_equal(t->span_bytes, m->span_bytes);
    assert_int_equal(t->stack_bytes, m->stack_bytes);
}

/* The last thing that happened in some slots, as their histories have it. */
static void compare_buckets(struct replay *m, reel *r, const frame *f, int64_t t, uint64_t *x) {
    const uint32_t *ids;
    size_t n = frame_spans(f, &ids);
    for (int i = 0; i < 12 && n > 0; i++) {
        uint32_t id = ids[random_next(x) % n];
        const struct span *s = reel_span(r, id);
        if (s->kind != SPAN_HEAP) {
            continue;
        }
        uint32_t slot = random_next(x) % s->nelems;
        const struct cell *c = &m->life[s->page].cell[slot];
        struct history h;
        assert_true(bucket_history(r, reel_slot_address(r, id, slot), frame_pos(f), &h));
        const struct fact *last = NULL;
        for (size_t k = 0; k < h.n && h.rows[k].fact.t <= t; k++) {
            uint8_t kind = h.rows[k].fact.kind;
            bool whole = kind == FACT_ALLOC || kind == FACT_FREE || kind == FACT_EXISTS || kind == FACT_SPAN_ALLOC;
            last = whole ? &h.rows[k].fact : last;
        }
        bool taken = last != NULL && (last->kind == FACT_ALLOC || last->kind == FACT_EXISTS);
        if (taken && c->taken && !last->inferred) {
            assert_int_equal(last->t, c->t);
            assert_int_equal(last->kind == FACT_EXISTS, c->old);
            uint64_t type = last->type == 0 ? 0 : reel_type(r, last->type)->address;
            assert_true(type == c->type || !reel_info(r)->base_known);
        } else if (last != NULL && !last->inferred) {
            assert_int_equal(taken, c->taken);
        }
        history_free(&h);
    }
}

static void replay_agrees(const char *name, const char *path, uint64_t seed) {
    struct replay m = {0};
    struct trace_error err;
    reel *r = reel_open(path, NULL, &err);
    assert_non_null(r);
    assert_int_equal(reel_load(r, 0), REEL_DONE);
    read_steps(&m, path);
    start(&m);
    for (size_t i = 0; i < m.n; i++) {
        do_step(&m, i, true);
    }
    start(&m);
    frame *f = frame_new(r);
    struct verdict all = {0};
    size_t at = 0, begin = 0;
    for (size_t i = 0; i < m.n; i++) { /* the world is stopped while the snapshot is written */
        begin = m.step[i].ev == TRACE_EV_SPAN || m.step[i].ev == TRACE_EV_HEAP_OBJECT ? i + 1 : begin;
    }
    for (int i = 0; i < INSTANTS && m.n > 0; i++) {
        size_t step = (m.n - begin) / INSTANTS, to = i + 1 < INSTANTS ? begin + step * (size_t)(i + 1) : m.n;
        to -= i + 1 < INSTANTS && step > 0 ? random_next(&seed) % step : 0;
        while (to < m.n && to > 0 && m.step[to].t == m.step[to - 1].t) {
            to++;
        }
        for (; at < to; at++) {
            do_step(&m, at, false);
        }
        int64_t t = m.step[to - 1].t;
        assert_true(frame_seek(f, reel_pos(r, t)));
        struct verdict v = {0};
        compare_spans(&m, r, f, &v);
        compare_totals(&m, f, &v);
        compare_types(&m, r, f, &v);
        compare_buckets(&m, r, f, t, &seed);
        all.spans += v.spans;
        all.slots += v.slots;
        all.objects += m.objects;
        all.late += v.late;
    }
    print_message("# %s: %llu spans, %llu slots, %llu objects, %llu of them late\n", name,
                  (unsigned long long)all.spans, (unsigned long long)all.slots, (unsigned long long)all.objects,
                  (unsigned long long)all.late);
    assert_true(all.late * 5000 <= all.objects);
    close_replay(&m);
    free(m.step);
    frame_free(&f);
    reel_close(&r);
}

static void frames_agree_with_a_simple_replay(void **state) {
    (void)state;
    for (uint64_t i = 0; fixture_names[i] != NULL; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s", fixture_path(fixture_names[i]));
        replay_agrees(fixture_names[i], path, i + 1);
    }
}

static int files;
static char **file;

static void frames_of_files_agree(void **state) {
    (void)state;
    for (int i = 0; i < files; i++) {
        replay_agrees(file[i], file[i], (uint64_t)i);
    }
}

/* Other recordings can be given as arguments. */
int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(frames_agree_with_a_simple_replay)};
    const struct CMUnitTest given[] = {cmocka_unit_test(frames_of_files_agree)};
    files = argc - 1;
    file = argv + 1;
    return argc > 1 ? cmocka_run_group_tests_name("files", given, NULL, NULL)
                    : cmocka_run_group_tests_name("replay", tests, NULL, NULL);
}
