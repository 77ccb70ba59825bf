/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * block.c - many events of one, two or many threads written at once.
 *
 * Which thread comes next can't be foretold, so of two no branch depends on it (pair.h).
 *
 * The loops are written once and compiled twice: for any machine, and for those with registers of 32 bytes.
 */
#include "traces/block.h"
#include "traces/pair.h"

/* Steps below which turns are as fast. */
enum { WORTH = 4 };

_Static_assert(sizeof(struct trace_record) == sizeof(four_words), "a record is written at one go");
_Static_assert(offsetof(struct trace_event, arg[3]) + sizeof(four_words) == sizeof(struct trace_event),
               "so is the context of an event, with the argument before it, that no plain event has");

/* The i-th of what is written. */
INLINE void *nth(void *to, size_t i, bool whole) {
    return (char *)to + i * (whole ? sizeof(struct trace_event) : sizeof(struct trace_record));
}

/* d happens, with what its side adds: no word of either can overflow into the next field. */
INLINE void write_plain(const struct common *by, const struct trace_record *d, void *to, bool whole) {
    *(four_words *)to = *(const four_words *)d + *(const four_words *)&by->more;
    if (whole) {
        struct trace_event *ev = to;
        ev->arg[2] = d->third;
        *(four_words *)((char *)ev + offsetof(struct trace_event, arg[3])) = *(const four_words *)by->context;
    }
}

/*
 * Up to four plain events not later than the limit: returns how many. Two threads that allocate take turns after two or
 * three events, and nobody can foretell which: so four are written whatever comes, and one sum tells how many of them
 * count.
 */
INLINE size_t write_four(struct side *s, int64_t limit, void *to, bool whole) {
    const struct trace_record *d = s->next;
    for (size_t i = 0; i < CURSOR_GUARD; i++) {
        write_plain(&s->common, d + i, nth(to, i, whole), whole);
    }
    size_t one = d[0].time <= limit, two = one & (d[1].time <= limit), three = two & (d[2].time <= limit);
    size_t n = one + two + three + (three & (d[3].time <= limit)), most = (size_t)(s->stop - d);
    n = n < most ? n : most;
    s->next += n;
    return n;
}

/* So many of one thread, one behind the other, are written without a look at each. */
enum { STREAK = 16 };

/* Plain events of s by STREAK, as long as none is later than the limit: returns how many. */
INLINE size_t write_streaks(struct side *s, int64_t limit, void *to, size_t max, bool whole) {
    const struct trace_record *d = s->next;
    size_t n = 0, most = (size_t)(s->stop - d);
    for (most = most < max ? most : max; most - n >= STREAK && d[n + STREAK - 1].time <= limit; n += STREAK) {
        for (size_t i = 0; i < STREAK; i++) {
            write_plain(&s->common, &d[n + i], nth(to, n + i, whole), whole);
        }
    }
    s->next += n;
    return n;
}

INLINE size_t any_run(struct side *s, int64_t limit, void *to, size_t max, bool whole) {
    size_t n = 0, k = CURSOR_GUARD;
    while (k == CURSOR_GUARD && max - n >= CURSOR_GUARD) {
        k = write_four(s, limit, nth(to, n, whole), whole);
        n += k;
        if (k == CURSOR_GUARD) {
            n += write_streaks(s, limit, nth(to, n, whole), max - n, whole);
        }
    }
    for (; n < max && s->next < s->stop && s->next->time <= limit; s->next++, n++) {
        write_plain(&s->common, s->next, nth(to, n, whole), whole);
    }
    return n;
}

/* How many of the n events at d are earlier than the time. Mostly all are. */
static size_t earlier(const struct trace_record *d, size_t n, int64_t time) {
    if (n == 0 || d[n - 1].time < time) {
        return n;
    }
    size_t from = 0;
    while (n > 0) {
        size_t half = n / 2;
        from += (n - half) & -(size_t)(d[from + half].time < time);
        n = half;
    }
    return from;
}

/* That many events of the two, each of which has more than that. `second` is whose the last one was; returns the same.
 */
INLINE uint64_t merge_steps(struct side *on, size_t steps, uint64_t second, void *to, bool moving, bool whole) {
    struct pair x = {on[0].next,
                     on[1].next,
                     (uint64_t)on[0].next->time,
                     (uint64_t)on[1].next->time,
                     second,
                     {&on[0].common, &on[1].common}};
    for (size_t i = 0; i < steps; i++) {
        void *by;
        const struct trace_record *d = moving ? choose_moving(&x, &by) : choose(&x, &by);
        write_plain((const struct common *)by, d, nth(to, i, whole), whole);
    }
    on[0].next = x.a;
    on[1].next = x.b;
    return x.second;
}

INLINE size_t any_block(struct side *on, int64_t others, bool *second, void *to, size_t max, bool moving, bool whole) {
    const struct trace_record *a_stop = on[0].next + earlier(on[0].next, (size_t)(on[0].stop - on[0].next), others);
    const struct trace_record *b_stop = on[1].next + earlier(on[1].next, (size_t)(on[1].stop - on[1].next), others);
    uint64_t turn = *second;
    size_t n = 0;
    for (;;) {
        size_t na = (size_t)(a_stop - on[0].next), nb = (size_t)(b_stop - on[1].next), steps = na < nb ? na : nb;
        steps = steps <= max - n ? steps : max - n + 1;
        if (steps <= WORTH) {
            break;
        }
        turn = merge_steps(on, steps - 1, turn, nth(to, n, whole), moving, whole);
        n += steps - 1;
    }
    *second = turn != 0;
    return n;
}

INLINE size_t any_crowd(struct crowd *k, void *to, size_t max, bool whole) {
    size_t n = 0;
    while (n < max) {
        uint64_t first = k->heap[0], lane = first % CROWD_MOST;
        struct side *s = &k->side[lane];
        const struct trace_record *d = s->next;
        if (d == s->stop || first > k->limit) {
            break;
        }
        write_plain(&s->common, d, nth(to, n, whole), whole);
        n++;
        s->next = d + 1;
        uint64_t key = k->then[lane];
        if (key == UINT64_MAX) {
            break;
        }
        k->then[lane] = crowd_key(k->origin, d[2].time, lane);
        crowd_sink(k->heap, k->n, key);
    }
    return n;
}

/* The loops for one kind of machine and one of output, and the writer that they are. */
#define WRITER(name, target, moving, whole)                                                                            \
    target static size_t name##_run(struct side *s, int64_t limit, void *to, size_t max) {                             \
        return any_run(s, limit, to, max, whole);                                                                      \
    }                                                                                                                  \
    target static size_t name##_block(struct side *on, int64_t others, bool *second, void *to, size_t max) {           \
        return any_block(on, others, second, to, max, moving, whole);                                                  \
    }                                                                                                                  \
    target static size_t name##_crowd(struct crowd *k, void *to, size_t max) {                                         \
        return any_crowd(k, to, max, whole);                                                                           \
    }                                                                                                                  \
    static const struct writer name = {name##_run, name##_block, name##_crowd};

WRITER(narrow_records, , false, false)
WRITER(narrow_events, , false, true)
#if defined(__x86_64__)
#define AVX2 __attribute__((target("avx2")))
WRITER(wide_records, AVX2, true, false)
WRITER(wide_events, AVX2, true, true)
#endif

const struct writer *writer_for(bool wide, bool whole) {
#if defined(__x86_64__)
    if (wide && __builtin_cpu_supports("avx2")) {
        return whole ? &wide_events : &wide_records;
    }
#endif
    (void)wide;
    return whole ? &narrow_events : &narrow_records;
}
